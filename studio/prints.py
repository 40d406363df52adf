"""Prints and woven patterns: each function returns a `Print` for a `Fabric`.

All are drawn about the origin and reach ±`PRINT_REACH`; the canvas turns and cuts
them. Colours are palette names or hex, lengths are px in the picture.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence

from studio.fabric import PRINT_REACH, Print
from studio.geometry import outline, p
from studio.palette import colour, mix

R = PRINT_REACH


def stripes(*bands: tuple[str, float], vertical: bool = False) -> Print:
    """Bands of (colour, width) repeated over the cloth; a colour of "" leaves the cloth bare."""

    def draw(rng: random.Random) -> str:
        at = -R - rng.uniform(0, sum(width for _, width in bands))
        out = []
        while at < R:
            for tone, width in bands:
                if tone:
                    out.append(_bar(at, width, colour(tone), vertical=vertical))
                at += width
        return "".join(out)

    return draw


def pinstripes(tone: str, gap: float = 9, width: float = 0.9, opacity: float = 0.75) -> Print:
    """Hairlines along the grain."""

    def draw(_: random.Random) -> str:
        steps = int(R / gap)
        return "".join(
            _bar(i * gap - width / 2, width, colour(tone), vertical=True, opacity=opacity)
            for i in range(-steps, steps + 1)
        )

    return draw


def plaid(*bands: tuple[str, float, float], repeat: float = 62) -> Print:
    """Tartan: bands of (colour, offset, width), woven both ways, so that crossings deepen."""

    def draw(_: random.Random) -> str:
        out = []
        for i in range(-int(R / repeat) - 1, int(R / repeat) + 1):
            for tone, offset, width in bands:
                at = i * repeat + offset - repeat / 2
                for vertical in (True, False):
                    out.append(_bar(at, width, colour(tone), vertical=vertical, opacity=0.55))
        return "".join(out)

    return draw


def gingham(tone: str, size: float = 11) -> Print:
    """Small even checks: half-tone stripes both ways."""
    return plaid((tone, 0, size), repeat=size * 2)


def windowpane(tone: str, size: float = 34, width: float = 1.3) -> Print:
    """Thin lines that make large squares."""
    return plaid((tone, size / 2, width), repeat=size)


def dots(tone: str, radius: float = 3, gap: float = 15) -> Print:
    """Polka dots in staggered rows."""

    def draw(_: random.Random) -> str:
        return "".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>' for x, y in _staggered(gap)
        ).join((f'<g fill="{colour(tone)}" fill-opacity=".94">', "</g>"))

    return draw


def stars(*tones: str, size: float = 6, gap: float = 30) -> Print:
    """Scattered five-pointed stars of different sizes."""

    def one(rng: random.Random) -> str:
        return _star(size * rng.uniform(0.6, 1.15))

    return _scatter(one, tones, gap)


def hearts(*tones: str, size: float = 6, gap: float = 26) -> Print:
    """Scattered little hearts."""
    s = size
    d = (
        f"M0 {s}C{-1.6 * s} {-0.1 * s} {-0.9 * s} {-1.2 * s} 0 {-0.4 * s}"
        f"C{0.9 * s} {-1.2 * s} {1.6 * s} {-0.1 * s} 0 {s}Z"
    )
    return _scatter(lambda _: f'<path d="{d}"/>', tones, gap, spin=25)


def floral(
    *tones: str, leaf: str = "Green", size: float = 8, gap: float = 26, heart: str = "Mustard"
) -> Print:
    """Scattered five-petalled blossoms with two leaves each; tones are the petals'."""

    def one(rng: random.Random) -> str:
        s = size * rng.uniform(0.6, 1.15)
        green = colour(leaf)
        leaves = "".join(
            f'<ellipse cx="{s * 1.5}" cy="0" rx="{s * 0.75}" ry="{s * 0.3}" fill="{green}"'
            f' transform="rotate({a})"/>'
            for a in (rng.uniform(20, 60), rng.uniform(150, 200), rng.uniform(240, 300))
        )
        petals = "".join(
            f'<ellipse cx="{s * 0.62}" cy="0" rx="{s * 0.58}" ry="{s * 0.42}"'
            f' transform="rotate({72 * i})"/>'
            for i in range(5)
        )
        return f'{leaves}{petals}<circle r="{s * 0.28}" fill="{colour(heart)}"/>'

    return _scatter(one, tones, gap)


def sprigs(*tones: str, size: float = 8, gap: float = 20) -> Print:
    """Small leafy sprigs."""

    def one(rng: random.Random) -> str:
        s = size * rng.uniform(0.8, 1.2)
        leaves = "".join(
            f'<ellipse cx="{s * 0.45}" rx="{s * 0.42}" ry="{s * 0.17}"'
            f' transform="translate(0 {y * s}) rotate({a})"/>'
            for y, a in ((0.6, -35), (0.6, 215), (0.0, -35), (0.0, 215), (-0.5, -90))
        )
        return f'<rect x="-.4" y="{-0.5 * s}" width=".8" height="{1.7 * s}"/>{leaves}'

    return _scatter(one, tones, gap, spin=40)


def palms(*tones: str, size: float = 26, gap: float = 40) -> Print:
    """Large fronds, as on a holiday shirt."""

    def one(rng: random.Random) -> str:
        s = size * rng.uniform(0.75, 1.2)
        blades = []
        for i in range(9):
            t = i / 8
            for side in (-1, 1):
                length = s * (0.25 + 0.5 * math.sin(math.pi * min(1, t + 0.15)))
                blades.append(
                    f'<ellipse cx="{length / 2:.1f}" rx="{length / 2:.1f}" ry="{s * 0.055:.1f}"'
                    f' transform="translate(0 {s * (0.5 - t):.1f})'
                    f' rotate({-90 + side * (28 + 40 * (1 - t)):.0f})"/>'
                )
        return "".join(blades)

    return _scatter(one, tones, gap)


def blotches(*tones: str, size: float = 30) -> Print:
    """Camouflage: irregular blots, one layer per tone."""

    def draw(rng: random.Random) -> str:
        out = []
        for tone in tones:
            for x, y in _jittered(rng, size * 1.35):
                out.append(f'<path d="{_blob(rng, x, y, size * rng.uniform(0.35, 0.85))}"')
                out.append(f' fill="{colour(tone)}"/>')
        return "".join(out)

    return draw


def tie_dye(*tones: str, x: float = 0, y: float = 0) -> Print:
    """Ragged, blurred rings about a centre."""

    def draw(rng: random.Random) -> str:
        out = []
        radius = R * 1.05
        step = 25
        i = 0
        while radius > step * 0.4:
            d = _blob(rng, x, y, radius, points=26, rough=0.14)
            tone = colour(tones[i % len(tones)])
            out.append(f'<path d="{d}" fill="{tone}" fill-opacity=".82"/>')
            radius -= step * rng.uniform(0.75, 1.25)
            i += 1
        rings = "".join(out)
        return (
            '<filter id="dye" filterUnits="userSpaceOnUse" x="-400" y="-400" width="800"'
            ' height="800" color-interpolation-filters="sRGB"><feGaussianBlur stdDeviation="5"/>'
            f'</filter><g filter="url(#dye)">{rings}</g>'
        )

    return draw


def zigzag(tone: str, height: float = 7, gap: float = 20, width: float = 2.4) -> Print:
    """Rows of chevrons."""

    def draw(_: random.Random) -> str:
        rows = []
        for i in range(-int(R / gap), int(R / gap) + 1):
            points = " ".join(
                f"{-R + j * height:.1f},{i * gap + (height if j % 2 else 0):.1f}"
                for j in range(int(2 * R / height) + 1)
            )
            rows.append(f'<polyline points="{points}"/>')
        return f'<g fill="none" stroke="{colour(tone)}" stroke-width="{width}">{"".join(rows)}</g>'

    return draw


def argyle(first: str, second: str, thread: str, width: float = 26, height: float = 38) -> Print:
    """Columns of large diamonds in two colours, crossed by thin diagonal lines."""

    def draw(_: random.Random) -> str:
        diamonds, crossings = [], []
        columns, rows = int(R / width) + 1, int(R / height) + 1
        for column in range(-columns, columns + 1):
            tone = colour(first if column % 2 else second)
            for row in range(-rows, rows + 1):
                x, y = column * width, (row + (0.5 if column % 2 else 0)) * height * 2
                d = f"M{x} {y - height}L{x + width} {y}L{x} {y + height}L{x - width} {y}Z"
                diamonds.append(f'<path d="{d}" fill="{tone}" fill-opacity=".85"/>')
                across = f"M{x - width} {y - height}L{x + width} {y + height}"
                back = f"M{x + width} {y - height}L{x - width} {y + height}"
                crossings.append(f"{across}{back}")
        lines = f'<path d="{"".join(crossings)}" stroke="{colour(thread)}" fill="none"'
        return f'{"".join(diamonds)}{lines} stroke-width="1.1" stroke-dasharray="3 1.2"/>'

    return draw


def nordic(tone: str, second: str, top: float = -70, bottom: float = 10) -> Print:
    """A fair-isle yoke: rows of small knitted figures between two heights from the anchor."""

    def draw(_: random.Random) -> str:
        out = []
        cell = 4.2
        rows = int((bottom - top) / cell)
        for row in range(rows):
            for column in range(-int(R / cell), int(R / cell)):
                figure = _NORDIC[row % len(_NORDIC)]
                mark = figure[column % len(figure)]
                if mark != ".":
                    fill = colour(tone if mark == "x" else second)
                    out.append(
                        f'<path d="M{column * cell:.1f} {top + row * cell:.1f}l{cell / 2} 1.4'
                        f'l{cell / 2} -1.4v3.4l{-cell / 2} 1.4l{-cell / 2} -1.4Z" fill="{fill}"/>'
                    )
        return "".join(out)

    return draw


_NORDIC = (
    "xxxxxxxx",
    "........",
    "...o...o",
    "..ooo.oo",
    "...o...o",
    "x.......",
    "xx.....x",
    "x.x...x.",
    ".x.x.x..",
    "..xxx...",
    ".x.x.x..",
    "x.x...x.",
    "xx.....x",
    "x.......",
    "...o...o",
    "..ooo.oo",
    "...o...o",
    "........",
    "xxxxxxxx",
)


def _bar(at: float, width: float, fill: str, *, vertical: bool, opacity: float = 0.95) -> str:
    if vertical:
        box = f'x="{at:.1f}" y="{-R}" width="{width}" height="{2 * R}"'
    else:
        box = f'x="{-R}" y="{at:.1f}" width="{2 * R}" height="{width}"'
    return f'<rect {box} fill="{fill}" fill-opacity="{opacity}"/>'


def _staggered(gap: float) -> Iterator[tuple[float, float]]:
    rows = int(R / (gap * 0.87))
    columns = int(R / gap)
    for row in range(-rows, rows + 1):
        for column in range(-columns, columns + 1):
            yield (column + (0.5 if row % 2 else 0)) * gap, row * gap * 0.87


def _jittered(rng: random.Random, gap: float) -> Iterator[tuple[float, float]]:
    for x, y in _staggered(gap):
        yield x + rng.uniform(-0.22, 0.22) * gap, y + rng.uniform(-0.22, 0.22) * gap


def _scatter(
    one: Callable[[random.Random], str], tones: Sequence[str], gap: float, spin: float = 180
) -> Print:
    """Copies of a figure at loosely staggered places, each turned and in one of the tones."""

    def draw(rng: random.Random) -> str:
        return "".join(
            f'<g transform="translate({x:.1f} {y:.1f}) rotate({rng.uniform(-spin, spin):.0f})"'
            f' fill="{mix(rng.choice(tones), "#ffffff", rng.uniform(0, 0.1))}">{one(rng)}</g>'
            for x, y in _jittered(rng, gap)
        )

    return draw


def _star(radius: float) -> str:
    points = " ".join(
        f"{(radius if i % 2 == 0 else radius * 0.42) * math.sin(math.pi * i / 5):.2f},"
        f"{-(radius if i % 2 == 0 else radius * 0.42) * math.cos(math.pi * i / 5):.2f}"
        for i in range(10)
    )
    return f'<polygon points="{points}" stroke-linejoin="round"/>'


def _blob(
    rng: random.Random, x: float, y: float, radius: float, points: int = 9, rough: float = 0.42
) -> str:
    stretch = rng.uniform(1.0, 1.5) if rough > 0.3 else 1.0
    nodes = []
    for i in range(points):
        angle = math.tau * i / points
        r = radius * rng.uniform(1 - rough, 1 + rough)
        nodes.append(p(x + r * math.cos(angle) * stretch, y + r * math.sin(angle)))
    return outline(nodes).d
