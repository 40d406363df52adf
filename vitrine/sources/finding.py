"""What a source is, found by looking at what is given."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from vitrine.catalogue import Catalogue, CatalogueError, Column
from vitrine.sources.delimited import read_delimited
from vitrine.sources.photo_folder import find_photos, read_photo_folder

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")
STYLES_FILE = "styles.csv"
STYLES_PHOTOS = "images"


def read_source(given: str | Path, columns: Mapping[Column, str] | None = None) -> Catalogue:
    """Products from whatever the owner has: a CSV, or a folder of photos.

    `columns` says what a table calls its id, title and photo reference. Raises
    `CatalogueError` where it cannot be used; the message says what to do.
    """
    mapped = columns or {}
    path = Path(given)
    if path.is_dir():
        return _read_folder(path, mapped)
    return _read_file(path, mapped)


def _read_folder(home: Path, mapped: Mapping[Column, str]) -> Catalogue:
    tables = sorted(
        path
        for path in home.iterdir()
        if path.suffix.lower() in TABLE_SUFFIXES and not path.name.startswith(".")
    )
    if len(tables) > 1:
        raise CatalogueError(_several(home, [path.name for path in tables]))
    if tables:
        return _read_file(tables[0], mapped)
    if mapped:
        raise CatalogueError(f"{home} is a folder of photos and has no columns. Leave out --map.")
    return read_photo_folder(home, find_photos(home))


def _read_file(path: Path, mapped: Mapping[Column, str]) -> Catalogue:
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        raise CatalogueError(
            f"There is no catalogue at {path}. Give the path of a CSV, or of a folder of photos."
        ) from None
    except OSError as error:
        raise CatalogueError(f"Cannot read {path}: {error.strerror}.") from None
    rows = read_delimited(body, mapped, str(path))
    home = path.resolve().parent
    return Catalogue(
        name=path.name,
        location=str(path.resolve()),
        base=home,
        sha256=hashlib.sha256(body).hexdigest(),
        products=rows.products,
        problems=rows.problems,
    )


def _several(home: Path, names: list[str]) -> str:
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{home} holds more than one source: {listed}. Give the path of one of them."
