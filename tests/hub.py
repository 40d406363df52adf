"""A model hub on loopback, and the hub's client turned to it and to a cache of the test's own."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote

import pytest

HUB_ID = "facebook/dinov2-small"
COMMIT = "c0ffee" + "0" * 34


@contextmanager
def client_of(home: Path, address: str = "", *, offline: bool = False) -> Iterator[None]:
    """The hub's client, as in a process that began with this address and with its cache in `home`.

    It reads its environment once, when it is imported, and these constants whenever it
    is used. Without an address, nobody listens where it asks.
    """
    from huggingface_hub import close_session, constants

    address = address or refusing()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setattr(constants, "ENDPOINT", address)
        template = "{repo_id}/resolve/{revision}/{filename}"
        patch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", f"{address}/{template}")
        patch.setattr(constants, "HF_HUB_CACHE", str(home / "hub"))
        patch.setattr(constants, "HF_HUB_OFFLINE", offline)
        close_session()  # one of before may know of proxies, or of being offline
        yield
    close_session()


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
