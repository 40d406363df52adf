"""What every index can do, and the order of its answers."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import faiss
import numpy as np
import numpy.typing as npt

from vitrine.encoders.base import FloatArray, normalised

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]

SCORE_DECIMALS = 6
"""float32 cosines agree between CPUs to about 1e-7; what lies below is no difference."""

KEPT_RANKINGS = 8
"""One search in words asks for its pages and its twin by the same vector. Each takes 16
bytes a row."""

KEPT_NEIGHBOURS = 4096
"""Of so many rows that were asked for. Each takes 16 bytes a neighbour, and 300 more."""

CHUNK = 16_384  # rows that are decoded at a time: 25 MB of 384-d vectors


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A row of the index and its score: the cosine to the query, in [−1, 1]."""

    row: int
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Every row (n,), best first, and the score of each row (n,) by its number."""

    rows: Rows
    scores: Scores

    @classmethod
    def by(cls, scores: FloatArray | Scores) -> Ranking:
        """All rows by their scores (n,), equals in row order. Not to be written to."""
        told = rounded(scores)
        rows = np.argsort(-told, kind="stable")
        rows.flags.writeable = told.flags.writeable = False
        return cls(rows, told)


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The nearest others of every row: `rows` (n, k), best first, and their `cosines` (n, k)."""

    rows: Rows
    cosines: FloatArray


@dataclass(frozen=True, slots=True)
class Filtered:
    """The rows (n,) that pass, the same as faiss takes it, and their share of all rows."""

    allowed: Mask
    selector: Any
    share: float

    @classmethod
    def by(cls, allowed: Mask, passing: int) -> Filtered:
        bitmap = np.packbits(allowed, bitorder="little")
        return cls(allowed, faiss.IDSelectorBitmap(bitmap), passing / len(allowed))


class Index(ABC):
    """Inner-product search over unit vectors (so a score is a cosine)."""

    kind: ClassVar[str]
    is_exact: ClassVar[bool]
    length_tolerance: ClassVar[float]
    """How far from 1 the length of a stored vector may be."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self._ranking = functools.lru_cache(KEPT_RANKINGS)(self._rank)
        self._nearest_others = functools.lru_cache(KEPT_NEIGHBOURS)(self._find_others)

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

    @abstractmethod
    def vector(self, row: int) -> FloatArray:
        """The vector of one row, array (d,)."""

    @abstractmethod
    def vectors(self) -> FloatArray:
        """All vectors, array (n, d)."""

    def lengths(self) -> FloatArray:
        """The length of each stored vector, array (n,): 1, but for rounding."""
        lengths = np.empty(len(self), dtype=np.float32)
        for start in range(0, len(self), CHUNK):
            some = self._index.reconstruct_n(start, min(CHUNK, len(self) - start))
            lengths[start : start + CHUNK] = np.linalg.norm(some, axis=1)
        return lengths

    def search(
        self,
        query: FloatArray,
        k: int,
        allowed: Mask | None = None,
        left_out: Sequence[int] = (),
    ) -> Sequence[Neighbour]:
        """The k best rows for a unit vector (d,), best first, equal scores in row order.

        `allowed` (n,) keeps the rows that are True. The few rows `left_out` are no part of the
        answer either, at next to no cost. It is shorter than k only where fewer rows are left.
        """
        return _neighbours(*self._nearest(query, k, allowed, left_out))

    def nearest_others(self, row: int, k: int) -> Sequence[Neighbour]:
        """The k best rows for a row's own vector, itself left out, in the order of `search`.

        Those of the rows asked for last are remembered.
        """
        return _neighbours(*self._nearest_others(row, k))

    def _find_others(self, row: int, k: int) -> tuple[Rows, Scores]:
        return self._nearest(self.vector(row), k, None, [row])

    def ranking(self, query: FloatArray) -> Ranking:
        """All rows by their likeness to a unit vector (d,), equal scores in row order.

        The last few are remembered. Not to be written to.
        """
        return self._ranking(np.ascontiguousarray(query, dtype=np.float32).tobytes())

    def _rank(self, query: bytes) -> Ranking:
        return Ranking.by(self._all_scores(np.frombuffer(query, dtype=np.float32)))

    def cosines(self, query: FloatArray, rows: Rows) -> FloatArray:
        """The cosine of each of these rows (m,) to a unit vector (d,)."""
        cosines: FloatArray = normalised(self._index.reconstruct_batch(rows)) @ query
        return cosines

    @abstractmethod
    def _all_scores(self, query: FloatArray) -> FloatArray:
        """The cosine of each row (n,) to a query (d,)."""

    @abstractmethod
    def _candidates(
        self, query: FloatArray, k: int, filtered: Filtered | None
    ) -> tuple[Rows, FloatArray]:
        """The k best rows that pass, best first, and their cosines. At least k rows pass."""

    def _nearest(
        self, query: FloatArray, k: int, allowed: Mask | None, left_out: Sequence[int]
    ) -> tuple[Rows, Scores]:
        """The k best of the allowed rows (k,) and their scores (k,)."""
        passing = len(self) if allowed is None else int(np.count_nonzero(allowed))
        others = {row for row in left_out if allowed is None or allowed[row]}
        k = min(k, passing - len(others))
        if k <= 0:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float64)
        filtered = None if allowed is None else Filtered.by(allowed, passing)
        # faiss breaks ties by chance, so ask on until the k-th score's ties are all in hand.
        ask = min(k + len(others) + 1, passing)
        while True:
            rows, found = self._candidates(query, ask, filtered)
            scores = rounded(found)
            if others:
                # For a few rows, numpy's isin takes several times as long.
                stays = [row not in others for row in rows.tolist()]
                rows, scores = rows[stays], scores[stays]
            if ask == passing or scores[-1] < scores[k - 1]:
                break
            ask = min(2 * ask, passing)
        best = np.lexsort((rows, -scores))[:k]
        return rows[best], scores[best]


def _neighbours(rows: Rows, scores: Scores) -> Sequence[Neighbour]:
    return [Neighbour(*pair) for pair in zip(rows.tolist(), scores.tolist(), strict=True)]


def rounded(cosines: FloatArray | Scores) -> Scores:
    """Scores as they are told and compared."""
    scores: Scores = cosines.astype(np.float64).round(SCORE_DECIMALS).clip(-1, 1)
    return scores


def use_one_thread() -> None:
    """Let faiss search in the calling thread alone.

    A server answers many queries at once, and on a busy machine faiss's own
    threads make a small search many times slower.
    """
    faiss.omp_set_num_threads(1)
