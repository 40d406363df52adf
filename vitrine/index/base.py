"""What every index can do, and the order of its answers."""

from __future__ import annotations

import functools
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from vitrine.encoders.base import FloatArray

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

CHUNK = 16_384  # rows that are taken at a time: 25 MB of 384-d vectors


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


@dataclass(frozen=True, slots=True, eq=False)
class Filter:
    """The rows that may be in an answer: `mask` (n,) is True for them, `passing` counts them.

    `accepted` says the same by facets' codes, for an engine that holds these: such rows have
    one of the codes of each facet. Where the filter `is_listed`, only some of those pass, and
    the mask alone tells which.
    """

    mask: Mask
    passing: int
    accepted: Mapping[str, Sequence[int]]
    is_listed: bool

    @classmethod
    def by(
        cls,
        mask: Mask,
        accepted: Mapping[str, Sequence[int]] = MappingProxyType({}),
        *,
        is_listed: bool = True,
    ) -> Filter:
        return cls(mask, int(np.count_nonzero(mask)), accepted, is_listed)

    @property
    def share(self) -> float:
        """Of all rows."""
        return self.passing / len(self.mask)


class Index(ABC):
    """Inner-product search over unit vectors (so a score is a cosine)."""

    kind: str
    is_exact: bool
    most: int = sys.maxsize
    """Rows that one answer can have."""
    length_tolerance: float
    """How far from 1 the length of a stored vector may be."""

    def __init__(self) -> None:
        self._ranking = functools.lru_cache(KEPT_RANKINGS)(self._rank)
        self._nearest_others = functools.lru_cache(KEPT_NEIGHBOURS)(self._find_others)

    @abstractmethod
    def __len__(self) -> int: ...

    @property
    @abstractmethod
    def dimension(self) -> int: ...

    @abstractmethod
    def check(self) -> None:
        """Raise `vitrine.index.server.MilvusError` where a search could not be answered now."""

    @abstractmethod
    def make_ready(self) -> None:
        """Do now what the first search would else wait for."""

    @abstractmethod
    def vector(self, row: int) -> FloatArray:
        """The vector of one row, array (d,)."""

    @abstractmethod
    def vectors_of(self, rows: Rows) -> FloatArray:
        """The vectors of these rows (m,), array (m, d)."""

    @abstractmethod
    def vectors(self) -> FloatArray:
        """All vectors, array (n, d)."""

    @abstractmethod
    def lengths(self) -> FloatArray:
        """The length of each stored vector, array (n,): 1, but for rounding."""

    def cosines(self, query: FloatArray, rows: Rows) -> FloatArray:
        """The cosine of each of these rows (m,) to a unit vector (d,)."""
        cosines: FloatArray = self.vectors_of(rows) @ query
        return cosines

    def search(
        self,
        query: FloatArray,
        k: int,
        allowed: Filter | None = None,
        left_out: Sequence[int] = (),
    ) -> Sequence[Neighbour]:
        """The k best rows for a unit vector (d,), best first, equal scores in row order.

        Only `allowed` rows are in the answer. The few rows `left_out` are no part of it either,
        at next to no cost. It is shorter than k only where fewer rows are left.
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

    @abstractmethod
    def _all_scores(self, query: FloatArray) -> FloatArray:
        """The cosine of each row (n,) to a query (d,)."""

    @abstractmethod
    def _candidates(
        self, query: FloatArray, k: int, allowed: Filter | None
    ) -> tuple[Rows, FloatArray]:
        """The k best allowed rows, best first, and their cosines. At least k are allowed."""

    def _nearest(
        self, query: FloatArray, k: int, allowed: Filter | None, left_out: Sequence[int]
    ) -> tuple[Rows, Scores]:
        """The k best of the allowed rows (k,) and their scores (k,)."""
        passing = len(self) if allowed is None else allowed.passing
        others = {row for row in left_out if allowed is None or allowed.mask[row]}
        limit = min(passing, self.most)
        k = min(k, limit - len(others))
        if k <= 0:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float64)
        # Ties are broken by chance, so ask on until the k-th score's ties are all in hand.
        ask = min(k + len(others) + 1, limit)
        while True:
            rows, found = self._candidates(query, ask, allowed)
            are_all = ask == limit or len(rows) < ask
            scores = rounded(found)
            if others:
                # For a few rows, numpy's isin takes several times as long.
                stays = [row not in others for row in rows.tolist()]
                rows, scores = rows[stays], scores[stays]
            if are_all or scores[-1] < scores[k - 1]:
                break
            ask = min(2 * ask, limit)
        best = np.lexsort((rows, -scores))[:k]
        return rows[best], scores[best]


def _neighbours(rows: Rows, scores: Scores) -> Sequence[Neighbour]:
    return [Neighbour(*pair) for pair in zip(rows.tolist(), scores.tolist(), strict=True)]


def are_others(rows: Rows, found: Rows) -> Mask:
    """Which of the nearest (n, k) of these rows (n,) are others: all of each row's but one."""
    others: Mask = found != rows[:, None]
    # A row is its own best neighbour, but where rounding puts others before it.
    others[others.all(axis=1), -1] = False
    return others


def rounded(cosines: FloatArray | Scores) -> Scores:
    """Scores as they are told and compared."""
    scores: Scores = cosines.astype(np.float64).round(SCORE_DECIMALS).clip(-1, 1)
    return scores
