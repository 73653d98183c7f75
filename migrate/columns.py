"""The columns of a table, compiled: cells to canonical values, and whether the values give the cells again.

Nearly all rows hold nothing but cells of the usual spelling, and those are read kind by kind; the others go cell by cell. Cells of
one column are often the same: what was read once is remembered, as long as it is little. What is rejected, and how, is said by
`typed_cells`; a test keeps the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from .cells import Value, moment_reader
from .errors import RecordError
from .extract.tables import Spelling
from .transform.reading import LONGEST, fields_of, typed_cells

_REMEMBERED: Final = 4096
_LONGEST_REMEMBERED: Final = 40
_ABSENT: Final = object()
_DIGITS: Final = 18
"""Digits of a number that are read at once, where the field sets no limit."""


class Columns:
    """The columns of one table. Not shared between threads."""

    def __init__(self, spelling: Spelling) -> None:
        self.sobject = spelling.table.object
        self._writers = spelling.writers
        known = fields_of(self.sobject)
        self._columns: list[tuple[str, dict[str, Value] | None, int]] = []
        for name in spelling.table.columns:
            field = known.get(name)
            is_text = field is not None and field.type not in _READ and not field.picklist_values and field.length > 0
            self._columns.append((name, None, field.length) if is_text and field else (name, {}, 0))
        self._texts: list[tuple[int, int]] = []
        self._numbers: list[tuple[int, str, int]] = []
        self._ids: list[int] = []
        self._moments: list[tuple[int, str, Callable[[str], str | None]]] = []
        self._others: list[tuple[int, str, dict[str, Value]]] = []
        for place, (name, memo, limit) in enumerate(self._columns):
            field = known.get(name)
            spelt = spelling.table.formats[place]
            _, is_same, _ = self._writers[place]
            if memo is None:
                self._texts.append((place, limit))
            elif field is None and is_same:
                self._texts.append((place, LONGEST))
            elif field is not None and field.type == "int" and is_same:
                self._numbers.append((place, name, field.digits or _DIGITS))
            elif field is not None and field.type in ("id", "reference") and is_same:
                self._ids.append(place)
            elif field is not None and field.type == "datetime" and spelt.kind == "datetime":
                self._moments.append((place, name, moment_reader(spelt.spelling)))
            else:
                self._others.append((place, name, memo))
        self._names = spelling.table.columns
        self._is_usual = len(set(self._names)) == len(self._names) and all(
            name in known or name.endswith("__c") for name in self._names
        )

    def read(self, cells: Sequence[str]) -> tuple[dict[str, Value], bool]:
        """Return the values of a row, and whether they give its cells again. RecordError as `typed_cells` raises it."""
        try:
            values = self._usual(cells) if self._is_usual else None
        except RecordError:
            values = None  # another cell may come before the one that was met first
        return self._cell_by_cell(cells) if values is None else (values, True)

    def _usual(self, cells: Sequence[str]) -> dict[str, Value] | None:
        """Return the values of a row that gives its cells again, None when one of them has to be looked at closely."""
        values: dict[str, Value] = dict(zip(self._names, cells, strict=True))
        for place, limit in self._texts:
            if len(cells[place]) > limit:
                return None
        for place in self._ids:
            cell = cells[place]
            if cell and not (len(cell) == 18 and cell.isalnum() and cell.isascii()):
                return None
        for place, name, digits in self._numbers:
            cell = cells[place]
            if cell:
                if len(cell) > digits or not (cell.isdigit() and cell.isascii()) or (cell[0] == "0" and cell != "0"):
                    return None
                values[name] = int(cell)
        for place, name, read in self._moments:
            cell = cells[place]
            if cell:
                moment = read(cell)
                if moment is None:
                    return None
                values[name] = moment
        for place, name, memo in self._others:
            cell = cells[place]
            if cell:
                value = memo.get(cell)
                if value is not None:
                    values[name] = value
                elif not self._slowly(place, cell, values):
                    return None
        if "" in cells:
            for name in [name for name, cell in zip(self._names, cells, strict=True) if not cell]:
                values[name] = None
        return values

    def _cell_by_cell(self, cells: Sequence[str]) -> tuple[dict[str, Value], bool]:
        values: dict[str, Value] = {}
        is_plain = True
        for place, (name, memo, limit) in enumerate(self._columns):
            cell = cells[place]
            if memo is None and len(cell) <= limit:
                values[name] = cell or None
            elif memo is not None and (value := memo.get(cell, _ABSENT)) is not _ABSENT:
                values[name] = value  # type: ignore[assignment]
            else:
                is_plain = self._slowly(place, cell, values) and is_plain
        return values, is_plain

    def _slowly(self, place: int, cell: str, values: dict[str, Value]) -> bool:
        """Read a cell that was not met before."""
        name, memo, _ = self._columns[place]
        read = typed_cells(self.sobject, (name,), (cell,))
        values |= read
        _, is_text, write = self._writers[place]
        value = read.get(name)
        spelt = "" if value is None else value if is_text and isinstance(value, str) else write(value)
        if spelt != cell:
            return False
        if read and memo is not None and len(memo) < _REMEMBERED and len(cell) <= _LONGEST_REMEMBERED:
            memo[cell] = value
        return True


_READ: Final = frozenset({"datetime", "boolean", "int", "id", "reference"})
