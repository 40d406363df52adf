"""Sunglasses from the front and a little above, their temples open behind them."""

from __future__ import annotations

from dataclasses import dataclass

from studio.curves import Point, band, bounds, ellipse, line, loop
from studio.fittings import shimmer, stud, wire
from studio.geometry import Box
from studio.palette import colour, lighter
from studio.surfaces import ACETATE, INK, METAL, Material, clipped, made, piece, shadow, softened

Curve = list[Point]

# The right lens of each shape, about the bridge at (0, 0); the left one is its mirror image.
LENSES: dict[str, Curve] = {
    "classic": [
        (20, -28),
        (70, -40),
        (132, -42),
        (160, -34),
        (156, 8),
        (138, 46),
        (90, 58),
        (46, 48),
        (24, 12),
    ],
    "aviator": [
        (18, -34),
        (70, -42),
        (130, -38),
        (156, -18),
        (150, 34),
        (116, 70),
        (70, 68),
        (34, 36),
        (18, 0),
    ],
    "round": [(24, 4), (36, -36), (76, -56), (120, -46), (142, -8), (132, 36), (94, 58), (50, 46)],
    "cat-eye": [
        (20, -18),
        (64, -38),
        (124, -52),
        (172, -66),
        (164, -18),
        (140, 32),
        (92, 48),
        (44, 38),
        (24, 10),
    ],
    "square": [
        (16, -40),
        (80, -52),
        (146, -50),
        (166, -42),
        (166, 20),
        (154, 54),
        (90, 64),
        (32, 54),
        (16, 20),
    ],
    "sport": [
        (10, -24),
        (70, -38),
        (140, -36),
        (188, -16),
        (180, 10),
        (130, 34),
        (70, 36),
        (26, 24),
        (12, 4),
    ],
}

# The breadth of an acetate rim.
_THICKNESS = {
    "classic": 13,
    "square": 12,
    "cat-eye": 12,
    "round": 10,
    "sport": 8,
    "aviator": 9,
}


@dataclass(frozen=True, slots=True)
class Sunglasses:
    """A pair of sunglasses. A `metal` frame is thin wire; otherwise it is acetate."""

    shape: str
    frame: str
    lens: tuple[str, str] = ("#1f2226", "#6c6f73")
    metal: str = ""
    print_: str = ""
    tips: str = "Black"
    size: float = 1.0
    mirror: bool = False  # a bright coating with a coloured sky in it

    @property
    def material(self) -> Material:
        return METAL if self.metal else ACETATE

    @property
    def fill(self) -> str:
        return f"url(#g-{self.metal})" if self.metal else colour(self.frame)

    def drawn(self) -> str:
        """The glasses as SVG in picture units, with their shadow on the table."""
        return (
            f'<g transform="translate(240 348) rotate(-3) scale({self.size})">'
            f"{self._defs()}{self._cast()}{self._temples()}{self._lenses()}{self._front()}</g>"
        )

    def _defs(self) -> str:
        stops = "".join(
            f'<stop offset="{at}" stop-color="{tone}" stop-opacity="{alpha}"/>'
            for at, tone, alpha in ((0, self.lens[0], 0.97), (1, self.lens[1], 0.82))
        )
        return f'<linearGradient id="lens" x1="0" y1="0" x2=".15" y2="1">{stops}</linearGradient>'

    def _corner(self) -> Point:
        """The upper outer corner of the right lens, where the temple is hinged."""
        return max(LENSES[self.shape], key=lambda p: p[0] - 0.6 * p[1])

    def _both(self, right: Curve) -> tuple[Curve, Curve]:
        return right, [(-x, y) for x, y in right]

    def _cast(self) -> str:
        drawn = ""
        for points in self._both(LENSES[self.shape]):
            drawn += shadow(loop(points), 8, 0.26, 8, 26)
        for way in (-1, 1):
            reach = self._corner()[0]
            run: Curve = [(way * reach, -4), (way * (reach - 10), -60), (way * (reach - 32), -120)]
            drawn += shadow(band(run, 9), 4, 0.22, 12, 16)
        return drawn

    def _temples(self) -> str:
        """The side arms, going back and up, their tips bent down behind the ears."""
        drawn = ""
        reach, high = self._corner()
        for way in (-1, 1):
            run: Curve = [
                (way * (reach + 4), high),
                (way * (reach - 6), high - 56),
                (way * (reach - 22), high - 118),
                (way * (reach - 32), high - 150),
            ]
            tip: Curve = [
                run[3],
                (way * (reach - 38), high - 166),
                (way * (reach - 46), high - 166),
                (way * (reach - 50), high - 146),
            ]
            if self.metal:
                drawn += wire(run, 4.2, self.fill)
                d = band([run[2], *tip], 8, 24)
                drawn += shadow(d, 1, 0.4, 1, 2) + piece(d, colour(self.tips), ACETATE)
                continue
            arm = band(run, lambda t: 17 - 8 * t, 24)
            end = band(tip, lambda t: 9 + 2 * t, 16)
            drawn += piece(end, self.fill, ACETATE, self.print_)
            drawn += shadow(arm, 2, 0.3, 1, 3) + piece(arm, self.fill, ACETATE, self.print_)
        return drawn

    def _lenses(self) -> str:
        drawn = ""
        for way, points in zip((1, -1), self._both(LENSES[self.shape]), strict=True):
            d = loop(points)
            cx = sum(x for x, _ in points) / len(points)
            flare = (
                f'<path d="M{cx - 46},-80L{cx + 2},-80L{cx - 40},90L{cx - 92},90Z" fill="#fff" '
                f'opacity=".13"/><path d="M{cx + 12},-80L{cx + 24},-80L{cx - 18},90L{cx - 30},90Z" '
                'fill="#fff" opacity=".10"/>'
            )
            sky = ""
            if self.mirror:
                sky = shimmer((cx, -52), 90, 44, 0.5, 8) + softened(
                    f'<ellipse cx="{cx + 10:.1f}" cy="52" rx="90" ry="30" opacity=".7" '
                    f'fill="{lighter(self.lens[1], 0.4)}"/>',
                    bounds(ellipse(cx + 10, 52, 90, 30)),
                    8,
                )
            edge = (
                f'<path d="{d}" fill="none" stroke="{INK}" stroke-opacity=".55" stroke-width="9"/>'
            )
            rim = softened(edge, bounds(d, 5), 2) + shimmer((cx + way * 30, 44), 40, 9, 0.22, 4)
            drawn += f'<path d="{d}" fill="url(#lens)"/>' + clipped(d, sky + flare + rim)
        return drawn

    def _front(self) -> str:
        right, left = self._both(LENSES[self.shape])
        if self.metal:
            return self._wires(right, left)
        thick = _THICKNESS[self.shape]
        rims = ""
        for points in (right, left):
            rims += self._stroke(loop(points), thick)
        high = right[0][1]
        bridge: Curve = [(-24, high + 12), (0, high + 1), (24, high + 12)]
        rims += self._stroke(line(bridge), thick * 0.95)
        corner = self._corner()
        for way in (-1, 1):
            end: Curve = [
                (way * (corner[0] - 11), corner[1] + 1),
                (way * corner[0], corner[1] - 2),
                (way * (corner[0] + 9), corner[1] + 7),
            ]
            rims += self._stroke(line(end), thick + 4)
        printed = self._printed(right, left, thick) if self.print_ else ""
        drawn = made(rims + printed, Box(-220, -100, 220, 100), ACETATE)
        for way in (-1, 1):
            drawn += stud((way * (corner[0] + 1), corner[1] + 1), 3, "url(#g-steel)")
        return drawn

    def _stroke(self, d: str, width: float) -> str:
        return (
            f'<path d="{d}" fill="none" stroke="{self.fill}" stroke-width="{width:.1f}" '
            'stroke-linejoin="round" stroke-linecap="round"/>'
        )

    def _printed(self, right: Curve, left: Curve, thick: float) -> str:
        """The pattern on the rims, through a mask of their strokes."""
        strokes = "".join(
            f'<path d="{loop(points)}" fill="none" stroke="#fff" stroke-width="{thick}"/>'
            for points in (right, left)
        )
        return (
            f'<mask id="rims" maskUnits="userSpaceOnUse" x="-220" y="-120" width="440" '
            f'height="240">{strokes}</mask><g mask="url(#rims)">{self.print_}</g>'
        )

    def _wires(self, right: Curve, left: Curve) -> str:
        drawn = ""
        for points in (right, left):
            closed = loop(points)
            box = bounds(closed, 3)
            ring_ = f'<path d="{closed}" fill="none" stroke-width="4.6"'
            dark = f'{ring_} stroke="{INK}" stroke-opacity=".4" transform="translate(.6 2)"/>'
            drawn += softened(dark, box.grown(2), 1)
            drawn += made(f'{ring_} stroke="{self.fill}"/>', box, METAL)
        high = right[0][1]
        drawn += wire([(-22, high + 16), (0, high + 8), (22, high + 16)], 4.4, self.fill)
        if self.shape == "aviator":
            drawn += wire([(-52, high - 4), (0, high - 8), (52, high - 4)], 4, self.fill)
        for way in (-1, 1):
            pad = band([(way * 15, high + 34), (way * 20, high + 48)], 8, 8)
            drawn += f'<path d="{pad}" fill="#f3ede0" opacity=".8"/>'
            corner = max(right, key=lambda p: p[0])
            drawn += wire(
                [
                    (way * (corner[0] - 3), -20),
                    (way * (corner[0] + 5), -26),
                    (way * (corner[0] + 4), -34),
                ],
                6,
                self.fill,
            )
        return drawn
