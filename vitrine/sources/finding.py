"""What a source is, found by looking at what is given."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from vitrine.catalogue import Catalogue, CatalogueError, Column, is_text
from vitrine.idx import GZIP, LABELS, PICTURES, is_idx
from vitrine.sources.delimited import read_delimited
from vitrine.sources.idx_set import pairs_among, read_idx_set, split_of
from vitrine.sources.parquet import PARQUET, read_parquet
from vitrine.sources.photo_folder import find_photos, read_photo_folder
from vitrine.sources.rows import Rows
from vitrine.sources.tables import read_json_lines
from vitrine.sources.web import fetch_catalogue, is_url

if TYPE_CHECKING:
    from vitrine.fetching import Reach

TABLE_SUFFIXES = frozenset([".csv", ".tsv", ".parquet", ".jsonl", ".ndjson"])

STYLES, ITS_LINKS = "styles.csv", "images.csv"
"""The data set of `styles.csv` has a table of links beside it, which is no catalogue."""

_LOOKED_AT = 1024  # bytes of a file's beginning
_NAMED = 4  # sources in one sentence

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_UTF_32 = b"\xff\xfe\0\0"  # begins like the other, and has a NUL in every character

# What people also give: what it is, what to do, and how it begins.
_REFUSED = (
    (
        "a photo",
        "Give the folder that holds your photos; `search` looks for what is like this one.",
        (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF"),
    ),
    (
        "a spreadsheet or a ZIP file",
        "Save the spreadsheet as CSV, or unpack the file and give its folder.",
        (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"),
    ),
    ("packed", "Unpack it with `gunzip` and give what comes out.", (GZIP,)),
    (
        "a set of pictures in MNIST's format",
        "Fetch its files yourself and give their folder.",
        (PICTURES, LABELS),
    ),
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a table is: `said` is how its owner called it."""

    said: str
    name: str
    location: str
    base: Path | str


def read_source(
    given: str | Path,
    columns: Mapping[Column, str] | None = None,
    reach: Reach | None = None,
) -> Catalogue:
    """Products from whatever the owner has.

    That is a CSV, Parquet file or JSON lines, at a path or an http(s) URL; Fashion-MNIST
    or another set of its format; a folder with one of these in it; or a folder of photos.
    `columns` says what a table calls its id, title and photo reference, and `reach` where
    else than to the public web its URL may lead. Raises `CatalogueError` where it cannot be
    used; the message says what to do.
    """
    mapped = columns or {}
    if isinstance(given, str) and is_url(given):
        page = fetch_catalogue(given, reach)
        return _read_table(page.body, _Place(page.url, page.name, page.url, page.folder), mapped)
    path = Path(given)
    if not is_text(str(path.resolve())):
        raise CatalogueError(f"{path} has a name that is no text. Rename it, or its folder.")
    try:
        return _read_folder(path, mapped) if path.is_dir() else _read_file(path, mapped)
    except OSError as error:
        raise CatalogueError(f"Cannot read {path}: {error.strerror}.") from None


def _read_folder(home: Path, mapped: Mapping[Column, str]) -> Catalogue:
    """The one source in a folder, or else its photos."""
    files = sorted(p for p in home.iterdir() if p.is_file() and not p.name.startswith("."))
    tables = [path for path in files if path.suffix.lower() in TABLE_SUFFIXES]
    if STYLES in (names := [path.name for path in tables]) and ITS_LINKS in names:
        tables.pop(names.index(ITS_LINKS))
    idx = [path for path in files if split_of(path.name) is not None]
    sources = [path.name for path in tables] + ([f"pictures in {idx[0].name}"] if idx else [])
    if len(sources) > 1:
        raise CatalogueError(
            f"{home} holds {len(sources)} sources: {_listed(sources)}. Give the path of one of "
            "these files instead of the folder."
        )
    if tables:
        return _read_file(tables[0], mapped)
    _refuse_map(home, mapped)
    if idx:
        return read_idx_set(home, pairs_among(idx))
    found = find_photos(home)
    inner = [path for path in found.others if _is_source(path)]
    if inner and not found.photos:
        raise CatalogueError(
            f"{home} holds no photos, but there is {inner[0]}. Give {home / inner[0].parent}."
        )
    return read_photo_folder(home, found)


def _is_source(path: PurePath) -> bool:
    return path.suffix.lower() in TABLE_SUFFIXES or split_of(path.name) is not None


def _read_file(path: Path, mapped: Mapping[Column, str]) -> Catalogue:
    if not path.exists():
        raise CatalogueError(
            f"There is no catalogue at {path}. Give the path or URL of a CSV, or a folder of "
            "photos."
        )
    with path.open("rb") as file:
        beginning = file.read(_LOOKED_AT)
    if is_idx(beginning):
        _refuse_map(path, mapped)
        return _read_idx_file(path)
    home = path.resolve().parent
    place = _Place(str(path), path.name, str(path.resolve()), home)
    return _read_table(path.read_bytes(), place, mapped)


def _read_idx_file(path: Path) -> Catalogue:
    """The split that a file of pictures or labels belongs to."""
    if split_of(path.name) is None:
        raise CatalogueError(
            f"{path} has pictures or labels in MNIST's format. Call it as its authors do, such as "
            "train-images-idx3-ubyte.gz, so that the two files are found together."
        )
    beside = [p for p in path.parent.iterdir() if split_of(p.name) == split_of(path.name)]
    return read_idx_set(path, pairs_among(beside))


def _read_table(body: bytes, place: _Place, mapped: Mapping[Column, str]) -> Catalogue:
    kind, read = _table_kind(body[:_LOOKED_AT], place.said)
    rows = read(body, mapped, place.said)
    return Catalogue(
        name=place.name,
        location=place.location,
        base=place.base,
        sha256=hashlib.sha256(body).hexdigest(),
        products=rows.products,
        problems=rows.problems,
        kind=kind,
        unit=rows.unit,
    )


def _table_kind(
    beginning: bytes, said: str
) -> tuple[str, Callable[[bytes, Mapping[Column, str], str], Rows]]:
    """What a table is, by how it begins, and what reads it."""
    for kind, remedy, marks in _REFUSED:
        if beginning.startswith(marks):
            raise CatalogueError(f"{said} is {kind}. {remedy}")
    if beginning.startswith(PARQUET):
        return "a Parquet file", read_parquet
    if beginning.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
        return "a file of JSON lines", read_json_lines
    is_utf_16 = beginning.startswith(_UTF_16) and not beginning.startswith(_UTF_32)
    if b"\0" in beginning and not is_utf_16:
        raise CatalogueError(
            f"{said} is no text. Give a CSV, a Parquet file or JSON lines, or a folder of photos."
        )
    return "a CSV", read_delimited


def _refuse_map(given: Path, mapped: Mapping[Column, str]) -> None:
    if mapped:
        raise CatalogueError(f"--map names columns, and {given} has none. Leave it out.")


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:_NAMED])
    if len(names) > _NAMED:
        shown.append(f"{len(names) - _NAMED} more")
    return f"{', '.join(shown[:-1])} and {shown[-1]}"
