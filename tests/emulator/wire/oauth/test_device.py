"""The device flow."""

from typing import Any

import pytest

from .conftest import ADA, ADMIN, OAuth

POLL = {"grant_type": "device", "client_id": "phone"}


def begin(oauth: OAuth, **form: str) -> dict[str, Any]:
    return oauth.token(**({"response_type": "device_code", "client_id": "phone"} | form))


def enter(oauth: OAuth, user_code: str, decision: str = "allow", user: dict[str, str] = ADA) -> str:
    answer = oauth.send("POST", "/setup/connect", data={"user_code": user_code, "decision": decision, **user})
    assert answer.status_code == 200
    return answer.text


def test_a_device_gets_a_session_once_its_user_has_approved(oauth: OAuth) -> None:
    given = begin(oauth, scope="api refresh_token")
    assert given.keys() == {"device_code", "user_code", "verification_uri", "interval"}
    assert (given["verification_uri"], given["interval"]) == (f"{oauth.live.https}/setup/connect", 5)
    assert oauth.refused(**POLL, code=given["device_code"])[0] == "authorization_pending"
    shown = oauth.send("GET", "/setup/connect", params={"user_code": given["user_code"]})
    assert f'value="{given["user_code"]}"' in shown.text
    assert "You&#x27;re Connected" in enter(oauth, given["user_code"].lower())
    found = oauth.token(**POLL, code=given["device_code"])
    assert found["id"].endswith(str((oauth.org.org.users.by_username("ada@x.test") or {})["Id"]))
    assert oauth.works(found["access_token"])
    again = oauth.token(grant_type="refresh_token", client_id="phone", refresh_token=found["refresh_token"])
    assert oauth.works(again["access_token"])
    assert oauth.refused(**POLL, code=given["device_code"]) == ("invalid_grant", "expired authorization code")


def test_a_device_that_polls_too_fast_is_told_to_slow_down(oauth: OAuth) -> None:
    code = begin(oauth)["device_code"]
    errors = []
    for seconds in (0, 4, 5, 6, 1):
        oauth.org.clock.advance(seconds=seconds)
        errors.append(oauth.refused(**POLL, code=code)[0])
    pending, slow = "authorization_pending", "slow_down"
    assert errors == [pending, slow, pending, pending, slow]


def test_a_decision_is_told_however_fast_one_polls(oauth: OAuth) -> None:
    given = begin(oauth)
    oauth.refused(**POLL, code=given["device_code"])
    assert "not connected" in enter(oauth, given["user_code"], "deny")
    assert oauth.refused(**POLL, code=given["device_code"])[0] == "access_denied"
    assert "not known" in enter(oauth, given["user_code"])


def test_device_codes_run_out_after_ten_minutes(oauth: OAuth) -> None:
    given = begin(oauth)
    oauth.org.clock.advance(seconds=601)
    assert "not known" in enter(oauth, given["user_code"])
    assert oauth.refused(**POLL, code=given["device_code"]) == ("invalid_grant", "expired authorization code")


def test_who_may_not_log_in_may_not_approve(strict: OAuth) -> None:
    given = begin(strict)
    for user in (ADA | {"password": "no"}, ADMIN | {"username": "nobody"}, {"username": "gone@x.test"}, {}):
        assert "check your username and password" in enter(strict, given["user_code"], user=user)
    assert strict.refused(**POLL, code=given["device_code"])[0] == "authorization_pending"


@pytest.mark.parametrize("user_code", ["", "ABCDEFGH", "<b>", "\0", "x" * 9999])
def test_a_code_that_nobody_was_given_is_not_known(oauth: OAuth, user_code: str) -> None:
    page = enter(oauth, user_code)
    assert "not known" in page
    assert "<b>" not in page


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_id": "nobody"}, "invalid_client_id"),
        ({"scope": "web"}, "invalid_scope"),
        ({"client_secret": "wrong"}, "invalid_client"),
    ],
)
def test_a_device_that_is_not_known_gets_no_code(strict: OAuth, form: dict[str, str], error: str) -> None:
    assert strict.refused(**({"response_type": "device_code", "client_id": "phone"} | form))[0] == error


def test_a_device_code_is_its_clients_alone(strict: OAuth) -> None:
    code = begin(strict)["device_code"]
    assert strict.refused(**(POLL | {"client_id": "web"}), code=code)[0] == "invalid_grant"
    assert strict.refused(**POLL, code="nonsense")[0] == "invalid_grant"
