"""Downloads and thumbnails, beside img2dataset.

`python -m bench.downloading FOLDER`: the first 5,000 photos of FOLDER's `images/`, served from
loopback 20 ms after they are asked for, and one address in fifty is not there. The rival is
img2dataset (`pip install img2dataset`, in an environment of its own as it has much that Vitrine
hasn't: name its command with --rival), two processes of 16 threads, which keeps photos of 224 px
as WebP. Ours asks for 32 at once, and keeps each photo as it came, and WebP of its own width, which
of the photos that were measured is 224 px too. Both start with their imports, and take turns. Then
every address is looked up in what ours says of it.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
from PIL import Image

from bench.building import served
from bench.throughput import spread
from indexer.build import build
from indexer.reconciling import Silent
from vitrine.encoders.base import FloatArray, Prepare
from vitrine.failures import FailureCode
from vitrine.fetching import PUBLIC_WEB, FetchLimits
from vitrine.folder import IndexFolder
from vitrine.sources import read_source

COUNT = 5_000
MISSING = 50  # one of so many
AT_ONCE = 32
PROCESSES = 2
WIDTH = 224

OURS = "import sys; from bench.downloading import download; download(*sys.argv[1:])"
"""In a process of its own, as the rival."""


def nothing(_: Image.Image) -> npt.NDArray[np.uint8]:
    return np.zeros(1, dtype=np.uint8)


class NoEncoder:
    """Gives each photo the same vector, so that only downloads and thumbnails cost anything."""

    name = "none"
    dimension = 2
    fingerprint = "none"
    batch_size = 64

    @property
    def prepare(self) -> Prepare:
        return nothing

    def encode(self, prepared: Sequence[npt.NDArray[np.uint8]]) -> FloatArray:
        return np.tile(np.array([1, 0], dtype=np.float32), (len(prepared), 1))


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.option("--rival", default="img2dataset", show_default=True, help="Its command.")
@click.option("--count", default=COUNT, show_default=True, help="How many photos.")
@click.option("--turns", default=3, show_default=True, help="How often each is measured.")
def main(folder: Path, rival: str, count: int, turns: int) -> None:
    if shutil.which(rival) is None:
        raise click.ClickException("this needs img2dataset: pip install img2dataset")
    photos = sorted((folder / "images").iterdir())[:count]
    seconds: dict[str, list[float]] = {"ours": [], "img2dataset": []}
    with tempfile.TemporaryDirectory() as temporary, served(folder / "images") as (url, endpoint):
        home = Path(temporary)
        os.environ["VITRINE_ALLOW_HOST"] = endpoint
        catalogue = home / "catalogue.csv"
        addresses = {
            str(number): f"{url}/{photo.name}" if number % MISSING else f"{url}/gone-{number}.jpg"
            for number, photo in enumerate(photos)
        }
        write(addresses, catalogue)
        for turn in range(turns):
            index, dataset = home / f"index-{turn}", home / f"dataset-{turn}"
            ours = [sys.executable, "-c", OURS, str(catalogue), str(index), endpoint]
            seconds["ours"].append(timed(ours))
            seconds["img2dataset"].append(timed(command_of(rival, catalogue, dataset)))
            click.echo(
                f"thumbnails: ours {thumbnails(index / 'thumbs'):,}, the rival's "
                f"{thumbnails(dataset):,}; wrong words of ours: {wrong(index, addresses)}"
            )
    for name, times in seconds.items():
        click.echo(f"{name:>11}: {len(photos) / statistics.median(times):4.0f} photos/s")
    ratios = [its / mine for mine, its in zip(*seconds.values(), strict=True)]
    click.echo(f"ours is ×{spread(ratios, '.2f')} as fast")


def write(addresses: dict[str, str], catalogue: Path) -> None:
    with catalogue.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["ProductId", "ImageURL"])
        writer.writerows(addresses.items())


def download(catalogue: str, index: str, endpoint: str) -> None:
    """Bring the photos of a catalogue here, with their thumbnails; say of each what failed."""
    reach = PUBLIC_WEB.allowing([endpoint])
    limits = FetchLimits(workers=AT_ONCE, per_host=AT_ONCE, reach=reach)
    folder = IndexFolder(Path(index))
    folder.claim()
    outcome = build(read_source(catalogue, {}, reach), folder, NoEncoder(), limits, Silent())
    failed = {f.product.id: f.failure.code for f in outcome.failed}
    (folder.root / "failed.json").write_text(json.dumps(failed))


def command_of(rival: str, catalogue: Path, dataset: Path) -> list[str]:
    options = {
        "url_list": catalogue,
        "input_format": "csv",
        "url_col": "ImageURL",
        "output_folder": dataset,
        "output_format": "files",
        "processes_count": PROCESSES,
        "thread_count": AT_ONCE // PROCESSES,
        "number_sample_per_shard": 500,
        "image_size": WIDTH,
        "resize_mode": "keep_ratio",
        "encode_format": "webp",
        "encode_quality": 80,
    }
    return [rival, *(f"--{name}={value}" for name, value in options.items())]


def timed(command: Sequence[str]) -> float:
    began = time.perf_counter()
    # The rival's libraries would ask the network for newer versions of themselves.
    environment = os.environ | {"NO_ALBUMENTATIONS_UPDATE": "1"}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if ran.returncode:
        raise SystemExit(ran.stderr)
    return time.perf_counter() - began


def thumbnails(folder: Path) -> int:
    return sum(1 for _ in folder.glob("*/*.webp"))


def wrong(index: Path, addresses: dict[str, str]) -> int:
    """How many of the addresses failed that are there, or did not that are not."""
    failed = json.loads((index / "failed.json").read_text())
    expected = {i: FailureCode.HTTP_404 for i, url in addresses.items() if "/gone-" in url}
    return len(failed.items() ^ expected.items())


if __name__ == "__main__":
    main()
