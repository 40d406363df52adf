"""A whole catalogue from its photos' addresses to an index, and again with a few rows changed.

`python -m bench.building FOLDER`: FOLDER holds `images/{id}.jpg` and `styles.csv`; the photos are
served from loopback by a process of its own, 20 ms after they are asked for. The rival is the
loop of small DINOv2 galleries: download, embed by the library's processor and model, add to
the index, one photo after the other; it goes through one, and through the first few hundred, and
what all would take it is reckoned from both, as each takes as long as the next. Both have a
full-size dinov2-small with random weights, and start with their imports; ours finds its model
converted, and makes one of less --precision as it begins. Then 1% of the rows name another photo.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import click
from PIL import Image, ImageOps

from bench.checkpoint import random_dinov2_small
from bench.serving import in_a_process
from tests.photo_server import PhotoServer

LATENCY_S = 0.02
CHANGED = 100  # one of so many

LOOP = """
import csv, io, sys
import faiss, requests, torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModel
catalogue, checkpoint, count = sys.argv[1:]
processor = AutoImageProcessor.from_pretrained(checkpoint)
model = AutoModel.from_pretrained(checkpoint).eval()
index = faiss.IndexFlatL2(384)
for row in list(csv.DictReader(open(catalogue)))[: int(count)]:
    photo = Image.open(io.BytesIO(requests.get(row["ImageURL"]).content)).convert("RGB")
    with torch.no_grad():
        out = model(**processor(photo, return_tensors="pt"))
    index.add(out.last_hidden_state.mean(dim=1).numpy())
faiss.write_index(index, catalogue + ".index")
"""


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.option("--first", default=0, help="Only the first so many.")
@click.option(
    "--loop",
    type=click.IntRange(min=2),
    default=300,
    show_default=True,
    help="How many the rival goes through, if there are as many.",
)
@click.option("--precision", default="fp32", show_default=True, help="What ours computes in.")
def main(folder: Path, first: int, loop: int, precision: str) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        os.environ["VITRINE_CACHE"] = str(home / "cache")
        checkpoint = random_dinov2_small(home / "dinov2-small")
        photos = Path(shutil.copytree(folder / "images", home / "photos"))
        with served(photos) as (url, endpoint):
            os.environ["VITRINE_ALLOW_HOST"] = endpoint
            rows = rows_of(folder / "styles.csv", url)[: first or None]
            loop = min(loop, len(rows))
            catalogue, one = home / "styles.csv", home / "one.csv"
            write(rows, catalogue)
            write(rows[:1], one)
            built(one, home / "one", checkpoint)
            start, some = (looped(catalogue, checkpoint, count) for count in (1, loop))
            whole, facts = built(catalogue, home / "index", checkpoint, precision)
            again, _ = built(catalogue, home / "index", checkpoint, precision)
            change(rows, photos, url)
            write(rows, catalogue)
            part, news = built(catalogue, home / "index", checkpoint, precision)
    count = facts["indexed"]
    rival = start + (some - start) / (loop - 1) * (count - 1)
    click.echo(
        f"{count:,} photos: {count / whole:.1f} photos/s, ×{rival / whole:.2f} of the loop's "
        f"{count / rival:.1f}, which starts in {start:.1f} s"
    )
    for account in facts["timings"]:
        click.echo(f"  {account['stage']:<24} {account['seconds']:8.1f} s {account['share']:6.0%}")
    click.echo(f"nothing changed: {again / whole:.1%} of the whole build's time")
    click.echo(f"{news['embedded']} photos changed: {part / whole:.1%}")
    for account in news["timings"]:
        click.echo(f"  {account['stage']:<24} {account['seconds']:8.1f} s {account['share']:6.0%}")


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, str]]:
    """Serve a folder's files from a process of its own; yields its address and `host:port`."""
    with in_a_process(_serve, folder) as place:
        yield place


def _serve(places: Queue[tuple[str, str]], folder: Path) -> None:
    with PhotoServer() as server:
        server.folder, server.latency_s = folder, LATENCY_S
        places.put((server.url(""), server.endpoints[0]))
        server.stopping.wait()


def rows_of(catalogue: Path, url: str) -> list[dict[str, str]]:
    with catalogue.open(encoding="utf-8", newline="") as file:
        return [row | {"ImageURL": f"{url}/{row['id']}.jpg"} for row in csv.DictReader(file)]


def write(rows: Sequence[dict[str, str]], catalogue: Path) -> None:
    with catalogue.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def change(rows: Sequence[dict[str, str]], photos: Path, url: str) -> None:
    """Let one row in a hundred name another photo: its own, mirrored."""
    for row in rows[::CHANGED]:
        with Image.open(photos / f"{row['id']}.jpg") as photo:
            ImageOps.mirror(photo).save(photos / f"{row['id']}-mirrored.jpg")
        row["ImageURL"] = f"{url}/{row['id']}-mirrored.jpg"


def built(
    catalogue: Path, index: Path, checkpoint: Path, precision: str = "fp32"
) -> tuple[float, dict[str, Any]]:
    """Seconds of `python -m indexer build`, and what it says as JSON."""
    output = index.with_suffix(".json")
    with output.open("w") as file:
        options = ["--index", str(index), "--encoder", str(checkpoint), "--json", "--timings"]
        options += ["--precision", precision]
        command = [sys.executable, "-m", "indexer", "build", str(catalogue), *options]
        seconds = timed(command, file)
    return seconds, json.loads(output.read_text())


def looped(catalogue: Path, checkpoint: Path, count: int) -> float:
    """Seconds of the rival for the first so many photos."""
    return timed([sys.executable, "-c", LOOP, str(catalogue), str(checkpoint), str(count)])


def timed(command: Sequence[str], output: Any = None) -> float:
    began = time.perf_counter()
    if subprocess.run(command, stdout=output, check=False).returncode:
        raise SystemExit(f"{' '.join(command[:5])} … failed")
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
