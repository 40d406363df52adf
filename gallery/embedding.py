"""A stranger's photo, decoded, cropped and embedded, however it came."""

from __future__ import annotations

from dataclasses import dataclass

from gallery import context
from gallery.uploads import Crop, cropped, preview_of, uploaded_photo
from vitrine.encoders.base import FloatArray
from vitrine.snapshot import Snapshot


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedPhoto:
    """What is left of what was searched with, the photo or its crop, once it is embedded.

    `width` and `height` are its own, upright, in pixels; `vector` is its unit vector (d,);
    `preview` is a WebP file, where one was wanted.
    """

    width: int
    height: int
    vector: FloatArray
    preview: bytes | None


def embedded(
    snapshot: Snapshot, body: bytes, crop: Crop | None, *, with_preview: bool = False
) -> EmbeddedPhoto:
    """The photo of these bytes, by the snapshot's own encoder; refuses what is no photo."""
    gallery = context.gallery()
    with gallery.uploads.room:
        photo = uploaded_photo(body, gallery.settings.max_upload_bytes)
        if crop is not None:
            photo = cropped(photo, crop)
        return EmbeddedPhoto(
            width=photo.width,
            height=photo.height,
            vector=gallery.uploads.vector(photo, snapshot.manifest.encoder),
            preview=preview_of(photo) if with_preview else None,
        )
