"""`import`: take over an index that an older program made."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indexer.commands.build import (
    DEMO_CATALOGUE,
    SHOWN_PROBLEMS,
    as_json_of,
    limits_of,
    say_what_was_built,
    say_what_was_read,
)
from indexer.console import count, print_json, stderr, stdout
from indexer.errors import DONE, UNUSABLE, errors_in_words
from indexer.importing.artefacts import (
    OlderIndexError,
    OlderVectors,
    check_dimension,
    read_names,
    read_vectors,
)
from indexer.options import (
    FETCHING,
    fetching_options,
    index_option,
    json_option,
    map_option,
    shrink_option,
)
from indexer.shrinking import refuse_to_shrink
from vitrine.catalogue import Catalogue
from vitrine.folder import IndexFolder
from vitrine.settings import Settings
from vitrine.sources.texts import tidied

if TYPE_CHECKING:
    from indexer.importing.matching import Matched
    from indexer.importing.run import Adoption
    from vitrine.fetching import FetchLimits

GALLERY_ENCODER = "dinov2-small"  # of the older gallery, whose rows are a CSV's
FOLDER_ENCODER = "resnet-50"  # of the older class, whose rows are a folder's photos


@click.command("import")
@click.argument("index_file", metavar="VECTORS", type=click.Path(path_type=Path))
@click.argument("names_file", metavar="NAMES", type=click.Path(path_type=Path))
@click.argument("catalogue", required=False, type=click.Path(path_type=Path))
@click.option(
    "--photos",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Where the photos of a list of paths lie now, if not beside the list.",
)
@click.option(
    "--encoder",
    help="The encoder that made the index: a name (see `encoders`), a checkpoint's folder, or "
    f"its name at the hub.  [default: {GALLERY_ENCODER}, and {FOLDER_ENCODER} without a "
    "CATALOGUE]",
)
@click.option(
    "--clicks-only",
    is_flag=True,
    help="Do without the encoder: products can be clicked, and not searched for by photo.",
)
@map_option
@fetching_options
@shrink_option
@index_option
@json_option
def import_(
    index_file: Path,
    names_file: Path,
    catalogue: Path | None,
    folder: IndexFolder,
    as_json: bool,
    **options: Any,
) -> None:
    """Take over an index that an older program made.

    VECTORS is a flat faiss index, and NAMES says what each of its rows is:

    \b
    import vector.index image_ids.json fashion.csv
        the older DINOv2 gallery: image_0 is the first row of the CSV
    import faiss.index image_paths.json
        a list of photos' paths, as JSON or one a line

    The photos are fetched as in any build, for thumbnails, and none is embedded that has
    a vector already. All of it is checked before anything is written. Where the encoder
    is on this machine, it embeds a few of the photos anew, to see whether the index is
    its own; where not, the products can be clicked but not searched for by photo.
    """
    from indexer.build import sole_indexer
    from indexer.display import BuildDisplay
    from indexer.importing.run import take_over

    if catalogue and options["photos"]:
        raise click.UsageError("--photos is for a list of paths, and a CATALOGUE names its own.")
    if options["columns"] and not catalogue:
        raise click.UsageError("--map is for a CATALOGUE, and a list of paths has no columns.")
    with errors_in_words():
        limits = limits_of(Settings(**{name: options[name] for name in FETCHING}))
        encoder = options["encoder"] or (GALLERY_ENCODER if catalogue else FOLDER_ENCODER)
        older = _read(index_file, names_file, encoder)
        if catalogue:
            found = _of_catalogue(older, names_file, catalogue, options["columns"])
        else:
            found = _of_folder(older, names_file, options["photos"])
        _say_what_was_found(older, found)
        adoption = _adoption(older, found.matched, limits, clicks_only=options["clicks_only"])
        folder.claim()
        with sole_indexer(folder):
            if not options["may_shrink"]:
                refuse_to_shrink(found.catalogue, folder, Path(DEMO_CATALOGUE))
            with BuildDisplay(stderr) as display:
                outcome = take_over(
                    found.catalogue, found.matched, adoption, folder, limits, display
                )
    if as_json:
        facts = as_json_of(found.catalogue, outcome, adoption.encoder)
        cosines = list(adoption.comparison.cosines.values()) if adoption.comparison else None
        left_out = list(found.matched.left_out)
        print_json({**facts, "left_out": left_out, "sample": cosines})
    else:
        if not outcome.is_total_failure:
            stdout.print(f"{count(outcome.tally.taken_over, 'vector')} taken over.")
        if outcome.tally.disagreeing:
            stderr.print(
                f"{count(outcome.tally.disagreeing, 'photo')} with the very same bytes as another "
                "had another vector in the index: the first one counts."
            )
        say_what_was_built(folder, found.catalogue, outcome, adoption.encoder)
    sys.exit(UNUSABLE if outcome.is_total_failure else DONE)


@dataclass(frozen=True, slots=True, eq=False)
class _Older:
    """The older index, checked: its vectors, their names, and the encoder it is said to be of."""

    vectors: OlderVectors
    names: Sequence[str]
    encoder: str
    index_file: Path


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """The catalogue, and which of its photos the vectors are of."""

    catalogue: Catalogue
    matched: Matched


def _read(index_file: Path, names_file: Path, encoder: str) -> _Older:
    from vitrine.encoders import REGISTRY

    vectors = read_vectors(index_file)
    names = read_names(names_file, vectors)
    if encoder in REGISTRY:
        check_dimension(vectors, index_file, encoder, REGISTRY[encoder].dimension)
    return _Older(vectors, names, encoder, index_file)


def _of_catalogue(older: _Older, names_file: Path, path: Path, columns: Any) -> _Found:
    """The vectors of a CSV's rows."""
    from indexer.importing.matching import matched_by_row, row_numbers
    from indexer.importing.rows import rows_of
    from vitrine.sources import read_source

    if path.is_dir():
        raise OlderIndexError(
            f"{path} is a folder. {names_file} names rows of a CSV: give that. For a list of "
            "photos' paths, leave the catalogue out and give --photos FOLDER."
        )
    catalogue = read_source(path, columns)
    say_what_was_read(catalogue)
    rows = rows_of(path)
    numbers = row_numbers(older.names, names_file, len(rows.lines))
    if rows.too_long:
        stderr.print(
            f"Line {rows.too_long[0]} and {count(len(rows.too_long) - 1, 'other line')} have more "
            "fields than the header: rows are counted without them, as pandas does when told to "
            "skip them."
        )
    return _Found(catalogue, matched_by_row(catalogue, rows, numbers, older.vectors.unit))


def _of_folder(older: _Older, names_file: Path, photos: Path | None) -> _Found:
    """The vectors of a folder's photos."""
    from indexer.importing.matching import matched_by_path
    from indexer.importing.paths import photo_files
    from vitrine.sources.photo_folder import find_photos, read_photo_folder

    if older.names[0] == "image_0":
        raise OlderIndexError(
            f"{names_file} names rows of a catalogue. Give that too: python -m indexer import "
            f"{older.index_file} {names_file} fashion.csv"
        )
    listed = photo_files(older.names, names_file, photos)
    catalogue = read_photo_folder(listed.folder, find_photos(listed.folder))
    say_what_was_read(catalogue)
    matched = matched_by_path(catalogue, listed.files, older.names, older.vectors.unit)
    return _Found(catalogue, matched)


def _say_what_was_found(older: _Older, found: _Found) -> None:
    """How many vectors there are, whose they are, and what is to be known about them."""
    vectors, matched = older.vectors, found.matched
    total, dimension = vectors.stored.shape
    stderr.print(
        f"{older.index_file} holds {count(total, 'vector')} of {dimension:,} numbers, "
        f"{len(matched.vectors):,} of them for photos of {found.catalogue.name}."
    )
    for words in matched.left_out[:SHOWN_PROBLEMS]:
        stderr.print(f"  left out: {tidied(words)}")
    if len(matched.left_out) > SHOWN_PROBLEMS:
        more = len(matched.left_out) - SHOWN_PROBLEMS
        stderr.print(f"  and {count(more, 'more vector')} left out")
    if matched.disagreeing:
        others = len(matched.disagreeing) - 1
        more_words = f" and {others:,} more have" if others else " has"
        stderr.print(
            f"  {matched.disagreeing[0]}{more_words} a photo that an earlier row names too, and "
            "another vector for it: the first one counts"
        )
    if not matched.vectors:
        raise OlderIndexError(
            f"Not one vector is of a photo of {found.catalogue.name}. Give the catalogue, or the "
            "folder, that the index was made of."
        )
    if not vectors.were_unit:
        from indexer.importing.agreement import NEAREST, share_kept

        stderr.print(
            "Its vectors are not of unit length and are brought to it: Vitrine ranks by the "
            f"cosine. Of the {NEAREST} nearest by {vectors.metric}, {share_kept(vectors):.0%} are "
            "among the nearest now."
        )


def _adoption(
    older: _Older, matched: Matched, limits: FetchLimits, *, clicks_only: bool
) -> Adoption:
    """The encoder that made the vectors, if it is here and did; what stands for it, if not."""
    from indexer.importing.run import AbsentEncoder, Adoption
    from indexer.importing.sample import compared
    from vitrine.encoders import is_here, load_encoder

    name = older.encoder
    if clicks_only or not is_here(name):
        why = "as asked for" if clicks_only else f"for {name} is not on this machine"
        how = "without --clicks-only" if clicks_only else "where it is, or with --encoder FOLDER,"
        stderr.print(
            f"Taken over for clicks alone, {why}: search by photo is refused, and photos without "
            f"a vector are left out. Import again {how} to have both."
        )
        return Adoption(AbsentEncoder(name, older.vectors), None)
    encoder = load_encoder(name)
    check_dimension(older.vectors, older.index_file, name, encoder.dimension)
    comparison = compared(encoder, matched.vectors, limits)
    comparison.check(encoder)
    cosines = comparison.cosines.values()
    stderr.print(
        f"{name} makes the same vectors: {count(len(cosines), 'photo')} embedded anew, least "
        f"cosine {min(cosines):.4f}."
    )
    for location in sorted(comparison.changed):
        stderr.print(f"  {location} has changed since, and is embedded anew")
    return Adoption(encoder, comparison)
