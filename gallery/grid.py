"""The grid as its page and its JSON twin show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gallery.browsing import Browsing, Page, Scope, page_of
from gallery.colours import name_of, palette_of_hex
from gallery.embedding import text_vector
from gallery.links import (
    Chip,
    ColourLink,
    FacetLinks,
    colour_links,
    facet_links,
    filter_chips,
    label,
)
from gallery.measuring import Step, timed
from gallery.refusals import Code, Refusal
from gallery.tiles import Tile, tiles_of
from vitrine.encoders.base import FloatArray
from vitrine.index import Ranking
from vitrine.products import Order, Rows
from vitrine.search import Narrowing, facet_counts, folded, matching_rows, passing, relaxations
from vitrine.snapshot import Snapshot

ORDERS = {
    Order.CATALOGUE: _l("As in the catalogue"),
    Order.NEWEST: _l("Newest first"),
    Order.TITLE: _l("By title"),
}

SCOPES = {
    Scope.PHOTOS: _l("Photos"),
    Scope.TITLES: _l("Titles and facts"),
}
ENCODER_IS_MISSING = (
    Code.ENCODER_UNAVAILABLE,
    Code.ENCODER_MISMATCH,
    Code.TOO_MANY_SEARCHES,
    Code.BUSY,
)


@dataclass(frozen=True, slots=True)
class GridTile:
    """A tile, and how many products with the same or nearly the same photo it stands for.

    `identical` of them have its very photo; both numbers count itself. `score` is the cosine
    to the words, or the likeness to the colour, that rank the grid, if one does.
    """

    tile: Tile
    products: int
    identical: int
    score: float | None


@dataclass(frozen=True, slots=True)
class Way:
    """A way out of an empty grid: what to give up, and how many products there would be."""

    label: str
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class Sort:
    order: Order
    label: str
    chosen: bool
    url: str


@dataclass(frozen=True, slots=True)
class ScopeLink:
    """Where the words can be searched for instead."""

    scope: Scope
    label: str
    chosen: bool
    url: str


@dataclass(frozen=True, slots=True)
class Grid:
    """`ways` is empty wherever there are tiles, and `scopes` where there is no choice.

    `notice` says why words were searched for in titles and facts, where it should have been
    in photos. `marked` are the words that titles and facts were searched for.
    """

    browsing: Browsing
    page: Page
    tiles: Sequence[GridTile]
    facets: Sequence[FacetLinks]
    chips: Sequence[Chip]
    colours: Sequence[ColourLink]
    sorts: Sequence[Sort]
    scopes: Sequence[ScopeLink]
    ways: Sequence[Way]
    notice: str | None
    marked: str

    @property
    def is_ranked(self) -> bool:
        return bool(self.browsing.hex) or (self.browsing.ranks_words and self.notice is None)


@timed(Step.SEARCH)
def grid_of(snapshot: Snapshot, browsing: Browsing, page_size: int) -> Grid:
    """One page of the products that the state narrows to."""
    words, notice = None, None
    if browsing.ranks_words:
        try:
            words = text_vector(snapshot, browsing.text)
        except Refusal as refusal:
            if refusal.refusal_code not in ENCODER_IS_MISSING:
                raise
            notice = _(
                "Words can't be compared with photos now. "
                "They were searched for in titles and facts instead."
            )
    # The address stays that of the search in photos, which works when it is tried again.
    searched = browsing if notice is None else browsing.within(Scope.TITLES)
    narrowing = searched.narrowing
    ranking = _ranking(snapshot, words, browsing.hex)
    rows = _rows(snapshot, narrowing, ranking or browsing.order)
    tiles = folded(snapshot, rows)
    page = page_of(browsing.page, tiles.sizes, page_size)
    browsing = browsing.on_page(page.number)
    here = tiles.rows[page.start : page.stop]
    products = snapshot.products.get(here)
    sizes = tiles.sizes[page.start : page.stop].tolist()
    identical = tiles.identical[page.start : page.stop].tolist()
    return Grid(
        browsing=browsing,
        page=page,
        tiles=[
            GridTile(tile, n, same, None if ranking is None else float(ranking.scores[row]))
            for tile, n, same, row in zip(tiles_of(products), sizes, identical, here, strict=True)
        ],
        facets=facet_links(browsing, facet_counts(snapshot, narrowing)),
        chips=_chips(browsing),
        colours=colour_links(browsing.hex, browsing.coloured),
        sorts=[] if browsing.is_ranked else _sorts(browsing),
        scopes=_scopes(browsing),
        ways=[] if products else _ways(snapshot, browsing, narrowing),
        notice=notice,
        marked=narrowing.text,
    )


def _ranking(snapshot: Snapshot, words: FloatArray | None, hex: str) -> Ranking | None:
    """All products by words, by a colour, or by both, each of which counts half."""
    by_words = None if words is None else snapshot.index.ranking(words)
    if not hex:
        return by_words
    by_colour = snapshot.palettes.likeness(palette_of_hex(hex))
    return Ranking.by(by_colour if by_words is None else (by_words.scores + by_colour) / 2)


def _rows(snapshot: Snapshot, narrowing: Narrowing, order: Order | Ranking) -> Rows:
    if isinstance(order, Ranking):
        return passing(snapshot, order.rows, narrowing)
    return matching_rows(snapshot, narrowing, order)


def _sorts(browsing: Browsing) -> list[Sort]:
    return [
        Sort(order, str(words), order is browsing.order, browsing.in_order(order).url)
        for order, words in ORDERS.items()
    ]


def _scopes(browsing: Browsing) -> list[ScopeLink]:
    if not browsing.text or len(browsing.scopes) < 2:
        return []
    return [
        ScopeLink(scope, str(SCOPES[scope]), scope is browsing.scope, browsing.within(scope).url)
        for scope in browsing.scopes
    ]


def _chips(browsing: Browsing) -> list[Chip]:
    text = browsing.text
    words = [Chip(_("“%(words)s”", words=text), browsing.without(None).url)] if text else []
    return words + _colour_chips(browsing) + filter_chips(browsing)


def _colour_chips(browsing: Browsing) -> list[Chip]:
    if not browsing.hex:
        return []
    named = _("Colour: %(name)s", name=name_of(browsing.hex))
    return [Chip(named, browsing.coloured("").url)]


def _ways(snapshot: Snapshot, browsing: Browsing, narrowing: Narrowing) -> list[Way]:
    return [
        Way(
            label=(
                _("“%(words)s”", words=browsing.text)
                if way.facet is None
                else f"{label(way.facet)}: {', '.join(browsing.filters[way.facet])}"
            ),
            count=way.count,
            url=browsing.without(way.facet).url,
        )
        for way in relaxations(snapshot, narrowing)
    ]
