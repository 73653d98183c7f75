"""What a step of the machine asks of the world. The shell carries effects out in order, in the step's own transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .state import Agent, Chat


@dataclass(frozen=True, slots=True)
class TellVisitor:
    """Put a message into a visitor's mailbox; `type` and `message` are those of the Chat REST API."""

    chat_key: str
    type: str
    message: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeepSession:
    """Write an agent's LiveAgentSession as it is now (R65). logout: when he logged out, None while he is here."""

    agent: Agent
    logout: int | None = None


@dataclass(frozen=True, slots=True)
class MakeTranscript:
    """Write the transcript of a chat that is over, and its events after it (R56, R60)."""

    chat: Chat


@dataclass(frozen=True, slots=True)
class KeepOmniWork:
    """Write the transcript and the AgentWork of a chat that Omni-Channel routes, as they are now (R57).

    status: AgentWork.Status where an agent's part changed. is_over: the chat has just ended, so that its events are written.
    """

    chat: Chat
    agent_id: str | None = None
    status: str | None = None
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class FindOrCreate:
    """Find, make and link the records that the pre-chat form names; an agent has accepted."""

    chat_key: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class BlockAddress:
    """Add a rule that refuses an address from now on (R41)."""

    address: str
    comment: str
    agent_id: str


Effect = TellVisitor | KeepSession | MakeTranscript | KeepOmniWork | FindOrCreate | BlockAddress
