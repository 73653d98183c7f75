"""The request log."""

import re
from collections.abc import Mapping
from typing import Any, Final

from ....schemas.values import InvalidValue, read_datetime
from ...org.org import Org
from ..guard import ControlRefused
from ..request_log import KEPT, RequestLog, Wanted

KEYS: Final = frozenset({"method", "path", "object", "operation", "status", "since", "limit"})
STATUS: Final = re.compile("[1-5][0-9xX]{2}")


def shown(org: Org, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the last requests, newest first, filtered by what the query string says."""
    for key in arguments:
        if key not in KEYS:
            raise _bad(f"there is no filter {key!r}; there are {', '.join(sorted(KEYS))}")
    limit = arguments.get("limit", "100")
    if not limit.isdecimal() or not 0 < int(limit[:9]) <= KEPT:
        raise _bad(f"limit is a whole number from 1 to {KEPT}")
    since, after = _since(arguments.get("since", ""))
    method, path, status = (arguments.get(name) for name in ("method", "path", "status"))
    if status and not STATUS.fullmatch(status):
        raise _bad("status is a number such as 404, or a class such as 4xx")
    sobject, operation = (arguments.get(name) for name in ("object", "operation"))
    wanted = Wanted(method, path, status, since, after, limit=int(limit), sobject=sobject, operation=operation)
    return {"requests": org.room(RequestLog).told(wanted)}


def _since(given: str) -> tuple[float | None, int]:
    if not given:
        return None, 0
    if given.isdecimal():
        return None, int(given[:18])
    try:
        return read_datetime(given.replace(" ", "+")).timestamp(), 0
    except InvalidValue:
        raise _bad("since is the number of a request, or an ISO 8601 date and time with a zone") from None


def clear(org: Org) -> dict[str, Any]:
    """Forget all requests."""
    return {"forgotten": org.room(RequestLog).clear()}


def _bad(message: str) -> ControlRefused:
    return ControlRefused(400, "INVALID_ARGUMENT", message)
