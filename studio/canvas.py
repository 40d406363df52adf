"""The photographic table: pieces of cloth laid down under one lamp.

Everything in the catalogue is drawn through one `Canvas`, so that all pictures
share one light (upper left), one backdrop, one kind of shadow. Units are the
picture's: 480 wide, 640 high, y downwards. A picture is drawn back to front::

    from studio.canvas import Canvas, Crease
    from studio.fabric import Fabric
    from studio.geometry import both, k, line, p

    def draw(canvas: Canvas) -> None:
        cloth = Fabric("Navy", weave="jersey", folds=0.4)
        body = both([k(0, 150), k(60, 140), p(90, 300), k(85, 500), k(0, 505)], axis=0)
        with canvas.group("translate(240 0)"):
            canvas.piece(body, cloth, creases=[Crease(60, 200, 20, 260)])
            canvas.stitch(line([k(-85, 494), k(85, 494)]), cloth)

    webp = Canvas(seed=7).drawn(draw)

- `piece` is the workhorse: an outline filled with a `Fabric`: colour, print,
  weave, side-to-side volume, soft folds, creases, darkened edge, thin contour.
  ``turn`` is the grain's angle in degrees (the print and the folds turn with it);
  ``lift`` lets the piece cast a small shadow on what lies under it (collars, flaps,
  plackets, straps); ``volume`` is how round it is (0 flat … 1 tube).
- `shape` is the plain version for hardware: one flat or gradient fill, an optional
  ``lift``. `sheen` lays a soft white (or black) blurred shape over a piece.
- `seam`, `stitch`, `stroke` draw lines; `clip` restricts what follows to an outline;
  `group` moves, scales or turns what follows.
- `define` puts any SVG definition (gradient, pattern…) into the picture and returns
  its id; `raw` adds any SVG.
- `rng` is the picture's own random generator: use no other, so that a picture is
  the same on every run.

The whole picture gets its shadow on the table and (for cloth) a slight
irregularity of all lines from the canvas: see `Setting`.
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import resvg_py
from PIL import Image

from studio.fabric import WEAVES, Fabric
from studio.geometry import Box, Path
from studio.palette import darker, lighter, mix
from studio.shading import (
    ZOOM,
    Crease,
    around,
    bent,
    extent_across,
    fold_filter,
    ink,
    lens_of,
    region,
    thread_for,
    tone_of,
    turned_about,
)

__all__ = ["HEIGHT", "WIDTH", "Canvas", "Crease", "Setting"]

WIDTH, HEIGHT = 480, 640

# Fine enough to find a product's outline to within 2 px, and nearly free.
MEASURE_ZOOM = 0.25

# About 23 KB for a picture: the whole catalogue stays below 8 MB.
WEBP_QUALITY = 88

# Quiet studio papers, warm and cool; (top, bottom) of the gradient.
BACKDROPS = (
    ("#eae7e3", "#d9d4ce"),
    ("#e6e8ea", "#d3d7da"),
    ("#ebe8e2", "#dbd5cb"),
    ("#e4e5e8", "#d0d3d8"),
    ("#e8e5e8", "#d6d2d6"),
    ("#e6e9e5", "#d3d6cf"),
)


# Beyond this, stitches and buttons look like those of a doll's clothes.
LARGEST_SCALE = 1.14

# Folds never run quite along the grain; more than this looks like wind.
FOLD_LEAN = 16


@dataclass(frozen=True, slots=True)
class Setting:
    """How the whole product lies on the table.

    - ``wobble``: how far lines stray from the drawing, px. About 2.5 for cloth, 0 for
      hard things such as watches.
    - ``tilt``: largest turn to either side, degrees.
    - ``height``: how far the soft shadow reaches, px: 10 for a shirt, more for a shoe.
    - ``fit``: (width, height) that the product is scaled to fit and centred in, px;
      None leaves it where it was drawn.
    """

    wobble: float = 2.6
    tilt: float = 1.2
    height: float = 10.0
    fit: tuple[float, float] | None = None


class Canvas:
    """One picture in the making; see the module's text."""

    def __init__(self, seed: int, setting: Setting | None = None) -> None:
        self.rng = random.Random(seed)
        self.setting = setting or Setting()
        self._defs: list[str] = []
        self._body: list[str] = []
        self._names = 0
        self._ids: dict[str, str] = {}

    # -- structure ---------------------------------------------------------

    def raw(self, svg: str) -> None:
        """Add any SVG on top of what is there."""
        self._body.append(svg)

    def define(self, svg: str) -> str:
        """Add a definition written with ``{id}`` for its id; returns the id.

        The same text is defined once.
        """
        if svg not in self._ids:
            self._names += 1
            name = f"d{self._names}"
            self._ids[svg] = name
            self._defs.append(svg.replace("{id}", name))
        return self._ids[svg]

    @contextmanager
    def group(self, transform: str = "", opacity: float = 1.0) -> Iterator[None]:
        """What is drawn inside is moved by an SVG transform and faded together."""
        fade = f' opacity="{opacity}"' if opacity < 1 else ""
        self.raw(f'<g transform="{transform}"{fade}>' if transform else f"<g{fade}>")
        yield
        self.raw("</g>")

    @contextmanager
    def clip(self, path: Path) -> Iterator[None]:
        """What is drawn inside shows only within `path`."""
        self.raw(f'<g clip-path="url(#{self._clip_id(path)})">')
        yield
        self.raw("</g>")

    # -- drawing -----------------------------------------------------------

    def piece(  # noqa: PLR0913 - each is one independent property of the same thing
        self,
        path: Path,
        fabric: Fabric,
        *,
        turn: float = 0.0,
        volume: float = 0.35,
        edge: float = 0.4,
        lift: float = 0.0,
        creases: Sequence[Crease] = (),
        shade: float = 0.0,
        anchor: tuple[float, float] | None = None,
    ) -> None:
        """Lay one piece of cloth down.

        `turn`: grain angle, degrees. `volume`: side-to-side roundness, 0 … 1. `edge`:
        darkening along the outline, 0 … 1. `lift`: height above what lies under it, px.
        `shade`: darkens the whole piece (insides, undersides), 0 … 1. `anchor`: where
        the print's origin lies; pieces that share it have prints that run on.
        """
        if lift:
            self._cast(path, lift)
        with self.clip(path):
            self.raw(f'<path d="{path.d}" fill="{fabric.hex}"/>')
            self._print(path, fabric, turn, anchor)
            self._weave(path, fabric, turn)
            self._volume(path, fabric, turn, volume)
            self._folds(path, fabric, turn)
            self._creases(creases, fabric)
            if shade:
                self.raw(f'<path d="{path.d}" fill="#0b0a10" fill-opacity="{shade:.2f}"/>')
            self._edge(path, edge * (0.62 if tone_of(fabric) == "pale" else 1.0))
        self._contour(path, fabric)

    def shape(
        self,
        path: Path,
        fill: str,
        *,
        lift: float = 0.0,
        opacity: float = 1.0,
        contour: str | None = None,
    ) -> None:
        """A plain shape: `fill` is a colour or ``url(#id)`` of a defined gradient."""
        if lift:
            self._cast(path, lift)
        line_ = f' stroke="{contour}" stroke-width=".7"' if contour else ""
        fade = f' fill-opacity="{opacity:.3f}"' if opacity < 1 else ""
        self.raw(f'<path d="{path.d}" fill="{fill}"{line_}{fade}/>')

    def sheen(
        self, path: Path, *, blur: float, opacity: float = 0.3, colour: str = "#ffffff"
    ) -> None:
        """A soft patch of light (or, in black, of shade). Clip it to its piece yourself."""
        self.raw(
            f'<path d="{path.d}" fill="{colour}" fill-opacity="{opacity:.3f}"'
            f' filter="url(#{self._blur_id(path.box, blur)})"/>'
        )

    def stroke(
        self,
        path: Path,
        colour: str,
        width: float = 1.0,
        *,
        opacity: float = 1.0,
        dash: str | None = None,
        blur: float = 0.0,
    ) -> None:
        """A round-capped line."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        soft = f' filter="url(#{self._blur_id(path.box, blur)})"' if blur else ""
        cap = "butt" if dash else "round"
        self.raw(
            f'<path d="{path.d}" fill="none" stroke="{colour}" stroke-width="{width}"'
            f' stroke-linecap="{cap}" stroke-linejoin="round" stroke-opacity="{opacity:.3f}"'
            f"{dashed}{soft}/>"
        )

    def seam(self, path: Path, *, depth: float = 0.5) -> None:
        """Where two pieces meet: a dark valley and, beside it, a faint ridge of light."""
        self.stroke(path, "#000000", 3.2, opacity=0.16 * depth, blur=1.2)
        with self.group("translate(-.9 -.6)"):
            self.stroke(path, "#ffffff", 0.9, opacity=0.24 * depth)
        self.stroke(path, "#000000", 0.9, opacity=0.62 * depth)

    def stitch(
        self, path: Path, fabric: Fabric, *, thread: str | None = None, width: float = 0.8
    ) -> None:
        """A row of stitches pressed into the cloth; `thread` defaults to the cloth's colour."""
        tone = thread or thread_for(fabric)
        self.stroke(path, "#000000", 1.8, opacity=0.10)
        with self.group("translate(.4 .5)"):
            self.stroke(path, "#000000", width, opacity=0.28, dash="2.7 1.3")
        self.stroke(path, tone, width, opacity=0.9, dash="2.7 1.3")

    # -- the picture -------------------------------------------------------

    def drawn(self, draw: Callable[[Canvas], None]) -> bytes:
        """Let `draw` paint, and return the finished picture as WebP (480 x 640)."""
        draw(self)
        return self.webp()

    def svg(self) -> str:
        """The whole picture as SVG."""
        top, bottom = self.rng.choice(BACKDROPS)
        tilt = self.rng.uniform(-self.setting.tilt, self.setting.tilt)
        drift = self.rng.uniform(-3, 3)
        backdrop = self.define(
            '<radialGradient id="{id}" gradientUnits="userSpaceOnUse" cx="190" cy="230" r="520">'
            f'<stop offset="0" stop-color="{lighter(top, 0.35)}"/>'
            f'<stop offset=".55" stop-color="{mix(top, bottom, 0.45)}"/>'
            f'<stop offset="1" stop-color="{darker(bottom, 0.045)}"/></radialGradient>'
        )
        scene = self.define(self._scene_filter())
        inner = self._fitted("".join(self._body))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"'
            f' viewBox="0 0 {WIDTH} {HEIGHT}"><defs>{"".join(self._defs)}</defs>'
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#{backdrop})"/>'
            f'<g filter="url(#{scene})">'
            f'<g transform="rotate({tilt:.2f} 240 320) translate({drift:.1f} 0)">{inner}</g>'
            f"</g></svg>"
        )

    def _fitted(self, inner: str) -> str:
        """The product scaled and centred as the setting asks, by its true outline."""
        if self.setting.fit is None:
            return inner
        draft = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-WIDTH} {-HEIGHT} {3 * WIDTH}'
            f' {3 * HEIGHT}" width="{3 * WIDTH}" height="{3 * HEIGHT}">'
            f"<defs>{''.join(self._defs)}</defs>{inner}</svg>"
        )
        png = resvg_py.svg_to_bytes(svg_string=draft, zoom=MEASURE_ZOOM, skip_system_fonts=True)
        drawn = Image.open(io.BytesIO(bytes(png))).getchannel("A").getbbox()
        if drawn is None:
            return inner
        x0, y0, x1, y1 = (v / MEASURE_ZOOM for v in drawn)
        width, height = self.setting.fit
        scale = min(width / (x1 - x0), height / (y1 - y0), LARGEST_SCALE)
        cx, cy = (x0 + x1) / 2 - WIDTH, (y0 + y1) / 2 - HEIGHT
        return (
            f'<g transform="translate({WIDTH / 2} {HEIGHT / 2 - 3}) scale({scale:.4f})'
            f' translate({-cx:.1f} {-cy:.1f})">{inner}</g>'
        )

    def image(self) -> Image.Image:
        """The rendered picture, RGB, 480 x 640."""
        png = resvg_py.svg_to_bytes(svg_string=self.svg(), zoom=ZOOM, skip_system_fonts=True)
        large = Image.open(io.BytesIO(bytes(png))).convert("RGB")
        if self.setting.wobble:
            large = bent(large, self.setting.wobble * ZOOM, self.rng)
        return large.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)

    def webp(self) -> bytes:
        """The rendered picture as a WebP file's bytes."""
        out = io.BytesIO()
        self.image().save(out, "WEBP", quality=WEBP_QUALITY, method=6)
        return out.getvalue()

    # -- layers of a piece -------------------------------------------------

    def _cast(self, path: Path, lift: float) -> None:
        """The small shadow of a raised piece on what lies under it."""
        self.raw(
            f'<path d="{path.d}" fill="#08070c" fill-opacity=".34"'
            f' transform="translate({lift * 0.35:.2f} {lift * 0.8:.2f})"'
            f' filter="url(#{self._blur_id(path.box, 0.4 + lift * 0.55)})"/>'
        )

    def _print(
        self, path: Path, fabric: Fabric, turn: float, anchor: tuple[float, float] | None
    ) -> None:
        if fabric.print is None:
            return
        x, y = anchor or path.box.centre
        self.raw(f'<g transform="translate({x:.1f} {y:.1f}) rotate({turn:.1f})">')
        self.raw(fabric.print(self.rng))
        self.raw("</g>")

    def _weave(self, path: Path, fabric: Fabric, turn: float) -> None:
        weave = WEAVES[fabric.weave]
        if weave.tile:
            tile = self.define(
                f'<pattern id="{{id}}" patternUnits="userSpaceOnUse" width="{weave.width}"'
                f' height="{weave.height}" patternTransform="rotate({turn + weave.angle:.1f})">'
                f"{weave.tile}</pattern>"
            )
            self.raw(f'<path d="{path.d}" fill="url(#{tile})"/>')
        if weave.grain:
            self._noise(path.box, self._grain_filter(path.box), weave.grain)

    def _volume(self, path: Path, fabric: Fabric, turn: float, volume: float) -> None:
        """Light from the upper left: bright left of the middle, dark towards both sides."""
        if not volume:
            return
        cx, cy = path.box.centre
        turned_width = extent_across(path.box, turn)
        reach = turned_width / 2
        cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        dim = {"dark": 0.6, "middle": 0.42, "pale": 0.24}[tone_of(fabric)]
        glow = 0.20 + fabric.gloss * 0.8
        gradient = self.define(
            f'<linearGradient id="{{id}}" gradientUnits="userSpaceOnUse"'
            f' x1="{cx - reach * cos:.1f}" y1="{cy - reach * sin:.1f}"'
            f' x2="{cx + reach * cos:.1f}" y2="{cy + reach * sin:.1f}">'
            f'<stop offset="0" stop-color="#0a0910" stop-opacity="{dim * volume:.3f}"/>'
            f'<stop offset=".16" stop-color="#0a0910" stop-opacity="{dim * volume * 0.25:.3f}"/>'
            f'<stop offset=".34" stop-color="#fff" stop-opacity="{glow * volume:.3f}"/>'
            f'<stop offset=".58" stop-color="#888" stop-opacity="0"/>'
            f'<stop offset=".82" stop-color="#0a0910" stop-opacity="{dim * volume * 0.4:.3f}"/>'
            f'<stop offset="1" stop-color="#0a0910" stop-opacity="{dim * volume * 1.2:.3f}"/>'
            f"</linearGradient>"
        )
        self.raw(f'<path d="{path.d}" fill="url(#{gradient})"/>')

    def _folds(self, path: Path, fabric: Fabric, turn: float) -> None:
        if fabric.folds <= 0:
            return
        # The noise is laid in the grain's own frame, so that folds run along a sleeve.
        cx, cy = path.box.centre
        lean = turn + self.rng.uniform(-FOLD_LEAN, FOLD_LEAN)
        box = turned_about(path.box, lean)
        spin = f' transform="rotate({lean:.1f} {cx:.1f} {cy:.1f})"'
        across = 0.011 / fabric.scale
        along = across / fabric.drape
        filter_id = self.define(fold_filter(box, across, along, self.rng.randint(1, 9999)))
        strength = min(
            1.0, fabric.folds * {"dark": 1.0, "middle": 0.85, "pale": 0.58}[tone_of(fabric)]
        )
        self.raw(
            f'<g{spin} style="mix-blend-mode:hard-light" opacity="{strength:.2f}">'
            f'<rect x="{box.x0:.1f}" y="{box.y0:.1f}" width="{box.width:.1f}"'
            f' height="{box.height:.1f}" filter="url(#{filter_id})"/></g>'
        )

    def _creases(self, creases: Sequence[Crease], fabric: Fabric) -> None:
        if not creases:
            return
        shadow, light = {"dark": (0.55, 0.22), "middle": (0.32, 0.28), "pale": (0.22, 0.6)}[
            tone_of(fabric)
        ]
        # One blur for the narrow and one for the broad ones: a filter for each crease
        # would take most of the time of a picture.
        narrow = [crease for crease in creases if crease.width < 9]
        broad = [crease for crease in creases if crease.width >= 9]
        for group, deviation in ((narrow, 2.1), (broad, 3.4)):
            if not group:
                continue
            lenses = []
            for crease in group:
                dark, bright = lens_of(crease, 0.0), lens_of(crease, crease.width * 0.75)
                for lens, tone, strength in ((bright, "#fff", light), (dark, "#0a0910", shadow)):
                    alpha = strength * crease.depth
                    lenses.append(f'<path d="{lens.d}" fill="{tone}" fill-opacity="{alpha:.3f}"/>')
            box = around(group)
            self.raw(f'<g filter="url(#{self._blur_id(box, deviation)})">{"".join(lenses)}</g>')

    def _edge(self, path: Path, edge: float) -> None:
        """The cloth turns away from the lamp at its outline."""
        if not edge:
            return
        blur = self._blur_id(path.box, 4.5)
        self.raw(
            f'<path d="{path.d}" fill="none" stroke="#07060b" stroke-width="9"'
            f' stroke-opacity="{0.42 * edge:.3f}" filter="url(#{blur})"/>'
        )

    def _contour(self, path: Path, fabric: Fabric) -> None:
        tone = darker(fabric.hex, 0.55)
        self.raw(
            f'<path d="{path.d}" fill="none" stroke="{tone}" stroke-width=".8" stroke-opacity=".5"'
            f' stroke-linejoin="round"/>'
        )

    # -- filters and other definitions -------------------------------------

    def _clip_id(self, path: Path) -> str:
        return self.define(f'<clipPath id="{{id}}"><path d="{path.d}"/></clipPath>')

    def _blur_id(self, box: Box, deviation: float) -> str:
        # Room for the blur and for a line's own width, whatever the box of its points.
        room = box.grown(deviation * 3 + 12)
        return self.define(
            f'<filter id="{{id}}" filterUnits="userSpaceOnUse" {region(room)}'
            f' color-interpolation-filters="sRGB"><feGaussianBlur stdDeviation="{deviation:.2f}"/>'
            f"</filter>"
        )

    def _noise(self, box: Box, filter_id: str, strength: float) -> None:
        self.raw(
            f'<g style="mix-blend-mode:hard-light" opacity="{strength:.2f}">'
            f'<rect x="{box.x0:.1f}" y="{box.y0:.1f}" width="{box.width:.1f}"'
            f' height="{box.height:.1f}" filter="url(#{filter_id})"/></g>'
        )

    def _grain_filter(self, box: Box) -> str:
        """Fine grey noise about neutral, the tooth of the yarn."""
        return self.define(
            f'<filter id="{{id}}" filterUnits="userSpaceOnUse" {region(box)}'
            f' color-interpolation-filters="sRGB"><feTurbulence type="fractalNoise"'
            f' baseFrequency=".85 .75" numOctaves="2" seed="{self.rng.randint(1, 9999)}"/>'
            f'<feColorMatrix values="1.2 0 0 0 -.1 1.2 0 0 0 -.1 1.2 0 0 0 -.1 0 0 0 0 1"/>'
            f"</filter>"
        )

    def _scene_filter(self) -> str:
        """The product's shadow on the table: a tight dark contact and a wide soft fall-off."""
        h = self.setting.height
        return (
            f'<filter id="{{id}}" filterUnits="userSpaceOnUse" x="0" y="0" width="{WIDTH}"'
            f' height="{HEIGHT}" color-interpolation-filters="sRGB">'
            f'<feGaussianBlur in="SourceAlpha" stdDeviation="2"/>'
            f'<feOffset dx="1.2" dy="2"/><feColorMatrix values="{ink(0.34)}" result="contact"/>'
            f'<feGaussianBlur in="SourceAlpha" stdDeviation="{h:.1f}"/>'
            f'<feOffset dx="{h * 0.5:.1f}" dy="{h:.1f}"/>'
            f'<feColorMatrix values="{ink(0.30)}" result="soft"/>'
            f'<feMerge><feMergeNode in="soft"/><feMergeNode in="contact"/>'
            f'<feMergeNode in="SourceGraphic"/></feMerge></filter>'
        )
