"""Accessibility as axe sees it: every page and every state, in both themes and languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

from app import create_app
from tests.drawings import photo_bytes
from tests.gallery.browsing.screens import DESKTOP, PHONE, SIZES
from tests.gallery.conftest import LOST, served
from vitrine.settings import Settings

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
PAGES = {
    "grid": "/",
    "a later page": "/?page=2&sort=newest",
    "narrowed": "/?Colour=Red&Colour=Blue&q=shi",
    "nothing found": "/?Colour=Red&Category=Footwear&q=number+17",
    "item": "/item/1003",
    "refined look": "/item/1003?Gender=Women&more=1010&less=1007&trail=1001&trail=1002",
    "look without results": "/item/1003?Colour=Ultraviolet",
    "lost photo": f"/item/{LOST}",
    "map": "/map",
    "part of a narrowed map": "/map?Category=Apparel&q=red&x=0.3&y=0.6&zoom=5",
    "empty map": "/map?Colour=Red&Category=Footwear&q=number+17",
    "values": "/values/Colour",
    "owner": "/about-index",
    "404": "/no/such/page",
}
THEMES = ["light", "dark"]
WAYS = [
    pytest.param("light", "en", DESKTOP, id="light-en-desktop"),
    pytest.param("light", "pt-BR", PHONE, id="light-pt-phone"),
    pytest.param("dark", "en", PHONE, id="dark-en-phone"),
    pytest.param("dark", "pt-BR", DESKTOP, id="dark-pt-desktop"),
]
"""Each page in each theme and language; each theme and each language on both screens."""


LONG_PAGE = "/api"
LONG_PAGE_WAYS = [
    pytest.param("light", "pt-BR", DESKTOP, id="light-pt-desktop"),
    pytest.param("dark", "en", PHONE, id="dark-en-phone"),
]
"""Axe takes long for the page for programs, which says the same things many times over."""


def violations(page: Page) -> list[str]:
    """What axe finds, one line each, colours and all: no rule is left out."""
    page.emulate_media(reduced_motion="reduce")  # no colour is measured halfway
    page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate("axe.run()")["violations"]
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary']}"
        for violation in found
        for node in violation["nodes"]
    ]


def test_axe_finds_what_is_wrong(open_page):
    page = open_page("/", **DESKTOP)
    page.evaluate("document.querySelector('main img').removeAttribute('alt')")
    page.evaluate("document.querySelector('h1').style.color = '#ccc'")
    found = violations(page)
    assert any(line.startswith("image-alt") for line in found)
    assert any(line.startswith("color-contrast") for line in found)


@pytest.mark.parametrize(("theme", "language", "size"), WAYS)
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_no_page_has_a_violation(open_page, path, theme, language, size):
    failing = path == PAGES["404"]
    page = open_page(path, failing=failing, color_scheme=theme, locale=language, **size)
    assert page.evaluate("document.documentElement.lang") == language
    assert violations(page) == []


@pytest.mark.parametrize(("theme", "language", "size"), LONG_PAGE_WAYS)
def test_the_page_for_programs_has_no_violation(open_page, theme, language, size):
    page = open_page(LONG_PAGE, color_scheme=theme, locale=language, **size)
    assert violations(page) == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
class TestStates:
    """What only unfolds or opens."""

    def test_the_filters_unfolded(self, open_page, size, theme):
        page = open_page("/?Colour=Red", color_scheme=theme, **size)
        if size is PHONE:
            page.locator(".facets > summary").click()
        expect(page.get_by_role("navigation", name="Filters")).to_be_visible()
        assert violations(page) == []

    @pytest.mark.parametrize("menu", [".by-photo", ".settings"])
    def test_menus_unfolded(self, open_page, size, theme, menu):
        page = open_page("/", color_scheme=theme, **size)
        page.locator(f"{menu} > summary").click()
        assert violations(page) == []

    def test_a_look_over_the_grid(self, open_page, size, theme):
        page = open_page("/", color_scheme=theme, **size)
        page.locator('main .tile[data-look="1003"]').click()
        expect(page.locator("dialog.look .similar .tile").first).to_be_visible()
        assert violations(page) == []

    def test_the_results_of_a_photo(self, open_page, size, theme):
        page = open_page("/", color_scheme=theme, **size)
        page.locator(".by-photo > summary").click()
        photo = {"name": "a.png", "mimeType": "image/png", "buffer": photo_bytes(7, (480, 640))}
        page.locator(".by-photo input[type=file]").first.set_input_files(photo)
        expect(page.locator(".crop")).to_be_visible()
        assert violations(page) == []

    def test_no_index_yet(self, open_page, size, theme, tmp_path):
        settings = Settings(index=tmp_path / "none")
        with served(create_app(settings), settings) as address:
            page = open_page("/", of=address, failing=True, color_scheme=theme, **size)
            expect(page.get_by_role("heading", level=1)).to_have_text("There is no index yet.")
            assert violations(page) == []
