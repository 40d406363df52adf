"""The network that learns: made anew, asked, and written as a checkpoint."""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from PIL import Image
from torch import nn
from transformers import ViTImageProcessorPil

from vitrine.encoders.checkpoint import quiet_library
from vitrine.encoders.compact import MEAN, STD
from vitrine.encoders.compact.model import CompactConfig, CompactModel


def untaught() -> CompactModel:
    """One that torch's own generator has made."""
    return CompactModel(CompactConfig())


def embedded(network: nn.Module, pixels: torch.Tensor) -> torch.Tensor:
    """Pixels (n, 3, height, width), in [0, 1] → unit vectors (n, dimension)."""
    vectors: torch.Tensor = network((pixels - MEAN) / STD).pooler_output
    return vectors


def save(network: CompactModel, side: int, folder: Path) -> None:
    """Write the checkpoint, in 16-bit floats, for photos that are made squares of `side` pixels."""
    processor = ViTImageProcessorPil(
        size={"height": side, "width": side},
        resample=Image.Resampling.BICUBIC,
        image_mean=[MEAN] * 3,
        image_std=[STD] * 3,
    )
    with quiet_library():
        copy.deepcopy(network).half().save_pretrained(folder)
        processor.save_pretrained(folder)
