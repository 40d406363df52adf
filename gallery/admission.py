"""Who may use the encoder now: so many a minute, and so many at a time."""

from __future__ import annotations

import functools
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l

from gallery.refusals import Code, Refusal

if TYPE_CHECKING:
    from limits.strategies import SlidingWindowCounterRateLimiter

BUSY_SECONDS = 5  # in which a full queue of photos has been embedded, on two cores
LEAST_SECONDS = 2
EVERYONE = "everyone"


class Admission:
    """Counts searches that run the encoder. Safe to ask from many threads.

    `per_client` and `in_all` are searches a minute, 0 for any number;
    `at_a_time` is how many may be at work or waiting. Each of those has a thread that
    could answer other requests, so whoever comes on top is refused at once. `at_work` says how
    many there are now.
    """

    def __init__(self, per_client: int, in_all: int, at_a_time: int) -> None:
        self._per_client = per_client
        self._in_all = in_all
        self._at_a_time = at_a_time
        self._lock = threading.Lock()
        self.at_work = 0

    @contextmanager
    def admitted(self, client: str) -> Iterator[None]:
        """Hold it while searching; refuses where there is no room, or the client asks too often.

        What is refused does not count, so that whoever goes on asking is answered in time.
        """
        with self._lock:
            if self.at_work >= self._at_a_time:
                words = _l("Too many people are searching just now. Try again in a few seconds.")
                raise Refusal(Code.BUSY, words, retry_after=BUSY_SECONDS)
            self.at_work += 1
        try:
            self._count(self._in_all, EVERYONE, test_only=True)
            self._count(self._per_client, client)
            self._count(self._in_all, EVERYONE)
            yield
        finally:
            with self._lock:
                self.at_work -= 1

    @functools.cached_property
    def _counts(self) -> SlidingWindowCounterRateLimiter:
        """Of a client that has gone nothing is left two minutes later, neither count nor address.

        The package takes long to import, and most galleries are only clicked on at first.
        """
        from limits.storage import MemoryStorage
        from limits.strategies import SlidingWindowCounterRateLimiter

        return SlidingWindowCounterRateLimiter(MemoryStorage())

    def _count(self, a_minute: int, who: str, *, test_only: bool = False) -> None:
        if not a_minute:
            return
        from limits import RateLimitItemPerMinute

        limit = RateLimitItemPerMinute(a_minute)
        with self._lock:  # made by the first thread alone
            counts = self._counts
        passes = counts.test(limit, who) if test_only else counts.hit(limit, who)
        if passes:
            return
        resets_at = counts.get_window_stats(limit, who).reset_time
        seconds = max(LEAST_SECONDS, math.ceil(resets_at - time.time()))
        words = _l(
            "Too many searches by photo or in words. Try again in %(seconds)s seconds.",
            seconds=seconds,
        )
        raise Refusal(Code.TOO_MANY_SEARCHES, words, retry_after=seconds)
