"""Ctrl-C while other threads are at work.

Python raises KeyboardInterrupt between any two steps of the main thread: also within a future, a
condition or a thread pool that it has just locked, and which then nobody unlocks. A thread that
needs the lock stands still for ever, and so does whoever waits for that thread. So while there are
others to wait for, Ctrl-C is noted, and raised where no lock is held.
"""

from __future__ import annotations

import queue
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import TypeVar

Result = TypeVar("Result")

# A signal that comes just before a wait begins does not cut it short: Python sees it at the
# wait's end. So no wait is longer than this.
_LOOKS_UP_S = 0.25


@dataclass(slots=True)
class _CtrlC:
    """Touched by the main thread alone."""

    is_held_back: bool = False
    is_noted: bool = False
    may_be_raised: bool = False

    def note(self, _: int, __: FrameType | None) -> None:
        self.is_noted = True
        if self.may_be_raised:
            self.raise_()

    def raise_(self) -> None:
        self.is_noted = False
        raise KeyboardInterrupt


_ctrl_c = _CtrlC()


@contextmanager
def held_back() -> Iterator[None]:
    """Within, Ctrl-C is raised by `check`, in `wait_for` and at the end, and nowhere else.

    In any thread but the main one, and where a program has another use for Ctrl-C, nothing
    changes.
    """
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not _is_main_thread() or not is_ours:
        yield
        return
    _ctrl_c.is_held_back, _ctrl_c.is_noted = True, False
    signal.signal(signal.SIGINT, _ctrl_c.note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _ctrl_c.is_held_back = False
    check()


def check() -> None:
    """Raise KeyboardInterrupt if Ctrl-C has been held back."""
    if _is_main_thread() and _ctrl_c.is_noted:
        _ctrl_c.raise_()


def wait_for(results: queue.SimpleQueue[Result]) -> Result:
    """The next of the results; Ctrl-C ends the wait.

    A queue of this kind holds no lock of Python's while it waits.
    """
    if not _is_main_thread() or not _ctrl_c.is_held_back:
        return _next(results)
    _ctrl_c.may_be_raised = True
    try:
        check()
        return _next(results)
    finally:
        _ctrl_c.may_be_raised = False


def _next(results: queue.SimpleQueue[Result]) -> Result:
    try:
        while True:
            with suppress(queue.Empty):
                return results.get(timeout=_LOOKS_UP_S)
    except KeyboardInterrupt as interrupt:
        # Raised as an empty wait ends, it would show that as its cause.
        raise interrupt from None


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
