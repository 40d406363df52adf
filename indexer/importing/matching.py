"""Which photo each vector of an older index is of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexer.importing.artefacts import OlderIndexError
from indexer.importing.rows import Rows
from indexer.reconciling import SAME_VECTOR
from vitrine.catalogue import Catalogue
from vitrine.encoders.base import FloatArray
from vitrine.fetching import Reference, resolve

_ROW_NAME = re.compile(r"image_(0|[1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """The vectors (d,) by the location of their photo, and what has none.

    `left_out` says, in words, of which names the vector is of no product of the catalogue.
    `disagreeing` are names whose photo had another vector already: the first one counts.
    """

    vectors: Mapping[str, FloatArray]
    left_out: tuple[str, ...]
    disagreeing: tuple[str, ...]


def row_numbers(names: Sequence[str], path: Path, rows: int) -> list[int]:
    """``image_12`` → 12, for each name. Raises `OlderIndexError` for other names and numbers."""
    numbers = []
    for name in names:
        match = _ROW_NAME.fullmatch(name)
        if match is None:
            raise OlderIndexError(
                f"{path} holds {name!r} where image_0, image_1, … is expected. If it is a list of "
                "paths, leave the catalogue out: python -m indexer import faiss.index LIST"
            )
        numbers.append(int(match[1]))
        if numbers[-1] >= rows:
            raise OlderIndexError(
                f"{path} holds {name}, and the catalogue has {rows:,} rows, the first of which is "
                "image_0. Give the catalogue as it was when the index was made."
            )
    return numbers


def matched_by_row(
    catalogue: Catalogue, rows: Rows, numbers: Sequence[int], vectors: FloatArray
) -> Matched:
    """Vector i is of the photo that row `numbers[i]` of the catalogue's file names."""
    products = {product.line: product for product in catalogue.products}
    problems = {problem.line: problem.message for problem in catalogue.problems}
    entries: list[_Entry] = []
    left_out = []
    for position, number in enumerate(numbers):
        line = rows.lines[number]
        product = products.get(line)
        name = f"image_{number} (line {line})"
        if product is None:
            left_out.append(f"{name}: {problems.get(line, 'that line holds no product')}")
            continue
        reference = resolve(product.image_url, catalogue.base)
        if isinstance(reference, Reference):  # the build itself reports what has none
            entries.append(_Entry(name, reference.location, position))
    return _matched(entries, left_out, vectors)


def matched_by_path(
    catalogue: Catalogue, files: Mapping[str, Path], names: Sequence[str], vectors: FloatArray
) -> Matched:
    """Vector i is of the photo at `files[names[i]]`."""
    wanted = {
        reference.location
        for product in catalogue.products
        if isinstance(reference := resolve(product.image_url, catalogue.base), Reference)
    }
    entries: list[_Entry] = []
    left_out = []
    for position, name in enumerate(names):
        location = str(files[name].resolve())
        if location in wanted:
            entries.append(_Entry(name, location, position))
        else:
            left_out.append(f"{name}: there is no such photo in {catalogue.name}")
    return _matched(entries, left_out, vectors)


@dataclass(frozen=True, slots=True)
class _Entry:
    """Row `position` of the vectors is of the photo at `location`."""

    name: str
    location: str
    position: int


def _matched(entries: Sequence[_Entry], left_out: Sequence[str], vectors: FloatArray) -> Matched:
    found: dict[str, FloatArray] = {}
    disagreeing = []
    for entry in entries:
        vector = vectors[entry.position]
        first = found.setdefault(entry.location, vector)
        if float(np.dot(first, vector)) < SAME_VECTOR:
            disagreeing.append(entry.name)
    return Matched(found, tuple(left_out), tuple(disagreeing))
