"""Where photos are decoded: a few in threads, which are there at once, and many in processes.

Pillow lets go of the interpreter's lock while it decodes, but what else is done with a photo takes
it so often that threads get in each other's way, and in that of fetching. And a photo that crashes
its process costs itself alone.
"""

from __future__ import annotations

import itertools
import json
import operator
import os
import queue
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, Self

import numpy as np
from pydantic import TypeAdapter

from indexer.ledger import PhotoFacts
from indexer.sketches import Sketch
from indexer.stages import Decoded, decoded
from indexer.timings import Stage
from vitrine import interrupts
from vitrine.encoders.base import Prepare
from vitrine.failures import Failure, FailureCode
from vitrine.folder import IndexFolder

DECODERS = min(16, os.cpu_count() or 1)
"""As many as there are cores: each keeps one busy. Sixteen feed any encoder, in some 1.5 GB."""

FEW = 100
"""Photos, which threads have done with when processes have hardly begun."""

PHOTO_SECONDS = 300
"""The largest photo that is allowed takes some 5, on a core of its own."""

_HOME = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Work:
    """A photo of the folder, and what there is of it already; see `stages.decoded`.

    The photo itself is read from there: large ones that wait would fill the memory.
    """

    sha256: str
    is_sketched: bool
    is_embedded: bool


class Decoders:
    """As many as there are cores, used from one thread, and closed when it is done with them."""

    def __init__(self, folder: IndexFolder, prepare: Prepare) -> None:
        self._site = _Site(folder, prepare)
        self._told = self._site.told()
        self._begun = itertools.count()
        self._pool = ThreadPoolExecutor(
            DECODERS, thread_name_prefix="decode", initializer=_leave_ctrl_c_to_others
        )
        self._processes: list[_Process] = []
        self._own = threading.local()
        self._pending = 0
        self._done: queue.SimpleQueue[Future[Decoded]] = queue.SimpleQueue()

    def close(self) -> None:
        """Wait for what is under way, drop what waits, and end every process."""
        self._pool.shutdown(cancel_futures=True)
        for process in self._processes:
            process.end()

    def __len__(self) -> int:
        """How many photos were begun and not taken yet."""
        return self._pending

    def begin(self, work: Work) -> None:
        is_here = next(self._begun) < FEW or self._told is None
        do = self._site.decoded if is_here else self._decoded_apart
        self._pool.submit(do, work).add_done_callback(self._done.put)
        self._pending += 1

    def take(self, *, patient: bool) -> list[Decoded]:
        """All photos that are decoded by now; patient, wait for one."""
        ready = [interrupts.wait_for(self._done)] if patient else []
        while not self._done.empty():
            ready.append(self._done.get())
        self._pending -= len(ready)
        return [future.result() for future in ready]

    def _decoded_apart(self, work: Work) -> Decoded:
        """Runs in the pool, in each of whose threads there is one process at most."""
        process = self._own_process()
        if process is None:
            return self._site.decoded(work)
        try:
            return process.decoded(work)
        except TimeoutError:
            process.kill()
            cause = f"decoding it took over {PHOTO_SECONDS} seconds"
        except (EOFError, ConnectionError):
            cause = "its decoder crashed"
        except _NonsenseError:
            process.kill()
            cause = "its decoder answered nonsense"
        del self._own.process
        process.end()
        return Decoded(work.sha256, Failure(FailureCode.UNDECODABLE, cause))

    def _own_process(self) -> _Process | None:
        """This thread's, begun where there is none yet; None where there can be none."""
        process: _Process | None = getattr(self._own, "process", None)
        if process is None and self._told is not None:
            try:
                process = self._own.process = _Process(self._site, self._told)
            except (OSError, EOFError):  # it ended before it had begun, as others would
                self._told = None
                return None
            self._processes.append(process)
        return process


@dataclass(frozen=True, slots=True)
class _Site:
    folder: IndexFolder
    prepare: Prepare

    def told(self) -> bytes | None:
        """What a process has to know of it, in JSON; None where that can't be put into words."""
        try:
            told = json.dumps(self._words()).encode()
            again = _Site.of(told).prepare
        except (TypeError, AttributeError, ValueError):  # no dataclass, or not of plain values
            return None
        owners = (getattr(prepare, "__self__", prepare) for prepare in (self.prepare, again))
        return told if operator.eq(*owners) else None

    def _words(self) -> dict[str, Any]:
        words = {"folder": str(self.folder.root.resolve()), "name": self.prepare.__name__}
        owner = getattr(self.prepare, "__self__", None)
        if owner is None:
            return words | {"module": self.prepare.__module__}
        kind = type(owner)
        return words | {"module": kind.__module__, "of": kind.__qualname__, "values": asdict(owner)}

    @classmethod
    def of(cls, told: bytes) -> Self:
        words = json.loads(told)
        if words["module"] == "__main__":  # which is another in each process
            raise ValueError(words)
        holder = import_module(words["module"])
        if "of" in words:
            kind = operator.attrgetter(words["of"])(holder)
            holder = TypeAdapter(kind).validate_python(words["values"])
        return cls(IndexFolder(Path(words["folder"])), getattr(holder, words["name"]))

    def decoded(self, work: Work) -> Decoded:
        return decoded(
            self.folder,
            self.prepare,
            work.sha256,
            is_sketched=work.is_sketched,
            is_embedded=work.is_embedded,
        )


class _NonsenseError(Exception):
    """What a process answered is none of the answers."""


class _Process:
    """The near end of a process that decodes."""

    def __init__(self, site: _Site, told: bytes) -> None:
        """Raises OSError or EOFError where it can't begin."""
        self._site = site
        self._connection, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                cwd=_HOME,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        try:
            self._connection.send_bytes(told)
            self._connection.recv_bytes()  # that it is ready
        except (OSError, EOFError):
            self.end()
            raise

    def decoded(self, work: Work) -> Decoded:
        """Raises EOFError or ConnectionError where it has died, TimeoutError where it hangs."""
        self._connection.send_bytes(json.dumps(asdict(work)).encode())
        if not self._connection.poll(PHOTO_SECONDS):
            raise TimeoutError
        try:
            photo = _received(self._connection, work.sha256)
        except (KeyError, TypeError, ValueError) as error:  # of somebody who has broken into it
            raise _NonsenseError from error
        # What was raised there is raised here, by whatever is wrong with the folder or the disk.
        return photo or self._site.decoded(work)

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> None:
        """Wait until it has heard that nobody is there any more."""
        self._connection.close()
        self._process.wait()


def _serve(connection: Connection) -> None:
    """The life of a process: photo after photo, until the other end hangs up."""
    with suppress(EOFError, ConnectionError):
        site = _Site.of(connection.recv_bytes())
        connection.send_bytes(b"ready")
        while True:
            work = Work(**json.loads(connection.recv_bytes()))
            try:
                photo = site.decoded(work)
            except Exception:
                photo = None
            _send(connection, photo)


# What a process says is never a pickle: whoever breaks into a decoder would have it loaded here.


def _send(connection: Connection, photo: Decoded | None) -> None:
    """A head in JSON, and what else there is as plain bytes; None is an empty head."""
    if photo is None:
        connection.send_bytes(b"{}")
        return
    prepared = photo.prepared
    head = {
        "failure" if isinstance(photo.outcome, Failure) else "facts": asdict(photo.outcome),
        "took": photo.took,
        "is_sketched": photo.sketch is not None,
        "prepared": None if prepared is None else [prepared.dtype.str, prepared.shape],
    }
    connection.send_bytes(json.dumps(head).encode())
    if photo.sketch is not None:
        connection.send_bytes(photo.sketch.to_bytes())
    if prepared is not None:
        connection.send_bytes(prepared.tobytes())


def _received(connection: Connection, sha256: str) -> Decoded | None:
    """What `_send` has sent."""
    head = json.loads(connection.recv_bytes())
    if not head:
        return None
    outcome: PhotoFacts | Failure
    if "failure" in head:
        outcome = Failure(FailureCode(head["failure"]["code"]), head["failure"]["message"])
    else:
        outcome = PhotoFacts(**head["facts"])
    sketch = Sketch.from_bytes(connection.recv_bytes()) if head["is_sketched"] else None
    prepared = None
    if head["prepared"]:
        kind, shape = head["prepared"]
        prepared = np.frombuffer(connection.recv_bytes(), np.dtype(kind)).reshape(shape)
    took = {Stage(stage): seconds for stage, seconds in head["took"].items()}
    return Decoded(sha256, outcome, sketch, prepared, took)


def _leave_ctrl_c_to_others() -> None:
    """A process that is started from this thread will do so as well."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])))
