"""The spelling of a CSV file, found from its beginning, so that a restore repeats it.

Rows that deviate keep their own spelling as a delta against what the dialect writes.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import UsageError

FIELD_LIMIT = 4_000_000
"""Characters that one cell may have: the longest text field of the platform has 131,072; some long text areas double it."""

_QUOTED_IF_NEEDED = re.compile(r'["\r\n]')
_LITERAL = re.compile(r"-?\d+(?:\.\d+)?|true|false|[\[{].*[\]}]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written.

    encoding is a Python codec name; bom tells whether a byte order mark comes first. quoting has one letter for each
    column: `a` always quoted, `f` quoted when filled, `m` quoted when the text needs it. header is the first line as it
    stands in the file, with its end; final_line_end tells whether the last row has one.

    form is "csv", "jsonl" or "jsonl ascii" (other letters escaped). For JSON lines names are the keys, a letter of quoting is `n`
    for numbers, truth values and nested values, `s` for text; the delimiter has a space where the file writes one.
    """

    encoding: str = "utf-8"
    bom: bool = False
    delimiter: str = ","
    line_end: str = "\r\n"
    quoting: str = ""
    header: str = ""
    final_line_end: bool = True
    form: str = "csv"
    names: tuple[str, ...] = ()

    def write(self, cells: Sequence[str]) -> str:
        """Return a row as the file spells it, line end included."""
        if self.names:
            return self._object(cells)
        if not self.quoting.strip("a"):
            line = '"' + f'"{self.delimiter}"'.join(cells) + '"'
            if line.count('"') != 2 * len(cells):
                line = '"' + f'"{self.delimiter}"'.join([cell.replace('"', '""') for cell in cells]) + '"'
            return line + self.line_end
        quoting = self.quoting.ljust(len(cells), self.quoting[-1])
        spelt = [self._spell(cell, letter) for cell, letter in zip(cells, quoting, strict=False)]
        return self.delimiter.join(spelt) + self.line_end

    def _spell(self, cell: str, letter: str) -> str:
        if letter == "f" and not cell:
            return ""
        if letter == "m" and not (_QUOTED_IF_NEEDED.search(cell) or self.delimiter in cell):
            return cell
        return '"' + cell.replace('"', '""') + '"'

    def _object(self, cells: Sequence[str]) -> str:
        """Return a row as a JSON line; empty cells are null."""
        is_ascii = self.form == "jsonl ascii"
        colon = ": " if self.delimiter == ", " else ":"
        parts = []
        for name, cell, letter in zip(self.names, cells, self.quoting, strict=False):
            if not cell:
                text = "null"
            else:
                is_literal = letter == "n" and _LITERAL.fullmatch(cell)
                text = cell if is_literal else json.dumps(cell, ensure_ascii=is_ascii)
            parts.append(f"{json.dumps(name, ensure_ascii=is_ascii)}{colon}{text}")
        return "{" + self.delimiter.join(parts) + "}" + self.line_end

    def to_json(self) -> dict[str, Any]:
        """Return the dialect as plain values."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Dialect:
        """Return the dialect that `to_json` gave."""
        found = {name: value[name] for name in cls.__dataclass_fields__ if name in value}
        return cls(**(found | {"names": tuple(value.get("names", ()))}))


def records(lines: Iterable[str], delimiter: str, name: str, is_strict: bool = True) -> Iterator[tuple[list[str], str]]:
    """Yield each row of a file as its cells and its raw text; empty lines belong to the row before them.

    `lines` come with their ends, as from a text file opened with `newline=""`. UsageError for a cell above
    `FIELD_LIMIT` and, when strict, for a quote that is never closed.
    """
    taken: list[str] = []

    def feed() -> Iterator[str]:
        for line in lines:
            taken.append(line)
            yield line

    if csv.field_size_limit() != FIELD_LIMIT:
        csv.field_size_limit(FIELD_LIMIT)
    reader = csv.reader(feed(), delimiter=delimiter)
    held: tuple[list[str], str] | None = None
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise UsageError(f"{name}, line {reader.line_num}: {error};", "check the quotes of the CSV file") from None
        raw = taken[0] if len(taken) == 1 else "".join(taken)
        taken.clear()
        if not cells:
            held = (held[0], held[1] + raw) if held else ([], raw)
            continue
        if held:
            if held[0]:
                yield held
            else:
                raw = held[1] + raw
        held = (cells, raw)
    if held and held[0]:
        if is_strict:
            _check_closed(held[1], delimiter, name)
        yield held


def _check_closed(raw: str, delimiter: str, name: str) -> None:
    if raw.count('"') % 2 == 0:
        return
    try:
        list(csv.reader([raw], delimiter=delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise UsageError(
                f"{name}: a quoted cell of the last row is never closed;", "export the file again"
            ) from None


def detect(header: str, rows: Sequence[tuple[list[str], str]], encoding: str, bom: bool, delimiter: str) -> Dialect:
    """Return the dialect that the header line and the first rows show."""
    line_end = next((end for end in ("\r\n", "\n", "\r") if header.endswith(end)), "\n")
    width = len(rows[0][0]) if rows else 1
    raw_rows = [_raw_cells(raw.rstrip("\r\n"), delimiter) for cells, raw in rows if len(cells) == width]
    raw_rows = [cells for cells in raw_rows if len(cells) == width]
    quoting = "".join(_quoting([cells[place] for cells in raw_rows], delimiter) for place in range(width))
    if "a" in quoting and "m" not in quoting and "f" not in quoting:
        quoting = quoting.replace("?", "a")
    elif "f" in quoting and "m" not in quoting:
        quoting = quoting.replace("?", "f")
    fallback = "a" if header.startswith('"') else "m"
    return Dialect(encoding, bom, delimiter, line_end, quoting.replace("?", fallback), header)


def _quoting(raw_cells: Sequence[str], delimiter: str) -> str:
    filled = [cell for cell in raw_cells if cell and cell != '""']
    bare = any(not cell.startswith('"') for cell in filled)
    if bare:
        return "m"
    needed = all(_QUOTED_IF_NEEDED.search(cell[1:-1]) or delimiter in cell for cell in filled)
    if '""' in raw_cells or (filled and not needed and "" not in raw_cells):
        return "a"
    if filled and not needed:
        return "f"
    return "m" if "" in raw_cells else "?"


_CELL = re.compile(r'"((?:[^"]|"")*+)"')


def _raw_cells(raw: str, delimiter: str) -> list[str]:
    cells: list[str] = []
    position = 0
    while True:
        found = _CELL.match(raw, position)
        end = found.end() if found else raw.find(delimiter, position)
        if end < 0:
            end = len(raw)
        cells.append(raw[position:end])
        if end >= len(raw):
            return cells
        if raw[end : end + 1] != delimiter:
            return []
        position = end + 1


def find_delimiter(header: str) -> str:
    """Return the separator of a header line: a comma unless another one clearly does the work."""
    bare = re.sub(r'"[^"]*"', "", header)
    counts = {mark: bare.count(mark) for mark in (",", ";", "\t", "|")}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] > counts[","] else ","
