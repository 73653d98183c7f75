"""Whatever a composite holds: all or none leaves every row in its place or none, and nothing is left half done."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatlift.emulator import mock_salesforce

from ..conftest import Client

BASE = "/services/data/v59.0"
NAMES = ("Account", "Contact", "Case")


@pytest.fixture(scope="module")
def shared() -> Iterator[Client]:
    with mock_salesforce(now="2026-06-15T12:00:00Z", frozen=True) as org:
        yield Client(org)


def rows(client: Client) -> dict[str, Any]:
    """Every field of every row."""
    return {
        name: client.get("query", params={"q": f"SELECT FIELDS(ALL) FROM {name} ORDER BY Id LIMIT 200"}).json()[
            "records"
        ]
        for name in NAMES
    }


GOOD = st.sampled_from(
    [
        ("POST", "sobjects/Account", {"Name": "n"}),
        ("POST", "sobjects/Contact", {"LastName": "n"}),
        ("POST", "sobjects/Case", {"Subject": "n"}),  # a table that may not be there yet
        ("PATCH", "sobjects/Account/{account}", {"Name": "changed"}),
        ("PATCH", "sobjects/Contact/{contact}", {"LastName": "changed", "AccountId": "{account}"}),
        ("DELETE", "sobjects/Account/{spare}", None),
        ("GET", "query?q=SELECT Id FROM Account", None),
        ("POST", "composite/sobjects", {"records": [{"attributes": {"type": "Account"}, "Name": "c"}] * 2}),
    ]
)
BAD = st.sampled_from(
    [
        ("POST", "sobjects/Account", {}),
        ("POST", "sobjects/Contact", {"LastName": "n", "AccountId": "@{nobody.id}"}),
        ("PATCH", "sobjects/Account/{account}", {"Name": None}),
        ("DELETE", "sobjects/Account/001000000000000AAA", None),
        ("GET", "sobjects/Nonsense", None),
        (
            "POST",
            "composite/sobjects",
            {"records": [{"attributes": {"type": "Account"}, "Name": "c"}, {"attributes": {"type": "Account"}}]},
        ),
    ]
)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(GOOD, max_size=3), wrong=st.none() | BAD, after=st.lists(GOOD, max_size=1), graph=st.booleans())
def test_all_rows_or_none(shared: Client, before: list[Any], wrong: Any, after: list[Any], graph: bool) -> None:
    ids = {}
    shared.org.reset()
    for key, name, body in (
        ("account", "Account", {"Name": "a"}),
        ("spare", "Account", {"Name": "s"}),
        ("contact", "Contact", {"LastName": "c"}),
    ):
        ids[key] = shared.post(f"sobjects/{name}", json=body).json()["id"]
    steps = [*before, *([wrong] if wrong else []), *after]
    if graph:
        steps = [step for step in steps if step[1].startswith("sobjects/") and step[0] != "GET"]
    parts = []
    for number, (method, path, body) in enumerate(steps):
        filled = {key: filled_in(value, ids) for key, value in body.items()} if body is not None else None
        url = f"{BASE}/{path.format(**ids)}"
        parts.append({"method": method, "url": url, "referenceId": f"r{number}", "body": filled})
    earlier = rows(shared)
    if graph:
        version = BASE
        answer = shared.post(
            f"{version}/composite/graph", json={"graphs": [{"graphId": "1", "compositeRequest": parts}]}
        )
        (found,) = answer.json()["graphs"]
        results = found["graphResponse"]["compositeResponse"]
        succeeded = found["isSuccessful"]
    else:
        answer = shared.post("composite", json={"allOrNone": True, "compositeRequest": parts})
        results = answer.json()["compositeResponse"]
        succeeded = not any(failed(one) for one in results)
    assert len(results) == len(parts)
    if not succeeded:
        assert rows(shared) == earlier
        causes = [
            one for one in results if "PROCESSING_HALTED" not in str(one["body"]) or "reference" in str(one["body"])
        ]
        assert len(causes) == 1
    else:
        writes = [one for one in parts if one["method"] != "GET"]
        assert (rows(shared) != earlier) is bool(writes)
        assert all(one["httpStatusCode"] < 300 for one in results)


def filled_in(value: Any, ids: dict[str, str]) -> Any:
    return value.format(**ids) if isinstance(value, str) and not value.startswith("@") else value


def failed(result: dict[str, Any]) -> bool:
    body = result["body"]
    inner = isinstance(body, list) and any(item.get("success") is False for item in body if isinstance(item, dict))
    return result["httpStatusCode"] >= 400 or inner
