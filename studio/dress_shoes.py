"""Leather shoes in profile: oxfords, derbies, loafers and monks on a welted sole."""

from __future__ import annotations

from dataclasses import dataclass

from studio.curves import Point, Spot, back, band, beside, line, outline, ring, spots
from studio.fittings import (
    Belting,
    Buckle,
    bow,
    buckle,
    gloom,
    glow,
    groove,
    lace,
    perforations,
    pool,
    seam,
    stitches,
    strap,
    tape,
    wire,
)
from studio.palette import colour, contrast, darker, lighter
from studio.surfaces import LINING, RUBBER, SMOOTH, STRAP, Material, clipped, piece, shadow

Curve = list[Point]

HEEL: Curve = [(14, -28), (5, -50), (6, -76), (18, -102)]
COLLAR: Curve = [(18, -102), (46, -91), (82, -83), (114, -90), (140, -113)]
THROAT: Curve = [(140, -113), (176, -98), (216, -76)]
VAMP: Curve = [(216, -76), (258, -61), (306, -54), (354, -52), (389, -42), (406, -16)]
FAR_COLLAR: Curve = [(18, -102), (48, -107), (88, -104), (130, -116), (160, -130)]
FAR_THROAT: Curve = [(160, -130), (198, -112), (240, -82)]
FEATHER: Curve = [(6, -31), (60, -31), (110, -28), (180, -20), (260, -11), (340, -9), (404, -17)]


def welted_sole(tone: str, edge: str = "") -> str:
    """Stacked heel, sole and stitched welt; `edge` is the colour of the welt's thread."""
    dark = colour(tone)
    stack = outline(
        [(6, -26), (60, -26), (108, -22)],
        [(108, -22), (103, -10), (101, 0)],
        [(101, 0), (60, 1), (11, 0)],
        [(11, 0), (5, -14), (6, -26)],
    )
    layers = "".join(
        f'<path d="M0,{y}H120" stroke="#000" stroke-opacity=".35" stroke-width=".9"/>'
        for y in (-19, -13, -7)
    )
    top_piece = '<path d="M0,-2H120" stroke="#17120f" stroke-width="6"/>'
    sole = outline(
        [(4, -33), (60, -33), (110, -30), (180, -22), (260, -14), (340, -12), (402, -20)],
        [(402, -20), (411, -17), (409, -10), (396, -5)],
        [(396, -5), (340, -1), (270, -1), (190, -11), (150, -19), (108, -23), (60, -26), (4, -26)],
        [(4, -26), (1, -30), (4, -33)],
    )
    welt: Curve = [(120, -28.5), (180, -20.5), (260, -12.5), (340, -10.5), (404, -18)]
    yarn = colour(edge) if edge else lighter(tone, 0.45)
    return (
        piece(stack, dark, RUBBER, layers + top_piece + glow([(30, -24), (30, 0)], 14, 0.22, 4))
        + shadow(sole, 1, 0.5, 0, -2)
        + piece(sole, dark, SMOOTH)
        + stitches(welt, yarn, 0.9, "2.6 1.8")
    )


@dataclass(frozen=True, slots=True)
class DressShoe:
    """A leather shoe. `style` is oxford, derby, monk, penny, tassel, bit or driver."""

    leather: str
    style: str = "oxford"
    sole: str = "#3a2a20"
    lining: str = "#c9a680"
    laces: str = ""
    brogue: bool = False
    cap: bool = True
    material: Material = SMOOTH
    second: str = ""  # leather of the vamp, for a spectator shoe
    welt: str = ""  # colour of the welt's thread
    print_: str = ""

    def drawn(self) -> str:
        """The shoe as SVG in its own frame."""
        if self.style in ("penny", "tassel", "bit", "driver"):
            return self._loafer()
        return (
            self._inside()
            + self._vamp()
            + (self._facings() if self.style != "monk" else self._monk())
            + self._counter()
            + welted_sole(self.sole, edge=self.welt)
        )

    @property
    def hide(self) -> str:
        return colour(self.leather)

    @property
    def yarn(self) -> str:
        return contrast(self.leather, 0.32)

    def _shading(self) -> str:
        return (
            glow([(320, -42), (362, -38), (388, -28)], 11, 0.50, 4)
            + glow([(24, -70), (90, -60), (170, -46), (250, -30)], 22, 0.22, 8)
            + glow([(16, -84), (14, -52)], 7, 0.30, 4)
            + gloom([(246, -14), (248, -36), (262, -56)], 6, 0.30)
            + gloom([(270, -14), (276, -34), (288, -52)], 5, 0.24)
            + gloom([(8, -34), (110, -31), (200, -20), (300, -10), (404, -16)], 9, 0.5)
        )

    def _inside(self) -> str:
        hole = outline(FAR_COLLAR, [FAR_COLLAR[-1], THROAT[0]], back(COLLAR))
        return piece(hole, colour(self.lining), LINING) + clipped(
            hole, pool((92, -84), 74, 12, 0.55) + stitches(beside(FAR_COLLAR, 4), "#7d6144", 0.7)
        )

    def _vamp(self) -> str:
        """The upper's body, the far facing and the tongue between."""
        body = outline(HEEL, COLLAR, THROAT, VAMP, [VAMP[-1], *back(FEATHER)[1:], HEEL[0]])
        far = outline(
            FAR_THROAT, [(240, -82), (258, -62), (226, -66)], [(226, -66), (180, -90), THROAT[0]]
        )
        tongue = outline(
            [(136, -108), (128, -132), (140, -146), (164, -140), (174, -122)],
            [(174, -122), (206, -104), (240, -76)],
            [(240, -76), (214, -72)],
            [(214, -72), (176, -92), (136, -108)],
        )
        drawn = (
            piece(far, self.hide, self.material)
            + shadow(tongue, 2, 0.4, 0, 2)
            + piece(tongue, darker(self.leather, 0.08), self.material)
            + stitches(
                beside([(130, -128), (140, -144), (162, -138), (172, -122)], 4), self.yarn, 0.8
            )
            + shadow(body, 4, 0.3, 0, 3)
            + piece(body, self.hide, self.material, self.print_ + self._shading())
        )
        return drawn + self._toe()

    def _toe(self) -> str:
        if self.brogue:
            wing: Curve = [
                (214, -20),
                (250, -22),
                (282, -30),
                (306, -40),
                (330, -52),
                (346, -49),
            ]
            cap = outline(wing, VAMP[3:], [(405, -16), (340, -10), (214, -18)])
            medallion = "".join(
                f'<circle cx="{364 + dx}" cy="{-36 + dy}" r="1.2" fill="#0d0706"/>'
                for dx, dy in ((0, 0), (7, 1), (-7, 1), (0, -5), (0, 5), (13, 4), (4, 4))
            )
            fill = colour(self.second) if self.second else self.hide
            return (
                shadow(cap, 1, 0.4, -1, -1)
                + piece(cap, fill, self.material, self._shading())
                + stitches(beside(wing, 3), self.yarn, 0.8, "2.6 1.8")
                + perforations(beside(wing, 7), 6, 1.5)
                + medallion
            )
        if not self.cap:
            return ""
        edge: Curve = [(302, -10), (298, -30), (312, -50)]
        return (
            seam(edge, self.yarn, 3)
            + stitches(beside(edge, 6), self.yarn, 0.8)
            + gloom(beside(edge, -4), 5, 0.3, 2)
        )

    def _facings(self) -> str:
        """The laced fronts: sewn under the vamp (oxford) or lying open on it (derby)."""
        lower = back(beside(THROAT, 21))
        if self.style == "derby":
            front = [(216, -76), (232, -62), (228, -44), (206, -30), (186, -20)]
            flap = outline(THROAT, front, [(186, -20), (170, -60), (150, -90), (140, -113)])
            drawn = shadow(flap, 2, 0.45, 2, 1) + piece(
                flap, self.hide, self.material, self._shading()
            )
            drawn += stitches(beside(front, 3.5), self.yarn, 0.85)
            drawn += stitches(beside(front, 7), self.yarn, 0.85)
        else:
            drawn = groove(line([(216, -76), (222, -62), (206, -48), (178, -36), (150, -24)]))
            drawn += stitches(
                beside([(216, -76), (222, -62), (206, -48), (178, -36), (150, -24)], 3),
                self.yarn,
                0.85,
            )
            if self.brogue:
                drawn += perforations(
                    beside([(218, -64), (206, -48), (178, -36), (150, -24)], 7), 6, 1.4
                )
        drawn += stitches(lower, self.yarn, 0.85) + stitches(beside(THROAT, 3), self.yarn, 0.85)
        return drawn + self._lacing()

    def _lacing(self) -> str:
        cord = colour(self.laces) if self.laces else darker(self.leather, 0.35)
        near = spots(beside(THROAT, 9), 5, 0.08, 0.92)
        far = spots(FAR_THROAT, 5, 0.05, 0.84)
        drawn = "".join(
            f'<circle cx="{s.x:.1f}" cy="{s.y:.1f}" r="2.2" fill="#0d0706"/>' for s in near
        )
        for a, b in zip(near, far, strict=True):
            drawn += lace((a.x, a.y), (b.x + 2, b.y), 4.2, cord, 2)
        knot = ((near[0].x + far[0].x) / 2 + 3, (near[0].y + far[0].y) / 2)
        return drawn + bow(knot, 19, 3.2, cord)

    def _monk(self) -> str:
        front = [(216, -76), (240, -58), (236, -40), (204, -26), (176, -19)]
        flap = outline(THROAT, front, [(176, -19), (160, -60), (146, -90), (140, -113)])
        run: Curve = [(120, -58), (156, -74), (196, -96), (222, -104)]
        return (
            shadow(flap, 2, 0.45, 2, 1)
            + piece(flap, self.hide, self.material, self._shading())
            + stitches(beside(front, 3.5), self.yarn, 0.85)
            + strap(run, 19, Belting(self.hide, self.yarn))
            + buckle(Spot(150, -71, -28), Buckle(22, 26, "url(#g-brass)"))
        )

    def _counter(self) -> str:
        edge: Curve = [(58, -88), (60, -64), (84, -44), (122, -30)]
        drawn = seam(back(edge), self.yarn, 3) + stitches(beside(COLLAR, 3.5), self.yarn, 0.85)
        if self.brogue:
            drawn += perforations(beside(back(edge), 7), 6, 1.4)
            drawn += perforations(beside(COLLAR, 8), 6, 1.3)
        return drawn + strap([(17, -104), (10, -66)], 5, Belting(self.hide))

    # -- loafers -------------------------------------------------------------

    def _loafer(self) -> str:
        collar: Curve = [(18, -98), (48, -86), (92, -76), (136, -80), (176, -96)]
        far: Curve = [(18, -98), (50, -102), (96, -99), (140, -108), (184, -124), (200, -124)]
        front: Curve = [(200, -124), (226, -106), (262, -80), (306, -60), *VAMP[3:]]
        hole = outline(far, [(200, -124), (176, -96)], back(collar))
        body = outline(
            HEEL[:-1],
            [(6, -76), (18, -98)],
            collar,
            [(176, -96), (184, -110), (200, -124)],
            front,
            [VAMP[-1], *back(FEATHER)[1:], HEEL[0]],
        )
        apron: Curve = [(188, -64), (240, -50), (300, -38), (346, -33), (374, -37)]
        plug = outline([(176, -96), (188, -64)], apron, back(front)[2:], [(200, -124), (176, -96)])
        ruche = "".join(
            f'<path d="M{s.x:.1f},{s.y - 4:.1f}l-1.6,8" stroke="#120a08" stroke-opacity=".55" '
            'stroke-width="1.3"/>'
            for s in spots(apron, 34)
        )
        drawn = (
            piece(hole, colour(self.lining), LINING)
            + clipped(hole, pool((110, -80), 84, 12, 0.55))
            + shadow(body, 4, 0.3, 0, 3)
            + piece(body, self.hide, self.material, self.print_ + self._shading())
            + piece(plug, self.hide, self.material, glow([(240, -82), (330, -52)], 12, 0.3, 8))
            + ruche
            + piece(band(beside(collar, 2), 6), self.hide, STRAP)
            + stitches(beside(collar, 7), self.yarn, 0.85)
        )
        drawn += clipped(body, self._saddle()) + self._ornament() + self._heel_seam()
        if self.style == "driver":
            return drawn + self._pebbles()
        return drawn + welted_sole(self.sole, edge=self.welt)

    def _heel_seam(self) -> str:
        return seam([(122, -30), (86, -44), (62, -62), (58, -80)], self.yarn, 3)

    def _saddle(self) -> str:
        saddle: Curve = [(160, -22), (178, -62), (206, -96), (232, -112)]
        belt = Belting(self.hide, self.yarn, self.material)
        drawn = strap(saddle, lambda t: 26 - 6 * t, belt)
        if self.style != "penny":
            return drawn
        slot = outline([(192, -80), (206, -88), (218, -99)], [(218, -99), (212, -84), (192, -80)])
        return drawn + f'<path d="{slot}" fill="#0d0706" opacity=".8"/>'

    def _ornament(self) -> str:
        """What lies on the saddle: a bit, tassels or a tied cord."""
        if self.style == "penny":
            return ""
        if self.style == "bit":
            metal = "url(#g-gold)"
            bar: Curve = [(186, -74), (200, -92), (220, -112)]
            rings = "".join(
                wire(ring(at, 8, 9, 0, 359, 13), 3, metal) for at in ((188, -72), (222, -112))
            )
            return rings + wire(bar, lambda t: 4 + 3 * abs(2 * t - 1), metal)
        if self.style == "tassel":
            cord = Belting(darker(self.leather, 0.1))
            drawn = strap([(206, -98), (216, -92), (224, -84)], 5, cord)
            for dx, dy in ((224, -84), (238, -88)):
                fringe = "".join(
                    f'<path d="M{dx + i},{dy}l{i * 0.8 + 3},20" stroke="#120a08" '
                    'stroke-opacity=".5" stroke-width=".9"/>'
                    for i in range(-5, 6, 2)
                )
                skirt = outline(
                    [(dx - 3, dy), (dx + 4, dy)],
                    [(dx + 4, dy), (dx + 12, dy + 20)],
                    [(dx + 12, dy + 20), (dx - 4, dy + 21)],
                    [(dx - 4, dy + 21), (dx - 3, dy)],
                )
                drawn += shadow(skirt, 1, 0.5, 1, 2) + piece(skirt, self.hide, STRAP, fringe)
            return drawn
        return tape([(190, -92), (204, -86), (220, -90)], 3.4, self.yarn)

    def _pebbles(self) -> str:
        """A driving shoe's sole: thin, with rubber pebbles instead of a heel."""
        sole = outline(
            [(8, -37), (60, -35), (120, -31), (180, -24), (260, -15), (340, -13), (404, -20)],
            [(404, -20), (410, -12), (396, -5)],
            [(396, -5), (300, -3), (180, -5), (60, -6), (14, -14), (8, -37)],
        )
        dots = "".join(
            piece(line(ring((x, -3.5), 5.5, 4.5, 0, 359, 9)) + "Z", colour(self.sole), RUBBER)
            for x in range(30, 380, 15)
        )
        return dots + piece(sole, darker(self.leather, 0.12), self.material)
