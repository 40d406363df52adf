"""Publishing: whole, checked, switched once, and only when something changed."""

from __future__ import annotations

import json

import numpy as np
import pytest

from indexer.publishing import KEPT_GENERATIONS, is_published, publish
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
