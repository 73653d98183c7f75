"""Both sides of a chat in the test's own process, by the hosts that the platform has for it."""

import subprocess
import sys
from threading import Thread
from typing import Any

import pytest
import requests

from chatlift.emulator import mock_salesforce
from chatlift.emulator.app import create_app
from chatlift.emulator.chat import AgentDesk, ChatError, Visitor, VisitorRefused
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.handle import OrgHandle
from chatlift.emulator.scenario import open_org
from chatlift.emulator.wire.exchange import Settings

DESK: dict[str, Any] = {
    "records": [
        {"object": "User", "ref": "ann", "fields": {"Username": "ann@x.test", "FirstName": "Ann", "LastName": "A"}}
    ],
    "chat": {
        "deployment": {"ref": "web", "name": "Web"},
        "skills": [{"ref": "sales", "name": "Sales"}],
        "buttons": [{"ref": "shop", "name": "Shop", "skills": ["@sales"]}],
        "agents": [{"user": "@ann", "skills": ["@sales"]}],
    },
}


def hold(org: OrgHandle, desk: AgentDesk, visitor: Visitor) -> None:
    """Hold a chat, the visitor's poll in a thread of its own."""
    ids = org.seed(DESK)
    desk.login(ids["ann"])
    key = visitor.ask(ids["web"], ids["shop"], name="Maya")
    desk.accept(desk.agent(ids["ann"]).requests[0].request_id, ids["ann"])
    visitor.until("ChatEstablished")
    poll = Thread(target=visitor.until, args=["ChatMessage"], daemon=True)
    poll.start()
    desk.say(key, ids["ann"], "Hello")
    poll.join(10)
    assert visitor.told[-1].message["text"] == "Hello"
    visitor.end()
    visitor.until("ChatEnded")
    assert desk.close(key, ids["ann"])


@pytest.mark.parametrize(
    "host", ["d.la1-c1-phx.salesforceliveagent.com", "shop.my.salesforcescrt.com", "x.my.salesforce.com"]
)
def test_a_chat_is_held_while_the_org_is_in_the_place_of_salesforce(host: str) -> None:
    with mock_salesforce() as org:
        hold(org, AgentDesk(org.url), Visitor(f"https://{host}"))


def test_a_chat_is_held_through_mounted_sessions() -> None:
    with mock_salesforce() as org:
        hold(
            org,
            AgentDesk("https://x.my.salesforce.com", org.mount(requests.Session())),
            Visitor("https://d.la1-c1-phx.salesforceliveagent.com", org.mount(requests.Session())),
        )


def test_the_time_of_a_poll_can_be_chosen_in_process() -> None:
    with mock_salesforce(poll_seconds=1) as org:
        visitor = Visitor(org.url)
        visitor.begin()
        assert visitor.poll() == []
        with pytest.raises(TimeoutError, match="no ChatEstablished came"):
            visitor.until("ChatEstablished", seconds=0.01)


def test_a_poll_ends_with_its_org() -> None:
    with mock_salesforce() as org:
        visitor = Visitor(org.url, org.mount(requests.Session()))
        visitor.begin()
        found: list[Any] = []

        def poll() -> None:
            try:
                found.append(visitor.poll())
            except Exception as error:  # noqa: BLE001  # the org may be gone
                found.append(error)

        thread = Thread(target=poll, daemon=True)
        thread.start()
    thread.join(10)
    assert not thread.is_alive()
    assert found


def test_what_does_not_answer_like_an_org_is_an_error_of_its_own() -> None:
    with mock_salesforce(strict_auth=True) as org:
        with pytest.raises(ChatError) as refused:
            AgentDesk(f"{org.url}/services/data/v60.0").supervisor()
        assert refused.value.status in (401, 404)
        with pytest.raises(VisitorRefused) as unknown:
            Visitor(org.url).call("GET", "System/Nothing")
        assert (unknown.value.status, unknown.value.message) == (404, "Unknown noun System/Nothing")


def test_the_agents_client_shows_the_token_that_an_org_asks_for() -> None:
    org = open_org(OrgConfig())
    try:
        app = create_app(org, Settings(control_guarded=True, control_token="secret"))
        handle = OrgHandle(org, app, "http://127.0.0.1:8080")
        ann = handle.seed(DESK)["ann"]
        with pytest.raises(ChatError) as refused:
            AgentDesk(handle.url, handle.mount(requests.Session(), hosts=["127.0.0.1"])).login(ann)
        assert (refused.value.status, refused.value.code) == (401, "UNAUTHORIZED")
        desk = AgentDesk(handle.url, handle.mount(requests.Session(), hosts=["127.0.0.1"]), token="secret")
        assert desk.login(ann).startswith("0HK")
    finally:
        org.close()


def test_the_chat_package_loads_nothing_until_a_client_is_asked_for() -> None:
    code = (
        "import sys, chatlift.emulator.chat as chat\n"
        "assert 'requests' not in sys.modules and 'chatlift.emulator.chat.client' not in sys.modules\n"
        "assert chat.AgentDesk.__name__ == 'AgentDesk' and chat.Visitor.__name__ == 'Visitor'\n"
        "assert all(hasattr(chat, name) for name in chat.__all__) and not hasattr(chat, 'nothing')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
