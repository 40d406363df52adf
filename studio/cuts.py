"""The pattern pieces that shirts, sweaters, jackets and dresses share.

All lengths are px in a picture of 480 x 640; x = 0 is the middle of the garment.
Right means +x. Sleeves are drawn for the right side and mirrored for the left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from studio.canvas import Canvas, Crease
from studio.fabric import Fabric
from studio.geometry import Node, Path, between, both, k, line, mirror, on_side, outline, p
from studio.palette import darker


@dataclass(frozen=True, slots=True)
class Cut:
    """Half widths and heights of a torso, as a pattern cutter would note them."""

    top: float = 100  # height of the highest shoulder point
    neck: float = 47  # half width of the neck opening
    drop: float = 40  # how deep the front neckline falls below `top`
    shoulder: float = 116
    slope: float = 28  # fall of the shoulder line
    chest: float = 118
    armpit: float = 226
    waist: float = 114
    waist_at: float = 360
    hem: float = 118
    bottom: float = 500
    dip: float = 5  # how much lower the hem is in the middle; negative: higher
    vee: bool = False  # a pointed instead of a round neckline

    def but(self, **changes: float) -> Cut:
        """The same cut with some measures changed."""
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def tip(self) -> Node:
        """Outer end of the shoulder seam."""
        return k(self.shoulder, self.top + self.slope)

    @property
    def pit(self) -> Node:
        return k(self.chest, self.armpit)

    def neckline(self, out: float = 0) -> list[Node]:
        """Right half of the front neckline, from the middle to the shoulder.

        `out` widens it, following the shoulder line.
        """
        fall = self.slope / (self.shoulder - self.neck)
        end = k(self.neck + out, self.top + out * fall)
        if self.vee:
            return [
                k(0, self.top + self.drop + out * 1.35),
                p(self.neck * 0.54 + out * 0.86, self.top + self.drop * 0.50 + out * 0.5),
                end,
            ]
        return [
            p(0, self.top + self.drop + out),
            p(self.neck * 0.56 + out * 0.52, self.top + self.drop * 0.83 + out * 0.85),
            p(self.neck * 0.93 + out * 0.96, self.top + self.drop * 0.34 + out * 0.4),
            end,
        ]

    def armhole(self) -> list[Node]:
        """From the shoulder's end to the armpit."""
        tip, pit = self.tip, self.pit
        drop = pit.y - tip.y
        inset = min(tip.x, pit.x) - 8
        return [
            k(tip.x, tip.y),
            p(inset + (tip.x - inset) * 0.3, tip.y + drop * 0.45),
            p(inset + (pit.x - inset) * 0.3, tip.y + drop * 0.82),
            k(pit.x, pit.y),
        ]

    def side(self) -> list[Node]:
        """From below the armpit to the hem's corner."""
        return [
            p(
                self.waist + (self.chest - self.waist) * 0.35,
                (self.armpit + self.waist_at) / 2,
            ),
            p(self.waist, self.waist_at),
            p(
                self.hem + (self.waist - self.hem) * 0.25,
                self.waist_at + (self.bottom - self.waist_at) * 0.66,
            ),
            k(self.hem, self.bottom),
        ]

    def hemline(self, up: float = 0) -> list[Node]:
        """Right half of the hem from the side to the middle, raised by `up`."""
        y = self.bottom - up
        return [
            k(self.hem, y),
            p(self.hem * 0.55, y + self.dip * 0.75),
            p(0, y + self.dip),
        ]

    def hem_across(self, up: float) -> Path:
        """A line along the whole hem, `up` px above it."""
        half = self.hemline(up)
        return line([*mirror(half), *half[-2::-1]])

    def front(self) -> Path:
        """The whole front as one outline."""
        return both([*self.neckline(), *self.armhole(), *self.side(), *self.hemline()[1:]])

    def shirt_tail(self, rise: float = 30) -> Path:
        """A front whose hem swings up by `rise` at the side seams."""
        y = self.bottom
        return both(
            [
                *self.neckline(),
                *self.armhole(),
                *self.side()[:-1],
                k(self.hem, y - rise),
                p(self.hem * 0.84, y - rise * 0.55),
                p(self.hem * 0.55, y - rise * 0.06),
                p(0, y + self.dip),
            ]
        )

    def back_neck(self, rise: float, out: float = 0) -> list[Node]:
        """The whole back neckline from left to right; `out` moves it down into the garment."""
        half = [
            p(0, self.top + rise + out),
            p(self.neck * 0.6, self.top + rise * 0.62 + out * 0.95),
            k(self.neck - 0.5 - out * 0.12, self.top + 0.8 + out * 0.7),
        ]
        return [*reversed(mirror(half)[1:]), *half]

    def inside_back(self, rise: float = 9) -> Path:
        """The back's inner side as it shows through the neck opening."""
        return both(
            [
                p(0, self.top + rise),
                p(self.neck * 0.6, self.top + rise * 0.62),
                k(self.neck + 1.5, self.top - 1.5),
                k(self.neck + 7, self.top + 12),
                p(self.neck * 0.75 + 4, self.top + self.drop * 0.75 + 8),
                p(0, self.top + self.drop + 14),
            ]
        )


@dataclass(frozen=True, slots=True)
class Arm:
    """A sleeve: from the armhole of a cut to a hem at `end`.

    ``end`` is the middle of the sleeve's hem; ``width`` the hem's width; ``bend``
    how far the elbow stands out; ``puff`` how far the head bulges; ``raglan`` sets it
    into the neckline instead of the armhole.
    """

    end: Node
    width: float = 58
    bend: float = 2
    puff: float = 0
    raglan: bool = False

    def grain(self, cut: Cut) -> float:
        """Angle of the sleeve, degrees, as `Canvas.piece` wants it for the right side."""
        x0, y0 = (cut.tip.x + cut.pit.x) / 2, (cut.tip.y + cut.pit.y) / 2
        return -math.degrees(math.atan2(self.end.x - x0, self.end.y - y0))

    def hem(self, cut: Cut) -> tuple[Node, Node]:
        """Outer and inner end of the sleeve's hem."""
        angle = math.radians(self.grain(cut))
        dx, dy = math.cos(angle) * self.width / 2, math.sin(angle) * self.width / 2
        return k(self.end.x + dx, self.end.y + dy), k(self.end.x - dx, self.end.y - dy)

    def nodes(self, cut: Cut) -> list[Node]:
        tip, pit = cut.tip, cut.pit
        outer, inner = self.hem(cut)
        angle = math.radians(self.grain(cut))
        out_x, out_y = math.cos(angle), math.sin(angle)
        shift = self.bend + self.puff
        upper = between(tip, outer, 0.2)
        elbow = between(tip, outer, 0.56)
        crook = between(pit, inner, 0.48)
        pinch = self.puff * 0.28
        if self.raglan:
            head = [k(cut.neck + 0.5, cut.top + 0.2), p(tip.x - 3, tip.y - 1)]
            foot = [
                k(pit.x, pit.y),
                p(cut.neck + (pit.x - cut.neck) * 0.38, cut.top + (pit.y - cut.top) * 0.52),
            ]
        else:
            head = [k(tip.x - 16, tip.y - 5.5), p(tip.x - self.puff * 0.1, tip.y - pinch * 0.7)]
            foot = [k(pit.x - 1, pit.y - 1), k(pit.x - 18, pit.y - 14)]
        return [
            *head,
            p(upper.x + out_x * (shift + 3), upper.y + out_y * (shift + 3)),
            p(elbow.x + out_x * shift, elbow.y + out_y * shift),
            outer,
            p(
                (outer.x + inner.x) / 2 - out_y * 2.5,
                (outer.y + inner.y) / 2 + out_x * 2.5,
            ),
            inner,
            p(crook.x + out_x * self.bend * 0.5, crook.y + out_y * self.bend * 0.5),
            *foot,
        ]

    def path(self, cut: Cut, side: int) -> Path:
        """The sleeve's outline; `side` is +1 for right, -1 for left."""
        nodes = self.nodes(cut)
        return outline(on_side(nodes, side))

    def across(self, cut: Cut, side: int, back: float) -> Path:
        """A line across the sleeve, `back` px before its hem (for stitching)."""
        outer, inner = self.hem(cut)
        angle = math.radians(self.grain(cut))
        ux, uy = math.sin(angle) * back, -math.cos(angle) * back
        ax, ay = math.cos(angle) * 12, math.sin(angle) * 12
        nodes = [
            k(outer.x + ux + ax, outer.y + uy + ay),
            p(self.end.x + ux - math.sin(angle) * 2.5, self.end.y + uy + math.cos(angle) * 2.5),
            k(inner.x + ux - ax, inner.y + uy - ay),
        ]
        return line(on_side(nodes, side))

    def cuff(self, cut: Cut, side: int, depth: float, flare: float = 1.5) -> Path:
        """A band of `depth` px that carries on from the sleeve's end, pulled in by `flare`."""
        outer, inner = self.hem(cut)
        angle = math.radians(self.grain(cut))
        ux, uy = -math.sin(angle), math.cos(angle)  # along the sleeve, towards the hand
        ox, oy = math.cos(angle), math.sin(angle)
        nodes = [
            k(outer.x + ox * 0.6 - ux * 2, outer.y + oy * 0.6 - uy * 2),
            k(outer.x + ux * depth - ox * flare, outer.y + uy * depth - oy * flare),
            p(self.end.x + ux * (depth + 2.5), self.end.y + uy * (depth + 2.5)),
            k(inner.x + ux * depth + ox * flare, inner.y + uy * depth + oy * flare),
            k(inner.x - ox * 0.6 - ux * 2, inner.y - oy * 0.6 - uy * 2),
            p(self.end.x + ux * 1, self.end.y + uy * 1),
        ]
        return outline(on_side(nodes, side))


# One body, four people. Women's is waisted; children's are short and wide.
TORSO = {
    "Men": Cut(),
    "Women": Cut(
        top=108,
        neck=50,
        drop=48,
        shoulder=98,
        slope=24,
        chest=101,
        armpit=222,
        waist=90,
        waist_at=330,
        hem=105,
        bottom=484,
    ),
    "Boys": Cut(
        top=142,
        neck=43,
        drop=32,
        shoulder=98,
        slope=22,
        chest=104,
        armpit=244,
        waist=103,
        waist_at=350,
        hem=106,
        bottom=462,
    ),
    "Girls": Cut(
        top=145,
        neck=42,
        drop=34,
        shoulder=87,
        slope=20,
        chest=92,
        armpit=238,
        waist=88,
        waist_at=325,
        hem=105,
        bottom=454,
    ),
}

SHORT_SLEEVE = {
    "Men": Arm(end=k(178, 228), width=80),
    "Women": Arm(end=k(140, 212), width=62),
    "Boys": Arm(end=k(152, 238), width=72),
    "Girls": Arm(end=k(128, 222), width=58),
}

LONG_SLEEVE = {
    "Men": Arm(end=k(181, 462), width=48, bend=6),
    "Women": Arm(end=k(156, 452), width=40, bend=5),
    "Boys": Arm(end=k(166, 414), width=46, bend=5),
    "Girls": Arm(end=k(150, 406), width=40, bend=5),
}


def settled(canvas: Canvas, cut: Cut) -> Cut:
    """The cut as this one specimen lies: a few px wider, longer or looser."""
    rng = canvas.rng
    return cut.but(
        waist=cut.waist + rng.uniform(-3, 3),
        hem=cut.hem + rng.uniform(-3, 4),
        bottom=cut.bottom + rng.uniform(-8, 8),
        dip=cut.dip + rng.uniform(-1, 3),
    )


def relaxed(canvas: Canvas, arm: Arm, cut: Cut) -> Arm:
    """The sleeve swung a little from the shoulder, as it happens to lie."""
    reach = arm.end.y - cut.tip.y
    angle = math.radians(canvas.rng.uniform(-2.6, 2.2))
    dx, dy = arm.end.x - cut.tip.x, reach
    return replace(
        arm,
        end=k(
            cut.tip.x + dx * math.cos(angle) + dy * math.sin(angle),
            cut.tip.y - dx * math.sin(angle) + dy * math.cos(angle),
        ),
        bend=arm.bend + canvas.rng.uniform(-2, 3),
    )


def body_creases(canvas: Canvas, cut: Cut, strength: float = 0.5) -> list[Crease]:
    """Folds that pull from the armpits and gather over the waist, never twice the same."""
    rng = canvas.rng
    folds: list[Crease] = []
    for side in (-1, 1):
        x, y = side * (cut.chest - 3), cut.armpit
        for reach, fall in ((0.62, 62), (0.48, 108), (0.30, 150)):
            if rng.random() < 0.85:
                folds.append(
                    Crease(
                        x,
                        y + rng.uniform(-6, 12),
                        x - side * cut.chest * reach * rng.uniform(0.7, 1.1),
                        y + fall * rng.uniform(0.8, 1.2),
                        bend=side * rng.uniform(2, 9),
                        width=rng.uniform(6, 11),
                        depth=strength * rng.uniform(0.6, 1.1),
                    )
                )
        wx, wy = side * (cut.waist - 1), cut.waist_at + rng.uniform(-25, 35)
        folds.append(
            Crease(
                wx,
                wy,
                wx - side * rng.uniform(30, 60),
                wy + rng.uniform(4, 24),
                bend=rng.uniform(-5, 5),
                width=rng.uniform(6, 9),
                depth=strength * 0.8,
            )
        )
        hx = side * rng.uniform(18, cut.hem - 18)
        folds.append(
            Crease(
                hx,
                cut.bottom,
                hx + rng.uniform(-12, 12),
                cut.bottom - rng.uniform(60, 130),
                bend=rng.uniform(-5, 5),
                width=rng.uniform(8, 13),
                depth=strength * 0.6,
            )
        )
    return folds


def sleeve_creases(canvas: Canvas, cut: Cut, arm: Arm, side: int, strength: float) -> list[Crease]:
    """Folds at the armpit and, on long sleeves, in the crook of the elbow."""
    rng = canvas.rng
    outer, inner = arm.hem(cut)
    tip, pit = cut.tip, cut.pit
    folds: list[Crease] = []

    def pull(a: Node, b: Node, reach: float, depth: float, width: float) -> None:
        end = between(a, b, reach)
        folds.append(
            Crease(side * a.x, a.y, side * end.x, end.y, bend=side * 4, width=width, depth=depth)
        )

    for t in (0.05, 0.14):
        start = between(pit, inner, t)
        end = between(tip, outer, t + rng.uniform(0.12, 0.3))
        pull(start, end, rng.uniform(0.55, 0.85), strength, rng.uniform(6, 9))
    if math.dist(pit[:2], inner[:2]) < 120:
        return folds
    for t in (0.40, 0.50, 0.60):
        start = between(pit, inner, t + rng.uniform(-0.03, 0.03))
        end = between(tip, outer, t + rng.uniform(-0.08, 0.12))
        pull(start, end, rng.uniform(0.6, 0.9), strength, rng.uniform(6, 9))
    for t in (0.86, 0.93):
        start = between(tip, outer, t)
        end = between(pit, inner, t + rng.uniform(-0.05, 0.05))
        pull(start, end, 0.6, strength * 0.8, 6)
    return folds


@dataclass(frozen=True, slots=True)
class Sleeves:
    """How a pair of sleeves is finished.

    ``cuff`` is the depth of a ribbed or sewn cuff, 0 for a plain stitched hem;
    ``cuff_cloth`` defaults to the sleeve's; ``crumple`` scales the creases.
    """

    arm: Arm
    cloth: Fabric
    cuff: float = 0
    cuff_cloth: Fabric | None = None
    flare: float = 1.5
    crumple: float = 0.5
    hem_rows: tuple[float, ...] = (8, 11)


def sleeves(canvas: Canvas, cut: Cut, make: Sleeves) -> None:
    """Both sleeves, to be drawn before the body (raglan ones after it)."""
    for side in (-1, 1):
        turn = make.arm.grain(cut) * side
        path = make.arm.path(cut, side)
        if make.cuff:
            cuff = make.arm.cuff(cut, side, make.cuff, make.flare)
            canvas.piece(cuff, make.cuff_cloth or make.cloth, turn=turn, volume=0.7, edge=0.6)
        creases = sleeve_creases(canvas, cut, make.arm, side, make.crumple)
        canvas.piece(path, make.cloth, turn=turn, volume=0.6, creases=creases, lift=1)
        if not make.cuff:
            with canvas.clip(path):
                for back in make.hem_rows:
                    canvas.stitch(make.arm.across(cut, side, back), make.cloth)


def inside_neck(
    canvas: Canvas, cut: Cut, fabric: Fabric, *, rise: float = 9, tape: bool = True
) -> None:
    """The inner back of a neck: shaded cloth, a woven tape along the seam, a blank size tag."""
    back = cut.inside_back(rise)
    canvas.piece(back, fabric.but(folds=0), shade=0.26, volume=0.1, edge=0.9)
    if not tape:
        return
    with canvas.clip(back):
        canvas.stroke(line(cut.back_neck(rise, 13)), darker(fabric.hex, 0.35), 5, opacity=0.8)
        canvas.stroke(line(cut.back_neck(rise, 11)), "#ffffff", 0.6, opacity=0.3, dash="2 1.4")
        canvas.stroke(line(cut.back_neck(rise, 15)), "#ffffff", 0.6, opacity=0.2, dash="2 1.4")
        y = cut.top + rise + 11
        tag = outline([k(-8, y), k(8, y), k(8, y + 11), k(-8, y + 11)])
        canvas.shape(tag, "#e4e1da", lift=1.2)
        for dy, half in ((4, 4.5), (7, 3)):
            mark = line([k(-half, y + dy), k(half, y + dy)])
            canvas.stroke(mark, "#9a958c", 0.8, opacity=0.6)
