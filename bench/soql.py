"""SOQL on chat transcripts with bodies of 2 KB, against hand-written SQL on the same SQLite file.

Both sides run with the garbage collector set as `chatlift serve` sets it.

Sizes come from ``CHATLIFT_BENCH_ROWS`` (``10000,100000,1000000`` unless it is set).
"""

import os
import sqlite3
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path

import orjson

from bench.timing import medians, show
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.org import Org
from chatlift.emulator.server import spare_the_collector

SIZES = "10000,100000,1000000"
POINTS = 500
OBJECT = "LiveChatTranscript"
FIELDS = (
    "Id Name OwnerId LiveChatVisitorId Status ChatDuration WaitTime StartTime EndTime Browser CreatedDate SystemModstamp"
).split()
# What differs from row to row; the counter stands in the last nine of an id's first fifteen characters.
VARIED = {
    "Id": "printf('5705e0%09dAAA', n)",
    "Name": "printf('%08d', n)",
    "ChatDuration": "n % 3600",
    "WaitTime": "n % 50",
    "Status": "CASE n % 4 WHEN 0 THEN 'Missed' ELSE 'Completed' END",
}
BODY = "".join(f"( {n}s ) Agent: the answer to your question number {n} is on its way<br>" for n in range(40))[:2048]


def run() -> None:
    spare_the_collector()
    for rows in map(int, os.environ.get("CHATLIFT_BENCH_ROWS", SIZES).split(",")):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "org.db"
            org = Org.open(OrgConfig(database=f"sqlite:///{file}"))
            try:
                fill(org, rows)
                _measure(org, sqlite3.connect(file), rows)
            finally:
                org.close()


def fill(org: Org, rows: int) -> None:
    """Make one record through the org, and the others in the database itself: what is measured is reading."""
    times = {"StartTime": "2026-06-15T08:00:00Z", "EndTime": "2026-06-15T09:00:00Z", "Browser": "Firefox"}
    refs = org.seed(
        {
            "records": [
                {"object": "LiveChatVisitor", "ref": "v", "fields": {"Name": "V"}},
                {"object": OBJECT, "ref": "t", "fields": {"LiveChatVisitorId": "@v", "Body": BODY, **times}},
            ]
        }
    )
    names = [field.name for field in org.catalog.get(OBJECT).short_fields]
    columns = ", ".join(quoted(name) for name in names)
    values = ", ".join(VARIED.get(name, quoted(name)) for name in names)
    numbers = "WITH RECURSIVE numbers(n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) "
    with org.store.write() as transaction:
        transaction.run(
            f'{numbers}INSERT INTO "{OBJECT}" ({columns}) SELECT {values} FROM numbers, "{OBJECT}" WHERE "Id" = ?',
            (1000 + rows - 2, refs["t"]),
        )
        transaction.run(
            f'INSERT INTO "{OBJECT}__long" ("_row", "Body") SELECT "_row", ? FROM "{OBJECT}" WHERE "Id" != ?',
            (BODY, refs["t"]),
        )


def _measure(org: Org, plain: sqlite3.Connection, rows: int) -> None:
    caller = Caller(org.users.administrator_id)
    fresh = count()

    def soql(text: str) -> None:
        orjson.dumps(org.query.run(caller, text).records)

    def sql(text: str) -> None:
        orjson.dumps(plain.execute(text).fetchall())

    columns = ", ".join(quoted(name) for name in FIELDS)
    condition = '"IsDeleted" = 0 AND "WaitTime" > 25 AND "ChatDuration" < 1800'
    one = id_of(rows // 2)
    took = medians(
        {
            "scan": lambda: soql(f"SELECT COUNT() FROM {OBJECT} WHERE WaitTime > 25 AND ChatDuration < 1800"),
            "scan sql": lambda: sql(f'SELECT count(*) FROM "{OBJECT}" WHERE {condition}'),
            "groups": lambda: soql(
                f"SELECT Status, COUNT(Id), AVG(ChatDuration) FROM {OBJECT} WHERE WaitTime > 25 GROUP BY Status"
            ),
            "groups sql": lambda: sql(
                f'SELECT "Status", count(*), avg("ChatDuration") FROM "{OBJECT}"'
                ' WHERE "IsDeleted" = 0 AND "WaitTime" > 25 GROUP BY "Status" ORDER BY "Status"'
            ),
            "page": lambda: soql(f"SELECT {', '.join(FIELDS)} FROM {OBJECT} ORDER BY Id LIMIT 2000"),
            "page sql": lambda: sql(f'SELECT {columns} FROM "{OBJECT}" WHERE "IsDeleted" = 0 ORDER BY "Id" LIMIT 2000'),
            "point": lambda: repeat(lambda: soql(f"SELECT Id, Name FROM {OBJECT} WHERE Id = '{one}'")),
            "new point": lambda: repeat(
                lambda: soql(f"SELECT Id, Name FROM {OBJECT} WHERE Id = '{id_of(next(fresh) % (rows - 2))}'")
            ),
            "point sql": lambda: repeat(
                lambda: sql(f'SELECT "Id", "Name" FROM "{OBJECT}" WHERE "IsDeleted" = 0 AND "Id" = \'{one}\'')
            ),
        }
    )
    size = f"{rows:,} rows"
    _show(f"SOQL scan and count, {size}", took, "scan", "<= 1.1")
    _show(f"SOQL groups, {size}", took, "groups", "<= 1.1")
    _show(f"SOQL 2,000 rows of 12 fields, {size}", took, "page", "<= 1.5")
    _show(f"SOQL point query, cached text, {size}", took, "point", "<= 1.3", POINTS)
    took["new point sql"] = took["point sql"]
    _show(f"SOQL point query, new text, {size}", took, "new point", "<= 4", POINTS)


def _show(what: str, took: dict[str, float], name: str, goal: str, times: int = 1) -> None:
    seconds = took[name] / times
    note = f"{seconds * 1e6:.0f} us" if seconds < 1e-3 else f"{seconds * 1e3:.1f} ms"
    show(what, "hand-written SQL and orjson (time)", took[name] / took[f"{name} sql"], goal, note)


def quoted(name: str) -> str:
    return f'"{name}"'


def id_of(number: int) -> str:
    return f"5705e0{1000 + number:09d}AAA"


def repeat(work: Callable[[], None]) -> None:
    for _ in range(POINTS):
        work()
