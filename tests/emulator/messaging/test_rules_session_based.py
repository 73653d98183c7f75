"""The ten rules of Session-Based Chat (Salesforce Help, "Set Up Session-Based Chat"), by the machine alone, and the end matrix."""

from collections.abc import Callable

import pytest

from chatlift.emulator.messaging import effects, events
from chatlift.emulator.messaging.combinations import SettingRefused, check
from chatlift.emulator.messaging.refusals import ConversationClosed, RuleRefused
from chatlift.emulator.messaging.state import OPTED_OUT, Role

from .conftest import HOUR, NINE, Ender, Run, Status, channel, setup

OTHER_TYPES = ("WhatsApp", "Facebook", "Text", "AppleBusinessChat", "Line", "Custom")


def session_based(platform: str = "Web", **more: object) -> Run:
    return Run(setup(channel(session_based=True, **more), platform)).online("kim", "leo")


# --- which channels take it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type_", OTHER_TYPES)
def test_1_only_channels_of_enhanced_chat_take_the_setting(type_: str) -> None:
    check(channel(session_based=True))
    with pytest.raises(SettingRefused, match="Session-Based Chat applies to"):
        check(channel(session_based=True, type=type_))


@pytest.mark.parametrize("type_", OTHER_TYPES)
def test_1_a_channel_of_another_type_never_acts_upon_it(type_: str) -> None:
    run = Run(session_based=True, type=type_).engaged().end("kim")
    assert run.conversation().is_open


def test_1_a_standard_channel_does_not_take_it() -> None:
    with pytest.raises(SettingRefused, match="Session-Based Chat applies to"):
        check(channel(session_based=True, platform_type="Standard"))


@pytest.mark.parametrize("before", [{"session_based": True}, {"user_verification": True}, {}])
def test_2_it_does_not_go_with_user_verification_whichever_was_there_first(before: dict[str, bool]) -> None:
    with pytest.raises(SettingRefused):
        check(channel(session_based=True, user_verification=True), channel(**before))


def test_2_a_verified_users_conversation_outlives_its_session() -> None:
    run = session_based().engaged(is_verified=True).end("kim")
    assert run.status is Status.ENDED
    assert run.conversation().is_open


def test_3_it_acts_once_it_is_published() -> None:
    run = Run().online("kim").engaged(key="before").end("kim", "before")
    assert run.conversation("before").is_open
    run.publish(session_based=True)
    run.engaged(key="after").end("kim", "after")
    assert not run.conversation("after").is_open


def test_3_what_is_published_acts_on_sessions_that_run_already() -> None:
    run = Run().engaged()
    run.publish(session_based=True)
    assert not run.end("kim").conversation().is_open
    run = session_based().engaged()
    run.publish(session_based=False)
    assert run.end("kim").conversation().is_open


# --- what it does -------------------------------------------------------------------------------------------------------


def by_rep(run: Run) -> Run:
    return run.end("kim")


def by_bot(run: Run) -> Run:
    return run.end(by=Ender.BOT)


def by_system(run: Run) -> Run:
    return run.end(by=Ender.SYSTEM)


def by_end_user(run: Run) -> Run:
    return run.do(events.EndUserEndsSession("c"))


def by_closing(run: Run) -> Run:
    return run.do(events.EndUserCloses("c"))


def by_silence(run: Run) -> Run:
    run.publish(inactivity_seconds=600)
    return run.says("kim").later(24 * HOUR + 600)


def by_failure(run: Run) -> Run:
    return run.do(events.Fail(run.session().id, "lost"))


ENDINGS = {
    by_rep: Ender.AGENT,
    by_bot: Ender.BOT,
    by_system: Ender.SYSTEM,
    by_end_user: Ender.END_USER,
    by_closing: Ender.END_USER,
    by_silence: Ender.SYSTEM,
    by_failure: Ender.SYSTEM,
}


@pytest.mark.parametrize("ended", ENDINGS)
def test_4_a_conversation_ends_in_the_same_moment_as_its_session(ended: Callable[[Run], Run]) -> None:
    run = ended(session_based().engaged().later(7.25))
    assert run.session().ended is not None
    assert run.conversation().ended == run.session().ended


@pytest.mark.parametrize(("ended", "by"), ENDINGS.items())
def test_5_whoever_ends_the_session_the_conversation_ends(ended: Callable[[Run], Run], by: Ender) -> None:
    run = ended(session_based().engaged())
    assert run.session().ended_by is by
    assert not run.conversation().is_open
    assert run.session().status is (Status.ERROR if ended is by_failure else Status.ENDED)


def test_6_what_has_ended_can_only_be_read() -> None:
    run = session_based().engaged().writes("Hello").end("kim")
    before = run.entries()
    for event in (
        events.EndUserWrites("c", run.message("Still there?")),
        events.EndUserTypes("c", "e", True),
        events.EndUserAcknowledges("c", "e", "m", "Read"),
        events.EndUserEndsSession("c"),
        events.EndUserCloses("c"),
        events.StartOutbound("c", "kim", run.message("Hello again")),
        events.AddHistory("c", ()),
    ):
        with pytest.raises(ConversationClosed, match="has ended and can only be read"):
            run.do(event)
    with pytest.raises(RuleRefused, match="an ended session stays ended"):
        run.says("kim")
    assert run.entries() == before
    assert "EndUser: Hello" in run.said()


def test_6_the_window_is_read_only_while_the_reps_tab_is_open_and_after() -> None:
    run = session_based().engaged().end("kim")
    assert "c" in run.state.conversations
    run.close("kim")
    assert "c" not in run.state.conversations
    assert run.closed().ended == NINE


def test_7_who_comes_back_begins_anew() -> None:
    run = session_based().engaged().end("kim")
    with pytest.raises(RuleRefused, match="already"):
        run.open("c")
    run.open("d", subject="uid:c", end_user_id="eu c").accept("leo", "d")
    assert run.conversation("d").id != run.conversation("c").id
    assert run.conversation("d").record_id != run.conversation("c").record_id
    assert run.session("d").id != run.session("c").id
    assert not run.conversation("c").is_open


def test_8_an_opt_out_ends_the_session_and_leaves_the_conversation_open() -> None:
    run = session_based(opt_out_keywords=("STOP",), opt_out_confirmation="You will hear no more.").engaged()
    run.writes(" stop ")
    assert run.session().status is Status.ENDED
    assert run.session().ended_by is Ender.END_USER
    assert run.conversation().is_open
    assert run.conversation().consent == OPTED_OUT
    assert [(one.end_user_id, one.consent) for one in run.kept(effects.KeepConsent)] == [("eu c", OPTED_OUT)]
    assert run.said()[-2:] == ["EndUser:  stop ", "System: You will hear no more."]


def test_8_no_more_messages_go_out_after_an_opt_out() -> None:
    run = session_based(opt_out_keywords=("STOP",), end_response="Bye").engaged().writes("STOP")
    said = run.said()
    with pytest.raises(RuleRefused):
        run.says("kim")
    with pytest.raises(RuleRefused, match="opted out"):
        run.do(events.StartOutbound("c", "kim", run.message("But …")))
    assert run.said() == said
    assert not any(entry.role is Role.AGENT or entry.text == "Bye" for entry in run.entries(type_="Message"))


def test_9_a_client_that_keeps_the_ended_conversation_is_locked_out_for_good() -> None:
    run = session_based("Mobile").engaged(platform="Mobile").end("kim")
    for _ in range(3):
        run.later(24 * HOUR)
        with pytest.raises(ConversationClosed):
            run.writes("Hello?")
    run.open("d", subject="uid:c", end_user_id="eu c")
    assert run.session("d").status is Status.WAITING


def test_10_without_it_the_end_user_goes_on_in_the_same_conversation() -> None:
    run = Run().engaged().end("kim")
    run.writes("One more thing")
    first, second = run.sessions()
    assert (first.status, second.status) == (Status.ENDED, Status.WAITING)
    assert first.conversation_id == second.conversation_id == "c"
    assert run.entries(type_="Message")[-1].session_id == second.id


# --- the end matrix (Salesforce Help, miaw_considerations_and_limitations) ----------------------------------------------

WHERE = [(platform, verified) for platform in ("Web", "Mobile") for verified in (False, True)]


@pytest.mark.parametrize(("platform", "verified"), WHERE)
@pytest.mark.parametrize("ended", [by_rep, by_bot, by_system, by_silence, by_failure, by_end_user])
def test_off_only_an_unverified_end_user_of_the_web_ends_the_conversation(
    platform: str, verified: bool, ended: Callable[[Run], Run]
) -> None:
    run = Run(setup(channel(user_verification=verified), platform)).engaged(is_verified=verified)
    ended(run)
    assert run.session().ended is not None
    assert run.conversation().is_open is not (ended is by_end_user and platform == "Web" and not verified)
    if run.conversation().is_open:
        run.writes("Hello again")
        assert run.session().status is Status.WAITING
        assert len(run.sessions()) == 2
    else:
        with pytest.raises(ConversationClosed):
            run.writes("Hello again")


@pytest.mark.parametrize("platform", ["Web", "Mobile"])
@pytest.mark.parametrize("ended", [by_rep, by_bot, by_system, by_silence, by_failure, by_end_user])
def test_on_the_conversation_ends_on_both_platforms(platform: str, ended: Callable[[Run], Run]) -> None:
    run = ended(session_based(platform).engaged())
    assert run.conversation().ended == run.session().ended
    with pytest.raises(ConversationClosed):
        run.writes("Hello again")


@pytest.mark.parametrize(("platform", "verified"), WHERE)
def test_an_end_user_who_closes_the_conversation_has_closed_it_wherever_he_is(platform: str, verified: bool) -> None:
    run = Run(setup(channel(), platform)).engaged(is_verified=verified).do(events.EndUserCloses("c"))
    assert run.conversation().ended == run.session().ended == NINE
    assert run.told()[-1] == "CONVERSATION_CLOSE_CONVERSATION"


def test_a_conversation_without_a_session_can_be_closed_too() -> None:
    run = Run().engaged().end("kim").close("kim").do(events.EndUserCloses("c"))
    assert run.closed().ended == NINE


def test_when_a_rep_ends_nobody_is_told_that_the_conversation_was_closed() -> None:
    run = session_based().engaged().end("kim")
    assert "CONVERSATION_CLOSE_CONVERSATION" not in run.told()
    assert run.told()[-1] == "CONVERSATION_SESSION_STATUS_CHANGED"
    payload = run.entries()[-1].payload
    assert (payload["sessionStatus"], payload["sessionStatusPrev"], payload["sessionEndedByRole"]) == (
        "Ended",
        "Active",
        "Agent",
    )
