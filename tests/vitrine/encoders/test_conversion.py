"""A checkpoint is converted once, kept, and never trusted where it is not as it was kept."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.checkpoints import small_dinov2
from tests.vitrine.encoders.test_transformer import TOLERANCE, embedded, scene
from vitrine.encoders import conversion, loading
from vitrine.encoders.base import EncoderError
from vitrine.encoders.pooling import pooled
from vitrine.encoders.transformer import TransformerEncoder

PHOTOS = [scene(300, 200, 1), scene(90, 130, 2)]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_dinov2(tmp_path_factory.mktemp("checkpoint"), seed=5)


@pytest.fixture(scope="module")
def torchs(checkpoint: Path) -> TransformerEncoder:
    return TransformerEncoder(checkpoint, "small", "torch")


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, of one test alone."""
    monkeypatch.setenv("VITRINE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def kept(checkpoint: Path, own_cache: Path) -> Path:
    """The folder of a conversion."""
    TransformerEncoder(checkpoint, "small", "openvino")
    (folder,) = (own_cache / "openvino").iterdir()
    return folder


def no_reference(folder: Path, device: str) -> None:
    raise AssertionError("torch was asked")


def test_it_is_made_once_and_tells_the_same_as_torch(
    kept: Path, checkpoint: Path, torchs: TransformerEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "Reference", no_reference)
    encoder = TransformerEncoder(checkpoint, "small", "openvino")
    assert encoder.fingerprint == torchs.fingerprint
    assert encoder.preprocessing == torchs.preprocessing
    assert encoder.dimension == torchs.dimension
    assert np.allclose(embedded(encoder, PHOTOS), embedded(torchs, PHOTOS), atol=TOLERANCE)
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_where_it_is_kept_neither_torch_nor_transformers_is_loaded_and_nobody_is_told(
    checkpoint: Path, cache: Path, torchs: TransformerEncoder, tmp_path: Path
) -> None:
    TransformerEncoder(checkpoint, "small", "openvino")
    program = f"""if True:
        import json, sys
        asked = []
        sys.addaudithook(lambda event, _: event.startswith("socket.") and asked.append(event))
        from tests.vitrine.encoders.test_conversion import PHOTOS
        from tests.vitrine.encoders.test_transformer import embedded
        from vitrine.encoders import load_encoder
        encoder = load_encoder({str(checkpoint)!r})
        vectors = embedded(encoder, PHOTOS).tolist()
        heavy = {{"torch", "transformers", "openvino_telemetry"}}
        loaded = sorted(name for name in heavy if sys.modules.get(name))
        print(json.dumps([loaded, asked, encoder.fingerprint, vectors]))
    """
    # As on a machine of an owner's, for in continuous integration OpenVINO tells nobody.
    environment = {name: os.environ[name] for name in ("PATH", "VITRINE_CACHE")}
    environment |= {"HOME": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, env=environment
    )
    loaded, asked, fingerprint, vectors = json.loads(run.stdout)
    assert loaded == []
    assert asked == []
    assert list(tmp_path.iterdir()) == []
    assert run.stderr == b""
    assert fingerprint == torchs.fingerprint
    assert np.allclose(vectors, embedded(torchs, PHOTOS), atol=TOLERANCE)


def other_weights(folder: Path) -> None:
    body = bytearray((folder / "model.bin").read_bytes())
    body[len(body) // 2] ^= 1
    (folder / "model.bin").write_bytes(body)


def cut_weights(folder: Path) -> None:
    (folder / "model.bin").write_bytes((folder / "model.bin").read_bytes()[:-100])


def other_facts(folder: Path) -> None:
    text = (folder / "facts.json").read_text()
    assert "0.485" in text
    (folder / "facts.json").write_text(text.replace("0.485", "0.5"))


def no_facts(folder: Path) -> None:
    (folder / "facts.json").write_text("")


def no_model(folder: Path) -> None:
    (folder / "model.xml").unlink()


@pytest.mark.parametrize(
    "damage", [other_weights, cut_weights, other_facts, no_facts, no_model, shutil.rmtree]
)
def test_a_damaged_one_is_made_anew(
    kept: Path,
    checkpoint: Path,
    torchs: TransformerEncoder,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[Path], None],
) -> None:
    weights = (kept / "model.bin").read_bytes()
    damage(kept)
    encoder = TransformerEncoder(checkpoint, "small", "openvino")
    assert np.allclose(embedded(encoder, PHOTOS), embedded(torchs, PHOTOS), atol=TOLERANCE)
    assert (kept / "model.bin").read_bytes() == weights
    monkeypatch.setattr(loading, "Reference", no_reference)
    TransformerEncoder(checkpoint, "small", "openvino")


def test_one_that_gives_other_vectors_is_neither_used_nor_kept(
    checkpoint: Path,
    own_cache: Path,
    torchs: TransformerEncoder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    from torch import Tensor

    def wrong(model: object, pixels: Tensor) -> tuple[object, Tensor]:
        pooling, vectors = pooled(model, pixels)
        return pooling, vectors.roll(1, dims=1)

    monkeypatch.setattr(conversion, "pooled", wrong)
    encoder = TransformerEncoder(checkpoint, "small", "auto")
    assert np.allclose(embedded(encoder, PHOTOS), embedded(torchs, PHOTOS), atol=TOLERANCE)
    assert list((own_cache / "openvino").iterdir()) == []
    (said,) = caplog.messages
    assert "runs on torch, which is slower: converted, it gives other vectors" in said


def test_where_nothing_can_be_kept_torch_does_it_and_says_so(
    checkpoint: Path, own_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own_cache.write_text("a file")
    assert TransformerEncoder(checkpoint, "small", "auto").batch_size == 8
    (said,) = caplog.messages
    assert "let VITRINE_CACHE name a folder that can be written to" in said
    with pytest.raises(EncoderError, match="cannot run on OpenVINO"):
        TransformerEncoder(checkpoint, "small", "openvino")


def test_what_is_missing_of_openvino_is_done_by_torch(
    checkpoint: Path,
    own_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    encoder = TransformerEncoder(checkpoint, "small", "auto")
    assert len(embedded(encoder, PHOTOS)) == 2
    assert len(caplog.messages) == 1


def test_making_one_says_nothing(
    checkpoint: Path,
    own_cache: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    recwarn: pytest.WarningsRecorder,
) -> None:
    caplog.set_level(logging.WARNING)
    TransformerEncoder(checkpoint, "small", "openvino")
    assert capfd.readouterr() == ("", "")
    assert caplog.messages == []
    assert [str(warning.message) for warning in recwarn] == []


INTERRUPTED = """
import faulthandler, signal, sys
from pathlib import Path
from vitrine.encoders.transformer import TransformerEncoder

faulthandler.enable()  # it has a stack of its own for signals, as those that need one do
first, second = (TransformerEncoder(Path(sys.argv[1]), "small", "openvino") for _ in range(2))
del first
del second
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_is_still_heard_when_encoders_have_come_and_gone(
    checkpoint: Path, kept: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(checkpoint)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "interrupted\n"), done.stderr


def test_another_checkpoint_or_other_settings_have_one_of_their_own(
    kept: Path, checkpoint: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(checkpoint, tmp_path / "copy"))
    TransformerEncoder(copy, "copy", "openvino")
    assert len(list(kept.parent.iterdir())) == 1
    settings = json.loads((copy / "preprocessor_config.json").read_text())
    (copy / "preprocessor_config.json").write_text(json.dumps(settings | {"resample": 2}))
    TransformerEncoder(copy, "copy", "openvino")
    assert len(list(kept.parent.iterdir())) == 2
    small_dinov2(copy, seed=6)
    TransformerEncoder(copy, "copy", "openvino")
    assert len(list(kept.parent.iterdir())) == 3


@pytest.mark.parametrize(
    ("choice", "has_gpu", "device"),
    [("auto", True, "cuda"), ("torch", True, "cuda"), ("torch", False, "cpu")],
)
def test_torch_runs_on_the_gpu_where_there_is_one(
    checkpoint: Path,
    monkeypatch: pytest.MonkeyPatch,
    choice: str,
    has_gpu: bool,
    device: str,
) -> None:
    monkeypatch.setattr(loading, "has_gpu", lambda: has_gpu)
    asked: list[str] = []
    monkeypatch.setattr(loading, "Reference", lambda folder, device: asked.append(device))
    loading.loaded(checkpoint, choice)
    assert asked == [device]


def test_the_cache_is_the_user_s_own_unless_another_is_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, checkpoint: Path
) -> None:
    monkeypatch.delenv("VITRINE_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    expected = tmp_path / "home" / ".cache" / "vitrine" / "openvino"
    assert conversion.Conversion.of(checkpoint).folder.parent == expected
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    expected = tmp_path / "xdg" / "vitrine" / "openvino"
    assert conversion.Conversion.of(checkpoint).folder.parent == expected
