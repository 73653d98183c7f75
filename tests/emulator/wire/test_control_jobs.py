"""`GET` and `PUT /_chatlift/jobs`: how long bulk jobs wait."""

from collections.abc import Iterator

import pytest
import requests

from chatlift.emulator.config import OrgConfig
from chatlift.emulator.live import LiveOrg, live_org


@pytest.fixture(scope="module")
def live() -> Iterator[LiveOrg]:
    with live_org(OrgConfig(frozen=True)) as running:
        yield running


@pytest.fixture
def control(live: LiveOrg) -> str:
    live.org.reset()
    return f"{live.http}/_chatlift"


def test_jobs_are_held_until_the_clock_has_moved(live: LiveOrg, control: str) -> None:
    session = live.session()
    assert session.get(f"{control}/jobs", timeout=10).json() == {"delay_seconds": 0.0, "polls": 0, "idle": True}
    told = session.put(f"{control}/jobs", json={"delay_seconds": 60, "polls": 1}, timeout=10)
    assert told.json() == {"delay_seconds": 60.0, "polls": 1, "idle": True}
    base = f"{live.http}/services/data/v60.0/jobs/query"
    session.headers["Authorization"] = f"Bearer {live.org.token()}"
    made = session.post(base, json={"operation": "query", "query": "SELECT Id FROM User"}, timeout=10).json()

    def state() -> str:
        found: str = session.get(f"{base}/{made['id']}", timeout=10).json()["state"]
        return found

    assert [state(), state()] == ["UploadComplete", "UploadComplete"]
    assert session.get(f"{control}/jobs", timeout=10).json()["idle"] is False
    session.put(f"{control}/clock", json={"advance_seconds": 60}, timeout=10)
    assert state() == "JobComplete"
    session.post(f"{control}/reset", json={}, timeout=10)
    assert session.get(f"{control}/jobs", timeout=10).json() == {"delay_seconds": 0.0, "polls": 0, "idle": True}


@pytest.mark.parametrize(
    "wanted",
    [{"delay": 1}, {"delay_seconds": -1}, {"delay_seconds": True}, {"polls": 1.5}, {"polls": "2"}, {"polls": -1}],
)
def test_what_cannot_be_waited_for_is_refused(control: str, wanted: object) -> None:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.put(f"{control}/jobs", json=wanted, timeout=10)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_ARGUMENT")
