"""The org's allowances over HTTP: what is shown, what is refused, and the bounds of one request."""

import pytest

from chatlift.emulator.org.limits import API_REQUESTS, CONCURRENT, LONG_SECONDS

from ..conftest import Client

EXCEEDED = [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]


def test_the_header_shows_what_is_used_and_allowed(client: Client) -> None:
    first = client.get("limits").headers["Sforce-Limit-Info"]
    second = client.get("limits").headers["Sforce-Limit-Info"]
    assert (first, second) == ("api-usage=1/15000", "api-usage=2/15000")


def test_calls_beyond_a_limit_are_refused_until_a_day_has_passed(client: Client) -> None:
    client.org.seed({"org": {"limits": {API_REQUESTS: 2}}})
    assert client.get("sobjects").headers["Sforce-Limit-Info"] == "api-usage=1/2"
    assert client.get("sobjects").status_code == 200
    for path in ("sobjects", "limits", "nonsense"):
        refused = client.get(path)
        assert (refused.status_code, refused.json()) == (403, EXCEEDED)
    assert "REQUEST_LIMIT_EXCEEDED" in client.get("limits.xml").text
    client.org.clock.advance(hours=24)
    assert client.get("limits").headers["Sforce-Limit-Info"] == "api-usage=1/2"


def test_a_refused_call_tells_how_much_is_used(client: Client) -> None:
    client.org.org.limits.set({"DailyApiRequests": 1})
    assert client.get("limits").headers["Sforce-Limit-Info"] == "api-usage=1/1"
    for _ in range(2):
        refused = client.get("limits")
        assert (refused.status_code, refused.headers["Sforce-Limit-Info"]) == (403, "api-usage=1/1")


def test_a_session_that_is_no_good_is_said_before_the_limit(client: Client) -> None:
    client.org.seed({"org": {"limits": {API_REQUESTS: 0}}})
    assert client.get("limits", headers={"Authorization": "Bearer x"}).status_code == 401


def test_the_list_of_versions_costs_nothing(client: Client) -> None:
    client.org.seed({"org": {"limits": {API_REQUESTS: 0}}})
    assert client.get("/services/data").status_code == 200


def test_each_part_of_a_batch_counts_and_may_go_beyond_the_limit(client: Client) -> None:
    client.org.seed({"org": {"limits": {API_REQUESTS: 2}}})
    parts = [{"method": "GET", "url": "v59.0/limits"}] * 3
    answer = client.post("composite/batch", json={"batchRequests": parts})
    assert answer.status_code == 200
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=3/2"
    assert client.get("limits").status_code == 403


def test_too_many_long_calls_at_once_are_refused(client: Client) -> None:
    client.org.seed({"org": {"limits": {CONCURRENT: 1, LONG_SECONDS: 0}}})
    with client.org.org.limits.admitted():
        refused = client.get("limits")
    sentence = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    assert (refused.status_code, refused.json()) == (
        403, [{"message": sentence, "errorCode": "REQUEST_LIMIT_EXCEEDED"}],
    )  # fmt: skip
    assert client.get("limits").status_code == 200


@pytest.mark.parametrize(("size", "status"), [(15_000, 200), (16_384, 431)])
def test_an_address_with_its_headers_is_bounded(client: Client, size: int, status: int) -> None:
    answer = client.get("limits", headers={"X-Long": "x" * size})
    assert answer.status_code == status
    if status == 431:
        assert answer.text == "<h1>Bad Message 431</h1><pre>reason: Request Header Fields Too Large</pre>"


def test_all_documented_limits_are_listed_with_what_is_left(client: Client) -> None:
    found = client.get("limits").json()
    assert list(found) == sorted(found)
    assert found["DailyApiRequests"] == {"Max": 15000, "Remaining": 14999}
    assert found["SingleEmail"] == {"Max": 15, "Remaining": 15}
    assert all(one["Remaining"] <= one["Max"] for one in found.values())
    client.org.seed({"org": {"limits": {API_REQUESTS: 10}}})
    assert client.get("limits").json()["DailyApiRequests"] == {"Max": 10, "Remaining": 8}


def test_the_bulk_limit_has_another_name_before_49(client: Client) -> None:
    older, newer = (client.get(f"/services/data/v{version}.0/limits").json() for version in (48, 49))
    assert ("DailyBulkApiRequests" in older, "DailyBulkApiBatches" in older) == (True, False)
    assert ("DailyBulkApiRequests" in newer, "DailyBulkApiBatches" in newer) == (False, True)
    assert "DailyBulkV2QueryJobs" not in client.get("/services/data/v46.0/limits").json()


def test_connected_apps_have_entries_of_their_own(client: Client) -> None:
    client.org.seed({"connected_apps": [{"client_id": "my-app", "client_secret": "x"}]})
    assert client.get("limits").json()["DailyApiRequests"]["my-app"] == {"Max": 0, "Remaining": 0}


def test_records_and_files_use_up_storage(client: Client) -> None:
    before = client.get("limits").json()
    client.org.seed({"records": [{"object": "Account", "fields": {"Name": "A"}}] * 600})
    after = client.get("limits").json()
    assert after["DataStorageMB"]["Remaining"] == before["DataStorageMB"]["Remaining"] - 1
    assert after["FileStorageMB"] == {"Max": 20, "Remaining": 20}


def test_records_are_counted_by_type(client: Client) -> None:
    client.agent_session()
    found = client.get("limits/recordCount?sObjects=LiveAgentSession,account,Nope").json()
    assert found == {"sObjects": [{"count": 0, "name": "Account"}, {"count": 1, "name": "LiveAgentSession"}]}
    everything = {one["name"]: one["count"] for one in client.get("limits/recordCount").json()["sObjects"]}
    assert everything["LiveAgentSession"] == 1 and "Account" not in everything


def test_a_type_that_is_asked_for_twice_is_counted_once(client: Client) -> None:
    found = client.get("limits/recordCount?sObjects=Contact,account,Account,Nope").json()
    assert found == {"sObjects": [{"count": 0, "name": "Account"}, {"count": 0, "name": "Contact"}]}


def test_limits_in_xml(client: Client) -> None:
    text = client.get("limits.xml").text
    assert "<LimitsSnapshot" in text and "<DailyApiRequests><Max>15000</Max>" in text
