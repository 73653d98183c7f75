"""pyforce, unchanged, over HTTPS and HTTP on real sockets: a client of the partner API alone, gzip both ways."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

pytest.importorskip("pyforce", reason="make clients runs it")

from pyforce.xmlclient import SessionTimeoutError, SoapFaultError

pytestmark = pytest.mark.clients


def at(hour: int) -> datetime:
    """A full hour of 15 June 2026, without a zone, as the client reads times."""
    return datetime.fromisoformat(f"2026-06-15T{hour}:00:00")


@pytest.fixture(params=["https", "http"])
def service(
    request: pytest.FixtureRequest,
    org: dict[str, Any],
    snippets: Callable[[str, str], list[str]],
    trust: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """What docs/clients.md shows, in the environment of `chatlift env`."""
    (shown,) = snippets("pyforce", "python")
    for name, value in trust.items():
        monkeypatch.setenv(name, value)
    names: dict[str, Any] = {}
    exec(shown.replace(org["https"], org[request.param]), names)
    return names["service"]


def test_the_session_is_the_administrators(service: Any) -> None:
    info = service.getUserInfo()
    assert (info["userFullName"], info["organizationName"]) == ("Admin User", "ChatLift")
    assert service.getServerTimestamp() == "2026-06-15T12:00:00.000Z"
    assert service.logout()
    with pytest.raises(SessionTimeoutError):
        service.getUserInfo()


def test_the_life_of_a_record(service: Any) -> None:
    [made, refused] = service.create(
        [{"type": "Contact", "LastName": "Kern & <Co>", "Email": "k@x.test"}, {"type": "Contact", "FirstName": "Dana"}]
    )
    assert (made["success"], refused["errors"][0]["statusCode"]) == (True, "REQUIRED_FIELD_MISSING")
    [changed] = service.update({"type": "Contact", "Id": made["id"], "FirstName": "Dana", "Email": None})
    assert changed["success"]
    [found] = service.query("SELECT Id, FirstName, LastName, Email, CreatedDate, Account.Name FROM Contact")
    assert found == {
        "type": "Contact", "Id": made["id"], "FirstName": "Dana", "LastName": "Kern & <Co>", "Email": "",
        "CreatedDate": at(12), "Account": "",
    }  # fmt: skip
    assert service.retrieve("Id,LastName", "Contact", [made["id"]]) == [{"Id": made["id"], "LastName": "Kern & <Co>"}]
    assert [one["Id"] for one in service.search("FIND {kern} RETURNING Contact(Id)")] == [made["id"]]
    [deleted] = service.delete([made["id"]])
    assert deleted["success"]
    window = (at(11), at(13))
    assert service.getUpdated("Contact", *window) == []
    assert service.getDeleted("Contact", *window) == [{"id": made["id"], "deletedDate": at(12)}]


def test_children_and_pages(service: Any, external_ids: None) -> None:
    [account] = service.upsert("Legacy_Id__c", {"type": "Account", "Legacy_Id__c": "A-1", "Name": "Acme"})
    assert account["isCreated"]
    for start in (0, 200):
        batch = [
            {"type": "Contact", "LastName": f"C{n:03}", "AccountId": account["id"]} for n in range(start, start + 200)
        ]
        assert all(one["success"] for one in service.create(batch))
    [row] = service.query("SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName LIMIT 2) FROM Account")
    assert [child["LastName"] for child in row["Contacts"]] == ["C000", "C001"]
    service.batchSize = 200
    first = service.query("SELECT LastName FROM Contact ORDER BY LastName")
    assert (first.done, first.size, len(first)) == (False, 400, 200)
    rest = service.queryMore(first.queryLocator)
    assert (rest.done, rest[-1]["LastName"]) == (True, "C399")


def test_groups_are_records_of_a_type_that_is_described(service: Any) -> None:
    service.create([{"type": "Contact", "LastName": name} for name in ("a", "a", "b")])
    rows = service.query("SELECT LastName, COUNT(Id) n FROM Contact GROUP BY LastName ORDER BY LastName")
    assert [(row["type"], row["LastName"], row["n"]) for row in rows] == [
        ("AggregateResult", "a", "2"),
        ("AggregateResult", "b", "1"),
    ]


def test_describes(service: Any) -> None:
    assert "LiveChatTranscript" in service.describeGlobal()["types"]
    [described] = service.describeSObjects("LiveChatTranscript")
    assert described.fields["LiveChatVisitorId"].referenceTo == ["LiveChatVisitor"]
    assert "Contact" in {tab["sObjectName"] for app in service.describeTabs() for tab in app["tabs"]}


def test_a_fault_says_what_is_wrong(service: Any) -> None:
    with pytest.raises(SoapFaultError) as caught:
        service.query("SELECT Nope FROM Contact")
    assert caught.value.faultCode == "INVALID_FIELD"
    assert "No such column 'Nope' on entity 'Contact'" in caught.value.faultString


def test_passwords(service: Any) -> None:
    user_id = str(service.getUserInfo()["userId"])
    service.setPassword(user_id, "abcdefg1")
    assert len(str(service.resetPassword(user_id))) >= 8
    with pytest.raises(SoapFaultError, match="INVALID_NEW_PASSWORD"):
        service.setPassword(user_id, "short")
