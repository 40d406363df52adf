"""A real browser, and galleries for it to open."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright

from app import create_app
from tests.gallery.conftest import PAGE_SIZE, served
from vitrine.settings import Settings

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 10_000
expect.set_options(timeout=PATIENCE_MS)

OpenPage = Callable[..., Page]
Serve = Callable[..., str]


@pytest.fixture(scope="package")
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


@pytest.fixture(scope="package")
def address(wardrobe) -> Iterator[str]:
    """The wardrobe's gallery."""
    settings = Settings(index=wardrobe.root, page_size=PAGE_SIZE, client_searches=0)
    with served(create_app(settings), settings) as address:
        yield address


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves galleries of other settings until the test's pages are closed; gives addresses."""
    with ExitStack() as stack:

        def serve(settings: Settings, app: Flask | None = None) -> str:
            return stack.enter_context(served(app or create_app(settings), settings))

        yield serve


@pytest.fixture
def open_page(browser, address, serve) -> Iterator[OpenPage]:
    """Opens pages of the gallery, or of the one at `of`.

    Afterwards nothing may stand in the browser's console; where a test makes requests
    fail and says so (`failing=True`), nothing but them.
    """
    contexts, complaints = [], []

    def open_page(path="/", *, of=address, failing=False, **options) -> Page:
        context = browser.new_context(base_url=of, **options)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()

        def complain(text: str) -> None:
            if not (failing and text.startswith("Failed to load resource")):
                complaints.append(text)

        page.on("console", lambda m: m.type in ("error", "warning") and complain(m.text))
        page.on("pageerror", lambda error: complain(str(error)))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
