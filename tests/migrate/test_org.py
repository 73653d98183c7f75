"""An org as a source, over HTTP."""

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import pytest
import requests
import responses

from chatlift.migrate import Plan, TerminalError, UsageError
from chatlift.migrate.extract.bulk import bulk_object, bulk_records
from chatlift.migrate.extract.org import BULK_FROM, _all, _records, pull
from chatlift.migrate.port import Org, checked_url
from chatlift.migrate.prospect import look_org
from chatlift.migrate.run import run, run_org
from chatlift.migrate.verify import verify
from chatlift.schemas.ids import normalize

if TYPE_CHECKING:
    from chatlift.emulator.live import LiveOrg

Command = Callable[..., tuple[int, str, str]]
URL = "https://org.test"
VERSIONS = [{"version": "60.0", "url": "/services/data/v60.0"}, {"version": "62.0", "url": "/services/data/v62.0"}]


def an_org() -> tuple[Org, list[float]]:
    waits: list[float] = []
    return Org(URL, "token", waits.append), waits


@responses.activate
def test_pages_are_followed_to_the_last() -> None:
    responses.get(f"{URL}/services/data/", json=VERSIONS)
    page = {"done": False, "nextRecordsUrl": "/services/data/v62.0/query/01g-2", "records": [{"Id": "1"}, {"Id": "2"}]}
    responses.get(f"{URL}/services/data/v62.0/query", json=page)
    responses.get(f"{URL}/services/data/v62.0/query/01g-2", json={"done": True, "records": [{"Id": "3"}]})
    org, _ = an_org()
    assert [row["Id"] for row in org.query("SELECT Id FROM LiveChatTranscript")] == ["1", "2", "3"]
    assert responses.calls[1].request.headers["Authorization"] == "Bearer token"
    assert responses.calls[1].request.headers["Sforce-Query-Options"] == "batchSize=200"


@responses.activate
def test_failure_in_passing_is_tried_again() -> None:
    responses.get(f"{URL}/services/data/", status=503)
    responses.get(f"{URL}/services/data/", body=requests.exceptions.ConnectionError("gone"))
    responses.get(f"{URL}/services/data/", json=VERSIONS)
    org, waits = an_org()
    assert waits == [0.5, 1.0]
    assert org.url == URL


@responses.activate
def test_failure_that_stays_ends_the_run() -> None:
    responses.get(f"{URL}/services/data/", status=503)
    waits: list[float] = []
    with pytest.raises(TerminalError, match="answered 503 5 times"):
        Org(URL, "token", waits.append)
    assert waits == [0.5, 1.0, 2.0, 4.0]


@responses.activate
def test_token_that_is_refused_is_not_tried_again() -> None:
    refusal = [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]
    responses.get(f"{URL}/services/data/", status=401, json=refusal)
    with pytest.raises(TerminalError, match="refuses the access token"):
        an_org()
    assert len(responses.calls) == 1


@responses.activate
def test_object_that_the_org_does_not_have() -> None:
    responses.get(f"{URL}/services/data/", json=VERSIONS)
    responses.get(
        f"{URL}/services/data/v62.0/sobjects/LiveAgentSession/describe", status=404, json=[{"errorCode": "NOT_FOUND"}]
    )
    org, _ = an_org()
    assert org.fields("LiveAgentSession") is None


@responses.activate
def test_address_of_another_machine_is_not_called() -> None:
    responses.get(f"{URL}/services/data/", json=VERSIONS)
    page = {"done": False, "nextRecordsUrl": "@elsewhere.test/steal", "records": [{"Id": "1"}]}
    responses.get(f"{URL}/services/data/v62.0/query", json=page)
    org, _ = an_org()
    with pytest.raises(TerminalError, match="not its own"):
        list(org.query("SELECT Id FROM LiveChatTranscript"))
    assert len(responses.calls) == 2


@responses.activate
def test_proxy_of_the_environment_is_for_https_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    for url in ("http://127.0.0.1:8080", URL):
        responses.get(f"{url}/services/data/", json=VERSIONS)
        Org(url, "token")
    plain, secure = (call.request for call in responses.calls)
    assert not plain.req_kwargs["proxies"]  # type: ignore[attr-defined]
    assert secure.req_kwargs["proxies"]["https"] == "http://proxy.test:3128"  # type: ignore[attr-defined]


class ManyFields:
    """An org of one object whose fields no single URL takes, and whose second record is changed between two queries."""

    url = URL

    def __init__(self, changes: int) -> None:
        self.names = [
            "Id",
            "SystemModstamp",
            *(f"Quite_A_Long_Name_Of_A_Field_{number:03}__c" for number in range(300)),
        ]
        self.changes = changes
        self.longest = 0

    def query(self, soql: str) -> Iterator[dict[str, Any]]:
        self.longest = max(self.longest, len(quote(soql)))
        names = soql[len("SELECT ") : soql.index(" FROM")].split(", ")
        ids = [f"570{number:015}" for number in range(250)]
        for id_ in ids:
            if "WHERE" not in soql or id_ in soql:
                yield {name: id_ if name == "Id" else f"{name} {self.changes}" for name in names}
        if "WHERE" in soql and self.changes:
            self.changes -= 1


@pytest.mark.parametrize("changes", [0, 1])
def test_fields_that_no_url_takes_come_in_several_queries(changes: int) -> None:
    org = ManyFields(changes)
    rows = list(_records(cast(Org, org), "LiveChatTranscript", org.names))
    assert [row["Id"] for row in rows] == [f"570{number:015}" for number in range(250)]
    assert all(list(row) == org.names for row in rows)
    assert {row[org.names[-1]] for row in rows} == {f"{org.names[-1]} 0"}
    assert org.longest < 8000


def test_rows_that_never_stop_changing_end_the_run() -> None:
    org = ManyFields(1000)
    with pytest.raises(TerminalError, match="changes while it is read"):
        list(_records(cast(Org, org), "LiveChatTranscript", org.names))


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("http://org.test", "is not encrypted"),
        ("https://user:secret@org.test", "holds credentials"),
        ("https://", "is not a URL"),
        ("https://org.test:port", "port"),
        ("https://acme--dev.sandbox.lightning.force.com/lightning/o/Case", "give its own host"),
        ("https://login.salesforce.com", "give its own host"),
    ],
)
def test_urls_that_are_refused(url: str, part: str) -> None:
    with pytest.raises(UsageError, match=part) as refused:
        checked_url(url)
    assert "secret" not in str(refused.value)


def test_urls_that_are_taken() -> None:
    assert checked_url("https://org.test/services?token=1") == "https://org.test"
    assert checked_url("http://127.0.0.1:8080/") == "http://127.0.0.1:8080"
    assert checked_url("http://[::1]:8080") == "http://[::1]:8080"


def test_token_is_asked_for(chatlift: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHATLIFT_SOURCE_TOKEN", raising=False)
    status, _, err = chatlift("migrate", "https://org.test", tmp_path / "out")
    assert status == 2
    assert "CHATLIFT_SOURCE_TOKEN" in err
    assert not (tmp_path / "out").exists()


@pytest.mark.salesforce(seed="support-day")
def test_support_day_is_pulled_from_an_org(salesforce_server: "LiveOrg", tmp_path: Path, export: Any) -> None:
    from simple_salesforce import Salesforce

    client = Salesforce(
        username="admin@chatlift.test",
        password="test",
        security_token="test",
        domain=salesforce_server.login_domain,
        session=salesforce_server.session(),
    )
    outcome = run_org(Org(salesforce_server.http, client.session_id), tmp_path / "out", Plan())
    assert outcome.exit_code == 0
    count = client.query("SELECT COUNT() FROM LiveChatTranscript")["totalSize"]
    assert outcome.manifest["accounts"]["LiveChatTranscript"]["read"] == count > 0
    assert outcome.manifest["source"]["name"] == salesforce_server.http
    assert verify(tmp_path / "out") == []
    sight = look_org(Org(salesforce_server.http, client.session_id))
    assert sight.objects["LiveChatTranscript"] == count == sum(sight.statuses.values())
    assert len(sight.channels) == client.query("SELECT COUNT() FROM LiveChatButton")["totalSize"] > 0
    assert outcome.manifest["share"]["bodyBytes"]["residuePercent"] < 5
    assert list((tmp_path / "out" / ".chatlift").iterdir()) == []


def signed_in(server: "LiveOrg") -> Any:
    from simple_salesforce import Salesforce

    return Salesforce(
        username="admin@chatlift.test",
        password="test",
        security_token="test",
        domain=server.login_domain,
        session=server.session(),
    )


@pytest.mark.salesforce(seed="support-day")
def test_bulk_queries_and_rest_give_the_same_structures(
    salesforce_server: "LiveOrg", tmp_path: Path, export: Any
) -> None:
    client = signed_in(salesforce_server)
    gone = client.query("SELECT Id FROM LiveChatTranscript ORDER BY Id LIMIT 1")["records"][0]["Id"]
    client.LiveChatTranscript.delete(gone)
    org = Org(salesforce_server.http, client.session_id, lambda seconds: None)
    kinds = {"rest": BULK_FROM, "bulk": 1}
    for name, bulk_from in kinds.items():
        pull(org, tmp_path / name, lambda step, done, total: None, bulk_from=bulk_from)
        outcome = run(tmp_path / name, tmp_path / f"out-{name}", Plan())
        account = outcome.manifest["accounts"]["LiveChatTranscript"]
        assert account["read"] == client.query("SELECT COUNT() FROM LiveChatTranscript")["totalSize"] + 1
        skipped = {row["id"]: row["reason"] for row in export.rows(tmp_path / f"out-{name}", "skipped")}
        assert skipped[gone] == "deleted in the source"
        assert verify(tmp_path / f"out-{name}") == []
    for kind in ("MessagingSession", "ConversationEntry", "OffPlatformEntry"):
        rows = [[row["Id"] for row in export.rows(tmp_path / f"out-{name}", kind)] for name in kinds]
        assert sorted(rows[0]) == sorted(rows[1]) != []
    assert client.restful("jobs/query")["records"] == []
    with (tmp_path / "rest" / "User.csv").open(newline="") as stream:
        users = {row["Id"] for row in csv.DictReader(stream)}
    owners = client.query("SELECT OwnerId FROM LiveChatTranscript")["records"]
    assert {row["OwnerId"] for row in owners if row["OwnerId"].startswith("005")} <= users
    assert len(users) < client.query("SELECT COUNT() FROM User")["totalSize"]


@responses.activate
def test_a_query_that_the_org_gave_up_goes_on_behind_the_last_row() -> None:
    responses.get(f"{URL}/services/data/", json=VERSIONS)
    page = {"done": False, "nextRecordsUrl": "/services/data/v62.0/query/01g-2", "records": [{"Id": "1"}, {"Id": "2"}]}
    first = responses.get(f"{URL}/services/data/v62.0/query", json=page)
    lost = [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}]
    responses.get(f"{URL}/services/data/v62.0/query/01g-2", json=lost, status=400)
    again = responses.get(f"{URL}/services/data/v62.0/query", json={"done": True, "records": [{"Id": "3"}]})
    org, _ = an_org()
    assert [row["Id"] for row in _records(org, "LiveChatVisitor", ["Id"])] == ["1", "2", "3"]
    assert (first.call_count, again.call_count) == (1, 1)
    assert "Id%20%3E%20%272%27%20ORDER%20BY%20Id" in str(responses.calls[-1].request.url)


@responses.activate
def test_an_org_without_bulk_queries_is_read_over_rest() -> None:
    responses.get(f"{URL}/services/data/", json=VERSIONS)
    responses.get(
        f"{URL}/services/data/v62.0/query", json={"totalSize": 20_000, "done": True, "records": [{"Id": "1"}]}
    )
    refusal = [{"errorCode": "FEATURENOTENABLED", "message": "Async API not enabled"}]
    responses.post(f"{URL}/services/data/v62.0/jobs/query", json=refusal, status=403)
    org, _ = an_org()
    assert [row["Id"] for row in _all(org, "LiveChatVisitor", ["Id"], BULK_FROM)] == ["1"]


@responses.activate
def test_a_bulk_query_that_fails_ends_the_run() -> None:
    responses.get(f"{URL}/services/data/", json=VERSIONS)
    jobs = f"{URL}/services/data/v62.0/jobs/query"
    responses.post(jobs, json={"id": "750"})
    responses.get(f"{jobs}/750", json={"state": "InProgress"})
    responses.get(f"{jobs}/750", json={"state": "Failed", "errorMessage": "InvalidBatch"})
    deleted = responses.delete(f"{jobs}/750", status=204)
    org, waits = an_org()
    with pytest.raises(TerminalError, match=r"ended as Failed \(InvalidBatch\)"):
        list(bulk_records(org, "SELECT Id FROM LiveChatVisitor"))
    assert (waits, deleted.call_count) == ([0.2], 1)


class Ranges:
    """An org whose bulk jobs time out while they hold more than `most` of its rows."""

    url, version_path = URL, "/services/data/v62.0"

    def __init__(self, ids: list[str], most: int) -> None:
        self.ids, self.most = ids, most
        self.jobs: dict[str, list[str]] = {}
        self.states: list[str] = []
        self.deleted: list[str] = []

    def patiently(self, call: Callable[[], Any]) -> Any:
        return call()

    def _of(self, soql: str) -> list[str]:
        bounds = dict(re.findall(r"Id (>=|<) '(\w+)'", soql))
        first, end = bounds.get(">=", ""), bounds.get("<", "~")
        return [id_ for id_ in self.ids if first <= id_ < end]

    def query(self, soql: str, with_deleted: bool = False) -> Iterator[dict[str, Any]]:
        found = self._of(soql)
        yield from ({"Id": id_} for id_ in (found[:1] if "ASC" in soql else found[-1:]))

    def send(self, method: str, path: str, body: Any = None) -> Any:
        if method == "POST":
            job = f"job{len(self.jobs)}"
            self.jobs[job] = self._of(body["query"])
            return {"id": job}
        job = path.rpartition("/")[2]
        if method == "DELETE":
            self.deleted.append(job)
            return None
        if len(self.jobs[job]) > self.most:
            self.states.append("Failed")
            return {"state": "Failed", "errorMessage": "QUERY_TIMEOUT: Your query request was running for too long."}
        self.states.append("JobComplete")
        return {"state": "JobComplete"}

    def raw(self, method: str, path: str) -> Any:
        rows = "\r\n".join(["Id", *self.jobs[path.split("/")[-2]], ""])
        return SimpleNamespace(headers={"Sforce-Locator": "null"}, content=rows.encode())


@pytest.mark.parametrize(("chunk", "most"), [(250, 100), (10, 100), (10, 4)])
def test_a_large_object_is_read_by_ranges_of_ids_and_halved_where_a_range_is_too_large(chunk: int, most: int) -> None:
    ids = [normalize(f"571{'5g0' if number % 9 else '5gz'}00000Z{number:02}a") for number in range(90)]
    org = Ranges(sorted(ids), most)
    rows = bulk_object(cast(Org, org), "LiveChatVisitor", ["Id"], True, len(ids), chunk)
    assert sorted(row["Id"] for row in rows) == org.ids
    assert sorted(org.deleted) == sorted(org.jobs)
    assert ("Failed" in org.states) == (most < 40)
    assert (len(org.jobs) > 1) == (chunk < 90 or most < 90)


def test_a_job_that_no_halving_helps_ends_the_run() -> None:
    org = Ranges([normalize(f"571000000000{number:03}") for number in range(3)], 0)
    with pytest.raises(TerminalError, match="QUERY_TIMEOUT"):
        list(bulk_object(cast(Org, org), "LiveChatVisitor", ["Id"], False, 3))
    assert sorted(org.deleted) == sorted(org.jobs)


@pytest.mark.salesforce(seed="support-day")
def test_chats_that_arrive_while_an_org_is_read_are_left_to_the_next_run(
    salesforce_server: "LiveOrg", tmp_path: Path, export: Any
) -> None:
    client = signed_in(salesforce_server)
    org = Org(salesforce_server.http, client.session_id, lambda seconds: None)
    visitor = client.query("SELECT Id FROM LiveChatVisitor LIMIT 1")["records"][0]["Id"]
    arrived: list[str] = []

    def progress(step: str, done: int, total: int) -> None:
        return None

    query = org.query

    def watched(soql: str, with_deleted: bool = False) -> Iterator[dict[str, Any]]:
        if " FROM LiveChatTranscriptEvent" in soql and not arrived:
            made = client.LiveChatTranscript.create({"LiveChatVisitorId": visitor, "Status": "Completed"})
            arrived.append(made["id"])
            event = {"LiveChatTranscriptId": made["id"], "Type": "ChatRequest", "Time": "2026-02-14T09:00:00Z"}
            client.LiveChatTranscriptEvent.create(event)
        return query(soql, with_deleted)

    org.query = watched  # type: ignore[method-assign]
    late = pull(org, tmp_path / "pulled", progress)
    assert late == {"LiveChatTranscriptEvent": 1}
    outcome = run(tmp_path / "pulled", tmp_path / "out", Plan())
    assert outcome.exit_code == 0
    assert arrived[0].encode() not in (tmp_path / "pulled" / "LiveChatTranscriptEvent.csv").read_bytes()
    assert pull(Org(salesforce_server.http, client.session_id), tmp_path / "again", progress) == {}
    assert arrived[0].encode() in (tmp_path / "again" / "LiveChatTranscriptEvent.csv").read_bytes()


@pytest.mark.salesforce(seed="support-day")
def test_of_parents_those_are_read_that_chats_name(salesforce_server: "LiveOrg", tmp_path: Path, export: Any) -> None:
    client = signed_in(salesforce_server)
    contact = client.Contact.create({"LastName": "Olin", "FirstName": "Eve"})["id"]
    client.Contact.create({"LastName": "Nobody"})
    visitor = client.query("SELECT Id FROM LiveChatVisitor LIMIT 1")["records"][0]["Id"]
    chat = {"LiveChatVisitorId": visitor, "Status": "Completed", "RequestTime": "2026-02-14T08:00:00Z"}
    client.LiveChatTranscript.create({**chat, "ContactId": contact})
    kinds = {"rest": BULK_FROM, "bulk": 1}
    for name, bulk_from in kinds.items():
        org = Org(salesforce_server.http, client.session_id, lambda seconds: None)
        pull(org, tmp_path / name, lambda step, done, total: None, bulk_from=bulk_from)
        with (tmp_path / name / "Contact.csv").open(newline="") as stream:
            named = {row["Id"]: row["Name"] for row in csv.DictReader(stream)}
        asked = client.query("SELECT ContactId FROM LiveChatTranscript WHERE ContactId != null")["records"]
        assert set(named) == {row["ContactId"] for row in asked}
        assert named[contact] == "Eve Olin"
        run(tmp_path / name, tmp_path / f"out-{name}", Plan())
        names = {row["ContactId"]: row["Name"] for row in export.rows(tmp_path / f"out-{name}", "MessagingEndUser")}
        assert names[contact] == "Eve Olin"
        assert verify(tmp_path / f"out-{name}", tmp_path / name) == []
        assert not list(tmp_path.glob("*.part"))
