"""Search by photo: what looks like a photo of one's own, at an address that can be shared."""

from __future__ import annotations

import base64
import time

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_timedelta
from flask_babel import gettext as _

from gallery import context
from gallery.addresses import facet_names
from gallery.asked import AskedPhoto
from gallery.embedding import embedded
from gallery.look import look_of
from gallery.looking import read_looking
from gallery.refusals import Code, Refusal
from gallery.tiles import item_path
from gallery.uploads import fetched_photo, preview_of, read_crop
from vitrine.snapshot import Snapshot

blueprint = Blueprint("photos", __name__)


@blueprint.post("/search")
def search() -> ResponseReturnValue:
    """Search with an uploaded photo, or with one that an address leads to."""
    snapshot = context.snapshot()
    upload = next((file for file in request.files.getlist("image") if file.filename), None)
    url = request.form.get("url", "").strip()
    if upload is not None:
        return _results(snapshot, upload.read())
    if not url:
        raise Refusal(Code.NO_QUERY, _("No photo was chosen. Choose one and search again."))
    row = snapshot.products.row_of_image_url(url)
    if row is not None:
        return redirect(item_path(snapshot.ids[row]), code=303)
    gallery = context.gallery()
    return _results(snapshot, fetched_photo(url, gallery.settings, gallery.reach))


@blueprint.get("/search")
def search_again() -> ResponseReturnValue:
    """A search has the address of its results; this one is only searched from."""
    return redirect(url_for("pages.grid"))


@blueprint.get("/photo/<token>")
def asked(token: str) -> ResponseReturnValue:
    """The results of an earlier search, for as long as they can be shared."""
    snapshot = context.snapshot()
    found = context.gallery().asked.get(token, snapshot.manifest.encoder.fingerprint)
    if found is None:
        raise Refusal(
            Code.NOT_FOUND,
            _("These results are no longer kept. Search with the photo again."),
        )
    return _page(snapshot, found, found.preview)


def _results(snapshot: Snapshot, body: bytes) -> ResponseReturnValue:
    gallery = context.gallery()
    found = embedded(snapshot, body, read_crop(request.form.get("crop", "")))
    preview = preview_of(found.photo)
    kept = gallery.asked.keep(
        found.vector,
        snapshot.manifest.encoder.fingerprint,
        found.photo.width,
        found.photo.height,
        preview,
    )
    answer = make_response(_page(snapshot, kept, preview))
    answer.headers["Content-Location"] = url_for(".asked", token=kept.token)
    return answer


def _page(snapshot: Snapshot, asked: AskedPhoto, preview: bytes | None) -> str:
    """Results with the photo beside them, where it is at hand."""
    path = url_for(".asked", token=asked.token)
    looking = read_looking(path, None, request.args, facet_names(snapshot))
    shown = context.gallery().settings.similar_on_page
    return render_template(
        "photo.html",
        token=asked.token,
        preview=_data_url(preview) if preview else None,
        width=asked.width,
        height=asked.height,
        kept=asked.preview is not None,
        left=format_timedelta(asked.expires_at - time.time(), threshold=1.5),
        look=look_of(snapshot, looking, asked.vector, shown, same=[]),
    )


def _data_url(webp: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(webp).decode()
