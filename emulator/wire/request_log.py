"""The last requests that came to the platform's protocols: what came, what was understood, and what was answered.

A request costs little when it comes: what it meant is found out when somebody looks. Bodies are kept by their beginnings, headers by a
short list, and secrets are taken out of all that is shown. The log is kept in memory, by each process for itself.
"""

import re
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import count, islice
from typing import Any, Final

import orjson
from flask import Request, Response

from ..errors import OrgError
from ..org.org import Org
from ..soql.outline import outline
from ..soql.parser import parse
from .exchange import NEAR, REPLAYED, ROWS
from .faults import jobs_of
from .meaning import Jobs, meaning
from .near_misses import names_alike, near_misses
from .peeking import peek, shown
from .scrubbing import scrubbed, scrubbed_body, scrubbed_path, scrubbed_query

KEPT: Final = 1_000
"""Requests; the oldest go first."""
KEPT_BYTES: Final = 2_000
"""Of a request's body, and of a refusal."""
LONGEST_PATH: Final = 2_000
HEADERS: Final = {
    "CONTENT_TYPE": "Content-Type",
    "HTTP_ACCEPT": "Accept",
    "HTTP_CONTENT_ENCODING": "Content-Encoding",
    "HTTP_SFORCE_CALL_OPTIONS": "Sforce-Call-Options",
    "HTTP_SFORCE_QUERY_OPTIONS": "Sforce-Query-Options",
    "HTTP_SOAPACTION": "SOAPAction",
    "HTTP_USER_AGENT": "User-Agent",
}
"""Headers that are shown: none of them carries a secret."""
UNKNOWN: Final = frozenset({404, 405})
"""Statuses with which it is told what may have been meant instead."""
MOST_NEAR_MISSES: Final = 50
"""Requests of one answer, the newest, for which that is looked up."""
_NAMES: Final = tuple(HEADERS)
_SHOWN_NAMES: Final = tuple(HEADERS.values())
_CODE: Final = re.compile(r"<(?:\w+:)?exceptionCode>(\w+)<.*?<(?:\w+:)?exceptionMessage>([^<]*)", re.DOTALL)


@dataclass(slots=True)
class Entry:
    """One request, as it came and as it was answered. `received` counts seconds since 1970, by the machine's clock."""

    number: int
    received: float
    method: str
    path: str
    query: str
    headers: tuple[str | None, ...]
    body: str
    begun: float
    status: int = 0
    ms: float = 0.0
    rows: int | None = None
    refusal: bytes = b""
    recorded: int | None = None
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests somebody wants to see. path is a pattern; since is a time; after and before are numbers.

    sobject and operation are what was understood, which is found out request by request; a type's name in any case.
    """

    method: str | None = None
    path: str | None = None
    status: str | None = None
    since: float | None = None
    after: int = 0
    before: int | None = None
    limit: int = 100
    sobject: str | None = None
    operation: str | None = None

    def means(self, told: dict[str, Any]) -> bool:
        """Tell whether a request means what is wanted."""
        return (self.operation is None or told["operation"] == self.operation) and (
            self.sobject is None or self.sobject.lower() in map(str.lower, told["objects"])
        )

    def fits(self, entry: Entry) -> bool:
        return (
            entry.number > self.after
            and (self.before is None or entry.number < self.before)
            and (self.method is None or entry.method == self.method.upper())
            and (self.path is None or fnmatchcase(entry.path, self.path))
            and (self.status is None or fnmatchcase(str(entry.status), self.status.lower().replace("x", "?")))
            and (self.since is None or entry.received >= self.since)
        )


class RequestLog:
    """The log of an org: a room of it. Safe to use from several threads."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._numbers = count(1)

    def begin(self, request: Request) -> Entry:
        """Note a request that came, before it is answered; its body is left to be read."""
        environ = request.environ
        head = peek(request)
        return Entry(
            next(self._numbers),
            time.time(),
            request.method,
            request.path[:LONGEST_PATH],
            environ.get("QUERY_STRING", ""),
            tuple(map(environ.get, _NAMES)),
            shown(request, head)[:KEPT_BYTES] if head else "",
            time.perf_counter(),
        )

    def end(self, entry: Entry, request: Request, response: Response) -> None:
        """Note what a request was answered."""
        entry.ms = (time.perf_counter() - entry.begun) * 1000
        entry.status = response.status_code
        rows = request.environ.get(ROWS)
        if rows is None and "Sforce-NumberOfRecords" in response.headers:
            rows = int(response.headers["Sforce-NumberOfRecords"])
        entry.rows = rows
        entry.recorded = request.environ.get(REPLAYED)
        entry.near = tuple(request.environ.get(NEAR, ()))
        if entry.status >= 400 and response.is_sequence:
            entry.refusal = b"".join(response.iter_encoded())[:KEPT_BYTES]
        self._entries.append(entry)

    def told(self, wanted: Wanted = Wanted()) -> list[dict[str, Any]]:
        """Return the requests that are wanted as JSON, the newest first."""
        jobs = jobs_of(self._org)
        newest = (entry for entry in reversed(tuple(self._entries)) if wanted.fits(entry))
        meant = (one for entry in newest if wanted.means(one := self._told(entry, jobs)))
        told = list(islice(meant, wanted.limit))
        unknown = [one for one in told if one["status"] in UNKNOWN and not {"recorded", "nearMisses"} & one.keys()]
        for one in unknown[:MOST_NEAR_MISSES]:
            one["nearMisses"] = near_misses(self._org, one["method"], one["path"])
        for one in told:
            like = names_alike(self._org, one["error"]["errorCode"], one["error"]["message"]) if one["error"] else []
            if like:
                one["nearMisses"] = like
        return told

    def at(self, place: int) -> dict[str, Any]:
        """Return the request at a place, from 0 for the oldest. Raises IndexError."""
        number = tuple(self._entries)[place].number
        return self.told(Wanted(after=number - 1, before=number + 1, limit=1))[0]

    def __len__(self) -> int:
        return len(self._entries)

    def clear(self) -> int:
        """Forget all requests; return how many there were."""
        found = len(self._entries)
        self._entries.clear()
        return found

    def forget(self) -> None:
        """Forget all requests: those that come now meet another org."""
        self.clear()

    def catch_up(self) -> None:
        """Nothing falls due here."""

    def close(self) -> None:
        """Nothing runs here."""

    def _told(self, entry: Entry, jobs: Jobs) -> dict[str, Any]:
        meant = meaning(entry.method, entry.path, entry.query, entry.body, jobs)
        given = zip(_SHOWN_NAMES, entry.headers, strict=True)
        return {
            "number": entry.number,
            "received": f"{datetime.fromtimestamp(entry.received, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
            "method": entry.method,
            "path": scrubbed_path(entry.path),
            "query": scrubbed_query(entry.query),
            "headers": {name: scrubbed(value) for name, value in given if value},
            "body": scrubbed_body(entry.body, entry.headers[0] or ""),
            "api": meant.api,
            "operation": meant.operation,
            "objects": list(meant.objects),
            "soql": None if meant.soql is None else scrubbed(meant.soql),
            "parsed": None if meant.soql is None else _parsed(meant.soql),
            "rows": entry.rows,
            "status": entry.status,
            "error": _error(entry.refusal),
            "ms": round(entry.ms, 3),
        } | self._of_cassette(entry)

    @staticmethod
    def _of_cassette(entry: Entry) -> dict[str, Any]:
        """Return the recorded call that answered, or those that came nearest to one that was not recorded."""
        if entry.recorded is not None:
            return {"recorded": entry.recorded}
        return {"nearMisses": [scrubbed(one) for one in entry.near]} if entry.near else {}


def _parsed(soql: str) -> dict[str, Any] | None:
    try:
        return outline(parse(soql))
    except OrgError:
        return None


def _error(refusal: bytes) -> dict[str, str] | None:
    """Return code and message of a refusal, in whatever form its protocol has; None where it was none."""
    if not refusal:
        return None
    text = refusal.decode(errors="replace")
    found = _CODE.search(text)
    if found:
        return {"errorCode": found[1], "message": scrubbed(found[2])}
    try:
        loaded = orjson.loads(refusal)
    except orjson.JSONDecodeError:
        return {"errorCode": "", "message": scrubbed(text[:200])}
    for one in _objects(loaded):
        code = one.get("errorCode") or one.get("exceptionCode") or one.get("error")
        message = one.get("message") or one.get("exceptionMessage") or one.get("error_description")
        return {"errorCode": str(code or ""), "message": scrubbed(str(message or ""))}
    return {"errorCode": "", "message": scrubbed(text[:200])}


def _objects(loaded: Any) -> Iterator[dict[str, Any]]:
    yield from (one for one in (loaded if isinstance(loaded, list) else [loaded]) if isinstance(one, dict))
