"""Photos that people have searched with, so that their results have an address for a while."""

from __future__ import annotations

import logging
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vitrine.encoders.base import FloatArray

log = logging.getLogger("vitrine.gallery")

MAX_PHOTOS = 10_000
"""The oldest give way. Each takes some 4 KB, and 40 KB more where photos are kept."""

MAX_PHOTOS_IN_MEMORY = 1_000

PRIVATE = "private, no-store"
"""The `Cache-Control` of results: nothing between the gallery and its visitor keeps them."""

_TOKEN_BYTES = 16  # too many to try, and short enough for a chat
_LOCKED_SECONDS = 2.0  # for another process's write, which takes milliseconds

_SCHEMA_VERSION = 1

# Large values come last, so that SQLite reads the others without walking through them.
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS asked (
    token TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    expires_at REAL NOT NULL,
    vector BLOB NOT NULL,
    palette BLOB NOT NULL,
    preview BLOB
)""",
    "CREATE INDEX IF NOT EXISTS asked_expires_at ON asked (expires_at)",
)


_Row = tuple[int, int, float, bytes, bytes, bytes]


@dataclass(frozen=True, slots=True, eq=False)
class AskedPhoto:
    """A photo that was searched with.

    `token` is its secret name. `vector` is (d,), float32, of unit length, by the encoder of
    `fingerprint`, and `palette` a unit vector of its colours. `width` and `height` are the
    photo's, upright, in pixels. `preview` is a WebP file, or None where photos are not kept.
    `expires_at` is in seconds since 1970.
    """

    token: str
    vector: FloatArray
    palette: FloatArray
    fingerprint: str
    width: int
    height: int
    preview: bytes | None
    expires_at: float


class AskedPhotos:
    """The store of asked photos, in a file; safe for many threads and processes.

    Photos are remembered for so many `hours`, their previews only with `keeps_previews`.
    What expires is deleted with the next photo that is kept, and overwritten in the file.
    Where the file cannot be used, the process remembers photos in memory from then on,
    and says so once in the log. `clock` tells seconds since 1970.
    """

    def __init__(
        self,
        path: Path,
        hours: float,
        keeps_previews: bool,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._seconds = hours * 3600
        self._keeps_previews = keeps_previews
        self._clock = clock
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None  # opened when first needed
        self._max_photos = MAX_PHOTOS

    def keep(
        self,
        vector: FloatArray,
        palette: FloatArray,
        fingerprint: str,
        width: int,
        height: int,
        preview: bytes | None,
    ) -> AskedPhoto:
        """Remember a photo under a new token; answers with what `get` will find."""
        photo = AskedPhoto(
            token=secrets.token_urlsafe(_TOKEN_BYTES),
            vector=vector,
            palette=palette,
            fingerprint=fingerprint,
            width=width,
            height=height,
            preview=preview if self._keeps_previews else None,
            expires_at=self._clock() + self._seconds,
        )
        with self._lock:
            try:
                self._write(photo)
            except (sqlite3.Error, OSError) as error:
                self._fall_back(error)
                self._write(photo)
        return photo

    def get(self, token: str, fingerprint: str) -> AskedPhoto | None:
        """The photo of this token; None if unknown, expired, or by another encoder."""
        with self._lock:
            try:
                row = self._row(token, fingerprint)
            except (sqlite3.Error, OSError) as error:
                self._fall_back(error)
                return None
        if row is None:
            return None
        width, height, expires_at, vector, palette, preview = row
        return AskedPhoto(
            token=token,
            vector=_from_bytes(vector),
            palette=_from_bytes(palette),
            fingerprint=fingerprint,
            width=width,
            height=height,
            preview=preview,
            expires_at=expires_at,
        )

    def _write(self, photo: AskedPhoto) -> None:
        db = self._opened()
        with db:
            self._forget_expired(db)
            db.execute(
                "INSERT INTO asked VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    photo.token,
                    photo.fingerprint,
                    photo.width,
                    photo.height,
                    photo.expires_at,
                    _to_bytes(photo.vector),
                    _to_bytes(photo.palette),
                    photo.preview,
                ),
            )
            db.execute(
                "DELETE FROM asked WHERE rowid <= (SELECT max(rowid) FROM asked) - ?",
                (self._max_photos,),
            )

    def _row(
        self, token: str, fingerprint: str
    ) -> tuple[int, int, float, bytes, bytes, bytes] | None:
        found: tuple[int, int, float, bytes, bytes, bytes] | None = (
            self._opened()
            .execute(
                "SELECT width, height, expires_at, vector, palette, preview FROM asked "
                "WHERE token = ? AND fingerprint = ? AND expires_at > ?",
                (token, fingerprint, self._clock()),
            )
            .fetchone()
        )
        return found

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            # What people searched with is nobody else's on this machine.
            self._path.touch(mode=0o600)
            self._db = self._prepared(str(self._path))
        return self._db

    def _prepared(self, path: str) -> sqlite3.Connection:
        db = sqlite3.connect(path, timeout=_LOCKED_SECONDS, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA secure_delete = ON")
            with db:
                db.execute("BEGIN IMMEDIATE")
                (version,) = db.execute("PRAGMA user_version").fetchone()
                if version != _SCHEMA_VERSION:
                    # What is remembered for hours is not worth taking over.
                    db.execute("DROP TABLE IF EXISTS asked")
                    db.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
                for statement in _SCHEMA:
                    db.execute(statement)
                self._forget_expired(db)
                if not self._keeps_previews:  # and perhaps did, before the last start
                    db.execute("UPDATE asked SET preview = NULL WHERE preview IS NOT NULL")
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _forget_expired(self, db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM asked WHERE expires_at <= ?", (self._clock(),))

    def _fall_back(self, error: Exception) -> None:
        log.warning(
            "Can't remember in %s what people search with (%s): results of photos keep their "
            "addresses until the gallery stops. Make the folder writable, or delete the file.",
            self._path,
            error,
        )
        if self._db is not None:
            self._db.close()
        self._db = self._prepared(":memory:")
        self._max_photos = MAX_PHOTOS_IN_MEMORY


def _to_bytes(vector: FloatArray) -> bytes:
    return np.asarray(vector, dtype="<f4").tobytes()


def _from_bytes(data: bytes) -> FloatArray:
    return np.frombuffer(data, dtype="<f4").astype(np.float32)
