"""`python -m indexer duplicates`: groups as a table, CSV, JSON and a picture."""

from __future__ import annotations

import csv
import json

import pytest
from click.testing import CliRunner
from PIL import Image

from indexer.__main__ import cli
from indexer.build import sole_indexer
from tests.indexer.test_duplicates import COPIES, encoded, garment, stock


@pytest.fixture
def run(shop):
    def run(*arguments: str, status: int = 0):
        where = ["--index", str(shop.folder.root)]
        done = CliRunner().invoke(cli, ["duplicates", *arguments, *where])
        assert done.exit_code == status, done.output
        return done

    return run


@pytest.fixture
def stocked(shop):
    twin = encoded(garment(1))
    stock(
        shop,
        {
            "a": encoded(garment(0)),
            "b": twin,
            "=c": twin,
            "d": COPIES["cropped"](garment(1)),
            "e": COPIES["jpeg"](garment(0)),
        },
    )
    shop.build()
    return shop


def test_groups_are_listed_and_summed_up(stocked, run):
    said = run().stdout
    rows = [line.split() for line in said.splitlines()]
    assert rows[1][:3] == ["1", "first", "a"]
    assert rows[2][:2] == ["nearly", "e"]
    assert rows[3][:3] == ["2", "first", "b"]
    assert rows[4][:2] == ["same", "=c"]
    assert rows[5][:2] == ["nearly", "d"]
    assert (
        "2 groups of 5 products: beside the first of each, 1 with the same photo and 2 with "
        "nearly the same." in said
    )


def test_json_has_the_same_groups(stocked, run):
    facts = json.loads(run("--json").stdout)
    assert (facts["products"], facts["threshold"]) == (5, 4.0)
    assert [[member["id"] for member in group] for group in facts["groups"]] == [
        ["a", "e"],
        ["b", "=c", "d"],
    ]
    assert [m["kind"] for m in facts["groups"][1]] == ["same", "same", "nearly"]
    assert facts["groups"][1][1]["difference"] == 0 < facts["groups"][1][2]["difference"] <= 4


def test_a_spreadsheet_runs_nothing_of_the_csv(stocked, run, tmp_path):
    said = run("--csv", str(tmp_path / "out" / "d.csv")).stderr
    assert "5 products" in said
    with (tmp_path / "out" / "d.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["group", "kind", "id", "title", "image_url", "difference", "first"]
    assert [(r["group"], r["kind"], r["id"], r["first"]) for r in rows] == [
        ("1", "same", "a", "a"),
        ("1", "nearly", "e", "a"),
        ("2", "same", "b", "b"),
        ("2", "same", "'=c", "b"),
        ("2", "nearly", "d", "b"),
    ]
    assert rows[4]["image_url"] == stocked.urls["d"]
    assert 0 < float(rows[4]["difference"]) <= 4


def test_groups_are_drawn_a_row_each(stocked, run, tmp_path):
    assert "2 groups" in run("--figure", str(tmp_path / "d.png")).stderr
    with Image.open(tmp_path / "d.png") as picture:
        assert picture.width == 2 * 20 + 3 * 160 + 2 * 12
        assert picture.height > 2 * 213


def test_another_threshold_is_worked_out_anew_and_publishes_nothing(stocked, run):
    before = stocked.snapshot().name
    facts = json.loads(run("--json", "--threshold", "0").stdout)
    assert facts["threshold"] == 0
    assert [[member["id"] for member in group] for group in facts["groups"]] == [["b", "=c"]]
    assert len(json.loads(run("--json", "--threshold", "4").stdout)["groups"]) == 2
    assert stocked.snapshot().name == before


@pytest.mark.parametrize("threshold", ["-1", "13", "much"])
def test_a_threshold_that_makes_no_sense_is_refused(stocked, run, threshold):
    assert "--threshold" in run("--threshold", threshold, status=2).stderr


def test_without_an_index_a_sentence_says_what_to_do(run):
    assert "python -m indexer build CATALOGUE" in run(status=2).stderr


def test_while_another_process_writes_only_what_is_published_is_told(stocked, run):
    with sole_indexer(stocked.folder):
        assert "2 groups" in run().stdout
        assert "is being written by" in run("--threshold", "2", status=2).stderr


def test_that_there_is_no_group_is_said(shop, run, tmp_path):
    stock(shop, {f"g{n}": encoded(garment(n)) for n in range(3)})
    shop.build()
    done = run("--figure", str(tmp_path / "d.png"), "--csv", str(tmp_path / "d.csv"))
    assert "No two of 3 products have the same or nearly the same photo." in done.stdout
    assert "not made" in done.stderr
    assert not (tmp_path / "d.png").exists()
    assert len((tmp_path / "d.csv").read_text().splitlines()) == 1


def test_where_the_csv_cannot_be_written_a_sentence_says_so(stocked, run, tmp_path):
    (tmp_path / "file").write_text("")
    assert "cannot be written" in run("--csv", str(tmp_path / "file" / "d.csv"), status=2).stderr
