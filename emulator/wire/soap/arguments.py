"""Arguments and headers of a request: elements by the table, as Python values."""

import re
from typing import Any, Final

from ....schemas.values import InvalidValue, datetime_text, read_datetime
from .api import SOBJECT, Part, Type, api
from .faults import invalid_value, misplaced
from .reading import TRUE, Element

ANSWERED_ONE_BY_ONE: Final = frozenset({"sObjects", "ids", "sessionIds"})
"""Arguments each of which has a result of its own, so that none of them may be passed over."""
_INT: Final = re.compile(r"[+-]?\d{1,10}\Z", re.ASCII)
_ZONE: Final = re.compile(r"(Z|z|[+-]\d\d(:?\d\d)?)\Z", re.ASCII)


def arguments(parts: tuple[Part, ...], element: Element) -> dict[str, Any]:
    """Return the children of an element by name: None for one that is missing or nil, a list where many may come.

    Records stay elements. Raises `SoapFault` for a child that is not in the table and for a value that is not of its type.
    """
    known = {part.name: part for part in parts}
    found: dict[str, Any] = {part.name: [] if part.many else None for part in parts}
    for child in element.children:
        # Beatbox and pyforce send the ids of delete() as ``id``, one by one, and real orgs take them.
        part = known.get(child.name) or known.get(f"{child.name}s")
        if part is None:
            raise misplaced(child.namespace, child.name)
        if child.is_nil and part.name not in ANSWERED_ONE_BY_ONE:
            continue
        value = _value(part, child)
        if part.many:
            found[part.name].append(value)
        else:
            found[part.name] = value
    return found


def _value(part: Part, element: Element) -> Any:
    if part.type == SOBJECT:
        return element
    inner: Type | None = api().types.get(part.type)
    if inner is not None:
        return arguments(inner.parts, element)
    if part.type == "boolean":
        return boolean(element.text)
    if part.type == "int":
        if not _INT.match(element.text.strip()):
            raise invalid_value(element.text, "int")
        return int(element.text)
    if part.type == "dateTime":
        return moment(element.text)
    return element.text if part.type in ("string", "anyType") else element.text.strip()


def boolean(text: str) -> bool:
    """Return a boolean in the words of XML Schema. Raises `SoapFault`."""
    word = text.strip()
    if word in TRUE:
        return True
    if word in ("false", "0"):
        return False
    raise invalid_value(text, "boolean")


def moment(text: str) -> str:
    """Return the canonical form of a moment. Without a zone it is UTC (a guess). Raises `SoapFault`."""
    given = text.strip()
    try:
        return datetime_text(read_datetime(given if _ZONE.search(given.partition("T")[2]) else given + "Z"))
    except InvalidValue:
        raise invalid_value(text, "dateTime") from None
