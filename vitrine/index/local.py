"""An index of faiss's, in this process's memory and in one file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from vitrine.encoders.base import FloatArray, normalised
from vitrine.index.base import CHUNK, Filter, Index, Rows


class LocalIndex(Index):
    """What faiss's flat and inverted-file indexes have in common."""

    def __init__(self, index: Any) -> None:
        super().__init__()
        self._index = index

    def write(self, path: Path) -> None:
        """Raises OSError where there is no space left, or the like."""
        # Left to itself, faiss does not say that the last bytes could not be written.
        with path.open("wb") as file:
            faiss.write_index(self._index, faiss.PyCallbackIOWriter(file.write))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    def check(self) -> None:
        """There always is an answer."""

    def make_ready(self) -> None:
        """It is."""

    def lengths(self) -> FloatArray:
        lengths = np.empty(len(self), dtype=np.float32)
        for start in range(0, len(self), CHUNK):
            some = self._index.reconstruct_n(start, min(CHUNK, len(self) - start))
            lengths[start : start + CHUNK] = np.linalg.norm(some, axis=1)
        return lengths

    def vectors_of(self, rows: Rows) -> FloatArray:
        return normalised(self._index.reconstruct_batch(rows))


def selector(allowed: Filter | None) -> Any:
    """The rows that pass as faiss takes them; None where all do."""
    if allowed is None:
        return None
    return faiss.IDSelectorBitmap(np.packbits(allowed.mask, bitorder="little"))


def use_one_thread() -> None:
    """Let faiss search in the calling thread alone.

    A server answers many queries at once, and on a busy machine faiss's own
    threads make a small search many times slower.
    """
    faiss.omp_set_num_threads(1)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """The same for a while, in a program that leaves faiss its threads."""
    threads = faiss.omp_get_max_threads()
    use_one_thread()
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)
