"""Sweaters and sweatshirts: ribbed hems, cuffs and necks, hoods, cables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from studio.canvas import Canvas
from studio.cuts import (
    LONG_SLEEVE,
    TORSO,
    Arm,
    Cut,
    Sleeves,
    body_creases,
    inside_neck,
    relaxed,
    settled,
    sleeves,
)
from studio.design import Design, apparel
from studio.fabric import Fabric, Print
from studio.geometry import Node, Path, both, k, line, mirror, on_side, outline, p, whole
from studio.motifs import arches, blocks, cat, chest, dinosaur, mountains, rocket
from studio.palette import lighter
from studio.prints import argyle, dots, hearts, nordic, stars, stripes
from studio.trims import Button, band, buttons, cord, rib_block, zipper

HEM = 30
CUFF = 30


@dataclass(frozen=True, slots=True)
class Knit:
    """A knitted top.

    ``neck``: "crew", "vee", "roll", "hood", "cardigan" (buttoned vee) or "zip" (hooded,
    zipped through). ``cables``: half distances of the cable columns from the middle.
    """

    cloth: Fabric
    cut: Cut
    arm: Arm | None
    neck: Literal["crew", "vee", "roll", "hood", "cardigan", "zip"] = "crew"
    motif: Print | None = None
    trim: Fabric | None = None
    sleeve: Fabric | None = None
    cables: tuple[float, ...] = ()
    kangaroo: bool = False
    cord: str = ""
    buttons: Button = Button("#7a5a3c", 5)  # noqa: RUF009 - frozen, so safe to share


def draw_knit(canvas: Canvas, make: Knit) -> None:
    """A sweater or sweatshirt laid flat."""
    cut = settled(canvas, make.cut)
    make = replace(make, cut=cut, arm=make.arm and relaxed(canvas, make.arm, cut))
    cloth = make.cloth
    plain = cloth.dyed(cloth.colour)
    trim = make.trim or plain
    rib = trim.but(weave="rib", folds=0.12)
    anchor = (0.0, cut.armpit + 40)
    with canvas.group("translate(240 12)"):
        _behind_neck(canvas, make, plain, trim)
        if make.arm:
            finish = Sleeves(
                make.arm, make.sleeve or cloth, cuff=CUFF, cuff_cloth=rib, flare=5, crumple=0.6
            )
            sleeves(canvas, cut, finish)
        rib_block(canvas, _hem_block(cut), rib)
        path = cut.front()
        front = replace(cloth, print=make.motif) if make.motif else cloth
        folds = body_creases(canvas, cut, 0.55)
        canvas.piece(path, front, creases=folds, lift=1.2, volume=0.5, anchor=anchor)
        with canvas.clip(path):
            for x in make.cables:
                for side in (-1, 1) if x else (1,):
                    cable(canvas, side * x, cut.top - 10, cut.bottom + 10, cloth)
        if not make.arm:
            for side in (-1, 1):
                edge = cut.armhole()
                inner = [Node(n.x - 9, n.y + 1.5, n.sharp) for n in edge]
                if side < 0:
                    edge, inner = mirror(edge), mirror(inner)
                band(canvas, edge, inner, trim, lift=0.8)
        if make.kangaroo:
            _kangaroo(canvas, cut, plain)
        _neck(canvas, make, trim)


def cable(canvas: Canvas, x: float, y0: float, y1: float, cloth: Fabric) -> None:
    """A column of slanted strands, each wound over the one below, between two purl valleys."""
    step, half = 19.0, 11.0
    strand = cloth.dyed(lighter(cloth.hex, 0.04)).but(folds=0, weave="none")
    for edge in (-half - 5, half + 5):
        valley = line([k(x + edge, y0), k(x + edge, y1)])
        canvas.stroke(valley, "#000000", 5, opacity=0.22, blur=1.4)
    y = y1
    while y > y0:
        loop = outline(
            [
                p(x - half, y + step + 4),
                p(x - half - 1, y + step - 6),
                p(x - 2, y + step * 0.5 - 7),
                p(x + half - 1, y - 6),
                p(x + half + 1, y + 5),
                p(x + 2, y + step * 0.5 + 7),
            ]
        )
        canvas.piece(loop, strand, volume=0.55, edge=0.55, lift=1.4, turn=42)
        with canvas.clip(loop):
            for shift in (-3, 0, 3):
                yarn = [
                    p(x - half, y + step + shift),
                    p(x, y + step * 0.5 + shift),
                    p(x + half, y + shift),
                ]
                canvas.stroke(line(yarn), "#000000", 0.8, opacity=0.12)
        y -= step


def _hem_block(cut: Cut) -> Path:
    y = cut.bottom - 3
    return both(
        [
            p(0, y + cut.dip - 4),
            k(cut.hem, y),
            k(cut.hem - 7, y + HEM),
            p((cut.hem - 7) * 0.5, y + HEM + cut.dip * 0.8),
            p(0, y + HEM + cut.dip),
        ]
    )


def _behind_neck(canvas: Canvas, make: Knit, plain: Fabric, trim: Fabric) -> None:
    cut = make.cut
    if make.neck in ("hood", "zip"):
        _hood_back(canvas, cut, plain)
        return
    if make.neck == "roll":
        return
    inside_neck(canvas, cut, plain, tape=make.neck != "cardigan")
    with canvas.group(opacity=0.85):
        band(canvas, cut.back_neck(9), cut.back_neck(9, 9), trim, lift=0.6)


def _neck(canvas: Canvas, make: Knit, trim: Fabric) -> None:
    cut = make.cut
    if make.neck == "crew":
        band(canvas, whole(cut.neckline()), whole(cut.neckline(13)), trim, lift=1.2)
    elif make.neck == "vee":
        for side in (-1, 1):
            band(
                canvas,
                on_side(cut.neckline(), side),
                on_side(cut.neckline(11), side),
                trim,
                lift=1.2,
            )
        canvas.seam(line([cut.neckline()[0], cut.neckline(11)[0]]), depth=0.8)
    elif make.neck == "roll":
        _roll(canvas, cut, trim)
    elif make.neck == "cardigan":
        _cardigan(canvas, make, trim)
    else:
        _hood_front(canvas, make)


def _roll(canvas: Canvas, cut: Cut, trim: Fabric) -> None:
    n, t = cut.neck, cut.top
    tube = both(
        [
            p(0, t - 38),
            p(n * 0.7, t - 39.5),
            k(n - 1, t - 42),
            p(n + 2, t - 22),
            k(n + 6, t + 5),
            p(n * 0.6, t + 18),
            p(0, t + 22),
        ]
    )
    rib_block(canvas, tube, trim.but(weave="rib", folds=0.1), lift=2)
    fold = both(
        [
            p(0, t - 38),
            p(n * 0.7, t - 39.5),
            k(n - 1, t - 42),
            p(n + 6, t - 28),
            k(n + 7, t - 7),
            p(n * 0.6, t + 1),
            p(0, t + 4),
        ]
    )
    rib_block(canvas, fold, trim.but(weave="rib", folds=0.1), lift=3)


def _cardigan(canvas: Canvas, make: Knit, trim: Fabric) -> None:
    """The fronts' long ribbed edge: around the neck, then straight down."""
    cut = make.cut
    y1 = cut.bottom + HEM + cut.dip - 3
    vee = cut.top + cut.drop
    strip = [k(-8, vee - 6), k(8, vee - 6), k(8, y1), k(-8, y1)]
    rib_block(canvas, outline(strip), trim.but(weave="fine rib", folds=0.1), lift=1.2)
    for side in (-1, 1):
        band(canvas, on_side(cut.neckline(), side), on_side(cut.neckline(12), side), trim, lift=1.4)
    buttons(canvas, k(0, vee + 20), k(0, y1 - 16), 5, make.buttons)


def _hood_back(canvas: Canvas, cut: Cut, cloth: Fabric) -> None:
    """The hood lying up behind the neck: its outer rim, then the shaded lining."""
    n, t = cut.neck, cut.top
    outer = both(
        [
            p(0, t - 62),
            p(n * 0.72, t - 56),
            p(n * 1.2, t - 28),
            p(n * 1.34, t + 8),
            k(n * 1.16, t + 34),
            p(0, t + 58),
        ]
    )
    canvas.piece(outer, cloth, volume=0.5, edge=0.6)
    inner = both(
        [
            p(0, t - 40),
            p(n * 0.62, t - 33),
            p(n * 0.94, t - 8),
            p(n * 0.86, t + 22),
            p(n * 0.4, t + 44),
            p(0, t + 54),
        ]
    )
    canvas.piece(inner, cloth.but(folds=0.5), shade=0.36, volume=0.3, edge=1.0)
    with canvas.clip(inner):
        canvas.seam(line([k(0, t - 44), p(1, t - 10), k(0, t + 10)]), depth=0.8)
        canvas.stroke(line([k(-n, t + 4), p(0, t + 16), k(n, t + 4)]), "#000000", 3, opacity=0.25)
    canvas.stitch(
        line(
            [
                p(-n * 0.98, t + 16),
                p(-n * 1.02, t - 12),
                p(-n * 0.66, t - 40),
                p(0, t - 47),
                p(n * 0.66, t - 40),
                p(n * 1.02, t - 12),
                p(n * 0.98, t + 16),
            ]
        ),
        cloth,
    )


def _hood_front(canvas: Canvas, make: Knit) -> None:
    """The hood's two front edges crossing at the throat, and its cords."""
    cut = make.cut
    cloth = make.cloth.dyed(make.cloth.colour)
    n, t, d = cut.neck, cut.top, cut.drop
    edge = [
        k(n * 1.12, t - 6),
        p(n * 1.02, t + d * 0.5),
        p(n * 0.5, t + d + 8),
        k(-4, t + d + 30),
        k(-12, t + d + 14),
        p(n * 0.4, t + d - 12),
        p(n * 0.78, t + d * 0.2),
        k(n * 0.86, t - 12),
    ]
    for side in (-1, 1):
        path = outline(on_side(edge, side))
        canvas.piece(path, cloth.but(folds=0.25), turn=side * 35, volume=0.2, edge=0.5, lift=2)
    tone = make.cord or lighter(cloth.hex, 0.45)
    if make.neck == "zip":
        y1 = cut.bottom + HEM + cut.dip - 4
        zipper(canvas, 0, t + d + 8, y1, tape=cloth.hex)
    for side in (-1, 1):
        x = side * n * 0.3
        sway = canvas.rng.uniform(-4, 4)
        length = canvas.rng.uniform(74, 96)
        canvas.shape(
            outline([p(x - 2, t + d + 7), p(x, t + d + 5), p(x + 2, t + d + 7), p(x, t + d + 9)]),
            "#77797c",
        )
        cord(
            canvas,
            [
                k(x, t + d + 7),
                p(x + side * 3, t + d + 30),
                p(x + sway, t + d + length - 20),
                p(x + sway * 0.6, t + d + length),
            ],
            tone,
        )


def _kangaroo(canvas: Canvas, cut: Cut, cloth: Fabric) -> None:
    y1 = cut.bottom - 4
    w = cut.hem * 0.6
    pocket = both(
        [
            k(0, y1 - 92),
            k(w * 0.62, y1 - 92),
            p(w * 0.80, y1 - 58),
            k(w, y1 - 34),
            k(w, y1 + cut.dip * 0.3),
            k(0, y1 + cut.dip * 0.6),
        ]
    )
    canvas.piece(pocket, cloth, volume=0.15, edge=0.4, lift=1.6)
    for side in (-1, 1):
        for inset in (2.5, 5.5):
            trace = [
                k(side * (w * 0.62 - inset), y1 - 91),
                p(side * (w * 0.80 - inset), y1 - 57),
                k(side * (w - inset), y1 - 31),
            ]
            canvas.stitch(line(trace), cloth)
    canvas.stitch(line([k(-w * 0.6, y1 - 89), k(w * 0.6, y1 - 89)]), cloth)


def _body(gender: str, **more: float) -> Cut:
    """Room for a thicker cloth, and for the ribbed hem below."""
    cut = TORSO[gender]
    return cut.but(
        **{"bottom": cut.bottom - 34, "hem": cut.hem + 1, "waist": cut.waist + 3, "dip": 3, **more}
    )


def _make(gender: str, cloth: Fabric, **more: Any) -> Knit:
    arm = LONG_SLEEVE[gender]
    arm = replace(
        arm, end=arm.end._replace(y=arm.end.y - 34, x=arm.end.x - 2), width=arm.width + 9, bend=8
    )
    return Knit(**{"cloth": cloth, "cut": _body(gender), "arm": arm, **more})


def _vee(gender: str, drop: float = 70, **more: float) -> Cut:
    return replace(_body(gender, **more), drop=drop, vee=True)


def _rolled(gender: str) -> Cut:
    """Cut close to the throat, so that the rolled collar covers the neckline."""
    cut = _body(gender)
    return cut.but(neck=cut.neck - 7, drop=8)


def _wool(tone: str, print_: Print | None = None) -> Fabric:
    return Fabric(tone, print=print_, weave="knit", folds=0.3, gloss=0.02)


def _fleece(tone: str, print_: Print | None = None, weave: str = "jersey") -> Fabric:
    return Fabric(tone, print=print_, weave=weave, folds=0.42, gloss=0.03, scale=1.15)


def _sweater(gender: str, colour: str, title: str, make: Knit, usage: str = "Casual") -> Design:
    draw = partial(draw_knit, make=make)
    return apparel("Sweaters", "Topwear", gender, colour, title, draw, usage)


def _sweat(gender: str, colour: str, title: str, make: Knit, usage: str = "Casual") -> Design:
    draw = partial(draw_knit, make=make)
    return apparel("Sweatshirts", "Topwear", gender, colour, title, draw, usage)


PRODUCTS: list[Design] = [
    _sweater(
        "Men",
        "Off White",
        "Off White Cable Knit Sweater",
        _make("Men", _wool("Off White"), cables=(0, 44, 88)),
    ),
    _sweater(
        "Men",
        "Navy",
        "Navy V-neck Sweater",
        _make("Men", _wool("Navy"), cut=_vee("Men"), neck="vee"),
    ),
    _sweater(
        "Men",
        "Charcoal",
        "Charcoal Fair Isle Sweater",
        _make("Men", _wool("Charcoal", nordic("#e9e2d2", "#bb2e32", -150, -60))),
    ),
    _sweater(
        "Men",
        "Green",
        "Green Roll Neck Sweater",
        _make("Men", _wool("#35563f"), neck="roll", cut=_rolled("Men")),
    ),
    _sweater(
        "Men",
        "Grey",
        "Grey Sleeveless Argyle Sweater",
        _make(
            "Men",
            _wool("Grey", argyle("Maroon", "#6f7478", "#efece4")),
            cut=_vee("Men", 86),
            neck="vee",
            arm=None,
            trim=_wool("Maroon"),
        ),
        "Formal",
    ),
    _sweater(
        "Men",
        "Brown",
        "Brown Buttoned Cardigan",
        _make("Men", _wool("Brown"), cut=_vee("Men", 110), neck="cardigan"),
    ),
    _sweater(
        "Women",
        "Mustard",
        "Mustard Cable Knit Sweater",
        _make("Women", _wool("Mustard"), cables=(20, 62)),
    ),
    _sweater(
        "Women",
        "Pink",
        "Pink Buttoned Cardigan",
        _make(
            "Women",
            _wool("Pink"),
            cut=_vee("Women", 92),
            neck="cardigan",
            buttons=Button("#efe6dc", 4.6),
        ),
    ),
    _sweater(
        "Women",
        "Black",
        "Black Roll Neck Sweater",
        _make(
            "Women", Fabric("Black", weave="fine rib", folds=0.4), neck="roll", cut=_rolled("Women")
        ),
    ),
    _sweater(
        "Women",
        "Teal",
        "Teal Striped Sweater",
        _make("Women", _wool("Teal", stripes(("#d9e6df", 9), ("", 20), ("Mustard", 4), ("", 20)))),
    ),
    _sweater(
        "Women",
        "Cream",
        "Cream Nordic Yoke Sweater",
        _make("Women", _wool("Cream", nordic("#7a2b35", "#35563f", -150, -66))),
    ),
    _sweater(
        "Boys",
        "Red",
        "Red Fair Isle Sweater",
        _make("Boys", _wool("Red", nordic("White", "Navy", -132, -50))),
    ),
    _sweater(
        "Boys",
        "Blue",
        "Blue Striped V-neck Sweater",
        _make(
            "Boys",
            _wool("Blue", stripes(("Light Blue", 12), ("", 12))),
            cut=_vee("Boys", 54),
            neck="vee",
        ),
    ),
    _sweater(
        "Girls",
        "Lavender",
        "Lavender Heart Knit Sweater",
        _make("Girls", _wool("Lavender", hearts("White", size=7, gap=32))),
    ),
    _sweater(
        "Girls",
        "Coral",
        "Coral Buttoned Cardigan",
        _make(
            "Girls",
            _wool("Coral"),
            cut=_vee("Girls", 40),
            neck="cardigan",
            buttons=Button("#f3ece2", 4.4),
        ),
    ),
    _sweat(
        "Men",
        "Grey",
        "Grey Melange Hooded Sweatshirt",
        _make("Men", _fleece("Grey", weave="melange"), neck="hood", kangaroo=True),
    ),
    _sweat(
        "Men",
        "Black",
        "Black Zip-through Hooded Sweatshirt",
        _make("Men", _fleece("Black"), neck="zip"),
        "Sports",
    ),
    _sweat("Men", "Olive", "Olive Crew Neck Sweatshirt", _make("Men", _fleece("Olive"))),
    _sweat(
        "Men",
        "Navy",
        "Navy and Red Colour-block Sweatshirt",
        _make(
            "Men",
            _fleece("Navy"),
            motif=blocks((-40, 8, "Red"), (-46, -40, "White")),
        ),
        "Sports",
    ),
    _sweat(
        "Men",
        "Mustard",
        "Mustard Mountain Hooded Sweatshirt",
        _make(
            "Men",
            _fleece("Mustard"),
            neck="hood",
            kangaroo=True,
            motif=chest(mountains("#4a3a26", "#efe2c0", "#a94b2a"), y=-36, scale=0.8),
        ),
    ),
    _sweat(
        "Women",
        "Pink",
        "Pink Hooded Sweatshirt",
        _make("Women", _fleece("Pink"), neck="hood", kangaroo=True, cord="#f4efe8"),
    ),
    _sweat(
        "Women",
        "Beige",
        "Beige Crew Neck Sweatshirt",
        _make(
            "Women",
            _fleece("Beige"),
            motif=chest(arches("#8d5a3a", "#f3eadb", "#3d5a57"), y=-34, scale=0.8),
        ),
    ),
    _sweat(
        "Women",
        "Teal",
        "Teal Zip-through Hooded Sweatshirt",
        _make("Women", _fleece("Teal"), neck="zip"),
        "Sports",
    ),
    _sweat(
        "Boys",
        "Blue",
        "Blue Rocket Hooded Sweatshirt",
        _make(
            "Boys",
            _fleece("Blue"),
            neck="hood",
            motif=chest(rocket("White", "Orange", "Yellow"), y=4, scale=0.72),
        ),
    ),
    _sweat(
        "Boys",
        "Orange",
        "Orange Dinosaur Sweatshirt",
        _make("Boys", _fleece("Orange"), motif=chest(dinosaur("#355a45", "#f3d97c"), y=-8)),
    ),
    _sweat(
        "Boys",
        "Charcoal",
        "Charcoal Zip-through Hooded Sweatshirt",
        _make("Boys", _fleece("Charcoal", stars("#6d7176", size=6, gap=26)), neck="zip"),
        "Sports",
    ),
    _sweat(
        "Girls",
        "Purple",
        "Purple Star Hooded Sweatshirt",
        _make(
            "Girls",
            _fleece("Purple", stars("#e9d7f2", "Yellow", size=5.5, gap=27)),
            neck="hood",
            cord="#f0e6f6",
        ),
    ),
    _sweat(
        "Girls",
        "Mint",
        "Mint Cat Sweatshirt",
        _make("Girls", _fleece("Mint"), motif=chest(cat("#5a5f66", "Pink"), y=-10, scale=0.85)),
    ),
    _sweat(
        "Girls",
        "Red",
        "Red Dotted Sweatshirt",
        _make("Girls", _fleece("Red", dots("White", 3.4, 21))),
    ),
]
