"""The columns of a table, compiled: cells to canonical values, and whether the values give the cells again.

Cells of one column are often the same: what was read once is remembered, as long as it is little. What is rejected, and how,
is said by `typed_cells`; a test keeps the two equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .cells import Value
from .extract.tables import Spelling
from .transform.reading import fields_of, typed_cells

_REMEMBERED: Final = 4096
_LONGEST_REMEMBERED: Final = 40
_ABSENT: Final = object()


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

    def read(self, cells: Sequence[str]) -> tuple[dict[str, Value], bool]:
        """Return the values of a row, and whether they give its cells again. RecordError as `typed_cells` raises it."""
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
