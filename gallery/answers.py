"""What every JSON answer holds: the types that the code fills and `/openapi.json` describes.

Every `url` leads to JSON and every `page_url` to the page with the same contents; both
are paths of this server.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

# TypedDict of the standard library keeps no annotations of its own before Python 3.12.
from typing_extensions import TypedDict

from gallery.browsing import Scope
from gallery.refusals import Code
from gallery.tiles import Tile
from vitrine.failures import FailureCode
from vitrine.products import Order


def said(description: str, **limits: Any) -> Any:
    """The words, and the bounds, that the document has for a field."""
    return Field(description=description, **limits)


class Score(StrEnum):
    """What `score` says: either falls as the distance grows."""

    COSINE = "cosine"
    INVERSE_DISTANCE = "inverse_distance"


class Error(TypedDict):
    """Every error has this shape. The codes never change; the words may."""

    error: Annotated[str, said("What is wrong and what can be done, for people.")]
    code: Annotated[Code, said("What is wrong, for programs.")]
    status: Annotated[int, said("The HTTP status, once more.")]


class Product(TypedDict):
    """A product of the catalogue whose photo is indexed."""

    id: Annotated[str, said("Its id in the catalogue.")]
    title: Annotated[str, said("Its title in the catalogue, else one made from its facts.")]
    image_url: Annotated[
        str,
        said(
            "Its photo, absolute: the catalogue's own address where that is one of the web, "
            "else the gallery's largest copy."
        ),
    ]
    thumbnail_url: Annotated[str, said("A small copy of the photo; a path of this server.")]
    page_url: Annotated[str, said("Its page; a path of this server.")]
    facts: Annotated[
        dict[str, str], said("All other columns of the catalogue, in the catalogue's order.")
    ]


class SimilarProduct(Product):
    """A product that looks like the query."""

    score: Annotated[
        float,
        said(
            "The cosine of both embeddings, or, with `colour`, a mean of it and of the likeness of "
            "both palettes, or, with `score=inverse_distance`, 1/(1 + `distance`); "
            "1 for an identical photo.",
            ge=-1,
            le=1,
        ),
    ]
    distance: Annotated[
        float, said("The squared L2 distance of the unit vectors: 2 − 2·score.", ge=0, le=4)
    ]


class Size(TypedDict):
    """A photo's size in pixels, upright."""

    width: Annotated[int, said("Pixels across.", ge=1)]
    height: Annotated[int, said("Pixels down.", ge=1)]


class UploadQuery(TypedDict):
    """A query by an uploaded photo."""

    upload: Annotated[Size, said("The size of what was searched with: the photo, or its crop.")]


class FetchedQuery(TypedDict):
    """A query by a URL that is not in the catalogue."""

    fetched: Annotated[Size, said("The size of the photo that was fetched.")]


class TextQuery(TypedDict):
    """A query in words."""

    text: Annotated[str, said("The words, single spaces between them.")]


class ColourQuery(TypedDict):
    """A query by a colour alone."""

    hex: Annotated[str, said("Its six digits.")]


class Similar(TypedDict):
    """Products that look like the query, best first."""

    query: Annotated[
        Product | UploadQuery | FetchedQuery | TextQuery | ColourQuery,
        said("The product asked about, the size of the photo, the words, or the colour."),
    ]
    similar_images: Annotated[list[str], said("The `image_url` of every result.")]
    results: Annotated[list[SimilarProduct], said("The products, best first.")]
    encoder: Annotated[str, said("What the photos were embedded with.")]
    took_ms: Annotated[float, said("What the search took, in milliseconds.", ge=0)]


class Health(TypedDict):
    """Whether the gallery runs, and from what it answers."""

    status: Annotated[Literal["ok"], said("The gallery runs.")]
    generation: Annotated[
        str | None, said("The name of the generation that is served; none if nothing is.")
    ]
    products: Annotated[int, said("How many products it has.", ge=0)]
    encoder: Annotated[str | None, said("What their photos were embedded with.")]
    encoder_loaded: Annotated[
        bool,
        said("Whether photos, and words, can be embedded at once; the first such search loads it."),
    ]
    indexing: Annotated[bool, said("Whether the index is being brought up to date right now.")]


class Readiness(TypedDict):
    """That searches can be answered."""

    status: Annotated[Literal["ready"], said("Products can be searched.")]
    generation: Annotated[str, said("The name of the generation that is served.")]
    products: Annotated[int, said("How many products it has.", ge=1)]


class FacetValue(TypedDict):
    """A value of a facet; its `url` chooses it, or gives it up where it is chosen."""

    value: Annotated[str, said("The value, as in the catalogue.")]
    count: Annotated[int, said("How many products have it, all other filters held to.", ge=0)]
    chosen: Annotated[bool, said("Whether it narrows already.")]
    url: Annotated[str, said("The same answer with this value chosen, or given up.")]


class Facet(TypedDict):
    """A fact to narrow by, with its first values, the commonest first."""

    name: Annotated[str, said("The column's name, and the parameter's.")]
    label: Annotated[str, said("The name in words, in the reader's language.")]
    total: Annotated[int, said("How many values there are to choose from.", ge=0)]
    values: Annotated[list[FacetValue], said("The first of them, and those that are chosen.")]
    all_url: Annotated[
        str | None, said("All of them, where these are not all and there is a list of them.")
    ]


class Chip(TypedDict):
    """Something that narrows; its `url` is the same answer without it."""

    label: Annotated[str, said("The value, or the words searched for.")]
    url: Annotated[str, said("The same answer without it.")]


class Sort(TypedDict):
    """An order that the products can be in."""

    sort: Annotated[Order, said("The value of the parameter `sort`.")]
    label: Annotated[str, said("The order in words, in the reader's language.")]
    chosen: Annotated[bool, said("Whether the products are in this order.")]
    url: Annotated[str, said("The first page in this order.")]


class ScopeChoice(TypedDict):
    """Where words can be searched for."""

    scope: Annotated[Scope, said("The value of the parameter `scope`.")]
    label: Annotated[str, said("The same in words, in the reader's language.")]
    chosen: Annotated[bool, said("Whether it is what the address says.")]
    url: Annotated[str, said("The first page of the same words searched for there.")]


class Way(TypedDict):
    """A way out where nothing is found: what to give up."""

    label: Annotated[str, said("The words or the facet to give up.")]
    count: Annotated[int, said("How many products there would be.", ge=1)]
    url: Annotated[str, said("The answer without it.")]


class ListedProduct(Product):
    """A product of a page; those with the same or nearly the same photo are folded into it."""

    url: Annotated[str, said("The product and what looks like it.")]
    folded: Annotated[int, said("How many products it stands for, itself included.", ge=1)]
    identical: Annotated[
        int, said("How many of them have its very photo; the others' is nearly the same.", ge=1)
    ]
    score: Annotated[
        float | None,
        said(
            "The cosine of the words and its photo, where words rank the photos; the likeness of "
            "the palettes, where a colour ranks them; the mean where both do."
        ),
    ]


class ProductsPage(TypedDict):
    """One page of the products that pass the filters."""

    url: Annotated[str, said("This answer.")]
    page_url: Annotated[str, said("The same products as a page for people.")]
    prev: Annotated[str | None, said("The page before this one.")]
    next: Annotated[str | None, said("The page after this one; also in the header `Link`.")]
    page: Annotated[int, said("The number of this page.", ge=1)]
    pages: Annotated[int, said("How many pages there are.", ge=1)]
    first: Annotated[int, said("Which product is the first one here, counted from 1.", ge=0)]
    last: Annotated[int, said("Which product is the last one here.", ge=0)]
    total: Annotated[int, said("How many products pass.", ge=0)]
    products: Annotated[list[ListedProduct], said("The products of this page, in order.")]
    chosen: Annotated[list[Chip], said("What narrows.")]
    sorts: Annotated[list[Sort], said("The orders that there are; none where words rank.")]
    scopes: Annotated[
        list[ScopeChoice], said("Where the words can be searched for, if there is a choice.")
    ]
    notice: Annotated[
        str | None,
        said("Why words were searched for in titles and facts, where photos were asked for."),
    ]
    facets: Annotated[list[Facet], said("What there is to narrow by, in the catalogue's order.")]
    ways: Annotated[list[Way], said("Where nothing passes: which filters to give up.")]


class MapTile(Product):
    """A product that stands on the map for those around it."""

    url: Annotated[str, said("The product and what looks like it.")]
    small_url: Annotated[str, said("The smallest copy of its photo; a path of this server.")]
    width: Annotated[int, said("The photo's width in pixels.", ge=1)]
    height: Annotated[int, said("The photo's height in pixels.", ge=1)]
    x: Annotated[float, said("Its place, as a fraction of the map from the left.", ge=0, le=1)]
    y: Annotated[float, said("Its place, as a fraction of the map from the top.", ge=0, le=1)]
    column: Annotated[int, said("The tile's column: at zoom z the map has 2^⌊z⌋, from 0 on.", ge=0)]
    row: Annotated[int, said("The tile's row, likewise.", ge=0)]
    products: Annotated[int, said("How many products the tile stands for, itself included.", ge=1)]


class MapWindow(TypedDict):
    """A window of the map: no two tiles of it overlap."""

    url: Annotated[str, said("This answer.")]
    page_url: Annotated[str, said("The same window as a page for people.")]
    products_url: Annotated[str, said("All products that pass, in pages, and their facets.")]
    x: Annotated[float, said("The middle of the window, as a fraction of the map.", ge=0, le=1)]
    y: Annotated[float, said("The middle of the window, as a fraction of the map.", ge=0, le=1)]
    zoom: Annotated[float, said("At zoom z the map is 2^⌊z⌋ tiles wide and high.", ge=0)]
    deepest: Annotated[int, said("The zoom at which every product has a tile of its own.", ge=0)]
    across: Annotated[int, said("How many tiles the window is wide.", ge=1)]
    down: Annotated[int, said("How many tiles the window is high.", ge=1)]
    total: Annotated[int, said("How many products pass, in the window and beyond.", ge=0)]
    bounds: Annotated[
        list[float],
        said("Left, top, right and bottom of where they all lie, as fractions of the map."),
    ]
    tiles: Annotated[
        list[MapTile], said("The tiles of the window, the most typical products first.")
    ]
    chosen: Annotated[list[Chip], said("What narrows.")]
    north: Annotated[str | None, said("Half a window up; nothing at the edge of the map.")]
    west: Annotated[str | None, said("Half a window to the left.")]
    east: Annotated[str | None, said("Half a window to the right.")]
    south: Annotated[str | None, said("Half a window down.")]
    closer: Annotated[str | None, said("The next zoom.")]
    farther: Annotated[str | None, said("The zoom before.")]
    whole: Annotated[str, said("The whole map.")]


class FacetValues(TypedDict):
    """Every value of one facet, by name; each `url` leads to the products."""

    url: Annotated[str, said("This answer.")]
    page_url: Annotated[str, said("The same values as a page for people.")]
    name: Annotated[str, said("The column's name, and the parameter's.")]
    label: Annotated[str, said("The name in words, in the reader's language.")]
    values: Annotated[list[FacetValue], said("The values, in the order of their names.")]


class SimilarInLook(SimilarProduct):
    """A similar product, and where it leads."""

    url: Annotated[str, said("The look at this product, with the filters kept.")]
    more_url: Annotated[str, said("This answer, moved towards this product.")]
    less_url: Annotated[str, said("This answer, moved away from this product.")]


class LinkedProduct(Product):
    """A product with an address that does something with it."""

    url: Annotated[str, said("What it does is said where the product stands.")]


class SameFact(TypedDict):
    """A fact of the product that the similar ones can be held to."""

    name: Annotated[str, said("The column's name.")]
    label: Annotated[str, said("The name in words, in the reader's language.")]
    value: Annotated[str, said("The product's own value.")]
    chosen: Annotated[bool, said("Whether the similar products are held to it.")]
    url: Annotated[str, said("The same answer held to it, or no longer.")]


class SimilarInState(TypedDict):
    """What looks like a query, and every way to narrow and refine it."""

    url: Annotated[str, said("This answer.")]
    page_url: Annotated[str, said("The same contents as a page for people.")]
    similar: Annotated[list[SimilarInLook], said("What looks like it, best first.")]
    more: Annotated[
        list[LinkedProduct], said("What the query was moved towards; `url` forgets it.")
    ]
    less: Annotated[
        list[LinkedProduct], said("What the query was moved away from; `url` forgets it.")
    ]
    trail: Annotated[
        list[LinkedProduct],
        said("The products looked at before, oldest first; `url` goes back to it."),
    ]
    colour: Annotated[
        float, said("How much colour counts, beside shape; part of each `score`.", ge=0, le=1)
    ]
    same_colour_url: Annotated[str, said("The same answer with colour counting most.")]
    chosen: Annotated[list[Chip], said("What narrows the similar products.")]
    facets: Annotated[list[Facet], said("What there is to narrow them by.")]


class ProductLook(SimilarInState):
    """A product, and what looks like it."""

    product: Annotated[Product, said("The product that is looked at.")]
    same: Annotated[list[SameFact], said("Its facts that the similar products can be held to.")]
    same_photo: Annotated[
        list[LinkedProduct],
        said("Others with its very photo, those that follow in the catalogue first."),
    ]
    same_photo_total: Annotated[int, said("How many there are of them in all.", ge=0)]
    nearly_same_photo: Annotated[
        list[LinkedProduct], said("Others with nearly the same photo, in the same order.")
    ]
    nearly_same_photo_total: Annotated[int, said("How many there are of them in all.", ge=0)]


class PhotoLook(SimilarInState):
    """A photo that somebody searched with, and what looks like it."""

    photo: Annotated[Size, said("The size of what was searched with.")]
    preview: Annotated[
        str | None, said("The photo itself as a `data:` address, where photos are kept.")
    ]
    expires_at: Annotated[str, said("When this address ends, in ISO 8601.")]


class Cause(TypedDict):
    """Why a photo could not be had."""

    code: Annotated[FailureCode, said("The cause, for programs.")]
    cause: Annotated[str, said("The cause in words, in the reader's language.")]
    remedy: Annotated[str, said("What the catalogue's owner can do about it.")]


class PhotolessLook(Cause):
    """A product whose photo could not be had; nothing can be compared with it."""

    url: Annotated[str, said("This answer.")]
    page_url: Annotated[str, said("Its page.")]
    id: Annotated[str, said("Its id in the catalogue.")]
    title: Annotated[str, said("Its title in the catalogue, else one made from its facts.")]
    image_url: Annotated[str | None, said("The photo's address, where it is one of the web.")]
    facts: Annotated[dict[str, str], said("All other columns of the catalogue.")]


class FailedProduct(TypedDict):
    """A product whose photo could not be had."""

    id: Annotated[str, said("Its id in the catalogue.")]
    title: Annotated[str, said("Its title.")]
    url: Annotated[str, said("What is known of it.")]
    page_url: Annotated[str, said("Its page.")]


class FailureCause(Cause):
    """A cause with the products that it kept out of the index."""

    products: Annotated[int, said("How many products it kept out of the index.", ge=1)]
    examples: Annotated[list[FailedProduct], said("The first of them.")]


class IndexedCatalogue(TypedDict):
    """The catalogue that was indexed."""

    name: Annotated[str, said("Its file's name.")]
    rows: Annotated[int, said("How many of its rows could be used.", ge=0)]
    skipped: Annotated[int, said("How many were broken or there twice.", ge=0)]


class IndexedFacet(TypedDict):
    """A fact with few values."""

    name: Annotated[str, said("The column's name, and the parameter's.")]
    label: Annotated[str, said("The name in words, in the reader's language.")]
    values: Annotated[int, said("How many values it has.", ge=0)]
    url: Annotated[str, said("All of them.")]
    page_url: Annotated[str, said("All of them as a page.")]


class IndexEncoder(TypedDict):
    """What the photos were embedded with."""

    name: Annotated[str, said("Its name.")]
    dimension: Annotated[int, said("The length of its vectors.", ge=1)]
    fingerprint: Annotated[
        str, said("The beginning of a hash over weights, preprocessing and pooling.")
    ]
    reads_text: Annotated[bool, said("Whether photos can be searched in words.")]


class IndexKind(TypedDict):
    """How neighbours are found."""

    kind: Annotated[str, said("`flat` compares with every product.")]
    recall: Annotated[float, said("Measured against exact search; 1 is exact.", ge=0, le=1)]


class Index(TypedDict):
    """What is indexed, with what, and what could not be."""

    url: Annotated[str, said("This answer.")]
    page_url: Annotated[str, said("The same contents as a page for people.")]
    failures_url: Annotated[str, said("Every product without its photo, as CSV.")]
    generation: Annotated[str, said("The name of the generation that is served.")]
    created_at: Annotated[str, said("When it was published, in ISO 8601.")]
    products: Annotated[int, said("How many products it has.", ge=1)]
    catalogue: Annotated[IndexedCatalogue, said("Where they are from.")]
    facets: Annotated[list[IndexedFacet], said("What they can be narrowed by.")]
    encoder: Annotated[IndexEncoder, said("What their photos were embedded with.")]
    index: Annotated[IndexKind, said("How neighbours are found.")]
    photoless: Annotated[int, said("How many products are without their photo.", ge=0)]
    failures: Annotated[list[FailureCause], said("Why, the commonest cause first.")]
    command: Annotated[str, said("What the owner runs to bring the index up to date.")]
    indexing: Annotated[bool, said("Whether that is under way right now.")]
    older_generations: Annotated[list[str], said("Kept to go back to, newest first.")]


def product_of(tile: Tile) -> Product:
    return {
        "id": tile.id,
        "title": tile.title,
        "image_url": tile.image_url,
        "thumbnail_url": tile.thumbnail_url,
        "page_url": tile.page_url,
        "facts": dict(tile.facts),
    }


def similar_of(tile: Tile, cosine: float, score: Score = Score.COSINE) -> SimilarProduct:
    """For unit vectors the squared L2 distance is d = 2 − 2·cosine; the inverse is 1/(1 + d)."""
    distance = round(2 - 2 * cosine, 6)
    is_inverse = score is Score.INVERSE_DISTANCE
    return {
        **product_of(tile),
        "score": round(1 / (1 + distance), 6) if is_inverse else cosine,
        "distance": distance,
    }
