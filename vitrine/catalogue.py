"""Catalogues: products as the owner has them, and the rows that could not be used.

A row that cannot be used becomes a `RowProblem` with its line number; all other
rows keep their own id, title, photo reference and facts. `vitrine.sources` reads
catalogues from whatever the owner has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from vitrine.errors import UnusableError

FEW_VALUES = 10  # as many choices as one takes in at a glance
MAX_FACET_VALUES = 5_000  # more choices than that are a list to search, not to click through
MAX_ID_LENGTH = 200  # an id is part of every product's address

NO_ADDRESSES = (".", "..")
"""What no path can end with: browsers take it for the folder itself, or the one above, however
it is escaped (URL Standard, "single-dot" and "double-dot URL path segment")."""


class Column(StrEnum):
    """The columns that have a meaning of their own; every other column is a fact."""

    ID = "id"
    TITLE = "title"
    IMAGE_URL = "image_url"
    IMAGE = "image"


class CatalogueError(UnusableError):
    """The catalogue as a whole cannot be used; the message says why and what to do."""


class RowProblemCode(StrEnum):
    BROKEN_ROW = "broken_row"
    NO_ID = "no_id"
    DUPLICATE_ID = "duplicate_id"
    NO_IMAGE_URL = "no_image_url"


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that was skipped. `line` is the 1-based line of the file where it starts."""

    line: int
    code: RowProblemCode
    message: str


@dataclass(frozen=True, slots=True)
class Product:
    """One row: `image_url` as the catalogue has it, `facts` in the order of its columns."""

    id: str
    title: str
    image_url: str
    facts: Mapping[str, str]
    line: int


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All products of one source.

    `name` is what people call it, `location` its absolute path or URL, by which runs
    know it again. Relative photo references start at `base`: a folder, or a URL that
    ends with a slash. `sha256` changes with its contents. `kind` says what the source
    was found to be, and `unit` what a product's `line` counts in it. Where it `is_table`,
    that is where one finds a product; the products of all others are found by their id.
    """

    name: str
    location: str
    base: Path | str
    sha256: str
    products: tuple[Product, ...]
    problems: tuple[RowProblem, ...] = ()
    kind: str = "a CSV"
    unit: str = "line"
    is_table: bool = True

    def place_of(self, product: Product) -> str:
        """Where the owner finds a product, such as ``line 7``."""
        return f"{self.unit} {product.line}" if self.is_table else product.id


class Described(Protocol):
    """A product, wherever it comes from, as far as its facts go."""

    @property
    def facts(self) -> Mapping[str, str]: ...


def facet_columns(products: Sequence[Described]) -> list[str]:
    """The facts whose values repeat, in the catalogue's order.

    A column is a facet when products share a value, or it has but one; with more than
    `FEW_VALUES`, when most of its products share theirs, and it has at most
    `MAX_FACET_VALUES`. A column of serial numbers or descriptions is none, nor is one
    whose name can be no part of an address.
    """
    values: dict[str, Counter[str]] = {}
    for product in products:
        for name, value in product.facts.items():
            values.setdefault(name, Counter())[value] += 1
    return [
        name
        for name, counts in values.items()
        if name not in NO_ADDRESSES and _do_values_repeat(counts)
    ]


def is_text(name: str) -> bool:
    """Whether a name can be written as UTF-8. A file's may be any bytes, of which Python
    keeps those that are no text as halves of characters."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def problem_of_id(product_id: str) -> str | None:
    """Why an id can't be used, in words; None if it can."""
    if not product_id:
        return "no product id"
    if len(product_id) > MAX_ID_LENGTH:
        return f"a product id of over {MAX_ID_LENGTH} characters"
    if product_id in NO_ADDRESSES:
        return f"a product id of {product_id!r}, which can be no part of an address"
    return None


def _do_values_repeat(counts: Counter[str]) -> bool:
    """Whether a column with so many products of each value is a facet."""
    sharing = sum(count for count in counts.values() if count > 1)
    if len(counts) <= FEW_VALUES:
        return sharing > 0 or len(counts) == 1
    return len(counts) <= MAX_FACET_VALUES and 2 * sharing > counts.total()
