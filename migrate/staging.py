"""The work file of a run: rows that wait for their transcript, in SQLite, so that memory stays flat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from .scratch import scratch_database

_TABLES = """
CREATE TABLE child (kind TEXT, parent TEXT, row INTEGER, id TEXT, document BLOB, PRIMARY KEY (kind, parent, row)) WITHOUT ROWID;
CREATE UNIQUE INDEX child_id ON child (kind, id);
CREATE TABLE used_visitor (row INTEGER PRIMARY KEY);
CREATE TABLE record (kind TEXT, id TEXT, row INTEGER, document BLOB, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE transcript (row INTEGER PRIMARY KEY, id TEXT, outcome TEXT, visitor TEXT, channel TEXT,
                         account TEXT, contact TEXT, lead TEXT, chat_key TEXT);
CREATE TABLE shared_chat_key (chat_key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE platform_key (channel TEXT, platform_key TEXT, end_user TEXT, PRIMARY KEY (channel, platform_key)) WITHOUT ROWID;
CREATE INDEX transcript_id ON transcript (id);
CREATE TABLE link (visitor TEXT, channel TEXT, own TEXT, contact TEXT, account TEXT, lead TEXT, is_first INTEGER,
                   PRIMARY KEY (visitor, channel, own)) WITHOUT ROWID;
CREATE TABLE end_user (position INTEGER PRIMARY KEY, id TEXT UNIQUE, document BLOB);
CREATE TABLE together (position INTEGER PRIMARY KEY, kind TEXT, id TEXT UNIQUE, latest TEXT, document BLOB);
CREATE TABLE line (kind TEXT, row INTEGER, text TEXT, PRIMARY KEY (kind, row)) WITHOUT ROWID;
"""


class Staging:
    """Rows by kind, key and source row number. Not shared between threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = scratch_database(path, _TABLES, cache_kib=8000)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and remove it: it holds copies of source rows."""
        self._database.close()
        self.path.unlink(missing_ok=True)

    def execute(self, statement: str, values: Iterable[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Run one statement and hand its rows on."""
        return self._database.execute(statement, tuple(values))

    # --- children of a transcript -----------------------------------------------------------------------------------

    def add_children(self, rows: Iterable[tuple[str, str, int, Any]]) -> None:
        """Keep rows `(kind, parent, row number, document)`."""
        self._database.executemany(
            "INSERT OR REPLACE INTO child VALUES (?, ?, ?, NULL, ?)",
            ((kind, parent, row, orjson.dumps(document)) for kind, parent, row, document in rows),
        )

    def children(self, kind: str, parent: str) -> list[tuple[int, Any]]:
        """Return `(row number, document)` of a parent's rows in source order."""
        found = self._database.execute(
            "SELECT row, document FROM child WHERE kind = ? AND parent = ? ORDER BY row", (kind, parent)
        )
        return [(row, orjson.loads(document)) for row, document in found]

    def add_child(self, kind: str, parent: str, row: int, id_: str, document: Any) -> bool:
        """Keep a row of a parent under its own id too; False when another row of the kind has that id."""
        added = self._database.execute(
            "INSERT OR IGNORE INTO child VALUES (?, ?, ?, ?, ?)", (kind, parent, row, id_, orjson.dumps(document))
        )
        return added.rowcount == 1

    def orphans(self, kind: str) -> Iterator[tuple[str, int, Any]]:
        """Yield `(parent, row number, document)` of the rows whose transcript was not migrated, in source order."""
        found = self._database.execute(
            "SELECT parent, row, document FROM child WHERE kind = ? AND NOT EXISTS (SELECT 1 FROM transcript "
            "WHERE transcript.id = child.parent AND outcome = 'migrated') ORDER BY row",
            (kind,),
        )
        for parent, row, document in found:
            yield parent, row, orjson.loads(document)

    # --- transcripts and visitors -----------------------------------------------------------------------------------

    def link_visitors(self) -> None:
        """Decide for each visitor and channel which contact, account and lead the messaging users have.

        Chats without a contact go with the first contact that the visitor's chats name; each further contact is a
        messaging user of its own. Account and lead are the first that the chats of a messaging user name.
        """
        found = self._database.execute(
            "SELECT visitor, channel, contact, account, lead FROM transcript "
            "WHERE visitor IS NOT NULL AND outcome = 'unknown' ORDER BY visitor, channel, row"
        )
        for (visitor, channel), rows in groupby(found, key=lambda row: (row[0], row[1])):
            linked: dict[str | None, list[str | None]] = {}
            for _, _, contact, account, lead in rows:
                known = linked.setdefault(contact, [None, None])
                known[0] = known[0] or account
                known[1] = known[1] or lead
            first = next((contact for contact in linked if contact), None)
            if first is not None and None in linked:
                for place in (0, 1):
                    linked[first][place] = linked[first][place] or linked[None][place]
                linked[None] = linked[first]
            self._database.executemany(
                "INSERT INTO link VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    (visitor, channel, own or "", own or first, account, lead, own in (None, first))
                    for own, (account, lead) in linked.items()
                ),
            )

    def link(self, visitor: str, channel: str, contact: str | None) -> tuple[Any, ...] | None:
        """Return contact, account, lead and whether it is the first messaging user, for a chat of a visitor."""
        return next(
            self._database.execute(
                "SELECT contact, account, lead, is_first FROM link WHERE visitor = ? AND channel = ? AND own = ?",
                (visitor, channel, contact or ""),
            ),
            None,
        )

    def find_shared_chat_keys(self) -> bool:
        """Note the ChatKeys of more than one transcript; False when there is none."""
        self._database.execute(
            "INSERT INTO shared_chat_key SELECT chat_key FROM transcript WHERE chat_key IS NOT NULL AND outcome = 'unknown' "
            "GROUP BY chat_key HAVING COUNT(*) > 1"
        )
        return any(self.execute("SELECT 1 FROM shared_chat_key LIMIT 1"))

    def is_shared_chat_key(self, chat_key: str) -> bool:
        """Tell whether several transcripts have this ChatKey."""
        return any(self.execute("SELECT 1 FROM shared_chat_key WHERE chat_key = ?", (chat_key,)))

    def claim_platform_key(self, channel: str, platform_key: str, end_user: str) -> bool:
        """Keep the platform key of a messaging user; False when another one of the channel has it."""
        added = self._database.execute(
            "INSERT OR IGNORE INTO platform_key VALUES (?, ?, ?)", (channel, platform_key, end_user)
        )
        if added.rowcount == 1:
            return True
        held = self._database.execute(
            "SELECT end_user FROM platform_key WHERE channel = ? AND platform_key = ?", (channel, platform_key)
        )
        return bool(next(held)[0] == end_user)

    def note_outcomes(self, outcomes: Iterable[tuple[str, int]]) -> None:
        """Note what became of transcripts: `(outcome, row number)`."""
        self._database.executemany("UPDATE transcript SET outcome = ? WHERE row = ?", outcomes)

    def kept_end_user(self, id_: str) -> Any:
        """Return the messaging user that `keep_end_user` keeps of an id, None when there is none."""
        for (document,) in self._database.execute("SELECT document FROM end_user WHERE id = ?", (id_,)):
            return orjson.loads(document)
        return None

    def keep_end_user(self, id_: str, document: Any) -> None:
        """Keep a messaging user; he takes the place of a former one of the id."""
        self._database.execute(
            "INSERT INTO end_user (id, document) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document",
            (id_, orjson.dumps(document)),
        )

    def kept_together(self, id_: str) -> tuple[str, Any] | None:
        """Return what `keep_together` keeps of an id: when its latest chat began, and the row."""
        for latest, document in self._database.execute("SELECT latest, document FROM together WHERE id = ?", (id_,)):
            return latest, orjson.loads(document)
        return None

    def keep_together(self, kind: str, id_: str, latest: str, row: Any) -> None:
        """Keep the one row of what several chats say of a conversation or a participant; it takes the place of a former one."""
        self._database.execute(
            "INSERT INTO together (kind, id, latest, document) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
            "SET latest = excluded.latest, document = excluded.document",
            (kind, id_, latest, orjson.dumps(row)),
        )

    def together(self) -> Iterator[tuple[str, Any]]:
        """Yield kind and row of what was kept so."""
        for kind, document in self._database.execute("SELECT kind, document FROM together ORDER BY position"):
            yield kind, orjson.loads(document)

    def use_visitor(self, row: int) -> bool:
        """Note that a visitor was migrated; False when that was noted before."""
        return self._database.execute("INSERT OR IGNORE INTO used_visitor VALUES (?)", (row,)).rowcount == 1

    def unused_visitors(self, kind: str) -> Iterator[tuple[int, Any]]:
        """Yield `(row number, document)` of the visitors that no migrated transcript has."""
        found = self._database.execute(
            "SELECT row, document FROM record WHERE kind = ? AND row NOT IN (SELECT row FROM used_visitor) ORDER BY row",
            (kind,),
        )
        for row, document in found:
            yield row, orjson.loads(document)

    # --- records that transcripts name ------------------------------------------------------------------------------

    def add_record(self, kind: str, id_: str, row: int, document: Any) -> bool:
        """Keep a row under its id; False when another row has that id."""
        added = self._database.execute(
            "INSERT OR IGNORE INTO record VALUES (?, ?, ?, ?)", (kind, id_, row, orjson.dumps(document))
        )
        return added.rowcount == 1

    def record(self, kind: str, id_: str) -> Any:
        """Return the document of a row, None when there is none."""
        for (document,) in self._database.execute("SELECT document FROM record WHERE kind = ? AND id = ?", (kind, id_)):
            return orjson.loads(document)
        return None

    # --- lines of files that are put together again -----------------------------------------------------------------

    def add_line(self, kind: str, row: int, text: str) -> None:
        """Keep a row of a file under its number; the first one stays."""
        self._database.execute("INSERT OR IGNORE INTO line VALUES (?, ?, ?)", (kind, row, text))

    def lines(self, kind: str, first: int, last: int) -> Iterator[str]:
        """Yield the rows of a file in order."""
        found = self._database.execute(
            "SELECT text FROM line WHERE kind = ? AND row BETWEEN ? AND ? ORDER BY row", (kind, first, last)
        )
        for (text,) in found:
            yield text
