"""Rows of photos as one picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tests.drawings import photo_bytes
from tests.generations import product
from vitrine.figures import (
    GAP,
    MARGIN,
    Cell,
    FigureError,
    Mark,
    Row,
    figure,
    save_figure,
    stored_photo,
)
from vitrine.folder import IndexFolder
from vitrine.photos import decode, thumbnails

WIDTH = 100
RED, BLUE = (200, 10, 10), (10, 10, 200)


def plain(colour, size=(300, 400)):
    return Image.new("RGB", size, colour)


def colours(picture, left, top, width, height):
    return np.asarray(picture.crop((left, top, left + width, top + height))).reshape(-1, 3)


def test_each_photo_stands_in_its_own_column_in_order():
    picture = figure([Row("", [Cell(plain(RED), "a"), Cell(plain(BLUE), "b")])], cell_width=WIDTH)
    middle = MARGIN + 60
    assert picture.getpixel((MARGIN + 50, middle)) == RED
    assert picture.getpixel((MARGIN + WIDTH + GAP + 50, middle)) == BLUE
    assert picture.width == 2 * MARGIN + 2 * WIDTH + GAP


def test_a_wide_photo_is_shown_whole_in_the_middle_of_its_frame():
    picture = figure([Row("", [Cell(plain(RED, (400, 100)), "")])], cell_width=WIDTH)
    column = [picture.getpixel((MARGIN + 50, y)) for y in range(MARGIN + 5, MARGIN + 128)]
    assert 20 <= column.count(RED) <= 27
    assert column[0] == column[-1] == (255, 255, 255)


@pytest.mark.parametrize(
    ("mark", "is_of_that_colour"),
    [
        (Mark.RIGHT, lambda r, g, b: g > r + 40),
        (Mark.WRONG, lambda r, g, b: r > g + 40),
        (Mark.QUERY, lambda r, g, b: max(r, g, b) < 80),
    ],
)
def test_a_mark_shows_in_the_frame(mark, is_of_that_colour):
    grey = plain((250, 250, 250))
    picture = figure([Row("", [Cell(grey, "x", mark)])], cell_width=WIDTH)
    assert is_of_that_colour(*map(int, picture.getpixel((MARGIN, MARGIN + 60))))


def test_a_mark_is_also_said_without_colour():
    def ink(mark):
        picture = figure([Row("", [Cell(None, "caption", mark)])], cell_width=WIDTH)
        return (colours(picture, 0, MARGIN + 140, picture.width, 14) < 128).sum()

    assert ink(Mark.RIGHT) > ink(Mark.PLAIN)
    assert ink(Mark.WRONG) > ink(Mark.PLAIN)


def test_letters_of_other_languages_are_drawn():
    def caption(text):
        picture = figure([Row("", [Cell(None, text)])], cell_width=WIDTH)
        return colours(picture, 0, MARGIN + 138, picture.width, 18)

    unknown = caption("\U000f0000")  # no typeface has it: the box that stands for it
    for letter in "çãõéŁЖΩ×–":
        assert not np.array_equal(caption(letter), unknown), letter


def test_a_dollar_in_a_title_begins_no_formula():
    figure([Row("from $5 to $10_{", [Cell(None, "$\\frac{")])])


def test_a_long_caption_is_cut_and_does_not_reach_the_next_photo():
    long = "a very long title that goes on and on " * 5
    picture = figure([Row("", [Cell(None, long), Cell(None, "")])], cell_width=WIDTH)
    assert (colours(picture, MARGIN + WIDTH, MARGIN + 140, GAP, 40) > 200).all()


def test_what_is_too_large_to_draw_is_refused_in_words():
    with pytest.raises(FigureError, match="draw fewer photos"):
        figure([Row("", [Cell(None, "")] * 400)])


def test_no_rows_are_an_empty_page():
    assert figure([]).size[1] == 2 * MARGIN


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "pdf"])
def test_a_figure_is_saved_by_its_ending(tmp_path, ending):
    path = tmp_path / "new" / f"figure.{ending}"
    save_figure(plain(RED), path)
    assert path.stat().st_size > 100


def test_an_unknown_ending_is_refused_in_words(tmp_path):
    with pytest.raises(FigureError, match=r"give one in \.png"):
        save_figure(plain(RED), tmp_path / "figure.doc")


def test_the_stored_copy_is_the_smallest_that_is_as_wide(tmp_path):
    folder = IndexFolder(tmp_path)
    photo = decode(photo_bytes(1, size=(480, 640)))
    one = product(1, width=480, height=640)
    for width, body in thumbnails(photo).items():
        path = folder.thumbnail(one.sha256, width)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    assert stored_photo(folder, one, 100).width == 160
    assert stored_photo(folder, one, 200).width == 400
    assert stored_photo(folder, product(2), 100) is None
