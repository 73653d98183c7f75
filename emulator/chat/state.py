"""What a running desk is made of: agents, chats, requests. Values only; a step of the machine makes new ones.

Every time is a whole second since 1970, UTC. A chat is named by its key, an agent by the id of his user.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Presence(StrEnum):
    """An agent's status (R1)."""

    ONLINE = "Online"
    AWAY = "Away"
    OFFLINE = "Offline"


class Stage(StrEnum):
    """How far a chat is. A chat that is over and whose windows are closed is no longer part of the state."""

    WAITING = "waiting"
    BOT = "bot"
    """A chatbot talks with the visitor."""
    ENGAGED = "engaged"
    ENDED = "ended"


class Role(StrEnum):
    """Who says something."""

    VISITOR = "Visitor"
    AGENT = "Agent"
    BOT = "Bot"
    SUPERVISOR = "Supervisor"
    SYSTEM = "System"


class Kind(StrEnum):
    """What a request asks of an agent."""

    CHAT = "chat"
    TRANSFER = "transfer"
    CONFERENCE = "conference"


@dataclass(frozen=True, slots=True)
class Tally:
    """What an agent's LiveAgentSession counts (R61 to R65); times are seconds."""

    online: int = 0
    away: int = 0
    in_chats: int = 0
    idle: int = 0
    at_capacity: int = 0
    assigned: int = 0
    engaged: int = 0
    declined: int = 0
    timed_out: int = 0
    withdrawn: int = 0
    flags_raised: int = 0
    flags_lowered_by_agent: int = 0
    flags_lowered_by_supervisor: int = 0


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent who is logged in.

    session_id: the LiveAgentSession row. order: place among the logins, which breaks ties (R16).
    counted_until: up to when the tally's times are counted. quick_texts: ids, the last used first.
    """

    id: str
    session_id: str
    presence: Presence
    login_time: int
    order: int
    counted_until: int
    last_assigned: int | None = None
    tally: Tally = Tally()
    quick_texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """An agent in a chat. left: when he went, was transferred away, or the chat ended; None while he talks.

    closed: his window and its tabs are closed, so that the chat no longer counts against his capacity (R9).
    """

    agent_id: str
    joined: int
    left: int | None = None
    closed: bool = False

    @property
    def is_talking(self) -> bool:
        return self.left is None


@dataclass(frozen=True, slots=True)
class Message:
    """One line of a chat. Whispers are a supervisor's and for the agents alone (R37).

    is_automatic: a greeting or a notice, which no count and no response time includes (R68).
    """

    role: Role
    name: str
    text: str
    time: int
    agent_id: str | None = None
    is_whisper: bool = False
    is_automatic: bool = False


@dataclass(frozen=True, slots=True)
class Happening:
    """A step of a chat, which becomes a LiveChatTranscriptEvent (R60); `type` is a value of its Type.

    messages_before: how many messages were there already, so that both can be told in one order.
    """

    type: str
    time: int
    agent_id: str | None = None
    detail: str | None = None
    messages_before: int = 0


@dataclass(frozen=True, slots=True)
class Flag:
    """A raised hand: an agent asks for help (R36)."""

    agent_id: str
    message: str
    time: int


@dataclass(frozen=True, slots=True)
class Attached:
    """A record on a chat. transcript_field: the lookup of the transcript that will point to it, if there is one."""

    record_id: str
    sobject: str
    name: str
    transcript_field: str | None = None
    created_here: bool = False


@dataclass(frozen=True, slots=True)
class FileRequest:
    """An agent's request for a file, which will be kept at a record (R40). token: what the upload must show."""

    agent_id: str
    record_id: str
    token: str
    time: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to find an agent for a new chat: a certain agent, a button's routing, or the agent and then the button."""

    agent_id: str | None = None
    button_id: str | None = None


@dataclass(frozen=True, slots=True)
class PrechatDetail:
    """One answer of the pre-chat form, as ChasitorInit brings it."""

    label: str
    value: str
    transcript_fields: tuple[str, ...] = ()
    display_to_agent: bool = True
    entity_maps: tuple[tuple[str, str], ...] = ()
    """(sObject, field) pairs that the value is of."""
    knowledge_search: bool = False


@dataclass(frozen=True, slots=True)
class EntityField:
    """A field by which a record is found or with which it is made; its value is the detail of the same label."""

    field_name: str
    label: str
    finds: bool = False
    is_exact: bool = False
    creates: bool = False


@dataclass(frozen=True, slots=True)
class PrechatEntity:
    """A record to be found or made when an agent accepts (Chat REST API guide, "Entity")."""

    sobject: str
    fields: tuple[EntityField, ...] = ()
    save_to_transcript: str = ""
    show_on_create: bool = False
    link_to_sobject: str = ""
    link_to_field: str = ""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks for a chat, and from where. session_key: the visitor's cookie, by which he is known again (R59)."""

    session_key: str
    name: str = "Visitor"
    ip_address: str | None = None
    user_agent: str | None = None
    language: str | None = None
    screen_resolution: str | None = None
    referrer: str | None = None
    details: tuple[PrechatDetail, ...] = ()
    entities: tuple[PrechatEntity, ...] = ()
    receives_queue_updates: bool = True
    breadcrumbs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Queueing:
    """Where a chat stands that still waits for an agent.

    attempts: the ways still to be tried, the present one first. refused_by: agents who declined or timed out in this round.
    rounds: rounds that are over. is_queued: it was told to wait (Enqueue). transferred_by: the agent who gets it back when a
    transfer to a button fails.
    """

    attempts: tuple[Attempt, ...]
    refused_by: tuple[str, ...] = ()
    rounds: int = 0
    is_queued: bool = False
    position: int | None = None
    """The place in the queue that the visitor was told last."""
    transferred_by: str | None = None
    message: str = ""
    """What the sender of a transfer to a button wrote for whoever takes it."""


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that the visitor sent, and the record that keeps it."""

    name: str
    id: str


@dataclass(frozen=True, slots=True)
class Chat:
    """One chat from the request to the closing of its windows.

    connected_at: the visitor's last sign of life; `is_polling` while a poll of his is held, `is_connection_warned` after the
    connection warning. keeper_id: the agent whose closing of the window makes the transcript, once the chat is over (R56).
    idle_since: the agent's message that the visitor has not answered yet (R34); `is_idle_warned` after its warning.
    unanswered_since: the visitor's first message that no agent has answered (R33); `is_critical` after the alert.
    by_omni: Omni-Channel routes it, or has routed it once: its transcript is there from then on, and no session counts it
    (R5, R57). is_transcribed: its transcript was made before the windows close (R56).
    bot: the chatbot that began it, and since when; None where none did.
    """

    key: str
    visitor: Visitor
    deployment_id: str | None
    button_id: str | None
    requested: int
    number: int
    """Place among all requests: of two chats of the same second the lower is older."""
    stage: Stage = Stage.WAITING
    queueing: Queueing | None = None
    members: tuple[Member, ...] = ()
    messages: tuple[Message, ...] = ()
    happenings: tuple[Happening, ...] = ()
    started: int | None = None
    ended: int | None = None
    ended_by: str | None = None
    status: str | None = None
    flags: tuple[Flag, ...] = ()
    attached: tuple[Attached, ...] = ()
    file_request: FileRequest | None = None
    connected_at: int = 0
    is_polling: bool = False
    is_connection_warned: bool = False
    idle_since: int | None = None
    is_idle_warned: bool = False
    unanswered_since: int | None = None
    is_critical: bool = False
    sneak_peek: str = ""
    agent_typing: tuple[tuple[str, str], ...] = ()
    """Agents and what each has typed and not sent, for supervisors (R32)."""
    files: tuple[ReceivedFile, ...] = ()
    keeper_id: str | None = None
    by_omni: bool = False
    is_transcribed: bool = False
    bot: str | None = None
    bot_since: int | None = None

    def member(self, agent_id: str) -> Member | None:
        """Return an agent's part in this chat, the last one where he came twice."""
        return next((member for member in reversed(self.members) if member.agent_id == agent_id), None)

    @property
    def talking(self) -> tuple[Member, ...]:
        """The agents who are in the chat, the one who has been longest first."""
        return tuple(member for member in self.members if member.is_talking)

    @property
    def open_windows(self) -> tuple[Member, ...]:
        """The agents whose windows on this chat are open."""
        return tuple(member for member in self.members if not member.closed)


@dataclass(frozen=True, slots=True)
class Request:
    """A chat that is offered to agents.

    candidates: the agents who may still accept; one for what is pushed. Choice requests have none: whoever is qualified sees
    them. expires: when it times out. sent_by: who asked for the transfer or the conference.
    """

    id: str
    kind: Kind
    chat_key: str
    time: int
    candidates: tuple[str, ...] = ()
    is_listed: bool = False
    expires: int | None = None
    sent_by: str | None = None
    skill_id: str | None = None
    message: str = ""

    def concerns(self, agent_id: str) -> bool:
        return agent_id in self.candidates


@dataclass(frozen=True, slots=True)
class State:
    """All that runs. waits: the average wait of each button's chats, in seconds (R29). serial: numbers given out.

    bots: names of the chatbots that answer at buttons, by the ids of these.

    time: when the last step was; what falls due late, because a setting has changed, does not happen before it.
    """

    agents: Mapping[str, Agent] = field(default_factory=dict)
    chats: Mapping[str, Chat] = field(default_factory=dict)
    requests: Mapping[str, Request] = field(default_factory=dict)
    waits: Mapping[str, float] = field(default_factory=dict)
    serial: int = 0
    time: int = 0
    bots: Mapping[str, str] = field(default_factory=dict)
