"""Precision, average precision, chance and intervals, against naive and independent ones."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t as student

from indexer.evaluation import (
    EvaluationError,
    Labels,
    Subject,
    Task,
    chosen_queries,
    evaluate,
    labels_of,
    usual_facets,
)
from indexer.measures import NOBODY, Ranking, chance_of_average
from tests.generations import product, publish_products, random_unit_vectors
from vitrine.encoders.base import normalised

KS = (1, 5, 10)


def labels(codes):
    codes = np.asarray(codes)
    return Labels(("Kind",), codes, tuple(f"kind {n}" for n in range(codes.max() + 1)))


def judge(vectors, codes, *, photos=None, ks=KS, queries=None, **options):
    """The verdict on these vectors, each of a photo of its own if no other is given."""
    everyone = np.arange(len(vectors))
    task = Task(
        labels=[labels(codes)],
        photos=everyone if photos is None else np.asarray(photos),
        queries=everyone if queries is None else queries,
        ks=ks,
        **options,
    )
    (verdict,) = evaluate([Subject("one", vectors)], task, lambda _: None)
    return verdict


def values(figures):
    return [each.value for each in (*figures.precision, figures.average)]


def margins(figures):
    return [each.margin for each in (*figures.precision, figures.average)]


def test_figures_are_those_of_a_naive_loop():
    vectors, codes = random_unit_vectors(60, 4), np.arange(60) % 4
    scores = (vectors.astype(float) @ vectors.T.astype(float)).round(6)
    expected = []
    for query in range(60):
        others = np.delete(np.arange(60), query)
        best = others[np.argsort(-scores[query, others])]
        hits = codes[best] == codes[query]
        at_hits = [hits[: place + 1].mean() for place in range(59) if hits[place]]
        expected.append([*(hits[:k].mean() for k in KS), np.mean(at_hits)])
    assert values(judge(vectors, codes).figures(0)) == pytest.approx(np.mean(expected, axis=0))


def test_equal_scores_count_as_the_mean_over_all_their_orders():
    generator = np.random.default_rng(3)
    scores = generator.integers(0, 3, (6, 6)).astype(np.float32) / 4
    codes = np.array([0, 0, 1, 0, 1, 1])
    found = Ranking(scores, np.eye(6, dtype=bool)).scores_of(np.arange(6), codes, (1, 3))
    for query in range(6):
        averages, precisions = [], []
        others = [row for row in range(6) if row != query]
        for order in itertools.permutations(others):
            if all(scores[query, a] >= scores[query, b] for a, b in itertools.pairwise(order)):
                hits = codes[list(order)] == codes[query]
                at_hits = hits.cumsum()[hits] / (np.flatnonzero(hits) + 1)
                averages.append(at_hits.mean())
                precisions.append([hits[:k].mean() for k in (1, 3)])
        assert found.average[query] == pytest.approx(np.mean(averages))
        assert found.precision[query] == pytest.approx(np.mean(precisions, axis=0))


def test_a_catalogue_sorted_by_class_gains_nothing_where_all_scores_are_equal():
    vectors = normalised(np.ones((40, 3), dtype=np.float32))
    figures = judge(vectors, np.repeat([0, 1], 20)).figures(0)
    assert values(figures)[:3] == pytest.approx([figures.chance] * 3)
    assert figures.average.value == pytest.approx(figures.chance_average)


def test_chance_is_what_random_orders_reach():
    generator = np.random.default_rng(0)
    hits = np.array([1] * 3 + [0] * 9)
    reached = []
    for _ in range(4000):
        shuffled = generator.permutation(hits).astype(bool)
        reached.append((shuffled.cumsum()[shuffled] / (np.flatnonzero(shuffled) + 1)).mean())
    expected = chance_of_average(np.array([3]), np.array([12]))[0]
    assert expected == pytest.approx(np.mean(reached), abs=0.01)
    assert chance_of_average(np.array([12]), np.array([12]))[0] == pytest.approx(1)
    figures = judge(random_unit_vectors(12), [0] * 4 + [1] * 8).figures(0)
    assert figures.chance == pytest.approx((4 * 3 + 8 * 7) / (12 * 11))


def test_the_interval_is_the_jackknife_of_really_leaving_out_each_product():
    vectors = random_unit_vectors(25, 3)
    codes = np.random.default_rng(1).integers(0, 6, 25)
    codes[:3] = [7, 7, 6]  # a pair, of which one without the other is no query; one alone
    for ks in (KS, (1, 40)):
        verdict = judge(vectors, codes, ks=ks)
        assert verdict.alone >= 1
        without = [
            values(judge(np.delete(vectors, i, 0), np.delete(codes, i), ks=ks).figures(0))
            for i in range(25)
        ]
        spread = np.sqrt(24 * np.var(without, axis=0))
        assert margins(verdict.figures(0)) == pytest.approx(spread * student.ppf(0.975, 24))


def test_products_of_one_photo_are_left_out_together():
    vectors, codes = random_unit_vectors(30, 3), np.arange(30) % 3
    twice = np.repeat(vectors, 2, axis=0)
    photos = np.repeat(np.arange(30) * 2, 2)
    once = margins(judge(vectors, codes).figures(0))
    both = margins(judge(twice, np.repeat(codes, 2), photos=photos).figures(0))
    blind = margins(judge(twice, np.repeat(codes, 2)).figures(0))
    # Twice the same says nothing new; taken for new, it would seem to.
    assert both[-1] == pytest.approx(once[-1], rel=0.2)
    assert blind[-1] < 0.9 * both[-1]


def test_the_very_same_photo_is_no_hit_unless_asked_for():
    vectors = np.repeat(random_unit_vectors(2, 4), 2, axis=0)
    codes, photos = [0, 0, 1, 1], [0, 0, 2, 2]
    with pytest.raises(EvaluationError, match="another photo"):
        judge(vectors, codes, photos=photos)
    kept = judge(vectors, codes, photos=photos, with_identical=True).figures(0)
    assert kept.average.value == 1


def test_what_has_no_value_or_is_alone_is_counted_and_not_held_against_anybody():
    vectors = random_unit_vectors(9, 3)
    codes = np.array([0, 0, 0, 1, 1, 2, -1, -1, 1])
    verdict = judge(vectors, codes)
    assert (verdict.alone, verdict.unlabelled) == (1, 2)
    known = codes >= 0
    assert values(verdict.figures(0)) == values(judge(vectors[known], codes[known]).figures(0))


def test_differences_are_paired_so_that_a_small_one_can_be_seen():
    codes = np.arange(200) % 5
    plain = random_unit_vectors(200, 8)
    means = random_unit_vectors(5, 8, seed=1)[codes]
    a, b = normalised(plain + 0.8 * means), normalised(plain + 0.88 * means)
    task = Task([labels(codes)], np.arange(200), np.arange(200), KS)
    (verdict,) = evaluate([Subject("a", a), Subject("b", b)], task, lambda _: None)
    difference = verdict.difference(1, 0)
    expected = np.subtract(values(verdict.figures(1)), values(verdict.figures(0)))
    assert values(difference) == pytest.approx(expected)
    assert 0 < difference.average.margin < difference.average.value
    assert difference.average.margin < 0.5 * verdict.figures(0).average.margin
    same = verdict.difference(0, 0)
    assert values(same) == margins(same) == [0, 0, 0, 0]


def test_classes_come_worst_first_with_what_they_are_mistaken_for():
    generator = np.random.default_rng(0)
    codes = np.repeat([0, 1, 2], 20)
    middles = np.eye(3, dtype=np.float32)
    middles[2] = middles[1]  # what is of kind 2 looks like what is of kind 1
    vectors = normalised(
        middles[codes] + 0.1 * generator.standard_normal((60, 3)).astype(np.float32)
    )
    classes = judge(vectors, codes).by_class(0)
    assert classes[-1].name == "kind 0"
    assert classes[-1].figures.average.value == 1
    assert classes[-1].mistaken_for is None
    assert {classes[0].mistaken_for, classes[1].mistaken_for} == {"kind 1", "kind 2"}
    assert sum(each.figures.queries for each in classes) == 60


def test_blocks_and_samples_ask_the_same_of_each_query(monkeypatch):
    vectors, codes = random_unit_vectors(50, 4), np.arange(50) % 3
    whole = judge(vectors, codes).scores[0]
    told: list[int] = []
    monkeypatch.setattr("indexer.evaluation.BLOCK", 350)
    task = Task([labels(codes)], np.arange(50), np.arange(50), KS)
    (verdict,) = evaluate([Subject("one", vectors)], task, told.append)
    assert told == [7] * 7 + [1]
    assert np.array_equal(verdict.scores[0].average, whole.average)
    assert verdict.scores[0].losses.values == pytest.approx(whole.losses.values)
    queries = chosen_queries(50, 20)
    assert np.array_equal(queries, chosen_queries(50, 20))
    assert len(set(queries.tolist())) == 20
    sampled = judge(vectors, codes, queries=queries).scores[0]
    assert np.array_equal(sampled.average, whole.average[queries])


def test_few_products_have_figures_without_an_interval():
    figures = judge(random_unit_vectors(2), [0, 0]).figures(0)
    assert values(figures) == [1, 1, 1, 1]
    assert np.isnan(margins(figures)).all()
    assert judge(random_unit_vectors(2), [0, 0]).scores[0].nearest[0].tolist() == [
        1,
        *[NOBODY] * 9,
    ]


def test_facets_are_measured_kind_and_colour_first_and_several_at_once(tmp_path):
    products = [
        product(
            number,
            facts={
                "Season": "Summer",
                "base colour": ("Red", "Blue")[number % 2],
                "Article Type": ("Shoes", "Tops", "Bags")[number % 3],
                "Gender": ("Men", "Women")[number % 2],
            },
        )
        for number in range(12)
    ]
    plain = {name: value for name, value in products[5].facts.items() if name != "base colour"}
    products[5] = replace(products[5], facts=plain)
    snapshot = publish_products(tmp_path / "index", random_unit_vectors(12), products)
    kind, colour = ("Article Type",), ("base colour",)
    assert usual_facets(snapshot) == [kind, colour, (*kind, *colour), ("Gender",)]
    both = labels_of(snapshot, (*kind, *colour))
    assert both.name == "Article Type + base colour"
    assert both.classes[both.codes[0]] == "Shoes + Red"
    assert both.codes[0] == both.codes[6] != both.codes[3]
    assert both.codes[5] == -1
