"""A photo → its sketch: two very small pictures of it, by which copies are found, and a palette."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine.palettes import DIMENSION, palette_of

MEASURE = 3
"""The version of sketches and of how they are compared: what was made by another is made anew."""

SIDE = 32  # of each picture, in pixels
SHAPE = (2, SIDE, SIDE, 3)
CELLS = 8  # of a descriptor, along a side
PLAIN = 16  # levels of 255 by which a pixel may differ from a plain background
STRAY = 0.01  # of a row or column: less than that in another colour is noise
FRAMED = 0.97  # of a ring of pixels in another colour: then it is the edge of a framed picture
RING = 3  # pixels that a frame's edge is blurred by
LEAST = 8  # pixels of a side, below which nothing is trimmed

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sketch:
    """`views` (2, 32, 32, 3): the photo without a frame, and also without plain margins; RGB.

    `palette` (155,) has the product's colours; see `vitrine.palettes`.
    """

    views: Bytes
    palette: Bytes

    @classmethod
    def of(cls, image: Image.Image) -> Self:
        """Of an RGB photo of any size."""
        pixels = _unframed(np.asarray(image))
        views = np.stack([_shrunk(pixels), _shrunk(_trimmed(pixels))])
        return cls(views, palette_of(image))

    @classmethod
    def of_smallest(cls, images: Mapping[int, Image.Image]) -> Self:
        """As the ledger keeps it: of a photo at the width of its smallest thumbnail."""
        return cls.of(images[min(images)])

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        palette, views = np.split(np.frombuffer(data, np.uint8), [DIMENSION])
        return cls(views.reshape(SHAPE), palette)

    def to_bytes(self) -> bytes:
        return self.palette.tobytes() + self.views.tobytes()


def descriptors_of(sketches: Sequence[Sketch]) -> Floats:
    """The mean colours in 8 × 8 cells of both views of each sketch (m, 2, 192).

    Their root mean square distance is in levels of 255. As brightness is divided out, it is for
    finding candidates only.
    """
    views = np.stack([sketch.views for sketch in sketches])
    step = SIDE // CELLS
    rows = views.reshape(-1, 2, CELLS, step, CELLS, step, 3).sum(axis=3, dtype=np.uint16)
    cells = rows.sum(axis=4, dtype=np.uint16) / np.float32(step * step)
    flat = cells.reshape(len(views), 2, -1)
    brightness = np.maximum(flat.mean(axis=2, keepdims=True), np.float32(PLAIN))
    descriptors: Floats = flat * (128 / brightness)
    return descriptors


@dataclass(frozen=True, slots=True)
class _Box:
    top: int
    bottom: int
    left: int
    right: int

    def of(self, pixels: Bytes, inset: int = 0) -> Bytes:
        rows = slice(self.top + inset, self.bottom - inset)
        return pixels[rows, self.left + inset : self.right - inset]

    @property
    def is_large(self) -> bool:
        return min(self.bottom - self.top, self.right - self.left) >= LEAST + 2 * RING


def _shrunk(pixels: Bytes) -> Bytes:
    small = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(small)


def _unframed(pixels: Bytes) -> Bytes:
    """The picture inside a frame of one colour, or the photo itself where there is none."""
    box = _content(pixels)
    if not box or not box.is_large or box.of(pixels).shape == pixels.shape:
        return pixels
    ring = _ring(box.of(pixels, 1))
    is_framed = _differs(ring[None], _edge_colour(pixels)).mean() >= FRAMED
    return box.of(pixels, RING) if is_framed else pixels


def _trimmed(pixels: Bytes) -> Bytes:
    """The photo without margins of one colour."""
    box = _content(pixels)
    return box.of(pixels) if box and box.is_large else pixels


def _content(pixels: Bytes) -> _Box | None:
    """The box of what differs from the colour of the photo's edge; None where nothing does."""
    differs = _differs(pixels, _edge_colour(pixels))
    rows = np.flatnonzero(differs.mean(axis=1) > STRAY)
    columns = np.flatnonzero(differs.mean(axis=0) > STRAY)
    if not len(rows) or not len(columns):
        return None
    return _Box(int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)


def _ring(pixels: Bytes) -> Bytes:
    """The outermost pixels (n, 3)."""
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])


def _edge_colour(pixels: Bytes) -> npt.NDArray[np.int16]:
    colour: npt.NDArray[np.int16] = np.median(_ring(pixels), axis=0).astype(np.int16)
    return colour


def _differs(pixels: Bytes, colour: npt.NDArray[np.int16]) -> npt.NDArray[np.bool_]:
    """Which pixels (h, w) are of another colour (3,)."""
    red, green, blue = np.moveaxis(np.abs(pixels.astype(np.int16) - colour) > PLAIN, -1, 0)
    differs: npt.NDArray[np.bool_] = red | green | blue
    return differs
