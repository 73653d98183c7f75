"""The latency of REST with 0 and with 500 event streams of end users open and idle; how soon a message is on one of them."""

import threading
import time
from statistics import median
from typing import Any

import requests

from bench.chat import high, latencies, plain
from bench.timing import show
from chatlift.emulator.messaging import EndUser
from chatlift.fixtures.serving import Ready, serving

STREAMS = 500
MESSAGES = 200
SCENARIO = {
    "records": [{"object": "User", "ref": "kim", "fields": {"Username": "kim@x.test", "LastName": "Kerr"}}],
    "messaging": {"channels": [{"developerName": "Web_Chat", "agents": ["@kim"]}]},
}


def run() -> None:
    with serving() as org:
        session = plain()
        ids = session.post(f"{org.http}/_chatlift/seed", json=SCENARIO, timeout=60).json()["refs"]
        grant = {"grant_type": "password", "client_id": "c", "client_secret": "s", "username": "u", "password": "p"}
        login = session.post(f"{org.http}/services/oauth2/token", data=grant, timeout=60).json()
        session.headers["Authorization"] = f"Bearer {login['access_token']}"
        url = f"{org.http}/services/data/v60.0/sobjects/User/{ids['kim']}"
        org_id = login["id"].split("/")[-2]
        latencies(session, url)
        alone = latencies(session, url)
        quick = echoes(org, org_id)
        streams = [opened(org, org_id) for _ in range(STREAMS)]
        time.sleep(2)
        crowded = latencies(session, url)
        slow = echoes(org, org_id)
        for stream in streams:
            stream.close()
        quick += echoes(org, org_id)  # before and after: the machine has other things to do as well
        alone += latencies(session, url)
    compared(f"REST retrieve, {STREAMS} streams idle", alone, crowded)
    compared(f"message to stream, {STREAMS} streams idle", quick, slow)


def compared(what: str, alone: list[float], crowded: list[float]) -> None:
    """Show two series of seconds against each other."""
    for name, of, target in (("median", median, "<= 1.5"), ("95th", high, "<= 2")):
        ratio = of(crowded) / of(alone)
        show(f"{what} ({name})", "none open (time)", ratio, target, f"{of(crowded) * 1000:.2f} ms")


def opened(org: Ready, org_id: str) -> requests.Response:
    """Return a stream that is open and waits."""
    end_user = EndUser(org.http, org_id, "Web_Chat", plain())
    end_user.log_in()
    headers = {"Authorization": f"Bearer {end_user.access_token}", "X-Org-Id": org_id}
    stream = plain().get(f"{org.http}/eventrouter/v1/sse", headers=headers, stream=True, timeout=300)
    assert stream.status_code == 200
    return stream


def echoes(org: Ready, org_id: str) -> list[float]:
    """Return the seconds from sending each of some messages until its sender's own stream has it."""
    end_user = EndUser(org.http, org_id, "Web_Chat", plain())
    end_user.begin()
    listener: Any = EndUser(org.http, org_id, "Web_Chat", plain())
    listener.access_token, listener.last_event_id = end_user.access_token, end_user.last_event_id
    came = threading.Event()
    begun = 0.0
    found: list[float] = []

    def listen() -> None:
        with listener.listen() as stream:
            while len(found) < MESSAGES:
                stream.until("CONVERSATION_MESSAGE")
                found.append(time.perf_counter() - begun)
                came.set()

    reader = threading.Thread(target=listen, daemon=True)
    reader.start()
    time.sleep(0.5)
    for number in range(MESSAGES):
        begun = time.perf_counter()
        end_user.say(str(number))
        assert came.wait(30)
        came.clear()
    reader.join(30)
    return found
