"""Records that chats name: which are named, and their rows, from an org or a snapshot those alone.

An org may have millions of contacts, and a migration needs the few thousand that its chats name. Ids are noted in a work file
while the chats are read, so that memory does not grow with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..scratch import scratch_database

NAMERS: Mapping[str, Mapping[str, str]] = {
    "LiveChatTranscript": {
        "OwnerId": "User",
        "ContactId": "Contact",
        "LeadId": "Lead",
        "AccountId": "Account",
        "CaseId": "Case",
        "LiveChatButtonId": "LiveChatButton",
        "LiveChatDeploymentId": "LiveChatDeployment",
        "SkillId": "Skill",
    },
    "LiveChatTranscriptEvent": {"AgentId": "User"},
}
"""Objects whose rows name others: the fields that do, with the objects of those."""

_USERS = "005"
_NOTED = 500


_TABLES = "CREATE TABLE named (object TEXT, id TEXT, PRIMARY KEY (object, id)) WITHOUT ROWID;"


class Named:
    """Ids by object. Not shared between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = scratch_database(path, _TABLES, cache_kib=8000)
        self._waiting: set[tuple[str, str]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        self._path.unlink(missing_ok=True)

    def take(self, namer: str, record: Mapping[str, Any]) -> None:
        """Note what a record names."""
        for field, kind in NAMERS[namer].items():
            id_ = record.get(field)
            if is_id(id_) and (kind != "User" or str(id_).startswith(_USERS)):
                self._waiting.add((kind, str(id_)))
        if len(self._waiting) > _NOTED:
            self._note()

    def add(self, kind: str, ids: Iterable[str]) -> None:
        """Note ids of an object."""
        for id_ in ids:
            if is_id(id_):
                self._waiting.add((kind, id_))
            if len(self._waiting) > _NOTED:
                self._note()

    def _note(self) -> None:
        self._database.executemany("INSERT OR IGNORE INTO named VALUES (?, ?)", self._waiting)
        self._waiting.clear()

    def count(self, kind: str) -> int:
        """Return how many records of an object are named."""
        self._note()
        [(found,)] = self._database.execute("SELECT COUNT(*) FROM named WHERE object = ?", (kind,))
        return int(found)

    def holds(self, kind: str, id_: str) -> bool:
        """Tell whether a record is named."""
        return any(self._database.execute("SELECT 1 FROM named WHERE object = ? AND id = ?", (kind, id_)))

    def groups(self, kind: str, size: int) -> Iterator[list[str]]:
        """Yield the ids of an object in groups, in order."""
        self._note()
        last = ""
        while True:
            found = self._database.execute(
                "SELECT id FROM named WHERE object = ? AND id > ? ORDER BY id LIMIT ?", (kind, last, size)
            ).fetchall()
            if not found:
                return
            ids = [id_ for (id_,) in found]
            yield ids
            last = ids[-1]


def is_id(value: object) -> bool:
    """Tell whether a value may stand in a query as an id."""
    return isinstance(value, str) and value.isalnum() and value.isascii() and len(value) in (15, 18)
