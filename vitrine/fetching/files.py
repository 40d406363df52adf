"""Photos that lie beside the catalogue."""

from __future__ import annotations

import stat
from pathlib import Path

from vitrine.failures import Failure, FailureCode
from vitrine.fetching.records import Fetched, NotModified, Outcome, Validators


def read_file(location: str, validators: Validators | None, max_bytes: int) -> Outcome:
    """A local photo's bytes, unless its modification time and size are those of `validators`.

    Failures: `NO_FILE` (missing, unreadable, or no regular file), `TOO_LARGE`, `EMPTY`.
    """
    path = Path(location)
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return Failure(FailureCode.NO_FILE, f"{location}: not a file")
        current = Validators(last_modified=f"{found.st_mtime_ns} {found.st_size}")
        if validators == current:
            return NotModified()
        with path.open("rb") as file:
            body = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        return Failure(FailureCode.NO_FILE, f"{location}: {cause}")
    if len(body) > max_bytes:
        return Failure(FailureCode.TOO_LARGE, f"{location}: more than {max_bytes:,} bytes")
    if not body:
        return Failure(FailureCode.EMPTY, f"{location}: no bytes")
    return Fetched(body, current)
