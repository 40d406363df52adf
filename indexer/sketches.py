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

WIDTH = 160  # of the photo that a sketch is of, in pixels
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
        planes = np.stack([np.asarray(band) for band in image.split()])
        views = np.stack([_shrunk(image, box) for box in _boxes(planes)])
        return cls(views, palette_of(image))

    @classmethod
    def of_smallest(cls, images: Mapping[int, Image.Image]) -> Self:
        """As the ledger keeps it: of a photo's smallest thumbnail, 160 pixels wide at most."""
        image = images[min(images)]
        if image.width > WIDTH:
            height = max(1, round(WIDTH * image.height / image.width))
            image = image.resize((WIDTH, height), Image.Resampling.BICUBIC)
        return cls.of(image)

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
    left: int
    top: int
    right: int
    bottom: int

    def of(self, planes: Bytes) -> Bytes:
        return planes[:, self.top : self.bottom, self.left : self.right]

    def inset(self, pixels: int) -> _Box:
        return _Box(
            self.left + pixels, self.top + pixels, self.right - pixels, self.bottom - pixels
        )

    @property
    def is_large(self) -> bool:
        return min(self.bottom - self.top, self.right - self.left) >= LEAST + 2 * RING


def _shrunk(image: Image.Image, box: _Box) -> Bytes:
    picture = image.crop((box.left, box.top, box.right, box.bottom))
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX))


def _boxes(planes: Bytes) -> tuple[_Box, _Box]:
    """Of a photo (3, h, w), all within its frame, if it has one, and that without margins."""
    _, height, width = planes.shape
    picture = _Box(0, 0, width, height)
    content = _content(planes, picture)
    if content != picture and content.is_large and _is_framed(planes, content):
        picture = content.inset(RING)
        content = _content(planes, picture)
    return picture, content if content.is_large else picture


def _is_framed(planes: Bytes, content: _Box) -> bool:
    """Whether what differs from the photo's edge has a straight edge itself, on all sides."""
    ring = _ring(content.inset(1).of(planes))
    return bool(_differs(ring, _edge_colour(planes)).mean() >= FRAMED)


def _content(planes: Bytes, picture: _Box) -> _Box:
    """The box of what differs from the colour of the picture's edge; empty where nothing does."""
    pixels = picture.of(planes)
    differs = _differs(pixels, _edge_colour(pixels))
    rows = np.flatnonzero(differs.mean(axis=1) > STRAY) + picture.top
    columns = np.flatnonzero(differs.mean(axis=0) > STRAY) + picture.left
    if not len(rows) or not len(columns):
        return _Box(0, 0, 0, 0)
    return _Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def _ring(planes: Bytes) -> Bytes:
    """The outermost pixels of (3, h, w), in a row: (3, 1, n)."""
    rows, columns = planes[:, [0, -1]], planes[:, :, [0, -1]]
    return np.concatenate([rows.reshape(3, 1, -1), columns.reshape(3, 1, -1)], axis=2)


def _edge_colour(planes: Bytes) -> npt.NDArray[np.int16]:
    """(3, 1, 1)."""
    colour: npt.NDArray[np.int16] = np.median(_ring(planes), axis=2, keepdims=True).astype(np.int16)
    return colour


def _differs(planes: Bytes, colour: npt.NDArray[np.int16]) -> npt.NDArray[np.bool_]:
    """Which pixels of (3, h, w) are of another colour (3, 1, 1)."""
    differs: npt.NDArray[np.bool_] = (np.abs(planes - colour) > PLAIN).any(axis=0)
    return differs
