"""The commands of an org target, as an administrator types them."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.objects import read_objects
from chatlift.migrate.port import Org

Command = Callable[..., tuple[int, str, str]]


def token_file(live: LiveOrg, folder: Path) -> Path:
    form = {"grant_type": "password", "username": "u", "password": "p", "client_id": "x", "client_secret": "y"}
    answer = live.session().post(f"{live.http}/services/oauth2/token", data=form).json()
    (folder / "token").write_text(answer["access_token"])
    return folder / "token"


def test_from_package_to_rollback(chatlift: Command, source: Path, tmp_path: Path, export: Any) -> None:
    work, package = tmp_path / "work", tmp_path / "package"
    assert chatlift("migrate", source, tmp_path / "out")[0] == 0
    assert chatlift("migrate", "package", tmp_path / "out", package)[0] == 0
    with live_org(OrgConfig(objects=tuple(read_objects(str(package))))) as live:
        token = ("--target-token-file", token_file(live, tmp_path))
        planned = ("--plan", tmp_path / "plan.toml")
        planned[1].write_text('[channels]\n"573000000000009" = "Shop"\n')
        status, out, _ = chatlift("migrate", source, live.http, "--work", work, *token, *planned)
        assert status == 0
        assert "the plan's [channels] name buttons that no chat has: 573000000000009AAA\n" in out
        assert "only in the folder: Conversation, ConversationParticipant, ConversationEntry, OffPlatformEntry" in out
        assert "MessagingSession                   6         6" in out
        page = (work / "load.html").read_text()
        assert "The accounts are closed" in page
        chats = orjson.loads((work / "load.json").read_bytes())["chats"]
        assert [(cell["key"], cell["read"], cell["target"]) for cell in chats["months"]] == [("2026-03", 7, 6)]
        assert {cell["key"]: cell["target"] for cell in chats["statuses"]}["Completed"] == 3
        assert {cell["key"]: cell["target"] for cell in chats["buttons"]} == {None: 1, "573000000000001AAA": 5}
        run = orjson.loads((work / "load.json").read_bytes())["run"]
        status, out, _ = chatlift("migrate", "run", source, live.http, "--work", work, *token, *planned)
        assert status == 0
        assert "MessagingSession                   6         0         0         6" in out
        assert chatlift("migrate", "retry", work, *token)[0] == 0
        assert chatlift("migrate", "verify", work, "--source", source, *token)[:2] == (0, "verified: no finding\n")
        assert chatlift("migrate", "verify", work, "--sample", "3", *token)[0] == 0
        samples = orjson.loads((work / "load.json").read_bytes())["samples"]
        assert [(sample["conversationFrom"], sample["differences"]) for sample in samples] == [("org", [])] * 3
        page = (work / "load.html").read_text()
        assert "Chats side by side" in page
        (work / "load.html").unlink()
        assert chatlift("migrate", "report", work)[:2] == (0, f"{work / 'load.html'}\n")
        assert (work / "load.html").read_text() == page
        api = Org(live.http, token[1].read_text())
        session = next(iter(api.query("SELECT Id FROM MessagingSession ORDER BY Legacy_Transcript_Id__c LIMIT 1")))[
            "Id"
        ]
        api.send(
            "PATCH", f"{api.version_path}/sobjects/MessagingSession/{session}", {"Legacy_Ip_Address__c": "198.51.100.9"}
        )
        status, _, err = chatlift("migrate", "verify", work, *token)
        assert (status, err) == (1, f"MessagingSession {session} differs in Legacy_Ip_Address__c\n")
        assert orjson.loads((work / "load.json").read_bytes())["verdict"]["level"] == "bad"
        status, _, err = chatlift("migrate", "verify", work, "--sample", "200", *token)
        assert "transcript 570000000000001AAA: the org gives another IpAddress\n" in err
        api.send(
            "PATCH", f"{api.version_path}/sobjects/MessagingSession/{session}", {"Legacy_Ip_Address__c": "192.0.2.7"}
        )
        assert chatlift("migrate", "restore", live.http, tmp_path / "back", *token)[0] == 0
        assert export.tree(tmp_path / "back") == export.tree(source)
        status, out, _ = chatlift("migrate", "rollback", run, "--work", work, *token)
        assert status == 0
        assert "left               2  MessagingChannel" in out
        status, _, err = chatlift("migrate", "restore", live.http, tmp_path / "none", *token)
        assert status == 2
        assert "holds no archive of a migration" in err


def test_work_folder_is_named_after_the_org_and_found_by_its_runs(
    chatlift: Command, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with live_org() as live:
        token = ("--target-token-file", token_file(live, tmp_path))
        status, _, err = chatlift("migrate", source, live.http, *token)
    assert status == 2
    place = f"chatlift-127.0.0.1-{live.http.rpartition(':')[2]}"
    assert f"deploy the package {place}/package first" in err
    with live_org(OrgConfig(objects=tuple(read_objects(f"{place}/package")))) as live:
        token = ("--target-token-file", token_file(live, tmp_path))
        assert chatlift("migrate", source, live.http, *token)[0] == 0
        place = f"chatlift-127.0.0.1-{live.http.rpartition(':')[2]}"
        run = orjson.loads((tmp_path / place / "load.json").read_bytes())["run"]
        assert chatlift("migrate", "rollback", run, *token)[0] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("SOURCE", "http://example.test"), "is not encrypted"),
        (("SOURCE", "https://u:p@example.test"), "holds credentials"),
        (("SOURCE", "https://example.test"), "no access token for the target org"),
        (("SOURCE", "https://example.test", "--since", "last"), "--since goes with an org as the source"),
        (("SOURCE", "out", "--replace"), "--replace goes with an org as the target"),
        (("SOURCE", "out", "--work", "w"), "--work goes with an org as the target"),
        (("retry", "SOURCE"), "is no work folder of a load"),
        (("rollback", "20260101T000000-abcd"), "no folder chatlift-* here tells of a run"),
        (("package", "SOURCE", "new"), "holds no manifest.json"),
        (("restore", "SOURCE", "new", "--migration", "x"), "go with an org URL"),
    ],
)
def test_wrong_use_is_one_line(
    chatlift: Command, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CHATLIFT_TARGET_TOKEN", raising=False)
    status, out, err = chatlift("migrate", *(str(source) if word == "SOURCE" else word for word in words))
    assert status == 2
    assert out == ""
    assert told in err
    assert "u:p" not in err


def test_org_to_org_by_what_changed(chatlift: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work, package = tmp_path / "work", tmp_path / "package"
    with live_org() as legacy:
        api, session = f"{legacy.http}/services/data/v60.0", legacy.session()
        source_token = token_file(legacy, tmp_path).read_text()
        monkeypatch.setenv("CHATLIFT_SOURCE_TOKEN", source_token)
        session.headers["Authorization"] = f"Bearer {source_token}"
        visitor = session.post(f"{api}/sobjects/LiveChatVisitor", json={}).json()["id"]

        def chat(number: int) -> str:
            record = {
                "LiveChatVisitorId": visitor, "Status": "Completed", "EndedBy": "Agent", "ChatKey": f"key-{number}",
                "RequestTime": "2026-03-02T08:05:00Z", "StartTime": "2026-03-02T08:05:07Z", "EndTime": "2026-03-02T08:06:00Z",
                "Body": "<p align=\"center\">Chat Started: Monday, March 02, 2026, 08:05:07 (+0000)</p>( 4s ) Visitor: Hi<br>",
            }  # fmt: skip
            return str(session.post(f"{api}/sobjects/LiveChatTranscript", json=record).json()["id"])

        ids = [chat(number) for number in range(3)]
        assert chatlift("migrate", legacy.http, tmp_path / "out")[0] == 0
        assert chatlift("migrate", "package", tmp_path / "out", package)[0] == 0
        with live_org(OrgConfig(objects=tuple(read_objects(str(package))))) as live:
            words = ("migrate", legacy.http, live.http, "--work", work, "--since", "last")
            token = ("--target-token-file", token_file(live, tmp_path))
            assert chatlift(*words, *token)[0] == 0
            accounts = orjson.loads((work / "load.json").read_bytes())["accounts"]
            assert accounts["MessagingSession"]["inserted"] == 3
            session.delete(f"{api}/sobjects/LiveChatTranscript/{ids[0]}")
            session.patch(f"{api}/sobjects/LiveChatTranscript/{ids[1]}", json={"Location": "Bern"})
            chat(4)
            assert chatlift(*words, *token)[0] == 0
            account = orjson.loads((work / "load.json").read_bytes())["accounts"]["MessagingSession"]
            told = {name: account[name] for name in ("rows", "inserted", "updated", "same", "deleted")}
            assert told == {"rows": 3, "inserted": 1, "updated": 1, "same": 1, "deleted": 1}
            status, _, err = chatlift(*words[:-1], "yesterday", *token)
            assert status == 2
            assert "is not a time" in err
            assert chatlift(*words[:-1], "2026-01-01T00:00:00Z", *token)[0] == 0
            account = orjson.loads((work / "load.json").read_bytes())["accounts"]["MessagingSession"]
            assert (account["same"], account["deleted"]) == (3, 0)


def test_token_is_asked_for_at_a_terminal(source: Path, tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    near, far = pty.openpty()
    with live_org() as live:
        words = [sys.executable, "-m", "chatlift", "migrate", str(source), live.http, "--work", str(tmp_path / "work")]
        process = subprocess.Popen(
            words,
            stdin=far,
            stdout=far,
            stderr=far,
            env={**os.environ, "CHATLIFT_TARGET_TOKEN": ""},
            start_new_session=True,
        )
        os.close(far)
        told = b""
        while b"Access token of the target org: " not in told:
            told += os.read(near, 1000)
        os.write(near, b"not-a-token\n")
        while b"get a new one" not in told:
            told += os.read(near, 1000)
        assert process.wait(timeout=60) == 1
    os.close(near)
    assert b"not-a-token" not in told
    assert b"refuses the access token: get a new one" in b" ".join(told.split())


def test_every_run_of_a_work_folder_is_taken_back(chatlift: Command, source: Path, tmp_path: Path) -> None:
    work, out = tmp_path / "work", tmp_path / "out"
    assert chatlift("migrate", source, out)[0] == 0
    assert chatlift("migrate", "package", out, tmp_path / "package")[0] == 0
    with live_org(OrgConfig(objects=tuple(read_objects(str(tmp_path / "package"))))) as live:
        token = ("--target-token-file", token_file(live, tmp_path))
        runs = []
        for _ in range(2):
            assert chatlift("migrate", "run", source, live.http, "--work", work, *token)[0] == 0
            runs.append(orjson.loads((work / "load.json").read_bytes())["run"])
        status, _, err = chatlift("migrate", "rollback", "all", *token)
        assert (status, "name it with --work" in err) == (2, True)
        status, out_, _ = chatlift("migrate", "rollback", "all", "--work", work, *token)
        assert status == 0
        assert [line for line in out_.splitlines() if line.endswith("is taken back")] == [
            f"{run} is taken back" for run in reversed(runs)
        ]
        api = Org(live.http, token[1].read_text())
        assert list(api.query("SELECT Id FROM MessagingSession")) == []
        status, out_, _ = chatlift("migrate", "rollback", "all", "--work", work, *token)
        assert (status, out_) == (0, "nothing to take back\n")


def test_a_load_that_did_not_end_or_was_taken_back_is_a_finding(
    chatlift: Command, source: Path, tmp_path: Path
) -> None:
    work, out = tmp_path / "work", tmp_path / "out"
    assert chatlift("migrate", source, out)[0] == 0
    assert chatlift("migrate", "package", out, tmp_path / "package")[0] == 0
    with live_org(OrgConfig(objects=tuple(read_objects(str(tmp_path / "package"))))) as live:
        token = ("--target-token-file", token_file(live, tmp_path))
        load, verify = ("migrate", source, live.http, "--work", work, *token), ("migrate", "verify", work, *token)
        live.org.faults.set({"object": "ContentVersion", "errorCode": "INVALID_SESSION_ID"})
        assert chatlift(*load)[0] == 1
        live.org.faults.clear()
        status, told, err = chatlift(*verify)
        assert (status, "6 rows of ContentVersion json are not loaded" in err) == (1, True)
        assert "did not come to its end: give the command of the load again" in err
        assert told.endswith("findings\n")
        assert chatlift(*load)[0] == 0
        assert chatlift(*verify)[:2] == (0, "verified: no finding\n")
        assert chatlift("migrate", "rollback", "all", "--work", work, *token)[0] == 0
        status, _, err = chatlift(*verify)
        assert (status, "6 rows of MessagingSession are not loaded" in err) == (1, True)


def test_a_token_for_a_folder_that_is_no_load_says_so(chatlift: Command, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("00D!x")
    status, _, err = chatlift("migrate", "verify", tmp_path / "wrk", "--target-token-file", tmp_path / "token")
    assert (status, "wrk is no work folder of a load" in err) == (2, True)
