"""Results of writes: one for each record, in the order of the request."""

from collections.abc import Sequence
from typing import Any, Final

from ....schemas.ids import InvalidId, normalize
from ...errors import BadValue, OrgError

MOST_RECORDS: Final = 200
TOO_MANY: Final = f"record limit reached. cannot submit more than {MOST_RECORDS} records into this call"
"""Recorded: Chrome-Salesforce-inspector#134, django-salesforce#328."""


def check_number(records: Sequence[Any], most: int = MOST_RECORDS) -> None:
    """Raise EXCEEDED_ID_LIMIT for more records than a call may have."""
    if len(records) > most:
        raise OrgError("EXCEEDED_ID_LIMIT", TOO_MANY.replace(str(MOST_RECORDS), str(most)))


def succeeded(id_: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "success": True, "errors": [], **more}


def failed(error: OrgError, id_: str | None = None, **more: Any) -> dict[str, Any]:
    """Return the result of a record that was refused; one that was there before bears its id (recorded for undelete)."""
    code, message = error.code, error.message
    if isinstance(error, BadValue):
        # The wires know the types of values and refuse them earlier; what is left is for the room that writes records.
        code, message = "INVALID_TYPE_ON_FIELD_IN_RECORD", f"{error.field}: value not of required type: {error.value}"
    entry = {"fields": list(error.fields or ()), "message": message, "statusCode": code}
    return {"id": _id18(id_), "success": False, "errors": [entry], **more}


def saved(outcome: str | OrgError, id_: str | None = None) -> dict[str, Any]:
    """Return the result of a write that answers an id."""
    return failed(outcome, id_) if isinstance(outcome, OrgError) else succeeded(outcome)


def _id18(id_: str | None) -> str | None:
    try:
        return normalize(id_) if id_ else None
    except InvalidId:
        return id_
