"""Parquet and JSON lines, with the values that programs write into them."""

from __future__ import annotations

import io
import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from vitrine.catalogue import CatalogueError, Column, RowProblemCode
from vitrine.sources import parquet as parquet_source
from vitrine.sources import read_source, rows, tables
from vitrine.sources.parquet import read_answer
from vitrine.sources.tables import text_of
from vitrine.sources.texts import MAX_CHARACTERS

LONG_NUMBER = "12345678901234567890123456789012345679"  # as long as a Decimal128 can be


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
        (Decimal("1E+3"), "1000"),
        (Decimal("0.00"), "0"),
        (
            Decimal("12345678901234567890123456789012345679"),
            "12345678901234567890123456789012345679",
        ),
        (Decimal("NaN"), ""),
        (["red", None, "blue", ""], "red, blue"),
        ([0.5, 1.5], "0.5, 1.5"),
        ([0.5] * 384, ""),
        ({"size": "M", "stock": None, "cm": 3.0}, "size: M, cm: 3"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 12, 30), "2026-01-31 12:30:00"),
        (datetime(2026, 1, 31, tzinfo=UTC), "2026-01-31 00:00:00+00:00"),
        ("half \ud800 a character", "half \N{REPLACEMENT CHARACTER} a character"),
        ({"half \ud800": 1}, "half \N{REPLACEMENT CHARACTER}: 1"),
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


def test_columns_whose_names_are_no_text_can_be_told_of_and_are_kept_apart(lines):
    mark = "\N{REPLACEMENT CHARACTER}"
    with pytest.raises(CatalogueError, match=f"columns are: a{mark}, b\\. Rename"):
        read_source(lines({"a\ud800": 1, "b\x1b": 2}))
    text = r'{"id": 1, "image": "a.jpg", "x\ud800": "one", "x\ud801": "two"}'
    (product,) = read_source(lines(text)).products
    assert product.facts == {f"x{mark}": "one", f"x{mark} 2": "two"}


def test_a_value_longer_than_a_csv_may_hold_breaks_its_row_alone(lines):
    catalogue = read_source(
        lines(
            {"id": 1, "image": "a.jpg", "name": "x" * (MAX_CHARACTERS + 1)},
            {"id": 2, "image": "b.jpg", "name": "x" * MAX_CHARACTERS},
        )
    )
    assert [p.id for p in catalogue.products] == ["2"]
    (problem,) = catalogue.problems
    assert (problem.line, problem.message) == (1, "a value of over 131,072 characters")


def test_rows_that_each_have_a_column_of_their_own_are_too_many_columns(lines):
    with pytest.raises(CatalogueError, match=r"has 1,002 columns, and at most 1,000 are read"):
        read_source(lines(*({"id": n, "image": "a", f"k{n}": 1} for n in range(1_000))))


@pytest.mark.parametrize("template", ["{}", "[{}]"])
def test_more_rows_than_are_read_are_refused_before_they_take_memory(
    tmp_path, monkeypatch, template
):
    monkeypatch.setattr(rows, "MAX_ROWS", 100)
    row = '{"id": %d, "image": "a.jpg"}'
    path = tmp_path / "shop.json"
    between = ",\n" if "[" in template else "\n"
    path.write_text(template.format(between.join(row % number for number in range(100))))
    assert len(read_source(path).products) == 100
    monkeypatch.setattr(tables, "read_typed", lambda *_: pytest.fail("they were read"))
    path.write_text(template.format(between.join(row % number for number in range(102))))
    with pytest.raises(CatalogueError, match=r"more than 100 rows, .*\. Split it"):
        read_source(path)


def test_parquet_columns_of_one_name_are_both_kept(tmp_path):
    names = ["id", "image", "f", "f", "c.d", "c"]
    floats = [pa.array([value], pa.float32()) for value in (1.1, 2.2, 3.3, 4.4)]
    arrays = [pa.array(["1"]), pa.array(["a.jpg"]), *floats]
    parquet.write_table(pa.Table.from_arrays(arrays, names=names), tmp_path / "shop.parquet")
    (product,) = read_source(tmp_path / "shop.parquet").products
    assert product.facts == {"f": "1.1", "f 2": "2.2", "c.d": "3.3", "c": "4.4"}


def test_a_column_called_as_a_part_of_another_is_told_of(tmp_path):
    parts = pa.array(
        [{"d": "x", "photo": b"\xff"}], pa.struct([("d", pa.string()), ("photo", pa.binary())])
    )
    columns = {"id": ["1"], "image": ["a.jpg"], "c": parts, "c.d": ["y"]}
    parquet.write_table(pa.table(columns), tmp_path / "shop.parquet")
    with pytest.raises(CatalogueError, match="columns whose names cannot be told apart"):
        read_source(tmp_path / "shop.parquet")


@pytest.mark.parametrize(
    "array",
    [
        pa.array([[("k", "v")]], pa.map_(pa.string(), pa.string())),
        pa.array([{"k": ["v"]}]),
        pa.array([[["v"], None]]),
        pa.array(["v"]).dictionary_encode(),
        pa.array([None], pa.list_(pa.string(), 3)),
        pa.array([b"v"], pa.binary(1)),
        pa.array([None]),
        pa.array([], pa.string()),
    ],
)
def test_parquet_of_any_type_is_read(tmp_path, array):
    columns = {"id": ["1"], "image": ["a.jpg"]} if len(array) else {"id": [], "image": []}
    parquet.write_table(pa.table({**columns, "x": array}), tmp_path / "shop.parquet")
    if len(array):
        assert len(read_source(tmp_path / "shop.parquet").products) == 1
    else:
        with pytest.raises(CatalogueError, match="has no rows"):
            read_source(tmp_path / "shop.parquet")


@pytest.mark.parametrize(
    ("array", "cause"),
    [
        (pa.array([1], pa.timestamp("s", tz="Nowhere/City")), "'Nowhere/City'"),
        (pa.array([b"\xff\xfe"]).view(pa.string()), "'utf-8' codec can't decode byte 0xff"),
    ],
)
def test_parquet_values_that_cannot_be_had_say_so(tmp_path, array, cause):
    columns = {"id": ["1"], "image": ["a.jpg"], "x": array}
    parquet.write_table(pa.table(columns), tmp_path / "shop.parquet")
    with pytest.raises(CatalogueError, match=rf"cannot be read: {cause}.*\. Write it again"):
        read_source(tmp_path / "shop.parquet")


class TestBombs:
    """Parquet files of a few kilobytes that unpack to gigabytes."""

    @staticmethod
    def write(path, **columns):
        table = pa.table(columns)
        parquet.write_table(table, path, compression="zstd", store_schema=False)
        assert path.stat().st_size < 1_000_000
        return path

    @staticmethod
    def same(value, count):
        """One value `count` times, which the file has once."""
        return pa.DictionaryArray.from_arrays(np.zeros(count, np.int32), pa.array([value]))

    def test_of_rows(self, tmp_path):
        one = self.same("a", rows.MAX_ROWS + 1)
        path = self.write(tmp_path / "shop.parquet", id=one, image=one)
        with pytest.raises(CatalogueError, match="more than 2,000,000 rows"):
            read_source(path)

    @pytest.mark.parametrize("wrapped", [False, True])
    def test_of_texts(self, tmp_path, wrapped):
        text = self.same("x" * 1_000_000, 4096)
        if wrapped:
            text = pa.ListArray.from_arrays(np.arange(4097, dtype=np.int32), text)
        path = self.write(tmp_path / "shop.parquet", id=range(4096), image=text)
        with pytest.raises(CatalogueError, match=r"takes over 2 GiB of memory .*\. Write it again"):
            read_source(path)

    def test_of_rows_of_texts(self, tmp_path, monkeypatch):
        monkeypatch.setattr(parquet_source, "MAX_BYTES", 3_000_000)
        same = self.same("x" * 1_000, 4096)
        path = self.write(tmp_path / "shop.parquet", id=range(4096), image=same)
        with pytest.raises(CatalogueError, match=r"over 3,000,000 bytes .* Leave out columns"):
            read_source(path)

    def test_of_time(self, tmp_path, monkeypatch):
        monkeypatch.setattr(parquet_source, "READER_SECONDS", 1)
        one = self.same("a", 1_900_000)
        path = self.write(tmp_path / "shop.parquet", id=one, image=one)
        with pytest.raises(CatalogueError, match="its reader was stopped, after 1 seconds"):
            read_source(path)


FILE = "shop.parquet"


@pytest.mark.parametrize(
    "answer",
    [
        b"3\n",
        b"nonsense\n",
        b"[" * 100_000 + b"\n",
        b"{}\n",
        b'{"names": ["id"], "read": [1], "rows": 0}\n',
        b'{"names": ["id"], "read": [0], "rows": "x"}\n',
        b'{"names": ["id"], "read": [1e999], "rows": 2}\n',  # a fuzzer found it
        b'{"names": ["id", "image"], "read": [0, 1], "rows": 1}\n[1]\n{"rows": 1}\n',
        b'{"names": ["id", "image"], "read": [0, 1], "rows": 2}\n[1, "a"]\n{"rows": 2}\n',
    ],
)
def test_a_reader_that_was_broken_into_is_not_believed(answer):
    with pytest.raises(CatalogueError, match="its reader answered nonsense"):
        read_answer(io.BytesIO(answer), {}, FILE)


@pytest.mark.parametrize("rows_said", [1, 2_000_001])
def test_nor_is_one_that_never_stops(rows_said, monkeypatch):
    monkeypatch.setattr(rows, "MAX_ROWS", 100)
    head = {"names": ["id", "image"], "read": [0, 1], "rows": rows_said}
    answer = json.dumps(head).encode() + b'\n[1, "a"]' * 200 + b"\n"
    with pytest.raises(CatalogueError, match="more than 100 rows"):
        read_answer(io.BytesIO(answer), {}, FILE)


@pytest.mark.parametrize("answer", [b"", b"{", b'{"names": ["id"], "read": [0], "rows": 0}\n'])
def test_an_answer_that_ends_early_is_none(answer):
    with pytest.raises(EOFError):
        read_answer(io.BytesIO(answer), {}, FILE)


def test_a_reader_that_says_no_more_and_stays_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_source, "__name__", "tests.vitrine.sources.staying")
    monkeypatch.setattr(parquet_source, "READER_SECONDS", 2)
    parquet.write_table(pa.table({"id": ["1"], "image": ["a.jpg"]}), tmp_path / FILE)
    with pytest.raises(CatalogueError, match="its reader was stopped, after 2 seconds"):
        read_source(tmp_path / FILE)


def test_what_ends_arrow_ends_its_own_process_alone(tmp_path, monkeypatch):
    """With the very call that aborts it in `fuzzed`, which other versions may mend."""
    monkeypatch.setattr(parquet_source, "__name__", "tests.vitrine.sources.aborting")
    columns = {"id": ["1"], "image": ["a.jpg"]}
    parquet.write_table(pa.table(columns), tmp_path / FILE)
    with pytest.raises(CatalogueError, match=r"its reader crashed \(SIGABRT\)\. Write it again"):
        read_source(tmp_path / FILE)
