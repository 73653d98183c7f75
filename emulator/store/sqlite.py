"""Rows in SQLite: in memory on one connection, or in a file with a connection for each thread that reads."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from ...schemas.field import SObject
from ...schemas.folding import fold
from ..errors import UsageError
from .base import Reader, Row, Store, Transaction
from .layout import Dialect, add_column_statements, create_statements, long_table, quoted, system_statements

FILE_PAGE_SIZE: Final = 8192
MMAP_BYTES: Final = 1 << 30
CACHE_KIB: Final = 64 * 1024
BUSY_SECONDS: Final = 30.0
"""How long a write waits for another process that shares the file."""


def _local(moment: str | None, zone: str) -> str | None:
    """Return a canonical moment as date and time in a time zone."""
    return None if moment is None else datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)).isoformat()[:19]


def _fold(text: str | None) -> str | None:
    return None if text is None else fold(text)


class SqliteTransaction(Transaction):
    """A transaction, or a view, on one connection."""

    placeholder = "?"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._savepoints = 0

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return self._connection.execute(sql, parameters).fetchall()

    def stream(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[Row]:
        return iter(self._connection.execute(sql, parameters))

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        return self._connection.execute(sql, parameters).rowcount

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        self._savepoints += 1
        name = f"s{self._savepoints}"
        self._connection.execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            self._connection.execute(f"ROLLBACK TO {name}")
            raise
        finally:
            self._connection.execute(f"RELEASE {name}")
            self._savepoints -= 1


class _ThreadState(threading.local):
    """What one thread has open."""

    reader: sqlite3.Connection | None = None
    transaction: SqliteTransaction | None = None
    reading: SqliteTransaction | None = None


class SqliteStore(Store):
    """Rows in an SQLite database; ``path`` None is memory."""

    dialect: Dialect = "sqlite"
    placeholder = "?"

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._local = _ThreadState()
        self._connections: list[sqlite3.Connection] = []
        self._ensured: dict[str, SObject] = {}
        try:
            self._writer = self._connect()
            for statement in system_statements("sqlite"):
                self._writer.execute(statement)
        except sqlite3.Error as error:
            raise UsageError(f"cannot open the database {path}: {error}; name a file that SQLite can write") from None

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path or ":memory:", timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connections.append(connection)
        connection.create_function("chatlift_fold", 1, _fold, deterministic=True)
        connection.create_function("chatlift_local", 2, _local, deterministic=True)
        connection.execute("PRAGMA temp_store = MEMORY")
        if self._path:
            connection.execute(f"PRAGMA page_size = {FILE_PAGE_SIZE}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA mmap_size = {MMAP_BYTES}")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        return connection

    def ensure(self, *sobjects: SObject) -> None:
        if all(self._ensured.get(sobject.name) is sobject for sobject in sobjects):
            return
        with self._lock:
            for sobject in sobjects:
                if self._ensured.get(sobject.name) is not sobject:
                    with self.write() as transaction:
                        self._make(transaction, sobject)
                    self._ensured[sobject.name] = sobject

    def _make(self, transaction: Transaction, sobject: SObject) -> None:
        columns: set[str] = set()
        for table in (sobject.name, long_table(sobject.name)):
            columns |= {row[1] for row in transaction.execute(f"PRAGMA table_info({quoted(table)})")}
        if columns:
            missing = frozenset(field.name for field in sobject.fields if field.is_stored) - columns
            for statement in add_column_statements(sobject, missing, "sqlite"):
                transaction.run(statement)
        for statement in create_statements(sobject, "sqlite"):
            transaction.run(statement)

    @contextmanager
    def read(self) -> Iterator[Reader]:
        local = self._local
        joined = local.transaction or local.reading
        if joined is not None:
            yield joined
        elif self._path is None:
            with self._lock:
                yield SqliteTransaction(self._writer)
        else:
            if local.reader is None:
                local.reader = self._connect()
            local.reading = SqliteTransaction(local.reader)
            local.reader.execute("BEGIN")
            try:
                yield local.reading
            finally:
                local.reading = None
                local.reader.execute("COMMIT")

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        local = self._local
        if local.transaction is not None:
            yield local.transaction
            return
        with self._lock:
            self._writer.execute("BEGIN IMMEDIATE")
            local.transaction = SqliteTransaction(self._writer)
            try:
                yield local.transaction
            except BaseException:
                local.transaction = None
                self._writer.execute("ROLLBACK")
                self._ensured.clear()  # a table made in this transaction is gone with it
                raise
            local.transaction = None
            self._writer.execute("COMMIT")

    def clear(self) -> None:
        with self._lock:
            with self.write() as transaction:
                tables = transaction.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                    # Virtual tables first: their own tables go with them.
                    " ORDER BY sql NOT LIKE 'CREATE VIRTUAL %'"
                )
                for (name,) in tables:
                    transaction.run(f"DROP TABLE IF EXISTS {quoted(name)}")
                for statement in system_statements("sqlite"):
                    transaction.run(statement)
            self._ensured.clear()

    def image(self) -> bytes:
        with self._lock:
            if self._path is None:
                return self._writer.serialize()
            copy = sqlite3.connect(":memory:")
            try:
                self._writer.backup(copy)
                image = copy.serialize()
                return image[:18] + b"\x01\x01" + image[20:]  # the header of a file in WAL mode opens nowhere else
            finally:
                copy.close()

    def load_image(self, image: bytes) -> None:
        with self._lock:
            self._ensured.clear()
            # Never `deserialize` into the connection in use: SQLite 3.40 then crashes at a later read of a large row.
            copy = sqlite3.connect(":memory:")
            try:
                copy.deserialize(image)
                copy.backup(self._writer)
            finally:
                copy.close()

    def close(self) -> None:
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
