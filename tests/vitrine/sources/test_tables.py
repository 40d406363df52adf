"""Parquet and JSON lines, with the values that programs write into them."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from vitrine.catalogue import CatalogueError, Column, RowProblemCode
from vitrine.sources import read_source
from vitrine.sources.tables import text_of


@pytest.fixture
def lines(tmp_path):
    def lines(*rows: object) -> Path:
        path = tmp_path / "shop.jsonl"
        path.write_text(
            "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + "\n",
            encoding="utf-8",
        )
        return path

    return lines


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (math.nan, ""),
        (math.inf, ""),
        (1001.0, "1001"),
        (-0.0, "0"),
        (19.99, "19.99"),
        (9007199254740993, "9007199254740993"),
        (1e300, "1e+300"),
        (True, "yes"),
        (False, "no"),
        (Decimal("10.50"), "10.5"),
        (Decimal("1000"), "1000"),
        (["red", None, "blue", ""], "red, blue"),
        ([0.5, 1.5], "0.5, 1.5"),
        ([0.5] * 384, ""),
        ({"size": "M", "stock": None, "cm": 3.0}, "size: M, cm: 3"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 12, 30), "2026-01-31 12:30:00"),
        (datetime(2026, 1, 31, tzinfo=UTC), "2026-01-31 00:00:00+00:00"),
        ("half \ud800 a character", "half \N{REPLACEMENT CHARACTER} a character"),
        (b"text", "text"),
        (b"\xff\xd8\xff", ""),
    ],
)
def test_values_become_the_text_that_a_shopper_reads(value, text):
    assert text_of(value) == text


def test_json_lines_become_products_and_the_first_of_several_photos_counts(lines):
    catalogue = read_source(
        lines(
            {"sku": 7, "name": "Top", "image": ["a.jpg", "b.jpg"], "tags": ["new", "sale"]},
            "",
            {"sku": 8.0, "name": None, "image": "c.jpg", "extra": {"fit": "slim"}},
        )
    )
    assert [(p.id, p.title, p.image_url, p.line) for p in catalogue.products] == [
        ("7", "Top", "a.jpg", 1),
        ("8", "8", "c.jpg", 3),
    ]
    assert [dict(p.facts) for p in catalogue.products] == [
        {"tags": "new, sale"},
        {"extra": "fit: slim"},
    ]
    assert (catalogue.kind, catalogue.unit) == ("a file of JSON lines", "line")


def test_a_broken_line_is_reported_and_shifts_no_other(lines):
    catalogue = read_source(
        lines({"id": 1, "image": "a.jpg"}, '{"id": 2', "[3]", {"id": 1, "image": "b.jpg"})
    )
    assert [p.id for p in catalogue.products] == ["1"]
    assert [(p.line, p.code) for p in catalogue.problems] == [
        (2, RowProblemCode.BROKEN_ROW),
        (3, RowProblemCode.BROKEN_ROW),
        (4, RowProblemCode.DUPLICATE_ID),
    ]
    assert catalogue.problems[0].message.startswith("no JSON (")
    assert catalogue.problems[1].message == "no JSON object"


def test_halves_of_characters_become_the_mark_for_an_unknown_one(lines):
    (product,) = read_source(
        lines({"id": "a\ud800", "image": "b\udc00.jpg", "col\ud801": "c\udc01"})
    ).products
    mark = "\N{REPLACEMENT CHARACTER}"
    assert (product.id, product.image_url) == (f"a{mark}", f"b{mark}.jpg")
    assert product.facts == {f"col{mark}": f"c{mark}"}


def test_a_value_nested_too_deep_breaks_its_row_alone(lines):
    deep = "[" * 900 + "1" + "]" * 900
    catalogue = read_source(
        lines(f'{{"id": 1, "image": "a.jpg", "x": {deep}}}', {"id": 2, "image": "b.jpg"})
    )
    assert [p.id for p in catalogue.products] == ["2"]
    assert [(p.line, p.message) for p in catalogue.problems] == [(1, "a value nested too deep")]


def test_one_array_of_objects_will_do(tmp_path):
    path = tmp_path / "shop.json"
    path.write_text(json.dumps([{"id": 1, "image": "a.jpg"}, {"id": 2}], indent=1))
    catalogue = read_source(path)
    assert [p.id for p in catalogue.products] == ["1"]
    assert (catalogue.unit, catalogue.problems[0].line) == ("item", 2)


def test_lines_of_which_none_is_usable_say_why(lines):
    with pytest.raises(CatalogueError, match=r"no usable row\. Line 1: no JSON \("):
        read_source(lines("{", "}"))
    with pytest.raises(CatalogueError, match=r"has no column ImageURL, .* columns are: id, x"):
        read_source(lines({"id": 1, "x": 2}))
    with pytest.raises(CatalogueError, match=r"nested too deep|no JSON|no usable row"):
        read_source(lines("[" * 100_000))


def test_parquet_keeps_whole_numbers_whole_in_spite_of_gaps(tmp_path):
    frame = pd.DataFrame(
        {
            "ProductId": [1001.0, 1002.0, None],
            "ImageURL": ["a.jpg", "b.jpg", "c.jpg"],
            "year": pd.array([2011, None, 2012], dtype="Int64"),
            "season": pd.Categorical(["Fall", None, "Fall"]),
            "since": pd.to_datetime(["2026-01-31", None, "2026-02-01"]),
            "sizes": [["S", "M"], None, []],
        }
    )
    frame.to_parquet(tmp_path / "shop.parquet", engine="pyarrow")
    catalogue = read_source(tmp_path)
    assert [(p.id, p.line) for p in catalogue.products] == [("1001", 1), ("1002", 2)]
    assert catalogue.products[0].facts == {
        "year": "2011",
        "season": "Fall",
        "since": "2026-01-31",
        "sizes": "S, M",
    }
    assert catalogue.products[1].facts == {}
    assert [(p.line, p.code) for p in catalogue.problems] == [(3, RowProblemCode.NO_ID)]
    assert (catalogue.kind, catalogue.unit) == ("a Parquet file", "row")


def test_a_named_index_of_a_data_frame_is_a_column(tmp_path):
    frame = pd.DataFrame({"sku": ["a", "b"], "image": ["a.jpg", "b.jpg"]}).set_index("sku")
    frame.to_parquet(tmp_path / "shop.parquet", engine="pyarrow")
    assert [p.id for p in read_source(tmp_path / "shop.parquet").products] == ["a", "b"]


def test_photos_inside_a_parquet_file_are_no_facts_and_narrow_floats_keep_their_digits(tmp_path):
    photo = pa.array(
        [{"bytes": b"\xff\xd8", "path": "x"}],
        pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
    )
    columns = {
        "id": pa.array(["7"]),
        "picture": pa.array(["a.jpg"]),
        "embedded": photo,
        "price": pa.array([19.99], pa.float32()),
        "colour": pa.array([b"red"], pa.binary()),
    }
    parquet.write_table(pa.table(columns), tmp_path / "shop.parquet")
    (product,) = read_source(tmp_path / "shop.parquet").products
    assert product.facts == {"price": "19.99", "colour": "red"}


def test_a_damaged_parquet_file_says_so(tmp_path):
    path = tmp_path / "shop.parquet"
    path.write_bytes(b"PAR1" + bytes(100))
    with pytest.raises(CatalogueError, match="is a Parquet file that cannot be read"):
        read_source(path)


def test_a_date_beyond_the_calendar_says_so(tmp_path):
    columns = {"id": [1], "image": ["a.jpg"], "since": pa.array([2**50], pa.timestamp("s"))}
    parquet.write_table(pa.table(columns), tmp_path / "shop.parquet")
    with pytest.raises(CatalogueError, match="is a Parquet file that cannot be read"):
        read_source(tmp_path / "shop.parquet")


def test_columns_are_mapped_as_in_a_csv(lines):
    path = lines({"ref": 1, "foto": "a.jpg", "nome": "Vestido"})
    mapped = {Column.ID: "ref", Column.IMAGE_URL: "foto", Column.TITLE: "nome"}
    (product,) = read_source(path, mapped).products
    assert (product.id, product.title, product.image_url) == ("1", "Vestido", "a.jpg")
