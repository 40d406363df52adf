"""Encoders by name, with a loopback server in the hub's place and a cache of the test's own."""

from __future__ import annotations

import json
import os
import re
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

import numpy as np
import pytest
from PIL import Image

from tests.checkpoints import HIDDEN_SIZE, small_dinov2
from vitrine.encoders import REGISTRY, EncoderError, load_encoder
from vitrine.encoders.transformer import TransformerEncoder

HUB_ID = "facebook/dinov2-small"
COMMIT = "c0ffee" + "0" * 34


class Hub(ThreadingHTTPServer):
    """As much of the hub as a download asks for, serving one checkpoint's folder.

    `breaks_off` ends every answer that carries weights after a thousand bytes.
    """

    def __init__(self, folder: Path, breaks_off: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _HubHandler)
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
        path = self.path.partition("?")[0]
        name = path.rpartition("/")[2]
        if path.startswith(f"/api/models/{HUB_ID}/tree/"):
            body = json.dumps(
                [
                    {"type": "file", "path": file, "size": len(content), "oid": "b" * 40}
                    for file, content in self.server.files.items()
                ]
            ).encode()
        elif path.startswith(f"/api/models/{HUB_ID}"):
            body = json.dumps({"_id": "1", "id": HUB_ID, "sha": COMMIT, "siblings": []}).encode()
        elif path.startswith(f"/{HUB_ID}/resolve/") and name in self.server.files:
            body = self.server.files[name]
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{name}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if with_body and self.server.breaks_off and name.endswith(".safetensors"):
            self.wfile.write(body[:1000])
            self.close_connection = True
        elif with_body:
            self.wfile.write(body)


@contextmanager
def serving(folder: Path, **options: Any) -> Iterator[str]:
    with Hub(folder, **options) as hub:
        thread = Thread(target=hub.serve_forever, daemon=True)
        thread.start()
        try:
            yield hub.address
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


def cached(home: Path, checkpoint: Path) -> None:
    """Put the checkpoint where the hub's client keeps what it has downloaded."""
    repository = home / "hub" / f"models--{HUB_ID.replace('/', '--')}"
    snapshot = repository / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    for path in checkpoint.iterdir():
        (snapshot / path.name).write_bytes(path.read_bytes())
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)


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
WHERE = "{name: str(availability(spec)) for name, spec in REGISTRY.items()}"
LOADED = "(lambda e: [e.name, e.dimension, e.fingerprint])(load_encoder('dinov2-small'))"


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
    assert in_a_process(WHERE, home)["value"] == {
        "dinov2-small": "on this machine",
        "handcrafted": "built in",
    }
    with serving(checkpoint) as address:
        there = in_a_process(WHERE, empty, HF_ENDPOINT=address)["value"]
    assert there["dinov2-small"] == "at the hub (not downloaded)"
    nowhere = in_a_process(WHERE, empty, HF_ENDPOINT=refusing())["value"]
    assert nowhere["dinov2-small"].startswith("out of reach")
    assert nowhere["handcrafted"] == "built in"


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


@pytest.mark.parametrize("name", ["", "dinov2-smal", "no/such/folder", "../nowhere", "a b/c"])
def test_an_unknown_name_is_an_error_that_lists_the_known_ones(name: str) -> None:
    with pytest.raises(EncoderError, match=re.escape("dinov2-small, handcrafted")):
        load_encoder(name)


def test_every_registered_encoder_says_what_it_is() -> None:
    for name, spec in REGISTRY.items():
        assert spec.name == name
        assert spec.dimension > 0
        assert spec.licence
        assert spec.summary
        assert (spec.hub_id is None) == (spec.size_mb == 0)
