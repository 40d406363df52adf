"""The grid in a browser: filters, words, orders and pages, in place."""

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
    ids,
    look,
    notice,
    open_filters,
    shown,
    stay,
    tile,
)
from tests.generations import product, publish_products, random_unit_vectors
from vitrine.settings import Settings

FIRST_PAGE = "Showing 1–9 of 30"  # eight tiles, of which one stands for two products


def search_box(page: Page):
    return page.get_by_role("searchbox")


def history_length(page: Page) -> int:
    return page.evaluate("history.length")


@pytest.mark.parametrize("size", SIZES)
class TestFilters:
    def test_a_filter_narrows_the_grid_in_place(self, open_page, size):
        page = open_page("/", **size)
        stay(page)
        open_filters(page)
        filter_link(page, "Category", "Footwear").click()
        expect(shown(page)).to_have_text("Showing 1–7 of 7")
        expect(page).to_have_url("/?Category=Footwear")
        expect(page).to_have_title("Footwear · Vitrine")
        expect(heading(page)).to_have_text("Matching products")
        assert ids(page)[0] == "1003"
        assert has_stayed(page)

    def test_several_values_of_one_facet_widen_it(self, open_page, size):
        page = open_page("/", **size)
        open_filters(page)
        filter_link(page, "Colour", "Red").click()
        expect(shown(page)).to_have_text("Showing 1–6 of 6")
        filter_link(page, "Colour", "Blue").click()
        page.wait_for_url("**/?Colour=Red&Colour=Blue")
        expect(shown(page)).to_have_text("Showing 1–8 of 12")

    def test_focus_stays_on_the_filter_that_was_used(self, open_page, size):
        page = open_page("/", **size)
        open_filters(page)
        filter_link(page, "Colour", "Green").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".chips")).to_contain_text("Green")
        expect(filter_link(page, "Colour", "Green")).to_be_focused()
        expect(filter_link(page, "Colour", "Green")).to_have_attribute("aria-current", "true")
        page.keyboard.press("Enter")
        expect(page.locator(".chips")).to_have_count(0)
        expect(filter_link(page, "Colour", "Green")).to_be_focused()

    def test_where_a_chip_is_gone_focus_goes_to_the_heading(self, open_page, size):
        page = open_page("/?Colour=Green", **size)
        page.get_by_role("link", name="Remove Green").focus()
        page.keyboard.press("Enter")
        expect(heading(page)).to_have_text("All products")
        expect(heading(page)).to_be_focused()

    def test_focus_outlives_back_through_the_filters(self, open_page, size):
        page = open_page("/?Colour=Green", **size)
        page.get_by_role("link", name="By title").press("Enter")
        page.wait_for_url("**/?Colour=Green&sort=title")
        # An address whose page nobody has seen gives way to the next.
        expect(page.locator("main")).not_to_have_attribute("aria-busy", "true")
        page.get_by_role("link", name="Remove Green").press("Enter")
        expect(heading(page)).to_be_focused()
        for url in ("**/?Colour=Green&sort=title", "**/?Colour=Green"):
            page.go_back()
            page.wait_for_url(url)
            expect(page.locator("main")).not_to_have_attribute("aria-busy", "true")
            page.wait_for_timeout(50)
            expect(heading(page)).to_be_focused()

    def test_back_and_forward_walk_the_filters(self, open_page, size):
        page = open_page("/?page=2", **size)
        stay(page)
        open_filters(page)
        filter_link(page, "Category", "Footwear").click()
        expect(shown(page)).to_have_text("Showing 1–7 of 7")
        filter_link(page, "Colour", "Green").click()
        expect(shown(page)).to_have_text("Showing 1–2 of 2")
        page.go_back()
        expect(shown(page)).to_have_text("Showing 1–7 of 7")
        expect(page).to_have_title("Footwear · Vitrine")
        page.go_back()
        expect(shown(page)).to_have_text("Showing 10–17 of 30")
        expect(page).to_have_url("/?page=2")
        page.go_forward()
        expect(shown(page)).to_have_text("Showing 1–7 of 7")
        assert has_stayed(page)

    def test_what_is_announced_changes_inside_what_was_there(self, open_page, size):
        page = open_page("/", **size)
        page.evaluate("window.range = document.querySelector('.range')")
        open_filters(page)
        filter_link(page, "Category", "Footwear").click()
        expect(shown(page)).to_have_text("Showing 1–7 of 7")
        assert page.evaluate("range.isConnected && range.role === 'status'")

    def test_the_order_changes_in_place(self, open_page, size):
        page = open_page("/", **size)
        stay(page)
        page.get_by_role("link", name="By title").click()
        page.wait_for_url("**/?sort=title")
        expect(page.locator(".tile .title").first).to_contain_text("Black Dresses number 14")
        expect(page.get_by_role("link", name="By title")).to_be_focused()
        assert has_stayed(page)

    def test_an_empty_grid_says_which_filter_to_drop(self, open_page, size):
        page = open_page("/?Category=Footwear&ProductType=Tops", **size)
        stay(page)
        expect(shown(page)).to_have_text("No products")
        page.locator(".ways a").first.click()
        expect(shown(page)).to_contain_text("Showing 1–")
        expect(heading(page)).to_be_focused()
        assert has_stayed(page)

    def test_the_answer_belongs_to_the_last_question(self, open_page, size):
        page = open_page("/", **size)
        held = Held(page, "**/?sort=title")
        page.get_by_role("link", name="By title").click()
        held.wait()
        expect(page.locator("main")).to_have_attribute("aria-busy", "true")
        open_filters(page)
        page.keyboard.press("Escape")
        page.get_by_role("link", name="Page 2").press("Enter")
        expect(shown(page)).to_have_text("Showing 10–17 of 30")
        held.release()
        page.wait_for_timeout(200)
        expect(shown(page)).to_have_text("Showing 10–17 of 30")
        expect(page).to_have_url("/?page=2")

    def test_filters_chosen_while_an_answer_is_on_its_way_add_up(self, open_page, size):
        page = open_page("/", **size)
        open_filters(page)
        held = Held(page, "**/?Colour=Green")
        green, blue = (filter_link(page, "Colour", colour) for colour in ("Green", "Blue"))
        green.click()
        held.wait()
        expect(green).to_have_attribute("aria-current", "true")
        filter_link(page, "Category", "Footwear").click()
        expect(shown(page)).to_have_text("Showing 1–2 of 2")
        held.release()
        page.wait_for_timeout(200)
        expect(shown(page)).to_have_text("Showing 1–2 of 2")
        held = Held(page, "**/?*Colour=Blue*")
        blue.click()
        held.wait()
        green.click()
        expect(green).not_to_have_attribute("aria-current", "true")
        expect(blue).to_have_attribute("aria-current", "true")
        held.wait(2)
        held.release()
        expect(page.locator(".chips")).not_to_contain_text("Green")
        expect(page.locator(".facets [aria-current] [dir]")).to_have_text(["Footwear", "Blue"])

    def test_words_typed_while_a_filter_is_on_its_way_join_it(self, open_page, size):
        page = open_page("/", **size)
        open_filters(page)
        held = Held(page, "**/?Category=Footwear")
        filter_link(page, "Category", "Footwear").click()
        held.wait()
        search_box(page).fill("green")
        page.wait_for_url("**/?q=green&Category=Footwear")
        expect(shown(page)).to_have_text("Showing 1–2 of 2")
        held.release()

    def test_back_before_an_answer_came_gives_the_question_up(self, open_page, size):
        page = open_page("/", **size)
        open_filters(page)
        held = Held(page, "**/?Colour=Green")
        filter_link(page, "Colour", "Green").click()
        held.wait()
        page.go_back()
        expect(page.locator("main")).not_to_have_attribute("aria-busy", "true")
        expect(filter_link(page, "Colour", "Green")).not_to_have_attribute("aria-current", "true")
        held.release()
        page.wait_for_timeout(200)
        expect(shown(page)).to_have_text(FIRST_PAGE)

    def test_ten_fast_clicks_all_count_and_are_one_step_back(self, open_page, size):
        page = open_page("/", **size)
        before = history_length(page)
        chosen = page.evaluate(
            """[...document.querySelectorAll('.facets section a:has([dir])')].slice(0, 10)
              .map(link => { link.click(); return link.querySelector('[dir]').textContent; })"""
        )
        expect(page.locator("main")).not_to_have_attribute("aria-busy", "true")
        expect(page.locator(".facets [aria-current] [dir]")).to_have_text(chosen)
        assert history_length(page) == before + 1
        page.go_back()
        expect(shown(page)).to_have_text(FIRST_PAGE)


@pytest.mark.parametrize("way", ["Done", "Escape", "beside", "cross"])
def test_the_sheet_of_a_phone_stays_while_one_chooses_and_then_folds(open_page, way):
    page = open_page("/", **PHONE)
    sheet = page.locator(".browse > .facets")
    expect(filter_link(page, "Colour", "Green")).to_be_hidden()
    open_filters(page)
    filter_link(page, "Colour", "Green").click()
    expect(page.get_by_role("button", name="Show 6 products")).to_be_visible()
    if way == "Done":
        page.get_by_role("button", name="Show 6 products").click()
    elif way == "Escape":
        page.keyboard.press("Escape")
    elif way == "beside":
        page.mouse.click(180, 20)
    else:
        sheet.locator("summary .icon").last.click()
    expect(filter_link(page, "Colour", "Green")).to_be_hidden()
    expect(shown(page)).to_have_text("Showing 1–6 of 6")


@pytest.mark.parametrize("size", SIZES)
def test_values_that_were_unfolded_stay_unfolded(open_page, serve, tmp_path, size):
    products = [product(n, facts={"Colour": f"Colour {n % 12:02}"}) for n in range(24)]
    publish_products(tmp_path, random_unit_vectors(24), products)
    page = open_page("/", of=serve(Settings(index=tmp_path)), failing=True, **size)
    open_filters(page)
    page.get_by_text("4 more").click()
    filter_link(page, "Colour", "Colour 10").click()
    expect(shown(page)).to_have_text("Showing 1–2 of 2")
    expect(filter_link(page, "Colour", "Colour 11")).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
class TestWords:
    def test_products_come_as_one_types_and_the_words_are_marked(self, open_page, size):
        page = open_page("/", **size)
        stay(page)
        search_box(page).press_sequentially("green sh", delay=20)
        expect(shown(page)).to_have_text("Showing 1–3 of 3")
        page.wait_for_url("**/?q=green+sh")
        assert {*page.locator("mark").all_inner_texts()} == {"Green", "Sh"}
        expect(search_box(page)).to_be_focused()
        expect(search_box(page)).to_have_value("green sh")
        assert has_stayed(page)

    def test_a_word_is_one_step_back_however_slowly_it_was_typed(self, open_page, size):
        page = open_page("/", **size)
        for text, count in (("gr", 6), ("green s", 3), ("green shoes", 2)):
            search_box(page).fill(text)
            expect(shown(page)).to_have_text(f"Showing 1–{count} of {count}")
        page.go_back()
        expect(shown(page)).to_have_text(FIRST_PAGE)
        expect(search_box(page)).to_have_value("")
        page.go_forward()
        expect(search_box(page)).to_have_value("green shoes")
        expect(shown(page)).to_have_text("Showing 1–2 of 2")

    def test_words_keep_the_filters_and_filters_the_words(self, open_page, size):
        page = open_page("/?Category=Footwear&sort=title", **size)
        search_box(page).fill("green")
        page.wait_for_url("**/?q=green&Category=Footwear&sort=title")
        expect(shown(page)).to_have_text("Showing 1–2 of 2")
        page.get_by_role("link", name="Remove Footwear").click()
        expect(shown(page)).to_have_text("Showing 1–6 of 6")
        page.get_by_role("link", name="Remove “green”").click()
        expect(search_box(page)).to_have_value("")
        expect(page).to_have_url("/?sort=title")

    def test_enter_searches_without_leaving_the_page(self, open_page, size):
        page = open_page("/", **size)
        stay(page)
        search_box(page).fill("red tops")
        page.keyboard.press("Enter")
        expect(shown(page)).to_have_text("Showing 1–2 of 2")
        assert has_stayed(page)

    def test_words_that_a_click_on_a_tile_overtakes_are_not_searched_for(self, open_page, size):
        page = open_page("/?q=green", **size)
        # Both at once: a slow machine takes longer to click than the page waits for more words.
        page.evaluate(
            """() => {
                const words = document.querySelector("#words input");
                words.value = "red";
                words.dispatchEvent(new Event("input", { bubbles: true }));
                document.querySelector('main .tile[data-look="1007"]').click();
            }"""
        )
        page.wait_for_timeout(400)
        expect(look(page)).to_be_visible()
        expect(page).to_have_url("/item/1007")
        page.keyboard.press("Escape")
        page.wait_for_url("**/?q=green")
        expect(search_box(page)).to_have_value("green")

    def test_elsewhere_enter_leads_to_the_grid(self, open_page, size):
        page = open_page("/item/1003", **size)
        search_box(page).fill("red tops")
        page.wait_for_timeout(300)
        expect(page).to_have_url("/item/1003")
        page.keyboard.press("Enter")
        expect(shown(page)).to_have_text("Showing 1–2 of 2")

    def test_the_answer_belongs_to_the_last_word(self, open_page, size):
        page = open_page("/", **size)
        held = Held(page, "**/?q=green")
        search_box(page).fill("green")
        held.wait()
        search_box(page).fill("red")
        expect(shown(page)).to_have_text("Showing 1–6 of 6")
        held.release()
        page.wait_for_timeout(200)
        expect(page.locator(".tile .title").first).to_contain_text("Red")


def scroll_until(page: Page, condition: str) -> None:
    """As a visitor does, a bit at a time."""
    page.locator(".results").hover(position={"x": 150, "y": 150})
    for _ in range(100):
        if page.evaluate(condition):
            return
        page.mouse.wheel(0, 200)
        page.wait_for_timeout(30)
    raise AssertionError(f"never so, however far one scrolls: {condition}")


def top_of(product_id: str) -> str:
    """Where in the window a tile begins."""
    return f"document.querySelector('[data-look=\"{product_id}\"]')?.getBoundingClientRect().top"


SHIFTS = """new Promise((resolve) => {
  let shifts = 0;
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) shifts += value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(shifts), 100);
})"""
"""How much has moved by itself, as browsers sum it up."""


def scroll_for_tiles(page: Page, count: int) -> None:
    scroll_until(page, f"document.querySelectorAll('main .tile').length >= {count}")


def scroll_to_page(page: Page, number: int) -> None:
    scroll_until(page, f"location.search === '?page={number}'")


@pytest.mark.parametrize("size", SIZES)
class TestPages:
    def test_more_comes_as_one_scrolls_and_the_address_follows(self, open_page, size):
        page = open_page("/", **size)
        scroll_to_page(page, 2)
        expect(shown(page)).to_have_text("Showing 10–17 of 30")
        scroll_to_page(page, 4)
        expect(shown(page)).to_have_text("Showing 26–30 of 30")
        assert ids(page) == [str(n) for n in range(1000, 1030) if n != 1008]
        expect(page.locator(".skeleton")).to_have_count(0)
        expect(page.locator(".pager [rel=next]")).to_have_count(0)
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_url(lambda url: url.endswith("/"))
        expect(shown(page)).to_have_text(FIRST_PAGE)

    def test_nothing_more_comes_without_scrolling(self, open_page, size):
        page = open_page("/", **size)
        page.wait_for_timeout(300)
        expect(page.locator("main .tile")).to_have_count(8)
        scroll_for_tiles(page, 16)
        page.wait_for_timeout(300)  # until the page comes to rest
        count = page.locator("main .tile").count()
        page.wait_for_timeout(300)
        expect(page.locator("main .tile")).to_have_count(count)

    def test_a_reload_shows_the_page_in_view_and_a_way_to_the_one_before(self, open_page, size):
        page = open_page("/", **size)
        scroll_to_page(page, 2)
        page.reload()
        assert ids(page)[0] == "1009"
        stay(page)
        page.evaluate("scrollTo(0, 0)")
        page.get_by_role("link", name="Previous").first.click()
        expect(shown(page)).to_have_text(FIRST_PAGE)
        expect(page.locator(".earlier")).to_have_count(0)
        assert has_stayed(page)

    @pytest.mark.parametrize("way", ["reload", "back"])
    def test_one_comes_back_to_the_very_place(self, open_page, size, way):
        page = open_page("/", **size)
        scroll_to_page(page, 2)
        scroll_until(page, f"{top_of('1012')} < 200")
        page.wait_for_timeout(300)
        was = page.evaluate(top_of("1012"))
        if way == "reload":
            page.reload()
        else:
            page.goto("/values/Colour")
            page.go_back()
        page.wait_for_timeout(300)
        assert ids(page)[0] == "1009"
        assert page.evaluate(top_of("1012")) == pytest.approx(was, abs=1)
        expect(page.locator("main .tile")).to_have_count(8)  # as nobody has scrolled on
        expect(page).to_have_url("/?page=2")

    def test_back_from_another_order_leads_to_the_very_place(self, open_page, size):
        page = open_page("/", **size)
        scroll_to_page(page, 2)
        scroll_until(page, f"{top_of('1012')} < 200")
        page.wait_for_timeout(300)
        was = page.evaluate(top_of("1012"))
        page.get_by_role("link", name="By title").evaluate("link => link.click()")
        page.wait_for_url("**/?sort=title")
        expect(page.locator(".tile .title").first).to_contain_text("Black")
        page.go_back()
        expect(page.locator(".tile .title").first).to_contain_text("number 9")
        page.wait_for_timeout(300)
        assert page.evaluate(top_of("1012")) == pytest.approx(was, abs=1)

    def test_the_way_to_the_page_before_moves_nothing(self, open_page, size):
        page = open_page("/", **size)
        scripts = Held(page, "**/gallery.js*")
        page.goto("/?page=2", wait_until="commit")
        expect(page.locator(".earlier a")).to_be_visible()
        scripts.release()
        expect(page.locator("html")).to_have_class("js")
        page.wait_for_timeout(300)
        assert page.evaluate(SHIFTS) == 0

    def test_skeletons_stand_for_what_is_on_its_way(self, open_page, size):
        page = open_page("/", **size)
        held = Held(page, "**/?page=2")
        scroll_until(page, "document.querySelector('.skeleton')")
        held.wait()
        expect(page.locator(".skeleton")).to_have_count(12)
        held.release()
        expect(page.locator("main .tile")).to_have_count(16)
        expect(page.locator(".skeleton")).to_have_count(0)

    def test_where_more_fails_to_come_one_can_try_again(self, open_page, size):
        page = open_page("/", failing=True, **size)
        page.route("**/?page=2", lambda route: route.abort())
        scroll_until(page, "document.querySelector('.notice p')")
        expect(notice(page)).to_contain_text("That did not work.")
        expect(page.locator(".skeleton")).to_have_count(0)
        page.unroute("**/?page=2")
        page.get_by_role("button", name="Try again").click()
        expect(page.locator("main .tile")).to_have_count(16)
        expect(notice(page)).to_be_hidden()

    def test_more_of_one_grid_never_lands_in_another(self, open_page, size):
        page = open_page("/", **size)
        held = Held(page, "**/?page=2")
        scroll_until(page, "document.querySelector('.skeleton')")
        held.wait()
        page.get_by_role("link", name="By title").evaluate("link => link.click()")
        page.wait_for_url("**/?sort=title")
        expect(page.locator(".tile .title").first).to_contain_text("Black")
        held.release()
        page.wait_for_timeout(200)
        expect(page.locator("main .tile")).to_have_count(8)

    def test_a_look_closes_onto_the_very_place(self, open_page, size):
        page = open_page("/", **size)
        scroll_to_page(page, 2)
        tile(page, "1012").click()
        expect(look(page)).to_be_visible()
        page.wait_for_url("**/item/1012")
        page.keyboard.press("Escape")
        expect(look(page)).to_be_hidden()
        expect(tile(page, "1012")).to_be_focused()
        expect(tile(page, "1012")).to_be_in_viewport()
        expect(tile(page, "1000")).to_be_attached()
        expect(page).to_have_url("/?page=2")

    def test_page_links_work_in_place(self, open_page, size):
        page = open_page("/", **size)
        stay(page)
        page.get_by_role("link", name="Page 4").press("Enter")
        expect(shown(page)).to_have_text("Showing 26–30 of 30")
        expect(heading(page)).to_be_focused()
        assert page.evaluate("scrollY") == 0
        assert has_stayed(page)


def test_the_skip_link_leads_past_the_filters(open_page):
    page = open_page("/", **DESKTOP)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.tile')"):
            break
    expect(tile(page, "1000")).to_be_focused()
    page.goto("/item/1003")
    expect(page.locator(".skip")).to_have_attribute("href", "#main")


def test_typing_leaves_the_values_that_have_it_and_says_how_many(open_page):
    page = open_page("/values/Colour", **DESKTOP)
    values, none = page.locator(".facet-values li:visible"), page.get_by_text("No value is like")
    find = page.get_by_role("searchbox", name="Find a value")
    expect(values).to_have_count(5)
    expect(page.get_by_role("status").and_(shown(page))).to_have_text("5 values")
    find.fill("BL")
    expect(values).to_have_count(2)
    expect(shown(page)).to_have_text("2 of 5 values")
    expect(none).to_be_hidden()
    find.fill("BLX")
    expect(shown(page)).to_have_text("0 of 5 values")
    expect(none).to_be_visible()
    find.fill("")
    expect(shown(page)).to_have_text("5 values")
    expect(none).to_be_hidden()


@pytest.mark.parametrize("size", SIZES)
def test_a_colour_is_picked_among_the_filters_and_given_up_again(open_page, size):
    page = open_page("/", **size)
    stay(page)
    open_filters(page)
    page.get_by_role("link", name="Blue", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Closest in colour first")
    expect(page).to_have_url(re.compile(r"\?hex=2f62c4$"))
    page.locator(".facets input[type=color]").fill("#c02030")
    expect(page).to_have_url(re.compile(r"\?hex=c02030$"))
    if size != DESKTOP:  # the sheet lies over what is chosen
        page.locator(".facets > summary").click()
    page.get_by_role("link", name="Remove Colour: #c02030").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("All products")
    has_stayed(page)
