"""`remove`: products out of the index, by hand."""

from __future__ import annotations

import click

from indexer.commands.add import say_what_was_amended
from indexer.errors import errors_in_words
from indexer.options import index_option, json_option
from vitrine.folder import IndexFolder
from vitrine.snapshot import published_name


@click.command()
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
@click.option("--undo", is_flag=True, help="Let products in again that were removed.")
@index_option
@json_option
def remove(ids: tuple[str, ...], undo: bool, folder: IndexFolder, as_json: bool) -> None:
    """Take products out of the index, at once and for good.

    A product of the catalogue is held out of every later build as well, until you let
    it in again with --undo. One that was added by hand is simply gone.
    """
    from indexer.amending import remove_products, restore_products
    from indexer.build import sole_indexer

    with errors_in_words():
        published_name(folder)  # or a sentence, and no folder made for nothing
        with sole_indexer(folder):
            outcome = restore_products(folder, ids) if undo else remove_products(folder, ids)
    done = "Let in again" if undo else "Removed"
    say_what_was_amended(done, folder, outcome, as_json=as_json)
