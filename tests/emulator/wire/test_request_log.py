"""The request log: what came, what was understood, and what it was near to."""

import gzip
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests

from chatlift.emulator import OrgHandle, mock_salesforce
from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.wire.request_log import KEPT, KEPT_BYTES

from .conftest import Client


def last(client: Client) -> dict[str, Any]:
    return client.org.requests[-1]


def test_a_query_is_told_as_it_was_understood(client: Client) -> None:
    client.org.seed({"records": [{"object": "Contact", "fields": {"LastName": name}} for name in "ABC"]})
    soql = "SELECT Id FROM Contact WHERE LastName > 'A' LIMIT 5"
    client.get(f"query?q={quote(soql)}", headers={"User-Agent": "mine/1.0"})
    told = last(client)
    assert (told["method"], told["path"], told["status"], told["rows"], told["error"]) == (
        "GET",
        "/services/data/v59.0/query",
        200,
        2,
        None,
    )
    assert (told["api"], told["operation"], told["objects"], told["soql"]) == ("rest", "query", ["Contact"], soql)
    assert told["parsed"] == {"object": "Contact", "fields": ["Id"], "where": ["LastName", ">", "A"], "limit": 5}
    assert told["headers"]["User-Agent"] == "mine/1.0"
    assert "Authorization" not in told["headers"]
    assert 0 < told["ms"] < 10_000
    assert "nearMisses" not in told


@pytest.mark.parametrize(
    ("method", "path", "body", "rows", "operation", "objects"),
    [
        ("POST", "sobjects/Contact", {"LastName": "A"}, 1, "create", ["Contact"]),
        ("GET", "sobjects/Contact/describe", None, None, "describe", ["Contact"]),
        (
            "POST",
            "composite/sobjects",
            {"records": [{"attributes": {"type": name}, field: "A"} for name, field in (("Account", "Name"), ("Contact", "LastName"))]},
            2,
            "create",
            ["Account", "Contact"],
        ),
        ("GET", "limits", None, None, "limits", []),
        ("POST", "sobjects/Contact", {}, None, "create", ["Contact"]),
    ],
)  # fmt: skip
def test_rows_and_types_of_other_calls(
    client: Client, method: str, path: str, body: Any, rows: int | None, operation: str, objects: list[str]
) -> None:
    client.send(method, path, json=body)
    told = last(client)
    assert (told["rows"], told["operation"], told["objects"]) == (rows, operation, objects)


def test_a_soap_call_is_told_without_its_session(client: Client) -> None:
    token = client.org.token()
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"><e:Header>'
        f"<SessionHeader><sessionId>{token}</sessionId></SessionHeader></e:Header><e:Body>"
        "<query><queryString>SELECT Id FROM User WHERE Id != null AND LastName &gt; '' </queryString></query>"
        "</e:Body></e:Envelope>"
    )
    client.post("/services/Soap/u/59.0", data=gzip.compress(body.encode()), headers={"Content-Encoding": "gzip"})
    told = last(client)
    assert (told["api"], told["operation"], told["objects"], told["status"], told["rows"]) == (
        "soap",
        "query",
        ["User"],
        200,
        2,
    )
    assert told["parsed"]["where"]["and"][1] == ["LastName", ">", ""]
    assert "<sessionId>***</sessionId>" in told["body"]


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "query?q=SELECT+Nonsense+FROM+Contact", "INVALID_FIELD"),
        ("GET", "sobjects/Nonsense", "NOT_FOUND"),
        ("GET", "/services/async/59.0/job/750", "InvalidSessionId"),
        ("POST", "/services/oauth2/token", "unsupported_grant_type"),
        ("POST", "/services/Soap/u/59.0", "UNKNOWN_EXCEPTION"),
        ("GET", "/nowhere", "NOT_FOUND"),
    ],
)
def test_a_refusal_is_told_whatever_its_form(client: Client, method: str, path: str, code: str) -> None:
    client.send(method, path, data="x" if method == "POST" else None)
    assert last(client)["error"]["errorCode"] == code
    assert last(client)["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "meant"),
    [
        ("GET", "sobject/Contact", "GET,POST /services/data/v59.0/sobjects/Contact"),
        ("GET", "sobjects/Contct", "GET /services/data/v59.0/sobjects/Contact"),
        ("PATCH", "sobjects/Contcat/003", "PATCH /services/data/v59.0/sobjects/Contact/003"),
        ("GET", "qery?q=SELECT+Id", "GET /services/data/v59.0/query"),
        ("DELETE", "query", "GET /services/data/v59.0/query"),
        ("GET", "/services/oauth2/tokens", "POST /services/oauth2/token"),
        ("GET", "/chat/rest/System/sessionid", "GET,DELETE /chat/rest/System/SessionId"),
        ("GET", "/service/data/v59.0/limits", "GET /services/data/v59.0/limits"),
        ("GET", "/services/data/v999.0/limits", "GET /services/data/v68.0/limits (versions are v20.0 to v68.0)"),
        ("GET", "/services/data/59.0/limits", "GET /services/data/v59.0/limits (versions are v20.0 to v68.0)"),
        (
            "GET",
            "/services/data/v30.0/jobs/ingest",
            "GET /services/data/v41.0/jobs/ingest (it is there from version 41.0 on)",
        ),
        (
            "GET",
            "/services/data/v30.0/sobjects/ConversationEntry",
            "GET /services/data/v43.0/sobjects/ConversationEntry (ConversationEntry is there from version 43.0 on)",
        ),
        ("POST", "/services/soap/u/59.0", "POST /services/Soap/u/59.0"),
        ("GET", "query?q=SELECT+Id+FROM+Contct", "Contact"),
        ("GET", "query?q=SELECT+Lastnam+FROM+Contact", "Contact.LastName"),
        ("POST", "sobjects/Contact", "Contact.LastName"),
    ],
)
def test_an_unknown_address_is_told_with_what_may_have_been_meant(
    client: Client, method: str, path: str, meant: str
) -> None:
    headers = {"X-LIVEAGENT-API-VERSION": "59", "Content-Type": "application/json"}
    client.send(method, path, headers=headers, data='{"Lastname_": 1}' if method == "POST" else None)
    assert meant in last(client)["nearMisses"]


def test_an_address_that_is_right_has_no_near_misses(client: Client) -> None:
    client.get("sobjects/Contact/003000000000001AAA")
    assert last(client)["status"] == 404
    assert last(client)["nearMisses"] == []
    client.send("PUT", "sobjects/Contact/003000000000001AAA")
    assert last(client)["nearMisses"] == [
        "GET,PATCH,DELETE,POST /services/data/v59.0/sobjects/Contact/003000000000001AAA"
    ]


def test_what_is_like_nothing_has_no_near_misses(client: Client) -> None:
    client.get("/favicon.ico")
    assert last(client)["nearMisses"] == []
    client.get("/" + "x" * 5000)
    assert last(client)["nearMisses"] == []


def test_no_secret_is_shown(client: Client) -> None:
    secret = "gEhEim123"
    login = {"grant_type": "password", "client_id": "c", "client_secret": secret, "username": "u", "password": secret}
    client.post("/services/oauth2/token", data=login)
    client.post("/services/oauth2/revoke", data={"token": client.org.token()})
    client.get(f"/services/oauth2/userinfo?access_token={secret}&oauth_token={secret}")
    client.get(f"/secur/frontdoor.jsp?otp={secret}")
    client.post("sobjects/Contact", json={"LastName": "A", "Password__c": secret})
    client.post(f"sobjects/User/{client.org.administrator['Id']}/password", json={"NewPassword": secret})
    client.get("limits", headers={"Cookie": f"sid={secret}", "X-SFDC-Session": secret, "X-Chatlift-Token": secret})
    client.post("/services/Soap/u/59.0", data=f"<e><password>{secret}</password>", headers={"SOAPAction": "login"})
    told = str(client.org.requests.found())
    assert secret not in told
    assert client.org.org.users.organization["Id"][:15] + "!" not in told
    assert len(client.org.requests) == 8


def test_a_log_is_bounded(client: Client) -> None:
    for number in range(KEPT + 5):
        client.get(f"nonsense{number}")
    assert len(client.org.requests) == KEPT
    assert [told["number"] for told in (client.org.requests[0], client.org.requests[-1])] == [6, KEPT + 5]
    client.post("sobjects/Contact", json={"LastName": "A" * 50_000})
    assert len(last(client)["body"]) == KEPT_BYTES


def test_a_reset_a_restore_and_a_clear_forget(client: Client) -> None:
    snapshot = client.org.snapshot()
    for forget in (client.org.reset, lambda: client.org.restore(snapshot), client.org.requests.clear):
        client.get("limits")
        assert len(client.org.requests) == 1
        forget()
        assert len(client.org.requests) == 0


def test_our_own_calls_are_not_in_it(org: OrgHandle) -> None:
    session = org.mount(requests.Session())
    session.get(f"{org.url}/_chatlift/chat/supervisor", timeout=10)
    assert list(org.requests) == []


@pytest.fixture(scope="module")
def live() -> Iterator[LiveOrg]:
    with live_org() as running:
        yield running


def test_it_is_read_and_filtered_over_http(live: LiveOrg) -> None:
    live.org.reset()
    with live.session() as session:
        headers = {"Authorization": f"Bearer {live.org.token()}"}

        def told(**filters: str) -> list[tuple[str, str, int]]:
            answer = session.get(f"{live.http}/_chatlift/requests", params=filters, timeout=10)
            assert answer.status_code == 200, answer.text
            return [(one["method"], one["path"].rpartition("/")[2], one["status"]) for one in answer.json()["requests"]]

        for method, path in (("GET", "limits"), ("POST", "limits"), ("GET", "nonsense"), ("GET", "limits")):
            session.request(method, f"{live.http}/services/data/v59.0/{path}", headers=headers, timeout=10)
        everything = [("GET", "limits", 200), ("GET", "nonsense", 404), ("POST", "limits", 405), ("GET", "limits", 200)]
        assert told() == everything
        assert told(method="post") == [everything[2]]
        assert told(path="*/nonsense") == [everything[1]]
        assert told(status="200") == [everything[0], everything[3]]
        assert told(status="4xx") == everything[1:3]
        for status in ("abc", "40", "x04"):
            refused = session.get(f"{live.http}/_chatlift/requests", params={"status": status}, timeout=10)
            assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "INVALID_ARGUMENT")
        assert told(operation="limits") == [everything[0], *everything[2:]]
        assert told(operation="limits", limit="1", method="POST") == [everything[2]]
        assert told(object="Contact") == []
        assert told(limit="1") == everything[:1]
        number = session.get(f"{live.http}/_chatlift/requests", timeout=10).json()["requests"][1]["number"]
        assert told(since=str(number)) == everything[:1]
        assert told(since="2000-01-01T00:00:00Z") == everything
        assert told(since="2999-01-01T00:00:00+00:00") == []
        for wrong in ({"limit": "0"}, {"limit": "x"}, {"limit": "9999999999999"}, {"since": "noon"}, {"nonsense": "1"}):
            answer = session.get(f"{live.http}/_chatlift/requests", params=wrong, timeout=10)
            assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_ARGUMENT")
        assert session.delete(f"{live.http}/_chatlift/requests", timeout=10).json() == {"forgotten": 4}
        assert told() == []


def test_found_and_lines_are_for_python(client: Client) -> None:
    assert client.org.requests.lines() == ""
    client.get("query?q=SELECT+Id+FROM+User")
    client.get("sobject/Contact")
    assert [told["status"] for told in client.org.requests.found(status="4xx")] == [404]
    assert client.org.requests.found(method="GET", path="*/query", status=200)[0]["objects"] == ["User"]
    assert [one["operation"] for one in client.org.requests.found(sobject="user")] == ["query"]
    lines = client.org.requests.lines().splitlines()
    assert lines[0].startswith("#1 GET /services/data/v59.0/query -> 200, 2 rows, ")
    assert lines[1:3] == [
        "    query User: SELECT Id FROM User",
        '    understood: {"object":"User","fields":["Id"]}',
    ]
    assert lines[3].startswith("#2 GET /services/data/v59.0/sobject/Contact -> 404, ")
    assert lines[5] == "    NOT_FOUND The requested resource does not exist"
    assert lines[6].startswith("    did you mean GET,POST /services/data/v59.0/sobjects/Contact, or ")
    assert len(client.org.requests.lines(1).splitlines()) == 4
    assert client.org.requests[:1] == [client.org.requests[0]]


def test_an_error_that_leaves_the_block_carries_the_last_requests() -> None:
    def fails() -> None:
        with mock_salesforce() as org:
            org.mount(requests.Session()).get(f"{org.url}/services/data", timeout=10)
            raise AssertionError("no")

    with pytest.raises(AssertionError) as caught:
        fails()
    (note,) = caught.value.__notes__
    assert "GET /services/data -> 200" in note


def test_an_error_before_any_request_carries_nothing() -> None:
    with pytest.raises(AssertionError) as caught, mock_salesforce():
        raise AssertionError("no")
    assert not hasattr(caught.value, "__notes__")
