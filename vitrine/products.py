"""`products.sqlite` of a generation: rows in index order, facets, full-text search."""

from __future__ import annotations

import contextlib
import functools
import json
import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vitrine.failures import FailureCode

NO_VALUE = 255  # the facet code of a product without that fact; values have 0–254
KEPT_PRODUCTS = 4096  # in memory, at about 1.5 KB each
Codes = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]

SCHEMA = """
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
CREATE TABLE photoless (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    image_url TEXT NOT NULL,
    facts TEXT NOT NULL,
    code TEXT NOT NULL
);
CREATE VIRTUAL TABLE product_text USING fts5 (
    title, facts, content='', tokenize="unicode61 remove_diacritics 2"
);
"""


@dataclass(frozen=True, slots=True)
class IndexedProduct:
    """A product as the gallery shows it. `width` and `height` are the photo's, in pixels."""

    id: str
    title: str
    image_url: str
    facts: Mapping[str, str]
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
class Facet:
    """A fact with few values. `codes` (n,) has each row's position in `values`."""

    name: str
    values: tuple[str, ...]
    codes: Codes


def write_products(
    path: Path,
    products: Sequence[IndexedProduct],
    photoless: Iterable[PhotolessProduct],
    facet_names: Sequence[str],
) -> None:
    """Write a new `products.sqlite`; row i is `products[i]`."""
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
                (position, facet.name, _json(facet.values), facet.codes.tobytes())
                for position, facet in enumerate(_facets(products, facet_names))
            ),
        )
        db.executemany(
            "INSERT INTO photoless VALUES (?, ?, ?, ?, ?)",
            ((p.id, p.title, p.image_url, _json(p.facts), p.code) for p in photoless),
        )


class Products:
    """Read side of `products.sqlite`; safe to use from many threads."""

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
        self.facets = tuple(self._read_facets())

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

    def text_rows(self, text: str) -> Rows | None:
        """Rows whose title, id or facts hold every word's beginning; None for no words at all."""
        words = re.findall(r"\w+", text)
        if not words:
            return None
        query = " ".join(f'"{word}"*' for word in words)
        found = self._all(
            "SELECT rowid FROM product_text WHERE product_text MATCH ? ORDER BY rowid", query
        )
        return np.fromiter((row for (row,) in found), dtype=np.int64)

    def _all(self, query: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    def _read_product(self, row: int) -> IndexedProduct:
        (record,) = self._all("SELECT * FROM product WHERE row = ?", row)
        return IndexedProduct(
            id=record["id"],
            title=record["title"],
            image_url=record["image_url"],
            facts=json.loads(record["facts"]),
            sha256=record["sha256"],
            width=record["width"],
            height=record["height"],
            colour=record["colour"],
        )

    def _first(self, query: str, value: str) -> int | None:
        found = self._all(f"{query} LIMIT 1", value)
        return int(found[0][0]) if found else None

    def _first_photoless(self, query: str, value: str) -> PhotolessProduct | None:
        found = self._all(f"{query} LIMIT 1", value)
        return _photoless_product(found[0]) if found else None

    def _read_facets(self) -> Iterator[Facet]:
        query = "SELECT name, choices, codes FROM facet ORDER BY position"
        for name, choices, codes in self._all(query):
            yield Facet(name, tuple(json.loads(choices)), np.frombuffer(codes, dtype=np.uint8))


def _facets(products: Sequence[IndexedProduct], names: Sequence[str]) -> Iterator[Facet]:
    """Code each facet's values, the commonest first, equal ones by name."""
    import pandas as pd

    table = pd.DataFrame([dict(p.facts) for p in products], dtype="object")
    for name in (name for name in names if name in table):
        counts = table[name].value_counts()
        ordered = sorted(counts.index, key=lambda value: (-counts[value], value))[:NO_VALUE]
        codes = pd.Categorical(table[name], categories=ordered).codes  # −1 for no value
        yield Facet(name, tuple(ordered), codes.astype(np.uint8))


def _product_record(row: int, p: IndexedProduct) -> tuple[object, ...]:
    facts = _json(p.facts)
    return (row, p.id, p.title, p.image_url, facts, p.sha256, p.width, p.height, p.colour)


def _photoless_product(record: sqlite3.Row) -> PhotolessProduct:
    facts, code = json.loads(record["facts"]), FailureCode(record["code"])
    return PhotolessProduct(record["id"], record["title"], record["image_url"], facts, code)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
