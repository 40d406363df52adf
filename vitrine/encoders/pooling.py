"""From a model's output to one vector a photo, by what kind of model it is."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from vitrine.encoders.base import EncoderError
from vitrine.encoders.checkpoint import is_of_photos_and_texts

if TYPE_CHECKING:
    import torch


class Pooling(StrEnum):
    """How the vectors of one model are made. The words are part of its fingerprint."""

    # DINOv2, and whatever else gives tokens: the class token is one of them.
    ALL_TOKENS = "mean of all tokens"
    # ResNet, MobileNet, ConvNeXt; SigLIP's vision half, whose attention pool it is.
    POOLED = "pooled output"
    # Any other net whose output is a map of features.
    ALL_PLACES = "mean of all places"
    # CLIP and SigLIP: what their texts' features are compared with.
    IMAGE_FEATURES = "image features"


def pooled(model: Any, pixels: torch.Tensor) -> tuple[Pooling, torch.Tensor]:
    """Pixels (n, 3, height, width) → vectors (n, d), not yet of unit length, and how.

    Raises EncoderError where the output is of a kind that there is no rule for.
    """
    if is_of_photos_and_texts(model):
        return _features(model.get_image_features(pixel_values=pixels))
    output = model(pixel_values=pixels)
    if getattr(output, "image_embeds", None) is not None:
        return _features(output.image_embeds)
    hidden: torch.Tensor | None = getattr(output, "last_hidden_state", None)
    axes = 0 if hidden is None else hidden.ndim
    has_pool = getattr(output, "pooler_output", None) is not None
    if has_pool and (axes == 4 or model.config.model_type == "siglip_vision_model"):
        return Pooling.POOLED, output.pooler_output.flatten(start_dim=1)
    if hidden is not None and axes == 4:
        return Pooling.ALL_PLACES, hidden.mean(dim=(2, 3))
    if hidden is not None and axes == 3:
        return Pooling.ALL_TOKENS, hidden.mean(dim=1)
    raise EncoderError(
        f"{type(model).__name__} gives neither tokens nor a map of features (a "
        "last_hidden_state of three or four axes): take an image model such as DINOv2"
    )


def _features(output: Any) -> tuple[Pooling, torch.Tensor]:
    """Image features, which some versions of the library put into an output's record."""
    features: torch.Tensor = getattr(output, "pooler_output", output)
    if getattr(features, "ndim", 0) != 2:
        raise EncoderError(
            "the model's image features are not one vector a photo: take CLIP, SigLIP, or an "
            "image model such as DINOv2"
        )
    return Pooling.IMAGE_FEATURES, features
