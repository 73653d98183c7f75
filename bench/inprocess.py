"""What a test pays for its org: a call in process, and what the pytest plugin does before each test."""

import time
from collections.abc import Callable
from statistics import median

import httpx
import requests
import responses

from bench.timing import medians, show
from chatlift.emulator import OrgHandle, mock_salesforce
from chatlift.emulator.live import live_org

HOST = "https://chatlift.my.salesforce.com"
CALLS = 50
"""In one repetition."""
RECORDS = {"records": [{"object": "Account", "fields": {"Name": f"Account {number}"}} for number in range(1_000)]}
OTHER = {"records": [{"object": "Contact", "fields": {"LastName": "Ada"}}]}


def run() -> None:
    calls()
    beginnings()


def calls() -> None:
    """A query of ten rows: through `requests` against the cheapest mock of it, against HTTPS, and through httpx."""
    with mock_salesforce(seed=RECORDS, passthrough=True) as org, live_org() as live:
        live.org.prepare(seed=RECORDS)
        path = "/services/data/v59.0/query?q=SELECT+Id,Name+FROM+Account+LIMIT+10"
        with responses.RequestsMock() as mock, requests.Session() as session:
            mock.add(responses.GET, f"{HOST}{path}", body=b"{}")
            bare = median(timed(lambda: session.get(f"{HOST}{path}", timeout=30)) for _ in range(5))
        with requests.Session() as session, live.session() as sockets, httpx.Client() as client:
            session.headers["Authorization"] = client.headers["Authorization"] = f"Bearer {org.token()}"
            sockets.headers["Authorization"] = f"Bearer {live.org.token()}"
            took = medians(
                {
                    "requests": lambda: timed(lambda: session.get(f"{HOST}{path}", timeout=30)),
                    "httpx": lambda: timed(lambda: client.get(f"{HOST}{path}")),
                    "https": lambda: timed(lambda: sockets.get(f"{live.https}{path}", timeout=30)),
                }
            )
    note = f"{took['requests'] / CALLS * 1000:.2f} ms"
    show(
        "query of 10 rows in process, requests",
        "an empty answer of responses (time)",
        took["requests"] / CALLS / bare,
        "<= 3",
        note,
    )
    show("the same over https", "in process (time)", took["https"] / took["requests"], "-")
    show("the same with httpx", "with requests, in process (time)", took["httpx"] / took["requests"], "<= 1.5")


def beginnings() -> None:
    """What happens before a test: an org that is made anew, and the plugin's, which goes back to what a marker wants."""
    with mock_salesforce() as org:
        call = medians({"call": lambda: requests.get(f"{HOST}/services/data", timeout=30)}, 15)["call"]
        for seed in (RECORDS, OTHER):
            org.prepare(seed=seed)
        same = median(after_a_test(org, lambda: org.prepare(seed=OTHER)) for _ in range(15))
        turns = [RECORDS, OTHER] * 8
        other = median(after_a_test(org, lambda: org.prepare(seed=turns.pop())) for _ in range(15))
    made = medians({"open": opened}, 10)["open"]
    show(
        "before a test, the same seed again",
        "one call in process (time)",
        same / call,
        "<= 10",
        f"{same * 1000:.2f} ms",
    )
    show(
        "before a test, another seed of 1,000 records",
        "one call in process (time)",
        other / call,
        "-",
        f"{other * 1000:.2f} ms",
    )
    show("mock_salesforce, opened and closed", "one call in process (time)", made / call, "-", f"{made * 1000:.2f} ms")


def timed(call: Callable[[], object]) -> float:
    """Return the seconds of one of some calls."""
    begun = time.perf_counter()
    for _ in range(CALLS):
        call()
    return (time.perf_counter() - begun) / CALLS


def after_a_test(org: OrgHandle, prepare: Callable[[], None]) -> float:
    """Return the seconds of putting an org back after a test's worth of writes."""
    org.seed(
        {"records": [{"object": "Lead", "fields": {"LastName": str(number), "Company": "C"}} for number in range(20)]}
    )
    begun = time.perf_counter()
    prepare()
    return time.perf_counter() - begun


def opened() -> None:
    with mock_salesforce():
        pass
