"""`search --text` on the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from indexer.__main__ import cli
from tests.checkpoints import small_clip
from tests.generations import publish_products, random_unit_vectors
from vitrine.encoders.registry import load_encoder
from vitrine.snapshot import EncoderFacts

COUNT = 12


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return load_encoder(str(small_clip(tmp_path_factory.mktemp("clip"))))


@pytest.fixture
def run(tmp_path):
    """Run `search` on the index; its output, both streams, and its exit status checked."""

    def run(*arguments, status=0):
        done = CliRunner().invoke(cli, ["search", *arguments, "--index", str(tmp_path)])
        assert done.exit_code == status, done.output
        return done.output

    return run


@pytest.fixture
def vectors(tmp_path, encoder):
    """Those of the index, whose encoder reads words."""
    facts = EncoderFacts(name=encoder.name, fingerprint=encoder.fingerprint, reads_text=True)
    vectors = random_unit_vectors(COUNT, encoder.dimension)
    publish_products(tmp_path, vectors, encoder=facts)
    return vectors


def test_it_finds_what_is_nearest_to_the_words(run, vectors, encoder):
    scores = vectors @ encoder.encode_texts(["red shoe"])[0]
    order = np.argsort(-scores)[:4]
    for words in ("red shoe", "  red\tshoe "):
        found = json.loads(run("--text", words, "-k", "4", "--json"))
        assert [each["id"] for each in found] == [f"p{row}" for row in order]
        assert [each["score"] for each in found] == pytest.approx(scores[order], abs=2e-6)
    table = run("--text", "red shoe", "-k", "1").split()
    assert table[:3] == ["score", "id", "title"]
    assert table[3:5] == [f"{scores[order[0]]:.3f}", f"p{order[0]}"]


def test_it_is_drawn_under_the_words(run, vectors, tmp_path):
    run("--text", "red shoe", "-k", "3", "--figure", str(tmp_path / "found.png"))
    with Image.open(tmp_path / "found.png") as picture:
        assert picture.width == 2 * 20 + 3 * 160 + 2 * 12  # three results, and no query


def test_words_and_a_photo_exclude_each_other(run, vectors):
    for arguments in (["p1", "--text", "red"], []):
        assert "Give either PHOTO_OR_ID or --text WORDS." in run(*arguments, status=2)


def test_no_words_are_told(run, vectors):
    assert "give some words" in run("--text", "  ", status=2)


def test_bytes_that_are_no_text_are_told(run, vectors):
    assert "is no text" in run("--text", "red \udcff", status=2)


def test_an_encoder_without_a_text_half_is_told_with_what_to_do(run, tmp_path):
    publish_products(tmp_path, random_unit_vectors(COUNT))
    said = " ".join(run("--text", "red shoe", status=2).split())
    assert "the encoder of this index, handcrafted, reads no words" in said
    assert "python -m indexer build CATALOGUE --encoder clip-vit-b32" in said


def test_another_version_of_the_encoder_is_told(run, tmp_path, encoder):
    facts = EncoderFacts(name=encoder.name, fingerprint="0" * 64, reads_text=True)
    publish_products(tmp_path, random_unit_vectors(COUNT, encoder.dimension), encoder=facts)
    assert "Index again with" in run("--text", "red shoe", status=2)
