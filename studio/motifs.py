"""Chest prints: one picture in the middle of a garment, as a `Print`.

A motif is drawn about the origin, some 100 px across, and placed by `chest`.
"""

from __future__ import annotations

import math
import random

from studio.fabric import Print
from studio.palette import colour, darker, lighter


def chest(svg: str, *, x: float = 0, y: float = 0, scale: float = 1.0) -> Print:
    """A motif moved to (x, y) from the piece's anchor."""

    def draw(_: random.Random) -> str:
        return f'<g transform="translate({x} {y}) scale({scale})">{svg}</g>'

    return draw


def blocks(*bands: tuple[float, float, str]) -> Print:
    """Single horizontal fields of (from, to, colour), heights from the piece's anchor."""

    def draw(_: random.Random) -> str:
        return "".join(
            f'<rect x="-340" width="680" y="{y0}" height="{y1 - y0}" fill="{colour(tone)}"/>'
            for y0, y1, tone in bands
        )

    return draw


def rocket(body: str, fins: str, window: str) -> str:
    b, f, w = colour(body), colour(fins), colour(window)
    return (
        '<g transform="rotate(24)">'
        f'<path d="M-16 24C-34 30-36 46-34 54C-28 46-20 42-13 42Z" fill="{f}"/>'
        f'<path d="M16 24C34 30 36 46 34 54C28 46 20 42 13 42Z" fill="{f}"/>'
        f'<path d="M0-58C22-34 26 4 14 44H-14C-26 4-22-34 0-58Z" fill="{b}"/>'
        f'<path d="M0-58C9-48 15-37 18-26H-18C-15-37-9-48 0-58Z" fill="{f}"/>'
        f'<circle cy="-4" r="11" fill="{darker(b, 0.4)}"/><circle cy="-4" r="8" fill="{w}"/>'
        f'<path d="M-5-8A7 7 0 0 1 2-10" stroke="#fff" stroke-width="2" fill="none"/>'
        f'<path d="M-9 47H9C8 60 3 66 0 76C-3 66-8 60-9 47Z" fill="{colour("Mustard")}"/>'
        f'<path d="M-4 47H4C4 54 1 58 0 64C-1 58-4 54-4 47Z" fill="{colour("Red")}"/></g>'
        + "".join(
            f'<circle cx="{x}" cy="{y}" r="{r}" fill="{w}"/>'
            for x, y, r in (
                (-48, -32, 3),
                (-38, 14, 2.2),
                (50, 22, 3),
                (30, -52, 2),
                (-20, -58, 2.4),
                (56, -10, 1.8),
            )
        )
    )


def cat(fur: str, nose: str) -> str:
    f, dark = colour(fur), darker(fur, 0.6)
    return (
        f'<path d="M-42-14L-40-56C-30-52-22-44-16-38C-6-41 6-41 16-38C22-44 30-52 40-56L42-14'
        f'C50 20 30 44 0 44C-30 44-50 20-42-14Z" fill="{f}"/>'
        f'<path d="M-36-28L-35-46C-29-42-25-38-22-35ZM36-28L35-46C29-42 25-38 22-35Z"'
        f' fill="{colour(nose)}"/>'
        f'<ellipse cx="-18" cy="-4" rx="5" ry="7" fill="{dark}"/>'
        f'<ellipse cx="18" cy="-4" rx="5" ry="7" fill="{dark}"/>'
        f'<circle cx="-16.5" cy="-7" r="1.8" fill="#fff"/><circle cx="19.5" cy="-7" r="1.8"'
        f' fill="#fff"/>'
        f'<path d="M-5 9H5L0 14Z" fill="{colour(nose)}"/>'
        f'<path d="M0 14C0 22-9 23-12 18M0 14C0 22 9 23 12 18M-26 12L-54 6M-26 17L-53 19'
        f'M26 12L54 6M26 17L53 19" stroke="{dark}" stroke-width="2" fill="none"'
        f' stroke-linecap="round"/>'
    )


def dinosaur(skin: str, plates: str) -> str:
    s, q = colour(skin), colour(plates)
    spikes = "".join(
        f'<path d="M{x - 8} {y + 4}L{x} {y - 11}L{x + 8} {y + 3}Z" fill="{q}"'
        f' transform="rotate({a} {x} {y})"/>'
        for x, y, a in ((-36, 8, -28), (-22, -7, -22), (-6, -15, -8), (10, -16, 4), (24, -23, -6))
    )
    return (
        f"{spikes}"
        f'<path d="M-66 32C-48 30-42 16-30 4C-16-10 8-20 20-22C24-42 34-52 50-50C64-48 68-36 62-28'
        f"C56-20 46-22 42-16C40-6 42 4 36 16L38 44H22L20 26C10 30-4 30-12 27L-14 44H-30L-30 24"
        f'C-42 32-54 36-66 32Z" fill="{s}"/>'
        f'<circle cx="50" cy="-39" r="3.4" fill="#fff"/><circle cx="51" cy="-39" r="1.8"'
        f' fill="#222"/>'
        f'<path d="M50-27C55-26 59-28 61-31" stroke="{darker(s, 0.5)}" stroke-width="1.8"'
        f' fill="none" stroke-linecap="round"/>'
        + "".join(
            f'<circle cx="{x}" cy="{y}" r="{r}" fill="{darker(s, 0.22)}"/>'
            for x, y, r in ((-14, 4, 4), (2, -2, 3), (14, 6, 4.4), (-2, 12, 3), (26, -6, 2.6))
        )
    )


def daisy(petal: str, heart: str) -> str:
    petals = "".join(
        f'<ellipse cx="0" cy="-29" rx="11" ry="20" fill="{colour(petal)}"'
        f' transform="rotate({i * 36})" stroke="{darker(petal, 0.18)}" stroke-width=".8"/>'
        for i in range(10)
    )
    seeds = "".join(
        f'<circle cx="{math.cos(i * 2.4) * i * 0.62:.1f}" cy="{math.sin(i * 2.4) * i * 0.62:.1f}"'
        f' r="1" fill="{darker(heart, 0.35)}"/>'
        for i in range(18)
    )
    return f'{petals}<circle r="14" fill="{colour(heart)}"/>{seeds}'


def rainbow(*tones: str) -> str:
    arcs = "".join(
        f'<path d="M{-54 + i * 10} 24A{54 - i * 10} {54 - i * 10} 0 0 1 {54 - i * 10} 24"'
        f' stroke="{colour(tone)}" stroke-width="10.4" fill="none"/>'
        for i, tone in enumerate(tones)
    )
    puffs = "".join(
        f'<circle cx="{x}" cy="{y}" r="{r}" fill="#f7f5f0"/>'
        for x, y, r in (
            (-52, 26, 12),
            (-38, 24, 13),
            (-28, 30, 9),
            (-60, 32, 8),
            (52, 26, 12),
            (38, 24, 13),
            (28, 30, 9),
            (60, 32, 8),
        )
    )
    return arcs + puffs


def mountains(peak: str, sky: str, sun: str) -> str:
    m, d = colour(peak), darker(peak, 0.35)
    return (
        '<clipPath id="peak"><circle r="56"/></clipPath><g clip-path="url(#peak)">'
        f'<rect x="-60" y="-60" width="120" height="120" fill="{colour(sky)}"/>'
        f'<circle cx="16" cy="-16" r="19" fill="{colour(sun)}"/>'
        f'<path d="M-70 40L-26-22L0 10L22-12L70 44V70H-70Z" fill="{m}"/>'
        f'<path d="M-26-22L-38-5L-29-9L-25-2L-19-8L-13-5Z" fill="#f3f1ea"/>'
        f'<path d="M-26-22L0 10L-6 40H-34Z" fill="{d}" opacity=".35"/>'
        f'<path d="M-70 44C-40 24-20 38 0 36C24 34 40 22 70 40V70H-70Z" fill="{d}"/>'
        f'<path d="M-70 56C-40 44-10 52 10 50C34 48 50 44 70 52V70H-70Z"'
        f' fill="{lighter(d, 0.18)}"/>'
        f'</g><circle r="56" fill="none" stroke="{d}" stroke-width="2"/>'
    )


def waves(sea: str, sun: str) -> str:
    s = colour(sea)
    rays = "".join(
        f'<path d="M0-46V-56" transform="rotate({a} 0 -8)" stroke="{colour(sun)}"'
        f' stroke-width="3" stroke-linecap="round"/>'
        for a in range(-75, 76, 25)
    )
    rows = "".join(
        f'<path d="M-60 {y}C-50 {y - 9}-40 {y - 9}-30 {y}S-10 {y + 9} 0 {y}S20 {y - 9} 30 {y}'
        f'S50 {y + 9} 60 {y}" stroke="{s}" stroke-width="{w}" fill="none" stroke-linecap="round"/>'
        for y, w in ((8, 5), (21, 4), (33, 3), (44, 2.2))
    )
    return f'<path d="M-30-2A30 30 0 0 1 30-2Z" fill="{colour(sun)}"/>{rays}{rows}'


def bicycle(tone: str, accent: str) -> str:
    t = colour(tone)
    spokes = "".join(
        f'<path d="M{x} 14L{x + 23 * math.cos(a):.1f} {14 + 23 * math.sin(a):.1f}"'
        f' stroke="{t}" stroke-width=".7"/>'
        for x in (-36, 36)
        for a in (i * math.pi / 6 for i in range(12))
    )
    return (
        f'<g fill="none" stroke="{t}" stroke-width="3" stroke-linecap="round"'
        f' stroke-linejoin="round"><circle cx="-36" cy="14" r="24"/>'
        f'<circle cx="36" cy="14" r="24"/>'
        f'<g stroke="{colour(accent)}" stroke-width="3.6"><path d="M-36 14L-18-18H20L-4 14Z"/>'
        f'<path d="M-18-18L-4 14M36 14L18-24"/></g>'
        f'<path d="M18-24L15-33M8-34H20C28-34 29-25 22-25M-18-18L-21-27M-30-28H-13"/></g>{spokes}'
        f'<circle cx="-4" cy="14" r="5" fill="{t}"/>'
    )


def planet(ball: str, ring: str, star: str) -> str:
    b = colour(ball)
    stars = "".join(
        f'<path d="M{x} {y - s}Q{x} {y} {x + s} {y}Q{x} {y} {x} {y + s}Q{x} {y} {x - s} {y}'
        f'Q{x} {y} {x} {y - s}Z" fill="{colour(star)}"/>'
        for x, y, s in ((-50, -38, 9), (46, -44, 6), (54, 34, 9), (-46, 42, 6), (0, -56, 5))
    )
    return (
        f'<circle r="34" fill="{b}"/>'
        f'<path d="M-33-8C-14-2 12-14 32-12A34 34 0 0 1 34 0C12-4-12 10-33 6Z"'
        f' fill="{lighter(b, 0.3)}"/>'
        f'<path d="M-28 18C-8 16 10 8 31 14A34 34 0 0 1 24 24C8 18-8 24-24 24Z"'
        f' fill="{darker(b, 0.25)}"/>'
        f'<path d="M-32 12C-58 26-60 34-50 34C-34 34 22 14 44-10C56-22 50-28 33-20"'
        f' fill="none" stroke="{colour(ring)}" stroke-width="6" stroke-linecap="round"/>{stars}'
    )


def leaf_line(tone: str) -> str:
    t = colour(tone)
    leaves = "".join(
        f'<path d="M0 {y}C{side * 14} {y - 20} {side * 38} {y - 22} {side * 48} {y - 16}'
        f"C{side * 42} {y - 4} {side * 22} {y + 4} 0 {y}Z"
        f'M0 {y}C{side * 16} {y - 8} {side * 32} {y - 12} {side * 44} {y - 15}"/>'
        for y in (46, 26, 6, -14)
        for side in (-1, 1)
    )
    return (
        f'<g fill="none" stroke="{t}" stroke-width="2" stroke-linecap="round"'
        f' stroke-linejoin="round"><path d="M0 62C-2 30 2 0 0-36C-8-48-4-58 0-64'
        f'C4-58 8-48 0-36"/>{leaves}</g>'
    )


def arches(*tones: str) -> str:
    """An abstract of half discs and a ball."""
    a, b, c = (colour(t) for t in tones[:3])
    return (
        f'<path d="M-52 50V0A26 26 0 0 1 0 0V50Z" fill="{a}"/>'
        f'<path d="M-40 50V2A14 14 0 0 1-12 2V50Z" fill="{b}"/>'
        f'<path d="M6 50A24 24 0 0 1 54 50Z" fill="{c}"/>'
        f'<path d="M6 20A24 24 0 0 0 54 20Z" fill="{b}"/>'
        f'<circle cx="30" cy="-26" r="22" fill="{c}"/>'
        f'<path d="M30-48A22 22 0 0 1 30-4Z" fill="{a}"/>'
    )


def whale(skin: str, belly: str, spout: str) -> str:
    s = colour(skin)
    return (
        f'<path d="M-56-2C-50-30-14-38 12-24C28-16 36-2 44 2C50-2 50-14 46-24C56-24 62-16 62-10'
        f'C68-14 76-14 80-8C74 2 66 4 62 6C58 26 34 40 4 40C-30 40-60 26-56-2Z" fill="{s}"'
        f' transform="translate(-8 6)"/>'
        f'<path d="M-62 14C-40 26-10 24 14 14C24 10 32 12 38 20'
        f'C26 38 12 46-4 46C-34 46-58 36-62 14Z"'
        f' fill="{colour(belly)}"/>'
        f'<circle cx="-40" cy="4" r="3.4" fill="#222"/>'
        f'<circle cx="-41" cy="3" r="1.2" fill="#fff"/>'
        f'<path d="M-20-34C-20-48-34-50-36-42M-20-34C-20-50-4-52-4-42M-20-34V-52"'
        f' stroke="{colour(spout)}" stroke-width="3.600" fill="none" stroke-linecap="round"/>'
    )
