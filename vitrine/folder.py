"""Where everything lies in an index folder, and which generation is current."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from vitrine.address import MilvusAddress, is_address
from vitrine.catalogue import is_text
from vitrine.errors import UnusableError

LINKS = ("vector.index", "image_ids.json")
OUR_NAMES = {"ledger.sqlite", "indexer.lock", "indexer.json", "photos", "thumbs"} | {
    "asked.sqlite",
    "asked.sqlite-shm",
    "asked.sqlite-wal",
    "generations",
    "encoders",
    "maps",
    "current",
    *LINKS,
}

OLDER_NAMES = {"faiss.index", "image_paths.pkl"}
"""What the older `ImageSimilaritySearch` leaves in its index folder. None of it is ever called
as a file of ours, so both may lie in one folder, and what is there is left alone."""

UNFINISHED = ".unfinished-"
"""How the name of a file begins that is being written, and takes another when it is whole."""


class FolderError(UnusableError):
    """The index folder cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class IndexFolder:
    """Paths of an index folder (`data/index` by default); creates nothing by itself.

    Downloads and thumbnails are named by the photo's SHA-256, so identical photos
    are stored once, and a file's address can be cached for ever.
    """

    root: Path
    vectors: MilvusAddress | None = None
    """Where the vectors of what is published from now on are; None for in the folder."""

    @classmethod
    def at(cls, place: str, beside: Path) -> IndexFolder:
        """A folder by its path; for an address of Milvus's, the folder `beside` it.

        Raises `vitrine.address.AddressError`.
        """
        if is_address(place):
            return cls(beside, MilvusAddress.parse(place))
        return cls(Path(place))

    @property
    def place(self) -> str:
        """What `--index` is to be given for it, without a login."""
        return str(self.vectors or self.root)

    def __str__(self) -> str:
        return f"{self.root} and {self.vectors}" if self.vectors else str(self.root)

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.sqlite"

    @property
    def lock(self) -> Path:
        return self.root / "indexer.lock"

    @property
    def asked(self) -> Path:
        """The photos that people search with; the gallery's only file here."""
        return self.root / "asked.sqlite"

    @property
    def holder(self) -> Path:
        """Who holds the lock: a file that its holder keeps locked too, for others to test."""
        return self.root / "indexer.json"

    @property
    def generations(self) -> Path:
        return self.root / "generations"

    @property
    def maps(self) -> Path:
        return self.root / "maps"

    @property
    def encoders(self) -> Path:
        return self.root / "encoders"

    @property
    def current(self) -> Path:
        return self.root / "current"

    def generation(self, name: str) -> Path:
        return self.generations / name

    def encoder(self, fingerprint: str) -> Path:
        """One that was made for the photos here; see `vitrine.encoders.reduced`."""
        return self.encoders / fingerprint

    def map(self, vectors: str) -> Path:
        """Where the products lie in the plane; `vectors` is the SHA-256 of a `vector.index`."""
        return self.maps / f"{vectors}.npz"

    def photo(self, sha256: str) -> Path:
        return self.root / "photos" / sha256[:2] / sha256

    def thumbnail(self, sha256: str, width: int) -> Path:
        return self.root / "thumbs" / sha256[:2] / f"{sha256}-{width}.webp"

    def current_name(self) -> str | None:
        """Name of the published generation; None where nothing is published."""
        try:
            return self.current.readlink().name
        except OSError:
            return None

    def generation_names(self) -> list[str]:
        """All complete generations, newest first (names begin with their time)."""
        found = (path.parent.name for path in self.generations.glob("*/manifest.json"))
        return sorted((name for name in found if not name.startswith(".")), reverse=True)

    def is_being_indexed(self) -> bool:
        """Whether a living process is writing here; also False where that cannot be known.

        Asking never gets in an indexer's way: not the lock is tried, but the file that
        names its holder, which the system unlocks when the holder dies.
        """
        try:
            with self.holder.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def claim(self) -> None:
        """Make the folder ready for writing; refuse one that holds something else."""
        if self.root.exists() and not self.root.is_dir():
            raise FolderError(f"{self.root} is a file. Give a folder for the index.")
        if not is_text(str(self.root.resolve())):
            raise FolderError(f"{self.root} has a name that is no text. Give another folder.")
        if not self.is_ours():
            raise FolderError(
                f"{self.root} holds files, but no index of Vitrine. "
                "Give an empty or a new folder, so that nothing of yours is overwritten."
            )
        for path in (self.root, self.generations):
            path.mkdir(parents=True, exist_ok=True)

    def is_ours(self) -> bool:
        """Whether all that lies here, if anything does, is what Vitrine puts here."""
        if not self.root.is_dir():
            return not self.root.exists()
        names = {path.name for path in self.root.iterdir()}
        return self.ledger.name in names or names <= OUR_NAMES | OLDER_NAMES

    def clear_unfinished(self) -> None:
        """Remove what an indexer left that died while it wrote; for who holds its lock now."""
        for place in ("", "photos/*/", "thumbs/*/"):
            for path in self.root.glob(f"{place}{UNFINISHED}*"):
                path.unlink(missing_ok=True)
        for path in self.encoders.glob(f"{UNFINISHED}*"):
            shutil.rmtree(path, ignore_errors=True)

    def switch(self, name: str) -> None:
        """Publish a generation: one atomic rename makes it the current one."""
        self.lead_to_current()
        replace_link(self.current, Path("generations") / name)

    def lead_to_current(self) -> None:
        """Let the links at the top lead into the current generation, whichever it will be."""
        for file in LINKS:
            link, target = self.root / file, Path("current") / file
            if not link.is_symlink() or link.readlink() != target:
                replace_link(link, target)


def replace_link(link: Path, target: Path) -> None:
    """Point `link` at `target` (relative to the link's folder) in one atomic step."""
    temporary = link.with_name(f"{UNFINISHED}{link.name}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    try:
        temporary.replace(link)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(link.parent)


def write_whole(path: Path, body: bytes) -> None:
    """Write a file so that it is seen whole or not at all, also by other processes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=UNFINISHED)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
        # Only once the file is closed are its bytes on their way to the disk.
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def is_whole(path: Path) -> bool:
    """Whether a file is there with its bytes: after a power cut, it may have its name alone."""
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def sync_file(path: Path) -> None:
    """Flush a written file to the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Flush a folder's entries (new names, renames) to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
