"""The gallery for programs: `/get_similar` and `/healthz`.

`image_url` and `similar_images` are absolute, so that a client on any other host can
load them; `thumbnail_url` and `page_url` are paths of this server. `image_path` takes
all of them back.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from gallery import context
from gallery.browsing import facet_names
from gallery.questions import Question, read_question
from gallery.refusals import Code, Refusal
from gallery.similar import by_product, by_upload
from gallery.tiles import Tile, tile_of
from vitrine.search import Narrowing
from vitrine.snapshot import Snapshot

blueprint = Blueprint("api", __name__)


@blueprint.route("/get_similar", methods=["GET", "POST"])
def get_similar() -> ResponseReturnValue:
    """Products that look like the query, best first."""
    started = time.perf_counter()
    snapshot = context.snapshot()
    question = read_question(request, facet_names(snapshot))
    narrowing = Narrowing(filters=question.filters)
    if question.upload is not None:
        search = by_upload(snapshot, question.upload.read(), question.k, narrowing)
        size = {"width": search.photo.width, "height": search.photo.height}
        query: dict[str, Any] = {"upload": size}
        found = search.found
    else:
        row = _row(snapshot, question)
        query = product_json(tile_of(snapshot.products.get([row])[0]))
        found = by_product(snapshot, row, question.k, narrowing)
    return jsonify(
        query=query,
        similar_images=[similar.tile.image_url for similar in found],
        results=[
            product_json(s.tile) | {"score": s.score, "distance": round(2 - 2 * s.score, 6)}
            for s in found
        ],
        encoder=context.encoder_name(snapshot),
        took_ms=round((time.perf_counter() - started) * 1000, 1),
    )


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Whether searches can be answered, and from what."""
    snapshot = context.snapshot()
    return jsonify(
        status="ok",
        generation=snapshot.name,
        products=len(snapshot),
        encoder=context.encoder_name(snapshot),
    )


def product_json(tile: Tile) -> dict[str, Any]:
    """`tile` has what it takes to draw the product as the gallery's own grid does."""
    return {
        "id": tile.id,
        "title": tile.title,
        "image_url": tile.image_url,
        "thumbnail_url": tile.thumbnail_url,
        "page_url": tile.page_url,
        "facts": dict(tile.facts),
        "tile": {
            "subtitle": tile.subtitle,
            "fills_frame": tile.fills_frame,
            "width": tile.width,
            "height": tile.height,
            "colour": tile.colour,
            "srcset": tile.srcset,
        },
    }


def _row(snapshot: Snapshot, question: Question) -> int:
    """The product that a question by id or URL is about."""
    if question.url is not None:
        return _row_of_url(snapshot, question.url)
    return _row_of_id(snapshot, question.product_id or "")


def _row_of_id(snapshot: Snapshot, product_id: str) -> int:
    row = snapshot.rows.get(product_id)
    if row is not None:
        return row
    if snapshot.products.photoless(product_id):
        raise Refusal(Code.NO_PHOTO, "This product's photo could not be had.")
    raise Refusal(Code.UNKNOWN_PRODUCT, "There is no product with this id.")


def _row_of_url(snapshot: Snapshot, url: str) -> int:
    """A URL as the catalogue has it, or one that this gallery has handed out."""
    row = snapshot.products.row_of_image_url(url)
    if row is not None:
        return row
    if snapshot.products.photoless_of_image_url(url):
        raise Refusal(Code.NO_PHOTO, "This product's photo could not be had.")
    endpoint, values = _own_route(url)
    if endpoint == "pages.item":
        return _row_of_id(snapshot, values["product_id"])
    if endpoint == "pages.thumbnail":
        row = snapshot.products.row_of_photo(values["sha256"])
    if row is None:
        raise Refusal(
            Code.URL_NOT_IN_CATALOGUE,
            "No product has its photo at this URL, and other URLs are not fetched. "
            "Upload the photo as image instead.",
        )
    return row


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
