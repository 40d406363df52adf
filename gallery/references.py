"""What strangers refer to: products by id or URL, photos by the token of their results."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from flask import current_app, request
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from gallery import context
from gallery.asked import AskedPhoto
from gallery.refusals import Code, Refusal
from vitrine.products import PhotolessProduct
from vitrine.snapshot import Snapshot


def product_of_id(snapshot: Snapshot, product_id: str) -> int | PhotolessProduct:
    """A product's row, or what is known of one without its photo; refuses an unknown id."""
    row = snapshot.rows.get(product_id)
    found = snapshot.products.photoless(product_id) if row is None else row
    if found is None:
        raise Refusal(Code.UNKNOWN_PRODUCT, _("There is no product with this id."))
    return found


def row_of_id(snapshot: Snapshot, product_id: str) -> int:
    """A product's row; refuses an unknown id, and a product without its photo."""
    found = product_of_id(snapshot, product_id)
    if isinstance(found, PhotolessProduct):
        raise _no_photo()
    return found


def row_of_url(snapshot: Snapshot, url: str) -> int | None:
    """Of a URL as the catalogue has it, or one that this gallery has handed out; else None.

    Refuses that of a product without its photo.
    """
    row = snapshot.products.row_of_image_url(url)
    if row is not None:
        return row
    if snapshot.products.photoless_of_image_url(url):
        raise _no_photo()
    endpoint, values = _own_route(url)
    if endpoint in ("pages.item", "api.product"):
        return row_of_id(snapshot, values["product_id"])
    if endpoint == "pages.thumbnail":
        return snapshot.products.row_of_photo(values["sha256"])
    return None


def asked_photo(snapshot: Snapshot, token: str) -> AskedPhoto:
    """The photo of this token; refuses one that is no longer kept."""
    found = context.gallery().asked.get(token, snapshot.manifest.encoder.fingerprint)
    if found is None:
        raise Refusal(
            Code.NOT_FOUND, _("These results are no longer kept. Search with the photo again.")
        )
    return found


def _no_photo() -> Refusal:
    return Refusal(Code.NO_PHOTO, _("This product's photo could not be had."))


def _own_route(url: str) -> tuple[str | None, dict[str, Any]]:
    """Which of the gallery's own routes a URL leads to: absolute on this host, or a path."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None, {}
    if parts.netloc not in ("", request.host) or parts.scheme not in ("", "http", "https"):
        return None, {}
    adapter = current_app.url_map.bind_to_environ(request.environ)
    path = unquote(parts.path).removeprefix(request.root_path)
    try:
        endpoint, values = adapter.match(path, method="GET")
    except HTTPException:
        return None, {}
    return endpoint, dict(values)
