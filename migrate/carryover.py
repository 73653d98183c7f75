"""The second pass: transcripts are read again, one at a time, and written as structures with what waited for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from .cells import Value
from .errors import RecordError
from .extract.source import Source
from .extract.tables import SourceRow
from .intake import BUTTON, DELETED, USER, VISITOR, Progress, Waiting, is_deleted
from .layout import OFF_PLATFORM
from .ledger import TRANSCRIPT, Ledger
from .load.folder import FolderTarget
from .plan import Plan
from .staging import Staging
from .transform.channel import channel_id, developer_name
from .transform.end_user import end_user_id, identity, platform_key
from .transform.entries import CONTEXT, EVENTS, WHISPERS
from .transform.inverse import CHILDREN, transcript_values, visitor_values
from .transform.names import ROLE_BASIS
from .transform.reading import typed_cells
from .transform.structures import Links, Person, Row, Structures
from .transform.transcript import migrate_values

_REMEMBERED = 20_000  # rows of the work file that are kept at hand
_SKIPPED_VISITOR = ("no migrated transcript has this visitor", "nothing to do")


class Carryover:
    """One second pass."""

    def __init__(
        self, source: Source, staging: Staging, target: FolderTarget, ledger: Ledger, plan: Plan, progress: Progress
    ) -> None:
        self.source = source
        self.staging = staging
        self.target = target
        self.ledger = ledger
        self.plan = plan
        self.progress = progress
        self.channels: dict[str, Row] = {}
        self.people: dict[str, Person | None] = {}
        self.buttons: dict[str, dict[str, str] | None] = {}
        self.end_users: dict[str, bool] = {}
        self.used_visitors: set[int] = set()
        self.has_shared_chat_keys = False

    def carry(self) -> None:
        """Migrate the transcripts in source order."""
        self.staging.link_visitors()
        self.has_shared_chat_keys = self.staging.find_shared_chat_keys()
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
                self.ledger.skipped(index, row, *reason)
                self.ledger.count_messages(record, "skipped")
                return "skipped"
            structures, children, visitor = self._migrate(index, row, noted[0])
        except RecordError as error:
            self.ledger.rejected(index, row, error.message, error.remedy)
            self.ledger.count_messages(record, "rejected")
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
        return DELETED if is_deleted(record) else None

    def _migrate(self, index: int, row: SourceRow, id_: str | None) -> tuple[Structures, list[Waiting], Waiting | None]:
        values = typed_cells(TRANSCRIPT, self.source.tables[index].columns, row.cells)
        events, context = (
            [Waiting(number, *packed) for number, packed in self.staging.children(name, id_)] if id_ else []
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
            self._links(values, visitor),
            {
                "transcript": [row.number],
                "visitor": [visitor.number] if visitor else [],
                "events": [child.number for child in events],
                "context": [child.number for child in context],
            },
        )
        return structures, [*events, *context], visitor

    def _visitor(self, id_: Value) -> Waiting | None:
        if not id_:
            return None
        for number, document in self.staging.execute(
            "SELECT row, document FROM record WHERE kind = ? AND id = ?", (VISITOR, id_)
        ):
            return Waiting(number, *orjson.loads(document))
        return None

    def _links(self, values: Mapping[str, Value], visitor: Waiting | None) -> Links | None:
        """Return what the other chats decide about the messaging user of this one and about its conversation."""
        if not values.get("Id"):
            return None
        who, contact = identity(values), values.get("ContactId")
        channel = channel_id(developer_name(values.get("LiveChatButtonId"), self.plan))
        found = self.staging.link(who, channel, str(contact or ""))
        if found is None:
            return None
        contact, account, lead, is_first = found
        chat_key = values.get("ChatKey")
        is_shared = bool(self.has_shared_chat_keys and chat_key and self.staging.is_shared_chat_key(str(chat_key)))
        links = Links(contact, account, lead, "" if is_first else str(contact), False, is_shared)
        key = platform_key(values, visitor.values if visitor else None, channel, links)
        if self.staging.claim_platform_key(channel, key, end_user_id(channel, who, links.variant)):
            return links
        return replace(links, has_taken_key=True)

    def _people_of(self, values: Mapping[str, Value], events: list[Waiting]) -> list[Person]:
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
        children: list[Waiting],
        visitor: Waiting | None,
    ) -> None:
        self.channels.setdefault(made.channel["Id"], made.channel)
        self._keep_end_user(made.end_user, visitor)
        self.target.add("MessagingSession", [made.session])
        self.target.add("MessagingSessionMetrics", made.metrics)
        self.target.add("Conversation", [made.conversation])
        self.target.add("ConversationParticipant", made.participants)
        self.target.add("ConversationEntry", made.entries)
        self.target.add(OFF_PLATFORM, made.off_platform)
        self.ledger.note_own("MessagingSession", index, made.session)
        values = transcript_values(
            made.session, made.end_user, made.metrics, made.entries, made.off_platform, made.residue
        )
        self.ledger.migrated(index, row, values, made.residue)
        id_ = made.session["Legacy_Transcript_Id__c"]
        carried = made.off_platform[len(made.off_platform) - len(children) :]
        for child, off in zip(children, carried, strict=True):
            self._migrated(child, CHILDREN[off["Source"]](off, id_))
        for warning in made.warnings:
            self.ledger.books.warn(warning, id_)
        for entry in made.entries:
            self.ledger.books.grounds[entry[ROLE_BASIS]] += 1
        self.ledger.books.statuses[made.session.get("Legacy_Status__c") or ""] += 1
        messages = sum(1 for entry in made.entries if entry["ActorName"] is not None)
        messages += sum(1 for off in made.off_platform if off["Source"] == WHISPERS and "author" in off["Payload"])
        self.ledger.books.messages.read += made.messages
        self.ledger.books.messages.migrated += messages

    def _keep_end_user(self, end_user: Row, visitor: Waiting | None) -> None:
        id_, is_named = end_user["Id"], not end_user["Name"].startswith("Visitor ")
        if not (self.end_users.get(id_) or (id_ in self.end_users and not is_named)):
            self.staging.keep_end_user(id_, is_named, end_user)
            if len(self.end_users) > _REMEMBERED:
                self.end_users.clear()
            self.end_users[id_] = is_named
        if visitor is None or visitor.number in self.used_visitors:
            return
        if len(self.used_visitors) > _REMEMBERED:
            self.used_visitors.clear()
        self.used_visitors.add(visitor.number)
        if self.staging.use_visitor(visitor.number):
            self._migrated(visitor, visitor_values(end_user))
            self.ledger.note_own("MessagingEndUser", visitor.table, end_user)

    def _migrated(self, waiting: Waiting, rebuilt: Mapping[str, Value]) -> None:
        """Enter a row that waited; `rebuilt` are the values that its structures give back."""
        values = waiting.values
        is_plain = waiting.cells is None and waiting.raw is None
        if is_plain and [rebuilt.get(name) for name in values] == list(values.values()):
            self.ledger.migrated_plainly(waiting.table, waiting.size)
        else:
            row = waiting.row(self.ledger.spellings[waiting.table])
            self.ledger.migrated(waiting.table, row, rebuilt)

    # --- what is left ------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Write the messaging users and channels, settle the rows that found no transcript."""
        for (document,) in self.staging.execute("SELECT document FROM end_user ORDER BY position"):
            self.target.add("MessagingEndUser", [orjson.loads(document)])
        self.target.add("MessagingChannel", self.channels.values())
        for name in (EVENTS, CONTEXT):
            for parent, number, document in self.staging.orphans(name):
                self._settle_orphan(parent, Waiting(number, *document))
        for number, document in self.staging.unused_visitors(VISITOR):
            visitor = Waiting(number, *document)
            row = visitor.row(self.ledger.spellings[visitor.table])
            self.ledger.skipped(visitor.table, row, *_SKIPPED_VISITOR)

    def _settle_orphan(self, parent: str, child: Waiting) -> None:
        row = child.row(self.ledger.spellings[child.table])
        outcomes = {
            outcome for (outcome,) in self.staging.execute("SELECT outcome FROM transcript WHERE id = ?", (parent,))
        }
        if "skipped" in outcomes:
            self.ledger.skipped(child.table, row, f"its transcript {parent} was skipped", "see the transcript's reason")
        elif outcomes:
            self.ledger.rejected(
                child.table, row, f"its transcript {parent} was rejected", "see the transcript's reason"
            )
        else:
            self.ledger.rejected(
                child.table, row, f"its transcript {parent} is not in the source", "export LiveChatTranscript too"
            )
