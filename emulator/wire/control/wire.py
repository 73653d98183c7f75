"""The control wire: which call a path means, and its JSON."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from flask import Request, Response

from ...errors import OrgError, UsageError
from ...org.org import Org
from ..exchange import MAX_BODY_BYTES, Settings, body_of
from . import calls, jobs
from .guard import ControlRefused, check

JSON: Final = "application/json"
Call = Callable[[Org, Mapping[str, Any]], dict[str, Any]]

CALLS: Final[dict[str, dict[str, Call]]] = {
    "health": {"GET": lambda org, _: calls.health(org)},
    "reset": {"POST": lambda org, _: calls.reset(org)},
    "seed": {"POST": calls.seed},
    "objects": {"POST": calls.objects},
    "clock": {"GET": lambda org, _: calls.clock(org), "PUT": calls.move_clock},
    "jobs": {"GET": lambda org, _: jobs.shown(org), "PUT": jobs.change},
    "limits": {"GET": lambda org, _: calls.limits(org), "PUT": calls.set_limits},
    "sessions": {"GET": lambda org, _: calls.sessions(org)},
    "sessions/{user or id}": {"DELETE": calls.end_sessions},
}
"""Path -> method -> call. What stands for words in braces is among the call's arguments, under those words."""


class ControlWire:
    """Answers everything below ``/_chatlift``."""

    def __init__(self, org: Org, settings: Settings) -> None:
        self._org = org
        self._settings = settings

    def answer(self, request: Request) -> Response:
        check(request, self._settings)
        name = request.path.removeprefix("/_chatlift").strip("/")
        name, arguments = template_of(name)
        methods = CALLS.get(name)
        if methods is None:
            raise ControlRefused(404, "NOT_FOUND", f"there is no call {name!r}; there are {', '.join(sorted(CALLS))}")
        call = methods.get("GET" if request.method == "HEAD" else request.method)
        if call is None:
            allowed = ", ".join(sorted(methods))
            raise ControlRefused(405, "METHOD_NOT_ALLOWED", f"{name} does not take {request.method}, but {allowed}")
        try:
            given = {} if request.method in ("GET", "HEAD") else document(request)
            return reply(call(self._org, {**given, **arguments}))
        except UsageError as error:
            raise ControlRefused(409, "NOT_POSSIBLE", str(error)) from error

    def refuse(self, request: Request, error: OrgError) -> Response:
        if isinstance(error, ControlRefused):
            status = error.status
        else:
            status = 500 if error.code == "UNKNOWN_EXCEPTION" else 400
        return reply([{"errorCode": error.code, "message": error.message}], status)


def template_of(name: str) -> tuple[str, dict[str, str]]:
    """Return the entry of `CALLS` that a path means, and what stands in it for the words in braces."""
    if name not in CALLS:
        for template in CALLS:
            fixed, brace, word = template.partition("{")
            if brace and name.startswith(fixed) and len(name) > len(fixed):
                return template, {word.rstrip("}"): name[len(fixed) :]}
    return name, {}


def document(request: Request) -> Mapping[str, Any]:
    """Return the JSON object in a body; no body is an empty one."""
    raw = body_of(request)
    if raw is None:
        raise ControlRefused(413, "TOO_LARGE", f"the body is larger than {MAX_BODY_BYTES} bytes")
    if not raw.strip():
        return {}
    try:
        loaded = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ControlRefused(400, "INVALID_JSON", f"the body is no JSON: {error}") from error
    if not isinstance(loaded, dict):
        raise ControlRefused(400, "INVALID_JSON", "the body is no JSON object")
    return loaded


def reply(body: Any, status: int = 200) -> Response:
    response = Response(orjson.dumps(body), status, content_type=JSON)
    response.headers["Cache-Control"] = "no-store"
    return response
