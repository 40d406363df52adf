"""How cloth takes the light: folds, creases, tones - the arithmetic behind `Canvas`."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PIL import Image

from studio.fabric import Fabric
from studio.geometry import Box, Path, line, p
from studio.palette import darker, lighter, lightness

# Rendered larger and scaled down, so that weaves and stitches neither flicker nor
# blur when the lines are bent.
ZOOM = 1.5


@dataclass(frozen=True, slots=True)
class Crease:
    """One soft fold from (x0, y0), where it is pulled, fading out at (x1, y1).

    ``bend`` bows it sideways (px); ``width`` is its breadth; ``depth`` 0 … 1.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    bend: float = 4.0
    width: float = 7.0
    depth: float = 0.5


def bent(picture: Image.Image, reach: float, rng: random.Random) -> Image.Image:
    """The picture with all lines bent by up to about `reach` px, slowly, as nothing lies ruled.

    The field is a few long waves in each direction and dies out at the borders.
    """
    cell = 24
    width, height = picture.size
    waves = [
        (rng.uniform(0.7, 2.2), rng.uniform(0.7, 2.6), rng.uniform(0, math.tau), axis)
        for axis in (0, 0, 0, 1, 1, 1)
    ]

    def source(x: float, y: float) -> tuple[float, float]:
        u, v = x / width, y / height
        hold = min(1.0, 8 * min(u, 1 - u, v, 1 - v))
        shift = [0.0, 0.0]
        for across, down, phase, axis in waves:
            wave = math.sin(math.tau * (across * u + down * v) + phase)
            shift[axis] += wave * reach * hold / 2
        return x + shift[0], y + shift[1]

    mesh = []
    for top in range(0, height, cell):
        for left in range(0, width, cell):
            right, bottom = min(left + cell, width), min(top + cell, height)
            corners = ((left, top), (left, bottom), (right, bottom), (right, top))
            quad = tuple(v for x, y in corners for v in source(x, y))
            mesh.append(((left, top, right, bottom), quad))
    return picture.transform(
        picture.size, Image.Transform.MESH, mesh, resample=Image.Resampling.BICUBIC
    )


def tone_of(fabric: Fabric) -> Literal["dark", "middle", "pale"]:
    """How a cloth takes shading: pale cloth greys soon, dark cloth swallows it."""
    light = lightness(fabric.hex)
    if light < 0.25:
        return "dark"
    return "pale" if light > 0.8 else "middle"


def thread_for(fabric: Fabric) -> str:
    """Thread in the cloth's own colour, a little paler on dark cloth, deeper on pale."""
    if lightness(fabric.hex) < 0.5:
        return lighter(fabric.hex, 0.28)
    return darker(fabric.hex, 0.16)


def ink(alpha: float) -> str:
    """Colour matrix that turns any alpha into warm black of the given strength."""
    return f"0 0 0 0 .09 0 0 0 0 .08 0 0 0 0 .10 0 0 0 {alpha} 0"


def region(box: Box) -> str:
    return (
        f'x="{box.x0:.1f}" y="{box.y0:.1f}" width="{max(1.0, box.width):.1f}"'
        f' height="{max(1.0, box.height):.1f}"'
    )


def turned_about(box: Box, degrees: float) -> Box:
    """The upright box that still holds `box` after a turn about its centre, and a margin."""
    cos, sin = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    (cx, cy), half_x = box.centre, (box.width * cos + box.height * sin) / 2 + 4
    half_y = (box.width * sin + box.height * cos) / 2 + 4
    return Box(cx - half_x, cy - half_y, cx + half_x, cy + half_y)


def extent_across(box: Box, turn: float) -> float:
    """Width of a piece across its grain. A turned piece is taken as a bar along its grain."""
    angle = math.radians(turn)
    across = abs(math.cos(angle))
    along = abs(math.sin(angle))
    if along < 0.05:
        return box.width
    if across < 0.05:
        return box.height
    # Box of a bar (length l, width w) turned by the angle: solve for w.
    det = across * across - along * along
    if abs(det) < 0.25:
        return min(box.width, box.height) * 0.62
    width = (box.width * across - box.height * along) / det
    return max(width, min(box.width, box.height) * 0.35)


def fold_filter(box: Box, across: float, along: float, seed: int) -> str:
    """Fractal noise lit from the upper left, centred on neutral grey."""
    elevation = 50
    flat = math.sin(math.radians(elevation))
    slope = 0.9
    transfer = "".join(
        f'<feFunc{c} type="linear" slope="{slope}" intercept="{0.5 - slope * flat:.3f}"/>'
        for c in "RGB"
    )
    return (
        f'<filter id="{{id}}" filterUnits="userSpaceOnUse" {region(box)}'
        f' color-interpolation-filters="sRGB"><feTurbulence type="fractalNoise"'
        f' baseFrequency="{across:.4f} {along:.4f}" numOctaves="3" seed="{seed}"/>'
        f'<feDiffuseLighting surfaceScale="{18 * ZOOM}" lighting-color="#fff">'
        f'<feDistantLight azimuth="215" elevation="{elevation}"/></feDiffuseLighting>'
        f'<feGaussianBlur stdDeviation="1.6"/>'
        f"<feComponentTransfer>{transfer}</feComponentTransfer></filter>"
    )


def around(creases: Sequence[Crease]) -> Box:
    """A box that holds all the creases, their bows and widths."""
    xs = [x for crease in creases for x in (crease.x0, crease.x1)]
    ys = [y for crease in creases for y in (crease.y0, crease.y1)]
    margin = max(crease.width + abs(crease.bend) for crease in creases)
    return Box(min(xs), min(ys), max(xs), max(ys)).grown(margin)


def lens_of(crease: Crease, offset: float) -> Path:
    """A tapering stroke along the crease, moved sideways by `offset`, as a closed shape."""
    dx, dy = crease.x1 - crease.x0, crease.y1 - crease.y0
    length = math.hypot(dx, dy) or 1.0
    nx, ny = -dy / length, dx / length
    # The lit flank lies on the side towards the lamp (upper left).
    if nx + ny > 0:
        nx, ny = -nx, -ny
    half = crease.width / 2
    sx, sy = crease.x0 + nx * offset, crease.y0 + ny * offset
    ex, ey = crease.x1 + nx * offset, crease.y1 + ny * offset
    mx, my = sx + dx * 0.35 + nx * crease.bend, sy + dy * 0.35 + ny * crease.bend
    d = (
        f"M{sx:.1f} {sy:.1f}Q{mx + nx * half:.1f} {my + ny * half:.1f} {ex:.1f} {ey:.1f}"
        f"Q{mx - nx * half:.1f} {my - ny * half:.1f} {sx:.1f} {sy:.1f}Z"
    )
    return Path(d, line([p(sx, sy), p(ex, ey)]).box)
