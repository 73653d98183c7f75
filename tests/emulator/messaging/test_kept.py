from collections.abc import Iterator
from dataclasses import replace

import orjson
import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.messaging.effects import Entry
from chatlift.emulator.messaging.entries import message, text_message
from chatlift.emulator.messaging.kept import Entries, redacted
from chatlift.emulator.messaging.state import Conversation, Role
from chatlift.emulator.messaging.streams import Streams, entry_json
from chatlift.emulator.org.org import Org
from chatlift.emulator.running.waiters import Waiters

HERE = "8f0e0000-0000-4000-8000-000000000001"
SUBJECT = "v2/iamessage/ANON/00D/uid:1"


@pytest.fixture
def org() -> Iterator[Org]:
    org = Org.open(OrgConfig())
    yield org
    org.close()


def an_entry(number: int, text: str = "Hello", *, hidden: bool = False) -> Entry:
    id_ = f"00000000-0000-4000-8000-{number:012}"
    return Entry(
        id=id_, type="Note" if hidden else "Message", role=Role.END_USER, subject=SUBJECT, app_type="iamessage", name="Ann",
        payload=message(id_, text_message(id_, text), None), time=1000 * number, client_time=1000 * number - 5, client="c1",
        related=("0Mw000000000001AAA",), session_id="0Mw000000000001AAA", text=text, sequence=number, is_hidden=hidden,
        files=("068000000000001AAA",),
    )  # fmt: skip


def a_conversation() -> Conversation:
    return Conversation(
        HERE, "0dw000000000001AAA", 1, "Web", "0Mj000000000001AAA", SUBJECT, "0PA000000000001AAA", "Ann", "Web", 0
    )


def test_an_entry_comes_back_as_it_was_kept(org: Org) -> None:
    entries, entry = Entries(org.store), an_entry(1)
    with org.store.write() as transaction:
        entries.add(transaction, HERE, entry)
    with org.store.read() as rows:
        assert entries.find(rows, HERE, entry.id) == entry
        assert entries.find(rows, "another", entry.id) is None
        assert entries.of_session(rows, "0Mw000000000001AAA") == [entry]
        assert entries.of_session(rows, "") == []


def test_entries_are_found_by_time_type_and_direction_and_hidden_ones_on_request_alone(org: Org) -> None:
    entries = Entries(org.store)
    kept = [an_entry(number, hidden=number % 3 == 0) for number in range(1, 501)]
    with org.store.write() as transaction:
        for entry in kept:
            entries.add(transaction, HERE, entry)
    seen = [entry for entry in kept if not entry.is_hidden]
    with org.store.read() as rows:
        assert entries.of(rows, HERE, newest_first=False, limit=1000) == seen
        assert entries.of(rows, HERE, newest_first=True, limit=5) == seen[::-1][:5]
        assert entries.of(rows, HERE, newest_first=False, limit=1000, hidden=True) == kept
        assert entries.of(rows, HERE, start=2000, end=4000, newest_first=False, limit=9) == [kept[1], kept[3]]
        assert entries.of(rows, HERE, newest_first=False, limit=2, types=("Note",), hidden=True) == [kept[2], kept[5]]
        assert entries.of(rows, HERE, newest_first=False, limit=2, types=("Note",)) == []


def test_other_words_take_the_place_of_a_message_for_good(org: Org) -> None:
    entries, entry = Entries(org.store), an_entry(1, "my card is 4111")
    with org.store.write() as transaction:
        entries.add(transaction, HERE, entry)
        entries.add(transaction, HERE, an_entry(2, hidden=True))
        assert entries.replace_text(transaction, HERE, entry.id, "[removed]")
        assert not entries.replace_text(transaction, HERE, an_entry(2).id, "a note is no message")
        assert not entries.replace_text(transaction, HERE, "nothing", "[removed]")
    with org.store.read() as rows:
        found = entries.find(rows, HERE, entry.id)
    assert found is not None and found.text == "[removed]"
    assert found.payload["abstractMessage"]["staticContent"] == {"formatType": "Text", "text": "[removed]"}


def test_words_of_a_message_that_is_no_text_go_too() -> None:
    entry = an_entry(1)
    choice = {
        "messageType": "ChoicesResponseMessage",
        "id": entry.id,
        "inReplyToMessageId": "m",
        "choicesResponse": {"formatType": "Selections", "selectedOptions": [{"titleItem": {"title": "secret"}}]},
    }
    entry = replace(entry, payload=message(entry.id, choice, None), text="secret")
    changed = redacted(entry, "gone")
    assert b"secret" not in orjson.dumps(changed)
    assert changed.payload["abstractMessage"]["inReplyToMessageId"] == "m"
    link = {"staticContent": {"formatType": "RichLink", "linkItem": {"url": "https://secret"}}}
    assert b"secret" not in orjson.dumps(redacted(replace(entry, payload={"abstractMessage": link}), "gone"))


def test_a_streams_events_are_numbered_over_the_org_and_read_from_any_of_them_on(org: Org) -> None:
    streams = Streams(org.store, Waiters(shared=False))
    other = replace(a_conversation(), id="c2", subject="other")
    with org.store.write() as transaction:
        for number in range(1, 6):
            streams.put(transaction, a_conversation(), "4f", an_entry(number), "CONVERSATION_MESSAGE")
            streams.put(transaction, other, "4f", an_entry(number), "CONVERSATION_MESSAGE")
        streams.put(transaction, other, "4f", an_entry(7, hidden=True), "")
    with org.store.read() as rows:
        assert streams.last_number(rows) == 10
        assert [event.number for event in streams.after(rows, SUBJECT, 0, 100)] == [1, 3, 5, 7, 9]
        assert [event.number for event in streams.after(rows, SUBJECT, 5, 1)] == [7]
        (first,) = streams.after(rows, SUBJECT, 0, 1)
    assert first.event == "CONVERSATION_MESSAGE" and "\n" not in first.data
    data = orjson.loads(first.data)
    assert data.keys() == {
        "channelPlatformKey", "channelType", "channelAddressIdentifier", "conversationId", "conversationEntry",
    }  # fmt: skip
    assert data["conversationId"] == HERE
    assert orjson.loads(data["conversationEntry"]["entryPayload"]) == an_entry(1).payload


def test_a_stream_that_resumes_does_not_bring_redacted_words_back(org: Org) -> None:
    streams = Streams(org.store, Waiters(shared=False))
    with org.store.write() as transaction:
        streams.put(transaction, a_conversation(), "4f", an_entry(1, "4111"), "CONVERSATION_MESSAGE")
        streams.put(transaction, a_conversation(), "4f", an_entry(2), "CONVERSATION_MESSAGE")
        streams.retell(transaction, SUBJECT, redacted(an_entry(1, "4111"), "gone"))
        first, second = streams.after(transaction, SUBJECT, 0, 9)
    assert "4111" not in first.data and "gone" in first.data
    assert "Hello" in second.data


def test_an_entrys_payload_is_an_object_in_lists_and_a_text_in_streams() -> None:
    assert entry_json(an_entry(1), payload_as_text=False) == {
        "senderDisplayName": "Ann",
        "identifier": "00000000-0000-4000-8000-000000000001",
        "entryType": "Message",
        "entryPayload": an_entry(1).payload,
        "sender": {"role": "EndUser", "appType": "iamessage", "subject": SUBJECT, "clientIdentifier": "c1"},
        "transcriptedTimestamp": 1000,
        "clientTimestamp": 995,
        "clientDuration": 0,
        "relatedRecords": ["0Mw000000000001AAA"],
    }
    assert isinstance(entry_json(an_entry(1), payload_as_text=True)["entryPayload"], str)
