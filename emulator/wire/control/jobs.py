"""How long bulk jobs wait before they begin, so that clients' waiting can be tested."""

from collections.abc import Mapping
from typing import Any, Final

from ...org.jobs.jobs import Jobs, Waiting
from ...org.org import Org
from .guard import ControlRefused

KEYS: Final = frozenset({"delay_seconds", "polls"})
MOST_SECONDS: Final = 366 * 24 * 3600
MOST_POLLS: Final = 1_000_000


def shown(org: Org) -> dict[str, Any]:
    """Return what new jobs are told, and whether jobs are being worked on or wait for the clock."""
    jobs = org.room(Jobs)
    waiting = jobs.waiting
    return {
        "delay_seconds": waiting.delay_seconds,
        "polls": waiting.polls,
        "idle": jobs.settle(0) and not jobs.is_waiting,
    }


def change(org: Org, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Let jobs that are closed from now on wait: seconds of the org's clock, a number of questions after their state."""
    for key in wanted:
        if key not in KEYS:
            raise _bad(f"there is no key {key!r}; jobs take {', '.join(sorted(KEYS))}")
    jobs = org.room(Jobs)
    now = jobs.waiting
    seconds, polls = wanted.get("delay_seconds", now.delay_seconds), wanted.get("polls", now.polls)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= MOST_SECONDS:
        raise _bad(f"delay_seconds is a number from 0 to {MOST_SECONDS}")
    if isinstance(polls, bool) or not isinstance(polls, int) or not 0 <= polls <= MOST_POLLS:
        raise _bad(f"polls is a whole number from 0 to {MOST_POLLS}")
    jobs.set_waiting(Waiting(float(seconds), polls))
    return shown(org)


def _bad(message: str) -> ControlRefused:
    return ControlRefused(400, "INVALID_ARGUMENT", message)
