"""How good is the index on this catalogue? Judged by the catalogue's own labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vitrine.products import NO_VALUE
from vitrine.snapshot import Snapshot

BLOCK = 512  # queries at a time: the scores of a block against 100,000 products take 200 MB


@dataclass(frozen=True, slots=True)
class Precision:
    """Precision@k for products that agree in all of `facets`.

    `value` is the mean, over all products that have these facts, of the share of
    their k nearest others with the same facts (leave-one-out; Manning et al. 2008,
    *Introduction to Information Retrieval*, 8.4). `chance` is what a random order
    would reach.
    """

    facets: tuple[str, ...]
    k: int
    value: float
    chance: float
    queries: int


def precision(snapshot: Snapshot, groups: Sequence[tuple[str, ...]], k: int) -> list[Precision]:
    """Precision@k for each group of facets; exact search by cosine."""
    neighbours = _nearest(snapshot, k)
    out = []
    for group in groups:
        labels = _labels(snapshot, group)
        queries = np.flatnonzero(labels >= 0)
        hits = labels[neighbours[queries]] == labels[queries, None]
        sizes = np.bincount(labels[queries])
        pairs = float((sizes * (sizes - 1)).sum())
        chance = pairs / max(len(queries) * (len(snapshot) - 1), 1)
        value = float(hits.mean()) if hits.size else 0.0
        out.append(Precision(group, neighbours.shape[1], value, chance, len(queries)))
    return out


def _nearest(snapshot: Snapshot, k: int) -> npt.NDArray[np.int64]:
    """Rows of the k nearest others of every row, array (n, min(k, n − 1)), best first."""
    vectors = snapshot.index.vectors()
    k = min(k, len(vectors) - 1)
    out = np.empty((len(vectors), k), dtype=np.int64)
    if k == 0:
        return out
    for start in range(0, len(vectors), BLOCK):
        scores = vectors[start : start + BLOCK] @ vectors.T
        rows = np.arange(len(scores))
        scores[rows, start + rows] = -np.inf
        best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
        out[start : start + BLOCK] = np.take_along_axis(best, order, axis=1)
    return out


def _labels(snapshot: Snapshot, group: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """One number per row for its combination of facts, −1 where one is missing, array (n,)."""
    facets = {facet.name: facet for facet in snapshot.products.facets}
    codes = np.stack([facets[name].codes for name in group], axis=1)
    _, labels = np.unique(codes, axis=0, return_inverse=True)
    labels = labels.reshape(-1).astype(np.int64)
    labels[(codes == NO_VALUE).any(axis=1)] = -1
    return labels
