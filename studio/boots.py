"""Boots in profile: Chelsea boots, laced boots and rubber rain boots."""

from __future__ import annotations

from dataclasses import dataclass

from studio.curves import Point, Spot, back, band, beside, line, outline, ring, spots
from studio.dress_shoes import welted_sole
from studio.fittings import (
    Belting,
    Buckle,
    bow,
    buckle,
    eyelet,
    gloom,
    glow,
    groove,
    lace,
    pool,
    puller,
    seam,
    stitches,
    strap,
    tape,
    zipper,
)
from studio.palette import colour, contrast, darker, lighter
from studio.surfaces import (
    FOAM,
    KNIT,
    LINING,
    PATENT,
    RUBBER,
    SMOOTH,
    Material,
    clipped,
    piece,
    shadow,
)

Curve = list[Point]

HEEL: Curve = [(12, -28), (2, -56), (8, -96), (24, -140), (22, -214)]
TOP: Curve = [(22, -214), (58, -208), (98, -210), (132, -220)]
FAR_TOP: Curve = [(22, -214), (60, -224), (104, -228), (132, -220)]
SHIN: Curve = [(132, -220), (134, -176), (146, -136), (178, -106), (218, -84)]
VAMP: Curve = [(218, -84), (262, -68), (312, -62), (358, -57), (390, -42), (404, -18)]
FEATHER: Curve = [(404, -18), (340, -10), (250, -12), (180, -21), (110, -29), (12, -31)]


def lug_sole(tone: str) -> str:
    """A thick sole with deep cleats and a stitched rand."""
    body = outline(
        [(4, -38), (60, -38), (120, -35), (200, -28), (300, -24), (402, -30)],
        [(402, -30), (412, -24), (408, -12), (394, -6)],
        [(394, -6), (340, -1), (250, -1)],
        [(250, -1), (190, -7), (120, -10)],
        [(120, -10), (108, 0)],
        [(108, 0), (10, 0)],
        [(10, 0), (3, -16), (4, -38)],
    )
    cleats = "".join(
        f'<path d="M{x},-10l-3,14" stroke="#000" stroke-opacity=".65" stroke-width="4"/>'
        for x in (*range(22, 108, 17), *range(214, 404, 17))
    )
    rows = glow([(8, -33), (120, -30), (300, -19), (400, -25)], 4, 0.3, 2)
    welt: Curve = [(8, -34), (60, -34), (120, -31), (200, -24), (300, -20), (400, -26)]
    return (
        shadow(body, 2, 0.45, 0, -2)
        + piece(body, colour(tone), RUBBER, cleats + rows)
        + stitches(welt, lighter(tone, 0.55), 1.0, "3.4 2.2")
    )


@dataclass(frozen=True, slots=True)
class Boot:
    """An ankle boot. `style` is chelsea, laced or zip."""

    leather: str
    style: str = "chelsea"
    collar: str = ""  # padded collar's colour
    lining: str = "#c9a680"
    sole: str = "#2b211b"
    lugs: bool = False
    laces: str = ""
    gore: str = ""
    material: Material = SMOOTH
    metal: str = "url(#g-brass)"

    @property
    def yarn(self) -> str:
        return contrast(self.leather, 0.35)

    def drawn(self) -> str:
        """The boot as SVG in its own frame."""
        parts = {"chelsea": self._gore, "laced": self._lacing, "zip": self._zip}
        sole = lug_sole(self.sole) if self.lugs else welted_sole(self.sole)
        return self._inside() + self._body() + self._seams() + parts[self.style]() + sole

    def _inside(self) -> str:
        hole = outline(FAR_TOP, back(TOP))
        drawn = strap([(30, -206), (26, -236), (38, -240), (40, -210)], 7, self._belting())
        if self.style == "laced":
            drawn += self._tongue()
        return (
            drawn
            + piece(hole, colour(self.lining), LINING)
            + clipped(hole, pool((84, -206), 58, 9, 0.6))
        )

    def _belting(self) -> Belting:
        return Belting(colour(self.leather), self.yarn)

    def _tongue(self) -> str:
        flap = outline(
            [(104, -214), (112, -250), (150, -250), (164, -224)],
            [(164, -224), (166, -180), (182, -138), (226, -96), (240, -78)],
            [(240, -78), (210, -80)],
            [(210, -80), (140, -140), (104, -214)],
        )
        return piece(flap, darker(self.leather, 0.12), self.material) + stitches(
            beside([(112, -232), (116, -247), (148, -247), (160, -224)], 4), self.yarn, 0.9
        )

    def _body(self) -> str:
        body = outline(HEEL, TOP, SHIN, VAMP, FEATHER)
        shading = (
            glow([(60, -200), (66, -150), (72, -100)], 26, 0.20, 14)
            + glow([(322, -50), (364, -46), (386, -34)], 12, 0.45, 4)
            + glow([(24, -74), (90, -64), (170, -52), (250, -36)], 24, 0.18, 8)
            + gloom([(30, -118), (70, -112), (120, -128)], 7, 0.28)
            + gloom([(40, -134), (80, -130), (122, -150)], 6, 0.22)
            + gloom([(244, -20), (250, -44), (266, -64)], 6, 0.28)
            + gloom([(270, -20), (278, -42), (292, -60)], 5, 0.22)
            + gloom([(6, -38), (110, -35), (200, -26), (404, -20)], 10, 0.5)
        )
        return shadow(body, 4, 0.3, 0, 3) + piece(
            body, colour(self.leather), self.material, shading
        )

    def _seams(self) -> str:
        drawn = seam([(134, -30), (112, -50), (76, -62), (66, -96)], self.yarn, 3)
        drawn += seam([(234, -16), (220, -40), (204, -66), (218, -84)], self.yarn, 3)
        if self.collar:
            cuff = band(beside(TOP, 8), 24)
            folds = gloom([(60, -214), (62, -190)], 3, 0.3, 2) + gloom(
                [(96, -214), (97, -192)], 3, 0.3, 2
            )
            drawn += shadow(cuff, 2, 0.4, 0, 2) + piece(cuff, colour(self.collar), FOAM, folds)
        else:
            drawn += stitches(beside(TOP, 4), self.yarn, 0.95)
        return drawn

    def _gore(self) -> str:
        gore = outline(
            [(50, -209), (78, -209), (106, -212)],
            [(106, -212), (110, -160), (96, -104)],
            [(96, -104), (84, -98), (74, -104)],
            [(74, -104), (56, -160), (50, -209)],
        )
        ribs = "".join(
            f'<path d="M{x},-220L{84 + (x - 80) * 0.42:.1f},-90" stroke="#000" '
            'stroke-opacity=".42" stroke-width="1.5"/>'
            for x in range(44, 116, 5)
        )
        edge: Curve = [
            (45, -207),
            (51, -160),
            (70, -102),
            (84, -93),
            (101, -102),
            (115, -160),
            (111, -210),
        ]
        loop = strap([(112, -206), (116, -238), (128, -240), (126, -212)], 7, self._belting())
        tone = colour(self.gore) if self.gore else darker(self.leather, 0.35)
        return loop + piece(gore, tone, KNIT, ribs) + stitches(edge, self.yarn, 1.0)

    def _lacing(self) -> str:
        near = spots(beside(SHIN, 10), 8, 0.04, 0.96)
        far_run: Curve = [(158, -230), (162, -184), (178, -144), (206, -114), (246, -86)]
        far = spots(far_run, 8, 0.04, 0.92)
        cord = colour(self.laces) if self.laces else darker(self.leather, 0.4)
        drawn = stitches(beside(SHIN, 4), self.yarn, 0.95) + stitches(
            beside(SHIN, 21), self.yarn, 0.95
        )
        drawn += "".join(eyelet(s, self.metal, 4.4) for s in near)
        for a, b in zip(near[1:], far, strict=False):
            drawn += lace((a.x + 8, a.y - 5), (b.x, b.y), 4.6, darker(cord, 0.15), 2)
        for a, b in zip(near, far, strict=True):
            drawn += lace((a.x, a.y), (b.x + 1, b.y - 1), 5.4, cord)
        return drawn + bow(((near[0].x + far[0].x) / 2, near[0].y + 4), 25, 4, cord)

    def _zip(self) -> str:
        run: Curve = [(84, -206), (86, -150), (96, -96), (112, -58), (118, -38)]
        flap = band(beside(run, 0), 18)
        return (
            piece(flap, darker(self.leather, 0.1), self.material)
            + stitches(beside(run, 12), self.yarn, 0.95)
            + stitches(beside(run, -12), self.yarn, 0.95)
            + zipper(run, darker(self.leather, 0.4), "#c9ced3", 10)
            + puller(Spot(84, -202, 0), "url(#g-steel)")
            + strap([(26, -196), (76, -190), (128, -198)], 13, self._belting())
            + buckle(Spot(52, -193, 2), Buckle(16, 20, "url(#g-steel)", 2.6))
        )


@dataclass(frozen=True, slots=True)
class RainBoot:
    """A rubber boot with a printed shaft, for puddles."""

    rubber: str
    rim: str
    print_: str = ""
    handles: bool = False
    strap: bool = False
    sole: str = ""

    def drawn(self) -> str:
        """The boot as SVG in its own frame."""
        heel: Curve = [(18, -22), (8, -56), (14, -96), (28, -140), (30, -200), (20, -262)]
        top: Curve = [(20, -262), (62, -253), (112, -254), (152, -268)]
        far: Curve = [(20, -262), (64, -276), (116, -280), (152, -268)]
        front: Curve = [
            (152, -268),
            (148, -210),
            (152, -150),
            (178, -112),
            (232, -90),
            (300, -82),
            (358, -76),
            (392, -54),
            (402, -20),
        ]
        body = outline(heel, top, front, [(402, -20), (210, -14), (18, -22)])
        hole = outline(far, back(top))
        shade = (
            glow([(64, -246), (66, -180), (60, -110)], 24, 0.34, 8)
            + glow([(300, -68), (352, -62), (380, -48)], 14, 0.6, 4)
            + glow([(120, -70), (200, -66), (260, -62)], 14, 0.25, 8)
            + gloom([(130, -250), (132, -180), (140, -130)], 22, 0.16, 8)
            + gloom([(40, -122), (84, -112), (132, -124)], 7, 0.22)
            + gloom([(10, -24), (200, -20), (402, -26)], 12, 0.45)
        )
        drawn = piece(hole, darker(self.rim, 0.15), LINING) + clipped(
            hole, pool((90, -252), 66, 10, 0.6)
        )
        drawn += shadow(body, 4, 0.3, 0, 3)
        drawn += piece(body, colour(self.rubber), PATENT, self.print_ + shade)
        drawn += self._details(beside(top, 4))
        return drawn + self._sole()

    def _details(self, rim: Curve) -> str:
        trim = colour(self.rim)
        toe = outline(
            [(318, -16), (310, -44), (330, -62), (384, -48), (402, -18)], [(402, -18), (318, -16)]
        )
        heel = outline(
            [(18, -20), (8, -56), (10, -74)],
            [(10, -74), (44, -60), (64, -18)],
            [(64, -18), (18, -20)],
        )
        drawn = piece(toe, trim, PATENT) + piece(heel, trim, PATENT)
        drawn += tape(rim, 9, trim)
        drawn += groove(line([(30, -140), (80, -128), (148, -150)]), 0.35)
        if self.handles:
            for centre in ((46, -240), (118, -242)):
                d = line(ring(centre, 15, 9, 0, 359, 17)) + "Z"
                drawn += f'<path d="{d}" fill="none" stroke="{trim}" stroke-width="4"/>' + groove(
                    d, 0.4
                )
        if self.strap:
            drawn += strap([(24, -216), (80, -206), (150, -218)], 14, Belting(trim))
            drawn += buckle(Spot(64, -208, 4), Buckle(18, 22, "url(#g-steel)", 2.8))
        return drawn

    def _sole(self) -> str:
        tone = colour(self.sole or self.rim)
        sole = outline(
            [(12, -26), (110, -22), (240, -20), (398, -26)],
            [(398, -26), (410, -24), (408, -10), (390, -4)],
            [(390, -4), (330, 0), (140, 0)],
            [(140, 0), (128, -6), (112, -6), (104, 0)],
            [(104, 0), (18, 0)],
            [(18, 0), (8, -10), (12, -26)],
        )
        cleats = "".join(
            f'<path d="M{x},-8v10" stroke="#000" stroke-opacity=".4" stroke-width="2.6"/>'
            for x in range(24, 400, 11)
        )
        return shadow(sole, 2, 0.4, 0, -2) + piece(sole, tone, RUBBER, cleats)
