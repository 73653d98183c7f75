"""`chatlift soql` as a user runs it, against a real `chatlift serve` process."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result

from chatlift.__main__ import main
from chatlift.fixtures.serving import Ready, serving

Soql = Callable[..., Result]


@pytest.fixture(scope="module")
def server() -> Iterator[Ready]:
    with serving("--seed", "support-day", "--now", "2026-02-14T09:00:00Z") as ready:
        yield ready


@pytest.fixture
def soql(server: Ready, monkeypatch: pytest.MonkeyPatch) -> Soql:
    """Run the command with the server as the org of the environment."""
    monkeypatch.setenv("CHATLIFT_ORG", server.http)
    monkeypatch.delenv("CHATLIFT_ORG_TOKEN", raising=False)
    return lambda *words, **options: CliRunner().invoke(
        main, ["soql", *map(str, words)], prog_name="chatlift", **options
    )


def test_a_table(soql: Soql) -> None:
    fields = "Name, Owner.Name, ChatDuration, (SELECT Id FROM LiveChatTranscriptEvents)"
    query = f"SELECT {fields} FROM LiveChatTranscript ORDER BY RequestTime LIMIT 3"
    done = soql(query)
    assert (done.exit_code, done.stderr) == (0, "")
    head, _, *rows, count = [line.split() for line in done.stdout.splitlines() if line.strip()]
    assert head == ["Name", "Owner.Name", "ChatDuration", "LiveChatTranscriptEvents"]
    assert rows[0] == ["00000002", "Ada", "Lindqvist", "312", "4"]
    assert count == ["3", "records"]


def test_json_is_what_the_org_answers(soql: Soql, server: Ready) -> None:
    query = "SELECT Id, Body, Case.Subject, (SELECT Type FROM LiveChatTranscriptEvents) FROM LiveChatTranscript"
    done = soql(query, "--json")
    login = {"grant_type": "password", "client_id": "x", "client_secret": "x", "username": "x@y.test", "password": "x"}
    token = requests.post(f"{server.http}/services/oauth2/token", data=login, timeout=30).json()["access_token"]
    answer = requests.get(
        f"{server.http}/services/data/v62.0/query",
        params={"q": query},
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    ours = json.loads(done.stdout)
    assert ours
    assert [row["Id"] for row in ours] == [row["Id"] for row in answer.json()["records"]]
    assert [row["Body"] for row in ours] == [row["Body"] for row in answer.json()["records"]]
    events = [row["LiveChatTranscriptEvents"] for row in ours if row["LiveChatTranscriptEvents"]]
    assert {event["Type"] for told in events for event in told["records"]} > {"ChatRequest"}


def test_csv_is_read_back(soql: Soql) -> None:
    query = "SELECT Id, Body, Case.Subject, Contact.Account.Name FROM LiveChatTranscript"
    done = soql("--csv", query)
    rows = list(csv.DictReader(io.StringIO(done.stdout_bytes.decode(), newline="")))
    assert done.stdout_bytes.startswith(b"Id,Body,Case.Subject,Contact.Account.Name\r\n")
    records = json.loads(soql("--json", query).stdout)
    assert [row["Body"] for row in rows] == [record["Body"] or "" for record in records]
    assert [row["Case.Subject"] for row in rows] == [(record["Case"] or {}).get("Subject") or "" for record in records]


def test_a_count(soql: Soql) -> None:
    query = "SELECT COUNT() FROM LiveChatTranscript WHERE Status = 'Missed'"
    assert [line.strip() for line in soql(query).stdout.splitlines() if line.strip("─ ")] == ["COUNT()", "2"]
    assert json.loads(soql(query, "--json").stdout) == [{"COUNT()": 2}]
    assert soql(query, "--csv").stdout_bytes == b"COUNT()\r\n2\r\n"


def test_nothing_found(soql: Soql) -> None:
    query = "SELECT Id, Owner.Name FROM Account WHERE Name = 'nobody'"
    assert soql(query).stdout == "0 records\n"
    assert soql(query, "--json").stdout == "[]\n"
    assert soql(query, "--csv").stdout_bytes == b"Id,Owner.Name\r\n"


def test_a_query_from_standard_input_and_from_a_file(soql: Soql, tmp_path: Path) -> None:
    query = "SELECT Username\nFROM User\nWHERE Username LIKE 'ada%'\n"
    file = tmp_path / "ada.soql"
    file.write_text(f"\ufeff{query}", "utf-8")
    direct = soql(query, "--csv").stdout
    assert direct.splitlines()[0] == "Username"
    assert soql("-", "--csv", input=query).stdout == direct
    assert soql("--file", file, "--csv").stdout == direct
    assert soql("--file", "-", "--csv", input=query).stdout == direct


def test_a_refused_query_is_one_line_with_its_place(soql: Soql) -> None:
    done = soql("SELECT Id FROM LiveChatTranscript WHERE Body = 'x'")
    said = "INVALID_FIELD at row 1, column 41: field 'Body' can not be filtered in a query call"
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", f"chatlift: soql: {said}\n")


def test_rows_that_come_page_by_page(soql: Soql, server: Ready) -> None:
    account = {"object": "Account", "fields": {"Name": "Acme, Inc."}}
    url = f"{server.https}/_chatlift/seed"
    requests.post(url, json={"records": [account] * 4_100}, verify=server.ca, timeout=60).raise_for_status()
    query = "SELECT Id, Name FROM Account WHERE Name = 'Acme, Inc.'"
    done = soql(query, "--csv").stdout_bytes.splitlines()
    assert done[0] == b"Id,Name"
    assert len(set(done)) == 4_101
    assert len(json.loads(soql(query, "--json").stdout)) == 4_100
    assert soql(query).stdout.splitlines()[-1] == "4100 records"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "give one query: as QUERY, with --file FILE, or - for standard input"),
        (["SELECT Id FROM User", "--file", "-"], "give one query"),
        ([" "], "the query is empty"),
        (["SELECT Id FROM User", "--json", "--csv"], "--json and --csv exclude each other"),
        (
            ["SELECT Id FROM User", "--org", "https://x.my.salesforce.com"],
            "no access token for https://x.my.salesforce.com",
        ),
        (["SELECT Id FROM User", "--org", "http://x.my.salesforce.com"], "is not encrypted"),
        (["SELECT Id FROM User", "--token-file", "/nowhere"], "cannot read the token file /nowhere"),
        (["--file", "/nowhere"], "No such file or directory"),
        (["--nonsense"], "No such option"),
    ],
)
def test_bad_use_is_one_line_and_exit_2(soql: Soql, words: list[str], said: str) -> None:
    done = soql(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("chatlift soql: ")


def test_a_token_of_the_environment_goes_only_to_an_org_that_is_named(
    soql: Soql, server: Ready, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATLIFT_ORG_TOKEN", "00Dnonsense")
    assert "INVALID_SESSION_ID" in soql("SELECT Id FROM User").stderr
    monkeypatch.delenv("CHATLIFT_ORG")
    monkeypatch.setattr("chatlift.emulator.client.cli.LOCAL_ORG", server.http)
    assert soql("SELECT Id FROM User").exit_code == 0


def test_a_token_from_a_file(soql: Soql, server: Ready, tmp_path: Path) -> None:
    from chatlift.emulator.client.org import log_in

    file = tmp_path / "token"
    file.write_text(f"{log_in(server.http, 'any')}\n")
    assert soql("SELECT Id FROM User", "--token-file", file).exit_code == 0
    file.write_text("two words")
    assert "does not hold one token" in soql("SELECT Id FROM User", "--token-file", file).stderr


def test_the_command_loads_no_room_of_the_org() -> None:
    look = (
        "import sys\n"
        "from chatlift.__main__ import main\n"
        "sys.argv = ['chatlift', 'soql', 'SELECT Id FROM User', '--org', 'http://127.0.0.1:9']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'flask', 'lxml', 'marshmallow', 'sqlite3', 'cheroot', 'simple_salesforce'}\n"
        "rooms = {f'chatlift.emulator.{room}' for room in ('org', 'store', 'wire', 'app', 'server')} | {'chatlift.schemas'}\n"
        "print(sorted((heavy | rooms) & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert "did not answer" in done.stderr
