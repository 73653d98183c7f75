"""Time that passes by itself: what falls due is done when the moment has come."""

import logging
import threading
from collections.abc import Callable
from typing import Final

LOG: Final = logging.getLogger(__name__)


class Ticker:
    """Calls back when the time has come; a thread of its own, begun when it is first needed."""

    def __init__(self, call: Callable[[], None], name: str) -> None:
        """`name`: of the thread."""
        self._call = call
        self._name = name
        self._changed = threading.Condition()
        self._seconds: float | None = None
        self._is_set = False
        self._stopped = False
        self._thread: threading.Thread | None = None

    def expect(self, seconds: float | None) -> None:
        """Call back in so many real seconds; None: not at all, until told otherwise."""
        with self._changed:
            self._seconds, self._is_set = seconds, True
            if seconds is not None and self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify()

    def stop(self) -> None:
        """Let the thread end."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self) -> None:
        while self._is_time():
            try:
                self._call()
            except Exception:
                LOG.exception("what fell due could not be done")  # time goes on for all that falls due later

    def _is_time(self) -> bool:
        """Wait until the time has come; False when there is nothing more to wait for."""
        with self._changed:
            while not self._stopped:
                seconds, self._is_set = self._seconds, False
                self._changed.wait(seconds)
                if not self._is_set and seconds is not None:
                    self._seconds = None
                    break
            return not self._stopped
