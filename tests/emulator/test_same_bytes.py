"""Two runs of the same script give the same bytes; a clock that ticks, and chance with a seed."""

import re
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce

from chatlift.emulator import OrgHandle, mock_salesforce
from chatlift.emulator.errors import UsageError
from chatlift.emulator.live import live_org
from chatlift.emulator.org.chance import Chance

NOW = "2026-06-15T12:00:00Z"
GRANT = {"grant_type": "password", "client_id": "c", "client_secret": "s", "username": "u", "password": "p"}
Said = tuple[int, list[tuple[str, str]], bytes]


def script(org: OrgHandle) -> list[Said]:
    """Log in by every door and use every protocol; return all answers whole."""
    said: list[Said] = []
    session = org.mount(requests.Session())

    def ask(method: str, path: str, **options: Any) -> requests.Response:
        answer = session.request(method, org.url + path, timeout=30, **options)
        said.append((answer.status_code, sorted(answer.headers.items()), answer.content))
        return answer

    login = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"><e:Body>'
        "<login><username>u</username><password>p</password></login></e:Body></e:Envelope>"
    )
    found = re.search(r"<sessionId>([^<]+)", ask("POST", "/services/Soap/u/59.0", data=login).text)
    assert found is not None
    ask("POST", "/services/oauth2/token", data=GRANT | {"scope": "api refresh_token"})
    ask(
        "GET",
        "/services/oauth2/authorize?response_type=code&client_id=c&redirect_uri=https://x.test/",
        allow_redirects=False,
    )
    ask("POST", "/services/oauth2/token", data={"response_type": "device_code", "client_id": "c", "scope": "api"})
    session.headers["Authorization"] = f"Bearer {found[1]}"
    data = "/services/data/v60.0"
    for number in range(3):
        made = ask("POST", f"{data}/sobjects/Contact", json={"LastName": f"Name {number}"}).json()["id"]
        ask("PATCH", f"{data}/sobjects/Contact/{made}", json={"FirstName": "A"})
    ask("GET", f"{data}/sobjects/Contact/{made}")
    ask("GET", f"{data}/query?q=SELECT+Id,LastName,CreatedDate,SystemModstamp+FROM+Contact+ORDER+BY+Id")
    ask("GET", f"{data}/search?q=FIND+%7BName%7D+RETURNING+Contact(Id)")
    ask("GET", f"{data}/sobjects/Contact/describe")
    ask("GET", f"{data}/sobjects/Nonsense")
    records = [{"attributes": {"type": "Account"}, "Name": name} for name in "AB"]
    ask("POST", f"{data}/composite/sobjects", json={"records": records})
    ask("GET", f"{data}/limits")
    job = ask("POST", f"{data}/jobs/ingest", json={"object": "Contact", "operation": "insert"}).json()["id"]
    ask("PUT", f"{data}/jobs/ingest/{job}/batches", data="LastName\nBulk\n\n", headers={"Content-Type": "text/csv"})
    ask("PATCH", f"{data}/jobs/ingest/{job}", json={"state": "UploadComplete"})
    org.jobs.settle()
    ask("GET", f"{data}/jobs/ingest/{job}")
    ask("GET", f"{data}/jobs/ingest/{job}/successfulResults")
    for _ in range(2):
        ask(
            "GET",
            "/chat/rest/System/SessionId",
            headers={"X-LIVEAGENT-API-VERSION": "59", "X-LIVEAGENT-AFFINITY": "null"},
        )
    ask("DELETE", f"{data}/sobjects/Contact/{made}")
    ask("GET", f"{data}/sobjects/Contact/deleted?start=2026-06-15T11:00:00Z&end=2026-06-15T13:00:00Z")
    return said


@pytest.mark.parametrize("tick", [0, 1])
def test_two_runs_of_the_same_script_give_the_same_bytes(tick: int) -> None:
    def run(chance: int | None) -> list[Said]:
        with mock_salesforce(now=NOW, frozen=True, chance=chance) as org:
            org.clock.tick(tick)
            return script(org)

    first, second = run(7), run(7)
    for one, other in zip(first, second, strict=True):
        assert one == other
    assert first[0] != run(8)[0]
    assert all(status < 500 for status, _, _ in first)


def test_without_a_number_nobody_can_guess_a_token() -> None:
    tokens = set()
    for _ in range(2):
        with mock_salesforce() as org:
            tokens |= {org.token(), org.token()}
    assert len(tokens) == 4


def test_what_is_drawn_never_comes_twice() -> None:
    chance = Chance(1)
    assert len({chance.octets(16) for _ in range(1000)}) == 1000
    assert [len(chance.octets(count)) for count in (0, 1, 63, 64, 65, 200)] == [0, 1, 63, 64, 65, 200]
    assert re.fullmatch(r"[\w-]{96}", chance.text(72))
    assert {chance.one_of("abc") for _ in range(100)} == set("abc")


def test_a_clock_ticks_with_each_request() -> None:
    with mock_salesforce(now=NOW) as org:
        sf = Salesforce(instance_url=org.url, session_id=org.token())
        org.clock.tick(60)
        assert org.clock.frozen
        made = [sf.Contact.get(sf.Contact.create({"LastName": "A"})["id"])["CreatedDate"] for _ in range(2)]
        assert made == ["2026-06-15T12:00:00.000+0000", "2026-06-15T12:02:00.000+0000"]
        assert org.clock.now() == org.clock.now()
        org.clock.unfreeze()
        sf.Contact.create({"LastName": "B"})
        assert org.clock.now().minute == 4
        for wrong in (-1, 1e12):
            with pytest.raises(UsageError, match="a tick is a number of seconds"):
                org.clock.tick(wrong)
        org.clock.tick(1)
        org.reset()
        assert not org.clock.frozen


def test_a_tick_is_set_over_http() -> None:
    with live_org() as live, live.session() as session:
        url = f"{live.http}/_chatlift/clock"
        answer = session.put(url, json={"now": NOW, "tick_seconds": 1.5}, timeout=10)
        assert answer.json() == {"now": "2026-06-15T12:00:00.000Z", "frozen": True, "tick_seconds": 1.5}
        session.get(f"{live.http}/services/data", timeout=10)
        assert session.get(url, timeout=10).json()["now"] == "2026-06-15T12:00:01.500Z"
        for wrong in (
            {"tick_seconds": -1},
            {"tick_seconds": "1"},
            {"tick_seconds": True},
            {"tick_seconds": 1, "frozen": False},
        ):
            answer = session.put(url, json=wrong, timeout=10)
            assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_ARGUMENT")
        assert session.put(url, json={"tick_seconds": 0}, timeout=10).json()["frozen"] is True
        assert "tick_seconds" not in session.put(url, json={"frozen": False}, timeout=10).json()
