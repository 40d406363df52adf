"""How much colour counts, and which is asked for: in addresses, in words, and as palettes."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

import numpy as np
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from vitrine.colouring import Colouring
from vitrine.encoders.base import FloatArray
from vitrine.palettes import DIMENSION, palette_of_colour

SAME_COLOUR = 0.7  # what the shortcut sets: more than likeness, which still parts the rest
ASKED_COLOUR = 0.5  # where a colour is asked for, and nothing is said of how much it counts

NO_COLOUR: FloatArray = np.zeros(DIMENSION, dtype=np.float32)
"""The palette of what has none, such as words."""

_HEX = re.compile("#?([0-9a-fA-F]{6})")


@dataclass(frozen=True, slots=True)
class Swatch:
    """A colour to pick: six hexadecimal digits, and its name."""

    hex: str
    name: LazyString


SWATCHES = (
    Swatch("1a1a1c", _l("Black")),
    Swatch("8c8c8e", _l("Grey")),
    Swatch("f7f7f5", _l("White")),
    Swatch("e3d3b5", _l("Beige")),
    Swatch("6b4226", _l("Brown")),
    Swatch("b3202c", _l("Red")),
    Swatch("ec7a1c", _l("Orange")),
    Swatch("f2cf2e", _l("Yellow")),
    Swatch("3b8a45", _l("Green")),
    Swatch("1f8f96", _l("Teal")),
    Swatch("2f62c4", _l("Blue")),
    Swatch("1d2a52", _l("Navy")),
    Swatch("6c3a94", _l("Purple")),
    Swatch("e78fb3", _l("Pink")),
)


def read_hex(args: MultiDict[str, str]) -> str:
    """The colour in a query string, six small digits; none for anything else."""
    return hex_of(args.get("hex", "").strip()) or ""


def read_weight(args: MultiDict[str, str], hex: str) -> float:
    """How much colour counts, in [0, 1] and hundredths; what can be none is passed over."""
    try:
        weight = float(args.get("colour", ""))
    except ValueError:
        weight = ASKED_COLOUR if hex else 0.0
    return round(weight, 2) if 0 <= weight <= 1 else 0.0


def hex_of(text: str) -> str | None:
    """Six small digits for ``#c02030`` or ``c02030``; None for anything else."""
    found = _HEX.fullmatch(text)
    return found[1].lower() if found else None


def name_of(hex: str) -> str:
    """Of a swatch its name, and of any other colour its digits."""
    names = {swatch.hex: str(swatch.name) for swatch in SWATCHES}
    return names.get(hex, f"#{hex}")


@functools.lru_cache(64)
def palette_of_hex(hex: str) -> FloatArray:
    """Of a thing that has this colour. Not to be written to."""
    return palette_of_colour(*bytes.fromhex(hex))


def colouring_of(weight: float, hex: str, own: FloatArray) -> Colouring | None:
    """By the colour that is asked for, else the query's `own` palette; None where none counts."""
    if not weight:
        return None
    return Colouring(weight, palette_of_hex(hex) if hex else own)
