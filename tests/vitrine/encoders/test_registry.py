"""Encoders by name, with a loopback server in the hub's place and a cache of the test's own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.checkpoints import HIDDEN_SIZE, small_clip, small_dinov2
from tests.hub import HUB_ID, a_hub, cached, client_of, serving, silent
from vitrine.encoders import (
    REGISTRY,
    EncoderError,
    availabilities,
    hub,
    load_encoder,
    resolve_auto,
)
from vitrine.encoders.base import Encoder, TextEncoder
from vitrine.encoders.transformer import TransformerEncoder, load_checkpoint


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_dinov2(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture(scope="module")
def fingerprint(checkpoint: Path) -> str:
    return TransformerEncoder(checkpoint, "x").fingerprint


def auto_in_a_process(home: Path, **environment: str) -> dict[str, Any]:
    """What `auto` comes to in a process of its own, with this home for the hub's cache.

    Also gives the seconds it took (imports aside) and the heavy modules that it has loaded.
    """
    program = """if True:
        import json, sys, time
        from vitrine.encoders import resolve_auto
        import huggingface_hub.file_download
        start = time.monotonic()
        choice = resolve_auto()
        seconds = time.monotonic() - start
        heavy = sorted({"torch", "transformers"} & set(sys.modules))
        facts = {"name": choice.name, "reason": choice.reason, "seconds": seconds, "heavy": heavy}
        print(json.dumps(facts))
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "TRANSFORMERS_"))}
    run = subprocess.run(
        [sys.executable, "-c", program],
        env=kept | {"HF_HOME": str(home), "NO_PROXY": "127.0.0.1"} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    answer: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return answer


def facts(encoder: Encoder) -> tuple[str, int, str]:
    return encoder.name, encoder.dimension, encoder.fingerprint


# The choice that nobody made


def test_auto_takes_dinov2_from_this_machine_without_asking_anyone(
    tmp_path: Path, checkpoint: Path
) -> None:
    cached(tmp_path, checkpoint)
    with silent() as address:
        answer = auto_in_a_process(tmp_path, HF_ENDPOINT=address)
    assert answer["name"] == "dinov2-small"
    assert "on this machine" in answer["reason"]
    assert answer["seconds"] < 2.5
    assert answer["heavy"] == []


def test_auto_takes_dinov2_where_the_hub_answers(tmp_path: Path, checkpoint: Path) -> None:
    with serving(checkpoint) as address:
        answer = auto_in_a_process(tmp_path, HF_ENDPOINT=address)
    assert answer["name"] == "dinov2-small"
    assert "downloaded once (88 MB)" in answer["reason"]
    assert answer["heavy"] == []


def test_auto_gives_a_silent_hub_up_after_three_seconds(tmp_path: Path) -> None:
    with silent() as address:
        start = time.monotonic()
        answer = auto_in_a_process(tmp_path, HF_ENDPOINT=address)
        whole_process = time.monotonic() - start
    assert answer["name"] == "compact"
    assert "no hub within 3 s" in answer["reason"]
    assert "--encoder FOLDER" in answer["reason"]
    assert "\n" not in answer["reason"]
    assert 2.5 < answer["seconds"] < 15
    assert whole_process < answer["seconds"] + 15, "the question held up the process's end"


@pytest.mark.parametrize("offline", [False, True])
def test_auto_gives_up_at_once_where_nobody_listens_or_nobody_may_ask(
    tmp_path: Path, offline: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "HUB_PATIENCE_S", 60.0)
    start = time.monotonic()
    with client_of(tmp_path, offline=offline):
        assert resolve_auto().name == "compact"
    assert time.monotonic() - start < 15


def test_auto_is_told_by_the_environment_that_nobody_may_be_asked(
    tmp_path: Path, checkpoint: Path
) -> None:
    with serving(checkpoint) as address:
        answer = auto_in_a_process(tmp_path, HF_ENDPOINT=address, HF_HUB_OFFLINE="1")
    assert answer["name"] == "compact"


def test_auto_does_not_take_a_hub_that_lacks_the_model(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with serving(tmp_path / "empty") as address, client_of(tmp_path, address):
        assert resolve_auto().name == "compact"


def test_a_cache_without_weights_does_not_count(tmp_path: Path, checkpoint: Path) -> None:
    cached(tmp_path, checkpoint)
    next((tmp_path / "hub").rglob("model.safetensors")).unlink()
    with client_of(tmp_path):
        assert resolve_auto().name == "compact"


# Where each is


def where_each_is(home: Path, address: str = "") -> dict[str, str]:
    with client_of(home, address):
        return dict(availabilities(REGISTRY.values()))


def test_availability_tells_where_each_encoder_is(tmp_path: Path, checkpoint: Path) -> None:
    home, empty = tmp_path / "home", tmp_path / "empty"
    cached(home, checkpoint)
    here = where_each_is(home)
    assert list(here) == list(REGISTRY)
    assert here["dinov2-small"] == "on this machine"
    assert here["dinov2-base"].startswith("out of reach")
    assert here["compact"] == here["handcrafted"] == "built in"
    with serving(checkpoint) as address:
        there = where_each_is(empty, address)
    assert there["dinov2-small"] == "at the hub (not downloaded)"
    assert there["dinov2-base"].startswith("out of reach")
    nowhere = where_each_is(empty)
    assert nowhere["dinov2-small"].startswith("out of reach")
    assert nowhere["compact"] == nowhere["handcrafted"] == "built in"


def test_a_silent_hub_costs_three_seconds_for_all_encoders_together(tmp_path: Path) -> None:
    with silent() as address:
        start = time.monotonic()
        there = where_each_is(tmp_path, address)
        seconds = time.monotonic() - start
    assert sum(where.startswith("out of reach") for where in there.values()) > 5
    assert 2.5 < seconds < 5


def test_a_cache_that_lacks_a_shard_or_the_tokenizer_does_not_count(tmp_path: Path) -> None:
    shards = small_dinov2(tmp_path / "shards", max_shard_size="40KB")
    cut = cached(tmp_path, shards)
    clip = REGISTRY["clip-vit-b32"]
    assert clip.hub_id
    assert clip.revision
    deaf = cached(tmp_path, small_clip(tmp_path / "clip"), clip.hub_id, clip.revision)
    whole = where_each_is(tmp_path)
    assert whole["dinov2-small"] == whole["clip-vit-b32"] == "on this machine"
    next(cut.glob("model-00002-*.safetensors")).unlink()
    (deaf / "tokenizer.json").unlink()
    lacking = where_each_is(tmp_path)
    assert lacking["dinov2-small"].startswith("out of reach")
    assert lacking["clip-vit-b32"].startswith("out of reach")


# Loading


def test_a_registered_name_is_downloaded_once_and_then_loaded_without_the_hub(
    tmp_path: Path, checkpoint: Path, fingerprint: str
) -> None:
    expected = ("dinov2-small", HIDDEN_SIZE, fingerprint)
    with serving(checkpoint) as address, client_of(tmp_path, address):
        assert facts(load_encoder("dinov2-small")) == expected
    with client_of(tmp_path):
        assert facts(load_encoder("dinov2-small")) == expected


def test_a_cached_checkpoint_is_loaded_by_its_registered_and_by_its_hub_name(
    tmp_path: Path, checkpoint: Path, fingerprint: str
) -> None:
    cached(tmp_path, checkpoint)
    with client_of(tmp_path):
        for name in ("dinov2-small", HUB_ID):
            assert facts(load_encoder(name)) == (name, HIDDEN_SIZE, fingerprint)


def test_clip_is_had_from_the_one_commit_that_holds_no_pickle_alone(tmp_path: Path) -> None:
    spec = REGISTRY["clip-vit-b32"]
    clip = small_clip(tmp_path / "clip")
    (clip / "pytorch_model.bin").write_bytes(b"cposix\nsystem\n(S'false'\ntR.")
    (clip / "modeling.py").write_text("raise SystemExit")
    with (
        a_hub(clip, hub_id=spec.hub_id, revision=spec.revision) as hub,
        client_of(tmp_path / "home", hub.address),
    ):
        loaded = load_encoder(spec.name)
    expected = load_checkpoint(clip, spec.name)
    assert isinstance(loaded, TextEncoder)
    assert facts(loaded) == facts(expected)
    names = {path.rpartition("/")[2] for path in hub.asked if "/resolve/" in path}
    assert {"model.safetensors", "tokenizer.json", "preprocessor_config.json"} <= names
    assert names.isdisjoint({"pytorch_model.bin", "modeling.py"})


def test_a_revision_is_had_by_the_name_that_tells_it(
    tmp_path: Path, checkpoint: Path, fingerprint: str
) -> None:
    name = "some/model@refs/pr/5"
    with (
        serving(checkpoint, hub_id="some/model", revision="refs/pr/5") as address,
        client_of(tmp_path, address),
    ):
        assert facts(load_encoder(name)) == (name, HIDDEN_SIZE, fingerprint)
        with pytest.raises(EncoderError, match=r"^some/model: not on this machine"):
            load_encoder("some/model")
    with client_of(tmp_path):
        assert facts(load_encoder(name)) == (name, HIDDEN_SIZE, fingerprint)


def test_a_model_that_the_hub_has_as_a_pickle_alone_is_refused_with_a_way_out(
    tmp_path: Path, checkpoint: Path
) -> None:
    pickled = Path(shutil.copytree(checkpoint, tmp_path / "pickled"))
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with (
        a_hub(pickled, hub_id="some/model") as hub,
        client_of(tmp_path, hub.address),
        pytest.raises(EncoderError, match=r"^some/model: what the hub has of it holds no") as error,
    ):
        load_encoder("some/model")
    assert "some/model@refs/pr/NUMBER" in str(error.value)
    assert not any(path.endswith(".bin") for path in hub.asked)


def test_a_download_that_breaks_off_is_an_error_in_words(tmp_path: Path, checkpoint: Path) -> None:
    with serving(checkpoint, breaks_off=True) as address, client_of(tmp_path, address):
        name = resolve_auto().name
        with pytest.raises(EncoderError, match=f"^{HUB_ID}: not on this machine") as error:
            load_encoder(name)
    assert "--encoder FOLDER" in str(error.value)


def test_without_a_hub_an_explicit_name_is_an_error_in_words(tmp_path: Path) -> None:
    with (
        client_of(tmp_path),
        pytest.raises(EncoderError, match=f"^{HUB_ID}: not on this machine") as error,
    ):
        load_encoder("dinov2-small")
    assert "run again with a network" in str(error.value).lower()


def test_a_folder_is_loaded_by_its_path_and_again_by_the_encoder_s_name(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(checkpoint.parent)
    encoder = load_encoder(checkpoint.name)
    monkeypatch.chdir(tmp_path)
    again = load_encoder(encoder.name)
    assert again.fingerprint == encoder.fingerprint == load_encoder(str(checkpoint)).fingerprint
    assert again.dimension == HIDDEN_SIZE


@pytest.mark.parametrize("name", ["compact", "handcrafted"])
def test_a_built_in_encoder_is_loaded_by_its_name(name: str) -> None:
    encoder = load_encoder(name)
    vectors = encoder.encode([encoder.prepare(Image.new("RGB", (50, 40), "red"))])
    assert encoder.name == name
    assert vectors.shape == (1, REGISTRY[name].dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    "name", ["", "dinov2-smal", "no/such/folder", "../nowhere", "a b/c", "a/b@", "a/b@-c"]
)
def test_an_unknown_name_is_an_error_that_lists_the_known_ones(name: str) -> None:
    with pytest.raises(EncoderError, match=re.escape(", ".join(REGISTRY))):
        load_encoder(name)


def test_every_registered_encoder_says_what_it_is() -> None:
    for name, spec in REGISTRY.items():
        assert spec.name == name
        assert spec.dimension > 0
        assert spec.licence
        assert spec.summary
        assert (name == "handcrafted") == (spec.size_mb == 0)
