"""How a request finds an agent: rules R12 to R30, by the machine alone."""

from typing import Any

import pytest

from chatlift.emulator.chat import events, notices, routing
from chatlift.emulator.chat.draft import Draft
from chatlift.emulator.chat.refusals import RuleRefused, Unknown
from chatlift.emulator.chat.setup import BlockingRule
from chatlift.emulator.chat.state import Presence

from .conftest import NINE, Routing, Run, button, desk, settings

AWAY, ONLINE = Presence.AWAY, Presence.ONLINE
ONE_EACH = dict.fromkeys(("a1", "a2", "a3"), settings(capacity=1))


def refusal(run: Run) -> str | None:
    """Why the button would refuse the next request; None when it is online."""
    return routing.refusal(Draft(run.desk, run.state, run.now), "b")


def test_r12_only_an_agent_with_the_buttons_skill_is_asked() -> None:
    run = Run(desk(button(skills=("t", "s")), skills={"a1": {"x"}, "a2": {"t"}})).online("a1").ask("c").online("a2")
    assert run.transcripts("c")[0].status == "Missed"
    run.ask("d").ask("e")
    assert run.asks("a1") == []
    assert run.asks("a2") == ["d", "e"]


def test_r12_skills_based_routing_of_omni_channel_wants_all_skills_and_a_queue_its_members() -> None:
    skills = {"a1": {"s"}, "a2": {"s", "t"}}
    run = Run(desk(button(skills=("s", "t"), routing=Routing.OMNI_SKILLS), skills=skills)).online("a1", "a2").ask("c")
    assert run.asks("a2") == ["c"]
    run = Run(desk(button(routing=Routing.OMNI, queue_members=("a2",)))).online("a1", "a2").ask("c")
    assert run.asks("a2") == ["c"]


def test_r12_a_button_is_online_when_it_would_take_the_next_request() -> None:
    run = Run(desk(button(has_queue=False), agents=ONE_EACH))
    assert refusal(run) == "CancelNoAgent"
    assert refusal(run.online("a1")) is None
    assert refusal(run.ask("c")) == "CancelNoAgent"
    run.desk = desk(button(has_queue=False, is_active=False), agents=ONE_EACH)
    assert refusal(run.online("a2")) == "CancelNoAgent"


def test_r13_choice_shows_a_request_to_all_and_the_first_to_accept_has_it() -> None:
    run = Run(desk(button(routing=Routing.CHOICE))).online("a1", "a2").ask("c")
    assert run.request("c").is_listed
    run.accept("a2", "c")
    assert run.talking("c") == ["a2"]
    with pytest.raises(Unknown):
        run.do(events.Accept("r1", "a1"))


@pytest.mark.parametrize("who", ["unqualified", "away", "gone"])
def test_r13_nobody_else_can_take_a_listed_request(who: str) -> None:
    run = Run(desk(button(routing=Routing.CHOICE), skills={"a2": {"x"}})).online("a1", "a2").ask("c")
    agent = {"unqualified": "a2", "away": "a1", "gone": "a3"}[who]
    if who == "away":
        run.be("a1", AWAY)
    with pytest.raises(Unknown):
        run.accept(agent, "c")


def test_r13_who_declines_a_listed_request_no_longer_sees_it_and_nothing_is_counted() -> None:
    run = Run(desk(button(routing=Routing.CHOICE))).online("a1", "a2").ask("c").decline("a1", "c")
    with pytest.raises(Unknown):
        run.accept("a1", "c")
    run.accept("a2", "c").do(events.LogOut("a1"))
    assert (run.tally("a1").assigned, run.tally("a1").declined) == (0, 0)


def test_r14_least_active_is_who_has_the_fewest_chats() -> None:
    agents = {"a1": settings(capacity=9), "a2": settings(capacity=2)}
    run = Run(desk(agents=agents)).online("a1", "a2").engaged("c", "a1").ask("d")
    assert run.asks("a2") == ["d"]


def test_r15_most_available_is_the_documented_example() -> None:
    """8 with 2 running (6 free) beats 2 with 1 running (1 free)."""
    agents = {"a1": settings(capacity=2), "a2": settings(capacity=8)}
    run = Run(desk(button(routing=Routing.MOST_AVAILABLE), agents=agents)).online("a2")
    run.engaged("x", "a2").engaged("y", "a2").be("a2", AWAY).online("a1").engaged("z", "a1").be("a2", ONLINE)
    assert run.ask("c").asks("a2") == ["c"]


def test_r16_of_equals_it_is_who_waited_longest_for_a_request_then_who_came_first() -> None:
    run = Run(desk()).online("a1", "a2").ask("c").decline("a1", "c").later(5).ask("d")
    assert run.asks("a2") == ["d"]
    run.accept("a2", "d").over("a2", "d").later(5)
    assert run.ask("e").asks("a1") == ["e"]


def test_r17_choice_without_a_queue_is_refused_when_nobody_qualified_has_room() -> None:
    run = Run(desk(button(routing=Routing.CHOICE, has_queue=False), agents=ONE_EACH)).ask("c").online("a1").ask("d")
    assert run.steps("c") == ["ChatRequest", "CancelNoAgent"]
    assert run.request("d").is_listed
    run.accept("a1", "d").ask("e")
    assert run.steps("e") == ["ChatRequest", "CancelNoAgent"]


def test_r18_push_without_a_queue_is_taken_only_when_somebody_has_room() -> None:
    run = Run(desk(button(has_queue=False), agents=ONE_EACH)).online("a1").ask("c").ask("d")
    assert run.asks("a1") == ["c"]
    assert run.steps("d") == ["ChatRequest", "CancelNoAgent"]


def test_r19_a_queue_takes_requests_while_all_are_full_but_not_while_nobody_is_online() -> None:
    run = Run(desk(agents=ONE_EACH)).online("a1").ask("c").ask("d").ask("e")
    assert [run.steps(key)[-1] for key in "de"] == ["Enqueue", "Enqueue"]
    run.be("a1", AWAY).ask("f")
    assert run.steps("f") == ["ChatRequest", "CancelNoAgent"]


@pytest.mark.parametrize(
    ("limits", "taken"),
    [
        ({"queue_limit_per_agent": 1}, 2),
        ({"queue_limit_per_agent": 2}, 4),
        ({"queue_limit": 3}, 3),
        ({"queue_limit_per_agent": 2, "queue_limit": 1}, 1),
        ({"queue_limit_per_agent": 1, "queue_limit": 9}, 2),
    ],
)
def test_r20_a_queue_is_full_at_the_first_of_its_limits(limits: dict[str, int], taken: int) -> None:
    run = Run(desk(button(**limits), agents=ONE_EACH)).online("a1", "a2").engaged("x", "a1").engaged("y", "a2")
    for number in range(6):
        run.ask(f"c{number}")
    refused = [number for number in range(6) if run.steps(f"c{number}")[-1] == "CancelNoQueue"]
    assert refused == list(range(taken, 6))
    run.over("a1", "x").accept("a1", "c0").ask("last")
    assert run.steps("last")[-1] == "Enqueue"


def test_r20_no_limit_is_no_limit() -> None:
    run = Run(desk(button(queue_limit=0, queue_limit_per_agent=0), agents=ONE_EACH)).online("a1")
    for number in range(50):
        run.ask(f"c{number}")
    assert len(run.state.chats) == 50


def test_r21_a_refused_visitor_is_told_why() -> None:
    run = (
        Run(desk(blocking=(BlockingRule("rule", "192.0.2.9"),))).ask("c").online("a1").ask("d", ip_address="192.0.2.9")
    )
    assert run.told("c") == run.told("d") == ["ChatRequestFail"]
    assert (run.reason("c"), run.reason("d")) == ("Unavailable", "Blocked")


def test_r22_the_oldest_request_is_first_also_one_that_was_transferred() -> None:
    agents = {"a1": settings(capacity=9), "a2": settings(capacity=1)}
    boards = (button("b"), button("t", skills=("t",)))
    run = Run(desk(*boards, agents=agents, skills={"a2": {"t"}})).online("a1", "a2").ask("old").later(60)
    run.ask("full", "t").accept("a2", "full").ask("first", "t").ask("second", "t").accept("a1", "old").later(60)
    run.do(events.Transfer("old", "a1", to_button_id="t"))
    before = "full"
    for key in ("old", "first", "second"):
        run.over("a2", before)
        assert run.asks("a2") == [key]
        run.accept("a2", key)
        before = key


def test_r22_of_the_same_second_the_first_to_come_is_first() -> None:
    run = Run(desk(agents=ONE_EACH)).online("a1").ask("x").ask("d").ask("c").accept("a1", "x").over("a1", "x")
    assert run.asks("a1") == ["d"]


def test_r23_the_oldest_waiting_request_goes_to_who_comes_or_has_room_again() -> None:
    run = Run(desk(agents=ONE_EACH)).online("a1").ask("x").ask("c").ask("d").online("a2")
    assert run.asks("a2") == ["c"]
    run.accept("a1", "x").over("a1", "x")
    assert run.asks("a1") == ["d"]


def test_r24_a_push_time_out_is_counted_and_the_request_goes_on() -> None:
    run = Run(desk(button(push_timeout=30))).online("a1", "a2").ask("c").later(29)
    assert run.asks("a1") == ["c"]
    run.later(1)
    assert (run.asks("a1"), run.asks("a2")) == ([], ["c"])
    assert (run.tally("a1").timed_out, run.tally("a1").declined) == (1, 0)
    assert run.times("DeclineTimeout") == [30]


def test_r24_one_long_jump_of_the_clock_lets_each_time_out_happen_at_its_time() -> None:
    run = Run(desk(button(push_timeout=30))).online("a1", "a2").ask("c").later(3600)
    assert run.times("DeclineTimeout") == [30, 60]
    assert run.times("PushAssignment") == [0, 30]
    assert run.chat("c").ended == NINE + 60


def test_r24_without_a_push_time_out_the_agent_has_all_the_time() -> None:
    run = Run(desk()).online("a1", "a2").ask("c").later(86_400)
    assert run.asks("a1") == ["c"]


def test_r25_a_declined_request_is_missed_without_rerouting() -> None:
    run = Run(desk()).online("a1", "a2").ask("c").decline("a1", "c")
    assert run.steps("c")[-2:] == ["DeclineManual(a1)", "CancelNoAgent"]
    assert (run.chat("c").status, run.reason("c")) == ("Missed", "Unavailable")
    assert run.tally("a1").declined == 1


@pytest.mark.parametrize("rounds", [0, 1, 2])
def test_r25_with_rerouting_all_are_asked_and_as_many_rounds_more_as_the_button_says(rounds: int) -> None:
    run = Run(desk(button(reroutes_declined=True, rerouting_attempts=rounds))).online("a1", "a2").ask("c")
    for _ in range(rounds + 1):
        for agent in ("a1", "a2"):
            assert run.asks(agent) == ["c"]
            run.later(1).decline(agent, "c")
    assert run.steps("c")[-1] == "CancelNoAgent"
    assert run.steps("c").count("DeclineManual(a1)") == rounds + 1


def test_r25_a_declined_request_waits_for_another_agent_who_is_full() -> None:
    run = Run(desk(button(reroutes_declined=True), agents=ONE_EACH)).online("a1", "a2")
    run.engaged("x", "a1").ask("c").decline("a2", "c")
    assert run.steps("c")[-1] == "Enqueue"
    run.ask("d")
    assert run.asks("a2") == ["d"]
    run.over("a1", "x")
    assert run.asks("a1") == ["c"]


def test_r26_auto_accept_answers_at_once() -> None:
    run = Run(desk(button(auto_accept=True, greeting="Welcome"))).online("a1").ask("c")
    assert run.steps("c") == ["ChatRequest", "PushAssignment(a1)", "Accept(a1)"]
    assert run.told("c") == ["ChatRequestSuccess", "QueueUpdate", "ChatEstablished", "ChatMessage"]
    assert (run.tally("a1").assigned, run.tally("a1").engaged) == (1, 1)


def test_r26_choice_knows_no_auto_accept_even_for_a_request_to_one_agent() -> None:
    run = Run(desk(button(auto_accept=True, routing=Routing.CHOICE))).online("a1").ask("c", "a1", "b")
    assert run.asks("a1") == ["c"]


def test_r27_what_an_agent_has_not_answered_when_he_goes_is_taken_back() -> None:
    run = Run(desk()).online("a1", "a2").ask("c").later(5).be("a1", AWAY)
    assert run.asks("a2") == ["c"]
    assert run.steps("c")[-2:] == ["Unassigned(a1)", "PushAssignment(a2)"]
    run.be("a2", Presence.OFFLINE)
    assert run.steps("c")[-2:] == ["Unassigned(a2)", "Enqueue"]
    assert (run.tally("a1").declined, run.tally("a1").timed_out, run.tally("a1").withdrawn) == (0, 0, 1)
    run.be("a1", ONLINE)
    assert run.asks("a1") == ["c"]


def test_r28_a_request_for_one_agent_goes_to_him_or_nowhere() -> None:
    run = Run(desk(agents=ONE_EACH)).online("a1", "a2").ask("c", "a2")
    assert run.asks("a2") == ["c"]
    run.ask("d", "a2")
    assert (run.steps("d"), run.reason("d")) == (["ChatRequest", "CancelNoAgent"], "Unavailable")
    run.ask("e", "a3")
    assert run.reason("e") == "Unavailable"


def test_r28_with_a_fallback_it_goes_on_to_the_buttons_routing() -> None:
    run = Run(desk(agents=ONE_EACH)).online("a1", "a2").ask("c", "a3", "b").ask("d", "a1", "b")
    assert (run.asks("a1"), run.asks("a2")) == (["c"], ["d"])


def test_r28_who_declined_it_as_his_own_is_not_asked_for_it_again_by_the_button() -> None:
    run = Run(desk()).online("a1", "a2").ask("c", "a1", "b").decline("a1", "c")
    assert (run.asks("a1"), run.asks("a2")) == ([], ["c"])


def test_r28_overrides_are_tried_in_their_order() -> None:
    boards = (button("b"), button("t", skills=("t",)))
    run = Run(desk(*boards, skills={"a1": {"s"}, "a2": {"t"}})).online("a2").ask("c", "b", "a1", "t")
    assert run.asks("a2") == ["c"]
    assert run.chat("c").button_id == "t"


def test_r29_places_count_down_and_zero_comes_just_before_the_chat() -> None:
    run = Run(desk(agents=ONE_EACH)).online("a1").engaged("x", "a1").ask("c").ask("d")
    run.over("a1", "x").accept("a1", "c").over("a1", "c").accept("a1", "d")
    told = [(one.type, one.message.get("position", one.message.get("queuePosition"))) for one in run.mail("d")]
    expected: list[tuple[str, Any]] = [
        ("ChatRequestSuccess", 2),
        ("QueueUpdate", 1),
        ("QueueUpdate", 0),
        ("ChatEstablished", None),
    ]
    assert told == expected


def test_r29_who_wants_no_places_is_told_none() -> None:
    run = Run(desk()).online("a1").ask("c", receives_queue_updates=False).accept("a1", "c")
    assert "QueueUpdate" not in run.told("c")


def test_r29_the_average_wait_keeps_nine_tenths_of_what_it_was() -> None:
    run = Run(desk()).online("a1", "a2")
    run.ask("c").later(100).accept("a1", "c")
    assert run.state.waits == {"b": 100}
    run.ask("d").later(20).accept("a2", "d")
    assert run.state.waits == {"b": pytest.approx(92)}
    waiting = run.ask("e").later(30).chat("e")
    assert notices.estimated_wait(Draft(run.desk, run.state, run.now), waiting) == 62
    assert [one.message["estimatedWaitTime"] for one in run.mail("e")] == [92]


def test_r30_a_visitor_who_gives_up_leaves_a_missed_chat() -> None:
    run = Run(desk(agents=ONE_EACH)).online("a1").engaged("x", "a1").ask("c").later(45).do(events.VisitorEnds("c"))
    [chat] = run.transcripts("c")
    assert (chat.status, chat.ended_by, chat.started) == ("Missed", "Visitor", None)
    assert run.steps("c")[-1] == "CancelVisitor"


def test_r30_giving_up_takes_the_request_from_the_agent() -> None:
    run = Run(desk()).online("a1").ask("c").do(events.VisitorEnds("c"))
    assert run.state.requests == {}
    assert (run.tally("a1").assigned, run.tally("a1").withdrawn) == (1, 1)


def test_a_request_that_is_not_yours_cannot_be_answered(run: Run) -> None:
    run.ask("c")
    request = run.request("c").id
    with pytest.raises(Unknown):
        run.do(events.Accept(request, "a2"))
    with pytest.raises(Unknown):
        run.do(events.Accept(request, "a9"))
    with pytest.raises(RuleRefused):
        run.accept("a1", "c").do(events.AgentWrites("c", "a2", "Hello"))
