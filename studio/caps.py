"""Baseball caps seen from the front quarter, and knitted hats."""

from __future__ import annotations

import random
from dataclasses import dataclass
from math import cos, pi, sin

from studio.curves import Point, back, beside, line, loop, outline, spots
from studio.finishes import ribs
from studio.fittings import Belting, eyelet, gloom, glow, groove, pool, stitches, strap
from studio.geometry import Box
from studio.palette import colour, contrast, darker, lighter, mix
from studio.surfaces import CANVAS, FOAM, INK, KNIT, LINING, Material, clipped, made, piece, shadow

Curve = list[Point]

# The cap is turned three quarters away: its brim points to the lower left.
CROWN: Curve = [
    (126, 350),
    (124, 300),
    (146, 242),
    (196, 198),
    (266, 181),
    (336, 192),
    (388, 234),
    (410, 296),
    (413, 350),
    (404, 392),
]
HEM: Curve = [(126, 350), (160, 370), (210, 385), (280, 394), (350, 397), (404, 392)]
BUTTON: Point = (274, 182)
# Seams between the panels, from the button down to the hem.
FRONT: Curve = [BUTTON, (212, 212), (168, 280), (161, 370)]
SIDE: Curve = [BUTTON, (276, 236), (282, 310), (284, 394)]
REAR: Curve = [BUTTON, (334, 214), (362, 290), (366, 396)]
# Where the brim is sewn on, and its free edge, both from the far end to the near one.
ROOT: Curve = [(122, 344), (156, 366), (204, 382), (268, 393)]
RIM: Curve = [
    (122, 344),
    (84, 352),
    (46, 376),
    (26, 408),
    (36, 426),
    (84, 432),
    (146, 428),
    (212, 415),
    (268, 393),
]


@dataclass(frozen=True, slots=True)
class Cap:
    """A six-panel cap. `brim` and `front` recolour those parts; `mesh` nets the rear ones."""

    cloth: str
    brim: str = ""
    front: str = ""
    material: Material = CANVAS
    print_: str = ""
    mesh: bool = False

    @property
    def main(self) -> str:
        return colour(self.cloth)

    @property
    def visor(self) -> str:
        return colour(self.brim or self.cloth)

    @property
    def yarn(self) -> str:
        return contrast(self.cloth, 0.32)

    def drawn(self) -> str:
        """The cap as SVG in picture units."""
        ground = pool((262, 402), 160, 12, 0.4, 8) + pool((150, 432), 110, 10, 0.3, 8)
        return ground + self._crown() + self._closure() + self._brim()

    def _crown(self) -> str:
        shape = outline(CROWN, back(HEM))
        light = (
            glow([(176, 250), (214, 216), (262, 204)], 34, 0.34, 14)
            + glow([(214, 270), (212, 340)], 46, 0.12, 14)
            + gloom([(382, 240), (408, 310), (404, 388)], 34, 0.36, 14)
            + gloom([(126, 300), (128, 346)], 14, 0.25, 8)
            + gloom(HEM, 16, 0.36, 8)
        )
        drawn = shadow(shape, 2, 0.3, 0, 3)
        drawn += piece(shape, self.main, self.material, self.print_ + light)
        if self.front:
            front = outline(CROWN[:5], [CROWN[4], BUTTON], SIDE, [SIDE[-1], *back(HEM)[2:]])
            drawn += piece(front, colour(self.front), FOAM if self.mesh else self.material, light)
        if self.mesh:
            drawn += clipped(outline(SIDE, [SIDE[-1], *HEM[3:]], back(CROWN)), _net())
        for run in (SIDE, REAR) if self.front else (FRONT, SIDE, REAR):
            drawn += groove(line(run), 0.55)
            drawn += stitches(beside(run, 4), self.yarn, 0.9)
            drawn += stitches(beside(run, -4), self.yarn, 0.9)
        if not self.mesh:
            for at in ((208, 256), (318, 246), (384, 272)):
                drawn += eyelet(at, self.main, 4.6)
        top = loop([(260, 182), (267, 174), (281, 174), (288, 182), (280, 187), (268, 187)])
        knob = piece(top, colour(self.brim or self.cloth), self.material)
        return drawn + shadow(top, 1, 0.4, 1, 2) + knob

    def _closure(self) -> str:
        """The arched gap at the back with its strap."""
        arch: Curve = [(362, 397), (366, 366), (384, 354), (401, 362), (404, 392)]
        gap = outline(arch, [arch[-1], arch[0]])
        rim = Belting(self.main, self.yarn)
        return (
            piece(gap, darker(self.cloth, 0.6), LINING)
            + stitches(beside(arch, -4), self.yarn, 0.9)
            + strap([(356, 393), (384, 394), (407, 389)], 11, rim)
        )

    def _brim(self) -> str:
        """The curved visor with its rows of stitches, and the edge of its underside."""
        top = outline(RIM, back(ROOT))
        under = outline(
            [(26, 406), (36, 426), (84, 432), (146, 428), (212, 415), (266, 394)],
            [(266, 394), (214, 424), (148, 440), (86, 443), (36, 436), (24, 420), (26, 406)],
        )
        near, far = spots(ROOT, 25), spots(RIM, 25)
        rows = "".join(
            stitches(
                [
                    (a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share)
                    for a, b in zip(near, far, strict=True)
                ][1:-1],
                contrast(self.visor, 0.30),
                0.9,
            )
            for share in (0.16, 0.32, 0.48, 0.64, 0.80, 0.93)
        )
        light = (
            glow([(66, 386), (110, 380), (160, 394)], 22, 0.34, 8)
            + gloom(ROOT, 16, 0.42, 4)
            + gloom([(60, 424), (150, 420), (240, 402)], 14, 0.24, 8)
        )
        own = "" if self.brim else self.print_
        return (
            shadow(top, 4, 0.4, 2, 12)
            + piece(under, darker(self.visor, 0.42), LINING)
            + piece(top, self.visor, self.material, own + light)
            + clipped(top, rows)
        )


def _net() -> str:
    """The holes of a net, over the whole crown."""
    return "".join(
        f'<circle cx="{x + (y % 14) / 2}" cy="{y}" r="1.8" fill="{INK}" opacity=".45"/>'
        for x in range(260, 420, 7)
        for y in range(182, 400, 7)
    )


@dataclass(frozen=True, slots=True)
class Beanie:
    """A knitted hat with a turned cuff; `pompom` is its colour or empty."""

    wool: str
    cuff: str = ""
    pompom: str = ""
    print_: str = ""
    cable: bool = False

    def drawn(self) -> str:
        """The hat as SVG in picture units."""
        crown = outline(
            [
                (122, 400),
                (116, 330),
                (136, 260),
                (188, 208),
                (240, 194),
                (292, 208),
                (346, 258),
                (366, 330),
                (358, 400),
            ],
            [(358, 400), (240, 412), (122, 400)],
        )
        light = (
            glow([(180, 250), (164, 320), (166, 390)], 50, 0.26, 14)
            + gloom([(346, 270), (362, 340), (352, 400)], 34, 0.36, 14)
            + gloom([(122, 330), (126, 400)], 14, 0.25, 8)
        )
        knit = self._wales() + (self._cables() if self.cable else "")
        drawn = piece(crown, colour(self.wool), KNIT, self.print_ + knit + light)
        if self.pompom:
            drawn += self._ball((240, 186))
        return drawn + self._cuff()

    def _wales(self) -> str:
        """Ribs that run together at the top."""
        return "".join(
            f'<path d="M{240 + i * 14.5},410C{240 + i * 15},330 {240 + i * 12.5},250 '
            f'{240 + i * 3.4},188" fill="none" stroke="{INK}" stroke-opacity=".20" '
            f'stroke-width="4.2"/>'
            for i in range(-9, 10)
        )

    def _cables(self) -> str:
        drawn = ""
        for i in (-6, -2, 2, 6):
            for k in range(8):
                y = 396 - k * 26
                x = 240 + i * 14.5 * (1 - 0.055 * k * k * 0.32)
                for way in (-1, 1):
                    run = [(x - 9 * way, y), (x, y - 13), (x + 9 * way, y - 26)]
                    d = line(run)
                    drawn += (
                        f'<path d="{d}" fill="none" stroke="{INK}" stroke-opacity=".35" '
                        f'stroke-width="10"/><path d="{d}" fill="none" '
                        f'stroke="{lighter(self.wool, 0.10)}" stroke-width="7.4"/>'
                    )
        return drawn

    def _cuff(self) -> str:
        cuff = outline(
            [(114, 392), (240, 408), (366, 392)],
            [(366, 392), (374, 424), (366, 458)],
            [(366, 458), (240, 474), (114, 458)],
            [(114, 458), (106, 424), (114, 392)],
        )
        light = glow([(150, 416), (220, 424)], 40, 0.26, 14) + gloom(
            [(352, 400), (362, 456)], 34, 0.34, 14
        )
        return shadow(cuff, 4, 0.45, 0, 2) + piece(
            cuff, colour(self.cuff or self.wool), KNIT, ribs(11, 100, 380, 280, 110) + light
        )

    def _ball(self, at: Point) -> str:
        """A pompom: many short strands of wool."""
        x, y = at
        tone = colour(self.pompom)
        # Its own fixed seed: every ball of wool may be alike, none may change.
        rng = random.Random(11)
        strands = ""
        for i in range(420):
            a = rng.uniform(0, 2 * pi)
            r = 40 * (i / 420) ** 0.5 if i % 2 else 40 * (1 - (i / 420) ** 2)
            shade = mix(darker(tone, 0.34), lighter(tone, 0.25), rng.random())
            px, py, lean = x + r * cos(a), y + r * 0.94 * sin(a), a + rng.uniform(-0.7, 0.7)
            strands += (
                f'<path d="M{px:.1f},{py:.1f}l{10 * cos(lean):.1f},{10 * sin(lean):.1f}" '
                f'stroke="{shade}" stroke-width="2" stroke-linecap="round"/>'
            )
        disc = f'<circle cx="{x}" cy="{y}" r="40" fill="{tone}"/>'
        return made(disc + strands, Box(x - 52, y - 52, x + 52, y + 52), KNIT)
