"""One record of many: what collections, SOAP calls and Bulk batches do with each of theirs, and how each is refused.

Each function answers for one record and raises `OrgError` with the codes of a row; `together.write_each` runs many of them.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from ...schemas.field import Field, SObject
from ...schemas.ids import InvalidId, normalize
from ..errors import OrgError, not_found
from .caller import Caller
from .org import Org

MOST_CHUNKS: Final = 10
"""Runs of records of one type (REST guide, "Create Records Using sObject Collections"; SOAP API guide, "create()")."""
TOO_MANY_CHUNKS: Final = (
    f"Cannot have more than {MOST_CHUNKS} chunks in a single operation. Please rearrange the data to reduce chunking."
)
"""The sentence of the same limit in Apex; that REST uses it is a guess."""
SETUP_OBJECTS: Final = frozenset(
    {
        "FieldPermissions", "Group", "GroupMember", "ObjectPermissions", "PermissionSet", "PermissionSetAssignment", "Profile",
        "QueueSobject", "RecordType", "User", "UserRole",
    }
)  # fmt: skip
"""Types of the Setup area, which cannot share a call with others."""


def check_mix(sobjects: Sequence[SObject]) -> None:
    """Refuse too many changes of type, and types of the Setup area beside others. A guess: the codes."""
    if sum(1 for _ in groupby(sobjects, lambda sobject: sobject.name)) > MOST_CHUNKS:
        raise OrgError("LIMIT_EXCEEDED", TOO_MANY_CHUNKS)
    setup = {sobject.name for sobject in sobjects if sobject.name in SETUP_OBJECTS}
    others = [sobject.name for sobject in sobjects if sobject.name not in SETUP_OBJECTS]
    if setup and others:
        raise OrgError(
            "MIXED_DML_OPERATION",
            "DML operation on setup object is not permitted after you have updated a non-setup object (or vice versa): "
            f"{min(setup)}, original object: {others[0]}",
        )


def any_id(given: Any) -> str:
    """Return an id in its canonical form. MALFORMED_ID is what jsforce's tests expect (test/connection-crud.test.ts)."""
    try:
        return normalize(given if isinstance(given, str) else "")
    except InvalidId:
        raise OrgError("MALFORMED_ID", f"malformed id {'' if given is None else given}", ()) from None


def own_id(sobject: SObject, given: Any) -> str:
    """Return the canonical form of an id of a type. Raises MALFORMED_ID."""
    id18 = any_id(given)
    if id18[:3] != sobject.key_prefix:
        raise OrgError("MALFORMED_ID", f"{sobject.label} ID: id value of incorrect type: {given}", ("Id",))
    return id18


def type_of_id(org: Org, caller: Caller, id18: str) -> SObject:
    """Return the type whose ids begin as this one does, as the caller knows it. Raises INVALID_CROSS_REFERENCE_KEY."""
    seen = org.seen_by(caller)
    found = seen.by_prefix(id18[:3])
    if found is None or seen.find(found.name, caller.number) is None:
        raise no_such_record()
    return found


def no_such_record() -> OrgError:
    """Return what a row is told whose id leads nowhere."""
    return OrgError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ())


def gone(error: OrgError) -> OrgError:
    """Return what a row is told of a record that is not there: a single row would be 404, one of many has a code of DML."""
    return no_such_record() if error.code == "NOT_FOUND" else error


def update_one(org: Org, caller: Caller, sobject: SObject, id_: Any, values: Mapping[str, Any]) -> str:
    """Update the record of an id, which must be given; return the id."""
    if id_ is None or id_ == "":
        raise OrgError("MISSING_ARGUMENT", "Id not specified in an update call", ())
    id18 = own_id(sobject, id_)
    try:
        org.records.update(caller, sobject.name, id18, values)
    except OrgError as error:
        raise gone(error) from None
    return id18


def delete_one(org: Org, caller: Caller, given: Any) -> str:
    """Delete the record of an id of any type; return the id."""
    id18 = any_id(given)
    sobject = type_of_id(org, caller, id18)
    try:
        org.records.delete(caller, sobject.name, id18)
    except OrgError as error:
        raise gone(error) from None
    return id18


def key_field(sobject: SObject, name: str) -> Field:
    """Return the field that the rows of an upsert are found by; who may not write them is told so with each. Raises NOT_FOUND."""
    field = sobject.field(name)
    if field is None or not (field.external_id or field.id_lookup) or not sobject.whole.supports("upsert"):
        raise not_found(f"Provided external ID field does not exist or is not accessible: {name}")
    return field


def key_text(key: Any) -> str | None:
    """Return a key as keys are compared inside one request: text without regard to case; None for none."""
    return None if key is None or key == "" else str(key).lower()


def same_key(field: Field, key: Any) -> OrgError:
    """Return what the rows of an upsert are told that have the same key."""
    return OrgError("DUPLICATE_VALUE", f"Duplicate external id specified: {key}", (field.name,))


def upsert_one(
    org: Org, caller: Caller, sobject: SObject, field: Field, key: Any, values: Mapping[str, Any]
) -> tuple[str, bool]:
    """Update the record that has the key, or create one; return its id and whether it is new."""
    if field.name == "Id":
        if key_text(key) is None:
            return org.records.create(caller, sobject.name, values), True
        return update_one(org, caller, sobject, key, values), False
    if key_text(key) is None:
        raise OrgError("MISSING_ARGUMENT", f"{field.name} not specified", ())
    ids = org.records.find(caller, sobject.name, field.name, str(key))
    if len(ids) > 1:
        problem = f"{field.name}: more than one record found for external id field: [{', '.join(ids)}]"
        raise OrgError("DUPLICATE_EXTERNAL_ID", problem, ())
    if ids:
        return update_one(org, caller, sobject, ids[0], values), False
    return org.records.create(caller, sobject.name, {field.name: key, **values}), True
