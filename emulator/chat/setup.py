"""How a legacy desk is set up: buttons, deployments, agent configurations, rules. Values only, read from the org's rows.

Durations are seconds; None is "not set". Ids are the 18-character ids of the rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntFlag, StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

DEFAULT_CAPACITY: Final = 3
"""Chats at once of an agent whom no configuration covers. A guess."""
DEFAULT_CONNECTION_WARNING: Final = 15
"""Seconds without a poll after which an agent is warned, where the deployment has none. A guess."""
DEFAULT_CONNECTION_TIMEOUT: Final = 150
"""Seconds without a poll that end a chat, where the deployment has none (recorded: ``connectionTimeout`` 150000 ms)."""


class Routing(StrEnum):
    """LiveChatButton.RoutingType."""

    CHOICE = "Choice"
    LEAST_ACTIVE = "LeastActive"
    MOST_AVAILABLE = "MostAvailable"
    OMNI = "Omni"
    OMNI_SKILLS = "OmniSkills"

    @property
    def is_omni(self) -> bool:
        """Tell whether Omni-Channel routes: the agent's LiveAgentSession then counts nothing."""
        return self in (Routing.OMNI, Routing.OMNI_SKILLS)

    @property
    def is_pushed(self) -> bool:
        """Tell whether a request is given to one agent, rather than shown to all."""
        return self is not Routing.CHOICE


class EnforcedOn(IntFlag):
    """LiveChatSensitiveDataRule.EnforceOn: whose messages a rule acts on."""

    AGENT = 1
    VISITOR = 2
    SUPERVISOR = 4


@dataclass(frozen=True, slots=True)
class Button:
    """A chat button: how its requests find an agent, and how long visitors may be silent.

    skills: ids of the skills an agent needs one of. queue_members: users of the queue, for Omni-Channel.
    queue_limit_per_agent, queue_limit: 0 is no limit.
    """

    id: str
    label: str
    routing: Routing = Routing.LEAST_ACTIVE
    skills: tuple[str, ...] = ()
    is_active: bool = True
    has_queue: bool = False
    queue_limit_per_agent: int = 0
    queue_limit: int = 0
    push_timeout: int | None = None
    auto_accept: bool = False
    reroutes_declined: bool = False
    rerouting_attempts: int = 0
    greeting: str | None = None
    agent_name: str | None = None
    idle_warning: int | None = None
    idle_timeout: int | None = None
    queue_id: str | None = None
    queue_members: tuple[str, ...] = ()
    kind: str = "Standard"
    """LiveChatButton.Type: ``Standard``, or ``Invite`` for an automated invitation."""
    pre_chat_url: str | None = None
    post_chat_url: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """A chat deployment: where chats come from, and how long a visitor may be out of reach."""

    id: str
    label: str
    connection_warning: int = DEFAULT_CONNECTION_WARNING
    connection_timeout: int = DEFAULT_CONNECTION_TIMEOUT
    saves_transcript: bool = False
    site_id: str | None = None


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """A LiveChatUserConfig: what an agent may do. The switches bear the names of its fields, ``OptionsHas`` left out."""

    id: str | None = None
    capacity: int = DEFAULT_CAPACITY
    critical_wait: int | None = None
    greeting: str | None = None
    agent_name: str | None = None
    away_on_decline: bool = False
    away_on_push_timeout: bool = False
    sneak_peek: bool = False
    agent_sneak_peek: bool = False
    file_transfer: bool = False
    assistance_flag: bool = False
    conferencing: bool = False
    monitoring: bool = False
    transfer_to_agent: bool = False
    transfer_to_button: bool = False
    transfer_to_skill: bool = False
    greets_again: bool = False
    """OptionsHasTransferConferenceGreeting: the greeting is sent after a transfer or a join too."""
    visitor_blocking: bool = False
    whisper: bool = False


@dataclass(frozen=True, slots=True)
class BlockingRule:
    """Addresses whose visitors are refused: from one to another, both included; an empty end is one address alone."""

    id: str
    first: str
    last: str | None = None

    def covers(self, address: str) -> bool:
        """Tell whether an address is blocked; text that is no address never is."""
        try:
            low, high = ip_address(self.first), ip_address(self.last or self.first)
            asked = ip_address(address)
        except ValueError:
            return False
        return _number(low) <= _number(asked) <= _number(high) and low.version == asked.version == high.version


def _number(address: IPv4Address | IPv6Address) -> int:
    return int(address)


@dataclass(frozen=True, slots=True)
class SensitiveDataRule:
    """A pattern that is taken out of messages (``Remove``) or replaced in them (``Replace``)."""

    id: str
    name: str
    pattern: str
    removes: bool
    replacement: str
    enforced_on: EnforcedOn
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Desk:
    """A whole desk as its rows describe it at one moment.

    settings: by user id; who has none is covered by `default_settings`.
    skills: skill ids by user id. names, zones, languages: what agents are called, their time zones and languages, by user id.
    skill_names: labels by skill id.
    """

    buttons: Mapping[str, Button] = field(default_factory=dict)
    deployments: Mapping[str, Deployment] = field(default_factory=dict)
    settings: Mapping[str, AgentSettings] = field(default_factory=dict)
    default_settings: AgentSettings = AgentSettings()
    skills: Mapping[str, frozenset[str]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)
    languages: Mapping[str, str] = field(default_factory=dict)
    skill_names: Mapping[str, str] = field(default_factory=dict)
    blocking: tuple[BlockingRule, ...] = ()
    sensitive: tuple[SensitiveDataRule, ...] = ()

    def settings_of(self, user_id: str) -> AgentSettings:
        """Return an agent's configuration: his own, his profile's, the default one, in this order (R8)."""
        return self.settings.get(user_id, self.default_settings)

    def is_qualified(self, user_id: str, button: Button) -> bool:
        """Tell whether an agent may get a button's chats: he is in its queue, or has a skill of it (R12).

        Skills-based routing of Omni-Channel wants all the skills of a button ("Skills-Based Routing for Omni-Channel").
        """
        skills = self.skills.get(user_id, frozenset())
        match button.routing:
            case Routing.OMNI:
                return user_id in button.queue_members
            case Routing.OMNI_SKILLS:
                return bool(button.skills) and skills.issuperset(button.skills)
            case _:
                return not skills.isdisjoint(button.skills)

    def is_blocked(self, address: str | None) -> bool:
        """Tell whether visitors from an address are refused (R42)."""
        return address is not None and any(rule.covers(address) for rule in self.blocking)

    def name_of(self, user_id: str) -> str:
        """Return an agent's own name."""
        return self.names.get(user_id, user_id)

    def zone_of(self, user_id: str) -> str:
        """Return an agent's time zone."""
        return self.zones.get(user_id, "UTC")

    def language_of(self, user_id: str) -> str:
        """Return an agent's language, as User.LanguageLocaleKey has it."""
        return self.languages.get(user_id, "en_US")
