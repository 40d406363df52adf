"""The gallery answers the same from Milvus as from faiss; without an answer it says so, in time."""

from __future__ import annotations

import time

import pytest

from app import create_app
from indexer.amending import remove_products
from indexer.build import sole_indexer
from tests.gallery.conftest import index_wardrobe
from tests.generations import TYPES
from tests.milvus_server import LiteServer
from vitrine.address import MilvusAddress
from vitrine.folder import IndexFolder
from vitrine.index import LocalIndex
from vitrine.snapshot import open_current

for package in ("pymilvus", "milvus_lite"):
    pytest.importorskip(package, reason=f"{package} is not installed: make scale")

ADDRESSES = [
    "/get_similar?id=1003",
    "/get_similar?id=1003&k=40",
    "/get_similar?id=1005&Colour=Red&Colour=Blue",
    f"/get_similar?id=1005&ProductType={TYPES[0]}&Gender=Men",
    "/get_similar?id=1003&colour=0.4",
    "/get_similar?id=1003&colour=0.4&Colour=Red",
    "/get_similar?hex=c01020",
    "/get_similar?id=1003&more=1010&less=1011",
    "/?q=red&format=json",
    "/item/1003?q=shirts",
    "/item/1004?Colour=Red",
]
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One for these tests alone, as they stop it."""
    with LiteServer(tmp_path_factory.mktemp("own")) as server:
        yield server


@pytest.fixture(scope="module")
def there(server, tmp_path_factory):
    home = tmp_path_factory.mktemp("there")
    return index_wardrobe(home, IndexFolder(home / "index", MilvusAddress.parse(server.address())))


def client_of(folder):
    settings = {"client_searches": 0, "folder": folder.root}
    place = str(folder.vectors) if folder.vectors else str(folder.root)
    return create_app(settings | {"index": place}).test_client()


@pytest.fixture
def client(there, monkeypatch):
    monkeypatch.setenv("VITRINE_MILVUS_SECONDS", "10")  # other tests run beside these
    return client_of(there)


def without_generation(text, folder):
    return text.replace(folder.current_name(), "")


def told(answer):
    """The results, and what is beside them, but for how long it took and how it was rounded."""
    left_out = ("results", "similar_products", "took_ms")
    return answer["results"], {k: v for k, v in answer.items() if k not in left_out}


@pytest.mark.parametrize("address", ADDRESSES)
def test_answers_are_the_same(client, there, address, tmp_path):
    here = index_wardrobe(tmp_path, tmp_path / "index")
    assert isinstance(open_current(here).index, LocalIndex)
    found, wanted = client.get(address), client_of(here).get(address)
    assert found.status_code == wanted.status_code == 200
    if found.json is None:
        assert without_generation(found.text, there) == without_generation(wanted.text, here)
        return
    results, others = told(found.json)
    wanted_results, wanted_others = told(wanted.json)
    assert others == wanted_others
    assert [r["id"] for r in results] == [r["id"] for r in wanted_results]
    scores = [r["score"] for r in wanted_results]
    assert [r["score"] for r in results] == pytest.approx(scores, abs=2e-6)


def test_a_photo_finds_itself(client, there):
    photo = (there.root.parent / "1003.png").open("rb")
    answer = client.post("/get_similar", data={"image": (photo, "a.png")})
    assert answer.status_code == 200, answer.json
    assert answer.json["results"][0]["id"] == "1003"


def test_while_it_is_down_searches_are_503_and_afterwards_as_before(client, there, server):
    wanted = client.get("/get_similar?id=1003").json
    server.stop()
    try:
        for address in ("/get_similar?id=1006", "/item/1007", "/readyz", "/get_similar?id=1008"):
            began = time.monotonic()
            answer = client.get(address)
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) >= 1
            assert time.monotonic() - began < 5
        assert client.get("/get_similar?id=1006").json == {
            "error": "The search engine does not answer now. Try again in a moment.",
            "code": "index_unreachable",
            "status": 503,
        }
        # What needs no vector goes on.
        for address in ("/", "/?Colour=Red", "/?q=shirts", "/healthz"):
            assert client.get(address).status_code == 200
        # Started now, it says what is the matter.
        late = client_of(there)
        assert late.get("/readyz").json["code"] == "index_unreachable"
        # It is asked for again, and nobody waits for that.
        began = time.monotonic()
        for _ in range(5):
            assert late.get("/").status_code == 503
        assert time.monotonic() - began < 1
    finally:
        server.start()
    until = time.monotonic() + PATIENCE_S
    for started in (client, late):
        while started.get("/readyz").status_code != 200:
            assert time.monotonic() < until, "it does not recover"
            time.sleep(0.1)
        for address in ("/get_similar?id=1003", "/get_similar?id=1006"):
            assert started.get(address).status_code == 200
        assert told(started.get("/get_similar?id=1003").json) == told(wanted)


def test_what_is_published_meanwhile_is_taken_up(client, there):
    before = client.get("/get_similar?id=1003").json
    nearest = before["results"][0]["id"]
    with sole_indexer(there):
        remove_products(IndexFolder(there.root), [nearest])
    assert open_current(there).manifest.index.address == str(there.vectors)
    until = time.monotonic() + PATIENCE_S
    while client.get(f"/item/{nearest}").status_code != 404:
        assert time.monotonic() < until, "it still serves what was published before"
        time.sleep(0.1)
    after = client.get("/get_similar?id=1003").json
    assert [r["id"] for r in after["results"]][:3] == [r["id"] for r in before["results"]][1:4]
