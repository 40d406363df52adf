"""Search is what its definition says: all cosines, sorted, equal ones in the catalogue's order."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.generations import product, publish_products, random_unit_vectors
from vitrine.encoders.base import FloatArray
from vitrine.index import Filter, FlatIndex
from vitrine.search import (
    LESS_WEIGHT,
    MORE_WEIGHT,
    ORIGINAL_WEIGHT,
    Narrowing,
    Refinement,
    similar_to_product,
    similar_to_vector,
)

SIDES, DIMENSION = (0.25, -0.25), 16
"""Vectors of such numbers have unit length, and cosines that float32 holds exactly: eighths,
of which many are equal."""

MARGIN = 2e-6
"""Within which two cosines may be told apart by float32 and six decimals, or not."""

COLOURS = ("Red", "Blue", "Green", None)

sides = st.lists(st.sampled_from(SIDES), min_size=DIMENSION, max_size=DIMENSION)


def exact(vectors: FloatArray, query: FloatArray, k: int, allowed: Collection[int]) -> list[int]:
    cosines = vectors.astype(np.float64) @ query.astype(np.float64)
    return sorted(allowed, key=lambda row: (-cosines[row], row))[:k]


@st.composite
def collections_with_ties(draw) -> FloatArray:
    """(n, 16), many rows of which are the same, or as far from each other as others are."""
    few = draw(st.lists(sides, min_size=1, max_size=6))
    rows = draw(st.lists(st.sampled_from(few), min_size=1, max_size=60))
    return np.array(rows, dtype=np.float32)


@given(collections_with_ties(), sides, st.data())
def test_any_k_best_under_any_filter_are_those_of_the_whole_order(vectors, query, data):
    count = len(vectors)
    k = data.draw(st.integers(0, count + 3))
    allowed = data.draw(st.none() | st.sets(st.integers(0, count - 1)))
    passing = None
    if allowed is not None:
        passing = Filter.by(np.isin(np.arange(count), list(allowed)))
    asked = np.array(query, dtype=np.float32)
    index = FlatIndex.build(vectors)
    found = index.search(asked, k, passing)
    wanted = exact(vectors, asked, k, range(count) if allowed is None else allowed)
    assert [neighbour.row for neighbour in found] == wanted
    assert [neighbour.score for neighbour in found] == [float(vectors[r] @ asked) for r in wanted]
    ranking = index.ranking(asked)
    assert list(ranking.rows) == exact(vectors, asked, count, range(count))


@given(st.integers(1, 80), st.integers(2, 24), st.integers(0, 2**32 - 1), st.data())
def test_of_any_vectors_none_that_is_left_out_is_nearer(count, dimension, seed, data):
    vectors = random_unit_vectors(count, dimension, seed)
    query = random_unit_vectors(1, dimension, seed + 1)[0]
    k = data.draw(st.integers(1, count))
    allowed = np.random.default_rng(seed).random(count) < data.draw(st.sampled_from([0.2, 0.9, 1]))
    found = FlatIndex.build(vectors).search(query, k, Filter.by(allowed))
    rows = [neighbour.row for neighbour in found]
    scores = [neighbour.score for neighbour in found]
    assert len({*rows}) == len(rows) == min(k, int(allowed.sum()))
    assert allowed[rows].all()
    assert sorted(found, key=lambda neighbour: (-neighbour.score, neighbour.row)) == list(found)
    cosines = vectors.astype(np.float64) @ query.astype(np.float64)
    assert np.abs(cosines[rows] - scores).max(initial=0) < MARGIN
    others = allowed.copy()
    others[rows] = False
    assert cosines[others].max(initial=-1) < min(scores, default=1) + MARGIN


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """80 products with exact cosines, many of them equal, and colours that some do not have."""
    chance = np.random.default_rng(3)
    few = chance.choice(SIDES, (24, DIMENSION))
    vectors = few[chance.integers(0, len(few), 80)].astype(np.float32)
    products = [
        product(number, facts={"Colour": colour} if colour else {})
        for number, colour in enumerate(chance.choice(np.array(COLOURS, dtype=object), 80))
    ]
    return publish_products(tmp_path_factory.mktemp("index"), vectors, products)


def narrowed(snapshot, colours):
    rows = range(len(snapshot))
    if not colours:
        return [*rows]
    facts = [found.facts for found in snapshot.products.get(rows)]
    return [row for row in rows if facts[row].get("Colour") in colours]


some_rows = st.lists(st.integers(0, 79), max_size=3, unique=True)
some_colours = st.lists(st.sampled_from(["Red", "Blue", "Green", "Plaid"]), unique=True, max_size=3)


@given(st.integers(0, 79), st.integers(1, 90), some_colours)
def test_a_product_is_never_like_itself_and_all_others_are_in_order(shop, row, k, colours):
    narrowing = Narrowing({"Colour": colours} if colours else {})
    allowed = [other for other in narrowed(shop, colours) if other != row]
    vectors = shop.index.vectors()
    found = similar_to_product(shop, row, k, narrowing)
    assert [neighbour.row for neighbour in found] == exact(vectors, vectors[row], k, allowed)


@given(sides, st.integers(1, 90), some_colours, some_rows, some_rows)
def test_examples_move_the_query_and_are_left_out(shop, query, k, colours, more, less):
    narrowing = Narrowing({"Colour": colours} if colours else {})
    asked = np.array(query, dtype=np.float32)
    found = similar_to_vector(shop, asked, k, narrowing, Refinement(more, less))
    vectors = shop.index.vectors().astype(np.float64)
    moved = ORIGINAL_WEIGHT * asked.astype(np.float64)
    for rows, weight in ((more, MORE_WEIGHT), (less, -LESS_WEIGHT)):
        moved += weight * (vectors[rows].mean(axis=0) if rows else 0)
    length = np.linalg.norm(moved)
    cosines = vectors @ (moved / length if length > MARGIN else asked)
    allowed = [row for row in narrowed(shop, colours) if row not in {*more, *less}]
    rows = [neighbour.row for neighbour in found]
    assert len({*rows}) == len(rows) == min(k, len(allowed))
    assert {*rows} <= {*allowed}
    scores = np.array([neighbour.score for neighbour in found])
    assert np.abs(cosines[rows] - scores).max(initial=0) < MARGIN
    left = [row for row in allowed if row not in rows]
    assert cosines[left].max(initial=-1) < scores.min(initial=1) + MARGIN
    assert sorted(found, key=lambda neighbour: (-neighbour.score, neighbour.row)) == list(found)
