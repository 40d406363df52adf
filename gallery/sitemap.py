"""What search engines are told: `/sitemap.xml`, by sitemaps.org, and `/robots.txt`."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from gallery import context
from gallery.tiles import item_path
from vitrine.snapshot import Snapshot

blueprint = Blueprint("sitemap", __name__)

MAX_ADDRESSES = 50_000  # in one file, by sitemaps.org
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"

CRAWLED = ("/?page=",)
NOT_CRAWLED = (
    "/?",
    "/item/*?",
    "/map?",
    "/values/",
    "/search",
    "/photo/*?",
    "/preferences",
    "/get_similar",
    "/api/",
)
"""Filters, trails and examples add up to endless addresses of the same products. The longest
rule that fits counts (RFC 9309, 2.2.2), so that pages without a filter are crawled."""


@blueprint.get("/sitemap.xml")
def sitemap() -> ResponseReturnValue:
    """The gallery and every product's page; of very many, the files that have them."""
    snapshot = context.snapshot()
    files = _files(snapshot)
    if files == 1:
        return _pages(snapshot, 1)
    parts = (url_for(".part", number=number + 1) for number in range(files))
    return _xml("sitemapindex", "sitemap", (_absolute(part) for part in parts), snapshot)


@blueprint.get("/sitemap-<int(min=1):number>.xml")
def part(number: int) -> ResponseReturnValue:
    """The addresses from the (number − 1) · 50,000th on."""
    snapshot = context.snapshot()
    if number > _files(snapshot):
        raise NotFound
    return _pages(snapshot, number)


@blueprint.get("/robots.txt")
def robots() -> ResponseReturnValue:
    """What is worth a crawler's while."""
    root = request.script_root
    lines = ["User-agent: *"]
    lines += [f"Allow: {root}{path}" for path in CRAWLED]
    lines += [f"Disallow: {root}{path}" for path in NOT_CRAWLED]
    lines += ["", f"Sitemap: {_absolute(url_for('.sitemap'))}", ""]
    return Response("\n".join(lines), mimetype="text/plain")


def _files(snapshot: Snapshot) -> int:
    return -(-(len(snapshot) + 1) // MAX_ADDRESSES)


def _pages(snapshot: Snapshot, number: int) -> Response:
    """The gallery's own address is the first of all; then come the products."""
    start, stop = (number - 1) * MAX_ADDRESSES - 1, number * MAX_ADDRESSES - 1
    paths = [] if number > 1 else [url_for("pages.grid")]
    paths += [item_path(product_id) for product_id in snapshot.ids[max(start, 0) : stop]]
    return _xml("urlset", "url", map(_absolute, paths), snapshot)


def _xml(name: str, entry: str, addresses: Iterable[str], snapshot: Snapshot) -> Response:
    root = ElementTree.Element(name, xmlns=NAMESPACE)
    for address in addresses:
        element = ElementTree.SubElement(root, entry)
        ElementTree.SubElement(element, "loc").text = address
        ElementTree.SubElement(element, "lastmod").text = snapshot.manifest.created_at
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(body, mimetype="application/xml")


def _absolute(path: str) -> str:
    return request.host_url.rstrip("/") + path
