"""The org's clock: the only place that reads the time.

It runs with the machine's clock at a distance, or stands still. What it shows is kept in the store, so that a restart
and a second worker see the same.
"""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ...schemas.values import datetime_text
from ..store import Store

EARLIEST: Final = datetime(1970, 1, 2, tzinfo=UTC)
LATEST: Final = datetime(3999, 12, 30, tzinfo=UTC)
"""A clock can be set within these bounds, so that whatever an org adds to it is still a date."""

MOST_TICK_SECONDS: Final = 366 * 24 * 3600
KNOWN_FOR_SECONDS: Final = 1.0
"""How long a process that shares its store goes by the tick that it has read."""
_KEY: Final = "clock"


class Clock:
    """What time it is in the org. Times are aware, in UTC."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cached: dict[str, Any] | None = None
        self._tick_known: tuple[float, float] | None = None
        """Where the store is shared, the tick and when it was read."""

    def now(self) -> datetime:
        """Return the org's time."""
        state = self._state()
        if state["frozen_at"] is not None:
            return datetime.fromisoformat(state["frozen_at"])
        return datetime.now(UTC) + timedelta(seconds=state["ahead_seconds"])

    def stamp(self) -> str:
        """Return the org's time as a record is stamped with it: the canonical text of a whole second."""
        return datetime_text(self.now().replace(microsecond=0))

    @property
    def moved(self) -> bool:
        """Tell whether the clock shows another time than the machine's."""
        state = self._state()
        return state["frozen_at"] is not None or state["ahead_seconds"] != 0

    @property
    def frozen(self) -> bool:
        """Tell whether the clock stands still."""
        return self._state()["frozen_at"] is not None

    def set(self, moment: datetime) -> None:
        """Let the clock show a moment; it goes on running or standing. Raises ValueError beyond its bounds."""
        moment = moment.astimezone(UTC)
        if not EARLIEST <= moment <= LATEST:
            raise ValueError(f"the clock goes from {EARLIEST.isoformat()} to {LATEST.isoformat()}")
        with self._store.write():  # nobody else moves it between the reading and the keeping
            if self.frozen:
                self._keep(frozen_at=moment.isoformat())
            else:
                self._keep(ahead_seconds=(moment - datetime.now(UTC)).total_seconds())

    def advance(self, seconds: float) -> None:
        """Move the clock forward, or back by a negative number."""
        with self._store.write():
            try:
                moment = self.now() + timedelta(seconds=seconds)
            except OverflowError:
                raise ValueError(f"the clock cannot move by {seconds} seconds") from None
            self.set(moment)

    def freeze(self) -> None:
        """Stop the clock where it is."""
        with self._store.write():
            if not self.frozen:
                self._keep(frozen_at=self.now().isoformat())

    @property
    def tick_seconds(self) -> float:
        """By how much a stopped clock moves on after each request; 0 if it does not."""
        known = self._tick_known
        if known is not None and time.monotonic() - known[1] < KNOWN_FOR_SECONDS:
            return known[0]
        seconds: float = self._state().get("tick_seconds", 0.0)
        if self._store.dialect != "sqlite":  # asked with every request, and there it would be a query each time
            self._tick_known = seconds, time.monotonic()
        return seconds

    def set_tick(self, seconds: float) -> None:
        """Stop the clock, and let it move on by so much after each request; 0 lets it stand. Raises ValueError."""
        if not 0 <= seconds <= MOST_TICK_SECONDS:
            raise ValueError(f"a tick is a number of seconds from 0 to {MOST_TICK_SECONDS}")
        with self._store.write():
            if seconds:
                self.freeze()
            self._keep(tick_seconds=float(seconds))

    def unfreeze(self) -> None:
        """Let the clock run on from where it stands."""
        with self._store.write():
            if self.frozen:
                moment = self.now()
                self._keep(frozen_at=None, tick_seconds=0.0, ahead_seconds=(moment - datetime.now(UTC)).total_seconds())

    def forget(self) -> None:
        """Read the clock's state from the store again, after its rows were replaced or a transaction was undone."""
        self._cached = None
        self._tick_known = None

    def _state(self) -> dict[str, Any]:
        # One process holds an SQLite database; only there may what was read be kept.
        if self._cached is not None and self._store.dialect == "sqlite":
            return self._cached
        kept = self._store.meta(_KEY)
        self._cached = json.loads(kept) if kept else {"frozen_at": None, "ahead_seconds": 0.0}
        return self._cached

    def _keep(self, **changes: Any) -> None:
        state = self._state() | changes
        with self._store.write() as transaction:
            transaction.set_meta(_KEY, json.dumps(state))
        self._cached = state
        self._tick_known = None
