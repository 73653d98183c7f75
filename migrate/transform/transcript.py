"""One transcript and what belongs to it, made into the structures of enhanced chat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...schemas.ids import derive, derived_counter, derived_id
from ..cells import Value
from ..errors import RecordError
from ..plan import Plan
from ..written import Written
from . import events as happenings
from .attachments import TRANSFERS
from .body import ParsedBody, Style, parse
from .body.pieces import Kind
from .channel import channel_id, channel_row, developer_name
from .end_user import end_user_row, pre_chat_name
from .entries import BODY, WHISPERS, Setting, body_rows, context_line, event_line, whisper_rows
from .guids import CHAT_KEYS, guid
from .labels import labels_of
from .moments import seconds, text
from .names import BODY_STYLE, BODY_TRUNCATED, LABEL_FIELDS, METRICS, WARNINGS, WHISPER_STYLE
from .participants import Scene, cast, whisper_authors
from .reading import typed
from .roles import AMBIGUOUS, Grounds, decide
from .session import Times, accept_of, agent_type, owner, session_row, start_of, times
from .structures import Filed, Links, Parent, Person, Row, Structures
from .work import WORK, carried_work, work_rows

_DAY = 86400
_PLAIN = {
    (False, False): frozenset[str](),
    (True, False): frozenset({BODY}),
    (False, True): frozenset({WHISPERS}),
    (True, True): frozenset({BODY, WHISPERS}),
}


def migrate_transcript(
    record: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]] = (),
    visitor: Mapping[str, Any] | None = None,
    context: Sequence[Mapping[str, Any]] = (),
    plan: Plan = Plan(),
    *,
    people: Sequence[Person] = (),
    button: Mapping[str, Any] | None = None,
    links: Links | None = None,
    numbers: Mapping[str, Sequence[int]] | None = None,
    parents: Mapping[str, Parent] | None = None,
    labels: Mapping[str, str] | None = None,
    files: Sequence[Filed] = (),
    work: Sequence[Mapping[str, Any]] = (),
) -> Structures:
    """Return the structures of one transcript.

    record, events, visitor and context are rows of LiveChatTranscript, LiveChatTranscriptEvent, LiveChatVisitor and
    ConversationContextEntry: field name to cell text as a Data Export has it, or to the JSON value of REST. people are the
    users that OwnerId and the events name, button is the LiveChatButton row. links says what other transcripts decide about
    the messaging user, by default this one alone does. numbers gives source row numbers, by "transcript", "visitor",
    "events" and "context". parents are the contacts, leads, accounts and cases that are named, by id, labels what deployments and
    skills are called, files the chat's, each with the time of the event that tells of it, work its AgentWork rows. RecordError when the record cannot be carried over.
    """
    return migrate_values(
        typed("LiveChatTranscript", record),
        [typed("LiveChatTranscriptEvent", event) for event in events],
        typed("LiveChatVisitor", visitor) if visitor is not None else None,
        [typed("ConversationContextEntry", entry) for entry in context],
        plan,
        people,
        button,
        links,
        numbers or {},
        parents or {},
        labels or {},
        files,
        [typed(WORK, row) for row in work],
    )


def migrate_values(
    values: dict[str, Value],
    events: Sequence[Mapping[str, Value]],
    visitor: Mapping[str, Value] | None,
    context: Sequence[Mapping[str, Value]],
    plan: Plan,
    people: Sequence[Person],
    button: Mapping[str, Any] | None,
    links: Links | None,
    numbers: Mapping[str, Sequence[int]],
    parents: Mapping[str, Parent],
    labels: Mapping[str, str],
    files: Sequence[Filed] = (),
    work: Sequence[Mapping[str, Value]] = (),
) -> Structures:
    """Return the structures of one transcript whose rows are canonical values already; see `migrate_transcript`."""
    if not values.get("Id"):
        raise RecordError("no Id", "export the Id column")
    links = links or Links(_text(values, "ContactId"), _text(values, "AccountId"), _text(values, "LeadId"))
    known = {person.id: person for person in people}
    return _Chat(
        values, events, visitor, context, plan, known, button, links, numbers, parents, labels, files, work
    ).structures()


def _text(values: Mapping[str, Value], name: str) -> str | None:
    value = values.get(name)
    return None if value is None else str(value)


def known_names(people: Sequence[Person]) -> list[str]:
    """Return the full names that are known to be authors: FirstName LastName and Name of users."""
    return [
        name
        for person in people
        for name in person.names
        if name in (person.name, f"{person.first_name} {person.last_name}".strip())
    ]


class _Chat:
    """The values of one transcript while its rows are made."""

    def __init__(
        self,
        values: dict[str, Value],
        events: Sequence[Mapping[str, Value]],
        visitor: Mapping[str, Value] | None,
        context: Sequence[Mapping[str, Value]],
        plan: Plan,
        people: Mapping[str, Person],
        button: Mapping[str, Any] | None,
        links: Links,
        numbers: Mapping[str, Sequence[int]],
        parents: Mapping[str, Parent],
        labels: Mapping[str, str],
        files: Sequence[Filed] = (),
        work: Sequence[Mapping[str, Value]] = (),
    ) -> None:
        self.values = values
        self.events = events
        self.ordered = happenings.in_order(events)
        self.visitor = visitor
        self.context = context
        self.plan = plan
        self.people = people
        self.button = button
        self.links = links
        self.numbers = numbers
        self.parents = parents
        self.names = labels
        self.files = files
        self.work = work
        self.labels = labels_of(plan)
        self.id = str(values["Id"])
        self.counter = derived_counter(self.id)

    def structures(self) -> Structures:
        """Return the rows."""
        values, plan = self.values, self.plan
        start, _ = start_of(values, plan)
        known = known_names(tuple(self.people.values()))
        body = parse(str(values.get("Body") or ""), known, self.labels)
        whispers = parse(str(values.get("SupervisorTranscriptBody") or ""), known, self.labels)
        base = seconds(base_of(accept_of(values, self.ordered, plan), start))
        button, deployment = _text(values, "LiveChatButtonId"), values.get("LiveChatDeploymentId")
        name = developer_name(button, plan, deployment)
        pre_chat = pre_chat_name(self.context)
        has_bot = bool(values.get("IsChatbotSession")) or happenings.has_bot(self.ordered)
        kinds = [piece[0] for piece in body.pieces]
        has_bot = has_bot or (
            Kind.NOTICE in kinds
            and any(p.kind is Kind.NOTICE and self.labels.tells_of_bot(p.text.strip()) for p in body.pieces)
        )
        decided = decide(body.pieces, self.labels, self.grounds(pre_chat, has_bot))
        visitor_name = (
            pre_chat
            or next(iter(self.parent_names()), "")
            or next(
                (
                    author
                    for author, (role, _) in decided.items()
                    if role == "EndUser" and not self.labels.is_visitor(author)
                ),
                "",
            )
        )
        visitor_number = next(iter(self.numbers.get("visitor", ())), 0)
        end_user = end_user_row(values, self.visitor, visitor_number, channel_id(name), visitor_name, self.links, plan)
        conversation_id = derived_id("0dw", self.counter) if plan.session_based else derive("0dw", end_user["Id"])
        chat_key = values.get("ChatKey") or self.id
        identifier = guid(CHAT_KEYS, f"{chat_key}/{self.id}" if self.links.has_shared_chat_key else str(chat_key))
        session_id, is_shared = derived_id("0Mw", self.counter), not plan.session_based
        setting = Setting(self.id, self.counter, session_id, conversation_id, identifier, base, self.labels, is_shared)
        when = times(values, self.ordered, lambda: _last_entry_time(body, base), plan)
        present = happenings.presences(self.ordered)
        scene = Scene(
            self.id if plan.session_based else conversation_id,
            conversation_id,
            end_user["Id"],
            end_user["Name"],
            end_user["MessagingPlatformKey"],
            when.start,
            when.end,
            happenings.bot_joined(self.ordered),
            happenings.visitor_left(self.ordered),
            self.people.get(str(values.get("OwnerId"))),
        )
        troupe = cast(scene, decided, present, self.people, whisper_authors(whispers.pieces) if plan.whispers else ())
        entries, headings, body_residue, voices = body_rows(
            body, decided, troupe.by_author, self.ordered, setting, self.transfers()
        )
        notes, whisper_residue = whisper_rows(whispers, setting) if plan.whispers else (Written(), {})
        has_agent = bool(present) or any(role == "Agent" for role, _ in decided.values())
        kind = agent_type(has_bot, has_agent)
        parents = {
            "session": setting.session,
            "channel": channel_id(name),
            "end_user": end_user["Id"],
            "conversation": conversation_id,
        }
        person = self.people.get(str(values.get("OwnerId")))
        number = next(iter(self.numbers.get("transcript", ())), 0)
        session = session_row(
            values, self.ordered, when, self.links, parents, kind, owner(values, person, plan), number, plan
        )
        if "Body" in values:
            session[BODY_STYLE] = body.style.to_text() if values["Body"] else None
            session[BODY_TRUNCATED] = body.truncated
        if "SupervisorTranscriptBody" in values and plan.whispers:
            session[WHISPER_STYLE] = whispers.style.to_text() if values["SupervisorTranscriptBody"] else None
        for name_of, target in LABEL_FIELDS.items():
            if label := self.label(name_of):
                session[target] = label[:255]
        for field in plan.context.values():
            session.setdefault(field, None)
        for key, detail in self.context_details():
            if session[plan.context[key]] is None:
                session[plan.context[key]] = detail
        warnings = self.warnings(body, whispers, decided, start)
        session[WARNINGS] = "; ".join(warning.partition(":")[0] for warning in warnings) or None
        residue = {"Body": body_residue, "SupervisorTranscriptBody": whisper_residue}
        if plan.whispers:
            kinds += [piece[0] for piece in whispers.pieces]
        return Structures(
            channel=channel_row(button, plan, self.button, deployment, self.label("LiveChatDeploymentId")),
            end_user=end_user,
            session=session,
            metrics=self.metrics(session["Id"]),
            conversation=self.conversation(conversation_id, identifier, when, session["EndedByType"], channel_id(name)),
            participants=troupe.rows,
            written_entries=entries,
            written_off_platform=headings + notes + self.carried(troupe.by_user, setting, when.start),
            messages=kinds.count(Kind.LINE),
            voices=voices,
            warnings=warnings,
            residue={name: rows for name, rows in residue.items() if rows},
            plain=_PLAIN[body.is_plain, whispers.is_plain and plan.whispers],
            files=tuple({**row, "FirstPublishLocationId": session["Id"]} for row, _ in self.files),
            work=self.offers(session, when.end) if plan.agent_work else (),
        )

    def transfers(self) -> tuple[tuple[int, bool], ...]:
        """Return when events tell of files that went over, in order, and whether the file is there."""
        if not self.files:
            return ()
        there = {time for _, time in self.files}
        times = (
            seconds(str(event["Time"]))
            for event in self.ordered
            if event.get("Type") in TRANSFERS and event.get("Time")
        )
        return tuple((time, time in there) for time in times)

    def offers(self, session: Row, end: str) -> tuple[Row, ...]:
        """Return the work of the session's agents: what the source has of it, else what the events tell."""
        return carried_work(self.work, session) if self.work else work_rows(self.ordered, session, end)

    def parent_names(self) -> tuple[str, ...]:
        """Return what the contact and the lead of the messaging user are called, those of the chat itself after them."""
        named = (self.links.contact, self.values.get("ContactId"), self.links.lead, self.values.get("LeadId"))
        found = (self.parents.get(str(id_)) for id_ in named)
        return tuple(dict.fromkeys(parent.name for parent in found if parent and parent.name))

    def label(self, field: str) -> str:
        """Return what the button, deployment or skill is called that a field names, empty when that is not known."""
        if field == "LiveChatButtonId":
            return str((self.button or {}).get("MasterLabel") or "")
        return self.names.get(str(self.values.get(field)), "")

    def context_details(self) -> Iterator[tuple[str, Value]]:
        """Yield key and value of the pre-chat details that are fields of the session."""
        for entry in self.context:
            if entry.get("CustomDetailContextKey") in self.plan.context:
                yield str(entry["CustomDetailContextKey"]), entry.get("CustomDetailContextValue")

    def conversation(self, id_: str, identifier: str, when: Times, ended_by: str, channel: str) -> Row:
        """Return the conversation, as far as this chat knows it.

        A session-based channel ends it with its session, at the same moment. Else it is the messaging user's, and only he ends
        it, when his identity is not verified: Salesforce Help, Considerations and Limitations of Enhanced Chat.
        """
        end: str | None = when.end
        if not self.plan.session_based:
            identifier = guid(CHAT_KEYS, id_)
            if ended_by != "EndUser" or self.plan.verified_users:
                end = None
        return {
            "Id": id_,
            "ConversationIdentifier": identifier,
            "StartTime": when.start,
            "EndTime": end,
            "ConversationChannelId": channel,
        }

    def grounds(self, pre_chat: str, has_bot: bool) -> Grounds:
        """Return what events, owner, pre-chat details and counts say about the authors."""
        of_events = dict.fromkeys(str(event["AgentId"]) for event in self.events if event.get("AgentId"))
        owner_id = str(self.values.get("OwnerId"))
        visitor_count, agent_count = self.values.get("VisitorMessageCount"), self.values.get("OperatorMessageCount")
        return Grounds(
            tuple(self.people[user] for user in of_events if user in self.people),
            self.people.get(owner_id),
            frozenset({pre_chat} if pre_chat else ()),
            has_bot,
            agent_count if isinstance(agent_count, int) else None,
            visitor_count if isinstance(visitor_count, int) else None,
            self.parent_names(),
        )

    def metrics(self, session: str) -> tuple[Row, ...]:
        """Return a metric for each count and response time that the transcript has."""
        rows = []
        for place, (name, kind) in enumerate(METRICS.items()):
            value = self.values.get(name)
            if value is not None and kind in self.plan.metrics:
                rows.append(
                    {
                        "Id": derived_id("zc7", self.counter + place),
                        "MessagingSessionId": session,
                        "MessagingSessionMetricType": kind,
                        "MessagingSessionMetricValue": value,
                    }
                )
        return tuple(rows)

    def carried(self, by_user: Mapping[str, str], setting: Setting, start: str) -> Written:
        """Return the off-platform entries of events and pre-chat details."""
        event_numbers = self.numbers.get("events", (0,) * len(self.events))
        context_numbers = self.numbers.get("context", (0,) * len(self.context))
        lines = [
            event_line(event, number, by_user.get(str(event.get("AgentId"))), setting, self.plan.events, self.files)
            for event, number in zip(self.events, event_numbers, strict=True)
        ]
        lines += [
            context_line(entry, number, start, setting)
            for entry, number in zip(self.context, context_numbers, strict=True)
        ]
        return Written.of(lines)

    def warnings(
        self, body: ParsedBody, whispers: ParsedBody, decided: Mapping[str, tuple[str, str]], start: str
    ) -> tuple[str, ...]:
        """Return what somebody should look at."""
        found = []
        if body.truncated or whispers.truncated:
            found.append("truncated: the end of the body is cut off")
        started = next((piece for piece in body.pieces if piece[0] is Kind.STARTED), None)
        if started is not None and started.at is None:
            found.append("heading date: the date of Chat Started could not be read")
        elif started is not None and started.at is not None and abs(started.at - seconds(start)) > _DAY:
            found.append("heading date: Chat Started and the record's times are more than a day apart")
        if any(ground in AMBIGUOUS for _, ground in decided.values()):
            found.append("role: an author's role is a guess")
        if any(piece[0] is Kind.LOOSE for piece in body.pieces):
            found.append("unparsed: the body has text outside the known forms")
        return tuple(found)


def base_of(accept: Value, start: str) -> str:
    """Return the time that lines without a heading count from."""
    return str(accept) if accept else start


def style_of(text_: str | None) -> Style:
    """Return the style that a session's field tells, the usual one for an empty body."""
    return Style.from_text(text_) if text_ else Style()


def _last_entry_time(body: ParsedBody, base: int) -> str | None:
    now: int | None = None
    for piece in body.pieces:
        if piece.kind is Kind.STARTED and piece.at is not None:
            base = piece.at
        elif piece.offset is not None:
            now = base + piece.offset
        elif piece.kind is Kind.LINE and piece.at is not None:
            now = piece.at
    return None if now is None else text(now)
