"""What happens during a chat: rules R31 to R42, by the machine alone."""

from typing import Any

import pytest

from chatlift.emulator.chat import events
from chatlift.emulator.chat.draft import Draft
from chatlift.emulator.chat.effects import BlockAddress
from chatlift.emulator.chat.refusals import RuleRefused
from chatlift.emulator.chat.setup import BlockingRule, Deployment, EnforcedOn, SensitiveDataRule
from chatlift.emulator.chat.state import Attached
from chatlift.emulator.chat.views import chat_view, supervisor_view

from .conftest import NINE, Run, button, desk, settings

CASE = Attached("500000000000001AAA", "Case", "00001", "CaseId")
CONTACT = Attached("003000000000001AAA", "Contact", "Maya", "ContactId")


def one_agent(*buttons: Any, **values: Any) -> Run:
    """A desk with a1 alone, in the chat ``c``."""
    return Run(desk(*buttons, agents={"a1": settings(**values)})).online("a1").engaged("c")


@pytest.mark.parametrize(
    ("of_button", "of_agent", "greeting"),
    [("Hi from b", "Hi from a1", "Hi from b"), (None, "Hi from a1", "Hi from a1"), (None, None, None)],
)
def test_r31_the_buttons_greeting_comes_before_the_agents(of_button: str, of_agent: str, greeting: str | None) -> None:
    run = one_agent(button(greeting=of_button), greeting=of_agent)
    assert run.chat().started == NINE
    assert [one.text for one in run.chat().messages] == ([greeting] if greeting else [])
    assert run.told()[:3] == ["ChatRequestSuccess", "QueueUpdate", "ChatEstablished"]


@pytest.mark.parametrize(
    ("of_button", "of_agent", "name"), [("Shop", "Ann", "Shop"), (None, "Ann", "Ann"), (None, None, "Agent a1")]
)
def test_r31_so_does_its_name_for_agents(of_button: str, of_agent: str, name: str) -> None:
    run = one_agent(button(agent_name=of_button), agent_name=of_agent).says("c", "a1")
    assert run.chat().messages[-1].name == name
    assert [one.message["name"] for one in run.mail() if "name" in one.message] == [name, name]


@pytest.mark.parametrize("again", [True, False])
def test_r31_a_transfer_and_a_conference_greet_only_when_the_configuration_says_so(again: bool) -> None:
    agents = {"a1": settings(), "a2": settings(greeting="Hi again", greets_again=again)}
    for event in (events.Transfer("c", "a1", to_agent_id="a2"), events.Invite("c", "a1", to_agent_id="a2")):
        run = Run(desk(agents=agents)).online("a1").engaged("c").online("a2").do(event).accept("a2", "c")
        assert [one.text for one in run.chat().messages] == (["Hi again"] if again else [])


def test_r32_messages_are_kept_in_order_with_sender_and_time(run: Run) -> None:
    run.engaged("c").says("c", "a1", "one").later(5).says("c", "v", "two").says("c", "v", "two").later(1)
    run.says("c", "a1", "three")
    kept = [(one.text, str(one.role), one.time - NINE) for one in run.chat().messages]
    assert kept == [("one", "Agent", 0), ("two", "Visitor", 5), ("two", "Visitor", 5), ("three", "Agent", 6)]


def test_r32_sneak_peeks_are_seen_and_never_kept_as_messages(run: Run) -> None:
    run.engaged("c").do(events.VisitorTypes("c", True, "my pass")).do(events.AgentTypes("c", "a1", True, "Just a"))
    assert run.chat().sneak_peek == "my pass"
    [seen] = supervisor_view(run.desk, run.state, run.now)["chats"]
    assert seen["agentTyping"] == [{"agentId": "a1", "text": "Just a"}]
    assert run.told()[-1] == "AgentTyping"
    run.says("c", "v", "x").says("c", "a1", "y")
    assert (run.chat().sneak_peek, run.chat().agent_typing) == ("", ())
    assert [one.text for one in run.chat().messages] == ["x", "y"]


def test_r32_without_the_switches_nobody_peeks() -> None:
    run = one_agent(sneak_peek=False, agent_sneak_peek=False)
    run.do(events.VisitorTypes("c", True, "my pass")).do(events.AgentTypes("c", "a1", True, "Just a"))
    [seen] = supervisor_view(run.desk, run.state, run.now, "a1")["chats"]
    assert (seen["sneakPeek"], seen["agentTyping"]) == ("", [])
    [seen] = supervisor_view(run.desk, run.state, run.now, "boss")["chats"]
    assert (seen["sneakPeek"], seen["agentTyping"]) == ("", [{"agentId": "a1", "text": "Just a"}])


@pytest.mark.parametrize("seconds", [29, 30, 31])
def test_r33_an_unanswered_visitor_alerts_once_and_the_answer_clears_it(seconds: int) -> None:
    run = one_agent(critical_wait=30).says("c", "v").later(10).says("c", "v").later(seconds - 10).says("c", "a1")
    alerted = seconds >= 30
    assert run.times("AlertCriticalWaitChat") == ([30] if alerted else [])
    assert run.times("ClearCriticalWaitChat") == ([seconds] if alerted else [])
    run.later(500).says("c", "v").later(31)
    assert run.times("AlertCriticalWaitChat")[-1] == seconds + 500 + 30


def test_r33_no_critical_wait_is_no_alert() -> None:
    assert one_agent().says("c", "v").later(9_999).times("AlertCriticalWaitChat") == []


SILENT = button(idle_warning=60, idle_timeout=120)


def test_r34_a_silent_visitor_is_warned_of_and_the_chat_ends() -> None:
    run = one_agent(SILENT).later(10).says("c", "a1").later(500)
    assert run.times("ChasitorIdleTimeoutWarningTriggered") == [70]
    assert run.times("ChasitorIdleTimeout") == [130]
    assert (run.chat().ended_by, run.reason()) == ("System", "clientIdleTimeout")


def test_r34_the_clock_starts_with_the_agents_last_message_and_stops_at_the_visitors() -> None:
    run = one_agent(SILENT).later(1_000).says("c", "a1").later(70).says("c", "v").later(1_000)
    assert run.times("ChasitorIdleTimeoutWarningCleared") == [1_070]
    assert run.chat().ended is None
    run.says("c", "a1").later(59).says("c", "a1").later(119)
    assert run.chat().ended is None
    run.later(1)
    assert run.chat().ended == NINE + 2_070 + 59 + 120


def test_r34_a_visitor_who_writes_before_the_warning_clears_nothing() -> None:
    run = one_agent(SILENT).says("c", "a1").later(59).says("c", "v").later(999)
    assert [step for step in run.steps() if "Idle" in step] == []


FAR = Deployment("d", "Web shop", connection_warning=15, connection_timeout=40)


def lost(run: Run) -> Run:
    """Let go of the visitor's poll."""
    return run.do(events.VisitorSeen("c", is_polling=False))


def test_r35_a_visitor_out_of_reach_is_warned_of_and_then_lost() -> None:
    run = lost(Run(desk(deployment=FAR)).online("a1").engaged("c").later(100)).later(500)
    assert (run.times("ConnectionWarning"), run.times("ConnectionTimeout")) == ([115], [140])
    assert run.steps()[-1] == "LeaveVisitor"
    assert (run.chat().status, run.chat().ended_by) == ("Dropped", "System")


def test_r35_a_poll_in_between_clears_it() -> None:
    run = lost(Run(desk(deployment=FAR)).online("a1").engaged("c"))
    for _ in range(5):
        lost(run.later(39))
    assert run.times("ConnectionWarning") == [15, 54, 93, 132, 171]
    assert run.chat().ended is None
    assert run.do(events.VisitorSeen("c", is_polling=True)).later(9_999).chat().ended is None


def test_r35_a_waiting_visitor_who_is_lost_is_missed_and_the_times_have_defaults() -> None:
    run = Run(desk()).online("a1").ask("c")
    lost(run).later(1_000)
    assert (run.times("ConnectionWarning"), run.times("LeaveVisitor")) == ([15], [150])
    assert run.chat().status == "Missed"
    assert run.asks("a1") == []


def test_r36_a_flag_is_raised_once_at_a_time_and_lowered_by_agent_or_supervisor(run: Run) -> None:
    run.engaged("c").do(events.RaiseFlag("c", "a1", "Help"))
    with pytest.raises(RuleRefused, match="R36"):
        run.do(events.RaiseFlag("c", "a1"))
    run.do(events.LowerFlag("c", "a1")).do(events.RaiseFlag("c", "a1")).do(events.LowerFlag("c", "boss"))
    with pytest.raises(RuleRefused, match="R36"):
        run.do(events.LowerFlag("c", "boss"))
    run.do(events.RaiseFlag("c", "a1")).over("a1", "c")
    tally = run.tally("a1")
    assert (tally.flags_raised, tally.flags_lowered_by_agent, tally.flags_lowered_by_supervisor) == (3, 1, 1)


def test_r36_counters_belong_to_who_raised_the_flag(run: Run) -> None:
    run.engaged("c").do(events.Invite("c", "a1", to_agent_id="a2")).accept("a2", "c").do(events.RaiseFlag("c", "a2"))
    run.do(events.LowerFlag("c", "a1"))
    assert run.steps()[-1] == "FlagLoweredSupervisor(a1)"
    assert run.tally("a2").flags_lowered_by_supervisor == 1
    assert run.tally("a1").flags_raised == 0


@pytest.mark.parametrize("how", ["leaves", "logs out", "hands it on"])
def test_r36_the_flag_of_an_agent_who_goes_goes_with_him(run: Run, how: str) -> None:
    run.engaged("c").do(events.RaiseFlag("c", "a1"))
    if how == "hands it on":
        run.do(events.Transfer("c", "a1", to_agent_id="a2")).accept("a2", "c")
    else:
        run.do(events.Invite("c", "a1", to_agent_id="a2")).accept("a2", "c")
        run.do(events.Leave("c", "a1") if how == "leaves" else events.LogOut("a1"))
    assert run.chat().flags == ()
    with pytest.raises(RuleRefused, match="R36"):
        run.do(events.LowerFlag("c", "boss"))


def test_r37_the_visitor_never_sees_a_whisper(run: Run) -> None:
    run.engaged("c").do(events.Whisper("c", "boss", "Boss", "Offer ten percent"))
    assert run.chat().messages[-1].is_whisper
    assert not any("ten percent" in str(one.message) for one in run.mail())


@pytest.mark.parametrize(
    ("rule", "sender", "text", "event"),
    [
        (EnforcedOn.VISITOR, "v", "mine is *** ok", "SensitiveDataVisitor"),
        (EnforcedOn.AGENT, "a1", "mine is *** ok", "SensitiveDataAgent(a1)"),
        (EnforcedOn.AGENT, "v", "mine is 1234 ok", None),
    ],
)
def test_r38_sensitive_data_is_replaced_in_whose_messages_the_rule_names(
    rule: EnforcedOn, sender: str, text: str, event: str | None
) -> None:
    rules = (SensitiveDataRule("r", "PIN", r"\d{4}", False, "***", rule),)
    run = Run(desk(sensitive=rules)).online("a1").engaged("c").says("c", sender, "mine is 1234 ok")
    assert run.chat().messages[-1].text == text
    assert (run.steps()[-1] == event) if event else not any("Sensitive" in step for step in run.steps())


def test_r38_or_removed_also_from_whispers_by_priority_and_a_bad_pattern_finds_nothing() -> None:
    rules = (
        SensitiveDataRule("r", "second", "b", True, "", EnforcedOn.SUPERVISOR, 2),
        SensitiveDataRule("q", "first", "a", False, "b", EnforcedOn(7), 1),
        SensitiveDataRule("x", "broken", "(", True, "", EnforcedOn(7), 0),
    )
    run = Run(desk(sensitive=rules)).online("a1").engaged("c").do(events.Whisper("c", "boss", "Boss", "xaz"))
    assert run.chat().messages[-1].text == "xz"
    assert run.steps()[-2:] == ["SensitiveDataSupervisor(boss)", "SensitiveDataSupervisor(boss)"]


def test_r39_one_record_of_each_type_is_attached(run: Run) -> None:
    run.engaged("c").do(events.Attach("c", "a1", CASE)).do(events.Attach("c", "a1", CONTACT))
    other = Attached("500000000000002AAA", "Case", "00002", "CaseId")
    with pytest.raises(RuleRefused, match="R39"):
        run.do(events.Attach("c", "a1", other))
    run.do(events.Detach("c", "a1", CASE.record_id)).do(events.Attach("c", "a1", other))
    assert run.chat().attached == (CONTACT, other)
    with pytest.raises(RuleRefused, match="R39"):
        run.do(events.Detach("c", "a1", CASE.record_id))


def test_r39_also_while_the_window_is_open_over_the_ended_chat(run: Run) -> None:
    run.engaged("c").do(events.VisitorEnds("c")).do(events.Attach("c", "a1", CASE)).do(events.Close("c", "a1"))
    assert run.transcripts("c")[0].attached == (CASE,)


def asked_for_file(run: Run) -> Run:
    return (
        run.engaged("c").do(events.Attach("c", "a1", CASE)).do(events.RequestFile("c", "a1", CASE.record_id, "T", "u"))
    )


def test_r40_a_file_is_sent_only_when_asked_for_at_an_attached_record(run: Run) -> None:
    run.engaged("c")
    with pytest.raises(RuleRefused, match=r"R40.*attach the record"):
        run.do(events.RequestFile("c", "a1", CASE.record_id, "T", "u"))
    with pytest.raises(RuleRefused, match=r"R40.*no agent has asked"):
        run.do(events.FileArrived("c", "T", "a.txt"))
    run.do(events.Attach("c", "a1", CASE)).do(events.RequestFile("c", "a1", CASE.record_id, "T", "u"))
    with pytest.raises(RuleRefused, match=r"R40.*already"):
        run.do(events.RequestFile("c", "a1", CASE.record_id, "U", "u"))
    with pytest.raises(RuleRefused, match=r"R40.*no agent has asked"):
        run.do(events.FileArrived("c", "wrong", "a.txt"))
    with pytest.raises(RuleRefused, match=r"R40.*cancel that first"):
        run.do(events.Detach("c", "a1", CASE.record_id))


@pytest.mark.parametrize(
    ("event", "step", "told"),
    [
        (events.FileArrived("c", "T", "a.txt", None, "069"), "FileTransferSuccess", "Success"),
        (events.FileArrived("c", "T", "a.txt", "too large"), "FileTransferFailure", "Failure"),
        (events.CancelFile("c", "a1"), "FileCanceledAgent(a1)", "Canceled"),
        (events.CancelFile("c", None), "FileCanceledChasitor", "Canceled"),
    ],
)
def test_r40_the_ways_in_which_a_file_transfer_ends(run: Run, event: events.Event, step: str, told: str) -> None:
    asked_for_file(run).do(event)
    assert run.steps()[-1] == step
    assert [one.message["type"] for one in run.mail() if one.type == "FileTransfer"] == ["Requested", told]
    assert run.chat().file_request is None
    with pytest.raises(RuleRefused, match="R40"):
        run.do(event)


def test_r40_the_log_leads_to_the_file(run: Run) -> None:
    asked_for_file(run).do(events.FileArrived("c", "T", "a.txt", None, "069000000000001AAA"))
    [chat] = run.state.chats.values()
    from_window = chat_view(Draft(run.desk, run.state, run.now), chat, "a1", ([], 0))
    assert from_window["files"] == [{"name": "a.txt", "id": "069000000000001AAA"}]
    assert from_window["notices"] == ["Received a.txt"]


def test_r41_a_block_ends_the_chat_for_all_and_adds_a_rule(run: Run) -> None:
    run.engaged("c").do(events.Invite("c", "a1", to_agent_id="a2")).accept("a2", "c").do(
        events.Block("c", "a2", "Spam")
    )
    assert BlockAddress("192.0.2.1", "Spam", "a2") in [one for _, one in run.asked]
    assert (run.chat().status, run.chat().ended_by, run.reason()) == ("Blocked", "Agent", "agent")
    assert run.talking("c") == []
    assert run.steps()[-1] == "AgentBlocked(a2)"


def test_r41_no_address_no_block(run: Run) -> None:
    run.ask("c", ip_address=None).accept("a1", "c")
    with pytest.raises(RuleRefused, match="R41"):
        run.do(events.Block("c", "a1"))


@pytest.mark.parametrize(
    ("first", "last", "address", "is_blocked"),
    [
        ("192.0.2.5", None, "192.0.2.5", True),
        ("192.0.2.5", None, "192.0.2.6", False),
        ("192.0.2.5", "192.0.2.9", "192.0.2.5", True),
        ("192.0.2.5", "192.0.2.9", "192.0.2.9", True),
        ("192.0.2.5", "192.0.2.9", "192.0.2.4", False),
        ("192.0.2.5", "192.0.2.9", "192.0.2.10", False),
        ("2001:db8::1", "2001:db8::ff", "2001:db8::80", True),
        ("2001:db8::1", "2001:db8::ff", "192.0.2.5", False),
        ("rubbish", None, "192.0.2.5", False),
        ("192.0.2.5", None, None, False),
    ],
)
def test_r42_requests_from_blocked_addresses_are_refused(
    first: str, last: str | None, address: str | None, is_blocked: bool
) -> None:
    run = Run(desk(blocking=(BlockingRule("rule", first, last),))).online("a1").ask("c", ip_address=address)
    assert (run.steps()[-1] == "CancelBlocked") == is_blocked
    if is_blocked:
        assert (run.chat().status, run.reason()) == ("Blocked", "Blocked")


def test_r42_a_running_chat_goes_on_under_a_new_rule(run: Run) -> None:
    run.engaged("c")
    run.desk = desk(blocking=(BlockingRule("rule", "192.0.2.1"),))
    assert run.says("c", "v").chat().stage == "engaged"


@pytest.mark.parametrize(
    ("switch", "event"),
    [
        ("file_transfer", events.RequestFile("c", "a1", CASE.record_id, "T", "u")),
        ("assistance_flag", events.RaiseFlag("c", "a1")),
        ("visitor_blocking", events.Block("c", "a1")),
        ("whisper", events.Whisper("c", "boss", "Boss", "psst")),
        ("conferencing", events.Invite("c", "a1", to_agent_id="a2")),
        ("transfer_to_agent", events.Transfer("c", "a1", to_agent_id="a2")),
        ("transfer_to_skill", events.Transfer("c", "a1", to_skill_id="s")),
        ("transfer_to_button", events.Transfer("c", "a1", to_button_id="b")),
    ],
)
def test_r36_r37_r40_r41_r43_r50_each_needs_its_switch(switch: str, event: events.Event) -> None:
    for is_on in (True, False):
        changed = settings(**{switch: is_on})
        agents = {"a1": settings(), "a2": settings(), "boss" if switch == "whisper" else "a1": changed}
        run = Run(desk(agents=agents)).online("a1").engaged("c").online("a2").do(events.Attach("c", "a1", CASE))
        if is_on:
            run.do(event)
        else:
            with pytest.raises(RuleRefused, match="configuration does not allow"):
                run.do(event)


@pytest.mark.parametrize("event", [events.VisitorWrites("c", "Hello"), events.VisitorSignals("c", "click", "button")])
def test_who_waits_for_his_first_agent_cannot_speak_yet(event: events.Event) -> None:
    with pytest.raises(RuleRefused, match="R32"):
        Run(desk()).online("a1").ask("c").do(event)
