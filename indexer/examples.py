"""Example failures as a picture: queries beside the neighbours that should not be there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexer.console import count
from indexer.evaluation import ClassFigures, Verdict
from indexer.measures import NOBODY
from vitrine.folder import IndexFolder
from vitrine.snapshot import Snapshot

if TYPE_CHECKING:
    from PIL.Image import Image

    from vitrine.figures import Row

ROWS, NEIGHBOURS, WIDTH = 8, 6, 150


@dataclass(frozen=True, slots=True)
class Failure:
    """A query of a class and its nearest others, best first; rows of the products judged."""

    of: ClassFigures
    query: int
    neighbours: tuple[int, ...]


def failures(verdict: Verdict, classes: Sequence[ClassFigures], subject: int = 0) -> list[Failure]:
    """Of each class in turn, its most usual failure, until there are `ROWS`.

    That is the query of median average precision among those whose first neighbour is of
    another class: the very worst is oftener a wrong label than a failure.
    """
    scores, codes = verdict.scores[subject], verdict.labels.codes
    own = codes[scores.rows]
    first = scores.nearest[:, 0]
    is_wrong = (first != NOBODY) & (codes[first] != own)
    found = []
    for each in classes:
        failing = np.flatnonzero(is_wrong & (own == each.code))
        if len(failing):
            in_order = failing[np.argsort(scores.average[failing], kind="stable")]
            chosen = in_order[len(in_order) // 2]
            nearest = scores.nearest[chosen, :NEIGHBOURS]
            neighbours = tuple(int(row) for row in nearest if row != NOBODY)
            found.append(Failure(each, int(scores.rows[chosen]), neighbours))
        if len(found) == ROWS:
            break
    return found


def drawn(
    folder: IndexFolder,
    snapshot: Snapshot,
    verdict: Verdict,
    examples: Sequence[Failure],
    rows: Sequence[int],
    title: str,
) -> Image:
    """Each failure as a row; `rows` (n,) are the judged products' rows in the snapshot."""
    from vitrine.figures import Cell, Mark, Row, figure, stored_photo

    codes, classes = verdict.labels.codes, verdict.labels.classes

    def row_of(example: Failure) -> Row:
        shown = (example.query, *example.neighbours)
        products = snapshot.products.get(int(rows[row]) for row in shown)
        cells = []
        for number, (row, product) in enumerate(zip(shown, products, strict=True)):
            is_right = codes[row] == codes[example.query]
            mark = Mark.QUERY if number == 0 else Mark.RIGHT if is_right else Mark.WRONG
            photo = stored_photo(folder, product, WIDTH)
            cells.append(Cell(photo, f"{classes[codes[row]]}\n{product.id}", mark))
        figures = example.of.figures
        heading = (
            f"{example.of.name}: mAP {100 * figures.average.value:.0f}%, "
            f"{count(figures.queries, 'product')}"
        )
        return Row(heading, cells)

    return figure([row_of(example) for example in examples], title, WIDTH)
