"""Spare simple-salesforce the seconds that it sleeps before it asks after a bulk job, in a process that has the job itself.

simple-salesforce sleeps five seconds before its first question (``SFBulk2Type``, ``wait``) and between two (``SFBulkType.worker``).
While a mocked org answers, its sleep lasts until the org has nothing more to do. What the client asks and sees stays the same;
a job that is to wait for the clock is slept for, and one that is to wait for questions gets as many as ever.
"""

import sys
import time
from types import ModuleType
from typing import Any, Final

from .org.jobs.jobs import Jobs
from .org.org import Org

MODULES: Final = ("simple_salesforce.bulk2", "simple_salesforce.bulk")


class Sleepless:
    """Takes the place of ``sleep`` in simple-salesforce's modules from the first bulk call on, until it ends."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._replaced: list[tuple[ModuleType, Any]] = []

    def notice(self, path: str) -> None:
        """Hear of a call; only a bulk call matters."""
        if "/jobs/" not in path and "/async/" not in path:
            return
        for name in MODULES:
            module = sys.modules.get(name)
            current = getattr(module, "sleep", None)
            # A sleep that somebody else has put there stays.
            if module is None or current == self.sleep:
                continue
            if current is time.sleep or isinstance(getattr(current, "__self__", None), Sleepless):
                self._replaced.append((module, current))
                module.sleep = self.sleep  # type: ignore[attr-defined]

    def sleep(self, seconds: float) -> None:
        """Sleep until the org's jobs rest, and no longer than told."""
        end = time.monotonic() + seconds
        jobs = self._org.room(Jobs)
        if jobs.settle(max(seconds, 0.0)) and jobs.is_waiting:
            time.sleep(max(end - time.monotonic(), 0.0))

    def end(self) -> None:
        """Put back what was there."""
        while self._replaced:
            module, before = self._replaced.pop()
            if getattr(module, "sleep", None) == self.sleep:
                module.sleep = before  # type: ignore[attr-defined]
