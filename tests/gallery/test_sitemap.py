"""`/sitemap.xml` and `/robots.txt`, read as a crawler reads them."""

from __future__ import annotations

import re
from datetime import datetime
from xml.etree import ElementTree

import pytest

from app import create_app
from gallery import sitemap
from tests.gallery.conftest import PRODUCTS
from tests.generations import product, publish_products, random_unit_vectors
from vitrine.failures import FailureCode
from vitrine.snapshot import open_snapshot

NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def entries(client, url):
    """The root's name, and each address with its date."""
    answer = client.get(url)
    assert (answer.status_code, answer.mimetype) == (200, "application/xml")
    root = ElementTree.fromstring(answer.data)
    found = [
        (each.findtext("s:loc", namespaces=NAMES), each.findtext("s:lastmod", namespaces=NAMES))
        for each in root
    ]
    return root.tag.removeprefix("{" + NAMES["s"] + "}"), found


class TestSitemap:
    def test_it_has_the_gallery_and_every_products_page(self, client, wardrobe):
        name, found = entries(client, "/sitemap.xml")
        assert name == "urlset"
        assert [address for address, _ in found] == [
            "http://localhost/",
            *(f"http://localhost/item/{1000 + number}" for number in range(PRODUCTS)),
        ]
        snapshot = open_snapshot(wardrobe.generation(wardrobe.current_name()))
        dates = {datetime.fromisoformat(date) for _, date in found}
        assert dates == {datetime.fromisoformat(snapshot.manifest.created_at)}

    def test_ids_of_any_characters_make_addresses_that_lead_to_their_pages(self, tmp_path):
        ids = ["a&b", "<c>", "\"'", "é ü", "a/b?c#d", "50%", "]]>"]
        odd = [product(n, id=product_id) for n, product_id in enumerate(ids)]
        publish_products(tmp_path, random_unit_vectors(7), odd, {"lost": FailureCode.DNS})
        client = create_app({"index": tmp_path}).test_client()
        _, found = entries(client, "/sitemap.xml")
        assert len(found) == 8
        for address, _ in found:
            assert address.isascii()
            assert client.get(address).status_code == 200

    @pytest.mark.parametrize(("products", "files"), [(9, 1), (10, 2), (25, 3)])
    def test_more_than_fit_into_one_file_are_in_several_that_an_index_names(
        self, tmp_path, monkeypatch, products, files
    ):
        monkeypatch.setattr(sitemap, "MAX_ADDRESSES", 10)
        publish_products(tmp_path, random_unit_vectors(products))
        client = create_app({"index": tmp_path}).test_client()
        name, parts = entries(client, "/sitemap.xml")
        if files == 1:
            assert (name, len(parts)) == ("urlset", 10)
            return
        assert (name, len(parts)) == ("sitemapindex", files)
        found = [entries(client, address) for address, _ in parts]
        assert {name for name, _ in found} == {"urlset"}
        assert max(len(addresses) for _, addresses in found) == 10
        everything = [address for _, addresses in found for address, _ in addresses]
        assert everything == [
            "http://localhost/",
            *(f"http://localhost/item/p{number}" for number in range(products)),
        ]
        assert client.get(f"/sitemap-{files + 1}.xml").status_code == 404
        assert client.get("/sitemap-0.xml").status_code == 404

    def test_without_an_index_there_is_none(self, tmp_path):
        client = create_app({"index": tmp_path / "none"}).test_client()
        assert client.get("/sitemap.xml").status_code == 503


class Robots:
    """The rules for every crawler, by RFC 9309: the longest that fits counts, else all goes."""

    def __init__(self, text: str) -> None:
        lines = [line.partition(": ") for line in text.splitlines() if line]
        assert lines[0] == ("User-agent", ": ", "*")
        self.rules = [(value, name) for name, _, value in lines if name in ("Allow", "Disallow")]
        self.sitemaps = [value for name, _, value in lines if name == "Sitemap"]

    def may(self, path: str) -> bool:
        fits = [
            (len(rule), name == "Allow")
            for rule, name in self.rules
            if re.match(re.escape(rule).replace(r"\*", ".*"), path)
        ]
        return max(fits, default=(0, True))[1]


class TestRobots:
    @pytest.mark.parametrize(
        ("path", "allowed"),
        [
            ("/", True),
            ("/?page=2", True),
            ("/item/1003", True),
            ("/thumbs/0-400.webp", True),
            ("/static/1/style.css", True),
            ("/api", True),
            ("/about-index", True),
            ("/?Colour=Red", False),
            ("/?q=red&page=2", False),
            ("/?sort=title&page=2", False),
            ("/item/1003?trail=1004", False),
            ("/values/Colour", False),
            ("/search", False),
            ("/photo/token", True),
            ("/photo/token?Colour=Red", False),
            ("/preferences", False),
            ("/api/products", False),
        ],
    )
    def test_what_is_crawled(self, client, path, allowed):
        answer = client.get("/robots.txt")
        assert answer.mimetype == "text/plain"
        assert Robots(answer.text).may(path) is allowed

    def test_every_page_that_the_grid_links_to_is_crawled_and_no_filter(self, client):
        robots, page = Robots(client.get("/robots.txt").text), client.get("/").text
        pager = re.search(r'<nav class="pager".*?</nav>', page, re.DOTALL)[0]
        facets = re.search(r'<details class="facets".*?</nav>', page, re.DOTALL)[0]
        for part, allowed in ((pager, True), (facets, False)):
            links = {link for link in re.findall(r'href="([^"]+)"', part) if link != "/"}
            assert links
            assert {robots.may(link) for link in links} == {allowed}

    def test_it_names_the_sitemap_that_there_is(self, client):
        (address,) = Robots(client.get("/robots.txt").text).sitemaps
        assert client.get(address).status_code == 200

    def test_below_a_path_its_rules_are_of_that_path(self, client):
        text = client.get("/robots.txt", base_url="https://shop.test/gallery").text
        robots = Robots(text)
        assert not robots.may("/gallery/search")
        assert robots.sitemaps == ["https://shop.test/gallery/sitemap.xml"]
