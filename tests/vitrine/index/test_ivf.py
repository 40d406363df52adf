"""Approximate search, checked against a plain matrix product of the stored vectors."""

from __future__ import annotations

import faiss
import numpy as np
import pytest

from tests.generations import clustered_unit_vectors, random_unit_vectors
from vitrine.index import Filter, FlatIndex, IvfIndex, read_index
from vitrine.index.calibration import calibrate, own_recall, recall_of, sample_of
from vitrine.index.ivf import lists_for

COUNT = 3000
RECALL = 0.95


@pytest.fixture(scope="module")
def vectors():
    return clustered_unit_vectors(COUNT, 32, clusters=60)


@pytest.fixture(scope="module")
def sample(vectors):
    return sample_of(vectors, 300)


@pytest.fixture(scope="module")
def index(vectors, sample):
    index = IvfIndex.build(vectors)
    calibrate(index, sample, RECALL)
    return index


@pytest.fixture(scope="module")
def flat(index):
    """The same stored vectors, every one compared."""
    return FlatIndex.build(index.vectors())


def rows_of(found):
    return [neighbour.row for neighbour in found]


def test_row_i_is_vector_i_but_for_what_8_bits_lose(vectors, index):
    stored = index.vectors()
    assert (stored * vectors).sum(axis=1).min() > 0.999
    assert np.allclose(np.linalg.norm(stored, axis=1), 1, atol=1e-5)
    for row in (0, 7, COUNT - 1):
        assert np.allclose(index.vector(row), stored[row], atol=1e-6)
    assert np.abs(index.lengths() - 1).max() < IvfIndex.length_tolerance


def test_the_recall_asked_for_is_reached_by_searching_a_part_of_the_lists(index, sample, vectors):
    assert 1 <= index.nprobe < index.lists == lists_for(COUNT)
    assert recall_of(index, sample) >= RECALL
    others = np.random.default_rng(9).choice(COUNT, 200, replace=False)
    true = vectors[others] @ vectors.T
    hits = 0
    for row, cosines in zip(others, true, strict=True):
        cosines[row] = -2
        best = np.argsort(-cosines)[:10]
        found = rows_of(index.search(index.vector(int(row)), 10, left_out=[row]))
        hits += len({*best} & {*found})
    assert hits / 2000 >= RECALL - 0.03


def test_fewer_lists_find_less_and_a_higher_recall_takes_more(vectors, sample):
    index = IvfIndex.build(vectors)
    assert recall_of(index, sample, 1) < recall_of(index, sample, index.lists)
    needed = []
    for recall in (0.7, 0.9, 0.98):
        assert calibrate(index, sample, recall) >= recall
        needed.append(index.nprobe)
    assert needed == sorted(needed)
    assert needed[0] < needed[-1]


def test_a_neighbour_is_found_from_as_many_lists_on_as_it_is_said_to_need(index, sample):
    needed = index.lists_to(sample.rows, sample.others)
    assert needed.shape == sample.others.shape
    assert needed.min() == 1 < needed.max() <= index.lists
    queries = index.vectors_of(sample.rows)
    for nprobe in (1, 2, int(needed.max()) - 1, index.lists):
        found = index.batch(queries, COUNT, nprobe)
        for row, others in enumerate(sample.others):
            assert np.array_equal(np.isin(others, found[row]), needed[row] <= nprobe)


def test_fewer_lists_than_are_calibrated_do_not_do(vectors, sample):
    index = IvfIndex.build(vectors)
    reached = calibrate(index, sample, 0.98)
    assert index.nprobe > 1
    assert recall_of(index, sample, index.nprobe - 1) < 0.98 + 0.25 * 0.02 <= reached


def test_a_recall_out_of_reach_has_every_list_searched(vectors, sample):
    index = IvfIndex.build(random_unit_vectors(COUNT, 8))
    assert calibrate(index, sample, 1.0) < 1
    assert index.nprobe == index.lists


def test_scores_are_cosines_best_first_and_an_identical_photo_scores_one(index):
    stored = index.vectors()
    for row in range(0, COUNT, 300):
        found = index.search(index.vector(row), 10)
        assert (found[0].row, found[0].score) == (row, 1.0)
        assert [n.score for n in found] == sorted((n.score for n in found), reverse=True)
        for neighbour in found:
            cosine = float(stored[neighbour.row] @ stored[row])
            assert neighbour.score == pytest.approx(cosine, abs=2e-6)


def test_what_is_remembered_of_a_row_is_forgotten_when_more_lists_are_searched(vectors):
    index = IvfIndex.build(vectors)
    found = {}
    for nprobe in (1, index.lists):
        index.nprobe = nprobe
        found[nprobe] = [index.nearest_others(row, 10) for row in range(50)]
        assert found[nprobe] == [
            index.search(index.vector(row), 10, left_out=[row]) for row in range(50)
        ]
    assert found[1] != found[index.lists]


def test_identical_vectors_come_in_row_order_even_across_the_edge_of_k(vectors):
    same = [5, 50, 120, 121, 122, 200, 250, 2510, 2990]
    twins = vectors.copy()
    twins[same] = vectors[5]
    index = IvfIndex.build(twins)
    for k in range(1, len(same) + 1):
        assert rows_of(index.search(index.vector(5), k)) == same[:k]
        assert (
            rows_of(index.search(index.vector(50), k, left_out=[50]))[:8]
            == [row for row in same if row != 50][:k]
        )


@pytest.mark.parametrize("share", [0.002, 0.03, 0.1])
def test_a_narrow_filter_is_searched_to_the_end(index, flat, share):
    allowed = np.zeros(COUNT, dtype=bool)
    allowed[np.random.default_rng(1).choice(COUNT, int(COUNT * share), replace=False)] = True
    for row in range(0, COUNT, 150):
        query = index.vector(row)
        found, wanted = (rows_of(i.search(query, 7, Filter.by(allowed))) for i in (index, flat))
        assert found == wanted


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_wide_filter_keeps_the_recall(index, flat, share):
    allowed = np.random.default_rng(1).random(COUNT) < share
    hits = 0
    for row in range(0, COUNT, 30):
        query = index.vector(row)
        found = rows_of(index.search(query, 10, Filter.by(allowed)))
        assert allowed[found].all()
        hits += len({*found} & {*rows_of(flat.search(query, 10, Filter.by(allowed)))})
    assert hits / (COUNT / 30 * 10) >= RECALL - 0.03


def test_an_answer_is_as_long_as_asked_however_few_lists_are_searched(vectors, index):
    again = IvfIndex.build(vectors)
    again.nprobe = 1
    far = np.argsort(vectors @ vectors[0])[: COUNT // 2]  # nothing of the query's own list
    allowed = np.zeros(COUNT, dtype=bool)
    allowed[far] = True
    for k in (1, 50, 1000, COUNT):
        assert len(again.search(again.vector(0), k)) == k
        left_out = [int(far[0]), 0]
        found = rows_of(again.search(again.vector(0), k, Filter.by(allowed), left_out))
        assert len(found) == min(k, COUNT // 2 - 1)
        assert allowed[found].all()
    assert again.search(again.vector(0), 5, Filter.by(np.zeros(COUNT, dtype=bool))) == []


def test_the_ranking_has_every_row_with_its_cosine_in_the_exact_order(index):
    query = random_unit_vectors(1, 32, seed=3)[0]
    ranking = index.ranking(query)
    assert np.array_equal(np.sort(ranking.rows), np.arange(COUNT))
    assert np.allclose(ranking.scores, index.vectors() @ query, atol=2e-6)
    assert (np.diff(ranking.scores[ranking.rows]) <= 0).all()
    assert index.ranking(query.copy()) is ranking


def test_what_is_written_is_read_back_by_us_and_by_faiss(index, tmp_path):
    path = tmp_path / "vector.index"
    index.write(path)
    again = read_index(path)
    assert isinstance(again, IvfIndex)
    assert (again.lists, again.nprobe, len(again)) == (index.lists, index.nprobe, COUNT)
    assert np.array_equal(again.vectors(), index.vectors())
    query = index.vector(11)
    assert again.search(query, 20) == index.search(query, 20)
    plain = faiss.read_index(str(path))
    assert plain.ntotal == COUNT
    assert plain.search(query[None], 1)[1][0, 0] == 11


def test_lists_are_taken_over_for_a_few_other_vectors_and_not_for_many(vectors):
    older = IvfIndex.build(vectors)
    assert older.suits(vectors[: int(COUNT * 0.9)])
    assert not older.suits(vectors[: COUNT // 2])
    assert not older.suits(np.concatenate([vectors, vectors[: COUNT // 2]]))
    assert not older.suits(vectors[:, :16])
    centroids = older._index.quantizer.reconstruct_n(0, older.lists)
    changed = vectors[::-1].copy()[30:]
    index = older.refilled(changed)
    assert np.array_equal(index._index.quantizer.reconstruct_n(0, index.lists), centroids)
    assert len(index) == COUNT - 30
    assert (index.vectors() * changed).sum(axis=1).min() > 0.999
    index.nprobe = 1
    assert own_recall(index, 200) < 1
    index.nprobe = index.lists
    assert own_recall(index, 200) == 1


def test_16_bits_keep_the_lists_and_find_what_8_round_away(vectors, sample):
    index = IvfIndex.build(vectors)
    finer = index.at_16_bits(vectors)
    assert (index.bits, finer.bits) == (8, 16)
    assert np.array_equal(*(i._index.quantizer.reconstruct_n(0, i.lists) for i in (index, finer)))
    assert (finer.vectors() * vectors).sum(axis=1).min() > 0.99999
    assert recall_of(index, sample, index.lists) < recall_of(finer, sample, finer.lists)


def test_one_vector_alone_is_found():
    index = IvfIndex.build(random_unit_vectors(1))
    calibrate(index, sample_of(random_unit_vectors(1)), RECALL)
    assert rows_of(index.search(index.vector(0), 3)) == [0]
    assert index.search(index.vector(0), 3, left_out=[0]) == []
