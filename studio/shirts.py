"""Button-through shirts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from studio.canvas import Canvas, Crease
from studio.collars import band_collar, camp_collar, collar_back, placket, point_collar
from studio.cuts import (
    LONG_SLEEVE,
    SHORT_SLEEVE,
    TORSO,
    Arm,
    Cut,
    Sleeves,
    body_creases,
    relaxed,
    settled,
    sleeves,
)
from studio.design import Design, apparel
from studio.fabric import Fabric
from studio.geometry import Box, k, line, mirror, p
from studio.prints import (
    dots,
    floral,
    gingham,
    palms,
    pinstripes,
    plaid,
    sprigs,
    stars,
    stripes,
    windowpane,
)
from studio.trims import Button, Pocket, button, buttons, patch_pocket


@dataclass(frozen=True, slots=True)
class Shirt:
    """A shirt: cloth, cut, sleeve, collar and pockets.

    ``collar``: "point", "band" (no leaves) or "camp" (open revers). ``pockets``: none,
    one on the wearer's left, or two. ``thread`` colours the topstitching.
    """

    cloth: Fabric
    cut: Cut
    arm: Arm
    collar: Literal["point", "band", "camp"] = "point"
    pockets: int = 1
    flap: float = 0
    buttons: Button = Button()  # noqa: RUF009 - frozen, so safe to share
    thread: str | None = None
    contrast: Fabric | None = None  # collar, cuffs
    tail: float = 30


def draw_shirt(canvas: Canvas, make: Shirt) -> None:
    """A shirt laid flat, buttoned up."""
    cut = settled(canvas, make.cut)
    make = replace(make, cut=cut, arm=relaxed(canvas, make.arm, cut))
    cloth = make.cloth
    plain = cloth.dyed(cloth.colour)
    short = make.arm.end.y < cut.armpit + 60
    anchor = (0.0, cut.armpit)
    with canvas.group("translate(240 24)"):
        collar_back(canvas, cut, make.contrast or plain)
        _sleeves(canvas, make, short=short)
        path = cut.shirt_tail(make.tail) if make.tail else cut.front()
        folds = [*body_creases(canvas, cut, 0.45), *_placket_creases(canvas, cut)]
        canvas.piece(path, cloth, creases=folds, lift=1, volume=0.45, anchor=anchor)
        _yoke(canvas, cut, plain, make.thread)
        with canvas.clip(path):
            _hem_stitches(canvas, make, plain)
            placket(canvas, cut, cloth, anchor=anchor, thread=make.thread)
        _pockets(canvas, make, anchor)
        top = cut.top + cut.drop
        last = k(0, cut.bottom - 46)
        first = k(0, top + (30 if make.collar != "camp" else 52))
        buttons(canvas, first, last, 6, make.buttons)
        if make.collar == "point":
            point_collar(canvas, cut, make.contrast or cloth, make.buttons, make.thread)
        elif make.collar == "band":
            band_collar(canvas, cut, make.contrast or cloth, make.buttons, make.thread)
        else:
            camp_collar(canvas, cut, cloth, make.thread)


def _sleeves(canvas: Canvas, make: Shirt, *, short: bool) -> None:
    cut, arm, cloth = make.cut, make.arm, make.cloth
    plain = cloth.dyed(cloth.colour)
    if short:
        sleeves(canvas, cut, Sleeves(arm, cloth, crumple=0.45, hem_rows=(13,)))
        return
    cuff_cloth = make.contrast or cloth
    sleeves(canvas, cut, Sleeves(arm, cloth, crumple=0.5, cuff=26, cuff_cloth=cuff_cloth, flare=0))
    for side in (-1, 1):
        with canvas.clip(arm.cuff(cut, side, 26, 0)):
            canvas.stitch(arm.across(cut, side, -3.5), plain, thread=make.thread)
            canvas.stitch(arm.across(cut, side, -23), plain, thread=make.thread)
        _, inner = arm.hem(cut)
        x = side * (inner.x + arm.width * 0.28)
        canvas.stroke(
            line([k(x - side * 1, inner.y - 44), k(x + side * 2, inner.y)]),
            "#000000",
            1,
            opacity=0.4,
        )
        button(canvas, x + side * 3.4, inner.y + 12, replace(make.buttons, radius=3.4))


def _yoke(canvas: Canvas, cut: Cut, cloth: Fabric, thread: str | None) -> None:
    """The seam where the back's yoke comes over the shoulder."""
    for side in (-1, 1):
        tip = cut.tip
        seam = [k(side * (cut.neck + 2), cut.top + 12), k(side * (tip.x - 3), tip.y + 9)]
        canvas.seam(line(seam), depth=0.5)
        below = [k(side * (cut.neck + 2), cut.top + 15), k(side * (tip.x - 3.4), tip.y + 12)]
        canvas.stitch(line(below), cloth, thread=thread)


def _hem_stitches(canvas: Canvas, make: Shirt, cloth: Fabric) -> None:
    cut = make.cut
    if not make.tail:
        canvas.stitch(cut.hem_across(7), cloth, thread=make.thread)
        return
    y = cut.bottom - 4.5
    half = [
        p(0, y + cut.dip),
        p(cut.hem * 0.55, y - make.tail * 0.06),
        p(cut.hem * 0.84, y - make.tail * 0.55),
        k(cut.hem, y - make.tail),
    ]
    canvas.stitch(line([*reversed(mirror(half[1:])), *half]), cloth, thread=make.thread)


def _pockets(canvas: Canvas, make: Shirt, anchor: tuple[float, float]) -> None:
    sides: Sequence[int] = (1,) if make.pockets == 1 else (1, -1)
    cut = make.cut
    width = cut.chest * 0.44
    for side in sides[: make.pockets]:
        middle = side * cut.chest * 0.47
        y = cut.armpit - 26
        box = Box(middle - width / 2, y, middle + width / 2, y + width * 1.18)
        patch_pocket(
            canvas,
            box,
            make.cloth,
            Pocket(
                point=7,
                thread=make.thread,
                flap=make.flap,
                button=replace(make.buttons, radius=3.6) if make.flap else None,
            ),
            anchor,
        )


def _placket_creases(canvas: Canvas, cut: Cut) -> list[Crease]:
    rng = canvas.rng
    return [
        Crease(
            side * 9,
            y,
            side * rng.uniform(34, 60),
            y + rng.uniform(-12, 18),
            bend=3,
            width=6,
            depth=0.25,
        )
        for y in range(int(cut.armpit), int(cut.bottom - 40), 62)
        for side in (-1, 1)
        if rng.random() < 0.6
    ]


def _shirt(gender: str, colour: str, title: str, make: Shirt, usage: str = "Casual") -> Design:
    draw = partial(draw_shirt, make=make)
    return apparel("Shirts", "Topwear", gender, colour, title, draw, usage)


_CUT = {
    "Men": TORSO["Men"].but(neck=44, drop=34, bottom=510, hem=115),
    "Women": TORSO["Women"].but(neck=40, drop=32, bottom=498, top=104),
    "Boys": TORSO["Boys"].but(neck=39, drop=28, bottom=468),
    "Girls": TORSO["Girls"].but(neck=37, drop=27, bottom=458),
}


def _long(gender: str, cloth: Fabric, **more: Any) -> Shirt:
    arm = LONG_SLEEVE[gender]
    return Shirt(**{"cloth": cloth, "cut": _CUT[gender], "arm": arm, **more})


def _short(gender: str, cloth: Fabric, **more: Any) -> Shirt:
    return _long(gender, cloth, **{"arm": SHORT_SLEEVE[gender], **more})


def _cotton(tone: str, print_: Any = None, weave: str = "poplin") -> Fabric:
    return Fabric(tone, print=print_, weave=weave, folds=0.34)


_DARK = Button("#2b2d33")


_WOOD = Button("#8a6240")


_PEARL = Button("#efebe2")


_METAL = Button("#9a9da0", 4.0, holes=0)


PRODUCTS: list[Design] = [
    _shirt("Men", "White", "White Formal Shirt", _long("Men", _cotton("White")), "Formal"),
    _shirt(
        "Men",
        "Light Blue",
        "Light Blue Oxford Shirt",
        _long("Men", _cotton("Light Blue", weave="oxford")),
    ),
    _shirt(
        "Men",
        "Navy",
        "Navy Checked Shirt",
        _long("Men", _cotton("Navy", plaid(("#5b78b0", 0, 12), ("White", 20, 2), ("Red", 38, 3)))),
    ),
    _shirt(
        "Men",
        "Red",
        "Red Plaid Flannel Shirt",
        _long(
            "Men",
            _cotton(
                "Red",
                plaid(("Black", 0, 16), ("#4a1014", 30, 5), ("Mustard", 46, 1.6)),
                weave="fleece",
            ),
            pockets=2,
            flap=18,
            buttons=_DARK,
        ),
    ),
    _shirt(
        "Men",
        "Blue",
        "Blue Pinstriped Formal Shirt",
        _long("Men", _cotton("#c9d8ea", pinstripes("Blue", 7, 1.2))),
        "Formal",
    ),
    _shirt(
        "Men",
        "Olive",
        "Olive Utility Shirt",
        _long("Men", _cotton("Olive", weave="twill"), pockets=2, flap=20, buttons=_WOOD),
    ),
    _shirt(
        "Men", "Pink", "Pink Gingham Shirt", _short("Men", _cotton("White", gingham("#d4607c", 8)))
    ),
    _shirt(
        "Men",
        "Teal",
        "Teal Palm Print Camp Collar Shirt",
        _short(
            "Men",
            _cotton("Teal", palms("#e7dcc0", "#7fb8ac", "#dd9a52")),
            collar="camp",
            tail=0,
            buttons=_WOOD,
        ),
    ),
    _shirt(
        "Men",
        "Beige",
        "Beige Linen Band Collar Shirt",
        _long(
            "Men",
            replace(_cotton("#dccdae", weave="linen"), folds=0.5),
            collar="band",
            pockets=0,
            buttons=_WOOD,
        ),
    ),
    _shirt(
        "Men",
        "Black",
        "Black Slim Party Shirt",
        _long(
            "Men", replace(_cotton("Black", weave="satin"), gloss=0.25), pockets=0, buttons=_DARK
        ),
        "Party",
    ),
    _shirt(
        "Men",
        "Blue",
        "Blue Denim Shirt",
        _long(
            "Men",
            _cotton("#4c6c96", weave="denim"),
            pockets=2,
            flap=19,
            buttons=_METAL,
            thread="#c8a062",
        ),
    ),
    _shirt(
        "Women",
        "White",
        "White Slim Fit Shirt",
        _long("Women", _cotton("White"), pockets=0),
        "Formal",
    ),
    _shirt(
        "Women",
        "Lavender",
        "Lavender Striped Shirt",
        _long(
            "Women", _cotton("White", stripes(("Lavender", 5), ("", 6), vertical=True)), pockets=0
        ),
    ),
    _shirt(
        "Women",
        "Maroon",
        "Maroon Dotted Shirt",
        _long("Women", _cotton("Maroon", dots("#ead9cf", 1.8, 12)), pockets=0),
    ),
    _shirt(
        "Women",
        "Light Blue",
        "Light Blue Denim Shirt",
        _long(
            "Women",
            _cotton("#8fb0cf", weave="denim"),
            pockets=2,
            flap=15,
            buttons=_PEARL,
            thread="#eee6d2",
        ),
    ),
    _shirt(
        "Women",
        "Green",
        "Green Floral Camp Collar Shirt",
        _short(
            "Women",
            _cotton("#2d5a48", floral("#f0dcd0", "#e7a796", size=8, gap=27)),
            collar="camp",
            tail=0,
            pockets=0,
        ),
    ),
    _shirt(
        "Boys", "Blue", "Blue Gingham Shirt", _short("Boys", _cotton("White", gingham("Blue", 9)))
    ),
    _shirt(
        "Boys",
        "Red",
        "Red and Navy Checked Shirt",
        _long(
            "Boys",
            _cotton("Red", plaid(("Navy", 0, 14), ("White", 24, 2.4), ("Navy", 40, 3))),
            pockets=1,
        ),
    ),
    _shirt(
        "Boys",
        "Yellow",
        "Yellow Palm Print Shirt",
        _short(
            "Boys",
            _cotton("#f0d488", palms("#3b7d4f", "#dd7532", size=22, gap=36)),
            collar="camp",
            tail=0,
            buttons=_WOOD,
        ),
    ),
    _shirt(
        "Boys",
        "Navy",
        "Navy Star Print Shirt",
        _long("Boys", _cotton("Navy", stars("White", "#9db7d9", size=4.4, gap=22))),
    ),
    _shirt(
        "Girls",
        "Pink",
        "Pink Sprig Print Shirt",
        _long("Girls", _cotton("#f3d3d4", sprigs("#a8475f", "#5d8a63", size=7, gap=19)), pockets=0),
    ),
    _shirt(
        "Girls",
        "Mint",
        "Mint Windowpane Shirt",
        _short("Girls", _cotton("#d3e7d8", windowpane("#3b7d6a", 22, 1.4))),
    ),
]
