"""The JSON twins of the pages: the same contents, in the same order."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest

from app import create_app
from tests.drawings import photo_bytes
from tests.gallery.conftest import LOST, PAGE_SIZE, PRODUCTS, TWINS
from tests.generations import product, publish_products, random_unit_vectors
from vitrine.failures import FailureCode

GRID_STATES = [
    "",
    "?page=2",
    "?page=99",
    "?sort=title",
    "?sort=newest&page=2",
    "?q=shoes",
    "?Colour=Red&Colour=Blue&Category=Apparel",
    "?q=number&Gender=Men&sort=title",
    "?Colour=Ultraviolet",
    "?q=dresses&Colour=Red&Category=Footwear",
    "?nonsense=1&page=x&sort=y",
]
LOOK_STATES = [
    "",
    "?Colour=Red",
    "?more=1004&less=1005&less=1006",
    "?trail=1001&trail=1002&Category=Apparel",
    "?Colour=Ultraviolet",
    "?more=nope&trail=nope",
]


def read(client, url):
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer


def tiles(page):
    """The ids of a page's tiles, in order."""
    return [unescape(i) for i in re.findall(r'<a class="tile"[^>]* data-look="([^"]*)"', page)]


def ids(products):
    return [each["id"] for each in products]


def counted(page):
    """Every value of a facet, as a page has it, with its count and whether it is chosen."""
    found = re.findall(
        r'<li><a href="[^"]*"( aria-current="true")?[^>]*><span[^>]*>([^<]*)</span>'
        r'<span class="count">([\d,]+)</span></a></li>',
        page,
    )
    return [
        (unescape(value), int(count.replace(",", "")), bool(chosen))
        for chosen, value, count in found
    ]


def values(facets):
    return [
        (value["value"], value["count"], value["chosen"])
        for facet in facets
        for value in facet["values"]
    ]


def chips(page):
    block = re.search(r'<ul class="chips".*?</ul>', page, re.DOTALL)
    found = re.findall(r'<span dir="auto">([^<]*)</span>', block[0]) if block else []
    return [unescape(chip) for chip in found]


class TestProducts:
    @pytest.mark.parametrize("state", GRID_STATES)
    def test_page_and_twin_have_the_same_products_counts_and_filters(self, client, state):
        page, twin = read(client, f"/{state}").text, read(client, f"/api/products{state}").json
        assert ids(twin["products"]) == tiles(page)
        assert values(twin["facets"]) == counted(page)
        assert [chip["label"] for chip in twin["chosen"]] == chips(page)
        shown = f"Showing {twin['first']}–{twin['last']} of {twin['total']}"
        assert (shown if twin["total"] else "No products") in page
        sorts = re.search(r'<nav class="sorts".*?</nav>', page, re.DOTALL)
        chosen = re.search(r'aria-current="true">([^<]*)', sorts[0])[1] if sorts else None
        if chosen:
            assert [s["label"] for s in twin["sorts"] if s["chosen"]] == [chosen]
        ways = re.findall(r'<a class="button" href="[^"]*"><span dir="auto">([^<]*)</span>', page)
        assert [way["label"] for way in twin["ways"]] == [unescape(way) for way in ways]

    @pytest.mark.parametrize("state", GRID_STATES)
    def test_each_names_the_other(self, client, state):
        page, twin = read(client, f"/{state}").text, read(client, f"/api/products{state}").json
        link = re.search(r'<link rel="alternate" type="application/json" href="([^"]+)"', page)
        assert read(client, unescape(link[1])).json["products"] == twin["products"]
        assert tiles(read(client, twin["page_url"]).text) == tiles(page)
        again = read(client, twin["url"]).json
        assert again == twin

    def test_next_leads_through_everything_once_and_prev_back(self, client):
        url, seen, urls = "/api/products", 0, []
        while url:
            answer = read(client, url)
            urls.append(answer.json["url"])
            seen += sum(each["folded"] for each in answer.json["products"])
            found = [
                re.fullmatch(r'<(.*)>; rel="(\w+)"', link)
                for link in answer.headers.getlist("Link")
            ]
            links = {link[2]: link[1] for link in found}
            rels = {rel: answer.json[rel] for rel in ("next", "prev") if answer.json[rel]}
            assert links == rels
            url = answer.json["next"]
        assert seen == PRODUCTS
        assert len(urls) == answer.json["pages"] == answer.json["page"]
        while url := answer.json["prev"]:
            assert url == urls[answer.json["page"] - 2]
            answer = read(client, url)

    def test_identical_photos_are_folded_into_one_product_that_says_how_many(self, client):
        products = read(client, "/api/products").json["products"]
        identical = {each["id"]: each["identical"] for each in products}
        assert len(identical) == PAGE_SIZE
        assert identical[TWINS[0]] == 2
        assert TWINS[1] not in identical

    def test_every_address_of_a_twin_leads_to_a_twin_that_does_what_it_says(self, client):
        twin = read(client, "/api/products?q=number&Colour=Red").json
        for facet in twin["facets"]:
            for value in facet["values"]:
                narrowed = read(client, value["url"]).json
                if not value["chosen"] and facet["name"] != "Colour":
                    assert narrowed["total"] == value["count"]
        for chip in twin["chosen"]:
            assert len(read(client, chip["url"]).json["chosen"]) == len(twin["chosen"]) - 1
        for sort in twin["sorts"]:
            chosen = [s["sort"] for s in read(client, sort["url"]).json["sorts"] if s["chosen"]]
            assert chosen == [sort["sort"]]
        for each in twin["products"]:
            assert read(client, each["url"]).json["product"]["id"] == each["id"]
            assert each["title"] in read(client, each["page_url"]).text
        nothing = read(client, "/api/products?q=number&Colour=Ultraviolet").json
        assert nothing["products"] == []
        for way in nothing["ways"]:
            assert read(client, way["url"]).json["total"] == way["count"]

    def test_a_facet_with_very_many_values_leads_to_all_of_them(self, tmp_path):
        many = [product(n, facts={"Brand": f"Brand {n // 3}"}) for n in range(300)]
        publish_products(tmp_path, random_unit_vectors(300), many)
        client = create_app({"index": tmp_path}).test_client()
        (facet,) = read(client, "/api/products?sort=title").json["facets"]
        assert facet["total"] == 100 > len(facet["values"])
        everything = read(client, facet["all_url"]).json
        assert len(everything["values"]) == 100
        assert "sort=title" in everything["values"][0]["url"]


class TestProduct:
    @pytest.mark.parametrize("state", LOOK_STATES)
    def test_page_and_twin_have_the_same_similar_products(self, client, state):
        page = read(client, f"/item/1003{state}").text
        twin = read(client, f"/api/products/1003{state}").json
        assert twin["product"]["id"] == "1003"
        assert ids(twin["similar"]) == tiles(page)
        scores = re.findall(r'<span class="visually-hidden">Similarity </span>([\d.]+)', page)
        assert [f"{each['score'] + 0.0:.2f}" for each in twin["similar"]] == scores
        assert values(twin["facets"]) == counted(page)
        assert [chip["label"] for chip in twin["chosen"]] == chips(page)
        trail = re.search(r'<nav class="trail".*?</nav>', page, re.DOTALL)
        steps = re.findall(r'data-look="([^"]*)"', trail[0]) if trail else []
        assert ids(twin["trail"]) == steps
        forgotten = re.findall(r'aria-label="Forget ([^"]*)"', page)
        examples = [*twin["more"], *twin["less"]]
        assert [each["title"] for each in examples] == forgotten
        same = re.findall(r'aria-label="Same ([^"]*): ([^"]*)"', page)
        assert [(each["label"], each["value"]) for each in twin["same"]] == same

    @pytest.mark.parametrize("state", LOOK_STATES)
    def test_each_names_the_other(self, client, state):
        page = read(client, f"/item/1003{state}").text
        twin = read(client, f"/api/products/1003{state}").json
        link = re.search(r'<link rel="alternate" type="application/json" href="([^"]+)"', page)
        assert read(client, unescape(link[1])).json == twin
        assert tiles(read(client, twin["page_url"]).text) == tiles(page)

    def test_its_addresses_walk_narrow_and_refine(self, client):
        twin = read(client, "/api/products/1003?Category=Apparel").json
        best = twin["similar"][0]
        onward = read(client, best["url"]).json
        assert onward["product"]["id"] == best["id"]
        assert ids(onward["trail"]) == ["1003"]
        assert [chip["label"] for chip in onward["chosen"]] == ["Apparel"]
        back = read(client, onward["trail"][0]["url"]).json
        assert (back["product"]["id"], back["trail"]) == ("1003", [])
        for key in ("more", "less"):
            refined = read(client, best[f"{key}_url"]).json
            assert ids(refined[key]) == [best["id"]]
            assert best["id"] not in ids(refined["similar"])
            assert read(client, refined[key][0]["url"]).json["similar"] == twin["similar"]
        same = next(each for each in twin["same"] if each["name"] == "Colour")
        narrowed = read(client, same["url"]).json["similar"]
        assert {each["facts"]["Colour"] for each in narrowed} == {same["value"]}

    def test_of_a_product_without_its_photo_it_says_why(self, client):
        twin = read(client, f"/api/products/{LOST}").json
        assert (twin["id"], twin["title"], twin["code"]) == (LOST, "Lost shirt", "no_file")
        assert twin["cause"] == "There is no such file."
        assert twin["facts"]["Colour"] == "Red"
        assert twin["image_url"] is None
        assert "Lost shirt" in read(client, twin["page_url"]).text

    @pytest.mark.parametrize(
        "product_id", ["a/b", "/a", "a//b", "../x", "50%", "a?b#c", "é ü", "'\"<>&", "a\\b"]
    )
    def test_any_id_has_a_twin_that_its_page_leads_to(self, tmp_path, product_id):
        odd = [product(0), product(1, id=product_id)]
        lost = {f"{product_id} lost": FailureCode.DNS}
        publish_products(tmp_path, random_unit_vectors(2), odd, lost)
        client = create_app({"index": tmp_path}).test_client()
        listed = read(client, "/api/products").json["products"][1]
        twin = read(client, listed["url"]).json
        assert twin["product"]["id"] == listed["id"] == product_id
        assert read(client, twin["url"]).json == twin
        page = read(client, twin["page_url"]).text
        link = re.search(r'<link rel="alternate" type="application/json" href="([^"]+)"', page)
        assert unescape(link[1]) == twin["url"]
        causes = read(client, "/api/index").json["failures"]
        assert read(client, causes[0]["examples"][0]["url"]).json["id"] == f"{product_id} lost"


class TestValues:
    @pytest.mark.parametrize("state", ["", "?q=red", "?Category=Footwear&Colour=Red&sort=title"])
    @pytest.mark.parametrize("name", ["Colour", "ProductType"])
    def test_page_and_twin_have_the_same_values(self, client, name, state):
        page = read(client, f"/values/{name}{state}").text
        twin = read(client, f"/api/values/{name}{state}").json
        assert values([twin]) == counted(page)
        assert f"<h1>{twin['label']}</h1>" in page
        assert counted(read(client, twin["page_url"]).text) == counted(page)
        link = re.search(r'<link rel="alternate" type="application/json" href="([^"]+)"', page)
        assert read(client, unescape(link[1])).json == twin
        for value in twin["values"]:
            assert "products" in read(client, value["url"]).json

    @pytest.mark.parametrize("name", ["a/b", "/a", "100%", "a b?"])
    def test_a_facet_of_any_name_has_its_page_and_its_twin(self, tmp_path, name):
        odd = [product(n, facts={name: "ab"[n % 2]}) for n in range(6)]
        publish_products(tmp_path, random_unit_vectors(6), odd)
        client = create_app({"index": tmp_path}).test_client()
        (facet,) = read(client, "/api/index").json["facets"]
        assert [value["value"] for value in read(client, facet["url"]).json["values"]] == ["a", "b"]
        assert counted(read(client, facet["page_url"]).text) == [("a", 3, False), ("b", 3, False)]


class TestPhoto:
    @pytest.fixture
    def path(self, client):
        photo = {"image": (io.BytesIO(photo_bytes(3, (480, 640))), "photo.png")}
        return client.post("/search", data=photo).headers["Content-Location"]

    @pytest.mark.parametrize("state", ["", "?Colour=Red", "?more=1004&less=1005"])
    def test_page_and_twin_have_the_same_similar_products(self, client, path, state):
        page, twin = read(client, path + state).text, read(client, f"/api{path}{state}").json
        assert ids(twin["similar"]) == tiles(page)
        assert values(twin["facets"]) == counted(page)
        assert [chip["label"] for chip in twin["chosen"]] == chips(page)
        assert twin["photo"] == {"width": 480, "height": 640}
        assert tiles(read(client, twin["page_url"]).text) == tiles(page)

    def test_it_has_the_photo_only_where_photos_are_kept(self, wardrobe, client, path):
        assert read(client, f"/api{path}").json["preview"] is None
        keeping = create_app({"index": wardrobe.root, "keep_uploads": True}).test_client()
        photo = {"image": (io.BytesIO(photo_bytes(3)), "photo.png")}
        kept = keeping.post("/search", data=photo).headers["Content-Location"]
        preview = read(keeping, f"/api{kept}").json["preview"]
        assert preview.startswith("data:image/webp;base64,")

    def test_no_cache_between_stores_what_is_like_somebodys_photo(self, client, path):
        photo = {"image": (io.BytesIO(photo_bytes(3)), "photo.png")}
        answers = [
            client.post("/search", data=photo),
            read(client, path),
            read(client, f"/api{path}"),
        ]
        assert [a.headers["Cache-Control"] for a in answers] == ["private, no-store"] * 3


class TestRoutes:
    @pytest.mark.parametrize(
        "path",
        [
            "/api/products/nope",
            "/api/products/a/b",
            "/api/values/nope",
            "/api/photo/nope",
            "/api/nothing",
            "/api/products/",
        ],
    )
    def test_errors_are_json_even_for_browsers(self, client, path):
        answer = client.get(path, headers={"Accept": "text/html"})
        assert (answer.status_code, answer.mimetype) == (404, "application/json")
        assert set(answer.json) == {"error", "code", "status"}

    @pytest.mark.parametrize("path", ["/api/products/1003", "/api/index", "/api/values/Colour"])
    def test_other_methods_are_refused_in_json(self, client, path):
        answer = client.delete(path, headers={"Accept": "text/html"})
        assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")

    @pytest.mark.parametrize("path", ["/item/nope", "/values/nope", "/about-index/nope"])
    def test_errors_of_pages_stay_pages(self, client, path):
        answer = client.get(path, headers={"Accept": "text/html"})
        assert (answer.status_code, answer.mimetype) == (404, "text/html")
        assert client.delete("/api", headers={"Accept": "text/html"}).mimetype == "text/html"

    def test_words_are_in_the_readers_language_and_caches_are_told(self, client):
        answer = client.get("/api/products", headers={"Accept-Language": "pt-BR"})
        assert {"Accept-Language", "Cookie"} <= set(answer.headers["Vary"].split(", "))


def test_health_says_whether_the_encoder_is_loaded(wardrobe):
    client = create_app({"index": wardrobe.root}).test_client()
    assert client.get("/healthz").json["encoder_loaded"] is False
    photo = {"image": (io.BytesIO(photo_bytes(3)), "photo.png")}
    assert client.post("/get_similar", data=photo).status_code == 200
    assert client.get("/healthz").json["encoder_loaded"] is True
