"""A DINOv2-small of full size with random weights: the cost of the real one, without a download."""

from __future__ import annotations

from pathlib import Path


def random_dinov2_small(folder: Path) -> Path:
    """Save a seeded checkpoint of facebook/dinov2-small's architecture, its processor with it."""
    import torch
    from transformers import BitImageProcessorPil, Dinov2Config, Dinov2Model

    torch.manual_seed(0)
    config = Dinov2Config(
        hidden_size=384, num_hidden_layers=12, num_attention_heads=6, patch_size=14, image_size=518
    )
    Dinov2Model(config).save_pretrained(folder)
    BitImageProcessorPil(
        size={"shortest_edge": 256},
        crop_size={"height": 224, "width": 224},
        image_mean=[0.485, 0.456, 0.406],
        image_std=[0.229, 0.224, 0.225],
        resample=3,
    ).save_pretrained(folder)
    return folder
