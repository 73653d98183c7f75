"""A query as plain values."""

from typing import Any

import pytest

from chatlift.emulator.soql.outline import outline
from chatlift.emulator.soql.parser import parse

CASES: list[tuple[str, dict[str, Any]]] = [
    ("SELECT Id FROM Contact", {}),
    ("SELECT COUNT() FROM Contact", {"fields": ["COUNT()"]}),
    ("SELECT Id, Account.Name FROM Contact", {"fields": ["Id", "Account.Name"]}),
    ("SELECT Id, (SELECT Id FROM Cases) FROM Contact", {"fields": ["Id", {"object": "Cases", "fields": ["Id"]}]}),
    (
        "SELECT TYPEOF Owner WHEN User THEN Id, Name ELSE Id END FROM Contact",
        {"fields": [{"typeof": "Owner", "when": {"User": ["Id", "Name"]}, "else": ["Id"]}]},
    ),
    ("SELECT Id FROM Contact WHERE Name = 'Ann\\'s'", {"where": ["Name", "=", "Ann\\'s"]}),
    (
        "SELECT Id FROM Contact WHERE A__c = 1.5 AND B__c = TRUE",
        {"where": {"and": [["A__c", "=", "1.5"], ["B__c", "=", True]]}},
    ),
    (
        "SELECT Id FROM Contact WHERE (A__c = null OR (NOT B__c IN ('x', 'y')))",
        {"where": {"or": [["A__c", "=", None], {"not": ["B__c", "IN", ["x", "y"]]}]}},
    ),
    (
        "SELECT Id FROM Contact WHERE Id IN (SELECT ContactId FROM Case) AND CreatedDate = LAST_N_DAYS:3",
        {
            "where": {
                "and": [
                    ["Id", "IN", {"object": "Case", "fields": ["ContactId"]}],
                    ["CreatedDate", "=", "LAST_N_DAYS:3"],
                ]
            }
        },
    ),
    (
        "SELECT Id FROM Contact WHERE DISTANCE(Place__c, GEOLOCATION(1.5,-2), 'mi') < 5",
        {"where": ["DISTANCE(Place__c, GEOLOCATION(1.5, -2), 'mi')", "<", "5"]},
    ),
    (
        "SELECT LastName, COUNT(Id) n FROM Contact WHERE CreatedDate > 2026-01-01T00:00:00Z GROUP BY LastName HAVING COUNT(Id) > 1",
        {
            "fields": ["LastName", "COUNT(Id) n"],
            "where": ["CreatedDate", ">", "2026-01-01T00:00:00Z"],
            "groupBy": ["LastName"],
            "having": ["COUNT(Id)", ">", "1"],
        },
    ),
    (
        "SELECT Id FROM Contact USING SCOPE mine WITH USER_MODE ORDER BY Name DESC, Id LIMIT 3 OFFSET 2 FOR VIEW",
        {
            "scope": "mine",
            "with": ["USER_MODE"],
            "orderBy": ["Name DESC", "Id"],
            "limit": 3,
            "offset": 2,
            "purposes": ["FOR VIEW"],
        },
    ),
]


@pytest.mark.parametrize(("soql", "clauses"), CASES, ids=[soql for soql, _ in CASES])
def test_each_clause_is_told(soql: str, clauses: dict[str, Any]) -> None:
    assert outline(parse(soql)) == {"object": "Contact", "fields": ["Id"], **clauses}
