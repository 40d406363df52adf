"""A checkpoint's folder: its files, the model that it holds, and what tells it from others.

Weights are read from safetensors and never from a pickle, and no code that comes with a
checkpoint is ever run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vitrine.encoders import compact
from vitrine.encoders.base import EncoderError

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
WEIGHTS_INDEX_FILE = "model.safetensors.index.json"

# What saving a checkpoint again changes in its configuration without changing a vector.
_IMMATERIAL_CONFIG = {
    "_name_or_path",
    "architectures",
    "dtype",
    "torch_dtype",
    "transformers_version",
}

# A head that no pooling of tokens passes through; often left out of checkpoints.
_UNUSED_WEIGHTS = ("pooler.",)

# The library's `AutoModel` drops the projection of this one, which puts photos among texts.
_PROJECTED_VISION = "CLIPVisionModelWithProjection"


def weights_files(folder: Path) -> list[Path]:
    """The checkpoint's weights, one file or several shards, in a fixed order.

    Raises EncoderError where the folder holds no checkpoint, or one in a pickle alone.
    """
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
        shards = set(json_object(index).get("weight_map", {}).values())
        return [folder / shard for shard in sorted(shards)]
    pickles = [path.name for pattern in ("*.bin", "*.pt", "*.pth") for path in folder.glob(pattern)]
    if pickles:
        raise EncoderError(
            f"{folder}: its weights are a pickle ({pickles[0]}), which may run any code and is "
            f"never loaded; save the model again as {WEIGHTS_FILE}"
        )
    raise EncoderError(f"{folder}: the checkpoint has no {WEIGHTS_FILE}; fetch it again whole")


def model_of(folder: Path) -> Any:
    """The model, in evaluation mode, float32, on the CPU.

    Of a checkpoint with a head (such as a classifier) it is the model below the head.
    Raises EncoderError where it cannot be loaded whole, or is no model of photos.
    """
    import torch
    import transformers

    kind = material_config(folder)["model_type"]
    if kind == compact.MODEL_TYPE:
        import vitrine.encoders.compact.model  # noqa: F401, makes it known to the library
    by_class = kind == "clip_vision_model" and (
        json_object(folder / CONFIG_FILE).get("architectures") == [_PROJECTED_VISION]
    )
    loader = getattr(transformers, _PROJECTED_VISION if by_class else "AutoModel")
    try:
        with quiet_library():
            model, report = loader.from_pretrained(
                folder,
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
                dtype=torch.float32,
                output_loading_info=True,
            )
    except Exception as error:  # the library's own texts say what a broken checkpoint lacks
        raise EncoderError(
            f"{folder}: the checkpoint cannot be loaded: {first_line(error)}"
        ) from error
    if model.main_input_name != "pixel_values" and not is_of_photos_and_texts(model):
        raise EncoderError(
            f"{folder}: {type(model).__name__} is no model of photos (it takes "
            f"{model.main_input_name}); take a vision checkpoint: `python -m indexer encoders` "
            "lists some, and most of the hub's task “image feature extraction” will do"
        )
    lacking = sorted(key for key in report["missing_keys"] if not key.startswith(_UNUSED_WEIGHTS))
    if lacking:
        # The library fills these with random numbers, and a random vector looks like any other.
        raise EncoderError(
            f"{folder}: the checkpoint lacks {len(lacking)} of the model's weights "
            f"(such as {lacking[0]}); fetch it again whole"
        )
    return model.eval()


@contextmanager
def quiet_library() -> Iterator[None]:
    """Within it, the library says nothing on stderr.

    A second of loading needs no progress bar amid the indexer's own, and a classifier
    that is left out no table of weights: what matters becomes an EncoderError.
    """
    from transformers.utils import logging

    had_progress_bar, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity(logging.CRITICAL)
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if had_progress_bar:
            logging.enable_progress_bar()


def is_of_photos_and_texts(model: Any) -> bool:
    """Whether the model has a half for photos and one for texts, as CLIP has."""
    return hasattr(model, "get_image_features") and hasattr(model, "get_text_features")


def material_config(folder: Path) -> dict[str, Any]:
    """The checkpoint's configuration, less what does not shape a vector; names its model type."""
    config = json_object(folder / CONFIG_FILE)
    if not isinstance(config.get("model_type"), str):
        raise EncoderError(
            f"{folder}: {CONFIG_FILE} names no model_type, so that it is no checkpoint of the "
            "transformers library; take one that is"
        )
    return {key: value for key, value in config.items() if key not in _IMMATERIAL_CONFIG}


def json_object(path: Path) -> dict[str, Any]:
    """What the file holds; raises EncoderError where that is no JSON object."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise EncoderError(
            f"{path}: not a readable JSON object ({error}); fetch it again"
        ) from error


def sha256(path: Path) -> str:
    """Hex digest of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def first_line(error: Exception) -> str:
    """What the error says, without the pages that some libraries add."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), repr(error))
