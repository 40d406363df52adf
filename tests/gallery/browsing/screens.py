"""The screens that every flow is tried on, and how tests find their way on them."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route

Screen = dict[str, Any]

DESKTOP: Screen = {"viewport": {"width": 1280, "height": 800}}
PHONE: Screen = {
    "viewport": {"width": 360, "height": 740},
    "has_touch": True,
    "is_mobile": True,
    "reduced_motion": "reduce",  # so each flow is tried with motion and without
}
SIZES = [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone")]


def tile(page: Page, product_id: str) -> Locator:
    """A product's tile on the page itself, not in a look over it."""
    return page.locator(f'main .tile[data-look="{product_id}"]')


def look(page: Page) -> Locator:
    """The look over the page."""
    return page.get_by_role("dialog")


def heading(where: Page | Locator) -> Locator:
    return where.get_by_role("heading", level=1)


def notice(page: Page) -> Locator:
    return page.locator(".notice")


def shown(where: Page | Locator) -> Locator:
    """How much is shown, in words."""
    return where.locator(".range")


def ids(where: Page | Locator) -> list[str]:
    """The products of the tiles, in order."""
    return where.locator(".tile").evaluate_all("tiles => tiles.map(t => t.dataset.look)")


def similar_ids(page: Page, query: str) -> list[str]:
    """What the API finds, best first."""
    answer = page.request.get(f"/get_similar?{query}").json()
    return [result["id"] for result in answer["results"]]


def stay(page: Page) -> None:
    """From here on, `has_stayed` says whether the page is still the same one."""
    page.evaluate("window.stayed = true")


def has_stayed(page: Page) -> bool:
    return page.evaluate("window.stayed === true")


def open_filters(page: Page) -> None:
    """Unfold the grid's filters, where they do not stand beside it."""
    summary = page.locator(".browse > .facets > summary")
    if summary.is_visible():
        summary.click()


def filter_link(where: Page | Locator, facet: str, value: str) -> Locator:
    """A value among the filters; `facet` is its heading."""
    section = where.locator(f'.facets section[aria-label="{facet}"]')
    return section.get_by_role("link", name=value, exact=False)


class Held:
    """Answers that come when the test lets them."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.routes: list[Route] = []
        self._page, self._pattern = page, pattern
        page.route(pattern, self._hold)

    def _hold(self, route: Route) -> None:
        self.routes.append(route)

    def wait(self, count: int = 1) -> None:
        """Until so many have been asked for."""
        for _ in range(500):
            if len(self.routes) >= count:
                return
            self._page.wait_for_timeout(20)
        raise AssertionError(f"{len(self.routes)} of {count} answers were asked for")

    def release(self) -> None:
        """Let all go, and hold no more."""
        for route in self.routes:
            route.continue_()
        self._page.unroute(self._pattern)
