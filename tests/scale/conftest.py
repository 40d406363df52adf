"""A server of milvus-lite's for all tests, and folders whose vectors are there."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.milvus_server import LiteServer
from vitrine.address import MilvusAddress
from vitrine.folder import IndexFolder

NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteServer]:
    """Not to be stopped; each test has collections of its own there."""
    with LiteServer(tmp_path_factory.mktemp("milvus")) as server:
        yield server


@pytest.fixture
def address(milvus: LiteServer) -> MilvusAddress:
    """A name that leads nowhere yet."""
    return MilvusAddress.parse(milvus.address(f"shop{next(NUMBERS)}"))


@pytest.fixture
def folder(tmp_path: Path, address: MilvusAddress) -> IndexFolder:
    """An empty one."""
    folder = IndexFolder(tmp_path / "index", address)
    folder.claim()
    return folder
