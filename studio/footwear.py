"""The footwear of the demo catalogue."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Protocol

from studio.boots import Boot, RainBoot
from studio.court_shoes import (
    CROSSED,
    MANY_STRAPS,
    ONE_STRAP,
    TWO_STRAPS,
    CourtShoe,
    Heel,
)
from studio.design import Design, Drawing
from studio.dress_shoes import DressShoe
from studio.finishes import croc, printed
from studio.lasts import Camera
from studio.prints import blotches, dots, floral, gingham, hearts, stars, stripes, zigzag
from studio.runners import Runner
from studio.sandals import FlipFlop, Sandal
from studio.sneakers import Sneaker
from studio.stands import STANDING, Stand, alone, drawing, level, pair, placed
from studio.surfaces import LEATHER, PATENT, SATIN, SMOOTH, SUEDE

# Children's shoes are shorter and rounder for their height.
CHILD = Stand(size=0.92, tall=1.36)
CHILD_LEFT = replace(CHILD, left=True)
LEFT = Stand(left=True)
BOOT = Stand(size=0.88, tall=1.36, rise=78)
BOOT_LEFT = replace(BOOT, left=True)
TALL = Stand(size=0.88, tall=1.30, rise=84)
HIGH = Stand(rise=52)

SIDE = Camera(16, 30)
ABOVE = Camera(-58, 52)


def _one_sandal(sandal: Sandal, left: bool = False) -> Drawing:
    return drawing(lambda: placed(sandal.drawn(SIDE), level(240, 376, 1.04, left)))


def _two_sandals(sandal: Sandal, left: bool = False) -> Drawing:
    way = -1 if left else 1

    def paint() -> str:
        shoe = sandal.drawn(SIDE)
        behind, front = (
            level(240 + 22 * way, 306, 0.88, left),
            level(240 - 16 * way, 416, 0.92, left),
        )
        return placed(shoe, behind) + placed(shoe, front)

    return drawing(paint)


def _flip_flops(one: FlipFlop, left: bool = False) -> Drawing:
    """A pair from above: the other foot's sandal is the mirror image."""
    way = -1 if left else 1

    def paint() -> str:
        other = replace(one, mirror=True)
        return placed(one.drawn(ABOVE), level(240 - 74 * way, 326, 0.96, left)) + placed(
            other.drawn(ABOVE), level(240 + 76 * way, 362, 0.96, left)
        )

    return drawing(paint)


def _tallness(shoe: CourtShoe) -> float:
    """High heels are steeper than the footbed's plan, which knows no foreshortening."""
    return 1.15 if shoe.heel.height > 40 else 1.0


def _court(shoe: CourtShoe, left: bool = False, size: float = 1.0) -> Drawing:
    pose = level(240, 400, size, left, _tallness(shoe))
    return drawing(lambda: placed(shoe.drawn(), pose))


def _courts(shoe: CourtShoe, left: bool = False, size: float = 0.9) -> Drawing:
    way = -1 if left else 1

    def paint() -> str:
        drawn = shoe.drawn()
        tall = _tallness(shoe)
        apart = 50 if tall == 1 else 62
        behind = level(240 + 22 * way, 396 - apart, size * 0.96, left, tall)
        front = level(240 - 16 * way, 396 + apart, size, left, tall)
        return placed(drawn, behind) + placed(drawn, front)

    return drawing(paint)


class _Maker(Protocol):
    """Makes designs of one kind; `words` are the title's, without the gender."""

    def __call__(
        self, gender: str, colour: str, words: str, draw: Drawing, use: str = ...
    ) -> Design: ...


def _design(kind: str, sub: str, usage: str) -> _Maker:
    """A maker of designs of one kind, with its usual usage."""

    def make(gender: str, colour: str, words: str, draw: Drawing, use: str = usage) -> Design:
        title = f"{gender} {words}"
        return Design(kind, gender, "Footwear", sub, colour, use, title, draw, STANDING)

    return make


_casual = _design("Casual Shoes", "Shoes", "Casual")
_sports = _design("Sports Shoes", "Shoes", "Sports")
_formal = _design("Formal Shoes", "Shoes", "Formal")
_heels = _design("Heels", "Shoes", "Party")
_flats = _design("Flats", "Shoes", "Casual")
_boots = _design("Boots", "Shoes", "Casual")
_sandal = _design("Sandals", "Sandal", "Casual")
_flip = _design("Flip Flops", "Flip Flops", "Casual")

# Prints on a shoe's upper, laid over its middle.
_on_upper = partial(printed, x=200, y=-70)
_on_sole = partial(printed, x=200, y=0)

RUBBER_WHITE = "#f3f0e8"

CASUAL = [
    _casual("Men", "Navy", "Navy Canvas Sneakers",
            alone(Sneaker("Navy", cap=RUBBER_WHITE, stripe="Red"))),
    _casual("Men", "White", "White Leather Court Sneakers",
            alone(Sneaker("White", patch="Green", cup=True, punched=True, material=SMOOTH,
                          lining="#d8d4c8"), LEFT)),
    _casual("Men", "Black", "Black High-Top Canvas Sneakers",
            pair(Sneaker("Black", cap=RUBBER_WHITE, stripe="Black", high=True, thread="White"),
                 HIGH)),
    _casual("Men", "Olive", "Olive Canvas Slip-Ons",
            pair(Sneaker("Olive", closure="slip", sole="#e9dfca"), LEFT)),
    _casual("Men", "Tan", "Tan Suede Sneakers",
            alone(Sneaker("Tan", patch="Brown", cup=True, material=SUEDE, sole="#efe6d2",
                          laces="Cream"))),
    _casual("Men", "Grey", "Grey and Navy Checked Slip-Ons",
            alone(Sneaker("Grey", patch="Navy", closure="slip",
                          print_=_on_upper(gingham("Navy", 9), 3)), LEFT)),
    _casual("Men", "Blue", "Blue Driving Loafers",
            pair(DressShoe("Blue", "driver", material=SUEDE, sole="Navy", lining="#d8c29c"))),
    _casual("Women", "Red", "Red High-Top Canvas Sneakers",
            alone(Sneaker("Red", cap=RUBBER_WHITE, stripe="Red", high=True, thread="White"),
                  replace(HIGH, left=True))),
    _casual("Women", "Pink", "Pink Floral Canvas Sneakers",
            pair(Sneaker("Pink", cap=RUBBER_WHITE, stripe="Magenta", thread="White",
                         print_=_on_upper(floral("White", "Magenta", "Cream", gap=24), 5)))),
    _casual("Women", "White", "White Sneakers with Gold Heel",
            alone(Sneaker("White", patch="Gold", cup=True, material=SMOOTH))),
    _casual("Women", "Navy", "Navy and White Striped Slip-Ons",
            alone(Sneaker("Off White", patch="Navy", closure="slip", thread="Navy",
                          print_=_on_upper(stripes(("Navy", 7), ("", 9)), 7)))),
    _casual("Women", "Lavender", "Lavender Suede Low-Top Sneakers",
            pair(Sneaker("Lavender", patch="Purple", material=SUEDE, cup=True,
                         laces="Lavender"), LEFT)),
    _casual("Boys", "Turquoise", "Turquoise and Yellow Velcro Sneakers",
            pair(Sneaker("Turquoise", patch="Yellow", closure="velcro", cup=True), CHILD)),
    _casual("Boys", "Olive", "Camouflage Canvas High-Tops",
            alone(Sneaker("Olive", cap=RUBBER_WHITE, stripe="Orange", high=True, laces="Orange",
                          print_=_on_upper(blotches("#3e4029", "#8d8658", "#2a2c20", size=26), 2)),
                  replace(CHILD, rise=60))),
    _casual("Girls", "Magenta", "Magenta Star Print Velcro Sneakers",
            pair(Sneaker("Magenta", patch="White", closure="velcro", cup=True, thread="White",
                         print_=_on_upper(stars("Yellow", "White", size=7, gap=26), 4)),
                 CHILD_LEFT)),
    _casual("Girls", "Yellow", "Yellow Polka Dot Canvas Slip-Ons",
            alone(Sneaker("Yellow", patch="White", closure="slip", stripe="Coral",
                          print_=_on_upper(dots("White", 4.5, 19), 4)), CHILD)),
]  # fmt: skip

SPORTS = [
    _sports("Men", "Charcoal", "Charcoal and Orange Running Shoes",
            alone(Runner("Charcoal", "Black", "Orange", flash="chevrons"))),
    _sports("Men", "Blue", "Blue and Yellow Running Shoes",
            pair(Runner("Blue", "Navy", "Yellow", laces="Yellow"), LEFT)),
    _sports("Men", "White", "White and Navy Training Shoes",
            alone(Runner("White", "Navy", "Red", flash="bars", midsole="#e9e6de"), LEFT)),
    _sports("Men", "Black", "Black Cushioned Running Shoes",
            alone(Runner("Black", "Charcoal", "Grey", midsole="Charcoal", outsole="Black",
                         laces="Grey", flash="leaf", thick=1.8))),
    _sports("Men", "Red", "Red Lightweight Running Shoes",
            pair(Runner("Red", "Maroon", "White", flash="bars", grooves=False))),
    _sports("Women", "Pink", "Pink and Grey Running Shoes",
            alone(Runner("Grey", "Pink", "Magenta", laces="Pink", flash="leaf", thick=1.4))),
    _sports("Women", "Turquoise", "Turquoise Training Shoes",
            pair(Runner("Turquoise", "Teal", "Coral", flash="chevrons"), LEFT)),
    _sports("Women", "Purple", "Purple and Mint Running Shoes",
            alone(Runner("Purple", "Lavender", "Mint", laces="Mint", outsole="Purple"), LEFT)),
    _sports("Women", "White", "White and Coral Gym Shoes",
            pair(Runner("White", "Silver", "Coral", flash="none", thick=1.3, outsole="Coral"))),
    _sports("Boys", "Green", "Green Velcro Sports Shoes",
            pair(Runner("Green", "Navy", "Yellow", child=True, flash="chevrons"), CHILD)),
    _sports("Boys", "Navy", "Navy and Orange Running Shoes",
            alone(Runner("Navy", "Blue", "Orange", laces="Orange", flash="bars"), CHILD_LEFT)),
    _sports("Girls", "Lavender", "Lavender Velcro Sports Shoes",
            alone(Runner("Lavender", "Purple", "Pink", child=True, flash="leaf",
                         outsole="Purple"), CHILD)),
]  # fmt: skip

FORMAL = [
    _formal("Men", "Black", "Black Cap Toe Oxford Shoes",
            alone(DressShoe("Black", sole="#2a211c"))),
    _formal("Men", "Tan", "Tan Full Brogue Oxford Shoes",
            pair(DressShoe("Tan", brogue=True, sole="#5a3d26"))),
    _formal("Men", "Brown", "Brown Plain Derby Shoes",
            alone(DressShoe("Brown", "derby", cap=False, welt="Cream"), LEFT)),
    _formal("Men", "Maroon", "Maroon Penny Loafers", pair(DressShoe("Maroon", "penny"), LEFT)),
    _formal("Men", "Navy", "Navy Tassel Loafers",
            alone(DressShoe("Navy", "tassel", material=SUEDE, sole="#4a3626"))),
    _formal("Men", "Black", "Black Patent Evening Shoes",
            alone(DressShoe("Black", cap=False, material=PATENT, sole="#191412", lining="#6d2230"),
                  LEFT), use="Party"),
    _formal("Men", "Brown", "Brown Single Monk Shoes",
            pair(DressShoe("Brown", "monk", sole="#3a2a20"))),
    _formal("Men", "Charcoal", "Charcoal Croc Embossed Derby Shoes",
            alone(DressShoe("Charcoal", "derby",
                            print_=croc(9, 210, -70, 210, 17)))),
    _formal("Men", "Off White", "Two-Tone Spectator Brogues",
            alone(DressShoe("Off White", brogue=True, second="Brown", sole="#4a3424",
                            laces="Brown"), LEFT), use="Party"),
    _formal("Boys", "Black", "Black Horsebit Loafers",
            alone(DressShoe("Black", "bit", sole="#231b17"), CHILD)),
]  # fmt: skip

HEELS = [
    _heels("Women", "Red", "Red Patent Stiletto Pumps",
           _court(CourtShoe("Red", material=PATENT, pointed=True))),
    _heels("Women", "Black", "Black Block Heel Mary Janes",
           _court(CourtShoe("Black", Heel("block", 78), trim="strap", lining="#b79a78"), True),
           use="Formal"),
    _heels("Women", "Beige", "Beige Kitten Heels with Black Bow",
           _courts(CourtShoe("Beige", Heel("kitten", 58), trim="bow", accent="Black",
                             pointed=True)), use="Formal"),
    _heels("Women", "Gold", "Gold Two Strap Stiletto Sandals",
           _court(CourtShoe("Gold", Heel("stiletto", 122), straps=TWO_STRAPS, lining="#d8c7a4"))),
    _heels("Women", "Navy", "Navy Cork Wedge Sandals",
           _court(CourtShoe("Navy", Heel("wedge", 84, "#c39a68", cork=True, platform=16),
                            straps=CROSSED), True), use="Casual"),
    _heels("Women", "Pink", "Pink Block Heel Sandals with Bow",
           _court(CourtShoe("Pink", Heel("block", 88), straps=ONE_STRAP, trim="bow"))),
    _heels("Women", "Black", "Black Suede Ankle Strap Pumps",
           _court(CourtShoe("Black", Heel("stiletto", 112), trim="ankle", material=SUEDE,
                            lining="#a98a68"), True)),
    _heels("Women", "Green", "Green Satin Pumps with Brooch Buckle",
           _courts(CourtShoe("Green", Heel("stiletto", 104), trim="buckle", material=SATIN,
                             metal="url(#g-steel)", pointed=True), True)),
    _heels("Women", "Silver", "Silver Multi Strap Heels",
           _court(CourtShoe("Silver", Heel("stiletto", 116), straps=MANY_STRAPS,
                            metal="url(#g-steel)", lining="#cdbfae"), True)),
    _heels("Women", "Maroon", "Maroon Croc Embossed Block Heels",
           _court(CourtShoe("Maroon", Heel("block", 84), print_=croc(4, 210, -60, 220, 15)))),
]  # fmt: skip

_LOW = Heel("low", 10)

FLATS = [
    _flats("Women", "Pink", "Pink Ballerina Flats with Bow",
           _courts(CourtShoe("Pink", _LOW, trim="bow", throat=300, lining="#e6d3bd"))),
    _flats("Women", "Black", "Black and Cream Cap Toe Flats",
           _court(CourtShoe("Cream", _LOW, trim="cap", accent="Black", throat=296), size=1.04)),
    _flats("Women", "Navy", "Navy Polka Dot Ballerinas",
           _courts(CourtShoe("Navy", _LOW, trim="knot", accent="Red", throat=300,
                             print_=_on_upper(dots("White", 2.6, 14), 2)), True)),
    _flats("Women", "Tan", "Tan Punched Leather Flats",
           _court(CourtShoe("Tan", _LOW, trim="punched", material=LEATHER, throat=290),
                  True, 1.04)),
    _flats("Women", "Gold", "Gold Studded Pointed Flats",
           _court(CourtShoe("Gold", _LOW, trim="studs", pointed=True, throat=286,
                            metal="url(#g-steel)"), size=1.02), use="Party"),
    _flats("Women", "Teal", "Teal Suede Flats with Buckle",
           _courts(CourtShoe("Teal", _LOW, trim="buckle", material=SUEDE, throat=294))),
    _flats("Girls", "Red", "Red Patent Mary Janes",
           _court(CourtShoe("Red", _LOW, trim="strap", material=PATENT, throat=296), size=0.98)),
    _flats("Girls", "Mint", "Mint Heart Print Ballerinas",
           _courts(CourtShoe("Mint", _LOW, trim="bow", accent="Coral", throat=300,
                             print_=_on_upper(hearts("Coral", "White", size=5, gap=20), 6)), True)),
]  # fmt: skip

SANDALS = [
    _sandal("Men", "Brown", "Brown Leather Slides", _two_sandals(Sandal("Brown", "two-band"))),
    _sandal("Men", "Tan", "Tan Fisherman Sandals",
            _one_sandal(Sandal("Tan", "fisher", insole="#b98f62"))),
    _sandal("Men", "Black", "Black Sports Sandals",
            _one_sandal(Sandal("Black", "sport", accent="Red", sole="Black", insole="Charcoal",
                               thick=15, midsole="Grey"), True)),
    _sandal("Women", "Gold", "Gold Gladiator Sandals",
            _one_sandal(Sandal("Gold", "gladiator", slim=True, thick=8), True)),
    _sandal("Women", "White", "White T-Bar Sandals",
            _two_sandals(Sandal("White", "t-bar", slim=True, thick=9))),
    _sandal("Women", "Coral", "Coral Cross Strap Sandals",
            _two_sandals(Sandal("Coral", "cross", slim=True, insole="#dcbf96"), True)),
    _sandal("Boys", "Blue", "Blue and Orange Velcro Sandals",
            _one_sandal(Sandal("Blue", "sport", accent="Orange", sole="Charcoal", insole="Grey",
                               thick=16, midsole="Navy"))),
    _sandal("Girls", "Pink", "Pink Ankle Strap Sandals",
            _two_sandals(Sandal("Pink", "ankle", accent="Magenta", insole="#efd9bd",
                                sole="#a9744a", metal="url(#g-steel)"))),
]  # fmt: skip

FLIP_FLOPS = [
    _flip("Men", "Navy", "Navy Flip Flops with Red Straps",
          _flip_flops(FlipFlop("Navy", "Red", ("Navy", "White", "Red")))),
    _flip("Men", "Brown", "Brown Leather Look Flip Flops",
          _flip_flops(FlipFlop("Tan", "Brown", ("Brown", "Black"), broad_strap=True), True)),
    _flip("Men", "Green", "Green Striped Flip Flops",
          _flip_flops(FlipFlop("Green", "Black", ("Green", "Black"),
                               print_=_on_sole(stripes(("White", 9), ("", 30)), 3, turn=30)))),
    _flip("Women", "Coral", "Coral Flip Flops with Gold Straps",
          _flip_flops(FlipFlop("Coral", "Gold", ("Coral",), slim=True, stud="url(#g-gold)"))),
    _flip("Women", "Turquoise", "Turquoise Floral Flip Flops",
          _flip_flops(FlipFlop("Turquoise", "Pink", ("White", "Turquoise"), slim=True,
                               print_=_on_sole(floral("White", "Pink", "Yellow",
                                                      size=14, gap=44), 5)), True)),
    _flip("Women", "Black", "Black Zigzag Flip Flops",
          _flip_flops(FlipFlop("Black", "Mustard", ("Black", "Mustard"), slim=True,
                               print_=_on_sole(zigzag("Mustard", 9, 26, 3.4), 5, turn=-20)))),
    _flip("Boys", "Yellow", "Yellow Star Print Flip Flops",
          _flip_flops(FlipFlop("Yellow", "Blue", ("Yellow", "White", "Blue"), thick=16,
                               print_=_on_sole(stars("Blue", "Red", size=14, gap=46), 5)))),
    _flip("Girls", "Lavender", "Lavender Polka Dot Flip Flops",
          _flip_flops(FlipFlop("Lavender", "Magenta", ("Magenta", "White"), thick=16,
                               stud="url(#g-rose)", print_=_on_sole(dots("White", 6, 26), 5)),
                      True)),
]  # fmt: skip

BOOTS = [
    _boots("Men", "Brown", "Brown Suede Chelsea Boots",
           alone(Boot("Brown", material=SUEDE, gore="#2e211a"), BOOT)),
    _boots("Men", "Tan", "Tan Laced Work Boots",
           pair(Boot("Tan", "laced", collar="Brown", lugs=True, sole="#26211e", laces="Mustard",
                     material=SUEDE), BOOT)),
    _boots("Women", "Black", "Black Zipped Ankle Boots", alone(Boot("Black", "zip"), BOOT_LEFT)),
    _boots("Women", "Maroon", "Maroon Laced Lug Sole Boots",
           alone(Boot("Maroon", "laced", lugs=True, sole="Black", laces="Black"), BOOT)),
    _boots("Boys", "Yellow", "Yellow and Navy Rain Boots",
           pair(RainBoot("Yellow", "Navy", handles=True), TALL)),
    _boots("Girls", "Pink", "Pink Polka Dot Rain Boots",
           pair(RainBoot("Pink", "Magenta", print_=_on_upper(dots("White", 6, 27), 5, y=-140),
                         strap=True, sole="White"), replace(TALL, left=True))),
]  # fmt: skip

PRODUCTS: list[Design] = [
    *CASUAL, *SPORTS, *FORMAL, *HEELS, *FLATS, *SANDALS, *FLIP_FLOPS, *BOOTS,
]  # fmt: skip
