"""`sheet`: the catalogue at a glance, a row of photos for each value of a facet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from indexer.console import count, stderr
from indexer.errors import errors_in_words
from indexer.options import index_option
from vitrine.folder import IndexFolder
from vitrine.snapshot import Snapshot, open_current

if TYPE_CHECKING:
    import numpy.typing as npt

    from vitrine.figures import Row
    from vitrine.products import Facet

CELL_WIDTH = 120
MAX_ROWS = 100
FEW_VALUES = 40  # as many rows as one looks through


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default="sheet.png")
@click.option(
    "--by",
    metavar="FACET",
    help="The facet; by default the finest one of up to 40 values.",
)
@click.option(
    "--columns",
    type=click.IntRange(1, 40),
    default=10,
    show_default=True,
    help="Photos of each value.",
)
@click.option(
    "--rows",
    type=click.IntRange(1, MAX_ROWS),
    default=FEW_VALUES,
    show_default=True,
    help="Values at most, the commonest first.",
)
@index_option
def sheet(file: Path, by: str | None, columns: int, rows: int, folder: IndexFolder) -> None:
    """Draw a contact sheet: a row of photos for each value of a facet.

    The photos of a value are its most typical ones: those nearest to the middle of all
    photos of that value, by the index's own encoder. FILE is sheet.png by default.

    \b
    python -m indexer sheet
    python -m indexer sheet colours.png --by Colour --columns 16
    """
    from vitrine.figures import figure, save_figure

    with errors_in_words():
        snapshot = open_current(folder)
        facet = _chosen(snapshot, by)
        drawn = [
            _row_of(folder, snapshot, facet, code, columns)
            for code in range(min(rows, len(facet.values)))
        ]
        title = f"{snapshot.manifest.catalogue.name} by {facet.name}"
        save_figure(figure(drawn, title, CELL_WIDTH), file)
    left = len(facet.values) - len(drawn)
    more = f"; {count(left, 'more value')} left out, see --rows" if left else ""
    stderr.print(f"Drawn to {file}: {count(len(drawn), 'value')} of {facet.name}{more}.")


def _chosen(snapshot: Snapshot, name: str | None) -> Facet:
    facets = snapshot.products.facets
    if not facets:
        raise click.UsageError("The catalogue has no facet to make rows of.")
    if name is None:
        fitting = [facet for facet in facets if len(facet.values) <= FEW_VALUES]
        return max(fitting or facets, key=lambda facet: len(facet.values))
    found = next((facet for facet in facets if facet.name == name), None)
    if found is None:
        names = ", ".join(facet.name for facet in facets)
        raise click.BadParameter(f"no facet {name!r}; there are: {names}", param_hint="--by")
    return found


def _row_of(folder: IndexFolder, snapshot: Snapshot, facet: Facet, code: int, columns: int) -> Row:
    from vitrine.figures import Cell, Row, stored_photo

    members = np.flatnonzero(facet.codes == code)
    products = snapshot.products.get(_typical(snapshot, members, columns))
    cells = [Cell(stored_photo(folder, p, CELL_WIDTH), p.id) for p in products]
    return Row(f"{facet.values[code]} · {count(len(members), 'product')}", cells)


def _typical(
    snapshot: Snapshot, members: npt.NDArray[np.int64], most: int
) -> npt.NDArray[np.int64]:
    """Of these rows (m,), those nearest to their mean vector, one of each photo."""
    _, firsts = np.unique(snapshot.products.first_of_photo[members], return_index=True)
    members = members[np.sort(firsts)]
    vectors = snapshot.index.vectors_of(members)
    nearest = np.argsort(-(vectors @ vectors.mean(axis=0)), kind="stable")
    return members[nearest[:most]]
