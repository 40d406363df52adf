"""Which line of a CSV is row N, for programs that read it with pandas.

The older gallery numbers photos by `pandas.read_csv`'s rows: blank lines do not count, broken
and empty rows do, and a row of several lines is one. Our own reader skips broken rows, so its
products cannot be numbered that way; the lines on which they start can.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from indexer.importing.artefacts import OlderIndexError

SEPARATORS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Rows:
    """`lines[n]` is the 1-based line on which row n starts.

    `too_long` are lines with more fields than pandas takes: it stops there, unless it was
    told to skip them, and then they do not count.
    """

    lines: tuple[int, ...]
    too_long: tuple[int, ...]


def rows_of(path: Path) -> Rows:
    """Raises `OlderIndexError` where pandas itself counts otherwise."""
    import pandas as pd

    body = path.read_bytes()
    # Of the characters, only separators, quotes and line ends matter here.
    text = body.decode("utf-8-sig", errors="replace")
    lines = list(io.StringIO(text, newline=""))
    header = next((line for line in lines if line.strip()), "")
    separator = max(SEPARATORS, key=header.count)
    rows = _rows(lines, separator, path)
    try:
        frame = pd.read_csv(io.StringIO(text), sep=separator, dtype=str, on_bad_lines="skip")
    except (ValueError, pd.errors.ParserError) as error:
        raise OlderIndexError(f"pandas cannot read {path}: {error}.") from None
    if len(frame) != len(rows.lines):
        raise OlderIndexError(
            f"{path} has {len(rows.lines):,} rows by its lines and {len(frame):,} as pandas reads "
            "it, so nobody can tell which of them is image_0. Look for a quote that is not closed, "
            "or index anew with: python -m indexer build CATALOGUE"
        )
    return rows


def _rows(lines: list[str], separator: str, path: Path) -> Rows:
    reader = csv.reader(lines, delimiter=separator)
    starts: list[int] = []
    too_long: list[int] = []
    width: int | None = None
    while True:
        start = reader.line_num + 1
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise OlderIndexError(f"{path}, line {start}: {error}. Mend that line.") from None
        if fields is None:
            return Rows(tuple(starts), tuple(too_long))
        if not fields or (len(fields) == 1 and not fields[0].strip()):
            continue
        if width is None:
            width = len(fields)  # the header
        elif starts and len(fields) > width:
            too_long.append(start)
        else:
            width = max(width, len(fields))  # the first row may be longer: it has an index column
            starts.append(start)
