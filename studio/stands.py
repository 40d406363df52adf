"""How shoes stand on the table: alone, or as a pair with one half hidden by the other.

A shoe is SVG in its own frame: heel at x = 0, toe at x = 400, sole on y = 0, upwards
negative. The functions here place it on the picture and lay its shadow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from studio.canvas import Canvas, Setting
from studio.design import Drawing
from studio.fittings import pool
from studio.surfaces import definitions

# Hard things: no bent lines, and hardly any shadow but the one on the ground.
STANDING = Setting(wobble=0, tilt=0.6, height=2.0)


# A profile seen slightly from the front is shorter than it is high.
_FORESHORTENING = 1.14


# The ground line of a low shoe that stands in the picture's middle.
MIDDLE = 418

# How long the shadow of a shoe is: a little longer than the shoe.
_SHADOW = 404


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a shoe stands: its ground line's middle, its size, and which way it points.

    `slope` tips the ground line, in degrees, as seen when the toe is nearer than the heel.
    """

    x: float
    y: float
    size: float = 1.0
    slope: float = 3.0
    left: bool = False
    tall: float = _FORESHORTENING


def ground(width: float) -> str:
    """The shadow under a shoe `width` units long: wide and soft, then close and dark."""
    middle = width / 2
    return (
        pool((middle + 6, 9), middle * 1.04, 17, 0.20, 14)
        + pool((middle, 4), middle * 0.97, 8, 0.34, 4)
        + pool((middle - 3, 1), middle - 11, 4.5, 0.6, 2)
    )


def placed(shoe: str, pose: Pose) -> str:
    """The shoe where the pose wants it."""
    turn = "scale(-1 1)" if pose.left else ""
    height = pose.size * pose.tall
    return (
        f'<g transform="translate({pose.x} {pose.y}) scale({pose.size} {height:.3f}) '
        f'{turn} skewY({pose.slope}) translate(-200 0)">{shoe}</g>'
    )


class Shoe(Protocol):
    """Anything that draws itself in a shoe's frame."""

    def drawn(self) -> str: ...


def drawing(paint: Callable[[], str]) -> Drawing:
    """A drawing that paints SVG which uses the materials of `studio.surfaces`."""

    def draw(canvas: Canvas) -> None:
        svg = paint()
        canvas.raw(f"<defs>{definitions(svg)}</defs>{svg}")

    return draw


@dataclass(frozen=True, slots=True)
class Stand:
    """How a shoe is shown: its size, its side, how far down, and how much it is foreshortened."""

    size: float = 1.02
    left: bool = False
    rise: float = 0
    tall: float = _FORESHORTENING
    apart: float = 66

    def pose(self, x: float, y: float, slope: float, size: float = 1.0) -> Pose:
        way = -1 if self.left else 1
        return Pose(240 + x * way, y + self.rise, self.size * size, slope, self.left, self.tall)


def alone(shoe: Shoe, stand: Stand | None = None) -> Drawing:
    """One shoe in profile."""
    pose = (stand or Stand()).pose(0, MIDDLE, 3.5)
    return drawing(lambda: placed(ground(_SHADOW) + shoe.drawn(), pose))


def pair(shoe: Shoe, stand: Stand | None = None) -> Drawing:
    """Two shoes, the second behind and a little further along."""
    at = stand or Stand()
    behind = at.pose(21, MIDDLE - at.apart / 2, 2.0, 0.86)
    front = at.pose(-15, MIDDLE + at.apart / 2, 4.0, 0.89)

    def paint() -> str:
        whole = ground(_SHADOW) + shoe.drawn()
        return placed(whole, behind) + placed(whole, front)

    return drawing(paint)


def level(x: float, y: float, size: float = 1.0, left: bool = False, tall: float = 1.0) -> Pose:
    """A pose without slope: for shoes seen through a camera."""
    return Pose(x, y, size, 0.0, left, tall)
