"""A file of JSON lines made into CSV or Parquet. The same lines give the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..layout import PARQUET
from . import commas, parquet
from .columns import Column, columns_of, odd_empties, rows_of
from .sink import Sink

_TOLD = 5000
"""Rows between two reports of progress."""


@dataclass(frozen=True, slots=True)
class Recast:
    """What is to be made: a kind's rows in a form, as the file `path`. note takes the rows of the file `empties`."""

    kind: str
    form: str
    path: Path
    types: Mapping[str, str]
    note: Callable[[Iterable[Any]], None]
    progress: Callable[[str, int, int], None]


def recast(draft: Path, made: Recast) -> dict[str, Any]:
    """Write the file and return what the manifest tells of it. TerminalError for a value that is not of its field's type."""
    columns = columns_of(draft, made.types)
    place = draft.with_name(f"{made.path.name}.part")
    try:
        with place.open("wb") as file:
            sink = Sink(file)
            rows = _rows(draft, made, columns)
            if made.form == PARQUET:
                parquet.write(sink, made.path.name, columns, rows)
            else:
                commas.write(sink, made.path.name, columns, (row for row, _ in rows))
        place.replace(made.path)
    finally:
        place.unlink(missing_ok=True)
    return {
        "name": made.path.name,
        "bytes": sink.size,
        "sha256": sink.digest.hexdigest(),
        "columns": [column.to_json() for column in columns],
    }


def _rows(draft: Path, made: Recast, columns: tuple[Column, ...]) -> Iterator[tuple[dict[str, Any], int]]:
    unsure = tuple(column for column in columns if column.is_sparse)
    for number, (row, size) in enumerate(rows_of(draft), 1):
        if unsure and (names := odd_empties(row, unsure)):
            made.note([{"file": made.path.name, "id": row["Id"], "fields": names}])
        if number % _TOLD == 0:
            made.progress(f"writing {made.path.name}", number, 0)
        yield row, size
