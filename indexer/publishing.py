"""Entries → a new generation: written whole, checked, flushed, then switched to."""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from indexer.collections import (
    Records,
    filled,
    forget,
    generation_of,
    refuse_foreign,
    switch_to,
)
from indexer.indexing import DEFAULT_WISH, IndexWish, made_index
from vitrine.encoders.base import FloatArray
from vitrine.folder import IndexFolder, sync_file, sync_folder
from vitrine.index.server import MilvusError
from vitrine.palettes import DIMENSION, Levels
from vitrine.products import IndexedProduct, NearCopy, PhotolessProduct, Products, write_products
from vitrine.snapshot import (
    FILES,
    FORMAT_VERSION,
    IDS_FILE,
    INDEX_FILE,
    MANIFEST_FILE,
    PALETTES_FILE,
    PRODUCTS_FILE,
    CatalogueFacts,
    EncoderFacts,
    IndexFacts,
    Manifest,
    SnapshotError,
    file_hash,
    open_current,
    published_name,
    read_manifest,
    verify,
)

KEPT_GENERATIONS = 3  # the current one, and two to go back to
LIBRARIES = ("faiss-cpu", "numpy", "pillow")  # what shapes the artefacts' bytes


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a generation holds, but the vectors; row i is `products[i]`.

    `facets` are the columns to narrow by, in the order to show them in. `first_seen` (n,)
    has when each product was first published, in seconds since 1970.
    """

    catalogue: CatalogueFacts
    encoder: EncoderFacts
    facets: Sequence[str]
    products: Sequence[IndexedProduct]
    photoless: Sequence[PhotolessProduct]
    first_seen: Sequence[float]

    @property
    def digest(self) -> str:
        """Equal for equal contents: a second run with nothing to do publishes nothing.

        `first_seen` adds nothing to it: a product's is noted once, and never changes.
        """
        digest = hashlib.sha256(f"{FORMAT_VERSION} {self.encoder.fingerprint}\n".encode())
        encoded = json.JSONEncoder(ensure_ascii=False).encode
        for line in self._lines():
            digest.update(encoded(line).encode() + b"\n")
        return digest.hexdigest()

    def _lines(self) -> Iterator[list[object]]:
        for p in self.products:
            yield [p.id, p.title, p.image_url, *p.facts.items(), p.sha256]
        for q in self.photoless:
            yield [q.id, q.title, q.image_url, *q.facts.items(), q.code]


def is_published(folder: IndexFolder, contents: Contents, wish: IndexWish = DEFAULT_WISH) -> bool:
    """Whether the current generation holds just this already, as wished, and is sound."""
    try:
        manifest = read_manifest(folder.generation(published_name(folder)))
        is_there = manifest.index.address == (str(folder.vectors) if folder.vectors else None)
        is_same = is_there and manifest.content == contents.digest and wish.is_met_by(manifest)
        return is_same and bool(open_current(folder))
    except SnapshotError:
        return False


def publish(
    folder: IndexFolder,
    contents: Contents,
    vectors: FloatArray,
    near_copies: Sequence[NearCopy] = (),
    wish: IndexWish = DEFAULT_WISH,
    palettes: Levels | None = None,
) -> str:
    """Write, check and switch to a new generation; returns its name.

    `vectors` (n, d) has the unit vector of `contents.products[i]` in row i, and `palettes` the
    palette; without any, no product has a colour to be found by. Raises
    `SnapshotError` where what was written fails a check, and `MilvusError` where Milvus does not
    take the vectors: then nothing is switched. The lists
    of an IVF index are taken over from the generation before where they serve as well.
    """
    refuse_foreign(folder)
    now = datetime.now(UTC)
    digest = contents.digest  # of a million products it takes seconds
    name = f"{now:%Y%m%dT%H%M%S.%fZ}-{digest[:8]}"
    # What has its final name is whole and checked; what a killed run left behind has not.
    for unfinished in folder.generations.glob(".*"):
        _remove(folder, unfinished)
    before = folder.current_name()
    home = folder.generation(f".{name}")
    home.mkdir(parents=True)
    try:
        ids = [product.id for product in contents.products]
        (home / IDS_FILE).write_text(json.dumps(ids, ensure_ascii=False), encoding="utf-8")
        write_products(
            home / PRODUCTS_FILE,
            contents.products,
            contents.photoless,
            contents.facets,
            contents.first_seen,
            near_copies,
        )
        if palettes is None:
            palettes = np.zeros((len(ids), DIMENSION), dtype=np.uint8)
        np.save(home / PALETTES_FILE, palettes)
        facts = _indexed(folder, home, vectors, ids, wish, contents.encoder)
        files = FILES if facts.address else (INDEX_FILE, *FILES)
        manifest = Manifest(
            format_version=FORMAT_VERSION,
            created_at=now.isoformat(timespec="seconds"),
            content=digest,
            products=len(ids),
            dimension=vectors.shape[1],
            encoder=contents.encoder,
            index=facts,
            catalogue=contents.catalogue,
            failures=dict(Counter(str(p.code) for p in contents.photoless)),
            files={file: file_hash(home / file) for file in files},
            versions={"python": platform.python_version()}
            | {library: version(library) for library in LIBRARIES},
        )
        (home / MANIFEST_FILE).write_text(
            manifest.sealed().model_dump_json(indent=2, exclude_none=True) + "\n", encoding="utf-8"
        )
        for check in verify(home, folder.vectors):
            if check.problem:
                raise SnapshotError(f"{name} was not published: {check.name}: {check.problem}")
        for file in (*files, MANIFEST_FILE):
            sync_file(home / file)
        sync_folder(home)
        home.rename(folder.generation(name))
        sync_folder(folder.generations)
    except BaseException:
        _remove(folder, home)
        raise
    try:
        switch_to(folder, name, manifest)
    except MilvusError:
        folder.generation(name).rename(home)
        _remove(folder, home)
        raise
    # What is published is so, whether there is an old one too many or not.
    with contextlib.suppress(OSError):
        _forget_old(folder, name, before)
    return name


def _indexed(
    folder: IndexFolder,
    home: Path,
    vectors: FloatArray,
    ids: Sequence[str],
    wish: IndexWish,
    encoder: EncoderFacts,
) -> IndexFacts:
    """Index the vectors (n, d) where they are to be; the products are in `home` already."""
    if folder.vectors is None:
        return made_index(home / INDEX_FILE, vectors, wish, _lists_of(folder, encoder))
    facets = {facet.name: facet.codes.tolist() for facet in Products(home / PRODUCTS_FILE).facets}
    return filled(folder.vectors, generation_of(home), vectors, Records(ids, facets), wish)


def stacked(vectors: Iterator[FloatArray], count: int, dimension: int) -> FloatArray:
    """Vectors (d,) one after the other → array (n, d), without holding them twice."""
    out = np.empty((count, dimension), dtype=np.float32)
    for row, vector in enumerate(vectors):
        out[row] = vector
    return out


def _lists_of(folder: IndexFolder, encoder: EncoderFacts) -> Path | None:
    """The published index, where it has lists for vectors of this encoder."""
    try:
        generation = folder.generation(published_name(folder))
        manifest = read_manifest(generation)
    except SnapshotError:
        return None
    same = manifest.encoder.fingerprint == encoder.fingerprint
    return generation / INDEX_FILE if same and manifest.index.kind == "ivf" else None


def _forget_old(folder: IndexFolder, current: str, before: str | None) -> None:
    """Keep the current generation, the one before it, and the newest of the others.

    The one before may be old: where someone has rolled back to it, it is the one to trust.
    """
    last = [name for name in (current, before) if name]
    others = [name for name in folder.generation_names() if name not in last]
    for name in others[KEPT_GENERATIONS - len(last) :]:
        # Without its name first: what a killed run has half removed is no generation.
        doomed = folder.generation(f".{name}")
        folder.generation(name).rename(doomed)
        _remove(folder, doomed)


def _remove(folder: IndexFolder, home: Path) -> None:
    """Remove a generation and its collection; if that can't be now, both are at the next one."""
    if forget(folder, home):
        shutil.rmtree(home, ignore_errors=True)
