"""How much of the truth an approximate index finds, and how many lists that takes."""

from __future__ import annotations

import functools
import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import faiss
import numpy as np

from vitrine.encoders.base import FloatArray
from vitrine.index.base import SCORE_DECIMALS, Rows, are_others

K = 10  # neighbours that recall is about
SAMPLE = 1000  # rows: recall is then sure to about ±.004
ROUNDING = 10**-SCORE_DECIMALS
MARGIN = 0.25
"""Of what may be missed, a quarter is kept back: so the next generations keep the recall too."""

STEPS = 16
"""Whether 500 or 510 lists are searched is hardly felt, but each try at a million products
that lie in no clear clusters takes long."""

LEAST_STEP = 0.001  # of recall, for the same reason
Recall = Callable[[int], float]
"""Of so many lists."""


class ListedIndex(Protocol):
    """Of one, as many lists are searched as is said. See `IvfIndex`."""

    nprobe: int

    @property
    def lists(self) -> int: ...

    def __len__(self) -> int: ...
    def vectors_of(self, rows: Rows) -> FloatArray: ...
    def batch(self, queries: FloatArray, k: int, nprobe: int) -> Rows: ...

    def lists_to(self, rows: Rows, others: Rows) -> Rows | None:
        """How many lists are searched before each of `others` (q, k) is found: (q, k).

        From each of these rows (q,). None where the engine does not say.
        """


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows (q,) of vectors (n, d), the nearest others (q, K), and the score (q,) of the last."""

    vectors: FloatArray
    rows: Rows
    others: Rows
    least: FloatArray

    @property
    def k(self) -> int:
        return min(K, len(self.vectors) - 1)


def sample_of(vectors: FloatArray, size: int = SAMPLE) -> Sample:
    """Rows by chance, the same for the same number of vectors, with the truth by exact search."""
    count = len(vectors)
    rows = np.sort(np.random.default_rng(0).choice(count, min(size, count), replace=False))
    k = min(K, count - 1)
    scores, found = faiss.knn(vectors[rows], vectors, k + 1, metric=faiss.METRIC_INNER_PRODUCT)
    others = found[are_others(rows, found)].reshape(len(rows), k)
    return Sample(vectors, rows, others, scores[:, -1])


def recall_of(index: ListedIndex, sample: Sample, nprobe: int | None = None) -> float:
    """Recall@10: the share of each row's K nearest others that the index finds.

    What is found counts by its true score, so that of equal ones any will do (M. Aumüller et
    al. 2020, "ANN-Benchmarks"). The queries are the index's own vectors, as for a click.
    """
    if not sample.k:
        return 1.0
    queries = index.vectors_of(sample.rows)
    found = index.batch(queries, sample.k + 1, nprobe or index.nprobe)
    hits = 0
    for row, some, least in zip(sample.rows, found, sample.least, strict=True):
        others = some[(some >= 0) & (some != row)]
        cosines = sample.vectors[others] @ sample.vectors[row]
        hits += min(sample.k, int(np.count_nonzero(cosines >= least - ROUNDING)))
    return hits / (sample.k * len(sample.rows))


def calibrate(index: ListedIndex, sample: Sample, recall: float) -> float:
    """Let the index search the fewest lists that reach this recall, and a little more.

    All where none reach it. Returns the recall that was measured.
    """
    target = recall + MARGIN * (1 - recall)
    measured = functools.cache(lambda nprobe: recall_of(index, sample, nprobe))
    needed = index.lists_to(sample.rows, sample.others)
    if needed is None or not sample.k:
        index.nprobe = _by_trying(measured, target, index.lists)
    else:
        index.nprobe = _by_counting(measured, target, index.lists, needed)
    return measured(index.nprobe)


def _by_counting(measured: Recall, target: float, lists: int, needed: Rows) -> int:
    """The fewest lists that have enough of the neighbours, whatever few bits hide of them."""
    in_order = np.sort(needed, axis=None)
    wanted = target
    while (last := math.ceil(wanted * len(in_order)) - 1) < len(in_order):
        nprobe = int(in_order[last])
        if measured(nprobe) >= target:
            return nprobe
        wanted += target - measured(nprobe) + LEAST_STEP
    return lists


def _by_trying(measured: Recall, target: float, lists: int) -> int:
    """The fewest of a few lists; of many, the fewest but for one in `STEPS`."""
    high = 1
    while high < lists and measured(high) < target:
        high = min(2 * high, lists)
    step = max(1, high // STEPS)
    between = range(high // 2 + step, high, step)
    at = bisect_left(between, target, key=measured)
    tried: list[int] = [*between, high]
    return tried[at]


def own_recall(index: ListedIndex, size: int) -> float:
    """Recall@10 for rows by chance against all lists: what leaving lists out has cost."""
    count = len(index)
    rows = np.random.default_rng(1).choice(count, min(size, count), replace=False)
    queries = index.vectors_of(rows)
    k = min(K + 1, count)
    true, found = (index.batch(queries, k, nprobe) for nprobe in (index.lists, index.nprobe))
    hits = sum(len(np.intersect1d(*pair)) for pair in zip(true, found, strict=True))
    return hits / true.size
