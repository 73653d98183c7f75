"""Lookups that are given by another unique field of the record they lead to: ``"Account": {"Ext__c": "A1"}``.

REST guide, "Insert or Update (Upsert) a Record Using an External ID": a relationship's name stands for its field, and in it
stands one external id or id-lookup field of the parent.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ...schemas.catalog import Catalog
from ...schemas.field import Field, SObject
from ..errors import OrgError

ATTRIBUTES: Final = "attributes"
Find = Callable[[str, str, str], list[str]]
"""Gives the ids of the records of a type, by name, whose field, by name, has a value."""


def resolved(catalog: Catalog, sobject: SObject, values: Mapping[str, Any], find: Find) -> dict[str, Any]:
    """Return the values of a record with ids in place of such lookups. Other objects stay, for the schema to refuse."""
    found: dict[str, Any] = {}
    given = {name.lower() for name in values}
    for name, value in values.items():
        field = sobject.relationship(name) if isinstance(value, dict) else None
        if field is None or sobject.field(name) is not None:
            found[name] = value
        elif field.name.lower() in given:
            # The words of an org, seen wherever data are loaded with both columns.
            problem = f"cannot specify both an external ID reference {name} and a salesforce id, {field.name}"
            raise OrgError("INVALID_FIELD", problem, ())
        else:
            found[field.name] = _target(catalog, field, value, find)
    return found


def _target(catalog: Catalog, field: Field, value: Mapping[str, Any], find: Find) -> str:
    parent = _parent(catalog, field, value)
    keys = {name: key for name, key in value.items() if name != ATTRIBUTES}
    if len(keys) != 1:
        # Known from the SOAP API; that REST says the same is a guess.
        problem = f"More than 1 field provided in an external foreign key reference in entity: {parent.name}"
        raise OrgError("INVALID_FIELD", problem if keys else _no_key(parent), ())
    [(name, key)] = keys.items()
    key_field = parent.field(name)
    if key_field is None or not (key_field.external_id or key_field.id_lookup):
        raise OrgError("INVALID_FIELD", _no_key(parent), ())
    ids = [] if key is None else find(parent.name, key_field.name, str(key))
    if len(ids) != 1:
        problem = "not found" if not ids else "matches more than one record"
        message = f"Foreign key external ID: {key} {problem} for field {key_field.name} in entity {parent.name}"
        raise OrgError("INVALID_FIELD", message, ())
    return ids[0]


def _no_key(parent: SObject) -> str:
    return f"No external id or id lookup field provided in a foreign key reference in entity: {parent.name}"


def _parent(catalog: Catalog, field: Field, value: Mapping[str, Any]) -> SObject:
    """Return the type that a lookup leads to; where several may be meant, its attributes say which."""
    attributes = value.get(ATTRIBUTES)
    named = attributes.get("type") if isinstance(attributes, dict) else None
    targets = [target for name in field.reference_to if (target := catalog.find(name)) is not None]
    if isinstance(named, str):
        targets = [target for target in targets if target.name.lower() == named.lower()]
    if len(targets) == 1:
        return targets[0]
    raise OrgError(
        "INVALID_FIELD", f"The type of the foreign key reference {field.relationship_name} is not known: {named}", ()
    )
