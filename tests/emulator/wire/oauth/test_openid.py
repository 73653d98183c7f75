"""OpenID Connect: discovery, id tokens that check out, logout; and the forms of answers."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from lxml import etree

from .conftest import ADA, BACK, OTHER, OAuth, parameters

WEB = {"client_id": "web", "client_secret": "web secret"}
PASSWORD = {"grant_type": "password", **WEB, **ADA}


def checked(oauth: OAuth, token: str) -> dict[str, Any]:
    """Return the claims of an id token, its signature checked with the published keys as a client does."""
    found = oauth.send("GET", "/.well-known/openid-configuration").json()
    (key,) = oauth.send("GET", found["jwks_uri"].removeprefix(oauth.live.https)).json()["keys"]
    assert jwt.get_unverified_header(token)["kid"] == key["kid"]
    assert "d" not in key
    claims: dict[str, Any] = jwt.decode(
        token,
        jwt.PyJWK(key),
        ["RS256"],
        audience="web",
        issuer=found["issuer"],
        options={"verify_exp": False, "verify_iat": False},
    )
    return claims


def test_discovery_names_endpoints_that_answer(oauth: OAuth) -> None:
    found = oauth.send("GET", "/.well-known/openid-configuration").json()
    assert found["issuer"] == oauth.live.https
    for name in [name for name in found if name.endswith(("_endpoint", "_uri"))]:
        path = found[name].removeprefix(oauth.live.https)
        answer = oauth.send("POST" if name.startswith(("token", "intro")) else "GET", path)
        assert "no such endpoint" not in answer.text
        assert answer.status_code in (200, 400, 403)


def test_an_id_token_says_who_logged_in(oauth: OAuth) -> None:
    code = oauth.code(scope="openid api", nonce="n-1")
    found = oauth.token(grant_type="authorization_code", **WEB, redirect_uri=BACK, code=code)
    claims = checked(oauth, found["id_token"])
    assert (claims["sub"], claims["nonce"]) == (found["id"], "n-1")
    assert (claims["iat"], claims["exp"]) == (1781524800, 1781524800 + 120)
    half = hashlib.sha256(found["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()


def test_without_the_scope_openid_there_is_no_id_token(oauth: OAuth) -> None:
    assert "id_token" not in oauth.token(**PASSWORD, scope="api")


def test_the_user_agent_flow_brings_an_id_token_that_is_asked_for(oauth: OAuth) -> None:
    asked = {"client_id": "web", "redirect_uri": OTHER, "response_type": "token id_token", "nonce": "n"}
    found = parameters(oauth.decide(**asked, scope="openid").headers["Location"])
    assert checked(oauth, found["id_token"])["nonce"] == "n"
    refused = oauth.send("GET", "/services/oauth2/authorize", params=asked | {"scope": "api"})
    assert refused.headers["Location"].startswith(f"{OTHER}#error=invalid_scope")


def test_the_key_outlives_a_reset(oauth: OAuth) -> None:
    token = oauth.token(**PASSWORD, scope="openid")["id_token"]
    oauth.org.reset()
    assert checked(oauth, token)["aud"] == "web"


def test_logout_ends_the_sessions_of_that_client_and_user(oauth: OAuth) -> None:
    found, other = oauth.token(**PASSWORD, scope="openid"), oauth.org.token("ada@x.test")
    asked = {"id_token_hint": found["id_token"], "post_logout_redirect_uri": BACK, "state": "s"}
    answer = oauth.send("GET", "/services/auth/idp/oidc/logout", params=asked)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{BACK}&state=s")
    assert not oauth.works(found["access_token"])
    assert oauth.works(other)


def test_logout_needs_a_token_of_this_org_and_an_address_of_the_app(strict: OAuth) -> None:
    found = strict.token(**PASSWORD, scope="openid")
    head, claims, signature = found["id_token"].split(".")
    changed = "A" if signature[9] != "A" else "B"
    for asked in (
        {},
        {"id_token_hint": "x"},
        {"id_token_hint": f"{head}.{claims}.{signature[:9]}{changed}{signature[10:]}"},
        {"id_token_hint": found["id_token"], "post_logout_redirect_uri": "https://evil.test/"},
    ):
        answer = strict.send("GET", "/services/auth/idp/oidc/logout", params=asked)
        assert (answer.status_code, "Location" in answer.headers) == (400, False)
    assert strict.works(found["access_token"])
    assert (
        "logged out"
        in strict.send("POST", "/services/auth/idp/oidc/logout", data={"id_token_hint": found["id_token"]}).text
    )
    assert not strict.works(found["access_token"])


@pytest.mark.parametrize("how", ["parameter", "header"])
def test_a_token_answer_comes_in_the_form_that_is_asked_for(oauth: OAuth, how: str) -> None:
    def answer(format_: str, type_: str, **changes: str) -> Any:
        form, headers = PASSWORD | changes, {"Accept": type_} if how == "header" else {}
        if how == "parameter":
            form |= {"format": format_}
        return oauth.send("POST", "/services/oauth2/token", data=form, headers=headers)

    found = answer("xml", "application/xml;q=0.9, */*")
    root = etree.fromstring(found.content)
    assert (found.headers["Content-Type"], root.tag) == ("application/xml;charset=UTF-8", "OAuth")
    assert oauth.works(root.findtext("access_token") or "")
    found = answer("urlencoded", "application/x-www-form-urlencoded")
    assert oauth.works(parse_qs(found.text, strict_parsing=True)["access_token"][0])
    refused = answer("xml", "application/xml", grant_type="nonsense")
    assert refused.status_code == 400
    assert etree.fromstring(refused.content).findtext("error") == "unsupported_grant_type"
    refused = answer("urlencoded", "application/x-www-form-urlencoded", grant_type="nonsense")
    assert parse_qs(refused.text)["error"] == ["unsupported_grant_type"]


def test_a_form_that_there_is_not_is_refused(oauth: OAuth) -> None:
    assert oauth.refused(**PASSWORD, format="yaml") == ("invalid_request", "format not supported")


def test_identity_and_userinfo_come_as_xml_too(oauth: OAuth) -> None:
    found = oauth.token(**PASSWORD)
    headers = {"Authorization": f"OAuth {found['access_token']}"}
    path = found["id"].removeprefix(oauth.live.https)
    for where, more in ((path, {"format": "xml"}), ("/services/oauth2/userinfo?format=xml", {})):
        root = etree.fromstring(oauth.send("GET", where, params=more, headers=headers).content)
        assert root.tag == "user"
        assert root.findtext("user_id") == path.rpartition("/")[2]
        assert root.findtext("urls/rest", "").endswith("/services/data/v{version}/")
    root = etree.fromstring(oauth.send("GET", path, headers=headers | {"Accept": "application/xml"}).content)
    assert root.findtext("display_name") == "Ada & <b>Co</b>"
    created = root.find("status/created_date")
    assert created is not None
    assert created.get("{http://www.w3.org/2001/XMLSchema-instance}nil") == "true"


@pytest.mark.parametrize(("version", "shown"), [("latest", "68.0"), ("59.0", "59.0"), ("59", "59.0")])
def test_an_identity_url_takes_a_version_and_a_callback(oauth: OAuth, version: str, shown: str) -> None:
    found = oauth.token(**PASSWORD)
    path, asked = found["id"].removeprefix(oauth.live.https), {"oauth_token": found["access_token"], "version": version}
    told = oauth.send("GET", path, params=asked).json()
    assert told["urls"]["query"] == f"{oauth.live.https}/services/data/v{shown}/query/"
    script = oauth.send("GET", path, params=asked | {"callback": "app.on"})
    assert script.text.startswith('app.on({"id":')
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert oauth.send("GET", path, params=asked | {"callback": "alert(1)//"}).json() == told
    assert oauth.send("GET", path, params=asked | {"version": "<b>"}).status_code == 404


def test_who_is_told_to_nobody_whose_session_has_ended(strict: OAuth) -> None:
    found = strict.token(**PASSWORD)
    path = found["id"].removeprefix(strict.live.https)
    strict.org.clock.advance(seconds=7201)
    for where in (path, "/services/oauth2/userinfo"):
        answer = strict.send("POST", where, data={"access_token": found["access_token"]})
        assert (answer.status_code, answer.text) == (403, "Bad_OAuth_Token")


@pytest.mark.parametrize("endpoint", ["token", "introspect", "revoke"])
def test_a_body_that_is_too_large_is_refused(oauth: OAuth, endpoint: str) -> None:
    large = "x" * 1_000_001
    plain = oauth.post(endpoint, token=large)
    parts = oauth.send("POST", f"/services/oauth2/{endpoint}", files={"token": (None, large)})
    fields = oauth.post(endpoint, **{f"f{number}": "x" for number in range(1001)})
    for answer in (plain, parts, fields):
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_form_may_come_in_parts(oauth: OAuth) -> None:
    answer = oauth.send(
        "POST", "/services/oauth2/token", files={name: (None, value) for name, value in PASSWORD.items()}
    )
    assert oauth.works(answer.json()["access_token"])


def test_an_endpoint_that_there_is_not_is_named(oauth: OAuth) -> None:
    answer = oauth.post("nonsense")
    assert (answer.status_code, answer.json()["error_description"]) == (
        404,
        "no such endpoint: /services/oauth2/nonsense",
    )
