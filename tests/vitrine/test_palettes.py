"""Palettes: the colours of what is in a photo, and how alike they are."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from vitrine.palettes import DIMENSION, Palettes, palette_of, palette_of_colour, unit

SWATCHES = {
    "black": (20, 20, 22),
    "white": (246, 246, 244),
    "red": (180, 30, 40),
    "yellow": (240, 205, 45),
    "green": (60, 140, 70),
    "blue": (45, 100, 200),
    "navy": (28, 40, 85),
    "pink": (230, 140, 180),
}


def shirt(colour, backdrop="white", size=(300, 400), stripes=None):
    image = Image.new("RGB", size, backdrop)
    width, height = size
    draw = ImageDraw.Draw(image)
    draw.rectangle((width // 5, height // 5, width * 4 // 5, height * 4 // 5), fill=colour)
    if stripes:
        for y in range(height // 5, height * 4 // 5, 24):
            draw.rectangle((width // 5, y, width * 4 // 5, y + 11), fill=stripes)
    return image


def alike(one, other):
    return float(unit(palette_of(one)) @ unit(palette_of(other)))


@pytest.mark.parametrize("name", SWATCHES)
def test_a_thing_is_nearest_to_its_own_colour(name):
    backdrop = "white" if name != "white" else "#7a8a99"
    palette = unit(palette_of(shirt(SWATCHES[name], backdrop)))
    found = {other: float(palette @ palette_of_colour(*rgb)) for other, rgb in SWATCHES.items()}
    assert max(found, key=found.__getitem__) == name
    assert found[name] > 0.5


def test_the_backdrop_does_not_count():
    red, blue = SWATCHES["red"], SWATCHES["blue"]
    assert alike(shirt(red), shirt(red, "#9fb8a0")) > 0.95
    assert alike(shirt(red), shirt(blue)) < 0.1


def test_stripes_are_of_two_colours_and_not_of_their_mean():
    navy, white = SWATCHES["navy"], SWATCHES["white"]
    striped = unit(palette_of(shirt(navy, "#c9b8a0", (480, 640), stripes=white)))
    grey = float(striped @ palette_of_colour(135, 140, 165))
    for colour in (navy, white):
        assert float(striped @ palette_of_colour(*colour)) > grey + 0.1


def test_a_large_photo_has_the_palette_of_its_small_copy():
    large = shirt(SWATCHES["green"], size=(1500, 2000))
    assert alike(large, large.resize((160, 213))) > 0.97


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (1, 10_000), (10_000, 1), (4000, 3000)])
def test_photos_of_any_shape_have_one(size):
    levels = palette_of(Image.new("RGB", size, "red"))
    assert levels.shape == (DIMENSION,)
    assert levels.dtype == np.uint8


def test_likeness_is_of_unit_vectors_and_zero_without_a_palette():
    levels = np.stack([palette_of(shirt(rgb)) for rgb in SWATCHES.values()])
    levels = np.concatenate([levels, np.zeros((1, DIMENSION), np.uint8)])
    palettes = Palettes(levels)
    for row in range(len(SWATCHES)):
        likeness = palettes.likeness(palettes.of(row))
        assert likeness[row] == pytest.approx(1, abs=1e-6)
        assert likeness[-1] == 0
        assert likeness.min() >= 0
        assert likeness.max() <= 1 + 1e-6
    assert not palettes.of(len(SWATCHES)).any()


def test_likeness_is_the_same_in_pieces(monkeypatch):
    levels = np.random.default_rng(0).integers(0, 255, (50, DIMENSION), dtype=np.uint8)
    query = unit(levels[7])
    whole = Palettes(levels).likeness(query)
    monkeypatch.setattr("vitrine.palettes._CHUNK", 16)
    assert np.array_equal(Palettes(levels).likeness(query), whole)
