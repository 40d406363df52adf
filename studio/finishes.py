"""What is worked into a material beyond its colour: quilting, embossing, weaving, prints.

Each function returns SVG that covers a large area about the origin or the given place,
to be cut to a piece (the `on_it` of `studio.surfaces.piece`).
"""

from __future__ import annotations

import random

from studio.curves import loop, polygon
from studio.fabric import Print
from studio.geometry import Box
from studio.surfaces import INK, softened


def printed(
    design: Print, seed: int, x: float = 0, y: float = 0, scale: float = 1.0, turn: float = 0
) -> str:
    """A cloth's print, laid with its middle at (x, y)."""
    drawn = design(random.Random(seed))
    return f'<g transform="translate({x} {y}) rotate({turn}) scale({scale})">{drawn}</g>'


def quilted(size: float = 30, x: float = 240, y: float = 380, reach: float = 230) -> str:
    """Diamond quilting: pillows with stitched valleys between them."""
    pillows, valleys = [], []
    half = size / 2
    steps = int(reach / half)
    for i in range(-steps, steps + 1):
        for j in range(-steps, steps + 1):
            if (i + j) % 2:
                continue
            cx, cy = x + i * half, y + j * half
            lower = [(cx - half, cy), (cx, cy + half), (cx + half, cy), (cx, cy + half * 0.45)]
            pillows.append(
                f'<ellipse cx="{cx - 1:.1f}" cy="{cy - half * 0.28:.1f}" rx="{half * 0.42:.1f}" '
                f'ry="{half * 0.30:.1f}" fill="#fff" opacity=".30"/>'
                f'<path d="{polygon(lower)}" fill="{INK}" opacity=".34"/>'
            )
    for way in (-1, 1):
        for k in range(-2 * steps, 2 * steps + 1):
            at = x + k * size + half
            valleys.append(
                f'<path d="M{at - reach * way:.1f},{y - reach:.1f}L{at + reach * way:.1f},'
                f'{y + reach:.1f}"/>'
            )
    lines = "".join(valleys)
    box = Box(x - reach, y - reach, x + reach, y + reach)
    return (
        softened("".join(pillows), box, 2)
        + f'<g stroke="{INK}" stroke-opacity=".55" stroke-width="1.6">{lines}</g>'
        f'<g stroke="#fff" stroke-opacity=".25" stroke-width="1" transform="translate(0 1.6)">'
        f"{lines}</g>"
    )


def croc(seed: int, x: float = 240, y: float = 380, reach: float = 190, size: float = 21) -> str:
    """Embossed crocodile: rounded scales, large in the middle and small at the sides."""
    rng = random.Random(seed)
    scales = []
    top = y - reach
    row = 0
    while top < y + reach:
        high = size * rng.uniform(0.72, 0.95)
        left = x - reach + (row % 2) * size * 0.5
        while left < x + reach:
            away = abs(left - x) / reach
            wide = size * (1.35 - 0.75 * away) * rng.uniform(0.85, 1.15)
            a, b, c, d = (rng.uniform(0.5, 2.4) for _ in range(4))
            cell = loop(
                [
                    (left + a + 2, top + 1.2),
                    (left + wide - b - 2, top + 1.2),
                    (left + wide - 1.2, top + high * 0.5),
                    (left + wide - c - 2, top + high - 1.2),
                    (left + d + 2, top + high - 1.2),
                    (left + 1.2, top + high * 0.5),
                ]
            )
            scales.append(
                f'<path d="{cell}" fill="none" stroke="{INK}" stroke-opacity=".5" '
                f'stroke-width="1.5"/><path d="{cell}" fill="#fff" opacity=".06"/>'
                f'<ellipse cx="{left + wide * 0.45:.1f}" cy="{top + high * 0.34:.1f}" '
                f'rx="{wide * 0.26:.1f}" ry="{high * 0.12:.1f}" fill="#fff" opacity=".17"/>'
            )
            left += wide
        top += high
        row += 1
    return "".join(scales)


def basket(size: float = 18, x: float = 240, y: float = 380, reach: float = 200) -> str:
    """A plait of straw: bundles of three strands, over one and under one."""
    cells = []
    steps = int(reach / size)
    strand = size / 3
    for i in range(-steps, steps):
        for j in range(-steps, steps):
            upright = (i + j) % 2 == 0
            bars = "".join(
                f'<rect x="{k * strand + 0.4:.1f}" y="-1" width="{strand - 0.8:.1f}" '
                f'height="{size + 2}" rx="{strand * 0.45:.1f}"/>'
                for k in range(3)
            )
            lights = "".join(
                f'<rect x="{k * strand + 1.2:.1f}" y="{size * 0.2:.1f}" width="1.3" '
                f'height="{size * 0.6:.1f}" rx=".6"/>'
                for k in range(3)
            )
            turn = f" rotate(90 {size / 2} {size / 2})" if upright else ""
            cells.append(
                f'<g transform="translate({x + i * size:.1f} {y + j * size:.1f}){turn}">'
                f'<g fill="#fff" fill-opacity="{0.22 if upright else 0.06}" stroke="{INK}" '
                f'stroke-opacity=".42" stroke-width=".8">{bars}</g>'
                f'<g fill="#fff" opacity=".35">{lights}</g>'
                f'<rect width="{size}" height="{size * 0.14:.1f}" fill="{INK}" opacity=".26"/>'
                f'<rect y="{size * 0.86:.1f}" width="{size}" height="{size * 0.14:.1f}" '
                f'fill="{INK}" opacity=".26"/></g>'
            )
    return "".join(cells)


def ribs(gap: float, x: float, y: float, width: float, height: float) -> str:
    """Knitted ribs: upright rounded columns."""
    return "".join(
        f'<rect x="{x + i * gap:.1f}" y="{y}" width="{gap * 0.42:.1f}" height="{height}" '
        f'fill="{INK}" opacity=".26"/><rect x="{x + (i + 0.55) * gap:.1f}" y="{y}" '
        f'width="{gap * 0.22:.1f}" height="{height}" fill="#fff" opacity=".22"/>'
        for i in range(int(width / gap) + 1)
    )
