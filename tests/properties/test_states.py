"""Every state of the gallery has an address that leads to it, and no address breaks anything."""

from __future__ import annotations

from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.wrappers import Request

from app import create_app
from gallery.addresses import facet_names
from gallery.browsing import MAX_TEXT, Scope, read_browsing
from gallery.looking import MAX_EXAMPLES, read_looking
from gallery.refusals import STATUSES, Code
from gallery.viewing import read_viewing
from tests.generations import product, publish_products, random_unit_vectors
from vitrine.catalogue import MAX_ID_LENGTH
from vitrine.failures import FailureCode
from vitrine.folder import IndexFolder
from vitrine.maps import ProductMap, write_map
from vitrine.products import Order

COUNT = 48
DEEPEST = 6
PRODUCT = "p1&more=p2"
FACTS = ("Colour", "Größe & Art", "page", "a=b", "50%")
"""Names of columns; a page's own parameter is none that can be filtered by."""


def published(root):
    """Products whose ids, columns and values have what an address has to escape."""
    values = ("Red", "Blau & Grün", "a=b", "100%", "+", "日本", "?#/")
    products = [
        product(
            number,
            id=PRODUCT if number == 1 else f"p{number}",
            facts={name: values[(number + at) % len(values)] for at, name in enumerate(FACTS)},
        )
        for number in range(COUNT)
    ]
    lost = {"lost": FailureCode.HTTP_404}
    return publish_products(root, random_unit_vectors(COUNT), products, lost)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = IndexFolder(tmp_path_factory.mktemp("index"))
    snapshot = published(folder.root)
    rows = np.arange(COUNT)
    write_map(folder, snapshot, ProductMap(DEEPEST, np.stack([rows, rows], axis=1), rows))
    return folder


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    return published(tmp_path_factory.mktemp("index"))


@pytest.fixture(scope="module")
def client(folder):
    app = create_app({"index": folder.root, "client_searches": 0, "all_searches": 0})
    return app.test_client()


numbers = st.one_of(
    st.integers(-3, 60).map(str),
    st.floats().map(str),
    st.sampled_from(["", "1e9", "-0", "٣", "1_0", "9" * 5000, "0x1", " 2 ", "nan", "0.000004"]),
)
long = st.integers(0, 2).map(lambda less: f"{'x' * (MAX_TEXT - less)} red blue")
texts = st.text(max_size=20) | st.sampled_from(["red", " red  é ", "!", "a b"]) | long
ids = st.sampled_from(["p0", "p2", "p3", PRODUCT, "lost", "", "é\0 /", "x" * (MAX_ID_LENGTH + 1)])
PARAMETERS = {
    "q": texts,
    "scope": st.sampled_from([*Scope, "x", ""]),
    "sort": st.sampled_from([*Order, "x", ""]),
    "page": numbers,
    **dict.fromkeys(["more", "less", "trail", "id", "image_path"], ids),
    **dict.fromkeys(["x", "y", "zoom", "across", "down", "k", "score"], numbers),
    **dict.fromkeys(FACTS, st.sampled_from(["Red", "a=b", "日本", "Plaid", "?#/", "x" * 400, ""])),
    "crop": st.sampled_from(["0,0,1,1", "1,1", "a"]),
    "url": st.just("http://photos.test/3.jpg") | texts,
    "text": texts,
}


ODD = ("", "=", "%", "%ff=%00", "q=%ed%a0%80", "a[]=1", "+", "Colour")
GRID = ("q", "q", "scope", "sort", "page", *FACTS[:3])
LOOK = (*("more", "less", "trail") * 2, *FACTS[:2])
MAP = ("q", "x", "y", "zoom", "across", "down", *FACTS)


@st.composite
def queries(draw, of=tuple(PARAMETERS)) -> str:
    """Query strings of which most say something."""
    names = draw(st.lists(st.sampled_from(of), max_size=8))
    values = [quote(str(draw(PARAMETERS[name])), errors="replace") for name in names]
    pairs = [f"{quote(name)}={value}" for name, value in zip(names, values, strict=True)]
    return "&".join([*pairs, *draw(st.lists(st.sampled_from(ODD), max_size=3))])


def arguments(query):
    return Request.from_values(f"/?{query}").args


def read_again(url):
    return Request.from_values(url).args


@given(queries(GRID))
def test_a_state_of_the_grid_is_that_of_its_address(snapshot, query):
    state = read_browsing("/", arguments(query), snapshot)
    facet, value = next((n, v[0]) for n, v in [*state.filters.items(), ("Colour", ("Red",))])
    for onward in (
        state,
        state.without(None),
        state.without(facet),
        state.toggled(facet, value),
        state.toggled(facet, value).toggled(facet, value),
        state.on_page(3),
        *map(state.in_order, Order),
        *map(state.within, state.scopes),
    ):
        assert read_browsing("/", read_again(onward.url), snapshot) == onward
        assert onward.at("/api/products").pairs == onward.pairs
    if value in state.filters.get(facet, ()):
        toggled = state.toggled(facet, value).toggled(facet, value)
        assert sorted(toggled.filters[facet]) == sorted(state.filters[facet])


@given(queries(LOOK), st.sampled_from([None, "p3", PRODUCT]), ids.filter(bool))
def test_a_state_of_a_look_is_that_of_its_address(snapshot, query, product_id, other):
    names = facet_names(snapshot)
    state = read_looking("/item/x", product_id, arguments(query), names)
    known = other if 0 < len(other) <= MAX_ID_LENGTH and other == quote_round(other) else "p5"
    for onward in (
        state,
        state.liking(known),
        state.disliking(known),
        state.disliking(known).liking(known),
        state.forgetting(known),
        state.unrefined(),
        state.without_filters(),
        state.onward("/item/y", known),
    ):
        found = read_looking(onward.path, onward.product_id, read_again(onward.url), names)
        assert found == onward
        assert len(onward.more) <= MAX_EXAMPLES
        assert not {*onward.more} & {*onward.less}
    assert known in state.liking(known).more
    assert known in state.disliking(known).less


def quote_round(text):
    """What comes back of a text that was in an address."""
    return read_again(f"/?q={quote(text, errors='replace')}").get("q", "")


@given(queries(MAP))
def test_a_state_of_the_map_is_that_of_its_address(snapshot, query):
    state = read_viewing("/map", arguments(query), snapshot, DEEPEST)
    for onward in (state, state.whole(), state.without_text(), state.without_filters()):
        assert read_viewing("/map", read_again(onward.url), snapshot, DEEPEST) == onward
    for moved in (state.moved(1, 0), state.moved(0, -1), state.zoomed(1), state.zoomed(-1)):
        if moved is not None:
            found = read_viewing("/map", read_again(moved.url), snapshot, DEEPEST)
            assert found.level == moved.level
            assert abs(found.x - moved.x) + abs(found.y - moved.y) < 2e-5


PAGES = (
    *("/", "/item/p0", "/item/lost", "/item/nope", "/map", "/values/Colour", "/values/page"),
    *("/values/nope", "/search", "/photo/nope", "/about-index", "/sitemap.xml", "/sitemap-1.xml"),
)
JSON_ROUTES = (
    *("/get_similar", "/api/products", "/api/products/p0", "/api/products/lost", "/api/map"),
    *("/api/products/nope", "/api/values/Colour", "/api/values/nope", "/api/photo/nope"),
    *("/api/index", "/healthz", "/readyz", "/openapi.json"),
)


@given(st.sampled_from(PAGES + JSON_ROUTES), queries())
def test_any_query_string_has_an_answer_or_an_error_in_its_shape(client, path, query):
    answer = client.get(f"{path}?{query}")
    assert answer.status_code in {200, 302, 303, *STATUSES.values()}
    assert answer.status_code < 500
    if answer.status_code < 400:
        return
    if path in JSON_ROUTES:
        assert {*answer.json} == {"error", "code", "status"}
        assert STATUSES[Code(answer.json["code"])] == answer.status_code == answer.json["status"]
    else:
        assert answer.mimetype == "text/html"
        assert "<h1" in answer.text


@given(st.text(max_size=30), queries())
def test_any_path_has_an_answer_or_an_error_in_its_shape(client, path, query):
    for beginning in ("/", "/item/", "/api/products/", "/values/", "/thumbs/"):
        answer = client.get(f"{beginning}{quote(path, errors='replace')}?{query}")
        assert answer.status_code < 500
