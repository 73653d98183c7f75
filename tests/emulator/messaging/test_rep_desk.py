"""The reps' client in the test's own process, and what it costs to load."""

import subprocess
import sys
from typing import Any

import pytest
import requests

from chatlift.emulator import mock_salesforce
from chatlift.emulator.app import create_app
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.messaging import EndUser, MessagingError, NotThere, RepDesk
from chatlift.emulator.scenario import open_org
from chatlift.emulator.wire.exchange import Settings

SHOP: dict[str, Any] = {
    "records": [
        {"object": "User", "ref": "kim", "fields": {"Username": "kim@x.test", "FirstName": "Kim", "LastName": "Kerr"}}
    ],
    "messaging": {"channels": [{"developerName": "Web_Chat", "agents": ["@kim"]}]},
}


def test_a_session_is_held_in_the_process_of_a_test() -> None:
    with mock_salesforce() as org:
        kim = org.seed(SHOP)["kim"]
        session = requests.Session()
        org.mount(session)
        desk = RepDesk("https://acme.my.salesforce.com", session)
        maya = EndUser("https://acme.my.salesforce-scrt.com", org.organization_id, "Web_Chat")
        desk.login(kim)
        maya.begin()
        maya.say("Hello")
        session_id = desk.accept_next(kim)
        desk.say(session_id, kim, "Hi")
        assert [one.text for one in desk.rep(kim).session(session_id).messages] == ["Hello", "Hi"]
        with pytest.raises(NotThere, match="is offered no work"):
            desk.accept_next(kim)
        with pytest.raises(KeyError):
            desk.rep(kim).session("0Mw000000000000AAA")


def test_an_answer_that_is_no_orgs_is_an_error_all_the_same() -> None:
    class Elsewhere(requests.Session):
        def request(self, *_: Any, **__: Any) -> requests.Response:
            answer = requests.Response()
            answer.status_code, answer.reason = 502, "Bad Gateway"
            answer._content = b"<html>"
            return answer

    with pytest.raises(MessagingError) as refused:
        RepDesk("http://nowhere.test", Elsewhere()).rep("005")
    assert (refused.value.status, refused.value.code, refused.value.message) == (502, "UNEXPECTED_ANSWER", "<html>")


def test_who_may_not_steer_the_org_is_kept_out() -> None:
    org = open_org(OrgConfig())
    guarded = create_app(org, Settings(control_guarded=True, control_token="secret")).test_client()
    assert guarded.get("/_chatlift/messaging/supervisor").status_code == 401
    allowed = guarded.get("/_chatlift/messaging/supervisor", headers={"X-Chatlift-Token": "secret"})
    assert allowed.get_json() == {"reps": [], "queues": [], "sessions": [], "flags": []}
    without = create_app(org, Settings(control=False)).test_client()
    assert without.get("/_chatlift/messaging/supervisor").status_code == 404
    org.close()


def test_the_package_loads_its_clients_when_they_are_asked_for() -> None:
    look = (
        "import sys, chatlift.emulator.messaging as messaging; assert 'requests' not in sys.modules;"
        " messaging.RepDesk; assert 'requests' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", look], check=True)
