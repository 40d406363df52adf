"""Photos that lie beside the catalogue, each in a file of its own or many in one."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

from vitrine.failures import Failure, FailureCode
from vitrine.fetching.records import Fetched, NotModified, Outcome, Validators
from vitrine.idx import IdxError, Member, PictureFile

# A set has two files; the temporary files of more are not kept.
_KEPT_OPEN = 4


class LocalFiles:
    """Reads local photos; may be used from several threads. Close it."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._open: dict[str, tuple[Validators, PictureFile]] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        with self._lock:
            while self._open:
                self._open.popitem()[1][1].close()

    def read(self, location: str, validators: Validators | None) -> Outcome:
        """A photo's bytes, unless its file's modification time and size are as in `validators`.

        A picture of an IDX file comes as a PNG. Failures: `NO_FILE` (missing, unreadable,
        no regular file, or no picture of this number), `TRUNCATED` (an IDX file that is
        not what it says), `TOO_LARGE`, `EMPTY`.
        """
        member = Member.of(location)
        path = Path(member.file if member else location)
        try:
            found = path.stat()
            if not stat.S_ISREG(found.st_mode):
                return Failure(FailureCode.NO_FILE, f"{location}: not a file")
            current = _validators(found)
            if validators == current:
                return NotModified()
            body = self._picture(path, current, member.number) if member else self._whole(path)
        except IdxError as error:
            return Failure(FailureCode.TRUNCATED, f"{location}: {error}")
        except (OSError, ValueError) as error:
            cause = getattr(error, "strerror", None) or str(error)
            return Failure(FailureCode.NO_FILE, f"{location}: {cause}")
        return self._judged(body, location) or Fetched(body, current)

    def _whole(self, path: Path) -> bytes:
        """A file's bytes, or one more than there may be of them."""
        with path.open("rb") as file:
            return file.read(self._max_bytes + 1)

    def _judged(self, body: bytes, location: str) -> Failure | None:
        if len(body) > self._max_bytes:
            cause = f"more than {self._max_bytes:,} bytes"
            return Failure(FailureCode.TOO_LARGE, f"{location}: {cause}")
        return None if body else Failure(FailureCode.EMPTY, f"{location}: no bytes")

    def _picture(self, path: Path, current: Validators, number: int) -> bytes:
        """From the file as it is now; what has been opened before it changed is closed."""
        with self._lock:
            kept = self._open.get(str(path))
            if kept is None or kept[0] != current:
                if kept or len(self._open) >= _KEPT_OPEN:
                    self._open.pop(str(path) if kept else next(iter(self._open)))[1].close()
                kept = self._open[str(path)] = current, PictureFile(path)
            return kept[1].png(number)


def _validators(found: os.stat_result) -> Validators:
    return Validators(last_modified=f"{found.st_mtime_ns} {found.st_size}")
