"""Filters and counts are what going through all products one by one would say."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.generations import product, publish_products, random_unit_vectors
from vitrine.catalogue import Product, facet_columns
from vitrine.products import Order
from vitrine.search import (
    FacetCount,
    Narrowing,
    Relaxation,
    facet_counts,
    folded,
    matching_rows,
    passing,
    relaxations,
)

COUNT = 150
VALUES = {
    "Colour": ("Red", "red", "Blau & Grün", "=1+1", "日本"),
    "Size, cm": ("1", "10", "100"),
    "Type": ("Shirts", "Tops", "Dresses", "Shoes", "Bags", "Belts", "Hats"),
}
WORDS = ("shirt", "shoe", "linen", "blue", "navy", "s", "x1", "x10")


@pytest.fixture(scope="module", params=[1, 2])
def shop(request, tmp_path_factory):
    """Products with random facts, which some lack, words, and photos, of which some are shared."""
    chance = np.random.default_rng(request.param)
    products = [
        product(
            number,
            title=" ".join(chance.choice(WORDS, chance.integers(1, 4))),
            facts={
                name: str(chance.choice(values))
                for name, values in VALUES.items()
                if chance.random() < 0.85
            },
            sha256=f"{chance.integers(0, 120):064x}",
        )
        for number in range(COUNT)
    ]
    seen = chance.integers(0, 5, COUNT).astype(float)
    return publish_products(
        tmp_path_factory.mktemp("index"), random_unit_vectors(COUNT), products, first_seen=seen
    )


@st.composite
def narrowings(draw):
    filters = {
        name: draw(st.lists(st.sampled_from([*values, "Plaid"]), unique=True, min_size=1))
        for name, values in VALUES.items()
        if draw(st.booleans())
    }
    words = draw(st.lists(st.sampled_from([*WORDS, "sh", "re", "p1"]), max_size=2))
    return Narrowing(filters, " ".join(words))


def does_pass(found, narrowing):
    filters, text = narrowing.filters, narrowing.text
    words = " ".join([found.title, found.id, *found.facts.values()]).lower().split()
    return all(found.facts.get(name) in values for name, values in filters.items()) and all(
        any(word.startswith(asked) for word in words) for asked in text.split()
    )


def brute(shop, narrowing):
    products = shop.products.all()
    return [row for row, found in enumerate(products) if does_pass(found, narrowing)]


@given(narrowings(), st.sampled_from(list(Order)))
def test_what_passes_is_what_passes_one_by_one_in_any_order(shop, narrowing, order):
    rows = matching_rows(shop, narrowing, order)
    assert sorted(rows) == brute(shop, narrowing)
    passed = {*rows.tolist()}
    everything = matching_rows(shop, Narrowing(), order).tolist()
    assert sorted(everything) == list(range(COUNT))
    assert rows.tolist() == [row for row in everything if row in passed]


@given(narrowings(), st.lists(st.integers(0, COUNT - 1), max_size=20))
def test_every_count_is_that_of_counting(shop, narrowing, left_out):
    products = shop.products.all()
    for facet in facet_counts(shop, narrowing, left_out):
        others = {name: v for name, v in narrowing.filters.items() if name != facet.name}
        rows = {*brute(shop, Narrowing(others, narrowing.text))} - {*left_out}
        values = Counter(products[row].facts.get(facet.name) for row in rows)
        chosen = narrowing.filters.get(facet.name, ())
        known = {found.facts.get(facet.name) for found in products}
        shown = {value for value in values if value} | ({*chosen} & known)
        assert {*facet.counts} == {
            FacetCount(value, values[value], value in chosen) for value in shown
        }
        assert len(facet.counts) == len(shown)


@given(narrowings(), st.sampled_from(list(VALUES)), st.data())
def test_one_more_facet_narrows_and_one_more_value_widens(shop, narrowing, name, data):
    value = data.draw(st.sampled_from(VALUES[name]))
    chosen = narrowing.filters.get(name, [])
    without = {other: v for other, v in narrowing.filters.items() if other != name}
    none = {*matching_rows(shop, Narrowing(without, narrowing.text)).tolist()}
    some = {*matching_rows(shop, narrowing).tolist()}
    more = {*without, name}
    wider = {**without, name: [*chosen, value]}
    assert {*wider} == more
    widened = {*matching_rows(shop, Narrowing(wider, narrowing.text)).tolist()}
    assert widened <= none
    assert some <= none
    if chosen:
        assert some <= widened
    counts = {facet.name: facet.counts for facet in facet_counts(shop, narrowing)}[name]
    counted = sum(count.count for count in counts if count.value in (*chosen, value))
    assert counted == len(widened)
    worded = Narrowing(narrowing.filters, f"{narrowing.text} shirt")
    assert {*matching_rows(shop, worded).tolist()} <= some


@given(narrowings())
def test_every_way_out_shows_as_many_as_it_says_and_none_is_missing(shop, narrowing):
    expected = []
    for name in narrowing.filters:
        others = {other: v for other, v in narrowing.filters.items() if other != name}
        expected.append(Relaxation(name, len(brute(shop, Narrowing(others, narrowing.text)))))
    if narrowing.text:
        expected.append(Relaxation(None, len(brute(shop, Narrowing(narrowing.filters)))))
    found = relaxations(shop, narrowing)
    assert {*found} == {relaxation for relaxation in expected if relaxation.count}
    assert [r.count for r in found] == sorted((r.count for r in found), reverse=True)


@given(narrowings(), st.sampled_from(list(Order)))
def test_folding_keeps_every_photo_once_and_counts_every_product(shop, narrowing, order):
    rows = matching_rows(shop, narrowing, order)
    photos = [found.sha256 for found in shop.products.get(rows)]
    firsts = {photo: int(rows[at]) for at, photo in reversed([*enumerate(photos)])}
    tiles = folded(shop, rows)
    assert tiles.rows.tolist() == sorted(firsts.values(), key=rows.tolist().index)
    sizes = Counter(photos)
    shown = [found.sha256 for found in shop.products.get(tiles.rows)]
    assert tiles.sizes.tolist() == [sizes[photo] for photo in shown]
    assert tiles.sizes.tolist() == tiles.identical.tolist()


@given(narrowings(), st.lists(st.integers(0, COUNT - 1), unique=True))
def test_of_any_rows_those_that_pass_keep_their_order(shop, narrowing, rows):
    passed = {*brute(shop, narrowing)}
    found = passing(shop, np.array(rows, dtype=np.int64), narrowing)
    assert found.tolist() == [row for row in rows if row in passed]


values = st.sampled_from(["", *"abcdefghijklmnop"])


@given(st.lists(st.tuples(values, values), max_size=60))
def test_columns_are_facets_by_their_values_alone_whatever_their_order(pairs):
    def facets(pairs):
        rows = [{n: v for n, v in zip("xy", pair, strict=True) if v} for pair in pairs]
        return facet_columns([Product(str(n), "", "", facts, n) for n, facts in enumerate(rows)])

    assert {*facets(pairs)} == {*facets(pairs[::-1])}
    for position, name in enumerate("xy"):
        counts = Counter(pair[position] for pair in pairs if pair[position])
        shared = sum(count for count in counts.values() if count > 1)
        few = bool(counts) and (len(counts) == 1 or shared > 0)
        expected = few if len(counts) <= 10 else 2 * shared > counts.total()
        assert (name in facets(pairs)) == expected
