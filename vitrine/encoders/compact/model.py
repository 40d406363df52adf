"""A plain residual network, small enough for any CPU (K. He et al. 2016, "Deep residual learning").

Four stages of 3 × 3 convolutions, each at half the size of the one before. The first, which has
most pixels, is narrow, and the third, where kinds part, is twice as deep. All four are averaged
into the embedding, as colour and pattern are seen by the first and lost on the way to the last.

To import this makes it known to the transformers library by its `model_type`, so that a
checkpoint of it is loaded, converted and reduced as any other's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPoolingAndNoAttention

from vitrine.encoders.compact import MODEL_TYPE


class CompactConfig(PretrainedConfig):  # type: ignore[misc]
    """`widths` are the stages' numbers of channels, `depths` those of blocks; `dimension` is that
    of the vectors.
    """

    model_type = MODEL_TYPE

    def __init__(
        self,
        widths: Sequence[int] = (16, 48, 96, 192),
        depths: Sequence[int] = (1, 1, 2, 1),
        dimension: int = 128,
        **others: Any,
    ) -> None:
        self.widths, self.depths = list(widths), list(depths)
        self.dimension = dimension
        super().__init__(**others)


class CompactModel(PreTrainedModel):  # type: ignore[misc]
    """Pixels (n, 3, height, width), of any size → unit vectors (n, dimension)."""

    config_class = CompactConfig
    main_input_name = "pixel_values"

    def __init__(self, config: CompactConfig) -> None:
        super().__init__(config)
        widths = config.widths
        before = (3, *widths)
        self.stages = nn.ModuleList(
            _stage(narrow, wide, depth)
            for narrow, wide, depth in zip(before, widths, config.depths, strict=False)
        )
        features = sum(widths) + widths[-1]
        self.norm = nn.BatchNorm1d(features)
        self.embed = nn.Linear(features, config.dimension)
        self.post_init()

    def forward(self, pixel_values: torch.Tensor) -> BaseModelOutputWithPoolingAndNoAttention:
        """`pooler_output` is the vectors, `last_hidden_state` what the last stage saw."""
        x, features = pixel_values, []
        for stage in self.stages:
            x = stage(x)
            features.append(x.mean((2, 3)))
        features.append(x.amax((2, 3)))
        vectors = functional.normalize(self.embed(self.norm(torch.cat(features, 1).float())))
        return BaseModelOutputWithPoolingAndNoAttention(last_hidden_state=x, pooler_output=vectors)

    def _init_weights(self, module: nn.Module) -> None:
        """Each layer begins as torch makes it."""


class _Block(nn.Module):
    """What two convolutions add to what they are given; nothing at first."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _convolution(width, width)
        self.second = _convolution(width, width)
        for scale in self.second[1].parameters():
            nn.init.zeros_(scale)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.relu(x + self.second(functional.relu(self.first(x))))


def _stage(narrow: int, wide: int, depth: int) -> nn.Sequential:
    blocks = [_Block(wide) for _ in range(depth)]
    return nn.Sequential(_convolution(narrow, wide, stride=2), nn.ReLU(), *blocks)


def _convolution(narrow: int, wide: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(narrow, wide, 3, stride, padding=1, bias=False), nn.BatchNorm2d(wide)
    )


AutoConfig.register(MODEL_TYPE, CompactConfig)
AutoModel.register(CompactConfig, CompactModel)
