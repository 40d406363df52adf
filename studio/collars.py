"""Collars and the buttoned strip below them, for shirts, dresses and denim jackets."""

from __future__ import annotations

from studio.canvas import Canvas
from studio.cuts import (
    Cut,
)
from studio.fabric import Fabric
from studio.geometry import Box, Node, both, k, line, on_side, outline, p, rect
from studio.trims import Button, button


def collar_back(canvas: Canvas, cut: Cut, cloth: Fabric, rise: float = 19) -> None:
    """The inner side of a standing collar's back, with its seam and a blank label."""
    n, t, d = cut.neck, cut.top, cut.drop
    inside = both(
        [
            p(0, t - rise + 3),
            k(n - 9, t - rise),
            p(n - 2, t - 4),
            k(n + 2, t + 8),
            p(0, t + d + 14),
        ]
    )
    canvas.piece(inside, cloth.but(folds=0), shade=0.22, volume=0.15, edge=0.8)
    with canvas.clip(inside):
        stand = [k(-n, t + 1), p(0, t + 9), k(n, t + 1)]
        canvas.seam(line(stand), depth=0.8)
        canvas.stitch(line([k(-n, t + 4), p(0, t + 12), k(n, t + 4)]), cloth)
        canvas.shape(
            outline([k(-10, t + 11), k(10, t + 11), k(10, t + 22), k(-10, t + 22)]),
            "#e4e1da",
            lift=1.0,
        )


def point_collar(
    canvas: Canvas, cut: Cut, cloth: Fabric, kind: Button, thread: str | None, spread: float = 0.62
) -> None:
    """Two pointed leaves folded over a stand, closed with a button."""
    n, t, d = cut.neck, cut.top, cut.drop
    stand = both(
        [k(0, t + d - 8), k(n * 0.5, t + d - 14), k(n * 0.46, t + d + 13), k(0, t + d + 15)]
    )
    canvas.piece(stand, cloth, volume=0.1, edge=0.5, lift=1, shade=0.06)
    button(canvas, 0, t + d + 5, kind)
    leaf = _leaf(cut, spread)
    inset = [
        k(5, t + d - 1),
        k(n * spread - 0.3, t + d + 29),
        p(n * 0.94, t + d * 0.6 + 2),
        k(n + 6, t + 2),
    ]
    for side in (-1, 1):
        nodes = on_side(leaf, side)
        seam = on_side(inset, side)
        canvas.piece(
            outline(nodes), cloth.but(folds=0.14), turn=side * 40, volume=0.12, edge=0.5, lift=3
        )
        canvas.stitch(line(seam), cloth, thread=thread)


def _leaf(cut: Cut, spread: float) -> list[Node]:
    n, t, d = cut.neck, cut.top, cut.drop
    return [
        k(n - 10, t - 19),
        p(n * 0.52, t + d * 0.24),
        k(2, t + d - 5),
        k(n * spread, t + d + 33),
        p(n * 0.98, t + d * 0.6 + 6),
        k(n + 9, t + 4),
        p(n + 3, t - 12),
    ]


def band_collar(canvas: Canvas, cut: Cut, cloth: Fabric, kind: Button, thread: str | None) -> None:
    """A narrow standing band, open at the throat."""
    n, t, d = cut.neck, cut.top, cut.drop
    for side in (-1, 1):
        nodes = [
            k(n - 8, t - 18),
            p(n * 0.62, t + d * 0.38 - 4),
            p(n * 0.3, t + d - 12),
            k(-1, t + d - 7),
            k(-1, t + d + 12),
            p(n * 0.5, t + d * 0.92 + 3),
            k(n + 4, t + 2),
        ]
        path = outline(on_side(nodes, side))
        canvas.piece(path, cloth.but(folds=0.1), turn=side * 40, volume=0.15, edge=0.5, lift=2)
        trace = [
            k(n - 8, t - 14),
            p(n * 0.62, t + d * 0.38),
            p(n * 0.3, t + d - 8),
            k(2, t + d - 3),
        ]
        canvas.stitch(line(on_side(trace, side)), cloth, thread=thread)
    button(canvas, 0, t + d + 2, kind)


def camp_collar(canvas: Canvas, cut: Cut, cloth: Fabric, thread: str | None) -> None:
    """An open collar whose fronts fold back into short lapels."""
    n, t, d = cut.neck, cut.top, cut.drop
    throat = t + d + 30
    opening = outline([k(-n + 6, t - 4), p(0, t + 8), k(n - 6, t - 4), k(0, throat + 3)])
    canvas.piece(opening, cloth.but(folds=0), shade=0.3, volume=0.1, edge=0.9)
    with canvas.clip(opening):
        canvas.seam(line([k(-n, t + 1), p(0, t + 12), k(n, t + 1)]), depth=0.8)
    lapel = [
        k(n * 0.78, t + d * 0.25),
        k(0.5, throat),
        k(6, throat + 12),
        k(n * 1.02, t + d + 6),
        k(n * 1.0, t + d - 8),
    ]
    leaf = [
        k(n - 9, t - 18),
        p(n * 0.86, t + d * 0.1),
        k(n * 0.66, t + d * 0.55),
        k(n * 1.06, t + d - 2),
        k(n + 20, t + d * 0.72),
        p(n + 14, t + 2),
        p(n + 3, t - 13),
    ]
    for nodes, lift in ((lapel, 2.2), (leaf, 2.8)):
        for side in (-1, 1):
            path = outline(on_side(nodes, side))
            canvas.piece(
                path, cloth.but(folds=0.12), turn=side * 30, volume=0.1, edge=0.5, lift=lift
            )
    trace = [
        k(n * 0.70, t + d * 0.62),
        k(n * 1.04, t + d - 5),
        k(n + 16.5, t + d * 0.7),
        p(n + 11, t + 2),
    ]
    for side in (-1, 1):
        canvas.stitch(line(on_side(trace, side)), cloth, thread=thread)


def placket(
    canvas: Canvas,
    cut: Cut,
    cloth: Fabric,
    *,
    anchor: tuple[float, float],
    thread: str | None = None,
    half: float = 9,
) -> None:
    """The buttoned strip down the middle, with a row of stitches along both edges."""
    y0, y1 = cut.top + cut.drop - 8, cut.bottom + 20
    canvas.piece(
        rect(Box(-half, y0, half, y1)), cloth, volume=0.06, edge=0.22, lift=1.1, anchor=anchor
    )
    for x in (-half + 2, half - 2):
        canvas.stitch(line([k(x, y0), k(x, y1)]), cloth, thread=thread)
