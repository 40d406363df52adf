"""Search by photo: what looks like a photo of one's own, at an address that can be shared."""

from __future__ import annotations

import time

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_timedelta
from flask_babel import gettext as _

from gallery import context
from gallery.addresses import facet_names
from gallery.asked import PRIVATE, AskedPhoto
from gallery.embedding import embedded
from gallery.look import Look, look_at_photo
from gallery.looking import read_looking
from gallery.references import asked_photo, row_of_url
from gallery.refusals import Code, Refusal
from gallery.tiles import item_path
from gallery.uploads import Crop, data_url, fetched_photo, read_crop
from vitrine.snapshot import Snapshot

blueprint = Blueprint("photos", __name__)


@blueprint.post("/search")
def search() -> ResponseReturnValue:
    """Search with an uploaded photo, or with one that an address leads to."""
    snapshot = context.snapshot()
    crop = read_crop(request.form.get("crop", ""))
    upload = next((file for file in request.files.getlist("image") if file.filename), None)
    url = request.form.get("url", "").strip()
    if upload is not None:
        with context.admitted():
            return _results(snapshot, upload.read(), crop)
    if not url:
        raise Refusal(Code.NO_QUERY, _("No photo was chosen. Choose one and search again."))
    row = row_of_url(snapshot, url)
    if row is None:
        gallery = context.gallery()
        with context.admitted():
            return _results(snapshot, fetched_photo(url, gallery.settings, gallery.reach), crop)
    if crop is not None:
        raise Refusal(
            Code.BAD_CROP,
            _(
                "This photo is one of the catalogue's, which are searched with as a whole. "
                "Upload it to search with a part of it."
            ),
        )
    product_id, names = snapshot.ids[row], facet_names(snapshot)
    looking = read_looking(item_path(product_id), product_id, request.args, names)
    return redirect(looking.url, code=303)


@blueprint.get("/search")
def search_again() -> ResponseReturnValue:
    """A search has the address of its results; this one is only searched from."""
    return redirect(url_for("pages.grid"))


@blueprint.get("/photo/<token>")
def asked(token: str) -> ResponseReturnValue:
    """The results of an earlier search, for as long as they can be shared."""
    snapshot = context.snapshot()
    found = asked_photo(snapshot, token)
    return _page(found, _look(snapshot, found), found.preview)


def _results(snapshot: Snapshot, body: bytes, crop: Crop | None) -> Response:
    found = embedded(snapshot, body, crop, with_preview=True)
    kept = context.gallery().asked.keep(
        found.vector,
        found.palette,
        snapshot.manifest.encoder.fingerprint,
        found.width,
        found.height,
        found.preview,
    )
    look = _look(snapshot, kept)
    answer = _page(kept, look, found.preview)
    answer.headers["Content-Location"] = look.looking.url
    return answer


def _look(snapshot: Snapshot, asked: AskedPhoto) -> Look:
    return look_at_photo(snapshot, asked, url_for(".asked", token=asked.token))


def _page(asked: AskedPhoto, look: Look, preview: bytes | None) -> Response:
    """Results with the photo beside them, where it is at hand."""
    answer = make_response(
        render_template(
            "photo.html",
            token=asked.token,
            preview=data_url(preview) if preview else None,
            width=asked.width,
            height=asked.height,
            kept=asked.preview is not None,
            left=format_timedelta(asked.expires_at - time.time(), threshold=1.5),
            look=look,
        )
    )
    answer.headers["Cache-Control"] = PRIVATE
    return answer
