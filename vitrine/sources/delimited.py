"""CSV as people really have it: any usual separator, any usual encoding."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from vitrine.catalogue import CatalogueError, Column
from vitrine.sources.columns import KNOWN_NAMES, distinct, find_columns, key
from vitrine.sources.rows import MAX_ROWS, Record, Rows, check_rows, read_rows

DELIMITERS = ",;\t|"

LINES_A_ROW = 10  # on average, at most: descriptions may have many

HEADER_LINES = 100  # at most

REREAD = 20
"""How often a table is read again in search of quotes that are not closed, before it is refused.

Where each row seems to go on to the end, work grows with the rows' square."""

_TOLD_DELIMITER = re.compile(r'"?sep=([^"])"?', re.IGNORECASE)


def read_delimited(body: bytes, mapped: Mapping[Column, str], name: str) -> Rows:
    """The bytes of a CSV called `name` → its rows.

    Raises `CatalogueError` where nothing in it can be used: empty, a header only or one that
    is broken, no id or photo column, not a single good row; or too much of anything.
    """
    text = _decode(body)
    check_rows(max(text.count("\n"), text.count("\r")) // LINES_A_ROW, name)
    lines = list(io.StringIO(text, newline=""))
    start = next((number for number, line in enumerate(lines) if line.strip()), None)
    if start is None:
        raise CatalogueError(f"{name} is empty. The first line must name the columns.")
    told = _TOLD_DELIMITER.fullmatch(lines[start].strip("\r\n"))
    if told:  # Excel's own first line
        lines[start] = "\n"
    delimiter = told[1] if told else _delimiter(lines[start : start + HEADER_LINES], mapped)
    records = _records(lines, delimiter, name)
    first = next(records, Record(1, ()))
    if first.fields is None:
        raise CatalogueError(
            f"{name} has a broken line {first.line}, which has to name the columns: "
            f"{first.problem}. Mend that line."
        )
    header = distinct(first.fields)
    columns = find_columns(header, mapped, name)
    if columns.get(Column.TITLE) == len(header) - 1:
        records = _mended(list(itertools.islice(records, MAX_ROWS + 1)), columns, delimiter)
    return read_rows(records, header, columns, name)


def _decode(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", errors="replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    text = body.decode("utf-8-sig", errors="replace")
    broken = text.count("\N{REPLACEMENT CHARACTER}")
    others = len(text) - len(text.encode("ascii", errors="ignore")) - broken
    if others > broken:  # chance makes few such sequences: UTF-8, and somewhere a cut
        return text
    # What spreadsheets of western Europe and Brazil write; its five unused bytes
    # become the mark for an unknown character.
    return body.decode("cp1252", errors="replace")


def _delimiter(lines: Sequence[str], mapped: Mapping[Column, str]) -> str:
    """The separator that makes known columns of the header, or else the most columns.

    The header is what begins with the first of these lines; its names may have several.
    """
    known = {key(name) for names in KNOWN_NAMES.values() for name in names}
    known |= {key(name) for name in mapped.values()}

    def fitness(delimiter: str) -> tuple[int, int]:
        try:
            names = next(csv.reader(lines, delimiter=delimiter))
        except csv.Error:  # a field of any length
            return 0, 0
        return sum(key(name) in known for name in names), len(names)

    return max(DELIMITERS, key=fitness)


def _records(lines: Sequence[str], delimiter: str, name: str) -> Iterator[Record]:
    """Every record with the line that it starts on, the header first.

    A quote that is never closed swallows the lines that follow. Where a record of
    several lines does not fit the header, only its first line is given up, and
    reading goes on with the next line of the file. Raises `CatalogueError` where that
    happens so often that it would never end.
    """
    width: int | None = None
    start = reread = 0
    while start < len(lines):
        rest = map(lines.__getitem__, range(start, len(lines)))
        reader = csv.reader(rest, delimiter=delimiter)
        begun = start
        resume = None
        while resume is None:
            line = start + reader.line_num + 1
            try:
                fields = next(reader, None)
            except csv.Error as error:
                yield Record(line, None, str(error))
                resume = line
                break
            if fields is None:
                return
            if not any(field.strip() for field in fields):
                continue
            if width is None:
                width = len(fields)
            end = start + reader.line_num
            surplus: Sequence[str] = ()
            if len(fields) != width:
                problem = f"{len(fields)} fields where the header has {width}"
                if len(fields) > width and end == line:
                    surplus = fields
            elif _is_ill_quoted(lines[line - 1 : end], delimiter, is_last=end == len(lines)):
                problem = "a quote that is not closed"
            else:
                yield Record(line, fields)
                continue
            yield Record(line, None, problem, surplus)
            if end > line:
                resume = line
        reread += start + reader.line_num - resume
        if reread > REREAD * len(lines):
            raise CatalogueError(
                f"{name} has too many quotes that are not closed, one of them on line {resume}. "
                'Write it again, so that a quote within a value is "".'
            )
        start = resume
        assert start > begun


def _mended(
    records: Sequence[Record], columns: Mapping[Column, int], delimiter: str
) -> Iterator[Record]:
    """The records, those put right whose last column, the title, has separators unquoted.

    The separator may as well stand in another column, and then all that follows it is
    shifted. So the rest is taken for the title only where every other fact of the row is
    one that a sound row has in the same column.
    """
    sound = [record.fields for record in records if record.fields is not None]
    if len(sound) == len(records):
        yield from records
        return
    values = [set(column) for column in zip(*sound, strict=True)]
    title = columns[Column.TITLE]
    facts = [i for i in range(title) if i not in columns.values()]
    for record in records:
        if record.surplus and values and all(record.surplus[i] in values[i] for i in facts):
            rest = delimiter.join(record.surplus[title:])
            yield replace(record, fields=[*record.surplus[:title], rest])
        else:
            yield record


def _is_ill_quoted(lines: Sequence[str], delimiter: str, is_last: bool) -> bool:
    """Whether the lines of one record are not, or not all, its own.

    Two rows that each have a quote too many look like one row of several lines, but
    for text that follows the closing quote. That of the last row may not be closed.
    """
    try:
        if len(lines) > 1:
            next(csv.reader(lines, delimiter=delimiter, strict=True))
        if is_last:
            reader = csv.reader([*lines, "\n"], delimiter=delimiter)
            next(reader)
            return reader.line_num > len(lines)
    except csv.Error:
        return True
    return False
