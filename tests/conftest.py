"""Fixtures that tests of several folders share."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.photo_server import PhotoServer

# What a shell runs in the background ignores Ctrl-C, and so would all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def photo_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[PhotoServer]:
    """A fresh photo server on loopback; see `tests/photo_server.py` for what it can do.

    Commands may fetch from it; what takes `FetchLimits` or a `Reach` is given `LOOPBACK`.
    """
    with PhotoServer() as server:
        monkeypatch.setenv("VITRINE_ALLOW_HOST", " ".join(server.endpoints))
        yield server
