"""Which colours a photo's product has, and how alike two products are in that alone.

A palette is the second block of the handcrafted encoder: a soft histogram in CIELAB of what
stands before the backdrop. It is kept beside a product's vector, whatever encoder made that.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine.encoders.base import FloatArray
from vitrine.encoders.handcrafted import Recipe, cielab, cut_out, histogram, palette

Levels = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]

RECIPE = Recipe(search_edge=64, product_edge=32)
"""Smaller pictures than for shapes, which takes less time: colours need no outlines."""

DIMENSION = RECIPE.palette_dimension

_EDGE = 160  # pixels, of the square in which all photos are looked at: the least thumbnail's
_LEVELS = 255  # of a component, as it is kept
_CHUNK = 1024  # rows that are compared at a time: as floats, they fit a core's own cache
_SHADES = (-20.0, -10.0, 0.0, 10.0, 20.0)  # of lightness, in a thing of one colour
_TINTS = (-6.0, 0.0, 6.0)  # of both other axes, likewise


def palette_of(photo: Image.Image) -> Levels:
    """Of an RGB photo of any size: (DIMENSION,), 8-bit, in 255ths of a unit vector."""
    small = photo.copy()
    small.thumbnail((_EDGE, _EDGE), Image.Resampling.BILINEAR)
    levels = np.round(palette(*cut_out(small, RECIPE, blended=False), RECIPE) * _LEVELS)
    return levels.astype(np.uint8)


def palette_of_colour(red: int, green: int, blue: int) -> FloatArray:
    """Of a thing that has one colour, 0 to 255 each, in light and shade: a unit vector."""
    middle = cielab(Image.new("RGB", (1, 1), (red, green, blue)))[:, 0]
    around = np.stack(np.meshgrid(_SHADES, _TINTS, _TINTS)).reshape(3, -1)
    spread = np.array([[_SHADES[-1]], [_TINTS[-1]], [_TINTS[-1]]])
    weights = np.exp(-((around / spread) ** 2).sum(axis=0)).astype(np.float32)
    colours = (middle + around).astype(np.float32)
    colours[0] = colours[0].clip(0, 100)
    return histogram(colours, weights, RECIPE)


def unit(levels: Levels) -> FloatArray:
    """A palette as it is kept → the unit vector; zeros where there is none."""
    vector = levels.astype(np.float32)
    length = float(np.linalg.norm(vector)) or 1.0
    unit_vector: FloatArray = vector / np.float32(length)
    return unit_vector


class Palettes:
    """The palette of each row of an index; zeros for a product whose photo was not at hand."""

    def __init__(self, levels: Levels) -> None:
        """`levels` (n, DIMENSION), as `palette_of` gives them."""
        self._levels = levels
        lengths = np.empty(len(levels), dtype=np.float32)
        for start in range(0, len(levels), _CHUNK):
            some = levels[start : start + _CHUNK].astype(np.float32)
            lengths[start : start + _CHUNK] = np.linalg.norm(some, axis=1)
        lengths[lengths == 0] = 1
        self._lengths = lengths

    def __len__(self) -> int:
        return len(self._levels)

    def of(self, row: int) -> FloatArray:
        """One row's, as a unit vector (DIMENSION,)."""
        own: FloatArray = self._levels[row] / self._lengths[row]
        return own

    def likeness(self, query: FloatArray) -> FloatArray:
        """How like a unit vector (DIMENSION,) each palette is: (n,), 1 for the very same.

        Between palettes it is in [0, 1]: the Hellinger affinity (A. Bhattacharyya 1943) of
        their histograms.
        """
        found = np.empty(len(self), dtype=np.float32)
        for start in range(0, len(self), _CHUNK):
            stop = start + _CHUNK
            found[start:stop] = self._levels[start:stop].astype(np.float32) @ query
        likeness: FloatArray = found / self._lengths
        return likeness
