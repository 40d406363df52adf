"""Publishing: whole, checked, switched once, and only when something changed."""

from __future__ import annotations

import json
from dataclasses import replace

import faiss
import numpy as np
import pytest

from indexer.indexing import IndexWish
from indexer.publishing import KEPT_GENERATIONS, is_published, publish
from indexer.rollback import RollbackError, generations, roll_back
from tests.generations import (
    clustered_unit_vectors,
    contents_of,
    product,
    random_unit_vectors,
)
from vitrine.failures import FailureCode
from vitrine.folder import IndexFolder
from vitrine.snapshot import (
    EncoderFacts,
    SnapshotError,
    file_hash,
    open_current,
    open_snapshot,
    verify,
)


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
    assert set(manifest["files"]) == {
        *("vector.index", "image_ids.json", "products.sqlite", "palettes.npy")
    }


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


@pytest.fixture(scope="module")
def vectors():
    return clustered_unit_vectors(TestIvf.COUNT, 16, clusters=40)


class TestIvf:
    """Above a threshold that the wish sets, here a small one."""

    COUNT = 2000
    WISH = IndexWish(recall=0.9, threshold=500)

    def publish(self, folder, vectors, wish=WISH, start=0):
        name = publish(folder, contents_of(some(len(vectors), start)), vectors, wish=wish)
        return open_snapshot(folder.generation(name))

    def centroids(self, folder):
        index = faiss.read_index(str(folder.root / "vector.index"))
        return index.quantizer.reconstruct_n(0, index.nlist)

    def test_above_the_threshold_and_not_below_it(self, folder, vectors):
        assert self.publish(folder, vectors[:500]).manifest.index.kind == "flat"
        assert self.publish(folder, vectors[:501]).manifest.index.kind == "ivf"
        assert self.publish(folder, vectors[:501], IndexWish()).manifest.index.kind == "flat"
        assert self.publish(folder, vectors, IndexWish("flat")).manifest.index.kind == "flat"
        assert self.publish(folder, vectors[:90], IndexWish("ivf")).manifest.index.kind == "ivf"

    def test_the_manifest_says_what_was_asked_and_what_was_measured(self, folder, vectors):
        snapshot = self.publish(folder, vectors)
        facts = snapshot.manifest.index
        assert facts.recall >= facts.asked == 0.9
        assert (facts.lists, facts.nprobe) == (snapshot.index.lists, snapshot.index.nprobe)
        assert 1 <= facts.nprobe < facts.lists
        assert facts.bits == 8
        assert [check for check in verify(folder.generation(snapshot.name)) if check.problem] == []

    def test_a_small_change_keeps_the_lists_and_a_large_one_does_not(self, folder, vectors):
        self.publish(folder, vectors)
        trained = self.centroids(folder)
        snapshot = self.publish(folder, vectors[20:], start=20)
        assert np.array_equal(self.centroids(folder), trained)
        assert snapshot.ids[0] == "p20"
        assert snapshot.index.vector(0) @ vectors[20] > 0.999
        self.publish(folder, vectors[: self.COUNT // 2])
        assert len(self.centroids(folder)) < len(trained)

    def test_lists_that_serve_no_longer_are_found_anew(self, folder, vectors):
        self.publish(folder, vectors)
        trained = self.centroids(folder)
        wish = replace(self.WISH, recall=0.97)  # more than as many lists reach
        assert self.publish(folder, vectors, wish, start=1).manifest.index.recall >= 0.97
        elsewhere = clustered_unit_vectors(self.COUNT, 16, clusters=40, seed=5)
        assert self.publish(folder, elsewhere, start=2).manifest.index.recall >= 0.9
        assert not np.array_equal(self.centroids(folder), trained)

    def test_numbers_have_the_bits_that_the_recall_takes(self, folder, vectors):
        facts = self.publish(folder, vectors, replace(self.WISH, recall=0.995)).manifest.index
        assert facts.bits == 16
        assert facts.recall >= 0.995

    def test_another_wish_is_not_met_by_what_is_published(self, folder, vectors):
        contents = contents_of(some(self.COUNT))
        publish(folder, contents, vectors, wish=self.WISH)
        assert is_published(folder, contents, self.WISH)
        assert is_published(folder, contents, IndexWish("ivf", recall=0.9))
        assert not is_published(folder, contents, IndexWish("ivf", recall=0.95))
        assert not is_published(folder, contents, IndexWish())
        assert IndexWish.like(open_current(folder).manifest.index) == IndexWish("ivf", 0.9)

    @pytest.mark.parametrize("bad", [np.nan, np.inf, 0, 0.5])
    def test_vectors_that_8_bits_would_hide_are_refused(self, folder, vectors, bad):
        good = self.publish(folder, vectors).name
        wrong = vectors.copy()
        wrong[7] = bad
        with pytest.raises(SnapshotError, match="was not published"):
            self.publish(folder, wrong, start=1)
        assert folder.generation_names() == [good]

    def test_fewer_lists_searched_than_stated_is_noticed(self, folder, vectors):
        snapshot = self.publish(folder, vectors, replace(self.WISH, recall=0.99))
        home = folder.generation(snapshot.name)
        index = faiss.read_index(str(home / "vector.index"))
        index.nprobe = 1
        faiss.write_index(index, str(home / "vector.index"))
        manifest = json.loads((home / "manifest.json").read_text())
        manifest["files"]["vector.index"] = file_hash(home / "vector.index")
        del manifest["seal"]
        (home / "manifest.json").write_text(json.dumps(manifest))
        assert [check.name for check in verify(home) if check.problem] == [
            "lists, and how many are searched, are the manifest's",
            "recall is the manifest's",
        ]
        manifest["index"] = {"kind": "flat", "recall": 1}
        (home / "manifest.json").write_text(json.dumps(manifest))
        with pytest.raises(SnapshotError, match="index is of the manifest's kind"):
            open_snapshot(home)
