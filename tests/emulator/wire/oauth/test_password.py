"""The password flow, and who its tokens belong to."""

import base64
import hashlib
import hmac
from typing import Any

import pytest

from chatlift.emulator import mock_salesforce

from ..conftest import Client

GRANT = {"grant_type": "password", "client_id": "c", "client_secret": "s", "username": "u@x.test", "password": "p"}


def token(client: Client, **changes: str) -> dict[str, Any]:
    answer = client.post("/services/oauth2/token", data=GRANT | changes)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_password_gives_a_token_that_works(client: Client) -> None:
    answer = client.post("/services/oauth2/token", data=GRANT)
    found = answer.json()
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    organization, admin = client.org.org.users.organization["Id"], client.org.administrator["Id"]
    assert found["id"] == f"{client.org.url}/id/{organization}/{admin}"
    assert (found["instance_url"], found["token_type"]) == (client.org.url, "Bearer")
    assert found["issued_at"] == "1781524800000"  # milliseconds of the org's clock, 2026-06-15T12:00:00Z
    assert found["access_token"].startswith(organization[:15] + "!")
    assert "refresh_token" not in found
    client.session.headers["Authorization"] = f"Bearer {found['access_token']}"
    assert client.get("sobjects").status_code == 200


def test_the_signature_can_be_checked_with_the_secret(client: Client) -> None:
    found = token(client)
    signed = hmac.new(b"s", (found["id"] + found["issued_at"]).encode(), hashlib.sha256).digest()
    assert base64.b64decode(found["signature"]) == signed


def test_the_client_may_stand_in_a_header_and_the_rest_in_the_address(client: Client) -> None:
    basic = base64.b64encode(b"c:s").decode()
    query = "grant_type=password&username=u&password=p"
    answer = client.post(f"/services/oauth2/token?{query}", headers={"Authorization": f"Basic {basic}"})
    found = answer.json()
    signed = hmac.new(b"s", (found["id"] + found["issued_at"]).encode(), hashlib.sha256).digest()
    assert base64.b64decode(found["signature"]) == signed


@pytest.mark.parametrize(
    ("changes", "error", "description"),
    [
        ({"grant_type": "nonsense"}, "unsupported_grant_type", "grant type not supported"),
        ({"grant_type": ""}, "unsupported_grant_type", "grant type not supported"),
        ({"username": ""}, "invalid_grant", "authentication failure"),
    ],
)
def test_a_grant_that_is_refused_says_why(
    client: Client, changes: dict[str, str], error: str, description: str
) -> None:
    answer = client.post("/services/oauth2/token", data=GRANT | changes)
    assert (answer.status_code, answer.json()) == (400, {"error": error, "error_description": description})


def test_a_token_must_be_posted_for(client: Client) -> None:
    answer = client.get("/services/oauth2/token", params=GRANT)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_under_strict_authentication_user_password_and_client_are_asked_for() -> None:
    with mock_salesforce(strict_auth=True) as org:
        client = Client(org)
        app = {"client_id": "c", "client_secret": "s", "scopes": ["api", "refresh_token"]}
        org.seed({"passwords": {"admin@chatlift.test": "secret"}, "connected_apps": [app]})
        good = {"username": "admin@chatlift.test", "password": "secret"}
        assert token(client, **good)["scope"] == "api"
        for changes, error in (
            ({"password": "wrong"}, "invalid_grant"),
            ({"username": "nobody"}, "invalid_grant"),
            ({"client_id": ""}, "invalid_client_id"),
            ({"client_id": "another"}, "invalid_client_id"),
            ({"client_secret": ""}, "invalid_client"),
            ({"client_secret": "S"}, "invalid_client"),
            ({"scope": "web"}, "invalid_scope"),
        ):
            assert client.post("/services/oauth2/token", data=GRANT | good | changes).json()["error"] == error


def test_a_revoked_token_is_good_no_more(client: Client) -> None:
    given = token(client)["access_token"]
    answer = client.post("/services/oauth2/revoke", data={"token": given})
    assert (answer.status_code, answer.content) == (200, b"")
    again = client.get("/services/oauth2/revoke", params={"token": given})
    assert (again.status_code, again.json()["error"]) == (400, "invalid_token")
    client.session.headers["Authorization"] = f"Bearer {given}"
    assert client.get("sobjects").json()[0]["errorCode"] == "INVALID_SESSION_ID"


def test_userinfo_tells_who_the_token_belongs_to(client: Client) -> None:
    info = client.get("/services/oauth2/userinfo").json()
    organization, admin = client.org.org.users.organization["Id"], client.org.administrator
    assert (info["user_id"], info["organization_id"]) == (admin["Id"], organization)
    assert info["preferred_username"] == "admin@chatlift.test"
    assert info["sub"] == f"{client.org.url}/id/{organization}/{admin['Id']}"
    assert info["urls"]["query"] == f"{client.org.url}/services/data/v{{version}}/query/"
    assert info["urls"]["partner"] == f"{client.org.url}/services/Soap/u/{{version}}/{organization[:15]}"
    assert (info["active"], info["utcOffset"] % 900_000) == (True, 0)


def test_the_identity_url_of_a_token_tells_the_same_under_other_names(client: Client) -> None:
    url = token(client)["id"].removeprefix(client.org.url)
    info = client.get(url, params={"version": "59.0"}).json()
    assert (info["username"], info["display_name"]) == ("admin@chatlift.test", client.org.administrator["Name"])
    assert info["urls"]["rest"] == f"{client.org.url}/services/data/v59.0/"


def test_the_identity_url_refuses_in_one_word(client: Client) -> None:
    url = token(client)["id"].removeprefix(client.org.url)
    organization, user = url.split("/")[2:]
    for path, status, word in (
        (f"/id/{organization}/{client.org.administrator['ProfileId']}", 404, "Bad_Id"),
        (f"/id/00D000000000001AAA/{user}", 403, "Wrong_Org"),
        ("/id/x", 404, "Bad_Id"),
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.text) == (status, word)
    client.session.headers["Authorization"] = "Bearer nobody"
    assert (client.get(url).status_code, client.get(url).text) == (403, "Bad_OAuth_Token")
    del client.session.headers["Authorization"]
    assert (client.get(url).status_code, client.get(url).text) == (403, "Missing_OAuth_Token")
