"""The event sequences E1 to E22, each as a story at a desk; and the worked examples of the session's and the transcript's values."""

from collections.abc import Callable

import pytest

from chatlift.emulator.chat import effects, events
from chatlift.emulator.chat.session import session_values
from chatlift.emulator.chat.setup import BlockingRule
from chatlift.emulator.chat.state import Attached, Message, Presence, Role
from chatlift.emulator.chat.transcript import response_times, transcript_values

from .conftest import Routing, Run, button, desk, settings

ONE = {"a1": settings(capacity=1)}
CASE = Attached("500000000000001AAA", "Case", "00001", "CaseId")
START = "ChatRequest PushAssignment(a1) Accept(a1) "


def start() -> Run:
    return Run(desk()).online("a1").engaged("c").online("a2")


def queued() -> Run:
    return Run(desk(agents=ONE)).online("a1").engaged("x").ask("c")


def transferred(*then: events.Event) -> Run:
    run = start().do(events.Transfer("c", "a1", to_agent_id="a2"))
    for event in then:
        run.do(event)
    return run


def with_file(end: events.Event) -> Callable[[], Run]:
    def story() -> Run:
        run = start().do(events.Attach("c", "a1", CASE))
        return run.do(events.RequestFile("c", "a1", CASE.record_id, "T", "u")).do(end).over("a1", "c")

    return story


def invited(end: Callable[[Run], Run]) -> Callable[[], Run]:
    return lambda: end(start().do(events.Invite("c", "a1", to_agent_id="a2")))


def conference() -> Run:
    run = start().do(events.Invite("c", "a1", to_agent_id="a2")).accept("a2", "c")
    return run.do(events.Leave("c", "a2")).over("a1", "c")


def to_button(accepts: bool) -> Callable[[], Run]:
    def story() -> Run:
        run = Run(desk(agents=dict.fromkeys(("a1", "a2"), settings(capacity=1)))).online("a1").engaged("c")
        if not accepts:
            return run.do(events.Transfer("c", "a1", to_button_id="b")).over("a1", "c")
        run.online("a2").engaged("x", "a2").do(events.Transfer("c", "a1", to_button_id="b"))
        return run.over("a2", "x").accept("a2", "c").over("a2", "c")

    return story


def silent(says: bool) -> Callable[[], Run]:
    def story() -> Run:
        run = Run(desk(button(idle_warning=60, idle_timeout=90))).online("a1").engaged("c").says("c", "a1").later(60)
        if says:
            run.says("c", "v").later(5).says("c", "a1")
        return run.later(90).do(events.Close("c", "a1"))

    return story


def flagged(lowered_by: str) -> Callable[[], Run]:
    return lambda: start().do(events.RaiseFlag("c", "a1")).do(events.LowerFlag("c", lowered_by)).over("a1", "c")


def choice() -> Run:
    run = Run(desk(button(routing=Routing.CHOICE))).online("a1", "a2").ask("c")
    return run.accept("a1", "c").over("a1", "c")


def declined() -> Run:
    run = Run(desk(button(reroutes_declined=True))).online("a1", "a2").ask("c")
    return run.decline("a1", "c").accept("a2", "c").over("a2", "c")


def timed_out() -> Run:
    run = Run(desk(button(push_timeout=30))).online("a1", "a2").ask("c")
    return run.later(30).accept("a2", "c").over("a2", "c")


def visitor_ends_after_queue() -> Run:
    run = queued().over("a1", "x").accept("a1", "c")
    return run.do(events.VisitorEnds("c")).do(events.Close("c", "a1"))


def critical() -> Run:
    run = Run(desk(agents={"a1": settings(critical_wait=30)})).online("a1").engaged("c")
    return run.says("c", "v").later(31).says("c", "a1").over("a1", "c")


def full_queue() -> Run:
    run = Run(desk(button(queue_limit=1), agents=ONE)).online("a1").engaged("x")
    return run.ask("y").ask("c")


def blocked() -> Run:
    return Run(desk(blocking=(BlockingRule("rule", "192.0.2.1"),))).online("a1").ask("c")


def lost() -> Run:
    return start().do(events.VisitorSeen("c", is_polling=False)).later(150)


ROWS: dict[str, tuple[Callable[[], Run], str, str]] = {
    "E1": (lambda: start().over("a1", "c"), START + "EndAgent(a1)", "Completed Agent"),
    "E2": (
        visitor_ends_after_queue,
        "ChatRequest Enqueue PushAssignment(a1) Accept(a1) EndVisitor",
        "Completed Visitor",
    ),
    "E3": (choice, "ChatRequest ChoiceRoute Accept(a1) EndAgent(a1)", "Completed Agent"),
    "E4": (
        declined,
        "ChatRequest PushAssignment(a1) DeclineManual(a1) PushAssignment(a2) Accept(a2) EndAgent(a2)",
        "Completed Agent",
    ),
    "E5": (
        timed_out,
        "ChatRequest PushAssignment(a1) DeclineTimeout(a1) PushAssignment(a2) Accept(a2) EndAgent(a2)",
        "Completed Agent",
    ),
    "E6": (lambda: queued().do(events.VisitorEnds("c")), "ChatRequest Enqueue CancelVisitor", "Missed Visitor"),
    "E7": (lambda: Run(desk()).ask("c"), "ChatRequest CancelNoAgent", "Missed System"),
    "E8": (full_queue, "ChatRequest CancelNoQueue", "Missed System"),
    "E9": (blocked, "ChatRequest CancelBlocked", "Blocked System"),
    "E10": (
        lambda: start().do(events.Block("c", "a1")).do(events.Close("c", "a1")),
        START + "AgentBlocked(a1)",
        "Blocked Agent",
    ),
    "E11": (
        lambda: transferred().accept("a2", "c").over("a2", "c"),
        START + "TransferRequest(a1) Transfer(a2) EndAgent(a2)",
        "Completed Agent",
    ),
    "E12 declined": (
        lambda: transferred().decline("a2", "c").over("a1", "c"),
        START + "TransferRequest(a1) TransferDeclined(a2) EndAgent(a1)",
        "Completed Agent",
    ),
    "E12 cancelled": (
        lambda: transferred(events.CancelTransfer("c", "a1")).over("a1", "c"),
        START + "TransferRequest(a1) TransferCancelled(a1) EndAgent(a1)",
        "Completed Agent",
    ),
    "E13": (
        to_button(accepts=True),
        START + "TransferRequest(a1) TransferredToButton(a1) Enqueue PushAssignment(a2) Accept(a2) EndAgent(a2)",
        "Completed Agent",
    ),
    "E14": (
        to_button(accepts=False),
        START + "TransferRequest(a1) TransferToButtonFailed(a1) ChatResumedAfterTransfer(a1) EndAgent(a1)",
        "Completed Agent",
    ),
    "E15": (
        conference,
        START + "ConferenceRequest(a1) OperatorJoinedConference(a2) OperatorLeftConference(a2) EndAgent(a1)",
        "Completed Agent",
    ),
    "E16 declined": (
        invited(lambda run: run.decline("a2", "c").over("a1", "c")),
        START + "ConferenceRequest(a1) ConferenceRequestDeclined(a2) EndAgent(a1)",
        "Completed Agent",
    ),
    "E16 withdrawn": (
        invited(lambda run: run.do(events.CancelInvite("c", "a1")).over("a1", "c")),
        START + "ConferenceRequest(a1) ConferenceRequestCanceled(a1) EndAgent(a1)",
        "Completed Agent",
    ),
    "E17 supervisor": (
        flagged("boss"),
        START + "FlagRaised(a1) FlagLoweredSupervisor(boss) EndAgent(a1)",
        "Completed Agent",
    ),
    "E17 agent": (flagged("a1"), START + "FlagRaised(a1) FlagLoweredAgent(a1) EndAgent(a1)", "Completed Agent"),
    "E18": (
        critical,
        START + "AlertCriticalWaitChat(a1) ClearCriticalWaitChat(a1) EndAgent(a1)",
        "Completed Agent",
    ),
    "E19 success": (
        with_file(events.FileArrived("c", "T", "a.txt")),
        START + "FileTransferRequested(a1) FileTransferSuccess EndAgent(a1)",
        "Completed Agent",
    ),
    "E19 failure": (
        with_file(events.FileArrived("c", "T", "a.txt", "too large")),
        START + "FileTransferRequested(a1) FileTransferFailure EndAgent(a1)",
        "Completed Agent",
    ),
    "E19 by agent": (
        with_file(events.CancelFile("c", "a1")),
        START + "FileTransferRequested(a1) FileCanceledAgent(a1) EndAgent(a1)",
        "Completed Agent",
    ),
    "E19 by visitor": (
        with_file(events.CancelFile("c", None)),
        START + "FileTransferRequested(a1) FileCanceledChasitor EndAgent(a1)",
        "Completed Agent",
    ),
    "E20": (
        silent(says=False),
        START + "ChasitorIdleTimeoutWarningTriggered ChasitorIdleTimeout",
        "Completed System",
    ),
    "E20 cleared": (
        silent(says=True),
        START + "ChasitorIdleTimeoutWarningTriggered ChasitorIdleTimeoutWarningCleared"
        " ChasitorIdleTimeoutWarningTriggered ChasitorIdleTimeout",
        "Completed System",
    ),
    "E21": (lost, START + "ConnectionWarning ConnectionTimeout LeaveVisitor", "Dropped System"),
    "E22": (lambda: start().do(events.LogOut("a1")), START + "LeaveAgent(a1)", "Completed System"),
}


@pytest.mark.parametrize("row", ROWS)
def test_sequence(row: str) -> None:
    story, steps, ending = ROWS[row]
    run = story()
    [chat] = run.transcripts("c")
    assert run.steps() == steps.split()
    assert f"{chat.status} {chat.ended_by}" == ending
    times = [step.time for step in chat.happenings]
    assert times == sorted(times)


def test_every_row_has_its_story() -> None:
    assert {row.split()[0] for row in ROWS} == {f"E{number}" for number in range(1, 23)}


def test_r61_r62_r63_r64_r65_the_worked_example_of_a_session() -> None:
    agents = {"a1": settings(capacity=2)}
    run = Run(desk(button(push_timeout=30), agents=agents)).online("a1")
    run.at("09:05:00").ask("A").accept("a1", "A").at("09:10:00").ask("B").accept("a1", "B")
    run.at("09:12:00").be("a1", Presence.AWAY).at("09:14:00").be("a1", Presence.ONLINE)
    run.at("09:15:00").over("a1", "A").at("09:20:00").over("a1", "B")
    run.at("09:21:00").ask("C").at("09:21:30")
    assert run.asks("a1") == []
    run.at("09:22:00").ask("D").at("09:22:10").decline("a1", "D")
    run.at("09:30:00").do(events.LogOut("a1"))
    kept = [one for _, one in run.asked if isinstance(one, effects.KeepSession)][-1]
    assert session_values(kept) == {
        "AgentId": "a1",
        "OwnerId": "a1",
        "LoginTime": "2026-06-15T09:00:00.000+0000",
        "LogoutTime": "2026-06-15T09:30:00.000+0000",
        "TimeInOnlineStatus": 1680,
        "TimeInAwayStatus": 120,
        "TimeInChats": 900,
        "TimeIdle": 900,
        "TimeAtCapacity": 300,
        "ChatReqAssigned": 4,
        "ChatReqEngaged": 2,
        "ChatReqDeclined": 1,
        "ChatReqTimedOut": 1,
        "NumFlagRaised": 0,
        "NumFlagLoweredAgent": 0,
        "NumFlagLoweredSupervisor": 0,
    }


def test_r61_offline_time_counts_nowhere() -> None:
    run = Run(desk()).online("a1").later(10).be("a1", Presence.OFFLINE).later(100).be("a1", Presence.AWAY).later(5)
    run.do(events.LogOut("a1"))
    tally = run.tally("a1")
    assert (tally.online, tally.away, tally.idle) == (10, 5, 10)


def test_r62_two_chats_at_once_count_once() -> None:
    run = Run(desk()).online("a1").engaged("c").later(10).engaged("d").later(10).do(events.VisitorEnds("c")).later(10)
    run.over("a1", "d").later(10).do(events.LogOut("a1"))
    assert (run.tally("a1").in_chats, run.tally("a1").idle) == (30, 10)


def test_r63_full_is_who_has_accepted_not_who_is_asked_and_until_the_window_closes() -> None:
    run = Run(desk(agents={"a1": settings(capacity=1)})).online("a1").ask("c").later(10).accept("a1", "c").later(10)
    run.do(events.End("c", "a1")).later(10).do(events.Close("c", "a1")).later(10).do(events.LogOut("a1"))
    assert (run.tally("a1").at_capacity, run.tally("a1").in_chats) == (20, 10)


def test_r64_a_choice_request_is_assigned_when_it_is_accepted_and_transfers_when_they_are_sent() -> None:
    run = Run(desk(button(routing=Routing.CHOICE))).online("a1", "a2").ask("c").accept("a1", "c")
    assert (run.tally("a1").assigned, run.tally("a1").engaged) == (1, 1)
    run.do(events.Transfer("c", "a1", to_agent_id="a2"))
    assert (run.tally("a2").assigned, run.tally("a2").engaged) == (1, 0)


def test_r65_counters_start_at_none_and_are_told_at_each_change() -> None:
    run = Run(desk()).online("a1")
    [(_, first)] = run.asked
    assert isinstance(first, effects.KeepSession)
    counters = {name: value for name, value in session_values(first).items() if name[:4] in ("Time", "Chat", "NumF")}
    assert set(counters.values()) == {0}
    run.later(20).ask("c")
    assert (run.tally("a1").assigned, run.tally("a1").online) == (1, 0)
    run.accept("a1", "c")
    assert (run.tally("a1").engaged, run.tally("a1").online) == (1, 20)


def test_r66_r67_a_transcripts_times() -> None:
    run = Run(desk()).online("a1").later(5).ask("c").later(20).accept("a1", "c").later(60).do(events.End("c", "a1"))
    run.later(300).do(events.Close("c", "a1"))
    values = transcript_values(run.transcripts("c")[0], run.desk)
    assert values["RequestTime"] == "2026-06-15T09:00:05.000+0000"
    assert values["StartTime"] == "2026-06-15T09:00:25.000+0000"
    assert values["EndTime"] == "2026-06-15T09:01:25.000+0000"
    assert (values["WaitTime"], values["ChatDuration"], values["Abandoned"]) == (20, 60, None)


def test_r67_a_missed_chat_was_abandoned_and_a_blocked_one_was_not() -> None:
    run = queued().later(45).do(events.VisitorEnds("c"))
    values = transcript_values(run.transcripts("c")[0], run.desk)
    assert (values["WaitTime"], values["ChatDuration"], values["Abandoned"]) == (None, None, 45)
    values = transcript_values(blocked().transcripts("c")[0], run.desk)
    assert (values["WaitTime"], values["ChatDuration"], values["Abandoned"]) == (None, None, None)


def test_r68_what_people_send_is_counted_and_nothing_else() -> None:
    run = Run(desk(button(greeting="Welcome"))).online("a1").engaged("c").online("a2").says("c", "a1").says("c", "v")
    run.do(events.Whisper("c", "boss", "Boss", "psst")).do(events.Transfer("c", "a1", to_agent_id="a2"))
    run.accept("a2", "c").says("c", "a2").over("a2", "c")
    values = transcript_values(run.transcripts("c")[0], run.desk)
    assert (values["OperatorMessageCount"], values["VisitorMessageCount"]) == (2, 1)


def test_r69_the_worked_example_of_response_times() -> None:
    told = "V10 A25 V40 V45 A65 A70 V90".split()
    roles = {"V": Role.VISITOR, "A": Role.AGENT}
    messages = [Message(roles[one[0]], "", "", int(one[1:])) for one in told]
    assert response_times(messages, Role.AGENT) == (15, 25)
    assert response_times(messages, Role.VISITOR) == (15, 25)
    run = Run(desk()).online("a1").engaged("c")
    for one in told:
        seconds = int(one[1:])
        run.at(f"09:{seconds // 60:02}:{seconds % 60:02}").says("c", "v" if one[0] == "V" else "a1")
    values = transcript_values(run.over("a1", "c").transcripts("c")[0], run.desk)
    assert (values["AverageResponseTimeOperator"], values["MaxResponseTimeOperator"]) == (20, 25)
    assert (values["AverageResponseTimeVisitor"], values["MaxResponseTimeVisitor"]) == (20, 25)
    assert (values["OperatorMessageCount"], values["VisitorMessageCount"]) == (3, 4)


def test_r69_averages_are_rounded_down_and_no_pair_is_no_value() -> None:
    run = Run(desk()).online("a1").engaged("c").says("c", "v").later(1).says("c", "a1").says("c", "v").later(2)
    values = transcript_values(run.says("c", "a1").over("a1", "c").transcripts("c")[0], run.desk)
    assert (values["AverageResponseTimeOperator"], values["MaxResponseTimeOperator"]) == (1, 2)
    alone = Run(desk()).online("a1").engaged("c").says("c", "v").over("a1", "c")
    values = transcript_values(alone.transcripts("c")[0], alone.desk)
    assert values["AverageResponseTimeOperator"] is values["MaxResponseTimeVisitor"] is None


@pytest.mark.parametrize("ends", ["agent", "visitor", "idle", "leave"])
def test_r55_r56_r58_no_transcript_before_the_window_is_closed_and_then_one(ends: str) -> None:
    run = Run(desk(button(idle_timeout=60))).online("a1").engaged("c").says("c", "a1")
    if ends == "agent":
        run.do(events.End("c", "a1"))
    elif ends == "visitor":
        run.do(events.VisitorEnds("c"))
    elif ends == "idle":
        run.later(60)
    else:
        run.do(events.LogOut("a1"))
    reason, ended_by = {
        "agent": ("agent", "Agent"),
        "visitor": ("client", "Visitor"),
        "idle": ("clientIdleTimeout", "System"),
        "leave": ("agentsUnavailable", "System"),
    }[ends]
    assert (run.reason(), run.chat().ended_by, run.chat().status) == (reason, ended_by, "Completed")
    assert len(run.transcripts("c")) == (ends == "leave")
    if ends != "leave":
        run.later(500).do(events.Close("c", "a1"))
    assert len(run.transcripts("c")) == 1


def test_r56_the_transcript_of_a_lost_chat_does_not_wait_for_the_window_and_is_made_once() -> None:
    run = lost()
    assert len(run.transcripts("c")) == 1
    with pytest.raises(Exception, match="R56"):
        run.do(events.Attach("c", "a1", CASE))
    run.later(60).do(events.Close("c", "a1"))
    assert (len(run.transcripts("c")), run.state.chats) == (1, {})
