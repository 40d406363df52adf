"""Reconcile on a Ray cluster: fetch ∥ decode ∥ encode on all its nodes, one writer of the ledger.

The stages are those of one machine. Each worker fetches under its share of what a host allows,
and puts photos and thumbnails into the index folder, which all nodes have at the same path; what
travels is names, facts and vectors. Ray starts lost workers again and gives their blocks to others.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import queue
import socket
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from indexer.decoding import DECODERS
from indexer.ledger import Ledger
from indexer.reconciling import NOTHING_GIVEN, Given, Plan, Progress, Reconciler
from indexer.stages import Decoded, Stored, decoded, kept
from indexer.timings import Stage, Timings
from vitrine import interrupts
from vitrine.encoders.base import Encoder, FloatArray
from vitrine.errors import UnusableError
from vitrine.failures import Failure
from vitrine.fetching import Fetcher, FetchJob, FetchLimits, NotModified
from vitrine.folder import IndexFolder
from vitrine.index_encoder import load_encoder_of
from vitrine.snapshot import EncoderFacts

BLOCK = 64
"""Photos that one worker has at a time: what is done again where it is lost."""

CONNECT_S = 3.0
FETCHING_CPUS = 0.25  # it waits, more than anything


class ClusterError(UnusableError):
    """The cluster cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Task:
    """One photo for the cluster: to be fetched by `job`, or else lying in the folder as `sha256`.

    Of a photo that is fetched again, `sha256` is the one that was there before; the rest is said
    of that one.
    """

    sha256: str | None
    job: FetchJob | None
    is_done: bool
    is_sketched: bool
    is_embedded: bool


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a task: of its job, and of the photo that it left in the folder."""

    task: Task
    outcome: Stored | NotModified | Failure | None
    photo: Decoded | None = None
    vector: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """What every worker has to know. `holder` is what the folder says of who writes in it."""

    folder: IndexFolder
    holder: str
    encoder: EncoderFacts
    limits: FetchLimits

    def check(self) -> None:
        """Raise `ClusterError` where the folder here is another one than the driver's."""
        try:
            found = self.folder.holder.read_text()
        except OSError:
            found = ""
        if found != self.holder:
            raise ClusterError(
                f"{self.folder.root} is not the same on {socket.gethostname()} as where the build "
                "was started. All nodes need the index folder at one path: see docs/scale.md."
            )


class ClusterPipeline(Reconciler):
    """Has the work done by the Ray cluster at an address."""

    def __init__(
        self,
        folder: IndexFolder,
        ledger: Ledger,
        encoder: Encoder,
        cluster: Cluster,
        progress: Progress,
        given: Given = NOTHING_GIVEN,
        timings: Timings | None = None,
    ) -> None:
        super().__init__(folder, ledger, encoder, progress, given, timings)
        self._cluster = cluster

    def run(self, plan: Plan, run: int) -> None:
        """Fetch, decode and embed all that is wanted and not there yet.

        Interrupted at any moment, it leaves a ledger from which the next run goes on. Raises
        `ClusterError`.
        """
        self._progress.start(len(plan.wanted) + len(plan.at_hand))
        jobs: list[FetchJob] = []
        waiting = [a.sha256 for a in self._standing(plan, run, jobs) if self._is_news(a)]
        with interrupts.held_back():
            for block in self._blocks([self._task(job) for job in jobs]):
                waiting += self._take_in(block, run)
            self._note_unchanged(run)
            for block in self._blocks([self._task_at_hand(sha256) for sha256 in waiting]):
                self._record(block)
        self._folder.clear_unfinished()  # of workers that died

    def _blocks(self, tasks: Sequence[Task]) -> Iterator[list[Done]]:
        blocks = self._cluster.done(tasks) if tasks else iter(())
        with contextlib.closing(_in_thread(blocks)) as arriving:
            while True:
                with self._timings.of(Stage.CLUSTER):
                    block = next(arriving, None)
                if block is None:
                    return
                yield block

    def _take_in(self, block: Sequence[Done], run: int) -> list[str]:
        """Note what came of jobs; returns photos that are to be decoded and were not yet."""
        decoded_now, waiting = {}, []
        for done in block:
            assert done.task.job is not None
            assert done.outcome is not None
            for arrival in self._receive(done.task.job.reference.location, done.outcome, run):
                if not self._is_news(arrival):
                    continue
                if done.photo is not None and done.photo.sha256 == arrival.sha256:
                    decoded_now[arrival.sha256] = done
                else:
                    waiting.append(arrival.sha256)
        self._record(list(decoded_now.values()))
        return waiting

    def _record(self, block: Sequence[Done]) -> None:
        vectors = {d.photo.sha256: d.vector for d in block if d.photo and d.vector is not None}
        to_embed = self._note([done.photo for done in block if done.photo])
        found = {photo.sha256: vectors[photo.sha256] for photo in to_embed}
        if found:
            self._keep_vectors(list(found), np.stack(list(found.values())))

    def _task(self, job: FetchJob) -> Task:
        known = self._downloads.get(job.reference.location)
        return self._task_at_hand(known.sha256 if known else None, job)

    def _task_at_hand(self, sha256: str | None, job: FetchJob | None = None) -> Task:
        return Task(
            sha256,
            job,
            is_done=sha256 is not None and self._is_done(sha256),
            is_sketched=sha256 in self._sketched,
            is_embedded=sha256 in self._embedded,
        )


class Cluster:
    """A Ray cluster that work is given to: `auto` for the one of this machine, or its address."""

    def __init__(self, address: str, folder: IndexFolder, encoder: Encoder, limits: FetchLimits):
        """Raises `ClusterError` where nothing answers there."""
        self._ray = _connected(address)
        root = IndexFolder(folder.root.resolve())  # no login is to travel
        facts = EncoderFacts(name=encoder.name, fingerprint=encoder.fingerprint)
        self._site = Site(root, folder.holder.read_text(), facts, limits)

    def close(self) -> None:
        self._ray.shutdown()

    def done(self, tasks: Sequence[Task]) -> Iterator[list[Done]]:
        """What becomes of tasks, some at a time, as they are done. Raises `ClusterError`."""
        import ray.data

        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.execution_options.verbose_progress = False
        nodes = [n for n in self._ray.nodes() if n["Alive"] and n["Resources"].get("CPU")]
        if not nodes:
            raise ClusterError(
                "The Ray cluster has no node with a CPU. Start some: ray start --address=HEAD:6379"
            )
        cpus = min(node["Resources"]["CPU"] for node in nodes)
        gpus = int(self._ray.cluster_resources().get("GPU", 0))
        fetchers = min(len(nodes), self._site.limits.per_host)
        site = replace(self._site, limits=share_of(self._site.limits, fetchers))
        blocks = math.ceil(len(tasks) / BLOCK)
        records = [{"task": task} for task in tasks]
        dataset = ray.data.from_items(records, override_num_blocks=blocks)
        if any(task.job for task in tasks):
            dataset = dataset.map_batches(
                Fetching,
                fn_constructor_args=(site,),
                batch_size=None,
                compute=ray.data.ActorPoolStrategy(size=fetchers),
                num_cpus=FETCHING_CPUS,
            )
        dataset = dataset.map_batches(
            Embedding,
            fn_constructor_args=(site,),
            batch_size=None,
            compute=ray.data.ActorPoolStrategy(size=gpus or len(nodes)),
            num_cpus=max(FETCHING_CPUS, cpus - 2 * FETCHING_CPUS),
            num_gpus=1 if gpus else 0,
        )
        try:
            for batch in dataset.iter_batches(batch_size=None, prefetch_batches=1):
                yield list(batch["done"])
        except self._ray.exceptions.RayError as error:
            raise _in_words(error) from error


class Fetching:
    """The stage that fetches: a worker's own, with its share of each host's patience."""

    def __init__(self, site: Site) -> None:
        site.check()
        self._folder = site.folder
        self._fetcher = Fetcher(site.limits)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        tasks: list[Task] = list(batch["task"])
        by_location = {task.job.reference.location: task for task in tasks if task.job}
        results = self._fetcher.fetch_all([task.job for task in tasks if task.job])
        return _column(
            Done(by_location[result.job.reference.location], kept(self._folder, result.outcome))
            for result in results
        )


class Embedding:
    """The stage that decodes and embeds: the encoder is loaded once a worker."""

    def __init__(self, site: Site) -> None:
        site.check()
        self._folder = site.folder
        self._encoder = load_encoder_of(site.folder, site.encoder)
        if self._encoder.fingerprint != site.encoder.fingerprint:
            raise ClusterError(
                f"{site.encoder.name} is another one on {socket.gethostname()} than where the "
                "build was started. Install the same Vitrine, and the same checkpoint, on all "
                "nodes."
            )
        self._pool = ThreadPoolExecutor(DECODERS)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        if "done" in batch:
            waiting = list(batch["done"])
        else:
            waiting = [Done(task, None) for task in batch["task"]]
        done = list(self._pool.map(self._decoded, waiting))
        vectors: dict[str, FloatArray] = {}
        photos = [d.photo for d in done if d.photo is not None]
        prepared = {p.sha256: p.prepared for p in photos if p.prepared is not None}
        to_embed = iter(prepared)
        while some := list(islice(to_embed, self._encoder.batch_size)):
            vectors |= zip(some, self._encoder.encode([prepared[s] for s in some]), strict=True)
        return _column(
            replace(d, photo=replace(d.photo, prepared=None), vector=vectors.get(d.photo.sha256))
            if d.photo
            else d
            for d in done
        )

    def _decoded(self, done: Done) -> Done:
        task = done.task
        sha256 = done.outcome.sha256 if isinstance(done.outcome, Stored) else task.sha256
        is_known = sha256 == task.sha256
        if isinstance(done.outcome, Failure) or sha256 is None or (is_known and task.is_done):
            return done
        photo = decoded(
            self._folder,
            self._encoder.prepare,
            sha256,
            is_sketched=is_known and task.is_sketched,
            is_embedded=is_known and task.is_embedded,
        )
        return replace(done, photo=photo)


def share_of(limits: FetchLimits, workers: int) -> FetchLimits:
    """What each of several workers may do, so that all together keep to the limits."""
    return replace(
        limits,
        workers=max(1, limits.workers // workers),
        per_host=max(1, limits.per_host // workers),
        delay_s=limits.delay_s * workers,
    )


def _column(done: Iterator[Done]) -> dict[str, Any]:
    """As a batch of Ray Data's, which sends objects as all of Ray's are sent."""
    all_ = list(done)
    column = np.empty(len(all_), dtype=object)
    column[:] = all_
    return {"done": column}


def _connected(address: str) -> Any:
    """The library, connected to the cluster at an address."""
    # It has much to say on the way; what goes wrong is raised as well.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as error:
        raise ClusterError(
            f"--ray needs the package {error.name}. Install it with: make scale"
        ) from None
    silence = ClusterError(
        f"No Ray cluster answers at {address}. Start one with: ray start --head; or correct --ray."
    )
    host, _, port = address.rpartition(":")
    if address != "auto":
        try:
            socket.create_connection((host, int(port)), timeout=CONNECT_S).close()
        except (OSError, ValueError):
            raise silence from None
    try:
        with _standard_error_to(os.devnull):
            ray.init(address, logging_level=logging.ERROR, log_to_driver=False)
        logging.getLogger("ray").setLevel(logging.ERROR)
        logging.getLogger("ray.data").setLevel(logging.ERROR)
    except ConnectionError:
        raise silence from None
    except (RuntimeError, ValueError) as error:
        raise ClusterError(f"The Ray cluster at {address} cannot be used: {error}") from None
    return ray


@contextlib.contextmanager
def _standard_error_to(path: str) -> Iterator[None]:
    """Also what a library writes there past Python, such as that it will write no more."""
    kept = os.dup(2)
    try:
        with open(path, "w") as other:  # noqa: PTH123 - of a device
            os.dup2(other.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _in_words(error: Exception) -> UnusableError:
    """What a worker has raised, or else what Ray says."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, UnusableError):
            return cause
        cause = cause.__cause__ or getattr(cause, "cause", None)
    return ClusterError(f"The Ray cluster cannot go on: {str(error).splitlines()[-1]}")


def _in_thread(blocks: Iterator[list[Done]]) -> Generator[list[Done], None, None]:
    """The same, waited for in a way that Ctrl-C can end."""
    results: queue.SimpleQueue[list[Done] | BaseException | None] = queue.SimpleQueue()
    room = threading.Semaphore(2)

    def take() -> None:
        try:
            for block in blocks:
                results.put(block)
                room.acquire()
            results.put(None)
        except BaseException as error:
            results.put(error)

    threading.Thread(target=take, name="cluster", daemon=True).start()
    while True:
        found = interrupts.wait_for(results)
        room.release()
        if found is None:
            return
        if isinstance(found, BaseException):
            raise found
        yield found
