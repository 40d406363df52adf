"""What is known of one host during a run, and how it is treated for it."""

from __future__ import annotations

import asyncio
import time

from vitrine.failures import Failure, FailureCode
from vitrine.fetching.asking import Answer, Redirect
from vitrine.fetching.records import FetchLimits, NotModified

_LIGHTER = 4
"""How much lighter than a download the question is whether a photo has changed, where it has
not: then the answer is a head alone. Browsers ask a host that has HTTP/2 for a hundred at once."""


class Turns(asyncio.Semaphore):
    """So many at once, and up to `spare` more, which are lent one by one and called back."""

    def __init__(self, count: int, spare: int) -> None:
        super().__init__(count)
        self._spare = spare
        self._lent = 0
        self._owed = 0

    def lend(self) -> None:
        """Allow one more at once."""
        if self._lent < self._spare:
            self._lent += 1
            self.release()

    def call_back(self) -> int:
        """Allow no more than at first, once as many as were lent are done. Returns how many."""
        lent, self._lent = self._lent, 0
        self._owed += lent
        return lent

    def release(self) -> None:
        if self._owed:
            self._owed -= 1
        else:
            super().release()


class Host:
    """One host's turns, its pauses and its silences. Used from the event loop only."""

    def __init__(self, name: str, limits: FetchLimits) -> None:
        self.name = name
        self._lends = bool(name)
        self.turns = Turns(limits.per_host, (_LIGHTER - 1) * limits.per_host)
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
        self._lend(answer)
        if not isinstance(answer.outcome, Failure):
            return
        if answer.transient and not answer.answered:
            self._unanswered += 1
            self._last_words = answer.outcome.message
        ends = time.monotonic() + (answer.retry_after_s or 0.0)
        if ends > self._pause_ends:
            self._pause_ends, self._pause_code = ends, answer.outcome.code

    def _lend(self, answer: Answer) -> None:
        """Ask for more at once while nothing has changed, and never again after some trouble."""
        if isinstance(answer.outcome, NotModified):
            if self._lends:
                self.turns.lend()
        elif not isinstance(answer.outcome, Redirect):
            lent = self.turns.call_back()
            if answer.transient:
                self._lends = False
                self._give_up_after += lent  # which may all meet with the same bad moment

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
