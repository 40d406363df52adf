"""A generation on disk: its manifest, how it is opened, and every check of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, ValidationError

from vitrine.address import MilvusAddress
from vitrine.encoders.base import FloatArray
from vitrine.errors import UnusableError
from vitrine.folder import IndexFolder
from vitrine.index import Index, IvfIndex, calibration, read_index
from vitrine.index.base import Rows
from vitrine.index.milvus import PRODUCT, VECTOR, MilvusIndex, field_of, stored_shape
from vitrine.index.server import MilvusError, MilvusServer
from vitrine.palettes import DIMENSION as PALETTE_DIMENSION
from vitrine.palettes import Palettes
from vitrine.products import Order, Products

FORMAT_VERSION = 4
INDEX_FILE = "vector.index"
IDS_FILE = "image_ids.json"
PRODUCTS_FILE = "products.sqlite"
PALETTES_FILE = "palettes.npy"
MANIFEST_FILE = "manifest.json"
FILES = (IDS_FILE, PRODUCTS_FILE, PALETTES_FILE)
SAMPLED_ROWS = 8
VERIFIED_ROWS = 200  # of which recall is measured again
RECALL_TOLERANCE = 0.03  # between two samples of rows, and between exact and stored vectors


class SnapshotError(UnusableError):
    """A generation cannot be served; the message says what is wrong with it."""


class NewerFormatError(SnapshotError):
    """A generation was written by a newer Vitrine than this one."""


class OlderFormatError(SnapshotError):
    """A generation was written by an older Vitrine than this one."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EncoderFacts(_Record):
    """`reads_text` says whether words can be compared with the photos; see `TextEncoder`."""

    name: str
    fingerprint: str
    reads_text: bool = False


class IndexFacts(_Record):
    """`recall` is measured against exact search; 1 for an exact index.

    Of an `ivf` index: the recall that was `asked` for, the `bits` of each number, how many
    `lists` there are, and how many of them are searched (`nprobe`).

    Of one in Milvus: the `address` of the alias, the generation's own `collection`, and the
    SHA-256 of all `vectors`, and of those of `sampled` rows, as little-endian 32-bit floats.
    """

    kind: Literal["flat", "ivf"]
    recall: float
    asked: float | None = None
    bits: int | None = None
    lists: int | None = None
    nprobe: int | None = None
    address: str | None = None
    collection: str | None = None
    vectors: str | None = None
    sampled: str | None = None


class CatalogueFacts(_Record):
    """`rows` counts the usable ones, `skipped` the broken and duplicate ones."""

    name: str
    sha256: str
    rows: int
    skipped: int


class Manifest(_Record):
    """What a generation is made of. `files` has the SHA-256 of every other file.

    `seal` is that of all the rest of the manifest; generations of before it have none.
    """

    format_version: int
    created_at: str
    content: str
    products: int
    dimension: int
    encoder: EncoderFacts
    index: IndexFacts
    catalogue: CatalogueFacts
    failures: dict[str, int]
    files: dict[str, str]
    versions: dict[str, str]
    seal: str | None = None

    def sealed(self) -> Manifest:
        return self.model_copy(update={"seal": self._digest()})

    @property
    def vectors_hash(self) -> str:
        """SHA-256 of `vector.index`, or of the vectors in Milvus; KeyError where there is none."""
        return self.index.vectors or self.files[INDEX_FILE]

    @property
    def file_names(self) -> Sequence[str]:
        """Of all other files."""
        return FILES if self.index.address else (INDEX_FILE, *FILES)

    @property
    def is_as_sealed(self) -> bool:
        return self.seal in (None, self._digest())

    def _digest(self) -> str:
        return hashlib.sha256(
            self.model_dump_json(exclude={"seal"}, exclude_none=True).encode()
        ).hexdigest()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An opened generation: row i of `index`, and of `palettes`, is product `ids[i]`, always."""

    name: str
    manifest: Manifest
    ids: tuple[str, ...]
    rows: dict[str, int]
    index: Index
    products: Products
    palettes: Palettes

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a generation; `problem` is None where it passed."""

    name: str
    problem: str | None


def read_manifest(generation: Path) -> Manifest:
    """Raises `SnapshotError` where it is missing, damaged or of another format."""
    path = generation / MANIFEST_FILE
    try:
        facts = json.loads(path.read_bytes())
    except OSError:
        raise SnapshotError(f"{generation.name} has no {MANIFEST_FILE}") from None
    except ValueError:
        raise SnapshotError(f"{generation.name}/{MANIFEST_FILE} is no JSON") from None
    version = facts.get("format_version") if isinstance(facts, dict) else None
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise NewerFormatError(
            f"{generation.name} has format version {version} and this Vitrine reads up to "
            f"{FORMAT_VERSION}: update Vitrine, or index again with this one"
        )
    if isinstance(version, int) and version < FORMAT_VERSION:
        raise OlderFormatError(
            f"{generation.name} has format version {version}, of an older Vitrine than this one: "
            "run python -m indexer build CATALOGUE, which publishes it anew from what it has"
        )
    try:
        manifest = Manifest.model_validate(facts)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SnapshotError(
            f"{generation.name}/{MANIFEST_FILE}: {where or 'it'}: {first['msg']}"
        ) from None
    if not manifest.is_as_sealed:
        raise SnapshotError(f"{generation.name}/{MANIFEST_FILE} is not as it was published")
    return manifest


def open_snapshot(generation: Path, vectors: MilvusAddress | None = None) -> Snapshot:
    """Open a generation after checking hashes, counts and ids; or raise `SnapshotError`.

    Of one in Milvus, `vectors` is where that is, if no more where it was when this was published;
    raises `MilvusError` where it does not answer.
    """
    manifest = read_manifest(generation)
    for check in _file_checks(generation, manifest):
        if check.problem:
            raise SnapshotError(f"{generation.name}: {check.name}: {check.problem}")
    snapshot = _open(generation, manifest, vectors)
    for check in (*_count_checks(snapshot), *_sample_checks(snapshot)):
        if check.problem:
            raise SnapshotError(f"{generation.name}: {check.name}: {check.problem}")
    return snapshot


def open_current(folder: IndexFolder) -> Snapshot:
    """Open the published generation; or raise `SnapshotError`."""
    return open_snapshot(folder.generation(published_name(folder)), folder.vectors)


def published_name(folder: IndexFolder) -> str:
    """Name of the published generation; raises `SnapshotError` where there is none."""
    name = folder.current_name()
    if name is None:
        raise SnapshotError(f"there is no index in {folder.root}")
    return name


def verify(generation: Path, vectors: MilvusAddress | None = None) -> Iterator[Check]:
    """Every check of a generation, the ones of `open_snapshot` and the slow ones.

    Raises `MilvusError` where its vectors are there, and that does not answer.
    """
    try:
        manifest = read_manifest(generation)
    except SnapshotError as error:
        yield Check("manifest", str(error))
        return
    yield Check("manifest", None)
    checks = list(_file_checks(generation, manifest))
    yield from checks
    if any(check.problem for check in checks):
        return
    try:
        snapshot = _open(generation, manifest, vectors)
    except SnapshotError as error:
        yield Check("files open", str(error))
        return
    yield from _count_checks(snapshot)
    if isinstance(snapshot.index, MilvusIndex):
        yield from _collection_checks(snapshot, snapshot.index)
    else:
        yield from _vector_checks(snapshot.index)
    yield from _recall_checks(snapshot.index, manifest.index)
    in_order = snapshot.products.rows_are_gapless() and (
        snapshot.products.ids() == list(snapshot.ids)
    )
    yield Check(
        f"{PRODUCTS_FILE} is in the order of {IDS_FILE}",
        None if in_order else "its rows name other products, or in another order",
    )
    rows = np.arange(len(snapshot))
    orders = [o for o in Order if not np.array_equal(np.sort(snapshot.products.in_order(o)), rows)]
    yield Check("orders have every row once", f"not so: {', '.join(orders)}" if orders else None)
    copies = {copy.row: copy.first for copy in snapshot.products.near_copies}
    wrong_rows = [row for row, first in copies.items() if not 0 <= first < row or first in copies]
    yield Check(
        "near copies lead to the first of their group",
        f"not so in rows {wrong_rows[:5]}" if wrong_rows else None,
    )
    lengths = {facet.name: len(facet.codes) for facet in snapshot.products.facets}
    wrong = [name for name, length in lengths.items() if length != len(snapshot)]
    yield Check("facets cover every row", f"not so: {', '.join(wrong)}" if wrong else None)


def sampled_rows(count: int) -> Rows:
    """Those by which a collection is known again."""
    return np.unique(np.linspace(0, count - 1, SAMPLED_ROWS).astype(np.int64))


def digest_of(vectors: FloatArray) -> str:
    """SHA-256 of rows (n, d), in hex."""
    return hashlib.sha256(little_endian(vectors)).hexdigest()


def little_endian(vectors: FloatArray) -> memoryview:
    return np.ascontiguousarray(vectors, dtype="<f4").data


def _collection(server: MilvusServer, manifest: Manifest, facets: Sequence[str]) -> MilvusIndex:
    """The manifest's, if it is whole and of this dimension; raises `SnapshotError`."""
    facts = manifest.index
    name = facts.collection or ""
    if not server.has(name):
        raise SnapshotError(f"{server.address} has no collection {name}")
    return MilvusIndex(server, name, stored_shape(server, name), facets, facts.nprobe)


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _open(generation: Path, manifest: Manifest, vectors: MilvusAddress | None) -> Snapshot:
    index: Index
    try:
        ids = json.loads((generation / IDS_FILE).read_bytes())
        products = Products(generation / PRODUCTS_FILE)
        levels = np.load(generation / PALETTES_FILE, allow_pickle=False)
        if manifest.index.address:
            address = MilvusAddress.parse(manifest.index.address)
            if vectors and vectors.collection == address.collection:
                address = vectors  # the same, at a server that has moved
            facets = [facet.name for facet in products.facets]
            index = _collection(MilvusServer(address), manifest, facets)
        else:
            index = read_index(generation / INDEX_FILE)
    except MilvusError:
        raise  # nothing is wrong with the generation
    except Exception as error:  # whatever a library throws at damaged bytes
        raise SnapshotError(f"{generation.name} cannot be opened: {error}") from error
    if not isinstance(ids, list) or not all(isinstance(i, str) for i in ids):
        raise SnapshotError(f"{generation.name}/{IDS_FILE} is no list of ids")
    if levels.dtype != np.uint8 or levels.shape != (len(levels), PALETTE_DIMENSION):
        raise SnapshotError(f"{generation.name}/{PALETTES_FILE} holds no palettes")
    rows = {product_id: row for row, product_id in enumerate(ids)}
    palettes = Palettes(levels)
    return Snapshot(generation.name, manifest, tuple(ids), rows, index, products, palettes)


def _file_checks(generation: Path, manifest: Manifest) -> Iterator[Check]:
    for name in manifest.file_names:
        path = generation / name
        problem = None
        if name not in manifest.files:
            problem = "the manifest has no hash of it"
        elif not path.is_file():
            problem = "the file is missing"
        elif file_hash(path) != manifest.files[name]:
            problem = "its bytes are not those that were published"
        yield Check(f"hash of {name}", problem)


def _count_checks(snapshot: Snapshot) -> Iterator[Check]:
    manifest, index = snapshot.manifest, snapshot.index

    def same(name: str, found: int, expected: int) -> Check:
        return Check(name, None if found == expected else f"{found} and not {expected}")

    yield same("ids are as many as the manifest says", len(snapshot.ids), manifest.products)
    yield same("vectors are as many as ids", len(index), len(snapshot.ids))
    yield same("palettes are as many as ids", len(snapshot.palettes), len(snapshot.ids))
    yield same("ids are distinct", len(snapshot.rows), len(snapshot.ids))
    yield same("dimension is the manifest's", index.dimension, manifest.dimension)
    kind = None if index.kind == manifest.index.kind else f"{index.kind}, {manifest.index.kind}"
    yield Check("index is of the manifest's kind", kind)


def _vector_checks(index: Index) -> Iterator[Check]:
    lengths = index.lengths()

    def rows_where(name: str, wrong: npt.NDArray[np.bool_]) -> Check:
        rows = np.flatnonzero(wrong)
        more = ", …" if len(rows) > 5 else ""
        found = ", ".join(str(row) for row in rows[:5])
        return Check(name, f"not so in rows {found}{more}" if len(rows) else None)

    yield rows_where("vectors are finite", ~np.isfinite(lengths))
    far = ~(np.abs(lengths - 1) <= index.length_tolerance)
    yield rows_where("vectors have unit length", far)


def _sample_checks(snapshot: Snapshot) -> Iterator[Check]:
    """That a collection is that of this generation, by a few of its rows."""
    index, facts = snapshot.index, snapshot.manifest.index
    if not isinstance(index, MilvusIndex):
        return
    rows = sampled_rows(len(index))
    ids = index.ids_of(rows)
    same = ids == [snapshot.ids[row] for row in rows.tolist()]
    yield Check("collection has the ids", None if same else f"not so: {', '.join(ids[:5])}")
    same = digest_of(index.vectors_of(rows)) == facts.sampled
    yield Check("collection has the vectors", None if same else "they are others: build again")


def _collection_checks(snapshot: Snapshot, index: MilvusIndex) -> Iterator[Check]:
    """That a collection has what was published: vectors, ids and facets, row by row."""
    digest, wrong_ids, wrong_codes = hashlib.sha256(), [], []
    fields = {field_of(number): f for number, f in enumerate(snapshot.products.facets)}
    for start, rows in index.chunks([PRODUCT, VECTOR, *fields]):
        digest.update(little_endian(np.array([row[VECTOR] for row in rows], np.float32)))
        for number, row in enumerate(rows, start):
            if row[PRODUCT] != snapshot.ids[number]:
                wrong_ids.append(number)
            if any(row[field] != facet.codes[number] for field, facet in fields.items()):
                wrong_codes.append(number)
    facts = snapshot.manifest.index
    others = None if digest.hexdigest() == facts.vectors else "they are not those of the manifest"
    yield Check("vectors are those that were published", others)
    for name, wrong in (("ids", wrong_ids), ("facets", wrong_codes)):
        yield Check(
            f"{name} in the collection are the products'",
            f"not so in rows {wrong[:5]}" if wrong else None,
        )


def _recall_checks(index: Index, facts: IndexFacts) -> Iterator[Check]:
    if not isinstance(index, (IvfIndex, MilvusIndex)) or facts.kind == "flat":
        return
    found = (index.lists, index.nprobe)
    problem = None if found == (facts.lists, facts.nprobe) else f"{found[0]} and {found[1]}"
    yield Check("lists, and how many are searched, are the manifest's", problem)
    recall = calibration.own_recall(index, VERIFIED_ROWS)
    low = recall < facts.recall - RECALL_TOLERANCE
    yield Check(
        "recall is the manifest's", f"{recall:.3f} and not {facts.recall:.3f}" if low else None
    )
