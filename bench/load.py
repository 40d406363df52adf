"""Many people at once while the index changes under them: errors, memory, how long they wait.

`python -m bench.load`: a gallery of made-up products, served by `python app.py` in a
process of its own with its settings as they are, save that nobody is told to come back
later for having searched too often. On each connection somebody asks without a pause:
for pages, products, twins, with a good photo, with a broken one, for things that do
not exist. Every few seconds another generation is published, whose products have the
same ids and another mark in their titles, so that an answer of two generations would
be seen.

What is counted as an error: no answer, or one with a status of 500 or more. Not that
of a full queue (503 `busy`): that is what the queue is for, and it is counted apart.
"""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPException
from multiprocessing import get_context
from multiprocessing.pool import AsyncResult
from pathlib import Path
from urllib.parse import quote

import click
import numpy as np
from PIL import Image
from rich.console import Console
from urllib3.filepost import encode_multipart_formdata

from bench.photos import DEMO_PHOTOS, photo_paths
from bench.shop import FACETS, made_up_products
from indexer.display import counted
from tests.generations import publish_products, random_unit_vectors
from vitrine.encoders.registry import load_encoder
from vitrine.photos import Photo, decode
from vitrine.snapshot import EncoderFacts

PROCESSES = 4  # of the people, so that they are not each other's bottleneck
PHOTOS = 12
ENCODER = "handcrafted"
BROKEN = (b"", b"no photo", b"%PDF-1.7", b"GIF89a")
WRONG = ("/item/nope", "/get_similar?id=nope", "/nowhere", "/get_similar?id=p1&k=0")
TRAFFIC = {
    "click": 0.35,
    "page": 0.15,
    "item": 0.15,
    "twin": 0.1,
    "health": 0.05,
    "wrong": 0.05,
    "photo": 0.1,
    "bad photo": 0.05,
}
MARK = re.compile(r"of round (\d+)")
WINDOW = 60.0
"""Seconds of memory that are compared, at the end and near the beginning: before them, as many
are for warming up, when every thread loads and caches what it needs."""
PAUSE = 0.05  # after a refusal for want of room; people wait longer

Chance = np.random.Generator


@dataclass(frozen=True, slots=True)
class Ask:
    kind: str
    method: str
    path: str
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Seen:
    """What one process of people has seen; `seconds` of the answers by kind."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    busy: int = 0
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


@click.command(help=__doc__)
@click.option("--seconds", default=600.0, show_default=True, help="How long.")
@click.option("--connections", default=32, show_default=True, help="How many people.")
@click.option("--products", default=3000, show_default=True, help="How many there are.")
@click.option("--swap", default=5.0, show_default=True, help="Seconds between generations.")
def main(seconds: float, connections: int, products: int, swap: float) -> None:
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory() as home:
        shop = _Shop(Path(home), products)
        shop.publish()
        process, port = _served(shop.index)
        try:
            memory: list[tuple[float, int]] = []
            pool = get_context("spawn").Pool(PROCESSES)
            people = [
                pool.apply_async(_people, (port, connections // PROCESSES, products, seed, seconds))
                for seed in range(PROCESSES)
            ]
            generations = _watch(
                process.pid, people, shop.publish, (seconds, swap), memory, console
            )
            seen = [person.get(timeout=120) for person in people]
            pool.terminate()
            stopped = _stop(process)
        finally:
            process.kill()
    _report(seen, memory, generations, stopped)


class _Shop:
    """Generations of the same products and vectors, told apart by their titles."""

    def __init__(self, home: Path, count: int) -> None:
        encoder = load_encoder(ENCODER)
        photo = decode(photo_paths(DEMO_PHOTOS, 1)[0].read_bytes())
        assert isinstance(photo, Photo)
        dimension = encoder.encode([encoder.prepare(photo.image)]).shape[1]
        self.index = home / "index"
        self._encoder = EncoderFacts(name=ENCODER, fingerprint=encoder.fingerprint)
        self._vectors = random_unit_vectors(count, dimension)
        self._products = made_up_products(count)
        self.round = 0

    def publish(self) -> None:
        self.round += 1
        titled = [replace(p, title=f"{p.title} of round {self.round}") for p in self._products]
        publish_products(self.index, self._vectors, titled, encoder=self._encoder)


def _served(index: Path) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [sys.executable, "-u", "app.py", "--port", "0", "--index", str(index)],
        env=os.environ | {"VITRINE_CLIENT_SEARCHES": "0", "VITRINE_ALL_SEARCHES": "0"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://[\d.]+:(\d+)", line)
    if not found:
        raise SystemExit(f"The gallery did not start: {line}")
    return process, int(found[1])


def _stop(process: subprocess.Popen[str]) -> str:
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    status = process.wait(60)
    return f"exit status {status} after {time.monotonic() - began:.1f} s"


def _watch(
    pid: int,
    people: list[AsyncResult[Seen]],
    publish: Callable[[], None],
    pace: tuple[float, float],
    memory: list[tuple[float, int]],
    console: Console,
) -> int:
    """Publish every so often and note the memory every second; returns how many were published."""
    seconds, swap = pace
    began = time.monotonic()
    generations, next_swap = 0, swap
    with counted(console, "seconds", round(seconds)) as shown:
        told = 0
        while not all(person.ready() for person in people):
            time.sleep(1)
            now = time.monotonic() - began
            memory.append((now, _resident(pid)))
            if next_swap <= now < seconds:
                publish()
                generations += 1
                next_swap = now + swap
            shown(min(round(now), round(seconds)) - told)
            told = min(round(now), round(seconds))
    return generations


def _resident(pid: int) -> int:
    """Bytes of memory that a process has, the same that `top` calls RES."""
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(re.findall(r"VmRSS:\s+(\d+)", status)[0])


def _people(port: int, connections: int, products: int, seed: int, seconds: float) -> Seen:
    seen, lock = Seen(), threading.Lock()
    photos = [_upright(path) for path in photo_paths(DEMO_PHOTOS, PHOTOS)]
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(
            target=_person,
            args=(port, np.random.default_rng([seed, number]), products, photos, until, seen, lock),
        )
        for number in range(connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def _upright(path: Path) -> bytes:
    file = io.BytesIO()
    with Image.open(path) as photo:
        photo.convert("RGB").save(file, "JPEG", quality=90)
    return file.getvalue()


def _person(
    port: int,
    chance: Chance,
    products: int,
    photos: list[bytes],
    until: float,
    seen: Seen,
    lock: threading.Lock,
) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    while time.monotonic() < until:
        ask = _next(chance, products, photos)
        began = time.perf_counter()
        try:
            connection.request(ask.method, ask.path, ask.body, ask.headers)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, HTTPException) as error:
            with lock:
                seen.faults[f"{ask.kind}: {type(error).__name__} {error}"] += 1
            connection.close()
            continue
        taken = time.perf_counter() - began
        is_busy = answer.status == 503 and b'"busy"' in body
        with lock:
            seen.statuses[ask.kind, answer.status] += 1
            seen.seconds[ask.kind].append(taken)
            seen.busy += is_busy
            if answer.status >= 500 and not is_busy:
                seen.faults[f"{ask.kind}: {answer.status} {body[:80]!r}"] += 1
            if len(set(MARK.findall(body.decode("utf-8", "replace")))) > 1:
                seen.faults[f"{ask.kind}: an answer of two generations"] += 1
        if is_busy:
            time.sleep(PAUSE)
    connection.close()


def _next(chance: Chance, products: int, photos: list[bytes]) -> Ask:
    """What somebody asks next: mostly clicks and pages, sometimes with a photo."""
    kind = str(chance.choice(list(TRAFFIC), p=list(TRAFFIC.values())))
    if kind in ("photo", "bad photo"):
        good = photos[chance.integers(len(photos))]
        broken = [*BROKEN, good[: len(good) // 2]]
        return _upload(kind, good if kind == "photo" else broken[chance.integers(len(broken))])
    product = f"p{chance.integers(products)}"
    value = quote(str(chance.choice(FACETS["Colour"][:12])))
    paths = {
        "click": f"/get_similar?id={product}",
        "page": f"/?Colour={value}&page={chance.integers(1, 4)}",
        "item": f"/item/{product}",
        "twin": f"/api/products?q={value}",
        "health": "/healthz",
        "wrong": str(chance.choice(WRONG)),
    }
    return Ask(kind, "GET", paths[kind])


def _upload(kind: str, photo: bytes) -> Ask:
    body, content_type = encode_multipart_formdata({"image": ("a.jpg", photo)})
    return Ask(kind, "POST", "/get_similar", body, {"Content-Type": content_type})


def _report(
    seen: list[Seen], memory: list[tuple[float, int]], generations: int, stopped: str
) -> None:
    seconds: dict[str, list[float]] = defaultdict(list)
    statuses: Counter[tuple[str, int]] = Counter()
    faults: Counter[str] = Counter()
    for each in seen:
        statuses += each.statuses
        faults += each.faults
        for kind, taken in each.seconds.items():
            seconds[kind] += taken
    click.echo(f"{'':>10} {'answers':>8} {'p50 ms':>8} {'p99 ms':>8}  statuses")
    for kind, taken in sorted(seconds.items()):
        p50, p99 = np.percentile(taken, [50, 99]) * 1000
        found = {status: count for (of, status), count in sorted(statuses.items()) if of == kind}
        click.echo(f"{kind:>10} {len(taken):8} {p50:8.1f} {p99:8.1f}  {json.dumps(found)}")
    every = [taken for many in seconds.values() for taken in many]
    p50, p99 = np.percentile(every, [50, 99]) * 1000
    click.echo(f"{'all':>10} {len(every):8} {p50:8.1f} {p99:8.1f}")
    end = memory[-1][0]
    first = [size for at, size in memory if WINDOW <= at < 2 * WINDOW] or [memory[0][1]]
    last = [size for at, size in memory if at >= end - WINDOW]
    mean_first, mean_last = np.mean(first) / 2**20, np.mean(last) / 2**20
    click.echo(f"generations published: {generations}; busy: {sum(each.busy for each in seen)}")
    click.echo(
        f"memory: {mean_first:.0f} MB in the second minute, {mean_last:.0f} MB in the last "
        f"(×{mean_last / mean_first:.2f}), at most {max(s for _, s in memory) / 2**20:.0f} MB"
    )
    by_minute = [
        f"{np.mean([size for at, size in memory if at // WINDOW == minute]) / 2**20:.0f}"
        for minute in range(int(end // WINDOW))
    ]
    click.echo(f"memory by minute, in MB: {', '.join(by_minute)}")
    click.echo(f"stopped: {stopped}")
    click.echo(f"errors that are not the client's: {sum(faults.values())}")
    for fault, count in faults.most_common(10):
        click.echo(f"  {count} × {fault}")


if __name__ == "__main__":
    main()
