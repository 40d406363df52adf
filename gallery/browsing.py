"""The state of the grid: what its address says, and the addresses that lead on from it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from flask import url_for
from werkzeug.datastructures import MultiDict

from vitrine.search import FacetCounts, Narrowing
from vitrine.snapshot import Snapshot

RESERVED = frozenset({"q", "page", "k", "id", "image", "image_path"})
"""Parameters with a meaning of their own; a column of such a name can't be filtered by."""

MAX_VALUES = 50  # chosen of one facet: each is repeated in every link of the page
MAX_TEXT = 200  # characters of a search; a title is shorter
VALUES_SHOWN = 8  # of a facet at once; the rest unfold


@dataclass(frozen=True, slots=True)
class Browsing:
    """What the grid is narrowed to, and which page of it. `page` starts at 1."""

    text: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    page: int = 1

    @property
    def narrowing(self) -> Narrowing:
        return Narrowing(filters=self.filters, text=self.text)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.text or self.filters)

    @property
    def url(self) -> str:
        """The address of this state; the first page is not named in it."""
        pairs = [("q", self.text)] if self.text else []
        pairs += [(name, value) for name, values in self.filters.items() for value in values]
        pairs += [("page", str(self.page))] if self.page > 1 else []
        return url_for("pages.grid") + (f"?{urlencode(pairs)}" if pairs else "")

    def toggled(self, name: str, value: str) -> Browsing:
        """The first page with one facet value more, or less where it is chosen already."""
        chosen = self.filters.get(name, ())
        others = tuple(other for other in chosen if other != value)
        values = others if value in chosen else (*chosen, value)
        filters = {**self.filters, name: values}
        return replace(self, filters={n: v for n, v in filters.items() if v}, page=1)

    def without_text(self) -> Browsing:
        return replace(self, text="", page=1)

    def on_page(self, page: int) -> Browsing:
        return replace(self, page=page)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of so many products; `first` and `last` count from 1 (0–0 of nothing)."""

    number: int
    count: int
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


@dataclass(frozen=True, slots=True)
class Choice:
    """A facet's value as a link: choosing it, or giving it up."""

    value: str
    count: int
    chosen: bool
    url: str


@dataclass(frozen=True, slots=True)
class FacetLinks:
    name: str
    label: str
    shown: Sequence[Choice]
    folded: Sequence[Choice]


@dataclass(frozen=True, slots=True)
class Chip:
    """Something chosen; the address drops it."""

    label: str
    url: str


def facet_names(snapshot: Snapshot) -> list[str]:
    """The facets that can be filtered by, in the catalogue's order."""
    return [facet.name for facet in snapshot.products.facets if facet.name not in RESERVED]


def read_browsing(args: MultiDict[str, str], facets: Sequence[str]) -> Browsing:
    """Any query string → a state. Unknown parameters, and values beyond a few, are passed over."""
    filters = {
        name: tuple(dict.fromkeys(filter(None, args.getlist(name))))[:MAX_VALUES] for name in facets
    }
    try:
        page = int(args.get("page", "1"))
    except ValueError:
        page = 1
    return Browsing(
        text=" ".join(args.get("q", "").split())[:MAX_TEXT],
        filters={name: values for name, values in filters.items() if values},
        page=max(page, 1),
    )


def page_of(number: int, total: int, size: int) -> Page:
    """The page of this number, or the nearest that there is."""
    count = max(1, math.ceil(total / size))
    number = min(number, count)
    first = (number - 1) * size + 1
    return Page(number, count, min(first, total), min(number * size, total), total)


def facet_links(browsing: Browsing, counts: Sequence[FacetCounts]) -> list[FacetLinks]:
    """Facets with something to choose, each value a link to the narrowed or widened grid."""
    out = []
    for facet in counts:
        if facet.name in RESERVED:
            continue
        choices = [
            Choice(c.value, c.count, c.chosen, browsing.toggled(facet.name, c.value).url)
            for c in facet.counts
        ]
        if len(choices) < 2 and not any(choice.chosen for choice in choices):
            continue
        shown = [c for i, c in enumerate(choices) if i < VALUES_SHOWN or c.chosen]
        folded = [c for i, c in enumerate(choices) if i >= VALUES_SHOWN and not c.chosen]
        out.append(FacetLinks(facet.name, label(facet.name), shown, folded))
    return out


def chips(browsing: Browsing) -> list[Chip]:
    """One chip for each thing that narrows."""
    text = [Chip(f"“{browsing.text}”", browsing.without_text().url)] if browsing.text else []
    return text + [
        Chip(value, browsing.toggled(name, value).url)
        for name, values in browsing.filters.items()
        for value in values
    ]


def label(column: str) -> str:
    """A column's name as words: "ProductType" → "Product Type"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column).replace("_", " ")
    return words[:1].upper() + words[1:]
