"""What is published opens; what is damaged in any way does not."""

from __future__ import annotations

import json
import shutil
import sqlite3

import faiss
import numpy as np
import pytest

from tests.generations import product, publish_products, random_unit_vectors
from vitrine.failures import FailureCode
from vitrine.folder import IndexFolder
from vitrine.snapshot import (
    FORMAT_VERSION,
    NewerFormatError,
    OlderFormatError,
    SnapshotError,
    file_hash,
    open_snapshot,
    read_manifest,
    verify,
)

FILES = ("vector.index", "image_ids.json", "products.sqlite")


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    root = tmp_path_factory.mktemp("index")
    publish_products(root, random_unit_vectors(40), photoless={"lost": FailureCode.HTTP_404})
    return root


@pytest.fixture
def generation(published, tmp_path):
    folder = IndexFolder(published)
    copy = tmp_path / "generation"
    shutil.copytree(folder.generation(folder.current_name()), copy)
    return copy


def rewrite(generation, name, change):
    """Change a file, and the manifest's hash of it too: only the other checks are left."""
    change(generation / name)
    manifest = json.loads((generation / "manifest.json").read_text())
    manifest["files"][name] = file_hash(generation / name)
    del manifest["seal"]
    (generation / "manifest.json").write_text(json.dumps(manifest))


def problems(generation):
    return [check.name for check in verify(generation) if check.problem]


def test_a_sound_generation_opens_and_passes_every_check(generation):
    snapshot = open_snapshot(generation)
    assert len(snapshot) == 40
    assert snapshot.rows["p7"] == 7
    checks = list(verify(generation))
    assert len(checks) >= 10
    assert [check for check in checks if check.problem] == []


def test_the_top_of_the_index_folder_leads_to_the_current_generation(published):
    assert faiss.read_index(str(published / "vector.index")).ntotal == 40
    assert json.loads((published / "image_ids.json").read_text()) == [f"p{n}" for n in range(40)]


def test_products_come_back_as_they_were_written(generation):
    products = open_snapshot(generation).products
    assert products.get([5, 3]) == [product(5), product(3)]
    assert products.row_of_image_url("http://photos.test/9.jpg") == 9
    assert products.row_of_image_url("http://photos.test/x.jpg") is None
    assert products.row_of_photo(product(8).sha256) == 8
    assert products.photoless("lost").code is FailureCode.HTTP_404
    assert products.photoless("p3") is None


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_bit_anywhere_is_noticed(generation, name):
    path = generation / name
    body = bytearray(path.read_bytes())
    for position in (0, len(body) // 2, len(body) - 1):
        changed = bytearray(body)
        changed[position] ^= 1
        path.write_bytes(changed)
        with pytest.raises(SnapshotError, match=f"hash of {name}"):
            open_snapshot(generation)
        assert problems(generation) == [f"hash of {name}"]


def test_no_flipped_bit_of_the_manifest_goes_unnoticed(generation):
    path = generation / "manifest.json"
    body, sound = path.read_bytes(), read_manifest(generation)
    for position in range(len(body)):
        for bit in range(8):
            changed = bytearray(body)
            changed[position] ^= 1 << bit
            path.write_bytes(changed)
            try:
                read = read_manifest(generation)
            except SnapshotError:
                continue
            assert read == sound


def test_a_manifest_from_before_there_were_seals_is_read(generation):
    path = generation / "manifest.json"
    facts = json.loads(path.read_text())
    assert len(facts.pop("seal")) == 64
    path.write_text(json.dumps(facts))
    assert len(open_snapshot(generation)) == 40


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_a_file_cut_short_anywhere_is_noticed(generation, name):
    path = generation / name
    body = path.read_bytes().rstrip()
    for size in {*range(0, len(body), max(1, len(body) // 60)), len(body) - 1}:
        path.write_bytes(body[:size])
        with pytest.raises(SnapshotError):
            open_snapshot(generation)


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_or_missing_file_is_noticed(generation, name):
    path = generation / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SnapshotError, match="not those that were published"):
        open_snapshot(generation)
    path.unlink()
    with pytest.raises(SnapshotError, match="the file is missing"):
        open_snapshot(generation)


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"format_version": 1}', "null"])
def test_a_damaged_manifest_is_noticed(generation, body):
    (generation / "manifest.json").write_text(body)
    with pytest.raises(SnapshotError):
        open_snapshot(generation)
    assert problems(generation) == ["manifest"]


@pytest.mark.parametrize(
    ("version", "error", "words"),
    [
        (FORMAT_VERSION + 1, NewerFormatError, "update Vitrine"),
        (FORMAT_VERSION - 1, OlderFormatError, "run python -m indexer build CATALOGUE"),
    ],
)
def test_another_format_is_refused_with_what_to_do(generation, version, error, words):
    manifest = json.loads((generation / "manifest.json").read_text())
    manifest["format_version"] = version
    (generation / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(error, match=rf"format version {version}.*{words}"):
        open_snapshot(generation)
    assert problems(generation) == ["manifest"]


@pytest.mark.parametrize(
    ("ids", "check"),
    [
        ([f"p{n}" for n in range(39)], "ids are as many as the manifest says"),
        ([f"p{n}" for n in range(39)] + ["p0"], "ids are distinct"),
        ([f"p{n}" for n in range(39)] + ["other"], "products.sqlite is in the order"),
        ([f"p{n}" for n in reversed(range(40))], "products.sqlite is in the order"),
    ],
)
def test_ids_that_do_not_fit_are_noticed_even_with_a_right_hash(generation, ids, check):
    rewrite(generation, "image_ids.json", lambda path: path.write_text(json.dumps(ids)))
    assert any(name.startswith(check) for name in problems(generation))


@pytest.mark.parametrize("ids", [["p1"] * 40, ["p1"], [f"p{n}" for n in range(41)], {"p1": 1}])
def test_ids_that_do_not_fit_are_not_served_even_with_a_right_hash(generation, ids):
    rewrite(generation, "image_ids.json", lambda path: path.write_text(json.dumps(ids)))
    with pytest.raises(SnapshotError):
        open_snapshot(generation)


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (lambda v: v[:-1], "vectors are as many as ids"),
        (lambda v: v[:, :-1], "dimension is the manifest's"),
        (lambda v: np.where(np.arange(40)[:, None] == 4, np.nan, v), "vectors are finite"),
        (lambda v: v * 1.01, "vectors have unit length"),
    ],
)
def test_vectors_that_do_not_fit_are_noticed_even_with_a_right_hash(generation, change, check):
    vectors = np.ascontiguousarray(change(random_unit_vectors(40)), dtype=np.float32)

    def write(path):
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        faiss.write_index(index, str(path))

    rewrite(generation, "vector.index", write)
    assert check in problems(generation)


@pytest.mark.parametrize(
    "rows",
    [np.arange(39), np.zeros(40), np.arange(1, 41), np.arange(41)],
    ids=["one too few", "one alone", "one out of range", "one too many"],
)
def test_an_order_that_does_not_have_every_row_once_is_noticed(generation, rows):
    def write(path):
        with sqlite3.connect(path) as db:
            body = rows.astype("<i4").tobytes()
            db.execute("UPDATE ordering SET rows = ? WHERE name = 'title'", [body])
        db.close()

    rewrite(generation, "products.sqlite", write)
    assert problems(generation) == ["orders have every row once"]


@pytest.mark.parametrize("copies", [[(3, 7)], [(4, 3), (5, 4)]], ids=["later", "no first"])
def test_a_near_copy_of_what_is_no_first_is_noticed(generation, copies):
    def write(path):
        with sqlite3.connect(path) as db:
            db.executemany("INSERT INTO near_copy VALUES (?, ?, 1.0)", copies)
        db.close()

    rewrite(generation, "products.sqlite", write)
    assert problems(generation) == ["near copies lead to the first of their group"]


def test_another_kind_of_database_is_noticed_even_with_a_right_hash(generation):
    def replace(path):
        path.unlink()
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE other (x)")
        db.close()

    rewrite(generation, "products.sqlite", replace)
    with pytest.raises(SnapshotError, match="cannot be opened"):
        open_snapshot(generation)
    assert problems(generation) == ["files open"]
