"""The grid as its page and its JSON twin show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gallery.browsing import Browsing, Page, page_of
from gallery.links import Chip, FacetLinks, facet_links, filter_chips, label
from gallery.tiles import Tile, tile_of
from vitrine.products import Order
from vitrine.search import facet_counts, folded, matching_rows, relaxations
from vitrine.snapshot import Snapshot

ORDERS = {
    Order.CATALOGUE: _l("As in the catalogue"),
    Order.NEWEST: _l("Newest first"),
    Order.TITLE: _l("By title"),
}


@dataclass(frozen=True, slots=True)
class GridTile:
    """A tile, and how many products with this very photo it stands for."""

    tile: Tile
    products: int


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
class Grid:
    """`ways` is empty wherever there are tiles."""

    browsing: Browsing
    page: Page
    tiles: Sequence[GridTile]
    facets: Sequence[FacetLinks]
    chips: Sequence[Chip]
    sorts: Sequence[Sort]
    ways: Sequence[Way]


def grid_of(snapshot: Snapshot, browsing: Browsing, page_size: int) -> Grid:
    """One page of the products that the state narrows to."""
    rows = matching_rows(snapshot, browsing.narrowing, browsing.order)
    tiles = folded(snapshot, rows)
    page = page_of(browsing.page, tiles.sizes, page_size)
    browsing = browsing.on_page(page.number)
    products = snapshot.products.get(tiles.rows[page.start : page.stop])
    sizes = tiles.sizes[page.start : page.stop]
    return Grid(
        browsing=browsing,
        page=page,
        tiles=[GridTile(tile_of(p), int(n)) for p, n in zip(products, sizes, strict=True)],
        facets=facet_links(browsing, facet_counts(snapshot, browsing.narrowing)),
        chips=_chips(browsing),
        sorts=[
            Sort(order, str(words), order is browsing.order, browsing.in_order(order).url)
            for order, words in ORDERS.items()
        ],
        ways=[] if products else _ways(snapshot, browsing),
    )


def _chips(browsing: Browsing) -> list[Chip]:
    text = browsing.text
    words = [Chip(_("“%(words)s”", words=text), browsing.without(None).url)] if text else []
    return words + filter_chips(browsing)


def _ways(snapshot: Snapshot, browsing: Browsing) -> list[Way]:
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
        for way in relaxations(snapshot, browsing.narrowing)
    ]
