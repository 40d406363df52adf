"""The map as its page and its JSON twin have it."""

from __future__ import annotations

import re
from html import unescape

import numpy as np
import pytest

from app import create_app
from gallery.viewing import MAX_SIDE, Viewing
from tests.gallery.conftest import PRODUCTS
from tests.generations import product, publish_products, random_unit_vectors
from vitrine.folder import IndexFolder
from vitrine.maps import ProductMap, map_path, read_map, write_map
from vitrine.snapshot import open_current

DEEPEST = 5  # of the wardrobe's 30 products
STATES = [
    "",
    "?zoom=1",
    "?x=0.25&y=0.75&zoom=4",
    "?zoom=5&across=20&down=20",
    "?zoom=4.4&across=3&down=5",
    "?Colour=Red&Colour=Blue&Category=Apparel",
    "?q=shirts&zoom=2",
    "?Colour=Ultraviolet",
    "?nonsense=1&x=a&y=&zoom=deep&across=-3&down=1e9",
]


def read(client, url):
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer


def spots(page):
    """Each tile of a page: its product, column and row."""
    found = re.findall(
        r'<li data-column="(\d+)" data-row="(\d+)"[^>]*><a class="spot" href="[^"]*" '
        r'data-look="([^"]*)"',
        page,
    )
    return {(unescape(look), int(column), int(row)) for column, row, look in found}


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory):
    """A folder of 64 products in a diagonal of the plane, in the order of the catalogue."""
    folder = IndexFolder(tmp_path_factory.mktemp("diagonal"))
    odd = [
        product(n, facts={"x": "ab"[n % 2], "zoom": "cd"[n % 2], "Colour": ("Red", "Blue")[n % 2]})
        for n in range(64)
    ]
    snapshot = publish_products(folder.root, random_unit_vectors(64), odd)
    rows = np.arange(64)
    write_map(folder, snapshot, ProductMap(6, np.stack([rows, rows], axis=1), rows))
    return folder


@pytest.fixture
def diagonal(laid_out):
    return create_app({"index": laid_out.root}).test_client()


class TestTwin:
    @pytest.mark.parametrize("state", STATES)
    def test_the_page_and_its_twin_show_the_same_and_lead_to_each_other(self, client, state):
        page = read(client, f"/map{state}").text
        answer = read(client, f"/api/map{state}").json
        tiles = {(each["id"], each["column"], each["row"]) for each in answer["tiles"]}
        assert spots(page) == tiles
        assert f'href="{answer["url"]}"' in unescape(page)
        assert spots(read(client, answer["page_url"]).text) == tiles
        assert read(client, answer["url"]).json == answer

    def test_a_tile_says_what_it_is_and_where_it_leads(self, client):
        for tile in read(client, "/api/map?zoom=5&across=20&down=20").json["tiles"]:
            assert read(client, tile["url"]).json["product"]["id"] == tile["id"]
            assert tile["column"] == int(tile["x"] * 2**DEEPEST)
            assert tile["row"] == int(tile["y"] * 2**DEEPEST)
            assert client.get(tile["small_url"], buffered=True).mimetype == "image/webp"
            assert (tile["width"], tile["height"]) == (480, 640)

    def test_the_places_are_those_that_the_indexer_wrote(self, client, wardrobe):
        snapshot = open_current(wardrobe)
        product_map = read_map(wardrobe, snapshot)
        for tile in read(client, "/api/map").json["tiles"]:
            (place,) = product_map.positions(np.array([snapshot.rows[tile["id"]]]))
            assert place.tolist() == [tile["x"], tile["y"]]

    def test_at_the_deepest_zoom_every_product_is_somewhere(self, client):
        found = []
        for x in np.arange(8) / 8 + 1 / 16:
            for y in np.arange(8) / 8 + 1 / 16:
                window = f"zoom={DEEPEST}&across=4&down=4&x={x}&y={y}"
                found += read(client, f"/api/map?{window}").json["tiles"]
        assert sorted(each["id"] for each in found) == [str(1000 + n) for n in range(PRODUCTS)]
        assert {each["products"] for each in found} == {1}

    def test_filters_and_words_narrow_it_and_are_kept_on_every_way(self, client):
        answer = read(client, "/api/map?Category=Footwear&q=number&zoom=2").json
        assert answer["total"] == sum(each["products"] for each in answer["tiles"]) == 7
        assert {each["facts"]["Category"] for each in answer["tiles"]} == {"Footwear"}
        for way in ("closer", "farther", "whole", "north", "south"):
            if answer[way]:
                assert read(client, answer[way]).json["total"] == 7
        assert read(client, answer["products_url"]).json["total"] == 7
        assert [each["label"] for each in answer["chosen"]] == ["“number”", "Footwear"]
        assert read(client, answer["chosen"][1]["url"]).json["total"] == PRODUCTS

    def test_its_bounds_have_room_for_all_that_pass(self, client):
        for state in ("", "?Category=Footwear", "?q=dresses"):
            answer = read(client, f"/api/map{state}").json
            left, top, right, bottom = answer["bounds"]
            assert 0 <= left < right <= 1
            assert 0 <= top < bottom <= 1
            for tile in answer["tiles"]:
                assert left < tile["x"] < right
                assert top < tile["y"] < bottom


class TestWays:
    def test_one_walks_over_the_whole_map(self, diagonal):
        start = read(diagonal, "/api/map?zoom=6&x=0&y=0&across=8&down=8").json
        seen, here = set(), start
        for step in ["south", "east"] * 20:
            seen |= {tile["id"] for tile in here["tiles"]}
            if here[step]:
                here = read(diagonal, here[step]).json
        assert seen == {f"p{n}" for n in range(64)}
        assert here["south"] is None
        assert here["east"] is None
        assert read(diagonal, here["north"]).json["y"] < here["y"]
        assert read(diagonal, here["west"]).json["x"] < here["x"]

    def test_zooming_shows_more_until_there_is_no_more(self, diagonal):
        here = read(diagonal, "/api/map?zoom=0").json
        assert here["farther"] is None
        assert [tile["products"] for tile in here["tiles"]] == [64]
        counts = []
        while here["closer"]:
            here = read(diagonal, here["closer"]).json
            counts.append(len(here["tiles"]))
        assert here["zoom"] == here["deepest"] == 6
        assert counts[:3] == [2, 4, 8]
        assert read(diagonal, here["whole"]).json["zoom"] == 3

    def test_the_first_tiles_are_the_most_typical_ones(self, diagonal):
        tiles = read(diagonal, "/api/map?zoom=3").json["tiles"]
        assert [tile["id"] for tile in tiles] == [f"p{n}" for n in range(0, 64, 8)]

    def test_a_window_of_odd_width_is_about_its_middle(self):
        window = Viewing("/map", 6, x=0.5, y=0.5, zoom=4, across=3, down=1).window
        assert (window.column, window.row) == (7, 8)
        window = Viewing("/map", 6, x=0.5, y=0.5, zoom=4, across=4, down=2).window
        assert (window.column, window.row) == (6, 7)

    def test_nothing_that_is_asked_for_is_too_much(self, diagonal):
        answer = read(diagonal, "/api/map?zoom=1e9&across=999999&down=1e300&x=7&y=-inf").json
        assert (answer["across"], answer["down"]) == (MAX_SIDE, MAX_SIDE)
        assert (answer["x"], answer["y"]) == (1, 0)
        assert answer["zoom"] < answer["deepest"] + 1
        read(diagonal, "/map?zoom=nan&x=nan&across=nan")

    def test_columns_with_the_names_of_its_parameters_do_no_harm(self, diagonal):
        answer = read(diagonal, "/api/map?x=b&zoom=d&Colour=Red").json
        assert answer["total"] == 32
        page = read(diagonal, "/map").text
        assert 'aria-label="Colour"' in page
        assert 'aria-label="Zoom"' not in page
        assert 'aria-label="X"' not in page


class TestPage:
    def test_the_grid_and_the_map_lead_to_each_other_with_their_filters(self, client):
        grid = unescape(read(client, "/?q=shoes&Colour=Red&sort=title&page=1").text)
        address = re.search(r'class="switch" href="([^"]*)"', grid)[1]
        assert address == "/map?q=shoes&Colour=Red"
        page = unescape(read(client, address).text)
        assert re.search(r'class="switch" href="([^"]*)"', page)[1] == "/?q=shoes&Colour=Red"

    def test_filters_are_links_that_keep_the_window(self, client):
        page = unescape(read(client, "/map?x=0.25&y=0.5&zoom=4&across=6").text)
        links = re.findall(r'<a href="(/map[^"]*Colour=Red[^"]*)"', page)
        assert links == ["/map?Colour=Red&x=0.25&y=0.5&zoom=4&across=6"]

    def test_what_was_searched_for_stands_in_the_box_which_searches_the_map(self, client):
        page = read(client, "/map?q=shoes&Colour=Red&zoom=2").text
        assert 'id="words" action="/map"' in page
        assert 'value="shoes">' in page
        assert '<input type="hidden" form="words" name="Colour" value="Red">' in page
        assert '<input type="hidden" form="words" name="zoom" value="2">' in page

    def test_an_empty_map_leads_back(self, client):
        page = read(client, "/map?Colour=Red&Category=Footwear&q=number+17").text
        assert "Nothing is all of this at once." in page
        assert 'class="button" href="/map"' in page

    def test_every_tile_has_the_title_as_its_name(self, client):
        page = read(client, "/map?zoom=5&across=20&down=20").text
        names = re.findall(r'<img [^>]*alt="([^"]*)"', page)
        assert len(names) == len(spots(page))
        assert all("number" in name for name in names)

    def test_titles_of_others_are_text(self, tmp_path):
        nasty = '"><script>alert(1)</script>'
        snapshot = publish_products(
            tmp_path, random_unit_vectors(1), [product(0, title=nasty, id="a/b ü")]
        )
        single = ProductMap(1, np.zeros((1, 2), np.int64), np.zeros(1, np.int64))
        write_map(IndexFolder(tmp_path), snapshot, single)
        page = create_app({"index": tmp_path}).test_client().get("/map").text
        assert "<script>alert" not in page
        assert "/item/a%2Fb%20%C3%BC" in page


class TestWithoutAMap:
    @pytest.fixture
    def folder(self, tmp_path):
        publish_products(tmp_path, random_unit_vectors(6))
        return IndexFolder(tmp_path)

    @pytest.fixture
    def client(self, folder):
        return create_app({"index": folder.root, "reload_seconds": 0}).test_client()

    def test_it_is_said_what_makes_one(self, client):
        answer = client.get("/api/map")
        assert answer.status_code == 404
        assert answer.json["code"] == "no_map"
        assert "python -m indexer map" in answer.json["error"]
        page = client.get("/map")
        assert page.status_code == 404
        assert "There is no map of these products yet." in page.text
        assert "python -m indexer map" in page.text

    def test_the_grid_has_no_link_to_it(self, client):
        assert 'href="/map' not in client.get("/").text

    def test_one_that_is_made_shows_without_a_restart(self, client, folder):
        assert client.get("/map").status_code == 404
        rows = np.arange(6)
        cells = np.stack([rows, rows], axis=1)
        write_map(folder, open_current(folder), ProductMap(3, cells, rows))
        assert client.get("/map").status_code == 200
        assert 'href="/map' in client.get("/").text
        write_map(folder, open_current(folder), ProductMap(4, cells[::-1] + 5, rows))
        assert client.get("/api/map").json["deepest"] == 4

    def test_one_of_other_vectors_is_never_shown(self, client, folder):
        rows = np.arange(6)
        write_map(folder, open_current(folder), ProductMap(3, np.stack([rows, rows], 1), rows))
        assert client.get("/map").status_code == 200
        publish_products(folder.root, random_unit_vectors(6, seed=1))
        for _ in range(200):
            if client.get("/map").status_code == 404:
                break
        assert client.get("/api/map").json["code"] == "no_map"

    def test_a_damaged_one_is_as_none_and_is_noted_once(self, client, folder, caplog):
        path = map_path(folder, open_current(folder))
        path.parent.mkdir()
        path.write_bytes(b"PK\3\4 and nothing more")
        for _ in range(3):
            assert client.get("/api/map").json["code"] == "no_map"
        assert client.get("/").status_code == 200
        assert len([r for r in caplog.records if "Can't show a map" in r.message]) == 1


def test_a_map_damaged_while_it_is_shown_is_shown_on_until_it_is_made_anew(tmp_path, caplog):
    folder = IndexFolder(tmp_path)
    snapshot = publish_products(folder.root, random_unit_vectors(4))
    rows = np.arange(4)
    write_map(folder, snapshot, ProductMap(2, np.stack([rows, rows], axis=1), rows))
    client = create_app({"index": folder.root}).test_client()
    before = read(client, "/api/map").json["tiles"]
    path = map_path(folder, snapshot)
    path.write_bytes(path.read_bytes()[:-40])
    for _ in range(3):
        assert read(client, "/api/map").json["tiles"] == before
    assert caplog.text.count("Make it anew") == 1
    write_map(folder, snapshot, ProductMap(2, np.stack([rows, rows[::-1]], axis=1), rows))
    assert read(client, "/api/map").json["tiles"] != before
