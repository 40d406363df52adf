"""Each architecture's preprocessing and pooling, held to the library's own processor and model."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.checkpoints import (
    HIDDEN_SIZE,
    PROJECTION_SIZE,
    small_clip,
    small_dinov2,
    small_mobilenet_v2,
    small_resnet,
    small_siglip2,
)
from tests.vitrine.encoders.test_transformer import RUNTIMES, TOLERANCE, scene
from vitrine.encoders.base import EncoderError, fingerprint_of
from vitrine.encoders.checkpoint import sha256
from vitrine.encoders.preprocessing import Preprocessing
from vitrine.encoders.transformer import load_checkpoint

SIZES = [(224, 224), (333, 517), (1440, 1080), (90, 640), (13, 10)]


def clip_vision(folder: Path) -> Path:
    """The vision half of a CLIP by itself, with its projection."""
    from transformers import CLIPImageProcessorPil, CLIPVisionModelWithProjection

    whole = small_clip(folder / "whole")
    half = CLIPVisionModelWithProjection.from_pretrained(whole, local_files_only=True)
    half.save_pretrained(folder)
    CLIPImageProcessorPil().save_pretrained(folder)
    return folder


def siglip_vision(folder: Path) -> Path:
    """The vision half of a SigLIP by itself."""
    from transformers import AutoImageProcessor, SiglipVisionModel

    whole = small_siglip2(folder / "whole")
    SiglipVisionModel.from_pretrained(whole, local_files_only=True).save_pretrained(folder)
    AutoImageProcessor.from_pretrained(whole, backend="pil").save_pretrained(folder)
    return folder


def of_class(model: str, processor: str, **settings: Any) -> Callable[[Path], Path]:
    """A checkpoint maker for a class of the library, with random weights of seed 0."""

    def make(folder: Path) -> Path:
        import torch
        import transformers

        kind = getattr(transformers, model)
        with torch.random.fork_rng():
            torch.manual_seed(0)
            kind(kind.config_class(**settings)).eval().save_pretrained(folder)
        getattr(transformers, processor)(
            size={"height": 64, "width": 64}
            if processor.startswith("ViT")
            else {"shortest_edge": 64}
        ).save_pretrained(folder)
        return folder

    return make


@dataclass(frozen=True)
class Case:
    """A checkpoint, and by which words of the library's output a vector is to be made."""

    make: Callable[..., Path]
    vectors: Callable[[Any, Any], Any]
    dimension: int


CASES = {
    "dinov2": Case(
        small_dinov2, lambda model, x: model(**x).last_hidden_state.mean(dim=1), HIDDEN_SIZE
    ),
    "resnet": Case(
        small_resnet, lambda model, x: model(**x).last_hidden_state.mean(dim=(2, 3)), HIDDEN_SIZE
    ),
    "mobilenet_v2": Case(
        small_mobilenet_v2, lambda model, x: model(**x).last_hidden_state.mean(dim=(2, 3)), 1280
    ),
    "clip": Case(
        small_clip,
        lambda model, x: model.visual_projection(model.vision_model(**x).pooler_output),
        PROJECTION_SIZE,
    ),
    "clip, the vision half": Case(
        clip_vision,
        lambda model, x: model.visual_projection(model.vision_model(**x).pooler_output),
        PROJECTION_SIZE,
    ),
    "siglip2": Case(
        small_siglip2, lambda model, x: model.vision_model(**x).pooler_output, HIDDEN_SIZE
    ),
    "siglip, the vision half": Case(
        siglip_vision, lambda model, x: model(**x).pooler_output, HIDDEN_SIZE
    ),
    "convnext": Case(
        of_class(
            "ConvNextForImageClassification",
            "ConvNextImageProcessorPil",
            hidden_sizes=[8, 8, 16, 24],
            depths=[1, 1, 1, 1],
            initializer_range=0.2,
        ),
        lambda model, x: model(**x).pooler_output,
        24,
    ),
    "vit": Case(
        of_class(
            "ViTForImageClassification",
            "ViTImageProcessorPil",
            image_size=64,
            patch_size=16,
            hidden_size=24,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            initializer_range=0.2,
        ),
        lambda model, x: model(**x).last_hidden_state.mean(dim=1),
        24,
    ),
    "efficientnet-like, a map without a pool": Case(
        of_class(
            "MobileViTModel",
            "ViTImageProcessorPil",
            image_size=64,
            hidden_sizes=[8, 8, 8],
            neck_hidden_sizes=[8, 8, 8, 8, 8, 8, 16],
            num_attention_heads=2,
            initializer_range=0.2,
        ),
        lambda model, x: model(**x).last_hidden_state.mean(dim=(2, 3)),
        16,
    ),
}


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture(scope="module")
def folder(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return case.make(tmp_path_factory.mktemp("checkpoint"))


def reference(
    folder: Path, photos: list[Image.Image], vectors: Callable[[Any, Any], Any]
) -> npt.NDArray[np.float32]:
    """The same embeddings by nothing but the library."""
    import torch
    import transformers
    from transformers import AutoImageProcessor

    processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True, backend="pil")
    named = json.loads((folder / "config.json").read_text())["architectures"][0]
    has_head = named.endswith("ForImageClassification")
    loader = transformers.AutoModel if has_head else getattr(transformers, named)
    model = loader.from_pretrained(folder, local_files_only=True, dtype=torch.float32).eval()
    with torch.inference_mode():
        found = vectors(model, processor(photos, return_tensors="pt"))
    unit: npt.NDArray[np.float32] = torch.nn.functional.normalize(found, dim=1).numpy()
    return unit


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_vectors_are_those_of_the_library_s_processor_and_model(
    folder: Path, case: Case, runtime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_RUNTIME", runtime)
    photos = [scene(*size, seed) for seed, size in enumerate(SIZES)]
    encoder = load_checkpoint(folder, "small")
    ours = encoder.encode([encoder.prepare(photo) for photo in photos])
    assert encoder.dimension == case.dimension
    assert ours.shape == (len(photos), case.dimension)
    assert ours.dtype == np.float32
    assert np.allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-6)
    assert np.allclose(ours, reference(folder, photos, case.vectors), atol=TOLERANCE)
    assert (ours @ ours.T)[0, 1:].max() < 0.9999, "the comparison would hold for any photo"
    assert encoder.encode([]).shape == (0, case.dimension)


def test_nothing_of_a_checkpoint_that_is_left_out_clutters_the_terminal(
    folder: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    capfd.readouterr()
    caplog.clear()
    encoder = load_checkpoint(folder, "small")
    encoder.encode([encoder.prepare(scene(300, 200))])
    assert capfd.readouterr() == ("", "")
    assert caplog.messages == []


# Preprocessing


@pytest.mark.parametrize("edge", [96, 160, 224, 383, 384, 400])
@pytest.mark.parametrize("share", [0.875, 0.95])
def test_a_share_of_the_middle_is_cut_out_as_convnext_does(
    tmp_path: Path, edge: int, share: float
) -> None:
    from transformers import ConvNextImageProcessorPil

    processor = ConvNextImageProcessorPil(size={"shortest_edge": edge}, crop_pct=share)
    ours = Preprocessing.from_processor(processor.to_dict())
    for size in SIZES:
        photo = scene(*size)
        expected = np.asarray(processor(photo)["pixel_values"])
        assert np.array_equal(ours.normalised(ours.cropped(photo)[None]), expected)


@pytest.mark.parametrize("make", [small_clip, small_mobilenet_v2], ids=["clip", "mobilenet_v2"])
def test_what_all_checkpoints_of_a_kind_share_is_done_where_none_is_said(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    folder = make(tmp_path)
    said = load_checkpoint(folder, "said")
    (folder / "preprocessor_config.json").unlink()
    unsaid = load_checkpoint(folder, "unsaid")
    assert unsaid.preprocessing == said.preprocessing
    assert unsaid.fingerprint == said.fingerprint


@pytest.mark.parametrize("make", [small_resnet, small_siglip2], ids=["resnet", "siglip2"])
def test_where_checkpoints_of_a_kind_differ_none_is_guessed(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    folder = make(tmp_path)
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(EncoderError, match="cannot be prepared by guessing; fetch that file too"):
        load_checkpoint(folder, "unsaid")


def test_siglip2_of_any_resolution_is_refused_in_words(tmp_path: Path) -> None:
    from transformers import Siglip2Config, Siglip2ImageProcessorPil, Siglip2Model

    half = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    half |= {"intermediate_size": 8}
    tokens = {"vocab_size": 9, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    config = Siglip2Config(text_config=half | tokens, vision_config=half)
    Siglip2Model(config).save_pretrained(tmp_path)
    Siglip2ImageProcessorPil().save_pretrained(tmp_path)
    with pytest.raises(EncoderError, match="no photos of one fixed shape; take a model"):
        load_checkpoint(tmp_path, "naflex")


# Fingerprints


def test_dinov2_s_fingerprint_is_what_indexes_of_it_were_made_with(tmp_path: Path) -> None:
    folder = small_dinov2(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    for key in ("architectures", "dtype", "transformers_version"):
        del config[key]
    facts = {
        "weights": [sha256(folder / "model.safetensors")],
        "config": config,
        "preprocessing": {
            "shortest_edge": 256,
            "resize": None,
            "resample": 3,
            "crop": [224, 224],
            "rescale": 1 / 255,
            "mean": [0.485, 0.456, 0.406],
            "std": [0.229, 0.224, 0.225],
        },
        "pooling": "mean of all tokens",
        "dimension": HIDDEN_SIZE,
        "normalisation": "l2",
    }
    assert load_checkpoint(folder, "x").fingerprint == fingerprint_of(facts)


def test_the_same_weights_pooled_otherwise_are_another_encoder(tmp_path: Path) -> None:
    folder = clip_vision(tmp_path)
    projected = load_checkpoint(folder, "x")
    settings = json.loads((folder / "config.json").read_text())
    settings["architectures"] = ["CLIPVisionModel"]
    (folder / "config.json").write_text(json.dumps(settings))
    tokens = load_checkpoint(folder, "x")
    assert (projected.dimension, tokens.dimension) == (PROJECTION_SIZE, HIDDEN_SIZE)
    assert projected.fingerprint != tokens.fingerprint
