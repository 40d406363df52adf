"""The map with scripts: it is dragged and zoomed, and its address says where one is."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.gallery.browsing.screens import (
    DESKTOP,
    PHONE,
    SIZES,
    Held,
    filter_link,
    has_stayed,
    heading,
    look,
    notice,
    open_filters,
    shown,
    stay,
)
from tests.gallery.conftest import PRODUCTS

TILE = {False: 32, True: 44}  # pixels, at least; for a mouse, and for a finger on a phone
SPOTS = ".plane .spot"
PLACED = re.compile(r"[?&]x=[\d.]+&y=[\d.]+&zoom=[\d.]+")


def spot(page: Page, product_id: str):
    return page.locator(f'{SPOTS}[data-look="{product_id}"]')


def ready(page: Page) -> None:
    """Until all that was asked for has come, and the map rests."""
    expect(page.locator(SPOTS).first).to_be_visible()
    expect(page.locator('.map[data-live="still"] > .plate[aria-busy="false"]')).to_be_visible()


def moved(page: Page, before: str) -> None:
    """Until it rests somewhere else than at the address `before`."""
    page.wait_for_url(lambda url: url != before)
    ready(page)


def spots(page: Page) -> set[str]:
    return set(page.locator(SPOTS).evaluate_all("spots => spots.map(s => s.dataset.look)"))


def middle(page: Page) -> tuple[float, float]:
    box = page.locator(".plate").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def way(page: Page, name: str):
    return page.locator(".compass").get_by_role("link", name=name)


@pytest.mark.parametrize("size", SIZES)
class TestMap:
    def test_all_of_it_is_in_the_window_first(self, open_page, size):
        page = open_page("/map", **size)
        ready(page)
        plate = page.locator(".plate").bounding_box()
        for box in [each.bounding_box() for each in page.locator(SPOTS).all()]:
            assert box["x"] >= plate["x"]
            assert box["x"] + box["width"] <= plate["x"] + plate["width"]
            assert box["y"] >= plate["y"]
            assert box["y"] + box["height"] <= plate["y"] + plate["height"]
            assert box["width"] >= TILE[size is PHONE]
        expect(page).to_have_url("/map")
        count = page.locator(SPOTS).count()
        expect(shown(page)).to_have_text(f"Showing {count} of {PRODUCTS}")

    def test_no_tile_lies_over_another(self, open_page, size):
        page = open_page("/map?zoom=4&x=0.5&y=0.5", **size)
        ready(page)
        boxes = [each.bounding_box() for each in page.locator(".plane > li").all()]
        for one in boxes:
            for other in boxes:
                across = one["x"] + one["width"] <= other["x"] + 0.1
                assert (
                    one is other
                    or across
                    or other["x"] + other["width"] <= one["x"] + 0.1
                    or one["y"] + one["height"] <= other["y"] + 0.1
                    or other["y"] + other["height"] <= one["y"] + 0.1
                )

    def test_zooming_shows_more_and_the_address_says_so(self, open_page, size):
        page = open_page("/map", **size)
        ready(page)
        stay(page)
        few = spots(page)
        while len(few) >= PRODUCTS - 3:  # begin where tiles stand for several products
            way(page, "Zoom out").click()
            ready(page)
            few = spots(page)
        way(page, "Zoom in").click()
        ready(page)
        assert len(spots(page) - few) > 0
        expect(page).to_have_url(PLACED)
        assert has_stayed(page)

    def test_a_look_opens_over_it_and_back_leads_to_the_same_place(self, open_page, size):
        page = open_page("/map?x=0.4&y=0.5&zoom=3.5", **size)
        ready(page)
        address, before = page.url, spots(page)
        stay(page)
        one = sorted(before)[0]
        spot(page, one).focus()
        ready(page)
        address, before = page.url, spots(page)
        page.keyboard.press("Enter")
        expect(look(page).locator(".similar .tile").first).to_be_visible()
        expect(page).to_have_url(f"/item/{one}")
        page.go_back()
        expect(look(page)).to_have_count(0)
        expect(page).to_have_url(address)
        assert spots(page) == before
        expect(spot(page, one)).to_be_focused()
        assert has_stayed(page)
        expect(page.locator(f'main [data-look="{one}"]')).to_have_count(1)

    def test_an_address_leads_to_its_place_and_back_to_the_one_before(self, open_page, size):
        page = open_page("/map?x=0.3&y=0.6&zoom=4.25", **size)
        ready(page)
        there = spots(page)
        page.locator("a.switch").click()
        expect(heading(page)).to_have_text("All products")
        page.go_back()
        ready(page)
        expect(page).to_have_url("/map?x=0.3&y=0.6&zoom=4.25")
        assert spots(page) == there

    def test_a_filter_narrows_it_in_place_and_back_gives_it_up(self, open_page, size):
        page = open_page("/map", **size)
        ready(page)
        stay(page)
        everything = spots(page)
        open_filters(page)
        filter_link(page, "Category", "Footwear").click()
        expect(shown(page)).to_contain_text("of 7")
        ready(page)
        expect(page).to_have_url("/map?Category=Footwear")
        assert len(spots(page)) <= 7
        answer = page.request.get("/api/map?Category=Footwear&zoom=5&across=20&down=20").json()
        assert answer["total"] == 7
        page.go_back()
        expect(shown(page)).to_contain_text(f"of {PRODUCTS}")
        ready(page)
        assert spots(page) == everything
        assert has_stayed(page)

    def test_filters_chosen_after_moving_keep_the_place(self, open_page, size):
        page = open_page("/map?x=0.4&y=0.4&zoom=4", **size)
        ready(page)
        way(page, "Right").click()
        ready(page)
        x = re.search(r"x=([\d.]+)", page.url)[1]
        assert float(x) > 0.4
        open_filters(page)
        filter_link(page, "Category", "Apparel").click()
        expect(shown(page)).to_contain_text("of 23")
        page.wait_for_url(f"**/map?Category=Apparel&x={x}&y=0.4&zoom=4")

    def test_words_narrow_it(self, open_page, size):
        page = open_page("/map", **size)
        ready(page)
        page.get_by_role("searchbox").fill("shoes")
        page.keyboard.press("Enter")
        expect(shown(page)).to_contain_text("of 7")
        expect(page).to_have_url("/map?q=shoes")


class TestPointer:
    def test_dragging_moves_it_and_is_no_click(self, open_page):
        page = open_page("/map?x=0.5&y=0.5&zoom=4", **DESKTOP)
        ready(page)
        address, one = page.url, page.locator(SPOTS).first
        product_id, was = one.get_attribute("data-look"), one.bounding_box()
        start = (was["x"] + was["width"] / 2, was["y"] + was["height"] / 2)
        page.mouse.move(*start)
        page.mouse.down()
        page.mouse.move(start[0] + 60, start[1] + 20, steps=4)
        page.mouse.move(start[0] + 100, start[1] + 30, steps=4)
        page.mouse.up()
        moved(page, address)
        box = spot(page, product_id).bounding_box()
        assert box["x"] - was["x"] == pytest.approx(100, abs=6)
        assert box["y"] - was["y"] == pytest.approx(30, abs=6)
        expect(look(page)).to_have_count(0)
        x, y = (float(re.search(rf"{name}=([\d.]+)", page.url)[1]) for name in "xy")
        assert x == pytest.approx(0.5 - 100 / (TILE[False] * 16), abs=0.01)
        assert y == pytest.approx(0.5 - 30 / (TILE[False] * 16), abs=0.01)
        spot(page, product_id).click()
        expect(look(page)).to_be_visible()

    def test_the_wheel_zooms_where_the_pointer_is(self, open_page):
        page = open_page("/map?x=0.5&y=0.5&zoom=3", **DESKTOP)
        ready(page)
        one = page.locator(SPOTS).last
        product_id, box = one.get_attribute("data-look"), one.bounding_box()
        point = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.move(*point)
        address = page.url
        page.mouse.wheel(0, -200)
        moved(page, address)
        zoom = float(re.search(r"zoom=([\d.]+)", page.url)[1])
        assert zoom == pytest.approx(3 + 200 / 300, abs=0.02)
        grown = spot(page, product_id).bounding_box()
        assert grown["x"] <= point[0] <= grown["x"] + grown["width"]
        assert grown["y"] <= point[1] <= grown["y"] + grown["height"]
        assert page.evaluate("scrollY") == 0

    def test_two_fingers_zoom_it_and_one_moves_it(self, open_page):
        page = open_page("/map?x=0.5&y=0.5&zoom=3", **PHONE)
        ready(page)
        x, y = middle(page)
        glass, address = Glass(page), page.url
        glass.touch("touchStart", (x - 30, y), (x + 30, y))
        for step in range(1, 7):
            glass.touch("touchMove", (x - 30 - 5 * step, y), (x + 30 + 5 * step, y))
        glass.touch("touchEnd")
        moved(page, address)
        zoom = float(re.search(r"zoom=([\d.]+)", page.url)[1])
        assert zoom == pytest.approx(4, abs=0.1)
        address = page.url
        before = float(re.search(r"y=([\d.]+)", page.url)[1])
        glass.touch("touchStart", (x, y))
        for step in range(1, 7):
            glass.touch("touchMove", (x, y - 10 * step))
        glass.touch("touchEnd")
        moved(page, address)
        after = float(re.search(r"y=([\d.]+)", page.url)[1])
        assert after - before == pytest.approx(60 / (TILE[True] * 2**zoom), abs=0.02)
        assert page.evaluate("scrollY") == 0
        expect(look(page)).to_have_count(0)

    def test_a_tap_opens_the_product(self, open_page):
        page = open_page("/map", **PHONE)
        ready(page)
        one = page.locator(SPOTS).first
        product_id = one.get_attribute("data-look")
        one.tap()
        expect(look(page).locator(".similar .tile").first).to_be_visible()
        expect(page).to_have_url(f"/item/{product_id}")


class TestKeyboard:
    def test_arrows_move_it_and_signs_zoom(self, open_page):
        page = open_page("/map?x=0.5&y=0.5&zoom=4", **DESKTOP)
        ready(page)
        page.locator(".plate").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowDown")
        ready(page)
        x, y = (float(re.search(rf"{name}=([\d.]+)", page.url)[1]) for name in "xy")
        assert x > 0.5
        assert y > 0.5
        page.keyboard.press("+")
        ready(page)
        expect(page).to_have_url(re.compile("zoom=5"))
        page.keyboard.press("-")
        page.keyboard.press("-")
        ready(page)
        expect(page).to_have_url(re.compile("zoom=3"))
        page.keyboard.press("0")
        ready(page)
        page.wait_for_url("**/map")

    def test_tiles_come_in_reading_order_and_into_the_window(self, open_page):
        page = open_page("/map?x=0.5&y=0.5&zoom=5", **DESKTOP)
        ready(page)
        places = page.locator(".plane > li").evaluate_all(
            "tiles => tiles.map(t => [Number(t.style.getPropertyValue('--row')),"
            " Number(t.style.getPropertyValue('--column'))])"
        )
        assert places == sorted(places)
        page.locator(SPOTS).last.focus()
        ready(page)
        plate, box = (
            page.locator(selector).bounding_box() for selector in (".plate", f"{SPOTS}:focus")
        )
        assert box["y"] + box["height"] <= plate["y"] + plate["height"] + 1

    def test_the_focus_stays_in_the_map_when_its_tile_leaves_the_window(self, open_page):
        page = open_page("/map?x=0.5&y=0.5&zoom=5", **DESKTOP)
        ready(page)
        page.locator(SPOTS).first.focus()
        for _ in range(4):
            page.keyboard.press("ArrowDown")
        ready(page)
        assert page.evaluate("document.activeElement.closest('.plate') !== null")


class TestTrouble:
    def test_what_does_not_come_is_told_and_can_be_tried_again(self, open_page):
        page = open_page("/map?x=0.5&y=0.5&zoom=2", failing=True, **DESKTOP)
        ready(page)
        page.route("**/api/map*", lambda route: route.abort())
        for _ in range(3):
            way(page, "Zoom in").click()
        expect(notice(page)).to_contain_text("That did not work.")
        page.unroute("**/api/map*")
        notice(page).get_by_role("button").click()
        ready(page)
        expect(notice(page)).to_be_empty()

    def test_what_is_known_shows_until_the_rest_comes(self, open_page):
        page = open_page("/map?x=0.5&y=0.5&zoom=3", **DESKTOP)
        ready(page)
        before = spots(page)
        held = Held(page, "**/api/map*")
        way(page, "Zoom in").click()
        held.wait()
        assert spots(page) & before
        held.release()
        ready(page)
        assert spots(page)


@pytest.mark.parametrize("size", SIZES)
def test_without_scripts_one_walks_zooms_and_looks(open_page, size):
    page = open_page("/map", java_script_enabled=False, **size)
    tiles = page.locator(".cells .spot")
    few = tiles.count()
    expect(shown(page)).to_have_text(f"Showing {few} of {PRODUCTS}")
    way(page, "Zoom in").click()
    expect(page).to_have_url("/map?x=0.5&y=0.5&zoom=4")
    way(page, "Left").click()
    way(page, "Up").click()
    expect(page).to_have_url("/map?x=0.25&y=0.25&zoom=4")
    expect(way(page, "Left")).to_have_count(1)
    way(page, "Left").click()
    expect(way(page, "Left")).to_have_count(0)  # the edge
    way(page, "Whole map").click()
    expect(page).to_have_url("/map")
    expect(tiles).to_have_count(few)
    tiles.first.click()
    expect(page.locator("main .similar .tile")).to_have_count(12)


class Glass:
    """Fingers on the glass, as the browser itself is told of them."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)

    def touch(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
