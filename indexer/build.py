"""One whole build: catalogue → ledger → generation, and what came of it."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass

from filelock import FileLock, Timeout

from indexer.amendments import LOST_COPY, Wished, without_copy
from indexer.collections import refuse_foreign
from indexer.duplicates import near_copies
from indexer.indexing import DEFAULT_WISH, IndexWish
from indexer.ledger import Ledger, PhotoFacts
from indexer.pipeline import Pipeline
from indexer.publishing import Contents, is_published, publish, stacked
from indexer.reconciling import NOTHING_GIVEN, Given, Plan, Progress, Reconciler, Tally
from indexer.timings import Stage, Timings
from vitrine.catalogue import Catalogue, Product, facet_columns
from vitrine.encoders.base import Encoder, TextEncoder
from vitrine.failures import Failure, FailureCode
from vitrine.fetching import Fetcher, FetchLimits
from vitrine.folder import FolderError, IndexFolder
from vitrine.products import IndexedProduct, PhotolessProduct
from vitrine.snapshot import CatalogueFacts, EncoderFacts


@dataclass(frozen=True, slots=True)
class FailedProduct:
    """A product and why its photo could not be had in this run."""

    product: Product
    failure: Failure


@dataclass(frozen=True, slots=True)
class BuildOutcome:
    """What a build came to.

    `generation` is the published one's name, None where nothing was published.
    `failed` has every product whose photo failed in this run; `kept` are the ids
    among them that stay in the index with the last good copy of their photo.
    `wanted` counts the catalogue's products, without the `held_out` ones; `by_hand`
    the ones that were added. `is_total_failure` says that not one photo of the
    catalogue could be had, or that nothing is left to index.
    """

    generation: str | None
    wanted: int
    indexed: int
    failed: tuple[FailedProduct, ...]
    kept: frozenset[str]
    tally: Tally
    by_hand: int
    held_out: int
    is_total_failure: bool

    @property
    def causes(self) -> Counter[FailureCode]:
        """How many products failed, by cause."""
        return Counter(f.failure.code for f in self.failed)


@contextmanager
def sole_indexer(folder: IndexFolder) -> Iterator[None]:
    """Hold the folder's lock; raises `FolderError` naming who else holds it."""
    lock = FileLock(folder.lock, blocking=False)
    try:
        lock.acquire()
    except Timeout:
        try:
            who = "process {pid} on {host}".format_map(json.loads(folder.holder.read_text()))
        except (OSError, ValueError, KeyError):
            who = "another process"
        raise FolderError(
            f"{folder.root} is being written by {who}. Wait for it to finish, then run again."
        ) from None
    try:
        if folder.holder.exists():  # whose it was died, and had no time to clear up
            folder.clear_unfinished()
        try:
            with folder.holder.open("w") as file:
                json.dump({"pid": os.getpid(), "host": socket.gethostname()}, file)
                file.flush()
                # A file system without locks has none to show; see `is_being_indexed`.
                with suppress(OSError):
                    fcntl.flock(file, fcntl.LOCK_EX)
                yield
        finally:
            folder.holder.unlink(missing_ok=True)
    finally:
        lock.release()


def build(  # noqa: PLR0913 - each says something else of what is to be built
    catalogue: Catalogue,
    folder: IndexFolder,
    encoder: Encoder,
    limits: FetchLimits,
    progress: Progress,
    *,
    goes_on: bool = False,
    given: Given = NOTHING_GIVEN,
    wish: IndexWish = DEFAULT_WISH,
    timings: Timings | None = None,
    ray: str | None = None,
) -> BuildOutcome:
    """Bring the index folder in line with the catalogue, and publish what changed.

    What was added and removed by hand is applied to the catalogue first. Only new and
    changed photos are fetched, and embedded where no vector is given. Where not one photo of
    the catalogue can be had, nothing is published and the old generation stays. One that
    `goes_on` asks no host again that the last one has asked within a day. `timings` takes
    the time of its stages. With `ray`, the cluster at that address does the work. Call it
    inside `sole_indexer`. Raises `FolderError`, `SnapshotError`, `MilvusError`, `ClusterError`.
    """
    timings = timings or Timings()
    refuse_foreign(folder)
    with Ledger(folder.ledger) as ledger:
        wished = Wished.of(catalogue, ledger.amendments())
        plan = given.narrowed(Plan.of(wished.catalogue, wished.added_photos))
        run = ledger.begin_run(catalogue.location, goes_on=goes_on)
        with ExitStack() as open_:
            pipeline: Reconciler
            if ray is None:
                fetcher = open_.enter_context(Fetcher(limits))
                pipeline = Pipeline(folder, ledger, encoder, fetcher, progress, given, timings)
            else:
                from indexer.cluster import Cluster, ClusterPipeline

                cluster = open_.enter_context(closing(Cluster(ray, folder, encoder, limits)))
                pipeline = ClusterPipeline(
                    folder, ledger, encoder, cluster, progress, given, timings
                )
            pipeline.run(plan, run)
        now = time.time()
        contents, failed = _compose(catalogue, wished, plan, ledger, encoder, now)
        indexed = len(contents.products)
        generation = None
        if folder.current_name():
            folder.lead_to_current()
        is_total_failure = not wished.has_any_but(f.product.id for f in failed)
        if not is_total_failure:
            if not is_published(folder, contents, wish):
                with timings.of(Stage.COMPARE):
                    copies = near_copies(folder, ledger, contents.products, progress.comparing)
                with timings.of(Stage.PUBLISH):
                    shas = [p.sha256 for p in contents.products]
                    vectors = ledger.vectors(encoder.fingerprint, shas)
                    stack = stacked(vectors, indexed, encoder.dimension)
                    palettes = ledger.palettes(shas)
                    generation = publish(folder, contents, stack, copies, wish, palettes)
            # Also where nothing was to be published: a run killed just here had no time to.
            ledger.record_published((p.id for p in contents.products), now)
            ledger.record_amendments(wished.amendments)
        ledger.finish_run(run)
    return BuildOutcome(
        generation=generation,
        wanted=len(wished.catalogue.products),
        indexed=indexed,
        failed=tuple(failed),
        kept=frozenset(f.product.id for f in failed) - {p.id for p in contents.photoless},
        tally=pipeline.tally,
        by_hand=len(wished.amendments.standing),
        held_out=len(wished.amendments.held_out),
        is_total_failure=is_total_failure,
    )


def _compose(
    catalogue: Catalogue, wished: Wished, plan: Plan, ledger: Ledger, encoder: Encoder, now: float
) -> tuple[Contents, list[FailedProduct]]:
    """What the ledger now holds for each product, in the catalogue's order."""
    seen = ledger.first_seen()
    downloads = ledger.downloads()
    photos = ledger.photos()
    embedded = ledger.embedded(encoder.fingerprint)
    products: list[IndexedProduct] = []
    photoless: list[PhotolessProduct] = []
    failed: list[FailedProduct] = []
    for p in wished.catalogue.products:
        reference = plan.references[p.id]
        failure: Failure | None = None
        sha256 = None
        if isinstance(reference, Failure):
            failure = reference
        else:
            download = downloads[reference.location]
            failure, sha256 = download.failure, download.sha256
            broken = photos.get(sha256 or "")
            if isinstance(broken, Failure):
                failure, sha256 = failure or broken, download.fallback
        facts = photos.get(sha256 or "")
        if failure:
            failed.append(FailedProduct(p, failure))
        if sha256 and sha256 in embedded and isinstance(facts, PhotoFacts):
            products.append(
                IndexedProduct(
                    id=p.id,
                    title=p.title,
                    image_url=p.image_url,
                    facts=p.facts,
                    sha256=sha256,
                    width=facts.width,
                    height=facts.height,
                    colour=facts.colour,
                )
            )
        else:
            assert failure is not None
            photoless.append(PhotolessProduct(p.id, p.title, p.image_url, p.facts, failure.code))
    for own in (added.product for added in wished.amendments.standing):
        if own.sha256 in embedded:
            products.append(own)
        else:
            row = Product(own.id, own.title, own.image_url, own.facts, line=0)
            failed.append(FailedProduct(row, LOST_COPY))
            photoless.append(without_copy(own))
    contents = Contents(
        catalogue=CatalogueFacts(
            name=catalogue.name,
            sha256=catalogue.sha256,
            rows=len(catalogue.products),
            skipped=len(catalogue.problems),
        ),
        encoder=EncoderFacts(
            name=encoder.name,
            fingerprint=encoder.fingerprint,
            reads_text=isinstance(encoder, TextEncoder),
        ),
        facets=facet_columns(wished.described),
        products=products,
        photoless=photoless,
        first_seen=[seen.get(product.id, now) for product in products],
    )
    return contents, failed
