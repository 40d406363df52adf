"""Search results as tiles, for the pages and the API alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gallery.measuring import Step, timed
from gallery.tiles import Tile, tiles_of
from vitrine.colouring import Colouring
from vitrine.encoders.base import FloatArray
from vitrine.index import Neighbour
from vitrine.search import Narrowing, Refinement, similar_to_product, similar_to_vector
from vitrine.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class SimilarTile:
    """A product found, and its score: the cosine to the query, or one that colour is part of."""

    tile: Tile
    score: float


@timed(Step.SEARCH)
def by_product(
    snapshot: Snapshot,
    row: int,
    k: int,
    narrowing: Narrowing | None = None,
    refinement: Refinement | None = None,
    colouring: Colouring | None = None,
) -> list[SimilarTile]:
    """What looks like a product, best first, itself left out."""
    found = similar_to_product(snapshot, row, k, narrowing, refinement, colouring)
    return _tiles(snapshot, found)


@timed(Step.SEARCH)
def by_vector(
    snapshot: Snapshot,
    vector: FloatArray,
    k: int,
    narrowing: Narrowing | None = None,
    refinement: Refinement | None = None,
    colouring: Colouring | None = None,
) -> list[SimilarTile]:
    """What looks like a photo with this unit vector (d,), best first."""
    found = similar_to_vector(snapshot, vector, k, narrowing, refinement, colouring)
    return _tiles(snapshot, found)


def refinement_of(
    snapshot: Snapshot, more: Sequence[str], less: Sequence[str]
) -> Refinement | None:
    """Ids → examples; ids that are not in the index are passed over. None for none at all."""
    rows = snapshot.rows
    liked = [rows[product_id] for product_id in more if product_id in rows]
    disliked = [rows[product_id] for product_id in less if product_id in rows]
    return Refinement(more=liked, less=disliked) if liked or disliked else None


def _tiles(snapshot: Snapshot, neighbours: Sequence[Neighbour]) -> list[SimilarTile]:
    products = snapshot.products.get(neighbour.row for neighbour in neighbours)
    return [
        SimilarTile(tile, neighbour.score)
        for tile, neighbour in zip(tiles_of(products), neighbours, strict=True)
    ]
