"""Rank by likeness and colour at once: (1 − w)·cosine + w·palette likeness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vitrine.encoders.base import FloatArray
from vitrine.index import Filter, Index, Neighbour, rounded
from vitrine.index.base import Scores
from vitrine.palettes import Palettes, Rows

CANDIDATES = 2000
"""Of an index that is not exact: so many of the most alike, and of the nearest in colour."""


@dataclass(frozen=True, slots=True, eq=False)
class Colouring:
    """How much colour counts, in [0, 1], and the palette that is asked for, a unit vector."""

    weight: float
    palette: FloatArray


def nearest(
    index: Index,
    palettes: Palettes,
    query: FloatArray,
    colouring: Colouring,
    k: int,
    allowed: Filter | None = None,
    left_out: Sequence[int] = (),
) -> Sequence[Neighbour]:
    """As `Index.search`, with this score. Exact where the index is, or where colour is all."""
    likeness = palettes.likeness(colouring.palette)
    passes = np.ones(len(index), dtype=bool) if allowed is None else allowed.mask.copy()
    passes[list(left_out)] = False
    if index.is_exact or colouring.weight == 1:
        rows = np.flatnonzero(passes)
    else:
        alike = index.search(query, CANDIDATES, allowed, left_out)
        rows = np.union1d(
            np.array([neighbour.row for neighbour in alike], dtype=np.int64),
            _best(np.flatnonzero(passes), likeness[passes], CANDIDATES),
        )
    scores = rounded(
        (1 - colouring.weight) * _cosines(index, query, rows, colouring)
        + colouring.weight * likeness[rows]
    )
    chosen = _best(rows, scores, k)
    found = scores[np.searchsorted(rows, chosen)]
    return [Neighbour(*pair) for pair in zip(chosen.tolist(), found.tolist(), strict=True)]


def joined(vectors: FloatArray, palettes: FloatArray, weight: float) -> FloatArray:
    """Rows (n, d) and palettes (n, p) as rows (n, d + p) whose products are this score."""
    parts = (np.sqrt(1 - weight) * vectors, np.sqrt(weight) * palettes)
    rows: FloatArray = np.concatenate(parts, axis=1).astype(np.float32)
    return rows


def _cosines(
    index: Index, query: FloatArray, rows: Rows, colouring: Colouring
) -> FloatArray | Scores:
    if colouring.weight == 1:
        return np.zeros(len(rows), dtype=np.float32)
    # Whoever moves a slider asks for the same query's again and again, and they are kept.
    return index.ranking(query).scores[rows] if index.is_exact else index.cosines(query, rows)


def _best(rows: Rows, scores: FloatArray | Scores, k: int) -> Rows:
    """The k of these rows (m,), in rising order, with the best scores (m,), equals in row order."""
    if len(rows) > k:
        least = np.partition(scores, -k)[-k]
        few = scores >= least
        rows, scores = rows[few], scores[few]
    best: Rows = rows[np.argsort(-scores, kind="stable")[:k]]
    return best
