"""Groups of products with the same or nearly the same photo, and their CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from vitrine.errors import UnusableError
from vitrine.products import IndexedProduct, NearCopy
from vitrine.snapshot import Snapshot
from vitrine.spreadsheets import defused

COLUMNS = ("group", "kind", "id", "title", "image_url", "difference", "first")


class Kind(StrEnum):
    """How a product's photo is that of its group's first."""

    SAME = "same"
    NEARLY = "nearly"


@dataclass(frozen=True, slots=True)
class Member:
    """`difference` is in mean levels of 255; see `indexer.likeness`."""

    product: IndexedProduct
    kind: Kind
    difference: float


@dataclass(frozen=True, slots=True)
class Group:
    """Two products or more, the first of which the others are compared with."""

    members: Sequence[Member]


class GroupsError(UnusableError):
    """The groups cannot be written; the message says why."""


def groups_of(snapshot: Snapshot, near_copies: Sequence[NearCopy]) -> list[Group]:
    """The groups that near copies and identical photos come to, in the catalogue's order."""
    near = {copy.row: copy for copy in near_copies}
    rows: dict[int, list[int]] = {}
    for row, first in enumerate(snapshot.products.first_of_photo.tolist()):
        rows.setdefault(near[row].first if row in near else first, []).append(row)

    def member(row: int, product: IndexedProduct) -> Member:
        if row in near:
            return Member(product, Kind.NEARLY, near[row].difference)
        return Member(product, Kind.SAME, 0.0)

    return [
        Group([member(row, p) for row, p in zip(each, snapshot.products.get(each), strict=True)])
        for each in rows.values()
        if len(each) > 1
    ]


def write_csv(path: Path, groups: Sequence[Group]) -> None:
    """A row for each product; `first` is the id of its group's first product.

    Raises `GroupsError`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # With its mark at the start, or a spreadsheet takes it for another encoding.
        with path.open("w", newline="", encoding="utf-8-sig") as file:
            rows = csv.writer(file)
            rows.writerow(COLUMNS)
            for number, group in enumerate(groups, start=1):
                first = group.members[0].product.id
                for member in group.members:
                    p = member.product
                    texts = [defused(text) for text in (p.id, p.title, p.image_url)]
                    difference = f"{member.difference:.2f}"
                    rows.writerow([number, member.kind, *texts, difference, defused(first)])
    except OSError as error:
        raise GroupsError(f"{path} cannot be written: {error.strerror or error}.") from None
