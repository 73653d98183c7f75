"""Clients that log in without a person: JWT bearer and client credentials."""

from typing import Any

import pytest

from .conftest import NOON, Keys, OAuth

JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
EXPIRES = int(NOON.timestamp()) + 180
CLAIMS = {"iss": "jwt", "sub": "ada@x.test", "aud": "https://login.salesforce.com", "exp": EXPIRES}


def shown(assertion: str) -> dict[str, str]:
    return {"grant_type": JWT, "assertion": assertion}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"exp": str(EXPIRES)},
        {"iss": "public key"},
        {"aud": "https://test.salesforce.com"},
        {"aud": "https://login.salesforce.com/services/oauth2/token"},
        {"aud": ""},
    ],
)
def test_an_assertion_of_a_registered_client_is_a_login(strict: OAuth, keys: Keys, changes: dict[str, Any]) -> None:
    claims = CLAIMS | changes
    claims["aud"] = claims["aud"] or f"{strict.live.https}/services/oauth2/token"
    found = strict.token(**shown(keys.signed(claims)))
    assert found["id"].endswith(str((strict.org.org.users.by_username("ada@x.test") or {})["Id"]))
    assert strict.works(found["access_token"])
    assert found.keys() == {"access_token", "scope", "instance_url", "id", "token_type"}


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"iss": "nobody"}, ("invalid_client_id", "client identifier invalid")),
        ({"iss": 5}, ("invalid_client_id", "client identifier invalid")),
        ({"iss": "web"}, ("invalid_client", "invalid client credentials")),
        ({"sub": "nobody@x.test"}, ("invalid_grant", "user hasn't approved this consumer")),
        ({"sub": ""}, ("invalid_grant", "user hasn't approved this consumer")),
        ({"sub": "gone@x.test"}, ("invalid_grant", "inactive user")),
        ({"aud": "https://evil.test"}, ("invalid_grant", "Audience validation failed")),
        ({"aud": "https://login.salesforce.com.evil.test"}, ("invalid_grant", "Audience validation failed")),
        ({"aud": None}, ("invalid_grant", "Audience validation failed")),
        ({"exp": EXPIRES - 180}, ("invalid_grant", "assertion has expired")),
        ({"exp": "soon"}, ("invalid_grant", "invalid assertion")),
        ({"exp": "inf"}, ("invalid_grant", "invalid assertion")),
        ({"exp": "nan"}, ("invalid_grant", "invalid assertion")),
        ({"exp": None}, ("invalid_grant", "invalid assertion")),
    ],
)
def test_an_assertion_that_does_not_hold_is_refused(
    strict: OAuth, keys: Keys, changes: dict[str, Any], refusal: tuple[str, str]
) -> None:
    assert strict.refused(**shown(keys.signed(CLAIMS | changes))) == refusal


def test_an_assertion_must_be_signed_with_the_key_of_the_certificate(
    strict: OAuth, keys: Keys, other_keys: Keys
) -> None:
    good = keys.signed(CLAIMS)
    text, _, signature = good.rpartition(".")
    invalid = ("invalid_grant", "invalid signature")
    assert strict.refused(**shown(other_keys.signed(CLAIMS))) == invalid
    assert strict.refused(**shown(f"{text}.")) == invalid
    assert strict.refused(**shown(f"{text}.{signature[:-8]}AAAAAAAA")) == invalid
    assert strict.refused(**shown(keys.signed(CLAIMS | {"sub": "x"}).rpartition(".")[0] + "." + signature)) == invalid
    assert strict.refused(**shown(keys.signed(CLAIMS, "none")))[0] == "invalid_grant"
    assert strict.refused(**shown(keys.signed(CLAIMS, "HS256")))[0] == "invalid_grant"


@pytest.mark.parametrize(
    "assertion", ["x", "a.b", "a.b.c", "...", "e30.W10.x", "é.é.é", "e30" + "A" * 99_999 + ".e30."]
)
def test_what_is_no_assertion_is_refused(oauth: OAuth, assertion: str) -> None:
    assert oauth.refused(**shown(assertion)) == ("invalid_grant", "invalid assertion")


def test_an_assertion_runs_out_by_the_orgs_clock(strict: OAuth, keys: Keys) -> None:
    assertion = keys.signed(CLAIMS)
    strict.org.clock.advance(seconds=179)
    assert strict.token(**shown(assertion))["access_token"]
    strict.org.clock.advance(seconds=1)
    assert strict.refused(**shown(assertion)) == ("invalid_grant", "assertion has expired")


def test_where_nothing_is_checked_any_assertion_will_do(lax: OAuth, other_keys: Keys) -> None:
    claims = {"iss": "anybody", "sub": "whoever@x.test", "aud": "x", "exp": 0}
    found = lax.token(**shown(other_keys.signed(claims)))
    assert found["id"].endswith(lax.org.administrator["Id"])
    found = lax.token(**shown(other_keys.signed(claims | {"sub": "ada@x.test"})))
    assert found["id"].endswith(str((lax.org.org.users.by_username("ada@x.test") or {})["Id"]))


def test_client_credentials_stand_for_the_user_the_app_runs_as(oauth: OAuth) -> None:
    found = oauth.token(grant_type="client_credentials", client_id="robot", client_secret="robot secret")
    assert found["id"].endswith(str((oauth.org.org.users.by_username("ada@x.test") or {})["Id"]))
    assert found["scope"] == "api"
    assert "refresh_token" not in found
    assert oauth.works(found["access_token"])


@pytest.mark.parametrize(
    ("client", "refusal"),
    [
        (("robot", "wrong"), ("invalid_client", "invalid client credentials")),
        (("robot", ""), ("invalid_client", "invalid client credentials")),
        (("phone", ""), ("invalid_client", "invalid client credentials")),
        (("phone", "x"), ("invalid_client", "invalid client credentials")),
        (("nobody", "x"), ("invalid_client_id", "client identifier invalid")),
        (("idle", "idle secret"), ("invalid_grant", "no client credentials user enabled")),
    ],
)
def test_client_credentials_that_do_not_hold_are_refused(
    strict: OAuth, client: tuple[str, str], refusal: tuple[str, str]
) -> None:
    assert strict.refused(grant_type="client_credentials", client_id=client[0], client_secret=client[1]) == refusal


def test_where_nothing_is_checked_an_unknown_client_runs_as_the_administrator(lax: OAuth) -> None:
    found = lax.token(grant_type="client_credentials", client_id="any", client_secret="any")
    assert found["id"].endswith(lax.org.administrator["Id"])


def test_a_login_host_of_all_orgs_has_no_client_credentials(lax: OAuth) -> None:
    form = {"grant_type": "client_credentials", "client_id": "any", "client_secret": "any"}
    answer = lax.send("POST", "/services/oauth2/token", data=form, headers={"Host": "login.salesforce.com"})
    assert answer.json() == {"error": "invalid_grant", "error_description": "request not supported on this domain"}


@pytest.mark.parametrize("header", ["Basic !", "Basic cm9ib3Q6d3Jvbmc=", "Basic /w=="])
def test_a_bad_basic_header_is_unauthorized(strict: OAuth, header: str) -> None:
    answer = strict.send(
        "POST",
        "/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": header},
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
