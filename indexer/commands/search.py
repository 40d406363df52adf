"""`search`: what looks like a product or a photo, or shows what words say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from indexer.console import print_json, stderr, stdout, table
from indexer.errors import errors_in_words
from indexer.options import figure_option, index_option, json_option
from vitrine.catalogue import is_text
from vitrine.folder import IndexFolder
from vitrine.index import Neighbour
from vitrine.snapshot import Snapshot, open_current

if TYPE_CHECKING:
    from PIL.Image import Image

    from vitrine.encoders.base import Encoder, FloatArray
    from vitrine.figures import Cell
    from vitrine.photos import Photo

FIGURE_WIDTH, FIGURE_COLUMNS = 160, 7


@click.command()
@click.argument("photo_or_id", required=False)
@click.option(
    "--text",
    metavar="WORDS",
    help="Find what the photos show, in words; where the index's encoder reads words.",
)
@click.option("-k", type=click.IntRange(1, 100), default=5, show_default=True, help="How many.")
@figure_option("The query beside its results with their scores, best first, as a picture.")
@index_option
@json_option
def search(
    photo_or_id: str | None,
    text: str | None,
    k: int,
    figure: Path | None,
    folder: IndexFolder,
    as_json: bool,
) -> None:
    """Show what looks like a product or a photo, or fits words.

    PHOTO_OR_ID is a product's id, or the path of a photo, which is embedded first.

    \b
    python -m indexer search 1001
    python -m indexer search my/photo.jpg -k 12 --figure similar.png
    python -m indexer search --text "red dress"
    """
    from vitrine.figures import Cell, Mark, save_figure, stored_photo
    from vitrine.search import similar_to_product, similar_to_vector

    if (photo_or_id is None) == (text is None):
        raise click.UsageError("Give either PHOTO_OR_ID or --text WORDS.")
    with errors_in_words():
        snapshot = open_current(folder)
        query, title = None, "What looks like it"
        row = snapshot.rows.get(photo_or_id or "")
        if text is not None:
            neighbours = similar_to_vector(snapshot, _text_vector(folder, snapshot, text), k)
            title = f"What shows “{text}”"
        elif row is not None:
            neighbours = similar_to_product(snapshot, row, k)
            (product,) = snapshot.products.get([row])
            shown = stored_photo(folder, product, FIGURE_WIDTH)
            query = Cell(shown, f"{product.id}\n{product.title}", Mark.QUERY)
        else:
            path = Path(photo_or_id or "")
            photo = _photo(snapshot, path)
            encoder = encoder_of(folder, snapshot)
            vector: FloatArray = encoder.encode([encoder.prepare(photo.image)])[0]
            neighbours = similar_to_vector(snapshot, vector, k)
            query = Cell(photo.image, path.name, Mark.QUERY)
        if figure:
            save_figure(_drawn(folder, snapshot, query, neighbours, title), figure)
    _say_what_was_found(snapshot, neighbours, as_json=as_json)
    if figure:
        stderr.print(f"Drawn to {figure}.")


def encoder_of(folder: IndexFolder, snapshot: Snapshot) -> Encoder:
    """The very encoder that made the index; raises `EncoderError` where it can't be had."""
    from vitrine.encoders import EncoderError
    from vitrine.index_encoder import load_encoder_of

    encoder = load_encoder_of(folder, snapshot.manifest.encoder)
    if encoder.fingerprint != snapshot.manifest.encoder.fingerprint:
        raise EncoderError(
            f"The index was made with another {encoder.name} than the one on this machine. "
            "Index again with: python -m indexer build CATALOGUE"
        )
    return encoder


def _text_vector(folder: IndexFolder, snapshot: Snapshot, text: str) -> FloatArray:
    """The vector (d,) of words, made by the encoder of the snapshot."""
    from vitrine.encoders.base import TextEncoder

    facts = snapshot.manifest.encoder
    words = " ".join(text.split())
    if not words:
        raise click.UsageError("--text: give some words, such as --text 'red dress'.")
    if not is_text(words):
        raise click.UsageError("--text: what was given is no text in the terminal's encoding.")
    encoder = encoder_of(folder, snapshot) if facts.reads_text else None
    if not isinstance(encoder, TextEncoder):
        raise click.UsageError(
            f"--text: the encoder of this index, {facts.name}, reads no words. Index with one "
            "that does: python -m indexer build CATALOGUE --encoder clip-vit-b32"
        )
    vector: FloatArray = encoder.encode_texts([words])[0]
    return vector


def _photo(snapshot: Snapshot, path: Path) -> Photo:
    """The photo to search with; a usage error where there is none."""
    from vitrine.failures import REMEDIES, Failure
    from vitrine.photos import decode

    name = str(path)
    if is_text(name) and (missing := snapshot.products.photoless(name)):
        raise click.UsageError(
            f"The photo of product {missing.id} could not be had ({missing.code}): "
            f"{REMEDIES[missing.code]}."
        )
    if not path.is_file():
        raise click.UsageError(
            f"{path} is neither a product's id in this index nor a photo's path here."
        )
    photo = decode(path.read_bytes())
    if isinstance(photo, Failure):
        raise click.UsageError(f"{path}: {photo.message}. Give a JPEG, PNG or WebP photo.")
    return photo


def _drawn(
    folder: IndexFolder,
    snapshot: Snapshot,
    query: Cell | None,
    neighbours: Sequence[Neighbour],
    title: str,
) -> Image:
    """The query, if it has a picture, beside its results, in rows of `FIGURE_COLUMNS`."""
    from vitrine.figures import Cell, Row, figure, stored_photo

    products = snapshot.products.get(neighbour.row for neighbour in neighbours)
    cells = ([query] if query else []) + [
        Cell(stored_photo(folder, p, FIGURE_WIDTH), f"{n.score:.3f}\n{p.id}\n{p.title}")
        for p, n in zip(products, neighbours, strict=True)
    ]
    rows = [Row("", cells[at : at + FIGURE_COLUMNS]) for at in range(0, len(cells), FIGURE_COLUMNS)]
    encoder = snapshot.manifest.encoder.name
    return figure(rows, f"{title}, by {encoder}", FIGURE_WIDTH)


def _say_what_was_found(
    snapshot: Snapshot, neighbours: Sequence[Neighbour], *, as_json: bool
) -> None:
    """Neighbours, best first, with their scores."""
    products = snapshot.products.get(neighbour.row for neighbour in neighbours)
    pairs = list(zip(neighbours, products, strict=True))
    if as_json:
        print_json(
            [{"id": p.id, "title": p.title, "score": n.score, "facts": p.facts} for n, p in pairs],
        )
        return
    found = table("score", "id", "title")
    for neighbour, product in pairs:
        found.add_row(f"{neighbour.score:.3f}", product.id, product.title)
    stdout.print(found)
