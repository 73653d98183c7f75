"""Tell whether tables have changed: triggers that put another value under a key of ``_meta`` with every change of their rows.

The value is part of the rows: it goes with a transaction that is undone, comes back with an image, and other processes see it.
It is drawn by the database, so that no two states of the rows ever have the same one.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from .base import Transaction
from .layout import Dialect, quoted

_VALUES: Final = {
    "sqlite": "lower(hex(randomblob(12)))",
    "postgresql": "md5(random()::text || clock_timestamp()::text)",
}


def watch(transaction: Transaction, dialect: Dialect, key: str, tables: Mapping[str, Sequence[str]]) -> None:
    """Watch tables, which must be there; a table's columns narrow its updates to changes of these, none means any."""
    place = transaction.placeholder
    transaction.run(
        f'INSERT INTO "_meta" (key, value) VALUES ({place}, {_VALUES[dialect]}) ON CONFLICT (key) DO NOTHING', [key]
    )
    for statement in _statements(dialect, key, tables):
        transaction.run(statement)


def touch(transaction: Transaction, dialect: Dialect, key: str) -> None:
    """Put another value under a watched key, for something that changed beside the tables; nothing where none is watched yet."""
    transaction.run(f'UPDATE "_meta" SET value = {_VALUES[dialect]} WHERE key = {transaction.placeholder}', [key])


def _statements(dialect: Dialect, key: str, tables: Mapping[str, Sequence[str]]) -> Iterator[str]:
    literal = "'" + key.replace("'", "''") + "'"
    change = f'UPDATE "_meta" SET value = {_VALUES[dialect]} WHERE key = {literal}'
    function = quoted(f"chatlift_watch_{key}")
    if dialect == "postgresql":
        yield (
            f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {change}; RETURN NULL; END $$"
        )
    for table, columns in tables.items():
        update = f"UPDATE OF {', '.join(map(quoted, columns))}" if columns else "UPDATE"
        for event in (update, "INSERT", "DELETE"):
            name = quoted(f"{table}.{key}.{event.split()[0].lower()}")
            if dialect == "sqlite":
                yield f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {event} ON {quoted(table)} BEGIN {change}; END"
            else:
                yield f"DROP TRIGGER IF EXISTS {name} ON {quoted(table)}"
                yield (
                    f"CREATE TRIGGER {name} AFTER {event} ON {quoted(table)} FOR EACH STATEMENT"
                    f" EXECUTE FUNCTION {function}()"
                )
