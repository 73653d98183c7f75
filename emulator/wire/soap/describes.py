"""Describes of the org's types, and which of its records changed or went."""

from typing import Any, Final

from ...errors import OrgError
from .call import Call
from .records_in import sobject_named

MOST_DESCRIBED: Final = 100
"""Types of one describeSObjects (SOAP API guide, "describeSObjects()")."""
_URLS: Final = {"urlDetail": "uiDetailTemplate", "urlEdit": "uiEditTemplate", "urlNew": "uiNewRecord"}
"""What SOAP and REST call the pages of a type."""


def describe_global(call: Call) -> dict[str, Any]:
    """``describeGlobal``: all types in short."""
    found = call.org.describe.global_(call.caller)
    return found | {"sobjects": [_with_id(one) for one in found["sobjects"]]}


def describe_sobject(call: Call) -> dict[str, Any]:
    """``describeSObject``: one type in full."""
    return _described(call, call.text("sObjectType"))


def describe_sobjects(call: Call) -> list[dict[str, Any]]:
    """``describeSObjects``: up to 100 types in full."""
    names: list[str] = call.arguments["sObjectType"]
    if len(names) > MOST_DESCRIBED:  # the words are a guess
        raise OrgError("EXCEEDED_ID_LIMIT", f"cannot describe more than {MOST_DESCRIBED} objects in one call")
    return [_described(call, name) for name in names]


def _described(call: Call, name: str) -> dict[str, Any]:
    sobject = sobject_named(call.org, call.caller, name.strip())
    found = call.org.describe.sobject(call.caller, sobject.name, call.origin)
    urls = found["urls"]
    return _with_id(found) | {name: urls.get(key) for name, key in _URLS.items()}


def _with_id(described: dict[str, Any]) -> dict[str, Any]:
    """Return a describe with what REST leaves out: whether records have ids."""
    return described | {"idEnabled": described["keyPrefix"] is not None}


def get_updated(call: Call) -> dict[str, Any]:
    """``getUpdated``. Raises INVALID_TYPE, INVALID_REPLICATION_DATE."""
    return call.org.changes.updated(call.caller, *_window(call))


def get_deleted(call: Call) -> dict[str, Any]:
    """``getDeleted``. Raises INVALID_TYPE, INVALID_REPLICATION_DATE."""
    return call.org.changes.deleted(call.caller, *_window(call))


def _window(call: Call) -> tuple[str, str | None, str | None]:
    sobject = sobject_named(call.org, call.caller, call.text("sObjectType").strip())
    if not sobject.supports("getUpdated"):
        problem = f"entity type {sobject.name} does not support replication"  # the words are a guess
        raise OrgError("INVALID_TYPE", problem)
    return sobject.name, call.arguments["startDate"], call.arguments["endDate"]
