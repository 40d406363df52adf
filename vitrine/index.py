"""Vectors → nearest neighbours: exact search with faiss, under any filter."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from vitrine.encoders.base import FloatArray

Mask = npt.NDArray[np.bool_]

SCORE_DECIMALS = 6
"""float32 cosines agree between CPUs to about 1e-7; what lies below is no difference."""

KEPT_RANKINGS = 8
"""One search in words asks for its pages and its twin by the same vector. Each takes 16
bytes a row."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A row of the index and its score: the cosine to the query, in [−1, 1]."""

    row: int
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Every row (n,), best first, and the score of each row (n,) by its number."""

    rows: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The nearest others of every row: `rows` (n, k), best first, and their `cosines` (n, k)."""

    rows: npt.NDArray[np.int64]
    cosines: FloatArray


class FlatIndex:
    """Exact inner-product search over unit vectors (so a score is a cosine)."""

    kind = "flat"

    def __init__(self, index: Any) -> None:
        self._index = index
        self._ranking = functools.lru_cache(KEPT_RANKINGS)(self._rank)

    @classmethod
    def build(cls, vectors: FloatArray) -> FlatIndex:
        """Index of unit rows, array (n, d); row i of the array is row i of the index."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        return cls(index)

    @classmethod
    def read(cls, path: Path) -> FlatIndex:
        """Open `vector.index`. Raises ValueError where faiss cannot read a flat index there."""
        try:
            index = faiss.read_index(str(path))
        except RuntimeError as error:
            raise ValueError(f"faiss cannot read {path.name}: {error}") from None
        if index.metric_type != faiss.METRIC_INNER_PRODUCT or not hasattr(index, "get_xb"):
            raise ValueError(f"{path.name} is no flat inner-product index")
        return cls(index)

    def write(self, path: Path) -> None:
        """Raises OSError where there is no space left, or the like."""
        # Left to itself, faiss does not say that the last bytes could not be written.
        with path.open("wb") as file:
            faiss.write_index(self._index, faiss.PyCallbackIOWriter(file.write))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    def vector(self, row: int) -> FloatArray:
        """The stored vector of one row, array (d,)."""
        vector: FloatArray = self._index.reconstruct(row)
        return vector

    def vectors(self) -> FloatArray:
        """All stored vectors, array (n, d)."""
        all_rows: FloatArray = self._index.reconstruct_n(0, len(self))
        return all_rows

    def search(self, query: FloatArray, k: int, allowed: Mask | None = None) -> Sequence[Neighbour]:
        """The k best rows for a unit vector (d,), best first, equal scores in row order.

        `allowed` (n,) keeps the rows that are True; the answer is exact under any
        filter, and shorter than k only where fewer rows are allowed.
        """
        rows, scores = self._nearest(query, k, allowed)
        return [Neighbour(*pair) for pair in zip(rows.tolist(), scores.tolist(), strict=True)]

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

    def ranking(self, query: FloatArray) -> Ranking:
        """All rows by their likeness to a unit vector (d,), equal scores in row order.

        The last few are remembered. Not to be written to.
        """
        return self._ranking(np.ascontiguousarray(query, dtype=np.float32).tobytes())

    def _rank(self, query: bytes) -> Ranking:
        rows, found = self._nearest(np.frombuffer(query, dtype=np.float32), len(self), None)
        scores = np.empty(len(self), dtype=np.float64)
        scores[rows] = found
        rows.flags.writeable = scores.flags.writeable = False
        return Ranking(rows, scores)

    def _nearest(
        self, query: FloatArray, k: int, allowed: Mask | None
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """The k best of the allowed rows (k,) and their scores (k,)."""
        available = len(self) if allowed is None else int(np.count_nonzero(allowed))
        k = min(k, available)
        if k <= 0:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float64)
        parameters = None
        if allowed is not None:
            bitmap = np.packbits(allowed, bitorder="little")
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bitmap))
        # faiss breaks ties by chance, so ask on until the k-th score's ties are all in hand.
        ask = min(k + 1, available)
        while True:
            found, positions = self._index.search(query[None], ask, params=parameters)
            scores = np.clip(np.round(found[0].astype(np.float64), SCORE_DECIMALS), -1, 1)
            if ask == available or scores[-1] < scores[k - 1]:
                break
            ask = min(2 * ask, available)
        best = np.lexsort((positions[0], -scores))[:k]
        return positions[0][best], scores[best]


def use_one_thread() -> None:
    """Let faiss search in the calling thread alone.

    A server answers many queries at once, and on a busy machine faiss's own
    threads make a small search many times slower.
    """
    faiss.omp_set_num_threads(1)
