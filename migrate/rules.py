"""What rows of an sObject must be like, by its describe: fields, values, references."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..schemas.catalog import Catalog
from ..schemas.field import Field, SObject
from .cells import moment_reader, read_moment
from .layout import SOBJECT_FILES

_REMEMBERED = 4096
"""Values of a field that were found right, and are not looked at again."""


@dataclass(frozen=True, slots=True)
class _Check:
    """What a value of one field must be like. Texts up to `limit` are right, and so are the `known` ones, which were looked at."""

    field: Field
    choices: frozenset[str] | None
    limit: int
    known: set[str]
    is_right: Callable[[Any], bool]
    """Whether a value is surely right; the others are looked at closely."""

    @classmethod
    def of(cls, field: Field) -> _Check:
        """Return the check of a field."""
        choices = frozenset(value.value for value in field.picklist_values) if field.restricted_picklist else None
        is_text = field.type not in ("boolean", "int", "datetime", "id", "reference") and choices is None
        limit = field.length if is_text and field.length else -1
        return cls(field, choices, limit, set(), _SURELY.get(field.type, _never))


class Rules:
    """What rows of one sObject must be like."""

    def __init__(self, sobject: SObject, catalog: Catalog) -> None:
        self.fields = {field.name: field for field in sobject.fields}
        self.required = [
            field.name
            for field in sobject.fields
            if not field.nillable and not field.defaulted_on_create and field.createable and field.type != "boolean"
        ]
        self.links = {
            field.name: tuple(target for target in field.reference_to if target in SOBJECT_FILES)
            for field in sobject.fields
            if any(target in SOBJECT_FILES for target in field.reference_to)
        }
        self.elsewhere = {
            name: tuple(
                prefix
                for target in self.fields[name].reference_to
                if target not in SOBJECT_FILES and (found := catalog.find(target)) and (prefix := found.key_prefix)
            )
            for name in self.links
        }
        self.checks = {field.name: _Check.of(field) for field in sobject.fields}

    def problems(self, row: dict[str, Any]) -> list[str]:
        """Return what is wrong with the fields and values of a row."""
        found = [f"{name} is required" for name in self.required if row.get(name) is None]
        checks = self.checks
        for name, value in row.items():
            check = checks.get(name)
            if check is None:
                found.append(f"there is no field {name}")
            elif value is None:
                if not check.field.nillable:
                    found.append(f"{name} is null")
            elif not (
                (type(value) is str and (len(value) <= check.limit or value in check.known)) or check.is_right(value)
            ):
                problem = _problem(check.field, value, check.choices)
                if problem:
                    found.append(f"{name} {problem}")
                elif type(value) is str and len(check.known) < _REMEMBERED:
                    check.known.add(value)
        return found

    def references(self, row: dict[str, Any]) -> list[tuple[str, tuple[str, ...], str]]:
        """Return the references into other files of the folder: field, objects, id. Those of other objects are the org's."""
        found = []
        for name, targets in self.links.items():
            id_ = row.get(name)
            if isinstance(id_, str) and not id_.startswith(self.elsewhere[name]):
                found.append((name, targets, id_))
        return found


_moment = moment_reader("T|3|Z")


def _is_moment(value: Any) -> bool:
    return type(value) is str and _moment(value) is not None


def _is_id(value: Any) -> bool:
    return type(value) is str and len(value) == 18 and value.isascii() and value.isalnum()


def _is_boolean(value: Any) -> bool:
    return value is True or value is False


def _never(value: Any) -> bool:
    return False


_SURELY = {"datetime": _is_moment, "id": _is_id, "reference": _is_id, "boolean": _is_boolean}


def _problem(field: Field, value: Any, choices: frozenset[str] | None) -> str | None:
    kind = field.type
    if kind == "boolean":
        return None if isinstance(value, bool) else "is not true or false"
    if kind == "int":
        return (
            None
            if type(value) is int and len(str(abs(value))) <= (field.digits or 9)
            else "is not a whole number of its size"
        )
    if not isinstance(value, str):
        return "is not text"
    if kind == "datetime":
        try:
            return None if read_moment(value) == value else "is not a datetime in UTC"
        except ValueError:
            return "is not a datetime"
    if kind in ("id", "reference"):
        return None if len(value) == 18 and value.isascii() and value.isalnum() else "is not an id"
    if field.length and len(value) > field.length:
        return f"has {len(value)} characters, the field takes {field.length}"
    if choices is not None and value not in choices:
        return f"{value[:40]!r} is not a value of the field"
    return None
