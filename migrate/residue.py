"""What a row of the source has that the structures do not give again, as deltas against what they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .cells import Value
from .delta import Delta, difference
from .dialect import Dialect
from .extract.tables import SourceRow, Spelling


@dataclass(slots=True)
class Share:
    """Cells and bytes of migrated rows, and how much of them only the residue gives.

    Bytes of residue are those of the deltas as they are stored. body counts Body and SupervisorTranscriptBody alone.
    """

    cells: int = 0
    cells_residue: int = 0
    bytes: int = 0
    bytes_residue: int = 0
    body_bytes: int = 0
    body_residue: int = 0

    def add(self, other: Share) -> None:
        """Take the counts of a part."""
        self.cells += other.cells
        self.cells_residue += other.cells_residue
        self.bytes += other.bytes
        self.bytes_residue += other.bytes_residue
        self.body_bytes += other.body_bytes
        self.body_residue += other.body_residue

    def to_json(self) -> dict[str, Any]:
        """Return the counts with the shares in percent."""
        return {
            "cells": _split(self.cells, self.cells_residue),
            "bytes": _split(self.bytes, self.bytes_residue),
            "bodyBytes": _split(self.body_bytes, self.body_residue),
        }


def _split(total: int, residue: int) -> dict[str, Any]:
    percent = round(100 * residue / total, 3) if total else 0.0
    return {"total": total, "fromStructure": max(0, total - residue), "fromResidue": residue, "residuePercent": percent}


def row_residue(spelling: Spelling, values: Mapping[str, Value], row: SourceRow) -> dict[str, Any]:
    """Return the deltas of a row's cells, by column, and of its line; empty when the structures give the row itself."""
    found: dict[str, Any] = {}
    rebuilt = spelling.cells(values)
    if rebuilt != row.cells:
        deltas = {}
        for name, mine, theirs in zip(spelling.table.columns, rebuilt, row.cells, strict=True):
            delta = difference(mine, theirs)
            if delta is not None:
                deltas[name] = delta.to_json()
        found["cells"] = deltas
    line = line_residue(spelling.table.dialect, row.cells, row.raw)
    if line is not None:
        found["line"] = line
    return found


def line_residue(dialect: Dialect, cells: list[str], raw: str) -> list[object] | None:
    """Return the delta of a line that the dialect does not spell as the file does; an empty raw is one that it does."""
    if not raw:
        return None
    delta = difference(dialect.write(cells), raw)
    return None if delta is None else delta.to_json()


def restored_line(spelling: Spelling, values: Mapping[str, Value], residue: dict[str, Any]) -> str:
    """Return the line of the file that a row was read from."""
    return spelt_line(spelling.table.dialect, restored_cells(spelling, values, residue), residue.get("line"))


def restored_cells(spelling: Spelling, values: Mapping[str, Value], residue: Mapping[str, Any]) -> list[str]:
    """Return the cells of a row of the source."""
    cells = spelling.cells(values)
    deltas = residue.get("cells")
    if deltas:
        places = {name: place for place, name in enumerate(spelling.table.columns)}
        for name, flat in deltas.items():
            if name in places:
                cells[places[name]] = Delta.from_json(flat).apply(cells[places[name]])
    return cells


def spelt_line(dialect: Dialect, cells: list[str], line: list[object] | None) -> str:
    """Return cells as the file spells them."""
    text = dialect.write(cells)
    return text if line is None else Delta.from_json(line).apply(text)
