"""Every kind of source, from the command line to a published generation."""

from __future__ import annotations

import io
import json

import pytest
from click.testing import CliRunner
from PIL import Image

from indexer.__main__ import cli
from tests.drawings import photo_bytes
from tests.idx_files import FASHION_BEGINS, pixels, write_split
from tests.photo_server import Reply
from vitrine.snapshot import open_current


@pytest.fixture
def build(shop):
    """Run `build` in this process; returns what it said."""

    def build(*arguments: object, status: int = 0) -> str:
        where = ["--index", str(shop.folder.root), "--encoder", "handcrafted"]
        done = CliRunner().invoke(cli, ["build", *map(str, arguments), *where])
        assert done.exit_code == status, done.output
        return " ".join(done.output.split())

    return build


def test_a_folder_of_photos_is_indexed_and_followed(shop, build, tmp_path):
    home = tmp_path / "photos"
    (home / "men").mkdir(parents=True)
    for number, name in enumerate(("a.JPG", "men/b:1.png", "men/c.webp")):
        (home / name).write_bytes(photo_bytes(number))
    (home / "broken.jpg").write_bytes(b"no photo")
    said = build(home)
    assert "photos is a folder of photos with 4 products." in said
    assert "broken.jpg: the file is no photo" in said
    snapshot = shop.snapshot()
    assert snapshot.ids == ("a.JPG", "men/b:1.png", "men/c.webp")
    (home / "a.JPG").unlink()
    assert "Published 2 products" in build(home)


def test_fashion_mnist_is_indexed_picture_by_picture(shop, build, tmp_path):
    home = tmp_path / "fashion-mnist"
    write_split(home, "train", [*FASHION_BEGINS, 9])
    write_split(home, "t10k", [3, 3])
    assert "fashion-mnist is Fashion-MNIST with 13 products." in build(home)
    snapshot = shop.snapshot()
    assert len(snapshot) == 13
    row = snapshot.rows["train-10"]
    product = snapshot.products.get([row])[0]
    assert product.facts == {"Label": "Ankle boot", "Split": "train"}
    photo = Image.open(io.BytesIO(shop.folder.photo(product.sha256).read_bytes()))
    assert photo.tobytes() == pixels(10)
    assert "Nothing has changed" in build(home)


def test_a_catalogue_at_a_url_brings_its_photos_from_there(shop, build):
    rows = "".join(f"{n},photos/{n}.png\n" for n in range(3)) + "9,../secret.png\n"
    url = shop.server.url("/feed/shop.csv")
    shop.server.replies["/feed/shop.csv"] = Reply(
        f"id,image\n{rows}".encode(), content_type="text/csv"
    )
    for number in range(3):
        shop.server.replies[f"/feed/photos/{number}.png"] = Reply(photo_bytes(number))
    said = build(url)
    assert "Published 3 products" in said
    assert "outside_catalogue" in said
    assert "/secret.png" not in shop.server.counts


def test_columns_can_be_named(shop, build, tmp_path):
    (tmp_path / "a.png").write_bytes(photo_bytes(1))
    path = tmp_path / "lager.jsonl"
    path.write_text(json.dumps({"nr": 7, "bild": "a.png", "bezeichnung": "Hemd"}))
    assert "no column ProductId" in build(path, status=2)
    build(path, "--map", "id=nr", "--map", "image_url=bild", "--map", "title = bezeichnung")
    assert shop.snapshot().products.get([0])[0].title == "Hemd"
    assert "no column farbe" in build(path, "--map", "title=farbe", status=2)


@pytest.mark.parametrize("given", ["title", "colour=Farbe", "image=x", "title=", "=x"])
def test_a_mapping_that_is_none_says_what_one_is(build, given):
    said = build("--map", given, status=2)
    assert "is none of id=COLUMN, title=COLUMN, image_url=COLUMN" in said


def test_two_catalogues_are_one_too_many(build):
    said = build("a.csv", "b.csv", status=2)
    assert "2 catalogues were given: a.csv and b.csv. An index holds one" in said
    said = build("1.jpg", "2.jpg", "3.jpg", status=2)
    assert "3 catalogues were given: 1.jpg, 2.jpg and more" in said


def test_a_catalogue_that_has_lost_most_of_its_products_waits_for_a_yes(shop, build):
    shop.offer(range(5))
    shop.write_catalogue()
    build(shop.catalogue)
    before = shop.folder.current_name()
    shop.urls = dict(list(shop.urls.items())[:2])
    shop.write_catalogue()
    said = build(shop.catalogue, status=2)
    assert "shop.csv has 2 of the 5 products that are published in" in said
    assert "run again with --yes" in said
    assert shop.folder.current_name() == before
    assert len(open_current(shop.folder)) == 5
    build(shop.catalogue, "--yes")
    assert len(shop.snapshot()) == 2


def test_half_of_a_catalogue_is_enough(shop, build):
    shop.offer(range(4))
    shop.write_catalogue()
    build(shop.catalogue)
    shop.urls = dict(list(shop.urls.items())[:2])
    shop.write_catalogue()
    build(shop.catalogue)
    assert len(shop.snapshot()) == 2


def test_the_demo_catalogue_makes_way_for_any_other(shop, build, tmp_path, monkeypatch):
    shop.offer(range(5))
    shop.write_catalogue()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "fashion.csv").write_bytes(shop.catalogue.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert "fashion.csv is a CSV with 5 products." in build()
    shop.urls = dict(list(shop.urls.items())[:1])
    shop.write_catalogue()
    build(shop.catalogue)
    assert len(shop.snapshot()) == 1
