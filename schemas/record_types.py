"""Record types in descriptor documents.

``developerName``, and at will ``name``, ``active``, ``description``, ``id``, ``default`` and ``picklistValues``: field name
to the values that are left, each text or an object with ``value`` and ``default``.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from .descriptor import DescriptorError
from .field import PicklistValue, RecordType
from .ids import InvalidId, normalize

RECORD_TYPE_FIELD: Final[Mapping[str, Any]] = {
    "name": "RecordTypeId",
    "label": "Record Type ID",
    "type": "reference",
    "referenceTo": ["RecordType"],
    "relationshipName": "RecordType",
    "defaultedOnCreate": True,
    "childRelationship": False,
}
"""The field that an object with record types has."""
MOST_RECORD_TYPES: Final = 500
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}\Z")


def record_types_of(document: Mapping[str, Any], known: Iterable[RecordType] = ()) -> tuple[RecordType, ...]:
    """Return the record types that an object has with a document's over those that it had. Raises `DescriptorError`."""
    entries, place = document.get("recordTypes") or [], document.get("name")
    if not isinstance(entries, list):
        raise DescriptorError(f"{place}: recordTypes must be a list")
    found = {one.developer_name.lower(): one for one in known}
    read: set[str] = set()
    for entry in entries:
        one = _record_type(entry, str(place))
        if one.developer_name.lower() in read:
            raise DescriptorError(f"{place}: the record type {one.developer_name} is named twice")
        read.add(one.developer_name.lower())
        found[one.developer_name.lower()] = one
    if len(found) > MOST_RECORD_TYPES:
        raise DescriptorError(f"{place}: more than {MOST_RECORD_TYPES} record types")
    return tuple(found.values())


def _record_type(entry: Any, place: str) -> RecordType:
    if not isinstance(entry, Mapping):
        raise DescriptorError(f"{place}: a record type is an object with a developerName, not {entry!r}")
    developer_name = entry.get("developerName")
    if not isinstance(developer_name, str) or not _NAME.match(developer_name):
        raise DescriptorError(f"{place}: a record type needs a developerName, not {developer_name!r}")
    place = f"{place}.{developer_name}"
    name, description = entry.get("name") or developer_name, entry.get("description")
    if not isinstance(name, str) or len(name) > 80 or not isinstance(description, str | None):
        raise DescriptorError(f"{place}: name is text of at most 80 characters, and description is text")
    picklists = entry.get("picklistValues") or {}
    if not isinstance(picklists, Mapping):
        raise DescriptorError(f"{place}: picklistValues is an object of field name to values")
    return RecordType(
        developer_name,
        name,
        entry.get("active") is not False,
        description[:255] if description else None,
        _id(entry.get("id"), place),
        entry.get("default") is True,
        tuple((field, _values(values, f"{place}.{field}")) for field, values in picklists.items()),
    )


def _id(given: Any, place: str) -> str | None:
    if given is None:
        return None
    try:
        id_ = normalize(given) if isinstance(given, str) else ""
    except InvalidId:
        id_ = ""
    if not id_.startswith("012"):
        raise DescriptorError(f"{place}: {given!r} is no id of a record type")
    return id_


def _values(entries: Any, place: str) -> tuple[PicklistValue, ...]:
    found = []
    for entry in entries if isinstance(entries, list) else [None]:
        value = entry.get("value") if isinstance(entry, Mapping) else entry
        if not isinstance(value, str):
            raise DescriptorError(f"{place}: a list of values, not {entries!r}")
        found.append(PicklistValue(value, value, True, isinstance(entry, Mapping) and entry.get("default") is True))
    return tuple(found)
