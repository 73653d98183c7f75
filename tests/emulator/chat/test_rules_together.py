"""Chats handed on and shared: rules R43 to R54, by the machine alone."""

from typing import Any

import pytest

from chatlift.emulator.chat import events
from chatlift.emulator.chat.draft import Draft
from chatlift.emulator.chat.refusals import RuleRefused, Unknown
from chatlift.emulator.chat.state import Attached, Kind, Presence, Stage
from chatlift.emulator.chat.transcript import owner_of
from chatlift.emulator.chat.views import agent_view, notices_of

from .conftest import NINE, Routing, Run, button, desk, settings

CASE = Attached("500000000000001AAA", "Case", "00001", "CaseId")


def transfer(**way: Any) -> events.Transfer:
    return events.Transfer("c", "a1", **way)


@pytest.fixture
def shared(run: Run) -> Run:
    """a1 and a2 in one chat; a3 Online."""
    return run.online("a3").engaged("c").do(events.Invite("c", "a1", to_agent_id="a2")).accept("a2", "c")


@pytest.mark.parametrize(
    "ways", [{}, {"to_agent_id": "a2", "to_skill_id": "s"}, {"to_skill_id": "s", "to_button_id": "b"}]
)
def test_r43_a_transfer_has_exactly_one_target(run: Run, ways: dict[str, str]) -> None:
    with pytest.raises(RuleRefused, match="R43"):
        run.engaged("c").do(transfer(**ways))


@pytest.mark.parametrize("way", [{"to_agent_id": "a2"}, {"to_skill_id": "s"}, {"to_button_id": "b"}])
def test_r43_the_message_is_part_of_the_request(run: Run, way: dict[str, str]) -> None:
    run.engaged("c").do(transfer(message="She is in a hurry", **way))
    [request] = agent_view(run.desk, run.state, run.now, "a2", {})["requests"]
    assert request["message"] == "She is in a hurry"


@pytest.mark.parametrize("presence", [Presence.AWAY, Presence.OFFLINE, None])
def test_r44_a_transfer_needs_somebody_online(run: Run, presence: Presence | None) -> None:
    run.engaged("c").be("a2", presence or Presence.ONLINE)
    if presence is None:
        run.do(events.LogOut("a2"))
    for way in ({"to_agent_id": "a2"}, {"to_skill_id": "s"}):
        with pytest.raises(RuleRefused, match="R44"):
            run.do(transfer(**way))


def test_r44_nobody_transfers_to_himself_or_into_the_void(run: Run) -> None:
    run.engaged("c")
    for way in ({"to_agent_id": "a1"}, {"to_agent_id": "nobody"}, {"to_skill_id": "nothing"}):
        with pytest.raises(RuleRefused, match="R44"):
            run.do(transfer(**way))


def test_r44_all_with_the_skill_but_the_sender_are_asked_and_the_first_to_accept_has_it(run: Run) -> None:
    run.online("a3").engaged("c").do(transfer(to_skill_id="s"))
    assert run.request("c").candidates == ("a2", "a3")
    request = run.request("c").id
    run.accept("a3", "c")
    assert run.talking("c") == ["a3"]
    with pytest.raises(Unknown):
        run.do(events.Accept(request, "a2"))
    assert (run.tally("a2").assigned, run.tally("a2").withdrawn) == (1, 1)


def test_r44_auto_accept_counts_as_accept() -> None:
    run = Run(desk(button(auto_accept=True))).online("a1").ask("c").online("a2").do(transfer(to_skill_id="s"))
    assert run.talking("c") == ["a2"]


def test_r45_until_somebody_accepts_the_sender_keeps_the_chat(run: Run) -> None:
    run.engaged("c").do(transfer(to_agent_id="a2")).says("c", "a1").later(5)
    with pytest.raises(RuleRefused, match="R45"):
        run.do(transfer(to_skill_id="s"))
    run.decline("a2", "c")
    assert run.talking("c") == ["a1"]
    assert run.steps()[-1] == "TransferDeclined(a2)"
    run.do(transfer(to_skill_id="s")).do(events.CancelTransfer("c", "a1"))
    assert run.steps()[-1] == "TransferCancelled(a1)"
    assert run.asks("a2") == []
    with pytest.raises(RuleRefused, match="R45"):
        run.do(events.CancelTransfer("c", "a1"))
    with pytest.raises(RuleRefused):
        run.do(events.CancelTransfer("c", "a2"))


def test_r45_a_skill_has_declined_when_all_have(run: Run) -> None:
    run.online("a3").engaged("c").do(transfer(to_skill_id="s")).decline("a2", "c")
    assert "TransferDeclined(a2)" not in run.steps()
    run.be("a3", Presence.AWAY)
    assert run.steps()[-1] == "TransferDeclined(a3)"
    assert (run.tally("a2").declined, run.tally("a3").withdrawn) == (1, 1)


def test_r45_a_transfer_times_out_for_all_who_were_asked() -> None:
    run = Run(desk(button(push_timeout=30))).online("a1").engaged("c").online("a2", "a3")
    run.later(7).do(transfer(to_skill_id="s")).later(30)
    assert run.times("TransferDeclined") == [37]
    assert [run.tally(agent).timed_out for agent in ("a2", "a3")] == [1, 1]


def test_r46_who_accepts_has_the_chat_and_its_records_and_the_senders_window_is_closed(run: Run) -> None:
    run.engaged("c").do(events.Attach("c", "a1", CASE)).do(transfer(to_agent_id="a2")).later(9).accept("a2", "c")
    assert run.told()[-1] == "ChatTransferred"
    assert [chat["chatKey"] for chat in agent_view(run.desk, run.state, run.now, "a1", {})["chats"]] == []
    [chat] = agent_view(run.desk, run.state, run.now, "a2", {})["chats"]
    assert [record["recordId"] for record in chat["attached"]] == [CASE.record_id]
    with pytest.raises(RuleRefused):
        run.says("c", "a1")


def test_r47_a_transfer_to_a_button_waits_by_age_and_keeps_what_the_visitor_says() -> None:
    run = Run(desk(agents=dict.fromkeys(("a1", "a2"), settings(capacity=1)))).online("a1", "a2")
    run.engaged("c", "a1").engaged("x", "a2").do(transfer(to_button_id="b"))
    assert (run.chat().stage, run.told()[-1]) == (Stage.WAITING, "QueueUpdate")
    assert "TransferToButtonInitiated" in run.told()
    run.says("c", "v", "Anybody?").later(60).over("a2", "x").accept("a2", "c")
    assert run.chat().messages[-1].text == "Anybody?"
    assert run.told()[-1] == "ChatTransferred"
    assert (run.chat().started, run.chat().requested) == (NINE, NINE)


def test_r47_the_sender_is_not_asked_for_what_he_handed_on(run: Run) -> None:
    run.do(events.LogOut("a2")).engaged("c").online("a2").be("a2", Presence.AWAY)
    with_queue = run.do(transfer(to_button_id="b"))
    assert with_queue.steps()[-2:] == ["TransferToButtonFailed(a1)", "ChatResumedAfterTransfer(a1)"]
    run.be("a2", Presence.ONLINE).do(transfer(to_button_id="b"))
    assert (run.asks("a1"), run.asks("a2")) == ([], ["c"])


@pytest.mark.parametrize("why", ["nobody", "full", "inactive"])
def test_r47_without_room_or_anybody_the_sender_has_it_back_at_once(why: str) -> None:
    target = button("t", skills=("t",), has_queue=False, is_active=why != "inactive")
    run = Run(desk(button(), target, agents=dict.fromkeys(("a1", "a2"), settings(capacity=1)), skills={"a2": {"t"}}))
    run.online("a1").engaged("c")
    if why == "full":
        run.online("a2").ask("x", "t").accept("a2", "x")
    run.do(transfer(to_button_id="t"))
    assert run.steps()[-3:] == ["TransferRequest(a1)", "TransferToButtonFailed(a1)", "ChatResumedAfterTransfer(a1)"]
    assert run.talking() == ["a1"]
    assert run.told()[-2:] == ["TransferToButtonInitiated", "ChatResumedAfterTransfer"]


def test_r47_when_all_decline_it_comes_back_too(run: Run) -> None:
    run.engaged("c").do(transfer(to_button_id="b")).decline("a2", "c")
    assert run.steps()[-2:] == ["TransferToButtonFailed(a1)", "ChatResumedAfterTransfer(a1)"]
    assert run.talking() == ["a1"]


def test_r47_who_has_no_room_any_more_gets_it_back_once_he_has() -> None:
    agents = dict.fromkeys(("a1", "a2"), settings(capacity=1))
    run = Run(desk(agents=agents)).online("a1", "a2").engaged("c").do(transfer(to_button_id="b")).ask("x")
    run.accept("a1", "x").decline("a2", "c")
    assert run.chat().stage is Stage.WAITING
    with pytest.raises(RuleRefused, match="R10"):
        run.do(events.CancelTransfer("c", "a1"))
    run.over("a1", "x")
    assert run.talking() == ["a1"]


def test_r47_the_sender_may_take_it_back_while_it_waits() -> None:
    agents = dict.fromkeys(("a1", "a2"), settings(capacity=1))
    run = Run(desk(agents=agents)).online("a1", "a2").engaged("c").engaged("x", "a2").do(transfer(to_button_id="b"))
    run.do(events.CancelTransfer("c", "a1"))
    assert run.talking() == ["a1"]
    assert run.steps()[-2:] == ["TransferCancelled(a1)", "ChatResumedAfterTransfer(a1)"]


def test_r47_if_the_sender_is_gone_a_failed_transfer_ends_the_chat(run: Run) -> None:
    run.engaged("c").do(transfer(to_button_id="b")).do(events.LogOut("a1")).decline("a2", "c")
    [chat] = run.transcripts("c")
    assert (chat.status, chat.ended_by, owner_of(chat)) == ("Completed", "System", "a1")
    assert run.reason() == "agentsUnavailable"


def test_r47_the_visitor_may_end_it_while_it_waits(run: Run) -> None:
    run.engaged("c").do(transfer(to_button_id="b")).do(events.VisitorEnds("c"))
    [chat] = run.transcripts("c")
    assert (chat.status, chat.ended_by) == ("Completed", "Visitor")
    assert (run.state.requests, run.state.chats) == ({}, {})


def test_r48_the_senders_time_ends_and_the_receivers_begins_and_the_last_agent_owns_it(run: Run) -> None:
    run.later(10).engaged("c").later(100).do(transfer(to_agent_id="a2")).later(20).accept("a2", "c").later(30)
    run.over("a2", "c").do(events.LogOut("a1")).do(events.LogOut("a2"))
    assert (run.tally("a1").in_chats, run.tally("a2").in_chats) == (120, 30)
    [chat] = run.transcripts("c")
    assert (chat.requested, chat.started, chat.ended, owner_of(chat)) == (NINE + 10, NINE + 10, NINE + 160, "a2")


def test_r49_a_conference_cannot_be_transferred(shared: Run) -> None:
    for way in ({"to_agent_id": "a3"}, {"to_skill_id": "s"}, {"to_button_id": "b"}):
        with pytest.raises(RuleRefused, match="R49"):
            shared.do(transfer(**way))


def test_r49_but_under_omni_channel_an_agents_part_in_it_can() -> None:
    run = Run(desk(button(routing=Routing.OMNI_SKILLS))).online("a1").engaged("c").online("a2", "a3")
    run.do(events.Invite("c", "a1", to_agent_id="a2")).accept("a2", "c").do(transfer(to_agent_id="a3")).accept(
        "a3", "c"
    )
    assert run.talking() == ["a2", "a3"]
    with pytest.raises(RuleRefused, match="R49"):
        run.do(events.Transfer("c", "a2", to_button_id="b"))


def test_r43_a_chat_is_not_handed_over_between_live_agent_and_omni_channel() -> None:
    run = Run(desk(button(), button("o", routing=Routing.OMNI_SKILLS))).online("a1", "a2").engaged("c")
    with pytest.raises(RuleRefused, match="R43"):
        run.do(transfer(to_button_id="o"))


@pytest.mark.parametrize("ways", [{}, {"to_agent_id": "a2", "to_skill_id": "s"}])
def test_r50_an_invitation_has_one_target(run: Run, ways: dict[str, str]) -> None:
    with pytest.raises(RuleRefused, match="R50"):
        run.engaged("c").do(events.Invite("c", "a1", **ways))


def test_r50_invitations_are_sent_one_by_one_and_the_first_of_a_skill_joins(run: Run) -> None:
    run.online("a3").engaged("c").do(events.Invite("c", "a1", to_skill_id="s"))
    assert run.request("c").candidates == ("a2", "a3")
    with pytest.raises(RuleRefused, match="R50"):
        run.do(events.Invite("c", "a1", to_agent_id="a3"))
    with pytest.raises(RuleRefused, match="R45"):
        run.do(transfer(to_agent_id="a3"))
    run.accept("a3", "c").do(events.Invite("c", "a3", to_agent_id="a2")).accept("a2", "c")
    assert run.talking() == ["a1", "a3", "a2"]
    with pytest.raises(RuleRefused, match="R50"):
        run.do(events.Invite("c", "a1", to_skill_id="s"))


def test_r50_an_invitation_is_cancelled_by_who_sent_it(run: Run) -> None:
    run.engaged("c").do(events.Invite("c", "a1", to_agent_id="a2")).do(events.CancelInvite("c", "a1"))
    assert run.steps()[-1] == "ConferenceRequestCanceled(a1)"
    with pytest.raises(RuleRefused, match="R50"):
        run.do(events.CancelInvite("c", "a1"))


def test_r50_no_invitation_comes_during_a_transfer(run: Run) -> None:
    with pytest.raises(RuleRefused, match="R50"):
        run.engaged("c").do(transfer(to_agent_id="a2")).do(events.Invite("c", "a1", to_agent_id="a2"))


def test_r51_the_visitor_is_told_of_joins_and_leaves_and_a_refusal_only_to_the_inviter(shared: Run) -> None:
    shared.do(events.Invite("c", "a2", to_agent_id="a3")).decline("a3", "c").do(events.Leave("c", "a1"))
    assert [one for one in shared.told() if "Conference" in one] == ["AgentJoinedConference", "AgentLeftConference"]
    draft = Draft(shared.desk, shared.state, shared.now)
    refused = "Agent a3 declined to join the conversation."
    assert refused in notices_of(draft, shared.chat(), "a2")
    assert refused not in notices_of(draft, shared.chat(), "a1")


def test_r52_an_agent_leaves_and_only_the_last_one_ends(shared: Run) -> None:
    with pytest.raises(RuleRefused, match="R52"):
        shared.do(events.End("c", "a1"))
    shared.do(events.Leave("c", "a1"))
    assert shared.steps()[-1] == "OperatorLeftConference(a1)"
    with pytest.raises(RuleRefused, match="R52"):
        shared.do(events.Leave("c", "a2"))
    shared.do(events.End("c", "a2"))
    assert shared.chat().ended == NINE


def test_r52_what_an_agent_has_asked_for_goes_with_him(shared: Run) -> None:
    shared.do(events.Invite("c", "a1", to_agent_id="a3")).do(events.Leave("c", "a1"))
    assert shared.state.requests == {}
    assert shared.steps()[-2:] == ["ConferenceRequestCanceled(a1)", "OperatorLeftConference(a1)"]


def test_r52_who_left_can_be_asked_back_and_counts_as_one(shared: Run) -> None:
    shared.later(10).do(events.Leave("c", "a2")).later(10).do(events.Invite("c", "a1", to_agent_id="a2"))
    shared.accept("a2", "c").later(10)
    assert shared.talking() == ["a1", "a2"]
    assert Draft(shared.desk, shared.state, shared.now).windows("a2") == 1
    shared.do(events.VisitorEnds("c")).do(events.Close("c", "a2")).do(events.Close("c", "a1"))
    shared.do(events.LogOut("a2"))
    assert (shared.tally("a2").in_chats, shared.tally("a2").engaged) == (20, 2)
    assert shared.state.chats == {}


def test_r53_the_longest_attending_agent_attaches(shared: Run) -> None:
    with pytest.raises(RuleRefused, match="R53"):
        shared.do(events.Attach("c", "a2", CASE))
    shared.do(events.Leave("c", "a1")).do(events.Attach("c", "a2", CASE))
    assert shared.chat().attached == (CASE,)


def test_r54_the_visitor_ends_it_for_all_and_who_joins_sees_what_was_said_before(shared: Run) -> None:
    shared.says("c", "v", "Before").do(events.Invite("c", "a1", to_agent_id="a3")).accept("a3", "c")
    [chat] = agent_view(shared.desk, shared.state, shared.now, "a3", {})["chats"]
    assert [message["text"] for message in chat["messages"]] == ["Before"]
    shared.do(events.VisitorEnds("c"))
    assert shared.talking() == []
    assert [member.closed for member in shared.chat().members] == [False, False, False]
    shared.do(events.Close("c", "a2"))
    assert shared.transcripts("c") == []
    shared.do(events.Close("c", "a1"))
    assert len(shared.transcripts("c")) == 1
    shared.do(events.Close("c", "a3"))
    assert (len(shared.transcripts("c")), shared.state.chats) == (1, {})


def test_a_transfer_request_is_gone_when_the_chat_ends(run: Run) -> None:
    run.engaged("c").do(transfer(to_agent_id="a2")).do(events.VisitorEnds("c"))
    assert run.state.requests == {}
    assert run.tally("a2").withdrawn == 1
    assert all(request.kind is not Kind.TRANSFER for request in run.state.requests.values())
