"""The rep API of enhanced chat, through its typed client and as plain JSON, with end users at the other end."""

from typing import Any

import pytest

from chatlift.emulator.messaging import EndUserRefused, MessagingError, NotThere, RuleBroken
from chatlift.emulator.wire.reps.wire import CALLS

from .conftest import Office

# --- who may call, and what is sent -------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", [f"{method} {path}" for path, methods in CALLS.items() for method in methods])
def test_no_call_is_open_to_pages_of_other_sites(office: Office, call: str) -> None:
    method, path = call.split(" ")
    status, found = office.raw(method, path, {}, Origin="https://evil.test")
    assert (status, found[0]["errorCode"]) == (403, "FORBIDDEN")


@pytest.mark.parametrize("path", list(CALLS))
def test_each_path_takes_its_own_methods_alone(office: Office, path: str) -> None:
    for method in {"GET", "POST", "PUT", "DELETE"} - CALLS[path].keys():
        status, found = office.raw(method, path, {})
        assert (status, found[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("path", ["", "reps", "sessions/x", "sessions/x/unknown", "sessions//end", "reps/a/b/c"])
def test_an_unknown_call_is_not_found(office: Office, path: str) -> None:
    status, found = office.raw("GET", path)
    assert (status, found[0]["errorCode"]) == (404, "NOT_FOUND")


def body_of(office: Office) -> dict[str, Any]:
    """A body with every key that the calls know."""
    return {
        "repId": office["kim"], "supervisorId": office["sue"], "by": office["kim"], "status": "Online", "text": "x",
        "to": {"repId": office["leo"]}, "messageId": "x", "kind": "Read", "reason": "x", "conversationId": "x", "typing": True,
        "capacity": 3,
    }  # fmt: skip


NAMED = [(path, method) for path, methods in CALLS.items() for method in methods if "{" in path]


@pytest.mark.parametrize(("path", "method"), NAMED)
def test_what_is_not_there_is_not_found(office: Office, path: str, method: str) -> None:
    office.desk.login(office["kim"])
    for id_ in ("none", "005000000000000", "005000000000000AAA", "0Mw000000000000", "%00", "%F0%9F%90%88"):
        body: Any = body_of(office) if method != "GET" else None
        if path == "channels/{developerName}" and method == "PUT":
            body = {"label": "x"}
        if path == "deployments/{name}" and method == "PUT":
            body = {"channel": id_}
            filled = "deployments/Fresh"
        else:
            filled = "/".join(id_ if word.startswith("{") else word for word in path.split("/"))
        status, found = office.raw(method, filled, body)
        assert (status, found[0]["errorCode"]) == (404, "NOT_FOUND"), (id_, found)


ODD: tuple[Any, ...] = (None, 7, 1.5, True, [], {}, [{}], {"a": []}, "", "\x00", "x" * 200_000, "\ud83d")
CHANGING = [path for path, methods in CALLS.items() if methods.keys() - {"GET"} and "channels" not in path]


@pytest.mark.parametrize("path", CHANGING)
def test_nothing_that_is_sent_is_an_error_of_the_server(office: Office, path: str) -> None:
    _, session_id = office.served()
    good = body_of(office)
    words = {
        "{userId}": office["leo"],
        "{messagingSessionId}": session_id,
        "{agentWorkId}": office.desk.rep(office["kim"]).sessions[0].agent_work_id,
        "{name}": "Web_Chat",
    }
    filled = "/".join(words.get(word, word) for word in path.split("/"))
    client = office.live.session()
    url = f"{office.live.https}/_chatlift/messaging/{filled}"
    for method in CALLS[path].keys() - {"GET"}:
        for key in (*good, "message", "as", "messagingEndUserId"):
            for odd in ODD:
                answer = client.request(method, url, json={**good, key: odd}, timeout=10)
                assert answer.status_code in (200, 400, 404, 409), (key, odd, answer.text)
        for odd in ODD:
            for place in ("repId", "queueId", "skillIds", "skillId"):
                answer = client.request(method, url, json={**good, "to": {place: odd}}, timeout=10)
                assert answer.status_code in (200, 400, 404, 409), (place, odd, answer.text)
        for text in ("[]", "7", "{", '{"a":' * 2000, "[" * 100_000, '{"repId": "\\ud800"}'):
            answer = client.request(method, url, data=text, headers={"Content-Type": "application/json"}, timeout=10)
            assert answer.status_code == 400, text[:20]


def test_a_body_that_is_no_json_is_refused(office: Office) -> None:
    answer = office.live.session().post(
        f"{office.live.https}/_chatlift/messaging/reps/{office['kim']}/login", data="status=Online", timeout=10
    )
    assert answer.status_code == 415


# --- presence -----------------------------------------------------------------------------------------------------------


def test_a_rep_logs_in_changes_his_status_and_logs_out(office: Office) -> None:
    kim, desk = office["kim"], office.desk
    presence_id = desk.login(kim[:15])
    assert presence_id.startswith("0R1")
    seen = desk.rep(kim)
    assert (seen.name, seen.status, seen.presence_id, seen.is_available) == ("Kim Moss", "Online", presence_id, True)
    assert (seen.capacity, seen.load, seen.work, seen.sessions) == (100.0, 0.0, (), ())
    desk.set_status(kim, "Busy")
    assert (desk.rep(kim).status, desk.rep(kim).is_available) == ("Busy", False)
    desk.set_status(kim, "Offline")
    seen = desk.rep(kim)
    assert (seen.status, seen.presence_id, seen.is_available) == ("Offline", None, False)
    rows = office.rows(
        "SELECT UserId, ServicePresenceStatus.MasterLabel, IsCurrentState FROM UserServicePresence ORDER BY Id"
    )
    assert [(row["UserId"], row["ServicePresenceStatus"]["MasterLabel"], row["IsCurrentState"]) for row in rows] == [
        (kim, "Online", False),
        (kim, "Busy", False),
    ]


def test_who_logs_in_again_with_the_same_status_keeps_his_presence(office: Office) -> None:
    first = office.desk.login(office["kim"])
    assert office.desk.login(office["kim"]) == first


def test_a_status_of_the_orgs_own_is_found_by_label_name_and_id(office: Office) -> None:
    fields = {"DeveloperName": "Chat_Only", "MasterLabel": "Chat only", "Language": "en_US"}
    lunch = {"DeveloperName": "Lunch_Break", "MasterLabel": "Lunch", "Language": "en_US"}
    ids = office.live.org.seed(
        {
            "records": [
                {"object": "ServicePresenceStatus", "ref": "own", "fields": fields},
                {"object": "ServicePresenceStatus", "ref": "lunch", "fields": lunch},
            ]
        }
    )
    for name in ("Chat only", "chat_only", ids["own"]):
        office.desk.login(office["kim"], name)
        assert (office.desk.rep(office["kim"]).status, office.desk.rep(office["kim"]).is_available) == (
            "Chat only",
            True,
        )
    office.desk.set_status(office["kim"], "Lunch")
    assert not office.desk.rep(office["kim"]).is_available


def test_the_usual_statuses_are_made_when_they_are_asked_for(office: Office) -> None:
    office.desk.login(office["kim"])
    office.desk.set_status(office["kim"], "away")
    assert (office.desk.rep(office["kim"]).status, office.desk.rep(office["kim"]).is_available) == ("Away", False)
    labels = [row["MasterLabel"] for row in office.rows("SELECT MasterLabel FROM ServicePresenceStatus")]
    assert sorted(labels) == ["Away", "Busy", "Online"]


def test_an_unknown_status_is_refused_with_those_that_there_are(office: Office) -> None:
    with pytest.raises(
        MessagingError, match=r"there is no presence status 'Dancing'; there are .*Online.*Offline"
    ) as no:
        office.desk.login(office["kim"], "Dancing")
    assert (no.value.status, no.value.code) == (400, "INVALID_ARGUMENT")
    with pytest.raises(MessagingError, match="logs in with a status in which he is there"):
        office.desk.login(office["kim"], "Offline")
    with pytest.raises(NotThere, match="not logged in"):
        office.desk.set_status(office["kim"], "Busy")
    with pytest.raises(NotThere, match="not logged in"):
        office.desk.logout(office["kim"])


def test_a_user_who_is_not_active_cannot_log_in(office: Office) -> None:
    fields = {"Username": "old@x.test", "LastName": "Old", "IsActive": False}
    old = office.live.org.seed({"records": [{"object": "User", "ref": "old", "fields": fields}]})["old"]
    with pytest.raises(RuleBroken, match=r"the user old@x\.test is not active"):
        office.desk.login(old)


# --- work ---------------------------------------------------------------------------------------------------------------


def test_an_offer_is_seen_as_soon_as_the_end_user_is_answered_oldest_first(office: Office) -> None:
    kim, desk = office["kim"], office.desk
    desk.login(kim)
    first = office.end_user(_firstName="Ann", _lastName="Doe")
    office.live.org.clock.advance(seconds=12)
    second = office.end_user()
    work = desk.rep(kim).work
    assert [one.conversation_id for one in work] == [first.conversation_id, second.conversation_id]
    assert (work[0].kind, work[0].wait_seconds, work[0].channel) == ("session", 12, "Web_Chat")
    assert (work[0].end_user_name, work[0].expires_at, work[0].from_rep_id) == ("Ann Doe", None, None)
    assert work[0].agent_work_id.startswith("0Bz")
    assert work[0].messaging_session_id.startswith("0Mw")


def test_an_offer_is_declined_or_taken_once(office: Office) -> None:
    kim, leo, desk = office["kim"], office["leo"], office.desk
    desk.login(kim)
    office.end_user()
    desk.login(leo)
    (offer,) = desk.rep(kim).work
    with pytest.raises(NotThere):
        desk.accept(offer.agent_work_id, leo)
    desk.decline(offer.agent_work_id, kim, "too busy")
    assert desk.rep(kim).work == ()
    (offer,) = desk.rep(leo).work
    session_id = desk.accept(offer.agent_work_id[:15], leo)
    assert session_id == offer.messaging_session_id
    with pytest.raises(NotThere):
        desk.accept(offer.agent_work_id, leo)
    works = office.rows("SELECT UserId, Status, DeclineReason FROM AgentWork ORDER BY Id")
    assert [(row["UserId"], row["Status"], row["DeclineReason"]) for row in works] == [
        (kim, "Declined", "too busy"),
        (leo, "Opened", None),
    ]


def test_a_rep_sees_who_writes_and_what_was_said(office: Office) -> None:
    office.desk.login(office["kim"])
    who = office.end_user(_firstName="Ann", _lastName="Doe", Order="42")
    who.say("Hello")
    session_id = office.desk.accept_next(office["kim"])
    office.desk.say(session_id, office["kim"], "Hi Ann")
    seen = office.desk.rep(office["kim"]).session(session_id)
    assert (seen.status, seen.is_owner, seen.origin, seen.channel.developer_name) == (
        "Active", True, "InboundInitiated", "Web_Chat",
    )  # fmt: skip
    assert (seen.end_user.name, seen.end_user.subject, seen.end_user.is_verified) == ("Ann Doe", who.subject, False)
    assert ("Order", "42") in [(one.name, one.value) for one in seen.end_user.prechat]
    assert [(one.role, one.name, one.text) for one in seen.messages] == [
        ("EndUser", "Ann Doe", "Hello"),
        ("Agent", "Kim Moss", "Hi Ann"),
    ]
    assert [(one.role, one.rep_id) for one in seen.participants] == [("EndUser", None), ("Agent", office["kim"])]
    assert (seen.is_conversation_open, seen.ended_by, seen.earlier) == (True, None, ())


def test_a_rep_sees_what_was_said_in_earlier_sessions(office: Office) -> None:
    who, session_id = office.served()
    who.say("first")
    office.desk.end(session_id, office["kim"])
    office.desk.close(session_id, office["kim"])
    who.say("second")
    again = office.desk.accept_next(office["kim"])
    assert again != session_id
    seen = office.desk.rep(office["kim"]).session(again)
    assert [one.text for one in seen.messages] == ["second"]
    assert [(one.text, one.messaging_session_id) for one in seen.earlier] == [("first", session_id)]


# --- the conversation ---------------------------------------------------------------------------------------------------


def test_what_a_rep_sends_comes_to_the_end_user(office: Office) -> None:
    who, session_id = office.served()
    kim, desk = office["kim"], office.desk
    desk.typing(session_id, kim)
    text_id = desk.say(session_id, kim, "Have a look")
    link = {"linkItem": {"titleItem": {"title": "Our shop"}, "url": "https://shop.test/"}}
    desk.send(session_id, kim, {"staticContent": {"formatType": "RichLink", **link}})
    options = [{"optionIdentifier": "b", "titleItem": {"title": "Blue"}}]
    choices = {"formatType": "QuickReplies", "text": "Which colour?", "optionItems": options}
    question = desk.send(session_id, kim, {"messageType": "ChoicesMessage", "choices": choices})
    desk.typing(session_id, kim, is_typing=False)
    with who.listen() as stream:
        happened = stream.until("CONVERSATION_TYPING_STOPPED_INDICATOR", 10)
    messages = [one for one in happened if one.event == "CONVERSATION_MESSAGE"]
    assert [one.entry["identifier"] for one in messages][::2] == [text_id, question]
    assert [one.payload["abstractMessage"]["messageType"] for one in messages] == [
        "StaticContentMessage",
        "StaticContentMessage",
        "ChoicesMessage",
    ]
    assert messages[1].payload["abstractMessage"]["staticContent"]["linkItem"]["url"] == "https://shop.test/"
    assert (messages[0].role, messages[0].entry["senderDisplayName"]) == ("Agent", "Kim Moss")
    assert "CONVERSATION_TYPING_STARTED_INDICATOR" in [one.event for one in happened]
    who.choose(question, "b")
    last = office.desk.rep(kim).session(session_id).messages[-1]
    assert last.payload["abstractMessage"]["messageType"] == "ChoicesResponseMessage"


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({}, "has its content under staticContent"),
        ({"messageType": "Song"}, "messageType is one of"),
        ({"staticContent": {"formatType": "Song"}}, "formatType of a StaticContentMessage is one of"),
        ({"staticContent": {"formatType": "Text"}}, "has its text"),
        ({"staticContent": {"formatType": "Text", "text": " "}}, "text is empty"),
        ({"staticContent": {"formatType": "RichLink"}}, "linkItem"),
        ({"staticContent": {"formatType": "WebView", "url": "x"}}, "title.title and url"),
        ({"staticContent": {"formatType": "Attachments", "attachments": []}}, "at least one"),
        ({"staticContent": {"formatType": "Attachments", "attachments": [{}]}}, "has an id"),
        ({"staticContent": {"formatType": "Attachments", "attachments": [{"id": "x"}] * 11}}, "at most 10"),
        ({"messageType": "ChoicesMessage", "choices": {"formatType": "Buttons", "text": "?"}}, "is not whole"),
        ({"messageType": "FormMessage", "form": {"formatType": "Inputs"}}, "is not whole"),
        ({"staticContent": {"formatType": "Text", "text": "x"}, "inReplyToMessageId": 7}, "is text"),
    ],
)
def test_a_content_that_is_not_whole_is_refused(office: Office, message: dict[str, Any], why: str) -> None:
    _, session_id = office.served()
    with pytest.raises(MessagingError, match=why) as refused:
        office.desk.send(session_id, office["kim"], message)
    assert (refused.value.status, refused.value.code) == (400, "INVALID_ARGUMENT")


def test_a_file_that_a_rep_can_read_comes_to_the_end_user_and_no_other(office: Office) -> None:
    who, session_id = office.served()
    kim, desk = office["kim"], office.desk
    fields = {"Title": "Sizes", "PathOnClient": "sizes.pdf", "VersionData": "SGVsbG8="}
    ids = office.live.org.seed(
        {
            "records": [
                {"object": "ContentVersion", "ref": "sizes", "fields": fields},
                {"object": "ContentVersion", "ref": "secret", "fields": fields},
            ]
        }
    )
    desk.send_file(session_id, kim, ids["sizes"][:15], text="Our sizes")
    (entry,) = who.entries(entryTypeFilter="Message")
    content = entry["entryPayload"]["abstractMessage"]["staticContent"]
    (attachment,) = content["attachments"]
    assert (content["text"], attachment["name"], attachment["mimeType"]) == (
        "Our sizes",
        "sizes.pdf",
        "application/pdf",
    )
    assert who.fetch(attachment["url"]) == b"Hello"
    with pytest.raises(EndUserRefused):
        who.fetch(attachment["url"].replace(ids["sizes"], ids["secret"]))
    for id_ in ("068000000000000", office["kim"], "x"):
        with pytest.raises(NotThere, match="that the rep can read"):
            desk.send_file(session_id, kim, id_)


def test_text_or_content_is_given_and_not_both(office: Office) -> None:
    _, session_id = office.served()
    both = {"repId": office["kim"], "text": "x", "message": {"staticContent": {"formatType": "Text", "text": "x"}}}
    for body in (both, {"repId": office["kim"]}, {"repId": office["kim"], "text": "  "}):
        assert office.raw("POST", f"sessions/{session_id}/messages", body)[0] == 400


def test_an_acknowledgement_comes_to_the_end_user(office: Office) -> None:
    who, session_id = office.served()
    message_id = who.say("Hello")
    office.desk.acknowledge(session_id, office["kim"], message_id)
    with who.listen() as stream:
        last = stream.until("CONVERSATION_READ_ACKNOWLEDGEMENT", 10)[-1]
    assert last.entry["relatedRecords"] == [message_id]
    with pytest.raises(MessagingError, match="Delivery or Read"):
        office.desk.acknowledge(session_id, office["kim"], message_id, "Seen")


def test_a_rep_sees_that_the_end_user_types_for_five_seconds(office: Office) -> None:
    who, session_id = office.served()
    who.typing()
    assert office.desk.rep(office["kim"]).session(session_id).is_typing
    office.live.org.clock.advance(seconds=6)
    assert not office.desk.rep(office["kim"]).session(session_id).is_typing


def test_who_is_not_in_a_session_cannot_speak_in_it(office: Office) -> None:
    _, session_id = office.served()
    office.desk.login(office["leo"])
    with pytest.raises(RuleBroken, match="is not in this session") as refused:
        office.desk.say(session_id, office["leo"], "Hello")
    assert (refused.value.status, refused.value.code) == (409, "MESSAGING_RULE")


# --- the session --------------------------------------------------------------------------------------------------------


def test_sessions_are_paused_resumed_marked_inactive_and_ended(office: Office) -> None:
    _, session_id = office.served()
    kim, desk = office["kim"], office.desk
    seen = []
    for act in (desk.pause, desk.resume, desk.mark_inactive, desk.end):
        act(session_id, kim)
        seen.append(desk.rep(kim).session(session_id).status)
    assert seen == ["Paused", "Active", "Inactive", "Ended"]
    assert desk.close(session_id, kim) == 0.0
    for act in (desk.pause, desk.end):
        with pytest.raises(RuleBroken, match="an ended session stays ended"):
            act(session_id, kim)
    (row,) = office.rows("SELECT Status, EndedByType FROM MessagingSession")
    assert (row["Status"], row["EndedByType"]) == ("Ended", "Agent")


def test_an_ended_sessions_tab_holds_its_place(office: Office) -> None:
    _, session_id = office.served()
    kim, desk = office["kim"], office.desk
    desk.set_capacity(kim, 1)
    office.end_user()
    desk.end(session_id, kim)
    assert (desk.rep(kim).load, desk.rep(kim).work) == (1.0, ())
    desk.close(session_id, kim)
    assert len(desk.rep(kim).work) == 1


@pytest.mark.parametrize(("who", "ended_by"), [("Bot", "Bot"), ("System", "System")])
def test_a_session_is_ended_by_others_than_its_rep(office: Office, who: str, ended_by: str) -> None:
    end_user, session_id = office.served(deployment="Short_Chat")
    office.desk.end_as(session_id, who)
    (row,) = office.rows("SELECT Status, EndedByType FROM MessagingSession")
    assert (row["Status"], row["EndedByType"]) == ("Ended", ended_by)
    with pytest.raises(EndUserRefused):
        end_user.say("Still there?")


@pytest.mark.parametrize("body", [{}, {"as": "EndUser"}, {"as": "Bot", "repId": "x"}, {"as": 7}])
def test_who_ends_is_said_in_one_way(office: Office, body: dict[str, Any]) -> None:
    _, session_id = office.served()
    assert office.raw("POST", f"sessions/{session_id}/end", body)[0] == 400


def test_a_failure_shows_in_the_record(office: Office) -> None:
    _, session_id = office.served()
    office.desk.fail(session_id, "the channel broke")
    assert office.rows("SELECT Status FROM MessagingSession")[0]["Status"] == "Error"


@pytest.mark.parametrize("place", ["rep", "queue", "skill"])
def test_a_session_is_handed_on_to_a_rep_a_queue_or_a_skill(office: Office, place: str) -> None:
    who, session_id = office.served()
    kim, mia, desk = office["kim"], office["mia"], office.desk
    desk.login(mia)
    to: dict[str, dict[str, Any]] = {
        "rep": {"to_rep": mia[:15]},
        "queue": {"to_queue": office["night"]},
        "skill": {"to_skills": (office["repair"],)},
    }
    desk.transfer(session_id, kim, **to[place])
    assert desk.rep(kim).sessions == ()
    (offer,) = desk.rep(mia).work
    assert (offer.kind, offer.from_rep_id, offer.from_name) == ("transfer", kim, "Kim Moss")
    desk.accept(offer.agent_work_id, mia)
    desk.say(session_id, mia, "I take over")
    with who.listen() as stream:
        assert stream.until("CONVERSATION_MESSAGE", 10)[-1].entry["senderDisplayName"] == "Mia Moss"
    works = office.rows("SELECT UserId, Status FROM AgentWork ORDER BY Id")
    assert [(row["UserId"], row["Status"]) for row in works] == [(kim, "Transferred"), (mia, "Opened")]


def test_a_transfer_goes_to_one_place_that_is_there(office: Office) -> None:
    _, session_id = office.served()
    kim, desk = office["kim"], office.desk
    for to, status in (
        ({}, 400),
        ({"repId": office["leo"], "queueId": office["night"]}, 400),
        ({"skillIds": []}, 400),
        ({"repId": office["leo"]}, 409),
        ({"repId": "005000000000000"}, 404),
        ({"queueId": "00G000000000000"}, 404),
        ({"skillIds": ["0C5000000000000"]}, 404),
    ):
        assert office.raw("POST", f"sessions/{session_id}/transfer", {"repId": kim, "to": to})[0] == status, to
    assert desk.rep(kim).session(session_id).status == "Active"


def test_a_conference_joins_speaks_and_is_left(office: Office) -> None:
    _, session_id = office.served()
    kim, leo, mia, desk = office["kim"], office["leo"], office["mia"], office.desk
    desk.login(leo)
    desk.login(mia)
    desk.invite(session_id, kim, to_skills=(office["repair"],))
    (offer,) = desk.rep(mia).work
    assert (offer.kind, offer.from_rep_id) == ("conference", kim)
    desk.accept(offer.agent_work_id, mia)
    desk.say(session_id, mia, "Hello from Mia")
    assert not desk.rep(mia).session(session_id).is_owner
    desk.leave(session_id, kim)
    assert desk.rep(mia).session(session_id).is_owner
    with pytest.raises(RuleBroken, match="the last rep"):
        desk.leave(session_id, mia)
    assert [one.text for one in desk.rep(mia).session(session_id).messages] == ["Hello from Mia"]


def test_a_rep_begins_a_session_in_an_open_conversation(office: Office) -> None:
    who, session_id = office.served()
    kim, desk = office["kim"], office.desk
    with pytest.raises(RuleBroken, match="runs in this conversation already"):
        desk.start(kim, "Hello", who.conversation_id)
    desk.end(session_id, kim)
    desk.close(session_id, kim)
    (row,) = office.rows("SELECT MessagingEndUserId FROM MessagingSession")
    outbound = desk.start(kim, "Your order has come", end_user=row["MessagingEndUserId"])
    assert desk.rep(kim).session(outbound).status == "New"
    who.say("Thank you")
    seen = desk.rep(kim).session(outbound)
    assert (seen.status, seen.origin, seen.conversation_id) == ("Active", "AgentInitiated", who.conversation_id)


def test_no_session_is_begun_in_a_conversation_that_has_ended_or_is_not_there(office: Office) -> None:
    who, session_id = office.served(deployment="Short_Chat")
    kim, desk = office["kim"], office.desk
    desk.end(session_id, kim)
    for _ in range(2):
        with pytest.raises(RuleBroken, match="has ended and can only be read") as refused:
            desk.start(kim, "Hello", who.conversation_id)
        assert refused.value.code == "CONVERSATION_CLOSED"
        if desk.rep(kim).sessions:
            desk.close(session_id, kim)
    with pytest.raises(NotThere):
        desk.start(kim, "Hello", "00000000-0000-4000-8000-000000000000")
    with pytest.raises(MessagingError, match="either conversationId or messagingEndUserId"):
        desk.start(kim, "Hello")


# --- supervisors --------------------------------------------------------------------------------------------------------


def test_a_supervisor_sees_reps_queues_sessions_and_flags(office: Office) -> None:
    _, session_id = office.served()
    kim, desk = office["kim"], office.desk
    desk.set_capacity(kim, 1)
    waiting = office.end_user(_firstName="Bob", _lastName="Ray")
    office.live.org.clock.advance(seconds=40)
    desk.raise_flag(session_id, kim, "help me")
    seen = desk.supervisor()
    assert [(one.rep_id, one.status, one.capacity, one.load, one.work, one.sessions) for one in seen.reps] == [
        (kim, "Online", 1.0, 1.0, 0, 1)
    ]
    (queue,) = [queue for queue in seen.queues if queue.length]
    assert (queue.name, queue.length, queue.longest_wait_seconds) == ("Web_Chat queue", 1, 40)
    (one,) = queue.waiting
    assert (one.conversation_id, one.end_user_name, one.wait_seconds, one.position, one.offered_to) == (
        waiting.conversation_id, "Bob Ray", 40, 1, None,
    )  # fmt: skip
    assert [(one.messaging_session_id, one.status, one.duration_seconds) for one in seen.sessions] == [
        (session_id, "Active", 40),
        (one.messaging_session_id, "Waiting", 40),
    ]
    assert [(flag.rep_id, flag.message) for flag in seen.flags] == [(kim, "help me")]
    desk.lower_flag(session_id, office["sue"])
    assert desk.supervisor().flags == ()
    with pytest.raises(RuleBroken, match="no flag is up"):
        desk.lower_flag(session_id, kim)


def test_a_whisper_reaches_the_reps_alone(office: Office) -> None:
    who, session_id = office.served()
    office.desk.whisper(session_id, office["sue"], "Offer a discount")
    office.desk.say(session_id, office["kim"], "Ten percent off?")
    entries = office.desk.rep(office["kim"]).session(session_id).entries
    (note,) = [one for one in entries if one.entry_type == "Note"]
    assert (note.role, note.name, note.text, note.is_hidden) == ("Supervisor", "Sue Moss", "Offer a discount", True)
    with who.listen() as stream:
        assert stream.until("CONVERSATION_MESSAGE", 10)[-1].text == "Ten percent off?"
    assert "Offer a discount" not in str(who.entries())


# --- bots ---------------------------------------------------------------------------------------------------------------


def test_a_bot_serves_speaks_and_hands_over(office: Office) -> None:
    bot = {
        "name": "Robo",
        "greeting": ["Hi, I am Robo."],
        "replies": [["price", "Ten euros."]],
        "handsOverOn": ["human"],
    }
    office.desk.change("Web_Chat", bot=bot)
    office.desk.publish("Web_Chat")
    office.desk.login(office["kim"])
    office.desk.login(office["mia"])
    who = office.end_user()
    who.say("What is the price?")
    (session,) = office.desk.supervisor().sessions
    assert (session.status, session.bot) == ("Active", "Robo")
    office.desk.bot_says(session.messaging_session_id, "Anything else?")
    said = who.entries(entryTypeFilter="Message")[::-1]
    assert [(one["sender"]["role"], one["entryPayload"]["messageReason"]) for one in said] == [
        ("Chatbot", "AutomatedResponse"), ("EndUser", None), ("Chatbot", "AutomatedResponse"), ("Chatbot", "AutomatedResponse"),
    ]  # fmt: skip
    assert office.desk.rep(office["kim"]).work == ()
    who.say("A human, please")
    assert office.desk.accept_next(office["kim"]) == session.messaging_session_id
    with pytest.raises(RuleBroken, match="no bot leads"):
        office.desk.bot_says(session.messaging_session_id, "Me again")
    (row,) = office.rows("SELECT AgentType FROM MessagingSession")
    assert row["AgentType"] == "BotToAgent"


def test_a_bot_hands_on_to_where_a_test_says(office: Office) -> None:
    office.desk.change("Web_Chat", bot={"name": "Robo"})
    office.desk.publish("Web_Chat")
    office.desk.login(office["mia"])
    office.end_user()
    (session,) = office.desk.supervisor().sessions
    office.desk.transfer(session.messaging_session_id, None, to_queue=office["night"])
    assert office.desk.accept_next(office["mia"]) == session.messaging_session_id
    body = {"as": "System", "to": {"queueId": office["night"]}}
    assert office.raw("POST", f"sessions/{session.messaging_session_id}/transfer", body)[0] == 400
    body = {"as": "Bot", "repId": office["mia"], "text": "x"}
    assert office.raw("POST", f"sessions/{session.messaging_session_id}/messages", body)[0] == 400
