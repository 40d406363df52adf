"""What publishing, a search, a start, memory and pages cost as a catalogue grows.

`python -m bench.growth`: made-up products with clustered 384-d vectors, published and served as
their number has it by default: flat up to 100,000, ivf above. Searching is one query at a time
on one thread, without HTTP; a start is that of `python app.py` to its first page, which is when
its index is open; pages are asked for over HTTP, one at a time, each for another product that
nobody has asked for.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import click
import faiss
import numpy as np

from bench.shop import made_up_products
from bench.starting import first_page, free_port, resident, started
from indexer.publishing import publish
from tests.generations import clustered_unit_vectors, contents_of
from vitrine.folder import IndexFolder
from vitrine.snapshot import open_snapshot

SIZES = "3000,30000,100000,200000,400000,1000000"
DIMENSION = 384
ASKED = 200
CLUSTER = 100  # products in each, on average
K = 12

PAGES = ("/?page={}", "/item/p{}", "/get_similar?id=p{}")
HEADINGS = ("products", "index", "publish s", "search ms", "start s", "MB then", "MB later")
ROW = "{:>9,} {:>6} {:>10.1f} {:>10.2f} {:>8.2f} {:>8.0f} {:>9.0f} {:>7.1f} {:>8.1f} {:>9.2f}"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one number of products costs. Memory is in millions of bytes, with the first page
    and after all of them; the last three are in ms, at p50."""

    products: int
    kind: str
    publish_s: float
    search_ms: float
    start_s: float
    first_mb: float
    later_mb: float
    home_ms: float
    item_ms: float
    click_ms: float


@click.command(help=__doc__)
@click.option("--sizes", default=SIZES, show_default=True, help="How many products there are.")
def main(sizes: str) -> None:
    click.echo("{:>9} {:>6} {:>10} {:>10} {:>8} {:>8} {:>9} ".format(*HEADINGS), nl=False)
    click.echo("{:>7} {:>8} {:>9}".format("/ ms", "item ms", "click ms"))
    costs = []
    for products in map(int, sizes.split(",")):
        with tempfile.TemporaryDirectory() as home:
            costs.append(measured(Path(home), products))
        click.echo(ROW.format(*astuple(costs[-1])))
    first, last = costs[0], costs[-1]
    click.echo(f"times {last.products / first.products:,.0f} products:")
    for name in ("publish_s", "search_ms", "start_s", "home_ms", "item_ms", "click_ms"):
        ratio = getattr(last, name) / getattr(first, name)
        click.echo(f"  {name.partition('_')[0]} times {ratio:,.1f}")


def measured(home: Path, products: int) -> Cost:
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    folder = IndexFolder(home)
    folder.claim()
    vectors = clustered_unit_vectors(products, DIMENSION, max(products // CLUSTER, 1))
    contents = contents_of(made_up_products(products))
    began = time.perf_counter()
    name = publish(folder, contents, vectors)
    publish_s = time.perf_counter() - began
    faiss.omp_set_num_threads(1)
    snapshot = open_snapshot(folder.generation(name))
    chance = np.random.default_rng(1)
    rows = chance.choice(products, size=(len(PAGES), ASKED), replace=False).tolist()
    search_ms = p50(partial(snapshot.index.search, vectors[row], K + 1) for row in rows[0])
    kind = snapshot.manifest.index.kind
    del contents, vectors, snapshot
    port = free_port()
    began = time.perf_counter()
    with started(["app.py", "--index", str(home), "--port", str(port)]) as process:
        connection = first_page(port, process)
        start_s = time.perf_counter() - began
        first_mb = resident(process.pid)
        home_ms, item_ms, click_ms = (
            p50(partial(ask, connection, page.format(row)) for row in some)
            for page, some in zip(PAGES, rows, strict=True)
        )
        later_mb = resident(process.pid)
    return Cost(
        products,
        kind,
        publish_s,
        search_ms,
        start_s,
        first_mb,
        later_mb,
        home_ms,
        item_ms,
        click_ms,
    )


def ask(connection: HTTPConnection, path: str) -> None:
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path} answered {answer.status}")


def p50(steps: Iterable[Callable[[], object]]) -> float:
    """The median of what the steps take, one after the other, in ms."""
    taken = []
    for step in steps:
        began = time.perf_counter()
        step()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
