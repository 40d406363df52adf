"""What must hold when the indexer was killed or its disk failed, whenever that was.

A trial takes a copy of an index folder, lets one run on it be struck, looks at what is left,
and runs again undisturbed. `Trials.struck` raises AssertionError where anything was lost.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gallery.live import LiveSnapshot
from tests.drawings import photo_bytes
from tests.faults import Fault, Machine, Ran
from tests.photo_server import PhotoServer, Reply
from vitrine.folder import IndexFolder
from vitrine.products import IndexedProduct, Order, PhotolessProduct
from vitrine.snapshot import Snapshot, verify


@dataclass(frozen=True, slots=True)
class Shown:
    """All that a generation shows, to be compared."""

    ids: tuple[str, ...]
    vectors: bytes
    products: tuple[IndexedProduct, ...]
    photoless: tuple[PhotolessProduct, ...]
    newest: tuple[int, ...]

    @classmethod
    def of(cls, snapshot: Snapshot) -> Shown:
        return cls(
            ids=snapshot.ids,
            vectors=snapshot.index.vectors().tobytes(),
            products=tuple(snapshot.products.all()),
            photoless=tuple(snapshot.products.all_photoless()),
            newest=tuple(np.asarray(snapshot.products.in_order(Order.NEWEST)).tolist()),
        )


def shown(folder: IndexFolder) -> Shown | None:
    """What a gallery that starts now shows, which is the current generation or nothing."""
    current = folder.current_name()
    if current:
        problems = [check for check in verify(folder.generation(current)) if check.problem]
        assert problems == [], problems
    snapshot = LiveSnapshot(folder, 0).snapshot()
    if snapshot is None:
        assert current is None
        return None
    assert snapshot.name == current
    return Shown.of(snapshot)


def stored(folder: IndexFolder) -> dict[str, str]:
    """Downloads and thumbnails: the SHA-256 of each file, by its path."""
    files = (p for part in ("photos", "thumbs") for p in (folder.root / part).rglob("*"))
    return {
        str(path.relative_to(folder.root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.is_file()
    }


def rubbish(folder: IndexFolder) -> list[str]:
    """What only a run that is under way has a use for."""
    names = [str(path.relative_to(folder.root)) for path in folder.root.rglob(".*")]
    return names + [path.name for path in (folder.holder,) if path.exists()]


def noted(folder: IndexFolder) -> set[str]:
    """The locations of all photos that the last run is known to have fetched."""
    if not folder.ledger.exists():
        return set()
    with closing(sqlite3.connect(folder.ledger)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'download'").fetchone():
            return set()
        query = "SELECT location FROM download WHERE run = (SELECT max(id) FROM run WHERE "
        query += "finished_at IS NULL) AND code IS NULL"
        return {location for (location,) in db.execute(query)}


class Trials:
    """Runs of one command on copies of one index folder, `base`, which may be empty."""

    def __init__(
        self, machine: Machine, server: PhotoServer, base: Path, arguments: Sequence[str]
    ) -> None:
        """`arguments` are those of the command, but for `--index`."""
        self._machine = machine
        self._server = server
        self._base = base
        self._arguments = arguments
        self._folder = IndexFolder(base.with_name(f"{base.name}-struck"))
        self._before = shown(IndexFolder(base))
        self._copy()
        undisturbed = self.run()
        assert undisturbed.status == 0, undisturbed.said
        self.calls = undisturbed.count
        self._after = shown(self._folder)
        self._stored = stored(self._folder)
        assert self._after is not None
        assert self._after != self._before

    def run(self, fault: Fault = Fault.NONE, at: int = 0) -> Ran:
        arguments = [*self._arguments, "--index", str(self._folder.root)]
        return self._machine.run(arguments, self._folder.root, fault, at)

    def spread(self, count: int) -> Iterator[int]:
        """So many calls of a run, the first and the last among them."""
        return iter(sorted({round(n) for n in np.linspace(1, self.calls, count)}))

    def struck(self, fault: Fault, at: int) -> Ran:
        """One trial; returns the run that was struck."""
        self._copy()
        self._server.counts.clear()
        struck = self.run(fault, at)
        where = f"{fault} at {at}, {struck.call}: status {struck.status}\n{struck.said}"
        if fault is Fault.KILL:
            assert struck.status in (-9, 0), where
        else:
            assert "Traceback" not in struck.said, where
            assert struck.status == 0 or (
                struck.status == 2 and "cannot be written" in struck.said
            ), where
        assert shown(self._folder) in (self._before, self._after), where
        assert struck.status != 0 or shown(self._folder) == self._after, where
        fetched = {self._path_of(location) for location in noted(self._folder)}
        sent = dict(self._server.counts)
        again = self.run()
        assert again.status == 0, f"{where}\nand then\n{again.said}"
        assert shown(self._folder) == self._after, where
        assert stored(self._folder) == self._stored, where
        assert rubbish(self._folder) == [], where
        twice = {path for path in fetched if self._server.counts[path] > sent.get(path, 0)}
        assert twice == set(), where
        return struck

    def _path_of(self, location: str) -> str:
        return "/" + location.split("/", 3)[-1]

    def _copy(self) -> None:
        shutil.rmtree(self._folder.root, ignore_errors=True)
        if self._base.exists():
            shutil.copytree(self._base, self._folder.root, symlinks=True)


def changed_shop(machine: Machine, server: PhotoServer, home: Path) -> Trials:
    """A build with something of everything to do: new, changed, renamed, moved and gone."""
    catalogue, base = home / "shop.csv", home / "index"

    def write(numbers: Sequence[int], title: str) -> None:
        rows = [f"p{n},{title} {n},{server.url(f'/{n}.png')}\n" for n in numbers]
        catalogue.write_text("ProductId,ProductTitle,ImageURL\n" + "".join(rows))

    def serve(number: int, body: bytes) -> None:
        server.replies[f"/{number}.png"] = Reply(body, etag=f'"{hash(body)}"')

    for number in range(7):
        serve(number, photo_bytes(number))
    allowed = ["--allow-host", server.endpoints[0]]
    arguments = ["build", str(catalogue), "--encoder", "handcrafted", *allowed]
    write(range(4), "Thing")
    first = machine.run([*arguments, "--index", str(base)], base)
    assert first.status == 0, first.said
    serve(1, photo_bytes(101))
    write([2, 1, 3, 4, 5, 6], "Other")
    return Trials(machine, server, base, arguments)
