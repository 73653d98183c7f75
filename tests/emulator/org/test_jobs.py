"""Jobs over restarts, snapshots and resets; on every store."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chatlift.emulator.app import create_app
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.org.jobs.jobs import Jobs, Waiting
from chatlift.emulator.org.jobs.states import Api, Job, JobState, Spec
from chatlift.emulator.org.org import Org

ROWS = 2500
DATA = b"Name,Site\n" + b"".join(b"A%d,s\n" % number for number in range(ROWS))


def start(org: Org, data: bytes = DATA) -> Job:
    jobs = org.room(Jobs)
    caller = Caller(org.users.administrator_id)
    job = jobs.create(caller, Api.INGEST, Spec("insert", "Account", "60.0"))
    jobs.upload(job, [data])
    return jobs.become(job, JobState.UPLOAD_COMPLETE)


def state(org: Org, job: Job) -> JobState:
    return org.room(Jobs).find(job.id, job.api).shown


def names(org: Org) -> list[str]:
    org.store.ensure(org.catalog.get("Account"))
    return [name for (name,) in org.store.select('SELECT "Name" FROM "Account" ORDER BY "Id"')]


def expected(count: int = ROWS) -> list[str]:
    return [f"A{number}" for number in range(count)]


def test_jobs_run_on_every_store(org: Org) -> None:
    job = start(org)
    jobs = org.room(Jobs)
    assert jobs.settle(60)
    assert state(org, job) is JobState.JOB_COMPLETE
    assert names(org) == expected()
    caller = Caller(org.users.administrator_id)
    query = jobs.create(
        caller, Api.QUERY, Spec("query", "", "60.0", query="SELECT Name FROM Account ORDER BY CreatedDate, Id")
    )
    jobs.settle(60)
    query = jobs.find(query.id, Api.QUERY)
    assert query.shown is JobState.JOB_COMPLETE, query.error
    page = b"".join(jobs.results.query_page(query, "h", 2498, 5)).decode()
    assert page == 'h\n"A2498"\n"A2499"\n'
    assert b"".join(jobs.results.successful(jobs.find(job.id, Api.INGEST))).count(b"\n") == ROWS + 1
    jobs.delete(job)
    assert org.store.select('SELECT COUNT(*) FROM "_job_part"')[0][0] == 3


class Killed(BaseException):
    """The process is gone."""


def test_a_job_goes_on_where_a_restart_stopped_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = OrgConfig(database=f"sqlite:///{tmp_path / 'org.db'}")
    org = Org.open(config)
    jobs = org.room(Jobs)
    jobs.set_waiting(Waiting(polls=1))
    job = start(org)
    chunks = 0
    add_part = jobs.table.add_part

    def dies(*given: Any) -> None:
        nonlocal chunks
        chunks += 1
        if chunks == 8:
            raise Killed
        add_part(*given)

    monkeypatch.setattr(jobs.table, "add_part", dies)
    work = jobs.runner._work

    def until_killed() -> float | None:
        try:
            return work()
        except Killed:
            jobs.runner._closed = True
            return None

    monkeypatch.setattr(jobs.runner, "_work", until_killed)
    jobs.asked(jobs.find(job.id, Api.INGEST))
    assert jobs.settle(60)
    assert state(org, job) is JobState.IN_PROGRESS
    assert names(org) == expected(1000)  # the two 200s behind them left no trace
    org.close()

    again = Org.open(config)
    create_app(again)  # what serves an org takes up its jobs
    assert again.room(Jobs).settle(60)
    assert state(again, job) is JobState.JOB_COMPLETE
    assert names(again) == expected()
    done = again.room(Jobs).find(job.id, Api.INGEST)
    assert [(one.processed, one.failed) for one in done.batches] == [(ROWS, 0)]
    assert b"".join(again.room(Jobs).results.successful(done)).count(b"\n") == ROWS + 1
    again.close()


@pytest.fixture
def memory() -> Iterator[Org]:
    opened = Org.open(OrgConfig(now=datetime(2026, 2, 14, tzinfo=UTC), frozen=True))
    yield opened
    opened.close()


def test_a_snapshot_holds_jobs_that_wait(memory: Org) -> None:
    jobs = memory.room(Jobs)
    jobs.set_waiting(Waiting(delay_seconds=60))
    job = start(memory)
    image = memory.snapshot()
    memory.clock.advance(60)
    memory.catch_up()
    assert state(memory, job) is JobState.JOB_COMPLETE
    memory.restore(image)
    assert state(memory, job) is JobState.UPLOAD_COMPLETE
    assert names(memory) == []
    memory.clock.advance(60)
    memory.catch_up()
    assert names(memory) == expected()


def test_a_reset_sweeps_jobs_away_in_the_midst_of_their_work(memory: Org) -> None:
    first = start(memory, DATA * 3)
    memory.reset()
    assert memory.room(Jobs).listing([Api.INGEST]) == ([], False)
    # The next job has the id of the one before, and is not mixed up with it.
    second = start(memory)
    assert (second.id, second.mark == first.mark) == (first.id, False)
    assert memory.room(Jobs).settle(60)
    assert state(memory, second) is JobState.JOB_COMPLETE
    assert names(memory) == expected()


def test_an_upload_that_breaks_off_leaves_nothing(memory: Org) -> None:
    jobs = memory.room(Jobs)
    job = jobs.create(Caller(memory.users.administrator_id), Api.INGEST, Spec("insert", "Account", "60.0"))

    def broken() -> Iterator[bytes]:
        yield bytes(1_000_000)
        raise OSError("the client is gone")

    with pytest.raises(OSError, match="gone"):
        jobs.upload(job, broken())
    assert memory.store.select('SELECT COUNT(*) FROM "_job_part"') == [(0,)]
    assert memory.store.select('SELECT COUNT(*) FROM "_job_batch"') == [(0,)]
