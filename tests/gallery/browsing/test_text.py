"""Words that rank photos, in a browser: when they are searched for, and where instead."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from app import create_app
from gallery import context
from gallery.uploads import UploadEncoder
from tests.gallery.browsing.screens import (
    DESKTOP,
    PHONE,
    SIZES,
    filter_link,
    has_stayed,
    heading,
    ids,
    notice,
    open_filters,
    shown,
    similar_ids,
    stay,
)
from tests.gallery.browsing.test_accessibility import WAYS, violations
from tests.gallery.browsing.test_grid import scroll_until
from tests.gallery.conftest import PAGE_SIZE, TWINS, served
from vitrine.encoders.base import Encoder, EncoderError
from vitrine.encoders.registry import load_encoder
from vitrine.settings import Settings
from vitrine.snapshot import EncoderFacts

RANKED = "Best matches first"
IN_PHOTOS, IN_TITLES = "Search photos in words", "Search titles and facts"


@pytest.fixture(scope="module")
def reading_address(reading):
    """The gallery of an index whose encoder reads words."""
    settings = Settings(index=reading.folder.root, page_size=PAGE_SIZE, client_searches=0)
    with served(create_app(settings), settings) as address:
        yield address


def box(page: Page):
    return page.get_by_role("searchbox")


def switch(page: Page, name: str):
    return page.get_by_role("navigation", name="Where to search").get_by_role("link", name=name)


def ranked(page: Page, query: str) -> list[str]:
    """The tiles of the first page, as the API ranks them."""
    found = [product for product in similar_ids(page, query) if product != TWINS[1]]
    return found[:PAGE_SIZE]


@pytest.mark.parametrize("size", SIZES)
class TestWords:
    @pytest.fixture
    def page(self, open_page, reading_address, size):
        return open_page("/", of=reading_address, **size)

    def test_enter_ranks_all_products_in_place(self, page):
        stay(page)
        expect(box(page)).to_have_attribute("placeholder", IN_PHOTOS)
        box(page).fill("red dress")
        box(page).press("Enter")
        expect(heading(page)).to_have_text(RANKED)
        expect(shown(page)).to_contain_text("of 30")
        expect(page).to_have_url("/?q=red+dress")
        assert ids(page) == ranked(page, "text=red+dress&k=100")
        assert has_stayed(page)

    def test_half_a_word_asks_nothing(self, page):
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        box(page).press_sequentially("red dr", delay=60)
        page.wait_for_timeout(500)  # longer than any pause that would be waited for
        assert [url for url in asked if "q=" in url or "healthz" in url] == []
        expect(heading(page)).to_have_text("All products")

    def test_an_emptied_box_shows_all_products_at_once(self, page):
        page.goto("/?q=red+dress&Colour=Red")
        box(page).fill("")
        page.wait_for_url("**/?Colour=Red")
        expect(heading(page)).to_have_text("Matching products")

    def test_each_search_is_a_step_back(self, page):
        for words in ("red dress", "blue shoes"):
            box(page).fill(words)
            box(page).press("Enter")
            expect(page).to_have_title(f"“{words}” · Vitrine")
        page.go_back()
        page.wait_for_url("**/?q=red+dress")
        expect(box(page)).to_have_value("red dress")
        page.go_back()
        expect(heading(page)).to_have_text("All products")

    def test_filters_narrow_the_ranking(self, page):
        page.goto("/?q=red+dress")
        open_filters(page)
        filter_link(page, "Category", "Footwear").click()
        expect(shown(page)).to_have_text("Showing 1–7 of 7")
        assert ids(page) == ranked(page, "text=red+dress&k=100&Category=Footwear")

    def test_one_switches_to_titles_where_products_come_as_one_types(self, page):
        page.goto("/?q=white&sort=title")
        switch(page, "Titles and facts").click()
        page.wait_for_url("**/?q=white&scope=titles")
        expect(heading(page)).to_have_text("Matching products")
        expect(box(page)).to_have_attribute("placeholder", IN_TITLES)
        expect(box(page)).to_have_attribute("aria-label", IN_TITLES)
        expect(page.locator("main mark").first).to_have_text("White")
        box(page).press("End")
        box(page).press_sequentially(" sho")
        page.wait_for_url("**/?q=white+sho&scope=titles")
        expect(shown(page)).to_have_text("Showing 1–2 of 2")
        box(page).fill("")
        page.wait_for_url("**/?scope=titles")
        expect(heading(page)).to_have_text("All products")
        box(page).press_sequentially("number 17")
        expect(shown(page)).to_have_text("Showing 1–1 of 1")
        switch(page, "Photos").click()
        page.wait_for_url("**/?q=number+17")
        expect(heading(page)).to_have_text(RANKED)
        expect(box(page)).to_have_attribute("placeholder", IN_PHOTOS)

    def test_more_of_the_ranking_comes_as_one_scrolls(self, page):
        page.goto("/?q=red+dress")
        expected = [p for p in similar_ids(page, "text=red+dress&k=100") if p != TWINS[1]]
        scroll_until(page, f"document.querySelectorAll('main .tile').length === {len(expected)}")
        assert ids(page) == expected


@pytest.mark.parametrize("size", SIZES)
def test_without_scripts_the_form_and_the_switch_work(open_page, reading_address, size):
    page = open_page("/", of=reading_address, java_script_enabled=False, **size)
    box(page).fill("red dress")
    box(page).press("Enter")
    expect(heading(page)).to_have_text(RANKED)
    assert ids(page) == ranked(page, "text=red+dress&k=100")
    switch(page, "Titles and facts").click()
    expect(page.get_by_text("There would be products without:")).to_be_hidden()
    box(page).fill("white shoes")
    box(page).press("Enter")
    expect(page).to_have_url("/?q=white+shoes&scope=titles")
    expect(shown(page)).to_have_text("Showing 1–2 of 2")
    switch(page, "Photos").click()
    expect(heading(page)).to_have_text(RANKED)


def with_encoder(reading, load) -> tuple[Settings, object]:
    settings = Settings(index=reading.folder.root, page_size=PAGE_SIZE, client_searches=0)
    app = create_app(settings)
    parts = replace(app.extensions[context.EXTENSION], uploads=UploadEncoder(load))
    app.extensions[context.EXTENSION] = parts
    return settings, app


def test_while_the_encoder_loads_the_page_says_so(open_page, serve, reading):
    may_load = threading.Event()

    def load_when_told(facts: EncoderFacts) -> Encoder:
        may_load.wait(timeout=20)
        return load_encoder(facts.name)

    page = open_page("/", of=serve(*with_encoder(reading, load_when_told)), **DESKTOP)
    box(page).fill("red dress")
    box(page).press("Enter")
    expect(notice(page)).to_contain_text("Getting ready for the first such search.")
    may_load.set()
    expect(heading(page)).to_have_text(RANKED)
    expect(notice(page)).to_be_hidden()


def unloadable(facts: EncoderFacts) -> Encoder:
    raise EncoderError("no weights")


@pytest.mark.parametrize(("theme", "language", "size"), WAYS)
def test_no_state_has_a_violation(
    open_page, serve, reading, reading_address, theme, language, size
):
    looks = {"color_scheme": theme, "locale": language, **size}
    for path in ("/?q=red+dress", "/?q=red&scope=titles&Colour=Red"):
        assert violations(open_page(path, of=reading_address, **looks)) == []
    page = open_page("/?q=red", of=serve(*with_encoder(reading, unloadable)), **looks)
    expect(page.locator(".told")).to_be_visible()
    assert violations(page) == []


def test_nothing_is_wider_than_a_phone(open_page, reading_address):
    looks = {**PHONE, "locale": "pt-BR", "viewport": {"width": 320, "height": 640}}
    page = open_page("/?q=red+dress&scope=titles&Colour=Red", of=reading_address, **looks)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
