"""Random days at random desks: whatever agents and visitors do, what the rules promise holds after every step."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.resources import files

import pytest

from chatlift.emulator.chat import effects, events, machine, timers
from chatlift.emulator.chat.draft import Draft
from chatlift.emulator.chat.refusals import RuleRefused, Unknown
from chatlift.emulator.chat.setup import BlockingRule, Button, Deployment, Desk, Routing
from chatlift.emulator.chat.state import Attached, Attempt, Chat, Happening, Presence, Request, Stage, State, Visitor
from chatlift.emulator.running.codec import decode, encode

from .conftest import NINE, desk, settings

AGENTS = tuple(f"a{number}" for number in range(1, 6))
BUTTONS = ("b0", "b1", "b2", "b3")
ADDRESSES = ("192.0.2.1", "192.0.2.2", None)
STEPS_A_DAY = 400
TYPES = {
    value["value"] if isinstance(value, dict) else value
    for field in json.loads(files("chatlift.schemas").joinpath("legacy/LiveChatTranscriptEvent.json").read_text())[
        "fields"
    ]
    if field["name"] == "Type"
    for value in field["picklistValues"]
}


def a_desk(chance: random.Random) -> Desk:
    """A desk of any kind of buttons, agents and time-outs."""

    def button(number: int) -> Button:
        return Button(
            f"b{number}",
            f"Button {number}",
            routing=chance.choice(list(Routing)) if number else chance.choice(list(Routing)[:3]),
            skills=tuple(chance.sample("st", chance.randint(1, 2))),
            is_active=chance.random() < 0.95,
            has_queue=chance.random() < 0.7,
            queue_limit_per_agent=chance.choice((0, 0, 1, 2)),
            queue_limit=chance.choice((0, 0, 1, 3)),
            push_timeout=chance.choice((None, 20, 60)),
            auto_accept=chance.random() < 0.2,
            reroutes_declined=chance.random() < 0.6,
            rerouting_attempts=chance.randint(0, 2),
            greeting=chance.choice((None, "Welcome")),
            idle_warning=chance.choice((None, 30)),
            idle_timeout=chance.choice((None, 60)),
            queue_members=tuple(chance.sample(AGENTS, 4)),
        )

    agents = {
        name: settings(
            capacity=chance.randint(0, 4),
            critical_wait=chance.choice((None, 20)),
            away_on_decline=chance.random() < 0.3,
            away_on_push_timeout=chance.random() < 0.3,
            greets_again=chance.random() < 0.5,
            greeting="Hi",
        )
        for name in AGENTS
    }
    return desk(
        *(button(number) for number in range(len(BUTTONS))),
        agents=agents,
        skills={name: set(chance.sample("st", chance.randint(1, 2))) for name in AGENTS},
        deployment=Deployment("d", "Web", connection_warning=15, connection_timeout=chance.choice((40, 150))),
        blocking=(BlockingRule("rule", "192.0.2.2"),) if chance.random() < 0.1 else (),
    )


class Day:
    """A random day, and what a bookkeeper outside the machine knows of it."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.desk = a_desk(self.chance)
        self.state = State()
        self.now = NINE
        self.number = 0
        self.said: dict[str, list[tuple[str, str]]] = {}
        self.sent: dict[str, list[str]] = {}
        self.last_words: Counter[str] = Counter()
        self.transcribed: Counter[str] = Counter()
        self.asked_for: set[str] = set()
        self.offline: dict[str, int] = {}
        self.events = Counter[str]()
        for name in AGENTS:
            self.do(events.LogIn(name, f"first session {name}", Presence.ONLINE))

    # --- what happens next ---

    def event(self) -> events.Event:
        chance = self.chance
        chats = list(self.state.chats.values())
        engaged = [chat for chat in chats if chat.stage is Stage.ENGAGED]
        chat = chance.choice((engaged if chance.random() < 0.8 else chats) or chats or [None])
        key = chat.key if chat is not None else "none"
        agent = chance.choice(AGENTS)
        if chat is not None and chat.members and chance.random() < 0.9:
            agent = chance.choice(chat.talking or chat.members).agent_id
        request: Request | None = chance.choice(list(self.state.requests.values()) or [None])
        if request is not None and request.candidates and chance.random() < 0.9:
            answering = chance.choice(request.candidates)
        else:
            answering = agent
        self.number += 1
        text = f"text {self.number}"
        ways = [("to_agent_id", chance.choice(AGENTS)), ("to_skill_id", chance.choice("st"))]
        way = dict([chance.choice([*ways, ("to_button_id", chance.choice(BUTTONS))])])
        record = Attached(f"record {chance.randint(1, 3)}", chance.choice(("Case", "Contact")), "name")
        if chat is not None and chat.attached and chance.random() < 0.7:
            record = chance.choice(chat.attached)
        sender = next(
            (one.sent_by for one in self.state.requests.values() if one.chat_key == key and one.sent_by), agent
        )
        deeds: list[tuple[float, Callable[[], events.Event]]] = [
            (4, lambda: events.LogIn(chance.choice(AGENTS), f"session {self.number}", chance.choice(list(Presence)))),
            (2, lambda: events.SetPresence(agent, chance.choice([*Presence, *[Presence.ONLINE] * 6]))),
            (0.2, lambda: events.LogOut(agent)),
            (0.1, lambda: events.AgentLost(agent)),
            (12 if len(chats) < 12 else 2, self._ask),
            (20, lambda: events.Accept(request.id if request else "r0", answering)),
            (4, lambda: events.Decline(request.id if request else "r0", answering)),
            (6, lambda: events.VisitorSeen(key, chance.random() < 0.9)),
            (12, lambda: events.VisitorWrites(key, text)),
            (2, lambda: events.VisitorTypes(key, chance.random() < 0.5, chance.choice((None, text)))),
            (1, lambda: events.VisitorSignals(key, "type", text)),
            (1, lambda: events.VisitorBrowses(key, text)),
            (0.7, lambda: events.VisitorEnds(key)),
            (0.2, lambda: events.VisitorLost(key)),
            (14, lambda: events.AgentWrites(key, agent, text, chance.choice((None, "q1", "q2")))),
            (2, lambda: events.AgentTypes(key, agent, chance.random() < 0.5, text)),
            (1, lambda: events.AgentSignals(key, agent, "type", text)),
            (2, lambda: events.Whisper(key, "boss", "Boss", text)),
            (2, lambda: events.RaiseFlag(key, agent, text)),
            (2, lambda: events.LowerFlag(key, chance.choice((agent, "boss")))),
            (2, lambda: events.End(key, agent)),
            (8, lambda: events.Close(key, agent)),
            (0.5, lambda: events.Block(key, agent, text)),
            (3, lambda: events.Attach(key, agent, record)),
            (1, lambda: events.Detach(key, agent, record.record_id)),
            (4, lambda: events.RequestFile(key, agent, record.record_id, text, "url")),
            (1, lambda: events.CancelFile(key, chance.choice((agent, None)))),
            (4, self._file(key)),
            (5, lambda: events.Transfer(key, agent, message=text, **way)),
            (3, lambda: events.CancelTransfer(key, sender)),
            (8, lambda: events.Invite(key, agent, **dict([chance.choice(ways)]))),
            (3, lambda: events.CancelInvite(key, sender)),
            (3, lambda: events.Leave(key, agent)),
            (3, events.TimePasses),
            (0.6, lambda: events.BotOpens(chance.choice(BUTTONS), "Nora")),
            (1, lambda: events.BotCloses(chance.choice(BUTTONS))),
        ]
        if led := [one.key for one in chats if one.stage is Stage.BOT]:
            bots = chance.choice(led)
            deeds += [
                (8, lambda: events.BotWrites(bots, text)),
                (4, lambda: events.BotTransfers(bots, chance.choice((None, *BUTTONS)))),
                (1, lambda: events.BotEnds(bots, chance.random() < 0.5)),
            ]
        if chance.random() < 0.0003:
            return events.ServerStopped()
        [make] = chance.choices([deed for _, deed in deeds], [weight for weight, _ in deeds])
        return make()

    def _ask(self) -> events.Event:
        key = f"c{self.number}"
        self.asked_for.add(key)
        ways = [Attempt(button_id=one) for one in BUTTONS] + [Attempt(agent_id=one) for one in AGENTS]
        attempts = tuple(self.chance.sample(ways, self.chance.choice((1, 1, 1, 2))))
        address = self.chance.choice(ADDRESSES)
        return events.AskForChat(key, Visitor(f"visitor {self.number}", ip_address=address), "d", attempts)

    def _file(self, key: str) -> Callable[[], events.Event]:
        chat = self.state.chats.get(key)
        token = chat.file_request.token if chat and chat.file_request else "none"
        return lambda: events.FileArrived(key, token, "a.txt", self.chance.choice((None, "too large")), "069")

    # --- a step, and what must be true after it ---

    def step(self) -> None:
        self.now += self.chance.choice((0, 0, 0, 0, 1, 1, 2, 5, self.chance.randint(0, 20)))
        if self.chance.random() < 0.01:
            self._change_room()
        self.do(self.event())

    def do(self, event: events.Event) -> None:
        before = self.state
        try:
            after, asked = machine.step(self.desk, before, event, self.now)
        except (RuleRefused, Unknown):
            self.state, asked = machine.step(self.desk, before, events.TimePasses(), self.now)
            self._check(before, self.state, asked, events.TimePasses())
            return
        assert (after, asked) == machine.step(self.desk, before, event, self.now)
        self.state = after
        self.events[type(event).__name__] += 1
        self._check(before, after, asked, event)

    def _change_room(self) -> None:
        agent = self.chance.choice(AGENTS)
        changed = replace(self.desk.settings_of(agent), capacity=self.chance.randint(0, 3))
        self.desk = replace(self.desk, settings={**self.desk.settings, agent: changed})

    def _check(
        self, before: State, after: State, asked: tuple[tuple[int, effects.Effect], ...], event: events.Event
    ) -> None:
        self._note_what_was_said(event, after)
        for at, effect in asked:
            assert at <= self.now
            self._note(effect)
        times = [at for at, _ in asked]
        assert times == sorted(times)
        self._note_offline(before, after, asked)
        due = timers.next_due(self.desk, after)
        assert due is None or due > self.now
        self._check_room(before, after)
        for chat in after.chats.values():
            if before.chats.get(chat.key) is not chat:
                self._check_chat(chat, after)
        for request in after.requests.values():
            assert request.chat_key in after.chats
            for agent in request.candidates:
                assert after.agents[agent].presence is Presence.ONLINE
        for kind in ("agents", "chats", "requests"):
            old = getattr(before, kind)
            for name, value in getattr(after, kind).items():
                if old.get(name) is not value:
                    assert decode(type(value), encode(value)) == value

    def _note_what_was_said(self, event: events.Event, after: State) -> None:
        said = {
            events.VisitorWrites: "Visitor",
            events.AgentWrites: "Agent",
            events.Whisper: "Supervisor",
            events.BotWrites: "Bot",
        }.get(type(event))
        if said and isinstance(event, events.VisitorWrites | events.AgentWrites | events.Whisper | events.BotWrites):
            self.said.setdefault(event.chat_key, []).append((said, event.text))

    def _note(self, effect: effects.Effect) -> None:
        match effect:
            case effects.TellVisitor():
                if effect.type in ("ChatEnded", "ChatRequestFail"):
                    self.last_words[effect.chat_key] += 1
                elif effect.type == "ChatMessage":
                    self.sent.setdefault(effect.chat_key, []).append(effect.message["text"])
            case effects.MakeTranscript():
                self._over(effect.chat)
            case effects.KeepOmniWork(is_over=True):
                self._over(effect.chat)
            case effects.KeepSession(logout=int(logout)):
                self._check_tally(effect, logout)

    def _over(self, chat: Chat) -> None:
        self.transcribed[chat.key] += 1
        assert self.transcribed[chat.key] == 1
        assert chat.stage is Stage.ENDED and chat.ended is not None and chat.status is not None
        assert (chat.started is None) == (chat.status == "Missed" or chat.happenings[-1].type == "CancelBlocked")
        kept = [(str(one.role), one.text) for one in chat.messages if not one.is_automatic]
        assert kept == self.said.get(chat.key, [])
        shown = [one.text for one in chat.messages if one.role in ("Agent", "Bot")]
        assert shown == self.sent.get(chat.key, [])

    def _check_tally(self, kept: effects.KeepSession, logout: int) -> None:
        tally = kept.agent.tally
        assert tally.assigned == tally.engaged + tally.declined + tally.timed_out + tally.withdrawn
        logged_in = logout - kept.agent.login_time
        offline = self.offline.pop(kept.agent.id, 0)
        assert tally.online + tally.away == logged_in - (offline + logout if offline < 0 else offline)
        assert tally.idle <= tally.online
        assert tally.in_chats + tally.idle <= logged_in
        assert tally.flags_lowered_by_agent + tally.flags_lowered_by_supervisor <= tally.flags_raised

    def _note_offline(self, before: State, after: State, asked: tuple[tuple[int, effects.Effect], ...]) -> None:
        """Add up who is Offline; it begins and ends only when somebody says so, at this very moment."""
        for name, agent in after.agents.items():
            old = before.agents.get(name)
            if old is None or old.session_id != agent.session_id:
                self.offline[name] = -self.now if agent.presence is Presence.OFFLINE else 0
            elif old.presence is not agent.presence:
                if agent.presence is Presence.OFFLINE:
                    self.offline[name] = self.offline.get(name, 0) - self.now
                elif old.presence is Presence.OFFLINE:
                    self.offline[name] = self.offline.get(name, 0) + self.now

    def _check_room(self, before: State, after: State) -> None:
        then, now = Draft(self.desk, before, self.now), Draft(self.desk, after, self.now)
        for agent in after.agents:
            load = now.load(agent)
            if load > self.desk.settings_of(agent).capacity and load > then.load(agent):
                new = [step.type for step in _new_steps(before, after) if step.agent_id == agent]
                assert "Transfer" in new or "OperatorJoinedConference" in new, (agent, load, new)

    def _check_chat(self, chat: Chat, after: State) -> None:
        times = [step.time for step in chat.happenings]
        assert times == sorted(times)
        assert {step.type for step in chat.happenings} <= TYPES
        talking = [member.agent_id for member in chat.talking]
        assert len(set(talking)) == len(talking)
        assert set(talking) <= after.agents.keys()
        assert {member.agent_id for member in chat.open_windows} <= after.agents.keys()
        assert bool(talking) == (chat.stage is Stage.ENGAGED)
        assert (chat.queueing is not None) == (chat.stage is Stage.WAITING)
        assert self.last_words[chat.key] == (chat.stage is Stage.ENDED)
        assert len([one for one in after.requests.values() if one.chat_key == chat.key]) <= 1
        kept = [(str(one.role), one.text) for one in chat.messages if not one.is_automatic]
        assert kept == self.said.get(chat.key, [])

    def close(self) -> None:
        """Let everybody go home: all chats end and leave what they must."""
        for agent in list(self.state.agents):
            self.do(events.LogOut(agent))
        self.do(events.ServerStopped())
        assert (self.state.agents, self.state.chats, self.state.requests) == ({}, {}, {})
        assert self.transcribed == self.last_words == Counter(self.asked_for)


def _new_steps(before: State, after: State) -> Iterator[Happening]:
    for chat in after.chats.values():
        old = before.chats.get(chat.key)
        yield from chat.happenings[len(old.happenings) if old else 0 :]


@pytest.mark.proof
def test_the_rules_hold_on_random_days(sized: Callable[[int], int]) -> None:
    happened: Counter[str] = Counter()
    for seed in range(sized(100_000) // STEPS_A_DAY):
        day = Day(seed)
        try:
            for _ in range(STEPS_A_DAY):
                day.step()
            day.close()
        except BaseException as error:
            error.add_note(f"on day {seed}, step {day.number}")
            raise
        happened += day.events
    assert len(happened) >= 28, happened
