"""The command line: `python -m indexer` and its commands."""

from __future__ import annotations

import io
import sys

import click

from indexer.commands import COMMANDS


class DefaultBuild(click.Group):
    """`python -m indexer` alone, or with options of `build`, is `python -m indexer build`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_ours = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if is_ours else ["build", *args])

    def list_commands(self, _: click.Context) -> list[str]:
        return list(self.commands)


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


for command in COMMANDS:
    cli.add_command(command)


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without ✓ still gets its answer
    cli(prog_name="python -m indexer")
