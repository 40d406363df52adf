"""Fixtures that tests of several folders share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.photo_server import PhotoServer


@pytest.fixture
def photo_server() -> Iterator[PhotoServer]:
    """A fresh photo server on loopback; see `tests/photo_server.py` for what it can do."""
    with PhotoServer() as server:
        yield server
