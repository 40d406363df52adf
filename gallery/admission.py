"""Who may use the encoder now: so many a minute, and so many at a time."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask_babel import lazy_gettext as _l
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from gallery.refusals import Code, Refusal

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
        self._per_client = RateLimitItemPerMinute(per_client) if per_client else None
        self._in_all = RateLimitItemPerMinute(in_all) if in_all else None
        self._at_a_time = at_a_time
        self._lock = threading.Lock()
        self.at_work = 0
        # Of a client that has gone nothing is left two minutes later, neither count nor address.
        self._counts = SlidingWindowCounterRateLimiter(MemoryStorage())

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

    def _count(
        self, limit: RateLimitItemPerMinute | None, who: str, *, test_only: bool = False
    ) -> None:
        if limit is None:
            return
        passes = self._counts.test(limit, who) if test_only else self._counts.hit(limit, who)
        if passes:
            return
        resets_at = self._counts.get_window_stats(limit, who).reset_time
        seconds = max(LEAST_SECONDS, math.ceil(resets_at - time.time()))
        words = _l(
            "Too many searches by photo or in words. Try again in %(seconds)s seconds.",
            seconds=seconds,
        )
        raise Refusal(Code.TOO_MANY_SEARCHES, words, retry_after=seconds)
