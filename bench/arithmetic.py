"""What do a million products cost, and as much each from 10,000 on? The figures of docs/scale.md.

`python -m bench.arithmetic INDEX`: INDEX is a folder that was built from real photos. From it come
the bytes of photos, thumbnails and ledger; then so many made-up products with clustered 384-d
vectors are put into a ledger and published, for each of the sizes, and what is on the disk, the
seconds and the memory of who has opened it are told beside what a straight line through the two
smallest sizes says. At last, what that line says of more products than can be tried.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from multiprocessing import get_context
from pathlib import Path

import click
import faiss
import numpy as np

from bench.shop import made_up_products
from bench.starting import resident
from indexer.ledger import Ledger, PhotoFacts
from indexer.publishing import publish
from tests.generations import clustered_unit_vectors, contents_of
from vitrine.fetching import Validators
from vitrine.folder import IndexFolder
from vitrine.snapshot import open_current, open_snapshot

SIZES = "3000,10000,100000,1000000"
FORETOLD = (10**6, 10**7, 10**8, 10**9)
DIMENSION = 384
CLUSTER = 100  # products in each, on average
BATCH = 1000
LEDGER_UP_TO = 100_000  # products: what a row takes does not depend on how many there are

Costs = Mapping[str, float]


@click.command(help=__doc__)
@click.argument("index", type=click.Path(path_type=Path, exists=True))
@click.option("--sizes", default=SIZES, show_default=True, help="How many products there are.")
def main(index: Path, sizes: str) -> None:
    real = per_product(IndexFolder(index))
    click.echo("bytes a product of real photos: " + told(real))
    measured: dict[int, Costs] = {}
    for products in map(int, sizes.split(",")):
        with tempfile.TemporaryDirectory() as home:
            measured[products] = costs_of(Path(home), products, IndexFolder(index))
        click.echo(f"{products:,} products: " + told(measured[products]))
        if len(measured) > 2:
            line = foretold(measured, products)
            ratios = {k: v / line[k] for k, v in measured[products].items() if k in line}
            click.echo("  times what was foretold: " + told(ratios))
    for products in FORETOLD:
        click.echo(f"{products:,} products, foretold: " + told(foretold(measured, products)))


def told(costs: Costs) -> str:
    return ", ".join(f"{name} {cost:,.4g}" for name, cost in costs.items())


def per_product(folder: IndexFolder) -> Costs:
    count = len(open_current(folder))
    return {
        "photos": sum(f.stat().st_size for f in (folder.root / "photos").rglob("*")) / count,
        "thumbs": sum(f.stat().st_size for f in (folder.root / "thumbs").rglob("*")) / count,
        "ledger": folder.ledger.stat().st_size / count,
    }


def costs_of(home: Path, products: int, real: IndexFolder) -> Costs:
    """Bytes on the disk, seconds to publish, and MB of memory of who has opened it."""
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    folder = IndexFolder(home)
    folder.claim()
    vectors = clustered_unit_vectors(products, DIMENSION, max(1, products // CLUSTER))
    costs: dict[str, float] = {}
    if products <= LEDGER_UP_TO:
        fill_ledger(folder, vectors, real)
        costs["ledger MB"] = folder.ledger.stat().st_size / 1e6
    contents = contents_of(made_up_products(products))
    began = time.perf_counter()
    name = publish(folder, contents, vectors)
    costs["publish s"] = time.perf_counter() - began
    for file in ("vector.index", "products.sqlite", "palettes.npy"):
        costs[f"{file} MB"] = (folder.generation(name) / file).stat().st_size / 1e6
    with get_context("spawn").Pool(1) as pool:
        costs["memory MB"] = pool.apply(memory_of, [folder.generation(name)])
    return costs


def memory_of(generation: Path) -> float:
    snapshot = open_snapshot(generation)
    snapshot.index.nearest_others(0, 12)
    return resident(os.getpid())


def fill_ledger(folder: IndexFolder, vectors: np.ndarray, real: IndexFolder) -> None:
    """With as many photos as there are vectors; their sketches are those of real ones."""
    shas = [f"{number:064x}" for number in range(len(vectors))]
    with Ledger(real.ledger) as other:
        sketches = list(other.sketches(sorted(other.sketched())[:BATCH]).values())
    with Ledger(folder.ledger) as ledger:
        for start in range(0, len(shas), BATCH):
            some = shas[start : start + BATCH]
            for number, sha256 in enumerate(some, start):
                address = f"http://photos.example.org/products/{number}.jpg"
                ledger.record_download(address, sha256, Validators(etag=f'"{sha256[:16]}"'), 1)
            ledger.record_photos({sha256: PhotoFacts(480, 640, "#aabbcc") for sha256 in some})
            ledger.record_sketches(dict(zip(some, sketches, strict=False)))
            ledger.record_vectors("f" * 64, some, vectors[start : start + BATCH])
            ledger.record_published(some, 0.0)


def foretold(measured: Mapping[int, Costs], products: int) -> Costs:
    """What a straight line through the two smallest sizes says."""
    few, more = sorted(measured)[:2]
    return {
        name: measured[few][name]
        + (measured[more][name] - measured[few][name]) * (products - few) / (more - few)
        for name in measured[few]
    }


if __name__ == "__main__":
    main()
