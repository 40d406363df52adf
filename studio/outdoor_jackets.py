"""Jackets against the weather: bombers, puffers, windbreakers, parkas."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from studio.canvas import Canvas
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
    Path,
    between,
    both,
    k,
    line,
    mirror,
    on_side,
    outline,
    p,
    rect,
    sampled,
)
from studio.jacket import Jacket, puffed_collar
from studio.palette import darker, lighter
from studio.trims import (
    Pocket,
    buttons,
    patch_pocket,
    rib_block,
    welt,
    zipper,
)


def bomber(canvas: Canvas, make: Jacket) -> None:
    """Ribbed stand collar, hem and cuffs, a zip, two slanted welts."""
    cut, cloth = make.cut, make.cloth
    trim = make.trim or cloth.dyed(darker(cloth.hex, 0.12))
    rib = trim.but(weave="rib", folds=0.1)
    with canvas.group("translate(240 16)"):
        _back_stand(canvas, cut, rib, make.lining)
        sleeves(canvas, cut, Sleeves(make.arm, cloth, 30, rib, 7, 0.7))
        rib_block(canvas, _hem_rib(cut, 34), rib)
        path = cut.front()
        canvas.piece(path, cloth, creases=body_creases(canvas, cut, 0.7), lift=1.2, volume=0.55)
        _stand_front(canvas, cut, rib)
        top = cut.top + cut.drop
        zipper(canvas, 0, top - 14, cut.bottom + 30, tape=trim.hex, teeth=make.metal)
        for side in (-1, 1):
            a = k(side * cut.chest * 0.80, cut.armpit + 96)
            b = k(side * cut.chest * 0.52, cut.armpit + 156)
            if side > 0:
                a, b = b, a
            welt(canvas, a, b, cloth.dyed(cloth.colour), width=7)


def _back_stand(canvas: Canvas, cut: Cut, rib: Fabric, lining: str) -> None:
    n, t, d = cut.neck, cut.top, cut.drop
    inside = both([p(0, t - 8), k(n - 6, t - 14), k(n + 2, t + 8), p(0, t + d + 10)])
    canvas.piece(inside, Fabric(lining, weave="satin", folds=0.2), shade=0.2, volume=0.2, edge=0.9)
    stand = both([p(0, t - 8), k(n - 6, t - 14), k(n, t + 4), p(0, t + 10)])
    rib_block(canvas, stand, rib)
    canvas.piece(stand, rib, shade=0.25, volume=0.2, edge=0.7)


def _stand_front(canvas: Canvas, cut: Cut, rib: Fabric) -> None:
    n, t, d = cut.neck, cut.top, cut.drop
    leaf = [
        k(n - 7, t - 15),
        p(n * 0.6, t + d * 0.36 - 6),
        k(1, t + d - 22),
        k(1, t + d + 3),
        p(n * 0.62, t + d * 0.72 + 6),
        k(n + 6, t + 5),
    ]
    for side in (-1, 1):
        path = outline(on_side(leaf, side))
        canvas.piece(path, rib, turn=side * 42, volume=0.2, edge=0.6, lift=2)


def _hem_rib(cut: Cut, depth: float) -> Path:
    y = cut.bottom - 3
    return both(
        [
            p(0, y + cut.dip - 4),
            k(cut.hem, y),
            k(cut.hem - 9, y + depth),
            p((cut.hem - 9) * 0.5, y + depth + cut.dip * 0.8),
            p(0, y + depth + cut.dip),
        ]
    )


def puffer(canvas: Canvas, make: Jacket) -> None:
    """Quilted in broad channels of down, high collar, zipped."""
    cut, arm, cloth = make.cut, make.arm, make.cloth
    with canvas.group("translate(240 20)"):
        puffed_collar(canvas, make, back=True)
        outer, inner = arm.hem(cut)
        for side in (-1, 1):
            flip = 1 if side > 0 else -1
            shell = arm.path(cut, side)
            canvas.piece(shell, cloth, turn=arm.grain(cut) * side, volume=0.6, edge=0.5, lift=1)
            head = [k(cut.tip.x, cut.tip.y), p(*between(cut.tip, outer, 0.5)[:2]), outer]
            crook = [k(cut.pit.x - 8, cut.pit.y - 22), p(*between(cut.pit, inner, 0.5)[:2]), inner]
            _channels(canvas, cloth, head, crook, 8, flip)
        path = cut.front()
        canvas.piece(path, cloth, volume=0.5, edge=0.6, lift=1.5)
        with canvas.clip(path):
            across = cut.chest + 4
            shoulder = [k(across, cut.top + 12), k(across, cut.armpit)]
            _channels(canvas, cloth, shoulder, mirror(shoulder), 3, 1)
        right = [k(cut.chest, cut.armpit - 4), *cut.side()]
        _channels(canvas, cloth, right, mirror(right), 8, 1)
        top = cut.top + cut.drop
        puffed_collar(canvas, make, back=False)
        zipper(canvas, 0, top - 34, cut.bottom + 7, tape=darker(cloth.hex, 0.2), teeth=make.metal)
        for side in (-1, 1):
            a = k(side * cut.chest * 0.74, cut.armpit + 120)
            b = k(side * cut.chest * 0.56, cut.armpit + 172)
            canvas.seam(line([a, b]), depth=1.4)
            canvas.stroke(line([a, b]), make.metal, 1.2, dash="1.2 1", opacity=0.8)


def _channels(
    canvas: Canvas,
    cloth: Fabric,
    first: Sequence[Node],
    second: Sequence[Node],
    count: int,
    flip: int,
) -> None:
    """Rows of down between two edges: each a tube that bulges at its ends.

    `flip` -1 draws the mirror image of the edges.
    """
    rng = canvas.rng
    ends_a, ends_b = sampled(first, count + 1), sampled(second, count + 1)
    for i in range(count):
        a0, a1, b0, b1 = ends_a[i], ends_a[i + 1], ends_b[i], ends_b[i + 1]
        out_x, out_y = _unit(between(b0, b1, 0.5), between(a0, a1, 0.5))
        bulge_a, bulge_b = between(a0, a1, 0.5), between(b0, b1, 0.5)
        swell, sag = 4.5, rng.uniform(1.5, 4)
        nodes = [
            k(a0.x, a0.y),
            p(bulge_a.x + out_x * swell, bulge_a.y + out_y * swell),
            k(a1.x, a1.y),
            p((a1.x + b1.x) / 2, (a1.y + b1.y) / 2 + sag),
            k(b1.x, b1.y),
            p(bulge_b.x - out_x * swell, bulge_b.y - out_y * swell),
            k(b0.x, b0.y),
            p((a0.x + b0.x) / 2, (a0.y + b0.y) / 2 + sag),
        ]
        tube = outline(on_side(nodes, flip))
        lean = math.degrees(math.atan2(out_y, abs(out_x))) * flip
        canvas.piece(tube, cloth, turn=90 + lean, volume=0.75, edge=0.5, lift=0.8)
        with canvas.clip(tube):
            _puckers(canvas, nodes, flip)


def _puckers(canvas: Canvas, nodes: Sequence[Node], flip: int) -> None:
    """Short wrinkles that the seams on both sides of a tube pull into it."""
    rng = canvas.rng
    a0, a1, b0, b1 = nodes[0], nodes[2], nodes[6], nodes[4]
    count = int(math.dist(a0[:2], b0[:2]) / 15)
    for _ in range(count):
        for near, far in (((a0, b0), (a1, b1)), ((a1, b1), (a0, b0))):
            t = rng.uniform(0.04, 0.96)
            start, end = between(*near, t), between(*far, t + rng.uniform(-0.03, 0.03))
            tip = between(start, end, rng.uniform(0.2, 0.42))
            wrinkle = [k(start.x * flip, start.y), k(tip.x * flip, tip.y)]
            canvas.stroke(line(wrinkle), "#06050a", 2, opacity=0.11, blur=0.9)


def _unit(a: Node, b: Node) -> tuple[float, float]:
    length = math.dist(a[:2], b[:2]) or 1.0
    return (b.x - a.x) / length, (b.y - a.y) / length


def windbreaker(canvas: Canvas, make: Jacket) -> None:
    """Light nylon in two colours, high collar, zipped, elastic hem."""
    cut, cloth = make.cut, make.cloth
    yoke_cloth = make.trim or cloth
    with canvas.group("translate(240 22)"):
        puffed_collar(canvas, replace(make, cloth=yoke_cloth.but(folds=0.3)), back=True)
        sleeves(canvas, cut, Sleeves(make.arm, yoke_cloth, 12, cloth.dyed(cloth.colour), 4, 0.9))
        path = cut.front()
        canvas.piece(path, cloth, creases=body_creases(canvas, cut, 0.9), lift=1.2, volume=0.5)
        with canvas.clip(path):
            y = cut.armpit + 6
            yoke = outline(
                [
                    k(-160, 60),
                    k(160, 60),
                    k(160, y - 14),
                    p(70, y - 2),
                    k(0, y + 26),
                    p(-70, y - 2),
                    k(-160, y - 14),
                ]
            )
            canvas.piece(yoke, yoke_cloth, volume=0.2, edge=0.2, lift=0.6)
            for dy in (5, 8):
                trace = [
                    k(-160, y - 14 + dy),
                    p(-70, y - 2 + dy),
                    k(0, y + 26 + dy),
                    p(70, y - 2 + dy),
                    k(160, y - 14 + dy),
                ]
                canvas.stitch(line(trace), cloth)
            canvas.stitch(cut.hem_across(12), cloth)
            for x in range(-int(cut.hem), int(cut.hem), 8):
                canvas.stroke(
                    line([k(x, cut.bottom - 14), k(x + 1, cut.bottom + 6)]),
                    "#000000",
                    2,
                    opacity=0.15,
                    blur=0.9,
                )
        puffed_collar(canvas, replace(make, cloth=yoke_cloth.but(folds=0.3)), back=False)
        top = cut.top + cut.drop
        zipper(canvas, 0, top - 34, cut.bottom + 2, tape=darker(cloth.hex, 0.2), teeth=make.metal)
        for side in (-1, 1):
            a, b = (
                k(side * cut.chest * 0.78, cut.armpit + 110),
                k(side * cut.chest * 0.56, cut.armpit + 170),
            )
            canvas.seam(line([a, b]), depth=1.4)
            canvas.stroke(line([a, b]), make.metal, 1.2, dash="1.2 1")


def parka(canvas: Canvas, make: Jacket) -> None:
    """Hooded and long, four pockets, a drawcord at the waist, storm flap with snaps."""
    cut, cloth = make.cut, make.cloth
    plain = cloth.dyed(cloth.colour)
    with canvas.group("translate(240 22)"):
        _hood(canvas, make)
        sleeves(canvas, cut, Sleeves(make.arm, cloth, 20, cloth, 1, 0.6))
        for side in (-1, 1):
            with canvas.clip(make.arm.cuff(cut, side, 20, 1)):
                canvas.stitch(make.arm.across(cut, side, -16), plain)
        path = cut.front()
        canvas.piece(
            path,
            cloth,
            creases=body_creases(canvas, cut, 0.6),
            lift=1.2,
            volume=0.5,
            anchor=(0, cut.armpit),
        )
        with canvas.clip(path):
            y = cut.waist_at
            for dy in (-5, 5):
                canvas.stitch(
                    line([k(-140, y + dy - 2), p(0, y + dy + 3), k(140, y + dy - 2)]), plain
                )
            for x in range(-120, 121, 9):
                canvas.stroke(
                    line([k(x, y - 12), p(x + 1.5, y), k(x, y + 13)]),
                    "#000000",
                    2.4,
                    opacity=0.16,
                    blur=1,
                )
            canvas.stitch(cut.hem_across(10), plain)
        for side in (-1, 1):
            mid = side * cut.hem * 0.56
            size = cut.hem * 0.27
            patch_pocket(
                canvas,
                Box(mid - size, cut.waist_at + 40, mid + size, cut.waist_at + 40 + size * 2.3),
                plain.but(folds=0.25),
                Pocket(point=0.1, flap=21, button=make.buttons),
            )
            up = side * cut.chest * 0.52
            patch_pocket(
                canvas,
                Box(up - 22, cut.armpit - 8, up + 22, cut.armpit + 40),
                plain.but(folds=0.25),
                Pocket(point=0.1, flap=17, button=make.buttons),
            )
        top = cut.top + cut.drop - 6
        flap = rect(Box(-13, top, 13, cut.bottom + 3), 2)
        canvas.piece(flap, plain.but(folds=0.25), volume=0.1, edge=0.4, lift=2)
        for edge in (-10.5, 10.5):
            canvas.stitch(line([k(edge, top + 2), k(edge, cut.bottom + 2)]), plain)
        buttons(canvas, k(0, top + 22), k(0, cut.bottom - 20), 6, make.buttons, holes=False)


def _hood(canvas: Canvas, make: Jacket) -> None:
    cut, cloth = make.cut, make.cloth
    n, t = cut.neck, cut.top
    outer = both(
        [
            p(0, t - 66),
            p(n * 0.75, t - 58),
            p(n * 1.26, t - 26),
            p(n * 1.36, t + 10),
            k(n * 1.14, t + 42),
            p(0, t + 60),
        ]
    )
    trim = make.trim or cloth
    canvas.piece(outer, trim, volume=0.4, edge=0.6)
    if make.trim:
        _fur(canvas, make.trim, n, t)
    inner = both(
        [
            p(0, t - 42),
            p(n * 0.6, t - 35),
            p(n * 0.92, t - 10),
            p(n * 0.86, t + 24),
            p(n * 0.4, t + 48),
            p(0, t + 58),
        ]
    )
    canvas.piece(inner, cloth.dyed(make.lining), shade=0.22, volume=0.3, edge=1.0)


def _fur(canvas: Canvas, trim: Fabric, n: float, t: float) -> None:
    """A ruff: many short curved hairs around the hood's rim."""
    rng = canvas.rng
    rim = [
        p(-n * 1.2, t + 36),
        p(-n * 1.22, t - 4),
        p(-n * 0.8, t - 46),
        p(0, t - 58),
        p(n * 0.8, t - 46),
        p(n * 1.22, t - 4),
        p(n * 1.2, t + 36),
    ]
    for at in sampled(rim, 130):
        for _ in range(4):
            tone = rng.choice((lighter(trim.hex, 0.3), darker(trim.hex, 0.25), trim.hex))
            dx, dy = rng.uniform(-10, 10) + at.x * 0.12, rng.uniform(-11, 9)
            x, y = at.x + rng.uniform(-7, 7), at.y + rng.uniform(-7, 7)
            canvas.stroke(
                line([k(x, y), p(x + dx * 0.6, y + dy * 0.4), k(x + dx, y + dy)]),
                tone,
                1.2,
                opacity=0.8,
            )
