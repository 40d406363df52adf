"""The ledger: what was fetched, what it turned out to be, and which vectors it has.

SQLite in WAL mode. What costs anything to make again, a download, a vector, is committed
when it is made, so a killed run loses only what was under way, and the next run goes on
from there.
"""

from __future__ import annotations

import os
import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from indexer.amendments import Added, Amendments, HeldOut, as_known, as_product, as_text
from indexer.sketches import MEASURE, Sketch
from vitrine.encoders.base import FloatArray
from vitrine.failures import Failure, FailureCode
from vitrine.fetching import Validators
from vitrine.folder import FolderError
from vitrine.palettes import DIMENSION, Levels

LEDGER_VERSION = 1
APPLICATION_ID = 0x56495452  # "VITR": tells our file from any other SQLite file
RESUME_SECONDS = 24 * 3600  # an interrupted run older than that is begun anew, not resumed

SCHEMA = f"""
BEGIN;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {LEDGER_VERSION};
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    catalogue TEXT NOT NULL,
    started_at REAL NOT NULL,
    finished_at REAL
);
-- What lies at a reference (URL or file). sha256 is the last download's, and is kept when
-- a later attempt fails; code and message are the last attempt's. fallback is the last
-- photo from there that could be decoded, where sha256 is a later one.
CREATE TABLE download (
    location TEXT PRIMARY KEY,
    sha256 TEXT,
    fallback TEXT,
    etag TEXT,
    last_modified TEXT,
    code TEXT,
    message TEXT,
    checked_at REAL NOT NULL,
    run INTEGER NOT NULL REFERENCES run (id)
) WITHOUT ROWID;
-- What a download's bytes turned out to be.
CREATE TABLE photo (
    sha256 TEXT PRIMARY KEY,
    width INTEGER,
    height INTEGER,
    colour TEXT,
    code TEXT,
    message TEXT
) WITHOUT ROWID;
CREATE TABLE vector (
    sha256 TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (sha256, fingerprint)
) WITHOUT ROWID;
COMMIT;
"""


# Younger than the ledgers that lack it; those are of the same version all the same.
PRODUCT_TABLE = """
-- When a product was first published with a photo.
CREATE TABLE IF NOT EXISTS product (
    id TEXT PRIMARY KEY,
    first_seen REAL NOT NULL
) WITHOUT ROWID;
"""

# Likewise. What the owner wants besides what the catalogue says; see `indexer.amendments`.
AMENDMENT_TABLES = """
CREATE TABLE IF NOT EXISTS added (
    id TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    product TEXT NOT NULL,
    origin TEXT NOT NULL,
    stands INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS held_out (
    id TEXT PRIMARY KEY,
    row INTEGER NOT NULL,
    product TEXT NOT NULL
) WITHOUT ROWID;
"""


# Likewise. How a photo looks at a glance, and how far two photos differ, in levels of 255.
# `one` comes before `other` in the alphabet.
SKETCH_TABLES = """
CREATE TABLE IF NOT EXISTS sketch (
    sha256 TEXT PRIMARY KEY,
    measure INTEGER NOT NULL,
    data BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS comparison (
    one TEXT NOT NULL,
    other TEXT NOT NULL,
    measure INTEGER NOT NULL,
    difference REAL NOT NULL,
    PRIMARY KEY (one, other)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Download:
    """What is known of one reference. `failure` is the last attempt's, `run` its run.

    `fallback` is the last photo from there that could be decoded, before `sha256`.
    """

    sha256: str | None
    fallback: str | None
    validators: Validators
    failure: Failure | None
    run: int


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """A decoded photo: its size in pixels, upright, and its dominant colour."""

    width: int
    height: int
    colour: str


class Ledger:
    """Open it with `with`. One process, one thread."""

    def __init__(self, path: Path) -> None:
        """Open or create. Raises `FolderError` for another program's or a newer file.

        In a folder that cannot be written to, it can be read all the same.
        """
        self._db = _connected(path)
        try:
            self._create_or_check(path)
            # A killed process loses nothing in WAL mode even with NORMAL; a power cut
            # may lose the last records, which are then simply made again.
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute(PRODUCT_TABLE)
            self._db.executescript(AMENDMENT_TABLES)
            self._db.executescript(SKETCH_TABLES)
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()

    def begin_run(self, catalogue: str, *, goes_on: bool = False) -> int:
        """Number of the run: a new one, or the last one if it was interrupted lately.

        One that `goes_on` is the last one though that was finished, if that was lately.
        """
        record = self._db.execute(
            "SELECT id FROM run WHERE catalogue = ? AND (finished_at IS NULL OR ?) "
            "AND started_at > ? AND id = (SELECT max(id) FROM run)",
            (catalogue, goes_on, time.time() - RESUME_SECONDS),
        ).fetchone()
        if record:
            self._db.execute("UPDATE run SET finished_at = NULL WHERE id = ?", record)
            return int(record[0])
        started = self._db.execute(
            "INSERT INTO run (catalogue, started_at) VALUES (?, ?)", (catalogue, time.time())
        )
        assert started.lastrowid is not None
        return started.lastrowid

    def last_catalogue(self) -> str | None:
        """Where the catalogue of the last run is; None before the first."""
        record = self._db.execute("SELECT catalogue FROM run ORDER BY id DESC LIMIT 1").fetchone()
        return str(record[0]) if record else None

    def begin_errand(self) -> int:
        """Number for what is fetched beside any build: new, and lower than every run's.

        So a build that was interrupted goes on as if nothing had come between.
        """
        return -time.time_ns()

    def finish_run(self, run: int) -> None:
        self._db.execute("UPDATE run SET finished_at = ? WHERE id = ?", (time.time(), run))

    def downloads(self) -> dict[str, Download]:
        """Everything known, by location."""
        query = (
            "SELECT location, sha256, fallback, etag, last_modified, code, message, run "
            "FROM download"
        )
        return {
            location: Download(
                sha256, fallback, Validators(etag, modified), _failure(code, message), run
            )
            for location, sha256, fallback, etag, modified, code, message, run in self._db.execute(
                query
            )
        }

    def failures(self) -> list[tuple[str, Failure]]:
        """What failed in the last run, by location: fetching, or decoding what was fetched."""
        query = (
            "SELECT location, coalesce(download.code, photo.code), "
            "coalesce(download.message, photo.message) "
            "FROM download LEFT JOIN photo USING (sha256) "
            "WHERE run = (SELECT max(id) FROM run) "
            "AND coalesce(download.code, photo.code) IS NOT NULL ORDER BY location"
        )
        return [
            (location, Failure(FailureCode(code), message))
            for location, code, message in self._db.execute(query)
        ]

    def record_download(
        self,
        location: str,
        sha256: str,
        validators: Validators,
        run: int,
        fallback: str | None = None,
    ) -> None:
        etag, modified, now = validators.etag, validators.last_modified, time.time()
        self._db.execute(
            "INSERT OR REPLACE INTO download VALUES (?, ?, ?, ?, ?, NULL, NULL, ?, ?)",
            (location, sha256, fallback, etag, modified, now, run),
        )

    def record_unchanged(self, locations: Sequence[str], run: int) -> None:
        """Note that what was downloaded from each of these is still the same, all or none."""
        now = time.time()
        with self._together():
            self._db.executemany(
                "UPDATE download SET code = NULL, message = NULL, checked_at = ?, run = ? "
                "WHERE location = ?",
                ((now, run, location) for location in locations),
            )

    def record_failure(self, location: str, failure: Failure, run: int) -> None:
        """Note a failed attempt; what was downloaded before stays known."""
        self._db.execute(
            "INSERT INTO download (location, code, message, checked_at, run) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (location) DO UPDATE SET code = excluded.code, "
            "message = excluded.message, checked_at = excluded.checked_at, run = excluded.run",
            (location, failure.code, failure.message, time.time(), run),
        )

    def photos(self) -> dict[str, PhotoFacts | Failure]:
        """Every photo that was ever decoded, by SHA-256."""
        query = "SELECT sha256, width, height, colour, code, message FROM photo"
        return {
            sha256: _failure(code, message) or PhotoFacts(width, height, colour)
            for sha256, width, height, colour, code, message in self._db.execute(query)
        }

    def record_photos(self, outcomes: Mapping[str, PhotoFacts | Failure]) -> None:
        """Note what downloads turned out to be, by SHA-256, all or none."""
        records = [(sha256, *_columns(outcome)) for sha256, outcome in outcomes.items()]
        with self._together():
            self._db.executemany("INSERT OR REPLACE INTO photo VALUES (?, ?, ?, ?, ?, ?)", records)

    def embedded(self, fingerprint: str) -> set[str]:
        """SHA-256 of every photo that has a vector of this encoder."""
        query = "SELECT sha256 FROM vector WHERE fingerprint = ?"
        return {sha256 for (sha256,) in self._db.execute(query, [fingerprint])}

    def record_vectors(self, fingerprint: str, sha256s: Sequence[str], vectors: FloatArray) -> None:
        """Store rows of an array (n, d) for n photos, all or none."""
        records = [
            (sha256, fingerprint, vector.astype("<f4").tobytes())
            for sha256, vector in zip(sha256s, vectors, strict=True)
        ]
        with self._together():
            self._db.executemany("INSERT OR REPLACE INTO vector VALUES (?, ?, ?)", records)

    def vectors(self, fingerprint: str, sha256s: Iterable[str]) -> Iterator[FloatArray]:
        """The stored vectors (d,) of these photos, in their order. KeyError for a missing one."""
        query = "SELECT data FROM vector WHERE sha256 = ? AND fingerprint = ?"
        for sha256 in sha256s:
            record = self._db.execute(query, (sha256, fingerprint)).fetchone()
            if record is None:
                raise KeyError(sha256)
            yield np.frombuffer(record[0], dtype="<f4")

    def sketched(self) -> set[str]:
        """SHA-256 of every photo that has a sketch."""
        query = "SELECT sha256 FROM sketch WHERE measure = ?"
        return {sha256 for (sha256,) in self._db.execute(query, [MEASURE])}

    def sketches(self, sha256s: Iterable[str]) -> dict[str, Sketch]:
        """The sketches of those of these photos that have one."""
        query = "SELECT data FROM sketch WHERE sha256 = ? AND measure = ?"
        found = {i: self._db.execute(query, (i, MEASURE)).fetchone() for i in sha256s}
        return {i: Sketch.from_bytes(zlib.decompress(r[0])) for i, r in found.items() if r}

    def palettes(self, sha256s: Sequence[str]) -> Levels:
        """The palettes (n, DIMENSION) of these photos, from their sketches; zeros without one."""
        palettes = np.zeros((len(sha256s), DIMENSION), dtype=np.uint8)
        query = "SELECT data FROM sketch WHERE sha256 = ? AND measure = ?"
        for row, sha256 in enumerate(sha256s):
            if record := self._db.execute(query, (sha256, MEASURE)).fetchone():
                # It comes first, and what follows is many times as long.
                first = zlib.decompressobj().decompress(record[0], DIMENSION)
                palettes[row] = np.frombuffer(first, dtype=np.uint8)
        return palettes

    def record_sketches(self, sketches: Mapping[str, Sketch]) -> None:
        """Store the sketches of photos by their SHA-256, all or none."""
        records = [(i, MEASURE, zlib.compress(s.to_bytes(), 1)) for i, s in sketches.items()]
        with self._together():
            self._db.executemany("INSERT OR REPLACE INTO sketch VALUES (?, ?, ?)", records)

    def comparison(self, one: str, other: str) -> float | None:
        """How far two photos differ, whichever comes first; None where that is not known."""
        query = "SELECT difference FROM comparison WHERE one = ? AND other = ? AND measure = ?"
        record = self._db.execute(query, (*sorted((one, other)), MEASURE)).fetchone()
        return None if record is None else float(record[0])

    def record_comparisons(self, differences: Mapping[tuple[str, str], float]) -> None:
        """Note how far pairs of photos differ, all or none."""
        records = [(*sorted(pair), MEASURE, d) for pair, d in differences.items()]
        with self._together():
            self._db.executemany("INSERT OR REPLACE INTO comparison VALUES (?, ?, ?, ?)", records)

    def first_seen(self) -> dict[str, float]:
        """When each product was first published with a photo, in seconds since 1970, by id."""
        return dict(self._db.execute("SELECT id, first_seen FROM product"))

    def record_published(self, product_ids: Iterable[str], at: float) -> None:
        """Note what is published with a photo; what was so before keeps its time."""
        records = [(product_id, at) for product_id in product_ids]
        with self._together():
            self._db.executemany("INSERT OR IGNORE INTO product VALUES (?, ?)", records)

    def amendments(self) -> Amendments:
        """What was added and held out by hand, in the order in which it was."""
        added = self._db.execute("SELECT product, origin, stands FROM added ORDER BY position")
        held_out = self._db.execute("SELECT product, row FROM held_out ORDER BY row, id")
        return Amendments.of(
            (Added(as_product(text), origin, bool(stands)) for text, origin, stands in added),
            (HeldOut(as_known(text), row) for text, row in held_out),
        )

    def record_amendments(self, amendments: Amendments) -> None:
        """Let these be all that there are."""
        with self._together():
            self._db.execute("DELETE FROM added")
            self._db.execute("DELETE FROM held_out")
            self._db.executemany(
                "INSERT INTO added VALUES (?, ?, ?, ?, ?)",
                (
                    (a.product.id, position, as_text(a.product), a.origin, a.stands)
                    for position, a in enumerate(amendments.added.values())
                ),
            )
            self._db.executemany(
                "INSERT INTO held_out VALUES (?, ?, ?)",
                ((h.product.id, h.row, as_text(h.product)) for h in amendments.held_out.values()),
            )

    @contextmanager
    def _together(self) -> Iterator[None]:
        """All that is written within, or nothing of it."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # A full disk has ended the transaction already.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _create_or_check(self, path: Path) -> None:
        try:
            (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if not tables:
                self._db.executescript(SCHEMA)
            (application,) = self._db.execute("PRAGMA application_id").fetchone()
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
        except sqlite3.OperationalError:
            raise  # no space left, no right to write: nothing is wrong with the file
        except sqlite3.DatabaseError:
            application, version = None, 0
        if application != APPLICATION_ID:
            raise FolderError(f"{path} is no ledger of Vitrine. Give another folder for the index.")
        if version > LEDGER_VERSION:
            raise FolderError(
                f"{path} was written by a newer Vitrine (ledger version {version}; this one knows "
                f"{LEDGER_VERSION}). Update Vitrine, or give another folder for the index."
            )


def _connected(path: Path) -> sqlite3.Connection:
    if os.access(path.parent, os.W_OK):
        return sqlite3.connect(path, isolation_level=None)
    # In WAL mode a reader writes beside the file as well, unless it is told that nobody can.
    log = path.with_name(f"{path.name}-wal")
    how = "mode=ro" if log.exists() else "immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None)


def _columns(outcome: PhotoFacts | Failure) -> tuple[object, ...]:
    if isinstance(outcome, Failure):
        return None, None, None, str(outcome.code), outcome.message
    return outcome.width, outcome.height, outcome.colour, None, None


def _failure(code: str | None, message: str | None) -> Failure | None:
    return None if code is None else Failure(FailureCode(code), message or "")
