"""CumulusCI, unchanged, over HTTPS on a real socket: its command logs in by the browser's way and moves data sets."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("cumulusci", reason="make clients runs it")

pytestmark = pytest.mark.clients

MAPPINGS = Path(__file__).with_name("cumulusci")
PROJECT = """
project:
    name: desk
    package:
        name: desk
        api_version: "60.0"
"""
BROWSER = """#!/bin/bash
# The person at the browser: allows what is asked and follows the way back, while the command waits.
back=$(curl -so /dev/null -w '%{redirect_url}' -d 'username=admin@chatlift.test&password=any&decision=allow' "$1")
curl -s "$back" > /dev/null 2>&1 &
"""
COMMITTER = ("-c", "user.name=a", "-c", "user.email=a@x.test")


CHATS = {
    "records": [
        {"object": "Account", "ref": "a", "fields": {"Name": "O'Hara & Sons", "Description": "line one\nline two"}},
        {"object": "Contact", "ref": "c", "fields": {"LastName": "Byron", "FirstName": "Ada", "AccountId": "@a"}},
        *({"object": "LiveChatVisitor", "ref": f"v{n}", "fields": {}} for n in range(2)),
        *(
            {
                "object": "LiveChatTranscript",
                "ref": f"t{n}",
                "fields": {
                    "LiveChatVisitorId": f"@v{n}",
                    "ContactId": "@c" if n else None,
                    "Status": "Completed" if n else "Missed",
                    "Body": '<p align="center">Agent Ada</p>( 4s ) Ada: 5 < 6, "It&#39;s 😀"<br>' if n else None,
                    "StartTime": "2026-06-15T11:00:00Z",
                },
            }
            for n in range(2)
        ),
        *(
            {
                "object": "LiveChatTranscriptEvent",
                "fields": {"LiveChatTranscriptId": f"@t{n % 2}", "Type": kind, "Time": f"2026-06-15T11:00:0{n}Z"},
            }
            for n, kind in enumerate(("ChatRequest", "ChatRequest", "Accept", "CancelNoAgent", "Other", "EndAgent"))
        ),
    ]
}


@dataclass(frozen=True)
class Cci:
    """The command, in a project of its own."""

    folder: Path
    environment: dict[str, str]

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def task(self, name: str, **options: str) -> subprocess.CompletedProcess[str]:
        given = " ".join(f"--{option} {value}" for option, value in options.items())
        return self.shell(f"cci task run {name} --org local {given}")

    def done(self, name: str, **options: str) -> str:
        ended = self.task(name, **options)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def write(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return name


@pytest.fixture(scope="module")
def cci(
    snippets: Callable[[str, str], list[str]], trust: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Cci:
    """A project that is connected by the lines of docs/clients.md."""
    folder, home = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("home")
    browser = home / "browser"
    browser.write_text(BROWSER)
    browser.chmod(0o755)
    (folder / "cumulusci.yml").write_text(PROJECT)
    for arguments in (
        ("init", "-q"),
        ("remote", "add", "origin", "https://github.com/x/desk.git"),
        ("add", "."),
        (*COMMITTER, "commit", "-qm", "x"),
    ):
        subprocess.run(["git", *arguments], cwd=folder, check=True, timeout=30)
    found = Cci(
        folder,
        trust
        | {
            "HOME": str(home),
            "CUMULUSCI_KEY": "0123456789abcdef",
            "BROWSER": str(browser),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
    )
    with socket.socket() as free:
        free.bind(("localhost", 0))
        back = f"http://localhost:{free.getsockname()[1]}/"
    (connects,) = snippets("CumulusCI", "sh")
    ended = found.shell(connects.replace("http://localhost:7788/", back))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return found


def mapping(cci: Cci, api: str) -> str:
    return cci.write("chats.yml", (MAPPINGS / "chats.yml").read_text().replace("{api}", api))


def rows(cci: Cci, name: str) -> list[str]:
    """The lines of a data set; the client loads events in an order of its own and numbers them by it."""
    return sorted(
        re.sub(r"'LiveChatTranscriptEvent-\d+'", "", line) for line in (cci.folder / name).read_text().splitlines()
    )


def test_the_connected_org_is_known_by_its_user(cci: Cci, org: dict[str, Any]) -> None:
    said = cci.shell("cci org info local --json").stdout
    assert '"preferred_username": "admin@chatlift.test"' in said
    assert f'"instance_url": "{org["https"]}"' in said


@pytest.mark.parametrize("api", ["rest", "bulk"])
def test_a_day_of_chats_is_extracted_loaded_elsewhere_and_extracted_the_same(
    cci: Cci, steer: Callable[..., Any], api: str
) -> None:
    steer("POST", "reset")
    steer("POST", "seed", CHATS)
    asked = {"mapping": mapping(cci, api)}
    cci.done("extract_dataset", **asked, sql_path="before.sql")
    before = rows(cci, "before.sql")
    assert sum(line.startswith('INSERT INTO "LiveChatTranscriptEvent"') for line in before) == 6
    assert any("It&#39;s 😀" in line for line in before)
    steer("POST", "reset")
    cci.done("load_dataset", **asked, sql_path="before.sql")
    cci.done("extract_dataset", **asked, sql_path="after.sql")
    assert rows(cci, "after.sql") == before


def test_pages_and_batches_hold_every_row_once(cci: Cci, org: dict[str, Any]) -> None:
    inserts = "".join(f"INSERT INTO \"Contact\" VALUES('Contact-{n}','C{n:04}');\n" for n in range(1, 2101))
    table = 'CREATE TABLE "Contact" (id VARCHAR(255) NOT NULL, "LastName" VARCHAR(255), PRIMARY KEY (id));\n'
    cci.write("many.sql", f"BEGIN TRANSACTION;\n{table}{inserts}COMMIT;\n")
    asked = cci.write("many.yml", "Contact:\n  sf_object: Contact\n  api: rest\n  fields: [LastName]\n")
    cci.done("load_dataset", mapping=asked, sql_path="many.sql")
    cci.done("extract_dataset", mapping=asked, sql_path="found.sql")
    found = re.findall(r"'(C\d{4})'", (cci.folder / "found.sql").read_text())
    assert sorted(found) == [f"C{n:04}" for n in range(1, 2101)]


@pytest.mark.parametrize("api", ["rest", "bulk"])
def test_an_upsert_changes_what_is_there(cci: Cci, external_ids: None, api: str) -> None:
    asked = cci.write(
        "upsert.yml",
        f"Account:\n  sf_object: Account\n  api: {api}\n  action: upsert\n  update_key: Legacy_Id__c\n"
        "  fields: [Name, Legacy_Id__c]\n",
    )
    table = 'CREATE TABLE "Account" (id VARCHAR(255) NOT NULL, "Name" VARCHAR(255), "Legacy_Id__c" VARCHAR(255), PRIMARY KEY (id));'
    for names in (("One", "Two"), ("Uno", "Two", "Three")):
        inserts = "".join(
            f"INSERT INTO \"Account\" VALUES('Account-{n}','{name}','k{n}');" for n, name in enumerate(names)
        )
        cci.write("upsert.sql", f"BEGIN TRANSACTION;{table}{inserts}COMMIT;")
        cci.done("load_dataset", mapping=asked, sql_path="upsert.sql")
    extracts = cci.write("names.yml", "Account:\n  sf_object: Account\n  api: rest\n  fields: [Name, Legacy_Id__c]\n")
    cci.done("extract_dataset", mapping=extracts, sql_path="names.sql")
    found = re.findall(r"VALUES\('[^']*','(\w+)','(k\d)'\)", (cci.folder / "names.sql").read_text())
    assert sorted(found) == [("Three", "k2"), ("Two", "k1"), ("Uno", "k0")]


@pytest.mark.parametrize(
    ("fields", "value", "said"),
    [
        ("[LastName, Nonsense]", "x", "Nonsense"),
        ("[LastName, Email]", "no address", "INVALID_EMAIL_ADDRESS"),
    ],
)
def test_a_refused_row_or_field_ends_the_task_with_the_reason(
    cci: Cci, org: dict[str, Any], fields: str, value: str, said: str
) -> None:
    second = fields.strip("[]").split(", ")[1]
    table = f'CREATE TABLE "Contact" (id VARCHAR(255) NOT NULL, "LastName" VARCHAR(255), "{second}" VARCHAR(255), PRIMARY KEY (id));'
    cci.write("bad.sql", f"BEGIN TRANSACTION;{table}INSERT INTO \"Contact\" VALUES('Contact-1','A','{value}');COMMIT;")
    asked = cci.write("bad.yml", f"Contact:\n  sf_object: Contact\n  api: rest\n  fields: {fields}\n")
    ended = cci.task("load_dataset", mapping=asked, sql_path="bad.sql")
    assert ended.returncode == 1
    assert said in ended.stdout + ended.stderr
