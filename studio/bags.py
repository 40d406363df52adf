"""The handbags and backpacks of the demo catalogue."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from studio.backpacks import Pack, mini, roll_top, rucksack, school
from studio.canvas import Setting
from studio.design import Design
from studio.finishes import basket, croc, printed, quilted
from studio.handbags import (
    Bag,
    bowler,
    clutch,
    crossbody,
    hobo,
    quilted_flap,
    satchel,
    tote,
    trapeze,
)
from studio.prints import floral, plaid, stars, stripes
from studio.stands import drawing
from studio.surfaces import CANVAS, PATENT, SMOOTH, SUEDE

LYING = Setting(wobble=0, tilt=1.0, height=9)


def _handbag(
    colour: str, words: str, shape: Callable[[Bag], str], bag: Bag, use: str = "Casual"
) -> Design:
    return Design("Handbags", "Women", "Accessories", "Bags", colour, use, f"Women {words}",
                  drawing(partial(shape, bag)), LYING)  # fmt: skip


def _backpack(
    gender: str,
    colour: str,
    words: str,
    shape: Callable[[Pack], str],
    pack: Pack,
    use: str = "Casual",
) -> Design:
    return Design("Backpacks", gender, "Accessories", "Bags", colour, use, f"{gender} {words}",
                  drawing(partial(shape, pack)), LYING)  # fmt: skip


_cloth = partial(printed, x=240, y=370)

HANDBAGS = [
    _handbag("Tan", "Tan Leather Tote Bag", tote, Bag("Tan", "Brown")),
    _handbag("Brown", "Brown Leather Satchel", satchel,
             Bag("Brown", material=SMOOTH, metal="brass"), "Formal"),
    _handbag("Black", "Black Quilted Chain Shoulder Bag", quilted_flap,
             Bag("Black", material=SMOOTH, finish=quilted(34)), "Party"),
    _handbag("Teal", "Teal Bowling Bag with Tan Handles", bowler, Bag("Teal", "Tan")),
    _handbag("Mustard", "Mustard Slouchy Hobo Bag", hobo, Bag("Mustard", material=SUEDE)),
    _handbag("Maroon", "Maroon Croc Embossed Handbag", trapeze, Bag("Maroon", finish=croc(4)),
             "Formal"),
    _handbag("Pink", "Pink Crossbody Bag", crossbody, Bag("Pink")),
    _handbag("Navy", "Navy Envelope Clutch", clutch, Bag("Navy", material=SMOOTH, metal="steel"),
             "Party"),
    _handbag("Navy", "Navy and Cream Striped Canvas Tote", tote,
             Bag("Cream", "Navy", CANVAS, _cloth(stripes(("Navy", 14), ("", 16)), 1))),
    _handbag("Beige", "Beige Woven Straw Tote", tote, Bag("Beige", "Tan", finish=basket())),
    _handbag("Cream", "Cream Quilted Shoulder Bag", quilted_flap,
             Bag("Cream", material=SMOOTH, finish=quilted(40), metal="rose")),
    _handbag("Red", "Red Patent Top Handle Bag", trapeze,
             Bag("Red", material=PATENT, metal="steel"), "Party"),
]  # fmt: skip

BACKPACKS = [
    _backpack("Boys", "Navy", "Navy and Red School Backpack", school, Pack("Navy", "Red")),
    _backpack("Men", "Olive", "Olive Canvas Roll-Top Backpack", roll_top,
              Pack("Olive", "Tan", material=CANVAS, metal="brass")),
    _backpack("Men", "Khaki", "Khaki Canvas Rucksack", rucksack,
              Pack("Khaki", "Brown", material=CANVAS, metal="brass")),
    _backpack("Girls", "Pink", "Pink Fox Mini Backpack", mini, Pack("Pink", "White", "Coral")),
    _backpack("Boys", "Turquoise", "Turquoise Star Print School Backpack", school,
              Pack("Turquoise", "Navy", "Yellow", print_=_cloth(stars("Yellow", "White"), 1))),
    _backpack("Women", "Charcoal", "Charcoal Roll-Top Backpack", roll_top,
              Pack("Charcoal", "Mustard", metal="gunmetal"), "Sports"),
    _backpack("Girls", "Lavender", "Lavender Floral School Backpack", school,
              Pack("Lavender", "Purple", "Pink",
                   print_=_cloth(floral("White", "Pink", "Magenta", size=10, gap=34), 4))),
    _backpack("Men", "Black", "Black and Grey Checked Rucksack", rucksack,
              Pack("Charcoal", "Black",
                   print_=_cloth(plaid(("Grey", 0, 20), ("Black", 31, 5)), 2))),
]  # fmt: skip

PRODUCTS: list[Design] = [*HANDBAGS, *BACKPACKS]
