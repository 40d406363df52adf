"""How good rankings are: precision@k and average precision, and their chance levels.

The definitions are those of Manning, Raghavan & Schütze 2008, *Introduction to Information
Retrieval*, 8.4. Equal scores have no order of their own, so a measure is its mean over all
orders of what scores the same: McSherry & Najork, "Computing Information Retrieval
Performance Measures Efficiently in the Presence of Tied Scores", ECIR 2008.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexer.jackknife import Integers, Losses, Mask, Reals, losses
from vitrine.encoders.base import FloatArray
from vitrine.index import SCORE_DECIMALS

NOBODY = -1  # fills a row of `nearest` where fewer products are ranked
_LEFT_OUT = np.iinfo(np.int32).min


@dataclass(frozen=True, slots=True)
class Scores:
    """What each of q queries reached; row j of every array belongs to query `rows[j]`.

    `precision` (q, number of ks) and `average` (q,), the average precision; `chance` (q,)
    and `chance_average` (q,) are what a random order would reach on average. `nearest`
    (q, largest k) has the rows of the first neighbours, `NOBODY` after the last. `losses`
    says what these queries owe to each product, for intervals.
    """

    rows: Integers
    precision: Reals
    average: Reals
    chance: Reals
    chance_average: Reals
    nearest: Integers
    losses: Losses

    @classmethod
    def joined(cls, parts: Sequence[Scores]) -> Scores:
        """One after the other; `parts` is not empty."""
        return cls(
            rows=np.concatenate([part.rows for part in parts]),
            precision=np.concatenate([part.precision for part in parts]),
            average=np.concatenate([part.average for part in parts]),
            chance=np.concatenate([part.chance for part in parts]),
            chance_average=np.concatenate([part.chance_average for part in parts]),
            nearest=np.concatenate([part.nearest for part in parts]),
            losses=Losses.added([part.losses for part in parts]),
        )


class Ranking:
    """All products in order of their scores to each query of a block, best first.

    `scores` (b, n) are cosines; `left_out` (b, n) says what is not ranked at all: the query
    itself, and what else would be a trivial hit. Scores that agree to `SCORE_DECIMALS` are
    equal; those come in row order in `nearest`, and in no order in any measure.
    """

    def __init__(self, scores: FloatArray, left_out: Mask) -> None:
        keys = np.rint(scores * np.float32(10**SCORE_DECIMALS)).astype(np.int32)
        keys[left_out] = _LEFT_OUT
        self._order = np.argsort(-keys.astype(np.int64), axis=1, kind="stable")
        self._keys = np.take_along_axis(keys, self._order, axis=1)

    def scores_of(self, queries: Integers, codes: Integers, ks: Sequence[int]) -> Scores:
        """The measures where a hit is a product of the query's class.

        `queries` (b,) are the block's rows and `codes` (n,) the classes, −1 where a product
        has none: it is neither ranked nor a query. Queries without another product of their
        class are left out. Precision@k is the share of hits among the first k, or among all
        where fewer are ranked.
        """
        asked = codes[queries] >= 0
        queries, order, keys = queries[asked], self._order[asked], self._keys[asked]
        has_class = codes >= 0
        if not has_class.all():
            kept = has_class[order]
            # Each row loses the same products, so what is left is a table again.
            order = order[kept].reshape(len(order), int(has_class.sum()))
            keys = keys[kept].reshape(order.shape)
        is_ranked = keys > _LEFT_OUT
        hits = (codes[order] == codes[queries][:, None]) & is_ranked
        ranked, relevant = is_ranked.sum(axis=1), hits.sum(axis=1)
        has_hits = relevant > 0
        queries, order, keys = queries[has_hits], order[has_hits], keys[has_hits]
        hits, is_ranked = hits[has_hits], is_ranked[has_hits]
        ranked, relevant = ranked[has_hits], relevant[has_hits]
        ties = _Ties(hits, keys)
        return Scores(
            rows=queries,
            precision=np.stack([ties.precision(np.minimum(k, ranked)) for k in ks], axis=1),
            average=ties.average_precision(relevant),
            chance=relevant / ranked,
            chance_average=chance_of_average(relevant, ranked),
            nearest=_padded(np.where(is_ranked, order, NOBODY), max(ks)),
            losses=losses(hits, order, ranked, ks, len(codes)),
        )


class _Ties:
    """The runs of equal keys in sorted rows (b, n), and the hits before and in each of them."""

    def __init__(self, hits: Mask, keys: npt.NDArray[np.int32]) -> None:
        rows, self._columns = keys.shape
        begins = np.ones(keys.shape, dtype=bool)
        begins[:, 1:] = keys[:, 1:] != keys[:, :-1]
        # Positions count through all rows; a run never crosses from one row to the next.
        self._hits = np.flatnonzero(hits)
        self._run = np.cumsum(begins.ravel(), dtype=np.int64) - 1
        self._starts = np.append(np.flatnonzero(begins), rows * self._columns)
        self._hits_before = np.append(0, np.cumsum(hits.ravel(), dtype=np.int64))
        self._rows = rows

    def precision(self, k: Integers) -> Reals:
        """Expected share of hits among each row's first k (b,)."""
        first = np.arange(self._rows) * self._columns
        before, size, earlier, inside = self._at(first + k - 1)
        share: Reals = (earlier + (k - before) * inside / size) / k
        return share

    def average_precision(self, relevant: Integers) -> Reals:
        """Expected average precision of each row, (b,), where it has so many hits.

        A hit in a run of s products with h hits, after N products with H hits, brings

            1/s · Σ_{j=1…s} (H + 1 + (j−1)·c) / (N + j),   c = (h−1)/(s−1)

        (McSherry & Najork 2008), here with the sum over 1/(N + j) as a difference
        of harmonic numbers. Alone in its run it brings the plain (H + 1) / (N + 1).
        """
        before, size, earlier, inside = self._at(self._hits)
        harmonic = _harmonic(self._columns)
        inverse = harmonic[before + size] - harmonic[before]
        inverse[size == 1] = 1 / (before[size == 1] + 1)  # a perfect ranking reaches 1 exactly
        density = (inside - 1) / np.maximum(size - 1, 1)
        brought = (earlier + 1) * inverse + density * (size - (before + 1) * inverse)
        rows = self._hits // self._columns
        return np.bincount(rows, brought / size, self._rows) / relevant

    def _at(self, positions: Integers) -> tuple[Integers, Integers, Integers, Integers]:
        """Of the runs there: products before, products in, hits before, hits in."""
        run = self._run[positions]
        start, end = self._starts[run], self._starts[run + 1]
        first = positions // self._columns * self._columns
        before = self._hits_before
        return (
            start - first,
            end - start,
            before[start] - before[first],
            before[end] - before[start],
        )


def chance_of_average(relevant: Integers, ranked: Integers) -> Reals:
    """Average precision that a random order reaches on average, exactly.

    With R relevant among n products: 1/n · (Hₙ + (R−1)/(n−1) · (n − Hₙ)), Hₙ the n-th harmonic
    number (Bestgen 2015, "Exact Expected Average Precision of the Random Baseline for System
    Evaluation", Prague Bulletin of Mathematical Linguistics 103).
    """
    harmonic = _harmonic(int(ranked.max(initial=0)))[ranked]
    expected: Reals = (
        harmonic + (relevant - 1) / np.maximum(ranked - 1, 1) * (ranked - harmonic)
    ) / ranked
    return expected


def _harmonic(largest: int) -> Reals:
    """The harmonic numbers H₀ … H_largest."""
    sums: Reals = np.append(0.0, np.cumsum(1 / np.arange(1, largest + 1)))
    return sums


def _padded(rows: Integers, width: int) -> Integers:
    shown = rows[:, :width]
    return np.pad(shown, ((0, 0), (0, width - shown.shape[1])), constant_values=NOBODY)
