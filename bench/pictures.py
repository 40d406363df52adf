"""The pictures of the documentation: `python -m bench.pictures`, after `python -m indexer`.

Takes them in headless Chromium from the demo catalogue and writes them to `docs/`.
"""

from __future__ import annotations

import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from app import create_app
from bench.serving import served

DOCS = Path("docs")
PRODUCT = 3  # the tile that is clicked for the picture of similar products


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with (
        served(create_app, {"index": Path("data/index")}) as port,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        address = f"http://127.0.0.1:{port}/"
        _take(browser, address, "gallery", (1440, 900), "light")
        _take(browser, address, "similar", (1440, 900), "dark", click=True)
        _take(browser, address, "phone", (390, 780), "light", click=True)
        browser.close()


def _take(
    browser: Browser,
    address: str,
    name: str,
    size: tuple[int, int],
    theme: str,
    *,
    click: bool = False,
) -> None:
    page = browser.new_page(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if theme == "dark" else "light",
        device_scale_factor=1.5,
    )
    page.goto(address, wait_until="networkidle")
    if click:
        page.locator("a[data-look]").nth(PRODUCT).click()
        page.locator(".look[open] .grid li").first.wait_for()
        page.mouse.move(0, 0)
        page.wait_for_load_state("networkidle")
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.save(DOCS / f"{name}.webp", quality=80, method=6)
    page.close()


if __name__ == "__main__":
    main()
