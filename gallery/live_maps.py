"""The map of the snapshot that is served, if the indexer has made one."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from vitrine.folder import IndexFolder
from vitrine.maps import MapError, ProductMap, map_path, read_map
from vitrine.snapshot import Snapshot

log = logging.getLogger("vitrine.gallery")


class LiveMaps:
    """Reads a map when it is first asked for, and again when it has been made anew.

    Safe to ask from many threads. A map that can't be read is tried and logged once, and the
    one that was read before of the same vectors is shown on.
    """

    def __init__(self, folder: IndexFolder) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._state: object = None
        self._path: Path | None = None
        self._map: ProductMap | None = None

    def of(self, snapshot: Snapshot) -> ProductMap | None:
        """The snapshot's map; None where there is none that can be shown."""
        path = map_path(self._folder, snapshot)
        try:
            stored = path.stat()
        except OSError:
            return None
        state = (snapshot.name, stored.st_mtime_ns, stored.st_size)
        with self._lock:
            if state != self._state:
                last_good = self._map if path == self._path else None
                self._map = self._read(snapshot) or last_good
                self._path, self._state = path, state
            return self._map

    def _read(self, snapshot: Snapshot) -> ProductMap | None:
        try:
            return read_map(self._folder, snapshot)
        except MapError as error:
            log.error("Can't show a map: %s. Make it anew: python -m indexer map", error)
            return None
