"""`python -m indexer map`: the map beside the generation, and the poster."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from indexer.__main__ import cli
from indexer.poster import draw, poster_of
from tests.generations import publish_products, random_unit_vectors
from vitrine.folder import IndexFolder
from vitrine.maps import ProductMap, map_path, read_map


@pytest.fixture
def run(shop):
    """Run `map` on the shop's index; its whole output, its exit status checked."""

    def run(*arguments: str, status: int = 0) -> str:
        where = ["--index", str(shop.folder.root)]
        done = CliRunner().invoke(cli, ["map", *arguments, *where])
        assert done.exit_code == status, done.output
        return done.output

    return run


@pytest.fixture
def indexed(shop):
    shop.offer(range(12))
    shop.build()
    return shop


def test_the_products_of_the_generation_are_laid_out(indexed, run):
    assert "Laid out 12 products" in run()
    product_map = read_map(indexed.folder, indexed.snapshot())
    assert len(product_map) == 12


def test_a_map_is_made_anew_unless_one_is_enough(indexed, run):
    run()
    path = map_path(indexed.folder, indexed.snapshot())
    made = path.stat().st_mtime_ns
    assert "already" in run("--if-none")
    assert path.stat().st_mtime_ns == made
    run()
    assert path.stat().st_mtime_ns > made
    path.write_bytes(b"damaged")
    assert "Laid out" in run("--if-none")
    assert len(read_map(indexed.folder, indexed.snapshot())) == 12


def test_who_has_made_a_map_is_told_when_it_is_of_other_photos(indexed, run):
    def build() -> str:
        where = [str(indexed.catalogue), "--index", str(indexed.folder.root)]
        return CliRunner().invoke(cli, ["build", *where, "--encoder", "handcrafted"]).output

    indexed.offer(range(12, 13))
    indexed.write_catalogue()
    assert "indexer map" not in build()
    run()
    assert "indexer map" not in build()
    indexed.offer(range(13, 14))
    indexed.write_catalogue()
    assert "python -m indexer map" in build()


def test_new_products_have_no_place_before_it_is_made_again(indexed, run):
    run()
    indexed.offer(range(12, 15))
    indexed.build()
    assert "Laid out 15 products" in run("--if-none")


def test_the_poster_has_every_photo_at_its_place(indexed, run, tmp_path):
    said = run("--png", str(tmp_path / "map.png"), "--width", "900")
    assert "12 products" in said
    snapshot = indexed.snapshot()
    poster = poster_of(read_map(indexed.folder, snapshot), 900)
    with Image.open(tmp_path / "map.png") as picture:
        assert picture.format == "PNG"
        assert picture.width == 900
        pixels = np.asarray(picture.convert("RGB"), dtype=int)
    cell = 900 // poster.columns
    left = (900 - poster.columns * cell) // 2
    drawn = set()
    for line in range(poster.lines):
        for column in range(poster.columns):
            top, start = line * cell, left + column * cell
            tile = pixels[top + 3 : top + cell - 8, start + 3 : start + cell - 8]
            if tile.std() > 10:  # a photo, and neither paper nor a plain tile
                drawn.add((column, line))
    assert drawn == {tuple(cell) for cell in poster.cells.tolist()}


def test_a_poster_of_a_map_that_is_there_leaves_it(indexed, run, tmp_path):
    run()
    made = map_path(indexed.folder, indexed.snapshot()).stat().st_mtime_ns
    said = run("--if-none", "--png", str(tmp_path / "map.webp"))
    assert "Drawn to" in said
    assert map_path(indexed.folder, indexed.snapshot()).stat().st_mtime_ns == made
    with Image.open(tmp_path / "map.webp") as picture:
        picture.load()


def test_a_photo_without_its_stored_copy_leaves_a_plain_tile(tmp_path):
    snapshot = publish_products(tmp_path, random_unit_vectors(1))
    product_map = ProductMap(1, np.zeros((1, 2), np.int64), np.zeros(1, np.int64))
    poster = poster_of(product_map, 300)
    picture = draw(IndexFolder(tmp_path), snapshot, poster, 300)
    cell = 300 // poster.columns
    assert picture.getpixel((int(cell * 1.5), int(cell * 1.5))) == (0xAA, 0xBB, 0xCC)


def test_of_too_many_products_the_typical_ones_are_drawn_where_they_are():
    count, depth = 3000, 8
    cells = np.stack(np.divmod(np.arange(count) * 21, 2**depth), axis=1)
    product_map = ProductMap(depth, cells, np.arange(count))
    poster = poster_of(product_map, 500)
    assert len(poster.rows) + poster.left_out == count
    assert poster.left_out > 0
    assert len(np.unique(poster.cells, axis=0)) == len(poster.rows)
    everything = poster_of(product_map, 4000)
    assert everything.left_out == 0


def test_without_an_index_it_says_what_to_do(run):
    said = run(status=2)
    assert "python -m indexer build CATALOGUE" in said


def test_a_picture_of_no_known_format_is_refused_in_words(indexed, run, tmp_path):
    assert "give one in .png" in run("--png", str(tmp_path / "map.xyz"), status=2)


def test_its_help_teaches():
    said = CliRunner().invoke(cli, ["map", "--help"]).output
    assert "python -m indexer map --png map.png" in said
    assert "/map" in said
