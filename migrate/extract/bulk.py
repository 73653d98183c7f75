"""A query of many rows by Bulk API 2.0: its result comes in pages of CSV.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm. The job has no ORDER BY: the platform
splits the work by itself then, and rows come in no order that is promised. Bulk API 2.0 has no header for PK chunking
(https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/async_api_headers_enable_pk_chunking.htm, of Bulk API);
so large objects are read by ranges of ids, some jobs at a time, and a range that takes the org too long is halved.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ...schemas.ids import DIGITS, InvalidId, normalize
from ..dialect import FIELD_LIMIT
from ..errors import MigrationError, TerminalError
from ..port import Org

_PAGE_ROWS = 2000
"""Rows of a page. A transcript's Body may have 131,072 characters: such a page has a quarter of a gigabyte at most."""
_WAITS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
_LAST_PAGE = "null"
CHUNK_ROWS = 250_000
"""Rows of a range: the most that PK chunking takes for one, and from twice as many on an object is read by ranges. A choice of ours."""
_JOBS = 3
"""Jobs that run at a time: the org has other work to do. A choice of ours."""
_HALVINGS = 8
_TOO_LARGE = re.compile(r"time[d ]*out|too (?:long|large|complicated|many)|retried more than|exceeded", re.IGNORECASE)
"""What the org says of a job that a smaller one may get around. Its texts are not listed anywhere: a guess."""


@dataclass(frozen=True, slots=True)
class Range:
    """Ids from `first` on, to before `end`; an empty text is no bound. depth: how often it was halved."""

    first: str = ""
    end: str = ""
    depth: int = 0

    @property
    def where(self) -> str:
        """Return the condition of a query."""
        bounds = [f"Id >= '{self.first}'" if self.first else "", f"Id < '{self.end}'" if self.end else ""]
        said = " AND ".join(bound for bound in bounds if bound)
        return f" WHERE {said}" if said else ""


class TooLarge(TerminalError):
    """The org could not do a job in its time."""


def bulk_object(
    org: Org, name: str, fields: Sequence[str], with_deleted: bool, rows: int, chunk_rows: int = CHUNK_ROWS
) -> Iterator[dict[str, Any]]:
    """Yield the rows of an object, by ranges of ids where there are many. Raises as `bulk_records` does."""
    soql = f"SELECT {', '.join(fields)} FROM {name}"
    wanted = rows // chunk_rows if rows >= 2 * chunk_rows else 1
    whole = Range()
    waiting = deque(_split(org, name, with_deleted, whole, wanted) if wanted > 1 else [whole])
    under_way: deque[tuple[Range, str]] = deque()
    try:
        while waiting or under_way:
            while waiting and len(under_way) < _JOBS:
                under_way.append((waiting[0], _begin(org, soql + waiting[0].where, with_deleted)))
                waiting.popleft()
            one, job = under_way[0]
            try:
                _wait(org, job)
            except TooLarge as error:
                halves = _split(org, name, with_deleted, one, 2) if one.depth < _HALVINGS else []
                if len(halves) < 2:
                    raise TerminalError(error.message, error.remedy) from None
                waiting.extendleft(reversed(halves))
            else:
                yield from _pages(org, job)
            _forget(org, job)
            under_way.popleft()
    finally:
        for _, job in under_way:
            _forget(org, job)


def _split(org: Org, name: str, with_deleted: bool, one: Range, wanted: int) -> list[Range]:
    """Return a range in about equal parts; the org is asked for the ends that it has."""
    edges = []
    for order in ("ASC", "DESC"):
        found = org.query(f"SELECT Id FROM {name}{one.where} ORDER BY Id {order} LIMIT 1", with_deleted)
        edges.append(str(next(found, {}).get("Id") or ""))
    try:
        first, last = (normalize(edge)[:15] for edge in edges)
    except InvalidId:
        return [one]
    low, high = _number(first), _number(last)
    cuts = sorted({low + (high - low + 1) * part // wanted for part in range(1, wanted)} - {low})
    inner = [normalize(_id(cut)) for cut in cuts]
    ends = (one.first, *inner, one.end)
    return [Range(start, end, one.depth + 1) for start, end in pairwise(ends)]


def _number(id_: str) -> int:
    """Return an id of 15 characters as a number; they are ordered by these, as ids are by the platform."""
    number = 0
    for digit in id_:
        number = number * 62 + DIGITS.index(digit)
    return number


def _id(number: int) -> str:
    digits = []
    for _ in range(15):
        number, digit = divmod(number, 62)
        digits.append(DIGITS[digit])
    return "".join(reversed(digits))


def bulk_records(org: Org, soql: str, with_deleted: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the rows of a query, values as text, null as empty text. Raises as `Org.send` does when the org takes no such job."""
    job = _begin(org, soql, with_deleted)
    try:
        _wait(org, job)
        yield from _pages(org, job)
    finally:
        _forget(org, job)


def _begin(org: Org, soql: str, with_deleted: bool) -> str:
    jobs = f"{org.version_path}/jobs/query"
    asked = {"operation": "queryAll" if with_deleted else "query", "query": soql}
    # A job that was made and not heard of costs the org a query, and nothing else: it may be made again.
    return f"{jobs}/{org.patiently(lambda: org.send('POST', jobs, asked))['id']}"


def _forget(org: Org, job: str) -> None:
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
            reason = str(told.get("errorMessage") or "no reason given")
            kind = TooLarge if _TOO_LARGE.search(reason) else TerminalError
            raise kind(
                f"{org.url}: a bulk query ended as {state} ({reason}):", "see the bulk data load jobs of the org"
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
