"""The ConversationEntry rows that a session leaves in the org: empty ones, as the words are kept off platform.

"The schema … only applies to conversation entries for legacy chat" and "blank for enhanced channels" (object reference,
ConversationEntry): which off-platform entries have a row, and of which EntryType, is a guess.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from ..running.moments import moment
from .effects import Entry
from .state import OPTED_OUT, Conversation, Ender, Role, Session, Status

ACTORS: Final = {
    Role.END_USER: "EndUser",
    Role.AGENT: "Agent",
    Role.BOT: "Bot",
    Role.SUPERVISOR: "Supervisor",
    Role.SYSTEM: "System",
    Role.ROUTER: "System",
}
"""ConversationEntry.ActorType of each role."""


def entry_rows(
    session: Session, conversation: Conversation, kept: Iterable[Entry], *, before: int, with_text: bool
) -> Iterator[dict[str, Any]]:
    """Yield the fields of the rows of a session's entries, in their order.

    before: how many rows the conversation has already. with_text: the words too.
    """
    entries = list(kept)
    handed_over = max((entry.sequence for entry in entries if entry.type == "RoutingResult"), default=0)
    typed = (
        (entry, entry_type(entry, session, is_last_routing_over=entry.sequence > handed_over)) for entry in entries
    )
    shown = ((entry, type_) for entry, type_ in typed if type_ is not None)
    for number, (entry, type_) in enumerate(shown, before + 1):
        yield _values(entry, type_, conversation, with_text=with_text) | {"Seq": number}


def entry_type(entry: Entry, session: Session, *, is_last_routing_over: bool) -> str | None:
    """Return ConversationEntry.EntryType of an entry, None for what has no row. A bot that leaves hands over if routing follows."""
    payload = entry.payload
    if entry.type == "Message":
        return "Text"
    if entry.type == "EndUserConsentUpdated":
        return "EndUserOptedOut" if payload.get("consentStatus") == OPTED_OUT else "EndUserOptedIn"
    if entry.type == "ParticipantChanged" and _is_bot(payload):
        if payload["entries"][0]["operation"] == "add":
            return "ChatbotEstablished"
        return None if is_last_routing_over else "BotEscalated"
    if entry.type == "SessionStatusChanged" and payload.get("sessionStatus") == Status.ENDED:
        if session.ended_by is Ender.BOT:
            return "ChatbotEndedChatByAction"
        if session.ended_by is Ender.SYSTEM and session.agent_type == "Bot":
            return "ChatbotClosedIdleSession"
    return None


def _is_bot(payload: Any) -> bool:
    return any(change["participant"]["role"] == Role.BOT for change in payload.get("entries", ()))


def _values(entry: Entry, type_: str, conversation: Conversation, *, with_text: bool) -> dict[str, Any]:
    actor = {Role.END_USER: conversation.end_user_id, Role.AGENT: entry.subject, Role.SUPERVISOR: entry.subject}
    return {
        "ConversationId": conversation.record_id,
        "ConversationEntityId": conversation.record_id,
        "EntryType": type_,
        "EntryTime": moment(entry.time // 1000),
        "EntryTimeMilliSecs": entry.time % 1000,
        "ActorType": ACTORS[entry.role],
        "ActorId": actor.get(entry.role),
        "ActorName": entry.name or None,
        "Message": (entry.text or None) if with_text else None,
        "MessageIdentifier": entry.id,
        "MessageStatus": "Sent" if type_ == "Text" else None,
        "HasAttachments": bool(entry.files),
        "ClientTimestamp": moment(entry.client_time // 1000),
        "ClientDuration": 0,
        "ServerReceivedTimestamp": moment(entry.time // 1000),
    }
