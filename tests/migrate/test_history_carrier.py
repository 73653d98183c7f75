"""The carrier conversationHistory, against the Interaction Service of an emulated org."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.objects import read_objects
from chatlift.migrate import Plan, UsageError
from chatlift.migrate import loading as loads
from chatlift.migrate.load.history import calls, service_url
from chatlift.migrate.port import Org
from chatlift.migrate.run import run

Command = Callable[..., tuple[int, str, str]]
Json = dict[str, Any]
CHANNELS = {
    "messaging": {
        "channels": [
            {"ref": "shop", "developerName": "Shop_Button", "sessionBased": True},
            {"ref": "web", "developerName": "Legacy_Chat", "sessionBased": True},
        ]
    }
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from importlib.util import module_from_spec, spec_from_file_location

    folder = tmp_path_factory.mktemp("package")
    spec = spec_from_file_location("support", Path(__file__).with_name("conftest.py"))
    assert spec and spec.loader
    support = module_from_spec(spec)
    spec.loader.exec_module(support)
    run(support.write_folder(folder / "source", support.support_tables()), folder / "out", Plan())
    loads.package_from(folder / "out", folder / "package", ("file",))
    return folder / "package"


@pytest.fixture
def org(package: Path) -> Iterator[LiveOrg]:
    with live_org(OrgConfig(objects=tuple(read_objects(str(package))))) as live:
        live.org.seed(CHANNELS)
        yield live


class Desk:
    """A target with its token, and what stands in it."""

    def __init__(self, live: LiveOrg, folder: Path) -> None:
        form = {"grant_type": "password", "username": "u", "password": "p", "client_id": "x", "client_secret": "y"}
        token = live.session().post(f"{live.http}/services/oauth2/token", data=form).json()["access_token"]
        (folder / "token").write_text(token)
        self.live, self.token = live, folder / "token"
        self.org = Org(live.http, token)
        rows = self.org.query("SELECT DeveloperName, MessagingPlatformKey FROM MessagingChannel")
        self.addresses = {row["DeveloperName"]: row["MessagingPlatformKey"] for row in rows}

    def plan(self, folder: Path, carriers: str = '"file", "conversationHistory"', url: str = "") -> Path:
        channels = "\n".join(f'{name} = "{address}"' for name, address in self.addresses.items())
        path = folder / "plan.toml"
        path.write_text(
            f'carriers = [{carriers}]\nhistory_url = "{url or self.live.http}"\nhistory_app = "Legacy_App"\n'
            f'[channels]\n573000000000001AAA = "Shop_Button"\n[history_channels]\n{channels}\n'
        )
        return path

    def sent(self) -> list[Json]:
        told = self.live.session().get(f"{self.live.http}/_chatlift/requests", params={"path": "/api/v1/*"}).json()
        return list(reversed(told["requests"]))

    def said(self) -> dict[str, list[str]]:
        """What was said in live conversations, in order."""
        found: dict[str, list[str]] = {}
        for row in self.org.query("SELECT ConversationIdentifier FROM Conversation ORDER BY CreatedDate, Id"):
            path = (
                f"/platform/engagement/v1.0/conversation-entries?conversationIdentifier={row['ConversationIdentifier']}"
            )
            told = self.org.send("GET", f"{path}&queryDirection=FromStart&recordLimit=1000")["conversationEntries"]
            found[row["ConversationIdentifier"]] = [
                f"{one['sender']['role']}: {one['entryPayload']['abstractMessage']['staticContent']['text']}"
                for one in told
                if one["entryType"] == "Message"
            ]
        return found


def long_chat(source: Path, export: Any) -> None:
    """Give the first chat twelve lines, of three agents."""
    lines = "".join(
        f"( {number + 1}s ) {'Visitor' if number % 2 else ('Dana K', 'Ben J', 'Ada L')[number // 2 % 3]}: line {number}<br>"
        for number in range(12)
    )
    heads = export.HEAD + '<p align="center">Agent Ben J</p><p align="center">Agent Ada L</p>'
    tables = export.tables()
    tables["LiveChatTranscript"][0]["Body"] = heads + lines
    tables["LiveChatTranscript"][0]["OperatorMessageCount"] = "6"
    tables["LiveChatTranscript"][0]["VisitorMessageCount"] = "6"
    export.folder(source, tables)


def test_texts_travel_in_calls_of_five_and_nothing_is_sent_twice(
    chatlift: Command, source: Path, tmp_path: Path, org: LiveOrg, export: Any
) -> None:
    long_chat(source, export)
    desk, work = Desk(org, tmp_path), tmp_path / "work"
    words = ("migrate", source, org.http, "--plan", desk.plan(tmp_path), "--work", work, "--workers", 1)
    token = ("--target-token-file", desk.token)
    status, out, err = chatlift(*words, *token)
    assert status == 0
    assert "conversationHistory                7         7" in out
    assert err.startswith("warning: the carrier conversationHistory is for sandboxes")
    document = orjson.loads((work / "load.json").read_bytes())
    account = document["accounts"]["conversationHistory"]
    assert (account["rows"], account["inserted"], account["failed"], account["closed"]) == (
        len(desk.sent()), len(desk.sent()), 0, True,
    )  # fmt: skip
    assert all(one["status"] == 202 for one in desk.sent())
    said = next(lines for lines in desk.said().values() if "Chatbot: line 0" in lines)
    assert [line for line in said if ": line " in line] == [
        f"{'EndUser' if number % 2 else 'Chatbot'}: line {number}" for number in range(12)
    ]
    notes = {note["note"]: note for note in document["notes"]}
    assert "cannot be taken back" in notes["carrier for sandboxes alone"]["examples"][0]["detail"]
    assert notes["live sessions begun, which no call takes back"]["records"]
    assert "notices" in notes["entries that conversationHistory does not carry"]["examples"][0]["detail"]
    assert "carrier for sandboxes alone" in (work / "load.html").read_text()
    # A second run sends nothing, and neither does one whose calls had no answer: the service knows the ids of messages.
    before, said_before = len(desk.sent()), desk.said()
    assert chatlift(*words, *token)[0] == 0
    assert len(desk.sent()) == before
    with closing(sqlite3.connect(work / "journal.db")) as journal, journal:
        sql = "UPDATE made SET state = 'sent', target = NULL WHERE object = 'conversationHistory' AND id LIKE '%/00001'"
        journal.execute(sql)
    assert chatlift(*words, *token)[0] == 0
    assert len(desk.sent()) == before + 5
    assert desk.said() == said_before
    # What changed in the source is told; the service changes nothing.
    rows = (source / "LiveChatTranscript.csv").read_text()
    (source / "LiveChatTranscript.csv").write_text(rows.replace("line 3<br>", "line three<br>"))
    chatlift(*words, *token)
    notes = {note["note"]: note for note in orjson.loads((work / "load.json").read_bytes())["notes"]}
    assert notes["changed since it was sent; the service changes nothing"]["records"] == 1
    assert len(desk.sent()) == before + 5
    # Nor does a rollback take it back.
    run_id = document["run"]
    status, out, _ = chatlift("migrate", "rollback", run_id, "--work", work, *token)
    assert "  conversationHistory" in out.partition("left ")[2]


def test_what_cannot_be_sent_is_told(chatlift: Command, source: Path, tmp_path: Path, org: LiveOrg) -> None:
    desk, work = Desk(org, tmp_path), tmp_path / "work"
    desk.addresses = {"Shop_Button": "of-no-channel"}
    plan = desk.plan(tmp_path, '"conversationHistory"')
    token = ("--target-token-file", desk.token, "--workers", 1)
    status, out, _ = chatlift("migrate", "run", source, org.http, "--plan", plan, "--work", work, *token)
    assert status == 3
    assert "the org alone does not give the source back" in out
    refused = [orjson.loads(line) for line in (work / "problems.jsonl").read_bytes().splitlines()]
    assert {one["object"] for one in refused} == {"conversationHistory"}
    assert refused[0]["reason"] == "10017: The channelAddressIdentifier provided does not exist."
    assert refused[0]["row"]["call"]["conversationEntries"]
    document = orjson.loads((work / "load.json").read_bytes())
    assert document["restorable"] is False
    assert orjson.loads((work / "folder" / "manifest.json").read_bytes())["restorableFromOrg"] is False
    [left] = [note for note in document["notes"] if note["note"].startswith("entries that")]
    assert "history_channels has no address of Legacy_Chat" in str(left["examples"])
    # In a dry run these calls are not made, and it says so.
    status, out, _ = chatlift(
        "migrate", "run", source, org.http, "--plan", plan, "--work", tmp_path / "dry", "--dry-run", *token
    )
    assert status == 0
    assert "not checked by the dry run: 1 conversationHistory" in out


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"history_url": ""}, "history_url"),
        ({"history_app": "no name!"}, "history_app"),
        ({"history_channels": {}}, "history_channels is empty"),
        ({"history_channels": {"Web": "x" * 241}}, "history_channels.Web"),
    ],
)
def test_plan_names_what_the_carrier_needs(values: dict[str, Any], told: str) -> None:
    whole: dict[str, Any] = {
        "history_url": "https://a.my.salesforce-scrt.com",
        "history_app": "App",
        "history_channels": {"Web": "x"},
    }
    Plan(carriers=("conversationHistory",), **whole)
    with pytest.raises(UsageError, match=told):
        Plan(carriers=("conversationHistory",), **{**whole, **values})


def test_token_goes_to_no_other_host() -> None:
    assert service_url("https://a.my.salesforce-scrt.com/x", "https://a.my.salesforce.com") == (
        "https://a.my.salesforce-scrt.com"
    )
    with pytest.raises(UsageError, match="no Interaction Service"):
        service_url("https://salesforce-scrt.com.example.test", "https://a.my.salesforce.com")
    with pytest.raises(UsageError, match="is not encrypted"):
        service_url("http://a.my.salesforce-scrt.com", "https://a.my.salesforce.com")


def test_calls_keep_to_five_entries_and_three_participants(source: Path, tmp_path: Path, export: Any) -> None:
    long_chat(source, export)
    run(source, tmp_path / "out", Plan(channels={"573000000000001AAA": "Shop_Button"}))
    made = [row for row in calls(tmp_path / "out", {"Shop_Button": "shop"}) if row["call"]]
    sizes = [(len(row["call"]["conversationEntries"]), len(row["call"]["conversationParticipants"])) for row in made]
    assert max(entries for entries, _ in sizes) <= 5
    assert max(people for _, people in sizes) <= 3
    first = [row["call"]["conversationEntries"] for row in made if row["Legacy_Transcript_Id__c"].endswith("001AAA")]
    times = [entry["clientTimestamp"] for entries in first for entry in entries]
    assert (len(times), times) == (12, sorted(times, reverse=True))
