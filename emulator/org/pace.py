"""How often something is asked for by somebody: allowances that are held per user, and per minutes of the org's clock.

    org.pace.spend("connect/APP/USER", 1000, minutes=60)     # True: counted; False: nothing is left

The counts are rows of the store, so that they hold over restarts and workers, and move with the clock.
"""

from ..store import Store
from .clock import Clock


class Pace:
    """Counts the calls of one org by name. Safe to use from several threads."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def spend(self, name: str, allowed: int, *, minutes: int) -> bool:
        """Count a call, and tell whether it was among those that the last minutes allow; one that was not is not counted."""
        minute = int(self._clock.now().timestamp()) // 60
        place = self._store.placeholder
        with self._store.write() as transaction:
            # Older ones never count again, and those of a clock that was set back have not happened yet.
            transaction.run(
                f'DELETE FROM "_usage" WHERE name = {place} AND (minute <= {place} OR minute > {place})',
                [name, minute - minutes, minute],
            )
            found = transaction.one(f'SELECT SUM(calls) FROM "_usage" WHERE name = {place}', [name])
            if found is not None and int(found[0] or 0) >= allowed:
                return False
            transaction.run(
                f'INSERT INTO "_usage" (name, minute, calls) VALUES ({place}, {place}, 1)'
                ' ON CONFLICT (name, minute) DO UPDATE SET calls = "_usage".calls + 1',
                [name, minute],
            )
        return True
