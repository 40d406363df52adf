"""Exact search: every vector is compared."""

from __future__ import annotations

import functools
import math
from typing import Any

import faiss
import numpy as np

from vitrine.encoders.base import FloatArray
from vitrine.index.base import Filter, Neighbours, Rows, are_others
from vitrine.index.codes import Codes
from vitrine.index.local import LocalIndex, selector

WIDE = 0.1
"""Of all rows. Under a filter that keeps more, asking of each whether it passes takes longer than
to compare it."""

LARGE = 24 * 2**20
"""Bytes of vectors from which on they are kept as codes too, in a quarter of the memory more; a
core's own caches hold less."""

COMPARED = (256, 1024)
"""Rows that are compared by their true scores; where that does not settle it, more, and then all.
The first few cost next to nothing beside the search for them."""

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
        others = are_others(np.arange(len(self)), rows)
        shape = (len(self), k)
        return Neighbours(rows[others].reshape(shape), scores[others].reshape(shape))

    def _all_scores(self, query: FloatArray) -> FloatArray:
        found, rows = self._index.search(query[None], len(self))
        scores = np.empty(len(self), dtype=np.float32)
        scores[rows[0]] = found[0]
        return scores

    def make_ready(self) -> None:
        _ = self._codes

    @functools.cached_property
    def _codes(self) -> Codes | None:
        return Codes(self._index) if 4 * self.dimension * len(self) >= LARGE else None

    def _candidates(
        self, query: FloatArray, k: int, allowed: Filter | None
    ) -> tuple[Rows, FloatArray]:
        if allowed and allowed.share > WIDE:
            most = min(math.ceil(ASKED_FOR * k / allowed.share), len(self))
            rows, scores = self._best(query, most, None)
            passing = np.flatnonzero(allowed.mask[rows])[:k]
            if len(passing) == k:
                return rows[passing], scores[passing]
        return self._best(query, k, allowed)

    def _best(self, query: FloatArray, k: int, allowed: Filter | None) -> tuple[Rows, FloatArray]:
        """The k best rows that pass."""
        passing = selector(allowed)
        if self._codes and (found := self._by_codes(self._codes, query, k, passing)):
            return found
        parameters = faiss.SearchParameters(sel=passing) if passing else None
        (scores,), (rows,) = self._index.search(query[None], k, params=parameters)
        return rows, scores

    def _by_codes(
        self, codes: Codes, query: FloatArray, k: int, passing: Any
    ) -> tuple[Rows, FloatArray] | None:
        """The same; None where what is compared does not settle which they are."""
        for count in (count for count in COMPARED if k <= count // 2):
            rows, most = codes.candidates(query, count, passing)
            scores = self._index.reconstruct_batch(rows) @ query
            best = np.argsort(-scores)[:k]
            if scores[best[-1]] > most:
                return rows[best], scores[best]
        return None
