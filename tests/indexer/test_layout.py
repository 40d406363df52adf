"""Vectors in the plane: what is alike lies together, always in the same way, whatever comes."""

from __future__ import annotations

import numpy as np
import pytest

from indexer.lattice import depth_for, placed
from indexer.layout import ITERATIONS, map_of
from tests.generations import random_unit_vectors
from vitrine.encoders.base import normalised

KINDS = 8


def structured(count: int = 400, dimension: int = 24):
    """Unit rows around eight directions, and which one each is around."""
    generator = np.random.default_rng(3)
    centres = random_unit_vectors(KINDS, dimension, seed=4)
    kinds = generator.integers(KINDS, size=count)
    noise = generator.normal(scale=0.12, size=(count, dimension))
    return normalised((centres[kinds] + noise).astype(np.float32)), kinds


@pytest.fixture(scope="module")
def laid_out():
    vectors, kinds = structured()
    told: list[int] = []
    return vectors, kinds, map_of(vectors, told.append), told


class TestLayout:
    def test_neighbours_in_the_plane_are_neighbours_in_space(self, laid_out):
        from sklearn.manifold import trustworthiness

        vectors, _, product_map, _ = laid_out
        points = product_map.positions(np.arange(len(vectors)))
        assert trustworthiness(vectors, points, n_neighbors=10) > 0.9
        shuffled = np.random.default_rng(0).permutation(points)
        assert trustworthiness(vectors, shuffled, n_neighbors=10) < 0.6

    def test_each_product_lies_among_its_own_kind(self, laid_out):
        vectors, kinds, product_map, _ = laid_out
        points = product_map.positions(np.arange(len(vectors)))
        apart = np.linalg.norm(points[:, None] - points[None], axis=2)
        nearest = np.argsort(apart, axis=1)[:, 1:6]
        assert (kinds[nearest] == kinds[:, None]).mean() > 0.95

    def test_the_map_fills_the_square_and_has_a_cell_for_each(self, laid_out):
        vectors, _, product_map, _ = laid_out
        points = product_map.positions(np.arange(len(vectors)))
        assert np.ptp(points, axis=0).max() > 0.9
        assert len(np.unique(product_map.cells, axis=0)) == len(vectors)

    def test_the_same_vectors_have_the_same_map(self, laid_out):
        vectors, _, product_map, _ = laid_out
        again = map_of(vectors)
        assert np.array_equal(again.cells, product_map.cells)
        assert np.array_equal(again.order, product_map.order)

    def test_the_most_typical_come_first(self, laid_out):
        vectors, _, product_map, _ = laid_out
        cosines = np.sort(vectors @ vectors.T, axis=1)[:, -91:-1].mean(axis=1)
        first, last = product_map.order[:40], product_map.order[-40:]
        assert cosines[first].min() > cosines[last].max()

    def test_its_progress_adds_up(self, laid_out):
        *_, told = laid_out
        assert sum(told) == ITERATIONS
        assert len(told) > 10

    @pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 10, 31])
    def test_few_products_have_a_map_too(self, count):
        product_map = map_of(random_unit_vectors(count))
        assert len(np.unique(product_map.cells, axis=0)) == count
        assert sorted(product_map.order) == list(range(count))
        assert product_map.cells.min() >= 0
        assert product_map.cells.max() < product_map.side

    def test_of_three_the_two_that_are_alike_lie_closer(self):
        vectors = normalised(np.array([[1, 0, 0], [1, 0.1, 0], [0, 0, 1]], dtype=np.float32))
        points = map_of(vectors).positions(np.arange(3))
        assert np.linalg.norm(points[0] - points[1]) < np.linalg.norm(points[0] - points[2]) / 2

    def test_identical_vectors_lie_side_by_side(self):
        vectors = random_unit_vectors(40)
        vectors[10:22] = vectors[10]
        cells = map_of(vectors).cells
        assert len(np.unique(cells, axis=0)) == 40
        assert np.ptp(cells[10:22], axis=0).max() <= 8
        alike = np.ones((30, 8), dtype=np.float32) / np.sqrt(8, dtype=np.float32)
        assert len(np.unique(map_of(alike).cells, axis=0)) == 30


class TestLattice:
    def test_a_point_alone_in_its_cell_stays_there(self):
        points = np.array([[0.1, 0.1], [0.9, 0.1], [0.5, 0.99], [1.0, 1.0]])
        assert placed(points, 4).tolist() == [[0, 0], [3, 0], [2, 3], [3, 3]]

    def test_the_first_comes_first_and_the_next_as_near_as_can_be(self):
        cells = placed(np.full((9, 2), 0.5), 8)
        assert cells[0].tolist() == [4, 4]
        apart = np.abs(cells - cells[0]).max(axis=1)
        assert apart.max() == 1

    def test_many_at_one_point_lie_in_a_disc_around_it(self):
        cells = placed(np.full((8000, 2), 0.5), 256)
        far = np.linalg.norm(cells - cells[0], axis=1)
        assert len(np.unique(cells, axis=0)) == 8000
        assert far.max() < np.sqrt(8000 / np.pi) + 1
        assert np.all(np.diff(far) >= 0)

    @pytest.mark.parametrize("side", [1, 2, 5, 90])
    def test_every_cell_can_be_taken_and_not_one_more(self, side):
        cells = placed(np.full((side * side, 2), 0.3), side)
        assert len(np.unique(cells, axis=0)) == side * side
        with pytest.raises(ValueError, match="no room"):
            placed(np.full((side * side + 1, 2), 0.3), side)

    @pytest.mark.parametrize("count", [1, 2, 335, 5583, 100_000])
    def test_there_is_always_room(self, count):
        assert 4 ** depth_for(count) >= 16 * count
