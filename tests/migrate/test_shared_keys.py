"""Visitors and chats that share a key in the source stay apart, and come back as they were."""

from pathlib import Path
from typing import Any

from chatlift.migrate import Plan
from chatlift.migrate.restore import restore_to
from chatlift.migrate.run import run
from chatlift.migrate.verify import verify


def back(source: Path, tmp_path: Path, export: Any) -> Path:
    out = tmp_path / "out"
    run(source, out, Plan())
    assert verify(out, source) == []
    restore_to(out, tmp_path / "back")
    assert export.tree(tmp_path / "back") == export.tree(source)
    return out


def test_session_key_of_two_visitors_is_unique_on_their_channel(tmp_path: Path, export: Any) -> None:
    visitors = [{"Id": f"571000000000{number:03}AAA", "SessionKey": "key"} for number in (1, 2, 3)]
    rows = [export.transcript(number) for number in (1, 2)] + [export.transcript(3, LiveChatButtonId="")]
    rows.append(export.transcript(4, LiveChatVisitorId="", ChatKey="key"))
    tables = {"LiveChatTranscript": rows, "LiveChatVisitor": visitors}
    out = back(export.folder(tmp_path / "source", tables), tmp_path, export)
    first, second, other, nobody = export.rows(out, "MessagingEndUser")
    assert first["MessagingPlatformKey"] == other["MessagingPlatformKey"] == "key"
    assert first["MessagingChannelId"] != other["MessagingChannelId"]
    for row in (second, nobody):
        assert row["MessagingPlatformKey"] == f"key:{row['Id']}"
    participants = [row for row in export.rows(out, "ConversationParticipant") if row["ParticipantRole"] == "EndUser"]
    assert [row["ParticipantKey"] for row in participants][:2] == ["key", second["MessagingPlatformKey"]]


def test_chat_key_of_two_transcripts(tmp_path: Path, export: Any) -> None:
    rows = [export.transcript(number, ChatKey="key") for number in (1, 2)]
    out = back(export.folder(tmp_path / "source", {"LiveChatTranscript": rows}), tmp_path, export)
    assert len({row["ConversationIdentifier"] for row in export.rows(out, "Conversation")}) == 2
    assert len({row["MessageIdentifier"] for row in export.rows(out, "ConversationEntry")}) == 6
    assert [row["SessionKey"] for row in export.rows(out, "MessagingSession")] == ["key", "key"]


def test_chats_without_visitor_of_one_chat_key_and_several_contacts(tmp_path: Path, export: Any) -> None:
    contacts = ["003000000000001AAA", "", "003000000000002AAA"]
    rows = [
        export.transcript(number, ChatKey="key", LiveChatVisitorId="", ContactId=contact)
        for number, contact in enumerate(contacts, 1)
    ]
    out = back(export.folder(tmp_path / "source", {"LiveChatTranscript": rows}), tmp_path, export)
    assert [row["ContactId"] for row in export.rows(out, "MessagingEndUser")] == [contacts[0], contacts[2]]


def test_verification_finds_a_platform_key_twice(tmp_path: Path, export: Any) -> None:
    rows = [export.transcript(number) for number in (1, 2)]
    out = tmp_path / "out"
    run(export.folder(tmp_path / "source", {"LiveChatTranscript": rows}), out, Plan())
    path = out / "MessagingEndUser.jsonl"
    keys = [row["MessagingPlatformKey"] for row in export.rows(out, "MessagingEndUser")]
    path.write_bytes(path.read_bytes().replace(keys[1].encode(), keys[0].encode()))
    assert any("MessagingPlatformKey" in finding and "second time" in finding for finding in verify(out))
