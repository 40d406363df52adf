"""Watching: when a catalogue is to be read again, because it or a photo beside it has changed."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from watchfiles import Change, watch

from vitrine.catalogue import Catalogue
from vitrine.fetching import Reference, resolve

SETTLE_MS = 400
"""Who saves a file writes it in pieces: it is read so long after the last of them."""

PATIENCE_S = 5.0  # what never comes to rest is read as it is
GROUP_MS = 100  # how many changes the system tells of at once

Changes = Mapping[str, Change]
Signature = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """The files that make out a catalogue on this machine.

    `source` is its file, or the folder of photos that is one, or None for one at a URL;
    `photos` are the files that it names, whether they are there or not. What lies in
    `index` never belongs to it.
    """

    source: Path | None
    photos: frozenset[str]
    index: Path

    @classmethod
    def of(cls, catalogue: Catalogue, index: Path) -> Scope:
        is_url = catalogue.location.startswith(("http://", "https://"))
        references = (resolve(p.image_url, catalogue.base) for p in catalogue.products)
        photos = (r.location for r in references if isinstance(r, Reference) and not r.is_url)
        source = None if is_url else Path(catalogue.location)
        return cls(source, frozenset(photos), index.resolve())

    @property
    def home(self) -> Path | None:
        """The folder beneath which all of it lies; None for a catalogue at a URL."""
        if self.source is None or self.source.is_dir():
            return self.source
        return self.source.parent

    @property
    def is_deep(self) -> bool:
        """Whether anything of it may lie in a sub-folder of its home."""
        return bool(self.photos) or self.source == self.home

    def has(self, path: str, change: Change) -> bool:
        """Whether this change may change what is to be indexed."""
        file, home = Path(path), self.home
        if self.source is None or home is None or file.is_relative_to(self.index):
            return False
        if path in self.photos or file == self.source:
            return True
        if file.name.startswith("."):
            return False  # what programs write while they save
        if self.source == home:
            return True
        if file.parent == home and file.suffix == self.source.suffix:
            return True  # another part of a set of files, or what this one was renamed from
        is_folder_moved = change is not Change.modified
        return is_folder_moved and any(photo.startswith(path + os.sep) for photo in self.photos)


class Watch:
    """Notices changes of its scope also while nobody waits for them. Use it with `with`.

    `given` is what the owner calls the catalogue. That path is looked at now and then as
    well: it may be a link that leads elsewhere one day, or lie where the system tells of
    no changes, on a disk of another machine.
    """

    def __init__(self, given: str, scope: Scope) -> None:
        self._given = given
        self._scope = scope
        self._signature: Signature | None = None
        self._noticed: dict[str, Change] = {}
        self._source: Generator[set[tuple[Change, str]], None, None] | None = None
        self._begin(scope)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def turn_to(self, scope: Scope) -> bool:
        """Watch this from now on; True where changes before now may have gone unnoticed."""
        before = self._scope
        is_same_place = (scope.home, scope.is_deep) == (before.home, before.is_deep)
        if is_same_place and self._source is not None:
            self._scope = scope
            return False
        self._end()
        self._begin(scope)
        return True

    def wait(self, seconds: float) -> Changes:
        """What has changed since the last call, once that rests; empty after `seconds` without."""
        until = time.monotonic() + seconds
        while not self._noticed and time.monotonic() < until:
            self._notice()
        patient_until = time.monotonic() + PATIENCE_S
        while self._noticed and self._notice() and time.monotonic() < patient_until:
            pass
        noticed, self._noticed = self._noticed, {}
        return noticed

    def _begin(self, scope: Scope) -> None:
        self._scope = scope
        self._signature = _signature_of(self._given)
        home = scope.home
        if home is None or not home.is_dir():
            return
        self._source = watch(
            home,
            watch_filter=None,
            debounce=int(PATIENCE_S * 1000),
            step=GROUP_MS,
            rust_timeout=SETTLE_MS,
            yield_on_timeout=True,
            recursive=scope.is_deep,
            ignore_permission_denied=True,
        )
        self._notice()  # from here on: a generator does nothing before it is first asked

    def _end(self) -> None:
        if self._source is not None:
            self._source.close()
            self._source = None

    def _notice(self) -> bool:
        """Take note of what changes now; False where nothing does for `SETTLE_MS`."""
        if self._source is None:
            time.sleep(SETTLE_MS / 1000)
            changes: set[tuple[Change, str]] = set()
        else:
            changes = next(self._source)
        news = {path: change for change, path in changes if self._scope.has(path, change)}
        signature = _signature_of(self._given)
        if signature != self._signature:
            self._signature = signature
            news.setdefault(self._given, Change.modified)
        self._noticed |= news
        return bool(news)


def _signature_of(given: str) -> Signature | None:
    """What changes with a file or with the folder that a path leads to; None for neither."""
    try:
        found = Path(given).stat()
    except (OSError, ValueError):
        return None
    place = (found.st_dev, found.st_ino)
    return place if Path(given).is_dir() else (*place, found.st_mtime_ns, found.st_size)
