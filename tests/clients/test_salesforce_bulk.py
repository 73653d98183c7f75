"""salesforce-bulk, unchanged, over HTTPS and HTTP on real sockets: the first Bulk API in CSV, JSON and XML."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("salesforce_bulk", reason="make clients runs it")

from salesforce_bulk import CsvDictsAdapter
from salesforce_bulk.salesforce_bulk import BulkApiError, BulkBatchFailed

pytestmark = pytest.mark.clients


@pytest.fixture(params=["https", "http"])
def bulk(
    request: pytest.FixtureRequest,
    org: dict[str, Any],
    snippets: Callable[[str, str], list[str]],
    trust: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """What docs/clients.md shows, in the environment of `chatlift env`."""
    (shown,) = snippets("salesforce-bulk", "python")
    for name, value in trust.items():
        monkeypatch.setenv(name, value)
    names: dict[str, Any] = {}
    exec(shown.replace('host="', 'host="http://') if request.param == "http" else shown, names)
    found = names["bulk"]
    if request.param == "http":
        found.endpoint = found.endpoint.replace(found.endpoint.partition("/services")[0], org["http"])
    return found


def load(bulk: Any, job: str, rows: list[dict[str, str]]) -> list[Any]:
    batch = bulk.post_batch(job, CsvDictsAdapter(iter(rows)))
    bulk.wait_for_batch(job, batch, sleep_interval=0.05)
    results: list[Any] = bulk.get_batch_results(batch, job)
    return results


def read(bulk: Any, soql: str, content_type: str = "CSV") -> list[dict[str, Any]]:
    job = bulk.create_query_job("Account", contentType=content_type)
    batch = bulk.query(job, soql)
    bulk.close_job(job)
    bulk.wait_for_batch(job, batch, sleep_interval=0.05)
    [result] = list(bulk.get_all_results_for_query_batch(batch, job))
    text = b"".join(result).decode()
    if content_type == "JSON":
        found: list[dict[str, Any]] = json.loads(text)
        return found
    return list(csv.DictReader(io.StringIO(text)))


def test_records_go_in_and_out(bulk: Any) -> None:
    job = bulk.create_insert_job("Account", contentType="CSV")
    rows = [{"Name": "Älder", "Phone": "1"}, {"Name": "", "Phone": "2"}, {"Name": 'B "and" C', "Phone": "3"}]
    good, bad, other = load(bulk, job, rows)
    assert (good.success, good.created, good.error) == ("true", "true", "")
    assert (bad.id, bad.success, bad.error.partition(":")[0]) == ("", "false", "REQUIRED_FIELD_MISSING")
    bulk.close_job(job)
    assert bulk.job_status(job)["numberBatchesCompleted"] == "1"
    assert [row["Name"] for row in read(bulk, "SELECT Name FROM Account ORDER BY Phone")] == ["Älder", 'B "and" C']
    found = read(bulk, "SELECT Id, Name FROM Account ORDER BY Phone", "JSON")
    assert [row["Id"] for row in found] == [good.id, other.id]

    job = bulk.create_update_job("Account", contentType="CSV")
    assert load(bulk, job, [{"Id": good.id, "Name": "Alder"}])[0].created == "false"
    job = bulk.create_delete_job("Account", contentType="CSV")
    assert load(bulk, job, [{"Id": other.id}])[0].success == "true"
    assert [row["Name"] for row in read(bulk, "SELECT Name FROM Account")] == ["Alder"]


def test_an_upsert_by_external_id(bulk: Any, external_ids: None) -> None:
    job = bulk.create_upsert_job("Account", "Legacy_Id__c", contentType="CSV")
    assert [one.created for one in load(bulk, job, [{"Legacy_Id__c": "1", "Name": "A"}])] == ["true"]
    rows = [{"Legacy_Id__c": "1", "Name": "A2"}, {"Legacy_Id__c": "2", "Name": "B"}]
    assert [one.created for one in load(bulk, job, rows)] == ["false", "true"]


def test_pk_chunking(bulk: Any) -> None:
    job = bulk.create_insert_job("Account", contentType="CSV")
    load(bulk, job, [{"Name": f"A{number}"} for number in range(25)])
    job = bulk.create_query_job("Account", contentType="CSV", pk_chunking=10)
    original = bulk.query(job, "SELECT Id FROM Account")
    with pytest.raises(BulkBatchFailed):  # as which the client takes a batch in whose place others are
        bulk.wait_for_batch(job, original, sleep_interval=0.05)
    batches = bulk.get_batch_list(job)
    assert [one["state"] for one in batches][:1] == ["NotProcessed"]
    for one in batches[1:]:
        bulk.wait_for_batch(job, one["id"], sleep_interval=0.05)
    assert [one["numberRecordsProcessed"] for one in bulk.get_batch_list(job)] == ["0", "10", "10", "5"]


def test_what_is_refused(bulk: Any) -> None:
    job = bulk.create_insert_job("Account", contentType="CSV")
    batch = bulk.post_batch(job, CsvDictsAdapter(iter([{"Nome": "A"}])))
    with pytest.raises(BulkBatchFailed, match="InvalidBatch : Field name not found : Nome"):
        bulk.wait_for_batch(job, batch, sleep_interval=0.05)
    bulk.abort_job(job)
    assert bulk.job_state(job) == "Aborted"
    with pytest.raises(BulkApiError, match="Unable to find object: Nothing"):
        bulk.create_insert_job("Nothing", contentType="CSV")
    bulk.sessionId = "nobody"
    with pytest.raises(BulkApiError, match="Invalid session id"):
        bulk.job_status(job)
