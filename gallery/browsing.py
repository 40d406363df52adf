"""The state of the grid: what its address says, and the addresses that lead on from it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt
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
from gallery.colours import read_hex
from vitrine.products import Order
from vitrine.search import Narrowing
from vitrine.snapshot import Snapshot
from vitrine.words import query_words

Sizes = npt.NDArray[np.int64]

MAX_TEXT = 200  # characters of a search; a title is shorter


class Scope(StrEnum):
    """Where words are searched for."""

    PHOTOS = "photos"
    TITLES = "titles"


@dataclass(frozen=True, slots=True)
class Browsing:
    """What the grid is narrowed to, in which order, and which page of it, from 1.

    `scopes` are those that the index offers, the first of which needs not be said. In titles
    and facts words narrow; in photos they rank all, and there is no other order. The same is
    true of a colour, which `hex` has the six digits of.
    """

    path: str
    text: str = ""
    scope: Scope = Scope.TITLES
    scopes: tuple[Scope, ...] = (Scope.TITLES,)
    filters: Filters = field(default_factory=dict)
    order: Order = Order.CATALOGUE
    page: int = 1
    hex: str = ""

    @property
    def narrowing(self) -> Narrowing:
        return Narrowing(filters=self.filters, text="" if self.ranks_words else self.text)

    @property
    def ranks_words(self) -> bool:
        """Whether words rank the products by what their photos show."""
        return bool(self.text) and self.scope is Scope.PHOTOS

    @property
    def is_ranked(self) -> bool:
        """Whether words or a colour say the order."""
        return self.ranks_words or bool(self.hex)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.text or self.filters)

    @property
    def pairs(self) -> Pairs:
        """The query string, without what is so anyway."""
        pairs = [("q", self.text)] if self.text else []
        pairs += [("scope", self.scope.value)] if self.scope is not self.scopes[0] else []
        pairs += filter_pairs(self.filters)
        pairs += [("hex", self.hex)] if self.hex else []
        pairs += [("sort", self.order.value)] if self.order is not Order.CATALOGUE else []
        pairs += [("page", str(self.page))] if self.page > 1 else []
        return pairs

    @property
    def url(self) -> str:
        return address(self.path, self.pairs)

    def at(self, path: str) -> Browsing:
        """The same state at another address, such as that of its JSON twin."""
        return replace(self, path=path)

    def toggled(self, name: str, value: str) -> Browsing:
        """The first page with one facet value more, or less where it is chosen already."""
        return replace(self, filters=toggled(self.filters, name, value), page=1)

    def without(self, name: str | None) -> Browsing:
        """The first page without one facet's values; without the text, for None."""
        if name is None:
            return replace(self, text="", scope=self.scopes[0], page=1)
        kept = {other: values for other, values in self.filters.items() if other != name}
        return replace(self, filters=kept, page=1)

    def within(self, scope: Scope) -> Browsing:
        """The first page with the words searched for there; orders have no place in photos."""
        order = Order.CATALOGUE if self.text and scope is Scope.PHOTOS else self.order
        return replace(self, scope=scope, order=order, page=1)

    def coloured(self, hex: str) -> Browsing:
        """The first page with the products of a colour first; of none, for no digits."""
        return replace(self, hex=hex, order=Order.CATALOGUE if hex else self.order, page=1)

    def in_order(self, order: Order) -> Browsing:
        return replace(self, order=order, page=1)

    def on_page(self, page: int) -> Browsing:
        return replace(self, page=page)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the grid.

    `first`, `last` and `total` count products from 1 (0–0 of nothing); `start` and `stop`
    bound the page's tiles, of which one may stand for several products.
    """

    number: int
    count: int
    start: int
    stop: int
    first: int
    last: int
    total: int

    @property
    def numbers(self) -> list[int | None]:
        """The pages to link to: both ends and those around this one; None is a gap."""
        near = {1, self.count, *range(self.number - 1, self.number + 2)}
        shown = sorted(n for n in near if 1 <= n <= self.count)
        out: list[int | None] = []
        for number in shown:
            if out and out[-1] is not None and number > out[-1] + 1:
                out.append(None)
            out.append(number)
        return out


def scopes_of(snapshot: Snapshot) -> tuple[Scope, ...]:
    """Where words can be searched for in this index, the first if nothing is said."""
    return (Scope.PHOTOS, Scope.TITLES) if snapshot.manifest.encoder.reads_text else (Scope.TITLES,)


def read_text(args: MultiDict[str, str]) -> str:
    """The text that is searched for; what has no word in it searches for nothing."""
    text = " ".join(args.get("q", "").split())[:MAX_TEXT].rstrip()
    return text if query_words(text) else ""


def read_browsing(path: str, args: MultiDict[str, str], snapshot: Snapshot) -> Browsing:
    """Any query string → a state. Unknown parameters, and values beyond a few, are passed over."""
    try:
        page = int(args.get("page", "1"))
    except ValueError:
        page = 1
    order, scope, scopes = args.get("sort"), args.get("scope"), scopes_of(snapshot)
    browsing = Browsing(
        path=path,
        text=read_text(args),
        scopes=scopes,
        filters=read_filters(args, facet_names(snapshot)),
        order=Order(order) if order in list(Order) else Order.CATALOGUE,
    ).coloured(read_hex(args))
    return browsing.within(Scope(scope) if scope in scopes else scopes[0]).on_page(max(page, 1))


def page_of(number: int, sizes: Sizes, length: int) -> Page:
    """The page of this number, or the nearest that there is.

    `sizes` (tiles,) has how many products each tile stands for; a page has `length` tiles.
    """
    count = max(1, -(-len(sizes) // length))
    number = min(number, count)
    start, stop = (number - 1) * length, min(number * length, len(sizes))
    before, here = int(sizes[:start].sum()), int(sizes[start:stop].sum())
    first = before + 1 if here else 0
    return Page(number, count, start, stop, first, before + here, int(sizes.sum()))
