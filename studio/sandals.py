"""Sandals and flip-flops: footbeds seen from above at an angle, with straps over them."""

from __future__ import annotations

from dataclasses import dataclass

from studio.curves import Point, Spot, band, ellipse, line, spots
from studio.fittings import Belting, Buckle, buckle, glow, groove, pool, shimmer, strap, stud
from studio.lasts import (
    BROAD,
    SLIM,
    Arch,
    Camera,
    Cuff,
    Footbed,
    bed,
    cast,
    closed,
    cuff_run,
    flat,
    over,
    slab,
    surface,
)
from studio.palette import colour, contrast, darker, lighter
from studio.surfaces import FOAM, LEATHER, RUBBER, TREAD, Material, clipped, piece, shadow

Curve = list[Point]


@dataclass(frozen=True, slots=True)
class FlipFlop:
    """A flip-flop's colours; `layers` are the sole's slabs from the top down."""

    top: str
    straps: str
    layers: tuple[str, ...] = ("Black",)
    print_: str = ""
    slim: bool = False
    stud: str = ""  # metal of the rosette on the strap
    thick: float = 13
    broad_strap: bool = False
    mirror: bool = False

    def drawn(self, camera: Camera) -> str:
        """One flip-flop as the camera sees it."""
        whole = bed(SLIM if self.slim else BROAD, flat(self.thick * 1.6, 10))
        bed_ = whole.mirrored() if self.mirror else whole
        rim = bed_.rim(camera)
        step = self.thick / len(self.layers)
        drawn = cast([(x, y + self.thick) for x, y in rim])
        for i, tone in reversed(list(enumerate(self.layers))):
            lowered = [(x, y + i * step) for x, y in rim]
            drawn += slab(lowered, step + 2, colour(tone), FOAM)
        worn = (
            pool(camera.see((70, 0, bed_.height(70))), 26, 22, 0.10, 14)
            + pool(camera.see((318, 0, bed_.height(318))), 40, 26, 0.10, 14)
            + shimmer(camera.see((190, 0, bed_.height(190))), 46, 26, 0.16, 14)
        )
        drawn += piece(closed(rim), colour(self.top), TREAD, self.print_ + worn)
        drawn += self._texture(rim)
        return drawn + self._thong(bed_, camera)

    def _texture(self, rim: Curve) -> str:
        """A pressed line along the rim."""
        cx = sum(x for x, _ in rim) / len(rim)
        cy = sum(y for _, y in rim) / len(rim)
        inner = [(cx + (x - cx) * 0.95, cy + (y - cy) * 0.9) for x, y in rim]
        return groove(line([*inner, inner[0]]), 0.28)

    def _thong(self, bed_: Footbed, camera: Camera) -> str:
        side = -1 if self.mirror else 1
        z = bed_.height(300)
        post = (306.0, 4.0 * side, z)
        crown = (276.0, 3.0 * side, z + 46)
        wide = 1.55 if self.broad_strap else 1.0
        drawn = ""
        for near in (False, True):
            foot_x = 176.0
            y = bed_.edge(foot_x, near) * 0.86
            out = bed_.edge(236, near) * 0.92
            run = camera.run(
                [
                    (foot_x, y, z - 2),
                    (190, y * 1.05, z + 20),
                    (226, out, z + 42),
                    (262, out * 0.42, z + 52),
                    (crown[0] + 6, crown[1], crown[2]),
                ]
            )
            belt = Belting(colour(self.straps), contrast(self.straps, 0.25), RUBBER)
            foot = camera.see((foot_x, y, z))
            drawn += pool(foot, 9, 6, 0.5, 2)
            drawn += shadow(band([(x + 3, y + 16) for x, y in run], 15 * wide, 24), 4, 0.4)
            drawn += strap(run, lambda t: (21 - 9 * t) * wide, belt)
            drawn += glow([(x - 1, y - 3) for x, y in run[1:4]], 4, 0.45, 2)
        a, b = camera.see(crown), camera.see(post)
        hole = pool(b, 8, 5, 0.55, 1)
        pin = strap([(b[0], b[1]), ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2), a], 8.5,
                    Belting(colour(self.straps), "", RUBBER))  # fmt: skip
        knuckle = ellipse(a[0], a[1] + 1, 8.5 * wide, 7.5)
        drawn = hole + pin + drawn
        if self.stud:
            return drawn + stud((a[0], a[1] + 1), 7.5, self.stud)
        return drawn + shadow(knuckle, 1, 0.35, 1, 2) + piece(knuckle, colour(self.straps), RUBBER)


@dataclass(frozen=True, slots=True)
class Sandal:
    """A strapped sandal; `style` is a key of `MAKES`."""

    leather: str
    style: str = "slide"
    insole: str = "#c49a6c"
    sole: str = "#3a2b22"
    midsole: str = ""
    material: Material = LEATHER
    accent: str = ""
    metal: str = "url(#g-brass)"
    slim: bool = False
    thick: float = 12
    print_: str = ""

    @property
    def belting(self) -> Belting:
        return Belting(
            colour(self.leather), contrast(self.leather, 0.4), self.material, self.print_
        )

    def drawn(self, camera: Camera) -> str:
        """One sandal as the camera sees it."""
        bed_ = bed(SLIM if self.slim else BROAD, flat(self.thick * 2, 10))
        rim = bed_.rim(camera)
        drawn = cast([(x, y + self.thick * 1.6) for x, y in rim], 8, 0.4)
        drawn += slab(
            [(x, y + self.thick * 0.9) for x, y in rim], self.thick, colour(self.sole), RUBBER, ""
        )
        middle = colour(self.midsole) if self.midsole else lighter(self.sole, 0.25)
        drawn += slab(rim, self.thick * 0.95, middle, FOAM)
        toes = clipped(closed(rim), glow(camera.run([(300, 0, 24), (360, 0, 26)]), 60, 0.18, 14))
        drawn += surface(rim, colour(self.insole), contrast(self.insole, 0.35), toes)
        make = MAKES[self.style]
        if make.cuff:
            drawn += self._behind(make.cuff, bed_, camera)
        for arch in make.arches:
            drawn += over(arch, bed_, camera, self._tone(arch))
        if make.spine:
            drawn += self._spine(bed_, camera)
        if make.cuff:
            drawn += self._ahead(make.cuff, bed_, camera)
        for arch in make.arches:
            if arch.width >= _BUCKLED:
                drawn += self._side_buckle(arch, bed_, camera)
        return drawn

    def _tone(self, arch: Arch) -> Belting:
        """The accent, if there is one, goes to the strap nearest the toe."""
        first = arch == MAKES[self.style].arches[-1]
        if self.accent and first:
            return Belting(colour(self.accent), contrast(self.accent, 0.4), self.material)
        return self.belting

    def _side_buckle(self, arch: Arch, bed_: Footbed, camera: Camera) -> str:
        x = arch.near
        at = camera.see((x, bed_.edge(x, True) * 0.93, bed_.height(x) + arch.height * 0.52))
        tab = strap([(at[0] - 7, at[1] - 20), at, (at[0] + 3, at[1] + 18)], 17, self.belting)
        return tab + buckle(Spot(at[0], at[1], 78), Buckle(20, 25, self.metal))

    def _spine(self, bed_: Footbed, camera: Camera) -> str:
        """The bar of a T-strap, from the toe strap up to the ankle."""
        z = bed_.height(200)
        run = camera.run([(300, 2, z + 46), (260, 2, z + 56), (215, 1, z + 72), (176, 0, z + 98)])
        return strap(run, 13, self.belting)

    def _behind(self, cuff: Cuff, bed_: Footbed, camera: Camera) -> str:
        """The ankle strap's far half and the heel's far post."""
        inner = Belting(darker(self.leather, 0.4), "", self.material)
        post = camera.run(
            [
                (52, bed_.edge(52, False) * 0.95, bed_.height(52) - 3),
                (46, -cuff.across, cuff.z - 30),
                (42, -cuff.across * 0.9, cuff.z - 9),
            ]
        )
        return strap(post, cuff.width, inner) + strap(
            cuff_run(cuff, camera, 180, 360), cuff.width, inner
        )

    def _ahead(self, cuff: Cuff, bed_: Footbed, camera: Camera) -> str:
        """The ankle strap's near half, the heel's near post and the buckle."""
        post = camera.run(
            [
                (58, bed_.edge(58, True) * 0.97, bed_.height(58) - 5),
                (50, cuff.across * 1.02, cuff.z - 34),
                (44, cuff.across * 0.86, cuff.z - 4),
            ]
        )
        run = cuff_run(cuff, camera, 0, 200)
        at = spots(run, 1, 0.42)[0]
        drawn = strap(post, cuff.width, self.belting) + strap(run, cuff.width, self.belting)
        if self.style == "sport":
            tab = spots(run, 5, 0.2, 0.52)
            return drawn + strap(
                [(s.x, s.y) for s in tab],
                cuff.width + 4,
                Belting(colour(self.accent or self.leather), contrast(self.leather, 0.4)),
            )
        holes = "".join(
            f'<circle cx="{s.x:.1f}" cy="{s.y:.1f}" r="1.3" fill="#0d0706"/>'
            for s in spots(run, 3, 0.5, 0.64)
        )
        size = cuff.width + 7
        return drawn + holes + buckle(at, Buckle(size * 0.8, size, self.metal, 2.6))


# A strap as broad as this carries a buckle of its own.
_BUCKLED = 56


@dataclass(frozen=True, slots=True)
class Make:
    """Which straps a style has, heel to toe, and whether one goes around the ankle."""

    arches: tuple[Arch, ...]
    cuff: Cuff | None = None
    spine: bool = False


MAKES: dict[str, Make] = {
    "slide": Make((Arch(258, 258, 112, 70, 30),)),
    "two-band": Make((Arch(204, 204, 58, 82, 22), Arch(290, 290, 58, 62, 14))),
    "cross": Make((Arch(210, 312, 44, 70, 16), Arch(306, 206, 44, 74, 16))),
    "fisher": Make(
        (
            Arch(180, 180, 24, 88, 10), Arch(222, 222, 24, 78, 9), Arch(262, 262, 24, 68, 8),
            Arch(302, 302, 26, 58, 8),
        ),
        Cuff(104, 96, 76, 42, 17, 20),
        spine=True,
    ),
    "sport": Make(
        (Arch(196, 196, 40, 86, 14), Arch(296, 292, 50, 62, 14)), Cuff(98, 94, 72, 46, 26, 18)
    ),
    "gladiator": Make(
        (
            Arch(168, 168, 11, 92, 5), Arch(200, 200, 11, 82, 5), Arch(232, 232, 11, 72, 4),
            Arch(264, 264, 11, 63, 4), Arch(298, 298, 11, 54, 4), Arch(330, 330, 12, 46, 4),
        ),
        Cuff(98, 104, 70, 40, 11, 16),
        spine=True,
    ),
    "t-bar": Make((Arch(296, 296, 46, 56, 12),), Cuff(98, 102, 72, 40, 12, 18), spine=True),
    "ankle": Make(
        (Arch(262, 262, 16, 66, 6), Arch(302, 302, 18, 56, 6)), Cuff(98, 106, 70, 40, 12, 16)
    ),
}  # fmt: skip
