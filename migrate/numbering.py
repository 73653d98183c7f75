"""Entries of conversations that go on from chat to chat: `Seq` counts through the whole conversation.

How many entries a chat has is known once it was carried over, and chats of one messaging user may lie anywhere in a source. So
entries wait in the work folder until all chats are through; then the chats of each conversation follow each other in the order of
their first entries. What an entry's number was within its chat stays beside it, for the restore.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from .scratch import scratch_database
from .transform.names import TRANSCRIPT_ID

_BUFFER = 1 << 18
_TOGETHER = 2000


_TABLES = (
    "CREATE TABLE chat (number INTEGER PRIMARY KEY, conversation TEXT, first TEXT, entries INTEGER, before INTEGER);"
)


class Numbering:
    """The entries that wait. Not shared between threads."""

    def __init__(self, folder: Path) -> None:
        self._entries, self._chats = folder / "entries.part", folder / "chats.part"
        self._stream = self._entries.open("wb", buffering=_BUFFER)
        self._database = scratch_database(self._chats, _TABLES, cache_kib=8000)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        self._database.close()
        for path in (self._entries, self._chats):
            path.unlink(missing_ok=True)

    def take(self, text: bytes) -> None:
        """Take lines of entries, those of one chat together."""
        self._stream.write(text)
        self._database.executemany(
            "INSERT INTO chat (conversation, first, entries) VALUES (?, ?, ?)",
            [
                (rows[0]["ConversationId"], min(row["EntryTime"] for row in rows), len(rows))
                for rows in _chats(orjson.loads(line) for line in text.splitlines())
            ],
        )

    def numbered(self) -> Iterator[tuple[bytes, int]]:
        """Yield all entries under their numbers in the conversation: lines, and how many."""
        self._stream.flush()
        self._database.execute("CREATE INDEX chat_conversation ON chat (conversation, first, number)")
        self._database.execute(
            "UPDATE chat SET before = found.before FROM (SELECT number, SUM(entries) OVER "
            "(PARTITION BY conversation ORDER BY first, number) - entries AS before FROM chat) AS found "
            "WHERE chat.number = found.number"
        )
        befores = self._database.execute("SELECT before FROM chat ORDER BY number")
        held: list[bytes] = []
        with self._entries.open("rb") as stream:
            for rows, (before,) in zip(_chats(map(orjson.loads, stream)), befores, strict=True):
                for row in rows:
                    row["Seq"] += before
                    held.append(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
                if len(held) >= _TOGETHER:
                    yield b"".join(held), len(held)
                    held.clear()
        yield b"".join(held), len(held)


def _chats(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for _, found in groupby(rows, key=lambda row: row[TRANSCRIPT_ID]):
        yield list(found)
