"""CSV files of a target folder: text is always quoted, an empty cell without quotes is null, one with quotes is empty text.

So PostgreSQL's COPY reads them (`FORMAT csv, HEADER`: https://www.postgresql.org/docs/current/sql-copy.html). UTF-8 without byte
order mark, commas, line feeds; a line break within a cell stays as it is. Numbers, truth values (true, false) and times stand
without quotes. The reader takes other quoting too, as tools that edit such a file write it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import orjson

from ..errors import UsageError
from .columns import BOOLEAN, DOCUMENT, DOUBLE, INT, TEXT, Column, Empties, check_type
from .sink import Sink

_LONGEST = 1 << 27
"""Bytes that one row may have: far above what fields of the platform hold, so that an open quote does not fill the memory."""
_TOGETHER = 1 << 20
_CELL = re.compile(r'(?:\A|,)("(?:[^"]|"")*+"|[^",]*+)(?=,|\Z)')
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)

Spell = Callable[[Any], str]
Read = Callable[[str], Any]


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
        header = [_text(cell) or "" for cell in next(records, [])]
        if not header or len(set(header)) < len(header):
            raise UsageError(f"{path.name} has no header, or a column twice:", "undo the edit of its first line")
        found = [known.get(name, Column(name)) for name in header]
        readers = [_READERS[column.type] for column in found]
        for number, cells in enumerate(records, 1):
            if len(cells) != len(header):
                if cells == [""]:
                    continue
                raise UsageError(
                    f"{path.name}, row {number} has {len(cells)} cells, the header has {len(header)}:",
                    "undo the edit of this row",
                )
            row = {
                name: read_cell(cell) if cell else None
                for name, read_cell, cell in zip(header, readers, cells, strict=True)
            }
            empties.settle(row)
            yield row


def _records(stream: IO[bytes], name: str) -> Iterator[list[str]]:
    """Yield the raw cells of each row: a row ends where the line and all its quotes do."""
    held: list[bytes] = []
    size = quotes = number = 0
    for line in stream:
        held.append(line)
        size += len(line)
        quotes += line.count(b'"')
        if quotes % 2 and size <= _LONGEST:
            continue
        yield _cells(b"".join(held), name, number)
        held.clear()
        size = quotes = 0
        number += 1
    if held:
        yield _cells(b"".join(held), name, number)


def _cells(record: bytes, name: str, number: int) -> list[str]:
    try:
        text = record.decode("utf-8-sig" if number == 0 else "utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{name}, row {number} is not UTF-8:", "undo the edit of this row") from None
    text = text.removesuffix("\n").removesuffix("\r")
    if '"' not in text:
        return text.split(",")
    cells: list[str] = _CELL.findall(text)
    if sum(map(len, cells)) + len(cells) - 1 != len(text):
        raise UsageError(f"{name}, row {number}: a quote is not closed or not doubled:", "undo the edit of this row")
    return cells


def _text(cell: str) -> str:
    if cell[:1] != '"':
        return cell
    cell = cell[1:-1]
    return cell.replace('""', '"') if '"' in cell else cell


def _read_boolean(cell: str) -> Any:
    text = _text(cell)
    return {"true": True, "false": False}.get(text.lower(), text)


def _read_integer(cell: str) -> Any:
    text = _text(cell)
    return int(text) if _WHOLE.fullmatch(text) else text


def _read_number(cell: str) -> Any:
    text = _text(cell)
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _read_document(cell: str) -> Any:
    text = _text(cell)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


_READERS: dict[str, Read] = {
    TEXT: _text,
    "datetime": _text,
    BOOLEAN: _read_boolean,
    INT: _read_integer,
    DOUBLE: _read_number,
    DOCUMENT: _read_document,
}
