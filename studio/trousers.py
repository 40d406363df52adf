"""The trousers, jeans and shorts of the demo catalogue."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from studio.design import Design, apparel
from studio.fabric import Fabric
from studio.legs import Bottom, Legs, draw_bottom
from studio.prints import (
    blotches,
    dots,
    floral,
    palms,
    pinstripes,
    plaid,
    stars,
    stripes,
    windowpane,
)
from studio.trims import Button

_MEN = Legs()


_WOMEN = Legs(waist=75, hip=104, hip_at=172, knee=(15, 88), hem=(21, 73), crotch=210, bottom=590)


_BOYS = Legs(
    top=100,
    waist=84,
    hip=102,
    hip_at=186,
    crotch=236,
    knee=(14, 99),
    knee_at=376,
    hem=(19, 95),
    bottom=520,
)


_GIRLS = Legs(
    top=102,
    waist=78,
    hip=98,
    hip_at=190,
    crotch=234,
    knee=(12, 86),
    knee_at=376,
    hem=(16, 77),
    bottom=520,
)


LEGS = {"Men": _MEN, "Women": _WOMEN, "Boys": _BOYS, "Girls": _GIRLS}


def _shorts(gender: str, length: float = 0, flare: float = 0) -> Legs:
    legs = LEGS[gender]
    top = 170
    shift = top - legs.top
    crotch = legs.crotch + shift
    bottom = crotch + {"Men": 128, "Women": 68, "Boys": 106, "Girls": 66}[gender] + length
    outer = legs.hip + {"Men": 14, "Women": 15, "Boys": 14, "Girls": 15}[gender] + flare
    inner = 8 if bottom - crotch < 90 else 14
    return Legs(
        top=top,
        waist=legs.waist + 8,
        hip=legs.hip + 10,
        hip_at=legs.hip_at + shift,
        crotch=crotch,
        knee=(inner * 0.6, outer - 1),
        knee_at=crotch + (bottom - crotch) * 0.55,
        hem=(inner, outer),
        bottom=bottom,
    )


def _slim(gender: str) -> Legs:
    legs = LEGS[gender]
    inner, outer = legs.knee
    return legs.but(knee=(inner + 2, outer - 8), hem=(legs.hem[0] + 4, legs.hem[1] - 12))


def _wide(gender: str, by: float = 26) -> Legs:
    legs = LEGS[gender]
    return legs.but(
        hip=legs.hip + 3,
        knee=(7, legs.knee[1] + by * 0.7),
        hem=(8, legs.hem[1] + by + 10),
    )


def _flared(gender: str) -> Legs:
    legs = _slim(gender)
    return legs.but(hem=(2, LEGS[gender].hem[1] + 34), knee_at=legs.knee_at - 8)


def _jogger(gender: str) -> Legs:
    legs = LEGS[gender]
    return legs.but(
        bottom=legs.bottom - 26,
        hem=(legs.hem[0] + 7, legs.hem[1] - 12),
        knee=(legs.knee[0] - 2, legs.knee[1]),
    )


def _cropped(gender: str) -> Legs:
    legs = _wide(gender, 12)
    return legs.but(bottom=legs.bottom - 62)


def _denim(tone: str) -> Fabric:
    return Fabric(tone, weave="denim", folds=0.34, gloss=0.03, scale=0.9, drape=2.6)


def _twill(tone: str, print_: Any = None) -> Fabric:
    return Fabric(tone, print=print_, weave="twill", folds=0.32, gloss=0.04, drape=3)


def _wool(tone: str, print_: Any = None) -> Fabric:
    return Fabric(tone, print=print_, weave="poplin", folds=0.24, gloss=0.05, drape=4)


def _sweat(tone: str, print_: Any = None) -> Fabric:
    return Fabric(tone, print=print_, weave="jersey", folds=0.45, gloss=0.03, drape=2.4)


_COPPER = Button("#a87f4e", 4.8, holes=0)


_GOLD_THREAD = "#c99a55"


def _jeans(gender: str, colour: str, title: str, tone: str, legs: Legs, **more: Any) -> Design:
    make = Bottom(
        **{
            "cloth": _denim(tone),
            "legs": legs,
            "pocket": "scoop",
            "thread": _GOLD_THREAD,
            "buttons": _COPPER,
            "wash": 0.7,
            **more,
        }
    )
    return apparel("Jeans", "Bottomwear", gender, colour, title, partial(draw_bottom, make=make))


def _trousers(gender: str, colour: str, title: str, make: Bottom, usage: str = "Casual") -> Design:
    draw = partial(draw_bottom, make=make)
    return apparel("Trousers", "Bottomwear", gender, colour, title, draw, usage)


def _short(gender: str, colour: str, title: str, make: Bottom, usage: str = "Casual") -> Design:
    draw = partial(draw_bottom, make=make)
    return apparel("Shorts", "Bottomwear", gender, colour, title, draw, usage)


def _track(cloth: Fabric, legs: Legs, **more: Any) -> Bottom:
    return Bottom(**{"cloth": cloth, "legs": legs, "waist": "elastic", "pocket": "slant", **more})


PRODUCTS: list[Design] = [
    _jeans("Men", "Blue", "Blue Straight Fit Jeans", "#3f5f8f", LEGS["Men"]),
    _jeans("Men", "Navy", "Navy Slim Fit Jeans", "#27334d", _slim("Men"), wash=0.35),
    _jeans(
        "Men", "Black", "Black Slim Fit Jeans", "#26282c", _slim("Men"), wash=0.15, thread="#4a4d52"
    ),
    _jeans(
        "Men",
        "Light Blue",
        "Light Blue Distressed Jeans",
        "#8aa9c9",
        _slim("Men"),
        tears=3,
        wash=0.9,
    ),
    _jeans("Men", "Grey", "Grey Washed Jeans", "#6f747b", LEGS["Men"], thread="#d0cdc6"),
    _jeans("Women", "Blue", "Blue Skinny Fit Jeans", "#466a9c", _slim("Women")),
    _jeans("Women", "Light Blue", "Light Blue Wide Leg Jeans", "#9bb9d6", _wide("Women"), wash=0.5),
    _jeans("Women", "Navy", "Navy Flared Jeans", "#2b3a5a", _flared("Women"), wash=0.5),
    _jeans(
        "Women",
        "White",
        "White Slim Fit Jeans",
        "#efeeea",
        _slim("Women"),
        wash=0,
        thread="#d9d4c8",
    ),
    _jeans(
        "Women",
        "Black",
        "Black Distressed Jeans",
        "#2a2b2f",
        _slim("Women"),
        tears=3,
        wash=0.3,
        thread="#55575c",
    ),
    _jeans("Boys", "Blue", "Blue Turn-up Jeans", "#44679b", LEGS["Boys"], turnup=26),
    _jeans("Boys", "Navy", "Navy Straight Jeans", "#2c3a58", LEGS["Boys"], wash=0.5),
    _jeans(
        "Girls",
        "Light Blue",
        "Light Blue Jeans",
        "#93b2d2",
        _slim("Girls"),
        wash=0.7,
        thread="#e9b7b9",
    ),
    _jeans("Girls", "Blue", "Blue Flared Jeans", "#4a70a4", _flared("Girls"), wash=0.6),
    _trousers("Men", "Beige", "Beige Cotton Chinos", Bottom(_twill("Beige"), LEGS["Men"])),
    _trousers(
        "Men",
        "Charcoal",
        "Charcoal Pleated Formal Trousers",
        Bottom(_wool("Charcoal"), LEGS["Men"], press=True, pleats=True),
        "Formal",
    ),
    _trousers(
        "Men",
        "Navy",
        "Navy Pinstriped Formal Trousers",
        Bottom(_wool("Navy", pinstripes("#8d9ab8", 9, 0.9)), LEGS["Men"], press=True),
        "Formal",
    ),
    _trousers(
        "Men", "Olive", "Olive Cargo Trousers", Bottom(_twill("Olive"), LEGS["Men"], cargo=True)
    ),
    _trousers(
        "Men",
        "Grey",
        "Grey Melange Joggers",
        _track(replace(_sweat("Grey"), weave="melange"), _jogger("Men"), cuff=28),
        "Sports",
    ),
    _trousers(
        "Men",
        "Brown",
        "Brown Corduroy Trousers",
        Bottom(Fabric("Brown", weave="corduroy", folds=0.25), LEGS["Men"]),
    ),
    _trousers(
        "Men",
        "Black",
        "Black Side-striped Track Trousers",
        _track(_sweat("Black"), LEGS["Men"], stripe="#e9e7e2", pocket="zip"),
        "Sports",
    ),
    _trousers(
        "Women",
        "Black",
        "Black Slim Formal Trousers",
        Bottom(_wool("Black"), _slim("Women"), press=True),
        "Formal",
    ),
    _trousers(
        "Women",
        "Cream",
        "Cream Wide Leg Trousers",
        Bottom(_wool("Cream"), _wide("Women", 38), press=True, pleats=True),
    ),
    _trousers(
        "Women",
        "Maroon",
        "Maroon Checked Cropped Trousers",
        Bottom(_wool("Maroon", windowpane("#d9a9a0", 26, 1.1)), _cropped("Women")),
    ),
    _trousers(
        "Women",
        "Green",
        "Green Palm Print Wide Trousers",
        _track(
            Fabric(
                "#2f5a45",
                print=palms("#e7dcc0", "#8fb89b", size=24, gap=40),
                weave="poplin",
                folds=0.4,
                drape=4,
            ),
            _wide("Women", 34),
            pocket="",
        ),
    ),
    _trousers(
        "Women",
        "Lavender",
        "Lavender Joggers",
        _track(_sweat("Lavender"), _jogger("Women"), cuff=24),
        "Sports",
    ),
    _trousers(
        "Boys", "Khaki", "Khaki Cargo Trousers", Bottom(_twill("Khaki"), LEGS["Boys"], cargo=True)
    ),
    _trousers(
        "Boys",
        "Navy",
        "Navy Star Print Joggers",
        _track(
            _sweat("Navy", stars("#dfe6f0", "Yellow", size=6, gap=30)), _jogger("Boys"), cuff=24
        ),
    ),
    _trousers(
        "Girls",
        "Pink",
        "Pink Dotted Joggers",
        _track(_sweat("Pink", dots("White", 2.8, 19)), _jogger("Girls"), cuff=24),
    ),
    _trousers(
        "Girls",
        "Teal",
        "Teal Wide Leg Trousers",
        _track(_sweat("Teal"), _wide("Girls", 18), pocket=""),
    ),
    _short("Men", "Khaki", "Khaki Chino Shorts", Bottom(_twill("Khaki"), _shorts("Men"))),
    _short(
        "Men",
        "Navy",
        "Navy Sports Shorts",
        _track(
            Fabric("Navy", weave="nylon", folds=0.5, gloss=0.15),
            _shorts("Men", -22, 10),
            stripe="#e9e7e2",
            pocket="",
        ),
        "Sports",
    ),
    _short(
        "Men",
        "Olive",
        "Olive Cargo Shorts",
        Bottom(_twill("Olive"), _shorts("Men", 14, 4), cargo=True),
    ),
    _short(
        "Men",
        "Turquoise",
        "Turquoise Palm Print Swim Shorts",
        _track(
            Fabric(
                "Turquoise",
                print=palms("#f2e6c6", "#1f6f73", size=24, gap=38),
                weave="nylon",
                folds=0.5,
            ),
            _shorts("Men", -34, 8),
            pocket="slant",
        ),
        "Sports",
    ),
    _short(
        "Men",
        "Grey",
        "Grey Checked Shorts",
        Bottom(
            _twill("Grey", plaid(("#5f646b", 0, 10), ("White", 18, 1.6), repeat=36)), _shorts("Men")
        ),
    ),
    _short(
        "Women",
        "Blue",
        "Blue Denim Shorts",
        Bottom(
            _denim("#5d83b3"),
            _shorts("Women"),
            pocket="scoop",
            thread=_GOLD_THREAD,
            buttons=_COPPER,
            wash=0.5,
            turnup=13,
        ),
    ),
    _short(
        "Women",
        "White",
        "White Linen Shorts",
        _track(Fabric("White", weave="linen", folds=0.5), _shorts("Women", 10, 8), tie="#d6cbb4"),
    ),
    _short(
        "Women",
        "Coral",
        "Coral Pleated Shorts",
        Bottom(_wool("Coral"), _shorts("Women", 6, 8), pleats=True),
    ),
    _short(
        "Women",
        "Black",
        "Black Running Shorts",
        _track(
            Fabric("Black", weave="nylon", folds=0.5, gloss=0.15),
            _shorts("Women", -12, 10),
            stripe="#e87f6c",
            pocket="",
        ),
        "Sports",
    ),
    _short(
        "Boys",
        "Red",
        "Red Striped Swim Shorts",
        _track(
            Fabric("Red", print=stripes(("White", 9), ("", 20)), weave="nylon", folds=0.45),
            _shorts("Boys"),
            tie="#f2efe8",
        ),
        "Sports",
    ),
    _short(
        "Boys",
        "Beige",
        "Beige Cargo Shorts",
        Bottom(_twill("Beige"), _shorts("Boys", 8), cargo=True),
    ),
    _short(
        "Boys",
        "Green",
        "Green Camouflage Shorts",
        _track(
            Fabric(
                "#6d7a4a",
                print=blotches("#3f4a2c", "#a39a68", "#2c3122", size=25),
                weave="twill",
                folds=0.35,
            ),
            _shorts("Boys"),
        ),
    ),
    _short(
        "Girls",
        "Yellow",
        "Yellow Floral Shorts",
        _track(
            Fabric(
                "#f0d27a",
                print=floral("White", "#e87f6c", size=7, gap=22),
                weave="poplin",
                folds=0.4,
            ),
            _shorts("Girls", 6, 6),
            pocket="",
        ),
    ),
    _short(
        "Girls",
        "Light Blue",
        "Light Blue Denim Shorts",
        Bottom(
            _denim("#a3c0dc"),
            _shorts("Girls"),
            pocket="scoop",
            thread="#eddcc0",
            buttons=_COPPER,
            wash=0.5,
            turnup=12,
        ),
    ),
    _short(
        "Girls",
        "Purple",
        "Purple Sports Shorts",
        _track(_sweat("Purple"), _shorts("Girls", 0, 6), stripe="#f0e6f6", pocket=""),
        "Sports",
    ),
]
