"""Rows in SQLite: in memory on one connection, or in a file with a connection for each view that is open.

In memory all writes since an image was put back stand inside one transaction that is never committed: putting the same image back again
undoes it, which costs as much as was changed, and not as much as there is. Who never goes back does not pay for that.
"""

import json
import math
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
from .base import Reader, Row, Store, Transaction, Types, as_made_before, refuse_foreign
from .claim import claimed
from .layout import Dialect, long_table, quoted, system_statements

PAGE_SIZE: Final = 8192
"""The same in memory and in a file, so that the image of one goes into the other."""
MMAP_BYTES: Final = 1 << 30
CACHE_KIB: Final = 64 * 1024
BUSY_SECONDS: Final = 30.0
"""How long a write waits for another process that shares the file."""
_ALONE: Final = ("BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",))
_INSIDE: Final = ("SAVEPOINT w", "RELEASE w", ("ROLLBACK TO w", "RELEASE w"))
"""How a transaction begins, ends and is undone; inside another one it is a savepoint."""
_TABLES: Final = r"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'"


def _local(moment: str | None, zone: str) -> str | None:
    """Return a canonical moment as date and time in a time zone."""
    return None if moment is None else datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)).isoformat()[:19]


def _distance(
    latitude: float | None, longitude: float | None, to_latitude: float, to_longitude: float, radius: float
) -> float | None:
    """Return the great-circle distance of two points given in degrees (haversine formula)."""
    if latitude is None or longitude is None:
        return None
    north, east = (math.radians(there - here) for here, there in ((latitude, to_latitude), (longitude, to_longitude)))
    across = math.cos(math.radians(latitude)) * math.cos(math.radians(to_latitude))
    chord = math.sin(north / 2) ** 2 + across * math.sin(east / 2) ** 2
    return 2 * radius * math.asin(min(1.0, math.sqrt(chord)))


def _fold(text: str | None) -> str | None:
    return None if text is None else fold(text)


class SqliteTransaction(Transaction):
    """A transaction, or a view, on one connection."""

    placeholder = "?"

    def __init__(self, connection: sqlite3.Connection, made: dict[str, SObject] | None = None) -> None:
        """Take the types whose tables the transaction has made, as its store notes them."""
        self._connection = connection
        self._made = {} if made is None else made
        self._savepoints = 0

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return self._connection.execute(sql, parameters).fetchall()

    def stream(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[Row]:
        return iter(self._connection.execute(sql, parameters))

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        return self._connection.execute(sql, parameters).rowcount

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        self._connection.executemany(sql, rows)

    def row_keys(self, sobject: SObject, ids: Sequence[str]) -> dict[str, int]:
        sql = f'SELECT "Id", "_row" FROM {quoted(sobject.name)} WHERE "Id" IN (SELECT value FROM json_each(?))'
        return dict(self._connection.execute(sql, [json.dumps(ids)]))

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        self._savepoints += 1
        name = f"s{self._savepoints}"
        self._connection.execute(f"SAVEPOINT {name}")
        try:
            with as_made_before(self._made):
                yield
        except BaseException:
            self._connection.execute(f"ROLLBACK TO {name}")
            raise
        finally:
            self._connection.execute(f"RELEASE {name}")
            self._savepoints -= 1


class SqliteStore(Store):
    """Rows in an SQLite database; ``path`` None is memory."""

    dialect: Dialect = "sqlite"
    placeholder = "?"

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._lock = threading.RLock()
        super().__init__()
        if path is None:
            self.steady = self._lock
        self._idle: list[sqlite3.Connection] = []
        """Connections of a file that no view is using."""
        self._closed = False
        self._base: tuple[bytes, dict[str, SObject]] | None = None
        """In memory, the image that the open transaction began from, and the types whose tables were there."""
        try:
            self._writer = self._connect()
            self._claim = None if path is None else claimed(path)
            refuse_foreign(name for (name,) in self._writer.execute(_TABLES))
            for statement in system_statements("sqlite"):
                self._writer.execute(statement)
        except sqlite3.Error as error:
            raise UsageError(f"cannot open the database {path}: {error}; name a file that SQLite can write") from None

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path or ":memory:", timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.create_function("chatlift_fold", 1, _fold, deterministic=True)
        connection.create_function("chatlift_local", 2, _local, deterministic=True)
        connection.create_function("chatlift_distance", 5, _distance, deterministic=True)
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
        if self._path:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA mmap_size = {MMAP_BYTES}")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        return connection

    def _columns(self, transaction: Transaction, sobject: SObject) -> set[str]:
        columns: set[str] = set()
        for table in (sobject.name, long_table(sobject.name)):
            columns |= {row[1] for row in transaction.execute(f"PRAGMA table_info({quoted(table)})")}
        return columns

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
            with self._view() as connection:
                local.reading = SqliteTransaction(connection)
                try:
                    yield local.reading
                finally:
                    local.reading = None

    def select(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        local = self._local
        joined = local.transaction or local.reading
        if joined is not None:
            return joined.execute(sql, parameters)
        if self._path is None:
            with self._lock:
                return self._writer.execute(sql, parameters).fetchall()
        # One statement is one view: it needs no transaction around it.
        connection = self._taken()
        try:
            return connection.execute(sql, parameters).fetchall()
        finally:
            self._put_back(connection)

    def _taken(self) -> sqlite3.Connection:
        """Return a connection that no other view uses."""
        if self._closed:
            raise sqlite3.ProgrammingError("the store is closed")
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    @contextmanager
    def _view(self) -> Iterator[sqlite3.Connection]:
        """Open a view of the file on a connection that no other view uses."""
        connection = self._taken()
        try:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("COMMIT")
        finally:
            self._put_back(connection)

    def _put_back(self, connection: sqlite3.Connection) -> None:
        if self._closed:
            connection.close()
        else:
            self._idle.append(connection)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        local = self._local
        if local.transaction is not None:
            yield local.transaction
            return
        with self._lock:
            begin, commit, rollback = _INSIDE if self._base is not None else _ALONE
            self._writer.execute(begin)
            local.transaction = SqliteTransaction(self._writer, local.made)
            try:
                yield local.transaction
                self._writer.execute(commit)
                self.commits += 1
                self._ensured |= local.made
            except BaseException:
                if self._writer.in_transaction:  # a full disk, for one, has rolled back already
                    for statement in rollback:
                        self._writer.execute(statement)
                raise
            finally:
                local.transaction = None
                local.made = {}

    def clear(self) -> None:
        with self.write() as transaction:
            # Virtual tables first: their own tables go with them.
            for (name,) in transaction.execute(f"{_TABLES} ORDER BY sql NOT LIKE 'CREATE VIRTUAL %'"):
                transaction.run(f"DROP TABLE IF EXISTS {quoted(name)}")
            for statement in system_statements("sqlite"):
                transaction.run(statement)
            self._local.made.clear()
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

    def load_image(self, image: bytes, types: Types | None = None) -> None:
        with self._lock:
            base = self._base
            if base is not None and base[0] is image and self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
                self._writer.execute("BEGIN")
                self._ensured = dict(base[1])
                self.commits += 1
                return
            self._leave_base()
            self._ensured.clear()
            # Never `deserialize` into the connection in use: SQLite 3.40 then crashes at a later read of a large row.
            copy = sqlite3.connect(":memory:")
            try:
                copy.deserialize(image)
                copy.backup(self._writer)
                self.commits += 1
            finally:
                copy.close()
            if self._path is None:
                self._enter_base(image)

    def _enter_base(self, image: bytes) -> None:
        """Begin the transaction that goes back to an image, which holds what is here now."""
        self._writer.execute("BEGIN")
        self._base = image, dict(self._ensured)

    def _leave_base(self) -> None:
        """Let what was written since the last image stand."""
        if self._base is not None and self._writer.in_transaction:
            self._writer.execute("COMMIT")
        self._base = None

    def close(self) -> None:
        with self._lock:
            self._closed = True  # a view that is open closes its connection itself
            while self._idle:
                self._idle.pop().close()
            self._writer.close()
            if self._claim is not None:
                self._claim.let_go()
                self._claim = None
