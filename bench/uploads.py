"""How many searches by photo a second, where photos that wait are embedded together?

`python -m bench.uploads [FOLDER OF PHOTOS]`: 3,000 products; people upload JPEGs of 480 × 640 px
to `/get_similar`, so many at a time, each the next as soon as one is answered. The encoders are a
full-size dinov2-small with random weights, the same in 8 bits, and `compact`. The rival is the
same gallery with an encoder that takes one photo at a time. Both take turns, the one and then
the other first; a ratio is the median of those of each turn, and above 1 where embedding
together is better.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import click
import numpy as np
from flask import Flask
from urllib3.filepost import encode_multipart_formdata

from app import create_app
from bench.checkpoint import random_dinov2_small
from bench.encoding import in_reduced
from bench.photos import DEMO_PHOTOS, as_jpeg, photo_paths
from bench.serving import served
from bench.throughput import spread
from gallery import context
from gallery.uploads import UploadEncoder
from tests.generations import product, publish_products, random_unit_vectors
from vitrine.encoders import compact
from vitrine.encoders.base import Encoder
from vitrine.encoders.transformer import TransformerEncoder
from vitrine.folder import IndexFolder
from vitrine.index_encoder import load_encoder_of
from vitrine.snapshot import EncoderFacts

PRODUCTS = 3000
SIZE = (480, 640)
PEOPLE = (1, 4, 16)
THREADS = 2 * max(PEOPLE)


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path, exists=True), default=DEMO_PHOTOS)
@click.option("--turns", default=6, show_default=True, help="How often each is measured.")
def main(folder: Path, turns: int) -> None:
    bodies = [as_jpeg(path, SIZE) for path in photo_paths(folder, 48)]
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        os.environ["VITRINE_CACHE"] = temporary
        checkpoint = random_dinov2_small(home / "dinov2-small")
        dinov2 = TransformerEncoder(checkpoint, str(checkpoint))
        int8 = in_reduced("int8", dinov2, folder, IndexFolder(home / "int8").encoders)
        quick = TransformerEncoder(compact.CHECKPOINT, "compact")
        compare("dinov2-small", published(home / "fp32", dinov2), bodies, turns)
        compare("in 8 bits", published(home / "int8", int8), bodies * 2, turns)
        compare("compact", published(home / "compact", quick), bodies * 4, turns)


def published(index: Path, encoder: Encoder) -> Path:
    """An index as if this encoder had made it."""
    facts = EncoderFacts(name=encoder.name, fingerprint=encoder.fingerprint)
    vectors = random_unit_vectors(PRODUCTS, encoder.dimension)
    publish_products(index, vectors, [product(n) for n in range(PRODUCTS)], encoder=facts)
    return index


def together(index: Path) -> Flask:
    """The gallery, with room for all, who are never told to come back later."""
    room = {"threads": THREADS, "encoder_queue": max(PEOPLE)}
    return create_app({"index": index, "client_searches": 0, "all_searches": 0, **room})


def one_by_one(index: Path) -> Flask:
    """The rival."""
    app = together(index)
    uploads = UploadEncoder(partial(_one_at_a_time, IndexFolder(index)))
    parts = app.extensions[context.EXTENSION]
    app.extensions[context.EXTENSION] = replace(parts, uploads=uploads)
    return app


def _one_at_a_time(folder: IndexFolder, facts: EncoderFacts) -> Encoder:
    encoder = load_encoder_of(folder, facts)
    assert isinstance(encoder, TransformerEncoder)
    encoder.batch_size = 1
    return encoder


def compare(name: str, index: Path, bodies: list[bytes], turns: int) -> None:
    with (
        served(together, index, threads=THREADS) as ours,
        served(one_by_one, index, threads=THREADS) as rival,
    ):
        for people in PEOPLE:
            for port in (ours, rival):  # to warm up
                searches(port, bodies[:people], people)
            pairs = []
            for turn in range(turns):
                order = (ours, rival) if turn % 2 else (rival, ours)
                found = {port: searches(port, bodies, people) for port in order}
                pairs.append((found[ours], found[rival]))
            rate = np.median([our.rate for our, _ in pairs])
            click.echo(
                f"{name:12} {people:2} at a time: {rate:5.1f} searches/s, "
                f"×{spread([our.rate / its.rate for our, its in pairs], '.2f')}; "
                f"p50 ×{spread([its.p50 / our.p50 for our, its in pairs], '.2f')}, "
                f"p95 ×{spread([its.p95 / our.p95 for our, its in pairs], '.2f')}"
            )


@dataclass(frozen=True, slots=True)
class Searches:
    """How many were answered a second, and the seconds within which half and most of them were."""

    rate: float
    p50: float
    p95: float


def searches(port: int, bodies: list[bytes], people: int) -> Searches:
    """Upload each of the photos once, by so many people at a time."""
    began = time.perf_counter()
    with ThreadPoolExecutor(people) as pool:
        shares = [bodies[number::people] for number in range(people)]
        taken = [each for some in pool.map(partial(_upload, port), shares) for each in some]
    rate = len(bodies) / (time.perf_counter() - began)
    p50, p95 = np.percentile(taken, [50, 95])
    return Searches(rate, float(p50), float(p95))


def _upload(port: int, bodies: Sequence[bytes]) -> list[float]:
    """One after the other, over one connection; returns the seconds of each."""
    connection = HTTPConnection("127.0.0.1", port)
    seconds = []
    for body in bodies:
        form, content_type = encode_multipart_formdata({"image": ("a.jpg", body)})
        began = time.perf_counter()
        connection.request("POST", "/get_similar", form, {"Content-Type": content_type})
        answer = connection.getresponse()
        text = answer.read()
        seconds.append(time.perf_counter() - began)
        if answer.status != 200:
            raise SystemExit(f"a wrong answer: {text[:200]!r}")
    connection.close()
    return seconds


if __name__ == "__main__":
    main()
