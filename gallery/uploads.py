"""A stranger's photo or words → the vector to search with, by the encoder that made the index."""

from __future__ import annotations

import base64
import functools
import io
import logging
import math
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import Enum, auto

from flask_babel import LazyString, format_decimal
from flask_babel import lazy_gettext as _l

from gallery.batching import Batches, PreparedPhoto
from gallery.decoding import decoders
from gallery.measuring import Step, timed
from gallery.refusals import UPLOAD_FAILURES, Code, Refusal
from vitrine.encoders.base import Encoder, EncoderError, FloatArray, TextEncoder
from vitrine.failures import Failure, FailureCode
from vitrine.fetching import (
    PUBLIC_WEB,
    Fetched,
    Fetcher,
    FetchJob,
    FetchLimits,
    Reach,
    Reference,
    absolute_url,
)
from vitrine.photos import Photo
from vitrine.settings import Settings
from vitrine.snapshot import EncoderFacts

log = logging.getLogger("vitrine.gallery")

PHOTOS_IN_MEMORY = 2
"""Uploads whole in memory at a time: the largest takes some 600 MB while it is decoded.
What has been prepared for the encoder is small, and does not count."""

PHOTOS_TOGETHER = os.cpu_count() or 1
"""In one batch: one for each core. More would take longer, and all are answered at its end."""

FETCHES = 3
"""Photos at a time that are fetched from strangers' URLs, each by a thread that could
answer requests instead. Beyond that they are refused at once."""

FETCH_SECONDS = 10.0
REFUSED_AFTER_SECONDS = 0.5
"""No URL is refused earlier. So a name of the owner's network that leads to a private
address cannot be told from one that does not exist."""

MAX_URL = 4096  # characters; signed addresses have up to some 2,000
PREVIEW_PIXELS = 640  # longest side of an uploaded photo as shown back
LEAST_CROP = 16  # pixels a side: anything less is a slip of the hand

KEPT_TEXTS = 256  # vectors of words, at some 2 KB: of each search the pages and twins ask again
RETRY_SECONDS = 30.0
"""An encoder that could not be loaded is not tried again sooner: it may take a minute to
find out that no hub answers, and as long again for each who waits."""

_fetches = threading.BoundedSemaphore(FETCHES)


@timed(Step.DECODE)
def uploaded_photo(body: bytes, max_bytes: int) -> Photo:
    """Decode an upload; refuses what is too large or no photo."""
    if len(body) > max_bytes:
        raise too_large(max_bytes)
    photo = decoders.decode(body)
    if isinstance(photo, Failure):
        raise Refusal(Code(photo.code.value), UPLOAD_FAILURES[photo.code])
    return photo


def too_large(max_bytes: int) -> Refusal:
    limit = format_decimal(float(f"{max_bytes / 2**20:.3g}"))
    return Refusal(
        Code.TOO_LARGE,
        _l("The photo is larger than %(limit)s MB. Send a smaller one.", limit=limit),
    )


def fetched_photo(url: str, settings: Settings, reach: Reach = PUBLIC_WEB) -> bytes:
    """The bytes at a stranger's URL, not yet decoded: at most `max_upload_bytes` of them.

    Refuses where the owner has not allowed URLs of others than the catalogue's. Whatever
    the cause of a failure, its refusal is the same, so that nobody learns here what the
    server can reach; the log has the cause.
    """
    if not settings.url_queries:
        words = _l(
            "No product has its photo at this address. Save the photo and upload it instead."
        )
        raise Refusal(Code.URL_NOT_IN_CATALOGUE, words)
    if not _fetches.acquire(blocking=False):
        log.warning("A photo's URL was refused: %d others are being fetched.", FETCHES)
        raise _not_fetched()
    try:
        began = time.monotonic()
        outcome = _fetched(url, settings.max_upload_bytes, reach)
        if isinstance(outcome, bytes):
            return outcome
        log.warning("A photo's URL was refused: %s: %s", outcome.code, outcome.message)
        time.sleep(max(0.0, began + REFUSED_AFTER_SECONDS - time.monotonic()))
        raise _not_fetched()
    finally:
        _fetches.release()


@timed(Step.FETCH)
def _fetched(url: str, max_bytes: int, reach: Reach) -> bytes | Failure:
    if len(url) > MAX_URL:
        return Failure(FailureCode.BAD_URL, f"a URL of {len(url):,} characters")
    # What is no URL would be the path of a local file.
    usable = absolute_url(url.strip())
    if isinstance(usable, Failure):
        return usable
    limits = FetchLimits(
        deadline_s=FETCH_SECONDS, max_bytes=max_bytes, attempts=1, workers=1, reach=reach
    )
    # A fetcher of its own: what one stranger's host does, such as asking for a pause,
    # must not hold for the next one's photo.
    with Fetcher(limits) as fetcher:
        outcome = fetcher.fetch(FetchJob(Reference(usable))).outcome
    if isinstance(outcome, Fetched):
        return outcome.body
    assert isinstance(outcome, Failure)  # nothing was asked conditionally
    return outcome


def _not_fetched() -> Refusal:
    words = _l("The photo at this address could not be had. Save it and upload it instead.")
    return Refusal(Code.URL_NOT_FETCHED, words)


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of a photo: its left upper corner and its sides, as fractions of the upright photo."""

    x: float
    y: float
    width: float
    height: float


def read_crop(text: str | None) -> Crop | None:
    """``x,y,width,height`` → a crop; None where none is given. Refuses what is not in the photo."""
    if not text:
        return None
    try:
        crop = Crop(*map(float, text.split(",")))
    except (TypeError, ValueError):
        raise _bad_crop() from None
    # Fractions that a browser has rounded may go beyond the edge by as much.
    edge = 1 + 1e-3
    sides = (crop.width, crop.height, crop.x + crop.width, crop.y + crop.height)
    corner = (crop.x, crop.y)
    if not all(0 < side <= edge for side in sides) or not all(0 <= at < 1 for at in corner):
        raise _bad_crop()
    return crop


def cropped(photo: Photo, crop: Crop) -> Photo:
    """The part of the photo by itself; refuses one of a few pixels."""
    image = photo.image
    left, upper = math.floor(crop.x * image.width), math.floor(crop.y * image.height)
    right = min(image.width, round((crop.x + crop.width) * image.width))
    lower = min(image.height, round((crop.y + crop.height) * image.height))
    if right - left < min(LEAST_CROP, image.width) or lower - upper < min(LEAST_CROP, image.height):
        raise Refusal(
            Code.BAD_CROP, _l("This part of the photo is too small. Choose a larger one.")
        )
    return Photo(
        image=image.crop((left, upper, right, lower)),
        width=round((right - left) * photo.width / image.width),
        height=round((lower - upper) * photo.height / image.height),
        format=photo.format,
    )


def _bad_crop() -> Refusal:
    words = _l("This is no part of the photo. Choose another, or search with the whole photo.")
    return Refusal(Code.BAD_CROP, words)


def preview_of(photo: Photo) -> bytes:
    """The photo as a small WebP file without metadata, to be shown beside its results."""
    # At twice the size the final step has enough to work with, and no copy is full-size.
    image = photo.image.reduce(max(1, max(photo.image.size) // (2 * PREVIEW_PIXELS)))
    image.thumbnail((PREVIEW_PIXELS, PREVIEW_PIXELS))
    file = io.BytesIO()
    image.save(file, "WEBP")
    return file.getvalue()


def data_url(preview: bytes) -> str:
    """A preview as an address that holds the whole of it."""
    return "data:image/webp;base64," + base64.b64encode(preview).decode()


class Use(Enum):
    """What the encoder is wanted for."""

    PHOTO = auto()
    WORDS = auto()


UNAVAILABLE: dict[Use, LazyString] = {
    Use.PHOTO: _l(
        "Search by photo is not available now: the encoder can't be loaded. "
        "Search by product works."
    ),
    Use.WORDS: _l(
        "Words can't be compared with photos now: the encoder can't be loaded. "
        "Search in titles and facts works."
    ),
}
MISMATCH: dict[Use, LazyString] = {
    Use.PHOTO: _l(
        "Search by photo is not available now: the index was made by another version "
        "of the encoder. Search by product works."
    ),
    Use.WORDS: _l(
        "Words can't be compared with photos now: the index was made by another version "
        "of the encoder. Search in titles and facts works."
    ),
}


class UploadEncoder:
    """Loads the index's encoder when it is first needed, and embeds photos and words.

    It lives on a thread of its own: loading happens once however many wait for it,
    and the encoder keeps all cores while the threads that answer requests search
    with one each. Hold `room` from before a photo is decoded until it is prepared, and
    let go of it then: any number may wait for their vectors. `clock` tells seconds.
    `admit` is held while words are embedded, which those that are remembered are not again.
    """

    def __init__(
        self,
        load: Callable[[EncoderFacts], Encoder],
        clock: Callable[[], float] = time.monotonic,
        admit: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._load = load
        self._clock = clock
        self._admit = admit
        self.room = threading.BoundedSemaphore(PHOTOS_IN_MEMORY)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="encoder")
        self._batches = Batches(self._thread, PHOTOS_TOGETHER)
        self._wanted: EncoderFacts | None = None
        self._encoder: Encoder | None = None
        self._failed: EncoderFacts | None = None
        self._failed_at = 0.0
        self.text_vector = functools.lru_cache(KEPT_TEXTS)(self._text_vector)

    def is_ready(self, wanted: EncoderFacts) -> bool:
        """Whether a photo would be embedded at once, without loading anything first."""
        return self._ready(wanted) is not None

    @timed(Step.PREPARE)
    def prepared(self, photo: Photo, wanted: EncoderFacts) -> PreparedPhoto:
        """The photo for `vector`; refuses where the index's own encoder can't be had."""
        encoder = self._ready(wanted)
        if encoder is None:
            encoder = self._thread.submit(self._encoder_for, wanted, Use.PHOTO).result()
        return PreparedPhoto(encoder, encoder.prepare(photo.image))

    @timed(Step.EMBED)
    def vector(self, photo: PreparedPhoto) -> FloatArray:
        """Its unit vector (d,), by the encoder that it was prepared for."""
        return self._batches.vector(photo)

    @timed(Step.EMBED)
    def _text_vector(self, text: str, wanted: EncoderFacts) -> FloatArray:
        """The unit vector (d,) of words; the same refusals. Not to be written to."""

        def embed() -> FloatArray:
            encoder = self._encoder_for(wanted, Use.WORDS)
            if not isinstance(encoder, TextEncoder):  # the manifest says that it is one
                log.error("Can't search in words: encoder %s reads none.", wanted.name)
                raise Refusal(Code.ENCODER_MISMATCH, MISMATCH[Use.WORDS])
            try:
                vector: FloatArray = encoder.encode_texts([text])[0]
            except EncoderError as error:  # its text half is loaded with the first words
                log.error("Can't search in words: %s", error)
                raise Refusal(Code.ENCODER_UNAVAILABLE, UNAVAILABLE[Use.WORDS]) from error
            vector.flags.writeable = False
            return vector

        with self._admit():
            return self._thread.submit(embed).result()

    def _ready(self, wanted: EncoderFacts) -> Encoder | None:
        encoder = self._encoder
        if encoder is None or self._wanted != wanted or encoder.fingerprint != wanted.fingerprint:
            return None
        return encoder

    def _encoder_for(self, wanted: EncoderFacts, use: Use) -> Encoder:
        if self._encoder is None or self._wanted != wanted:
            if self._failed == wanted and self._clock() - self._failed_at < RETRY_SECONDS:
                raise Refusal(Code.ENCODER_UNAVAILABLE, UNAVAILABLE[use])
            try:
                self._encoder = self._load(wanted)
            except Exception as error:  # of a broken installation or checkpoint, anything
                known = isinstance(error, EncoderError)
                log.error("Can't search by photo or in words: %s", error, exc_info=not known)
                self._failed, self._failed_at = wanted, self._clock()
                raise Refusal(Code.ENCODER_UNAVAILABLE, UNAVAILABLE[use]) from error
            self._wanted = wanted
            if self._encoder.fingerprint != wanted.fingerprint:
                log.error(
                    "Can't search by photo or in words: encoder %s has changed since the index "
                    "was made. Run the indexer again, then restart the gallery.",
                    wanted.name,
                )
        if self._encoder.fingerprint != wanted.fingerprint:
            raise Refusal(Code.ENCODER_MISMATCH, MISMATCH[use])
        return self._encoder
