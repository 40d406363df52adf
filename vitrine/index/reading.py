"""`vector.index` → the index that it is."""

from __future__ import annotations

from pathlib import Path

import faiss

from vitrine.index.flat import FlatIndex
from vitrine.index.ivf import IvfIndex
from vitrine.index.local import LocalIndex


def read_index(path: Path) -> LocalIndex:
    """Open `vector.index`. Raises ValueError where faiss cannot read one of ours there."""
    try:
        index = faiss.read_index(str(path))
    except RuntimeError as error:
        raise ValueError(f"faiss cannot read {path.name}: {error}") from None
    if index.metric_type == faiss.METRIC_INNER_PRODUCT:
        if isinstance(index, faiss.IndexFlat):
            return FlatIndex(index)
        if isinstance(index, faiss.IndexIVFScalarQuantizer):
            return IvfIndex(index)
    raise ValueError(f"{path.name} is no flat or IVF-SQ inner-product index")
