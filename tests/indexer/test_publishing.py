"""Publishing: whole, checked, switched once, and only when something changed."""

from __future__ import annotations

import json

import numpy as np
import pytest

from indexer.publishing import KEPT_GENERATIONS, is_published, publish
from indexer.rollback import RollbackError, generations, roll_back
from tests.generations import contents_of, product, random_unit_vectors
from vitrine.failures import FailureCode
from vitrine.folder import IndexFolder
from vitrine.snapshot import EncoderFacts, SnapshotError, open_snapshot


@pytest.fixture
def folder(tmp_path):
    folder = IndexFolder(tmp_path / "index")
    folder.claim()
    return folder


def some(count, start=0):
    return [product(number) for number in range(start, start + count)]


def test_the_manifest_says_what_the_generation_holds(folder):
    contents = contents_of(some(5), {"lost": FailureCode.HTTP_404, "slow": FailureCode.TIMEOUT})
    name = publish(folder, contents, random_unit_vectors(5))
    manifest = json.loads((folder.generation(name) / "manifest.json").read_text())
    assert manifest["products"] == 5
    assert manifest["dimension"] == 16
    facts = {"name": "handcrafted", "fingerprint": "f" * 64, "reads_text": False}
    assert manifest["encoder"] == facts
    assert manifest["index"] == {"kind": "flat", "recall": 1.0}
    assert manifest["catalogue"]["rows"] == 7
    assert manifest["failures"] == {"http_404": 1, "timeout": 1}
    assert set(manifest["files"]) == {"vector.index", "image_ids.json", "products.sqlite"}


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((5, 16), dtype=np.float32),
        np.full((5, 16), np.nan, dtype=np.float32),
        random_unit_vectors(4),
    ],
)
def test_what_fails_a_check_is_not_published_and_the_old_one_stays(folder, bad):
    good = publish(folder, contents_of(some(3)), random_unit_vectors(3))
    with pytest.raises(SnapshotError, match="was not published"):
        publish(folder, contents_of(some(5)), bad)
    assert folder.current_name() == good
    assert folder.generation_names() == [good]


def test_equal_contents_are_known_as_published_and_any_change_is_not(folder):
    publish(folder, contents_of(some(3), {"lost": FailureCode.HTTP_404}), random_unit_vectors(3))
    same = contents_of(some(3), {"lost": FailureCode.HTTP_404})
    assert is_published(folder, same)
    changed = [
        contents_of(some(3)),
        contents_of(some(2), {"lost": FailureCode.HTTP_404}),
        contents_of(some(3), {"lost": FailureCode.TIMEOUT}),
        contents_of(list(reversed(some(3))), {"lost": FailureCode.HTTP_404}),
        contents_of([*some(2), product(2, title="New")], {"lost": FailureCode.HTTP_404}),
        contents_of([*some(2), product(2, facts={})], {"lost": FailureCode.HTTP_404}),
        contents_of([*some(2), product(2, sha256="9" * 64)], {"lost": FailureCode.HTTP_404}),
        contents_of(
            some(3), {"lost": FailureCode.HTTP_404}, EncoderFacts(name="x", fingerprint="e" * 64)
        ),
    ]
    assert [is_published(folder, contents) for contents in changed] == [False] * len(changed)
    later = contents_of(some(3), {"lost": FailureCode.HTTP_404}, first_seen=[9.0, 9.0, 9.0])
    assert is_published(folder, later)


def test_only_a_few_old_generations_are_kept_and_the_current_one_among_them(folder):
    names = [
        publish(folder, contents_of(some(2, start)), random_unit_vectors(2)) for start in range(6)
    ]
    assert folder.current_name() == names[-1]
    assert folder.generation_names() == names[::-1][:KEPT_GENERATIONS]
    open_snapshot(folder.generation(names[-1]))


def test_a_damaged_generation_does_not_count_as_published(folder):
    contents = contents_of(some(3))
    name = publish(folder, contents, random_unit_vectors(3))
    path = folder.generation(name) / "vector.index"
    body = bytearray(path.read_bytes())
    body[-1] ^= 1
    path.write_bytes(body)
    assert not is_published(folder, contents)


def test_what_a_killed_run_left_unfinished_is_no_generation_and_is_cleared_away(folder):
    unfinished = folder.generation(".20200101T000000Z-dead")
    unfinished.mkdir()
    (unfinished / "manifest.json").write_text("{}")
    assert folder.generation_names() == []
    name = publish(folder, contents_of(some(2)), random_unit_vectors(2))
    assert [path.name for path in folder.generations.iterdir()] == [name]


def test_what_was_rolled_back_to_is_kept_beside_what_follows_it(folder):
    names = [
        publish(folder, contents_of(some(2, start)), random_unit_vectors(2)) for start in range(3)
    ]
    roll_back(folder, names[0])
    for start in (3, 4):
        new = publish(folder, contents_of(some(2, start)), random_unit_vectors(2))
        assert len(folder.generation_names()) == KEPT_GENERATIONS
        if start == 3:
            assert folder.generation_names() == [new, names[2], names[0]]


def test_a_generation_half_removed_by_a_killed_run_is_none(folder, monkeypatch):
    class Killed(BaseException):
        pass

    def kill(*_, **__):
        raise Killed

    for start in range(KEPT_GENERATIONS):
        publish(folder, contents_of(some(2, start)), random_unit_vectors(2))
    monkeypatch.setattr("shutil.rmtree", kill)
    with pytest.raises(Killed):
        publish(folder, contents_of(some(2, 9)), random_unit_vectors(2))
    monkeypatch.undo()
    assert len(folder.generation_names()) == KEPT_GENERATIONS
    for name in folder.generation_names():
        open_snapshot(folder.generation(name))
    publish(folder, contents_of(some(2, 10)), random_unit_vectors(2))
    assert len(list(folder.generations.iterdir())) == KEPT_GENERATIONS


class TestRollingBack:
    @pytest.fixture
    def names(self, folder):
        """Newest first."""
        made = [
            publish(folder, contents_of(some(2, start)), random_unit_vectors(2))
            for start in range(3)
        ]
        return made[::-1]

    def test_it_leads_to_the_one_before_and_then_to_the_one_before_that(self, folder, names):
        assert roll_back(folder).products == 2
        assert folder.current_name() == names[1]
        roll_back(folder)
        assert folder.current_name() == names[2]
        with pytest.raises(RollbackError, match="no generation older"):
            roll_back(folder)
        assert folder.generation_names() == names

    def test_a_name_or_its_beginning_leads_to_any_other(self, folder, names):
        roll_back(folder, names[2])
        assert folder.current_name() == names[2]
        roll_back(folder, names[0][:-3])
        assert folder.current_name() == names[0]
        for wanted, words in (
            (names[0], "is published already"),
            ("2", "3 generations begin so"),
            ("nonsense", f"no generation begins so. There are: {', '.join(names)}"),
            ("../..", "no generation begins so"),
        ):
            with pytest.raises(RollbackError, match=words):
                roll_back(folder, wanted)
        assert folder.current_name() == names[0]

    def test_what_fails_a_check_is_not_gone_back_to(self, folder, names):
        path = folder.generation(names[1]) / "vector.index"
        body = bytearray(path.read_bytes())
        body[-1] ^= 1
        path.write_bytes(body)
        with pytest.raises(RollbackError, match=f"{names[1]} is damaged.*hash of vector.index"):
            roll_back(folder)
        assert folder.current_name() == names[0]
        assert [g.is_current for g in generations(folder)] == [True, False, False]

    def test_a_manifest_that_cannot_be_read_is_listed_as_such(self, folder, names):
        (folder.generation(names[2]) / "manifest.json").write_text("{")
        listed = generations(folder)
        assert [g.name for g in listed] == names
        assert [g.problem is None for g in listed] == [True, True, False]
