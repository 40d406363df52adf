"""Other photos of the same products: cropped, turned, lit and set before a backdrop by chance.

What is done leaves a product's colour the colour that its shop calls it by: light changes, hue
hardly does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch.nn import functional

from training.examples import Examples


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far chance goes. Shares are of photos, in [0, 1]; the rest is relative.

    A crop's side is between `least_side` and `most_side` of the photo's, and its proportion
    within `proportion` of 1; it is turned by up to `turn` radians, and moved by up to `shift`
    of half a side beyond where it fits. `light` is the standard
    deviation of the logarithms of brightness, contrast and gamma, `tint` that of each colour's.
    """

    least_side: float = 0.7
    most_side: float = 1.15
    proportion: float = 0.25
    turn: float = 0.18
    shift: float = 0.05
    light: float = 0.06
    tint: float = 0.015
    backdrops: float = 0.15
    holes: float = 0.1


def augmented(
    examples: Examples, chosen: torch.Tensor, side: int, how: Augmentation
) -> torch.Tensor:
    """Photos `chosen` (n,), each changed in its own way: (n, 3, side, side), in [0, 1]."""
    pixels = examples.pixels[chosen].float() / 255
    pixels = _before_other_backdrops(pixels, examples.backdrops[chosen].float(), how)
    pixels = functional.grid_sample(
        pixels, _crops(len(chosen), side, how), padding_mode="border", align_corners=False
    )
    return _with_holes(_lit(pixels, how), how)


def _before_other_backdrops(
    pixels: torch.Tensor, backdrops: torch.Tensor, how: Augmentation
) -> torch.Tensor:
    """A light of one colour that falls off to one side, and is a little uneven."""
    n, _, height, width = pixels.shape
    towards = torch.rand(n, 1, 1, 1) * 2 * math.pi
    down = torch.linspace(-0.5, 0.5, height)[:, None] * towards.sin()
    across = torch.linspace(-0.5, 0.5, width) * towards.cos()
    colour = torch.rand(n, 1, 1, 1) * 0.6 + torch.rand(n, 3, 1, 1) * 0.4
    uneven = functional.interpolate(torch.randn(n, 3, 8, 8), (height, width), mode="bilinear")
    other = colour + (down + across) * torch.randn(n, 3, 1, 1) * 0.15
    other = (other + uneven * 0.08 * torch.rand(n, 1, 1, 1)).clamp(0, 1)
    # What is left of the white is the product's shadow.
    covered = backdrops * (torch.rand(n, 1, 1, 1) < how.backdrops)
    return pixels * (1 - covered) + other * (0.6 + 0.4 * pixels) * covered


def _crops(n: int, side: int, how: Augmentation) -> torch.Tensor:
    """Where the pixels of n crops lie in their photos: (n, side, side, 2), in [-1, 1]."""
    of_photo = how.least_side + (how.most_side - how.least_side) * torch.rand(n)
    stretch = torch.exp(_within(n, math.log1p(how.proportion) / 2))
    across, down = of_photo * stretch, of_photo / stretch
    flip = torch.where(torch.rand(n) < 0.5, -1.0, 1.0)
    turn = _within(n, how.turn) * (torch.rand(n) < 0.5)
    grids = torch.zeros(n, 2, 3)
    grids[:, 0, 0], grids[:, 0, 1] = across * turn.cos() * flip, -down * turn.sin()
    grids[:, 1, 0], grids[:, 1, 1] = across * turn.sin() * flip, down * turn.cos()
    grids[:, 0, 2] = _within(n, 1) * (1 - across).clamp(min=0) + _within(n, how.shift)
    grids[:, 1, 2] = _within(n, 1) * (1 - down).clamp(min=0) + _within(n, how.shift)
    return functional.affine_grid(grids, [n, 3, side, side], align_corners=False)


def _within(n: int, most: float) -> torch.Tensor:
    """n numbers between -most and most."""
    return (torch.rand(n) * 2 - 1) * most


def _lit(pixels: torch.Tensor, how: Augmentation) -> torch.Tensor:
    n = len(pixels)

    def factors(spread: float, channels: int = 1) -> torch.Tensor:
        return torch.exp(torch.randn(n, channels, 1, 1) * spread)

    pixels = pixels * factors(how.light) * factors(how.tint, channels=3)
    mean = pixels.mean((1, 2, 3), keepdim=True)
    pixels = (pixels - mean) * factors(how.light) + mean
    return pixels.clamp(0, 1) ** factors(how.light)


def _with_holes(pixels: torch.Tensor, how: Augmentation) -> torch.Tensor:
    """Some with a rectangle of one colour, a tenth to a third of the side long, in front."""
    side = pixels.shape[-1]
    for one in torch.nonzero(torch.rand(len(pixels)) < how.holes)[:, 0]:
        height, width = (side * (0.1 + 0.25 * torch.rand(2))).int().tolist()
        top, left = (torch.rand(2) * side).int().tolist()
        pixels[one, :, top : top + height, left : left + width] = torch.rand(3, 1, 1)
    return pixels


def patched(pixels: torch.Tensor, others: torch.Tensor) -> tuple[torch.Tensor, float]:
    """One rectangle of each photo (n, 3, side, side) from that of `others` (n,) at the same place,
    and the rectangle's share of the area.
    """
    side = pixels.shape[-1]
    height, width = (side * torch.rand(()).sqrt() * torch.exp(_within(2, 0.3))).int().tolist()
    height, width = min(height, side), min(width, side)
    top, left = (int(torch.randint(side - length + 1, ())) for length in (height, width))
    mixed = pixels.clone()
    there = (..., slice(top, top + height), slice(left, left + width))
    mixed[there] = pixels[others][there]
    return mixed, height * width / side**2
