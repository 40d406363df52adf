"""Rows whose values have types, as the text that a shopper reads; and JSON lines."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from vitrine.catalogue import CatalogueError, Column
from vitrine.sources.columns import distinct, find_columns
from vitrine.sources.rows import Record, Rows, check_rows, read_rows

_READABLE_NUMBERS = 16  # of a list, at most
_EXACT_INTEGERS = 2**53  # of a 64-bit float
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # JSON can spell it, no file or database takes it


@dataclass(frozen=True, slots=True)
class TypedRow:
    """A row's values by the key of their column, or why it has none."""

    line: int
    values: Mapping[Any, Any] | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """What a table is called, and what its rows are called."""

    name: str
    unit: str


def read_json_lines(body: bytes, mapped: Mapping[Column, str], name: str) -> Rows:
    """The bytes of a file with a JSON object a line, or one array of them → its rows.

    Raises `CatalogueError` where not a single one is usable, or there are too many.
    """
    text = body.decode("utf-8-sig", errors="replace")
    unit = "line"
    rows = None
    if text.lstrip().startswith("["):
        try:
            values = json.loads(text)
            check_rows(len(values), name)
            rows = [_row(number, value) for number, value in enumerate(values, start=1)]
            unit = "item"
        except (ValueError, RecursionError):
            pass  # as lines then, each of which says what is wrong with it
    if rows is None:
        check_rows(text.count("\n"), name)
        lines = enumerate(text.split("\n"), start=1)
        rows = [_parsed(number, line) for number, line in lines if line.strip()]
    keys = dict.fromkeys(key for row in rows for key in row.values or ())
    return read_typed(rows, {key: text_of(key) for key in keys}, mapped, Table(name, unit))


def text_of(value: object) -> str:
    """A value as text: what is missing is empty, lists have commas.

    A whole number that came as a float, as columns with gaps have them, is without its
    ``.0``; so is midnight without its time.
    """
    match value:
        case None:
            text = ""
        case bool():
            text = "yes" if value else "no"
        case float():
            text = _text_of_float(value)
        case Decimal():
            text = _text_of_decimal(value)
        case datetime():
            is_midnight = value.time() == time() and value.tzinfo is None
            text = value.date().isoformat() if is_midnight else value.isoformat(" ")
        case str():
            text = _HALF_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", value)
        case bytes():
            text = _text_of_bytes(value)
        case Mapping():
            pairs = ((text_of(name), text_of(inner)) for name, inner in value.items())
            text = ", ".join(f"{name}: {inner}" for name, inner in pairs if inner)
        case list() | tuple() if _is_vector(value):
            text = ""
        case list() | tuple():
            text = ", ".join(filter(None, map(text_of, value)))
        case _:
            text = str(value)
    return text


def read_typed(
    rows: Sequence[TypedRow],
    header: Mapping[Any, str],
    mapped: Mapping[Column, str],
    table: Table,
) -> Rows:
    """Rows as they are in a file, whose values have types; `header` has each column's name by
    its key. Raises `CatalogueError` where there is nothing to use, or too much."""
    if not rows:
        raise CatalogueError(f"{table.name} has no rows. Add one per product.")
    if not header:
        first = rows[0]
        raise CatalogueError(
            f"{table.name} has no usable row. {table.unit.capitalize()} {first.line}: "
            f"{first.problem or 'no values'}."
        )
    keys, names = list(header), list(header.values())
    columns = find_columns(names, mapped, table.name)
    photo = keys[columns[Column.IMAGE_URL]] if Column.IMAGE_URL in columns else None
    records = _records(rows, keys, photo)
    return read_rows(records, distinct(names), columns, table.name, table.unit)


def _records(rows: Iterable[TypedRow], keys: Sequence[Any], photo: Any) -> Iterator[Record]:
    for row in rows:
        if row.values is None:
            yield Record(row.line, None, row.problem)
            continue
        values = dict(row.values)
        several = values.get(photo)
        if isinstance(several, list):  # of a product's photos the first is its face
            values[photo] = next((one for one in several if one), None)
        try:
            fields = [text_of(values.get(key)) for key in keys]
        except RecursionError:
            yield Record(row.line, None, "a value nested too deep")
            continue
        yield Record(row.line, fields)


def _parsed(number: int, line: str) -> TypedRow:
    try:
        return _row(number, json.loads(line))
    except (ValueError, RecursionError) as error:
        return TypedRow(number, None, f"no JSON ({error})")


def _row(number: int, value: object) -> TypedRow:
    if isinstance(value, dict):
        return TypedRow(number, value)
    return TypedRow(number, None, "no JSON object")


def _is_vector(values: Sequence[object]) -> bool:
    """Whether this is for programs, such as an embedding, and not for people."""
    return len(values) > _READABLE_NUMBERS and all(isinstance(value, float) for value in values)


def _text_of_float(value: float) -> str:
    if not math.isfinite(value):
        return ""
    if value.is_integer() and abs(value) <= _EXACT_INTEGERS:
        return str(int(value))
    return repr(value)


def _text_of_decimal(value: Decimal) -> str:
    """With all its digits, of which `normalize` would keep 28."""
    if not value.is_finite():
        return ""
    text = f"{value:f}"
    return text.rstrip("0").removesuffix(".") if "." in text else text


def _text_of_bytes(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return ""
