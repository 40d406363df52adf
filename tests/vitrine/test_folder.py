"""The index folder: ours or nobody's, and switched in one step."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from vitrine.folder import FolderError, IndexFolder, write_whole


def test_a_new_or_empty_folder_is_made_ready(tmp_path):
    for root in (tmp_path / "new" / "index", tmp_path / "empty"):
        if root.name == "empty":
            root.mkdir()
        IndexFolder(root).claim()
        assert (root / "generations").is_dir()


def test_a_folder_with_something_else_in_it_is_refused_and_left_alone(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"precious")
    with pytest.raises(FolderError, match="no index of Vitrine"):
        IndexFolder(tmp_path).claim()
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "index").write_text("")
    with pytest.raises(FolderError, match="is a file"):
        IndexFolder(tmp_path / "index").claim()


def test_switching_moves_all_links_to_the_new_generation(tmp_path):
    folder = IndexFolder(tmp_path)
    for name in ("one", "two"):
        folder.generation(name).mkdir(parents=True)
        (folder.generation(name) / "vector.index").write_text(name)
        folder.switch(name)
        assert folder.current_name() == name
        assert (tmp_path / "vector.index").read_text() == name
    leftovers = [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert leftovers == []


def test_there_is_a_current_generation_at_every_moment_of_a_switch(tmp_path):
    folder, names = IndexFolder(tmp_path), ("one", "two")
    folder.switch("one")
    seen, over = set(), threading.Event()

    def look():
        while not over.is_set():
            seen.add(folder.current_name())

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(400):
        folder.switch(names[number % 2])
    over.set()
    reader.join()
    assert seen == set(names)


def test_nothing_published_has_no_current_name(tmp_path):
    assert IndexFolder(tmp_path).current_name() is None
    assert IndexFolder(tmp_path).generation_names() == []


def test_a_generation_without_a_manifest_is_none(tmp_path):
    folder = IndexFolder(tmp_path)
    folder.generation("half").mkdir(parents=True)
    folder.generation("whole").mkdir()
    (folder.generation("whole") / "manifest.json").write_text("{}")
    assert folder.generation_names() == ["whole"]


def test_a_write_that_fails_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch):
    path = tmp_path / "a" / "file"
    write_whole(path, b"old")

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full_disk)
    monkeypatch.setattr("pathlib.Path.replace", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert len(list(path.parent.iterdir())) == 1


def test_a_switch_that_fails_leaves_the_old_one_and_no_rubbish(tmp_path, monkeypatch):
    folder = IndexFolder(tmp_path)
    folder.switch("one")

    def broken_disk(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("pathlib.Path.replace", broken_disk)
    with pytest.raises(OSError, match="Input/output"):
        folder.switch("two")
    assert folder.current_name() == "one"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_file_has_its_bytes_at_the_moment_it_has_its_name(tmp_path, monkeypatch):
    sizes = []
    replace = Path.replace

    def look(self, target):
        replace(self, target)
        sizes.append(Path(target).stat().st_size)

    monkeypatch.setattr(Path, "replace", look)
    write_whole(tmp_path / "small", b"few bytes")
    assert sizes == [9]


def test_a_folder_that_a_failed_start_left_behind_is_still_ours(tmp_path):
    folder = IndexFolder(tmp_path / "index")
    folder.claim()
    folder.lock.touch()
    folder.claim()
