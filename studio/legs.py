"""A pair of legs and all that is sewn onto them: trousers, jeans and shorts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from studio.canvas import Canvas, Crease
from studio.fabric import Fabric
from studio.geometry import (
    Box,
    Node,
    Path,
    between,
    both,
    circle,
    k,
    line,
    on_side,
    outline,
    p,
    rect,
)
from studio.palette import darker, lighter
from studio.trims import Button, Pocket, button, cord, patch_pocket, rib_block, rivet


@dataclass(frozen=True, slots=True)
class Legs:
    """Half widths and heights of a pair of trousers; x = 0 is the middle seam.

    ``knee`` and ``hem`` are (inner, outer) distances from the middle.
    """

    top: float = 62
    waist: float = 86
    hip: float = 109
    hip_at: float = 166
    crotch: float = 214
    knee: tuple[float, float] = (17, 104)
    knee_at: float = 394
    hem: tuple[float, float] = (26, 98)
    bottom: float = 592

    def but(self, **changes: Any) -> Legs:
        """The same legs with some measures changed."""
        return replace(self, **changes)

    def leg(self) -> list[Node]:
        """The right leg, from the middle of the waist round."""
        lower = self.knee_at + (self.bottom - self.knee_at) * 0.5
        return [
            k(-5, self.top),
            k(self.waist, self.top),
            p(
                self.waist + (self.hip - self.waist) * 0.62,
                self.top + (self.hip_at - self.top) * 0.4,
            ),
            p(self.hip, self.hip_at),
            p(
                self.hip + (self.knee[1] - self.hip) * 0.5,
                self.hip_at + (self.knee_at - self.hip_at) * 0.5,
            ),
            p(self.knee[1], self.knee_at),
            p((self.knee[1] + self.hem[1]) / 2 - 0.5, lower),
            k(self.hem[1], self.bottom),
            p((self.hem[0] + self.hem[1]) / 2, self.bottom + 3),
            k(self.hem[0], self.bottom),
            p((self.knee[0] + self.hem[0]) / 2, lower),
            p(self.knee[0], self.knee_at),
            p(
                3 + (self.knee[0] - 3) * 0.42,
                self.crotch + (self.knee_at - self.crotch) * 0.4,
            ),
            k(1.5, self.crotch + 3),
            k(-5, self.crotch - 24),
        ]

    def outseam(self, inset: float) -> list[Node]:
        """A line that runs beside the outer seam."""
        leg = self.leg()
        return [
            k(leg[1].x - inset, leg[1].y),
            *(p(n.x - inset, n.y) for n in leg[2:7]),
            k(leg[7].x - inset, leg[7].y),
        ]


@dataclass(frozen=True, slots=True)
class Bottom:
    """A pair of trousers, jeans or shorts.

    ``waist``: "belt" (loops, button, fly), "elastic" (gathered, with cords) or "rib".
    ``pocket``: "slant", "scoop" (jeans), "zip" or "". ``wash`` 0 … 1 bleaches thighs and
    knees. ``tears``: how many worn slits. ``cuff``: ribbed ankle depth; ``turnup``: depth
    of a folded hem. ``stripe``: colour of a side stripe.
    """

    cloth: Fabric
    legs: Legs
    waist: Literal["belt", "elastic", "rib"] = "belt"
    pocket: Literal["slant", "scoop", "zip", ""] = "slant"
    thread: str | None = None
    press: bool = False
    wash: float = 0
    tears: int = 0
    cargo: bool = False
    cuff: float = 0
    turnup: float = 0
    stripe: str = ""
    pleats: bool = False
    buttons: Button = Button("#4a3d31", 4.2)  # noqa: RUF009 - frozen, so safe to share
    band: float = 19
    tie: str = ""


def draw_bottom(canvas: Canvas, make: Bottom) -> None:
    """A pair of trousers laid flat, fly closed."""
    legs, cloth = make.legs, make.cloth
    plain = cloth.dyed(cloth.colour)
    halves = {side: replace(make, legs=_stance(canvas, legs)) for side in (1, -1)}
    with canvas.group("translate(240 0)"):
        _inside_waist(canvas, make, plain)
        for side, half in halves.items():
            if make.cuff:
                rib_block(canvas, _ankle(half, side), plain.but(weave="rib"), lift=0.5)
            leg = half.legs.leg()
            path = outline(on_side(leg, side))
            canvas.piece(
                path,
                cloth,
                volume=0.75,
                edge=0.5,
                lift=0.8 if side < 0 else 0,
                creases=_leg_creases(canvas, half.legs, side),
                anchor=(side * legs.hip * 0.5, (legs.top + legs.bottom) / 2),
            )
            with canvas.clip(path):
                _leg_finish(canvas, half, side, plain)
        canvas.seam(
            line([k(0, legs.top), p(0, legs.crotch - 26), k(1, legs.crotch + 2)]), depth=0.6
        )
        for side in (1, -1):
            _front_pocket(canvas, make, side, plain)
            if make.cargo:
                _cargo(canvas, halves[side].legs, side, plain, make.thread)
        if make.waist == "belt":
            _fly(canvas, make, plain)
        _waistband(canvas, make, plain)


def _stance(canvas: Canvas, legs: Legs) -> Legs:
    """One leg as it happens to lie: its lower half a little in or out, up or down."""
    rng = canvas.rng
    swing = rng.uniform(-5, 6) * (legs.bottom - legs.crotch) / 380
    (knee_in, knee_out), (hem_in, hem_out) = legs.knee, legs.hem
    return legs.but(
        knee=(max(4, knee_in + swing * 0.5), knee_out + swing * 0.5),
        hem=(max(3, hem_in + swing), hem_out + swing),
        bottom=legs.bottom + rng.uniform(-4, 4),
    )


def _inside_waist(canvas: Canvas, make: Bottom, cloth: Fabric) -> None:
    """The back of the waist as seen through the opening."""
    legs, h = make.legs, make.band
    y = legs.top - h
    inside = both([p(0, y + 1), k(legs.waist - 4, y - 2), k(legs.waist - 1, y + 14), p(0, y + 24)])
    canvas.piece(inside, cloth.but(folds=0), shade=0.34, volume=0.1, edge=0.9)
    if make.waist == "belt":
        canvas.shape(
            outline([k(-9, y + 3.5), k(9, y + 3.5), k(9, y + 13), k(-9, y + 13)]),
            "#d9d4ca",
            lift=0.8,
        )


def _leg_creases(canvas: Canvas, legs: Legs, side: int) -> list[Crease]:
    """Whiskers from the crotch, folds behind the knee, breaks above the hem."""
    rng = canvas.rng
    folds = [
        Crease(
            side * rng.uniform(2, 8),
            legs.crotch - rng.uniform(-4, 18) + i * 9,
            side * rng.uniform(46, legs.hip * 0.85),
            legs.crotch - 34 + i * 24 + rng.uniform(-8, 8),
            bend=side * rng.uniform(-6, 8),
            width=rng.uniform(6, 10),
            depth=rng.uniform(0.4, 0.65),
        )
        for i in range(4)
    ]
    if legs.bottom - legs.crotch < 190:
        folds += [
            Crease(
                side * x,
                legs.bottom,
                side * (x + rng.uniform(-10, 6)),
                legs.crotch + 30,
                bend=rng.uniform(-6, 6),
                width=12,
                depth=0.4,
            )
            for x in (legs.hem[0] + 22, legs.hem[1] - 24)
        ]
        return folds
    inner, outer = legs.knee
    for i in range(4):
        y = legs.knee_at - 26 + i * 17 + rng.uniform(-5, 5)
        reach = rng.uniform(0.5, 0.85) * (outer - inner)
        start = inner + 1 if i % 2 == 0 else outer - 1
        end = start + reach if i % 2 == 0 else start - reach
        folds.append(
            Crease(
                side * start, y, side * end, y + rng.uniform(-4, 14), bend=5, width=8, depth=0.42
            )
        )
    inner, outer = legs.hem
    for i in range(3):
        y = legs.bottom - 14 - i * 17
        start, end = (inner + 1, outer - 12) if i % 2 else (outer - 1, inner + 12)
        folds.append(
            Crease(side * start, y, side * end, y - rng.uniform(2, 12), bend=4, width=7, depth=0.4)
        )
    return folds


def _leg_finish(canvas: Canvas, make: Bottom, side: int, cloth: Fabric) -> None:
    legs = make.legs

    def mine(nodes: Sequence[Node]) -> Path:
        return line(on_side(nodes, side))

    if make.stripe:
        canvas.stroke(mine(legs.outseam(8)), make.stripe, 6, opacity=0.95)
        canvas.stroke(mine(legs.outseam(15)), make.stripe, 2.2, opacity=0.95)
    if make.wash:
        _wash(canvas, make, side)
    for _ in range(make.tears if side > 0 else max(0, make.tears - 1)):
        _tear(canvas, make, side)
    if make.press:
        middle = [
            k((legs.waist + 10) * 0.52, legs.top + 30),
            p((legs.knee[0] + legs.knee[1]) / 2, legs.knee_at),
            k((legs.hem[0] + legs.hem[1]) / 2, legs.bottom + 4),
        ]
        canvas.stroke(mine(middle), "#000000", 5, opacity=0.14, blur=2)
        with canvas.group("translate(-1.6 0)"):
            canvas.stroke(mine(middle), "#ffffff", 1.4, opacity=0.2, blur=0.5)
    if make.thread and not make.stripe:
        canvas.stitch(mine(legs.outseam(2.6)), cloth, thread=make.thread)
    inner, outer = legs.hem
    if make.turnup:
        y = legs.bottom - make.turnup
        fold = outline(
            [
                k(side * (inner - 3), y),
                k(side * (outer + 3), y),
                k(side * (outer + 3), legs.bottom + 8),
                k(side * (inner - 3), legs.bottom + 8),
            ]
        )
        inside = cloth.dyed(lighter(cloth.hex, 0.3 if make.thread else 0.08))
        canvas.piece(fold, inside, volume=0.5, edge=0.4, lift=1.6)
        canvas.stitch(line([k(side * inner, y + 4), k(side * outer, y + 4)]), inside)
    elif not make.cuff:
        for up in (8, 11) if make.thread is None else (9,):
            hem = [
                k(inner - 4, legs.bottom - up),
                p((inner + outer) / 2, legs.bottom - up + 3),
                k(outer + 4, legs.bottom - up),
            ]
            canvas.stitch(mine(hem), cloth, thread=make.thread)


def _wash(canvas: Canvas, make: Bottom, side: int) -> None:
    """Bleached thighs and knees, and pale whiskers at the hip."""
    legs, rng = make.legs, canvas.rng
    mid = (legs.knee[0] + legs.knee[1]) / 2
    thigh = outline(
        [
            p(side * (mid - 6), legs.crotch - 30),
            p(side * (mid + 16), legs.crotch + 60),
            p(side * (mid + 8), legs.knee_at + 10),
            p(side * (mid - 14), legs.crotch + 70),
        ]
    )
    canvas.sheen(thigh, blur=13, opacity=0.55 * make.wash, colour="#dfe9f2")
    shin = outline(
        [
            p(side * (mid - 9), legs.knee_at + 20),
            p(side * (mid + 11), legs.knee_at + 30),
            p(side * (mid + 3), legs.bottom - 60),
            p(side * (mid - 7), legs.bottom - 70),
        ]
    )
    canvas.sheen(shin, blur=11, opacity=0.30 * make.wash, colour="#dfe9f2")
    for i in range(5):
        y = legs.crotch - 46 + i * 13
        whisker = line(
            [
                k(side * 10, y + 8),
                p(side * 40, y - 2 + rng.uniform(-3, 3)),
                k(side * rng.uniform(64, 80), y - 12),
            ]
        )
        canvas.stroke(whisker, "#e6eef5", 3.2, opacity=0.19 * make.wash, blur=1.8)


def _tear(canvas: Canvas, make: Bottom, side: int) -> None:
    """A worn slit with white cross threads."""
    legs, rng = make.legs, canvas.rng
    cx = side * (legs.knee[0] + legs.knee[1]) / 2 + rng.uniform(-7, 7)
    cy = legs.knee_at + rng.uniform(-110, 24)
    w, h = rng.uniform(17, 25), rng.uniform(6, 10)
    hole = outline(
        [
            p(cx - w, cy + rng.uniform(-2, 2)),
            p(cx - w * 0.3, cy - h),
            p(cx + w * 0.5, cy - h * 0.7),
            p(cx + w, cy + 1),
            p(cx + w * 0.3, cy + h * 0.8),
            p(cx - w * 0.5, cy + h),
        ]
    )
    canvas.sheen(hole, blur=4, opacity=0.5, colour="#e8eef4")
    canvas.shape(hole, darker(make.cloth.hex, 0.45))
    with canvas.clip(hole):
        y = cy - h
        while y < cy + h:
            bow = rng.uniform(-2, 2)
            thread = line([k(cx - w - 2, y), p(cx, y + bow), k(cx + w + 2, y + rng.uniform(-1, 1))])
            canvas.stroke(thread, "#e9edf0", 0.9, opacity=0.9)
            y += rng.uniform(1.4, 2.4)
    canvas.stroke(hole, "#eef2f5", 1.2, opacity=0.7, dash="1.2 1.1")


def _front_pocket(canvas: Canvas, make: Bottom, side: int, cloth: Fabric) -> None:
    legs, top = make.legs, make.legs.top

    def mine(nodes: Sequence[Node]) -> Path:
        return line(on_side(nodes, side))

    edge = legs.waist + (legs.hip - legs.waist) * 0.62
    if make.pocket == "slant":
        mouth = [k(legs.waist - 24, top + 2), k(edge + 4, top + 74)]
        canvas.seam(mine(mouth), depth=1.0)
        for inset in (3, 6):
            inner = [k(n.x - inset, n.y + inset * 0.3) for n in mouth]
            canvas.stitch(mine(inner), cloth, thread=make.thread)
    elif make.pocket == "scoop":
        mouth = [
            k(legs.waist - 36, top + 1),
            p(legs.waist - 32, top + 20),
            p(legs.waist - 10, top + 33),
            k(edge - 2, top + 36),
        ]
        canvas.seam(mine(mouth), depth=1.0)
        for drop in (2.6, 5.4):
            inner = [Node(n.x - drop * 0.6, n.y + drop, n.sharp) for n in mouth]
            canvas.stitch(mine(inner), cloth, thread=make.thread)
        rivet(canvas, side * (legs.waist - 38), top + 4)
        rivet(canvas, side * (edge - 5), top + 38.5)
        if side > 0:
            coin = [k(legs.waist - 25, top + 16), k(legs.waist - 6, top + 16)]
            canvas.stitch(line(coin), cloth, thread=make.thread)
    elif make.pocket == "zip":
        mouth = [k(legs.waist - 6, top + 14), k(edge + 2, top + 70)]
        canvas.seam(mine(mouth), depth=1.2)
        canvas.stroke(mine(mouth), "#c4c7ca", 1.2, dash="1.2 1")


def _cargo(canvas: Canvas, legs: Legs, side: int, cloth: Fabric, thread: str | None) -> None:
    outer = between(k(legs.hip, legs.hip_at), k(legs.knee[1], legs.knee_at), 0.62).x
    y = legs.crotch + (legs.knee_at - legs.crotch) * 0.36
    size = 52 if legs.bottom > 500 else 46
    x1 = outer + 3
    box = Box(x1 - size, y, x1, y + size * 1.18)
    if side < 0:
        box = Box(-x1, y, -x1 + size, y + size * 1.18)
    patch_pocket(
        canvas,
        box,
        cloth.but(folds=0.3),
        Pocket(point=0.1, thread=thread, flap=17, button=Button(darker(cloth.hex, 0.35), 3.4)),
    )
    mid = (box.x0 + box.x1) / 2
    canvas.seam(line([k(mid, y + 18), k(mid, box.y1)]), depth=0.4)


def _fly(canvas: Canvas, make: Bottom, cloth: Fabric) -> None:
    """The J of stitches beside the middle seam."""
    legs = make.legs
    depth = (legs.crotch - legs.top) * 0.66
    for inset in (15, 18):
        curve = [
            k(inset, legs.top + 2),
            p(inset, legs.top + depth * 0.66),
            p(inset * 0.72, legs.top + depth * 0.9),
            k(1, legs.top + depth + (inset - 15)),
        ]
        canvas.stitch(line(curve), cloth, thread=make.thread)
    if make.pleats:
        for side in (-1, 1):
            for x in (28, 40):
                canvas.seam(
                    line(
                        [
                            k(side * x, legs.top),
                            p(side * (x + 1), legs.top + 20),
                            k(side * (x + 2), legs.top + 48),
                        ]
                    ),
                    depth=0.8,
                )


def _waistband(canvas: Canvas, make: Bottom, cloth: Fabric) -> None:
    legs, h = make.legs, make.band
    y0, y1 = legs.top - h, legs.top + 1
    w = legs.waist
    strip = both(
        [
            p(0, y0 + 5),
            p(w * 0.6, y0 + 3),
            k(w - 3, y0 - 1),
            k(w + 1, y1),
            p(w * 0.6, y1 + 3.4),
            p(0, y1 + 5),
        ]
    )
    if make.waist != "belt":
        rib = cloth.but(weave="rib", folds=0.15)
        canvas.piece(strip, rib if make.waist == "rib" else cloth, volume=0.5, edge=0.5, lift=1)
        with canvas.clip(strip):
            if make.waist == "elastic":
                _gathers(canvas, w, y0, y1)
            for y in (y0 + h * 0.36, y0 + h * 0.7):
                canvas.stitch(line([k(-w, y - 1), p(0, y + 4), k(w, y - 1)]), cloth)
        tone = make.tie or lighter(cloth.hex, 0.5)
        for side in (-1, 1):
            x = side * 9.0
            canvas.shape(circle(x, y0 + h * 0.62, 1.8), "#75787c")
            drop = canvas.rng.uniform(52, 74)
            cord(
                canvas,
                [
                    k(x, y0 + h * 0.62),
                    p(x + side * 7, y1 + drop * 0.4),
                    p(x + side * canvas.rng.uniform(0, 8), y1 + drop),
                ],
                tone,
                2.8,
            )
        return
    canvas.piece(strip, cloth.but(folds=0.18), volume=0.45, edge=0.45, lift=1)
    with canvas.clip(strip):
        for y in (y0 + 3, y1 - 3):
            canvas.stitch(line([k(-w, y - 1), p(0, y + 5), k(w, y - 1)]), cloth, thread=make.thread)
    canvas.seam(line([k(1, y0 + 5), k(1, y1 + 5)]), depth=0.9)
    for share in (-0.78, -0.36, 0.36, 0.78):
        x, dip = share * w, 4.6 * (1 - share**2)
        loop = rect(Box(x - 3.4, y0 + dip - 3, x + 3.4, y1 + dip + 3), 1)
        canvas.piece(loop, cloth.but(folds=0), volume=0.3, edge=0.4, lift=1.5)
        for dx in (-1.8, 1.8):
            canvas.stitch(
                line([k(x + dx, y0 + dip - 1), k(x + dx, y1 + dip + 1)]), cloth, thread=make.thread
            )
    button(canvas, 8.5, (y0 + y1) / 2 + 5, make.buttons)


def _gathers(canvas: Canvas, w: float, y0: float, y1: float) -> None:
    x = -w
    while x < w:
        step = canvas.rng.uniform(4, 7)
        canvas.stroke(
            line([k(x, y0 - 2), p(x + 1, (y0 + y1) / 2), k(x, y1 + 8)]),
            "#000000",
            1.8,
            opacity=0.22,
            blur=0.7,
        )
        canvas.stroke(
            line([k(x + 2, y0 - 2), k(x + 2, y1 + 8)]), "#ffffff", 1, opacity=0.12, blur=0.4
        )
        x += step


def _ankle(make: Bottom, side: int) -> Path:
    inner, outer = make.legs.hem
    y = make.legs.bottom - 3
    nodes = [
        k(inner, y),
        k(outer, y),
        k(outer - 5, y + make.cuff),
        p((inner + outer) / 2, y + make.cuff + 2),
        k(inner + 5, y + make.cuff),
    ]
    return outline(on_side(nodes, side))
