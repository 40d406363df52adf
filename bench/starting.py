"""From the start of the process to the first page, and the memory that it takes then.

`python -m bench.starting`: ours is `python app.py` over 3,000 made-up products; the rival
is the web app of small galleries, which imports the libraries, loads a full-size
dinov2-small (random weights) and reads its index before it answers. Both by themselves, in
turn, several times; a ratio is the median of those of each turn. Memory is what the process
holds in RAM, after the first page and after two hundred more.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import click
import faiss

from bench.checkpoint import random_dinov2_small
from bench.shop import made_up_products
from bench.throughput import DIMENSION, SMALL, spread
from tests.generations import publish_products, random_unit_vectors

PAGES = 200
PATIENCE_S = 300

RIVAL = """
import sys
import faiss
import torch
from flask import Flask
from transformers import AutoImageProcessor, AutoModel
checkpoint, index, port = sys.argv[1:]
processor = AutoImageProcessor.from_pretrained(checkpoint)
model = AutoModel.from_pretrained(checkpoint).eval()
index = faiss.read_index(index)
app = Flask("rival")
@app.get("/")
@app.get("/item/<item>")
def page(item="p0"):
    _, rows = index.search(index.reconstruct(int(item[1:]))[None], 12)
    return "".join(f"<img src=/photo/{row}>" for row in rows[0])
from waitress import serve
serve(app, host="127.0.0.1", port=int(port))
"""


@click.command(help=__doc__)
@click.option("--turns", default=5, show_default=True, help="How often each is started.")
def main(turns: int) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        vectors = random_unit_vectors(SMALL, DIMENSION)
        publish_products(home / "index", vectors, made_up_products(SMALL))
        checkpoint = random_dinov2_small(home / "checkpoint")
        flat = faiss.IndexFlatIP(DIMENSION)
        flat.add(vectors)
        faiss.write_index(flat, str(home / "rival.index"))
        ours: Callable[[int], list[str]] = lambda port: [  # noqa: E731
            *("app.py", "--index", str(home / "index"), "--port", str(port))
        ]
        rival: Callable[[int], list[str]] = lambda port: [  # noqa: E731
            *("-c", RIVAL, str(checkpoint), str(home / "rival.index"), str(port))
        ]
        seconds: dict[str, list[float]] = {"ours": [], "rival": []}
        megabytes: dict[str, list[tuple[float, float]]] = {"ours": [], "rival": []}
        for _ in range(turns):
            for name, command in (("ours", ours), ("rival", rival)):
                port = free_port()
                began = time.perf_counter()
                with started(command(port)) as process:
                    connection = first_page(port, process)
                    seconds[name].append(time.perf_counter() - began)
                    at_first = resident(process.pid)
                    for number in range(PAGES):
                        connection.request("GET", f"/item/p{number}")
                        connection.getresponse().read()
                    megabytes[name].append((at_first, resident(process.pid)))
    for name, times in seconds.items():
        first, later = (statistics.median(of) for of in zip(*megabytes[name], strict=True))
        click.echo(
            f"{name:>5}: {statistics.median(times):5.2f} s to the first page, "
            f"{first:4.0f} MB then, {later:4.0f} MB {PAGES} pages later"
        )
    ratios = [mine / its for mine, its in zip(*seconds.values(), strict=True)]
    click.echo(f"ours takes {spread(ratios, '.2f')} of the rival's time")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def started(arguments: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}
    with subprocess.Popen(
        [sys.executable, *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def first_page(port: int, process: subprocess.Popen[bytes]) -> HTTPConnection:
    """The connection over which the first page has come."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port)
        try:
            connection.request("GET", "/")
            answer = connection.getresponse()
            answer.read()
        except OSError:
            time.sleep(0.02)
        else:
            if answer.status != 200:
                raise SystemExit(f"the first page answered {answer.status}")
            return connection
    raise SystemExit("there was no first page")


def resident(pid: int) -> float:
    """What a process holds in RAM, in millions of bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
