"""Smooth outlines through a few points: the geometry under shoes, bags and accessories.

A *run* is a list of points; a smooth curve goes through all of them (a centripetal
Catmull–Rom spline, which neither loops nor overshoots on uneven spacing). Where two
runs meet there may be a corner. Coordinates are SVG user units, y grows downwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, cos, degrees, hypot, radians, sin, sqrt

from studio.geometry import Box

Point = tuple[float, float]
Run = Sequence[Point]
# A breadth that is the same all along, or a function of the share walked (0…1).
Width = float | Callable[[float], float]

# How far the handles of a quarter circle reach, in radii.
_ROUND = 0.5523
_PAIR = re.compile(r"-?[\d.]+,-?[\d.]+")

# Samples for each span when a curve is measured: enough for a tenth of a unit.
_SAMPLES_PER_SPAN = 16


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on a run: where it is and which way the run goes there, in degrees."""

    x: float
    y: float
    angle: float


@dataclass(frozen=True, slots=True)
class _Span:
    """One cubic Bézier piece of a run."""

    start: Point
    first: Point
    second: Point
    end: Point

    def at(self, t: float) -> Point:
        """The point at `t` in 0…1."""
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        return (
            a * self.start[0] + b * self.first[0] + c * self.second[0] + d * self.end[0],
            a * self.start[1] + b * self.first[1] + c * self.second[1] + d * self.end[1],
        )


def _mirror(of: Point, about: Point) -> Point:
    return 2 * about[0] - of[0], 2 * about[1] - of[1]


def _gap(a: Point, b: Point) -> float:
    return sqrt(max(hypot(b[0] - a[0], b[1] - a[1]), 1e-6))


def _handle(before: Point, here: Point, after: Point, d1: float, d2: float) -> Point:
    """The Bézier handle next to `here` on the side of `after` (centripetal weights)."""
    own = 2 * d1 * d1 + 3 * d1 * d2 + d2 * d2
    scale = 3 * d1 * (d1 + d2)
    return (
        (d1 * d1 * after[0] - d2 * d2 * before[0] + own * here[0]) / scale,
        (d1 * d1 * after[1] - d2 * d2 * before[1] + own * here[1]) / scale,
    )


def _spans(run: Run) -> list[_Span]:
    points = list(run)
    padded = [_mirror(points[1], points[0]), *points, _mirror(points[-2], points[-1])]
    spans = []
    for p0, p1, p2, p3 in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        d1, d2, d3 = _gap(p0, p1), _gap(p1, p2), _gap(p2, p3)
        spans.append(_Span(p1, _handle(p0, p1, p2, d1, d2), _handle(p3, p2, p1, d3, d2), p2))
    return spans


def _xy(point: Point) -> str:
    return f"{point[0]:.1f},{point[1]:.1f}"


def line(*runs: Run) -> str:
    """The SVG path data of an open curve; each run goes on where the last one ended."""
    parts = [f"M{_xy(runs[0][0])}"]
    last = runs[0][0]
    for run in runs:
        if run[0] != last:
            parts.append(f"L{_xy(run[0])}")
        parts += [f"C{_xy(s.first)} {_xy(s.second)} {_xy(s.end)}" for s in _spans(run)]
        last = run[-1]
    return "".join(parts)


def outline(*runs: Run) -> str:
    """The SVG path data of a closed shape bounded by the runs, corners where they meet."""
    return line(*runs) + "Z"


def loop(points: Run) -> str:
    """The SVG path data of a closed shape without corners."""
    wrapped = [*points[-2:], *points, *points[:3]]
    spans = _spans(wrapped)[2 : 2 + len(points)]
    return (
        f"M{_xy(spans[0].start)}"
        + "".join(f"C{_xy(s.first)} {_xy(s.second)} {_xy(s.end)}" for s in spans)
        + "Z"
    )


def bounds(d: str, room: float = 0.0) -> Box:
    """The box of path data written by this module, with `room` to spare on all sides.

    Handles count as points, so the box may be a little too large, never too small.
    """
    pairs = [pair.split(",") for pair in _PAIR.findall(d)]
    xs, ys = [float(x) for x, _ in pairs], [float(y) for _, y in pairs]
    return Box(min(xs), min(ys), max(xs), max(ys)).grown(room)


def circle(x: float, y: float, radius: float) -> str:
    """The path data of a full circle."""
    return ellipse(x, y, radius, radius)


def ellipse(x: float, y: float, rx: float, ry: float) -> str:
    """The path data of a full ellipse with upright axes."""
    kx, ky = rx * _ROUND, ry * _ROUND
    return (
        f"M{_xy((x - rx, y))}C{_xy((x - rx, y - ky))} {_xy((x - kx, y - ry))} {_xy((x, y - ry))}"
        f"C{_xy((x + kx, y - ry))} {_xy((x + rx, y - ky))} {_xy((x + rx, y))}"
        f"C{_xy((x + rx, y + ky))} {_xy((x + kx, y + ry))} {_xy((x, y + ry))}"
        f"C{_xy((x - kx, y + ry))} {_xy((x - rx, y + ky))} {_xy((x - rx, y))}Z"
    )


def rounded(x: float, y: float, w: float, h: float, r: float) -> str:
    """The path data of a rectangle with round corners."""
    r = min(r, w / 2, h / 2)
    k, x1, y1 = r * (1 - _ROUND), x + w, y + h
    return (
        f"M{_xy((x + r, y))}L{_xy((x1 - r, y))}"
        f"C{_xy((x1 - k, y))} {_xy((x1, y + k))} {_xy((x1, y + r))}L{_xy((x1, y1 - r))}"
        f"C{_xy((x1, y1 - k))} {_xy((x1 - k, y1))} {_xy((x1 - r, y1))}L{_xy((x + r, y1))}"
        f"C{_xy((x + k, y1))} {_xy((x, y1 - k))} {_xy((x, y1 - r))}L{_xy((x, y + r))}"
        f"C{_xy((x, y + k))} {_xy((x + k, y))} {_xy((x + r, y))}Z"
    )


def polygon(points: Run) -> str:
    """The SVG path data of a closed shape with straight sides."""
    return "M" + "L".join(_xy(p) for p in points) + "Z"


def _samples(run: Run) -> list[Point]:
    dots = [run[0]]
    for span in _spans(run):
        dots += [span.at(i / _SAMPLES_PER_SPAN) for i in range(1, _SAMPLES_PER_SPAN + 1)]
    return dots


def length(run: Run) -> float:
    """How long the curve through the run is, in user units."""
    dots = _samples(run)
    return sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(dots))


def spots(run: Run, count: int, start: float = 0.0, end: float = 1.0) -> list[Spot]:
    """`count` places at even distances along the run, from `start` to `end` (0…1 of it)."""
    dots = _samples(run)
    sums = [0.0]
    for a, b in pairwise(dots):
        sums.append(sums[-1] + hypot(b[0] - a[0], b[1] - a[1]))
    found = []
    for i in range(count):
        share = start + (end - start) * (i / (count - 1) if count > 1 else 0.0)
        target = min(max(share, 0.0), 1.0) * sums[-1]
        j = next((j for j in range(1, len(sums)) if sums[j] >= target), len(sums) - 1)
        a, b = dots[j - 1], dots[j]
        t = (target - sums[j - 1]) / max(sums[j] - sums[j - 1], 1e-9)
        angle = degrees(atan2(b[1] - a[1], b[0] - a[0]))
        found.append(Spot(a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, angle))
    return found


def beside(run: Run, distance: Width, count: int = 24) -> list[Point]:
    """A run parallel to `run`, `distance` units to its right as one walks along it.

    `distance` may be a function of the share walked (0…1), for a strip that tapers.
    """
    moved = []
    for i, spot in enumerate(spots(run, count)):
        d = distance(i / (count - 1)) if callable(distance) else distance
        turn = radians(spot.angle + 90)
        moved.append((spot.x + cos(turn) * d, spot.y + sin(turn) * d))
    return moved


def back(run: Run) -> list[Point]:
    """The run walked the other way."""
    return list(reversed(run))


def band(run: Run, width: Width, count: int = 24) -> str:
    """The closed path data of a strip `width` units wide, centred on the run."""

    def half(share: float) -> float:
        return (width(share) if callable(width) else width) / 2

    left = beside(run, lambda share: -half(share), count)
    right = beside(run, half, count)
    return outline(left, back(right))


def ring(centre: Point, rx: float, ry: float, start: float, end: float, n: int = 9) -> list[Point]:
    """A run along an ellipse from angle `start` to `end` in degrees (0 is right, 90 is down)."""
    found = []
    for i in range(n):
        a = radians(start + (end - start) * i / (n - 1))
        found.append((centre[0] + rx * cos(a), centre[1] + ry * sin(a)))
    return found
