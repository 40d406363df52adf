"""Small checkpoints with seeded weights: the real library's files, less the megabytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

HIDDEN_SIZE = 32


def small_dinov2(folder: Path, seed: int = 0, **save_options: Any) -> Path:
    """A DINOv2 of two layers in `folder`, as `save_pretrained` writes it, with its processor.

    The same seed gives the same weights; `save_options` go to the model's `save_pretrained`.
    """
    from transformers import BitImageProcessorPil

    small_dinov2_model(seed).save_pretrained(folder, **save_options)
    BitImageProcessorPil(
        size={"shortest_edge": 256},
        crop_size={"height": 224, "width": 224},
        image_mean=[0.485, 0.456, 0.406],
        image_std=[0.229, 0.224, 0.225],
    ).save_pretrained(folder)
    return folder


def small_dinov2_model(seed: int = 0) -> Any:
    """The model itself, in evaluation mode."""
    import torch
    from transformers import Dinov2Config, Dinov2Model

    config = Dinov2Config(
        hidden_size=HIDDEN_SIZE,
        num_hidden_layers=2,
        num_attention_heads=4,
        patch_size=14,
        image_size=70,
        # Ten times the usual spread, so that photos differ though nothing was ever learnt.
        initializer_range=0.2,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Dinov2Model(config).eval()
