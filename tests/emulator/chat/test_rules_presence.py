"""Agents come, go and have room: rules R1 to R11, by the machine alone."""

import pytest

from chatlift.emulator.chat import effects, events
from chatlift.emulator.chat.refusals import RuleRefused
from chatlift.emulator.chat.state import Presence

from .conftest import NINE, Routing, Run, button, desk, settings

AWAY, OFFLINE, ONLINE = Presence.AWAY, Presence.OFFLINE, Presence.ONLINE


@pytest.mark.parametrize("presence", [AWAY, OFFLINE])
def test_r1_only_who_is_online_is_asked_and_others_go_on_with_their_chats(run: Run, presence: Presence) -> None:
    run.engaged("c").be("a1", presence).ask("d")
    assert run.asks("a2") == ["d"]
    assert run.says("c", "a1").chat("c").messages[-1].text == "Hello"
    with pytest.raises(RuleRefused, match="R44"):
        run.accept("a2", "d").do(events.Transfer("d", "a2", to_agent_id="a1"))


def test_r2_leaving_ends_the_agents_chats(run: Run) -> None:
    run.engaged("c").later(60).do(events.LogOut("a1"))
    assert run.steps("c")[-1] == "LeaveAgent(a1)"
    assert (run.chat("c").ended_by, run.chat("c").status) == ("System", "Completed")
    assert "a1" not in run.state.agents
    assert run.told("c")[-1] == "ChatEnded"
    assert len(run.transcripts("c")) == 1


def test_r2_who_leaves_is_not_asked_again_for_what_is_taken_back() -> None:
    run = Run(desk()).online("a1").ask("c").online("a2").do(events.LogOut("a1"))
    assert run.asks("a2") == ["c"]
    assert run.steps("c") == ["ChatRequest", "PushAssignment(a1)", "Unassigned(a1)", "PushAssignment(a2)"]
    lonely = Run(desk()).online("a1").ask("c").do(events.LogOut("a1"))
    assert lonely.state.requests == {}
    assert lonely.steps("c")[-1] == "Enqueue"


def test_r2_a_conference_goes_on_without_who_leaves(run: Run) -> None:
    run.engaged("c").do(events.Invite("c", "a1", to_agent_id="a2")).accept("a2", "c").do(events.LogOut("a1"))
    assert run.talking("c") == ["a2"]
    assert run.steps("c")[-1] == "OperatorLeftConference(a1)"


def test_r2_a_broken_connection_lets_another_agent_take_the_chat(run: Run) -> None:
    run.engaged("c").says("c", "v", "Hello").later(60).do(events.AgentLost("a1"))
    assert "a1" not in run.state.agents
    assert (run.told("c")[-2:], run.asks("a2")) == (["AgentDisconnect", "QueueUpdate"], ["c"])
    run.accept("a2", "c")
    assert (run.told("c")[-1], run.talking("c")) == ("ChatTransferred", ["a2"])
    assert [message.text for message in run.chat("c").messages] == ["Hello"]
    assert run.over("a2", "c").steps("c")[2:] == [
        "Accept(a1)", "Unassigned(a1)", "PushAssignment(a2)", "Accept(a2)", "EndAgent(a2)",
    ]  # fmt: skip
    assert len(run.transcripts("c")) == 1


def test_r2_after_a_broken_connection_the_chat_waits_in_a_queue_or_ends_where_there_is_none() -> None:
    queued = Run(desk()).online("a1").engaged("c").do(events.AgentLost("a1"))
    assert (queued.state.chats["c"].stage, queued.steps("c")[-1]) == ("waiting", "Enqueue")
    queued.do(events.VisitorEnds("c"))
    assert (queued.chat("c").status, queued.chat("c").ended_by) == ("Completed", "Visitor")
    ended = Run(desk(button(has_queue=False))).online("a1").engaged("c").do(events.AgentLost("a1"))
    assert (ended.steps("c")[-1], ended.reason("c")) == ("LeaveAgent(a1)", "agentsUnavailable")
    assert (ended.chat("c").status, len(ended.transcripts("c")), ended.state.chats) == ("Completed", 1, {})


def test_r2_a_conference_outlives_a_broken_connection(run: Run) -> None:
    run.engaged("c").do(events.Invite("c", "a1", to_agent_id="a2")).accept("a2", "c").do(events.AgentLost("a1"))
    assert (run.talking("c"), run.told("c")[-1]) == (["a2"], "AgentLeftConference")


def test_r3_each_login_is_a_session_and_a_second_one_is_refused(run: Run) -> None:
    with pytest.raises(RuleRefused, match="R3"):
        run.online("a1")
    run.later(30).do(events.LogOut("a1"))
    kept = [one for _, one in run.asked if isinstance(one, effects.KeepSession) and one.logout is not None]
    assert [(one.agent.session_id, one.agent.login_time, one.logout) for one in kept] == [
        ("session a1", NINE, NINE + 30)
    ]
    assert run.online("a1").agent("a1").login_time == NINE + 30


def test_r4_away_is_the_status_after_a_login_and_the_same_status_again_changes_nothing() -> None:
    run = Run(desk()).do(events.LogIn("a1", "session"))
    assert run.agent("a1").presence is AWAY
    before = len(run.asked)
    run.later(10).be("a1", AWAY)
    assert len(run.asked) == before
    assert run.agent("a1").counted_until == NINE


def test_r5_a_session_counts_nothing_that_omni_channel_routes() -> None:
    omni = button(routing=Routing.OMNI_SKILLS)
    run = Run(desk(omni, agents={"a1": settings(capacity=1)})).online("a1").engaged("c").later(60)
    run.do(events.RaiseFlag("c", "a1")).do(events.LowerFlag("c", "boss")).over("a1", "c").do(events.LogOut("a1"))
    tally = run.tally("a1")
    assert (tally.assigned, tally.engaged, tally.in_chats, tally.at_capacity, tally.flags_raised) == (0, 0, 0, 0, 0)
    assert (tally.online, tally.idle) == (60, 60)


@pytest.mark.parametrize("goes_away", [True, False])
def test_r7_a_decline_sends_away_where_the_configuration_says_so(goes_away: bool) -> None:
    agents = dict.fromkeys(("a1", "a2"), settings(capacity=2, away_on_decline=goes_away))
    run = Run(desk(button(reroutes_declined=True), agents=agents)).online("a1", "a2").ask("c").later(5)
    run.decline("a1", "c").later(10).do(events.LogOut("a1"))
    assert run.asks("a2") == ["c"]
    assert run.tally("a1").away == (10 if goes_away else 0)


@pytest.mark.parametrize("goes_away", [True, False])
def test_r7_a_push_time_out_sends_away_at_its_own_time(goes_away: bool) -> None:
    agents = dict.fromkeys(("a1", "a2"), settings(capacity=2, away_on_push_timeout=goes_away))
    run = Run(desk(button(push_timeout=30), agents=agents)).online("a1", "a2").ask("c").later(100)
    run.do(events.LogOut("a1"))
    assert (run.tally("a1").online, run.tally("a1").away) == ((30, 70) if goes_away else (100, 0))


def test_r8_the_configuration_says_how_many_chats_an_agent_has_at_once() -> None:
    run = Run(desk(agents={"a1": settings(capacity=3)})).online("a1")
    for number in range(5):
        run.ask(f"c{number}")
    assert run.asks("a1") == ["c0", "c1", "c2"]


def test_r9_a_chat_that_is_over_takes_room_until_its_window_is_closed() -> None:
    run = Run(desk(agents={"a1": settings(capacity=1)})).online("a1").engaged("c").ask("d")
    run.do(events.End("c", "a1"))
    assert run.asks("a1") == []
    run.do(events.Close("c", "a1"))
    assert run.asks("a1") == ["d"]


def test_r9_what_is_pushed_takes_room_before_it_is_accepted() -> None:
    run = Run(desk(agents={"a1": settings(capacity=1)})).online("a1").ask("c").ask("d")
    assert run.asks("a1") == ["c"]


def test_r9_a_window_closes_only_over_a_chat_that_is_over_and_once(run: Run) -> None:
    run.engaged("c")
    with pytest.raises(RuleRefused, match="R9"):
        run.do(events.Close("c", "a1"))
    run.do(events.VisitorEnds("c"))
    with pytest.raises(RuleRefused, match="R9"):
        run.do(events.Close("c", "a2"))


def test_r10_room_is_never_less_than_none() -> None:
    run = Run(desk(agents={"a1": settings(capacity=2)})).online("a1").engaged("c").engaged("d")
    run.desk = desk(agents={"a1": settings(capacity=1)})
    run.ask("e").over("a1", "c")
    assert run.asks("a1") == []
    run.over("a1", "d")
    assert run.asks("a1") == ["e"]


def test_r10_who_has_no_room_cannot_take_a_listed_chat() -> None:
    run = Run(desk(button(routing=Routing.CHOICE), agents={"a1": settings(capacity=1)})).online("a1").ask("c").ask("d")
    run.accept("a1", "c")
    with pytest.raises(RuleRefused, match="R10"):
        run.accept("a1", "d")


def test_r11_a_transfer_to_an_agent_or_a_skill_comes_even_to_who_is_full_and_one_to_a_button_waits() -> None:
    agents = dict.fromkeys(("a1", "a2"), settings(capacity=1))
    for way in ({"to_agent_id": "a2"}, {"to_skill_id": "s"}):
        run = Run(desk(agents=agents)).online("a1", "a2").engaged("c", "a1").engaged("d", "a2")
        run.do(events.Transfer("c", "a1", **way)).accept("a2", "c")
        assert run.talking("c") == run.talking("d") == ["a2"]
    run = Run(desk(agents=agents)).online("a1", "a2").engaged("c", "a1").engaged("d", "a2")
    run.do(events.Transfer("c", "a1", to_button_id="b"))
    assert run.asks("a2") == []
    run.over("a2", "d")
    assert run.asks("a2") == ["c"]


def test_r11_an_invitation_comes_to_who_is_full_and_counts_once_he_has_joined() -> None:
    agents = {"a1": settings(capacity=2), "a2": settings(capacity=1)}
    run = Run(desk(agents=agents)).online("a1", "a2").engaged("c", "a1").engaged("d", "a2")
    run.do(events.Invite("c", "a1", to_agent_id="a2")).accept("a2", "c").over("a2", "d").ask("e").ask("f")
    assert (run.asks("a1"), run.asks("a2")) == (["e"], [])
