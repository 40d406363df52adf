"""The map as its page and its JSON twin show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from gallery import context
from gallery.links import Chip, FacetLinks, facet_links, filter_chips
from gallery.refusals import Code, Refusal
from gallery.tiles import Tile, tiles_of
from gallery.viewing import Viewing, read_viewing
from vitrine.maps import ProductMap, tiles_in
from vitrine.products import Rows
from vitrine.search import facet_counts, passing
from vitrine.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class MapTile:
    """A tile at `column` and `row` of its zoom, which stands for so many products; `x` and `y`
    are the place of the product itself, as fractions of the map."""

    tile: Tile
    column: int
    row: int
    x: float
    y: float
    products: int


@dataclass(frozen=True, slots=True)
class Ways:
    """Where one can go from a window; None where there is nothing further."""

    north: Viewing | None
    west: Viewing | None
    east: Viewing | None
    south: Viewing | None
    closer: Viewing | None
    farther: Viewing | None
    whole: Viewing


@dataclass(frozen=True, slots=True)
class MapWindow:
    """`tiles` are the most typical first; `total` counts the products that pass the filters,
    in the window and beyond, and `bounds` (left, top, right, bottom) has room for all of them,
    as fractions of the map."""

    viewing: Viewing
    tiles: Sequence[MapTile]
    total: int
    bounds: Sequence[float]
    ways: Ways
    facets: Sequence[FacetLinks]
    chips: Sequence[Chip]

    @property
    def lines(self) -> Iterator[list[MapTile | None]]:
        """The window line by line, as a page without scripts draws it; None where it is empty."""
        window = self.viewing.window
        found = {(each.column, each.row): each for each in self.tiles}
        for row in range(window.row, window.row + window.down):
            columns = range(window.column, window.column + window.across)
            yield [found.get((column, row)) for column in columns]


def current_map(snapshot: Snapshot) -> ProductMap:
    """The map of a snapshot; refuses where there is none."""
    found = context.gallery().maps.of(snapshot)
    if found is None:
        command = "python -m indexer map"
        if not context.gallery().has_default_index:
            command += " --index FOLDER"
        raise Refusal(Code.NO_MAP, _l("There is no map of these products yet."), command)
    return found


def map_window(
    snapshot: Snapshot, path: str, args: MultiDict[str, str], *, with_facets: bool
) -> MapWindow:
    """The window that a query string says; the facets only where they are wanted."""
    product_map = current_map(snapshot)
    viewing = read_viewing(path, args, snapshot, product_map.depth)
    narrowing = viewing.narrowing
    rows = passing(snapshot, product_map.order, narrowing)
    tiles = tiles_in(product_map, viewing.window, rows)
    products = snapshot.products.get(tiles.rows)
    places = product_map.positions(tiles.rows).tolist()
    counts = facet_counts(snapshot, narrowing) if with_facets else []
    return MapWindow(
        viewing=viewing,
        tiles=[
            MapTile(tile, column, row, x, y, size)
            for tile, (column, row), (x, y), size in zip(
                tiles_of(products), tiles.cells.tolist(), places, tiles.sizes.tolist(), strict=True
            )
        ],
        total=len(rows),
        bounds=_bounds(product_map, rows),
        ways=_ways(viewing),
        facets=facet_links(viewing, counts),
        chips=_chips(viewing),
    )


def _ways(viewing: Viewing) -> Ways:
    """Half a window on, so that what was seen helps one to find one's way."""
    across, down = viewing.across / 2, viewing.down / 2
    return Ways(
        north=viewing.moved(0, -down),
        west=viewing.moved(-across, 0),
        east=viewing.moved(across, 0),
        south=viewing.moved(0, down),
        closer=viewing.zoomed(1),
        farther=viewing.zoomed(-1),
        whole=viewing.whole(),
    )


def _bounds(product_map: ProductMap, rows: Rows) -> list[float]:
    if not len(rows):
        return [0.0, 0.0, 1.0, 1.0]
    cells = product_map.cells[rows]
    low, high = cells.min(axis=0) / product_map.side, (cells.max(axis=0) + 1) / product_map.side
    return [*low.tolist(), *high.tolist()]


def _chips(viewing: Viewing) -> list[Chip]:
    text = viewing.text
    words = [Chip(_("“%(words)s”", words=text), viewing.without_text().url)] if text else []
    return words + filter_chips(viewing)
