"""The jackets of the demo catalogue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from studio.canvas import Canvas
from studio.cuts import (
    LONG_SLEEVE,
    TORSO,
    Arm,
    Cut,
    relaxed,
    settled,
)
from studio.design import Design, apparel
from studio.fabric import Fabric
from studio.jacket import Draw, Jacket
from studio.outdoor_jackets import bomber, parka, puffer, windbreaker
from studio.prints import blotches, stars, windowpane
from studio.tailored_jackets import biker, blazer, trucker
from studio.trims import Button


def _cut(gender: str, **more: float) -> Cut:
    cut = TORSO[gender]
    return cut.but(
        **{
            "chest": cut.chest + 4,
            "shoulder": cut.shoulder + 3,
            "waist": cut.waist + 6,
            "hem": cut.hem + 3,
            "neck": cut.neck - 3,
            "drop": 34,
            **more,
        }
    )


def _arm(gender: str, wide: float = 10, lower: float = 0) -> Arm:
    arm = LONG_SLEEVE[gender]
    return replace(
        arm,
        width=arm.width + wide,
        bend=9,
        end=arm.end._replace(x=arm.end.x + 1, y=arm.end.y + lower),
    )


def _jacket(
    draw: Draw,
    gender: str,
    colour: str,
    title: str,
    cloth: Fabric,
    usage: str = "Casual",
    **more: Any,
) -> Design:
    spec = _SHAPES[draw]
    cut = _cut(gender, **{key: value(TORSO[gender]) for key, value in spec.cut.items()})
    make = Jacket(
        **{"cloth": cloth, "cut": cut, "arm": _arm(gender, spec.wide, spec.lower), **more}
    )
    drawing = partial(_draw, draw=draw, make=make)
    return apparel("Jackets", "Topwear", gender, colour, title, drawing, usage)


def _draw(canvas: Canvas, draw: Draw, make: Jacket) -> None:
    """The jacket as this one specimen lies."""
    cut = settled(canvas, make.cut)
    draw(canvas, replace(make, cut=cut, arm=relaxed(canvas, make.arm, cut)))


@dataclass(frozen=True, slots=True)
class _Shape:
    """How one kind of jacket departs from the T-shirt's cut."""

    cut: dict[str, Callable[[Cut], float]]
    wide: float = 10
    lower: float = 0


_SHAPES: dict[Draw, _Shape] = {
    bomber: _Shape({"bottom": lambda c: c.bottom - 42}, 14, -36),
    puffer: _Shape(
        {
            "chest": lambda c: c.chest + 8,
            "hem": lambda c: c.hem + 8,
            "waist": lambda c: c.waist + 14,
        },
        20,
        -4,
    ),
    blazer: _Shape({"bottom": lambda c: c.bottom + 14, "waist": lambda c: c.waist - 2}, 6, 6),
    trucker: _Shape({"bottom": lambda c: c.bottom - 34, "hem": lambda c: c.hem - 2}, 6, -26),
    parka: _Shape({"bottom": lambda c: c.bottom + 52, "hem": lambda c: c.hem + 10}, 12, -10),
    biker: _Shape(
        {"bottom": lambda c: c.bottom - 24, "hem": lambda c: c.hem - 4, "waist": lambda c: c.waist},
        4,
        0,
    ),
    windbreaker: _Shape({}, 14, -12),
}


def _nylon(tone: str, print_: Any = None) -> Fabric:
    return Fabric(tone, print=print_, weave="nylon", folds=0.5, gloss=0.2, scale=0.9)


def _down(tone: str, print_: Any = None) -> Fabric:
    return Fabric(tone, print=print_, weave="nylon", folds=0.22, gloss=0.22, scale=0.5, drape=0.8)


def _suiting(tone: str, print_: Any = None) -> Fabric:
    return Fabric(tone, print=print_, weave="twill", folds=0.2, gloss=0.04)


def _denim(tone: str) -> Fabric:
    return Fabric(tone, weave="denim", folds=0.34, gloss=0.03, scale=0.9)


def _hide(tone: str) -> Fabric:
    return Fabric(tone, weave="leather", folds=0.55, gloss=0.35, scale=0.8)


_BRASS = Button("#a87f4e", 4.6, holes=0)


_STEEL = Button("#a9acb0", 4.2, holes=0)


_GOLD = "#c99a55"


PRODUCTS: list[Design] = [
    _jacket(bomber, "Men", "Olive", "Olive Bomber Jacket", _nylon("Olive"), lining="#b5602c"),
    _jacket(
        bomber,
        "Women",
        "Pink",
        "Pink Satin Bomber Jacket",
        Fabric("Pink", weave="satin", folds=0.55, gloss=0.35),
    ),
    _jacket(
        bomber,
        "Boys",
        "Navy",
        "Navy and Cream Varsity Jacket",
        Fabric("Navy", weave="fleece"),
        trim=Fabric("Cream"),
    ),
    _jacket(puffer, "Men", "Navy", "Navy Puffer Jacket", _down("Navy"), lining="#c8652c"),
    _jacket(puffer, "Women", "Cream", "Cream Puffer Jacket", _down("Cream"), lining="#b9a98a"),
    _jacket(puffer, "Boys", "Orange", "Orange Puffer Jacket", _down("Orange"), lining="#2f3a4d"),
    _jacket(
        puffer,
        "Girls",
        "Purple",
        "Purple Star Puffer Jacket",
        _down("Purple", stars("#d9c6e6", size=5, gap=26)),
        lining="#e3a0ae",
    ),
    _jacket(
        blazer,
        "Men",
        "Charcoal",
        "Charcoal Two-button Blazer",
        _suiting("Charcoal"),
        "Formal",
        lining="#6d2230",
    ),
    _jacket(
        blazer,
        "Men",
        "Blue",
        "Blue Windowpane Blazer",
        _suiting("#33507f", windowpane("#8ea5c9", 32, 1.1)),
        "Formal",
        lining="#c5b79c",
    ),
    _jacket(
        blazer,
        "Women",
        "Beige",
        "Beige Fitted Blazer",
        _suiting("Beige"),
        "Formal",
        lining="#8d6a45",
        buttons=Button("#6b4a32", 5),
    ),
    _jacket(
        blazer,
        "Women",
        "Red",
        "Red Party Blazer",
        _suiting("Red"),
        "Party",
        lining="#3a1a1e",
        buttons=Button("#c9a352", 4.6, holes=0),
    ),
    _jacket(
        trucker, "Men", "Blue", "Blue Denim Jacket", _denim("#44659a"), thread=_GOLD, buttons=_BRASS
    ),
    _jacket(
        trucker,
        "Women",
        "Light Blue",
        "Light Blue Denim Jacket",
        _denim("#97b4d2"),
        thread="#e8d9b8",
        buttons=_STEEL,
    ),
    _jacket(
        trucker,
        "Girls",
        "Blue",
        "Blue Denim Jacket",
        _denim("#5a80b2"),
        thread="#e9b7b9",
        buttons=_STEEL,
    ),
    _jacket(
        trucker,
        "Men",
        "Black",
        "Black Denim Jacket",
        _denim("#2a2c31"),
        thread="#5d6066",
        buttons=_STEEL,
    ),
    _jacket(
        parka,
        "Men",
        "Khaki",
        "Khaki Hooded Parka",
        Fabric("Khaki", weave="twill", folds=0.4),
        lining="#5a4a36",
        trim=Fabric("#8b6d4a", weave="fleece"),
    ),
    _jacket(
        parka,
        "Boys",
        "Green",
        "Green Camouflage Hooded Parka",
        Fabric(
            "#66713f",
            weave="twill",
            folds=0.4,
            print=blotches("#3c4526", "#9a9160", "#2a2f1e", size=26),
        ),
        lining="#2c2f28",
    ),
    _jacket(
        biker, "Men", "Black", "Black Leather Biker Jacket", _hide("#232326"), lining="#5a2026"
    ),
    _jacket(
        biker, "Women", "Brown", "Brown Leather Biker Jacket", _hide("#6f4428"), lining="#2f2622"
    ),
    _jacket(
        windbreaker,
        "Men",
        "Teal",
        "Teal and Navy Windbreaker",
        _nylon("Teal"),
        "Sports",
        trim=_nylon("Navy"),
    ),
    _jacket(
        windbreaker,
        "Girls",
        "Coral",
        "Coral and Turquoise Windbreaker",
        _nylon("Coral"),
        "Sports",
        trim=_nylon("Turquoise"),
    ),
    _jacket(
        windbreaker,
        "Women",
        "Grey",
        "Grey and Mustard Windbreaker",
        _nylon("Grey"),
        "Sports",
        trim=_nylon("Mustard"),
    ),
]
