"""The password of a user: its state, a new one, and one that nobody has chosen."""

from typing import Any

import pytest
import requests

from chatlift.emulator import mock_salesforce

from ..conftest import Client

ADMIN = "admin@chatlift.test"


def address(client: Client) -> str:
    return f"sobjects/user/{client.org.administrator['Id']}/password"


def test_a_password_is_asked_after_set_and_reset(client: Client) -> None:
    asked = client.get(address(client))
    assert (asked.status_code, asked.json()) == (200, {"isExpired": False})
    changed = client.post(address(client), json={"NewPassword": "myNewPassword1234"})
    assert (changed.status_code, changed.content) == (204, b"")
    reset = client.send("DELETE", address(client))
    assert reset.status_code == 200
    assert list(reset.json()) == ["NewPassword"]
    assert len(reset.json()["NewPassword"]) >= 8


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"NewPassword": "a1"}, "Your password must be at least 8 characters long."),
        ({"NewPassword": "onlyletters"}, "Your password must have a mix of letters and numbers."),
        ({"NewPassword": 12345678}, "Your password must be at least 8 characters long."),
        ({}, "Your password must be at least 8 characters long."),
    ],
)
def test_a_password_against_the_policy_is_refused(client: Client, body: dict[str, Any], message: str) -> None:
    answer = client.post(address(client), json=body)
    assert (answer.status_code, answer.json()) == (400, [{"errorCode": "INVALID_NEW_PASSWORD", "message": message}])


def test_a_user_who_is_not_there_and_an_object_without_passwords_are_not_found(client: Client) -> None:
    nobody = client.get("sobjects/User/005000000000000AAA/password")
    assert (nobody.status_code, nobody.json()[0]["errorCode"]) == (404, "NOT_FOUND")
    account = client.post("sobjects/Account", json={"Name": "A"}).json()["id"]
    for method, status in (("GET", 404), ("DELETE", 404), ("PATCH", 404), ("POST", 405)):
        answer = client.send(method, f"sobjects/Account/{account}/password", json={"NewPassword": "myNewPassword1234"})
        assert answer.status_code == status, method
    assert client.send("PATCH", address(client), json={}).status_code == 405


def test_a_new_password_is_the_one_that_counts() -> None:
    with mock_salesforce(strict_auth=True) as org, org.mount(requests.Session()) as session:
        url = f"{org.url}/services/data/v59.0/sobjects/User/{org.administrator['Id']}/password"
        bearer = {"Authorization": f"Bearer {org.token()}"}
        assert session.post(url, json={"newPassword": "chosen-1234"}, headers=bearer, timeout=10).status_code == 204
        for password, status in (("chosen-1234", 200), ("other-1234", 500)):
            body = (
                '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><login xmlns="urn:partner.soap.sforce.com">'
                f"<username>{ADMIN}</username><password>{password}</password></login></e:Body></e:Envelope>"
            )
            headers = {"Content-Type": "text/xml", "SOAPAction": "login"}
            answer = session.post(f"{org.url}/services/Soap/u/59.0", data=body, headers=headers, timeout=10)
            assert answer.status_code == status, answer.text
