"""A stranger's photo → the vector to search with, by the encoder that made the index."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from gallery.refusals import UPLOAD_FAILURES, Code, Refusal
from vitrine.encoders.base import Encoder, EncoderError, FloatArray
from vitrine.failures import Failure
from vitrine.photos import Photo, decode
from vitrine.snapshot import EncoderFacts

log = logging.getLogger("vitrine.gallery")

PHOTOS_IN_MEMORY = 2
"""Uploads at a time: the largest takes some 600 MB while it is decoded, and one can be
decoded while another is embedded. The rest wait."""


def uploaded_photo(body: bytes, max_bytes: int) -> Photo:
    """Decode an upload; refuses what is too large or no photo."""
    if len(body) > max_bytes:
        raise too_large(max_bytes)
    photo = decode(body)
    if isinstance(photo, Failure):
        raise Refusal(Code(photo.code.value), UPLOAD_FAILURES[photo.code])
    return photo


def too_large(max_bytes: int) -> Refusal:
    return Refusal(
        Code.TOO_LARGE, f"The photo is larger than {max_bytes / 2**20:.3g} MB. Send a smaller one."
    )


class UploadEncoder:
    """Loads the index's encoder with the first upload, and embeds one photo at a time.

    It lives on a thread of its own: loading happens once however many wait for it,
    and the encoder keeps all cores while the threads that answer requests search
    with one each. Hold `room` from before a photo is decoded until it is embedded.
    """

    def __init__(self, load: Callable[[str], Encoder]) -> None:
        self._load = load
        self.room = threading.BoundedSemaphore(PHOTOS_IN_MEMORY)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="encoder")
        self._wanted: EncoderFacts | None = None
        self._encoder: Encoder | None = None

    def vector(self, photo: Photo, wanted: EncoderFacts) -> FloatArray:
        """The photo's unit vector (d,); refuses where the index's own encoder can't be had."""
        return self._thread.submit(self._vector, photo, wanted).result()

    def _vector(self, photo: Photo, wanted: EncoderFacts) -> FloatArray:
        encoder = self._encoder_for(wanted)
        vector: FloatArray = encoder.encode([encoder.prepare(photo.image)])[0]
        return vector

    def _encoder_for(self, wanted: EncoderFacts) -> Encoder:
        if self._encoder is None or self._wanted != wanted:
            try:
                self._encoder = self._load(wanted.name)
            except Exception as error:  # of a broken installation or checkpoint, anything
                known = isinstance(error, EncoderError)
                log.error("Can't search by photo: %s", error, exc_info=not known)
                raise Refusal(
                    Code.ENCODER_UNAVAILABLE,
                    "Search by photo is not available now: the encoder can't be loaded. "
                    "Search by product works.",
                ) from error
            self._wanted = wanted
            if self._encoder.fingerprint != wanted.fingerprint:
                log.error(
                    "Can't search by photo: encoder %s has changed since the index was made. "
                    "Run the indexer again, then restart the gallery.",
                    wanted.name,
                )
        if self._encoder.fingerprint != wanted.fingerprint:
            raise Refusal(
                Code.ENCODER_MISMATCH,
                "Search by photo is not available now: the index was made by another version "
                "of the encoder. Search by product works.",
            )
        return self._encoder
