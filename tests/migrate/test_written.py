"""Rows that are written from templates are the JSON of their values, and give the source's rows again."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from chatlift.migrate import migrate_transcript
from chatlift.migrate.transform.inverse import CHILDREN
from chatlift.migrate.transform.reading import typed
from chatlift.migrate.written import Written, escaped

TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from('"\\,\x7f\n<&é'), max_size=20)


@given(st.lists(TEXTS, max_size=6))
def test_texts_are_escaped_as_a_writer_of_json_does(texts: list[str]) -> None:
    assert [f'"{text}"'.encode() for text in escaped(texts)] == [orjson.dumps(text) for text in texts]


def test_lines_are_rows() -> None:
    both = Written.of(['{"a":1}\n']) + Written.of(['{"a":2}\n', '{"a":"\\u000a"}\n'])
    assert (both.count, both.rows()) == (3, ({"a": 1}, {"a": 2}, {"a": "\n"}))


CHAT = {"Id": "570000000000001AAA", "StartTime": "2026-03-02 08:05:07", "Status": "Completed", "EndedBy": "Agent"}


@given(detail=TEXTS, name=TEXTS, said=TEXTS)
def test_rows_of_events_and_details_come_back_whatever_they_hold(detail: str, name: str, said: str) -> None:
    event = {
        "Id": "57E000000000001AAA",
        "LiveChatTranscriptId": CHAT["Id"],
        "Type": "Transfer",
        "Time": "2026-03-02 08:05:09",
        "Detail": detail,
        "Name": name,
        "AgentId": "",
    }
    context = {
        "Id": "0dt000000000001AAA",
        "ParentId": CHAT["Id"],
        "CustomDetailContextKey": name,
        "CustomDetailContextValue": said,
        "Mine__c": detail,
    }
    made = migrate_transcript(CHAT, [event], context=[context])
    carried = {row["Source"]: row for row in made.off_platform}
    for source, record in (("LiveChatTranscriptEvent", event), ("ConversationContextEntry", context)):
        values = typed(source, record)
        back = CHILDREN[source](carried[source], CHAT["Id"])
        assert {field: back[field] for field in values} == values


@given(st.lists(st.sampled_from('"\\,\x7fa/{}:')).map("".join))
def test_messages_are_written_as_they_are(said: str) -> None:
    made = migrate_transcript(CHAT | {"Body": f"( 1s ) Visitor: {said}x<br>( 2s ) Dana: {said}y<br>"})
    assert [entry["Message"] for entry in made.entries] == [f"{said}x", f"{said}y"]
    assert [(role, name, count) for (role, name, _), count in made.voices.items()] == [
        ("EndUser", "Visitor", 1),
        ("Agent", "Dana", 1),
    ]
