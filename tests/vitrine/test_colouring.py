"""Likeness and colour in one score: exact where the index is, nearly so where it is not."""

from __future__ import annotations

import numpy as np
import pytest

from tests.generations import clustered_unit_vectors, random_unit_vectors
from vitrine.colouring import Colouring, nearest
from vitrine.index import Filter, FlatIndex, IvfIndex
from vitrine.palettes import DIMENSION, Palettes

COUNT, K = 300, 12


def some_palettes(count, seed=0):
    """Of a few colours each, so that some are alike."""
    generator = np.random.default_rng(seed)
    levels = generator.integers(0, 255, (count, DIMENSION), dtype=np.uint8)
    levels[generator.random(levels.shape) < 0.97] = 0
    levels[:, 0] += 1
    return Palettes(levels)


@pytest.fixture(scope="module")
def flat():
    vectors = random_unit_vectors(COUNT)
    vectors[17] = vectors[3]
    return FlatIndex.build(vectors)


@pytest.fixture(scope="module")
def palettes():
    return some_palettes(COUNT)


def exact(index, palettes, query, colouring, passes):
    """Every row's score, added up anew; rows by it, and equals in row order."""
    cosines = np.round(index.vectors().astype(np.float64) @ query.astype(np.float64), 6)
    likeness = np.array([palettes.of(r) @ colouring.palette for r in range(len(index))])
    scores = np.round((1 - colouring.weight) * cosines + colouring.weight * likeness, 6)
    rows = np.flatnonzero(passes)
    return rows[np.lexsort((rows, -scores[rows]))], scores


@pytest.mark.parametrize("weight", [0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("share", [1.0, 0.5, 0.02])
def test_it_is_exact_under_any_weight_and_filter(flat, palettes, weight, share):
    allowed = np.random.default_rng(1).random(COUNT) < share
    for row in range(0, COUNT, 7):
        query, colouring = flat.vector(row), Colouring(weight, palettes.of((row + 1) % COUNT))
        passes = allowed.copy()
        passes[row] = False
        rows, scores = exact(flat, palettes, query, colouring, passes)
        found = nearest(flat, palettes, query, colouring, K, Filter.by(allowed), [row])
        assert len(found) == min(K, passes.sum())
        told = [n.score for n in found]
        assert told == pytest.approx(scores[rows[:K]].tolist(), abs=2e-6)
        assert told == sorted(told, reverse=True)
        assert all(scores[n.row] == pytest.approx(n.score, abs=2e-6) for n in found)
        assert all(passes[n.row] for n in found)


def test_equal_scores_come_in_row_order(flat):
    same = Palettes(np.full((COUNT, DIMENSION), 100, np.uint8))
    found = nearest(flat, same, flat.vector(3), Colouring(1.0, same.of(0)), K)
    assert [n.row for n in found] == list(range(K))
    found = nearest(flat, same, flat.vector(3), Colouring(0.5, same.of(0)), K)
    assert [n.row for n in found][:2] == [3, 17]


def test_where_nothing_passes_there_is_nothing(flat, palettes):
    nothing = Filter.by(np.zeros(COUNT, dtype=bool))
    assert not nearest(
        flat, palettes, flat.vector(0), Colouring(0.5, palettes.of(0)), K, allowed=nothing
    )
    assert not nearest(
        flat, palettes, flat.vector(0), Colouring(1.0, palettes.of(0)), K, allowed=nothing
    )


@pytest.mark.parametrize("weight", [0.2, 0.5, 0.8, 1.0])
def test_an_approximate_index_finds_nearly_the_same(weight):
    count = 20_000
    vectors = clustered_unit_vectors(count, 32, 200)
    palettes = some_palettes(count)
    index = IvfIndex.build(vectors)
    index.nprobe = max(1, index.lists // 8)
    reference = FlatIndex.build(vectors)
    shared = []
    for row in range(0, count, 1000):
        query, colouring = vectors[row], Colouring(weight, palettes.of(row))
        found = {n.row for n in nearest(index, palettes, query, colouring, K, None, [row])}
        expected = nearest(reference, palettes, query, colouring, K, None, [row])
        shared.append(len(found & {n.row for n in expected}) / K)
    assert np.mean(shared) > 0.9
