"""From rows to records: one Python function for each plan, written for its columns.

A row becomes nested dicts in the key order of the answer. The function is generated as source text because that is
several times faster than walking a description for every value; all names in it come from descriptors, as literals.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from .formats import Formats
from .paths import kind_of
from .resolved import Address, Entry, Formatted, Kind, Parent, ParentByType, Shape, Value
from .rows import Rows
from .sql import check_columns

Record = dict[str, Any]
Kin = Mapping[str, Record]
"""The rows of one child subquery, as they stand in the answer, by the id of the parent."""
BuildRecords = Callable[[Iterable[Sequence[Any]], Sequence[Kin], Formats | None], list[Record]]
"""Makes records of rows, given the rows of the child subqueries and, if a value is formatted, the user's forms."""


@lru_cache(maxsize=512)
def function_of(source: str) -> BuildRecords:
    """Return the function that a generated source stands for; queries that differ in WHERE alone share it."""
    names = {"__builtins__": {}, "decoded": json.loads}
    function: BuildRecords = eval(source, names)  # noqa: S307  # written by us, from descriptors
    return function


def formatted(value: Formatted, slot: str) -> str:
    """Return the Python that writes a value of the answer for the user's locale."""
    method = {"date": "day", "datetime": "moment", "time": "clock", "currency": "amount", "percent": "percent"}
    return f"forms.{method.get(value.field.type, 'number')}({slot}, {value.field.scale})"


class ShapeWriter:
    """The columns that a shape selects, and the function that makes records of them."""

    def __init__(self, rows: Rows, version: str) -> None:
        """Take the rows to select from; ``version`` stands in the URLs of records."""
        self._rows = rows
        self._base = f"/services/data/v{version}/sobjects/"
        self._slots: dict[str, int] = {}
        self.localized = False
        """Whether a value is written for the user's locale."""

    @property
    def columns(self) -> list[str]:
        """The SQL of the selected values, in order."""
        return list(self._slots)

    def function(self, shape: Shape) -> BuildRecords:
        """Return the function from rows of `columns` to records."""
        record = self._record(shape)
        check_columns(len(self._slots) + 3)
        names = ", ".join(f"c{slot}" for slot in range(len(self._slots)))
        source = f"lambda rows, kin, forms: [{record} for ({names},) in rows]"
        return function_of(source)

    def _slot(self, sql: str) -> str:
        return f"c{self._slots.setdefault(sql, len(self._slots))}"

    def _record(self, shape: Shape) -> str:
        id_ = self._slot(self._rows.value(shape.id))
        if shape.polymorphic:
            type_name = self._slot(self._rows.type_name(shape.id.place))
            url = f"{self._base!r} + {type_name} + '/' + {id_}"
        else:
            url = f"{self._base + shape.type_name + '/'!r} + {id_}"
        shown = self._slot(self._rows.type_name(shape.id.place)) if shape.shows_real_type else repr(shape.type_name)
        attributes = f"{{'type': {shown}, 'url': {url}}}"
        entries = "".join(f", {entry.key!r}: {self._entry(entry, url, id_)}" for entry in shape.entries)
        return f"{{'attributes': {attributes}{entries}}}"

    def _entry(self, entry: Entry, url: str, id_: str) -> str:
        if isinstance(entry, Value):
            return self._value(entry, url)
        if isinstance(entry, Address):
            return self._address(entry, url)
        if isinstance(entry, Parent):
            parent = self._slot(self._rows.value(entry.shape.id))
            return f"None if {parent} is None else {self._record(entry.shape)}"
        if isinstance(entry, ParentByType):
            return self._by_type(entry)
        return f"kin[{entry.index}].get({id_})"

    def _by_type(self, entry: ParentByType) -> str:
        place = entry.otherwise.id.place
        parent, type_name = self._slot(self._rows.value(entry.otherwise.id)), self._slot(self._rows.type_name(place))
        branches = "".join(
            f"{self._record(branch)} if {type_name} == {branch.type_name!r} else " for branch in entry.branches
        )
        return f"None if {parent} is None else {branches}{self._record(entry.otherwise)}"

    def _value(self, value: Value, url: str) -> str:
        if value.always is not None:
            return repr(value.always)
        kind = kind_of(value.expression.field)
        sql = self._rows.value(value.expression)
        if kind is Kind.BINARY:
            # The answer has the address of the content, not the content.
            present = self._slot(f"({sql} IS NOT NULL)")
            return f"{url} + {'/' + value.expression.field.name!r} if {present} else None"
        slot = self._slot(sql)
        if isinstance(value.expression, Formatted):
            self.localized = True
            return formatted(value.expression, slot)
        if kind is Kind.COMPLEX:
            return f"None if {slot} is None else decoded({slot})"
        return f"{slot} == 1" if kind is Kind.BOOLEAN else slot

    def _address(self, address: Address, url: str) -> str:
        parts = [(part.key, self._value(part, url)) for part in address.parts]
        empty = " is ".join([*(slot for _, slot in parts), "None"])
        return f"None if {empty} else {{{', '.join(f'{key!r}: {slot}' for key, slot in parts)}}}"
