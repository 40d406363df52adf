"""What things are made of: SVG filters that give a flat shape volume and grain.

Each material is one filter. It lays a fine relief over the fill, darkens the shape
along its lower edge, lightens it along its upper edge and draws a thin crease all
around, so that every part looks cut from a thick material and lit from above.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

from studio.curves import bounds
from studio.geometry import Box
from studio.palette import lighter

# The colour of shade: a warm black.
INK = "#1c1310"


@dataclass(frozen=True, slots=True)
class Material:
    """How a surface takes the light. Lengths are user units, strengths are 0…1."""

    grain: str  # base frequency of the relief ("0.9" or "0.2 0.8"); empty for none
    relief: float  # height of the relief
    depth: float  # how far the shading reaches in from the edge
    shade: float  # darkness of the lower edge
    light: float  # brightness of the upper edge
    crease: float = 0.45  # darkness of the line around the shape
    gloss: float = 0.0  # strength of a sharp reflection inside the upper edge
    weave: str = ""  # a key of `_WEAVES` laid over the fill


LEATHER = Material("0.55", 0.55, 9, 0.42, 0.30)
SMOOTH = Material("0.9", 0.25, 10, 0.45, 0.34, gloss=0.30)
PATENT = Material("", 0, 10, 0.55, 0.12, gloss=0.62)
TREAD = Material("0.9", 0.35, 7, 0.26, 0.20, 0.35, weave="twill")
SUEDE = Material("1.15", 1.2, 9, 0.36, 0.22, 0.35)
CANVAS = Material("0.9", 0.5, 9, 0.36, 0.22, 0.35, weave="canvas")
MESH = Material("0.9", 0.25, 10, 0.34, 0.24, 0.3, weave="mesh")
NYLON = Material("0.06 0.09", 0.9, 12, 0.40, 0.26, 0.35, weave="twill")
KNIT = Material("0.7", 0.6, 12, 0.34, 0.20, 0.3, weave="knit")
RUBBER = Material("0.9", 0.22, 6, 0.32, 0.26, 0.30)
FOAM = Material("1.1", 0.3, 8, 0.26, 0.30, 0.25)
ACETATE = Material("", 0, 3.4, 0.50, 0.36, 0.5, gloss=0.55)
LACQUER = Material("", 0, 7, 0.22, 0.10, 0.4)
METAL = Material("", 0, 2.2, 0.55, 0.75, 0.6)
# Small polished parts beside each other, as in a bracelet.
LINK = Material("", 0, 1.6, 0.45, 0.22, 0.7)
SATIN = Material("0.02 0.9", 0.35, 11, 0.40, 0.42, 0.35)
LINING = Material("0.8", 0.4, 10, 0.10, 0.0, 0.3)
STRAP = Material("0.6", 0.45, 3.2, 0.45, 0.35, 0.5)
CORD = Material("0.9", 0.5, 2.0, 0.42, 0.30, 0.4)


# Light comes from above and a little from the left, as in the rest of the catalogue.
_LIGHT = '<feDistantLight azimuth="255" elevation="58"/>'
# A level surface under that light is this bright; the relief is evened out with it.
_LEVEL = 0.848


# Shade and light as the first three rows of a colour matrix: red, green, blue.
_DARK = "0 0 0 0 .07 0 0 0 0 .04 0 0 0 0 .03"
_WHITE = "0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"


def _edge(name: str, blur: float, dy: float, strength: float, colour: str) -> str:
    """The filter steps for a soft band of colour inside one edge of the shape."""
    moved = f'<feOffset dx="{dy * 0.25:.2f}" dy="{dy}"/>' if dy else ""
    return (
        f'<feGaussianBlur in="outside" stdDeviation="{blur}"/>{moved}'
        f'<feColorMatrix values="{colour} 0 0 0 {strength} 0" result="{name}"/>'
    )


def _grain(m: Material) -> str:
    """The steps for a fine relief under the studio's light, as the result `grained`."""
    return (
        f'<feTurbulence type="fractalNoise" baseFrequency="{m.grain}" numOctaves="2" seed="7"/>'
        f'<feDiffuseLighting surfaceScale="{m.relief}" diffuseConstant="1" '
        f'lighting-color="#fff" result="relief">{_LIGHT}</feDiffuseLighting>'
        f'<feComposite in="SourceGraphic" in2="relief" operator="arithmetic" '
        f'k1="{1 / _LEVEL:.3f}" k2="0" k3="0" k4="0" result="grained"/>'
    )


def _gloss(m: Material) -> str:
    """The steps for a line of light inside the edge: the blurred outside, cut to a narrow range."""
    return (
        f'<feGaussianBlur in="outside" stdDeviation="{m.depth * 0.8}"/>'
        f'<feOffset dx="1.5" dy="{m.depth * 0.8}"/>'
        '<feComponentTransfer><feFuncA type="table" '
        'tableValues="0 0 0 0.15 0.9 0.15 0 0 0 0 0"/></feComponentTransfer>'
        '<feGaussianBlur stdDeviation="0.8"/>'
        f'<feColorMatrix values="{_WHITE} 0 0 0 {m.gloss} 0" result="gloss"/>'
    )


def _steps(m: Material) -> str:
    """What the filter does, to any shape."""
    layers = {"grained" if m.grain else "SourceGraphic": _grain(m) if m.grain else ""}
    if m.shade:
        layers["shade"] = _edge("shade", m.depth, -m.depth * 0.75, m.shade, _DARK)
    if m.light:
        layers["light"] = _edge("light", m.depth * 0.6, m.depth * 0.55, m.light, _WHITE)
    if m.gloss:
        layers["gloss"] = _gloss(m)
    layers["crease"] = _edge("crease", 0.9, 0, m.crease, _DARK)
    merge = "".join(f'<feMergeNode in="{layer}"/>' for layer in layers)
    return (
        '<feComponentTransfer in="SourceAlpha" result="outside">'
        '<feFuncA type="table" tableValues="1 0"/></feComponentTransfer>'
        f"{''.join(layers.values())}<feMerge>{merge}</feMerge>"
        '<feComposite in2="SourceAlpha" operator="in"/>'
    )


# Repeating tiles of black and white with alpha: the cloth's threads.
_WEAVES = {
    "canvas": (3.2, 3.2, "M0,.8h1.6M1.6,2.4h1.6", "M1.6,.8h1.6M0,2.4h1.6", 1.2),
    "twill": (2.6, 2.6, "M-1,3.6L3.6,-1M-1,1L1,-1M1.6,3.6L3.6,1.6", "M-1,2.3L2.3,-1", 0.6),
    "mesh": (6, 6, "M1.5,1.5h.01M4.5,4.5h.01", "M1.5,3h.01M4.5,6h.01M4.5,0h.01", 2.1),
    "knit": (
        5,
        4.4,
        "M0,0L2.5,2.6L5,0M0,4.4L2.5,7",
        "M0,2.2L2.5,4.8L5,2.2M0,-2.2L2.5,.4L5,-2.2",
        0.9,
    ),
}


def _weave(name: str, tile: tuple[float, float, str, str, float]) -> str:
    width, height, dark, light, pen = tile
    drawn = "".join(
        f'<path d="{d}" fill="none" stroke="{colour}" stroke-opacity="{alpha}" '
        f'stroke-width="{pen}" stroke-linecap="round"/>'
        for d, colour, alpha in ((dark, "#000", 0.26), (light, "#fff", 0.20))
    )
    return (
        f'<pattern id="w-{name}" width="{width}" height="{height}" '
        f'patternUnits="userSpaceOnUse">{drawn}</pattern>'
    )


# Metals as seen in a studio: a bright sky, a dark horizon line, a lit table.
METALS = {
    "steel": ("#fbfcfd", "#c3c8ce", "#8a9098", "#dfe3e7", "#a9afb6"),
    "gold": ("#fff3cf", "#e0bd72", "#a67c32", "#f2d998", "#c39a4e"),
    "rose": ("#fff0e8", "#e2b29b", "#ad7560", "#f2cfc0", "#c98f78"),
    "gunmetal": ("#b9bdc2", "#6d7278", "#33373c", "#878c92", "#4c5056"),
    "brass": ("#f5e6bd", "#bf9f5e", "#7a5c28", "#d9c08a", "#967640"),
}
_METAL_STOPS = (0.0, 0.28, 0.52, 0.72, 1.0)


def _metal(name: str, colours: tuple[str, ...]) -> str:
    stops = "".join(
        f'<stop offset="{at}" stop-color="{colour}"/>'
        for at, colour in zip(_METAL_STOPS, colours, strict=True)
    )
    return f'<linearGradient id="g-{name}" x1="0" y1="0" x2=".25" y2="1">{stops}</linearGradient>'


def _link(name: str, colours: tuple[str, ...], lift: float) -> str:
    """A metal cylinder lying across: for the links of a bracelet."""
    light, fair, dark = (lighter(colours[i], lift) for i in (3, 1, 2))
    return (
        f'<linearGradient id="{name}" x2="0" y2="1"><stop offset="0" stop-color="{dark}"/>'
        f'<stop offset=".3" stop-color="{light}"/><stop offset=".62" stop-color="{fair}"/>'
        f'<stop offset="1" stop-color="{dark}"/></linearGradient>'
    )


def definitions(svg: str) -> str:
    """The weaves and metals that the drawing refers to, for its `<defs>`."""
    named = {
        **{f"w-{name}": _weave(name, tile) for name, tile in _WEAVES.items()},
        **{f"g-{name}": _metal(name, colours) for name, colours in METALS.items()},
        **{f"l-{name}": _link(f"l-{name}", METALS[name], 0.0) for name in METALS},
        **{f"l-{name}-bright": _link(f"l-{name}-bright", METALS[name], 0.3) for name in METALS},
    }
    return "".join(text for key, text in named.items() if f"url(#{key})" in svg)


def _filtered(svg: str, steps: str, box: Box) -> str:
    """The drawing through a filter that is computed within the box and no further.

    The filter's region is not left to the shape's own box: a print reaches far
    beyond the piece that it is cut to, and a straight line has no height.
    """
    region = (
        f'x="{box.x0:.0f}" y="{box.y0:.0f}" width="{box.width + 1:.0f}" '
        f'height="{box.height + 1:.0f}"'
    )
    key = f"f{crc32(f'{region}{steps}'.encode()):08x}"
    return (
        f'<filter id="{key}" filterUnits="userSpaceOnUse" {region} '
        f'color-interpolation-filters="sRGB">{steps}</filter><g filter="url(#{key})">{svg}</g>'
    )


def softened(svg: str, box: Box, blur: float) -> str:
    """The drawing, which lies within the box, out of focus."""
    steps = f'<feGaussianBlur stdDeviation="{blur}"/>'
    return _filtered(svg, steps, box.grown(blur * 3))


def made(svg: str, box: Box, material: Material) -> str:
    """The drawing, whose outline lies within the box, as parts of a material."""
    # The shading looks at what lies just outside the outline.
    return _filtered(svg, _steps(material), box.grown(material.depth * 2.5 + 2))


def clipped(d: str, content: str) -> str:
    """`content` cut to the shape `d`."""
    key = f"c{crc32(d.encode()):08x}"
    return (
        f'<clipPath id="{key}"><path d="{d}"/></clipPath><g clip-path="url(#{key})">{content}</g>'
    )


def piece(d: str, fill: str, material: Material, on_it: str = "") -> str:
    """One part of a product: the shape `d` of a material, with what is printed `on_it`."""
    inside = f'<path d="{d}" fill="{fill}"/>'
    if material.weave:
        on_it += f'<path d="{d}" fill="url(#w-{material.weave})"/>'
    if on_it:
        inside += clipped(d, on_it)
    return made(inside, bounds(d), material)


def shadow(d: str, blur: int, opacity: float, dx: float = 0, dy: float = 0) -> str:
    """A soft dark copy of the shape, to lie under a part."""
    dark = f'<path d="{d}" fill="{INK}" opacity="{opacity}" transform="translate({dx} {dy})"/>'
    still = bounds(d)
    moved = Box(still.x0 + dx, still.y0 + dy, still.x1 + dx, still.y1 + dy)
    return softened(dark, moved, blur)
