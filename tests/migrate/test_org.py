"""An org as a source, over HTTP."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import responses

from chatlift.migrate import Plan, TerminalError, UsageError
from chatlift.migrate.extract.buttons import buttons_of_org
from chatlift.migrate.port import Org, checked_url
from chatlift.migrate.run import run_org
from chatlift.migrate.verify import verify

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


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("http://org.test", "is not encrypted"),
        ("https://user:secret@org.test", "holds credentials"),
        ("https://", "is not a URL"),
        ("https://org.test:port", "port"),
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
    buttons = buttons_of_org(Org(salesforce_server.http, client.session_id))
    assert len(buttons) == client.query("SELECT COUNT() FROM LiveChatButton")["totalSize"] > 0
    assert outcome.manifest["share"]["bodyBytes"]["residuePercent"] < 5
    assert list((tmp_path / "out" / ".chatlift").iterdir()) == []
