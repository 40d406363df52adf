"""From the rows of a table, whatever its format, to products and row problems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vitrine.catalogue import (
    CatalogueError,
    Column,
    Product,
    RowProblem,
    RowProblemCode,
    problem_of_id,
)
from vitrine.sources.columns import STYLES_IMAGE_URL
from vitrine.sources.texts import MAX_CHARACTERS, tidied

TITLE_FACTS = ("Gender", "gender", "Colour", "baseColour", "ProductType", "articleType")
"""What makes a title where the catalogue gives none, such as "Men Navy Blue Shirts"."""

MAX_ROWS = 2_000_000
"""Of one table. A small file can say that it has billions, and each takes memory."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row before it is judged: its fields, or, where they are None, how it is broken.

    `surplus` are the fields of a row that has more of them than the header.
    """

    line: int
    fields: Sequence[str] | None
    problem: str = ""
    surplus: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """What the rows of a table came to; `unit` is what their `line` counts."""

    products: tuple[Product, ...]
    problems: tuple[RowProblem, ...]
    unit: str


def read_rows(
    records: Iterable[Record],
    header: Sequence[str],
    columns: Mapping[Column, int],
    name: str,
    unit: str = "line",
) -> Rows:
    """Raises `CatalogueError` where not a single row of the table called `name` is usable.

    `header` has the columns' names, `distinct` ones.
    """
    products: dict[str, Product] = {}
    problems: list[RowProblem] = []
    for count, record in enumerate(records, start=1):
        check_rows(count, name)
        outcome = _product(record, header, columns)
        if isinstance(outcome, Product) and outcome.id in products:
            message = f"product {outcome.id} stands already on {unit} {products[outcome.id].line}"
            problems.append(RowProblem(record.line, RowProblemCode.DUPLICATE_ID, message))
        elif isinstance(outcome, Product):
            products[outcome.id] = outcome
        else:
            problems.append(outcome)
    if not products:
        if not problems:
            raise CatalogueError(f"{name} has a header but no products. Add a row per product.")
        first = problems[0]
        raise CatalogueError(
            f"{name} has no usable row. {unit.capitalize()} {first.line}: {first.message}."
        )
    return Rows(tuple(products.values()), tuple(problems), unit)


def check_rows(count: int, name: str) -> None:
    """Raises `CatalogueError` where the table called `name` has more rows than are read."""
    if count > MAX_ROWS:
        raise CatalogueError(
            f"{name} has more than {MAX_ROWS:,} rows, and no more are read. Split it, and give "
            "each part an index of its own."
        )


def _product(
    record: Record,
    header: Sequence[str],
    columns: Mapping[Column, int],
) -> Product | RowProblem:
    if record.fields is None:
        return RowProblem(record.line, RowProblemCode.BROKEN_ROW, record.problem)
    if any(len(field) > MAX_CHARACTERS for field in record.fields):
        message = f"a value of over {MAX_CHARACTERS:,} characters"
        return RowProblem(record.line, RowProblemCode.BROKEN_ROW, message)
    fields = [tidied(field) for field in record.fields]

    def value(column: Column) -> str:
        return fields[columns[column]] if column in columns else ""

    product_id = value(Column.ID)
    problem = problem_of_id(product_id)
    if problem:
        return RowProblem(record.line, RowProblemCode.NO_ID, problem)
    if Column.IMAGE_URL in columns:
        # Inner blanks of an address are kept as they are: they are part of a file's name.
        image_url = record.fields[columns[Column.IMAGE_URL]].strip()
    else:
        image_url = STYLES_IMAGE_URL.format(id=product_id)
    if not image_url:
        message = f"product {product_id} has no photo reference"
        return RowProblem(record.line, RowProblemCode.NO_IMAGE_URL, message)
    facts: dict[str, str] = {}
    for position, (name, text) in enumerate(zip(header, fields, strict=True)):
        if name and text and position not in columns.values():
            facts[name] = text
    title = value(Column.TITLE)
    title = title or " ".join(facts[name] for name in TITLE_FACTS if name in facts) or product_id
    return Product(product_id, title, image_url, facts, record.line)
