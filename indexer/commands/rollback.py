"""`rollback`: publish an older generation again."""

from __future__ import annotations

from collections.abc import Sequence

import click

from indexer.commands.map import say_if_map_is_behind
from indexer.console import count, print_json, stdout, table
from indexer.errors import errors_in_words
from indexer.options import index_option, json_option
from indexer.rollback import Generation, generations, roll_back
from vitrine.folder import IndexFolder
from vitrine.snapshot import published_name


@click.command()
@click.argument("generation", required=False)
@click.option("--list", "is_list", is_flag=True, help="Show which there are, and do nothing.")
@index_option
@json_option
def rollback(generation: str | None, is_list: bool, folder: IndexFolder, as_json: bool) -> None:
    """Publish an older generation again, as it was.

    GENERATION is its name, or the beginning of it; by default it is the one before the
    current. Every check of `verify` is made first, then one switch makes it the current one,
    and a running gallery shows it within seconds. No generation is lost by this, so that
    `rollback` and a name also lead forward again.

    The next build publishes what the catalogue says then: mend the catalogue first.

    \b
    python -m indexer rollback --list         which there are
    python -m indexer rollback                back to the one before
    python -m indexer rollback 20260131T0315  to the one of that time
    """
    from indexer.build import sole_indexer

    with errors_in_words():
        if is_list:
            _show(generations(folder), as_json=as_json)
            return
        published_name(folder)  # or a sentence, and no folder made for nothing
        with sole_indexer(folder):
            before = published_name(folder)
            manifest = roll_back(folder, generation)
            name = published_name(folder)
    if as_json:
        print_json({"generation": name, "before": before, "products": manifest.products})
        return
    stdout.print(
        f"Went back from {before} to {name}: {count(manifest.products, 'product')} "
        f"of {manifest.catalogue.name}, first published {manifest.created_at}."
    )
    stdout.print("The next build publishes what the catalogue says then: mend it first.")
    say_if_map_is_behind(folder, name)


def _show(found: Sequence[Generation], *, as_json: bool) -> None:
    if as_json:
        print_json([_as_json(generation) for generation in found])
        return
    shown = table("", "generation", "published", "products", "catalogue", "encoder")
    for generation in found:
        mark = "✓" if generation.is_current else ""
        if manifest := generation.manifest:
            facts = (manifest.catalogue.name, manifest.encoder.name)
            shown.add_row(
                mark, generation.name, manifest.created_at, f"{manifest.products:,}", *facts
            )
        else:
            shown.add_row(mark, generation.name, "damaged")
    stdout.print(shown)


def _as_json(generation: Generation) -> dict[str, object]:
    manifest = generation.manifest
    return {
        "generation": generation.name,
        "is_current": generation.is_current,
        "created_at": manifest and manifest.created_at,
        "products": manifest and manifest.products,
        "catalogue": manifest and manifest.catalogue.name,
        "encoder": manifest and manifest.encoder.name,
        "problem": generation.problem,
    }
