"""The map as one picture: every photo at its place, none over another."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from indexer.lattice import placed
from vitrine.figures import stored_photo
from vitrine.folder import IndexFolder
from vitrine.maps import Cells, ProductMap
from vitrine.products import IndexedProduct, Rows
from vitrine.snapshot import Snapshot

WIDTH = 3200  # pixels
ROOM = 1.8  # cells for each product: close together, and the shape of the map still shows
LEAST_CELL = 24  # pixels; a smaller photo shows nothing
GAP = 0.06  # of a cell
ROUNDING = 0.12  # of a photo's side
MARGIN = 1  # cells, all round
LEAST_EXTENT = 0.25  # of the wider side: a line of products is drawn as a band of some
EDGE = 1e-9  # what lies at the very edge belongs to the last cell
CROPPED = (0.6, 1.0)
"""Width ÷ height of photos that fill their tile with little loss; others stand in it whole."""
PAPER = "#f4f2ee"
MAT = "#ffffff"

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Poster:
    """What is drawn where: `rows` (m,) of the index in `cells` (m, 2), on a picture of
    `columns` cells across and `lines` down. `left_out` counts products without room."""

    rows: Rows
    cells: Cells
    columns: int
    lines: int
    left_out: int


def poster_of(product_map: ProductMap, width: int = WIDTH) -> Poster:
    """Which products there is room for, on a picture so many pixels wide.

    Every one is drawn as near to its place as it finds a free cell. Of too many, the most
    typical of each cell is drawn where it is.
    """
    points = product_map.positions(product_map.order)
    # The map is square and its contents may be not: the picture is as wide as they are.
    points -= points.min(axis=0)
    points *= (1 - EDGE) / max(float(points.max()), EDGE)
    extent = np.maximum(points.max(axis=0), LEAST_EXTENT)
    most = math.floor((width / LEAST_CELL - 2 * MARGIN) / extent[0])
    wanted = math.ceil(math.sqrt(ROOM * len(points) / extent.prod()))
    rows = product_map.order
    if wanted <= most:
        cells = placed(points, wanted)
    else:
        cells = (points * max(most, 1)).astype(np.int64)
        firsts = np.sort(np.unique(cells, axis=0, return_index=True)[1])
        rows, cells = rows[firsts], cells[firsts]
    cells = cells - cells.min(axis=0) + MARGIN
    columns, lines = (int(last) + 1 + MARGIN for last in cells.max(axis=0))
    return Poster(rows, cells, columns, lines, len(points) - len(rows))


def draw(
    folder: IndexFolder,
    snapshot: Snapshot,
    poster: Poster,
    width: int = WIDTH,
    advance: Advance = lambda _: None,
) -> Image.Image:
    """The poster as an RGB picture; a photo whose stored copy is missing leaves a plain tile."""
    cell = max(1, width // poster.columns)
    picture = Image.new("RGB", (width, poster.lines * cell), PAPER)
    left = (width - poster.columns * cell) // 2
    size = max(1, cell - max(1, round(GAP * cell)))
    mask = _rounded(size)
    products = snapshot.products.get(poster.rows)
    for product, (column, line) in zip(products, poster.cells.tolist(), strict=True):
        picture.paste(_tile(folder, product, size), (left + column * cell, line * cell), mask)
        advance(1)
    return picture


def _tile(folder: IndexFolder, product: IndexedProduct, size: int) -> Image.Image:
    photo = stored_photo(folder, product, size)
    if photo is None:
        return Image.new("RGB", (size, size), product.colour)
    if CROPPED[0] <= photo.width / photo.height <= CROPPED[1]:
        return ImageOps.fit(photo, (size, size), Image.Resampling.LANCZOS)
    return ImageOps.pad(photo, (size, size), Image.Resampling.LANCZOS, MAT)


def _rounded(size: int) -> Image.Image:
    """A tile's shape, its corners round and smooth."""
    large = Image.new("L", (4 * size, 4 * size), 0)
    corner = round(4 * size * ROUNDING)
    ImageDraw.Draw(large).rounded_rectangle((0, 0, 4 * size - 1, 4 * size - 1), corner, 255)
    return large.resize((size, size), Image.Resampling.LANCZOS)
