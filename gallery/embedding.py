"""A stranger's photo, decoded, cropped and embedded, however it came."""

from __future__ import annotations

from dataclasses import dataclass

from gallery import context
from gallery.uploads import Crop, cropped, uploaded_photo
from vitrine.encoders.base import FloatArray
from vitrine.photos import Photo
from vitrine.snapshot import Snapshot


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedPhoto:
    """What was searched with, the photo or its crop, and its unit vector (d,)."""

    photo: Photo
    vector: FloatArray


def embedded(snapshot: Snapshot, body: bytes, crop: Crop | None) -> EmbeddedPhoto:
    """The photo of these bytes, by the snapshot's own encoder; refuses what is no photo."""
    gallery = context.gallery()
    with gallery.uploads.room:
        photo = uploaded_photo(body, gallery.settings.max_upload_bytes)
        if crop is not None:
            photo = cropped(photo, crop)
        return EmbeddedPhoto(photo, gallery.uploads.vector(photo, snapshot.manifest.encoder))
