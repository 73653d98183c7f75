"""What the platform fills in by itself: owner, audit stamps, defaults and composed names."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from ...schemas.field import SObject

AUDIT_ON_CREATE: Final = ("CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp")
AUDIT_ON_CHANGE: Final = AUDIT_ON_CREATE[2:]
NAME_PARTS: Final = ("FirstName", "MiddleName", "LastName", "Suffix")
"""The parts of a person's name, in the order in which ``Name`` shows them; the salutation is not shown."""


def stamps(sobject: SObject, names: tuple[str, ...], user_id: str, now: str) -> dict[str, Any]:
    """Return the audit fields of these names that an sObject has: who (18 character id) and when (canonical text)."""
    return {
        name: user_id if name.endswith("ById") else now for name in names if sobject.field(name)
    }  # fmt: skip


def defaults(sobject: SObject, user_id: str) -> dict[str, Any]:
    """Return the values of fields that a create leaves out."""
    values = dict(_fixed_defaults(sobject))
    if "OwnerId" in values:
        values["OwnerId"] = user_id
    return values


@lru_cache(maxsize=512)
def _fixed_defaults(sobject: SObject) -> Mapping[str, Any]:
    values: dict[str, Any] = {}
    for field in sobject.fields:
        if not field.is_stored:
            continue
        if field.initial_value is not None:
            values[field.name] = field.initial_value
        elif field.type == "boolean":
            values[field.name] = False
        elif field.name == "OwnerId":
            values[field.name] = None
    return values


def has_composed_name(sobject: SObject) -> bool:
    """Tell whether ``Name`` is put together from the parts of a person's name."""
    name, last = sobject.field("Name"), sobject.field("LastName")
    return name is not None and last is not None and not name.createable and not name.auto_number


def composed_name(values: Mapping[str, Any]) -> str | None:
    """Return the name that the parts make; None when there are none."""
    return " ".join(values[part] for part in NAME_PARTS if values.get(part)) or None


def full_name_parts(sobject: SObject) -> list[str]:
    """Return the parts of a person's name that an sObject has."""
    return [part for part in NAME_PARTS if sobject.field(part)]
