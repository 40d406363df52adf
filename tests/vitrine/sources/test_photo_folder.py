"""A folder of photos as a catalogue."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vitrine.catalogue import CatalogueError, Column, RowProblemCode, facet_columns
from vitrine.fetching import Reference, resolve
from vitrine.sources import read_source


@pytest.fixture
def put(tmp_path):
    """Make empty files; a folder of photos is read without opening any."""
    home = tmp_path / "photos"
    home.mkdir()

    def put(*names: str) -> Path:
        for name in names:
            path = home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return home

    return put


def ids(home: Path) -> list[str]:
    return [product.id for product in read_source(home).products]


def test_photos_are_found_in_any_letter_case_and_depth(put):
    home = put("b.JPG", "a.jpeg", "men/c.Png", "men/shirts/d.WEBP", "e.tif", "f.AVIF", "notes.txt")
    assert ids(home) == ["a.jpeg", "b.JPG", "e.tif", "f.AVIF", "men/c.Png", "men/shirts/d.WEBP"]


def test_a_photo_that_cannot_be_decoded_is_listed_so_that_its_owner_is_told(put):
    assert ids(put("IMG_1.HEIC")) == ["IMG_1.HEIC"]


def test_hidden_files_folders_and_indexes_are_passed_over(put):
    home = put("a.jpg", ".b.jpg", ".git/c.jpg", "._d.jpg", "index/ledger.sqlite", "index/t/e.jpg")
    assert ids(home) == ["a.jpg"]


def test_links_lead_neither_round_in_a_circle_nor_out(put, tmp_path):
    home = put("men/a.jpg")
    (home / "men" / "again").symlink_to(home)
    (tmp_path / "secret.jpg").touch()
    (home / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    catalogue = read_source(home)
    assert [p.id for p in catalogue.products] == ["link.jpg", "men/a.jpg"]
    assert not isinstance(resolve(catalogue.products[0].image_url, catalogue.base), Reference)


def test_each_level_of_folders_is_a_facet(put):
    home = put("men/shirts/a.jpg", "men/shirts/b.jpg", "women/shirts/c.jpg", "d.jpg", "men/e.jpg")
    products = read_source(home).products
    assert products[0].id == "d.jpg"
    assert products[0].facts == {}
    facts = {p.id: p.facts for p in products}
    assert facts["men/shirts/a.jpg"] == {"Folder": "men", "Folder 2": "shirts"}
    assert facts["men/e.jpg"] == {"Folder": "men"}
    assert facet_columns(products) == ["Folder", "Folder 2"]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("red_dress-front_01.jpg", "red dress front 01"),
        ("2026-01-31.jpg", "2026-01-31"),
        ("Vestido vermelho.png", "Vestido vermelho"),
        ("__.jpg", "__.jpg"),
    ],
)
def test_a_title_is_made_of_the_files_name(put, name, title):
    (product,) = read_source(put(name)).products
    assert product.title == title


@pytest.mark.parametrize(
    "name", ["IMG:1.jpg", "c:1.jpg", " a.jpg", "50% off.jpg", "a#1.jpg", "100%25.jpg", "a?b=c.jpg"]
)
def test_any_name_of_a_file_leads_to_that_file(put, name):
    home = put(name)
    catalogue = read_source(home)
    assert catalogue.products[0].id == name
    reference = resolve(catalogue.products[0].image_url, catalogue.base)
    assert reference == Reference(str((home / name).resolve()))


def test_names_that_no_address_can_hold_are_reported_and_shift_nothing(put):
    home = put("a.jpg", "b\x1b[31m.jpg", "d.jpg", "x" * 150 + "/" + "y" * 80 + ".jpg")
    Path(os.fsdecode(os.fsencode(str(home)) + b"/c\xff.jpg")).touch()
    catalogue = read_source(home)
    assert [p.id for p in catalogue.products] == ["a.jpg", "d.jpg"]
    assert {p.code for p in catalogue.problems} == {RowProblemCode.NO_ID}
    assert [p.line for p in catalogue.problems] == [2, 3, 5]
    assert "'b\\x1b[31m.jpg'" in catalogue.problems[0].message
    assert "over 200 characters" in catalogue.problems[2].message


def test_a_folder_is_known_again_and_its_contents_tell_whether_it_changed(put):
    home = put("a.jpg")
    first = read_source(home)
    assert (first.name, first.location) == ("photos", str(home))
    assert read_source(f"{home}/").location == first.location
    assert read_source(home).sha256 == first.sha256
    put("b.jpg")
    assert read_source(home).sha256 != first.sha256


def test_a_folder_without_photos_says_what_is_in_it_and_what_to_do(put, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(CatalogueError, match=r"holds no photos: it is empty"):
        read_source(empty)
    home = put("a.psd", "b.psd", "notes.txt", "README")
    with pytest.raises(CatalogueError, match=r"\(\.psd, .*\)\. JPEG, PNG, .*give their folder"):
        read_source(home)


def test_a_folder_has_no_columns(put):
    with pytest.raises(CatalogueError, match=r"--map names columns, and .* has none"):
        read_source(put("a.jpg"), {Column.TITLE: "x"})


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_that_cannot_be_read_loses_no_photo_silently(put):
    home = put("a.jpg", "closed/b.jpg")
    (home / "closed").chmod(0)
    try:
        with pytest.raises(CatalogueError, match=r"Cannot read .*closed: Permission denied"):
            read_source(home)
    finally:
        (home / "closed").chmod(0o700)
