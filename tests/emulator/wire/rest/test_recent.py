"""What a user saw last: recent, recentItems, RecentlyViewed, relevant items."""

from typing import Any

import pytest

from chatlift.emulator import OrgHandle

from ..conftest import Client


def account(client: Client, name: str, **options: Any) -> str:
    answer = client.post("sobjects/Account", json={"Name": name}, **options)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


def see(client: Client, id_: str, how: str = "VIEW", sobject: str = "Account") -> None:
    answer = client.get("query", params={"q": f"SELECT Id FROM {sobject} WHERE Id = '{id_}' FOR {how}"})
    assert answer.status_code == 200, answer.text
    client.org.clock.advance(seconds=1)


def recent(client: Client, query: str = "") -> list[str]:
    return [one["Name"] for one in client.get(f"recent{query}").json()]


def viewed(client: Client, condition: str = "LastViewedDate != null") -> list[str]:
    soql = f"SELECT Name FROM RecentlyViewed WHERE {condition} ORDER BY LastReferencedDate DESC"
    return [one["Name"] for one in client.get("query", params={"q": soql}).json()["records"]]


@pytest.fixture
def other(org: OrgHandle) -> Client:
    """Another user of the same org."""
    org.seed(
        {"records": [{"object": "User", "fields": {"Username": "ada@x.test", "LastName": "Ada", "IsActive": True}}]}
    )
    client = Client(org)
    client.session.headers["Authorization"] = f"Bearer {org.token('ada@x.test')}"
    return client


def test_a_record_that_is_read_or_written_is_not_viewed(client: Client) -> None:
    id_ = account(client, "A")
    client.get(f"sobjects/Account/{id_}")
    client.get("query", params={"q": "SELECT Id FROM Account"})
    assert (recent(client), viewed(client)) == ([], [])


def test_what_was_viewed_last_comes_first(client: Client) -> None:
    a, b = account(client, "A"), account(client, "B")
    session = client.agent_session()
    see(client, a)
    see(client, b)
    see(client, session, sobject="LiveAgentSession")
    see(client, a)
    assert recent(client) == ["A", "00000001", "B"]
    assert recent(client, "?limit=2") == ["A", "00000001"]
    assert client.get("recent").json()[0] == {
        "attributes": {"type": "Account", "url": f"/services/data/v59.0/sobjects/Account/{a}"}, "Id": a, "Name": "A",
    }  # fmt: skip


def test_each_user_has_views_of_his_own(client: Client, other: Client) -> None:
    a, b = account(client, "A"), account(client, "B")
    see(client, a)
    see(other, b)
    assert (recent(client), recent(other)) == (["A"], ["B"])
    assert (viewed(client), viewed(other), viewed(client)) == (["A"], ["B"], ["A"])


def test_a_record_may_be_referenced_and_not_viewed(client: Client) -> None:
    a, b = account(client, "A"), account(client, "B")
    see(client, a, "REFERENCE")
    see(client, b)
    assert recent(client) == ["B", "A"]
    assert (viewed(client), viewed(client, "LastViewedDate = null")) == (["B"], ["A"])


def test_the_basic_information_of_an_object_shows_its_recent_records(client: Client) -> None:
    a = account(client, "A")
    case = client.post("sobjects/Case", json={"Subject": "S"}).json()["id"]
    see(client, a)
    see(client, case, sobject="Case")
    assert [one["Id"] for one in client.get("sobjects/Account").json()["recentItems"]] == [a]
    (item,) = client.get("sobjects/Case").json()["recentItems"]
    assert (item["Id"], list(item)) == (case, ["attributes", "Id", "CaseNumber"])


def test_a_write_is_a_view_where_the_header_asks_for_it(client: Client) -> None:
    asked = {"Sforce-Mru": "updateMru=true"}
    a = account(client, "A", headers=asked)
    b = account(client, "B", headers={"Sforce-Mru": "updateMru=false"})
    assert recent(client) == ["A"]
    client.org.clock.advance(seconds=1)
    client.send("PATCH", f"sobjects/Account/{b}", json={"Site": "x"}, headers=asked)
    assert recent(client) == ["B", "A"]
    client.org.clock.advance(seconds=1)
    client.send("PATCH", f"sobjects/Account/Id/{a}", json={"Site": "x"}, headers=asked)
    assert recent(client) == ["A", "B"]


def test_a_deleted_record_is_forgotten_and_comes_back(client: Client) -> None:
    a = account(client, "A")
    see(client, a)
    client.send("DELETE", f"sobjects/Account/{a}")
    assert (recent(client), viewed(client)) == ([], [])
    client.org.undelete("Account", a)
    assert recent(client) == ["A"]


def test_views_are_forgotten_after_90_days(client: Client) -> None:
    see(client, account(client, "A"))
    client.org.clock.advance(days=89)
    assert recent(client) == ["A"]
    client.org.clock.advance(days=2)
    assert (recent(client), viewed(client)) == ([], [])


def test_the_newest_200_of_a_type_are_kept(client: Client) -> None:
    records = [{"object": "Account", "fields": {"Name": f"A{number:03}"}} for number in range(205)]
    client.org.seed({"records": records})
    client.get("query", params={"q": "SELECT Id FROM Account ORDER BY Name LIMIT 203 FOR VIEW"})
    client.org.clock.advance(seconds=1)
    client.get("query", params={"q": "SELECT Id FROM Account WHERE Name = 'A204' FOR VIEW"})
    found = recent(client)
    assert (len(found), found[0]) == (200, "A204")


def test_rows_of_recently_viewed_have_what_users_have(client: Client) -> None:
    see(client, client.org.administrator["Id"], sobject="User")
    soql = "SELECT Id, Name, Type, Alias, IsActive, ProfileId, Profile.Name FROM RecentlyViewed"
    (row,) = client.get("query", params={"q": soql}).json()["records"]
    assert (row["Type"], row["Alias"], row["IsActive"]) == ("User", "admin", True)
    assert row["Profile"]["Name"] == "System Administrator"


def test_relevant_items_are_ids_by_type(client: Client) -> None:
    a = account(client, "A")
    session = client.agent_session()
    see(client, a)
    see(client, session, sobject="LiveAgentSession")
    found = client.get("sobjects/relevantItems").json()
    assert [(one["apiName"], one["key"], one["label"], one["recordIds"]) for one in found] == [
        ("LiveAgentSession", "0HK", "Chat Sessions", [session[:15]]),
        ("Account", "001", "Accounts", [a[:15]]),
    ]
    (only,) = client.get("sobjects/relevantItems?sobjects=account").json()
    assert only == found[1]
    see(client, account(client, "B"))
    assert client.get("sobjects/relevantItems?sobjects=Account").json()[0]["lastUpdatedId"] != only["lastUpdatedId"]


@pytest.mark.parametrize("query", ["?limit=0", "?limit=x", "?limit=2001"])
def test_a_limit_that_is_none_is_refused(client: Client, query: str) -> None:
    answer = client.get(f"recent{query}")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "ILLEGAL_QUERY_PARAMETER_VALUE")


def test_recent_records_in_xml(client: Client) -> None:
    see(client, account(client, "A"))
    assert "<Name>A</Name>" in client.get("recent.xml").text
