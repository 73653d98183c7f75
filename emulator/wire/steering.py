"""What our own APIs share: JSON calls below a prefix, found by method and path, for whoever may steer the org."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

import orjson
from flask import Request, Response

from ..errors import OrgError, UsageError
from .exchange import MAX_BODY_BYTES, body_of
from .guard import ControlRefused

JSON: Final = "application/json"
Arguments = Mapping[str, Any]
S = TypeVar("S")
Call = Callable[[S, Arguments], Any]
"""Takes what the API is about (the org), and the body's keys, the query string's and the words of the path; returns JSON, or a response."""
Calls = Mapping[str, Mapping[str, Call[S]]]
"""Path -> method -> call. ``{word}`` in a path stands for one segment, and is an argument under that word."""


def answer(calls: Calls[S], subject: S, path: str, request: Request) -> Response:
    """Answer a request by the call that its path and method mean. Raises `ControlRefused`."""
    name, words = _template(calls, path)
    methods = calls.get(name)
    if methods is None:
        raise ControlRefused(404, "NOT_FOUND", f"there is no call {name!r}; there are {', '.join(sorted(calls))}")
    call = methods.get("GET" if request.method == "HEAD" else request.method)
    if call is None:
        allowed = ", ".join(sorted(methods))
        raise ControlRefused(405, "METHOD_NOT_ALLOWED", f"{name} does not take {request.method}, but {allowed}")
    try:
        given = request.args.to_dict() if request.method in ("GET", "HEAD") else document(request)
        found = call(subject, {**given, **words})
        return found if isinstance(found, Response) else reply(found)
    except UsageError as error:
        raise ControlRefused(409, "NOT_POSSIBLE", str(error)) from error


def refuse(error: OrgError, status: int = 400) -> Response:
    """Answer an error as a list of one, as REST does."""
    if isinstance(error, ControlRefused):
        status = error.status
    elif error.code == "UNKNOWN_EXCEPTION":
        status = 500
    return reply([{"errorCode": error.code, "message": error.message}], status)


def _template(calls: Calls[Any], path: str) -> tuple[str, dict[str, str]]:
    """Return the entry that a path means, and what stands in it for the words in braces."""
    if path in calls and "{" not in path:
        return path, {}
    segments = path.split("/")
    for template in calls:
        words = dict(_words(template.split("/"), segments))
        if len(words) == len(segments):
            return template, {word: value for word, value in words.items() if not word.startswith("=")}
    return path, {}


def _words(template: list[str], segments: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each segment under its word; one that is its own name under that name behind ``=``. Stops where they differ."""
    if len(template) != len(segments):
        return
    for place, (wanted, segment) in enumerate(zip(template, segments, strict=True)):
        if wanted.startswith("{") and segment:
            yield wanted[1:-1], segment
        elif wanted == segment:
            yield f"={place}", segment
        else:
            return


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
    """Return a value as JSON that nobody keeps."""
    response = Response(orjson.dumps(body), status, content_type=JSON)
    response.headers["Cache-Control"] = "no-store"
    return response
