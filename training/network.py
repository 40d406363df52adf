"""A plain residual network, small enough for any CPU (K. He et al. 2016, "Deep residual learning").

Four stages of 3 × 3 convolutions, each at half the size of the one before. All four are averaged
into the embedding, as colour and pattern are seen by the first and lost on the way to the last.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

WIDTHS = (24, 48, 96, 192)
DIMENSION = 128


class Network(nn.Module):
    """Pixels (n, 3, side, side) in [0, 1] → unit vectors (n, dimension)."""

    def __init__(self, widths: Sequence[int] = WIDTHS, dimension: int = DIMENSION) -> None:
        super().__init__()
        self.stem = _convolution(3, widths[0], stride=2)
        before = (widths[0], *widths)
        self.stages = nn.ModuleList(
            nn.Sequential(
                _convolution(narrow, wide, stride=1 if stage == 0 else 2), nn.ReLU(), _Block(wide)
            )
            for stage, (narrow, wide) in enumerate(zip(before, widths, strict=False))
        )
        features = sum(widths) + widths[-1]
        self.norm = nn.BatchNorm1d(features)
        self.embed = nn.Linear(features, dimension)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        x = functional.relu(self.stem((pixels - 0.5) * 4))
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x.mean((2, 3)))
        features.append(x.amax((2, 3)))
        return functional.normalize(self.embed(self.norm(torch.cat(features, 1).float())))


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


def _convolution(narrow: int, wide: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(narrow, wide, 3, stride, padding=1, bias=False), nn.BatchNorm2d(wide)
    )
