"""Query jobs: what they refuse, the columns of their result, and its rows as text.

A row is written once, when the job runs, in the form that the job gives: a line of CSV without its ending, a JSON object or an
XML element. Values hold no NUL, so rows are joined by it where they are kept.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from ....schemas.field import Field, SObject
from ....schemas.values import to_csv
from ...errors import OrgError
from ...soql.parser import parse
from ...soql.paths import kind_of
from ...soql.resolved import Address, Kind, Parent, ResolvedQuery, Shape, Value
from ...soql.tree import Item, Path
from ..caller import Caller
from ..org import Org
from .documents import xml_text
from .sheet import DELIMITERS, written
from .states import Spec

PART_ROWS: Final = 2_000
SEPARATOR: Final = "\0"
COMPOUND: Final = "Selecting compound data not supported in Bulk Query"
"""Recorded by airbyte and others: API_ERROR in Bulk 2.0, FUNCTIONALITY_NOT_ENABLED in the state message of a batch."""
AGGREGATE: Final = "Aggregate Relationships not supported in Bulk Query"
"""forcedotcom/dataloader looks for it (BulkV2Connection.java). A guess: that GROUP BY, TYPEOF and OFFSET are told the same way."""
WRONG_ENTITY: Final = (
    "The root entity of the requested query ({}) does not match the entity of the requested Bulk API Job ({})."
)
"""Recorded: simple-salesforce#502, with INVALID_TYPE_FOR_OPERATION."""
NO_RECORDS: Final = "Records not found for this query"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a result: its name in the header, and the keys that lead to its value in a record."""

    name: str
    path: tuple[str, ...]
    field: Field

    def value(self, record: Mapping[str, Any]) -> Any:
        found: Any = record
        for key in self.path:
            if found is None:
                return None
            found = found[key]
        return found


@dataclass(frozen=True, slots=True)
class Extract:
    """A query that a job may run, checked."""

    sobject: SObject
    soql: str
    columns: tuple[Column, ...]

    def rows(self, org: Org, caller: Caller, spec: Spec) -> Iterator[list[str]]:
        """Yield the rows of the result, as text, up to `PART_ROWS` at a time."""
        write = self._writer(spec)
        for records in org.query.whole(caller, self.soql, spec.operation == "queryAll", PART_ROWS):
            yield [write(record) for record in records]

    def header(self, spec: Spec) -> str:
        """Return the first line of a CSV result, without its ending."""
        return written([column.name for column in self.columns], DELIMITERS[spec.column_delimiter])

    def _writer(self, spec: Spec) -> Callable[[Mapping[str, Any]], str]:
        if spec.content_type == "JSON":
            return lambda record: orjson.dumps(record).decode()
        if spec.content_type == "XML":
            return _xml_record
        delimiter, columns = DELIMITERS[spec.column_delimiter], self.columns
        return lambda record: written([to_csv(one.field, one.value(record)) for one in columns], delimiter)


def checked(org: Org, caller: Caller, soql: str, code: str = "API_ERROR") -> Extract:
    """Return a query as a job may run it. Raises what the query API raises, and what bulk queries cannot do."""
    query = org.query.resolved(caller, soql)
    parsed = parse(soql)
    if query.shape is None or query.children or any(not isinstance(item, Item) for item in parsed.items):
        raise OrgError(code, AGGREGATE)
    if parsed.offset is not None:
        raise OrgError(code, "OFFSET not supported in Bulk Query")
    columns = list(_columns(query.shape, "", (), code))
    order = _order(query, parsed.items)
    columns.sort(key=lambda column: order.get(column.name.lower(), len(order)))
    return Extract(query.sobject, soql, tuple(columns))


def _columns(shape: Shape, before: str, path: tuple[str, ...], code: str) -> Iterator[Column]:
    for entry in shape.entries:
        if isinstance(entry, Parent):
            yield from _columns(entry.shape, f"{before}{entry.key}.", (*path, entry.key), code)
        elif isinstance(entry, Value):
            if kind_of(entry.expression.field) in (Kind.ADDRESS, Kind.BINARY, Kind.COMPLEX):
                raise OrgError(code, COMPOUND)
            yield Column(before + entry.key, (*path, entry.key), entry.expression.field)
        elif isinstance(entry, Address):
            raise OrgError(code, COMPOUND)
        else:
            raise OrgError(code, AGGREGATE)


def _order(query: ResolvedQuery, items: Sequence[Any]) -> dict[str, int]:
    """Return the place of each selected path in the text; a path may begin with the object's name or alias."""
    order: dict[str, int] = {}
    for place, item in enumerate(items):
        names = [part.lower() for part in item.expression.names] if isinstance(item.expression, Path) else []
        if len(names) > 1 and query.sobject.relationship(names[0]) is None:
            names = names[1:]
        order.setdefault(".".join(names) or (item.alias or "").lower(), place)
    return order


def _xml_record(record: Mapping[str, Any]) -> str:
    """Return a record as an ``sObject`` of a result (Bulk API guide, "Get Batch Results for Bulk Query": XML)."""
    return f'<records xsi:type="sObject">{"".join(_xml_fields(record))}</records>'


def _xml_fields(record: Mapping[str, Any]) -> Iterator[str]:
    yield f"<type>{xml_text(record['attributes']['type'])}</type>"
    for name, value in record.items():
        if name == "attributes":
            continue
        if isinstance(value, dict):
            yield f'<{name} xsi:type="sObject">{"".join(_xml_fields(value))}</{name}>'
        elif value is None:
            yield f'<{name} xsi:nil="true"/>'
        else:
            yield f"<{name}>{_xml_text(value)}</{name}>"


_DATETIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000\Z")


def _xml_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if _DATETIME.match(text):
        return text[:-5] + "Z"
    return xml_text(text)


def packed(rows: Iterable[str]) -> bytes:
    """Return rows as one part."""
    return SEPARATOR.join(rows).encode(errors="replace")


def unpacked(part: bytes) -> list[str]:
    """Return the rows of a part."""
    return part.decode().split(SEPARATOR)
