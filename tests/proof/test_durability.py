"""Eight threads writing lose and double nothing, and what was acknowledged survives `kill -9`."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

pytestmark = pytest.mark.proof

THREADS = 8


@contextmanager
def serving(database: str, folder: Path) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    """A `chatlift serve` on a kept database; the caller may kill it."""
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "chatlift", "serve", "--db", database, "--port", "0", "--http-port", "0"]
    with (folder / "log").open("a") as log:
        process = subprocess.Popen([*command, "--ready-file", str(ready)], stdout=log, stderr=log, text=True)
        try:
            deadline = time.monotonic() + 30
            while not ready.exists():
                assert process.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.02)
            yield json.loads(ready.read_text()), process
        finally:
            process.kill()
            process.wait()


class Writer(threading.Thread):
    """Creates accounts until told to stop; keeps the name of each that was acknowledged."""

    def __init__(self, url: str, number: int, count: int | None = None) -> None:
        super().__init__(daemon=True)
        self.url, self.number, self.count = url, number, count
        self.acknowledged: dict[str, str] = {}
        self.sent = 0
        self.errors: list[str] = []
        self.stop = threading.Event()

    def run(self) -> None:
        with requests.Session() as session:
            try:
                session.headers["Authorization"] = f"Bearer {login(self.url, session)}"
            except requests.RequestException:
                return
            while not self.stop.is_set() and self.sent != self.count:
                name = f"{self.number}-{self.sent}"
                self.sent += 1
                try:
                    answer = session.post(
                        f"{self.url}/services/data/v59.0/sobjects/Account", json={"Name": name}, timeout=30
                    )
                except requests.RequestException:  # the server is gone, perhaps in the middle of its answer
                    return
                if answer.status_code == 201:
                    self.acknowledged[answer.json()["id"]] = name
                else:
                    self.errors.append(answer.text)


def login(url: str, session: requests.Session) -> str:
    grant = {
        "grant_type": "password",
        "client_id": "c",
        "client_secret": "s",
        "username": "admin@chatlift.test",
        "password": "p",
    }
    token: str = session.post(f"{url}/services/oauth2/token", data=grant, timeout=30).json()["access_token"]
    return token


def accounts(url: str) -> dict[str, str]:
    """Id -> Name of every account of the org."""
    found: dict[str, str] = {}
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {login(url, session)}"
        path: str | None = "/services/data/v59.0/query?q=SELECT+Id,Name+FROM+Account"
        while path:
            page = session.get(url + path, timeout=60).json()
            for record in page["records"]:
                assert record["Id"] not in found
                found[record["Id"]] = record["Name"]
            path = page.get("nextRecordsUrl")
    return found


@pytest.fixture(params=["sqlite-file", "postgresql"])
def kept_store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgresql_url")
        return url
    return f"sqlite:///{tmp_path / 'org.db'}"


def test_eight_threads_lose_and_double_no_row(kept_store: str, tmp_path: Path, sized: Callable[[int], int]) -> None:
    with serving(kept_store, tmp_path) as (ready, _):
        writers = [Writer(ready["http"], number, count=sized(2_500)) for number in range(THREADS)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert [error for writer in writers for error in writer.errors] == []
        acknowledged = {id_: name for writer in writers for id_, name in writer.acknowledged.items()}
        assert len(acknowledged) == THREADS * sized(2_500)
        assert accounts(ready["http"]) == acknowledged


def test_what_was_acknowledged_is_there_after_a_kill(
    kept_store: str, tmp_path: Path, sized: Callable[[int], int]
) -> None:
    """After the restart there may be one more row for each writer: the one whose answer the kill cut off."""
    acknowledged: dict[str, str] = {}
    for round_ in range(sized(50)):
        with serving(kept_store, tmp_path) as (ready, process):
            assert acknowledged.items() <= accounts(ready["http"]).items()
            writers = [Writer(ready["http"], THREADS * round_ + number) for number in range(THREADS)]
            for writer in writers:
                writer.start()
            enough = 40 + 17 * (round_ % 20)
            while sum(len(writer.acknowledged) for writer in writers) < enough:
                assert any(writer.is_alive() for writer in writers)
                time.sleep(0.001)
            os.kill(process.pid, signal.SIGKILL)
            for writer in writers:
                writer.stop.set()
                writer.join()
            assert [error for writer in writers for error in writer.errors] == []
            for writer in writers:
                acknowledged |= writer.acknowledged
    with serving(kept_store, tmp_path) as (ready, _):
        found = accounts(ready["http"])
    assert acknowledged.items() <= found.items()
    assert len(found) - len(acknowledged) <= THREADS * sized(50)
    assert len(set(found.values())) == len(found)
