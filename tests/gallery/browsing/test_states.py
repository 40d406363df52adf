"""Menus, notices and what else a page can be in, in a browser."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.gallery.browsing.screens import (
    DESKTOP,
    SIZES,
    filter_link,
    has_stayed,
    heading,
    look,
    notice,
    open_filters,
    shown,
    stay,
    tile,
)
from tests.generations import product, publish_products, random_unit_vectors
from vitrine.settings import Settings

STATIC = Path(__file__).parents[3] / "static"


def publish(root, letter: str) -> str:
    """A generation whose every id begins with the letter; returns its name."""
    products = [product(number, id=f"{letter}{number}") for number in range(6)]
    return publish_products(root, random_unit_vectors(6), products).name


@pytest.mark.parametrize("size", SIZES)
class TestNotices:
    def test_without_a_network_the_page_says_so_until_there_is_one(self, open_page, size):
        page = open_page("/", **size)
        expect(notice(page)).to_be_hidden()
        page.context.set_offline(True)
        expect(notice(page)).to_have_text("You are offline. What is on the page stays usable.")
        page.context.set_offline(False)
        expect(notice(page)).to_be_hidden()

    def test_what_failed_is_done_as_soon_as_the_network_is_back(self, open_page, size):
        page = open_page("/", failing=True, **size)
        page.context.set_offline(True)
        tile(page, "1003").click()
        expect(look(page).locator(".notice")).to_contain_text("That did not work.")
        page.context.set_offline(False)
        expect(look(page).locator(".tile")).to_have_count(12)
        expect(notice(page)).to_be_hidden()

    def test_a_filter_that_failed_can_be_tried_again(self, open_page, size):
        page = open_page("/", failing=True, **size)
        page.route("**/?Category=Footwear", lambda route: route.fulfill(status=500))
        open_filters(page)
        filter_link(page, "Category", "Footwear").click()
        expect(notice(page)).to_contain_text("That did not work.")
        page.unroute("**/?Category=Footwear")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Try again").click()
        expect(shown(page)).to_have_text("Showing 1–7 of 7")
        expect(notice(page)).to_be_hidden()

    def test_going_elsewhere_forgets_what_failed(self, open_page, size):
        page = open_page("/", failing=True, **size)
        page.route("**/?sort=title", lambda route: route.abort())
        page.get_by_role("link", name="By title").click()
        expect(notice(page)).to_contain_text("That did not work.")
        page.go_back()
        expect(notice(page)).to_be_hidden()

    def test_a_new_generation_is_told_of_and_shown_on_demand(
        self, open_page, serve, tmp_path, size
    ):
        publish(tmp_path, "a")
        address = serve(Settings(index=tmp_path, reload_seconds=0))
        page = open_page("/", of=address, failing=True, **size)
        stay(page)
        name = publish(tmp_path, "b")
        while page.request.get("/healthz").json()["generation"] != name:
            page.wait_for_timeout(20)
        page.get_by_role("link", name="By title").click()
        expect(notice(page)).to_contain_text("The catalogue has just been updated.")
        assert has_stayed(page)
        page.get_by_role("button", name="Show it").click()
        expect(notice(page)).to_be_hidden()
        expect(tile(page, "b0")).to_be_visible()
        assert not has_stayed(page)


@pytest.mark.parametrize("size", SIZES)
class TestMenus:
    @pytest.mark.parametrize("menu", [".by-photo", ".settings"])
    @pytest.mark.parametrize("way", ["Escape", "beside", "focus"])
    def test_a_menu_folds_again(self, open_page, size, menu, way):
        page = open_page("/", **size)
        summary, form = page.locator(f"{menu} > summary"), page.locator(f"{menu} form")
        summary.click()
        expect(form).to_be_visible()
        if way == "Escape":
            page.keyboard.press("Escape")
            expect(summary).to_be_focused()
        elif way == "beside":
            page.mouse.click(5, 300)
        else:
            page.locator(".brand").focus()
            page.locator(f"{menu} button").last.focus()
            page.locator(".brand").focus()
        expect(form).to_be_hidden()
        expect(page).to_have_url("/")

    def test_a_choice_of_language_leads_back_to_what_was_on_the_page(self, open_page, size):
        page = open_page("/", **size)
        open_filters(page)
        filter_link(page, "Category", "Footwear").click()
        page.wait_for_url("**/?Category=Footwear")
        page.keyboard.press("Escape")
        page.locator(".settings > summary").click()
        page.get_by_role("button", name="Português").click()
        expect(page.locator("html")).to_have_attribute("lang", "pt-BR")
        expect(page).to_have_url("/?Category=Footwear")

    def test_a_choice_adds_nothing_to_the_history_and_a_look_stays_one(self, open_page, size):
        page = open_page("/?page=2", **size)
        tile(page, "1010").click()
        page.wait_for_url("**/item/1010")
        page.reload()
        before = page.evaluate("history.length")
        page.locator(".settings > summary").click()
        page.get_by_role("button", name="Dark").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert page.evaluate("history.length") == before
        page.keyboard.press("Escape")
        page.wait_for_url("**/?page=2")
        expect(heading(page)).to_have_text("All products")

    def test_a_choice_that_failed_can_be_made_again(self, open_page, size):
        page = open_page("/", failing=True, **size)
        page.route("**/preferences", lambda route: route.abort())
        page.locator(".settings > summary").click()
        page.get_by_role("button", name="Dark").click()
        expect(notice(page)).to_contain_text("That did not work.")
        page.unroute("**/preferences")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Try again").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")

    def test_a_choice_of_theme_holds(self, open_page, size):
        page = open_page("/", **size)
        page.locator(".settings > summary").click()
        page.get_by_role("button", name="Dark").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page.goto("/item/1003")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize("size", SIZES)
class TestPagesThatSayNo:
    def test_without_an_index_the_page_says_which_command_to_run(
        self, open_page, serve, tmp_path, size
    ):
        address = serve(Settings(index=tmp_path / "none"))
        page = open_page("/", of=address, failing=True, **size)
        expect(heading(page)).to_have_text("There is no index yet.")
        expect(page.locator("main code")).to_contain_text("python -m indexer build")

    def test_where_there_is_no_page_there_is_a_way_on(self, open_page, size):
        page = open_page("/no/such/page", failing=True, **size)
        expect(heading(page)).to_have_text("There is no page at this address.")
        page.locator("main").get_by_role("link", name="All products").click()
        expect(shown(page)).to_contain_text("Showing 1–")


def test_all_scripts_together_are_small():
    sizes = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in STATIC.glob("*.js")}
    of_the_map = sizes.pop("map.js")
    assert 0 < sum(sizes.values()) <= 20 * 1024
    assert of_the_map <= 7 * 1024


def test_no_page_but_the_map_loads_the_scripts_of_the_map(open_page):
    page = open_page("/", **DESKTOP)
    loaded = "performance.getEntriesByType('resource').map(each => each.name).join()"
    assert "map.js" not in page.evaluate(loaded)
    assert "grid.js" in page.evaluate(loaded)
    page.goto("/map")
    assert "map.js" in page.evaluate(loaded)


def test_on_an_items_own_page_a_refusal_takes_its_place(open_page):
    page = open_page("/item/1003", failing=True, **DESKTOP)
    first = page.locator("main .tile").first
    first.evaluate("tile => tile.href = '/item/none'")
    first.click()
    expect(heading(page)).to_have_text("There is no product with this id.")
    page.go_back()
    expect(heading(page)).to_have_text("White Shoes number 3")
