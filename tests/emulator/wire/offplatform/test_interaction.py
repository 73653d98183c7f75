"""The Conversation History API and the Conversation Data API: history that comes in, and entries that go out whole."""

import copy
from typing import Any
from uuid import uuid4

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from chatlift.emulator.messaging import EndUser
from chatlift.emulator.messaging.history import MOST_ENTRIES, InteractionRefused, history

from .conftest import NINE, Office

Json = dict[str, Any]
EIGHT = NINE - 3600_000
END_USER = {"role": "EndUser", "subject": "u-1", "appType": "iamessage"}
BOT = {"role": "Chatbot", "subject": "helper", "appType": "custom"}


def entry(text: str, sender: Json, time: int, id_: str | None = None) -> Json:
    id_ = id_ or str(uuid4())
    message = {"messageType": "StaticContentMessage", "id": id_, "staticContent": {"formatType": "Text", "text": text}}
    payload = {"entryType": "Message", "id": id_, "abstractMessage": message}
    return {"clientTimestamp": time, "sender": sender, "entryPayload": payload}


def talk(address: str = "web") -> Json:
    """Two lines between an end user and a bot, the newest first."""
    return {
        "channelAddressIdentifier": address,
        "conversationParticipants": [
            {"displayName": "Maya Moss", "participant": END_USER, "joinedTime": EIGHT},
            {"displayName": "Helper", "participant": BOT, "joinedTime": EIGHT, "leftTime": EIGHT + 60_000},
        ],
        "conversationEntries": [
            entry("A person, please", END_USER, EIGHT + 2000),
            entry("Hi, I help", BOT, EIGHT + 1000),
        ],
    }


def address(office: Office, ref: str = "web") -> str:
    of = f"WHERE Id = '{office.ids[ref]}'"
    return str(office.row(f"SELECT MessagingPlatformKey FROM MessagingChannel {of}")["MessagingPlatformKey"])


def post(office: Office, body: Any, **headers: str) -> requests.Response:
    given = {
        "OrgId": office.live.org.organization_id,
        "AuthorizationContext": "Bot_App",
        "AuthorizationContextType": "EmbeddedMessagingChannel",
        "RequestId": str(uuid4()),
    } | headers
    return office.call("POST", "/api/v1/conversationHistory", json=body, headers=given)


def entries(office: Office, **query: Any) -> requests.Response:
    return office.call("GET", "/platform/engagement/v1.0/conversation-entries", params=query)


def told(answer: requests.Response) -> tuple[int, int]:
    assert answer.json().keys() == {"code", "message"}
    return answer.status_code, answer.json()["code"]


# --- history comes in -------------------------------------------------------------------------------------------------


def test_history_begins_a_session_that_a_rep_sees_it_in(office: Office) -> None:
    answer = post(office, talk(address(office)))
    assert answer.status_code == 202
    assert answer.json() == {"success": True, "messagingSessionId": office.row("SELECT Id FROM MessagingSession")["Id"]}
    office.reps.login(office.kim)
    assert office.reps.accept_next(office.kim) == answer.json()["messagingSessionId"]
    (seen,) = office.reps.rep(office.kim).sessions
    assert [(one.role, one.text) for one in seen.entries if one.text] == [
        ("Chatbot", "Hi, I help"), ("EndUser", "A person, please"),
    ]  # fmt: skip
    end_user = office.row("SELECT Name, MessagingPlatformKey FROM MessagingEndUser")
    assert end_user == {"Name": "Maya Moss", "MessagingPlatformKey": "u-1"}


def test_more_history_goes_to_the_session_that_runs(office: Office) -> None:
    body = talk(address(office))
    first = post(office, body).json()["messagingSessionId"]
    body["conversationEntries"] = [entry("Hello?", END_USER, EIGHT + 500)]
    assert post(office, body).json()["messagingSessionId"] == first
    (conversation,) = office.rows("SELECT ConversationIdentifier FROM Conversation")
    whole = entries(office, conversationIdentifier=conversation["ConversationIdentifier"], queryDirection="FromStart")
    said = [one for one in whole.json()["conversationEntries"] if one["entryType"] == "Message"]
    assert [one["entryPayload"]["abstractMessage"]["staticContent"]["text"] for one in said] == [
        "Hello?", "Hi, I help", "A person, please",
    ]  # fmt: skip
    assert [one["transcriptedTimestamp"] for one in said] == [EIGHT + 500, EIGHT + 1000, EIGHT + 2000]


def test_history_of_a_web_chat_goes_to_the_conversation_it_names(office: Office) -> None:
    maya = office.begun()
    body = talk(address(office)) | {"conversationIdentifier": maya.conversation_id}
    body["conversationParticipants"][0]["participant"] = body["conversationEntries"][0]["sender"] = END_USER | {
        "subject": maya.subject
    }
    assert post(office, body).status_code == 202
    texts = [
        one["entryPayload"]["abstractMessage"]["staticContent"]["text"]
        for one in maya.entries(entryTypeFilter="Message")
    ]
    assert texts == ["A person, please", "Hi, I help"]
    other = talk(address(office)) | {"conversationIdentifier": maya.conversation_id}
    assert told(post(office, other)) == (404, 10018)


def test_history_after_a_session_that_is_over_begins_another(office: Office) -> None:
    body = talk(address(office))
    first = post(office, body).json()["messagingSessionId"]
    office.reps.login(office.kim)
    office.reps.accept_next(office.kim)
    office.reps.end(first, office.kim)
    body["conversationEntries"] = [entry("Again", END_USER, NINE)]
    again = post(office, body).json()["messagingSessionId"]
    assert again != first
    assert len(office.rows("SELECT Id FROM Conversation")) == 1
    assert office.row(f"SELECT Status FROM MessagingSession WHERE Id = '{again}'")["Status"] == "Waiting"


def test_times_may_come_as_text_and_the_session_may_be_asked_for(office: Office) -> None:
    body = talk(address(office))
    for one in body["conversationParticipants"]:
        one["joinedTime"] = str(one["joinedTime"])
    for one in body["conversationEntries"]:
        one["clientTimestamp"] = str(one["clientTimestamp"])
    body["messagingSession"] = {
        "messagingSessionRequestType": "EstablishMessagingSession",
        "payload": {"startTime": str(EIGHT)},
    }
    assert post(office, body).status_code == 202


def changed(path: str, value: Any) -> Json:
    """The talk with one thing different: ``conversationEntries.0.sender``."""
    body: Json = copy.deepcopy(talk())
    place: Any = body
    *way, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
    for step in way:
        place = place[step]
    place[last] = value
    return body


FIRST = "conversationEntries.0"
MESSAGE = f"{FIRST}.entryPayload.abstractMessage"
SIX = [entry(str(number), END_USER, EIGHT + number) for number in range(6)]


@pytest.mark.parametrize(
    ("path", "value", "number"),
    [
        ("channelAddressIdentifier", None, 10052), ("channelAddressIdentifier", "x" * 241, 10052),
        ("conversationIdentifier", "x" * 241, 10018), ("conversationIdentifier", 7, 10018),
        ("conversationParticipants", [], 10039), ("conversationParticipants", None, 10039),
        ("conversationParticipants", [{"participant": BOT, "joinedTime": EIGHT}], 10042),
        ("conversationParticipants", [{"participant": END_USER, "joinedTime": EIGHT}] * 2, 10044),
        ("conversationParticipants", [{"participant": BOT, "joinedTime": EIGHT}] * 4, 10078),
        ("conversationParticipants.0.participant.role", "Agent", 10043),
        ("conversationParticipants.0.participant.appType", "agent", 10037),
        ("conversationParticipants.0.participant.subject", "", 10054),
        ("conversationParticipants.0.leftTime", NINE, 10065),
        ("conversationParticipants.1.leftTime", EIGHT, 10067),
        ("conversationParticipants.0.joinedTime", "soon", 10078),
        ("conversationParticipants.0.displayName", 7, 10078),
        ("conversationEntries", [], 10078), ("conversationEntries", SIX, 10078), ("conversationEntries", "x", 10078),
        (FIRST, "x", 10045), (f"{FIRST}.entryPayload.entryType", "Typing", 10045),
        (f"{FIRST}.sender", BOT | {"subject": "stranger"}, 10068),
        (f"{FIRST}.clientTimestamp", NINE + 1, 10046), (f"{FIRST}.clientTimestamp", "yesterday", 10046),
        (f"{FIRST}.clientTimestamp", EIGHT - 1, 10074), (f"{FIRST}.entryPayload.id", "7", 10073),
        (f"{MESSAGE}.id", "7", 10073), (MESSAGE, None, 10045),
        (f"{MESSAGE}.messageType", "Song", 10047), (f"{MESSAGE}.messageType", "ChoicesMessage", 10062),
        (f"{MESSAGE}.staticContent.formatType", "Sonnet", 10048), (f"{MESSAGE}.staticContent.formatType", "Selections", 10049),
        (f"{MESSAGE}.staticContent.text", "", 10045), (f"{MESSAGE}.staticContent.text", 7, 10045),
        (f"{MESSAGE}.staticContent", None, 10045),
        ("messagingSession", {"messagingSessionRequestType": "EndMessagingSession", "payload": {}}, 10078),
        ("messagingSession", {"messagingSessionRequestType": "EstablishMessagingSession", "payload": {"startTime": "x"}}, 10061),
    ],
)  # fmt: skip
def test_what_is_not_whole_is_refused_by_its_number(path: str, value: Any, number: int) -> None:
    with pytest.raises(InteractionRefused) as refused:
        history(changed(path, value), NINE)
    assert refused.value.number == number
    assert refused.value.message


def test_a_message_that_came_before_is_refused_and_nothing_of_the_call_stays(office: Office) -> None:
    body = talk(address(office))
    assert post(office, body).status_code == 202
    body["conversationEntries"].append(entry("New", END_USER, EIGHT + 3000))
    assert told(post(office, body)) == (400, 10073)
    assert "New" not in str(
        entries(
            office,
            conversationIdentifier=office.row("SELECT ConversationIdentifier FROM Conversation")[
                "ConversationIdentifier"
            ],
        ).json()
    )
    twice = talk(address(office))
    twice["conversationEntries"] = [entry("One", END_USER, EIGHT + 3, "5b2f3a52-0000-4000-8000-000000000001")] * 2
    assert told(post(office, twice)) == (400, 10073)


def test_what_does_not_fit_in_a_page_leaves_no_half_of_it(office: Office) -> None:
    body = talk(address(office))
    body["conversationEntries"][0]["entryPayload"]["abstractMessage"]["messageType"] = "Song"
    assert told(post(office, body)) == (400, 10047)
    assert office.rows("SELECT Id FROM Conversation") == office.rows("SELECT Id FROM MessagingEndUser") == []


@pytest.mark.parametrize(
    ("headers", "answered"),
    [
        ({"OrgId": "00D000000000000AAA"}, (400, 10016)), ({"RequestId": "7"}, (400, 10016)), ({"AuthorizationContext": ""}, (400, 10016)),
        ({"AuthorizationContextType": "Door"}, (400, 10093)), ({"AuthorizationContextType": "CONVERSATIONCHANNELDEFINITION"}, (400, 10002)),
        ({"Authorization": "Bearer none"}, (401, 10004)), ({"Authorization": ""}, (401, 10004)),
    ],
)  # fmt: skip
def test_headers_are_looked_at(office: Office, headers: dict[str, str], answered: tuple[int, int]) -> None:
    assert told(post(office, talk(address(office)), **headers)) == answered


def test_the_channel_must_be_there_and_live(office: Office) -> None:
    assert told(post(office, talk("nowhere"))) == (404, 10017)
    fields = {
        "MasterLabel": "Draft",
        "DeveloperName": "Draft",
        "MessageType": "EmbeddedMessaging",
        "MessagingPlatformKey": "d",
    }
    office.live.org.seed({"records": [{"object": "MessagingChannel", "fields": fields}]})
    assert told(post(office, talk("d"))) == (400, 10031)


def test_a_body_that_is_none_is_refused(office: Office) -> None:
    assert told(post(office, [1])) == (400, 10078)
    path = "/api/v1/conversationHistory"
    given = {"OrgId": office.live.org.organization_id, "AuthorizationContext": "B", "RequestId": str(uuid4()),
             "AuthorizationContextType": "EmbeddedMessagingChannel"}  # fmt: skip
    assert told(office.call("POST", path, data=b"{", headers=given)) == (400, 10078)
    assert told(office.call("POST", path, data=b" " * 1_048_577, headers=given)) == (413, 413)
    assert told(office.call("GET", path)) == (405, 405)
    assert told(office.call("POST", "/api/v1/route", json={})) == (404, 404)


PARTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(sorted(
        "participant role subject appType joinedTime leftTime sender entryPayload abstractMessage staticContent id text".split()
    )), inside, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(
        ["conversationParticipants", "conversationEntries", FIRST, f"{FIRST}.sender", MESSAGE, "messagingSession"]
    ),
    PARTS,
)
def test_no_body_is_a_riddle(path: str, value: Any) -> None:
    try:
        found = history(changed(path, value), NINE)
    except InteractionRefused:
        return
    assert 1 <= len(found.entries) <= MOST_ENTRIES


# --- entries go out ---------------------------------------------------------------------------------------------------


def test_entries_of_every_kind_are_fetched_whole(office: Office) -> None:
    maya, id_ = office.chatted("Session_Chat")
    answer = entries(office, conversationIdentifier=maya.conversation_id, queryDirection="FromStart", recordLimit=1000)
    found = answer.json()["conversationEntries"]
    assert answer.json().keys() == {"conversationEntries"}
    kinds = [one["entryType"] for one in found]
    assert kinds.count("Message") == 3 and {
        "ParticipantChanged",
        "RoutingResult",
        "SessionStatusChanged",
        "SessionContext",
    } <= set(kinds)
    hello = found[kinds.index("Message")]
    assert hello["entryPayload"]["abstractMessage"]["staticContent"] == {"formatType": "Text", "text": "Hello"}
    assert (hello["sender"]["role"], hello["senderDisplayName"], hello["relatedRecords"]) == (
        "EndUser",
        "Maya Moss",
        [id_],
    )
    assert hello["transcriptedTimestamp"] == NINE + 5000


def test_a_supervisors_whisper_is_among_them_and_never_among_the_end_users(office: Office) -> None:
    maya, id_ = office.served()
    office.reps.whisper(id_, office.leo, "Offer ten per cent")
    assert "ten per cent" in entries(office, conversationIdentifier=maya.conversation_id).text
    assert "ten per cent" not in str(maya.entries())


def test_pages_follow_each_other_with_nothing_lost(office: Office) -> None:
    maya, _ = office.chatted()
    query: Json = {"conversationIdentifier": maya.conversation_id}
    everything = [one["identifier"] for one in entries(office, **query, recordLimit=1000).json()["conversationEntries"]]
    assert len(everything) > 6
    paged: list[str] = []
    token: Json = {}
    while True:
        page = entries(office, **query, recordLimit=4, **token).json()
        paged += [one["identifier"] for one in page["conversationEntries"]]
        if "nextPageToken" not in page:
            break
        token = {"pageToken": page["nextPageToken"]}
    assert paged == everything


@pytest.mark.parametrize(
    ("query", "answered"),
    [
        ({"recordLimit": 0}, (400, 10092)), ({"recordLimit": "x"}, (400, 10092)), ({"startTimestamp": "x"}, (400, 10090)),
        ({"endTimestamp": "-1"}, (400, 10091)), ({"startTimestamp": 2, "endTimestamp": 1}, (400, 10091)),
        ({"queryDirection": "Up"}, (400, 10089)), ({"pageToken": "x"}, (400, 10089)),
        ({"conversationIdentifier": "none"}, (404, 10018)), ({"conversationIdentifier": ""}, (404, 10018)),
    ],
)  # fmt: skip
def test_queries_that_cannot_be_right_are_refused(office: Office, query: Json, answered: tuple[int, int]) -> None:
    maya: EndUser = office.begun()
    assert told(entries(office, **{"conversationIdentifier": maya.conversation_id} | query)) == answered


def test_fetching_needs_the_permission_and_has_90_calls_a_minute(office: Office) -> None:
    maya = office.begun()
    query = {"conversationIdentifier": maya.conversation_id}
    assert {entries(office, **query).status_code for _ in range(90)} == {200}
    assert told(entries(office, **query)) == (429, 429)
    office.later(60)
    assert entries(office, **query).status_code == 200
    office.live.org.seed({"permissions": [{"profile": "System Administrator", "system": ["-CanAccessCE"]}]})
    assert told(entries(office, **query)) == (403, 403)


def test_a_user_without_the_api_has_neither(office: Office) -> None:
    office.live.org.seed({"permissions": [{"profile": "System Administrator", "system": ["-ApiEnabled"]}]})
    assert told(post(office, talk())) == told(entries(office, conversationIdentifier="c")) == (403, 403)
