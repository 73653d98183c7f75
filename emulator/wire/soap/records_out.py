"""Records of an answer: what a query found, as sObject elements.

A record of the partner API has its type, its Id or a nil one, and then what was selected, so that a selected Id stands twice
(recorded by WWW::Salesforce, sf-soap, ballerina; php bug 73237); fields without a value are nil. One of the enterprise API is
typed by ``xsi:type``, leaves empty fields out, and has its elements in the order of its WSDL (salesforce-python-toolkit's tests).
"""

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ....schemas.field import Field, SObject
from ...org.caller import Caller
from ...org.org import Org
from ...soql.shape import Record
from .faults import text
from .flavors import Flavor

ATTRIBUTES: Final = "attributes"
AGGREGATE: Final = "AggregateResult"
ADDRESS_PARTS: Final = (
    "latitude", "longitude", "city", "country", "countryCode", "geocodeAccuracy", "postalCode", "state", "stateCode", "street",
)  # fmt: skip
REFERENCES: Final = "RelationshipReferenceTo"
"""The type of a value that names the types a field refers to."""
LOCATION_PARTS: Final = ADDRESS_PARTS[:2]
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")
_FORMS: Final = (
    ("date", re.compile(r"\d{4}-\d\d-\d\d")),
    ("time", re.compile(r"\d\d:\d\d:\d\d\.\d{3}Z")),
)
_FOUND_IN: Final = re.compile(r"/query/(01g[0-9A-Za-z]+-\d+)$")


def order_of(name: str) -> tuple[str, str]:
    """Return what the elements of a typed record are sorted by, here and in the WSDL."""
    return name.lower(), name


class RecordWriter:
    """Writes the records of one answer. Names of elements come from the catalog and from aliases, which are plain words."""

    def __init__(self, org: Org, caller: Caller, flavor: Flavor) -> None:
        self._org = org
        self._caller = caller
        self._flavor = flavor
        self._types: dict[str, SObject | None] = {}

    def element(self, name: str, record: Record) -> str:
        """Return a record as an element of a name."""
        type_name: str = record[ATTRIBUTES]["type"]
        entries = [(key, value) for key, value in record.items() if key != ATTRIBUTES]
        sobject = self._type(type_name)
        if self._flavor.is_typed:
            entries.sort(key=lambda entry: (entry[0] != "Id", order_of(entry[0])))
            inner = "".join(self._entry(sobject, record, key, one) for key, one in entries if one is not None)
            return f'<{name} xsi:type="sf:{type_name}">{inner}</{name}>'
        inner = "".join(self._entry(sobject, record, key, one) for key, one in entries)
        id_ = leaf("sf:Id", record.get("Id") if type_name != AGGREGATE else None)
        return f'<{name} xsi:type="sf:sObject"><sf:type>{type_name}</sf:type>{id_}{inner}</{name}>'

    def _type(self, name: str) -> SObject | None:
        if name not in self._types:
            self._types[name] = self._org.seen_by(self._caller).find(name)
        return self._types[name]

    def _entry(self, sobject: SObject | None, record: Record, key: str, value: Any) -> str:
        if value is None:
            return leaf(f"sf:{key}", None)
        if isinstance(value, dict):
            return self._nested(f"sf:{key}", value)
        if record[ATTRIBUTES]["type"] == AGGREGATE:
            type_name, written = aggregated(value)
            return f'<sf:{key} xsi:type="xsd:{type_name}">{written}</sf:{key}>'
        field = sobject.field(key) if sobject is not None else None
        if sobject is not None and field is not None and field.type == "base64":
            return f"<sf:{key}>{self._content(sobject, record, field)}</sf:{key}>"
        return f"<sf:{key}>{scalar(field, value)}</sf:{key}>"

    def _nested(self, name: str, value: Mapping[str, Any]) -> str:
        if ATTRIBUTES in value:
            return self.element(name, dict(value))
        if "records" in value:
            return f'<{name} xsi:type="QueryResult">{self._children(value)}</{name}>'
        if "referenceTo" in value:
            targets = "".join(f"<referenceTo>{text(one)}</referenceTo>" for one in value["referenceTo"] or ())
            return f'<{name} xsi:type="{REFERENCES}">{targets}</{name}>'
        type_name, parts = ("address", ADDRESS_PARTS) if "city" in value else ("location", LOCATION_PARTS)
        inner = "".join(leaf(part, None if value.get(part) is None else scalar(None, value[part])) for part in parts)
        return f'<{name} xsi:type="{type_name}">{inner}</{name}>'

    def _children(self, result: Mapping[str, Any]) -> str:
        """Return the rows of a child subquery; their elements are those of any query result."""
        return self.result(result["records"], result["done"], result.get("nextRecordsUrl"), result["totalSize"])

    def result(self, records: Sequence[Record], done: bool, next_page: str | None, size: int) -> str:
        """Return the parts of a QueryResult; ``next_page`` is a locator or the address of a page."""
        found = _FOUND_IN.search(next_page) if next_page else None
        locator = found[1] if found else next_page
        return (
            f"<done>{'true' if done else 'false'}</done>"
            f"{leaf('queryLocator', locator)}"
            f"{''.join(self.element('records', record) for record in records)}<size>{size}</size>"
        )

    def _content(self, sobject: SObject, record: Record, field: Field) -> str:
        """Return the content that a row has the address of."""
        content = self._org.records.content(self._caller, sobject.name, id_of(record), field.name, with_deleted=True)
        return base64.b64encode(content or b"").decode("ascii")


def id_of(record: Record) -> str:
    """Return the id in the address of a record, which it has whether or not its Id was asked for."""
    url: str = record[ATTRIBUTES]["url"]
    return url.rsplit("/", 1)[1]


def leaf(name: str, value: str | None) -> str:
    """Return an element that holds plain text, or is nil."""
    return f'<{name} xsi:nil="true"/>' if value is None else f"<{name}>{value}</{name}>"


def scalar(field: Field | None, value: Any) -> str:
    """Return the text of a value of a row. Moments end in ``Z``; a value written for a locale stays as it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    if field is not None and field.type == "datetime" and _MOMENT.fullmatch(value):
        return value[:-5] + "Z"
    return text(value)


def aggregated(value: Any) -> tuple[str, str]:
    """Return the type and the text of a value of an aggregate row, whose fields are not those of any type."""
    if isinstance(value, bool):
        return "boolean", "true" if value else "false"
    if isinstance(value, int):
        return ("int" if abs(value) < 2**31 else "long"), str(value)
    if isinstance(value, float):
        return "double", str(value)
    if _MOMENT.fullmatch(str(value)):
        return "dateTime", f"{str(value)[:-5]}Z"
    type_name = next((name for name, form in _FORMS if form.fullmatch(str(value))), "string")
    return type_name, text(str(value))
