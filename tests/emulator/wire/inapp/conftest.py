"""An org on sockets with channels of enhanced chat: one of each kind that an end user's client can tell apart."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.messaging import EndUser, EndUserRefused, RepDesk

KEY = rsa.generate_private_key(65537, 2048)
PUBLIC_KEY = (
    KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
)
SCENARIO: dict[str, Any] = {
    "records": [
        {"object": "User", "ref": "kim", "fields": {"Username": "kim@x.test", "FirstName": "Kim", "LastName": "Kerr"}}
    ],
    "messaging": {
        "channels": [
            {"developerName": "Web_Chat", "ref": "web", "agents": ["@kim"]},
            {"developerName": "Session_Chat", "ref": "session", "sessionBased": True, "agents": ["@kim"]},
            {
                "developerName": "Form_Chat",
                "ref": "form",
                "agents": ["@kim"],
                "forms": [
                    {
                        "displayContext": "Session",
                        "formFields": [{"name": "_firstName", "type": "Text", "required": True}],
                    }
                ],
            },
            {
                "developerName": "Known_Chat",
                "ref": "known",
                "agents": ["@kim"],
                "userVerification": True,
                "keysets": [{"name": "shop", "keyId": "k1", "publicKey": PUBLIC_KEY, "issuer": "https://shop.test"}],
            },
            {"developerName": "Small_Chat", "ref": "small", "agents": ["@kim"], "maxFileBytes": 100},
            {"developerName": "Plain_Chat", "ref": "plain", "agents": ["@kim"], "attachments": False},
            {"developerName": "Draft_Chat", "ref": "draft", "agents": ["@kim"], "published": False},
        ]
    },
}


@dataclass
class Office:
    """The org, its rep, and who comes to it."""

    live: LiveOrg
    ids: dict[str, str]
    reps: RepDesk

    @property
    def kim(self) -> str:
        return self.ids["kim"]

    def end_user(self, deployment: str = "Web_Chat", **more: Any) -> EndUser:
        return EndUser(self.live.https, self.live.org.organization_id, deployment, self.live.session(), **more)

    def begun(self, deployment: str = "Web_Chat", **more: Any) -> EndUser:
        """An end user who has begun a conversation."""
        end_user = self.end_user(deployment, **more)
        end_user.begin(_firstName="Maya", _lastName="Moss")
        return end_user

    def served(self, deployment: str = "Web_Chat", **more: Any) -> tuple[EndUser, str]:
        """An end user in a session that the rep has taken, and the session."""
        end_user = self.begun(deployment, **more)
        if not any(one.rep_id == self.kim for one in self.reps.supervisor().reps):
            self.reps.login(self.kim)
        return end_user, self.reps.accept_next(self.kim)

    def rows(self, soql: str) -> list[dict[str, Any]]:
        """What a query finds, as the administrator."""
        answer = self.live.session().get(
            f"{self.live.https}/services/data/v60.0/query",
            params={"q": soql},
            headers={"Authorization": f"Bearer {self.live.org.token()}"},
            timeout=10,
        )
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["records"]
        return found


def refusal(call: Callable[[], object]) -> tuple[int, str]:
    """Return the status and the message with which a call is refused."""
    with pytest.raises(EndUserRefused) as refused:
        call()
    return refused.value.status, refused.value.message


def until(what: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until something is true that another thread does."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


@pytest.fixture(scope="session")
def easy() -> Iterator[LiveOrg]:
    with live_org() as live:
        yield live


@pytest.fixture(scope="session")
def strict() -> Iterator[LiveOrg]:
    with live_org(OrgConfig(strict_auth=True)) as live:
        yield live


def opened(live: LiveOrg) -> Office:
    live.org.reset()
    live.org.clock.unfreeze()
    return Office(live, live.org.seed(SCENARIO), RepDesk(live.https, live.session()))


@pytest.fixture
def office(easy: LiveOrg) -> Office:
    return opened(easy)


@pytest.fixture
def strict_office(strict: LiveOrg) -> Office:
    return opened(strict)
