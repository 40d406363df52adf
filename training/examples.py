"""What is learnt from: every labelled photo at one size, in memory, and who is kept aside."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from rich.progress import track

from vitrine.catalogue import Catalogue
from vitrine.failures import Failure
from vitrine.fetching import Fetched, Reference, resolve
from vitrine.fetching.files import LocalFiles
from vitrine.fetching.records import DEFAULT_LIMITS
from vitrine.photos import Photo, decode

SIDE = 128
"""Of the squares that photos are kept as, in pixels; crops of them are what a network sees."""

_VALIDATING = 5  # one product in so many is never learnt from
_WHITE = 243  # of 255; what JPEG leaves of a white backdrop


@dataclass(frozen=True, slots=True)
class Label:
    """A fact of the photos. `codes` (n,) is each photo's value, of so many `values`."""

    codes: torch.Tensor
    values: int


@dataclass(frozen=True, slots=True)
class Examples:
    """Labelled photos.

    `pixels` (n, 3, SIDE, SIDE) and `backdrops` (n, 1, SIDE, SIDE) are 8-bit; a backdrop is 1
    where the photo is white out to its edge. `is_validation` (n,) depends on a product's id
    alone, so that it is the same in each run and stays so in a catalogue that grows.
    """

    pixels: torch.Tensor
    backdrops: torch.Tensor
    labels: Mapping[str, Label]
    is_validation: torch.Tensor


def examples_of(catalogue: Catalogue, facts: Sequence[str]) -> Examples:
    """Read the local photos of all products; those without one of the facts or a photo are left
    out.

    A fact such as ``a+b`` is the pair of two. Raises ValueError where none is left.
    """
    labelled = [
        (product, values)
        for product in catalogue.products
        if all(values := [_value(product.facts, fact) for fact in facts])
    ]
    with ThreadPoolExecutor() as pool, closing(LocalFiles(DEFAULT_LIMITS.max_bytes)) as files:
        references = [resolve(product.image_url, catalogue.base) for product, _ in labelled]
        reading = pool.map(partial(_square, files), references)
        squares = list(track(reading, description="Reading photos", total=len(labelled)))
    kept = [
        (product, values, square)
        for (product, values), square in zip(labelled, squares, strict=True)
        if square is not None
    ]
    if not kept:
        raise ValueError(
            f"{catalogue.location}: no product has a readable photo in its folder and the facts "
            f"{', '.join(facts)}"
        )
    pixels = np.stack([square for _, _, square in kept])
    backdrops = np.stack([backdrop(square) for square in pixels])
    return Examples(
        torch.from_numpy(pixels).permute(0, 3, 1, 2),
        torch.from_numpy(backdrops)[:, None],
        {fact: _label([values[i] for _, values, _ in kept]) for i, fact in enumerate(facts)},
        torch.tensor([is_validation(product.id) for product, _, _ in kept]),
    )


def _value(facts: Mapping[str, str], fact: str) -> str:
    parts = [facts.get(part, "") for part in fact.split("+")]
    return "|".join(parts) if all(parts) else ""


def _label(values: Sequence[str]) -> Label:
    distinct, codes = np.unique(values, return_inverse=True)
    return Label(torch.from_numpy(codes.astype(np.int64)), len(distinct))


def is_validation(product_id: str) -> bool:
    """Whether a product is kept aside, never to be learnt from."""
    return int(hashlib.sha256(product_id.encode()).hexdigest(), 16) % _VALIDATING == 0


def _square(files: LocalFiles, reference: Reference | Failure) -> npt.NDArray[np.uint8] | None:
    """The whole photo as a square; None where there is none here that can be read."""
    if isinstance(reference, Failure) or reference.is_url:
        return None
    read = files.read(reference.location, None)
    photo = decode(read.body) if isinstance(read, Fetched) else None
    if not isinstance(photo, Photo):
        return None
    return np.asarray(photo.image.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def backdrop(square: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """1 where a square (h, w, 3) is white and hangs together with the edge, else 0: (h, w)."""
    from scipy.ndimage import label

    parts, _ = label(square.min(axis=2) >= _WHITE)
    edge = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
    return np.isin(parts, edge[edge > 0]).astype(np.uint8)
