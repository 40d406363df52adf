"""`evaluate`: how good the index is on this catalogue."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from indexer.console import print_json, stdout, table
from indexer.errors import errors_in_words
from indexer.options import index_option, json_option
from vitrine.folder import IndexFolder
from vitrine.snapshot import open_current


@click.command()
@click.option("-k", type=click.IntRange(1, 1000), default=10, show_default=True)
@click.option(
    "--by",
    "groups",
    multiple=True,
    metavar="FACET[+FACET]",
    help="A facet, or several that must agree at once; may be repeated. By default each facet.",
)
@index_option
@json_option
def evaluate(k: int, groups: tuple[str, ...], index: Path, as_json: bool) -> None:
    """Measure precision@k by the catalogue's facts.

    Of the k products most like each product, what share has the same fact?
    """
    from indexer.evaluation import precision

    with errors_in_words():
        snapshot = open_current(IndexFolder(index))
        names = [facet.name for facet in snapshot.products.facets]
        if not names:
            raise click.UsageError("The catalogue has no facet whose values could be compared.")
        wanted = [(g,) if g in names else tuple(g.split("+")) for g in groups or names]
        for name in {name for group in wanted for name in group} - set(names):
            raise click.BadParameter(f"no facet {name!r}; there are: {', '.join(names)}")
        figures = precision(snapshot, wanted, k)
    if as_json:
        encoder = snapshot.manifest.encoder.name
        print_json({"encoder": encoder, "precision": [asdict(f) for f in figures]})
        return
    rows = table("same", f"precision@{figures[0].k}", "chance", "products")
    for f in figures:
        rows.add_row(" + ".join(f.facets), f"{f.value:.3f}", f"{f.chance:.3f}", f"{f.queries:,}")
    stdout.print(rows)
