"""Cut jackets: blazers, denim jackets, bikers."""

from __future__ import annotations

from dataclasses import replace

from studio.canvas import Canvas
from studio.collars import collar_back, placket, point_collar
from studio.cuts import (
    Cut,
    Sleeves,
    body_creases,
    sleeves,
)
from studio.fabric import Fabric
from studio.geometry import (
    Box,
    Node,
    both,
    k,
    line,
    on_side,
    outline,
    p,
    rect,
)
from studio.jacket import Jacket
from studio.palette import darker, lighter
from studio.trims import button, buttons, rivet, welt


def blazer(canvas: Canvas, make: Jacket) -> None:
    """Notched lapels, two buttons, a breast welt, flapped pockets, rounded fronts."""
    cut, cloth = make.cut, make.cloth
    t, n = cut.top, cut.neck
    closing = cut.waist_at - 26
    plain = cloth.dyed(cloth.colour)
    with canvas.group("translate(240 20)"):
        lining = both(
            [p(0, t - 8), k(n, t - 14), k(n + 14, t + 20), k(8, closing + 6), k(0, closing + 8)]
        )
        canvas.piece(
            lining, Fabric(make.lining, weave="satin", folds=0.3), shade=0.12, volume=0.2, edge=0.9
        )
        facing = both([p(0, t - 8), k(n, t - 14), k(n + 4, t + 6), p(0, t + 26)])
        canvas.piece(facing, plain.but(folds=0), shade=0.25, volume=0.1, edge=0.7)
        canvas.shape(
            outline([k(-13, t + 30), k(13, t + 30), k(13, t + 42), k(-13, t + 42)]),
            lighter(make.lining, 0.55),
            lift=0.6,
        )
        sleeves(canvas, cut, Sleeves(make.arm, cloth, crumple=0.45, hem_rows=()))
        for side in (-1, 1):
            for i in range(3):
                button(
                    canvas,
                    side * (make.arm.end.x - 6 - i * 1.8),
                    make.arm.end.y - 10 - i * 9,
                    replace(make.buttons, radius=3),
                )
        for side in (-1, 1):
            panel = _blazer_front(cut, closing, over=side > 0)
            path = outline(on_side(panel, side))
            folds = [c for c in body_creases(canvas, cut, 0.35) if c.x0 * side > 0]
            canvas.piece(path, cloth, creases=folds, volume=0.4, lift=1.6, anchor=(0, cut.armpit))
            dart = line(
                [
                    k(side * cut.chest * 0.52, cut.armpit + 40),
                    p(side * cut.waist * 0.5, closing),
                    k(side * cut.waist * 0.52, closing + 44),
                ]
            )
            canvas.seam(dart, depth=0.4)
            x0, x1 = sorted((side * cut.waist * 0.36, side * cut.waist * 0.82))
            y = closing + 46
            flap = outline(
                [k(x0, y), k(x1, y + side * -2), k(x1, y + 19 - side * 2), k(x0, y + 19)]
            )
            canvas.piece(flap, plain.but(folds=0.1), volume=0.1, edge=0.4, lift=1.8)
        breast = (k(cut.chest * 0.32, cut.armpit - 6), k(cut.chest * 0.68, cut.armpit - 12))
        welt(canvas, breast[0], breast[1], plain, width=9)
        _lapels(canvas, cut, cloth, closing)
        buttons(canvas, k(0, closing + 4), k(1, closing + 52), 2, make.buttons)


def _blazer_front(cut: Cut, closing: float, *, over: bool) -> list[Node]:
    edge = -9 if over else -7
    b = cut.bottom
    return [
        k(cut.neck, cut.top),
        *cut.armhole(),
        *cut.side(),
        p(cut.hem * 0.7, b + 3),
        p(cut.hem * 0.36, b + 2),
        p(10, b - 26),
        p(edge + 4, b - 74),
        k(edge, closing + 60),
        k(edge, closing),
        p(cut.neck * 0.5, (cut.top + closing) * 0.5),
    ]


def _lapels(canvas: Canvas, cut: Cut, cloth: Fabric, closing: float) -> None:
    n, t = cut.neck, cut.top
    notch = t + (closing - t) * 0.32
    wide = cut.chest * 0.60
    lapel = [
        k(n * 0.92, t + 4),
        p(n * 0.5, (t + closing) * 0.49),
        k(-6, closing - 4),
        p(wide * 0.5, (notch + closing) * 0.53),
        k(wide, notch + 8),
        k(wide * 0.80, notch - 1),
    ]
    collar = [
        k(n - 8, t - 22),
        p(n * 0.82, t + 8),
        k(n * 0.70, notch - 22),
        k(wide * 0.84, notch + 1),
        k(wide * 1.02, notch - 16),
        p(n + 16, t + 12),
        p(n + 5, t - 14),
    ]
    for nodes, lift in ((lapel, 2.6), (collar, 2.6)):
        for side in (-1, 1):
            path = outline(on_side(nodes, side))
            canvas.piece(
                path, cloth.but(folds=0.14), turn=side * 22, volume=0.1, edge=0.45, lift=lift
            )
    slit = line([k(wide * 0.74, notch + 14), k(wide * 0.86, notch + 9)])
    canvas.stroke(slit, darker(cloth.hex, 0.5), 1.2, opacity=0.8)
    roll = both([p(0, t - 12), k(n - 8, t - 22), k(n - 3, t - 10), p(0, t - 2)])
    canvas.piece(roll, cloth.but(folds=0), shade=0.14, volume=0.2, edge=0.5)


def trucker(canvas: Canvas, make: Jacket) -> None:
    """The denim jacket: pointed yokes, chest flaps, seams running to the waistband."""
    cut, cloth = make.cut, make.cloth
    thread = make.thread
    with canvas.group("translate(240 28)"):
        collar_back(canvas, cut, cloth)
        pair = Sleeves(make.arm, cloth, 24, cloth, 1, 0.6)
        sleeves(canvas, cut, pair)
        for side in (-1, 1):
            with canvas.clip(make.arm.cuff(cut, side, 24, 1)):
                canvas.stitch(make.arm.across(cut, side, -3), cloth, thread=thread)
                canvas.stitch(make.arm.across(cut, side, -21), cloth, thread=thread)
            button(
                canvas,
                side * (make.arm.end.x - 8),
                make.arm.end.y + 13,
                replace(make.buttons, radius=3.8),
            )
        belt = both(
            [
                p(0, cut.bottom),
                k(cut.hem, cut.bottom - 3),
                k(cut.hem - 1, cut.bottom + 25),
                p(0, cut.bottom + 29),
            ]
        )
        canvas.piece(belt, cloth.but(folds=0.15), volume=0.5, edge=0.5, lift=0.8)
        path = cut.front()
        canvas.piece(path, cloth, creases=body_creases(canvas, cut, 0.5), lift=1.2, volume=0.5)
        with canvas.clip(belt):
            for y in (4, 22):
                canvas.stitch(
                    line(
                        [
                            k(-cut.hem, cut.bottom + y - 2),
                            p(0, cut.bottom + y + 3),
                            k(cut.hem, cut.bottom + y - 2),
                        ]
                    ),
                    cloth,
                    thread=thread,
                )
        yoke = cut.armpit - 24
        with canvas.clip(path):
            _fade(canvas, cut)
            for side in (-1, 1):
                seam = [
                    k(side * 9, yoke),
                    p(side * cut.chest * 0.5, yoke + 3),
                    k(side * cut.chest, yoke - 2),
                ]
                canvas.seam(line(seam), depth=0.9)
                for dy in (3, 6):
                    canvas.stitch(line([k(n.x, n.y + dy) for n in seam]), cloth, thread=thread)
                for x0, x1 in ((0.34, 0.16), (0.66, 0.42)):
                    run = [
                        k(side * cut.chest * x0, yoke + 30),
                        k(side * cut.waist * x1, cut.bottom + 2),
                    ]
                    canvas.seam(line(run), depth=0.7)
                    beside = [k(n.x + side * 3, n.y) for n in run]
                    canvas.stitch(line(beside), cloth, thread=thread)
            placket(canvas, cut, cloth, anchor=(0, 0), thread=thread, half=10)
        for side in (-1, 1):
            mid = side * cut.chest * 0.5
            _flap(canvas, Box(mid - 25, yoke - 1, mid + 25, yoke + 25), cloth, make)
            a, b = (
                k(side * cut.waist * 0.74, cut.bottom - 86),
                k(side * cut.waist * 0.54, cut.bottom - 24),
            )
            canvas.seam(line([a, b]), depth=1.2)
            for dx in (-4, 4):
                canvas.stitch(line([k(a.x + dx, a.y + 2), k(b.x + dx, b.y)]), cloth, thread=thread)
            rivet(canvas, a.x, a.y)
            rivet(canvas, b.x, b.y)
        first = k(0, cut.top + cut.drop + 32)
        buttons(canvas, first, k(0, cut.bottom + 14), 5, make.buttons)
        point_collar(canvas, cut, cloth, make.buttons, thread, spread=0.74)


def _fade(canvas: Canvas, cut: Cut) -> None:
    for side in (-1, 1):
        patch = outline(
            [
                p(side * 30, cut.armpit + 20),
                p(side * 74, cut.armpit + 30),
                p(side * 62, cut.bottom - 50),
                p(side * 34, cut.bottom - 60),
            ]
        )
        canvas.sheen(patch, blur=14, opacity=0.22, colour="#e2ebf3")


def _flap(canvas: Canvas, box: Box, cloth: Fabric, make: Jacket) -> None:
    mid = (box.x0 + box.x1) / 2
    lid = [
        k(box.x0, box.y0),
        k(box.x1, box.y0),
        k(box.x1, box.y1 - 8),
        k(mid, box.y1),
        k(box.x0, box.y1 - 8),
    ]
    canvas.piece(outline(lid), cloth.but(folds=0.1), volume=0.1, edge=0.4, lift=2)
    inner = [
        k(box.x0 + 2.5, box.y0),
        k(box.x0 + 2.5, box.y1 - 9.5),
        k(mid, box.y1 - 2.8),
        k(box.x1 - 2.5, box.y1 - 9.5),
        k(box.x1 - 2.5, box.y0),
    ]
    canvas.stitch(line(inner), cloth, thread=make.thread)
    button(canvas, mid, box.y1 - 9, replace(make.buttons, radius=3.8))


def biker(canvas: Canvas, make: Jacket) -> None:
    """Leather, an oblique zip, broad snapped lapels, zipped pockets, a belt."""
    cut, cloth = make.cut, make.cloth
    t, n = cut.top, cut.neck
    plain = cloth.dyed(cloth.colour)
    with canvas.group("translate(240 26)"):
        inside = both([p(0, t - 10), k(n - 4, t - 15), k(n + 4, t + 10), p(0, t + 96)])
        canvas.piece(inside, Fabric(make.lining, weave="satin", folds=0.3), shade=0.25, edge=0.9)
        sleeves(canvas, cut, Sleeves(make.arm, cloth, crumple=0.8, hem_rows=(6,)))
        for side in (-1, 1):
            x, y = make.arm.end.x, make.arm.end.y
            slit = line([k(side * (x - 12), y - 62), k(side * (x - 6), y)])
            canvas.seam(slit, depth=1.2)
            canvas.stroke(slit, make.metal, 1.8, dash="1.1 .9")
        vee = replace(cut, vee=True, drop=92)
        path = vee.front()
        canvas.piece(path, cloth, creases=body_creases(canvas, cut, 0.9), lift=1.4, volume=0.6)
        x0, y0, x1, y1 = cut.chest * 0.42, t + 98, 4, cut.bottom + 2
        track = line([k(x0, y0), p(x0 * 0.62, (y0 + y1) * 0.5), k(x1, y1)])
        canvas.seam(track, depth=1.4)
        canvas.stroke(track, darker(make.metal, 0.6), 4.2)
        canvas.stroke(track, lighter(make.metal, 0.2), 3, dash="1.1 .9")
        with canvas.clip(path):
            belt = both(
                [
                    p(0, cut.bottom - 25),
                    k(cut.hem + 3, cut.bottom - 29),
                    k(cut.hem + 3, cut.bottom + 6),
                    p(0, cut.bottom + 8),
                ]
            )
            canvas.piece(belt, plain.but(folds=0.2), volume=0.5, edge=0.4, lift=1.2)
            for dy in (-20, -2):
                canvas.stitch(cut.hem_across(-dy - 2), plain)
        buckle = rect(Box(-26, cut.bottom - 23, -4, cut.bottom + 4), 2)
        canvas.stroke(buckle, darker(make.metal, 0.4), 4)
        canvas.stroke(buckle, lighter(make.metal, 0.3), 2.2)
        for side in (-1, 1):
            a, b = (
                k(side * cut.chest * 0.78, cut.armpit + 104),
                k(side * cut.chest * 0.46, cut.armpit + 146),
            )
            canvas.seam(line([a, b]), depth=1.4)
            canvas.stroke(line([a, b]), make.metal, 2, dash="1.1 .9")
            canvas.stroke(line([k(b.x, b.y), k(b.x - side * 2, b.y + 11)]), make.metal, 2)
        lapel = [
            k(n * 0.9, t + 4),
            p(n * 0.55, t + 46),
            k(4, t + 100),
            k(cut.chest * 0.46, t + 104),
            k(cut.chest * 0.70, t + 56),
            k(n + 6, t + 34),
        ]
        leaf = [
            k(n - 7, t - 20),
            p(n * 0.84, t + 10),
            k(n * 0.66, t + 34),
            k(n * 1.1, t + 48),
            k(n + 26, t + 32),
            p(n + 15, t + 6),
            p(n + 4, t - 12),
        ]
        for nodes, lift in ((lapel, 3), (leaf, 3)):
            for side in (-1, 1):
                shape = outline(on_side(nodes, side))
                canvas.piece(
                    shape, plain.but(folds=0.3), turn=side * 25, volume=0.25, edge=0.6, lift=lift
                )
        for side in (-1, 1):
            button(canvas, side * (cut.chest * 0.62), t + 60, replace(make.buttons, radius=3))
            button(canvas, side * (cut.chest * 0.40), t + 97, replace(make.buttons, radius=3))
