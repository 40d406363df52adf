"""What a source is, is found by looking at it; what it cannot be is said in a sentence."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.drawings import photo_bytes
from tests.idx_files import FASHION_BEGINS, write_split
from vitrine.catalogue import CatalogueError
from vitrine.sources import read_source

CSV = "ProductId,ImageURL\n1,a.jpg\n"
STYLES = "id,gender,articleType,productDisplayName\n15970,Men,Shirts,Navy Shirt\n"


def test_a_folder_with_styles_csv_and_images_is_that_catalogue(tmp_path):
    (tmp_path / "styles.csv").write_text(STYLES)
    (tmp_path / "images.csv").write_text("filename,link\n15970.jpg,http://a.example/1.jpg\n")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "15970.jpg").write_bytes(photo_bytes(1))
    catalogue = read_source(tmp_path)
    assert [p.image_url for p in catalogue.products] == ["images/15970.jpg"]
    assert (catalogue.name, catalogue.base) == ("styles.csv", tmp_path)
    assert catalogue.location == str(tmp_path / "styles.csv")


def test_a_folder_with_one_csv_and_photos_is_the_csv(tmp_path):
    (tmp_path / "shop.csv").write_text(CSV)
    (tmp_path / "a.jpg").touch()
    (tmp_path / ".old.csv").write_text(CSV)
    assert read_source(tmp_path).name == "shop.csv"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a.csv", "b.csv"], "2 sources: a.csv and b.csv"),
        (["a.csv", "b.parquet", "c.jsonl"], "3 sources: a.csv, b.parquet and c.jsonl"),
        ([f"{n}.csv" for n in range(9)], "0.csv, 1.csv, 2.csv, 3.csv and 5 more"),
    ],
)
def test_several_sources_in_a_folder_are_named(tmp_path, names, words):
    for name in names:
        (tmp_path / name).write_text(CSV)
    with pytest.raises(CatalogueError, match=f"{words}. Give the path of one of these files"):
        read_source(tmp_path)


def test_a_catalogue_beside_fashion_mnist_is_a_second_source(tmp_path):
    write_split(tmp_path, "train", FASHION_BEGINS)
    (tmp_path / "styles.csv").write_text(STYLES)
    with pytest.raises(CatalogueError, match=r"styles\.csv and pictures in train-images"):
        read_source(tmp_path)
    assert read_source(tmp_path / "train-images-idx3-ubyte.gz").kind == "Fashion-MNIST"


def test_a_source_in_a_sub_folder_is_pointed_at(tmp_path):
    write_split(tmp_path / "FashionMNIST" / "raw", "train", FASHION_BEGINS)
    with pytest.raises(CatalogueError, match=r"Give .*FashionMNIST/raw\."):
        read_source(tmp_path)


def test_what_a_file_is_does_not_depend_on_its_name(tmp_path):
    path = tmp_path / "export.txt"
    path.write_text('\ufeff {"id": 1, "image": "a.jpg"}\n', encoding="utf-8")
    assert read_source(path).kind == "a file of JSON lines"
    path.write_text(CSV, encoding="utf-16")
    assert read_source(path).kind == "a CSV"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty"),
        (photo_bytes(1), "is a photo. Give the folder"),
        (b"PK\x03\x04" + bytes(40), "Save the spreadsheet as CSV"),
        (gzip.compress(CSV.encode(), mtime=0), "is packed. Unpack it"),
        (b"SQLite format 3\0" + bytes(100), "is no text"),
        (b"%PDF-1.7\n", "has no column"),
        (CSV.encode("utf-16-le"), "is no text"),
        (CSV.encode("utf-32"), "is no text"),
    ],
)
def test_what_is_no_catalogue_says_what_to_do(tmp_path, body, words):
    path = tmp_path / "given"
    path.write_bytes(body)
    with pytest.raises(CatalogueError, match=words):
        read_source(path)


def test_a_source_that_is_not_there_says_what_may_be_given(tmp_path):
    with pytest.raises(CatalogueError, match=r"no catalogue at .*nowhere.*CSV, or a folder"):
        read_source(tmp_path / "nowhere")
    with pytest.raises(CatalogueError, match="Cannot read"):
        read_source(tmp_path / ("x" * 300))


def test_relative_paths_are_known_again_from_anywhere(tmp_path, monkeypatch):
    (tmp_path / "shop.csv").write_text(CSV)
    monkeypatch.chdir(tmp_path)
    catalogue = read_source("shop.csv")
    assert catalogue.location == str(Path(tmp_path / "shop.csv").resolve())
    assert catalogue.base == tmp_path.resolve()
