"""The encoder that needs no download: which shape is it, and which colours has it?

A photo becomes two blocks, each of unit length, weighted and put side by side:

    v = (√(1−w)·shape, √w·palette),  |shape| = |palette| = 1

so that the cosine of two photos is the weighted sum of their blocks' similarities:

    v·v′ = (1−w)·shape·shape′ + w·palette·palette′

Both blocks look at the product, not at the picture: the backdrop is estimated from
the border, and what differs from it is cut out. Nothing is learnt from any photo.

- Shape is a histogram of oriented gradients with trilinear votes and local contrast
  normalisation: Dalal & Triggs, "Histograms of Oriented Gradients for Human
  Detection", CVPR 2005.
- Palette is a soft histogram of lightness × chroma × hue in CIELAB.
- The square root of both, before they are brought to unit length, makes their dot
  product the Hellinger kernel: Arandjelović & Zisserman, "Three things everyone should
  know to improve object retrieval", CVPR 2012.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine.encoders.base import FloatArray, Prepare, fingerprint_of, normalised

Mask = npt.NDArray[np.bool_]
Shares = npt.NDArray[np.float64]

VERSION = 1
"""Raised by hand when the code changes a vector although no number of `Recipe` has changed."""

WHITE = (100.0, 0.0, 0.0)
"""CIELAB."""

# IEC 61966-2-1: light by 8-bit level of sRGB, and CIE XYZ by light; then the illuminant D65.
_LEVELS = np.arange(256, dtype=np.float32) / np.float32(255)
_LIGHT = np.where(_LEVELS > 0.04045, ((_LEVELS + 0.055) / 1.055) ** 2.4, _LEVELS / 12.92)
_XYZ_OF_LIGHT = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ],
    dtype=np.float32,
)
_XYZ_OF_WHITE = np.array([[0.95047], [1.0], [1.08883]], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every number that shapes a vector; part of the fingerprint. Colour differences are ΔE76."""

    # The product is looked for in a picture with this longest edge, in pixels: enough
    # to see a sandal's straps, and few enough to keep a photo at a few milliseconds.
    search_edge: int = 96
    # This share of the picture's shorter edge, on all four sides, is taken as backdrop.
    border: float = 0.03
    # A border pixel belongs to the backdrop within these, from the first guess (the
    # median) to the last fit: whoever stands in the picture also crosses its border.
    backdrop_tolerances: tuple[float, ...] = (25, 12, 6)
    # With less of the border in agreement, there is no backdrop to speak of.
    least_backdrop: float = 0.2
    # The product differs from the backdrop by this plus a multiple of the backdrop's own
    # noise: low, because white shoes stand on white; never above the last number.
    contrast: tuple[float, float, float] = (2.5, 4.0, 10.0)
    # Specks, as a share of the largest part (a pair of shoes is two parts), and
    # products, as a share of the picture, that are too small to be one.
    least_part: float = 0.02
    least_product: float = 0.01

    # The product is cut out to a square of this edge, in pixels. Padding 0 stretches
    # its box to the square, 1 keeps its proportions. Between them the cells are well
    # used, and a belt still does not look like a bag.
    product_edge: int = 64
    padding: float = 0.5

    # Fabric grain and JPEG blocks are no shape: gradients are taken after this blur
    # (standard deviation in pixels of the cut-out).
    blur: float = 0.7
    # Shorter gradients, in ΔE over two pixels, are rounding: a flat photo has no shape.
    least_gradient: float = 0.5
    cells: int = 8
    orientations: int = 9
    # Cells with less contrast than this (sum of gradient lengths, in ΔE) stay faint.
    faint: float = 60.0

    # Knots lie closer in chroma near grey, where black, brown and navy differ.
    lightness_knots: tuple[float, ...] = (10, 30, 50, 70, 95)
    chroma_knots: tuple[float, ...] = (0, 8, 20, 45)
    hues: int = 10
    # The middle counts most (standard deviation, in half-edges of the cut-out): below a
    # shirt there are trousers, and above it a face.
    middle: float = 0.6

    # First the kind of thing, then its colour. Palettes differ far more from photo to
    # photo than shapes do, so a little weight goes a long way.
    palette_weight: float = 0.16

    def prepared(self, photo: Image.Image) -> FloatArray:
        """One RGB photo of any size → its two weighted blocks, shape (dimension,)."""
        lab, coverage = cut_out(photo, self)
        blocks = _shape(lab, coverage, self), palette(lab, coverage, self)
        weight = self.palette_weight
        return np.concatenate([np.sqrt(1 - weight) * blocks[0], np.sqrt(weight) * blocks[1]])

    @property
    def dimension(self) -> int:
        """Gradient cells × orientations, and the palette's."""
        return self.cells**2 * self.orientations + self.palette_dimension

    @property
    def palette_dimension(self) -> int:
        """Per lightness: grey, and chromas × hues."""
        return len(self.lightness_knots) * (1 + (len(self.chroma_knots) - 1) * self.hues)


DEFAULT_RECIPE = Recipe()


class HandcraftedEncoder:
    """Shape and palette descriptors. All the work is in `prepare`, for the decoding threads."""

    name = "handcrafted"
    batch_size = 16  # `encode` only stacks; what waits for a batch is lost when a run is killed

    def __init__(self, recipe: Recipe = DEFAULT_RECIPE) -> None:
        self._recipe = recipe
        self.dimension = recipe.dimension
        self.fingerprint = fingerprint_of(
            {"encoder": self.name, "version": VERSION, **asdict(recipe)}
        )

    @property
    def prepare(self) -> Prepare:
        """One RGB photo of any size → its two weighted blocks, shape (dimension,)."""
        return self._recipe.prepared

    def encode(self, prepared: Sequence[npt.NDArray[Any]]) -> FloatArray:
        """n prepared photos → array (n, dimension), float32, rows of unit L2 length."""
        return normalised(np.asarray(prepared, np.float32).reshape(-1, self.dimension))


def cut_out(
    photo: Image.Image, recipe: Recipe, *, blended: bool = True
) -> tuple[FloatArray, FloatArray]:
    """The product in CIELAB, (3, edge, edge), and how much of each pixel it covers, 0 to 1.

    Where no product stands out, it is the whole picture. Its pixels are means of the photo's or,
    not `blended`, single ones of these: so that navy stripes on white do not become grey.
    """
    scale = recipe.search_edge / max(photo.size)
    size = max(1, round(photo.width * scale)), max(1, round(photo.height * scale))
    picture = photo.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    mask = _product_mask(cielab(picture), recipe)

    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    height, width = bottom - top, right - left
    down = (max(height, width) - height) * recipe.padding / 2
    across = (max(height, width) - width) * recipe.padding / 2
    box = (left - across, top - down, right + across, bottom + down)

    edges = (recipe.product_edge, recipe.product_edge)
    how = (edges, Image.Transform.EXTENT, box, Image.Resampling.BILINEAR)
    if blended:
        lab = cielab(picture.transform(*how))
    else:
        whole = tuple(side / scale for side in box)
        lab = cielab(photo.transform(edges, Image.Transform.EXTENT, whole))
    coverage = np.asarray(Image.fromarray(mask.astype(np.uint8) * 255).transform(*how))
    return lab, np.divide(coverage, 255, dtype=np.float32)


def cielab(picture: Image.Image) -> FloatArray:
    """An RGB picture's pixels in CIELAB, (3, h, w), by the illuminant D65: CIE 15:2004."""
    pixels = np.moveaxis(np.asarray(picture), -1, 0).reshape(3, -1)
    xyz = _XYZ_OF_LIGHT @ _LIGHT[pixels] / _XYZ_OF_WHITE
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    lab: FloatArray = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)])
    return lab.reshape(3, picture.height, picture.width)


def _product_mask(lab: FloatArray, recipe: Recipe) -> Mask:
    """Where the picture (3, h, w) differs from its backdrop; everywhere if nothing stands out.

    The backdrop is one plane for each of L, a and b, which follows a studio's light
    falling off to one side, fitted to the border's pixels that agree with it.
    """
    from scipy.ndimage import label

    _, height, width = lab.shape
    everywhere = np.ones((height, width), np.bool_)
    thickness = max(1, round(min(height, width) * recipe.border))
    border = everywhere.copy()
    border[thickness:-thickness, thickness:-thickness] = False

    position = np.ones_like(lab)  # 1, y and x, of which each plane is a sum
    position[1] = np.linspace(-1, 1, height)[:, np.newaxis]
    position[2] = np.linspace(-1, 1, width)
    at, seen = position[:, border], lab[:, border]
    plane = np.zeros((3, 3), np.float32)
    plane[:, 0] = np.median(seen, axis=1)
    for tolerance in recipe.backdrop_tolerances:
        off = np.linalg.norm(seen - plane @ at, axis=0)
        agrees = off < tolerance
        if agrees.mean() < recipe.least_backdrop:
            return everywhere
        plane = np.linalg.lstsq(at[:, agrees].T, seen[:, agrees].T, rcond=None)[0].T

    floor, factor, ceiling = recipe.contrast
    threshold = min(floor + factor * float(np.median(off[agrees])), ceiling)
    backdrop = (plane @ position.reshape(3, -1)).reshape(lab.shape)
    differs = np.linalg.norm(lab - backdrop, axis=0) > threshold

    parts, _ = label(_closed(differs))
    areas = np.bincount(parts.ravel())
    areas[0] = 0  # the backdrop
    product: Mask = (areas >= max(1, recipe.least_part * areas.max()))[parts]
    return product if product.mean() >= recipe.least_product else everywhere


def _closed(mask: Mask) -> Mask:
    """Without gaps of a pixel or two: morphological closing with a 3 × 3 square."""
    return ~_widened(~_widened(mask))


def _widened(mask: Mask) -> Mask:
    """With all pixels that touch one of it."""
    rows = mask.copy()
    rows[1:] |= mask[:-1]
    rows[:-1] |= mask[1:]
    wide = rows.copy()
    wide[:, 1:] |= rows[:, :-1]
    wide[:, :-1] |= rows[:, 1:]
    return wide


def _shape(lab: FloatArray, coverage: FloatArray, recipe: Recipe) -> FloatArray:
    """Oriented gradients of the product on white, a unit vector; zeros where all is flat."""
    from scipy.ndimage import gaussian_filter

    # On white, whatever the backdrop was: the same bag has the same outline in two shops.
    white = np.reshape(WHITE, (3, 1, 1))
    picture = white + (lab - white) * coverage
    picture = gaussian_filter(picture, recipe.blur, mode="nearest", axes=(1, 2))
    down, across = np.zeros_like(picture), np.zeros_like(picture)
    down[:, 1:-1] = picture[:, 2:] - picture[:, :-2]
    across[:, :, 1:-1] = picture[:, :, 2:] - picture[:, :, :-2]

    # Of the three channels, the one with the longest gradient votes.
    steepest = np.argmax(down**2 + across**2, axis=0)[np.newaxis]
    down = np.take_along_axis(down, steepest, axis=0)[0]
    across = np.take_along_axis(across, steepest, axis=0)[0]
    votes = _shares_of_circle(np.arctan2(down, across), recipe.orientations, np.pi)
    votes *= np.maximum(np.hypot(down, across) - recipe.least_gradient, 0)

    n = recipe.cells
    along = (np.arange(recipe.product_edge) + 0.5) * n / recipe.product_edge - 0.5
    near = _shares(along.clip(0, n - 1), n)
    cells = np.moveaxis(near @ votes @ near.T, 0, -1)

    # Each cell against the mean energy of its 3 × 3 neighbourhood: one vector for a
    # cell, where Dalal & Triggs keep one for each of four overlapping blocks.
    energy = np.pad((cells**2).sum(axis=-1), 1, mode="edge")
    around = sum(energy[i : i + n, j : j + n] for i in range(3) for j in range(3)) / 9
    return _unit_roots(cells / np.sqrt(around + recipe.faint**2)[..., np.newaxis])


def palette(lab: FloatArray, coverage: FloatArray, recipe: Recipe) -> FloatArray:
    """The `histogram` of a cut-out's colours, the middle counting most."""
    along = np.linspace(-1, 1, recipe.product_edge)
    weight = coverage * np.exp(-(along[:, np.newaxis] ** 2 + along**2) / (2 * recipe.middle**2))

    product = weight > 0
    return histogram(lab[:, product], weight[product], recipe)


def histogram(colours: FloatArray, weights: FloatArray, recipe: Recipe) -> FloatArray:
    """Soft histogram of lightness × (grey, chroma × hue) of colours (3, n) in CIELAB.

    Each counts by its weight (n,). A unit vector, of the square roots.
    """
    lightness, a, b = colours
    light = _shares_of(lightness, recipe.lightness_knots) * weights
    chroma = _shares_of(np.hypot(a, b), recipe.chroma_knots)
    hue = _shares_of_circle(np.arctan2(b, a), recipe.hues, 2 * np.pi)

    # Grey has no hue: the lowest chroma is one bin, not one for each hue.
    bins = np.concatenate([chroma[:1], *(share * hue for share in chroma[1:])])
    return _unit_roots(light @ bins.T)


def _shares_of(values: FloatArray, knots: tuple[float, ...]) -> Shares:
    """How much each value (n,) belongs to each knot (k): (k, n), columns that sum to 1.

    A value between two knots is shared by both; beyond the last it belongs to the last.
    """
    return _shares(np.interp(values, knots, np.arange(len(knots))), len(knots))


def _shares_of_circle(angles: npt.NDArray[np.floating[Any]], knots: int, period: float) -> Shares:
    """Likewise of angles (…) in a circle with so many knots, at equal distances: (k, …)."""
    places = np.multiply(angles, knots / period, dtype=np.float64) % knots
    shares = _shares(places, knots)
    shares[0] += np.maximum(places - (knots - 1), 0)  # from the last knot on to the first
    return shares


def _shares(places: npt.NDArray[np.float64], knots: int) -> Shares:
    """Of places (…), 0 for the first knot and 1 for the next: (knots, …)."""
    shares: Shares = np.maximum(1 - np.abs(np.subtract.outer(np.arange(knots), places)), 0)
    return shares


def _unit_roots(histogram: npt.NDArray[np.floating[Any]]) -> FloatArray:
    """The square roots, flattened, at unit L2 length; an empty histogram stays zero."""
    roots: FloatArray = np.sqrt(histogram).ravel().astype(np.float32)
    roots /= float(np.linalg.norm(roots)) or 1.0
    return roots
