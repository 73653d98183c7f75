"""What a user may decide about a migration. Every key of `plan.toml` is honoured; an unknown one is refused."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..schemas.catalog import shipped
from ..schemas.ids import InvalidId, normalize
from .errors import UsageError

_DEVELOPER_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*\Z")
TRANSCRIPT_STATUSES = ("Missed", "Completed", "Dropped", "Blocked", "Waiting", "InProgress")


@dataclass(frozen=True, slots=True)
class Plan:
    """The decisions of one migration.

    default_channel: DeveloperName of the channel of chats without a button. channels: DeveloperName by button id; a button
    that is not named gets a channel of its own. default_owner: user or queue that takes the sessions of inactive and system
    users; empty keeps the legacy owner. consent_status: MessagingEndUser.MessagingConsentStatus. dropped_status: Status of
    a session whose chat was dropped, Ended or Error. skip_statuses: transcripts that are not carried over. The label
    tuples extend the words by which headings and visitors without a name are known.
    """

    default_channel: str = "Legacy_Chat"
    channels: Mapping[str, str] = field(default_factory=dict)
    default_owner: str = ""
    consent_status: str = "ImplicitlyOptedIn"
    dropped_status: str = "Ended"
    skip_statuses: tuple[str, ...] = ("Waiting", "InProgress")
    visitor_labels: tuple[str, ...] = ()
    started_labels: tuple[str, ...] = ()
    origin_labels: tuple[str, ...] = ()
    agent_labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in (self.default_channel, *self.channels.values()):
            if not isinstance(name, str) or not _DEVELOPER_NAME.match(name) or len(name) > 80:
                raise UsageError(
                    f"channel name {name!r} is not a DeveloperName:",
                    "use letters, digits and single underscores, at most 80",
                )
        normal = {}
        for button, name in self.channels.items():
            try:
                normal[normalize(button)] = name
            except InvalidId:
                raise UsageError(
                    f"channels.{button} is not a button id:", "use the 15 or 18 characters of LiveChatButton.Id"
                ) from None
        object.__setattr__(self, "channels", normal)
        if self.default_owner:
            try:
                object.__setattr__(self, "default_owner", normalize(self.default_owner))
            except InvalidId:
                raise UsageError("default_owner is not a record id:", "use the id of a user or queue") from None
        _one_of("consent_status", self.consent_status, _picklist("MessagingEndUser", "MessagingConsentStatus"))
        _one_of("dropped_status", self.dropped_status, ("Ended", "Error"))
        for status in self.skip_statuses:
            _one_of("skip_statuses", status, TRANSCRIPT_STATUSES)

    def to_json(self) -> dict[str, Any]:
        """Return the plan as plain values in the order of the file."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _picklist(sobject: str, name: str) -> tuple[str, ...]:
    found = shipped().get(sobject).field(name)
    return tuple(value.value for value in found.picklist_values) if found else ()


def _one_of(key: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise UsageError(f"{key} = {value!r} is not possible:", f"use one of {', '.join(allowed)}")


def read(path: Path) -> Plan:
    """Return the plan of a TOML file; UsageError says what is wrong with it."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(
            f"cannot read the plan {path}: {error.strerror};", "write one with `chatlift migrate plan SOURCE`"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} is not TOML: {error};", "correct it or write a new one with `chatlift migrate plan`"
        ) from None
    return from_mapping(document, str(path))


def from_mapping(document: Mapping[str, Any], where: str = "plan") -> Plan:
    """Return the plan of plain values. UsageError for an unknown key or a value of the wrong type."""
    values: dict[str, Any] = {}
    defaults = Plan()
    for key, value in document.items():
        if key not in Plan.__dataclass_fields__:
            raise UsageError(f"{where}: unknown key {key!r}.", f"Known keys: {', '.join(Plan.__dataclass_fields__)}")
        expected = getattr(defaults, key)
        if isinstance(expected, tuple):
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise UsageError(f"{where}: {key} must be a list of texts.", f'For example {key} = ["..."]')
            value = tuple(value)
        elif isinstance(expected, str) and not isinstance(value, str):
            raise UsageError(f"{where}: {key} must be text.", f'For example {key} = "..."')
        elif isinstance(expected, dict) and not isinstance(value, dict):
            raise UsageError(f"{where}: {key} must be a table.", f'For example [{key}] "573..." = "Shop"')
        values[key] = value
    return replace(defaults, **values)


def commented(buttons: Mapping[str, str]) -> str:
    """Return the text of a plan file with the defaults, and a line for each button seen: its id and a proposed name."""
    plan = Plan()
    channel_lines = "\n".join(f'# "{button}" = "{name}"' for button, name in sorted(buttons.items()))
    return f"""\
# Plan of a migration from legacy chat to enhanced chat. The values are the defaults; change what should differ.

# DeveloperName of the messaging channel for chats without a button.
default_channel = "{plan.default_channel}"

# User or queue (record id) that takes the sessions of inactive users; "" keeps the legacy owner.
default_owner = "{plan.default_owner}"

# MessagingEndUser.MessagingConsentStatus: OptedOut, ImplicitlyOptedIn, ExplicitlyOptedIn or DoublyOptedIn.
consent_status = "{plan.consent_status}"

# Status of a session whose chat was dropped: Ended or Error.
dropped_status = "{plan.dropped_status}"

# Transcripts with these statuses are not finished chats: they are skipped and listed.
skip_statuses = ["Waiting", "InProgress"]

# More words, for orgs in other languages: what a visitor without a name is called, how headings begin.
visitor_labels = []
started_labels = []
origin_labels = []
agent_labels = []

# One messaging channel for each legacy button. A button that is not named here gets a channel of its own.
[channels]
{channel_lines}
"""
