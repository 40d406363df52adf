"""Whose vectors are judged: the index's own, another encoder's, another index's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from indexer.build import sole_indexer
from indexer.evaluation import Subject
from indexer.jackknife import Integers
from indexer.ledger import Ledger
from indexer.pipeline import Pipeline
from indexer.publishing import stacked
from indexer.reconciling import Plan, Progress
from vitrine.colouring import joined
from vitrine.encoders.base import Encoder, FloatArray
from vitrine.failures import Failure, FailureCode
from vitrine.fetching import Fetcher, FetchLimits
from vitrine.folder import IndexFolder
from vitrine.index_encoder import full_name
from vitrine.snapshot import Snapshot

NO_RUN = 0  # nothing is downloaded, so no download is noted under it


@dataclass(frozen=True, slots=True)
class Candidate:
    """Vectors (m, d) of some of a snapshot's products: of its rows `rows` (m,), ascending.

    `failed` has, by product id, why others have no vector.
    """

    name: str
    fingerprint: str
    rows: Integers
    vectors: FloatArray
    failed: dict[str, Failure]


@dataclass(frozen=True, slots=True)
class Common:
    """The rows (n,) that all candidates have, and each one's vectors of just those."""

    rows: Integers
    subjects: tuple[Subject, ...]


def own_vectors(folder: IndexFolder, snapshot: Snapshot) -> Candidate:
    """What was published."""
    encoder = snapshot.manifest.encoder
    rows, vectors = np.arange(len(snapshot)), snapshot.index.vectors()
    return Candidate(full_name(folder, encoder), encoder.fingerprint, rows, vectors, {})


def is_own(own: Candidate, encoder: str) -> bool:
    """Whether the index's own vectors are of what `--encoder` names so.

    One in reduced precision has no such name.
    """
    return encoder == own.name or str(Path(encoder).expanduser().resolve()) == own.name


def of_encoder(
    folder: IndexFolder,
    snapshot: Snapshot,
    encoder: Encoder,
    shown: Callable[[], AbstractContextManager[Progress]],
) -> Candidate:
    """What an encoder makes of the stored photos; from the ledger where it has been made.

    Downloads no photo. What is made now goes to the ledger under the folder's lock, so that
    it is made once; `shown` is entered only then. Raises `FolderError` where another process
    holds the lock, and `EncoderError`.
    """
    products = snapshot.products.get(range(len(snapshot)))
    with Ledger(folder.ledger) as ledger:
        lacking = {p.sha256 for p in products} - ledger.embedded(encoder.fingerprint)
        if lacking:
            in_order = dict.fromkeys(p.sha256 for p in products)
            plan = Plan({}, {}, [sha256 for sha256 in in_order if sha256 in lacking])
            with sole_indexer(folder), Fetcher(FetchLimits()) as fetcher, shown() as progress:
                Pipeline(folder, ledger, encoder, fetcher, progress).run(plan, NO_RUN)
        embedded, photos = ledger.embedded(encoder.fingerprint), ledger.photos()
        rows = [row for row, p in enumerate(products) if p.sha256 in embedded]
        found = ledger.vectors(encoder.fingerprint, (products[row].sha256 for row in rows))
        vectors = stacked(found, len(rows), encoder.dimension)
    failed = {}
    for product in (p for p in products if p.sha256 not in embedded):
        known = photos.get(product.sha256)
        missing = Failure(FailureCode.NO_FILE, "the stored copy of the photo is missing")
        failed[product.id] = known if isinstance(known, Failure) else missing
    return Candidate(encoder.name, encoder.fingerprint, np.array(rows, np.int64), vectors, failed)


def of_index(snapshot: Snapshot, other: Snapshot) -> Candidate:
    """What another index has for products of the same ids."""
    rows = [row for row, product_id in enumerate(snapshot.ids) if product_id in other.rows]
    there = [other.rows[snapshot.ids[row]] for row in rows]
    encoder = other.manifest.encoder
    vectors = other.index.vectors()[there]
    return Candidate(encoder.name, encoder.fingerprint, np.array(rows, np.int64), vectors, {})


def coloured(candidate: Candidate, snapshot: Snapshot, weight: float) -> Candidate:
    """The same with colour counting as much, as `colour=` in the gallery does."""
    palettes = np.stack([snapshot.palettes.of(row) for row in candidate.rows.tolist()])
    return replace(
        candidate,
        name=f"{candidate.name}, colour {weight:g}",
        vectors=joined(candidate.vectors, palettes, weight),
    )


def in_common(candidates: Sequence[Candidate], names: Sequence[str]) -> Common:
    """The products that every candidate has, so that all are asked the same."""
    rows = candidates[0].rows
    for candidate in candidates[1:]:
        rows = np.intersect1d(rows, candidate.rows)
    return Common(
        rows,
        tuple(
            Subject(name, candidate.vectors[np.searchsorted(candidate.rows, rows)])
            for name, candidate in zip(names, candidates, strict=True)
        ),
    )
