"""The gallery for people: the grid, a product's page, search by photo. All without JavaScript."""

from __future__ import annotations

import base64
import io

from flask import Blueprint, Flask, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound
from werkzeug.routing import BaseConverter

from gallery import context
from gallery.browsing import (
    Browsing,
    chips,
    facet_links,
    facet_names,
    label,
    page_of,
    read_browsing,
)
from gallery.refusals import Code, Refusal
from gallery.similar import by_product, by_upload
from gallery.tiles import ITEM, THUMBS, is_web_address, tile_of
from vitrine.photos import Photo
from vitrine.products import PhotolessProduct
from vitrine.search import facet_counts, matching_rows

blueprint = Blueprint("pages", __name__)

OLD_PARAMETERS = {"apparel": "Apparel", "footwear": "Footwear"}
"""What an earlier gallery had for a facet, and its category; the first that is given wins."""

A_YEAR = 365 * 24 * 3600
PREVIEW_PIXELS = 640  # longest side of an uploaded photo as shown back


class ProductIdConverter(BaseConverter):
    """Any id, slashes and leading slashes included."""

    regex = ".+"
    part_isolating = False


class Sha256Converter(BaseConverter):
    """A photo's name, and nothing that could lead out of the folder of thumbnails."""

    regex = "[0-9a-f]{64}"


def add_pages(app: Flask) -> None:
    """Register the pages, and what their addresses and templates need."""
    app.url_map.converters.update(product_id=ProductIdConverter, sha256=Sha256Converter)
    app.add_template_filter(label)
    app.add_template_filter("{:,}".format, "grouped")
    app.register_blueprint(blueprint)


@blueprint.get("/")
def grid() -> ResponseReturnValue:
    """One page of the products that the query string narrows to."""
    snapshot = context.snapshot()
    names = facet_names(snapshot)
    for old, category in OLD_PARAMETERS.items():
        if request.args.get(old) and old not in names:
            return redirect(url_for(".grid", Category=category, Gender=request.args[old]))
    browsing = read_browsing(request.args, names)
    rows = matching_rows(snapshot, browsing.narrowing)
    page = page_of(browsing.page, len(rows), context.gallery().settings.page_size)
    products = snapshot.products.get(rows[max(page.first - 1, 0) : page.last])
    return render_template(
        "grid.html",
        browsing=browsing,
        page=page,
        tiles=[tile_of(product) for product in products],
        facets=facet_links(browsing, facet_counts(snapshot, browsing.narrowing)),
        chips=chips(browsing),
    )


@blueprint.get(f"{ITEM}/<product_id:product_id>")
def item(product_id: str) -> ResponseReturnValue:
    """A product, its facts, and what looks like it."""
    snapshot = context.snapshot()
    row = snapshot.rows.get(product_id)
    if row is None:
        return _photoless_page(snapshot.products.photoless(product_id))
    product = snapshot.products.get([row])[0]
    return render_template(
        "item.html",
        tile=tile_of(product),
        original=product.image_url if is_web_address(product.image_url) else None,
        fact_urls={
            name: Browsing().toggled(name, product.facts[name]).url
            for name in facet_names(snapshot)
            if name in product.facts
        },
        similar=by_product(snapshot, row, context.gallery().settings.similar_on_page),
    )


@blueprint.post("/search")
def search() -> ResponseReturnValue:
    """What looks like an uploaded photo."""
    upload = request.files.get("image")
    if upload is None or not upload.filename:
        raise Refusal(Code.NO_QUERY, "No photo was chosen. Choose one and search again.")
    shown = context.gallery().settings.similar_on_page
    found = by_upload(context.snapshot(), upload.read(), shown)
    return render_template("search.html", preview=_preview(found.photo), similar=found.found)


@blueprint.get("/search")
def search_again() -> ResponseReturnValue:
    """The results of an upload have no address of their own."""
    return redirect(url_for(".grid"))


@blueprint.get(f"{THUMBS}/<sha256:sha256>-<int(max=9999):width>.webp")
def thumbnail(sha256: str, width: int) -> ResponseReturnValue:
    """A photo's copy, which never changes under its name."""
    path = context.gallery().folder.thumbnail(sha256, width).absolute()
    if not path.is_file():
        raise NotFound
    answer = send_file(path, mimetype="image/webp", max_age=A_YEAR, etag=f"{sha256}-{width}")
    answer.cache_control.public = True
    answer.cache_control.immutable = True
    return answer


def _photoless_page(product: PhotolessProduct | None) -> ResponseReturnValue:
    if product is None:
        raise Refusal(Code.UNKNOWN_PRODUCT, "There is no product with this id.")
    original = product.image_url if is_web_address(product.image_url) else None
    return render_template("photoless.html", product=product, original=original)


def _preview(photo: Photo) -> str:
    """An uploaded photo as a `data:` address, so that it need not be kept to be shown."""
    image = photo.image.copy()
    image.thumbnail((PREVIEW_PIXELS, PREVIEW_PIXELS))
    file = io.BytesIO()
    image.save(file, "WEBP")
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()
