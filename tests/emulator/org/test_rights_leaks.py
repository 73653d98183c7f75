"""What a user may not read is, for him, not there: no call tells it from a name that nobody has ever given."""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org

SECRET: Final = "zzsecret"
HIDEABLE: Final = (
    "Account.Site", "Account.Industry", "Account.ParentId", "Contact.AccountId", "Contact.Department", "Contact.Title",
    "Contact.Email", "Case.AccountId", "Case.Reason", "Opportunity.NextStep", "Task.Description", "Task.WhatId",
)  # fmt: skip
TYPES: Final = ("Account", "Contact", "Case", "Opportunity", "Task")
RELATIONSHIPS: Final = {"Contact.AccountId": "Account", "Case.AccountId": "Account", "Account.ParentId": "Parent"}

QUERIES: Final = (
    "SELECT {f} FROM {o}",
    "SELECT Id, {f} FROM {o} ORDER BY Id",
    "SELECT Id FROM {o} WHERE {f} = 'x'",
    "SELECT Id FROM {o} WHERE NOT ({f} != null AND Id != null)",
    "SELECT Id FROM {o} WHERE {f} LIKE 'zz%' OR Id = null",
    "SELECT Id FROM {o} ORDER BY {f} DESC NULLS LAST",
    "SELECT COUNT(Id) n FROM {o} GROUP BY {f}",
    "SELECT {f}, COUNT(Id) FROM {o} GROUP BY ROLLUP({f})",
    "SELECT MAX({f}) FROM {o}",
    "SELECT COUNT_DISTINCT({f}) FROM {o}",
    "SELECT COUNT(Id) FROM {o} HAVING MAX({f}) > 'a'",
    "SELECT toLabel({f}) FROM {o}",
    "SELECT FORMAT({f}) x FROM {o}",
    "SELECT x.{f} FROM {o} x",
    "SELECT {o}.{f} FROM {o}",
    "SELECT Id FROM {o} WHERE {f} IN ('a', 'b') LIMIT 1 OFFSET 0",
    "SELECT Id FROM {o} WHERE Id IN (SELECT {f} FROM {o})",
    "SELECT Id FROM Account WHERE Id IN (SELECT {f} FROM {o} WHERE {f} != null)",
)
PATHS: Final = (
    "SELECT {r}.{f} FROM {o}",
    "SELECT Id FROM {o} WHERE {r}.{f} = 'x'",
    "SELECT Id FROM {o} ORDER BY {r}.{f}",
    "SELECT COUNT(Id) FROM {o} GROUP BY {r}.{f}",
    "SELECT Id FROM {o} WHERE {r}.Parent.{f} != null",
)


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Org, Caller, bytes]]:
    org = Org.open(OrgConfig())
    records: list[dict[str, Any]] = [
        {"object": "User", "ref": "u", "fields": {"Username": "u@x.test", "LastName": "U"}},
        {"object": "Account", "ref": "p", "fields": {"Name": "P", "Site": SECRET, "Industry": "Media"}},
        {"object": "Account", "ref": "a", "fields": {"Name": "A", "Site": SECRET, "ParentId": "@p"}},
        {"object": "Contact", "ref": "c", "fields": {
            "LastName": "C", "AccountId": "@a", "Department": SECRET, "Title": SECRET, "Email": f"{SECRET}@x.test"}},
        {"object": "Case", "fields": {"AccountId": "@a", "ContactId": "@c", "Reason": SECRET}},
        {"object": "Opportunity", "fields": {
            "Name": "O", "StageName": "x", "CloseDate": "2026-01-01", "NextStep": SECRET}},
        {"object": "Task", "fields": {"WhatId": "@a", "Description": SECRET}},
    ]  # fmt: skip
    user = org.seed({"records": records, "permissions": [{"profile": "Standard User", "users": ["@u"]}]})["u"]
    yield org, Caller(user), org.snapshot()
    org.close()


def narrow(org: Org, hidden: frozenset[str], closed: frozenset[str]) -> None:
    org.seed(
        {
            "permissions": [
                {
                    "profile": "Standard User",
                    "objects": dict.fromkeys(sorted(closed), ""),
                    "fields": dict.fromkeys(sorted(hidden), "none"),
                }
            ]
        }
    )


def outcome(call: Callable[[], Any]) -> tuple[str, str]:
    """Return what a call answers as text, or its refusal."""
    try:
        return "", json.dumps(call(), default=str)
    except OrgError as error:
        return error.code, error.message


def same_as_unknown(asked: Callable[[str], Any], name: str) -> None:
    """A call that names something hidden is refused, in the words for a name that does not exist."""
    unknown = "Q" * len(name)
    code, message = outcome(lambda: asked(name))
    assert code, f"{name}: {message}"
    assert (code, message.replace(name, unknown)) == outcome(lambda: asked(unknown))


fields = st.frozensets(st.sampled_from(HIDEABLE), min_size=1)
types = st.frozensets(st.sampled_from(TYPES), max_size=2)


class Asking:
    """Calls that take a name as their last argument."""

    def __init__(self, org: Org, caller: Caller) -> None:
        self.org = org
        self.caller = caller

    def query(self, template: str, sobject: str = "", relationship: str = "") -> Callable[[str], Any]:
        return lambda name: self.run(template.format(f=name, o=sobject, r=relationship))

    def run(self, soql: str) -> Any:
        return self.org.query.run(self.caller, soql).records

    def rows_of(self, sobject: str) -> Iterator[Callable[[str], Any]]:
        """Yield calls about the records of a type that name a field."""
        org, caller = self.org, self.caller
        row = org.query.run(Caller("", is_system=True), f"SELECT Id FROM {sobject}").records[0]["Id"]
        yield lambda name: org.query.explain(caller, f"SELECT Id FROM {sobject} WHERE {name} = 'x'")
        yield lambda name: org.search.run(caller, f"FIND {{zz*}} RETURNING {sobject}(Id, {name})")
        yield lambda name: org.search.run(caller, f"FIND {{zz*}} RETURNING {sobject}(Id WHERE {name} = 'x')")
        yield lambda name: org.search.run(caller, f"FIND {{zz*}} RETURNING {sobject}(Id ORDER BY {name})")
        yield lambda name: org.records.retrieve(caller, sobject, row, [name])
        yield lambda name: org.records.update(caller, sobject, row, {name: "x"})
        yield lambda name: org.records.create(caller, sobject, {name: "x"})
        yield lambda name: org.records.find(caller, sobject, name, "x")

    def types(self) -> Iterator[Callable[[str], Any]]:
        """Yield calls that name a type."""
        org, caller = self.org, self.caller
        yield lambda name: self.run(f"SELECT Id FROM {name}")
        yield lambda name: self.run(f"SELECT Id FROM User WHERE Id IN (SELECT OwnerId FROM {name})")
        yield lambda name: org.describe.sobject(caller, name)
        yield lambda name: org.records.create(caller, name, {})
        yield lambda name: org.records.delete(caller, name, "001000000000001AAA")
        yield lambda name: org.search.run(caller, f"FIND {{zz*}} RETURNING {name}")


@given(hidden=fields, closed=types)
def test_hidden_fields_are_like_fields_that_do_not_exist(
    shared: tuple[Org, Caller, bytes], hidden: frozenset[str], closed: frozenset[str]
) -> None:
    org, caller, image = shared
    org.restore(image)
    narrow(org, hidden, closed)
    asking = Asking(org, caller)
    for whole_name in sorted(hidden):
        sobject, field = whole_name.split(".")
        if sobject in closed:
            continue
        for template in QUERIES:
            if "FROM Account" not in template or "Account" not in closed:
                same_as_unknown(asking.query(template, sobject), field)
        for asked in asking.rows_of(sobject):
            same_as_unknown(asked, field)
        if "Account" in closed:
            continue
        if whole_name in RELATIONSHIPS:
            same_as_unknown(asking.query("SELECT {f}.Name FROM {o}", sobject), RELATIONSHIPS[whole_name])
        for reference, relationship in RELATIONSHIPS.items():
            start = reference.split(".")[0]
            if sobject != "Account" or start in closed or reference in hidden:
                continue
            for template in PATHS:
                if ".Parent." not in template or "Account.ParentId" not in hidden:
                    same_as_unknown(asking.query(template, start, relationship), field)
    if "Contact.AccountId" in hidden and closed.isdisjoint({"Account", "Contact"}):
        same_as_unknown(asking.query("SELECT (SELECT Id FROM {f}) FROM Account"), "Contacts")
    if "Contact" in closed and "Account" not in closed:
        same_as_unknown(asking.query("SELECT (SELECT Id FROM {f}) FROM Account"), "Contacts")


@given(hidden=fields, closed=types)
def test_nothing_hidden_is_shown_by_calls_that_name_nothing(
    shared: tuple[Org, Caller, bytes], hidden: frozenset[str], closed: frozenset[str]
) -> None:
    org, caller, image = shared
    org.restore(image)
    narrow(org, hidden, closed)
    everything = json.dumps(org.describe.global_(caller))
    assert not any(f'"name": "{name}"' in everything for name in closed)
    shown: list[Any] = [org.search.run(caller, f"FIND {{{SECRET}}} IN ALL FIELDS")]
    for name in TYPES:
        names = {one.partition(".")[2] for one in hidden if one.startswith(f"{name}.")}
        if name in closed:
            for asked in Asking(org, caller).types():
                same_as_unknown(asked, name)
            continue
        described = org.describe.sobject(caller, name)
        assert names.isdisjoint(field["name"] for field in described["fields"])
        children = {(child["childSObject"], child["field"]) for child in described["childRelationships"]}
        assert not any(child in closed or f"{child}.{field}" in hidden for child, field in children)
        found = org.query.run(caller, f"SELECT FIELDS(STANDARD) FROM {name}").records
        found += [org.records.retrieve(caller, name, row["Id"]) for row in found]
        for record in found:
            assert names.isdisjoint(record)
        shown += [{key: value for key, value in record.items() if f"{name}.{key}" not in hidden} for record in found]
    secret_fields = {
        name for name in HIDEABLE if name.split(".")[1] in ("Site", "Department", "Title", "Reason", "NextStep")
    }
    visible = {name for name in secret_fields - hidden if name.split(".")[0] not in closed}
    if not visible and {"Contact.Email", "Task.Description"} <= hidden | {f"{name}.x" for name in closed}:
        assert SECRET not in json.dumps(shown)


def test_a_polymorphic_parent_of_a_closed_type_is_nobody(shared: tuple[Org, Caller, bytes]) -> None:
    org, caller, image = shared
    org.restore(image)
    soql = "SELECT TYPEOF What WHEN Account THEN Site ELSE Name END FROM Task"
    [task] = org.query.run(caller, soql).records
    assert task["What"]["Site"] == SECRET
    narrow(org, frozenset({"Account.Site"}), frozenset())
    same_as_unknown(
        lambda f: org.query.run(caller, f"SELECT TYPEOF What WHEN Account THEN {f} ELSE Name END FROM Task").records,
        "Site",
    )
    narrow(org, frozenset(), frozenset({"Account"}))
    [task] = org.query.run(caller, "SELECT What.Name FROM Task").records
    assert task["What"] is None
    same_as_unknown(Asking(org, caller).query("SELECT TYPEOF What WHEN {f} THEN Id END FROM Task"), "Account")
