"""Every API asks for the rights of who calls, not REST rows alone."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from chatlift.emulator import OrgHandle, mock_salesforce

SCENARIO: dict[str, Any] = {
    "records": [
        {"object": "User", "ref": "u", "fields": {"Username": "agent@x.test", "LastName": "Agent"}},
        {"object": "Account", "ref": "a", "fields": {"Name": "Acme", "Industry": "Media"}},
        {"object": "LiveChatVisitor", "ref": "v"},
    ],
    "permissions": [{"profile": "Chat Agent", "users": ["@u"], "objects": {"Contact": "CR", "LiveChatVisitor": "R"}}],
}
ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:urn="urn:partner.soap.sforce.com">'
    "<soapenv:Header><urn:SessionHeader><urn:sessionId>{}</urn:sessionId></urn:SessionHeader></soapenv:Header>"
    "<soapenv:Body>{}</soapenv:Body></soapenv:Envelope>"
)


class Agent:
    """A user who may read two types, and create contacts without any field that can be hidden."""

    def __init__(self, org: OrgHandle) -> None:
        self.org = org
        self.token = org.token("agent@x.test")
        self.session = org.mount(requests.Session())
        self.session.headers["Authorization"] = f"Bearer {self.token}"

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, f"{self.org.url}/services/data/v60.0/{path}", timeout=10, **options)

    def soap(self, inner: str) -> str:
        answer = self.session.post(
            f"{self.org.url}/services/Soap/u/60.0",
            ENVELOPE.format(self.token, inner).encode(),
            headers={"SOAPAction": '""', "Content-Type": "text/xml"},
            timeout=10,
        )
        return answer.text


@pytest.fixture
def agent() -> Iterator[Agent]:
    with mock_salesforce(seed=SCENARIO) as org:
        yield Agent(org)


def test_definitions_are_of_what_the_user_sees(agent: Agent) -> None:
    soql = "SELECT QualifiedApiName FROM EntityDefinition WHERE QualifiedApiName IN ('Account', 'Contact')"
    found = agent.send("GET", "query", params={"q": soql}).json()["records"]
    assert [row["QualifiedApiName"] for row in found] == ["Contact"]
    soql = "SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Contact'"
    names = {
        row["QualifiedApiName"] for row in agent.send("GET", "tooling/query", params={"q": soql}).json()["records"]
    }
    assert "Name" in names
    assert "Department" not in names


def test_soap_says_what_rest_does(agent: Agent) -> None:
    query = "<urn:query><urn:queryString>{}</urn:queryString></urn:query>"
    assert "INVALID_TYPE" in agent.soap(query.format("SELECT Id FROM Account"))
    assert "No such column 'Department'" in agent.soap(query.format("SELECT Department FROM Contact"))
    assert "<size>1</size>" in agent.soap(query.format("SELECT Id FROM LiveChatVisitor"))
    agent.org.seed({"permissions": [{"profile": "Chat Agent", "system": ["-ApiEnabled"]}]})
    assert "API_CURRENTLY_DISABLED" in agent.soap(query.format("SELECT Id FROM LiveChatVisitor"))


def test_bulk_jobs_are_their_users(agent: Agent) -> None:
    for name, problem in (("Account", "InvalidJob"), ("LiveChatVisitor", "InvalidEntity")):
        answer = agent.send("POST", "jobs/ingest", json={"object": name, "operation": "insert"})
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, problem.upper())
    job = agent.send("POST", "jobs/ingest", json={"object": "Contact", "operation": "insert"}).json()["id"]
    rows = b"LastName,Department\nAda,\nBob,Sales\n"
    assert agent.send("PUT", f"jobs/ingest/{job}/batches", data=rows, headers={"Content-Type": "text/csv"}).ok
    assert agent.send("PATCH", f"jobs/ingest/{job}", json={"state": "UploadComplete"}).ok
    for _ in range(1000):
        state = agent.send("GET", f"jobs/ingest/{job}").json()["state"]
        if state not in ("UploadComplete", "InProgress"):
            break
    failed = agent.send("GET", f"jobs/ingest/{job}/failedResults").text
    assert "Department" in failed
    assert "INVALID_FIELD" in failed or state == "Failed"
    hard = {"object": "Contact", "operation": "hardDelete"}
    agent.org.seed({"permissions": [{"profile": "Chat Agent", "objects": {"Contact": "CRED"}}]})
    assert agent.send("POST", "jobs/ingest", json=hard).json()[0]["errorCode"] == "FEATURENOTENABLED"
    agent.org.seed(
        {"permissions": [{"permissionSet": "Hard", "users": ["agent@x.test"], "system": ["BulkApiHardDelete"]}]}
    )
    assert agent.send("POST", "jobs/ingest", json=hard).status_code == 200


def test_jobs_of_others_are_seen_but_neither_fed_nor_changed_nor_read(agent: Agent) -> None:
    boss = agent.org.mount(requests.Session())
    boss.headers["Authorization"] = f"Bearer {agent.org.token()}"
    base = f"{agent.org.url}/services/data/v60.0/jobs"
    asked = {"operation": "query", "query": "SELECT Name FROM Account"}
    query = boss.post(f"{base}/query", json=asked, timeout=10).json()["id"]
    agent.org.jobs.settle()
    ingest = boss.post(f"{base}/ingest", json={"object": "Account", "operation": "insert"}, timeout=10).json()["id"]
    csv = {"Content-Type": "text/csv"}
    assert agent.send("GET", f"jobs/query/{query}").json()["state"] == "JobComplete"
    refusals: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", f"query/{query}/results", {}),
        ("GET", f"query/{query}/resultPages", {}),
        ("DELETE", f"query/{query}", {}),
        ("PUT", f"ingest/{ingest}/batches", {"data": b"Name\nX\n", "headers": csv}),
        ("PATCH", f"ingest/{ingest}", {"json": {"state": "Aborted"}}),
        ("GET", f"ingest/{ingest}/successfulResults", {}),
    ]
    for method, path, options in refusals:
        refused = agent.send(method, f"jobs/{path}", **options)
        assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "INVALIDUSER"), path
    assert boss.get(f"{base}/query/{query}/results", timeout=10).text == '"Name"\n"Acme"\n'
    # Who modifies all data may see to the jobs of others.
    own = agent.send("POST", "jobs/ingest", json={"object": "Contact", "operation": "insert"}).json()["id"]
    assert boss.patch(f"{base}/ingest/{own}", json={"state": "Aborted"}, timeout=10).json()["state"] == "Aborted"


def test_batches_of_others_are_neither_added_nor_read(agent: Agent) -> None:
    base, boss = f"{agent.org.url}/services/async/60.0/job", {"X-SFDC-Session": agent.org.token()}
    asked = {"operation": "query", "object": "Account", "contentType": "JSON"}
    job = agent.session.post(base, json=asked, headers=boss, timeout=10).json()["id"]
    soql, headers = b"SELECT Name FROM Account", {**boss, "Content-Type": "application/json"}
    batch = agent.session.post(f"{base}/{job}/batch", data=soql, headers=headers, timeout=10).json()["id"]
    agent.org.jobs.settle()
    path = f"{base}/{job}/batch/{batch}"
    result = agent.session.get(f"{path}/result", headers=boss, timeout=10).json()[0]
    mine = {"X-SFDC-Session": agent.token, "Content-Type": "application/json"}
    assert agent.session.get(path, headers=mine, timeout=10).json()["state"] == "Completed"
    for method, url, data in (
        ("GET", f"{path}/result", b""),
        ("GET", f"{path}/result/{result}", b""),
        ("GET", f"{path}/request", b""),
        ("POST", f"{base}/{job}/batch", b"SELECT Id FROM Account"),
        ("POST", f"{base}/{job}", b'{"state": "Aborted"}'),
    ):
        refused = agent.session.request(method, url, data=data, headers=mine, timeout=10)
        assert (refused.status_code, refused.json()["exceptionCode"]) == (400, "InvalidUser"), url


def test_counts_and_pages_are_of_what_the_user_sees(agent: Agent) -> None:
    counts = {one["name"] for one in agent.send("GET", "limits/recordCount").json()["sObjects"]}
    assert "LiveChatVisitor" in counts
    assert "Account" not in counts
    for path in ("sobjects/Account/listviews", "sobjects/Account/describe/layouts", "recent/Account"):
        assert agent.send("GET", path).status_code == 404, path
    scopes = {one["type"] for one in agent.send("GET", "search/scopeOrder").json()}
    assert "Account" not in scopes


def test_passwords_of_others_are_set_by_who_manages_users(agent: Agent) -> None:
    own, other = agent.org.org.sessions.find(agent.token), agent.org.administrator["Id"]
    assert own is not None
    body = "<urn:setPassword><urn:userId>{}</urn:userId><urn:password>abcdefg1</urn:password></urn:setPassword>"
    assert "<setPasswordResponse>" in agent.soap(body.format(own.user_id))
    assert "<faultcode>sf:INSUFFICIENT_ACCESS</faultcode>" in agent.soap(body.format(other))
    reset = f"<urn:resetPassword><urn:userId>{other}</urn:userId></urn:resetPassword>"
    assert "<faultcode>sf:INSUFFICIENT_ACCESS</faultcode>" in agent.soap(reset)
    for method, sent in (("POST", {"NewPassword": "abcdefg1"}), ("DELETE", None)):
        refused = agent.send(method, f"sobjects/User/{other}/password", json=sent)
        assert (refused.status_code, refused.json()[0]["errorCode"]) == (403, "INSUFFICIENT_ACCESS")
