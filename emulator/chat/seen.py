"""What the agent API answers, as values: each has the keys of its JSON, written the way Python writes names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from ..running.codec import value_of

T = TypeVar("T")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Offer:
    """What an agent is asked: kind is ``chat``, ``transfer`` or ``conference``; expires_at is ISO 8601, None without a time-out."""

    request_id: str
    kind: str
    chat_key: str
    visitor_name: str
    deployment_name: str
    button_id: str | None
    wait_seconds: int
    message: str = ""
    from_agent_id: str | None = None
    expires_at: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the pre-chat form."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Details:
    """Who the visitor is, and from where."""

    name: str
    ip_address: str | None = None
    user_agent: str | None = None
    language: str | None = None
    screen_resolution: str | None = None
    referrer: str | None = None
    breadcrumbs: tuple[str, ...] = ()
    prechat: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Participant:
    agent_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chat: role is ``Visitor``, ``Agent``, ``Supervisor`` or ``System``; time is ISO 8601."""

    role: str
    name: str
    text: str
    time: str


@dataclass(frozen=True, slots=True)
class AttachedRecord:
    record_id: str
    object: str
    name: str
    transcript_field: str | None = None


@dataclass(frozen=True, slots=True)
class RaisedFlag:
    agent_id: str
    message: str
    chat_key: str = ""
    raised_at: str = ""


@dataclass(frozen=True, slots=True)
class EarlierChat:
    """A former chat of the same visitor."""

    transcript_id: str
    name: str
    start_time: str | None
    status: str | None
    body: str | None


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that the visitor sent: id is that of the Attachment or ContentVersion which keeps it."""

    name: str
    id: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """A chat on an agent's console: state is ``engaged`` or ``ended``."""

    chat_key: str
    state: str
    visitor: Details
    deployment_name: str
    site_id: str | None
    button_id: str | None
    sneak_peek: str
    participants: tuple[Participant, ...]
    messages: tuple[Line, ...]
    attached: tuple[AttachedRecord, ...]
    file_request: str | None
    files: tuple[ReceivedFile, ...]
    flags: tuple[RaisedFlag, ...]
    earlier: tuple[EarlierChat, ...]
    hidden: int
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgentConsole:
    """An agent's console as it is now."""

    status: str
    session_id: str
    capacity: int
    requests: tuple[Offer, ...]
    chats: tuple[Conversation, ...]

    def chat(self, chat_key: str) -> Conversation:
        """Return one of the chats. Raises `KeyError`."""
        for chat in self.chats:
            if chat.chat_key == chat_key:
                return chat
        raise KeyError(chat_key)


@dataclass(frozen=True, slots=True)
class QuickText:
    id: str
    name: str
    message: str
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """can_send: it has a Chat Answer; any other article can only be read."""

    id: str
    title: str
    summary: str | None
    can_send: bool


@dataclass(frozen=True, slots=True)
class FoundRecord:
    id: str
    object: str
    name: str | None


@dataclass(frozen=True, slots=True)
class AgentAtWork:
    """An agent as a supervisor sees him. chats: open windows; requests: what he is asked and has not answered."""

    agent_id: str
    name: str
    status: str
    session_id: str
    capacity: int
    chats: int
    requests: int
    skills: tuple[str, ...]
    login_time: str


@dataclass(frozen=True, slots=True)
class WaitingVisitor:
    """estimated_wait_seconds is -1 where it is unknown."""

    chat_key: str
    visitor_name: str
    wait_seconds: int
    estimated_wait_seconds: int


@dataclass(frozen=True, slots=True)
class Queue:
    """The visitors who wait at a button, the one who has waited longest first."""

    button_id: str
    name: str
    length: int
    longest_wait_seconds: int
    waiting: tuple[WaitingVisitor, ...]


@dataclass(frozen=True, slots=True)
class TypedText:
    """What an agent has typed and not sent yet."""

    agent_id: str
    text: str


@dataclass(frozen=True, slots=True)
class RunningChat:
    chat_key: str
    visitor_name: str
    button_id: str | None
    agent_ids: tuple[str, ...]
    duration_seconds: int
    messages: tuple[Line, ...]
    sneak_peek: str
    agent_typing: tuple[TypedText, ...]


@dataclass(frozen=True, slots=True)
class SupervisorPanel:
    """The whole desk."""

    agents: tuple[AgentAtWork, ...]
    queues: tuple[Queue, ...]
    chats: tuple[RunningChat, ...]
    flags: tuple[RaisedFlag, ...]


def seen(kind: type[T], answer: Any) -> T:
    """Return a value of a type from the JSON that the agent API answered."""
    return value_of(kind, _named(answer))


def _named(answer: Any) -> Any:
    if isinstance(answer, Mapping):
        return {_HUMP.sub("_", key).lower(): _named(value) for key, value in answer.items()}
    return [_named(value) for value in answer] if isinstance(answer, list) else answer
