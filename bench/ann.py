"""Approximate search beside exact search, and beside other libraries at equal recall.

`python -m bench.ann`: synthetic unit vectors in clusters, 384-d, one thread, one query at a
time. `--products 1000000` compares with the exact search alone. annoy, hnswlib and usearch are
measured where they are installed (`pip install annoy hnswlib usearch`). Each is set to the
fewest comparisons that reach the recall; then all answer the same queries in turn.
"""

from __future__ import annotations

import importlib
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
import faiss
import numpy as np

from indexer.indexing import IndexWish, made_index
from tests.generations import clustered_unit_vectors
from vitrine.encoders.base import FloatArray
from vitrine.index import Filter, Index, Neighbour, read_index
from vitrine.index.base import Rows
from vitrine.settings import IndexChoice

DIMENSION = 384
K = 10
SAMPLE = 500
TURNS, QUERIES = 7, 30
SHARES = (0.01, 0.1, 0.5)
Search = Callable[[FloatArray], Sequence[int]]
Times = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Contestant:
    """`search` gives the K + 1 best rows; `mib` is the size of what is written."""

    name: str
    search: Search
    build_s: float
    mib: float
    note: str = ""


@click.command(help=__doc__)
@click.option("--products", default=100_000, show_default=True)
@click.option("--clusters", default=1000, show_default=True)
@click.option("--recall", default=0.98, show_default=True, help="That all are set to.")
@click.option("--rivals/--no-rivals", default=True, help="Whether other libraries are measured.")
def main(products: int, clusters: int, recall: float, rivals: bool) -> None:
    vectors = clustered_unit_vectors(products, DIMENSION, clusters)
    rows = np.random.default_rng(3).choice(products, SAMPLE, replace=False)
    scores, _ = faiss.knn(vectors[rows], vectors, K + 1, metric=faiss.METRIC_INNER_PRODUCT)
    truth = Truth(vectors, rows, scores[:, -1])
    flat, ivf = ours("flat", vectors, recall), ours("ivf", vectors, recall)
    exact = with_faiss(vectors)
    faiss.omp_set_num_threads(1)
    found = [exact, *(contestant for _, contestant in (flat, ivf))]
    if rivals:
        makers = {"hnswlib": with_hnswlib, "usearch": with_usearch, "annoy": with_annoy}
        found += [make(truth, recall) for name, make in makers.items() if is_there(name)]
    report(truth, found)
    report_filters(truth, exact, flat[0], ivf[0])


@dataclass(frozen=True, slots=True)
class Truth:
    """Rows that are asked for, and the score of each one's K-th nearest other."""

    vectors: FloatArray
    rows: Rows
    least: FloatArray

    def recall(self, search: Search) -> float:
        hits = 0
        for row, least in zip(self.rows.tolist(), self.least, strict=True):
            others = [other for other in search(self.vectors[row]) if other != row][:K]
            cosines = self.vectors[others] @ self.vectors[row]
            hits += int(np.count_nonzero(cosines >= least - 1e-6))
        return hits / (K * len(self.rows))

    def fewest(self, recall: float, searching: Callable[[int], Search]) -> tuple[int, Search]:
        """The least power of two, from 8 on, that reaches the recall."""
        for power in range(3, 17):
            search = searching(2**power)
            if self.recall(search) >= recall:
                break
        return 2**power, search


def ours(kind: IndexChoice, vectors: FloatArray, recall: float) -> tuple[Index, Contestant]:
    with tempfile.TemporaryDirectory() as home:
        path = Path(home, "vector.index")
        began = time.perf_counter()
        facts = made_index(path, vectors, IndexWish(kind, recall))
        seconds = time.perf_counter() - began
        index = read_index(path)
        size = path.stat().st_size / 2**20
    note = "" if facts.lists is None else f"{facts.lists} lists, {facts.nprobe} searched"
    search = lambda query: [n.row for n in index.search(query, K + 1)]  # noqa: E731
    return index, Contestant(f"ours, {kind}", search, seconds, size, note)


def with_faiss(vectors: FloatArray) -> Contestant:
    began = time.perf_counter()
    index = faiss.IndexFlatIP(DIMENSION)
    index.add(vectors)
    seconds = time.perf_counter() - began
    search = lambda query: index.search(query[None], K + 1)[1][0].tolist()  # noqa: E731
    return Contestant("faiss, exact", search, seconds, vectors.nbytes / 2**20)


def is_there(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        click.echo(f"{name} is not installed")
        return False
    return True


def with_hnswlib(truth: Truth, recall: float) -> Contestant:
    hnswlib = importlib.import_module("hnswlib")
    began = time.perf_counter()
    index = hnswlib.Index("ip", DIMENSION)
    index.init_index(len(truth.vectors), M=16, ef_construction=200)
    index.add_items(truth.vectors)
    seconds = time.perf_counter() - began
    index.set_num_threads(1)

    def searching(ef: int) -> Search:
        index.set_ef(max(ef, K + 1))
        return lambda query: index.knn_query(query, K + 1)[0][0].tolist()

    ef, search = truth.fewest(recall, searching)
    return Contestant(
        "hnswlib", search, seconds, written(index.save_index), f"M 16, ef {max(ef, K + 1)}"
    )


def with_usearch(truth: Truth, recall: float) -> Contestant:
    usearch = importlib.import_module("usearch.index")
    began = time.perf_counter()
    # In 8 bits it finds .94 at most, however many are compared.
    index = usearch.Index(ndim=DIMENSION, metric="ip", dtype="f16")
    index.add(np.arange(len(truth.vectors)), truth.vectors)
    seconds = time.perf_counter() - began

    def searching(ef: int) -> Search:
        index.expansion_search = ef
        return lambda query: index.search(query, K + 1, threads=1).keys.tolist()

    ef, search = truth.fewest(recall, searching)
    return Contestant("usearch, 16 bits", search, seconds, written(index.save), f"ef {ef}")


def with_annoy(truth: Truth, recall: float) -> Contestant:
    annoy = importlib.import_module("annoy")
    began = time.perf_counter()
    index = annoy.AnnoyIndex(DIMENSION, "angular")
    for row, vector in enumerate(truth.vectors):
        index.add_item(row, vector)
    index.build(50)
    seconds = time.perf_counter() - began
    nodes, search = truth.fewest(
        recall, lambda n: lambda query: index.get_nns_by_vector(query, K + 1, search_k=n)
    )
    return Contestant("annoy", search, seconds, written(index.save), f"50 trees, {nodes} nodes")


def written(save: Callable[[str], object]) -> float:
    with tempfile.TemporaryDirectory() as home:
        path = Path(home, "index")
        save(str(path))
        return path.stat().st_size / 2**20


def report(truth: Truth, found: Sequence[Contestant]) -> None:
    times = in_turn(truth, {c.name: c.search for c in found})
    exact = times[found[0].name]
    for c in found:
        ratios = [e / t for e, t in zip(exact, times[c.name], strict=True)]
        click.echo(
            f"{c.name:16} recall {truth.recall(c.search):.3f} "
            f"{statistics.median(times[c.name]) * 1000:8.2f} ms  ×{spread(ratios)} of exact  "
            f"{c.mib:6.0f} MiB  built in {c.build_s:5.1f} s  {c.note}"
        )


def report_filters(truth: Truth, exact: Contestant, flat: Index, ivf: Index) -> None:
    """Filters by chance; each ratio is that of faiss's exact search without one."""
    for share in SHARES:
        mask = np.random.default_rng(5).random(len(truth.vectors)) < share
        allowed = Filter.by(mask)
        filtered: Mapping[str, Callable[[FloatArray], Sequence[Neighbour]]] = {
            "flat": partial(flat.search, k=K, allowed=allowed),
            "ivf": partial(ivf.search, k=K, allowed=allowed),
        }
        times = in_turn(truth, {"unfiltered": exact.search, **filtered})
        hits = dict.fromkeys(filtered, 0)
        among = np.flatnonzero(mask)
        some = truth.rows[:50].tolist()
        for row in some:
            cosines = truth.vectors[among] @ truth.vectors[row]
            least = np.partition(cosines, -K)[-K] - 1e-6
            for name in hits:
                rows = [n.row for n in filtered[name](truth.vectors[row])]
                hits[name] += int((truth.vectors[rows] @ truth.vectors[row] >= least).sum())
        for name, hit in hits.items():
            ratios = [e / t for e, t in zip(times["unfiltered"], times[name], strict=True)]
            click.echo(
                f"{share:4.0%} kept, {name:4}: ×{spread(ratios)} of exact without a filter, "
                f"recall {hit / (K * len(some)):.3f}"
            )


def in_turn(truth: Truth, searches: Mapping[str, Callable[[FloatArray], object]]) -> Times:
    """Seconds a query, the median of each turn, by name; all take each turn."""
    times: Times = {name: [] for name in searches}
    for turn in range(-1, TURNS):
        for name, search in searches.items():
            each = []
            for row in truth.rows[:QUERIES]:
                began = time.perf_counter()
                search(truth.vectors[row])
                each.append(time.perf_counter() - began)
            if turn >= 0:
                times[name].append(statistics.median(each))
    return times


def spread(values: Sequence[float]) -> str:
    """The median, and the least and the most."""
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


if __name__ == "__main__":
    main()
