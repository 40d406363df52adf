"""Which column of a table is the id, which the title, which the photo."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from vitrine.catalogue import CatalogueError, Column
from vitrine.sources.texts import listed, tidied

KNOWN_NAMES: dict[Column, tuple[str, ...]] = {
    Column.ID: ("ProductId", "id", "SKU", "item_id", "article_id"),
    Column.TITLE: ("ProductTitle", "productDisplayName", "title", "product_name", "name"),
    Column.IMAGE_URL: ("ImageURL", "image_link", "image_src", "photo_url", "photo", "picture"),
    Column.IMAGE: ("Image",),
}
"""What owners call each column, in order of preference: `fashion.csv` and `styles.csv`, the feeds
of Google Merchant, the exports of shops. Any case, blanks, hyphens and underscores will do."""

STYLES_MARK = "articleType"
STYLES_IMAGE_URL = "images/{id}.jpg"
"""`styles.csv` has no photo column: its photos lie beside it, named by id."""

MAPPED = (Column.ID, Column.TITLE, Column.IMAGE_URL)
"""The columns that the owner can name."""


MAX_COLUMNS = 1000
"""Of one table. Where each row has a column of its own, work grows with the rows' square."""


def key(name: str) -> str:
    """A column's name as it is compared."""
    return "".join(name.casefold().replace("_", "").replace("-", "").split())


def check_columns(count: int, name: str) -> None:
    """Raises `CatalogueError` where the table called `name` has more columns than are read."""
    if count > MAX_COLUMNS:
        raise CatalogueError(
            f"{name} has {count:,} columns, and at most {MAX_COLUMNS:,} are read. Leave out those "
            "that are for no shopper."
        )


def distinct(header: Sequence[str]) -> list[str]:
    """The columns' names, tidied; a second "Colour" is called "Colour 2", or the next that is free.

    Those without a name stay so.
    """
    names = [tidied(name) for name in header]
    taken = {*names}
    numbers: dict[str, Iterator[int]] = {}
    for position, name in enumerate(names):
        if name in numbers:
            others = (f"{name} {number}" for number in numbers[name])
            names[position] = next(other for other in others if other not in taken)
            taken.add(names[position])
        elif name:
            numbers[name] = itertools.count(2)
    return names


def find_columns(
    header: Sequence[str], mapped: Mapping[Column, str], name: str
) -> dict[Column, int]:
    """Where each column with a meaning of its own is in the header of the table called `name`.

    What the owner has mapped comes first, then the known names; `image` holds the photos
    where no other column does. Raises `CatalogueError` for a mapped column that is not
    there, where there is none for the id or the photos, and for a table of too many columns.
    """
    check_columns(len(header), name)
    keys = [key(column) for column in header]
    found = {column: _position_of(text, header, name) for column, text in mapped.items()}
    for column, names in KNOWN_NAMES.items():
        known = [keys.index(key(n)) for n in names if key(n) in keys]
        if column not in found and known:
            found[column] = known[0]
    is_styles = key(STYLES_MARK) in keys
    if Column.IMAGE_URL not in found and Column.IMAGE in found and not is_styles:
        found[Column.IMAGE_URL] = found.pop(Column.IMAGE)
    for column in [Column.ID] if is_styles else [Column.ID, Column.IMAGE_URL]:
        if column not in found:
            raise CatalogueError(
                f"{name} has no column {_either(KNOWN_NAMES[column])}; its columns are: "
                f"{listed(header)}. Rename the column that holds it, say which one it is "
                f"(--map {column}=COLUMN), or add one."
            )
    return found


def _position_of(text: str, header: Sequence[str], name: str) -> int:
    """Where the column is that the owner calls `text`: literally, or but for its spelling."""
    if text in header:
        return header.index(text)
    keys = [key(column) for column in header]
    if key(text) in keys:
        return keys.index(key(text))
    raise CatalogueError(
        f"{name} has no column {text}; its columns are: {listed(header)}. Correct --map."
    )


def _either(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]
