"""The command line: `python -m indexer` and its commands."""

from __future__ import annotations

import io
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from pydantic import ValidationError
from rich.console import Console

from indexer import report
from vitrine.catalogue import CatalogueError, read_catalogue
from vitrine.encoders.base import EncoderError
from vitrine.folder import FolderError, IndexFolder
from vitrine.settings import Settings
from vitrine.snapshot import OlderFormatError, Snapshot, SnapshotError, open_current, published_name

if TYPE_CHECKING:
    from vitrine.encoders.base import FloatArray

DEMO_CATALOGUE = Path("data/fashion.csv")
DONE, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130

FETCHING = ("workers", "per_host", "deadline", "max_bytes")
Command = TypeVar("Command", bound=Callable[..., object])
PIPE_WIDTH = 200  # where no terminal says how wide it is, tables are not folded

# Titles and addresses are other people's text: nothing in them is markup.
stdout = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
stderr = Console(highlight=False, markup=False, emoji=False, soft_wrap=True, stderr=True)
for console in (stdout, stderr):
    if not console.is_terminal:
        console.width = PIPE_WIDTH


class DefaultBuild(click.Group):
    """`python -m indexer` alone, or with options of `build`, is `python -m indexer build`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_ours = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if is_ours else ["build", *args])


@click.group(cls=DefaultBuild)
def cli() -> None:
    """Index a product catalogue for visual similarity.

    The catalogue is a CSV whose rows name photos. `build` (the default) brings the
    index in line with it: it fetches and embeds only what is new or changed, and
    may be interrupted and run again at any moment.

    \b
    python -m indexer                        index the demo catalogue
    python -m indexer build my/shop.csv      index your own
    python -m indexer status                 what is indexed, what failed, what to do
    python app.py                            look at it
    """


def setting_option(name: str) -> Callable[[Command], Command]:
    """An option for a setting, with its default, its environment variable and its words."""
    field = Settings.model_fields[name]
    return click.option(
        f"--{name.replace('_', '-')}",
        name,
        type=click.Path(path_type=Path, file_okay=False) if name == "index" else None,
        default=field.default,
        envvar=f"VITRINE_{name.upper()}",
        show_default=True,
        help=field.description,
    )


index_option = setting_option("index")


def fetching_options(command: Command) -> Command:
    """The options that limit fetching, in the order of `FETCHING`."""
    for name in reversed(FETCHING):
        command = setting_option(name)(command)
    return command


json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


@cli.command()
@click.argument("catalogue", type=click.Path(path_type=Path), default=DEMO_CATALOGUE)
@click.option(
    "--encoder",
    default="auto",
    show_default=True,
    help="An encoder's name (see `encoders`), a checkpoint's folder, or its name at the hub. "
    "`auto` takes dinov2-small where it can be had, and else one that needs no download.",
)
@fetching_options
@click.option("--strict", is_flag=True, help="Exit with status 1 if any photo failed.")
@index_option
@json_option
def build(
    catalogue: Path,
    encoder: str,
    strict: bool,
    index: Path,
    as_json: bool,
    **fetching: Any,
) -> None:
    """Bring the index in line with CATALOGUE.

    By default that is the demo catalogue. Only what is new or changed is fetched and
    embedded; where not one photo can be had, nothing is published.
    """
    from indexer import build as building
    from indexer.display import BuildDisplay
    from vitrine.encoders import load_encoder, resolve_auto
    from vitrine.fetching import FetchLimits

    folder = IndexFolder(index)
    with _errors_in_words():
        settings = Settings(index=index, **fetching)
        limits = FetchLimits(
            workers=settings.workers,
            per_host=settings.per_host,
            deadline_s=settings.deadline,
            max_bytes=settings.max_bytes,
        )
        products = read_catalogue(catalogue)
        report.catalogue_read(stderr, products)
        folder.claim()
        with building.sole_indexer(folder):
            if encoder == "auto":
                choice = resolve_auto()
                encoder = choice.name
                stderr.print(choice.reason)
            loaded = load_encoder(encoder)
            with BuildDisplay(stderr) as display:
                outcome = building.build(products, folder, loaded, limits, display)
    report.built(stdout, index, products, outcome, loaded, as_json=as_json)
    if outcome.is_total_failure:
        sys.exit(UNUSABLE)
    sys.exit(FAILED if strict and outcome.failed else DONE)


@cli.command()
@index_option
@json_option
def status(index: Path, as_json: bool) -> None:
    """Show what is indexed, what failed and why."""
    from indexer.ledger import Ledger

    folder = IndexFolder(index)
    failures = []
    with _errors_in_words():
        if folder.ledger.exists():
            with Ledger(folder.ledger) as ledger:
                failures = ledger.failures()
        try:
            snapshot = open_current(folder)
        except SnapshotError:
            report.failed(stderr, failures)
            raise
        report.status(stdout, folder, snapshot, failures, as_json=as_json)


@cli.command()
@index_option
@json_option
def verify(index: Path, as_json: bool) -> None:
    """Check what is published.

    Hashes, counts, ids, vectors: exit status 1 if one check fails.
    """
    from vitrine.snapshot import verify as checks_of

    with _errors_in_words():
        folder = IndexFolder(index)
        checks = list(checks_of(folder.generation(published_name(folder))))
    report.verified(stdout, folder, checks, as_json=as_json)
    sys.exit(FAILED if any(check.problem for check in checks) else DONE)


@cli.command()
@click.argument("photo_or_id")
@click.option("-k", type=click.IntRange(1, 100), default=5, show_default=True, help="How many.")
@index_option
@json_option
def search(photo_or_id: str, k: int, index: Path, as_json: bool) -> None:
    """Show what looks like a product or a photo.

    PHOTO_OR_ID is a product's id, or the path of a photo, which is embedded first.
    """
    from vitrine.search import similar_to_product, similar_to_vector

    with _errors_in_words():
        snapshot = open_current(IndexFolder(index))
        row = snapshot.rows.get(photo_or_id)
        if row is not None:
            neighbours = similar_to_product(snapshot, row, k)
        else:
            neighbours = similar_to_vector(snapshot, _embedded(snapshot, Path(photo_or_id)), k)
        report.found(stdout, snapshot, neighbours, as_json=as_json)


@cli.command()
@click.option("-k", type=click.IntRange(1, 1000), default=10, show_default=True)
@click.option(
    "--by",
    "groups",
    multiple=True,
    metavar="FACET[+FACET]",
    help="A facet, or several that must agree at once; may be repeated. By default each facet.",
)
@index_option
@json_option
def evaluate(k: int, groups: tuple[str, ...], index: Path, as_json: bool) -> None:
    """Measure precision@k by the catalogue's facts.

    Of the k products most like each product, what share has the same fact?
    """
    from indexer.evaluation import precision

    with _errors_in_words():
        snapshot = open_current(IndexFolder(index))
        names = [facet.name for facet in snapshot.products.facets]
        if not names:
            raise click.UsageError("The catalogue has no facet whose values could be compared.")
        wanted = [(g,) if g in names else tuple(g.split("+")) for g in groups or names]
        for name in {name for group in wanted for name in group} - set(names):
            raise click.BadParameter(f"no facet {name!r}; there are: {', '.join(names)}")
        report.evaluated(stdout, snapshot, precision(snapshot, wanted, k), as_json=as_json)


@cli.command()
@json_option
def encoders(as_json: bool) -> None:
    """List the encoders, and where they can be had."""
    from vitrine.encoders import REGISTRY, availability

    report.encoders(
        stdout, {spec: availability(spec) for spec in REGISTRY.values()}, as_json=as_json
    )


@contextmanager
def _errors_in_words() -> Iterator[None]:
    """What cannot be used, or not be written, ends the command with a sentence and status 2."""
    try:
        yield
    except (CatalogueError, EncoderError, FolderError) as error:
        stderr.print(f"Error: {error}")
        sys.exit(UNUSABLE)
    except OlderFormatError as error:
        stderr.print(f"Error: {error}.")
        sys.exit(UNUSABLE)
    except SnapshotError as error:
        stderr.print(f"Error: {error}.\nMake an index with: python -m indexer build CATALOGUE")
        sys.exit(UNUSABLE)
    except ValidationError as error:
        for problem in error.errors():
            name = str(problem["loc"][0])
            flag = f"--{name.replace('_', '-')}" if name in FETCHING else f"VITRINE_{name.upper()}"
            stderr.print(f"Error: {flag}: {problem['msg']}.")
        sys.exit(UNUSABLE)
    except (OSError, sqlite3.DatabaseError) as error:  # no right to write, no space left, …
        stderr.print(
            f"Error: the index cannot be written: {error}.\n"
            "Mend that and run again: what is done is kept."
        )
        sys.exit(UNUSABLE)
    except KeyboardInterrupt:
        stderr.print("Interrupted. What is done is kept: run again to go on from here.")
        sys.exit(INTERRUPTED)


def _embedded(snapshot: Snapshot, path: Path) -> FloatArray:
    """The vector (d,) of a photo, made by the encoder of the snapshot."""
    from vitrine.encoders import load_encoder
    from vitrine.failures import REMEDIES, Failure
    from vitrine.photos import decode

    if missing := snapshot.products.photoless(str(path)):
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
    encoder = load_encoder(snapshot.manifest.encoder.name)
    if encoder.fingerprint != snapshot.manifest.encoder.fingerprint:
        raise EncoderError(
            f"The index was made with another {encoder.name} than the one on this machine. "
            "Index again with: python -m indexer build CATALOGUE"
        )
    vector: FloatArray = encoder.encode([encoder.prepare(photo.image)])[0]
    return vector


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without ✓ still gets its answer
    cli(prog_name="python -m indexer")
