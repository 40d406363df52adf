"""One moves here from the older `ImageSimilaritySearch`: its calls, and its index."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from indexer.__main__ import cli
from tests.contracts.older import flat_index
from tests.drawings import photo_bytes
from tests.generations import random_unit_vectors
from vitrine.folder import IndexFolder
from vitrine.search import similar_to_product
from vitrine.snapshot import open_current

ROOT = Path(__file__).parents[2]
RESNET = 2048

SCRIPT = """
from vitrine import ImageSimilaritySearch

# Build the index
search_engine = ImageSimilaritySearch(image_dir="images", index_dir="index_data")

# Find similar images
results = search_engine.find_similar("query.jpg", k=5)
for result in results:
    print(f"{result['path']}: {result['score']:.4f}")

# Add new images
search_engine.add_image_to_index("new_image.jpg")
"""
"""As the older program's own introduction has it."""


def run(script, home):
    environment = {"PYTHONPATH": str(ROOT), "HF_ENDPOINT": "http://127.0.0.1:9"}
    environment |= {"HF_HUB_CACHE": str(home / ".hub"), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=home,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )


def test_its_script_runs_as_it_is(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    for number, name in enumerate(["a.jpg", "b.JPG", "c.jpeg", "d.PNG", "e.png", "f.jpg"]):
        kind = "PNG" if name.lower().endswith("png") else "JPEG"
        (images / name).write_bytes(photo_bytes(number, kind=kind))
    (tmp_path / "query.jpg").write_bytes((images / "c.jpeg").read_bytes())
    (tmp_path / "new_image.jpg").write_bytes(photo_bytes(20, kind="JPEG"))
    # What the older program has left there, which nobody opens.
    (tmp_path / "index_data").mkdir()
    (tmp_path / "index_data" / "image_paths.pkl").write_bytes(b"\x80\x04.")
    lines = run(SCRIPT, tmp_path).stdout.splitlines()
    assert len(lines) == 5
    assert lines[0] == "images/c.jpeg: 1.0000"
    again = run(SCRIPT, tmp_path).stdout
    assert again.startswith(lines[0])
    assert str(tmp_path / "new_image.jpg") in again
    assert len(open_current(IndexFolder(tmp_path / "index_data"))) == 7


@pytest.fixture
def older(tmp_path):
    """`faiss.index` and the list of its photos' paths, which lie in photos/."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(8):
        (photos / f"{number}.jpg").write_bytes(photo_bytes(number, kind="JPEG"))
    flat_index(tmp_path / "faiss.index", random_unit_vectors(8, RESNET))
    return tmp_path


def imports(home, names, *options, check=0):
    listed = home / ("image_paths.txt" if isinstance(names, str) else "image_paths.json")
    listed.write_text(names if isinstance(names, str) else json.dumps(names))
    files = [str(home / "faiss.index"), str(listed)]
    where = ["--index", str(home / "index"), "--clicks-only"]
    done = CliRunner().invoke(cli, ["import", *files, *where, *options])
    assert done.exit_code == check, done.output
    if check:
        assert not (home / "index").exists()
    return " ".join(done.output.split())


@pytest.mark.parametrize(
    "names",
    [
        [f"photos/{n}.jpg" for n in range(8)],
        [f"./photos/{n}.jpg" for n in range(8)],
        [f"photos\\{n}.jpg" for n in range(8)],
        [f"C:\\Users\\Ana\\shop\\photos\\{n}.jpg" for n in range(8)],
        [f"/home/ana/shop/photos/{n}.jpg" for n in range(8)],
        "\n".join(f"photos/{n}.jpg" for n in range(8)) + "\n",
    ],
    ids=["relative", "dotted", "backslashes", "a drive", "absolute elsewhere", "lines"],
)
def test_every_photo_keeps_its_vector_however_its_path_is_written(older, names):
    assert "8 vectors taken over" in imports(older, names)
    check_vectors(older)


def test_absolute_paths_of_this_machine_are_found(older):
    names = [str(older / "photos" / f"{n}.jpg") for n in range(8)]
    listed = older / "lists"
    listed.mkdir()
    (older / "faiss.index").rename(listed / "faiss.index")
    assert "8 vectors taken over" in imports(listed, names)
    check_vectors(listed)


def test_photos_that_have_moved_are_found_by_their_folder(older):
    moved = older / "elsewhere"
    (older / "photos").rename(moved)
    names = [f"C:\\shop\\photos\\{n}.jpg" for n in range(8)]
    said = imports(older, names, check=2)
    assert "Not one of the 8 photos" in said
    assert "--photos FOLDER" in said
    assert "8 vectors taken over" in imports(older, names, "--photos", str(moved))
    check_vectors(older)


def test_sub_folders_are_kept_apart(older):
    for folder in ("a", "b"):
        (older / "photos" / folder).mkdir()
    for number in range(8):
        folder = "ab"[number % 2]
        name = older / "photos" / f"{number}.jpg"
        name.rename(older / "photos" / folder / f"{number // 2}.jpg")
    names = [f"D:\\photos\\{'ab'[n % 2]}\\{n // 2}.jpg" for n in range(8)]
    imports(older, names, "--photos", str(older / "photos"))
    snapshot = open_current(IndexFolder(older / "index"))
    vectors = random_unit_vectors(8, RESNET)
    for number in range(8):
        row = snapshot.rows[f"{'ab'[number % 2]}/{number // 2}.jpg"]
        assert np.allclose(snapshot.index.vector(row), vectors[number], atol=1e-6)


def test_deleted_and_new_photos_are_told(older):
    (older / "photos" / "3.jpg").unlink()
    (older / "photos" / "new.jpg").write_bytes(photo_bytes(30, kind="JPEG"))
    said = imports(older, [f"photos/{n}.jpg" for n in range(8)])
    assert "left out: photos/3.jpg: there is no such photo in photos" in said
    assert "7 vectors taken over" in said
    snapshot = open_current(IndexFolder(older / "index"))
    assert [(p.id, p.code) for p in snapshot.products.all_photoless()] == [
        ("new.jpg", "not_embedded")
    ]


def test_rows_of_a_catalogue_ask_for_it(older):
    said = imports(older, [f"image_{n}" for n in range(8)], check=2)
    assert "names rows of a catalogue. Give that too" in said


def check_vectors(older):
    snapshot = open_current(IndexFolder(older / "index"))
    assert snapshot.manifest.encoder.name == "resnet-50"
    vectors = random_unit_vectors(8, RESNET)
    for number in range(8):
        row = snapshot.rows[f"{number}.jpg"]
        assert np.allclose(snapshot.index.vector(row), vectors[number], atol=1e-6)
        nearest = similar_to_product(snapshot, row, 1)[0]
        cosines = vectors @ vectors[number]
        cosines[number] = -2
        assert snapshot.ids[nearest.row] == f"{int(cosines.argmax())}.jpg"
