"""An org as a target, over live sockets: looked up, inserted, updated, replaced, retried, taken back."""

import base64
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import md5
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import orjson
import pytest
import requests

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import LiveOrg, live_org
from chatlift.emulator.objects import read_objects
from chatlift.migrate import Plan, TerminalError, TransientError, UsageError, work_folder
from chatlift.migrate import loading as loads
from chatlift.migrate.dry.rehearse import rehearse
from chatlift.migrate.journal import Journal
from chatlift.migrate.load.loader import Options
from chatlift.migrate.load.reclaim import reclaim
from chatlift.migrate.load.target import Result, Target
from chatlift.migrate.plan import Privacy
from chatlift.migrate.port import Org
from chatlift.migrate.restore import restore_to
from chatlift.migrate.run import run, run_org

Count = Callable[[str], int]
MADE = ("MessagingEndUser", "MessagingSession", "MessagingSessionMetrics", "Legacy_Agent_Session__c", "ContentDocument")


def quiet(step: str, done: int, total: int) -> None:
    """No progress."""


def token(live: LiveOrg) -> str:
    form = {"grant_type": "password", "username": "u", "password": "p", "client_id": "x", "client_secret": "y"}
    return str(live.session().post(f"{live.http}/services/oauth2/token", data=form).json()["access_token"])


class Desk:
    """A source, a work folder and an org that is loaded."""

    def __init__(self, tmp_path: Path, source: Path, live: LiveOrg, org: Org) -> None:
        self.source, self.work, self.live, self.org = source, tmp_path / "work", live, org
        self.token = token(live)

    def load(self, plan: Plan = Plan(), org: Org | None = None, deletes: bool = False, **options: Any) -> loads.Outcome:
        def folder(place: Path) -> int:
            return run(self.source, place, plan).exit_code

        mark = work_folder.fingerprint_of(self.source, plan)
        return loads.load(mark, folder, org or self.org, self.work, plan, Options(**options), quiet, deletes=deletes)

    def count(self, name: str) -> int:
        return len(list(self.org.query(f"SELECT Id FROM {name}")))

    def counts(self) -> dict[str, int]:
        return {name: self.count(name) for name in MADE}

    def session(self, number: int, *fields: str) -> dict[str, Any]:
        named = ", ".join(("Id", *fields))
        where = f"Legacy_Transcript_Id__c = '570000000000{number:03}AAA'"
        return next(iter(self.org.query(f"SELECT {named} FROM MessagingSession WHERE {where}")))

    def restored(self, tmp_path: Path) -> Path:
        reclaim(self.org, tmp_path / "reclaimed", "", quiet)
        restore_to(tmp_path / "reclaimed", tmp_path / "restored")
        return tmp_path / "restored"


class Flaky(Org):
    """An org whose every so-manieth write fails: unanswered before it is done, after it is done, or refused for a while."""

    def __init__(self, url: str, token: str, every: int) -> None:
        self.waits: list[float] = []
        self.every, self.writes = every, 0
        super().__init__(url, token, self.waits.append)

    def raw(self, method: str, path: str, body: Any = None, content_type: str = "") -> requests.Response:
        if method == "GET" or (method == "POST" and "ids" in (body or {})):
            return super().raw(method, path, body, content_type)
        self.writes += 1
        turn = self.writes % self.every
        if turn == 0:
            raise TransientError(f"{self.url} answered 503", "")
        if turn == 1:
            super().raw(method, path, body, content_type)
            raise TransientError(f"{self.url} did not answer (ConnectionError)", "")
        return super().raw(method, path, body, content_type)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package for the support day, with all carriers."""
    folder = tmp_path_factory.mktemp("package")
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("support", Path(__file__).with_name("conftest.py"))
    assert spec and spec.loader
    support = module_from_spec(spec)
    spec.loader.exec_module(support)
    run(support.write_folder(folder / "source", support.support_tables()), folder / "out", Plan())
    loads.package_from(folder / "out", folder / "package", ("file", "object", "field"))
    return folder / "package"


@contextmanager
def opened(package: Path) -> Iterator[tuple[LiveOrg, Org]]:
    with live_org(OrgConfig(objects=tuple(read_objects(str(package))))) as live:
        yield live, Org(live.http, token(live), lambda seconds: None)


@pytest.fixture(scope="module")
def shared(package: Path) -> Iterator[LiveOrg]:
    """One org for all tests, which is reset for each."""
    with opened(package) as (live, _):
        yield live


@pytest.fixture
def desk(tmp_path: Path, source: Path, shared: LiveOrg) -> Desk:
    assert shared.session().post(f"{shared.http}/_chatlift/reset", json={}).status_code == 200
    return Desk(tmp_path, source, shared, Org(shared.http, token(shared), lambda seconds: None))


def test_org_without_the_package_is_refused_once_with_the_whole_package(tmp_path: Path, source: Path) -> None:
    with live_org() as live:
        desk = Desk(tmp_path, source, live, Org(live.http, token(live)))
        with pytest.raises(UsageError, match=r"lacks MessagingEndUser\.Legacy_Visitor_Id__c.*deploy the package"):
            desk.load()
    place = desk.work / "package"
    names = {document["name"] for document in read_objects(str(place))}
    assert names == {"MessagingEndUser", "MessagingSession", "Legacy_Agent_Session__c", "Legacy_Chat_Message__c"}
    rights = next(place.rglob("*.permissionset-meta.xml")).read_text()
    assert "<field>MessagingSession.Rating__c</field>" in rights
    # The folder form stands: with the package the same command goes on.
    with opened(place) as (live, org):
        desk.org = org
        before = (desk.work / "folder" / "manifest.json").stat().st_mtime_ns
        assert desk.load().exit_code == 0
        assert (desk.work / "folder" / "manifest.json").stat().st_mtime_ns == before


def test_everything_is_loaded_and_the_second_run_writes_nothing(desk: Desk) -> None:
    outcome = desk.load()
    assert outcome.exit_code == 0
    assert not outcome.findings
    accounts = outcome.document["accounts"]
    assert {name: account["inserted"] for name, account in accounts.items()} == {
        "MessagingChannel": 2,
        "MessagingEndUser": 5,
        "MessagingSession": 6,
        "MessagingSessionMetrics": accounts["MessagingSessionMetrics"]["rows"],
        "Legacy_Agent_Session__c": 2,
        "ContentVersion html": 6,
        "ContentVersion json": 6,
        "ContentVersion archive": 1,
    }
    folder_only = ["Conversation", "ConversationParticipant", "ConversationEntry", "OffPlatformEntry"]
    assert outcome.document["folderOnly"] == folder_only
    session = desk.session(
        1, "Status", "StartTime", "EndTime", "EndedByType", "ConversationId", "Legacy_Case_Id__c", "Rating__c"
    )
    assert session["Status"] == "Ended"
    assert session["StartTime"] == "2026-03-02T08:05:00.000+0000"
    assert session["EndTime"] == "2026-03-02T09:06:00.000+0000"
    assert session["ConversationId"] is None
    assert session["Legacy_Case_Id__c"] == "500000000000001AAA"
    assert session["Rating__c"] == "5"
    before = desk.counts()
    writes = Counting(desk.live.http, desk.token)
    again = desk.load(org=writes)
    assert again.exit_code == 0
    assert writes.writes == 0
    assert desk.counts() == before
    # Without the journal the org itself tells that nothing is to be done.
    desk.work = desk.work.with_name("other")
    assert desk.load(org=writes).exit_code == 0
    assert writes.writes == 0


class Counting(Org):
    """An org that counts what is written to it."""

    def __init__(self, url: str, token: str) -> None:
        self.writes = 0
        super().__init__(url, token)

    def raw(self, method: str, path: str, body: Any = None, content_type: str = "") -> requests.Response:
        self.writes += method != "GET" and not (isinstance(body, dict) and "ids" in body)
        return super().raw(method, path, body, content_type)


def test_restore_from_the_loaded_org_gives_the_source_to_the_byte(desk: Desk, tmp_path: Path, export: Any) -> None:
    desk.load()
    assert export.tree(desk.restored(tmp_path)) == export.tree(desk.source)


def test_edit_in_the_org_shows_in_the_restore_and_nowhere_else(desk: Desk, tmp_path: Path, export: Any) -> None:
    desk.load(Plan())
    session = desk.session(1)
    path = f"{desk.org.version_path}/sobjects/MessagingSession/{session['Id']}"
    desk.org.send("PATCH", path, {"Legacy_Ip_Address__c": "198.51.100.9"})
    files = export.tree(desk.restored(tmp_path))
    expected = export.tree(desk.source)
    changed = [name for name in expected if files[name] != expected[name]]
    assert changed == ["LiveChatTranscript.csv"]
    old, new = expected[changed[0]].split(b"\r\n"), files[changed[0]].split(b"\r\n")
    [(before, after)] = [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]
    assert before.replace(b"192.0.2.7", b"198.51.100.9") == after


def test_change_at_the_source_updates_what_may_be_updated(desk: Desk, export: Any) -> None:
    desk.load()
    tables = export.tables()
    tables["LiveChatTranscript"][0]["IpAddress"] = "203.0.113.5"
    tables["LiveChatTranscript"][1]["EndTime"] = "2026-03-02 09:59:59"
    export.folder(desk.source, tables)
    outcome = desk.load()
    account = outcome.document["accounts"]["MessagingSession"]
    assert (account["updated"], account["needsReplace"], account["inserted"]) == (1, 1, 0)
    assert desk.session(1, "Legacy_Ip_Address__c")["Legacy_Ip_Address__c"] == "203.0.113.5"
    assert desk.session(2, "EndTime")["EndTime"] == "2026-03-02T09:06:00.000+0000"
    [problem] = [orjson.loads(line) for line in (desk.work / "problems.jsonl").read_bytes().splitlines()]
    assert problem["state"] == "needs replace"
    assert problem["reason"] == "differs in fields that can be set on insert only: EndTime"
    assert problem["row"]["Legacy_Transcript_Id__c"] == "570000000000002AAA"
    assert [finding for finding in outcome.findings if "EndTime" in finding]

    replaced = desk.load(replace=True)
    assert replaced.exit_code == 0
    account = replaced.document["accounts"]["MessagingSession"]
    assert (account["replaced"], account["needsReplace"], account["same"]) == (1, 0, 5)
    assert desk.session(2, "EndTime")["EndTime"] == "2026-03-02T09:59:59.000+0000"
    assert replaced.document["accounts"]["ContentVersion html"]["inserted"] == 0
    assert desk.count("MessagingSession") == 6


def test_rollback_deletes_what_the_run_made_and_restores_what_it_changed(desk: Desk, export: Any) -> None:
    first = desk.load()
    before = desk.counts()
    tables = export.tables()
    tables["LiveChatTranscript"][0]["IpAddress"] = "203.0.113.5"
    tables["LiveChatTranscript"].append(export.transcript(8))
    export.folder(desk.source, tables)
    second = desk.load()
    assert second.document["accounts"]["MessagingSession"]["inserted"] == 1
    undone = loads.rollback(second.run, desk.org, desk.work, Plan(), quiet)
    assert not undone.left
    assert undone.deleted["MessagingSession"] == 1
    assert desk.session(1, "Legacy_Ip_Address__c")["Legacy_Ip_Address__c"] == "192.0.2.7"
    assert desk.counts() == before
    undone = loads.rollback(first.run, desk.org, desk.work, Plan(), quiet)
    assert not undone.left
    assert undone.kept == {"MessagingChannel": 2}
    assert set(desk.counts().values()) == {0}
    assert work_folder.runs_of(desk.work) == [(first.run, "rolled back"), (second.run, "rolled back")]


def test_rollback_leaves_messaging_users_on_whom_others_have_sessions(desk: Desk, tmp_path: Path, export: Any) -> None:
    first = desk.load()
    visitors = export.tables()["LiveChatVisitor"]
    chat = export.transcript(301, LiveChatVisitorId="571000000000001AAA")
    theirs = export.folder(tmp_path / "theirs", {"LiveChatTranscript": [chat], "LiveChatVisitor": visitors})
    mark = work_folder.fingerprint_of(theirs, Plan())
    loads.load(
        mark, lambda place: run(theirs, place, Plan()).exit_code, desk.org, tmp_path / "b", Plan(), Options(), quiet
    )
    undone = loads.rollback(first.run, desk.org, desk.work, Plan(), quiet)
    assert not undone.left
    assert undone.kept == {"MessagingChannel": 2, "MessagingEndUser (has other sessions)": 1}
    assert (desk.count("MessagingEndUser"), desk.count("MessagingSession")) == (1, 1)
    with pytest.raises(UsageError, match="was taken back"):
        loads.retry(desk.org, desk.work, Plan(), Options(only_open=True), quiet)
    assert desk.count("MessagingSession") == 1


def test_texts_of_a_replaced_session_are_there_once_and_come_back(desk: Desk, export: Any) -> None:
    first = desk.load()
    before = desk.counts()
    tables = export.tables()
    tables["LiveChatTranscript"][1]["EndTime"] = "2026-03-02 09:59:59"
    export.folder(desk.source, tables)
    second = desk.load(replace=True)
    assert desk.counts() == before
    assert not loads.rollback(second.run, desk.org, desk.work, Plan(), quiet).left
    session = desk.session(2, "EndTime")
    assert session["EndTime"] == "2026-03-02T09:06:00.000+0000"
    links = desk.org.query(f"SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId = '{session['Id']}'")
    assert len(list(links)) == 2
    assert not loads.rollback(first.run, desk.org, desk.work, Plan(), quiet).left
    assert set(desk.counts().values()) == {0}


def test_failed_rows_are_named_and_retried_alone(desk: Desk, export: Any) -> None:
    tables = export.tables()
    tables["LiveChatTranscript"][0]["Rating__c"] = "x" * 131_000
    tables["LiveAgentSession"][0]["ChatReqAssigned"] = "12"
    export.folder(desk.source, tables)
    refused = Refusing(desk.live.http, desk.token, "570000000000001AAA")
    outcome = desk.load(org=refused)
    assert outcome.exit_code == 3
    accounts = outcome.document["accounts"]
    assert accounts["MessagingSession"]["failed"] == 1
    assert accounts["MessagingSessionMetrics"]["blocked"] > 0
    assert all(account["closed"] for account in accounts.values())
    problems = [orjson.loads(line) for line in (desk.work / "problems.jsonl").read_bytes().splitlines()]
    [failed] = [problem for problem in problems if problem["state"] == "failed"]
    assert failed["reason"].startswith("FIELD_CUSTOM_VALIDATION_EXCEPTION: no such chat")
    assert failed["row"]["Legacy_Transcript_Id__c"] == "570000000000001AAA"
    assert {problem["reason"].split()[0] for problem in problems if problem["state"] == "blocked"} == {
        "MessagingSession"
    }

    retried = loads.retry(desk.org, desk.work, Plan(), Options(only_open=True), quiet)
    assert retried.exit_code == 0
    assert retried.document["accounts"]["MessagingSession"]["inserted"] == 1
    assert retried.document["accounts"]["MessagingEndUser"]["same"] == 0
    accounts = retried.document["accounts"]
    assert (accounts["MessagingSession"]["standing"], accounts["MessagingEndUser"]["standing"]) == (
        5,
        accounts["MessagingEndUser"]["rows"],
    )
    assert desk.count("MessagingSession") == 6
    assert desk.load().exit_code == 0


def test_archive_that_takes_more_parts_now_is_the_one_that_is_restored(
    desk: Desk, tmp_path: Path, export: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = desk.load()
    monkeypatch.setattr("chatlift.migrate.load.archive._PART_BYTES", (desk.work / "archive.zip").stat().st_size + 100)
    tables = export.tables()
    tables["LiveChatTranscript"] += [export.transcript(number, Browser=f"x{number}") for number in range(100, 130)]
    export.folder(desk.source, tables)
    second = desk.load()
    assert second.document["accounts"]["ContentVersion archive"]["inserted"] > 1
    assert export.tree(desk.restored(tmp_path)) == export.tree(desk.source)
    for run_id in (second.run, first.run):
        assert not loads.rollback(run_id, desk.org, desk.work, Plan(), quiet).left
    assert set(desk.counts().values()) == {0}


def test_two_sources_in_one_work_folder_leave_each_other_alone(desk: Desk, tmp_path: Path, export: Any) -> None:
    desk.load()
    former, desk.source = (
        desk.source,
        export.folder(tmp_path / "other", {"LiveChatTranscript": [export.transcript(301)]}),
    )
    other = desk.load(deletes=True)
    assert other.exit_code == 0
    assert other.document["accounts"]["MessagingSession"]["stale"] == 0
    assert desk.count("MessagingSession") == 7
    with pytest.raises(UsageError, match="several migrations") as refused:
        desk.restored(tmp_path)
    for key in re.findall(r"\b[0-9a-f]{12}\b", str(refused.value)):
        reclaim(desk.org, tmp_path / f"{key}-folder", key, quiet)
        restore_to(tmp_path / f"{key}-folder", tmp_path / key)
    back = [export.tree(place) for place in tmp_path.glob("*") if re.fullmatch("[0-9a-f]{12}", place.name)]
    assert all(export.tree(source) in back for source in (former, desk.source))


class Refreshed(Org):
    """A sandbox that was refreshed: another org at the same address."""

    def query(self, soql: str, with_deleted: bool = False) -> Iterator[dict[str, Any]]:
        if "FROM Organization" in soql:
            yield {"Id": "00D000000000002AAA"}
        else:
            yield from super().query(soql, with_deleted)


def test_work_folder_of_another_org_at_the_same_address_is_refused(desk: Desk) -> None:
    outcome = desk.load()
    refreshed = Refreshed(desk.live.http, desk.token)
    with pytest.raises(UsageError, match="a refreshed sandbox is another org: name another folder with --work"):
        desk.load(org=refreshed)
    with pytest.raises(UsageError, match="00D000000000002AAA now"):
        loads.rollback(outcome.run, refreshed, desk.work, Plan(), quiet)
    assert desk.count("MessagingSession") == 6


class Undeletable(Org):
    """An org that deletes nothing while somebody else is at it."""

    def send(self, method: str, path: str, body: Any = None, content_type: str = "") -> Any:
        if method != "DELETE":
            return super().send(method, path, body, content_type)
        errors = [{"statusCode": "ENTITY_IS_LOCKED", "message": "in approval"}]
        return [{"success": False, "errors": errors}] * (path.count(",") + 1)


class Refusing(Org):
    """An org with a rule against one transcript, which refuses a whole call that holds it."""

    def __init__(self, url: str, token: str, id_: str) -> None:
        self.id = id_
        super().__init__(url, token, lambda seconds: None)

    def raw(self, method: str, path: str, body: Any = None, content_type: str = "") -> requests.Response:
        from chatlift.migrate.port import Refused

        if method == "POST" and isinstance(body, dict) and "records" in body:
            for record in body["records"]:
                if record["attributes"]["type"] == "MessagingSession" and record["Legacy_Transcript_Id__c"] == self.id:
                    raise Refused("refused:", "", 400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "no such chat")
        return super().raw(method, path, body, content_type)


@pytest.mark.parametrize("every", [2, 3, 5])
def test_failures_in_passing_change_nothing_in_the_result(desk: Desk, tmp_path: Path, export: Any, every: int) -> None:
    flaky = Flaky(desk.live.http, desk.token, every)
    outcome = desk.load(org=flaky)
    assert outcome.exit_code == 0
    assert flaky.waits
    assert desk.counts() == {
        "MessagingEndUser": 5,
        "MessagingSession": 6,
        "MessagingSessionMetrics": outcome.document["accounts"]["MessagingSessionMetrics"]["rows"],
        "Legacy_Agent_Session__c": 2,
        "ContentDocument": 13,
    }
    assert export.tree(desk.restored(tmp_path)) == export.tree(desk.source)
    assert not loads.rollback(outcome.run, desk.org, desk.work, Plan(), quiet).left
    assert set(desk.counts().values()) == {0}


def test_bulk_jobs_bring_the_same(desk: Desk, tmp_path: Path, export: Any) -> None:
    outcome = desk.load(bulk_rows=2)
    assert outcome.exit_code == 0
    assert not outcome.findings
    assert outcome.document["accounts"]["MessagingSession"]["inserted"] == 6
    assert export.tree(desk.restored(tmp_path)) == export.tree(desk.source)
    tables = export.tables()
    for row in tables["LiveChatTranscript"]:
        row["IpAddress"] = "203.0.113.5"
        row["Browser"] = ""
    export.folder(desk.source, tables)
    assert desk.load(bulk_rows=2).document["accounts"]["MessagingSession"]["updated"] == 6
    told = desk.session(2, "Legacy_Ip_Address__c", "Legacy_Browser__c")
    assert (told["Legacy_Ip_Address__c"], told["Legacy_Browser__c"]) == ("203.0.113.5", None)


def test_rows_that_left_the_source_leave_the_org_in_a_delta_run(desk: Desk, export: Any) -> None:
    desk.load()
    tables = export.tables()
    del tables["LiveChatTranscript"][2]
    del tables["LiveChatTranscriptEvent"]
    del tables["ConversationContextEntry"]
    export.folder(desk.source, tables)
    for name in ("LiveChatTranscriptEvent", "ConversationContextEntry"):
        (desk.source / f"{name}.csv").unlink()
    kept = desk.load()
    assert kept.document["accounts"]["MessagingSession"]["stale"] == 1
    assert desk.count("MessagingSession") == 6
    before = desk.counts()
    stubborn = Undeletable(desk.live.http, desk.token)
    failed = desk.load(deletes=True, org=stubborn)
    assert failed.exit_code == 1
    assert [finding for finding in failed.findings if "could not be deleted: ENTITY_IS_LOCKED" in finding]
    assert desk.counts() == before
    assert not loads.rollback(failed.run, desk.org, desk.work, Plan(), quiet).left
    assert desk.counts() == before
    gone = desk.load(deletes=True)
    assert gone.document["accounts"]["MessagingSession"]["deleted"] == 1
    assert gone.exit_code == 0
    assert desk.count("MessagingSession") == 5
    assert not loads.rollback(gone.run, desk.org, desk.work, Plan(), quiet).left
    assert desk.counts() == before
    for run_id, _ in reversed(work_folder.runs_of(desk.work)):
        assert not loads.rollback(run_id, desk.org, desk.work, Plan(), quiet).left
    assert set(desk.counts().values()) == {0}


def test_owner_who_is_inactive_gives_way_to_the_plans(desk: Desk) -> None:
    profile = next(iter(desk.org.query("SELECT Id FROM Profile ORDER BY Id LIMIT 1")))["Id"]
    user = {
        "Username": "owner@x.test", "LastName": "Owner", "IsActive": True, "Alias": "own", "CommunityNickname": "own", "Email": "owner@x.test", "ProfileId": profile,
        "TimeZoneSidKey": "UTC", "LocaleSidKey": "en_US", "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
    }  # fmt: skip
    owner = desk.org.send("POST", f"{desk.org.version_path}/sobjects/User", user)["id"]
    outcome = desk.load(Plan(default_owner=owner))
    session = desk.session(2, "OwnerId", "Legacy_Owner_Id__c")
    assert session["OwnerId"] == owner
    assert session["Legacy_Owner_Id__c"] == "005000000000001AAA"
    notes = {(note["note"], note["object"]): note["records"] for note in outcome.document["notes"]}
    assert notes["owner inactive or not in the target", "Legacy_Agent_Session__c"] == 2
    outcome = desk.load(Plan(default_owner="005000000000099AAA"))
    notes = {(note["note"], note["object"]): note["records"] for note in outcome.document["notes"]}
    told = "owner inactive or not in the target, and neither is the plan's default_owner there"
    assert notes[told, "Legacy_Agent_Session__c"] == 2


def test_audit_fields_are_set_where_the_plan_and_the_org_let_them_be(desk: Desk, tmp_path: Path, export: Any) -> None:
    tables = export.tables()
    for row in tables["LiveAgentSession"]:
        row["CreatedDate"] = "2026-03-02 08:00:01"
    desk.source = export.folder(tmp_path / "stamped", tables)
    (me,) = desk.org.query("SELECT Id FROM User WHERE Username = 'admin@chatlift.test'")
    right = desk.org.send(
        "POST",
        f"{desk.org.version_path}/sobjects/PermissionSet",
        {"Name": "Audit", "Label": "Audit", "PermissionsCreateAuditFields": True},
    )["id"]
    given = {"PermissionSetId": right, "AssigneeId": me["Id"]}
    desk.org.send("POST", f"{desk.org.version_path}/sobjects/PermissionSetAssignment", given)

    def stamps() -> set[tuple[str, str | None]]:
        rows = desk.org.query("SELECT CreatedDate, Legacy_Created_Date__c FROM Legacy_Agent_Session__c")
        return {
            (row["CreatedDate"][:10], row["Legacy_Created_Date__c"] and row["Legacy_Created_Date__c"][:10])
            for row in rows
        }

    outcome = desk.load()
    assert stamps() == {("2026-03-02", None)}
    loads.rollback(outcome.run, desk.org, desk.work, Plan(), quiet)
    desk.load(Plan(audit_fields="custom fields"))
    ((today, kept),) = stamps()
    assert today != "2026-03-02"
    assert kept == "2026-03-02"


def test_second_process_does_not_use_a_journal_that_is_in_use(desk: Desk) -> None:
    with Journal(desk.work / work_folder.JOURNAL), pytest.raises(UsageError, match="another run uses"):
        desk.load()


def test_journal_of_another_org_is_refused(desk: Desk, package: Path) -> None:
    desk.load()
    with opened(package) as (_, other), pytest.raises(UsageError, match="tells of loads into http://127"):
        desk.load(org=other)


def lines(rows: list[dict[str, Any]]) -> list[bytes]:
    return [orjson.dumps(row, option=orjson.OPT_SORT_KEYS) for row in rows]


def test_conversations_that_go_on_come_back_too(desk: Desk, tmp_path: Path, export: Any) -> None:
    outcome = desk.load(Plan(session_based=False, agent_work=True))
    assert outcome.exit_code == 0
    assert export.tree(desk.restored(tmp_path)) == export.tree(desk.source)
    for kind in ("Conversation", "ConversationParticipant", "ConversationEntry", "OffPlatformEntry"):
        made, held = (export.rows(place, kind) for place in (desk.work / "folder", tmp_path / "reclaimed"))
        assert sorted(lines(made)) == sorted(lines(held))


def test_each_carrier_brings_the_texts(desk: Desk, tmp_path: Path, export: Any) -> None:
    outcome = desk.load(Plan(carriers=("file", "object", "field", "entries")))
    assert outcome.exit_code == 0
    assert not outcome.findings
    session = desk.session(1, "Legacy_Body__c")
    assert session["Legacy_Body__c"] == export.BODY
    where = f"WHERE Session__c = '{session['Id']}' ORDER BY Sequence__c"
    fields = "Id, Sequence__c, Actor_Type__c, Actor_Name__c, Entry_Time__c, Text__c"
    messages = list(desk.org.query(f"SELECT {fields} FROM Legacy_Chat_Message__c {where}"))
    spoken = [(row["Actor_Type__c"], row["Text__c"]) for row in messages if row["Actor_Name__c"]]
    assert spoken == [
        ("Agent", "Hello, how can I help?"),
        ("EndUser", 'It\'s my "order"\nline two'),
        ("Agent", "Bye"),
    ]
    entries = desk.org.query(
        f"SELECT Message FROM ConversationEntry WHERE ConversationId = '{session['Id']}' ORDER BY Seq"
    )
    assert "Hello, how can I help?" in [row["Message"] for row in entries]
    page = tmp_path / "page.html"
    [version] = desk.org.query(
        "SELECT Id FROM ContentVersion WHERE PathOnClient = 'legacy-chat-570000000000001AAA.html' AND IsLatest = true"
    )
    page.write_bytes(
        desk.org.raw("GET", f"{desk.org.version_path}/sobjects/ContentVersion/{version['Id']}/VersionData").content
    )
    assert "It&#x27;s my &quot;order&quot;" in page.read_text()
    assert "offer a refund" in page.read_text()
    assert "<script" not in page.read_text()

    again = Counting(desk.live.http, desk.token)
    assert desk.load(Plan(carriers=("file", "object", "field", "entries")), org=again).exit_code == 0
    assert again.writes == 0

    spoken_id = next(row["Id"] for row in messages if row["Text__c"] == "Bye")
    desk.org.send(
        "PATCH", f"{desk.org.version_path}/sobjects/Legacy_Chat_Message__c/{spoken_id}", {"Text__c": "Good bye"}
    )
    restored = (desk.restored(tmp_path) / "LiveChatTranscript.csv").read_bytes()
    original = (desk.source / "LiveChatTranscript.csv").read_bytes()
    assert restored == original.replace(b"Dana K: Bye<br>", b"Dana K: Good bye<br>", 1)
    assert not loads.rollback(
        outcome.run, desk.org, desk.work, Plan(carriers=("file", "object", "field", "entries")), quiet
    ).left
    assert desk.count("Legacy_Chat_Message__c") == desk.count("ConversationEntry") == 0


def test_without_the_field_of_a_carrier_the_org_is_refused(tmp_path: Path, source: Path, package: Path) -> None:
    for field in package.rglob("Legacy_Body__c.field-meta.xml"):
        hidden = field.rename(tmp_path / "hidden")
        try:
            with (
                opened(package) as (live, org),
                pytest.raises(UsageError, match=r"lacks MessagingSession\.Legacy_Body__c: deploy"),
            ):
                Desk(tmp_path, source, live, org).load(Plan(carriers=("field",)))
        finally:
            hidden.rename(field)


def test_load_stops_while_the_org_has_calls_left_and_goes_on_the_next_day(desk: Desk) -> None:
    control = f"{desk.live.http}/_chatlift/limits"
    session = desk.live.session()
    assert session.put(control, json={"DailyApiRequests": 35}).status_code == 200
    with pytest.raises(
        TerminalError, match=r"has \d+ of its 35 API calls of 24 hours left: run the same command later"
    ):
        desk.load()
    assert session.put(control, json={"DailyApiRequests": 5000}).status_code == 200
    assert desk.load().exit_code == 0
    assert desk.count("MessagingSession") == 6


def test_record_that_was_deleted_in_the_org_is_made_again_with_its_files(desk: Desk) -> None:
    assert desk.load().exit_code == 0
    desk.org.send("DELETE", f"{desk.org.version_path}/sobjects/MessagingSession/{desk.session(1)['Id']}")
    accounts = desk.load().document["accounts"]
    assert accounts["MessagingSession"]["inserted"] == 1
    assert accounts["ContentVersion html"]["inserted"] == 1
    assert accounts["MessagingSessionMetrics"]["inserted"] == 3
    assert accounts["MessagingEndUser"]["inserted"] == 0


@pytest.mark.parametrize(
    ("rules", "bulk_rows"),
    [
        ([{"scope": "record", "errorCode": "UNABLE_TO_LOCK_ROW", "probability": 0.2, "seed": 7}], 2000),
        ([{"scope": "record", "errorCode": "UNABLE_TO_LOCK_ROW", "probability": 0.2, "seed": 7}], 2),
        ([{"status": 503, "probability": 0.2, "seed": 1}], 2000),
        ([{"drop": True, "probability": 0.2, "seed": 2}], 2),
        ([{"method": "POST", "truncate": 10, "probability": 0.4, "seed": 3}], 2000),
        ([{"errorCode": "REQUEST_LIMIT_EXCEEDED", "after": 9, "count": 3}], 2),
    ],
    ids=["locks", "locks in bulk", "busy", "dropped in bulk", "cut off", "limit in bulk"],
)
def test_faults_of_the_org_change_nothing_in_the_result(
    desk: Desk, tmp_path: Path, export: Any, rules: list[dict[str, Any]], bulk_rows: int
) -> None:
    session = desk.live.session()
    assert session.put(f"{desk.live.http}/_chatlift/faults", json={"rules": rules}).status_code == 200
    outcome = desk.load(bulk_rows=bulk_rows)
    struck = session.get(f"{desk.live.http}/_chatlift/faults").json()["rules"][0]["struck"]
    assert struck > 0
    assert session.delete(f"{desk.live.http}/_chatlift/faults").status_code == 200
    assert outcome.exit_code == 0
    assert desk.count("MessagingSession") == 6
    assert desk.count("ContentDocument") == 13
    assert export.tree(desk.restored(tmp_path)) == export.tree(desk.source)


def test_conversations_are_loaded_where_the_org_lets_them_be_made(
    tmp_path: Path, source: Path, package: Path, export: Any
) -> None:
    config = OrgConfig(objects=tuple(read_objects(str(package))), permissive_messaging=True)
    with live_org(config) as live:
        desk = Desk(tmp_path, source, live, Org(live.http, token(live)))
        outcome = desk.load()
        assert outcome.exit_code == 0
        assert not outcome.findings
        assert outcome.document["folderOnly"] == ["OffPlatformEntry"]
        for kind in ("Conversation", "ConversationParticipant", "ConversationEntry"):
            assert desk.count(kind) == len(export.rows(desk.work / "folder", kind)), kind
        session = desk.session(1, "ConversationId")
        [conversation] = desk.org.query(
            f"SELECT Id, EndTime FROM Conversation WHERE Id = '{session['ConversationId']}'"
        )
        assert conversation["EndTime"] == "2026-03-02T09:06:00.000+0000"
        entries = desk.org.query(
            f"SELECT Message FROM ConversationEntry WHERE ConversationId = '{conversation['Id']}' ORDER BY Seq"
        )
        assert "Hello, how can I help?" in [row["Message"] for row in entries]
        again = Counting(live.http, desk.token)
        assert desk.load(org=again).exit_code == 0
        assert again.writes == 0
        assert export.tree(desk.restored(tmp_path)) == export.tree(desk.source)
        assert not loads.rollback(outcome.run, desk.org, desk.work, Plan(), quiet).left
        for kind in (*MADE, "Conversation", "ConversationParticipant", "ConversationEntry"):
            assert desk.count(kind) == 0, kind


class Dying(Org):
    """An org whose caller dies once a write is done, before he has its answer."""

    def __init__(self, url: str, token: str, writes: int) -> None:
        self.left = writes
        super().__init__(url, token)

    def raw(self, method: str, path: str, body: Any = None, content_type: str = "") -> requests.Response:
        answer = super().raw(method, path, body, content_type)
        self.left -= method != "GET" and not (isinstance(body, dict) and "ids" in body)
        if self.left < 0:
            raise KeyboardInterrupt
        return answer


@pytest.mark.parametrize("writes", range(9))
def test_run_that_was_broken_off_is_taken_back_whole(desk: Desk, writes: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        desk.load(org=Dying(desk.live.http, desk.token, writes), bulk_rows=5)
    [(broken, state)] = work_folder.runs_of(desk.work)
    assert state == "open"
    assert not loads.rollback(broken, desk.org, desk.work, Plan(), quiet).left
    assert set(desk.counts().values()) == {0}
    assert desk.load().exit_code == 0


def test_update_that_is_refused_does_not_hold_up_the_sessions(desk: Desk, export: Any) -> None:
    desk.load()
    tables = export.tables()
    for row in tables["LiveChatVisitor"]:
        row["Name"] = "changed"
    export.folder(desk.source, tables)
    faults = {
        "rules": [{"scope": "record", "object": "MessagingEndUser", "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION"}]
    }
    session = desk.live.session()
    assert session.put(f"{desk.live.http}/_chatlift/faults", json=faults).status_code == 200
    accounts = desk.load().document["accounts"]
    assert accounts["MessagingEndUser"]["failed"] > 0
    assert accounts["MessagingSession"]["blocked"] == 0
    assert session.delete(f"{desk.live.http}/_chatlift/faults").status_code == 200
    retried = loads.retry(desk.org, desk.work, Plan(), Options(only_open=True), quiet)
    assert retried.document["accounts"]["MessagingEndUser"]["updated"] == accounts["MessagingEndUser"]["failed"]


def test_source_that_lost_most_of_its_chats_deletes_nothing(desk: Desk, export: Any) -> None:
    tables = export.tables()
    tables["LiveChatTranscript"] += [export.transcript(number) for number in range(100, 230)]
    export.folder(desk.source, tables)
    assert desk.load().exit_code == 0
    export.folder(desk.source, tables | {"LiveChatTranscript": tables["LiveChatTranscript"][:7]})
    with pytest.raises(TerminalError, match=r"130 of 136 chats .* are gone from the source; nothing was deleted"):
        desk.load(deletes=True)
    assert desk.count("MessagingSession") == 136


def test_what_the_plan_masks_comes_into_no_file_and_no_record(desk: Desk, tmp_path: Path, export: Any) -> None:
    plan = Plan(privacy=Privacy(fields={"LiveChatTranscript.IpAddress": "drop", "LiveChatVisitor.SessionKey": "drop"}))
    refusing = Refusing(desk.live.http, desk.token, "570000000000001AAA")
    assert desk.load(plan, org=refusing).exit_code == 3
    assert loads.retry(desk.org, desk.work, plan, Options(only_open=True), quiet).exit_code == 0
    restored = desk.restored(tmp_path)
    held = export.tree(desk.work) | {f"restored/{name}": content for name, content in export.tree(restored).items()}
    with ZipFile(desk.work / "archive.zip") as archive:
        held |= {name: archive.read(name) for name in archive.namelist()}
    held |= {row["Id"]: desk.org.raw("GET", row["VersionData"]).content for row in versions(desk.org)}
    raw = (b"192.0.2.7", b"c0ffee00-0000-4000-8000")
    assert [name for name, content in held.items() if any(value in content for value in raw)] == []
    sessions = desk.org.query("SELECT Legacy_Ip_Address__c FROM MessagingSession")
    assert {row["Legacy_Ip_Address__c"] for row in sessions} == {None}


def versions(org: Org) -> Iterator[dict[str, Any]]:
    yield from org.query("SELECT Id, VersionData FROM ContentVersion")


def test_org_that_is_source_and_target_keeps_its_owners_cases_and_contacts(desk: Desk) -> None:
    def made(name: str, **fields: Any) -> str:
        return str(desk.org.send("POST", f"{desk.org.version_path}/sobjects/{name}", fields)["id"])

    contact, case, visitor = made("Contact", LastName="Olin"), made("Case", Subject="Lost"), made("LiveChatVisitor")
    chat = {
        "LiveChatVisitorId": visitor,
        "ContactId": contact,
        "CaseId": case,
        "Status": "Completed",
        "EndedBy": "Agent",
    }
    times = {
        "RequestTime": "2026-03-02T08:05:00Z",
        "StartTime": "2026-03-02T08:05:07Z",
        "EndTime": "2026-03-02T08:06:00Z",
    }
    transcript = made("LiveChatTranscript", **chat, **times, ChatKey="key-1")

    def folder(place: Path) -> int:
        return run_org(desk.org, place, Plan()).exit_code

    outcome = loads.load("o", folder, desk.org, desk.work, Plan(), Options(), quiet)
    assert outcome.exit_code == 0
    assert outcome.document["notes"] == []
    fields = "CaseId, OwnerId, MessagingEndUser.ContactId, EndUserContactId, Legacy_Transcript_Id__c"
    [session] = desk.org.query(f"SELECT {fields} FROM MessagingSession")
    [legacy] = desk.org.query("SELECT OwnerId FROM LiveChatTranscript")
    assert session["Legacy_Transcript_Id__c"] == transcript
    assert session["CaseId"] == case
    assert session["OwnerId"] == legacy["OwnerId"]
    assert session["MessagingEndUser"]["ContactId"] == contact


def test_a_load_reads_each_form_and_a_change_of_form_writes_nothing_but_the_archive(
    desk: Desk, tmp_path: Path, export: Any
) -> None:
    def loaded(form: str) -> dict[str, int]:
        def folder(place: Path) -> int:
            return run(desk.source, place, Plan(), form=form).exit_code

        mark = work_folder.fingerprint_of(desk.source, Plan(), form)
        outcome = loads.load(mark, folder, desk.org, desk.work, Plan(), Options(), quiet)
        assert (outcome.exit_code, outcome.findings) == (0, [])
        accounts = outcome.document["accounts"]
        return {
            name: account["inserted"] + account["updated"] + account["replaced"] for name, account in accounts.items()
        }

    assert loaded("csv")["MessagingSession"] == 6
    counts = desk.counts()
    for form in ("jsonl", "parquet"):
        assert [name for name, written in loaded(form).items() if written] == ["ContentVersion archive"]
        assert desk.counts() == counts
    assert export.tree(desk.restored(tmp_path)) == export.tree(desk.source)


def test_files_of_chats_are_uploaded_or_linked_where_the_org_has_them(desk: Desk, export: Any, tmp_path: Path) -> None:
    large, small = b"\x00\xff" * 1_800_000, b"a lamp"
    encoded = base64.b64encode(small).decode()
    values = {"Title": "lamp", "PathOnClient": "lamp.png", "VersionData": encoded}
    held = desk.org.send("POST", f"{desk.org.version_path}/sobjects/ContentVersion", values)["id"]
    document = next(iter(desk.org.query(f"SELECT ContentDocumentId FROM ContentVersion WHERE Id = '{held}'")))
    chat = "570000000000001AAA"
    rows = [
        {"Id": held, "Checksum": md5(small).hexdigest(), "Title": "lamp", "PathOnClient": "lamp.png"},
        {"Id": "068000000000009AAA", "Checksum": "", "Title": "big", "PathOnClient": "../x\\big.bin"},
        {"Id": "068000000000008AAA", "Checksum": "", "Title": "big", "PathOnClient": "big.bin"},
    ]
    place = {"FirstPublishLocationId": chat, "CreatedDate": "2026-03-02 08:05:00", "IsLatest": "1"}
    export.folder(desk.source, {"ContentVersion": [row | place for row in rows]})
    (desk.source / "ContentVersion").mkdir()
    for row, content in zip(rows, (small, large, b"other"), strict=True):
        (desk.source / "ContentVersion" / row["Id"]).write_bytes(content)
    before = desk.count("ContentVersion")
    outcome = desk.load()
    assert (outcome.exit_code, outcome.findings) == (0, [])
    accounts = outcome.document["accounts"]
    assert accounts["ContentDocumentLink"]["inserted"] == 1
    assert accounts["ContentVersion attached"]["inserted"] == 2
    session = desk.session(1)["Id"]
    found = desk.org.query(f"SELECT ContentDocumentId FROM ContentDocumentLink WHERE LinkedEntityId = '{session}'")
    documents = [row["ContentDocumentId"] for row in found]
    assert document["ContentDocumentId"] in documents
    assert len(documents) == 5
    named = ", ".join(f"'{id_}'" for id_ in documents)
    files = desk.org.query(
        f"SELECT Id, PathOnClient, ContentSize FROM ContentVersion WHERE ContentDocumentId IN ({named}) AND Title = 'big'"
    )
    sizes = {row["ContentSize"]: (row["PathOnClient"], row["Id"]) for row in files}
    assert {size: name for size, (name, _) in sizes.items()} == {len(large): "big.bin", 5: "big.bin"}
    assert Target(desk.org).content(sizes[len(large)][1]) == large
    again = desk.load().document["accounts"]
    assert again["ContentDocumentLink"]["same"] == 1
    assert again["ContentVersion attached"]["same"] == 2
    assert export.tree(desk.restored(tmp_path)) == export.tree(desk.source)
    undone = loads.rollback(outcome.run, desk.org, desk.work, Plan(), quiet)
    assert not undone.left
    assert desk.count("ContentVersion") == before
    assert Target(desk.org).content(held) == small


WHOLE = Plan(carriers=("file", "object", "field", "entries"))


def everything(desk: Desk) -> dict[str, Any]:
    """What the org holds, without ids and stamps; a session is named by its transcript."""
    sessions = desk.org.query("SELECT Id, Legacy_Transcript_Id__c FROM MessagingSession")
    names = {row["Id"]: row["Legacy_Transcript_Id__c"] for row in sessions}
    found: dict[str, Any] = {}
    for kind in (*MADE, "Legacy_Chat_Message__c", "ConversationEntry", "ContentVersion", "MessagingChannel"):
        columns = Target(desk.org).needed(kind).columns
        fields = [name for name, column in columns.items() if column.is_createable] or ["Title"]
        if kind == "ContentVersion":
            fields = ["Title", "PathOnClient", "Checksum"]
        where = " WHERE IsLatest = true" if kind == "ContentVersion" else ""
        records = desk.org.query(f"SELECT {', '.join(fields)} FROM {kind}{where}")
        found[kind] = sorted(
            orjson.dumps({name: names.get(str(row[name]), row[name]) for name in fields}) for row in records
        )
    links = desk.org.query(
        f"SELECT LinkedEntityId, ContentDocument.Title FROM ContentDocumentLink WHERE LinkedEntityId IN ({str(list(names))[1:-1]})"
    )
    found["links"] = sorted((names[row["LinkedEntityId"]], row["ContentDocument"]["Title"]) for row in links)
    return found


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What is gone and what has come, by object."""
    counted = {name: (Counter(rows), Counter(after[name])) for name, rows in before.items()}
    return {name: (old - new, new - old) for name, (old, new) in counted.items() if old != new}


def change(desk: Desk, export: Any, **values: str) -> None:
    """Change the first chat in the source."""
    tables = export.tables()
    tables["LiveChatTranscript"][0].update(values)
    export.folder(desk.source, {"LiveChatTranscript": tables["LiveChatTranscript"]})


LATER = {"EndTime": "2026-03-02 09:59:59"}


def ours_and_theirs(desk: Desk, export: Any) -> list[dict[str, str]]:
    """Give the source a file that the org has already, and one that it has not."""
    values = {"Title": "lamp", "PathOnClient": "lamp.png", "VersionData": base64.b64encode(b"a lamp").decode()}
    held = desk.org.send("POST", f"{desk.org.version_path}/sobjects/ContentVersion", values)["id"]
    place = {"FirstPublishLocationId": "570000000000001AAA", "CreatedDate": "2026-03-02 08:05:00", "IsLatest": "1"}
    files = [
        {"Id": held, "Checksum": md5(b"a lamp").hexdigest(), "Title": "lamp", "PathOnClient": "lamp.png"},
        {"Id": "068000000000008AAA", "Checksum": "", "Title": "note", "PathOnClient": "note.txt"},
    ]
    rows = [row | place for row in files]
    export.folder(desk.source, {"ContentVersion": rows})
    (desk.source / "ContentVersion").mkdir()
    (desk.source / "ContentVersion" / "068000000000008AAA").write_bytes(b"a note")
    (desk.source / "ContentVersion" / held).write_bytes(b"a lamp")
    return rows


def test_a_replacement_that_is_taken_back_leaves_everything_as_it_was(desk: Desk, export: Any) -> None:
    ours_and_theirs(desk, export)
    first = desk.load(WHOLE)
    assert (first.exit_code, first.document["accounts"]["ContentVersion attached"]["inserted"]) == (0, 1)
    attach(desk, "mine")
    before = everything(desk)
    change(desk, export, **LATER, Body=export.BODY.replace("Bye", "Farewell"))
    second = desk.load(WHOLE, replace=True)
    assert (second.exit_code, second.findings) == (0, [])
    replaced = everything(desk)
    assert replaced != before
    assert replaced["links"] == before["links"]
    assert {name: len(rows) for name, rows in replaced.items()} == {name: len(rows) for name, rows in before.items()}
    assert not loads.rollback(second.run, desk.org, desk.work, WHOLE, quiet).left
    assert differences(before, everything(desk)) == {}
    assert not loads.rollback(first.run, desk.org, desk.work, WHOLE, quiet).left
    assert set(desk.counts().values()) == {0, 2}
    assert desk.count("ContentDocument") == 2


def test_a_replacement_of_what_another_work_folder_loaded_is_taken_back(
    desk: Desk, export: Any, tmp_path: Path
) -> None:
    assert desk.load(WHOLE).exit_code == 0
    before = everything(desk)
    change(desk, export, **LATER)
    desk.work = tmp_path / "another"
    second = desk.load(WHOLE, replace=True)
    assert second.exit_code == 0
    assert not loads.rollback(second.run, desk.org, desk.work, WHOLE, quiet).left
    after = differences(before, everything(desk))
    assert {name for name in after if name not in ("ContentVersion", "ContentDocument")} == set()


def test_an_update_and_a_replacement_behind_it_are_taken_back_one_after_the_other(desk: Desk, export: Any) -> None:
    first = desk.load(WHOLE)
    before = everything(desk)
    change(desk, export, IpAddress="203.0.113.5")
    second = desk.load(WHOLE)
    between = everything(desk)
    change(desk, export, IpAddress="203.0.113.5", **LATER)
    third = desk.load(WHOLE, replace=True)
    for run_id, then in ((third.run, between), (second.run, before)):
        assert not loads.rollback(run_id, desk.org, desk.work, WHOLE, quiet).left
        assert differences(then, everything(desk)) == {}
    assert not loads.rollback(first.run, desk.org, desk.work, WHOLE, quiet).left
    assert set(desk.counts().values()) == {0}


@pytest.mark.parametrize(
    ("method", "kind"),
    [("delete", ""), ("insert", "MessagingSession"), ("insert", "ContentDocumentLink"), ("insert", "MessagingSessionMetrics")],
)  # fmt: skip
def test_a_replacement_that_fails_in_passing_does_nothing_twice(
    desk: Desk, export: Any, monkeypatch: pytest.MonkeyPatch, method: str, kind: str
) -> None:
    desk.load(WHOLE)
    before = everything(desk)
    change(desk, export, **LATER)
    failing(monkeypatch, method, kind)
    second = desk.load(WHOLE, replace=True)
    assert (second.exit_code, second.findings) == (0, [])
    assert everything(desk)["links"] == before["links"]
    assert {name: len(rows) for name, rows in everything(desk).items()} == {
        name: len(rows) for name, rows in before.items()
    }
    assert not loads.rollback(second.run, desk.org, desk.work, WHOLE, quiet).left
    assert differences(before, everything(desk)) == {}


@pytest.mark.parametrize(
    "kind", ["MessagingSession", "MessagingSessionMetrics", "ConversationEntry", "ContentDocumentLink"]
)
def test_a_rollback_that_was_broken_off_goes_on(
    desk: Desk, export: Any, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    desk.load(WHOLE)
    before = everything(desk)
    change(desk, export, **LATER)
    second = desk.load(WHOLE, replace=True)
    failing(monkeypatch, "insert", kind)
    with pytest.raises(TransientError):
        loads.rollback(second.run, desk.org, desk.work, WHOLE, quiet)
    assert not loads.rollback(second.run, desk.org, desk.work, WHOLE, quiet).left
    assert differences(before, everything(desk)) == {}


class Killed(BaseException):
    """The process ends here."""


def killed_at(monkeypatch: pytest.MonkeyPatch, method: str, kind: str, meanwhile: int = 0) -> None:
    """End the first call that writes records of a kind, after the first so many of them."""
    real, calls = getattr(Target, method), [0]

    def once(self: Target, name: str, records: Any) -> Any:
        if name == kind and records and not calls[0]:
            calls[0] = 1
            if meanwhile:
                real(self, name, records[:meanwhile])
            raise Killed
        return real(self, name, records)

    monkeypatch.setattr(Target, method, once)


def attach(desk: Desk, title: str) -> None:
    """Put a file on the session of the first chat, as a person does."""
    content = base64.b64encode(title.encode()).decode()
    values = {"Title": title, "PathOnClient": f"{title}.txt", "VersionData": content}
    place = {"FirstPublishLocationId": desk.session(1)["Id"]}
    desk.org.send("POST", f"{desk.org.version_path}/sobjects/ContentVersion", values | place)


def test_a_retry_looks_at_what_went_with_a_session(desk: Desk, export: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.load(WHOLE)
    before = {name: len(rows) for name, rows in everything(desk).items()}
    change(desk, export, **LATER)
    killed_at(monkeypatch, "insert", "MessagingSessionMetrics")
    with pytest.raises(Killed):
        desk.load(WHOLE, replace=True)
    retried = loads.retry(desk.org, desk.work, WHOLE, Options(replace=True, only_open=True), quiet)
    assert (retried.exit_code, retried.findings) == (0, [])
    assert {name: len(rows) for name, rows in everything(desk).items()} == before
    assert [row["Session__c"] for row in desk.org.query("SELECT Session__c FROM Legacy_Chat_Message__c")].count(
        None
    ) == 0


def test_files_that_were_not_brought_along_are_by_the_next_load(
    desk: Desk, export: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.load(WHOLE)
    attach(desk, "mine")
    attach(desk, "yours")
    before = everything(desk)
    change(desk, export, **LATER)
    killed_at(monkeypatch, "insert", "ContentDocumentLink", meanwhile=1)
    with pytest.raises(Killed):
        desk.load(WHOLE, replace=True)
    change(desk, export, EndTime="2026-03-02 09:58:59")
    assert desk.load(WHOLE, replace=True).exit_code == 0
    after = everything(desk)
    assert (after["links"], after["ContentDocument"]) == (before["links"], before["ContentDocument"])


def test_links_that_are_refused_for_a_while_are_tried_again(
    desk: Desk, export: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.load(WHOLE)
    attach(desk, "mine")
    before = everything(desk)
    change(desk, export, **LATER)
    real, calls = Target.insert, [0]

    def insert(self: Target, name: str, records: Any) -> Any:
        if name == "ContentDocumentLink" and records and not calls[0]:
            calls[0] = 1
            return [Result(None, "UNABLE_TO_LOCK_ROW", "locked") for _ in records]
        return real(self, name, records)

    monkeypatch.setattr(Target, "insert", insert)
    second = desk.load(WHOLE, replace=True)
    assert (second.exit_code, second.findings, calls) == (0, [], [1])
    after = everything(desk)
    assert (after["links"], after["ContentDocument"]) == (before["links"], before["ContentDocument"])


def test_a_link_of_ours_is_still_ours_behind_a_replacement(desk: Desk, export: Any) -> None:
    rows = ours_and_theirs(desk, export)
    desk.load(WHOLE)
    change(desk, export, **LATER)
    desk.load(WHOLE, replace=True)
    assert ("570000000000001AAA", "lamp") in everything(desk)["links"]
    export.folder(desk.source, {"ContentVersion": rows[1:]})
    desk.load(WHOLE, deletes=True)
    assert ("570000000000001AAA", "lamp") not in everything(desk)["links"]


def test_a_replacement_and_a_deletion_behind_it_are_taken_back(desk: Desk, export: Any) -> None:
    desk.load(WHOLE)
    change(desk, export, **LATER)
    desk.load(WHOLE, replace=True)
    attach(desk, "mine")
    before = everything(desk)
    tables = export.tables()
    for name in ("LiveChatTranscript", "LiveChatTranscriptEvent"):
        tables[name] = [row for row in tables[name] if "570000000000001AAA" not in row.values()]
    export.folder(desk.source, tables)
    third = desk.load(WHOLE, deletes=True)
    assert desk.count("MessagingSession") == 5
    assert not loads.rollback(third.run, desk.org, desk.work, WHOLE, quiet).left
    assert differences(before, everything(desk)) == {}


def test_a_rollback_does_not_take_what_it_restored_for_the_runs_own(
    desk: Desk, export: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.load(WHOLE)
    before = everything(desk)
    change(desk, export, **LATER)
    desk.work = tmp_path / "another"
    killed_at(monkeypatch, "insert", "ConversationEntry")
    with pytest.raises(Killed):
        desk.load(WHOLE, replace=True)
    [(run_id, _)] = work_folder.runs_of(desk.work)
    killed_at(monkeypatch, "update", "Legacy_Chat_Message__c")
    with pytest.raises(Killed):
        loads.rollback(run_id, desk.org, desk.work, WHOLE, quiet)
    assert not loads.rollback(run_id, desk.org, desk.work, WHOLE, quiet).left
    assert differences(before, everything(desk)) == {}


def failing(monkeypatch: pytest.MonkeyPatch, method: str, kind: str) -> None:
    """Let the first call that inserts records of a kind, or deletes sessions, be carried out without an answer."""
    real, calls = getattr(Target, method), [0]

    def once(self: Target, *words: Any) -> Any:
        answer = real(self, *words)
        is_meant = words[0] == kind if method == "insert" else bool(words[0]) and words[0][0].startswith("0Mw")
        calls[0] += is_meant and bool(words[-1])
        if is_meant and words[-1] and calls[0] == 1:
            raise TransientError(f"{self.org.url} did not answer", "")
        return answer

    monkeypatch.setattr(Target, method, once)


@pytest.mark.parametrize("carrier", ["file", "entries", "object"])
def test_a_replacement_is_rehearsed(desk: Desk, export: Any, carrier: str) -> None:
    plan = Plan(carriers=(carrier,))
    desk.load(plan)
    before = everything(desk)
    change(desk, export, **LATER)

    def folder(place: Path) -> int:
        return run(desk.source, place, plan).exit_code

    rehearsed = rehearse(folder, desk.org, desk.work, plan, Options(replace=True), quiet)
    assert (rehearsed.exit_code, rehearsed.findings) == (0, [])
    assert rehearsed.document["accounts"]["MessagingSession"]["replaced"] == 1
    assert differences(before, everything(desk)) == {}


def test_a_newer_export_is_a_delta_and_chats_that_left_it_stay_out_of_the_restore(
    desk: Desk, tmp_path: Path, export: Any
) -> None:
    desk.load()
    tables = export.tables()
    for name in ("LiveChatTranscript", "LiveChatTranscriptEvent"):
        tables[name] = [row for row in tables[name] if "570000000000002AAA" not in row.values()]
    tables["LiveChatTranscript"].append(export.transcript(8))
    export.folder(desk.source, tables)
    accounts = desk.load().document["accounts"]
    assert (accounts["MessagingSession"]["inserted"], accounts["MessagingSession"]["same"]) == (1, 5)
    assert desk.count("MessagingSession") == 7
    assert export.tree(desk.restored(tmp_path)) == export.tree(desk.source)
