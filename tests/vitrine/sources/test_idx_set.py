"""Fashion-MNIST and other sets of its format as catalogues."""

from __future__ import annotations

import gzip
import io
import os
import struct

import numpy as np
import pytest
from PIL import Image

from tests.idx_files import FASHION_BEGINS, pixels, write_labels, write_pictures, write_split
from vitrine.catalogue import CatalogueError, facet_columns
from vitrine.failures import Failure, FailureCode
from vitrine.fetching import Fetched, Fetcher, FetchJob, NotModified, resolve
from vitrine.sources import read_source


@pytest.fixture
def fashion(tmp_path):
    home = tmp_path / "downloads"
    write_split(home, "train", [*FASHION_BEGINS, 1, 8])
    write_split(home, "t10k", [9, 2, 1, 1, 6, 1, 4, 6, 5, 7])
    return home


def test_pictures_become_products_with_their_class_and_split(fashion):
    catalogue = read_source(fashion)
    assert [p.id for p in catalogue.products][:2] == ["train-0", "train-1"]
    assert [p.id for p in catalogue.products][-1] == "t10k-9"
    assert catalogue.products[0].facts == {"Label": "Ankle boot", "Split": "train"}
    assert catalogue.products[11].facts["Label"] == "Bag"
    assert catalogue.products[12].facts == {"Label": "Ankle boot", "Split": "t10k"}
    assert facet_columns(catalogue.products) == ["Label", "Split"]
    assert (catalogue.kind, catalogue.name) == ("Fashion-MNIST", "downloads")


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"])
def test_one_file_stands_for_its_split(fashion, name):
    catalogue = read_source(fashion / name)
    assert {p.facts["Split"] for p in catalogue.products} == {"train"}
    assert len(catalogue.products) == 12


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_every_picture_arrives_as_it_was(tmp_path, ending):
    write_split(tmp_path, "train", list(FASHION_BEGINS), ending)
    catalogue = read_source(tmp_path)
    with Fetcher() as fetcher:
        jobs = [FetchJob(resolve(p.image_url, catalogue.base)) for p in catalogue.products]
        results = {r.job.reference.location: r.outcome for r in fetcher.fetch_all(jobs)}
        again = fetcher.fetch(
            FetchJob(jobs[3].reference, results[jobs[3].reference.location].validators)
        )
    for number, job in enumerate(jobs):
        outcome = results[job.reference.location]
        assert isinstance(outcome, Fetched)
        picture = Image.open(io.BytesIO(outcome.body))
        assert picture.size == (28, 28)
        assert np.asarray(picture).tobytes() == pixels(number)
    assert isinstance(again.outcome, NotModified)


def test_a_packed_file_is_unpacked_once(fashion, monkeypatch):
    opened = []
    monkeypatch.setattr(gzip, "open", lambda path: opened.append(path) or gzip.GzipFile(path))
    catalogue = read_source(fashion / "train-images-idx3-ubyte.gz")
    opened.clear()
    with Fetcher() as fetcher:
        jobs = [FetchJob(resolve(p.image_url, catalogue.base)) for p in catalogue.products]
        assert all(isinstance(r.outcome, Fetched) for r in fetcher.fetch_all(jobs))
    assert len(opened) == 1


def test_a_file_that_changes_is_read_anew(tmp_path):
    path = write_pictures(tmp_path / "train-images-idx3-ubyte.gz", 3)
    reference = resolve("train-images-idx3-ubyte.gz#2", tmp_path)
    with Fetcher() as fetcher:
        before = fetcher.fetch(FetchJob(reference)).outcome
        body = bytearray(gzip.decompress(path.read_bytes()))
        body[-1] ^= 255
        path.write_bytes(gzip.compress(body, 1))
        after = fetcher.fetch(FetchJob(reference, before.validators)).outcome
    assert isinstance(after, Fetched)
    assert after.body != before.body


def test_a_picture_that_is_not_there_is_a_failure(fashion):
    reference = resolve("train-images-idx3-ubyte.gz#12", fashion)
    with Fetcher() as fetcher:
        outcome = fetcher.fetch(FetchJob(reference)).outcome
    assert isinstance(outcome, Failure)
    assert outcome.code is FailureCode.TRUNCATED
    assert "12 pictures" in outcome.message


def test_a_picture_of_a_file_outside_the_catalogues_folder_is_refused(fashion, tmp_path):
    for text in ("../downloads/train-images-idx3-ubyte.gz#1", "link-idx3-ubyte.gz#1"):
        inner = tmp_path / "shop"
        inner.mkdir(exist_ok=True)
        link = inner / "link-idx3-ubyte.gz"
        if not link.is_symlink():
            link.symlink_to(fashion / "train-images-idx3-ubyte.gz")
        refused = resolve(text, inner)
        assert isinstance(refused, Failure)
        assert refused.code is FailureCode.OUTSIDE_CATALOGUE


@pytest.mark.parametrize("folder", ["fashion", "FashionMNIST/raw", "my-fashion_mnist"])
def test_a_part_of_fashion_mnist_is_known_by_its_folder(tmp_path, folder):
    write_split(tmp_path / folder, "train", [3, 3, 8])
    assert read_source(tmp_path / folder).products[2].facts["Label"] == "Bag"


def test_the_labels_of_another_set_stay_numbers_unless_its_owner_names_them(tmp_path):
    write_split(tmp_path, "train", [5, 0, 4])
    catalogue = read_source(tmp_path)
    assert [p.facts["Label"] for p in catalogue.products] == ["5", "0", "4"]
    assert catalogue.kind == "a set of pictures in MNIST's format"
    (tmp_path / "labels.txt").write_text("o\nki\nsu\ntsu\nna\nha\n")
    assert [p.facts["Label"] for p in read_source(tmp_path).products] == ["ha", "o", "na"]
    (tmp_path / "labels.txt").write_text("o\nki\n")
    with pytest.raises(CatalogueError, match=r"names 2 labels, and there is a label 5"):
        read_source(tmp_path)


def test_a_set_can_do_without_labels(tmp_path):
    write_pictures(tmp_path / "train-images.idx3-ubyte", 2)  # as some archives call it
    assert [(p.title, p.facts) for p in read_source(tmp_path).products] == [
        ("train 0", {"Split": "train"}),
        ("train 1", {"Split": "train"}),
    ]


def test_the_unpacked_file_counts_where_both_are_there(tmp_path):
    write_split(tmp_path, "train", [1, 2])
    write_split(tmp_path, "train", [1, 2], "")
    catalogue = read_source(tmp_path)
    assert [p.image_url for p in catalogue.products] == [
        "train-images-idx3-ubyte#0",
        "train-images-idx3-ubyte#1",
    ]


def test_labels_of_another_length_name_both_counts(tmp_path):
    write_pictures(tmp_path / "train-images-idx3-ubyte.gz", 12)
    write_labels(tmp_path / "train-labels-idx1-ubyte.gz", [1] * 10)
    with pytest.raises(CatalogueError, match=r"has 10 labels and .* has 12 pictures.*fetch both"):
        read_source(tmp_path)


def test_labels_without_their_pictures_say_what_is_missing(tmp_path):
    path = write_labels(tmp_path / "t10k-labels-idx1-ubyte.gz", [1])
    for given in (tmp_path, path):
        with pytest.raises(CatalogueError, match=r"\(t10k-images-idx3-ubyte.gz\) beside it"):
            read_source(given)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (struct.pack(">IIII", 0x803, 4, 28, 28) + bytes(3 * 784), "ends 784 bytes before"),
        (struct.pack(">IIII", 0x803, 2, 28, 28) + bytes(3 * 784), "more in it than its header"),
        (struct.pack(">IIII", 0x803, 2**32 - 1, 2**32 - 1, 2**32 - 1), "4,294,967,295 pictures"),
        (struct.pack(">IIII", 0x803, 2, 50_000, 50_000), "of 50000 × 50000 pixels"),
        (struct.pack(">IIII", 0x803, 0, 28, 28), "no pictures"),
        (struct.pack(">II", 0x803, 2), "within its header"),
    ],
)
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_header_that_lies_is_refused(tmp_path, body, words, ending):
    path = tmp_path / f"train-images-idx3-ubyte{ending}"
    path.write_bytes(gzip.compress(body) if ending else body)
    with pytest.raises(CatalogueError, match=f"{path.name} cannot be used: .*{words}"):
        read_source(tmp_path)


def test_a_packed_file_that_unpacks_to_far_more_than_it_says_is_left_at_that(tmp_path):
    bomb = struct.pack(">IIII", 0x803, 2, 28, 28) + bytes(2 * 784) + bytes(200_000_000)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(bomb, 1))
    with pytest.raises(CatalogueError, match="more in it than its header says"):
        read_source(path)


@pytest.mark.parametrize("kept", [-4, 100, 25])
def test_a_packed_file_that_is_cut_short_is_refused(fashion, kept):
    path = fashion / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(CatalogueError, match="cannot be used: it is cut short or damaged"):
        read_source(fashion)


@pytest.mark.parametrize("split", ["train\x1b[31m", "x" * 195, os.fsdecode(b"a\xff")])
def test_a_file_called_what_no_id_may_be_is_refused(tmp_path, split):
    write_split(tmp_path, split, [1, 2])
    with pytest.raises(CatalogueError, match=r"has a name that no address can hold\. Rename it"):
        read_source(tmp_path)


def test_names_of_labels_are_in_one_line_and_nothing_that_a_terminal_obeys(tmp_path):
    write_split(tmp_path, "train", [0])
    (tmp_path / "labels.txt").write_text("\x1b[31mRed\tdress\n")
    assert read_source(tmp_path).products[0].facts["Label"] == "[31mRed dress"
