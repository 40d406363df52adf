"""Many photos at once: fair to every host, patient with those in trouble, never stuck on one.

An event loop in a thread of its own decides who may ask when; the requests
themselves run in threads. So what waits, for its host's turn, for the end of a
pause or for another attempt, holds no thread that other hosts could use.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from tenacity import AsyncRetrying, RetryCallState, retry_if_result, wait_exponential_jitter

from vitrine.failures import Failure, FailureCode
from vitrine.fetching.asking import Answer, Client, Question, Redirect
from vitrine.fetching.connection import Budget
from vitrine.fetching.files import LocalFiles
from vitrine.fetching.hosts import Host
from vitrine.fetching.records import DEFAULT_LIMITS, RULES, FetchJob, FetchLimits, FetchResult
from vitrine.fetching.references import Reference, absolute_url, host_of
from vitrine.fetching.robots import Rules, robots_url
from vitrine.fetching.threads import Threads
from vitrine.interrupts import wait_for

# Jobs that are looked at ahead of their turn, so that those of other hosts are found
# behind a long row of one host's. A waiting job takes about 5 KB.
_LOOK_AHEAD = 10_000

# Results per worker that may wait for the consumer: enough that a consumer that works
# in batches doesn't stop the workers, and not so many that photos fill the memory.
_UNTAKEN_PER_WORKER = 2

# Three of these still fit into the default deadline of one photo.
_MAX_BACKOFF_S = 8.0

# The look-up of a name, or a disk, keeps to no deadline: a thread that has not come back
# so long after its own is left behind. All else gives up by itself, and earlier.
_LATE_S = 0.5


class Fetcher:
    """Fetches photos; one `Fetcher` is one run, which remembers how each host behaved.

    Close it, or use it as a context manager. `fetch` may be called from several
    threads; `fetch_all` runs one at a time, and a loop over its results must not call
    `fetch`, which would wait for a turn that only taking more results makes free.
    `authorities` is a PEM file of certificate authorities to trust instead of the
    usual ones.
    """

    def __init__(
        self, limits: FetchLimits = DEFAULT_LIMITS, authorities: Path | None = None
    ) -> None:
        self._limits = limits
        self._client = Client(limits, authorities)
        self._rules_client = Client(replace(limits, wanted=RULES), authorities)
        self._files = LocalFiles(limits.max_bytes)
        self._hosts: dict[str, Host] = {}
        self._rules: dict[str, asyncio.Task[Rules]] = {}
        self._workers = asyncio.Semaphore(limits.workers)
        self._threads = Threads[Answer]()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="fetcher", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop what is under way and close every connection; does not wait for any host."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._threads.close()
        self._client.close()
        self._rules_client.close()
        self._files.close()

    def fetch(self, job: FetchJob) -> FetchResult:
        """Fetch one photo, under the same rules as `fetch_all`; fails only by value."""
        future = self._start(job, asyncio.Semaphore(1))
        try:
            return future.result()
        finally:
            future.cancel()

    def fetch_all(self, jobs: Iterable[FetchJob]) -> Iterator[FetchResult]:
        """The results of all jobs as they come, in no promised order; failures are values.

        Jobs are taken from the iterable in the caller's thread, ahead of their turn.
        A consumer that is slow to take results halts the fetching; one that stops
        early (closing the generator, an exception, Ctrl-C) ends it.
        """
        room = asyncio.Semaphore(_UNTAKEN_PER_WORKER * self._limits.workers)
        source = iter(jobs)
        started: set[Future[FetchResult]] = set()
        finished: queue.SimpleQueue[Future[FetchResult]] = queue.SimpleQueue()
        try:
            while True:
                for job in islice(source, _LOOK_AHEAD - len(started)):
                    future = self._start(job, room)
                    started.add(future)
                    future.add_done_callback(finished.put)
                if not started:
                    return
                future = wait_for(finished)
                started.remove(future)
                self._loop.call_soon_threadsafe(room.release)
                yield future.result()
        finally:
            for future in started:
                future.cancel()

    def _start(self, job: FetchJob, room: asyncio.Semaphore) -> Future[FetchResult]:
        errand = _Errand(job, room, self._limits.deadline_s, self._client)
        return asyncio.run_coroutine_threadsafe(self._obtain(errand), self._loop)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            # Closing the runner cancels every errand that is still under way.
            runner.get_loop().run_forever()

    async def _obtain(self, errand: _Errand) -> FetchResult:
        """Follow one photo to its end; takes one permit of `errand.room`, for its result."""
        job = errand.job
        url = absolute_url(job.reference.location) if job.reference.is_url else ""
        if isinstance(url, Failure):
            await errand.room.acquire()
            return FetchResult(job, url)
        redirects = 0
        next_host = self._host(url)
        while True:
            host = next_host
            async with host.turns:
                # A redirect within the host keeps its turn: signed addresses expire.
                while next_host is host:
                    if refusal := await self._disallowed(errand, url):
                        await errand.room.acquire()
                        return FetchResult(job, refusal)
                    answer = await self._asked_with_retries(errand, host, url)
                    if not isinstance(answer.outcome, Redirect):
                        return FetchResult(job, answer.outcome)
                    redirects += 1
                    if redirects > self._limits.max_redirects:
                        return FetchResult(job, _too_many_redirects(errand, redirects))
                    errand.room.release()
                    url = answer.outcome.url
                    next_host = self._host(url)

    def _host(self, url: str) -> Host:
        """The host of a URL; local files, which have none, share one of their own."""
        name = host_of(url) if url else ""
        if name not in self._hosts:
            self._hosts[name] = Host(name, self._limits)
        return self._hosts[name]

    async def _disallowed(self, errand: _Errand, url: str) -> Failure | None:
        """What the robots.txt for this URL has against it, where those are obeyed."""
        if not url or not self._limits.obeys_robots:
            return None
        source = robots_url(url)
        if source not in self._rules:
            self._rules[source] = asyncio.create_task(self._read_rules(source))
        # Shielded: others wait for the same rules, and this errand may be cancelled.
        rules = await asyncio.shield(self._rules[source])
        return rules.refusal(errand.job.reference.location, url)

    async def _read_rules(self, url: str) -> Rules:
        """A robots.txt; takes none of its host's turns, which those who wait for it hold."""
        job = FetchJob(Reference(url))
        limit_s = self._limits.deadline_s
        errand = _Errand(job, asyncio.Semaphore(1), limit_s, self._rules_client)
        redirects, attempts = 0, 1
        while True:
            async with self._workers:
                answer = await self._asked_now(errand, url)
            if isinstance(answer.outcome, Redirect):
                redirects += 1
                if redirects > self._limits.max_redirects:
                    return Rules.of(_too_many_redirects(errand, redirects))
                url = answer.outcome.url
            elif answer.transient and attempts < self._limits.attempts:
                attempts += 1
                await asyncio.sleep(self._limits.backoff_s)
            else:
                return Rules.of(answer.outcome)

    async def _asked_with_retries(self, errand: _Errand, host: Host, url: str) -> Answer:
        backoff = wait_exponential_jitter(
            multiplier=self._limits.backoff_s, max=_MAX_BACKOFF_S, jitter=self._limits.backoff_s
        )

        def wait(state: RetryCallState) -> float:
            return max(backoff(state), _answer(state).retry_after_s or 0.0)

        def stop(state: RetryCallState) -> bool:
            last = state.attempt_number >= self._limits.attempts
            return last or host.given_up or state.upcoming_sleep >= errand.left_s

        async def sleep(seconds: float) -> None:
            errand.room.release()
            errand.left_s -= seconds
            await asyncio.sleep(seconds)

        retrying = AsyncRetrying(
            retry=retry_if_result(lambda answer: answer.transient),
            wait=wait,
            stop=stop,
            sleep=sleep,
            retry_error_callback=_answer,
        )
        return await retrying(self._asked_once, errand, host, url)

    async def _asked_once(self, errand: _Errand, host: Host, url: str) -> Answer:
        """One attempt, when host, consumer and workers allow it; keeps a permit of the room."""
        location = errand.job.reference.location
        while True:
            if not host.refusal(location, errand.left_s):
                await asyncio.sleep(host.wait_s())
            await errand.room.acquire()
            async with self._workers:
                # Only now, since much can have happened while this waited.
                if refusal := host.refusal(location, errand.left_s):
                    return Answer(refusal, answered=False)
                if host.begin():
                    answer = await self._asked_now(errand, url)
                    host.note(answer)
                    return answer
            errand.room.release()

    async def _asked_now(self, errand: _Errand, url: str) -> Answer:
        limits = self._limits
        budget = Budget(errand.left_s, limits.connect_s, limits.silence_s, limits.max_bytes)
        began = time.monotonic()
        try:
            async with asyncio.timeout(errand.left_s + _LATE_S):
                return await asyncio.wrap_future(
                    self._threads.run(lambda: self._attempt(errand, url, budget))
                )
        except TimeoutError:
            cause = "out of time, held up by a name server or a disk"
            failure = Failure(FailureCode.TIMEOUT, f"{errand.job.reference.location}: {cause}")
            return Answer(failure, answered=False, transient=True)
        finally:
            budget.stop()  # where this errand was cancelled, the thread gives up soon
            errand.left_s -= time.monotonic() - began

    def _attempt(self, errand: _Errand, url: str, budget: Budget) -> Answer:
        location, validators = errand.job.reference.location, errand.job.validators
        if not url:
            return Answer(self._files.read(location, validators))
        return errand.client.ask(Question(location, url, validators), budget)


@dataclass(slots=True)
class _Errand:
    """A job on its way. `room` has a permit for every result that may exist untaken."""

    job: FetchJob
    room: asyncio.Semaphore
    left_s: float
    client: Client


def _answer(state: RetryCallState) -> Answer:
    assert state.outcome is not None
    answer: Answer = state.outcome.result()
    return answer


def _too_many_redirects(errand: _Errand, redirects: int) -> Failure:
    cause = f"more than {redirects - 1} redirects"
    return Failure(FailureCode.TOO_MANY_REDIRECTS, f"{errand.job.reference.location}: {cause}")
