"""Outlines from a few points: smooth where nothing is said, sharp where it matters.

A shape is written down as the handful of points a pattern cutter would mark.
`p(x, y)` is a point the line flows through, `k(x, y)` one where it turns sharply.
`outline` closes the line, `line` leaves it open; both put a Catmull-Rom spline
through the points and hand back its Bézier form.
Units are the picture's: 480 wide, 640 high, y downwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Node(NamedTuple):
    """One point of a line; `sharp` breaks the curve there."""

    x: float
    y: float
    sharp: bool = False


class Box(NamedTuple):
    """Left, top, right, bottom."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def centre(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def grown(self, margin: float) -> Box:
        """This box with `margin` added on all four sides."""
        return Box(self.x0 - margin, self.y0 - margin, self.x1 + margin, self.y1 + margin)


@dataclass(frozen=True, slots=True)
class Path:
    """SVG path data with the box of the points that it was made from."""

    d: str
    box: Box


def p(x: float, y: float) -> Node:
    """A point that the line flows through."""
    return Node(x, y)


def k(x: float, y: float) -> Node:
    """A point where the line turns sharply (a corner, a knick)."""
    return Node(x, y, sharp=True)


def flipped(nodes: Sequence[Node], axis: float = 0.0) -> list[Node]:
    """The mirror image about the vertical `axis`, run backwards, so that half + flipped closes."""
    return [Node(2 * axis - n.x, n.y, n.sharp) for n in reversed(nodes)]


def mirror(nodes: Sequence[Node], axis: float = 0.0) -> list[Node]:
    """The mirror image about the vertical `axis`, in the same order."""
    return [Node(2 * axis - n.x, n.y, n.sharp) for n in nodes]


def on_side(nodes: Sequence[Node], side: int) -> list[Node]:
    """Points drawn for the right side, as they are for `side` +1 and mirrored for -1."""
    return list(nodes) if side > 0 else mirror(nodes)


def whole(half: Sequence[Node], axis: float = 0.0) -> list[Node]:
    """Left to right: the mirrored half, then `half` itself, which starts on the axis."""
    return [*reversed(mirror(half[1:], axis)), *half]


def both(half: Sequence[Node], axis: float = 0.0) -> Path:
    """Closed outline of a symmetrical shape from its right half, top centre to bottom centre.

    Points of `half` on the axis itself are not doubled.
    """
    other = [n for n in flipped(half, axis) if abs(n.x - axis) > 1e-6]
    return outline([*half, *other])


def turned(nodes: Iterable[Node], degrees: float, about: tuple[float, float]) -> list[Node]:
    """The points rotated clockwise (as seen) about a centre."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    cx, cy = about
    return [
        Node(
            cx + (n.x - cx) * cos - (n.y - cy) * sin,
            cy + (n.x - cx) * sin + (n.y - cy) * cos,
            n.sharp,
        )
        for n in nodes
    ]


def outline(nodes: Sequence[Node]) -> Path:
    """Closed curve through all points."""
    return _spline(nodes, closed=True)


def line(nodes: Sequence[Node]) -> Path:
    """Open curve through all points."""
    return _spline(nodes, closed=False)


def circle(x: float, y: float, r: float) -> Path:
    """A full circle."""
    return ellipse(x, y, r, r)


def ellipse(x: float, y: float, rx: float, ry: float) -> Path:
    """A full ellipse with upright axes."""
    d = (
        f"M{x - rx:.2f} {y:.2f}a{rx:.2f} {ry:.2f} 0 1 1 {2 * rx:.2f} 0"
        f"a{rx:.2f} {ry:.2f} 0 1 1 {-2 * rx:.2f} 0Z"
    )
    return Path(d, Box(x - rx, y - ry, x + rx, y + ry))


def rect(box: Box, radius: float = 0.0) -> Path:
    """A rectangle with optionally rounded corners."""
    r = min(radius, box.width / 2, box.height / 2)
    w, h = box.width - 2 * r, box.height - 2 * r
    arc = f"a{r:.2f} {r:.2f} 0 0 1"
    d = (
        f"M{box.x0 + r:.2f} {box.y0:.2f}h{w:.2f}{arc} {r:.2f} {r:.2f}v{h:.2f}"
        f"{arc} {-r:.2f} {r:.2f}h{-w:.2f}{arc} {-r:.2f} {-r:.2f}v{-h:.2f}{arc} {r:.2f} {-r:.2f}Z"
    )
    return Path(d, box)


def sampled(nodes: Sequence[Node], count: int) -> list[Node]:
    """`count` points along the open curve through `nodes`, evenly spaced in its parameter.

    The spacing is even in length where the given points are; ends included.
    """
    spans = [_span(nodes, i, closed=False) for i in range(len(nodes) - 1)]
    lengths = [math.dist(nodes[i][:2], nodes[i + 1][:2]) for i in range(len(nodes) - 1)]
    total = sum(lengths)
    points = []
    for j in range(count):
        at = total * j / max(1, count - 1)
        i = 0
        while i < len(spans) - 1 and at > lengths[i]:
            at -= lengths[i]
            i += 1
        t = min(1.0, at / lengths[i]) if lengths[i] else 0.0
        a, c1, c2, b = spans[i]
        u = 1 - t
        weights = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)
        points.append(
            Node(
                sum(w * n.x for w, n in zip(weights, (a, c1, c2, b), strict=True)),
                sum(w * n.y for w, n in zip(weights, (a, c1, c2, b), strict=True)),
            )
        )
    return points


def between(a: Node, b: Node, t: float) -> Node:
    """The point at fraction `t` of the way from a to b."""
    return Node(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t)


def _spline(nodes: Sequence[Node], *, closed: bool) -> Path:
    n = len(nodes)
    if n < 2:
        raise ValueError("a line needs at least two points")
    parts = [f"M{nodes[0].x:.2f} {nodes[0].y:.2f}"]
    for i in range(n if closed else n - 1):
        _, c1, c2, b = _span(nodes, i, closed=closed)
        parts.append(f"C{c1.x:.2f} {c1.y:.2f} {c2.x:.2f} {c2.y:.2f} {b.x:.2f} {b.y:.2f}")
    if closed:
        parts.append("Z")
    xs, ys = [m.x for m in nodes], [m.y for m in nodes]
    return Path("".join(parts), Box(min(xs), min(ys), max(xs), max(ys)))


def _span(nodes: Sequence[Node], i: int, *, closed: bool) -> tuple[Node, Node, Node, Node]:
    """The Bézier stretch that starts at point i: its end points and handles."""
    n = len(nodes)
    a, b = nodes[i], nodes[(i + 1) % n]
    before = nodes[(i - 1) % n] if closed or i > 0 else a
    after = nodes[(i + 2) % n] if closed or i + 2 < n else b
    return a, _handle(before, a, b), _handle(after, b, a), b


def _handle(before: Node, at: Node, toward: Node) -> Node:
    """Bézier handle at `at` for the stretch to `toward`.

    The tangent is the Catmull-Rom one, its length a third of this stretch's chord:
    uneven spacing of the points then makes no overshoots. At a sharp point the
    handle lies on the chord.
    """
    chord = math.dist(at[:2], toward[:2])
    tx, ty = toward.x - before.x, toward.y - before.y
    length = math.hypot(tx, ty)
    if at.sharp or length < 1e-9 or before is at:
        return between(at, toward, 1 / 3)
    return Node(at.x + tx / length * chord / 3, at.y + ty / length * chord / 3)
