"""A small wardrobe, indexed by the real pipeline, and ways to ask a gallery about it."""

from __future__ import annotations

import csv
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from gallery import context
from gallery.context import Gallery
from gallery.serving import Server
from indexer.build import build, sole_indexer
from indexer.layout import map_of
from indexer.reconciling import Silent
from tests.checkpoints import small_clip
from tests.drawings import photo_bytes
from tests.generations import COLOURS, TYPES
from tests.photo_server import LOOPBACK
from vitrine.encoders.registry import load_encoder
from vitrine.fetching import FetchLimits
from vitrine.folder import IndexFolder
from vitrine.maps import write_map
from vitrine.settings import Settings
from vitrine.snapshot import open_current
from vitrine.sources import read_source

PRODUCTS = 30
TWINS = ("1007", "1008")  # two products with the very same photo
LOST = "2000"  # a product whose photo is missing
GENDERS = ("Women", "Men", "Girls", "Boys")
PAGE_SIZE = 8
MAX_UPLOAD = 200_000


@pytest.fixture(scope="session")
def wardrobe(tmp_path_factory: pytest.TempPathFactory) -> IndexFolder:
    """Products 1000–1029 and a lost one, and their map; for reading only."""
    home = tmp_path_factory.mktemp("wardrobe")
    folder = index_wardrobe(home, home / "index")
    snapshot = open_current(folder)
    write_map(folder, snapshot, map_of(snapshot.index.vectors()))
    return folder


@dataclass(frozen=True)
class Reading:
    """A wardrobe whose encoder, the checkpoint, reads words; the photos are in `home`."""

    folder: IndexFolder
    home: Path
    checkpoint: Path


@pytest.fixture(scope="session")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    """The same products as in `wardrobe`; for reading only."""
    home = tmp_path_factory.mktemp("reading")
    checkpoint = small_clip(home / "clip")
    folder = index_wardrobe(home, home / "index", str(checkpoint))
    return Reading(folder, home, checkpoint)


def index_wardrobe(
    home: Path, index: Path | IndexFolder, encoder_name: str = "handcrafted"
) -> IndexFolder:
    """Draw the photos, write the catalogue, and build the index."""
    with (home / "fashion.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(
            ["ProductId", "Gender", "Category", "ProductType", "Colour", "ProductTitle", "ImageURL"]
        )
        for number in range(PRODUCTS):
            product_id = str(1000 + number)
            drawn = number - 1 if product_id == TWINS[1] else number
            (home / f"{product_id}.png").write_bytes(photo_bytes(drawn, (480, 640)))
            kind, colour = TYPES[number % len(TYPES)], COLOURS[number % len(COLOURS)]
            category = "Footwear" if kind == "Shoes" else "Apparel"
            gender = GENDERS[number // 8]
            title = f"{colour} {kind} number {number}"
            rows.writerow([product_id, gender, category, kind, colour, title, f"{product_id}.png"])
        rows.writerow([LOST, "Men", "Apparel", "Shirts", "Red", "Lost shirt", "gone.png"])
    folder = index if isinstance(index, IndexFolder) else IndexFolder(index)
    folder.claim()
    with sole_indexer(folder):
        encoder = load_encoder(encoder_name)
        build(read_source(home / "fashion.csv"), folder, encoder, FetchLimits(), Silent())
    return folder


@pytest.fixture(scope="session")
def app(wardrobe: IndexFolder) -> Flask:
    return create_app(
        {
            "index": wardrobe.root,
            "page_size": PAGE_SIZE,
            "max_upload_bytes": MAX_UPLOAD,
            "client_searches": 0,  # all tests together are one client
        }
    )


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def fetching_app(folder: IndexFolder) -> Flask:
    """One that fetches photos by URL, from the tests' own server on loopback too."""
    app = create_app({"index": folder.root, "url_queries": True})
    gallery: Gallery = app.extensions[context.EXTENSION]
    app.extensions[context.EXTENSION] = replace(gallery, reach=LOOPBACK)
    return app


@contextmanager
def served(app: Flask, settings: Settings) -> Iterator[str]:
    """The app behind the real server, on a free port of loopback; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(app, listener, settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.stop()
        server.stop()
        thread.join(timeout=5)
