"""Photos to measure with: those of a folder, and large ones pieced together from them."""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

DEMO_PHOTOS = Path("data/photos")
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def photo_paths(folder: Path, count: int) -> list[Path]:
    """The first `count` photos of a folder by name, going round where there are fewer."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise SystemExit(f"{folder} has no photos. Give a folder of JPEG, PNG or WebP files.")
    return list(itertools.islice(itertools.cycle(paths), count))


def as_jpeg(path: Path, size: tuple[int, int]) -> bytes:
    """A photo resized to `size` (width, height), as JPEG bytes."""
    with Image.open(path) as photo:
        return _jpeg(photo.convert("RGB").resize(size, Image.Resampling.BICUBIC))


def mosaic_jpeg(paths: Sequence[Path], size: tuple[int, int], cell: int = 216) -> bytes:
    """A photo of `size` (width, height) pieced together from many, so that it has fine detail."""
    canvas = Image.new("RGB", size)
    places = itertools.product(range(0, size[1], cell), range(0, size[0], cell))
    for (y, x), path in zip(places, itertools.cycle(paths), strict=False):
        with Image.open(path) as photo:
            canvas.paste(photo.convert("RGB").resize((cell, cell)), (x, y))
    return _jpeg(canvas)


def _jpeg(photo: Image.Image) -> bytes:
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
