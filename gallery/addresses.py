"""What all states of the gallery share in their addresses: facets that narrow, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from vitrine.snapshot import Snapshot

Filters = Mapping[str, tuple[str, ...]]
Pairs = list[tuple[str, str]]

RESERVED = frozenset(
    {
        *("q", "scope", "sort", "page"),
        *("id", "image_path", "text", "image", "url", "crop"),
        *("k", "score", "more", "less", "trail", "colour", "hex"),
        *("x", "y", "zoom", "across", "down"),
    }
)
"""Parameters with a meaning of their own; a column of such a name can't be filtered by."""

MAX_VALUES = 50  # chosen, of all facets together: each is repeated in every link of the page
MAX_CHARACTERS = 1000  # of all of them together, for the same reason


def facet_names(snapshot: Snapshot) -> list[str]:
    """The facets that can be filtered by, in the catalogue's order."""
    return [facet.name for facet in snapshot.products.facets if facet.name not in RESERVED]


def read_filters(args: MultiDict[str, str], facets: Iterable[str]) -> Filters:
    """The facet values in a query string, each once, and no more than a page can bear."""
    found: dict[str, tuple[str, ...]] = {}
    count = characters = 0
    for name in facets:
        for value in dict.fromkeys(filter(None, args.getlist(name))):
            count, characters = count + 1, characters + len(value)
            if count > MAX_VALUES or characters > MAX_CHARACTERS:
                return found
            found[name] = (*found.get(name, ()), value)
    return found


def filter_pairs(filters: Filters) -> Pairs:
    return [(name, value) for name, values in filters.items() for value in values]


def toggled(filters: Filters, name: str, value: str) -> Filters:
    """One value more, or less where it is chosen already."""
    chosen = filters.get(name, ())
    others = tuple(other for other in chosen if other != value)
    values = others if value in chosen else (*chosen, value)
    return {n: v for n, v in {**filters, name: values}.items() if v}


def address(path: str, pairs: Sequence[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(pairs)}" if pairs else path
