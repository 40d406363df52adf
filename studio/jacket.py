"""What all jackets share: the record, the high collar, the ribbed edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from studio.canvas import Canvas
from studio.cuts import (
    Arm,
    Cut,
)
from studio.fabric import Fabric
from studio.geometry import (
    both,
    k,
    line,
    on_side,
    outline,
    p,
)
from studio.trims import Button


@dataclass(frozen=True, slots=True)
class Jacket:
    """What all jackets have; the drawing function decides the rest."""

    cloth: Fabric
    cut: Cut
    arm: Arm
    lining: str = "#4a4c52"
    trim: Fabric | None = None
    thread: str | None = None
    metal: str = "#b9bbbd"
    buttons: Button = Button("#3a3330", 5)  # noqa: RUF009 - frozen, so safe to share


Draw = Callable[[Canvas, Jacket], None]


def puffed_collar(canvas: Canvas, make: Jacket, *, back: bool) -> None:
    cut, cloth = make.cut, make.cloth
    n, t, d = cut.neck, cut.top, cut.drop
    if back:
        inside = both([p(0, t - 32), k(n - 4, t - 36), k(n, t + 8), p(0, t + d + 6)])
        canvas.piece(inside, cloth.dyed(make.lining), shade=0.2, volume=0.2, edge=0.9)
        return
    leaf = [
        k(n - 5, t - 37),
        p(n * 0.55, t - 6),
        k(0, t + d - 36),
        k(0, t + d + 6),
        p(n * 0.6, t + d * 0.74 + 4),
        k(n + 8, t + 5),
        p(n + 6, t - 20),
    ]
    for side in (-1, 1):
        path = outline(on_side(leaf, side))
        canvas.piece(path, cloth, turn=side * 40, volume=0.3, edge=0.6, lift=2)
        mid = [k(n + 5, t - 14), p(n * 0.58, t + d * 0.45 - 6), k(0, t + d - 14)]
        with canvas.clip(path):
            seam = line(on_side(mid, side))
            canvas.stroke(seam, "#06050a", 7, opacity=0.3, blur=2.4)
            canvas.stroke(seam, "#06050a", 1.2, opacity=0.6)
