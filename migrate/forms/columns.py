"""The columns of a file of rows: their types, by the descriptors of the sObject, and what an empty cell of them means.

A row of JSON lines may have a field, have it as null, or not have it at all, and a restore asks for the difference. A cell can
only be empty. So each column says what its empty cells mean, null or no field, whichever is more frequent; the cells that mean
the other are told apart by the row's id (`Empties`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ...schemas.catalog import Catalog
from ...schemas.field import DOUBLE_TYPES
from ..errors import TerminalError
from ..layout import OFF_PLATFORM

TEXT, BOOLEAN, INT, DOUBLE, MOMENT, DOCUMENT = "text", "boolean", "int", "double", "datetime", "json"
_OFF_PLATFORM_TYPES = {
    "EntryTime": MOMENT,
    "Payload": DOCUMENT,
    "Seq": INT,
    "AfterSeq": INT,
    "SourceRow": INT,
    "SourceFields": DOCUMENT,
}
_KINDS: dict[str, tuple[type, ...]] = {
    TEXT: (str,),
    BOOLEAN: (bool,),
    INT: (int,),
    DOUBLE: (int, float),
    MOMENT: (str,),
    DOCUMENT: (dict, list, str, bool, int, float),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    is_left_out: an empty cell means that the row has no such field, else that the field is null. is_sparse: some rows have no
    such field.
    """

    name: str
    type: str = TEXT
    is_left_out: bool = False
    is_sparse: bool = False

    def to_json(self) -> dict[str, str]:
        """Return the column as the manifest tells it."""
        return {"name": self.name, "type": self.type, "empty": "no field" if self.is_left_out else "null"}

    @classmethod
    def from_json(cls, value: Mapping[str, str]) -> Column:
        """Return the column that `to_json` gave."""
        return cls(value["name"], value["type"], value["empty"] == "no field")


class Empties:
    """What the empty cells of a file mean: what their columns say, but for the fields that are `noted` of a row, by its id."""

    def __init__(self, columns: Iterable[Column], noted: Mapping[str, tuple[str, ...]]) -> None:
        fields = {name for names in set(noted.values()) for name in names}
        self._noted = noted
        self._unsure = [
            (column.name, column.is_left_out) for column in columns if column.is_left_out or column.name in fields
        ]

    def settle(self, row: dict[str, Any]) -> None:
        """Leave out of a row the fields that its empty cells say it has not."""
        noted = self._noted.get(str(row.get("Id")), ()) if self._noted else ()
        for name, is_left_out in self._unsure:
            if is_left_out != (name in noted) and row.get(name, "") is None:
                del row[name]


def types_of(kind: str, catalog: Catalog) -> dict[str, str]:
    """Return the types of the fields of a kind; those that are not named are text."""
    if kind == OFF_PLATFORM:
        return _OFF_PLATFORM_TYPES
    found = {field.name: field.type for field in catalog.get(kind).fields}
    own = {"boolean": BOOLEAN, "int": INT, "long": INT, "datetime": MOMENT, **dict.fromkeys(DOUBLE_TYPES, DOUBLE)}
    return {name: own[type_] for name, type_ in found.items() if type_ in own}


def rows_of(draft: Path) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the rows of a file of JSON lines, each with the bytes of its line."""
    with draft.open("rb") as stream:
        for line in stream:
            yield orjson.loads(line), len(line)


def columns_of(draft: Path, types: Mapping[str, str]) -> tuple[Column, ...]:
    """Return the columns of a file of JSON lines in the order of their first appearance; `Id` alone for one without rows."""
    forms: Counter[tuple[str, ...]] = Counter()
    for row, _ in rows_of(draft):
        forms[tuple(row)] += 1
    names = list(dict.fromkeys(name for form in forms for name in form)) or ["Id"]
    left_out = {name: count for name in names if (count := sum(n for form, n in forms.items() if name not in form))}
    nulls: Counter[str] = Counter()
    if left_out:
        for row, _ in rows_of(draft):
            nulls.update(name for name in left_out if row.get(name, "") is None)
    return tuple(
        Column(name, types.get(name, TEXT), left_out.get(name, 0) > nulls[name], name in left_out) for name in names
    )


def odd_empties(row: Mapping[str, Any], columns: Iterable[Column]) -> list[str]:
    """Return which of the sparse columns are empty in a row and mean otherwise than they usually do."""
    return [
        column.name for column in columns if row.get(column.name) is None and (column.name in row) == column.is_left_out
    ]


def check_type(file: str, column: Column, values: Iterable[Any]) -> None:
    """See to it that values are of a column's type. TerminalError names one that is not."""
    kinds = _KINDS[column.type]
    for value in values:
        if value is not None and (not isinstance(value, kinds) or (value.__class__ is bool and bool not in kinds)):
            raise TerminalError(
                f"{file}: {column.name} {str(value)[:40]!r} is no {column.type}:", "migrate into jsonl, and report it"
            )
