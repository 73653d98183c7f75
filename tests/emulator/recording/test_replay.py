"""An org that answers from a cassette: which call answers, in which order, and what it says of others."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceResourceNotFound

from chatlift.emulator import mock_salesforce
from chatlift.emulator.cassette.file import CassetteWriter
from chatlift.emulator.cassette.form import Answered, Asked, Call, Heading
from chatlift.emulator.live import live_org

from .conftest import replaying

JSON = (("Content-Type", "application/json;charset=UTF-8"),)
QUERY = "/services/data/v59.0/query"
LOGIN = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><login xmlns="urn:partner.soap.sforce.com">'
    "<username>{}</username><password>{}</password></login></e:Body></e:Envelope>"
)
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a cassette of calls: (method, path, query, body, status, answer)."""

    def written(*calls: tuple[Any, ...], kind: str = "") -> Path:
        file = tmp_path / "made.cassette"
        with CassetteWriter(file, Heading("chatlift 0.1.0", "2026-02-14T09:00:00.000Z"), force=True) as writer:
            for number, (method, path, query, body, status, answer) in enumerate(calls, 1):
                content_type = kind or ("text/xml" if body.startswith(b"<") else "application/json")
                asked = Asked(method, path, query, (("Content-Type", content_type),), body)
                writer.add(Call(number, "2026-02-14T09:00:00.000Z", 1.0, number, asked, Answered(status, JSON, answer)))
        return file

    return written


def session_of(org: Any) -> requests.Session:
    session: requests.Session = org.mount(requests.Session())
    session.headers["Authorization"] = f"Bearer {org.token()}"
    return session


def test_calls_that_are_alike_are_answered_in_order_and_then_by_the_last(write: Write) -> None:
    file = write(*(("GET", QUERY, (("q", "a"),), b"", 200, b"[%d]" % number) for number in (1, 2)))
    with mock_salesforce(replay=file) as org:
        session = session_of(org)
        answers = [session.get(org.url + QUERY, params={"q": "a"}).json() for _ in range(3)]
        assert answers == [[1], [2], [2]]
        org.reset()
        assert session.get(org.url + QUERY, params={"q": "a"}).json() == [1]
        assert org.unplayed() == [f"#2 GET {QUERY}"]


@pytest.mark.parametrize(
    ("recorded", "asked"),
    [
        ((b'{"a":1,"b":[1,2]}', "json"), b'{ "b": [1, 2], "a": 1 }'),
        (
            (LOGIN.format("u", "scrubbed-1").encode(), "xml"),
            LOGIN.format("u", "other").replace("e:", "s:").replace(":e", ":s").encode(),
        ),
        ((b'{"password":"scrubbed-3","n":1}', "json"), b'{"n":1,"password":"mine"}'),
    ],
)
def test_bodies_are_alike_by_what_they_say(write: Write, recorded: tuple[bytes, str], asked: bytes) -> None:
    body, kind = recorded
    file = write(("POST", "/services/data/v59.0/composite/x", (), body, 200, b"[1]"))
    with mock_salesforce(replay=file, replay_strict=True) as org:
        headers = {"Content-Type": "text/xml" if kind == "xml" else "application/json"}
        url = f"{org.url}/services/data//v59.0/composite/x/"
        assert session_of(org).post(url, data=asked, headers=headers).json() == [1]
        changed = asked.replace(b"1", b"7").replace(b">u<", b">v<")
        assert session_of(org).post(url, data=changed, headers=headers).status_code == 404


def test_a_file_is_the_same_behind_another_boundary(write: Write) -> None:
    url = "/services/data/v59.0/sobjects/ContentVersion"
    made = [
        requests.Request(
            "POST", f"https://x{url}", files={"a": (None, "{}"), "VersionData": ("p.bin", content)}
        ).prepare()
        for content in (b"\xff\x00" * 50, b"\xff\x00" * 50, b"\xff\x01" * 50)
    ]
    assert isinstance(made[0].body, bytes)
    file = write(("POST", url, (), made[0].body, 201, b"[1]"), kind=made[0].headers["Content-Type"])
    with mock_salesforce(replay=file, replay_strict=True) as org:
        session = session_of(org)
        for one, status in zip(made[1:], (201, 404), strict=True):
            assert session.post(org.url + url, data=one.body, headers=dict(one.headers)).status_code == status


def test_a_query_may_come_in_any_order(write: Write) -> None:
    file = write(("GET", QUERY, (("q", "a"), ("x", "1")), b"", 200, b"[1]"))
    with mock_salesforce(replay=file, replay_strict=True) as org:
        assert session_of(org).get(f"{org.url}{QUERY}?x=1&q=a").json() == [1]


def test_what_was_not_recorded_is_told_with_what_comes_nearest(write: Write) -> None:
    file = write(("GET", QUERY, (("q", "SELECT Id FROM Lead"),), b"", 200, b"[1]"))
    with mock_salesforce(replay=file) as org:
        answer = session_of(org).get(org.url + QUERY, params={"q": "SELECT Id FROM Contact"})
        assert answer.status_code == 404
        told = answer.json()[0]
        assert told["errorCode"] == "NOT_FOUND"
        assert "made.cassette has no such call" in told["message"]
        assert f"#1 GET {QUERY}: its q is 'SELECT Id FROM Lead'" in told["message"]
        assert org.requests[-1]["nearMisses"] == [f"#1 GET {QUERY}: its q is 'SELECT Id FROM Lead'"]


def test_soap_gets_the_refusal_in_its_own_form(write: Write) -> None:
    file = write(("POST", "/services/Soap/u/59.0", (), LOGIN.format("u", "p").encode(), 200, b"[1]"))
    with mock_salesforce(replay=file) as org:
        body = LOGIN.format("somebody else", "p")
        answer = session_of(org).post(
            f"{org.url}/services/Soap/u/59.0", data=body, headers={"Content-Type": "text/xml"}
        )
        assert answer.status_code == 500
        assert "<faultcode>" in answer.text
        assert "has no such call" in answer.text


def test_other_addresses_are_the_emulated_org_s(write: Write) -> None:
    body = b'{"access_token":"00D5e0000000001!scrubbed.1","instance_url":"{{chatlift:org}}"}'
    file = write(("POST", "/services/oauth2/token", (), b"", 200, body))
    with mock_salesforce(replay=file) as org:
        session = org.mount(requests.Session())
        told = session.post(f"{org.url}/services/oauth2/token").json()
        assert told["instance_url"] == org.url
        sf = Salesforce(instance_url=told["instance_url"], session_id=told["access_token"], session=session)
        sf.Contact.create({"LastName": "Ada"})  # by a token that only the cassette gives
        assert sf.query("SELECT COUNT() FROM Contact")["totalSize"] == 1
        assert "recorded" not in org.requests[-1]
        assert org.requests[0]["recorded"] == 1


def test_a_strict_replay_has_no_org_behind_it(write: Write) -> None:
    file = write(("GET", QUERY, (("q", "a"),), b"", 200, b"[1]"))
    with mock_salesforce(replay=file, replay_strict=True) as org:
        sf = Salesforce(instance_url=org.url, session_id=org.token())
        with pytest.raises(SalesforceResourceNotFound):
            sf.Contact.create({"LastName": "Ada"})


def test_faults_befall_replayed_answers_too(write: Write) -> None:
    file = write(("GET", QUERY, (("q", "a"),), b"", 200, b"[1]"))
    with mock_salesforce(replay=file) as org, org.faults.during({"operation": "query", "status": 503}):
        assert session_of(org).get(org.url + QUERY, params={"q": "a"}).status_code == 503


def test_ids_that_a_client_makes_may_be_other_ones_all_through(write: Write) -> None:
    one, two, new = (f"{digit * 8}-1111-4111-8111-111111111111" for digit in "abc")
    base = "/iamessage/api/v2/conversation"
    file = write(
        ("POST", base, (), b'{"conversationId":"%s"}' % one.encode(), 201, b"[1]"),
        ("POST", base, (), b'{"conversationId":"%s"}' % two.encode(), 201, b"[2]"),
        ("GET", f"{base}/{one}", (), b"", 200, b'{"id":"%s"}' % one.encode()),
        ("GET", f"{base}/{two}", (), b"", 200, b'{"id":"%s"}' % two.encode()),
    )
    with mock_salesforce(replay=file, replay_strict=True) as org:
        session = session_of(org)
        assert session.post(org.url + base, json={"conversationId": new}).json() == [1]
        assert session.post(org.url + base, json={"conversationId": two}).json() == [2]
        assert session.get(f"{org.url}{base}/{two}").json() == {"id": two}
        assert session.get(f"{org.url}{base}/{new}").json() == {"id": new}


def test_a_missing_cassette_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="cannot read"), mock_salesforce(replay=tmp_path / "no.cassette"):
        pass


def test_what_was_not_asked_for_yet_is_told_over_http(write: Write) -> None:
    file = write(*(("GET", QUERY, (("q", name),), b"", 200, b"[1]") for name in "ab"))
    with replaying(file) as address, address.session() as session:
        assert address.org is not None
        session.headers["Authorization"] = f"Bearer {address.org.token()}"
        assert session.get(f"{address.http}{QUERY}?q=b").json() == [1]
        base = f"{address.http}/_chatlift/replay"
        assert session.get(base).json() == {"cassette": str(file), "calls": 2, "unplayed": [f"#1 GET {QUERY}"]}
        assert session.delete(base).json()["unplayed"] == [f"#1 GET {QUERY}", f"#2 GET {QUERY}"]
    with live_org() as live, live.session() as session:
        assert session.get(f"{live.http}/_chatlift/replay").json() == {"cassette": None, "calls": 0, "unplayed": []}
