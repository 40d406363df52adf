"""Sneakers in profile: canvas low and high tops, slip-ons, and velcro shoes for children."""

from __future__ import annotations

from dataclasses import dataclass

from studio.curves import Point, back, band, beside, line, outline, spots
from studio.fittings import (
    Belting,
    eyelet,
    gloom,
    glow,
    lace,
    perforations,
    pool,
    seam,
    shimmer,
    stitches,
    strap,
)
from studio.palette import colour, contrast, darker
from studio.surfaces import (
    CANVAS,
    FOAM,
    INK,
    KNIT,
    LINING,
    RUBBER,
    Material,
    clipped,
    piece,
    shadow,
)

Curve = list[Point]


@dataclass(frozen=True, slots=True)
class Cut:
    """The lines of an upper, heel to toe; `far` lines belong to the shoe's other side."""

    heel: Curve
    collar: Curve
    throat: Curve
    far_collar: Curve
    far_throat: Curve
    tongue: Curve  # its free edge, near bottom over the top to far bottom
    eyelets: int


VAMP: Curve = [(254, -61), (286, -60), (326, -63), (364, -59), (391, -42), (402, -14)]

LOW = Cut(
    heel=[(20, -14), (10, -36), (9, -64), (19, -99)],
    collar=[(18, -99), (42, -91), (74, -84), (106, -91), (134, -113)],
    throat=[(134, -113), (178, -97), (224, -76), (254, -61)],
    far_collar=[(18, -99), (44, -108), (86, -108), (128, -120), (158, -133)],
    far_throat=[(158, -133), (202, -115), (248, -90), (280, -64)],
    tongue=[(128, -108), (108, -138), (116, -158), (140, -161), (160, -146), (170, -128)],
    eyelets=6,
)
HIGH = Cut(
    heel=[(20, -14), (10, -38), (13, -84), (28, -132), (26, -186)],
    collar=[(26, -186), (52, -191), (82, -193), (112, -194)],
    throat=[(112, -194), (126, -150), (160, -110), (208, -82), (254, -61)],
    far_collar=[(26, -186), (54, -204), (94, -209), (139, -208)],
    far_throat=[(139, -208), (153, -164), (188, -124), (236, -93), (280, -64)],
    tongue=[(106, -186), (92, -216), (102, -237), (130, -238), (146, -222), (148, -198)],
    eyelets=8,
)


@dataclass(frozen=True, slots=True)
class Sneaker:
    """A sneaker's colours and make. Colours are palette names or hex."""

    upper: str
    patch: str = ""  # heel patch and eyestay; as the upper when empty
    sole: str = "#f3f0e8"
    stripe: str = ""
    lining: str = "#e4ddd0"
    laces: str = "#f7f5f0"
    thread: str = ""
    cap: str = ""  # rubber toe cap
    high: bool = False
    closure: str = "laces"  # or "velcro", "slip"
    material: Material = CANVAS
    print_: str = ""
    cup: bool = False  # a thick cup sole instead of a vulcanised one
    punched: bool = False  # perforations along the side

    @property
    def cut(self) -> Cut:
        return HIGH if self.high else LOW

    @property
    def yarn(self) -> str:
        return colour(self.thread) if self.thread else contrast(self.upper, 0.5)

    @property
    def contrast(self) -> str:
        return colour(self.patch or self.upper)

    def drawn(self) -> str:
        """The shoe as SVG in its own frame."""
        if self.closure == "slip":
            return self._slip_inside() + self._slip_upper() + self._toe() + self._sole()
        fastening = self._straps() if self.closure == "velcro" else self._lacing()
        return (
            self._inside() + self._tongue() + self._body() + fastening + self._toe() + self._sole()
        )

    # -- the upper -----------------------------------------------------------

    def _inside(self) -> str:
        cut = self.cut
        hole = outline(cut.far_collar, [cut.far_collar[-1], cut.throat[0]], back(cut.collar))
        x, y = cut.collar[2]
        return (
            piece(hole, colour(self.lining), LINING)
            + clipped(hole, pool((x, y + 2), 72, 14, 0.55))
            + stitches(beside(cut.far_collar, 4), darker(self.lining, 0.3), 0.8)
        )

    def _tongue(self) -> str:
        cut = self.cut
        stay = outline(
            [*cut.far_throat, (288, -60)],
            [(288, -60), (250, -60)],
            [(250, -60), (200, -90), cut.throat[0]],
        )
        low = cut.tongue[-1]
        flap = outline(
            cut.tongue,
            [low, *[(x - 7, y + 6) for x, y in cut.far_throat[1:]]],
            [(272, -58), (246, -58)],
            [(246, -58), (200, -84), cut.tongue[0]],
        )
        edge = beside(cut.tongue[:-1], 6)
        return (
            piece(stay, self.contrast, self.material)
            + shadow(flap, 4, 0.35, 0, 3)
            + piece(flap, colour(self.upper), self.material)
            + stitches(edge[2:], self.yarn, 0.9)
        )

    def _shading(self) -> str:
        """Folds where the foot bends, light along the side, shade above the sole."""
        return (
            glow([(330, -50), (368, -44)], 16, 0.35)
            + glow([(30, -66), (110, -62), (200, -52), (258, -42)], 30, 0.16, 14)
            + gloom([(262, -18), (262, -40), (274, -60)], 6, 0.30)
            + gloom([(288, -22), (292, -42), (302, -58)], 5, 0.22)
            + gloom([(8, -18), (200, -15), (400, -22)], 12, 0.45)
        )

    def _body(self) -> str:
        cut = self.cut
        body = outline(cut.heel, cut.collar, cut.throat, VAMP, [VAMP[-1], (210, -10), cut.heel[0]])
        stay_edge = self._stay_edge()
        stay = outline(cut.throat, [(254, -61), (262, -52), (252, -44), (238, -50)], stay_edge)
        drawn = shadow(body, 4, 0.3, 0, 3) + piece(
            body, colour(self.upper), self.material, self.print_ + self._shading()
        )
        drawn += seam([(226, -12), (222, -34), (240, -50)], self.yarn)
        drawn += piece(stay, self.contrast, self.material, "" if self.patch else self.print_)
        drawn += stitches(beside(cut.throat, 4), self.yarn, 0.95)
        drawn += stitches(beside(stay_edge, 3.5), self.yarn, 0.95)
        drawn += self._heel_patch()
        drawn += stitches(beside(cut.collar, 4), self.yarn, 0.95)
        if self.punched:
            for drop in (0, 9, 18):
                drawn += perforations([(110, -52 + drop), (150, -48 + drop), (206, -36 + drop)], 9)
        return drawn

    def _stay_edge(self) -> Curve:
        """The eyestay's lower edge, toe to heel side."""
        low = beside(self.cut.throat, 24)
        return [(238, -50), *back(low)[4:-2:4], self.cut.throat[0]]

    def _heel_patch(self) -> str:
        heel = self.cut.heel
        top = heel[-1]
        front: Curve = [
            (top[0] + 17, top[1] + (5 if not self.high else -3)),
            (top[0] + 16, top[1] * 0.62),
            (58, -12),
        ]
        patch = outline(heel, [top, front[0]], front)
        tab = [(x + 3, y) for x, y in heel[2:]]
        return (
            piece(patch, self.contrast, self.material)
            + stitches(beside(back(front), -4), self.yarn, 0.95)
            + strap(tab, 7, Belting(self.contrast))
        )

    # -- how it closes -------------------------------------------------------

    def _lacing(self) -> str:
        cut = self.cut
        near = spots(beside(cut.throat, 10), cut.eyelets, 0.05, 0.95)
        far = spots(cut.far_throat, cut.eyelets, 0.03, 0.86)
        drawn = "".join(eyelet(s) for s in near)
        under = colour(self.laces)
        for a, b in zip(near[1:], far, strict=False):
            drawn += lace((a.x + 8, a.y - 7), (b.x + 2, b.y), 6.5, darker(under, 0.10), 2)
        for a, b in zip(near, far, strict=True):
            drawn += lace((a.x, a.y), (b.x + 3, b.y - 2), 7.5, under)
        return drawn

    def _straps(self) -> str:
        drawn = ""
        tape = self.contrast
        for share in (0.12, 0.62):
            near = spots(beside(self.cut.throat, 44), 1, share)[0]
            far = spots(self.cut.far_throat, 1, share + 0.02)[0]
            run: Curve = [
                (near.x, near.y),
                ((near.x + far.x) / 2 + 1, (near.y + far.y) / 2 - 5),
                (far.x + 5, far.y - 2),
            ]
            drawn += strap(run, 30, Belting(tape, self.yarn, self.material))
            drawn += gloom([(far.x - 5, far.y - 12), (far.x + 14, far.y + 8)], 5, 0.25, 2)
        return drawn

    # -- slip-on -------------------------------------------------------------

    def _slip_inside(self) -> str:
        far: Curve = [(18, -99), (46, -110), (90, -112), (130, -122), (170, -132), (186, -124)]
        near: Curve = [(186, -124), (160, -92), (100, -82), (44, -88), (18, -99)]
        hole = outline(far, near)
        return piece(hole, colour(self.lining), LINING) + clipped(
            hole,
            pool((100, -84), 80, 15, 0.6),
        )

    def _slip_upper(self) -> str:
        collar: Curve = [(18, -99), (42, -90), (78, -84), (116, -88), (150, -104), (186, -125)]
        vamp: Curve = [(186, -125), (214, -112), (246, -90), (284, -69), *VAMP[2:]]
        body = outline(LOW.heel, collar, vamp, [VAMP[-1], (210, -10), LOW.heel[0]])
        gore = outline(
            [(128, -92), (150, -104), (172, -117)],
            [(172, -117), (184, -90), (180, -56)],
            [(180, -56), (156, -66), (128, -92)],
        )
        ribs = "".join(
            f'<path d="M{120 + i * 4},-130L{134 + i * 4},-40" stroke="{INK}" stroke-opacity=".35" '
            f'stroke-width="1.3"/>'
            for i in range(20)
        )
        padding = band(beside(collar, 3), 9)
        return (
            shadow(body, 4, 0.3, 0, 3)
            + piece(body, colour(self.upper), self.material, self.print_ + self._shading())
            + piece(gore, darker(self.contrast, 0.25), KNIT, ribs)
            + stitches([(124, -88), (152, -61), (183, -50)], self.yarn, 0.95)
            + stitches([(178, -120), (190, -90), (187, -50)], self.yarn, 0.95)
            + seam([(187, -48), (206, -34), (216, -12)], self.yarn)
            + piece(padding, self.contrast, FOAM)
            + self._heel_patch()
        )

    # -- toe and sole --------------------------------------------------------

    def _toe(self) -> str:
        if not self.cap:
            return stitches([(306, -14), (304, -38), (316, -57)], self.yarn, 0.95)
        cap = outline(
            [(312, -12), (306, -38), (316, -63)],
            [(316, -63), (344, -64), (372, -57), (393, -41), (403, -12)],
        )
        shine = shimmer((358, -52), 19, 5, 0.75)
        return shadow(cap, 2, 0.4, -2, 0) + piece(cap, colour(self.cap), RUBBER, shine)

    def _sole(self) -> str:
        rise = 34 if self.cup else 25
        top: Curve = [
            (14, -rise - 2),
            (110, -rise),
            (240, -rise + 2),
            (330, -rise),
            (401, -rise - 7),
        ]
        sole = outline(
            top,
            [
                top[-1],
                (407, -rise - 4),
                (409, -rise + 6),
                (401, -14),
                (382, -6),
                (330, -1),
                (200, 0),
            ],
            [(200, 0), (60, 0), (24, -1), (13, -7), (10, -rise * 0.6), (11, -rise + 2), top[0]],
        )
        tread = line([(10, -3), (120, -1), (330, -2), (384, -7), (404, -16)])
        ribs = "".join(
            f'<path d="M{x},-7v8" stroke="#000" stroke-opacity=".35" stroke-width="1.6"/>'
            for x in range(20, 400, 7)
        )
        outsole = darker(self.sole, 0.25) if self.cup else "#a98a63"
        printed = (
            f'<path d="{tread}" fill="none" stroke="{outsole}" stroke-width="9"/>'
            + ribs
            + glow([(20, -rise + 6), (200, -rise + 7), (390, -rise)], 5, 0.5, 2)
        )
        if self.stripe:
            lifted = line([(x, y + 7.5) for x, y in top])
            tone = colour(self.stripe)
            printed += f'<path d="{lifted}" fill="none" stroke="{tone}" stroke-width="3.2"/>'
        drawn = shadow(sole, 2, 0.45, 0, -2.5) + piece(sole, colour(self.sole), RUBBER, printed)
        inset = 5 if self.cup else 3.5
        drawn += stitches(beside(top, inset), darker(self.sole, 0.18), 0.8, "3 2.2")
        if not self.cup:
            texture = [(372, -23), (390, -25), (402, -31)]
            drawn += clipped(
                sole,
                "".join(
                    f'<path d="M{358 + i * 4},-{24 + i * 0.8:.0f}l3,9" stroke="{INK}" '
                    f'stroke-opacity=".18" stroke-width="1.4"/>'
                    for i in range(13)
                )
                + glow(texture, 3, 0.4, 2),
            )
        return drawn
