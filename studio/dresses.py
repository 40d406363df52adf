"""Dresses: a bodice, a skirt, and what joins them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from studio.canvas import Canvas
from studio.collars import collar_back, placket, point_collar
from studio.cuts import SHORT_SLEEVE, TORSO, Arm, Cut, Sleeves, body_creases, inside_neck, sleeves
from studio.design import Design, apparel
from studio.fabric import Fabric
from studio.geometry import Box, Node, Path, both, k, line, on_side, outline, p, rect, whole
from studio.palette import darker
from studio.prints import (
    dots,
    floral,
    gingham,
    hearts,
    palms,
    plaid,
    sprigs,
    stars,
    stripes,
)
from studio.skirts import Skirt, gathers, plain_panel, pleated_panel, tiered_panel
from studio.trims import Button, Pocket, band, bow, buttons, patch_pocket


@dataclass(frozen=True, slots=True)
class Dress:
    """A dress: bodice cut, skirt shape, cloth.

    ``front``: "plain", "wrap", "shirt" or "straps". ``build``: how the skirt is made:
    "plain", "pleats", "tiers". ``waist``: "seam", "belt", "bow" or "none" (cut through).
    ``collar``: "" or "pan" (a round Peter Pan collar).
    """

    cloth: Fabric
    cut: Cut
    skirt: Skirt
    arm: Arm | None = None
    front: Literal["plain", "wrap", "shirt", "straps"] = "plain"
    build: Literal["plain", "pleats", "tiers"] = "plain"
    waist: Literal["seam", "belt", "bow", "none"] = "seam"
    collar: Literal["", "pan"] = ""
    trim: Fabric | None = None
    cuff: float = 0
    over: Fabric | None = None  # a skirt of another cloth
    buttons: Button = Button("#efebe2", 4)  # noqa: RUF009 - frozen, so safe to share


def draw_dress(canvas: Canvas, make: Dress) -> None:
    """A dress laid flat."""
    cut, cloth = make.cut, make.cloth
    plain = cloth.dyed(cloth.colour)
    trim = make.trim or plain
    with canvas.group("translate(240 0)"):
        if make.front == "shirt":
            collar_back(canvas, cut, plain)
        else:
            inside_neck(canvas, cut, plain, tape=False)
            if make.front != "straps":
                band(canvas, cut.back_neck(9), cut.back_neck(9, 5), trim, ribs=0, lift=0.5)
        if make.arm:
            cuff_cloth = trim.but(folds=0.1) if make.cuff else None
            sleeves(canvas, cut, Sleeves(make.arm, cloth, make.cuff, cuff_cloth, 2, 0.5, (7,)))
        _skirt(canvas, make)
        _bodice(canvas, make, plain, trim)
        _waist(canvas, make, trim)


def _skirt(canvas: Canvas, make: Dress) -> None:
    cloth = make.over or make.cloth
    if make.build == "pleats":
        pleated_panel(canvas, make.skirt, cloth)
    elif make.build == "tiers":
        tiered_panel(canvas, make.skirt, cloth)
    else:
        plain_panel(canvas, make.skirt, cloth, 0.75 if make.skirt.wave else 0.4)
    if make.waist != "none" and make.skirt.wave:
        s = make.skirt
        with canvas.clip(s.path()):
            gathers(canvas, -s.waist, s.waist, s.top + 1, 30)


def _bodice(canvas: Canvas, make: Dress, plain: Fabric, trim: Fabric) -> None:
    cut, cloth = make.cut, make.cloth
    anchor = make.skirt.anchor if make.over is None else (0.0, cut.armpit)
    path = cut.front()
    folds = [c for c in body_creases(canvas, cut, 0.4) if c.y0 < cut.bottom - 6]
    canvas.piece(path, cloth, creases=folds, volume=0.5, lift=1, anchor=anchor)
    with canvas.clip(path):
        if make.front == "plain":
            for side in (-1, 1):
                x = side * cut.waist * 0.5
                canvas.seam(line([k(x, cut.bottom), k(x * 1.04, cut.armpit + 24)]), depth=0.45)
                canvas.seam(
                    line(
                        [
                            k(side * cut.chest, cut.armpit + 18),
                            k(side * cut.chest * 0.62, cut.armpit + 4),
                        ]
                    ),
                    depth=0.45,
                )
        elif make.front == "wrap":
            _wrap(canvas, cut, plain)
    if make.front == "shirt":
        long = replace(cut, bottom=make.skirt.bottom + 8)
        with canvas.clip(_button_strip_clip(make)):
            placket(canvas, long, cloth, anchor=anchor)
        buttons(
            canvas, k(0, cut.top + cut.drop + 28), k(0, make.skirt.bottom - 34), 9, make.buttons
        )
        point_collar(canvas, cut, make.trim or cloth, make.buttons, None)
        for side in (-1, 1):
            box = Box(
                side * cut.chest * 0.5 - 19,
                cut.armpit - 12,
                side * cut.chest * 0.5 + 19,
                cut.armpit + 32,
            )
            patch_pocket(canvas, box, cloth, Pocket(point=5), anchor)
        return
    if not make.arm and make.front != "straps":
        for side in (-1, 1):
            edge = cut.armhole()
            inner = [Node(n.x - 5, n.y + 1, n.sharp) for n in edge]
            band(canvas, on_side(edge, side), on_side(inner, side), trim, ribs=0, lift=0.6)
    if make.front == "wrap":
        return
    if cut.vee:
        for side in (-1, 1):
            band(
                canvas,
                on_side(cut.neckline(), side),
                on_side(cut.neckline(5), side),
                trim,
                ribs=0,
                lift=0.7,
            )
    else:
        band(canvas, whole(cut.neckline()), whole(cut.neckline(5)), trim, ribs=0, lift=0.7)
    if make.collar == "pan":
        _pan_collar(canvas, cut, make.trim or plain)


def _button_strip_clip(make: Dress) -> Path:
    """The middle of bodice and skirt, where one strip runs from collar to hem."""
    s, cut = make.skirt, make.cut
    return both(
        [k(0, cut.top), k(60, cut.top), k(60, s.bottom), p(0, s.hemline()[len(s.hemline()) // 2].y)]
    )


def _wrap(canvas: Canvas, cut: Cut, cloth: Fabric) -> None:
    """The right front laid over the left, pulled to the left side of the waist."""
    left = [
        k(-cut.neck, cut.top),
        p(-cut.neck * 0.36, cut.top + cut.drop * 0.62),
        k(0, cut.top + cut.drop),
    ]
    canvas.stroke(line(left), "#08070c", 1, opacity=0.5)
    edge = [
        k(cut.neck, cut.top),
        p(cut.neck * 0.42, cut.top + cut.drop * 0.56),
        p(-cut.waist * 0.28, cut.top + cut.drop * 1.24),
        k(-cut.waist, cut.bottom - 2),
    ]
    with canvas.group("translate(-3 3)"):
        canvas.stroke(line(edge), "#08070c", 9, opacity=0.3, blur=3)
    canvas.stroke(line(edge), "#08070c", 1.2, opacity=0.6)
    canvas.stitch(line([Node(n.x + 4, n.y + 2, n.sharp) for n in edge]), cloth)
    rng = canvas.rng
    for _ in range(7):
        y = rng.uniform(cut.armpit - 20, cut.bottom - 10)
        fold = line(
            [
                k(-cut.waist + 4, cut.bottom - rng.uniform(0, 16)),
                p(-10, (y + cut.bottom) / 2 - 6),
                k(rng.uniform(20, cut.chest * 0.8), y),
            ]
        )
        canvas.stroke(fold, "#08070c", 3.5, opacity=0.16, blur=1.8)


def _pan_collar(canvas: Canvas, cut: Cut, cloth: Fabric) -> None:
    inner = cut.neckline(-1)
    outer = cut.neckline(24)
    half = [
        k(1, inner[0].y),
        *inner[1:-1],
        k(inner[-1].x, inner[-1].y - 3),
        k(outer[-1].x, outer[-1].y),
        *reversed(outer[1:-1]),
        p(9, outer[0].y),
        p(2, outer[0].y - 6),
    ]
    for side in (-1, 1):
        path = outline(on_side(half, side))
        canvas.piece(path, cloth.but(folds=0.1), volume=0.15, edge=0.5, lift=2)


def _waist(canvas: Canvas, make: Dress, trim: Fabric) -> None:
    s = make.skirt
    if make.waist == "none":
        return
    w = s.waist + 1
    seam = line([k(-w, s.top), p(0, s.top + 4), k(w, s.top)])
    if make.waist == "seam":
        canvas.seam(seam, depth=0.9)
        return
    half = 10 if make.waist == "belt" else 7
    strip = both(
        [
            p(0, s.top + 3 - half),
            k(w, s.top - half - 1),
            k(w, s.top + half - 1),
            p(0, s.top + 3 + half),
        ]
    )
    cloth = trim if make.trim else trim.dyed(darker(trim.hex, 0.12))
    canvas.piece(strip, cloth.but(folds=0.25), volume=0.5, edge=0.5, lift=1.6)
    if make.waist == "belt":
        buckle = rect(Box(-11, s.top - 9, 11, s.top + 14), 3)
        canvas.stroke(buckle, "#7d6437", 4)
        canvas.stroke(buckle, "#d3b373", 2.4)
        canvas.stroke(line([k(0, s.top - 7), k(0, s.top + 11)]), "#b9995c", 1.8)
    else:
        x = -s.waist * 0.62 if make.front == "wrap" else 0
        bow(canvas, x, s.top + 2, 23, cloth)


def draw_strappy(canvas: Canvas, make: Dress) -> None:
    """A sundress hung on two thin straps."""
    cut, skirt = make.cut, make.skirt
    plain = make.cloth.dyed(make.cloth.colour)
    trim = make.trim or plain
    top = cut.armpit - 44
    half = [
        p(0, top + 16),
        p(cut.chest * 0.34, top + 8),
        k(cut.chest * 0.6, top - 14),
        p(cut.chest * 0.8, top + 14),
        k(cut.chest, cut.armpit + 4),
        *cut.side(),
        p(0, cut.bottom + cut.dip),
    ]
    with canvas.group("translate(240 0)"):
        for side in (-1, 1):
            back = line(
                [
                    k(side * cut.chest * 0.42, cut.top - 6),
                    p(side * cut.chest * 0.50, top - 30),
                    k(side * cut.chest * 0.5, top + 20),
                ]
            )
            canvas.stroke(back, darker(trim.hex, 0.4), 5)
        behind = both(
            [
                p(0, top + 2),
                k(cut.chest * 0.74, top + 12),
                k(cut.chest * 0.9, cut.armpit + 10),
                p(0, cut.armpit + 30),
            ]
        )
        canvas.piece(behind, plain.but(folds=0), shade=0.28, volume=0.2, edge=0.8)
        _skirt(canvas, make)
        folds = [c for c in body_creases(canvas, cut, 0.35) if c.y0 < cut.bottom - 6]
        canvas.piece(
            both(half), make.cloth, creases=folds, volume=0.55, lift=1, anchor=skirt.anchor
        )
        for side in (-1, 1):
            strap = line(
                [
                    k(side * cut.chest * 0.42, cut.top - 6),
                    p(side * cut.chest * 0.53, top - 34),
                    k(side * cut.chest * 0.6, top - 8),
                ]
            )
            with canvas.group("translate(1 2)"):
                canvas.stroke(strap, "#08070c", 6, opacity=0.3, blur=1.4)
            canvas.stroke(strap, darker(trim.hex, 0.3), 6.4)
            canvas.stroke(strap, trim.hex, 5)
            cup = [
                k(side * cut.chest * 0.5, cut.bottom),
                p(side * cut.chest * 0.56, cut.armpit + 30),
                k(side * cut.chest * 0.6, top - 10),
            ]
            canvas.seam(line(cup), depth=0.5)
        rim = [p(0, top + 16), p(cut.chest * 0.34, top + 8), k(cut.chest * 0.6, top - 14)]
        under = [Node(n.x, n.y + 6, n.sharp) for n in rim]
        band(canvas, whole(rim), whole(under), trim, ribs=0, lift=0.6)
        _waist(canvas, make, trim)


def _bodice_cut(gender: str, waist_y: float, **more: float) -> Cut:
    base = TORSO[gender]
    return base.but(
        **{
            "top": base.top - 62,
            "armpit": base.armpit - 66,
            "bottom": waist_y,
            "hem": base.waist - 6,
            "waist": base.waist - 4,
            "waist_at": waist_y - 26,
            "dip": 4,
            "drop": base.drop - 8,
            **more,
        }
    )


_W, _G = "Women", "Girls"
_WAIST = {_W: 262.0, _G: 268.0}


def _top(gender: str, **more: float) -> Cut:
    if gender == _G:
        more = {"top": 112, "armpit": 200, **more}
    return _bodice_cut(gender, _WAIST[gender], **more)


def _arm(gender: str, kind: str = "short") -> Arm:
    short = SHORT_SLEEVE[gender]
    up = -66 if gender == _W else -36
    if kind == "puff":
        end = short.end._replace(x=short.end.x - 8, y=short.end.y + up - 8)
        return replace(short, end=end, width=short.width - 6, puff=15)
    if kind == "long":
        return Arm(end=k(146, 360) if gender == _W else k(140, 352), width=36, bend=5)
    return replace(short, end=short.end._replace(y=short.end.y + up))


def _flare(gender: str, **more: Any) -> Skirt:
    waist = TORSO[gender].waist - 6
    bottom = 566 if gender == _W else 470
    hem = 166 if gender == _W else 146
    start = Skirt(_WAIST[gender], waist, waist + 30, hem, bottom, wave=8, ripples=5)
    return start.but(**more) if more else start


def _crepe(tone: str, print_: Any = None, folds: float = 0.35, weave: str = "poplin") -> Fabric:
    return Fabric(tone, print=print_, weave=weave, folds=folds, drape=3.5, gloss=0.06)


def _dress(gender: str, colour: str, title: str, make: Dress, usage: str = "Casual") -> Design:
    drawing = draw_strappy if make.front == "straps" else draw_dress
    return apparel("Dresses", "Dress", gender, colour, title, partial(drawing, make=make), usage)


_SHEATH = Skirt(_WAIST[_W], 84, 112, 100, 540)

PRODUCTS: list[Design] = [
    _dress(
        _W,
        "Black",
        "Black Sleeveless Sheath Dress",
        Dress(_crepe("Black", folds=0.25, weave="twill"), _top(_W, shoulder=92), _SHEATH),
        "Formal",
    ),
    _dress(
        _W,
        "Red",
        "Red Floral Wrap Dress",
        Dress(
            _crepe("Red", floral("#f6e7d8", "#efb2a0", size=8, gap=29)),
            replace(_top(_W), vee=True, drop=96),
            _flare(_W),
            _arm(_W),
            front="wrap",
            waist="bow",
        ),
    ),
    _dress(
        _W,
        "Navy",
        "Navy Polka Dot A-line Dress",
        Dress(
            _crepe("Navy", dots("#f0ede4", 2.8, 18)),
            _top(_W),
            _flare(_W),
            _arm(_W),
            waist="belt",
            trim=Fabric("Maroon"),
        ),
    ),
    _dress(
        _W,
        "Olive",
        "Olive Belted Shirt Dress",
        Dress(
            _crepe("Olive", weave="twill"),
            _top(_W, neck=40, drop=32),
            _flare(_W, hem=132, wave=0),
            _arm(_W, "long"),
            front="shirt",
            waist="belt",
            cuff=20,
        ),
    ),
    _dress(
        _W,
        "Yellow",
        "Yellow Sprig Print Sundress",
        Dress(
            _crepe("#efc95a", sprigs("#fff6df", "#8a6a1f", size=9, gap=24)),
            _top(_W),
            _flare(_W),
            front="straps",
        ),
    ),
    _dress(
        _W,
        "Teal",
        "Teal Tiered Maxi Dress",
        Dress(
            _crepe("Teal", folds=0.45),
            replace(_top(_W), vee=True, drop=64),
            _flare(_W, bottom=592, hem=172),
            _arm(_W, "puff"),
            build="tiers",
            cuff=8,
        ),
    ),
    _dress(
        _W,
        "Pink",
        "Pink Pleated Party Dress",
        Dress(
            Fabric("Pink", weave="satin", folds=0.4, gloss=0.4, drape=4),
            _top(_W),
            _flare(_W, bottom=548),
            build="pleats",
            waist="bow",
        ),
        "Party",
    ),
    _dress(
        _W,
        "White",
        "White Puff Sleeve Cotton Dress",
        Dress(
            _crepe("White", folds=0.4), _top(_W), _flare(_W, bottom=540), _arm(_W, "puff"), cuff=9
        ),
    ),
    _dress(
        _W,
        "Maroon",
        "Maroon Long Sleeve Knit Dress",
        Dress(
            _crepe("Maroon", folds=0.4, weave="fine rib"),
            _top(_W, drop=28),
            _SHEATH.but(bottom=556),
            _arm(_W, "long"),
            waist="none",
            cuff=22,
        ),
    ),
    _dress(
        _W,
        "Blue",
        "Blue Gingham Sundress",
        Dress(
            _crepe("White", gingham("Blue", 10)), _top(_W), _flare(_W, bottom=530), front="straps"
        ),
    ),
    _dress(
        _W,
        "Green",
        "Green Palm Print Maxi Dress",
        Dress(
            _crepe("#2f5f48", palms("#e8dcbc", "#86b08f", size=26, gap=42)),
            replace(_top(_W), vee=True, drop=70),
            _flare(_W, bottom=592),
        ),
    ),
    _dress(
        _W,
        "Grey",
        "Grey and Black Colour-block Dress",
        Dress(
            _crepe("Grey", weave="twill"),
            _top(_W),
            _SHEATH,
            _arm(_W),
            waist="belt",
            over=_crepe("Black", weave="twill", folds=0.25),
            trim=Fabric("Black", weave="leather"),
        ),
        "Formal",
    ),
    _dress(
        _W,
        "Lavender",
        "Lavender Striped Shirt Dress",
        Dress(
            _crepe("White", stripes(("Lavender", 6), ("", 7), vertical=True)),
            _top(_W, neck=40, drop=32),
            _flare(_W, hem=136, wave=0),
            _arm(_W),
            front="shirt",
            waist="belt",
            trim=Fabric("Lavender"),
        ),
    ),
    _dress(
        _G,
        "Coral",
        "Coral Tiered Cotton Dress",
        Dress(
            _crepe("Coral", dots("#fdeee6", 2.2, 14)),
            _top(_G),
            _flare(_G),
            _arm(_G, "puff"),
            build="tiers",
            cuff=8,
        ),
    ),
    _dress(
        _G,
        "Navy",
        "Navy Peter Pan Collar Dress",
        Dress(
            _crepe("Navy", stars("#dfe6f0", size=5, gap=24)),
            _top(_G),
            _flare(_G),
            _arm(_G, "puff"),
            collar="pan",
            trim=Fabric("White"),
            cuff=8,
        ),
    ),
    _dress(
        _G,
        "Mint",
        "Mint Heart Print Dress",
        Dress(
            _crepe("Mint", hearts("White", "#e87f6c", size=5.5, gap=24)),
            _top(_G),
            _flare(_G),
            waist="bow",
        ),
    ),
    _dress(
        _G,
        "Yellow",
        "Yellow Daisy Sundress",
        Dress(
            _crepe("#f0cf63", floral("White", leaf="#6f9a5f", size=8, gap=25, heart="Orange")),
            _top(_G),
            _flare(_G),
            front="straps",
        ),
    ),
    _dress(
        _G,
        "Purple",
        "Purple Party Dress",
        Dress(
            Fabric("Purple", weave="satin", folds=0.4, gloss=0.35, drape=4),
            _top(_G),
            _flare(_G, hem=158),
            _arm(_G, "puff"),
            waist="bow",
            trim=Fabric("#d9c7e6", weave="satin"),
            cuff=8,
        ),
        "Party",
    ),
    _dress(
        _G,
        "Light Blue",
        "Light Blue Gingham Dress",
        Dress(
            _crepe("White", gingham("#6f9fce", 9)),
            _top(_G),
            _flare(_G),
            _arm(_G),
            collar="pan",
            trim=Fabric("White"),
        ),
    ),
    _dress(
        _G,
        "Red",
        "Red Tartan Pleated Dress",
        Dress(
            _crepe("Red", plaid(("#1f2a44", 0, 14), ("#2f5a45", 24, 8), ("White", 46, 1.6))),
            _top(_G),
            _flare(_G, hem=132),
            _arm(_G, "long"),
            build="pleats",
            waist="belt",
            trim=Fabric("Black"),
            cuff=16,
        ),
    ),
]
