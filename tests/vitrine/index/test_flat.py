"""Exact search, checked against a plain matrix product."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import pytest

from tests.generations import clustered_unit_vectors, random_unit_vectors
from vitrine.encoders.base import normalised
from vitrine.index import KEPT_RANKINGS, Filter, FlatIndex, flat, read_index


def exact(vectors, query, k, allowed=None):
    """Rows by descending cosine, equal ones in row order: the definition, in float64."""
    scores = np.round(vectors.astype(np.float64) @ query.astype(np.float64), 6)
    rows = np.arange(len(vectors)) if allowed is None else np.flatnonzero(allowed)
    best = rows[np.lexsort((rows, -scores[rows]))][:k]
    return list(best)


@pytest.fixture(scope="module")
def vectors():
    return random_unit_vectors(500, 24)


@pytest.fixture(scope="module", params=["as they are", "by codes"])
def index(request, vectors):
    return FlatIndex.build(vectors) if request.param == "as they are" else by_codes(vectors)


def by_codes(vectors):
    """An index that finds candidates by their codes, few as they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flat, "LARGE", 1)
        index = FlatIndex.build(vectors)
        assert index._codes is not None
    return index


def test_search_gives_the_exact_order_with_cosines(vectors, index):
    for row in range(0, 500, 25):
        found = index.search(vectors[row], 10)
        assert [n.row for n in found] == exact(vectors, vectors[row], 10)
        for neighbour in found:
            cosine = float(vectors[neighbour.row] @ vectors[row])
            assert neighbour.score == pytest.approx(cosine, abs=2e-6)


@pytest.mark.parametrize("share", [0.004, 0.1, 0.5, 0.99])
def test_search_is_exact_under_any_filter(vectors, index, share):
    allowed = np.random.default_rng(1).random(500) < share
    for row in range(0, 500, 50):
        found = index.search(vectors[row], 7, Filter.by(allowed))
        assert [n.row for n in found] == exact(vectors, vectors[row], 7, allowed)


@pytest.mark.parametrize("best_or_worst", [1, -1])
def test_search_is_exact_where_a_wide_filter_keeps_one_end_of_the_order(
    vectors, index, best_or_worst
):
    for row in range(0, 500, 50):
        in_order = np.argsort(-best_or_worst * (vectors @ vectors[row]))
        allowed = np.zeros(500, dtype=bool)
        allowed[in_order[:150]] = True
        found = index.search(vectors[row], 7, Filter.by(allowed))
        assert [n.row for n in found] == exact(vectors, vectors[row], 7, allowed)


def test_k_beyond_what_is_allowed_gives_all_of_it_and_never_minus_one(vectors, index):
    assert len(index.search(vectors[0], 10_000)) == 500
    allowed = np.zeros(500, dtype=bool)
    allowed[[3, 77]] = True
    assert {n.row for n in index.search(vectors[0], 100, Filter.by(allowed))} == {3, 77}


def test_nothing_allowed_gives_nothing(vectors, index):
    assert index.search(vectors[0], 5, Filter.by(np.zeros(500, dtype=bool))) == []


@pytest.mark.parametrize("made", [FlatIndex.build, by_codes])
def test_equal_scores_come_in_row_order_even_across_the_edge_of_k(made):
    vectors = random_unit_vectors(300, 8)
    same = [5, 50, 120, 121, 122, 200, 250, 251, 299]
    vectors[same] = vectors[5]
    index = made(vectors)
    for k in range(1, len(same) + 1):
        assert [n.row for n in index.search(vectors[5], k)] == same[:k]


def test_an_identical_vector_scores_exactly_one(vectors, index):
    assert index.search(vectors[42], 1)[0].score == 1.0


def test_what_is_written_is_read_back_by_us_and_by_faiss(vectors, index, tmp_path):
    path = tmp_path / "vector.index"
    index.write(path)
    again = read_index(path)
    assert np.array_equal(again.vectors(), vectors)
    assert faiss.read_index(str(path)).ntotal == 500
    assert np.array_equal(again.vector(7), vectors[7])


def test_reading_something_else_is_refused(tmp_path):
    path = tmp_path / "vector.index"
    path.write_bytes(b"no index at all")
    with pytest.raises(ValueError, match="cannot read"):
        read_index(path)
    faiss.write_index(faiss.IndexFlatL2(4), str(path))
    with pytest.raises(ValueError, match="no flat or IVF-SQ inner-product index"):
        read_index(path)


class TestRanking:
    def test_it_is_the_exact_order_of_all_rows_with_every_rows_score(self, vectors, index):
        for row in range(0, 500, 100):
            ranking = index.ranking(vectors[row])
            assert list(ranking.rows) == exact(vectors, vectors[row], 500)
            assert np.allclose(ranking.scores, vectors @ vectors[row], atol=2e-6)

    def test_it_agrees_with_search_where_many_are_equal(self):
        vectors = random_unit_vectors(60, 8)
        vectors[10:50] = vectors[3]
        index = FlatIndex.build(vectors)
        ranking = index.ranking(vectors[3])
        for k in (1, 7, 41, 60):
            found = index.search(vectors[3], k)
            assert [n.row for n in found] == list(ranking.rows[:k])
            assert [n.score for n in found] == list(ranking.scores[ranking.rows[:k]])

    def test_the_last_few_are_remembered_and_nobody_changes_them(self, vectors, index):
        first = index.ranking(vectors[0])
        assert index.ranking(vectors[0].copy()) is first
        for row in range(1, KEPT_RANKINGS + 1):
            index.ranking(vectors[row])
        assert index.ranking(vectors[0]) is not first
        with pytest.raises(ValueError, match="read-only"):
            first.rows[0] = 1


class TestNearestOthers:
    def test_they_are_what_search_finds_for_the_rows_vector_without_the_row(self, index):
        for row in range(0, 500, 25):
            for k in (1, 12, 499, 600):
                found = index.search(index.vector(row), k, left_out=[row])
                assert index.nearest_others(row, k) == found
                assert index.nearest_others(row, k) == found

    def test_those_asked_for_again_are_remembered(self, vectors, monkeypatch):
        index = FlatIndex.build(vectors)
        found = index.nearest_others(3, 12)
        monkeypatch.setattr(index, "_candidates", None)
        assert index.nearest_others(3, 12) == found
        with pytest.raises(TypeError):
            index.nearest_others(3, 13)

    def test_nobody_changes_what_is_remembered(self, index):
        found = index.nearest_others(3, 12)
        index.nearest_others(3, 12).clear()
        assert index.nearest_others(3, 12) == found

    def test_the_only_row_has_none(self):
        assert FlatIndex.build(random_unit_vectors(1)).nearest_others(0, 12) == []


def test_a_full_disk_is_told_of_also_for_the_last_bytes(tmp_path):
    index = FlatIndex.build(random_unit_vectors(3))
    with pytest.raises(OSError, match="No space left"):
        index.write(Path("/dev/full"))
    index.write(tmp_path / "vector.index")
    assert np.array_equal(read_index(tmp_path / "vector.index").vectors(), index.vectors())


@pytest.mark.parametrize("share", [None, 0.02, 0.5])
def test_a_few_rows_left_out_change_nothing_else(vectors, index, share):
    allowed = None if share is None else np.random.default_rng(2).random(500) < share
    passing = None if allowed is None else Filter.by(allowed)
    for row in range(0, 500, 50):
        left_out = [row, row, *(n.row for n in index.search(vectors[row], 3, passing)), 499]
        rest = np.ones(500, dtype=bool) if allowed is None else allowed.copy()
        rest[left_out] = False
        for k in (1, 7, 500):
            found = index.search(vectors[row], k, passing, left_out)
            assert [n.row for n in found] == exact(vectors, vectors[row], k, rest)


def with_a_loud_dimension():
    """One dimension has nearly all of every vector, as in some trained encoders."""
    vectors = random_unit_vectors(4000, 32)
    vectors[:, 3] = 20
    return normalised(vectors)


def with_many_copies():
    vectors = random_unit_vectors(4000, 32)
    vectors[:3000] = vectors[0]
    return vectors


def nearly_equal():
    vectors = random_unit_vectors(4000, 32)
    return normalised(vectors[0] + 1e-3 * vectors)


def with_a_still_dimension():
    vectors = random_unit_vectors(4000, 33)
    vectors[:, 7] = 0
    return normalised(vectors)


class TestCodes:
    @pytest.mark.parametrize(
        "make",
        [
            lambda: clustered_unit_vectors(4000, 40, 50),
            with_a_loud_dimension,
            with_many_copies,
            nearly_equal,
            with_a_still_dimension,
        ],
        ids=["clusters", "loud", "copies", "nearly equal", "still"],
    )
    def test_what_they_find_is_exact_however_vectors_lie(self, make):
        vectors = make()
        index, plain = by_codes(vectors), FlatIndex.build(vectors)
        allowed = Filter.by(np.random.default_rng(1).random(4000) < 0.05)
        strangers = random_unit_vectors(10, vectors.shape[1], seed=1)
        for query in (*vectors[::400], *strangers, -vectors[5], np.zeros_like(vectors[0])):
            for k, passing in ((1, None), (12, None), (12, allowed), (1500, None)):
                found, expected = (i.search(query, k, passing) for i in (index, plain))
                scores = np.array([[n.score for n in of] for of in (found, expected)])
                assert np.abs(scores[0] - scores[1]).max() <= 2e-6
                true = vectors[[n.row for n in found]] @ query
                assert np.abs(true - scores[0]).max() <= 2e-6

    def test_no_other_row_is_better_than_they_say(self):
        vectors = clustered_unit_vectors(4000, 40, 50)
        codes = by_codes(vectors)._codes
        for query in (*vectors[::200], *random_unit_vectors(20, 40, seed=1)):
            rows, most = codes.candidates(query, 100, None)
            others = np.delete(vectors, rows, axis=0)
            assert (others @ query).max() <= most
            assert most < (others @ query).max() + 0.1

    def test_they_settle_nearly_every_search(self, monkeypatch):
        vectors = clustered_unit_vectors(4000, 40, 50)
        index = by_codes(vectors)
        monkeypatch.setattr(index, "_index", OnlyRows(index._index))
        for row in range(0, 4000, 100):
            assert index.search(vectors[row], 12)[0].row == row

    def test_an_index_has_them_from_a_size_on_and_before_it_is_asked(self, monkeypatch):
        monkeypatch.setattr(flat, "LARGE", 100 * 16 * 4)
        for count, has_them in ((99, False), (100, True)):
            index = FlatIndex.build(random_unit_vectors(count))
            index.make_ready()
            assert (vars(index)["_codes"] is not None) == has_them


class OnlyRows:
    """An index of faiss's that tells of rows and is not searched."""

    def __init__(self, index):
        self.ntotal, self.reconstruct_batch = index.ntotal, index.reconstruct_batch
