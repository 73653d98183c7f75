"""What a step of the machine asks of the world. The shell carries effects out in order, in the step's own transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .state import Conversation, Participant, Rep, Role, Routing, Session, Work


@dataclass(frozen=True, slots=True)
class Entry:
    """A conversation entry. payload: ``entryPayload``, whole. related: ``relatedRecords``. text: what there is to read.

    app_type and subject: of the sender. sequence: place in the conversation, from 1; 0 for what is not kept.
    is_hidden: only reps and supervisors see it.
    """

    id: str
    type: str
    role: Role
    subject: str
    app_type: str
    name: str
    payload: Mapping[str, Any]
    time: int
    client_time: int
    client: str = ""
    related: tuple[str, ...] = ()
    session_id: str | None = None
    text: str = ""
    sequence: int = 0
    is_hidden: bool = False
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddEntry:
    """Keep an entry, and tell the end user's streams of it unless it is hidden. event: the stream's event name."""

    conversation: Conversation
    entry: Entry
    event: str


@dataclass(frozen=True, slots=True)
class TellStreams:
    """Tell the end user's streams of something that is not kept: typing, places in the queue."""

    conversation: Conversation
    entry: Entry
    event: str


@dataclass(frozen=True, slots=True)
class KeepConversation:
    """Write the Conversation row as it is now; make it if `is_new`."""

    conversation: Conversation
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class CloseConversation:
    """Keep a conversation that has left the state, so that its entries stay readable and its id is known."""

    conversation: Conversation


@dataclass(frozen=True, slots=True)
class KeepSession:
    """Write the MessagingSession row as it is now; make it if `is_new`."""

    session: Session
    conversation: Conversation
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class KeepParticipant:
    """Write the ConversationParticipant row as it is now: somebody came, or left."""

    participant: Participant
    conversation: Conversation
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class KeepConsent:
    """Write MessagingEndUser.MessagingConsentStatus."""

    end_user_id: str
    consent: str


@dataclass(frozen=True, slots=True)
class KeepRouting:
    """Write the PendingServiceRouting row as it is now; make it if `is_new`. is_pushed: a rep is asked just now."""

    routing: Routing
    session: Session
    weight: float
    is_pushed: bool = False
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class DropRouting:
    """Remove the PendingServiceRouting row: the session waits no longer."""

    routing_id: str


@dataclass(frozen=True, slots=True)
class KeepWork:
    """Write the AgentWork row; make it if it is Assigned. status: AgentWork.Status, as of now."""

    work: Work
    session: Session
    status: str
    reason: str = ""
    queue_id: str | None = None
    by_skills: bool = False


@dataclass(frozen=True, slots=True)
class KeepPresence:
    """Write a rep's UserServicePresence row: made when it begins, closed when it is over."""

    rep: Rep
    is_over: bool = False
    capacity: float = 0.0


@dataclass(frozen=True, slots=True)
class SessionOver:
    """A session has ended: its MessagingSessionMetrics are to be written."""

    session: Session
    conversation: Conversation


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """An ended session whose last tab is closed, or which had none: its ConversationEntry rows are to be written."""

    session: Session
    conversation: Conversation


Effect = (
    AddEntry | TellStreams | KeepConversation | CloseConversation | KeepSession | KeepParticipant | KeepConsent | KeepRouting
    | DropRouting | KeepWork | KeepPresence | SessionOver | SessionClosed
)  # fmt: skip
