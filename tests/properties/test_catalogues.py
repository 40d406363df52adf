"""Catalogues of any bytes are read or refused in words; what is written is what is read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from tests.properties.conftest import FEW
from tests.soundness import check_catalogue, check_error
from vitrine.catalogue import CatalogueError, RowProblemCode
from vitrine.sources import read_source
from vitrine.sources.texts import tidied

FACTS = ("Colour", "Colour 2", "Größe", "Preis, netto", "a=b", "Main\nColour", "x|y;z")
"""Names of columns, most of them with something that is easily taken for something else."""

SEPARATORS = ",;\t|"
NEWLINES = ("\n", "\r\n", "\r")
WESTERN = ("latin-1", "cp1252")  # no byte of their letters continues a letter of UTF-8
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", *WESTERN)


@dataclass(frozen=True)
class Row:
    id: str
    title: str
    image_url: str
    facts: tuple[str, ...]

    def values(self) -> list[str]:
        return [self.id, self.image_url, self.title, *self.facts]


letters = st.characters(min_codepoint=0x20, max_codepoint=0x7E) | st.characters(
    min_codepoint=0xC0, max_codepoint=0xFF
)
anything = letters | st.sampled_from("€ßŁ日本語😀\u0301\u200b\u2028\x07") | st.just("\n")


def rows(characters: st.SearchStrategy[str], facts: int) -> st.SearchStrategy[list[Row]]:
    text = st.text(characters, max_size=12)
    told = text.filter(tidied)
    ids = told.filter(lambda value: tidied(value) not in (".", ".."))
    row = st.builds(
        Row,
        ids,
        told,
        told.filter(lambda value: bool(value.strip())),
        st.tuples(*[text] * facts),
    )
    return st.lists(row, min_size=1, max_size=8, unique_by=lambda row: tidied(row.id))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("shop")


def check_read(home, body: bytes, names: Sequence[str], written: Sequence[Row]) -> None:
    """Written rows are read as they are, in their order, and nothing else is."""
    path = home / "shop"
    path.write_bytes(body)
    catalogue = read_source(path)
    check_catalogue(catalogue)
    assert catalogue.problems == ()
    assert len(catalogue.products) == len(written)
    for product, row in zip(catalogue.products, written, strict=True):
        facts = zip(map(tidied, names), map(tidied, row.facts), strict=True)
        assert product.id == tidied(row.id)
        assert product.title == tidied(row.title)
        assert product.image_url.splitlines() == row.image_url.strip().splitlines()
        assert product.facts == {name: value for name, value in facts if value}


@st.composite
def tables(draw, characters=anything):
    names = draw(st.lists(st.sampled_from(FACTS), unique=True, max_size=4))
    return names, draw(rows(characters, len(names)))


@given(st.data())
def test_a_csv_of_any_separator_encoding_and_quoting_is_read_as_it_was_written(home, data):
    encoding = data.draw(st.sampled_from(ENCODINGS))
    newline = data.draw(st.sampled_from(NEWLINES))
    separator = data.draw(st.sampled_from(SEPARATORS))
    quoting = data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]))
    names, written = data.draw(tables(letters if encoding in WESTERN else anything))
    header = ["ProductId", "ImageURL", "ProductTitle", *names]
    order = data.draw(st.permutations(range(len(header))))
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator, quoting=quoting, lineterminator=newline)
    for values in (header, *(row.values() for row in written)):
        # A writer quotes line ends of its own kind alone.
        writer.writerow([values[position].replace("\n", newline) for position in order])
    check_read(home, file.getvalue().encode(encoding), names, written)


@given(tables(), st.booleans(), st.booleans())
def test_json_of_either_form_is_read_as_it_was_written(home, table, is_array, is_ascii):
    names, written = table
    header = ["id", "image", "title", *names]
    items = [dict(zip(header, row.values(), strict=True)) for row in written]
    if is_array:
        text = json.dumps(items, ensure_ascii=is_ascii, indent=1)
    else:
        text = "\n".join(json.dumps(item, ensure_ascii=is_ascii) for item in items)
    check_read(home, text.encode(), names, written)


@FEW
@given(tables())
def test_parquet_is_read_as_it_was_written(home, table):
    check_read(home, parquet_of(*table), *table)


def parquet_of(names: Sequence[str], written: Sequence[Row]) -> bytes:
    columns = zip(*(row.values() for row in written), strict=True)
    arrays = [pa.array(column, pa.string()) for column in columns]
    file = io.BytesIO()
    header = ["id", "image", "title", *names]
    parquet.write_table(pa.Table.from_arrays(arrays, names=header), file)
    return file.getvalue()


BROKEN = {
    "x,a.jpg": RowProblemCode.BROKEN_ROW,
    "x,a.jpg,Title,Red,one more": RowProblemCode.BROKEN_ROW,
    '"x,a.jpg,Title,Red': RowProblemCode.BROKEN_ROW,
    'x,a.jpg,"Title,Red': RowProblemCode.BROKEN_ROW,
    ",a.jpg,Title,Red": RowProblemCode.NO_ID,
    "..,a.jpg,Title,Red": RowProblemCode.NO_ID,
    "x,,Title,Red": RowProblemCode.NO_IMAGE_URL,
    "p0,a.jpg,Title,Red": RowProblemCode.DUPLICATE_ID,
}


@given(st.lists(st.sampled_from([None, *BROKEN]), max_size=30))
def test_every_row_is_a_product_or_is_reported_by_its_line(home, kinds):
    lines = ["ProductId,ImageURL,ProductTitle,Colour", "p0,0.jpg,Title 0,Red"]
    expected: list[tuple[int, object]] = [(2, "p0")]
    for kind in kinds:
        line = len(lines) + 1
        if kind is None:
            lines.append(f"p{line},{line}.jpg,Title {line},Red")
            expected.append((line, f"p{line}"))
        else:
            lines.append(kind)
            expected.append((line, BROKEN[kind]))
    path = home / "shop"
    path.write_text("\n".join([*lines, "end,e.jpg,Title,Red"]))
    catalogue = read_source(path)
    found = [(p.line, p.id) for p in catalogue.products if p.id != "end"]
    found += [(p.line, p.code) for p in catalogue.problems]
    assert sorted(found, key=lambda pair: pair[0]) == expected
    for product in catalogue.products[1:-1]:
        assert product.image_url == f"{product.line}.jpg"


damages = st.tuples(st.floats(0, 0.999), st.integers(0, 255))


@FEW
@given(tables(), st.lists(damages, max_size=3), st.data())
def test_a_damaged_parquet_file_is_read_or_refused_in_words(home, table, damaged, data):
    body = bytearray(parquet_of(*table))
    for where, byte in damaged:
        body[4 + int(where * (len(body) - 4))] = byte
    path = home / "shop"
    path.write_bytes(body[: data.draw(st.just(len(body)) | st.integers(4, len(body)))])
    try:
        check_catalogue(read_source(path))
    except CatalogueError as error:
        check_error(error)


pieces = st.sampled_from(
    [
        *("ProductId", "id", "ImageURL", "image", "title", "articleType", "sep=", "a.jpg", "1"),
        *('"', '""', ",", ";", "\t", "|", "\n", "\r", "\r\n", " ", "\0", "\x1b[31m", "\\", "\\u"),
        *("{", "}", "[", "]", ":", '"id": ', '"image": ', "null", "1e999", "\\ud800", "\ufeff"),
        *("é", "日", "\ufffd", "\x85", "..", "x" * 300, '"a.jpg"', "true", "-0.0", "1" * 30),
    ]
)
BEGINNINGS = ("", "ProductId,ImageURL\n", "id;image;x\n", '{"id": 1, "image":', '[{"id": 1, ')
MARKS = (b"PAR1", b"\x1f\x8b", b"\0\0\x08\x03", b"\xff\xfe")
ENCODED = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1")


@st.composite
def bodies(draw):
    """Bytes of which many come near to being a catalogue."""
    text = draw(st.sampled_from(BEGINNINGS)) + "".join(draw(st.lists(pieces, max_size=40)))
    body = text.encode(draw(st.sampled_from(ENCODED)), errors="replace")
    at = draw(st.integers(0, len(body)))
    mark = draw(st.just(b"") | st.sampled_from(MARKS))
    return mark + body[:at] + draw(st.binary(max_size=4)) + body[at:]


@given(bodies() | st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(home, body):
    path = home / "shop"
    path.write_bytes(body)
    try:
        check_catalogue(read_source(path))
    except CatalogueError as error:
        check_error(error)
