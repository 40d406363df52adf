"""Watching: a catalogue is built again whenever it, or a photo beside it, has changed."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from watchfiles import Change, watch

from vitrine.catalogue import Catalogue, CatalogueError
from vitrine.fetching import Reference, resolve
from vitrine.folder import FolderError
from vitrine.snapshot import SnapshotError

SETTLE_MS = 400
"""Who saves a file writes it in pieces: it is read so long after the last of them."""

PATIENCE_S = 5.0  # what never comes to rest is read as it is
GROUP_MS = 100  # how many changes the system tells of at once
RETRY_S = 5.0  # after a trouble that no change of the catalogue will end: a lock, a full disk
FRESH_S = 24 * 3600.0
"""So long what a photo's host has answered is taken for true; then all are asked again."""

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


class Source(Protocol):
    """What is watched."""

    def read(self) -> Catalogue:
        """Raises `CatalogueError` where it cannot be used now."""

    def build(self, catalogue: Catalogue, *, goes_on: bool) -> object:
        """See `indexer.build.build`; raises `CatalogueError` also for one that is refused."""

    def say(self, words: str) -> None:
        """Tell the owner."""


def follow(source: Source, given: str, index: Path, every: float) -> None:
    """Build, and build again whenever something changes, until Ctrl-C while nothing does.

    A catalogue at a URL is read every `every` seconds instead. What is wrong at the start
    is raised. After that, a catalogue that cannot be used is told of and waited out: it is
    being saved, more likely than not.
    """
    catalogue = source.read()
    with Watch(given, Scope.of(catalogue, index)) as watch:
        follower = _Follower(source, watch, index)
        # Once more, if it can be watched: it may have changed before it was.
        follower.build(None if watch.is_possible else catalogue, goes_on=False)
        watch_s = FRESH_S if watch.is_possible else every
        source.say(f"Watching {given}. Ctrl-C ends it.")
        while True:
            try:
                changes = watch.wait(RETRY_S if follower.is_in_trouble else watch_s)
            except KeyboardInterrupt:
                return
            if changes:
                source.say(_named(changes))
            follower.try_to_build()


class _Follower:
    """What is known from one build to the next."""

    def __init__(self, source: Source, watch: Watch, index: Path) -> None:
        self.is_in_trouble = False
        self._source = source
        self._watch = watch
        self._index = index
        self._built = ""
        self._asked_at = time.monotonic()
        self._said = ""

    def build(self, catalogue: Catalogue | None, *, goes_on: bool) -> None:
        """Read the catalogue, unless it is given, and build it."""
        if catalogue is None:
            catalogue = self._source.read()
            while self._watch.turn_to(Scope.of(catalogue, self._index)):
                catalogue = self._source.read()
        if self._watch.is_possible or not goes_on or catalogue.sha256 != self._built:
            self._source.build(catalogue, goes_on=goes_on)
            self._built = catalogue.sha256

    def try_to_build(self) -> None:
        """Build; say what is in the way, once, and try again later."""
        goes_on = time.monotonic() - self._asked_at < FRESH_S
        words = ""
        try:
            self.build(None, goes_on=goes_on)
            self.is_in_trouble = False
            if not goes_on:
                self._asked_at = time.monotonic()
        except CatalogueError as error:
            self.is_in_trouble = False
            words = f"{error}\nWhat is published stays. Waiting for another change."
        except (FolderError, SnapshotError, OSError, sqlite3.DatabaseError) as error:
            self.is_in_trouble = True
            words = f"{error}\nTrying again every {RETRY_S:g} seconds."
        if words and words != self._said:
            self._source.say(words)
        self._said = words


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
        self._place: Signature | None = None
        self._noticed: dict[str, Change] = {}
        self._events: Generator[set[tuple[Change, str]], None, None] | None = None
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

    @property
    def is_possible(self) -> bool:
        """Whether there is anything on this machine to watch."""
        return self._scope.source is not None

    def turn_to(self, scope: Scope) -> bool:
        """Watch this from now on; True where changes before now may have gone unnoticed."""
        before = self._scope
        is_same_place = (scope.home, scope.is_deep) == (before.home, before.is_deep)
        is_same_place = is_same_place and _signature_of(scope.home) == self._place
        if is_same_place and (self._events is not None or scope.home is None):
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
        self._place = _signature_of(home)
        if home is None or not home.is_dir():
            return
        self._events = watch(
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
        if self._events is not None:
            self._events.close()
            self._events = None

    def _notice(self) -> bool:
        """Take note of what changes now; False where nothing does for `SETTLE_MS`."""
        if self._events is None:
            time.sleep(SETTLE_MS / 1000)
            changes: set[tuple[Change, str]] = set()
        else:
            changes = next(self._events)
        news = {path: change for change, path in changes if self._scope.has(path, change)}
        signature = _signature_of(self._given)
        if signature != self._signature:
            self._signature = signature
            news.setdefault(self._given, Change.modified)
        self._noticed |= news
        return bool(news)


def _named(changes: Changes) -> str:
    """What has changed, in words."""
    names = sorted(Path(path).name for path in changes)
    if len(names) > 1:
        return f"{len(names):,} files have changed, {names[0]} among them."
    return f"{names[0]} has changed."


def _signature_of(given: str | Path | None) -> Signature | None:
    """What changes with a file or with the folder that a path leads to; None for neither."""
    if given is None:
        return None
    try:
        found = Path(given).stat()
    except (OSError, ValueError):
        return None
    place = (found.st_dev, found.st_ino)
    return place if Path(given).is_dir() else (*place, found.st_mtime_ns, found.st_size)
