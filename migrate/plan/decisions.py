"""What a user may decide about a migration. Every key of `plan.toml` is honoured; an unknown one is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

from ...schemas.catalog import shipped
from ...schemas.ids import InvalidId, normalize
from ..errors import UsageError
from .privacy import Privacy

TRANSCRIPT_STATUSES: Final = ("Missed", "Completed", "Dropped", "Blocked", "Waiting", "InProgress")
STARTS: Final = ("RequestTime", "StartTime", "CreatedDate")
ACCEPTS: Final = ("StartTime", "Accept event")
ENDS: Final = ("EndTime", "last event", "StartTime + ChatDuration", "last entry")
PLATFORM_KEYS: Final = ("SessionKey", "LiveChatVisitorId")
SESSION_KEYS: Final = ("ChatKey", "none")
LINKS: Final = ("AccountId", "ContactId", "LeadId", "CaseId")
"""Fields of a chat that name records: whom it was about."""

AUDIT_FIELDS: Final = ("as permitted", "custom fields")
BY_HISTORY: Final = "by history"
FILES: Final = ("carry", "leave")
ENTRY_TYPES: Final = (
    "CLIENT_MENU", "CONSULT_CONVERSATION_INFO", "END_USER_CONSENT_UPDATED", "FLAG_LOWER", "FLAG_RAISE", "MESSAGE",
    "MESSAGE_DELIVERY_FAILED", "NOTE", "PARTICIPANT_CHANGED", "ROUTING_RESULT", "ROUTING_WORK_RESULT", "SESSION_CONTEXT",
    "SESSION_OWNER_CHANGED", "SESSION_STATUS_CHANGED",
)  # fmt: skip
"""Types of entries that enhanced chat keeps off platform: https://developer.salesforce.com/docs, Messaging object model."""

HISTORY: Final = "conversationHistory"
CARRIERS: Final = ("file", "object", "field", "entries", HISTORY)
METRIC_TYPES: Final = (
    "AgentMessageCount", "EndUserMessageCount", "AverageAgentResponseTime", "AverageEndUserResponseTime",
    "MaxAgentResponseTime", "MaxEndUserResponseTime",
)  # fmt: skip

LOG_IN_FIELDS: Final = (
    "SystemModstamp", "LastViewedDate", "LastReferencedDate", "LoginTime", "LogoutTime", "TimeInOnlineStatus", "TimeInAwayStatus",
    "TimeInChats", "TimeIdle", "TimeAtCapacity", "ChatReqAssigned", "ChatReqEngaged", "ChatReqDeclined", "ChatReqTimedOut",
    "NumFlagRaised", "NumFlagLoweredAgent", "NumFlagLoweredSupervisor",
)  # fmt: skip
"""Fields of LiveAgentSession that a custom object has under names of their own; a plan may give others."""

_RENAMED: Final = {
    "LiveChatTranscript": (
        "Name", "SystemModstamp", "LastViewedDate", "LastReferencedDate", "LiveChatDeploymentId", "SkillId", "Location", "IpAddress",
        "UserAgent", "Browser", "Platform", "ScreenResolution", "ReferrerUri", "VisitorNetwork", "WaitTime", "ChatDuration",
        "Abandoned", "Status", "IsChatbotSession",
    ),
    "LiveChatVisitor": ("Name", "SystemModstamp", "LastViewedDate", "LastReferencedDate"),
    "LiveAgentSession": LOG_IN_FIELDS,
}  # fmt: skip
"""Fields without a counterpart, whose custom field a plan may name."""

_AGENT_SESSION_FIELDS: Final = frozenset({f"{name}__c".lower() for name in (*LOG_IN_FIELDS, "AgentId")})
"""The fields of Legacy_Agent_Session__c that stand where a plan says nothing."""

_LONGEST_ADDRESS: Final = 240
"""Interaction Service API, "Send Historical Conversation Entries"."""
_DEVELOPER_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*\Z")
_CUSTOM_FIELD = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c\Z")


@dataclass(frozen=True, slots=True)
class Plan:
    """The decisions of one migration.

    default_channel: DeveloperName of the channel of chats without a button. channels: DeveloperName by button id; a button
    that is not named gets a channel of its own. deployment_channels: DeveloperName by deployment id, for chats without a
    button. session_based: whether a conversation ends with its session; without it each messaging user has one conversation.
    verified_users: whether the channels verify users, so that a user who ends a chat leaves the conversation open.

    default_owner: user or queue that takes the sessions of inactive users and of missed chats; empty keeps the legacy owner.
    owners: user or queue by legacy owner. consent_status: MessagingEndUser.MessagingConsentStatus. origin:
    MessagingSession.Origin. missed_status, dropped_status, blocked_status: Status of such a session, Ended or Error.
    completed_status: that of all others. dropped_ended_by, blocked_ended_by: EndedByType, or "as stated"; ended_by: EndedByType by
    EndedBy. agent_type: AgentType, or "by history". session_key: whether SessionKey is the ChatKey or none. links: which records
    sessions and messaging users are linked with; a note has the others. audit_fields: whether CreatedDate and the like are written
    where the org lets them be, or always into fields of their own. skip_statuses: transcripts that are not carried over.
    start_times, accept_times, end_times: where a session's times come from, the first that is there. split_by_contact: whether
    each contact of a visitor is a messaging user of its own. platform_key: what MessagingPlatformKey is. visitor_name: name of
    a messaging user who gave none, {number} being the visitor's. metrics: the metrics that are written. languages:
    EndUserLanguage by browser language. events: type of the off-platform entry by event type. context: custom field of
    the session by pre-chat key. whispers, agent_sessions, agent_work: whether notes of supervisors are written, log-ins of
    agents, and AgentWork rows. files: whether files of chats are looked for. carriers: what carries texts into an org. history_url, history_app,
    history_channels: of the carrier conversationHistory, the Interaction Service, the connected app's name, and the address identifier of
    each channel by DeveloperName.
    field_prefix and fields: what the custom fields are called that hold fields without a counterpart, by `Object.Field`.

    The label tuples and months extend the words by which headings and visitors without a name are known; transfer_labels
    have the form "Chat Transferred From|To". bracketed_time_zone: the zone of bracketed times in bodies, which name none.
    """

    default_channel: str = "Legacy_Chat"
    default_owner: str = ""
    session_based: bool = True
    verified_users: bool = False
    consent_status: str = "ImplicitlyOptedIn"
    origin: str = "InboundInitiated"
    completed_status: str = "Ended"
    missed_status: str = "Ended"
    dropped_status: str = "Ended"
    blocked_status: str = "Ended"
    dropped_ended_by: str = "System"
    blocked_ended_by: str = "System"
    agent_type: str = BY_HISTORY
    session_key: str = "ChatKey"
    links: tuple[str, ...] = LINKS
    audit_fields: str = "as permitted"
    skip_statuses: tuple[str, ...] = ("Waiting", "InProgress")
    start_times: tuple[str, ...] = STARTS
    accept_times: tuple[str, ...] = ("StartTime",)
    end_times: tuple[str, ...] = ENDS
    split_by_contact: bool = True
    platform_key: str = "SessionKey"
    visitor_name: str = "Visitor {number}"
    metrics: tuple[str, ...] = METRIC_TYPES
    whispers: bool = True
    agent_sessions: bool = True
    agent_work: bool = False
    files: str = "carry"
    carriers: tuple[str, ...] = ("file",)
    history_url: str = ""
    history_app: str = ""
    field_prefix: str = "Legacy_"
    visitor_labels: tuple[str, ...] = ()
    started_labels: tuple[str, ...] = ()
    origin_labels: tuple[str, ...] = ()
    agent_labels: tuple[str, ...] = ()
    transfer_labels: tuple[str, ...] = ()
    hand_over_labels: tuple[str, ...] = ()
    notice_labels: tuple[str, ...] = ()
    bracketed_time_zone: str = "UTC"
    months: Mapping[str, int] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    deployment_channels: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    languages: Mapping[str, str] = field(default_factory=dict)
    ended_by: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, str] = field(default_factory=dict)
    history_channels: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    privacy: Privacy = field(default_factory=Privacy)

    def __post_init__(self) -> None:
        for name in (self.default_channel, *self.channels.values(), *self.deployment_channels.values()):
            if not isinstance(name, str) or not _DEVELOPER_NAME.match(name) or len(name) > 80:
                raise UsageError(
                    f"channel name {name!r} is not a DeveloperName:",
                    "use letters, digits and single underscores, at most 80",
                )
        self._normalize("channels", "a button id", "use the 15 or 18 characters of LiveChatButton.Id")
        self._normalize(
            "deployment_channels", "a deployment id", "use the 15 or 18 characters of LiveChatDeployment.Id"
        )
        self._normalize("owners", "a user id", "use the 15 or 18 characters of User.Id")
        if self.default_owner:
            object.__setattr__(self, "default_owner", _owner("default_owner", self.default_owner))
        owners = {user: _owner(f"owners.{user}", owner) for user, owner in self.owners.items()}
        object.__setattr__(self, "owners", owners)
        self._check_choices()
        self._check_history()
        self._check_words()
        self._check_fields()

    def _normalize(self, key: str, what: str, remedy: str) -> None:
        normal = {}
        for id_, value in getattr(self, key).items():
            try:
                normal[normalize(id_)] = value
            except InvalidId:
                raise UsageError(f"{key}.{id_} is not {what}:", remedy) from None
        object.__setattr__(self, key, normal)

    def _check_choices(self) -> None:
        _one_of("consent_status", self.consent_status, _picklist("MessagingEndUser", "MessagingConsentStatus"))
        _one_of("origin", self.origin, _picklist("MessagingSession", "Origin"))
        for key in ("completed_status", "missed_status", "dropped_status", "blocked_status"):
            _one_of(key, getattr(self, key), ("Ended", "Error"))
        for key in ("dropped_ended_by", "blocked_ended_by"):
            _one_of(key, getattr(self, key), ("as stated", *_picklist("MessagingSession", "EndedByType")))
        _one_of("agent_type", self.agent_type, (BY_HISTORY, *_picklist("MessagingSession", "AgentType")))
        _one_of("platform_key", self.platform_key, PLATFORM_KEYS)
        _one_of("session_key", self.session_key, SESSION_KEYS)
        _one_of("audit_fields", self.audit_fields, AUDIT_FIELDS)
        _one_of("files", self.files, FILES)
        for key, allowed in (
            ("skip_statuses", TRANSCRIPT_STATUSES),
            ("start_times", STARTS),
            ("accept_times", ACCEPTS),
            ("end_times", ENDS),
            ("links", LINKS),
            ("metrics", METRIC_TYPES),
            ("carriers", CARRIERS),
        ):
            for value in getattr(self, key):
                _one_of(key, value, allowed)
        for key in ("start_times", "carriers"):
            if not getattr(self, key):
                raise UsageError(f"{key} is empty:", f"name what to take; without the key it is {_DEFAULTS[key]}")
        for key, value in self.languages.items():
            _one_of(f"languages.{key}", value, _picklist("MessagingSession", "EndUserLanguage"))
        for key, value in self.ended_by.items():
            _one_of("ended_by", key, _picklist("LiveChatTranscript", "EndedBy"))
            _one_of(f"ended_by.{key}", value, _picklist("MessagingSession", "EndedByType"))
        for key, value in self.events.items():
            _one_of(f"events.{key}", value, ENTRY_TYPES)

    def _check_history(self) -> None:
        if HISTORY not in self.carriers:
            return
        if not self.history_url.startswith(("https://", "http://")):
            raise UsageError(
                f"history_url = {self.history_url!r} is no address:", 'use "https://DOMAIN.my.salesforce-scrt.com"'
            )
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,79}", self.history_app):
            raise UsageError(
                f"history_app = {self.history_app!r} is no developer name:", "use that of the connected app"
            )
        if not self.history_channels:
            raise UsageError(
                "history_channels is empty:", "give channelAddressIdentifier by the channel's DeveloperName"
            )
        for name, address in self.history_channels.items():
            if not 0 < len(address) <= _LONGEST_ADDRESS:
                raise UsageError(f"history_channels.{name} is no channelAddressIdentifier:", "use 1 to 240 characters")

    def _check_words(self) -> None:
        for key, name in self.context.items():
            if not isinstance(name, str) or not _CUSTOM_FIELD.match(name):
                raise UsageError(f"context.{key!r} = {name!r} is no custom field:", "use a name that ends in __c")
        for word, number in self.months.items():
            if type(number) is not int or not 1 <= number <= 12:
                raise UsageError(f"months.{word!r} = {number!r} is no month:", "use 1 to 12")
        for label in self.transfer_labels:
            if label.count("|") != 1 or not all(part.strip() for part in label.split("|")):
                raise UsageError(f"transfer_labels: {label!r} is no pair:", 'write "Chat Transferred From|To"')
        for key in ("started_labels", "origin_labels", "agent_labels", "hand_over_labels", "notice_labels"):
            if not all(label.strip() for label in getattr(self, key)):
                raise UsageError(f"{key}: an empty text fits every line:", "write the words that the line begins with")
        if re.search(r"[{}]", self.visitor_name.replace("{number}", "")):
            raise UsageError(
                f"visitor_name = {self.visitor_name!r} is no pattern:", "use {number} and nothing else in braces"
            )
        try:
            if self.bracketed_time_zone != "UTC":
                ZoneInfo(self.bracketed_time_zone)
        except (OSError, ValueError, KeyError):
            raise UsageError(
                f"bracketed_time_zone = {self.bracketed_time_zone!r} is no time zone:", 'use a name as "Europe/Berlin"'
            ) from None

    def _check_fields(self) -> None:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,11}_", self.field_prefix):
            raise UsageError(
                f"field_prefix = {self.field_prefix!r} is not possible:", 'use letters and one underscore, as "Legacy_"'
            )
        targets: set[str] = set()
        for place, name in self.fields.items():
            sobject, _, source = place.partition(".")
            if sobject not in _RENAMED:
                raise UsageError(
                    f"fields.{place!r} is no field of a chat:",
                    "write LiveChatTranscript.Field, LiveChatVisitor.Field or LiveAgentSession.Field",
                )
            if not source.endswith("__c") and source not in _RENAMED[sobject]:
                raise UsageError(
                    f"fields.{place!r} has a place of its own:", f"possible are {', '.join(_RENAMED[sobject])}"
                )
            if name and (
                not _CUSTOM_FIELD.match(name)
                or name.lower().startswith(("legacy_", "own_", self.field_prefix.lower()))
                or len(name) > 43
                or (sobject == "LiveAgentSession" and name.lower() in _AGENT_SESSION_FIELDS)
            ):
                raise UsageError(
                    f"fields.{place!r} = {name!r} is not possible:",
                    'use a name that ends in __c and does not begin with Legacy_, Own_ or field_prefix, or "" to leave it out',
                )
            if name.lower() in targets or (not name and source.endswith("__c")):
                raise UsageError(f"fields.{place!r} = {name!r} is not possible:", "give each field a name of its own")
            targets.update({name.lower()} if name else ())
        if targets & {name.lower() for name in self.context.values()}:
            raise UsageError("fields and context name the same field:", "give each a name of its own")

    @property
    def carries_files(self) -> bool:
        """Tell whether files of chats are looked for: masked data and raw files do not go together, unless the plan says so."""
        return self.files == "carry" and (not self.privacy.is_on or self.privacy.other_files == "keep")

    def to_json(self) -> dict[str, Any]:
        """Return the plan as plain values in the order of the file."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
        return plain | {"privacy": self.privacy.to_json()}


_DEFAULTS: Final = {"start_times": list(STARTS), "carriers": ["file"]}


def _owner(key: str, value: str) -> str:
    """Return the id of a user or queue in its long form."""
    try:
        if (id_ := normalize(value)).startswith(("005", "00G")):
            return id_
    except InvalidId:
        pass
    raise UsageError(f"{key} = {value!r} is no owner of sessions:", "use the id of a user (005…) or queue (00G…)")


def _picklist(sobject: str, name: str) -> tuple[str, ...]:
    found = shipped().get(sobject).field(name)
    return tuple(value.value for value in found.picklist_values) if found else ()


def _one_of(key: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise UsageError(f"{key} = {value!r} is not possible:", f"use one of {', '.join(allowed)}")
