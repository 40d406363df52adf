"""A made-up shop of any size, with facts as real shops have them, and photos for it."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine.products import IndexedProduct

BRAND = "Brand"
BRANDS = 2_000
SHARED_PHOTOS = 0.03  # of all products have a photo that an earlier one has already

_TONES = ("", "Light ", "Dark ", "Bright ")
_COLOURS = ("White", "Black", "Blue", "Navy", "Red", "Green", "Grey", "Brown", "Pink", "Yellow")
_KINDS = ("", "Casual ", "Formal ", "Sports ", "Winter ")
_THINGS = (
    *("Shirts", "Tops", "Tunics", "Jeans", "Shorts", "Trousers", "Dresses", "Skirts"),
    *("Jackets", "Sweaters", "Coats", "Socks", "Shoes", "Sandals", "Boots", "Heels"),
    *("Watches", "Belts", "Wallets", "Handbags", "Backpacks", "Scarves", "Caps", "Rings"),
)
_PATTERNS = ("Striped", "Plain", "Checked", "Printed", "Woven", "Washed", "Quilted", "Ribbed")
_SYLLABLES = ("bo", "ra", "li", "te", "nu", "ka", "mo", "shi", "da", "vel")

FACETS: Mapping[str, Sequence[str]] = {
    "Gender": ("Women", "Men", "Unisex", "Girls", "Boys"),
    "Category": ("Apparel", "Footwear", "Accessories", "Personal Care"),
    "SubCategory": tuple(f"{thing} and more" for thing in _THINGS),
    "ProductType": tuple(f"{kind}{thing}" for kind in _KINDS for thing in _THINGS),
    "Colour": tuple(f"{tone}{colour}" for tone in _TONES for colour in _COLOURS),
    "Season": ("Summer", "Fall", "Winter", "Spring"),
    "Usage": ("Casual", "Sports", "Formal", "Ethnic", "Party", "Travel", "Home", "Smart Casual"),
    BRAND: tuple(
        "".join(reversed(syllables)).title()
        for syllables in itertools.islice(itertools.product(_SYLLABLES, repeat=4), BRANDS)
    ),
}
"""Seven facets as of the usual catalogues, and brands; the commonest value comes first."""


def made_up_products(count: int, seed: int = 0) -> list[IndexedProduct]:
    """Products p0, p1, … Of every facet the r-th value is r times as rare as the first."""
    chance = np.random.default_rng(seed)
    columns = {name: _drawn(chance, values, count) for name, values in FACETS.items()}
    patterns = chance.integers(len(_PATTERNS), size=count)
    photos = np.arange(count)
    shares = chance.random(count) < SHARED_PHOTOS
    photos[shares] = chance.integers(np.maximum(photos[shares], 1))
    products = []
    for number in range(count):
        facts = {name: column[number] for name, column in columns.items()}
        title = " ".join(
            [
                facts[BRAND],
                facts["Gender"],
                facts["Colour"],
                _PATTERNS[patterns[number]],
                facts["ProductType"],
            ]
        )
        products.append(
            IndexedProduct(
                id=f"p{number}",
                title=title,
                image_url=f"http://photos.test/{number}.jpg",
                facts=facts,
                sha256=hashlib.sha256(f"{photos[number]}".encode()).hexdigest(),
                width=960,
                height=1280,
                colour="#aabbcc",
            )
        )
    return products


def write_shop(folder: Path, photos: Sequence[Path], count: int) -> Path:
    """A catalogue of so many made-up products and its photos, in this folder; its path.

    Where there are fewer photos than products, each is used again: mirrored, and a
    little closer every second time, so that no two are the same.
    """
    (folder / "photos").mkdir(parents=True, exist_ok=True)
    products = made_up_products(count)
    names = [f"photos/{number}.jpg" for number in range(count)]
    for name, photo in zip(names, _varied(photos), strict=False):
        (folder / name).write_bytes(photo)
    catalogue = folder / "shop.csv"
    with catalogue.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["ProductId", *FACETS, "ProductTitle", "ImageURL"])
        for product, name in zip(products, names, strict=True):
            writer.writerow([product.id, *product.facts.values(), product.title, name])
    return catalogue


def _drawn(
    chance: np.random.Generator, values: Sequence[str], count: int
) -> npt.NDArray[np.object_]:
    weights = 1 / np.arange(1, len(values) + 1)
    return chance.choice(np.array(values, dtype=object), size=count, p=weights / weights.sum())


def _varied(photos: Sequence[Path]) -> Iterator[bytes]:
    for round_ in itertools.count():
        for path in photos:
            with Image.open(path) as file:
                photo = file.convert("RGB")
            if round_ % 2:
                photo = photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            margin = 0.02 * (round_ // 2)
            width, height = photo.size
            closer = (width * margin, height * margin, width * (1 - margin), height * (1 - margin))
            buffer = io.BytesIO()
            photo.resize(photo.size, box=closer).save(buffer, "JPEG", quality=90)
            yield buffer.getvalue()
