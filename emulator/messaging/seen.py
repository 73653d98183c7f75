"""What the rep API answers, as values: each has the keys of its JSON, written the way Python writes names.

Times are ISO 8601, UTC; ids of sessions, work and users are those of their records, conversations have UUIDs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from ..running.codec import value_of

T = TypeVar("T")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_AS_SENT: Final = frozenset({"payload"})
"""Keys whose values are the platform's own JSON and stay as they are."""


@dataclass(frozen=True, slots=True)
class OfferedWork:
    """Work that a rep is offered: kind is ``session``, ``transfer`` or ``conference``; expires_at is None without a time-out."""

    agent_work_id: str
    kind: str
    messaging_session_id: str
    conversation_id: str
    end_user_name: str
    channel: str
    wait_seconds: int
    from_rep_id: str | None
    from_name: str | None
    preview: str
    weight: float
    assigned_at: str
    expires_at: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the pre-chat form."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class EndUser:
    """Who writes: subject is MessagingEndUser.MessagingPlatformKey, platform ``Web`` or ``Mobile``."""

    messaging_end_user_id: str
    name: str
    subject: str
    is_verified: bool
    platform: str
    language: str | None
    consent: str
    prechat: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class ChannelOfSession:
    channel_id: str
    developer_name: str
    label: str
    type: str
    deployment: str
    session_based: bool


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who is in a session: role is ``EndUser``, ``Agent`` or ``Chatbot``; rep_id is given for reps."""

    role: str
    name: str
    rep_id: str | None
    joined_at: str


@dataclass(frozen=True, slots=True)
class ConversationEntry:
    """One entry: entry_type is ``Message``, ``ParticipantChanged``, ``Note`` (a whisper) …; payload is its ``entryPayload``."""

    entry_id: str
    entry_type: str
    role: str
    name: str
    text: str
    time: str
    messaging_session_id: str | None
    is_hidden: bool
    files: tuple[str, ...]
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RaisedFlag:
    messaging_session_id: str
    rep_id: str
    message: str
    raised_at: str


@dataclass(frozen=True, slots=True)
class RepSession:
    """A session whose tab a rep has open. entries: all of it; earlier: messages of the conversation's former sessions."""

    agent_work_id: str
    messaging_session_id: str
    conversation_id: str
    status: str
    origin: str
    owner_id: str
    is_owner: bool
    bot: str | None
    ended_by: str | None
    is_conversation_open: bool
    conversation_ended_at: str | None
    is_typing: bool
    delivered_message_id: str | None
    read_message_id: str | None
    participants: tuple[Participant, ...]
    flags: tuple[RaisedFlag, ...]
    preview: str
    started_at: str
    accepted_at: str | None
    ended_at: str | None
    duration_seconds: int
    channel: ChannelOfSession
    end_user: EndUser
    entries: tuple[ConversationEntry, ...]
    earlier: tuple[ConversationEntry, ...]

    @property
    def messages(self) -> tuple[ConversationEntry, ...]:
        """The entries that somebody said."""
        return tuple(entry for entry in self.entries if entry.entry_type == "Message")


@dataclass(frozen=True, slots=True)
class RepView:
    """A rep's console as it is now. work: what he is offered, oldest first. load: how much of his capacity is in use."""

    rep_id: str
    name: str
    status: str
    presence_id: str | None
    is_available: bool
    capacity: float
    load: float
    work: tuple[OfferedWork, ...]
    sessions: tuple[RepSession, ...]

    def session(self, messaging_session_id: str) -> RepSession:
        """Return one of the sessions. Raises `KeyError`."""
        for session in self.sessions:
            if session.messaging_session_id == messaging_session_id:
                return session
        raise KeyError(messaging_session_id)


@dataclass(frozen=True, slots=True)
class RepAtWork:
    """A rep as a supervisor sees him. work: what he is offered; sessions: his open tabs."""

    rep_id: str
    name: str
    status: str
    is_available: bool
    presence_id: str
    since: str
    capacity: float
    load: float
    work: int
    sessions: int
    skills: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WaitingSession:
    """A session that waits: position is its place, from 1; offered_to the rep who is asked just now."""

    messaging_session_id: str
    conversation_id: str
    end_user_name: str
    wait_seconds: int
    position: int
    offered_to: str | None


@dataclass(frozen=True, slots=True)
class Queue:
    """Where sessions wait: a queue, a set of skills, or a rep that one was transferred to; whoever has waited longest comes first."""

    queue_id: str | None
    skill_ids: tuple[str, ...]
    rep_id: str | None
    name: str
    length: int
    longest_wait_seconds: int
    waiting: tuple[WaitingSession, ...]


@dataclass(frozen=True, slots=True)
class RunningSession:
    messaging_session_id: str
    conversation_id: str
    channel: str
    end_user_name: str
    status: str
    origin: str
    owner_id: str
    bot: str | None
    participants: tuple[Participant, ...]
    flags: tuple[RaisedFlag, ...]
    preview: str
    started_at: str
    accepted_at: str | None
    duration_seconds: int


@dataclass(frozen=True, slots=True)
class SupervisorView:
    """Who is there, who waits, what runs, and which flags are up."""

    reps: tuple[RepAtWork, ...]
    queues: tuple[Queue, ...]
    sessions: tuple[RunningSession, ...]
    flags: tuple[RaisedFlag, ...]


def seen(kind: type[T], answer: Any) -> T:
    """Return a value of a type from the JSON that the rep API answered."""
    return value_of(kind, _named(answer))


def _named(answer: Any) -> Any:
    if isinstance(answer, Mapping):
        return {
            _HUMP.sub("_", key).lower(): value if key in _AS_SENT else _named(value) for key, value in answer.items()
        }
    return [_named(value) for value in answer] if isinstance(answer, list) else answer
