"""Trims: buttons, zips, ribs, pockets, cords - what is sewn onto the cut pieces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from studio.canvas import Canvas
from studio.fabric import Fabric
from studio.geometry import Box, Node, Path, between, circle, k, line, outline, p, rect, sampled
from studio.palette import darker, lighter


@dataclass(frozen=True, slots=True)
class Button:
    """A button's size and colour; `holes` 0 makes a metal shank button."""

    tone: str = "#efebe2"
    radius: float = 4.2
    holes: int = 4


def button(canvas: Canvas, x: float, y: float, kind: Button) -> None:
    """One button with its rim, holes and a tiny shadow."""
    r = kind.radius
    canvas.shape(circle(x + 0.5, y + 1.1, r + 0.3), "#08070c", opacity=0.32)
    disc = canvas.define(
        '<radialGradient id="{id}" cx=".36" cy=".3" r=".8">'
        f'<stop offset="0" stop-color="{lighter(kind.tone, 0.5)}"/>'
        f'<stop offset=".55" stop-color="{kind.tone}"/>'
        f'<stop offset="1" stop-color="{darker(kind.tone, 0.4)}"/></radialGradient>'
    )
    canvas.shape(circle(x, y, r), f"url(#{disc})", contour=darker(kind.tone, 0.5))
    canvas.stroke(circle(x, y, r * 0.68), darker(kind.tone, 0.45), 0.6, opacity=0.5)
    if kind.holes:
        d = r * 0.26
        spots = [(-d, -d), (d, d), (-d, d), (d, -d)][: kind.holes]
        for dx, dy in spots:
            canvas.shape(circle(x + dx, y + dy, r * 0.15), darker(kind.tone, 0.75))
        canvas.stroke(
            line([k(x - d, y - d), k(x + d, y + d)]), darker(kind.tone, 0.35), 0.5, opacity=0.6
        )


def buttons(
    canvas: Canvas, first: Node, last: Node, count: int, kind: Button, *, holes: bool = True
) -> None:
    """A row of buttons, each over a short buttonhole."""
    for i in range(count):
        at = between(first, last, i / max(1, count - 1))
        if holes:
            hole = line([k(at.x, at.y - kind.radius * 1.5), k(at.x, at.y + kind.radius * 1.5)])
            canvas.stroke(hole, "#000000", 1.3, opacity=0.28)
        button(canvas, at.x, at.y, kind)


def rivet(canvas: Canvas, x: float, y: float, tone: str = "#b98a55", r: float = 1.7) -> None:
    """A small domed metal rivet."""
    canvas.shape(circle(x + 0.4, y + 0.6, r + 0.2), "#08070c", opacity=0.4)
    canvas.shape(circle(x, y, r), tone, contour=darker(tone, 0.5))
    canvas.shape(circle(x - r * 0.3, y - r * 0.35, r * 0.35), lighter(tone, 0.7))


def band(
    canvas: Canvas,
    inner: Sequence[Node],
    outer: Sequence[Node],
    fabric: Fabric,
    *,
    ribs: float = 3.4,
    lift: float = 1.2,
) -> None:
    """A ribbed band between two lines of the same direction; the ribs run across it.

    `ribs` is their distance in px; 0 leaves the band smooth (bias tape, binding).
    """
    path = outline([*_ends_sharp(inner), *reversed(_ends_sharp(outer))])
    canvas.piece(path, fabric.but(weave="none", folds=0), volume=0.15, edge=0.35, lift=lift)
    if not ribs:
        return
    length = _length(outer)
    count = max(3, int(length / ribs))
    ticks = [
        line([k(a.x, a.y), k(b.x, b.y)])
        for a, b in zip(sampled(inner, count), sampled(outer, count), strict=True)
    ]
    with canvas.clip(path):
        for tick in ticks:
            canvas.stroke(tick, "#000000", ribs * 0.42, opacity=0.17)
        with canvas.group("translate(-1.1 0)"):
            for tick in ticks:
                canvas.stroke(tick, "#ffffff", ribs * 0.25, opacity=0.16)


def rib_block(
    canvas: Canvas, path: Path, fabric: Fabric, *, turn: float = 0.0, lift: float = 0.8
) -> None:
    """A straight ribbed block (a hem or a cuff)."""
    canvas.piece(
        path, fabric.but(weave="rib", folds=0.12), turn=turn, volume=0.5, edge=0.5, lift=lift
    )


def zipper(
    canvas: Canvas,
    x: float,
    y0: float,
    y1: float,
    *,
    tape: str,
    teeth: str = "#b9bbbd",
    pull: float | None = None,
) -> None:
    """A closed zip running down; `pull` is where the slider sits (default: at the top)."""
    canvas.shape(rect(Box(x - 4.4, y0, x + 4.4, y1), 1), darker(tape, 0.15), lift=0.8)
    core = line([k(x, y0), k(x, y1)])
    canvas.stroke(core, darker(teeth, 0.62), 3.4, opacity=0.95)
    canvas.stroke(core, lighter(teeth, 0.15), 2.6, dash="1.1 .9")
    canvas.stroke(core, darker(teeth, 0.7), 0.5, opacity=0.8)
    at = y0 + 3 if pull is None else pull
    canvas.shape(
        rect(Box(x - 2.8, at - 3, x + 2.8, at + 5), 1.6),
        teeth,
        lift=1.4,
        contour=darker(teeth, 0.5),
    )
    canvas.shape(
        rect(Box(x - 1.6, at + 4, x + 1.6, at + 17), 1.4),
        lighter(teeth, 0.2),
        lift=1.6,
        contour=darker(teeth, 0.5),
    )
    canvas.shape(
        rect(Box(x - 0.7, at + 11, x + 0.7, at + 15), 0.7), darker(teeth, 0.5), opacity=0.8
    )


@dataclass(frozen=True, slots=True)
class Pocket:
    """A sewn-on pocket: its bottom is pointed by ``point``, ``flap`` is the flap's height."""

    point: float = 6
    thread: str | None = None
    flap: float = 0
    button: Button | None = None


def patch_pocket(
    canvas: Canvas,
    box: Box,
    fabric: Fabric,
    kind: Pocket,
    anchor: tuple[float, float] | None = None,
) -> None:
    """A pocket sewn on at `box`; with `anchor` its print runs on from the piece below."""
    point, thread, flap = kind.point, kind.thread, kind.flap
    x0, y0, x1, y1 = box
    mid = (x0 + x1) / 2
    body = outline([k(x0, y0), k(x1, y0), k(x1, y1 - point), k(mid, y1), k(x0, y1 - point)])
    canvas.piece(body, fabric, volume=0.12, edge=0.35, lift=0.9, anchor=anchor)
    i = 2.2
    canvas.stitch(
        line(
            [
                k(x0 + i, y0),
                k(x0 + i, y1 - point - i * 0.5),
                k(mid, y1 - i * 1.1),
                k(x1 - i, y1 - point - i * 0.5),
                k(x1 - i, y0),
            ]
        ),
        fabric,
        thread=thread,
    )
    if not flap:
        canvas.stitch(line([k(x0 + 1, y0 + 6), k(x1 - 1, y0 + 6)]), fabric, thread=thread)
        return
    lid = outline(
        [
            k(x0 - 1, y0 - 3),
            k(x1 + 1, y0 - 3),
            k(x1 + 1.5, y0 + flap * 0.62),
            k(mid, y0 + flap),
            k(x0 - 1.5, y0 + flap * 0.62),
        ]
    )
    canvas.piece(lid, fabric, volume=0.12, edge=0.35, lift=1.8, anchor=anchor)
    canvas.stitch(
        line(
            [
                k(x0 + 1.5, y0 - 1),
                k(x0 + 1.2, y0 + flap * 0.62 - 2),
                k(mid, y0 + flap - 2.4),
                k(x1 - 1.2, y0 + flap * 0.62 - 2),
                k(x1 - 1.5, y0 - 1),
            ]
        ),
        fabric,
        thread=thread,
    )
    if kind.button:
        button(canvas, mid, y0 + flap * 0.6, kind.button)


def welt(canvas: Canvas, a: Node, b: Node, fabric: Fabric, width: float = 5) -> None:
    """A slit pocket with a narrow lip from a to b."""
    length = ((b.x - a.x) ** 2 + (b.y - a.y) ** 2) ** 0.5
    nx, ny = -(b.y - a.y) / length * width, (b.x - a.x) / length * width
    lip = outline([k(a.x, a.y), k(b.x, b.y), k(b.x + nx, b.y + ny), k(a.x + nx, a.y + ny)])
    canvas.piece(lip, fabric.but(folds=0.1), volume=0, edge=0.3, lift=0.8)
    canvas.stroke(line([a, b]), "#000000", 1.6, opacity=0.55)


def cord(canvas: Canvas, nodes: Sequence[Node], tone: str, width: float = 3.2) -> None:
    """A round drawstring with a twist, its last point the loose end with a knot tip."""
    path = line(nodes)
    with canvas.group("translate(.8 1.4)"):
        canvas.stroke(path, "#08070c", width, opacity=0.35, blur=0.9)
    canvas.stroke(path, darker(tone, 0.35), width + 0.5)
    canvas.stroke(path, tone, width - 0.4)
    canvas.stroke(path, darker(tone, 0.3), width - 0.8, opacity=0.35, dash="1 1.6")
    canvas.stroke(path, lighter(tone, 0.5), 0.7, opacity=0.5)
    end = nodes[-1]
    canvas.shape(
        rect(Box(end.x - 2.1, end.y - 1, end.x + 2.1, end.y + 9), 1.2),
        lighter(tone, 0.25),
        lift=0.8,
        contour=darker(tone, 0.5),
    )


def bow(canvas: Canvas, x: float, y: float, size: float, fabric: Fabric) -> None:
    """A small tied bow: two loops, two tails, a knot."""
    for side in (-1, 1):
        tail = [
            k(x, y),
            p(x + side * size * 0.35, y + size * 0.7),
            k(x + side * size * 0.75, y + size * 1.7),
            k(x + side * size * 0.3, y + size * 1.85),
            p(x + side * size * 0.08, y + size * 0.9),
        ]
        canvas.piece(outline(tail), fabric.but(folds=0.2), volume=0.2, edge=0.4, lift=1.2)
    for side in (-1, 1):
        loop = [
            k(x, y),
            p(x + side * size * 0.6, y - size * 0.55),
            p(x + side * size * 1.1, y - size * 0.25),
            p(x + side * size * 1.05, y + size * 0.35),
            p(x + side * size * 0.5, y + size * 0.3),
        ]
        canvas.piece(outline(loop), fabric.but(folds=0.2), volume=0.3, edge=0.5, lift=1.6)
    knot = rect(Box(x - size * 0.2, y - size * 0.24, x + size * 0.2, y + size * 0.26), size * 0.12)
    canvas.piece(knot, fabric.but(folds=0.1), volume=0.4, edge=0.5, lift=1.2)


def _ends_sharp(nodes: Sequence[Node]) -> list[Node]:
    first, *middle, last = nodes
    return [k(first.x, first.y), *middle, k(last.x, last.y)]


def _length(nodes: Sequence[Node]) -> float:
    return sum(math.dist(a[:2], b[:2]) for a, b in pairwise(sampled(nodes, 24)))
