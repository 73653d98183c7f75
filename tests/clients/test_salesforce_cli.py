"""The Salesforce CLI, unchanged, over HTTPS on a real socket. Each command is a process, as in a user's shell."""

import csv
import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import requests

if "CHATLIFT_CLIENT" not in os.environ:
    pytest.skip("make clients runs it", allow_module_level=True)

pytestmark = pytest.mark.clients

SECONDS = 120
USER = "admin@chatlift.test"
SECTION = "Salesforce CLI"


@dataclass(frozen=True)
class Cli:
    """Runs `sf` as a person with a home of their own would."""

    folder: Path
    environment: dict[str, str]

    def run(self, *words: str, **more: str) -> dict[str, Any]:
        """What a command says with --json: `status` and `result`, or `name` and `message` of what went wrong."""
        done = subprocess.run(
            ["sf", *words, "--json"],
            cwd=self.folder,
            env=self.environment | more,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        try:
            said: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            pytest.fail(f"sf {shlex.join(words)}: {done.stdout}{done.stderr}")
        return said

    def __call__(self, *words: str, **more: str) -> Any:
        """The result of a command that must succeed."""
        said = self.run(*words, **more)
        assert said.get("status") == 0, f"sf {shlex.join(words)}: {said.get('name')}: {said.get('message')}"
        return said["result"]

    def refused(self, *words: str) -> dict[str, Any]:
        said = self.run(*words)
        assert said.get("status", said.get("exitCode")) != 0, said
        return said

    def shown(self, line: str) -> str:
        """What a line of a shell prints for a person."""
        done = subprocess.run(
            line,
            shell=True,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def home(npm_client: Path, trust: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Cli]:
    """A person who has never used the CLI."""
    bin_folder = npm_client / "node_modules" / ".bin"
    quiet = {"SF_DISABLE_TELEMETRY": "true", "SF_AUTOUPDATE_DISABLE": "true", "SF_SKIP_NEW_VERSION_CHECK": "true"}
    alone = {"SF_USE_GENERIC_UNIX_KEYCHAIN": "true", "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"}
    known = {name: value for name, value in trust.items() if not name.startswith(("SF_", "SFDX_", "XDG_"))}

    def person() -> Cli:
        folder = tmp_path_factory.mktemp("person")
        return Cli(folder, known | quiet | alone | {"HOME": str(folder)})

    return person


def token(server: dict[str, Any], **changes: str) -> dict[str, Any]:
    grant = {"grant_type": "password", "client_id": "c", "client_secret": "s", "username": USER, "password": "p"}
    url = f"{server['https']}/services/oauth2/token"
    answer: dict[str, Any] = requests.post(url, data=grant | changes, verify=server["ca"], timeout=30).json()
    return answer


@pytest.fixture(scope="session")
def logged_in(home: Callable[[], Cli], server: dict[str, Any], snippets: Callable[[str, str], list[str]]) -> Cli:
    """Somebody who did what the page says."""
    person = home()
    said = person.shown(snippets(SECTION, "sh")[0].replace("<token>", token(server)["access_token"]))
    assert f"Successfully authorized {USER}" in said
    return person


@pytest.fixture
def sf(logged_in: Cli, org: dict[str, Any]) -> Cli:
    return logged_in


def query(sf: Cli, soql: str) -> Any:
    return sf("data", "query", "--query", soql)["records"]


def create(sf: Cli, sobject: str, values: str) -> str:
    made: str = sf("data", "create", "record", "--sobject", sobject, "--values", values)["id"]
    return made


def test_the_page_shows_the_override_that_node_20_needs(
    npm_client: Path, snippets: Callable[[str, str], list[str]]
) -> None:
    (shown,) = snippets(SECTION, "json")
    installed = json.loads((npm_client / "package.json").read_text())
    assert json.loads(shown) == {name: installed[name] for name in ("dependencies", "overrides")}


def test_the_line_that_serve_prints_logs_in(home: Callable[[], Cli], server: dict[str, Any]) -> None:
    (line,) = re.findall(r"^ +sf +(.*)$", Path(server["log"]).read_text(), re.MULTILINE)
    assert f"Successfully authorized {USER}" in home().shown(line)


def test_the_org_is_displayed_as_connected(sf: Cli, org: dict[str, Any]) -> None:
    shown = sf("org", "display")
    assert (shown["username"], shown["connectedStatus"], shown["alias"]) == (USER, "Connected", "local")
    assert shown["instanceUrl"].rstrip("/") == org["https"]
    (listed,) = sf("org", "list")["nonScratchOrgs"]
    assert (listed["username"], listed["connectedStatus"]) == (USER, "Connected")


def test_an_auth_url_with_a_refresh_token_logs_in(home: Callable[[], Cli], org: dict[str, Any]) -> None:
    app = {"client_id": "PlatformCLI", "redirect_uri": "http://localhost:1717/OauthRedirect"}
    asked = app | {"response_type": "code", "username": USER, "password": "p", "decision": "allow"}
    url = f"{org['https']}/services/oauth2/authorize"
    page = requests.post(url, data=asked, verify=org["ca"], allow_redirects=False, timeout=30)
    code = page.headers["Location"].partition("code=")[2]
    tokens = token(org, grant_type="authorization_code", code=unquote(code), **app)
    person = home()
    (person.folder / "url").write_text(f"force://PlatformCLI::{tokens['refresh_token']}@{org['https'].split('//')[1]}")
    assert person("org", "login", "sfdx-url", "--sfdx-url-file", "url", "--set-default")["username"] == USER
    assert len(person("sobject", "list")) > 50
    person("org", "logout", "--no-prompt", "--target-org", USER)
    assert person("org", "list")["nonScratchOrgs"] == []


def test_a_signed_assertion_and_plain_http_log_in(home: Callable[[], Cli], org: dict[str, Any]) -> None:
    person = home()
    person.shown("openssl genrsa -out key.pem 2048")
    jwt = ("--client-id", "app", "--jwt-key-file", "key.pem", "--username", USER, "--instance-url", org["https"])
    assert person("org", "login", "jwt", *jwt)["username"] == USER
    plain = ("--instance-url", org["http"], "--no-prompt", "--alias", "plain")
    person("org", "login", "access-token", *plain, SF_ACCESS_TOKEN=token(org)["access_token"])
    assert person("org", "display", "--target-org", "plain")["instanceUrl"].startswith("http://")
    assert "DailyApiRequests" in {row["name"] for row in person("org", "list", "limits", "--target-org", "plain")}


def test_a_record_is_created_found_changed_and_deleted(sf: Cli) -> None:
    made = create(sf, "Account", "Name='Acme Co' Phone=123")
    assert sf("data", "get", "record", "--sobject", "Account", "--where", "Name='Acme Co' Phone=123")["Id"] == made
    sf("data", "update", "record", "--sobject", "Account", "--record-id", made, "--values", "Phone=456 Industry=''")
    assert sf("data", "get", "record", "--sobject", "Account", "--record-id", made)["Phone"] == "456"
    sf("data", "delete", "record", "--sobject", "Account", "--where", "Name='Acme Co'")
    gone = sf.refused("data", "get", "record", "--sobject", "Account", "--record-id", made)
    assert gone["name"] == "ENTITY_IS_DELETED"


def test_a_query_pages_and_prints_in_every_form(sf: Cli, org: dict[str, Any]) -> None:
    with requests.Session() as session:
        session.verify, session.trust_env = org["ca"], False
        session.headers["Authorization"] = f"Bearer {token(org)['access_token']}"
        for start in range(0, 2100, 150):
            rows = [{"attributes": {"type": "Contact"}, "LastName": f"R{n:04}"} for n in range(start, start + 150)]
            url = f"{org['https']}/services/data/v59.0/composite/sobjects"
            assert session.post(url, json={"records": rows}, timeout=30).ok
    rows = query(sf, "SELECT LastName, Account.Name FROM Contact ORDER BY LastName")
    assert [row["LastName"] for row in rows] == [f"R{n:04}" for n in range(2100)]
    some = "SELECT LastName, Account.Name FROM Contact ORDER BY LastName LIMIT 1"
    printed = sf.shown(f"sf data query --query '{some}' --result-format csv")
    assert printed == "LastName,Account.Name\nR0000,\n"
    assert "R0000" in sf.shown(f"sf data query --query '{some}'")
    grouped = query(sf, "SELECT COUNT(Id) n FROM Contact")
    assert grouped[0]["n"] == 2100


def test_a_tree_of_records_is_exported_and_imported(sf: Cli) -> None:
    account = create(sf, "Account", "Name=Northlight")
    create(sf, "Contact", f"LastName=Ada AccountId={account}")
    soql = "SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Name = 'Northlight'"
    sf("data", "export", "tree", "--query", soql, "--plan", "--output-dir", "tree")
    (plan,) = (sf.folder / "tree").glob("*-plan.json")
    sf("data", "delete", "record", "--sobject", "Account", "--record-id", account)
    imported = sf("data", "import", "tree", "--plan", str(plan))
    assert sorted(row["type"] for row in imported) == ["Account", "Contact"]
    assert [row["Account"]["Name"] for row in query(sf, "SELECT Account.Name FROM Contact")] == ["Northlight"]


def test_jobs_import_and_export(sf: Cli) -> None:
    (sf.folder / "new.csv").write_text('Name,Phone\nOne,1\n"Two, ""quoted""",2\n')
    imported = sf("data", "import", "bulk", "--file", "new.csv", "--sobject", "Account", "--wait", "1")
    assert imported["processedRecords"] == 2
    soql = "SELECT Name, Phone FROM Account ORDER BY Phone"
    sf("data", "export", "bulk", "--query", soql, "--output-file", "out.csv", "--wait", "1")
    with (sf.folder / "out.csv").open(newline="") as file:
        assert [tuple(row) for row in csv.reader(file)] == [("Name", "Phone"), ("One", "1"), ('Two, "quoted"', "2")]


def test_jobs_change_delete_and_are_taken_up_again(sf: Cli, external_ids: None) -> None:
    (sf.folder / "new.csv").write_text("Name,Legacy_Id__c\nOne,1\nTwo,2\nThree,3\n")
    begun = sf("data", "import", "bulk", "--file", "new.csv", "--sobject", "Account")
    resumed = sf("data", "import", "resume", "--job-id", begun["jobId"], "--wait", "1")
    assert (resumed["processedRecords"], resumed["failedRecords"]) == (3, 0)
    (sf.folder / "keyed.csv").write_text("Legacy_Id__c,Name\n1,One more\n4,Four\n")
    options = ("--file", "keyed.csv", "--sobject", "Account", "--external-id", "Legacy_Id__c", "--wait", "1")
    assert sf("data", "upsert", "bulk", *options)["jobInfo"]["numberRecordsProcessed"] == 2
    rows = query(sf, "SELECT Id, Name FROM Account ORDER BY Legacy_Id__c")
    assert [row["Name"] for row in rows] == ["One more", "Two", "Three", "Four"]
    ids = [row["Id"] for row in rows]
    (sf.folder / "changed.csv").write_text(f"Id,Name\n{ids[1]},Second\n{ids[2]},#N/A\n")
    failed = sf.refused("data", "update", "bulk", "--file", "changed.csv", "--sobject", "Account", "--wait", "1")
    assert failed["name"] == "FailedRecordDetailsError"
    results = sf("data", "bulk", "results", "--job-id", failed["data"]["jobId"])
    assert (results["processedRecords"], results["failedRecords"]) == (2, 1)
    (sf.folder / "gone.csv").write_text(f"Id\n{ids[0]}\n{ids[3]}\n")
    sf("data", "delete", "bulk", "--file", "gone.csv", "--sobject", "Account", "--wait", "1")
    assert [row["Name"] for row in query(sf, "SELECT Name FROM Account ORDER BY Name")] == ["Second", "Three"]
    soql = "SELECT Name FROM Account ORDER BY Name"
    begun = sf("data", "export", "bulk", "--query", soql, "--output-file", "later.csv")
    sf("data", "export", "resume", "--job-id", begun["jobId"])
    assert (sf.folder / "later.csv").read_text().replace('"', "").split() == ["Name", "Second", "Three"]


def test_objects_are_listed_and_described(sf: Cli) -> None:
    assert {"LiveChatTranscript", "LiveAgentSession"} <= set(sf("sobject", "list", "--sobject", "standard"))
    described = sf("sobject", "describe", "--sobject", "LiveChatTranscript")
    assert (described["name"], described["keyPrefix"]) == ("LiveChatTranscript", "570")
    unknown = sf.refused("sobject", "describe", "--sobject", "Nope")
    assert unknown["name"] == "NOT_FOUND"


def test_definitions_come_from_the_tooling_api(sf: Cli) -> None:
    soql = "SELECT QualifiedApiName FROM EntityDefinition WHERE KeyPrefix = '570'"
    rows = sf("data", "query", "--query", soql, "--use-tooling-api")["records"]
    assert [row["QualifiedApiName"] for row in rows] == ["LiveChatTranscript"]
    assert sf("sobject", "describe", "--sobject", "ApexClass", "--use-tooling-api")["name"] == "ApexClass"


def test_a_password_is_made_for_a_user(sf: Cli) -> None:
    assert len(sf("org", "generate", "password")["password"]) >= 8


def test_a_request_is_made_by_hand(sf: Cli) -> None:
    said = json.loads(sf.shown("sf api request rest /services/data/v59.0/limits"))
    assert said["DailyApiRequests"]["Max"] > 0
    body = shlex.quote(json.dumps({"Name": "By hand"}))
    said = json.loads(
        sf.shown(f"sf api request rest /services/data/v59.0/sobjects/Account --method POST --body {body}")
    )
    assert said["success"] is True
    limits = {row["name"]: row for row in sf("org", "list", "limits")}
    assert limits["DailyApiRequests"]["max"] > limits["DailyApiRequests"]["remaining"]


def test_a_search_and_a_file(sf: Cli) -> None:
    create(sf, "Account", "Name=Zephyrine")
    found = sf("data", "search", "--query", "FIND {Zephyrine} RETURNING Account(Name)")
    assert [record["Name"] for record in found["searchRecords"]] == ["Zephyrine"]
    (sf.folder / "notes.txt").write_text("a line\n")
    made = sf("data", "create", "file", "--file", "notes.txt", "--title", "Notes")
    (version,) = query(sf, "SELECT Title, ContentSize, FileExtension, ContentDocumentId FROM ContentVersion")
    assert (version["Title"], version["ContentSize"], version["FileExtension"]) == ("Notes", 7, "txt")
    assert made["ContentDocumentId"] == version["ContentDocumentId"]


def test_refusals_say_what_the_platform_says(sf: Cli) -> None:
    field = sf.refused("data", "create", "record", "--sobject", "Account", "--values", "Nope=1")
    assert "No such column 'Nope' on sobject of type Account" in field["message"]
    missing = sf.refused("data", "create", "record", "--sobject", "LiveAgentSession", "--values", "ChatReqAssigned=1")
    assert "Required fields are missing" in missing["message"]
    soql = sf.refused("data", "query", "--query", "SELECT Nope FROM Account")
    assert soql["name"] == "INVALID_FIELD"
    assert "No such column 'Nope' on entity 'Account'" in soql["message"]


def test_a_chat_is_written_followed_copied_and_deleted(sf: Cli) -> None:
    (admin,) = query(sf, f"SELECT Id FROM User WHERE Username = '{USER}'")
    visitor = create(sf, "LiveChatVisitor", "")
    values = (
        f"LiveChatVisitorId={visitor} OwnerId={admin['Id']} Status=Completed ChatKey=7c1d Body='( 4s ) Ada: hello<br>'"
    )
    made = create(sf, "LiveChatTranscript", values)
    assert made.startswith("570")
    create(sf, "LiveChatTranscriptEvent", f"LiveChatTranscriptId={made} Type=ChatRequest Time=2026-06-15T11:00:00Z")
    soql = "SELECT ChatKey, Status, Body, LiveChatVisitorId, (SELECT Type, Time FROM LiveChatTranscriptEvents) FROM LiveChatTranscript"
    sf("data", "export", "tree", "--query", soql, "--output-dir", "chats")
    sf("data", "delete", "record", "--sobject", "LiveChatTranscript", "--record-id", made)
    (file,) = (sf.folder / "chats").glob("*.json")
    assert len(sf("data", "import", "tree", "--files", str(file))) == 2
    (row,) = query(sf, soql)
    assert (row["ChatKey"], row["Body"]) == ("7c1d", "( 4s ) Ada: hello<br>")
    assert [event["Type"] for event in row["LiveChatTranscriptEvents"]["records"]] == ["ChatRequest"]
