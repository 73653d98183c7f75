"""Tokens that are taken back, looked into, listed and ended."""

from typing import Any

import pytest

from .conftest import ADA, BACK, OAuth, parameters

WEB = {"client_id": "web", "client_secret": "web secret"}
ROBOT = {"client_id": "robot", "client_secret": "robot secret"}


def login(oauth: OAuth, user: dict[str, str] = ADA) -> dict[str, Any]:
    """Return the token answer of the web server flow."""
    answer = oauth.decide(user, response_type="code", client_id="web", redirect_uri=BACK, scope="api refresh_token")
    code = parameters(answer.headers["Location"])["code"]
    return oauth.token(grant_type="authorization_code", **WEB, redirect_uri=BACK, code=code)


def refresh(oauth: OAuth, token: str) -> dict[str, Any]:
    return oauth.token(grant_type="refresh_token", **WEB, refresh_token=token)


def test_a_refresh_token_takes_all_its_sessions_with_it(oauth: OAuth) -> None:
    first, other = login(oauth), login(oauth)
    second = refresh(oauth, first["refresh_token"])
    answer = oauth.post("revoke", token=first["refresh_token"])
    assert (answer.status_code, answer.content) == (200, b"")
    assert not oauth.works(first["access_token"])
    assert not oauth.works(second["access_token"])
    assert oauth.works(other["access_token"])
    refused = oauth.refused(grant_type="refresh_token", **WEB, refresh_token=first["refresh_token"])
    assert refused == ("invalid_grant", "expired access/refresh token")


def test_an_access_token_takes_its_own_session_alone(oauth: OAuth) -> None:
    first = login(oauth)
    second = refresh(oauth, first["refresh_token"])
    assert oauth.send("GET", "/services/oauth2/revoke", params={"token": first["access_token"]}).status_code == 200
    assert not oauth.works(first["access_token"])
    assert oauth.works(second["access_token"])
    assert oauth.works(refresh(oauth, first["refresh_token"])["access_token"])


@pytest.mark.parametrize(
    ("form", "error"),
    [({}, "invalid_token"), ({"token": "x"}, "invalid_token"), ({"token_type_hint": "id"}, "unsupported_token_type")],
)
def test_what_cannot_be_revoked_is_refused(oauth: OAuth, form: dict[str, str], error: str) -> None:
    answer = oauth.post("revoke", **form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_introspection_tells_what_a_token_stands_for(strict: OAuth) -> None:
    found = login(strict)
    strict.org.clock.advance(seconds=60)
    told = strict.post("introspect", **WEB, token=found["access_token"]).json()
    noon = 1781524800
    assert told == {
        "active": True,
        "scope": "api refresh_token",
        "client_id": "web",
        "username": "ada@x.test",
        "sub": found["id"],
        "token_type": "access_token",
        "exp": noon + 7200,
        "iat": noon,
        "nbf": noon,
    }
    told = strict.post("introspect", **WEB, token=found["refresh_token"]).json()
    assert (told["active"], told["token_type"], told["username"]) == (True, "refresh_token", "ada@x.test")


def test_introspection_does_not_keep_a_session_alive(strict: OAuth) -> None:
    token = login(strict)["access_token"]
    for _ in range(2):
        strict.org.clock.advance(seconds=3601)
        told = strict.post("introspect", **WEB, token=token).json()
    assert told == {"active": False}
    assert not strict.works(token)


def test_introspection_is_for_clients_and_their_own_tokens(strict: OAuth) -> None:
    token = login(strict)["access_token"]
    assert strict.post("introspect", **ROBOT, token=token).json() == {"active": False}
    assert strict.post("introspect", **WEB, token="nonsense").json() == {"active": False}
    assert strict.post("introspect", **WEB, token=strict.org.token()).json() == {"active": False}
    for form, error in (
        ({"token": token}, "invalid_client_id"),
        ({"token": token, "client_id": "web"}, "invalid_client"),
        ({"token": token, "client_id": "web", "client_secret": "x"}, "invalid_client"),
        (WEB, "invalid_request"),
    ):
        answer = strict.post("introspect", **form)
        assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_where_nothing_is_checked_any_token_may_be_looked_into(lax: OAuth) -> None:
    told = lax.post("introspect", client_id="x", client_secret="y", token=lax.org.token("ada@x.test")).json()
    assert (told["active"], told["username"]) == (True, "ada@x.test")
    assert "exp" not in told


def test_sessions_are_listed_without_their_tokens(oauth: OAuth) -> None:
    found = login(oauth)
    soap = oauth.org.token()
    answer = oauth.send("GET", "/_chatlift/sessions")
    listed = {entry["token"][:20]: entry for entry in answer.json()["sessions"]}
    mine, other = listed[found["access_token"][:20]], listed[soap[:20]]
    assert (mine["username"], mine["clientId"], mine["scope"]) == ("ada@x.test", "web", "api refresh_token")
    assert (other["username"], other["clientId"]) == ("admin@chatlift.test", None)
    assert mine["createdDate"] == "2026-06-15T12:00:00.000+0000"
    for token in (found["access_token"], soap, found["refresh_token"]):
        assert token not in answer.text
        assert token[20:32] not in answer.text
    assert "secret" not in answer.text


def test_one_session_is_ended_by_its_id_and_all_of_a_user_by_his_name_or_id(oauth: OAuth) -> None:
    def ended(who: str) -> Any:
        return oauth.send("DELETE", f"/_chatlift/sessions/{who}").json()["ended"]

    ended("ada@x.test")
    first, second, third = (login(oauth)["access_token"] for _ in range(3))
    listed = oauth.send("GET", "/_chatlift/sessions").json()["sessions"]
    handle = next(entry["id"] for entry in listed if first.startswith(entry["token"][:-1]))
    admin = oauth.org.token()
    assert ended(handle) == 1
    assert [oauth.works(token) for token in (first, second, third)] == [False, True, True]
    assert ended("ADA@x.test") == 2
    assert [oauth.works(token) for token in (second, third, admin)] == [False, False, True]
    fourth = oauth.org.token("ada@x.test")
    ada = str((oauth.org.org.users.by_username("ada@x.test") or {})["Id"])
    assert ended(ada[:15]) == 1
    assert not oauth.works(fourth)


@pytest.mark.parametrize("who", ["nobody", "0055e0000009999", "00D5e0000000001AAA"])
def test_a_session_that_is_not_there_is_not_found(oauth: OAuth, who: str) -> None:
    answer = oauth.send("DELETE", f"/_chatlift/sessions/{who}")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")
