"""One product of the demo catalogue: its facts, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from studio.canvas import Canvas, Setting

Drawing = Callable[[Canvas], None]


@dataclass(frozen=True, slots=True)
class Design:
    """A product before it has a ProductId.

    The strings are the CSV's columns; `draw` paints onto a fresh canvas that is laid
    out by `setting`.
    """

    product_type: str
    gender: str
    category: str
    sub_category: str
    colour: str
    usage: str
    title: str
    draw: Drawing
    setting: Setting = field(default_factory=Setting)
