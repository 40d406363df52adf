"""The gallery for people: the grid, a look at a product, a facet's values, without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from flask import Blueprint, Flask, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound
from werkzeug.routing import BaseConverter

from gallery import context
from gallery.addresses import facet_names
from gallery.browsing import Browsing, Scope, read_browsing, scopes_of
from gallery.causes import CAUSES
from gallery.grid import grid_of
from gallery.links import label
from gallery.look import look_at_product
from gallery.map import map_window
from gallery.static import A_YEAR
from gallery.tiles import ITEM, THUMBS, is_web_address, item_path
from gallery.values import values_of
from gallery.viewing import map_of_grid
from vitrine.products import IndexedProduct, PhotolessProduct
from vitrine.snapshot import Snapshot
from vitrine.words import marked

blueprint = Blueprint("pages", __name__)

OLD_PARAMETERS = {"apparel": "Apparel", "footwear": "Footwear"}
"""What an earlier gallery had for a facet, and its category; the first that is given wins."""

MAX_QUERY = 4000  # characters of a query string that a page leads back to


class ProductIdConverter(BaseConverter):
    """Any id, slashes and leading slashes and ends of lines included."""

    regex = r"[\s\S]+"
    part_isolating = False

    def to_url(self, value: str) -> str:
        return quote(value, safe="")


class Sha256Converter(BaseConverter):
    """A photo's name, and nothing that could lead out of the folder of thumbnails."""

    regex = "[0-9a-f]{64}"


def add_pages(app: Flask) -> None:
    """Register the pages, and what their addresses and templates need."""
    app.url_map.converters.update(product_id=ProductIdConverter, sha256=Sha256Converter)
    app.add_template_filter(label)
    app.add_template_filter(marked)
    app.context_processor(_what_every_page_says)
    app.register_blueprint(blueprint)


@blueprint.get("/")
def grid() -> ResponseReturnValue:
    """One page of the products that the query string narrows to."""
    snapshot = context.snapshot()
    names = facet_names(snapshot)
    for old, category in OLD_PARAMETERS.items():
        if request.args.get(old) and old not in names:
            return redirect(url_for(".grid", Category=category, Gender=request.args[old]))
    browsing = read_browsing(url_for(".grid"), request.args, snapshot)
    shown = grid_of(snapshot, browsing, context.gallery().settings.page_size)
    has_map = context.gallery().maps.of(snapshot) is not None
    as_map = map_of_grid(browsing, url_for(".product_map")) if has_map else None
    return render_template("grid.html", grid=shown, as_map=as_map)


@blueprint.get(f"{ITEM}/<product_id:product_id>")
def item(product_id: str) -> ResponseReturnValue:
    """A look at a product: its facts, and what looks like it."""
    snapshot = context.snapshot()
    found = look_at_product(snapshot, product_id, item_path(product_id))
    if isinstance(found, PhotolessProduct):
        return render_template(
            "photoless.html", product=found, original=_original(found), cause=CAUSES[found.code]
        )
    return render_template(
        "item.html",
        tile=found.tile,
        original=_original(found.product),
        fact_urls=_fact_urls(snapshot, found.product.facts),
        same_photo=found.same_photo,
        nearly_same_photo=found.nearly_same_photo,
        look=found.look,
    )


@blueprint.get("/map")
def product_map() -> ResponseReturnValue:
    """A window of the map, on which products that look alike lie together."""
    snapshot = context.snapshot()
    shown = map_window(snapshot, url_for(".product_map"), request.args, with_facets=True)
    grid = shown.viewing.browsing(url_for(".grid"), scopes_of(snapshot))
    return render_template("map.html", map=shown, as_grid=grid)


@blueprint.get("/values/<product_id:name>")
def values(name: str) -> ResponseReturnValue:
    """Every value of one facet, for those with too many to unfold beside the grid."""
    snapshot = context.snapshot()
    browsing = read_browsing(url_for(".grid"), request.args, snapshot)
    return render_template(
        "values.html", name=name, choices=values_of(snapshot, browsing, name), browsing=browsing
    )


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


def _what_every_page_says() -> dict[str, object]:
    gallery = context.gallery()
    current = context.current_snapshot()
    address = request.script_root + quote(request.path)
    query = request.query_string.decode("ascii", "replace")
    return {
        "here": address + (f"?{query}" if 0 < len(query) <= MAX_QUERY else ""),
        "generation": current.name if current else "",
        "scopes": scopes_of(current) if current else (Scope.TITLES,),
        "url_queries": gallery.settings.url_queries,
        "keep_uploads": gallery.settings.keep_uploads,
    }


def _original(product: IndexedProduct | PhotolessProduct) -> str | None:
    """The photo's address in the catalogue, where it is one of the web."""
    return product.image_url if is_web_address(product.image_url) else None


def _fact_urls(snapshot: Snapshot, facts: Mapping[str, str]) -> dict[str, str]:
    everything = Browsing(url_for(".grid"))
    return {
        name: everything.toggled(name, facts[name]).url
        for name in facet_names(snapshot)
        if name in facts
    }
