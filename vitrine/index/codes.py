"""Vectors at 8 bits a number, in which is found what may be among the best."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import faiss
import numpy as np

from vitrine.encoders.base import FloatArray
from vitrine.index.base import Rows

CHUNK = 1024  # rows at a time, which fit a core's own cache
MOST = 127  # of the whole numbers that are kept, either side of 0
LANES = 16  # numbers that faiss adds up at once; of other dimensions it does so one by one
ROUNDING = 1e-5  # of sums of floats, to be on the safe side of


class Codes:
    """A row x is kept as whole numbers c, so that x ≈ middle + step·c in each dimension.

    Scores are then sums of products of whole numbers, which take faiss a quarter of the time.
    How far they can be from the true ones is known, so that comparing what is found by its true
    score tells whether anything better can be left (R. Weber et al. 1998, "A quantitative
    analysis and performance study for similarity-search methods in high-dimensional spaces").
    """

    def __init__(self, index: Any) -> None:
        """Of all the vectors of a flat index of faiss's, of which there has to be one."""
        low = np.min([some.min(axis=0) for some in _chunks(index)], axis=0)
        high = np.max([some.max(axis=0) for some in _chunks(index)], axis=0)
        self._middle: FloatArray = (low + high) / 2
        self._step: FloatArray = np.where(high > low, (high - low) / (2 * MOST), np.float32(1))
        kind = faiss.ScalarQuantizer.QT_8bit_direct_signed
        width = -(-index.d // LANES) * LANES
        self._codes = faiss.IndexScalarQuantizer(width, kind, faiss.METRIC_INNER_PRODUCT)
        self._off = self._length = 0.0  # of what is left out, and of codes, the longest
        for some in _chunks(index):
            rest = some - self._middle
            codes = np.rint(rest / self._step)
            rest -= codes * self._step
            self._codes.add(self._padded(codes))
            self._off = max(self._off, _longest(rest))
            self._length = max(self._length, _longest(codes))

    def candidates(self, query: FloatArray, count: int, passing: Any) -> tuple[Rows, float]:
        """The `count` rows that seem best for a unit vector (d,), fewer where fewer pass.

        And the most that the true score of any other row can be.
        """
        wanted = query * self._step
        finest = MOST / (float(np.abs(wanted).max()) or 1.0)
        whole = np.rint(wanted * finest)
        parameters = faiss.SearchParameters(sel=passing) if passing else None
        (scores,), (rows,) = self._codes.search(self._padded(whole[None]), count, params=parameters)
        if rows[-1] < 0:
            return rows[rows >= 0], -np.inf
        off = self._off + self._length * float(np.linalg.norm(wanted - whole / finest))
        return rows, float(query @ self._middle) + float(scores[-1]) / finest + off + ROUNDING

    def _padded(self, rows: FloatArray) -> FloatArray:
        missing = self._codes.d - rows.shape[1]
        return np.pad(rows, ((0, 0), (0, missing))) if missing else rows


def _chunks(index: Any) -> Iterator[FloatArray]:
    for start in range(0, index.ntotal, CHUNK):
        yield index.reconstruct_n(start, min(CHUNK, index.ntotal - start))


def _longest(rows: FloatArray) -> float:
    return float(np.linalg.norm(rows, axis=1).max())
