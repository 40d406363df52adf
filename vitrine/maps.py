"""The map of a generation: where each product lies in the plane, by likeness, and its windows.

The plane is a square lattice of 2^depth × 2^depth cells, and every product has a cell of its
own there. At zoom z the map is 2^z tiles wide: a tile stands for all products whose cells lie
under it, and shows the most typical one. So each tile of a zoom is there at every deeper one,
what is seen does not depend on where the window begins, and at the deepest zoom every product
has a tile to itself.

A map is named by the hash of the vectors that it was made from: it can be shown for no other
generation, and a generation whose products have new titles alone keeps it.
"""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vitrine.folder import UNFINISHED, IndexFolder, sync_file, sync_folder, write_whole
from vitrine.products import Rows
from vitrine.snapshot import Manifest, Snapshot, SnapshotError, read_manifest

Cells = npt.NDArray[np.int64]
"""Columns and rows on the lattice, counted from the top left, array (n, 2)."""

FORMAT_VERSION = 1
MAX_DEPTH = 16  # 65,536 cells across; a catalogue of a million products needs 12
WRITING_SECONDS = 60  # a map's file is written in far less


class MapError(Exception):
    """A generation has no map that can be shown; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class ProductMap:
    """`cells` (n, 2) of each row of the index, all different; `order` (n,) has the rows, the
    most typical of what surrounds them first. Neither may be written to."""

    depth: int
    cells: Cells
    order: Rows

    def __len__(self) -> int:
        return len(self.order)

    @property
    def side(self) -> int:
        """How many cells the lattice is wide and high."""
        return 1 << self.depth

    def positions(self, rows: Rows) -> npt.NDArray[np.float64]:
        """The middles of the cells of these rows (m, 2), in the unit square."""
        return (self.cells[rows] + 0.5) / self.side


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the map at one zoom: `across` × `down` tiles from `column` and `row` on."""

    zoom: int
    column: int
    row: int
    across: int
    down: int


@dataclass(frozen=True, slots=True, eq=False)
class Tiles:
    """The tiles of a window (m,), the most typical first: `rows` of the index, where each
    stands at this zoom, and how many products it stands for."""

    rows: Rows
    cells: Cells
    sizes: Rows


def tiles_in(product_map: ProductMap, window: Window, rows: Rows) -> Tiles:
    """The tiles of a window, when the map has these rows alone, in the order of the map."""
    shift = product_map.depth - window.zoom
    columns = (product_map.cells[rows, 0] >> shift) - window.column
    lines = (product_map.cells[rows, 1] >> shift) - window.row
    inside = (columns >= 0) & (columns < window.across) & (lines >= 0) & (lines < window.down)
    seen = np.flatnonzero(inside)
    keys = lines[seen] * window.across + columns[seen]
    sizes = np.bincount(keys)
    # Of several products under a tile the last that is noted stays: the first in the order.
    firsts = np.zeros(len(sizes), dtype=np.int64)
    firsts[keys[::-1]] = seen[::-1]
    tiles = np.flatnonzero(sizes)
    tiles = tiles[np.argsort(firsts[tiles])]
    lines, columns = np.divmod(tiles, window.across)
    cells = np.stack([columns + window.column, lines + window.row], axis=1)
    return Tiles(rows[firsts[tiles]], cells, sizes[tiles])


def map_path(folder: IndexFolder, snapshot: Snapshot) -> Path:
    """Where a generation's map is kept, if it has one."""
    return folder.map(snapshot.manifest.vectors_hash)


def write_map(folder: IndexFolder, snapshot: Snapshot, product_map: ProductMap) -> None:
    """Keep a generation's map, and forget those of generations that are gone."""
    path = map_path(folder, snapshot)
    body = io.BytesIO()
    np.savez_compressed(
        body,
        format_version=np.int64(FORMAT_VERSION),
        depth=np.int64(product_map.depth),
        cells=product_map.cells.astype("<i4"),
        order=product_map.order.astype("<i4"),
    )
    write_whole(path, body.getvalue())
    sync_file(path)
    sync_folder(path.parent)
    _forget_others(folder, snapshot)


def read_map(folder: IndexFolder, snapshot: Snapshot) -> ProductMap:
    """The map of a generation; raises `MapError` where there is none, or a damaged one."""
    path = map_path(folder, snapshot)
    try:
        body = io.BytesIO(path.read_bytes())
        # The container keeps a checksum of each array, so what reads is what was written.
        with np.load(body, allow_pickle=False) as stored:
            version, depth = int(stored["format_version"]), int(stored["depth"])
            cells, order = stored["cells"].astype(np.int64), stored["order"].astype(np.int64)
    except FileNotFoundError:
        raise MapError(f"{snapshot.name} has no map") from None
    except Exception as error:  # whatever a library throws at damaged bytes
        raise MapError(f"the map of {snapshot.name} cannot be read: {error}") from error
    problem = _problem(version, depth, cells, order, len(snapshot))
    if problem:
        raise MapError(f"the map of {snapshot.name} cannot be used: {problem}")
    cells.flags.writeable = order.flags.writeable = False
    return ProductMap(depth, cells, order)


def is_behind(folder: IndexFolder, manifest: Manifest) -> bool:
    """Whether a map was made here, and none of this generation."""
    is_there = folder.maps.is_dir() and any(folder.maps.glob("*.npz"))
    return is_there and not folder.map(manifest.vectors_hash).exists()


def _problem(version: int, depth: int, cells: Cells, order: Rows, products: int) -> str | None:
    if version != FORMAT_VERSION:
        return f"its format is {version}, and {FORMAT_VERSION} is read here"
    if not 0 <= depth <= MAX_DEPTH:
        return f"its depth is {depth}"
    if cells.shape != (products, 2) or order.shape != (products,):
        return "it is of another number of products"
    if not np.array_equal(np.sort(order), np.arange(products)):
        return "its order has not every product once"
    if products and (cells.min() < 0 or cells.max() >= 1 << depth):
        return "a product lies outside"
    return None


def _forget_others(folder: IndexFolder, snapshot: Snapshot) -> None:
    kept = {snapshot.manifest.vectors_hash}
    for name in folder.generation_names():
        try:
            kept.add(read_manifest(folder.generation(name)).vectors_hash)
        except (SnapshotError, KeyError):
            continue
    names = {folder.map(vectors).name for vectors in kept}
    for path in folder.maps.iterdir():
        if path.name not in names and not _is_being_written(path):
            path.unlink(missing_ok=True)


def _is_being_written(path: Path) -> bool:
    """Whether another process is at it now; one that was killed leaves what has grown old."""
    try:
        age_s = time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return True
    return path.name.startswith(UNFINISHED) and age_s < WRITING_SECONDS
