"""From structures back to the canonical values of source rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..cells import Value
from .body import ParsedBody, rebuild
from .entries import BODY, CONTEXT, EVENTS, WHISPERS, body_pieces, residue_of, whisper_pieces
from .moments import seconds
from .names import (
    BODY_STYLE,
    METRICS,
    NAMING,
    SESSION_KEY,
    SESSION_NOTED,
    TRANSCRIPT_ID,
    WHISPER_STYLE,
    Naming,
)
from .session import implied_values
from .structures import Row
from .transcript import base_of, style_of

_METRIC_FIELDS = {kind: name for name, kind in METRICS.items()}


def transcript_values(
    session: Row,
    end_user: Row,
    metrics: Sequence[Row],
    entries: Sequence[Row],
    off_platform: Sequence[Row],
    residue: Mapping[str, Mapping[str, Any]],
    bodies: Mapping[str, Value] | None = None,
    naming: Naming = NAMING,
) -> dict[str, Value]:
    """Return the LiveChatTranscript row that these structures stand for, its bodies rebuilt with their residue.

    bodies: those that are known to be given again, and are not rebuilt. naming: that of the plan.
    """
    known = bodies or {}
    values: dict[str, Value] = {"Id": session[TRANSCRIPT_ID]}
    for name, target in naming.session.items():
        values[name] = session.get(target) if target else None
    implied = implied_values(session, end_user["AccountId"], end_user["ContactId"], end_user["LeadId"])
    for name, target in SESSION_NOTED.items():
        values[name] = session[target] if target in session else implied[name]
    values["LiveChatVisitorId"] = end_user["Legacy_Visitor_Id__c"]
    for row in metrics:
        values[_METRIC_FIELDS[row["MessagingSessionMetricType"]]] = row["MessagingSessionMetricValue"]
    base = seconds(base_of(session["AcceptTime"], session["StartTime"]))
    if BODY in known:
        values[BODY] = known[BODY]
    else:
        style = style_of(session.get(BODY_STYLE))
        pieces = body_pieces(entries, [row for row in off_platform if row["Source"] == BODY], base, style)
        values[BODY] = _body(pieces, style, residue.get(BODY, {})) or None
    whispers = [row for row in off_platform if row["Source"] == WHISPERS]
    if WHISPERS in known:
        values[WHISPERS] = known[WHISPERS]
    elif whispers or WHISPERS in residue:
        style = style_of(session.get(WHISPER_STYLE))
        pieces = whisper_pieces(whispers, base, style)
        values[WHISPERS] = _body(pieces, style, residue.get(WHISPERS, {})) or None
    for field, own in naming.source_fields("MessagingSession", session):
        values[own] = session[field]
    return values


def _body(pieces: Sequence[tuple[str, Any]], style: Any, residue: Mapping[str, Any]) -> str:
    lead, by_row = residue_of(residue)
    by_index = {index: by_row[id_] for index, (id_, _) in enumerate(pieces) if id_ in by_row} if by_row else {}
    return rebuild(ParsedBody(style, tuple(piece for _, piece in pieces), by_index, lead))


def visitor_values(end_user: Row, naming: Naming = NAMING) -> dict[str, Value]:
    """Return the LiveChatVisitor row that a messaging user stands for."""
    values: dict[str, Value] = {
        name: end_user.get(target) if target else None for name, target in naming.visitor.items()
    }
    values["SessionKey"] = end_user[SESSION_KEY] if SESSION_KEY in end_user else end_user["MessagingPlatformKey"]
    for field, own in naming.source_fields("MessagingEndUser", end_user):
        values[own] = end_user[field]
    return values


def event_values(row: Row, transcript: str) -> dict[str, Value]:
    """Return the LiveChatTranscriptEvent row that an off-platform entry stands for."""
    payload = row["Payload"]
    return {
        "Id": row["SourceId"],
        "LiveChatTranscriptId": transcript,
        "Type": payload["type"],
        "Time": row["EntryTime"],
        "Detail": payload["detail"],
        "AgentId": payload["agent"],
        **row["SourceFields"],
    }


def context_values(row: Row, transcript: str) -> dict[str, Value]:
    """Return the ConversationContextEntry row that an off-platform entry stands for."""
    payload = row["Payload"]
    return {
        "Id": row["SourceId"],
        "ParentId": transcript,
        "CustomDetailContextKey": payload["key"],
        "CustomDetailContextValue": payload["value"],
        **row["SourceFields"],
    }


CHILDREN = {EVENTS: event_values, CONTEXT: context_values}
