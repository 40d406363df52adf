"""Parquet is read in a process apart: a file of strangers costs no more than its own refusal.

A few kilobytes can unpack to any number of gigabytes, and where Arrow, which is C++, meets
what it has not thought of, it may end the process that it is in. So its reader is this module,
run as a program: it takes up to `READER_BYTES` of memory and `READER_SECONDS` of processor
time, writes no file, and answers in lines of JSON: a head, a list of values for each row, and
how many there were. Values that JSON does not know are texts by then.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from vitrine.catalogue import CatalogueError, Column
from vitrine.confinement import confine
from vitrine.sources.columns import check_columns
from vitrine.sources.rows import Rows, check_rows
from vitrine.sources.tables import Table, TypedRow, read_typed, text_of
from vitrine.sources.texts import tidied

PARQUET = b"PAR1"

READER_BYTES = 2 * 1024**3
READER_SECONDS = 300
MAX_BYTES = 1_000_000_000
"""Of all that the reader answers."""

# Threads of its own, and memory that is set aside for them, would cost it addresses.
_SPARING = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ARROW_IO_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}

_BATCH_ROWS = 4096
_CAUSE = 300  # characters of what Arrow says
_HOME = Path(__file__).parents[2]


def read_parquet(body: bytes, mapped: Mapping[Column, str], name: str) -> Rows:
    """The bytes of a Parquet file called `name` → its rows; raises `CatalogueError`."""
    with tempfile.TemporaryFile() as file:
        file.write(body)
        file.seek(0)
        command = [sys.executable, "-m", __name__, str(READER_BYTES), str(READER_SECONDS)]
        with subprocess.Popen(
            command,
            cwd=_HOME,
            env=os.environ | _SPARING,
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what Arrow remarks on a stranger's bytes
        ) as reader:
            # It ends by itself, unless somebody has broken into it.
            alarm = threading.Timer(READER_SECONDS, reader.kill)
            alarm.daemon = True
            alarm.start()
            try:
                return read_answer(reader.stdout, mapped, name)
            except EOFError:
                raise _unreadable(name, _how_it_ended(reader.wait())) from None
            finally:
                alarm.cancel()
                reader.kill()


def read_answer(answer: IO[bytes] | None, mapped: Mapping[Column, str], name: str) -> Rows:
    """What a reader says of the file called `name` → its rows.

    Raises `EOFError` where it says no more before it has come to an end, and `CatalogueError`.
    """
    lines = _lines(answer, name)
    try:
        names, read = _head(next(lines), name)
        rows: list[TypedRow] = []
        for line in lines:
            if isinstance(line, dict):
                if line["rows"] != len(rows):
                    raise ValueError("rows are missing")
                break
            check_rows(len(rows) + 1, name)
            rows.append(TypedRow(len(rows) + 1, dict(zip(read, line, strict=True))))
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
        # Somebody has broken into it.
        raise _unreadable(name, "its reader answered nonsense") from None
    return read_typed(rows, dict(enumerate(names)), mapped, Table(name, "row"))


def _head(line: Any, name: str) -> tuple[Sequence[str], Sequence[int]]:
    """The names of all columns, and which of them are read, by their places."""
    check_rows(int(line["rows"]), name)
    check_columns(len(line["names"]), name)
    names, read = [text_of(each) for each in line["names"]], [int(each) for each in line["read"]]
    if not {*read} <= {*range(len(names))}:
        raise ValueError("a column that there is not")
    return names, read


def _lines(answer: IO[bytes] | None, name: str) -> Iterator[Any]:
    """Each line of an answer, as JSON; raises as `read_answer` does."""
    assert answer is not None
    left = MAX_BYTES
    while line := answer.readline(left + 1):
        left -= len(line)
        if left < 0:
            raise CatalogueError(
                f"{name} has over {MAX_BYTES:,} bytes of text in it once it is unpacked. Leave out "
                "columns, or split it, and give each part an index of its own."
            )
        if not line.endswith(b"\n"):
            break
        said = json.loads(line)
        if isinstance(said, dict) and "cause" in said:
            raise _unreadable(name, tidied(text_of(said["cause"])[:_CAUSE]))
        yield said
    raise EOFError


def _unreadable(name: str, cause: str) -> CatalogueError:
    cause = cause.rstrip(".")
    return CatalogueError(
        f"{name} is a Parquet file that cannot be read: {cause}. Write it again, or as a CSV."
    )


def _how_it_ended(status: int) -> str:
    if status in (-signal.SIGKILL, -signal.SIGXCPU):
        return f"its reader was stopped, after {READER_SECONDS} seconds or for want of memory"
    if status < 0:
        return f"its reader crashed ({signal.Signals(-status).name})"
    return f"its reader ended with status {status}"


def _work(memory: int, seconds: int) -> None:
    """The reader's life."""
    import pyarrow.parquet  # noqa: F401  # before there is less memory

    confine(memory, seconds)
    try:
        for line in _said(sys.stdin.buffer):
            _say(line)
    except MemoryError:
        _say({"cause": f"it takes over {memory // 1024**3} GiB of memory once it is unpacked"})
    except Exception as error:  # Arrow's and Python's, whatever they may be
        _say({"cause": str(error)})


def _say(line: object) -> None:
    sys.stdout.buffer.write(json.dumps(line, default=text_of).encode() + b"\n")


def _said(body: IO[bytes]) -> Iterator[object]:
    """The reader's answer: the head, the rows, and how many there were."""
    import pyarrow
    from pyarrow import parquet

    file = parquet.ParquetFile(body)
    fields = list(file.schema_arrow)
    read = [position for position, field in enumerate(fields) if _is_text(field.type)]
    yield {
        "names": [field.name for field in fields],
        "read": read,
        "rows": file.metadata.num_rows,
    }
    wanted = [fields[position].name for position in read]
    number = 0
    for batch in file.iter_batches(_BATCH_ROWS, columns=wanted, use_threads=False):
        if batch.schema.names != wanted:  # a name with a dot is also that of a part of another
            raise ValueError("columns whose names cannot be told apart")
        columns = [column.to_pylist() for column in batch.columns]
        for position, column in enumerate(columns):
            if pyarrow.types.is_float32(batch.schema.types[position]):
                columns[position] = [_widened(value) for value in column]
        for values in zip(*columns, strict=True):
            number += 1
            yield values
    yield {"rows": number}


def _is_text(kind: Any) -> bool:
    """Whether values of this type can be shown; not the photos that some files have in them."""
    import pyarrow

    if pyarrow.types.is_struct(kind):
        return all(_is_text(field.type) and not _is_bytes(field.type) for field in kind)
    if pyarrow.types.is_list(kind) or pyarrow.types.is_large_list(kind):
        return _is_text(kind.value_type) and not _is_bytes(kind.value_type)
    return True  # text, too, which some programs write as bytes


def _is_bytes(kind: Any) -> bool:
    import pyarrow

    return bool(pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind))


def _widened(value: float | None) -> float | None:
    """A 32-bit float by its shortest decimal form, so that 19.99 does not become 19.98999977."""
    import numpy as np

    return None if value is None else float(str(np.float32(value)))


if __name__ == "__main__":
    _work(int(sys.argv[1]), int(sys.argv[2]))
