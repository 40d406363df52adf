"""What computes an encoder's vectors from pixels: torch or OpenVINO, behind one contract."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from vitrine.encoders.base import FloatArray
from vitrine.encoders.preprocessing import Preprocessing


@dataclass(frozen=True, slots=True)
class Traits:
    """What a checkpoint's model takes and gives, the same in every runtime.

    One in reduced precision (see `reduced`) has the fingerprint of what it was `made_from`.
    """

    preprocessing: Preprocessing
    dimension: int
    fingerprint: str
    made_from: str | None = None


class Runtime(Protocol):
    """A checkpoint's model, ready to compute."""

    @property
    def traits(self) -> Traits:
        """What the model takes and gives."""

    @property
    def batch_size(self) -> int:
        """How many photos `vectors` takes at once for good speed."""

    def vectors(self, pixels: Iterable[FloatArray]) -> FloatArray:
        """n photos (3, height, width) → vectors (n, dimension), not yet of unit length.

        Called from one thread at a time.
        """
