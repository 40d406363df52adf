"""Which generation is served: none yet, a new one, a damaged one, an older one."""

from __future__ import annotations

import json
import logging
import re
import shutil
import threading
import time

import pytest

from app import create_app
from gallery.live import LiveSnapshot
from tests.generations import product, publish_products, random_unit_vectors
from vitrine.folder import IndexFolder
from vitrine.index import FlatIndex
from vitrine.snapshot import FORMAT_VERSION, open_snapshot

PATIENCE = 10  # seconds; a swap takes milliseconds


@pytest.fixture
def folder(tmp_path):
    return IndexFolder(tmp_path / "index")


@pytest.fixture
def client(folder):
    return create_app({"index": folder.root, "reload_seconds": 0}).test_client()


def publish(folder, letter, count=6):
    """A generation whose every id begins with the letter; returns its name."""
    products = [product(number, id=f"{letter}{number}") for number in range(count)]
    vectors = random_unit_vectors(count, seed=ord(letter))
    return publish_products(folder.root, vectors, products).name


def generation(client):
    answer = client.get("/healthz")
    return answer.json.get("generation")


def wait_for(client, name):
    until = time.monotonic() + PATIENCE
    while generation(client) != name:
        assert time.monotonic() < until, "the new generation was never served"
        time.sleep(0.01)


def flip_bit(folder, name, file="vector.index"):
    path = folder.generation(name) / file
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)


def test_a_generation_is_made_ready_before_it_is_served(folder, monkeypatch):
    ready = []

    def note(index):
        ready.append(index)

    monkeypatch.setattr(FlatIndex, "make_ready", note)
    publish(folder, "a")
    live = LiveSnapshot(folder, reload_seconds=0)
    snapshot = live.snapshot()
    assert ready == [snapshot.index]
    assert live.snapshot() is snapshot
    assert ready == [snapshot.index]


def test_a_new_generation_is_served_without_a_restart(client, folder):
    first = publish(folder, "a")
    assert generation(client) == first
    second = publish(folder, "b")
    wait_for(client, second)
    assert client.get("/get_similar?id=b0").status_code == 200
    assert client.get("/get_similar?id=a0").json["code"] == "unknown_product"


def test_a_rollback_is_served_too(client, folder):
    first, second = publish(folder, "a"), publish(folder, "b")
    assert generation(client) == second
    folder.switch(first)
    wait_for(client, first)


def test_no_answer_mixes_two_generations(folder):
    app = create_app({"index": folder.root, "reload_seconds": 0, "page_size": 500})
    names = [publish(folder, letter, count=60) for letter in "ab"]
    seen, mixed, stop = set(), [], threading.Event()

    def browse():
        client = app.test_client()
        while not stop.is_set():
            page = client.get("/").text
            letters = {letter for letter in "ab" if f'href="/item/{letter}' in page}
            seen.update(letters)
            if len(letters) != 1 or page.count('class="tile" href') != 60:
                mixed.append(letters)

    threads = [threading.Thread(target=browse) for _ in range(4)]
    for thread in threads:
        thread.start()
    rounds, until = 0, time.monotonic() + 30
    while rounds < 10 or (len(seen) < 2 and time.monotonic() < until):
        rounds += 1
        for name in names:
            folder.switch(name)
            time.sleep(0.03)
    stop.set()
    for thread in threads:
        thread.join()
    assert seen == {"a", "b"}
    assert mixed == []


@pytest.mark.parametrize("file", ["vector.index", "image_ids.json", "products.sqlite"])
def test_a_flipped_bit_leaves_the_last_good_generation_serving(client, folder, caplog, file):
    good = publish(folder, "a")
    assert generation(client) == good
    bad = publish(folder, "b")
    flip_bit(folder, bad, file)
    for _ in range(20):
        assert generation(client) == good
        time.sleep(0.01)
    assert client.get("/get_similar?id=a0").status_code == 200
    errors = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert len(errors) == 1
    assert bad in errors[0]
    assert f"hash of {file}: its bytes are not those that were published" in errors[0]
    assert f"Still serving generation {good}" in caplog.text
    third = publish(folder, "c")
    wait_for(client, third)


@pytest.mark.parametrize("has_served", [True, False])
def test_what_cannot_be_read_just_now_is_tried_again(
    client, folder, monkeypatch, caplog, has_served
):
    if has_served:
        first = publish(folder, "a")
        assert generation(client) == first
    failures = iter(range(3))

    def too_many_files(path, vectors):
        for _ in failures:
            raise OSError(24, "Too many open files")
        return open_snapshot(path, vectors)

    monkeypatch.setattr("gallery.live.open_snapshot", too_many_files)
    second = publish(folder, "b")
    wait_for(client, second)
    assert caplog.text.count("Too many open files") == 1


def test_a_cold_start_with_a_damaged_generation_serves_the_newest_good_one(folder, caplog):
    publish(folder, "a")
    good, bad = publish(folder, "b"), publish(folder, "c")
    flip_bit(folder, bad)
    client = create_app({"index": folder.root}).test_client()
    assert generation(client) == good
    assert bad in caplog.text
    assert f"Serving the older generation {good} instead" in caplog.text


def test_a_generation_that_was_rolled_back_from_is_no_substitute(folder):
    first, second = publish(folder, "a"), publish(folder, "b")
    folder.switch(first)
    flip_bit(folder, first)
    client = create_app({"index": folder.root}).test_client()
    assert client.get("/readyz").json["code"] == "no_index"
    assert second in folder.generation_names()


class TestNothingToServe:
    def test_no_index_says_which_command_makes_one(self, client):
        page = client.get("/")
        assert (page.status_code, page.mimetype) == (503, "text/html")
        assert "There is no index yet." in page.text
        assert "<code>python -m indexer build CATALOGUE --index FOLDER</code>" in page.text
        for path in ("/get_similar?id=a0", "/readyz"):
            assert client.get(path).json == {
                "error": "There is no index yet. "
                "Run: python -m indexer build CATALOGUE --index FOLDER",
                "code": "no_index",
                "status": 503,
            }
        (style,) = re.findall(r'href="(/static/[^"]+\.css)"', page.text)
        assert client.get(style, buffered=True).status_code == 200

    def test_the_default_folder_needs_no_option(self, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        assert "<code>python -m indexer</code>" in create_app().test_client().get("/").text

    def test_an_index_that_appears_later_is_served(self, client, folder):
        assert client.get("/").status_code == 503
        folder.root.mkdir()
        assert client.get("/").status_code == 503
        name = publish(folder, "a")
        assert generation(client) == name

    def test_a_folder_of_something_else(self, client, folder, caplog):
        folder.root.mkdir()
        (folder.root / "holiday.txt").write_text("beach")
        for _ in range(3):
            page = client.get("/")
            assert page.status_code == 503
            assert "holds other files" in page.text
            assert str(folder.root) not in page.text
        assert caplog.text.count(f"{folder.root} holds other files") == 1

    def test_a_file_instead_of_a_folder(self, client, folder):
        folder.root.write_text("no folder")
        assert "holds other files" in client.get("/").text

    def test_a_newer_format(self, client, folder, caplog):
        name = publish(folder, "a")
        manifest = folder.generation(name) / "manifest.json"
        facts = json.loads(manifest.read_text())
        manifest.write_text(json.dumps(facts | {"format_version": FORMAT_VERSION + 1}))
        page = client.get("/")
        assert page.status_code == 503
        assert "made by a newer Vitrine" in page.text
        assert str(folder.root) not in page.text
        assert f"has format version {FORMAT_VERSION + 1}" in caplog.text

    def test_an_older_format_until_the_indexer_has_run_again(self, client, folder, caplog):
        for letter in "ab":
            manifest = folder.generation(publish(folder, letter)) / "manifest.json"
            facts = json.loads(manifest.read_text())
            manifest.write_text(json.dumps(facts | {"format_version": 1}))
        page = client.get("/")
        assert page.status_code == 503
        assert "made by an older Vitrine" in page.text
        assert "<code>python -m indexer build CATALOGUE --index FOLDER</code>" in page.text
        assert str(folder.root) not in page.text
        assert client.get("/readyz").json["code"] == "no_index"
        assert "has format version 1" in caplog.text
        name = publish(folder, "c")
        assert generation(client) == name

    def test_nothing_but_damage(self, client, folder, caplog):
        name = publish(folder, "a")
        (folder.generation(name) / "vector.index").write_bytes(b"")
        assert "The index is damaged" in client.get("/").text
        assert client.get("/get_similar?id=a0").json["code"] == "no_index"
        assert caplog.text.count("Can't serve") == 1

    def test_a_generation_that_has_vanished(self, client, folder):
        shutil.rmtree(folder.generation(publish(folder, "a")))
        assert client.get("/").status_code == 503


def test_it_looks_no_more_often_than_it_was_told(folder, monkeypatch):
    publish(folder, "a")
    looks = []
    look = IndexFolder.current_name
    monkeypatch.setattr(IndexFolder, "current_name", lambda self: looks.append(1) or look(self))
    client = create_app({"index": folder.root, "reload_seconds": 60}).test_client()
    for _ in range(10):
        assert client.get("/healthz").status_code == 200
    assert len(looks) == 1


def test_what_is_served_goes_on_though_its_folder_has_been_cleared_away(client, folder):
    publish(folder, "a")
    before = client.get("/get_similar?id=a3").get_json()["results"]
    shutil.rmtree(folder.generations)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(client.get("/get_similar?id=a2")))
    thread.start()
    thread.join()
    assert answers[0].status_code == 200
    assert client.get("/get_similar?id=a3").get_json()["results"] == before
