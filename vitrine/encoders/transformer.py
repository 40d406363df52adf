"""An image model of the transformers library as an encoder.

torch and transformers take seconds to import and most processes never encode, so they
are imported where an encoder is loaded and not above.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine.encoders.base import EncoderError, FloatArray, fingerprint_of, normalised
from vitrine.encoders.preprocessing import Preprocessing

if TYPE_CHECKING:
    import torch

CONFIG_FILE = "config.json"
PREPROCESSOR_FILE = "preprocessor_config.json"
WEIGHTS_FILE = "model.safetensors"
WEIGHTS_INDEX_FILE = "model.safetensors.index.json"

# dinov2-small costs a core 142 ms a photo singly, 131 in fours, 129 in eights and 144 in
# sixteens, which no longer fit its caches.
_CPU_BATCH_SIZE = 8
# Enough to keep a GPU busy through a forward pass of a small model, at a few hundred MB.
_GPU_BATCH_SIZE = 64

# What saving a checkpoint again changes in its configuration without changing a vector.
_IMMATERIAL_CONFIG = {
    "_name_or_path",
    "architectures",
    "dtype",
    "torch_dtype",
    "transformers_version",
}

# A head that the mean over all tokens does not pass through; often left out of checkpoints.
_UNUSED_WEIGHTS = ("pooler.",)


class TransformerEncoder:
    """The mean over all tokens (the class token included) of a model's last hidden state.

    Loads a checkpoint folder: `config.json`, weights as safetensors (never a pickle),
    and `preprocessor_config.json`, which a DINOv2 may do without. No code from the
    checkpoint is ever run. Runs on the GPU where there is one, in 32-bit floats.
    """

    def __init__(self, folder: Path, name: str) -> None:
        """Raises EncoderError where the folder holds no model that this can work with."""
        weights = _weights_files(folder)
        import torch

        self.name = name
        self.preprocessing = _preprocessing_of(folder)
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self.batch_size = _CPU_BATCH_SIZE if self._device == "cpu" else _GPU_BATCH_SIZE
        self._model = _model_of(folder).to(self._device)
        try:
            probe = self._hidden_state([self.prepare(_probe_photo())])
        except EncoderError as error:
            raise EncoderError(f"{folder}: {error}") from error
        except Exception as error:  # whatever a model says that wants another input
            raise EncoderError(
                f"{folder}: the model cannot be used on photos alone: {_first_line(error)}"
            ) from error
        self.dimension = int(probe.shape[-1])
        self.fingerprint = fingerprint_of(
            {
                "weights": [_sha256(path) for path in weights],
                "config": _material_config(folder),
                "preprocessing": dataclasses.asdict(self.preprocessing),
                "pooling": "mean of all tokens",
                "dimension": self.dimension,
                "normalisation": "l2",
            }
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
        pooled = self._hidden_state(prepared).mean(dim=1)
        return normalised(pooled.cpu().numpy())

    def _hidden_state(self, prepared: Sequence[npt.NDArray[Any]]) -> torch.Tensor:
        """n crops → the model's last hidden state (n, tokens, dimension)."""
        import torch

        pixels = torch.from_numpy(self.preprocessing.normalised(np.stack(prepared)))
        with torch.inference_mode():
            output = self._model(pixel_values=pixels.to(self._device))
        hidden: torch.Tensor | None = getattr(output, "last_hidden_state", None)
        if hidden is None or hidden.ndim != 3:
            raise EncoderError(
                "the model gives no sequence of tokens (a last_hidden_state of three axes): "
                "take a vision transformer such as DINOv2"
            )
        return hidden


def _weights_files(folder: Path) -> list[Path]:
    """The checkpoint's weights, one file or several shards, in a fixed order."""
    if not folder.is_dir():
        raise EncoderError(f"{folder}: there is no such folder; give one that holds a checkpoint")
    if not (folder / CONFIG_FILE).is_file():
        raise EncoderError(
            f"{folder}: no checkpoint, for it has no {CONFIG_FILE}; give the folder that a "
            "model's save_pretrained has written"
        )
    if (folder / WEIGHTS_FILE).is_file():
        return [folder / WEIGHTS_FILE]
    index = folder / WEIGHTS_INDEX_FILE
    if index.is_file():
        shards = set(_json(index).get("weight_map", {}).values())
        return [folder / shard for shard in sorted(shards)]
    pickles = [path.name for pattern in ("*.bin", "*.pt", "*.pth") for path in folder.glob(pattern)]
    if pickles:
        raise EncoderError(
            f"{folder}: its weights are a pickle ({pickles[0]}), which may run any code and is "
            f"never loaded; save the model again as {WEIGHTS_FILE}"
        )
    raise EncoderError(f"{folder}: the checkpoint has no {WEIGHTS_FILE}; fetch it again whole")


def _model_of(folder: Path) -> Any:
    """The model, in evaluation mode, float32, on the CPU."""
    import torch
    from transformers import AutoModel
    from transformers.utils import logging

    # A second of loading needs no progress bar amid the indexer's own.
    had_progress_bar = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        model, report = AutoModel.from_pretrained(
            folder,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except Exception as error:  # the library's own texts say what a broken checkpoint lacks
        raise EncoderError(
            f"{folder}: the checkpoint cannot be loaded: {_first_line(error)}"
        ) from error
    finally:
        if had_progress_bar:
            logging.enable_progress_bar()
    lacking = sorted(key for key in report["missing_keys"] if not key.startswith(_UNUSED_WEIGHTS))
    if lacking:
        # The library fills these with random numbers, and a random vector looks like any other.
        raise EncoderError(
            f"{folder}: the checkpoint lacks {len(lacking)} of the model's weights "
            f"(such as {lacking[0]}); fetch it again whole"
        )
    return model.eval()


def _preprocessing_of(folder: Path) -> Preprocessing:
    """What the checkpoint asks to be done to photos; DINOv2's own where it says nothing."""
    if not (folder / PREPROCESSOR_FILE).is_file():
        if str(_material_config(folder).get("model_type")).startswith("dinov2"):
            return Preprocessing()
        raise EncoderError(
            f"{folder}: the checkpoint has no {PREPROCESSOR_FILE}, and its photos cannot be "
            "prepared by guessing; fetch that file too"
        )
    from transformers import AutoImageProcessor

    try:
        processor = AutoImageProcessor.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, backend="pil"
        )
        ours = Preprocessing.from_processor(processor.to_dict())
        photo = _probe_photo()
        expected = np.asarray(processor(photo)["pixel_values"][0])
        actual = ours.normalised(ours.cropped(photo)[None])[0]
    except EncoderError as error:
        raise EncoderError(f"{folder}: {error}") from error
    except Exception as error:  # as in _model_of
        raise EncoderError(
            f"{folder}: {PREPROCESSOR_FILE} cannot be used: {_first_line(error)}"
        ) from error
    if actual.shape != expected.shape or not np.allclose(actual, expected, atol=1e-4):
        raise EncoderError(
            f"{folder}: {type(processor).__name__} prepares photos in a way that Vitrine does "
            "not reproduce; take a model with the usual resize, crop and normalisation"
        )
    return ours


def _probe_photo() -> Image.Image:
    """A photo with structure and no symmetry, to try a checkpoint on."""
    y, x = np.mgrid[0:311, 0:401]
    planes = np.stack([x * y // 97, x * 3 + y, y * y // 53 + x], axis=-1) % 256
    return Image.fromarray(planes.astype(np.uint8))


def _material_config(folder: Path) -> dict[str, Any]:
    """The checkpoint's configuration, less what does not shape a vector."""
    config = _json(folder / CONFIG_FILE)
    return {key: value for key, value in config.items() if key not in _IMMATERIAL_CONFIG}


def _json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise EncoderError(
            f"{path}: not a readable JSON object ({error}); fetch it again"
        ) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), repr(error))
