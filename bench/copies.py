"""How many altered copies of photos are found, and at what price: `python -m bench.copies INDEX`.

INDEX is an index folder. Some of its photos are altered as shops alter them, and looked for
among all of them as `python -m indexer duplicates` does. The rival is the perceptual hash of
the library imagehash (`phash`: 64 bits of a cosine transform), at two usual distances: what
it finds, and how many pairs of the index's own photos it takes for copies.
"""

from __future__ import annotations

import io
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageEnhance, ImageOps
from scipy.fft import dctn

from indexer.duplicates import THRESHOLD, near_copies
from indexer.ledger import Ledger
from indexer.reconciling import Silent
from indexer.sketches import Sketch
from vitrine.folder import IndexFolder
from vitrine.photos import Photo, decode, scaled
from vitrine.products import IndexedProduct
from vitrine.snapshot import open_current

BITS = (4, 10)  # of 64 by which two hashes may differ

Picture = Image.Image
Hashes = npt.NDArray[np.uint64]


def _cropped(image: Picture, part: float) -> Picture:
    across, down = round(image.width * part), round(image.height * part)
    return image.crop((across, down, image.width - across, image.height - down))


def _scaled(image: Picture, factor: float) -> Picture:
    return image.resize((round(image.width * factor), round(image.height * factor)))


def _framed(image: Picture, part: float, colour: str) -> Picture:
    return ImageOps.expand(image, round(image.width * part), colour)


def _brighter(image: Picture, factor: float) -> Picture:
    return ImageEnhance.Brightness(image).enhance(factor)


def _signed(image: Picture, at: tuple[float, float], size: float, ink: tuple[int, ...]) -> Picture:
    signed = image.copy()
    place = (image.width * at[0], image.height * at[1])
    draw = ImageDraw.Draw(signed, "RGBA")
    draw.text(place, "shop.example", fill=ink, font_size=image.height * size)
    return signed


ALTERED: dict[str, tuple[Callable[[Picture], Picture], str, int]] = {
    "JPEG, quality 90": (lambda i: i, "JPEG", 90),
    "JPEG, quality 60": (lambda i: i, "JPEG", 60),
    "JPEG, quality 30": (lambda i: i, "JPEG", 30),
    "WebP, quality 50": (lambda i: i, "WEBP", 50),
    "scaled to 50 %": (lambda i: _scaled(i, 0.5), "JPEG", 85),
    "scaled to 150 %": (lambda i: _scaled(i, 1.5), "JPEG", 85),
    "1 % cropped on all sides": (lambda i: _cropped(i, 0.01), "JPEG", 85),
    "2 % cropped on all sides": (lambda i: _cropped(i, 0.02), "JPEG", 85),
    "3 % cropped on all sides": (lambda i: _cropped(i, 0.03), "JPEG", 85),
    "white border of 5 %": (lambda i: _framed(i, 0.05, "white"), "JPEG", 85),
    "black border of 5 %": (lambda i: _framed(i, 0.05, "black"), "JPEG", 85),
    "5 % darker": (lambda i: _brighter(i, 0.95), "JPEG", 85),
    "10 % darker": (lambda i: _brighter(i, 0.9), "JPEG", 85),
    "5 % brighter": (lambda i: _brighter(i, 1.05), "JPEG", 85),
    "10 % brighter": (lambda i: _brighter(i, 1.1), "JPEG", 85),
    "small text in a corner": (
        lambda i: _signed(i, (0.05, 0.9), 1 / 16, (120, 120, 120, 160)),
        "JPEG",
        85,
    ),
    "white text across": (
        lambda i: _signed(i, (0.2, 0.45), 0.1, (255, 255, 255, 120)),
        "JPEG",
        85,
    ),
    "mirrored, no copy": (ImageOps.mirror, "JPEG", 85),
}


@click.command(help=__doc__)
@click.argument("index", type=click.Path(path_type=Path, exists=True))
@click.option("--sample", type=click.IntRange(1), default=300, show_default=True)
@click.option("--threshold", "thresholds", type=float, multiple=True, default=(3, THRESHOLD, 5))
def main(index: Path, sample: int, thresholds: Sequence[float]) -> None:
    folder = IndexFolder(index)
    distinct = {p.sha256: p for p in reversed(open_current(folder).products.all())}
    originals = list(distinct.values())[::-1]
    chosen = random.Random(1).sample(range(len(originals)), min(sample, len(originals)))
    own = np.array([_hash(_stored(folder, p)) for p in originals], np.uint64)
    pairs = [
        sum(int((_bits(own[n], own[n + 1 :]) <= b).sum()) for n in range(len(own))) for b in BITS
    ]
    click.echo(f"{len(originals):,} distinct photos, {len(chosen):,} of them altered.\n")
    hashed = [f"phash {bits}" for bits in BITS]
    click.echo("".join(f"{name:>10}" for name in [*map(str, thresholds), *hashed]))
    with tempfile.TemporaryDirectory() as home, Ledger(Path(home) / "ledger.sqlite") as ledger:
        silent = Silent().comparing
        _say(
            [len(near_copies(folder, ledger, originals, silent, t)) for t in thresholds] + pairs,
            "taken for copies among the originals",
        )
        for name in ALTERED:
            made = [_altered(folder, originals[n], name) for n in chosen]
            products = [
                replace(originals[n], id=f"{name} {n}", sha256=f"{name} {n}") for n in chosen
            ]
            ledger.record_sketches(
                {p.sha256: Sketch.of(image) for p, image in zip(products, made, strict=True)}
            )
            found = []
            for threshold in thresholds:
                copies = near_copies(folder, ledger, [*originals, *products], silent, threshold)
                firsts = {copy.row: copy.first for copy in copies}
                found.append(
                    sum(
                        firsts.get(len(originals) + place) == firsts.get(n, n)
                        for place, n in enumerate(chosen)
                    )
                )
            hashes = np.array([_hash(image) for image in made], np.uint64)
            near = [int((_bits(own[chosen], hashes) <= bits).sum()) for bits in BITS]
            _say([f"{100 * each / len(chosen):.0f} %" for each in [*found, *near]], name)


def _say(cells: Sequence[object], what: str) -> None:
    click.echo("".join(f"{cell:>10}" for cell in cells) + f"  {what}")


def _stored(folder: IndexFolder, product: IndexedProduct) -> Picture:
    """A photo at the width of its smallest thumbnail, as the indexer sketches it."""
    return _smallest(folder.photo(product.sha256).read_bytes())


def _altered(folder: IndexFolder, product: IndexedProduct, name: str) -> Picture:
    """The same of an altered copy."""
    alter, kind, quality = ALTERED[name]
    photo = decode(folder.photo(product.sha256).read_bytes())
    assert isinstance(photo, Photo)
    body = io.BytesIO()
    alter(photo.image).save(body, kind, quality=quality)
    return _smallest(body.getvalue())


def _smallest(body: bytes) -> Picture:
    photo = decode(body)
    assert isinstance(photo, Photo)
    images = scaled(photo)
    return images[min(images)]


def _hash(image: Picture) -> int:
    """As `imagehash.phash`: which of the 8 × 8 lowest frequencies of 32 × 32 pixels of grey are
    above their median."""
    grey = np.asarray(image.convert("L").resize((32, 32), Image.Resampling.LANCZOS), float)
    low = dctn(grey)[:8, :8]
    return int("".join("1" if above else "0" for above in (low > np.median(low)).ravel()), 2)


def _bits(one: Hashes, other: Hashes) -> npt.NDArray[np.uint8]:
    bits: npt.NDArray[np.uint8] = np.bitwise_count(one ^ other)
    return bits


if __name__ == "__main__":
    main()
