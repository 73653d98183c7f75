"""Putting back an org of 1,000 records of which a test has changed some, against one call in process."""

import time
from statistics import median

import requests

from bench.timing import medians, show
from chatlift.emulator import OrgHandle, mock_salesforce


def run() -> None:
    records = [{"object": "Account", "fields": {"Name": f"Account {number}"}} for number in range(1_000)]
    with mock_salesforce(seed={"records": records}) as org:
        took = medians(
            {
                "call": lambda: requests.get("https://login.salesforce.com/services/data", timeout=30),
            },
            15,
        )
        resets = median(timed_reset(org) for _ in range(15))
    show(
        "reset, org of 1,000 records",
        "one call in process (time)",
        resets / took["call"],
        "<= 10",
        f"{resets * 1000:.2f} ms",
    )


def timed_reset(org: OrgHandle) -> float:
    """Return the seconds of a reset after a test's worth of writes."""
    org.seed({"records": [{"object": "Contact", "fields": {"LastName": str(number)}} for number in range(20)]})
    begun = time.perf_counter()
    org.reset()
    return time.perf_counter() - begun
