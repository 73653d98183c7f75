"""What a verification finds in a folder that somebody has changed: rows that share what only one may have."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatlift.migrate.plan import Plan
from chatlift.migrate.run import run
from chatlift.migrate.unique import Digests, digest_of
from chatlift.migrate.verify import verify

Rows = list[dict[str, Any]]


def same(name: str) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        rows[1][name] = rows[0][name]

    return change


def without(name: str) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        del rows[1][name]

    return change


@pytest.mark.parametrize(
    ("kind", "change", "part"),
    [
        ("ConversationEntry", same("Id"), "ConversationEntry.jsonl, line 2: Id '0Zy"),
        ("ConversationEntry", without("Id"), "ConversationEntry.jsonl, line 2: Id None is missing or a second one"),
        ("MessagingSessionMetrics", same("Id"), "MessagingSessionMetrics.jsonl, line 2: Id 'zc7"),
        ("ConversationParticipant", same("Id"), "ConversationParticipant.jsonl, line 2: Id '"),
        ("MessagingSession", without("Id"), "MessagingSession.jsonl, line 2: Id None is missing or a second one"),
        ("MessagingSession", same("Legacy_Transcript_Id__c"), "line 2: Legacy_Transcript_Id__c '570000000000001AAA' a second"),
        ("Conversation", same("ConversationIdentifier"), "Conversation.jsonl, line 2: ConversationIdentifier '"),
        ("MessagingEndUser", same("MessagingPlatformKey"), "MessagingEndUser.jsonl, line 2: MessagingPlatformKey '"),
    ],
)  # fmt: skip
def test_what_only_one_row_may_have_is_found_with_its_line(
    source: Path, tmp_path: Path, kind: str, change: Callable[[Rows], None], part: str
) -> None:
    out = tmp_path / "out"
    run(source, out, Plan())
    file = out / f"{kind}.jsonl"
    rows = [orjson.loads(line) for line in file.read_bytes().splitlines()]
    change(rows)
    file.write_bytes(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))
    assert [finding for finding in verify(out) if part in finding]
    assert not list((out / ".chatlift").iterdir())


@given(texts=st.lists(st.text(max_size=3), max_size=200))
def test_digests_know_what_came_twice(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    digests = Digests(tmp_path_factory.mktemp("digests") / "new")
    for text in texts:
        digests.add(text)
    assert digests.doubles(1000) == {digest_of(text) for text in texts if texts.count(text) > 1}
