"""Add, remove and restore products by hand: one new generation, made from the published one.

Nothing of the catalogue is read, fetched or embedded again, so this works though its
hosts are dead, or it is gone itself. What was done is kept as an amendment (see
`indexer.amendments`), which every later build applies. Call these inside `sole_indexer`;
each does all that it is asked for, or raises `AmendmentError` and changes nothing.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from indexer.amendments import Added, AmendmentError, Amendments, HeldOut, without_copy
from indexer.collections import in_same_place
from indexer.duplicates import near_copies
from indexer.indexing import DEFAULT_WISH, IndexWish
from indexer.ledger import Ledger, PhotoFacts
from indexer.pipeline import Pipeline
from indexer.publishing import Contents, publish, stacked
from indexer.reconciling import Plan, Progress, Silent
from vitrine.catalogue import facet_columns, is_text, problem_of_id
from vitrine.encoders.base import Encoder, EncoderError, FloatArray, TextEncoder
from vitrine.failures import REMEDIES, Failure
from vitrine.fetching import Fetcher, FetchLimits, Reference, absolute_url
from vitrine.folder import IndexFolder
from vitrine.products import IndexedProduct, PhotolessProduct
from vitrine.snapshot import CatalogueFacts, EncoderFacts, Snapshot, SnapshotError, open_current
from vitrine.sources.texts import tidied

__all__ = [
    "Addition",
    "Amended",
    "AmendmentError",
    "add_photos",
    "remove_products",
    "restore_products",
]

NO_CATALOGUE = CatalogueFacts(
    name="photos added by hand", sha256=hashlib.sha256().hexdigest(), rows=0, skipped=0
)
"""The catalogue of an index that was begun by adding photos to an empty folder."""

SHOWN = 5  # of a list of ids or failures, in a sentence


@dataclass(frozen=True, slots=True)
class Addition:
    """A photo to add: a path or an http(s) URL.

    Without an `id`, the file's name without its ending is the product's; without a
    `title`, its id is.
    """

    photo: str | Path
    id: str | None = None
    title: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Amended:
    """What came of it.

    `generation` is the new one's name, None where what is published was so already.
    `ids` are those of the products asked for, in that order. `awaited` are the ids
    among them that only come back with the next build. `indexed`, `by_hand` and
    `held_out` count what is indexed now, what of it was added, and what is held out.
    """

    generation: str | None
    ids: tuple[str, ...]
    awaited: frozenset[str]
    indexed: int
    by_hand: int
    held_out: int


def add_photos(
    folder: IndexFolder,
    additions: Sequence[Addition],
    encoder: Encoder,
    limits: FetchLimits = FetchLimits(),  # noqa: B008
    progress: Progress | None = None,
    *,
    replaces: bool = False,
) -> Amended:
    """Index these photos, and publish once.

    They are copied into the index folder, so the originals are not needed any more. In
    a folder without an index, they begin one. The encoder must be the one that made
    the index. Raises `AmendmentError` also for an id that stands there already, and
    where a single one of the photos cannot be had. What was added by hand before gives
    way where its photo is lost, and where this `replaces` it.
    """
    progress = progress or Silent()
    snapshot = _published(folder)
    if snapshot and encoder.fingerprint != snapshot.manifest.encoder.fingerprint:
        raise AmendmentError(
            f"The index was made with {snapshot.manifest.encoder.name}, and not by "
            f"{encoder.name} as it is here. Add with that, or build the index again with this."
        )
    named = _named(additions)
    references = {product_id: _reference(a.photo) for product_id, a in named.items()}
    with Ledger(folder.ledger) as ledger:
        before = ledger.amendments()
        if snapshot:
            by_hand = {a.product.id for a in before.standing}
            giving_way = by_hand if replaces else by_hand - snapshot.rows.keys()
            _refuse_known(named, _ids_of(snapshot) - giving_way)
        plan = Plan(references, {r.location: r for r in references.values()})
        with Fetcher(limits) as fetcher:
            pipeline = Pipeline(folder, ledger, encoder, fetcher, progress)
            try:
                pipeline.run(plan, ledger.begin_errand())
            except EncoderError as error:
                raise AmendmentError(str(error)) from error
        photos = _photos_of(ledger, plan.wanted)
        _refuse_failed(
            {str(a.photo): photos[references[i].location] for i, a in named.items()},
            before.held_out.keys(),
        )
        added = dict(before.added)
        for product_id, addition in named.items():
            location = references[product_id].location
            photo = photos[location]
            assert isinstance(photo, _Photo)
            added.pop(product_id, None)  # what a killed run had noted and not published
            added[product_id] = Added(_product(product_id, addition, photo), location)
        facts = EncoderFacts(
            name=encoder.name,
            fingerprint=encoder.fingerprint,
            reads_text=isinstance(encoder, TextEncoder),
        )
        desk = _Desk(folder, ledger, snapshot, facts, encoder.dimension)
        return desk.publish(replace(before, added=added), tuple(named), progress=progress)


def remove_products(folder: IndexFolder, ids: Iterable[str]) -> Amended:
    """Take products out of the index, and hold out those of the catalogue from now on.

    Raises `AmendmentError` also for an id that is not there, and where no product with
    a photo would be left.
    """
    snapshot = _published_or_error(folder)
    wanted = tuple(dict.fromkeys(ids))
    with Ledger(folder.ledger) as ledger:
        before = ledger.amendments()
        _refuse_unknown(wanted, _ids_of(snapshot) | before.added.keys(), before)
        standing = {a.product.id for a in before.standing}
        published = _all_of(snapshot)
        held_out = dict(before.held_out)
        for product_id in wanted:
            if product_id in published and product_id not in standing:
                held_out[product_id] = published[product_id]
        added = {i: a for i, a in before.added.items() if i not in wanted}
        desk = _Desk.of(folder, ledger, snapshot)
        return desk.publish(Amendments(added, held_out), wanted)


def restore_products(folder: IndexFolder, ids: Iterable[str]) -> Amended:
    """Let products of the catalogue in again that were removed by hand.

    They come back at once, as they were; one whose photo has no vector of the index's
    encoder comes back with the next build. Raises `AmendmentError` for an id that is
    not held out.
    """
    snapshot = _published_or_error(folder)
    wanted = tuple(dict.fromkeys(ids))
    with Ledger(folder.ledger) as ledger:
        before = ledger.amendments()
        strange = [i for i in wanted if i not in before.held_out]
        if strange:
            raise AmendmentError(
                f"{_some(strange)}: not held out. `python -m indexer status --json` lists what is."
            )
        held_out = {i: h for i, h in before.held_out.items() if i not in wanted}
        desk = _Desk.of(folder, ledger, snapshot)
        back = [before.held_out[i] for i in wanted]
        return desk.publish(replace(before, held_out=held_out), wanted, back)


@dataclass(frozen=True, slots=True)
class _Photo:
    sha256: str
    facts: PhotoFacts


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where a generation is made from the published one, if there is any."""

    folder: IndexFolder
    ledger: Ledger
    snapshot: Snapshot | None
    encoder: EncoderFacts
    dimension: int

    @classmethod
    def of(cls, folder: IndexFolder, ledger: Ledger, snapshot: Snapshot) -> _Desk:
        manifest = snapshot.manifest
        return cls(folder, ledger, snapshot, manifest.encoder, manifest.dimension)

    def publish(
        self,
        amendments: Amendments,
        ids: tuple[str, ...],
        back: Sequence[HeldOut] = (),
        progress: Progress | None = None,
    ) -> Amended:
        """Note the amendments, and publish what they come to; or raise, and do neither."""
        now = time.time()
        progress = progress or Silent()
        at_hand = self.ledger.embedded(self.encoder.fingerprint)
        returning = [h for h in back if _can_return(h, at_hand)]
        base, photoless = self._catalogues_own(amendments, returning)
        amendments = amendments.beside({p.id for p in base} | {p.id for p in photoless})
        products = list(base)
        for own in (a.product for a in amendments.standing):
            if own.sha256 in at_hand or (self.snapshot and own.id in self.snapshot.rows):
                products.append(own)
            else:
                photoless.append(without_copy(own))
        if not products:
            raise AmendmentError(
                "No product with a photo would be left, and an index has at least one. "
                f"To be rid of the whole index, delete {self.folder.root}."
            )
        contents = self._contents(products, photoless, now)
        before = self.ledger.amendments()
        self.ledger.record_amendments(amendments)
        try:
            generation = None
            if self.snapshot is None or self.snapshot.manifest.content != contents.digest:
                vectors = stacked(self._vectors(products, at_hand), len(products), self.dimension)
                copies = near_copies(self.folder, self.ledger, products, progress.comparing)
                facts = self.snapshot.manifest.index if self.snapshot else None
                wish = IndexWish.like(facts) if facts else DEFAULT_WISH
                palettes = self.ledger.palettes([product.sha256 for product in products])
                folder = in_same_place(self.folder, facts)
                generation = publish(folder, contents, vectors, copies, wish, palettes)
        except SnapshotError as error:
            self.ledger.record_amendments(before)
            raise AmendmentError(f"{error}.") from error
        except BaseException:
            self.ledger.record_amendments(before)
            raise
        self.ledger.record_published((p.id for p in products), now)
        return Amended(
            generation=generation,
            ids=ids,
            awaited=frozenset(h.product.id for h in back) - {h.product.id for h in returning},
            indexed=len(products),
            by_hand=len(amendments.standing),
            held_out=len(amendments.held_out),
        )

    def _catalogues_own(
        self, amendments: Amendments, back: Sequence[HeldOut]
    ) -> tuple[list[IndexedProduct], list[PhotolessProduct]]:
        """What is published of the catalogue and not held out, with what comes back to it."""
        if self.snapshot is None:
            return [], []
        by_hand = {a.product.id for a in self.ledger.amendments().standing}
        out = by_hand | amendments.held_out.keys()
        products = [p for p in self.snapshot.products.all() if p.id not in out]
        photoless = [p for p in self.snapshot.products.photoless_as_listed() if p.id not in out]
        for held in sorted(back, key=lambda held: held.row):
            if isinstance(held.product, IndexedProduct):
                products.insert(held.row, held.product)
            else:
                photoless.insert(held.row, held.product)
        return products, photoless

    def _contents(
        self,
        products: Sequence[IndexedProduct],
        photoless: Sequence[PhotolessProduct],
        now: float,
    ) -> Contents:
        seen = self.ledger.first_seen()
        facets = facet_columns([*products, *photoless])
        catalogue = NO_CATALOGUE
        if self.snapshot:
            catalogue = self.snapshot.manifest.catalogue
            had = [facet.name for facet in self.snapshot.products.facets]
            facets = [*had, *(name for name in facets if name not in had)]
        return Contents(
            catalogue=catalogue,
            encoder=self.encoder,
            facets=facets,
            products=products,
            photoless=photoless,
            first_seen=[seen.get(product.id, now) for product in products],
        )

    def _vectors(
        self, products: Sequence[IndexedProduct], at_hand: AbstractSet[str]
    ) -> Iterator[FloatArray]:
        """Each product's vector (d,): the ledger's, or the published one where that has none."""
        for product in products:
            if product.sha256 in at_hand:
                yield from self.ledger.vectors(self.encoder.fingerprint, [product.sha256])
            else:
                assert self.snapshot is not None
                yield self.snapshot.index.vector(self.snapshot.rows[product.id])


def _can_return(held: HeldOut, at_hand: AbstractSet[str]) -> bool:
    """Whether a product can be published again as it was."""
    return isinstance(held.product, PhotolessProduct) or held.product.sha256 in at_hand


def _published(folder: IndexFolder) -> Snapshot | None:
    """What is published; None where nothing is."""
    if folder.current_name() is None:
        return None
    try:
        return open_current(folder)
    except SnapshotError as error:
        raise AmendmentError(f"{error}.") from error


def _published_or_error(folder: IndexFolder) -> Snapshot:
    snapshot = _published(folder)
    if snapshot is None:
        raise AmendmentError(
            f"There is no index in {folder.root}. Make one with: python -m indexer build CATALOGUE"
        )
    return snapshot


def _ids_of(snapshot: Snapshot) -> AbstractSet[str]:
    """Every product's id, with a photo and without."""
    return snapshot.rows.keys() | {p.id for p in snapshot.products.all_photoless()}


def _all_of(snapshot: Snapshot) -> dict[str, HeldOut]:
    """Every published product by id, with its row, or its place among those without a photo."""
    photoless = enumerate(snapshot.products.photoless_as_listed())
    published = {p.id: HeldOut(p, row) for row, p in enumerate(snapshot.products.all())}
    return published | {p.id: HeldOut(p, row) for row, p in photoless}


def _named(additions: Sequence[Addition]) -> dict[str, Addition]:
    """Additions by their ids, their words cleaned as a catalogue's are."""
    named: dict[str, Addition] = {}
    for addition in additions:
        product_id = tidied(_stem(addition.photo) if addition.id is None else addition.id)
        if problem := problem_of_id(product_id):
            raise AmendmentError(f"{addition.photo}: {problem}. Give it one of its own.")
        if product_id in named:
            raise AmendmentError(
                f"{named[product_id].photo} and {addition.photo} would both be product "
                f"{product_id}. Add them one by one, each with an id of its own."
            )
        facts = {tidied(name): tidied(value) for name, value in addition.facts.items()}
        named[product_id] = replace(
            addition,
            title=tidied(addition.title or ""),
            facts={name: value for name, value in facts.items() if name and value},
        )
    if not named:
        raise AmendmentError("There is no photo to add.")
    return named


def _is_url(photo: str | Path) -> bool:
    return isinstance(photo, str) and photo.lower().startswith(("http://", "https://"))


def _file_name(photo: str | Path) -> str:
    """The last part of a path or of a URL's path."""
    if _is_url(photo):
        return unquote(PurePosixPath(urlsplit(str(photo)).path).name)
    return Path(photo).name


def _stem(photo: str | Path) -> str:
    return PurePosixPath(_file_name(photo)).stem


def _reference(photo: str | Path) -> Reference:
    """Where a photo is; raises `AmendmentError` for an address that cannot be one."""
    if not _is_url(photo):
        path = Path(photo).expanduser().resolve()
        if not is_text(str(path)):
            raise AmendmentError(f"{photo} has a name that is no text. Rename it, or its folder.")
        if path.is_dir():
            raise AmendmentError(
                f"{photo} is a folder. Give the photos in it, such as {photo}/*.jpg, or index "
                f"all of it with: python -m indexer build {photo}"
            )
        return Reference(str(path))
    url = absolute_url(str(photo))
    if isinstance(url, Failure):
        raise AmendmentError(f"{url.message}.")
    return Reference(url)


def _photos_of(ledger: Ledger, locations: Iterable[str]) -> dict[str, _Photo | Failure]:
    """What each reference has come to, by location."""
    downloads, photos = ledger.downloads(), ledger.photos()
    found: dict[str, _Photo | Failure] = {}
    for location in locations:
        download = downloads[location]
        photo = photos.get(download.sha256 or "")
        if download.failure or isinstance(photo, Failure):
            found[location] = download.failure or photo  # type: ignore[assignment]
        else:
            assert download.sha256
            assert isinstance(photo, PhotoFacts)
            found[location] = _Photo(download.sha256, photo)
    return found


def _product(product_id: str, addition: Addition, photo: _Photo) -> IndexedProduct:
    # The path of a file is for the owner alone, and stays in the ledger.
    url = str(addition.photo) if _is_url(addition.photo) else _file_name(addition.photo)
    return IndexedProduct(
        id=product_id,
        title=addition.title or product_id,
        image_url=url,
        facts=addition.facts,
        sha256=photo.sha256,
        width=photo.facts.width,
        height=photo.facts.height,
        colour=photo.facts.colour,
    )


def _refuse_known(named: Mapping[str, Addition], known: AbstractSet[str]) -> None:
    taken = [product_id for product_id in named if product_id in known]
    if taken:
        raise AmendmentError(
            f"{_some(taken)}: there already. Give another id, or remove what is there first."
        )


def _refuse_unknown(ids: Sequence[str], known: AbstractSet[str], amendments: Amendments) -> None:
    if not ids:
        raise AmendmentError("There is no product to remove.")
    strange = [product_id for product_id in ids if product_id not in known]
    if not strange:
        return
    if all(product_id in amendments.held_out for product_id in strange):
        raise AmendmentError(f"{_some(strange)}: held out already.")
    raise AmendmentError(f"{_some(strange)}: no product of this index.")


def _refuse_failed(photos: Mapping[str, _Photo | Failure], held_out: AbstractSet[str]) -> None:
    """`photos` by what they were called; `held_out` are ids that one might have meant."""
    failed = [(name, f) for name, f in photos.items() if isinstance(f, Failure)]
    if not failed:
        return
    lines = [
        f.message if name in f.message else f"{name}: {f.message}" for name, f in failed[:SHOWN]
    ]
    if len(failed) > SHOWN:
        lines.append(f"and {len(failed) - SHOWN:,} more")
    meant = [name for name, _ in failed if name in held_out]
    for code in dict.fromkeys(f.code for _, f in failed):
        lines.append(f"{code}: {REMEDIES[code]}.")
    if meant:
        lines.append(f"Let {_some(meant)} in again with: python -m indexer remove --undo")
    raise AmendmentError("\n".join([*lines, "Nothing was added."]))


def _some(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - SHOWN:,} more" if len(ids) > SHOWN else ""
    return ", ".join(ids[:SHOWN]) + more
