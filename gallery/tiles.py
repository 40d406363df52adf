"""A product as a browser and an API client get it: title, facts, and addresses that load."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from flask import request

from vitrine.photos import thumbnail_widths
from vitrine.products import KEPT_PRODUCTS, IndexedProduct

# The two addresses that every tile has are put together by hand: Flask's url_for takes long.
ITEM = "/item"
THUMBS = "/thumbs"

THUMBNAIL_WIDTH = 400  # what `thumbnail_url` leads to: sharp in a grid, small on the wire
TILE_FACTS = ("ProductType", "articleType", "Colour", "baseColour")
"""What tells two products of a grid apart at a glance, where the catalogue has it."""

UPRIGHT_RATIOS = (0.66, 0.84)
"""Width ÷ height of photos that fill the 3:4 frame with little loss; others are fitted into it."""


@dataclass(frozen=True, slots=True)
class Tile:
    """`page_url`, `thumbnail_url`, `smallest_url`, `largest_url` and `srcset` are paths here.

    `image_url` is absolute: the catalogue's own address where that is one of the
    web, else the gallery's largest copy. `width` and `height` are the photo's.
    """

    id: str
    title: str
    facts: Mapping[str, str]
    page_url: str
    image_url: str
    thumbnail_url: str
    smallest_url: str
    largest_url: str
    srcset: str
    width: int
    height: int
    colour: str

    @property
    def subtitle(self) -> str:
        """Two facts, such as "Dresses · Blue"."""
        named = [self.facts[name] for name in TILE_FACTS if name in self.facts]
        return " · ".join((named or list(self.facts.values()))[:2])

    @property
    def photo_url(self) -> str:
        """The gallery's largest copy at its absolute address, for whoever shares a page."""
        return _host() + self.largest_url

    @property
    def fills_frame(self) -> bool:
        """Whether the frame is to be filled; else the photo stands in it whole, on white."""
        low, high = UPRIGHT_RATIOS
        return low <= self.width / self.height <= high


def item_path(product_id: str, root: str | None = None) -> str:
    """The path of a product's page; needs a request where `root` is not given."""
    root = request.script_root if root is None else root
    return f"{root}{ITEM}/{quote(product_id, safe='')}"


def tile_of(product: IndexedProduct) -> Tile:
    """Needs a request: the absolute address has the host that the client used."""
    return tiles_of([product])[0]


def tiles_of(products: Iterable[IndexedProduct]) -> list[Tile]:
    """The same for several, for which the request is asked but once."""
    root, host = request.script_root, _host()
    return [_tile(product, root, host) for product in products]


@functools.lru_cache(KEPT_PRODUCTS)
def _tile(product: IndexedProduct, root: str, host: str) -> Tile:
    widths = thumbnail_widths(product.width)
    urls = {width: f"{root}{THUMBS}/{product.sha256}-{width}.webp" for width in widths}
    largest = urls[widths[-1]]
    return Tile(
        id=product.id,
        title=product.title,
        facts=product.facts,
        page_url=item_path(product.id, root),
        image_url=product.image_url if is_web_address(product.image_url) else host + largest,
        thumbnail_url=next((urls[w] for w in widths if w >= THUMBNAIL_WIDTH), largest),
        smallest_url=urls[widths[0]],
        largest_url=largest,
        srcset=", ".join(f"{url} {width}w" for width, url in urls.items()),
        width=product.width,
        height=product.height,
        colour=product.colour,
    )


def _host() -> str:
    return request.host_url.rstrip("/")


def is_web_address(url: str) -> bool:
    """Whether a browser may be sent there: not to `javascript:`, nor to a file."""
    return url[:8].lower().startswith(("http://", "https://"))
