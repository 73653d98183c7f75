"""CSV files of a target folder: text is always quoted, an empty cell without quotes is null, one with quotes is empty text.

So PostgreSQL's COPY reads them (`FORMAT csv, HEADER`: https://www.postgresql.org/docs/current/sql-copy.html). UTF-8 without byte
order mark, commas, line feeds; a line break within a cell stays as it is. Numbers, truth values (true, false) and times stand
without quotes. The reader takes other quoting too, as tools that edit such a file write it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import orjson

from ..errors import UsageError
from .columns import BOOLEAN, DOCUMENT, DOUBLE, INT, Column, Empties, check_type
from .sink import Sink

_LONGEST = 1 << 27
"""Bytes that one row may have: far above what fields of the platform hold, so that an open quote does not fill the memory."""
_TOGETHER = 1 << 20
_CELL = re.compile(r'(?:\A|,)("(?:[^"]|"")*+"|[^",]*+)(?=,|\Z)')
_HAS_EMPTY_TEXT = re.compile(r'(?:\A|,)""(?:,|\Z)')
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)

Spell = Callable[[Any], str]


# --- writing -------------------------------------------------------------------------------------------------------------


def write(stream: Sink, file: str, columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a header and rows. TerminalError for a value that is not of its column's type."""
    stream.write((",".join(map(_bare, [column.name for column in columns])) + "\n").encode())
    spelt: list[str] = []
    size = 0
    plan = [(column.name, _SPELLINGS.get(column.type, _quoted)) for column in columns]
    for row in rows:
        try:
            cells = [
                "" if (value := row.get(name)) is None else spell(value)  # one expression: this is done for each cell
                for name, spell in plan
            ]
        except (TypeError, AttributeError):
            for column in columns:
                check_type(file, column, [row.get(column.name)])
            raise
        line = ",".join(cells) + "\n"
        spelt.append(line)
        size += len(line)
        if size >= _TOGETHER:
            stream.write("".join(spelt).encode())
            spelt.clear()
            size = 0
    stream.write("".join(spelt).encode())


def _bare(name: str) -> str:
    return name if name.isidentifier() else _quoted(name)


def _quoted(value: str) -> str:
    if '"' in value:
        value = value.replace('"', '""')
    return '"' + value + '"'


def _boolean(value: bool) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    raise TypeError


def _integer(value: int) -> str:
    if value.__class__ is not int:
        raise TypeError
    return str(value)


def _number(value: float) -> str:
    if value.__class__ not in (int, float):
        raise TypeError
    return str(value)


def _moment(value: str) -> str:
    if len(value) != 24 or "," in value or '"' in value:
        raise TypeError
    return value


def _document(value: Any) -> str:
    return _quoted(orjson.dumps(value).decode())


_SPELLINGS: dict[str, Spell] = {
    BOOLEAN: _boolean,
    INT: _integer,
    DOUBLE: _number,
    "datetime": _moment,
    DOCUMENT: _document,
}


# --- reading -------------------------------------------------------------------------------------------------------------


def read(path: Path, columns: Sequence[Column], empties: Empties) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file. UsageError when it is no CSV; a cell that is not of its column's type stays text."""
    known = {column.name: column for column in columns}
    with path.open("rb") as stream:
        records = _records(stream, path.name)
        header = [name or "" for name in next(records, [])]
        if not header or len(set(header)) < len(header):
            raise UsageError(f"{path.name} has no header, or a column twice:", "undo the edit of its first line")
        types = [(name, known[name].type) for name in header if name in known]
        typed = [(name, _READERS[type_]) for name, type_ in types if type_ in _READERS]
        for number, cells in enumerate(records, 1):
            if len(cells) != len(header):
                if not any(cells):
                    continue
                raise UsageError(
                    f"{path.name}, row {number} has {len(cells)} cells, the header has {len(header)}:",
                    "undo the edit of this row",
                )
            row: dict[str, Any] = dict(zip(header, cells, strict=True))
            for name, read_cell in typed:
                cell = row[name]
                if cell is not None:
                    row[name] = read_cell(cell)
            empties.settle(row)
            yield row


def _records(stream: IO[bytes], name: str) -> Iterator[list[str | None]]:
    """Yield the cells of each row, None for those that are empty without quotes. A row ends where the line and its quotes do."""
    held: list[bytes] = []
    size = quotes = number = 0
    for line in stream:
        held.append(line)
        size += len(line)
        quotes += line.count(b'"')
        if quotes % 2 and size <= _LONGEST:
            continue
        yield _cells(line if len(held) == 1 else b"".join(held), name, number)
        held.clear()
        size = quotes = 0
        number += 1
    if held:
        yield _cells(b"".join(held), name, number)


def _cells(record: bytes, name: str, number: int) -> list[str | None]:
    try:
        text = record.decode("utf-8-sig" if number == 0 else "utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{name}, row {number} is not UTF-8:", "undo the edit of this row") from None
    text = text.removesuffix("\n").removesuffix("\r")
    if _HAS_EMPTY_TEXT.search(text):  # what the csv module cannot tell from null
        raw = _CELL.findall(text)
        if sum(map(len, raw)) + len(raw) - 1 == len(text):
            return [_text(cell) if cell else None for cell in raw]
    if csv.field_size_limit() < _LONGEST:  # asked each time: who reads a source sets another one
        csv.field_size_limit(_LONGEST)
    try:
        cells = next(csv.reader([text], strict=True), [])
    except csv.Error:
        raise UsageError(
            f"{name}, row {number}: a quote is not closed or not doubled:", "undo the edit of this row"
        ) from None
    return [cell or None for cell in cells] or [None]


def _text(cell: str) -> str:
    if cell[:1] != '"':
        return cell
    cell = cell[1:-1]
    return cell.replace('""', '"') if '"' in cell else cell


def _read_boolean(text: str) -> Any:
    return {"true": True, "false": False}.get(text.lower(), text)


def _read_integer(text: str) -> Any:
    return int(text) if _WHOLE.fullmatch(text) else text


def _read_number(text: str) -> Any:
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _read_document(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


_READERS: dict[str, Callable[[str], Any]] = {
    BOOLEAN: _read_boolean,
    INT: _read_integer,
    DOUBLE: _read_number,
    DOCUMENT: _read_document,
}
"""How cells become values; text and times stand for themselves."""
