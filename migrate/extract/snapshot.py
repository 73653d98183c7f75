"""A snapshot of an emulated org as a source: an SQLite file with a table for each object, long text in a second one.

Snapshots of `chatlift serve` (`GET /_chatlift/snapshots/{id}`, `org.snapshot()`) and databases of `serve --db sqlite:///…` are of
this form. The file may come from anywhere: it is opened for reading only, nothing but plain tables is read from it, and nothing
that is written in it is carried out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import pathname2url

from ..dialect import FIELD_LIMIT
from ..errors import UsageError
from ..masking import RowMask
from ..plan import Plan
from ..transform.work import WORK
from .files import ATTACHMENT, BODY, LINK, VERSION, pull_files
from .named import NAMERS
from .tables import CHAT_OBJECTS
from .work import pull_work
from .writing import NAMES, Progress, learn_object, write_object

_MAGIC = b"SQLite format 3\x00"
_READ = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ})
_MOST_COLUMNS = 2000


def is_snapshot(path: Path) -> bool:
    """Tell whether a file is a snapshot, by its first bytes."""
    try:
        with path.open("rb") as stream:
            return stream.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


@contextmanager
def readable(path: Path) -> Iterator[Path]:
    """Yield a source that consists of files: the path itself, or a folder with what a snapshot holds, which is removed then."""
    if not is_snapshot(path):
        yield path
        return
    with TemporaryDirectory(prefix="chatlift-") as name:
        pull(path, Path(name), lambda step, done, total: None)
        yield Path(name)


def pull(path: Path, folder: Path, progress: Progress, mask: RowMask | None = None, plan: Plan | None = None) -> None:
    """Write the CSV files of a snapshot into a folder. UsageError when it cannot be read or holds no chat records.

    With a plan, files of chats and AgentWork rows are among them as it says.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with _opened(path) as database:
            _pull(database, path, folder, progress, mask)
            if plan is not None and plan.agent_work:
                pull_work(_Files(database), folder, progress, mask)
            if plan is not None and plan.carries_files:
                pull_files(_Files(database), folder, progress, mask)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read as a snapshot ({error}):", "take the snapshot again") from None


def _pull(database: sqlite3.Connection, path: Path, folder: Path, progress: Progress, mask: RowMask | None) -> None:
    tables = _tables(database)
    wanted = {name: tables[name] for name in (*CHAT_OBJECTS, *NAMES) if name in tables}
    if not any(name in wanted for name in CHAT_OBJECTS):
        raise UsageError(f"{path} holds no legacy chat records:", "name a snapshot of an org with chats")
    long = {name: tables.get(f"{name}__long", ()) for name in wanted}
    shown = {name: _shown(name, columns, long[name]) for name, columns in wanted.items()}
    wheres = {name: _named(name, wanted) for name in shown}
    database.set_authorizer(_allow)
    if mask is not None and mask.learns:
        for name, columns in shown.items():
            learn_object(mask, name, columns, _records(database, name, columns, long[name], wheres[name]))
    for name, columns in shown.items():
        records = _records(database, name, columns, long[name], wheres[name])
        write_object(folder, name, columns, records, progress, mask)


def _named(name: str, tables: Mapping[str, tuple[str, ...]]) -> str:
    """Return the condition that takes of an object those records that chats name, empty for the objects of chats themselves."""
    if name not in NAMES or "Id" not in tables[name]:
        return ""
    fields = [
        (namer, field)
        for namer, named in NAMERS.items()
        for field, kind in named.items()
        if kind == name and field in tables.get(namer, ())
    ]
    parts = (f"SELECT {_quoted(field)} FROM {_quoted(namer)}" for namer, field in fields)
    return f'WHERE s."Id" IN ({" UNION ".join(parts)})' if fields else ""


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size:
        raise UsageError(f"{path} is in use, or was not closed:", "stop its server, or take a snapshot")
    uri = f"file:{pathname2url(str(path.resolve()))}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as database:
        for setting in ("query_only=ON", "trusted_schema=OFF", "cell_size_check=ON", "cache_size=-8000"):
            database.execute(f"PRAGMA {setting}")
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 4 * FIELD_LIMIT)
        yield database


def _allow(action: int, *_: Any) -> int:
    return sqlite3.SQLITE_OK if action in _READ else sqlite3.SQLITE_DENY


def _tables(database: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
    """Return the columns of the plain tables, those of bytes left out."""
    found: dict[str, tuple[str, ...]] = {}
    names = [*CHAT_OBJECTS, *NAMES, VERSION, ATTACHMENT, LINK, WORK]
    for name in (*names, *(f"{name}__long" for name in names)):
        made = database.execute("SELECT type, sql FROM sqlite_master WHERE name = ?", (name,)).fetchall()
        if len(made) != 1 or made[0][0] != "table" or not str(made[0][1]).upper().startswith("CREATE TABLE"):
            continue
        columns = database.execute(f"PRAGMA table_info({_quoted(name)})").fetchall()
        if len(columns) <= _MOST_COLUMNS:
            found[name] = tuple(str(column[1]) for column in columns if str(column[2]).upper() != "BLOB")
    return found


def _shown(name: str, columns: tuple[str, ...], long: tuple[str, ...]) -> tuple[str, ...]:
    together = tuple(column for column in (*columns, *long) if column != "_row")
    return tuple(column for column in NAMES[name] if column in together) if name in NAMES else together


def _records(
    database: sqlite3.Connection, name: str, columns: tuple[str, ...], long: tuple[str, ...], where: str
) -> Iterator[dict[str, Any]]:
    of_long = set(long) - {"_row"}
    picked = ", ".join(f"{'l' if column in of_long else 's'}.{_quoted(column)}" for column in columns)
    joined = f'LEFT JOIN {_quoted(f"{name}__long")} AS l ON l."_row" = s."_row"' if of_long else ""
    order = 'ORDER BY s."Id"' if "Id" in columns else ""
    # The names are quoted, and nothing but reading is allowed.
    rows = database.execute(f"SELECT {picked} FROM {_quoted(name)} AS s {joined} {where} {order}")
    for row in rows:
        yield dict(zip(columns, (None if isinstance(value, bytes) else value for value in row), strict=True))


class _Files:
    """The files of a snapshot."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        database.set_authorizer(None)
        self._tables = _tables(database)
        database.set_authorizer(_allow)

    def rows(self, name: str, fields: Sequence[str], field: str, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield the rows of an object whose field has one of these ids."""
        yield from self._select(name, fields, field, ", ".join("?" * len(ids)), ids)

    def on_chats(self, name: str, fields: Sequence[str], field: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of an object that hang on transcripts."""
        if "Id" in self._tables.get("LiveChatTranscript", ()):
            yield from self._select(name, fields, field, 'SELECT "Id" FROM "LiveChatTranscript"', ())

    def _select(
        self, name: str, fields: Sequence[str], field: str, within: str, values: Sequence[str]
    ) -> Iterator[dict[str, Any]]:
        columns = self._tables.get(name, ())
        known = [one for one in fields if one in columns]
        if field not in columns or "Id" not in columns:
            return
        there = ' AND NOT "IsDeleted"' if "IsDeleted" in columns else ""
        picked = ", ".join(map(_quoted, known))
        found = self._database.execute(
            f'SELECT {picked} FROM {_quoted(name)} WHERE {_quoted(field)} IN ({within}){there} ORDER BY "Id"', values
        )
        for row in found:
            yield dict(zip(known, row, strict=True))

    def body(self, name: str, id_: str, place: Path, size: int) -> None:
        """Write the body of a file, piece by piece."""
        if "_row" not in self._tables.get(f"{name}__long", ()):
            return
        found = self._database.execute(f'SELECT "_row" FROM {_quoted(name)} WHERE "Id" = ?', (id_,)).fetchone()
        try:
            blob = self._database.blobopen(f"{name}__long", BODY[name], found[0], readonly=True)
        except (sqlite3.Error, TypeError):
            return
        with blob:
            if len(blob) <= size:
                with place.open("wb") as stream:
                    while chunk := blob.read(1 << 20):
                        stream.write(chunk)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
