"""From source cells to canonical values, field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from ...schemas.catalog import shipped
from ...schemas.field import Field
from ..cells import Value, plain, reader, unreadable
from ..errors import RecordError


@lru_cache(maxsize=64)
def fields_of(sobject: str) -> dict[str, Field]:
    """Return the descriptor's fields by name."""
    return {field.name: field for field in shipped().get(sobject).fields}


_Reader = tuple[str, Callable[[str], Value] | None, int, frozenset[str] | None]

LONGEST = 131_072
"""Characters of the longest custom field, a long text area."""

_OPEN = frozenset({("LiveChatTranscriptEvent", "Type")})
"""Picklists that rows may go beyond: orgs write event types that no describe lists, as TransferToSbrSkillFailed."""


@lru_cache(maxsize=256)
def _readers(sobject: str, columns: tuple[str, ...]) -> tuple[_Reader | None, ...]:
    """Return for each column its name, the function that reads its text, how many characters or digits it takes (0 for any), and its
    picklist."""
    known = fields_of(sobject)
    readers: list[_Reader | None] = []
    for name in columns:
        field = known.get(name)
        if field is None:
            readers.append((name, None, LONGEST, None) if name.endswith("__c") else None)
            continue
        is_closed = field.restricted_picklist and field.picklist_values and (sobject, name) not in _OPEN
        choices = frozenset(value.value for value in field.picklist_values) if is_closed else None
        function = reader(field)
        limit = field.length if function is None and choices is None else field.digits if field.type == "int" else 0
        readers.append((name, function, limit, choices))
    return tuple(readers)


def typed(sobject: str, record: Mapping[str, Any]) -> dict[str, Value]:
    """Return the canonical values of a row, custom fields as text. Columns that the sObject does not have are left out.

    RecordError names the first field whose text is not of its type, longer than the field, or no value of its picklist.
    """
    return typed_cells(sobject, tuple(record), record.values())


def typed_cells(sobject: str, columns: tuple[str, ...], cells: Iterable[Any]) -> dict[str, Value]:
    """Return the canonical values of a row given as its columns and cells; see `typed`."""
    values: dict[str, Value] = {}
    for found, value in zip(_readers(sobject, columns), cells, strict=True):
        if found is None:
            continue
        name, function, limit, choices = found
        cell = value if type(value) is str else plain(value)
        if not cell:
            values[name] = None
        elif function is not None:
            try:
                values[name] = value = function(cell)
            except ValueError:
                raise unreadable(fields_of(sobject)[name], cell) from None
            if limit and type(value) is int and abs(value) >= 10**limit:
                raise RecordError(f"{name} has more than {limit} digits", "correct the cell in the source")
        elif limit and len(cell) > limit:
            raise RecordError(
                f"{name} has {len(cell)} characters, the field takes {limit}", "shorten the cell in the source"
            )
        elif choices is not None and cell not in choices:
            raise RecordError(f"{name} {cell[:60]!r} is not a value of this field", "correct the cell in the source")
        else:
            values[name] = cell
    return values
