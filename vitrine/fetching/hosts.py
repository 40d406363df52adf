"""What is known of one host during a run, and how it is treated for it."""

from __future__ import annotations

import asyncio
import time

from vitrine.failures import Failure, FailureCode
from vitrine.fetching.asking import Answer
from vitrine.fetching.records import FetchLimits


class Host:
    """One host's turns, its pauses and its silences. Used from the event loop only."""

    def __init__(self, name: str, limits: FetchLimits) -> None:
        self.name = name
        self.turns = asyncio.Semaphore(limits.per_host)
        self._give_up_after = limits.give_up_after
        self._delay_s = limits.delay_s if name else 0.0
        self._next_at = 0.0
        self._unanswered = 0
        self._last_words = ""
        self._pause_ends = 0.0
        self._pause_code = FailureCode.HTTP_429

    def note(self, answer: Answer) -> None:
        """Learn from an answer; one of any kind shows that the host is alive."""
        if answer.answered:
            self._unanswered = 0
        if not isinstance(answer.outcome, Failure):
            return
        if answer.transient and not answer.answered:
            self._unanswered += 1
            self._last_words = answer.outcome.message
        ends = time.monotonic() + (answer.retry_after_s or 0.0)
        if ends > self._pause_ends:
            self._pause_ends, self._pause_code = ends, answer.outcome.code

    @property
    def given_up(self) -> bool:
        return self._unanswered >= self._give_up_after

    def pause_s(self) -> float:
        """How long the host still wants to be left alone."""
        return max(0.0, self._pause_ends - time.monotonic())

    def wait_s(self) -> float:
        """How long until it may be asked, for its pause and for the delay between requests."""
        return max(self.pause_s(), self._next_at - time.monotonic())

    def begin(self) -> bool:
        """Whether it may be asked now; if so it has been, and the delay begins."""
        if self.wait_s() > 0:
            return False
        self._next_at = time.monotonic() + self._delay_s
        return True

    def refusal(self, location: str, patience_s: float) -> Failure | None:
        """Why this host is not to be asked for `location` now, if it is not."""
        if self.given_up:
            cause = f"{self.name} has not answered {self._unanswered} times in a row"
            return Failure(
                FailureCode.HOST_DOWN, f"{location}: {cause}; lastly, {self._last_words}"
            )
        if (pause := self.pause_s()) > patience_s:
            cause = f"{self.name} asks to be left alone for another {pause:.0f} s"
            return Failure(self._pause_code, f"{location}: {cause}")
        return None
