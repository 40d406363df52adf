"""A build on a Ray cluster against one on this machine: is it the same, and how long does it take?

`python -m bench.cluster FOLDER`: the photos of FOLDER's `styles.csv` (`images/{id}.jpg` beside it),
served from loopback with a latency, are built by one process, then on two nodes (`ray start --head`
and another `ray start`, with a CPU each), then on two of which one is killed in the middle. Ledgers
and generations are compared byte by byte; each photo that is asked for twice is counted. A
second build on the cluster, whose photos are all there, shows what starting and asking cost.
"""

from __future__ import annotations

import csv
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from tests.photo_server import PhotoServer
from vitrine.folder import IndexFolder
from vitrine.sources import read_source

LATENCY_S = 0.02
CPUS = 1  # of each node
KILLED_AFTER = 0.4  # of the photos
LEDGER = {
    "download": "location, sha256, fallback, code, message",
    "photo": "*",
    "vector": "*",
    "sketch": "*",
}


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.option("--encoder", default="handcrafted", show_default=True)
def main(folder: Path, encoder: str) -> None:
    with tempfile.TemporaryDirectory() as temporary, PhotoServer() as photos:
        home = Path(temporary)
        photos.folder, photos.latency_s = folder / "images", LATENCY_S
        os.environ["VITRINE_ALLOW_HOST"] = " ".join(photos.endpoints)
        catalogue = at_urls(folder / "styles.csv", home / "shop.csv", photos)
        products = len(read_source(catalogue).products)

        def build(name: str, *options: str) -> float:
            photos.counts.clear()
            began = time.perf_counter()
            command = [sys.executable, "-m", "indexer", "build", str(catalogue)]
            command += ["--encoder", encoder, "--index", str(home / name), *options]
            subprocess.run(command, check=True, capture_output=True)
            seconds = time.perf_counter() - began
            twice = sum(count > 1 for count in photos.counts.values())
            click.echo(f"{name:28} {seconds:6.1f} s, {twice} of {products:,} asked for twice")
            return seconds

        here = build("one process")
        with cluster() as (address, _):
            there = build("two nodes", "--ray", address)
            again = build("two nodes", "--ray", address)
        with cluster() as (address, node):
            kill = when(lambda: len(photos.counts) > KILLED_AFTER * products, node)
            killed = build("one of two nodes killed", "--ray", address)
            kill.wait()
        click.echo(
            f"of one process's time: ×{there / here:.2f}, with nothing to do ×{again / here:.2f}, "
            f"one node killed ×{killed / here:.2f}"
        )
        for name in ("two nodes", "one of two nodes killed"):
            differences = compared(home / name, home / "one process")
            click.echo(f"{name}: {', '.join(differences) or 'the same ledger and generation'}")


def at_urls(styles: Path, catalogue: Path, photos: PhotoServer) -> Path:
    """The same catalogue with the address of each photo."""
    with styles.open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    with catalogue.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["ProductId", "ProductTitle", "Colour", "ImageURL"])
        for row in rows:
            address = photos.url(f"/{row['id']}.jpg")
            title, colour = row["articleType"], row["baseColour"]
            writer.writerow([row["id"], title, colour, address])
    return catalogue


@contextmanager
def cluster() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address of two nodes, and the one of them that is not the head."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    port = address.partition(":")[2]
    nodes = [started("--head", f"--port={port}", "--include-dashboard=false")]
    try:
        until = time.monotonic() + 60
        while not answers(address):
            assert time.monotonic() < until, "the head does not start"
            time.sleep(0.2)
        time.sleep(5)
        nodes.append(started(f"--address={address}"))
        time.sleep(8)
        yield address, nodes[1]
    finally:
        for node in nodes:
            if node.poll() is None:
                os.killpg(node.pid, signal.SIGKILL)
            node.wait()


def started(*options: str) -> subprocess.Popen[bytes]:
    """A node, in a group of processes of its own."""
    ray = Path(sys.executable).with_name("ray")
    return subprocess.Popen(
        [str(ray), "start", "--block", f"--num-cpus={CPUS}", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=os.environ | {"RAY_USAGE_STATS_ENABLED": "0"},
    )


def answers(address: str) -> bool:
    host, _, port = address.partition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def when(condition: Callable[[], bool], node: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
    """Kill a node, with all of its processes, when the condition holds."""

    def wait() -> None:
        while not condition():
            time.sleep(0.05)
        os.killpg(node.pid, signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()
    return node


def compared(found: Path, wanted: Path) -> list[str]:
    """What is not the same in two index folders."""
    differences = []
    ledgers = [sqlite3.connect(IndexFolder(home).ledger) for home in (found, wanted)]
    with closing(ledgers[0]), closing(ledgers[1]):
        for table, columns in LEDGER.items():
            rows = [
                sorted(db.execute(f"SELECT {columns} FROM {table}"), key=repr) for db in ledgers
            ]
            if rows[0] != rows[1]:
                differences.append(f"{table} differs")
    for file in ("vector.index", "image_ids.json", "palettes.npy"):
        both = [(IndexFolder(home).current / file).read_bytes() for home in (found, wanted)]
        if both[0] != both[1]:
            differences.append(f"{file} differs")
    return differences


if __name__ == "__main__":
    main()
