"""Where the answers of the pre-chat form go in a record, as far as they fit."""

import logging
from typing import Any, Final

from ...schemas.field import Field, SObject
from ..errors import OrgError
from ..org.org import Org

LOG: Final = logging.getLogger(__name__)


def lookup_of(sobject: SObject, name: str, target: str) -> Field | None:
    """Return the lookup of a type that a pre-chat form names, ``ContactId``, ``Contact`` or ``c__Account``, if it leads to `target`."""
    for spelling in (custom_name(name), f"{name}Id"):
        field = sobject.field(spelling)
        if field is not None and field.type == "reference" and field.createable and target in field.reference_to:
            return field
    return None


def answer_value(org: Org, sobject: SObject, name: str, value: str) -> tuple[str, Any] | None:
    """Return the field that an answer of the pre-chat form goes to, and its value there; None where it does not fit."""
    field = sobject.field(custom_name(name))
    if field is None or not field.createable:
        LOG.info("a pre-chat answer has no field %s to go to", name)
        return None
    try:
        return field.name, org.records.load_value(sobject, field.name, value[: field.length or None])
    except OrgError as error:
        LOG.info("a pre-chat answer does not fit %s: %s", name, error.message)
        return None


def custom_name(name: str) -> str:
    """Return the API name of a field that the pre-chat form writes ``c__Email`` (Chat REST API guide; the rule is a guess)."""
    return f"{name[3:]}__c" if name.startswith("c__") else name
