"""Enhanced chat without an org: its rules as values, its steps one by one, and what they asked for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count, groupby
from typing import Any

import pytest

from chatlift.emulator.messaging import effects, entries, events, machine
from chatlift.emulator.messaging.effects import Entry
from chatlift.emulator.messaging.setup import Bot, Channel, Deployment, Setup
from chatlift.emulator.messaging.state import Conversation, Ender, Kind, Rep, Session, State, Status, Target, Work
from chatlift.emulator.running.codec import decode, encode

DAY = datetime(2026, 6, 15, 9, tzinfo=UTC)
NINE = int(DAY.timestamp()) * 1000
REPS = ("kim", "leo", "mia")
HOUR = 3600


class Ids:
    """Ids that tell what they are of."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def record(self, sobject: str) -> str:
        return f"{sobject} {next(self._numbers)}"

    def uuid(self) -> str:
        return f"uuid {next(self._numbers)}"


def channel(**values: Any) -> Channel:
    """A channel for the web whose sessions go to the queue ``q``."""
    given: dict[str, Any] = {"queue_id": "q"} | values
    return Channel("ch", "Web_Chat", "Web chat", **given)


def setup(web: Channel | None = None, platform: str = "Web", **more: Any) -> Setup:
    """Reps kim, leo and mia in the queue ``q``, with the skill ``s`` and room for two sessions each, unless told otherwise."""
    at = web or channel()
    given: dict[str, Any] = {
        "names": {name: name.title() for name in REPS},
        "members": {"q": frozenset(REPS), "other": frozenset({"mia"})},
        "skills": {name: frozenset({"s"}) for name in REPS},
        "capacities": dict.fromkeys(REPS, 2.0),
        "queue_names": {"q": "Sales", "other": "Repairs", "empty": "Nobody"},
        "default_owner": "robot",
    } | more
    return Setup(deployments={"web": Deployment("web", "Web", at, platform)}, **given)


class Run:
    """Enhanced chat at work: events go in one by one, what they asked for is kept."""

    def __init__(self, at: Setup | None = None, **web: Any) -> None:
        self.setup = at or setup(channel(**web))
        self.state = State()
        self.now = NINE
        self.ids = Ids()
        self.asked: list[tuple[int, effects.Effect]] = []
        self._messages = count(1)

    def do(self, event: events.Event) -> "Run":
        self.state, asked = machine.step(self.setup, self.state, event, self.now, self.ids)
        self.asked += asked
        for values in (self.state.reps, self.state.conversations, self.state.sessions, self.state.work):
            for value in values.values():
                assert decode(type(value), encode(value)) == value
        return self

    def later(self, seconds: float) -> "Run":
        self.now += int(seconds * 1000)
        return self.do(events.TimePasses())

    def publish(self, **changes: Any) -> "Run":
        """Let the channel act with other settings."""
        deployment = self.setup.deployments["web"]
        published = replace(deployment, channel=replace(deployment.channel, **changes))
        self.setup = replace(self.setup, deployments={"web": published})
        return self

    # --- what people do ---

    def online(self, *reps: str) -> "Run":
        for rep in reps:
            self.do(events.SetPresence(rep, f"presence {rep} {self.now}", "st-online", "Online", True))
        return self

    def busy(self, rep: str) -> "Run":
        return self.do(events.SetPresence(rep, f"presence {rep} {self.now}", "st-busy", "Busy", False))

    def open(self, key: str = "c", **values: Any) -> "Run":
        """Let an end user open a conversation on the deployment ``web``; he is not verified unless told."""
        given: dict[str, Any] = {
            "deployment": "web",
            "subject": f"uid:{key}",
            "end_user_id": f"eu {key}",
            "end_user_name": "Ann",
            "platform": self.setup.deployments["web"].platform,
        } | values
        return self.do(events.OpenConversation(key, **given))

    def message(self, text: str) -> events.Message:
        id_ = f"message {next(self._messages)}"
        return events.Message(id_, entries.text_message(id_, text), text)

    def writes(self, text: str = "Hello", key: str = "c", **values: Any) -> "Run":
        """Let the end user write."""
        return self.do(events.EndUserWrites(key, self.message(text), **values))

    def says(self, rep: str, text: str = "Yes?", key: str = "c") -> "Run":
        return self.do(events.RepWrites(self.session(key).id, rep, self.message(text)))

    def accept(self, rep: str, key: str = "c") -> "Run":
        return self.do(events.Accept(self.offer(key, rep).id, rep))

    def decline(self, rep: str, key: str = "c") -> "Run":
        return self.do(events.Decline(self.offer(key, rep).id, rep))

    def engaged(self, rep: str = "kim", key: str = "c", **values: Any) -> "Run":
        """Bring a conversation to a rep, who accepts its session."""
        if rep not in self.state.reps:
            self.online(rep)
        return self.open(key, **values).accept(rep, key)

    def end(self, rep: str | None = None, key: str = "c", by: Ender = Ender.AGENT) -> "Run":
        return self.do(events.End(self.session(key).id, by, rep))

    def transfer(self, rep: str | None, key: str = "c", **to: Any) -> "Run":
        return self.do(events.Transfer(self.session(key).id, rep, Target(**to)))

    def invite(self, rep: str, key: str = "c", **to: Any) -> "Run":
        return self.do(events.Invite(self.session(key).id, rep, Target(**to)))

    def close(self, rep: str, key: str = "c") -> "Run":
        return self.do(events.CloseTab(self.session(key).id, rep))

    # --- what is seen ---

    def conversation(self, key: str = "c") -> Conversation:
        """A conversation as it is now, or as it was when it left the state."""
        return self.state.conversations.get(key) or self.closed(key)

    def closed(self, key: str = "c") -> Conversation:
        return next(
            one.conversation
            for _, one in self.asked
            if isinstance(one, effects.CloseConversation) and one.conversation.id == key
        )

    def sessions(self, key: str = "c") -> list[Session]:
        """All sessions of a conversation, each as it was kept last, in order."""
        kept: dict[str, Session] = {}
        for _, one in self.asked:
            if isinstance(one, effects.KeepSession) and one.conversation.id == key:
                kept[one.session.id] = one.session
        return [self.state.sessions.get(id_, session) for id_, session in kept.items()]

    def session(self, key: str = "c") -> Session:
        """The newest session of a conversation."""
        return self.sessions(key)[-1]

    @property
    def status(self) -> Status:
        return self.session().status

    def statuses(self, key: str = "c") -> list[str]:
        """Through which statuses the conversation's newest session went."""
        through = [
            str(one.session.status)
            for _, one in self.asked
            if isinstance(one, effects.KeepSession) and one.session.id == self.session(key).id
        ]
        return [status for status, _ in groupby(through)]

    def offer(self, key: str = "c", rep: str | None = None) -> Work:
        session = self.session(key)
        return next(
            work
            for work in self.state.work.values()
            if work.session_id == session.id and not work.is_open and rep in (None, work.rep_id)
        )

    def offers(self, rep: str) -> list[str]:
        """The conversations of which a rep is offered work, oldest first."""
        own = [work for work in self.state.work.values() if work.rep_id == rep and not work.is_open]
        return [
            self.state.sessions[work.session_id].conversation_id for work in sorted(own, key=lambda one: one.number)
        ]

    def load(self, rep: str) -> float:
        return sum(work.weight for work in self.state.work.values() if work.rep_id == rep)

    def works(self, key: str = "c") -> list[tuple[str, str]]:
        """What became of the work of a conversation: rep and AgentWork.Status, as it was written."""
        return [
            (one.work.rep_id, one.status)
            for _, one in self.asked
            if isinstance(one, effects.KeepWork) and one.session.conversation_id == key
        ]

    def entries(self, key: str = "c", type_: str | None = None) -> list[Entry]:
        """The entries of a conversation, in order."""
        return [
            one.entry
            for _, one in self.asked
            if isinstance(one, effects.AddEntry) and one.conversation.id == key and type_ in (None, one.entry.type)
        ]

    def said(self, key: str = "c") -> list[str]:
        """Who said what: ``EndUser: Hello``."""
        return [f"{entry.role}: {entry.text}" for entry in self.entries(key, "Message")]

    def told(self, key: str = "c") -> list[str]:
        """What the end user's streams were told."""
        return [one.event for one in self.streamed(key)]

    def streamed(self, key: str = "c") -> list[effects.AddEntry | effects.TellStreams]:
        return [
            one
            for _, one in self.asked
            if isinstance(one, effects.AddEntry | effects.TellStreams)
            and one.conversation.id == key
            and (isinstance(one, effects.TellStreams) or not one.entry.is_hidden)
        ]

    def kept(self, kind: type[Any]) -> list[Any]:
        """Effects of a kind, in order."""
        return [one for _, one in self.asked if isinstance(one, kind)]

    def present(self, key: str = "c") -> list[str]:
        return [one.key for one in self.session(key).present]


@pytest.fixture
def run() -> Run:
    """The usual channel, with kim and leo Online."""
    return Run().online("kim", "leo")


__all__ = [
    "DAY", "HOUR", "NINE", "REPS", "Bot", "Channel", "Ender", "Kind", "Mapping", "Rep", "Run", "Status", "Target", "channel", "setup",
]  # fmt: skip
