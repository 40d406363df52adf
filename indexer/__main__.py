"""The command line: `python -m indexer` and its commands."""

from __future__ import annotations

import io
import sys
from itertools import chain

import click

from indexer.commands import SECTIONS, command_of

NAMES = tuple(chain.from_iterable(SECTIONS.values()))


class Commands(click.Group):
    """`python -m indexer` alone, or with options of `build`, is `python -m indexer build`.

    A command is loaded when it is asked for, so that none waits for what others need.
    """

    def list_commands(self, _: click.Context) -> list[str]:
        return list(NAMES)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        return command_of(name) if name in NAMES else None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_ours = bool(args) and (args[0] in NAMES or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if is_ours else ["build", *args])

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """All commands, in sections by what they are for."""
        width = max(map(len, NAMES))
        for title, names in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (f"{name:<{width}}", command_of(name).get_short_help_str(formatter.width))
                        for name in names
                    ]
                )


@click.group(cls=Commands)
def cli() -> None:
    """Index a product catalogue for visual similarity.

    The catalogue is what you have: a CSV such as styles.csv, a Parquet file or JSON lines,
    at a path or a URL; a folder of photos; or Fashion-MNIST's files. `build` (the default)
    brings the index in line with it: it fetches and embeds only what is new or changed,
    and may be interrupted and run again at any moment.

    \b
    python -m indexer                        index the demo catalogue
    python -m indexer build my/shop.csv      index your own
    python -m indexer build my/photos        index a folder of photos
    python -m indexer status                 what is indexed, what failed, what to do
    python app.py                            look at it
    """


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without ✓ still gets its answer
    cli(prog_name="python -m indexer")
