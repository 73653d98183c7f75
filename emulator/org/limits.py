"""What an org allows: calls a day, long calls at once. Every protocol counts its calls here, and here they are refused.

    with org.limits.admitted() as usage:      # one call: counted, refused when nothing is left, running until the end
        ...                                   # usage.info is the value of Sforce-Limit-Info
    org.limits.count(4)                       # what one request counts besides, such as the parts of a batch
    org.limits.spend(1, BULK_BATCHES)         # another allowance: counted, refused when nothing is left

A day is the last 24 hours by the org's clock, to the minute. Until an allowance is set nothing is refused, and each process
counts for itself, in memory; from then on the counts are rows of the store, exact over restarts and workers. How many calls
run at once is known to each process alone.
"""

import json
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import Any, Final

from ..errors import OrgError
from ..store import Store, Transaction
from .clock import Clock

API_REQUESTS: Final = "DailyApiRequests"
BULK_BATCHES: Final = "DailyBulkApiBatches"
QUERY_JOBS: Final = "DailyBulkV2QueryJobs"
CONCURRENT: Final = "ConcurrentRequests"
LONG_SECONDS: Final = "LongRunningSeconds"
ALLOWANCES: Final = {API_REQUESTS: 15_000, BULK_BATCHES: 15_000, QUERY_JOBS: 10_000}
"""What a Developer Edition org has ("API Request Limits and Allocations"; a recorded ``limits`` of v49.0)."""
SETTINGS: Final = (*ALLOWANCES, CONCURRENT, LONG_SECONDS)
USUAL_LONG_SECONDS: Final = 20.0
"""From how many seconds on a call is a long one ("Concurrent API Request Limits")."""
MOST: Final = 2**53
DAY_MINUTES: Final = 24 * 60
KNOWN_FOR_SECONDS: Final = 1.0
"""How long a process that shares its store goes by the settings and the clock that it has read."""
_KEY: Final = "limits"


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of an allowance is used."""

    used: int
    allowed: int

    @property
    def info(self) -> str:
        """The value of the header Sforce-Limit-Info."""
        return f"api-usage={self.used}/{self.allowed}"

    @property
    def left(self) -> int:
        return max(self.allowed - self.used, 0)


class Admission:
    """A call that runs from ``with`` to its end."""

    __slots__ = ("_key", "_running", "usage")

    def __init__(self, running: dict[int, float], usage: Usage) -> None:
        self.usage = usage
        self._running = running
        self._key = id(self)
        # Real time, not the org's clock: a frozen clock does not make a call short.
        running[self._key] = time.monotonic()

    def __enter__(self) -> Usage:
        return self.usage

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.pop(self._key, None)


class _Window:
    """Numbers of the minutes of a day, in memory."""

    __slots__ = ("minutes", "total")

    def __init__(self) -> None:
        self.minutes: deque[list[int]] = deque()
        self.total = 0

    def add(self, minute: int, calls: int) -> int:
        minutes = self.minutes
        if not minutes or minutes[-1][0] != minute:
            while minutes and minutes[0][0] <= minute - DAY_MINUTES:
                self.total -= minutes.popleft()[1]
            while minutes and minutes[-1][0] > minute:  # the clock was set back
                self.total -= minutes.pop()[1]
            if not minutes or minutes[-1][0] != minute:
                minutes.append([minute, 0])
        minutes[-1][1] += calls
        self.total += calls
        return self.total


class Limits:
    """The allowances of an org. Safe to use from several threads."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = Lock()
        self._windows = {name: _Window() for name in ALLOWANCES}
        self._running: dict[int, float] = {}
        self._known: tuple[Mapping[str, Any], float, int] | None = None
        """The settings; where the store is shared also when they were read, and the minute of the clock then."""

    def admitted(self) -> Admission:
        """Count a call and let it run. Raises REQUEST_LIMIT_EXCEEDED."""
        settings, minute = self._now()
        if CONCURRENT in settings:
            self._refuse_when_crowded(settings)
        return Admission(self._running, self._counted(settings, minute, API_REQUESTS, 1, refuse=True))

    def count(self, calls: int = 1, limit: str = API_REQUESTS) -> Usage:
        """Count calls, even beyond what is allowed."""
        settings, minute = self._now()
        return self._counted(settings, minute, limit, calls, refuse=False)

    def spend(self, calls: int = 1, limit: str = API_REQUESTS) -> Usage:
        """Count calls. Raises REQUEST_LIMIT_EXCEEDED when nothing is left, and then counts none."""
        settings, minute = self._now()
        return self._counted(settings, minute, limit, calls, refuse=True)

    def usage(self, limit: str = API_REQUESTS) -> Usage:
        """Return how much of an allowance is used."""
        return self.count(0, limit)

    def settings(self) -> dict[str, Any]:
        """Return what has been set."""
        return dict(self._now()[0])

    def set(self, wanted: Mapping[str, Any]) -> None:
        """Set allowances, which are held from now on; None takes one away. Raises ValueError for what cannot be one."""
        for name, value in wanted.items():
            _check(name, value)
        with self._store.write() as transaction:
            settings, minute = self._now()
            after = {name: value for name, value in {**settings, **wanted}.items() if value is not None}
            for name in ALLOWANCES:
                if name in after and name not in settings:
                    self._keep(transaction, name)
                elif name in settings and name not in after:
                    self._take_back(transaction, name, minute)
            transaction.set_meta(_KEY, json.dumps(after))
            self._known = None

    def forget(self) -> None:
        """Read the settings again, after the rows were replaced or a transaction was undone."""
        self._known = None

    def clear(self) -> None:
        """Count from nothing, as the rows do after a reset or a restore."""
        with self._lock:
            self._windows = {name: _Window() for name in ALLOWANCES}
        self.forget()

    # --- inside -------------------------------------------------------------------------------------------------------

    def _now(self) -> tuple[Mapping[str, Any], int]:
        """Return the settings and the minute of the org's clock."""
        known, shared = self._known, self._store.dialect != "sqlite"
        if known is not None:
            if not shared:
                return known[0], int(self._clock.now().timestamp()) // 60
            if time.monotonic() - known[1] < KNOWN_FOR_SECONDS:
                return known[0], known[2]
        kept = self._store.meta(_KEY)
        settings, minute = json.loads(kept) if kept else {}, int(self._clock.now().timestamp()) // 60
        self._known = settings, time.monotonic(), minute
        return settings, minute

    def _counted(self, settings: Mapping[str, Any], minute: int, limit: str, calls: int, *, refuse: bool) -> Usage:
        allowed = settings.get(limit)
        if allowed is None:
            with self._lock:
                return Usage(self._windows[limit].add(minute, calls), ALLOWANCES[limit])
        with self._store.write() as transaction:
            used = self._used(transaction, limit, minute)
            if refuse and used >= allowed:
                raise OrgError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
            if calls:
                self._add(transaction, limit, minute, calls)
        return Usage(used + calls, allowed)

    def _refuse_when_crowded(self, settings: Mapping[str, Any]) -> None:
        began_before = time.monotonic() - settings.get(LONG_SECONDS, USUAL_LONG_SECONDS)
        long_ones = sum(began <= began_before for began in list(self._running.values()))
        if long_ones >= settings[CONCURRENT]:
            raise OrgError("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")

    def _used(self, transaction: Transaction, limit: str, minute: int) -> int:
        place = transaction.placeholder
        sql = f'SELECT SUM(calls) FROM "_usage" WHERE name = {place} AND minute > {place} AND minute <= {place}'
        found = transaction.execute(sql, [limit, minute - DAY_MINUTES, minute])
        return int(found[0][0] or 0)

    def _add(self, transaction: Transaction, limit: str, minute: int, calls: int) -> None:
        sql = (
            f'INSERT INTO "_usage" (name, minute, calls) VALUES ({", ".join([transaction.placeholder] * 3)})'
            ' ON CONFLICT (name, minute) DO UPDATE SET calls = "_usage".calls + excluded.calls'
        )
        transaction.run(sql, [limit, minute, calls])

    def _keep(self, transaction: Transaction, limit: str) -> None:
        """Move the numbers of an allowance from memory to the store."""
        with self._lock:
            window, self._windows[limit] = self._windows[limit], _Window()
        for minute, calls in window.minutes:
            self._add(transaction, limit, minute, calls)

    def _take_back(self, transaction: Transaction, limit: str, minute: int) -> None:
        """Move the numbers of an allowance from the store to memory."""
        place = transaction.placeholder
        rows = transaction.execute(f'SELECT minute, calls FROM "_usage" WHERE name = {place} ORDER BY minute', [limit])
        transaction.run(f'DELETE FROM "_usage" WHERE name = {place}', [limit])
        with self._lock:
            for at, calls in rows:
                if at <= minute:
                    self._windows[limit].add(at, calls)


def _check(name: str, value: Any) -> None:
    if name not in SETTINGS:
        raise ValueError(f"there is no limit {name!r} to set; there are {', '.join(SETTINGS)}")
    numbers = int | float if name == LONG_SECONDS else int
    if value is not None and (isinstance(value, bool) or not isinstance(value, numbers) or not 0 <= value <= MOST):
        raise ValueError(f"{name} is a number from 0, or null, not {value!r}")
