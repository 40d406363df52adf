"""Parquet and JSON lines: rows whose values have types, as the text that a shopper reads."""

from __future__ import annotations

import io
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
from vitrine.sources.rows import Record, Rows, read_rows

PARQUET = b"PAR1"

_BATCH_ROWS = 4096
_READABLE_NUMBERS = 16  # of a list, at most
_EXACT_INTEGERS = 2**53  # of a 64-bit float
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # JSON can spell it, no file or database takes it


@dataclass(frozen=True, slots=True)
class _Row:
    """A row's values by column, or why it has none."""

    line: int
    values: Mapping[str, Any] | None
    problem: str = ""


def read_parquet(body: bytes, mapped: Mapping[Column, str], name: str) -> Rows:
    """The bytes of a Parquet file called `name` → its rows; raises `CatalogueError`."""
    import pyarrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(io.BytesIO(body))
        header = [field.name for field in file.schema_arrow]
        read = [field.name for field in file.schema_arrow if _is_text(field.type)]
        rows = list(_parquet_rows(file, read))
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        cause = " ".join(str(error).split())
        raise CatalogueError(
            f"{name} is a Parquet file that cannot be read: {cause}. Write it again."
        ) from None
    return _read(rows, header, mapped, _Table(name, "row"))


def read_json_lines(body: bytes, mapped: Mapping[Column, str], name: str) -> Rows:
    """The bytes of a file with a JSON object a line, or one array of them → its rows.

    Raises `CatalogueError` where not a single one is usable.
    """
    text = body.decode("utf-8-sig", errors="replace")
    unit = "line"
    rows = None
    if text.lstrip().startswith("["):
        try:
            rows = [_row(n, value) for n, value in enumerate(json.loads(text), start=1)]
            unit = "item"
        except (ValueError, RecursionError):
            pass  # as lines then, each of which says what is wrong with it
    if rows is None:
        lines = enumerate(text.split("\n"), start=1)
        rows = [_parsed(number, line) for number, line in lines if line.strip()]
    names = dict.fromkeys(name for row in rows for name in row.values or ())
    return _read(rows, list(names), mapped, _Table(name, unit))


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
            text = f"{value.normalize():f}" if value.is_finite() else ""
        case datetime():
            is_midnight = value.time() == time() and value.tzinfo is None
            text = value.date().isoformat() if is_midnight else value.isoformat(" ")
        case str():
            text = _HALF_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", value)
        case bytes():
            text = _text_of_bytes(value)
        case Mapping():
            pairs = ((name, text_of(inner)) for name, inner in value.items())
            text = ", ".join(f"{name}: {inner}" for name, inner in pairs if inner)
        case list() | tuple() if _is_vector(value):
            text = ""
        case list() | tuple():
            text = ", ".join(filter(None, map(text_of, value)))
        case _:
            text = str(value)
    return text


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    unit: str


def _read(
    rows: Sequence[_Row], header: Sequence[str], mapped: Mapping[Column, str], table: _Table
) -> Rows:
    if not rows:
        raise CatalogueError(f"{table.name} has no rows. Add one per product.")
    if not header:
        first = rows[0]
        raise CatalogueError(
            f"{table.name} has no usable row. {table.unit.capitalize()} {first.line}: "
            f"{first.problem or 'no values'}."
        )
    columns = find_columns(header, mapped, table.name)
    photo = header[columns[Column.IMAGE_URL]] if Column.IMAGE_URL in columns else None
    records = _records(rows, header, photo)
    names = distinct([text_of(name) for name in header])
    return read_rows(records, names, columns, table.name, table.unit)


def _records(rows: Iterable[_Row], header: Sequence[str], photo: str | None) -> Iterator[Record]:
    for row in rows:
        if row.values is None:
            yield Record(row.line, None, row.problem)
            continue
        values = dict(row.values)
        several = values.get(photo) if photo else None
        if photo and isinstance(several, list):  # of a product's photos the first is its face
            values[photo] = next((one for one in several if one), None)
        try:
            fields = [text_of(values.get(name)) for name in header]
        except RecursionError:
            yield Record(row.line, None, "a value nested too deep")
            continue
        yield Record(row.line, fields)


def _parsed(number: int, line: str) -> _Row:
    try:
        return _row(number, json.loads(line))
    except (ValueError, RecursionError) as error:
        return _Row(number, None, f"no JSON ({error})")


def _row(number: int, value: object) -> _Row:
    if isinstance(value, dict):
        return _Row(number, value)
    return _Row(number, None, "no JSON object")


def _parquet_rows(file: Any, read: Sequence[str]) -> Iterator[_Row]:
    import pyarrow

    narrow = [field.name for field in file.schema_arrow if pyarrow.types.is_float32(field.type)]
    number = 0
    for batch in file.iter_batches(_BATCH_ROWS, columns=list(read)):
        for values in batch.to_pylist():
            number += 1
            for name in narrow:
                values[name] = _widened(values[name])
            yield _Row(number, values)


def _is_text(kind: Any) -> bool:
    """Whether values of this type can be shown; not the photos that some files have in them."""
    import pyarrow

    if pyarrow.types.is_struct(kind):
        return all(_is_text(field.type) and not _is_bytes(field.type) for field in kind)
    if pyarrow.types.is_list(kind) or pyarrow.types.is_large_list(kind):
        return _is_text(kind.value_type) and not _is_bytes(kind.value_type)
    return True  # text, too, which some programs write as bytes


def _is_bytes(kind: Any) -> bool:
    import pyarrow

    return bool(pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind))


def _widened(value: float | None) -> float | None:
    """A 32-bit float by its shortest decimal form, so that 19.99 does not become 19.98999977."""
    import numpy as np

    return None if value is None else float(str(np.float32(value)))


def _is_vector(values: Sequence[object]) -> bool:
    """Whether this is for programs, such as an embedding, and not for people."""
    return len(values) > _READABLE_NUMBERS and all(isinstance(value, float) for value in values)


def _text_of_float(value: float) -> str:
    if not math.isfinite(value):
        return ""
    if value.is_integer() and abs(value) <= _EXACT_INTEGERS:
        return str(int(value))
    return repr(value)


def _text_of_bytes(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return ""
