"""`build`: bring the index in line with a catalogue."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indexer.console import by_hand, causes_table, count, print_json, stderr, stdout
from indexer.errors import DONE, FAILED, UNUSABLE, errors_in_words
from indexer.options import (
    encoder_option,
    fetching_options,
    index_option,
    json_option,
    map_option,
)
from vitrine.catalogue import Catalogue, CatalogueError, Column
from vitrine.folder import IndexFolder
from vitrine.settings import Settings
from vitrine.sources import read_source

if TYPE_CHECKING:
    from indexer.build import BuildOutcome
    from vitrine.encoders.base import Encoder
    from vitrine.fetching import FetchLimits

DEMO_CATALOGUE = "data/fashion.csv"
SHOWN_PROBLEMS = 10  # as many lines as one reads; `--json` has them all


@click.command()
@click.argument("catalogues", metavar="[CATALOGUE]", nargs=-1)
@map_option
@encoder_option
@fetching_options
@click.option("--strict", is_flag=True, help="Exit with status 1 if any photo failed.")
@index_option
@json_option
def build(
    catalogues: tuple[str, ...],
    columns: Mapping[Column, str],
    encoder: str,
    strict: bool,
    index: Path,
    as_json: bool,
    **fetching: Any,
) -> None:
    """Bring the index in line with CATALOGUE.

    CATALOGUE is a CSV, or a folder: of photos, or with a catalogue in it. By default it
    is the demo catalogue. Only what is new or changed is fetched and embedded; where not
    one photo can be had, nothing is published.
    """
    from indexer import build as building
    from indexer.display import BuildDisplay

    folder = IndexFolder(index)
    with errors_in_words():
        limits = limits_of(Settings(index=index, **fetching))
        products = read_source(sole_catalogue(catalogues), columns)
        _say_what_was_read(products)
        folder.claim()
        with building.sole_indexer(folder):
            loaded = chosen_encoder(encoder)
            with BuildDisplay(stderr) as display:
                outcome = building.build(products, folder, loaded, limits, display)
    _say_what_was_built(index, products, outcome, loaded, as_json=as_json)
    if outcome.is_total_failure:
        sys.exit(UNUSABLE)
    sys.exit(FAILED if strict and outcome.failed else DONE)


def sole_catalogue(given: Sequence[str]) -> str:
    """The one catalogue that was given, or the demo catalogue; raises `CatalogueError`."""
    if len(given) > 1:
        named = " and ".join(given) if len(given) == 2 else f"{given[0]}, {given[1]} and more"
        raise CatalogueError(
            f"{count(len(given), 'catalogue')} were given: {named}. An index holds one: give the "
            "path of one, or a folder that holds all photos."
        )
    return given[0] if given else DEMO_CATALOGUE


def limits_of(settings: Settings) -> FetchLimits:
    """What the settings say about fetching."""
    from vitrine.fetching import FetchLimits

    return FetchLimits(
        workers=settings.workers,
        per_host=settings.per_host,
        deadline_s=settings.deadline,
        max_bytes=settings.max_bytes,
    )


def chosen_encoder(name: str) -> Encoder:
    """The encoder of `--encoder`; says what `auto` has come to."""
    from vitrine.encoders import load_encoder, resolve_auto

    if name == "auto":
        choice = resolve_auto()
        name = choice.name
        stderr.print(choice.reason)
    return load_encoder(name)


def _say_what_was_read(catalogue: Catalogue) -> None:
    """How many products there are, and which rows were skipped."""
    found = count(len(catalogue.products), "product")
    stderr.print(f"{catalogue.name} is {catalogue.kind} with {found}.")
    for problem in catalogue.problems[:SHOWN_PROBLEMS]:
        stderr.print(f"  {catalogue.unit} {problem.line} skipped: {problem.message}")
    more = len(catalogue.problems) - SHOWN_PROBLEMS
    if more > 0:
        stderr.print(f"  and {count(more, 'more row')} skipped")


def _say_what_was_built(
    index: Path,
    catalogue: Catalogue,
    outcome: BuildOutcome,
    encoder: Encoder,
    *,
    as_json: bool,
) -> None:
    """What a build did, what failed, and what is served now."""
    if as_json:
        print_json(_as_json(catalogue, outcome, encoder))
        return
    if outcome.failed:
        examples = {
            failed.failure.code: f"{catalogue.unit} {failed.product.line}: {failed.failure.message}"
            for failed in reversed(outcome.failed)
        }
        stdout.print(causes_table(outcome.causes, examples))
    if outcome.kept:
        stdout.print(f"{count(len(outcome.kept), 'product')} among them keep their last photo.")
    if outcome.is_total_failure:
        stdout.print(
            "Not one photo could be had: nothing was published."
            if outcome.wanted
            else "Every product of the catalogue is held out by hand: nothing was published. "
            "Let some in again with: python -m indexer remove --undo ID"
        )
        if IndexFolder(index).current_name():
            stdout.print("What was published before stays as it is.")
        return
    tally = outcome.tally
    stdout.print(
        f"{count(tally.downloaded, 'photo')} downloaded, "
        f"{tally.embedded:,} embedded with {encoder.name}."
    )
    if outcome.generation is None:
        products = count(outcome.indexed, "product")
        stdout.print(f"Nothing has changed: {products} stay as they are in {index}.")
    else:
        stdout.print(f"Published {count(outcome.indexed, 'product')} to {index}.")
    if amended := by_hand(outcome.by_hand, outcome.held_out):
        stdout.print(f"By hand: {amended}.")


def _as_json(catalogue: Catalogue, outcome: BuildOutcome, encoder: Encoder) -> dict[str, object]:
    return {
        "generation": outcome.generation,
        "products": outcome.wanted,
        "indexed": outcome.indexed,
        "by_hand": outcome.by_hand,
        "held_out": outcome.held_out,
        "encoder": encoder.name,
        **asdict(outcome.tally),
        "skipped_rows": [asdict(problem) for problem in catalogue.problems],
        "causes": dict(outcome.causes.most_common()),
        "failed": [
            {
                "id": failed.product.id,
                "line": failed.product.line,
                "image_url": failed.product.image_url,
                "code": failed.failure.code,
                "message": failed.failure.message,
                "kept": failed.product.id in outcome.kept,
            }
            for failed in outcome.failed
        ],
    }
