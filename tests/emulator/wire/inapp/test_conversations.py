"""Conversations: begun, listed, read, owned, ended; and every status with which a call is refused."""

from typing import Any
from uuid import uuid4

import pytest

from chatlift.emulator.messaging import EndUser

from .conftest import Office, refusal


def test_an_id_is_a_uuid_of_version_4_in_lower_case(office: Office) -> None:
    maya = office.end_user()
    for wrong in ("8f0e", "8f0e3c1a-1111-1111-8111-111111111111", "8f0e3c1a-1111-4111-c111-111111111111"):
        assert refusal(lambda wrong=wrong: maya.begin(wrong)) == (400, "Specify the conversationId in UUID format.")  # type: ignore[misc]
    status, message = refusal(lambda: maya.begin("8F0E3C1A-1111-4111-8111-111111111111"))
    assert (status, message) == (400, "Specify the conversationId in UUID format. The UUID must be in lowercase.")


def test_a_conversation_is_begun_once(office: Office) -> None:
    maya = office.begun()
    assert refusal(lambda: maya.begin(maya.conversation_id))[0] == 409
    assert refusal(lambda: office.end_user().begin(maya.conversation_id))[0] == 403


def test_what_pre_chat_gave_names_the_end_user(office: Office) -> None:
    office.begun()
    office.end_user().begin()
    rows = office.rows("SELECT Name, MessagingPlatformKey, MessageType FROM MessagingEndUser ORDER BY CreatedDate, Id")
    assert [row["Name"] for row in rows] == ["Maya Moss", "Guest"]
    assert {row["MessageType"] for row in rows} == {"EmbeddedMessaging"}


def test_an_end_user_has_one_row_however_many_conversations_he_begins(office: Office) -> None:
    maya = office.begun()
    maya.begin()
    (row,) = office.rows("SELECT MessagingPlatformKey FROM MessagingEndUser")
    assert row["MessagingPlatformKey"] == maya.subject


def test_conversations_are_listed_the_newest_first(office: Office) -> None:
    maya = office.begun()
    first = maya.conversation_id
    second = maya.begin()
    maya.close()
    third = maya.begin()
    open_ = maya.conversations()
    assert [one["conversationId"] for one in open_["conversations"]] == [third, first]
    assert (open_["openConversationsFound"], open_["closedConversationsFound"]) == (2, 0)
    all_ = maya.conversations(with_closed=True)
    assert [one["conversationId"] for one in all_["conversations"]] == [third, second, first]
    assert (all_["openConversationsFound"], all_["closedConversationsFound"]) == (2, 1)
    ended = {one["conversationId"]: one["endTimestamp"] for one in all_["conversations"]}
    assert ended[second] > 0 and ended[first] == ended[third] == 0
    assert [one["conversationId"] for one in maya.conversations(limit=1)["conversations"]] == [third]


def test_entries_come_in_pages_from_either_end_and_by_time(office: Office) -> None:
    office.live.org.clock.freeze()
    maya = office.begun()
    for text in "abc":
        office.live.org.clock.advance(seconds=10)
        maya.say(text)

    def texts(**query: Any) -> list[str]:
        found = maya.entries(entryTypeFilter="Message", **query)
        return [one["entryPayload"]["abstractMessage"]["staticContent"]["text"] for one in found]

    times = {one["entryPayload"]["id"]: one["transcriptedTimestamp"] for one in maya.entries(entryTypeFilter="Message")}
    newest, middle, _ = times.values()
    assert texts() == ["c", "b", "a"]
    assert texts(limit=2) == ["c", "b"]
    assert texts(direction="FromStart", limit=2) == ["a", "b"]
    assert texts(endTimestamp=middle) == ["b", "a"]
    assert texts(startTimestamp=middle, endTimestamp=newest - 1) == ["b"]
    kinds = {one["entryType"] for one in maya.entries(entryTypeFilter="RoutingResult,ParticipantChanged")}
    assert kinds == {"RoutingResult"}


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("list", {"limit": "51"}),
        ("list", {"limit": "0"}),
        ("list", {"limit": "-1"}),
        ("list", {"limit": "many"}),
        ("list", {"inclClosedConvs": "perhaps"}),
        ("{id}/entries", {"limit": "51"}),
        ("{id}/entries", {"startTimestamp": "yesterday"}),
        ("{id}/entries", {"endTimestamp": "9" * 40}),
        ("{id}/entries", {"direction": "Sideways"}),
        ("{id}/entries", {"entryTypeFilter": "Message,\0"}),
        ("{id}/entries", {"entryTypeFilter": ",".join(["Message"] * 51)}),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(office: Office, path: str, query: dict[str, str]) -> None:
    maya = office.begun()
    where = f"conversation/{path.replace('{id}', maya.conversation_id)}"
    assert refusal(lambda: maya.call("GET", where, query=query))[0] == 400


def calls_of(who: EndUser) -> list[Any]:
    ack = str(uuid4())
    return [
        who.routing_status, who.entries, who.typing, who.end_session, who.close,
        lambda: who.say("mine?"), lambda: who.send_file("a.txt", b"a", "text/plain"), lambda: who.acknowledge(ack),
    ]  # fmt: skip


def test_a_conversation_is_its_end_users_own(office: Office) -> None:
    maya, other = office.begun(), office.begun()
    other.conversation_id = maya.conversation_id
    assert [refusal(call)[0] for call in calls_of(other)] == [403] * 8
    assert maya.routing_status() == "NEEDS_ROUTING"


def test_the_continuation_token_is_the_same_end_users(office: Office) -> None:
    maya = office.begun()
    subject, token, client = maya.subject, maya.access_token, maya.context["endUser"]["clientIdentifier"]
    assert maya.continue_session() == subject
    assert maya.access_token != token
    assert maya.context["endUser"]["clientIdentifier"] != client
    maya.say("still me")


def test_what_is_not_there_is_not_found(office: Office) -> None:
    maya = office.begun()
    there = maya.conversation_id
    maya.conversation_id = str(uuid4())
    assert [refusal(call)[0] for call in calls_of(maya)] == [404] * 8
    maya.conversation_id = "nonsense"
    assert {refusal(call)[0] for call in calls_of(maya)} == {400}
    assert refusal(lambda: maya.call("POST", f"conversation/{there}/close"))[0] == 404
    assert refusal(lambda: maya.call("GET", "nothing"))[0] == 404
    assert refusal(lambda: maya.call("PUT", f"conversation/{there}"))[0] == 405
    assert refusal(lambda: maya.call("GET", f"conversation/{there}/file/{uuid4()}"))[0] == 404
    assert refusal(lambda: maya.call("GET", f"conversation/{there}/file/a%00b"))[0] == 404


def test_without_a_token_nothing_is_told(office: Office) -> None:
    maya = office.begun()
    for token in ("", "nonsense", "a.b.c", maya.access_token[:-4] + "AAAA"):
        maya.access_token = token
        assert {refusal(call)[0] for call in calls_of(maya)} == {401}
    answer = office.live.session().get(f"{office.live.https}/iamessage/api/v2/conversation/list", timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (401, "Unauthorized")


def test_a_session_token_of_the_org_is_no_access_token(office: Office) -> None:
    maya = office.begun()
    maya.access_token = office.live.org.token()
    assert refusal(maya.routing_status)[0] == 401


def test_a_call_for_another_deployment_is_refused(office: Office) -> None:
    maya = office.begun()
    body = {"conversationId": str(uuid4()), "esDeveloperName": "Session_Chat"}
    assert refusal(lambda: maya.call("POST", "conversation", body))[0] == 400
    where = f"conversation/{maya.conversation_id}/session"
    assert refusal(lambda: maya.call("DELETE", where, query={"esDeveloperName": "Session_Chat"}))[0] == 400


def test_the_routing_status_follows_the_session(office: Office) -> None:
    maya = office.begun()
    assert maya.routing_status() == "NEEDS_ROUTING"
    office.reps.login(office.kim)
    session = office.reps.accept_next(office.kim)
    assert maya.routing_status() == "ROUTED"
    office.reps.transfer(session, office.kim, to_queue=office.ids["session_queue"])
    assert maya.routing_status() == "TRANSFER"
    office.reps.accept_next(office.kim)
    assert maya.routing_status() == "ROUTED"


# --- endings ------------------------------------------------------------------------------------------------------------


def test_the_end_user_who_closes_is_told_so_and_nothing_more_is_taken(office: Office) -> None:
    maya, _ = office.served()
    maya.say("before")
    with maya.listen() as stream:
        maya.close()
        events = [one.event for one in stream.until("CONVERSATION_CLOSE_CONVERSATION")]
    assert "CONVERSATION_SESSION_STATUS_CHANGED" in events
    refused: list[Any] = [
        lambda: maya.say("after"),
        maya.typing,
        maya.end_session,
        maya.close,
        lambda: maya.acknowledge(str(uuid4())),
    ]
    assert [refusal(call)[0] for call in refused] == [409] * 5
    assert refusal(lambda: maya.send_file("a.txt", b"a", "text/plain"))[0] == 409
    assert maya.entries(entryTypeFilter="Message", limit=50)[-1]["entryPayload"]["id"]
    assert maya.routing_status() == "ROUTED"


def test_session_based_chat_ends_the_conversation_when_the_rep_ends_the_session(office: Office) -> None:
    maya, session = office.served("Session_Chat")
    office.reps.end(session, office.kim)
    status, message = refusal(lambda: maya.say("one more thing"))
    assert (status, "has ended" in message) == (409, True)
    assert maya.conversations()["openConversationsFound"] == 0
    assert maya.entries(limit=50)
    again = maya.begin()
    assert again in [one["conversationId"] for one in maya.conversations()["conversations"]]


def test_without_session_based_chat_the_next_message_begins_another_session(office: Office) -> None:
    maya, session = office.served()
    office.reps.end(session, office.kim)
    maya.say("one more thing")
    assert len(office.rows("SELECT Id FROM MessagingSession")) == 2
    assert len(office.rows("SELECT Id FROM Conversation")) == 1


def test_no_session_is_none_to_end(office: Office) -> None:
    maya, session = office.served()
    office.reps.end(session, office.kim)
    assert refusal(maya.end_session)[0] == 404


def test_an_app_with_an_old_sdk_stays_locked_out(office: Office) -> None:
    old, new = (office.served("Session_Chat", platform="Mobile", capabilities=version)[0] for version in ("248", "260"))
    custom, _ = office.served("Session_Chat", platform="Mobile", capabilities="1")
    for one in office.reps.rep(office.kim).sessions:
        office.reps.end(one.messaging_session_id, office.kim)
    closed = old.conversation_id
    assert refusal(lambda: old.say("hello?"))[0] == 409
    for _ in range(2):
        status, message = refusal(old.begin)
        assert (status, closed in message) == (409, True)
        old.continue_session()
    for end_user in (new, custom):
        assert refusal(lambda end_user=end_user: end_user.say("hello?"))[0] == 409  # type: ignore[misc]
        end_user.begin()
        end_user.say("hello again")


def test_an_old_sdk_is_at_home_where_conversations_stay_open(office: Office) -> None:
    old, session = office.served("Web_Chat", platform="Mobile", capabilities="248")
    office.reps.end(session, office.kim)
    old.say("hello again")


# --- pre-chat -----------------------------------------------------------------------------------------------------------


def test_a_message_that_begins_a_session_needs_pre_chat_where_the_deployment_asks_for_it(office: Office) -> None:
    maya, session = office.served("Form_Chat")
    forms = maya.context["configuration"]["embeddedServiceConfig"]["forms"]
    assert [(form["displayContext"], form["formFields"][0]["name"]) for form in forms] == [("Session", "_firstName")]
    maya.say("in the running session")
    office.reps.end(session, office.kim)
    status, _ = refusal(lambda: maya.say("and now?"))
    assert status == 417
    maya.say("and now?", new_session=True, attributes={"_firstName": "Maya"})
    assert len(office.rows("SELECT Id FROM MessagingSession")) == 2


# --- browsers -----------------------------------------------------------------------------------------------------------


def test_a_page_of_another_site_may_call(office: Office) -> None:
    web = office.live.session()
    asking = {
        "Origin": "https://shop.test",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    base = office.live.https
    for path in (
        "/iamessage/api/v2/conversation",
        "/eventrouter/v1/sse",
        f"/iamessage/v1/conversation/{uuid4()}/message",
    ):
        answer = web.options(base + path, headers=asking, timeout=10)
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.test"
        assert answer.headers["Access-Control-Allow-Headers"] == "authorization,content-type"
        assert int(answer.headers["Access-Control-Max-Age"]) > 0
        assert {"GET", "POST", "DELETE"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))
    refused = web.get(f"{base}/iamessage/api/v2/conversation/list", headers={"Origin": "https://shop.test"}, timeout=10)
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == "https://shop.test"
    assert "Access-Control-Allow-Credentials" not in refused.headers
    assert web.options(f"{base}/iamessage/api/v2/nothing", headers=asking, timeout=10).status_code == 404
