"""The records that chats name: who they are, what they are called, and what is missing."""

from pathlib import Path
from typing import Any

from chatlift.migrate import Plan
from chatlift.migrate.run import run
from chatlift.migrate.verify import verify


def test_language_of_a_messaging_user_is_the_first_that_his_chats_tell(tmp_path: Path, export: Any) -> None:
    visitor = "571000000000001AAA"
    chats = [
        export.transcript(1, LiveChatVisitorId=visitor, BrowserLanguage="tlh"),
        export.transcript(2, LiveChatVisitorId=visitor, BrowserLanguage="de-DE"),
        export.transcript(3, LiveChatVisitorId=visitor, BrowserLanguage="fr"),
        export.transcript(4, BrowserLanguage=""),
    ]
    source = export.folder(tmp_path / "source", {"LiveChatTranscript": chats})
    assert run(source, tmp_path / "out", Plan()).exit_code == 0
    assert [row["Language"] for row in export.rows(tmp_path / "out", "MessagingEndUser")] == ["de", None]
    languages = [row["EndUserLanguage"] for row in export.rows(tmp_path / "out", "MessagingSession")]
    assert languages == [None, "de", "fr", None]
    assert verify(tmp_path / "out", source) == []
