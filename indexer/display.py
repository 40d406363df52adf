"""How a build's progress looks: a live bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
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
        self._is_live = console.is_terminal  # asked once, as the system is asked
        self._bar = Progress(
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeRemainingColumn(compact=True),
            console=console,
            disable=not self._is_live,
        )
        self._task = self._bar.add_task("Photos", total=None, note="")
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

    @contextmanager
    def comparing(self, total: int) -> Iterator[Callable[[int], None]]:
        """Counts the steps of looking for photos that are nearly the same, on a second bar."""
        task = self._bar.add_task("Copies", total=total, note="")
        yield _lines(self._console, "Copies", total, partial(self._bar.advance, task))

    def _show(self) -> None:
        seen = self._done + self._causes.total()
        now = time.monotonic()
        rate = seen / max(now - self._started, 1e-3)
        note = f"{rate:,.0f} photos/s"
        if self._causes:
            causes = ", ".join(f"{code} {n:,}" for code, n in self._causes.most_common(4))
            note += f" · failed: {causes}"
        self._bar.update(self._task, completed=seen, note=note)
        if not self._is_live and now - self._said >= PLAIN_SECONDS:
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
    with bar:
        yield _lines(console, what, total, partial(bar.advance, task))


def _lines(
    console: Console, what: str, total: int, advance: Callable[[int], None]
) -> Callable[[int], None]:
    """The same as `advance`, which also prints a line now and then where there is no terminal."""
    done, said = 0, time.monotonic()

    def counting(count: int) -> None:
        nonlocal done, said
        done += count
        advance(count)
        if not console.is_terminal and time.monotonic() - said >= PLAIN_SECONDS:
            said = time.monotonic()
            console.print(f"{what}: {done:,} of {total:,}")

    return counting
