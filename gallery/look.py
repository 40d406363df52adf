"""A look as its page and its JSON twin show it: what is looked at, and what is like it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import request

from gallery import context
from gallery.addresses import Pairs, facet_names
from gallery.asked import AskedPhoto
from gallery.colours import ASKED_COLOUR, SAME_COLOUR, colouring_of, name_of
from gallery.links import (
    Chip,
    ColourLink,
    FacetLinks,
    colour_links,
    facet_links,
    filter_chips,
)
from gallery.looking import Looking, read_looking
from gallery.references import product_of_id
from gallery.similar import SimilarTile, by_product, by_vector, refinement_of
from gallery.tiles import Tile, tile_of, tiles_of
from vitrine.colouring import Colouring
from vitrine.encoders.base import FloatArray
from vitrine.products import IndexedProduct, PhotolessProduct, Rows
from vitrine.search import Refinement, facet_counts, nearly_same_photo, same_photo
from vitrine.snapshot import Snapshot

MAX_COPIES = 50  # linked at once; of a picture that stands for "no photo", there are thousands


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
class ColourLinks:
    """How much colour counts, and what leads to another share or colour.

    `others` is the state's pairs but those of colour. `same_url` lets the thing's own colour count
    most, or, where that `is_same` already, no longer count.
    """

    weight: float
    hex: str
    name: str
    others: Pairs
    is_same: bool
    same_url: str
    swatches: Sequence[ColourLink]


@dataclass(frozen=True, slots=True)
class Look:
    looking: Looking
    colours: ColourLinks
    similar: Sequence[SimilarLinks]
    same: Sequence[Same]
    facets: Sequence[FacetLinks]
    chips: Sequence[Chip]
    more: Sequence[Example]
    less: Sequence[Example]
    trail: Sequence[Step]


@dataclass(frozen=True, slots=True)
class Copy:
    """Another product with the same or nearly the same photo; `url` is the look at it."""

    tile: Tile
    url: str


@dataclass(frozen=True, slots=True)
class Copies:
    """The first of the `total` others with such a photo.

    Those that follow the product in the catalogue come first, and then those before it, so
    that each leads on.
    """

    shown: Sequence[Copy]
    total: int


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A product that is looked at, what is like it, and what has its photo, or nearly so."""

    product: IndexedProduct
    tile: Tile
    look: Look
    same_photo: Copies
    nearly_same_photo: Copies


def look_at_product(snapshot: Snapshot, product_id: str, path: str) -> LookedAt | PhotolessProduct:
    """The look that the request's query string says, at a page or a twin of this path.

    Of a product without its photo, what is known of it. Refuses an unknown id.
    """
    row = product_of_id(snapshot, product_id)
    if isinstance(row, PhotolessProduct):
        return row
    (product,) = snapshot.products.get([row])
    names = facet_names(snapshot)
    looking = read_looking(path, product_id, request.args, names)
    return LookedAt(
        product=product,
        tile=tile_of(product),
        look=_look_of(
            snapshot,
            looking,
            row,
            colouring_of(looking.colour, looking.hex, snapshot.palettes.of(row)),
            same_facts(looking, product.facts, names),
        ),
        same_photo=_copies(snapshot, looking, same_photo(snapshot, row)),
        nearly_same_photo=_copies(snapshot, looking, nearly_same_photo(snapshot, row)),
    )


def look_at_photo(snapshot: Snapshot, asked: AskedPhoto, path: str) -> Look:
    """What is like a photo, as the request's query string says, at a page or a twin."""
    looking = read_looking(path, None, request.args, facet_names(snapshot))
    colouring = colouring_of(looking.colour, looking.hex, asked.palette)
    return _look_of(snapshot, looking, asked.vector, colouring, same=[])


def _look_of(
    snapshot: Snapshot,
    looking: Looking,
    query: int | FloatArray,
    colouring: Colouring | None,
    same: Sequence[Same],
) -> Look:
    """The products most like a row of the index, or like a photo's unit vector (d,)."""
    k = context.gallery().settings.similar_on_page
    refinement = refinement_of(snapshot, looking.more, looking.less)
    examples = refinement or Refinement()
    left_out = [*examples.more, *examples.less]
    if isinstance(query, int):
        left_out.append(query)
        found = by_product(snapshot, query, k, looking.narrowing, refinement, colouring)
    else:
        found = by_vector(snapshot, query, k, looking.narrowing, refinement, colouring)
    return Look(
        looking=looking,
        colours=_colours(looking),
        similar=[_links(looking, each) for each in found],
        same=same,
        facets=facet_links(looking, facet_counts(snapshot, looking.narrowing, left_out)),
        chips=filter_chips(looking),
        more=_examples(snapshot, looking, looking.more),
        less=_examples(snapshot, looking, looking.less),
        trail=[
            Step(tile, looking.onward(tile.page_url, tile.id).url)
            for tile in _known(snapshot, looking.trail)
        ],
    )


def _colours(looking: Looking) -> ColourLinks:
    plain = looking.coloured(0)
    weight = looking.colour or ASKED_COLOUR
    same = looking.coloured(SAME_COLOUR)
    return ColourLinks(
        weight=looking.colour,
        hex=looking.hex,
        name=name_of(looking.hex) if looking.hex else "",
        others=plain.pairs,
        is_same=looking == same,
        same_url=plain.url if looking == same else same.url,
        swatches=colour_links(looking.hex, lambda hex: looking.coloured(weight, hex)),
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


def _copies(snapshot: Snapshot, looking: Looking, rows: Rows) -> Copies:
    tiles = tiles_of(snapshot.products.get(rows[:MAX_COPIES]))
    shown = [Copy(tile, looking.onward(tile.page_url, tile.id).url) for tile in tiles]
    return Copies(shown, len(rows))


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
    return tiles_of(snapshot.products.get(rows))
