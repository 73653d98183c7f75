"""LiveChatTranscriptEvent rows: what each type means for the session, its participants and its off-platform entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..cells import Value

# Event type -> type of the off-platform entry that carries it (Messaging object model, ConversationEntry entry types).
# Types without a counterpart are notes.
_ENTRY_TYPES = {
    "ROUTING_RESULT": "ChatRequest Enqueue ChoiceRoute",
    "ROUTING_WORK_RESULT": "PushAssignment",
    "PARTICIPANT_CHANGED": (
        "Accept OperatorJoinedConference OperatorLeftConference LeaveAgent LeaveVisitor "
        "ChatbotEstablished ChatbotNotEstablished"
    ),
    "SESSION_OWNER_CHANGED": (
        "Transfer TransferredToButton TransferredToSbrSkill TransferredToQueue TransferredToBot ChatResumedAfterTransfer"
    ),
    "FLAG_RAISE": "FlagRaised",
    "FLAG_LOWER": "FlagLoweredAgent FlagLoweredSupervisor",
    "SESSION_STATUS_CHANGED": "EndAgent EndVisitor ChatbotEndChat ChatbotEndedChatByAction",
}
_BY_EVENT = {event: entry for entry, events in _ENTRY_TYPES.items() for event in events.split()}

# Event types that are values of ConversationEntry.EntryType too: they stand in the conversation itself.
IN_CONVERSATION = frozenset({"ChatbotEstablished", "ChatbotNotEstablished", "ChatbotEndedChatByAction"})

_JOINS = frozenset({"Accept", "OperatorJoinedConference", "Transfer"})
_LEAVES = frozenset({"LeaveAgent", "OperatorLeftConference", "EndAgent"})
_TOOK_PART = _JOINS | _LEAVES
_ENDINGS = {
    "EndAgent": "Agent",
    "EndVisitor": "EndUser",
    "LeaveVisitor": "EndUser",
    "CancelVisitor": "EndUser",
    "ChatbotEndChat": "Bot",
    "ChatbotEndedChatByAction": "Bot",
    "CancelNoAgent": "System",
    "CancelNoQueue": "System",
    "CancelBlocked": "System",
    "AgentBlocked": "System",
    "ConnectionTimeout": "System",
    "ChasitorIdleTimeout": "System",
}


@dataclass(frozen=True, slots=True)
class Presence:
    """An agent who took part, with the times of joining and leaving as far as events tell."""

    agent: str
    joined: str | None = None
    left: str | None = None


def entry_type(event: str, more: Mapping[str, str] | None = None) -> str:
    """Return the type of the off-platform entry for an event type; `more` go before the known ones."""
    if more and event in more:
        return more[event]
    return _BY_EVENT.get(event, "NOTE")


def first_accept(events: Sequence[Mapping[str, Value]]) -> str | None:
    """Return when the first agent took the chat, None when no event says so."""
    return next((str(e["Time"]) for e in events if e.get("Type") == "Accept" and e.get("Time")), None)


def in_order(events: Sequence[Mapping[str, Value]]) -> list[Mapping[str, Value]]:
    """Return the events by time; those of the same second keep their order."""
    return sorted(events, key=lambda event: str(event.get("Time") or ""))


def ending(events: Sequence[Mapping[str, Value]]) -> str | None:
    """Return the EndedByType that the last ending event implies, None when no event ends the chat."""
    for event in reversed(events):
        found = _ENDINGS.get(str(event.get("Type")))
        if found:
            return found
    return None


def ended_by_bot(events: Sequence[Mapping[str, Value]]) -> bool:
    """Tell whether the event that ended the chat is the bot's."""
    return ending(events) == "Bot"


def has_bot(events: Sequence[Mapping[str, Value]]) -> bool:
    """Tell whether a bot took part."""
    return any(event.get("Type") == "ChatbotEstablished" for event in events)


def bot_joined(events: Sequence[Mapping[str, Value]]) -> str | None:
    """Return when a bot took the chat, None when no event says so."""
    return next((str(e["Time"]) for e in events if e.get("Type") == "ChatbotEstablished" and e.get("Time")), None)


def visitor_left(events: Sequence[Mapping[str, Value]]) -> str | None:
    """Return when the visitor left or ended the chat, None when no event says so."""
    found = [str(e["Time"]) for e in events if e.get("Type") in ("LeaveVisitor", "EndVisitor") and e.get("Time")]
    return found[0] if found else None


def presences(events: Sequence[Mapping[str, Value]]) -> list[Presence]:
    """Return the agents who took part in order of their first event."""
    found: dict[str, Presence] = {}
    for event in events:
        agent, kind = event.get("AgentId"), event.get("Type")
        if not isinstance(agent, str) or kind not in _TOOK_PART:
            continue
        time = str(event["Time"]) if event.get("Time") else None
        before = found.get(agent, Presence(agent))
        joined = before.joined or (time if kind in _JOINS else None)
        left = time if kind in _LEAVES else None
        found[agent] = Presence(agent, joined, left)
    return list(found.values())


def last_time(events: Sequence[Mapping[str, Value]]) -> str | None:
    """Return the latest time of the events."""
    return max((str(event["Time"]) for event in events if event.get("Time")), default=None)
