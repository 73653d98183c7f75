"""Calls that wait: long polls and event streams, which must not keep others out.

A call that is about to wait says so. The server then takes on another worker in its place, up to a bound; above it the call is
told to go. Decision: docs/decisions/0007-waiting-clients.md.
"""

from collections.abc import Callable
from threading import Lock
from typing import Final, Protocol

KEY: Final = "chatlift.waiting"
"""Where the WSGI environment has the `Waiting` of the server, if it has one."""
HUNG_UP: Final = "chatlift.hung_up"
"""Where it has a function that tells whether the call's client is gone, if it can tell."""
CUT: Final = "chatlift.cut"
"""Where it has a function that breaks the connection to the client, if it can."""
LATE: Final = "chatlift.late"
"""Where, in process, it has a function that tells how long to wait, in seconds, when the answer is to be so late: the client may give up."""
MOST: Final = 1000
"""Calls that may wait at a time at each port. A thread that waits takes about 60 KB."""

POLL_SECONDS: Final = 40
"""Seconds after which a visitor's client gives a poll up (recorded: ``clientPollTimeout`` 40)."""
STEP: Final = 25
"""Workers that are taken on, or let go, at a time: cheroot waits a tenth of a second for new ones."""
SPARE: Final = 4 * STEP
"""Idle workers above which some go."""


class Workers(Protocol):
    """The threads that answer, as cheroot's pool offers them."""

    def grow(self, amount: int) -> None: ...

    def shrink(self, amount: int) -> None: ...


class Waiting:
    """Counts the calls that wait at one port, and keeps as many more workers."""

    def __init__(self, workers: Workers, most: int = MOST) -> None:
        self._workers = workers
        self._most = most
        self._lock = Lock()
        self._resizing = Lock()
        self._count = 0
        self._more = 0
        self._is_closed = False
        self._wakers: set[Callable[[], None]] = set()

    def begin(self, wake: Callable[[], None]) -> bool:
        """Note that a call begins to wait; False when it must not. `wake` ends such waits when the server stops."""
        with self._lock:
            if self._is_closed or self._count >= self._most:
                return False
            self._count += 1
            self._wakers.add(wake)
            grow = self._count > self._more
            self._more += STEP * grow
        if grow:
            with self._resizing:
                self._workers.grow(STEP)
        return True

    def end(self) -> None:
        """Note that a call no longer waits. Workers that have become idle go, but not at once: the next poll is near."""
        with self._lock:
            self._count -= 1
            shrink = self._more - self._count > SPARE
            self._more -= STEP * shrink
        if shrink:
            with self._resizing:
                self._workers.shrink(STEP)

    def close(self) -> None:
        """Let all calls that wait go, and no more begin to."""
        with self._lock:
            self._is_closed = True
            wakers = tuple(self._wakers)
        for wake in wakers:
            wake()
