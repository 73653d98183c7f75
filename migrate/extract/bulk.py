"""A query of many rows by Bulk API 2.0: one job, its result in pages of CSV.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm. The job has no ORDER BY: the platform
splits the work by itself then, and rows come in no order that is promised.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ..dialect import FIELD_LIMIT
from ..errors import MigrationError, TerminalError
from ..port import Org

_PAGE_ROWS = 2000
"""Rows of a page. A transcript's Body may have 131,072 characters: such a page has a quarter of a gigabyte at most."""
_WAITS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
_LAST_PAGE = "null"


def bulk_records(org: Org, soql: str, with_deleted: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the rows of a query, values as text, null as empty text. Raises as `Org.send` does when the org takes no such job."""
    jobs = f"{org.version_path}/jobs/query"
    asked = {"operation": "queryAll" if with_deleted else "query", "query": soql}
    # A job that was made and not heard of costs the org a query, and nothing else: it may be made again.
    job = f"{jobs}/{org.patiently(lambda: org.send('POST', jobs, asked))['id']}"
    try:
        _wait(org, job)
        yield from _pages(org, job)
    finally:
        with suppress(MigrationError):
            org.send("DELETE", job)


def _wait(org: Org, job: str) -> None:
    turn = 0
    while True:
        told = org.patiently(lambda: org.send("GET", job))
        state = told.get("state")
        if state == "JobComplete":
            return
        if state in ("Failed", "Aborted"):
            raise TerminalError(
                f"{org.url}: a bulk query ended as {state} ({told.get('errorMessage') or 'no reason given'}):",
                "see the bulk data load jobs of the org",
            )
        org.pause(_WAITS[min(turn, len(_WAITS) - 1)])
        turn += 1


def _pages(org: Org, job: str) -> Iterator[dict[str, Any]]:
    locator = ""
    if csv.field_size_limit() != FIELD_LIMIT:
        csv.field_size_limit(FIELD_LIMIT)
    while locator != _LAST_PAGE:
        path = f"{job}/results?maxRecords={_PAGE_ROWS}" + (f"&locator={locator}" if locator else "")
        answer = org.patiently(lambda path=path: org.raw("GET", path))  # type: ignore[misc]
        locator = answer.headers.get("Sforce-Locator") or _LAST_PAGE
        if not all(character.isalnum() or character in "-_=" for character in locator):
            raise TerminalError(f"{org.url} gives the locator {locator[:40]!r}, which is none:", "check the URL")
        yield from csv.DictReader(io.StringIO(answer.content.decode("utf-8"), newline=""))
