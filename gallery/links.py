"""Facets as links: each value leads to the same page with this value chosen, or given up."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from flask_babel import lazy_gettext as _l

from gallery.addresses import RESERVED, Filters
from gallery.colours import SWATCHES
from vitrine.search import FacetCount, FacetCounts

VALUES_SHOWN = 8  # of a facet at once
VALUES_FOLDED = 40  # more of them unfold; of still more, a page of its own has all

NAMES = {
    "ProductType": _l("Product type"),
    "SubCategory": _l("Subcategory"),
    "Category": _l("Category"),
    "Gender": _l("Gender"),
    "Colour": _l("Colour"),
    "Usage": _l("Usage"),
    "articleType": _l("Article type"),
    "baseColour": _l("Base colour"),
    "gender": _l("Gender"),
    "masterCategory": _l("Category"),
    "season": _l("Season"),
    "subCategory": _l("Subcategory"),
    "usage": _l("Usage"),
    "year": _l("Year"),
}
"""Columns of the usual catalogues, in words; any other keeps its own name."""


class Narrowable(Protocol):
    """A state that facets narrow: of the grid, or of a look."""

    @property
    def filters(self) -> Filters: ...

    @property
    def url(self) -> str: ...

    def toggled(self, name: str, value: str) -> Self: ...


@dataclass(frozen=True, slots=True)
class Choice:
    """A facet's value as a link: choosing it, or giving it up."""

    value: str
    count: int
    chosen: bool
    url: str


@dataclass(frozen=True, slots=True)
class FacetLinks:
    """`shown` and `folded` are the first values, and `total` counts all that there are."""

    name: str
    label: str
    shown: Sequence[Choice]
    folded: Sequence[Choice]
    total: int

    @property
    def is_cut(self) -> bool:
        return self.total > len(self.shown) + len(self.folded)


@dataclass(frozen=True, slots=True)
class Chip:
    """Something chosen; the address drops it."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class ColourLink:
    """A colour to ask for; `hex` has its digits, and `url` asks for it, or no longer."""

    hex: str
    name: str
    chosen: bool
    url: str


class HasUrl(Protocol):
    """A state, as its address says it."""

    @property
    def url(self) -> str: ...


def colour_links(hex: str, coloured: Callable[[str], HasUrl]) -> list[ColourLink]:
    """The colours to pick; `coloured` is the state with the colour of some digits, or none."""
    return [
        ColourLink(
            swatch.hex,
            str(swatch.name),
            swatch.hex == hex,
            coloured("" if swatch.hex == hex else swatch.hex).url,
        )
        for swatch in SWATCHES
    ]


def facet_links(state: Narrowable, counts: Sequence[FacetCounts]) -> list[FacetLinks]:
    """Facets with something to choose, in the catalogue's order."""
    out = []
    for facet in counts:
        chosen = [c for c in facet.counts if c.chosen]
        if facet.name in RESERVED or (len(facet.counts) < 2 and not chosen):
            continue
        first, others = facet.counts[:VALUES_SHOWN], facet.counts[VALUES_SHOWN:]
        late = [c for c in others if c.chosen]
        shown = choices(state, facet.name, [*first, *late])
        folded = [c for c in others[: VALUES_FOLDED + len(late)] if not c.chosen][:VALUES_FOLDED]
        out.append(
            FacetLinks(
                facet.name,
                label(facet.name),
                shown,
                choices(state, facet.name, folded),
                len(facet.counts),
            )
        )
    return out


def choices(state: Narrowable, name: str, counts: Sequence[FacetCount]) -> list[Choice]:
    """These values of a facet as links."""
    return [Choice(c.value, c.count, c.chosen, state.toggled(name, c.value).url) for c in counts]


def filter_chips(state: Narrowable) -> list[Chip]:
    """One chip for each facet value that narrows."""
    return [
        Chip(value, state.toggled(name, value).url)
        for name, values in state.filters.items()
        for value in values
    ]


def label(column: str) -> str:
    """A column's name as words: "SleeveLength" → "Sleeve Length"."""
    if column in NAMES:
        return str(NAMES[column])
    words = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", column).replace("_", " ")
    return words[:1].upper() + words[1:]
