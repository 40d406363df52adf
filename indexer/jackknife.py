"""How sure a mean over queries is: the jackknife, a product left out at a time.

Queries are not independent: each product is also a neighbour, which many queries share. So
a product is left out as a query and as everybody's neighbour, which is what having had
another catalogue of the kind would do. The variance that results is too large rather than
too small (Efron & Stein 1981, "The Jackknife Estimate of Variance", Annals of Statistics 9).

Compared on 72 random parts of a real catalogue of 5,583 products: the figures of the parts
differed 1.2 to 1.8 times as much as for independent queries they should (so intervals over
queries are too narrow), 0.1 to 0.8 times as much as by clusters of a class (far too wide),
and 0.6 to 1.1 times as much as the jackknife says (0.7 to 1.1 but for precision@1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Losses:
    """What some queries owe to each of n products as a neighbour.

    `values` (number of ks + 1, n) is by how much the queries' precisions at each k, and
    their average precisions, add up to less without the product; `orphans` (n,) counts
    the queries that have no other product of their class, and would be none without it.
    """

    values: Reals
    orphans: Reals

    @classmethod
    def added(cls, parts: Sequence[Losses]) -> Losses:
        return cls(
            sum((part.values for part in parts[1:]), parts[0].values),
            sum((part.orphans for part in parts[1:]), parts[0].orphans),
        )

    def minus(self, other: Losses) -> Losses:
        """Of the differences between two subjects that were asked the same queries."""
        return Losses(self.values - other.values, self.orphans)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over queries; its 95% interval is `value` ± `margin`, NaN where none is known."""

    value: float
    margin: float


def losses(
    hits: Mask, order: Integers, ranked: Integers, ks: Sequence[int], products: int
) -> Losses:
    """Of queries whose rankings are the rows of `order` (q, m), with `hits` (q, m) in them.

    The first `ranked` (q,) of each row are ranked, and every row has a hit. Equal scores
    are taken in the order in which they stand.
    """
    relevant = hits.sum(axis=1)
    is_only_hit = hits & (relevant == 1)[:, None]
    values = np.stack(
        [
            *(_of_precision(hits, is_only_hit, order, ranked, k, products) for k in ks),
            _summed(order, _of_average(hits, relevant), products),
        ]
    )
    return Losses(values, _summed(order[is_only_hit], np.ones(is_only_hit.sum()), products))


def estimate(
    values: Reals, rows: Integers, loss: Reals, orphans: Reals, photos: Integers
) -> Estimate:
    """Mean of the queries' `values` (q,), and its 95% interval.

    `rows` (q,) are the queries' products, `loss` and `orphans` (n,) are of `Losses`, and
    `photos` (n,) is equal for products with the same photo, which are left out together.
    With θ the mean and θ₍ᵢ₎ the mean without photo i of G:

        margin = t · √((G−1)/G · Σᵢ (θ₍ᵢ₎ − θ̄₍·₎)²),   t: Student's quantile, G−1 degrees

    (Efron & Tibshirani 1993, *An Introduction to the Bootstrap*, 11.5).
    """
    from scipy.special import stdtrit

    own = np.bincount(rows, values, len(photos))
    is_query = np.bincount(rows, minlength=len(photos))
    mean = float(values.mean())
    left = len(values) - is_query - orphans
    if left.min() <= 0:  # without one product there would be no query
        return Estimate(mean, float("nan"))
    influences = np.bincount(photos, mean - (values.sum() - own - loss) / left)
    influences = influences[np.unique(photos)]
    groups = len(influences)
    variance = (groups - 1) / groups * ((influences - influences.mean()) ** 2).sum()
    quantile = float(stdtrit(groups - 1, (1 + CONFIDENCE) / 2))
    return Estimate(mean, quantile * float(np.sqrt(variance)))


def _of_precision(
    hits: Mask, is_only_hit: Mask, order: Integers, ranked: Integers, k: int, products: int
) -> Reals:
    """Without one of the first k, the next moves up; where there is none, k gets smaller."""
    width = min(k, hits.shape[1])
    places = np.arange(width)
    first, count = hits[:, :width].astype(float), np.minimum(k, ranked)[:, None]
    first[places >= count] = 0
    has_next = ranked > k
    following = np.zeros(len(hits))
    if k < hits.shape[1]:
        following[has_next] = hits[has_next, k]
    reached = first.sum(axis=1, keepdims=True) / count
    fewer = (reached * count - first) / np.maximum(count - 1, 1)
    lost = np.where(has_next[:, None], (first - following[:, None]) / count, reached - fewer)
    lost = np.where(is_only_hit[:, :width], reached, lost)
    lost[places >= count] = 0
    return _summed(order[:, :width], lost, products)


def _of_average(hits: Mask, relevant: Integers) -> Reals:
    """(q, m): a hit at place B, the A-th, brings A/B; without one above it, A/(B−1), or
    (A−1)/(B−1) if that was a hit itself."""
    place = np.arange(1, hits.shape[1] + 1, dtype=float)
    above = np.maximum(place - 1, 1)
    hits_so_far = np.cumsum(hits, axis=1)
    brought = np.where(hits, hits_so_far / place, 0)
    total = brought.sum(axis=1, keepdims=True)
    gained = _below(np.where(hits, hits_so_far / above, 0)) - _below(brought)
    count = relevant[:, None]
    lost = -gained / count
    rest = total - brought + gained - _below(np.where(hits, 1 / above, 0))
    lost_hit = total / count - np.where(count > 1, rest / np.maximum(count - 1, 1), 0)
    return np.where(hits, lost_hit, lost)


def _below(values: Reals) -> Reals:
    """At each place of the rows (q, m), the sum of what comes after it."""
    sums = np.cumsum(values, axis=1)
    below: Reals = sums[:, -1:] - sums
    return below


def _summed(order: Integers, lost: Reals, products: int) -> Reals:
    """What each product is to all queries together, (n,)."""
    sums: Reals = np.bincount(order.ravel(), lost.ravel(), products).astype(float)
    return sums
