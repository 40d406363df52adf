"""T-shirts and polo shirts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from studio.canvas import Canvas
from studio.cuts import (
    LONG_SLEEVE,
    SHORT_SLEEVE,
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
from studio.geometry import Box, Path, k, line, mirror, on_side, outline, p, rect, whole
from studio.motifs import (
    arches,
    bicycle,
    blocks,
    cat,
    chest,
    daisy,
    dinosaur,
    leaf_line,
    mountains,
    planet,
    rainbow,
    rocket,
    whale,
)
from studio.palette import lighter
from studio.prints import blotches, dots, hearts, stars, stripes, tie_dye
from studio.trims import Button, Pocket, band, buttons, patch_pocket


@dataclass(frozen=True, slots=True)
class Tee:
    """A T-shirt: cloth, cut, sleeve and the few things that can be sewn on."""

    cloth: Fabric
    cut: Cut
    arm: Arm
    motif: Print | None = None  # printed on the front only
    trim: Fabric | None = None  # neckband, and the sleeve bands of a ringer
    sleeve: Fabric | None = None
    ringer: bool = False
    pocket: bool = False
    placket: float = 0  # length of a henley placket
    band_width: float = 9
    tail: float = 0  # how far a curved hem swings up at the sides


def draw_tee(canvas: Canvas, make: Tee) -> None:
    """A T-shirt laid flat."""
    cut, cloth = settled(canvas, make.cut), make.cloth
    arm = relaxed(canvas, make.arm, cut)
    plain = cloth.dyed(cloth.colour)
    trim = make.trim or plain
    rib = trim.but(weave="rib", folds=0.1)
    pair = Sleeves(
        arm,
        make.sleeve or cloth,
        cuff=8 if make.ringer else 0,
        cuff_cloth=rib if make.ringer else None,
        flare=0.5,
    )
    anchor = (0.0, cut.armpit + 46)
    with canvas.group("translate(240 14)"):
        inside_neck(canvas, cut, plain)
        with canvas.group(opacity=0.85):
            band(canvas, cut.back_neck(9), cut.back_neck(9, 8), trim, lift=0.6)
        if not arm.raglan:
            sleeves(canvas, cut, pair)
        path = cut.shirt_tail(make.tail) if make.tail else cut.front()
        front = replace(cloth, print=make.motif) if make.motif else cloth
        folds = body_creases(canvas, cut)
        canvas.piece(path, front, creases=folds, lift=1, volume=0.45, anchor=anchor)
        if arm.raglan:
            sleeves(canvas, cut, pair)
        if not make.tail:
            with canvas.clip(path):
                canvas.stitch(cut.hem_across(9), plain)
                canvas.stitch(cut.hem_across(12), plain)
        if make.pocket:
            box = Box(26, cut.armpit - 28, 74, cut.armpit + 30)
            patch_pocket(canvas, box, cloth, Pocket(point=7), anchor)
        if make.placket:
            _henley(canvas, cut, trim, make.placket)
        _neckband(canvas, cut, trim, make.band_width)


def _neckband(canvas: Canvas, cut: Cut, trim: Fabric, width: float) -> None:
    inner, outer = cut.neckline(), cut.neckline(width)
    if cut.vee:
        band(canvas, mirror(inner), mirror(outer), trim, lift=0.9)
        band(canvas, inner, outer, trim, lift=0.9)
        canvas.seam(line([inner[0], outer[0]]), depth=0.7)
    else:
        band(canvas, whole(inner), whole(outer), trim, lift=0.9)
    canvas.stitch(line(whole(cut.neckline(width + 2.5))), trim)


def _henley(canvas: Canvas, cut: Cut, trim: Fabric, length: float) -> None:
    y = cut.top + cut.drop + 4
    canvas.piece(rect(Box(-8, y, 8, y + length), 1), trim, volume=0.1, edge=0.3, lift=1)
    for x in (-6, 6):
        canvas.stitch(line([k(x, y), k(x, y + length)]), trim)
    canvas.stitch(line([k(-6, y + length - 8), k(6, y + length - 8)]), trim)
    kind = Button(lighter(trim.hex, 0.4), 3.4)
    buttons(canvas, k(0, y + 14), k(0, y + length - 16), 3, kind)


@dataclass(frozen=True, slots=True)
class Polo:
    """A polo shirt: knitted collar, a short placket, ribbed sleeve ends."""

    cloth: Fabric
    cut: Cut
    arm: Arm
    collar: Fabric | None = None
    tipping: str = ""  # colour of the line along the collar's edge
    count: int = 3


def draw_polo(canvas: Canvas, make: Polo) -> None:
    """A polo shirt laid flat, buttoned."""
    cut, cloth = settled(canvas, make.cut), make.cloth
    arm = relaxed(canvas, make.arm, cut)
    plain = cloth.dyed(cloth.colour)
    collar = (make.collar or plain).but(weave="fine rib", folds=0.1)
    with canvas.group("translate(240 18)"):
        canvas.piece(_collar_back(cut), collar, shade=0.3, volume=0.1, edge=0.8)
        cuffs = collar.but(weave="rib")
        sleeves(canvas, cut, Sleeves(arm, cloth, cuff=12, cuff_cloth=cuffs, flare=0.5))
        path = cut.front()
        folds = body_creases(canvas, cut)
        canvas.piece(path, cloth, creases=folds, lift=1, volume=0.45, anchor=(0, cut.armpit))
        with canvas.clip(path):
            canvas.stitch(cut.hem_across(9), plain)
            canvas.stitch(cut.hem_across(12), plain)
        y = cut.top + cut.drop - 6
        length = 30 + 26 * (make.count - 1)
        canvas.piece(rect(Box(-9, y, 9, y + length), 1), plain, volume=0.1, edge=0.3, lift=1.1)
        for x in (-7, 7):
            canvas.stitch(line([k(x, y), k(x, y + length)]), plain)
        canvas.stitch(line([k(-7, y + length - 9), k(7, y + length - 9)]), plain)
        last = k(0, y + length - 18)
        buttons(canvas, k(0, y + 22), last, make.count, Button("#ece8df", 3.5))
        _collar(canvas, cut, collar, make.tipping)


def _collar_back(cut: Cut) -> Path:
    n, t = cut.neck, cut.top
    return outline(
        [
            k(-n + 2, t - 12),
            p(0, t - 8),
            k(n - 2, t - 12),
            k(n, t + 10),
            p(0, t + cut.drop + 6),
            k(-n, t + 10),
        ]
    )


def _collar(canvas: Canvas, cut: Cut, cloth: Fabric, tipping: str) -> None:
    n, t, d = cut.neck, cut.top, cut.drop
    leaf = [
        k(n - 3, t - 13),
        p(n * 0.62, t + d * 0.3),
        k(3, t + d - 4),
        k(n * 0.5, t + d + 26),
        p(n * 0.86, t + d * 0.75 + 2),
        k(n + 12, t + 6),
        p(n + 6, t - 9),
    ]
    edge = [
        k(5, t + d - 1),
        k(n * 0.5 - 0.5, t + d + 22),
        p(n * 0.83, t + d * 0.75 - 2),
        k(n + 9, t + 4),
    ]
    for side in (-1, 1):
        path = outline(on_side(leaf, side))
        canvas.piece(path, cloth, turn=side * 48, volume=0.15, edge=0.5, lift=2.4)
        if tipping:
            canvas.stroke(line(on_side(edge, side)), tipping, 2.2)


def _tee(gender: str, colour: str, title: str, make: Tee, usage: str = "Casual") -> Design:
    return apparel("Tshirts", "Topwear", gender, colour, title, partial(draw_tee, make=make), usage)


def _polo(gender: str, colour: str, title: str, make: Polo, usage: str = "Casual") -> Design:
    return apparel("Polos", "Topwear", gender, colour, title, partial(draw_polo, make=make), usage)


def _short(gender: str, cloth: Fabric, **more: Any) -> Tee:
    """A short-sleeved T-shirt in the gender's own cut unless `more` says otherwise."""
    return Tee(**{"cloth": cloth, "cut": TORSO[gender], "arm": SHORT_SLEEVE[gender], **more})


def _long(gender: str, cloth: Fabric, **more: Any) -> Tee:
    return _short(gender, cloth, arm=LONG_SLEEVE[gender], **more)


def _raglan(gender: str, cloth: Fabric, sleeve: str, **more: Any) -> Tee:
    arm = replace(LONG_SLEEVE[gender], raglan=True)
    dark = cloth.dyed(sleeve)
    return Tee(cloth=cloth, cut=TORSO[gender], arm=arm, sleeve=dark, trim=dark, **more)


def _scoop(gender: str, **more: float) -> Cut:
    return TORSO[gender].but(drop=66, neck=56, **more)


def _vee(gender: str, drop: float = 66) -> Cut:
    return replace(TORSO[gender], drop=drop, vee=True)


def _polo_cut(gender: str, cloth: Fabric, **more: Any) -> Polo:
    return Polo(cloth=cloth, cut=TORSO[gender], arm=SHORT_SLEEVE[gender], **more)


_PIQUE = "canvas"

PRODUCTS: list[Design] = [
    _tee(
        "Men", "Navy", "Navy Crew Neck Pocket T-shirt", _short("Men", Fabric("Navy"), pocket=True)
    ),
    _tee("Men", "White", "White Crew Neck T-shirt", _short("Men", Fabric("White"))),
    _tee(
        "Men",
        "Grey",
        "Grey Melange V-neck T-shirt",
        _short("Men", Fabric("Grey", weave="melange"), cut=_vee("Men")),
    ),
    _tee(
        "Men",
        "Maroon",
        "Maroon Long Sleeve Henley T-shirt",
        _long("Men", Fabric("Maroon"), placket=84),
    ),
    _tee(
        "Men",
        "Olive",
        "Olive Camouflage T-shirt",
        _short(
            "Men",
            Fabric("Olive", print=blotches("#3e4029", "#8d8658", "#2a2c20")),
            trim=Fabric("#3e4029"),
        ),
    ),
    _tee(
        "Men",
        "Off White",
        "Off White Raglan Baseball T-shirt",
        _raglan("Men", Fabric("Off White"), "Charcoal"),
        "Sports",
    ),
    _tee(
        "Men",
        "Teal",
        "Teal Mountain Print T-shirt",
        _short(
            "Men",
            Fabric("Teal"),
            motif=chest(mountains("#2a4a52", "#e9dcc0", "#dd7532"), y=-26, scale=1.05),
        ),
    ),
    _tee(
        "Men",
        "Blue",
        "Blue Colour-block T-shirt",
        _short(
            "Men",
            Fabric("Blue"),
            sleeve=Fabric("Navy"),
            trim=Fabric("Navy"),
            motif=blocks((-190, -62, "Navy"), (-62, -44, "White")),
        ),
        "Sports",
    ),
    _tee(
        "Men",
        "Black",
        "Black Bicycle Print T-shirt",
        _short("Men", Fabric("Black"), motif=chest(bicycle("#e9e5da", "#c8932b"), y=-28)),
    ),
    _tee(
        "Women",
        "White",
        "White and Red Striped Ringer T-shirt",
        _short(
            "Women",
            Fabric("White", print=stripes(("Red", 6), ("", 14))),
            trim=Fabric("Red"),
            ringer=True,
        ),
    ),
    _tee(
        "Women",
        "Lavender",
        "Lavender Scoop Neck T-shirt",
        _short("Women", Fabric("Lavender"), cut=_scoop("Women"), band_width=7),
    ),
    _tee(
        "Women",
        "Black",
        "Black V-neck T-shirt",
        _short("Women", Fabric("Black"), cut=_vee("Women", 72), band_width=7),
    ),
    _tee(
        "Women",
        "Mustard",
        "Mustard Leaf Print T-shirt",
        _short("Women", Fabric("Mustard"), motif=chest(leaf_line("#fbf5e6"), y=-30, scale=0.95)),
    ),
    _tee(
        "Women",
        "Navy",
        "Navy Breton Striped Long Sleeve T-shirt",
        _long(
            "Women",
            Fabric("White", print=stripes(("Navy", 6.5), ("", 9))),
            cut=TORSO["Women"].but(drop=32, neck=60),
            band_width=6,
        ),
    ),
    _tee(
        "Women",
        "Coral",
        "Coral Abstract Print T-shirt",
        _short(
            "Women",
            Fabric("Coral"),
            motif=chest(arches("#f6ead7", "#8d3a3a", "#e9b44c"), y=-30, scale=0.9),
        ),
    ),
    _tee(
        "Boys",
        "Light Blue",
        "Light Blue Rocket Print T-shirt",
        _short(
            "Boys",
            Fabric("Light Blue"),
            trim=Fabric("Blue"),
            motif=chest(rocket("White", "Red", "#f7d774"), y=-24, scale=0.95),
        ),
    ),
    _tee(
        "Boys",
        "Green",
        "Green Dinosaur Print T-shirt",
        _short(
            "Boys",
            Fabric("#dfe3c8"),
            trim=Fabric("Green"),
            ringer=True,
            motif=chest(dinosaur("Green", "Orange"), y=-14),
        ),
    ),
    _tee(
        "Boys",
        "Yellow",
        "Yellow Tie-dye T-shirt",
        _short(
            "Boys",
            Fabric("Yellow", print=tie_dye("Yellow", "Orange", "#f6e7b4", "Coral")),
            trim=Fabric("Yellow"),
        ),
    ),
    _tee(
        "Boys",
        "Red",
        "Red and Grey Striped T-shirt",
        _short(
            "Boys", Fabric("Red", print=stripes(("Grey", 13), ("", 13), ("White", 3), ("", 13)))
        ),
    ),
    _tee(
        "Boys",
        "Navy",
        "Navy Planet Print Long Sleeve T-shirt",
        _long("Boys", Fabric("Navy"), motif=chest(planet("Orange", "Turquoise", "Yellow"), y=-22)),
    ),
    _tee(
        "Girls",
        "Pink",
        "Pink Cat Print T-shirt",
        _short("Girls", Fabric("Pink"), motif=chest(cat("White", "Coral"), y=-16, scale=0.9)),
    ),
    _tee(
        "Girls",
        "White",
        "White Rainbow Print T-shirt",
        _short(
            "Girls",
            Fabric("White"),
            trim=Fabric("Turquoise"),
            motif=chest(rainbow("Red", "Orange", "Yellow", "Turquoise"), y=-10, scale=0.82),
        ),
    ),
    _tee(
        "Girls",
        "Turquoise",
        "Turquoise Heart Print T-shirt",
        _short("Girls", Fabric("Turquoise", print=hearts("White", "#fbd9d3", size=5, gap=24))),
    ),
    _tee(
        "Girls",
        "Lavender",
        "Lavender Daisy Long Sleeve T-shirt",
        _long("Girls", Fabric("Lavender"), motif=chest(daisy("White", "Yellow"), y=-14)),
    ),
    _tee(
        "Girls",
        "Yellow",
        "Yellow Whale Print T-shirt",
        _short(
            "Girls",
            Fabric("#f3d97c"),
            motif=chest(whale("Blue", "White", "Light Blue"), y=-16, scale=0.85),
        ),
    ),
    _tee(
        "Girls",
        "Navy",
        "Navy Star Print T-shirt",
        _short("Girls", Fabric("Navy", print=stars("White", "Yellow", size=6, gap=28))),
    ),
    _polo(
        "Men",
        "Green",
        "Green Tipped Polo Shirt",
        _polo_cut("Men", Fabric("Green", weave=_PIQUE), tipping="#f0eee8"),
    ),
    _polo(
        "Men",
        "White",
        "White Pique Polo Shirt",
        _polo_cut("Men", Fabric("White", weave=_PIQUE)),
        "Sports",
    ),
    _polo(
        "Men",
        "Navy",
        "Navy and Orange Striped Polo Shirt",
        _polo_cut(
            "Men",
            Fabric(
                "Navy", weave=_PIQUE, print=stripes(("Orange", 5), ("", 6), ("White", 3), ("", 38))
            ),
            collar=Fabric("Navy"),
        ),
    ),
    _polo(
        "Men",
        "Maroon",
        "Maroon Polo Shirt",
        _polo_cut("Men", Fabric("Maroon", weave=_PIQUE), collar=Fabric("Grey")),
    ),
    _polo(
        "Women",
        "Pink",
        "Pink Slim Polo Shirt",
        _polo_cut("Women", Fabric("Pink", weave=_PIQUE), count=2),
    ),
    _polo(
        "Women",
        "Light Blue",
        "Light Blue Tipped Polo Shirt",
        _polo_cut("Women", Fabric("Light Blue", weave=_PIQUE), tipping="#25304f", count=2),
        "Sports",
    ),
    _polo(
        "Boys",
        "Red",
        "Red Contrast Collar Polo Shirt",
        _polo_cut("Boys", Fabric("Red", weave=_PIQUE), collar=Fabric("Navy"), count=2),
    ),
    _polo(
        "Boys",
        "Yellow",
        "Yellow Striped Polo Shirt",
        _polo_cut(
            "Boys",
            Fabric("Yellow", weave=_PIQUE, print=stripes(("White", 8), ("", 18))),
            collar=Fabric("White"),
            count=2,
        ),
    ),
    _polo(
        "Girls",
        "Mint",
        "Mint Dotted Polo Shirt",
        _polo_cut(
            "Girls",
            Fabric("Mint", weave=_PIQUE, print=dots("White", 2.2, 13)),
            collar=Fabric("White"),
            count=2,
        ),
    ),
]
