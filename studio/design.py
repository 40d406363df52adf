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


# The frame that a garment fills, px. Children's things stay a little smaller, as they
# do when they are photographed beside their parents'.
FRAMES = {
    "Men": (412.0, 556.0),
    "Women": (396.0, 552.0),
    "Boys": (372.0, 500.0),
    "Girls": (360.0, 492.0),
}


def apparel(
    product_type: str,
    sub_category: str,
    gender: str,
    colour: str,
    title: str,
    draw: Drawing,
    usage: str = "Casual",
) -> Design:
    """A garment; the title is given without the gender, which goes before it."""
    width, height = FRAMES[gender]
    if sub_category == "Bottomwear":
        # Alone in the picture, a pair of shorts or a skirt as wide as a shirt with its
        # sleeves would look huge.
        width *= 0.84
    return Design(
        product_type,
        gender,
        "Apparel",
        sub_category,
        colour,
        usage,
        f"{gender} {title}",
        draw,
        Setting(fit=(width, height)),
    )
