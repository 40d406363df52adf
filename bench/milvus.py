"""Milvus against faiss: are the nearest twelve the same, and what does a search take?

`python -m bench.milvus INDEX`: the vectors and facets of a published index (exact, in a folder)
are put into a file of milvus-lite's and, with `--server`, into a Milvus server that runs. Then
1,000 products are searched with, each alone and each under a filter: of one value of a facet,
of two facets, and of words in titles. Those that differ are told, but for ties; so is the
recall of an inverted file that was calibrated. Ratios are of what faiss takes in the same run.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from indexer.console import count
from vitrine.address import MilvusAddress
from vitrine.folder import IndexFolder
from vitrine.index import FlatIndex, Index, Neighbour
from vitrine.index.base import Filter
from vitrine.index.calibration import calibrate, recall_of, sample_of
from vitrine.index.milvus import MilvusIndex, fill
from vitrine.index.server import MilvusServer
from vitrine.search import Narrowing, narrowed
from vitrine.snapshot import Snapshot, open_current

QUERIES, K = 1000, 12
RECALL = 0.98
TIE = 2e-6  # two scores that differ by less are equal


@dataclass(frozen=True, slots=True)
class Query:
    row: int
    allowed: Filter | None


@click.command(help=__doc__)
@click.argument("index", type=click.Path(path_type=Path, exists=True))
@click.option("--server", metavar="URI", help="A Milvus that runs, such as http://127.0.0.1:19530.")
def main(index: Path, server: str | None) -> None:
    snapshot = open_current(IndexFolder(index))
    vectors = snapshot.index.vectors()
    flat = FlatIndex.build(vectors)
    queries = queries_of(snapshot)
    with tempfile.TemporaryDirectory() as home:
        places = {"milvus-lite": f"milvus+{home}/vectors.db/bench"}
        if server:
            places["Milvus server"] = f"milvus+{server}/bench"
        for name, place in places.items():
            milvus = MilvusServer(MilvusAddress.parse(place))
            for kind in ("flat", "ivf"):
                milvus.drop(f"bench_{kind}")
                began = time.perf_counter()
                filled = filled_from(milvus, snapshot, kind)
                seconds = time.perf_counter() - began
                click.echo(f"\n{name}, {kind}: {count(len(filled), 'product')} in {seconds:.1f} s")
                if kind == "ivf":
                    sample = sample_of(vectors)
                    calibrate(filled, sample, RECALL)
                    click.echo(
                        f"  {filled.nprobe} of {filled.lists} lists, asked for recall {RECALL}: "
                        f"{recall_of(filled, sample):.4f}"
                    )
                for what, some in queries.items():
                    tell(what, compared(flat, filled, some))
                milvus.drop(f"bench_{kind}")


def queries_of(snapshot: Snapshot) -> dict[str, list[Query]]:
    chance = np.random.default_rng(0)
    rows = chance.choice(len(snapshot), min(QUERIES, len(snapshot)), replace=False).tolist()
    first, second = snapshot.products.facets[:2]
    words = [p.title.split()[-1] for p in snapshot.products.get(rows)]

    def under(narrowings: Sequence[Narrowing]) -> list[Query]:
        filters = [narrowed(snapshot, narrowing) for narrowing in narrowings]
        return [Query(*pair) for pair in zip(rows, filters, strict=True)]

    def value_of(facet: int, row: int) -> str:
        of = snapshot.products.facets[facet]
        return of.values[min(int(of.codes[row]), len(of.values) - 1)]

    return {
        "unfiltered": [Query(row, None) for row in rows],
        f"one {first.name}": under([Narrowing({first.name: [value_of(0, r)]}) for r in rows]),
        f"{first.name} and {second.name}": under(
            [Narrowing({first.name: [value_of(0, r)], second.name: [value_of(1, r)]}) for r in rows]
        ),
        "a word": under([Narrowing(text=word) for word in words]),
    }


def filled_from(server: MilvusServer, snapshot: Snapshot, kind: str) -> MilvusIndex:
    facets = {facet.name: facet.codes.tolist() for facet in snapshot.products.facets}
    vectors = snapshot.index.vectors()
    return fill(server, f"bench_{kind}", vectors, snapshot.ids, facets, has_lists=kind == "ivf")


@dataclass(frozen=True, slots=True)
class Compared:
    """Of many queries: those answered the same, `shares` of what was to be found, and seconds."""

    same: int
    shares: list[float]
    here_s: list[float]
    there_s: list[float]


def compared(flat: FlatIndex, other: Index, queries: Sequence[Query]) -> Compared:
    same, shares, here_s, there_s = 0, [], [], []
    for query in queries:
        vector = flat.vector(query.row)
        wanted, seconds = timed(lambda: flat.search(vector, K, query.allowed, [query.row]))  # noqa: B023
        here_s.append(seconds)
        found, seconds = timed(lambda: other.search(vector, K, query.allowed, [query.row]))  # noqa: B023
        there_s.append(seconds)
        same += is_same(wanted, found)
        if wanted:
            hits = sum(n.score >= wanted[-1].score - TIE for n in found)
            shares.append(min(1.0, hits / len(wanted)))
    return Compared(same, shares, here_s, there_s)


def is_same(wanted: Sequence[Neighbour], found: Sequence[Neighbour]) -> bool:
    """Whether two answers have the same rows in the same order, but for ties."""
    if len(wanted) != len(found):
        return False
    pairs = zip(wanted, found, strict=True)
    return all(a.row == b.row or abs(a.score - b.score) < TIE for a, b in pairs)


def timed(search: Callable[[], Sequence[Neighbour]]) -> tuple[Sequence[Neighbour], float]:
    began = time.perf_counter()
    found = search()
    return found, time.perf_counter() - began


def tell(what: str, done: Compared) -> None:
    here, there = (statistics.median(s) for s in (done.here_s, done.there_s))
    click.echo(
        f"  {what:28} the same {K}: {done.same} of {len(done.here_s)}, recall "
        f"{statistics.mean(done.shares):.4f}, {1000 * there:6.2f} ms against {1000 * here:.2f} "
        f"of faiss: ×{there / here:.1f}"
    )


if __name__ == "__main__":
    main()
