"""Read a catalogue file into products, row by row, without ever shifting one.

A row that cannot be used becomes a `RowProblem` with its line number; all other
rows keep their own id, title, photo reference and facts.
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

DELIMITERS = ",;\t|"
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


KNOWN_NAMES: dict[Column, tuple[str, ...]] = {
    Column.ID: ("ProductId", "id"),
    Column.TITLE: ("ProductTitle", "productDisplayName"),
    Column.IMAGE_URL: ("ImageURL",),
    Column.IMAGE: ("Image",),
}
"""What `fashion.csv` and `styles.csv` call each column, in order of preference."""

STYLES_MARK = "articleType"
STYLES_IMAGE_URL = "images/{id}.jpg"
"""`styles.csv` has no photo column: its photos lie beside it, named by id."""

TITLE_FACTS = ("Gender", "gender", "Colour", "baseColour", "ProductType", "articleType")
"""What makes a title where the catalogue gives none, such as "Men Navy Blue Shirts"."""


class CatalogueError(Exception):
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
    """All products of one file. Relative photo references start at `base`, its folder."""

    path: Path
    sha256: str
    products: tuple[Product, ...]
    problems: tuple[RowProblem, ...]

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def base(self) -> Path:
        return self.path.resolve().parent


_TOLD_DELIMITER = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")  # what a terminal would obey


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    fields: list[str] | None  # None: broken, and `problem` says how
    problem: str = ""


def read_catalogue(path: Path) -> Catalogue:
    """Read a CSV with any of the usual separators and encodings.

    Raises `CatalogueError` where there is no such file, or nothing in it can be
    used: empty, a header only, no id or photo column, or not a single good row.
    """
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        raise CatalogueError(f"There is no catalogue at {path}. Give the path of a CSV.") from None
    except OSError as error:
        raise CatalogueError(f"Cannot read {path}: {error.strerror}.") from None
    lines = list(io.StringIO(_decode(body), newline=""))
    header_line = next((line for line in lines if line.strip()), None)
    if header_line is None:
        raise CatalogueError(f"{path} is empty. The first line must name the columns.")
    told = _TOLD_DELIMITER.fullmatch(header_line.strip())
    if told:  # Excel's own first line
        lines[lines.index(header_line)] = "\n"
        header_line = next((line for line in lines if line.strip()), "")
    records = _records(lines, told[1] if told else _delimiter(header_line))
    header = _distinct(next(records, _Record(1, [])).fields or [])
    columns = _columns(header, path)

    products: dict[str, Product] = {}
    problems: list[RowProblem] = []
    for record in records:
        outcome = _product(record, header, columns, products)
        if isinstance(outcome, Product):
            products[outcome.id] = outcome
        else:
            problems.append(outcome)
    if not products:
        if not problems:
            raise CatalogueError(f"{path} has a header but no products. Add a row per product.")
        raise CatalogueError(
            f"{path} has no usable row. Line {problems[0].line}: {problems[0].message}."
        )
    return Catalogue(
        path=path,
        sha256=hashlib.sha256(body).hexdigest(),
        products=tuple(products.values()),
        problems=tuple(problems),
    )


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


def _do_values_repeat(counts: Counter[str]) -> bool:
    """Whether a column with so many products of each value is a facet."""
    sharing = sum(count for count in counts.values() if count > 1)
    if len(counts) <= FEW_VALUES:
        return sharing > 0 or len(counts) == 1
    return len(counts) <= MAX_FACET_VALUES and 2 * sharing > counts.total()


def _decode(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", errors="replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What spreadsheets of western Europe and Brazil write; its five unused bytes
        # become the mark for an unknown character.
        return body.decode("cp1252", errors="replace")


def _delimiter(header: str) -> str:
    """The separator that makes known columns of the header, or else the most columns."""
    known = {_key(name) for names in KNOWN_NAMES.values() for name in names}

    def fitness(delimiter: str) -> tuple[int, int]:
        names = next(csv.reader([header], delimiter=delimiter))
        return sum(_key(name) in known for name in names), len(names)

    return max(DELIMITERS, key=fitness)


def _records(lines: Sequence[str], delimiter: str) -> Iterator[_Record]:
    """Every record with the line that it starts on, the header first.

    A quote that is never closed swallows the lines that follow. Where a record of
    several lines does not fit the header, only its first line is given up, and
    reading goes on with the next line of the file.
    """
    width: int | None = None
    start = 0
    while start < len(lines):
        reader = csv.reader(itertools.islice(lines, start, None), delimiter=delimiter)
        begun = start
        resume = None
        while resume is None:
            line = start + reader.line_num + 1
            try:
                fields = next(reader, None)
            except csv.Error as error:
                yield _Record(line, None, str(error))
                resume = line
                break
            if fields is None:
                return
            if not any(field.strip() for field in fields):
                continue
            if width is None:
                width = len(fields)
            end = start + reader.line_num
            if len(fields) != width:
                problem = f"{len(fields)} fields where the header has {width}"
            elif end > line and not _is_well_quoted(lines[line - 1 : end], delimiter):
                problem = "a quote that is not closed"
            else:
                yield _Record(line, fields)
                continue
            yield _Record(line, None, problem)
            if end > line:
                resume = line
        start = resume
        assert start > begun


def _is_well_quoted(lines: Sequence[str], delimiter: str) -> bool:
    """Whether a record of several lines is one.

    Two rows that each have a quote too many look like one row of several lines, but
    for text that follows the closing quote.
    """
    try:
        next(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return True


def _key(name: str) -> str:
    return "".join(name.casefold().replace("_", "").split())


def _distinct(header: Sequence[str]) -> list[str]:
    """The columns' names; a second "Colour" is called "Colour 2"."""
    seen: Counter[str] = Counter()
    names = []
    for name in header:
        seen[name] += 1
        names.append(name if seen[name] == 1 or not name else f"{name} {seen[name]}")
    return names


def _columns(header: Sequence[str], path: Path) -> dict[Column, int]:
    """Where each column with a meaning of its own is in the header."""
    keys = [_key(name) for name in header]
    found = {
        column: keys.index(key)
        for column, names in KNOWN_NAMES.items()
        for key in itertools.islice((_key(n) for n in names if _key(n) in keys), 1)
    }
    is_styles = _key(STYLES_MARK) in keys
    needed = [Column.ID] if is_styles else [Column.ID, Column.IMAGE_URL]
    for column in needed:
        if column not in found:
            raise CatalogueError(
                f"{path} has no column {' or '.join(KNOWN_NAMES[column])}; its columns are: "
                f"{', '.join(header)}. Rename the column that holds it, or add one."
            )
    return found


def _product(
    record: _Record,
    header: Sequence[str],
    columns: Mapping[Column, int],
    seen: Mapping[str, Product],
) -> Product | RowProblem:
    if record.fields is None:
        return RowProblem(record.line, RowProblemCode.BROKEN_ROW, record.problem)
    fields = [" ".join(_CONTROL.sub(" ", field).split()) for field in record.fields]

    def value(column: Column) -> str:
        return fields[columns[column]] if column in columns else ""

    product_id = value(Column.ID)
    problem = problem_of_id(product_id)
    if problem:
        return RowProblem(record.line, RowProblemCode.NO_ID, problem)
    if product_id in seen:
        first = seen[product_id].line
        message = f"product {product_id} stands already on line {first}"
        return RowProblem(record.line, RowProblemCode.DUPLICATE_ID, message)
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
        if name.strip() and text and position not in columns.values():
            facts.setdefault(name.strip(), text)
    title = value(Column.TITLE)
    title = title or " ".join(facts[name] for name in TITLE_FACTS if name in facts) or product_id
    return Product(product_id, title, image_url, facts, record.line)


def problem_of_id(product_id: str) -> str | None:
    """Why an id can't be used, in words; None if it can."""
    if not product_id:
        return "no product id"
    if len(product_id) > MAX_ID_LENGTH:
        return f"a product id of over {MAX_ID_LENGTH} characters"
    if product_id in NO_ADDRESSES:
        return f"a product id of {product_id!r}, which can be no part of an address"
    return None
