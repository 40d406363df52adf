"""A shop to index: a catalogue, a loopback photo server, an index folder."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from indexer.build import BuildOutcome, build, sole_indexer
from indexer.reconciling import Silent
from tests.drawings import photo_bytes
from tests.photo_server import LOOPBACK, PhotoServer, Reply
from vitrine.encoders.base import Encoder
from vitrine.encoders.handcrafted import HandcraftedEncoder
from vitrine.failures import FailureCode
from vitrine.fetching import FetchLimits
from vitrine.folder import IndexFolder
from vitrine.snapshot import Snapshot, open_current
from vitrine.sources import read_source

QUICK = FetchLimits(
    deadline_s=5, connect_s=1, silence_s=1, attempts=2, backoff_s=0.01, reach=LOOPBACK
)


class Counting(Silent):
    """A progress that adds up what it is told."""

    def __init__(self) -> None:
        self.total = self.good = 0
        self.bad: dict[FailureCode, int] = {}

    def start(self, total: int) -> None:
        self.total = total

    def done(self, count: int) -> None:
        self.good += count

    def failed(self, code: FailureCode, count: int) -> None:
        self.bad[code] = self.bad.get(code, 0) + count


@dataclass
class Shop:
    """`urls` is the catalogue: product id → photo reference."""

    home: Path
    server: PhotoServer
    urls: dict[str, str] = field(default_factory=dict)
    progress: Counting = field(default_factory=Counting)

    @property
    def catalogue(self) -> Path:
        return self.home / "shop.csv"

    @property
    def folder(self) -> IndexFolder:
        return IndexFolder(self.home / "index")

    def offer(self, numbers: range) -> None:
        """Add products with a photo each, served with an ETag."""
        for number in numbers:
            self.serve(number, photo_bytes(number))
            self.urls[f"p{number}"] = self.server.url(f"/{number}.png")

    def serve(self, number: int, body: bytes, **reply: Any) -> None:
        etag = f'"{hash(body)}"'
        self.server.replies[f"/{number}.png"] = Reply(body, etag=etag, **reply)

    def write_catalogue(self, extra: Mapping[str, str] | None = None) -> None:
        with self.catalogue.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["ProductId", "ProductTitle", "Colour", "ImageURL"])
            for position, (product_id, url) in enumerate(self.urls.items()):
                colour = ("Red", "Blue", "Green")[position % 3]
                writer.writerow([product_id, f"Thing {product_id}", colour, url])

    def build(self, encoder: Encoder | None = None, limits: FetchLimits = QUICK) -> BuildOutcome:
        self.write_catalogue()
        self.folder.claim()
        self.progress = Counting()
        self.server.seen.clear()
        self.server.counts.clear()
        with sole_indexer(self.folder):
            return build(
                read_source(self.catalogue),
                self.folder,
                encoder or HandcraftedEncoder(),
                limits,
                self.progress,
            )

    def snapshot(self) -> Snapshot:
        return open_current(self.folder)


@pytest.fixture
def shop(tmp_path: Path, photo_server: PhotoServer) -> Shop:
    return Shop(tmp_path, photo_server)
