"""The same records, good and bad, through every protocol: the same rows are stored, and the same codes say why not.

Where a protocol documents another code than the others, the table says so.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

import pytest
import requests

from chatlift.emulator import OrgHandle, mock_salesforce

OBJECT = "Thing__c"
FIELDS: list[dict[str, Any]] = [
    {"name": "Needed__c", "type": "string", "length": 10, "nillable": False},
    {"name": "Key__c", "type": "string", "length": 20, "externalId": True, "unique": True},
    {"name": "Loose__c", "type": "string", "length": 20, "externalId": True},
    {"name": "Text__c", "type": "textarea", "length": 32000},
    {"name": "Mail__c", "type": "email", "length": 80},
    {"name": "Flag__c", "type": "boolean"},
    {"name": "Count__c", "type": "int", "digits": 4},
    {"name": "Share__c", "type": "double", "precision": 6, "scale": 2},
    {"name": "Day__c", "type": "date"},
    {"name": "Moment__c", "type": "datetime"},
    {"name": "Hour__c", "type": "time"},
    {
        "name": "Color__c",
        "type": "picklist",
        "restrictedPicklist": True,
        "picklistValues": [{"value": "Red"}, {"value": "Blue"}],
    },
    {
        "name": "Colors__c",
        "type": "multipicklist",
        "picklistValues": [{"value": "Red"}, {"value": "Blue"}],
        "length": 100,
    },
    {"name": "Account__c", "type": "reference", "referenceTo": ["Account"], "relationshipName": "Account__r"},
    {"name": "Other__c", "type": "reference", "referenceTo": ["Thing__c"], "relationshipName": "Other__r"},
]
IDS = {
    "first": "a00000000000001AAA",
    "second": "a00000000000002AAA",
    "third": "a00000000000003AAA",
    "deleted": "a00000000000004AAA",
    "never": "a00000000000009AAA",
    "account": "001000000000001AAA",
    "deleted account": "001000000000002AAA",
    "never account": "001000000000009AAA",
}
SEED = {
    "objects": [{"name": OBJECT, "keyPrefix": "a00", "fields": FIELDS}],
    "records": [
        {"object": "Account", "fields": {"Id": IDS["account"], "Name": "Alder"}},
        {"object": "Account", "fields": {"Id": IDS["deleted account"], "Name": "Gone"}, "deleted": True},
        {"object": OBJECT, "fields": {"Id": IDS["first"], "Needed__c": "1", "Key__c": "one", "Loose__c": "a"}},
        {"object": OBJECT, "fields": {"Id": IDS["second"], "Needed__c": "2", "Key__c": "two", "Loose__c": "b"}},
        {"object": OBJECT, "fields": {"Id": IDS["third"], "Needed__c": "3", "Loose__c": "b"}},
        {"object": OBJECT, "fields": {"Id": IDS["deleted"], "Needed__c": "4", "Key__c": "gone"}, "deleted": True},
    ],
}
REST, COLLECTIONS, TREE, SOAP, BULK1, BULK2 = PROTOCOLS = ("rest", "collections", "tree", "soap", "bulk1", "bulk2")
BULK = (BULK1, BULK2)
GOOD = {"Needed__c": "new"}


@dataclass(frozen=True)
class Case:
    """One record: what is done with it, and the code with which it is refused (None: it is not).

    otherwise: the codes of the protocols that document another one. key: the field of an upsert.
    """

    name: str
    operation: str
    values: Mapping[str, Any]
    code: str | None = None
    otherwise: Mapping[str, str] = field(default_factory=dict)
    key: str = ""


def in_bulk(code: str) -> dict[str, str]:
    return dict.fromkeys(BULK, code)


# A value that is not of its field's type: the parsers of REST and SOAP refuse the whole call, Bulk refuses the record.
TYPE = {SOAP: "Client", **in_bulk("INVALID_TYPE_ON_FIELD_IN_RECORD")}
# A field that is not there: Bulk refuses the batch for its header.
NAME = in_bulk("InvalidBatch")
INSERTS = (
    Case("only what is needed", "insert", GOOD),
    Case(
        "all types",
        "insert",
        {
            **GOOD,
            "Key__c": "k",
            "Text__c": 'long, "quoted"\nand <marked> &\u00e4\u4e16',
            "Mail__c": "a@b.test",
            "Flag__c": True,
            "Count__c": 42,
            "Share__c": 12.5,
            "Day__c": "2026-02-14",
            "Moment__c": "2026-02-14T09:30:00.000+0200",
            "Hour__c": "09:30:00.000Z",
            "Color__c": "Red",
            "Colors__c": "Blue;Red",
            "Account__c": IDS["account"],
            "Other__c": IDS["first"],
        },
    ),
    Case("names in another case", "insert", {"needed__C": "x", "COUNT__c": 1}),
    Case("a required field is left out", "insert", {"Loose__c": "x"}, "REQUIRED_FIELD_MISSING"),
    Case("a required field is null", "insert", {"Needed__c": None}, "REQUIRED_FIELD_MISSING"),
    Case("text too long", "insert", {"Needed__c": "x" * 11}, "STRING_TOO_LONG"),
    Case(
        "a value that the picklist lacks",
        "insert",
        {**GOOD, "Color__c": "Green"},
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    ),
    Case("a bad address", "insert", {**GOOD, "Mail__c": "nobody"}, "INVALID_EMAIL_ADDRESS"),
    Case("a number too large", "insert", {**GOOD, "Count__c": 10_000}, "NUMBER_OUTSIDE_VALID_RANGE"),
    Case("text for an int", "insert", {**GOOD, "Count__c": "many"}, "JSON_PARSER_ERROR", TYPE),
    Case("text for a double", "insert", {**GOOD, "Share__c": "much"}, "JSON_PARSER_ERROR", TYPE),
    Case("text for a boolean", "insert", {**GOOD, "Flag__c": "perhaps"}, "JSON_PARSER_ERROR", TYPE),
    Case("no date", "insert", {**GOOD, "Day__c": "2026-02-30"}, "JSON_PARSER_ERROR", TYPE),
    Case("no moment", "insert", {**GOOD, "Moment__c": "yesterday"}, "JSON_PARSER_ERROR", TYPE),
    Case("no time", "insert", {**GOOD, "Hour__c": "25:00:00.000Z"}, "JSON_PARSER_ERROR", TYPE),
    Case("a moment for a date", "insert", {**GOOD, "Day__c": "2026-02-14T10:00:00.000Z"}),
    Case("text that is no id", "insert", {**GOOD, "Account__c": "Alder"}, "MALFORMED_ID"),
    Case("an id of another type", "insert", {**GOOD, "Account__c": IDS["first"]}, "FIELD_INTEGRITY_EXCEPTION"),
    Case(
        "a reference to nothing", "insert", {**GOOD, "Account__c": IDS["never account"]}, "INVALID_CROSS_REFERENCE_KEY"
    ),
    Case(
        "a reference to what is deleted",
        "insert",
        {**GOOD, "Account__c": IDS["deleted account"]},
        "INVALID_CROSS_REFERENCE_KEY",
    ),
    Case("a duplicate unique value", "insert", {**GOOD, "Key__c": "ONE"}, "DUPLICATE_VALUE"),
    Case("the unique value of a deleted record", "insert", {**GOOD, "Key__c": "gone"}),
    Case("a field that is not there", "insert", {**GOOD, "Nothing__c": "x"}, "INVALID_FIELD", NAME),
    Case(
        "a field that nobody writes",
        "insert",
        {**GOOD, "CreatedDate": "2026-01-01T00:00:00.000Z"},
        "INVALID_FIELD_FOR_INSERT_UPDATE",
    ),
    Case("an id of one's own", "insert", {**GOOD, "Id": IDS["never"]}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
    Case("a lookup by external id", "insert", {**GOOD, "Other__r": {"Key__c": "two"}}),
    Case("a lookup that finds nothing", "insert", {**GOOD, "Other__r": {"Key__c": "nine"}}, "INVALID_FIELD"),
    Case("a lookup that finds two", "insert", {**GOOD, "Other__r": {"Loose__c": "b"}}, "INVALID_FIELD"),
)
UPDATES = (
    Case("a change", "update", {"Id": IDS["first"], "Needed__c": "other", "Count__c": 7}),
    Case("a null", "update", {"Id": IDS["first"], "Loose__c": None, "Key__c": None}),
    Case("a null for a required field", "update", {"Id": IDS["first"], "Needed__c": None}, "REQUIRED_FIELD_MISSING"),
    Case("its own unique value", "update", {"Id": IDS["first"], "Key__c": "one", "Count__c": 1}),
    Case("another's unique value", "update", {"Id": IDS["first"], "Key__c": "Two"}, "DUPLICATE_VALUE"),
    Case("15 characters of the id", "update", {"Id": IDS["first"][:15], "Needed__c": "other"}),
    Case(
        "a record that never was",
        "update",
        {"Id": IDS["never"], "Needed__c": "x"},
        "INVALID_CROSS_REFERENCE_KEY",
    ),
    Case("a deleted record", "update", {"Id": IDS["deleted"], "Needed__c": "x"}, "ENTITY_IS_DELETED"),
)
UPSERTS = (
    Case("an existing key", "upsert", {"Key__c": "one", "Needed__c": "other"}, key="Key__c"),
    Case("a new key", "upsert", {"Key__c": "nine", **GOOD}, key="Key__c"),
    Case("a new key without what is needed", "upsert", {"Key__c": "nine"}, "REQUIRED_FIELD_MISSING", key="Key__c"),
    Case(
        "an ambiguous key",
        "upsert",
        {"Loose__c": "b", **GOOD},
        "DUPLICATE_EXTERNAL_ID",
        {REST: "300"},  # the addresses of both (REST guide, "Status Codes and Error Responses")
        key="Loose__c",
    ),
    Case("the key of a deleted record", "upsert", {"Key__c": "gone", **GOOD}, key="Key__c"),
)
DELETES = (
    Case("a delete", "delete", {"Id": IDS["first"]}),
    Case("a delete of what never was", "delete", {"Id": IDS["never"]}, "INVALID_CROSS_REFERENCE_KEY"),
    Case("a second delete", "delete", {"Id": IDS["deleted"]}, "ENTITY_IS_DELETED"),
    Case("an undelete", "undelete", {"Id": IDS["deleted"]}),
    Case("an undelete of what lives", "undelete", {"Id": IDS["first"]}, "UNDELETE_FAILED"),
)
CASES = (*INSERTS, *UPDATES, *UPSERTS, *DELETES)
Write = Callable[[str, Mapping[str, Any], str], str | None]
"""Does one thing with one record; returns the code of a refusal, or None."""


class Refused(Exception):
    """The protocol has no such operation."""


class Sender:
    """Sends requests to an org as its administrator."""

    def __init__(self, org: OrgHandle) -> None:
        self.org = org
        self.session = org.mount(requests.Session())
        self.token = org.token()

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", "X-SFDC-Session": self.token, **options.pop("headers", {})}
        return self.session.request(method, self.org.url + path, headers=headers, timeout=30, **options)

    # --- REST -----------------------------------------------------------------------------------------------------------

    def rest(self, operation: str, values: Mapping[str, Any], key: str) -> str | None:
        rest = {name: value for name, value in values.items() if name not in ("Id", key)}
        base = f"/services/data/v60.0/sobjects/{OBJECT}"
        if operation == "insert":
            answer = self.send("POST", base, json=values)
        elif operation == "update":
            answer = self.send("PATCH", f"{base}/{values['Id']}", json=rest)
        elif operation == "upsert":
            answer = self.send("PATCH", f"{base}/{key}/{values[key]}", json=rest)
        elif operation == "delete":
            answer = self.send("DELETE", f"{base}/{values['Id']}")
        else:
            raise Refused
        if answer.status_code == 300:
            return "300"
        return None if answer.ok else str(answer.json()[0]["errorCode"])

    def collections(self, operation: str, values: Mapping[str, Any], key: str) -> str | None:
        base = "/services/data/v60.0/composite/sobjects"
        records = {"records": [{"attributes": {"type": OBJECT}, **values}]}
        if operation == "insert":
            answer = self.send("POST", base, json=records)
        elif operation == "update":
            answer = self.send("PATCH", base, json=records)
        elif operation == "upsert":
            answer = self.send("PATCH", f"{base}/{OBJECT}/{key}", json=records)
        elif operation == "delete":
            answer = self.send("DELETE", base, params={"ids": values["Id"]})
        else:
            raise Refused
        [one] = answer.json()
        if "errorCode" in one:
            return str(one["errorCode"])
        return None if one["success"] else str(one["errors"][0]["statusCode"])

    def tree(self, operation: str, values: Mapping[str, Any], key: str) -> str | None:
        if operation != "insert":
            raise Refused
        record = {"attributes": {"type": OBJECT, "referenceId": "r"}, **values}
        answer = self.send("POST", f"/services/data/v60.0/composite/tree/{OBJECT}", json={"records": [record]})
        if answer.status_code == 201:
            return None
        told = answer.json()
        if isinstance(told, list):
            return str(told[0]["errorCode"])
        return str(told["results"][0]["errors"][0]["statusCode"])

    # --- SOAP -----------------------------------------------------------------------------------------------------------

    def soap(self, operation: str, values: Mapping[str, Any], key: str) -> str | None:
        body = {
            "insert": lambda: f"<create>{_soap_record(values)}</create>",
            "update": lambda: f"<update>{_soap_record(values)}</update>",
            "upsert": lambda: (
                f"<upsert><externalIDFieldName>{key}</externalIDFieldName>{_soap_record(values)}</upsert>"
            ),
            "delete": lambda: f"<delete><ids>{values['Id']}</ids></delete>",
            "undelete": lambda: f"<undelete><ids>{values['Id']}</ids></undelete>",
        }[operation]()
        envelope = (
            '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"'
            ' xmlns:s="urn:sobject.partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            f"<e:Header><SessionHeader><sessionId>{self.token}</sessionId></SessionHeader></e:Header>"
            f"<e:Body>{body}</e:Body></e:Envelope>"
        )
        answer = self.send(
            "POST",
            "/services/Soap/u/60.0",
            data=envelope.encode(),
            headers={"Content-Type": "text/xml", "SOAPAction": '""'},
        )
        code = re.search(r"<(?:\w+:)?statusCode>(\w+)<|<faultcode>(?:\w+:)?(\w+)<", answer.text)
        if code is None:
            assert answer.status_code == 200 and "<success>true</success>" in answer.text, answer.text
            return None
        return code[1] or code[2]

    # --- Bulk -----------------------------------------------------------------------------------------------------------

    def bulk1(self, operation: str, values: Mapping[str, Any], key: str) -> str | None:
        """The first Bulk API, with JSON."""
        if operation == "undelete":
            raise Refused
        asked = {"operation": operation, "object": OBJECT, "contentType": "JSON"}
        made = self.send("POST", "/services/async/60.0/job", json=asked | ({"externalIdFieldName": key} if key else {}))
        base = f"/services/async/60.0/job/{made.json()['id']}/batch"
        batch = self.send("POST", base, json=[values]).json()
        self.org.jobs.settle()
        info = self.send("GET", f"{base}/{batch['id']}").json()
        if info["state"] == "Failed":
            return str(info["stateMessage"]).partition(" : ")[0]
        [result] = self.send("GET", f"{base}/{batch['id']}/result").json()
        return None if result["success"] else result["errors"][0]["statusCode"]

    def bulk2(self, operation: str, values: Mapping[str, Any], key: str) -> str | None:
        if operation == "undelete":
            raise Refused
        base = "/services/data/v60.0/jobs/ingest"
        asked = {"operation": operation, "object": OBJECT} | ({"externalIdFieldName": key} if key else {})
        made = self.send("POST", base, json=asked).json()
        data = _sheet(values).encode()
        self.send("PUT", f"{base}/{made['id']}/batches", data=data, headers={"Content-Type": "text/csv"})
        self.send("PATCH", f"{base}/{made['id']}", json={"state": "UploadComplete"})
        self.org.jobs.settle()
        job = self.send("GET", f"{base}/{made['id']}").json()
        if job["state"] == "Failed":
            return str(job["errorMessage"]).partition(" : ")[0]
        if not job["numberRecordsFailed"]:
            return None
        rows = csv.DictReader(io.StringIO(self.send("GET", f"{base}/{made['id']}/failedResults").text))
        return next(rows)["sf__Error"].partition(":")[0]

    # --- what is stored --------------------------------------------------------------------------------------------------

    def rows(self) -> list[tuple[Any, ...]]:
        store, sobject = self.org.org.store, self.org.org.catalog.get(OBJECT)
        names = [f'r."{one.name}"' for one in sobject.short_fields] + ['l."Text__c"']
        joined = f'"{OBJECT}" r LEFT JOIN "{OBJECT}__long" l ON l."_row" = r."_row"'
        return store.select(f'SELECT {", ".join(names)} FROM {joined} ORDER BY r."Id"')


def _cell(value: Any) -> str:
    if value is None:
        return "#N/A"
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _sheet(values: Mapping[str, Any]) -> str:
    cells = {
        f"{name}.{key}" if isinstance(value, Mapping) else name: inner if isinstance(value, Mapping) else value
        for name, value in values.items()
        for key, inner in (value.items() if isinstance(value, Mapping) else [("", None)])
    }
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(cells)
    writer.writerow([_cell(value) for value in cells.values()])
    return out.getvalue()


def _soap_record(values: Mapping[str, Any], element: str = "sObjects", type_name: str = OBJECT) -> str:
    nulls = "".join(f"<s:fieldsToNull>{name}</s:fieldsToNull>" for name, value in values.items() if value is None)
    fields = ""
    for name, value in values.items():
        if isinstance(value, Mapping):
            inner = "".join(f"<s:{key}>{escape(str(one))}</s:{key}>" for key, one in value.items())
            fields += f"<s:{name}><s:type>{OBJECT}</s:type>{inner}</s:{name}>"
        elif value is not None:
            fields += f"<s:{name}>{escape(_cell(value))}</s:{name}>"
    return f"<{element}><s:type>{type_name}</s:type>{nulls}{fields}</{element}>"


@pytest.fixture(scope="module")
def senders() -> Iterator[dict[str, Sender]]:
    """An org for each protocol, all alike."""
    opened = []
    found = {}
    for protocol in PROTOCOLS:
        mock = mock_salesforce(seed=SEED, now="2026-06-15T12:00:00Z", frozen=True)
        found[protocol] = Sender(mock.__enter__())
        opened.append(mock)
    yield found
    for mock in reversed(opened):
        mock.__exit__(None, None, None)


def test_the_table_is_as_long_as_it_says() -> None:
    assert len(CASES) >= 40
    assert len({case.name for case in CASES}) == len(CASES)
    assert json.dumps([dict(case.values) for case in CASES])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_protocol_stores_the_same_and_refuses_the_same(senders: dict[str, Sender], case: Case) -> None:
    codes: dict[str, str | None] = {}
    rows: dict[str, list[tuple[Any, ...]]] = {}
    untouched: list[tuple[Any, ...]] = []
    for protocol, sender in senders.items():
        sender.org.reset()
        untouched = sender.rows()
        write: Write = getattr(sender, protocol)
        try:
            codes[protocol] = write(case.operation, case.values, case.key)
        except Refused:
            continue
        rows[protocol] = sender.rows()
    assert codes == {protocol: case.otherwise.get(protocol, case.code) for protocol in codes}
    first = next(iter(rows.values()))
    assert all(found == first for found in rows.values()), rows
    assert (first == untouched) == (case.code is not None)
