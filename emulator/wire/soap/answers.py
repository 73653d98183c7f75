"""Answers: Python values as elements, by the table."""

from collections.abc import Mapping
from typing import Any, Final

from ....schemas.values import datetime_text
from .api import SOBJECT, Operation, Part, api
from .faults import text
from .records_out import RecordWriter

TYPE: Final = "@type"
"""Key of a complex value that is of a type which extends the declared one."""


class AnswerWriter:
    """Writes the result of one call. Complex values are mappings by element name; what they have besides is left out."""

    def __init__(self, records: RecordWriter) -> None:
        self._records = records

    def response(self, operation: Operation, value: Any) -> str:
        """Return the element around a result."""
        inner = "" if operation.gives is None else self.part(operation.gives, value)
        return around(f"{operation.name}Response", inner)

    def part(self, part: Part, value: Any) -> str:
        """Return a part with its value: all of a list, nothing for one that is missing and may be, else nil."""
        if part.many:
            return "".join(self._one(part, one) for one in value or ())
        if value is None or (part.optional and value is False):
            # Booleans that may be left out are, unless they are true.
            return "" if part.optional else f'<{part.name} xsi:nil="true"/>'
        return self._one(part, value)

    def parts(self, type_name: str, value: Mapping[str, Any]) -> str:
        """Return all parts of a complex value, in the order of the table."""
        return "".join(self.part(part, value.get(part.name)) for part in api().types[type_name].parts)

    def _one(self, part: Part, value: Any) -> str:
        name = part.name
        if value is None:
            return f'<{name} xsi:nil="true"/>'
        if part.type == SOBJECT:
            return self._records.element(name, value)
        if part.type == "QueryResult":
            return f'<{name} xsi:type="QueryResult">{self._records.result(*value)}</{name}>'
        if part.type in api().types:
            return around(name, self.parts(_named(part.type, value), value), _own_type(part.type, value))
        if part.type == "anyType":
            kind = "boolean" if isinstance(value, bool) else "string"
            return f'<{name} xsi:type="xsd:{kind}">{written("string", value)}</{name}>'
        return f"<{name}>{written(part.type, value)}</{name}>"


def around(name: str, inner: str, attributes: str = "") -> str:
    """Return an element; a short one when there is nothing in it."""
    return f"<{name}{attributes}>{inner}</{name}>" if inner else f"<{name}{attributes}/>"


def _named(declared: str, value: Mapping[str, Any]) -> str:
    """Return the type of a value, which may be one that extends the declared one and then says so."""
    name = value.get(TYPE, declared)
    found = api().types.get(name) if isinstance(name, str) else None
    return name if found is not None and found.base == declared else declared


def _own_type(declared: str, value: Mapping[str, Any]) -> str:
    name = _named(declared, value)
    return f' xsi:type="{name}"' if name != declared else ""


def written(type_name: str, value: Any) -> str:
    """Return the text of a simple value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if type_name == "dateTime":
        moment = value if isinstance(value, str) else datetime_text(value)
        return moment[:-5] + "Z"
    return text(str(value))
