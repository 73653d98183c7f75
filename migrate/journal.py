"""The journal of loads into an org: what was sent, what became of it, and what stood there before.

A SQLite file beside the folder form. Rows are named by sObject and by their id in the folder form, which depends on the source
alone. A row is noted as `sent` before the call that inserts it, so that what a killed run left in the org is known as its own.

A row's state: sent, done, failed, blocked (it could not be written because of another one). Its action: inserted, updated, same,
replaced. `run` made the record, None when it was there before; `seen` is the run that settled the row last.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from .errors import UsageError

_TABLES = """
CREATE TABLE IF NOT EXISTS run (id TEXT PRIMARY KEY, number INTEGER, state TEXT, document BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS made (object TEXT, id TEXT, target TEXT, run TEXT, seen TEXT, state TEXT, action TEXT,
                                 digest BLOB, needs TEXT, error TEXT, PRIMARY KEY (object, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS made_run ON made (run) WHERE run IS NOT NULL;
CREATE INDEX IF NOT EXISTS made_open ON made (object, state) WHERE state <> 'done';
CREATE TABLE IF NOT EXISTS change (number INTEGER PRIMARY KEY, run TEXT, object TEXT, id TEXT, target TEXT, kind TEXT, before BLOB);
CREATE INDEX IF NOT EXISTS change_object ON change (run, object, number);
CREATE INDEX IF NOT EXISTS change_row ON change (run, object, id);
CREATE TABLE IF NOT EXISTS job (id TEXT PRIMARY KEY, run TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS note (run TEXT, kind TEXT, object TEXT, id TEXT, detail TEXT, PRIMARY KEY (run, kind, object, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS value (name TEXT PRIMARY KEY, document BLOB) WITHOUT ROWID;
"""
_IDS = 400
_SOURCE = "json_extract(CAST(document AS TEXT), '$.source')"
_STALE = (
    "seen <> ? AND target IS NOT NULL AND (run IS NULL OR run NOT IN "
    f"(SELECT id FROM run WHERE {_SOURCE} <> (SELECT {_SOURCE} FROM run WHERE id = ?)))"
)
"""A row that a run (given twice) did not meet, and that no run of another source made."""


@dataclass(frozen=True, slots=True)
class Made:
    """What the journal knows of a row."""

    target: str | None
    run: str | None
    seen: str | None
    state: str
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class Change:
    """What a run changed in a record that was there before: `update`, `replace` or `delete`, and the values before."""

    number: int
    object: str
    id: str
    target: str
    kind: str
    before: dict[str, Any]


class Journal:
    """One journal file. Not shared between threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, isolation_level=None, timeout=1)
            self._database.executescript(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;"
            )
            self._database.executescript(_TABLES)
            path.chmod(0o600)
            self._claim = sqlite3.connect(path.with_name(f"{path.name}.lock"), isolation_level=None, timeout=0)
            self._claim.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise UsageError(f"another run uses {path.parent}:", "wait for its end") from None
            raise UsageError(
                f"the journal {path} cannot be used ({error}):", "name another folder with --work"
            ) from None
        except (OSError, sqlite3.Error) as error:
            raise UsageError(
                f"the journal {path} cannot be used ({error}):", "name another folder with --work"
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()
        self._claim.close()

    def take_after(self, path: Path) -> None:
        """Hold what another journal holds, which is only read; nothing when there is none."""
        is_there = path.is_file()
        with closing(
            sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro" if is_there else ":memory:", uri=True)
        ) as other:
            if not is_there:
                other.executescript(_TABLES)
            other.backup(self._database)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write all or nothing of what happens in the block."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    # --- runs ---------------------------------------------------------------------------------------------------------

    def begin(self, run: str, document: Any) -> None:
        """Enter a new run."""
        self._database.execute(
            "INSERT INTO run VALUES (?, (SELECT COUNT(*) + 1 FROM run), 'open', ?)", (run, orjson.dumps(document))
        )

    def close_run(self, run: str, state: str) -> None:
        """Note how a run ended: `done` or `rolled back`."""
        self._database.execute("UPDATE run SET state = ? WHERE id = ?", (state, run))

    def runs(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Return id, state and document of all runs, the first one first."""
        found = self._database.execute("SELECT id, state, document FROM run ORDER BY number")
        return [(id_, state, orjson.loads(document)) for id_, state, document in found]

    # --- rows ---------------------------------------------------------------------------------------------------------

    def known(self, name: str, ids: Sequence[str]) -> dict[str, Made]:
        """Return what is known of rows by their ids."""
        known: dict[str, Made] = {}
        for first in range(0, len(ids), _IDS):
            some = ids[first : first + _IDS]
            found = self._database.execute(
                f"SELECT id, target, run, seen, state, digest FROM made WHERE object = ? AND id IN ({', '.join('?' * len(some))})",
                (name, *some),
            )
            known.update((id_, Made(*rest)) for id_, *rest in found)
        return known

    def made_as(self, name: str, targets: Sequence[str]) -> dict[str, Made]:
        """Return what is known of the rows that stand in the org as certain records, by the rows' ids."""
        self._database.execute("CREATE INDEX IF NOT EXISTS made_target ON made (target)")  # for the few runs that ask
        found = self._database.execute(
            "SELECT id, target, run, seen, state, digest FROM made WHERE object = ? AND target IN (SELECT value FROM json_each(?))",
            (name, orjson.dumps(targets).decode()),
        )
        return {id_: Made(*rest) for id_, *rest in found}

    def sent(self, run: str, name: str, ids: Iterable[str]) -> None:
        """Note that rows are about to be inserted: a record that appears for them is the run's own."""
        self._database.executemany(
            "INSERT INTO made (object, id, run, seen, state) VALUES (?, ?, ?, ?, 'sent') ON CONFLICT (object, id) DO UPDATE "
            "SET run = excluded.run, seen = excluded.seen, state = 'sent', target = NULL, error = NULL",
            ((name, id_, run, run) for id_ in ids),
        )

    def done(self, run: str, name: str, rows: Iterable[tuple[str, str, str, bytes, str | None]]) -> None:
        """Note rows that stand in the org: id, target id, action, digest of what was wanted, what only a replacement would mend.

        A row that was noted as sent is the run's that sent it; one that was there before is nobody's.
        """
        self._database.executemany(
            "INSERT INTO made (object, id, target, seen, action, digest, needs, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'done') "
            "ON CONFLICT (object, id) DO UPDATE SET target = excluded.target, seen = excluded.seen, digest = excluded.digest, "
            "needs = excluded.needs, error = NULL, state = 'done', "
            "action = CASE WHEN made.state = 'sent' AND made.run = ?4 AND excluded.action = 'same' THEN 'inserted' ELSE excluded.action END, "
            "run = CASE WHEN made.target IS NOT NULL AND made.target <> excluded.target AND excluded.action = 'same' "
            "THEN NULL ELSE made.run END",
            ((name, id_, target, run, action, digest, needs) for id_, target, action, digest, needs in rows),
        )

    def gone(self, name: str, ids: Sequence[str]) -> None:
        """Note rows whose records go with another one: whoever comes next looks at them again."""
        self._database.executemany(
            "UPDATE made SET state = 'gone' WHERE object = ? AND id = ? AND state = 'done'",
            ((name, id_) for id_ in ids),
        )

    def failed(self, run: str, name: str, rows: Iterable[tuple[str, str]], state: str = "failed") -> None:
        """Note rows that the org refused, or (state `blocked`) that wait for another one: id and reason."""
        self._database.executemany(
            "INSERT INTO made (object, id, seen, state, error) VALUES (?, ?, ?, ?, ?) ON CONFLICT (object, id) DO UPDATE "
            "SET run = CASE WHEN made.state = 'sent' THEN NULL ELSE made.run END, seen = excluded.seen, state = excluded.state, "
            "error = excluded.error, action = NULL, needs = NULL",
            ((name, id_, run, state, reason) for id_, reason in rows),
        )

    def has_sent(self) -> bool:
        """Tell whether rows were sent of which no answer is known: their run was broken off."""
        return any(self._database.execute("SELECT 1 FROM made WHERE state = 'sent' LIMIT 1"))

    def targets(self, name: str, ids: Iterable[str]) -> dict[str, str]:
        """Return the target ids of rows that stand in the org; one whose update was refused does, too."""
        known = self.known(name, list(dict.fromkeys(ids)))
        return {id_: made.target for id_, made in known.items() if made.target}

    def forget(self, name: str, id_: str) -> None:
        """Forget a row that is no longer in the org."""
        self._database.execute("DELETE FROM made WHERE object = ? AND id = ?", (name, id_))

    def unsettle(self, name: str, id_: str, target: str) -> None:
        """Note that a record is as it was before a run: the next one looks at it again."""
        self._database.execute(
            "UPDATE made SET target = ?, digest = x'', action = 'same' WHERE object = ? AND id = ?", (target, name, id_)
        )

    def adopt(self, name: str, id_: str, target: str, run: str | None) -> None:
        """Note a record that was made anew in the place of one that `run` had made."""
        self._database.execute(
            "INSERT OR REPLACE INTO made (object, id, target, run, seen, state, action, digest) VALUES (?, ?, ?, ?, '', 'done', 'same', x'')",
            (name, id_, target, run),
        )

    def of_run(self, run: str, name: str) -> Iterator[tuple[str, str | None]]:
        """Yield id and target id of the rows that a run made or was about to make. May be changed on the way."""
        last = ""
        while True:
            found = self._database.execute(
                "SELECT id, target FROM made WHERE object = ? AND id > ? AND run = ? ORDER BY id LIMIT 200",
                (name, last, run),
            ).fetchall()
            if not found:
                return
            yield from found
            last = found[-1][0]

    def stale(self, run: str, name: str) -> Iterator[tuple[str, str, str | None]]:
        """Yield id, target id and maker of the rows that stand in the org and that a run did not meet. May be changed on the way.

        Rows that runs of another source made are none of its business.
        """
        last = ""
        while True:
            found = self._database.execute(
                f"SELECT id, target, run FROM made WHERE object = ? AND id > ? AND {_STALE} ORDER BY id LIMIT 200",
                (name, last, run, run),
            ).fetchall()
            if not found:
                return
            yield from found
            last = found[-1][0]

    def stale_count(self, run: str, name: str) -> int:
        """Return how many rows stand in the org that a run did not meet."""
        found = self._database.execute(f"SELECT COUNT(*) FROM made WHERE object = ? AND {_STALE}", (name, run, run))
        return int(found.fetchone()[0])

    def standing_count(self, name: str) -> int:
        """Return how many rows stand in the org."""
        found = self._database.execute("SELECT COUNT(*) FROM made WHERE object = ? AND target IS NOT NULL", (name,))
        return int(found.fetchone()[0])

    def has(self, name: str) -> bool:
        """Tell whether a row of an object stands in the org."""
        sql = "SELECT 1 FROM made WHERE object = ? AND target IS NOT NULL LIMIT 1"
        return any(self._database.execute(sql, (name,)))

    def counts(self, run: str) -> dict[str, dict[str, int]]:
        """Return how many rows a run settled, by object and by action or state; `needs replace` counts besides."""
        counts: dict[str, dict[str, int]] = {}
        found = self._database.execute(
            "SELECT object, CASE state WHEN 'done' THEN action ELSE state END, COUNT(*), COUNT(needs) FROM made "
            "WHERE seen = ? GROUP BY 1, 2 ORDER BY 1, 2",
            (run,),
        )
        for name, what, rows, needs in found:
            kept = counts.setdefault(name, {})
            kept[what] = rows
            if needs:
                kept["needs replace"] = kept.get("needs replace", 0) + needs
        return counts

    def problems(self, run: str) -> Iterator[tuple[str, str, str, str]]:
        """Yield object, id, state and reason of the rows of a run that are not as they should be."""
        yield from self._database.execute(
            "SELECT object, id, CASE state WHEN 'done' THEN 'needs replace' ELSE state END, COALESCE(needs, error, '') FROM made "
            "WHERE seen = ? AND (state <> 'done' OR needs IS NOT NULL) ORDER BY object, id",
            (run,),
        )

    # --- what stood there before, notes, jobs, values ------------------------------------------------------------------

    def changed(self, run: str, name: str, rows: Iterable[tuple[str, str, str, dict[str, Any]]]) -> None:
        """Keep what stands in records that are about to be changed: id, target id, kind and the values.

        What is made anew is kept once, however often its deletion is tried.
        """
        self._database.executemany(
            "INSERT INTO change (run, object, id, target, kind, before) SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE ?5 IN ('update', 'version') "
            "OR NOT EXISTS (SELECT 1 FROM change WHERE run = ?1 AND object = ?2 AND id = ?3 AND target = ?4 AND kind = ?5)",
            ((run, name, id_, target, kind, orjson.dumps(before)) for id_, target, kind, before in rows),
        )

    def changed_objects(self, run: str) -> list[str]:
        """Return the objects of which a run changed records."""
        found = self._database.execute("SELECT DISTINCT object FROM change WHERE run = ?", (run,))
        return sorted(name for (name,) in found)

    def changes(self, run: str, name: str) -> Iterator[Change]:
        """Yield the changes of a run in records of an object, the last one first."""
        last = 1 << 62
        while True:
            found = self._database.execute(
                "SELECT number, id, target, kind, before FROM change WHERE run = ? AND object = ? AND number < ? "
                "ORDER BY number DESC LIMIT 200",
                (run, name, last),
            ).fetchall()
            if not found:
                return
            for number, id_, target, kind, before in found:
                yield Change(number, name, id_, target, kind, orjson.loads(before))
                last = number

    def drop_change(self, number: int) -> None:
        """Forget a change that was taken back."""
        self._database.execute("DELETE FROM change WHERE number = ?", (number,))

    def note(self, run: str, kind: str, name: str, id_: str, detail: str) -> None:
        """Note something worth a look, once."""
        self._database.execute("INSERT OR IGNORE INTO note VALUES (?, ?, ?, ?, ?)", (run, kind, name, id_, detail))

    def noted(self, run: str) -> Iterator[tuple[str, str, str, str]]:
        """Yield all notes of a run: kind, object, id, detail."""
        yield from self._database.execute(
            "SELECT kind, object, id, detail FROM note WHERE run = ? ORDER BY kind, detail, object, id", (run,)
        )

    def missing(self, run: str, kind: str, most: int = 50) -> dict[str, Any]:
        """Return how many details the notes of a kind have, and those that most records share, with the first of these."""
        grouped = (
            "SELECT detail, object, COUNT(*), MIN(id) FROM note WHERE run = ? AND kind = ? GROUP BY detail, object"
        )
        (keys,) = self._database.execute(f"SELECT COUNT(*) FROM ({grouped})", (run, kind)).fetchone()
        found = self._database.execute(f"{grouped} ORDER BY COUNT(*) DESC, detail, object LIMIT {most}", (run, kind))
        names = ("key", "object", "rows", "byId")
        return {"keys": keys, "first": [dict(zip(names, line, strict=True)) for line in found]}

    def notes(self, run: str, examples: int = 20) -> list[dict[str, Any]]:
        """Return the notes of a run by kind and object: how many, and some of them."""
        found = self._database.execute(
            "SELECT kind, object, COUNT(*) FROM note WHERE run = ? GROUP BY kind, object ORDER BY kind, object", (run,)
        ).fetchall()
        some = "SELECT id, detail FROM note WHERE run = ? AND kind = ? AND object = ? ORDER BY id LIMIT ?"
        return [
            {
                "note": kind,
                "object": name,
                "records": count,
                "examples": [
                    {"id": id_, "detail": detail}
                    for id_, detail in self._database.execute(some, (run, kind, name, examples))
                ],
            }
            for kind, name, count in found
        ]

    def open_job(self, run: str, job: str) -> None:
        """Note a Bulk job that was made."""
        self._database.execute("INSERT OR IGNORE INTO job VALUES (?, ?)", (job, run))

    def settle_job(self, job: str) -> None:
        """Forget a Bulk job that is over."""
        self._database.execute("DELETE FROM job WHERE id = ?", (job,))

    def open_jobs(self) -> list[str]:
        """Return the Bulk jobs whose end was not seen."""
        return [job for (job,) in self._database.execute("SELECT id FROM job ORDER BY id")]

    def put(self, name: str, value: Any) -> None:
        """Keep a value under a name."""
        self._database.execute("INSERT OR REPLACE INTO value VALUES (?, ?)", (name, orjson.dumps(value)))

    def get(self, name: str) -> Any:
        """Return a value, None when there is none."""
        for (document,) in self._database.execute("SELECT document FROM value WHERE name = ?", (name,)):
            return orjson.loads(document)
        return None

    def names(self, beginning: str) -> Iterator[str]:
        """Yield the names of values that begin so. They may be dropped on the way."""
        last = beginning
        while True:
            found = self._database.execute(
                "SELECT name FROM value WHERE name > ? AND name < ? ORDER BY name LIMIT 200",
                (last, beginning + "\U0010ffff"),
            ).fetchall()
            if not found:
                return
            yield from (name for (name,) in found)
            last = found[-1][0]

    def drop(self, name: str) -> None:
        """Forget a value."""
        self._database.execute("DELETE FROM value WHERE name = ?", (name,))
