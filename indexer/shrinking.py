"""A catalogue that has lost most of its products is more likely broken than meant."""

from __future__ import annotations

import hashlib
from pathlib import Path

from vitrine.catalogue import Catalogue, CatalogueError
from vitrine.folder import IndexFolder
from vitrine.snapshot import SnapshotError, read_manifest


def refuse_to_shrink(catalogue: Catalogue, folder: IndexFolder, demo: Path) -> None:
    """Raise `CatalogueError` where it has under half the products of what is published.

    Whatever takes the place of the demo catalogue, at the path `demo`, is welcome.
    """
    name = folder.current_name()
    if name is None:
        return
    try:
        manifest = read_manifest(folder.generation(name))
    except SnapshotError:
        return  # nothing there that could be lost
    # What was added by hand is none of the catalogue's, and stays.
    has, had = len(catalogue.products), min(manifest.products, manifest.catalogue.rows)
    if 2 * has >= had or manifest.catalogue.sha256 == _sha256(demo):
        return
    raise CatalogueError(
        f"{catalogue.name} has {has:,} of the {had:,} products that are published in "
        f"{folder.root} (from {manifest.catalogue.name}): under half. Nothing was changed. If the "
        "others are to go, run again with --yes; to keep both, give another --index."
    )


def _sha256(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
