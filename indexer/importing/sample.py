"""Did this encoder make these vectors? Embed a few of their photos anew, and compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from indexer.importing.artefacts import OlderIndexError
from vitrine.encoders.base import Encoder, FloatArray
from vitrine.fetching import Fetched, Fetcher, FetchJob, FetchLimits, Reference
from vitrine.photos import Photo, decode

SAMPLE = 8
ATTEMPTS = 4 * SAMPLE  # photos die; after that many, what has been had has to do

SAME_PHOTO = 0.99
"""The least cosine to the vector that the encoder makes now. Other CPUs and other decoders of
JPEG cost less than .001; another encoder, pooling or preprocessing costs far more."""

CHANGED_AT_MOST = 1 / 8
"""Photos change at their hosts, and then have another vector with reason. If more than that
share differs, it is not the photos that have changed."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Cosines of old and new vectors, by the photo's location."""

    cosines: Mapping[str, float]

    @property
    def changed(self) -> frozenset[str]:
        """Photos that are not those of which the old vectors were made."""
        return frozenset(place for place, c in self.cosines.items() if c < SAME_PHOTO)

    def check(self, encoder: Encoder) -> None:
        """Raises `OlderIndexError`, with the figures, where another encoder made the index."""
        if not self.cosines:
            raise OlderIndexError(
                "Not one of the photos could be had to compare the index with, so nobody can tell "
                f"whether {encoder.name} made it. See that their addresses lead to them, or take "
                "it over for clicks alone with --clicks-only."
            )
        if len(self.changed) <= CHANGED_AT_MOST * len(self.cosines):
            return
        cosines = sorted(self.cosines.values())
        raise OlderIndexError(
            f"The index is not of this {encoder.name}: of {len(cosines)} photos that it embedded "
            f"anew for comparison, {len(self.changed)} have another vector in the index (cosines "
            f"from {cosines[0]:.3f} to {cosines[-1]:.3f}, where {SAME_PHOTO} is expected). Name "
            "the encoder that made it with --encoder; or take it over for clicks alone, without "
            "search by photo, with --clicks-only; or index anew with: "
            "python -m indexer build CATALOGUE"
        )


def compared(
    encoder: Encoder, vectors: Mapping[str, FloatArray], limits: FetchLimits
) -> Comparison:
    """Fetch up to `SAMPLE` photos, spread over all that there are, and embed them.

    Nothing is written. Where not one can be had, the comparison is empty.
    """
    photos: dict[str, Photo] = {}
    with Fetcher(limits) as fetcher:
        for locations in _spread(list(vectors)):
            jobs = [FetchJob(Reference(location)) for location in locations]
            for result in fetcher.fetch_all(jobs):
                if isinstance(result.outcome, Fetched):
                    photo = decode(result.outcome.body)
                    if isinstance(photo, Photo):
                        photos[result.job.reference.location] = photo
            if len(photos) >= SAMPLE:
                break
    if not photos:
        return Comparison({})
    prepared = [encoder.prepare(photo.image) for photo in photos.values()]
    made = encoder.encode(prepared)
    return Comparison(
        {
            location: float(np.dot(vectors[location], vector))
            for location, vector in zip(photos, made, strict=True)
        }
    )


def _spread(locations: Sequence[str]) -> list[list[str]]:
    """Up to `ATTEMPTS` of them in groups of `SAMPLE`, the first ones spread over all of them."""
    count = min(ATTEMPTS, len(locations))
    chosen = [locations[i * len(locations) // count] for i in range(count)]
    stride = -(-count // SAMPLE)
    ordered = [place for start in range(stride) for place in chosen[start::stride]]
    return [ordered[start : start + SAMPLE] for start in range(0, count, SAMPLE)]
