"""Through which statuses a session goes: each row of the table in docs/messaging.md, with the clock moved."""

from collections.abc import Callable
from typing import Any

import pytest

from chatlift.emulator.messaging import effects, events
from chatlift.emulator.messaging.refusals import RuleRefused
from chatlift.emulator.messaging.setup import BOT_ENDS_SECONDS, INACTIVE_ENDS_SECONDS, OUTBOUND_ENDS_SECONDS

from .conftest import HOUR, NINE, Bot, Ender, Run, Status, Target

IDLE = 600


def active(**web: Any) -> Run:
    return Run(**web).engaged()


def inactive() -> Run:
    run = active()
    return run.do(events.MarkInactive(run.session().id, "kim"))


def paused() -> Run:
    run = active()
    return run.do(events.Pause(run.session().id, "kim"))


def outbound() -> Run:
    run = active().end("kim").close("kim")
    return run.do(events.StartOutbound("c", "kim", run.message("Your order is here")))


# --- how a session begins -----------------------------------------------------------------------------------------------


def test_who_opens_a_conversation_waits() -> None:
    run = Run().open()
    assert (run.status, run.session().owner_id, run.session().origin) == (Status.WAITING, "q", "InboundInitiated")


def test_the_message_after_an_ended_session_waits_in_a_new_one() -> None:
    run = active().end("kim").writes()
    assert (run.status, len(run.sessions())) == (Status.WAITING, 2)


def test_a_session_that_a_rep_begins_is_new_until_it_is_answered() -> None:
    run = outbound()
    assert (run.status, run.session().owner_id, run.session().origin) == (Status.NEW, "kim", "AgentInitiated")
    assert run.says("kim", "Are you there?").status is Status.NEW
    run.writes("Thank you")
    assert run.statuses() == ["New", "Active"]
    assert run.present() == ["uid:c", "kim"]


def test_what_a_rep_began_with_is_counted_and_shown() -> None:
    run = outbound().later(60).writes("Thank you").end("kim")
    (over,) = [one for one in run.kept(effects.SessionOver) if one.session.origin == "AgentInitiated"]
    assert (over.session.replies.messages, over.session.answers.messages) == (1, 1)
    assert (over.session.answers.total, outbound().session().preview) == (60_000, "Your order is here")


def test_a_rep_begins_nothing_with_who_has_not_opted_in() -> None:
    run = Run(consent_type="ExplicitOptIn", opt_in_keywords=("YES",)).online("kim").open().end(by=Ender.SYSTEM)
    with pytest.raises(RuleRefused, match="has not opted in"):
        run.do(events.StartOutbound("c", "kim", run.message("Your order is here")))
    run.writes("yes").do(events.StartOutbound("c", "kim", run.message("Your order is here")))
    assert run.status is Status.NEW


def test_a_session_that_a_rep_began_ends_after_48_hours_without_an_answer() -> None:
    run = outbound().later(OUTBOUND_ENDS_SECONDS - 1)
    assert run.status is Status.NEW
    run.later(1)
    assert (run.status, run.session().ended_by) == (Status.ENDED, Ender.SYSTEM)
    assert OUTBOUND_ENDS_SECONDS == 48 * HOUR


def test_an_answer_within_48_hours_keeps_it() -> None:
    run = outbound().later(47 * HOUR).writes("Thank you").later(3 * HOUR)
    assert run.status is Status.ACTIVE


@pytest.mark.parametrize("consent_type", ["ExplicitOptIn", "DoubleOptIn"])
def test_a_channel_that_asks_for_consent_asks_first(consent_type: str) -> None:
    run = Run(consent_type=consent_type, opt_in_prompt="Write YES to go on.", opt_in_keywords=("YES",)).online("kim")
    run.open()
    assert run.status is Status.CONSENT
    assert (run.offers("kim"), run.said()) == ([], ["System: Write YES to go on."])
    assert run.writes("Why?").status is Status.CONSENT
    run.writes("yes")
    assert run.statuses() == ["Waiting", "Consent", "Waiting"]
    assert run.offers("kim") == ["c"]
    assert [one.consent for one in run.kept(effects.KeepConsent)] == ["ExplicitlyOptedIn"]


# --- taken, silent, taken up again --------------------------------------------------------------------------------------


def test_a_rep_who_accepts_makes_it_active() -> None:
    run = Run().online("kim").open().later(30).accept("kim")
    assert run.statuses() == ["Waiting", "Active"]
    assert (run.session().owner_id, run.session().accepted) == ("kim", NINE + 30_000)


def test_a_bot_makes_it_active_without_having_accepted() -> None:
    run = Run(bot=Bot("Robo")).open()
    assert run.statuses() == ["Waiting", "Active"]
    assert (run.session().accepted, run.session().agent_type) == (None, "Bot")


def test_silence_counts_from_the_reps_first_reply_after_the_end_users_last_message() -> None:
    run = active(inactivity_seconds=IDLE).writes("Hello").later(HOUR)
    assert run.status is Status.ACTIVE
    run.says("kim", "Yes?").later(IDLE - 60).says("kim", "Are you there?").later(59)
    assert run.statuses()[-1] == "Active"
    run.later(1)
    assert run.statuses()[-1] == "Inactive"


def test_a_message_of_the_end_user_begins_it_anew() -> None:
    run = active(inactivity_seconds=IDLE).says("kim").later(IDLE - 1).writes("Moment").later(HOUR)
    assert run.statuses()[-1] == "Active"
    run.says("kim").later(IDLE)
    assert run.statuses()[-1] == "Inactive"


def test_silence_makes_nothing_inactive_that_a_bot_leads() -> None:
    run = Run(bot=Bot("Robo", greeting=("Hi",)), inactivity_seconds=IDLE).open().writes().later(2 * IDLE)
    assert run.status is Status.ACTIVE


@pytest.mark.parametrize(("type_", "status"), [("Custom", Status.INACTIVE), ("WhatsApp", Status.ACTIVE)])
def test_only_embedded_channels_and_those_brought_along_know_silence(type_: str, status: Status) -> None:
    run = active(inactivity_seconds=IDLE, type=type_).says("kim").later(IDLE)
    assert run.status is status


def test_a_rep_may_mark_it_inactive() -> None:
    run = inactive()
    assert run.statuses() == ["Waiting", "Active", "Inactive"]
    assert run.offers("kim") == []


def test_an_inactive_session_is_routed_anew_when_the_end_user_writes() -> None:
    run = inactive().online("leo").later(HOUR).writes("I am back")
    assert run.statuses() == ["Waiting", "Active", "Inactive", "Waiting"]
    assert len(run.sessions()) == 1
    assert run.present() == ["uid:c"]
    assert run.load("kim") + run.load("leo") == 1
    (who,) = [rep for rep in ("kim", "leo") if run.offers(rep)]
    run.accept(who)
    assert run.statuses()[-1] == "Active"
    assert run.session().accepted == NINE


def test_an_inactive_session_ends_by_itself_after_a_day() -> None:
    run = inactive().later(INACTIVE_ENDS_SECONDS - 1)
    assert run.status is Status.INACTIVE
    run.later(1)
    assert (run.status, run.session().ended_by) == (Status.ENDED, Ender.SYSTEM)
    assert run.session().ended == NINE + 24 * HOUR * 1000


def test_silence_and_the_end_come_in_order_when_the_clock_jumps() -> None:
    run = active(inactivity_seconds=IDLE).says("kim").later(7 * 24 * HOUR)
    assert run.statuses() == ["Waiting", "Active", "Inactive", "Ended"]
    assert run.session().ended == NINE + (IDLE + INACTIVE_ENDS_SECONDS) * 1000
    changes = run.entries(type_="SessionStatusChanged")
    assert [entry.time - NINE for entry in changes] == [0, IDLE * 1000, (IDLE + INACTIVE_ENDS_SECONDS) * 1000]


def test_a_session_that_a_bot_leads_ends_after_two_hours_of_silence() -> None:
    run = Run(bot=Bot("Robo")).open().later(HOUR).writes("Hm").later(BOT_ENDS_SECONDS - 1)
    assert run.status is Status.ACTIVE
    run.later(1)
    assert (run.status, run.session().ended_by) == (Status.ENDED, Ender.SYSTEM)
    assert BOT_ENDS_SECONDS == 2 * HOUR


def test_a_paused_session_goes_on_when_the_rep_resumes_it() -> None:
    run = paused()
    with pytest.raises(RuleRefused, match="Paused: messages go out while it is Active"):
        run.says("kim")
    run.do(events.Resume(run.session().id, "kim"))
    assert run.statuses() == ["Waiting", "Active", "Paused", "Active"]


def test_a_paused_session_goes_on_when_the_end_user_writes() -> None:
    assert paused().writes().statuses() == ["Waiting", "Active", "Paused", "Active"]


def test_a_paused_session_is_not_made_inactive() -> None:
    run = active(inactivity_seconds=IDLE).says("kim")
    run.do(events.Pause(run.session().id, "kim")).later(HOUR)
    assert run.status is Status.PAUSED


# --- how it ends --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("began", "by_rep"), [(active, True), (inactive, True), (paused, True), (outbound, True), (Run().open, False)]
)
def test_every_running_session_can_be_ended(began: Callable[[], Run], by_rep: bool) -> None:
    run = began()
    run.end("kim") if by_rep else run.end(by=Ender.SYSTEM)
    assert run.status is Status.ENDED
    assert run.session().ended_by is (Ender.AGENT if by_rep else Ender.SYSTEM)
    assert run.present() == []


def test_a_failure_ends_a_session_with_an_error() -> None:
    run = Run().online("kim").open()
    run.do(events.Fail(run.session().id, "The channel is gone"))
    assert (run.status, run.session().ended_by) == (Status.ERROR, Ender.SYSTEM)
    assert run.offers("kim") == []
    assert run.works()[-1] == ("kim", "Canceled")


def test_a_session_for_which_nobody_is_set_up_fails() -> None:
    run = Run(queue_id=None).open()
    assert run.status is Status.ERROR
    (result,) = run.entries(type_="RoutingResult")
    assert (result.payload["failureType"], result.payload["pendingServiceRoutingId"]) == ("RoutingError", None)


@pytest.mark.parametrize("last", [lambda run: run.end("kim"), lambda run: run.do(events.Fail(run.session().id))])
def test_an_ended_session_stays_ended(last: Callable[[Run], Run]) -> None:
    run = active(inactivity_seconds=IDLE).says("kim")
    session = last(run).session()
    for event in (
        events.RepWrites(session.id, "kim", run.message("Wait")),
        events.RepTypes(session.id, "kim", "e", True),
        events.MarkInactive(session.id, "kim"),
        events.Pause(session.id, "kim"),
        events.Resume(session.id, "kim"),
        events.Transfer(session.id, "kim", Target(queue_id="q")),
        events.Invite(session.id, "kim", Target(rep_id="leo")),
        events.Leave(session.id, "kim"),
        events.End(session.id, Ender.AGENT, "kim"),
        events.End(session.id, Ender.SYSTEM),
        events.Fail(session.id),
        events.RaiseFlag(session.id, "kim"),
        events.LowerFlag(session.id, "kim"),
        events.Whisper(session.id, "boss", "Psst"),
    ):
        with pytest.raises(RuleRefused, match="an ended session stays ended"):
            run.do(event)
    run.later(100 * HOUR)
    assert run.session() == session


def test_only_active_sessions_become_inactive_or_paused() -> None:
    for run in (inactive(), paused()):
        with pytest.raises(RuleRefused, match="an Active one becomes Inactive"):
            run.do(events.MarkInactive(run.session().id, "kim"))
        with pytest.raises(RuleRefused, match="an Active one can be paused"):
            run.do(events.Pause(run.session().id, "kim"))
    with pytest.raises(RuleRefused, match="a Paused one can be resumed"):
        active().do(events.Resume(active().session().id, "kim"))


def test_the_end_is_told_once_and_measured_once() -> None:
    run = active().end("kim")
    assert len(run.kept(effects.SessionOver)) == 1
    assert run.kept(effects.SessionClosed) == []
    run.close("kim")
    assert len(run.kept(effects.SessionClosed)) == 1
