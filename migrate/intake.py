"""The first look at all rows, block by block: they are counted, transcripts are noted, what belongs to them is sorted by part.

A part is a block of transcripts. Events, pre-chat details and visitors go to the parts whose transcripts they belong to, so that
each part can be carried over by itself. What these functions return depends on the block alone.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from .bonds import Noted
from .cells import Value
from .counting import Traits
from .errors import RecordError
from .extract.blocks import Block, BlockRows, read_block
from .extract.tables import SourceRow, Table
from .pieces import Piece, stowed
from .plan import Plan
from .routing import NOWHERE, Router, number_of
from .transform.attachments import TRANSFERS, FileRow
from .transform.channel import channel_id, developer_name
from .transform.end_user import identity
from .transform.entries import CONTEXT, EVENTS
from .transform.moments import seconds
from .transform.reading import typed, typed_cells

TRANSCRIPT = "LiveChatTranscript"
VISITOR = "LiveChatVisitor"
SESSION = "LiveAgentSession"
USER = "User"
BUTTON = "LiveChatButton"
PARENT = {EVENTS: "LiveChatTranscriptId", CONTEXT: "ParentId"}
"""Objects that belong to a transcript, with the field that names it."""

ROUTED = (*PARENT, VISITOR)
NAMED = {"CaseId": "Case", "ContactId": "Contact", "AccountId": "Account", "LeadId": "Lead"}
"""Fields of a transcript that name a record of which a source may have millions, with its object."""

LABELLED = {"LiveChatDeploymentId": "LiveChatDeployment", "SkillId": "Skill"}
"""Fields of a transcript that name a record of the set-up, with its object."""

FILE_OBJECTS = ("ContentDocumentLink", "Attachment", "ContentVersion")
"""Objects whose rows may be files of chats, in the order in which they are looked at."""

PARENTS = "parents"
"""The router that leads from records of `NAMED` to the parts that name them."""
_NOTED = (
    "Id", "LiveChatVisitorId", "ChatKey", "LiveChatButtonId", "LiveChatDeploymentId", "AccountId", "ContactId", "LeadId",
)  # fmt: skip
_PEOPLE = {TRANSCRIPT: "OwnerId", EVENTS: "AgentId"}


def is_deleted(record: Mapping[str, str]) -> bool:
    """Tell whether a row lies in the recycle bin."""
    return record.get("IsDeleted") in ("1", "true", "True", "TRUE")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What all blocks of the first look share. first_parts: the part of a transcript table's first block. times: of file transfers."""

    tables: tuple[Table, ...]
    plan: Plan
    first_parts: Mapping[int, int]
    routers: Mapping[str, Router] = field(default_factory=dict)
    times: Sequence[int] = ()

    def loaded(self) -> Sheet:
        """Return the sheet with the numbers of its routers at hand."""
        return replace(self, routers={name: router.loaded() for name, router in self.routers.items()})

    @property
    def has_files(self) -> bool:
        """Tell whether files of chats are looked for."""
        return self.plan.carries_files and any(table.object in FILE_OBJECTS for table in self.tables)


@dataclass(slots=True)
class Look:
    """What a block showed.

    rows: how many. first_id, last_id: of its rows, which ascend from one to the other where `is_ascending`. people: users that
    its rows name. noted, who, traits: of transcripts. visitors: id, number within the block, SessionKey. ids: id, number within the
    block, part; of `census`. records: number within the block, id and named records of transcripts; transfers: chat, time and name of
    what an event tells of; files: rows that may be files of chats. pieces: the rows that go to each part.
    """

    table: int
    number: int
    rows: int
    is_whole: bool
    final_line_end: bool
    first_id: str = ""
    last_id: str = ""
    is_ascending: bool = True
    people: frozenset[str] = frozenset()
    noted: list[Noted] = field(default_factory=list)
    id_numbers: array[int] = field(default_factory=lambda: array("Q"))
    who_numbers: array[int] = field(default_factory=lambda: array("Q"))
    parent_numbers: array[int] = field(default_factory=lambda: array("Q"))
    visitors: list[tuple[str, int, str | None]] = field(default_factory=list)
    ids: list[tuple[str, int, int]] = field(default_factory=list)
    pieces: dict[int, Piece] = field(default_factory=dict)
    traits: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    records: list[tuple[int, str, str]] = field(default_factory=list)
    transfers: list[tuple[str, int, str]] = field(default_factory=list)
    files: list[FileRow] = field(default_factory=list)

    @classmethod
    def of(cls, block: Block, table: Table, found: BlockRows) -> Look:
        """Return what is told of any block."""
        look = cls(block.table, block.number, len(found.rows), found.is_whole, found.final_line_end)
        place = table.columns.index("Id") if "Id" in table.columns else -1
        if place < 0:
            return look
        last, width = "", 0
        for row in found.rows:
            id_ = row.cells[place] if len(row.cells) > place else ""
            if id_ <= last or (width and len(id_) != width):
                look.is_ascending = False
                break
            width = width or len(id_)
            look.first_id = look.first_id or id_
            last = id_
        look.last_id = last
        return look

    def follows(self, other: Look) -> bool:
        """Tell whether the ids of this block ascend and begin behind those of another."""
        return self.is_ascending and (
            not self.first_id or (self.first_id > other.last_id and len(self.first_id) == len(other.last_id))
        )

    def stow(self, path: Path) -> Look:
        """Return the look with its pieces in a file."""
        return replace(self, pieces=stowed(self.pieces, path)) if self.pieces else self


def count(sheet: Sheet, block: Block) -> Look:
    """Look at a block whose rows belong to nothing."""
    table = sheet.tables[block.table]
    return Look.of(block, table, read_block(block, table))


def note(sheet: Sheet, block: Block) -> Look:
    """Note the transcripts of a block: whose chats they are. Whether they can be migrated is decided later."""
    table = sheet.tables[block.table]
    found = read_block(block, table)
    look = Look.of(block, table, found)
    part = sheet.first_parts[block.table] + block.number
    places = {name: table.columns.index(name) for name in (*_NOTED, "Status", "IsDeleted") if name in table.columns}
    columns = tuple(name for name in _NOTED if name in places)
    of_columns = [places[name] for name in columns]
    people = _People(table)
    parents = _Parents(sheet, table)
    has_files = sheet.has_files
    naming = [place for name in NAMED if has_files and (place := _place(table, name)) >= 0]
    traits = Traits(table.columns, sheet.plan.start_times).of
    for row in found.rows:
        cells = row.cells
        look.traits[traits(cells)] += 1
        if len(cells) != len(table.columns):
            continue
        people.take(cells)
        try:
            values = typed_cells(TRANSCRIPT, columns, [cells[place] for place in of_columns])
        except RecordError:
            values = _id_alone(cells[places["Id"]] if "Id" in places else "")
        id_ = values.get("Id")
        if not id_:
            continue
        channel = channel_id(
            developer_name(values.get("LiveChatButtonId"), sheet.plan, values.get("LiveChatDeploymentId"))
        )
        who: str | None = identity(values)
        visitor = _text(values, "LiveChatVisitorId")
        record: dict[str, str] = {name: cells[places[name]] for name in ("Status", "IsDeleted") if name in places}
        if record.get("Status") in sheet.plan.skip_statuses or is_deleted(record):
            who = None
        others = (_text(values, name) for name in ("ContactId", "AccountId", "LeadId", "ChatKey"))
        contact, account, lead, chat_key = others
        look.noted.append(
            (row.number, part, str(id_), who, visitor, channel, contact, account, lead, chat_key),
        )
        look.id_numbers.append(number_of(str(id_), part))
        if visitor:
            look.who_numbers.append(number_of(visitor, part))
        parents.take(cells)
        if has_files:
            records = " ".join(dict.fromkeys(one for place in naming if (one := read_id(cells[place]))))
            look.records.append((row.number, str(id_), records))
    look.people = people.found()
    look.parent_numbers.extend(number_of(id_, part) for id_ in parents.found())
    return look


def _text(values: Mapping[str, Value], name: str) -> str | None:
    value = values.get(name)
    return None if value is None else str(value)


def _id_alone(cell: str) -> dict[str, Value]:
    try:
        return typed(TRANSCRIPT, {"Id": cell})
    except RecordError:
        return {}


def _place(table: Table, name: str) -> int:
    return table.columns.index(name) if name in table.columns else -1


class _People:
    """The users that rows name."""

    def __init__(self, table: Table) -> None:
        name = _PEOPLE.get(table.object, "")
        self._place = table.columns.index(name) if name in table.columns else -1
        self._cells: set[str] = set()

    def take(self, cells: list[str]) -> None:
        if self._place >= 0:
            self._cells.add(cells[self._place])

    def found(self) -> frozenset[str]:
        return frozenset(id_ for cell in self._cells if (id_ := read_id(cell)))


class _Parents:
    """The records that transcripts name, of objects that the source has."""

    def __init__(self, sheet: Sheet, table: Table) -> None:
        there = {other.object for other in sheet.tables}
        self._places = [
            table.columns.index(name) for name, kind in NAMED.items() if kind in there and name in table.columns
        ]
        self._cells: set[str] = set()

    def take(self, cells: list[str]) -> None:
        for place in self._places:
            if cells[place]:
                self._cells.add(cells[place])

    def found(self) -> list[str]:
        return sorted({id_ for cell in self._cells if (id_ := read_id(cell))})


def acquaint(sheet: Sheet, block: Block) -> Look:
    """Send the names of records to the parts whose transcripts name them.

    A piece is `[table, block, [[id, name, id of its account or null, whether it is deleted], …]]`.
    """
    table = sheet.tables[block.table]
    found = read_block(block, table)
    look = Look.of(block, table, found)
    places = {name: place for place, name in enumerate(table.columns)}
    router = sheet.routers[PARENTS]
    if "Id" not in places or not router.numbers:
        return look
    sorted_: dict[int, list[Any]] = {}
    for row in found.rows:
        if len(row.cells) != len(table.columns):
            continue
        cell = row.cells[places["Id"]]
        id_ = cell if len(cell) == 18 else read_id(cell)
        parts = router.parts(id_) if id_ else []
        if parts:
            record = row.record(table)
            account = read_id(record.get("AccountId", "")) if table.object == "Contact" else None
            for part in parts:
                sorted_.setdefault(part, []).append([id_, name_in(record), account, is_deleted(record)])
    look.pieces = {part: Piece(orjson.dumps([block.table, block.number, rows])) for part, rows in sorted_.items()}
    return look


def enlist(sheet: Sheet, block: Block) -> Look:
    """Send AgentWork rows to the parts of their transcripts. A piece is `[table, block, [[transcript, row by column], …]]`."""
    table = sheet.tables[block.table]
    found = read_block(block, table)
    look = Look.of(block, table, found)
    place = _place(table, "WorkItemId")
    sorted_: dict[int, list[Any]] = {}
    for row in found.rows if place >= 0 else ():
        if len(row.cells) != len(table.columns):
            continue
        id_ = read_id(row.cells[place])
        for part in sheet.routers[TRANSCRIPT].parts(id_) if id_ else ():
            sorted_.setdefault(part, []).append([id_, row.record(table)])
    look.pieces = {part: Piece(orjson.dumps([block.table, block.number, rows])) for part, rows in sorted_.items()}
    return look


def name_in(record: Mapping[str, str]) -> str:
    """Return what a record is called, empty when its row does not tell."""
    whole = f"{record.get('FirstName') or ''} {record.get('LastName') or ''}".strip()
    return str(record.get("Name") or whole or record.get("CaseNumber") or "").strip()


def read_id(cell: str) -> str | None:
    """Return the id that a cell holds, None when it is empty or none."""
    try:
        return _text(typed(USER, {"Id": cell}), "Id")
    except RecordError:
        return None


def route(sheet: Sheet, block: Block) -> Look:
    """Sort the rows of a block by the parts that they belong to.

    A piece is `[table, block, [[number within the block, cells, raw, parts that get it], …]]`.
    """
    table = sheet.tables[block.table]
    found = read_block(block, table)
    look = Look.of(block, table, found)
    is_visitor = table.object == VISITOR
    parent = "Id" if is_visitor else PARENT[table.object]
    place = table.columns.index(parent) if parent in table.columns else -1
    router = sheet.routers[VISITOR if is_visitor else TRANSCRIPT]
    people = _People(table)
    sorted_: dict[int, list[Any]] = {}
    write = table.dialect.write
    known: dict[str, list[int]] = {}
    width = len(table.columns)
    type_at = _place(table, "Type") if table.object == EVENTS and sheet.plan.carries_files else -1
    for row in found.rows:
        cells = row.cells
        parts: list[int] = []
        if len(cells) == width:
            people.take(cells)
            if place >= 0:
                cell = cells[place]
                if cell in known:
                    parts = known[cell]
                else:
                    id_ = cell if len(cell) == 18 else read_id(cell)
                    parts = known[cell] = router.parts(id_) if id_ else []
            if is_visitor:
                _note_visitor(look, table, row)
            elif type_at >= 0 and cells[type_at] in TRANSFERS:
                _note_transfer(look, row.record(table))
        raw = "" if len(cells) == width and write(cells) == row.raw else row.raw
        for part in parts or (NOWHERE,):
            sorted_.setdefault(part, []).append((row.number, cells, raw, len(parts)))
    look.people = people.found()
    look.pieces = {part: Piece(orjson.dumps([block.table, block.number, rows])) for part, rows in sorted_.items()}
    return look


def _note_transfer(look: Look, record: Mapping[str, str]) -> None:
    if is_deleted(record):
        return
    try:
        values = typed(EVENTS, {name: record.get(name, "") for name in ("LiveChatTranscriptId", "Time", "Detail")})
    except RecordError:
        return
    if values["LiveChatTranscriptId"] and values["Time"]:
        detail = str(values["Detail"] or "")
        look.transfers.append((str(values["LiveChatTranscriptId"]), seconds(str(values["Time"])), detail))


def _note_visitor(look: Look, table: Table, row: SourceRow) -> None:
    try:
        values = typed_cells(VISITOR, table.columns, row.cells)
    except RecordError:
        return
    if values.get("Id"):
        look.visitors.append((str(values["Id"]), row.number, _text(values, "SessionKey")))


def census(sheet: Sheet, block: Block) -> Look:
    """Tell the ids of a block's rows that could be migrated, and the parts that get them: some ids may come twice."""
    table = sheet.tables[block.table]
    found = read_block(block, table)
    look = Look.of(block, table, found)
    for row in found.rows:
        if len(row.cells) != len(table.columns):
            continue
        try:
            values = typed_cells(table.object, table.columns, row.cells)
        except RecordError:
            continue
        if not values.get("Id") or (table.object != VISITOR and values.get("IsDeleted")):
            continue
        id_ = str(values["Id"])
        parts: list[int] = []
        if table.object in PARENT:
            parent = values.get(PARENT[table.object])
            if not parent:
                continue
            parts = sheet.routers[TRANSCRIPT].parts(str(parent))
        elif table.object == VISITOR:
            parts = sheet.routers[VISITOR].parts(id_)
        look.ids += [(id_, row.number, part) for part in parts or (NOWHERE,)]
    return look
