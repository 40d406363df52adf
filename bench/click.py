"""A click, ours against the loop of small galleries: download the photo, embed it, search.

`python -m bench.click [FOLDER OF PHOTOS]`: 3,000 products with 384-d vectors. Both
answer over HTTP on loopback, in one run, in turn: ours is `/get_similar?id=`;
the rival is a route that does what those galleries do for each click, with a
full-size dinov2-small (random weights cost what trained ones cost).
"""

from __future__ import annotations

import io
import json
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

import click
import faiss
import numpy as np
import requests
from flask import Flask, jsonify, request
from PIL import Image

from app import create_app
from bench.checkpoint import random_dinov2_small
from bench.photos import DEMO_PHOTOS, photo_paths
from bench.serving import served
from tests.generations import product, publish_products, random_unit_vectors
from tests.photo_server import PhotoServer

PRODUCTS = 3000
BLOCKS = 12
CLICKS, RIVAL_CLICKS = 100, 10  # in a block: the rival is slow, so fewer measure it as well
WARMING = 500  # clicks before the first block, as of a gallery that has been up for a while


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path, exists=True), default=DEMO_PHOTOS)
def main(folder: Path) -> None:
    paths = photo_paths(folder, PRODUCTS)
    vectors = random_unit_vectors(PRODUCTS, 384)
    with tempfile.TemporaryDirectory() as home, PhotoServer() as photos:
        photos.folder = folder
        urls = [photos.url(f"/{path.name}?{number}") for number, path in enumerate(paths)]
        products = [product(number, image_url=url) for number, url in enumerate(urls)]
        publish_products(Path(home, "index"), vectors, products)
        checkpoint = random_dinov2_small(Path(home, "checkpoint"))
        with (
            served(create_app, {"index": Path(home, "index")}) as ours,
            served(small_gallery, checkpoint, vectors, urls) as rival,
        ):
            _compare(ours, rival, urls)


def _compare(ours: int, rival: int, urls: list[str]) -> None:
    """Block by block in turn, over one kept-open connection each; only answers are timed.

    In blocks, because for some milliseconds after a forward pass torch's threads keep
    both cores busy, and whoever comes next would be timed with that.
    """
    chance = np.random.default_rng(1)

    def next_rows(count: int) -> list[int]:
        return [int(row) for row in chance.integers(PRODUCTS, size=count)]

    clicks = {
        "ours": _Clicks(ours, lambda row: ("GET", f"/get_similar?id=p{row}", None)),
        "rival": _Clicks(
            rival, lambda row: ("POST", "/get_similar", json.dumps({"image_path": urls[row]}))
        ),
    }
    for row in next_rows(WARMING):
        clicks["ours"].click(row)
    clicks["rival"].click(0)
    for timed in clicks.values():
        timed.seconds.clear()
    for _ in range(BLOCKS):
        for row in next_rows(CLICKS):
            clicks["ours"].click(row)
        for row in next_rows(RIVAL_CLICKS):
            clicks["rival"].click(row)
    for name, timed in clicks.items():
        p50, p95 = np.percentile(timed.seconds, [50, 95]) * 1000
        click.echo(
            f"{name:>5}: {len(timed.seconds):4} clicks, p50 {p50:7.2f} ms, p95 {p95:7.2f} ms"
        )
    p50, p95 = (
        np.percentile(clicks["rival"].seconds, q) / np.percentile(clicks["ours"].seconds, q)
        for q in (50, 95)
    )
    click.echo(f"ratio: ×{p50:.0f} at p50, ×{p95:.0f} at p95")


class _Clicks:
    """Clicks on one server, and how long each answer took."""

    def __init__(self, port: int, request: Callable[[int], tuple[str, str, str | None]]) -> None:
        self.seconds: list[float] = []
        self._connection = HTTPConnection("127.0.0.1", port)
        self._request = request

    def click(self, row: int) -> None:
        method, path, body = self._request(row)
        began = time.perf_counter()
        self._connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = self._connection.getresponse().read()
        self.seconds.append(time.perf_counter() - began)
        if len(json.loads(answer)["similar_images"]) != 12:
            raise SystemExit(f"a wrong answer: {answer[:200]!r}")


def small_gallery(checkpoint: Path, vectors: np.ndarray, urls: list[str]) -> Flask:
    """The rival: download, embed, search, for every click."""
    import torch
    from transformers import AutoImageProcessor, AutoModel

    processor = AutoImageProcessor.from_pretrained(checkpoint)
    model = AutoModel.from_pretrained(checkpoint).eval()
    index = faiss.IndexFlatL2(vectors.shape[1])
    index.add(vectors)
    app = Flask("rival")

    @app.post("/get_similar")
    def get_similar():  # type: ignore[no-untyped-def]
        body = requests.get(request.get_json()["image_path"], timeout=10).content
        photo = Image.open(io.BytesIO(body)).convert("RGB")
        with torch.inference_mode():
            output = model(**processor(photo, return_tensors="pt"))
        vector = output.last_hidden_state.mean(dim=1).numpy()
        _, rows = index.search(vector / np.linalg.norm(vector), 12)
        return jsonify(similar_images=[urls[row] for row in rows[0]])

    return app


if __name__ == "__main__":
    main()
