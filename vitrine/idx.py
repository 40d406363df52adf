"""IDX files, the format of MNIST and its kin: many small grey pictures in one file.

A file is a magic number, the counts of each dimension as big-endian 32-bit numbers, and
then one byte a pixel or label (Y. LeCun, C. Cortes, C. Burges, "The MNIST database").
It may be packed by gzip. Headers are judged before anything is read by them.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import struct
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

GZIP = b"\x1f\x8b"
PICTURES = b"\0\0\x08\x03"
LABELS = b"\0\0\x08\x01"

MAX_BYTES = 1024**3
"""Of all pictures of a file. The largest set of its kind, EMNIST by class, has 0.55 GB."""

MAX_PICTURES = 2_000_000

_CHUNK = 1024 * 1024
_MEMBER = re.compile(r"(.+idx3-ubyte(?:\.gz)?)#(\d{1,9})", re.IGNORECASE | re.DOTALL)


class IdxError(Exception):
    """A file is not what it says; the message is the cause, without the file's name."""


@dataclass(frozen=True, slots=True)
class Member:
    """One picture of a file, counted from 0."""

    file: str
    number: int

    @classmethod
    def of(cls, reference: str) -> Member | None:
        """``train-images-idx3-ubyte.gz#123`` → file and number; None for any other reference."""
        match = _MEMBER.fullmatch(reference)
        return cls(match[1], int(match[2])) if match else None

    def __str__(self) -> str:
        return f"{self.file}#{self.number}"


@dataclass(frozen=True, slots=True)
class Size:
    """How many pictures a file has, and how large each of them is, in pixels."""

    count: int
    height: int
    width: int

    @property
    def picture_bytes(self) -> int:
        return self.height * self.width

    @property
    def total_bytes(self) -> int:
        return self.count * self.picture_bytes


def is_idx(beginning: bytes) -> bool:
    """Whether a file that begins with these bytes, at least 64 of them, is of this format."""
    if beginning.startswith(GZIP):
        try:
            beginning = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(beginning, 4)
        except zlib.error:
            return False
    return beginning[:4] in (PICTURES, LABELS)


def check_pictures(path: Path) -> Size:
    """The size of all pictures of a file, which has been read to its end to see that it is true.

    Takes a megabyte of memory. Raises `IdxError`, and `OSError` for a file that cannot
    be read.
    """
    with _unpacked(path) as file:
        size = _size(file)
        for _ in _body(file, size.total_bytes):
            pass
    return size


def read_labels(path: Path) -> bytes:
    """A file's labels, a byte each; raises as `check_pictures` does."""
    with _unpacked(path) as file:
        if file.read(4) != LABELS:
            raise IdxError("it does not begin as a file of labels")
        (count,) = struct.unpack(">I", _exactly(file, 4))
        if count > MAX_PICTURES:
            raise IdxError(
                f"its header says {count:,} labels, and at most {MAX_PICTURES:,} are read"
            )
        return b"".join(_body(file, count))


class PictureFile:
    """The pictures of one file, any of which can be read; close it.

    A packed file is unpacked once, into a temporary file, so that memory does not grow
    with it. Opening raises as `check_pictures` does.
    """

    def __init__(self, path: Path) -> None:
        with ExitStack() as opened, _unpacked(path) as file:
            self.size = _size(file)
            if _is_packed(path):
                self._start = 0
                self._file: IO[bytes] = opened.enter_context(tempfile.TemporaryFile())
                for chunk in _body(file, self.size.total_bytes):
                    self._file.write(chunk)
                self._file.flush()
            else:
                self._start = file.tell()
                self._file = opened.enter_context(path.open("rb"))
            self._opened = opened.pop_all()

    def png(self, number: int) -> bytes:
        """A picture as a PNG; raises `IdxError` where there is none of this number."""
        from PIL import Image

        if number >= self.size.count:
            raise IdxError(
                f"it has {self.size.count:,} pictures, the last is {self.size.count - 1}"
            )
        length = self.size.picture_bytes
        pixels = os.pread(self._file.fileno(), length, self._start + number * length)
        if len(pixels) < length:
            raise IdxError("it is cut short")
        buffer = io.BytesIO()
        Image.frombytes("L", (self.size.width, self.size.height), pixels).save(buffer, "PNG")
        return buffer.getvalue()

    def close(self) -> None:
        self._opened.close()


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == GZIP


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes]]:
    try:
        with gzip.open(path) if _is_packed(path) else path.open("rb") as file:
            yield cast(IO[bytes], file)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise IdxError(f"it is cut short or damaged ({error})") from None


def _size(file: IO[bytes]) -> Size:
    if file.read(4) != PICTURES:
        raise IdxError("it does not begin as a file of pictures")
    size = Size(*struct.unpack(">III", _exactly(file, 12)))
    if not size.total_bytes:
        raise IdxError("its header says that it has no pictures")
    if size.count > MAX_PICTURES or size.total_bytes > MAX_BYTES:
        raise IdxError(
            f"its header says {size.count:,} pictures of {size.width} × {size.height} pixels, "
            f"and at most {MAX_PICTURES:,} in {MAX_BYTES // 1024**2:,} MiB are read"
        )
    return size


def _body(file: IO[bytes], length: int) -> Iterator[bytes]:
    """All `length` bytes that the header has promised, in pieces; raises if there are others."""
    left = length
    while left:
        chunk = file.read(min(_CHUNK, left))
        if not chunk:
            raise IdxError(f"it ends {left:,} bytes before what its header says")
        left -= len(chunk)
        yield chunk
    if file.read(1):
        raise IdxError("it has more in it than its header says")


def _exactly(file: IO[bytes], length: int) -> bytes:
    read = file.read(length)
    if len(read) < length:
        raise IdxError("it ends within its header")
    return read
