"""Where photos are decoded: a few in threads, which are there at once, and many in processes.

Pillow lets go of the interpreter's lock while it decodes, but what else is done with a photo takes
it so often that threads get in each other's way, and in that of fetching. And a photo that crashes
its process costs itself alone.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import queue
import signal
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

import numpy as np

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

# Forked, a process would have locks that threads held here, and that nobody gives back.
_CONTEXT = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Work:
    """A photo of the folder, and what there is of it already; see `stages.decoded`."""

    sha256: str
    is_sketched: bool
    is_embedded: bool


class Decoders:
    """As many as there are cores, used from one thread, and closed when it is done with them."""

    def __init__(self, folder: IndexFolder, prepare: Prepare) -> None:
        self._site = _Site(folder, prepare)
        self._begun = itertools.count()
        self._pool = ThreadPoolExecutor(
            DECODERS, thread_name_prefix="decode", initializer=_leave_ctrl_c_to_others
        )
        self._processes: list[_Process] = []
        self._own = threading.local()
        self._pending = 0
        self._done: queue.SimpleQueue[Future[Decoded]] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)
        for process in self._processes:
            process.end()

    def __len__(self) -> int:
        """How many photos were begun and not taken yet."""
        return self._pending

    def begin(self, work: Work) -> None:
        is_one_of_few = next(self._begun) < FEW
        do = self._site.decoded if is_one_of_few else self._decoded_apart
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
        process: _Process | None = getattr(self._own, "process", None)
        if process is None:
            process = self._own.process = _Process(self._site)
            self._processes.append(process)
        try:
            return process.decoded(work)
        except (EOFError, ConnectionError):
            cause = f"its decoder crashed, with status {process.end()}"
        except TimeoutError:
            process.kill()
            cause = f"decoding it took over {PHOTO_SECONDS} seconds"
        del self._own.process
        return Decoded(work.sha256, Failure(FailureCode.UNDECODABLE, cause))


@dataclass(frozen=True, slots=True)
class _Site:
    folder: IndexFolder
    prepare: Prepare

    def decoded(self, work: Work) -> Decoded:
        return decoded(
            self.folder,
            self.prepare,
            work.sha256,
            is_sketched=work.is_sketched,
            is_embedded=work.is_embedded,
        )


class _Process:
    """The near end of a process that decodes."""

    def __init__(self, site: _Site) -> None:
        self._site = site
        self._connection, theirs = _CONTEXT.Pipe()
        with theirs:
            self._process = _CONTEXT.Process(target=_serve, args=(theirs, site), daemon=True)
            self._process.start()

    def decoded(self, work: Work) -> Decoded:
        """Raises EOFError or ConnectionError where it has died, and TimeoutError where it hangs."""
        self._connection.send_bytes(json.dumps(asdict(work)).encode())
        if not self._connection.poll(PHOTO_SECONDS):
            raise TimeoutError
        photo = _received(self._connection, work.sha256)
        # What was raised there is raised here, by whatever is wrong with the folder or the disk.
        return photo or self._site.decoded(work)

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> int | None:
        """Wait until it has heard that nobody is there any more. Returns its status."""
        self._connection.close()
        self._process.join()
        return self._process.exitcode


def _serve(connection: Connection, site: _Site) -> None:
    """The life of a process: photo after photo, until the other end hangs up."""
    with suppress(EOFError, ConnectionError):
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
    resource_tracker.ensure_running()  # which would undo it, once it is needed
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
