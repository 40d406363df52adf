"""What a checkpoint wants done to photos, compared with what the library does to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from vitrine.encoders.base import EncoderError
from vitrine.encoders.checkpoint import first_line, material_config, quiet_library
from vitrine.encoders.preprocessing import Preprocessing

PREPROCESSOR_FILE = "preprocessor_config.json"


def preprocessing_of(folder: Path) -> Preprocessing:
    """What the checkpoint asks to be done to photos, tried against the library's own doing.

    A checkpoint that says nothing gets its architecture's own, where all that were
    published share one. Raises EncoderError where there is none, or another comes out.
    """
    from transformers import AutoImageProcessor

    try:
        if (folder / PREPROCESSOR_FILE).is_file():
            with quiet_library():
                processor = AutoImageProcessor.from_pretrained(
                    folder, local_files_only=True, trust_remote_code=False, backend="pil"
                )
        else:
            processor = _customary_processor(folder)
        ours = Preprocessing.from_processor(processor.to_dict())
        photo = probe_photos()[0]
        expected = np.asarray(processor(photo)["pixel_values"][0])
        actual = ours.normalised(ours.cropped(photo)[None])[0]
    except EncoderError as error:
        raise EncoderError(f"{folder}: {error}") from error
    except Exception as error:  # the library's own texts say what is broken
        raise EncoderError(
            f"{folder}: {PREPROCESSOR_FILE} cannot be used: {first_line(error)}"
        ) from error
    if actual.shape != expected.shape or not np.allclose(actual, expected, atol=1e-4):
        raise EncoderError(
            f"{folder}: {type(processor).__name__} prepares photos in a way that Vitrine does "
            "not reproduce; take a model with the usual resize, crop and normalisation"
        )
    return ours


def _customary_processor(folder: Path) -> Any:
    """The image processor of an architecture whose published checkpoints all have the same.

    Not ResNet's, nor SigLIP's: theirs differ in size and in filter.
    """
    import transformers

    config = material_config(folder)
    kind = config["model_type"]
    if kind.startswith("dinov2"):
        return transformers.BitImageProcessorPil(
            size={"shortest_edge": 256},
            image_mean=[0.485, 0.456, 0.406],
            image_std=[0.229, 0.224, 0.225],
        )
    if kind in ("clip", "clip_vision_model"):
        edge = config.get("vision_config", config).get("image_size", 224)
        return transformers.CLIPImageProcessorPil(
            size={"shortest_edge": edge}, crop_size={"height": edge, "width": edge}
        )
    if kind == "mobilenet_v2" and config.get("image_size", 224) == 224:
        return transformers.MobileNetV2ImageProcessorPil()
    raise EncoderError(
        f"the checkpoint has no {PREPROCESSOR_FILE}, and its photos cannot be "
        "prepared by guessing; fetch that file too"
    )


def probe_photos() -> list[Image.Image]:
    """Photos with structure and no symmetry, each of another shape, to try a checkpoint on."""
    y, x = np.mgrid[0:311, 0:401]
    planes = np.stack([x * y // 97, x * 3 + y, y * y // 53 + x], axis=-1) % 256
    photo = Image.fromarray(planes.astype(np.uint8))
    return [photo, ImageOps.invert(photo).rotate(90, expand=True), photo.crop((0, 0, 60, 90))]
