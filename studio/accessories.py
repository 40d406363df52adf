"""The caps, watches, belts and sunglasses of the demo catalogue."""

from __future__ import annotations

from functools import partial

from studio.belts import Belt
from studio.canvas import Setting
from studio.caps import Beanie, Cap
from studio.design import Design
from studio.finishes import croc, printed
from studio.geometry import Box
from studio.prints import blotches, floral, nordic, stripes
from studio.stands import Shoe, drawing
from studio.sunglasses import Sunglasses
from studio.surfaces import CANVAS, PATENT, SMOOTH, SUEDE, softened
from studio.watches import DigitalWatch, Watch

LYING = Setting(wobble=0, tilt=1.0, height=9)
FLAT = Setting(wobble=0, tilt=2.0, height=4)
_cloth = partial(printed, x=240, y=320)


def _cap(gender: str, colour: str, words: str, cap: Shoe, use: str = "Casual") -> Design:
    return Design("Caps", gender, "Accessories", "Headwear", colour, use, f"{gender} {words}",
                  drawing(cap.drawn), LYING)  # fmt: skip


def _watch(gender: str, colour: str, words: str, watch: Shoe, use: str = "Casual") -> Design:
    return Design("Watches", gender, "Accessories", "Watches", colour, use, f"{gender} {words}",
                  drawing(watch.drawn), LYING)  # fmt: skip


def _standing_belt(gender: str, colour: str, words: str, belt: Belt, use: str = "Casual") -> Design:
    return Design("Belts", gender, "Accessories", "Belts", colour, use, f"{gender} {words}",
                  drawing(belt.standing), FLAT)  # fmt: skip


def _rolled_belt(gender: str, colour: str, words: str, belt: Belt, use: str = "Casual") -> Design:
    return Design("Belts", gender, "Accessories", "Belts", colour, use, f"{gender} {words}",
                  drawing(belt.rolled), FLAT)  # fmt: skip


def _shades(gender: str, colour: str, words: str, pair: Sunglasses, use: str = "Casual") -> Design:
    return Design("Sunglasses", gender, "Accessories", "Eyewear", colour, use, f"{gender} {words}",
                  drawing(pair.drawn), FLAT)  # fmt: skip


# Tortoiseshell: blotches that run into each other.
_TORTOISE = softened(
    printed(blotches("#24140c", "#b9773a", "#3a2114", size=17), 5, scale=0.8),
    Box(-220, -260, 220, 120),
    2.4,
)

CAPS = [
    _cap("Men", "Navy", "Navy Baseball Cap with Red Brim", Cap("Navy", brim="Red")),
    _cap("Men", "Black", "Black and White Trucker Cap",
         Cap("Black", front="White", mesh=True), "Sports"),
    _cap("Men", "Olive", "Olive Camouflage Cap",
         Cap("Olive", print_=_cloth(blotches("#3e4029", "#8d8658", "#2a2c20"), 5))),
    _cap("Women", "Beige", "Beige Suede Baseball Cap", Cap("Beige", material=SUEDE)),
    _cap("Women", "Mustard", "Mustard Cable Knit Beanie", Beanie("Mustard", cable=True)),
    _cap("Boys", "Green", "Green and Yellow Cap", Cap("Green", brim="Yellow", front="White")),
    _cap("Girls", "Red", "Red Nordic Bobble Hat",
         Beanie("Red", cuff="White", pompom="White", print_=_cloth(nordic("White", "Navy"), 1))),
    _cap("Girls", "Pink", "Pink Floral Summer Cap",
         Cap("Pink", brim="White",
             print_=_cloth(floral("White", "Magenta", "Yellow", size=9, gap=30), 3))),
]  # fmt: skip

WATCHES = [
    _watch("Men", "Brown", "Brown Leather Strap Watch with White Dial", Watch("White", "Brown"),
           "Formal"),
    _watch("Men", "Silver", "Silver Bracelet Watch with Navy Dial",
           Watch("Navy", "Silver", "links", bezel="dive", bezel_tone="Navy", marks="dots",
                 date=True)),
    _watch("Men", "Black", "Black Chronograph with Rubber Strap",
           Watch("Black", "Black", "rubber", "gunmetal", subdials=3, seconds="Orange"), "Sports"),
    _watch("Men", "Tan", "Tan Strap Field Watch with Green Dial",
           Watch("#2f4a3a", "Tan", bezel="coin", marks="mixed", date=True, seconds="Cream",
                 material=SUEDE)),
    _watch("Men", "Black", "Black Croc Strap Dress Watch in Gold",
           Watch("Cream", "Black", metal="gold", radius=90, subdials=1, seconds="Navy",
                 print_=croc(6, 240, 320, 300, 16)), "Formal"),
    _watch("Women", "Pink", "Rose Gold Mesh Watch with Pink Dial",
           Watch("Pink", "Pink", "mesh", "rose", bezel="stones", radius=82), "Party"),
    _watch("Women", "Maroon", "Maroon Strap Square Watch",
           Watch("Cream", "Maroon", metal="gold", square=True, radius=82), "Formal"),
    _watch("Women", "Gold", "Two-Tone Bracelet Watch",
           Watch("White", "Gold", "links", "steel", radius=80, marks="dots", hand="Gold"),
           "Formal"),
    _watch("Boys", "Blue", "Blue Digital Sports Watch", DigitalWatch("Blue", "Yellow"), "Sports"),
    _watch("Girls", "Turquoise", "Turquoise Watch with Striped Strap",
           Watch("White", "White", "cloth", radius=84, marks="mixed", bezel_tone="Turquoise",
                 hand="Magenta", seconds="Yellow",
                 print_=_cloth(stripes(("Turquoise", 22), ("", 12), ("Coral", 8), ("", 12)), 3))),
]  # fmt: skip

BELTS = [
    _standing_belt("Men", "Brown", "Brown Leather Belt", Belt("Brown")),
    _standing_belt("Men", "Black", "Black Plate Buckle Belt",
                   Belt("Black", "plate", stitched=False, material=SMOOTH), "Formal"),
    _rolled_belt("Men", "Tan", "Tan Braided Leather Belt",
                 Belt("Tan", metal="brass", stitched=False, plait=True)),
    _rolled_belt("Men", "Charcoal", "Charcoal Croc Embossed Belt",
                 Belt("Charcoal", print_=croc(3, 240, 400, 170, 15), stitched=False), "Formal"),
    _standing_belt("Women", "Red", "Red Patent Belt",
                   Belt("Red", metal="gold", material=PATENT, stitched=False, width=44), "Party"),
    _standing_belt("Boys", "Navy", "Navy Striped Canvas Belt",
                   Belt("Navy", "rings", stripe="Red", material=CANVAS, stitched=False)),
]  # fmt: skip

SUNGLASSES = [
    _shades("Men", "Black", "Black Classic Sunglasses", Sunglasses("classic", "Black")),
    _shades("Men", "Gold", "Gold Aviator Sunglasses",
            Sunglasses("aviator", "Gold", ("#33271b", "#b88a58"), "gold", tips="Brown")),
    _shades("Men", "Blue", "Blue Mirrored Sports Sunglasses",
            Sunglasses("sport", "Charcoal", ("#1d4f8f", "#59b7d8"), mirror=True), "Sports"),
    _shades("Women", "Red", "Red Cat-Eye Sunglasses",
            Sunglasses("cat-eye", "Red", ("#3a1c24", "#b58a8c"))),
    _shades("Women", "Brown", "Tortoiseshell Oversized Sunglasses",
            Sunglasses("square", "#7a4a22", ("#2c1d14", "#a67c58"),
                       print_=_TORTOISE)),
    _shades("Girls", "Pink", "Pink Round Sunglasses",
            Sunglasses("round", "Pink", ("#5f3d76", "#e3a0ae"), size=0.94)),
]  # fmt: skip

PRODUCTS: list[Design] = [*CAPS, *WATCHES, *BELTS, *SUNGLASSES]
