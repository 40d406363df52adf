"""Vectors in Milvus: each generation a collection of its own, which an alias leads to.

Milvus holds the vectors, the ids and the facets' codes; what is shown of products comes from
the generation's own files. Vectors come back as they were stored, so that scores are exact
cosines, also where an inverted file of 8-bit numbers has found the rows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from vitrine.address import MilvusAddress
from vitrine.encoders.base import FloatArray
from vitrine.index.base import Filter, Index, Rows
from vitrine.index.ivf import lists_for, nprobe_for
from vitrine.index.server import MilvusServer

BATCH = 2048  # rows in a request: 3 MB of 384-d vectors
QUERIES = 100  # in one search
MOST_HITS = 16_384  # that Milvus finds in one search
LISTED = 10_000  # rows that are named one by one in a filter
ASKED_FOR = 2  # times as many rows as should hold enough that pass
MOST_LISTS = 65_536
ID_BYTES = 4096

ROW, PRODUCT, VECTOR = "row", "product", "vector"


class MilvusIndex(Index):
    """A collection that is filled and loaded. Safe to ask from many threads.

    Where every vector is compared, it has one list. All that asks raises `MilvusError` where
    there is no answer within the deadline.
    """

    is_exact = False  # not all scores at once, which is what exactness is of use for
    most = MOST_HITS
    length_tolerance = 1e-3

    def __init__(
        self,
        server: MilvusServer,
        collection: str,
        shape: tuple[int, int],
        facets: Sequence[str],
        nprobe: int | None = None,
    ) -> None:
        """Of vectors of this `shape` (n, d); `facets` are named in the order of their fields."""
        super().__init__()
        self._server = server
        self._collection = collection
        self._shape = shape
        self._fields = {name: field_of(number) for number, name in enumerate(facets)}
        self.kind = "flat" if nprobe is None else "ivf"
        self.lists = 1 if nprobe is None else lists_of(shape[0])
        self.nprobe = nprobe or 1

    def __len__(self) -> int:
        return self._shape[0]

    @property
    def dimension(self) -> int:
        return self._shape[1]

    def check(self) -> None:
        self._server.ask("query", self._collection, filter=f"{ROW} == 0", output_fields=[ROW])

    def vector(self, row: int) -> FloatArray:
        vector: FloatArray = self.vectors_of(np.array([row]))[0]
        return vector

    def vectors_of(self, rows: Rows) -> FloatArray:
        found: dict[int, Any] = {}
        for start in range(0, len(rows), BATCH):
            wanted = f"{ROW} in {rows[start : start + BATCH].tolist()}"
            hits = self._server.ask(
                "query", self._collection, filter=wanted, output_fields=[ROW, VECTOR]
            )
            found |= {hit[ROW]: hit[VECTOR] for hit in hits}
        missing = [row for row in rows.tolist() if row not in found]
        if missing:
            raise self._server.error(f"{self._collection} has no row {missing[0]}. Build again")
        return np.array([found[row] for row in rows.tolist()], dtype=np.float32)

    def ids_of(self, rows: Rows) -> list[str]:
        """The products' ids of a few rows, where they are in the collection."""
        hits = self._server.ask(
            "query",
            self._collection,
            filter=f"{ROW} in {rows.tolist()}",
            output_fields=[ROW, PRODUCT],
            consistency_level="Strong",
        )
        return [hit[PRODUCT] for hit in sorted(hits, key=lambda hit: hit[ROW])]

    def vectors(self) -> FloatArray:
        every = np.empty(self._shape, dtype=np.float32)
        for start, some in self.chunks():
            every[start : start + len(some)] = [hit[VECTOR] for hit in some]
        return every

    def lengths(self) -> FloatArray:
        return np.concatenate(
            [
                np.linalg.norm(np.array([hit[VECTOR] for hit in some], np.float32), axis=1)
                for _, some in self.chunks()
            ]
        )

    def chunks(self, fields: Sequence[str] = (VECTOR,)) -> Iterator[tuple[int, list[Any]]]:
        """All rows in their order, some at a time, each with these fields, and its number.

        Raises `MilvusError` where one is missing.
        """
        for start in range(0, len(self), BATCH):
            stop = min(start + BATCH, len(self))
            hits = self._server.ask(
                "query",
                self._collection,
                filter=f"{ROW} >= {start} and {ROW} < {stop}",
                output_fields=[ROW, *fields],
                limit=BATCH,
                consistency_level="Strong",
                timeout=self._server.patience,
            )
            hits = sorted(hits, key=lambda hit: hit[ROW])
            if [hit[ROW] for hit in hits] != list(range(start, stop)):
                raise self._server.error(
                    f"{self._collection} does not have each of the rows {start} to {stop - 1} once"
                )
            yield start, hits

    def make_ready(self) -> None:
        """Milvus is, or loads the collection when it is asked."""

    def lists_to(self, rows: Rows, others: Rows) -> None:
        """Milvus does not say what is in which list."""

    def batch(self, queries: FloatArray, k: int, nprobe: int) -> Rows:
        """The k best rows (q, k) for each query (q, d) in `nprobe` lists; −1 where there are none.

        In Milvus's order.
        """
        rows = np.full((len(queries), k), -1, dtype=np.int64)
        for start in range(0, len(queries), QUERIES):
            some = queries[start : start + QUERIES]
            found = self._found(some, k, nprobe, "", [ROW], self._server.patience)
            for row, hits in enumerate(found, start):
                rows[row, : len(hits)] = [hit["entity"][ROW] for hit in hits]
        return rows

    def _all_scores(self, query: FloatArray) -> FloatArray:
        """Of more rows than one search finds, the others have −1, and follow in their order."""
        scores = np.full(len(self), -1, dtype=np.float32)
        count = min(len(self), MOST_HITS)
        (hits,) = self._found(query[None], count, self.lists, "", [ROW])
        scores[[hit["entity"][ROW] for hit in hits]] = [hit["distance"] for hit in hits]
        return scores

    def _candidates(
        self, query: FloatArray, k: int, allowed: Filter | None
    ) -> tuple[Rows, FloatArray]:
        """As `Index` says; fewer where very many pass and their filter can't be told to Milvus."""
        if allowed is None or not allowed.is_listed or allowed.passing <= LISTED:
            return self._best(query, k, allowed)
        some, most = math.ceil(ASKED_FOR * k / allowed.share), min(MOST_HITS, len(self))
        while True:
            rows, cosines = self._best(query, min(some, most), allowed)
            passing = np.flatnonzero(allowed.mask[rows])[:k]
            if len(passing) == k or some >= most:
                return rows[passing], cosines[passing]
            some *= 2

    def _best(self, query: FloatArray, k: int, allowed: Filter | None) -> tuple[Rows, FloatArray]:
        """The k best rows that pass what Milvus can be told of a filter."""
        wanted = self._expression(allowed) if allowed else ""
        nprobe = nprobe_for(self.nprobe, self.lists, allowed.share if allowed else 1.0)
        while True:
            (hits,) = self._found(query[None], k, nprobe, wanted, [ROW, VECTOR])
            if len(hits) >= k or nprobe == self.lists:
                break
            nprobe = min(2 * nprobe, self.lists)
        rows = np.array([hit["entity"][ROW] for hit in hits], dtype=np.int64)
        if self.kind == "flat":
            return rows, np.array([hit["distance"] for hit in hits], dtype=np.float32)
        # What has been added up is the product with vectors of 8 bits.
        vectors = np.array([hit["entity"][VECTOR] for hit in hits], dtype=np.float32)
        cosines = vectors.reshape(-1, self.dimension) @ query
        order = np.argsort(-cosines, kind="stable")
        return rows[order], cosines[order]

    def _found(
        self,
        queries: FloatArray,
        k: int,
        nprobe: int,
        wanted: str,
        fields: list[str],
        timeout: float | None = None,
    ) -> Sequence[Any]:
        if self.kind == "flat":
            fields = [ROW]
        found: Sequence[Any] = self._server.ask(
            "search",
            self._collection,
            data=list(queries),
            limit=k,
            filter=wanted,
            anns_field=VECTOR,
            output_fields=fields,
            search_params={"params": {} if self.kind == "flat" else {"nprobe": nprobe}},
            timeout=timeout,
        )
        return found

    def _expression(self, allowed: Filter) -> str:
        if allowed.is_listed and allowed.passing <= LISTED:
            return f"{ROW} in {np.flatnonzero(allowed.mask).tolist()}"
        return " and ".join(
            f"{self._fields[name]} in {sorted(codes)}" for name, codes in allowed.accepted.items()
        )


def field_of(number: int) -> str:
    """The field of a facet's codes, by the facet's number; names of columns may be anything."""
    return f"facet_{number}"


def lists_of(count: int) -> int:
    return min(MOST_LISTS, lists_for(count))


def collection_of(address: MilvusAddress, generation: str) -> str:
    """The name of a generation's own collection."""
    return f"{address.collection}_{re.sub('[^A-Za-z0-9]', '_', generation)}"


def stored_shape(server: MilvusServer, collection: str) -> tuple[int, int]:
    """How many vectors a collection has, and of how many numbers each. Raises `MilvusError`."""
    described = server.ask("describe_collection", collection)
    dimensions = [f["params"]["dim"] for f in described["fields"] if f["name"] == VECTOR]
    if not dimensions:
        raise server.error(f"{collection} is no collection of Vitrine's")
    (counted,) = server.ask(
        "query", collection, filter="", output_fields=["count(*)"], consistency_level="Strong"
    )
    return int(counted["count(*)"]), int(dimensions[0])


def fill(
    server: MilvusServer,
    collection: str,
    vectors: FloatArray,
    ids: Sequence[str],
    facets: Mapping[str, Sequence[int]],
    *,
    has_lists: bool,
) -> MilvusIndex:
    """Make and load a collection of unit rows (n, d) with their products' ids and facets' codes.

    Returns it with all lists to be searched. Raises `MilvusError`; what was made then stays,
    for `forget`.
    """
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field(ROW, DataType.INT64, is_primary=True)
    schema.add_field(PRODUCT, DataType.VARCHAR, max_length=ID_BYTES)
    schema.add_field(VECTOR, DataType.FLOAT_VECTOR, dim=vectors.shape[1])
    for number, name in enumerate(facets):
        schema.add_field(field_of(number), DataType.INT32, description=name)
    server.ask("create_collection", collection, schema=schema, timeout=server.patience)
    codes = {field_of(number): list(of) for number, of in enumerate(facets.values())}
    for start in range(0, len(vectors), BATCH):
        rows = range(start, min(start + BATCH, len(vectors)))
        records = [
            {ROW: row, PRODUCT: ids[row], VECTOR: vectors[row]}
            | {field: int(of[row]) for field, of in codes.items()}
            for row in rows
        ]
        # Tried again after an answer that was lost, an insert would have rows twice.
        server.ask("upsert", collection, records, timeout=server.patience)
    server.ask("flush", collection, timeout=server.patience)
    parameters = MilvusClient.prepare_index_params()
    kind = ("IVF_SQ8", {"nlist": lists_of(len(vectors))}) if has_lists else ("FLAT", {})
    parameters.add_index(VECTOR, index_type=kind[0], metric_type="IP", params=kind[1])
    server.ask("create_index", collection, parameters, timeout=server.patience)
    server.ask("load_collection", collection, timeout=server.patience)
    nprobe = lists_of(len(vectors)) if has_lists else None
    return MilvusIndex(server, collection, vectors.shape, list(facets), nprobe)
