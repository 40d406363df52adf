"""What the command line draws: results, and the catalogue at a glance."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from indexer.__main__ import cli
from tests.drawings import photo_bytes


@pytest.fixture
def run(shop):
    """Run a command on the shop's index; its whole output, its exit status checked."""

    def run(*arguments: str, status: int = 0) -> str:
        where = ["--index", str(shop.folder.root)]
        done = CliRunner().invoke(cli, [*arguments, *where])
        assert done.exit_code == status, done.output
        return done.output

    return run


@pytest.fixture
def indexed(shop):
    shop.offer(range(9))
    shop.build()
    return shop


def test_search_draws_the_query_beside_its_results_best_first(indexed, run, tmp_path):
    said = run("search", "p3", "-k", "4", "--figure", str(tmp_path / "found.png"))
    assert "found.png" in said
    with Image.open(tmp_path / "found.png") as picture:
        # Five frames of one row, each with a photo: ink in the middle of every one.
        frames = [picture.crop((20 + 172 * n, 60, 180 + 172 * n, 240)) for n in range(5)]
    assert all(np.asarray(frame.convert("L")).std() > 10 for frame in frames)
    assert picture.width == 2 * 20 + 5 * 160 + 4 * 12


def test_search_draws_the_photo_that_it_was_given(indexed, run, tmp_path):
    (tmp_path / "mine.png").write_bytes(photo_bytes(5))
    output = run(
        "search", str(tmp_path / "mine.png"), "-k", "2", "--figure", str(tmp_path / "f.png")
    )
    assert output.splitlines()[1].split()[:2] == ["1.000", "p5"]
    with Image.open(tmp_path / "f.png") as picture:
        query, best = (picture.crop((24 + 172 * n, 60, 176 + 172 * n, 240)) for n in range(2))
    difference = np.abs(np.asarray(query, float) - np.asarray(best, float)).mean()
    assert difference < 12  # the same picture, once as it is and once as the stored copy


@pytest.mark.parametrize("command", [("search", "p3"), ("evaluate",), ("duplicates",)])
def test_a_picture_of_no_known_format_is_refused_before_any_work_is_done(run, command, tmp_path):
    # Nothing is indexed, and that would be said otherwise.
    said = run(*command, "--figure", str(tmp_path / "found.xyz"), status=2)
    assert "give one in .png" in said


def test_a_sheet_of_no_known_format_is_refused_in_words(indexed, run, tmp_path):
    said = run("sheet", str(tmp_path / "sheet.xyz"), "--by", "Colour", status=2)
    assert "give one in .png" in said


def test_a_sheet_has_a_row_for_each_value_of_the_facet(indexed, run, tmp_path):
    said = run("sheet", str(tmp_path / "sheet.png"), "--by", "Colour", "--columns", "2")
    assert "3 values of Colour" in said
    with Image.open(tmp_path / "sheet.png") as picture:
        assert picture.width == 2 * 20 + 2 * 120 + 12
        assert picture.height > 3 * 160


def test_a_sheet_shows_what_is_typical_of_a_value_and_no_photo_twice(shop, run, tmp_path):
    for number in range(12):
        shop.serve(number, photo_bytes(number % 2))
        shop.urls[f"p{number}"] = shop.server.url(f"/{number}.png")
    shop.build()
    run("sheet", str(tmp_path / "sheet.png"), "--by", "Colour", "--columns", "8")
    with Image.open(tmp_path / "sheet.png") as picture:
        assert picture.width == 2 * 20 + 2 * 120 + 12


def test_a_sheet_says_how_many_values_it_leaves_out(indexed, run, tmp_path):
    said = run("sheet", str(tmp_path / "sheet.png"), "--by", "Colour", "--rows", "1")
    assert "2 more values left out, see --rows" in said


def test_a_sheet_by_an_unknown_facet_names_those_there_are(indexed, run, tmp_path):
    assert "there are: Colour" in run("sheet", str(tmp_path / "s.png"), "--by", "Size", status=2)
    assert not (tmp_path / "s.png").exists()
