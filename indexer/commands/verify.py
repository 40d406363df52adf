"""`verify`: every check of what is published."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click
from rich.text import Text

from indexer.console import print_json, stdout
from indexer.errors import DONE, FAILED, errors_in_words
from indexer.options import index_option, json_option
from vitrine.folder import IndexFolder
from vitrine.snapshot import published_name


@click.command()
@index_option
@json_option
def verify(folder: IndexFolder, as_json: bool) -> None:
    """Check what is published.

    Hashes, counts, ids, vectors: exit status 1 if one check fails.
    """
    from vitrine.snapshot import verify as checks_of

    with errors_in_words():
        checks = list(checks_of(folder.generation(published_name(folder)), folder.vectors))
    has_failed = any(check.problem for check in checks)
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        for check in checks:
            mark = Text("✗", "red") if check.problem else Text("✓", "green")
            stdout.print(mark, check.name + (f": {check.problem}" if check.problem else ""))
        if has_failed:
            stdout.print(
                f"The current generation of {folder.root} is damaged. "
                "Make a new one with: python -m indexer build CATALOGUE"
            )
    sys.exit(FAILED if has_failed else DONE)
