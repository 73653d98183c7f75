"""An org on sockets with two channels of enhanced chat: three reps, a supervisor, a queue of its own, skills."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.messaging import EndUser, RepDesk

SCENARIO: dict[str, Any] = {
    "now": "2026-06-15T09:00:00Z",
    "records": [
        *(
            {
                "object": "User",
                "ref": name,
                "fields": {"Username": f"{name}@x.test", "FirstName": name.title(), "LastName": "Moss"},
            }
            for name in ("kim", "leo", "mia", "sue")
        ),
        {"object": "Skill", "ref": "repair", "fields": {"DeveloperName": "Repair", "MasterLabel": "Repair"}},
        {"object": "SkillUser", "fields": {"SkillId": "@repair", "UserId": "@mia"}},
        {"object": "Group", "ref": "night", "fields": {"Name": "Night", "DeveloperName": "Night", "Type": "Queue"}},
        {"object": "GroupMember", "fields": {"GroupId": "@night", "UserOrGroupId": "@mia"}},
    ],
    "messaging": {
        "channels": [
            {"developerName": "Web_Chat", "agents": ["@kim", "@leo"]},
            {"developerName": "Short_Chat", "agents": ["@kim", "@leo"], "sessionBased": True},
        ]
    },
}


@dataclass
class Office:
    """Reps at work, and who writes to them."""

    live: LiveOrg
    ids: dict[str, str]
    desk: RepDesk

    def __getitem__(self, name: str) -> str:
        return self.ids[name]

    def end_user(self, deployment: str = "Web_Chat", **attributes: str) -> EndUser:
        """An end user who has begun a conversation."""
        who = EndUser(self.live.https, self.live.org.organization_id, deployment, self.live.session())
        who.begin(**attributes)
        return who

    def served(self, rep: str = "kim", deployment: str = "Web_Chat") -> tuple[EndUser, str]:
        """An end user in a session that a rep has taken, and the session."""
        self.desk.login(self[rep])
        who = self.end_user(deployment)
        return who, self.desk.accept_next(self[rep])

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

    def raw(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Make a call as it stands; return status and answer."""
        answer = self.live.session().request(
            method, f"{self.live.https}/_chatlift/messaging/{path}", json=body, headers=headers, timeout=10
        )
        return answer.status_code, answer.json()


@pytest.fixture(scope="session")
def live() -> Iterator[LiveOrg]:
    with live_org(OrgConfig(frozen=True)) as found:
        yield found


@pytest.fixture
def office(live: LiveOrg) -> Office:
    live.org.reset()
    ids = live.org.seed(SCENARIO)
    live.org.clock.set(SCENARIO["now"])
    return Office(live, ids, RepDesk(live.https, live.session()))
