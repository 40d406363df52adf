"""Watches from the front: cases, dials with hands at ten past ten, straps and bracelets."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin

from studio.curves import Point, Spot, bounds, circle, outline, polygon, ring, rounded
from studio.fittings import (
    Buckle,
    buckle,
    cutout,
    gloom,
    glow,
    pool,
    thread,
)
from studio.geometry import Box
from studio.palette import colour, contrast, darker, lighter, lightness
from studio.surfaces import (
    FOAM,
    INK,
    LACQUER,
    LEATHER,
    LINK,
    METAL,
    RUBBER,
    SMOOTH,
    STRAP,
    Material,
    clipped,
    piece,
    shadow,
    softened,
)

CX, CY = 240.0, 320.0


def _polar(radius: float, clock: float) -> Point:
    """The point at a clock position (0…12) of the dial."""
    a = radians(clock * 30 - 90)
    return CX + radius * cos(a), CY + radius * sin(a)


def _circle(radius: float, x: float = CX, y: float = CY) -> str:
    return circle(x, y, radius)


@dataclass(frozen=True, slots=True)
class Watch:
    """A watch's make.

    `band` is leather, rubber, links, mesh or cloth; `bezel` plain, dive, coin or stones;
    `marks` bars, dots or mixed.
    """

    dial: str
    strap: str
    band: str = "leather"
    metal: str = "steel"
    bezel: str = "plain"
    bezel_tone: str = ""
    marks: str = "bars"
    subdials: int = 0
    date: bool = False
    square: bool = False
    radius: float = 96
    hand: str = ""
    seconds: str = "Red"
    material: Material = LEATHER
    print_: str = ""

    @property
    def shine(self) -> str:
        return f"url(#g-{self.metal})"

    @property
    def pen(self) -> str:
        """What is painted on the dial."""
        if self.hand:
            return colour(self.hand)
        return "#2a2b2e" if lightness(self.dial) > 0.5 else "#f2f0ea"

    @property
    def applied(self) -> str:
        """The metal of hands and hour marks, dark enough to be read on a pale dial."""
        if lightness(self.dial) < 0.5:
            return self.shine
        return {"steel": "#3d4550", "gunmetal": "#2c2f33"}.get(
            self.metal, darker(_METAL_TONES[self.metal], 0.35)
        )

    def drawn(self) -> str:
        """The watch as SVG in picture units."""
        bands = {"links": self._links, "mesh": self._milanese}.get(self.band, self._strap)
        return bands() + self._case() + self._face() + self._glass()

    # -- what goes around the wrist --------------------------------------------

    def _half_width(self, share: float) -> float:
        """Half the strap's breadth, from the lugs (0) to its end (1)."""
        return self.radius * (0.56 - 0.12 * share)

    def _strap(self) -> str:
        """The two ends of a strap: the buckle above, the holes below."""
        r, drawn = self.radius, ""
        for way in (-1, 1):
            start, end = CY + way * r * 0.86, CY + way * (284 if way > 0 else 258)
            w0, w1 = self._half_width(0), self._half_width(1)
            tip = 20 if way > 0 else 4
            d = outline(
                [(CX - w0, start), (CX - w1 - 2, (start + end) / 2), (CX - w1, end - way * tip)],
                [
                    (CX - w1, end - way * tip),
                    (CX, end + way * tip * 0.35),
                    (CX + w1, end - way * tip),
                ],
                [(CX + w1, end - way * tip), (CX + w1 + 2, (start + end) / 2), (CX + w0, start)],
                [(CX + w0, start), (CX - w0, start)],
            )
            inner = outline(
                [
                    (CX - w0 + 7, start),
                    (CX - w1 + 4, (start + end) / 2),
                    (CX - w1 + 6, end - way * tip),
                ],
                [
                    (CX - w1 + 6, end - way * tip),
                    (CX, end - way * (6 - tip * 0.3)),
                    (CX + w1 - 6, end - way * tip),
                ],
                [
                    (CX + w1 - 6, end - way * tip),
                    (CX + w1 - 4, (start + end) / 2),
                    (CX + w0 - 7, start),
                ],
            )
            material = {"rubber": RUBBER, "cloth": FOAM}.get(self.band, self.material)
            bulge = glow([(CX - w0 * 0.35, start), (CX - w1 * 0.35, end)], 22, 0.20, 8)
            drawn += shadow(d, 4, 0.3, 2, 4)
            drawn += piece(
                d, colour(self.strap), material, self.print_ + self._grooves(way) + bulge
            )
            if self.band == "leather":
                drawn += thread(inner, contrast(self.strap, 0.42), 1.2, "5 3")
            drawn += gloom([(CX - w0, start + way * 10), (CX + w0, start + way * 10)], 12, 0.45, 4)
        return drawn + self._fastening()

    def _grooves(self, way: int) -> str:
        if self.band != "rubber":
            return ""
        rows = range(int(self.radius * 1.25), 262, 15)
        return "".join(
            f'<path d="M{CX - 70},{CY + way * y}H{CX + 70}" stroke="#000" stroke-opacity=".38" '
            f'stroke-width="3.4"/><path d="M{CX - 70},{CY + way * y + 3}H{CX + 70}" stroke="#fff" '
            'stroke-opacity=".14" stroke-width="1.6"/>'
            for y in rows
        )

    def _fastening(self) -> str:
        w = self._half_width(1)
        holes = "".join(
            f'<ellipse cx="{CX}" cy="{y}" rx="3" ry="3.6" fill="#0d0706" opacity=".9"/>'
            f'<path d="M{CX - 3},{y + 1.5}a3,3.6 0 0 0 6,0" fill="none" stroke="#fff" '
            'stroke-opacity=".3" stroke-width="1"/>'
            for y in (480, 502, 524, 546, 568)
        )
        keeper = rounded(CX - w - 4, 116, 2 * w + 8, 15, 5)
        tone = colour(self.strap)
        return (
            holes
            + buckle(Spot(CX, 62, 90), Buckle(34, 2 * w + 22, self.shine, 5.2))
            + shadow(keeper, 2, 0.45, 0, 3)
            + piece(keeper, tone, STRAP)
        )

    def _links(self) -> str:
        """A bracelet of three rows of links that shrink towards the ends."""
        drawn, link = "", f"url(#l-{self.metal})"
        pitch = 21
        for way in (-1, 1):
            count = 10
            for i in reversed(range(count)):
                y = CY + way * (self.radius * 0.86 + (i + 0.4) * pitch)
                half = self._half_width(i / count)
                top = y - pitch / 2
                for x0, x1 in ((-half, -half * 0.36), (half * 0.36, half)):
                    d = rounded(CX + x0, top, x1 - x0, pitch - 1.2, 3)
                    drawn += shadow(d, 1, 0.35, 1, 2) + piece(d, link, LINK)
                d = rounded(CX - half * 0.345, top, half * 0.69, pitch - 1.2, 3)
                middle = "url(#l-gold)" if self.strap == "Gold" else f"url(#l-{self.metal}-bright)"
                drawn += piece(d, middle, LINK)
            drawn += gloom(
                [(CX - 50, CY + way * self.radius), (CX + 50, CY + way * self.radius)], 14, 0.5, 4
            )
        return drawn

    def _milanese(self) -> str:
        """A bracelet of woven wire."""
        weave = "".join(
            f'<path d="M{x},{y}q3,-3.4 6,0" fill="none" stroke="{tone}" stroke-opacity=".5" '
            'stroke-width="1.3"/>'
            for y in range(40, 604, 4)
            for x in range(180 + (y // 4 % 2) * 3, 300, 6)
            for tone in (("#000",) if y % 8 else ("#fff",))
        )
        w = self._half_width(0) * 0.92
        d = rounded(CX - w, 46, 2 * w, 552, 8)
        clasp = rounded(CX - w - 2, 92, 2 * w + 4, 34, 5)
        return (
            shadow(d, 4, 0.3, 2, 4)
            + piece(d, lighter(_METAL_TONES[self.metal], 0.1), STRAP, weave)
            + gloom([(CX - 50, CY - self.radius), (CX + 50, CY - self.radius)], 14, 0.5, 4)
            + gloom([(CX - 50, CY + self.radius), (CX + 50, CY + self.radius)], 14, 0.5, 4)
            + shadow(clasp, 2, 0.4, 1, 3)
            + piece(clasp, self.shine, METAL)
        )

    # -- case and dial -----------------------------------------------------------

    def _outline(self, grow: float = 0.0) -> str:
        r = self.radius + grow
        return (
            rounded(CX - r * 0.92, CY - r, 1.84 * r, 2 * r, 26 + grow)
            if self.square
            else _circle(r)
        )

    def _case(self) -> str:
        r, drawn = self.radius, ""
        w = self._half_width(0)
        for sx in (-1, 1):
            for sy in (-1, 1):
                x = CX + sx * (w + 7)
                lug = outline(
                    [
                        (x - 10, CY + sy * r * 0.62),
                        (x - 9, CY + sy * (r + 6)),
                        (x - 6 + sx * -2, CY + sy * (r + 19)),
                    ],
                    [(x - 6 + sx * -2, CY + sy * (r + 19)), (x + 6 + sx * -2, CY + sy * (r + 17))],
                    [
                        (x + 6 + sx * -2, CY + sy * (r + 17)),
                        (x + 9, CY + sy * (r + 4)),
                        (x + 10, CY + sy * r * 0.62),
                    ],
                    [(x + 10, CY + sy * r * 0.62), (x - 10, CY + sy * r * 0.62)],
                )
                drawn += shadow(lug, 2, 0.4, 1, 3) + piece(lug, self.shine, METAL)
        side = r * (0.92 if self.square else 1.0)
        crown = rounded(CX + side - 2, CY - 10, 17, 20, 4)
        ridges = "".join(
            f'<path d="M{CX + side},{CY + y}h15" stroke="#000" stroke-opacity=".35"/>'
            for y in range(-8, 10, 3)
        )
        drawn += shadow(crown, 2, 0.4, 1, 3) + piece(crown, self.shine, METAL, ridges)
        if self.subdials:
            for clock in (2, 4):
                x, y = _polar(r + 2, clock)
                pusher = rounded(x - 7, y - 7, 16, 13, 4)
                drawn += shadow(pusher, 1, 0.4, 1, 2) + piece(pusher, self.shine, METAL)
        case = self._outline(8)
        drawn += shadow(case, 4, 0.35, 2, 5) + piece(case, self.shine, METAL)
        return drawn + self._bezel()

    def _bezel(self) -> str:
        r = self.radius
        tone = colour(self.bezel_tone) if self.bezel_tone else self.shine
        d = self._outline(2)
        drawn = piece(d, tone, METAL if not self.bezel_tone else SMOOTH)
        if self.bezel == "dive":
            for i in range(60):
                a, b = _polar(r - 2, i / 5), _polar(r - (11 if i % 5 == 0 else 6), i / 5)
                drawn += (
                    f'<path d="M{a[0]:.1f},{a[1]:.1f}L{b[0]:.1f},{b[1]:.1f}" stroke="#f4f2ec" '
                    f'stroke-width="{2.4 if i % 5 == 0 else 1}" stroke-opacity=".9"/>'
                )
            x, y = _polar(r - 7, 0)
            drawn += f'<path d="M{x - 7},{y - 6}h14l-7,12z" fill="#f4f2ec"/>'
        elif self.bezel == "coin":
            for i in range(120):
                a, b = _polar(r + 7.5, i / 10), _polar(r + 1, i / 10)
                drawn += (
                    f'<path d="M{a[0]:.1f},{a[1]:.1f}L{b[0]:.1f},{b[1]:.1f}" stroke="#000" '
                    'stroke-opacity=".34" stroke-width="1.6"/>'
                )
        elif self.bezel == "stones":
            for i in range(44):
                x, y = _polar(r - 4, i * 12 / 44)
                drawn += (
                    piece(circle(x, y, 5.2), "#eef3f7", METAL)
                    + f'<path d="M{x - 2.4:.1f},{y:.1f}l2.4,-2.8l2.4,2.8l-2.4,2.8z" fill="#fff"/>'
                )
        return drawn

    @property
    def _inner(self) -> float:
        """The dial's radius inside the bezel."""
        return self.radius - {"dive": 15, "stones": 12}.get(self.bezel, 8)

    def _face(self) -> str:
        r = self._inner
        d = rounded(CX - r * 0.92, CY - r, 1.84 * r, 2 * r, 20) if self.square else _circle(r)
        rays = "".join(
            softened(
                f'<path d="{polygon([(CX, CY), a, b])}" fill="{tone}" opacity="{alpha}"/>',
                Box(CX - 180, CY - 180, CX + 180, CY + 180),
                8,
            )
            for a, b, tone, alpha in (
                (_polar(180, 10.2), _polar(180, 11.3), "#fff", 0.34),
                (_polar(180, 4.2), _polar(180, 5.3), "#fff", 0.20),
                (_polar(180, 1.2), _polar(180, 2.6), "#000", 0.22),
                (_polar(180, 7.2), _polar(180, 8.6), "#000", 0.18),
            )
        )
        drawn = piece(d, colour(self.dial), LACQUER, rays + self._recess(d))
        drawn += self._track(r) + self._marks(r) + self._subs(r)
        return drawn + (self._date(r) if self.date else "") + self._hands(r)

    def _recess(self, d: str) -> str:
        """The bezel's shadow on the dial, darkest under the light."""
        rim = (
            f'<path d="{d}" fill="none" stroke="{INK}" stroke-width="13" stroke-opacity=".5" '
            'transform="translate(2 4)"/>'
        )
        return softened(rim, bounds(d, 11), 4)

    def _track(self, r: float) -> str:
        if self.square:
            return ""
        return "".join(
            f'<path d="M{a[0]:.1f},{a[1]:.1f}L{b[0]:.1f},{b[1]:.1f}" stroke="{self.pen}" '
            'stroke-width=".9" stroke-opacity=".75"/>'
            for a, b in ((_polar(r - 4, i / 5), _polar(r - 8, i / 5)) for i in range(60) if i % 5)
        )

    def _marks(self, r: float) -> str:
        drawn = ""
        fill = self.applied if self.marks == "bars" else self.pen
        for hour in range(12):
            reach = r
            if self.square:
                a = radians(hour * 30 - 90)
                reach = min(r * 0.92 / max(abs(cos(a)), 1e-6), r / max(abs(sin(a)), 1e-6))
            x, y = _polar(reach - 15, hour)
            main = hour % 3 == 0
            if self.marks == "dots" or (self.marks == "mixed" and not main):
                d = _circle(5.2 if main else 3.8, x, y)
            else:
                w, h = (6.4, 21) if main else (4.4, 16)
                d = rounded(-w / 2, -h / 2, w, h, 1)
                drawn += f'<g transform="translate({x:.1f} {y:.1f}) rotate({hour * 30})">'
                drawn += shadow(d, 1, 0.5, 0.6, 1.4) + f'<path d="{d}" fill="{fill}"/>'
                drawn += "</g>"
                continue
            drawn += shadow(d, 1, 0.4, 0.6, 1.4) + piece(d, self.pen, METAL)
        return drawn

    def _subs(self, r: float) -> str:
        drawn = ""
        clocks = {0: (), 1: (6,), 2: (3, 9), 3: (3, 6, 9)}[self.subdials]
        for clock in clocks:
            x, y = _polar(r * 0.46, clock)
            s = r * 0.23
            ticks = "".join(
                f'<path d="M{x:.1f},{y - s + 2.5:.1f}v3.6" stroke="{self.pen}" stroke-width="1" '
                f'transform="rotate({k * 30} {x:.1f} {y:.1f})"/>'
                for k in range(12)
            )
            tone = (
                darker(self.dial, 0.22) if lightness(self.dial) > 0.2 else lighter(self.dial, 0.12)
            )
            drawn += (
                cutout(_circle(s + 2.2, x, y), _circle(s, x, y), self.shine)
                + piece(_circle(s, x, y), tone, LACQUER)
                + ticks
                + f'<path d="M{x:.1f},{y:.1f}v{-s * 0.72:.1f}" stroke="{self.pen}" '
                f'stroke-width="1.8" stroke-linecap="round" '
                f'transform="rotate({clock * 47} {x:.1f} {y:.1f})"/>'
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="{self.pen}"/>'
            )
        return drawn

    def _date(self, r: float) -> str:
        x, y = (_polar(r * 0.68, 3)) if self.subdials < 2 else _polar(r * 0.68, 4.5)
        window = rounded(x - 11, y - 8, 22, 16, 1.5)
        return (
            cutout(rounded(x - 13, y - 10, 26, 20, 2), window, self.shine)
            + f'<path d="{window}" fill="#f6f4ee"/>'
            + f'<path d="M{x - 5},{y - 4}v9M{x + 2},{y - 4.5}h5v4.5h-5v5h5" fill="none" '
            'stroke="#26272a" stroke-width="1.5"/>'
        )

    def _hands(self, r: float) -> str:
        """Hour, minute and second hands with their shadows, showing 10:09:36."""
        drawn = ""
        fill = self.applied if not self.hand else self.pen
        for clock, reach, width in ((10.15, 0.52, 7.0), (1.82, 0.80, 5.2)):
            half, tail, neck = width / 2, r * 0.13, -r * reach * 0.86
            d = polygon([(-half, tail), (-half, neck), (0, -r * reach), (half, neck), (half, tail)])
            lume = (
                f'<path d="M0,{-r * 0.2:.1f}V{-r * reach * 0.84:.1f}" stroke="#eef0e4" '
                f'stroke-width="{width * 0.36:.1f}"/>'
            )
            drawn += (
                f'<g transform="translate({CX} {CY})"><g transform="translate(1.5 3.4) '
                f'rotate({clock * 30})">{shadow(d, 1, 0.45)}</g>'
                f'<g transform="rotate({clock * 30})">'
                f"{piece(d, fill, METAL)}{lume if lightness(self.dial) < 0.5 else ''}</g></g>"
            )
        second = colour(self.seconds)
        drawn += (
            f'<g transform="translate({CX} {CY})"><path d="M0,{r * 0.26:.1f}V{-r * 0.84:.1f}" '
            f'transform="translate(2 4) rotate(216)" stroke="{INK}" stroke-opacity=".35" '
            f'stroke-width="1.8"/><path d="M0,{r * 0.26:.1f}V{-r * 0.84:.1f}" '
            f'transform="rotate(216)" stroke="{second}" stroke-width="1.8" '
            'stroke-linecap="round"/></g>'
        )
        return drawn + piece(_circle(5.4), second, METAL) + piece(_circle(2.2), self.shine, METAL)

    def _glass(self) -> str:
        """A broad faint reflection on the crystal."""
        r = self._inner
        d = rounded(CX - r * 0.92, CY - r, 1.84 * r, 2 * r, 20) if self.square else _circle(r)
        flare = outline(
            [(CX - r * 1.1, CY + r * 0.1), (CX - r * 0.2, CY - r * 1.2)],
            [(CX - r * 0.2, CY - r * 1.2), (CX + r * 0.35, CY - r * 1.2)],
            [(CX + r * 0.35, CY - r * 1.2), (CX - r * 1.1, CY + r * 0.75)],
            [(CX - r * 1.1, CY + r * 0.75), (CX - r * 1.1, CY + r * 0.1)],
        )
        rim = ring((CX, CY), r - 3, r - 3, 20, 100, 9)
        return clipped(d, f'<path d="{flare}" fill="#fff" opacity=".13"/>' + glow(rim, 3, 0.28, 2))


_METAL_TONES = {
    "steel": "#b9bec4",
    "gold": "#d2ad62",
    "rose": "#d3a28c",
    "gunmetal": "#5b6066",
    "brass": "#b3945a",
}


@dataclass(frozen=True, slots=True)
class DigitalWatch:
    """A chunky resin watch with a liquid-crystal display."""

    resin: str
    accent: str

    def drawn(self) -> str:
        """The watch as SVG in picture units."""
        return self._strap() + self._case() + self._display()

    def _strap(self) -> str:
        drawn = ""
        for way in (-1, 1):
            end = CY + way * 262
            d = outline(
                [(CX - 62, CY + way * 84), (CX - 48, CY + way * 150), (CX - 44, end)],
                [(CX - 44, end), (CX, end + way * (14 if way > 0 else 2)), (CX + 44, end)],
                [(CX + 44, end), (CX + 48, CY + way * 150), (CX + 62, CY + way * 84)],
                [(CX + 62, CY + way * 84), (CX - 62, CY + way * 84)],
            )
            rows = "".join(
                f'<rect x="{CX - 26}" y="{CY + way * y - 5}" width="52" height="9" rx="4" '
                f'fill="#000" opacity=".32"/>'
                for y in range(126, 250, 20)
            )
            drawn += shadow(d, 4, 0.3, 2, 4) + piece(d, colour(self.resin), RUBBER, rows)
        return drawn + buckle(Spot(CX, 54, 90), Buckle(32, 106, "url(#g-steel)", 5))

    def _case(self) -> str:
        body = outline(
            [(150, 248), (176, 222), (240, 214), (304, 222), (330, 248)],
            [(330, 248), (344, 290), (344, 350), (330, 392)],
            [(330, 392), (304, 418), (240, 426), (176, 418), (150, 392)],
            [(150, 392), (136, 350), (136, 290), (150, 248)],
        )
        buttons = "".join(
            shadow(d, 1, 0.4, 1, 2) + piece(d, "url(#g-steel)", METAL)
            for d in (rounded(x, y, 14, 26, 5) for x in (128, 338) for y in (268, 346))
        )
        bezel = outline(
            [(170, 252), (240, 240), (310, 252)],
            [(310, 252), (322, 320), (310, 388)],
            [(310, 388), (240, 400), (170, 388)],
            [(170, 388), (158, 320), (170, 252)],
        )
        screws = "".join(
            f"{piece(circle(x, y, 5), 'url(#g-steel)', METAL)}"
            f'<path d="M{x - 3},{y}h6" stroke="#222" stroke-width="1.3"/>'
            for x in (164, 316)
            for y in (244, 396)
        )
        return (
            buttons
            + shadow(body, 4, 0.35, 2, 6)
            + piece(body, colour(self.resin), RUBBER, glow([(160, 240), (310, 236)], 14, 0.3, 4))
            + piece(bezel, colour(self.accent), SMOOTH)
            + screws
        )

    def _display(self) -> str:
        plate = rounded(178, 266, 124, 108, 14)
        glass = rounded(188, 288, 104, 58, 6)
        bars = "".join(
            f'<rect x="{x}" y="{276}" width="9" height="4" rx="2" fill="{colour(self.accent)}"/>'
            for x in range(190, 290, 14)
        )
        digits = "".join(_digit(x, 300, segments) for x, segments in _TIME)
        colon = "".join(
            f'<circle cx="{x}" cy="{y}" r="2.4" fill="#1d241b"/>'
            for x, y in ((240, 310), (239, 324))
        )
        flare = '<path d="M188,288h58l-38,58h-20z" fill="#fff" opacity=".22"/>'
        return (
            piece(plate, "#1b1c1f", SMOOTH)
            + bars
            + piece(glass, _CRYSTAL, LACQUER, pool((240, 290), 60, 6, 0.3))
            + digits
            + colon
            + clipped(glass, flare)
            + f'<rect x="210" y="356" width="60" height="5" rx="2.5" fill="{colour(self.accent)}"/>'
        )


# The grey-green of a liquid-crystal display.
_CRYSTAL = "#b9c4ab"
# The seven segments a…g of each digit shown: 1 0 : 0 8.
_TIME = ((197, "bc"), (214, "abcdef"), (248, "abcdef"), (268, "abcdefg"))
_SEGMENTS = {
    "a": "M2,0h10l-2,3h-6z",
    "b": "M13,1v13l-3,-2v-8z",
    "c": "M12.6,16v13l-3,-3v-8z",
    "d": "M1.6,30h10l-2,-3h-6z",
    "e": "M.6,16v13l3,-3v-8z",
    "f": "M1,1v13l3,-2v-8z",
    "g": "M2,15l2,-1.6h6l2,1.6l-2,1.6h-6z",
}


def _digit(x: float, y: float, segments: str) -> str:
    drawn = "".join(f'<path d="{_SEGMENTS[s]}"/>' for s in segments)
    return (
        f'<g transform="translate({x + 1.5} {y + 2}) skewX(-4)" opacity=".18">{drawn}</g>'
        f'<g transform="translate({x} {y}) skewX(-4)" fill="#1d241b">{drawn}</g>'
    )
