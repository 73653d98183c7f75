"""An org on sockets with a desk: two agents, a supervisor, a button with a queue and one without."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Thread
from typing import Any, TypeVar

import pytest
import requests

from chatlift.emulator.chat import AgentDesk, Visitor
from chatlift.emulator.live import LiveOrg, live_org

T = TypeVar("T")
PEOPLE = {"ann": ("Ann", "Alder"), "bob": ("Bob", "Brown"), "sue": ("Sue", "Super")}
SCENARIO: dict[str, Any] = {
    "records": [
        {"object": "User", "ref": ref, "fields": {"Username": f"{ref}@x.test", "FirstName": first, "LastName": last}}
        for ref, (first, last) in PEOPLE.items()
    ]
    + [
        {"object": "Account", "ref": "acme", "fields": {"Name": "Acme"}},
        {"object": "Contact", "ref": "maya", "fields": {"LastName": "Moss", "Email": "maya@example.com"}},
        {"object": "QuickText", "ref": "hello", "fields": {"Name": "Hello", "Message": "Welcome to our shop"}},
        {"object": "QuickText", "ref": "bye", "fields": {"Name": "Bye", "Message": "Have a nice day"}},
    ],
    "chat": {
        "deployment": {"ref": "web", "name": "Web shop"},
        "skills": [{"ref": "sales", "name": "Sales"}, {"ref": "repair", "name": "Repair"}],
        "buttons": [
            {"ref": "shop", "name": "Shop", "skills": ["@sales"], "queue": True},
            {"ref": "help", "name": "Help", "skills": ["@repair"]},
        ],
        "agents": [
            {"user": "@ann", "skills": ["@sales"], "capacity": 2},
            {"user": "@bob", "skills": ["@repair"], "capacity": 2},
            {"user": "@sue"},
        ],
    },
}


@dataclass
class Office:
    """A desk and who comes to it."""

    live: LiveOrg
    ids: dict[str, str]
    desk: AgentDesk

    def visitor(self, address: str | None = None) -> Visitor:
        return Visitor(self.live.https, self.live.session(), address=address)

    def asked(self, address: str | None = None, **more: Any) -> Visitor:
        """A visitor who has asked for a chat at the shop's button."""
        visitor = self.visitor(address)
        visitor.ask(self.ids["web"], self.ids["shop"], name="Maya", **more)
        return visitor

    def talking(self, agent: str = "ann", address: str | None = None, **more: Any) -> Visitor:
        """A visitor who talks with an agent: he has fetched all that came before."""
        if all(one.agent_id != self.ids[agent] for one in self.desk.supervisor().agents):
            self.desk.login(self.ids[agent])
        visitor = self.asked(address, **more)
        (offer,) = self.desk.agent(self.ids[agent]).requests
        self.desk.accept(offer.request_id, self.ids[agent])
        visitor.until("ChatEstablished")
        return visitor

    def rows(self, soql: str) -> list[dict[str, Any]]:
        """What a query finds, as the administrator."""
        answer = requests.Session().get(
            f"{self.live.https}/services/data/v60.0/query",
            params={"q": soql},
            headers={"Authorization": f"Bearer {self.live.org.token()}"},
            verify=self.live.ca,
            timeout=10,
        )
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["records"]
        return found


class Meanwhile(Thread):
    """Does something in a thread of its own; `result` waits for it, but not for long."""

    def __init__(self, work: Callable[[], T]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._found: list[Any] = []
        self.start()

    def run(self) -> None:
        try:
            self._found.append(self._work())
        except Exception as error:  # noqa: BLE001  # it is the caller's
            self._found.append(error)

    def result(self) -> Any:
        self.join(15)
        assert self._found, "it still waits"
        if isinstance(self._found[0], Exception):
            raise self._found[0]
        return self._found[0]


@pytest.fixture(scope="session")
def patient() -> Iterator[LiveOrg]:
    """An org that holds polls for 39 seconds."""
    with live_org() as live:
        yield live


@pytest.fixture(scope="session")
def hasty() -> Iterator[LiveOrg]:
    """An org that answers polls at once."""
    with live_org(poll_seconds=1) as live:
        yield live


def opened(live: LiveOrg) -> Office:
    live.org.reset()
    live.org.clock.unfreeze()
    ids = live.org.seed(SCENARIO)
    return Office(live, ids, AgentDesk(live.https, live.session()))


@pytest.fixture
def office(patient: LiveOrg) -> Office:
    return opened(patient)


@pytest.fixture
def hasty_office(hasty: LiveOrg) -> Office:
    return opened(hasty)
