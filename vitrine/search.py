"""Rank and filter the products of a snapshot. Pure: no network, no clock, no encoder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from vitrine.colouring import Colouring, nearest
from vitrine.encoders.base import FloatArray
from vitrine.index import Filter, Mask, Neighbour
from vitrine.products import NO_VALUE, Facet, Order, Rows
from vitrine.snapshot import Snapshot

ORIGINAL_WEIGHT, MORE_WEIGHT, LESS_WEIGHT = 1.0, 0.75, 0.5
"""Rocchio's α, β and γ: what is asked for comes first, and praise says more than blame.

α and β are the textbook's (Manning et al. 2008, *Introduction to Information Retrieval*,
9.1.1). Its γ of 0.25 is for texts. Cosines of photos lie close together: on the drawn
catalogue one dislike then replaces 2 of the 11 others on a page; with 0.5 it replaces 4,
about as many as one like does; with 0.75 the best neighbour is lost as well.
"""

LEAST_LENGTH = 1e-6  # a query moved nearer than that to nothing has no direction left

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


@dataclass(frozen=True, slots=True)
class Refinement:
    """Rows of products that the answer shall be more like, and less like."""

    more: Sequence[int] = ()
    less: Sequence[int] = ()

    def __bool__(self) -> bool:
        """Whether there is any example."""
        return bool(len(self.more) or len(self.less))


@dataclass(frozen=True, slots=True)
class Folded:
    """Rows (m,) with those of one group of photos folded into the first.

    `sizes` (m,) says how many each stands for, itself included, and `identical` (m,) how
    many of those have its very photo.
    """

    rows: Rows
    sizes: Rows
    identical: Rows


@dataclass(frozen=True, slots=True)
class Relaxation:
    """How many products there would be without one facet's filter; without the text, for None."""

    facet: str | None
    count: int


def similar_to_product(
    snapshot: Snapshot,
    row: int,
    k: int,
    narrowing: Narrowing | None = None,
    refinement: Refinement | None = None,
    colouring: Colouring | None = None,
) -> Sequence[Neighbour]:
    """The k products most like a product, itself left out; identical photos are kept.

    With a refinement or a colouring, like the query that it moves; see `similar_to_vector`.
    """
    allowed, examples = narrowed(snapshot, narrowing), refinement or Refinement()
    if allowed is None and not examples and colouring is None:
        return snapshot.index.nearest_others(row, k)
    query = snapshot.index.vector(row)
    return _similar(snapshot, query, k, allowed, examples, colouring, [row])


def similar_to_vector(
    snapshot: Snapshot,
    query: FloatArray,
    k: int,
    narrowing: Narrowing | None = None,
    refinement: Refinement | None = None,
    colouring: Colouring | None = None,
) -> Sequence[Neighbour]:
    """The k products most like a unit vector (d,) of the snapshot's own encoder.

    A refinement moves the query by Rocchio's relevance feedback (J. J. Rocchio 1971,
    "Relevance feedback in information retrieval", in *The SMART Retrieval System*):
    q′ = α·q + β·mean(more) − γ·mean(less), brought back to unit length. Scores are cosines
    to q′, and the examples are left out of the answer.

    With a colouring of weight w, scores are (1 − w)·cosine + w·palette likeness, whose palette
    a refinement moves in the same way.
    """
    allowed, examples = narrowed(snapshot, narrowing), refinement or Refinement()
    return _similar(snapshot, query, k, allowed, examples, colouring, [])


def matching_rows(snapshot: Snapshot, narrowing: Narrowing, order: Order = Order.CATALOGUE) -> Rows:
    """Rows that pass, in this order. Not to be written to."""
    return passing(snapshot, snapshot.products.in_order(order), narrowing)


def passing(snapshot: Snapshot, rows: Rows, narrowing: Narrowing) -> Rows:
    """Those of these rows that pass, in the order that they have. Not to be written to."""
    allowed = narrowed(snapshot, narrowing)
    return rows if allowed is None else rows[allowed.mask[rows]]


def folded(snapshot: Snapshot, rows: Rows) -> Folded:
    """Products with the same or nearly the same photo folded into the first, the order kept."""
    sizes = np.ones(len(rows), dtype=np.int64)
    identical = sizes.copy()
    shared = np.flatnonzero(snapshot.products.in_group[rows])
    photos = snapshot.products.first_of_photo[rows[shared]]
    groups = snapshot.products.first_of_group[rows[shared]]
    _, firsts, member_of, counts = np.unique(
        groups, return_index=True, return_inverse=True, return_counts=True
    )
    if len(firsts) == len(shared):
        return Folded(rows, sizes, identical)
    sizes[shared] = 0
    sizes[shared[firsts]] = counts
    is_identical = photos == photos[firsts][member_of]
    identical[shared[firsts]] = np.bincount(member_of, weights=is_identical).astype(np.int64)
    stays = sizes > 0
    return Folded(rows[stays], sizes[stays], identical[stays])


def same_photo(snapshot: Snapshot, row: int) -> Rows:
    """Other rows (m,) with the very same photo: those after this one, then those before it."""
    photos = snapshot.products.first_of_photo
    rows = _group(snapshot, row)
    same: Rows = rows[photos[rows] == photos[row]]
    return same


def nearly_same_photo(snapshot: Snapshot, row: int) -> Rows:
    """Other rows (m,) of its group whose photo is nearly the same, in the same order."""
    photos = snapshot.products.first_of_photo
    rows = _group(snapshot, row)
    nearly: Rows = rows[photos[rows] != photos[row]]
    return nearly


def facet_counts(
    snapshot: Snapshot, narrowing: Narrowing, left_out: Sequence[int] = ()
) -> list[FacetCounts]:
    """Every facet's values with counts that respect the text and all other facets' filters.

    The rows `left_out` are not counted: those that the answer beside the counts leaves out.
    """
    masks = _masks(snapshot, narrowing)
    few = np.array(sorted(set(left_out)), dtype=np.int64)
    everything = _counted(_all_of(list(masks.values())), few)
    out = []
    for facet in snapshot.products.facets:
        counted = _counted(_all_but(masks, facet.name), few) if facet.name in masks else everything
        tally = _tally(facet, counted.rows) - _tally(facet, counted.less)
        chosen = set(narrowing.filters.get(facet.name, ()))
        counts = tuple(
            FacetCount(value, count, value in chosen)
            for value, count in zip(facet.values, tally.tolist(), strict=True)
            if count or value in chosen
        )
        out.append(FacetCounts(facet.name, counts))
    return out


def relaxations(snapshot: Snapshot, narrowing: Narrowing) -> list[Relaxation]:
    """What giving up one filter, or the text, would show: most first, and only if anything."""
    masks = _masks(snapshot, narrowing)
    counts = {name: _count(snapshot, _all_but(masks, name)) for name in masks}
    found = [Relaxation(name, count) for name, count in counts.items() if count]
    return sorted(found, key=lambda relaxation: -relaxation.count)


def _group(snapshot: Snapshot, row: int) -> Rows:
    """Other rows (m,) of a row's group: those after it, then those before it."""
    groups = snapshot.products.first_of_group
    if not snapshot.products.in_group[row]:
        return np.empty(0, dtype=np.int64)
    rows = np.flatnonzero(groups == groups[row])
    return np.concatenate([rows[rows > row], rows[rows < row]])


def _similar(
    snapshot: Snapshot,
    query: FloatArray,
    k: int,
    allowed: Filter | None,
    examples: Refinement,
    colouring: Colouring | None,
    left_out: Sequence[int],
) -> Sequence[Neighbour]:
    left_out = [*left_out, *examples.more, *examples.less]
    query = _moved(snapshot.index.vector, query, examples)
    if colouring is None or colouring.weight == 0:
        return snapshot.index.search(query, k, allowed, left_out)
    palette = _moved(snapshot.palettes.of, colouring.palette, examples)
    moved = Colouring(colouring.weight, palette)
    return nearest(snapshot.index, snapshot.palettes, query, moved, k, allowed, left_out)


def _moved(
    vector: Callable[[int], FloatArray], query: FloatArray, refinement: Refinement
) -> FloatArray:
    """The query (d,) where the refinement moves it; unmoved where the examples cancel it.

    `vector` gives that of a row.
    """
    if not refinement:
        return query
    moved = ORIGINAL_WEIGHT * query.astype(np.float64)
    for rows, weight in ((refinement.more, MORE_WEIGHT), (refinement.less, -LESS_WEIGHT)):
        if len(rows):
            examples = np.stack([vector(row) for row in rows])
            moved += weight * examples.mean(axis=0, dtype=np.float64)
    length = np.linalg.norm(moved)
    return (moved / length).astype(np.float32) if length > LEAST_LENGTH else query


def narrowed(snapshot: Snapshot, narrowing: Narrowing | None) -> Filter | None:
    """Which rows pass; None where nothing narrows, so that nothing is scanned."""
    masks = {} if narrowing is None else _masks(snapshot, narrowing)
    mask = _all_of(list(masks.values()))
    if mask is None or narrowing is None:
        return None
    by_name = {facet.name: facet for facet in snapshot.products.facets}
    accepted = {name: _codes(by_name[name], values) for name, values in narrowing.filters.items()}
    return Filter.by(mask, accepted, is_listed=None in masks)


def _masks(snapshot: Snapshot, narrowing: Narrowing) -> dict[str | None, Mask]:
    """Which rows (n,) each filter lets pass, by its facet's name; the text's is None."""
    by_name = {facet.name: facet for facet in snapshot.products.facets}
    masks: dict[str | None, Mask] = {
        name: _facet_mask(by_name[name], values) for name, values in narrowing.filters.items()
    }
    text = _text_mask(snapshot, narrowing.text)
    return masks if text is None else {**masks, None: text}


def _facet_mask(facet: Facet, values: Sequence[str]) -> Mask:
    accepted = np.zeros(NO_VALUE + 1, dtype=bool)
    accepted[_codes(facet, values)] = True
    return accepted[facet.codes]


def _codes(facet: Facet, values: Sequence[str]) -> list[int]:
    return [facet.values.index(value) for value in values if value in facet.values]


def _text_mask(snapshot: Snapshot, text: str) -> Mask | None:
    rows = snapshot.products.text_rows(text) if text else None
    if rows is None:
        return None
    mask = np.zeros(len(snapshot), dtype=bool)
    mask[rows] = True
    return mask


def _all_but(masks: Mapping[str | None, Mask], name: str | None) -> Mask | None:
    return _all_of([mask for other, mask in masks.items() if other != name])


@dataclass(frozen=True, slots=True)
class _Counted:
    """What takes the rows that pass out of an array (n,), and which of them not to count."""

    rows: Rows | slice
    less: Rows


def _counted(allowed: Mask | None, left_out: Rows) -> _Counted:
    """By number, which is faster than by a mask; what is not to be counted is taken off after."""
    if allowed is None:
        return _Counted(slice(None), left_out)
    return _Counted(np.flatnonzero(allowed), left_out[allowed[left_out]])


def _tally(facet: Facet, rows: Rows | slice) -> Rows:
    """How many of these rows have each value (values,)."""
    size = len(facet.values)
    return np.bincount(facet.codes[rows], minlength=size)[:size]


def _count(snapshot: Snapshot, allowed: Mask | None) -> int:
    return len(snapshot) if allowed is None else int(np.count_nonzero(allowed))


def _all_of(masks: Sequence[Mask]) -> Mask | None:
    return np.logical_and.reduce(masks) if masks else None
