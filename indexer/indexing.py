"""Vectors → the `vector.index` of a generation: which kind, and how exact."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from vitrine.encoders.base import FloatArray
from vitrine.index import FlatIndex, IvfIndex, read_index
from vitrine.index.base import CHUNK
from vitrine.index.calibration import calibrate, recall_of, sample_of
from vitrine.settings import DEFAULT_RECALL, LARGEST_FLAT, IndexChoice
from vitrine.snapshot import IndexFacts, Manifest, SnapshotError


@dataclass(frozen=True, slots=True)
class IndexWish:
    """Which index the owner wants. `auto` is `ivf` for more products than the threshold.

    `recall` is the least share of the true ten nearest neighbours that `ivf` shall find.
    """

    kind: IndexChoice = "auto"
    recall: float = DEFAULT_RECALL
    threshold: int = LARGEST_FLAT

    @classmethod
    def like(cls, facts: IndexFacts) -> IndexWish:
        """What was wished for where this was published."""
        return cls(facts.kind, facts.asked or DEFAULT_RECALL)

    def kind_for(self, count: int) -> Literal["flat", "ivf"]:
        if self.kind == "auto":
            return "flat" if count <= self.threshold else "ivf"
        return self.kind

    def is_met_by(self, manifest: Manifest) -> bool:
        facts = manifest.index
        if facts.kind != self.kind_for(manifest.products):
            return False
        return facts.kind == "flat" or facts.asked == self.recall


DEFAULT_WISH = IndexWish()


def made_index(
    path: Path, vectors: FloatArray, wish: IndexWish = DEFAULT_WISH, before: Path | None = None
) -> IndexFacts:
    """Write the index of unit rows (n, d) that is wished for.

    Numbers have 16 bits where 8 would not do for the recall. `before` is an older IVF index of
    the same encoder: its lists are taken over unless the number of vectors has changed by a
    third, or as many lists searched as before would not reach the recall any more. Raises
    `SnapshotError` for vectors that are not of unit length.
    """
    if wish.kind_for(len(vectors)) == "flat":
        FlatIndex.build(vectors).write(path)
        return IndexFacts(kind="flat", recall=1.0)
    refuse_odd(vectors)
    sample = sample_of(vectors)
    index = _taken_over(before, vectors) if before else None
    recall = recall_of(index, sample) if index else 0.0
    if index is None or recall < wish.recall:
        index = IvfIndex.build(vectors)
        recall = calibrate(index, sample, wish.recall)
    if recall < wish.recall:
        index = index.at_16_bits(vectors)
        recall = calibrate(index, sample, wish.recall)
    index.write(path)
    return IndexFacts(
        kind="ivf",
        recall=round(recall, 4),
        asked=wish.recall,
        bits=index.bits,
        lists=index.lists,
        nprobe=index.nprobe,
    )


def _taken_over(before: Path, vectors: FloatArray) -> IvfIndex | None:
    """The older index's lists with these vectors in them, if they suit."""
    try:
        older = read_index(before)
    except ValueError:
        return None
    if not isinstance(older, IvfIndex) or not older.suits(vectors):
        return None
    return older.refilled(vectors)


def refuse_odd(vectors: FloatArray) -> None:
    """Few bits would hide that a number is none, or that a vector is too short."""
    for start in range(0, len(vectors), CHUNK):
        lengths = np.linalg.norm(vectors[start : start + CHUNK], axis=1)
        if not (np.abs(lengths - 1) <= FlatIndex.length_tolerance).all():
            raise SnapshotError("the index was not published: vectors have unit length: not so")
