"""How many of the best by likeness and colour does an approximate index find?

`python -m bench.colouring CATALOGUE`: a table such as a styles.csv, with its photos beside it. Each
photo is there several times, changed by chance as the training does, embedded by `compact`, with
its palette. An approximate index of these, at the recall that it is built for by default, ranks
so many candidates of each kind; the rival is the exact index. Candidates are also fewer than the
2,000 that the gallery takes, as so many are a smaller part of a larger catalogue.
"""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import numpy as np
import torch
from PIL import Image
from rich.progress import track

from bench.throughput import spread
from indexer.decoding import DECODERS
from training.augmentation import Augmentation, augmented
from training.examples import SIDE, Examples, examples_of
from vitrine import colouring
from vitrine.colouring import Colouring, nearest
from vitrine.encoders import load_encoder
from vitrine.encoders.base import FloatArray
from vitrine.index import FlatIndex, Index, IvfIndex, use_one_thread
from vitrine.index.calibration import calibrate, sample_of
from vitrine.palettes import Levels, Palettes, palette_of
from vitrine.settings import DEFAULT_RECALL
from vitrine.sources import read_source

K, QUERIES = 12, 300
WEIGHTS = (0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
CANDIDATES = (200, 500, 2000)
BATCH = 128


@click.command(help=__doc__)
@click.argument("catalogue", type=click.Path(path_type=Path, exists=True))
@click.option("--copies", default=9, show_default=True, help="Of each photo.")
def main(catalogue: Path, copies: int) -> None:
    torch.manual_seed(0)
    examples = examples_of(read_source(catalogue), ["articleType"])
    vectors, levels = _made(examples, copies)
    use_one_thread()
    exact, palettes = FlatIndex.build(vectors), Palettes(levels)
    index = IvfIndex.build(vectors)
    recall = calibrate(index, sample_of(vectors), DEFAULT_RECALL)
    click.echo(
        f"{len(vectors):,} photos; {index.lists} lists, of which {index.nprobe} are searched, "
        f"recall@10 without colour {recall:.3f}"
    )
    queries = np.random.default_rng(0).choice(len(vectors), QUERIES, replace=False).tolist()
    for weight in WEIGHTS:
        for candidates in CANDIDATES:
            colouring.CANDIDATES = candidates
            _compare(exact, index, palettes, queries, weight, candidates)


def _made(examples: Examples, copies: int) -> tuple[FloatArray, Levels]:
    encoder = load_encoder("compact")
    vectors, levels = [], []
    rows = torch.arange(len(examples.pixels)).repeat(copies)
    with ThreadPoolExecutor(DECODERS) as pool:
        for chosen in track(torch.split(rows, BATCH), description="Photos", transient=True):
            pixels = augmented(examples, chosen, SIDE, Augmentation())
            arrays = (pixels.permute(0, 2, 3, 1) * 255).byte().numpy()
            photos = [Image.fromarray(array) for array in arrays]
            vectors.append(encoder.encode(list(pool.map(encoder.prepare, photos))))
            levels.append(np.stack(list(pool.map(palette_of, photos))))
    return np.concatenate(vectors), np.concatenate(levels)


def _compare(
    exact: Index, index: Index, palettes: Palettes, queries: list[int], weight: float, most: int
) -> None:
    """Print the recall of the approximate index, and its time against the exact one's."""
    shares, ratios = [], []
    for row in queries:
        colour = Colouring(weight, palettes.of(row))
        expected, slow = _found(exact, palettes, exact.vector(row), colour, row)
        found, quick = _found(index, palettes, exact.vector(row), colour, row)
        shares.append(len(expected & found) / K)
        ratios.append(slow / quick)
    click.echo(
        f"colour {weight:.1f}, candidates {most:>5,}: recall@{K} {statistics.mean(shares):.3f}, "
        f"×{spread(ratios, '.1f')} as fast"
    )


def _found(
    index: Index, palettes: Palettes, query: FloatArray, colour: Colouring, row: int
) -> tuple[set[int], float]:
    """The rows of the best, and the seconds that it took."""
    start = time.perf_counter()
    found = nearest(index, palettes, query, colour, K, None, [row])
    return {neighbour.row for neighbour in found}, time.perf_counter() - start


if __name__ == "__main__":
    main()
