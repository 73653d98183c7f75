"""Whatever end users, reps, bots and the clock do: what enhanced chat promises holds in every state that can be reached."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chatlift.emulator.messaging import effects, events, machine, routing
from chatlift.emulator.messaging.draft import Draft
from chatlift.emulator.messaging.refusals import ConversationClosed, RuleRefused, Unknown
from chatlift.emulator.messaging.state import Role, Session, Work
from chatlift.emulator.running.codec import decode, encode

from .conftest import REPS, Bot, Ender, Ids, Kind, Run, Status, Target, channel, setup

ROBO = Bot("Robo", ("Hi",), (("price", "Ten"),), "Hm?", hands_over_on=("human",), ends_on=("bye",))
WORDS = ("Hello", "STOP", "yes", "help", "a human, please", "bye", "price")
TARGETS = (
    Target(rep_id="kim"), Target(rep_id="leo"), Target(rep_id="mia"), Target(queue_id="q"), Target(queue_id="other"),
    Target(queue_id="empty"), Target(skill_ids=("s",)), Target(skill_ids=("s", "t")), Target(skill_ids=("x",)), Target(),
)  # fmt: skip
REFUSALS = (RuleRefused, Unknown)
some = st.integers(0, 30)
rep = st.sampled_from(REPS)


class EnhancedChat(RuleBasedStateMachine):
    """Days at a channel of any kind."""

    happened: ClassVar[Counter[str]] = Counter()

    @initialize(
        web=st.fixed_dictionaries(
            {
                "session_based": st.booleans(),
                "push_timeout": st.sampled_from((None, 20)),
                "auto_accept": st.sampled_from((False, False, True)),
                "inactivity_seconds": st.sampled_from((None, 300)),
                "capacity_weight": st.sampled_from((1.0, 1.0, 0.5, 1.5)),
                "consent_type": st.sampled_from(("ImplicitOptIn", "ImplicitOptIn", "ExplicitOptIn")),
                "queue_id": st.sampled_from(("q", "q", "q", None)),
                "skill_ids": st.sampled_from(((), (), ("s",))),
                "bot": st.sampled_from((None, None, ROBO)),
                "end_response": st.sampled_from(("", "Bye")),
                "queue_position": st.booleans(),
            }
        ),
        platform=st.sampled_from(("Web", "Mobile")),
    )
    def a_channel(self, web: dict[str, Any], platform: str) -> None:
        words = {"opt_out_keywords": ("STOP",), "opt_in_keywords": ("yes",), "help_keywords": ("help",)}
        skills = {"kim": frozenset({"s"}), "leo": frozenset({"s", "t"}), "mia": frozenset({"t"})}
        capacities = {"kim": 1.0, "leo": 2.0, "mia": 3.0}
        at = setup(channel(**web, **words), platform, skills=skills, capacities=capacities)
        self.run = Run(at)
        self.ids = Ids()
        self.keys: list[str] = []
        self.ended: dict[str, int] = {}
        """When each conversation that has ended did."""
        self.over: dict[str, Session] = {}
        """Each session that has ended, as it was then."""
        self.outlived: set[str] = set()
        """Sessions whose conversations may go on without them."""
        for name in REPS:
            self.be(name, "online")
        for who in range(2):
            self.open(who, verified=False, given=False)

    @property
    def offers(self) -> list[Work]:
        return [work for work in self.run.state.work.values() if not work.is_open]

    @property
    def tabs(self) -> list[Work]:
        return [work for work in self.run.state.work.values() if work.is_open]

    def key(self, number: int) -> str:
        return self.keys[number % len(self.keys)]

    # --- the act, and what is looked at in it ---

    def do(self, event: events.Event, closed: str | None = None) -> None:
        """Let something happen; closed: the conversation that must refuse it if it has ended."""
        run, before = self.run, self.run.state
        try:
            state, asked = machine.step(run.setup, before, event, run.now, self.ids)
        except REFUSALS as error:
            self.happened[f"{type(event).__name__} refused"] += 1
            if closed in before.conversations and closed in self.ended and not isinstance(event, events.StartOutbound):
                assert isinstance(error, ConversationClosed), event  # noqa: PT017  # refusals are of three kinds
            return
        assert closed not in self.ended, f"{event} was accepted by a conversation that has ended"
        self.happened[type(event).__name__] += 1
        is_opt_out = isinstance(event, events.EndUserWrites) and event.message.text == "STOP"
        sessions_before = dict(before.sessions)
        last = before.time
        for time, effect in asked:
            assert time >= last
            last = time
            match effect:
                case effects.AddEntry():
                    assert effect.conversation.id not in self.ended, "an entry came into an ended conversation"
                case effects.KeepConversation(conversation=conversation) if conversation.ended is not None:
                    assert conversation.id not in self.ended
                    self.ended[conversation.id] = conversation.ended
                case effects.SessionOver(session=session):
                    assert session.id not in self.over
                    self.over[session.id] = session
                    if is_opt_out and session.id in sessions_before:
                        self.outlived.add(session.id)
                    if not run.setup.deployments["web"].channel.session_based:
                        self.outlived.add(session.id)
                case effects.KeepSession(session=session) if session.id in self.over:
                    assert session == self.over[session.id], "an ended session changed"
        run.state = state

    # --- what people do ---

    @rule(name=rep, kind=st.sampled_from(("online", "online", "busy", "home")))
    def be(self, name: str, kind: str) -> None:
        if kind == "home":
            self.do(events.LogOut(name))
        else:
            id_, status = self.ids.record("UserServicePresence"), "Online" if kind == "online" else "Busy"
            self.do(events.SetPresence(name, id_, status, status, kind == "online"))

    @rule(who=st.integers(0, 3), verified=st.booleans(), given=st.booleans())
    def open(self, who: int, verified: bool, given: bool) -> None:
        key = f"c{len(self.keys)}"
        self.keys.append(key)
        deployment = self.run.setup.deployments["web"]
        verified = verified and not deployment.channel.session_based
        attributes = (("_firstName", "Ann"),) if given else ()
        self.do(
            events.OpenConversation(
                key, "web", f"uid:{who}", f"eu{who}", "Ann", deployment.platform, verified, attributes=attributes
            )
        )

    @rule(number=some, text=st.sampled_from(WORDS))
    def write(self, number: int, text: str) -> None:
        self.do(events.EndUserWrites(self.key(number), self.run.message(text)), closed=self.key(number))

    @rule(number=some, kind=st.sampled_from(("types", "reads", "ends", "closes", "history")))
    def end_user(self, number: int, kind: str) -> None:
        key = self.key(number)
        made: dict[str, events.Event] = {
            "types": events.EndUserTypes(key, "e", True),
            "reads": events.EndUserAcknowledges(key, "e", "m", "Read"),
            "ends": events.EndUserEndsSession(key),
            "closes": events.EndUserCloses(key),
            "history": events.AddHistory(key, ()),
        }
        self.do(made[kind], closed=key)

    @precondition(lambda self: self.offers)
    @rule(number=some)
    def accept(self, number: int) -> None:
        for _ in range(1 + number % 3):
            if offers := self.offers:
                work = offers[number % len(offers)]
                self.do(events.Accept(work.id, work.rep_id))

    @precondition(lambda self: self.offers)
    @rule(number=some)
    def decline(self, number: int) -> None:
        work = self.offers[number % len(self.offers)]
        self.do(events.Decline(work.id, work.rep_id))

    @precondition(lambda self: self.tabs)
    @rule(number=some)
    def say(self, number: int) -> None:
        work = self.tabs[number % len(self.tabs)]
        self.do(events.RepWrites(work.session_id, work.rep_id, self.run.message("Yes?")))

    @precondition(lambda self: self.tabs)
    @rule(number=some, name=rep)
    def confer(self, number: int, name: str) -> None:
        """Ask a rep into a session, and let him come."""
        work = self.tabs[number % len(self.tabs)]
        self.do(events.Invite(work.session_id, work.rep_id, Target(rep_id=name)))
        for offer in self.offers:
            if offer.kind is Kind.CONFERENCE:
                self.do(events.Accept(offer.id, offer.rep_id))

    @precondition(lambda self: self.tabs)
    @rule(number=some, kind=st.sampled_from(("types", "reads", "inactive", "pause", "flag", "leave")))
    def serve(self, number: int, kind: str) -> None:
        work = self.tabs[number % len(self.tabs)]
        made: dict[str, Callable[[str, str], events.Event]] = {
            "types": lambda id_, name: events.RepTypes(id_, name, "e", True),
            "reads": lambda id_, name: events.RepAcknowledges(id_, name, "e", "m", "Read"),
            "inactive": events.MarkInactive,
            "pause": events.Resume if self.run.state.sessions[work.session_id].paused_by else events.Pause,
            "flag": lambda id_, name: events.RaiseFlag(id_, name, "help"),
            "leave": events.Leave,
        }
        self.do(made[kind](work.session_id, work.rep_id))

    @precondition(lambda self: self.tabs)
    @rule(number=some, closes=st.booleans())
    def finish(self, number: int, closes: bool) -> None:
        work = self.tabs[number % len(self.tabs)]
        if closes:
            self.do(events.CloseTab(work.session_id, work.rep_id))
        else:
            self.do(events.End(work.session_id, Ender.AGENT, work.rep_id))

    @precondition(lambda self: self.tabs)
    @rule(number=some, to=st.sampled_from(TARGETS), invites=st.booleans())
    def hand_on(self, number: int, to: Target, invites: bool) -> None:
        work = self.tabs[number % len(self.tabs)]
        self.do((events.Invite if invites else events.Transfer)(work.session_id, work.rep_id, to))

    @precondition(lambda self: self.run.state.sessions)
    @rule(number=some, name=rep, kind=st.sampled_from(("stranger", "bot", "system", "fail", "whisper")))
    def interfere(self, number: int, name: str, kind: str) -> None:
        session = list(self.run.state.sessions.values())[number % len(self.run.state.sessions)]
        made: dict[str, events.Event] = {
            "stranger": events.RepWrites(session.id, name, self.run.message("I am wrong here")),
            "bot": events.End(session.id, Ender.BOT),
            "system": events.End(session.id, Ender.SYSTEM),
            "fail": events.Fail(session.id),
            "whisper": events.Whisper(session.id, "boss", "Psst"),
        }
        said = self.happened["RepWrites"]
        self.do(made[kind])
        if session.participant(Role.AGENT, name) is None:
            assert self.happened["RepWrites"] == said, "somebody wrote in a session that is not his"

    @precondition(lambda self: any(session.flags for session in self.run.state.sessions.values()))
    @rule(number=some, name=rep)
    def lower_flag(self, number: int, name: str) -> None:
        flagged = [session.id for session in self.run.state.sessions.values() if session.flags]
        self.do(events.LowerFlag(flagged[number % len(flagged)], name))

    @precondition(lambda self: any(session.bot for session in self.run.state.sessions.values()))
    @rule(number=some, to=st.sampled_from((None, *TARGETS)))
    def bot_does(self, number: int, to: Target | None) -> None:
        """Let a bot say something, or hand its session on."""
        led = [session.id for session in self.run.state.sessions.values() if session.bot]
        id_ = led[number % len(led)]
        if to is None:
            self.do(events.BotSays(id_, self.run.message("Beep")))
        else:
            self.do(events.Transfer(id_, None, to))

    @precondition(lambda self: any(one.session_id is None for one in self.run.state.conversations.values()))
    @rule(number=some, name=rep)
    def begin(self, number: int, name: str) -> None:
        idle = [one.id for one in self.run.state.conversations.values() if one.session_id is None]
        key = idle[number % len(idle)]
        self.do(events.StartOutbound(key, name, self.run.message("Your order is here")), closed=key)

    @rule(seconds=st.sampled_from((0.5, 20, 300, 7200, 86_400, 172_800)))
    def time_passes(self, seconds: float) -> None:
        self.run.now += int(seconds * 1000)
        self.do(events.TimePasses())

    @rule(times=st.integers(0, 9))
    def publish(self, times: int) -> None:
        """Switch Session-Based Chat on or off."""
        deployment = self.run.setup.deployments["web"]
        if times == 0 and not any(one.is_verified for one in self.run.state.conversations.values()):
            turned = replace(deployment.channel, session_based=not deployment.channel.session_based)
            at = {"web": replace(deployment, channel=turned)}
            self.run.setup = replace(self.run.setup, deployments=at)

    # --- what holds ---

    @invariant()
    def an_ended_session_is_in_an_open_conversation_only_where_it_may_be(self) -> None:
        for id_, session in self.over.items():
            if id_ not in self.outlived:
                assert self.ended.get(session.conversation_id) == session.ended

    @invariant()
    def a_conversation_has_at_most_one_session_that_runs(self) -> None:
        state = self.run.state
        for conversation in state.conversations.values():
            running = [
                one.id for one in state.sessions.values() if one.conversation_id == conversation.id and one.is_running
            ]
            assert running == ([conversation.session_id] if conversation.session_id else [])
            assert conversation.is_open or not running
            assert conversation.ended == self.ended.get(conversation.id)
        assert all(session.conversation_id in state.conversations for session in state.sessions.values())

    @invariant()
    def capacity_is_never_exceeded(self) -> None:
        for name in REPS:
            assert self.run.load(name) <= self.run.setup.capacity(name)

    @invariant()
    def every_offer_concerns_an_available_rep(self) -> None:
        state = self.run.state
        offers: dict[str, list[Work]] = {}
        for work in state.work.values():
            session = state.sessions[work.session_id]
            if not work.is_open:
                assert state.reps[work.rep_id].is_available
                assert session.is_running
                assert session.participant(Role.AGENT, work.rep_id) is None
                assert work.expires is None or work.expires > self.run.now
                offers.setdefault(f"{session.id} {work.kind is Kind.CONFERENCE}", []).append(work)
                assert work.kind is Kind.CONFERENCE or session.routing is not None
        assert all(len(found) == 1 for found in offers.values())
        held = Counter((work.session_id, work.rep_id) for work in state.work.values())
        assert all(number == 1 for number in held.values())

    @invariant()
    def nothing_waits_that_somebody_could_take(self) -> None:
        draft = Draft(self.run.setup, self.run.state, self.run.now, self.ids)
        for session in self.run.state.sessions.values():
            assert (session.routing is not None) == (session.status is Status.WAITING)
            if session.routing is not None and draft.offered(session.id) is None:
                assert routing.pick(draft, session, session.routing.target, session.routing.refused_by) is None

    @invariant()
    def who_takes_part_is_right(self) -> None:
        for session in self.run.state.sessions.values():
            keys = [one.key for one in session.present]
            assert len(keys) == len(set(keys))
            if not session.is_running:
                assert keys == []
                assert session == self.over[session.id]
            elif session.status is Status.ACTIVE:
                assert session.owner_id in keys or session.bot in keys
            for one in session.present:
                if one.role is Role.AGENT:
                    assert any(work.is_open and work.rep_id == one.key and work.session_id == session.id
                               for work in self.run.state.work.values())  # fmt: skip

    @invariant()
    def nothing_is_overdue_and_all_can_be_kept(self) -> None:
        due = machine.next_due(self.run.setup, self.run.state, self.ids)
        assert due is None or due > self.run.now
        for values in (self.run.state.reps, self.run.state.conversations, self.run.state.sessions, self.run.state.work):
            for value in values.values():
                assert decode(type(value), encode(value)) == value


@pytest.mark.proof
def test_what_enhanced_chat_promises_holds_in_every_state(sized: Callable[[int], int]) -> None:
    EnhancedChat.happened.clear()
    some_days = settings(max_examples=sized(10_000), stateful_step_count=60)
    run_state_machine_as_test(EnhancedChat, settings=some_days)
    done = {name for name in EnhancedChat.happened if " " not in name}
    missing = {kind.__name__ for kind in events.Event.__args__} - done
    assert len(missing) <= 2, (missing, EnhancedChat.happened)  # chance may leave out something rare
