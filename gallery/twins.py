"""The JSON twins of the pages: the same contents, made from the same parts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from flask import Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from gallery import context
from gallery.about import index_answer
from gallery.addresses import address
from gallery.answers import (
    Chip,
    Facet,
    FacetValue,
    FacetValues,
    Index,
    LinkedProduct,
    ListedProduct,
    MapTile,
    MapWindow,
    PhotolessLook,
    PhotoLook,
    ProductLook,
    ProductsPage,
    SimilarInLook,
    SimilarInState,
    product_of,
    similar_of,
)
from gallery.asked import PRIVATE
from gallery.browsing import MAX_TEXT, Scope, read_browsing, scopes_of
from gallery.causes import CAUSES
from gallery.colours import SAME_COLOUR
from gallery.grid import GridTile, grid_of
from gallery.links import Chip as ChipLink
from gallery.links import Choice, FacetLinks, label
from gallery.look import (
    Copies,
    Copy,
    Example,
    Look,
    SimilarLinks,
    Step,
    look_at_photo,
    look_at_product,
)
from gallery.looking import MAX_EXAMPLES, MAX_TRAIL, Looking
from gallery.map import MapTile as TileOfMap
from gallery.map import map_window
from gallery.operations import FRACTION, TEXT, Operation, Parameter, answers
from gallery.references import asked_photo
from gallery.refusals import Code
from gallery.tiles import is_web_address, item_path
from gallery.uploads import data_url
from gallery.values import values_of
from gallery.viewing import MAX_SIDE, SIDE, Viewing
from vitrine.products import Order, PhotolessProduct

GRID_STATE = (
    Parameter("q", f"Words to search for, up to {MAX_TEXT} characters."),
    Parameter(
        "scope",
        "Where to search for them. In `photos` they rank all products by what their photos show, "
        "where the index's encoder reads words; then that is so if nothing is said. In `titles` "
        "they are found in titles and facts.",
        {"type": "string", "enum": [scope.value for scope in Scope]},
    ),
    Parameter("hex", "A colour such as `b3202c`: the products that have it come first."),
    Parameter("sort", "The order.", {"type": "string", "enum": [order.value for order in Order]}),
    Parameter("page", "The number of the page, from 1.", {"type": "integer", "minimum": 1}),
)
TILES = {"type": "integer", "minimum": 1, "maximum": MAX_SIDE, "default": SIDE}
MAP_STATE = (
    GRID_STATE[0],
    Parameter("x", "The middle of the window, as a fraction of the map from the left.", FRACTION),
    Parameter("y", "The middle of the window, as a fraction of the map from the top.", FRACTION),
    Parameter(
        "zoom",
        "At zoom z the map is 2^⌊z⌋ tiles wide and high; if not given, the whole map is shown.",
        {"type": "number", "minimum": 0},
    ),
    Parameter("across", "How many tiles the window is wide.", TILES),
    Parameter("down", "How many tiles the window is high.", TILES),
)
LOOK_STATE = (
    Parameter("more", "Ids of products to look more like.", TEXT, MAX_EXAMPLES),
    Parameter("less", "Ids of products to look less like.", TEXT, MAX_EXAMPLES),
    Parameter("colour", "How much colour counts, beside shape.", FRACTION),
    Parameter("hex", "A colour such as `b3202c`, asked for instead of the photo's own."),
    Parameter("trail", "Ids of the products looked at before, oldest first.", TEXT, MAX_TRAIL),
)


@answers(
    Operation(
        ProductsPage,
        query=GRID_STATE,
        has_facets=True,
        headers={"Link": "The addresses of the next and of the previous page, by RFC 8288."},
        refuses=(
            Code.NO_INDEX,
            Code.INDEX_UNREACHABLE,
        ),
    )
)
def products() -> ResponseReturnValue:
    """One page of the products that the query string narrows to.

    The query string is that of the gallery's own first page. What is no parameter, and
    what can be no value of one, is passed over.
    """
    snapshot = context.snapshot()
    browsing = read_browsing(url_for("api.products"), request.args, snapshot)
    grid = grid_of(snapshot, browsing, context.gallery().settings.page_size)
    page = grid.page
    here = browsing.on_page(page.number)
    answer: ProductsPage = {
        "url": here.url,
        "page_url": here.at(url_for("pages.grid")).url,
        "prev": here.on_page(page.number - 1).url if page.number > 1 else None,
        "next": here.on_page(page.number + 1).url if page.number < page.count else None,
        "page": page.number,
        "pages": page.count,
        "first": page.first,
        "last": page.last,
        "total": page.total,
        "products": [_listed(each) for each in grid.tiles],
        "chosen": _chips(grid.chips),
        "sorts": [
            {"sort": s.order, "label": s.label, "chosen": s.chosen, "url": s.url}
            for s in grid.sorts
        ],
        "scopes": [
            {"scope": s.scope, "label": s.label, "chosen": s.chosen, "url": s.url}
            for s in grid.scopes
        ],
        "notice": grid.notice,
        "facets": [
            _facet(facet, address(url_for("api.values", name=facet.name), here.on_page(1).pairs))
            for facet in grid.facets
        ],
        "ways": [{"label": way.label, "count": way.count, "url": way.url} for way in grid.ways],
    }
    response = jsonify(answer)
    for rel in ("next", "prev"):
        if answer[rel]:
            response.headers.add("Link", f'<{answer[rel]}>; rel="{rel}"')
    return response


@answers(
    Operation(
        ProductLook | PhotolessLook,
        path={"product_id": "A product's id; a slash in it is written `%2F`."},
        query=LOOK_STATE,
        has_facets=True,
        refuses=(Code.UNKNOWN_PRODUCT, Code.NO_INDEX, Code.INDEX_UNREACHABLE),
    )
)
def product(product_id: str) -> ResponseReturnValue:
    """A product, and what looks like it.

    The query string is that of the product's own page. What is no parameter, and ids
    that are not in the index, are passed over. Of a product whose photo could not be
    had, the answer says why.
    """
    found = look_at_product(context.snapshot(), product_id, _twin(product_id))
    if isinstance(found, PhotolessProduct):
        return _photoless(found)
    look = found.look
    answer: ProductLook = {
        **_similar(look, found.tile.page_url),
        "product": product_of(found.tile),
        "same_photo": _copies(look.looking, found.same_photo),
        "same_photo_total": found.same_photo.total,
        "nearly_same_photo": _copies(look.looking, found.nearly_same_photo),
        "nearly_same_photo_total": found.nearly_same_photo.total,
        "same": [
            {
                "name": s.name,
                "label": label(s.name),
                "value": s.value,
                "chosen": s.chosen,
                "url": s.url,
            }
            for s in look.same
        ],
    }
    return jsonify(answer)


@answers(
    Operation(
        PhotoLook,
        path={"token": "The last part of the results' address."},
        query=LOOK_STATE[:-1],
        has_facets=True,
        refuses=(Code.NOT_FOUND, Code.NO_INDEX, Code.INDEX_UNREACHABLE),
    )
)
def photo(token: str) -> ResponseReturnValue:
    """What looks like a photo that somebody searched with.

    `POST /search` makes the address: its answer names it in the header `Content-Location`.
    """
    snapshot = context.snapshot()
    asked = asked_photo(snapshot, token)
    look = look_at_photo(snapshot, asked, url_for("api.photo", token=token))
    answer: PhotoLook = {
        **_similar(look, url_for("photos.asked", token=token)),
        "photo": {"width": asked.width, "height": asked.height},
        "preview": data_url(asked.preview) if asked.preview else None,
        "expires_at": datetime.fromtimestamp(asked.expires_at, UTC).isoformat(timespec="seconds"),
    }
    response = jsonify(answer)
    response.headers["Cache-Control"] = PRIVATE
    return response


@answers(
    Operation(
        FacetValues,
        path={"name": "A facet's name; a slash in it is written `%2F`."},
        query=GRID_STATE[:4],
        has_facets=True,
        refuses=(Code.NOT_FOUND, Code.NO_INDEX, Code.INDEX_UNREACHABLE),
    )
)
def values(name: str) -> ResponseReturnValue:
    """Every value of one facet, with counts that respect the other filters."""
    snapshot = context.snapshot()
    path = url_for("api.products")
    browsing = read_browsing(path, request.args, snapshot).on_page(1)
    choices = values_of(snapshot, browsing, name)
    answer: FacetValues = {
        "url": browsing.at(url_for("api.values", name=name)).url,
        "page_url": browsing.at(url_for("pages.values", name=name)).url,
        "name": name,
        "label": label(name),
        "values": [_value(choice) for choice in choices],
    }
    return jsonify(answer)


@answers(
    Operation(
        MapWindow,
        query=MAP_STATE,
        has_facets=True,
        refuses=(Code.NO_MAP, Code.NO_INDEX, Code.INDEX_UNREACHABLE),
    )
)
def product_map() -> ResponseReturnValue:
    """A window of the map, on which products that look alike lie together.

    The query string is that of the map's own page: words narrow, and so do facets. A tile
    stands for all products that lie under it, and shows the most typical one; so each tile of
    a zoom is there at every deeper one, too. What is no parameter, and what can be no value
    of one, is passed over.
    """
    snapshot = context.snapshot()
    shown = map_window(snapshot, url_for("api.product_map"), request.args, with_facets=False)
    viewing, ways = shown.viewing, shown.ways
    grid = viewing.browsing(url_for("api.products"), scopes_of(snapshot))
    answer: MapWindow = {
        "url": viewing.url,
        "page_url": viewing.at(url_for("pages.product_map")).url,
        "products_url": grid.url,
        "x": viewing.x,
        "y": viewing.y,
        "zoom": viewing.zoom,
        "deepest": viewing.deepest,
        "across": viewing.across,
        "down": viewing.down,
        "total": shown.total,
        "bounds": list(shown.bounds),
        "tiles": [_on_map(each) for each in shown.tiles],
        "chosen": _chips(shown.chips),
        "north": _url(ways.north),
        "west": _url(ways.west),
        "east": _url(ways.east),
        "south": _url(ways.south),
        "closer": _url(ways.closer),
        "farther": _url(ways.farther),
        "whole": ways.whole.url,
    }
    return jsonify(answer)


@answers(
    Operation(
        Index,
        refuses=(
            Code.NO_INDEX,
            Code.INDEX_UNREACHABLE,
        ),
    )
)
def index() -> ResponseReturnValue:
    """What is indexed, with what, and what could not be."""
    return jsonify(index_answer(context.snapshot()))


def _photoless(found: PhotolessProduct) -> Response:
    cause = CAUSES[found.code]
    answer: PhotolessLook = {
        "url": _twin(found.id),
        "page_url": item_path(found.id),
        "id": found.id,
        "title": found.title,
        "image_url": found.image_url if is_web_address(found.image_url) else None,
        "facts": dict(found.facts),
        "code": found.code,
        "cause": str(cause.words),
        "remedy": str(cause.remedy),
    }
    return jsonify(answer)


def _similar(look: Look, page: str) -> SimilarInState:
    looking = look.looking
    return {
        "url": looking.url,
        "page_url": looking.at(page).url,
        "similar": [_similar_in(looking, found) for found in look.similar],
        "more": [_linked(example, example.url) for example in look.more],
        "less": [_linked(example, example.url) for example in look.less],
        "trail": [_linked(step, _onward(looking, step.tile.id)) for step in look.trail],
        "colour": look.colours.weight,
        "same_colour_url": looking.coloured(SAME_COLOUR).url,
        "chosen": _chips(look.chips),
        "facets": [_facet(facet, None) for facet in look.facets],
    }


def _similar_in(looking: Looking, found: SimilarLinks) -> SimilarInLook:
    return {
        **similar_of(found.tile, found.score),
        "url": _onward(looking, found.tile.id),
        "more_url": found.more_url,
        "less_url": found.less_url,
    }


def _copies(looking: Looking, copies: Copies) -> list[LinkedProduct]:
    return [_linked(copy, _onward(looking, copy.tile.id)) for copy in copies.shown]


def _linked(linked: Example | Step | Copy, url: str) -> LinkedProduct:
    return {**product_of(linked.tile), "url": url}


def _listed(listed: GridTile) -> ListedProduct:
    tile = listed.tile
    return {
        **product_of(tile),
        "url": _twin(tile.id),
        "folded": listed.products,
        "identical": listed.identical,
        "score": listed.score,
    }


def _on_map(on_map: TileOfMap) -> MapTile:
    tile = on_map.tile
    return {
        **product_of(tile),
        "url": _twin(tile.id),
        "small_url": tile.smallest_url,
        "width": tile.width,
        "height": tile.height,
        "x": on_map.x,
        "y": on_map.y,
        "column": on_map.column,
        "row": on_map.row,
        "products": on_map.products,
    }


def _url(viewing: Viewing | None) -> str | None:
    return viewing.url if viewing else None


def _chips(chips: Sequence[ChipLink]) -> list[Chip]:
    return [{"label": chip.label, "url": chip.url} for chip in chips]


def _facet(facet: FacetLinks, all_url: str | None) -> Facet:
    return {
        "name": facet.name,
        "label": facet.label,
        "total": facet.total,
        "values": [_value(choice) for choice in [*facet.shown, *facet.folded]],
        "all_url": all_url if facet.is_cut else None,
    }


def _value(choice: Choice) -> FacetValue:
    return {
        "value": choice.value,
        "count": choice.count,
        "chosen": choice.chosen,
        "url": choice.url,
    }


def _onward(looking: Looking, product_id: str) -> str:
    return looking.onward(_twin(product_id), product_id).url


def _twin(product_id: str) -> str:
    return url_for("api.product", product_id=product_id)
