"""Rows of photos with captions as one picture: results, contact sheets, failures.

Drawn by matplotlib, which brings a typeface of many alphabets with it; it is imported
when a picture is first drawn.
"""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps

from vitrine.errors import UnusableError
from vitrine.folder import IndexFolder
from vitrine.photos import thumbnail_widths
from vitrine.products import IndexedProduct

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# All lengths are in pixels of the picture, and letters are drawn at one pixel a point.
DPI = 72
MARGIN, GAP = 20, 12
TITLE_SIZE, HEADING_SIZE, CAPTION_SIZE = 19, 14, 11.5
CAPTION_LINE = 15
CAPTION_LINES = 3
LETTER_WIDTH = 0.6  # of a letter's size: an average one of the typeface, capitals among them
FRAME_HEIGHT = 4 / 3  # of its width: most photos of products stand upright

INK, FAINT, PAPER = "#1f2328", "#6e7781", "#ffffff"
MAX_SIDE = 30_000  # what the drawing library can draw on, with some to spare


class Mark(StrEnum):
    """What a photo is in its row, shown by its frame and by a sign."""

    PLAIN = "plain"
    QUERY = "query"
    RIGHT = "right"
    WRONG = "wrong"


_FRAMES = {
    Mark.PLAIN: ("#d0d7de", 1.0, ""),
    Mark.QUERY: ("#1f2328", 3.0, ""),
    Mark.RIGHT: ("#1a7f37", 3.0, "✓ "),
    Mark.WRONG: ("#cf222e", 3.0, "✗ "),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A photo with a caption of up to three lines; without a photo, an empty frame."""

    photo: Image.Image | None
    caption: str
    mark: Mark = Mark.PLAIN


@dataclass(frozen=True, slots=True)
class Row:
    """Photos side by side, under a heading if there is one."""

    title: str
    cells: Sequence[Cell]


class FigureError(UnusableError):
    """A picture cannot be drawn or written; the message says why and what to do."""


def figure(rows: Sequence[Row], title: str = "", cell_width: int = 160) -> Image.Image:
    """The rows as an RGB picture on white, each photo whole in a frame of `cell_width` pixels.

    Raises `FigureError` where the picture would be too large to draw.
    """
    heights = [_row_height(row, cell_width) for row in rows]
    columns = max((len(row.cells) for row in rows), default=0)
    width = 2 * MARGIN + columns * cell_width + max(columns - 1, 0) * GAP
    width = max(width, 2 * MARGIN + 2 * cell_width)
    head = TITLE_SIZE + GAP if title else 0
    height = 2 * MARGIN + head + sum(heights) + GAP * max(len(rows) - 1, 0)
    if max(width, height) > MAX_SIDE:
        raise FigureError(
            f"the picture would have {width:,} × {height:,} pixels; draw fewer photos"
        )
    page = _Page(width, height)
    top = MARGIN
    if title:
        page.text(MARGIN, top, _line(title, width - 2 * MARGIN, TITLE_SIZE), TITLE_SIZE, bold=True)
        top += head
    for row, row_height in zip(rows, heights, strict=True):
        _draw_row(page, row, top, cell_width)
        top += row_height + GAP
    return page.picture()


def check_ending(path: Path) -> None:
    """Raises `FigureError` where no picture can be written under a name of this ending."""
    Image.init()
    if Image.EXTENSION.get(path.suffix.lower()) not in Image.SAVE:
        raise FigureError(
            f"{path}: the name's ending says the format; give one in .png, .jpg, .webp or .pdf"
        )


def save_figure(picture: Image.Image, path: Path) -> None:
    """Write a picture in the format of its name's ending.

    Raises `FigureError` for an ending of no known format, or where it can't be written.
    """
    check_ending(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
    except OSError as error:
        raise FigureError(f"{path} cannot be written: {error.strerror or error}") from None


def stored_photo(folder: IndexFolder, product: IndexedProduct, width: int) -> Image.Image | None:
    """The smallest stored copy of a product's photo that is as wide; None where it is missing."""
    widths = thumbnail_widths(product.width)
    chosen = next((each for each in widths if each >= width), widths[-1])
    try:
        with Image.open(folder.thumbnail(product.sha256, chosen), formats=["WEBP"]) as file:
            return file.convert("RGB")
    except (OSError, ValueError):
        return None


def _row_height(row: Row, cell_width: int) -> int:
    heading = HEADING_SIZE + GAP // 2 if row.title else 0
    lines = max((len(_caption(cell, cell_width)) for cell in row.cells), default=0)
    frame = round(cell_width * FRAME_HEIGHT) if row.cells else 0
    return heading + frame + (GAP // 2 + lines * CAPTION_LINE if lines else 0)


def _draw_row(page: _Page, row: Row, top: int, cell_width: int) -> None:
    if row.title:
        heading = _line(row.title, page.width - 2 * MARGIN, HEADING_SIZE)
        page.text(MARGIN, top, heading, HEADING_SIZE, bold=True)
        top += HEADING_SIZE + GAP // 2
    height = round(cell_width * FRAME_HEIGHT)
    for column, cell in enumerate(row.cells):
        left = MARGIN + column * (cell_width + GAP)
        colour, line, _ = _FRAMES[cell.mark]
        if cell.photo is not None:
            size = (cell_width, height)
            photo = ImageOps.contain(cell.photo, size, Image.Resampling.LANCZOS)
            page.photo(photo, left + (cell_width - photo.width) // 2, top, height)
        page.frame(left, top, cell_width, height, colour, line)
        for number, text in enumerate(_caption(cell, cell_width)):
            at = top + height + GAP // 2 + number * CAPTION_LINE
            page.text(left, at, text, CAPTION_SIZE, colour=INK if number == 0 else FAINT)


def _caption(cell: Cell, cell_width: int) -> list[str]:
    """The lines of a caption: its own, a long last one folded as far as there is room."""
    own = [line for line in (_FRAMES[cell.mark][2] + cell.caption).splitlines() if line.strip()]
    lines = [_line(line, cell_width, CAPTION_SIZE) for line in own[: CAPTION_LINES - 1]]
    if len(own) >= CAPTION_LINES:
        return [*lines, _line(own[CAPTION_LINES - 1], cell_width, CAPTION_SIZE)]
    if not own:
        return []
    room = CAPTION_LINES - len(lines) + 1
    return [*lines[:-1], *_folded(own[-1], cell_width, CAPTION_SIZE, room)]


def _line(text: str, width: float, size: float) -> str:
    """The text, cut with an ellipsis where it is too long for so many pixels."""
    return next(iter(_folded(text, width, size, 1)), "")


def _folded(text: str, width: float, size: float, lines: int) -> list[str]:
    letters = max(4, int(width / (size * LETTER_WIDTH)))
    return textwrap.wrap(text, letters, max_lines=lines, placeholder="…")


class _Page:
    """A white page with its origin at the top left, as pictures have it."""

    def __init__(self, width: int, height: int) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.width, self.height = width, height
        size = (width / DPI, height / DPI)
        self._figure: Figure = Figure(figsize=size, dpi=DPI, facecolor=PAPER)
        self._canvas = FigureCanvasAgg(self._figure)

    def text(
        self, left: int, top: int, text: str, size: float, colour: str = INK, bold: bool = False
    ) -> None:
        # Titles are other people's text: a dollar in one begins no formula.
        self._figure.text(
            left / self.width,
            1 - top / self.height,
            text,
            size=size,
            color=colour,
            weight="bold" if bold else "normal",
            va="top",
            parse_math=False,
        )

    def photo(self, photo: Image.Image, left: int, top: int, frame_height: int) -> None:
        """A photo in the middle of a frame of this height."""
        top += (frame_height - photo.height) // 2
        bottom = self.height - top - photo.height
        self._figure.figimage(np.asarray(photo.convert("RGB")), left, bottom, origin="upper")

    def frame(self, left: int, top: int, width: int, height: int, colour: str, line: float) -> None:
        from matplotlib.patches import Rectangle

        corner = (left, self.height - top - height)
        style: dict[str, Any] = {"fill": False, "edgecolor": colour, "linewidth": line}
        self._figure.add_artist(Rectangle(corner, width, height, transform=None, **style))

    def picture(self) -> Image.Image:
        with warnings.catch_warnings():
            # A letter of a script that no typeface here has is drawn as a box, and no more.
            warnings.filterwarnings("ignore", "Glyph", UserWarning)
            self._canvas.draw()
        return Image.fromarray(np.asarray(self._canvas.buffer_rgba())).convert("RGB")
