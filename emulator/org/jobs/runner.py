"""The thread that works on jobs. It begins when there is work and ends when there is none.

Whatever it does is one transaction after the other, each of which first looks whether the batch is still where the runner left
it: a job that was aborted, deleted, or swept away by a reset ends there, and of two processes that take up the same batch only
one gets further.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final

LOG: Final = logging.getLogger(__name__)
LONGEST_WAIT_SECONDS: Final = 3600.0

Work = Callable[[], float | None]
"""Works on the next batch; returns 0 when it did, the seconds until the next one is due, or None when there is none."""


class Runner:
    """Runs a work until there is none left."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._woken = False
        self._closed = False
        self._resting = False

    @property
    def closed(self) -> bool:
        """Tell whether to stop as soon as can be."""
        return self._closed

    def wake(self) -> None:
        """Look for work, now."""
        with self._changed:
            if self._closed:
                return
            self._woken = True
            self._resting = False
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="chatlift-jobs", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until there is nothing to do at this moment; tell whether it came to that in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._thread is None or self._resting, seconds)

    def close(self) -> None:
        """Stop after the step that runs."""
        with self._changed:
            self._closed = True
            thread = self._thread
            self._changed.notify_all()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    self._end()
                    return
                self._woken = False
            try:
                seconds = self._work()
            except Exception:
                if not self._closed:
                    LOG.exception("a bulk job stopped")
                seconds = None
            with self._changed:
                if self._woken or self._closed or seconds == 0:
                    continue
                if seconds is None:
                    self._end()
                    return
                self._resting = True
                self._changed.notify_all()
                self._changed.wait(min(seconds, LONGEST_WAIT_SECONDS))
                self._resting = False

    def _end(self) -> None:
        self._thread = None
        self._changed.notify_all()
