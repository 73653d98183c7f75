"""What can happen in enhanced chat. Each event is handed to `machine.step` with the moment at which it happens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .state import IMPLICIT, Ender, Target


@dataclass(frozen=True, slots=True)
class SetPresence:
    """A rep logs in, or changes his presence status. presence_id: the UserServicePresence row that is to be made for it."""

    rep_id: str
    presence_id: str
    status_id: str
    status: str
    is_available: bool


@dataclass(frozen=True, slots=True)
class LogOut:
    rep_id: str


@dataclass(frozen=True, slots=True)
class OpenConversation:
    """An end user begins a conversation, and with it a session. end_user_id: his MessagingEndUser, found or made already."""

    conversation_id: str
    deployment: str
    subject: str
    end_user_id: str
    end_user_name: str
    platform: str = "Web"
    is_verified: bool = False
    language: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    consent: str = IMPLICIT
    """MessagingEndUser.MessagingConsentStatus, as it is."""
    client: str = ""
    """The device that speaks for the end user."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message. abstract: ``abstractMessage`` of the entry's payload, whole. text: what there is to read in it.

    files: ids of the ContentVersions that it carries. client_time: when the sender says that he sent it, milliseconds.
    """

    id: str
    abstract: Mapping[str, Any]
    text: str = ""
    client_time: int | None = None
    client: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EndUserWrites:
    """is_new_session, attributes: what the pre-chat form gave, where it was shown before this message."""

    conversation_id: str
    message: Message
    is_new_session: bool = False
    attributes: tuple[tuple[str, str], ...] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True)
class EndUserTypes:
    conversation_id: str
    entry_id: str
    is_typing: bool
    client: str = ""


@dataclass(frozen=True, slots=True)
class EndUserAcknowledges:
    """kind: ``Delivery`` or ``Read``."""

    conversation_id: str
    entry_id: str
    message_id: str
    kind: str
    client: str = ""


@dataclass(frozen=True, slots=True)
class EndUserEndsSession:
    conversation_id: str


@dataclass(frozen=True, slots=True)
class EndUserCloses:
    """The end user closes the conversation for good."""

    conversation_id: str


@dataclass(frozen=True, slots=True)
class Accept:
    work_id: str
    rep_id: str


@dataclass(frozen=True, slots=True)
class Decline:
    work_id: str
    rep_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RepWrites:
    session_id: str
    rep_id: str
    message: Message


@dataclass(frozen=True, slots=True)
class RepTypes:
    session_id: str
    rep_id: str
    entry_id: str
    is_typing: bool


@dataclass(frozen=True, slots=True)
class RepAcknowledges:
    session_id: str
    rep_id: str
    entry_id: str
    message_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class MarkInactive:
    session_id: str
    rep_id: str


@dataclass(frozen=True, slots=True)
class Pause:
    session_id: str
    rep_id: str


@dataclass(frozen=True, slots=True)
class Resume:
    session_id: str
    rep_id: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """A rep hands a session on. From a bot too: `rep_id` is None where its script says so."""

    session_id: str
    rep_id: str | None
    to: Target


@dataclass(frozen=True, slots=True)
class Invite:
    """A rep asks another into the session, a certain one or one with a skill."""

    session_id: str
    rep_id: str
    to: Target


@dataclass(frozen=True, slots=True)
class Leave:
    """A rep leaves a conference; his tab is closed with it."""

    session_id: str
    rep_id: str


@dataclass(frozen=True, slots=True)
class End:
    """A session is ended: by its owner, or by a bot or the system, who are no reps."""

    session_id: str
    by: Ender
    rep_id: str | None = None


@dataclass(frozen=True, slots=True)
class Fail:
    """A technical failure ends a session with the status Error."""

    session_id: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class CloseTab:
    """A rep closes the tab of a session that is over, has left him, or is Inactive: his capacity returns."""

    session_id: str
    rep_id: str


@dataclass(frozen=True, slots=True)
class StartOutbound:
    """A rep begins a session in an end user's open conversation, with a message that waits for an answer."""

    conversation_id: str
    rep_id: str
    message: Message


@dataclass(frozen=True, slots=True)
class BotSays:
    """The bot that leads a session says something, beside its script."""

    session_id: str
    message: Message


@dataclass(frozen=True, slots=True)
class RaiseFlag:
    session_id: str
    rep_id: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class LowerFlag:
    session_id: str
    by: str


@dataclass(frozen=True, slots=True)
class Whisper:
    """A supervisor tells the reps of a session something that the end user does not see."""

    session_id: str
    supervisor_id: str
    text: str


@dataclass(frozen=True, slots=True)
class AddHistory:
    """Entries from before the conversation came here (Conversation History API); `entries` are in their order of time.

    Each has id, role, subject, appType, name, time (milliseconds), abstract and text.
    """

    conversation_id: str
    entries: tuple[Mapping[str, Any], ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class TimePasses:
    pass


Event = (
    SetPresence | LogOut | OpenConversation | EndUserWrites | EndUserTypes | EndUserAcknowledges | EndUserEndsSession
    | EndUserCloses | Accept | Decline | RepWrites | RepTypes | RepAcknowledges | MarkInactive | Pause | Resume | Transfer
    | Invite | Leave | End | Fail | CloseTab | StartOutbound | BotSays | RaiseFlag | LowerFlag | Whisper | AddHistory
    | TimePasses
)  # fmt: skip
