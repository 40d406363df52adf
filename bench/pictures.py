"""The pictures of the documentation: `python -m bench.pictures`.

Indexes the demo catalogue with `handcrafted`, takes the pictures in headless Chromium,
and writes them to `docs/pictures/`, as `grid-desktop-light.webp`. The photo that is
searched with is pieced together from two products of the catalogue.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import click
from PIL import Image
from playwright.sync_api import Browser, Page

from app import create_app
from bench.chromium import chromium
from bench.indexing import indexed
from bench.photos import DEMO_PHOTOS
from bench.serving import served
from indexer.layout import map_of
from vitrine.folder import IndexFolder
from vitrine.maps import write_map
from vitrine.snapshot import open_current

PICTURES = Path("docs/pictures")
CATALOGUE = Path("data/fashion.csv")
MAX_BYTES = 150_000
QUALITIES = range(84, 40, -4)  # the best that is small enough

QUERY_PRODUCTS = ("1003", "1004")  # a bag and a pair of shoes, side by side in one photo
QUERY_SIZE = (960, 720)
QUERY_REGION = (0.03, 0.2, 0.47, 0.86)  # left, top, right, bottom: the bag

Device = Literal["desktop", "phone"]
DEVICES: Mapping[Device, Mapping[str, Any]] = {
    "desktop": {"viewport": {"width": 1440, "height": 900}, "device_scale_factor": 1.25},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
}
BOTH: Sequence[Device] = ("desktop", "phone")
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def grid(page: Page) -> None:
    """The grid, narrowed to one category."""
    page.goto("/?Category=Footwear")


def facets(page: Page) -> None:
    """Every facet, with counts that respect the other filters and the beginning of a word."""
    page.goto("/?q=dress&Gender=Women&Gender=Girls")


def look(page: Page) -> None:
    """A look reached by two others, moved towards one of the similar products."""
    page.goto("/")
    page.locator(".browse .tile").nth(3).click()
    for nth in (4, 2):
        address = page.url
        page.locator("dialog.look .similar .tile").nth(nth).click()
        page.wait_for_function("before => location.href !== before", arg=address)
        page.locator("dialog.look .looked:not([aria-busy])").wait_for()
    page.locator("dialog.look .refine a").nth(2).click()
    page.locator("dialog.look .examples").wait_for()
    # On a phone the photo alone fills the screen: half of it, and what follows.
    heading = page.locator("dialog.look h1")
    if page.evaluate("innerWidth < 640"):
        heading.evaluate("heading => heading.style.scrollMarginTop = '40vh'")
        heading.evaluate("heading => heading.scrollIntoView()")


def photo(page: Page) -> None:
    """Results of a photo, of which a region has been chosen."""
    page.goto("/")
    page.locator(".by-photo summary").click()
    page.locator(".by-photo input[name=image]").first.set_input_files(
        {"name": "street.jpg", "mimeType": "image/jpeg", "buffer": query_photo()}
    )
    page.locator(".asked .similar .tile").first.wait_for()
    frame = page.locator(".crop").bounding_box()
    assert frame
    left, top, right, bottom = QUERY_REGION
    page.mouse.move(frame["x"] + left * frame["width"], frame["y"] + top * frame["height"])
    page.mouse.down()
    page.mouse.move(frame["x"] + right * frame["width"], frame["y"] + bottom * frame["height"])
    page.mouse.up()
    with page.expect_response("**/search"):
        page.locator(".search-region").click()
    page.locator(".search-region:disabled").wait_for()


def map_(page: Page) -> None:
    """The whole catalogue in the plane, a step nearer than all of it."""
    page.goto("/map")
    page.locator(".compass .closer").click()
    page.wait_for_function("() => location.search.includes('zoom')")


def portuguese(page: Page) -> None:
    """The filters of the phone, in Portuguese."""
    page.goto("/?Gender=Women")
    page.locator(".facets > summary").first.click()


@dataclass(frozen=True, slots=True)
class Scene:
    """What is shown, on which devices, in which language."""

    name: str
    play: Callable[[Page], None]
    devices: Sequence[Device] = BOTH
    language: str = "en"


SCENES = (
    Scene("grid", grid),
    Scene("look", look),
    Scene("photo", photo),
    Scene("facets", facets, ["desktop"]),
    Scene("map", map_, ["desktop"]),
    Scene("portuguese", portuguese, ["phone"], "pt-BR"),
)


@click.command(help=__doc__)
def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home, chromium() as browser:
        index = indexed(CATALOGUE, Path(home, "index"))
        snapshot = open_current(IndexFolder(index))
        write_map(IndexFolder(index), snapshot, map_of(snapshot.index.vectors()))
        with served(create_app, {"index": index, "keep_uploads": True}) as port:
            for scene in SCENES:
                for device in scene.devices:
                    for theme in THEMES:
                        file = PICTURES / f"{scene.name}-{device}-{theme}.webp"
                        options = {
                            **DEVICES[device],
                            "base_url": f"http://127.0.0.1:{port}",
                            "color_scheme": theme,
                            "locale": scene.language,
                            "reduced_motion": "reduce",
                        }
                        file.write_bytes(_webp(_taken(browser, scene.play, options)))
                        click.echo(f"{file}: {file.stat().st_size / 1000:.0f} kB")


def _taken(browser: Browser, play: Callable[[Page], None], options: Mapping[str, Any]) -> bytes:
    context = browser.new_context(**options)
    page = context.new_page()
    play(page)
    page.mouse.move(0, 0)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(400)  # for photos that are being decoded
    taken = page.screenshot()
    context.close()
    return taken


def query_photo() -> bytes:
    """Two products in one photo, as a JPEG file."""
    canvas = Image.new("RGB", QUERY_SIZE, "#d8cdbd")
    width, height = QUERY_SIZE
    for place, product in enumerate(QUERY_PRODUCTS):
        with Image.open(DEMO_PHOTOS / f"{product}.webp") as file:
            picture = file.convert("RGB").resize((width // 2, height))
        canvas.paste(picture, (place * width // 2, 0))
    buffer = io.BytesIO()
    canvas.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _webp(taken: bytes) -> bytes:
    """The picture in the best quality that is small enough."""
    picture = Image.open(io.BytesIO(taken)).convert("RGB")
    for quality in QUALITIES:
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", quality=quality, method=6)
        if buffer.tell() <= MAX_BYTES:
            break
    return buffer.getvalue()


if __name__ == "__main__":
    main()
