"""What can happen at a desk: each is one input of the machine. Ids and tokens that an event carries were made by the shell."""

from dataclasses import dataclass
from typing import Final

from .setup import EnforcedOn
from .state import Attached, Attempt, Presence, Visitor

FIRST_PRESENCE: Final = Presence.AWAY
"""The status after a login that names none (R4). A guess."""

# --- agents -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LogIn:
    """An agent opens the chat console; session_id is his new LiveAgentSession."""

    agent_id: str
    session_id: str
    presence: Presence = FIRST_PRESENCE


@dataclass(frozen=True, slots=True)
class SetPresence:
    agent_id: str
    presence: Presence


@dataclass(frozen=True, slots=True)
class LogOut:
    agent_id: str


@dataclass(frozen=True, slots=True)
class AgentLost:
    """An agent's connection broke: he leaves without a word, and his chats go on to others."""

    agent_id: str


@dataclass(frozen=True, slots=True)
class Accept:
    request_id: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class Decline:
    request_id: str
    agent_id: str


# --- visitors -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AskForChat:
    """A visitor asks for a chat (ChasitorInit). attempts: what to try, in order (R28)."""

    chat_key: str
    visitor: Visitor
    deployment_id: str | None
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class VisitorSeen:
    """A visitor's poll or post came in, or a poll is held or let go: the connection stands (R35)."""

    chat_key: str
    is_polling: bool = False


@dataclass(frozen=True, slots=True)
class VisitorWrites:
    chat_key: str
    text: str


@dataclass(frozen=True, slots=True)
class VisitorTypes:
    """The visitor types or stops, with the text so far when sneak peek is on (R32)."""

    chat_key: str
    is_typing: bool
    text: str | None = None


@dataclass(frozen=True, slots=True)
class VisitorSignals:
    """A custom event of the visitor's page, of a type and with data of its own."""

    chat_key: str
    type: str
    data: str


@dataclass(frozen=True, slots=True)
class VisitorBrowses:
    """The visitor opens another page of the site."""

    chat_key: str
    location: str


@dataclass(frozen=True, slots=True)
class SilenceWarned:
    """The visitor's client shows the warning that he is silent, or has taken it away: it has a timer of its own."""

    chat_key: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class RulesApplied:
    """The client of one side has applied sensitive-data rules itself. rules: their ids or names."""

    chat_key: str
    said_by: EnforcedOn
    rules: frozenset[str]


@dataclass(frozen=True, slots=True)
class VisitorEnds:
    """The visitor ends the chat, or gives up waiting (R30)."""

    chat_key: str


@dataclass(frozen=True, slots=True)
class VisitorLost:
    """The visitor's session ended without a word (a second poll, a deleted session, a server that stopped)."""

    chat_key: str


# --- the conversation ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AgentWrites:
    """An agent says something; quick_text_id where it is a quick text that he inserted."""

    chat_key: str
    agent_id: str
    text: str
    quick_text_id: str | None = None


@dataclass(frozen=True, slots=True)
class AgentTypes:
    chat_key: str
    agent_id: str
    is_typing: bool
    text: str | None = None


@dataclass(frozen=True, slots=True)
class AgentSignals:
    """A custom event of the agent's console for the visitor's page."""

    chat_key: str
    agent_id: str
    type: str
    data: str


@dataclass(frozen=True, slots=True)
class Whisper:
    chat_key: str
    supervisor_id: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class RaiseFlag:
    chat_key: str
    agent_id: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class LowerFlag:
    """Somebody lowers the flag: the agent who raised it, or a supervisor."""

    chat_key: str
    user_id: str


@dataclass(frozen=True, slots=True)
class End:
    chat_key: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class Close:
    """An agent closes the window of a chat that is over, and its tabs (R9, R56)."""

    chat_key: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class Block:
    chat_key: str
    agent_id: str
    comment: str = ""


# --- chatbots -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BotOpens:
    """A chatbot answers at a button from now on."""

    button_id: str
    name: str


@dataclass(frozen=True, slots=True)
class BotCloses:
    button_id: str


@dataclass(frozen=True, slots=True)
class BotWrites:
    chat_key: str
    text: str


@dataclass(frozen=True, slots=True)
class BotTransfers:
    """The bot hands the chat on to the agents of a button, that of the chat where none is named."""

    chat_key: str
    to_button_id: str | None = None


@dataclass(frozen=True, slots=True)
class BotEnds:
    """The bot ends the chat. by_action: an automated action of its dialog does."""

    chat_key: str
    by_action: bool = False


# --- records and files --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attach:
    """A record is put on a chat. agent_id is None for what the pre-chat form found or made."""

    chat_key: str
    agent_id: str | None
    record: Attached


@dataclass(frozen=True, slots=True)
class Detach:
    chat_key: str
    agent_id: str
    record_id: str


@dataclass(frozen=True, slots=True)
class RequestFile:
    """An agent asks the visitor for a file. upload_url: where the visitor's client sends it; token: what it must show."""

    chat_key: str
    agent_id: str
    record_id: str
    token: str
    upload_url: str


@dataclass(frozen=True, slots=True)
class CancelFile:
    """The request for a file is taken back by the agent, or refused by the visitor (`agent_id` None)."""

    chat_key: str
    agent_id: str | None


@dataclass(frozen=True, slots=True)
class FileArrived:
    """The visitor's upload ended: kept as a record, or refused with a reason."""

    chat_key: str
    token: str
    file_name: str
    problem: str | None = None
    file_id: str | None = None


# --- transfers and conferences ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Transfer:
    """An agent hands the chat on to exactly one of: another agent, whoever has a skill, a button."""

    chat_key: str
    agent_id: str
    to_agent_id: str | None = None
    to_skill_id: str | None = None
    to_button_id: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class CancelTransfer:
    chat_key: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class Invite:
    """An agent asks another one, or whoever has a skill, into the chat."""

    chat_key: str
    agent_id: str
    to_agent_id: str | None = None
    to_skill_id: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class CancelInvite:
    chat_key: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class Leave:
    chat_key: str
    agent_id: str


# --- time ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TimePasses:
    """It is `now`: whatever is due happens, in the order in which it fell due."""


@dataclass(frozen=True, slots=True)
class ServerStopped:
    """The server went away and is back: whoever talked or waited was cut off."""


Event = (
    LogIn
    | SetPresence
    | LogOut
    | AgentLost
    | Accept
    | Decline
    | AskForChat
    | VisitorSeen
    | VisitorWrites
    | VisitorTypes
    | VisitorSignals
    | VisitorBrowses
    | SilenceWarned
    | RulesApplied
    | VisitorEnds
    | VisitorLost
    | AgentWrites
    | AgentTypes
    | AgentSignals
    | Whisper
    | RaiseFlag
    | LowerFlag
    | End
    | Close
    | Block
    | BotOpens
    | BotCloses
    | BotWrites
    | BotTransfers
    | BotEnds
    | Attach
    | Detach
    | RequestFile
    | CancelFile
    | FileArrived
    | Transfer
    | CancelTransfer
    | Invite
    | CancelInvite
    | Leave
    | TimePasses
    | ServerStopped
)
