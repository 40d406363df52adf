"""A list of paths that another machine wrote → the photos as they lie on this one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from indexer.importing.artefacts import OlderIndexError


@dataclass(frozen=True, slots=True)
class PhotoFiles:
    """`folder` holds the photos; `files` has each name's file, whether it is there or not."""

    folder: Path
    files: dict[str, Path]


def photo_files(names: Sequence[str], listed_in: Path, photos: Path | None) -> PhotoFiles:
    r"""Where the listed photos are: under `photos`, or else beside the list or where it says.

    Paths may have either slash, a drive (`C:\photos\a.jpg`), and any folders above them that
    this machine does not have: as many leading folders are dropped as all of them share and
    as makes the most files be found. Raises `OlderIndexError` where not one is.
    """
    parts = [_parts(name) for name in names]
    shared = _shared([p[:-1] for p in parts])
    if photos is not None:
        candidates = [_Candidate(photos, drop, photos) for drop in range(shared + 1)]
    else:
        home = listed_in.resolve().parent
        candidates = [
            _Candidate(home, drop, home.joinpath(*parts[0][drop:shared]))
            for drop in range(shared + 1)
        ]
        if all(name.startswith("/") for name in names):
            root = Path("/")
            candidates.insert(0, _Candidate(root, 0, root.joinpath(*parts[0][:shared])))
    best = max(candidates, key=lambda c: sum(_is_file(c.file(p)) for p in parts))
    files = {name: best.file(p) for name, p in zip(names, parts, strict=True)}
    if not any(_is_file(file) for file in files.values()):
        where = photos or listed_in.resolve().parent
        raise OlderIndexError(
            f"Not one of the {len(names):,} photos that {listed_in} lists is in {where}: the first "
            f"would be {candidates[0].file(parts[0])}. Give the folder in which they lie now with "
            "--photos FOLDER."
        )
    return PhotoFiles(best.folder, files)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Paths less their first `drop` parts, under `root`; the photos' common folder is `folder`."""

    root: Path
    drop: int
    folder: Path

    def file(self, parts: Sequence[str]) -> Path:
        return self.root.joinpath(*parts[self.drop :])


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long for any
        return False


def _shared(paths: Sequence[tuple[str, ...]]) -> int:
    """How many leading parts all paths have in common."""
    first, last = min(paths), max(paths)  # what these two share, all between them share
    pairs = zip(first, last, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(first), len(last)))


def _parts(name: str) -> tuple[str, ...]:
    """``C:\\photos\\a.jpg`` and ``/photos/a.jpg`` → ``photos``, ``a.jpg``."""
    path = name.replace("\\", "/")
    if path[1:2] == ":":
        path = path[2:]
    return tuple(part for part in PurePosixPath(path).parts if part not in ("/", "."))
