"""The transformers encoder is held to the library's own processor and model."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.checkpoints import HIDDEN_SIZE, small_dinov2, small_dinov2_model, small_resnet
from vitrine.encoders.base import Encoder, EncoderError
from vitrine.encoders.preprocessing import Preprocessing
from vitrine.encoders.transformer import TransformerEncoder
from vitrine.photos import Photo, decode
from vitrine.settings import RuntimeChoice

TOLERANCE = 1e-5
"""Of a unit vector's components, between our numbers and the reference's: float32 rounding."""

SIZES = [(224, 224), (256, 256), (333, 517), (1440, 1080), (2400, 90), (90, 2400), (13, 10), (1, 1)]


def scene(width: int, height: int, seed: int = 0) -> Image.Image:
    """A photo with structure, whose pixels are its own for each seed."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=np.int16)
    grain = rng.integers(-20, 21, (height, width, 3), dtype=np.int16)
    return Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8))


def reference(folder: Path, photos: list[Image.Image]) -> npt.NDArray[np.float32]:
    """The same embeddings by nothing but the library."""
    import torch
    from transformers import AutoImageProcessor, AutoModel

    processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True, backend="pil")
    model = AutoModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32).eval()
    with torch.inference_mode():
        output = model(**processor(photos, return_tensors="pt"))
    pooled = output.last_hidden_state.mean(dim=1)
    vectors: npt.NDArray[np.float32] = torch.nn.functional.normalize(pooled, dim=1).numpy()
    return vectors


def embedded(encoder: Encoder, photos: list[Image.Image]) -> npt.NDArray[np.float32]:
    return encoder.encode([encoder.prepare(photo) for photo in photos])


def amended(folder: Path, file: str, **changes: Any) -> Path:
    """The checkpoint with some settings of one of its JSON files changed."""
    path = folder / file
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return folder


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_dinov2(tmp_path_factory.mktemp("checkpoint"))


RUNTIMES: list[RuntimeChoice] = ["torch", "openvino"]


@pytest.fixture(scope="module", params=RUNTIMES)
def encoder(checkpoint: Path, request: pytest.FixtureRequest) -> TransformerEncoder:
    return TransformerEncoder(checkpoint, "small", request.param)


@pytest.fixture
def copy(checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoint, tmp_path / "copy"))


# Numbers


@pytest.mark.parametrize("size", SIZES)
def test_vectors_are_those_of_the_library_s_processor_and_model(
    encoder: TransformerEncoder, checkpoint: Path, size: tuple[int, int]
) -> None:
    photos = [scene(*size, seed=1), scene(*size, seed=2)]
    ours, theirs = embedded(encoder, photos), reference(checkpoint, photos)
    assert ours.dtype == np.float32
    assert ours.shape == (2, HIDDEN_SIZE)
    assert np.allclose(ours, theirs, atol=TOLERANCE)
    assert np.allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-6)
    assert ours[0] @ ours[1] < 0.999, "the comparison would hold for any photo"


@pytest.mark.parametrize("size", [(1080, 1440), (2000, 2600)])
def test_a_jpeg_s_vector_keeps_a_cosine_of_9999_whatever_its_decoder_scaled(
    encoder: TransformerEncoder, checkpoint: Path, size: tuple[int, int]
) -> None:
    buffer = io.BytesIO()
    scene(*size).save(buffer, "JPEG", quality=90)
    photo = decode(buffer.getvalue())
    assert isinstance(photo, Photo)
    assert (photo.image.size != size) == (size == (2000, 2600))
    with Image.open(buffer) as full:
        theirs = reference(checkpoint, [full.convert("RGB")])
    assert (embedded(encoder, [photo.image]) @ theirs.T).item() >= 0.9999


@pytest.mark.parametrize(
    "size", [*SIZES, (1080, 1440), (1080, 1080), (777, 1033), (300, 400), (301, 602), (301, 603)]
)
def test_preparation_is_the_library_s_to_the_last_bit(size: tuple[int, int]) -> None:
    from transformers import BitImageProcessorPil

    processor = BitImageProcessorPil(
        size={"shortest_edge": 256},
        image_mean=[0.485, 0.456, 0.406],
        image_std=[0.229, 0.224, 0.225],
    )
    ours, photo = Preprocessing(), scene(*size)
    expected = np.asarray(processor(photo)["pixel_values"])
    assert np.array_equal(ours.normalised(ours.cropped(photo)[None]), expected)


@pytest.mark.parametrize("size", [(1080, 1440), (2000, 700), (480, 640), (90, 60)])
@pytest.mark.parametrize("crop", [(224, 224), (300, 100), None])
def test_a_photo_reduced_before_it_is_resized_is_hardly_another(
    size: tuple[int, int], crop: tuple[int, int] | None
) -> None:
    whole = Preprocessing(crop=crop)
    quick, photo = dataclasses.replace(whole, reducing_gap=2.0), scene(*size)
    ours, exact = quick.cropped(photo), whole.cropped(photo)
    assert ours.shape == exact.shape
    assert np.abs(ours.astype(int) - exact).mean() < 1
    assert quick.facts() != whole.facts()


@pytest.mark.parametrize(
    "settings",
    [
        {"size": {"shortest_edge": 64}, "crop_size": {"height": 56, "width": 42}},
        {"size": {"height": 70, "width": 84}, "do_center_crop": False},
        {"size": {"shortest_edge": 56}, "crop_size": {"height": 84, "width": 85}},
        {"do_resize": False, "crop_size": {"height": 224, "width": 224}},
        {"resample": 2},
        {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.1, 0.2, 0.3]},
        {"do_normalize": False},
        {"do_rescale": False, "do_normalize": False},
        {"rescale_factor": 1 / 127.5},
        {"image_processor_type": "CLIPImageProcessor"},
        {"image_processor_type": "ViTImageProcessor", "size": {"height": 224, "width": 224}},
    ],
    ids=str,
)
def test_the_checkpoint_s_own_preprocessing_is_followed(
    copy: Path, settings: dict[str, Any]
) -> None:
    photos = [scene(300, 200), scene(90, 130)]
    amended(copy, "preprocessor_config.json", **settings)
    expected = reference(copy, photos)
    for runtime in RUNTIMES:
        encoder = TransformerEncoder(copy, "amended", runtime)
        assert np.allclose(embedded(encoder, photos), expected, atol=TOLERANCE)


def test_a_dinov2_without_a_preprocessor_file_gets_dinov2_s_preprocessing(
    copy: Path, encoder: TransformerEncoder
) -> None:
    (copy / "preprocessor_config.json").unlink()
    bare = TransformerEncoder(copy, "bare")
    assert bare.preprocessing == encoder.preprocessing
    assert bare.fingerprint == encoder.fingerprint


def test_batches_and_their_order_do_not_change_vectors(encoder: TransformerEncoder) -> None:
    prepared = [encoder.prepare(scene(100 + 9 * seed, 120, seed)) for seed in range(5)]
    singly = np.concatenate([encoder.encode([one]) for one in prepared])
    assert np.allclose(encoder.encode(prepared), singly, atol=TOLERANCE)
    assert np.allclose(encoder.encode(prepared[::-1]), singly[::-1], atol=TOLERANCE)
    assert encoder.encode([]).shape == (0, HIDDEN_SIZE)


def test_preparing_in_several_threads_gives_the_same_arrays(encoder: TransformerEncoder) -> None:
    photos = [scene(200 + seed, 300, seed) for seed in range(24)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(encoder.prepare, photos))
    for photo, prepared in zip(photos, together, strict=True):
        assert np.array_equal(prepared, encoder.prepare(photo))
        assert prepared.dtype == np.uint8
        assert prepared.shape == (224, 224, 3)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_absurdly_long_photo_takes_no_absurd_memory(encoder: TransformerEncoder) -> None:
    long = np.zeros((20_000, 1, 3), dtype=np.uint8)
    long[9_990:10_010] = 200
    with_limit = encoder.prepare(Image.fromarray(long))  # 1.5 GB a copy without it
    assert with_limit.shape == (224, 224, 3)
    assert np.all(with_limit == 200)
    program = """if True:
        from pathlib import Path
        from PIL import Image
        from vitrine.encoders.preprocessing import Preprocessing
        for size in ((1, 20_000), (20_000, 1)):
            Preprocessing().cropped(Image.new("RGB", size))
        status = Path("/proc/self/status").read_text()
        print(status.split("VmHWM:")[1].split()[0])
    """
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert int(run.stdout) < 300_000, "kilobytes at the highest"


def test_a_checkpoint_in_shards_or_in_half_precision_gives_vectors_in_float32(
    tmp_path: Path, encoder: TransformerEncoder
) -> None:
    photos = [scene(224, 224)]
    shards = small_dinov2(tmp_path / "shards", max_shard_size="40KB")
    assert len(list(shards.glob("*.safetensors"))) > 1
    assert np.allclose(
        embedded(TransformerEncoder(shards, "shards"), photos), embedded(encoder, photos), atol=1e-6
    )
    half = small_dinov2(tmp_path / "half")
    small_dinov2_model().half().save_pretrained(half)
    ours = embedded(TransformerEncoder(half, "half"), photos)
    assert np.allclose(ours, reference(half, photos), atol=TOLERANCE)


# Fingerprint


def test_the_fingerprint_does_not_depend_on_where_a_checkpoint_lies_nor_who_wrote_it(
    copy: Path, encoder: TransformerEncoder
) -> None:
    assert TransformerEncoder(copy, "another name").fingerprint == encoder.fingerprint
    amended(copy, "config.json", transformers_version="9.9.9", _name_or_path="/elsewhere")
    assert TransformerEncoder(copy, "small").fingerprint == encoder.fingerprint


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("config.json", {"layer_norm_eps": 1e-3}),
        ("preprocessor_config.json", {"size": {"shortest_edge": 224}}),
        ("preprocessor_config.json", {"image_mean": [0.5, 0.5, 0.5]}),
        ("preprocessor_config.json", {"resample": 2}),
    ],
)
def test_the_same_weights_with_other_settings_are_another_encoder(
    copy: Path, encoder: TransformerEncoder, file: str, changes: dict[str, Any]
) -> None:
    amended(copy, file, **changes)
    assert TransformerEncoder(copy, "small").fingerprint != encoder.fingerprint


def test_other_weights_are_another_encoder(tmp_path: Path, encoder: TransformerEncoder) -> None:
    other = TransformerEncoder(small_dinov2(tmp_path, seed=1), "small")
    assert other.fingerprint != encoder.fingerprint


# What cannot be used


def refusal(folder: Path) -> str:
    with pytest.raises(EncoderError) as caught:
        TransformerEncoder(folder, "refused")
    assert str(folder) in str(caught.value)
    return str(caught.value)


def test_a_folder_that_is_not_there_or_no_checkpoint_is_refused(tmp_path: Path) -> None:
    assert "no such folder" in refusal(tmp_path / "missing")
    assert "no config.json" in refusal(tmp_path)


def test_weights_in_a_pickle_are_refused_without_being_read(copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    assert "no model.safetensors" in refusal(copy)
    (copy / "pytorch_model.bin").write_bytes(b"cposix\nsystem\n(S'false'\ntR.")
    assert "pickle" in refusal(copy)


def test_weights_that_are_cut_short_are_refused(copy: Path) -> None:
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    assert "cannot be loaded" in refusal(copy)


def test_a_checkpoint_that_lacks_weights_is_refused_and_not_filled_up_at_random(copy: Path) -> None:
    from safetensors.numpy import load_file, save_file

    weights = load_file(copy / "model.safetensors")
    del weights["encoder.layer.1.attention.attention.query.weight"]
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    assert "lacks 1 of the model's weights" in refusal(copy)


def test_a_shard_that_is_missing_is_reported(tmp_path: Path) -> None:
    folder = small_dinov2(tmp_path, max_shard_size="40KB")
    next(folder.glob("model-00002-*.safetensors")).unlink()
    refusal(folder)


@pytest.mark.parametrize("file", ["config.json", "preprocessor_config.json"])
@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_a_broken_settings_file_is_reported(copy: Path, file: str, text: str) -> None:
    (copy / file).write_text(text)
    refusal(copy)


def test_a_model_that_says_nothing_of_its_photos_is_refused(tmp_path: Path) -> None:
    assert "cannot be prepared by guessing" in refusal(small_resnet(tmp_path, processor=False))


def saved(model: Any, folder: Path) -> Path:
    model.save_pretrained(folder)
    return folder


def test_models_of_texts_and_of_sounds_are_refused_in_words(tmp_path: Path) -> None:
    from transformers import (
        BertConfig,
        BertModel,
        CLIPTextConfig,
        CLIPTextModel,
        Wav2Vec2Config,
        Wav2Vec2Model,
    )

    small = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    small |= {"intermediate_size": 8, "vocab_size": 9}
    ids = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    bert = saved(BertModel(BertConfig(**small)), tmp_path / "bert")
    half = saved(CLIPTextModel(CLIPTextConfig(**small, **ids)), tmp_path / "half")
    sounds = Wav2Vec2Config(
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        conv_dim=(8,),
        conv_kernel=(3,),
        conv_stride=(2,),
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
    )
    heard = saved(Wav2Vec2Model(sounds), tmp_path / "sounds")
    for folder, what in ((bert, "BertModel"), (half, "CLIPTextModel"), (heard, "Wav2Vec2Model")):
        said = refusal(folder)
        assert f"{what} is no model of photos" in said
        assert "python -m indexer encoders" in said


def test_a_model_whose_vectors_are_left_to_chance_is_refused(
    checkpoint: Path, tmp_path: Path
) -> None:
    from transformers import ViTMAEConfig, ViTMAEModel

    small = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    model = ViTMAEModel(ViTMAEConfig(**small, intermediate_size=8, patch_size=56))
    shutil.copy(checkpoint / "preprocessor_config.json", saved(model, tmp_path))
    assert "by chance" in refusal(tmp_path)


def test_weights_that_give_no_numbers_are_refused(copy: Path) -> None:
    from safetensors.numpy import load_file, save_file

    weights = load_file(copy / "model.safetensors")
    weights["layernorm.bias"][:] = np.nan
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    assert "weights are broken" in refusal(copy)


def test_preprocessing_without_a_fixed_shape_is_refused(copy: Path) -> None:
    amended(copy, "preprocessor_config.json", do_center_crop=False)
    assert "one fixed shape" in refusal(copy)


def test_preprocessing_that_is_not_reproduced_is_refused(copy: Path) -> None:
    # Levit's processor has the usual settings and enlarges the size on its own account.
    amended(
        copy,
        "preprocessor_config.json",
        image_processor_type="LevitImageProcessor",
        size={"shortest_edge": 224},
    )
    assert "does not reproduce" in refusal(copy)


def test_code_that_comes_with_a_checkpoint_is_never_run(copy: Path, tmp_path: Path) -> None:
    marker = tmp_path / "has-run"
    (copy / "modeling.py").write_text(f"open({str(marker)!r}, 'w').close()\n")
    amended(
        copy,
        "config.json",
        model_type="of-its-own",
        auto_map={"AutoConfig": "modeling.Config", "AutoModel": "modeling.Model"},
    )
    refusal(copy)
    assert not marker.exists()


# Imports


def test_importing_the_encoders_loads_neither_torch_nor_transformers() -> None:
    program = "import sys, vitrine.encoders, vitrine.encoders.transformer\n"
    program += "print({'torch', 'transformers', 'huggingface_hub', 'scipy'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert run.stdout.decode().strip() == "set()"
