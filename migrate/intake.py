"""The first pass: all rows are numbered, transcripts are noted, the rows that belong to them are put aside.

Rows that are no chat records, and agent sessions, are done with here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .cells import Value
from .errors import RecordError
from .extract.source import Source
from .extract.tables import CHAT_OBJECTS, SourceRow, Spelling, Table
from .ledger import TRANSCRIPT, Ledger
from .plan import Plan
from .staging import Staging
from .transform.agent_session import agent_session_row
from .transform.channel import channel_id, developer_name
from .transform.end_user import identity
from .transform.entries import CONTEXT, EVENTS
from .transform.inverse import agent_session_values
from .transform.names import AGENT_SESSION
from .transform.reading import fields_of, typed, typed_cells

VISITOR = "LiveChatVisitor"
SESSION = "LiveAgentSession"
USER = "User"
BUTTON = "LiveChatButton"
_PARENT = {EVENTS: "LiveChatTranscriptId", CONTEXT: "ParentId"}
_KNOWN_BY_ID = (VISITOR, USER, BUTTON)
_NOTED = ("Id", "LiveChatVisitorId", "ChatKey", "LiveChatButtonId", "AccountId", "ContactId", "LeadId")
_SKIPPED_SETTINGS = ("read for names and labels only: the target has its own", "nothing to do")
_SKIPPED_OTHER = ("not a chat record: kept for the restore", "nothing to do")
DELETED = ("deleted in the source", "undelete it in the source if it should be carried over")
_GUESSED = {"iso-8859-1": "ISO-8859-1", "cp1252": "windows-1252"}

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how far it is, and the whole (0 while that is unknown)."""


@dataclass(slots=True)
class Waiting:
    """A row that waits in the work file: its number, its table, its canonical values and how many bytes its cells have.

    cells are None where the spelling of the values gives them, raw is None where the dialect gives it: the usual row.
    """

    number: int
    table: int
    values: dict[str, Value]
    size: int
    cells: list[str] | None = None
    raw: str | None = None

    @classmethod
    def of(cls, index: int, row: SourceRow, values: dict[str, Value], spelling: Spelling) -> Waiting:
        """Return a row that has to wait."""
        cells = None if spelling.cells(values) == row.cells else row.cells
        raw = None if spelling.table.dialect.write(row.cells) == row.raw else row.raw
        return cls(row.number, index, values, len("".join(row.cells).encode()), cells, raw)

    def packed(self) -> list[Any]:
        """Return the row for the work file."""
        return [self.table, self.values, self.size, self.cells, self.raw]

    def row(self, spelling: Spelling) -> SourceRow:
        """Return the row as it was read."""
        cells = spelling.cells(self.values) if self.cells is None else self.cells
        raw = spelling.table.dialect.write(cells) if self.raw is None else self.raw
        return SourceRow(self.number, cells, raw)


def is_deleted(record: Mapping[str, str]) -> bool:
    """Tell whether a row lies in the recycle bin."""
    return record.get("IsDeleted") in ("1", "true", "True", "TRUE")


class Intake:
    """One first pass."""

    def __init__(self, source: Source, staging: Staging, ledger: Ledger, plan: Plan, progress: Progress) -> None:
        self.source = source
        self.staging = staging
        self.ledger = ledger
        self.plan = plan
        self.progress = progress

    def take_in(self) -> None:
        """Number all rows, note transcripts, put the other chat rows aside, settle all rows that are not chat."""
        for plain in self.source.others:
            self.ledger.target.carry(plain.digest, self.source.members.chunks(plain.member))
        for index in range(len(self.source.tables)):
            table = self.source.tables[index]
            self.ledger.spellings.append(Spelling.of(table))
            learn = self._learner(table.object)
            self._warn_of(table)
            for row in self.source.first_pass(index):
                self.ledger.books.of(table.object).read += 1
                if row.number % 1000 == 0:
                    self.progress(f"reading {table.object}", row.number, 0)
                if len(row.cells) != len(table.columns):
                    self._note_ragged(table, index, row)
                    continue
                try:
                    learn(index, row)
                except RecordError as error:
                    self.ledger.rejected(index, row, error.message, error.remedy)
            self.ledger.spellings[index] = Spelling.of(self.source.tables[index])

    def _warn_of(self, table: Table) -> None:
        """Warn of what the structures cannot show as the file means it: text of a guessed encoding, columns without a field."""
        if table.object not in CHAT_OBJECTS:
            return
        if table.dialect.encoding in _GUESSED:
            self.ledger.books.warn(
                f"encoding: not UTF-8, read as {_GUESSED[table.dialect.encoding]}", table.member.name
            )
        known = fields_of(table.object)
        for column in table.columns:
            if column not in known and not column.endswith("__c"):
                self.ledger.books.warn(f"column: {table.object} has no such field, kept for the restore alone", column)

    def _learner(self, name: str) -> Callable[[int, SourceRow], None]:
        if name == TRANSCRIPT:
            return self._learn_transcript
        if name in _PARENT:
            return self._learn_child
        if name in _KNOWN_BY_ID:
            return self._learn_record
        if name == SESSION:
            return self._migrate_agent_session
        return self._skip_other

    def _note_ragged(self, table: Table, index: int, row: SourceRow) -> None:
        message = f"{len(row.cells)} cells where the header has {len(table.columns)} columns"
        self.ledger.rejected(index, row, message, "correct the line in the source")

    def _learn_transcript(self, index: int, row: SourceRow) -> None:
        """Note whose chat it is. Whether it can be migrated is decided in the second pass, except for a second copy."""
        columns = self.source.tables[index].columns
        record = {name: row.cells[columns.index(name)] for name in (*_NOTED, "Status", "IsDeleted") if name in columns}
        try:
            values = typed(TRANSCRIPT, {name: record[name] for name in _NOTED if name in record})
        except RecordError:
            values = self._id_alone(record)
        outcome = "unknown"
        id_ = values.get("Id")
        if id_ and list(self.staging.execute("SELECT 1 FROM transcript WHERE id = ? AND outcome = 'unknown'", (id_,))):
            outcome = "double"
        channel = who = None
        if id_:
            channel = channel_id(developer_name(values.get("LiveChatButtonId"), self.plan))
            who = identity(values)
        if record.get("Status") in self.plan.skip_statuses or is_deleted(record):
            who = None
        self.staging.execute(
            "INSERT INTO transcript VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                row.number,
                id_,
                outcome,
                who,
                channel,
                values.get("AccountId"),
                values.get("ContactId"),
                values.get("LeadId"),
                values.get("ChatKey"),
            ),
        )

    def _id_alone(self, record: dict[str, str]) -> dict[str, Value]:
        try:
            return typed(TRANSCRIPT, {"Id": record.get("Id", "")})
        except RecordError:
            return {}

    def _waiting(self, index: int, row: SourceRow, values: dict[str, Value]) -> list[Any]:
        return Waiting.of(index, row, values, self.ledger.spellings[index]).packed()

    def _learn_child(self, index: int, row: SourceRow) -> None:
        name = self.source.tables[index].object
        values = typed_cells(name, self.source.tables[index].columns, row.cells)
        parent = values.get(_PARENT[name])
        if not values.get("Id"):
            raise RecordError("no Id", "export the Id column")
        if not parent:
            raise RecordError(f"no {_PARENT[name]}", "export this column")
        if values.get("IsDeleted"):
            self.ledger.skipped(index, row, *DELETED)
            return
        if not self.staging.add_child(
            name, str(parent), row.number, str(values["Id"]), self._waiting(index, row, values)
        ):
            raise RecordError(f"Id {values['Id']} a second time", "export each record once")

    def _learn_record(self, index: int, row: SourceRow) -> None:
        name = self.source.tables[index].object
        record = row.record(self.source.tables[index])
        if name == VISITOR:
            values = typed(VISITOR, record)
            if not values.get("Id"):
                raise RecordError("no Id", "export the Id column")
            if not self.staging.add_record(name, str(values["Id"]), row.number, self._waiting(index, row, values)):
                raise RecordError(f"Id {values['Id']} a second time", "export each record once")
            return
        try:
            id_ = typed(name, {"Id": record.get("Id", "")}).get("Id")
        except RecordError:
            id_ = None
        if id_:
            self.staging.add_record(name, str(id_), row.number, record)
        self.ledger.skipped(index, row, *_SKIPPED_SETTINGS)

    def _skip_other(self, index: int, row: SourceRow) -> None:
        self.ledger.skipped(index, row, *_SKIPPED_OTHER)

    def _migrate_agent_session(self, index: int, row: SourceRow) -> None:
        table = self.source.tables[index]
        result = agent_session_row(row.record(table), row.number)
        if result.get("IsDeleted"):
            self.ledger.skipped(index, row, *DELETED)
            return
        if not self.staging.add_record(SESSION, str(result["Id"]), row.number, None):
            raise RecordError(f"Id {result['Legacy_Session_Id__c']} a second time", "export each record once")
        self.ledger.note_own(AGENT_SESSION, index, result)
        self.ledger.target.add(AGENT_SESSION, [result])
        self.ledger.migrated(index, row, agent_session_values(result))
