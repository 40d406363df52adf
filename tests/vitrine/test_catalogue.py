"""Which columns of a catalogue are facets."""

from __future__ import annotations

import pytest

from vitrine.catalogue import Product, facet_columns


def test_columns_with_few_values_are_facets_in_the_catalogues_order():
    products = [
        Product(
            id=str(number),
            title="",
            image_url="",
            facts={"Serial": f"S{number}", "Colour": f"c{number % 7}", "Shop": "one"},
            line=number,
        )
        for number in range(100)
    ]
    assert facet_columns(products) == ["Colour", "Shop"]


@pytest.mark.parametrize(
    ("products", "values", "is_facet"),
    [
        (1, 1, True),
        (3, 3, False),
        (4, 3, True),
        (12, 10, True),
        (12, 11, False),
        (40, 20, True),
        (40, 31, False),
        (3_000, 2_000, True),
        (20_000, 5_000, True),
        (20_000, 5_001, False),
    ],
)
def test_a_column_is_a_facet_if_its_values_repeat_and_are_not_too_many(products, values, is_facet):
    found = facet_columns(
        [Product(str(n), "", "", {"Tag": f"t{n % values}"}, n) for n in range(products)]
    )
    assert found == (["Tag"] if is_facet else [])


def test_texts_of_which_few_are_equal_are_no_facet():
    texts = [f"A fine piece, number {n}" if n % 3 else "A fine piece" for n in range(300)]
    products = [Product(str(n), "", "", {"Text": text}, n) for n, text in enumerate(texts)]
    assert facet_columns(products) == []
