"""Open shoes in space: a footbed with its height, straps that arch over it, and a camera.

Space is measured in the shoe's own units: x runs from the heel (0) to the toe (400),
y across it towards the viewer, z up from the ground. A camera turns and tips it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, pi, radians, sin

from studio.curves import Point, back, outline, spots
from studio.fittings import Belting, stitches
from studio.palette import darker
from studio.surfaces import LINING, Material, piece, shadow

Place = tuple[float, float, float]
Profile = Callable[[float], float]
# The edges of a sole from heel to toe: the inner one, nearer the viewer, and the outer.
Plan = tuple[Sequence[Point], Sequence[Point]]

# Half of a strap's outline; enough for a smooth arch.
_STEPS = 14


@dataclass(frozen=True, slots=True)
class Camera:
    """Where the viewer stands: `turn` brings the toe nearer, `tip` looks from above (degrees)."""

    turn: float = 14
    tip: float = 24

    def see(self, place: Place) -> Point:
        """The picture's point for a place in space; the shoe's middle falls on (200, 0)."""
        x, y, z = place[0] - 200, place[1], place[2]
        a, e = radians(self.turn), radians(self.tip)
        near = x * sin(a) + y * cos(a)
        return x * cos(a) - y * sin(a) + 200, near * sin(e) - z * cos(e)

    def run(self, places: Sequence[Place]) -> list[Point]:
        """The picture's run for places in space."""
        return [self.see(place) for place in places]


@dataclass(frozen=True, slots=True)
class Footbed:
    """The surface under the foot: its plan, and its height above the ground along x.

    `inner` and `outer` are the plan's edges from heel to toe as (x, y), inner nearer.
    """

    inner: Sequence[Point]
    outer: Sequence[Point]
    height: Profile

    def edge(self, x: float, near: bool) -> float:
        """The y of the plan's edge at x."""
        points = self.inner if near else self.outer
        for a, b in pairwise(points):
            if a[0] <= x <= b[0]:
                share = (x - a[0]) / max(b[0] - a[0], 1e-9)
                # A smooth step, so that straps sit on the curve and not on its chord.
                return a[1] + (b[1] - a[1]) * share
        return points[-1][1]

    def rim(self, camera: Camera, lower: float = 0.0) -> list[Point]:
        """The plan's outline as seen, `lower` units beneath the surface; closed by its start."""

        def at(p: Point) -> Point:
            return camera.see((p[0], p[1], self.height(p[0]) - lower))

        near = [at(p) for p in self.inner]
        far = [at(p) for p in self.outer]
        return [*near, *back(far)[1:]]

    def mirrored(self) -> Footbed:
        """The bed of the other foot."""
        return Footbed(
            [(x, -y) for x, y in self.outer], [(x, -y) for x, y in self.inner], self.height
        )


def flat(height: float, spring: float = 8) -> Profile:
    """A level bed whose toe lifts a little."""
    return lambda x: height + spring * max(0.0, (x - 290) / 110) ** 2


def raised(heel: float, ball: float = 12) -> Profile:
    """A bed that falls from the heel to the ball of the foot."""

    def at(x: float) -> float:
        share = min(max((x - 70) / 215, 0.0), 1.0)
        ease = share * share * (3 - 2 * share)
        return heel + (ball - heel) * ease - max(0.0, 70 - x) * 0.02

    return at


SLIM: Plan = (
    [
        (2, 0),
        (10, 22),
        (42, 38),
        (100, 36),
        (170, 30),
        (240, 40),
        (300, 54),
        (350, 48),
        (384, 26),
        (400, -4),
    ],
    [
        (2, 0),
        (10, -20),
        (42, -36),
        (110, -38),
        (180, -40),
        (250, -50),
        (310, -54),
        (354, -46),
        (386, -26),
        (400, -4),
    ],
)
BROAD: Plan = (
    [
        (0, 0),
        (8, 26),
        (42, 48),
        (100, 47),
        (170, 42),
        (240, 52),
        (300, 66),
        (350, 62),
        (384, 40),
        (400, 6),
    ],
    [
        (0, 0),
        (8, -26),
        (42, -46),
        (110, -50),
        (180, -56),
        (250, -66),
        (310, -68),
        (356, -58),
        (388, -34),
        (400, 6),
    ],
)


def bed(plan: Plan, height: Profile) -> Footbed:
    """A footbed from one of the plans above."""
    return Footbed(plan[0], plan[1], height)


def _front(rim: list[Point]) -> list[Point]:
    """The part of a closed outline that faces the viewer, from its left end to its right."""
    smooth = [(s.x, s.y) for s in spots([*rim, rim[0]], 120)][:-1]
    left = min(range(len(smooth)), key=lambda i: smooth[i][0])
    turned = smooth[left:] + smooth[:left]
    right = max(range(len(turned)), key=lambda i: turned[i][0])
    one, other = turned[: right + 1], back(turned[right:] + turned[:1])
    return (
        one if sum(p[1] for p in one) / len(one) > sum(p[1] for p in other) / len(other) else other
    )


def slab(rim: list[Point], thickness: float, fill: str, material: Material, on_it: str = "") -> str:
    """The visible wall of a sole, `thickness` px high, under the outline."""
    near = _front(rim)
    lower = [(x, y + thickness) for x, y in near]
    inner = [(x, y - 3) for x, y in near]
    wall = outline(inner, [inner[-1], lower[-1]], back(lower), [lower[0], inner[0]])
    return piece(wall, fill, material, on_it)


def closed(rim: list[Point]) -> str:
    """The path data of a smooth closed outline."""
    return outline([*rim, rim[0]])


def cast(rim: list[Point], blur: int = 8, opacity: float = 0.38, drop: float = 6) -> str:
    """The shadow of a sole on the ground."""
    return shadow(closed(rim), blur, opacity, 2, drop) + shadow(closed(rim), 2, 0.35, 1, 3)


def surface(rim: list[Point], fill: str, yarn: str = "", on_it: str = "") -> str:
    """The insole's top."""
    drawn = piece(closed(rim), fill, LINING, on_it)
    if yarn:
        middle_x = sum(p[0] for p in rim) / len(rim)
        middle_y = sum(p[1] for p in rim) / len(rim)
        inner = [
            (middle_x + (x - middle_x) * 0.94, middle_y + (y - middle_y) * 0.84) for x, y in rim
        ]
        drawn += stitches([*inner, inner[0]], yarn, 0.8, "3 2.4")
    return drawn


@dataclass(frozen=True, slots=True)
class Arch:
    """A strap over the foot from the near edge at `near` to the far edge at `far` (both x).

    `width` is its breadth along x, `height` its crown above the bed; `rise` makes the
    back edge higher than the front one, as the foot does.
    """

    near: float
    far: float
    width: float
    height: float
    rise: float = 10
    foot_width: float = 0.0  # breadth where it meets the bed, when different
    dip: float = 4.0  # how far its ends go below the surface


def _edge(arch: Arch, bed_: Footbed, side: float, camera: Camera) -> list[Point]:
    """One edge of the strap, near end to far end; side +1 is the toe's."""
    points = []
    for i in range(_STEPS + 1):
        t = i / _STEPS
        lift = sin(pi * t) ** 0.75
        foot = arch.foot_width or arch.width
        breadth = foot + (arch.width - foot) * lift
        x = arch.near + (arch.far - arch.near) * t
        swing = (1 + cos(pi * t)) / 2
        y = bed_.edge(x, True) * swing + bed_.edge(x, False) * (1 - swing)
        z = bed_.height(x) - arch.dip * (1 - lift) + arch.height * lift
        z -= side * arch.rise / 2 * lift
        points.append(camera.see((x + side * breadth / 2, y, z)))
    return points


def over(arch: Arch, bed_: Footbed, camera: Camera, belting: Belting) -> str:
    """The strap, its far part from within where it has turned away from the viewer."""
    front, rear = _edge(arch, bed_, 1, camera), _edge(arch, bed_, -1, camera)
    turn = min(range(_STEPS + 1), key=lambda i: (front[i][1] + rear[i][1]) / 2)
    fold = min(max(turn + 1, _STEPS // 2), _STEPS)
    drawn = ""
    if fold < _STEPS - 1:
        inside = outline(front[fold - 1 :], [front[-1], rear[-1]], back(rear[fold - 1 :]))
        drawn += piece(inside, darker(belting.fill, 0.45), LINING)
    outside = outline(
        front[: fold + 1], [front[fold], rear[fold]], back(rear[: fold + 1]), [rear[0], front[0]]
    )
    drawn += shadow(outside, 4, 0.30, 2, 9)
    drawn += piece(outside, belting.fill, belting.material, belting.print_)
    if belting.yarn:
        for share in (0.12, 0.88):
            row = [
                (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share)
                for a, b in zip(front[: fold + 1], rear[: fold + 1], strict=True)
            ]
            drawn += stitches(row, belting.yarn, 0.9, "3.4 2.2")
    return drawn


@dataclass(frozen=True, slots=True)
class Cuff:
    """A strap around the ankle: its centre's x and height above the ground, radii and tilt."""

    x: float
    z: float
    along: float
    across: float
    width: float
    tilt: float = 0.0  # how much higher its front is than its back


def cuff_run(cuff: Cuff, camera: Camera, start: float, end: float, n: int = 15) -> list[Point]:
    """Its middle line between two angles; 0 is the toe side, 90 the viewer's."""
    places = []
    for i in range(n):
        a = radians(start + (end - start) * i / (n - 1))
        places.append(
            (
                cuff.x + cuff.along * cos(a),
                cuff.across * sin(a),
                cuff.z + cuff.tilt * cos(a),
            )
        )
    return camera.run(places)
