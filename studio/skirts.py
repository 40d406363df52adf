"""Skirts, and the skirt halves that dresses share."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from studio.canvas import Canvas, Crease
from studio.design import Design, apparel
from studio.fabric import Fabric
from studio.geometry import Box, Node, Path, both, circle, k, line, mirror, outline, p, rect
from studio.palette import lighter
from studio.prints import (
    dots,
    floral,
    gingham,
    plaid,
    sprigs,
    stars,
    windowpane,
)
from studio.shading import lens_of
from studio.trims import Button, bow, button, buttons, cord, rivet


@dataclass(frozen=True, slots=True)
class Skirt:
    """Half widths and heights of a skirt; ``wave`` is the depth of the hem's ripples."""

    top: float
    waist: float
    hip: float
    hem: float
    bottom: float
    wave: float = 0
    ripples: int = 4

    def but(self, **changes: Any) -> Skirt:
        """The same skirt with some measures changed."""
        return replace(self, **changes)

    @property
    def anchor(self) -> tuple[float, float]:
        """Where the print's origin lies: within reach of the hem, and of a bodice above."""
        return 0.0, self.top + (self.bottom - self.top) * 0.35

    def side(self) -> list[Node]:
        """The right side from waist to hem."""
        h = self.bottom - self.top
        return [
            k(self.waist, self.top),
            p(self.waist + (self.hip - self.waist) * 0.7, self.top + h * 0.16),
            p(self.hip + (self.hem - self.hip) * 0.18, self.top + h * 0.38),
            p(self.hip + (self.hem - self.hip) * 0.6, self.top + h * 0.72),
        ]

    def hemline(self, up: float = 0) -> list[Node]:
        """The whole hem from left to right, rippled, sagging towards the middle."""
        w = self.hem - up * (self.hem - self.hip) / max(1.0, self.bottom - self.top) * 0.6
        sag = 6 + (self.hem - self.waist) * 0.13
        count = self.ripples * 2 if self.wave else 2
        nodes = []
        for i in range(count + 1):
            t = i / count * 2 - 1
            y = self.bottom - up + sag * (1 - t * t)
            if self.wave and i % 2:
                # Uneven, but the same for every line that follows this hem.
                y += self.wave * (0.62 + 0.38 * math.sin(2.1 * i + self.bottom))
            if abs(t) < 1:
                t += 0.26 / count * math.sin(3.7 * i + self.hem)
            nodes.append(k(t * w, y) if abs(t) == 1 else p(t * w, y))
        return nodes

    def path(self) -> Path:
        side = self.side()
        return outline([*mirror(side), *self.hemline(), *reversed(side)])


def hang(canvas: Canvas, skirt: Skirt, strength: float = 0.6) -> list[Crease]:
    """Folds that hang from the waist and open towards the hem's ripples."""
    rng = canvas.rng
    folds: list[Crease] = []
    count = skirt.ripples * 2 if skirt.wave else 5
    for i in range(1, count):
        t = i / count * 2 - 1 + rng.uniform(-0.05, 0.05)
        reach = rng.uniform(0.25, 0.6) if skirt.wave else rng.uniform(0.5, 0.75)
        x1 = t * (skirt.waist + (skirt.hem - skirt.waist) * reach) * 0.92
        folds.append(
            Crease(
                t * skirt.hem,
                skirt.bottom + 10,
                x1,
                skirt.bottom - (skirt.bottom - skirt.top) * (1 - reach) - 4,
                bend=rng.uniform(-3, 3),
                width=rng.uniform(11, 17),
                depth=strength * rng.uniform(0.7, 1.1),
            )
        )
        folds.append(
            Crease(
                t * skirt.waist * 0.96,
                skirt.top,
                t * (skirt.waist + (skirt.hip - skirt.waist)) * 1.02,
                skirt.top + (skirt.bottom - skirt.top) * rng.uniform(0.22, 0.42),
                bend=rng.uniform(-2, 2),
                width=rng.uniform(5, 8),
                depth=strength * (0.9 if skirt.wave else 0.25),
            )
        )
    return folds


def gathers(canvas: Canvas, x0: float, x1: float, y: float, depth: float = 22) -> None:
    """The many small puckers under a gathered seam, each tapering downwards."""
    rng = canvas.rng
    x = x0
    while x < x1:
        lean = (x - (x0 + x1) / 2) / (x1 - x0) * 8
        pucker = Crease(x, y - 2, x + lean, y + depth * rng.uniform(0.5, 1.4), bend=1, width=4.5)
        canvas.sheen(lens_of(pucker, 0), blur=0.8, opacity=0.26, colour="#08070c")
        canvas.sheen(lens_of(pucker, 2.4), blur=0.7, opacity=0.22)
        x += rng.uniform(4, 8)


def plain_panel(canvas: Canvas, skirt: Skirt, cloth: Fabric, strength: float = 0.6) -> None:
    """A skirt in one piece with a stitched hem."""
    path = skirt.path()
    canvas.piece(
        path,
        cloth,
        creases=hang(canvas, skirt, strength),
        volume=0.55,
        lift=0.8,
        anchor=skirt.anchor,
    )
    with canvas.clip(path):
        canvas.stitch(line(skirt.hemline(8)), cloth.dyed(cloth.colour))


def pleated_panel(canvas: Canvas, skirt: Skirt, cloth: Fabric, count: int = 12) -> None:
    """Pressed knife pleats: each overlaps the next and shades it."""
    height = skirt.bottom - skirt.top
    sag = 6 + (skirt.hem - skirt.waist) * 0.13

    def at(t: float, y: float) -> Node:
        v = (y - skirt.top) / height
        half = skirt.waist + (skirt.hip - skirt.waist) * min(1, v / 0.3) ** 0.8
        if v > 0.3:
            half = skirt.hip + (skirt.hem - skirt.hip) * (v - 0.3) / 0.7
        return k(t * half, y + sag * (1 - t * t) * v)

    middle = skirt.top + height * 0.3
    for i in range(count):
        t0, t1 = i / count * 2 - 1, (i + 1) / count * 2 - 1
        over = 0.03
        panel = [
            at(t0 - over, skirt.top),
            at(t1, skirt.top),
            at(t1, middle),
            at(t1, skirt.bottom - 5),
            at(t0 - over, skirt.bottom + 2),
            at(t0 - over, middle),
        ]
        path = outline(panel)
        lean = -math.degrees(math.atan2(at(t0, skirt.bottom).x - at(t0, skirt.top).x, height)) * 0.9
        canvas.piece(
            path,
            cloth.but(folds=cloth.folds * 0.5),
            turn=lean if abs(lean) > 2 else 0,
            volume=0.0,
            edge=0.1,
            anchor=(at(t0, middle).x, skirt.anchor[1]),
        )
        with canvas.clip(path):
            a, b, c = at(t1, skirt.top), at(t1, middle), at(t1, skirt.bottom)
            canvas.stroke(line([a, b, c]), "#08070c", 15, opacity=0.34, blur=4)
            a, b, c = at(t0, skirt.top), at(t0, middle), at(t0, skirt.bottom)
            canvas.stroke(line([a, b, c]), "#ffffff", 4, opacity=0.22, blur=1.4)
        canvas.stroke(line([a, b, c]), "#08070c", 0.8, opacity=0.45)
    whole_path = outline(
        [
            at(-1, skirt.top),
            at(1, skirt.top),
            at(1, middle),
            at(1, skirt.bottom),
            at(0.5, skirt.bottom),
            at(0, skirt.bottom),
            at(-0.5, skirt.bottom),
            at(-1, skirt.bottom),
            at(-1, middle),
        ]
    )
    with canvas.clip(whole_path):
        for side in (-1, 1):
            edge = line([at(side, skirt.top), at(side, middle), at(side, skirt.bottom)])
            canvas.stroke(edge, "#08070c", 26, opacity=0.22, blur=9)


def tiered_panel(canvas: Canvas, skirt: Skirt, cloth: Fabric, tiers: int = 3) -> None:
    """Gathered flounces, each fuller than the one it hangs from; drawn from the lowest up."""
    height = skirt.bottom - skirt.top
    for i in reversed(range(tiers)):
        v0, v1 = i / tiers, (i + 1) / tiers
        grow = skirt.hem - skirt.waist
        tier = Skirt(
            top=skirt.top + height * v0 - (4 if i else 0),
            waist=skirt.waist + grow * v0 * 0.86,
            hip=skirt.waist + grow * (v0 * 0.86 + 0.12),
            hem=skirt.waist + grow * (v1 * 0.94 + 0.06),
            bottom=skirt.top + height * v1 + 4,
            wave=5,
            ripples=4 + i,
        )
        path = tier.path()
        canvas.piece(
            path,
            cloth,
            creases=hang(canvas, tier, 0.7),
            volume=0.5,
            lift=1.4,
            anchor=(0, tier.top + 40),
        )
        with canvas.clip(path):
            gathers(canvas, -tier.waist, tier.waist, tier.top + 2, 26)
            canvas.stitch(line(tier.hemline(5)), cloth.dyed(cloth.colour))


@dataclass(frozen=True, slots=True)
class SkirtMake:
    """A skirt on its own: shape, cloth, construction and waist.

    ``build``: "plain", "pleats", "tiers", "denim" or "wrap". ``waist``: "band",
    "elastic" or "bow". ``row``: buttons down the front.
    """

    skirt: Skirt
    cloth: Fabric
    build: Literal["plain", "pleats", "tiers", "denim", "wrap"] = "plain"
    waist: Literal["band", "elastic", "bow"] = "band"
    row: int = 0
    buttons: Button = Button("#8a6240", 4.4)  # noqa: RUF009 - frozen, so safe to share
    thread: str | None = None
    belt: Fabric | None = None


def draw_skirt(canvas: Canvas, make: SkirtMake) -> None:
    """A skirt laid flat."""
    skirt, cloth = make.skirt, make.cloth
    plain = cloth.dyed(cloth.colour)
    band_height = 20
    y0 = skirt.top - band_height
    with canvas.group("translate(240 0)"):
        inside = both(
            [p(0, y0 - 1), k(skirt.waist - 3, y0 - 4), k(skirt.waist, y0 + 12), p(0, y0 + 20)]
        )
        canvas.piece(inside, plain.but(folds=0), shade=0.32, volume=0.1, edge=0.9)
        if make.build == "pleats":
            pleated_panel(canvas, skirt, cloth)
        elif make.build == "tiers":
            tiered_panel(canvas, skirt, cloth)
        else:
            plain_panel(canvas, skirt, cloth, 0.75 if skirt.wave else 0.4)
        if make.build == "denim":
            _denim_front(canvas, make, plain)
        elif make.build == "wrap":
            _wrap_edge(canvas, make, plain)
        elif make.build == "plain" and not skirt.wave:
            _darts(canvas, skirt)
        if make.waist == "elastic":
            with canvas.clip(skirt.path()):
                gathers(canvas, -skirt.waist, skirt.waist, skirt.top, 34)
        _band(canvas, make, make.belt or plain, y0)
        if make.row:
            for x in (-9, 9):
                canvas.stitch(
                    line([k(x, skirt.top), k(x, skirt.bottom + 16)]), plain, thread=make.thread
                )
            canvas.seam(line([k(10.5, skirt.top), k(10.5, skirt.bottom + 14)]), depth=0.7)
            buttons(
                canvas,
                k(0, y0 + 12),
                k(0, skirt.bottom - 16),
                make.row,
                make.buttons,
            )


def _darts(canvas: Canvas, skirt: Skirt) -> None:
    for side in (-1, 1):
        dart = [
            k(side * skirt.waist * 0.48, skirt.top),
            k(side * skirt.waist * 0.53, skirt.top + 52),
        ]
        canvas.seam(line(dart), depth=0.5)


def _wrap_edge(canvas: Canvas, make: SkirtMake, cloth: Fabric) -> None:
    """The overlapping front's edge, falling in a curve."""
    s = make.skirt
    edge = [
        k(s.waist * 0.5, s.top),
        p(s.hip * 0.46, s.top + 90),
        p(s.hem * 0.40, s.bottom - 60),
        k(s.hem * 0.30, s.bottom + 14),
    ]
    with canvas.clip(s.path()):
        with canvas.group("translate(5 2)"):
            canvas.stroke(line(edge), "#08070c", 9, opacity=0.3, blur=3.5)
        canvas.stroke(line(edge), "#08070c", 1.2, opacity=0.6)
        canvas.stitch(line([Node(n.x - 4, n.y, n.sharp) for n in edge]), cloth)


def _denim_front(canvas: Canvas, make: SkirtMake, cloth: Fabric) -> None:
    s = make.skirt
    edge = s.waist + (s.hip - s.waist) * 0.5
    with canvas.clip(s.path()):
        patch = outline(
            [p(-50, s.top + 60), p(50, s.top + 60), p(64, s.bottom - 40), p(-64, s.bottom - 40)]
        )
        canvas.sheen(patch, blur=22, opacity=0.2, colour="#e2ebf3")
    for side in (-1, 1):
        mouth = [
            k(side * (s.waist - 38), s.top + 1),
            p(side * (s.waist - 34), s.top + 22),
            p(side * (s.waist - 10), s.top + 34),
            k(side * (edge - 1), s.top + 36),
        ]
        canvas.seam(line(mouth), depth=1)
        for dy in (3, 6):
            canvas.stitch(
                line([Node(n.x - side * dy * 0.5, n.y + dy, n.sharp) for n in mouth]),
                cloth,
                thread=make.thread,
            )
        rivet(canvas, side * (s.waist - 40), s.top + 4)
    if not make.row:
        canvas.seam(line([k(0, s.top), k(0, s.bottom + 12)]), depth=0.8)
        canvas.stitch(line([k(4, s.top), k(4, s.bottom + 12)]), cloth, thread=make.thread)
        canvas.stitch(
            line([k(16, s.top), p(16, s.top + 60), k(2, s.top + 84)]), cloth, thread=make.thread
        )


def _band(canvas: Canvas, make: SkirtMake, cloth: Fabric, y0: float) -> None:
    s = make.skirt
    w = s.waist
    strip = both(
        [
            p(0, y0 + 4),
            p(w * 0.6, y0 + 2),
            k(w - 2, y0 - 3),
            k(w + 0.5, s.top + 2),
            p(w * 0.6, s.top + 4.5),
            p(0, s.top + 6),
        ]
    )
    canvas.piece(strip, cloth.but(folds=0.15), volume=0.5, edge=0.5, lift=1)
    with canvas.clip(strip):
        if make.waist == "elastic":
            gathers(canvas, -w, w, y0 - 2, 26)
            canvas.stitch(line([k(-w, y0 + 9), p(0, y0 + 14), k(w, y0 + 9)]), cloth)
        else:
            for y in (y0 + 3, s.top - 1):
                canvas.stitch(
                    line([k(-w, y - 2), p(0, y + 4), k(w, y - 2)]), cloth, thread=make.thread
                )
    if make.build == "denim":
        for x in (-w * 0.75, -w * 0.34, w * 0.34, w * 0.75):
            canvas.piece(
                rect(Box(x - 3.4, y0 - 1, x + 3.4, s.top + 6), 1),
                cloth.but(folds=0),
                volume=0.3,
                edge=0.4,
                lift=1.4,
            )
        if not make.row:
            button(canvas, 8, y0 + 13, make.buttons)
    if make.waist == "bow":
        bow(canvas, 0, s.top - 6, 24, cloth)
    if make.build == "wrap":
        bow(canvas, s.waist * 0.52, s.top - 6, 24, cloth)
    if make.waist == "elastic":
        for side in (-1, 1):
            canvas.shape(circle(side * 8, y0 + 13, 1.7), "#75787c")
            cord(
                canvas,
                [k(side * 8, y0 + 13), p(side * 12, y0 + 40), k(side * 10, y0 + 66)],
                lighter(cloth.hex, 0.5),
                2.6,
            )


def _skirt(gender: str, colour: str, title: str, make: SkirtMake, usage: str = "Casual") -> Design:
    draw = partial(draw_skirt, make=make)
    return apparel("Skirts", "Bottomwear", gender, colour, title, draw, usage)


PENCIL = Skirt(top=128, waist=84, hip=116, hem=100, bottom=524)
FLARED = Skirt(top=150, waist=80, hip=108, hem=176, bottom=486, wave=9, ripples=5)
MINI = Skirt(top=176, waist=92, hip=122, hem=142, bottom=446)
MIDI = Skirt(top=104, waist=76, hip=102, hem=158, bottom=552, wave=8, ripples=5)
CHILD = Skirt(top=196, waist=76, hip=98, hem=150, bottom=428, wave=9, ripples=5)


def _crepe(tone: str, print_: Any = None, folds: float = 0.35) -> Fabric:
    return Fabric(tone, print=print_, weave="poplin", folds=folds, drape=4, gloss=0.06)


_BRASS = Button("#a87f4e", 4.8, holes=0)

PRODUCTS: list[Design] = [
    _skirt(
        "Women",
        "Black",
        "Black Pencil Skirt",
        SkirtMake(PENCIL, Fabric("Black", weave="twill", folds=0.25, drape=4)),
        "Formal",
    ),
    _skirt(
        "Women",
        "Grey",
        "Grey Windowpane Pencil Skirt",
        SkirtMake(
            PENCIL, Fabric("Grey", print=windowpane("White", 30, 1.2), weave="twill", folds=0.25)
        ),
        "Formal",
    ),
    _skirt(
        "Women",
        "Navy",
        "Navy Pleated Midi Skirt",
        SkirtMake(MIDI.but(hem=164), _crepe("Navy"), build="pleats"),
    ),
    _skirt(
        "Women",
        "Green",
        "Green Satin Midi Skirt",
        SkirtMake(
            MIDI.but(hem=132, hip=104),
            Fabric("#2f6b55", weave="satin", folds=0.6, gloss=0.5, drape=5),
        ),
        "Party",
    ),
    _skirt(
        "Women",
        "Red",
        "Red Floral Flared Skirt",
        SkirtMake(FLARED, _crepe("Red", floral("#f4e3d3", "#f0b7a4", size=8, gap=28))),
    ),
    _skirt(
        "Women",
        "Blue",
        "Blue Buttoned Denim Skirt",
        SkirtMake(
            MINI.but(bottom=480, hem=140),
            Fabric("#4a6fa5", weave="denim", folds=0.3),
            build="denim",
            thread="#c99a55",
            row=6,
            buttons=_BRASS,
        ),
    ),
    _skirt(
        "Women",
        "Mustard",
        "Mustard Wrap Skirt",
        SkirtMake(
            MIDI.but(hem=138, bottom=520),
            _crepe("Mustard", sprigs("#fbf1d8", size=8, gap=22)),
            build="wrap",
        ),
    ),
    _skirt(
        "Women",
        "White",
        "White Tiered Cotton Skirt",
        SkirtMake(MIDI.but(hem=164), _crepe("White", folds=0.4), build="tiers", waist="elastic"),
    ),
    _skirt(
        "Women",
        "Purple",
        "Purple Polka Dot Skirt",
        SkirtMake(FLARED, _crepe("Purple", dots("#efe4f3", 3.2, 19)), waist="bow"),
        "Party",
    ),
    _skirt(
        "Women",
        "Brown",
        "Brown Suede Buttoned Skirt",
        SkirtMake(
            MINI, Fabric("#8a5c3c", weave="suede", folds=0.3), row=5, buttons=Button("#4a2f1e", 4.6)
        ),
    ),
    _skirt(
        "Girls",
        "Pink",
        "Pink Tiered Skirt",
        SkirtMake(CHILD, _crepe("Pink", dots("White", 2.4, 15)), build="tiers", waist="elastic"),
    ),
    _skirt(
        "Girls",
        "Navy",
        "Navy Pleated School Skirt",
        SkirtMake(CHILD.but(hem=138, bottom=420), _crepe("Navy"), build="pleats"),
        "Formal",
    ),
    _skirt(
        "Girls",
        "Red",
        "Red Tartan Pleated Skirt",
        SkirtMake(
            CHILD.but(hem=140, bottom=416),
            _crepe("Red", plaid(("#1f2a44", 0, 14), ("#2f5a45", 24, 8), ("White", 46, 1.6))),
            build="pleats",
        ),
    ),
    _skirt(
        "Girls",
        "Light Blue",
        "Light Blue Denim Skirt",
        SkirtMake(
            Skirt(top=200, waist=82, hip=104, hem=124, bottom=408),
            Fabric("#a3c0dc", weave="denim", folds=0.3),
            build="denim",
            thread="#eddcc0",
            buttons=_BRASS,
        ),
    ),
    _skirt(
        "Girls",
        "Yellow",
        "Yellow Star Print Skirt",
        SkirtMake(
            CHILD, _crepe("#f0cf63", stars("White", "#dd7532", size=7, gap=30)), waist="elastic"
        ),
    ),
    _skirt(
        "Girls",
        "Turquoise",
        "Turquoise Gingham Skirt",
        SkirtMake(CHILD, _crepe("White", gingham("Turquoise", 9)), waist="bow"),
    ),
]
