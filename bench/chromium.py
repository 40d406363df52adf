"""The machine's own headless Chromium, to measure pages and to take pictures with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium_path() -> str:
    """Where Chromium is; ends the program with a sentence where there is none."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    raise SystemExit(f"There is no browser here. Install one of {', '.join(NAMES)}.")


def chromium_flags() -> list[str]:
    """Root may start Chromium only without its sandbox, as in a container."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser, closed afterwards."""
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium_flags())
        try:
            yield browser
        finally:
            browser.close()
