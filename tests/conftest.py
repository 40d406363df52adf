"""Fixtures that tests of several folders share."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.photo_server import PhotoServer

# What a shell runs in the background ignores Ctrl-C, and so would all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of converted encoders, also of all that the tests start: not the user's own."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("VITRINE_CACHE", str(folder))
        yield folder


@pytest.fixture
def photo_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[PhotoServer]:
    """A fresh photo server on loopback; see `tests/photo_server.py` for what it can do.

    Commands may fetch from it; what takes `FetchLimits` or a `Reach` is given `LOOPBACK`.
    """
    with PhotoServer() as server:
        monkeypatch.setenv("VITRINE_ALLOW_HOST", " ".join(server.endpoints))
        yield server
