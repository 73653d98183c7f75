"""The shell around the machine: one transaction a step, restarts, snapshots, threads, real time, files, both databases."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from chatlift.emulator.chat import events
from chatlift.emulator.chat.console import Console
from chatlift.emulator.chat.files import MOST_BYTES, Upload
from chatlift.emulator.chat.refusals import RuleRefused, Unknown
from chatlift.emulator.chat.runtime import ChatRuntime
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.errors import OrgError
from chatlift.emulator.handle import ClockHandle
from chatlift.emulator.live import live_org
from chatlift.emulator.org.caller import Caller
from chatlift.emulator.scenario import open_org

from .conftest import DAY, SCENARIO, ChatOrg

STATUS = "Status, EndedBy"


# --- one transaction --------------------------------------------------------------------------------------------------


def test_a_refused_step_changes_nothing(at_work: ChatOrg) -> None:
    at_work.engaged()
    before = at_work.runtime.look(lambda desk, state, now: state)

    def attach_two() -> None:
        with at_work.org.transaction():
            for subject in ("one", "two"):
                create = {"object": "Case", "fields": {"Subject": subject}}
                at_work.console.attach("c", at_work.id("ada"), None, create)

    with pytest.raises(RuleRefused, match="R39"):
        attach_two()
    assert at_work.rows("SELECT Id FROM Case") == []
    after = at_work.runtime.look(lambda desk, state, now: state)
    assert after.chats == before.chats
    at_work.over("ada")
    assert at_work.transcript("CaseId") == {"CaseId": None}


def test_a_step_that_is_undone_with_a_larger_transaction_never_was(at_work: ChatOrg) -> None:
    def fail() -> None:
        with at_work.org.transaction():
            at_work.engaged()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with pytest.raises(Unknown):
        at_work.do(events.VisitorWrites("c", "Hello"))
    at_work.engaged()
    at_work.over("ada")
    assert len(at_work.rows("SELECT Id FROM LiveChatTranscript")) == 1


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_long_jump_of_the_clock_writes_each_record_as_of_its_own_time(opened: Callable[..., ChatOrg]) -> None:
    org = opened()
    org.seed({"chat": {"buttons": [{"ref": "fast", "name": "Fast", "skills": ["{sales}"], "PushTimeout": 30}]}})
    org.log_in("ada", "ben")
    org.ask(button="fast")
    org.later(10_800)
    times = org.rows("SELECT Type, Time, CreatedDate FROM LiveChatTranscriptEvent ORDER BY Name")
    assert [(row["Type"], row["Time"][11:19]) for row in times] == [
        ("ChatRequest", "09:00:00"),
        ("PushAssignment", "09:00:00"),
        ("ConnectionWarning", "09:00:15"),
        ("DeclineTimeout", "09:00:30"),
        ("PushAssignment", "09:00:30"),
        ("DeclineTimeout", "09:01:00"),
        ("CancelNoAgent", "09:01:00"),
    ]
    assert {row["CreatedDate"][11:19] for row in times} == {"09:01:00"}
    [row] = org.rows(f"SELECT ChatReqTimedOut FROM LiveAgentSession WHERE AgentId = '{org.id('ada')}'")
    assert row == {"ChatReqTimedOut": 1}


def test_a_clock_that_is_set_back_breaks_nothing(at_work: ChatOrg) -> None:
    at_work.later(100)
    at_work.engaged()
    at_work.later(-3_600)
    at_work.do(events.VisitorWrites("c", "Hello"))
    at_work.over("ada")
    assert at_work.transcript("ChatDuration, WaitTime") == {"ChatDuration": 0, "WaitTime": 0}
    at_work.console.log_out(at_work.id("ada"))


def test_in_real_time_what_is_due_happens_by_itself(opened: Callable[..., ChatOrg]) -> None:
    org = opened(config=OrgConfig())
    org.seed({"chat": {"buttons": [{"ref": "fast", "name": "Fast", "skills": ["{sales}"], "PushTimeout": 1}]}})
    org.log_in("ada")
    org.ask(button="fast")
    until = time.monotonic() + 20
    while not org.rows("SELECT Id FROM LiveChatTranscript") and time.monotonic() < until:
        time.sleep(0.02)
    assert org.transcript("Status") == {"Status": "Missed"}


# --- snapshots --------------------------------------------------------------------------------------------------------


def test_a_snapshot_holds_the_running_chats(at_work: ChatOrg) -> None:
    at_work.engaged()
    image = at_work.org.snapshot()
    at_work.do(events.VisitorWrites("c", "Lost"))
    at_work.over("ada")
    at_work.org.restore(image)
    assert at_work.rows("SELECT Id FROM LiveChatTranscript") == []
    at_work.do(events.VisitorWrites("c", "Kept"))
    at_work.over("ada")
    body = at_work.transcript("Body")["Body"]
    assert ("Kept" in body, "Lost" in body) == (True, False)


def test_a_reset_lets_them_go(at_work: ChatOrg) -> None:
    at_work.engaged()
    at_work.org.reset()
    assert at_work.runtime.look(lambda desk, state, now: (dict(state.agents), dict(state.chats))) == ({}, {})
    with pytest.raises(Unknown):
        at_work.do(events.VisitorEnds("c"))


def test_after_a_restore_elsewhere_the_clock_moves_the_chats_on(at_work: ChatOrg, tmp_path: Path) -> None:
    at_work.engaged()
    at_work.do(events.VisitorSeen("c", is_polling=False))
    image = at_work.org.snapshot()
    with live_org(OrgConfig(now=DAY, frozen=True)) as live:
        live.org.org.restore(image)
        live.org.clock.advance(minutes=10)
        rows = live.org.org.query.run(at_work.me, f"SELECT {STATUS} FROM LiveChatTranscript").records
    assert [(row["Status"], row["EndedBy"]) for row in rows] == [("Dropped", "System")]


# --- several at once --------------------------------------------------------------------------------------------------


def test_threads_lose_nothing_and_keep_the_order(at_work: ChatOrg) -> None:
    at_work.engaged()
    ada = at_work.id("ada")
    errors: list[OrgError] = []

    def talk(number: int) -> None:
        try:
            for line in range(25):
                if number % 2:
                    at_work.do(events.VisitorWrites("c", f"{number}-{line}"))
                else:
                    at_work.console.say("c", ada, f"{number}-{line}")
        except OrgError as error:
            errors.append(error)

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    said = at_work.runtime.look(lambda desk, state, now: [one.text for one in state.chats["c"].messages])
    assert len(said) == 150
    for number in range(6):
        assert [one for one in said if one[0] == str(number)] == [f"{number}-{line}" for line in range(25)]
    at_work.over("ada")
    row = at_work.transcript("OperatorMessageCount, VisitorMessageCount")
    assert row == {"OperatorMessageCount": 75, "VisitorMessageCount": 75}


def test_a_listed_request_is_taken_by_one_of_many(opened: Callable[..., ChatOrg]) -> None:
    org = opened({"chat": {"buttons": [{"ref": "list", "name": "List", "routing": "Choice", "skills": ["{sales}"]}]}})
    org.log_in("ada", "ben")
    org.ask(button="list")
    [request] = org.console.agent(org.id("ada"))["requests"]
    taken: list[str] = []

    def take(name: str) -> None:
        try:
            org.console.accept(request["requestId"], org.id(name))
            taken.append(name)
        except OrgError:
            return

    threads = [threading.Thread(target=take, args=(name,)) for name in ("ada", "ben") * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(taken) == 1


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "size", "problem"),
    [
        ("a.txt", MOST_BYTES, None),
        ("a.txt", MOST_BYTES + 1, "larger than 5 MB"),
        ("a.txt", 0, "empty"),
        ("run.EXE", 3, "not allowed"),
        ("../../etc/passwd", 3, None),
        ("C:\\temp\\x.pdf", 3, None),
        ("x" * 300 + ".pdf", 3, None),
        ("\0\n", 3, None),
    ],
)
def test_r40_a_visitors_file_is_kept_at_the_record_or_refused(
    at_work: ChatOrg, name: str, size: int, problem: str | None
) -> None:
    at_work.engaged()
    ada = at_work.id("ada")
    record = at_work.console.attach("c", ada, None, {"object": "Case", "fields": {"Subject": "Broken"}})["recordId"]
    token = at_work.console.request_file("c", ada, record, "http://x/upload")["fileToken"]
    content = None if size > MOST_BYTES else b"x" * size
    answer = at_work.console.upload("c", token, Upload(name, "text/plain", content))
    kept = at_work.rows(f"SELECT Name, BodyLength FROM Attachment WHERE ParentId = '{record}'")
    assert answer["success"] is (problem is None)
    assert [row["BodyLength"] for row in kept] == ([size] if problem is None else [])
    if problem is None:
        assert not set(kept[0]["Name"]) & set("/\\\0\n")
        assert 0 < len(kept[0]["Name"]) <= 80
    else:
        assert problem in answer["reason"]
    at_work.over("ada")
    assert at_work.steps()[-2] == ("FileTransferSuccess" if problem is None else "FileTransferFailure")


def test_r40_only_with_the_right_token_and_only_once(at_work: ChatOrg) -> None:
    at_work.engaged()
    ada = at_work.id("ada")
    at_work.console.attach("c", ada, at_work.id("maya"), None)
    token = at_work.console.request_file("c", ada, at_work.id("maya"), "http://x/upload")["fileToken"]
    upload = Upload("a.txt", "text/plain", b"x")
    with pytest.raises(RuleRefused, match="R40"):
        at_work.console.upload("c", "wrong", upload)
    assert at_work.console.upload("c", token, upload)["success"]
    with pytest.raises(RuleRefused, match="R40"):
        at_work.console.upload("c", token, upload)


# --- restarts ---------------------------------------------------------------------------------------------------------


def test_a_store_with_running_chats_goes_on_where_it_was(tmp_path: Path, opened: Callable[..., ChatOrg]) -> None:
    config = OrgConfig(database=f"sqlite:///{tmp_path}/org.db", now=DAY, frozen=True)
    first = opened(config=config)
    first.log_in("ada")
    first.engaged()
    first.do(events.VisitorWrites("c", "Hello"))
    first.org.close()
    again = open_org(config)
    try:
        Console(again).end("c", first.id("ada"))
        assert again.has_chats
    finally:
        again.close()


def test_r35_a_server_that_starts_ends_what_ran_when_the_last_one_went_away(
    tmp_path: Path, opened: Callable[..., ChatOrg]
) -> None:
    config = OrgConfig(database=f"sqlite:///{tmp_path}/org.db", now=DAY, frozen=True)
    first = opened(config=config)
    first.log_in("ada", "ben")
    first.engaged("c")
    first.do(events.VisitorWrites("c", "Hello"))
    first.ask("d")
    first.engaged("e", "ada")
    first.console.end("e", first.id("ada"))
    first.org.close()
    with live_org(config) as live:
        org = live.org.org
        rows = org.query.run(
            Caller(org.users.administrator_id),
            f"SELECT ChatKey, {STATUS}, Body FROM LiveChatTranscript ORDER BY ChatKey",
        ).records
        assert [(row["ChatKey"], row["Status"], row["EndedBy"]) for row in rows] == [
            ("c", "Dropped", "System"),
            ("d", "Missed", "System"),
            ("e", "Completed", "Agent"),
        ]
        assert "Hello" in rows[0]["Body"]
        assert not org.has_chats
        told = [mail.type for mail in org.room(ChatRuntime).mail("c", 0)]
        assert told[-1] == "ChatEnded"


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """A server in a process of its own on a kept database, whose clock runs."""
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    command = [
        sys.executable,
        "-m",
        "chatlift",
        "serve",
        "--db",
        f"sqlite:///{folder}/org.db",
        "--port",
        "0",
        "--http-port",
        "0",
    ]
    with (folder / "log").open("a") as log:
        environment = os.environ | {"CHATLIFT_HOME": str(folder)}
        process = subprocess.Popen(
            [*command, "--ready-file", str(ready)], stdout=log, stderr=log, text=True, env=environment
        )
        try:
            deadline = time.monotonic() + 60
            while not ready.exists():
                assert process.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.02)
            yield str(json.loads(ready.read_text())["http"]), process
        finally:
            process.kill()
            process.wait()


@pytest.mark.proof
def test_kill_9_in_mid_chat_ends_the_chat_as_a_lost_connection_does(tmp_path: Path) -> None:
    session = requests.Session()
    session.trust_env = False

    def call(method: str, path: str, **body: Any) -> Any:
        answer = session.request(method, f"{url}/_chatlift/{path}", json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def visitor(method: str, path: str, **body: Any) -> Any:
        answer = session.request(method, f"{url}/chat/rest/{path}", json=body or None, headers=headers, timeout=30)
        assert answer.ok, answer.text
        return answer.json() if answer.content and answer.text != "OK" else None

    with serving(tmp_path) as (url, process):
        refs = call("POST", "seed", **SCENARIO)["refs"]
        ada = refs["u_ada"]
        call("POST", f"chat/agents/{ada}/login", status="Online")
        headers = {"X-LIVEAGENT-API-VERSION": "59", "X-LIVEAGENT-AFFINITY": "null"}
        made = visitor("GET", "System/SessionId")
        headers |= {"X-LIVEAGENT-SESSION-KEY": made["key"], "X-LIVEAGENT-AFFINITY": made["affinityToken"]}
        who = {"organizationId": "00D", "deploymentId": refs["web"], "buttonId": refs["buy"], "visitorName": "Maya"}
        visitor(
            "POST", "Chasitor/ChasitorInit", **who, sessionId=made["id"], isPost=True, prechatDetails=[],
            prechatEntities=[], userAgent="x", language="en", screenResolution="1x1", receiveQueueUpdates=True,
        )  # fmt: skip
        [request] = call("GET", f"chat/agents/{ada}")["requests"]
        call("POST", f"chat/requests/{request['requestId']}/accept", agentId=ada)
        visitor("POST", "Chasitor/ChatMessage", text="I was here")
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    with serving(tmp_path) as (url, _):
        supervisor = call("GET", "chat/supervisor")
        assert (supervisor["agents"], supervisor["chats"]) == ([], [])
        messages = visitor("GET", "System/Messages?ack=-1")["messages"]
        assert messages[-1]["type"] == "ChatEnded"
    org = open_org(OrgConfig(database=f"sqlite:///{tmp_path}/org.db"))
    try:
        me = Caller(org.users.administrator_id)
        [row] = org.query.run(me, f"SELECT {STATUS}, Body, OwnerId FROM LiveChatTranscript").records
        assert (row["Status"], row["EndedBy"], row["OwnerId"]) == ("Dropped", "System", ada)
        assert "Maya: I was here" in row["Body"]
        steps = org.query.run(me, "SELECT Type FROM LiveChatTranscriptEvent ORDER BY Name").records
        assert [step["Type"] for step in steps][-2:] == ["ConnectionTimeout", "LeaveVisitor"]
        [session_row] = org.query.run(me, "SELECT LoginTime, LogoutTime, ChatReqEngaged FROM LiveAgentSession").records
        assert session_row["ChatReqEngaged"] == 1
        assert session_row["LogoutTime"] >= session_row["LoginTime"]
    finally:
        org.close()


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


def test_two_processes_share_a_desk_on_postgresql(
    postgresql_database: Callable[[], AbstractContextManager[str]], opened: Callable[..., ChatOrg]
) -> None:
    with postgresql_database() as url:
        one = opened(config=OrgConfig(database=url, now=DAY, frozen=True))
        two = open_org(OrgConfig(database=url))
        try:
            other, runtime = Console(two), two.room(ChatRuntime)
            one.log_in("ada")
            one.ask(name="Ma\0ya", session_key="k" * 300)
            [request] = other.agent(one.id("ada"))["requests"]
            other.accept(request["requestId"], one.id("ada"))
            one.do(events.VisitorWrites("c", "nul \0 byte"))
            runtime.step(events.VisitorWrites("c", "second"))
            assert len(one.runtime.mail("c", 0)) == 3
            one.console.end("c", one.id("ada"))
            transcript = other.close("c", one.id("ada"))["transcriptId"]
            one.org.clock.forget()
            row = one.transcript("Id, Body, VisitorMessageCount")
            assert (row["Id"], row["VisitorMessageCount"]) == (transcript, 2)
            ClockHandle(one.org).set(DAY + timedelta(hours=1))
            one.console.log_out(one.id("ada"))
            assert other.supervisor()["agents"] == []
        finally:
            two.close()
            one.org.close()
