"""Small generations for tests, made by the real publisher from vectors of the test's choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from indexer.indexing import DEFAULT_WISH, IndexWish
from indexer.publishing import Contents, publish
from vitrine.catalogue import Product, facet_columns
from vitrine.encoders.base import FloatArray, normalised
from vitrine.failures import FailureCode
from vitrine.folder import IndexFolder
from vitrine.products import IndexedProduct, PhotolessProduct
from vitrine.snapshot import CatalogueFacts, EncoderFacts, Snapshot, open_snapshot

DIRECTIONS = 32
TYPES = ("Shirts", "Tops", "Dresses", "Shoes")
COLOURS = ("Red", "Blue", "Green", "White", "Black")
UNKNOWN_ENCODER = EncoderFacts(name="handcrafted", fingerprint="f" * 64)


def random_unit_vectors(count: int, dimension: int = 16, seed: int = 0) -> FloatArray:
    """Array (count, dimension) of unit rows."""
    generator = np.random.default_rng(seed)
    return normalised(generator.standard_normal((count, dimension)).astype(np.float32))


def clustered_unit_vectors(
    count: int, dimension: int, clusters: int, spread: float = 0.6, seed: int = 0
) -> FloatArray:
    """Array (count, dimension) of unit rows around centres by chance, as photos of kinds lie.

    `spread` is the length of what is added to a centre's unit vector, on average, in a few
    directions that all share: embeddings of photos have far fewer than they have numbers.
    """
    generator = np.random.default_rng(seed)
    centres = random_unit_vectors(clusters, dimension, seed + 1)
    directions = min(DIRECTIONS, dimension)
    ways = generator.standard_normal((directions, dimension)).astype(np.float32)
    rows = np.empty((count, dimension), dtype=np.float32)
    for start in range(0, count, 50_000):
        size = min(50_000, count - start)
        noise = generator.standard_normal((size, directions), dtype=np.float32) @ ways
        noise *= spread / np.sqrt(dimension * directions)
        noise += centres[generator.integers(clusters, size=size)]
        rows[start : start + size] = normalised(noise)
    return rows


def product(number: int, **changes: Any) -> IndexedProduct:
    """Product number `number`, with facts that follow from its number."""
    plain = IndexedProduct(
        id=f"p{number}",
        title=f"Thing {number}",
        image_url=f"http://photos.test/{number}.jpg",
        facts={
            "ProductType": TYPES[number % len(TYPES)],
            "Colour": COLOURS[number % len(COLOURS)],
        },
        sha256=f"{number:064x}",
        width=480,
        height=640,
        colour="#aabbcc",
    )
    return replace(plain, **changes)


def contents_of(
    products: Sequence[IndexedProduct],
    photoless: Mapping[str, FailureCode] | None = None,
    encoder: EncoderFacts = UNKNOWN_ENCODER,
    first_seen: Sequence[float] | None = None,
) -> Contents:
    """What a build would publish for these products and those without a photo."""
    missing = [
        PhotolessProduct(
            product_id, f"Lost {product_id}", f"http://photos.test/{product_id}", {}, code
        )
        for product_id, code in (photoless or {}).items()
    ]
    described: list[IndexedProduct | PhotolessProduct] = [*products, *missing]
    rows = tuple(
        Product(p.id, p.title, p.image_url, p.facts, line)
        for line, p in enumerate(described, start=2)
    )
    catalogue = CatalogueFacts(name="shop.csv", sha256="c" * 64, rows=len(rows), skipped=0)
    seen = [0.0] * len(products) if first_seen is None else first_seen
    return Contents(catalogue, encoder, facet_columns(rows), products, missing, seen)


def publish_products(
    root: Path,
    vectors: FloatArray,
    products: Sequence[IndexedProduct] | None = None,
    photoless: Mapping[str, FailureCode] | None = None,
    first_seen: Sequence[float] | None = None,
    encoder: EncoderFacts = UNKNOWN_ENCODER,
    wish: IndexWish = DEFAULT_WISH,
) -> Snapshot:
    """Publish to an index folder and open what was published."""
    folder = IndexFolder(root)
    folder.generations.mkdir(parents=True, exist_ok=True)
    chosen = products or [product(number) for number in range(len(vectors))]
    contents = contents_of(chosen, photoless, encoder, first_seen)
    name = publish(folder, contents, vectors, wish=wish)
    return open_snapshot(folder.generation(name))
