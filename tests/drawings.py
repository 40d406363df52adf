"""Small photos that no two tests need to share: a distinct picture for each number."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw


def picture(number: int, size: tuple[int, int] = (96, 128)) -> Image.Image:
    """A product-like drawing; its shape, colour and place follow from the number."""
    chance = random.Random(number)
    width, height = size
    image = Image.new("RGB", size, "#f4f2ee")
    draw = ImageDraw.Draw(image)
    colour = tuple(chance.randrange(20, 220) for _ in range(3))
    box = [
        chance.randrange(5, width // 3),
        chance.randrange(5, height // 3),
        chance.randrange(width * 2 // 3, width - 5),
        chance.randrange(height * 2 // 3, height - 5),
    ]
    shape = (draw.rectangle, draw.ellipse, draw.rounded_rectangle)[number % 3]
    shape(box, fill=colour)
    for _ in range(3):
        x, y = chance.randrange(width), chance.randrange(height)
        draw.line([x, y, width - x, height - y], fill=colour[::-1], width=3)
    return image


def photo_bytes(number: int, size: tuple[int, int] = (96, 128), kind: str = "PNG") -> bytes:
    """The same drawing as a file's bytes."""
    buffer = io.BytesIO()
    picture(number, size).save(buffer, kind)
    return buffer.getvalue()
