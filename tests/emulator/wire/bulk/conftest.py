"""A client of both Bulk APIs, without a socket."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from chatlift.emulator import OrgHandle, mock_salesforce

ENDED = ("JobComplete", "Failed", "Aborted")


class BulkClient:
    """Sends requests as the administrator: of 2.0 below ``jobs/``, of the first Bulk API below ``job``."""

    def __init__(self, org: OrgHandle) -> None:
        self.org = org
        self.session = org.mount(requests.Session())
        self.token = org.token()

    def v2(self, method: str, path: str, version: str = "60.0", **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        url = f"{self.org.url}/services/data/v{version}/jobs/{path}"
        return self.session.request(method, url, headers=headers, timeout=30, **options)

    def v1(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"X-SFDC-Session": self.token, **options.pop("headers", {})}
        url = f"{self.org.url}/services/async/60.0/{path}"
        return self.session.request(method, url, headers=headers, timeout=30, **options)

    def ingest(self, data: str | bytes, operation: str = "insert", sobject: str = "Account", **more: Any) -> Any:
        """Run a 2.0 job to its end; return its description."""
        made = self.v2("POST", "ingest", json={"object": sobject, "operation": operation, **more})
        assert made.status_code == 200, made.text
        id_ = made.json()["id"]
        raw = data.encode() if isinstance(data, str) else data
        sent = self.v2("PUT", f"ingest/{id_}/batches", data=raw, headers={"Content-Type": "text/csv"})
        assert (sent.status_code, sent.text) == (201, "")
        closed = self.v2("PATCH", f"ingest/{id_}", json={"state": "UploadComplete"})
        assert closed.status_code == 200, closed.text
        self.org.jobs.settle()
        return self.v2("GET", f"ingest/{id_}").json()

    def results(self, id_: str, kind: str) -> str:
        answer = self.v2("GET", f"ingest/{id_}/{kind}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "text/csv"
        return answer.text

    def query(self, soql: str, operation: str = "query", **more: Any) -> Any:
        """Run a 2.0 query job to its end; return its description."""
        made = self.v2("POST", "query", json={"operation": operation, "query": soql, **more})
        assert made.status_code == 200, made.text
        self.org.jobs.settle()
        return self.v2("GET", f"query/{made.json()['id']}").json()

    def job(self, operation: str, content_type: str, sobject: str = "Account", **more: Any) -> str:
        """Make a job of the first Bulk API; return its id."""
        described = {"operation": operation, "object": sobject, "contentType": content_type, **more.pop("spec", {})}
        made = self.v1("POST", "job", json=described, **more)
        assert made.status_code == 201, made.text
        id_: str = made.json()["id"]
        return id_

    def batch(self, job_id: str, data: str | bytes, content_type: str) -> str:
        """Add a batch and wait until it is over; return its id."""
        raw = data.encode() if isinstance(data, str) else data
        made = self.v1("POST", f"job/{job_id}/batch", data=raw, headers={"Content-Type": content_type})
        assert made.status_code == 201, made.text
        self.org.jobs.settle()
        found = re.search(r"751\w{15}", made.text)
        assert found
        return found[0]


@pytest.fixture
def org() -> Iterator[OrgHandle]:
    with mock_salesforce(now="2026-06-15T12:00:00Z", frozen=True) as handle:
        yield handle


@pytest.fixture
def bulk(org: OrgHandle) -> BulkClient:
    return BulkClient(org)
