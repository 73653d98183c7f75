"""Error codes and headers that no other suite is about."""

from typing import Any

import pytest
import requests
from flask import Request
from werkzeug.test import EnvironBuilder, run_wsgi_app

from chatlift.emulator import OrgHandle
from chatlift.emulator.app import create_app
from chatlift.emulator.errors import UsageError
from chatlift.emulator.waiting import KEY, Waiting
from chatlift.emulator.wire.exchange import MAX_BODY_BYTES, Settings, TooManyWaiting, waiting

from .conftest import Client

DESK = {
    "records": [
        {"object": "User", "ref": "ada", "fields": {"Username": "ada@x.test", "LastName": "Ada"}},
        {"object": "User", "ref": "bob", "fields": {"Username": "bob@x.test", "LastName": "Bob"}},
    ],
    "chat": {
        "deployment": {"ref": "deployment", "name": "Web"},
        "skills": [{"ref": "skill", "name": "Support"}],
        "buttons": [{"ref": "button", "name": "Ask", "routing": "LeastActive", "skills": ["@skill"]}],
        "agents": [{"user": "@ada", "skills": ["@skill"], "capacity": 2}],
    },
}


def steer(org: OrgHandle, method: str, path: str, **options: Any) -> requests.Response:
    app = create_app(org.org, Settings(control_guarded=bool(options.pop("guarded", False)), control_token="secret"))
    session = OrgHandle(org.org, app, "http://127.0.0.1:8080").mount(
        requests.Session(), hosts=("127.0.0.1", "evil.test")
    )
    at = options.pop("at", "http://127.0.0.1:8080")
    return session.request(method, f"{at}/_chatlift/{path}", timeout=10, **options)


def code(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()[0]["errorCode"]


def test_who_may_not_steer_is_told_why(org: OrgHandle) -> None:
    assert code(steer(org, "GET", "health", at="http://evil.test")) == (403, "FORBIDDEN")
    assert code(steer(org, "GET", "health", guarded=True)) == (401, "UNAUTHORIZED")
    shown = {"X-Chatlift-Token": "secret"}
    assert steer(org, "GET", "health", guarded=True, headers=shown).status_code == 200


def test_what_a_proxy_hands_on_needs_the_token(org: OrgHandle) -> None:
    answer = steer(org, "GET", "health", headers={"X-Forwarded-For": "203.0.113.9"})
    assert code(answer) == (401, "UNAUTHORIZED")


def test_a_control_call_takes_no_larger_body_than_rest_does(org: OrgHandle) -> None:
    environ = EnvironBuilder("/_chatlift/seed", "http://localhost", method="POST", content_type="application/json")
    announced = environ.get_environ() | {"CONTENT_LENGTH": str(MAX_BODY_BYTES + 1), "wsgi.input_terminated": False}
    body, status, _ = run_wsgi_app(create_app(org.org, Settings()), announced)
    assert status.startswith("413")
    assert b"TOO_LARGE" in b"".join(body)


def test_a_soap_address_of_no_version_is_told(client: Client) -> None:
    answer = client.post("/services/Soap/u/99.0", data=b"<x/>")
    assert answer.status_code == 500
    assert "<faultcode>sf:UNSUPPORTED_API_VERSION</faultcode>" in answer.text


def test_a_password_of_nobody_cannot_be_set_by_soap(client: Client) -> None:
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"><e:Header>'
        f"<SessionHeader><sessionId>{client.org.token()}</sessionId></SessionHeader></e:Header><e:Body>"
        "<resetPassword><userId>005000000000xyzAAA</userId></resetPassword></e:Body></e:Envelope>"
    )
    answer = client.post("/services/Soap/u/59.0", data=body)
    assert answer.status_code == 500
    assert "<sf:exceptionCode>INVALID_ID_FIELD</sf:exceptionCode>" in answer.text


def test_results_of_a_bulk_query_are_of_its_version_and_its_pages(client: Client) -> None:
    made = client.post("jobs/query", json={"operation": "query", "query": "SELECT Id FROM User"}).json()
    client.org.jobs.settle()
    other = client.get(f"/services/data/v60.0/jobs/query/{made['id']}/results")
    assert code(other) == (409, "API_VERSION_MISMATCH")
    assert code(client.get(f"jobs/query/{made['id']}/results?locator=nonsense")) == (400, "INVALID_LOCATOR")


def test_a_batch_of_the_first_bulk_api_says_that_an_offset_is_not_enabled(client: Client) -> None:
    session = {"X-SFDC-Session": client.org.token()}
    described = {"operation": "query", "object": "User", "contentType": "JSON"}
    job = client.post("/services/async/59.0/job", json=described, headers=session).json()["id"]
    said = {**session, "Content-Type": "application/json"}
    batch = client.post(
        f"/services/async/59.0/job/{job}/batch", data="SELECT Id FROM User OFFSET 1", headers=said
    ).json()
    client.org.jobs.settle()
    found = client.get(f"/services/async/59.0/job/{job}/batch/{batch['id']}", headers=session).json()
    assert found["state"] == "Failed"
    assert "FUNCTIONALITY_NOT_ENABLED" in found["stateMessage"]


def test_the_first_bulk_api_has_a_word_of_its_own_for_a_limit(client: Client) -> None:
    client.org.org.limits.set({"DailyBulkApiBatches": 0})
    said = {"X-SFDC-Session": client.org.token(), "Content-Type": "application/json"}
    described = {"operation": "query", "object": "User", "contentType": "JSON"}
    job = client.post("/services/async/59.0/job", json=described, headers=said).json()["id"]
    answer = client.post(f"/services/async/59.0/job/{job}/batch", data="SELECT Id FROM User", headers=said)
    assert (answer.status_code, answer.json()["exceptionCode"]) == (400, "ExceededQuota")


def test_an_identity_is_told_for_a_version_alone(client: Client) -> None:
    user = client.get("/services/oauth2/userinfo").json()
    path = f"/id/{user['organization_id']}/{user['user_id']}"
    answer = client.get(f"{path}?version=nonsense")
    assert (answer.status_code, answer.text) == (404, "Bad_Version")
    script = client.get(f"{path}?callback=show")
    assert script.text.startswith("show(")
    assert script.headers["X-Content-Type-Options"] == "nosniff"


def test_the_pages_of_oauth_tell_no_address_to_others(client: Client) -> None:
    asked = {"response_type": "code", "client_id": "app", "redirect_uri": "https://app.test/"}
    assert client.get("/services/oauth2/authorize", params=asked).headers["Referrer-Policy"] == "no-referrer"


def test_what_is_sent_as_gzip_varies_by_what_the_client_takes(org: OrgHandle) -> None:
    headers = {"Authorization": f"Bearer {org.token()}", "Accept-Encoding": "gzip"}
    answer = create_app(org.org).test_client().get("/services/data/v59.0/sobjects/Account/describe", headers=headers)
    assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding")


def test_an_error_that_nobody_foresaw_is_unknown_to_each_api(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(token: str) -> None:
        raise RuntimeError("a secret of the house")

    monkeypatch.setattr(client.org.org.sessions, "find", fail)
    oauth, rest = client.get("/services/oauth2/userinfo"), client.get("limits")
    assert (oauth.status_code, oauth.json()["error"]) == (500, "unknown_error")
    assert code(rest) == (500, "UNKNOWN_EXCEPTION")
    assert "secret" not in oauth.text + rest.text


def test_what_this_org_cannot_do_is_not_possible(org: OrgHandle, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise UsageError("this store cannot")

    monkeypatch.setattr(org.org, "reset", fail)
    assert code(steer(org, "POST", "reset", json={})) == (409, "NOT_POSSIBLE")


# --- chat ---------------------------------------------------------------------------------------------------------------


def visitor(client: Client, noun: str, key: str = "", affinity: str = "null", **options: Any) -> requests.Response:
    headers = {"X-LIVEAGENT-API-VERSION": "59", "X-LIVEAGENT-AFFINITY": affinity, **options.pop("headers", {})}
    if key:
        headers["X-LIVEAGENT-SESSION-KEY"] = key
    method = "POST" if "json" in options else "GET"
    return client.send(method, f"/chat/rest/{noun}", headers=headers, **options)


def test_a_visitor_says_which_session_and_which_call_it_is(client: Client) -> None:
    assert client.get("/chat/rest/System/SessionId").text == "No version header found"
    session = visitor(client, "System/SessionId").json()
    refused = visitor(client, "Chasitor/ChasitorTyping", json={}, affinity=session["affinityToken"])
    assert (refused.status_code, refused.text) == (403, "Session required but was invalid or not found")
    known = {"key": session["key"], "affinity": session["affinityToken"]}
    stale = visitor(client, "System/Messages", session["key"], "another")
    assert stale.status_code == 503
    wrong = visitor(client, "Chasitor/ChasitorTyping", **known, json={}, headers={"X-LIVEAGENT-SEQUENCE": "one"})
    assert (wrong.status_code, wrong.text) == (400, "X-LIVEAGENT-SEQUENCE is a number")


def test_above_the_bound_of_waiting_calls_chat_is_unavailable(client: Client) -> None:
    class Nobody:
        def grow(self, amount: int) -> None:
            raise AssertionError

        def shrink(self, amount: int) -> None:
            raise AssertionError

    environ = EnvironBuilder(path="/chat").get_environ() | {KEY: Waiting(Nobody(), most=0)}
    with pytest.raises(TooManyWaiting) as caught, waiting(Request(environ), lambda: None):
        pass
    assert caught.value.code == "SERVER_UNAVAILABLE"


def test_a_rule_of_chat_is_named_where_it_refuses(org: OrgHandle) -> None:
    refs = org.seed(DESK)
    for wanted in (200, 409):
        answer = steer(org, "POST", f"chat/agents/{refs['ada']}/login", json={"status": "Online"})
        assert answer.status_code == wanted, answer.text
    assert code(answer) == (409, "CHAT_RULE")
