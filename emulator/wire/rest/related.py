"""Addresses below a row: what it is related to, and the content of its files.

REST guide, "sObject Relationships" and "sObject Blob Get": ``sobjects/X/<id>/<relationship>`` leads to a parent, over at most five
of them, or to the children of one relationship; ``sobjects/X/<id>/<field>`` gives the bytes of a base64 field.
"""

from mimetypes import MimeTypes
from typing import Any, Final

from ....schemas.field import ChildRelationship, SObject
from ...errors import not_found
from ...org.org import Org
from .body import values
from .call import Answer, Call
from .errors import MethodNotAllowed
from .resources import batch_size, page
from .rows import asked_fields, delete_by, id_of, keyed, retrieve_by, upsert

BINARY: Final = "application/octet-stream"
KNOWN_TYPES: Final = MimeTypes()
"""What the standard library knows of file names; not what this machine happens to know."""


def retrieve(org: Org, call: Call) -> Answer:
    """``GET`` of a row by a key, of a file's content, of a parent, or of children."""
    if is_keyed(org, call):
        return retrieve_by(org, call)
    sobject, id18, last = lead(org, call)
    field = sobject.field(last)
    if field is not None and field.type == "base64" and len(call.segments) == 4:
        return content(org, call, sobject, id18, field.name)
    child = sobject.child(last)
    if child is not None and len(call.segments) == 4:
        return children(org, call, child, id18)
    parent, parent_id = parent_of(org, call, sobject, id18, last)
    return Answer(200, org.records.retrieve(call.caller, parent.name, parent_id, asked_fields(call)))


def update(org: Org, call: Call) -> Answer:
    """``PATCH`` of a row by a key (an upsert), or of a parent."""
    if is_keyed(org, call):
        return upsert(org, call)
    parent, parent_id = writable_parent(org, call)
    org.records.update(call.caller, parent.name, parent_id, values(call))
    return Answer(204)


def delete(org: Org, call: Call) -> Answer:
    """``DELETE`` of a row by a key, or of a parent."""
    if is_keyed(org, call):
        return delete_by(org, call)
    parent, parent_id = writable_parent(org, call)
    org.records.delete(call.caller, parent.name, parent_id)
    return Answer(204)


def is_keyed(org: Org, call: Call) -> bool:
    """Tell whether an address is one by an external id: its third segment is such a field. Raises NOT_FOUND for neither."""
    sobject = org.seen_by(call.caller).find(call.segments[1], call.caller.number)
    if sobject is None:
        raise not_found()
    field = sobject.field(call.segments[2])
    if field is not None and (field.external_id or field.id_lookup):
        if len(call.segments) > 4:
            raise not_found()
        return True
    if len(call.segments) == 4 and not looks_like_id(sobject, call.segments[2]):
        keyed(org, call)  # which says that there is no such field
    return False


def looks_like_id(sobject: SObject, segment: str) -> bool:
    return len(segment) in (15, 18) and segment.startswith(sobject.key_prefix or "?")


def lead(org: Org, call: Call) -> tuple[SObject, str, str]:
    """Follow an address to the record before its last segment; return its type, its id and that segment."""
    sobject = org.seen_by(call.caller).find(call.segments[1], call.caller.number)
    if sobject is None or not looks_like_id(sobject, call.segments[2]):
        raise not_found()
    id18 = id_of(sobject, call.segments[2])
    *between, last = call.segments[3:]
    for name in between:
        sobject, id18 = parent_of(org, call, sobject, id18, name)
    return sobject, id18, last


def parent_of(org: Org, call: Call, sobject: SObject, id18: str, relationship: str) -> tuple[SObject, str]:
    """Return type and id of a record's parent. Raises NOT_FOUND for an unknown relationship and where there is no parent."""
    field = sobject.relationship(relationship)
    if field is None:
        raise not_found()
    found: Any = org.records.retrieve(call.caller, sobject.name, id18, [field.name])[field.name]
    parent = org.seen_by(call.caller).by_prefix(found[:3]) if found else None
    if parent is None:
        raise not_found()
    return parent, found


def writable_parent(org: Org, call: Call) -> tuple[SObject, str]:
    sobject, id18, last = lead(org, call)
    if sobject.child(last) is not None:
        raise MethodNotAllowed(call.method, "GET,HEAD")
    return parent_of(org, call, sobject, id18, last)


def children(org: Org, call: Call, relationship: ChildRelationship, id18: str) -> Answer:
    """Return the children of a record as a query's answer, in the order of their ids."""
    child = org.seen_by(call.caller).find(relationship.child_sobject, call.caller.number)
    if child is None:
        raise not_found()
    parent = org.catalog.by_prefix(id18[:3])
    org.records.retrieve(call.caller, parent.name if parent else "", id18, ["Id"])  # it must be there
    names = asked_fields(call) or [field.name for field in child.fields]
    soql = f"SELECT {', '.join(names)} FROM {child.name} WHERE {relationship.field} = '{id18}' ORDER BY Id"
    return page(call, org.query.run(call.caller, soql, batch_size=batch_size(call)))


def content(org: Org, call: Call, sobject: SObject, id18: str, field: str) -> Answer:
    """Return a file's bytes. Not inside a composite, whose answers are JSON (REST guide, "Composite")."""
    if call.inside:
        raise not_found()
    data = org.records.content(call.caller, sobject.name, id18, field)
    if data is None:
        raise not_found()
    return Answer(200, content=data, content_type=content_type(org, call, sobject, id18))


def content_type(org: Org, call: Call, sobject: SObject, id18: str) -> str:
    """Return the type that a file was given, or that its name tells. A guess for names: the platform may say less."""
    known = [name for name in ("ContentType", "PathOnClient", "Name") if sobject.field(name)]
    row = org.records.retrieve(call.caller, sobject.name, id18, known)
    given: str | None = row.get("ContentType")
    return given or KNOWN_TYPES.guess_type(row.get("PathOnClient") or row.get("Name") or "")[0] or BINARY
