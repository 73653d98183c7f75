"""Records one at a time: create, read, update, delete, and read by another unique field."""

from urllib.parse import quote

from ....schemas.field import SObject
from ....schemas.ids import InvalidId, normalize
from ...errors import OrgError, not_found
from ...org.org import Org
from .body import values
from .call import Answer, Call


def sobject_of(org: Org, call: Call) -> SObject:
    """Return the object that the path names, in any case, as far as the version knows it."""
    found = org.catalog.find(call.segments[1], call.caller.number)
    if found is None:
        raise not_found()
    return found


def create(org: Org, call: Call) -> Answer:
    """``POST sobjects/X``: 201 and the address of the new record."""
    sobject = sobject_of(org, call)
    id_ = org.records.create(call.caller, sobject.name, values(call.request, call.raw))
    location = ("Location", f"{call.base}/sobjects/{sobject.name}/{id_}")
    return Answer(201, {"id": id_, "success": True, "errors": []}, (location,))


def retrieve(org: Org, call: Call) -> Answer:
    """``GET sobjects/X/<id>[?fields=A,B]``."""
    sobject = sobject_of(org, call)
    id_ = id_of(sobject, call.segments[2])
    return Answer(200, org.records.retrieve(call.caller, sobject.name, id_, asked_fields(call)))


def update(org: Org, call: Call) -> Answer:
    """``PATCH sobjects/X/<id>``: 204 without a body."""
    sobject = sobject_of(org, call)
    id_ = id_of(sobject, call.segments[2])
    org.records.update(call.caller, sobject.name, id_, values(call.request, call.raw))
    return Answer(204)


def delete(org: Org, call: Call) -> Answer:
    """``DELETE sobjects/X/<id>``: 204 without a body."""
    sobject = sobject_of(org, call)
    org.records.delete(call.caller, sobject.name, id_of(sobject, call.segments[2]))
    return Answer(204)


def retrieve_by(org: Org, call: Call) -> Answer:
    """``GET sobjects/X/<field>/<value>``: the record; 300 and the addresses when several have the value."""
    sobject = sobject_of(org, call)
    name, value = call.segments[2], call.segments[3]
    field = sobject.field(name)
    if field is None or not (field.external_id or field.id_lookup):
        raise unknown_key(name)
    if field.name == "Id":
        return Answer(200, org.records.retrieve(call.caller, sobject.name, id_of(sobject, value), asked_fields(call)))
    # simple-salesforce sends a blank as a plus sign.
    ids = org.records.find(call.caller, sobject.name, field.name, value.replace("+", " "))
    if not ids:
        raise not_found()
    if len(ids) > 1:
        return Answer(300, [f"{call.base}/sobjects/{sobject.name}/{quote(id_)}" for id_ in ids])
    return Answer(200, org.records.retrieve(call.caller, sobject.name, ids[0], asked_fields(call)))


def asked_fields(call: Call) -> list[str] | None:
    """Return the names in the parameter ``fields``, or None when it is not there."""
    names = [name.strip() for name in call.parameters.get("fields", "").split(",")]
    return [name for name in names if name] or None


def id_of(sobject: SObject, segment: str) -> str:
    """Return the canonical id in a row's address.

    An id of this object with a wrong checksum is MALFORMED_ID (REST guide, "Status Codes and Error Responses": the sample
    001900K0001pPuOAAU); whatever else is no id of this object is taken for the name of an external id field, as the
    tests of restforce and WWW::Salesforce show.
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
