"""The work file of a run: rows that wait for their transcript, in SQLite, so that memory stays flat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from .scratch import scratch_database

_TABLES = """
CREATE TABLE child (kind TEXT, parent TEXT, row INTEGER, document BLOB, PRIMARY KEY (kind, parent, row)) WITHOUT ROWID;
CREATE TABLE used_visitor (row INTEGER PRIMARY KEY);
CREATE TABLE record (kind TEXT, id TEXT, row INTEGER, document BLOB, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE end_user (position INTEGER PRIMARY KEY, id TEXT UNIQUE, document BLOB);
CREATE TABLE together (position INTEGER PRIMARY KEY, kind TEXT, id TEXT UNIQUE, latest TEXT, document BLOB);
"""


class Staging:
    """Rows by kind, key and source row number. Not shared between threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = scratch_database(path, _TABLES, cache_kib=8000)
        self._lines: dict[str, str] = {}

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
            "INSERT OR REPLACE INTO child VALUES (?, ?, ?, ?)",
            ((kind, parent, row, orjson.dumps(document)) for kind, parent, row, document in rows),
        )

    def children(self, kind: str, parent: str) -> list[tuple[int, Any]]:
        """Return `(row number, document)` of a parent's rows in source order."""
        found = self._database.execute(
            "SELECT row, document FROM child WHERE kind = ? AND parent = ? ORDER BY row", (kind, parent)
        )
        return [(row, orjson.loads(document)) for row, document in found]

    # --- transcripts and visitors -----------------------------------------------------------------------------------

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
        self._database.execute(f"INSERT OR IGNORE INTO {self._lines_of(kind)} VALUES (?, ?)", (row, text))

    def forget_lines(self) -> None:
        """Forget all lines."""
        for table in self._lines.values():
            self._database.execute(f"DELETE FROM {table}")

    def lines(self, kind: str, first: int, last: int) -> Iterator[str]:
        """Yield the rows of a file in order."""
        found = self._database.execute(
            f"SELECT text FROM {self._lines_of(kind)} WHERE row BETWEEN ? AND ? ORDER BY row", (first, last)
        )
        for (text,) in found:
            yield text

    def _lines_of(self, kind: str) -> str:
        """Return the table of a kind's lines: each has its own, so that rows that come in order are appended."""
        table = self._lines.get(kind)
        if table is None:
            table = self._lines[kind] = f"line_{len(self._lines)}"
            self._database.execute(f"CREATE TABLE {table} (row INTEGER PRIMARY KEY, text TEXT)")
        return table
