"""A look in a browser: a product beside what is like it, over the page or on its own."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.gallery.browsing.screens import (
    DESKTOP,
    SIZES,
    Held,
    filter_link,
    has_stayed,
    heading,
    ids,
    look,
    notice,
    shown,
    similar_ids,
    stay,
    tile,
)
from tests.gallery.conftest import TWINS


def open_look(page: Page, product_id: str) -> None:
    """From its tile, and until what is similar is there."""
    tile(page, product_id).click()
    expect(look(page).locator(".tile").first).to_be_visible()


def refine(page: Page, way: str, product_id: str) -> None:
    """More, or less, like this result; by keyboard, as the links show only under a pointer."""
    item = page.locator(f'.similar li:has(> [data-look="{product_id}"])')
    link = item.get_by_role("link", name=f"{way} like")
    link.focus()
    link.press("Enter")


def tile_in_view(page: Page) -> str:
    """The first product whose tile begins in the window, clear of the header."""
    return page.evaluate(
        """[...document.querySelectorAll('main .tile')]
          .find(tile => tile.getBoundingClientRect().top > 80).dataset.look"""
    )


@pytest.mark.parametrize("size", SIZES)
class TestOverTheGrid:
    def test_a_click_shows_similar_products_best_first_without_leaving_the_page(
        self, open_page, size
    ):
        page = open_page("/", **size)
        stay(page)
        open_look(page, "1007")
        expect(heading(look(page))).to_have_text("Green Shoes number 7")
        expect(heading(look(page))).to_be_focused()
        expect(page).to_have_url("/item/1007")
        expect(page).to_have_title("Green Shoes number 7 · Vitrine")
        assert ids(look(page)) == similar_ids(page, "id=1007")
        best = look(page).locator(".tile").first
        expect(best).to_contain_text("1.00")
        assert best.get_attribute("data-look") == TWINS[1]
        best.scroll_into_view_if_needed()
        expect(best.locator("img")).to_have_js_property("complete", True)
        assert has_stayed(page)

    def test_photo_and_title_are_there_before_the_answer(self, open_page, size):
        page = open_page("/", **size)
        held = Held(page, "**/item/1003")
        tile(page, "1003").click()
        held.wait()
        expect(heading(look(page))).to_have_text("White Shoes number 3")
        expect(look(page).locator(".item .frame img")).to_be_visible()
        expect(look(page).locator(".skeleton").first).to_be_attached()
        held.release()
        expect(look(page).locator(".tile")).to_have_count(12)
        expect(look(page).locator(".skeleton")).to_have_count(0)
        expect(heading(look(page))).to_be_focused()

    def test_clicks_walk_on_and_back_and_forward_walk_the_same_way(self, open_page, size):
        page = open_page("/?page=2", **size)
        open_look(page, "1010")
        second = ids(look(page))[2]
        look(page).locator(".tile").nth(2).click()
        page.wait_for_url(f"**/item/{second}?trail=1010")
        expect(look(page).locator(".trail [data-look]")).to_have_attribute("data-look", "1010")
        expect(look(page).locator(".tile")).to_have_count(12)
        assert ids(look(page)) == similar_ids(page, f"id={second}")
        page.go_back()
        expect(heading(look(page))).to_contain_text("number 10")
        page.go_back()
        expect(look(page)).to_be_hidden()
        expect(page).to_have_url("/?page=2")
        expect(page).to_have_title("All products · Vitrine")
        page.go_forward()
        expect(heading(look(page))).to_contain_text("number 10")

    def test_the_trail_leads_back_to_an_earlier_look(self, open_page, size):
        page = open_page("/", **size)
        open_look(page, "1003")
        look(page).locator(".tile").nth(1).click()
        step = look(page).locator(".trail a")
        expect(step).to_have_count(1)
        step.click()
        page.wait_for_url("**/item/1003")
        expect(heading(look(page))).to_have_text("White Shoes number 3")
        expect(look(page).locator(".trail")).to_have_count(0)

    def test_the_trail_is_there_before_the_answer(self, open_page, size):
        page = open_page("/", **size)
        open_look(page, "1003")
        look(page).locator(".tile").nth(1).click()
        expect(look(page).locator(".trail a")).to_have_count(1)
        held = Held(page, "**/item/*trail=1003*trail=*")
        look(page).locator(".tile").nth(2).click()
        held.wait()
        expect(look(page).locator(".skeleton").first).to_be_attached()
        expect(look(page).locator(".trail img")).to_have_count(3)
        begin = "document.querySelector('.look .item').getBoundingClientRect().top"
        page.wait_for_timeout(400)  # until the photo has moved
        before = page.evaluate(begin)
        held.release()
        expect(look(page).locator(".trail a")).to_have_count(2)
        assert page.evaluate(begin) == pytest.approx(before, abs=1)

    def test_filters_narrow_what_is_similar_and_focus_stays(self, open_page, size):
        page = open_page("/", **size)
        open_look(page, "1003")
        same = look(page).get_by_role("link", name="Same Category: Footwear")
        same.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/item/1003?Category=Footwear")
        expect(look(page).locator(".tile")).to_have_count(6)
        assert ids(look(page)) == similar_ids(page, "id=1003&Category=Footwear")
        expect(same).to_be_focused()
        expect(same).to_have_attribute("aria-current", "true")
        look(page).locator(".facets > summary").click()
        filter_link(look(page), "Colour", "Red").click()
        page.wait_for_url("**/item/1003?Category=Footwear&Colour=Red")
        expect(shown(look(page))).to_have_text("1 product")
        expect(filter_link(look(page), "Colour", "Red")).to_be_visible()
        page.go_back()
        expect(look(page).locator(".tile")).to_have_count(6)

    def test_more_and_less_like_this_refine_and_both_can_be_forgotten(self, open_page, size):
        page = open_page("/", **size)
        open_look(page, "1003")
        found = ids(look(page))
        liked, disliked = found[3], found[1]
        refine(page, "More", liked)
        page.wait_for_url(f"**/item/1003?more={liked}")
        forget = look(page).locator(".example.more a")
        expect(forget).to_be_focused()
        refine(page, "Less", disliked)
        page.wait_for_url(f"**/item/1003?more={liked}&less={disliked}")
        expect(look(page).locator(".example.less a")).to_be_focused()
        expected = similar_ids(page, f"id=1003&more={liked}&less={disliked}")
        assert ids(look(page).locator(".grid")) == expected
        forget.press("Enter")
        page.wait_for_url(f"**/item/1003?less={disliked}")
        look(page).get_by_role("link", name="Start again").press("Enter")
        page.wait_for_url("**/item/1003")
        expect(look(page).get_by_role("heading", name="Similar products")).to_be_focused()
        assert ids(look(page)) == found

    def test_filters_chosen_while_an_answer_is_on_its_way_add_up(self, open_page, size):
        page = open_page("/", **size)
        open_look(page, "1003")
        held = Held(page, "**/item/1003?Category=Footwear")
        category = look(page).get_by_role("link", name="Same Category: Footwear")
        category.click()
        held.wait()
        expect(category).to_have_attribute("aria-current", "true")
        look(page).get_by_role("link", name="Same Colour: White").click()
        page.wait_for_url("**/item/1003?Category=Footwear&Colour=White")
        expect(look(page).locator(".same [aria-current]")).to_have_count(2)
        held.release()

    def test_what_was_made_an_example_is_seen_among_the_examples(self, open_page, size):
        page = open_page("/", **size)
        open_look(page, "1003")
        refine(page, "More", ids(look(page))[11])
        expect(look(page).locator(".example.more a")).to_be_focused()
        expect(look(page).locator(".example.more a")).to_be_in_viewport(ratio=1)
        last = look(page).locator(".similar li:has(> .tile)").last
        last.scroll_into_view_if_needed()
        last.get_by_role("link", name="Less like").evaluate("link => link.click()")  # unfocused
        expect(look(page).locator(".example.less a")).to_be_in_viewport(ratio=1)

    def test_focus_outlives_back_through_what_was_refined(self, open_page, size):
        page = open_page("/", **size)
        open_look(page, "1003")
        liked = ids(look(page))[3]
        refine(page, "More", liked)
        expect(look(page).locator(".example.more a")).to_be_focused()
        disliked = ids(look(page).locator(".grid"))[3]
        refine(page, "Less", disliked)
        expect(look(page).locator(".example.less a")).to_be_focused()
        title = look(page).get_by_role("heading", name="Similar products")
        for count in (1, 0):
            page.go_back()
            expect(look(page).locator(".example a")).to_have_count(count)
            page.wait_for_timeout(50)
            expect(title).to_be_focused()

    @pytest.mark.parametrize("way", ["Escape", "button"])
    def test_closing_leads_back_to_where_it_was_opened(self, open_page, size, way):
        page = open_page("/?Colour=Green", **size)
        tile(page, "1007").focus()
        page.keyboard.press("Enter")
        look(page).locator(".tile").first.click()
        page.wait_for_url(f"**/item/{TWINS[1]}?trail=1007")
        if way == "Escape":
            page.keyboard.press("Escape")
        else:
            look(page).get_by_role("button", name="Close").click()
        page.wait_for_url("**/?Colour=Green")
        expect(look(page)).to_be_hidden()
        expect(tile(page, "1007")).to_be_focused()
        expect(page).to_have_title("Green · Vitrine")

    def test_a_quick_forward_after_back_keeps_the_look_open(self, open_page, size):
        page = open_page("/", **size)
        open_look(page, "1007")
        page.evaluate(
            """() => new Promise((done) => {
                addEventListener("popstate", () => { history.forward(); done(); }, { once: true });
                history.back();
            })"""
        )
        page.wait_for_url("**/item/1007")
        page.wait_for_timeout(300)
        expect(look(page)).to_be_visible()
        expect(look(page).locator(".tile")).to_have_count(12)
        expect(page).to_have_url("/item/1007")

    def test_after_the_skip_link_too_focus_comes_back_to_the_tile(self, open_page, size):
        page = open_page("/", **size)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page).to_have_url("/#products")
        tile(page, "1005").focus()
        page.keyboard.press("Enter")
        expect(look(page)).to_be_visible()
        page.keyboard.press("Escape")
        expect(look(page)).to_be_hidden()
        page.wait_for_timeout(200)
        expect(tile(page, "1005")).to_be_focused()

    def test_the_answer_belongs_to_the_last_question(self, open_page, size):
        page = open_page("/", **size)
        held = Held(page, "**/item/1000")
        tile(page, "1000").click()
        held.wait()
        expect(look(page)).to_be_visible()
        page.keyboard.press("Escape")
        expect(look(page)).to_be_hidden()
        open_look(page, "1001")
        held.release()
        page.wait_for_timeout(200)
        expect(heading(look(page))).to_contain_text("number 1")
        expect(page).to_have_url("/item/1001")

    def test_of_ten_fast_clicks_the_last_counts_and_one_step_leads_back(self, open_page, size):
        page = open_page("/", **size)
        page.evaluate(
            """[...document.querySelectorAll('main .tile'), ...document.querySelectorAll(
              'main .tile')].slice(0, 10).forEach(tile => tile.click())"""
        )
        expect(look(page).locator(".tile")).to_have_count(12)
        expect(heading(look(page))).to_contain_text("number 1")
        expect(page).to_have_url("/item/1001")
        page.keyboard.press("Escape")
        expect(look(page)).to_be_hidden()
        page.wait_for_url(lambda url: url.endswith("/"))

    def test_a_double_click_opens_a_look_and_leaves_it_open(self, open_page, size):
        page = open_page("/", **size)
        tile(page, "1003").dblclick()
        expect(look(page).locator(".tile")).to_have_count(12)
        page.wait_for_timeout(300)
        expect(look(page)).to_be_visible()

    def test_after_a_reload_back_and_escape_still_lead_to_the_grid(self, open_page, size):
        page = open_page("/?page=2", **size)
        open_look(page, "1010")
        look(page).get_by_role("link", name="Same Gender: Men").press("Enter")
        page.wait_for_url("**/item/1010?Gender=Men")
        page.reload()
        expect(look(page)).to_be_hidden()
        expect(page.locator("main .same [aria-current]")).to_have_text("Men")
        stay(page)
        page.go_back()
        expect(page.locator("main .same [aria-current]")).to_have_count(0)
        page.go_back()
        expect(heading(page)).to_have_text("All products")
        expect(tile(page, "1010")).to_be_focused()
        page.go_forward()
        expect(heading(look(page))).to_contain_text("number 10")
        assert has_stayed(page)
        page.reload()
        page.keyboard.press("Escape")
        expect(heading(page)).to_have_text("All products")
        expect(page).to_have_url("/?page=2")

    def test_a_reload_of_a_look_opened_far_down_begins_at_its_top(self, open_page, size):
        page = open_page("/", **size)
        page.evaluate("scrollTo(0, 400)")
        page.wait_for_timeout(300)
        open_look(page, tile_in_view(page))
        page.reload()
        expect(page.locator("main .similar .tile")).to_have_count(12)
        page.wait_for_timeout(300)
        assert page.evaluate("scrollY") == 0

    def test_where_the_tile_is_gone_focus_goes_to_the_heading(self, open_page, size):
        page = open_page("/", **size)
        open_look(page, "1003")
        tile(page, "1003").evaluate("tile => tile.parentNode.remove()")
        page.keyboard.press("Escape")
        expect(look(page)).to_be_hidden()
        expect(heading(page)).to_be_focused()

    def test_where_the_answer_fails_one_can_try_again(self, open_page, size):
        page = open_page("/", failing=True, **size)
        page.route("**/item/*", lambda route: route.abort())
        tile(page, "1003").click()
        expect(look(page).locator(".notice")).to_contain_text("That did not work.")
        expect(look(page).locator(".skeleton")).to_have_count(0)
        page.unroute("**/item/*")
        look(page).get_by_role("button", name="Try again").press("Enter")
        expect(look(page).locator(".tile")).to_have_count(12)
        expect(notice(page)).to_be_hidden()
        expect(heading(look(page))).to_be_focused()

    @pytest.mark.parametrize("answer", [{"status": 500}, {"status": 200, "body": "no page"}])
    def test_an_answer_that_is_no_page_has_failed(self, open_page, size, answer):
        page = open_page("/", failing=True, **size)
        page.route("**/item/*", lambda route: route.fulfill(**answer))
        tile(page, "1003").click()
        expect(look(page).get_by_role("button", name="Try again")).to_be_visible()
        page.keyboard.press("Escape")
        expect(notice(page)).to_be_hidden()

    def test_a_refusal_is_shown_in_its_own_words(self, open_page, size):
        page = open_page("/", failing=True, **size)
        tile(page, "1003").evaluate("tile => tile.href = '/item/none'")
        tile(page, "1003").click()
        expect(heading(look(page))).to_have_text("There is no product with this id.")
        expect(heading(look(page))).to_be_focused()
        page.keyboard.press("Escape")
        expect(look(page)).to_be_hidden()


@pytest.mark.parametrize("size", SIZES)
class TestOnItsOwnPage:
    def test_similar_products_open_in_its_place(self, open_page, size):
        page = open_page("/item/1007", **size)
        stay(page)
        tile(page, TWINS[1]).click()
        page.wait_for_url(f"**/item/{TWINS[1]}?trail=1007")
        expect(heading(page)).to_have_text("White Shirts number 8")
        expect(heading(page)).to_be_focused()
        expect(page.locator("main .tile")).to_have_count(12)
        expect(look(page)).to_be_hidden()
        assert page.evaluate("scrollY") == 0
        page.go_back()
        expect(heading(page)).to_have_text("Green Shoes number 7")
        assert has_stayed(page)

    def test_it_narrows_and_refines_in_place(self, open_page, size):
        page = open_page("/item/1003", **size)
        stay(page)
        page.get_by_role("link", name="Same Category: Footwear").click()
        expect(page.locator("main .tile")).to_have_count(6)
        liked = ids(page)[2]
        refine(page, "More", liked)
        page.wait_for_url(f"**/item/1003?Category=Footwear&more={liked}")
        assert has_stayed(page)
        shared = open_page(page.url, **size)
        assert ids(shared.locator("main .grid")) == ids(page.locator("main .grid"))

    def test_a_fact_leads_to_the_grid(self, open_page, size):
        page = open_page("/item/1003", **size)
        page.locator("main dl").get_by_role("link", name="Shoes").click()
        expect(shown(page)).to_have_text("Showing 1–7 of 7")


def test_a_click_with_a_modifier_follows_the_link(open_page):
    page = open_page("/", **DESKTOP)
    with page.context.expect_page() as opened:
        tile(page, "1003").click(modifiers=["Control"])
    opened.value.wait_for_load_state()
    assert opened.value.url.endswith("/item/1003")
    expect(look(page)).to_be_hidden()


def test_a_click_beside_a_look_closes_it(open_page):
    page = open_page("/", **DESKTOP)
    open_look(page, "1003")
    page.mouse.click(8, 400)
    expect(look(page)).to_be_hidden()
    page.wait_for_url(lambda url: url.endswith("/"))


def test_focus_goes_in_and_stays_in(open_page):
    page = open_page("/", **DESKTOP)
    tile(page, "1003").press("Enter")
    expect(look(page).get_by_role("heading", name="White Shoes number 3")).to_be_focused()
    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )


def test_the_photo_moves_only_for_whoever_does_not_mind(open_page):
    for motion, transitions in (("no-preference", 1), ("reduce", 0)):
        page = open_page("/", reduced_motion=motion, **DESKTOP)
        page.evaluate(
            """() => {
                window.transitions = 0;
                const start = document.startViewTransition;
                document.startViewTransition = function (change) {
                    window.transitions += 1;
                    return start.call(document, change);
                };
            }"""
        )
        open_look(page, "1003")
        assert page.evaluate("transitions") == transitions


def test_the_same_count_is_announced_again(open_page):
    page = open_page("/item/1003", **DESKTOP)
    page.evaluate(
        """() => {
            window.heard = 0;
            new MutationObserver(() => { window.heard += 1; }).observe(
                document.querySelector('main .range'), { childList: true, characterData: true });
        }"""
    )
    for times in (1, 2):
        refine(page, "More", ids(page.locator("main .grid"))[0])
        expect(page.locator(".example.more li")).to_have_count(times)
        expect(shown(page)).to_have_text("12 products")
        assert page.evaluate("heard") >= times


@pytest.mark.parametrize("size", SIZES)
class TestColour:
    def test_the_slider_moves_what_is_similar_in_place_and_back_moves_it_back(
        self, open_page, size
    ):
        page = open_page("/", **size)
        stay(page)
        open_look(page, "1003")
        slider = look(page).get_by_role("slider", name="How much colour counts")
        slider.fill("0.8")
        expect(page).to_have_url(re.compile(r"/item/1003\?colour=0\.8$"))
        expect(slider).to_have_attribute("value", "0.8")
        assert ids(look(page)) == similar_ids(page, "id=1003&colour=0.8")
        slider.fill("0")
        expect(page).to_have_url(re.compile(r"/item/1003$"))
        expect(slider).to_have_attribute("value", "0.0")
        assert ids(look(page)) == similar_ids(page, "id=1003")
        look(page).get_by_role("link", name="Same colour", exact=True).click()
        expect(slider).to_have_value("0.7")
        page.go_back()
        expect(slider).to_have_value("0")
        has_stayed(page)

    def test_another_colour_is_picked_and_kept_on_the_way(self, open_page, size):
        page = open_page("/item/1003", **size)
        page.get_by_text("Another colour").click()
        page.get_by_role("link", name="Blue", exact=True).click()
        expect(page.locator(".colouring summary")).to_have_text("Colour: Blue")
        expect(page).to_have_url(re.compile("colour=0.5&hex=2f62c4"))
        page.locator(".colouring input[type=color]").fill("#c02030")
        expect(page).to_have_url(re.compile("hex=c02030"))
        expect(page.locator(".colouring summary")).to_have_text("Colour: #c02030")
        (first, *_) = similar_ids(page, "id=1003&hex=c02030")
        tile(page, first).click()
        expect(page).to_have_url(re.compile("hex=c02030"))
