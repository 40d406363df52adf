"""The state of the map: what its address says, and the addresses that lead on from it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from werkzeug.datastructures import MultiDict

from gallery.addresses import (
    Filters,
    Pairs,
    address,
    facet_names,
    filter_pairs,
    read_filters,
    toggled,
)
from gallery.browsing import Browsing, Scope, read_text
from vitrine.maps import Window
from vitrine.search import Narrowing
from vitrine.snapshot import Snapshot

MAX_SIDE = 20
"""Tiles of a window, across and down: what one answer can bear."""

WHOLE_ZOOM = 3
SIDE = 1 << WHOLE_ZOOM
"""At this zoom the window that nothing is said of, of so many tiles across and down, has the
whole map: tiles that can be tapped on a phone 360 pixels wide."""

MIDDLE = 0.5
PLACE_DECIMALS, ZOOM_DECIMALS = 5, 2


@dataclass(frozen=True, slots=True)
class Viewing:
    """Which part of the map is shown, and what it is narrowed to.

    `x` and `y` are the middle of the window, as fractions of the map from its top left. At zoom
    z the map is 2^z tiles wide; between two whole numbers tiles are those of the lower one, and
    larger. `is_whole` where nothing of this is said: then a page may show the whole map in whatever
    window it has. `deepest` is the zoom at which every product has a tile of its own.
    """

    path: str
    deepest: int
    text: str = ""
    filters: Filters = field(default_factory=dict)
    x: float = MIDDLE
    y: float = MIDDLE
    zoom: float = WHOLE_ZOOM
    is_whole: bool = False
    across: int = SIDE
    down: int = SIDE

    @property
    def narrowing(self) -> Narrowing:
        return Narrowing(filters=self.filters, text=self.text)

    @property
    def scope(self) -> Scope:
        """Words narrow the map, and rank nothing."""
        return Scope.TITLES

    @property
    def level(self) -> int:
        """The zoom whose tiles are shown."""
        return min(int(self.zoom), self.deepest)

    @property
    def whole_zoom(self) -> int:
        """The zoom that is not said: the one at which a usual window has the whole map."""
        return min(WHOLE_ZOOM, self.deepest)

    @property
    def pairs(self) -> Pairs:
        """The query string, without what is so anyway."""
        pairs = [("q", self.text)] if self.text else []
        pairs += filter_pairs(self.filters)
        if not self.is_whole:
            pairs += [("x", _short(self.x, PLACE_DECIMALS)), ("y", _short(self.y, PLACE_DECIMALS))]
            pairs += [("zoom", _short(self.zoom, ZOOM_DECIMALS))]
        pairs += [("across", str(self.across))] if self.across != SIDE else []
        pairs += [("down", str(self.down))] if self.down != SIDE else []
        return pairs

    @property
    def url(self) -> str:
        return address(self.path, self.pairs)

    @property
    def window(self) -> Window:
        """The tiles that are shown; where the window ends within one, it moves to its edge."""
        tiles = 1 << self.level
        column = math.floor(self.x * tiles - self.across / 2 + MIDDLE)
        row = math.floor(self.y * tiles - self.down / 2 + MIDDLE)
        return Window(self.level, column, row, self.across, self.down)

    def at(self, path: str) -> Viewing:
        """The same state at another address, such as that of its JSON twin."""
        return replace(self, path=path)

    def toggled(self, name: str, value: str) -> Viewing:
        """The same window with one facet value more, or less where it is chosen already."""
        return replace(self, filters=toggled(self.filters, name, value))

    def without_text(self) -> Viewing:
        return replace(self, text="")

    def without_filters(self) -> Viewing:
        """The same window of the map of all products."""
        return replace(self, text="", filters={})

    def whole(self) -> Viewing:
        return replace(self, x=MIDDLE, y=MIDDLE, zoom=self.whole_zoom, is_whole=True)

    def moved(self, columns: float, rows: float) -> Viewing | None:
        """The window so many tiles further; None where its middle would leave the map."""
        tiles = 1 << self.level
        x, y = self.x + columns / tiles, self.y + rows / tiles
        if not (0 <= x <= 1 and 0 <= y <= 1):
            return None
        return replace(self, x=x, y=y, is_whole=False)

    def zoomed(self, steps: int) -> Viewing | None:
        """So many whole zooms deeper, about the same middle; None where there is no such."""
        zoom = self.level + steps
        return replace(self, zoom=zoom, is_whole=False) if 0 <= zoom <= self.deepest else None

    def browsing(self, path: str, scopes: tuple[Scope, ...]) -> Browsing:
        """The grid of what this is narrowed to."""
        grid = Browsing(path=path, text=self.text, scopes=scopes, filters=self.filters)
        return grid.within(Scope.TITLES) if self.text else grid.within(scopes[0])


def map_of_grid(browsing: Browsing, path: str) -> str:
    """The address of the map of what a grid is narrowed to."""
    text = browsing.narrowing.text
    pairs = [("q", text)] if text else []
    return address(path, pairs + filter_pairs(browsing.filters))


def read_viewing(path: str, args: MultiDict[str, str], snapshot: Snapshot, deepest: int) -> Viewing:
    """Any query string → a state. Unknown parameters, and values beyond a few, are passed over."""
    whole = Viewing(path, deepest).whole()
    return replace(
        whole,
        text=read_text(args),
        filters=read_filters(args, facet_names(snapshot)),
        x=_number(args.get("x"), whole.x, 0, 1, PLACE_DECIMALS),
        y=_number(args.get("y"), whole.y, 0, 1, PLACE_DECIMALS),
        zoom=_number(args.get("zoom"), whole.zoom, 0, deepest + 0.99, ZOOM_DECIMALS),
        across=int(_number(args.get("across"), SIDE, 1, MAX_SIDE, 0)),
        down=int(_number(args.get("down"), SIDE, 1, MAX_SIDE, 0)),
        is_whole=not any(args.get(name) for name in ("x", "y", "zoom")),
    )


def _number(given: str | None, default: float, least: float, most: float, decimals: int) -> float:
    """A number within its bounds; what is none is the default."""
    try:
        number = float(given or "")
    except ValueError:
        return default
    if math.isnan(number):
        return default
    return round(min(max(number, least), most), decimals)


def _short(number: float, decimals: int) -> str:
    return f"{number:.{decimals}f}".rstrip("0").rstrip(".")
