"""The server's time for a page, at 3,000 and at 100,000 products.

`python -m bench.pages`: made-up products with 384-d random vectors, seven facets as of
the usual catalogues and one of 2,000 brands; one product of 33 has the photo of another.
Both sizes are asked in turn in one run, so that noise hits both, first in this
process (the app alone, from the request's bytes to the answer's, compressed as for
a browser), then over HTTP on loopback. Each request asks for something else, where a
page has something to ask for: another product, value or word.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import click
import numpy as np
from flask import Flask
from werkzeug.test import create_environ, run_wsgi_app

from app import create_app
from bench.serving import served
from bench.shop import FACETS, made_up_products
from tests.generations import publish_products, random_unit_vectors

SMALL, LARGE = SIZES = (3_000, 100_000)
DIMENSION = 384
ROUNDS = 100
WARMING = 5  # rounds before the first that counts
PROMISE = 5  # times the small one's cost, at most, for `/` with its facets
HEADERS = {"Accept-Encoding": "gzip, deflate, br, zstd", "Accept-Language": "en"}

Chance = np.random.Generator
Ask = Callable[[str], tuple[int, bytes]]
"""A path → the answer's status and body."""


@dataclass(frozen=True, slots=True)
class Page:
    """`path` draws an address of it, for a shop of this size."""

    name: str
    path: Callable[[Chance, int], str]


def _value(chance: Chance, name: str) -> str:
    """One of a facet's common values, as people choose them."""
    return str(chance.choice(FACETS[name][:12]))


def _narrowed(chance: Chance, _: int) -> str:
    chosen = {name: _value(chance, name) for name in ("Gender", "Colour")}
    return f"/?{urlencode(chosen)}"


def _word(chance: Chance, _: int) -> str:
    word = _value(chance, str(chance.choice(["ProductType", "Colour", "Brand"])))
    return f"/?{urlencode({'q': word.split()[-1]})}"


def _letter(chance: Chance, _: int) -> str:
    return f"/?q={chance.choice(list('bcdghklmnoprstvw'))}"


PAGES = (
    Page("/", lambda *_: "/"),
    Page("/ with two filters", _narrowed),
    Page("/?q=word", _word),
    Page("/?q=w, one letter", _letter),
    Page("/?sort=title", lambda *_: "/?sort=title"),
    Page("/?sort=newest", lambda *_: "/?sort=newest"),
    Page("/?page=last", lambda *_: "/?page=99999"),
    Page("/item/ID", lambda chance, size: f"/item/p{chance.integers(size)}"),
)


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of each answer for one page, by size of the shop."""

    of: Mapping[int, list[float]] = field(default_factory=lambda: {size: [] for size in SIZES})

    def percentile(self, size: int, q: int) -> float:
        """In milliseconds."""
        return float(np.percentile(self.of[size], q)) * 1000

    def ratio(self, q: int) -> float:
        return self.percentile(LARGE, q) / self.percentile(SMALL, q)


@click.command(help=__doc__)
def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        homes = {size: Path(temporary, str(size)) for size in SIZES}
        for size, home in homes.items():
            publish_products(home, random_unit_vectors(size, DIMENSION), made_up_products(size))
        apps = {size: create_app({"index": home}) for size, home in homes.items()}
        report("in process", measure({size: _in_process(app) for size, app in apps.items()}))
        apps.clear()
        with (
            served(create_app, {"index": homes[SMALL]}) as small,
            served(create_app, {"index": homes[LARGE]}) as large,
        ):
            report("over HTTP", measure({SMALL: _over_http(small), LARGE: _over_http(large)}))


def measure(ask: Mapping[int, Ask]) -> dict[str, Times]:
    """Every page again and again, both sizes in turn; only answers are timed."""
    chance = np.random.default_rng(1)
    times = {page.name: Times() for page in PAGES}
    for number in range(-WARMING, ROUNDS):
        for page in PAGES:
            for size in _in_turn(number):
                path = page.path(chance, size)
                began = time.perf_counter()
                status, body = ask[size](path)
                seconds = time.perf_counter() - began
                if status != 200 or not body:
                    raise SystemExit(f"{path} of {size:,} products answered {status}")
                if number >= 0:
                    times[page.name].of[size].append(seconds)
    return times


def report(how: str, times: Mapping[str, Times]) -> None:
    click.echo(f"\n{how}, {ROUNDS} answers each, in ms")
    click.echo(f"{'':20} {'3,000 products':>17} {'100,000 products':>17} {'ratio':>13}")
    click.echo(f"{'':20} {'p50':>8} {'p95':>8} {'p50':>8} {'p95':>8} {'p50':>6} {'p95':>6}")
    for name, each in times.items():
        figures = [each.percentile(size, q) for size in SIZES for q in (50, 95)]
        columns = " ".join(f"{figure:8.2f}" for figure in figures)
        click.echo(f"{name:20} {columns}  ×{each.ratio(50):4.1f}  ×{each.ratio(95):4.1f}")
    first = times[PAGES[0].name]
    kept = "kept" if max(first.ratio(50), first.ratio(95)) <= PROMISE else "BROKEN"
    click.echo(f"at most ×{PROMISE} for /: {kept}")


def _in_turn(number: int) -> Sequence[int]:
    return SIZES if number % 2 else SIZES[::-1]


def _in_process(app: Flask) -> Ask:
    def ask(path: str) -> tuple[int, bytes]:
        body, status, _ = run_wsgi_app(app.wsgi_app, create_environ(path, headers=HEADERS))
        return int(status.split()[0]), b"".join(body)

    return ask


def _over_http(port: int) -> Ask:
    connection = HTTPConnection("127.0.0.1", port)

    def ask(path: str) -> tuple[int, bytes]:
        connection.request("GET", path, headers=HEADERS)
        answer = connection.getresponse()
        return answer.status, answer.read()

    return ask


if __name__ == "__main__":
    main()
