"""Approximate search: only the lists nearest to a query are compared, at few bits a number."""

from __future__ import annotations

import functools
import math
from typing import Any

import faiss
import numpy as np

from vitrine.encoders.base import FloatArray, normalised
from vitrine.index.base import CHUNK, Filter, Rows
from vitrine.index.local import LocalIndex, selector

LISTS = 4
"""Times √n, the fewest that faiss's guidelines advise: of fewer lists than there are kinds of
products, each mixes several, and nearly all have to be searched. See docs/performance.md."""

POINTS_A_LIST = 39  # that the lists are found from, the fewest that faiss is content with
ROUNDS = 6  # of k-means: with 10 or 20 hardly fewer lists have to be searched
LARGE_CHANGE = 1 / 3  # of the number of vectors, after which the lists are found anew
NARROW = 0.1  # of all rows: a filter that keeps so few has all lists searched
SEED = 0
LIST_BITS = 32  # of faiss's number of where a row is, below the number of its list
CODES = {8: faiss.ScalarQuantizer.QT_8bit, 16: faiss.ScalarQuantizer.QT_fp16}


class IvfIndex(LocalIndex):
    """An inverted file with scalar quantisation (J. Sivic, A. Zisserman 2003, "Video Google";
    H. Jégou et al. 2011, "Product quantization for nearest neighbor search", for residuals).

    Vectors are those that so few bits leave of the given ones, brought back to unit length,
    and scores are cosines to them.
    """

    kind = "ivf"
    is_exact = False
    length_tolerance = 0.02

    @classmethod
    def build(cls, vectors: FloatArray) -> IvfIndex:
        """Index of unit rows, array (n, d); row i of the array is row i of the index."""
        count, dimension = vectors.shape
        return cls._trained(vectors, faiss.IndexFlatIP(dimension), lists_for(count), 8)

    def at_16_bits(self, vectors: FloatArray) -> IvfIndex:
        """The same lists with the same vectors in them, twice as large and hardly rounded."""
        return self._trained(vectors, faiss.clone_index(self._index.quantizer), self.lists, 16)

    @classmethod
    def _trained(cls, vectors: FloatArray, centres: Any, lists: int, bits: int) -> IvfIndex:
        """An index with these centres, or of centres that are found now where there are none."""
        count, dimension = vectors.shape
        index = faiss.IndexIVFScalarQuantizer(
            centres, dimension, lists, CODES[bits], faiss.METRIC_INNER_PRODUCT
        )
        index.cp.niter = ROUNDS
        index.cp.seed = SEED
        index.cp.min_points_per_centroid = 1
        size = min(count, POINTS_A_LIST * lists)
        some = np.sort(np.random.default_rng(SEED).choice(count, size, replace=False))
        index.train(np.ascontiguousarray(vectors[some]))
        return cls(index)._filled(vectors)

    def refilled(self, vectors: FloatArray) -> IvfIndex:
        """The same lists with other vectors in them; this index is used up."""
        self._index.reset()
        return IvfIndex(self._index)._filled(vectors)

    def _filled(self, vectors: FloatArray) -> IvfIndex:
        for start in range(0, len(vectors), CHUNK):
            self._index.add(vectors[start : start + CHUNK])
        self._index.make_direct_map()  # where each row is, for `vector`; it is stored too
        return self

    def suits(self, vectors: FloatArray) -> bool:
        """Whether the lists were found from about as many vectors (n, d)."""
        count, dimension = vectors.shape
        few, many = 1 - LARGE_CHANGE, 1 + LARGE_CHANGE
        return dimension == self.dimension and (
            lists_for(int(count / many)) <= self.lists <= lists_for(int(count / few))
        )

    @property
    def bits(self) -> int:
        """Of each stored number."""
        return 8 * int(self._index.code_size) // self.dimension

    @property
    def lists(self) -> int:
        return int(self._index.nlist)

    @property
    def nprobe(self) -> int:
        """How many lists are searched for an answer without a filter."""
        return int(self._index.nprobe)

    @nprobe.setter
    def nprobe(self, nprobe: int) -> None:
        self._index.nprobe = nprobe
        self._nearest_others.cache_clear()

    def vector(self, row: int) -> FloatArray:
        vector: FloatArray = normalised(self._index.reconstruct(row)[None])[0]
        return vector

    def vectors(self) -> FloatArray:
        every = np.empty((len(self), self.dimension), dtype=np.float32)
        for start in range(0, len(self), CHUNK):
            count = min(CHUNK, len(self) - start)
            every[start : start + count] = normalised(self._index.reconstruct_n(start, count))
        return every

    def batch(self, queries: FloatArray, k: int, nprobe: int) -> Rows:
        """The k best rows (q, k) for each query (q, d) in `nprobe` lists; −1 where there are none.

        In faiss's order.
        """
        parameters = faiss.SearchParametersIVF(nprobe=nprobe)
        rows: Rows = self._index.search(queries, k, params=parameters)[1]
        return rows

    def lists_to(self, rows: Rows, others: Rows) -> Rows:
        """How many lists are searched before each of `others` (q, k) is found: (q, k).

        From each of these rows (q,).
        """
        lists: Rows = faiss.vector_to_array(self._index.direct_map.array)[others] >> LIST_BITS
        needed = np.empty_like(lists)
        centres = self._index.quantizer.reconstruct_n(0, self.lists)
        for number, vector in enumerate(self.vectors_of(rows)):
            scores = centres @ vector
            nearer = scores > scores[lists[number]][:, None]
            needed[number] = 1 + np.count_nonzero(nearer, axis=1)
        return needed

    @functools.cached_property
    def _lengths(self) -> FloatArray:
        return self.lengths()

    def _all_scores(self, query: FloatArray) -> FloatArray:
        parameters = faiss.SearchParametersIVF(nprobe=self.lists)
        # Every product is above −2, so this asks for all of them, in no order.
        _, found, rows = self._index.range_search(query[None], -2.0, params=parameters)
        scores = np.empty(len(self), dtype=np.float32)
        scores[rows] = found
        cosines: FloatArray = scores / self._lengths
        return cosines

    def _candidates(
        self, query: FloatArray, k: int, allowed: Filter | None
    ) -> tuple[Rows, FloatArray]:
        passing = selector(allowed)
        nprobe = nprobe_for(self.nprobe, self.lists, allowed.share if allowed else 1.0)
        while True:
            parameters = faiss.SearchParametersIVF(sel=passing, nprobe=nprobe)
            rows: Rows = self._index.search(query[None], k, params=parameters)[1][0]
            if rows[-1] >= 0 or nprobe == self.lists:
                break
            nprobe = min(2 * nprobe, self.lists)
        # What faiss has added up is the product with vectors not quite of unit length.
        cosines = self.cosines(query, rows)
        order = np.argsort(-cosines, kind="stable")
        return rows[order], cosines[order]


def lists_for(count: int) -> int:
    """How many lists so many vectors are kept in, √n / 4 in each."""
    return max(1, min(count, round(LISTS * math.sqrt(count))))


def nprobe_for(nprobe: int, lists: int, share: float) -> int:
    """So many lists that as much is compared under a filter of this share as without one."""
    return lists if share <= NARROW else min(lists, math.ceil(nprobe / share))
