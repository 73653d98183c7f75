"""Bulk CSV ingest of 100,000 transcripts against a raw executemany of the same rows, and the memory that large jobs take."""

import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import requests

from bench.timing import medians, show
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.jobs.jobs import Jobs
from chatlift.emulator.org.jobs.states import Api, JobState, Spec
from chatlift.emulator.org.org import Org
from chatlift.emulator.server import spare_the_collector
from chatlift.schemas.field import SObject

TRANSCRIPTS = 100_000
REPETITIONS = 3
HEADER = "LiveChatVisitorId,OwnerId,Status,RequestTime,StartTime,EndTime,Platform,BrowserLanguage,Location,Browser,Body"
BODY = (
    '<p align="center">Chat Started: Monday, June 15, 2026</p><p align="center">Chat Origin: Web</p>'
    "( 12s ) Ada: Hello, how can I help?<br>( 30s ) Visitor: My parcel is late.<br>( 55s ) Ada: Let me look.<br>"
)
UPLOAD_MEGABYTES = 149
QUERY_ROWS = 1_000_000


def run() -> None:
    spare_the_collector()  # as `chatlift serve` does
    with tempfile.TemporaryDirectory() as folder:
        ingest(Path(folder))
    memory()


def ingest(folder: Path) -> None:
    names = count()
    data = b""

    def bulk() -> None:
        org = Org.open(OrgConfig(database=f"sqlite:///{folder / f'bulk{next(names)}.db'}"))
        visitor, owner = people(org)
        load(org, csv_of(visitor, owner).encode())
        org.close()

    org = Org.open(OrgConfig(database=f"sqlite:///{folder / 'rows.db'}"))
    visitor, owner = people(org)
    load(org, csv_of(visitor, owner).encode())
    sobject = org.catalog.get("LiveChatTranscript")
    short = org.store.select(f'SELECT "_row", {columns(sobject)} FROM "LiveChatTranscript"')
    long = org.store.select('SELECT "_row", "Body" FROM "LiveChatTranscript__long"')
    tables = org.store.select("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name LIKE 'LiveChatTranscript%'")
    org.close()
    data = csv_of(visitor, owner).encode()

    def raw() -> None:
        connection = sqlite3.connect(folder / f"raw{next(names)}.db")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        for (sql,) in tables:
            connection.execute(sql)
        places = ", ".join("?" * len(short[0]))
        connection.executemany(f'INSERT INTO "LiveChatTranscript" VALUES ({places})', short)
        connection.executemany('INSERT INTO "LiveChatTranscript__long" ("_row", "Body") VALUES (?, ?)', long)
        connection.commit()
        connection.close()

    took = medians({"raw": raw, "bulk": bulk}, REPETITIONS)
    show(
        f"Bulk CSV ingest of {TRANSCRIPTS:,} transcripts",
        "raw executemany of the same rows (rows/s)",
        took["raw"] / took["bulk"],
        ">= 0.5",
        f"{TRANSCRIPTS / took['bulk']:,.0f} rows/s, {len(data) / 1e6:.0f} MB",
    )


def people(org: Org) -> tuple[str, str]:
    me = Caller(org.users.administrator_id)
    return org.records.create(me, "LiveChatVisitor", {}), me.user_id


def csv_of(visitor: str, owner: str, rows: int = TRANSCRIPTS) -> str:
    body = BODY.replace('"', '""')
    return f"{HEADER}\n" + "".join(
        f"{visitor},{owner},Completed,2026-06-15T08:{number % 60:02}:00Z,2026-06-15T08:{number % 60:02}:12Z,"
        f'2026-06-15T09:00:00.000Z,MacOSX,en-US-{number % 900},"Leith, GB",Firefox 120,"{number} {body}"\n'
        for number in range(rows)
    )


def columns(sobject: SObject) -> str:
    return ", ".join(f'"{field.name}"' for field in sobject.short_fields)


def load(org: Org, data: bytes) -> None:
    jobs = org.room(Jobs)
    caller = Caller(org.users.administrator_id)
    job = jobs.create(caller, Api.INGEST, Spec("insert", "LiveChatTranscript", "60.0"))
    jobs.upload(job, [data])
    jobs.become(job, JobState.UPLOAD_COMPLETE)
    assert jobs.settle(600)
    batch = jobs.find(job.id, Api.INGEST).batches[0]
    assert (batch.processed, batch.failed) == (TRANSCRIPTS, 0), batch


def memory() -> None:
    """Peak memory of a server on a file: before, after an upload of 149 MB, after a query of a million rows."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.bulk", f"{folder}/org.db"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        for line in process.stdout:
            what, peak = line.rsplit(" ", 1)
            print(f"{what:<44} {'peak memory of the server':<42} {float(peak):6.0f} MB", flush=True)
        process.wait()


class Peak:
    """The most memory of its own that this process has had, looked at twenty times a second.

    The database file, which is mapped and which the system takes back when it needs to, does not count.
    """

    def __init__(self) -> None:
        self.megabytes = 0.0
        self._look()
        threading.Thread(target=self._watch, daemon=True).start()

    def _look(self) -> None:
        found = re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text())
        self.megabytes = max(self.megabytes, int(found[1]) / 1024 if found else 0.0)

    def _watch(self) -> None:
        while True:
            self._look()
            time.sleep(0.05)


def _chunks(line: bytes, header: bytes, megabytes: int) -> Iterator[bytes]:
    yield header
    block = line * (65_536 // len(line))
    for _ in range(megabytes * 1_000_000 // len(block)):
        yield block


def measured(database: str) -> None:
    """Serve an org on a file in this process, talk to it, and say how much memory it has taken."""
    from chatlift.emulator.live import live_org

    peak = Peak()
    with live_org(OrgConfig(database=f"sqlite:///{database}")) as live:
        session = live.session()
        session.headers["Authorization"] = f"Bearer {live.org.token()}"
        base = f"{live.http}/services/data/v60.0/jobs"
        print(f"Bulk 2.0, before any job {peak.megabytes:.0f}", flush=True)

        def job(kind: str, **asked: Any) -> Any:
            return session.post(f"{base}/{kind}", json=asked, timeout=60).json()

        made = job("ingest", object="Account", operation="insert")
        line = b'"Alder and sons","%s","555"\n' % (b"d" * 110)
        lines = _chunks(line, b"Name,Description,Phone\n", UPLOAD_MEGABYTES)
        answer = session.put(f"{base}/ingest/{made['id']}/batches", data=lines, timeout=600)
        assert answer.status_code == 201, answer.text
        print(f"Bulk 2.0, {UPLOAD_MEGABYTES} MB uploaded {peak.megabytes:.0f}", flush=True)
        session.patch(f"{base}/ingest/{made['id']}", json={"state": "UploadComplete"}, timeout=60)
        done = waited(session, f"{base}/ingest/{made['id']}")
        print(f"Bulk 2.0, {done['numberRecordsProcessed']:,} records applied {peak.megabytes:.0f}", flush=True)
        made = job(
            "query", operation="query", query=f"SELECT Id, Name, Phone, CreatedDate FROM Account LIMIT {QUERY_ROWS}"
        )
        done = waited(session, f"{base}/query/{made['id']}")
        rows = 0
        with session.get(
            f"{base}/query/{made['id']}/results", params={"maxRecords": QUERY_ROWS}, stream=True, timeout=600
        ) as results:
            for piece in results.iter_content(65_536):
                rows += piece.count(b"\n")
        assert rows == done["numberRecordsProcessed"] + 1
        print(f"Bulk 2.0, {rows - 1:,} rows queried {peak.megabytes:.0f}", flush=True)


def waited(session: requests.Session, url: str) -> Any:
    while (found := session.get(url, timeout=60).json())["state"] in ("UploadComplete", "InProgress"):
        time.sleep(0.5)
    assert found["state"] == "JobComplete", found
    return found


if __name__ == "__main__":
    measured(sys.argv[1])
