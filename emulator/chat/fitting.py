"""Values made to fit their fields: the end of a chat never fails over a long name or over a record that is gone."""

import logging
from collections.abc import Mapping
from typing import Any, Final

from ...schemas.field import Field, SObject
from ..errors import OrgError
from ..org.integrity import is_live
from ..org.org import Org
from ..store import Transaction

LOG: Final = logging.getLogger(__name__)


def fitted(org: Org, transaction: Transaction, sobject: SObject, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that a record can hold: text cut to the field's length, references to live records alone."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        field = sobject.field(name)
        if field is None:
            LOG.info("%s has no field %s", sobject.name, name)
            continue
        if isinstance(value, str):
            value = value.replace("\0", "")
            if field.type == "reference":
                value = value if _is_there(org, transaction, value) else None
            elif 0 < field.length < len(value):
                value = value[: field.length]
        if value is not None or field.nillable:
            found[field.name] = value
    return found


def _is_there(org: Org, transaction: Transaction, id_: str) -> bool:
    target = org.catalog.by_prefix(id_[:3])
    return target is not None and is_live(transaction, org.store, target, id_)


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
