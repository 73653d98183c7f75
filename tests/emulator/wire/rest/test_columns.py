"""``columns=true`` tells what a query selects."""

from typing import Any

import pytest

from ..conftest import Client

EMPTY: dict[str, Any] = {
    "aggregate": False, "apexType": None, "booleanType": False, "columnName": "", "custom": False, "displayName": "",
    "foreignKeyName": None, "insertable": False, "joinColumns": [], "numberType": False, "textType": False, "updatable": False,
}  # fmt: skip


def column(name: str, **more: Any) -> dict[str, Any]:
    return EMPTY | {"columnName": name, "displayName": name} | more


def columns(client: Client, soql: str, path: str = "query") -> dict[str, Any]:
    answer = client.get(path, params={"q": soql, "columns": "true"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_fields_are_told_as_they_were_recorded(client: Client) -> None:
    assert columns(client, "SELECT Id, Name FROM Contact") == {
        "columnMetadata": [column("Id", apexType="Id"), column("Name", apexType="String", textType=True)],
        "entityName": "Contact",
        "groupBy": False,
        "idSelected": True,
        "keyPrefix": "003",
    }


def test_a_parent_is_a_column_with_columns(client: Client) -> None:
    found = columns(client, "SELECT Account.Owner.Name FROM Contact")["columnMetadata"]
    name = column("Name", apexType="String", textType=True)
    owner = column("Owner", foreignKeyName="OwnerId", joinColumns=[name])
    assert found == [column("Account", foreignKeyName="AccountId", joinColumns=[owner])]


def test_a_child_subquery_is_an_aggregate_with_columns(client: Client) -> None:
    found = columns(client, "SELECT Name, (SELECT LastName FROM Contacts) FROM Account")["columnMetadata"]
    last_name = column("LastName", apexType="String", textType=True, insertable=True, updatable=True)
    assert found[1] == column("Contacts", aggregate=True, joinColumns=[last_name])


def test_an_aggregate_shows_its_words(client: Client) -> None:
    found = columns(client, "SELECT CampaignId, AVG(Amount) FROM Opportunity GROUP BY CampaignId")
    assert found["columnMetadata"] == [
        column("CampaignId", apexType="Id", insertable=True, updatable=True),
        column("expr0", aggregate=True, displayName="avg(Amount)", numberType=True),
    ]
    assert (found["groupBy"], found["idSelected"]) == (True, False)


@pytest.mark.parametrize(
    ("field", "apex_type", "kind"),
    [
        ("IsDeleted", "Boolean", "booleanType"),
        ("ChatDuration", "Integer", "numberType"),
        ("CreatedDate", "Datetime", None),
        ("OwnerId", "Id", None),
        ("Status", "String", "textType"),
    ],
)
def test_a_column_has_a_type(client: Client, field: str, apex_type: str, kind: str | None) -> None:
    (found,) = columns(client, f"SELECT {field} FROM LiveChatTranscript")["columnMetadata"]
    assert found["apexType"] == apex_type
    assert [name for name in ("booleanType", "numberType", "textType") if found[name]] == ([kind] if kind else [])


@pytest.mark.parametrize("path", ["query", "queryAll", "tooling/query"])
def test_no_rows_come_with_it(client: Client, path: str) -> None:
    assert "records" not in columns(client, "SELECT Id FROM User", path)


def test_count_has_no_columns(client: Client) -> None:
    assert columns(client, "SELECT COUNT() FROM Account")["columnMetadata"] == []


def test_a_query_that_is_refused_has_no_columns(client: Client) -> None:
    answer = client.get("query", params={"q": "SELECT Nope FROM Account", "columns": "true"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_FIELD")
