"""What the command line prints with: two consoles, tables, counts, JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

import click
from rich.console import Console
from rich.table import Table

from vitrine.failures import REMEDIES, FailureCode

PIPE_WIDTH = 200  # where no terminal says how wide it is, tables are not folded

# Titles and addresses are other people's text: nothing in them is markup.
stdout = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
stderr = Console(highlight=False, markup=False, emoji=False, soft_wrap=True, stderr=True)
for console in (stdout, stderr):
    if not console.is_terminal:
        console.width = PIPE_WIDTH


def table(*headings: str) -> Table:
    """A table without lines, its cells folded where the terminal is narrow."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        made.add_column(heading, overflow="fold")
    return made


def causes_table(causes: Counter[FailureCode], examples: Mapping[FailureCode, str]) -> Table:
    """How many photos failed by cause, what to do about each, and one of them."""
    made = table("failed", "cause", "what to do", "for example")
    for code, number in causes.most_common():
        made.add_row(f"{number:,}", str(code), REMEDIES[code], examples[code])
    return made


def count(number: int, noun: str) -> str:
    """``1 product``, ``2,906 products``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def by_hand(added: int, held_out: int) -> str:
    """``3 products added, 1 held out``, without what is none; empty where both are."""
    parts = [f"{count(added, 'product')} added"] if added else []
    if held_out:
        parts.append(
            f"{held_out:,} held out" if parts else f"{count(held_out, 'product')} held out"
        )
    return ", ".join(parts)


def print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
