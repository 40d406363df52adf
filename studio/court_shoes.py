"""Court shoes, ballerinas and heeled sandals, seen in perspective so that the insole shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, hypot, radians, sin

from studio.curves import Point, Spot, back, beside, line, outline, spots
from studio.fittings import (
    Belting,
    Buckle,
    buckle,
    gloom,
    glow,
    perforations,
    pool,
    stitches,
    strap,
    stud,
    tape,
)
from studio.lasts import (
    SLIM,
    Arch,
    Camera,
    Cuff,
    Footbed,
    Place,
    Plan,
    bed,
    closed,
    cuff_run,
    over,
    raised,
    slab,
    surface,
)
from studio.palette import colour, contrast, darker, lighter
from studio.surfaces import (
    FOAM,
    LINING,
    RUBBER,
    SMOOTH,
    STRAP,
    Material,
    clipped,
    piece,
    shadow,
)

Curve = list[Point]

POINTED: Plan = (
    [
        (2, 0),
        (10, 22),
        (42, 38),
        (100, 36),
        (170, 30),
        (240, 39),
        (296, 48),
        (346, 34),
        (386, 13),
        (412, -2),
    ],
    [
        (2, 0),
        (10, -20),
        (42, -36),
        (110, -38),
        (180, -40),
        (250, -48),
        (304, -47),
        (352, -31),
        (390, -14),
        (412, -2),
    ],
)


# A ballerina's plan: blunter and broader at the toe.
ROUND: Plan = (
    [
        (2, 0),
        (10, 24),
        (42, 41),
        (100, 40),
        (170, 35),
        (240, 46),
        (300, 59),
        (346, 56),
        (376, 38),
        (386, 2),
    ],
    [
        (2, 0),
        (10, -22),
        (42, -39),
        (110, -42),
        (180, -45),
        (250, -54),
        (308, -58),
        (350, -50),
        (376, -32),
        (386, 2),
    ],
)


@dataclass(frozen=True, slots=True)
class Heel:
    """What lifts the heel: its `kind` (stiletto, kitten, block, wedge, low) and height."""

    kind: str = "stiletto"
    height: float = 120
    tone: str = ""  # colour; as the upper when empty
    cork: bool = False
    platform: float = 0


@dataclass(frozen=True, slots=True)
class CourtShoe:
    """A court shoe or ballerina; with `open_` a sandal on the same heel.

    `trim` is bow, knot, buckle, studs, cap, strap (Mary Jane), ankle or empty.
    """

    upper: str
    heel: Heel = Heel()
    trim: str = ""
    accent: str = ""
    lining: str = "#d9bd98"
    sole: str = "#2c211c"
    material: Material = SMOOTH
    print_: str = ""
    pointed: bool = False
    throat: float = 284
    straps: tuple[Arch, ...] = ()
    metal: str = "url(#g-gold)"

    @property
    def camera(self) -> Camera:
        return Camera(15, 22) if self.heel.height > 40 else Camera(17, 29)

    @property
    def _plan(self) -> Plan:
        if self.pointed:
            return POINTED
        return ROUND if self.heel.height < 40 else SLIM

    @property
    def bed_(self) -> Footbed:
        ball = 12 + self.heel.platform
        return bed(self._plan, raised(self.heel.height + self.heel.platform, ball))

    @property
    def belting(self) -> Belting:
        return Belting(colour(self.upper), contrast(self.upper, 0.3), self.material, self.print_)

    @property
    def second(self) -> str:
        return colour(self.accent or self.upper)

    def drawn(self) -> str:
        """The shoe as SVG in its own frame."""
        if self.straps:
            return self._ground() + self._heel() + self._sandal()
        return (
            self._ground()
            + self._heel()
            + self._sole()
            + self._inside()
            + self._upper()
            + self._trim()
        )

    # -- beneath -------------------------------------------------------------

    def _ground(self) -> str:
        cam, bed_ = self.camera, self.bed_
        high = self.heel.height > 40
        # A high shoe touches the ground with its ball and the tip of its heel.
        start = 210 if high else 0
        near = [(x, y, 0.0) for x, y in bed_.inner]
        far = [(x, y, 0.0) for x, y in bed_.outer]
        around = [*near, *reversed(far[:-1])]
        whole = cam.run(around)
        ball = cam.run([place for place in around if place[0] >= start])
        drawn = shadow(closed(whole), 14, 0.26, 4, 6) + shadow(closed(ball), 4, 0.5, -2, 4)
        if not high:
            return drawn
        x, y = cam.see((30, 0, 0))
        return drawn + pool((x, y + 1), 16, 4.5, 0.55, 2)

    def _heel(self) -> str:
        kind = self.heel.kind
        if kind == "low":
            return self._low_heel()
        if kind == "wedge":
            return self._wedge()
        cam, z = self.camera, self.bed_.height(20) - 3
        reach = 88 if kind == "block" else 74
        top_back, top_front = (
            cam.see((0, 4, z + 2)),
            cam.see((reach, 28, self.bed_.height(reach) - 2)),
        )
        fill = colour(self.heel.tone or self.upper)
        if kind == "block":
            foot_back, foot_front = cam.see((8, 10, 0)), cam.see((74, 34, 0))
            inner_top, inner_foot = (
                cam.see((92, -20, self.bed_.height(92) - 2)),
                cam.see((76, -26, 0)),
            )
            breast = outline(
                [top_front, inner_top],
                [inner_top, inner_foot],
                [inner_foot, foot_front],
                [foot_front, top_front],
            )
            drawn = piece(breast, darker(fill, 0.45), RUBBER)
        else:
            wide = 10 if kind == "stiletto" else 16
            foot_back, foot_front = cam.see((22, 2, 0)), cam.see((22 + wide, 8, 0))
            drawn = ""
        waist = 0.36 if kind != "block" else 0.5
        inward = 15 if kind != "block" else 3
        middle_back = (
            top_back[0] + (foot_back[0] - top_back[0]) * waist + inward * 0.55,
            top_back[1] + (foot_back[1] - top_back[1]) * waist,
        )
        middle_front = (
            foot_front[0] + (top_front[0] - foot_front[0]) * (0.20 if kind != "block" else 0.42),
            top_front[1] + (foot_front[1] - top_front[1]) * 0.42,
        )
        shape = outline(
            [top_back, middle_back, foot_back],
            [foot_back, foot_front],
            [foot_front, middle_front, top_front],
            [top_front, top_back],
        )
        light = glow(
            [(middle_back[0] + 7, top_back[1]), (foot_back[0] + 5, foot_back[1])], 5, 0.4, 2
        )
        tip = outline(
            [foot_back, foot_front],
            [foot_front, (foot_front[0], foot_front[1] - 6)],
            [(foot_front[0], foot_front[1] - 6), (foot_back[0], foot_back[1] - 6)],
            [(foot_back[0], foot_back[1] - 6), foot_back],
        )
        grain = self._stack(top_back[1]) if self.heel.cork else ""
        return (
            drawn + piece(shape, fill, self.material, grain + light) + piece(tip, "#1a1513", RUBBER)
        )

    def _stack(self, top: float) -> str:
        """The layers of a stacked or jute-wrapped heel."""
        return "".join(
            f'<path d="M-60,{top + y}L460,{top + y + 14}" stroke="#2b1a0d" stroke-opacity=".32" '
            'stroke-width="1.3"/>'
            for y in range(-30, 220, 7)
        )

    def _low_heel(self) -> str:
        cam, z = self.camera, self.bed_.height(20)
        corners = [(2, 4, z), (2, 6, 0), (70, 36, 0), (74, 36, z)]
        a, b, c, d = cam.run(corners)
        return piece(outline([a, b], [b, c], [c, d], [d, a]), darker(self.sole, 0.1), RUBBER)

    def _wedge(self) -> str:
        cam, bed_ = self.camera, self.bed_
        steps = list(range(0, 410, 10))
        top = [cam.see((x, bed_.edge(x, True), bed_.height(x) - 2)) for x in steps]
        foot = [cam.see((x + max(0, 30 - x) * 0.5, bed_.edge(x, True) * 0.94, 0)) for x in steps]
        heel_back = cam.see((2, -6, bed_.height(0)))
        shape = outline(
            [heel_back, *top[1:]], [top[-1], foot[-1]], back(foot), [foot[0], heel_back]
        )
        fill = colour(self.heel.tone or "#b98d5c")
        grain = self._stack(top[0][1]) if self.heel.cork else ""
        tread = glow([(x, y + 1) for x, y in foot], 5, 0.0, 2) + (
            f'<path d="{line(foot)}" fill="none" stroke="#241a14" stroke-width="7"/>'
        )
        return piece(shape, fill, FOAM, grain + tread)

    def _sole(self) -> str:
        return slab(self.bed_.rim(self.camera, 2), 5, colour(self.sole), RUBBER)

    # -- closed shoe ---------------------------------------------------------

    def _topline(self, near: bool) -> Curve:
        """The opening's edge from the heel's middle to the throat's."""
        bed_, low = self.bed_, self.heel.height < 40
        t = self.throat
        heights = ((0.02, 62), (0.14, 58), (0.36, 40), (0.60, 26), (0.80, 22), (0.93, 27))
        shrink = 0.86 if low else 1.0
        side = 9 if near else -9
        places: list[Place] = [
            (-6, side * 0.4, bed_.height(0) + 61 * shrink),
            (-2, side * 1.4, bed_.height(0) + 62 * shrink),
        ]
        for share, rise in heights[1:]:
            x = share * t
            full = bed_.edge(x, near)
            squeeze = 0.92 if share < 0.9 else 0.70
            places.append((x, full * squeeze, bed_.height(x) + rise * shrink))
        places.append((t, 0, bed_.height(t) + 33 * shrink))
        return self.camera.run(places)

    def _ridge(self) -> Curve:
        """The toe's upper outline as the camera sees it."""
        cam, bed_, t = self.camera, self.bed_, self.throat
        tip = radians(cam.tip)
        end = bed_.inner[-1][0]
        found = []
        for share, high in ((0.10, 34), (0.32, 35), (0.56, 31), (0.76, 25), (0.90, 18)):
            x = t - 6 + (end - t + 6) * share
            middle = (bed_.edge(x, True) + bed_.edge(x, False)) / 2
            half = (bed_.edge(x, True) - bed_.edge(x, False)) / 2
            base = cam.see((x, middle, bed_.height(x)))
            found.append((base[0], base[1] - hypot(high * cos(tip), half * sin(tip) * 0.96)))
        toe = cam.see((end + 3, bed_.inner[-1][1], bed_.height(end) + 5))
        return [*found, toe]

    def _inside(self) -> str:
        near, far = self._topline(True), self._topline(False)
        hole = outline(near, back(far))
        bed_ = self.bed_
        rim = [
            self.camera.see((x, y * 0.94, bed_.height(x) + 1))
            for x, y in [*bed_.inner, *back(list(bed_.outer))[1:]]
        ]
        heel = self.camera.see((40, 0, bed_.height(40)))
        throat = near[-1]
        inner = (
            surface(rim, lighter(self.lining, 0.12), darker(self.lining, 0.25))
            + gloom([near[1], *near[2:]], 14, 0.35, 4)
            + pool(throat, 46, 16, 0.6)
            + pool((heel[0] - 10, heel[1] - 26), 20, 34, 0.25, 8)
        )
        return piece(hole, darker(self.lining, 0.12), LINING, inner)

    def _upper(self) -> str:
        bed_, cam = self.bed_, self.camera
        near, far = self._topline(True), self._topline(False)
        low = [cam.see((x, y, bed_.height(x) - 3)) for x, y in bed_.inner]
        heel_back = [low[0], (low[0][0] - 6, (low[0][1] + near[0][1]) / 2 + 4), near[0]]
        ridge = self._ridge()
        start = far[-2]
        body = outline(
            heel_back, near, [near[-1], far[-2]], [start, *ridge], [ridge[-1], low[-1]], back(low)
        )
        toe = ridge[3]
        shine = (
            glow(
                [(toe[0] - 58, toe[1] + 13), (toe[0] - 8, toe[1] + 10), (toe[0] + 16, toe[1] + 18)],
                9,
                0.5,
                4,
            )
            + glow(
                [
                    (low[1][0] + 8, low[1][1] - 36),
                    (low[3][0], low[3][1] - 24),
                    (low[5][0], low[5][1] - 16),
                ],
                12,
                0.26,
                8,
            )
            + gloom([(x, y + 2) for x, y in low], 12, 0.42, 4)
            + gloom([(near[-1][0] - 2, near[-1][1] + 8), (low[6][0] - 18, low[6][1])], 8, 0.12, 8)
        )
        drawn = shadow(body, 2, 0.25, 0, 2) + piece(
            body, colour(self.upper), self.material, self.print_ + shine
        )
        if self.trim == "cap":
            drawn += self._cap(body, ridge, low)
        binding = [*near, *back(far)[1:3]]
        drawn += tape(binding, 3.2, self.second if self.accent else darker(self.upper, 0.1))
        return drawn + gloom([(near[3][0], near[3][1] + 3), low[3]], 2, 0.18, 1)

    def _cap(self, body: str, ridge: Curve, low: Curve) -> str:
        x = ridge[1][0]
        edge: Curve = [
            (x + 4, ridge[1][1] - 8),
            (x - 12, (ridge[1][1] + low[7][1]) / 2),
            (x - 4, low[7][1] + 8),
        ]
        cap = outline(
            edge,
            [edge[-1], (460, edge[-1][1] + 20)],
            [(460, edge[-1][1] + 20), (460, edge[0][1] - 30)],
            [(460, edge[0][1] - 30), edge[0]],
        )
        shine = glow([(x + 20, ridge[2][1] + 12), (ridge[4][0] - 6, ridge[4][1] + 8)], 8, 0.5, 4)
        return clipped(body, piece(cap, self.second, self.material, shine)) + clipped(
            body, stitches(beside(edge, 3), contrast(self.second, 0.4), 0.8, "2.6 1.8")
        )

    # -- ornaments and straps ------------------------------------------------

    def _trim(self) -> str:
        trims: dict[str, Callable[[], str]] = {
            "bow": lambda: ribbon_bow(self._brow(), 21, self.second),
            "knot": lambda: ribbon_bow(self._brow(), 13, self.second),
            "buckle": self._brooch,
            "studs": self._studs,
            "punched": self._punched,
            "strap": self._mary_jane,
            "ankle": lambda: self._ankle(self.bed_.height(60) + 104),
        }
        return trims[self.trim]() if self.trim in trims else ""

    def _brow(self) -> Point:
        """The middle of the throat, where ornaments sit."""
        x, y = self._topline(True)[-1]
        return x + 4, y + 5

    def _brooch(self) -> str:
        x, y = self._brow()
        run = [(x - 24, y + 4), (x + 4, y + 7), (x + 26, y + 18)]
        return strap(run, 15, Belting(self.second)) + buckle(
            Spot(x + 2, y + 7, 14), Buckle(26, 20, self.metal, 3.4)
        )

    def _studs(self) -> str:
        places = spots(self._topline(True), 22, 0.02, 0.98)
        return "".join(stud((s.x + 1, s.y + 6), 2.7, self.metal) for s in places)

    def _punched(self) -> str:
        near = self._topline(True)
        upper, lower = beside(near, 8)[3:], beside(near, 15)[5:]
        return perforations(upper, 8, 1.7) + perforations(lower, 8, 1.3)

    def _mary_jane(self) -> str:
        arch = Arch(186, 186, 17, 84, 6, dip=-20)
        belt = Belting(self.second, contrast(self.second, 0.3))
        near = self.camera.see((188, self.bed_.edge(188, True) * 0.96, self.bed_.height(188) + 40))
        return over(arch, self.bed_, self.camera, belt) + stud(near, 4.6, self.metal)

    def _ankle(self, z: float) -> str:
        cuff = Cuff(84, z, 60, 36, 11, 10)
        belt = Belting(self.second, contrast(self.second, 0.3))
        cam = self.camera
        rise = [
            cam.see((18, self.bed_.edge(20, True) * 0.8, self.bed_.height(20) + 40)),
            cam.see((16, 16, z - 30)),
            cam.see((26, 14, z - 8)),
        ]
        run = cuff_run(cuff, cam, 0, 190)
        at = spots(run, 1, 0.42)[0]
        return (
            strap(cuff_run(cuff, cam, 180, 360), 11, Belting(darker(self.second, 0.4)))
            + strap(rise, 13, belt)
            + strap(run, 11, belt)
            + buckle(at, Buckle(14, 18, self.metal, 2.4))
        )

    # -- heeled sandal -------------------------------------------------------

    def _sandal(self) -> str:
        rim = self.bed_.rim(self.camera)
        drawn = self._sole() + surface(rim, colour(self.lining), darker(self.lining, 0.3))
        z = self.bed_.height(60) + 104
        cuff = Cuff(88, z, 64, 36, 11, 12)
        inner = Belting(darker(self.upper, 0.42))
        cam, bed_ = self.camera, self.bed_
        far = cam.run(
            [(26, bed_.edge(26, False), bed_.height(26)), (24, -34, z - 40), (30, -28, z - 6)]
        )
        drawn += strap(far, 11, inner) + strap(cuff_run(cuff, cam, 180, 360), 11, inner)
        drawn += self._counter()
        for arch in self.straps:
            drawn += over(arch, bed_, cam, self.belting)
        if self.trim == "bow":
            arch = self.straps[-1]
            top = cam.see((arch.near + 6, 12, bed_.height(arch.near) + arch.height))
            drawn += ribbon_bow(top, 18, self.second)
        run = cuff_run(cuff, cam, 0, 200)
        rise = cam.run([(14, 22, bed_.height(14) + 30), (14, 26, z - 30), (26, 27, z - 4)])
        drawn += strap(rise, 11, self.belting) + strap(run, 11, self.belting)
        at = spots(run, 1, 0.42)[0]
        return drawn + buckle(at, Buckle(14, 18, self.metal, 2.4))

    def _counter(self) -> str:
        """The low cup that holds the heel."""
        cam, bed_ = self.camera, self.bed_
        xs = (0, 10, 42, 84)
        low = [cam.see((x, bed_.edge(max(x, 3), True), bed_.height(x) - 3)) for x in xs]
        high = [
            cam.see(
                (x - (4 if x < 5 else 0), bed_.edge(max(x, 3), True) * 0.94, bed_.height(x) + h)
            )
            for x, h in zip(xs, (46, 45, 32, 6), strict=True)
        ]
        far_high = cam.see((24, bed_.edge(24, False) * 0.9, bed_.height(24) + 42))
        rear = outline(
            [high[0], far_high],
            [far_high, cam.see((40, -30, bed_.height(40)))],
            [cam.see((40, -30, bed_.height(40))), low[0]],
            [low[0], high[0]],
        )
        shape = outline(
            high,
            [high[-1], low[-1]],
            back(low),
            [low[0], (low[0][0] - 4, (low[0][1] + high[0][1]) / 2), high[0]],
        )
        return piece(rear, darker(self.upper, 0.4), LINING) + piece(
            shape, colour(self.upper), self.material, self.print_
        )


def ribbon_bow(at: Point, size: float, fill: str) -> str:
    """A flat ribbon bow with its knot."""
    x, y = at
    s = size
    drawn = ""
    for way in (-1, 1):
        tail = outline(
            [(x, y), (x + way * s * 0.5, y + s * 0.5), (x + way * s * 0.75, y + s * 0.85)],
            [(x + way * s * 0.75, y + s * 0.85), (x + way * s * 0.3, y + s * 0.8), (x, y)],
        )
        wing = outline(
            [
                (x, y - 2),
                (x + way * s * 0.55, y - s * 0.52),
                (x + way * s * 1.1, y - s * 0.42 + way * 2),
            ],
            [
                (x + way * s * 1.1, y - s * 0.42 + way * 2),
                (x + way * s * 1.16, y),
                (x + way * s * 1.06, y + s * 0.4),
            ],
            [(x + way * s * 1.06, y + s * 0.4), (x + way * s * 0.5, y + s * 0.34), (x, y + 2)],
        )
        fold = gloom([(x + way * 3, y), (x + way * s * 0.7, y - 1)], 4, 0.45, 2)
        drawn += shadow(tail, 1, 0.4, 1, 2) + piece(tail, darker(fill, 0.12), STRAP)
        drawn += shadow(wing, 2, 0.4, 1, 3) + piece(wing, fill, SMOOTH, fold)
    knot = outline(
        [(x - 5, y - 6), (x + 5, y - 6)],
        [(x + 5, y - 6), (x + 6, y), (x + 5, y + 7)],
        [(x + 5, y + 7), (x - 5, y + 7)],
        [(x - 5, y + 7), (x - 6, y), (x - 5, y - 6)],
    )
    return drawn + shadow(knot, 1, 0.5, 1, 2) + piece(knot, fill, STRAP)


# Straps of heeled sandals, heel to toe.
TWO_STRAPS = (Arch(268, 268, 15, 58, 6), Arch(310, 310, 17, 48, 5))
ONE_STRAP = (Arch(298, 298, 38, 52, 10),)
CROSSED = (Arch(250, 318, 19, 60, 6), Arch(312, 256, 19, 64, 6))
MANY_STRAPS = (
    Arch(236, 236, 9, 66, 4),
    Arch(262, 262, 9, 60, 4),
    Arch(288, 288, 9, 54, 4),
    Arch(316, 316, 9, 47, 3),
)
