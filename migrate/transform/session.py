"""MessagingSession: written complete, because most of its fields can be set on insert only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from ..cells import Value
from ..errors import RecordError
from ..plan import Plan
from ..plan.decisions import BY_HISTORY
from . import events as happenings
from .moments import seconds, text
from .names import (
    END_TIME_BASIS,
    ENDED_BY_BASIS,
    SESSION_NOTED,
    SOURCE_ROW,
    START_TIME_BASIS,
    TRANSCRIPT_ID,
    naming_of,
)
from .reading import fields_of
from .structures import Links, Person, Row, linked

_ENDED_BY = {"Agent": "Agent", "Visitor": "EndUser", "System": "System"}
_LANGUAGES = (
    "en_US",
    "de",
    "es",
    "fr",
    "it",
    "ja",
    "sv",
    "ko",
    "zh_TW",
    "zh_CN",
    "pt_BR",
    "nl_NL",
    "da",
    "th",
    "fi",
    "ru",
    "es_MX",
    "no",
)
_LANGUAGE_OF = {
    "en": "en_US", "en-us": "en_US", "zh-tw": "zh_TW", "zh-cn": "zh_CN", "pt-br": "pt_BR", "nl": "nl_NL", "nl-nl": "nl_NL",
    "es-mx": "es_MX", "nb": "no", "nb-no": "no", "de-de": "de", "fr-fr": "fr", "es-es": "es", "it-it": "it", "ja-jp": "ja",
    "sv-se": "sv", "ko-kr": "ko", "da-dk": "da", "th-th": "th", "fi-fi": "fi", "ru-ru": "ru",
}  # fmt: skip
_BROWSER_LANGUAGE = {
    "en_US": "en-US", "zh_TW": "zh-TW", "zh_CN": "zh-CN", "pt_BR": "pt-BR", "nl_NL": "nl-NL", "es_MX": "es-MX",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Times:
    """When a session starts, is accepted and ends, and which source field or event says so."""

    start: str
    start_basis: str
    accept: str | None
    end: str
    end_basis: str


def start_of(values: Mapping[str, Value], plan: Plan = Plan()) -> tuple[str, str]:
    """Return the time a chat was asked for and the field that tells it. RecordError when no field does."""
    for name in plan.start_times:
        value = values.get(name)
        if value:
            return str(value), name
    *others, last = plan.start_times or ("field",)
    named = f"{', '.join(others)} or {last}" if others else last
    raise RecordError(f"no {named}", "export one of these fields, or fill it in")


def accept_of(values: Mapping[str, Value], events: Sequence[Mapping[str, Value]], plan: Plan = Plan()) -> str | None:
    """Return the time an agent took the chat, None for missed chats and where nothing tells it."""
    if values.get("Status") == "Missed":
        return None
    for source in plan.accept_times:
        found = values.get("StartTime") if source == "StartTime" else happenings.first_accept(events)
        if found:
            return str(found)
    return None


def times(
    values: Mapping[str, Value],
    events: Sequence[Mapping[str, Value]],
    last_entry: Callable[[], str | None],
    plan: Plan = Plan(),
) -> Times:
    """Return the times of a session; a missing EndTime is the last event's, StartTime + ChatDuration or the last entry's."""
    start, start_basis = start_of(values, plan)
    end, end_basis = _end(values, events, last_entry, start, plan)
    return Times(start, start_basis, accept_of(values, events, plan), end, end_basis)


def _end(
    values: Mapping[str, Value],
    events: Sequence[Mapping[str, Value]],
    last_entry: Callable[[], str | None],
    start: str,
    plan: Plan,
) -> tuple[str, str]:
    for basis in plan.end_times:
        found: str | None = None
        if basis == "EndTime":
            found = str(values["EndTime"]) if values.get("EndTime") else None
        elif basis == "last event":
            found = happenings.last_time(events)
        elif basis == "last entry":
            entry = last_entry()
            found = entry if entry and entry >= start else None
        else:
            begun, duration = values.get("StartTime"), values.get("ChatDuration")
            if begun and isinstance(duration, int):
                found = text(seconds(str(begun)) + duration)
        if found:
            return found, basis
    return start, "start"


def ended_by(
    values: Mapping[str, Value], events: Sequence[Mapping[str, Value]], plan: Plan = Plan()
) -> tuple[str, str]:
    """Return EndedByType and what it was taken from."""
    status = values.get("Status")
    if status in ("Dropped", "Blocked"):
        decided = plan.dropped_ended_by if status == "Dropped" else plan.blocked_ended_by
        if decided != "as stated":
            return decided, f"status {status}"
    if values.get("IsChatbotSession") and happenings.ended_by_bot(events):
        return "Bot", "event"
    stated = values.get("EndedBy")
    if stated:
        return plan.ended_by.get(str(stated)) or _ENDED_BY[str(stated)], "EndedBy"
    by_event = happenings.ending(events)
    if by_event:
        return by_event, "event"
    return "System", "not stated"


def agent_type(has_bot: bool, has_agent: bool) -> str:
    """Return MessagingSession.AgentType."""
    if not has_bot:
        return "Agent"
    return "BotToAgent" if has_agent else "Bot"


def language_code(browser_language: Value, more: Mapping[str, str] | None = None) -> str | None:
    """Return the supported language code of a browser language, None when there is none; `more` go before the known ones."""
    if not browser_language:
        return None
    asked = str(browser_language)
    if more and asked in more:
        return more[asked]
    if asked in _LANGUAGES:
        return asked
    return _LANGUAGE_OF.get(asked.lower().replace("_", "-")) or (asked.lower() if asked.lower() in _LANGUAGES else None)


def session_key(chat_key: Value) -> str | None:
    """Return MessagingSession.SessionKey: the chat key, or a GUID made from one of more than 36 characters."""
    if not chat_key:
        return None
    key = str(chat_key)
    return key if len(key) <= 36 else str(UUID(bytes=sha256(key.encode()).digest()[:16], version=4))


def owner(values: Mapping[str, Value], person: Person | None, plan: Plan) -> Value:
    """Return the owner: the legacy one, or the plan's when he is inactive or the chat was missed and so is a system user's."""
    legacy = values.get("OwnerId")
    if plan.owners and str(legacy) in plan.owners:
        return plan.owners[str(legacy)]
    if plan.default_owner and (legacy is None or values.get("Status") == "Missed" or (person and not person.is_active)):
        return plan.default_owner
    return legacy


def _status(legacy: Value, plan: Plan) -> str:
    if legacy == "Dropped":
        return plan.dropped_status
    if legacy == "Missed":
        return plan.missed_status
    return plan.blocked_status if legacy == "Blocked" else plan.completed_status


def session_row(
    values: Mapping[str, Value],
    events: Sequence[Mapping[str, Value]],
    when: Times,
    links: Links,
    parents: Mapping[str, str],
    kind: str,
    owner_id: Value,
    number: int,
    plan: Plan,
) -> Row:
    """Return the session. `parents` has the ids of session, channel, end user and conversation, `kind` is the AgentType."""
    by, by_basis = ended_by(values, events, plan)
    row: Row = {
        "Id": parents["session"],
        "MessagingChannelId": parents["channel"],
        "MessagingEndUserId": parents["end_user"],
        "ConversationId": parents["conversation"],
        "Status": _status(values.get("Status"), plan),
        "Origin": plan.origin,
        "AgentType": kind if plan.agent_type == BY_HISTORY else plan.agent_type,
        "StartTime": when.start,
        "AcceptTime": when.accept,
        "EndTime": when.end,
        "EndedByType": by,
        "SessionKey": session_key(values.get("ChatKey")) if plan.session_key == "ChatKey" else None,
        "CaseId": None,
        "LeadId": values.get("LeadId") if "LeadId" in plan.links else None,
        "EndUserLanguage": language_code(values.get("BrowserLanguage"), plan.languages),
    }
    if owner_id is not None:
        row["OwnerId"] = owner_id
    row[TRANSCRIPT_ID] = values["Id"]
    row[SOURCE_ROW] = number or None
    row[START_TIME_BASIS] = when.start_basis
    row[END_TIME_BASIS] = when.end_basis
    row[ENDED_BY_BASIS] = by_basis
    known = fields_of("LiveChatTranscript")
    naming = naming_of(plan)
    same = naming.session
    for name, value in values.items():
        target = same.get(name)
        if target is not None:
            row[target] = value
        elif name not in known:
            row[naming.custom_field("MessagingSession", name)] = value
    implied = implied_values(row, *linked(links, plan))
    for name, target in SESSION_NOTED.items():
        if name in values and values[name] != implied[name]:
            row[target] = values[name]
    for required in ("IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById"):
        if row.get(required, "") is None:
            del row[required]
    return row


def implied_values(row: Row, account: Value, contact: Value, lead: Value) -> dict[str, Value]:
    """Return the source values that the mapped fields of a session imply; a note on the session overrules them."""
    end_basis, start_basis = row[END_TIME_BASIS], row[START_TIME_BASIS]
    language = row["EndUserLanguage"]
    by_basis = row[ENDED_BY_BASIS]
    legacy_ended_by = {"Agent": "Agent", "EndUser": "Visitor", "System": "System"}.get(row["EndedByType"])
    return {
        "OwnerId": row.get("OwnerId"),
        "EndedBy": legacy_ended_by if by_basis != "not stated" else None,
        "RequestTime": row["StartTime"] if start_basis == "RequestTime" else None,
        "StartTime": row["AcceptTime"],
        "EndTime": row["EndTime"] if end_basis == "EndTime" else None,
        "AccountId": account,
        "ContactId": contact,
        "LeadId": row["LeadId"],
        "ChatKey": row["SessionKey"],
        "BrowserLanguage": _BROWSER_LANGUAGE.get(language, language),
    }
