"""Rows in PostgreSQL: several emulators may share one database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg_pool import ConnectionPool

from ...schemas.field import SObject
from ..errors import UsageError
from .base import Reader, Row, Store, Transaction, Types, as_made_before, refuse_foreign
from .images import image_of, load_rows
from .layout import Dialect, long_table, quoted, system_statements

WRITER_LOCK: Final = 0x63686174
"""The advisory lock that lets one transaction write at a time: auto-numbers, unique fields and time stamps stay in order."""
CONNECTIONS: Final = 32
OPEN_SECONDS: Final = 10.0
_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"


class PostgresqlTransaction(Transaction):
    """A transaction, or a view, on one connection."""

    placeholder = "%s"

    def __init__(self, connection: psycopg.Connection[Row], made: dict[str, SObject] | None = None) -> None:
        """Take the types whose tables the transaction has made, as its store notes them."""
        self.connection = connection
        self._made = {} if made is None else made

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return self.connection.execute(sql.encode(), parameters).fetchall()

    def stream(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[Row]:
        with self.connection.cursor(name="chatlift") as cursor:
            yield from cursor.execute(sql.encode(), parameters)

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        return self.connection.execute(sql.encode(), parameters).rowcount

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        with self.connection.cursor() as cursor:
            cursor.executemany(sql.encode(), rows)

    def row_keys(self, sobject: SObject, ids: Sequence[str]) -> dict[str, int]:
        sql = f'SELECT "Id", "_row" FROM {quoted(sobject.name)} WHERE "Id" = ANY(%s)'
        found = self.connection.execute(sql.encode(), [list(ids)]).fetchall()
        return {row[0]: row[1] for row in found}

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        with as_made_before(self._made), self.connection.transaction():
            yield


class PostgresqlStore(Store):
    """Rows in the database that a URL names."""

    dialect: Dialect = "postgresql"
    placeholder = "%s"

    def __init__(self, url: str) -> None:
        super().__init__()
        conninfo = url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._pool: ConnectionPool[psycopg.Connection[Row]] = ConnectionPool(
            conninfo, min_size=1, max_size=CONNECTIONS, kwargs={"autocommit": True}, open=False
        )
        try:
            psycopg.connect(conninfo, connect_timeout=int(OPEN_SECONDS)).close()
            self._pool.open(wait=True, timeout=OPEN_SECONDS)
        except psycopg.Error as error:
            self._pool.close()
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise UsageError(f"cannot open the PostgreSQL database: {reason}; check the URL given to --db") from None
        try:
            with self.write() as transaction:
                refuse_foreign(name for (name,) in transaction.execute(_TABLES))
                for statement in system_statements("postgresql"):
                    transaction.run(statement)
        except BaseException:
            self._pool.close()
            raise

    def _columns(self, transaction: Transaction, sobject: SObject) -> set[str]:
        found = transaction.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name IN (%s, %s)",
            [sobject.name, long_table(sobject.name)],
        )
        return {row[0] for row in found}

    @contextmanager
    def read(self) -> Iterator[Reader]:
        local = self._local
        joined = local.transaction or local.reading
        if joined is not None:
            yield joined
            return
        with self._pool.connection() as connection:  # which commits, or rolls back when this raises
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            local.reading = PostgresqlTransaction(connection)
            try:
                yield local.reading
            finally:
                local.reading = None

    def select(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        local = self._local
        joined = local.transaction or local.reading
        if joined is not None:
            return joined.execute(sql, parameters)
        # One statement is one view: it needs no transaction around it.
        with self._pool.connection() as connection:
            return connection.execute(sql.encode(), parameters).fetchall()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        local = self._local
        if local.transaction is not None:
            yield local.transaction
            return
        with self._pool.connection() as connection:  # which rolls back when this raises
            connection.execute("BEGIN")
            local.transaction = PostgresqlTransaction(connection, local.made)
            try:
                connection.execute("SELECT pg_advisory_xact_lock(%s)", [WRITER_LOCK])
                yield local.transaction
                connection.execute("COMMIT")
                self.commits += 1
                self._ensured |= local.made
            finally:
                local.transaction = None
                local.made = {}

    def clear(self) -> None:
        with self.write() as transaction:
            for (name,) in transaction.execute(_TABLES):
                transaction.run(f"DROP TABLE {quoted(name)} CASCADE")
            for statement in system_statements("postgresql"):
                transaction.run(statement)
            self._local.made.clear()
            self._ensured.clear()

    def image(self) -> bytes:
        with self.read() as rows:
            assert isinstance(rows, PostgresqlTransaction)
            return image_of(rows.connection)

    def load_image(self, image: bytes, types: Types | None = None) -> None:
        if types is None:
            raise UsageError("an image is put back into PostgreSQL with the types of its org")
        with self.write() as transaction:
            assert isinstance(transaction, PostgresqlTransaction)
            self.clear()
            try:
                load_rows(transaction.connection, image, types)
            except psycopg.Error as error:
                raise UsageError(f"PostgreSQL does not take the snapshot: {str(error).splitlines()[0]}") from None

    def close(self) -> None:
        self._pool.close()
