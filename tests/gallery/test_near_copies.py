"""Products with nearly the same photo: one tile in the grid, and links on their pages."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest

from app import create_app
from indexer.amending import Addition, add_photos, remove_products
from indexer.build import sole_indexer
from tests.drawings import picture
from vitrine.encoders.handcrafted import HandcraftedEncoder
from vitrine.folder import IndexFolder


def body(number: int, kind: str = "PNG", **options: int) -> bytes:
    file = io.BytesIO()
    picture(number, (300, 400)).save(file, kind, **options)
    return file.getvalue()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("near")


def add(folder: IndexFolder, home, products: dict[str, tuple[bytes, str]]) -> None:
    additions = []
    for product_id, (photo, colour) in products.items():
        path = home / product_id
        path.write_bytes(photo)
        additions.append(Addition(path, product_id, f"Product {product_id}", {"Colour": colour}))
    folder.claim()
    with sole_indexer(folder):
        add_photos(folder, additions, HandcraftedEncoder())


@pytest.fixture(scope="module")
def folder(home):
    """Of six products, three have nearly one photo, two of those the very same file."""
    folder = IndexFolder(home / "index")
    copy = body(1, "JPEG", quality=60)
    add(
        folder,
        home,
        {
            "alone": (body(0), "Red"),
            "first": (body(1), "Red"),
            "copy": (copy, "Blue"),
            "twin": (copy, "Blue"),
            "other": (body(2), "Blue"),
            "last": (body(3), "Red"),
        },
    )
    return folder


@pytest.fixture
def client(folder):
    return create_app({"index": folder.root}).test_client()


def shown(client, url: str) -> list[str]:
    return re.findall('data-look="([^"]+)"', client.get(url).text)


def blocks(client, url: str, **headers: str) -> list[str]:
    page = client.get(url, headers=headers).text
    return re.findall(r'<details class="same-photo">.*?</details>', page, re.S)


def test_the_grid_shows_the_first_of_a_group_and_how_many_it_stands_for(client):
    assert shown(client, "/") == ["alone", "first", "other", "last"]
    page = client.get("/").text
    tile = page[page.index('data-look="first"') :]
    assert "3 nearly identical" in tile[: tile.index("</a>")]
    assert page.count("nearly identical") == 1
    assert "of 6" in page


def test_with_a_filter_the_first_that_passes_stands_for_those_that_pass(client):
    assert shown(client, "/?Colour=Blue") == ["copy", "other"]
    page = client.get("/?Colour=Blue").text
    assert "2 identical photos" in page
    assert "nearly" not in page
    assert shown(client, "/?Colour=Red") == ["alone", "first", "last"]
    assert 'class="stack"' not in client.get("/?Colour=Red").text


def test_the_twin_says_how_many_are_folded_and_how_many_are_identical(client):
    answer = client.get("/api/products").json
    counts = {p["id"]: (p["folded"], p["identical"]) for p in answer["products"]}
    assert counts == {"alone": (1, 1), "first": (3, 1), "other": (1, 1), "last": (1, 1)}
    assert sum(folded for folded, _ in counts.values()) == answer["total"] == 6
    (copy, _) = client.get("/api/products?Colour=Blue").json["products"]
    assert (copy["folded"], copy["identical"]) == (2, 2)


def test_a_products_page_lists_the_same_and_nearly_the_same_photos_apart(client):
    (near,) = blocks(client, "/item/first?trail=alone")
    assert "2 other products have nearly the same photo" in near
    hrefs = [unescape(href) for href in re.findall('href="([^"]+)"', near)]
    assert hrefs == [f"/item/{i}?trail=alone&trail=first" for i in ("copy", "twin")]
    same, near = blocks(client, "/item/twin")
    assert "1 other product has this very photo" in same
    assert "Product copy" in same
    assert "1 other product has nearly the same photo" in near
    assert "Product first" in near
    assert blocks(client, "/item/alone") == []


def test_the_twin_of_the_page_has_the_same_lists(client):
    answer = client.get("/api/products/twin").json
    assert [p["id"] for p in answer["same_photo"]] == ["copy"]
    assert [p["id"] for p in answer["nearly_same_photo"]] == ["first"]
    assert (answer["same_photo_total"], answer["nearly_same_photo_total"]) == (1, 1)


def test_in_portuguese_too(client):
    pt = {"Accept-Language": "pt-BR"}
    assert "3 quase iguais" in client.get("/", headers=pt).text
    (near,) = blocks(client, "/item/first", **pt)
    assert "2 outros produtos têm quase a mesma foto" in near


def test_what_is_similar_has_copies_among_its_results_as_ever(client):
    answer = client.get("/get_similar?id=first&k=5").json
    assert {r["id"] for r in answer["results"]} == {"alone", "copy", "twin", "other", "last"}
    assert {r["id"] for r in answer["results"][:2]} == {"copy", "twin"}


def test_an_added_copy_folds_and_a_removed_one_unfolds(folder, home):
    add(folder, home, {"new": (body(3, "WEBP", quality=70), "Red")})
    client = create_app({"index": folder.root}).test_client()
    assert shown(client, "/") == ["alone", "first", "other", "last"]
    assert client.get("/api/products").json["total"] == 7
    assert len(blocks(client, "/item/new")) == 1
    with sole_indexer(folder):
        remove_products(folder, ["last"])
    client = create_app({"index": folder.root}).test_client()
    assert shown(client, "/") == ["alone", "first", "other", "new"]
    assert blocks(client, "/item/new") == []
