"""`products.sqlite` of a generation: rows in index order, orders, facets, full-text search."""

from __future__ import annotations

import contextlib
import functools
import json
import sqlite3
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import orjson

from vitrine.failures import FailureCode
from vitrine.words import TOKENIZER, query_words

NO_VALUE = 65535  # the facet code of a product without that fact; values have those below
KEPT_PRODUCTS = 4096  # in memory, at about 1.5 KB each
KEPT_SEARCHES = 16  # one page asks for its rows, its counts and its next page by the same words
Codes = npt.NDArray[np.uint16]
Rows = npt.NDArray[np.int64]
Array = TypeVar("Array", bound=npt.NDArray[Any])

# The codes and orders in the file have one byte order, whichever machine wrote it.
STORED_CODES, STORED_ROWS = "<u2", "<i4"

_json = json.JSONEncoder(ensure_ascii=False).encode

# Words are looked up by their beginnings, the first of which one or two letters long as
# someone types, and never as phrases.
SCHEMA = f"""
CREATE TABLE product (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    image_url TEXT NOT NULL,
    facts TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    colour TEXT NOT NULL
);
CREATE INDEX product_image_url ON product (image_url);
CREATE INDEX product_sha256 ON product (sha256);
CREATE TABLE facet (
    position INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    choices TEXT NOT NULL,
    codes BLOB NOT NULL
);
CREATE TABLE ordering (
    name TEXT PRIMARY KEY,
    rows BLOB NOT NULL
);
CREATE TABLE near_copy (
    row INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    difference REAL NOT NULL
);
CREATE TABLE photoless (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    image_url TEXT NOT NULL,
    facts TEXT NOT NULL,
    code TEXT NOT NULL
);
CREATE VIRTUAL TABLE product_text USING fts5 (
    title, facts, content='', detail=column, prefix='1 2', tokenize="{TOKENIZER}"
);
"""


class Order(StrEnum):
    """In which order products are shown."""

    CATALOGUE = "catalogue"
    NEWEST = "newest"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class IndexedProduct:
    """A product as the gallery shows it. `width` and `height` are the photo's, in pixels."""

    id: str
    title: str
    image_url: str
    facts: Mapping[str, str] = field(hash=False)
    sha256: str
    width: int
    height: int
    colour: str


@dataclass(frozen=True, slots=True)
class PhotolessProduct:
    """A product of the catalogue whose photo could not be had; it is in no index."""

    id: str
    title: str
    image_url: str
    facts: Mapping[str, str]
    code: FailureCode


@dataclass(frozen=True, slots=True)
class NearCopy:
    """A row whose photo nearly is that of `first`, the first row of its group.

    `difference` is in mean levels of 255. `first` itself is no near copy.
    """

    row: int
    first: int
    difference: float


@dataclass(frozen=True, slots=True)
class Facet:
    """A fact whose values repeat. `codes` (n,) has each row's position in `values`."""

    name: str
    values: tuple[str, ...]
    codes: Codes


def write_products(
    path: Path,
    products: Sequence[IndexedProduct],
    photoless: Iterable[PhotolessProduct],
    facet_names: Sequence[str],
    first_seen: Sequence[float],
    near_copies: Iterable[NearCopy] = (),
) -> None:
    """Write a new `products.sqlite`; row i is `products[i]`.

    `first_seen` (n,) says when each was first published, in seconds since 1970. Of rows
    with the very same photo, all are near copies of one row, or none is.
    """
    orders = {Order.NEWEST: _newest_first(first_seen), Order.TITLE: _by_title(products)}
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.executescript(SCHEMA)
        db.executemany(
            "INSERT INTO product VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (_product_record(row, p) for row, p in enumerate(products)),
        )
        db.executemany(
            "INSERT INTO product_text (rowid, title, facts) VALUES (?, ?, ?)",
            ((row, p.title, " ".join([p.id, *p.facts.values()])) for row, p in enumerate(products)),
        )
        db.executemany(
            "INSERT INTO facet VALUES (?, ?, ?, ?)",
            (
                (
                    position,
                    facet.name,
                    _json(facet.values),
                    facet.codes.astype(STORED_CODES).tobytes(),
                )
                for position, facet in enumerate(_facets(products, facet_names))
            ),
        )
        db.executemany(
            "INSERT INTO ordering VALUES (?, ?)",
            ((order, rows.astype(STORED_ROWS).tobytes()) for order, rows in orders.items()),
        )
        db.executemany(
            "INSERT INTO near_copy VALUES (?, ?, ?)",
            ((copy.row, copy.first, copy.difference) for copy in near_copies),
        )
        db.executemany(
            "INSERT INTO photoless VALUES (?, ?, ?, ?, ?)",
            ((p.id, p.title, p.image_url, _json(p.facts), p.code) for p in photoless),
        )


class Products:
    """Read side of `products.sqlite`; safe to use from many threads.

    `first_of_photo` (n,) has for each row the first row with the very same photo, and
    `first_of_group` (n,) the first row of those with the same or nearly the same photo;
    `in_group` (n,) says whether there is another such row. None may be written to.
    """

    def __init__(self, path: Path) -> None:
        # immutable: a published generation never changes, so no lock is ever taken on it.
        # One connection, opened now: what is served goes on being served though its
        # folder has been cleared away since.
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._db = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._lock = threading.Lock()
        # The same few products are asked for again and again: neighbours of neighbours.
        self._product = functools.lru_cache(KEPT_PRODUCTS)(self._read_product)
        self._rows_of_words = functools.lru_cache(KEPT_SEARCHES)(self._find_words)
        self.facets = tuple(self._read_facets())
        self._orders = self._read_orders()
        self.first_of_photo = self._read_first_of_photo()
        self.near_copies = tuple(self._read_near_copies())
        self.first_of_group = self._read_first_of_group()
        self.in_group = _kept(np.bincount(self.first_of_group)[self.first_of_group] > 1)

    def in_order(self, order: Order) -> Rows:
        """Every row (n,), in this order. Not to be written to."""
        return self._orders[order]

    def ids(self) -> list[str]:
        """Every product's id, in row order."""
        return [i for (i,) in self._all("SELECT id FROM product ORDER BY row")]

    def rows_are_gapless(self) -> bool:
        """Whether the rows are 0 … n−1, each once."""
        query = "SELECT min(row), max(row), count(*) FROM product"
        ((lowest, highest, count),) = self._all(query)
        return (lowest, highest) == (0, count - 1)

    def get(self, rows: Iterable[int]) -> list[IndexedProduct]:
        """The products of these rows, in the order asked for."""
        return [self._product(int(row)) for row in rows]

    def all(self) -> list[IndexedProduct]:
        """Every product, in row order."""
        return [_indexed_product(r) for r in self._all("SELECT * FROM product ORDER BY row")]

    def row_of_image_url(self, image_url: str) -> int | None:
        """The first product with this photo reference, exactly as in the catalogue."""
        return self._first("SELECT row FROM product WHERE image_url = ? ORDER BY row", image_url)

    def row_of_photo(self, sha256: str) -> int | None:
        """The first product with this photo."""
        return self._first("SELECT row FROM product WHERE sha256 = ? ORDER BY row", sha256)

    def photoless(self, product_id: str) -> PhotolessProduct | None:
        """A product whose photo could not be had, by id."""
        return self._first_photoless("SELECT * FROM photoless WHERE id = ?", product_id)

    def photoless_of_image_url(self, image_url: str) -> PhotolessProduct | None:
        """The first product without its photo whose reference is this, as in the catalogue."""
        query = "SELECT * FROM photoless WHERE image_url = ? ORDER BY id"
        return self._first_photoless(query, image_url)

    def all_photoless(self) -> list[PhotolessProduct]:
        """Every product whose photo could not be had, by id."""
        query = "SELECT * FROM photoless ORDER BY id"
        return [_photoless_product(record) for record in self._all(query)]

    def photoless_as_listed(self) -> list[PhotolessProduct]:
        """The same, in the catalogue's order."""
        query = "SELECT * FROM photoless ORDER BY rowid"
        return [_photoless_product(record) for record in self._all(query)]

    def text_rows(self, text: str) -> Rows | None:
        """Rows whose title, id or facts hold every word's beginning; None for no words at all."""
        words = tuple(query_words(text))
        return self._rows_of_words(words) if words else None

    def _all(self, query: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    def _find_words(self, words: tuple[str, ...]) -> Rows:
        # One text of all rows is read five times as fast as one record for each.
        ((found,),) = self._all(
            "SELECT group_concat(rowid) FROM "
            "(SELECT rowid FROM product_text WHERE product_text MATCH ? ORDER BY rowid)",
            " ".join(f'"{word}"*' for word in words),
        )
        return _kept(np.fromstring(found or "", dtype=np.int64, sep=","))

    def _read_product(self, row: int) -> IndexedProduct:
        (record,) = self._all("SELECT * FROM product WHERE row = ?", row)
        return _indexed_product(record)

    def _first(self, query: str, value: str) -> int | None:
        found = self._all(f"{query} LIMIT 1", value)
        return int(found[0][0]) if found else None

    def _first_photoless(self, query: str, value: str) -> PhotolessProduct | None:
        found = self._all(f"{query} LIMIT 1", value)
        return _photoless_product(found[0]) if found else None

    def _read_facets(self) -> Iterator[Facet]:
        query = "SELECT name, choices, codes FROM facet ORDER BY position"
        for name, choices, codes in self._all(query):
            yield Facet(name, tuple(json.loads(choices)), np.frombuffer(codes, STORED_CODES))

    def _read_orders(self) -> dict[Order, Rows]:
        ((count,),) = self._all("SELECT count(*) FROM product")
        orders = {Order.CATALOGUE: _kept(np.arange(count, dtype=np.int64))}
        for order in (Order.NEWEST, Order.TITLE):
            ((rows,),) = self._all("SELECT rows FROM ordering WHERE name = ?", order)
            orders[order] = _kept(np.frombuffer(rows, STORED_ROWS).astype(np.int64))
        return orders

    def _read_first_of_photo(self) -> Rows:
        first = self.in_order(Order.CATALOGUE).copy()
        shared = "SELECT sha256 FROM product GROUP BY sha256 HAVING count(*) > 1"
        firsts: dict[str, int] = {}
        query = f"SELECT row, sha256 FROM product WHERE sha256 IN ({shared}) ORDER BY row"
        for row, sha256 in self._all(query):
            first[row] = firsts.setdefault(sha256, row)
        return _kept(first)

    def _read_near_copies(self) -> Iterator[NearCopy]:
        query = "SELECT row, first, difference FROM near_copy ORDER BY row"
        return (NearCopy(*record) for record in self._all(query))

    def _read_first_of_group(self) -> Rows:
        first = self.first_of_photo.copy()
        for copy in self.near_copies:
            first[copy.row] = copy.first
        return _kept(first)


def _facets(products: Sequence[IndexedProduct], names: Sequence[str]) -> Iterator[Facet]:
    """Code each facet's values, the commonest first, equal ones by name."""
    for name in names:
        values = [p.facts.get(name) for p in products]
        counts = Counter(value for value in values if value is not None)
        ordered = sorted(counts, key=lambda value: (-counts[value], value))[:NO_VALUE]
        code_of: dict[str | None, int] = {value: code for code, value in enumerate(ordered)}
        if ordered:
            codes = [code_of.get(value, NO_VALUE) for value in values]
            yield Facet(name, tuple(ordered), np.array(codes, np.uint16))


def _newest_first(first_seen: Sequence[float]) -> Rows:
    """The latest first; of those first seen at once, the last row: catalogues grow at the end."""
    return np.argsort(np.asarray(first_seen), kind="stable")[::-1]


def _by_title(products: Sequence[IndexedProduct]) -> Rows:
    """By title, whatever its case and accents; those without one of their own come last."""

    def key(row: int) -> tuple[bool, str]:
        product = products[row]
        letters = product.title
        if not letters.isascii():
            letters = unicodedata.normalize("NFKD", letters)
            letters = "".join(c for c in letters if not unicodedata.combining(c))
        return product.title in ("", product.id), letters.casefold()

    return np.array(sorted(range(len(products)), key=key), dtype=np.int64)


def _kept(array: Array) -> Array:
    """The same array, which many threads may now read and none can change."""
    array.flags.writeable = False
    return array


def _product_record(row: int, p: IndexedProduct) -> tuple[object, ...]:
    facts = _json(p.facts)
    return (row, p.id, p.title, p.image_url, facts, p.sha256, p.width, p.height, p.colour)


def _indexed_product(record: sqlite3.Row) -> IndexedProduct:
    # A page reads many of them, so by position and orjson: in less than half the time.
    _, product_id, title, image_url, facts, sha256, width, height, colour = record
    return IndexedProduct(
        product_id, title, image_url, orjson.loads(facts), sha256, width, height, colour
    )


def _photoless_product(record: sqlite3.Row) -> PhotolessProduct:
    facts, code = json.loads(record["facts"]), FailureCode(record["code"])
    return PhotolessProduct(record["id"], record["title"], record["image_url"], facts, code)
