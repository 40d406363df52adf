"""The gallery in a real browser, on a desktop and on a phone, with and without JavaScript."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from app import create_app
from tests.drawings import photo_bytes
from tests.gallery.conftest import LOST, PAGE_SIZE, TWINS, served
from vitrine.settings import Settings

DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
SIZES = [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone")]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
TARGET = 44  # pixels, of whatever can be tapped


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        reason = f"no browser on this machine; install one of {', '.join(CHROMIUM)}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(wardrobe) -> Iterator[str]:
    settings = Settings(index=wardrobe.root, page_size=PAGE_SIZE)
    with served(create_app(settings), settings) as address:
        yield address


@pytest.fixture
def open_page(browser, address):
    """Opens pages of the gallery; afterwards nothing may stand in the browser's console."""
    contexts, complaints = [], []

    def open_page(path="/", **options) -> Page:
        context = browser.new_context(base_url=address, **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: m.type in ("error", "warning") and complaints.append(m.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def tile(page: Page, product_id: str):
    return page.locator(f'main .tile[data-look="{product_id}"]')


def look(page: Page):
    return page.get_by_role("dialog")


def look_ids(page: Page) -> list[str]:
    return look(page).locator(".tile").evaluate_all("tiles => tiles.map(t => t.dataset.look)")


def similar_ids(page: Page, product_id: str) -> list[str]:
    answer = page.request.get(f"/get_similar?id={product_id}").json()
    return [result["id"] for result in answer["results"]]


@pytest.mark.parametrize("size", SIZES)
class TestLook:
    """A click on a tile opens the product in place."""

    def test_a_click_shows_similar_products_best_first_without_leaving_the_page(
        self, open_page, size
    ):
        page = open_page("/", **size)
        page.evaluate("window.stayed = true")
        tile(page, "1007").click()
        expect(look(page).get_by_role("heading", name="Green Shoes number 7")).to_be_visible()
        assert page.url.endswith("/item/1007")
        assert page.title() == "Green Shoes number 7 · Vitrine"
        assert look_ids(page) == similar_ids(page, "1007")
        best = look(page).locator(".tile").first
        expect(best).to_contain_text("1.00")
        assert best.get_attribute("href") == f"/item/{TWINS[1]}"
        best.scroll_into_view_if_needed()
        page.wait_for_function("document.querySelector('.look .tile img').naturalWidth > 0")
        assert page.evaluate("window.stayed") is True

    def test_clicks_walk_on_and_back_and_forward_walk_the_same_way(self, open_page, size):
        page = open_page("/?page=2", **size)
        tile(page, "1010").click()
        expect(look(page)).to_be_visible()
        second = look_ids(page)[2]
        look(page).locator(".tile").nth(2).click()
        page.wait_for_url(f"**/item/{second}")
        expect(look(page).locator("a.page")).to_have_attribute("href", f"/item/{second}")
        assert look_ids(page) == similar_ids(page, second)
        page.go_back()
        expect(look(page).locator("a.page")).to_have_attribute("href", "/item/1010")
        page.go_back()
        expect(look(page)).to_be_hidden()
        assert page.url.endswith("/?page=2")
        assert page.title() == "All products · Vitrine"
        page.go_forward()
        expect(look(page).locator("a.page")).to_have_attribute("href", "/item/1010")

    def test_a_quick_forward_after_back_keeps_the_look_open(self, open_page, size):
        page = open_page("/", **size)
        tile(page, "1007").click()
        expect(look(page)).to_be_visible()
        page.evaluate(
            """() => new Promise((done) => {
                addEventListener("popstate", () => { history.forward(); done(); }, { once: true });
                history.back();
            })"""
        )
        page.wait_for_url("**/item/1007")
        page.wait_for_timeout(300)
        expect(look(page)).to_be_visible()
        assert page.url.endswith("/item/1007")

    def test_after_the_skip_link_too_focus_comes_back_to_the_tile(self, open_page, size):
        page = open_page("/", **size)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.url.endswith("/#main")
        tile(page, "1005").focus()
        page.keyboard.press("Enter")
        expect(look(page)).to_be_visible()
        page.keyboard.press("Escape")
        expect(look(page)).to_be_hidden()
        page.wait_for_timeout(200)
        expect(tile(page, "1005")).to_be_focused()

    @pytest.mark.parametrize("way", ["Escape", "button"])
    def test_closing_leads_back_to_where_it_was_opened(self, open_page, size, way):
        page = open_page("/?Colour=Green", **size)
        tile(page, "1007").focus()
        page.keyboard.press("Enter")
        expect(look(page)).to_be_visible()
        look(page).locator(".tile").first.click()
        page.wait_for_url(f"**/item/{TWINS[1]}")
        if way == "Escape":
            page.keyboard.press("Escape")
        else:
            look(page).get_by_role("button", name="Close").click()
        page.wait_for_url("**/?Colour=Green")
        expect(look(page)).to_be_hidden()
        expect(tile(page, "1007")).to_be_focused()

    def test_a_reload_shows_the_products_own_page_and_back_leads_to_the_grid(self, open_page, size):
        page = open_page("/", **size)
        tile(page, "1003").click()
        expect(look(page)).to_be_visible()
        page.reload()
        expect(look(page)).to_be_hidden()
        expect(page.get_by_role("heading", level=1)).to_have_text("White Shoes number 3")
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_have_text("All products")
        expect(tile(page, "1003")).to_be_visible()

    def test_similar_products_of_a_products_own_page_open_in_place_too(self, open_page, size):
        page = open_page("/item/1007", **size)
        tile(page, TWINS[1]).click()
        expect(look(page)).to_be_visible()
        page.keyboard.press("Escape")
        page.wait_for_url("**/item/1007")
        expect(look(page)).to_be_hidden()

    def test_the_answer_belongs_to_the_last_question(self, open_page, size):
        page = open_page("/", **size)
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        page.route("**/get_similar?id=1000", hold)
        tile(page, "1000").click()
        page.wait_for_url("**/item/1000")
        tile(page, "1001").click()
        expect(look(page).locator("a.page")).to_have_attribute("href", "/item/1001")
        (late,) = held
        late.continue_()
        page.wait_for_timeout(200)
        expect(look(page).locator("a.page")).to_have_attribute("href", "/item/1001")

    def test_where_the_answer_fails_the_products_own_page_opens(self, open_page, size):
        page = open_page("/", **size)
        page.route("**/get_similar?*", lambda route: route.fulfill(status=200, body="no json"))
        tile(page, "1003").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("White Shoes number 3")
        assert page.url.endswith("/item/1003")


def test_a_click_with_a_modifier_follows_the_link(open_page):
    page = open_page("/", **DESKTOP)
    with page.context.expect_page() as opened:
        tile(page, "1003").click(modifiers=["Control"])
    opened.value.wait_for_load_state()
    assert opened.value.url.endswith("/item/1003")
    expect(look(page)).to_be_hidden()


def test_focus_goes_in_and_stays_in(open_page):
    page = open_page("/", **DESKTOP)
    tile(page, "1003").press("Enter")
    expect(look(page).get_by_role("heading", name="White Shoes number 3")).to_be_focused()
    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )


def test_markup_in_an_answer_stays_text(open_page):
    evil = '<img src=x onerror="window.hacked = true">'

    def poison(route: Route) -> None:
        answer = route.fetch().json()
        for found in (answer["query"], *answer["results"]):
            found["title"] = found["tile"]["subtitle"] = evil
            found["facts"] = {evil: evil}
        route.fulfill(json=answer)

    page = open_page("/", **DESKTOP)
    page.route("**/get_similar?*", poison)
    tile(page, "1003").click()
    expect(look(page).get_by_role("heading", level=2)).to_have_text(evil)
    page.wait_for_timeout(100)
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize("size", SIZES)
class TestWithoutJavaScript:
    @pytest.fixture
    def page(self, open_page, size):
        return open_page("/", java_script_enabled=False, **size)

    def test_a_click_leads_to_the_product_and_what_is_similar(self, page):
        tile(page, "1007").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Green Shoes number 7")
        similar = page.locator("main .similar .tile")
        expect(similar).to_have_count(12)
        expect(similar.first).to_contain_text("1.00")
        similar.first.click()
        assert page.url.endswith(f"/item/{TWINS[1]}")

    def test_facets_text_and_pages_work(self, page, size):
        if size is PHONE:
            expect(page.get_by_role("link", name="Footwear 7")).to_be_hidden()
            page.locator(".facets > summary").click()
        page.get_by_role("link", name="Footwear 7").click()
        expect(page.locator(".range")).to_have_text("1–7 of 7")
        page.get_by_role("link", name="Remove Footwear").click()
        page.get_by_role("link", name="Next").click()
        expect(page.locator(".range")).to_have_text("9–16 of 30")
        page.get_by_role("searchbox").fill("green shoes")
        page.keyboard.press("Enter")
        expect(page.locator(".range")).to_have_text("1–2 of 2")

    def test_a_photo_of_ones_own_finds_products(self, page):
        page.locator(".by-photo summary").click()
        photo = {"name": "a.png", "mimeType": "image/png", "buffer": photo_bytes(7, (480, 640))}
        page.get_by_label("A photo of what you are looking for").set_input_files(photo)
        page.get_by_role("button", name="Find similar products").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Similar to your photo")
        expect(page.locator("main .tile").first).to_contain_text("number 7")
        expect(page.get_by_alt_text("Your photo")).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", ["/", "/?Colour=Red&q=red", "/item/1003", f"/item/{LOST}"])
def test_nothing_is_wider_than_the_screen_and_everything_can_be_tapped(open_page, path, size):
    page = open_page(path, **size)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if size is PHONE:
        if page.locator(".facets").count():
            page.locator(".facets > summary").click()
        page.locator(".by-photo summary").click()
        small = page.evaluate(
            """target => [...document.querySelectorAll("a, button, summary, input")]
              .filter(e => e.checkVisibility() && !e.closest(".visually-hidden, .skip"))
              .filter(e => !e.matches(".visually-hidden"))
              .filter(e => e.getBoundingClientRect().height < target - 0.5)
              .map(e => e.outerHTML)""",
            TARGET,
        )
        assert small == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_both_themes(open_page, scheme):
    page = open_page("/", color_scheme=scheme, **DESKTOP)

    def luminance(name: str) -> float:
        colour = page.evaluate(
            "name => getComputedStyle(document.documentElement).getPropertyValue(name)", name
        )
        digits = re.fullmatch(r"#(\w{3}|\w{6})", colour.strip())[1]
        pairs = re.findall("..", digits if len(digits) == 6 else "".join(d + d for d in digits))
        parts = [int(pair, 16) / 255 for pair in pairs]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for ink in ("--ink", "--quiet", "--accent"):
        for ground in ("--ground", "--raised", "--sunken"):
            lighter, darker = sorted([luminance(ink), luminance(ground)], reverse=True)
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (ink, ground)
