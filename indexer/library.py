"""Vitrine from Python: a folder of photos in, the most similar ones out.

    from vitrine import ImageSimilaritySearch

    search = ImageSimilaritySearch("photos/", index_dir="index_data")
    for found in search.find_similar("query.jpg", k=5):
        print(found["path"], found["score"])

`build_index`, `find_similar_images` and `preprocess_image` are the same as three functions.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypedDict, get_args

import numpy.typing as npt

from indexer.build import BuildOutcome, build, sole_indexer
from indexer.console import count, stderr
from indexer.display import BuildDisplay
from indexer.ledger import Ledger
from indexer.reconciling import Silent
from vitrine.catalogue import MAX_ID_LENGTH, Catalogue, CatalogueError
from vitrine.encoders import EncoderError, load_encoder, resolve_auto
from vitrine.encoders.base import Encoder, FloatArray
from vitrine.failures import Failure
from vitrine.fetching import PUBLIC_WEB, FetchLimits, Reach, Reference, resolve
from vitrine.folder import FolderError, IndexFolder
from vitrine.index import Neighbour
from vitrine.index_encoder import load_encoder_of
from vitrine.photos import Photo, decode
from vitrine.products import IndexedProduct
from vitrine.search import similar_to_vector
from vitrine.settings import Settings
from vitrine.snapshot import Snapshot, SnapshotError, open_current
from vitrine.sources import read_source
from vitrine.sources.photo_folder import find_photos, read_photo_folder

log = logging.getLogger("vitrine.library")

INDEX_DIR = "index_data"
LIMITS = FetchLimits(max_bytes=200_000_000)  # one's own files may be large
PATIENCE_S = 600.0  # how long to wait for another process that is indexing
LOOK_AGAIN_S = 0.2  # how often a process looks whether another has done with the index
SHOWN_FAILURES = 3  # in one line of the log; `failed` has them all

ScoreKind = Literal["cosine", "inverse_distance"]


class SearchError(Exception):
    """There is nothing to search with or in; the message says why and what to do."""


class SimilarPhoto(TypedDict):
    """A photo that was found. `score` is as `ImageSimilaritySearch` says."""

    path: str
    score: float
    id: str
    title: str


class SimilarImage(str):
    """The path of a photo that was found: a text, with `score` and `id` besides.

    So results can be opened, joined and printed as paths are.
    """

    __slots__ = ("id", "score")

    def __new__(cls, path: str, score: float, product_id: str) -> SimilarImage:
        made = super().__new__(cls, path)
        made.score = score
        made.id = product_id
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """How it is copied, and sent to another process."""
        return SimilarImage, (str(self), self.score, self.id)

    score: float
    id: str


class ImageSimilaritySearch:
    """The photos of a folder, to be searched by what they look like.

    Making one brings the index in `index_dir` in line with `image_dir`: new, changed and
    deleted photos are noticed, and nothing else is embedded again. `image_dir` may also be
    a catalogue (see `vitrine.sources`). `encoder` is a name, a checkpoint's folder or a hub
    name; `auto` keeps the one of an index that is there already.

    Scores: ``cosine`` is the cosine of the two embeddings, in [−1, 1]; ``inverse_distance``
    is 1 / (1 + d) with d their squared L2 distance, in [0.2, 1]. Of both, 1 is an identical
    picture, and their order is the same.

    One object serves any number of threads. Several processes may share an index: one
    writes at a time, and the others wait for it.
    """

    def __init__(
        self,
        image_dir: str | os.PathLike[str],
        index_dir: str | os.PathLike[str] = INDEX_DIR,
        *,
        encoder: str = "auto",
        score: ScoreKind = "cosine",
    ) -> None:
        """Raises `CatalogueError`, `EncoderError`, `FolderError` or `SearchError`."""
        self._image_dir = os.fspath(image_dir)
        self._folder = IndexFolder(Path(index_dir))
        self._score = _score_kind(score)
        self._wanted = encoder
        self._encoder: Encoder | None = None
        self._encoding = threading.Lock()
        self._writing = threading.Lock()
        self.failed: Mapping[str, str] = {}
        self._content = self._reconciled()

    def __len__(self) -> int:
        """How many photos are indexed."""
        return len(self._content.snapshot)

    @property
    def encoder(self) -> Encoder:
        """What turns photos into vectors here."""
        assert self._encoder is not None
        return self._encoder

    def refresh(self) -> None:
        """Notice what has changed in `image_dir` since. Raises as the constructor does."""
        with self._writing:
            self._content = self._reconciled()

    def find_similar(
        self, query_path: str | os.PathLike[str], k: int = 5, *, score: ScoreKind | None = None
    ) -> list[SimilarPhoto]:
        """The k photos most like this one, best first; fewer where fewer are indexed.

        A query that is itself indexed is its own best answer. Raises `FileNotFoundError`
        where there is no such file, and `SearchError` where it is no photo.
        """
        if k < 1:
            raise ValueError(f"k is {k}; it must be 1 or more")
        kind = self._score if score is None else _score_kind(score)
        content = self._content  # one for the whole answer, whatever is published meanwhile
        neighbours = similar_to_vector(content.snapshot, self._vector(content, query_path), k)
        products = content.snapshot.products.get(n.row for n in neighbours)
        return [
            _similar(content.path(product), product, neighbour, kind)
            for product, neighbour in zip(products, neighbours, strict=True)
        ]

    def add_image_to_index(self, path: str | os.PathLike[str]) -> str:
        """Index one more photo, and give its id.

        One that lies in `image_dir` is indexed as any other; one from elsewhere is copied
        into the index folder and stays indexed until it is removed. Raises
        `FileNotFoundError`, and `SearchError` where it is no photo.
        """
        file = Path(path)
        if not file.is_file():
            raise FileNotFoundError(f"There is no file at {file}")
        with self._writing:
            if self._lies_within(file):
                self._content = self._reconciled()
                return self._id_within(file)
            return self._added(file)

    def prepared(self, path: str | os.PathLike[str]) -> npt.NDArray[Any]:
        """A photo as the encoder takes it, with a batch axis: array (1, …)."""
        return self.encoder.prepare(_decoded(Path(path)).image)[None]

    def _vector(self, content: _Content, query: str | os.PathLike[str]) -> FloatArray:
        body = Path(query).read_bytes()
        row = content.snapshot.products.row_of_photo(hashlib.sha256(body).hexdigest())
        if row is not None:
            return content.snapshot.index.vector(row)
        prepared = self.encoder.prepare(_decoded(Path(query), body).image)
        with self._encoding:
            vector: FloatArray = self.encoder.encode([prepared])[0]
        return vector

    def _reconciled(self) -> _Content:
        """The index in line with the folder; what was published is opened."""
        catalogue = self._read()
        self._folder.claim()
        with _waiting_for(self._folder):
            if self._encoder is None:
                self._encoder = _encoder_of(self._wanted, self._folder)
            limits = replace(LIMITS, reach=self._reach())
            shown = BuildDisplay(stderr) if stderr.is_terminal else nullcontext(Silent())
            with shown as progress:
                outcome = build(catalogue, self._folder, self._encoder, limits, progress)
            self._note_failures(outcome)
            self._base = catalogue.base
            return self._opened()

    def _reach(self) -> Reach:
        """The public web, what was given, and the hosts that the environment allows."""
        return PUBLIC_WEB.allowing(Settings().allow_host).given([self._image_dir])

    def _read(self) -> Catalogue:
        home = Path(self._image_dir)
        if not home.is_dir():
            return read_source(self._image_dir, reach=self._reach())
        found = find_photos(home)
        try:
            return read_photo_folder(home, found)
        except CatalogueError as error:
            raise CatalogueError(f"{error} Put photos there, and try again.") from None

    def _note_failures(self, outcome: BuildOutcome) -> None:
        self.failed = {f.product.id: f.failure.message for f in outcome.failed}
        failures = list(self.failed.items())[:SHOWN_FAILURES]
        shown = "; ".join(m if i in m else f"{i}: {m}" for i, m in failures)
        if outcome.is_total_failure:
            raise SearchError(f"Not one photo of {self._image_dir} can be used: {shown}.")
        if self.failed:
            log.warning("%s left out: %s", count(len(self.failed), "photo"), shown)

    def _added(self, file: Path) -> str:
        """Index a photo from elsewhere, by its path; another photo of that path is replaced."""
        from indexer.amending import Addition, AmendmentError, add_photos

        product_id = _id_of_path(file)
        body = file.read_bytes()
        _decoded(file, body)  # raises where it is no photo
        with _waiting_for(self._folder):
            snapshot = open_current(self._folder)
            row = snapshot.rows.get(product_id)
            if row is not None:
                (there,) = snapshot.products.get([row])
                if there.sha256 == hashlib.sha256(body).hexdigest():
                    return product_id
            addition = Addition(file.resolve(), id=product_id, title=file.stem)
            try:
                add_photos(self._folder, [addition], self.encoder, LIMITS, replaces=True)
            except AmendmentError as error:
                raise SearchError(f"{file} cannot be indexed: {error}") from error
            self._content = self._opened()
        return product_id

    def _opened(self) -> _Content:
        """What is published now, and where its photos are."""
        with Ledger(self._folder.ledger) as ledger:
            added = {a.product.id: a.origin for a in ledger.amendments().standing}
        return _Content(open_current(self._folder), self._image_dir, self._base, added)

    def _lies_within(self, file: Path) -> bool:
        home = Path(self._image_dir)
        return home.is_dir() and file.resolve().is_relative_to(home.resolve())

    def _id_within(self, file: Path) -> str:
        inner = file.resolve().relative_to(Path(self._image_dir).resolve())
        product_id = inner.as_posix()
        if product_id not in self._content.snapshot.rows:
            why = self.failed.get(product_id, "it is called as no photo is, or hidden")
            raise SearchError(f"{file} cannot be indexed: {why}.")
        return product_id


def build_index(
    image_dir: str | os.PathLike[str],
    index_dir: str | os.PathLike[str] = INDEX_DIR,
    *,
    encoder: str = "auto",
) -> ImageSimilaritySearch:
    """Index a folder of photos; what `find_similar_images` then searches. Raises as the class."""
    _last.search = ImageSimilaritySearch(image_dir, index_dir, encoder=encoder)
    return _last.search


def find_similar_images(
    path: str | os.PathLike[str], top_k: int = 5, index: ImageSimilaritySearch | None = None
) -> list[SimilarImage]:
    """Paths of the photos most like this one, best first, each with a `score` (the cosine).

    They come from `index`, or else from what `build_index` has built last in this process,
    or else from the index in `index_data`. Raises `SearchError` where there is none.
    """
    search = index or _last.search or _of_index_dir()
    found = search.find_similar(path, top_k)
    return [SimilarImage(photo["path"], photo["score"], photo["id"]) for photo in found]


def preprocess_image(path: str | os.PathLike[str], encoder: str | None = None) -> npt.NDArray[Any]:
    """A photo as an encoder takes it, with a batch axis: array (1, …).

    The encoder is the one named, or else that of what `build_index` has built last, or else
    what `auto` comes to.
    """
    if encoder is None and _last.search is not None:
        return _last.search.prepared(path)
    loaded = load_encoder(resolve_auto().name if encoder in (None, "auto") else str(encoder))
    return loaded.prepare(_decoded(Path(path)).image)[None]


@dataclass(slots=True)
class _Last:
    """What `build_index` has built last in this process."""

    search: ImageSimilaritySearch | None = None


_last = _Last()


@dataclass(frozen=True, slots=True)
class _Content:
    """What is searched: a snapshot, and where its photos are."""

    snapshot: Snapshot
    image_dir: str
    base: Path | str
    added: Mapping[str, str]

    def path(self, product: IndexedProduct) -> str:
        """Where a product's photo is: beneath `image_dir` as that was given, or a URL.

        `added` has where those came from that were added by themselves.
        """
        if product.id in self.added:
            return self.added[product.id]
        if Path(self.image_dir).is_dir():
            # As the owner has written it: Path would take "./" away.
            return os.path.join(self.image_dir, product.image_url.removeprefix("./"))  # noqa: PTH118
        reference = resolve(product.image_url, self.base)
        return reference.location if isinstance(reference, Reference) else product.image_url


@contextmanager
def _waiting_for(folder: IndexFolder) -> Iterator[None]:
    """Hold the folder's lock, as soon as no other process does."""
    until = time.monotonic() + PATIENCE_S
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(sole_indexer(folder))
                break
            except FolderError:
                if time.monotonic() > until:
                    raise
                time.sleep(LOOK_AGAIN_S)
        yield


def _score_kind(score: str) -> ScoreKind:
    for kind in get_args(ScoreKind):
        if kind == score:
            return kind  # type: ignore[no-any-return]
    raise ValueError(f"score is {score!r}; it must be one of {', '.join(get_args(ScoreKind))}")


def _id_of_path(file: Path) -> str:
    """An id for a photo from anywhere: its path, or of a very long one the end and a digest."""
    path = file.resolve().as_posix()
    if len(path) <= MAX_ID_LENGTH and path.isprintable():
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return f"{digest}-{''.join(c for c in file.name if c.isprintable())[-100:]}"


def _similar(
    path: str, product: IndexedProduct, neighbour: Neighbour, kind: ScoreKind
) -> SimilarPhoto:
    score = neighbour.score
    if kind == "inverse_distance":
        # Of unit vectors, the squared L2 distance is 2 − 2·cosine.
        score = 1 / (1 + 2 - 2 * neighbour.score)
    return SimilarPhoto(path=path, score=score, id=product.id, title=product.title)


def _decoded(path: Path, body: bytes | None = None) -> Photo:
    photo = decode(path.read_bytes() if body is None else body)
    if isinstance(photo, Failure):
        raise SearchError(f"{path}: {photo.message}. Give a JPEG, PNG or WebP photo.")
    return photo


def _encoder_of(wanted: str, folder: IndexFolder) -> Encoder:
    """The encoder that is wanted; `auto` takes that of the index, where it is the very same."""
    if wanted != "auto":
        return load_encoder(wanted)
    try:
        made_with = open_current(folder).manifest.encoder
        encoder = load_encoder_of(folder, made_with)
        if encoder.fingerprint == made_with.fingerprint:
            return encoder
    except (SnapshotError, EncoderError):
        pass  # nothing there yet, or its encoder cannot be had any more
    choice = resolve_auto()
    log.info(choice.reason)
    return load_encoder(choice.name)


def _of_index_dir() -> ImageSimilaritySearch:
    """The search over what is indexed in `index_data`."""
    folder = IndexFolder(Path(INDEX_DIR))
    location = None
    if folder.ledger.exists():
        with Ledger(folder.ledger) as ledger:
            location = ledger.last_catalogue()
    if location is None:
        raise SearchError(
            f"There is no index in {folder.root.resolve()}. Make one first: build_index(IMAGE_DIR)."
        )
    return build_index(location)
