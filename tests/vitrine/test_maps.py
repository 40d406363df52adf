"""The map of a generation: kept whole, shown for no other, and its windows."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from tests.generations import product, publish_products, random_unit_vectors
from vitrine.folder import UNFINISHED, IndexFolder
from vitrine.maps import (
    MapError,
    ProductMap,
    Window,
    map_path,
    read_map,
    tiles_in,
    write_map,
)

DEPTH = 5


def some_map(count: int, depth: int = DEPTH, seed: int = 0) -> ProductMap:
    generator = np.random.default_rng(seed)
    cells = generator.choice(4**depth, count, replace=False)
    places = np.stack(np.divmod(cells, 2**depth), axis=1).astype(np.int64)
    return ProductMap(depth, places, generator.permutation(count))


@pytest.fixture
def folder(tmp_path):
    return IndexFolder(tmp_path)


class TestKeeping:
    def test_what_is_read_is_what_was_written(self, folder):
        snapshot = publish_products(folder.root, random_unit_vectors(20))
        written = some_map(20)
        write_map(folder, snapshot, written)
        read = read_map(folder, snapshot)
        assert read.depth == written.depth
        assert np.array_equal(read.cells, written.cells)
        assert np.array_equal(read.order, written.order)
        with pytest.raises(ValueError, match="read-only"):
            read.cells[0] = 0

    def test_there_is_none_before_one_is_made(self, folder):
        snapshot = publish_products(folder.root, random_unit_vectors(5))
        with pytest.raises(MapError, match="has no map"):
            read_map(folder, snapshot)

    def test_another_generation_of_other_vectors_has_none(self, folder):
        first = publish_products(folder.root, random_unit_vectors(20))
        write_map(folder, first, some_map(20))
        second = publish_products(folder.root, random_unit_vectors(20, seed=1))
        with pytest.raises(MapError, match="has no map"):
            read_map(folder, second)
        read_map(folder, first)  # which one may roll back to

    def test_new_titles_alone_leave_the_map(self, folder):
        vectors = random_unit_vectors(4)
        first = publish_products(folder.root, vectors)
        write_map(folder, first, some_map(4))
        renamed = [product(number, title=f"New name {number}") for number in range(4)]
        second = publish_products(folder.root, vectors, renamed)
        assert second.name != first.name
        assert len(read_map(folder, second)) == 4

    def test_maps_of_generations_that_are_gone_are_forgotten(self, folder):
        for seed in range(6):
            snapshot = publish_products(folder.root, random_unit_vectors(3, seed=seed))
            write_map(folder, snapshot, some_map(3))
        kept = {path.name for path in folder.maps.iterdir()}
        assert len(kept) == len(folder.generation_names()) == 3
        assert map_path(folder, snapshot).name in kept

    def test_what_a_killed_writer_left_is_removed_and_a_living_one_is_left_alone(self, folder):
        snapshot = publish_products(folder.root, random_unit_vectors(3))
        write_map(folder, snapshot, some_map(3))
        old, new = (folder.maps / f"{UNFINISHED}{name}" for name in ("old", "new"))
        for path in (old, new):
            path.write_bytes(b"half")
        an_hour_ago = time.time() - 3600
        os.utime(old, (an_hour_ago, an_hour_ago))
        write_map(folder, snapshot, some_map(3))
        assert not old.exists()
        assert new.exists()

    def test_the_folder_with_a_map_is_still_ours(self, folder):
        snapshot = publish_products(folder.root, random_unit_vectors(3))
        write_map(folder, snapshot, some_map(3))
        assert folder.is_ours()

    def test_no_damage_goes_unnoticed(self, folder):
        """Each of many flipped bits: the map is refused, or nothing has changed in it."""
        snapshot = publish_products(folder.root, random_unit_vectors(50))
        written = some_map(50)
        write_map(folder, snapshot, written)
        path = map_path(folder, snapshot)
        body = path.read_bytes()
        refused = 0
        for position in range(0, len(body), 7):
            damaged = bytearray(body)
            damaged[position] ^= 0x10
            path.write_bytes(damaged)
            try:
                read = read_map(folder, snapshot)
            except MapError:
                refused += 1
                continue
            assert read.depth == written.depth
            assert np.array_equal(read.cells, written.cells)
            assert np.array_equal(read.order, written.order)
        assert refused > len(range(0, len(body), 7)) / 2

    @pytest.mark.parametrize("size", [0, 10, 200])
    def test_what_is_cut_short_is_refused(self, folder, size):
        snapshot = publish_products(folder.root, random_unit_vectors(50))
        write_map(folder, snapshot, some_map(50))
        path = map_path(folder, snapshot)
        path.write_bytes(path.read_bytes()[:size])
        with pytest.raises(MapError, match="cannot be read"):
            read_map(folder, snapshot)

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            (some_map(9), "another number of products"),
            (ProductMap(2, np.full((10, 2), 9), np.arange(10)), "outside"),
            (ProductMap(5, some_map(10).cells, np.zeros(10, np.int64)), "every product once"),
            (ProductMap(40, some_map(10).cells, np.arange(10)), "depth"),
        ],
    )
    def test_what_can_be_no_map_of_it_is_refused(self, folder, wrong, words):
        snapshot = publish_products(folder.root, random_unit_vectors(10))
        write_map(folder, snapshot, wrong)
        with pytest.raises(MapError, match=words):
            read_map(folder, snapshot)

    def test_a_pickle_is_never_loaded(self, folder, tmp_path):
        class Trap:
            def __reduce__(self):
                return Path.touch, (tmp_path / "sprung",)

        snapshot = publish_products(folder.root, random_unit_vectors(2))
        folder.maps.mkdir()
        np.savez(map_path(folder, snapshot), format_version=np.array([Trap()], dtype=object))
        with pytest.raises(MapError, match="cannot be read"):
            read_map(folder, snapshot)
        assert not (tmp_path / "sprung").exists()


@pytest.fixture(scope="module")
def whole():
    return some_map(300)


class TestWindows:
    def all_tiles(self, product_map, zoom, rows=None):
        rows = product_map.order if rows is None else rows
        return tiles_in(product_map, Window(zoom, 0, 0, 2**zoom, 2**zoom), rows)

    @pytest.mark.parametrize("zoom", range(DEPTH + 1))
    def test_no_two_tiles_overlap_and_each_counts_what_it_stands_for(self, whole, zoom):
        tiles = self.all_tiles(whole, zoom)
        under = whole.cells >> (DEPTH - zoom)
        assert len(np.unique(tiles.cells, axis=0)) == len(tiles.cells)
        for row, cell, size in zip(tiles.rows, tiles.cells, tiles.sizes, strict=True):
            here = np.flatnonzero((under == cell).all(axis=1))
            assert row in here
            assert size == len(here)

    def test_a_tile_shows_the_most_typical_product_under_it_and_the_first_come_first(self, whole):
        rank = np.argsort(whole.order)
        tiles = self.all_tiles(whole, 2)
        under = whole.cells >> (DEPTH - 2)
        assert np.array_equal(tiles.rows, whole.order[np.sort(rank[tiles.rows])])
        for row, cell in zip(tiles.rows, tiles.cells, strict=True):
            here = np.flatnonzero((under == cell).all(axis=1))
            assert rank[row] == rank[here].min()

    @pytest.mark.parametrize("zoom", range(DEPTH))
    def test_what_is_seen_stays_as_one_zooms_in(self, whole, zoom):
        farther, closer = self.all_tiles(whole, zoom), self.all_tiles(whole, zoom + 1)
        assert set(farther.rows) <= set(closer.rows)

    def test_at_the_deepest_zoom_every_product_has_a_tile(self, whole):
        tiles = self.all_tiles(whole, DEPTH)
        assert sorted(tiles.rows) == list(range(300))
        assert set(tiles.sizes) == {1}

    def test_a_part_has_the_tiles_of_the_whole_wherever_it_begins(self, whole):
        every = {tuple(c): r for c, r in zip(*self.cells_and_rows(whole, 4), strict=True)}
        for column, row in ((0, 0), (3, 5), (-4, 12), (30, 30)):
            part = tiles_in(whole, Window(4, column, row, 6, 3), whole.order)
            inside = {
                c: r
                for c, r in every.items()
                if column <= c[0] < column + 6 and row <= c[1] < row + 3
            }
            assert {tuple(c): r for c, r in zip(part.cells, part.rows, strict=True)} == inside

    def cells_and_rows(self, product_map, zoom):
        tiles = self.all_tiles(product_map, zoom)
        return tiles.cells, tiles.rows

    def test_a_narrowed_map_has_tiles_of_what_passes_alone(self, whole):
        few = whole.order[whole.order % 7 == 0]
        tiles = self.all_tiles(whole, 1, few)
        assert set(tiles.rows) <= set(few)
        assert tiles.sizes.sum() == len(few)
        none = self.all_tiles(whole, 1, few[:0])
        assert len(none.rows) == len(none.cells) == len(none.sizes) == 0
