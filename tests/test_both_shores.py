"""One talk on both shores: as a legacy chat that is migrated, and as an enhanced chat held natively. The records say the same.

Where they may differ is listed in docs/messaging.md, "A migrated chat beside a native one"; nothing else may.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from chatlift.emulator.chat import AgentDesk, Visitor
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.messaging import RepDesk
from chatlift.migrate import Plan
from chatlift.migrate.port import Org
from chatlift.migrate.run import run_org
from chatlift.schemas.values import read_datetime

TALK = (("visitor", "My order <4711> is late"), ("agent", "I'll look for it"), ("visitor", "Thanks & bye"))
SCENARIO: dict[str, Any] = {
    "now": "2026-06-15T12:00:00Z",
    "records": [
        {"object": "User", "ref": "ann", "fields": {"Username": "ann@x.test", "FirstName": "Ann", "LastName": "Archer"}}
    ],
    "chat": {
        "deployment": {"ref": "web", "name": "Web"},
        "skills": [{"ref": "sales", "name": "Sales"}],
        "buttons": [{"ref": "shop", "name": "Shop", "skills": ["@sales"]}],
        "agents": [{"user": "@ann", "skills": ["@sales"]}],
    },
    "messaging": {
        "channels": [{"developerName": "Shop", "deployment": "Shop_Web", "sessionBased": True, "agents": ["@ann"]}]
    },
}
COMPARED = ("MessagingSession", "MessagingEndUser", "Conversation", "ConversationParticipant", "ConversationEntry")
PAGE = Path(__file__).parent.parent / "docs" / "messaging.md"
Row = dict[str, Any]
Shores = dict[str, tuple[list[Row], list[Row]]]


@dataclass(frozen=True)
class Held:
    rows: Shores
    talk: list[Row]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    """What both talks left."""
    with live_org(OrgConfig(scenarios=(SCENARIO,), frozen=True)) as live:
        org_token = _token(live)
        org, folder = Org(live.http, org_token), tmp_path_factory.mktemp("migrated")
        ann = _id(org, "User", "Username = 'ann@x.test'")
        with requests.Session() as session:
            session.trust_env = False
            _chat(live, session, org, ann)
            assert run_org(org, folder, Plan()).exit_code == 0
            _enhanced(live, session, ann)
        native = {name: list(org.query(f"SELECT FIELDS(ALL) FROM {name} LIMIT 200")) for name in COMPARED}
        (conversation,) = native["Conversation"]
        path = f"/services/data/v66.0/connect/conversation/{conversation['ConversationIdentifier']}/entries"
        headers = {"Authorization": f"Bearer {org_token}", "X-Chatter-Entity-Encoding": "false"}
        answer = session.get(live.http + path, headers=headers)
        talk = sorted(answer.json()["conversationEntries"], key=lambda entry: entry["serverReceivedTimestamp"])
        return Held({name: (_migrated(folder, name), rows) for name, rows in native.items()}, talk)


@pytest.fixture(scope="module")
def shores(held: Held) -> Shores:
    """By object: the migrated rows, and the native ones."""
    return held.rows


@pytest.fixture(scope="module")
def talk(held: Held) -> list[Row]:
    """The words of the native talk, which only the Connect API has."""
    return held.talk


def _token(live: LiveOrg) -> str:
    form = {"grant_type": "password", "username": "u", "password": "p", "client_id": "x", "client_secret": "y"}
    return str(live.session().post(f"{live.http}/services/oauth2/token", data=form).json()["access_token"])


def _id(org: Org, name: str, where: str) -> str:
    (row,) = org.query(f"SELECT Id FROM {name} WHERE {where}")
    return str(row["Id"])


def _chat(live: LiveOrg, session: requests.Session, org: Org, ann: str) -> None:
    """Hold the talk as a legacy chat, three seconds between what is said."""
    desk, visitor = AgentDesk(live.http, session), Visitor(live.http, session)
    desk.login(ann)
    places = _id(org, "LiveChatDeployment", "Id != null"), _id(org, "LiveChatButton", "Id != null")
    key = visitor.ask(*places, name="Maya")
    live.org.clock.advance(seconds=5)
    desk.accept(desk.agent(ann).requests[0].request_id, ann)
    for who, text in TALK:
        live.org.clock.advance(seconds=3)
        visitor.say(text) if who == "visitor" else desk.say(key, ann, text)
    live.org.clock.advance(seconds=3)
    desk.end(key, ann)
    assert desk.close(key, ann)
    desk.logout(ann)


def _enhanced(live: LiveOrg, session: requests.Session, ann: str) -> None:
    """Hold the same talk as an enhanced chat."""
    desk, base = RepDesk(live.http, session), f"{live.http}/iamessage/api/v2"
    desk.login(ann)
    org_id = _id(Org(live.http, _token(live)), "Organization", "Id != null")
    opening = {"orgId": org_id, "esDeveloperName": "Shop_Web", "capabilitiesVersion": "1", "platform": "Web"}
    answer = session.post(f"{base}/authorization/unauthenticated/access-token", json=opening)
    session.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
    talk, common = str(uuid4()), {"esDeveloperName": "Shop_Web"}
    begun = {"conversationId": talk, "routingAttributes": {"_firstName": "Maya"}} | common
    assert session.post(f"{base}/conversation", json=begun).status_code == 201
    live.org.clock.advance(seconds=5)
    work = desk.rep(ann).work[0]
    desk.accept(work.agent_work_id, ann)
    for who, text in TALK:
        live.org.clock.advance(seconds=3)
        if who == "visitor":
            content = {"formatType": "Text", "text": text}
            message = {"id": str(uuid4()), "messageType": "StaticContentMessage", "staticContent": content}
            sent = session.post(f"{base}/conversation/{talk}/message", json={"message": message} | common)
            assert sent.status_code == 202
        else:
            desk.say(work.messaging_session_id, ann, text)
    live.org.clock.advance(seconds=3)
    desk.end(work.messaging_session_id, ann)
    desk.close(work.messaging_session_id, ann)


def _migrated(folder: Path, name: str) -> list[Row]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]


def _documented(name: str) -> set[str]:
    """Return the fields of an object that may differ, by the table of docs/messaging.md."""
    _, _, section = PAGE.read_text().partition("## A migrated chat beside a native one")
    rows = re.findall(r"^\| (\w+) \| ([^|]+) \|", section.partition("\n## ")[0], re.M)
    return {field for one, fields in rows if one in ("all", name) for field in re.findall(r"`(\w+)`", fields)}


def _compared(rows: list[Row], begun: str) -> list[Row]:
    """Return rows with their times told as seconds since their session began, and only their own fields."""
    return [{name: _told(value, begun) for name, value in row.items() if name != "attributes"} for row in rows]


def _told(value: Any, begun: str) -> Any:
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        return (read_datetime(value) - read_datetime(begun)).total_seconds()
    return value


@pytest.mark.parametrize("name", COMPARED)
def test_a_migrated_chat_says_what_a_native_one_says(name: str, shores: Shores) -> None:
    (migrated, native), (theirs, ours) = shores[name], shores["MessagingSession"]
    assert len(migrated) == len(native) > 0
    differing = set()
    for one, other in zip(
        _compared(migrated, theirs[0]["StartTime"]), _compared(native, ours[0]["StartTime"]), strict=True
    ):
        differing |= {field for field in {*one, *other} if one.get(field) != other.get(field)}
    legacy = {field for field in differing if field.startswith("Legacy_")}
    assert differing - legacy <= _documented(name)
    assert _documented(name) - _documented("all") <= differing


def test_the_words_are_the_same(shores: Shores, talk: list[Row]) -> None:
    migrated, _ = shores["ConversationEntry"]
    words = [(row["ActorType"], row["Message"]) for row in migrated]
    assert words == [("EndUser" if who == "visitor" else "Agent", text) for who, text in TALK]
    assert words == [(row["sender"]["role"], row["messageText"]) for row in talk]
