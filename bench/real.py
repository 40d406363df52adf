"""The main job on real catalogues: `python -m bench.real FOLDER`.

FOLDER holds `images/{id}.jpg`, `styles.csv` with their labels, and a `fashion.csv`
of which some products have a photo there. The photos are served from loopback.

\b
1. `styles.csv` indexed whole with `handcrafted`: `evaluate`, photos/s, peak memory.
2. `fashion.csv`, whose other photos answer 404: what is indexed, and every answer of
   `/get_similar` against an exact computation by id.
3. The same killed (−9) in the middle and run again: what is requested twice.
"""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from app import create_app
from tests.photo_server import PhotoServer
from vitrine.folder import IndexFolder
from vitrine.snapshot import open_current

K = 10


@dataclass(frozen=True, slots=True)
class Run:
    """A finished `python -m indexer build`: its `--json`, seconds, and peak memory in MB."""

    facts: dict[str, Any]
    seconds: float
    peak_mb: float


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as temporary, PhotoServer() as server:
        home = Path(temporary)
        server.folder = folder / "images"
        os.environ["VITRINE_ALLOW_HOST"] = " ".join(server.endpoints)
        _whole(folder, home, server)
        _partial(folder, home, server)
        _killed(home, server)


def _whole(folder: Path, home: Path, server: PhotoServer) -> None:
    catalogue = home / "styles.csv"
    _rewrite(folder / "styles.csv", catalogue, "id", server)
    run = _build(catalogue, home / "styles")
    rate = run.facts["indexed"] / run.seconds
    click.echo(
        f"styles.csv: {run.facts['indexed']:,} of {run.facts['products']:,} indexed, "
        f"{rate:.0f} photos/s, peak memory {run.peak_mb:.0f} MB"
    )
    groups = ["articleType", "baseColour", "articleType+baseColour"]
    by = [argument for group in groups for argument in ("--by", group)]
    evaluate = [sys.executable, "-m", "indexer", "evaluate", "--index"]
    subprocess.run([*evaluate, str(home / "styles"), *by], check=True)
    again = _build(catalogue, home / "styles")
    click.echo(f"  again: {again.seconds:.1f} s, published: {again.facts['generation']}")


def _partial(folder: Path, home: Path, server: PhotoServer) -> None:
    catalogue = home / "fashion.csv"
    _rewrite(folder / "fashion.csv", catalogue, "ProductId", server)
    server.counts.clear()
    run = _build(catalogue, home / "fashion")
    click.echo(
        f"fashion.csv: {run.facts['products']:,} rows, {run.facts['indexed']} indexed, "
        f"failed: {run.facts['causes']}, {server.counts.total():,} requests"
    )
    expected = {p.stem for p in (folder / "images").iterdir()}
    with catalogue.open(encoding="utf-8") as file:
        wanted = [row["ProductId"] for row in csv.DictReader(file)]
    snapshot = open_current(IndexFolder(home / "fashion"))
    right_ids = list(snapshot.ids) == [i for i in dict.fromkeys(wanted) if i in expected]
    click.echo(f"  ids are those of the photos that are there, in order: {right_ids}")
    click.echo(f"  wrong answers of /get_similar: {_wrong_answers(home / 'fashion')}")


def _killed(home: Path, server: PhotoServer) -> None:
    server.counts.clear()
    arguments = _arguments(home / "fashion.csv", home / "killed")
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while server.counts.total() < 1500 and process.poll() is None:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = server.counts.total()
    run = _build(home / "fashion.csv", home / "killed")
    twice = sum(count - 1 for count in server.counts.values())
    click.echo(
        f"killed after {before:,} requests, run again: {server.counts.total() - before:,} more, "
        f"{twice} asked twice, {run.facts['indexed']} indexed, "
        f"{run.facts['downloaded']} downloaded and {run.facts['embedded']} embedded by the second"
    )


def _wrong_answers(index: Path) -> str:
    """Ask for every product by id, and compare ids and scores with a plain matrix product."""
    snapshot = open_current(IndexFolder(index))
    vectors = snapshot.index.vectors().astype(np.float64)
    client = create_app({"index": index}).test_client()
    wrong = 0
    for row, product_id in enumerate(snapshot.ids):
        scores = np.round(vectors @ vectors[row], 6)
        scores[row] = -np.inf
        best = np.lexsort((np.arange(len(scores)), -scores))[:K]
        results = client.get(f"/get_similar?id={product_id}&k={K}").get_json()["results"]
        found = [(r["id"], r["score"]) for r in results]
        exact = [(snapshot.ids[i], scores[i]) for i in best]
        wrong += len(found) != len(exact) or any(
            # Two scores that differ by less than float32 can tell may change places.
            abs(f[1] - e[1]) > 2e-6
            or (f[0] != e[0] and abs(scores[snapshot.rows[f[0]]] - e[1]) > 2e-6)
            for f, e in zip(found, exact, strict=True)
        )
    return f"{wrong} of {len(snapshot)}"


def _rewrite(source: Path, target: Path, id_column: str, server: PhotoServer) -> None:
    """The catalogue with every photo's address on the loopback server."""
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with target.open("w", encoding="utf-8", newline="") as file:
        columns = [*(column for column in rows[0] if column != "ImageURL"), "ImageURL"]
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for row in rows:
            writer.writerow({**row, "ImageURL": server.url(f"/{row[id_column]}.jpg")})


def _arguments(catalogue: Path, index: Path) -> Sequence[str]:
    options = ["--index", str(index), "--encoder", "handcrafted", "--json"]
    return [sys.executable, "-m", "indexer", "build", str(catalogue), *options]


def _build(catalogue: Path, index: Path) -> Run:
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(_arguments(catalogue, index), stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        if os.waitstatus_to_exitcode(status):
            raise SystemExit(f"the build of {catalogue.name} failed")
        output.seek(0)
        return Run(json.load(output), seconds, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
