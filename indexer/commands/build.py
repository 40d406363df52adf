"""`build`: bring the index in line with a catalogue."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from indexer.console import (
    by_hand,
    causes_table,
    count,
    print_json,
    print_json_line,
    stderr,
    stdout,
    table,
)
from indexer.errors import DONE, FAILED, UNUSABLE, errors_in_words
from indexer.indexing import IndexWish
from indexer.options import (
    encoder_option,
    fetching_options,
    index_option,
    json_option,
    kind_options,
    map_option,
    precision_options,
    shrink_option,
)
from indexer.shrinking import refuse_to_shrink
from indexer.timings import Account, Stage, Timings
from vitrine.catalogue import Catalogue, CatalogueError, Column
from vitrine.encoders.base import EncoderError, Precision
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
@precision_options
@fetching_options
@shrink_option
@kind_options
@click.option("--strict", "is_strict", is_flag=True, help="Exit with status 1 if any photo failed.")
@click.option(
    "--watch",
    is_flag=True,
    help="Stay, and build again whenever the catalogue or a photo beside it changes.",
)
@click.option(
    "--every",
    type=click.FloatRange(min=1),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="With --watch: how often a catalogue at a URL is read, to see whether it has changed.",
)
@click.option(
    "--ray",
    metavar="ADDRESS",
    help="Let the nodes of a Ray cluster fetch, decode and embed: HOST:6379, or `auto` for the one "
    "that was started on this machine. They share the index folder; see docs/scale.md.",
)
@click.option("--timings", "has_timings", is_flag=True, help="Say at the end where the time went.")
@index_option
@json_option
def build(
    catalogues: tuple[str, ...],
    columns: Mapping[Column, str],
    encoder: str,
    watch: bool,
    folder: IndexFolder,
    ray: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Bring the index in line with CATALOGUE.

    CATALOGUE is what you have: a CSV, a Parquet file or JSON lines, at a path or a URL; a
    folder of photos; Fashion-MNIST, by its folder or one of its files; or a folder with one
    of these in it. By default it is the demo catalogue.

    Only what is new or changed is fetched and embedded; where not one photo can be had,
    nothing is published. What was added and removed by hand (see `add` and `remove`)
    stays so.
    """
    is_strict, has_timings = options.pop("is_strict"), options.pop("has_timings")
    if watch and is_strict:
        raise click.UsageError("--strict is about how a build ends, and --watch goes on.")
    may_shrink, every = options.pop("may_shrink"), options.pop("every")
    kind = IndexWish(options.pop("index_kind"), options.pop("recall"))
    wanted = _EncoderWish(encoder, options.pop("precision"), options.pop("agreement"))
    with errors_in_words():
        settings = Settings(**options)
        given = sole_catalogue(catalogues)
        report = _Report(as_json, is_kept=watch, has_timings=has_timings)
        wish = _Wish(given, columns, folder, ray, kind, may_shrink, report)
        builder = _Builder(wish, wanted, limits_of(settings, given))
        if watch:
            _watch(builder, every)
        outcome = builder.build(builder.read())
    if outcome.is_total_failure:
        sys.exit(UNUSABLE)
    sys.exit(FAILED if is_strict and outcome.failed else DONE)


def _watch(builder: _Builder, every: float) -> NoReturn:
    from indexer.watching import follow

    given, folder = builder.wish.given, builder.wish.folder
    follow(builder, given, folder.root, every)
    builder.say(f"Stopped watching {given}. What is published in {folder} stays.")
    sys.exit(DONE)


@dataclass(frozen=True, slots=True)
class _Report:
    """What the owner wants to be told; `is_kept` says that there will be several builds."""

    as_json: bool
    is_kept: bool
    has_timings: bool


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the owner wants to be built, and to be told."""

    given: str
    columns: Mapping[Column, str]
    folder: IndexFolder
    ray: str | None
    kind: IndexWish
    may_shrink: bool
    report: _Report


@dataclass(frozen=True, slots=True)
class _EncoderWish:
    """Which encoder; one in reduced precision must agree so much with the full one."""

    name: str
    precision: Precision
    agreement: float


class _Builder:
    """Reads and builds one catalogue, as often as is asked; the encoder is loaded once."""

    def __init__(self, wish: _Wish, encoder: _EncoderWish, limits: FetchLimits) -> None:
        self.wish = wish
        self._wanted = encoder
        self._limits = limits
        self._encoder: Encoder | None = None
        self._timings = Timings()

    def read(self) -> Catalogue:
        self._timings = Timings()
        with stderr.status(f"Reading {self.wish.given}"), self._timings.of(Stage.READ):
            return read_source(self.wish.given, self.wish.columns, self._limits.reach)

    def build(self, catalogue: Catalogue, *, goes_on: bool = False) -> BuildOutcome:
        from indexer import build as building
        from indexer.display import BuildDisplay

        say_what_was_read(catalogue)
        folder = self.wish.folder
        folder.claim()
        with building.sole_indexer(folder):
            if not self.wish.may_shrink:
                refuse_to_shrink(catalogue, folder, Path(DEMO_CATALOGUE))
            if self._encoder is None:
                with self._timings.of(Stage.LOAD):
                    self._encoder = self._loaded_encoder(catalogue, folder)
            with BuildDisplay(stderr) as display:
                outcome = building.build(
                    catalogue,
                    folder,
                    self._encoder,
                    self._limits,
                    display,
                    goes_on=goes_on,
                    wish=self.wish.kind,
                    timings=self._timings,
                    ray=self.wish.ray,
                )
        self._say_what_was_built(catalogue, outcome)
        return outcome

    def _loaded_encoder(self, catalogue: Catalogue, folder: IndexFolder) -> Encoder:
        encoder = chosen_encoder(self._wanted.name)
        if self._wanted.precision == "fp32":
            return encoder
        from indexer.display import BuildDisplay
        from indexer.precision import reduced_encoder
        from vitrine.encoders.reduced import IN_WORDS

        reduction = self._wanted.precision
        reduced = reduced_encoder(
            encoder, reduction, catalogue, folder, self._limits, lambda: BuildDisplay(stderr)
        )
        figure = (
            f"{reduced.agreement:.1%} of a photo's ten nearest neighbours are the same as in "
            "full precision"
        )
        if reduced.agreement < self._wanted.agreement:
            raise EncoderError(
                f"{encoder.name} in {IN_WORDS[reduction]} is refused: only {figure}, and "
                f"{self._wanted.agreement:.1%} are asked for. Leave out --precision {reduction}, "
                "or ask for less with --agreement."
            )
        stderr.print(f"{encoder.name} in {IN_WORDS[reduction]}: {figure}.")
        return reduced.encoder

    def say(self, words: str) -> None:
        stderr.print(f"{datetime.now():%H:%M:%S} {words}")

    def _say_what_was_built(self, catalogue: Catalogue, outcome: BuildOutcome) -> None:
        from indexer.decoding import DECODERS

        assert self._encoder is not None
        report = self.wish.report
        accounts = self._timings.accounts(DECODERS) if report.has_timings else ()
        if report.as_json:
            said = as_json_of(catalogue, outcome, self._encoder)
            said |= {"timings": [asdict(account) for account in accounts]} if accounts else {}
            (print_json_line if report.is_kept else print_json)(said)
            return
        say_what_was_built(self.wish.folder, catalogue, outcome, self._encoder)
        if accounts:
            say_where_time_went(accounts)


def sole_catalogue(given: Sequence[str]) -> str:
    """The one catalogue that was given, or the demo catalogue; raises `CatalogueError`."""
    if len(given) > 1:
        named = " and ".join(given) if len(given) == 2 else f"{given[0]}, {given[1]} and more"
        raise CatalogueError(
            f"{count(len(given), 'catalogue')} were given: {named}. An index holds one: give the "
            "path of one, or a folder that holds all photos."
        )
    return given[0] if given else DEMO_CATALOGUE


def limits_of(settings: Settings, *given: str) -> FetchLimits:
    """What the settings say about fetching, where the owner has given these addresses or paths."""
    from vitrine.fetching import PUBLIC_WEB, FetchLimits

    return FetchLimits(
        workers=settings.workers,
        per_host=settings.per_host,
        deadline_s=settings.deadline,
        max_bytes=settings.max_bytes,
        delay_s=settings.delay,
        obeys_robots=settings.robots,
        reach=PUBLIC_WEB.allowing(settings.allow_host).given(given),
    )


def chosen_encoder(name: str) -> Encoder:
    """The encoder of `--encoder`; says what `auto` has come to."""
    from vitrine.encoders import load_encoder, resolve_auto

    if name == "auto":
        choice = resolve_auto()
        name = choice.name
        stderr.print(choice.reason)
    return load_encoder(name)


def say_what_was_read(catalogue: Catalogue) -> None:
    """How many products there are, and which rows were skipped."""
    found = count(len(catalogue.products), "product")
    stderr.print(f"{catalogue.name} is {catalogue.kind} with {found}.")
    for problem in catalogue.problems[:SHOWN_PROBLEMS]:
        stderr.print(f"  {catalogue.unit} {problem.line} skipped: {problem.message}")
    more = len(catalogue.problems) - SHOWN_PROBLEMS
    if more > 0:
        stderr.print(f"  and {count(more, 'more row')} skipped")


def say_what_was_built(
    folder: IndexFolder,
    catalogue: Catalogue,
    outcome: BuildOutcome,
    encoder: Encoder,
) -> None:
    """What a build did, what failed, and what is served now."""
    if outcome.failed:
        examples = {
            failed.failure.code: f"{catalogue.place_of(failed.product)}: {failed.failure.message}"
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
        if folder.current_name():
            stdout.print("What was published before stays as it is.")
        return
    tally = outcome.tally
    stdout.print(
        f"{count(tally.downloaded, 'photo')} fetched, "
        f"{tally.embedded:,} embedded with {encoder.name}."
    )
    if outcome.generation is None:
        products = count(outcome.indexed, "product")
        stdout.print(f"Nothing has changed: {products} stay as they are in {folder}.")
    else:
        stdout.print(f"Published {count(outcome.indexed, 'product')} to {folder}.")
        from indexer.commands.map import say_if_map_is_behind

        say_if_map_is_behind(folder, outcome.generation)
    if amended := by_hand(outcome.by_hand, outcome.held_out):
        stdout.print(f"By hand: {amended}.")


def say_where_time_went(accounts: Sequence[Account]) -> None:
    """What each stage took, those that are done to several photos at once in the time of one."""
    made = table("stage", "seconds", "steps", "ms a step", "of the build")
    for a in accounts:
        several = f" ({a.at_once} at once)" if a.at_once > 1 else ""
        made.add_row(
            f"{a.stage}{several}",
            f"{a.seconds:,.2f}",
            f"{a.steps:,}",
            f"{1000 * a.seconds / a.steps:,.2f}",
            f"{a.share:.0%}",
        )
    for column in made.columns[1:]:
        column.justify = "right"
    stdout.print()
    stdout.print(made)


def as_json_of(catalogue: Catalogue, outcome: BuildOutcome, encoder: Encoder) -> dict[str, object]:
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
