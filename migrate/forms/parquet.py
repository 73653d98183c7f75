"""Parquet files of a target folder, by pyarrow: the extra `chatlift[parquet]`.

Text is string, ids too; numbers are int64 or double; times are timestamps of milliseconds in UTC; nested values are strings that
hold JSON. Row groups depend on the rows alone, so that equal rows are equal bytes with the same version of pyarrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from ..errors import TerminalError, UsageError
from .columns import BOOLEAN, DOCUMENT, DOUBLE, INT, MOMENT, Column, Empties, check_type
from .sink import Sink

_BATCH_BYTES = 1 << 21
"""Bytes of JSON lines that are held as Python values at a time."""
_GROUP_BYTES = 1 << 24
"""Bytes of columns that make a row group; the memory of a conversion follows from it."""
_READ_TOGETHER = 2000
_COMPRESSION = "snappy"  # the one that every reader of Parquet knows


@cache
def library() -> Any:
    """Return pyarrow. UsageError where it is not installed."""
    try:
        import pyarrow  # noqa: PLC0415 - an optional extra
        import pyarrow.compute  # noqa: PLC0415
        import pyarrow.parquet  # noqa: PLC0415
    except ImportError:
        raise UsageError("Parquet files need pyarrow:", "pip install 'chatlift[parquet]'") from None
    return pyarrow


def check() -> None:
    """See to it that Parquet can be had. UsageError where it cannot."""
    library()


def _type(column: Column) -> Any:
    arrow = library()
    types = {BOOLEAN: arrow.bool_, INT: arrow.int64, DOUBLE: arrow.float64}
    return arrow.timestamp("ms", "UTC") if column.type == MOMENT else types.get(column.type, arrow.string)()


# --- writing -------------------------------------------------------------------------------------------------------------


def write(stream: Sink, file: str, columns: Sequence[Column], rows: Iterable[tuple[Mapping[str, Any], int]]) -> None:
    """Write rows, which come with their sizes. TerminalError for a value that is not of its column's type."""
    arrow = library()
    schema = arrow.schema([(column.name, _type(column)) for column in columns])
    with arrow.parquet.ParquetWriter(stream, schema, compression=_COMPRESSION) as writer:
        group: list[Any] = []
        for some in _batches(rows):
            arrays = [_array(file, column, [row.get(column.name) for row in some]) for column in columns]
            group.append(arrow.record_batch(arrays, schema=schema))
            if sum(batch.nbytes for batch in group) >= _GROUP_BYTES:
                _write_group(writer, group)
        _write_group(writer, group)


def _write_group(writer: Any, group: list[Any]) -> None:
    if group:
        table = library().Table.from_batches(group)
        writer.write_table(table, row_group_size=table.num_rows)
        group.clear()


def _batches(rows: Iterable[tuple[Mapping[str, Any], int]]) -> Iterator[list[Mapping[str, Any]]]:
    some: list[Mapping[str, Any]] = []
    held = 0
    for row, size in rows:
        some.append(row)
        held += size
        if held >= _BATCH_BYTES:
            yield some
            some, held = [], 0
    if some:
        yield some


def _array(file: str, column: Column, values: list[Any]) -> Any:
    arrow = library()
    check_type(file, column, values)
    if column.type == DOCUMENT:
        values = [None if value is None else orjson.dumps(value).decode() for value in values]
    if column.type != MOMENT:
        return arrow.array(values, _type(column))
    spelt = arrow.array(values, arrow.string())
    try:
        moments = spelt.cast(_type(column))
    except arrow.ArrowInvalid as error:
        raise TerminalError(
            f"{file}: {column.name} is no time ({error}):", "migrate into jsonl, and report it"
        ) from None
    if not _spelt(moments).equals(spelt):
        raise TerminalError(f"{file}: {column.name} holds a time of another form:", "migrate into jsonl, and report it")
    return moments


def _spelt(moments: Any) -> Any:
    """Return timestamps as the rows spell them: 2026-03-02T08:05:07.000Z."""
    arrow = library()
    # As a time without a zone it is spelt without the time zone database, which not every machine has.
    text = moments.view(arrow.timestamp("ms")).cast(arrow.string())
    return arrow.compute.binary_join_element_wise(
        arrow.compute.binary_replace_slice(text, 10, 11, "T"), arrow.scalar("Z"), ""
    )


# --- reading -------------------------------------------------------------------------------------------------------------


def read(path: Path, columns: Sequence[Column], empties: Empties) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file. UsageError when it is no Parquet file, or a column is not of its type."""
    known = {column.name: column for column in columns}
    arrow = library()
    with path.open("rb") as stream, _readable(path.name), arrow.parquet.ParquetFile(stream) as file:
        names: list[str] = file.schema_arrow.names
        if len(set(names)) < len(names):
            raise UsageError(f"{path.name} has a column twice:", "undo the edit of this file")
        found = [known.get(name, Column(name)) for name in names]
        for batch in file.iter_batches(batch_size=_READ_TOGETHER, use_threads=False):
            cells = [_values(column, batch.column(place)) for place, column in enumerate(found)]
            for values in zip(*cells, strict=True):
                row = dict(zip(names, values, strict=True))
                empties.settle(row)
                yield row


@contextmanager
def _readable(name: str) -> Iterator[None]:
    arrow = library()
    try:
        yield
    except arrow.ArrowException as error:
        told = " ".join(str(error).split())[:120]
        raise UsageError(f"{name} cannot be read ({told}):", "undo the edits, or run the migration again") from None


def _values(column: Column, array: Any) -> list[Any]:
    array = array.cast(_type(column))  # as it is, unless another tool wrote the file
    if column.type == MOMENT:
        return list(_spelt(array).to_pylist())
    values: list[Any] = array.to_pylist()
    if column.type == DOUBLE:
        return [int(value) if value is not None and value.is_integer() else value for value in values]
    if column.type == DOCUMENT:
        return [None if value is None else _document(value) for value in values]
    return values


def _document(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
