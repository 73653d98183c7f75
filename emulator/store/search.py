"""The search index: the words of records, where the database finds them.

One index serves all types: FTS5 on SQLite, a tsvector on PostgreSQL. It is made by the first search, and a type joins it when it is
first searched: an org that never searches has no index and pays nothing for it. From then on a write of an indexed row leaves a
line in ``_search_stale``, put there by triggers in the transaction of the write itself, whoever writes; new rows are known by
their numbers, which grow. The next search brings the index up to date, in one transaction, and so nothing is lost when a
process dies, and several processes may share the database.

A row is known in the index by its key: the number of its type, and the number of the row. Rows in the recycle bin stay in
the index; whoever reads the rows found leaves them out.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ...schemas.field import SObject
from .base import Reader, Transaction
from .layout import Dialect, long_table, quoted

COLUMNS: Final = ("name", "email", "phone", "other")
"""The columns of a document: words of the same kind of field."""
INDEXED_LETTERS: Final = 255
"""Letters of a word by which the index knows it; whoever looks for a longer word checks what is found."""

_ROW_BITS: Final = 40
_LARGEST_TSVECTOR: Final = 1_000_000
"""Bytes of words in one tsvector; PostgreSQL takes a little more (documentation, "Text Search", "Limitations")."""

Document = tuple[str, ...]
"""The words of a row, for each column: a text whose words stand between blanks."""


def letter_of(column: str) -> str:
    """Return what stands before a word of a column in a tsvector."""
    return column[0]


@dataclass(frozen=True, slots=True)
class Indexed:
    """How far the rows of a type are in the index."""

    number: int
    fields: str
    """The fields whose words are there, as one text; when a type has others, its rows are indexed anew."""
    last_row: int
    """The highest row number that is there; rows above it are new."""


class SearchIndex(ABC):
    """Reads and writes the index in a view or a transaction of the caller's."""

    def __init__(self, placeholder: str) -> None:
        self._place = placeholder

    # --- what is where --------------------------------------------------------------------------------------------------

    def tables(self, rows: Reader) -> frozenset[str]:
        """Return the names of all tables there are."""
        return frozenset(name for (name,) in rows.execute(self._tables_sql()))

    def indexed(self, rows: Reader) -> dict[str, Indexed]:
        """Return the types that are in the index."""
        found = rows.execute('SELECT sobject, number, fields, last_row FROM "_search"')
        return {name: Indexed(int(number), fields, int(last)) for name, number, fields, last in found}

    def stale_types(self, rows: Reader) -> frozenset[int]:
        """Return the numbers of the types of which rows changed since they were indexed."""
        return frozenset(int(number) for (number,) in rows.execute('SELECT DISTINCT number FROM "_search_stale"'))

    def last_row(self, rows: Reader, sobject: SObject) -> int:
        """Return the highest row number of a type, 0 without rows."""
        found = rows.one(f'SELECT max("_row") FROM {quoted(sobject.name)}')
        return int(found[0]) if found and found[0] is not None else 0

    def stale_rows(self, rows: Reader, number: int) -> list[int]:
        """Return the numbers of the rows that changed since they were indexed."""
        sql = f'SELECT row_key FROM "_search_stale" WHERE number = {self._place} ORDER BY row_key'
        return [int(row) for (row,) in rows.execute(sql, [number])]

    # --- writing --------------------------------------------------------------------------------------------------------

    def add(self, transaction: Transaction, sobject: SObject, fields: str, searched: Sequence[str]) -> Indexed:
        """Let a type join the index, or join it anew with other fields; none of its rows is in the index then.

        ``searched`` names the fields; from now on a change of one of them leaves a line in ``_search_stale``.
        """
        for statement in self._make_statements():
            transaction.run(statement)
        known = self.indexed(transaction).get(sobject.name)
        number = known.number if known else transaction.next_number("search")
        if known:
            first, last = number << _ROW_BITS, (number + 1) << _ROW_BITS
            self._remove_between(transaction, first, last)
            self.clean(transaction, number)
        for statement in self._trigger_statements(sobject, number, searched):
            transaction.run(statement)
        self.note(transaction, sobject, Indexed(number, fields, 0))
        return Indexed(number, fields, 0)

    def note(self, transaction: Transaction, sobject: SObject, indexed: Indexed) -> None:
        """Keep how far a type is."""
        places = ", ".join([self._place] * 4)
        transaction.run(
            f'INSERT INTO "_search" (sobject, number, fields, last_row) VALUES ({places})'
            " ON CONFLICT (sobject) DO UPDATE SET fields = excluded.fields, last_row = excluded.last_row",
            [sobject.name, indexed.number, indexed.fields, indexed.last_row],
        )

    def clean(self, transaction: Transaction, number: int) -> None:
        """Forget which rows of a type changed: they have been indexed."""
        transaction.run(f'DELETE FROM "_search_stale" WHERE number = {self._place}', [number])

    def settle(self, transaction: Transaction) -> None:  # noqa: B027  # most databases have nothing to do
        """Bring what was put into the index into the form that is fast to read."""

    def remove(self, transaction: Transaction, number: int, rows: Iterable[int]) -> None:
        """Take rows out of the index; those that are not there do not matter."""
        for row in rows:
            self._remove(transaction, (number << _ROW_BITS) + row)

    def put(self, transaction: Transaction, number: int, documents: Sequence[tuple[int, Document]]) -> None:
        """Put rows that are not in the index into it."""
        self._put(
            transaction, [((number << _ROW_BITS) + row, document) for row, document in documents if any(document)]
        )

    # --- reading --------------------------------------------------------------------------------------------------------

    def find(self, rows: Reader, number: int, query: str) -> list[tuple[int, bool]]:
        """Return the rows of a type that a query of the index finds, and whether each is known to be found exactly."""
        first = number << _ROW_BITS
        return [
            (int(key) - first, bool(exact))
            for key, exact in rows.execute(self._find_sql(), [query, first, first + (1 << _ROW_BITS)])
        ]

    # --- the database ---------------------------------------------------------------------------------------------------

    @abstractmethod
    def _tables_sql(self) -> str: ...

    @abstractmethod
    def _make_statements(self) -> Iterator[str]: ...

    @abstractmethod
    def _trigger_statements(self, sobject: SObject, number: int, searched: Sequence[str]) -> Iterator[str]: ...

    @abstractmethod
    def _remove(self, transaction: Transaction, key: int) -> None: ...

    @abstractmethod
    def _remove_between(self, transaction: Transaction, first: int, last: int) -> None: ...

    @abstractmethod
    def _put(self, transaction: Transaction, documents: Sequence[tuple[int, Document]]) -> None: ...

    @abstractmethod
    def _find_sql(self) -> str: ...


def _events(sobject: SObject, searched: Sequence[str]) -> Iterator[tuple[str, str, str, str]]:
    """Yield table, name of the trigger, event, and the row it is about, for each change that makes a row stale."""
    for table, names in (
        (sobject.name, [name for name in searched if name not in sobject.long_names]),
        (long_table(sobject.name), [name for name in searched if name in sobject.long_names]),
    ):
        is_long = table != sobject.name
        if names:
            yield table, f"{table}.search.update", f"UPDATE OF {', '.join(map(quoted, names))}", "NEW"
        if names or not is_long:
            yield table, f"{table}.search.delete", "DELETE", "OLD"
        if names and is_long:  # a row that gets its first long text; a new row is above the last one
            yield table, f"{table}.search.insert", "INSERT", "NEW"


class SqliteSearchIndex(SearchIndex):
    """An FTS5 table over words that are taken apart already: its tokenizer splits at blanks and folds nothing."""

    def __init__(self) -> None:
        super().__init__("?")

    def _tables_sql(self) -> str:
        return "SELECT name FROM sqlite_master WHERE type = 'table'"

    def _make_statements(self) -> Iterator[str]:
        columns = ", ".join(COLUMNS)
        yield f'CREATE VIRTUAL TABLE IF NOT EXISTS "_search_text" USING fts5({columns}, tokenize = ascii, columnsize = 0)'

    def _trigger_statements(self, sobject: SObject, number: int, searched: Sequence[str]) -> Iterator[str]:
        for table, name, event, row in _events(sobject, searched):
            key = f'{row}."_row"'
            yield f"DROP TRIGGER IF EXISTS {quoted(name)}"
            yield (
                f"CREATE TRIGGER {quoted(name)} AFTER {event} ON {quoted(table)}"
                f' WHEN {key} <= (SELECT last_row FROM "_search" WHERE number = {number}) BEGIN'
                f' INSERT INTO "_search_stale" (number, row_key) SELECT {number}, {key} WHERE NOT EXISTS'
                f' (SELECT 1 FROM "_search_stale" WHERE number = {number} AND row_key = {key}); END'
            )

    def _remove(self, transaction: Transaction, key: int) -> None:
        transaction.run('DELETE FROM "_search_text" WHERE rowid = ?', [key])

    def _remove_between(self, transaction: Transaction, first: int, last: int) -> None:
        transaction.run('DELETE FROM "_search_text" WHERE rowid >= ? AND rowid < ?', [first, last])

    def _put(self, transaction: Transaction, documents: Sequence[tuple[int, Document]]) -> None:
        sql = f'INSERT INTO "_search_text" (rowid, {", ".join(COLUMNS)}) VALUES (?, ?, ?, ?, ?)'
        for key, document in documents:
            transaction.run(sql, [key, *document])

    def _find_sql(self) -> str:
        return 'SELECT rowid, 1 FROM "_search_text" WHERE "_search_text" MATCH ? AND rowid >= ? AND rowid < ?'


class PostgresqlSearchIndex(SearchIndex):
    """A tsvector of words without places, each with the letter of its column in front.

    A document with more words than a tsvector takes has none, and is found by every query, inexactly.
    """

    def __init__(self) -> None:
        super().__init__("%s")

    def _tables_sql(self) -> str:
        return "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"

    def _make_statements(self) -> Iterator[str]:
        yield 'CREATE TABLE IF NOT EXISTS "_search_words" (key bigint PRIMARY KEY, words tsvector)'
        yield 'CREATE INDEX IF NOT EXISTS "_search_words.words" ON "_search_words" USING gin (words)'
        yield 'CREATE INDEX IF NOT EXISTS "_search_words.many" ON "_search_words" (key) WHERE words IS NULL'
        yield (
            "CREATE OR REPLACE FUNCTION chatlift_search_stale() RETURNS trigger LANGUAGE plpgsql AS $$"
            " DECLARE type_number bigint := TG_ARGV[0]::bigint; changed bigint; BEGIN"
            """ IF TG_OP = 'DELETE' THEN changed := OLD."_row"; ELSE changed := NEW."_row"; END IF;"""
            ' IF changed <= (SELECT last_row FROM "_search" WHERE number = type_number) THEN'
            ' INSERT INTO "_search_stale" (number, row_key) VALUES (type_number, changed) ON CONFLICT DO NOTHING;'
            " END IF; RETURN NULL; END $$"
        )

    def _trigger_statements(self, sobject: SObject, number: int, searched: Sequence[str]) -> Iterator[str]:
        for table, name, event, _ in _events(sobject, searched):
            yield f"DROP TRIGGER IF EXISTS {quoted(name)} ON {quoted(table)}"
            yield (
                f"CREATE TRIGGER {quoted(name)} AFTER {event} ON {quoted(table)} FOR EACH ROW"
                f" EXECUTE FUNCTION chatlift_search_stale('{number}')"
            )

    def _remove(self, transaction: Transaction, key: int) -> None:
        transaction.run('DELETE FROM "_search_words" WHERE key = %s', [key])

    def _remove_between(self, transaction: Transaction, first: int, last: int) -> None:
        transaction.run('DELETE FROM "_search_words" WHERE key >= %s AND key < %s', [first, last])

    def _put(self, transaction: Transaction, documents: Sequence[tuple[int, Document]]) -> None:
        keys = [key for key, _ in documents]
        vectors = [_tsvector(document) for _, document in documents]
        transaction.run(
            'INSERT INTO "_search_words" (key, words)'
            " SELECT key, words::tsvector FROM unnest(%s::bigint[], %s::text[]) AS document (key, words)",
            [keys, vectors],
        )

    def settle(self, transaction: Transaction) -> None:
        # Inverted indexes gather what is new in a list that every search walks through.
        transaction.execute("""SELECT gin_clean_pending_list('"_search_words.words"'::regclass)""")

    def _find_sql(self) -> str:
        return (
            # "+ 0" keeps the planner, which knows nothing of a new table, from walking all keys instead of asking for the words.
            "WITH wanted AS (SELECT %s::tsquery AS query, %s::bigint AS first, %s::bigint AS last)"
            ' SELECT key, true FROM "_search_words", wanted WHERE words @@ query AND key + 0 >= first AND key + 0 < last'
            ' UNION ALL SELECT key, false FROM "_search_words", wanted WHERE words IS NULL AND key >= first AND key < last'
        )


def _tsvector(document: Document) -> str | None:
    """Return the different words of a document as a tsvector in text, or None when they are too many."""
    found: set[str] = set()
    for column, text in zip(COLUMNS, document, strict=True):
        letter = letter_of(column)
        found.update(f"{letter}{word[:INDEXED_LETTERS]}" for word in text.split(" ") if word)
    if sum(len(word.encode()) for word in found) > _LARGEST_TSVECTOR:
        return None
    return " ".join(f"'{word}'" for word in found)


def search_index(dialect: Dialect) -> SearchIndex:
    """Return the index of a kind of database."""
    return SqliteSearchIndex() if dialect == "sqlite" else PostgresqlSearchIndex()
