"""What the control API does: health, reset, seed, objects, clock."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any, Final

from .... import __version__
from ....schemas.values import InvalidValue, read_datetime
from ...errors import OrgError
from ...org.counts import record_counts
from ...org.org import Org
from .guard import ControlRefused

CLOCK_KEYS: Final = frozenset({"now", "frozen", "advance_seconds"})


def health(org: Org) -> dict[str, Any]:
    """Return that the org is up, the version of the emulator, and the number of records of each kind."""
    return {"status": "ok", "version": __version__, "records": record_counts(org.store, org.catalog)}


def reset(org: Org) -> dict[str, Any]:
    """Put the org back to what it was when it was ready."""
    org.reset()
    return {"reset": True}


def seed(org: Org, document: Mapping[str, Any]) -> dict[str, Any]:
    """Write a scenario document, all or nothing."""
    return {"refs": org.seed(document)}


def objects(org: Org, document: Mapping[str, Any]) -> dict[str, Any]:
    """Add objects, or fields to known ones, all or nothing: one document, or a list of them under ``objects``."""
    given = document.get("objects", [document])
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        raise bad("objects is a list of descriptors or describes")
    return {"objects": org.extend(given)}


def clock(org: Org) -> dict[str, Any]:
    """Return what the clock shows, in UTC, and whether it stands still."""
    now = org.clock.now().astimezone(UTC)
    return {"now": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z", "frozen": org.clock.frozen}


def move_clock(org: Org, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Set, stop or move the clock. In one body it is set, then moved; a stopped one shows exactly that."""
    for key in wanted:
        if key not in CLOCK_KEYS:
            raise bad(f"there is no key {key!r}; the clock takes {', '.join(sorted(CLOCK_KEYS))}")
    now, frozen, seconds = wanted.get("now"), wanted.get("frozen"), wanted.get("advance_seconds")
    if not isinstance(frozen, bool | None):
        raise bad("frozen is true or false")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float | None):
        raise bad("advance_seconds is a number")
    try:
        if now is not None:
            moment = read_datetime(str(now))
        with org.transaction():
            if frozen:
                org.clock.freeze()  # first, so that it shows exactly what is set
            if now is not None:
                org.clock.set(moment)
            if frozen is False:
                org.clock.unfreeze()
            if seconds is not None:
                org.clock.advance(seconds)
    except InvalidValue:
        raise bad(f"now is no ISO 8601 date and time with a zone: {now!r}") from None
    except ValueError as error:
        org.clock.forget()
        raise bad(str(error)) from None
    return clock(org)


def bad(message: str) -> OrgError:
    return ControlRefused(400, "INVALID_ARGUMENT", message)
