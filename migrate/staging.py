"""The work file of a run: rows that wait for their transcript, in SQLite, so that memory stays flat."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

_TABLES = """
CREATE TABLE child (kind TEXT, parent TEXT, row INTEGER, document BLOB, PRIMARY KEY (kind, parent, row)) WITHOUT ROWID;
CREATE TABLE record (kind TEXT, id TEXT, row INTEGER, document BLOB, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE transcript (row INTEGER PRIMARY KEY, id TEXT, outcome TEXT, visitor TEXT, channel TEXT,
                         account TEXT, contact TEXT, lead TEXT);
CREATE TABLE end_user (position INTEGER PRIMARY KEY, id TEXT UNIQUE, is_named INTEGER, document BLOB);
CREATE TABLE line (kind TEXT, row INTEGER, text TEXT, PRIMARY KEY (kind, row)) WITHOUT ROWID;
"""


class Staging:
    """Rows by kind, key and source row number. Not shared between threads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self.path = path
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-32000;")
        self._database.executescript(_TABLES)
        self._database.execute("BEGIN")

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

    def all_children(self, kind: str) -> Iterator[tuple[str, int, Any]]:
        """Yield `(parent, row number, document)` of a kind in source order."""
        found = self._database.execute("SELECT parent, row, document FROM child WHERE kind = ? ORDER BY row", (kind,))
        for parent, row, document in found:
            yield parent, row, orjson.loads(document)

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
