"""Putting back an org of 1,000 records, against one call in process."""

import requests

from bench.timing import medians, show
from chatlift.emulator import mock_salesforce


def run() -> None:
    records = [{"object": "Account", "fields": {"Name": f"Account {number}"}} for number in range(1_000)]
    with mock_salesforce(seed={"records": records}) as org:
        took = medians(
            {
                "reset": org.reset,
                "call": lambda: requests.get("https://login.salesforce.com/services/data", timeout=30),
            },
            15,
        )
    show(
        "reset, org of 1,000 records",
        "one call in process (time)",
        took["reset"] / took["call"],
        "<= 10",
        f"{took['reset'] * 1000:.1f} ms",
    )
