"""Tops: blouses, camisoles, tanks, peplums and tunics."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from studio.canvas import Canvas, Crease
from studio.cuts import (
    SHORT_SLEEVE,
    TORSO,
    Arm,
    Cut,
    Sleeves,
    body_creases,
    inside_neck,
    relaxed,
    sleeves,
)
from studio.design import Design, apparel
from studio.fabric import Fabric, Print
from studio.geometry import (
    Box,
    Node,
    Path,
    both,
    circle,
    k,
    line,
    on_side,
    p,
    rect,
    sampled,
    whole,
)
from studio.motifs import chest, daisy, waves
from studio.palette import darker, lighter
from studio.prints import dots, floral, gingham, hearts, palms, sprigs, stars, stripes, tie_dye
from studio.shading import lens_of
from studio.skirts import Skirt, gathers, plain_panel
from studio.trims import Button, band, bow, buttons


@dataclass(frozen=True, slots=True)
class Top:
    """A top: cloth, cut, sleeve, and one telling detail.

    ``detail``: "", "bow" (tied at the throat), "keyhole", "yoke" (gathers under a yoke),
    "peplum", "pintucks", "lace" or "shirred". ``straps`` hangs it on thin straps.
    """

    cloth: Fabric
    cut: Cut
    arm: Arm | None = None
    detail: Literal["", "bow", "keyhole", "yoke", "peplum", "pintucks", "lace", "shirred"] = ""
    motif: Print | None = None
    trim: Fabric | None = None
    cuff: float = 0
    straps: bool = False
    wave: bool = False


def draw_top(canvas: Canvas, make: Top) -> None:
    """A top laid flat."""
    cut, cloth = make.cut, make.cloth
    if make.arm:
        make = replace(make, arm=relaxed(canvas, make.arm, cut))
    plain = cloth.dyed(cloth.colour)
    trim = make.trim or plain
    anchor = (0.0, cut.armpit + 50)
    with canvas.group("translate(240 22)"):
        if make.straps:
            _behind_straps(canvas, cut, plain, trim)
        else:
            inside_neck(canvas, cut, plain, tape=False)
            band(canvas, cut.back_neck(9), cut.back_neck(9, 5), trim, ribs=0, lift=0.5)
        if make.arm:
            cuff_cloth = trim.but(folds=0.1) if make.cuff else None
            sleeves(canvas, cut, Sleeves(make.arm, cloth, make.cuff, cuff_cloth, 2, 0.6, (7,)))
            if make.cuff:
                _sleeve_gathers(canvas, make)
        front = replace(cloth, print=make.motif) if make.motif else cloth
        if make.detail == "peplum":
            flounce = Skirt(
                cut.bottom - 4, cut.hem - 1, cut.hem + 12, cut.hem + 36, cut.bottom + 96, 8, 4
            )
            plain_panel(canvas, flounce, cloth, 0.7)
            with canvas.clip(flounce.path()):
                gathers(canvas, -cut.hem, cut.hem, cut.bottom, 26)
        path = _strap_front(cut) if make.straps else cut.front()
        folds = [*body_creases(canvas, cut, 0.45), *(_drape(canvas, cut) if make.wave else ())]
        canvas.piece(path, front, creases=folds, lift=1, volume=0.5, anchor=anchor)
        with canvas.clip(path):
            if make.detail != "peplum":
                canvas.stitch(cut.hem_across(7), plain)
            _inside_detail(canvas, make, plain)
        if make.detail == "peplum":
            canvas.seam(cut.hem_across(0), depth=0.8)
        _edges(canvas, make, trim)
        _on_top(canvas, make, trim)


def _drape(canvas: Canvas, cut: Cut) -> list[Crease]:
    """Soft folds of a loose cloth, from the chest down to a flared hem."""
    rng = canvas.rng
    return [
        Crease(
            t * cut.hem,
            cut.bottom + 6,
            t * cut.chest * 0.7,
            cut.armpit + rng.uniform(20, 70),
            bend=rng.uniform(-5, 5),
            width=rng.uniform(12, 18),
            depth=rng.uniform(0.35, 0.6),
        )
        for t in (-0.75, -0.45, -0.12, 0.2, 0.5, 0.8)
    ]


def _strap_front(cut: Cut) -> Path:
    top = cut.armpit - 46
    return both(
        [
            p(0, top + 16),
            p(cut.chest * 0.34, top + 8),
            k(cut.chest * 0.62, top - 14),
            p(cut.chest * 0.82, top + 16),
            k(cut.chest, cut.armpit + 4),
            *cut.side(),
            *cut.hemline()[1:],
        ]
    )


def _behind_straps(canvas: Canvas, cut: Cut, plain: Fabric, trim: Fabric) -> None:
    top = cut.armpit - 46
    for side in (-1, 1):
        back = line(
            [
                k(side * cut.chest * 0.46, cut.top + 12),
                p(side * cut.chest * 0.52, top - 26),
                k(side * cut.chest * 0.5, top + 24),
            ]
        )
        canvas.stroke(back, darker(trim.hex, 0.4), 4.6)
    behind = both(
        [
            p(0, top + 6),
            k(cut.chest * 0.74, top + 12),
            k(cut.chest * 0.9, cut.armpit + 10),
            p(0, cut.armpit + 30),
        ]
    )
    canvas.piece(behind, plain.but(folds=0), shade=0.28, volume=0.2, edge=0.8)


def _edges(canvas: Canvas, make: Top, trim: Fabric) -> None:
    cut = make.cut
    if make.straps:
        top = cut.armpit - 46
        for side in (-1, 1):
            strap = line(
                [
                    k(side * cut.chest * 0.46, cut.top + 12),
                    p(side * cut.chest * 0.55, top - 32),
                    k(side * cut.chest * 0.62, top - 8),
                ]
            )
            with canvas.group("translate(1 2)"):
                canvas.stroke(strap, "#08070c", 5.4, opacity=0.3, blur=1.4)
            canvas.stroke(strap, darker(trim.hex, 0.3), 5.8)
            canvas.stroke(strap, trim.hex, 4.4)
            ring = circle(side * cut.chest * 0.585, top - 24, 3.4)
            canvas.stroke(ring, "#8d7a55", 1.8)
            canvas.stroke(ring, "#d9c59a", 0.9)
        rim = [p(0, top + 16), p(cut.chest * 0.34, top + 8), k(cut.chest * 0.62, top - 14)]
        under = [Node(n.x, n.y + 6, n.sharp) for n in rim]
        if make.detail == "lace":
            _lace(canvas, whole(rim), lighter(trim.hex, 0.35))
        band(canvas, whole(rim), whole(under), trim, ribs=0, lift=0.6)
        return
    if not make.arm:
        for side in (-1, 1):
            edge = cut.armhole()
            inner = [Node(n.x - 6, n.y + 1, n.sharp) for n in edge]
            band(canvas, on_side(edge, side), on_side(inner, side), trim, ribs=0, lift=0.6)
    if cut.vee:
        for side in (-1, 1):
            band(
                canvas,
                on_side(cut.neckline(), side),
                on_side(cut.neckline(6), side),
                trim,
                ribs=0,
                lift=0.7,
            )
    else:
        band(canvas, whole(cut.neckline()), whole(cut.neckline(6)), trim, ribs=0, lift=0.7)


def _sleeve_gathers(canvas: Canvas, make: Top) -> None:
    arm, cut = make.arm, make.cut
    if arm is None:
        return
    for side in (-1, 1):
        path = arm.path(cut, side)
        outer, inner = arm.hem(cut)
        with canvas.clip(path):
            for at in sampled([outer, inner], 11):
                lift = canvas.rng.uniform(14, 26)
                end = k(side * (at.x - lift * 0.35), at.y - lift)
                fold = Crease(side * at.x, at.y + 2, end.x, end.y, bend=1, width=5)
                canvas.sheen(lens_of(fold, 0), blur=1, opacity=0.26, colour="#08070c")


def _inside_detail(canvas: Canvas, make: Top, plain: Fabric) -> None:
    cut = make.cut
    if make.detail == "yoke":
        y = cut.armpit - 20
        seam = [k(-cut.chest, y - 6), p(0, y + 6), k(cut.chest, y - 6)]
        canvas.seam(line(seam), depth=0.9)
        gathers(canvas, -cut.chest + 8, cut.chest - 8, y + 4, 34)
    elif make.detail == "pintucks":
        for i in range(1, 6):
            for side in (-1, 1):
                x = side * (6 + i * 6)
                canvas.seam(line([k(x, cut.top), k(x, cut.armpit + 70 - i * 6)]), depth=0.5)
    elif make.detail == "shirred":
        _shirring(canvas, cut, plain)


def _shirring(canvas: Canvas, cut: Cut, plain: Fabric) -> None:
    """Rows of elastic thread that pucker the bodice."""
    rng = canvas.rng
    for y in range(int(cut.armpit - 36), int(cut.bottom - 70), 10):
        row = line([k(-cut.chest, y), p(0, y + 3), k(cut.chest, y)])
        canvas.stroke(row, "#08070c", 2.2, opacity=0.2, blur=0.8)
        canvas.stitch(row, plain, width=0.6)
        x = -cut.chest
        while x < cut.chest:
            x += rng.uniform(4, 7)
            pucker = line([k(x, y + 1), k(x + 0.6, y + 8)])
            canvas.stroke(pucker, "#08070c", 1.6, opacity=0.17, blur=0.6)


def _on_top(canvas: Canvas, make: Top, trim: Fabric) -> None:
    cut = make.cut
    throat = cut.top + cut.drop
    if make.detail == "bow":
        bow(canvas, 0, throat + 4, 27, trim)
    elif make.detail == "keyhole":
        drop = both([k(0, throat + 4), p(6, throat + 22), p(7, throat + 34), p(0, throat + 42)])
        canvas.shape(drop, darker(make.cloth.hex, 0.55))
        canvas.stroke(drop, trim.hex, 2.4)
        canvas.stroke(drop, "#000000", 0.7, opacity=0.4)
        buttons(
            canvas,
            k(0, throat + 4),
            k(0, throat + 4),
            1,
            Button(lighter(trim.hex, 0.3), 4),
            holes=False,
        )
    elif make.detail in ("pintucks", "placket"):
        strip = rect(Box(-7, throat + 2, 7, throat + 104), 1)
        canvas.piece(strip, trim.but(folds=0), volume=0.1, edge=0.3, lift=1)
        buttons(canvas, k(0, throat + 14), k(0, throat + 92), 5, Button("#efebe2", 3.3))
    elif make.detail == "lace" and not make.straps:
        _lace(canvas, whole(cut.neckline(6)), lighter(trim.hex, 0.4))


def _lace(canvas: Canvas, edge: list[Node], tone: str) -> None:
    """A scalloped edge of little eyelets."""
    for at in sampled(edge, 27):
        canvas.shape(circle(at.x, at.y + 3, 5.6), tone, lift=0.8, contour=darker(tone, 0.25))
    for at in sampled(edge, 27):
        for dx, dy in ((0, 5), (-2.4, 2.2), (2.4, 2.2)):
            canvas.shape(circle(at.x + dx, at.y + dy, 0.9), darker(tone, 0.45), opacity=0.8)


def _top(gender: str, colour: str, title: str, make: Top, usage: str = "Casual") -> Design:
    return apparel("Tops", "Topwear", gender, colour, title, partial(draw_top, make=make), usage)


def _cut(gender: str, **more: float) -> Cut:
    base = TORSO[gender]
    return base.but(**{"bottom": base.bottom - 16, **more})


def _loose(gender: str, **more: float) -> Cut:
    base = TORSO[gender]
    return _cut(gender, waist=base.waist + 12, hem=base.hem + 20, dip=10, **more)


def _puff(gender: str) -> Arm:
    arm = SHORT_SLEEVE[gender]
    return replace(
        arm, puff=15, width=arm.width - 4, end=arm.end._replace(x=arm.end.x - 6, y=arm.end.y - 6)
    )


def _bishop(gender: str) -> Arm:
    """A long full sleeve gathered into a cuff."""
    if gender == "Girls":
        return Arm(end=k(146, 372), width=50, bend=12, puff=4)
    return Arm(end=k(152, 408), width=54, bend=14, puff=5)


def _silk(tone: str, print_: Print | None = None) -> Fabric:
    return Fabric(tone, print=print_, weave="satin", folds=0.5, gloss=0.28, drape=3)


def _cotton(tone: str, print_: Print | None = None, weave: str = "poplin") -> Fabric:
    return Fabric(tone, print=print_, weave=weave, folds=0.38, drape=2.4)


_W, _G = "Women", "Girls"

PRODUCTS: list[Design] = [
    _top(
        _W,
        "Cream",
        "Cream Bow Neck Blouse",
        Top(_silk("Cream"), _cut(_W, neck=38, drop=24), _bishop(_W), "bow", cuff=16),
        "Formal",
    ),
    _top(
        _W,
        "Black",
        "Black Satin Camisole",
        Top(_silk("Black"), _cut(_W), detail="lace", straps=True),
        "Party",
    ),
    _top(
        _W,
        "Green",
        "Green Floral Peplum Top",
        Top(
            _cotton("#3a6b55", floral("#f3dfd0", "#eab29c", size=8, gap=28)),
            TORSO[_W].but(bottom=378, hem=88, waist=87, waist_at=330),
            SHORT_SLEEVE[_W],
            "peplum",
        ),
    ),
    _top(
        _W,
        "White",
        "White Pintuck Cotton Top",
        Top(_cotton("White"), _loose(_W, drop=30, neck=42), _bishop(_W), "pintucks", cuff=12),
    ),
    _top(
        _W,
        "Blue",
        "Blue Tie-dye Tank Top",
        Top(
            _cotton("#3d6fae", tie_dye("#3d6fae", "#7fa9d6", "#dbe7f3", "#27508a"), "jersey"),
            _cut(_W, shoulder=84, neck=54, drop=70),
        ),
    ),
    _top(
        _W,
        "Coral",
        "Coral Keyhole Puff Sleeve Top",
        Top(_cotton("Coral"), _cut(_W, drop=34, neck=42), _puff(_W), "keyhole", cuff=9),
    ),
    _top(
        _W,
        "Purple",
        "Purple Dotted Yoke Tunic",
        Top(
            _cotton("Purple", dots("#e9dcf0", 2.2, 15)),
            _loose(_W, bottom=522),
            _bishop(_W),
            "yoke",
            cuff=14,
        ),
    ),
    _top(
        _W,
        "Yellow",
        "Yellow Gingham Shirred Top",
        Top(
            _cotton("White", gingham("Mustard", 9)),
            _cut(_W, bottom=440),
            _puff(_W),
            "shirred",
            cuff=8,
        ),
    ),
    _top(
        _W,
        "Red",
        "Red V-neck Party Top",
        Top(_silk("Red"), replace(_loose(_W), vee=True, drop=78), wave=True),
        "Party",
    ),
    _top(
        _W,
        "Navy",
        "Navy Striped Tank Top",
        Top(
            _cotton("White", stripes(("Navy", 5), ("", 8)), "jersey"),
            _cut(_W, shoulder=84, neck=54, drop=62),
            trim=_cotton("Navy"),
        ),
    ),
    _top(
        _W,
        "Olive",
        "Olive Sprig Print Blouse",
        Top(
            _cotton("Olive", sprigs("#e7dfb8", size=8, gap=22)),
            replace(_loose(_W), vee=True, drop=64),
            _bishop(_W),
            cuff=12,
            wave=True,
        ),
    ),
    _top(
        _W,
        "Turquoise",
        "Turquoise Palm Print Camisole",
        Top(
            _cotton("Turquoise", palms("#f2e6c6", "#1f6f73", size=24, gap=40)),
            _loose(_W),
            straps=True,
            wave=True,
        ),
    ),
    _top(
        _G,
        "Pink",
        "Pink Floral Puff Sleeve Top",
        Top(
            _cotton("#f0c6cf", floral("White", "#c8506e", size=6.5, gap=22)),
            _cut(_G, drop=26),
            _puff(_G),
            "yoke",
            cuff=8,
        ),
    ),
    _top(
        _G,
        "White",
        "White Daisy Tank Top",
        Top(
            _cotton("White", weave="jersey"),
            _cut(_G, shoulder=74, neck=46, drop=48),
            motif=chest(daisy("#f3c6cf", "Yellow"), y=-24, scale=0.85),
            trim=_cotton("Pink"),
        ),
    ),
    _top(
        _G,
        "Lavender",
        "Lavender Peplum Top",
        Top(
            _cotton("Lavender"),
            TORSO[_G].but(bottom=352, hem=84, waist=84, waist_at=320),
            SHORT_SLEEVE[_G],
            "peplum",
        ),
    ),
    _top(
        _G,
        "Turquoise",
        "Turquoise Wave Print Tank Top",
        Top(
            _cotton("#bfe3df", weave="jersey"),
            _cut(_G, shoulder=74, neck=46, drop=46),
            motif=chest(waves("Teal", "Orange"), y=-22, scale=0.8),
            trim=_cotton("Teal"),
        ),
    ),
    _top(
        _G,
        "Red",
        "Red Heart Print Camisole",
        Top(_cotton("Red", hearts("White", size=5, gap=23)), _loose(_G), straps=True, wave=True),
    ),
    _top(
        _G,
        "Navy",
        "Navy Star Print Blouse",
        Top(
            _cotton("Navy", stars("Yellow", "White", size=4.6, gap=24)),
            _cut(_G, drop=24, neck=36),
            _bishop(_G),
            "bow",
            cuff=12,
        ),
    ),
]
