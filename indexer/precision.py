"""`--precision`: an encoder in reduced precision, measured on the catalogue's own photos.

Some photos are fetched and embedded in full precision first. By a third of them an encoder in 8
bits is calibrated; by the others it is judged: how many of a photo's nearest neighbours stay the
same. What was fetched and embedded for that is in the ledger, and nothing is fetched twice.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.console import stderr
from indexer.decoding import DECODERS
from indexer.ledger import Ledger
from indexer.pipeline import Pipeline
from indexer.reconciling import Plan, Progress
from vitrine.catalogue import Catalogue
from vitrine.encoders.base import Encoder, EncoderError, FloatArray
from vitrine.encoders.reduced import (
    IN_WORDS,
    Reduced,
    Reduction,
    check_cpu,
    kept_reduced,
    reduced,
)
from vitrine.encoders.transformer import TransformerEncoder
from vitrine.failures import Failure
from vitrine.fetching import Fetcher, FetchLimits
from vitrine.folder import IndexFolder
from vitrine.index import FlatIndex
from vitrine.photos import decode

CALIBRATING: dict[Reduction, int] = {"bf16": 0, "int8": 100}
JUDGING = 200
"""Photos. With 200 judges the agreement is told to about ±.01."""

LEAST_PHOTOS = 60  # fewer tell nothing of how the numbers of others are spread
NEIGHBOURS = 10
SEED = 0  # the same photos are taken of the same catalogue


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Photos of the catalogue, by the SHA-256 of their bytes.

    `expected` (m, d) has the vectors that the encoder in full precision gives the m judges.
    """

    folder: IndexFolder
    calibrating: Sequence[str]
    judging: Sequence[str]
    expected: FloatArray

    def prepared(self, photos: Sequence[str], encoder: Encoder) -> list[npt.NDArray[Any]]:
        """Photos of the sample as this encoder wants them."""

        def of_one(sha256: str) -> npt.NDArray[Any]:
            photo = decode(self.folder.photo(sha256).read_bytes())
            assert not isinstance(photo, Failure)  # it has been embedded
            return encoder.prepare(photo.image)

        with ThreadPoolExecutor(DECODERS) as pool:
            return list(pool.map(of_one, photos))

    def judged(self, encoder: Encoder) -> float:
        """The `agreement` of this encoder with the one in full precision."""
        return agreement(encoder.encode(self.prepared(self.judging, encoder)), self.expected)


def reduced_encoder(
    encoder: Encoder,
    reduction: Reduction,
    catalogue: Catalogue,
    folder: IndexFolder,
    limits: FetchLimits,
    display: Callable[[], AbstractContextManager[Progress]],
) -> Reduced:
    """The encoder in reduced precision that was made for this index, or is made now.

    `display` is entered while photos are fetched and embedded for that. Call it inside
    `sole_indexer`. Raises `EncoderError` where there can be none.
    """
    if not isinstance(encoder, TransformerEncoder):
        raise EncoderError(
            f"{encoder.name} can't be had in {IN_WORDS[reduction]}: it is no network. "
            f"Leave out --precision {reduction}."
        )
    check_cpu(encoder, reduction)
    if kept := kept_reduced(folder.encoders, encoder, reduction):
        return kept
    stderr.print(f"Trying {encoder.name} in {IN_WORDS[reduction]} on photos of this catalogue.")
    with display() as progress:
        sample = _sampled(encoder, reduction, catalogue, folder, limits, progress)
    with stderr.status(f"Judging {encoder.name} in {IN_WORDS[reduction]}"):
        calibrating = sample.prepared(sample.calibrating, encoder)
        return reduced(encoder, reduction, calibrating, sample.judged, folder.encoders)


def agreement(ours: FloatArray, theirs: FloatArray) -> float:
    """How many of a photo's ten nearest others are the same by two encoders, as a mean share.

    Both have the unit vectors of the same photos, arrays (n, d).
    """
    nearest = [FlatIndex.build(vectors).neighbours(NEIGHBOURS).rows for vectors in (ours, theirs)]
    same = [len(np.intersect1d(*rows)) / len(rows[0]) for rows in zip(*nearest, strict=True)]
    return float(np.mean(same))


def _sampled(
    encoder: TransformerEncoder,
    reduction: Reduction,
    catalogue: Catalogue,
    folder: IndexFolder,
    limits: FetchLimits,
    progress: Progress,
) -> Sample:
    """Photos of the catalogue by chance, fetched and embedded as a build begins with them."""
    calibrating = CALIBRATING[reduction]
    count = min(len(catalogue.products), calibrating + JUDGING)
    chosen = random.Random(SEED).sample(catalogue.products, count)
    plan = Plan.of(replace(catalogue, products=tuple(chosen)))
    with Ledger(folder.ledger) as ledger, Fetcher(limits) as fetcher:
        run = ledger.begin_run(catalogue.location)
        Pipeline(folder, ledger, encoder, fetcher, progress).run(plan, run)
        downloads, embedded = ledger.downloads(), ledger.embedded(encoder.fingerprint)
        fetched = (downloads[place].sha256 for place in plan.wanted)
        photos = [sha for sha in dict.fromkeys(fetched) if sha is not None and sha in embedded]
        if len(photos) < LEAST_PHOTOS:
            raise EncoderError(
                f"{encoder.name} can't be had in {IN_WORDS[reduction]}: it takes {LEAST_PHOTOS} "
                f"different photos to tell how good it is, and of {len(chosen)} products "
                f"{len(photos)} could be had. Leave out --precision {reduction}."
            )
        calibrating = len(photos) * calibrating // (calibrating + JUDGING)
        judging = photos[calibrating:]
        expected = np.stack(list(ledger.vectors(encoder.fingerprint, judging)))
    return Sample(folder, photos[:calibrating], judging, expected)
