"""Vectors → places in the plane, so that what is alike lies together.

By t-SNE (L. van der Maaten, G. Hinton 2008, "Visualizing data using t-SNE") as openTSNE has
it (P. Poličar et al. 2024), from the exact neighbours by cosine. It begins at the two main
axes of the vectors, which keeps what is far apart in order (D. Kobak, P. Berens 2019, "The art
of using t-SNE for single-cell transcriptomics"), and with a fixed seed, so that the same
vectors have the same map.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np

from indexer.lattice import Points, depth_for, placed
from vitrine.encoders.base import FloatArray
from vitrine.index import FlatIndex, Neighbours
from vitrine.maps import Cells, ProductMap

PERPLEXITY = 30.0
NEIGHBOURS_A_PERPLEXITY = 3
EARLY, LATE = 250, 500  # iterations, as van der Maaten's and openTSNE's own
EARLY_EXAGGERATION = 12
ITERATIONS = EARLY + LATE
REPORT = 25  # iterations
LEAST = 8  # distinct vectors; of fewer, the two main axes say all
SEED = 0
MARGIN = 0.02  # of the square's side, left free all round
WORTH_THREADS = 2000  # vectors; with fewer, threads wait for each other for longer than they work

Advance = Callable[[int], None]


def map_of(vectors: FloatArray, advance: Advance = lambda _: None) -> ProductMap:
    """The map of unit rows (n, d); `advance` is told of `ITERATIONS`, a few at a time."""
    # What has one and the same vector would have no direction to part in.
    distinct, kinds = np.unique(vectors, axis=0, return_inverse=True)
    neighbours = _neighbours(distinct)
    points = _points(distinct, neighbours, advance)[kinds.ravel()]
    typical = _likeness(neighbours)[kinds.ravel()]
    order = np.argsort(-typical, kind="stable")
    depth = depth_for(len(vectors))
    cells: Cells = np.empty((len(vectors), 2), dtype=np.int64)
    cells[order] = placed(points[order], 1 << depth)
    return ProductMap(depth, cells, order)


def _points(vectors: FloatArray, neighbours: Neighbours, advance: Advance) -> Points:
    """Places in the unit square (n, 2) of distinct unit rows (n, d)."""
    if len(vectors) < LEAST:
        advance(ITERATIONS)
        return _in_square(_main_axes(vectors))
    return _in_square(_tsne(vectors, neighbours, advance))


def _neighbours(vectors: FloatArray) -> Neighbours:
    return FlatIndex.build(vectors).neighbours(int(NEIGHBOURS_A_PERPLEXITY * PERPLEXITY))


def _likeness(neighbours: Neighbours) -> FloatArray:
    """How like its neighbours each row is (n,): the mean of their cosines; 0 without any."""
    if not neighbours.cosines.shape[1]:
        return np.zeros(len(neighbours.cosines), dtype=np.float32)
    mean: FloatArray = neighbours.cosines.mean(axis=1)
    return mean


def _tsne(vectors: FloatArray, neighbours: Neighbours, advance: Advance) -> Points:
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    k = neighbours.rows.shape[1]
    # Of unit vectors these are the Euclidean ones: √(2 − 2·cosine).
    distances = np.sqrt(np.clip(2 - 2 * neighbours.cosines.astype(np.float64), 0, None))
    threads = _free_cores() if len(vectors) >= WORTH_THREADS else 1
    embedding = TSNEEmbedding(
        _start(vectors),
        PerplexityBasedNN(
            perplexity=min(PERPLEXITY, k / NEIGHBOURS_A_PERPLEXITY),
            knn_index=PrecomputedNeighbors(neighbours.rows, distances),
            n_jobs=threads,
            random_state=SEED,
        ),
        n_jobs=threads,
        random_state=SEED,
        callbacks=lambda *_: advance(REPORT),
        callbacks_every_iters=REPORT,
    )
    embedding.optimize(EARLY, exaggeration=EARLY_EXAGGERATION, momentum=0.5, inplace=True)
    embedding.optimize(LATE, momentum=0.8, inplace=True)
    return np.asarray(embedding, dtype=np.float64)


def _free_cores() -> int:
    """Cores that nobody else works on: a thread that has to wait for one holds up all others.

    Two threads on two busy cores took five times as long as one. The map is the same.
    """
    return max(1, round(len(os.sched_getaffinity(0)) - os.getloadavg()[0]))


def _start(vectors: FloatArray) -> Points:
    """The main axes, so small that neighbours are free to find each other."""
    from openTSNE.initialization import rescale

    axes = _main_axes(vectors)
    noise = np.random.default_rng(SEED).normal(scale=1e-3, size=axes.shape)
    start: Points = rescale(axes / max(np.abs(axes).max(), 1e-12) + noise)
    return start


def _main_axes(vectors: FloatArray) -> Points:
    """Places along the two directions in which the rows (n, d) differ most."""
    middle = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    if len(middle) > middle.shape[1]:
        _, axes = np.linalg.eigh(middle.T @ middle)
        points = middle @ axes[:, ::-1][:, :2]
    else:
        lengths, sides = np.linalg.eigh(middle @ middle.T)
        points = (sides * np.sqrt(np.clip(lengths, 0, None)))[:, ::-1][:, :2]
    points = np.pad(points, ((0, 0), (0, 2 - points.shape[1])))
    # Which way an axis points is chance: let the farthest product lie to the right, and low.
    farthest = np.abs(points).argmax(axis=0)
    turned: Points = points * np.where(points[farthest, [0, 1]] < 0, -1.0, 1.0)
    return turned


def _in_square(points: Points) -> Points:
    """The same picture in the middle of the unit square, as large as fits."""
    low, high = points.min(axis=0), points.max(axis=0)
    extent = float((high - low).max())
    scale = (1 - 2 * MARGIN) / extent if extent > 0 else 0.0
    fitted: Points = 0.5 + (points - (low + high) / 2) * scale
    return fitted
