"""Images of a PostgreSQL database, in the form that SQLite's have: what one kind of store kept, another takes."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any, Final

import psycopg

from ..errors import UsageError
from .base import Row, Types
from .layout import SYSTEM_TABLES, create_statements, long_table, quoted, system_statements
from .sqlite import PAGE_SIZE

SEARCH: Final = "_search"
"""What the names of the search index's tables begin with: it is made again by the next search."""
KEY_COLUMN: Final = "_row"
ROWS_AT_ONCE: Final = 1_000
_TYPES: Final = {"boolean": "INTEGER", "bigint": "INTEGER", "bytea": "BLOB", "double precision": "REAL"}
_COLUMNS: Final = (
    "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema()"
    " ORDER BY table_name, ordinal_position"
)
_WATCHING: Final = (
    r"SELECT substr(proname, length('chatlift_watch_') + 1) FROM pg_proc WHERE proname LIKE 'chatlift\_watch\_%'"
)
_WATCHED: Final = re.compile(r"""UPDATE "_meta" SET value = .+ WHERE key = '([^']*)'""")
_PLAIN: Final = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL %' ORDER BY name"


def image_of(connection: psycopg.Connection[Row]) -> bytes:
    """Return the image of all rows in the view of a connection."""
    columns: dict[str, list[tuple[str, str]]] = {}
    for table, name, type_ in connection.execute(_COLUMNS).fetchall():
        columns.setdefault(table, []).append((name, type_))
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        copy.execute(f"PRAGMA page_size = {PAGE_SIZE}")
        copy.execute("BEGIN")
        for statement in system_statements("sqlite"):
            copy.execute(statement)
        for table, found in columns.items():
            if table.startswith(SEARCH):
                continue
            if table not in SYSTEM_TABLES:
                copy.execute(f"CREATE TABLE {quoted(table)} ({', '.join(_definition(*one) for one in found)})")
            _copy_out(connection, copy, table, [name for name, _ in found])
        # Whoever watches tables does so again where he finds nothing under his key.
        watching = connection.execute(_WATCHING.encode()).fetchall()
        copy.executemany('DELETE FROM "_meta" WHERE key = ?', watching)
        copy.execute("COMMIT")
        return copy.serialize()


def _definition(name: str, type_: str) -> str:
    return (
        f"{quoted(name)} INTEGER PRIMARY KEY" if name == KEY_COLUMN else f"{quoted(name)} {_TYPES.get(type_, 'TEXT')}"
    )


def _copy_out(connection: psycopg.Connection[Row], copy: sqlite3.Connection, table: str, names: Sequence[str]) -> None:
    listed = ", ".join(map(quoted, names))
    insert = f"INSERT INTO {quoted(table)} ({listed}) VALUES ({', '.join('?' * len(names))})"
    with connection.cursor(name="chatlift_image") as cursor:
        cursor.execute(f"SELECT {listed} FROM {quoted(table)}".encode())
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            copy.executemany(insert, rows)


def load_rows(connection: psycopg.Connection[Row], image: bytes, types: Types) -> None:
    """Fill an empty database with the rows of an image, in the transaction that is open.

    types: is asked for the org's types when its settings are there. Raises `UsageError`.
    """
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        copy.deserialize(image)
        copy.execute("PRAGMA trusted_schema = OFF")
        tables = [name for (name,) in copy.execute(_PLAIN) if not name.startswith((SEARCH, "sqlite_"))]
        for table in tables:
            if table in SYSTEM_TABLES:
                _copy_in(connection, copy, table, None)
        for (sql,) in copy.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'").fetchall():
            for key in _WATCHED.findall(sql):
                connection.execute(b'DELETE FROM "_meta" WHERE key = %s', [key])
        find = types()
        for table in tables:
            if table in SYSTEM_TABLES or table.endswith("__long"):
                continue
            sobject = find(table)
            if sobject is None:
                raise UsageError(f"the snapshot holds records of {table[:80]}, which this org does not know")
            for statement in create_statements(sobject.whole, "postgresql"):
                connection.execute(statement.encode())
            _copy_in(connection, copy, table, {field.name for field in sobject.whole.short_fields})
            sequence = f"SELECT setval(pg_get_serial_sequence(%s, '{KEY_COLUMN}'), GREATEST(1, (SELECT max({quoted(KEY_COLUMN)}) FROM {quoted(table)})))"
            connection.execute(sequence.encode(), [quoted(table)])
            if long_table(table) in tables:
                _copy_in(connection, copy, long_table(table), {field.name for field in sobject.whole.long_fields})


def _copy_in(connection: psycopg.Connection[Row], copy: sqlite3.Connection, table: str, known: set[str] | None) -> None:
    """Copy the columns of a table that are known; a value in another one is refused."""
    names: list[str] = []
    for name in [row[1] for row in copy.execute(f"PRAGMA table_info({quoted(table)})")]:
        if known is None or name == KEY_COLUMN or name in known:
            names.append(name)
        elif copy.execute(f"SELECT 1 FROM {quoted(table)} WHERE {quoted(name)} IS NOT NULL LIMIT 1").fetchone():
            raise UsageError(f"the snapshot holds values of {table[:80]}.{name[:80]}, which this org does not know")
    listed = ", ".join(map(quoted, names))
    with connection.cursor() as cursor, cursor.copy(f"COPY {quoted(table)} ({listed}) FROM STDIN".encode()) as into:
        for row in _rows(copy, f"SELECT {listed} FROM {quoted(table)}"):
            into.write_row(row)


def _rows(copy: sqlite3.Connection, sql: str) -> Iterator[tuple[Any, ...]]:
    cursor = copy.execute(sql)
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        yield from rows
