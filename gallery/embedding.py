"""What a stranger searches with, embedded: a photo, decoded and cropped first, or words."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from gallery import context
from gallery.refusals import Code, Refusal
from gallery.uploads import Crop, cropped, preview_of, uploaded_photo
from vitrine.encoders.base import FloatArray
from vitrine.palettes import palette_of, unit
from vitrine.snapshot import Snapshot

READS_WORDS = "clip-vit-b32"  # the encoder to name to whoever wants one that does


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedPhoto:
    """What is left of what was searched with, the photo or its crop, once it is embedded.

    `width` and `height` are its own, upright, in pixels; `vector` is its unit vector (d,),
    and `palette` that of its colours; `preview` is a WebP file, where one was wanted.
    """

    width: int
    height: int
    vector: FloatArray
    palette: FloatArray
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
        width, height = photo.width, photo.height
        prepared = gallery.uploads.prepared(photo, snapshot.manifest.encoder)
        palette = unit(palette_of(photo.image))
        preview = preview_of(photo) if with_preview else None
        del photo  # others need its memory while this one waits for the encoder
    vector = gallery.uploads.vector(prepared)
    return EmbeddedPhoto(width, height, vector, palette, preview)


def text_vector(snapshot: Snapshot, text: str) -> FloatArray:
    """The unit vector (d,) of words, to compare photos with; refuses where they can't be."""
    gallery, encoder = context.gallery(), snapshot.manifest.encoder
    if not encoder.reads_text:
        folder = "" if gallery.has_default_index else " --index FOLDER"
        raise Refusal(
            Code.NO_TEXT_HALF,
            _(
                "The encoder of this index reads no words. /api/products?q= searches titles and "
                "facts; to search what the photos show, index with an encoder that reads words."
            ),
            f"python -m indexer build CATALOGUE --encoder {READS_WORDS}{folder}",
        )
    return gallery.uploads.text_vector(text, encoder)
