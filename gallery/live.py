"""Which snapshot is current: opened when first asked for, swapped when a newer one is published."""

from __future__ import annotations

import logging
import threading
import time
from enum import StrEnum

from vitrine.folder import IndexFolder
from vitrine.index.server import MilvusError
from vitrine.snapshot import (
    NewerFormatError,
    OlderFormatError,
    Snapshot,
    SnapshotError,
    open_snapshot,
)

log = logging.getLogger("vitrine.gallery")

AGAIN_S = 2.0  # between two tries where a database does not answer


class Absence(StrEnum):
    """Why there is nothing to serve, in words for any stranger."""

    NO_INDEX = "There is no index yet."
    NOT_OURS = "The index folder holds other files, and no index."
    NEWER_FORMAT = "The index was made by a newer Vitrine than this one."
    OLDER_FORMAT = "The index was made by an older Vitrine than this one."
    DAMAGED = "The index is damaged, and no earlier one is left."
    UNREACHABLE = "The vectors are in a database that does not answer now."

    def command(self, folder: str) -> str:
        """What the owner can run; `folder` is what to call the index folder, if anything."""
        if self is Absence.NOT_OURS:
            return "python app.py --index FOLDER"
        if self is Absence.UNREACHABLE:
            return "python -m indexer verify" + (f" --index {folder}" if folder else "")
        if self is Absence.NO_INDEX and not folder:
            return "python -m indexer"
        return "python -m indexer build CATALOGUE" + (f" --index {folder}" if folder else "")


class LiveSnapshot:
    """The snapshot to answer with now. Safe to ask from many threads.

    Asked at any time, it looks at most every `reload_seconds` whether another
    generation has been published. While it has none it opens that one at once and
    lets the request wait; else in the background, and goes on answering with the
    one that it has. A generation that fails a check is tried and logged once; one that
    can't be read just now, as when too many files are open, is tried again.
    """

    def __init__(self, folder: IndexFolder, reload_seconds: float) -> None:
        self._folder = folder
        self._reload_seconds = reload_seconds
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._looked_at = float("-inf")
        self._tried: str | None = None
        self._told_of: str | None = None
        self._opening = False
        self._is_unreachable = False
        self.absence = Absence.NO_INDEX

    def snapshot(self) -> Snapshot | None:
        """The current snapshot; None where nothing can be served, and then see `absence`."""
        with self._lock:
            if not self._opening and time.monotonic() - self._looked_at >= self._reload_seconds:
                self._look()
                self._looked_at = time.monotonic()
            return self._snapshot

    def _look(self) -> None:
        name = self._folder.current_name()
        if name is None and self._snapshot is None:
            self._note_absence(Absence.NOT_OURS if self._is_not_ours() else Absence.NO_INDEX)
        if name is None or name == self._tried:
            return
        self._tried = name
        if self._snapshot is None and not self._is_unreachable:
            self._snapshot = self._opened(name)
            if self._snapshot is None and not self._is_unreachable:
                self._snapshot = self._newest_before(name)
        else:
            self._opening = True
            threading.Thread(target=self._swap, args=[name], daemon=True).start()

    def _swap(self, name: str) -> None:
        try:
            opened = self._opened(name)
            if opened is not None:
                self._snapshot = opened
            elif self._is_unreachable:
                time.sleep(AGAIN_S)
            elif self._snapshot is not None:
                log.warning("Still serving generation %s.", self._snapshot.name)
        finally:
            self._opening = False

    def _newest_before(self, name: str) -> Snapshot | None:
        """An older generation. Newer ones than the current have been rolled back from."""
        for older in (other for other in self._folder.generation_names() if other < name):
            if opened := self._opened(older):
                log.warning("Serving the older generation %s instead.", older)
                return opened
        return None

    def _opened(self, name: str) -> Snapshot | None:
        try:
            opened = open_snapshot(self._folder.generation(name), self._folder.vectors)
            opened.index.make_ready()
            self._is_unreachable = False
        except (SnapshotError, OSError) as error:
            self._is_unreachable = isinstance(error, MilvusError)
            if name != self._told_of:
                log.error("Can't serve a generation of %s: %s", self._folder.root, error)
                self._told_of = name
            if name == self._tried:
                self.absence = _absence_of(error)
                if isinstance(error, OSError):
                    self._tried = None
            return None
        log.info("Serving generation %s: %d products.", name, len(opened))
        return opened

    def _note_absence(self, absence: Absence) -> None:
        if absence is Absence.NOT_OURS and self.absence is not absence:
            log.error(
                "%s holds other files, and no index of Vitrine. Start the gallery with "
                "--index and the folder that the indexer wrote.",
                self._folder.root,
            )
        self.absence = absence

    def _is_not_ours(self) -> bool:
        return not self._folder.is_ours()


def _absence_of(error: Exception) -> Absence:
    if isinstance(error, NewerFormatError):
        return Absence.NEWER_FORMAT
    if isinstance(error, OlderFormatError):
        return Absence.OLDER_FORMAT
    if isinstance(error, MilvusError):
        return Absence.UNREACHABLE
    return Absence.DAMAGED
