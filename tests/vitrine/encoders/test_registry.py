"""Encoders by name, with a loopback server in the hub's place and a cache of the test's own."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

from tests.checkpoints import HIDDEN_SIZE, small_clip, small_dinov2
from vitrine.encoders import REGISTRY, EncoderError, load_encoder
from vitrine.encoders.base import TextEncoder
from vitrine.encoders.transformer import TransformerEncoder, load_checkpoint

HUB_ID = "facebook/dinov2-small"
COMMIT = "c0ffee" + "0" * 34


class Hub(ThreadingHTTPServer):
    """As much of the hub as a download asks for, serving one checkpoint's folder.

    It is `hub_id`'s, and `revision` is the only one where given. `breaks_off` ends every
    answer that carries weights after a thousand bytes. `asked` has what was asked for.
    """

    def __init__(
        self, folder: Path, hub_id: str = HUB_ID, revision: str = "", breaks_off: bool = False
    ) -> None:
        super().__init__(("127.0.0.1", 0), _HubHandler)
        self.hub_id, self.revision = hub_id, revision
        self.commit = revision if re.fullmatch("[0-9a-f]{40}", revision) else COMMIT
        self.asked: list[str] = []
        self.files = {path.name: path.read_bytes() for path in folder.iterdir()}
        self.breaks_off = breaks_off
        self.address = f"http://127.0.0.1:{self.server_port}"


class _HubHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, with_body: bool) -> None:
        path = unquote(self.path.partition("?")[0])
        name = path.rpartition("/")[2]
        self.server.asked.append(path)
        hub_id, revision = self.server.hub_id, self.server.revision
        known = {revision, self.server.commit}
        if revision and not any(f"/{which}" in path for which in known):
            self.send_error(404)
            return
        if path.startswith(f"/api/models/{hub_id}/tree/"):
            body = json.dumps(
                [
                    {"type": "file", "path": file, "size": len(content), "oid": "b" * 40}
                    for file, content in self.server.files.items()
                ]
            ).encode()
        elif path.startswith(f"/api/models/{hub_id}"):
            body = json.dumps(
                {"_id": "1", "id": hub_id, "sha": self.server.commit, "siblings": []}
            ).encode()
        elif path.startswith(f"/{hub_id}/resolve/") and name in self.server.files:
            body = self.server.files[name]
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{name}"')
        self.send_header("X-Repo-Commit", self.server.commit)
        self.end_headers()
        if with_body and self.server.breaks_off and name.endswith(".safetensors"):
            self.wfile.write(body[:1000])
            self.close_connection = True
        elif with_body:
            self.wfile.write(body)


@contextmanager
def serving(folder: Path, **options: Any) -> Iterator[str]:
    with a_hub(folder, **options) as hub:
        yield hub.address


@contextmanager
def a_hub(folder: Path, **options: Any) -> Iterator[Hub]:
    with Hub(folder, **options) as hub:
        thread = Thread(target=hub.serve_forever, daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            hub.shutdown()
            thread.join()


@contextmanager
def silent() -> Iterator[str]:
    """A host that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def refusing() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_dinov2(tmp_path_factory.mktemp("checkpoint"))


def cached(home: Path, checkpoint: Path, hub_id: str = HUB_ID, commit: str = COMMIT) -> Path:
    """Put the checkpoint where the hub's client keeps what it has downloaded."""
    repository = home / "hub" / f"models--{hub_id.replace('/', '--')}"
    snapshot = repository / "snapshots" / commit
    snapshot.mkdir(parents=True)
    for path in checkpoint.iterdir():
        (snapshot / path.name).write_bytes(path.read_bytes())
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    return snapshot


def in_a_process(expression: str, home: Path, **environment: str) -> dict[str, Any]:
    """What `expression` gives in a process of its own, with this home for the hub's cache.

    The hub's client reads its environment once, when it is imported. Also gives the
    seconds it took (imports aside) and the heavy modules that it has loaded.
    """
    program = f"""if True:
        import json, sys, time
        from vitrine.encoders import *
        import huggingface_hub.file_download
        start = time.monotonic()
        try:
            value = {expression}
        except EncoderError as error:
            value = "EncoderError: " + str(error)
        seconds = time.monotonic() - start
        heavy = sorted({{"torch", "transformers"}} & set(sys.modules))
        print(json.dumps({{"value": value, "seconds": seconds, "heavy": heavy}}))
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


AUTO = "(lambda choice: [choice.name, choice.reason])(resolve_auto())"
WHERE = "availabilities(REGISTRY.values())"


def loaded(name: str) -> str:
    return f"(lambda e: [e.name, e.dimension, e.fingerprint])(load_encoder({name!r}))"


LOADED = loaded("dinov2-small")


# The choice that nobody made


def test_auto_takes_dinov2_from_this_machine_without_asking_anyone(
    tmp_path: Path, checkpoint: Path
) -> None:
    cached(tmp_path, checkpoint)
    with silent() as address:
        answer = in_a_process(AUTO, tmp_path, HF_ENDPOINT=address)
    name, reason = answer["value"]
    assert name == "dinov2-small"
    assert "on this machine" in reason
    assert answer["seconds"] < 1
    assert answer["heavy"] == []


def test_auto_takes_dinov2_where_the_hub_answers(tmp_path: Path, checkpoint: Path) -> None:
    with serving(checkpoint) as address:
        answer = in_a_process(AUTO, tmp_path, HF_ENDPOINT=address)
    name, reason = answer["value"]
    assert name == "dinov2-small"
    assert "downloaded once (88 MB)" in reason
    assert answer["heavy"] == []


def test_auto_gives_a_silent_hub_up_after_three_seconds(tmp_path: Path) -> None:
    with silent() as address:
        start = time.monotonic()
        answer = in_a_process(AUTO, tmp_path, HF_ENDPOINT=address)
        whole_process = time.monotonic() - start
    name, reason = answer["value"]
    assert name == "handcrafted"
    assert "no hub within 3 s" in reason
    assert "--encoder FOLDER" in reason
    assert "\n" not in reason
    assert 2.5 < answer["seconds"] < 4
    assert whole_process < answer["seconds"] + 8, "the question held up the process's end"


@pytest.mark.parametrize("offline", [False, True])
def test_auto_gives_up_at_once_where_nobody_listens_or_nobody_may_ask(
    tmp_path: Path, offline: bool
) -> None:
    environment = {"HF_HUB_OFFLINE": "1"} if offline else {"HF_ENDPOINT": refusing()}
    answer = in_a_process(AUTO, tmp_path, **environment)
    assert answer["value"][0] == "handcrafted"
    assert answer["seconds"] < 2


def test_auto_does_not_take_a_hub_that_lacks_the_model(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with serving(tmp_path / "empty") as address:
        answer = in_a_process(AUTO, tmp_path, HF_ENDPOINT=address)
    assert answer["value"][0] == "handcrafted"


def test_a_cache_without_weights_does_not_count(tmp_path: Path, checkpoint: Path) -> None:
    cached(tmp_path, checkpoint)
    next((tmp_path / "hub").rglob("model.safetensors")).unlink()
    answer = in_a_process(AUTO, tmp_path, HF_ENDPOINT=refusing())
    assert answer["value"][0] == "handcrafted"


# Where each is


def test_availability_tells_where_each_encoder_is(tmp_path: Path, checkpoint: Path) -> None:
    home, empty = tmp_path / "home", tmp_path / "empty"
    cached(home, checkpoint)
    here = in_a_process(WHERE, home, HF_ENDPOINT=refusing())["value"]
    assert list(here) == list(REGISTRY)
    assert here["dinov2-small"] == "on this machine"
    assert here["dinov2-base"].startswith("out of reach")
    assert here["handcrafted"] == "built in"
    with serving(checkpoint) as address:
        there = in_a_process(WHERE, empty, HF_ENDPOINT=address)["value"]
    assert there["dinov2-small"] == "at the hub (not downloaded)"
    assert there["dinov2-base"].startswith("out of reach")
    nowhere = in_a_process(WHERE, empty, HF_ENDPOINT=refusing())["value"]
    assert nowhere["dinov2-small"].startswith("out of reach")
    assert nowhere["handcrafted"] == "built in"


def test_a_silent_hub_costs_three_seconds_for_all_encoders_together(tmp_path: Path) -> None:
    with silent() as address:
        answer = in_a_process(WHERE, tmp_path, HF_ENDPOINT=address)
    assert sum(where.startswith("out of reach") for where in answer["value"].values()) > 5
    assert 2.5 < answer["seconds"] < 5


def test_a_cache_that_lacks_a_shard_or_the_tokenizer_does_not_count(tmp_path: Path) -> None:
    shards = small_dinov2(tmp_path / "shards", max_shard_size="40KB")
    cut = cached(tmp_path, shards)
    clip = REGISTRY["clip-vit-b32"]
    assert clip.hub_id
    assert clip.revision
    deaf = cached(tmp_path, small_clip(tmp_path / "clip"), clip.hub_id, clip.revision)
    whole = in_a_process(WHERE, tmp_path, HF_ENDPOINT=refusing())["value"]
    assert whole["dinov2-small"] == whole["clip-vit-b32"] == "on this machine"
    next(cut.glob("model-00002-*.safetensors")).unlink()
    (deaf / "tokenizer.json").unlink()
    lacking = in_a_process(WHERE, tmp_path, HF_ENDPOINT=refusing())["value"]
    assert lacking["dinov2-small"].startswith("out of reach")
    assert lacking["clip-vit-b32"].startswith("out of reach")


# Loading


def test_a_registered_name_is_downloaded_once_and_then_loaded_without_the_hub(
    tmp_path: Path, checkpoint: Path
) -> None:
    expected = ["dinov2-small", HIDDEN_SIZE, TransformerEncoder(checkpoint, "x").fingerprint]
    with serving(checkpoint) as address:
        assert in_a_process(LOADED, tmp_path, HF_ENDPOINT=address)["value"] == expected
    assert in_a_process(LOADED, tmp_path, HF_ENDPOINT=refusing())["value"] == expected


def test_a_cached_checkpoint_is_loaded_by_its_registered_and_by_its_hub_name(
    tmp_path: Path, checkpoint: Path
) -> None:
    cached(tmp_path, checkpoint)
    fingerprint = TransformerEncoder(checkpoint, "x").fingerprint
    both = f"[{LOADED}, {LOADED.replace('dinov2-small', HUB_ID)}]"
    assert in_a_process(both, tmp_path, HF_ENDPOINT=refusing())["value"] == [
        ["dinov2-small", HIDDEN_SIZE, fingerprint],
        [HUB_ID, HIDDEN_SIZE, fingerprint],
    ]


def test_clip_is_had_from_the_one_commit_that_holds_no_pickle_alone(tmp_path: Path) -> None:
    spec = REGISTRY["clip-vit-b32"]
    clip = small_clip(tmp_path / "clip")
    (clip / "pytorch_model.bin").write_bytes(b"cposix\nsystem\n(S'false'\ntR.")
    (clip / "modeling.py").write_text("raise SystemExit")
    with a_hub(clip, hub_id=spec.hub_id, revision=spec.revision) as hub:
        answer = in_a_process(loaded(spec.name), tmp_path / "home", HF_ENDPOINT=hub.address)
    expected = load_checkpoint(clip, "x")
    assert isinstance(expected, TextEncoder)
    assert answer["value"] == [spec.name, expected.dimension, expected.fingerprint]
    names = {path.rpartition("/")[2] for path in hub.asked if "/resolve/" in path}
    assert {"model.safetensors", "tokenizer.json", "preprocessor_config.json"} <= names
    assert names.isdisjoint({"pytorch_model.bin", "modeling.py"})


def test_a_revision_is_had_by_the_name_that_tells_it(tmp_path: Path, checkpoint: Path) -> None:
    name, fingerprint = "some/model@refs/pr/5", TransformerEncoder(checkpoint, "x").fingerprint
    with serving(checkpoint, hub_id="some/model", revision="refs/pr/5") as address:
        answer = in_a_process(loaded(name), tmp_path, HF_ENDPOINT=address)
        assert answer["value"] == [name, HIDDEN_SIZE, fingerprint]
        newest = in_a_process(loaded("some/model"), tmp_path, HF_ENDPOINT=address)
    assert newest["value"].startswith("EncoderError: some/model: not on this machine")
    again = in_a_process(loaded(name), tmp_path, HF_ENDPOINT=refusing())
    assert again["value"] == [name, HIDDEN_SIZE, fingerprint]


def test_a_model_that_the_hub_has_as_a_pickle_alone_is_refused_with_a_way_out(
    tmp_path: Path, checkpoint: Path
) -> None:
    pickled = Path(shutil.copytree(checkpoint, tmp_path / "pickled"))
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with a_hub(pickled, hub_id="some/model") as hub:
        answer = in_a_process(loaded("some/model"), tmp_path, HF_ENDPOINT=hub.address)
    assert answer["value"].startswith("EncoderError: some/model: what the hub has of it holds no")
    assert "some/model@refs/pr/NUMBER" in answer["value"]
    assert not any(path.endswith(".bin") for path in hub.asked)


def test_a_download_that_breaks_off_is_an_error_in_words(tmp_path: Path, checkpoint: Path) -> None:
    with serving(checkpoint, breaks_off=True) as address:
        answer = in_a_process(f"[{AUTO}[0], {LOADED}]", tmp_path, HF_ENDPOINT=address)
    assert answer["value"].startswith(f"EncoderError: {HUB_ID}: not on this machine")
    assert "--encoder FOLDER" in answer["value"]


def test_without_a_hub_an_explicit_name_is_an_error_in_words(tmp_path: Path) -> None:
    answer = in_a_process(LOADED, tmp_path, HF_ENDPOINT=refusing())
    assert answer["value"].startswith(f"EncoderError: {HUB_ID}: not on this machine")
    assert "run again with a network" in answer["value"].lower()


def test_a_folder_is_loaded_by_its_path_and_again_by_the_encoder_s_name(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(checkpoint.parent)
    encoder = load_encoder(checkpoint.name)
    monkeypatch.chdir(tmp_path)
    again = load_encoder(encoder.name)
    assert again.fingerprint == encoder.fingerprint == load_encoder(str(checkpoint)).fingerprint
    assert again.dimension == HIDDEN_SIZE


def test_the_built_in_encoder_is_loaded_by_its_name() -> None:
    encoder = load_encoder("handcrafted")
    vectors = encoder.encode([encoder.prepare(Image.new("RGB", (50, 40), "red"))])
    assert vectors.shape == (1, REGISTRY["handcrafted"].dimension)
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
        assert (spec.hub_id is None) == (spec.size_mb == 0)
