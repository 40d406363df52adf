"""Reconcile on one machine: fetch ∥ decode ∥ encode, until the ledger has what is wanted.

Downloads run in the fetcher's threads, decoding and preparing in a pool of their
own, encoding in one thread, and every write to the ledger in the calling one. All
work at once; what waits between them is bounded, so memory does not grow with the
catalogue, and the slowest stage holds the others back.
"""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy.typing as npt

from indexer.decoding import DECODERS, Decoders, Work
from indexer.ledger import Ledger
from indexer.reconciling import NOTHING_GIVEN, Arrival, Given, Plan, Progress, Reconciler
from indexer.stages import kept
from indexer.timings import Stage, Timings
from vitrine import interrupts
from vitrine.encoders.base import Encoder, FloatArray
from vitrine.fetching import Fetcher, FetchJob, FetchResult
from vitrine.folder import IndexFolder


class Pipeline(Reconciler):
    """Does the work on this machine."""

    def __init__(
        self,
        folder: IndexFolder,
        ledger: Ledger,
        encoder: Encoder,
        fetcher: Fetcher,
        progress: Progress,
        given: Given = NOTHING_GIVEN,
        timings: Timings | None = None,
    ) -> None:
        super().__init__(folder, ledger, encoder, progress, given, timings)
        self._fetcher = fetcher
        self._batch: dict[str, npt.NDArray[Any]] = {}
        self._encoding = ThreadPoolExecutor(1, thread_name_prefix="encode")
        self._being_encoded: tuple[str, ...] = ()
        self._encoded: queue.SimpleQueue[Future[FloatArray]] = queue.SimpleQueue()

    def run(self, plan: Plan, run: int) -> None:
        """Fetch, decode and embed all that is wanted and not there yet.

        Interrupted at any moment, it leaves a ledger from which the next run goes on.
        """
        self._progress.start(len(plan.wanted) + len(plan.at_hand))
        limit = DECODERS + 2 * self._encoder.batch_size
        with interrupts.held_back():
            try:
                with (
                    contextlib.closing(Decoders(self._folder, self._encoder.prepare)) as decoders,
                    contextlib.closing(self._arrivals(plan, run)) as arrivals,
                ):
                    for arrival in arrivals:
                        interrupts.check()
                        if not self._is_news(arrival):
                            continue
                        decoders.begin(self._work(arrival.sha256))
                        self._collect(decoders, patient=len(decoders) >= limit)
                    while len(decoders):
                        self._collect(decoders, patient=True)
                while self._batch or self._being_encoded:
                    self._encode_batch()
            finally:
                self._encoding.shutdown(cancel_futures=True)

    def _arrivals(self, plan: Plan, run: int) -> Generator[Arrival, None, None]:
        """What lies here already, then what is fetched now."""
        jobs: list[FetchJob] = []
        yield from self._standing(plan, run, jobs)
        for result in self._timed(self._fetcher.fetch_all(jobs)):
            with self._timings.of(Stage.KEEP):
                outcome = kept(self._folder, result.outcome)
            yield from self._receive(result.job.reference.location, outcome, run)
        self._note_unchanged(run)

    def _timed(self, results: Iterator[FetchResult]) -> Iterator[FetchResult]:
        """The same, with the time that each is waited for."""
        while True:
            with self._timings.of(Stage.FETCH):
                result = next(results, None)
            if result is None:
                return
            yield result

    def _work(self, sha256: str) -> Work:
        return Work(sha256, sha256 in self._sketched, sha256 in self._embedded)

    def _collect(self, decoders: Decoders, *, patient: bool) -> None:
        """Note all photos that are decoded by now; patient, wait for one."""
        with self._timings.of(Stage.DECODED) if patient else contextlib.nullcontext():
            ready = decoders.take(patient=patient)
        for photo in ready:
            self._timings.add(photo.took)
        for photo in self._note(ready):
            assert photo.prepared is not None
            self._batch[photo.sha256] = photo.prepared
            if len(self._batch) >= self._encoder.batch_size:
                self._encode_batch()

    def _encode_batch(self) -> None:
        """Let the photos at hand be embedded next; store what was embedded before them."""
        before, self._being_encoded = self._being_encoded, tuple(self._batch)
        if self._batch:
            prepared = list(self._batch.values())
            self._batch.clear()
            self._encoding.submit(self._vectors, prepared).add_done_callback(self._encoded.put)
        if before:
            with self._timings.of(Stage.ENCODED):
                vectors = interrupts.wait_for(self._encoded).result()
            self._keep_vectors(before, vectors)

    def _vectors(self, prepared: list[npt.NDArray[Any]]) -> FloatArray:
        with self._timings.of(Stage.ENCODE):
            return self._encoder.encode(prepared)
