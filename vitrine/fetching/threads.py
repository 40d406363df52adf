"""Threads for work that waits, of which any may never come back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Generic, TypeVar

Result = TypeVar("Result")
_Job = tuple[Future[Result], Callable[[], Result]]


class Threads(Generic[Result]):
    """As many as there is work at once, each used again when it is done.

    They are daemons, so that one that is stuck in the look-up of a name can't hold up the exit.
    `run` is called from one thread.
    """

    def __init__(self) -> None:
        self._idle: list[SimpleQueue[_Job[Result] | None]] = []
        self._is_closed = False

    def run(self, work: Callable[[], Result]) -> Future[Result]:
        """Begin some work at once; the future has its result, or what it raised."""
        future: Future[Result] = Future()
        future.set_running_or_notify_cancel()
        if self._idle:
            inbox = self._idle.pop()
        else:
            inbox = SimpleQueue()
            threading.Thread(target=self._serve, args=(inbox,), name="fetch", daemon=True).start()
        inbox.put((future, work))
        return future

    def close(self) -> None:
        """Let every thread end that is idle, and the others when they are done."""
        self._is_closed = True
        for inbox in self._idle:
            inbox.put(None)

    def _serve(self, inbox: SimpleQueue[_Job[Result] | None]) -> None:
        while job := inbox.get():
            future, work = job
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)
            del job, future, work  # which may hold a photo, until there is another
            self._idle.append(inbox)
            if self._is_closed:
                return
