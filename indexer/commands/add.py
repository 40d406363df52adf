"""`add`: photos into the index, by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from indexer.commands.build import chosen_encoder, limits_of
from indexer.commands.map import say_if_map_is_behind
from indexer.commands.search import encoder_of
from indexer.console import by_hand, count, print_json, stderr, stdout
from indexer.errors import errors_in_words
from indexer.options import fetching_options, index_option, json_option
from vitrine.folder import IndexFolder
from vitrine.settings import Settings
from vitrine.snapshot import open_current

if TYPE_CHECKING:
    from indexer.amending import Amended
    from vitrine.encoders.base import Encoder


@click.command()
@click.argument("photos", metavar="PHOTO…", nargs=-1, required=True)
@click.option("--id", "product_id", help="The product's id. By default its file's name.")
@click.option("--title", help="The product's title. By default its id.")
@click.option(
    "--fact",
    "facts",
    multiple=True,
    metavar="NAME=VALUE",
    help="A fact, such as Colour=Red; may be repeated. With several photos all have it.",
)
@click.option(
    "--encoder",
    help="What to embed with, where there is no index yet; see `build`. By default `auto`.",
)
@fetching_options
@index_option
@json_option
def add(
    photos: tuple[str, ...],
    product_id: str | None,
    title: str | None,
    facts: tuple[str, ...],
    encoder: str | None,
    folder: IndexFolder,
    as_json: bool,
    **fetching: Any,
) -> None:
    """Add photos to the index, at once and for good.

    PHOTO is a path or an http(s) URL, and becomes a product beside those of the
    catalogue. It is copied, so the original is not needed any more, and it stays
    through every later build until you `remove` it. Where there is no index yet, the
    photos begin one. If one of them can't be had, none is added.

    \b
    python -m indexer add new.jpg --id 4711 --title "Red shirt" --fact Colour=Red
    python -m indexer add arrivals/*.jpg --fact Season=Autumn
    """
    if len(photos) > 1 and (product_id is not None or title is not None):
        raise click.UsageError("--id and --title are for one photo. Add the photos one by one.")
    told = _facts(facts)
    from indexer.amending import Addition, add_photos
    from indexer.build import sole_indexer
    from indexer.display import BuildDisplay

    with errors_in_words():
        limits = limits_of(Settings(**fetching), *photos)
        additions = [Addition(photo, product_id, title, told) for photo in photos]
        folder.claim()
        with sole_indexer(folder):
            loaded = _encoder(folder, encoder)
            with BuildDisplay(stderr) as display:
                outcome = add_photos(folder, additions, loaded, limits, display)
    say_what_was_amended("Added", folder, outcome, as_json=as_json)


def say_what_was_amended(
    done: str, folder: IndexFolder, outcome: Amended, *, as_json: bool
) -> None:
    """What was `done` to which products, and what is served now."""
    if as_json:
        print_json(asdict(outcome) | {"awaited": sorted(outcome.awaited)})
        return
    some = f" ({outcome.ids[0]})" if len(outcome.ids) == 1 else ""
    stdout.print(f"{done} {count(len(outcome.ids), 'product')}{some}.")
    if outcome.awaited:
        awaited = count(len(outcome.awaited), "product")
        stdout.print(f"{awaited} of them: back with the next `python -m indexer build CATALOGUE`.")
    if outcome.generation:
        stdout.print(f"Published {count(outcome.indexed, 'product')} to {folder}.")
        say_if_map_is_behind(folder, outcome.generation)
    if amended := by_hand(outcome.by_hand, outcome.held_out):
        stdout.print(f"By hand: {amended}.")


def _encoder(folder: IndexFolder, name: str | None) -> Encoder:
    """The encoder of the index, or else the chosen one."""
    if folder.current_name() is None or name is not None:
        return chosen_encoder(name or "auto")
    return encoder_of(folder, open_current(folder))


def _facts(given: tuple[str, ...]) -> Mapping[str, str]:
    facts: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name.strip() and equals and value.strip()):
            raise click.BadParameter(
                f"{text!r} is no fact. Write a name and a value, such as Colour=Red.",
                param_hint="--fact",
            )
        facts[name] = value
    return facts
