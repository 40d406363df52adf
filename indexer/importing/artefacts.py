"""An older program's files: a flat faiss index, and the list that names its rows."""

from __future__ import annotations

import hashlib
import json
import os
import pickletools
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vitrine.catalogue import is_text
from vitrine.encoders.base import FloatArray
from vitrine.errors import UnusableError
from vitrine.index import FlatIndex

SHORTEST = 1e-6  # a vector shorter than that has no direction that float32 could tell

_FLAT_MARKS = {b"IxF2": "L2", b"IxFI": "inner product"}
"""How faiss's files of flat indexes begin; its source has them in `index_write.cpp`."""

_MARK_LENGTH = 4
_MARK_OF_ANY_INDEX = re.compile(rb"I[A-Za-z0-9]{3}")


class OlderIndexError(UnusableError):
    """An older index cannot be taken over; the message says why and what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class OlderVectors:
    """The vectors of an older index, checked.

    `stored` (n, d) has them as they are in the file, `unit` (n, d) brought to unit length.
    `metric` is what the older program ranked by: ``L2`` or ``inner product``.
    """

    stored: FloatArray
    unit: FloatArray
    metric: str
    sha256: str

    @property
    def were_unit(self) -> bool:
        """Whether every stored vector has unit length already."""
        return bool(
            np.abs(np.linalg.norm(self.stored, axis=1) - 1).max() <= FlatIndex.length_tolerance
        )


def read_vectors(path: Path) -> OlderVectors:
    """Read a flat faiss index. Raises `OlderIndexError` for any other file or broken vectors."""
    body = _bytes_of(path)
    if is_pickle(body):
        raise OlderIndexError(
            f"{path} is a pickle, which may run any code and is never loaded here. Where you "
            "trust it, write its vectors as a faiss index: "
            'python -c "import faiss, pickle, numpy as np; '
            f"v = np.asarray(pickle.load(open('{path.name}', 'rb')), 'float32'); "
            "i = faiss.IndexFlatL2(v.shape[1]); i.add(v); faiss.write_index(i, 'vector.index')\""
        )
    mark = body[:_MARK_LENGTH]
    # faiss parses dozens of kinds, and is not made for files of strangers: it gets no other.
    if mark not in _FLAT_MARKS and _MARK_OF_ANY_INDEX.fullmatch(mark):
        raise OlderIndexError(
            f"{path} is a faiss index of another kind ({mark.decode()}), or of another metric. "
            "Only flat indexes hold the vectors as they were made (IndexFlatL2, IndexFlatIP): "
            "write it again as one of these, or index anew with: python -m indexer build CATALOGUE"
        )
    index = _flat_index(body) if mark in _FLAT_MARKS else None
    if index is None:
        raise OlderIndexError(
            f"{path} is no faiss index, or one that was cut short. Copy it again from where it was "
            "made, or index anew with: python -m indexer build CATALOGUE"
        )
    if not index.ntotal:
        raise OlderIndexError(f"{path} is an empty index: there is nothing to take over.")
    stored: FloatArray = index.reconstruct_n(0, index.ntotal)
    return OlderVectors(
        stored, _unit(stored, path), _FLAT_MARKS[mark], hashlib.sha256(body).hexdigest()
    )


def _flat_index(body: bytes) -> Any:
    """The flat index that these bytes hold, or None where they hold none.

    From memory, so that what is read is what was looked at.
    """
    import faiss

    # A few bytes may say that many GB follow, and faiss makes room before it looks. One array
    # takes a quarter of this limit at most, so no more than the file.
    limit = faiss.get_deserialization_vector_byte_limit()
    faiss.set_deserialization_vector_byte_limit(4 * len(body))
    try:
        return faiss.deserialize_index(np.frombuffer(body, dtype=np.uint8))
    except RuntimeError:  # its words speak of faiss's own lines of code
        return None
    finally:
        faiss.set_deserialization_vector_byte_limit(limit)


def _unit(stored: FloatArray, path: Path) -> FloatArray:
    """The rows brought to unit length; refuses those that have none."""
    lengths = np.linalg.norm(stored.astype(np.float64), axis=1)
    for rows, what in (
        (np.flatnonzero(~np.isfinite(lengths)), "holds values that are no finite numbers"),
        (np.flatnonzero(lengths < SHORTEST), "is a vector of zeros, which is like nothing"),
    ):
        if len(rows):
            others = f", and so do {len(rows) - 1:,} others" if len(rows) > 1 else ""
            raise OlderIndexError(
                f"{path}: row {rows[0]:,} {what}{others}. The index was damaged when it was made: "
                "index anew with: python -m indexer build CATALOGUE"
            )
    unit: FloatArray = (stored / lengths[:, None]).astype(np.float32)
    return unit


def check_dimension(vectors: OlderVectors, path: Path, encoder: str, dimension: int) -> None:
    """Raises `OlderIndexError` where vectors of this encoder have another length."""
    found = vectors.stored.shape[1]
    if found != dimension:
        raise OlderIndexError(
            f"{path} holds vectors of {found:,} numbers, and {encoder} makes {dimension:,}: the "
            "index is of another encoder. Name that one with --encoder, or index anew with: "
            "python -m indexer build CATALOGUE"
        )


def read_names(path: Path, vectors: OlderVectors) -> tuple[str, ...]:
    """A JSON list of texts, or a text file with one a line: what each row of the index is.

    Raises `OlderIndexError` where it is no such list, has another length than the index, or
    names two rows alike.
    """
    names = names_in(_bytes_of(path), path)
    total = len(vectors.stored)
    if len(names) != total:
        raise OlderIndexError(
            f"{path} names {len(names):,} rows and the index has {total:,}: they were not saved "
            "together, so nobody can tell which vector is whose. Find the two that belong "
            "together, or index anew with: python -m indexer build CATALOGUE"
        )
    name, times = Counter(names).most_common(1)[0]
    if times > 1:
        raise OlderIndexError(
            f"{path} names {name!r} {times:,} times, so nobody can tell which of the vectors is "
            "its own. Index anew with: python -m indexer build CATALOGUE"
        )
    return names


def names_in(body: bytes, path: Path) -> tuple[str, ...]:
    """The texts of a list, whose file is called `path`; raises `OlderIndexError`."""
    if is_pickle(body):
        raise OlderIndexError(
            f"{path} is a pickle, which may run any code and is never loaded here. Convert it on "
            "the machine where it was made, if you trust it: "
            'python -c "import json, pickle; '
            f"json.dump([str(p) for p in pickle.load(open('{path.name}', 'rb'))], "
            f"open('{path.stem}.json', 'w'))\" and import {path.stem}.json instead."
        )
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise OlderIndexError(
            f"{path} is no text. Give a JSON list, or a text file with one path a line, in UTF-8."
        ) from None
    try:
        names = json.loads(text)
    except (ValueError, RecursionError) as error:
        if path.suffix.lower() == ".json" or text.lstrip().startswith(("[", "{")):
            raise OlderIndexError(
                f"{path} is no JSON: {error}. Copy it again from where it was made."
            ) from None
        names = [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip()]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise OlderIndexError(f"{path} is no list of texts, such as {json.dumps(['image_0'])}.")
    broken = next((name for name in names if not is_text(name) or "\0" in name), None)
    if broken is not None:
        raise OlderIndexError(
            f"{path} names {broken!a}, which no file is called here. Give that file another name "
            "where the list was made, and write the list again."
        )
    return tuple(names)


def is_pickle(body: bytes) -> bool:
    """Whether bytes are a pickle, by what they hold; nothing in them is ever run."""
    if not body.endswith(b"."):
        return False
    if body.startswith(b"\x80") and len(body) > 2 and body[1] <= 5:
        return True
    try:
        # The two oldest protocols have no mark; this reads opcodes, and runs none.
        with Path(os.devnull).open("w") as nowhere:
            # Indented, its words about a small file can take gigabytes.
            pickletools.dis(body, out=nowhere, indentlevel=0)
    except Exception:  # what is no pickle may go wrong in any way
        return False
    return True


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise OlderIndexError(f"There is no {path}. Give the path of the older file.") from None
    except OSError as error:
        raise OlderIndexError(f"Cannot read {path}: {error.strerror}.") from None
