"""A look as its page and its JSON twin show it: what is looked at, and what is like it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gallery.links import Chip, FacetLinks, facet_links, filter_chips
from gallery.looking import Looking
from gallery.similar import SimilarTile, by_product, by_vector, refinement_of
from gallery.tiles import Tile, tile_of
from vitrine.encoders.base import FloatArray
from vitrine.search import facet_counts
from vitrine.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class SimilarLinks:
    """A similar product, and where it leads: to its own look, to more and to less like it."""

    tile: Tile
    score: float
    url: str
    more_url: str
    less_url: str


@dataclass(frozen=True, slots=True)
class Example:
    """A product that the query was moved towards, or away from; `url` forgets it."""

    tile: Tile
    url: str


@dataclass(frozen=True, slots=True)
class Step:
    """An earlier look of the trail; `url` goes back to it."""

    tile: Tile
    url: str


@dataclass(frozen=True, slots=True)
class Same:
    """A fact of the product that the similar ones can be held to."""

    name: str
    value: str
    chosen: bool
    url: str


@dataclass(frozen=True, slots=True)
class Look:
    looking: Looking
    similar: Sequence[SimilarLinks]
    same: Sequence[Same]
    facets: Sequence[FacetLinks]
    chips: Sequence[Chip]
    more: Sequence[Example]
    less: Sequence[Example]
    trail: Sequence[Step]


def look_of(
    snapshot: Snapshot, looking: Looking, query: int | FloatArray, k: int, same: Sequence[Same]
) -> Look:
    """The k products most like a row of the index, or like a photo's unit vector (d,)."""
    refinement = refinement_of(snapshot, looking.more, looking.less)
    if isinstance(query, int):
        found = by_product(snapshot, query, k, looking.narrowing, refinement)
    else:
        found = by_vector(snapshot, query, k, looking.narrowing, refinement)
    return Look(
        looking=looking,
        similar=[_links(looking, each) for each in found],
        same=same,
        facets=facet_links(looking, facet_counts(snapshot, looking.narrowing)),
        chips=filter_chips(looking),
        more=_examples(snapshot, looking, looking.more),
        less=_examples(snapshot, looking, looking.less),
        trail=[
            Step(tile, looking.onward(tile.page_url, tile.id).url)
            for tile in _known(snapshot, looking.trail)
        ],
    )


def same_facts(
    looking: Looking, facts: Mapping[str, str], facet_names: Sequence[str]
) -> list[Same]:
    """The product's facts that are facets, each as a switch."""
    return [
        Same(
            name,
            facts[name],
            facts[name] in looking.filters.get(name, ()),
            looking.toggled(name, facts[name]).url,
        )
        for name in facet_names
        if name in facts
    ]


def _links(looking: Looking, found: SimilarTile) -> SimilarLinks:
    product_id = found.tile.id
    return SimilarLinks(
        tile=found.tile,
        score=found.score,
        url=looking.onward(found.tile.page_url, product_id).url,
        more_url=looking.liking(product_id).url,
        less_url=looking.disliking(product_id).url,
    )


def _examples(snapshot: Snapshot, looking: Looking, ids: Sequence[str]) -> list[Example]:
    return [Example(tile, looking.forgetting(tile.id).url) for tile in _known(snapshot, ids)]


def _known(snapshot: Snapshot, ids: Sequence[str]) -> list[Tile]:
    rows = [snapshot.rows[product_id] for product_id in ids if product_id in snapshot.rows]
    return [tile_of(product) for product in snapshot.products.get(rows)]
