"""How far two small pictures differ, once one is laid over the other.

Copies of a photo are cropped, framed, scaled and made brighter. So one picture is first
moved, stretched and brightened onto the other, by least squares (B. D. Lucas and T. Kanade
1981, "An iterative image registration technique"), and what then remains is counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexer.sketches import PLAIN, Bytes, Floats

STEPS = 6  # of the registration; more change nothing that is seen
MOST_MOVED = 0.12  # of half a side: how far it may move and stretch
MOST_BRIGHTENED = 1.15
BURNT_OUT = 245  # levels from which on a pixel says nothing of brightness
GREY, FEW = 128, 0.01  # as if so much of the picture were of this level, and as bright in both
LEAST_CONTENT = 0.02  # of the picture: what little is on an empty one counts no more than that
DAMPING = 1e-3

Masks = npt.NDArray[np.bool_]


def differences(one: Bytes, other: Bytes) -> Floats:
    """How far pictures (m, s, s, 3) differ, pair by pair: (m,) mean levels of 255.

    The mean is over the pixels that are no plain background in either picture, so that a
    small thing on white is judged by itself. One that is brighter than the other throughout
    does not differ, up to 15%. Equal for (a, b) and (b, a) where one is brighter than the
    other.
    """
    bright, dark = _by_brightness(one.astype(np.float32), other.astype(np.float32))
    is_content = _content(bright) | _content(dark)
    bright, dark = (_blurred(_blurred(each)) for each in (bright, dark))
    grid = _Grid.of(bright.shape[1])
    moves = _registered(bright.mean(-1), dark.mean(-1), grid)
    places = grid.moved(moves)
    moved = _sampled(dark, places)
    gain = _gain(bright, moved, places.inside[..., None])
    brightened = np.minimum(gain * moved, 255)
    remains = np.abs(bright - brightened).mean(-1) * places.inside
    content = (is_content & places.inside).sum((1, 2))
    least = LEAST_CONTENT * is_content.shape[1] * is_content.shape[2]
    mean: Floats = remains.sum((1, 2)) / np.maximum(content, np.float32(least))
    return mean


@dataclass(frozen=True, slots=True)
class _Places:
    """Where pixels come from: rows and columns (m, s, s), and which of them are `inside`."""

    rows: Floats
    columns: Floats
    inside: Masks


@dataclass(frozen=True, slots=True)
class _Grid:
    """The pixels of a picture of `side`: rows and columns (s, s), from −1 to 1."""

    side: int
    rows: Floats
    columns: Floats

    @classmethod
    def of(cls, side: int) -> _Grid:
        axis = np.linspace(-1, 1, side, dtype=np.float32)
        rows, columns = np.meshgrid(axis, axis, indexing="ij")
        return cls(side, rows, columns)

    @property
    def scale(self) -> np.float32:
        """Pixels to a unit."""
        return np.float32((self.side - 1) / 2)

    def moved(self, moves: Floats) -> _Places:
        """`moves` (m, 4): stretched and shifted along the rows, and along the columns."""
        stretch_y, shift_y, stretch_x, shift_x = moves.T[:, :, None, None]
        rows = (self.rows * (1 + stretch_y) + shift_y + 1) * self.scale
        columns = (self.columns * (1 + stretch_x) + shift_x + 1) * self.scale
        first, last = -0.5, self.side - 0.5
        inside = (rows >= first) & (rows <= last) & (columns >= first) & (columns <= last)
        return _Places(rows, columns, inside)

    def slopes(self, grey: Floats) -> Floats:
        """How each pixel changes with each of the four moves: (m, s, s, 4)."""
        down, across = np.gradient(grey, axis=(1, 2))
        slopes: Floats = np.stack([down * self.rows, down, across * self.columns, across], -1)
        return slopes * self.scale


def _registered(bright: Floats, dark: Floats, grid: _Grid) -> Floats:
    """The moves (m, 4) that lay `dark` (m, s, s) over `bright`, by Gauss and Newton."""
    count = len(bright)
    moves = np.zeros((count, 4), np.float32)
    slopes = grid.slopes(bright)
    identity = np.eye(4, dtype=np.float32)
    for _ in range(STEPS):
        places = grid.moved(moves)
        moved = _sampled(dark[..., None], places)[..., 0]
        gain = _gain(bright, moved, places.inside)
        remains = (bright - np.minimum(gain * moved, 255)) * places.inside
        here = (slopes * places.inside[..., None]).reshape(count, -1, 4)
        across = here.transpose(0, 2, 1)
        curvature = across @ here
        trace = np.trace(curvature, axis1=1, axis2=2)[:, None, None]
        curvature = curvature + identity * (DAMPING * trace / 4 + 1)
        step = np.linalg.solve(curvature, across @ remains.reshape(count, -1, 1))
        moves = np.clip(moves + step[..., 0], -MOST_MOVED, MOST_MOVED)
    return moves


def _by_brightness(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """The brighter of each pair, and the darker: white that has burnt out can't be darkened."""
    swapped = (other.mean((1, 2, 3)) > one.mean((1, 2, 3)))[:, None, None, None]
    return np.where(swapped, other, one), np.where(swapped, one, other)


def _content(pictures: Floats) -> Masks:
    """Which pixels (m, s, s) are not of the colour of the picture's edge."""
    sides = [pictures[:, 0], pictures[:, -1], pictures[:, :, 0], pictures[:, :, -1]]
    colour = np.median(np.concatenate(sides, axis=1), axis=1)[:, None, None]
    content: Masks = np.abs(pictures - colour).max(-1) > PLAIN
    return content


def _gain(bright: Floats, dark: Floats, inside: Masks) -> Floats:
    """By how much `dark` (m, s, s, …) is to be brightened: (m, 1, 1, …)."""
    counts = inside & (bright < BURNT_OUT)
    axes = tuple(range(1, dark.ndim))
    prior = np.float32(FEW * GREY**2 * dark[0].size)
    ours = (counts * bright * dark).sum(axes, keepdims=True) + prior
    gain = ours / ((counts * dark * dark).sum(axes, keepdims=True) + prior)
    limited: Floats = np.clip(gain, 1 / MOST_BRIGHTENED, MOST_BRIGHTENED)
    return limited


def _blurred(pictures: Floats) -> Floats:
    """Smoothed by ¼ ½ ¼ along both sides, so that half a pixel more or less is no edge."""
    for axis in (1, 2):
        last = pictures.shape[axis] - 1
        before = np.concatenate([pictures.take([0], axis), pictures.take(range(last), axis)], axis)
        after = np.concatenate(
            [pictures.take(range(1, last + 1), axis), pictures.take([last], axis)], axis
        )
        pictures = (before + 2 * pictures + after) / 4
    return pictures


def _sampled(pictures: Floats, places: _Places) -> Floats:
    """The pictures (m, s, s, c) at these places, between pixels by straight lines."""
    side = pictures.shape[1]
    last = np.float32(side - 1)
    rows, columns = np.clip(places.rows, 0, last), np.clip(places.columns, 0, last)
    top = np.minimum(rows.astype(np.int32), side - 2)
    left = np.minimum(columns.astype(np.int32), side - 2)
    down = (rows - top).astype(np.float32)[..., None]
    across = (columns - left).astype(np.float32)[..., None]
    each = np.arange(len(pictures), dtype=np.int64)[:, None, None]
    pixels = pictures.reshape(-1, pictures.shape[-1])
    at = (each * side + top) * side + left
    upper = _between(pixels.take(at, 0), pixels.take(at + 1, 0), across)
    lower = _between(pixels.take(at + side, 0), pixels.take(at + side + 1, 0), across)
    return _between(upper, lower, down)


def _between(one: Floats, other: Floats, share: Floats) -> Floats:
    """What lies so far from the one to the other, by a straight line."""
    between: Floats = one + (other - one) * share
    return between
