"""Bytes and requests of the first page, ours against that of a small DINOv2 gallery.

`python -m bench.first_page [FOLDER OF PHOTOS]`: headless Chromium, a phone (390 px wide,
3 pixels each) and a desktop (1440 px, 1 pixel each), left alone until nothing loads any
more; what lies far below the fold, the browser leaves out by itself. Cold is the first
visit, warm the second one by the same browser. Bytes are those on the wire, headers
included, as Chromium counts them. In one run, in turn.

The rival is built to a description, "six full-size photos and about 1 MB of scripts", and
is no copy of any program: one page by Flask as Flask serves it, its photos those of the
folder as they are, its script 1 MB of text that hardly compresses, and uncompressed. Once
it is known, all of that answers 304. Ours has the folder's first photos as well, with
made-up facts.
"""

from __future__ import annotations

import base64
import random
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from flask import Flask, Response, render_template_string, send_file
from playwright.sync_api import Browser, BrowserContext

from app import create_app
from bench.chromium import chromium
from bench.indexing import indexed
from bench.photos import DEMO_PHOTOS, photo_paths
from bench.serving import served
from bench.shop import write_shop

PRODUCTS = 300
RIVAL_PHOTOS = 6
SCRIPT_BYTES = 1_000_000
VISITS = 3  # of each kind, each by a browser that knows nothing yet

DEVICES: dict[str, dict[str, Any]] = {
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 3,
        "is_mobile": True,
        "has_touch": True,
    },
    "desktop": {"viewport": {"width": 1440, "height": 900}, "device_scale_factor": 1},
}

RIVAL_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Gallery</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<script src="/script.js" defer></script>
<h1>Gallery</h1>
{% for number in range(photos) %}<img src="/photos/{{ number }}" width="300" alt="">{% endfor %}
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What one visit took over the wire."""

    requests: int
    kilobytes: float


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path, exists=True), default=DEMO_PHOTOS)
def main(folder: Path) -> None:
    photos = photo_paths(folder, PRODUCTS)
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as running:
        home = Path(temporary)
        index = indexed(write_shop(home, photos, PRODUCTS), home / "index")
        ports = {
            "ours": running.enter_context(served(create_app, {"index": index})),
            "rival": running.enter_context(served(rival, photos[:RIVAL_PHOTOS], home)),
        }
        browser = running.enter_context(chromium())
        click.echo(f"{'':8} {'':6} {'ours':>20} {'rival':>20} {'rival ÷ ours, bytes':>21}")
        for device in DEVICES:
            _compare(browser, device, ports)


def _compare(browser: Browser, device: str, ports: dict[str, int]) -> None:
    loads: dict[tuple[str, str], list[Load]] = {}
    for _ in range(VISITS):
        for name, port in ports.items():
            context = browser.new_context(**DEVICES[device], locale="en")
            for visit in ("cold", "warm"):
                load = visited(context, f"http://127.0.0.1:{port}/")
                loads.setdefault((name, visit), []).append(load)
            context.close()
    for visit in ("cold", "warm"):
        ours, theirs = (_middle(loads[name, visit]) for name in ("ours", "rival"))
        spread = [load.kilobytes for load in loads["ours", visit]]
        click.echo(
            f"{device:8} {visit:6} {_words(ours):>20} {_words(theirs):>20} "
            f"{f'×{theirs.kilobytes / ours.kilobytes:.2f}':>21}   "
            f"(ours {min(spread):.0f}–{max(spread):.0f} kB in {VISITS} visits)"
        )


def visited(context: BrowserContext, address: str) -> Load:
    """Open the page, wait until nothing loads any more, and count what came over the wire."""
    page = context.new_page()
    asked: dict[str, float] = {}
    broken: list[str] = []
    protocol = context.new_cdp_session(page)

    def on_request(event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("http"):
            asked.setdefault(event["requestId"], 0)

    def on_finished(event: dict[str, Any]) -> None:
        if event["requestId"] in asked:
            asked[event["requestId"]] = event["encodedDataLength"]

    def on_response(event: dict[str, Any]) -> None:
        if event["response"]["status"] >= 400:
            broken.append(event["response"]["url"])

    protocol.on("Network.requestWillBeSent", on_request)
    protocol.on("Network.responseReceived", on_response)
    protocol.on("Network.loadingFinished", on_finished)
    protocol.send("Network.enable")
    page.goto(address, wait_until="networkidle")
    page.wait_for_timeout(500)
    page.close()
    if broken:
        raise SystemExit(f"{address} needs what cannot be had: {', '.join(broken)}")
    # What the browser had already is no request: not one byte of it came over the wire.
    taken = [length for length in asked.values() if length]
    return Load(len(taken), sum(taken) / 1000)


def _middle(loads: Sequence[Load]) -> Load:
    return sorted(loads, key=lambda load: load.kilobytes)[len(loads) // 2]


def _words(load: Load) -> str:
    return f"{load.kilobytes:7.1f} kB, {load.requests:2} req."


def rival(photos: Sequence[Path], home: Path) -> Flask:
    """The rival: six photos as they are, and a large script, which is written to `home`."""
    app = Flask("rival")
    script = home / "script.js"
    letters = base64.b64encode(random.Random(0).randbytes(SCRIPT_BYTES))
    script.write_bytes(b"//" + letters[: SCRIPT_BYTES - 2])

    @app.get("/")
    def page() -> str:
        return render_template_string(RIVAL_PAGE, photos=len(photos))

    @app.get("/photos/<int:number>")
    def photo(number: int) -> Response:
        return send_file(photos[number].absolute())

    @app.get("/script.js")
    def the_script() -> Response:
        return send_file(script)

    return app


if __name__ == "__main__":
    main()
