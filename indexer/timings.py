"""Where the time of a build goes, stage by stage."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """What a build does. `ENCODE` and those `IN_POOL` run beside all others."""

    READ = "read the catalogue"
    LOAD = "load the encoder"
    FETCH = "wait for photos"
    KEEP = "keep what was fetched"
    DECODE = "decode"
    THUMBNAILS = "make thumbnails"
    PREPARE = "prepare for the encoder"
    DECODED = "wait for decoding"
    CLUSTER = "wait for the cluster"
    ENCODE = "encode"
    ENCODED = "wait for the encoder"
    LEDGER = "write the ledger"
    COMPARE = "look for near copies"
    PUBLISH = "publish"


IN_POOL = frozenset({Stage.DECODE, Stage.THUMBNAILS, Stage.PREPARE})


@dataclass(frozen=True, slots=True)
class Account:
    """`seconds` that a stage took in `steps`, which may be done `at_once`, so many of them.

    `share` is of the time that all these had, from the beginning of the build.
    """

    stage: Stage
    seconds: float
    steps: int
    at_once: int
    share: float


class Timings:
    """Takes the time of stages, from several threads at once; begins with its making."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._seconds = dict.fromkeys(Stage, 0.0)
        self._steps: Counter[Stage] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def of(self, stage: Stage) -> Iterator[None]:
        """Counts what runs within as a step of this stage; no stage is within another."""
        began = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - began
            with self._lock:
                self._seconds[stage] += seconds
                self._steps[stage] += 1

    def seconds(self) -> dict[Stage, float]:
        """Of every stage that there was."""
        with self._lock:
            return {stage: self._seconds[stage] for stage in self._steps}

    def add(self, seconds: Mapping[Stage, float]) -> None:
        """Count a step of each of these stages, whose time was taken elsewhere."""
        with self._lock:
            for stage, taken in seconds.items():
                self._seconds[stage] += taken
                self._steps[stage] += 1

    def accounts(self, decoders: int) -> tuple[Account, ...]:
        """Every stage that there was, in the order of `Stage`; so many `decoders` work at once."""
        whole = time.perf_counter() - self._began
        with self._lock:
            return tuple(
                Account(stage, seconds, self._steps[stage], at_once, seconds / (whole * at_once))
                for stage, seconds in self._seconds.items()
                for at_once in [decoders if stage in IN_POOL else 1]
                if self._steps[stage]
            )
