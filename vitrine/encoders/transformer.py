"""An image model of the transformers library as an encoder.

torch, transformers and OpenVINO take long to import and most processes never encode, so
they are imported where an encoder is loaded and not above.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vitrine.encoders.base import EncoderError, FloatArray, Prepare, normalised
from vitrine.encoders.checkpoint import weights_files
from vitrine.encoders.loading import loaded
from vitrine.encoders.reference import Reference
from vitrine.encoders.runtime import Runtime
from vitrine.encoders.text import TextHalf, reads_text
from vitrine.settings import RuntimeChoice, Settings


def load_checkpoint(folder: Path, name: str) -> TransformerEncoder:
    """The encoder in a checkpoint's folder; a `TextEncoder` where it has a text half.

    Raises EncoderError where the folder holds no model that this can work with.
    """
    weights_files(folder)
    kind = ReadingTransformerEncoder if reads_text(folder) else TransformerEncoder
    return kind(folder, name)


class TransformerEncoder:
    """A model's output for a photo, pooled to one vector by its kind (see `pooling`).

    Loads a checkpoint folder: `config.json`, weights as safetensors (never a pickle), and
    `preprocessor_config.json`, which some architectures may do without. No code from the
    checkpoint is ever run. Computes in 32-bit floats, and gives the same vectors whichever
    runtime does so (see `loading`).
    """

    def __init__(
        self, checkpoint: Path, name: str, runtime: RuntimeChoice | Runtime | None = None
    ) -> None:
        """`runtime` is one that has the model already, or a choice: the setting's by default.

        Raises EncoderError where the folder holds no model that this can work with.
        """
        self.name = name
        self.checkpoint = checkpoint
        if runtime is None or isinstance(runtime, str):
            runtime = loaded(checkpoint, runtime or Settings().runtime)
        self._runtime = runtime
        self.batch_size = runtime.batch_size
        self.traits = runtime.traits
        self.preprocessing = self.traits.preprocessing
        self.dimension = self.traits.dimension
        self.fingerprint = self.traits.fingerprint

    @property
    def prepare(self) -> Prepare:
        """An RGB photo of any size → its crop, 8-bit (height, width, 3).

        The crop stays in bytes because it waits in queues: normalised it is four times
        the size. `encode` normalises, with the same numbers.
        """
        return self.preprocessing.cropped

    def encode(self, prepared: Sequence[npt.NDArray[Any]]) -> FloatArray:
        """n crops → array (n, dimension), float32, rows of unit L2 length."""
        if not prepared:
            return np.empty((0, self.dimension), dtype=np.float32)
        # One by one: the runtime begins with the first, and memory that was just used is quick.
        pixels = (self.preprocessing.normalised(crop[None])[0] for crop in prepared)
        return normalised(self._runtime.vectors(pixels))


class ReadingTransformerEncoder(TransformerEncoder):
    """One whose model also has a text half, so that words find photos: CLIP, SigLIP.

    Texts are read by torch, which is loaded with the first of them where photos do without.
    """

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        """n texts → array (n, dimension), float32, unit rows; cosines to photos rank them.

        A text that is longer than the model reads is cut, never refused. Raises EncoderError
        where the checkpoint has gone or changed since its photos' half was loaded.
        """
        return self._text.vectors(texts)

    @functools.cached_property
    def _text(self) -> TextHalf:
        whole = self._runtime
        if not isinstance(whole, Reference):
            whole = Reference(self.checkpoint, "cpu")
        expected = self.traits.made_from or self.fingerprint
        if whole.text is None or whole.traits.fingerprint != expected:
            raise EncoderError(f"{self.checkpoint}: the checkpoint has changed since it was loaded")
        return whole.text
