"""How queries would be run: the shape of REST API guide, "Get Feedback on Query Performance"; the numbers are real."""

from collections.abc import Iterator
from typing import Any

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.errors import OrgError
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org

UNINDEXED = "Not considering filter for optimization because unindexed"


@pytest.fixture
def org(store_url: str) -> Iterator[Org]:
    """An org with ten contacts, three of them of one account."""
    opened = Org.open(OrgConfig(database=store_url))
    caller = Caller(opened.users.administrator_id)
    account = opened.records.create(caller, "Account", {"Name": "Acme"})
    for number in range(10):
        values: dict[str, Any] = {"LastName": f"N{number % 2}", "Email": f"n{number}@x.test"}
        opened.records.create(caller, "Contact", values | ({"AccountId": account} if number < 3 else {}))
    yield opened
    opened.close()


@pytest.fixture
def caller(org: Org) -> Caller:
    """The administrator."""
    return Caller(org.users.administrator_id, "62.0")


def test_an_indexed_condition_leads(org: Org, caller: Caller) -> None:
    account = org.query.run(caller, "SELECT Id FROM Account").records[0]["Id"]
    query = f"SELECT Id FROM Contact WHERE AccountId = '{account}' AND LastName = 'N0' ORDER BY Name LIMIT 1"
    document = org.query.explain(caller, query)
    assert list(document) == ["plans", "sourceQuery"]
    assert document["sourceQuery"] == query
    notes = [
        {"description": UNINDEXED, "fields": ["LastName"], "tableEnumOrId": "Contact"},
        {"description": UNINDEXED, "fields": ["IsDeleted"], "tableEnumOrId": "Contact"},
    ]
    index, scan = sorted(document["plans"], key=lambda plan: str(plan["leadingOperationType"]))
    assert index == {
        "cardinality": 3,
        "fields": ["AccountId"],
        "leadingOperationType": "Index",
        "notes": notes,
        "relativeCost": 1.0,
        "sobjectCardinality": 10,
        "sobjectType": "Contact",
    }
    assert (scan["leadingOperationType"], scan["fields"], scan["cardinality"]) == ("TableScan", [], 2)


@pytest.mark.parametrize(
    ("where", "first"),
    [
        ("", ("TableScan", [], 10)),
        ("WHERE LastName = 'N0'", ("TableScan", [], 5)),
        ("WHERE Email = 'n1@x.test'", ("Index", ["Email"], 1)),
        ("WHERE Email = 'n1@x.test' OR Phone = '5'", ("TableScan", [], 1)),
        ("WHERE Id IN ('003000000000000AAA')", ("Index", ["Id"], 0)),
        ("WHERE Account.Name = 'Acme'", ("TableScan", [], 3)),
    ],
)
def test_the_cheapest_comes_first(org: Org, caller: Caller, where: str, first: tuple[str, list[str], int]) -> None:
    plan = org.query.explain(caller, f"SELECT Id FROM Contact {where}")["plans"][0]
    assert (plan["leadingOperationType"], plan["fields"], plan["cardinality"]) == first


def test_whose_rows_they_are_may_lead(org: Org, caller: Caller) -> None:
    plans = org.query.explain(caller, "SELECT Id FROM Contact USING SCOPE mine")["plans"]
    assert {plan["leadingOperationType"]: plan["cardinality"] for plan in plans} == {"Sharing": 10, "TableScan": 10}


def test_an_empty_object_costs_nothing(org: Org, caller: Caller) -> None:
    plan = org.query.explain(caller, "SELECT Id FROM Case WHERE Id = '500000000000000AAA'")["plans"][0]
    assert (plan["cardinality"], plan["sobjectCardinality"], plan["relativeCost"]) == (0, 0, 0.0)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT Id", "MALFORMED_QUERY"),
        ("", "MALFORMED_QUERY"),
        ("SELECT Id FROM Nope", "INVALID_TYPE"),
        ("SELECT Nope FROM Contact", "INVALID_FIELD"),
        ("00O000000000001", "INVALID_ID"),
        ("00B000000000001AAA", "INVALID_ID"),
    ],
)
def test_what_cannot_be_explained_is_refused(org: Org, caller: Caller, query: str, code: str) -> None:
    with pytest.raises(OrgError) as refusal:
        org.query.explain(caller, query)
    assert refusal.value.code == code
