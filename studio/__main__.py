"""Draws the demo catalogue: ``python -m studio`` writes data/fashion.csv and data/photos/."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click
from PIL import Image
from rich.progress import track

from studio.canvas import HEIGHT, WIDTH, Canvas
from studio.catalogue import COLUMNS, Product, catalogue

DATA = Path(__file__).resolve().parent.parent / "data"

# Rendering is all computation; more than two would only make other work on a
# small machine wait.
PROCESSES = 2


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=DATA, help="Folder to write to.")
@click.option(
    "--sheet", type=click.Path(path_type=Path), help="Only a contact sheet, to this file."
)
@click.option("--only", help="Only products of this ProductType.")
@click.option("--columns", default=6, show_default=True, help="Pictures in a row of the sheet.")
def main(out: Path, sheet: Path | None, only: str | None, columns: int) -> None:
    """Draw every product anew and write the catalogue's CSV beside the photos."""
    products = catalogue()
    if sheet:
        chosen = [p for p in products if only in (None, p.design.product_type)]
        # By kind and wearer, so that like lies beside like.
        chosen.sort(key=lambda p: (p.design.product_type, p.design.gender))
        _contact_sheet(list(_photos(chosen)), columns).save(sheet)
        return
    photos = out / "photos"
    photos.mkdir(parents=True, exist_ok=True)
    for product, photo in zip(products, _photos(products), strict=True):
        (photos / product.image).write_bytes(photo)
    with (out / "fashion.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(product.row for product in products)
    click.echo(f"{len(products)} products in {out / 'fashion.csv'}")


def _photos(products: list[Product]) -> Iterator[bytes]:
    """The pictures in the order of `products`, each as soon as it is finished."""
    with ProcessPoolExecutor(PROCESSES) as pool:
        work = pool.map(_photo, [p.product_id for p in products], chunksize=4)
        yield from track(work, description="Drawing", total=len(products))


def _photo(product_id: int) -> bytes:
    """One finished picture; the ProductId is also the seed of its chance."""
    product = next(p for p in catalogue() if p.product_id == product_id)
    return Canvas(product_id, product.design.setting).drawn(product.design.draw)


def _contact_sheet(photos: list[bytes], columns: int) -> Image.Image:
    rows = -(-len(photos) // columns)
    sheet = Image.new("RGB", (columns * WIDTH // 2, rows * HEIGHT // 2), "white")
    for i, photo in enumerate(photos):
        small = Image.open(io.BytesIO(photo)).resize((WIDTH // 2, HEIGHT // 2))
        sheet.paste(small, (i % columns * WIDTH // 2, i // columns * HEIGHT // 2))
    return sheet


if __name__ == "__main__":
    main()
