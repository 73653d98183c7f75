"""How enhanced chat is set up: channels as they were published, deployments, and who can be asked. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

EMBEDDED: Final = "EmbeddedMessaging"
ENHANCED: Final = "Enhanced"
INACTIVE_ENDS_SECONDS: Final = 24 * 3600
"""After which an inactive session is ended ("about 24 hours": Salesforce Help, livemessage_agent_inactivate_session)."""
OUTBOUND_ENDS_SECONDS: Final = 48 * 3600
"""After which an unanswered session that a rep began is ended (Salesforce Help, messaging_send_message_considerations)."""
BOT_ENDS_SECONDS: Final = 2 * 3600
"""After which a session that a bot leads and nobody writes in is ended (Salesforce Help, messaging_auto_end)."""
CAPACITY: Final = 100.0
"""A rep's capacity where none is given."""


@dataclass(frozen=True, slots=True)
class Bot:
    """A scripted participant. Words are looked for in what the end user writes, in any case.

    greeting: said first. replies: word and answer; fallback: the answer to anything else. hands_over_on, ends_on: words upon which
    it hands the session over to reps, or ends it.
    """

    name: str
    greeting: tuple[str, ...] = ()
    replies: tuple[tuple[str, str], ...] = ()
    fallback: str = ""
    hands_over_on: tuple[str, ...] = ()
    ends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a pre-chat form, in the words of the token's ``configuration``."""

    name: str
    type: str = "Text"
    order: int = 1
    required: bool = False
    is_hidden: bool = False
    max_character_count: int = 255


@dataclass(frozen=True, slots=True)
class Form:
    """A pre-chat form. display_context: ``Conversation`` or ``Session``; the latter is asked before every session."""

    display_context: str
    fields: tuple[FormField, ...] = ()


@dataclass(frozen=True, slots=True)
class Keyset:
    """A key that verifies end users. public_key: PEM, RS256. key_id: the ``kid`` that names it."""

    name: str
    key_id: str
    public_key: str
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """A messaging channel with its settings, as they act: those of the last publishing of a deployment.

    address: ChannelAddressIdentifier. inactivity_seconds, push_timeout: None switches them off. max_file_bytes: of one file.
    forms: pre-chat. entries_on_platform: ConversationEntry rows hold the text, as in older standard channels.
    """

    id: str
    developer_name: str
    label: str
    type: str = EMBEDDED
    platform_type: str = ENHANCED
    is_active: bool = True
    address: str = ""
    session_based: bool = False
    user_verification: bool = False
    keysets: tuple[Keyset, ...] = ()
    opt_out_keywords: tuple[str, ...] = ()
    opt_in_keywords: tuple[str, ...] = ()
    help_keywords: tuple[str, ...] = ()
    opt_out_confirmation: str = ""
    opt_in_confirmation: str = ""
    help_response: str = ""
    consent_type: str = "ImplicitOptIn"
    opt_in_prompt: str = ""
    inactivity_seconds: int | None = None
    inactive_ends_seconds: int = INACTIVE_ENDS_SECONDS
    bot_ends_seconds: int = BOT_ENDS_SECONDS
    attachments: bool = True
    max_file_bytes: int = 5_242_880
    queue_id: str | None = None
    skill_ids: tuple[str, ...] = ()
    fallback_queue_id: str | None = None
    push_timeout: int | None = None
    auto_accept: bool = False
    capacity_weight: float = 1.0
    initial_response: str = ""
    engaged_response: str = ""
    end_response: str = ""
    bot: Bot | None = None
    forms: tuple[Form, ...] = ()
    queue_position: bool = True
    entries_on_platform: bool = False

    @property
    def ends_with_session(self) -> bool:
        """Tell whether a conversation ends with its session: Session-Based Chat (Salesforce Help, miaw_session_based_chat)."""
        return self.session_based and self.type == EMBEDDED and not self.user_verification

    @property
    def asks_per_session(self) -> bool:
        """Tell whether a pre-chat form stands before every session."""
        return any(form.display_context == "Session" for form in self.forms)

    @property
    def needs_explicit_consent(self) -> bool:
        return self.consent_type in ("ExplicitOptIn", "DoubleOptIn")


@dataclass(frozen=True, slots=True)
class Deployment:
    """A published Embedded Service deployment and the channel behind it. platform: ``Web`` or ``Mobile``."""

    name: str
    label: str
    channel: Channel
    platform: str = "Web"


@dataclass(frozen=True, slots=True)
class Setup:
    """All that steers the runtime. deployments by name; names of users; members of queues; skills and capacities of users.

    default_owner: to whom a session belongs that nobody has taken.
    """

    deployments: Mapping[str, Deployment] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    skills: Mapping[str, frozenset[str]] = field(default_factory=dict)
    capacities: Mapping[str, float] = field(default_factory=dict)
    queue_names: Mapping[str, str] = field(default_factory=dict)
    default_owner: str = ""

    def capacity(self, user_id: str) -> float:
        return self.capacities.get(user_id, CAPACITY)

    def name(self, user_id: str) -> str:
        return self.names.get(user_id, user_id)
