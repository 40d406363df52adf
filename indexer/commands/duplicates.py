"""`duplicates`: which products have the same photo, or nearly so."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from indexer.console import count, print_json, stderr, stdout, table
from indexer.duplicates import MAX_THRESHOLD, THRESHOLD, near_copies
from indexer.errors import errors_in_words
from indexer.groups import Group, Kind, groups_of, write_csv
from indexer.ledger import Ledger
from indexer.options import figure_option, index_option, json_option
from vitrine.folder import IndexFolder
from vitrine.snapshot import Snapshot, open_current

if TYPE_CHECKING:
    from vitrine.products import NearCopy

FIGURE_WIDTH, FIGURE_COLUMNS, FIGURE_ROWS = 160, 8, 40


@click.command()
@click.option(
    "--threshold",
    type=click.FloatRange(0, MAX_THRESHOLD),
    metavar="LEVELS",
    help="How far a photo may differ from its group's first: the mean difference of a pixel, in "
    "levels of 0 to 255, once one photo is moved, stretched and brightened onto the other; plain "
    "background does not count. 0 is hardly more than the very same file, and "
    f"{MAX_THRESHOLD:g} the most. By default {THRESHOLD:g}, as "
    "in the gallery: JPEG and WebP at a low quality make 1 to 2, cropping by 3% makes 3, and "
    "another product makes 4 and more, with few exceptions.",
)
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a row for each product of a group: group, kind, id, title, image_url, "
    "difference, first.",
)
@figure_option(f"The first {FIGURE_ROWS} groups as a picture, a row of photos for each.")
@index_option
@json_option
def duplicates(
    threshold: float | None,
    csv_file: Path | None,
    figure: Path | None,
    folder: IndexFolder,
    as_json: bool,
) -> None:
    """List the products that have the same photo, or nearly so.

    A group is a product and those of the catalogue after it whose photo is the very same
    file (`same`), or a copy of it that was compressed, scaled, cropped, framed or brightened
    (`nearly`). In the gallery a group is one tile.

    \b
    python -m indexer duplicates
    python -m indexer duplicates --csv duplicates.csv --figure duplicates.png
    python -m indexer duplicates --threshold 2
    """
    with errors_in_words():
        snapshot = open_current(folder)
        copies = _near_copies(folder, snapshot, threshold)
        groups = groups_of(snapshot, copies)
        if csv_file:
            write_csv(csv_file, groups)
            stderr.print(f"Written to {csv_file}: {count(_products(groups), 'product')}.")
        if figure:
            _draw(folder, groups, figure)
    if as_json:
        print_json(_as_json(snapshot, groups, threshold))
    else:
        _say(snapshot, groups)


def _near_copies(
    folder: IndexFolder, snapshot: Snapshot, threshold: float | None
) -> Sequence[NearCopy]:
    """What is published, or what another threshold comes to."""
    from indexer.build import sole_indexer
    from indexer.display import counted

    if threshold is None:
        return snapshot.products.near_copies
    products = snapshot.products.all()
    with sole_indexer(folder), Ledger(folder.ledger) as ledger:
        shown = partial(counted, stderr, "Copies")
        return near_copies(folder, ledger, products, shown, threshold)


def _products(groups: Sequence[Group]) -> int:
    return sum(len(group.members) for group in groups)


def _say(snapshot: Snapshot, groups: Sequence[Group]) -> None:
    if not groups:
        stdout.print(
            f"No two of {count(len(snapshot), 'product')} have the same or nearly the same photo."
        )
        return
    shown = table("group", "kind", "id", "title", "difference")
    for number, group in enumerate(groups, start=1):
        for member in group.members:
            is_first = member is group.members[0]
            shown.add_row(
                str(number) if is_first else "",
                "first" if is_first else member.kind,
                member.product.id,
                member.product.title,
                "" if is_first else f"{member.difference:.1f}",
            )
    stdout.print(shown)
    kinds = [member.kind for group in groups for member in group.members[1:]]
    stdout.print(
        f"\n{count(len(groups), 'group')} of {count(_products(groups), 'product')}: beside the "
        f"first of each, {kinds.count(Kind.SAME):,} with the same photo and "
        f"{kinds.count(Kind.NEARLY):,} with nearly the same."
    )


def _draw(folder: IndexFolder, groups: Sequence[Group], file: Path) -> None:
    from vitrine.figures import Cell, Mark, Row, figure, save_figure, stored_photo

    if not groups:
        stderr.print(f"There is no group to draw: {file} is not made.")
        return

    def row_of(number: int, group: Group) -> Row:
        cells = [
            Cell(
                stored_photo(folder, member.product, FIGURE_WIDTH),
                f"{member.product.id}\n"
                + ("first" if position == 0 else f"{member.kind}, {member.difference:.1f}"),
                Mark.QUERY if position == 0 else Mark.PLAIN,
            )
            for position, member in enumerate(group.members[:FIGURE_COLUMNS])
        ]
        return Row(f"{number}: {count(len(group.members), 'product')}", cells)

    drawn = [row_of(number, group) for number, group in enumerate(groups[:FIGURE_ROWS], start=1)]
    save_figure(figure(drawn, "Same photo, or nearly", FIGURE_WIDTH), file)
    left = len(groups) - len(drawn)
    more = f"; {count(left, 'more group')} left out" if left else ""
    stderr.print(f"Drawn to {file}: {count(len(drawn), 'group')}{more}.")


def _as_json(
    snapshot: Snapshot, groups: Sequence[Group], threshold: float | None
) -> dict[str, object]:
    return {
        "generation": snapshot.name,
        "threshold": THRESHOLD if threshold is None else threshold,
        "products": len(snapshot),
        "groups": [
            [
                {
                    "id": member.product.id,
                    "title": member.product.title,
                    "image_url": member.product.image_url,
                    "kind": member.kind,
                    "difference": round(member.difference, 2),
                }
                for member in group.members
            ]
            for group in groups
        ],
    }
