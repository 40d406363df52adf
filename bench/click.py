"""A click, ours against the loop of small galleries: download the photo, embed it, search.

`python -m bench.click [FOLDER OF PHOTOS]`: 3,000 products with 384-d vectors. Both
answer over HTTP on loopback, in one run, turn by turn: ours is `/get_similar?id=`;
the rival is a route that does what those galleries do for each click, with a
full-size dinov2-small (random weights cost what trained ones cost).
"""

from __future__ import annotations

import io
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import faiss
import numpy as np
import requests
from flask import Flask, jsonify, request
from PIL import Image
from waitress.server import create_server

from app import create_app
from bench.checkpoint import random_dinov2_small
from bench.photos import DEMO_PHOTOS, photo_paths
from tests.generations import product, publish_products, random_unit_vectors
from tests.photo_server import PhotoServer

PRODUCTS = 3000
CLICKS = 600
RIVAL_EVERY = 10  # the rival is slow; a tenth as many clicks measure it well enough


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
        ours_app = create_app({"index": Path(home, "index")})
        with served(ours_app) as ours, served(_rival(checkpoint, vectors, urls)) as rival:
            _compare(ours, rival, urls)


def _compare(ours: str, rival: str, urls: list[str]) -> None:
    session = requests.Session()
    rows = np.random.default_rng(1).integers(PRODUCTS, size=CLICKS)
    session.get(f"{ours}/get_similar?id=p0").raise_for_status()
    session.post(f"{rival}/get_similar", json={"image_path": urls[0]}).raise_for_status()
    times: dict[str, list[float]] = {"ours": [], "rival": []}
    for number, row in enumerate(rows):
        began = time.perf_counter()
        answer = session.get(f"{ours}/get_similar", params={"id": f"p{row}"})
        times["ours"].append(time.perf_counter() - began)
        assert len(answer.json()["results"]) == 12
        if number % RIVAL_EVERY == 0:
            began = time.perf_counter()
            answer = session.post(f"{rival}/get_similar", json={"image_path": urls[row]})
            times["rival"].append(time.perf_counter() - began)
            assert len(answer.json()["similar_images"]) == 12
    for name, seconds in times.items():
        p50, p95 = np.percentile(seconds, [50, 95]) * 1000
        click.echo(f"{name:>5}: {len(seconds):4} clicks, p50 {p50:8.2f} ms, p95 {p95:8.2f} ms")
    p50s, p95s = (
        np.percentile(times["rival"], q) / np.percentile(times["ours"], q) for q in (50, 95)
    )
    click.echo(f"ratio: ×{p50s:.0f} at p50, ×{p95s:.0f} at p95")


def _rival(checkpoint: Path, vectors: np.ndarray, urls: list[str]) -> Flask:
    """Download, embed, search: for every click."""
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


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The app on a free port of loopback, by the same server as `python app.py`."""
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()


if __name__ == "__main__":
    main()
