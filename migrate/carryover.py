"""The second look, part by part: transcripts are read again and written as structures with what belongs to them.

`carry` is one function for whoever does the work: the same part gives the same bytes. What several parts have to do with, the
messaging users of visitors who came again, is handed back to be settled when all parts are done.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

import orjson

from .cells import Value
from .columns import Columns
from .counting import TOLD, Lines, Traits
from .errors import RecordError
from .extract.tables import SourceRow, Table
from .intake import BUTTON, LABELLED, NAMED, PARENT, TRANSCRIPT, USER, VISITOR, is_deleted
from .layout import AGENT_WORK, OFF_PLATFORM
from .ledger import Ledger, Missing
from .parts import DELETED, READ_FOR_NAMES, Made, Part, Setting, Shared, Waiting, numbered, second
from .pieces import Draft
from .plan import Plan
from .transform.end_user import identity
from .transform.entries import BODY, CONTEXT, EVENTS, WHISPERS
from .transform.inverse import transcript_values, visitor_values
from .transform.merging import merged, one_end_user
from .transform.names import naming_of
from .transform.reading import typed, typed_cells
from .transform.structures import Parent, Person, Row, Structures
from .transform.transcript import migrate_values
from .transform.work import FIELDS

_SKIPPED_VISITOR = ("no migrated transcript has this visitor", "nothing to do")
_USERS = "005"
"""Key prefix of users: an owner may be a queue, which no table of users has."""

_OTHER_ACCOUNT = "account: the chat names another account than its contact has"
_NO_WORK = "AgentWork: a row is deleted, cannot be read or names no user"


def carry(setting: Setting, part: Part) -> Made:
    """Migrate the transcripts of a part in source order, then settle what is left of the rows that were sorted to it."""
    # Nothing in here refers to itself; looking for what does costs a tenth of the time.
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        return _Carrying(setting, part).made()
    finally:
        if is_collecting:
            gc.enable()


class _Carrying:
    """One part on its way."""

    def __init__(self, setting: Setting, part: Part) -> None:
        self.setting = setting
        self.part = part
        self.plan = setting.plan
        self.naming = naming_of(setting.plan)
        self.draft = Draft()
        self.ledger = Ledger(setting.tables, self.draft, setting.plan)
        self.channels: dict[str, Row] = {}
        self.end_users: dict[str, Row] = {}
        self.together: dict[tuple[str, str], tuple[str, Row, str]] = {}
        self.crossing: set[str] = set()
        self.shared: list[Shared] = []
        self.outcomes: dict[str, str] = {}
        self.children: dict[str, dict[str, list[Waiting]]] = {name: {} for name in PARENT}
        self.visitors: dict[str, Waiting] = {}
        self.parents: dict[str, Parent] = {}
        self.work: dict[str, list[Mapping[str, Value]]] = {}
        self.columns: Columns | None = None
        self.used_visitors: set[int] = set()
        self.objects = {table.object for table in setting.tables}
        self.is_named = partial(is_named, self.plan)

    def made(self) -> Made:
        """Return what became of the part."""
        self.sort()
        block = self.part.block
        if block is not None:
            columns = self.setting.tables[block.table].columns
            self.columns = Columns(self.ledger.spellings[block.table])
            traits = Traits(columns, self.plan.start_times).of
            chats: Counter[tuple[tuple[str, str, str], str]] = Counter()
            for row in numbered(self.setting, block):
                outcome = "rejected"
                if len(row.cells) != len(columns):
                    self.ledger.ragged(block.table, row)
                else:
                    outcome = self.transcript(block.table, row)
                chats[traits(row.cells), outcome] += 1
            for (found, outcome), number in chats.items():
                self.ledger.books.chats.count(found, outcome, number)
        for id_, end_user in self.end_users.items():
            if id_ in self.crossing:
                self.shared.append(Shared(end_user=end_user))
            else:
                self.draft.add("MessagingEndUser", [end_user])
        for (kind, _), (latest, together, user) in self.together.items():
            if user in self.crossing:
                self.shared.append(Shared(together=(kind, latest, together)))
            else:
                self.draft.add(kind, [together])
        self.orphans()
        for visitor in self.visitors.values():
            if visitor.row.number in self.used_visitors:
                continue
            if visitor.parts > 1:
                self.shared.append(Shared(visitor))
            else:
                skip_visitor(self.ledger, visitor.table, visitor.row.number, visitor.row.cells, visitor.row.raw)
        ledger = self.ledger
        return Made(
            self.draft.pieces(),
            self.draft.rows,
            ledger.books,
            ledger.share,
            ledger.own_fields,
            self.channels,
            self.shared,
        )

    # --- the rows that were sorted to the part ----------------------------------------------------------------------

    def sort(self) -> None:
        """Put the rows where their transcripts find them, in source order."""
        pieces = [orjson.loads(piece.read()) for piece in self.part.pieces]
        for index, block, rows in sorted(pieces, key=lambda piece: (piece[0], piece[1])):
            table = self.setting.tables[index]
            if table.object in READ_FOR_NAMES:
                self.parents |= {id_: Parent(*told) for id_, *told in rows}
                continue
            if table.object == AGENT_WORK:
                for id_, record in rows:
                    self.enlist(id_, record)
                continue
            first = self.setting.first_rows[index][block]
            doubles = self.part.doubles.get(table.object, frozenset())
            name, columns = table.object, table.columns
            read = Columns(self.ledger.spellings[index]).read
            for number, cells, raw, parts in rows:
                row = SourceRow(first + number, cells, raw)
                if len(cells) != len(columns):
                    self.ledger.ragged(index, row)
                    continue
                try:
                    values, is_plain = read(cells)
                    waiting = Waiting(index, row, values, parts, is_plain and not raw)
                    self.keep(name, waiting, row.number in doubles)
                except RecordError as error:
                    if parts <= 1 or name != VISITOR:
                        self.ledger.rejected(index, row, error.message, error.remedy)
                    else:
                        self.shared.append(Shared(Waiting(index, row, {}, parts), error=(error.message, error.remedy)))

    def enlist(self, transcript: str, record: Mapping[str, str]) -> None:
        """Keep an AgentWork row for its transcript; one that cannot be read, or names no user, tells nothing."""
        try:
            values = typed(AGENT_WORK, {name: record[name] for name in ("Id", *FIELDS) if name in record})
        except RecordError:
            values = {}
        if values.get("Id") and values.get("UserId") and not is_deleted(record):
            self.work.setdefault(transcript, []).append(values)
        else:
            self.ledger.books.warn(_NO_WORK, str(record.get("Id") or transcript))

    def keep(self, name: str, waiting: Waiting, is_double: bool) -> None:
        """Keep a row for its transcript."""
        values = waiting.values
        id_ = values.get("Id")
        if not id_:
            raise RecordError("no Id", "export the Id column")
        if name == VISITOR:
            if is_double:
                raise second(id_)
            self.visitors[str(id_)] = waiting
            return
        parent = values.get(PARENT[name])
        if not parent:
            raise RecordError(f"no {PARENT[name]}", "export this column")
        if values.get("IsDeleted"):
            self.ledger.skipped(waiting.table, waiting.row, *DELETED)
            return
        if is_double:
            raise second(id_)
        self.children[name].setdefault(str(parent), []).append(waiting)

    # --- transcripts ------------------------------------------------------------------------------------------------

    def transcript(self, index: int, row: SourceRow) -> str:
        """Migrate a transcript, or say why not; return what became of it."""
        table = self.setting.tables[index]
        status, id_ = "rejected", None
        try:
            if row.number in self.part.doubles.get(TRANSCRIPT, ()):
                raise second(_id_in(table, row))
            record = row.record(table)
            reason = self.reason_to_skip(record)
            if reason:
                status = "skipped"
                id_ = _id_in(table, row)
                self.ledger.skipped(index, row, *reason)
                self.ledger.count_messages(record, status)
            else:
                id_ = self.migrate(index, row)
                status = "migrated"
        except RecordError as error:
            self.ledger.rejected(index, row, error.message, error.remedy)
            self.ledger.count_messages(row.record(table), status)
            id_ = _id_in(table, row)
        if id_ and (status == "migrated" or id_ not in self.outcomes):
            self.outcomes[id_] = status
        return status

    def reason_to_skip(self, record: Mapping[str, str]) -> tuple[str, str] | None:
        """Return why a transcript is left out on purpose, None when it is not."""
        status = record.get("Status")
        if status in self.plan.skip_statuses:
            return (
                f"Status {status}: the chat is not finished",
                "export it again once it has ended, or change skip_statuses in the plan",
            )
        return DELETED if is_deleted(record) else None

    def migrate(self, index: int, row: SourceRow) -> str:
        """Migrate a transcript with what belongs to it."""
        assert self.columns is not None
        values, is_plain = self.columns.read(row.cells)
        is_plain = is_plain and self.ledger.spellings[index].table.dialect.write(row.cells) == row.raw
        id_ = str(values.get("Id") or "")
        events = self.children[EVENTS].get(id_, [])
        context = self.children[CONTEXT].get(id_, [])
        visitor = self.visitors.get(str(values.get("LiveChatVisitorId")))
        button = values.get("LiveChatButtonId")
        structures = migrate_values(
            values,
            [child.values for child in events],
            visitor.values if visitor else None,
            [child.values for child in context],
            self.plan,
            self.people(values, events),
            self.setting.buttons.get(str(button)) if button else None,
            self.part.links.get(row.number),
            {
                "transcript": [row.number],
                "visitor": [visitor.row.number] if visitor else [],
                "events": [child.row.number for child in events],
                "context": [child.row.number for child in context],
            },
            self.parents,
            self.setting.labels,
            self.part.files.get(row.number, ()),
            self.work.get(id_, ()),
        )
        if identity(values) in self.part.crossing:
            self.crossing.add(structures.end_user["Id"])
        plain = {name: values.get(name) for name in structures.plain}
        waiting = Waiting(index, row, values, is_plain=is_plain)
        self.write(waiting, structures, [*events, *context], visitor, plain)
        self.missing(waiting, events, visitor)
        return id_

    def missing(self, chat: Waiting, events: Sequence[Waiting], visitor: Waiting | None) -> None:
        """List what a migrated chat and its events name and the source does not have, though it has others of the kind."""
        values, there = chat.values, self.objects
        id_ = values.get("LiveChatVisitorId")
        if id_ and visitor is None and VISITOR in there:
            self.ledger.orphan(chat.table, chat.row, Missing(VISITOR, "LiveChatVisitorId", str(id_)), "migrated")
        id_ = values.get("LiveChatButtonId")
        if id_ and BUTTON in there and id_ not in self.setting.buttons:
            self.ledger.orphan(chat.table, chat.row, Missing(BUTTON, "LiveChatButtonId", str(id_)), "migrated")
        for name, kind in LABELLED.items():
            id_ = values.get(name)
            if id_ and kind in there and id_ not in self.setting.labels:
                self.ledger.orphan(chat.table, chat.row, Missing(kind, name, str(id_)), "migrated")
        for name, kind in NAMED.items():
            id_ = values.get(name)
            if id_ and kind in there and ((parent := self.parents.get(str(id_))) is None or parent.is_deleted):
                self.ledger.orphan(chat.table, chat.row, Missing(kind, name, str(id_)), "migrated")
        contact = self.parents.get(str(values.get("ContactId")))
        if contact and contact.account and values.get("AccountId") not in (None, contact.account):
            self.ledger.books.warn(_OTHER_ACCOUNT, str(values["Id"]))
        if USER not in there:
            return
        known = self.setting.people
        for row, name in ((chat, "OwnerId"), *((event, "AgentId") for event in events)):
            id_ = row.values.get(name)
            if id_ and id_ not in known and str(id_).startswith(_USERS):
                self.ledger.orphan(row.table, row.row, Missing(USER, name, str(id_)), "migrated")

    def people(self, values: Mapping[str, Value], events: Sequence[Waiting]) -> list[Person]:
        """Return the users whom a chat names."""
        ids = dict.fromkeys([values.get("OwnerId"), *(event.values.get("AgentId") for event in events)])
        known = self.setting.people
        return [known[str(id_)] for id_ in ids if id_ in known]

    def write(
        self,
        chat: Waiting,
        made: Structures,
        children: Sequence[Waiting],
        visitor: Waiting | None,
        plain: Mapping[str, Value],
    ) -> None:
        """Write the structures of a transcript and enter all rows that went into them; plain are bodies that they give again."""
        draft, books = self.draft, self.ledger.books
        self.channels.setdefault(made.channel["Id"], made.channel)
        self.keep_end_user(made.end_user, visitor)
        draft.add("MessagingSession", [made.session])
        draft.add("MessagingSessionMetrics", made.metrics)
        draft.add(AGENT_WORK, made.work)
        if self.plan.session_based:
            draft.add("Conversation", [made.conversation])
            draft.add("ConversationParticipant", made.participants)
        else:
            self.keep_together(made)
        draft.append("ConversationEntry", made.written_entries)
        draft.append(OFF_PLATFORM, made.written_off_platform)
        draft.add("ContentVersion", made.files)
        self.ledger.note_own("MessagingSession", chat.table, made.session)
        # Rows that are written are read again only for a body that might not come back from them.
        is_sure = all(name in plain for name in (BODY, WHISPERS) if chat.values.get(name))
        entries, off_platform = ((), ()) if is_sure else (made.entries, made.off_platform)
        values = transcript_values(
            made.session, made.end_user, made.metrics, entries, off_platform, made.residue, plain, self.naming
        )
        self.enter(chat, values, made.residue)
        for child in children:
            self.enter(child, child.values)
        id_ = made.session["Legacy_Transcript_Id__c"]
        for warning in made.warnings:
            books.warn(warning, id_)
        for (_, _, ground), count in made.voices.items():
            books.grounds[ground] += count
        lines = Lines.counted(made.session, made.voices, [chat.values.get(name) for name in TOLD])
        self.ledger.lines(chat.table, chat.row, made.session, lines)
        books.statuses[made.session.get(self.naming.session["Status"] or "") or ""] += 1
        books.messages.read += made.messages
        books.messages.migrated += _messages(made, bool(chat.values.get(WHISPERS)))

    def keep_together(self, made: Structures) -> None:
        """Keep the conversation and its participants until all chats of the messaging user are through."""
        start, end_user = str(made.session["StartTime"]), made.end_user["Id"]
        rows = [("Conversation", made.conversation), *(("ConversationParticipant", row) for row in made.participants)]
        for kind, row in rows:
            before = self.together.get((kind, row["Id"]))
            latest, merged_row = merged(kind, before[1], before[0], row, start) if before else (start, row)
            self.together[kind, row["Id"]] = (latest, merged_row, end_user)

    def enter(
        self,
        waiting: Waiting,
        rebuilt: Mapping[str, Value],
        bodies: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:
        """Enter a migrated row; `rebuilt` are the values that its structures give back."""
        values = waiting.values
        if waiting.is_plain and not bodies:
            get = rebuilt.get
            if rebuilt == values or [get(name) for name in values] == list(values.values()):
                self.ledger.migrated_plainly(waiting.table, waiting.row)
                return
        self.ledger.migrated(waiting.table, waiting.row, rebuilt, bodies)

    def keep_end_user(self, end_user: Row, visitor: Waiting | None) -> None:
        """Keep a messaging user."""
        before = self.end_users.get(end_user["Id"])
        self.end_users[end_user["Id"]] = one_end_user(before, end_user, self.is_named) if before else end_user
        if visitor is not None and visitor.row.number not in self.used_visitors:
            self.used_visitors.add(visitor.row.number)
            rebuilt = visitor_values(end_user, self.naming)
            self.ledger.note_own("MessagingEndUser", visitor.table, end_user)
            if visitor.parts > 1:
                self.shared.append(Shared(visitor, rebuilt))
            else:
                self.enter(visitor, rebuilt)

    # --- what is left -----------------------------------------------------------------------------------------------

    def orphans(self) -> None:
        """Settle the rows that found no migrated transcript."""
        for name in (EVENTS, CONTEXT):
            left = [
                (child.row.number, parent, child)
                for parent, children in self.children[name].items()
                if self.outcomes.get(parent) != "migrated"
                for child in children
            ]
            for _, parent, child in sorted(left, key=lambda found: found[0]):
                self.orphan(child, parent)

    def orphan(self, child: Waiting, parent: str) -> None:
        """Settle a row that found no migrated transcript."""
        outcome = self.outcomes.get(parent)
        table, row = child.table, child.row
        if outcome == "skipped":
            self.ledger.skipped(table, row, f"its transcript {parent} was skipped", "see the transcript's reason")
        elif outcome:
            self.ledger.rejected(table, row, f"its transcript {parent} was rejected", "see the transcript's reason")
        else:
            reason = f"its transcript {parent} is not in the source"
            name = self.setting.tables[table].object
            missing = Missing(TRANSCRIPT, PARENT[name], parent)
            self.ledger.rejected(table, row, reason, "export LiveChatTranscript too", missing)


def skip_visitor(ledger: Ledger, index: int, number: int, cells: list[str], raw: str) -> None:
    """Enter a visitor whom no migrated transcript has."""
    ledger.skipped(index, SourceRow(number, cells, raw), *_SKIPPED_VISITOR)


def _messages(made: Structures, has_whispers: bool) -> int:
    """Return how many messages the lines of a chat hold, as they were written. Within a text no quote stands bare."""
    found = made.written_entries.text.count(b'"ActorName":"')
    if has_whispers:
        found += sum(1 for off in made.off_platform if off["Source"] == WHISPERS and "author" in off["Payload"])
    return found


def is_named(plan: Plan, end_user: Row) -> bool:
    """Tell whether a messaging user has a name of his own."""
    return not str(end_user["Name"]).startswith(plan.visitor_name.partition("{")[0] or "\0")


def _id_in(table: Table, row: SourceRow) -> str | None:
    """Return the id of a transcript's row as its children spell it, None where it has none."""
    if "Id" not in table.columns:
        return None
    cell = row.cells[table.columns.index("Id")]
    try:
        return str(typed_cells(TRANSCRIPT, ("Id",), [cell])["Id"] or "") or None
    except RecordError:
        return None
