"""SOQL on a million agent sessions, against hand-written SQL on the same SQLite file."""

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

ROWS = 1_000_000
POINTS = 500
NAMES = "Id Name OwnerId AgentId LoginTime LogoutTime TimeInChats TimeIdle ChatReqAssigned ChatReqEngaged CreatedDate SystemModstamp"
FIELDS = NAMES.split()
# What differs from row to row; the counter stands in the last nine of an id's first fifteen characters.
VARIED = {
    "Id": "printf('0HK5e0%09dGAA', n)",
    "Name": "printf('%08d', n)",
    "TimeInChats": "n % 3600",
    "ChatReqAssigned": "n % 50",
}


def run() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "org.db"
        org = Org.open(OrgConfig(database=f"sqlite:///{file}"))
        try:
            fill(org)
            _measure(org, sqlite3.connect(file))
        finally:
            org.close()


def fill(org: Org) -> None:
    """Make one record through the org, and the others in the database itself: what is measured is reading."""
    caller = Caller(org.users.administrator_id)
    times = {"LoginTime": "2026-06-15T08:00:00Z", "LogoutTime": "2026-06-15T09:00:00Z"}
    made = org.records.create(
        caller, "LiveAgentSession", {"AgentId": caller.user_id, **times, "ChatReqEngaged": 1, "TimeIdle": 7}
    )
    names = [
        field.name for field in org.catalog.get("LiveAgentSession").fields if field.is_stored and not field.is_long
    ]
    columns, values = (
        ", ".join(part)
        for part in ([quoted(name) for name in names], [VARIED.get(name, quoted(name)) for name in names])
    )
    with org.store.write() as rows:
        rows.run(
            f"WITH RECURSIVE numbers(n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) "
            f'INSERT INTO "LiveAgentSession" ({columns}) SELECT {values} FROM numbers, "LiveAgentSession" WHERE "Id" = ?',
            (1000 + ROWS - 2, made),
        )


def _measure(org: Org, plain: sqlite3.Connection) -> None:
    caller = Caller(org.users.administrator_id)
    fresh = count()

    def soql(text: str) -> None:
        orjson.dumps(org.query.run(caller, text).records)

    def sql(text: str) -> None:
        orjson.dumps(plain.execute(text).fetchall())

    columns = ", ".join(quoted(name) for name in FIELDS)
    condition = '"IsDeleted" = 0 AND "ChatReqAssigned" > 25 AND "TimeInChats" < 1800'
    point = 'SELECT "Id", "Name" FROM "LiveAgentSession" WHERE "IsDeleted" = 0 AND "Id" = \'0HK5e0000500000GAA\''
    took = medians(
        {
            "scan": lambda: soql(
                "SELECT COUNT() FROM LiveAgentSession WHERE ChatReqAssigned > 25 AND TimeInChats < 1800"
            ),
            "scan sql": lambda: sql(f'SELECT count(*) FROM "LiveAgentSession" WHERE {condition}'),
            "page": lambda: soql(f"SELECT {', '.join(FIELDS)} FROM LiveAgentSession ORDER BY Id LIMIT 2000"),
            "page sql": lambda: sql(
                f'SELECT {columns} FROM "LiveAgentSession" WHERE "IsDeleted" = 0 ORDER BY "Id" LIMIT 2000'
            ),
            "point": lambda: repeat(
                lambda: soql("SELECT Id, Name FROM LiveAgentSession WHERE Id = '0HK5e0000500000GAA'")
            ),
            "new point": lambda: repeat(
                lambda: soql(f"SELECT Id, Name FROM LiveAgentSession WHERE Id = '{one(next(fresh))}'")
            ),
            "point sql": lambda: repeat(lambda: sql(point)),
        }
    )
    rows = f"{ROWS:,} rows"
    show(
        f"SOQL scan and count, {rows}",
        "hand-written SQL (time)",
        took["scan"] / took["scan sql"],
        "<= 1.1",
        f"{took['scan'] * 1000:.0f} ms",
    )
    show(
        f"SOQL 2,000 rows of 12 fields, {rows}",
        "SQL and orjson of tuples (time)",
        took["page"] / took["page sql"],
        "<= 1.5",
        f"{took['page'] * 1000:.1f} ms",
    )
    show(
        "SOQL point query, cached text",
        "hand-written SQL (time)",
        took["point"] / took["point sql"],
        "<= 1.3",
        f"{took['point'] / POINTS * 1e6:.0f} us",
    )
    show(
        "SOQL point query, new text",
        "hand-written SQL (time)",
        took["new point"] / took["point sql"],
        "<= 4",
        f"{took['new point'] / POINTS * 1e6:.0f} us",
    )


def quoted(name: str) -> str:
    return f'"{name}"'


def one(number: int) -> str:
    return f"0HK5e0{1000 + number:09d}GAA"


def repeat(work: Callable[[], None]) -> None:
    for _ in range(POINTS):
        work()
