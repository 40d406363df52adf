"""The store of asked photos: shared for a while, and then forgotten."""

from __future__ import annotations

import multiprocessing
import sqlite3
import stat
import threading
from pathlib import Path

import numpy as np
import pytest

from gallery import asked
from gallery.asked import AskedPhotos
from tests.generations import random_unit_vectors
from vitrine.folder import IndexFolder

NOON = 1_800_000_000.0
HOUR = 3600.0
VECTOR = random_unit_vectors(1)[0]
PALETTE = random_unit_vectors(1, dimension=8, seed=1)[0]
PREVIEW = b"RIFF a preview WEBP"


class Clock:
    """Tells the time that it was set to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def store(path: Path, clock: Clock, keeps_previews: bool = False) -> AskedPhotos:
    return AskedPhotos(path / "asked.sqlite", 24, keeps_previews, clock)


def keep(photos: AskedPhotos, fingerprint: str = "f" * 64, preview: bytes | None = PREVIEW):
    return photos.keep(VECTOR, PALETTE, fingerprint, 480, 640, preview)


def tokens(path: Path) -> list[str]:
    with sqlite3.connect(path / "asked.sqlite") as db:
        return [token for (token,) in db.execute("SELECT token FROM asked ORDER BY rowid")]


def test_a_photo_is_found_again_by_its_token(tmp_path, clock):
    photos = store(tmp_path, clock)
    kept = keep(photos)
    found = photos.get(kept.token, "f" * 64)
    assert found.token == kept.token
    assert (found.width, found.height) == (480, 640)
    assert found.vector.dtype == np.float32
    assert np.array_equal(found.vector, VECTOR)
    assert np.array_equal(found.palette, PALETTE)
    assert found.expires_at == kept.expires_at == NOON + 24 * HOUR


def test_it_is_found_by_another_process_and_after_a_restart(tmp_path, clock):
    kept = keep(store(tmp_path, clock))
    assert np.array_equal(store(tmp_path, clock).get(kept.token, "f" * 64).vector, VECTOR)


def test_a_store_of_an_older_gallery_is_begun_anew(tmp_path, clock):
    with sqlite3.connect(tmp_path / "asked.sqlite") as db:
        db.execute("CREATE TABLE asked (token TEXT PRIMARY KEY, expires_at REAL)")
        db.execute("INSERT INTO asked VALUES ('old', 9e9)")
    photos = store(tmp_path, clock)
    kept = keep(photos)
    assert np.array_equal(photos.get(kept.token, "f" * 64).palette, PALETTE)
    assert tokens(tmp_path) == [kept.token]


def test_tokens_cannot_be_guessed_from_each_other(tmp_path, clock):
    photos = store(tmp_path, clock)
    made = {keep(photos).token for _ in range(50)}
    assert len(made) == 50
    assert {len(token) for token in made} == {22}


@pytest.mark.parametrize("token", ["", "unknown", "' OR 1=1 --", "x" * 10_000, "\0", "é"])
def test_an_unknown_token_is_none(tmp_path, clock, token):
    photos = store(tmp_path, clock)
    keep(photos)
    assert photos.get(token, "f" * 64) is None


def test_a_photo_embedded_by_another_encoder_is_none(tmp_path, clock):
    photos = store(tmp_path, clock)
    kept = keep(photos, fingerprint="a" * 64)
    assert photos.get(kept.token, "b" * 64) is None
    assert photos.get(kept.token, "a" * 64) is not None


def test_a_photo_expires_to_the_second(tmp_path, clock):
    photos = store(tmp_path, clock)
    kept = keep(photos)
    clock.now = NOON + 24 * HOUR - 1
    assert photos.get(kept.token, "f" * 64) is not None
    clock.now = NOON + 24 * HOUR
    assert photos.get(kept.token, "f" * 64) is None


def test_what_has_expired_is_deleted_with_the_next_photo(tmp_path, clock):
    photos = store(tmp_path, clock)
    old = keep(photos)
    clock.now = NOON + 12 * HOUR
    middle = keep(photos)
    assert tokens(tmp_path) == [old.token, middle.token]
    clock.now = NOON + 30 * HOUR
    new = keep(photos)
    assert tokens(tmp_path) == [middle.token, new.token]


def test_beyond_the_limit_the_oldest_give_way(tmp_path, clock, monkeypatch):
    monkeypatch.setattr(asked, "MAX_PHOTOS", 3)
    photos = store(tmp_path, clock)
    kept = [keep(photos).token for _ in range(5)]
    assert tokens(tmp_path) == kept[2:]
    assert photos.get(kept[0], "f" * 64) is None
    assert photos.get(kept[4], "f" * 64) is not None


def test_a_preview_is_kept_only_if_the_owner_says_so(tmp_path, clock):
    photos = store(tmp_path, clock)
    kept = keep(photos)
    assert kept.preview is None
    assert photos.get(kept.token, "f" * 64).preview is None
    assert not [file for file in tmp_path.iterdir() if PREVIEW in file.read_bytes()]


def test_a_kept_preview_comes_back(tmp_path, clock):
    photos = store(tmp_path, clock, keeps_previews=True)
    assert photos.get(keep(photos).token, "f" * 64).preview == PREVIEW
    assert photos.get(keep(photos, preview=None).token, "f" * 64).preview is None


def test_an_owner_who_no_longer_keeps_photos_has_none_left(tmp_path, clock):
    kept = keep(store(tmp_path, clock, keeps_previews=True))
    photos = store(tmp_path, clock, keeps_previews=False)
    assert photos.get(kept.token, "f" * 64).preview is None


def test_an_expired_preview_is_overwritten_on_the_disk(tmp_path, clock):
    photos = store(tmp_path, clock, keeps_previews=True)
    keep(photos, preview=PREVIEW * 2000)
    clock.now = NOON + 30 * HOUR
    keep(photos, preview=None)
    with sqlite3.connect(tmp_path / "asked.sqlite") as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert PREVIEW not in (tmp_path / "asked.sqlite").read_bytes()


def test_nobody_else_on_the_machine_reads_the_file(tmp_path, clock):
    keep(store(tmp_path, clock))
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def test_an_index_folder_with_it_is_still_ours(tmp_path):
    folder = IndexFolder(tmp_path / "index")
    folder.claim()
    photos = AskedPhotos(folder.asked, 24, False)
    keep(photos)
    assert len([path for path in folder.root.iterdir() if path.name.startswith("asked")]) == 3
    assert folder.is_ours()


def test_nothing_is_written_before_it_is_needed(tmp_path, clock):
    store(tmp_path / "absent", clock)
    assert list(tmp_path.iterdir()) == []


def test_many_threads_keep_and_find_at_once(tmp_path, clock):
    photos = store(tmp_path, clock)
    vectors = random_unit_vectors(8)
    mismatches = []

    def work(number: int) -> None:
        for _ in range(25):
            kept = photos.keep(vectors[number], PALETTE, "f" * 64, number, number, None)
            found = photos.get(kept.token, "f" * 64)
            if found is None or not np.array_equal(found.vector, vectors[number]):
                mismatches.append(number)

    threads = [threading.Thread(target=work, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mismatches == []
    assert len(tokens(tmp_path)) == 200


def _keep_many(path: Path) -> None:
    photos = AskedPhotos(path / "asked.sqlite", 24, False)
    for _ in range(50):
        keep(photos)


def test_many_processes_keep_at_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_keep_many, args=[tmp_path]) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(tokens(tmp_path)) == 150


class TestWithoutAFile:
    """Where the file cannot be used, photos are remembered while the process lives."""

    def assert_it_remembers(self, photos: AskedPhotos, caplog: pytest.LogCaptureFixture) -> None:
        kept = [keep(photos) for _ in range(3)]
        for photo in kept:
            assert np.array_equal(photos.get(photo.token, "f" * 64).vector, VECTOR)
        assert photos.get("unknown", "f" * 64) is None
        assert caplog.text.count("Can't remember in") == 1

    def test_a_folder_that_is_not_there(self, tmp_path, clock, caplog):
        self.assert_it_remembers(store(tmp_path / "absent", clock), caplog)
        assert list(tmp_path.iterdir()) == []

    def test_something_else_in_its_place(self, tmp_path, clock, caplog):
        (tmp_path / "asked.sqlite").mkdir()
        self.assert_it_remembers(store(tmp_path, clock), caplog)

    def test_a_damaged_file(self, tmp_path, clock, caplog):
        (tmp_path / "asked.sqlite").write_bytes(b"not a database, but long enough for one" * 50)
        self.assert_it_remembers(store(tmp_path, clock), caplog)

    def test_a_damaged_file_that_is_first_read_from(self, tmp_path, clock, caplog):
        (tmp_path / "asked.sqlite").write_bytes(b"not a database, but long enough for one" * 50)
        photos = store(tmp_path, clock)
        assert photos.get("unknown", "f" * 64) is None
        self.assert_it_remembers(photos, caplog)

    def test_a_file_that_another_process_never_lets_go(self, tmp_path, clock, caplog, monkeypatch):
        monkeypatch.setattr(asked, "_LOCKED_SECONDS", 0.1)
        photos = store(tmp_path, clock)
        keep(photos)
        with sqlite3.connect(tmp_path / "asked.sqlite") as other:
            other.execute("BEGIN IMMEDIATE")
            self.assert_it_remembers(photos, caplog)

    def test_memory_holds_fewer(self, tmp_path, clock, monkeypatch):
        monkeypatch.setattr(asked, "MAX_PHOTOS_IN_MEMORY", 2)
        photos = store(tmp_path / "absent", clock)
        kept = [keep(photos).token for _ in range(4)]
        found = [photos.get(token, "f" * 64) is not None for token in kept]
        assert found == [False, False, True, True]
