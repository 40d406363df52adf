"""The encoder that comes with the program: its checkpoint, whole and as it was taught."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vitrine.encoders import REGISTRY, compact, load_encoder
from vitrine.encoders.checkpoint import WEIGHTS_FILE, model_of
from vitrine.encoders.processor import probe_photos
from vitrine.encoders.transformer import TransformerEncoder

SMALLEST_COSINE = 0.9999


@pytest.fixture(scope="module")
def encoder() -> TransformerEncoder:
    encoder = load_encoder("compact")
    assert isinstance(encoder, TransformerEncoder)
    return encoder


def vectors(encoder: TransformerEncoder, photos: list[Image.Image]) -> np.ndarray:
    return encoder.encode([encoder.prepare(photo) for photo in photos])


def test_its_weights_are_small_and_of_16_bits() -> None:
    from safetensors.numpy import load_file

    file = compact.CHECKPOINT / WEIGHTS_FILE
    assert file.stat().st_size <= 4_000_000
    kinds = {array.dtype for array in load_file(file).values()}
    assert kinds == {np.dtype(np.float16), np.dtype(np.int64)}  # counts of batches among them


def test_it_is_what_the_registry_says(encoder: TransformerEncoder) -> None:
    spec = REGISTRY["compact"]
    found = vectors(encoder, probe_photos())
    assert found.shape == (3, spec.dimension)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert spec.size_mb == round((compact.CHECKPOINT / WEIGHTS_FILE).stat().st_size / 1e6)


def test_both_runtimes_give_the_same_vectors(encoder: TransformerEncoder) -> None:
    others = [
        TransformerEncoder(compact.CHECKPOINT, "compact", runtime)
        for runtime in ("torch", "openvino")
    ]
    expected = vectors(encoder, probe_photos())
    for other in others:
        assert other.fingerprint == encoder.fingerprint
        cosines = (vectors(other, probe_photos()) * expected).sum(axis=1)
        assert cosines.min() > SMALLEST_COSINE


def test_a_checkpoint_that_is_elsewhere_is_the_same_encoder(
    encoder: TransformerEncoder, tmp_path: Path
) -> None:
    model = model_of(compact.CHECKPOINT)
    model.half().save_pretrained(tmp_path)
    processor = "preprocessor_config.json"
    (tmp_path / processor).write_bytes((compact.CHECKPOINT / processor).read_bytes())
    other = load_encoder(str(tmp_path))
    cosines = (vectors(other, probe_photos()) * vectors(encoder, probe_photos())).sum(axis=1)
    assert cosines.min() > SMALLEST_COSINE


def test_its_log_is_that_of_its_recipe() -> None:
    recipe = json.loads((compact.CHECKPOINT / "recipe.json").read_text())
    with (compact.CHECKPOINT / "log.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [int(line["epoch"]) for line in lines] == list(range(1, recipe["epochs"] + 1))
    assert {f"among_all {label}" for label in recipe["labels"]} < lines[0].keys()
    with (compact.CHECKPOINT / "preprocessor_config.json").open() as file:
        assert json.load(file)["size"] == {"height": recipe["side"], "width": recipe["side"]}


def test_it_tells_kinds_apart_that_it_has_never_seen() -> None:
    """On the drawn catalogue, which nothing was learnt from."""
    home = Path(__file__).parents[3] / "data"
    with (home / "fashion.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::2]
    encoder = load_encoder("compact")
    photos = [Image.open(home / row["ImageURL"]).convert("RGB") for row in rows]
    found = vectors(encoder, photos)
    cosines = found @ found.T
    np.fill_diagonal(cosines, -1)
    nearest = np.argsort(-cosines, axis=1)[:, :5]
    kinds = np.array([row["SubCategory"] for row in rows])
    hits = (kinds[nearest] == kinds[:, None]).mean()
    chance = np.mean([(kinds == kind).sum() - 1 for kind in kinds]) / (len(kinds) - 1)
    assert hits > 2 * chance
