"""What a store offers, whichever database keeps its rows."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from operator import itemgetter
from typing import Any

from ...schemas.field import SObject
from ..errors import UsageError
from .layout import Dialect, add_column_statements, create_statements, long_table, quoted

Row = tuple[Any, ...]
Types = Callable[[], Callable[[str], SObject | None]]
"""Returns what finds the types of an org, as its settings are by now."""


@lru_cache(maxsize=1024)
def insert_sql(table: str, names: tuple[str, ...], placeholder: str) -> str:
    """Return the statement that inserts a row with values for the named columns."""
    places = ", ".join([placeholder] * len(names))
    return f"INSERT INTO {quoted(table)} ({', '.join(map(quoted, names))}) VALUES ({places})"


def refuse_foreign(tables: Iterable[str]) -> None:
    """Refuse a database that holds somebody else's tables, which a reset would drop. Raises `UsageError`."""
    found = sorted(tables)
    if found and "_meta" not in found:
        raise UsageError(f"the database holds other tables, such as {found[0]}; give an empty one to --db")


class Reader(ABC):
    """One consistent view of the rows, inside `Store.read` or `Store.write`."""

    placeholder: str

    @abstractmethod
    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a statement and return all its rows."""

    @abstractmethod
    def stream(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[Row]:
        """Run a statement and yield its rows as they come."""

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Return the first row of a statement, or None."""
        rows = self.execute(sql, parameters)
        return rows[0] if rows else None


class Transaction(Reader):
    """Writes that become visible together, or not at all."""

    @abstractmethod
    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement and return the number of rows it touched."""

    @abstractmethod
    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for the parameters of each row."""

    @abstractmethod
    def row_keys(self, sobject: SObject, ids: Sequence[str]) -> dict[str, int]:
        """Return the number of each row with one of these 18 character ids."""

    @abstractmethod
    def savepoint(self) -> AbstractContextManager[None]:
        """Undo what is done inside when it raises; what was done before stays."""

    def insert(self, sobject: SObject, values: Mapping[str, Any]) -> None:
        """Insert a row of an sObject from canonical values by field name."""
        long = sobject.long_names & values.keys()
        short = {name: value for name, value in values.items() if name not in long} if long else values
        filled = {name: values[name] for name in long if values[name] is not None}
        sql = insert_sql(sobject.name, tuple(short), self.placeholder)
        if not filled:
            self.run(sql, list(short.values()))
            return
        row = self.execute(f'{sql} RETURNING "_row"', list(short.values()))[0][0]
        sql = insert_sql(long_table(sobject.name), ("_row", *filled), self.placeholder)
        self.run(sql, [row, *filled.values()])

    def insert_many(self, sobject: SObject, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows of an sObject from canonical values in the order of the names, which have no doubles and an ``Id``."""
        long = [place for place, name in enumerate(names) if name in sobject.long_names]
        if not long:
            self.run_many(insert_sql(sobject.name, tuple(names), self.placeholder), rows)
            return
        short = [place for place in range(len(names)) if place not in long]
        kept = itemgetter(*short)
        sql = insert_sql(sobject.name, tuple(names[place] for place in short), self.placeholder)
        self.run_many(sql, [kept(row) for row in rows])
        filled = [row for row in rows if any(row[place] is not None for place in long)]
        if filled:
            id_at = names.index("Id")
            keys = self.row_keys(sobject, [row[id_at] for row in filled])
            sql = insert_sql(long_table(sobject.name), ("_row", *(names[place] for place in long)), self.placeholder)
            self.run_many(sql, [(keys[row[id_at]], *(row[place] for place in long)) for row in filled])

    def update(self, sobject: SObject, id_: str, values: Mapping[str, Any]) -> None:
        """Change fields of the row with an 18 character id."""
        long = sobject.long_names & values.keys()
        short = [name for name in values if name not in long]
        if short:
            assignments = ", ".join(f"{quoted(name)} = {self.placeholder}" for name in short)
            sql = f'UPDATE {quoted(sobject.name)} SET {assignments} WHERE "Id" = {self.placeholder}'
            self.run(sql, [*(values[name] for name in short), id_])
        if long:
            names = sorted(long)
            sql = insert_sql(long_table(sobject.name), ("_row", *names), self.placeholder)
            changes = ", ".join(f"{quoted(name)} = excluded.{quoted(name)}" for name in names)
            row = self.row_key(sobject, id_)
            self.run(f'{sql} ON CONFLICT ("_row") DO UPDATE SET {changes}', [row, *(values[name] for name in names)])

    def erase(self, sobject: SObject, id_: str) -> None:
        """Remove a row for good."""
        row = self.row_key(sobject, id_)
        if sobject.long_names:
            self.run(f'DELETE FROM {quoted(long_table(sobject.name))} WHERE "_row" = {self.placeholder}', [row])
        self.run(f'DELETE FROM {quoted(sobject.name)} WHERE "_row" = {self.placeholder}', [row])

    def row_key(self, sobject: SObject, id_: str) -> int | None:
        """Return the number of the row with an 18 character id, or None."""
        found = self.one(f'SELECT "_row" FROM {quoted(sobject.name)} WHERE "Id" = {self.placeholder}', [id_])
        return None if found is None else int(found[0])

    def next_number(self, key: str, count: int = 1) -> int:
        """Return the next number of a counter, from 1, or the last of several. Those whose transaction fails are given again."""
        sql = (
            f'INSERT INTO "_counter" (key, value) VALUES ({self.placeholder}, {self.placeholder})'
            ' ON CONFLICT (key) DO UPDATE SET value = "_counter".value + excluded.value RETURNING value'
        )
        return int(self.execute(sql, [key, count])[0][0])

    def set_meta(self, key: str, value: str | None) -> None:
        """Keep one of the org's settings."""
        sql = (
            f'INSERT INTO "_meta" (key, value) VALUES ({self.placeholder}, {self.placeholder})'
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        )
        self.run(sql, [key, value])


class ThreadState(threading.local):
    """What one thread has open."""

    transaction: Transaction | None = None
    reading: Reader | None = None

    def __init__(self) -> None:
        self.made: dict[str, SObject] = {}
        """The types whose tables the open transaction has made: nobody else sees them yet."""


@contextmanager
def as_made_before(made: dict[str, SObject]) -> Iterator[None]:
    """Forget the tables that were made inside when it raises: they are gone with the savepoint."""
    before = dict(made)
    try:
        yield
    except BaseException:
        made.clear()
        made.update(before)
        raise


class Store(ABC):
    """The rows of one org. Safe to use from several threads."""

    dialect: Dialect
    placeholder: str
    steady: AbstractContextManager[object] = nullcontext()
    """Held around several calls, nothing that another thread does comes between them. In memory alone, where tables go with a reset."""

    def __init__(self) -> None:
        self._local = ThreadState()
        self._ensured: dict[str, SObject] = {}
        self.commits = 0
        """How often rows may have changed by what this process did: what was read before is good while it stays the same."""

    @property
    def is_writing(self) -> bool:
        """Tell whether this thread has a transaction open, and so sees what nobody else does yet."""
        return self._local.transaction is not None

    def ensure(self, *sobjects: SObject) -> None:
        """Make the tables of sObjects where they are missing. Call it before `read`, which sees only older tables."""
        known = self._ensured
        for sobject in sobjects:
            if known.get(sobject.name) is not (sobject.narrowed_from or sobject):
                break
        else:
            return
        with self.write() as transaction:
            for sobject in [one.whole for one in sobjects]:
                if not self._has(sobject):
                    self._make(transaction, sobject)
                    self._local.made[sobject.name] = sobject

    def _has(self, sobject: SObject) -> bool:
        """Tell whether the tables are there, for this thread to see."""
        return sobject is (self._local.made.get(sobject.name) or self._ensured.get(sobject.name))

    def _make(self, transaction: Transaction, sobject: SObject) -> None:
        columns = self._columns(transaction, sobject)
        if columns:
            missing = frozenset(field.name for field in sobject.fields if field.is_stored) - columns
            if sobject.long_names <= missing:  # the table of long text is to be made, with all of them
                missing -= sobject.long_names
            for statement in add_column_statements(sobject, missing, self.dialect):
                transaction.run(statement)
        for statement in create_statements(sobject, self.dialect):
            transaction.run(statement)

    @contextmanager
    def reading(self, *sobjects: SObject) -> Iterator[Reader]:
        """Open a view in which these sObjects have tables: no reset comes in between."""
        with self.steady:
            self.ensure(*sobjects)
            with self.read() as rows:
                yield rows

    @abstractmethod
    def _columns(self, transaction: Transaction, sobject: SObject) -> set[str]:
        """Return the columns that an sObject's tables have; none where there are no tables."""

    @abstractmethod
    def read(self) -> AbstractContextManager[Reader]:
        """Open a consistent view of the rows; inside a `write` of the same thread it is that transaction's."""

    def select(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run one statement in a view of its own, or in the one that this thread has open, and return all its rows."""
        with self.read() as rows:
            return rows.execute(sql, parameters)

    @abstractmethod
    def write(self) -> AbstractContextManager[Transaction]:
        """Open a transaction, or join the one that this thread has open. It commits at the end and rolls back on an error.

        One transaction writes at a time, in every process that shares the store.
        """

    @abstractmethod
    def clear(self) -> None:
        """Drop every table of the org, and make the emulator's own ones anew."""

    def image(self) -> bytes | None:
        """Return a copy of all rows that `load_image` takes, or None where the database cannot give one."""
        return None

    def load_image(self, image: bytes, types: Types | None = None) -> None:
        """Put all rows back to what they were when an image was made. Raises `UsageError` where there are no images.

        types: returns what finds the org's types once its settings are back; PostgreSQL needs them.
        """
        raise UsageError("this database takes no images of its rows; use an org on SQLite")

    @abstractmethod
    def close(self) -> None:
        """Let go of the database. An org in memory is gone."""

    def meta(self, key: str) -> str | None:
        """Return one of the org's settings."""
        with self.read() as rows:
            found = rows.one(f'SELECT value FROM "_meta" WHERE key = {self.placeholder}', [key])
        return None if found is None else found[0]
