"""Conversation entries by the Connect REST API: reading, redaction, permission, limits."""

from typing import Any

import pytest

from chatlift.emulator.messaging import EndUser

from .conftest import NINE, Office

PLAIN = {"X-Chatter-Entity-Encoding": "false"}


def texts(office: Office, end_user: EndUser, **query: Any) -> list[str]:
    answer = office.call("GET", office.entries_path(end_user), params=query, headers=PLAIN)
    assert answer.status_code == 200, answer.text
    return [one["messageText"] for one in answer.json()["conversationEntries"]]


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()[0]["errorCode"]


def test_the_messages_of_a_conversation_are_read_whole(office: Office) -> None:
    maya, id_ = office.chatted()
    answer = office.call("GET", office.entries_path(maya), params={"queryDirection": "FromStart", "recordLimit": 1})
    (first,) = answer.json()["conversationEntries"]
    assert first == {
        "identifier": first["identifier"], "messageText": "Hello", "clientTimestamp": NINE + 5000,
        "serverReceivedTimestamp": NINE + 5000, "relatedRecords": [id_],
        "sender": {"role": "EndUser", "appType": "iamessage", "subject": maya.subject},
    }  # fmt: skip


def test_the_newest_come_first_unless_asked_otherwise_and_times_bound_them(office: Office) -> None:
    maya, _ = office.chatted()
    everything = ["Hello", "It's <b>Kim</b>", "Thanks"]
    assert texts(office, maya) == everything[::-1]
    assert texts(office, maya, queryDirection="FromStart") == everything
    assert texts(office, maya, recordLimit=2) == everything[:0:-1]
    assert texts(office, maya, startTimestamp=NINE + 15000, endTimestamp=NINE + 15000) == everything[1:2]
    assert texts(office, maya, endTimestamp=NINE + 14999) == ["Hello"]


def test_25_come_where_no_limit_is_given(office: Office) -> None:
    maya, _ = office.served()
    for number in range(30):
        maya.say(str(number))
    assert texts(office, maya) == [str(number) for number in range(29, 4, -1)]
    assert len(texts(office, maya, recordLimit=1000)) == 30


def test_text_is_escaped_for_html_as_all_of_connect(office: Office) -> None:
    maya, _ = office.chatted()
    found = office.call("GET", office.entries_path(maya)).json()["conversationEntries"]
    assert found[1]["messageText"] == "It&#39;s &lt;b&gt;Kim&lt;/b&gt;"


def test_what_bots_say_and_what_is_no_text_is_left_out(office: Office) -> None:
    maya = office.begun("Bot_Chat")
    maya.say("a question")
    maya.say("https://example.test/offer")
    office.reps.bot_says(office.row("SELECT Id FROM MessagingSession")["Id"], "an answer")
    assert texts(office, maya) == ["a question"]


def test_whispers_and_flags_stay_among_reps(office: Office) -> None:
    maya, id_ = office.served()
    office.reps.raise_flag(id_, office.kim, "Help me")
    office.reps.whisper(id_, office.leo, "Offer ten per cent")
    maya.say("Well?")
    assert texts(office, maya) == ["Well?"]


@pytest.mark.parametrize(
    "query",
    [
        {"recordLimit": 0}, {"recordLimit": 1001}, {"recordLimit": "many"}, {"recordLimit": -1}, {"startTimestamp": "now"},
        {"endTimestamp": 1.5}, {"queryDirection": "Backwards"}, {"recordLimit": ""}, {"startTimestamp": "9" * 40},
    ],
)  # fmt: skip
def test_parameters_that_cannot_be_right_are_refused(office: Office, query: dict[str, Any]) -> None:
    maya = office.begun()
    answer = office.call("GET", office.entries_path(maya), params=query)
    assert refusal(answer) == (400, "ILLEGAL_QUERY_PARAMETER_VALUE")


def test_what_is_no_conversation_and_what_is_older_than_the_resource_is_not_found(office: Office) -> None:
    maya = office.begun()
    here = office.entries_path(maya)
    record = office.row("SELECT Id FROM Conversation")["Id"]
    assert refusal(office.call("GET", here.replace(maya.conversation_id, record))) == (404, "NOT_FOUND")
    assert refusal(office.call("GET", office.entries_path(maya, "50.0"))) == (404, "NOT_FOUND")
    assert office.call("GET", office.entries_path(maya, "51.0")).status_code == 200
    assert refusal(office.call("POST", here, json={})) == (405, "METHOD_NOT_ALLOWED")


def test_a_conversation_without_entries_has_none(office: Office) -> None:
    fields = {"ConversationIdentifier": "c-1", "StartTime": "2026-06-15T09:00:00Z"}
    office.live.org.seed({"records": [{"object": "Conversation", "fields": fields}]})
    answer = office.call("GET", "/services/data/v62.0/connect/conversation/c-1/entries")
    assert answer.json() == {"conversationEntries": []}


def test_redacted_words_are_gone_wherever_they_stood(office: Office) -> None:
    maya, _ = office.served("Kept_Chat")
    stream = maya.last_event_id
    secret = maya.say("My card is 4111")
    other = maya.say("And that was it")
    update = {"conversationEntriesUpdates": [
        {"identifier": secret, "messageText": "My card is XXXX"}, {"identifier": "nothing", "messageText": "X"},
    ]}  # fmt: skip
    answer = office.call("PATCH", office.entries_path(maya), json=update)
    assert answer.status_code == 200
    assert [one["success"] for one in answer.json()["conversationEntriesUpdateResults"]] == [True, False]
    assert texts(office, maya) == ["And that was it", "My card is XXXX"]
    assert "4111" not in str(maya.entries()) and other in str(maya.entries())
    with maya.listen(stream) as told:
        heard = [told.until("CONVERSATION_MESSAGE")[-1].text for _ in range(2)]
    assert heard == ["My card is XXXX", "And that was it"]


def test_redaction_reaches_the_rows_of_the_org(office: Office) -> None:
    maya, id_ = office.served("Kept_Chat")
    secret = maya.say("My card is 4111")
    office.reps.end(id_, office.kim)
    office.reps.close(id_, office.kim)
    assert office.row("SELECT PreviewDetails FROM MessagingSession")["PreviewDetails"] == "My card is 4111"
    update = {"conversationEntriesUpdates": [{"identifier": secret, "messageText": "[removed]"}]}
    assert office.call("PATCH", office.entries_path(maya), json=update).status_code == 200
    assert office.row("SELECT Message FROM ConversationEntry")["Message"] == "[removed]"
    assert office.row("SELECT PreviewDetails FROM MessagingSession")["PreviewDetails"] == "[removed]"


@pytest.mark.parametrize(
    "body",
    [{}, {"conversationEntriesUpdates": []}, {"conversationEntriesUpdates": ["x"]}, {"conversationEntriesUpdates": {}},
     {"conversationEntriesUpdates": [{"identifier": "x"}]}, {"conversationEntriesUpdates": [{"identifier": 1, "messageText": "x"}]}],
)  # fmt: skip
def test_updates_without_what_they_need_are_refused(office: Office, body: dict[str, Any]) -> None:
    maya = office.begun()
    assert refusal(office.call("PATCH", office.entries_path(maya), json=body)) == (400, "REQUIRED_FIELD_MISSING")


def test_entries_need_the_permission_access_conversation_entries(office: Office) -> None:
    maya, _ = office.chatted()
    assert office.call("GET", office.entries_path(maya), "kim@x.test").status_code == 200
    office.live.org.seed({"permissions": [{"profile": "System Administrator", "system": ["-CanAccessCE"]}]})
    refused = office.call("GET", office.entries_path(maya)), office.call("PATCH", office.entries_path(maya), json={})
    assert {refusal(answer) for answer in refused} == {(403, "INSUFFICIENT_ACCESS")}


def test_an_hour_has_a_thousand_calls_for_each_user(office: Office) -> None:
    maya, _ = office.chatted()
    with office.live.session() as client:
        client.headers["Authorization"] = f"Bearer {office.live.org.token('kim@x.test')}"
        url = f"{office.live.https}{office.entries_path(maya)}"
        office.later(60)
        assert {client.get(url, timeout=10).status_code for _ in range(1000)} == {200}
        over = client.get(url, timeout=10)
        assert refusal(over) == (503, "REQUEST_LIMIT_EXCEEDED")
        assert office.call("GET", office.entries_path(maya)).status_code == 200
        office.later(3480)
        assert client.get(url, timeout=10).status_code == 503
        office.later(120)
        assert client.get(url, timeout=10).status_code == 200
