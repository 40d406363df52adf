"""Addresses of collections, and where an index is that has one."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from app import main
from vitrine.address import AddressError, MilvusAddress
from vitrine.folder import IndexFolder


@pytest.mark.parametrize(
    ("text", "uri", "database", "collection", "token"),
    [
        ("milvus+http://host:19531/shop", "http://host:19531", "", "shop", ""),
        ("milvus+http://host/shop", "http://host:19530", "", "shop", ""),
        ("milvus+https://host/shop", "https://host:443", "", "shop", ""),
        ("milvus+http://[::1]:7/shop", "http://[::1]:7", "", "shop", ""),
        ("milvus+http://host/prod/shop", "http://host:19530", "prod", "shop", ""),
        ("milvus+http://me:s%40fe@host/shop", "http://host:19530", "", "shop", "me:s@fe"),
        ("milvus+vectors.db/shop", "vectors.db", "", "shop", ""),
        ("milvus+/var/lib/vectors.db/shop", "/var/lib/vectors.db", "", "shop", ""),
    ],
)
def test_an_address_names_a_collection_at_a_server_or_in_a_file(
    text, uri, database, collection, token
):
    found = MilvusAddress.parse(text)
    assert (found.uri, found.database, found.collection) == (uri, database, collection)
    assert found.token == token
    assert found.is_file == uri.endswith(".db")


def test_a_login_is_never_shown():
    for text in (
        "milvus+http://me:secret@host/shop",
        "milvus+http://me:secret@host/no shop",
        "milvus+http://me:sec/secret@host/shop",
    ):
        try:
            found = MilvusAddress.parse(text)
            shown = f"{found} {found!r}"
        except AddressError as error:
            shown = str(error)
        assert "secret" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "milvus+http://host",
        "milvus+http:///shop",
        "milvus+http://host:port/shop",
        "milvus+http://host:99999/shop",
        "milvus+http://host/1shop",
        "milvus+http://host/sh-op",
        "milvus+http://host/a/b/c",
        "milvus+vectors/shop",
        "milvus+vectors.db",
        "milvus+",
    ],
)
def test_what_is_none_is_refused_with_an_example(text):
    with pytest.raises(AddressError, match=r"names no collection.*milvus\+http://host:19530/shop"):
        MilvusAddress.parse(text)


def test_an_index_is_a_folder_or_a_folder_beside_a_collection():
    assert IndexFolder.at("my/index", Path("other")) == IndexFolder(Path("my/index"))
    found = IndexFolder.at("milvus+http://host/shop", Path("other"))
    assert found == IndexFolder(Path("other"), MilvusAddress.parse("milvus+http://host/shop"))
    assert str(found) == "other and milvus+http://host:19530/shop"


def test_the_gallery_says_so_too():
    done = CliRunner().invoke(main, ["--index", "milvus+nowhere"])
    assert done.exit_code == 2
    assert "names no collection of Milvus" in done.output
