"""The latency of REST with 0 and with 500 visitors who wait for messages."""

import threading
import time
from contextlib import suppress
from statistics import median

import requests

from bench.timing import show
from chatlift.emulator.chat import AgentDesk, Visitor
from chatlift.fixtures.serving import Ready, serving

VISITORS = 500
CALLS = 300
DESK = {
    "records": [{"object": "User", "ref": "ann", "fields": {"Username": "ann@x.test", "LastName": "Alder"}}],
    "chat": {
        "deployment": {"ref": "web", "name": "Web"},
        "skills": [{"ref": "sales", "name": "Sales"}],
        "buttons": [{"ref": "shop", "name": "Shop", "skills": ["@sales"], "queue": True}],
        "agents": [{"user": "@ann", "skills": ["@sales"]}],
    },
}


def run() -> None:
    with serving("--poll-seconds", "300") as org:
        session = plain()
        ids = session.post(f"{org.http}/_chatlift/seed", json=DESK, timeout=60).json()["refs"]
        grant = {"grant_type": "password", "client_id": "c", "client_secret": "s", "username": "u", "password": "p"}
        token = session.post(f"{org.http}/services/oauth2/token", data=grant, timeout=60).json()["access_token"]
        session.headers["Authorization"] = f"Bearer {token}"
        url = f"{org.http}/services/data/v60.0/sobjects/User/{ids['ann']}"
        latencies(session, url)
        alone = latencies(session, url)
        desk = AgentDesk(org.http, plain())
        desk.login(ids["ann"])
        arrive(org, ids, desk)
        crowded = latencies(session, url)
    show(
        f"REST retrieve, {VISITORS} visitors wait (median)",
        "none waits (time)",
        median(crowded) / median(alone),
        "<= 1.5",
        f"{median(crowded) * 1000:.2f} ms",
    )
    show(
        f"REST retrieve, {VISITORS} visitors wait (95th)",
        "none waits (time)",
        high(crowded) / high(alone),
        "<= 2",
        f"{high(crowded) * 1000:.2f} ms",
    )


def plain() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def arrive(org: Ready, ids: dict[str, str], desk: AgentDesk) -> None:
    """Let visitors ask for a chat and wait for what comes next; return once all of them wait."""
    ready = threading.Barrier(VISITORS + 1)

    def wait() -> None:
        visitor = Visitor(org.http, plain(), timeout=310)
        visitor.ask(ids["web"], ids["shop"], receiveQueueUpdates=False)
        visitor.until("ChatRequestSuccess")
        ready.wait()
        with suppress(Exception):  # the server ends before the poll does
            visitor.poll()

    for _ in range(VISITORS):
        threading.Thread(target=wait, daemon=True).start()
    ready.wait(120)
    while sum(queue.length for queue in desk.supervisor().queues) < VISITORS:
        time.sleep(0.1)
    time.sleep(3)  # the last polls are on their way


def latencies(session: requests.Session, url: str) -> list[float]:
    """Return the seconds of each of some calls in a row."""
    found = []
    for _ in range(CALLS):
        begun = time.perf_counter()
        assert session.get(url, timeout=60).status_code == 200
        found.append(time.perf_counter() - begun)
    return found


def high(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)]
