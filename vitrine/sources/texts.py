"""Other people's text: as it is kept, and as it is told of in a message."""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_CHARACTERS = 131_072
"""Of one value, in every format; the `csv` module has the same limit. A page shows it whole."""

_TOLD = 40  # characters of a name, in a message
_LISTED = 20  # names in one message

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")  # what a terminal would obey


def tidied(text: str) -> str:
    """A text in one line, without control characters and surplus blanks."""
    if text.isprintable() and "  " not in text:  # as nearly all are
        return text.strip()
    return " ".join(_CONTROL.sub(" ", text).split())


def listed(names: Sequence[str]) -> str:
    """Names, such as a table's columns, in a message; a file may have any number of any length."""
    told = [tidied(name[: _TOLD + 1]) for name in names[:_LISTED]]
    shown = [name if len(name) <= _TOLD else f"{name[:_TOLD]}…" for name in told if name]
    if len(names) > _LISTED:
        shown.append(f"and {len(names) - _LISTED:,} more")
    return ", ".join(shown) or "none that has a name"
