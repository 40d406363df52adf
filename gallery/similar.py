"""Search results as tiles, for the pages and the API alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gallery import context
from gallery.tiles import Tile, tile_of
from gallery.uploads import uploaded_photo
from vitrine.index import Neighbour
from vitrine.photos import Photo
from vitrine.search import Narrowing, similar_to_product, similar_to_vector
from vitrine.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class SimilarTile:
    """A product found, and its cosine to the query."""

    tile: Tile
    score: float


@dataclass(frozen=True, slots=True)
class UploadSearch:
    """An uploaded photo, and what looks like it."""

    photo: Photo
    found: Sequence[SimilarTile]


def by_product(
    snapshot: Snapshot, row: int, k: int, narrowing: Narrowing | None = None
) -> list[SimilarTile]:
    """What looks like a product, best first, itself left out."""
    return _tiles(snapshot, similar_to_product(snapshot, row, k, narrowing))


def by_upload(
    snapshot: Snapshot, body: bytes, k: int, narrowing: Narrowing | None = None
) -> UploadSearch:
    """What looks like an uploaded photo, embedded with the index's own encoder."""
    gallery = context.gallery()
    with gallery.uploads.room:
        photo = uploaded_photo(body, gallery.settings.max_upload_bytes)
        vector = gallery.uploads.vector(photo, snapshot.manifest.encoder)
    neighbours = similar_to_vector(snapshot, vector, k, narrowing)
    return UploadSearch(photo, _tiles(snapshot, neighbours))


def _tiles(snapshot: Snapshot, neighbours: Sequence[Neighbour]) -> list[SimilarTile]:
    products = snapshot.products.get(neighbour.row for neighbour in neighbours)
    return [
        SimilarTile(tile_of(product), neighbour.score)
        for product, neighbour in zip(products, neighbours, strict=True)
    ]
