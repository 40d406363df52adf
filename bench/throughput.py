"""How many clicks a second, against a route of the same server that answers a constant?

`python -m bench.throughput`: made-up products with 384-d random vectors, served as
`python app.py` does. wrk (https://github.com/wg/wrk, `apt install wrk`) asks
`/get_similar?id=` for products by chance, all equally likely, and in turn the constant,
over 1 and over 32 connections; a ratio is the median of those of each turn. The same of a
server that has just started, each product once, so that nothing is remembered of it. Then
one click at a time among 100,000 products, each for the first time but for chance, beside
faiss alone searching the same vectors for the same products.
"""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import click
import faiss
import numpy as np
from flask import Flask, Response

from app import create_app
from bench.serving import served
from bench.shop import made_up_products
from tests.generations import publish_products, random_unit_vectors
from vitrine.encoders.base import FloatArray

SMALL, LARGE = 3_000, 100_000
DIMENSION = 384
CONNECTIONS = (1, 32)
WARMING = 500
CLICKS = 400
K = 12

BY_CHANCE = """
math.randomseed(os.time())
request = function()
  return wrk.format("GET", "/get_similar?id=p" .. math.random(0, {products} - 1))
end
"""
EACH_ONCE = """
local step = 7919  -- a prime, so that every product has its turn
local row = 0
request = function()
  row = (row + step) % {products}
  return wrk.format("GET", "/get_similar?id=p" .. row)
end
"""


@click.command(help=__doc__)
@click.option("--turns", default=7, show_default=True, help="How often each is measured.")
@click.option("--seconds", default=4, show_default=True, help="How long, each time.")
def main(turns: int, seconds: int) -> None:
    if shutil.which("wrk") is None:
        raise click.ClickException("this needs wrk: apt install wrk, or brew install wrk")
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        publish_products(
            home / "small", random_unit_vectors(SMALL, DIMENSION), made_up_products(SMALL)
        )
        by_chance, each_once = home / "by_chance.lua", home / "each_once.lua"
        by_chance.write_text(BY_CHANCE.format(products=SMALL), encoding="utf-8")
        each_once.write_text(EACH_ONCE.format(products=SMALL), encoding="utf-8")
        with served(with_constant, home / "small") as port:
            for connections in CONNECTIONS:
                rate(f"{at(port)}/", connections, seconds, by_chance)  # to warm up
                rates = [in_turn(port, by_chance, connections, seconds) for _ in range(turns)]
                tell(f"{connections:2} connections", rates)
        for connections in CONNECTIONS:
            rates = [first_clicks(home / "small", each_once, connections) for _ in range(turns)]
            tell(f"{connections:2} connections, each product once", rates)
        vectors = random_unit_vectors(LARGE, DIMENSION)
        publish_products(home / "large", vectors, made_up_products(LARGE))
        with served(with_constant, home / "large") as port:
            beside_faiss(port, vectors)


def with_constant(home: Path) -> Flask:
    """The gallery, with one route more."""
    app = create_app({"index": home})

    @app.get("/constant")
    def constant() -> Response:
        return Response("{}", mimetype="application/json")

    return app


@dataclass(frozen=True, slots=True)
class Rates:
    """Answers a second."""

    clicks: float
    constants: float


def in_turn(port: int, script: Path, connections: int, seconds: int) -> Rates:
    constants = rate(f"{at(port)}/constant", connections, seconds)
    return Rates(rate(f"{at(port)}/", connections, seconds, script), constants)


def first_clicks(home: Path, script: Path, connections: int) -> Rates:
    """Of a server of its own, for one second, in which no product may have its turn twice."""
    with served(with_constant, home) as port:
        rates = in_turn(port, script, connections, seconds=1)
    if rates.clicks > SMALL:
        raise SystemExit(f"{SMALL:,} products are too few for {rates.clicks:.0f} clicks/s")
    return rates


def tell(what: str, rates: Sequence[Rates]) -> None:
    clicks = statistics.median(each.clicks for each in rates)
    constants = statistics.median(each.constants for each in rates)
    shares = [each.clicks / each.constants for each in rates]
    click.echo(
        f"{SMALL:,} products, {what}: {clicks:.0f} clicks/s, {constants:.0f} constants/s: "
        f"{spread(shares, '.0%')}"
    )


def at(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def rate(url: str, connections: int, seconds: int, script: Path | None = None) -> float:
    """Answers a second; every one of them has to be good."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    if script is not None:
        command += ["-s", str(script)]
    told = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    if found is None or "Non-2xx" in told or "Socket errors" in told:
        raise SystemExit(told)
    return float(found[1])


def beside_faiss(port: int, vectors: FloatArray) -> None:
    """One click at a time, and faiss's own search, in turn."""
    index = faiss.IndexFlatIP(DIMENSION)
    index.add(vectors)
    faiss.omp_set_num_threads(1)
    connection = HTTPConnection("127.0.0.1", port)
    times: dict[str, list[float]] = {"click": [], "faiss": []}
    rows = np.random.default_rng(1).integers(LARGE, size=WARMING + CLICKS)
    for number, row in enumerate(rows):
        began = time.perf_counter()
        connection.request("GET", f"/get_similar?id=p{row}")
        answer = connection.getresponse()
        body = answer.read()
        clicked = time.perf_counter()
        index.search(vectors[row : row + 1], K + 1)
        searched = time.perf_counter()
        if answer.status != 200:
            raise SystemExit(f"a wrong answer: {body[:200]!r}")
        if number >= WARMING:
            times["click"].append((clicked - began) * 1000)
            times["faiss"].append((searched - clicked) * 1000)
    click_ms, faiss_ms = (statistics.median(of) for of in times.values())
    click.echo(
        f"{LARGE:,} products: a click {click_ms:.2f} ms, faiss alone {faiss_ms:.2f} ms: "
        f"{click_ms - faiss_ms:+.2f} ms at p50"
    )


def spread(values: Sequence[float], form: str) -> str:
    """The median, and the least and the most."""
    return f"{statistics.median(values):{form}} ({min(values):{form}}–{max(values):{form}})"


if __name__ == "__main__":
    main()
