"""Rank and filter the products of a snapshot. Pure: no network, no clock, no encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from vitrine.encoders.base import FloatArray
from vitrine.index import Mask, Neighbour
from vitrine.products import NO_VALUE, Facet, Rows
from vitrine.snapshot import Snapshot

Filters = Mapping[str, Sequence[str]]
"""Facet name → accepted values. Values of one facet are alternatives; facets add up."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What the products are narrowed to: facet filters, and words in titles and facts."""

    filters: Filters = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many products one more click on this value would show."""

    value: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class FacetCounts:
    name: str
    counts: tuple[FacetCount, ...]


def similar_to_product(
    snapshot: Snapshot, row: int, k: int, narrowing: Narrowing | None = None
) -> Sequence[Neighbour]:
    """The k products most like a product, itself left out; identical photos are kept."""
    allowed = _mask(snapshot, narrowing)
    if allowed is None:
        allowed = np.ones(len(snapshot), dtype=bool)
    allowed[row] = False
    return snapshot.index.search(snapshot.index.vector(row), k, allowed)


def similar_to_vector(
    snapshot: Snapshot, query: FloatArray, k: int, narrowing: Narrowing | None = None
) -> Sequence[Neighbour]:
    """The k products most like a unit vector (d,) of the snapshot's own encoder."""
    return snapshot.index.search(query, k, _mask(snapshot, narrowing))


def matching_rows(snapshot: Snapshot, narrowing: Narrowing) -> Rows:
    """Rows that pass, in catalogue order."""
    allowed = _mask(snapshot, narrowing)
    if allowed is None:
        return np.arange(len(snapshot), dtype=np.int64)
    return np.flatnonzero(allowed)


def facet_counts(snapshot: Snapshot, narrowing: Narrowing) -> list[FacetCounts]:
    """Every facet's values with counts that respect the text and all other facets' filters."""
    facets = snapshot.products.facets
    text = _text_mask(snapshot, narrowing.text)
    masks = {
        f.name: _facet_mask(f, narrowing.filters[f.name])
        for f in facets
        if f.name in narrowing.filters
    }
    out = []
    for facet in facets:
        others = [mask for name, mask in masks.items() if name != facet.name]
        allowed = _all_of([*others, *([] if text is None else [text])])
        codes = facet.codes if allowed is None else facet.codes[allowed]
        tally = np.bincount(codes, minlength=NO_VALUE + 1)
        chosen = set(narrowing.filters.get(facet.name, ()))
        counts = tuple(
            FacetCount(value, int(tally[code]), value in chosen)
            for code, value in enumerate(facet.values)
            if tally[code] or value in chosen
        )
        out.append(FacetCounts(facet.name, counts))
    return out


def _mask(snapshot: Snapshot, narrowing: Narrowing | None) -> Mask | None:
    """Which rows pass (n,); None where nothing narrows, so that nothing is scanned."""
    if narrowing is None:
        return None
    by_name = {facet.name: facet for facet in snapshot.products.facets}
    masks = [_facet_mask(by_name[name], values) for name, values in narrowing.filters.items()]
    text = _text_mask(snapshot, narrowing.text)
    return _all_of([*masks, *([] if text is None else [text])])


def _facet_mask(facet: Facet, values: Sequence[str]) -> Mask:
    accepted = np.zeros(NO_VALUE + 1, dtype=bool)
    accepted[[facet.values.index(value) for value in values if value in facet.values]] = True
    return accepted[facet.codes]


def _text_mask(snapshot: Snapshot, text: str) -> Mask | None:
    rows = snapshot.products.text_rows(text) if text else None
    if rows is None:
        return None
    mask = np.zeros(len(snapshot), dtype=bool)
    mask[rows] = True
    return mask


def _all_of(masks: Sequence[Mask]) -> Mask | None:
    return np.logical_and.reduce(masks) if masks else None
