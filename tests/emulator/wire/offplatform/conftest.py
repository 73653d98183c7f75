"""An org on sockets whose clock stands still, with channels of enhanced chat and two reps: for what is kept, and who may read it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.messaging import EndUser, RepDesk

NINE = 1781514000000
"""2026-06-15T09:00:00Z in milliseconds."""
SCENARIO: dict[str, Any] = {
    "now": "2026-06-15T09:00:00Z",
    "records": [
        {"object": "User", "ref": "kim", "fields": {"Username": "kim@x.test", "FirstName": "Kim", "LastName": "Kerr"}},
        {"object": "User", "ref": "leo", "fields": {"Username": "leo@x.test", "FirstName": "Leo", "LastName": "Lund"}},
        {"object": "Skill", "ref": "sales", "fields": {"DeveloperName": "Sales", "MasterLabel": "Sales"}},
    ],
    "messaging": {
        "channels": [
            {"developerName": "Web_Chat", "ref": "web", "agents": ["@kim", "@leo"], "pushTimeoutSeconds": 30},
            {"developerName": "Session_Chat", "ref": "session", "sessionBased": True, "agents": ["@kim"]},
            {"developerName": "Kept_Chat", "ref": "kept", "agents": ["@kim"], "entriesOnPlatform": True},
            {"developerName": "Stop_Chat", "ref": "stop", "agents": ["@kim"], "optOutKeywords": ["STOP"]},
            {
                "developerName": "Bot_Chat",
                "ref": "bot",
                "agents": ["@kim"],
                "bot": {"name": "Robo", "greeting": ["Hi"], "handsOverOn": ["person"], "endsOn": ["bye"]},
            },
            {
                "developerName": "Skill_Chat",
                "ref": "skilled",
                "agents": [{"user": "@leo", "skills": ["@sales"], "capacity": 2}],
                "skillIds": ["@sales"],
            },
        ]
    },
}


@dataclass
class Office:
    """The org, its reps, and who comes to it."""

    live: LiveOrg
    ids: dict[str, str]
    reps: RepDesk

    @property
    def kim(self) -> str:
        return self.ids["kim"]

    @property
    def leo(self) -> str:
        return self.ids["leo"]

    def later(self, seconds: float) -> None:
        self.live.org.clock.advance(seconds=seconds)

    def begun(self, deployment: str = "Web_Chat", **more: Any) -> EndUser:
        """An end user who has begun a conversation."""
        end_user = EndUser(self.live.https, self.live.org.organization_id, deployment, self.live.session(), **more)
        end_user.begin(_firstName="Maya", _lastName="Moss")
        return end_user

    def served(self, deployment: str = "Web_Chat") -> tuple[EndUser, str]:
        """An end user in a session that kim has taken, and the session."""
        end_user = self.begun(deployment)
        if not any(one.rep_id == self.kim for one in self.reps.supervisor().reps):
            self.reps.login(self.kim)
        return end_user, self.reps.accept_next(self.kim)

    def chatted(self, deployment: str = "Web_Chat") -> tuple[EndUser, str]:
        """A short talk that kim has ended, his tab closed: Maya's two lines and kim's one, seconds apart."""
        end_user, session = self.served(deployment)
        self.later(5)
        end_user.say("Hello")
        self.later(10)
        self.reps.say(session, self.kim, "It's <b>Kim</b>")
        self.later(20)
        end_user.say("Thanks")
        self.later(2)
        self.reps.end(session, self.kim)
        self.reps.close(session, self.kim)
        return end_user, session

    def call(self, method: str, path: str, username: str | None = None, **more: Any) -> requests.Response:
        """Call the org as a user, the administrator unless named."""
        headers = {"Authorization": f"Bearer {self.live.org.token(username)}"} | more.pop("headers", {})
        return self.live.session().request(
            method, f"{self.live.https}{path}", headers=headers, timeout=10, allow_redirects=False, **more
        )

    def rows(self, soql: str) -> list[dict[str, Any]]:
        """What a query finds, as the administrator, without attributes."""
        answer = self.call("GET", "/services/data/v62.0/queryAll", params={"q": soql})
        assert answer.status_code == 200, answer.text
        return [
            {name: value for name, value in one.items() if name != "attributes"} for one in answer.json()["records"]
        ]

    def row(self, soql: str) -> dict[str, Any]:
        (found,) = self.rows(soql)
        return found

    def entries_path(self, end_user: EndUser, version: str = "62.0") -> str:
        return f"/services/data/v{version}/connect/conversation/{end_user.conversation_id}/entries"


@pytest.fixture(scope="session")
def easy() -> Iterator[LiveOrg]:
    with live_org() as live:
        yield live


@pytest.fixture
def office(easy: LiveOrg) -> Office:
    easy.org.reset()
    easy.org.clock.set("2026-06-15T09:00:00Z")
    easy.org.clock.freeze()
    return Office(easy, easy.org.seed(SCENARIO), RepDesk(easy.https, easy.session()))
