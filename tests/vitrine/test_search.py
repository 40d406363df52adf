"""Ranking and filtering over a published snapshot."""

from __future__ import annotations

import numpy as np
import pytest

from tests.generations import COLOURS, TYPES, product, publish_products, random_unit_vectors
from vitrine.encoders.base import normalised
from vitrine.products import Order
from vitrine.search import (
    Narrowing,
    Refinement,
    Relaxation,
    facet_counts,
    folded,
    matching_rows,
    relaxations,
    same_photo,
    similar_to_product,
    similar_to_vector,
)

COUNT = 200


@pytest.fixture(scope="module")
def vectors():
    vectors = random_unit_vectors(COUNT)
    vectors[17] = vectors[3]
    return vectors


@pytest.fixture(scope="module")
def snapshot(vectors, tmp_path_factory):
    titles = {8: "Camisão Açaí com botões", 9: "Camisa azul", 10: "x <script>"}
    products = [
        product(n, title=titles.get(n, f"Thing {n}"), sha256=f"{3 if n == 17 else n:064x}")
        for n in range(COUNT)
    ]
    return publish_products(tmp_path_factory.mktemp("index"), vectors, products)


def facts(snapshot, rows, name):
    return [p.facts[name] for p in snapshot.products.get(rows)]


def test_the_product_itself_is_left_out_and_its_twin_comes_first(snapshot):
    found = similar_to_product(snapshot, 3, 5)
    assert found[0].row == 17
    assert found[0].score == 1.0
    assert 3 not in [n.row for n in found]


def test_every_answer_by_product_is_the_exact_one(snapshot, vectors):
    for row in range(COUNT):
        scores = np.round(vectors.astype(np.float64) @ vectors[row].astype(np.float64), 6)
        others = np.array([r for r in range(COUNT) if r != row])
        expected = others[np.lexsort((others, -scores[others]))][:12]
        assert [n.row for n in similar_to_product(snapshot, row, 12)] == list(expected)


def test_values_of_a_facet_are_alternatives_and_facets_add_up(snapshot):
    narrowing = Narrowing({"Colour": ["Red", "Blue"], "ProductType": ["Shirts"]})
    rows = [n.row for n in similar_to_product(snapshot, 0, 100, narrowing)]
    assert len(rows) == 19  # twenty shirts are red or blue, and product 0 is one of them
    assert set(facts(snapshot, rows, "Colour")) == {"Red", "Blue"}
    assert set(facts(snapshot, rows, "ProductType")) == {"Shirts"}


def test_a_query_vector_is_searched_under_the_same_filters(snapshot, vectors):
    found = similar_to_vector(snapshot, vectors[4], 3, Narrowing({"Colour": ["Black"]}))
    assert found[0].row == 4
    assert set(facts(snapshot, [n.row for n in found], "Colour")) == {"Black"}


def test_an_unknown_value_matches_nothing(snapshot):
    assert similar_to_product(snapshot, 0, 5, Narrowing({"Colour": ["Plaid"]})) == []


def test_no_narrowing_is_the_whole_catalogue_in_its_order(snapshot):
    assert list(matching_rows(snapshot, Narrowing())) == list(range(COUNT))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("camisao acai", [8]),
        ("CAMIS", [8, 9]),
        ("azul camisa", [9]),
        ("p17", [17, *range(170, 180)]),
        ('"unbalanced', []),
        ("<script>", [10]),
        ("camisa -azul", [9]),
        ("camisa AND nothing", []),
    ],
)
def test_words_are_found_by_their_beginnings_without_accents_or_case(snapshot, text, expected):
    assert list(matching_rows(snapshot, Narrowing(text=text))) == expected


def test_signs_alone_narrow_nothing(snapshot):
    assert len(matching_rows(snapshot, Narrowing(text=" *!? "))) == COUNT


def test_words_are_found_in_facts(snapshot):
    rows = matching_rows(snapshot, Narrowing(text="dress green"))
    assert set(facts(snapshot, rows, "ProductType")) == {"Dresses"}
    assert set(facts(snapshot, rows, "Colour")) == {"Green"}


def test_counts_say_what_one_more_click_would_show(snapshot):
    narrowing = Narrowing({"Colour": ["Red"]})
    counts = {c.name: {v.value: v for v in c.counts} for c in facet_counts(snapshot, narrowing)}
    # The facet's own filter does not narrow its own counts …
    assert {value: v.count for value, v in counts["Colour"].items()} == dict.fromkeys(COLOURS, 40)
    assert [value for value, v in counts["Colour"].items() if v.chosen] == ["Red"]
    # … but every other facet's filter does.
    assert {value: v.count for value, v in counts["ProductType"].items()} == dict.fromkeys(
        TYPES, 10
    )
    for value, counted in counts["ProductType"].items():
        wider = Narrowing({"Colour": ["Red"], "ProductType": [value]})
        assert len(matching_rows(snapshot, wider)) == counted.count


@pytest.mark.parametrize(
    "narrowing",
    [
        Narrowing(),
        Narrowing({"Colour": ["Red"]}),
        Narrowing({"Colour": ["Red", "Blue"], "ProductType": ["Shirts"]}, "thing"),
    ],
)
def test_rows_that_the_answer_leaves_out_are_not_counted(snapshot, narrowing):
    left_out = [0, 1, 5, 5, 20]
    for facet in facet_counts(snapshot, narrowing, left_out):
        others = {f: v for f, v in narrowing.filters.items() if f != facet.name}
        rows = matching_rows(snapshot, Narrowing(others, narrowing.text))
        values = facts(snapshot, [row for row in rows if row not in left_out], facet.name)
        assert {v.value: v.count for v in facet.counts} == {v: values.count(v) for v in values}


def test_others_with_the_same_photo_begin_with_those_that_follow(with_twins):
    products = with_twins.products.get(range(len(with_twins)))
    for row, of in enumerate(products):
        same = [other for other, p in enumerate(products) if p.sha256 == of.sha256]
        at = same.index(row)
        assert list(same_photo(with_twins, row)) == same[at + 1 :] + same[:at]


def test_a_chosen_value_stays_in_sight_when_nothing_is_left_of_it(snapshot):
    narrowing = Narrowing({"Colour": ["Red"]}, text="camisa")
    (colour,) = [c for c in facet_counts(snapshot, narrowing) if c.name == "Colour"]
    assert [(v.value, v.count) for v in colour.counts if v.chosen] == [("Red", 0)]


def test_rows_that_pass_come_in_the_order_asked_for(snapshot):
    narrowing = Narrowing({"Colour": ["Red"]}, text="thing")
    by_row = matching_rows(snapshot, narrowing)
    by_title = matching_rows(snapshot, narrowing, Order.TITLE)
    assert sorted(by_title) == list(by_row)
    titles = [p.title for p in snapshot.products.get(by_title)]
    assert titles == sorted(titles)
    assert list(matching_rows(snapshot, narrowing, Order.NEWEST)) == list(by_row)[::-1]


@pytest.fixture(scope="module")
def with_twins(tmp_path_factory):
    chance = np.random.default_rng(5)
    photos = [int(n) if n < 40 else int(100 + i) for i, n in enumerate(chance.integers(0, 99, 300))]
    products = [
        product(n, title=f"T{chance.integers(0, 50)}", sha256=f"{photo:064x}")
        for n, photo in enumerate(photos)
    ]
    vectors = random_unit_vectors(len(products), 4)
    return publish_products(tmp_path_factory.mktemp("shop"), vectors, products)


class TestFolding:
    """Products with the very same photo are one tile."""

    @pytest.mark.parametrize("order", list(Order))
    @pytest.mark.parametrize("filters", [{}, {"Colour": ["Red"]}, {"ProductType": ["Tops"]}])
    def test_each_photo_is_shown_once_where_it_first_stands(self, with_twins, order, filters):
        rows = matching_rows(with_twins, Narrowing(filters), order)
        expected: dict[str, list[int]] = {}
        for row, found in zip(rows, with_twins.products.get(rows), strict=True):
            expected.setdefault(found.sha256, []).append(int(row))
        tiles = folded(with_twins, rows)
        assert list(tiles.rows) == [same[0] for same in expected.values()]
        assert list(tiles.sizes) == [len(same) for same in expected.values()]
        assert len(tiles.rows) < len(rows)

    def test_where_only_one_of_them_passes_it_stands_alone(self, snapshot):
        assert list(folded(snapshot, np.array([5, 17, 4])).sizes) == [1, 1, 1]
        assert list(folded(snapshot, np.array([17, 5, 3])).rows) == [17, 5]
        assert list(folded(snapshot, np.array([17, 5, 3])).sizes) == [2, 1]

    def test_nothing_folds_to_nothing(self, with_twins):
        tiles = folded(with_twins, np.array([], dtype=np.int64))
        assert len(tiles.rows) == len(tiles.sizes) == 0


class TestRelaxations:
    """Which filter to give up where nothing is left."""

    def test_each_says_how_many_there_would_be_without_it_most_first(self, snapshot):
        narrowing = Narrowing({"Colour": ["Red"], "ProductType": ["Shirts", "Plaid"]}, "camisa")
        assert len(matching_rows(snapshot, narrowing)) == 0
        # Ten shirts are red, and one is a "Camisão".
        assert relaxations(snapshot, narrowing) == [Relaxation(None, 10), Relaxation("Colour", 1)]

    def test_what_would_show_nothing_either_is_no_way_out(self, snapshot):
        narrowing = Narrowing({"Colour": ["Red"], "ProductType": ["Plaid"]}, "thing")
        assert relaxations(snapshot, narrowing) == [Relaxation("ProductType", 39)]

    def test_they_come_with_the_most_first(self, snapshot):
        narrowing = Narrowing({"ProductType": ["Shoes"], "Colour": ["Green"]}, "p1")
        found = relaxations(snapshot, narrowing)
        assert [r.count for r in found] == sorted((r.count for r in found), reverse=True)
        for relaxation in found:
            kept = {f: v for f, v in narrowing.filters.items() if f != relaxation.facet}
            text = "" if relaxation.facet is None else narrowing.text
            rows = matching_rows(snapshot, Narrowing(kept, text))
            assert len(rows) == relaxation.count
        assert {r.facet for r in found} == {None, "ProductType", "Colour"}

    def test_the_only_filter_gives_back_the_whole_catalogue(self, snapshot):
        narrowing = Narrowing({"Colour": ["Plaid"]})
        assert relaxations(snapshot, narrowing) == [Relaxation("Colour", COUNT)]

    def test_signs_are_no_filter_that_could_be_given_up(self, snapshot):
        assert relaxations(snapshot, Narrowing(text="…")) == []


class TestRefinement:
    """More like this, less like that: the query moves."""

    def test_scores_are_cosines_to_the_moved_query(self, snapshot, vectors):
        v = vectors.astype(np.float64)
        moved = v[0] + 0.75 * (v[1] + v[2]) / 2 - 0.5 * v[4]
        scores = v @ (moved / np.linalg.norm(moved))
        left = [row for row in np.argsort(-scores) if row not in (0, 1, 2, 4)]
        refinement = Refinement(more=[1, 2], less=[4])
        found = similar_to_product(snapshot, 0, 20, refinement=refinement)
        assert [n.row for n in found] == left[:20]
        assert np.allclose([n.score for n in found], scores[left[:20]], atol=1e-5)

    def test_a_dislike_moves_what_is_like_it_down(self, snapshot, vectors):
        drops = []
        for row in range(0, COUNT, 5):
            before = [n.row for n in similar_to_product(snapshot, row, COUNT)]
            disliked = before[2]
            after = [
                n.row
                for n in similar_to_product(
                    snapshot, row, COUNT, refinement=Refinement(less=[disliked])
                )
            ]
            before.remove(disliked)
            like_it = [n.row for n in similar_to_product(snapshot, disliked, 6) if n.row != row]
            drops += [after.index(near) - before.index(near) for near in like_it]
        # Far enough to be seen: off a page of twelve.
        assert np.median(drops) > 12
        assert np.mean(np.array(drops) > 0) > 0.9

    def test_a_like_moves_what_is_like_it_up(self, snapshot):
        before = [n.row for n in similar_to_product(snapshot, 0, COUNT)]
        liked = before[20]
        like_it = [n.row for n in similar_to_product(snapshot, liked, 6) if n.row != 0]
        found = similar_to_product(snapshot, 0, COUNT, refinement=Refinement(more=[liked]))
        after = [n.row for n in found]
        assert sum(map(after.index, like_it)) < sum(map(before.index, like_it)) - 12

    def test_one_dislike_changes_the_first_page(self, tmp_path):
        # Two kinds of product, equally like the query; each kind is alike within itself.
        chance = np.random.default_rng(2)
        kinds = np.repeat(np.array([[1.0, 0.35, 0.0], [1.0, -0.35, 0.0]]), 12, axis=0)
        vectors = normalised(
            np.vstack([[[1.0, 0.0, 0.0]], kinds]) + 0.02 * chance.standard_normal((25, 3))
        ).astype(np.float32)
        shop = publish_products(tmp_path / "index", vectors)
        found = [n.row for n in similar_to_product(shop, 0, 11, refinement=Refinement(less=[1]))]
        assert all(row > 12 for row in found)

    def test_a_photo_is_refined_in_the_same_way_and_its_examples_are_left_out(
        self, snapshot, vectors
    ):
        refinement = Refinement(more=[1], less=[4, 9])
        by_vector = similar_to_vector(snapshot, vectors[0], COUNT, refinement=refinement)
        by_product = similar_to_product(snapshot, 0, COUNT, refinement=refinement)
        assert [n for n in by_vector if n.row != 0] == list(by_product)
        assert {n.row for n in by_vector} == set(range(COUNT)) - {1, 4, 9}

    def test_filters_hold_for_what_is_refined(self, snapshot):
        narrowing = Narrowing({"Colour": ["Red"]})
        found = similar_to_product(snapshot, 0, COUNT, narrowing, Refinement(more=[1], less=[5]))
        rows = [n.row for n in found]
        assert set(facts(snapshot, rows, "Colour")) == {"Red"}
        assert len(rows) == 38  # forty are red, product 0 and one example among them

    def test_nothing_to_refine_by_changes_nothing(self, snapshot):
        plain = similar_to_product(snapshot, 0, 20)
        assert similar_to_product(snapshot, 0, 20, refinement=Refinement()) == plain

    def test_examples_that_cancel_the_query_leave_it_where_it_was(self, tmp_path):
        sixty = np.pi / 3
        vectors = np.array(
            [
                [1, 0],
                [-1, 0],
                [np.cos(sixty), np.sin(sixty)],
                [np.cos(sixty), -np.sin(sixty)],
                [np.cos(0.1), np.sin(0.1)],
                [0, 1],
            ],
            dtype=np.float32,
        )
        shop = publish_products(tmp_path / "index", vectors)
        found = similar_to_product(shop, 0, 5, refinement=Refinement(more=[1], less=[2, 3]))
        assert [n.row for n in found] == [4, 5]
        assert found[0].score == pytest.approx(np.cos(0.1), abs=1e-6)
