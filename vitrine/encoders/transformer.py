"""An image model of the transformers library as an encoder.

torch and transformers take seconds to import and most processes never encode, so they
are imported where an encoder is loaded and not above.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine.encoders.base import EncoderError, FloatArray, fingerprint_of, normalised
from vitrine.encoders.checkpoint import (
    first_line,
    material_config,
    model_of,
    sha256,
    weights_files,
)
from vitrine.encoders.pooling import Pooling, pooled
from vitrine.encoders.processor import preprocessing_of, probe_photo
from vitrine.encoders.text import Tokenizer, reads_text

if TYPE_CHECKING:
    import torch

# dinov2-small costs a core 142 ms a photo singly, 131 in fours, 129 in eights and 144 in
# sixteens, which no longer fit its caches.
_CPU_BATCH_SIZE = 8
# Enough to keep a GPU busy through a forward pass of a small model, at a few hundred MB.
_GPU_BATCH_SIZE = 64
_TEXT_BATCH_SIZE = 64

# Of two vectors of one photo, in units of their length: far above rounding.
_SAME = 1e-3


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
    checkpoint is ever run. Runs on the GPU where there is one, in 32-bit floats.
    """

    def __init__(self, folder: Path, name: str) -> None:
        """Raises EncoderError where the folder holds no model that this can work with."""
        weights = weights_files(folder)
        import torch

        self.name = name
        self._folder = folder
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self.batch_size = _CPU_BATCH_SIZE if self._device == "cpu" else _GPU_BATCH_SIZE
        self._model = model_of(folder).to(self._device)
        self.preprocessing = preprocessing_of(folder)
        pooling, self.dimension = self._tried()
        self.fingerprint = fingerprint_of(
            {
                "weights": [sha256(path) for path in weights],
                "config": material_config(folder),
                "preprocessing": dataclasses.asdict(self.preprocessing),
                "pooling": str(pooling),
                "dimension": self.dimension,
                "normalisation": "l2",
            }
            | self._further_facts()
        )

    def prepare(self, photo: Image.Image) -> npt.NDArray[np.uint8]:
        """An RGB photo of any size → its crop, 8-bit (height, width, 3).

        The crop stays in bytes because it waits in queues: normalised it is four times
        the size. `encode` normalises, with the same numbers.
        """
        return self.preprocessing.cropped(photo)

    def encode(self, prepared: Sequence[npt.NDArray[Any]]) -> FloatArray:
        """n crops → array (n, dimension), float32, rows of unit L2 length."""
        if not prepared:
            return np.empty((0, self.dimension), dtype=np.float32)
        return normalised(self._pooled(prepared)[1].cpu().numpy())

    def _pooled(self, prepared: Sequence[npt.NDArray[Any]]) -> tuple[Pooling, torch.Tensor]:
        """n crops → vectors (n, dimension) as the model gives them, and how they were pooled."""
        import torch

        pixels = torch.from_numpy(self.preprocessing.normalised(np.stack(prepared)))
        with torch.inference_mode():
            return pooled(self._model, pixels.to(self._device))

    def _tried(self) -> tuple[Pooling, int]:
        """How a photo's vector is pooled, and its length; raises EncoderError if none comes."""
        crop = self.prepare(probe_photo())
        try:
            pooling, vector = self._pooled([crop])
            _, again = self._pooled([crop])
        except EncoderError as error:
            raise EncoderError(f"{self._folder}: {error}") from error
        except Exception as error:  # whatever a model says that wants another input
            raise EncoderError(
                f"{self._folder}: the model cannot be used on photos alone: {first_line(error)}"
            ) from error
        length = float(vector.norm())
        if not 0 < length < float("inf"):
            raise EncoderError(
                f"{self._folder}: the model gives zeros, NaN or infinities for a photo, so that "
                "its weights are broken; fetch the checkpoint again whole"
            )
        if float((again - vector).norm()) > _SAME * length:
            raise EncoderError(
                f"{self._folder}: {type(self._model).__name__} gives one photo another vector "
                "each time, by chance; take an image model such as DINOv2"
            )
        return pooling, int(vector.shape[-1])

    def _further_facts(self) -> dict[str, Any]:
        """What else shapes this encoder's vectors."""
        return {}


class ReadingTransformerEncoder(TransformerEncoder):
    """One whose model also has a text half, so that words find photos: CLIP, SigLIP."""

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        """n texts → array (n, dimension), float32, unit rows; cosines to photos rank them.

        A text that is longer than the model reads is cut, never refused.
        """
        vectors = [np.empty((0, self.dimension), dtype=np.float32)]
        for start in range(0, len(texts), _TEXT_BATCH_SIZE):
            vectors.append(self._read(texts[start : start + _TEXT_BATCH_SIZE]))
        return np.concatenate(vectors)

    def _read(self, texts: Sequence[str]) -> FloatArray:
        import torch

        tokens = self._tokenizer.tokens(texts)
        with torch.inference_mode():
            output = self._model.get_text_features(
                **{name: tensor.to(self._device) for name, tensor in tokens.items()}
            )
        return normalised(getattr(output, "pooler_output", output).cpu().numpy())

    def _further_facts(self) -> dict[str, Any]:
        """The tokenizer's files and rules, once the text half has given a vector that fits."""
        self._tokenizer = Tokenizer(self._folder, self._model.config)
        read = self._read(["a red shoe"])
        if read.shape != (1, self.dimension) or not np.isfinite(read).all():
            raise EncoderError(
                f"{self._folder}: the text half gives vectors of {read.shape[-1]} numbers and the "
                f"photos' half of {self.dimension}, or no numbers; fetch the checkpoint again whole"
            )
        return {"text": self._tokenizer.facts()}
