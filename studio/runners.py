"""Running shoes in profile: mesh uppers, welded overlays and sculpted midsoles."""

from __future__ import annotations

from dataclasses import dataclass

from studio.curves import Point, back, band, beside, line, outline, spots
from studio.fittings import Belting, bow, gloom, glow, lace, pool, stitches, strap
from studio.palette import colour, contrast, darker, lighter
from studio.surfaces import FOAM, INK, LINING, MESH, RUBBER, SMOOTH, clipped, piece, shadow

Curve = list[Point]

HEEL: Curve = [(30, -30), (17, -56), (14, -82), (20, -106), (14, -128)]
COLLAR: Curve = [(14, -128), (38, -110), (72, -98), (106, -100), (134, -122)]
THROAT: Curve = [(134, -122), (176, -106), (220, -84), (256, -66)]
VAMP: Curve = [(256, -66), (290, -63), (332, -64), (368, -59), (396, -44), (408, -20)]
FAR_COLLAR: Curve = [(14, -128), (44, -118), (88, -117), (128, -130), (156, -142)]
FAR_THROAT: Curve = [(156, -142), (200, -122), (246, -95), (282, -67)]

# What is welded onto the side, different for each design; tapering strokes.
FLASHES: dict[str, tuple[Curve, ...]] = {
    "chevrons": tuple(
        [(96 + dx, -84 + dx / 5), (124 + dx, -60 + dx / 6), (104 + dx, -38)] for dx in (0, 30, 60)
    ),
    "bars": tuple([(104 + dx, -38), (140 + dx * 0.9, -94 + dx / 3)] for dx in (0, 22, 44, 66)),
    "arcs": (
        [(66, -40), (100, -72), (160, -80), (214, -76)],
        [(92, -40), (120, -58), (168, -65), (226, -62)],
        [(118, -39), (140, -47), (176, -51), (232, -48)],
    ),
    "leaf": ([(84, -44), (130, -62), (180, -66), (222, -72)],),
    "none": (),
}


@dataclass(frozen=True, slots=True)
class Runner:
    """A running shoe's colours. `accent` is for the overlays, `spark` for lining and flash."""

    mesh: str
    accent: str
    spark: str
    midsole: str = "#f6f5f1"
    outsole: str = "Charcoal"
    laces: str = "#f7f5f0"
    flash: str = "arcs"
    thick: float = 1.0  # height of the midsole, 1 for a trainer
    grooves: bool = True
    child: bool = False  # velcro straps instead of laces

    def drawn(self) -> str:
        """The shoe as SVG in its own frame."""
        closing = self._straps() if self.child else self._lacing()
        return (
            self._inside()
            + self._tongue()
            + self._upper()
            + self._overlays()
            + closing
            + self._collar()
            + self._sole()
        )

    def _inside(self) -> str:
        hole = outline(FAR_COLLAR, [FAR_COLLAR[-1], THROAT[0]], back(COLLAR))
        return piece(hole, colour(self.spark), LINING) + clipped(
            hole,
            pool((92, -99), 74, 13, 0.6),
        )

    def _tongue(self) -> str:
        stay = outline(
            [*FAR_THROAT, (292, -62)], [(292, -62), (250, -62)], [(250, -62), (200, -92), THROAT[0]]
        )
        free: Curve = [(128, -112), (112, -148), (122, -168), (148, -168), (166, -152), (172, -136)]
        flap = outline(
            free,
            [free[-1], *[(x - 7, y + 6) for x, y in FAR_THROAT[1:]]],
            [(274, -60), (246, -60)],
            [(246, -60), (200, -88), free[0]],
        )
        pull = [(120, -158), (112, -174), (122, -180), (132, -166)]
        return (
            strap(pull, 6, Belting(colour(self.spark)))
            + piece(stay, colour(self.accent), SMOOTH)
            + shadow(flap, 4, 0.35, 0, 3)
            + piece(flap, colour(self.mesh), MESH)
            + piece(band(beside(free[1:-1], 4), 9), colour(self.spark), FOAM)
        )

    def _upper(self) -> str:
        body = outline(HEEL, COLLAR, THROAT, VAMP, [VAMP[-1], (220, -22), HEEL[0]])
        shading = (
            glow([(30, -80), (110, -76), (200, -62), (270, -50)], 30, 0.18, 14)
            + glow([(320, -52), (366, -45)], 14, 0.35, 8)
            + gloom([(262, -24), (264, -46), (278, -62)], 6, 0.28)
            + gloom([(290, -26), (296, -46), (308, -60)], 5, 0.20)
            + gloom([(14, -34), (200, -28), (404, -30)], 12, 0.45)
        )
        return shadow(body, 4, 0.3, 0, 3) + piece(body, colour(self.mesh), MESH, shading)

    def _overlays(self) -> str:
        accent = colour(self.accent)
        toe = outline(
            [(310, -20), (322, -40), (352, -50), (382, -54)],
            [(382, -54), (400, -40), (409, -16)],
            [(409, -16), (310, -16)],
        )
        counter = outline(
            HEEL[:-1],
            [(20, -106), (34, -96), (44, -74), (74, -52), (120, -40)],
            [(120, -40), (124, -22), (30, -26)],
        )
        eyestay = outline(
            THROAT,
            [(256, -66), (266, -54), (256, -46)],
            [(256, -46), (226, -56), (186, -76), (150, -92), (118, -100), (106, -101)],
            [(106, -101), (120, -112), (134, -122)],
        )
        side = outline(
            [(222, -58), (250, -40), (290, -32), (318, -34)],
            [(318, -34), (320, -18)],
            [(320, -18), (220, -18)],
            [(220, -18), (200, -40), (222, -58)],
        )
        yarn = contrast(self.accent, 0.4)
        drawn = "".join(
            shadow(d, 1, 0.35, 0, 1.2) + piece(d, accent, SMOOTH) for d in (side, toe, counter)
        )
        for i, flash in enumerate(FLASHES[self.flash]):
            d = band(flash, lambda t: 2.5 + 8 * (1 - t), 24)
            fill = colour(self.spark) if i % 2 == 0 else lighter(self.spark, 0.35)
            drawn += shadow(d, 1, 0.3, 0, 1.2) + piece(d, fill, SMOOTH)
        drawn += shadow(eyestay, 1, 0.35, 0, 1.2) + piece(eyestay, accent, SMOOTH)
        drawn += stitches(beside(THROAT, 4), yarn, 0.85, "3 2")
        drawn += stitches([(317, -22), (327, -36), (354, -45), (380, -49)], yarn, 0.85, "3 2")
        return drawn + stitches([(40, -70), (70, -47), (114, -36)], yarn, 0.85, "3 2")

    def _collar(self) -> str:
        padding = band(beside(COLLAR, 2.5), lambda t: 13 - 4 * t, 24)
        tab = strap([(10, -120), (6, -140), (17, -146), (22, -124)], 6, Belting(colour(self.spark)))
        drawn = shadow(padding, 2, 0.35, 0, 2) + piece(padding, darker(self.mesh, 0.12), FOAM)
        return tab + drawn + stitches(beside(COLLAR, 11), contrast(self.mesh, 0.35), 0.8, "3 2")

    def _lacing(self) -> str:
        near = spots(beside(THROAT, 9), 6, 0.08, 0.95)
        far = spots(FAR_THROAT, 6, 0.05, 0.86)
        tape = colour(self.laces)
        drawn = ""
        for spot in near:
            tab = band([(spot.x - 5, spot.y + 9), (spot.x + 3, spot.y - 3)], 7, 6)
            drawn += shadow(tab, 1, 0.35, 0, 1) + piece(tab, colour(self.spark), FOAM)
        for a, b in zip(near[1:], far, strict=False):
            drawn += lace((a.x + 8, a.y - 7), (b.x + 2, b.y), 5.5, darker(tape, 0.1), 2)
        for a, b in zip(near, far, strict=True):
            drawn += lace((a.x, a.y), (b.x + 3, b.y - 2), 6.5, tape)
        first, other = near[0], far[0]
        return drawn + bow(((first.x + other.x) / 2 + 4, (first.y + other.y) / 2 - 2), 22, 5, tape)

    def _straps(self) -> str:
        drawn = ""
        for share in (0.10, 0.62):
            near = spots(beside(THROAT, 40), 1, share)[0]
            far = spots(FAR_THROAT, 1, share + 0.02)[0]
            middle = ((near.x + far.x) / 2 + 1, (near.y + far.y) / 2 - 6)
            run: Curve = [(near.x, near.y), middle, (far.x + 5, far.y - 2)]
            drawn += strap(run, 28, Belting(colour(self.accent), contrast(self.accent, 0.4)))
            drawn += strap(run[:2], 9, Belting(colour(self.spark)))
        return drawn

    def _sole(self) -> str:
        lift = 8 * (self.thick - 1)
        top: Curve = [
            (8, -44 - lift),
            (60, -38 - lift),
            (130, -30 - lift),
            (220, -25),
            (310, -25),
            (368, -29),
            (398, -36),
        ]
        midsole = outline(
            top,
            [
                (398, -36),
                (411, -37),
                (415, -30),
                (404, -17),
                (372, -9),
                (310, -4),
                (200, -4),
                (60, -5),
                (28, -8),
            ],
            [(28, -8), (9, -20), (3, -34 - lift), (8, -44 - lift)],
        )
        tread = outline(
            [(26, -9), (60, -6), (200, -5), (310, -5), (372, -10), (402, -17)],
            [(402, -17), (404, -11), (376, -3), (310, 1), (250, 1)],
            [(250, 1), (226, -2), (180, -2), (160, 1)],
            [(160, 1), (60, 1), (30, -3), (26, -9)],
        )
        lugs = "".join(
            f'<path d="M{x},-8l-2,12" stroke="#000" stroke-opacity=".5" stroke-width="2"/>'
            for x in range(36, 400, 13)
        )
        carving = glow([(16, -36 - lift), (120, -24 - lift), (300, -19), (400, -30)], 5, 0.55, 2)
        if self.grooves:
            for i, drop in enumerate((9.0, 15.0, 21.0)):
                run = [(x, y + drop + lift * 0.3) for x, y in top[: 5 - i]]
                carving += (
                    f'<path d="{line(run)}" fill="none" stroke="{INK}" stroke-opacity=".30" '
                    f'stroke-width="1.5"/><path d="{line(run)}" fill="none" stroke="#fff" '
                    f'stroke-opacity=".6" stroke-width="1.2" transform="translate(0 1.5)"/>'
                )
        pod = outline(
            [(20, -22), (60, -28), (110, -20)], [(110, -20), (100, -11), (40, -11), (20, -22)]
        )
        return (
            shadow(midsole, 2, 0.45, 0, -2.5)
            + piece(tread, colour(self.outsole), RUBBER, lugs)
            + piece(midsole, colour(self.midsole), FOAM, carving)
            + piece(pod, colour(self.spark), RUBBER, glow([(30, -22), (90, -20)], 4, 0.5, 2))
        )
