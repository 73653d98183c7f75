"""Faults, as the clients of each protocol meet them."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from lxml import etree
from simple_salesforce import Salesforce

from chatlift.emulator import OrgHandle, mock_salesforce
from chatlift.emulator.config import OrgConfig
from chatlift.emulator.errors import UsageError
from chatlift.emulator.live import LiveOrg, live_org

from .conftest import Client

LOCKED = "unable to obtain exclusive access to this record"
DESCRIBE = "/services/data/v59.0/sobjects/Contact/describe"


def envelope(org: OrgHandle, body: str) -> bytes:
    return (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"'
        ' xmlns:s="urn:sobject.partner.soap.sforce.com"><e:Header>'
        f"<SessionHeader><sessionId>{org.token()}</sessionId></SessionHeader></e:Header><e:Body>{body}</e:Body></e:Envelope>"
    ).encode()


def struck(org: OrgHandle) -> list[tuple[int, int]]:
    return [(rule["matched"], rule["struck"]) for rule in org.faults.shown()]


# --- each protocol's own shape ------------------------------------------------------------------------------------------


def test_rest_answers_its_array(client: Client) -> None:
    client.org.faults.set({"status": 503})
    answer = client.get("limits")
    assert (answer.status_code, answer.json()) == (
        503,
        [{"message": "Server too busy", "errorCode": "SERVER_UNAVAILABLE"}],
    )
    client.org.faults.set({"errorCode": "REQUEST_LIMIT_EXCEEDED"})
    answer = client.get("limits")
    assert (answer.status_code, answer.json()[0]["message"]) == (403, "TotalRequests Limit exceeded.")
    assert "Sforce-Limit-Info" in answer.headers


def test_soap_answers_a_fault(client: Client) -> None:
    client.org.faults.set({"errorCode": "SERVER_UNAVAILABLE", "api": "soap", "operation": "query", "object": "Contact"})

    def ask(soql: str) -> requests.Response:
        body = f"<query><queryString>{soql}</queryString></query>"
        return client.post("/services/Soap/u/59.0", data=envelope(client.org, body))

    answer = ask("SELECT Id FROM Contact WHERE LastName &lt; 'x'")
    assert answer.status_code == 500
    assert etree.fromstring(answer.content).findtext(".//{*}exceptionCode") == "SERVER_UNAVAILABLE"
    assert etree.fromstring(answer.content).findtext(".//faultcode") == "sf:SERVER_UNAVAILABLE"
    assert ask("SELECT Id FROM Account").status_code == 200


@pytest.mark.parametrize(
    ("rule", "status", "code"),
    [
        ({"status": 503}, 503, "SERVER_UNAVAILABLE"),
        ({"errorCode": "REQUEST_LIMIT_EXCEEDED"}, 400, "ExceededQuota"),
        ({"errorCode": "INVALID_SESSION_ID"}, 400, "InvalidSessionId"),
    ],
)
def test_the_first_bulk_api_answers_its_own_codes(client: Client, rule: dict[str, Any], status: int, code: str) -> None:
    client.org.faults.set({**rule, "api": "bulk1", "operation": "createJob", "object": "Contact"})
    told = {"operation": "insert", "object": "Contact", "contentType": "CSV"}
    headers = {"X-SFDC-Session": client.org.token()}
    answer = client.post("/services/async/59.0/job", json=told, headers=headers)
    assert (answer.status_code, answer.json()["exceptionCode"]) == (status, code)


def test_bulk_2_knows_the_type_of_a_job_by_its_id(client: Client) -> None:
    made = client.post("jobs/ingest", json={"operation": "insert", "object": "Contact"}).json()
    client.org.faults.set({"status": 503, "object": "Contact", "method": "PUT"})
    data = {"data": "LastName\nAda\n", "headers": {"Content-Type": "text/csv"}}
    answer = client.send("PUT", f"jobs/ingest/{made['id']}/batches", **data)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (503, "SERVER_UNAVAILABLE")
    client.org.faults.clear()
    assert client.send("PUT", f"jobs/ingest/{made['id']}/batches", **data).status_code == 201


def test_oauth_answers_its_object_and_chat_a_line(client: Client) -> None:
    grant = {"grant_type": "password", "client_id": "c", "client_secret": "s", "username": "u", "password": "p"}
    client.org.faults.set({"status": 503, "api": "oauth", "operation": "token"}, {"status": 503, "path": "/chat/*"})
    answer = client.post("/services/oauth2/token", data=grant)
    assert (answer.status_code, answer.json()) == (
        503,
        {"error": "server_unavailable", "error_description": "Server too busy"},
    )
    answer = client.get("/chat/rest/System/SessionId")
    assert (answer.status_code, answer.text) == (503, "Server too busy")
    client.org.faults.clear()
    assert client.post("/services/oauth2/token", data=grant).status_code == 200


def test_a_body_that_was_looked_at_arrives_whole(client: Client) -> None:
    client.org.faults.set({"status": 503, "object": "Nothing"})
    description = "ä" * 20_000
    made = client.post("sobjects/Account", json={"Name": "A", "Description": description}).json()["id"]
    assert client.get(f"sobjects/Account/{made}?fields=Description").json()["Description"] == description
    assert client.post("sobjects/Account", json={"Name": "B"}).status_code == 201


# --- what a rule chooses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "method", "path", "body"),
    [
        ("create", "POST", "sobjects/Contact", {"LastName": "A"}),
        ("create", "POST", "composite/tree/Contact", {"records": []}),
        ("create", "POST", "composite/sobjects", {"records": [{"attributes": {"type": "Contact"}, "LastName": "A"}]}),
        ("describe", "GET", "sobjects/Contact/describe", None),
        ("describe", "GET", "sobjects/Contact", None),
        ("retrieve", "GET", "sobjects/Contact/0035e0000000001AAA", None),
        ("update", "PATCH", "sobjects/Contact/0035e0000000001AAA", {"LastName": "A"}),
        ("update", "POST", "sobjects/Contact/0035e0000000001AAA?_HttpMethod=PATCH", {"LastName": "A"}),
        ("upsert", "PATCH", "sobjects/Contact/Email/a%40x.test", {"LastName": "A"}),
        ("delete", "DELETE", "sobjects/Contact/0035e0000000001AAA", None),
        ("query", "GET", "query?q=SELECT+Id,(SELECT+Id+FROM+Cases)+FROM+Contact", None),
        ("queryAll", "GET", "queryAll?q=SELECT+Id+FROM+Contact", None),
        ("getUpdated", "GET", "sobjects/Contact/updated?start=x&end=y", None),
        ("create", "POST", "tooling/sobjects/Contact", {}),
    ],
)
def test_a_rest_call_is_known_by_its_operation_and_type(
    client: Client, operation: str, method: str, path: str, body: Any
) -> None:
    client.org.faults.set({"status": 599, "operation": operation, "object": "Contact"})
    assert client.send(method, path, json=body).status_code == 599
    assert client.get("sobjects/Account/describe").status_code == 200


def test_rules_are_asked_in_order_and_slowness_adds_up(client: Client) -> None:
    client.org.faults.set({"latency_ms": 20}, {"latency_ms": 30}, {"status": 503, "after": 1}, {"status": 500})
    begun = time.monotonic()
    assert client.get("limits").status_code == 500
    assert time.monotonic() - begun >= 0.05
    assert client.get("limits").status_code == 503
    assert struck(client.org) == [(2, 2), (2, 2), (2, 1), (1, 1)]


def test_some_calls_pass_and_some_are_struck(client: Client) -> None:
    client.org.faults.set({"status": 503, "after": 2, "count": 2, "path": "*/limits"})
    assert [client.get("limits").status_code for _ in range(6)] == [200, 200, 503, 503, 200, 200]
    assert struck(client.org) == [(6, 2)]


def test_the_same_script_has_the_same_faults_in_every_run() -> None:
    def run(seed: int) -> list[int]:
        with mock_salesforce() as org:
            client = Client(org)
            org.faults.set({"status": 503, "probability": 0.5, "seed": seed})
            return [client.get("limits").status_code for _ in range(30)]

    assert run(7) == run(7)
    assert set(run(7)) == {200, 503}
    assert run(7) != run(8)


def test_a_part_of_a_composite_request_is_refused_in_its_place(client: Client) -> None:
    client.org.faults.set({"errorCode": "UNABLE_TO_LOCK_ROW", "object": "Contact", "operation": "create"})
    parts = [
        {"method": "POST", "url": f"/services/data/v59.0/sobjects/{name}", "referenceId": name, "body": {field: "A"}}
        for name, field in (("Account", "Name"), ("Contact", "LastName"))
    ]
    answer = client.post("composite", json={"compositeRequest": parts}).json()["compositeResponse"]
    assert [part["httpStatusCode"] for part in answer] == [201, 400]
    assert answer[1]["body"] == [{"message": LOCKED, "errorCode": "UNABLE_TO_LOCK_ROW"}]


# --- records ------------------------------------------------------------------------------------------------------------


def test_some_records_of_a_bulk_job_fail(client: Client) -> None:
    client.org.faults.set(
        {"scope": "record", "object": "Contact", "errorCode": "UNABLE_TO_LOCK_ROW", "after": 3, "count": 4}
    )
    made = client.post("jobs/ingest", json={"operation": "insert", "object": "Contact"}).json()["id"]
    rows = "LastName\n" + "".join(f"Name {number}\n" for number in range(10))
    client.send("PUT", f"jobs/ingest/{made}/batches", data=rows, headers={"Content-Type": "text/csv"})
    client.send("PATCH", f"jobs/ingest/{made}", json={"state": "UploadComplete"})
    assert client.org.jobs.settle()
    job = client.get(f"jobs/ingest/{made}").json()
    assert (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"]) == ("JobComplete", 10, 4)
    failed = client.get(f"jobs/ingest/{made}/failedResults").text.splitlines()[1:]
    assert [line.split(",")[-1].strip('"') for line in failed] == [f"Name {number}" for number in (3, 4, 5, 6)]
    assert all(f"UNABLE_TO_LOCK_ROW:{LOCKED}:--" in line for line in failed)


def test_a_record_fails_through_every_door(client: Client) -> None:
    made = client.post("sobjects/Contact", json={"LastName": "A"}).json()["id"]
    client.org.faults.set({"scope": "record", "errorCode": "UNABLE_TO_LOCK_ROW"})
    error = {"message": LOCKED, "errorCode": "UNABLE_TO_LOCK_ROW", "fields": []}
    for method, path, values in (
        ("POST", "sobjects/Contact", {"LastName": "B"}),
        ("PATCH", f"sobjects/Contact/{made}", {"LastName": "B"}),
        ("DELETE", f"sobjects/Contact/{made}", None),
    ):
        answer = client.send(method, path, json=values)
        assert (answer.status_code, answer.json()) == (400, [error])
    records = [{"attributes": {"type": "Contact"}, "LastName": name} for name in "BC"]
    found = client.post("composite/sobjects", json={"records": records}).json()
    assert [one["errors"][0]["statusCode"] for one in found] == ["UNABLE_TO_LOCK_ROW"] * 2
    body = f"<delete><ids>{made}</ids></delete>"
    soap = client.post("/services/Soap/u/59.0", data=envelope(client.org, body))
    assert etree.fromstring(soap.content).findtext(".//{*}statusCode") == "UNABLE_TO_LOCK_ROW"
    client.org.faults.clear()
    assert client.get("query?q=SELECT+LastName+FROM+Contact").json()["totalSize"] == 1


def test_rows_of_a_batch_draw_each_for_itself(client: Client) -> None:
    client.org.faults.set(preset="lock-contention", seed=3)
    records = [{"attributes": {"type": "Contact"}, "LastName": str(number)} for number in range(100)]
    answer = client.post("composite/sobjects", json={"records": records}).json()
    failed = sum(not one["success"] for one in answer)
    assert 5 < failed < 40
    assert struck(client.org) == [(100, failed)]


def test_a_seed_and_the_platform_itself_are_spared(org: OrgHandle) -> None:
    org.faults.set({"scope": "record", "errorCode": "UNABLE_TO_LOCK_ROW"})
    org.seed({"records": [{"object": "Contact", "fields": {"LastName": "A"}}]})
    assert struck(org) == [(0, 0)]


# --- connections and sessions -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def live() -> Iterator[LiveOrg]:
    with live_org() as running:
        yield running


@pytest.fixture(params=["in process", "https", "http"])
def reached(request: pytest.FixtureRequest) -> Iterator[tuple[OrgHandle, requests.Session, str]]:
    """An org, and a logged-in session that gets to it at a URL."""
    if request.param == "in process":
        with mock_salesforce() as org:
            session = org.mount(requests.Session())
            session.headers["Authorization"] = f"Bearer {org.token()}"
            yield org, session, org.url
        return
    live: LiveOrg = request.getfixturevalue("live")
    with live.session() as session:
        session.headers["Authorization"] = f"Bearer {live.org.token()}"
        yield live.org, session, live.https if request.param == "https" else live.http
    live.org.reset()


def test_a_connection_is_dropped(reached: tuple[OrgHandle, requests.Session, str]) -> None:
    org, session, url = reached
    org.faults.set({"drop": True, "count": 2})
    for _ in range(2):
        with pytest.raises(requests.ConnectionError, match=r"closed connection|reset by peer"):
            session.get(url + DESCRIBE, timeout=10)
    assert session.get(url + DESCRIBE, timeout=10).status_code == 200


def test_a_body_is_cut_off(reached: tuple[OrgHandle, requests.Session, str]) -> None:
    org, session, url = reached
    whole = session.get(url + DESCRIBE, timeout=10, headers={"Accept-Encoding": "identity"})
    org.faults.set({"truncate": 100, "count": 2})
    for _ in range(2):
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match=r"IncompleteRead\(100 bytes read"):
            session.get(url + DESCRIBE, timeout=10)
    assert session.get(url + DESCRIBE, timeout=10).content == whole.content


def test_a_refusal_is_cut_off_too(reached: tuple[OrgHandle, requests.Session, str]) -> None:
    org, session, url = reached
    org.faults.set({"truncate": 10_000, "count": 1})
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="1 more expected"):
        session.get(f"{url}/services/data/v59.0/nonsense", timeout=10)


def test_a_call_that_did_something_may_lose_its_answer(reached: tuple[OrgHandle, requests.Session, str]) -> None:
    org, session, url = reached
    org.faults.set({"truncate": 5, "operation": "create"})
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        session.post(f"{url}/services/data/v59.0/sobjects/Contact", json={"LastName": "Lost"}, timeout=10)
    found = session.get(f"{url}/services/data/v59.0/query?q=SELECT+LastName+FROM+Contact", timeout=10).json()
    assert [row["LastName"] for row in found["records"]] == ["Lost"]


def test_a_slow_call_keeps_nobody_out(live: LiveOrg) -> None:
    live.org.faults.set({"latency_ms": 150, "path": "*/limits"})
    begun = time.monotonic()
    with live.session() as session:
        headers = {"Authorization": f"Bearer {live.org.token()}"}
        assert session.get(f"{live.http}/services/data/v59.0/limits", headers=headers, timeout=10).status_code == 200
        assert time.monotonic() - begun >= 0.15
    live.org.reset()


def test_a_session_is_over(client: Client) -> None:
    client.org.faults.set({"expire_session": True, "count": 1})
    answer = client.get("limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")
    assert client.get("limits").status_code == 401
    client.session.headers["Authorization"] = f"Bearer {client.org.token()}"
    assert client.get("limits").status_code == 200


def test_a_session_of_soap_and_of_bulk_is_over(client: Client) -> None:
    client.org.faults.set({"expire_session": True, "path": "/services/[Sa]*"})
    answer = client.post("/services/Soap/u/59.0", data=envelope(client.org, "<getServerTimestamp/>"))
    assert etree.fromstring(answer.content).findtext(".//{*}exceptionCode") == "INVALID_SESSION_ID"
    answer = client.get("/services/async/59.0/job/7505e0000000001AAA", headers={"X-SFDC-Session": client.org.token()})
    assert answer.status_code == 400
    assert "InvalidSessionId" in answer.text


def test_a_client_that_logs_in_anew_goes_on() -> None:
    with mock_salesforce() as org:
        sf = Salesforce(username="u", password="p", security_token="t")
        org.faults.set({"expire_session": True, "count": 1})
        assert sf.query("SELECT COUNT() FROM Contact")["totalSize"] == 0
        assert struck(org)[0][1] == 1


# --- steering -----------------------------------------------------------------------------------------------------------


def test_faults_are_steered_over_http_and_never_befall_the_steering(live: LiveOrg) -> None:
    url = f"{live.http}/_chatlift/faults"
    with live.session() as session:
        rules: list[dict[str, Any]] = [
            {"status": 503, "object": "Contact"},
            {"drop": True, "probability": 0.5, "seed": 3},
        ]
        answer = session.put(url, json={"rules": rules}, timeout=10)
        assert answer.status_code == 200
        told = [{**rule, "matched": 0, "struck": 0} for rule in rules]
        assert answer.json()["rules"] == told
        assert session.get(url, timeout=10).json()["presets"] == ["flaky-network", "limits-low", "lock-contention"]
        session.put(url, json={"rules": [{"drop": True}]}, timeout=10)
        assert session.get(f"{live.http}/_chatlift/health", timeout=10).status_code == 200
        assert session.delete(url, timeout=10).json()["rules"] == []
        assert session.get(f"{live.http}/services/data", timeout=10).status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [
        {"rules": {}},
        {"rules": [{"status": 503}, {"status": 1}]},
        {"rules": [{"status": 503}] * 101},
        {"nonsense": 1},
        {"preset": "nonsense"},
        {"preset": ["x"]},
        {"preset": "flaky-network", "seed": "x"},
        {"seed": 3},
    ],
)
def test_faults_that_cannot_be_leave_those_that_are(live: LiveOrg, wanted: dict[str, Any]) -> None:
    live.org.faults.set({"status": 503})
    with live.session() as session:
        answer = session.put(f"{live.http}/_chatlift/faults", json=wanted, timeout=10)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_ARGUMENT")
    assert len(live.org.faults.shown()) == 1
    live.org.reset()


def test_a_place_is_named_in_what_is_wrong_with_a_rule(org: OrgHandle) -> None:
    with pytest.raises(UsageError, match=r"^faults: rules\[1\]: status is a whole number from 400 to 599$"):
        org.faults.set({"status": 503}, {"status": 1})


def test_a_reset_takes_faults_away_and_a_snapshot_holds_them(client: Client) -> None:
    client.org.faults.set({"status": 503, "count": 1})
    snapshot = client.org.snapshot()
    client.org.reset()
    assert client.org.faults.shown() == []
    assert client.get("limits").status_code == 200
    for _ in range(2):  # the rules count from nothing each time
        client.org.restore(snapshot)
        assert [client.get("limits").status_code for _ in range(2)] == [503, 200]


def test_faults_are_kept_by_every_store(store_url: str) -> None:
    with live_org(OrgConfig(database=store_url)) as live, live.session() as session:
        live.org.faults.set({"status": 503, "path": "/services/data"})
        assert session.get(f"{live.http}/services/data", timeout=10).status_code == 503
        live.org.org.faults.forget()
        assert session.get(f"{live.http}/services/data", timeout=10).status_code == 503
        live.org.reset()
        assert live.org.faults.shown() == []


def test_for_as_long_as_a_block_lasts(client: Client) -> None:
    with client.org.faults.during({"status": 503}):
        assert client.get("limits").status_code == 503
    assert client.get("limits").status_code == 200


def test_an_org_whose_day_is_nearly_used_up(client: Client) -> None:
    client.org.faults.set(preset="limits-low")
    statuses = [client.get("limits").status_code for _ in range(25)]
    assert statuses == [200] * 20 + [403] * 5
    client.org.faults.clear()
    answer = client.get("limits")
    assert (answer.status_code, answer.headers["Sforce-Limit-Info"].partition("/")[2]) == (200, "15000")


def test_a_flaky_network_fails_now_and_then(client: Client) -> None:
    client.org.faults.set(preset="flaky-network", seed=1)
    seen: set[str] = set()
    for _ in range(60):
        try:
            seen.add(str(client.get("sobjects/Contact").status_code))
        except requests.RequestException as error:
            seen.add(type(error).__name__)
    assert seen == {"200", "503", "ConnectionError", "ChunkedEncodingError"}
