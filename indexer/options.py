"""Options that several commands have; those of settings take their words from there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from vitrine.address import AddressError
from vitrine.catalogue import Column
from vitrine.encoders.base import Precision
from vitrine.folder import IndexFolder
from vitrine.settings import DEFAULT_RECALL, LARGEST_FLAT, IndexChoice, Settings
from vitrine.sources import MAPPED

FETCHING = ("workers", "per_host", "deadline", "max_bytes", "delay", "robots", "allow_host")
Command = TypeVar("Command", bound=Callable[..., object])


def setting_option(name: str) -> Callable[[Command], Command]:
    """An option for a setting, with its default, its environment variable and its words."""
    field = Settings.model_fields[name]
    return click.option(
        f"--{name.replace('_', '-')}",
        name,
        default=field.default,
        is_flag=field.annotation is bool,
        envvar=f"VITRINE_{name.upper()}",
        show_default=True,
        help=field.description,
    )


class _Place(click.ParamType[IndexFolder]):
    """A folder of an index, or an address of Milvus's: an `IndexFolder`."""

    name = "place"

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> IndexFolder:
        if isinstance(value, IndexFolder):
            return value
        try:
            return IndexFolder.at(value, Settings().folder)
        except AddressError as error:
            self.fail(str(error), parameter, context)


index_option = click.option(
    "--index",
    "folder",
    type=_Place(),
    metavar="PLACE",
    default=Settings.model_fields["index"].default,
    envvar="VITRINE_INDEX",
    show_default=True,
    help=Settings.model_fields["index"].description,
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")

encoder_option = click.option(
    "--encoder",
    default="auto",
    show_default=True,
    help="An encoder's name (see `encoders`), a checkpoint's folder, or its name at the hub: "
    "owner/model, or owner/model@revision. `auto` takes dinov2-small where it can be had, and "
    "else one that needs no download.",
)


def precision_options(command: Command) -> Command:
    """`--precision`, and how good a reduced one must be."""
    for option in (
        click.option(
            "--agreement",
            type=click.FloatRange(0, 1),
            default=0.95,
            show_default=True,
            help="With --precision bf16 or int8: how many of a photo's ten nearest neighbours must "
            "be the same as in full precision.",
        ),
        click.option(
            "--precision",
            type=click.Choice(get_args(Precision)),
            default="fp32",
            show_default=True,
            help="bf16 computes in 16-bit floats: on CPUs made for that nearly twice as fast, and "
            "hardly different. int8 computes in 8 bits, calibrated on the catalogue's own photos: "
            "quicker still, and not quite the same.",
        ),
    ):
        command = option(command)
    return command


def _figure_of(_: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    """Refuse an ending of no known format before any work is done."""
    from vitrine.figures import FigureError, check_ending

    if path:
        try:
            check_ending(path)
        except FigureError as error:
            raise click.BadParameter(f"{error}.", param=parameter) from None
    return path


def figure_option(words: str) -> Callable[[Command], Command]:
    """`--figure FILE`, with these words for what the picture shows."""
    return click.option(
        "--figure",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        callback=_figure_of,
        help=f"{words} FILE ends in .png, .jpg, .webp or .pdf.",
    )


def _columns_of(
    context: click.Context, parameter: click.Parameter, given: Sequence[str]
) -> Mapping[Column, str]:
    """``title=Name`` → the title is in the column Name."""
    columns: dict[Column, str] = {}
    for text in given:
        meaning, _, name = text.partition("=")
        if meaning.strip() not in list(MAPPED) or not name.strip():
            asked = ", ".join(f"{column}=COLUMN" for column in MAPPED)
            raise click.BadParameter(f"{text!r} is none of {asked}.", context, parameter)
        columns[Column(meaning.strip())] = name.strip()
    return columns


map_option = click.option(
    "--map",
    "columns",
    metavar="MEANING=COLUMN",
    multiple=True,
    callback=_columns_of,
    help="Which column of the catalogue holds the id, the title or the image_url, such as "
    "title=productDisplayName. May be given several times.",
)


def kind_options(command: Command) -> Command:
    """`--index-kind` and `--recall`: how neighbours are found."""
    command = click.option(
        "--recall",
        type=click.FloatRange(0.5, 1),
        default=DEFAULT_RECALL,
        show_default=True,
        help="The least share of the ten nearest products that `ivf` shall find.",
    )(command)
    return click.option(
        "--index-kind",
        type=click.Choice(get_args(IndexChoice)),
        default="auto",
        show_default=True,
        help="`flat` compares every product; `ivf` only the likely ones, which is faster for "
        f"very many; `auto` is `flat` up to {LARGEST_FLAT:,} products.",
    )(command)


shrink_option = click.option(
    "--yes",
    "may_shrink",
    is_flag=True,
    help="Go on also where the catalogue has under half the products that are published.",
)


def _hosts_of(
    context: click.Context, parameter: click.Parameter, given: tuple[str, ...]
) -> tuple[str, ...]:
    from vitrine.fetching import PUBLIC_WEB

    try:
        PUBLIC_WEB.allowing(given)
    except ValueError as error:
        raise click.BadParameter(
            f"{error}: write nas.lan or 192.168.1.5:8080.", context, parameter
        ) from None
    return given


allow_host_option = click.option(
    "--allow-host",
    multiple=True,
    envvar="VITRINE_ALLOW_HOST",
    metavar="HOST[:PORT]",
    callback=_hosts_of,
    help="Fetch from HOST although it is not of the public internet; with PORT, on that port "
    "instead of 80 and 443. May be given several times. The host of a URL that you give yourself "
    "needs no such leave where it is a private address or a name of your own network.",
)


def fetching_options(command: Command) -> Command:
    """The options that limit fetching, in the order of `FETCHING`."""
    command = allow_host_option(command)
    for name in reversed(FETCHING[:-1]):
        command = setting_option(name)(command)
    return command
