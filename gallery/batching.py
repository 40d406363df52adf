"""Photos that wait for the encoder at the same time are embedded together."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from vitrine.encoders.base import Encoder, FloatArray

log = logging.getLogger("vitrine.gallery")


@dataclass(slots=True, eq=False)
class PreparedPhoto:
    """What the encoder needs of a photo, small however large that was; then its vector (d,) too."""

    encoder: Encoder
    input: npt.NDArray[Any]
    vector: FloatArray | None = None


class Batches:
    """Embeds photos on `thread`, the only one of its kind, each in its turn.

    Those that wait behind it for the same encoder go with it, `most` at a time and as many as
    its `batch_size` allows: nobody waits for others to come, and a lone photo is embedded at once.
    """

    def __init__(self, thread: Executor, most: int) -> None:
        self._thread = thread
        self._most = most
        self._waiting: list[PreparedPhoto] = []  # any thread appends, `thread` alone removes

    def vector(self, photo: PreparedPhoto) -> FloatArray:
        """Its unit vector (d,); raises what the encoder does."""
        self._waiting.append(photo)
        return self._thread.submit(self._in_turn, photo).result()

    def _in_turn(self, photo: PreparedPhoto) -> FloatArray:
        self._waiting.remove(photo)
        if photo.vector is None:  # else it went with one before
            alike = (p for p in self._waiting if p.encoder is photo.encoder and p.vector is None)
            batch = [photo, *alike][: min(self._most, photo.encoder.batch_size)]
            try:
                _embed(batch)
            except Exception as error:
                if len(batch) == 1:
                    raise
                log.warning("%d photos can't be embedded together: %s", len(batch), error)
                _embed([photo])
        assert photo.vector is not None
        return photo.vector


def _embed(batch: Sequence[PreparedPhoto]) -> None:
    vectors = batch[0].encoder.encode([photo.input for photo in batch])
    for photo, vector in zip(batch, vectors, strict=True):
        photo.vector = vector
