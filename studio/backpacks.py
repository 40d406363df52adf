"""Backpacks from the front: school bags with zips, roll-tops and flapped rucksacks."""

from __future__ import annotations

from dataclasses import dataclass

from studio.curves import Point, Spot, beside, line, outline, rounded, spots
from studio.fittings import (
    Belting,
    Buckle,
    buckle,
    gloom,
    glow,
    groove,
    puller,
    stitches,
    strap,
    stud,
    tape,
    thread,
    zipper,
)
from studio.geometry import Box
from studio.handbags import floor
from studio.palette import colour, contrast, darker, lighter
from studio.surfaces import (
    INK,
    MESH,
    NYLON,
    SMOOTH,
    Material,
    piece,
    shadow,
    softened,
)

Curve = list[Point]


@dataclass(frozen=True, slots=True)
class Pack:
    """A backpack's cloth and trimmings."""

    cloth: str
    second: str  # base, straps and pocket
    spark: str = ""  # zip pulls and piping
    material: Material = NYLON
    print_: str = ""
    metal: str = "steel"

    @property
    def main(self) -> str:
        return colour(self.cloth)

    @property
    def other(self) -> str:
        return colour(self.second)

    @property
    def pull(self) -> str:
        return colour(self.spark or self.second)

    @property
    def yarn(self) -> str:
        return contrast(self.cloth, 0.35)

    @property
    def shine(self) -> str:
        return f"url(#g-{self.metal})"

    def panel(self, d: str, shade: str = "") -> str:
        """A part of the main cloth."""
        return shadow(d, 2, 0.35, 0, 3) + piece(d, self.main, self.material, self.print_ + shade)

    def patch(self, d: str, shade: str = "", material: Material | None = None) -> str:
        """A part of the second cloth."""
        return shadow(d, 2, 0.4, 0, 3) + piece(d, self.other, material or self.material, shade)


def _carriers(pack: Pack, top: float, low: float = 0) -> str:
    """The shoulder straps, behind the bag at both sides, and the hanging loop.

    `low` moves the straps' lower ends up.
    """
    drawn = ""
    for way in (-1, 1):
        run: Curve = [
            (240 + way * 40, top + 26),
            (240 + way * 116, top + 52),
            (240 + way * 158, top + 140),
            (240 + way * 150, top + 250 - low),
            (240 + way * 96, top + 316 - low),
        ]
        drawn += strap(run, lambda t: 34 - 18 * t, Belting(darker(pack.second, 0.12), "", MESH))
        drawn += strap(run[3:], 13, Belting(darker(pack.second, 0.25)))
    loop: Curve = [
        (208, top + 16),
        (212, top - 26),
        (240, top - 38),
        (268, top - 26),
        (272, top + 16),
    ]
    return drawn + strap(loop, 13, Belting(pack.other, contrast(pack.second, 0.35)))


def _mesh_pocket(x: float, way: int) -> str:
    """A net pocket for a bottle, at one side."""
    d = outline(
        [(x, 398), (x + way * 26, 404)],
        [(x + way * 26, 404), (x + way * 30, 450), (x + way * 22, 500)],
        [(x + way * 22, 500), (x - way * 6, 508)],
        [(x - way * 6, 508), (x, 398)],
    )
    return piece(d, "#26282b", MESH) + tape([(x, 399), (x + way * 26, 405)], 6, "#3a3d41")


def _lamp(top: float) -> str:
    """Light and shade of the round main body."""
    return (
        glow([(180, top + 50), (170, top + 160), (176, top + 300)], 60, 0.22, 14)
        + gloom([(352, top + 60), (362, top + 180), (352, top + 320)], 30, 0.28, 14)
        + gloom([(118, top + 120), (114, top + 220), (124, top + 320)], 14, 0.22, 8)
        + gloom([(130, top + 348), (240, top + 358), (350, top + 348)], 22, 0.42, 8)
    )


def school(pack: Pack) -> str:
    """A domed school bag: two zipped compartments and a front pocket."""
    top = 152
    body = outline(
        [
            (116, 500),
            (106, 420),
            (110, 300),
            (128, 216),
            (180, 164),
            (240, top),
            (300, 164),
            (352, 216),
            (370, 300),
            (374, 420),
            (364, 500),
        ],
        [(364, 500), (344, 518), (240, 522), (136, 518), (116, 500)],
    )
    middle: Curve = [
        (122, 470),
        (118, 380),
        (124, 296),
        (146, 226),
        (190, 188),
        (240, 178),
        (290, 188),
        (334, 226),
        (356, 296),
        (362, 380),
        (358, 470),
    ]
    front = outline(
        [
            (134, 498),
            (130, 420),
            (140, 358),
            (180, 330),
            (240, 324),
            (300, 330),
            (340, 358),
            (350, 420),
            (346, 498),
        ],
        [(346, 498), (240, 512), (134, 498)],
    )
    arch: Curve = [
        (140, 450),
        (141, 400),
        (152, 362),
        (188, 341),
        (240, 336),
        (292, 341),
        (328, 362),
        (339, 400),
        (340, 450),
    ]
    base = outline(
        [(110, 478), (240, 492), (370, 478)],
        [(370, 478), (366, 506), (344, 520), (240, 524), (136, 520), (114, 506), (110, 478)],
    )
    light = glow([(180, 372), (176, 430), (182, 480)], 44, 0.22, 14)
    return (
        floor(114, 366, 516)
        + _carriers(pack, top)
        + pack.panel(body, _lamp(top))
        + tape(
            [(111, 420), *[(s.x, s.y) for s in spots(beside(middle, -9), 9)][1:-1], (369, 420)],
            4,
            pack.pull,
        )
        + _mesh_pocket(120, -1)
        + _mesh_pocket(360, 1)
        + zipper(middle, darker(pack.cloth, 0.45), "#8d9298", 10)
        + puller(Spot(190, 188, -20), pack.shine, pack.pull, 30)
        + puller(Spot(330, 221, 42), pack.shine, pack.pull, 30)
        + pack.patch(base, gloom([(120, 514), (240, 520), (360, 514)], 12, 0.4, 4))
        + (pack.panel(front, light) if pack.print_ else pack.patch(front, light))
        + stitches(beside(arch, 8), contrast(pack.cloth if pack.print_ else pack.second, 0.35), 0.9)
        + zipper(arch, darker(pack.second, 0.4), "#8d9298", 9)
        + puller(Spot(240, 337, 0), pack.shine, pack.pull, 30)
        + _label(pack, 240, 268)
    )


def _label(pack: Pack, x: float, y: float) -> str:
    """A blank leather label, sewn on."""
    patch = pack.patch(rounded(x - 25, y - 14, 50, 28, 4), "", SMOOTH)
    return patch + thread(rounded(x - 21, y - 10, 42, 20, 2), contrast(pack.second, 0.4), 0.8)


def roll_top(pack: Pack) -> str:
    """A tall sack whose top is rolled and held by a buckled strap."""
    body = outline(
        [(128, 214), (240, 220), (352, 214)],
        [(352, 214), (362, 320), (368, 420), (366, 500)],
        [(366, 500), (346, 520), (240, 524), (134, 520), (114, 500)],
        [(114, 500), (112, 420), (118, 320), (128, 214)],
    )
    roll = rounded(112, 172, 256, 46, 21)
    lip = rounded(120, 158, 240, 26, 12)
    pocket = outline(
        [(148, 362), (240, 366), (332, 362)],
        [(332, 362), (338, 430), (336, 490)],
        [(336, 490), (240, 500), (144, 490)],
        [(144, 490), (142, 430), (148, 362)],
    )
    base = outline(
        [(112, 462), (240, 476), (368, 462)],
        [(368, 462), (366, 502), (346, 522), (240, 526), (134, 522), (114, 502), (112, 462)],
    )
    closing: Curve = [(240, 150), (241, 196), (240, 300)]
    wrinkles = (
        gloom([(150, 222), (162, 262), (152, 320)], 8, 0.26, 4)
        + gloom([(206, 224), (200, 270), (212, 330)], 7, 0.18, 4)
        + gloom([(296, 224), (304, 262), (294, 310)], 8, 0.22, 4)
    )
    ends = "".join(
        f'<ellipse cx="{x}" cy="195" rx="9" ry="16" fill="none" stroke="{INK}" '
        f'stroke-opacity=".45" stroke-width="2.4"/><ellipse cx="{x}" cy="195" rx="4" ry="8" '
        f'fill="none" stroke="{INK}" stroke-opacity=".45" stroke-width="2"/>'
        for x in (124, 356)
    )
    return (
        floor(114, 366, 518)
        + _carriers(pack, 190)
        + pack.panel(body, _lamp(170) + wrinkles)
        + groove(line([(128, 222), (240, 229), (352, 222)]), 0.5)
        + pack.patch(base, gloom([(120, 514), (240, 522), (360, 514)], 12, 0.4, 4), SMOOTH)
        + pack.panel(lip, glow([(130, 164), (350, 164)], 8, 0.2, 4))
        + shadow(roll, 4, 0.45, 0, 6)
        + pack.panel(roll, glow([(126, 184), (354, 184)], 12, 0.3, 4))
        + ends
        + pack.panel(pocket, glow([(176, 380), (180, 480)], 40, 0.16, 14))
        + stitches(beside([(150, 372), (240, 376), (330, 372)], 0), pack.yarn, 1.0)
        + zipper([(156, 384), (240, 387), (324, 384)], darker(pack.cloth, 0.4), "#9a9fa5", 9)
        + puller(Spot(168, 384, 0), pack.shine, pack.pull, 26)
        + strap(closing, 22, Belting(pack.other, contrast(pack.second, 0.4)))
        + buckle(Spot(240, 262, 90), Buckle(28, 33, pack.shine, 3.8))
        + "".join(
            f'<ellipse cx="240" cy="{y}" rx="2" ry="2.2" fill="#0d0706"/>' for y in (276, 287, 296)
        )
        + _label(pack, 240, 330)
    )


def rucksack(pack: Pack) -> str:
    """A canvas rucksack: a flap, two leather straps, two side pockets."""
    body = outline(
        [(128, 250), (240, 240), (352, 250)],
        [(352, 250), (372, 360), (370, 498)],
        [(370, 498), (350, 518), (240, 522), (130, 518), (110, 498)],
        [(110, 498), (108, 360), (128, 250)],
    )
    flap = outline(
        [(112, 270), (120, 214), (170, 184), (240, 178), (310, 184), (360, 214), (368, 270)],
        [(368, 270), (366, 340)],
        [(366, 340), (350, 356), (240, 362), (130, 356), (114, 340)],
        [(114, 340), (112, 270)],
    )
    pocket = rounded(136, 388, 208, 114, 20)
    hem: Curve = [(121, 336), (134, 348), (240, 354), (346, 348), (359, 336)]
    sides = "".join(
        pack.panel(
            outline(
                [(x, 390), (x + way * 40, 398)],
                [(x + way * 40, 398), (x + way * 46, 450), (x + way * 38, 506)],
                [(x + way * 38, 506), (x, 510)],
                [(x, 510), (x, 390)],
            )
        )
        + strap(
            [(x + way * 20, 384), (x + way * 22, 440)],
            13,
            Belting(pack.other, contrast(pack.second, 0.4)),
        )
        + stud((x + way * 22, 430), 3.4, pack.shine)
        for x, way in ((112, -1), (368, 1))
    )
    straps = "".join(
        strap([(x, 300), (x, 360), (x, 446)], 20, Belting(pack.other, contrast(pack.second, 0.4)))
        + "".join(
            f'<ellipse cx="{x}" cy="{y}" rx="1.9" ry="2.1" fill="#0d0706"/>'
            for y in (414, 426, 437)
        )
        + buckle(Spot(x, 400, 90), Buckle(25, 30, pack.shine, 3.4))
        for x in (182, 298)
    )
    light = glow([(150, 226), (240, 208), (330, 226)], 26, 0.26, 8)
    return (
        floor(80, 400, 512)
        + _carriers(pack, 196)
        + sides
        + pack.panel(body, _lamp(176))
        + pack.panel(pocket, glow([(170, 404), (300, 404)], 20, 0.16, 8))
        + thread(rounded(142, 394, 196, 102, 15), pack.yarn, 1.0)
        + shadow(flap, 4, 0.5, 0, 7)
        + pack.panel(flap, light + gloom([(130, 350), (350, 350)], 14, 0.2, 8))
        + stitches(hem, pack.yarn, 1.0)
        + stitches([(x, y + 5) for x, y in hem], pack.yarn, 1.0)
        + straps
    )


def mini(pack: Pack) -> str:
    """A small child's pack with a face of an animal: ears, eyes and a pocket for a muzzle."""
    head = outline(
        [
            (126, 490),
            (108, 400),
            (118, 290),
            (170, 214),
            (240, 198),
            (310, 214),
            (362, 290),
            (372, 400),
            (354, 490),
        ],
        [(354, 490), (240, 508), (126, 490)],
    )
    ears = ""
    for way in (-1, 1):
        x = 240 + way * 92
        ear = outline(
            [
                (x - 38, 268),
                (x + way * 6 - 30, 200),
                (x + way * 10, 168),
                (x + way * 6 + 30, 200),
                (x + 38, 268),
            ],
            [(x + 38, 268), (x - 38, 268)],
        )
        inner = outline(
            [
                (x - 18, 262),
                (x + way * 6 - 14, 216),
                (x + way * 9, 196),
                (x + way * 6 + 14, 216),
                (x + 18, 262),
            ],
            [(x + 18, 262), (x - 18, 262)],
        )
        ears += pack.panel(ear) + pack.patch(inner)
    muzzle = outline(
        [(152, 440), (168, 392), (240, 378), (312, 392), (328, 440)],
        [(328, 440), (312, 486), (240, 500), (168, 486), (152, 440)],
    )
    arch: Curve = [(166, 424), (184, 402), (240, 392), (296, 402), (314, 424)]
    eyes = "".join(
        f'<circle cx="{x}" cy="338" r="13" fill="#1b1718"/><circle cx="{x - 4}" cy="333" r="4.4" '
        f'fill="#fff"/><circle cx="{x + 4}" cy="343" r="2" fill="#fff" opacity=".7"/>'
        for x in (186, 294)
    )
    nose = outline([(224, 424), (240, 418), (256, 424)], [(256, 424), (240, 442), (224, 424)])
    cheeks = "".join(
        softened(
            f'<circle cx="{x}" cy="380" r="17" fill="{pack.pull}" opacity=".55"/>',
            Box(x - 17, 363, x + 17, 397),
            2,
        )
        for x in (150, 330)
    )
    return (
        floor(126, 354, 500)
        + _carriers(pack, 204, 60)
        + ears
        + pack.panel(head, _lamp(160))
        + zipper(
            [(116, 420), (128, 300), (176, 232), (240, 216), (304, 232), (352, 300), (364, 420)],
            darker(pack.cloth, 0.3),
            lighter(pack.cloth, 0.4),
            9,
        )
        + puller(Spot(240, 216, 0), pack.shine, pack.pull, 28)
        + eyes
        + cheeks
        + pack.patch(muzzle, glow([(190, 408), (290, 408)], 16, 0.3, 8))
        + zipper(arch, darker(pack.second, 0.25), darker(pack.second, 0.1), 7)
        + shadow(nose, 1, 0.4, 0, 2)
        + piece(nose, "#2a2022", SMOOTH)
        + stitches([(240, 442), (240, 456), (222, 466)], "#4a3c3c", 2.2, "60 1")
        + stitches([(240, 456), (258, 466)], "#4a3c3c", 2.2, "60 1")
    )
