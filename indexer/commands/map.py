"""`map`: lay the catalogue out in the plane, by likeness, for the gallery and as a picture."""

from __future__ import annotations

from pathlib import Path

import click

from indexer.console import count, stderr, stdout
from indexer.display import counted
from indexer.errors import errors_in_words
from indexer.options import index_option
from indexer.poster import WIDTH
from vitrine.folder import IndexFolder
from vitrine.maps import MapError, ProductMap, is_behind, read_map, write_map
from vitrine.snapshot import Snapshot, open_current, read_manifest


@click.command(name="map")
@click.option(
    "--png",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Draw the map as well. FILE ends in .png, .jpg, .webp or .pdf.",
)
@click.option(
    "--width",
    type=click.IntRange(200, 20_000),
    default=WIDTH,
    show_default=True,
    help="Of the picture, in pixels.",
)
@click.option(
    "--if-none", is_flag=True, help="Keep the map that there is, and make one where there is none."
)
@index_option
def map_(png: Path | None, width: int, if_none: bool, folder: IndexFolder) -> None:
    """Lay the products out in the plane by what they look like.

    The gallery then has the map at /map, where one moves and zooms, without a restart. It is
    made from the vectors of the index alone: the same ones give the same map, and when
    products have come, gone or changed their photos it is to be made again. That takes
    half a minute for 5,000 products.

    \b
    python -m indexer map                     then see http://127.0.0.1:5000/map
    python -m indexer map --png map.png       and draw it, every photo at its place
    python -m indexer map --if-none           nothing to do where there is one
    """
    with errors_in_words():
        snapshot = open_current(folder)
        product_map = _present(folder, snapshot) if if_none else None
        if product_map is None:
            product_map = _made(snapshot)
            write_map(folder, snapshot, product_map)
            stderr.print(f"Laid out {count(len(snapshot), 'product')}: see /map in the gallery.")
        elif png is None:
            stderr.print(f"There is a map of these {count(len(snapshot), 'product')} already.")
        if png is not None:
            _draw(folder, snapshot, product_map, png, width)


def say_if_map_is_behind(folder: IndexFolder, generation: str) -> None:
    """Where there was a map, the generation just published may need another."""
    if is_behind(folder, read_manifest(folder.generation(generation))):
        stdout.print("The map is of what was published before. Make it anew: python -m indexer map")


def _present(folder: IndexFolder, snapshot: Snapshot) -> ProductMap | None:
    try:
        return read_map(folder, snapshot)
    except MapError:
        return None


def _made(snapshot: Snapshot) -> ProductMap:
    from indexer.layout import ITERATIONS, map_of

    with counted(stderr, "Layout", ITERATIONS) as advance:
        return map_of(snapshot.index.vectors(), advance)


def _draw(
    folder: IndexFolder, snapshot: Snapshot, product_map: ProductMap, file: Path, width: int
) -> None:
    from indexer.poster import draw, poster_of
    from vitrine.figures import save_figure

    poster = poster_of(product_map, width)
    with counted(stderr, "Photos", len(poster.rows)) as advance:
        picture = draw(folder, snapshot, poster, width, advance)
    save_figure(picture, file)
    more = f"; {poster.left_out:,} more have no room, see --width" if poster.left_out else ""
    stderr.print(f"Drawn to {file}: {count(len(poster.rows), 'product')}{more}.")
