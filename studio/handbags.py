"""Handbags, from the front or turned a little: totes, satchels, quilted and round ones."""

from __future__ import annotations

from dataclasses import dataclass

from studio.curves import Point, Spot, back, beside, line, outline, ring, rounded
from studio.fittings import (
    Belting,
    Buckle,
    buckle,
    chain,
    cutout,
    gloom,
    glow,
    groove,
    hoop,
    pool,
    puller,
    stitches,
    strap,
    stud,
    tape,
    thread,
    wire,
    zipper,
)
from studio.palette import colour, contrast, darker
from studio.surfaces import LEATHER, LINING, METAL, SMOOTH, Material, clipped, piece, shadow

Curve = list[Point]


@dataclass(frozen=True, slots=True)
class Bag:
    """A handbag's make: leathers, lining and metal. `finish` is worked into the main parts."""

    hide: str
    second: str = ""  # handles, patches and flaps; as the hide when empty
    material: Material = LEATHER
    finish: str = ""
    metal: str = "gold"
    lining: str = "#8a7358"

    @property
    def main(self) -> str:
        return colour(self.hide)

    @property
    def other(self) -> str:
        return colour(self.second or self.hide)

    @property
    def yarn(self) -> str:
        return contrast(self.hide, 0.38)

    @property
    def other_yarn(self) -> str:
        return contrast(self.second or self.hide, 0.38)

    @property
    def shine(self) -> str:
        return f"url(#g-{self.metal})"

    def body(self, d: str, on_it: str = "") -> str:
        """A main part with its finish."""
        return shadow(d, 2, 0.3, 0, 2) + piece(d, self.main, self.material, self.finish + on_it)

    def patch(self, d: str, on_it: str = "") -> str:
        """A part of the second leather."""
        material = self.material if not self.second else SMOOTH
        return shadow(d, 2, 0.4, 0.5, 2.5) + piece(d, self.other, material, on_it)

    def belt(self, stitched: bool = True) -> Belting:
        return Belting(self.other, self.other_yarn if stitched else "")


def _handle(bag: Bag, run: Curve, width: float = 13) -> str:
    """A rolled handle: a tube with a seam beneath."""
    return strap(run, width, bag.belt(stitched=False)) + stitches(
        beside(run, width * 0.18), bag.other_yarn, 0.9
    )


def _attachment(bag: Bag, x: float, y: float) -> str:
    """A pointed leather tab with a ring and two studs, where a handle is fixed."""
    tab = outline(
        [(x - 11, y), (x + 11, y)],
        [(x + 11, y), (x + 11, y + 34)],
        [(x + 11, y + 34), (x, y + 46), (x - 11, y + 34)],
        [(x - 11, y + 34), (x - 11, y)],
    )
    inner = [(x - 7, y + 3), (x - 7, y + 32), (x, y + 40), (x + 7, y + 32), (x + 7, y + 3)]
    return (
        bag.patch(tab)
        + stitches(inner, bag.other_yarn, 0.9, "3 2")
        + hoop((x, y - 3), 12, 10, 3, bag.shine)
        + stud((x, y + 26), 3.2, bag.shine)
    )


def tote(bag: Bag) -> str:
    """An open shopper with two long handles."""
    rim: Curve = [(96, 268), (170, 274), (240, 276), (310, 274), (384, 268)]
    far: Curve = [(96, 268), (170, 257), (240, 254), (310, 257), (384, 268)]
    right: Curve = [(384, 268), (380, 380), (362, 500)]
    base: Curve = [(362, 500), (352, 510), (240, 515), (128, 510), (118, 500)]
    left: Curve = [(118, 500), (100, 380), (96, 268)]
    front = outline(rim, right, base, left)
    mouth = outline(far, back(rim))
    folds = (
        glow([(170, 300), (166, 400), (172, 490)], 60, 0.16, 14)
        + gloom([(118, 300), (136, 400), (138, 480)], 12, 0.2, 8)
        + gloom([(364, 310), (346, 400), (340, 490)], 16, 0.22, 8)
        + gloom([(230, 300), (244, 380), (238, 440)], 9, 0.10, 8)
        + gloom([(110, 506), (240, 512), (370, 506)], 20, 0.4, 8)
    )
    rear = _handle(bag, [(186, 266), (190, 190), (240, 148), (292, 190), (298, 266)], 11)
    handle = _handle(bag, [(172, 300), (174, 196), (232, 142), (300, 190), (308, 300)], 13)
    corners = "".join(
        bag.patch(
            outline(
                [(x0, 462), (x0 + 34 * way, 474), (x0 + 48 * way, 516)],
                [(x0 + 48 * way, 516), (x0 - 20 * way, 520), (x0 - 20 * way, 462)],
            )
        )
        for x0, way in ((108, 1), (372, -1))
        if bag.second
    )
    return (
        floor(118, 362, 508)
        + f'<g opacity=".96">{rear}</g>'
        + piece(mouth, bag.lining, LINING)
        + clipped(mouth, pool((240, 272), 130, 9, 0.65))
        + bag.body(front, folds)
        + clipped(front, corners)
        + stitches(beside(rim, 6), bag.yarn, 1.0)
        + stitches(beside(rim, 10), bag.yarn, 1.0)
        + groove(line([(124, 474), (240, 482), (356, 474)]), 0.3 if not bag.second else 0)
        + handle
        + _tab(bag, 172, 296)
        + _tab(bag, 308, 296)
    )


def floor(left: float, right: float, y: float) -> str:
    """The shadow of something that stands with its base from `left` to `right` at `y`."""
    middle, half = (left + right) / 2, (right - left) / 2
    return pool((middle + 4, y + 8), half * 1.06, 15, 0.30, 8) + pool(
        (middle, y + 3), half * 0.98, 6, 0.5, 4
    )


def _tab(bag: Bag, x: float, y: float) -> str:
    """A stitched rectangle that holds a handle's end, with a cross seam."""
    d = rounded(x - 11, y, 22, 44, 3)
    inner = rounded(x - 8, y + 3, 16, 38, 2)
    cross = f"M{x - 8},{y + 8}L{x + 8},{y + 38}M{x + 8},{y + 8}L{x - 8},{y + 38}"
    return (
        bag.patch(d)
        + thread(inner, bag.other_yarn, 0.9, "3 2")
        + thread(cross, bag.other_yarn, 0.8, "3 2")
    )


def satchel(bag: Bag) -> str:
    """A school satchel's flap with two buckled straps, and a grip on top."""
    case = rounded(92, 282, 296, 212, 22)
    gusset = outline(
        [(380, 300), (402, 312), (404, 470), (382, 488)], [(382, 488), (372, 400), (380, 300)]
    )
    flap = outline(
        [(84, 292), (96, 272), (150, 266), (240, 264), (330, 266), (384, 272), (396, 292)],
        [(396, 292), (397, 372)],
        [(397, 372), (380, 396), (240, 404), (100, 396), (83, 372)],
        [(83, 372), (84, 292)],
    )
    pocket = rounded(112, 388, 256, 94, 14)
    hem: Curve = [(90, 300), (89, 370), (104, 390), (240, 398), (376, 390), (391, 370), (390, 300)]
    shine = glow([(110, 288), (240, 280), (370, 288)], 20, 0.30, 8) + gloom(
        [(96, 384), (240, 392), (384, 384)], 10, 0.18, 4
    )
    grip: Curve = [(188, 272), (192, 240), (240, 226), (288, 240), (292, 272)]
    straps = ""
    for x in (160, 320):
        run: Curve = [(x, 330), (x, 380), (x, 452)]
        holes = "".join(
            f'<ellipse cx="{x}" cy="{y}" rx="2" ry="2.2" fill="#0d0706"/>' for y in (418, 430, 442)
        )
        loop_ = rounded(x - 15, 432, 30, 9, 3)
        straps += (
            strap(run, 23, bag.belt())
            + holes
            + buckle(Spot(x, 408, 90), Buckle(26, 33, bag.shine, 3.6))
            + bag.patch(loop_)
        )
    side: Curve = [(96, 300), (62, 340), (52, 430), (76, 510), (160, 528), (240, 516), (300, 494)]
    return (
        strap(side, 14, bag.belt())
        + floor(92, 404, 492)
        + piece(gusset, darker(bag.main, 0.3), bag.material)
        + bag.body(case, gloom([(100, 484), (240, 490), (380, 484)], 16, 0.4, 8))
        + thread(rounded(99, 290, 282, 197, 18), bag.yarn, 1.0)
        + bag.body(pocket, glow([(130, 402), (350, 402)], 14, 0.22, 8))
        + thread(rounded(118, 394, 244, 82, 10), bag.yarn, 1.0)
        + _handle(bag, grip, 14)
        + shadow(flap, 4, 0.45, 0, 6)
        + bag.body(flap, shine)
        + stitches(hem, bag.yarn, 1.0)
        + bag.patch(rounded(176, 264, 26, 16, 4))
        + bag.patch(rounded(278, 264, 26, 16, 4))
        + straps
    )


def quilted_flap(bag: Bag) -> str:
    """A quilted shoulder bag on a chain."""
    case = rounded(98, 312, 284, 184, 26)
    flap = outline(
        [(94, 326), (104, 308), (240, 302), (376, 308), (386, 326)],
        [(386, 326), (384, 388)],
        [(384, 388), (352, 424), (240, 432), (128, 424), (96, 388)],
        [(96, 388), (94, 326)],
    )
    hem: Curve = [(101, 386), (130, 417), (240, 425), (350, 417), (379, 386)]
    shade = gloom([(104, 486), (240, 494), (376, 486)], 20, 0.42, 8) + glow(
        [(120, 330), (240, 322), (360, 330)], 18, 0.34, 8
    )
    links = chain(
        [(112, 316), (122, 220), (196, 138), (284, 138), (358, 220), (368, 316)], 15, bag.shine
    )
    inner = chain(
        [(128, 312), (144, 236), (206, 168), (276, 168), (338, 236), (352, 312)], 13, bag.shine
    )
    plate = rounded(218, 404, 44, 32, 8)
    knob = rounded(231, 408, 18, 24, 7)
    return (
        floor(104, 376, 492)
        + f'<g opacity=".85">{inner}</g>'
        + bag.body(case, shade)
        + shadow(flap, 4, 0.5, 0, 6)
        + bag.body(flap, shade)
        + tape([(94, 330), *hem, (386, 330)], 4, darker(bag.main, 0.08))
        + links
        + hoop((112, 318), 9, 9, 3, bag.shine)
        + hoop((368, 318), 9, 9, 3, bag.shine)
        + shadow(plate, 2, 0.45, 0, 3)
        + piece(plate, bag.shine, METAL)
        + piece(knob, bag.shine, METAL)
    )


def bowler(bag: Bag) -> str:
    """A domed bag with a zip over its top and two short handles."""
    body = outline(
        [
            (86, 470),
            (84, 396),
            (112, 320),
            (172, 284),
            (240, 276),
            (308, 284),
            (368, 320),
            (396, 396),
            (394, 470),
        ],
        [(394, 470), (384, 494), (240, 500), (96, 494), (86, 470)],
    )
    arch: Curve = [
        (96, 396),
        (122, 330),
        (176, 297),
        (240, 290),
        (304, 297),
        (358, 330),
        (384, 396),
    ]
    base = outline(
        [(84, 452), (240, 462), (396, 452)],
        [(396, 452), (392, 490), (240, 502), (88, 490), (84, 452)],
    )
    volume = (
        glow([(140, 330), (190, 306), (260, 300)], 26, 0.32, 8)
        + glow([(120, 420), (240, 424), (350, 416)], 50, 0.12, 14)
        + gloom([(380, 340), (394, 420), (388, 490)], 22, 0.3, 8)
        + gloom([(92, 488), (240, 496), (388, 488)], 18, 0.4, 8)
    )
    top: Curve = [(120, 316), (172, 281), (240, 272), (308, 281), (360, 316)]
    rear = _handle(bag, [(176, 290), (184, 226), (240, 196), (296, 226), (304, 290)], 12)
    front = _handle(bag, [(164, 352), (166, 240), (236, 184), (310, 236), (316, 352)], 14)
    pocket = rounded(170, 376, 140, 70, 12)
    return (
        floor(92, 388, 496)
        + f"<g>{rear}</g>"
        + zipper(top, darker(bag.main, 0.35), "#d8c48c" if bag.metal == "gold" else "#cfd3d8", 12)
        + bag.body(body, volume)
        + tape(arch, 4.5, bag.other)
        + bag.patch(base, gloom([(92, 490), (240, 498), (388, 490)], 14, 0.35, 4))
        + stitches(beside([(85, 453), (240, 463), (395, 453)], 5), bag.other_yarn, 1.0)
        + bag.body(pocket)
        + thread(rounded(175, 381, 130, 60, 8), bag.yarn, 0.95)
        + zipper([(182, 392), (240, 393), (298, 392)], darker(bag.main, 0.3), "#cdb87c", 8)
        + puller(Spot(190, 392, 0), bag.shine, bag.other)
        + front
        + _attachment(bag, 164, 346)
        + _attachment(bag, 316, 346)
        + puller(Spot(336, 294, 28), bag.shine, bag.other, 26)
    )


def hobo(bag: Bag) -> str:
    """A slouching crescent that hangs from one wide strap."""
    body = outline(
        [(70, 330), (92, 352), (150, 372), (240, 380), (330, 372), (388, 352), (410, 330)],
        [
            (410, 330),
            (424, 390),
            (400, 470),
            (330, 512),
            (240, 520),
            (150, 512),
            (80, 470),
            (56, 390),
            (70, 330),
        ],
    )
    far: Curve = [(70, 330), (150, 352), (240, 358), (330, 352), (410, 330)]
    rim: Curve = [(70, 330), (92, 352), (150, 372), (240, 380), (330, 372), (388, 352), (410, 330)]
    mouth = outline(far, back(rim))
    handle: Curve = [
        (74, 340),
        (84, 250),
        (150, 160),
        (240, 136),
        (330, 160),
        (396, 250),
        (406, 340),
    ]
    slouch = (
        gloom([(160, 384), (150, 440), (180, 500)], 10, 0.26, 8)
        + gloom([(300, 386), (322, 440), (290, 498)], 10, 0.26, 8)
        + gloom([(230, 392), (222, 450), (236, 480)], 7, 0.18, 8)
        + glow([(110, 392), (110, 440), (140, 480)], 30, 0.24, 14)
        + glow([(252, 400), (262, 450), (256, 490)], 26, 0.20, 14)
        + gloom([(80, 476), (240, 520), (400, 476)], 22, 0.4, 8)
    )
    return (
        floor(120, 360, 512)
        + strap(handle, lambda t: 20 + 8 * (2 * t - 1) ** 2, bag.belt())
        + piece(mouth, bag.lining, LINING)
        + clipped(mouth, pool((240, 372), 150, 9, 0.6))
        + bag.body(body, slouch)
        + stitches(beside(rim, 6), bag.yarn, 1.0)
        + stitches(beside(rim, 10), bag.yarn, 1.0)
        + "".join(
            hoop((x, 346), 16, 16, 4, bag.shine)
            + bag.patch(rounded(x - 9, 350, 18, 36, 6))
            + stud((x, 374), 3.2, bag.shine)
            for x in (84, 396)
        )
        + _tassel(bag, 304, 378)
    )


def _tassel(bag: Bag, x: float, y: float) -> str:
    """A leather tassel on a cord."""
    skirt = outline(
        [(x + 3, y + 44), (x + 13, y + 44)],
        [(x + 13, y + 44), (x + 19, y + 92)],
        [(x + 19, y + 92), (x - 5, y + 93)],
        [(x - 5, y + 93), (x + 3, y + 44)],
    )
    cuts = "".join(
        f'<path d="M{x + 5 + i},{y + 46}L{x + 4 + i * 1.9:.1f},{y + 96}" stroke="#120a08" '
        'stroke-opacity=".5" stroke-width="1.1"/>'
        for i in range(-3, 9, 2)
    )
    return (
        tape([(x, y), (x + 6, y + 22), (x + 8, y + 40)], 4, bag.other)
        + shadow(skirt, 2, 0.4, 2, 3)
        + piece(skirt, bag.other, SMOOTH, cuts)
        + piece(rounded(x + 1, y + 36, 14, 12, 4), bag.shine, METAL)
    )


def trapeze(bag: Bag) -> str:
    """A stiff top-handle bag turned a little, so that its side shows."""
    front = outline(
        [(92, 300), (340, 300)],
        [(340, 300), (352, 400), (356, 498)],
        [(356, 498), (76, 500)],
        [(76, 500), (82, 400), (92, 300)],
    )
    side = outline(
        [(340, 300), (384, 290)],
        [(384, 290), (398, 380), (404, 484)],
        [(404, 484), (356, 498)],
        [(356, 498), (352, 400), (340, 300)],
    )
    # The side is pressed in, as it is when such a bag is closed.
    fold: Curve = [(362, 296), (368, 370), (384, 488)]
    top = outline(
        [(92, 300), (150, 286), (384, 290)], [(384, 290), (340, 300)], [(340, 300), (92, 300)]
    )
    flap = outline(
        [(90, 300), (106, 292), (240, 291), (334, 293), (342, 300)],
        [(342, 300), (347, 350)],
        [(347, 350), (300, 366), (216, 376), (130, 367), (85, 352)],
        [(85, 352), (90, 300)],
    )
    grip: Curve = [(152, 292), (156, 216), (218, 186), (280, 216), (286, 292)]
    rear: Curve = [(178, 286), (184, 214), (240, 188), (300, 214), (312, 286)]
    light = glow([(110, 400), (200, 410), (330, 396)], 60, 0.14, 14) + gloom(
        [(80, 490), (220, 494), (350, 488)], 16, 0.4, 8
    )
    lock = rounded(200, 356, 32, 34, 6)
    return (
        floor(78, 400, 492)
        + _handle(bag, rear, 12)
        + piece(top, bag.lining, LINING)
        + piece(side, darker(bag.main, 0.22), bag.material, bag.finish)
        + gloom(fold, 12, 0.45, 4)
        + groove(line(fold), 0.5)
        + bag.body(front, light)
        + thread("M97,306L88,400L83,492L349,489L346,400L334,306", bag.yarn, 1.0)
        + _handle(bag, grip, 14)
        + shadow(flap, 4, 0.45, 0, 5)
        + bag.patch(
            flap,
            (bag.finish if not bag.second else "") + glow([(110, 306), (330, 308)], 18, 0.3, 8),
        )
        + stitches([(91, 347), (132, 360), (216, 369), (298, 359), (341, 345)], bag.other_yarn, 1.0)
        + "".join(hoop((x, 300), 10, 9, 3, bag.shine) for x in (152, 286))
        + shadow(lock, 2, 0.45, 0, 3)
        + piece(lock, bag.shine, METAL)
        + '<circle cx="216" cy="370" r="3.4" fill="#2a1d10"/><path d="M214.6,370h2.8l1.4,11h-5.6z" '
        'fill="#2a1d10"/>' + "".join(stud((x, 498), 4, bag.shine) for x in (96, 338))
    )


def crossbody(bag: Bag) -> str:
    """A small rounded bag with a long thin strap and a zip."""
    body = outline(
        [(124, 372), (128, 352), (240, 344), (352, 352), (356, 372)],
        [(356, 372), (366, 440), (340, 500), (240, 512), (140, 500), (114, 440), (124, 372)],
    )
    flap = outline(
        [(120, 376), (126, 350), (240, 340), (354, 350), (360, 376)],
        [(360, 376), (352, 428), (300, 458), (240, 464), (180, 458), (128, 428), (120, 376)],
    )
    hem: Curve = [
        (127, 384),
        (135, 424),
        (182, 451),
        (240, 457),
        (298, 451),
        (345, 424),
        (353, 384),
    ]
    long: Curve = [
        (132, 362),
        (108, 260),
        (140, 150),
        (222, 112),
        (310, 134),
        (364, 230),
        (350, 362),
    ]
    shade = glow([(150, 366), (240, 358), (330, 366)], 20, 0.34, 8) + gloom(
        [(130, 480), (240, 508), (350, 480)], 20, 0.4, 8
    )
    return (
        floor(140, 340, 506)
        + strap(long, 10, bag.belt())
        + buckle(Spot(112, 236, -80), Buckle(18, 18, bag.shine, 2.8))
        + bag.body(body, shade)
        + shadow(flap, 4, 0.5, 0, 6)
        + bag.patch(flap, (bag.finish if not bag.second else "") + shade)
        + stitches(hem, bag.other_yarn, 1.0)
        + "".join(hoop((x, 358), 9, 10, 3, bag.shine) for x in (132, 350))
        + wire(ring((240, 452), 15, 15, 0, 359, 17), 5, bag.shine)
        + stud((240, 452), 7, bag.shine)
    )


def clutch(bag: Bag) -> str:
    """An envelope clutch with a wrist loop."""
    body = rounded(70, 316, 340, 200, 10)
    flap = outline(
        [(68, 324), (74, 312), (406, 312), (412, 324)],
        [(412, 324), (414, 340)],
        [(414, 340), (330, 408), (256, 446), (240, 452), (224, 446), (150, 408), (66, 340)],
        [(66, 340), (68, 324)],
    )
    hem: Curve = [(76, 342), (152, 400), (226, 438), (240, 443), (254, 438), (328, 400), (404, 342)]
    loop_: Curve = [
        (404, 372),
        (446, 392),
        (452, 470),
        (436, 540),
        (412, 520),
        (420, 440),
        (406, 380),
    ]
    shade = glow([(90, 332), (390, 330)], 16, 0.32, 8) + gloom([(80, 508), (400, 508)], 16, 0.36, 8)
    return (
        floor(74, 406, 512)
        + strap(loop_, 9, bag.belt())
        + bag.body(body, shade + gloom([(70, 350), (240, 458), (410, 350)], 14, 0.3, 8))
        + thread(rounded(77, 323, 326, 186, 6), bag.yarn, 1.0)
        + shadow(flap, 4, 0.5, 0, 6)
        + bag.patch(flap, (bag.finish if not bag.second else "") + shade)
        + stitches(hem, bag.other_yarn, 1.0)
        + hoop((404, 374), 9, 9, 3, bag.shine)
        + cutout(rounded(222, 420, 36, 30, 15), rounded(228, 426, 24, 18, 9), bag.shine)
        + stud((240, 435), 6, bag.shine)
    )
