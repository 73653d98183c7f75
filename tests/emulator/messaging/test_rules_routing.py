"""How sessions come to reps, are handed on and shared; and capacity."""

import pytest

from chatlift.emulator.messaging import effects, entries, events
from chatlift.emulator.messaging.refusals import RuleRefused, Unknown
from chatlift.emulator.messaging.state import Kind

from .conftest import NINE, Bot, Ender, Run, Status, channel, setup

# --- who is asked -------------------------------------------------------------------------------------------------------


def test_who_is_available_and_least_busy_is_asked(run: Run) -> None:
    run.engaged("kim", "a").open("b")
    assert (run.offers("kim"), run.offers("leo")) == ([], ["b"])


def test_of_two_as_busy_the_one_is_asked_who_was_asked_longest_ago(run: Run) -> None:
    run.open("a").later(1)
    run.accept("kim", "a").end("kim", "a").close("kim", "a").open("b")
    assert run.offers("leo") == ["b"]


def test_only_members_of_the_queue_are_asked() -> None:
    run = Run(queue_id="other").online("kim", "mia").open()
    assert (run.offers("kim"), run.offers("mia")) == ([], ["c"])


def test_skills_are_wanted_all() -> None:
    skills = {"kim": frozenset({"s"}), "leo": frozenset({"s", "t"})}
    run = Run(setup(channel(skill_ids=("s", "t")), skills=skills)).online("kim", "leo").open()
    assert (run.offers("kim"), run.offers("leo")) == ([], ["c"])


def test_nobody_is_asked_who_is_busy_or_gone(run: Run) -> None:
    run.busy("kim").do(events.LogOut("leo")).open()
    assert run.kept(effects.KeepWork) == []
    assert run.status is Status.WAITING
    run.online("leo")
    assert run.offers("leo") == ["c"]


def test_what_waits_goes_out_oldest_first_as_soon_as_there_is_room() -> None:
    run = Run().open("a").later(1).open("b").later(1).open("d").online("kim")
    assert run.offers("kim") == ["a", "b"]
    run.accept("kim", "a").end("kim", "a")
    assert run.offers("kim") == ["b"]
    run.close("kim", "a")
    assert run.offers("kim") == ["b", "d"]


def test_places_in_the_queue_are_told_when_they_change() -> None:
    run = Run().open("a").open("b").open("d")
    assert [one.entry.payload["position"] for one in run.streamed("d") if one.entry.type == "QueuePosition"] == [3]
    run.online("kim")
    places = [one.entry.payload["position"] for one in run.streamed("d") if one.entry.type == "QueuePosition"]
    assert places == [3, 1]


def test_places_are_not_told_where_the_channel_does_not_want_it() -> None:
    run = Run(queue_position=False).open("a").open("b")
    assert "CONVERSATION_QUEUE_POSITION" not in run.told("b")


def test_a_session_that_begins_with_what_was_said_elsewhere_is_offered(run: Run) -> None:
    said = {
        "id": "m",
        "role": "EndUser",
        "subject": "uid:c",
        "appType": "custom",
        "name": "Ann",
        "time": NINE,
        "text": "Hello",
    }
    said["abstract"] = entries.text_message("m", "Hello")
    run.engaged().end("kim").close("kim").do(events.AddHistory("c", (said,)))
    assert run.said() == ["EndUser: Hello"]
    assert len(run.sessions()) == 2
    assert run.offers("leo") == ["c"]


# --- answers ------------------------------------------------------------------------------------------------------------


def test_a_rep_who_declines_is_not_asked_again_until_he_comes_anew(run: Run) -> None:
    run.open()
    assert run.offers("kim") == ["c"]
    run.decline("kim")
    assert (run.offers("kim"), run.offers("leo")) == ([], ["c"])
    run.decline("leo")
    assert (run.offers("kim"), run.offers("leo"), run.status) == ([], [], Status.WAITING)
    run.busy("kim").online("kim")
    assert run.offers("kim") == ["c"]
    assert run.works() == [("kim", "Assigned"), ("kim", "Declined"), ("leo", "Assigned"), ("leo", "Declined"), ("kim", "Assigned")]  # fmt: skip


def test_an_offer_nobody_answers_goes_to_the_next() -> None:
    run = Run(push_timeout=20).online("kim", "leo").open().later(19.9)
    assert run.offers("kim") == ["c"]
    run.later(0.1)
    assert (run.offers("kim"), run.offers("leo")) == ([], ["c"])
    assert ("kim", "DeclinedOnPushTimeout") in run.works()


def test_an_accepted_offer_does_not_run_out() -> None:
    run = Run(push_timeout=20).online("kim").open().accept("kim").later(60)
    assert (run.status, run.works()) == (Status.ACTIVE, [("kim", "Assigned"), ("kim", "Opened")])


def test_a_rep_who_becomes_busy_or_goes_loses_what_he_is_offered(run: Run) -> None:
    run.open("a").open("b")
    assert (run.offers("kim"), run.offers("leo")) == (["a"], ["b"])
    run.busy("kim")
    assert (run.offers("kim"), run.offers("leo")) == ([], ["b", "a"])
    run.do(events.LogOut("leo"))
    assert run.offers("leo") == []
    assert run.works("b")[-1] == ("leo", "Unavailable")


def test_only_who_is_asked_can_answer(run: Run) -> None:
    run.open()
    work = run.offer(rep="kim")
    for rep in ("leo", "mia"):
        for event in (events.Accept(work.id, rep), events.Decline(work.id, rep)):
            with pytest.raises(Unknown):
                run.do(event)
    run.accept("kim")
    with pytest.raises(Unknown):
        run.do(events.Accept(work.id, "kim"))


def test_auto_accept_answers_for_the_rep() -> None:
    run = Run(auto_accept=True).online("kim").open()
    assert (run.status, run.present()) == (Status.ACTIVE, ["uid:c", "kim"])


def test_an_end_user_who_leaves_takes_the_offer_with_him(run: Run) -> None:
    run.open().do(events.EndUserEndsSession("c"))
    assert run.offers("kim") == []
    assert run.works() == [("kim", "Assigned"), ("kim", "Canceled")]
    assert len(run.kept(effects.DropRouting)) == 1


def test_what_is_offered_is_told_to_the_end_user_in_order(run: Run) -> None:
    run.open().accept("kim").says("kim", "Hi")
    assert [one for one in run.told() if one != "CONVERSATION_QUEUE_POSITION"] == [
        "CONVERSATION_ROUTING_RESULT",
        "CONVERSATION_ROUTING_WORK_RESULT",
        "CONVERSATION_ROUTING_WORK_RESULT",
        "CONVERSATION_PARTICIPANT_CHANGED",
        "CONVERSATION_SESSION_STATUS_CHANGED",
        "CONVERSATION_MESSAGE",
    ]


# --- capacity -----------------------------------------------------------------------------------------------------------


def test_what_is_offered_counts_and_an_ended_session_until_its_tab_is_closed() -> None:
    run = Run().online("kim").open("a").open("b").open("d")
    assert (run.load("kim"), run.offers("kim")) == (2, ["a", "b"])
    run.accept("kim", "a").accept("kim", "b").end("kim", "a")
    assert (run.load("kim"), run.offers("kim")) == (2, [])
    run.close("kim", "a")
    assert (run.load("kim"), run.offers("kim")) == (2, ["d"])


def test_weights_count_and_room_is_never_overdrawn() -> None:
    run = Run(setup(channel(capacity_weight=1.5), capacities={"kim": 4.0})).online("kim")
    run.open("a").open("b").open("d")
    assert (run.load("kim"), run.offers("kim")) == (3.0, ["a", "b"])


def test_an_inactive_sessions_tab_can_be_closed() -> None:
    run = Run().engaged()
    run.do(events.MarkInactive(run.session().id, "kim")).close("kim")
    assert (run.load("kim"), run.status) == (0, Status.INACTIVE)
    run.writes("Back")
    assert run.offers("kim") == ["c"]


def test_an_active_sessions_tab_stays_open() -> None:
    run = Run().engaged()
    with pytest.raises(RuleRefused, match="end it, hand it on, leave it or mark it inactive first"):
        run.close("kim")


def test_a_rep_who_logs_out_keeps_his_sessions_and_their_weight() -> None:
    run = Run().engaged().do(events.LogOut("kim")).writes("Hello?")
    assert (run.load("kim"), run.status, run.session().owner_id) == (1, Status.ACTIVE, "kim")
    with pytest.raises(Unknown, match="not logged in"):
        run.says("kim")
    assert run.online("kim").says("kim").said()[-1] == "Agent: Yes?"


def test_a_rep_without_room_begins_no_session() -> None:
    run = Run(setup(capacities={"kim": 1.0})).engaged().end("kim")
    with pytest.raises(RuleRefused, match="no room"):
        run.do(events.StartOutbound("c", "kim", run.message("Hi")))
    run.close("kim").do(events.StartOutbound("c", "kim", run.message("Hi")))
    assert run.load("kim") == 1


def test_no_session_is_begun_beside_one_that_runs() -> None:
    run = Run().engaged()
    with pytest.raises(RuleRefused, match="runs in this conversation already"):
        run.do(events.StartOutbound("c", "kim", run.message("Hi")))


# --- transfers ----------------------------------------------------------------------------------------------------------


def test_a_transfer_to_a_rep_is_offered_to_him_alone(run: Run) -> None:
    run.engaged("kim").online("mia").transfer("kim", rep_id="mia")
    assert (run.status, run.present(), run.load("kim")) == (Status.WAITING, ["uid:c"], 0)
    assert (run.offers("leo"), run.offers("mia")) == ([], ["c"])
    assert (run.offer().kind, run.session().routing.transferred_by) == (Kind.TRANSFER, "kim")  # type: ignore[union-attr]
    run.accept("mia")
    assert (run.status, run.session().owner_id, run.present()) == (Status.ACTIVE, "mia", ["uid:c", "mia"])
    assert ("kim", "Transferred") in run.works()
    assert [entry.payload["routingType"] for entry in run.entries(type_="RoutingResult")] == ["Initial", "Transfer"]


def test_a_transfer_that_the_rep_declines_goes_to_the_channels_reps(run: Run) -> None:
    run.engaged("kim").transfer("kim", rep_id="leo").decline("leo")
    assert (run.offers("kim"), run.offers("leo"), run.session().owner_id) == (["c"], [], "q")


def test_a_transfer_to_a_queue_goes_to_its_members(run: Run) -> None:
    run.online("mia").engaged("kim").transfer("kim", queue_id="other")
    assert (run.offers("leo"), run.offers("mia"), run.session().owner_id) == ([], ["c"], "other")


def test_a_transfer_to_an_empty_queue_waits(run: Run) -> None:
    run.engaged("kim").transfer("kim", queue_id="empty").later(3600)
    assert (run.status, run.offers("leo")) == (Status.WAITING, [])


def test_a_transfer_to_skills_goes_to_who_has_them_all() -> None:
    skills = {"kim": frozenset({"s"}), "leo": frozenset({"s"}), "mia": frozenset({"s", "t"})}
    run = Run(setup(skills=skills)).online("kim", "leo", "mia").engaged("kim").transfer("kim", skill_ids=("s", "t"))
    assert (run.offers("leo"), run.offers("mia")) == ([], ["c"])


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ({"rep_id": "mia"}, "not available"),
        ({"rep_id": "kim"}, "is in this session"),
        ({}, "exactly one"),
        ({"rep_id": "leo", "queue_id": "q"}, "exactly one"),
    ],
)
def test_a_transfer_to_nobody_is_refused(run: Run, to: dict[str, str], why: str) -> None:
    run.engaged("kim")
    with pytest.raises(RuleRefused, match=why):
        run.transfer("kim", **to)
    assert run.status is Status.ACTIVE


def test_a_transfer_to_a_full_rep_is_refused() -> None:
    run = Run(setup(capacities={"kim": 2.0, "leo": 0.5})).online("leo").engaged("kim")
    with pytest.raises(RuleRefused, match="no room"):
        run.transfer("kim", rep_id="leo")


def test_a_transfer_to_an_unknown_queue_is_refused(run: Run) -> None:
    with pytest.raises(Unknown, match="no queue"):
        run.engaged("kim").transfer("kim", queue_id="nowhere")


def test_only_the_owner_hands_on_or_ends(run: Run) -> None:
    run.engaged("kim").invite("kim", rep_id="leo").accept("leo")
    with pytest.raises(RuleRefused, match="only the owner"):
        run.transfer("leo", queue_id="q")
    with pytest.raises(RuleRefused, match="only the owner"):
        run.end("leo")
    with pytest.raises(RuleRefused, match="not in this session"):
        run.online("mia").transfer("mia", queue_id="q")


def test_when_it_was_accepted_first_stays_through_a_transfer(run: Run) -> None:
    run.engaged("kim").later(60).transfer("kim", rep_id="leo").accept("leo")
    assert run.session().accepted == NINE


def test_a_transfer_takes_invitations_back(run: Run) -> None:
    run.engaged("kim").invite("kim", rep_id="leo").transfer("kim", rep_id="leo")
    assert run.offers("leo") == ["c"]
    assert ("leo", "Canceled") in run.works()
    run.accept("leo")
    assert run.present() == ["uid:c", "leo"]


def test_who_is_left_over_in_a_session_that_was_handed_on_may_leave(run: Run) -> None:
    run.engaged("kim").invite("kim", rep_id="leo").accept("leo").transfer("kim", queue_id="empty")
    run.do(events.Leave(run.session().id, "leo"))
    assert (run.present(), run.load("leo"), run.status) == (["uid:c"], 0, Status.WAITING)


# --- conferences --------------------------------------------------------------------------------------------------------


def test_a_rep_who_is_asked_in_takes_part(run: Run) -> None:
    run.engaged("kim").invite("kim", rep_id="leo")
    assert (run.offer(rep="leo").kind, run.offer(rep="leo").invited_by) == (Kind.CONFERENCE, "kim")
    run.accept("leo").says("leo", "Hello from me, too").says("kim")
    assert run.present() == ["uid:c", "kim", "leo"]
    assert (run.session().owner_id, run.status, run.load("leo")) == ("kim", Status.ACTIVE, 1)
    assert run.said()[-2:] == ["Agent: Hello from me, too", "Agent: Yes?"]


def test_whoever_has_a_skill_can_be_asked_in() -> None:
    run = Run(setup(skills={"leo": frozenset({"t"})})).engaged("kim").online("leo").invite("kim", skill_ids=("t",))
    assert run.offers("leo") == ["c"]


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ({"rep_id": "mia"}, "not available"),
        ({"rep_id": "kim"}, "is in this session"),
        ({"queue_id": "q"}, "a rep, or whoever has a skill"),
        ({"skill_ids": ("x",)}, "has these skills"),
        ({}, "exactly one"),
    ],
)
def test_nobody_else_can_be_asked_in(run: Run, to: dict[str, str], why: str) -> None:
    with pytest.raises(RuleRefused, match=why):
        run.engaged("kim").invite("kim", **to)


def test_one_rep_is_asked_at_a_time(run: Run) -> None:
    run.online("mia").engaged("kim").invite("kim", rep_id="leo")
    with pytest.raises(RuleRefused, match="already"):
        run.invite("kim", rep_id="mia")
    run.decline("leo").invite("kim", rep_id="mia").accept("mia")
    assert run.present() == ["uid:c", "kim", "mia"]


def test_who_leaves_gives_his_room_back_and_the_owner_gives_the_session_on(run: Run) -> None:
    run.engaged("kim").invite("kim", rep_id="leo").accept("leo").do(events.Leave(run.session().id, "kim"))
    assert (run.session().owner_id, run.present(), run.load("kim")) == ("leo", ["uid:c", "leo"], 0)
    with pytest.raises(RuleRefused, match="the last rep"):
        run.do(events.Leave(run.session().id, "leo"))
    assert run.end("leo").status is Status.ENDED


def test_the_end_ends_it_for_all_and_each_closes_his_tab(run: Run) -> None:
    run.engaged("kim").invite("kim", rep_id="leo").accept("leo").end("kim")
    assert run.present() == []
    run.close("kim")
    assert (run.load("kim"), run.load("leo")) == (0, 1)
    run.close("leo")
    assert run.state.sessions == {}


def test_an_invitation_goes_with_the_session(run: Run) -> None:
    run.engaged("kim").invite("kim", rep_id="leo").end("kim")
    assert run.offers("leo") == []
    assert run.works()[-1] == ("leo", "Canceled")


def test_an_invitation_to_a_session_that_is_routed_anew_was_never_open(run: Run) -> None:
    run.engaged("kim").invite("kim", rep_id="leo")
    run.do(events.MarkInactive(run.session().id, "kim")).writes("Back")
    assert ("leo", "Canceled") in run.works()
    assert ("leo", "Closed") not in run.works()


# --- bots ---------------------------------------------------------------------------------------------------------------

ROBO = Bot(
    "Robo",
    greeting=("Hi, I am Robo.", "Ask me."),
    replies=(("price", "Ten euros."), ("hours", "Nine to five.")),
    fallback="I do not know.",
    hands_over_on=("agent", "human"),
    ends_on=("bye",),
)


def with_bot() -> Run:
    return Run(bot=ROBO).online("kim").open()


def test_a_bot_greets_and_answers_by_its_script() -> None:
    run = with_bot().writes("What is the PRICE?").writes("Hm")
    assert run.said() == [
        "Chatbot: Hi, I am Robo.", "Chatbot: Ask me.", "EndUser: What is the PRICE?", "Chatbot: Ten euros.", "EndUser: Hm",
        "Chatbot: I do not know.",
    ]  # fmt: skip
    assert (run.offers("kim"), run.present()) == ([], ["uid:c", "Robo"])
    reasons = {entry.payload["messageReason"] for entry in run.entries(type_="Message") if entry.role == "Chatbot"}
    assert reasons == {"AutomatedResponse"}


def test_a_bot_hands_over_to_reps() -> None:
    run = with_bot().writes("A human, please")
    assert (run.status, run.offers("kim"), run.present()) == (Status.WAITING, ["c"], ["uid:c"])
    run.accept("kim")
    assert (run.session().agent_type, run.session().bot) == ("BotToAgent", None)
    assert run.writes("What is the price?").said()[-1] == "EndUser: What is the price?"
    operations = [
        (change["operation"], change["participant"]["role"])
        for entry in run.entries(type_="ParticipantChanged")
        for change in entry.payload["entries"]
    ]
    assert operations == [("add", "Chatbot"), ("remove", "Chatbot"), ("add", "Agent")]


def test_a_bot_ends_the_session() -> None:
    run = with_bot().writes("Bye now")
    assert (run.status, run.session().ended_by) == (Status.ENDED, Ender.BOT)


def test_a_bot_says_more_than_its_script_and_hands_on_where_it_is_told() -> None:
    run = with_bot()
    run.do(events.BotSays(run.session().id, run.message("One moment")))
    assert run.said()[-1] == "Chatbot: One moment"
    run.online("mia").transfer(None, queue_id="other")
    assert (run.offers("mia"), run.present()) == (["c"], ["uid:c"])
    with pytest.raises(RuleRefused, match="no bot leads"):
        run.do(events.BotSays(run.session().id, run.message("Me again")))
    with pytest.raises(RuleRefused, match="no bot leads"):
        run.transfer(None, queue_id="q")


# --- supervisors --------------------------------------------------------------------------------------------------------


def test_a_flag_goes_up_once_and_comes_down() -> None:
    run = Run().engaged()
    session = run.session().id
    run.do(events.RaiseFlag(session, "kim", "help"))
    with pytest.raises(RuleRefused, match="up already"):
        run.do(events.RaiseFlag(session, "kim", "help"))
    run.do(events.LowerFlag(session, "boss"))
    with pytest.raises(RuleRefused, match="no flag"):
        run.do(events.LowerFlag(session, "kim"))
    assert [(entry.type, str(entry.role)) for entry in run.entries() if entry.type.startswith("Flag")] == [
        ("FlagRaise", "Agent"),
        ("FlagLower", "Supervisor"),
    ]


def test_a_whisper_and_a_flag_are_hidden_from_the_end_user() -> None:
    run = Run().engaged()
    told = run.told()
    run.do(events.Whisper(run.session().id, "boss", "Offer a discount"))
    run.do(events.RaiseFlag(run.session().id, "kim", "help"))
    assert run.told() == told
    assert run.entries(type_="Note")[0].text == "Offer a discount"
