"""The demo catalogue is what the project promises, and what its script draws."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.canvas import Canvas
from studio.catalogue import COLUMNS, catalogue
from vitrine.sources import read_source

DATA = Path(__file__).parents[2] / "data"
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def products():
    return read_source(DATA / "fashion.csv").products


def photo_of(product) -> Path:
    return DATA / product.image_url


def test_it_has_the_ten_columns_of_a_fashion_csv_and_no_broken_row(products):
    with (DATA / "fashion.csv").open(encoding="utf-8") as file:
        assert tuple(next(csv.reader(file))) == COLUMNS
    assert read_source(DATA / "fashion.csv").problems == ()


def test_it_is_large_and_varied(products):
    assert len(products) >= 240
    assert len({p.facts["ProductType"] for p in products}) >= 14
    assert {p.facts["Gender"] for p in products} == {"Men", "Women", "Boys", "Girls"}
    assert len({p.facts["Colour"] for p in products}) >= 15
    assert len({p.title for p in products}) == len(products)


def test_its_first_page_shows_many_kinds(products):
    first = products[:24]
    assert len({p.facts["ProductType"] for p in first}) >= 10
    assert len({p.facts["Gender"] for p in first}) == 4
    assert max(Counter(p.facts["Colour"] for p in first).values()) <= 6


def test_every_product_has_a_photo_of_its_own_and_of_the_promised_size(products):
    for product in products:
        with Image.open(photo_of(product)) as photo:
            assert (photo.format, photo.size) == ("WEBP", (480, 640))
    named = {photo_of(product).name for product in products}
    assert {path.name for path in (DATA / "photos").iterdir()} == named
    assert len({photo_of(product).read_bytes() for product in products}) == len(products)


def test_all_photos_together_are_small(products):
    assert sum(photo_of(product).stat().st_size for product in products) <= 8 * MEGABYTE


def test_the_rows_are_those_that_the_script_writes():
    with (DATA / "fashion.csv").open(encoding="utf-8") as file:
        rows = [tuple(row) for row in csv.reader(file)]
    assert rows == [COLUMNS, *(product.row for product in catalogue())]


@pytest.mark.parametrize("position", [0, 100, 200])
def test_a_photo_is_the_one_that_the_script_draws(position):
    product = catalogue()[position]
    drawn = Canvas(product.product_id, product.design.setting).drawn(product.design.draw)
    shipped = (DATA / "photos" / product.image).read_bytes()
    difference = np.abs(pixels(drawn) - pixels(shipped))
    assert difference.mean() < 1  # of 255: another build of the renderer may round otherwise


def pixels(photo: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(photo)).convert("RGB"), dtype=np.int16)
