"""Vectors → nearest neighbours: exact below a size, approximate to a stated recall above it."""

from vitrine.index.base import (
    KEPT_RANKINGS,
    SCORE_DECIMALS,
    Filter,
    Index,
    Mask,
    Neighbour,
    Neighbours,
    Ranking,
    rounded,
)
from vitrine.index.flat import FlatIndex
from vitrine.index.ivf import IvfIndex
from vitrine.index.local import LocalIndex, one_thread, use_one_thread
from vitrine.index.reading import read_index

__all__ = [
    "KEPT_RANKINGS",
    "SCORE_DECIMALS",
    "Filter",
    "FlatIndex",
    "Index",
    "IvfIndex",
    "LocalIndex",
    "Mask",
    "Neighbour",
    "Neighbours",
    "Ranking",
    "one_thread",
    "read_index",
    "rounded",
    "use_one_thread",
]
