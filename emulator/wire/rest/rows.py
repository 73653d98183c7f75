"""Records one at a time: create, read, update, delete, and read by another unique field."""

import re
from typing import Any, Final
from urllib.parse import unquote_plus

from ....schemas.field import Field, SObject
from ....schemas.ids import InvalidId, normalize
from ....schemas.values import from_text
from ...errors import OrgError, not_found
from ...org.org import Org
from . import conditions
from .body import values
from .call import Answer, Call
from .errors import MethodNotAllowed

ROW_METHODS: Final = "HEAD,GET,PATCH,DELETE"
FIRST_WITH_CREATED: Final = 46.0
"""The first API version whose upsert says whether it created."""


def sobject_of(org: Org, call: Call) -> SObject:
    """Return the object that the path names, in any case, as far as the version knows it."""
    found = org.seen_by(call.caller).find(call.segments[1], call.caller.number)
    if found is None:
        raise not_found()
    return found


def create(org: Org, call: Call) -> Answer:
    """``POST sobjects/X``: 201 and the address of the new record."""
    sobject = sobject_of(org, call)
    id_ = org.records.create(call.caller, sobject.name, values(call))
    note_use(org, call, sobject, id_)
    location = ("Location", f"{call.base}/sobjects/{sobject.name}/{id_}")
    return Answer(201, {"id": id_, "success": True, "errors": []}, (location,))


def create_by_id(org: Org, call: Call) -> Answer:
    """``POST sobjects/X/Id``: a create, which is how restforce upserts a record without an id."""
    if call.segments[2].lower() != "id":
        raise MethodNotAllowed("POST", ROW_METHODS)
    return create(org, call)


def retrieve(org: Org, call: Call) -> Answer:
    """``GET sobjects/X/<id>[?fields=A,B]``."""
    sobject = sobject_of(org, call)
    return read(org, call, sobject, id_of(sobject, call.segments[2]))


def read(org: Org, call: Call, sobject: SObject, id18: str) -> Answer:
    """Return a record, or what became of the conditions in the request's headers."""
    record = org.records.retrieve(call.caller, sobject.name, id18, asked_fields(call))
    return (
        conditions.read_row(org, call, sobject, id18, record)
        if conditions.concern(sobject, call)
        else Answer(200, record)
    )


def change(org: Org, call: Call, sobject: SObject, id18: str, fields: dict[str, Any]) -> None:
    """Update a record if the conditions in the request's headers hold."""
    if conditions.applies_to_write(call):
        with org.transaction():
            conditions.check_write(org, call, sobject, id18)
            org.records.update(call.caller, sobject.name, id18, fields)
    else:
        org.records.update(call.caller, sobject.name, id18, fields)


def update(org: Org, call: Call) -> Answer:
    """``PATCH sobjects/X/<id>``: 204 without a body."""
    sobject = sobject_of(org, call)
    if call.segments[2].lower() == "id":
        raise MethodNotAllowed("PATCH", "GET,HEAD,POST")  # recorded: restforce#263
    id_ = id_of(sobject, call.segments[2])
    change(org, call, sobject, id_, values(call))
    note_use(org, call, sobject, id_)
    return Answer(204)


def note_use(org: Org, call: Call, sobject: SObject, id18: str) -> None:
    """Let a record that was written be among those that the user saw last, where ``Sforce-Mru: updateMru=true`` asks for it."""
    given = call.environ.get("HTTP_SFORCE_MRU", "")
    if given and re.search(r"updateMru\s*=\s*true", given, re.IGNORECASE):
        org.query.viewed(call.caller, sobject, [id18])


def delete(org: Org, call: Call) -> Answer:
    """``DELETE sobjects/X/<id>``: 204 without a body."""
    sobject = sobject_of(org, call)
    org.records.delete(call.caller, sobject.name, id_of(sobject, call.segments[2]))
    return Answer(204)


def retrieve_by(org: Org, call: Call) -> Answer:
    """``GET sobjects/X/<field>/<value>``: the record; 300 and the addresses when several have the value."""
    sobject, field = keyed(org, call)
    ids = matches(org, call, sobject, field)
    if not ids:
        raise not_found()
    if len(ids) > 1:
        return several(call, sobject, ids)
    return read(org, call, sobject, ids[0])


def upsert(org: Org, call: Call) -> Answer:
    """``PATCH sobjects/X/<field>/<value>``: update the record with the value, or create one.

    Since API 46.0 an update is 200 with the body of a create and ``"created": false``; before, it was 204, and a create
    had no ``created`` (wadewegner/Force.com-Toolkit-for-NET#407, restforce#556).
    """
    sobject, field = keyed(org, call)
    if not sobject.supports("upsert"):
        raise not_found()
    fields = values(call)
    for name in {"Id", field.name}:
        if any(given.lower() == name.lower() for given in fields):
            raise OrgError("INVALID_FIELD", f"The {name} field should not be specified in the sobject data.")
    with org.transaction():
        ids = matches(org, call, sobject, field)
        if len(ids) > 1:
            return several(call, sobject, ids)
        if ids:
            change(org, call, sobject, ids[0], fields)
            note_use(org, call, sobject, ids[0])
            return upserted(call, sobject, ids[0], created=False)
        if field.name == "Id":
            raise not_found()
        value = from_text(field, key_of(call))
        id_ = org.records.create(call.caller, sobject.name, fields | {field.name: value})
    note_use(org, call, sobject, id_)
    return upserted(call, sobject, id_, created=True)


def delete_by(org: Org, call: Call) -> Answer:
    """``DELETE sobjects/X/<field>/<value>``: 204; 300 and the addresses when several have the value."""
    sobject, field = keyed(org, call)
    with org.transaction():
        ids = matches(org, call, sobject, field)
        if not ids:
            raise not_found()
        if len(ids) > 1:
            return several(call, sobject, ids)
        org.records.delete(call.caller, sobject.name, ids[0])
    return Answer(204)


def keyed(org: Org, call: Call) -> tuple[SObject, Field]:
    """Return the object and the external id or id-lookup field that an address names."""
    sobject = sobject_of(org, call)
    field = sobject.field(call.segments[2])
    if field is None or not (field.external_id or field.id_lookup):
        raise unknown_key(call.segments[2])
    return sobject, field


def key_of(call: Call) -> str:
    """Return the value in an address. simple-salesforce sends a blank as a plus sign, so a plus sign is a blank."""
    return unquote_plus(call.sent[3], errors="replace")


def matches(org: Org, call: Call, sobject: SObject, field: Field) -> list[str]:
    """Return the ids of the records that an address means."""
    if field.name == "Id":
        return org.records.find(call.caller, sobject.name, "Id", id_of(sobject, call.segments[3]))
    return org.records.find(call.caller, sobject.name, field.name, key_of(call))


def several(call: Call, sobject: SObject, ids: list[str]) -> Answer:
    return Answer(300, [f"{call.base}/sobjects/{sobject.name}/{id_}" for id_ in ids])


def upserted(call: Call, sobject: SObject, id_: str, *, created: bool) -> Answer:
    """Return the answer to an upsert in the form of the call's version."""
    body: dict[str, Any] = {"id": id_, "success": True, "errors": []}
    headers = (("Location", f"{call.base}/sobjects/{sobject.name}/{id_}"),) if created else ()
    if call.caller.number >= FIRST_WITH_CREATED:
        return Answer(201 if created else 200, body | {"created": created}, headers)
    return Answer(201, body, headers) if created else Answer(204)


def asked_fields(call: Call) -> list[str] | None:
    """Return the names in the parameter ``fields``, or None when it is not there."""
    asked = call.parameters.get("fields")
    return [name for part in asked.split(",") if (name := part.strip())] or None if asked else None


def id_of(sobject: SObject, segment: str) -> str:
    """Return the canonical id in a row's address.

    An id of this object whose checksum fits no letter case is MALFORMED_ID (the tests of WWW::Salesforce; the words are
    those of the REST guide, "Status Codes and Error Responses"). Whatever else is no id of this object is taken for the
    name of an external id field, as the fixtures of restforce show.
    """
    try:
        id_ = normalize(segment)
    except InvalidId:
        if len(segment) == 18 and sobject.key_prefix and segment.startswith(sobject.key_prefix):
            message = f"{sobject.label} ID: id value of incorrect type: {segment}"
            raise OrgError("MALFORMED_ID", message, ("Id",)) from None
        raise unknown_key(segment) from None
    if sobject.key_prefix and not id_.startswith(sobject.key_prefix):
        raise unknown_key(segment)
    return id_


def unknown_key(segment: str) -> OrgError:
    return not_found(f"Provided external ID field does not exist or is not accessible: {segment}")
