"""`build --precision`: made once for an index, judged, and used wherever the index is."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import shutil
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from app import create_app
from indexer.__main__ import cli
from indexer.precision import LEAST_PHOTOS, agreement
from indexer.subjects import is_own, own_vectors
from tests.checkpoints import small_clip, small_dinov2
from tests.drawings import photo_bytes
from tests.generations import random_unit_vectors
from vitrine.encoders import openvino_model, reduced
from vitrine.encoders.base import TextEncoder
from vitrine.encoders.kept import Facts
from vitrine.encoders.openvino_model import computes_in_bf16
from vitrine.encoders.registry import load_encoder
from vitrine.encoders.transformer import TransformerEncoder
from vitrine.folder import IndexFolder
from vitrine.photos import decode
from vitrine.snapshot import open_current

PHOTOS = LEAST_PHOTOS + 10


def run(*arguments, status=0):
    done = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert done.exit_code == status, done.output
    return done.output


def encoders_of(folder):
    return sorted(path.name for path in folder.encoders.iterdir())


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return small_dinov2(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    home = tmp_path_factory.mktemp("photos")
    for number in range(PHOTOS):
        (home / f"{number}.png").write_bytes(photo_bytes(number))
    return home


@pytest.fixture(scope="module")
def built(tmp_path_factory, photos, checkpoint):
    """An index in 8 bits, and what was said when it was built; not to be written to."""
    root = tmp_path_factory.mktemp("built") / "index"
    command = ["build", photos, "--encoder", checkpoint, "--index", root]
    return IndexFolder(root), run(*command, "--precision", "int8", "--agreement", "0.5")


@pytest.fixture
def folder(built, tmp_path):
    """A copy of it."""
    root = tmp_path / "index"
    shutil.copytree(built[0].root, root, symlinks=True)
    return IndexFolder(root)


@pytest.fixture
def rebuild(folder, photos, checkpoint):
    def rebuild(*options, status=0):
        return run("build", photos, "--encoder", checkpoint, "--index", folder.root, *options,
                   status=status)  # fmt: skip

    return rebuild


def test_agreement_is_the_share_of_the_nearest_that_both_find():
    ours, theirs = random_unit_vectors(30, 6, seed=1), random_unit_vectors(30, 6, seed=2)

    def nearest(vectors):
        cosines = vectors @ vectors.T
        np.fill_diagonal(cosines, -2)
        return [set(row[:10]) for row in np.argsort(-cosines, axis=1)]

    shares = [len(a & b) / 10 for a, b in zip(nearest(ours), nearest(theirs), strict=True)]
    assert agreement(ours, theirs) == pytest.approx(np.mean(shares))
    assert agreement(ours, ours) == 1


def test_its_vectors_are_nearly_those_of_the_checkpoint(built, photos, checkpoint):
    folder, said = built
    snapshot = open_current(folder)
    assert len(snapshot) == PHOTOS
    assert encoders_of(folder) == [snapshot.manifest.encoder.fingerprint]
    whole = load_encoder(str(checkpoint))
    assert snapshot.manifest.encoder.fingerprint != whole.fingerprint
    run("build", photos, "--encoder", checkpoint, "--index", folder.root.parent / "whole")
    vectors = open_current(IndexFolder(folder.root.parent / "whole")).index.vectors()
    cosines = (vectors * snapshot.index.vectors()).sum(axis=1)
    assert 0.98 < cosines.mean() < 1 - 1e-5
    assert "% of a photo's ten nearest neighbours are the same as in full precision" in said
    assert f"Published {PHOTOS} products" in said
    assert f"{checkpoint} in 8 bits, dimension" in "".join(
        run("status", "--index", folder.root).split("\n")
    )


def test_it_reduces_large_photos_before_it_resizes_them(built):
    (name,) = encoders_of(built[0])
    encoder = reduced.load_reduced(built[0].encoder(name), name, None)
    assert isinstance(encoder, TransformerEncoder)
    whole = dataclasses.replace(encoder.preprocessing, reducing_gap=None)
    photo = Image.open(io.BytesIO(photo_bytes(1))).convert("RGB").resize((1080, 1440))
    ours, exact = encoder.prepare(photo), whole.cropped(photo)
    assert ours.shape == exact.shape
    assert 0 < np.abs(ours.astype(int) - exact).mean() < 0.5


def test_it_is_made_once(folder, rebuild):
    before = encoders_of(folder)
    said = rebuild("--precision", "int8", "--agreement", "0.5")
    assert "Nothing has changed" in said
    assert "Trying" not in said
    assert encoders_of(folder) == before


def test_one_of_another_checkpoint_is_not_taken(folder, photos, tmp_path):
    other = small_dinov2(tmp_path / "other", seed=7)
    options = ("--index", folder.root, "--precision", "int8", "--agreement", "0.3")
    assert "Trying" in run("build", photos, "--encoder", other, *options)
    assert len(encoders_of(folder)) == 2


def test_one_that_agrees_too_little_is_refused_with_the_figure(folder, rebuild):
    before = folder.current_name()
    said = rebuild("--precision", "int8", "--agreement", "1", status=2)
    assert "in 8 bits is refused: only " in said
    assert "100.0% are asked for" in said
    assert folder.current_name() == before


def test_a_build_in_full_precision_goes_back_to_the_checkpoint(folder, rebuild, checkpoint):
    said = rebuild()
    assert "0 photos fetched" in said
    assert open_current(folder).manifest.encoder.fingerprint == (
        load_encoder(str(checkpoint)).fingerprint
    )


def test_no_photo_is_fetched_twice_for_it(shop, checkpoint):
    shop.offer(range(PHOTOS))
    shop.urls["gone"] = shop.server.url("/404")
    shop.write_catalogue()
    options = ("--index", shop.folder.root, "--precision", "int8", "--agreement", "0.5")
    run("build", shop.catalogue, "--encoder", checkpoint, *options)
    assert len(shop.snapshot()) == PHOTOS
    assert set(shop.server.counts.values()) == {1}
    assert len(shop.server.counts) == PHOTOS + 1


def test_a_photo_is_searched_with_and_added_by_the_same_encoder(folder, tmp_path):
    own = tmp_path / "own.png"
    own.write_bytes(photo_bytes(3))
    (best, *_) = json.loads(run("search", own, "--json", "--index", folder.root))
    assert (best["id"], best["score"]) == ("3.png", 1)
    own.write_bytes(photo_bytes(1003))
    run("add", own, "--id", "own", "--index", folder.root)
    assert "own" in open_current(folder).rows
    client = create_app({"index": folder.root}).test_client()
    photo = {"image": (io.BytesIO(photo_bytes(1003)), "photo.png")}
    best = client.post("/get_similar", data=photo).json["results"][0]
    assert (best["id"], best["score"]) == ("own", 1)


def test_who_has_the_index_folder_needs_no_checkpoint(folder, checkpoint, tmp_path):
    own = tmp_path / "own.png"
    own.write_bytes(photo_bytes(3))
    away = checkpoint.rename(checkpoint.with_name("away"))
    try:
        (best, *_) = json.loads(run("search", own, "--json", "--index", folder.root))
    finally:
        away.rename(checkpoint)
    assert (best["id"], best["score"]) == ("3.png", 1)


def test_where_it_is_damaged_searching_by_photo_says_so_and_the_next_build_makes_it_anew(
    folder, rebuild, tmp_path
):
    (name,) = encoders_of(folder)
    with (folder.encoder(name) / "model.bin").open("r+b") as file:
        file.truncate(1000)
    own = tmp_path / "own.png"
    own.write_bytes(photo_bytes(3))
    said = run("search", own, "--index", folder.root, status=2)
    assert "missing or damaged" in said
    assert "--precision int8" in said
    client = create_app({"index": folder.root}).test_client()
    photo = {"image": (io.BytesIO(photo_bytes(3)), "photo.png")}
    assert client.post("/get_similar", data=photo).status_code == 503
    assert client.get("/get_similar?id=3.png").status_code == 200
    rebuild("--precision", "int8", "--agreement", "0.5")
    assert run("search", own, "--index", folder.root)


def test_where_there_is_no_openvino_to_run_it_searching_by_photo_and_building_say_so(
    folder, rebuild, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "openvino", None)
    own = tmp_path / "own.png"
    own.write_bytes(photo_bytes(3))
    said = run("search", own, "--index", folder.root, status=2)
    assert "in 8 bits, and OpenVINO cannot be used" in " ".join(said.split())
    assert "--precision fp32" in said
    said = rebuild("--precision", "int8", status=2)
    assert "OpenVINO cannot be used" in " ".join(said.split())


def test_its_index_is_not_judged_as_if_it_were_of_the_encoder_in_full_precision(
    folder, rebuild, checkpoint
):
    own = own_vectors(folder, open_current(folder))
    assert own.name == f"{checkpoint} in 8 bits"
    assert not is_own(own, str(checkpoint))
    rebuild()
    own = own_vectors(folder, open_current(folder))
    assert own.name == str(checkpoint)
    assert is_own(own, str(checkpoint))


def test_words_are_read_as_in_full_precision(photos, tmp_path):
    clip = small_clip(tmp_path / "clip")
    options = ("--index", tmp_path / "index", "--precision", "int8", "--agreement", "0.2")
    run("build", photos, "--encoder", clip, *options)
    snapshot = open_current(IndexFolder(tmp_path / "index"))
    whole = load_encoder(str(clip))
    assert isinstance(whole, TextEncoder)
    words = whole.encode_texts(["red shoe"])[0]
    scores = snapshot.index.vectors() @ words
    found = json.loads(run("search", "--text", "red shoe", "--json", "--index", tmp_path / "index"))
    assert found[0]["id"] == snapshot.ids[int(np.argmax(scores))]
    assert found[0]["score"] == pytest.approx(scores.max(), abs=2e-6)


@pytest.mark.parametrize(
    ("encoder", "words"),
    [
        ("handcrafted", "handcrafted can't be had in 8 bits: it is no network"),
        (None, f"it takes {LEAST_PHOTOS} different photos to tell how good it is, and of 5 "),
    ],
)
def test_where_there_can_be_none_one_is_told(checkpoint, tmp_path, encoder, words):
    (tmp_path / "photos").mkdir()
    for number in range(5):
        (tmp_path / "photos" / f"{number}.png").write_bytes(photo_bytes(number))
    options = ("--index", tmp_path / "index", "--precision", "int8")
    said = run("build", tmp_path / "photos", "--encoder", encoder or checkpoint, *options, status=2)
    assert words in " ".join(said.split())
    assert "Leave out --precision int8" in " ".join(said.split())


# bf16


@pytest.fixture(scope="module")
def in_bf16(tmp_path_factory, photos, checkpoint):
    """An index in bf16, and what was said when it was built; not to be written to."""
    if not computes_in_bf16():
        pytest.skip("this CPU does not compute in bf16")
    root = tmp_path_factory.mktemp("built") / "index"
    command = ["build", photos, "--encoder", checkpoint, "--index", root, "--precision", "bf16"]
    return IndexFolder(root), run(*command)


def test_in_bf16_vectors_are_hardly_others(in_bf16, built, checkpoint):
    folder, said = in_bf16
    snapshot = open_current(folder)
    whole = load_encoder(str(checkpoint))
    expected = whole.encode([whole.prepare(decode(photo_bytes(n)).image) for n in range(PHOTOS)])
    rows = [snapshot.rows[f"{n}.png"] for n in range(PHOTOS)]
    cosines = (snapshot.index.vectors()[rows] * expected).sum(axis=1)
    in_8_bits = open_current(built[0])
    rows = [in_8_bits.rows[f"{n}.png"] for n in range(PHOTOS)]
    assert 0.9999 < cosines.min() < 1 - 1e-6
    assert cosines.min() > (in_8_bits.index.vectors()[rows] * expected).sum(axis=1).min()
    assert "% of a photo's ten nearest neighbours are the same as in full precision" in said
    assert f"{checkpoint} in bf16, dimension" in "".join(
        run("status", "--index", folder.root).split("\n")
    )


def test_each_precision_has_an_encoder_of_its_own(in_bf16, photos, checkpoint, tmp_path):
    root = tmp_path / "index"
    shutil.copytree(in_bf16[0].root, root, symlinks=True)
    folder = IndexFolder(root)
    command = ["build", photos, "--encoder", checkpoint, "--index", root, "--agreement", "0.5"]
    of_bf16 = encoders_of(folder)
    assert "Trying" in run(*command, "--precision", "int8")
    assert len(encoders_of(folder)) == 2
    assert [open_current(folder).manifest.encoder.fingerprint] != of_bf16
    said = run(*command, "--precision", "bf16")
    assert "Trying" not in said
    assert [open_current(folder).manifest.encoder.fingerprint] == of_bf16


def test_a_cpu_without_bf16_makes_none_and_searches_by_photo_in_an_index_of_another(
    in_bf16, photos, checkpoint, tmp_path, monkeypatch
):
    monkeypatch.setattr(openvino_model, "computes_in_bf16", lambda: False)
    monkeypatch.setattr(reduced, "computes_in_bf16", lambda: False)
    command = ["build", photos, "--encoder", checkpoint, "--index", tmp_path / "index"]
    said = " ".join(run(*command, "--precision", "bf16", status=2).split())
    assert "can't be had in bf16: this CPU doesn't compute so. Leave out --precision." in said
    assert "Trying" not in said
    own = tmp_path / "own.png"
    own.write_bytes(photo_bytes(3))
    (best, *_) = json.loads(run("search", own, "--json", "--index", in_bf16[0].root))
    assert best["id"] == "3.png"
    assert 0.9999 < best["score"] <= 1


def test_a_model_that_was_kept_before_there_was_bf16_or_a_reducing_gap_is_good(built):
    (name,) = encoders_of(built[0])
    said = json.loads((built[0].encoder(name) / "facts.json").read_text())
    older = {key: said[key] for key in ("traits", "agreement", "files", "versions")}
    del older["traits"]["preprocessing"]["reducing_gap"]
    sealed = hashlib.sha256(json.dumps(older, separators=(",", ":")).encode()).hexdigest()
    facts = Facts.model_validate(older | {"seal": sealed})
    assert facts.digest() == sealed
    assert facts.floats == "f32"
    assert facts.traits.preprocessing.reducing_gap is None
