"""The run: read the source twice, once to learn what belongs together, once to write the target.

Children, visitors and users wait in the work file; transcripts are never held. Memory does not grow with the source.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from .accounts import Books
from .cells import Value
from .errors import RecordError, UsageError
from .extract.members import Members
from .extract.org import pull
from .extract.source import Source
from .extract.tables import SourceRow, Spelling, Table
from .layout import MANIFEST, OBJECTS, OFF_PLATFORM, REJECTED, RESIDUE, RUN_DATABASE, SKIPPED, WORK
from .load.folder import FolderTarget, prepare, write_document
from .manifest import manifest_document
from .plan import Plan
from .port import Org
from .residue import Share, line_residue, row_residue
from .staging import Staging
from .transform.agent_session import agent_session_row
from .transform.body import Kind, parse
from .transform.channel import channel_id, developer_name
from .transform.documents import object_documents, own_fields
from .transform.end_user import identity
from .transform.entries import CONTEXT, EVENTS, WHISPERS
from .transform.inverse import CHILDREN, agent_session_values, transcript_values, visitor_values
from .transform.names import AGENT_SESSION, ROLE_BASIS
from .transform.reading import typed
from .transform.structures import Links, Person, Row, Structures
from .transform.transcript import labels_of, migrate_values

TRANSCRIPT = "LiveChatTranscript"
VISITOR = "LiveChatVisitor"
SESSION = "LiveAgentSession"
USER = "User"
BUTTON = "LiveChatButton"
_PARENT = {EVENTS: "LiveChatTranscriptId", CONTEXT: "ParentId"}
_KNOWN_BY_ID = (VISITOR, USER, BUTTON)
_BODIES = ("Body", WHISPERS)
_REMEMBERED = 20_000  # rows of the work file that are kept at hand

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how far it is, and the whole (0 while that is unknown)."""


def _no_progress(step: str, done: int, total: int) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    books: Books
    share: Share
    manifest: dict[str, Any]

    @property
    def exit_code(self) -> int:
        """Return 0 when the accounts are closed and nothing was rejected, 3 with rejects, 1 when they are not closed."""
        if not self.books.is_closed:
            return 1
        return 3 if self.books.rejected else 0


def run(source_path: Path, target: Path, plan: Plan, progress: Progress = _no_progress, origin: str = "") -> Outcome:
    """Migrate a zip or folder into a folder. `origin` names the source in the manifest where it is not the path's name."""
    _check_apart(source_path, target)
    return _run(source_path, target, plan, progress, origin)


def run_org(org: Org, target: Path, plan: Plan, progress: Progress = _no_progress) -> Outcome:
    """Migrate an org into a folder. What is read waits in the work folder and is removed at the end."""
    prepare(target)
    pulled = target / WORK / "source"
    try:
        pull(org, pulled, progress)
        return _run(pulled, target, plan, progress, org.url)
    finally:
        shutil.rmtree(pulled, ignore_errors=True)


def _run(source_path: Path, target: Path, plan: Plan, progress: Progress, origin: str) -> Outcome:
    with Members(source_path) as members:
        source = Source.survey(members)
        prepare(target)
        with Staging(target / WORK / RUN_DATABASE) as staging, _writing(target) as writer:
            migration = _Migration(source, staging, writer, plan, progress)
            migration.first_pass()
            migration.second_pass()
            migration.finish()
            files = writer.finish()
            manifest = manifest_document(
                source, origin or source_path.name, plan, files, migration.books, migration.share
            )
    write_document(target / OBJECTS, object_documents(migration.own_fields))
    write_document(target / MANIFEST, manifest)
    return Outcome(migration.books, migration.share, manifest)


@contextmanager
def _writing(target: Path) -> Iterator[FolderTarget]:
    writer = FolderTarget(target)
    try:
        yield writer
    except BaseException:
        writer.discard()
        raise


def _check_apart(source: Path, target: Path) -> None:
    here, there = source.resolve(), target.resolve()
    if here == there or here in there.parents or there in here.parents:
        raise UsageError("source and target lie within each other:", "name a target outside the source")


@dataclass(slots=True)
class _Migration:
    """One run on its way."""

    source: Source
    staging: Staging
    target: FolderTarget
    plan: Plan
    progress: Progress
    books: Books = field(default_factory=Books)
    share: Share = field(default_factory=Share)
    own_fields: dict[str, set[str]] = field(default_factory=dict)
    spellings: list[Spelling] = field(default_factory=list)
    channels: dict[str, Row] = field(default_factory=dict)
    people: dict[str, Person | None] = field(default_factory=dict)
    buttons: dict[str, dict[str, str] | None] = field(default_factory=dict)
    end_users: dict[str, bool] = field(default_factory=dict)
    used_visitors: set[int] = field(default_factory=set)

    # --- first pass: learn -------------------------------------------------------------------------------------------

    def first_pass(self) -> None:
        """Number all rows, note transcripts, put the other chat rows aside, settle all rows that are not chat."""
        for plain in self.source.others:
            self.target.carry(plain.digest, self.source.members.chunks(plain.member))
        for index in range(len(self.source.tables)):
            table = self.source.tables[index]
            self.spellings.append(Spelling.of(table))
            learn = self._learner(table.object)
            for row in self.source.first_pass(index):
                self.books.of(table.object).read += 1
                if row.number % 1000 == 0:
                    self.progress(f"reading {table.object}", row.number, 0)
                if len(row.cells) != len(table.columns):
                    self._note_ragged(table, index, row)
                    continue
                try:
                    learn(index, row)
                except RecordError as error:
                    self._refuse(index, row, error.message, error.remedy)
            self.spellings[index] = Spelling.of(self.source.tables[index])

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
        self._refuse(index, row, message, "correct the line in the source")

    def _learn_transcript(self, index: int, row: SourceRow) -> None:
        """Note whose chat it is. Whether it can be migrated is decided in the second pass, except for a second copy."""
        record = row.record(self.source.tables[index])
        names = ("Id", "LiveChatVisitorId", "ChatKey", "LiveChatButtonId", "AccountId", "ContactId", "LeadId")
        try:
            values = typed(TRANSCRIPT, {name: record[name] for name in names if name in record})
        except RecordError:
            values = {}
        outcome = "unknown"
        id_ = values.get("Id")
        if id_ and list(self.staging.execute("SELECT 1 FROM transcript WHERE id = ? AND outcome = 'unknown'", (id_,))):
            outcome = "double"
        channel = who = None
        if id_:
            channel = channel_id(developer_name(_text(values.get("LiveChatButtonId")), self.plan))
            who = identity(values)
        if record.get("Status") in self.plan.skip_statuses:
            who = None
        self.staging.execute(
            "INSERT INTO transcript VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                row.number,
                id_,
                outcome,
                who,
                channel,
                values.get("AccountId"),
                values.get("ContactId"),
                values.get("LeadId"),
            ),
        )

    def _learn_child(self, index: int, row: SourceRow) -> None:
        name = self.source.tables[index].object
        values = typed(name, row.record(self.source.tables[index]))
        parent = values.get(_PARENT[name])
        if not values.get("Id"):
            raise RecordError("no Id", "export the Id column")
        if not parent:
            raise RecordError(f"no {_PARENT[name]}", "export this column")
        if not self.staging.add_child(
            name, str(parent), row.number, str(values["Id"]), self._packed(index, row, values)
        ):
            raise RecordError(f"Id {values['Id']} a second time", "export each record once")

    def _packed(self, index: int, row: SourceRow, values: dict[str, Value]) -> list[Any]:
        """Return a row for the work file: its text only where the dialect does not give it."""
        raw = None if self.source.tables[index].dialect.write(row.cells) == row.raw else row.raw
        return [index, row.cells, raw, values]

    def _waiting(self, number: int, packed: list[Any]) -> _Waiting:
        index, cells, raw, values = packed
        if raw is None:
            raw = self.source.tables[index].dialect.write(cells)
        return _Waiting(index, SourceRow(number, cells, raw), values)

    def _learn_record(self, index: int, row: SourceRow) -> None:
        name = self.source.tables[index].object
        record = row.record(self.source.tables[index])
        if name == VISITOR:
            values = typed(VISITOR, record)
            if not values.get("Id"):
                raise RecordError("no Id", "export the Id column")
            if not self.staging.add_record(name, str(values["Id"]), row.number, self._packed(index, row, values)):
                raise RecordError(f"Id {values['Id']} a second time", "export each record once")
            return
        try:
            id_ = typed(name, {"Id": record.get("Id", "")}).get("Id")
        except RecordError:
            id_ = None
        if id_:
            self.staging.add_record(name, str(id_), row.number, record)
        self._settle(SKIPPED, index, row, *_SKIPPED_SETTINGS)

    def _skip_other(self, index: int, row: SourceRow) -> None:
        self._settle(SKIPPED, index, row, *_SKIPPED_OTHER)

    def _migrate_agent_session(self, index: int, row: SourceRow) -> None:
        table = self.source.tables[index]
        result = agent_session_row(row.record(table), row.number)
        if not self.staging.add_record(SESSION, str(result["Id"]), row.number, None):
            raise RecordError(f"Id {result['Legacy_Session_Id__c']} a second time", "export each record once")
        self._note_own(AGENT_SESSION, result)
        self.target.add(AGENT_SESSION, [result])
        self._close_row(index, row, agent_session_values(result))

    # --- second pass: write ------------------------------------------------------------------------------------------

    def second_pass(self) -> None:
        """Migrate the transcripts in source order."""
        self.staging.execute("CREATE INDEX transcript_id ON transcript (id)")
        self.staging.execute("CREATE INDEX transcript_who ON transcript (visitor, channel)")
        total = self.source.read.get(TRANSCRIPT, 0)
        outcomes: list[tuple[str, int]] = []
        for index, table in enumerate(self.source.tables):
            if table.object != TRANSCRIPT:
                continue
            for row in self.source.rows(table):
                if row.number % 100 == 0:
                    self.progress("migrating", row.number, total)
                if len(row.cells) != len(table.columns):
                    continue
                outcomes.append((self._transcript(index, row), row.number))
                if len(outcomes) == _REMEMBERED:
                    self.staging.note_outcomes(outcomes)
                    outcomes.clear()
        self.staging.note_outcomes(outcomes)
        self.progress("migrating", total, total)

    def _transcript(self, index: int, row: SourceRow) -> str:
        record = row.record(self.source.tables[index])
        noted = next(self.staging.execute("SELECT id, outcome FROM transcript WHERE row = ?", (row.number,)))
        try:
            if noted[1] == "double":
                raise RecordError(f"Id {noted[0]} a second time", "export each record once")
            reason = self._reason_to_skip(record)
            if reason:
                self._settle(SKIPPED, index, row, *reason)
                self._count_messages(record, "skipped")
                return "skipped"
            structures, children, visitor = self._migrate(record, noted[0], row.number)
        except RecordError as error:
            self._refuse(index, row, error.message, error.remedy)
            self._count_messages(record, "rejected")
            return "double" if noted[1] == "double" else "rejected"
        self._write(index, row, structures, children, visitor)
        return "migrated"

    def _reason_to_skip(self, record: Mapping[str, str]) -> tuple[str, str] | None:
        status = record.get("Status")
        if status in self.plan.skip_statuses:
            return (
                f"Status {status}: the chat is not finished",
                "export it again once it has ended, or change skip_statuses in the plan",
            )
        if record.get("IsDeleted") in ("1", "true", "True", "TRUE"):
            return "deleted in the source", "undelete it in the source if it should be carried over"
        return None

    def _migrate(
        self, record: Mapping[str, str], id_: str | None, number: int
    ) -> tuple[Structures, list[_Waiting], _Waiting | None]:
        values = typed(TRANSCRIPT, record)
        events, context = (
            [self._waiting(*child) for child in self.staging.children(name, id_)] if id_ else []
            for name in (EVENTS, CONTEXT)
        )
        visitor = self._visitor(values.get("LiveChatVisitorId"))
        structures = migrate_values(
            values,
            [child.values for child in events],
            visitor.values if visitor else None,
            [child.values for child in context],
            self.plan,
            self._people_of(values, events),
            self._button(values.get("LiveChatButtonId")),
            self._links(number) if visitor or values.get("LiveChatVisitorId") else None,
            {
                "transcript": [number],
                "visitor": [visitor.row.number] if visitor else [],
                "events": [child.row.number for child in events],
                "context": [child.row.number for child in context],
            },
        )
        return structures, [*events, *context], visitor

    def _visitor(self, id_: Value) -> _Waiting | None:
        if not id_:
            return None
        for number, document in self.staging.execute(
            "SELECT row, document FROM record WHERE kind = ? AND id = ?", (VISITOR, id_)
        ):
            return self._waiting(number, orjson.loads(document))
        return None

    def _links(self, number: int) -> Links | None:
        """Return what the chats of the same visitor on the same channel decide about their messaging user."""
        found = list(
            self.staging.execute(
                "SELECT other.contact, other.account, other.lead, other.row, mine.contact FROM transcript mine "
                "JOIN transcript other ON other.visitor = mine.visitor AND other.channel = mine.channel "
                "WHERE mine.row = ? ORDER BY other.row LIMIT 1000",
                (number,),
            )
        )
        if not found:
            return None
        first_contact = next((contact for contact, *_ in found if contact), None)
        contact = found[0][4] or first_contact
        mine = [row for row in found if row[0] == contact or (contact == first_contact and row[0] is None)]
        account = next((row[1] for row in mine if row[1]), None)
        lead = next((row[2] for row in mine if row[2]), None)
        return Links(contact, account, lead, "" if contact == first_contact else str(contact))

    def _people_of(self, values: Mapping[str, Value], events: list[_Waiting]) -> list[Person]:
        ids = dict.fromkeys([values.get("OwnerId"), *(event.values.get("AgentId") for event in events)])
        return [person for id_ in ids if id_ and (person := self._person(str(id_))) is not None]

    def _person(self, id_: str) -> Person | None:
        if id_ in self.people:
            return self.people[id_]
        if len(self.people) > _REMEMBERED:
            self.people.clear()
        record = self.staging.record(USER, id_)
        person = None
        if record is not None:
            is_active = record.get("IsActive", "1") not in ("0", "false", "False", "FALSE")
            first, last, name = (record.get(key, "") for key in ("FirstName", "LastName", "Name"))
            person = Person(id_, first, last, name, is_active)
        self.people[id_] = person
        return person

    def _button(self, id_: Value) -> Mapping[str, Any] | None:
        if not id_:
            return None
        if id_ not in self.buttons:
            self.buttons[str(id_)] = self.staging.record(BUTTON, str(id_))
        return self.buttons[str(id_)]

    def _write(
        self,
        index: int,
        row: SourceRow,
        made: Structures,
        children: list[_Waiting],
        visitor: _Waiting | None,
    ) -> None:
        self.channels.setdefault(made.channel["Id"], made.channel)
        self._keep_end_user(made.end_user, visitor)
        self.target.add("MessagingSession", [made.session])
        self.target.add("MessagingSessionMetrics", made.metrics)
        self.target.add("Conversation", [made.conversation])
        self.target.add("ConversationParticipant", made.participants)
        self.target.add("ConversationEntry", made.entries)
        self.target.add(OFF_PLATFORM, made.off_platform)
        self._note_own("MessagingSession", made.session)
        values = transcript_values(
            made.session, made.end_user, made.metrics, made.entries, made.off_platform, made.residue
        )
        self._close_row(index, row, values, made.residue)
        id_ = made.session["Legacy_Transcript_Id__c"]
        carried = made.off_platform[len(made.off_platform) - len(children) :]
        for child, off in zip(children, carried, strict=True):
            self._close_row(child.table, child.row, CHILDREN[off["Source"]](off, id_))
        for warning in made.warnings:
            self.books.warn(warning, id_)
        for entry in made.entries:
            self.books.grounds[entry[ROLE_BASIS]] += 1
        self.books.statuses[made.session.get("Legacy_Status__c") or ""] += 1
        messages = sum(1 for entry in made.entries if entry["ActorName"] is not None)
        messages += sum(1 for off in made.off_platform if off["Source"] == WHISPERS and "author" in off["Payload"])
        self.books.messages.read += made.messages
        self.books.messages.migrated += messages

    def _keep_end_user(self, end_user: Row, visitor: _Waiting | None) -> None:
        id_, is_named = end_user["Id"], not end_user["Name"].startswith("Visitor ")
        if not (self.end_users.get(id_) or (id_ in self.end_users and not is_named)):
            self.staging.keep_end_user(id_, is_named, end_user)
            if len(self.end_users) > _REMEMBERED:
                self.end_users.clear()
            self.end_users[id_] = is_named
        if visitor is None or visitor.row.number in self.used_visitors:
            return
        if len(self.used_visitors) > _REMEMBERED:
            self.used_visitors.clear()
        self.used_visitors.add(visitor.row.number)
        if self.staging.use_visitor(visitor.row.number):
            self._close_row(visitor.table, visitor.row, visitor_values(end_user))
            self._note_own("MessagingEndUser", end_user)

    # --- what is left ------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Write the messaging users and channels, settle the rows that found no transcript."""
        for (document,) in self.staging.execute("SELECT document FROM end_user ORDER BY position"):
            self.target.add("MessagingEndUser", [orjson.loads(document)])
        self.target.add("MessagingChannel", self.channels.values())
        for name in (EVENTS, CONTEXT):
            for parent, number, document in self.staging.orphans(name):
                self._settle_orphan(parent, self._waiting(number, document))
        for number, document in self.staging.unused_visitors(VISITOR):
            visitor = self._waiting(number, document)
            self._settle(SKIPPED, visitor.table, visitor.row, *_SKIPPED_VISITOR)

    def _settle_orphan(self, parent: str, child: _Waiting) -> None:
        outcomes = {
            outcome for (outcome,) in self.staging.execute("SELECT outcome FROM transcript WHERE id = ?", (parent,))
        }
        if "skipped" in outcomes:
            self._settle(
                SKIPPED, child.table, child.row, f"its transcript {parent} was skipped", "see the transcript's reason"
            )
        elif outcomes:
            self._refuse(child.table, child.row, f"its transcript {parent} was rejected", "see the transcript's reason")
        else:
            self._refuse(
                child.table, child.row, f"its transcript {parent} is not in the source", "export LiveChatTranscript too"
            )

    # --- accounts ----------------------------------------------------------------------------------------------------

    def _close_row(
        self, index: int, row: SourceRow, values: dict[str, Any], bodies: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        """Enter a migrated row: what its structures do not give again goes to the residue."""
        spelling = self.spellings[index]
        name = spelling.table.object
        self.books.of(name).migrated += 1
        found = row_residue(spelling, values, row)
        if bodies:
            found["bodies"] = bodies
        share = self.share
        share.cells += len(row.cells)
        share.bytes += sum(map(len, row.cells))
        if name == TRANSCRIPT:
            places = [place for place, column in enumerate(spelling.table.columns) if column in _BODIES]
            share.body_bytes += sum(len(row.cells[place].encode()) for place in places)
        if not found:
            return
        self.target.add(RESIDUE, [{"object": name, "row": row.number, **found}])
        cells = found.get("cells", {})
        in_bodies = {column for column in (bodies or {}) if column not in cells}
        share.cells_residue += len(cells) + len(in_bodies)
        share.bytes_residue += len(orjson.dumps(found))
        share.body_residue += sum(len(orjson.dumps(rows)) for rows in (bodies or {}).values())
        share.body_residue += sum(len(orjson.dumps(cells[column])) for column in _BODIES if column in cells)

    def _settle(self, kind: str, index: int, row: SourceRow, reason: str, remedy: str) -> None:
        """Enter a row that is not migrated, whole."""
        table = self.source.tables[index]
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
        if len(row.cells) == len(table.columns):
            entry["row"] = row.record(table)
            line = line_residue(table.dialect, row.cells, row.raw)
            if line is not None:
                entry["line"] = line
        else:
            entry["raw"] = row.raw
        self.target.add(kind, [entry])

    def _refuse(self, index: int, row: SourceRow, reason: str, remedy: str) -> None:
        self._settle(REJECTED, index, row, reason, remedy)

    def _count_messages(self, record: Mapping[str, str], outcome: str) -> None:
        count = self._messages_in(record)
        self.books.messages.read += count
        if outcome == "skipped":
            self.books.messages.skipped += count
        else:
            self.books.messages.rejected += count

    def _messages_in(self, record: Mapping[str, str]) -> int:
        return sum(count_messages(record.get(name, ""), self.plan) for name in _BODIES)

    def _note_own(self, kind: str, row: Row) -> None:
        own = own_fields(kind, row)
        if own:
            self.own_fields.setdefault(kind, set()).update(own)


def count_messages(body: str, plan: Plan) -> int:
    """Return how many lines with an author a body has."""
    if not body:
        return 0
    return sum(1 for piece in parse(body, (), labels_of(plan)).pieces if piece.kind is Kind.LINE)


@dataclass(slots=True)
class _Waiting:
    """A row that waited in the work file: its table, itself, its canonical values."""

    table: int
    row: SourceRow
    values: dict[str, Value]


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _id_of(table: Table, row: SourceRow) -> str | None:
    place = table.columns.index("Id") if "Id" in table.columns else -1
    return row.cells[place] if 0 <= place < len(row.cells) else None


def _class_of(reason: str) -> str:
    """Return a reason without the record's own id, so that equal reasons are counted together."""
    return " ".join("…" if len(word) in (15, 18) and word.isalnum() else word for word in reason.split())


_SKIPPED_SETTINGS = ("read for names and labels only: the target has its own", "nothing to do")
_SKIPPED_OTHER = ("not a chat record: kept for the restore", "nothing to do")
_SKIPPED_VISITOR = ("no migrated transcript has this visitor", "nothing to do")
