"""Small sets of pictures in MNIST's format, written as its authors did."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Sequence
from pathlib import Path

FASHION_BEGINS = (9, 0, 0, 3, 0, 2, 7, 2, 5, 5)
"""The first ten labels of Fashion-MNIST's training pictures, by which it is known."""


def pixels(number: int, side: int = 28) -> bytes:
    """A grey picture that no other number has: a bar on black."""
    rows = [
        bytes([40 + 20 * (number % 10)]) * side if row % 9 <= number % 7 else bytes(side)
        for row in range(side)
    ]
    return bytes([number % 256]) + b"".join(rows)[1:]


def write_pictures(
    path: Path, count: int, *, says: int | None = None, side: int = 28, first: int = 0
) -> Path:
    """A file of `count` pictures, numbers `first` and on; its header says that it has `says`."""
    header = struct.pack(">IIII", 0x803, count if says is None else says, side, side)
    return _write(
        path, header + b"".join(pixels(number, side) for number in range(first, first + count))
    )


def write_labels(path: Path, labels: Sequence[int]) -> Path:
    return _write(path, struct.pack(">II", 0x801, len(labels)) + bytes(labels))


def write_split(
    home: Path, split: str, labels: Sequence[int], ending: str = ".gz", *, first: int = 0
) -> None:
    """Both files of a split, whose pictures are numbers `first` and on."""
    home.mkdir(parents=True, exist_ok=True)
    write_pictures(home / f"{split}-images-idx3-ubyte{ending}", len(labels), first=first)
    write_labels(home / f"{split}-labels-idx1-ubyte{ending}", labels)


def _write(path: Path, body: bytes) -> Path:
    path.write_bytes(gzip.compress(body) if path.suffix == ".gz" else body)
    return path
