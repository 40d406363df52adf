"""How a build's progress looks: a live bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from vitrine.failures import FailureCode

PLAIN_SECONDS = 10.0  # in a log file, a line this often says enough


class BuildDisplay:
    """Photos done, failed by cause, photos/s and time left. Use it with `with`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            SpinnerColumn(finished_text="✓"),
            TextColumn("Photos"),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeRemainingColumn(compact=True),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("photos", total=None, note="")
        self._total = 0
        self._done = 0
        self._causes: Counter[FailureCode] = Counter()
        self._started = time.monotonic()
        self._said = self._started

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def start(self, total: int) -> None:
        self._total = total
        self._started = self._said = time.monotonic()
        self._bar.update(self._task, total=total)

    def done(self, count: int) -> None:
        self._done += count
        self._show()

    def failed(self, code: FailureCode, count: int) -> None:
        self._causes[code] += count
        self._show()

    def _show(self) -> None:
        seen = self._done + self._causes.total()
        now = time.monotonic()
        rate = seen / max(now - self._started, 1e-3)
        note = f"{rate:,.0f} photos/s"
        if self._causes:
            causes = ", ".join(f"{code} {n:,}" for code, n in self._causes.most_common(4))
            note += f" · failed: {causes}"
        self._bar.update(self._task, completed=seen, note=note)
        if not self._console.is_terminal and now - self._said >= PLAIN_SECONDS:
            self._said = now
            self._console.print(f"{seen:,} of {self._total:,} photos · {note}")


@contextmanager
def counted(console: Console, what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Counts up to `total` with what the caller is told of: a bar on a terminal, else lines."""
    bar = Progress(
        TextColumn(what),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    task = bar.add_task(what, total=total)
    done, said = 0, time.monotonic()

    def advance(count: int) -> None:
        nonlocal done, said
        done += count
        bar.update(task, completed=done)
        if not console.is_terminal and time.monotonic() - said >= PLAIN_SECONDS:
            said = time.monotonic()
            console.print(f"{what}: {done:,} of {total:,}")

    with bar:
        yield advance
