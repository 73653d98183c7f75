"""How an sObject lies in tables.

A row stands in the table named after its sObject: ``_row`` (a number), and a column for each stored field. Long text
and base64 stand in a second table, so that a scan of rows does not read them; a row without such values has none there.

Indexes serve what the platform looks up by: ids, references, id-lookup and unique fields, and SystemModstamp. They
cover live rows only, so a query must say ``"IsDeleted" = 0`` (``NOT "IsDeleted"`` on PostgreSQL) to use them.
"""

from collections.abc import Iterator
from typing import Final, Literal

from ...schemas.field import DOUBLE_TYPES, Field, SObject
from ...schemas.folding import foreign_letters

Dialect = Literal["sqlite", "postgresql"]

_SQLITE_TYPES: Final = {"boolean": "INTEGER", "int": "INTEGER", "base64": "BLOB"}
_POSTGRESQL_TYPES: Final = {"boolean": "boolean", "int": "bigint", "base64": "bytea"}
_AUDIT: Final = frozenset({"CreatedById", "LastModifiedById"})

SYSTEM_TABLES: Final[dict[str, tuple[str, ...]]] = {
    "_meta": ("key TEXT PRIMARY KEY", "value TEXT"),
    "_counter": ("key TEXT PRIMARY KEY", "value BIGINT NOT NULL"),
    "_deleted": (
        "id TEXT PRIMARY KEY",
        "sobject TEXT NOT NULL",
        "deleted_at TEXT NOT NULL",
        "root TEXT NOT NULL",
        "purged INTEGER NOT NULL",
    ),
    "_session": (
        "token TEXT PRIMARY KEY",
        "user_id TEXT NOT NULL",
        "created_at TEXT NOT NULL",
        "used_at TEXT NOT NULL",
    ),
    "_session_client": (
        "token TEXT PRIMARY KEY",
        "client_id TEXT NOT NULL",
        "scope TEXT NOT NULL",
        "grant_hash TEXT NOT NULL",
    ),
    "_connected_app": (
        "client_id TEXT PRIMARY KEY",
        "client_secret TEXT",
        "public_key TEXT",
        "redirect_uris TEXT NOT NULL",
        "run_as TEXT",
        "scopes TEXT NOT NULL",
    ),
    "_grant": (
        "token_hash TEXT PRIMARY KEY",
        "kind TEXT NOT NULL",
        "state TEXT NOT NULL",
        "client_id TEXT NOT NULL",
        "user_id TEXT NOT NULL",
        "scope TEXT NOT NULL",
        "created_at TEXT NOT NULL",
        "expires_at TEXT",
        "redirect_uri TEXT NOT NULL",
        "challenge TEXT NOT NULL",
        "nonce TEXT NOT NULL",
        "user_code TEXT NOT NULL",
        "polled_at TEXT",
    ),
    "_cursor": (
        "id TEXT PRIMARY KEY",
        "user_id TEXT NOT NULL",
        "soql TEXT NOT NULL",
        "version TEXT NOT NULL",
        "all_rows INTEGER NOT NULL",
        "created_at TEXT NOT NULL",
        "total INTEGER NOT NULL",
        "row_keys BLOB NOT NULL",
        "root TEXT NOT NULL",
        "part TEXT NOT NULL",
        "parent TEXT NOT NULL",
    ),
    "_chat": ("kind TEXT NOT NULL", "key TEXT NOT NULL", "body TEXT NOT NULL", "PRIMARY KEY (kind, key)"),
    "_chat_mail": (
        "chat_key TEXT NOT NULL",
        "number BIGINT NOT NULL",
        "type TEXT NOT NULL",
        "message TEXT NOT NULL",
        "PRIMARY KEY (chat_key, number)",
    ),
    "_messaging": ("kind TEXT NOT NULL", "key TEXT NOT NULL", "body TEXT NOT NULL", "PRIMARY KEY (kind, key)"),
    "_messaging_entry": (
        "conversation_id TEXT NOT NULL",
        "sequence BIGINT NOT NULL",
        "id TEXT NOT NULL",
        "session_id TEXT NOT NULL",
        "type TEXT NOT NULL",
        "time BIGINT NOT NULL",
        "body TEXT NOT NULL",
        "PRIMARY KEY (conversation_id, sequence)",
    ),
    "_messaging_event": (
        "number BIGINT PRIMARY KEY",
        "subject TEXT NOT NULL",
        "event TEXT NOT NULL",
        "data TEXT NOT NULL",
    ),
    "_seen": (
        "user_id TEXT NOT NULL",
        "sobject TEXT NOT NULL",
        "id TEXT NOT NULL",
        "viewed_at TEXT",
        "referenced_at TEXT",
        "PRIMARY KEY (user_id, id)",
    ),
    "_usage": (
        "name TEXT NOT NULL",
        "minute BIGINT NOT NULL",
        "calls BIGINT NOT NULL",
        "PRIMARY KEY (name, minute)",
    ),
    "_job": (
        "id TEXT PRIMARY KEY",
        "api TEXT NOT NULL",
        "mark TEXT NOT NULL",
        "user_id TEXT NOT NULL",
        "state TEXT NOT NULL",
        "created_at TEXT NOT NULL",
        "modified_at TEXT NOT NULL",
        "spec TEXT NOT NULL",
        "message TEXT NOT NULL",
    ),
    "_job_batch": (
        "id TEXT PRIMARY KEY",
        "job_id TEXT NOT NULL",
        "number BIGINT NOT NULL",
        "state TEXT NOT NULL",
        "message TEXT NOT NULL",
        "created_at TEXT NOT NULL",
        "modified_at TEXT NOT NULL",
        "due_at TEXT NOT NULL",
        "polls_left BIGINT NOT NULL",
        "applied BIGINT NOT NULL",
        "processed BIGINT NOT NULL",
        "failed BIGINT NOT NULL",
        "millis BIGINT NOT NULL",
        "charset TEXT NOT NULL",
        "asked BIGINT NOT NULL",
    ),
    "_job_part": (
        "batch_id TEXT NOT NULL",
        "kind TEXT NOT NULL",
        "number BIGINT NOT NULL",
        "records BIGINT NOT NULL",
        "content BLOB NOT NULL",
        "PRIMARY KEY (batch_id, kind, number)",
    ),
    "_search": (
        "sobject TEXT PRIMARY KEY",
        "number BIGINT NOT NULL",
        "fields TEXT NOT NULL",
        "last_row BIGINT NOT NULL",
    ),
    "_search_stale": ("number BIGINT NOT NULL", "row_key BIGINT NOT NULL", "PRIMARY KEY (number, row_key)"),
}
"""The emulator's own tables: name, and column definitions in SQLite's words.

``_deleted`` has a line for each record that was deleted: when, with which record it went (``root``, itself unless a
cascade took it), and whether it has left the recycle bin (``purged``).

``_cursor`` has a line for each query with further pages, and for each child subquery of one of its records with further
pages: ``root`` is the line of the whole query, ``part`` the place of the subquery and ``parent`` that record's id.

``_chat`` has a line for each agent, chat and request of the running desk, and ``_chat_mail`` one for each message that a
visitor's client has not acknowledged.

``_messaging`` has a line for each rep, conversation, session and work of enhanced chat, for each conversation that has ended, and for each
channel's settings. ``_messaging_entry`` has the conversation entries, which a real org keeps off platform, and ``_messaging_event`` what
the streams of an end user (``subject``) were told.

``_seen`` has the records that each user saw last, and when (`org.recent`).

``_usage`` has the calls of each minute, for each allowance that is held (`org.limits`).

``_job``, ``_job_batch`` and ``_job_part`` are explained in `org.jobs.states` and `org.jobs.table`.

``_search`` and ``_search_stale`` are explained in `store.search`.
"""


def quoted(name: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def long_table(sobject: str) -> str:
    """Return the name of the table of an sObject's long text and base64."""
    return f"{sobject}__long"


def column_type(field: Field, dialect: Dialect) -> str:
    """Return the SQL type of a field's column."""
    if field.type in DOUBLE_TYPES:
        return "REAL" if dialect == "sqlite" else "double precision"
    if dialect == "sqlite":
        return _SQLITE_TYPES.get(field.type, "TEXT")
    return _POSTGRESQL_TYPES.get(field.type, 'text COLLATE "C"')


def create_statements(sobject: SObject, dialect: Dialect) -> Iterator[str]:
    """Yield the statements that make an sObject's tables and indexes where they are missing."""
    key = "INTEGER PRIMARY KEY" if dialect == "sqlite" else "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
    columns = ", ".join(f"{quoted(field.name)} {column_type(field, dialect)}" for field in sobject.short_fields)
    yield f'CREATE TABLE IF NOT EXISTS {quoted(sobject.name)} ("_row" {key}, {columns})'
    if sobject.long_fields:
        key = "INTEGER PRIMARY KEY" if dialect == "sqlite" else "bigint PRIMARY KEY"
        columns = ", ".join(f"{quoted(field.name)} {column_type(field, dialect)}" for field in sobject.long_fields)
        yield f'CREATE TABLE IF NOT EXISTS {quoted(long_table(sobject.name))} ("_row" {key}, {columns})'
    yield f'CREATE UNIQUE INDEX IF NOT EXISTS {quoted(sobject.name + ".Id")} ON {quoted(sobject.name)} ("Id")'
    for field in sobject.short_fields:
        if is_indexed(field):
            yield _index_statement(sobject, field, dialect)


def is_indexed(field: Field) -> bool:
    """Tell whether live rows can be looked up by a field."""
    if field.type == "id" or field.name in _AUDIT:
        return False
    return (
        field.type == "reference"
        or field.name == "SystemModstamp"
        or field.id_lookup
        or field.external_id
        or field.unique
    )


def _index_statement(sobject: SObject, field: Field, dialect: Dialect) -> str:
    column = quoted(field.name)
    if field.is_text and not field.case_sensitive:
        column = f"{column} COLLATE NOCASE" if dialect == "sqlite" else f"lower({column})"
    live = ""
    if sobject.field("IsDeleted"):
        live = ' WHERE "IsDeleted" = 0' if dialect == "sqlite" else ' WHERE NOT "IsDeleted"'
    name = quoted(f"{sobject.name}.{field.name}")
    return f"CREATE INDEX IF NOT EXISTS {name} ON {quoted(sobject.name)} ({column}){live}"


def add_column_statements(sobject: SObject, missing: frozenset[str], dialect: Dialect) -> Iterator[str]:
    """Yield the statements that add columns for fields that an older table does not have."""
    for fields, table in ((sobject.short_fields, sobject.name), (sobject.long_fields, long_table(sobject.name))):
        for field in fields:
            if field.name in missing:
                default = ""
                if field.type == "boolean":
                    default = f" DEFAULT {int(bool(field.default_value)) if dialect == 'sqlite' else bool(field.default_value)}"
                yield f"ALTER TABLE {quoted(table)} ADD COLUMN {quoted(field.name)} {column_type(field, dialect)}{default}"


def system_statements(dialect: Dialect) -> Iterator[str]:
    """Yield the statements that make the emulator's own tables where they are missing."""
    for name, columns in SYSTEM_TABLES.items():
        definition = ", ".join(columns)
        if dialect == "postgresql":
            definition = definition.replace("TEXT", 'text COLLATE "C"').replace("BLOB", "bytea")
        yield f"CREATE TABLE IF NOT EXISTS {quoted(name)} ({definition})"
    if dialect == "postgresql":
        letters, folded = foreign_letters()
        yield (
            "CREATE OR REPLACE FUNCTION chatlift_fold(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS"
            f""" $$ SELECT translate(lower($1 COLLATE "C"), '{letters}', '{folded}') $$"""
        )
    yield 'CREATE INDEX IF NOT EXISTS "_deleted.sobject" ON "_deleted" (sobject, deleted_at)'
    yield 'CREATE INDEX IF NOT EXISTS "_messaging_entry.id" ON "_messaging_entry" (conversation_id, id)'
    yield 'CREATE INDEX IF NOT EXISTS "_messaging_entry.session_id" ON "_messaging_entry" (session_id)'
    yield 'CREATE INDEX IF NOT EXISTS "_messaging_event.subject" ON "_messaging_event" (subject, number)'
    yield 'CREATE INDEX IF NOT EXISTS "_job_batch.job_id" ON "_job_batch" (job_id, number)'
