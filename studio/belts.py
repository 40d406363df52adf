"""Belts, closed and standing on edge so that they make a ring, or rolled up."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import cos, pi, sin

from studio.curves import Point, Spot, back, line, outline, rounded
from studio.fittings import Buckle, buckle, cutout, gloom, glow, pool, stitches
from studio.palette import colour, contrast, darker, lighter
from studio.surfaces import INK, LEATHER, METAL, STRAP, Material, piece, shadow

Curve = list[Point]
CX = 240.0


@dataclass(frozen=True, slots=True)
class Belt:
    """A belt's make. `kind` is frame, plate, rings or web; `plait` braids the strap."""

    hide: str
    kind: str = "frame"
    metal: str = "steel"
    width: float = 52
    material: Material = LEATHER
    print_: str = ""
    stitched: bool = True
    plait: bool = False
    stripe: str = ""

    @property
    def main(self) -> str:
        return colour(self.hide)

    @property
    def shine(self) -> str:
        return f"url(#g-{self.metal})"

    @property
    def yarn(self) -> str:
        return contrast(self.hide, 0.4)

    def _worked(self, run: Curve) -> str:
        """What is worked into the strap along its upper edge."""
        w = self.width
        drawn = self.print_
        if self.stripe:
            middle = [(x, y + w / 2) for x, y in run]
            drawn += (
                f'<path d="{line(middle)}" fill="none" stroke="{colour(self.stripe)}" '
                f'stroke-width="{w * 0.3:.1f}"/>'
            )
        if self.plait:
            drawn += _braid(run, w)
        return drawn

    def standing(self) -> str:
        """The closed belt on its edge, its buckle to the viewer."""
        w = self.width
        rear = _arc(300, 198, 50, pi, 2 * pi)
        front = _arc(300, 198, 62, pi, 0)
        inner = lighter(self.hide, 0.12)
        back_d = outline(
            rear,
            [rear[-1], (rear[-1][0], rear[-1][1] + w)],
            back([(x, y + w) for x, y in rear]),
            [(rear[0][0], rear[0][1] + w), rear[0]],
        )
        low = [(x, y + w) for x, y in front]
        front_d = outline(front, [front[-1], low[-1]], back(low), [low[0], front[0]])
        ends = "".join(
            gloom([(x, 290), (x, 300 + w + 10)], 30, 0.5, 8) for x in (front[0][0], front[-1][0])
        )
        light = glow([(150, 350 + w * 0.3), (190, 358 + w * 0.3)], w * 0.9, 0.22, 14) + glow(
            [(320, 357 + w * 0.3), (350, 350 + w * 0.3)], w * 0.8, 0.16, 14
        )
        drawn = (
            pool((244, 300 + w + 18), 196, 52, 0.2, 8)
            + piece(back_d, darker(inner, 0.25), self.material, gloom(rear, 20, 0.2, 8))
            + shadow(front_d, 4, 0.4, 0, 7)
            + piece(front_d, self.main, self.material, self._worked(front) + light + ends)
        )
        if self.stitched:
            drawn += stitches([(x, y + 4.5) for x, y in front], self.yarn, 1.0)
            drawn += stitches([(x, y + w - 4.5) for x, y in front], self.yarn, 1.0)
        return drawn + self._front()

    def _front(self) -> str:
        """Buckle, keeper and the tip with its holes, in the middle of the front."""
        w, y = self.width, 362 + self.width / 2
        if self.kind == "plate":
            plate = rounded(CX - 52, y - w / 2 - 5, 92, w + 10, 7)
            brushed = "".join(
                f'<path d="M{CX - 52},{y - w / 2 + k * 3}h92" stroke="#000" stroke-opacity=".07"/>'
                for k in range(-2, 24)
            )
            return (
                shadow(plate, 4, 0.5, 1, 5)
                + piece(
                    plate,
                    self.shine,
                    METAL,
                    brushed + glow([(200, y - 20), (250, y + 30)], 20, 0.5, 8),
                )
                + self._keeper(CX + 62, y)
            )
        tip = outline(
            [(CX - 10, y - w / 2 + 1), (CX + 100, y - w / 2 - 3)],
            [(CX + 100, y - w / 2 - 3), (CX + 124, y - 8), (CX + 100, y + w / 2 - 5)],
            [(CX + 100, y + w / 2 - 5), (CX - 10, y + w / 2 - 1)],
            [(CX - 10, y + w / 2 - 1), (CX - 10, y - w / 2 + 1)],
        )
        drawn = shadow(tip, 4, 0.45, 1, 4) + piece(tip, self.main, self.material, self._tip_work(y))
        if self.stitched:
            drawn += stitches(
                [
                    (CX - 8, y - w / 2 + 6),
                    (CX + 97, y - w / 2 + 2),
                    (CX + 116, y - 8),
                    (CX + 97, y + w / 2 - 10),
                    (CX - 8, y + w / 2 - 6),
                ],
                self.yarn,
                1.0,
            )
        if not self.plait and self.kind == "frame":
            drawn += "".join(
                f'<ellipse cx="{CX + 26 + i * 18}" cy="{y - 1 - i * 0.9:.1f}" rx="2.6" ry="3" '
                'fill="#0d0706" opacity=".9"/>'
                for i in range(4)
            )
        if self.kind == "rings":
            for dx in (-8, 8):
                frame = rounded(CX - 40 + dx, y - w / 2 - 9, 40, w + 18, 20)
                hole = rounded(CX - 35 + dx, y - w / 2 - 4, 30, w + 8, 16)
                drawn += cutout(frame, hole, self.shine)
            return drawn + self._keeper(CX + 74, y)
        size = Buckle(56, w + 24, self.shine, 6.2)
        return drawn + self._keeper(CX + 52, y) + buckle(Spot(CX - 14, y, -1), size)

    def _tip_work(self, y: float) -> str:
        w = self.width
        run = [(CX - 10, y - w / 2), (CX + 60, y - w / 2 - 2), (CX + 130, y - w / 2 - 4)]
        return self._worked(run) + glow([(CX, y - 12), (CX + 100, y - 14)], 12, 0.2, 4)

    def _keeper(self, x: float, y: float) -> str:
        w = self.width
        loop_ = rounded(x, y - w / 2 - 5, 15, w + 10, 4)
        return shadow(loop_, 2, 0.5, 1, 3) + piece(loop_, darker(self.hide, 0.06), STRAP)

    def rolled(self) -> str:
        """The belt rolled up on the table, seen a little from above, its buckle on the outside."""
        w = self.width
        drawn = pool((246, 330 + w + 20), 150, 74, 0.25, 8)
        layers = ((132, 84), (108, 67), (86, 52), (64, 37), (42, 23))
        # The outer wall first, so that nothing shows between the turns at the sides.
        wall = outline(
            _arc(330, 132, 84, pi, 2 * pi),
            [(372, 330), (372, 330 + w)],
            _arc(330 + w, 132, 84, 0, pi),
            [(108, 330 + w), (108, 330)],
        )
        drawn += piece(wall, darker(self.hide, 0.55), STRAP)
        for rx, ry in layers:
            rear = _arc(330, rx, ry, pi, 2 * pi)
            d = outline(
                rear,
                [rear[-1], (rear[-1][0], rear[-1][1] + w)],
                back([(x, y + w) for x, y in rear]),
                [(rear[0][0], rear[0][1] + w), rear[0]],
            )
            drawn += piece(d, darker(self.hide, 0.42), STRAP, glow(rear, 4, 0.3, 2))
        for rx, ry in reversed(layers):
            front = _arc(330, rx, ry, pi, 0)
            low = [(x, y + w) for x, y in front]
            d = outline(front, [front[-1], low[-1]], back(low), [low[0], front[0]])
            outer = rx == layers[0][0]
            edge = line(front)
            sheen = (
                gloom([(CX - rx, 330), (CX - rx, 420)], 24, 0.5, 8)
                + gloom([(CX + rx, 330), (CX + rx, 420)], 24, 0.55, 8)
                + glow([(CX - rx * 0.5, 330 + ry), (CX - rx * 0.2, 330 + ry + w)], 26, 0.22, 8)
            )
            drawn += piece(
                d, self.main, self.material, (self._worked(front) if outer else "") + sheen
            )
            drawn += (
                f'<path d="{edge}" fill="none" stroke="{lighter(self.hide, 0.22)}" '
                'stroke-width="2.4" stroke-opacity=".8"/>'
            )
            if outer and self.stitched:
                drawn += stitches([(x, y + 6) for x, y in front], self.yarn, 1.0)
                drawn += stitches([(x, y + w - 5) for x, y in front], self.yarn, 1.0)
        y = 330 + 84 + w / 2
        return (
            drawn
            + self._keeper(CX + 34, y - 3)
            + buckle(Spot(CX - 12, y, 0), Buckle(58, w + 24, self.shine, 6.2))
        )


def _arc(cy: float, rx: float, ry: float, start: float, end: float) -> Curve:
    return [
        (
            CX + rx * cos(start + (end - start) * i / 16),
            cy + ry * sin(start + (end - start) * i / 16),
        )
        for i in range(17)
    ]


def _braid(run: Curve, width: float) -> str:
    """Slanting strands that cross, along the strap whose upper edge is the run."""
    d = ""
    rows = 4
    cell = width / rows
    steps = int((run[-1][0] - run[0][0]) / cell)
    for i in range(steps + 2):
        x = run[0][0] + i * cell
        y = _height(run, x)
        for j in range(rows):
            cx, cy = x, y + (j + 0.5) * cell
            turn = 45 if (i + j) % 2 else -45
            d += (
                f'<g transform="translate({cx:.1f} {cy:.1f}) rotate({turn})">'
                f'<rect x="{-cell * 0.7:.1f}" y="{-cell * 0.34:.1f}" width="{cell * 1.4:.1f}" '
                f'height="{cell * 0.68:.1f}" rx="{cell * 0.3:.1f}" fill="#fff" fill-opacity=".16" '
                f'stroke="{INK}" stroke-opacity=".55" stroke-width="1.4"/></g>'
            )
    return d


def _height(run: Curve, x: float) -> float:
    """The y of a left-to-right run at x."""
    for a, b in pairwise(run):
        if a[0] <= x <= b[0]:
            return a[1] + (b[1] - a[1]) * (x - a[0]) / max(b[0] - a[0], 1e-9)
    return run[-1][1]
