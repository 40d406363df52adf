"""Ranking and filtering over a published snapshot."""

from __future__ import annotations

import numpy as np
import pytest

from tests.generations import COLOURS, TYPES, product, publish_products, random_unit_vectors
from vitrine.search import (
    Narrowing,
    facet_counts,
    matching_rows,
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


def test_a_chosen_value_stays_in_sight_when_nothing_is_left_of_it(snapshot):
    narrowing = Narrowing({"Colour": ["Red"]}, text="camisa")
    (colour,) = [c for c in facet_counts(snapshot, narrowing) if c.name == "Colour"]
    assert [(v.value, v.count) for v in colour.counts if v.chosen] == [("Red", 0)]
