"""How many of the ten nearest share a photo's labels, of photos that were not learnt from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch.nn import functional

from training.examples import Examples
from training.network import embedded
from vitrine.encoders.compact.model import CompactModel

K = 10
_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Precision:
    """Precision@10 by fact, in [0, 1]: `aside` among the validation photos alone, `among_all`
    among these and those learnt from, as a shop has them that adds to what it has."""

    aside: Mapping[str, float]
    among_all: Mapping[str, float]


@torch.no_grad()
def precision(network: CompactModel, examples: Examples, side: int) -> Precision:
    """Of the validation photos as queries, which never find themselves."""
    vectors = _vectors(network, examples, side)
    queries = torch.nonzero(examples.is_validation)[:, 0]
    return Precision(
        *(_shares(vectors, examples, queries, of) for of in (queries, torch.arange(len(vectors))))
    )


def _shares(
    vectors: torch.Tensor, examples: Examples, queries: torch.Tensor, of: torch.Tensor
) -> dict[str, float]:
    cosines = vectors[queries] @ vectors[of].T
    cosines[queries[:, None] == of] = -torch.inf
    nearest = of[cosines.topk(min(K, len(of) - 1)).indices]
    return {
        fact: float((label.codes[nearest] == label.codes[queries][:, None]).float().mean())
        for fact, label in examples.labels.items()
    }


def _vectors(network: CompactModel, examples: Examples, side: int) -> torch.Tensor:
    was_learning = network.training
    network.eval()
    vectors = [
        embedded(
            network,
            functional.interpolate(
                pixels.float() / 255, (side, side), mode="bilinear", antialias=True
            ),
        )
        for pixels in torch.split(examples.pixels, _AT_ONCE)
    ]
    network.train(was_learning)
    return torch.cat(vectors)
