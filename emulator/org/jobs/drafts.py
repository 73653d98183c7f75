"""From uploaded data to the records it stands for: the names are checked once, the values become what JSON would hold.

A draft is a record's values by field name; a lookup by another field is a mapping under its relationship's name, as in REST.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from ....schemas.field import DOUBLE_TYPES, SObject
from ....schemas.values import from_text
from .errors import field_not_found, invalid_batch, only_ids
from .sheet import NULL
from .states import BY_ID

Draft = dict[str, Any]
ATTRIBUTES: Final = "attributes"
CONVERTED: Final = frozenset({"boolean", "int"}) | DOUBLE_TYPES
"""Types whose values are no text in JSON."""
Cell = Callable[[str], Any]


def reader_of(sobject: SObject, operation: str, header: Sequence[str]) -> Callable[[Sequence[str]], Draft]:
    """Return the function from a row of a sheet to a draft. Raises `BadData` for a column that the object does not have."""
    if operation in BY_ID and [name.lower() for name in header] != ["id"]:
        raise only_ids(operation)
    columns: list[tuple[int, str, Cell]] = []
    seen: set[str] = set()
    for place, name in enumerate(header):
        key, cell = _column(sobject, name)
        if key.lower() in seen:
            raise invalid_batch(f"Duplicate field name : {name}")
        seen.add(key.lower())
        columns.append((place, key, cell))

    def read(row: Sequence[str]) -> Draft:
        draft: Draft = {}
        for place, name, cell in columns:
            text = row[place]
            if text:
                draft[name] = None if text == NULL else cell(text)
        return draft

    return read


def _column(sobject: SObject, name: str) -> tuple[str, Cell]:
    """Return under which name a column's values stand in a draft, and what a cell becomes there."""
    first, dot, key = name.partition(".")
    if not dot:
        field = sobject.field(name)
        if field is None:
            raise field_not_found(name)
        return field.name, partial(from_text, field) if field.type in CONVERTED else str
    type_name, colon, relationship = first.rpartition(":")
    reference = sobject.relationship(relationship)
    if reference is None or reference.relationship_name is None or not key or "." in key:
        raise field_not_found(name)
    attributes = {ATTRIBUTES: {"type": type_name}} if colon else {}
    return reference.relationship_name, lambda text: {**attributes, key: text}


def emptied_lookups(sobject: SObject, draft: Draft) -> Draft:
    """Return a draft with the references named that a relationship column empties (``#N/A``)."""
    found: Draft = {}
    for name, value in draft.items():
        field = sobject.relationship(name) if value is None and sobject.field(name) is None else None
        found[field.name if field else name] = value
    return found


def check_documents(sobject: SObject, operation: str, records: Sequence[Mapping[str, Any]]) -> Iterator[Draft]:
    """Yield the drafts of records that were given as JSON or XML. Raises `BadData` for the first name that is not there."""
    known = {ATTRIBUTES}
    for record in records:
        for name in record:
            if name in known:
                continue
            if sobject.field(name) is None and sobject.relationship(name) is None:
                raise field_not_found(name)
            known.add(name)
            if operation in BY_ID and name.lower() != "id":
                raise only_ids(operation)
    for record in records:
        draft: Draft = {}
        for name, value in record.items():
            if name != ATTRIBUTES:
                field = sobject.field(name)
                key = field.name if field else name
                if key in draft:
                    raise invalid_batch(f"Duplicate field name : {name}")
                draft[key] = value
        yield draft
