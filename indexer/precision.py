"""`--precision int8`: an encoder in 8 bits for a catalogue, measured on the catalogue's own photos.

Some photos are fetched and embedded in full precision first. By a third of them the encoder
is calibrated; by the others it is judged: how many of a photo's nearest neighbours stay the
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
from vitrine.encoders.quantisation import Quantised, kept_quantised, quantised
from vitrine.encoders.transformer import TransformerEncoder
from vitrine.failures import Failure
from vitrine.fetching import Fetcher, FetchLimits
from vitrine.folder import IndexFolder
from vitrine.index import FlatIndex
from vitrine.photos import decode

CALIBRATING, JUDGING = 100, 200
"""Photos. With 200 judges the agreement is told to about ±.01."""

LEAST_PHOTOS = 60  # fewer tell nothing of how the numbers of others are spread
NEIGHBOURS = 10
SEED = 0  # the same photos are taken of the same catalogue


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Photos as the encoder prepares them, and those of the judges as it embeds them (m, d)."""

    calibrating: Sequence[npt.NDArray[Any]]
    judging: Sequence[npt.NDArray[Any]]
    expected: FloatArray


def in_8_bits(
    encoder: Encoder,
    catalogue: Catalogue,
    folder: IndexFolder,
    limits: FetchLimits,
    display: Callable[[], AbstractContextManager[Progress]],
) -> Quantised:
    """The encoder in 8 bits that was made for this index, or is made now.

    `display` is entered while photos are fetched and embedded for that. Call it inside
    `sole_indexer`. Raises `EncoderError` where there can be none.
    """
    if not isinstance(encoder, TransformerEncoder):
        raise EncoderError(
            f"{encoder.name} can't be had in 8 bits: it is no network. Leave out --precision int8."
        )
    if kept := kept_quantised(folder.encoders, encoder):
        return kept
    stderr.print(f"Trying {encoder.name} in 8 bits on photos of this catalogue.")
    with display() as progress:
        sample = _sampled(encoder, catalogue, folder, limits, progress)

    def judged(in_8_bits: Encoder) -> float:
        return agreement(in_8_bits.encode(sample.judging), sample.expected)

    with stderr.status(f"Calibrating {encoder.name} in 8 bits"):
        return quantised(encoder, sample.calibrating, judged, folder.encoders)


def agreement(ours: FloatArray, theirs: FloatArray) -> float:
    """How many of a photo's ten nearest others are the same by two encoders, as a mean share.

    Both have the unit vectors of the same photos, arrays (n, d).
    """
    nearest = [FlatIndex.build(vectors).neighbours(NEIGHBOURS).rows for vectors in (ours, theirs)]
    same = [len(np.intersect1d(*rows)) / len(rows[0]) for rows in zip(*nearest, strict=True)]
    return float(np.mean(same))


def _sampled(
    encoder: TransformerEncoder,
    catalogue: Catalogue,
    folder: IndexFolder,
    limits: FetchLimits,
    progress: Progress,
) -> Sample:
    """Photos of the catalogue by chance, fetched and embedded as a build begins with them."""
    count = min(len(catalogue.products), CALIBRATING + JUDGING)
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
                f"{encoder.name} can't be had in 8 bits: it takes {LEAST_PHOTOS} different photos "
                f"to tell how good it is, and of {len(chosen)} products {len(photos)} could be "
                "had. Leave out --precision int8."
            )
        calibrating = len(photos) * CALIBRATING // (CALIBRATING + JUDGING)
        judging = photos[calibrating:]
        expected = np.stack(list(ledger.vectors(encoder.fingerprint, judging)))

    def prepared(sha256: str) -> npt.NDArray[Any]:
        photo = decode(folder.photo(sha256).read_bytes())
        assert not isinstance(photo, Failure)  # it has been embedded
        return encoder.prepare(photo.image)

    with ThreadPoolExecutor(DECODERS) as pool:
        crops = list(pool.map(prepared, photos))
    return Sample(crops[:calibrating], crops[calibrating:], expected)
