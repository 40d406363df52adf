"""Exact search: every vector is compared."""

from __future__ import annotations

import math

import faiss
import numpy as np

from vitrine.encoders.base import FloatArray
from vitrine.index.base import Filter, Neighbours, Rows
from vitrine.index.local import LocalIndex, selector

WIDE = 0.25
"""Of all rows. Under a filter that keeps more, asking of each whether it passes takes longer than
to compare it."""

ASKED_FOR = 2  # times as many rows as should hold enough that pass a wide filter


class FlatIndex(LocalIndex):
    """Exact under any filter. Vectors are stored as they are, in float32."""

    kind = "flat"
    is_exact = True
    length_tolerance = 1e-3  # rows of unit length are within 1e-6; more is no rounding

    @classmethod
    def build(cls, vectors: FloatArray) -> FlatIndex:
        """Index of unit rows, array (n, d); row i of the array is row i of the index."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        return cls(index)

    def vector(self, row: int) -> FloatArray:
        vector: FloatArray = self._index.reconstruct(row)
        return vector

    def vectors(self) -> FloatArray:
        all_rows: FloatArray = self._index.reconstruct_n(0, len(self))
        return all_rows

    def neighbours(self, k: int) -> Neighbours:
        """The k best other rows of each row, or all where there are fewer.

        Without an order among equals: for sums over them, and for no answer.
        """
        k = min(k, len(self) - 1)
        scores, rows = self._index.search(self.vectors(), k + 1)
        # A row is its own best neighbour, but where rounding puts another before it.
        others = rows != np.arange(len(self))[:, None]
        others[others.all(axis=1), -1] = False
        shape = (len(self), k)
        return Neighbours(rows[others].reshape(shape), scores[others].reshape(shape))

    def _all_scores(self, query: FloatArray) -> FloatArray:
        found, rows = self._index.search(query[None], len(self))
        scores = np.empty(len(self), dtype=np.float32)
        scores[rows[0]] = found[0]
        return scores

    def _candidates(
        self, query: FloatArray, k: int, allowed: Filter | None
    ) -> tuple[Rows, FloatArray]:
        if allowed and allowed.share > WIDE:
            most = min(math.ceil(ASKED_FOR * k / allowed.share), len(self))
            (scores,), (rows,) = self._index.search(query[None], most)
            passing = np.flatnonzero(allowed.mask[rows])[:k]
            if len(passing) == k:
                return rows[passing], scores[passing]
        parameters = faiss.SearchParameters(sel=selector(allowed)) if allowed else None
        (scores,), (rows,) = self._index.search(query[None], k, params=parameters)
        return rows, scores
