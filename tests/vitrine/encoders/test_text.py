"""Texts as vectors: held to the library's own tokenizer, processor and model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.checkpoints import PROJECTION_SIZE, TEXT_LENGTH, small_clip, small_dinov2, small_siglip2
from tests.vitrine.encoders.test_transformer import RUNTIMES, TOLERANCE, scene
from vitrine.encoders.base import EncoderError, TextEncoder
from vitrine.encoders.transformer import ReadingTransformerEncoder, load_checkpoint

TEXTS = [
    "red shoe",
    "Blue STRIPED shirt!",
    "",
    "camisa de algodão 👕",
    "a photo of a shoe " * 30,
    "two\nlines\t<|endoftext|> <eos>",
]
SMALL = {"clip": small_clip, "siglip2": small_siglip2}


@pytest.fixture(scope="module", params=SMALL)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return SMALL[request.param](tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def encoder(folder: Path) -> TextEncoder:
    return ReadingTransformerEncoder(folder, "small", "torch")


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_checkpoint_that_reads_is_a_text_encoder_in_every_runtime(
    folder: Path, encoder: TextEncoder, runtime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_RUNTIME", runtime)
    loaded = load_checkpoint(folder, "small")
    assert isinstance(loaded, TextEncoder)
    assert loaded.fingerprint == encoder.fingerprint
    assert np.allclose(loaded.encode_texts(TEXTS), encoder.encode_texts(TEXTS), atol=TOLERANCE)
    photos = [encoder.prepare(scene(300, 200, seed)) for seed in range(3)]
    assert np.allclose(loaded.encode(photos), encoder.encode(photos), atol=TOLERANCE)


def test_texts_are_not_read_by_another_model_than_the_photos_were(tmp_path: Path) -> None:
    encoder = load_checkpoint(small_clip(tmp_path), "clip")
    assert isinstance(encoder, TextEncoder)
    small_clip(tmp_path, seed=1)
    with pytest.raises(EncoderError, match="has changed since it was loaded"):
        encoder.encode_texts(["red shoe"])


def similarities(folder: Path, texts: list[str]) -> tuple[npt.NDArray[np.float32], ...]:
    """Unit vectors of texts and of three photos by the library's whole model, and its own logits.

    Each text by itself, so that nothing of a batch can hide.
    """
    import torch
    from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

    model = AutoModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32).eval()
    photos = AutoImageProcessor.from_pretrained(folder, local_files_only=True, backend="pil")(
        [scene(300, 200, seed) for seed in range(3)], return_tensors="pt"
    )
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    rows, logits = [], []
    for text in texts:
        is_siglip = model.config.model_type == "siglip"  # as it was taught: see `Tokenizer`
        tokens = tokenizer(
            text.lower() if is_siglip else text,
            padding="max_length" if is_siglip else "do_not_pad",
            truncation=True,
            max_length=TEXT_LENGTH,
            return_tensors="pt",
        )
        with torch.inference_mode():
            output = model(**photos, **tokens)
        rows.append(output.text_embeds.numpy())
        scale, bias = model.logit_scale.exp(), getattr(model, "logit_bias", torch.zeros(1))
        logits.append(((output.logits_per_text - bias) / scale).detach().numpy())
    return np.concatenate(rows), output.image_embeds.numpy(), np.concatenate(logits)


def test_texts_and_photos_lie_where_the_library_puts_them(
    folder: Path, encoder: TextEncoder
) -> None:
    texts, photos, cosines = similarities(folder, TEXTS)
    ours = encoder.encode_texts(TEXTS)
    ours_of_photos = encoder.encode([encoder.prepare(scene(300, 200, seed)) for seed in range(3)])
    assert ours.dtype == np.float32
    assert ours.shape == (len(TEXTS), encoder.dimension)
    assert np.allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-6)
    assert np.allclose(ours, texts, atol=TOLERANCE)
    assert np.allclose(ours_of_photos, photos, atol=TOLERANCE)
    assert np.allclose(ours @ ours_of_photos.T, cosines, atol=TOLERANCE)
    assert np.abs(ours[0] @ ours.T)[1:].max() < 0.999, "the comparison would hold for any text"


def test_capitals_say_the_same(encoder: TextEncoder) -> None:
    small, capital = encoder.encode_texts(["red shoe", "Red SHOE"])
    assert np.allclose(small, capital, atol=TOLERANCE)


def test_a_text_that_is_too_long_is_cut(encoder: TextEncoder) -> None:
    long, longer = encoder.encode_texts(["striped " * 40, "striped " * 400])
    assert np.allclose(long, longer, atol=TOLERANCE)


def test_any_number_of_texts_gives_as_many_vectors(encoder: TextEncoder) -> None:
    assert encoder.encode_texts([]).shape == (0, encoder.dimension)
    many = encoder.encode_texts([f"shoe {n}" for n in range(150)])
    assert many.shape == (150, encoder.dimension)
    assert np.allclose(many[149], encoder.encode_texts(["shoe 149"])[0], atol=TOLERANCE)


def test_clip_s_vectors_are_the_projected_ones(tmp_path: Path) -> None:
    assert load_checkpoint(small_clip(tmp_path), "clip").dimension == PROJECTION_SIZE


def test_encoders_without_a_text_half_do_not_pretend_to_have_one(tmp_path: Path) -> None:
    assert not isinstance(load_checkpoint(small_dinov2(tmp_path), "dinov2"), TextEncoder)


# What belongs to the text half


def test_without_a_tokenizer_the_photos_half_is_there_alone(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (copy / name).unlink()
    deaf, whole = load_checkpoint(copy, "deaf"), load_checkpoint(folder, "whole")
    assert not isinstance(deaf, TextEncoder)
    assert deaf.fingerprint != whole.fingerprint
    prepared = [whole.prepare(scene(300, 200))]
    assert np.allclose(deaf.encode(prepared), whole.encode(prepared), atol=TOLERANCE)


def test_another_tokenizer_is_another_encoder(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    assert load_checkpoint(copy, "x").fingerprint == load_checkpoint(folder, "y").fingerprint
    settings = json.loads((copy / "tokenizer.json").read_text())
    settings["model"]["merges"].pop()
    (copy / "tokenizer.json").write_text(json.dumps(settings))
    assert load_checkpoint(copy, "x").fingerprint != load_checkpoint(folder, "y").fingerprint


def test_a_broken_tokenizer_is_reported(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    (copy / "tokenizer.json").write_text("{")
    with pytest.raises(EncoderError, match="tokenizer cannot be loaded"):
        load_checkpoint(copy, "broken")


def test_the_tokenizer_of_a_larger_model_is_reported(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    text = (copy / "tokenizer.json").read_text()
    settings = json.loads(text)
    # Every id grows by one: the last of them is no row of the model's table any more.
    vocabulary = settings["model"]["vocab"]
    settings["model"]["vocab"] = {token: number + 1000 for token, number in vocabulary.items()}
    for token in settings["added_tokens"]:
        token["id"] += 1000
    (copy / "tokenizer.json").write_text(json.dumps(settings))
    with pytest.raises(EncoderError, match="another model's"):
        load_checkpoint(copy, "foreign")


def test_clip_s_older_tokenizer_files_do_as_well(tmp_path: Path) -> None:
    whole = load_checkpoint(small_clip(tmp_path / "new"), "new")
    assert isinstance(whole, TextEncoder)
    older = small_clip(tmp_path / "older")
    settings = json.loads((older / "tokenizer.json").read_text())["model"]
    (older / "tokenizer.json").unlink()
    (older / "vocab.json").write_text(json.dumps(settings["vocab"]))
    merges = "\n".join(" ".join(pair) for pair in settings["merges"])
    (older / "merges.txt").write_text(f"#version: 0.2\n{merges}\n")
    encoder = load_checkpoint(older, "older")
    assert isinstance(encoder, TextEncoder)
    assert np.allclose(encoder.encode_texts(TEXTS), whole.encode_texts(TEXTS), atol=TOLERANCE)
