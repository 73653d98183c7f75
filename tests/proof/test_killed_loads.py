"""A migration into an org that is killed at random points: the next call goes on, nothing is twice, and all is there."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.objects import read_objects
from chatlift.migrate import Plan
from chatlift.migrate.load.reclaim import reclaim
from chatlift.migrate.loading import package_from, rollback
from chatlift.migrate.port import Org
from chatlift.migrate.restore import restore_to
from chatlift.migrate.run import run
from chatlift.migrate.work_folder import runs_of

pytestmark = pytest.mark.proof

KILLS = 200 if os.environ.get("CHATLIFT_PROOF") else 4
KILLS_OF_A_LOAD = 8
CHATS = 60
KEYS = {
    "MessagingSession": "Legacy_Transcript_Id__c",
    "MessagingEndUser": "MessagingPlatformKey",
    "Legacy_Agent_Session__c": "Legacy_Session_Id__c",
    "ContentVersion": "PathOnClient",
    "MessagingSessionMetrics": "MessagingSessionId",
}


def quiet(step: str, done: int, total: int) -> None:
    """No progress."""


def support() -> Any:
    """The support day of the migration's tests."""
    path = Path(__file__).parents[1] / "migrate" / "conftest.py"
    spec = spec_from_file_location("support_day", path)
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def token(live: LiveOrg) -> str:
    form = {"grant_type": "password", "username": "u", "password": "p", "client_id": "x", "client_secret": "y"}
    return str(live.session().post(f"{live.http}/services/oauth2/token", data=form).json()["access_token"])


def command(source: Path, live: LiveOrg, work: Path, access: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "chatlift", "migrate", "run", str(source), live.http, "--work", str(work)]
    return subprocess.Popen(
        [*words, "--workers", "1"],
        env=os.environ | {"CHATLIFT_TARGET_TOKEN": access},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> None:
    told, _ = process.communicate(timeout=120)
    assert process.returncode == 0, told


def state(org: Org) -> dict[str, dict[str, int] | list[int]]:
    """How often each key is there; of metrics the numbers alone, as the ids of sessions are the org's own."""
    held: dict[str, dict[str, int] | list[int]] = {}
    for name, key in KEYS.items():
        counts = Counter(row[key] for row in org.query(f"SELECT {key} FROM {name}"))
        held[name] = sorted(counts.values()) if name == "MessagingSessionMetrics" else dict(counts)
    return held


def test_killed_loads_go_on_and_leave_nothing_twice(tmp_path: Path) -> None:
    day = support()
    tables = day.support_tables()
    tables["LiveChatTranscript"] += [day.transcript(number) for number in range(10, 10 + CHATS)]
    source = day.write_folder(tmp_path / "source", tables)
    run(source, tmp_path / "out", Plan())
    package_from(tmp_path / "out", tmp_path / "package", ("file",))
    objects = tuple(read_objects(str(tmp_path / "package")))
    with live_org(OrgConfig(objects=objects)) as live:
        begun = time.monotonic()
        finished(command(source, live, tmp_path / "calm", token(live)))
        whole_seconds = time.monotonic() - begun
        expected = state(Org(live.http, token(live)))
    assert all(count == 1 for counts in expected.values() if isinstance(counts, dict) for count in counts.values())

    chance = random.Random(20260302)
    kills = rounds = 0
    while kills < KILLS:
        rounds += 1
        place = tmp_path / f"round{rounds}"
        with live_org(OrgConfig(objects=objects)) as live:
            access = token(live)
            for _ in range(min(KILLS_OF_A_LOAD, KILLS - kills)):
                process = command(source, live, place / "work", access)
                try:
                    process.wait(timeout=chance.uniform(0.2, whole_seconds))
                    process.communicate()
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.communicate()
                kills += 1
            finished(command(source, live, place / "work", access))
            org = Org(live.http, access)
            assert state(org) == expected
            reclaim(org, place / "reclaimed", "", quiet)
            restore_to(place / "reclaimed", place / "restored")
            assert day.tree(place / "restored") == day.tree(source)
            for number, _ in reversed(runs_of(place / "work")):
                assert not rollback(number, org, place / "work", Plan(), quiet).left
            left = state(org)
            assert not any(left.values()), left


@pytest.mark.parametrize(("form", "kills"), [("jsonl", KILLS), ("parquet", KILLS // 2)])
def test_killed_folder_runs_give_the_same_bytes(tmp_path: Path, form: str, kills: int) -> None:
    day = support()
    tables = day.support_tables()
    tables["LiveChatTranscript"] += [day.transcript(number) for number in range(10, 10 + 5 * CHATS)]
    source = day.write_folder(tmp_path / "source", tables)
    words = [sys.executable, "-m", "chatlift", "migrate", "run", str(source)]

    def start(target: Path, out: int = subprocess.PIPE) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*words, str(target), "--workers", "2", "--format", form], stdout=out, stderr=subprocess.STDOUT, text=True
        )

    begun = time.monotonic()
    finished(start(tmp_path / "calm"))
    whole_seconds = time.monotonic() - begun
    expected = day.tree(tmp_path / "calm")
    chance = random.Random(20260303)
    for number in range(kills // KILLS_OF_A_LOAD or 1):
        target = tmp_path / f"out{number}"
        for _ in range(min(KILLS_OF_A_LOAD, kills)):
            process = start(target, subprocess.DEVNULL)
            try:
                process.wait(timeout=chance.uniform(0.2, whole_seconds))
            except subprocess.TimeoutExpired:
                process.kill()
            process.wait()
        finished(start(target))
        assert day.tree(target) == expected
