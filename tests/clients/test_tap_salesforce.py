"""tap-salesforce, unchanged, over HTTPS on a real socket, by way of the proxy: what it discovers, it can sync."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

pytest.importorskip("tap_salesforce", reason="make clients runs it")

pytestmark = pytest.mark.clients

SCENARIO = {
    "records": [
        {"object": "LiveChatVisitor", "ref": "v", "fields": {}},
        {"object": "LiveChatTranscript", "fields": {"LiveChatVisitorId": "@v", "Status": "Completed"}},
        {"object": "Contact", "fields": {"LastName": "Ada", "MailingCity": "York"}},
    ]
}
TAP = Path(sys.executable).with_name("tap-salesforce")


@dataclass(frozen=True)
class Tap:
    """The command, in a folder of its own."""

    folder: Path
    environment: dict[str, str]
    config: dict[str, Any]

    def run(self, *arguments: str, **config: Any) -> subprocess.CompletedProcess[str]:
        (self.folder / "config.json").write_text(json.dumps(self.config | config))
        command = [str(TAP), "--config", "config.json", *arguments]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def catalog(self) -> dict[str, Any]:
        done = self.run("--discover")
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def sync(self, catalog: dict[str, Any], state: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Every message that the tap writes."""
        (self.folder / "catalog.json").write_text(json.dumps(catalog))
        (self.folder / "state.json").write_text(json.dumps(state or {}))
        done = self.run("--properties", "catalog.json", "--state", "state.json")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def tap(org: dict[str, Any], snippets: Callable[[str, str], list[str]], trust: dict[str, str], tmp_path: Path) -> Tap:
    """The tap with the configuration that docs/clients.md shows, and the refresh token that its lines fetch."""
    (fetches,), (shown,) = snippets("tap-salesforce", "sh"), snippets("tap-salesforce", "json")
    said = subprocess.run(
        ["bash", "-c", fetches], env=trust, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    token = json.loads(said)["refresh_token"]
    return Tap(tmp_path, trust | {"HTTPS_PROXY": org["http"]}, json.loads(shown) | {"refresh_token": token})


@pytest.fixture
def write(org: dict[str, Any]) -> Callable[..., Any]:
    """Sends a REST call as the administrator and gives its answer."""
    session = requests.Session()
    session.trust_env = False
    session.verify = org["ca"]
    grant = {"grant_type": "password", "client_id": "c", "client_secret": "s", "username": "u", "password": "p"}
    token = session.post(f"{org['https']}/services/oauth2/token", data=grant, timeout=30).json()["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"

    def send(method: str, path: str, body: Any = None) -> Any:
        answer = session.request(method, f"{org['https']}/services/data/v61.0/{path}", json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    return send


def selected(catalog: dict[str, Any], streams: Iterable[str] | None = None) -> dict[str, Any]:
    """A catalog with streams selected, all of them by default, each with all its fields."""
    for stream in catalog["streams"]:
        wanted = streams is None or stream["stream"] in streams
        for entry in stream["metadata"]:
            of = entry["metadata"]
            if of.get("inclusion") != "unsupported":
                of["selected"] = wanted
            if keys := of.get("valid-replication-keys"):
                of |= {"replication-key": keys[0], "replication-method": "INCREMENTAL"}
    return catalog


def records(messages: list[dict[str, Any]], stream: str) -> list[dict[str, Any]]:
    return [message["record"] for message in messages if message["type"] == "RECORD" and message["stream"] == stream]


def schema(catalog: dict[str, Any], stream: str) -> dict[str, Any]:
    (found,) = (one["schema"]["properties"] for one in catalog["streams"] if one["stream"] == stream)
    properties: dict[str, Any] = found
    return properties


def test_every_type_is_discovered_with_a_schema(tap: Tap, write: Callable[..., Any]) -> None:
    catalog = tap.catalog()
    listed = {sobject["name"] for sobject in write("GET", "sobjects")["sobjects"]}
    discovered = {stream["stream"] for stream in catalog["streams"]}
    assert {"LiveChatTranscript", "LiveChatTranscriptEvent", "LiveAgentSession", "MessagingSession"} <= discovered
    assert discovered <= listed
    properties = schema(catalog, "LiveChatTranscript")
    assert (properties["Id"]["type"], properties["Body"]["type"]) == ("string", ["null", "string"])
    assert (properties["WaitTime"]["type"], properties["IsDeleted"]["type"]) == (
        ["null", "integer"],
        ["null", "boolean"],
    )
    assert schema(catalog, "Contact")["MailingAddress"]["type"] == ["null", "object"]


def test_every_type_that_is_discovered_can_be_synced(tap: Tap, steer: Callable[..., Any]) -> None:
    steer("POST", "seed", SCENARIO)
    catalog = selected(tap.catalog())
    messages = tap.sync(catalog)
    asked = {message["stream"] for message in messages if message["type"] == "SCHEMA"}
    assert asked == {stream["stream"] for stream in catalog["streams"]}
    assert len(records(messages, "LiveChatTranscript")) == 1
    assert len(records(messages, "Organization")) == 1


def test_a_transcript_is_synced_as_it_was_written_and_later_only_what_changed(
    tap: Tap, write: Callable[..., Any], advance: Callable[[int], Any]
) -> None:
    text = '<p align="center">Agent Ada</p>( 4s ) Ada: ¿5 < 6? It&#39;s 😀<br>line two\nline three<br>'
    visitor = write("POST", "sobjects/LiveChatVisitor", {})["id"]
    values = {"LiveChatVisitorId": visitor, "Body": text, "StartTime": "2026-06-15T11:00:00Z", "Status": "Completed"}
    made = [write("POST", "sobjects/LiveChatTranscript", values)["id"] for _ in range(3)]
    for kind, second in (("ChatRequest", 1), ("EndAgent", 9)):
        event = {"LiveChatTranscriptId": made[0], "Type": kind, "Time": f"2026-06-15T11:00:0{second}Z"}
        write("POST", "sobjects/LiveChatTranscriptEvent", event)
    catalog = selected(tap.catalog(), {"LiveChatTranscript", "LiveChatTranscriptEvent"})
    first = tap.sync(catalog)
    synced = records(first, "LiveChatTranscript")
    assert [row["Id"] for row in synced] == made
    assert (synced[0]["Body"], synced[0]["StartTime"]) == (text, "2026-06-15T11:00:00.000000Z")
    assert {row["Type"] for row in records(first, "LiveChatTranscriptEvent")} == {"ChatRequest", "EndAgent"}
    state = [message["value"] for message in first if message["type"] == "STATE"][-1]
    assert state["bookmarks"]["LiveChatTranscript"]["SystemModstamp"].startswith("2026-06-15T12:00:00")

    advance(60)
    write("PATCH", f"sobjects/LiveChatTranscript/{made[1]}", {"Status": "Missed"})
    write("DELETE", f"sobjects/LiveChatTranscript/{made[2]}")
    advance(60)
    state["bookmarks"]["LiveChatTranscript"]["SystemModstamp"] = "2026-06-15T12:00:30.000000Z"
    later = records(tap.sync(catalog, state), "LiveChatTranscript")
    assert {row["Id"]: (row["Status"], row["IsDeleted"]) for row in later} == {
        made[1]: ("Missed", False),
        made[2]: ("Completed", True),
    }


def test_pages_are_followed(tap: Tap, write: Callable[..., Any]) -> None:
    for start in range(0, 2200, 200):
        rows = [{"attributes": {"type": "Contact"}, "LastName": f"C{start + n:04}"} for n in range(200)]
        write("POST", "composite/sobjects", {"allOrNone": True, "records": rows})
    synced = records(tap.sync(selected(tap.catalog(), {"Contact"})), "Contact")
    assert sorted(row["LastName"] for row in synced) == [f"C{number:04}" for number in range(2200)]


def test_a_refresh_token_that_nobody_gave_is_refused(tap: Tap) -> None:
    done = tap.run("--discover", refresh_token="nobody")
    assert done.returncode == 1
    assert '"error":"invalid_grant"' in done.stderr.replace(" ", "")


def test_a_refused_query_ends_the_sync_with_the_platforms_code(tap: Tap) -> None:
    catalog = selected(tap.catalog(), {"Contact"})
    (contact,) = (stream for stream in catalog["streams"] if stream["stream"] == "Contact")
    contact["schema"]["properties"]["Nonsense"] = {"type": ["null", "string"]}
    contact["metadata"].append({"breadcrumb": ["properties", "Nonsense"], "metadata": {"selected": True}})
    (tap.folder / "catalog.json").write_text(json.dumps(catalog))
    done = tap.run("--properties", "catalog.json")
    assert done.returncode == 1
    assert '"errorCode":"INVALID_FIELD"' in done.stderr


def test_the_tap_stops_at_its_share_of_the_daily_calls(tap: Tap, steer: Callable[..., Any]) -> None:
    steer("PUT", "limits", {"DailyApiRequests": 20})
    try:
        done = tap.run("--discover", quota_percent_per_run=100)
    finally:
        steer("PUT", "limits", {"DailyApiRequests": None})
    assert done.returncode == 2
    assert "configured percentage of 80% total quota" in done.stderr
