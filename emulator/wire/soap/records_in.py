"""Records of a request: sObject elements as a type, an id and values by field name.

A record of the partner API names its type in a child ``type``, one of the enterprise API in ``xsi:type``. A value that is not of
its field's type refuses the whole call, as does a name that the type does not have; what else may be wrong with a record is for
the room that writes records to say.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ....schemas.field import DOUBLE_TYPES, ID_TYPES, Field, SObject
from ....schemas.values import InvalidValue, parse_base64, parse_date, parse_time
from ...errors import OrgError
from ...org.caller import Caller
from ...org.lookups import ATTRIBUTES
from ...org.org import Org
from ...soql.errors import CUSTOM_ENTITY_ADVICE, CUSTOM_FIELD_ADVICE
from .api import SOBJECT
from .arguments import boolean, moment
from .faults import invalid_value, misplaced
from .flavors import Flavor
from .reading import Element

NO_TYPE: Final = "Must send a concrete entity type."
"""The words of an org for a record that does not say its type."""
_WHOLE: Final = re.compile(r"[+-]?\d{1,400}\Z", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z", re.ASCII)
_DATE_ZONE: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:Z|[+-]\d\d:\d\d)\Z", re.ASCII)
_LONGEST_NUMBER: Final = 400


@dataclass(frozen=True, slots=True)
class Given:
    """A record of a request. ``id`` is None when it has none."""

    sobject: SObject
    id: str | None
    values: dict[str, Any]


def sobject_named(org: Org, caller: Caller, name: str) -> SObject:
    """Return the type of a name as the caller knows it. Raises INVALID_TYPE."""
    try:
        return org.records.sobject(caller, name)
    except OrgError as error:
        if error.code != "NOT_FOUND":
            raise
        raise OrgError("INVALID_TYPE", f"sObject type '{name}' is not supported. {CUSTOM_ENTITY_ADVICE}") from None


def no_such_field(sobject: SObject, name: str) -> OrgError:
    """Return the fault of a name that a type does not have."""
    return OrgError("INVALID_FIELD", f"No such column '{name}' on entity '{sobject.name}'. {CUSTOM_FIELD_ADVICE}")


def given(org: Org, caller: Caller, flavor: Flavor, element: Element) -> Given:
    """Read a record. Raises INVALID_TYPE, INVALID_FIELD and `SoapFault`."""
    sobject = sobject_named(org, caller, _type_name(flavor, element) or _untyped())
    id_: str | None = None
    values: dict[str, Any] = {}
    nulls: list[str] = []
    for child in element.children:
        text = child.text.strip()
        if child.name == "type" and not child.children:
            continue
        if child.name == "fieldsToNull":
            if not child.is_nil and text:
                nulls.append(_nulled(sobject, text))
        elif child.name.lower() == "id":  # an answer has it twice, and clients send back what they were given
            id_ = text if text and not child.is_nil else id_
        else:
            _take(sobject, flavor, child, values)
    return Given(sobject, id_, values | dict.fromkeys(nulls))


def _type_name(flavor: Flavor, element: Element) -> str | None:
    """Return the type that a record says it is of."""
    typed = element.type if element.type != SOBJECT else None
    child = element.child("type")
    named = child.text.strip() if child is not None and not child.children else None
    return (typed or named if flavor.is_typed else named or typed) or None


def _untyped() -> str:
    raise OrgError("INVALID_TYPE", NO_TYPE)


def _nulled(sobject: SObject, name: str) -> str:
    field = sobject.field(name) or sobject.relationship(name)
    if field is None:
        raise no_such_field(sobject, name)
    return field.name


def _take(sobject: SObject, flavor: Flavor, element: Element, values: dict[str, Any]) -> None:
    """Add what an element says to the values. One that is nil or empty says nothing: `fieldsToNull` empties a field.

    SOAP API guide, "Resetting Values to null"; empty text leaves a field as it is (superfell/Beatbox#17), and is no number,
    date or boolean.
    """
    field = sobject.field(element.name)
    if field is None:
        parent = sobject.relationship(element.name)
        if parent is None:
            raise no_such_field(sobject, element.name)
        if not element.is_nil:
            values[element.name] = _parent(flavor, element)
    elif element.children:
        # No field that can be written has parts: a compound one is refused by the room that writes records, as read-only.
        if field.is_stored:
            raise misplaced(element.children[0].namespace, element.children[0].name)
        values[field.name] = ""
    elif not element.is_nil:
        value = value_of(field, element.text)
        if value is not None:
            values[field.name] = value


def _parent(flavor: Flavor, element: Element) -> dict[str, Any]:
    """Return the keys of a parent that is given in place of its id, as the room that writes records takes them."""
    type_name = _type_name(flavor, element)
    found: dict[str, Any] = {ATTRIBUTES: {"type": type_name}} if type_name else {}
    for child in element.children:
        if child.name != "type" and not child.is_nil and child.text.strip():
            found[child.name] = child.text.strip()
    return found


def value_of(field: Field, text: str) -> Any:
    """Return the value that the text of an element stands for, None for nothing. Raises `SoapFault`."""
    if field.type in _READERS:
        return _READERS[field.type](text)
    if field.type in DOUBLE_TYPES:
        return _number(text)
    if field.type in ID_TYPES:
        return text.strip() or None
    return text or None


def _number(text: str) -> float:
    if len(text) > _LONGEST_NUMBER or not _DECIMAL.match(text.strip()):
        raise invalid_value(text, "double")
    return float(text)


def _whole(text: str) -> int:
    if len(text) > _LONGEST_NUMBER or not _WHOLE.match(text.strip()):
        raise invalid_value(text, "int")
    return int(text)


def _date(text: str) -> str:
    given = text.strip()
    zoned = _DATE_ZONE.match(given)
    return _parsed(parse_date, zoned[1] if zoned else given, "date")


def _parsed(parse: Callable[[str], Any], text: str, type_name: str) -> str:
    try:
        parse(text)
    except InvalidValue:
        raise invalid_value(text, type_name) from None
    return text


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "boolean": boolean,
    "int": _whole,
    "date": _date,
    "datetime": moment,
    "time": lambda text: _parsed(parse_time, text.strip(), "time"),
    "base64": lambda text: _parsed(parse_base64, text, "base64Binary") or None,
}
