"""What holds for every page: it fits the screen, can be tapped, and has contrast."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.drawings import photo_bytes
from tests.gallery.browsing.screens import DESKTOP, PHONE, SIZES, look, tile
from tests.gallery.conftest import LOST

TARGET = 44  # pixels, of whatever can be tapped

SMALL = """target => [...document.querySelectorAll("a, button, summary, input")]
  .filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.matches(".visually-hidden"))
  .filter(e => !e.closest(".visually-hidden, .skip") && !e.disabled)
  .filter(e => e.getBoundingClientRect().height < target - 0.5)
  .map(e => e.outerHTML)"""


def fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/?Colour=Red&q=red",
        "/item/1003?more=1005",
        f"/item/{LOST}",
        "/values/Colour",
        "/map",
        "/map?Colour=Red&q=red",
    ],
)
def test_nothing_is_wider_than_the_screen_and_everything_can_be_tapped(open_page, path, size):
    page = open_page(path, **size)
    assert fits(page)
    if size is PHONE:
        assert page.evaluate(SMALL, TARGET) == []
        for summary in page.locator("main .facets > summary, .menu > summary").all():
            summary.click()
            assert page.evaluate(SMALL, TARGET) == []
            page.keyboard.press("Escape")


def test_in_a_look_and_beside_a_photo_too_everything_can_be_tapped(open_page):
    page = open_page("/", **PHONE)
    tile(page, "1003").click()
    expect(look(page).locator(".tile").first).to_be_visible()
    assert page.evaluate(SMALL, TARGET) == []
    page.goto("/")
    page.locator(".by-photo > summary").click()
    photo = {"name": "a.png", "mimeType": "image/png", "buffer": photo_bytes(7, (480, 640))}
    page.get_by_label("A photo of what you are looking for").set_input_files(photo)
    expect(page.locator(".handle").first).to_be_visible()
    page.locator(".region").press("Shift+ArrowLeft")
    assert page.evaluate(SMALL, TARGET) == []
    assert fits(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_both_themes(open_page, scheme):
    page = open_page("/", color_scheme=scheme, **DESKTOP)

    def luminance(name: str) -> float:
        colour = page.evaluate(
            """name => {
                const probe = document.createElement("p");
                probe.style.color = `var(${name})`;
                document.body.append(probe);
                return getComputedStyle(probe).color;
            }""",
            name,
        )
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for ink in ("--ink", "--quiet", "--accent"):
        for ground in ("--ground", "--raised", "--sunken"):
            lighter, darker = sorted([luminance(ink), luminance(ground)], reverse=True)
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (ink, ground)
