"""Watching a catalogue: what is noticed, what is waited out, and that the gallery shows it."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from watchfiles import Change

from app import create_app
from indexer import watching
from indexer.build import build, sole_indexer
from indexer.watching import Scope, Watch, follow
from tests.drawings import photo_bytes
from tests.indexer.conftest import QUICK, Counting
from tests.photo_server import Reply
from vitrine.catalogue import CatalogueError
from vitrine.encoders.handcrafted import HandcraftedEncoder
from vitrine.folder import FolderError
from vitrine.sources import read_source

SOON = 20.0  # far more than anything here takes


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(watching, "SETTLE_MS", 100)
    monkeypatch.setattr(watching, "GROUP_MS", 20)


@pytest.fixture
def home(tmp_path):
    """A folder with a catalogue of two local photos, and an index folder in it."""
    home = tmp_path / "shop"
    (home / "photos").mkdir(parents=True)
    (home / "index").mkdir()
    for number in range(3):
        (home / "photos" / f"{number}.png").write_bytes(photo_bytes(number))
    write(home, 0, 1)
    return home


def write(home, *numbers):
    rows = "".join(f"p{number},photos/{number}.png\n" for number in numbers)
    (home / "shop.csv").write_text("ProductId,ImageURL\n" + rows)


def scope_of(given, home):
    return Scope.of(read_source(given), home / "index")


class Script:
    """A source that does the next thing of a list whenever it builds, and at last is stopped."""

    def __init__(self, given, *steps) -> None:
        self.given = str(given)
        self.steps = list(steps)
        self.built: list[list[str]] = []
        self.went_on: list[bool] = []
        self.said: list[str] = []
        self.answers: dict[str, Callable[[], object]] = {}

    def read(self):
        return read_source(self.given)

    def build(self, catalogue, *, goes_on):
        self.built.append([product.id for product in catalogue.products])
        self.went_on.append(goes_on)
        if not self.steps:
            raise KeyboardInterrupt
        self.steps.pop(0)()

    def say(self, words):
        self.said.append(words)
        for beginning, answer in self.answers.items():
            if beginning in words:
                answer()

    def run(self, home, every=0.2):
        with pytest.raises(KeyboardInterrupt):
            follow(self, self.given, home / "index", every)
        return self.built


def nothing():
    pass


@pytest.mark.parametrize(
    ("path", "change", "belongs"),
    [
        ("shop.csv", Change.modified, True),
        ("shop.csv", Change.deleted, True),
        ("photos/1.png", Change.modified, True),
        ("photos/1.png", Change.deleted, True),
        ("photos", Change.added, True),
        ("photos", Change.modified, False),
        ("photos/2.png", Change.added, False),
        ("other.csv", Change.added, True),
        (".shop.csv.swp", Change.modified, False),
        ("notes.txt", Change.added, False),
        ("index/photos/ab/1.png", Change.added, False),
        ("index/styles.csv", Change.added, False),
    ],
)
def test_of_a_table_itself_and_its_photos_are_watched(home, path, change, belongs):
    assert scope_of(home / "shop.csv", home).has(str(home / path), change) is belongs


@pytest.mark.parametrize(
    ("path", "belongs"),
    [
        ("new.png", True),
        ("photos/deep/down/new.png", True),
        ("photos", True),
        (".new.png.part", False),
        ("index/thumbs/ab/1.webp", False),
    ],
)
def test_of_a_folder_of_photos_all_but_the_index_is_watched(home, path, belongs):
    (home / "shop.csv").unlink()
    scope = scope_of(home, home)
    assert scope.is_deep
    assert scope.has(str(home / path), Change.added) is belongs


def test_where_all_photos_are_of_the_web_no_sub_folder_is_watched(home):
    (home / "shop.csv").write_text("ProductId,ImageURL\n1,https://photos.test/1.png\n")
    scope = scope_of(home / "shop.csv", home)
    assert not scope.is_deep
    assert scope.has(str(home / "shop.csv"), Change.modified)


def test_changes_are_noticed_whoever_waits_and_none_of_the_index_or_of_others(home):
    with Watch(str(home / "shop.csv"), scope_of(home / "shop.csv", home)) as watch:
        assert watch.wait(0) == {}
        (home / "index" / "ledger.sqlite").write_bytes(b"ours")
        (home / "notes.txt").write_text("not ours")
        (home / "photos" / "1.png").write_bytes(photo_bytes(9))
        assert set(watch.wait(SOON)) == {str(home / "photos" / "1.png")}
        (home / "photos" / "0.png").unlink()
        assert set(watch.wait(SOON)) == {str(home / "photos" / "0.png")}
        replacement = home / ".new"
        replacement.write_text("ProductId,ImageURL\np2,photos/2.png\n")
        replacement.replace(home / "shop.csv")
        assert set(watch.wait(SOON)) == {str(home / "shop.csv")}


def test_a_file_that_is_still_being_written_is_waited_for(home, monkeypatch):
    """Each piece comes sooner than it would take a file to be thought complete."""
    with Watch(str(home / "shop.csv"), scope_of(home / "shop.csv", home)) as watch:
        pieces = iter(range(3))
        notice = watch._notice

        def notice_and_go_on_writing():
            noticed = notice()
            if next(pieces, None) is not None:
                with (home / "shop.csv").open("a") as file:
                    file.write("p2,photos/2.png\n")
            return noticed

        monkeypatch.setattr(watch, "_notice", notice_and_go_on_writing)
        (home / "shop.csv").write_text("ProductId,ImageURL\n")
        assert watch.wait(SOON)
        assert next(pieces, None) is None


def test_a_link_that_leads_elsewhere_is_a_change(home, tmp_path):
    link = tmp_path / "current.csv"
    link.symlink_to(home / "shop.csv")
    other = home / "photos" / "other.csv"
    other.write_text("ProductId,ImageURL\np9,9.png\n")

    def lead_elsewhere():
        link.unlink()
        link.symlink_to(other)

    assert Script(link, lead_elsewhere).run(home) == [["p0", "p1"], ["p9"]]


def test_a_change_while_building_is_not_lost(home):
    script = Script(home / "shop.csv", lambda: write(home, 0, 1, 2), lambda: write(home, 2))
    assert script.run(home) == [["p0", "p1"], ["p0", "p1", "p2"], ["p2"]]
    assert script.went_on == [False, True, True]
    assert "shop.csv has changed." in script.said


def test_a_photo_in_a_new_sub_folder_is_found(home):
    (home / "shop.csv").unlink()

    def drop():
        (home / "Hats" / "Straw").mkdir(parents=True)
        (home / "Hats" / "Straw" / "new.png").write_bytes(photo_bytes(7))

    assert Script(home, drop).run(home)[1][0] == "Hats/Straw/new.png"


@pytest.mark.parametrize("content", ["", "ProductId,ImageURL\n", None])
def test_a_catalogue_that_is_half_saved_is_told_of_and_waited_out(home, content):
    def save_half():
        if content is None:
            (home / "shop.csv").unlink()
        else:
            (home / "shop.csv").write_text(content)

    script = Script(home / "shop.csv", save_half)
    script.answers["Waiting for another change"] = lambda: write(home, 0, 1, 2)
    assert script.run(home) == [["p0", "p1"], ["p0", "p1", "p2"]]
    assert sum("Waiting for another change" in words for words in script.said) == 1


def test_a_folder_that_is_replaced_is_watched_again(home, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(home, copy)

    def change_photo():
        (home / "photos" / "1.png").write_bytes(photo_bytes(9))

    script = Script(home / "shop.csv", lambda: shutil.rmtree(home), change_photo)
    script.answers["There is no catalogue"] = lambda: copy.rename(home)
    assert script.run(home) == [["p0", "p1"]] * 3
    assert "1.png has changed." in script.said


def test_an_index_that_is_busy_is_tried_again(home, monkeypatch):
    monkeypatch.setattr(watching, "RETRY_S", 0.1)

    def busy():
        raise FolderError("The index is being written by process 1.")

    script = Script(home / "shop.csv", lambda: write(home, 2), busy, busy)
    assert script.run(home) == [["p0", "p1"], ["p2"], ["p2"], ["p2"]]
    assert sum("process 1" in words for words in script.said) == 1


def test_what_is_wrong_at_the_start_ends_it(home):
    (home / "shop.csv").write_text("")
    with pytest.raises(CatalogueError, match="is empty"):
        follow(Script(home / "shop.csv"), str(home / "shop.csv"), home / "index", 1)


def test_ctrl_c_while_nothing_changes_is_an_end_like_any_other(home):
    script = Script(home / "shop.csv", nothing)
    script.answers["Watching"] = lambda: signal.setitimer(signal.ITIMER_REAL, 0.3)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        follow(script, script.given, home / "index", 1)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert script.built == [["p0", "p1"]]


def test_once_a_day_every_host_is_asked_again(home, monkeypatch):
    monkeypatch.setattr(watching, "FRESH_S", 0.3)
    script = Script(home / "shop.csv", nothing)
    script.run(home)
    assert script.went_on == [False, False]


def test_a_catalogue_at_a_url_is_read_now_and_then_and_built_where_it_has_changed(
    home, photo_server
):
    def serve(*ids):
        rows = "".join(f"{i},{photo_server.url(f'/{i}.png')}\n" for i in ids)
        body = f"ProductId,ImageURL\n{rows}".encode()
        photo_server.replies["/shop.csv"] = Reply(body, content_type="text/csv")

    serve("a")
    reads = photo_server.counts

    class Shop(Script):
        def read(self):
            if reads["/shop.csv"] == 4:
                serve("a", "b")
            return super().read()

    script = Shop(photo_server.url("/shop.csv"), nothing)
    assert script.run(home, every=0.05) == [["a"], ["a", "b"]]
    assert reads["/shop.csv"] == 5


def test_what_goes_on_asks_no_host_again(shop):
    shop.offer(range(3))
    shop.urls["gone"] = shop.server.url("/404")
    shop.build()
    shop.offer(range(3, 4))
    shop.write_catalogue()
    shop.server.counts.clear()
    with sole_indexer(shop.folder):
        outcome = build(
            read_source(shop.catalogue),
            shop.folder,
            HandcraftedEncoder(),
            QUICK,
            Counting(),
            goes_on=True,
        )
    assert shop.server.counts == {"/3.png": 1}
    assert [f.product.id for f in outcome.failed] == ["gone"]
    assert outcome.indexed == 4
    shop.build()
    assert set(shop.server.counts) == {"/0.png", "/1.png", "/2.png", "/3.png", "/404"}


def until(true) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + SOON
    while not true():
        assert time.monotonic() < deadline, "it has not come to that"
        time.sleep(0.02)


@contextlib.contextmanager
def watching_process(given, home):
    """`build --watch` in a process of its own, ended as an owner ends it; yields its words."""
    command = [sys.executable, "-m", "indexer", "build", str(given), "--watch"]
    options = ["--index", str(home / "index"), "--encoder", "handcrafted"]
    words = home.parent / "words.txt"
    with (
        words.open("w") as file,
        subprocess.Popen([*command, *options], stdout=file, stderr=file) as process,
    ):
        try:
            yield words
            process.send_signal(signal.SIGINT)
            process.wait(SOON)
        finally:
            process.kill()
    assert process.returncode == 0, words.read_text()
    assert "Stopped watching" in words.read_text()
    assert "Traceback" not in words.read_text()


@pytest.mark.parametrize("source", ["a row", "a photo"])
def test_a_running_gallery_shows_what_comes_to_a_watched_catalogue(home, source):
    given = home / "shop.csv"
    if source == "a photo":
        given.unlink()
        given = home
    client = create_app({"index": home / "index", "reload_seconds": 0}).test_client()

    def products():
        return client.get("/api/index").get_json()["products"]

    with watching_process(given, home) as words:
        until(lambda: "Watching" in words.read_text())
        before = products()
        if source == "a row":
            with given.open("a") as file:
                file.write("p2,photos/2.png\n")
        else:
            (home / "photos" / "new.png").write_bytes(photo_bytes(5))
        until(lambda: products() == before + 1)
        new = "p2" if source == "a row" else "photos/new.png"
        answer = client.get("/get_similar", query_string={"id": new})
        assert len(answer.get_json()["results"]) == before
        until(lambda: words.read_text().count("Published") == 2)


def test_a_watched_catalogue_that_loses_most_of_its_rows_takes_nothing_away(home):
    write(home, 0, 1, 2)
    client = create_app({"index": home / "index", "reload_seconds": 0}).test_client()
    with watching_process(home / "shop.csv", home) as words:
        until(lambda: "Watching" in words.read_text())
        write(home, 0)
        until(lambda: "Waiting for another change" in words.read_text())
        said = " ".join(words.read_text().split())
        assert "shop.csv has 1 of the 3 products that are published" in said
        assert "run again with --yes" in said
        assert client.get("/api/index").get_json()["products"] == 3
        write(home, 1, 2)
        # The gallery goes on with what it has while it opens what is newer.
        until(lambda: client.get("/api/index").get_json()["products"] == 2)
        until(lambda: "Published 2 products" in words.read_text())
