"""The gallery for programs: its routes, and those of them that are no twin of a page.

`image_url` and `similar_images` are absolute, so that a client on any other host can
load them; all other addresses are paths of this server. `image_path` takes all of
them back.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from flask import Blueprint, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from gallery import context, twins
from gallery.addresses import facet_names
from gallery.answers import (
    ColourQuery,
    FetchedQuery,
    Health,
    Product,
    Readiness,
    Score,
    Similar,
    Size,
    TextQuery,
    UploadQuery,
    product_of,
    similar_of,
)
from gallery.browsing import MAX_TEXT
from gallery.colours import ASKED_COLOUR, NO_COLOUR, colouring_of
from gallery.embedding import embedded, text_vector
from gallery.looking import MAX_EXAMPLES
from gallery.openapi import document
from gallery.operations import FRACTION, PHOTO, TEXT, Operation, Parameter, answers
from gallery.questions import DEFAULT_K, MAX_K, Question, read_question
from gallery.references import row_of_id, row_of_url
from gallery.refusals import UPLOAD_FAILURES, Code
from gallery.similar import SimilarTile, by_product, by_vector
from gallery.tiles import tile_of
from gallery.uploads import Crop, fetched_photo
from vitrine.encoders.base import FloatArray
from vitrine.search import Narrowing, Refinement
from vitrine.snapshot import Snapshot

blueprint = Blueprint("api", __name__)


@blueprint.route("/get_similar", methods=["GET", "POST"])
@answers(
    Operation(
        Similar,
        query=(
            Parameter("id", "A product's id."),
            Parameter(
                "image_path",
                "A photo's URL: as in the catalogue, or any `image_url`, `thumbnail_url` or "
                "`page_url` of this gallery; others are fetched where the owner allows it.",
            ),
            Parameter(
                "text",
                f"What the photos show, in words, up to {MAX_TEXT} characters; where the index's "
                "encoder reads words.",
            ),
            Parameter(
                "k",
                f"How many products; {DEFAULT_K} if not given.",
                {"type": "integer", "minimum": 1, "maximum": MAX_K, "default": DEFAULT_K},
            ),
            Parameter(
                "score",
                "What a result's `score` is; `cosine` if not given.",
                {"type": "string", "enum": [score.value for score in Score]},
            ),
            Parameter(
                "colour",
                "How much colour counts, beside shape; `score` is then (1 − `colour`)·cosine + "
                "`colour`·likeness of the palettes. 0 if not given.",
                FRACTION,
            ),
            Parameter(
                "hex",
                "A colour such as `b3202c`. By itself it finds the products that have it; beside "
                f"another query, it is asked for instead of that one's own, and `colour` is "
                f"{ASKED_COLOUR} if not given.",
            ),
            Parameter("more", "Ids of products to look more like.", TEXT, MAX_EXAMPLES),
            Parameter("less", "Ids of products to look less like.", TEXT, MAX_EXAMPLES),
        ),
        has_facets=True,
        form=(
            PHOTO,
            Parameter(
                "crop",
                "The part of `image` to search with: `x,y,width,height`, as fractions of the "
                "upright photo.",
            ),
        ),
        refuses=(
            Code.NO_QUERY,
            Code.SEVERAL_QUERIES,
            Code.UNKNOWN_PARAMETER,
            Code.BAD_K,
            Code.BAD_SCORE,
            Code.BAD_COLOUR,
            Code.BAD_JSON,
            Code.BAD_CROP,
            Code.URL_NOT_IN_CATALOGUE,
            Code.URL_NOT_FETCHED,
            Code.NO_TEXT_HALF,
            Code.UNKNOWN_PRODUCT,
            Code.NO_PHOTO,
            Code.TOO_LARGE,
            *(Code(failure.value) for failure in UPLOAD_FAILURES),
            Code.NO_INDEX,
            Code.INDEX_UNREACHABLE,
            Code.ENCODER_MISMATCH,
            Code.ENCODER_UNAVAILABLE,
            Code.TOO_MANY_SEARCHES,
            Code.BUSY,
        ),
    )
)
def get_similar() -> ResponseReturnValue:
    """Products that look like the query, best first.

    One of `id`, `image_path`, `text`, `image` and `hex` says what to compare with. The product
    asked about, and those given as `more` and `less`, are never in the answer; others
    with an identical photo are. Equal scores come in the catalogue's order. Answers are
    exact under any filter, and shorter than `k` only where fewer products pass.
    """
    started = time.perf_counter()
    snapshot = context.snapshot()
    question = read_question(request, facet_names(snapshot))
    query, found = _answered(snapshot, question)
    answer: Similar = {
        "query": query,
        "similar_images": [similar.tile.image_url for similar in found],
        "results": [similar_of(each.tile, each.score, question.score) for each in found],
        "encoder": context.encoder_name(snapshot),
        "took_ms": round((time.perf_counter() - started) * 1000, 1),
    }
    response = jsonify(answer)
    # It says how long it took, so that no two are the same.
    response.cache_control.no_store = True
    return response


@blueprint.get("/healthz")
@answers(Operation(Health))
def healthz() -> ResponseReturnValue:
    """Whether the gallery runs, and from what it answers, if there is anything yet."""
    snapshot, gallery = context.current_snapshot(), context.gallery()
    answer: Health = {
        "status": "ok",
        "generation": snapshot.name if snapshot else None,
        "products": len(snapshot) if snapshot else 0,
        "encoder": context.encoder_name(snapshot) if snapshot else None,
        "encoder_loaded": bool(snapshot and gallery.uploads.is_ready(snapshot.manifest.encoder)),
        "indexing": gallery.folder.is_being_indexed(),
    }
    return jsonify(answer)


@blueprint.get("/readyz")
@answers(
    Operation(
        Readiness,
        refuses=(
            Code.NO_INDEX,
            Code.INDEX_UNREACHABLE,
        ),
    )
)
def readyz() -> ResponseReturnValue:
    """Whether searches can be answered; for whoever sends people here only if so."""
    snapshot = context.snapshot()
    snapshot.index.check()
    answer: Readiness = {
        "status": "ready",
        "generation": snapshot.name,
        "products": len(snapshot),
    }
    return jsonify(answer)


@blueprint.get("/openapi.json")
@answers(Operation(dict[str, Any]))
def openapi() -> ResponseReturnValue:
    """This document: every address that answers JSON, by OpenAPI 3.1."""
    return jsonify(_document())


@blueprint.get("/api")
def page() -> ResponseReturnValue:
    """The same document, to read."""
    return render_template("api.html", document=_document())


blueprint.add_url_rule("/api/products", view_func=twins.products)
blueprint.add_url_rule("/api/products/<product_id:product_id>", view_func=twins.product)
blueprint.add_url_rule("/api/photo/<token>", view_func=twins.photo)
blueprint.add_url_rule("/api/values/<product_id:name>", view_func=twins.values)
blueprint.add_url_rule("/api/map", view_func=twins.product_map)
blueprint.add_url_rule("/api/index", view_func=twins.index)


def _document() -> dict[str, Any]:
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    return document(app, request.url_root.rstrip("/"), context.gallery().live.snapshot())


def _answered(
    snapshot: Snapshot, question: Question
) -> tuple[Product | UploadQuery | FetchedQuery | TextQuery | ColourQuery, list[SimilarTile]]:
    k, narrowing = question.k, Narrowing(filters=question.filters)
    refinement = _refinement(snapshot, question)

    def like(vector: FloatArray, palette: FloatArray) -> list[SimilarTile]:
        colouring = colouring_of(question.colour, question.hex, palette)
        return by_vector(snapshot, vector, k, narrowing, refinement, colouring)

    def by_photo(body: bytes, crop: Crop | None = None) -> tuple[Size, list[SimilarTile]]:
        photo = embedded(snapshot, body, crop)
        size: Size = {"width": photo.width, "height": photo.height}
        return size, like(photo.vector, photo.palette)

    if question.upload is not None:
        with context.admitted():
            size, found = by_photo(question.upload.read(), question.crop)
        return {"upload": size}, found
    if question.text is not None:
        vector = text_vector(snapshot, question.text)
        return {"text": question.text}, like(vector, NO_COLOUR)
    if question.url is not None:
        row = row_of_url(snapshot, question.url)
        if row is None:
            gallery = context.gallery()
            with context.admitted():
                body = fetched_photo(question.url, gallery.settings, gallery.reach)
                size, found = by_photo(body)
            return {"fetched": size}, found
    elif question.product_id is not None:
        row = row_of_id(snapshot, question.product_id)
    else:
        nothing = np.zeros(snapshot.index.dimension, dtype=np.float32)
        return {"hex": question.hex}, like(nothing, NO_COLOUR)
    product = product_of(tile_of(snapshot.products.get([row])[0]))
    colouring = colouring_of(question.colour, question.hex, snapshot.palettes.of(row))
    return product, by_product(snapshot, row, k, narrowing, refinement, colouring)


def _refinement(snapshot: Snapshot, question: Question) -> Refinement | None:
    if not question.more and not question.less:
        return None
    return Refinement(
        more=[row_of_id(snapshot, product_id) for product_id in question.more],
        less=[row_of_id(snapshot, product_id) for product_id in question.less],
    )
