"""How the network learns: to tell each label by the direction of a photo's vector.

Each value of each label has a direction of its own, and a photo's vector is to lie nearer to
those of its values than to all others (F. Wang et al. 2017, "NormFace"). As all labels share the
one vector, neighbours agree in what most of them say. What no label says, such as a pattern, is
learnt from the photos themselves: each is to be nearer to itself, changed by chance once more,
than to others (K. He et al. 2020, "Momentum contrast", whose queue small batches do without).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast

import torch
from torch import nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from training.augmentation import Augmentation, augmented, patched
from training.examples import Examples, Label
from training.network import embedded, untaught
from training.precision import Precision, precision
from vitrine.encoders.compact.model import CompactModel


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides the weights, beside the photos.

    `labels` says how much each fact counts; ``a+b`` is a pair. Photos are first seen `first_side`
    pixels wide, which is quick, and grow to `side` over the share `growing` of the epochs (M. Tan
    and Q. Le 2021, "EfficientNetV2", section 4). `sharpness` is the factor of
    cosines in the softmax. `decay` is that of weights, `averaging` how much of the average of
    all steps' weights, which is what is kept, stays in each step. `itself` is what it counts that
    a photo is like itself, and `itself_sharpness` the factor of cosines there. `in_bfloat16`
    computes mostly in 16-bit floats. `patched` is the share of steps in which each photo has a part
    of another in front.
    """

    labels: Mapping[str, float]
    seed: int = 0
    epochs: int = 30
    batch: int = 64
    first_side: int = 64
    side: int = 112
    growing: float = 0.7
    rate: float = 3e-3
    decay: float = 0.05
    sharpness: float = 16.0
    smoothing: float = 0.05
    itself: float = 0.2
    itself_sharpness: float = 10.0
    averaging: float = 0.99
    patched: float = 0.5
    in_bfloat16: bool = False
    augmentation: Augmentation = field(default_factory=Augmentation)


FASHION = MappingProxyType(
    {
        "articleType": 1.2,
        "subCategory": 0.3,
        "baseColour": 0.8,
        "articleType+baseColour": 0.6,
        "gender": 0.3,
        "masterCategory": 0.2,
        "usage": 0.15,
    }
)
"""The facts of a `styles.csv`, by how much shoppers care."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the photos; the mean loss, and what the averaged weights find since."""

    number: int
    loss: float
    found: Precision | None


class Learner:
    """Teaches one network; `network` is the average that is worth keeping."""

    def __init__(self, examples: Examples, recipe: Recipe) -> None:
        torch.manual_seed(recipe.seed)
        self._examples, self._recipe = examples, recipe
        self._learning = untaught().to(memory_format=torch.channels_last)
        self._directions = nn.ParameterDict(
            {fact: _directions(examples.labels[fact], self._learning) for fact in recipe.labels}
        )
        keep = get_ema_multi_avg_fn(recipe.averaging)  # type: ignore[no-untyped-call]
        self._average = AveragedModel(self._learning, multi_avg_fn=keep, use_buffers=True)
        self._average.eval()

    @property
    def network(self) -> CompactModel:
        return cast(CompactModel, self._average.module)

    def epochs(self, measured_every: int = 5) -> Iterator[Epoch]:
        """Learn; the last epoch is always measured."""
        recipe = self._recipe
        learnt_from = torch.nonzero(~self._examples.is_validation)[:, 0]
        steps = max(1, len(learnt_from) // recipe.batch)
        optimiser = torch.optim.AdamW(self._groups(), lr=recipe.rate)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser,
            recipe.rate,
            total_steps=steps * recipe.epochs,
            pct_start=0.15,
            final_div_factor=100,
        )
        for number in range(1, recipe.epochs + 1):
            shuffled = learnt_from[torch.randperm(len(learnt_from))]
            loss, side = 0.0, side_of(recipe, number)
            for batch in torch.split(shuffled, recipe.batch)[:steps]:
                loss += self._step(batch, side, optimiser)
                schedule.step()
            is_measured = number % measured_every == 0 or number == recipe.epochs
            found = precision(self.network, self._examples, recipe.side) if is_measured else None
            yield Epoch(number, loss / steps, found)

    def _step(self, batch: torch.Tensor, side: int, optimiser: torch.optim.Optimizer) -> float:
        """Where photos are patched, a photo's loss is shared as its pixels are (S. Yun et al. 2019,
        "CutMix")."""
        themselves = torch.arange(len(batch))
        others = themselves.roll(1)
        pixels, share = self._pixels(batch, side), 0.0
        if torch.rand(()) < self._recipe.patched:
            pixels, share = patched(pixels, others)
        seen = self._vectors(self._learning, pixels)
        with torch.no_grad():
            again = self._vectors(self._average, self._pixels(batch, side))
        loss = (1 - share) * self._loss(seen, again, batch, themselves)
        if share:
            loss = loss + share * self._loss(seen, again, batch, others)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        self._average.update_parameters(self._learning)
        return loss.item()

    def _pixels(self, batch: torch.Tensor, side: int) -> torch.Tensor:
        """Photos that are changed by chance anew."""
        return augmented(self._examples, batch, side, self._recipe.augmentation)

    def _vectors(self, network: nn.Module, pixels: torch.Tensor) -> torch.Tensor:
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=self._recipe.in_bfloat16):
            return embedded(network, pixels).float()

    def _loss(
        self, seen: torch.Tensor, again: torch.Tensor, batch: torch.Tensor, whose: torch.Tensor
    ) -> torch.Tensor:
        """Of vectors `seen`, if photo i shows what photo `whose[i]` of the batch does."""
        recipe, shown = self._recipe, batch[whose]
        loss = torch.zeros(())
        for fact, weight in recipe.labels.items():
            cosines = seen @ functional.normalize(self._directions[fact]).T
            loss = loss + weight * functional.cross_entropy(
                recipe.sharpness * cosines,
                self._examples.labels[fact].codes[shown],
                label_smoothing=recipe.smoothing,
            )
        itself = functional.cross_entropy(recipe.itself_sharpness * seen @ again.T, whose)
        return loss + recipe.itself * itself

    def _groups(self) -> list[dict[str, object]]:
        """Parameters by whether they decay; scales and shifts don't."""
        all_ = [*self._learning.parameters(), *self._directions.values()]
        return [
            {"params": [p for p in all_ if p.ndim > 1], "weight_decay": self._recipe.decay},
            {"params": [p for p in all_ if p.ndim <= 1], "weight_decay": 0.0},
        ]


def side_of(recipe: Recipe, epoch: int) -> int:
    """How wide photos are seen in the epoch, counted from 1: a multiple of 8, in pixels."""
    grown = min(1.0, (epoch - 1) / max(1.0, recipe.growing * recipe.epochs))
    side = recipe.first_side + grown * (recipe.side - recipe.first_side)
    return round(side / 8) * 8


def facts_of(recipe: Recipe) -> dict[str, object]:
    """The recipe as plain values, to be kept beside the weights."""
    plain = dataclasses.replace(recipe, labels=dict(recipe.labels))
    return dataclasses.asdict(plain)


def _directions(label: Label, network: CompactModel) -> nn.Parameter:
    return nn.Parameter(torch.randn(label.values, network.embed.out_features))
