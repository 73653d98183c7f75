"""What runs in enhanced chat: reps, conversations, sessions, work. Values only; a step of the machine makes new ones.

Every time is a whole millisecond since 1970, UTC. Reps are named by the ids of their users, sessions and work by the ids of their
records, conversations by their UUIDs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

OPTED_OUT: Final = "OptedOut"
IMPLICIT: Final = "ImplicitlyOptedIn"
EXPLICIT: Final = "ExplicitlyOptedIn"
"""Values of MessagingEndUser.MessagingConsentStatus."""
PREVIEW: Final = 255
"""Characters of MessagingSession.PreviewDetails."""


class Role(StrEnum):
    """Who takes part, as conversation entries name it (Messaging API, "Server-Sent Event Structure")."""

    END_USER = "EndUser"
    AGENT = "Agent"
    BOT = "Chatbot"
    SYSTEM = "System"
    SUPERVISOR = "Supervisor"
    ROUTER = "Router"


class Status(StrEnum):
    """MessagingSession.Status."""

    NEW = "New"
    WAITING = "Waiting"
    ACTIVE = "Active"
    CONSENT = "Consent"
    PAUSED = "Paused"
    INACTIVE = "Inactive"
    ENDED = "Ended"
    ERROR = "Error"


class Ender(StrEnum):
    """MessagingSession.EndedByType."""

    AGENT = "Agent"
    BOT = "Bot"
    END_USER = "EndUser"
    SYSTEM = "System"


class Kind(StrEnum):
    """What a piece of work asks of a rep."""

    SESSION = "session"
    TRANSFER = "transfer"
    CONFERENCE = "conference"


@dataclass(frozen=True, slots=True)
class Rep:
    """A rep who is logged in to Omni-Channel.

    presence_id: the UserServicePresence row of the status he has now, begun at `since`. order: place among the logins.
    """

    id: str
    presence_id: str
    status_id: str
    status: str
    is_available: bool
    order: int
    since: int
    last_assigned: int | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where work is to go: a rep, whoever is in a queue, or whoever has all of some skills. Exactly one is given."""

    rep_id: str | None = None
    queue_id: str | None = None
    skill_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Routing:
    """A session on its way to a rep. id: the PendingServiceRouting row. refused_by: reps who are not asked again.

    position: the place in the queue that the end user was told last, from 1.
    """

    id: str
    target: Target
    requested: int
    is_transfer: bool = False
    transferred_by: str | None = None
    refused_by: tuple[str, ...] = ()
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of work of one rep, an AgentWork row: offered to him, and open once he has accepted. It counts against his capacity.

    It is kept until he closes its tab, declines it, or it is taken from him.
    """

    id: str
    session_id: str
    rep_id: str
    kind: Kind
    number: int
    assigned: int
    routing_id: str | None = None
    accepted: int | None = None
    expires: int | None = None
    weight: float = 1.0
    invited_by: str | None = None

    @property
    def is_open(self) -> bool:
        return self.accepted is not None


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody's part in a session, a ConversationParticipant row: one for each time that he comes in.

    key: the end user's subject, a user's id, a bot's name. left: None while he is there.
    """

    id: str
    role: Role
    key: str
    name: str
    joined: int
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Replies:
    """How fast one side answered the other: times in milliseconds."""

    messages: int = 0
    answers: int = 0
    total: int = 0
    longest: int = 0
    waiting_since: int | None = None
    """The other side's first message that this side has not answered."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A rep's call for a supervisor's help."""

    rep_id: str
    message: str
    time: int


@dataclass(frozen=True, slots=True)
class Session:
    """A messaging session from its beginning until it is over and its tabs are closed.

    accepted: when first a person took it. idle_since: the rep's first reply that the end user has not answered yet.
    inactive_since: when it became Inactive. bot: the name of the bot that leads it. bot_idle_since: since when the bot waits.
    replies: of the reps; answers: of the end user.
    """

    id: str
    conversation_id: str
    number: int
    status: Status
    origin: str
    owner_id: str
    started: int
    agent_type: str | None = None
    accepted: int | None = None
    ended: int | None = None
    ended_by: Ender | None = None
    routing: Routing | None = None
    participants: tuple[Participant, ...] = ()
    bot: str | None = None
    bot_idle_since: int | None = None
    idle_since: int | None = None
    inactive_since: int | None = None
    paused_by: str | None = None
    replies: Replies = Replies()
    answers: Replies = Replies()
    preview: str = ""
    flags: tuple[Flag, ...] = ()

    @property
    def is_running(self) -> bool:
        return self.ended is None

    @property
    def present(self) -> tuple[Participant, ...]:
        """Who is in the session, whoever has been longest first."""
        return tuple(one for one in self.participants if one.left is None)

    def participant(self, role: Role, key: str) -> Participant | None:
        """Return somebody's part who is in the session, None when he is not."""
        return next((one for one in self.present if one.role is role and one.key == key), None)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation of an end user. It leaves the state when it has ended and no session of it is left.

    record_id: the Conversation row. subject: who owns it, MessagingEndUser.MessagingPlatformKey. platform: ``Web`` or ``Mobile``.
    attributes: what the pre-chat form gave, in order. session_id: the session that runs. entries: how many there are.
    consent: MessagingEndUser.MessagingConsentStatus. typing_since: since when the end user types.
    """

    id: str
    record_id: str
    number: int
    deployment: str
    channel_id: str
    subject: str
    end_user_id: str
    end_user_name: str
    platform: str
    started: int
    is_verified: bool = False
    language: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    ended: int | None = None
    session_id: str | None = None
    entries: int = 0
    consent: str = IMPLICIT
    typing_since: int | None = None
    delivered: str | None = None
    read: str | None = None
    """The message that the end user's client said last that it has got, and that it has shown."""

    @property
    def is_opted_out(self) -> bool:
        return self.consent == OPTED_OUT

    @property
    def is_open(self) -> bool:
        return self.ended is None


@dataclass(frozen=True, slots=True)
class State:
    """All that runs. serial: numbers given out. time: when the last step was."""

    reps: Mapping[str, Rep] = field(default_factory=dict)
    conversations: Mapping[str, Conversation] = field(default_factory=dict)
    sessions: Mapping[str, Session] = field(default_factory=dict)
    work: Mapping[str, Work] = field(default_factory=dict)
    serial: int = 0
    time: int = 0
