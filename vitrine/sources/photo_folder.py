"""A folder of photos as a catalogue: every photo beneath it is a product."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from vitrine.catalogue import (
    Catalogue,
    CatalogueError,
    Product,
    RowProblem,
    RowProblemCode,
    problem_of_id,
)
from vitrine.sources.texts import tidied

_JPEG = (".jpg", ".jpeg", ".jpe", ".jfif")
_OTHERS = (".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif")
PHOTO_SUFFIXES = frozenset([*_JPEG, *_OTHERS])
"""How photos are called, in any letter case. HEIC cannot be decoded, and is among them so that
its owner is told so, with what to do."""

INDEX_MARK = "ledger.sqlite"
"""What an index folder holds: one that lies among the photos is none of them."""

FOLDER_FACT = "Folder"
_SHOWN_SUFFIXES = 5

_HYPHEN_IN_WORDS = re.compile(r"(?<=[^\W\d])-(?=[^\W\d])")


@dataclass(frozen=True, slots=True)
class Found:
    """The files beneath a folder, as paths relative to it, in the order of their names."""

    photos: tuple[PurePosixPath, ...]
    others: tuple[PurePosixPath, ...]


def find_photos(home: Path) -> Found:
    """What lies beneath `home`, in any depth; hidden files and folders are passed over.

    So are links to folders, which may lead round in a circle, and index folders. Raises
    `CatalogueError` for a folder that cannot be read: its photos are not to be lost.
    """
    photos: list[PurePosixPath] = []
    others: list[PurePosixPath] = []
    for path in _walk(home, PurePosixPath()):
        (photos if path.suffix.lower() in PHOTO_SUFFIXES else others).append(path)
    return Found(tuple(photos), tuple(others))


def read_photo_folder(home: Path, found: Found) -> Catalogue:
    """What `find_photos` has found in `home`, as a catalogue.

    An id is the photo's path relative to the folder, the title its name, and each level
    of sub-folders a fact: `Folder`, `Folder 2` and so on. Raises `CatalogueError` where
    not one photo can be used.
    """
    products: list[Product] = []
    problems: list[RowProblem] = []
    digest = hashlib.sha256()
    for number, path in enumerate(found.photos, start=1):
        product_id = str(path)
        digest.update(os.fsencode(product_id) + b"\0")
        problem = _problem_of_path(product_id)
        if problem:
            problems.append(RowProblem(number, RowProblemCode.NO_ID, problem))
            continue
        products.append(
            Product(product_id, _title(path), _reference(product_id), _facts(path), number)
        )
    if not products:
        raise CatalogueError(_nothing_usable(home, found, problems))
    return Catalogue(
        name=home.resolve().name or str(home.resolve()),
        location=str(home.resolve()),
        base=home.resolve(),
        sha256=digest.hexdigest(),
        products=tuple(products),
        problems=tuple(problems),
        kind="a folder of photos",
        unit="photo",
        is_table=False,
    )


def _walk(home: Path, inner: PurePosixPath) -> Iterator[PurePosixPath]:
    try:
        with os.scandir(home / inner) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        raise CatalogueError(
            f"Cannot read {home / inner}: {error.strerror}. Allow it to be read, or move it "
            "out of the folder."
        ) from None
    if any(entry.name == INDEX_MARK for entry in entries):
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if not entry.is_symlink():
                yield from _walk(home, inner / entry.name)
        elif entry.is_file():
            yield inner / entry.name


def _reference(path: str) -> str:
    """A path as a photo reference: with a dot, no name is taken for a scheme or loses a blank."""
    return f"./{path}" if ":" in path or path != path.strip() else path


def _title(path: PurePosixPath) -> str:
    """A file's name as words: ``red_dress-front_01.jpg`` is "red dress front 01"."""
    words = tidied(_HYPHEN_IN_WORDS.sub(" ", path.stem.replace("_", " ")))
    return words or path.name


def _facts(path: PurePosixPath) -> dict[str, str]:
    return {
        FOLDER_FACT if level == 1 else f"{FOLDER_FACT} {level}": folder
        for level, folder in enumerate(path.parts[:-1], start=1)
    }


def _problem_of_path(path: str) -> str | None:
    """Why a photo's path can be no id, in words; None if it can."""
    problem = problem_of_id(path)
    if problem:
        return f"{_quoted(path)}: {problem}"
    if not path.isprintable() or "\\" in path:
        return f"{_quoted(path)}: a name that no address can hold; rename it"
    return None


def _quoted(path: str) -> str:
    return ascii(path if len(path) <= 120 else f"{path[:120]}…")


def _nothing_usable(home: Path, found: Found, problems: list[RowProblem]) -> str:
    if problems:
        return f"{home} has no usable photo. {problems[0].message}."
    wanted = "JPEG, PNG, WebP, GIF, BMP, TIFF and AVIF photos are read"
    if not found.others:
        return f"{home} holds no photos: it is empty, or all in it is hidden. {wanted}."
    suffixes = Counter(path.suffix.lower() or "no ending" for path in found.others)
    named = ", ".join(suffix for suffix, _ in suffixes.most_common(_SHOWN_SUFFIXES))
    return (
        f"{home} holds no photos, only files of other kinds ({named}). {wanted}; give their "
        "folder, or the path of a CSV."
    )
