"""Which products have nearly the same photo, grouped around the first that has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from indexer.decoding import DECODERS
from indexer.ledger import Ledger
from indexer.likeness import differences
from indexer.sketches import CELLS, Floats, Sketch, descriptors_of
from vitrine import interrupts
from vitrine.failures import Failure
from vitrine.folder import IndexFolder
from vitrine.index import one_thread
from vitrine.index.ivf import POINTS_A_LIST, SEED, lists_for
from vitrine.photos import decode, scaled
from vitrine.products import IndexedProduct, NearCopy

THRESHOLD = 4.0
"""Mean levels of 255 by which two photos may differ and be called nearly the same.

docs/duplicates.md has what was measured: of copies that were compressed, scaled, cropped,
framed or brightened, most are within it, and few different products are.
"""

MAX_THRESHOLD = 12.0  # beyond that, candidates are no longer all looked at

RADII = (3.5, 10.0)
"""How far the descriptors of copies lie apart, in each view; see `Sketch`."""

NEAREST = 12
"""Candidates of a photo in each view: the nearest firsts of groups by coarser descriptors, which
are a quarter of the work. Means of cells lie no farther apart than the cells themselves do."""

BLOCK = 128  # photos that are looked up at once
LISTED = 16_384
"""Firsts from which on they are kept in lists of what is alike, made anew whenever there are four
times as many: so a photo is compared with a few thousand, however many there are."""

LISTS_SEARCHED = 16  # of some 500 and more; copies lie far nearer than lists do
PAIRS = 256  # pairs that are compared at once

FINE = CELLS * CELLS * 3  # numbers of a descriptor
COARSE = FINE // 4

NumberPairs = npt.NDArray[np.int64]
"""(m, 2): as a `Pair` names two photos by their SHA-256, a row does by their places in lists."""

Advance = Callable[[int], None]
Pair = tuple[str, str]
Shown = Callable[[int], AbstractContextManager[Advance]]


def near_copies(
    folder: IndexFolder,
    ledger: Ledger,
    products: Sequence[IndexedProduct],
    shown: Shown,
    threshold: float = THRESHOLD,
) -> list[NearCopy]:
    """Every product whose photo nearly is that of one before it, in order.

    `shown` is entered with the number of steps, and gives what is told of those done.

    Each is within the threshold of its group's first product; that two are near a third
    does not make them a group. What is worked out is kept in the ledger, so that each pair
    of photos is compared once.
    """
    first_row: dict[str, int] = {}
    for row, product in enumerate(products):
        first_row.setdefault(product.sha256, row)
    photos = [products[row] for row in first_row.values()]
    with shown(2 * len(photos)) as advance:
        _sketch(folder, ledger, photos, advance)
        firsts = _Firsts(ledger, threshold, len(photos))
        with one_thread():  # for blocks this small, several are in each other's way
            for start in range(0, len(photos), BLOCK):
                block = [p.sha256 for p in photos[start : start + BLOCK]]
                firsts.add(block)
                advance(len(block))
    return [
        NearCopy(row, first_row[found.first], found.difference)
        for row, product in enumerate(products)
        if (found := firsts.found.get(product.sha256))
    ]


@dataclass(frozen=True, slots=True)
class _Found:
    first: str
    difference: float


class _View:
    """The descriptors of firsts in one view, and which of them are within `radius`."""

    def __init__(self, radius: float, most: int) -> None:
        """For at most so many firsts."""
        self._radius = radius
        self._index = faiss.IndexFlatL2(COARSE)
        self._full_at = LISTED
        self._descriptors: npt.NDArray[Any] = np.empty((most, FINE), dtype=np.float16)

    def add(self, descriptors: Floats) -> None:
        """(m, 192), in the order of the firsts."""
        count = self._index.ntotal
        self._descriptors[count : count + len(descriptors)] = descriptors
        self._index.add(_coarser(descriptors))
        if self._index.ntotal >= self._full_at:
            self._make_lists()

    def _make_lists(self) -> None:
        every = _coarser(self._descriptors[: self._index.ntotal])
        lists = lists_for(len(every))
        self._index = faiss.IndexIVFFlat(faiss.IndexFlatL2(COARSE), COARSE, lists)
        self._index.nprobe = LISTS_SEARCHED
        self._index.cp.seed = SEED
        self._index.cp.min_points_per_centroid = 1
        step = max(1, len(every) // (POINTS_A_LIST * lists))
        self._index.train(np.ascontiguousarray(every[::step]))
        self._index.add(every)
        self._full_at = 4 * len(every)

    def near(self, descriptors: Floats) -> NumberPairs:
        """Rows of these (m, 192), each with a first that is near it."""
        distances, firsts = self._index.search(_coarser(descriptors), NEAREST)
        rows, places = np.nonzero((firsts >= 0) & self._may_be_near(distances))
        found = firsts[rows, places]
        near = self._are_near(self._descriptors[found], descriptors[rows])
        return np.stack([rows[near], found[near]], axis=1)

    def near_each_other(self, descriptors: Floats) -> NumberPairs:
        """Rows of these (m, 192), each with a later one that is near it."""
        coarse = _coarser(descriptors)
        candidates = self._may_be_near(faiss.pairwise_distances(coarse, coarse))
        rows, later = np.nonzero(np.triu(candidates, 1))
        near = self._are_near(descriptors[rows], descriptors[later])
        return np.stack([rows[near], later[near]], axis=1)

    def _may_be_near(self, distances: Floats) -> npt.NDArray[np.bool_]:
        """By squared distances of coarser descriptors, which faiss gets wrong by less than 1."""
        may_be: npt.NDArray[np.bool_] = distances <= COARSE * self._radius**2 + 1
        return may_be

    def _are_near(self, ones: Floats, others: Floats) -> npt.NDArray[np.bool_]:
        """By root mean square distances of (m, 192) to (m, 192), in levels of 255."""
        near: npt.NDArray[np.bool_] = ((ones - others) ** 2).mean(axis=1) <= self._radius**2
        return near


def _coarser(descriptors: Floats) -> Floats:
    """(m, 192) of 8 × 8 cells → (m, 48) of 4 × 4."""
    half = CELLS // 2
    cells = descriptors.reshape(-1, half, 2, half, 2, 3).mean((2, 4), dtype=np.float32)
    return np.ascontiguousarray(cells.reshape(-1, COARSE))


class _Firsts:
    """The photos that groups begin with, and in `found` those that are near one of them."""

    def __init__(self, ledger: Ledger, threshold: float, most: int) -> None:
        """For at most so many photos."""
        self.found: dict[str, _Found] = {}
        self._ledger = ledger
        self._threshold = threshold
        self._firsts: list[str] = []
        self._place: dict[str, int] = {}
        self._views = [_View(radius, most) for radius in RADII]

    def add(self, photos: Sequence[str]) -> None:
        """Sort photos into the groups that there are, and begin new ones with the others."""
        self._place.update((sha256, len(self._place) + n) for n, sha256 in enumerate(photos))
        at_hand = self._ledger.sketches(photos)
        photos = [sha256 for sha256 in photos if sha256 in at_hand]
        if not photos:
            return
        descriptors = descriptors_of([at_hand[sha256] for sha256 in photos])
        pairs = self._pairs(_View.near, descriptors)
        self._sort((self._firsts[first], photos[n]) for n, first in pairs)
        new = [n for n, sha256 in enumerate(photos) if sha256 not in self.found]
        photos, descriptors = [photos[n] for n in new], descriptors[new]
        pairs = self._pairs(_View.near_each_other, descriptors)
        self._sort((photos[n], photos[later]) for n, later in pairs)
        begin = [n for n, sha256 in enumerate(photos) if sha256 not in self.found]
        self._firsts.extend(photos[n] for n in begin)
        for number, view in enumerate(self._views):
            view.add(descriptors[begin, number])

    def _pairs(
        self, of: Callable[[_View, Floats], NumberPairs], descriptors: Floats
    ) -> NumberPairs:
        """Those of every view."""
        views = enumerate(self._views)
        return np.concatenate([of(view, descriptors[:, number]) for number, view in views])

    def _sort(self, pairs: Iterable[Pair]) -> None:
        """Let the `other` of each pair join the nearest `one`, which comes before it.

        Only a photo that is itself a first can be joined.
        """
        near: dict[str, list[tuple[float, int, str]]] = {}
        for (one, other), difference in compared(self._ledger, pairs).items():
            if difference <= self._threshold:
                near.setdefault(other, []).append((difference, self._place[one], one))
        for other in sorted(near, key=self._place.__getitem__):
            firsts = [found for found in near[other] if found[-1] not in self.found]
            if firsts:
                difference, _, first = min(firsts)
                self.found[other] = _Found(first, difference)


def compared(ledger: Ledger, pairs: Iterable[Pair]) -> dict[Pair, float]:
    """The difference of each pair in the better of both views, from the ledger where known."""
    found: dict[Pair, float] = {}
    new: list[Pair] = []
    for pair in dict.fromkeys(pairs):
        difference = ledger.comparison(*pair)
        if difference is None:
            new.append(pair)
        else:
            found[pair] = difference
    for start in range(0, len(new), PAIRS):
        batch = new[start : start + PAIRS]
        sketches = ledger.sketches({sha256 for pair in batch for sha256 in pair})
        ones = np.concatenate([sketches[one].views for one, _ in batch])
        others = np.concatenate([sketches[other].views for _, other in batch])
        views = differences(ones, others).reshape(len(batch), -1)
        made = dict(zip(batch, views.min(axis=1).tolist(), strict=True))
        ledger.record_comparisons(made)
        found |= made
    return found


def _sketch(
    folder: IndexFolder, ledger: Ledger, photos: Sequence[IndexedProduct], advance: Advance
) -> None:
    """Sketch the photos that have no sketch yet: an earlier Vitrine kept none, or others."""
    has_one = ledger.sketched()
    new = [photo for photo in photos if photo.sha256 not in has_one]
    advance(len(photos) - len(new))
    with (
        interrupts.held_back(),
        ThreadPoolExecutor(DECODERS, thread_name_prefix="sketch") as pool,
    ):
        for start in range(0, len(new), BLOCK):
            interrupts.check()
            block = new[start : start + BLOCK]
            made = pool.map(partial(_sketched, folder), block)
            ledger.record_sketches(
                {p.sha256: sketch for p, sketch in zip(block, made, strict=True) if sketch}
            )
            advance(len(block))


def _sketched(folder: IndexFolder, product: IndexedProduct) -> Sketch | None:
    """As in the pipeline; None where the photo is missing: then it is like no other."""
    try:
        photo = decode(folder.photo(product.sha256).read_bytes())
    except OSError:
        return None
    return None if isinstance(photo, Failure) else Sketch.of_smallest(scaled(photo))
