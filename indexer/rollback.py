"""Which generations there are to go back to, and the switch that does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from indexer.collections import refuse_foreign, switch_to
from vitrine.errors import UnusableError
from vitrine.folder import IndexFolder
from vitrine.snapshot import Manifest, SnapshotError, published_name, read_manifest, verify


class RollbackError(UnusableError):
    """There is nothing sound to go back to by that name; the message says what there is."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One that lies in the folder. `manifest` is None where it can't be read: see `problem`."""

    name: str
    is_current: bool
    manifest: Manifest | None
    problem: str | None


def generations(folder: IndexFolder) -> list[Generation]:
    """All of them, newest first; raises `SnapshotError` where nothing is published."""
    current = published_name(folder)
    found = []
    for name in folder.generation_names():
        manifest, problem = None, None
        try:
            manifest = read_manifest(folder.generation(name))
        except SnapshotError as error:
            problem = str(error)
        found.append(Generation(name, name == current, manifest, problem))
    return found


def roll_back(folder: IndexFolder, wanted: str | None = None) -> Manifest:
    """Publish another generation again, after every check of it; returns its manifest.

    `wanted` is its name or the beginning of it, which may be of a newer one too; without,
    it is the newest that is older than the current one. Nothing is written but the switch.
    Call it inside `sole_indexer`. Raises `RollbackError`, and `SnapshotError` where nothing
    is published.
    """
    current = published_name(folder)
    refuse_foreign(folder)
    name = _chosen(folder.generation_names(), current, wanted)
    for check in verify(folder.generation(name), folder.vectors):
        if check.problem:
            raise RollbackError(
                f"{name} is damaged, and {current} stays published: {check.name}: {check.problem}. "
                "Choose another: python -m indexer rollback --list"
            )
    manifest = read_manifest(folder.generation(name))
    switch_to(folder, name, manifest)
    return manifest


def _chosen(names: Sequence[str], current: str, wanted: str | None) -> str:
    if wanted is None:
        older = next((name for name in names if name < current), None)
        if older is None:
            raise RollbackError(
                f"There is no generation older than {current}. "
                "See which there are with: python -m indexer rollback --list"
            )
        return older
    meant = [name for name in names if name.startswith(wanted)]
    if len(meant) != 1:
        what = "no generation begins so" if not meant else f"{len(meant)} generations begin so"
        raise RollbackError(f"{wanted}: {what}. There are: {', '.join(names)}.")
    if meant[0] == current:
        raise RollbackError(f"{current} is published already.")
    return meant[0]
