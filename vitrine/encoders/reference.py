"""A checkpoint's model in torch: what every other runtime's vectors are held to."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from vitrine.encoders.base import EncoderError, FloatArray, fingerprint_of
from vitrine.encoders.checkpoint import (
    first_line,
    material_config,
    model_of,
    sha256,
    weights_files,
)
from vitrine.encoders.pooling import Pooling, pooled
from vitrine.encoders.preprocessing import Preprocessing
from vitrine.encoders.processor import preprocessing_of, probe_photos
from vitrine.encoders.runtime import Traits
from vitrine.encoders.text import TextHalf, reads_text

# dinov2-small costs a core 142 ms a photo singly, 131 in fours, 129 in eights and 144 in
# sixteens, which no longer fit its caches.
_CPU_BATCH_SIZE = 8
# Enough to keep a GPU busy through a forward pass of a small model, at a few hundred MB.
_GPU_BATCH_SIZE = 64

# Of two vectors of one photo, in units of their length: far above rounding.
_SAME = 1e-3


class Reference:
    """The model as the library loads it, in 32-bit floats, tried on a photo and on a text.

    `text` is its half that reads, if there is one and its tokenizer lies beside it.
    """

    def __init__(self, folder: Path, device: str) -> None:
        """`device` is torch's name for it. Raises EncoderError where the folder holds no
        model that this can work with.
        """
        weights = weights_files(folder)
        self._folder = folder
        self._device = device
        self.batch_size = _CPU_BATCH_SIZE if device == "cpu" else _GPU_BATCH_SIZE
        self.model = model_of(folder).to(device)
        preprocessing = preprocessing_of(folder)
        self.pooling, dimension = self._tried(preprocessing)
        facts = {
            "weights": [sha256(path) for path in weights],
            "config": material_config(folder),
            "preprocessing": preprocessing.facts(),
            "pooling": str(self.pooling),
            "dimension": dimension,
            "normalisation": "l2",
        }
        self.text: TextHalf | None = None
        if reads_text(folder):
            self.text = TextHalf(folder, self.model, dimension)
            facts["text"] = self.text.facts()
        self.traits = Traits(preprocessing, dimension, fingerprint_of(facts))

    def vectors(self, pixels: Iterable[FloatArray]) -> FloatArray:
        """n photos (3, height, width) → vectors (n, dimension), not yet of unit length."""
        return self._pooled(np.stack(list(pixels)))[1]

    def _pooled(self, pixels: FloatArray) -> tuple[Pooling, FloatArray]:
        import torch

        with torch.inference_mode():
            pooling, vectors = pooled(self.model, torch.from_numpy(pixels).to(self._device))
            return pooling, vectors.cpu().numpy()

    def _tried(self, preprocessing: Preprocessing) -> tuple[Pooling, int]:
        """How a photo's vector is pooled, and its length; raises EncoderError if none comes."""
        pixels = preprocessing.normalised(preprocessing.cropped(probe_photos()[0])[None])
        try:
            pooling, vector = self._pooled(pixels)
            _, again = self._pooled(pixels)
        except EncoderError as error:
            raise EncoderError(f"{self._folder}: {error}") from error
        except Exception as error:  # whatever a model says that wants another input
            raise EncoderError(
                f"{self._folder}: the model cannot be used on photos alone: {first_line(error)}"
            ) from error
        length = float(np.linalg.norm(vector))
        if not 0 < length < float("inf"):
            raise EncoderError(
                f"{self._folder}: the model gives zeros, NaN or infinities for a photo, so that "
                "its weights are broken; fetch the checkpoint again whole"
            )
        if float(np.linalg.norm(again - vector)) > _SAME * length:
            raise EncoderError(
                f"{self._folder}: {type(self.model).__name__} gives one photo another vector "
                "each time, by chance; take an image model such as DINOv2"
            )
        return pooling, int(vector.shape[-1])
