"""The small parts that shoes, bags and accessories share: stitches, laces, buckles, zips.

Each function returns SVG; see `studio.curves` for runs and `studio.surfaces` for materials.
"""

from __future__ import annotations

from dataclasses import dataclass

from studio.curves import (
    Point,
    Run,
    Spot,
    Width,
    band,
    beside,
    bounds,
    circle,
    ellipse,
    length,
    line,
    outline,
    ring,
    rounded,
    spots,
)
from studio.surfaces import CORD, INK, METAL, STRAP, Material, made, piece, shadow, softened


def thread(d: str, colour: str, width: float = 1.1, dash: str = "4.2 2.6") -> str:
    """A row of stitches along the path data, each with its tiny shadow."""
    plain = f'fill="none" stroke-width="{width}" stroke-dasharray="{dash}" stroke-linecap="round"'
    return (
        f'<path d="{d}" stroke="{INK}" stroke-opacity=".38" transform="translate(.4 .9)" {plain}/>'
        f'<path d="{d}" stroke="{colour}" {plain}/>'
    )


def stitches(run: Run, colour: str, width: float = 1.1, dash: str = "4.2 2.6") -> str:
    """A row of stitches along the run."""
    return thread(line(run), colour, width, dash)


def groove(d: str, opacity: float = 0.5) -> str:
    """A pressed line: a dark valley with a lit lower lip."""
    return (
        f'<path d="{d}" fill="none" stroke="{INK}" stroke-opacity="{opacity}" '
        f'stroke-width="1.4"/><path d="{d}" fill="none" stroke="#fff" '
        f'stroke-opacity="{opacity * 0.45:.2f}" stroke-width="1.2" transform="translate(0 1.4)"/>'
    )


def seam(run: Run, colour: str, gap: float = 4) -> str:
    """A groove where two parts meet, with a row of stitches `gap` units to its right."""
    return groove(line(run)) + stitches(beside(run, gap), colour, 0.95)


def glow(run: Run, width: float, opacity: float, blur: int = 8) -> str:
    """A soft streak of light along the run."""
    return _streak(run, width, opacity, blur, "#fff")


def gloom(run: Run, width: float, opacity: float, blur: int = 4) -> str:
    """A soft streak of shade along the run: a fold, or the shade beside a thicker part."""
    return _streak(run, width, opacity, blur, INK)


def _streak(run: Run, width: float, opacity: float, blur: int, colour: str) -> str:
    d = line(run)
    stroke = (
        f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width}" '
        f'stroke-opacity="{opacity}" stroke-linecap="round"/>'
    )
    return softened(stroke, bounds(d, width / 2), blur)


def pool(at: Point, rx: float, ry: float, opacity: float, blur: int = 4) -> str:
    """A soft dark ellipse: the depth of an opening, or a shadow on the ground."""
    return shadow(ellipse(*at, rx, ry), blur, opacity)


def shimmer(at: Point, rx: float, ry: float, opacity: float, blur: int = 2) -> str:
    """A soft white ellipse: a lamp seen in something smooth."""
    d = ellipse(*at, rx, ry)
    return softened(f'<path d="{d}" fill="#fff" opacity="{opacity}"/>', bounds(d), blur)


def eyelet(at: Spot | Point, metal: str = "url(#g-steel)", radius: float = 4.0) -> str:
    """A metal ring around a hole."""
    x, y = (at.x, at.y) if isinstance(at, Spot) else at
    return (
        f'<circle cx="{x:.1f}" cy="{y + 0.9:.1f}" r="{radius}" fill="{INK}" opacity=".35"/>'
        f"{piece(circle(x, y, radius), metal, METAL)}"
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius * 0.5:.1f}" fill="#120c0a"/>'
    )


def lace(start: Point, end: Point, width: float, colour: str, bulge: float = 3) -> str:
    """One pass of a lace that lies over the gap between two eyelets."""
    middle = ((start[0] + end[0]) / 2 + bulge * 0.6, (start[1] + end[1]) / 2 - bulge)
    return tape([start, middle, end], width, colour)


def tape(run: Run, width: Width, fill: str) -> str:
    """A soft cord or ribbon along the run, with its shadow."""
    d = band(run, width, 20)
    return shadow(d, 1, 0.42, 0.6, 2.4) + piece(d, fill, CORD)


def bow(at: Point, size: float, width: float, colour: str) -> str:
    """A tied lace: two hanging ends, two loops and the knot."""
    strands = (
        [(0.0, 0.0), (0.35, 0.5), (0.5, 1.15), (0.42, 1.5)],
        [(0.0, 0.0), (-0.2, 0.55), (-0.5, 0.95), (-0.55, 1.3)],
        [(0.0, 0.0), (0.5, -0.35), (1.05, 0.0), (0.95, 0.42), (0.5, 0.3), (0.02, 0.05)],
        [(0.0, 0.0), (-0.45, -0.2), (-0.95, 0.2), (-0.85, 0.6), (-0.4, 0.35), (-0.02, 0.05)],
    )
    x, y = at
    drawn = "".join(
        tape([(x + dx * size, y + dy * size) for dx, dy in strand], width, colour)
        for strand in strands
    )
    return drawn + tape([(x - 2, y - width * 0.4), (x + 4, y + width * 0.5)], width * 1.35, colour)


def perforations(run: Run, gap: float = 5, radius: float = 1.1) -> str:
    """A row of punched holes, as on a brogue."""
    return "".join(
        f'<circle cx="{s.x:.1f}" cy="{s.y + 0.7:.1f}" r="{radius}" fill="#fff" opacity=".28"/>'
        f'<circle cx="{s.x:.1f}" cy="{s.y:.1f}" r="{radius}" fill="#0d0706" opacity=".85"/>'
        for s in spots(run, max(int(length(run) / gap), 2))
    )


@dataclass(frozen=True, slots=True)
class Belting:
    """What a strap is cut from: its fill, its material and, if stitched, the thread's colour."""

    fill: str
    yarn: str = ""
    material: Material = STRAP
    print_: str = ""


def strap(run: Run, width: Width, belting: Belting) -> str:
    """A strap along the run with thickness, a shadow and, given a thread, edge stitching."""
    d = band(run, width, 28)
    drawn = shadow(d, 2, 0.4, 0.5, 2.5) + piece(d, belting.fill, belting.material, belting.print_)
    if belting.yarn:
        breadth = width(0.5) if callable(width) else width
        inset = breadth / 2 - max(breadth * 0.16, 1.8)
        drawn += stitches(beside(run, inset), belting.yarn, 0.9, "3.4 2.2")
        drawn += stitches(beside(run, -inset), belting.yarn, 0.9, "3.4 2.2")
    return drawn


def cutout(outer: str, inner: str, metal: str) -> str:
    """A metal frame: the outer path data less the inner, with its shadow."""
    both = f'<path fill-rule="evenodd" d="{outer}{inner}"'
    dark = f'{both} fill="{INK}" opacity=".45" transform="translate(.6 2)"/>'
    box = bounds(outer)
    return softened(dark, box.grown(2), 1) + made(f'{both} fill="{metal}"/>', box, METAL)


@dataclass(frozen=True, slots=True)
class Buckle:
    """A frame buckle: `along` its strap, `across` it, and the thickness of its frame."""

    along: float
    across: float
    metal: str = "url(#g-steel)"
    bar: float = 3.2


def buckle(at: Spot, kind: Buckle) -> str:
    """A frame buckle with a prong; the strap runs along the spot's direction."""
    w, h, bar = kind.along, kind.across, kind.bar
    frame = rounded(-w / 2, -h / 2, w, h, min(w, h) * 0.28)
    hole = rounded(-w / 2 + bar, -h / 2 + bar, w - 2 * bar, h - 2 * bar, min(w, h) * 0.16)
    prong = outline(
        [(-w / 2 + bar * 0.5, -bar * 0.55), (0, -bar * 0.75), (w / 2 - bar * 0.2, -bar * 0.4)],
        [(w / 2 - bar * 0.2, bar * 0.4), (0, bar * 0.35), (-w / 2 + bar * 0.5, bar * 0.55)],
    )
    return (
        f'<g transform="translate({at.x:.1f} {at.y:.1f}) rotate({at.angle:.1f})">'
        f"{cutout(frame, hole, kind.metal)}{shadow(prong, 1, 0.5, 0, 1.6)}"
        f"{piece(prong, kind.metal, METAL)}</g>"
    )


def stud(at: Point, radius: float, metal: str) -> str:
    """A domed rivet."""
    x, y = at
    return (
        f'<circle cx="{x + 0.3:.1f}" cy="{y + 1.3:.1f}" r="{radius + 0.3:.1f}" fill="{INK}" '
        f'opacity=".45"/>{piece(circle(x, y, radius), metal, METAL)}'
        f'<circle cx="{x - radius * 0.3:.1f}" cy="{y - radius * 0.35:.1f}" '
        f'r="{radius * 0.28:.1f}" fill="#fff" opacity=".85"/>'
    )


def zipper(run: Run, tape_fill: str, metal: str, width: float = 9) -> str:
    """A closed zip: the tape, the teeth and their groove."""
    d = line(run)
    teeth = f'<path d="{d}" fill="none" stroke'
    return piece(band(run, width, 28), tape_fill, STRAP) + (
        f'{teeth}="{INK}" stroke-opacity=".6" stroke-width="4.4"/>'
        f'{teeth}="{metal}" stroke-width="3.2" stroke-dasharray="1.6 1.1"/>'
        f'{teeth}="{INK}" stroke-opacity=".55" stroke-width=".7"/>'
    )


def puller(at: Spot, metal: str, tab: str = "", reach: float = 22) -> str:
    """A zip's slider with its hanging tag; `tab` is the fill of a leather or cord end."""
    body = rounded(-6, -4, 12, 8, 2.5)
    tag = rounded(-2.6, 3, 5.2, reach * 0.62, 2.4)
    hanging = shadow(tag, 1, 0.45, 1, 1.5) + piece(tag, metal, METAL)
    if tab:
        end = rounded(-3.8, 3 + reach * 0.45, 7.6, reach * 0.75, 3)
        hanging += shadow(end, 1, 0.45, 1, 1.5) + piece(end, tab, STRAP)
    return (
        f'<g transform="translate({at.x:.1f} {at.y:.1f})"><g transform="rotate({at.angle:.1f})">'
        f"{shadow(body, 1, 0.5, 0.5, 1.5)}{piece(body, metal, METAL)}</g>"
        f'<g transform="rotate(-7)">{hanging}</g></g>'
    )


def wire(run: Run, width: Width, metal: str) -> str:
    """A bent metal rod: a bit, a clasp, a spectacle temple."""
    d = band(run, width, 30)
    return shadow(d, 1, 0.4, 0.6, 1.8) + piece(d, metal, METAL)


def hoop(at: Point, rx: float, ry: float, width: float, metal: str) -> str:
    """A closed metal ring."""
    outer = line(ring(at, rx, ry, 0, 359.9, 17)) + "Z"
    inner = line(ring(at, rx - width, ry - width, 0, 359.9, 17)) + "Z"
    return cutout(outer, inner, metal)


def chain(run: Run, link: float, metal: str) -> str:
    """A chain: links seen from the front and from the side in turn."""
    parts = [shadow(band(run, link * 0.5, 30), 2, 0.3, 1, 3)]
    for i, s in enumerate(spots(run, max(int(length(run) / (link * 0.72)), 2))):
        wide = i % 2 == 0
        half = link * (0.31 if wide else 0.13)
        shape = rounded(-link / 2, -half, link, 2 * half, half)
        hole = rounded(-link / 2 + 2, 2 - half, link - 4, 2 * half - 4, half) if wide else ""
        both = f'<path fill-rule="evenodd" d="{shape}{hole}" fill="{metal}"/>'
        parts.append(
            f'<g transform="translate({s.x:.1f} {s.y:.1f}) rotate({s.angle:.1f})">'
            f"{made(both, bounds(shape), METAL)}</g>"
        )
    return "".join(parts)
