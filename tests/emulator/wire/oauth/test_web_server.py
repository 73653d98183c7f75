"""The authorise page, the web server flow, the user-agent flow and refresh tokens."""

import base64
import hashlib
import hmac
import re
from typing import Any

import pytest

from .conftest import ADA, ADMIN, BACK, OTHER, OAuth, parameters

TRADE = {"grant_type": "authorization_code", "client_id": "web", "client_secret": "web secret", "redirect_uri": BACK}
ASK = {"response_type": "code", "client_id": "web", "redirect_uri": BACK}
VERIFIER = "a-verifier-of-high-entropy-0123456789-abcdefghijklm"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def refresh(token: str, **changes: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "client_id": "web", "client_secret": "web secret"} | {
        "refresh_token": token,
        **changes,
    }


def test_a_code_that_a_user_approves_is_traded_for_a_session_of_his(oauth: OAuth) -> None:
    answer = oauth.decide(ADA, **ASK, state="a&b=c #", scope="api refresh_token")
    assert answer.status_code == 302
    location = answer.headers["Location"]
    assert location.startswith(f"{BACK}&code=")
    assert parameters(location)["state"] == "a&b=c #"
    found = oauth.token(**TRADE, code=parameters(location)["code"])
    assert found["scope"] == "api refresh_token"
    assert found["id"].endswith(str((oauth.org.org.users.by_username("ada@x.test") or {})["Id"]))
    signed = hmac.new(b"web secret", (found["id"] + found["issued_at"]).encode(), hashlib.sha256).digest()
    assert base64.b64decode(found["signature"]) == signed
    assert oauth.works(found["access_token"])
    again = oauth.token(**refresh(found["refresh_token"]))
    assert "refresh_token" not in again
    assert again["access_token"] != found["access_token"]
    assert again["id"] == found["id"]
    assert oauth.works(again["access_token"])


def test_without_a_scope_for_it_no_refresh_token_is_given(oauth: OAuth) -> None:
    assert "refresh_token" not in oauth.token(**TRADE, code=oauth.code(scope="api"))


def test_a_code_is_good_once(oauth: OAuth) -> None:
    code = oauth.code()
    oauth.token(**TRADE, code=code)
    assert oauth.refused(**TRADE, code=code) == ("invalid_grant", "expired authorization code")
    assert oauth.refused(**TRADE, code="nonsense") == ("invalid_grant", "invalid authorization code")


@pytest.mark.parametrize(("seconds", "is_good"), [(899, True), (901, False)])
def test_a_code_is_good_for_a_quarter_of_an_hour(strict: OAuth, seconds: int, is_good: bool) -> None:
    code = strict.code()
    strict.org.clock.advance(seconds=seconds)
    assert (strict.post("token", **TRADE, code=code).status_code == 200) is is_good
    if not is_good:
        assert strict.refused(**TRADE, code=code) == ("invalid_grant", "expired authorization code")


def test_a_challenge_is_met_by_its_verifier_alone(oauth: OAuth) -> None:
    code = oauth.code(code_challenge=CHALLENGE)
    assert oauth.refused(**TRADE, code=code) == ("invalid_grant", "invalid code verifier")
    assert oauth.refused(**TRADE, code=code, code_verifier=CHALLENGE) == ("invalid_grant", "invalid code verifier")
    assert oauth.token(**TRADE, code=code, code_verifier=VERIFIER)["access_token"]


@pytest.mark.parametrize("asked", [{"code_challenge_method": "plain"}, {"code_challenge": "short"}])
def test_a_challenge_that_protects_nothing_is_refused(oauth: OAuth, asked: dict[str, str]) -> None:
    wanted = ASK | {"code_challenge": CHALLENGE} | asked
    answer = oauth.send("GET", "/services/oauth2/authorize", params=wanted)
    assert answer.status_code == 302
    assert parameters(answer.headers["Location"])["error"] == "invalid_request"


def test_a_user_who_refuses_is_told_to_the_client(oauth: OAuth) -> None:
    answer = oauth.decide(ADMIN, "deny", **ASK, state="s")
    told = parameters(answer.headers["Location"])
    assert (told["error"], told["state"]) == ("access_denied", "s")
    assert told["error_description"]


def test_a_wrong_password_shows_the_page_again(strict: OAuth) -> None:
    answer = strict.decide({"username": "ada@x.test", "password": "no"}, **ASK)
    assert answer.status_code == 200
    assert "Please check your username and password." in answer.text
    assert 'value="ada@x.test"' in answer.text


def test_the_page_shows_what_came_as_text(lax: OAuth) -> None:
    evil = "\"><script>alert(1)</script>'"
    answer = lax.send(
        "GET", "/services/oauth2/authorize", params=ASK | {"client_id": evil, "state": evil, "login_hint": evil}
    )
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert answer.text.count("&lt;script&gt;") == 5
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    answer = lax.send("GET", "/services/oauth2/authorize", params={"client_id": evil, "redirect_uri": "javascript:x"})
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    "uri", ["https://evil.test/", BACK + "2", BACK.upper(), "https://app.test/callback", "//app.test/callback?x=1"]
)
def test_nobody_is_sent_to_an_address_that_is_not_the_apps(strict: OAuth, uri: str) -> None:
    for more in ({}, {"decision": "deny"}, {"decision": "allow"}):
        answer = strict.send("GET", "/services/oauth2/authorize", params=ASK | {"redirect_uri": uri} | more)
        assert (answer.status_code, "Location" in answer.headers) == (400, False)
        assert "redirect_uri_mismatch" in answer.text


@pytest.mark.parametrize(
    "uri", ["javascript:alert(1)", "data:text/html,x", "/relative", "https://a.test/#f", "x y", ""]
)
def test_nobody_is_sent_to_what_is_no_address(lax: OAuth, uri: str) -> None:
    answer = lax.send("GET", "/services/oauth2/authorize", params=ASK | {"client_id": "any", "redirect_uri": uri})
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_an_unknown_client_is_refused_on_a_page(strict: OAuth, lax: OAuth) -> None:
    asked = ASK | {"client_id": "nobody"}
    answer = strict.send("GET", "/services/oauth2/authorize", params=asked)
    assert answer.status_code == 400
    assert "invalid_client_id" in answer.text
    assert lax.token(**TRADE, code=lax.code(client_id="nobody"))["access_token"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "nonsense"}, "unsupported_response_type"),
        ({"response_type": ""}, "unsupported_response_type"),
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"immediate": "true"}, "immediate_unsuccessful"),
    ],
)
def test_what_cannot_be_asked_for_is_told_to_the_client(strict: OAuth, changes: dict[str, str], error: str) -> None:
    answer = strict.send("GET", "/services/oauth2/authorize", params=ASK | changes)
    assert parameters(answer.headers["Location"])["error"] == error


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "nobody"}, "invalid_client_id"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_secret": ""}, "invalid_client"),
        ({"client_id": "idle", "client_secret": "idle secret"}, "invalid_grant"),
        ({"redirect_uri": OTHER}, "redirect_uri_mismatch"),
        ({"redirect_uri": ""}, "invalid_request"),
        ({"code": ""}, "invalid_request"),
    ],
)
def test_a_trade_that_is_refused_leaves_the_code_good(strict: OAuth, changes: dict[str, str], error: str) -> None:
    code = strict.code()
    assert strict.refused(**(TRADE | {"code": code} | changes))[0] == error
    assert strict.token(**TRADE, code=code)["access_token"]


def test_a_refresh_token_is_its_clients_alone(strict: OAuth) -> None:
    token = strict.token(**TRADE, code=strict.code())["refresh_token"]
    stolen = refresh(token, client_id="idle", client_secret="idle secret")
    assert strict.refused(**stolen) == ("invalid_grant", "expired access/refresh token")
    assert strict.refused(**refresh(token, client_secret="wrong"))[0] == "invalid_client"
    assert strict.refused(**refresh("nonsense")) == ("invalid_grant", "expired access/refresh token")
    assert strict.token(**refresh(token, client_secret=""))["access_token"]


def test_a_user_who_has_gone_gets_no_new_session(oauth: OAuth) -> None:
    answer = oauth.decide(ADA, **ASK)
    token = oauth.token(**TRADE, code=parameters(answer.headers["Location"])["code"])["refresh_token"]
    administrator = oauth.org.token("admin@chatlift.test")
    ada = (oauth.org.org.users.by_username("ada@x.test") or {})["Id"]
    changed = oauth.send(
        "PATCH",
        f"/services/data/v59.0/sobjects/User/{ada}",
        json={"IsActive": False},
        headers={"Authorization": f"Bearer {administrator}"},
    )
    assert changed.status_code == 204
    assert oauth.refused(**refresh(token)) == ("invalid_grant", "inactive user")


def test_a_session_ends_by_the_orgs_clock_and_the_refresh_token_brings_a_new_one(strict: OAuth) -> None:
    found = strict.token(**TRADE, code=strict.code())
    strict.org.clock.advance(seconds=7199)
    assert strict.works(found["access_token"])
    strict.org.clock.advance(seconds=7201)
    assert not strict.works(found["access_token"])
    assert strict.works(strict.token(**refresh(found["refresh_token"]))["access_token"])


def test_a_reset_keeps_the_tokens_and_forgets_the_codes(oauth: OAuth) -> None:
    found, code = oauth.token(**TRADE, code=oauth.code()), oauth.code()
    oauth.org.reset()
    assert oauth.works(found["access_token"])
    assert oauth.token(**refresh(found["refresh_token"]))["access_token"]
    assert oauth.refused(**TRADE, code=code) == ("invalid_grant", "invalid authorization code")


def test_the_user_agent_flow_brings_the_token_in_the_fragment(oauth: OAuth) -> None:
    asked = {"response_type": "token", "client_id": "web", "redirect_uri": OTHER, "state": "s"}
    answer = oauth.decide(**asked, scope="api refresh_token")
    head, _, fragment = answer.headers["Location"].partition("#")
    assert head == OTHER
    found = parameters("#" + fragment)
    signed = hmac.new(b"web secret", (found["id"] + found["issued_at"]).encode(), hashlib.sha256).digest()
    assert base64.b64decode(found["signature"]) == signed
    assert (found["state"], found["token_type"], found["instance_url"]) == ("s", "Bearer", oauth.live.https)
    assert oauth.works(found["access_token"])
    assert oauth.works(oauth.token(**refresh(found["refresh_token"]))["access_token"])
    denied = oauth.decide(ADMIN, "deny", **asked).headers["Location"]
    assert denied.startswith(f"{OTHER}#error=access_denied&")


def test_what_is_kept_of_a_token_does_not_tell_it(oauth: OAuth) -> None:
    code = oauth.code()
    token = oauth.token(**TRADE, code=oauth.code())["refresh_token"]
    with oauth.org.org.store.read() as rows:
        kept: list[Any] = rows.execute('SELECT * FROM "_grant"')
    assert len(kept) >= 3
    assert code not in str(kept)
    assert token not in str(kept)
    assert re.search(r"[0-9a-f]{64}", str(kept))
