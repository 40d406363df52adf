"""Reconcile the ledger with a plan: what there is to do, and the record of what was done."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Protocol

import numpy as np

from indexer.ledger import Download, Ledger, PhotoFacts
from indexer.stages import Decoded, Stored, has_thumbnails
from indexer.timings import Stage, Timings
from vitrine.catalogue import Catalogue
from vitrine.encoders.base import Encoder, EncoderError, FloatArray
from vitrine.failures import Failure, FailureCode
from vitrine.fetching import FetchJob, NotModified, Reference, Validators, resolve
from vitrine.folder import IndexFolder, is_whole

UNCHANGED_AT_ONCE = 256
"""Photos that a host says are unchanged are noted so many at a time, as each note of its own
takes as long as the question about a local file. Those of a killed run are asked about again."""

SETTLED = {
    FailureCode.HTTP_401,
    FailureCode.HTTP_403,
    FailureCode.HTTP_404,
    FailureCode.HTTP_410,
    FailureCode.HTTP_4XX,
}
"""A host's plain word. When an interrupted run is taken up again, what failed otherwise
(a host in trouble, a limit that the owner may have raised since) is tried once more."""


SAME_VECTOR = 1 - 1e-4
"""The cosine from which two vectors are of one photo: between two machines, that of an encoder
is .9999 and more."""


class Progress(Protocol):
    """Told what becomes of each distinct photo reference, once.

    `comparing` is entered while photos are compared with each other: it takes the number of
    steps, and gives what is called with how many have been done.
    """

    def start(self, total: int) -> None: ...
    def done(self, count: int) -> None: ...
    def failed(self, code: FailureCode, count: int) -> None: ...
    def comparing(self, total: int) -> AbstractContextManager[Callable[[int], None]]: ...


class Silent:
    """A progress that shows nothing."""

    def start(self, total: int) -> None: ...
    def done(self, count: int) -> None: ...
    def failed(self, code: FailureCode, count: int) -> None: ...

    def comparing(self, _: int) -> AbstractContextManager[Callable[[int], None]]:
        return contextlib.nullcontext(lambda _: None)


@dataclass(frozen=True, slots=True)
class Plan:
    """The photo that each product wants, by product id, and all the distinct ones.

    `at_hand` has the SHA-256 of photos that are wanted as they lie in the index folder,
    and are never fetched.
    """

    references: Mapping[str, Reference | Failure]
    wanted: Mapping[str, Reference]
    at_hand: Collection[str] = ()

    @classmethod
    def of(cls, catalogue: Catalogue, at_hand: Collection[str] = ()) -> Plan:
        references = {p.id: resolve(p.image_url, catalogue.base) for p in catalogue.products}
        wanted = {r.location: r for r in references.values() if isinstance(r, Reference)}
        return cls(references, wanted, at_hand)


@dataclass(slots=True)
class Tally:
    """What a run did, in photos.

    `taken_over` counts vectors that were given, `disagreeing` those left aside because a
    photo of the very same bytes had brought another one.
    """

    requested: int = 0
    downloaded: int = 0
    embedded: int = 0
    taken_over: int = 0
    disagreeing: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Unit vectors (d,) that another program made with the same encoder, by location.

    What has one is not embedded. `only` says that there is no encoder to make others:
    then what has none is not wanted.
    """

    vectors: Mapping[str, FloatArray]
    only: bool = False

    def narrowed(self, plan: Plan) -> Plan:
        """The plan, less what cannot be embedded: `NOT_EMBEDDED`, and not fetched."""
        if not self.only:
            return plan
        references = {i: self._reference_or_not(r) for i, r in plan.references.items()}
        wanted = {place: r for place, r in plan.wanted.items() if place in self.vectors}
        return replace(plan, references=references, wanted=wanted)

    def _reference_or_not(self, reference: Reference | Failure) -> Reference | Failure:
        if isinstance(reference, Failure) or reference.location in self.vectors:
            return reference
        return Failure(
            FailureCode.NOT_EMBEDDED, f"{reference.location}: the imported index has no vector"
        )


NOTHING_GIVEN = Given({})


@dataclass(frozen=True, slots=True)
class Arrival:
    """A photo that lies in the index folder now.

    `counts` is False for the older copy that stands in for a failed download: the
    failure has been counted already.
    """

    sha256: str
    counts: bool = True


class Reconciler:
    """One run over one plan; afterwards `tally` has the counts. All writes are its caller's.

    How photos are fetched, decoded and embedded is for those who inherit from it to say.
    """

    def __init__(
        self,
        folder: IndexFolder,
        ledger: Ledger,
        encoder: Encoder,
        progress: Progress,
        given: Given = NOTHING_GIVEN,
        timings: Timings | None = None,
    ) -> None:
        self.tally = Tally()
        self._timings = timings or Timings()
        self._folder = folder
        self._ledger = ledger
        self._encoder = encoder
        self._progress = progress
        self._given = given
        self._taken_over: dict[str, FloatArray] = {}
        self._downloads = ledger.downloads()
        self._photos = ledger.photos()
        self._embedded = ledger.embedded(encoder.fingerprint)
        self._sketched = ledger.sketched()
        self._under_way: dict[str, int] = {}
        self._unchanged: list[str] = []

    def run(self, plan: Plan, run: int) -> None:
        """Fetch, decode and embed all that is wanted and not there yet.

        Interrupted at any moment, it leaves a ledger from which the next run goes on.
        """
        raise NotImplementedError

    def _standing(self, plan: Plan, run: int, jobs: list[FetchJob]) -> Iterator[Arrival]:
        """What lies here already, also of an interrupted part of this run; the rest are `jobs`."""
        for sha256 in plan.at_hand:
            if self._is_at_hand(sha256):
                yield Arrival(sha256)
            elif sha256 in self._embedded:
                self._progress.done(1)
            else:
                self._progress.failed(FailureCode.NO_FILE, 1)
        for location, reference in plan.wanted.items():
            known = self._downloads.get(location)
            if known is None or known.run != run or self._is_to_repeat(known, reference):
                jobs.append(FetchJob(reference, self._validators(known)))
            elif known.failure:
                yield from self._fail(location, known.failure)
            elif known.sha256:
                self._take_over(location, known.sha256)
                yield Arrival(known.sha256)
        jobs[:] = _mixed(jobs)

    def _receive(
        self, location: str, outcome: Stored | NotModified | Failure, run: int
    ) -> Iterator[Arrival]:
        """Note an answer in the ledger, and pass on the photo that it leaves at hand."""
        self.tally.requested += 1
        match outcome:
            case Stored(sha256=sha256, validators=validators):
                fallback = self._last_good(self._downloads.get(location))
                with self._timings.of(Stage.LEDGER):
                    self._ledger.record_download(location, sha256, validators, run, fallback)
                self.tally.downloaded += 1
                self._take_over(location, sha256)
                yield Arrival(sha256)
            case NotModified():
                self._unchanged.append(location)
                sha256 = self._downloads[location].sha256 or ""
                self._take_over(location, sha256)
                yield Arrival(sha256)
            case Failure() as failure:
                with self._timings.of(Stage.LEDGER):
                    self._ledger.record_failure(location, failure, run)
                yield from self._fail(location, failure)
        if len(self._unchanged) >= UNCHANGED_AT_ONCE:
            self._note_unchanged(run)

    def _note_unchanged(self, run: int) -> None:
        if not self._unchanged:
            return
        with self._timings.of(Stage.LEDGER):
            self._ledger.record_unchanged(self._unchanged, run)
        self._unchanged.clear()

    def _fail(self, location: str, failure: Failure) -> Iterator[Arrival]:
        """Count a failure; the last good copy of the same reference stays in use."""
        self._progress.failed(failure.code, 1)
        good = self._last_good(self._downloads.get(location))
        if good:
            self._take_over(location, good)
            yield Arrival(good, counts=False)

    def _take_over(self, location: str, sha256: str) -> None:
        """Store the vector given for a photo that has none; of identical photos, the first's."""
        vector = self._given.vectors.get(location)
        if vector is None:
            return
        if sha256 in self._embedded:
            first = self._taken_over.get(sha256, vector)
            self.tally.disagreeing += bool(np.dot(first, vector) < SAME_VECTOR)
            return
        self._taken_over[sha256] = vector
        self._ledger.record_vectors(self._encoder.fingerprint, [sha256], vector[None])
        self._embedded.add(sha256)
        self.tally.taken_over += 1

    def _is_to_repeat(self, known: Download, reference: Reference) -> bool:
        """Whether what this run has done already is to be done again when it is taken up."""
        if not reference.is_url:
            return True  # a look at the file's date
        if known.failure:
            return known.failure.code not in SETTLED
        return known.sha256 is None or not self._is_at_hand(known.sha256)

    def _validators(self, known: Download | None) -> Validators | None:
        """Ask conditionally only for a photo that is still at hand."""
        if known and known.sha256 and self._is_at_hand(known.sha256):
            return known.validators
        return None

    def _last_good(self, known: Download | None) -> str | None:
        """The newest photo of a reference that lies here and could be decoded."""
        shas = (known.sha256, known.fallback) if known else ()
        return next((sha256 for sha256 in shas if sha256 and self._is_at_hand(sha256)), None)

    def _is_at_hand(self, sha256: str) -> bool:
        """Whether the download lies in the index folder and was not found broken."""
        is_broken = isinstance(self._photos.get(sha256), Failure)
        return not is_broken and is_whole(self._folder.photo(sha256))

    def _is_news(self, arrival: Arrival) -> bool:
        """Whether a photo has to be decoded; counts it where not."""
        sha256 = arrival.sha256
        if sha256 in self._under_way:
            self._under_way[sha256] += arrival.counts
            return False
        if self._is_done(sha256):
            self._progress.done(int(arrival.counts))
            return False
        self._under_way[sha256] = int(arrival.counts)
        return True

    def _is_done(self, sha256: str) -> bool:
        """Whether a photo has its thumbnails and its vector."""
        facts = self._photos.get(sha256)
        is_known = isinstance(facts, PhotoFacts) and has_thumbnails(self._folder, sha256, facts)
        return is_known and sha256 in self._embedded

    def _note(self, done: Sequence[Decoded]) -> list[Decoded]:
        """Note photos that are decoded; returns those that are still to be embedded."""
        outcomes = {photo.sha256: photo.outcome for photo in done}
        if outcomes:
            with self._timings.of(Stage.LEDGER):
                self._ledger.record_sketches({d.sha256: d.sketch for d in done if d.sketch})
                self._ledger.record_photos(outcomes)
            self._photos |= outcomes
        to_embed = []
        for photo in done:
            if isinstance(photo.outcome, Failure):
                self._progress.failed(photo.outcome.code, self._under_way.pop(photo.sha256))
            elif photo.sha256 in self._embedded:
                self._progress.done(self._under_way.pop(photo.sha256))
            else:
                to_embed.append(photo)
        return to_embed

    def _keep_vectors(self, sha256s: Sequence[str], vectors: FloatArray) -> None:
        """Store vectors (n, d) of photos; raises `EncoderError` where they are no numbers."""
        if not np.isfinite(vectors).all():
            raise EncoderError(
                f"{self._encoder.name} gives vectors that are no numbers: its weights are damaged. "
                "Fetch the checkpoint again, or choose another with --encoder."
            )
        with self._timings.of(Stage.LEDGER):
            self._ledger.record_vectors(self._encoder.fingerprint, sha256s, vectors)
        self._embedded.update(sha256s)
        self.tally.embedded += len(sha256s)
        self._progress.done(sum(self._under_way.pop(sha256) for sha256 in sha256s))


def _mixed(jobs: Sequence[FetchJob]) -> list[FetchJob]:
    """What is to be downloaded evenly among what is only asked about, and embedded meanwhile."""
    new = [job for job in jobs if job.validators is None]
    known = [job for job in jobs if job.validators is not None]
    placed = [(n / len(group), job) for group in (new, known) for n, job in enumerate(group)]
    return [job for _, job in sorted(placed, key=itemgetter(0))]
