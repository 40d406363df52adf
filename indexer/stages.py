"""What is done with one photo, wherever it is done: kept, decoded, shrunk and prepared."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from indexer.ledger import PhotoFacts
from indexer.sketches import Sketch
from indexer.timings import Stage, Timings
from vitrine.encoders.base import Prepare
from vitrine.failures import Failure, FailureCode
from vitrine.fetching import Fetched, NotModified, Outcome, Validators
from vitrine.folder import IndexFolder, is_whole, write_whole
from vitrine.photos import Photo, as_thumbnail, decode, dominant_colour, scaled, thumbnail_widths


@dataclass(frozen=True, slots=True)
class Stored:
    """A photo that was fetched and lies in the index folder now, not yet decoded."""

    sha256: str
    validators: Validators


@dataclass(frozen=True, slots=True)
class Decoded:
    """`prepared` is the encoder's input; None where no vector is to be made.

    `sketch` is None where the photo has one already. `took` has the seconds of each stage.
    """

    sha256: str
    outcome: PhotoFacts | Failure
    sketch: Sketch | None = None
    prepared: npt.NDArray[Any] | None = None
    took: Mapping[Stage, float] = field(default_factory=dict)


def kept(folder: IndexFolder, outcome: Outcome) -> Stored | NotModified | Failure:
    """What came of a job, once a photo that it brought lies in the folder, and undamaged."""
    if not isinstance(outcome, Fetched):
        return outcome
    sha256 = hashlib.sha256(outcome.body).hexdigest()
    path = folder.photo(sha256)
    if not is_whole(path) or path.read_bytes() != outcome.body:
        write_whole(path, outcome.body)
    return Stored(sha256, outcome.validators)


def decoded(
    folder: IndexFolder, prepare: Prepare, sha256: str, *, is_sketched: bool, is_embedded: bool
) -> Decoded:
    """A photo of the folder → thumbnails beside it, facts, sketch, and the encoder's input.

    Safe to call from many threads, and processes.
    """
    timings = Timings()
    with timings.of(Stage.DECODE):
        photo = _photo(folder, sha256)
        colour = "" if isinstance(photo, Failure) else dominant_colour(photo.image)
    if isinstance(photo, Failure):
        return Decoded(sha256, photo, took=timings.seconds())
    facts = PhotoFacts(photo.width, photo.height, colour)
    sketch = None
    has_thumbs = has_thumbnails(folder, sha256, facts)
    if not has_thumbs or not is_sketched:
        with timings.of(Stage.THUMBNAILS):
            images = scaled(photo)
            for width, image in () if has_thumbs else images.items():
                write_whole(folder.thumbnail(sha256, width), as_thumbnail(image))
            if not is_sketched:
                sketch = Sketch.of_smallest(images)
    prepared = None
    if not is_embedded:
        with timings.of(Stage.PREPARE):
            prepared = prepare(photo.image)
    return Decoded(sha256, facts, sketch, prepared, timings.seconds())


def _photo(folder: IndexFolder, sha256: str) -> Photo | Failure:
    body = folder.photo(sha256).read_bytes()
    if hashlib.sha256(body).hexdigest() != sha256:
        return Failure(FailureCode.TRUNCATED, "the stored copy is damaged")
    return decode(body)


def has_thumbnails(folder: IndexFolder, sha256: str, facts: PhotoFacts) -> bool:
    """Whether a photo has all of its thumbnails."""
    widths = thumbnail_widths(facts.width)
    return all(is_whole(folder.thumbnail(sha256, width)) for width in widths)
