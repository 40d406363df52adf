"""What holds for whatever a catalogue is read from, strangers' bytes included."""

from __future__ import annotations

import re

from vitrine.catalogue import (
    MAX_ID_LENGTH,
    NO_ADDRESSES,
    Catalogue,
    CatalogueError,
    RowProblemCode,
    facet_columns,
    is_text,
)
from vitrine.sources.texts import MAX_CHARACTERS, tidied

MAX_MESSAGE = 2000
"""Characters of a message; none is as long as a file can make it."""

_OBEYED = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # by a terminal


def check_catalogue(catalogue: Catalogue) -> None:
    """Raises AssertionError unless every product can be indexed, shown and found again."""
    assert catalogue.products
    ids = [product.id for product in catalogue.products]
    assert len({*ids}) == len(ids)
    places = [product.line for product in catalogue.products]
    places += [problem.line for problem in catalogue.problems]
    assert all(place >= 1 for place in places)
    assert len({*places}) == len(places), "two rows on one line"
    for product in catalogue.products:
        assert 0 < len(product.id) <= MAX_ID_LENGTH
        assert product.id not in NO_ADDRESSES
        assert product.title
        assert product.image_url == product.image_url.strip() != ""
        for text in (product.id, product.title, *product.facts, *product.facts.values()):
            assert text == tidied(text) != ""
            assert not _OBEYED.search(text)
        for text in (product.id, product.title, product.image_url, *product.facts.values()):
            assert is_text(text)
            assert len(text) <= MAX_CHARACTERS + len("images/.jpg")
        assert all(is_text(name) for name in product.facts)
    for problem in catalogue.problems:
        assert problem.code in RowProblemCode
        check_message(problem.message)
    facet_columns(catalogue.products)


def check_error(error: CatalogueError) -> None:
    """Raises AssertionError unless the message is a sentence or two, about what to do."""
    check_message(str(error))
    assert str(error).endswith(".")


def check_message(message: str) -> None:
    assert message
    assert is_text(message)
    assert len(message) <= MAX_MESSAGE, message[:MAX_MESSAGE]
    assert not _OBEYED.search(message), ascii(message)
