"""Cut text that is too long for its field, for callers who ask for that in place of STRING_TOO_LONG."""

from collections.abc import Mapping
from typing import Any, Final

from ...schemas.field import SObject

CUT_TYPES: Final = frozenset(
    {"anyType", "email", "encryptedstring", "multipicklist", "phone", "picklist", "string", "textarea"}
)
"""SOAP API guide, "AllowFieldTruncationHeader"."""


def truncated(sobject: SObject, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a record with text cut to the length of its field."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        field = sobject.field(name)
        is_cut = field is not None and field.type in CUT_TYPES and field.length > 0 and isinstance(value, str)
        found[name] = value[: field.length] if field is not None and is_cut else value
    return found
