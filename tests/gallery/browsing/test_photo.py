"""Search by photo in a browser: chosen, taken, dropped, pasted, and by a part of it."""

from __future__ import annotations

import base64
import io
import re
import threading
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from app import create_app
from gallery import context
from gallery.uploads import UploadEncoder
from tests.drawings import photo_bytes, picture
from tests.gallery.browsing.conftest import Serve
from tests.gallery.browsing.screens import (
    DESKTOP,
    PHONE,
    SIZES,
    Held,
    Screen,
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
from tests.generations import publish_products, random_unit_vectors
from tests.photo_server import LOOPBACK, Reply
from vitrine.encoders.base import Encoder
from vitrine.encoders.registry import load_encoder
from vitrine.settings import Settings
from vitrine.snapshot import EncoderFacts

PHOTO = photo_bytes(7, (480, 640))  # that of product 1007
RESULTS = re.compile("/photo/[^/?]+$")
WHOLE = [0.0, 0.0, 1.0, 1.0]


def file(body: bytes = PHOTO, kind: str = "image/png", name: str = "mine.png") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": body}


def choose(page: Page, photo: FilePayload) -> None:
    """Choosing a file is all that it takes."""
    page.locator(".by-photo > summary").click()
    page.get_by_label("A photo of what you are looking for").set_input_files(photo)


def expect_results(page: Page) -> None:
    expect(page).to_have_url(RESULTS)
    expect(heading(page)).to_have_text("Similar to your photo")
    expect(page.locator("main .tile").first).to_contain_text("number 7")


def search(page: Page, photo: FilePayload | None = None) -> None:
    choose(page, photo or file())
    expect_results(page)


def hand_over(page: Page, event: str, target: str, body: bytes = PHOTO) -> None:
    """Drop or paste a file onto an element, as the system would."""
    page.evaluate(
        """([event, target, body]) => {
            const bytes = Uint8Array.from(atob(body), (c) => c.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], "mine.png", { type: "image/png" }));
            const options = { bubbles: true, cancelable: true };
            const handed = event === "paste"
                ? new ClipboardEvent(event, { ...options, clipboardData: data })
                : new DragEvent(event, { ...options, dataTransfer: data });
            document.querySelector(target).dispatchEvent(handed);
        }""",
        [event, target, base64.b64encode(body).decode()],
    )


def serve_with(serve: Serve, settings: Settings, **parts: Any) -> str:
    """Serve a gallery of which some parts are the test's own."""
    app = create_app(settings)
    app.extensions[context.EXTENSION] = replace(app.extensions[context.EXTENSION], **parts)
    return serve(settings, app)


def region(page: Page) -> list[float]:
    """Of the photo: x, y, width and height, as fractions."""
    values = page.locator(".crop").evaluate(
        "crop => ['--x', '--y', '--w', '--h'].map(n => Number(crop.style.getPropertyValue(n)))"
    )
    return [round(value, 2) for value in values]


def drag(page: Page, start: tuple[float, float], stop: tuple[float, float], size: Screen) -> None:
    """From one place of the photo to another, by mouse or by finger."""
    box = page.locator(".crop").bounding_box()

    def at(place: tuple[float, float]) -> dict[str, float]:
        x, y = place
        return {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}

    middle = ((start[0] + stop[0]) / 2, (start[1] + stop[1]) / 2)
    if size is PHONE:
        touch = page.context.new_cdp_session(page)
        for kind, place in (("touchStart", start), ("touchMove", middle), ("touchMove", stop)):
            points = {"type": kind, "touchPoints": [at(place)]}
            touch.send("Input.dispatchTouchEvent", points)
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    else:
        page.mouse.move(*at(start).values())
        page.mouse.down()
        page.mouse.move(*at(middle).values())
        page.mouse.move(*at(stop).values())
        page.mouse.up()


@pytest.mark.parametrize("size", SIZES)
class TestAskingWithAPhoto:
    def test_a_chosen_photo_finds_products_without_leaving_the_page(self, open_page, size):
        page = open_page("/", **size)
        stay(page)
        search(page)
        expect(page.locator("main .score").first).to_contain_text("1.00")
        expect(page.get_by_alt_text("Your photo")).to_be_visible()
        expect(heading(page)).to_be_focused()
        expect(page).to_have_title("Similar to your photo · Vitrine")
        expect(notice(page)).to_be_hidden()
        expect(page.locator(".by-photo form")).to_be_hidden()
        assert has_stayed(page)

    def test_a_photo_dropped_anywhere_finds_products(self, open_page, size):
        page = open_page("/item/1003", **size)
        drop = page.get_by_text("Drop the photo to search with it")
        expect(drop).to_be_hidden()
        hand_over(page, "dragover", "main .tile")
        expect(drop).to_be_visible()
        hand_over(page, "drop", "main .tile")
        expect_results(page)
        expect(drop).to_be_hidden()

    def test_a_photo_that_leaves_again_is_not_searched_with(self, open_page, size):
        page = open_page("/", **size)
        hand_over(page, "dragover", "main")
        hand_over(page, "dragleave", "main")
        expect(page.get_by_text("Drop the photo to search with it")).to_be_hidden()

    def test_a_pasted_photo_finds_products_over_a_look_too(self, open_page, size):
        page = open_page("/", **size)
        tile(page, "1003").click()
        expect(look(page).locator(".tile")).to_have_count(12)
        hand_over(page, "paste", "dialog h1")
        expect_results(page)
        expect(look(page)).to_be_hidden()
        page.go_back()
        expect(heading(page)).to_have_text("White Shoes number 3")

    def test_a_phones_photo_is_made_smaller_and_stands_upright(
        self, open_page, serve, wardrobe, size
    ):
        exif = Image.Exif()
        exif[0x0112] = 6  # turned: the camera was held upright
        body = io.BytesIO()
        lying = picture(7, (480, 640)).resize((3024, 4032)).transpose(Image.Transpose.ROTATE_90)
        lying.save(body, "JPEG", quality=95, exif=exif)
        settings = Settings(index=wardrobe.root, max_upload_bytes=len(body.getvalue()) // 4)
        page = open_page("/", of=serve(settings), **size)
        search(page, file(body.getvalue(), "image/jpeg", "IMG_0001.jpg"))
        photo = page.get_by_alt_text("Your photo")
        assert photo.evaluate("i => [i.naturalWidth, i.naturalHeight]") == [768, 1024]

    def test_what_cannot_be_read_here_is_left_to_the_servers_words(self, open_page, size):
        page = open_page("/", failing=True, **size)
        heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)
        choose(page, file(heic, "", "IMG_0001.HEIC"))
        expect(notice(page)).to_contain_text("HEIC photos can't be read here.")
        expect(heading(page)).to_have_text("All products")
        page.locator("main").click(position={"x": 2, "y": 2})
        expect(notice(page)).to_be_hidden()

    def test_what_is_no_photo_is_not_even_sent(self, open_page, size):
        page = open_page("/", **size)
        page.route("**/search", lambda route: route.abort())
        choose(page, file(b"a letter", "text/plain", "letter.txt"))
        expect(notice(page)).to_contain_text("This is no photo.")

    def test_while_one_waits_the_page_says_what_for(self, open_page, size):
        page = open_page("/", **size)
        held = Held(page, "**/search")
        choose(page, file())
        held.wait()
        expect(notice(page)).to_have_text("Searching with your photo …")
        held.release()
        expect_results(page)
        expect(notice(page)).to_be_hidden()

    def test_a_search_that_fails_can_be_tried_again(self, open_page, size):
        page = open_page("/", failing=True, **size)
        page.route("**/search", lambda route: route.abort())
        choose(page, file())
        expect(notice(page)).to_contain_text("That did not work.")
        page.unroute("**/search")
        page.get_by_role("button", name="Try again").click()
        expect_results(page)

    def test_the_answer_belongs_to_the_last_question(self, open_page, size):
        page = open_page("/", **size)
        held = Held(page, "**/search")
        choose(page, file())
        held.wait()
        open_filters(page)
        filter_link(page, "Category", "Footwear").click()
        expect(shown(page)).to_have_text("Showing 1–7 of 7")
        held.release()
        page.wait_for_timeout(300)
        expect(shown(page)).to_have_text("Showing 1–7 of 7")
        expect(notice(page)).to_be_hidden()


@pytest.mark.parametrize("size", SIZES)
class TestResults:
    def test_the_photo_comes_back_with_back_and_reload_though_the_server_keeps_none(
        self, open_page, size
    ):
        page = open_page("/", **size)
        search(page)
        page.go_back()
        expect(heading(page)).to_have_text("All products")
        page.go_forward()
        expect(page.get_by_alt_text("Your photo")).to_be_visible()
        page.reload()
        expect(page.get_by_alt_text("Your photo")).to_be_visible()
        stranger = open_page(page.url, **size)
        expect(heading(stranger)).to_have_text("Similar to your photo")
        expect(stranger.get_by_text("The photo was not kept")).to_be_visible()
        assert ids(stranger) == ids(page)

    def test_they_narrow_in_place_and_products_open_over_them(self, open_page, size):
        page = open_page("/", **size)
        search(page)
        stay(page)
        results = page.url
        page.locator(".similar .facets > summary").click()
        filter_link(page, "Category", "Footwear").click()
        page.wait_for_url(f"{results}?Category=Footwear")
        expect(page.locator("main .tile")).to_have_count(7)
        expect(page.get_by_alt_text("Your photo")).to_be_visible()
        tile(page, "1007").click()
        expect(look(page).locator(".tile")).to_have_count(6)
        page.keyboard.press("Escape")
        expect(look(page)).to_be_hidden()
        expect(tile(page, "1007")).to_be_focused()
        expect(page).to_have_url(f"{results}?Category=Footwear")  # it gets there a moment later
        page.go_back()
        expect(page.locator("main .tile")).to_have_count(12)
        assert has_stayed(page)


@pytest.mark.parametrize("size", SIZES)
class TestRegion:
    @pytest.fixture
    def page(self, open_page, size):
        page = open_page("/", **size)
        search(page)
        return page

    def test_a_dragged_corner_searches_again_and_stays_where_it_was(self, page, size):
        first = page.url
        button = page.get_by_role("button", name="Search with this region")
        expect(button).to_be_disabled()
        assert region(page) == WHOLE
        drag(page, (0.0, 0.0), (0.25, 0.5), size)
        assert region(page) == [0.25, 0.5, 0.75, 0.5]
        expect(page.locator(".crop [role=status]")).to_have_text("75% × 50%")
        button.click()
        expect(page).not_to_have_url(first)
        expect(page.locator("main .score").first).not_to_contain_text("1.00")
        assert region(page) == [0.25, 0.5, 0.75, 0.5]
        page.get_by_role("button", name="Whole photo").click()
        expect(page.locator("main .score").first).to_contain_text("1.00")
        assert region(page) == WHOLE
        page.go_back()
        expect(page.locator("main .score").first).not_to_contain_text("1.00")
        assert region(page) == [0.25, 0.5, 0.75, 0.5]

    def test_a_smaller_region_can_be_moved_as_far_as_the_edge(self, page, size):
        drag(page, (1.0, 1.0), (0.5, 0.5), size)
        drag(page, (0.25, 0.25), (0.5, 0.35), size)
        assert region(page) == [0.25, 0.1, 0.5, 0.5]
        drag(page, (0.5, 0.35), (0.99, 0.99), size)
        assert region(page) == [0.5, 0.5, 0.5, 0.5]
        expect(page).to_have_url(RESULTS)

    def test_it_works_with_the_keyboard_alone(self, page, size):
        first = page.url
        page.locator(".region").focus()
        for key in ("Shift+ArrowLeft", "Shift+ArrowUp", "ArrowRight", "ArrowDown", "ArrowDown"):
            page.keyboard.press(key)
        assert region(page) == [0.02, 0.02, 0.98, 0.98]
        page.keyboard.press("Enter")
        expect(page).not_to_have_url(first)
        assert region(page) == [0.02, 0.02, 0.98, 0.98]

    def test_after_a_reload_too_a_region_can_be_searched_with(self, page, size):
        page.reload()
        first = page.url
        drag(page, (1.0, 1.0), (0.6, 0.6), size)
        page.get_by_role("button", name="Search with this region").click()
        expect(page).not_to_have_url(first)
        assert region(page) == [0.0, 0.0, 0.6, 0.6]

    def test_a_drawn_region_outlives_a_filter(self, page, size):
        drag(page, (1.0, 1.0), (0.5, 0.5), size)
        page.locator(".similar .facets > summary").click()
        filter_link(page, "Category", "Footwear").click()
        expect(page.locator("main .tile")).to_have_count(7)
        assert region(page) == [0.0, 0.0, 0.5, 0.5]
        expect(page.get_by_role("button", name="Search with this region")).to_be_enabled()


def test_on_a_photo_of_which_a_region_is_gone_a_new_one_can_be_drawn(open_page):
    page = open_page("/", **DESKTOP)
    search(page)
    drag(page, (1.0, 1.0), (0.3, 0.3), DESKTOP)
    drag(page, (0.5, 0.5), (0.9, 0.8), DESKTOP)
    assert region(page) == [0.5, 0.5, 0.4, 0.3]


def test_a_photo_whose_owner_keeps_it_is_there_for_everybody(open_page, serve, wardrobe):
    address = serve(Settings(index=wardrobe.root, keep_uploads=True))
    page = open_page("/", of=address, **DESKTOP)
    search(page)
    stranger = open_page(page.url, of=address, **DESKTOP)
    expect(stranger.get_by_alt_text("Your photo")).to_be_visible()
    drag(stranger, (1.0, 1.0), (0.5, 0.5), DESKTOP)
    stranger.get_by_role("button", name="Search with this region").click()
    expect(stranger).not_to_have_url(page.url)
    assert region(stranger) == [0.0, 0.0, 0.5, 0.5]


class TestAddresses:
    """Where the owner allows it, the address of a photo will do."""

    @pytest.fixture
    def allowed(self, serve, wardrobe):
        # The photos of these tests are not of the public web.
        return serve_with(serve, Settings(index=wardrobe.root, url_queries=True), reach=LOOPBACK)

    @pytest.mark.parametrize("size", SIZES)
    def test_a_typed_one_finds_products_and_takes_a_region(
        self, open_page, allowed, photo_server, size
    ):
        photo_server.replies["/7.png"] = Reply(PHOTO)
        page = open_page("/", of=allowed, **size)
        page.locator(".by-photo > summary").click()
        field = page.get_by_label("Or the address of a photo")
        field.fill(photo_server.url("/7.png"))
        field.press("Enter")
        expect_results(page)
        first = page.url
        drag(page, (1.0, 1.0), (0.5, 0.5), size)
        page.get_by_role("button", name="Search with this region").click()
        expect(page).not_to_have_url(first)
        assert region(page) == [0.0, 0.0, 0.5, 0.5]

    def test_a_pasted_one_finds_products(self, open_page, allowed, photo_server):
        photo_server.replies["/7.png"] = Reply(PHOTO)
        page = open_page("/", of=allowed, **DESKTOP)
        page.evaluate(
            """url => {
                const data = new DataTransfer();
                data.setData("text/plain", url);
                const options = { bubbles: true, clipboardData: data };
                document.querySelector("h1").dispatchEvent(new ClipboardEvent("paste", options));
            }""",
            photo_server.url("/7.png"),
        )
        expect_results(page)

    def test_one_that_cannot_be_had_is_refused_in_words(self, open_page, allowed, photo_server):
        page = open_page("/", of=allowed, failing=True, **DESKTOP)
        page.locator(".by-photo > summary").click()
        page.get_by_label("Or the address of a photo").fill(photo_server.url("/none.png"))
        page.get_by_role("button", name="Find similar products").click()
        expect(notice(page)).to_contain_text("The photo at this address could not be had.")


def test_the_address_of_a_products_own_photo_leads_to_the_product(open_page, serve, tmp_path):
    publish_products(tmp_path, random_unit_vectors(6))
    address = serve(Settings(index=tmp_path, url_queries=True))
    page = open_page("/", of=address, failing=True, **DESKTOP)
    page.locator(".by-photo > summary").click()
    page.get_by_label("Or the address of a photo").fill("http://photos.test/3.jpg")
    page.get_by_role("button", name="Find similar products").click()
    page.wait_for_url("**/item/p3")
    expect(heading(page)).to_have_text("Thing 3")
    page.go_back()
    expect(heading(page)).to_have_text("All products")


def test_while_the_encoder_loads_the_page_says_so(open_page, serve, wardrobe):
    may_load = threading.Event()

    def load_when_told(facts: EncoderFacts) -> Encoder:
        may_load.wait(timeout=20)
        return load_encoder(facts.name)

    settings = Settings(index=wardrobe.root)
    address = serve_with(serve, settings, uploads=UploadEncoder(load_when_told))
    page = open_page("/", of=address, **DESKTOP)
    choose(page, file())
    expect(notice(page)).to_contain_text("Getting ready for the first such search.")
    may_load.set()
    expect_results(page)
    expect(notice(page)).to_be_hidden()
