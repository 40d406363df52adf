"""What every encoder offers: photo in, unit vector out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine.errors import UnusableError

FloatArray = npt.NDArray[np.float32]

Prepare = Callable[[Image.Image], npt.NDArray[Any]]
"""One RGB photo of any size → an encoder's input array (same shape for all photos)."""

Precision = Literal["fp32", "bf16", "int8"]
"""What an encoder computes in: 32-bit floats, 16-bit ones of the same range, or in part 8-bit
integers."""


class Encoder(Protocol):
    """Turns photos into unit vectors, in two steps that run in different threads.

    `prepare` is the per-photo half (resize, crop, normalise) and is called from
    several threads and processes at once; `encode` is the batched half and is called
    from one thread at a time.
    """

    @property
    def name(self) -> str:
        """What `--encoder` was given, such as ``dinov2-small``; loads this encoder again."""

    @property
    def dimension(self) -> int:
        """Length of the vectors."""

    @property
    def fingerprint(self) -> str:
        """Hex digest of all that shapes a vector: weights, preprocessing, pooling, dimension.

        Vectors of different fingerprints are never compared.
        """

    @property
    def batch_size(self) -> int:
        """How many prepared photos `encode` takes at once for good speed."""

    @property
    def prepare(self) -> Prepare:
        """What this encoder wants done to a photo first.

        A function of a module, or a method of a dataclass of plain values: then other processes
        can be told of it.
        """

    def encode(self, prepared: Sequence[npt.NDArray[Any]]) -> FloatArray:
        """n prepared photos → array (n, dimension), float32, rows of unit L2 length."""


@runtime_checkable
class TextEncoder(Encoder, Protocol):
    """An encoder that puts words where the photos lie that show what they say."""

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        """n texts → array (n, dimension), float32, unit rows; cosines to photos rank them.

        A text that is longer than the model reads is cut, never refused.
        """


class EncoderError(UnusableError):
    """An encoder cannot be had; the message says which, why, and what to do."""


def normalised(vectors: FloatArray) -> FloatArray:
    """Rows of (n, d) divided by their L2 norms; a zero row becomes the first unit vector.

    A photo without any structure (one flat colour) can have an all-zero
    descriptor. It still needs a vector of unit length, and always the same one.
    """
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    flat = norms[:, 0] < 1e-12
    out = vectors / np.where(norms < 1e-12, 1.0, norms)
    out[flat] = 0.0
    out[flat, 0] = 1.0
    return np.ascontiguousarray(out, dtype=np.float32)


def fingerprint_of(facts: Mapping[str, Any]) -> str:
    """Digest of an encoder's defining facts (JSON-serialisable); independent of key order."""
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
