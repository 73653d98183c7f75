"""A desk without an org: its rules as values, its steps one by one, and what it asked for. And a whole desk in an org."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chatlift.emulator.chat import effects, events, machine
from chatlift.emulator.chat.console import Console
from chatlift.emulator.chat.runtime import ChatRuntime, Outcome
from chatlift.emulator.chat.setup import AgentSettings, BlockingRule, Button, Deployment, Desk, Routing
from chatlift.emulator.chat.state import Agent, Attempt, Chat, Kind, Presence, Request, State, Tally, Visitor
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.running.codec import decode, encode
from chatlift.emulator.scenario import open_org

DAY = datetime(2026, 6, 15, 9, tzinfo=UTC)
NINE = int(DAY.timestamp())
ALL_ON = AgentSettings(
    sneak_peek=True,
    agent_sneak_peek=True,
    file_transfer=True,
    assistance_flag=True,
    conferencing=True,
    monitoring=True,
    transfer_to_agent=True,
    transfer_to_button=True,
    transfer_to_skill=True,
    visitor_blocking=True,
    whisper=True,
)


def settings(**values: Any) -> AgentSettings:
    """A configuration with every switch on."""
    return AgentSettings(**{name: getattr(ALL_ON, name) for name in AgentSettings.__dataclass_fields__} | values)


def button(id_: str = "b", /, **values: Any) -> Button:
    """A button with a queue that pushes to the least active agent with the skill ``s``."""
    given: dict[str, Any] = {"skills": ("s",), "has_queue": True} | values
    return Button(id_, f"Button {id_}", **given)


def desk(
    *buttons: Button,
    agents: dict[str, AgentSettings] | None = None,
    skills: dict[str, set[str]] | None = None,
    deployment: Deployment | None = None,
    blocking: tuple[BlockingRule, ...] = (),
    **more: Any,
) -> Desk:
    """A desk of agents ``a1`` to ``a3`` who have the skill ``s`` and room for two chats, unless told otherwise."""
    known = agents or dict.fromkeys(("a1", "a2", "a3"), settings(capacity=2))
    return Desk(
        buttons={one.id: one for one in buttons or (button(),)},
        deployments={"d": deployment or Deployment("d", "Web shop")},
        settings={"boss": ALL_ON, **known},
        skills={name: frozenset((skills or {}).get(name, {"s"})) for name in known},
        names={name: f"Agent {name}" for name in known},
        skill_names={"s": "Sales", "t": "Technics"},
        blocking=blocking,
        **more,
    )


class Run:
    """A desk at work: events go in one by one, what they asked for is kept."""

    def __init__(self, at: Desk) -> None:
        self.desk = at
        self.state = State()
        self.now = NINE
        self.asked: list[tuple[int, effects.Effect]] = []

    def at(self, time: str) -> "Run":
        """Let it be a time of the day, ``09:05:00``; what is due happens."""
        hours, minutes, seconds = map(int, time.split(":"))
        return self.later(NINE + (hours - 9) * 3600 + minutes * 60 + seconds - self.now)

    def later(self, seconds: int) -> "Run":
        self.now += seconds
        return self.do(events.TimePasses())

    def do(self, event: events.Event) -> "Run":
        self.state, asked = machine.step(self.desk, self.state, event, self.now)
        self.asked += asked
        for value in (*self.state.agents.values(), *self.state.chats.values(), *self.state.requests.values()):
            assert decode(type(value), encode(value)) == value
        return self

    # --- what people do ---

    def online(self, *agents: str) -> "Run":
        for agent in agents:
            self.do(events.LogIn(agent, f"session {agent}", Presence.ONLINE))
        return self

    def be(self, agent: str, presence: Presence) -> "Run":
        return self.do(events.SetPresence(agent, presence))

    def ask(self, key: str, *attempts: str, **visitor: Any) -> "Run":
        """Ask for a chat at buttons, or agents whose names begin with ``a``."""
        ways = tuple(Attempt(agent_id=one) if one[0] == "a" else Attempt(button_id=one) for one in attempts or ("b",))
        who = Visitor(**{"session_key": f"visitor of {key}", "ip_address": "192.0.2.1"} | visitor)
        self.do(events.AskForChat(key, who, "d", ways))
        if key in self.state.chats:
            self.do(events.VisitorSeen(key, is_polling=True))
        return self

    def accept(self, agent: str, key: str) -> "Run":
        return self.do(events.Accept(self.request(key, agent).id, agent))

    def decline(self, agent: str, key: str) -> "Run":
        return self.do(events.Decline(self.request(key, agent).id, agent))

    def engaged(self, key: str = "c", agent: str = "a1") -> "Run":
        """Bring a chat to an agent, who accepts it."""
        return self.ask(key).accept(agent, key)

    def says(self, key: str, who: str, text: str = "Hello") -> "Run":
        """Let the visitor ``v``, or an agent, say something."""
        return self.do(events.VisitorWrites(key, text) if who == "v" else events.AgentWrites(key, who, text))

    def over(self, agent: str, key: str) -> "Run":
        """End a chat and close its window."""
        return self.do(events.End(key, agent)).do(events.Close(key, agent))

    # --- what is seen ---

    def request(self, key: str, agent: str | None = None, kind: Kind | None = None) -> Request:
        return next(
            request
            for request in self.state.requests.values()
            if request.chat_key == key
            and (agent is None or request.is_listed or request.concerns(agent))
            and kind in (None, request.kind)
        )

    def asks(self, agent: str) -> list[str]:
        """The chats that an agent is asked to take."""
        return [request.chat_key for request in self.state.requests.values() if request.concerns(agent)]

    def chat(self, key: str = "c") -> Chat:
        """A chat as it is now, or as it was when its transcript was made."""
        return self.state.chats.get(key) or self.transcripts(key)[-1]

    def transcripts(self, key: str) -> list[Chat]:
        return [one.chat for _, one in self.asked if isinstance(one, effects.MakeTranscript) and one.chat.key == key]

    def steps(self, key: str = "c") -> list[str]:
        """The events of a chat: ``Accept(a1)``, ``EndVisitor``."""
        return [f"{step.type}({step.agent_id})" if step.agent_id else step.type for step in self.chat(key).happenings]

    def times(self, type_: str, key: str = "c") -> list[int]:
        """When events of a type happened, in seconds after nine."""
        return [step.time - NINE for step in self.chat(key).happenings if step.type == type_]

    def told(self, key: str = "c") -> list[str]:
        """What the visitor was told."""
        return [one.type for one in self.mail(key)]

    def mail(self, key: str = "c") -> list[effects.TellVisitor]:
        return [one for _, one in self.asked if isinstance(one, effects.TellVisitor) and one.chat_key == key]

    def reason(self, key: str = "c") -> str:
        """Why the visitor's chat did not come about, or ended."""
        return str(self.mail(key)[-1].message["reason"])

    def agent(self, name: str) -> Agent:
        return self.state.agents[name]

    def tally(self, name: str) -> Tally:
        """What an agent's session counts, up to the last step that changed it."""
        return [
            one.agent.tally for _, one in self.asked if isinstance(one, effects.KeepSession) and one.agent.id == name
        ][-1]

    def talking(self, key: str = "c") -> list[str]:
        return [member.agent_id for member in self.state.chats[key].talking]


@pytest.fixture
def run() -> Run:
    """The usual desk, with a1 and a2 Online."""
    return Run(desk()).online("a1", "a2")


# --- in an org --------------------------------------------------------------------------------------------------------

SCENARIO: dict[str, Any] = {
    "records": [
        *(
            {
                "object": "User",
                "ref": f"u_{name}",
                "fields": {"Username": f"{name}@desk.test", "FirstName": name.title(), "LastName": "Kern"},
            }
            for name in ("ada", "ben", "cleo")
        ),
        {"object": "Contact", "ref": "maya", "fields": {"LastName": "Maya"}},
    ],
    "chat": {
        "deployment": {"ref": "web", "name": "Web shop"},
        "skills": [{"ref": "sales", "name": "Sales"}, {"ref": "technics", "name": "Technics"}],
        "buttons": [
            {"ref": "buy", "name": "Buy now", "skills": ["@sales"], "queue": True},
            {"ref": "fix", "name": "Fix it", "skills": ["@technics"], "queue": True},
        ],
        "agents": [
            {"user": "@u_ada", "skills": ["@sales"], "capacity": 2},
            {"user": "@u_ben", "skills": ["@sales", "@technics"], "capacity": 2},
            {"user": "@u_cleo", "skills": ["@technics"], "capacity": 2},
        ],
    },
}


class ChatOrg:
    """A desk in an org whose clock stands still: agents by their first names, chats by what they are called."""

    def __init__(self, config: OrgConfig, *more: dict[str, Any]) -> None:
        self.org = open_org(config)
        self.refs = dict(self.org.seed(SCENARIO))
        for document in more:
            self.seed(document)
        self.runtime = self.org.room(ChatRuntime)
        self.console = Console(self.org)
        self.me = Caller(self.org.users.administrator_id)

    def seed(self, document: dict[str, Any]) -> None:
        """Seed a document in which ``{name}`` stands for the id of an earlier record."""

        def filled(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: filled(one) for key, one in value.items()}
            if isinstance(value, list):
                return [filled(one) for one in value]
            return self.refs[value[1:-1]] if isinstance(value, str) and value[:1] == "{" else value

        self.refs |= self.org.seed(filled(document))

    def id(self, name: str) -> str:
        return self.refs.get(name) or self.refs[f"u_{name}"]

    def log_in(self, *names: str, status: str = "Online") -> None:
        for name in names:
            self.console.log_in(self.id(name), status)

    def ask(self, key: str = "c", /, button: str = "buy", **visitor: Any) -> Outcome:
        who = Visitor(**{"session_key": f"visitor of {key}", "ip_address": "192.0.2.1"} | visitor)
        return self.do(events.AskForChat(key, who, self.id("web"), (Attempt(button_id=self.id(button)),)))

    def do(self, event: events.Event) -> Outcome:
        return self.runtime.step(event)

    def accept(self, name: str) -> str:
        """Take what an agent is asked first."""
        [request, *_] = self.console.agent(self.id(name))["requests"]
        return str(self.console.accept(request["requestId"], self.id(name))["chatKey"])

    def engaged(self, key: str = "c", agent: str = "ada", /, **visitor: Any) -> None:
        self.ask(key, **visitor)
        assert self.accept(agent) == key
        self.do(events.VisitorSeen(key, is_polling=True))

    def over(self, name: str, key: str = "c") -> str:
        """End a chat and close its window; return the transcript's id."""
        self.console.end(key, self.id(name))
        return str(self.console.close(key, self.id(name))["transcriptId"])

    def later(self, seconds: int) -> None:
        self.org.clock.set(self.org.clock.now() + timedelta(seconds=seconds))
        self.org.catch_up()

    def rows(self, soql: str) -> list[dict[str, Any]]:
        """Records by SOQL, without their attributes."""
        found = self.org.query.run(self.me, soql).records
        return [{name: value for name, value in row.items() if name != "attributes"} for row in found]

    def transcript(self, fields: str, key: str = "c") -> dict[str, Any]:
        [row] = self.rows(f"SELECT {fields} FROM LiveChatTranscript WHERE ChatKey = '{key}'")
        return row

    def steps(self, key: str = "c") -> list[str]:
        where = f"LiveChatTranscript.ChatKey = '{key}'"
        soql = f"SELECT Type FROM LiveChatTranscriptEvent WHERE {where} ORDER BY Time, Name"
        return [row["Type"] for row in self.rows(soql)]


@pytest.fixture
def opened() -> Iterator[Callable[..., ChatOrg]]:
    """Open desks in orgs of their own; they are closed after the test."""
    made: list[ChatOrg] = []

    def make(*more: dict[str, Any], config: OrgConfig = OrgConfig(now=DAY, frozen=True)) -> ChatOrg:
        made.append(ChatOrg(config, *more))
        return made[-1]

    yield make
    for one in made:
        one.org.close()


@pytest.fixture
def at_work(opened: Callable[..., ChatOrg]) -> ChatOrg:
    """A desk in an org, with Ada and Ben Online."""
    desk_in_org = opened()
    desk_in_org.log_in("ada", "ben")
    return desk_in_org


__all__ = ["ALL_ON", "DAY", "NINE", "ChatOrg", "Routing", "Run", "button", "desk", "settings"]
