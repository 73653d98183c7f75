"""Dependent picklists: which of a picklist's values go with which value of its controlling field.

In a describe each value has ``validFor``, base64 of a row of bits, one for each value of the controlling picklist in its
order, the first bit highest; a controlling checkbox has two, false and true (SOAP API Developer Guide, "DescribeSObjectResult",
"PicklistEntry"). Here they are names: a controlling picklist may get more values.
The API keeps no one from writing a value that the dependency leaves out: it is the pages that do (Salesforce-Inspector-reloaded#1207).
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Final

from .descriptor import DescriptorError, field_documents
from .field import Field, SObject

CHECKBOX: Final = ("unchecked", "checked")
"""What the values of a controlling checkbox are called (Metadata API Developer Guide, "ValueSettings")."""
_CONTROLLING: Final = frozenset({"picklist", "boolean"})
_DEPENDENT: Final = frozenset({"picklist", "multipicklist"})
_BYTES_AT_ONCE: Final = 3
"""Recorded bitmaps have no padding: ``gAAA``, ``AAAI``."""


def controlling_values(field: Field) -> tuple[str, ...]:
    """Return the values that a controlling field may have, in the order of the bits."""
    return CHECKBOX if field.type == "boolean" else tuple(value.value for value in field.picklist_values)


def bitmap(valid_for: Sequence[str], controlling: Sequence[str]) -> str:
    """Return ``validFor`` of a value that goes with these of the controlling values."""
    length = -(-len(controlling) // 8)
    bits = bytearray(-(-length // _BYTES_AT_ONCE) * _BYTES_AT_ONCE or _BYTES_AT_ONCE)
    for number, value in enumerate(controlling):
        if value in valid_for:
            bits[number >> 3] |= 0x80 >> (number & 7)
    return b64encode(bits).decode()


def named(document: Mapping[str, Any], known: SObject | None) -> Mapping[str, Any]:
    """Return an object document whose dependent picklists name controlling values where it had bitmaps.

    A describe may name a controlling field that its user could not see: that picklist then depends on nothing.
    known: the object that the document adds to. Raises `DescriptorError`.
    """
    fields = field_documents(document)
    given = {str(field.get("name")).lower(): field for field in fields if isinstance(field, Mapping)}
    if not any(field.get("controllerName") for field in given.values()):
        return document
    changed: list[Any] = []
    for field in fields:
        if isinstance(field, Mapping) and field.get("controllerName"):
            controlling = _values_of(str(field["controllerName"]), given, known)
            if controlling or not document.get("described"):
                field = _with_names(field, controlling, f"{document.get('name')}.{field.get('name')}")
            else:
                field = _with_names({**field, "controllerName": None}, (), "")
        changed.append(field)
    return {**document, "fields": changed}


def _values_of(controller: str, given: Mapping[str, Mapping[str, Any]], known: SObject | None) -> tuple[str, ...]:
    field = given.get(controller.lower(), {})
    if field.get("type") == "boolean":
        return CHECKBOX
    entries = field.get("picklistValues")
    if isinstance(entries, list) and entries:
        return tuple(str(one.get("value") if isinstance(one, Mapping) else one) for one in entries)
    before = known.field(controller) if known else None
    return controlling_values(before) if before else ()


def _with_names(field: Mapping[str, Any], controlling: tuple[str, ...], place: str) -> dict[str, Any]:
    entries = field.get("picklistValues")
    if not isinstance(entries, list):
        return dict(field)
    return {**field, "picklistValues": [_named_value(entry, controlling, place) for entry in entries]}


def _named_value(entry: Any, controlling: tuple[str, ...], place: str) -> Any:
    bits = entry.get("validFor") if isinstance(entry, Mapping) else None
    if not isinstance(bits, str):
        return entry
    if not controlling:
        return {**entry, "validFor": None}
    try:
        row = b64decode(bits, validate=True)
    except ValueError:
        raise DescriptorError(f"{place}: validFor of {entry.get('value')} is no base64") from None
    valid = [
        value
        for number, value in enumerate(controlling)
        if number >> 3 < len(row) and row[number >> 3] & (0x80 >> (number & 7))
    ]
    return {**entry, "validFor": valid}


def check(sobject: SObject) -> None:
    """See to it that controlling fields exist and have the values that are named. Raises `DescriptorError`."""
    for field in sobject.fields:
        if field.controller_name is None:
            continue
        place = f"{sobject.name}.{field.name}"
        if field.type not in _DEPENDENT:
            raise DescriptorError(f"{place}: a {field.type} field depends on no other field")
        controller = sobject.field(field.controller_name)
        if controller is None or controller is field or controller.type not in _CONTROLLING:
            raise DescriptorError(f"{place}: the controlling field {field.controller_name} is no picklist or checkbox")
        values = controlling_values(controller)
        for one in field.picklist_values:
            unknown = [value for value in one.valid_for or () if value not in values]
            if unknown:
                raise DescriptorError(f"{place}: the controlling field {controller.name} has no value {unknown[0]!r}")
