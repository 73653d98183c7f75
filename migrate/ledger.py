"""The ledger of a run: each row that was read is entered once, as migrated, skipped or rejected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from .accounts import Books
from .counting import Lines, deviation
from .extract.tables import SourceRow, Spelling, Table
from .layout import DEVIATIONS, ORPHANS, REJECTED, RESIDUE, SKIPPED
from .plan import Plan
from .residue import Share, line_residue, row_residue
from .transform.body import Kind, parse
from .transform.documents import own_fields
from .transform.entries import WHISPERS
from .transform.labels import labels_of
from .transform.structures import Row

TRANSCRIPT = "LiveChatTranscript"
BODIES = ("Body", WHISPERS)
_QUOTED = re.compile(r"'.*'|\".*\"")


@dataclass(frozen=True, slots=True)
class Missing:
    """A record that a row names and that is not in the source; field is the one that names it."""

    object: str
    field: str
    id: str


class RowTarget(Protocol):
    """Where rows of results go."""

    def add(self, kind: str, rows: Iterable[Any]) -> None:
        """Append rows to those of a kind."""


class Ledger:
    """Enters rows into the accounts and writes what belongs to them: residue, skipped.jsonl, rejected.jsonl."""

    def __init__(self, tables: Sequence[Table], target: RowTarget, plan: Plan) -> None:
        self.tables = tables
        self.target = target
        self.plan = plan
        self.books = Books()
        self.share = Share()
        self.own_fields: dict[str, set[str]] = {}
        self._noted: set[tuple[str, int]] = set()
        self.spellings = [Spelling.of(table) for table in tables]

    def migrated_plainly(self, index: int, row: SourceRow) -> None:
        """Enter a migrated row that its structures give again."""
        table = self.tables[index]
        self.books.of(table.object).migrated += 1
        self._count(table, row)

    def _count(self, table: Table, row: SourceRow) -> None:
        share = self.share
        share.cells += len(row.cells)
        text = "".join(row.cells)
        share.bytes += len(text) if text.isascii() else len(text.encode())
        if table.object == TRANSCRIPT:
            places = [place for place, column in enumerate(table.columns) if column in BODIES]
            share.body_bytes += sum(len(row.cells[place].encode()) for place in places)

    def migrated(
        self,
        index: int,
        row: SourceRow,
        values: Mapping[str, Any],
        bodies: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Enter a migrated row: what its structures do not give again goes to the residue."""
        spelling = self.spellings[index]
        name = spelling.table.object
        self.books.of(name).migrated += 1
        found = row_residue(spelling, values, row)
        if bodies:
            found["bodies"] = bodies
        self._count(spelling.table, row)
        if not found:
            return
        share = self.share
        self.target.add(RESIDUE, [{"object": name, "row": row.number, **found}])
        cells = found.get("cells", {})
        in_bodies = {column for column in (bodies or {}) if column not in cells}
        share.cells_residue += len(cells) + len(in_bodies)
        share.bytes_residue += len(orjson.dumps(found))
        share.body_residue += sum(len(orjson.dumps(rows)) for rows in (bodies or {}).values())
        share.body_residue += sum(len(orjson.dumps(cells[column])) for column in BODIES if column in cells)

    def _unmigrated(
        self, kind: str, index: int, row: SourceRow, reason: str, remedy: str, missing: Missing | None = None
    ) -> None:
        """Enter a row that is not migrated, whole."""
        table = self.tables[index]
        account = self.books.of(table.object)
        if kind == SKIPPED:
            account.skipped += 1
        else:
            account.rejected += 1
        self.books.reasons[(kind, table.object, _class_of(reason))] += 1
        entry: dict[str, Any] = {
            "object": table.object,
            "id": _id_of(table, row),
            "file": table.member.name,
            "rowNumber": row.number,
            "reason": reason,
            "remedy": remedy,
        }
        if missing is not None:
            entry["missing"] = {"object": missing.object, "field": missing.field, "id": missing.id}
            self.orphan(index, row, missing, "rejected")
        if len(row.cells) == len(table.columns):
            entry["row"] = row.record(table)
            line = line_residue(table.dialect, row.cells, row.raw)
            if line is not None:
                entry["line"] = line
        else:
            entry["raw"] = row.raw
        self.target.add(kind, [entry])

    def skipped(self, index: int, row: SourceRow, reason: str, remedy: str) -> None:
        """Enter a row that is left out on purpose."""
        self._unmigrated(SKIPPED, index, row, reason, remedy)

    def rejected(self, index: int, row: SourceRow, reason: str, remedy: str, missing: Missing | None = None) -> None:
        """Enter a row that cannot be migrated. missing: the record without which it cannot."""
        self._unmigrated(REJECTED, index, row, reason, remedy, missing)

    def ragged(self, index: int, row: SourceRow) -> None:
        """Enter a row with more or fewer cells than its table has columns."""
        message = f"{len(row.cells)} cells where the header has {len(self.tables[index].columns)} columns"
        self.rejected(index, row, message, "correct the line in the source")

    # --- lists for people -------------------------------------------------------------------------------------------

    def orphan(self, index: int, row: SourceRow, missing: Missing, outcome: str) -> None:
        """List a row that names a record which is not in the source; outcome says what became of the row."""
        table = self.tables[index]
        line = [missing.object, missing.id, missing.field, table.object, _id_of(table, row) or ""]
        self.target.add(ORPHANS, [[*line, *_place(table, row), outcome]])

    def lines(self, index: int, row: SourceRow, session: Row, lines: Lines) -> None:
        """Count the lines of a migrated chat against what its fields count; list it when they differ."""
        cause = self.books.tally.enter(lines)
        if cause:
            table = self.tables[index]
            self.target.add(DEVIATIONS, [deviation(session, *_place(table, row), lines, cause)])

    # --- messages ---------------------------------------------------------------------------------------------------

    def count_messages(self, record: Mapping[str, str], outcome: str) -> None:
        """Enter the messages of a transcript that was skipped or rejected."""
        count = self._messages_in(record)
        self.books.messages.read += count
        if outcome == "skipped":
            self.books.messages.skipped += count
        else:
            self.books.messages.rejected += count

    def _messages_in(self, record: Mapping[str, str]) -> int:
        return sum(count_messages(record.get(name, ""), self.plan) for name in BODIES)

    def note_own(self, kind: str, index: int, row: Row) -> None:
        """Note the custom fields of the source that the rows of a table carry: they are declared in objects.json.

        They are the table's columns, so that its first row shows them all.
        """
        if (kind, index) in self._noted:
            return
        self._noted.add((kind, index))
        own = own_fields(kind, row)
        if own:
            self.own_fields.setdefault(kind, set()).update(own)


def count_messages(body: str, plan: Plan) -> int:
    """Return how many lines with an author a body has."""
    if not body:
        return 0
    return sum(1 for piece in parse(body, (), labels_of(plan)).pieces if piece.kind is Kind.LINE)


def _id_of(table: Table, row: SourceRow) -> str | None:
    place = table.columns.index("Id") if "Id" in table.columns else -1
    return row.cells[place] if 0 <= place < len(row.cells) else None


def _place(table: Table, row: SourceRow) -> tuple[str, int]:
    """Return the file of a row and its number among the file's rows, without the header."""
    return table.member.name, row.number - table.first_row + 1


def _class_of(reason: str) -> str:
    """Return a reason without the record's own id and text, so that equal reasons are counted together."""
    words = " ".join("…" if len(word) in (15, 18) and word.isalnum() else word for word in reason.split())
    return _QUOTED.sub("'…'", words)
