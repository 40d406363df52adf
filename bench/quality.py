"""How good are the encoders, on photos that `compact` has not learnt from?

`python -m bench.quality CATALOGUE`: a table such as a styles.csv, with its photos beside it. The
products that the training keeps aside are searched with: among themselves (*aside*), and among
all, as in a shop that adds to what it has (*all*). A hit has the same label; the intervals are
those of `python -m indexer evaluate`. `random` is a dinov2-small that has learnt nothing, and
`+ colour w` adds palettes, as `colour=w` does.

Then the same photos taken anew, by chance and always the same: before another background,
cropped, in other light. How many find themselves first, and among the first ten?
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.checkpoint import random_dinov2_small
from indexer.decoding import DECODERS
from indexer.evaluation import Figures, Labels, Subject, Task, evaluate
from training.examples import backdrop, is_validation
from training.learning import FASHION
from vitrine.catalogue import Catalogue, Product
from vitrine.colouring import joined
from vitrine.encoders import Encoder, load_encoder
from vitrine.encoders.base import FloatArray
from vitrine.encoders.transformer import TransformerEncoder
from vitrine.fetching import Fetched, Reference, resolve
from vitrine.fetching.files import LocalFiles
from vitrine.fetching.records import DEFAULT_LIMITS
from vitrine.figures import Cell, Mark, Row, figure, save_figure
from vitrine.palettes import palette_of, unit
from vitrine.photos import Photo, decode
from vitrine.sources import read_source

FACTS = [fact for fact in FASHION if "+" not in fact]
KS = (1, 5, 10)
BY = (("articleType",), ("baseColour",), ("gender",), ("articleType", "baseColour"))
COLOURS = (0.3, 0.5)
QUERIES, NEIGHBOURS, WIDTH = 24, 10, 110  # of the contact sheet
CHUNK = 256  # photos at a time

Retake = Callable[[Image.Image, np.random.Generator], Image.Image]


@dataclass(frozen=True, slots=True)
class Shop:
    """Products with all labels and a photo, and which of them (n,) are kept aside."""

    products: Sequence[Product]
    photos: Sequence[Image.Image]
    aside: npt.NDArray[np.bool_]


@click.command(help=__doc__)
@click.argument("catalogue", type=click.Path(path_type=Path, exists=True))
@click.option("--sheet", type=click.Path(path_type=Path), help="Draw 24 queries of compact here.")
@click.option("--checkpoint", help="Another checkpoint to judge as compact, such as a new one.")
def main(catalogue: Path, sheet: Path | None, checkpoint: str | None) -> None:
    shop = _shop(read_source(catalogue))
    console = Console(width=100)
    aside = np.flatnonzero(shop.aside)
    console.print(f"{len(shop.photos):,} photos, {len(aside):,} of them kept aside")
    with tempfile.TemporaryDirectory() as home:
        os.environ["VITRINE_CACHE"] = home
        folder = random_dinov2_small(Path(home) / "random")
        encoders: dict[str, Encoder] = {
            "handcrafted": load_encoder("handcrafted"),
            "random": TransformerEncoder(folder, "random"),
            "compact": load_encoder(checkpoint or "compact"),
        }
        vectors = {name: _vectors(each, shop.photos, name) for name, each in encoders.items()}
        palettes = np.stack([unit(palette_of(photo)) for photo in shop.photos])
        subjects = [Subject(name, found) for name, found in vectors.items()]
        subjects += [
            Subject(f"compact + colour {w}", joined(vectors["compact"], palettes, w))
            for w in COLOURS
        ]
        for gallery, rows in (("aside", aside), ("all", np.arange(len(shop.photos)))):
            console.print(_table(gallery, shop, rows, subjects))
        del vectors["random"]
        _retakes(shop, encoders, vectors, console)
    if sheet:
        save_figure(_sheet(shop, vectors["compact"]), sheet)


def _shop(catalogue: Catalogue) -> Shop:
    labelled = [p for p in catalogue.products if all(map(p.facts.get, FACTS))]
    with closing(LocalFiles(DEFAULT_LIMITS.max_bytes)) as files:
        references = [resolve(product.image_url, catalogue.base) for product in labelled]
        photos = [_photo(files, r) if isinstance(r, Reference) else None for r in references]
    pairs = [(p, photo) for p, photo in zip(labelled, photos, strict=True) if photo]
    aside = np.array([is_validation(product.id) for product, _ in pairs])
    return Shop([p for p, _ in pairs], [photo for _, photo in pairs], aside)


def _photo(files: LocalFiles, reference: Reference) -> Image.Image | None:
    read = files.read(reference.location, None)
    photo = decode(read.body) if isinstance(read, Fetched) else None
    return photo.image if isinstance(photo, Photo) else None


def _vectors(encoder: Encoder, photos: Sequence[Image.Image], what: str) -> FloatArray:
    found = []
    with ThreadPoolExecutor(DECODERS) as pool:
        for start in track(range(0, len(photos), CHUNK), description=what, transient=True):
            prepared = list(pool.map(encoder.prepare, photos[start : start + CHUNK]))
            found.append(encoder.encode(prepared))
    return np.concatenate(found)


def _table(gallery: str, shop: Shop, rows: npt.NDArray[np.int64], subjects: list[Subject]) -> Table:
    task = Task(
        labels=[_labels(shop, facts).of_rows(rows) for facts in BY],
        photos=np.arange(len(rows)),
        queries=np.flatnonzero(shop.aside[rows]),
        ks=KS,
    )
    there = [Subject(each.name, each.vectors[rows]) for each in subjects]
    verdicts = evaluate(there, task, lambda _: None)
    table = Table(title=f"searched with: aside; among: {gallery}", title_justify="left")
    for column in ("same", "encoder", *(f"P@{k}" for k in KS)):
        table.add_column(column, no_wrap=True)
    for verdict in verdicts:
        for number, subject in enumerate(there):
            table.add_row(
                verdict.labels.name if number == 0 else "",
                subject.name,
                *_percentages(verdict.figures(number)),
                end_section=number == len(there) - 1,
            )
    return table


def _labels(shop: Shop, facts: tuple[str, ...]) -> Labels:
    values = [" + ".join(product.facts[fact] for fact in facts) for product in shop.products]
    classes, codes = np.unique(values, return_inverse=True)
    return Labels(facts, codes.astype(np.int64), tuple(classes.tolist()))


def _percentages(figures: Figures) -> list[str]:
    return [f"{100 * p.value:.1f} ±{100 * p.margin:.1f}" for p in figures.precision]


def _retakes(
    shop: Shop, encoders: dict[str, Encoder], vectors: dict[str, FloatArray], console: Console
) -> None:
    aside = np.flatnonzero(shop.aside)
    table = Table(title="taken anew, among: all; found first, and among ten", title_justify="left")
    for column in ("what is other", *vectors):
        table.add_column(column, no_wrap=True)
    for name, retakes in RETAKES.items():
        taken = [
            _retaken(shop.photos[row], shop.products[row].id, retakes) for row in aside.tolist()
        ]
        cells = []
        for encoder, found in vectors.items():
            cosines = _vectors(encoders[encoder], taken, f"{name}, {encoder}") @ found.T
            ranks = (cosines > cosines[np.arange(len(aside)), aside][:, None]).sum(axis=1)
            cells.append(f"{100 * (ranks < 1).mean():.1f}  {100 * (ranks < 10).mean():.1f}")
        table.add_row(name, *cells)
    console.print(table)


def _retaken(photo: Image.Image, product_id: str, retakes: Sequence[Retake]) -> Image.Image:
    generator = np.random.default_rng(list(product_id.encode()))
    for retake in retakes:
        photo = retake(photo, generator)
    return photo


def _before_cloth(photo: Image.Image, generator: np.random.Generator) -> Image.Image:
    """Before something that is striped and uneven, such as cloth or wood."""
    pixels = np.asarray(photo, np.float32)
    height, width, _ = pixels.shape
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    waves = np.zeros((height, width))
    for _ in range(4):
        across, down = generator.normal(0, 30, 2)
        waves += np.sin(across * x + down * y + generator.uniform(0, 6.3)) / 4
    one, other = generator.uniform(40, 250, (2, 3))
    cloth = one + (waves[..., None] + 1) / 2 * 0.5 * (other - one)
    cloth += generator.normal(0, 6, (height, width, 1))
    mask = Image.fromarray(backdrop(np.asarray(photo)) * 255).filter(ImageFilter.GaussianBlur(1))
    covered = np.asarray(mask, np.float32)[..., None] / 255
    return _picture(pixels * (1 - covered) + cloth * covered)


def _cropped(photo: Image.Image, generator: np.random.Generator) -> Image.Image:
    share = generator.uniform(0.7, 0.9)
    width, height = round(photo.width * share), round(photo.height * share)
    left = int(generator.integers(photo.width - width + 1))
    top = int(generator.integers(photo.height - height + 1))
    return photo.crop((left, top, left + width, top + height)).resize(photo.size)


def _in_other_light(photo: Image.Image, generator: np.random.Generator) -> Image.Image:
    """Darker or lighter, warmer or colder, and falling off to one side."""
    pixels = np.asarray(photo, np.float32) / 255
    left, right = generator.uniform(0.8, 1.1, 2)
    falling = np.linspace(left, right, pixels.shape[1])[None, :, None]
    warmth = np.array([1 + (shift := generator.uniform(-0.08, 0.08)), 1, 1 - shift])
    return _picture((pixels * falling * warmth).clip(0, 1) ** generator.uniform(0.75, 1.35) * 255)


def _picture(pixels: npt.NDArray[np.floating]) -> Image.Image:
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


RETAKES: dict[str, Sequence[Retake]] = {
    "background": [_before_cloth],
    "crop": [_cropped],
    "light": [_in_other_light],
    "all three": [_before_cloth, _cropped, _in_other_light],
}


def _sheet(shop: Shop, vectors: FloatArray) -> Image.Image:
    """Queries by chance, always the same, and the nearest among all."""
    aside = np.flatnonzero(shop.aside)
    queries = np.sort(np.random.default_rng(0).choice(aside, QUERIES, replace=False))
    return figure([_row(shop, vectors, int(query)) for query in queries], cell_width=WIDTH)


def _row(shop: Shop, vectors: FloatArray, query: int) -> Row:
    cosines = vectors @ vectors[query]
    cosines[query] = -np.inf
    shown = [query, *np.argsort(-cosines, kind="stable")[:NEIGHBOURS].tolist()]
    return Row("", list(map(partial(_cell, shop, query), shown)))


def _cell(shop: Shop, query: int, row: int) -> Cell:
    facts, asked = shop.products[row].facts, shop.products[query].facts
    agrees = facts["articleType"] == asked["articleType"]
    mark = Mark.QUERY if row == query else Mark.RIGHT if agrees else Mark.WRONG
    return Cell(shop.photos[row], f"{facts['articleType']}\n{facts['baseColour']}", mark)


if __name__ == "__main__":
    main()
