"""What Connect tells of the org and of its user, and Chatter, which is off."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from chatlift.emulator import OrgHandle, mock_salesforce
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import live_org

from ..conftest import Client

SCENARIO: dict[str, Any] = {
    "now": "2026-06-15T12:00:00Z",
    "org": {"timezone": "Europe/Berlin", "locale": "de_DE"},
    "records": [
        {"object": "User", "ref": "ada", "fields": {
            "Username": "ada@x.test", "LastName": "Ada", "LocaleSidKey": "en_GB", "TimeZoneSidKey": "Asia/Kolkata"}},
    ],
    "permissions": [{"permissionSet": "Sees_All", "users": ["@ada"], "system": ["ViewAllData"]},
                    {"profile": "Chat Agent", "users": ["@ada"]}],
}  # fmt: skip
CHATTER_IS_OFF = [
    {
        "message": "This feature is not currently enabled for this user type or org.",
        "errorCode": "FUNCTIONALITY_NOT_ENABLED",
    }
]
GOLDEN = Path(__file__).parents[3] / "golden" / "pages" / "connect-organization.json"


def test_the_org_and_its_administrator_are_told(client: Client) -> None:
    answer = client.get("connect/organization")
    assert answer.status_code == 200
    assert answer.json() == json.loads(GOLDEN.read_text())
    assert list(answer.json()) == ["accessTimeout", "features", "name", "orgId", "userSettings"]
    assert client.get("connect/organization/", headers={"Accept": "application/xml"}).text.startswith("<?xml")


def test_what_a_user_may_is_what_his_profile_and_permission_sets_give() -> None:
    with live_org(OrgConfig(scenarios=(SCENARIO,))) as live:
        session = live.session()
        session.headers["Authorization"] = f"Bearer {live.org.token('ada@x.test')}"
        found = session.get(f"{live.https}/services/data/v59.0/connect/organization", timeout=10).json()["userSettings"]
    rights = {
        name: found[name] for name in ("canModifyAllData", "canViewAllData", "canViewAllUsers", "hasRestDataApiAccess")
    }
    assert rights == {
        "canModifyAllData": False, "canViewAllData": True, "canViewAllUsers": False, "hasRestDataApiAccess": True,
    }  # fmt: skip
    assert (found["userLocale"], found["timeZone"]) == ("en_GB", {"gmtOffset": 5.5, "name": "Asia/Kolkata"})


def test_an_older_version_has_fewer_properties(client: Client) -> None:
    def settings(version: str) -> dict[str, Any]:
        answer = client.get(f"/services/data/v{version}/connect/organization")
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    assert "canAccessPersonalStreams" in settings("40.0")["userSettings"]
    assert "canAccessPersonalStreams" not in settings("39.0")["userSettings"]
    assert set(settings("24.0")["features"]) == {
        "chatterActivity", "chatterGlobalInfluence", "chatterMessages", "dashboardComponentSnapshots",
    }  # fmt: skip
    assert client.get("/services/data/v23.0/connect/organization").status_code == 404


def test_strings_are_escaped_for_html_unless_the_client_wants_them_as_they_are() -> None:
    name = "Bits & <Bytes> 'n' \"more\""
    with mock_salesforce() as handle:
        client = Client(handle)
        organization = client.get("query?q=SELECT Id FROM Organization").json()["records"][0]["Id"]
        renamed = client.send("PATCH", f"sobjects/Organization/{organization}", json={"Name": name})
        assert renamed.status_code == 204, renamed.text
        plain = client.get("connect/organization", headers={"X-Chatter-Entity-Encoding": "false"}).json()["name"]
        escaped = client.get("connect/organization").json()["name"]
    assert plain == name
    assert escaped == "Bits &amp; &lt;Bytes&gt; &#39;n&#39; &quot;more&quot;"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "chatter"),
        ("GET", "chatter/users/me"),
        ("GET", "chatter/feeds/news/me/feed-elements"),
        ("POST", "chatter/feed-elements"),
        ("DELETE", "chatter/a/b/c/d/e/f/g/h"),
        ("GET", "connect/user-profiles/me"),
    ],
)
def test_chatter_is_off(client: Client, method: str, path: str) -> None:
    answer = client.send(method, path)
    assert (answer.status_code, answer.json()) == (403, CHATTER_IS_OFF)


def test_the_rest_of_connect_is_not_there(org: OrgHandle, client: Client) -> None:
    assert client.get("connect").json() == {"organization": "/services/data/v59.0/connect/organization"}
    for path in ("connect/communities", "connect/organization/x", "connect/files/users/me"):
        assert client.get(path).status_code == 404, path
    refused = client.post("connect/organization", json={})
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")
    session = org.mount(requests.Session())
    assert session.get(f"{org.url}/services/data/v59.0/chatter/users/me", timeout=10).status_code == 401


def test_a_composite_asks_connect_too(client: Client) -> None:
    part = {"method": "GET", "url": "v59.0/connect/organization"}
    answer = client.post(
        "composite/batch", json={"batchRequests": [part, {"method": "GET", "url": "v59.0/chatter/users/me"}]}
    )
    assert [one["statusCode"] for one in answer.json()["results"]] == [200, 403]
