"""LiveAgentSession rows: presence history cannot be filled in afterwards, so they go to a custom object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...schemas.ids import derive
from ..errors import RecordError
from .names import AGENT_SESSION_ID, SOURCE_ROW, with_namespace, without_namespace
from .reading import fields_of, typed
from .structures import Row

ID_PREFIX = "a9L"
"""Key prefix of Legacy_Agent_Session__c; an org gives custom objects prefixes of its own, so this one is ours."""

_AUDIT = ("OwnerId", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById")


def agent_session_row(record: Mapping[str, Any], number: int = 0) -> Row:
    """Return the Legacy_Agent_Session__c row of a LiveAgentSession; times of its counters are seconds."""
    values = typed("LiveAgentSession", record)
    if not values.get("Id"):
        raise RecordError("no Id", "export the Id column")
    row: Row = {"Id": derive(ID_PREFIX, str(values["Id"])), AGENT_SESSION_ID: values["Id"], SOURCE_ROW: number or None}
    known = fields_of("LiveAgentSession")
    for name, value in values.items():
        if name == "Id" or (name in _AUDIT and value is None):
            continue
        row[target_field(name, name in known)] = value
    return row


def target_field(name: str, is_standard: bool) -> str:
    """Return the field that holds a field of LiveAgentSession."""
    if name in _AUDIT or (name == "Name" and is_standard):
        return name
    return f"{name}__c" if is_standard else f"Own_{without_namespace(name)}"


def source_field(name: str) -> str | None:
    """Return the LiveAgentSession field that a field of Legacy_Agent_Session__c holds, None when it holds none."""
    if name == "Id" or name.startswith("Legacy_"):
        return None
    if name.startswith("Own_"):
        return with_namespace(name[4:])
    return name.removesuffix("__c")
