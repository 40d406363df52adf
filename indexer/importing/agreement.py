"""How far cosines rank as an older program ranked, where its vectors were not of unit length."""

from __future__ import annotations

import numpy as np

from indexer.importing.artefacts import OlderVectors
from vitrine.encoders.base import FloatArray

QUERIES = 100  # enough for the nearest percent, and quick among 100,000
NEAREST = 10


def share_kept(vectors: OlderVectors) -> float:
    """Of the nearest rows by the older ranking, the mean share that is nearest by cosine too."""
    count = len(vectors.stored)
    k = min(NEAREST, count - 1)
    if k < 1:
        return 1.0
    rows = np.arange(min(QUERIES, count)) * count // min(QUERIES, count)
    older = _nearest(vectors.stored, rows, k, vectors.metric)
    ours = _nearest(vectors.unit, rows, k, "inner product")
    kept = [len(set(a) & set(b)) for a, b in zip(older, ours, strict=True)]
    return sum(kept) / (k * len(rows))


def _nearest(vectors: FloatArray, rows: np.ndarray, k: int, metric: str) -> list[list[int]]:
    """The k rows nearest to each of `rows`, itself left out."""
    import faiss

    flat = faiss.IndexFlatL2 if metric == "L2" else faiss.IndexFlatIP
    index = flat(vectors.shape[1])
    index.add(vectors)
    _, found = index.search(vectors[rows], k + 1)
    return [
        [int(other) for other in others if other != row][:k]
        for row, others in zip(rows, found, strict=True)
    ]
