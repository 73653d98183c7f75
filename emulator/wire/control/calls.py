"""What the control API does: health, reset, seed, objects, clock, limits, sessions."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any, Final

from .... import __version__
from ....schemas.ids import InvalidId, normalize
from ....schemas.values import InvalidValue, read_datetime
from ...errors import OrgError
from ...org.counts import record_counts
from ...org.limits import ALLOWANCES
from ...org.org import Org
from ...org.sessions import Session, SessionClient
from ..guard import ControlRefused

TOKEN_SHOWN: Final = 20
"""Letters of a token that are shown: the org's id, ``!`` and four of the hundred that make it."""
CLOCK_KEYS: Final = frozenset({"now", "frozen", "advance_seconds", "tick_seconds"})


def health(org: Org) -> dict[str, Any]:
    """Return that the org is up, the version of the emulator, and the number of records of each kind."""
    return {"status": "ok", "version": __version__, "records": record_counts(org.store, org.catalog)}


def reset(org: Org) -> dict[str, Any]:
    """Put the org back to what it was when it was ready."""
    org.reset()
    return {"reset": True}


def seed(org: Org, document: Mapping[str, Any]) -> dict[str, Any]:
    """Write a scenario document, all or nothing. An empty one is refused: it would be a success that did nothing."""
    if not document:
        raise bad("the scenario is empty; give records, objects, org or now")
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
    return {"now": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z", "frozen": org.clock.frozen} | (
        {"tick_seconds": org.clock.tick_seconds} if org.clock.tick_seconds else {}
    )


def move_clock(org: Org, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Set, stop or move the clock. In one body it is set, then moved; a stopped one shows exactly that."""
    for key in wanted:
        if key not in CLOCK_KEYS:
            raise bad(f"there is no key {key!r}; the clock takes {', '.join(sorted(CLOCK_KEYS))}")
    now, frozen, seconds, tick = (wanted.get(key) for key in ("now", "frozen", "advance_seconds", "tick_seconds"))
    if not isinstance(frozen, bool | None):
        raise bad("frozen is true or false")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float | None):
        raise bad("advance_seconds is a number")
    if isinstance(tick, bool) or not isinstance(tick, int | float | None):
        raise bad("tick_seconds is a number")
    if frozen is False and tick:
        raise bad("a clock that ticks with each request stands still between them: leave frozen out")
    try:
        if now is not None:
            moment = read_datetime(str(now))
        with org.transaction():
            if tick is not None:
                org.clock.set_tick(tick)
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
    org.catch_up()
    return clock(org)


def limits(org: Org) -> dict[str, Any]:
    """Return the limits that are held, and how much of each daily allowance is used."""
    used = {name: org.limits.usage(name) for name in ALLOWANCES}
    return {
        "held": org.limits.settings(),
        "usage": {name: {"used": one.used, "allowed": one.allowed} for name, one in used.items()},
    }


def set_limits(org: Org, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Hold limits from now on; null lets go of one."""
    try:
        org.limits.set(wanted)
    except ValueError as error:
        raise bad(str(error)) from None
    return limits(org)


def sessions(org: Org) -> dict[str, Any]:
    """Return who is logged in, oldest session first; of a token no more than its beginning."""
    return {"sessions": [shown(org, session, client) for session, client in org.sessions.listing()]}


def shown(org: Org, session: Session, client: SessionClient | None) -> dict[str, Any]:
    """Return a session as it may be seen. ``token`` is the org's id and the few letters behind it."""
    user = org.users.by_id(session.user_id) or {}
    return {
        "id": session.handle,
        "userId": session.user_id,
        "username": user.get("Username"),
        "token": session.token[:TOKEN_SHOWN] + "…",
        "clientId": client.client_id if client else None,
        "scope": client.scope if client else None,
        "createdDate": session.created_at,
        "lastUsedDate": session.used_at,
    }


def end_sessions(org: Org, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """End one session by its id, or all of a user by his id or user name."""
    named = str(arguments["user or id"])
    for session, _ in org.sessions.listing():
        if session.handle == named:
            return {"ended": int(org.sessions.end(session.token))}
    user = org.users.by_username(named)
    if user is None:
        try:
            user = org.users.by_id(normalize(named))
        except InvalidId:
            user = None
    if user is None:
        raise ControlRefused(404, "NOT_FOUND", f"there is no session and no user {named!r}")
    return {"ended": org.sessions.end_of_user(user["Id"])}


def bad(message: str) -> OrgError:
    return ControlRefused(400, "INVALID_ARGUMENT", message)
