"""The gallery in a browser that runs no scripts: every flow, by plain links and forms."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.drawings import photo_bytes
from tests.gallery.browsing.screens import (
    PHONE,
    SIZES,
    filter_link,
    heading,
    ids,
    open_filters,
    shown,
    similar_ids,
    tile,
)
from tests.gallery.conftest import TWINS


@pytest.mark.parametrize("size", SIZES)
class TestWithoutJavaScript:
    @pytest.fixture
    def page(self, open_page, size):
        return open_page("/", java_script_enabled=False, **size)

    def test_a_click_leads_to_the_product_and_what_is_similar(self, page):
        tile(page, "1007").click()
        expect(heading(page)).to_have_text("Green Shoes number 7")
        similar = page.locator("main .similar .tile")
        expect(similar).to_have_count(12)
        expect(similar.first).to_contain_text("1.00")
        similar.first.click()
        expect(page).to_have_url(f"/item/{TWINS[1]}?trail=1007")
        page.locator(".trail a").click()
        expect(page).to_have_url("/item/1007")

    def test_filters_words_orders_and_pages_work(self, page, size):
        if size is PHONE:
            expect(filter_link(page, "Category", "Footwear")).to_be_hidden()
        open_filters(page)
        filter_link(page, "Category", "Footwear").click()
        expect(shown(page)).to_have_text("Showing 1–7 of 7")
        page.get_by_role("link", name="Remove Footwear").click()
        page.get_by_role("link", name="By title").click()
        page.get_by_role("link", name="Next").click()
        expect(shown(page)).to_contain_text("of 30")
        expect(page).to_have_url("/?sort=title&page=2")
        expect(page.locator(".earlier a")).to_have_attribute("href", "/?sort=title")
        page.get_by_role("searchbox").fill("green shoes")
        page.keyboard.press("Enter")
        expect(shown(page)).to_have_text("Showing 1–2 of 2")
        expect(page).to_have_url("/?q=green+shoes&sort=title")

    def test_a_look_is_narrowed_and_refined(self, page):
        page.goto("/item/1003")
        page.get_by_role("link", name="Same Category: Footwear").click()
        expect(page.locator("main .tile")).to_have_count(6)
        liked = ids(page)[2]
        page.locator(f'li:has(> [data-look="{liked}"]) .refine a').first.press("Enter")
        page.wait_for_url(f"**/item/1003?Category=Footwear&more={liked}")
        expected = similar_ids(page, f"id=1003&Category=Footwear&more={liked}")
        assert ids(page.locator("main .grid")) == expected
        page.get_by_role("link", name="Forget").press("Enter")
        page.wait_for_url("**/item/1003?Category=Footwear")

    def test_a_photo_of_ones_own_finds_products(self, page):
        page.locator(".by-photo > summary").click()
        photo = {"name": "a.png", "mimeType": "image/png", "buffer": photo_bytes(7, (480, 640))}
        page.get_by_label("A photo of what you are looking for").set_input_files(photo)
        page.get_by_role("button", name="Find similar products").click()
        expect(heading(page)).to_have_text("Similar to your photo")
        expect(page.locator("main .tile").first).to_contain_text("number 7")
        expect(page.get_by_alt_text("Your photo")).to_be_visible()
        page.get_by_role("link", name="Link to these results").click()
        page.wait_for_url("**/photo/*")
        expect(page.locator("main .tile").first).to_contain_text("number 7")

    def test_language_and_theme_can_be_chosen(self, page):
        page.goto("/?Category=Footwear")
        page.locator(".settings > summary").click()
        page.get_by_role("button", name="Português").click()
        expect(page.locator("html")).to_have_attribute("lang", "pt-BR")
        expect(page).to_have_url("/?Category=Footwear")

    def test_nothing_is_offered_that_needs_scripts(self, page):
        for path in ("/", "/item/1003", "/values/Colour"):
            page.goto(path)
            for summary in page.locator("summary").all():
                summary.evaluate("summary => summary.parentNode.open = true")
            expect(page.locator(".scripted:visible")).to_have_count(0)
