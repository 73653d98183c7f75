"""From source cells to canonical values, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ...schemas.catalog import shipped
from ...schemas.field import Field
from ..cells import Value, plain, read
from ..errors import RecordError


@lru_cache(maxsize=64)
def fields_of(sobject: str) -> dict[str, Field]:
    """Return the descriptor's fields by name."""
    return {field.name: field for field in shipped().get(sobject).fields}


def typed(sobject: str, record: Mapping[str, Any]) -> dict[str, Value]:
    """Return the canonical values of a row, custom fields as text. Columns that the sObject does not have are left out.

    RecordError names the first field whose text is not of its type.
    """
    known = fields_of(sobject)
    values: dict[str, Value] = {}
    for name, value in record.items():
        field = known.get(name)
        if field is not None:
            cell = value if type(value) is str else plain(value)
            values[name] = read(field, cell) if cell else None
        elif name.endswith("__c"):
            values[name] = plain(value) or None
    return values


def check(sobject: str, values: Mapping[str, Value]) -> None:
    """Raise RecordError when a text is longer than its field or a restricted picklist does not have the value."""
    known = fields_of(sobject)
    for name, value in values.items():
        field = known.get(name)
        if field is None or type(value) is not str:
            continue
        if field.length and len(value) > field.length and field.type != "picklist":
            raise RecordError(
                f"{name} has {len(value)} characters, the field takes {field.length}", "shorten the cell in the source"
            )
        if field.restricted_picklist and field.picklist_values and value not in _picklist(sobject, name):
            raise RecordError(f"{name} {value[:60]!r} is not a value of this field", "correct the cell in the source")


@lru_cache(maxsize=256)
def _picklist(sobject: str, name: str) -> frozenset[str]:
    return frozenset(value.value for value in fields_of(sobject)[name].picklist_values)
