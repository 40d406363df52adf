"""What a generation knows of its products: orders, facets with many values, words."""

from __future__ import annotations

import numpy as np
import pytest

from tests.generations import product, publish_products, random_unit_vectors
from vitrine.products import NO_VALUE, Order
from vitrine.search import Narrowing, facet_counts, matching_rows

BRANDS = 2_000


@pytest.fixture
def publish(tmp_path):
    def publish(products, **options):
        vectors = random_unit_vectors(len(products), 4)
        return publish_products(tmp_path / "index", vectors, products, **options)

    return publish


def titles(snapshot, order):
    return [p.title for p in snapshot.products.get(snapshot.products.in_order(order))]


def test_titles_are_in_order_whatever_their_case_and_accents_and_the_untitled_come_last(publish):
    given = ["p0", "zebra", "Éclair", "eclipse", "ECLAIR", "", "straße", "Strasse a", "Ångström"]
    snapshot = publish([product(n, title=title) for n, title in enumerate(given)])
    assert titles(snapshot, Order.TITLE) == [
        "Ångström",
        "Éclair",
        "ECLAIR",
        "eclipse",
        "straße",
        "Strasse a",
        "zebra",
        "",
        "p0",
    ]


def test_equal_titles_are_in_the_catalogues_order(publish):
    snapshot = publish([product(n, title="Shirt" if n % 2 else "shirt") for n in range(50)])
    assert list(snapshot.products.in_order(Order.TITLE)) == list(range(50))


def test_the_newest_come_first_and_of_one_time_the_last_row(publish):
    snapshot = publish(
        [product(n) for n in range(6)], first_seen=[10.5, 30.0, 10.5, 20.0, 30.0, 10.0]
    )
    assert list(snapshot.products.in_order(Order.NEWEST)) == [4, 1, 3, 2, 0, 5]


def test_the_catalogues_order_is_that_of_the_rows(publish):
    snapshot = publish([product(n, title=f"{9 - n}") for n in range(9)])
    assert list(snapshot.products.in_order(Order.CATALOGUE)) == list(range(9))


def test_no_one_can_disturb_what_all_threads_share(publish):
    snapshot = publish([product(n) for n in range(3)])
    shared = [
        *(snapshot.products.in_order(order) for order in Order),
        matching_rows(snapshot, Narrowing()),
        snapshot.products.text_rows("thing"),
        snapshot.products.first_of_photo,
        snapshot.products.first_of_group,
        snapshot.products.in_group,
        *(facet.codes for facet in snapshot.products.facets),
    ]
    for array in shared:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_a_facet_may_have_thousands_of_values(publish):
    # Every brand twice, and some products have none.
    numbers = range(2 * BRANDS + 100)
    snapshot = publish(
        [
            product(n, facts={"Brand": f"Brand {n % BRANDS}"} if n < 2 * BRANDS else {"Age": "1"})
            for n in numbers
        ]
    )
    (brand,) = [facet for facet in snapshot.products.facets if facet.name == "Brand"]
    assert len(brand.values) == BRANDS
    assert np.count_nonzero(brand.codes == NO_VALUE) == 100
    for number in (0, 255, 256, 1999):
        narrowing = Narrowing({"Brand": [f"Brand {number}"]})
        assert list(matching_rows(snapshot, narrowing)) == [number, number + BRANDS]
    (counts,) = [c for c in facet_counts(snapshot, Narrowing()) if c.name == "Brand"]
    assert len(counts.counts) == BRANDS
    assert {c.count for c in counts.counts} == {2}
    one = Narrowing({"Brand": ["Brand 7"]}, text="p7")
    (counts,) = [c for c in facet_counts(snapshot, one) if c.name == "Brand"]
    assert [(c.value, c.count) for c in counts.counts if c.chosen] == [("Brand 7", 1)]
    assert sum(c.count for c in counts.counts) == 111  # p7, p70–p79, p700–p799


@pytest.mark.parametrize(
    "words", ["x", "camisao", "CAMISÃO botoes", "under_score", "🙂", "it's", "<b>", "שחור", "l'é"]
)
def test_a_title_is_found_by_any_of_its_own_words(publish, words):
    title = "Camisão com botões under_score 🙂 it's <b> קפה שחור l'été x_y"
    snapshot = publish([product(0, title=title, facts={}), product(1, title="Other", facts={})])
    assert list(snapshot.products.text_rows(words)) == [0]


def test_a_word_that_no_title_has_finds_nothing(publish):
    snapshot = publish([product(0)])
    assert list(snapshot.products.text_rows("nothing")) == []
    assert snapshot.products.text_rows("…") is None
