"""Take over an older index: its vectors, for the photos of a catalogue."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
from PIL import Image

from indexer.build import BuildOutcome, build
from indexer.importing.artefacts import OlderVectors
from indexer.importing.matching import Matched
from indexer.importing.sample import Comparison
from indexer.reconciling import Given, Progress
from vitrine.catalogue import Catalogue
from vitrine.encoders.base import Encoder, EncoderError, FloatArray
from vitrine.fetching import FetchLimits
from vitrine.folder import IndexFolder


class AbsentEncoder:
    """Stands for the encoder that made imported vectors and is not at hand.

    Its fingerprint is that of no encoder, so no other vector is ever compared with these.
    """

    batch_size = 1

    def __init__(self, name: str, vectors: OlderVectors) -> None:
        self.name = name
        self.dimension = int(vectors.unit.shape[1])
        facts = f"{name} {vectors.sha256}".encode()
        self.fingerprint = f"imported-{hashlib.sha256(facts).hexdigest()}"

    def prepare(self, photo: Image.Image) -> npt.NDArray[Any]:
        raise self._error(f"a photo of {photo.width} × {photo.height} pixels")

    def encode(self, prepared: Sequence[npt.NDArray[Any]]) -> FloatArray:
        raise self._error(f"{len(prepared):,} photos")

    def _error(self, what: str) -> EncoderError:
        return EncoderError(
            f"{what} cannot be embedded: {self.name} is not at hand, and only its vectors were "
            "imported. Import again where it can be loaded, or into another --index."
        )


@dataclass(frozen=True, slots=True)
class Adoption:
    """The encoder that imported vectors are said to be of, and how its own compare.

    `comparison` is None where the encoder is not at hand, and empty where no photo could be had.
    """

    encoder: Encoder
    comparison: Comparison | None

    @property
    def changed(self) -> frozenset[str]:
        """Locations whose photo has changed since the older index was made."""
        return self.comparison.changed if self.comparison else frozenset()


def take_over(
    catalogue: Catalogue,
    matched: Matched,
    adoption: Adoption,
    folder: IndexFolder,
    limits: FetchLimits,
    progress: Progress,
) -> BuildOutcome:
    """Build the index of a catalogue with the vectors of an older one.

    Photos without such a vector, and those that have changed, are embedded where the encoder
    is at hand, and are reported as `NOT_EMBEDDED` where not. Call it inside `sole_indexer`;
    raises as `build` does.
    """
    changed = adoption.changed
    vectors = {where: v for where, v in matched.vectors.items() if where not in changed}
    given = Given(vectors, only=adoption.comparison is None)
    return build(catalogue, folder, adoption.encoder, limits, progress, given=given)
