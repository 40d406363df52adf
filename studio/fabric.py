"""What a piece is made of: its colour, its print, its weave, and how it folds and shines."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from studio.palette import colour

Print = Callable[[random.Random], str]
"""Draws a print as SVG about the origin, covering ±`PRINT_REACH`, upright.

The canvas moves it to the piece, turns it with the piece's grain and cuts it out.
"""

PRINT_REACH = 340
"""Half the side of the square that a print must cover: the longest piece, turned."""


@dataclass(frozen=True, slots=True)
class Fabric:
    """One cloth (or leather, or rubber).

    - ``colour``: palette name or ``#rrggbb``.
    - ``print``: what is printed or woven into it, see `studio.prints`.
    - ``weave``: the fine surface, a key of `WEAVES`.
    - ``folds``: strength of the soft folds, 0 (board) … 1 (crumpled linen).
    - ``drape``: how long folds run along the grain: 1 round blotches, 3 hanging cloth.
    - ``scale``: size of the folds; 1 for a shirt's body, smaller for small pieces.
    - ``gloss``: strength of the highlights: 0 wool, 0.3 satin, 0.6 patent leather.
    """

    colour: str
    print: Print | None = None
    weave: str = "jersey"
    folds: float = 0.35
    drape: float = 2.0
    scale: float = 1.0
    gloss: float = 0.08

    @property
    def hex(self) -> str:
        return colour(self.colour)

    def dyed(self, name_or_hex: str) -> Fabric:
        """The same cloth, plain, in another colour."""
        return replace(self, colour=name_or_hex, print=None)

    def but(
        self,
        *,
        weave: str | None = None,
        folds: float | None = None,
        print: Print | None = None,
    ) -> Fabric:
        """The same cloth with another weave, print or less crumpled."""
        return replace(
            self,
            weave=self.weave if weave is None else weave,
            folds=self.folds if folds is None else folds,
            print=self.print if print is None else print,
        )


@dataclass(frozen=True, slots=True)
class Weave:
    """A fine repeating surface: SVG of one tile, drawn in black and white with alpha."""

    width: float
    height: float
    tile: str
    angle: float = 0.0
    grain: float = 0.0
    """Strength of the fine random noise over the weave, 0 … 1."""


def _lines(width: float, dark: float, light: float) -> str:
    """Two hairlines per tile, side by side: the valley and the ridge of a rib."""
    return (
        f'<rect width="{width / 2}" height="8" fill="#000" fill-opacity="{dark}"/>'
        f'<rect x="{width / 2}" width="{width / 2}" height="8" fill="#fff" fill-opacity="{light}"/>'
    )


_STITCH = (
    '<path d="M0 0L2.5 3.4L2.5 6.4L0 3Z" fill="#000" fill-opacity=".16"/>'
    '<path d="M5 0L2.5 3.4L2.5 6.4L5 3Z" fill="#fff" fill-opacity=".12"/>'
)

WEAVES: dict[str, Weave] = {
    "none": Weave(0, 0, ""),
    "jersey": Weave(1.6, 8, _lines(1.6, 0.035, 0.03), grain=0.10),
    "poplin": Weave(0, 0, "", grain=0.10),
    "oxford": Weave(
        2.4,
        2.4,
        '<rect width="1.2" height="1.2" fill="#fff" fill-opacity=".16"/>'
        '<rect x="1.2" y="1.2" width="1.2" height="1.2" fill="#fff" fill-opacity=".16"/>',
        grain=0.12,
    ),
    "twill": Weave(2.2, 8, _lines(2.2, 0.07, 0.05), angle=32, grain=0.10),
    "denim": Weave(2.4, 8, _lines(2.4, 0.12, 0.13), angle=32, grain=0.26),
    "rib": Weave(4.0, 8, _lines(4.0, 0.15, 0.08), grain=0.12),
    "fine rib": Weave(2.6, 8, _lines(2.6, 0.11, 0.06), grain=0.12),
    "knit": Weave(5, 6.4 * 0.62, _STITCH, grain=0.14),
    "fleece": Weave(0, 0, "", grain=0.34),
    "melange": Weave(1.6, 8, _lines(1.6, 0.04, 0.04), grain=0.36),
    "corduroy": Weave(5.0, 8, _lines(5.0, 0.2, 0.1), grain=0.2),
    "linen": Weave(
        3.4,
        3.4,
        '<rect width="3.4" height=".8" fill="#000" fill-opacity=".05"/>'
        '<rect width=".8" height="3.4" fill="#fff" fill-opacity=".1"/>',
        grain=0.3,
    ),
    "satin": Weave(0, 0, "", grain=0.03),
    "nylon": Weave(0, 0, "", grain=0.05),
    "leather": Weave(0, 0, "", grain=0.22),
    "suede": Weave(0, 0, "", grain=0.40),
    "canvas": Weave(
        2.8,
        2.8,
        '<rect width="1.4" height="1.4" fill="#000" fill-opacity=".09"/>'
        '<rect x="1.4" y="1.4" width="1.4" height="1.4" fill="#000" fill-opacity=".09"/>',
        grain=0.2,
    ),
    "mesh": Weave(
        4,
        4,
        '<circle cx="1" cy="1" r=".8" fill="#000" fill-opacity=".22"/>'
        '<circle cx="3" cy="3" r=".8" fill="#000" fill-opacity=".22"/>',
        grain=0.05,
    ),
}
