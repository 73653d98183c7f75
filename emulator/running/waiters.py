"""Who waits for a mailbox to fill. In this process only; a second one's messages are noticed by looking now and then."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

T = TypeVar("T")
LOOK_AGAIN: Final = 1.0
"""Seconds after which a waiter looks by himself where another process may have written."""


class Held(threading.local):
    """The keys that a thread wakes later; None while it wakes at once."""

    keys: set[str] | None = None


class Waiters:
    """Wakes the threads that wait for something to happen to a key."""

    def __init__(self, shared: bool) -> None:
        """`shared`: other processes write to the same store, so that nobody wakes the waiters of this one."""
        self._shared = shared
        self._lock = threading.Lock()
        self._waiting: dict[str, list[threading.Event]] = {}
        self._is_closed = False
        self._held = Held()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wake whom this thread wakes inside when the block ends.

        Around a transaction of several steps: who looked before its end would see nothing, and nobody would wake him again. Inside
        another such block it is the outer one's end that counts.
        """
        if self._held.keys is not None:
            yield
            return
        keys = self._held.keys = set()
        try:
            yield
        finally:
            self._held.keys = None
            for key in keys:
                self.wake(key)

    def wake(self, key: str) -> None:
        """Let whoever waits for a key look again."""
        if self._held.keys is not None:
            self._held.keys.add(key)
            return
        with self._lock:
            for event in self._waiting.get(key, ()):
                event.set()

    def wake_all(self) -> None:
        """Let everybody look again: the rows were replaced."""
        with self._lock:
            for events in self._waiting.values():
                for event in events:
                    event.set()

    def close(self) -> None:
        """Let everybody go who waits, from now on at once."""
        with self._lock:
            self._is_closed = True
            for events in self._waiting.values():
                for event in events:
                    event.set()

    def wait(self, key: str, seconds: float, look: Callable[[], T | None]) -> T | None:
        """Return what `look` finds, as soon as it finds something within real seconds; else None."""
        event = threading.Event()
        with self._lock:
            self._waiting.setdefault(key, []).append(event)
        try:
            until = time.monotonic() + seconds
            while (found := look()) is None and not self._is_closed and (left := until - time.monotonic()) > 0:
                event.wait(min(left, LOOK_AGAIN) if self._shared else left)
                event.clear()
            return found
        finally:
            with self._lock:
                remaining = [other for other in self._waiting[key] if other is not event]
                if remaining:
                    self._waiting[key] = remaining
                else:
                    del self._waiting[key]
