"""LiveAgentSession rows: presence history cannot be filled in afterwards, so they go to a custom object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...schemas.ids import derive
from ..cells import Value
from ..errors import RecordError
from .names import (
    AGENT_SESSION,
    AGENT_SESSION_ID,
    NAMING,
    OWN,
    SESSION,
    SOURCE_ROW,
    Naming,
    with_namespace,
    without_namespace,
)
from .reading import fields_of, typed
from .structures import Row

ID_PREFIX = "a9L"
"""Key prefix of Legacy_Agent_Session__c; an org gives custom objects prefixes of its own, so this one is ours."""

_SAME = ("Name", "OwnerId", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById")
_AUDIT = frozenset(_SAME) - {"Name"}


def agent_session_row(record: Mapping[str, Any], number: int = 0, naming: Naming = NAMING) -> Row:
    """Return the Legacy_Agent_Session__c row of a LiveAgentSession; times of its counters are seconds."""
    values = typed(SESSION, record)
    if not values.get("Id"):
        raise RecordError("no Id", "export the Id column")
    row: Row = {"Id": derive(ID_PREFIX, str(values["Id"])), AGENT_SESSION_ID: values["Id"], SOURCE_ROW: number or None}
    known = fields_of(SESSION)
    for name, value in values.items():
        if name == "Id" or (name in _AUDIT and value is None):
            continue
        target = target_field(name, naming) if name in known else _own_field(name, naming)
        if target is not None:
            row[target] = value
    return row


def target_field(name: str, naming: Naming = NAMING) -> str | None:
    """Return the field that holds a standard field of LiveAgentSession, None where the plan leaves it out."""
    return name if name in _SAME else naming.agent_session[name]


def _own_field(name: str, naming: Naming) -> str:
    """Return the field that holds a custom field; the names of the standard ones look like those of custom fields there."""
    return naming.custom.get((AGENT_SESSION, name)) or f"{OWN}{without_namespace(name)}"


def agent_session_values(row: Row, naming: Naming = NAMING) -> dict[str, Value]:
    """Return the LiveAgentSession row that a Legacy_Agent_Session__c stands for."""
    values: dict[str, Value] = {"Id": row[AGENT_SESSION_ID]}
    values |= {name: row[name] for name in _SAME if name in row}
    sources = {target: name for name, target in naming.agent_session.items() if target}
    sources |= {target: name for (kind, name), target in naming.custom.items() if kind == AGENT_SESSION}
    for field, value in row.items():
        if field in sources:
            values[sources[field]] = value
        elif field.startswith(OWN):
            values[with_namespace(field.removeprefix(OWN))] = value
    return values
