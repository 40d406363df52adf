"""The pages as they come from the server: grid, facets, text, product, thumbnails."""

from __future__ import annotations

import io
import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from app import create_app
from gallery.browsing import page_of
from gallery.links import label
from tests.gallery.conftest import LOST, PAGE_SIZE, PRODUCTS, TWINS
from tests.generations import product, publish_products, random_unit_vectors
from vitrine.failures import FailureCode


class Links(HTMLParser):
    """Every link of a page: its text → its address, and the tiles' addresses in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.by_text: dict[str, str] = {}
        self.tiles: list[str] = []
        self._href: str | None = None
        self._text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            facts = dict(attrs)
            self._href, self._text = facts.get("href", ""), ""
            if facts.get("class") == "tile" and self._href:
                self.tiles.append(self._href)

    def handle_data(self, data):
        self._text += data

    def handle_endtag(self, tag):
        if tag == "a" and self._href is not None:
            self.by_text[" ".join(self._text.split())] = self._href
            self._href = None


def links(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return Links(answer.text)


def tiles(client, url):
    return [href.removeprefix("/item/") for href in links(client, url).tiles]


def shown_range(client, url):
    words = re.search(r'<p class="range"[^>]*>(.*?)</p>', client.get(url).text)[1]
    return words.removeprefix("Showing ")


class TestGrid:
    def test_products_stand_in_the_order_of_the_catalogue(self, client):
        assert tiles(client, "/") == [str(1000 + number) for number in range(PAGE_SIZE)]

    def test_products_with_the_same_photo_are_one_tile_that_says_so(self, client):
        page = client.get("/").text
        tile = page[page.index('data-look="1007"') :]
        assert "2 identical photos" in tile[: tile.index("</a>")]
        assert page.count("identical photos") == 1
        assert 'data-look="1008"' not in page
        assert tiles(client, "/?q=1008") == ["1008"]
        assert "identical" not in client.get("/?q=1008").text

    def test_products_are_sorted_by_title_or_the_newest_first(self, client):
        titles = client.get("/api/products?sort=title").json["products"]
        assert [p["title"] for p in titles] == sorted(p["title"] for p in titles)
        assert tiles(client, "/?sort=title") == [p["id"] for p in titles]
        assert tiles(client, "/?sort=newest")[0] == "1029"
        assert tiles(client, "/?sort=nonsense") == tiles(client, "/")
        assert 'href="/?sort=newest"' in client.get("/?sort=title").text

    def test_words_searched_for_are_marked_in_titles_and_facts(self, client):
        page = client.get("/?q=whi+sho").text
        assert "<mark>Whi</mark>te <mark>Sho</mark>es number 3" in page
        assert "<mark>Sho</mark>es · <mark>Whi</mark>te" in page

    def test_pages_follow_one_another_and_cover_everything_once(self, client):
        seen, url = [], "/"
        while url:
            page = links(client, url)
            seen += page.tiles
            url = page.by_text.get("Next")
        folded = f"/item/{TWINS[1]}"
        everything = [f"/item/{1000 + number}" for number in range(PRODUCTS)]
        assert seen == [url for url in everything if url != folded]

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", "1–9 of 30"),
            ("?page=2", "10–17 of 30"),
            ("?page=4", "26–30 of 30"),
            ("?page=99", "26–30 of 30"),
            ("?page=" + "9" * 30, "26–30 of 30"),
            ("?page=" + "9" * 5000, "1–9 of 30"),
            ("?page=0", "1–9 of 30"),
            ("?page=-3", "1–9 of 30"),
            ("?page=abc", "1–9 of 30"),
            ("?page=NaN", "1–9 of 30"),
            ("?page=1&page=2", "1–9 of 30"),
            ("?page=", "1–9 of 30"),
        ],
    )
    def test_any_page_number_leads_to_a_page(self, client, query, expected):
        assert shown_range(client, "/" + query) == expected

    def test_far_pages_are_left_out_of_the_links(self):
        page = page_of(2, np.ones(2906, dtype=np.int64), 48)
        assert (page.first, page.last, page.count) == (49, 96, 61)
        assert page.numbers == [1, 2, 3, None, 61]

    def test_what_is_unknown_in_the_address_is_passed_over(self, client):
        assert tiles(client, "/?utm_source=mail&color=Red&<b>=1") == tiles(client, "/")

    def test_a_tile_has_a_photo_with_text_and_size_a_title_and_two_facts(self, client):
        page = client.get("/").text
        tile = page[page.index('href="/item/1003"') :]
        tile = tile[: tile.index("</a>")]
        assert 'alt="White Shoes number 3"' in tile
        assert 'width="480" height="640"' in tile
        assert re.findall(r"(\d+)w[,\"]", tile) == ["160", "400", "480"]
        assert re.search('<span class="title"[^>]*>White Shoes number 3</span>', tile)
        assert re.search('<span class="facts"[^>]*>Shoes · White</span>', tile)
        assert re.search('<rect [^>]*fill="#[0-9a-f]{6}"', tile)

    def test_photos_below_the_fold_load_lazily_and_those_above_do_not(self, tmp_path):
        publish_products(tmp_path, random_unit_vectors(40))
        page = create_app({"index": tmp_path}).test_client().get("/").text
        images = re.findall("<img [^>]*>", page[: page.index("</main>")])
        assert ["lazy" in image for image in images] == [False] * 8 + [True] * 32

    @pytest.mark.parametrize(("size", "fills"), [((480, 640), True), ((224, 224), False)])
    def test_a_photo_fills_the_frame_only_where_little_is_cut_off(self, tmp_path, size, fills):
        width, height = size
        publish_products(tmp_path, random_unit_vectors(1), [product(0, width=width, height=height)])
        page = create_app({"index": tmp_path}).test_client().get("/").text
        assert ('class="frame fills"' in page) is fills


class TestFacets:
    def test_each_value_is_a_link_with_the_count_that_it_leads_to(self, client):
        page = links(client, "/")
        found = {
            text: href
            for text, href in page.by_text.items()
            if re.fullmatch(r"[\w ]+? ?\d+", text) and href.startswith("/?")
        }
        assert "Footwear7" in found or "Footwear 7" in found
        for text, href in found.items():
            count = re.search(r"\d+$", text)[0]
            assert shown_range(client, href).endswith(f" of {count}")

    def test_values_of_a_facet_are_alternatives_and_facets_add_up(self, client):
        assert shown_range(client, "/?Colour=Red&Colour=Blue").endswith("of 12")
        assert shown_range(client, "/?Colour=Red&Colour=Blue&ProductType=Shoes").endswith("of 2")

    def test_counts_respect_the_other_facets(self, client):
        page = links(client, "/?ProductType=Shoes")
        (apparel,) = [text for text in page.by_text if text.startswith("Apparel")] or [""]
        assert apparel == ""  # no shoe is apparel, so there is nothing to choose
        assert [text for text in page.by_text if re.fullmatch("Red ?1", text)]

    def test_a_chosen_value_is_marked_and_its_link_and_chip_give_it_up(self, client):
        url = "/?Colour=Red&ProductType=Shoes"
        text = client.get(url).text
        assert 'href="/?ProductType=Shoes" aria-current="true"' in text
        assert links(client, url).by_text["Remove Red"] == "/?ProductType=Shoes"
        assert links(client, url).by_text["Clear all"] == "/"

    def test_paging_keeps_the_filters_and_filtering_starts_at_page_one(self, client):
        page = links(client, "/?Category=Apparel&q=number&page=2")
        assert page.by_text["Next"] == "/?q=number&Category=Apparel&page=3"
        assert page.by_text["Previous"] == "/?q=number&Category=Apparel"
        assert page.by_text["Remove Apparel"] == "/?q=number"

    def test_nothing_found_says_so_and_offers_the_way_back(self, client):
        answer = client.get("/?Colour=Ultraviolet")
        assert answer.status_code == 200
        assert "Nothing is all of this at once" in answer.text
        assert Links(answer.text).by_text["Remove Ultraviolet"] == "/"

    def test_nothing_found_says_which_filter_to_drop(self, client):
        page = links(client, "/?Category=Footwear&Colour=Red&q=number+17")
        assert page.tiles == []
        ways = {
            text: href for text, href in page.by_text.items() if re.search(r"\d products?$", text)
        }
        assert ways == {"“number 17” 1 product": "/?Category=Footwear&Colour=Red"}

    def test_a_column_named_like_a_parameter_breaks_nothing(self, tmp_path):
        odd = [product(n, facts={"page": "x", "k": "y", "Colour": "ab"[n % 2]}) for n in range(6)]
        publish_products(tmp_path, random_unit_vectors(6), odd)
        client = create_app({"index": tmp_path}).test_client()
        assert shown_range(client, "/?page=x&k=y&Colour=a") == "1–3 of 3"
        assert client.get("/get_similar?id=p0&k=2").status_code == 200

    def test_columns_are_named_in_words(self):
        assert [label(name) for name in ("ProductType", "baseColour", "sub_category", "SKU")] == [
            "Product type",
            "Base colour",
            "Sub category",
            "SKU",
        ]


class TestOldAddresses:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("?apparel=Boys", "/?Category=Apparel&Gender=Boys"),
            ("?footwear=Men", "/?Category=Footwear&Gender=Men"),
            ("?footwear=Men&apparel=Girls&page=3", "/?Category=Apparel&Gender=Girls"),
            ("?apparel=&footwear=Women", "/?Category=Footwear&Gender=Women"),
            ("?page=abc&apparel=Boys", "/?Category=Apparel&Gender=Boys"),
            ("?apparel=Boys&apparel=Girls", "/?Category=Apparel&Gender=Boys"),
            ("?apparel=Robots", "/?Category=Apparel&Gender=Robots"),
            ("?apparel=a%26page%3D2", "/?Category=Apparel&Gender=a%26page%3D2"),
            ("?footwear=%0d%0aX: y", "/?Category=Footwear&Gender=%0D%0AX:+y"),
        ],
    )
    def test_they_lead_to_the_same_state(self, client, old, new):
        answer = client.get("/" + old)
        assert (answer.status_code, answer.location) == (302, new)
        assert client.get(new).status_code == 200

    def test_they_show_what_they_say(self, client):
        for old, category, gender in [
            ("?apparel=Boys&page=1", "Apparel", "Boys"),
            ("?footwear=Men&page=abc", "Footwear", "Men"),
        ]:
            page = client.get("/" + old, follow_redirects=True)
            assert page.status_code == 200
            query = page.request.query_string.decode()
            state = client.get("/api/products", query_string=query).json
            assert state["total"] > 0
            for found in state["products"]:
                assert found["facts"]["Category"] == category
                assert found["facts"]["Gender"] == gender

    def test_a_value_that_nothing_has_leads_to_an_empty_grid_with_a_way_out(self, client):
        page = client.get("/?apparel=Robots", follow_redirects=True)
        assert page.status_code == 200
        assert "Nothing is all of this at once" in page.text
        assert "/?Category=Apparel" in links(client, page.request.full_path).by_text.values()

    def test_an_empty_one_is_passed_over(self, client):
        assert tiles(client, "/?apparel=&footwear=") == tiles(client, "/")

    def test_a_catalogue_with_such_a_column_has_it_as_a_facet(self, tmp_path):
        odd = [product(n, facts={"apparel": "ab"[n % 2], "Gender": "x"}) for n in range(6)]
        publish_products(tmp_path, random_unit_vectors(6), odd)
        client = create_app({"index": tmp_path}).test_client()
        assert shown_range(client, "/?apparel=a") == "1–3 of 3"


class TestText:
    def test_words_are_found_in_titles_and_facts_by_their_beginnings(self, client):
        assert tiles(client, "/?q=number+17") == ["1017"]
        assert shown_range(client, "/?q=whi+sho").endswith("of 2")
        assert tiles(client, "/?q=1012") == ["1012"]

    def test_text_and_facets_add_up(self, client):
        assert shown_range(client, "/?q=red&ProductType=Shoes").endswith("of 1")

    @pytest.mark.parametrize(
        "text", ['"', "'", "* OR", "a AND", "NEAR(", "\x00", "-", "é" * 5000, "%", "💃"]
    )
    def test_no_text_breaks_the_search(self, client, text):
        assert client.get("/", query_string={"q": text}).status_code == 200

    @pytest.mark.parametrize("text", ["!!!", "*", '""', "%00", " "])
    def test_what_has_no_word_in_it_searches_for_nothing(self, client, text):
        page = client.get(f"/?q={text}").text
        assert "All products" in page
        assert "Remove" not in page[: page.index("</main>")]

    def test_the_search_box_keeps_the_text_and_the_filters(self, client):
        page = client.get("/?q=red&Category=Footwear").text
        assert 'value="red"' in page
        assert '<input type="hidden" form="words" name="Category" value="Footwear">' in page


class TestItem:
    def test_it_shows_the_product_its_facts_and_what_is_similar_with_scores(self, client):
        page = client.get("/item/1007")
        assert page.status_code == 200
        assert re.search("<h1[^>]*>Green Shoes number 7</h1>", page.text)
        assert '<a href="/?Colour=Green">Green</a>' in page.text
        expected = client.get("/get_similar?id=1007").json
        assert Links(page.text).tiles == [
            f"{r['page_url']}?trail=1007" for r in expected["results"]
        ]
        scores = re.findall(r"Similarity </span>([\d.]+)", page.text[: page.text.index("</main>")])
        assert scores == [f"{r['score']:.2f}" for r in expected["results"]]
        assert scores[0] == "1.00"
        assert Links(page.text).tiles[0] == f"/item/{TWINS[1]}?trail=1007"

    def test_a_product_without_a_photo_gets_an_honest_page(self, client):
        page = client.get(f"/item/{LOST}")
        assert page.status_code == 200
        assert "Lost shirt" in page.text
        assert "could not be had" in page.text
        assert not Links(page.text).tiles

    def test_a_product_without_a_photo_says_why_and_what_to_do_like_its_twin(self, client):
        page = client.get(f"/item/{LOST}?utm_source=mail").text
        twin = client.get(f"/api/products/{LOST}").json
        main = page[page.index("<main") :]
        assert f"{twin['cause']} <code>{twin['code']}</code>" in main
        assert twin["remedy"] in main
        assert f'<link rel="canonical" href="http://localhost/item/{LOST}">' in page
        link = re.search(r'<link rel="alternate" type="application/json" href="([^"]+)"', page)
        assert client.get(link[1]).json == twin

    def test_an_unknown_product_is_a_404_page(self, client):
        answer = client.get("/item/nope")
        assert (answer.status_code, answer.mimetype) == (404, "text/html")
        assert "There is no product with this id." in answer.text

    @pytest.mark.parametrize(
        "product_id",
        [
            "a/b",
            "/a",
            "a//b",
            "../x",
            "a/../../b",
            "50%",
            "a?b#c",
            "é ü",
            "'\"<>&",
            "...",
            "a\\b",
            "a\nb",
        ],
    )
    def test_any_id_has_a_page_that_its_tile_leads_to(self, tmp_path, product_id):
        odd = [product(0), product(1, id=product_id)]
        publish_products(tmp_path, random_unit_vectors(2), odd)
        client = create_app({"index": tmp_path}).test_client()
        url = links(client, "/").tiles[-1]
        assert url.count("/") == 2
        page = client.get(url)
        assert page.status_code == 200
        assert re.search("<h1[^>]*>Thing 1</h1>", page.text)
        assert client.get("/get_similar", query_string={"image_path": url}).status_code == 200

    def test_a_web_address_of_the_catalogue_is_linked(self, tmp_path):
        lost = {"lost": FailureCode.HTTP_404}
        publish_products(tmp_path, random_unit_vectors(1), photoless=lost)
        client = create_app({"index": tmp_path}).test_client()
        for path, url in (("/item/p0", "http://photos.test/0.jpg"), ("/item/lost", "/lost")):
            source = links(client, path).by_text["Photo at its source"]
            assert source.endswith(url)


class TestSamePhoto:
    """Products that the grid folds into one tile are reached from each other's pages."""

    def folded(self, tmp_path, count):
        same = [product(n, sha256="a" * 64) for n in range(count)]
        publish_products(tmp_path, random_unit_vectors(count + 1), [*same, product(count)])
        return create_app({"index": tmp_path}).test_client()

    def others(self, client, url):
        block = re.search(r'<details class="same-photo">.*?</details>', client.get(url).text, re.S)
        return block[0] if block else ""

    def test_a_few_are_linked_by_title_with_the_state_kept(self, client):
        block = self.others(client, "/item/1007?Colour=Red&trail=1001")
        assert "1 other product has this very photo" in block
        (url,) = Links(block).by_text.values()
        assert unescape(url) == f"/item/{TWINS[1]}?Colour=Red&trail=1001&trail=1007"
        assert "number 8" in next(iter(Links(block).by_text))
        assert client.get(unescape(url)).status_code == 200
        assert self.others(client, "/item/1003") == ""

    def test_of_very_many_every_one_is_reached_by_walking_on(self, tmp_path):
        client = self.folded(tmp_path, 105)
        assert len(tiles(client, "/")) == 2
        reached, at = set(), "p0"
        for _ in range(3):
            block = self.others(client, f"/item/{at}")
            assert "104 other products have this very photo" in block
            assert "These are the next 50 of them" in block
            hrefs = [unescape(href) for href in re.findall('href="([^"]+)"', block)]
            ids = [urlsplit(href).path.removeprefix("/item/") for href in hrefs]
            assert len(set(ids)) == 50
            assert at not in ids
            reached.update(ids)
            at = ids[-1]
        assert reached == {f"p{n}" for n in range(105)}

    def test_the_twin_has_the_same_ones(self, client, tmp_path):
        client = self.folded(tmp_path, 60)
        twin = client.get("/api/products/p30?Colour=Red").json
        block = self.others(client, "/item/p30?Colour=Red")
        assert [p["title"] for p in twin["same_photo"]] == list(Links(block).by_text)
        assert twin["same_photo_total"] == 59
        onward = client.get(twin["same_photo"][0]["url"]).json
        assert onward["product"]["id"] == "p31"
        assert [step["id"] for step in onward["trail"]] == ["p30"]


class TestThumbnails:
    def test_they_are_webp_and_never_change(self, client):
        (thumbnail,) = re.findall(r'src="(/thumbs/[^"]+)"', client.get("/item/1003").text)[:1]
        answer = client.get(thumbnail, buffered=True)
        assert answer.mimetype == "image/webp"
        assert Image.open(io.BytesIO(answer.data)).size == (400, 533)
        assert "immutable" in answer.headers["Cache-Control"]
        assert "max-age=31536000" in answer.headers["Cache-Control"]
        known = {"If-None-Match": answer.headers["ETag"]}
        again = client.get(thumbnail, headers=known, buffered=True)
        assert again.status_code == 304

    @pytest.mark.parametrize(
        "name",
        [
            "0" * 64 + "-400.webp",
            "0" * 63 + "-400.webp",
            "A" * 64 + "-400.webp",
            "0" * 64 + "-400.png",
            "0" * 64 + "--1.webp",
            "0" * 64 + "-400.webp/..",
            "../ledger.sqlite",
            "..%2fledger.sqlite",
            "%2e%2e/ledger.sqlite",
            "....//ledger.sqlite",
            "/etc/passwd",
            "",
        ],
    )
    def test_no_other_file_can_be_had(self, client, name):
        assert client.get(f"/thumbs/{name}").status_code == 404


def test_no_page_has_a_browser_fetch_a_photo_from_where_the_catalogue_says(tmp_path):
    lost = {"lost": FailureCode.HTTP_404}
    publish_products(tmp_path, random_unit_vectors(3), photoless=lost)
    client = create_app({"index": tmp_path}).test_client()
    for path in ("/", "/item/p0", "/item/lost", "/about-index"):
        text = client.get(path, headers={"Accept": "text/html"}).text
        addresses = re.findall(r'(?:src|srcset|poster|data-[a-z-]+)="([^"]*)"', text)
        assert not [address for address in addresses if "photos.test" in address]
        assert addresses
        policy = client.get(path).headers["Content-Security-Policy"]
        assert re.search(r"default-src 'self'", policy)
        assert "photos.test" not in policy


EVIL = "\"><script>alert(1)</script>'<img src=x onerror=alert(1)>"


def test_markup_in_any_column_stays_text(tmp_path):
    evil = [
        product(
            number,
            id=f"{EVIL}{number}",
            title=EVIL,
            image_url=EVIL,
            facts={EVIL: EVIL, "Colour": f"{EVIL}{number}", "ProductType": "=cmd|' /C calc'!A0"},
        )
        for number in range(3)
    ]
    publish_products(tmp_path, random_unit_vectors(3), evil, {EVIL: FailureCode.HTTP_404})
    client = create_app({"index": tmp_path}).test_client()
    pages = [
        "/",
        *links(client, "/").by_text.values(),
        f"/item/{EVIL.replace('/', '%2F')}",
        "/item/nope" + EVIL,
        "/nowhere/" + EVIL,
    ]
    assert len(pages) > 8
    for url in pages:
        text = client.get(url).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
    answer = client.get("/get_similar", query_string={"id": f"{EVIL}0"})
    assert answer.mimetype == "application/json"
    assert len(answer.json["results"]) == 2


class TestColour:
    def test_what_has_a_colour_comes_first_on_every_page(self, client):
        answer = client.get("/get_similar?hex=2f62c4&k=100").json["results"]
        wanted = [result["id"] for result in answer]
        shown, url = [], "/api/products?hex=2f62c4"
        while url:
            part = client.get(url).json
            shown += [product["id"] for product in part["products"]]
            url = part["next"]
        assert [i for i in wanted if i in shown] == shown
        assert part["sorts"] == []
        assert part["chosen"][0]["label"] == "Colour: Blue"
        assert "hex" not in part["chosen"][0]["url"]

    def test_the_page_shows_it_and_filters_keep_it(self, client):
        text = client.get("/?hex=2f62c4&Gender=Men").text
        assert "Closest in colour first" in text
        tiles = re.findall(r'data-look="([^"]*)"', text)
        found = client.get("/api/products?hex=2f62c4&Gender=Men").json
        assert found["products"]
        assert [product["id"] for product in found["products"]] == tiles[: len(found["products"])]
        values = [value for facet in found["facets"] for value in facet["values"]]
        assert all("hex=2f62c4" in value["url"] for value in values)

    def test_what_is_no_colour_is_passed_over(self, client):
        assert client.get("/api/products?hex=blue").json["url"] == "/api/products"
