"""Strangers' photos are decoded in processes apart: a crash, a hang or a bomb costs one answer.

A worker is this module, run as a program. Photos lie in a file that it shares with the
gallery, first as they were sent and then as pixels: through a connection they would go in
small pieces, with a change of processes for each. The connection says how long a photo is,
and brings a head in JSON, or why there is no photo: never a pickle, as whoever breaks into
a decoder would have the gallery read theirs. A worker takes up to `WORKER_BYTES` of memory
and `DECODE_SECONDS` for a photo, writes no other file, and ends with the gallery, however
that ends.
"""

from __future__ import annotations

import atexit
import json
import logging
import mmap
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import IO

from PIL import Image

from vitrine.confinement import confine
from vitrine.failures import Failure, FailureCode
from vitrine.photos import MAX_PIXELS, NO_MEMORY, Photo, decode

log = logging.getLogger("vitrine.gallery")

DECODE_SECONDS = 30
"""The slowest photo that is allowed, a lossless WebP of 80 megapixels, takes some 5 on a
core of its own."""

WORKER_BYTES = 2 * 1024**3
"""Of addresses, the program's own 200 MB included. That same photo takes 1.6 GB, a usual one
some 20 MB; a decoder that wants more is told that there is none."""

_PIXEL_BYTES = 3 * MAX_PIXELS  # of the shared file, which takes no more room than a photo needs
_BAND_BYTES = 4 * 1024**2  # of pixels that are taken over at a time
_HEAD_BYTES = 64 * 1024
_HOME = Path(__file__).parents[1]


class Decoders:
    """Workers, started when they are first needed and used again for as long as they are well.

    There are as many as photos are decoded at a time. Threads may share it.
    """

    def __init__(self, seconds: float = DECODE_SECONDS, memory: int = WORKER_BYTES) -> None:
        self._seconds = seconds
        self._memory = memory
        self._workers: set[_Worker] = set()
        self._idle: list[_Worker] = []
        self._lock = threading.Lock()

    def decode(self, body: bytes) -> Photo | Failure:
        """What `vitrine.photos.decode` says of these bytes, or that its worker failed."""
        if not body:  # of no bytes, a connection makes no message
            return decode(body)
        worker = self._take()
        photo = worker.decode(body)
        if isinstance(photo, Failure) and photo.code is FailureCode.UNDECODABLE:
            log.warning("A photo was refused: %s.", photo.message)
            self._stop(worker)
        else:
            with self._lock:
                self._idle.append(worker)
        return photo

    def close(self) -> None:
        """End every worker, whatever it is at."""
        with self._lock:
            idle, self._idle = self._idle, []
            busy = self._workers.difference(idle)
        for worker in idle:
            self._stop(worker)
        for worker in busy:  # the thread that waits for it puts the rest away
            worker.kill()

    def _take(self) -> _Worker:
        with self._lock:
            worker = self._idle.pop() if self._idle else None
        if worker is not None and not worker.is_alive():
            self._stop(worker)
            worker = None
        if worker is None:
            worker = _Worker(self._seconds, self._memory)
            with self._lock:
                self._workers.add(worker)
        return worker

    def _stop(self, worker: _Worker) -> None:
        worker.stop()
        with self._lock:
            self._workers.discard(worker)


class _Worker:
    """The gallery's end of a worker. `seconds` are for a photo, `memory` is in bytes."""

    def __init__(self, seconds: float, memory: int) -> None:
        self._seconds = seconds
        self._shared = _new_file()
        self._connection, theirs = Pipe()
        with theirs:
            files = [theirs.fileno(), self._shared.fileno()]
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, *map(str, [*files, seconds, memory])],
                cwd=_HOME,
                # Threads of its own would cost it addresses, and it has no use for them.
                env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
                pass_fds=files,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def decode(self, body: bytes) -> Photo | Failure:
        # Whatever the worker is at, and whichever end waits for the other.
        alarm = threading.Timer(self._seconds, self._process.kill)
        alarm.daemon = True
        alarm.start()
        try:
            _write(self._shared.fileno(), body)
            self._connection.send_bytes(str(len(body)).encode())
            return self._answer()
        except (OSError, EOFError):
            return _undecodable(self._how_it_ended())
        except Exception as error:  # its answer may be that of somebody who has broken into it
            return _undecodable(f"its decoder answered nonsense: {error!r}")
        finally:
            alarm.cancel()
            os.ftruncate(self._shared.fileno(), 0)

    def kill(self) -> None:
        self._process.kill()

    def stop(self) -> None:
        self.kill()
        self._process.wait()
        self._connection.close()
        self._shared.close()

    def _answer(self) -> Photo | Failure:
        head = json.loads(self._connection.recv_bytes(_HEAD_BYTES))
        if "failure" in head:
            return Failure(FailureCode(head["failure"]), str(head["message"]))
        columns, rows = int(head["columns"]), int(head["rows"])
        width, height = int(head["width"]), int(head["height"])
        if not (0 < columns * rows <= width * height <= MAX_PIXELS and columns > 0):
            raise ValueError(f"{columns} × {rows} pixels of {width} × {height}")
        image = Image.new("RGB", (columns, rows))
        for upper, lower in _bands(columns, rows):
            # Read and not mapped: a worker could shrink the file, and mapped pages would be gone.
            file, start = self._shared.fileno(), 3 * columns * upper
            band = os.pread(file, 3 * columns * (lower - upper), start)
            image.paste(Image.frombytes("RGB", (columns, lower - upper), band), (0, upper))
        return Photo(image, width, height, str(head["format"]))

    def _how_it_ended(self) -> str:
        try:
            status = self._process.wait(timeout=1)  # it may have hung up and not be gone yet
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        if status in (-signal.SIGKILL, -signal.SIGALRM):
            return f"its decoder was stopped, after {self._seconds} seconds or for want of memory"
        if status < 0:
            return f"its decoder crashed ({signal.Signals(-status).name})"
        return f"its decoder ended with status {status}"


def _undecodable(why: str) -> Failure:
    return Failure(FailureCode.UNDECODABLE, why)


def _new_file() -> IO[bytes]:
    """A file without a name, in memory where there are such."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("photo"), "w+b")
    return tempfile.TemporaryFile()


def _write(file: int, body: bytes) -> None:
    """A photo as it was sent, and room for its pixels."""
    start = 0
    while start < len(body):
        start += os.pwrite(file, memoryview(body)[start:], start)
    os.ftruncate(file, max(len(body), _PIXEL_BYTES))


def _bands(columns: int, rows: int) -> Iterator[tuple[int, int]]:
    """The rows in which pixels are taken over: from each first to before each last."""
    step = max(1, _BAND_BYTES // (3 * columns))
    for upper in range(0, rows, step):
        yield upper, min(rows, upper + step)


def _work(connection: Connection, shared: int, seconds: float, memory: int) -> None:
    """The worker's life: photo after photo, until the gallery hangs up."""
    _confine(memory)
    while True:
        try:
            length = int(connection.recv_bytes())
        except (OSError, EOFError):
            return
        # Should the gallery be gone, nobody else would stop it.
        signal.setitimer(signal.ITIMER_REAL, seconds)
        answer = _decoded(os.pread(shared, length, 0), shared)
        connection.send_bytes(json.dumps(answer).encode())
        signal.setitimer(signal.ITIMER_REAL, 0)


def _decoded(body: bytes, shared: int) -> dict[str, str | int]:
    """The head of a photo, whose pixels are in the file then; or why there is none."""
    photo = decode(body)
    if isinstance(photo, Failure):
        return _refusal(photo)
    columns, rows = photo.image.size
    try:
        _hand_over(photo.image, shared)
    except (OSError, MemoryError):
        return _refusal(NO_MEMORY)
    return {
        "width": photo.width,
        "height": photo.height,
        "format": photo.format,
        "columns": columns,
        "rows": rows,
    }


def _refusal(failure: Failure) -> dict[str, str | int]:
    return {"failure": failure.code, "message": failure.message[:1000]}


def _hand_over(image: Image.Image, shared: int) -> None:
    """Put the pixels in the file."""
    columns, rows = image.size
    with mmap.mmap(shared, 3 * columns * rows) as pixels:
        for upper, lower in _bands(columns, rows):
            band = image.crop((0, upper, columns, lower))
            pixels[3 * columns * upper : 3 * columns * lower] = band.tobytes()


def _confine(memory: int) -> None:
    """Give up what decoding has no need of, before the first stranger's byte is read."""
    confine(memory)
    # The end of the connection tells it when to go: who stops the gallery may signal both,
    # and requests under way are answered first.
    for signalled in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signalled, signal.SIG_IGN)
    # What decoders' libraries remark on a stranger's bytes is none of the owner's log.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


decoders = Decoders()
atexit.register(decoders.close)

if __name__ == "__main__":
    _work(Connection(int(sys.argv[1])), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
