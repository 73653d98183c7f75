"""Images of a store that go to other machines: plain tables without secrets, in a file that any SQLite reads.

What a file holds is an SQLite database. Behind it stands one line that says what it is: the version of its form, the program that
wrote it, and the checksum of the database. SQLite reads no further than the database itself.
"""

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final

import orjson

from .layout import quoted, system_statements
from .sqlite import PAGE_SIZE, SqliteTransaction
from .watch import watch

FORM: Final = 1
"""Of the file; a higher one is of a later program."""
MARK: Final = b"\nchatlift-snapshot "
LONGEST_LINE: Final = 4_096
MAGIC: Final = b"SQLite format 3\x00"
SECRET_TABLES: Final = ("_session", "_session_client", "_grant")
MADE_AGAIN: Final = ("_search", "_search_stale")
"""Rows about what is no plain table, and made when it is asked for."""
_PLAIN: Final = ("CREATE TABLE ", "CREATE INDEX ", "CREATE UNIQUE INDEX ")
_WATCHES: Final = re.compile(r"""UPDATE "_meta" SET value = .+ WHERE key = '([^']*)'""")
_EVERYTHING: Final = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"


class BadSnapshot(ValueError):
    """A file is no snapshot, or a damaged one. The message says what is wrong."""


def packed(image: bytes, told: Mapping[str, Any], secret_keys: Sequence[str], watched: Sequence[str]) -> bytes:
    """Return the file of an image. told: what its last line says besides.

    secret_keys: settings of the org that it is not to hold; watched: the keys that `unpacked` will watch again. Whoever watches under
    another key does so again himself when he finds nothing there.
    """
    forget = list(secret_keys)
    with _opened(image) as copy:
        for type_, name, sql in copy.execute(_EVERYTHING).fetchall():
            if type_ == "trigger":
                copy.execute(f"DROP TRIGGER {quoted(name)}")
                forget += [key for key in _WATCHES.findall(sql) if key not in watched]
            elif type_ == "table" and sql.upper().startswith("CREATE VIRTUAL "):
                copy.execute(f"DROP TABLE {quoted(name)}")
        for name in (*SECRET_TABLES, *MADE_AGAIN):
            copy.execute(f"DELETE FROM {quoted(name)}")
        copy.executemany('DELETE FROM "_meta" WHERE key = ?', [(key,) for key in forget])
        copy.execute("VACUUM")  # what was deleted is gone from the file too
        plain = copy.serialize()
    line = {"form": FORM, **told, "bytes": len(plain), "sha256": hashlib.sha256(plain).hexdigest()}
    return plain + MARK + orjson.dumps(line) + b"\n"


def unpacked(
    file: bytes, needed: str, watched: Mapping[str, Mapping[str, Sequence[str]]]
) -> tuple[bytes, dict[str, Any]]:
    """Return the image of a file and what its last line says. Raises `BadSnapshot`.

    needed: the setting that every org has; watched: the tables whose changes are noted under a key (`watch`). Nothing but tables and indexes is taken from a file, so that
    nothing in it can be carried out.
    """
    plain, told = _read(file)
    try:
        with _opened(plain) as copy:
            _check(copy, needed)
            for statement in system_statements("sqlite"):
                copy.execute(statement)
            transaction = SqliteTransaction(copy)
            for key, tables in watched.items():
                watch(transaction, "sqlite", key, tables)
            return copy.serialize(), told
    except sqlite3.Error as error:
        raise BadSnapshot(f"the snapshot cannot be read: {error}") from None
    except UnicodeDecodeError:  # SQLite's own message quotes what it could not read
        raise BadSnapshot("the snapshot cannot be read: there is text in it that is no UTF-8") from None


def _read(file: bytes) -> tuple[bytes, dict[str, Any]]:
    at = file.rfind(MARK, max(0, len(file) - LONGEST_LINE))
    if not file.startswith(MAGIC) or at < 0:
        raise BadSnapshot("the file is no snapshot of ChatLift, or its end is missing")
    try:
        told = orjson.loads(file[at + len(MARK) :])
    except orjson.JSONDecodeError:
        raise BadSnapshot("the snapshot's last line is damaged") from None
    if not isinstance(told, dict) or not isinstance(told.get("form"), int):
        raise BadSnapshot("the snapshot's last line is damaged")
    if told["form"] > FORM:
        raise BadSnapshot(
            f"the snapshot was written by a later ChatLift ({str(told.get('chatlift'))[:50]}); bring this one up to date"
        )
    plain = file[:at]
    if hashlib.sha256(plain).hexdigest() != told.get("sha256"):
        raise BadSnapshot("the snapshot is damaged: its checksum is another one")
    return plain, told


def _check(copy: sqlite3.Connection, needed: str) -> None:
    copy.execute("SELECT 1 FROM sqlite_master").fetchall()  # only then is the header read, and its page size known
    if copy.execute("PRAGMA page_size").fetchone()[0] != PAGE_SIZE:
        raise BadSnapshot("the snapshot is no snapshot of ChatLift: its pages have another size")
    if copy.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise BadSnapshot("the snapshot is damaged")
    for type_, name, sql in copy.execute(_EVERYTHING):
        if type_ not in ("table", "index") or not sql.upper().startswith(_PLAIN):
            raise BadSnapshot(f"the snapshot holds what is neither table nor index: {name[:100]}")
    if not copy.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_meta'").fetchall():
        raise BadSnapshot("the snapshot holds no org")
    if not copy.execute('SELECT 1 FROM "_meta" WHERE key = ? AND value IS NOT NULL', [needed]).fetchall():
        raise BadSnapshot("the snapshot holds no org")


@contextmanager
def _opened(image: bytes) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        copy.deserialize(image)
        for setting in ("trusted_schema = OFF", "cell_size_check = ON", "temp_store = MEMORY"):
            copy.execute(f"PRAGMA {setting}")
        yield copy
