"""The map: how well it keeps neighbours, and how fast: `python -m bench.map INDEX`.

INDEX is an index folder, such as one of real photos.

\b
1. Trustworthiness (J. Venna, S. Kaski 2001) of 10 neighbours in the plane: the layout on its
   lattice, against the two main axes alone (PCA) and against chance.
2. Seconds that the layout takes.
3. Milliseconds that a window takes at 100,000 products: the whole map, a part of it, and a
   narrowed one.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

from indexer.layout import map_of
from vitrine.encoders.base import FloatArray
from vitrine.folder import IndexFolder
from vitrine.maps import ProductMap, Window, tiles_in
from vitrine.products import Rows
from vitrine.snapshot import open_current

NEIGHBOURS = 10
LARGE = 100_000
RUNS = 21


@click.command(help=__doc__)
@click.argument("index", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(index: Path) -> None:
    vectors = open_current(IndexFolder(index)).index.vectors()
    started, worked = time.perf_counter(), time.process_time()
    product_map = map_of(vectors)
    seconds, work = time.perf_counter() - started, time.process_time() - worked
    click.echo(f"{len(vectors):,} products laid out in {seconds:.1f} s ({work:.1f} s of work)")
    _compare(vectors, product_map)
    _time_windows()


def _compare(vectors: FloatArray, product_map: ProductMap) -> None:
    from sklearn.decomposition import PCA
    from sklearn.manifold import trustworthiness

    points = product_map.positions(np.arange(len(vectors)))
    rivals = {
        "map": points,
        "PCA": PCA(2, random_state=0).fit_transform(vectors),
        "chance": np.random.default_rng(0).permutation(points),
    }
    for name, places in rivals.items():
        kept = trustworthiness(vectors, places, n_neighbors=NEIGHBOURS, metric="cosine")
        click.echo(f"  trustworthiness@{NEIGHBOURS} {name}: {kept:.3f}")


def _time_windows() -> None:
    generator = np.random.default_rng(0)
    depth = 11
    cells = generator.choice(4**depth, LARGE, replace=False)
    places = np.stack(np.divmod(cells, 2**depth), axis=1)
    product_map = ProductMap(depth, places, generator.permutation(LARGE))
    order: Rows = product_map.order
    few = order[order % 10 == 0]
    windows = {
        "all": lambda: tiles_in(product_map, Window(4, 0, 0, 16, 16), order),
        "a part": lambda: tiles_in(product_map, Window(8, 100, 100, 20, 20), order),
        "a tenth passes": lambda: tiles_in(product_map, Window(4, 0, 0, 16, 16), few),
    }
    for name, window in windows.items():
        click.echo(f"  a window of {LARGE:,} products, {name}: {_milliseconds(window):.1f} ms")


def _milliseconds(work: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)


if __name__ == "__main__":
    main()
