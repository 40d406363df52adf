"""Parquet: what it says of its size is judged before it is unpacked.

A column of few values takes a few bytes, however many rows it has and however long they are.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vitrine.catalogue import CatalogueError, Column
from vitrine.sources.columns import check_columns
from vitrine.sources.rows import Rows, check_rows
from vitrine.sources.tables import Table, TypedRow, read_typed
from vitrine.sources.texts import tidied

PARQUET = b"PAR1"

MAX_VALUES = 100_000_000
MAX_BYTES = 1_000_000_000
"""Of all values, unpacked."""

_BATCH_ROWS = 4096
_COUNTED_ROWS = 65_536  # at once; what is only counted is not unpacked


def read_parquet(body: bytes, mapped: Mapping[Column, str], name: str) -> Rows:
    """The bytes of a Parquet file called `name` → its rows; raises `CatalogueError`."""
    import pyarrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(io.BytesIO(body))
        fields = list(file.schema_arrow)
        check_rows(file.metadata.num_rows, name)
        check_columns(len(fields), name)
        read = [position for position, field in enumerate(fields) if _is_text(field.type)]
        names = [fields[position].name for position in read]
        if _is_huge(body, file, read):
            raise CatalogueError(
                f"{name} has over {MAX_BYTES // 1000**3} GB or {MAX_VALUES:,} values in it once it "
                "is unpacked. Leave out columns, or split it, and give each part an index of its "
                "own."
            )
        rows = list(_rows(file, read, names))
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError, LookupError) as error:
        raise CatalogueError(
            f"{name} is a Parquet file that cannot be read: {tidied(str(error))}. Write it again."
        ) from None
    header = {position: field.name for position, field in enumerate(fields)}
    return read_typed(rows, header, mapped, Table(name, "row"))


def _rows(file: Any, read: Sequence[int], names: Sequence[str]) -> Iterator[TypedRow]:
    """The rows, with values by the position of their column: two may have one name."""
    import pyarrow

    number = 0
    for batch in file.iter_batches(_BATCH_ROWS, columns=names):
        if batch.schema.names != names:  # a name with a dot is also that of a part of another
            raise ValueError("columns whose names cannot be told apart")
        columns = [column.to_pylist() for column in batch.columns]
        for position, column in enumerate(columns):
            if pyarrow.types.is_float32(batch.schema.types[position]):
                columns[position] = [_widened(value) for value in column]
        for values in zip(*columns, strict=True):
            number += 1
            yield TypedRow(number, dict(zip(read, values, strict=True)))


def _is_huge(body: bytes, file: Any, read: Sequence[int]) -> bool:
    """Whether the columns that are `read` are too much, by what the file says and what is in it."""
    from pyarrow import parquet

    ends = [0]
    for field in file.schema_arrow:
        ends.append(ends[-1] + _leaves(field.type))
    leaves = [leaf for position in read for leaf in range(ends[position], ends[position + 1])]
    values = size = 0
    for number in range(file.metadata.num_row_groups):
        for leaf in leaves:
            chunk = file.metadata.row_group(number).column(leaf)
            values += chunk.num_values
            length = file.schema.column(leaf).length or 0  # of each value, where all have one
            size += max(chunk.total_uncompressed_size, chunk.num_values * length)
    if values > MAX_VALUES or size > MAX_BYTES:
        return True
    columns = [file.schema.column(leaf) for leaf in leaves]
    texts = [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]
    packed = parquet.ParquetFile(io.BytesIO(body), read_dictionary=texts)
    size = 0
    for batch in packed.iter_batches(_COUNTED_ROWS, columns=texts) if texts else ():
        size += sum(_unpacked_bytes(column) for column in batch.columns)
        if size > MAX_BYTES:
            return True
    return False


def _unpacked_bytes(array: Any) -> int:
    """How many bytes the texts of an array have, each as often as it is in it."""
    import pyarrow
    from pyarrow import compute

    if pyarrow.types.is_dictionary(array.type):
        lengths = compute.binary_length(array.dictionary)
        return compute.sum(lengths.take(array.indices)).as_py() or 0
    if pyarrow.types.is_map(array.type):
        return _unpacked_bytes(array.keys) + _unpacked_bytes(array.items)
    if pyarrow.types.is_struct(array.type):
        return sum(map(_unpacked_bytes, array.flatten()))
    return _unpacked_bytes(array.flatten()) if array.type.num_fields else 0


def _leaves(kind: Any) -> int:
    """In how many columns of the file a column of this type is."""
    return sum(_leaves(kind.field(number).type) for number in range(kind.num_fields)) or 1


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
