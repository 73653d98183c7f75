"""How faults befall a request: it is slow, refused, cut off before or in the middle of its answer, or its session is over."""

import re
import time
from collections.abc import Callable, Iterator
from threading import Event
from typing import Final

from flask import Request, Response

from ..org.org import Org
from ..waiting import CUT, LATE
from .exchange import PlainResponse, hung_up, waiting
from .meaning import Jobs, meaning
from .peeking import peek, shown

EVENT_STREAM: Final = "text/event-stream"
LOOK_SECONDS: Final = 0.25
"""How often somebody who is slow on purpose looks whether his client is still there."""
SESSION_IN_BODY: Final = re.compile(r"<(?:\w+:)?sessionId>\s*([^<\s]+)")


def jobs_of(org: Org) -> Jobs:
    """Return what tells the type that a bulk job is about."""

    def found(id_: str) -> str | None:
        if not id_.isascii() or not id_.isalnum():
            return None
        rows = org.store.select(
            f'SELECT spec FROM "_job" WHERE substr(id, 1, 15) = {org.store.placeholder}', [id_[:15]]
        )
        named = re.search(r'"sobject": ?"(\w+)"', rows[0][0]) if rows else None
        return named[1] if named else None

    return found


def befallen(org: Org, request: Request, perform: Callable[[], Response]) -> Response:
    """Answer a request as its faults have it. Raises the `Fault` that it is refused with."""
    body = shown(request, peek(request))
    query = request.environ.get("QUERY_STRING", "")
    meant = meaning(request.method, request.path, query, body, jobs_of(org))
    tokens = _tokens(request, body)
    strike = org.faults.strike(meant.asked(request.method, request.path, has_session=bool(tokens)))
    if strike is None:
        return perform()
    if strike.latency_seconds:
        _wait(request, strike.latency_seconds)
    if strike.error is not None:
        raise strike.error
    if strike.drop:
        return _dropped(request)
    if strike.expire_session:
        for token in tokens:
            org.sessions.end(token)
    response = perform()
    return response if strike.truncate is None else _cut_off(request, response, strike.truncate)


def _wait(request: Request, seconds: float) -> None:
    """Wait in real time, without keeping others out, until the server stops or the client gives up at the latest."""
    late: Callable[[float], float] | None = request.environ.get(LATE)
    is_gone, stopped = hung_up(request), Event()
    end = time.monotonic() + (late(seconds) if late else seconds)
    with waiting(request, stopped.set):
        while (left := end - time.monotonic()) > 0 and not stopped.wait(min(left, LOOK_SECONDS)) and not is_gone():
            pass


def _dropped(request: Request) -> Response:
    """Break the connection. A server that cannot answers like a gateway whose own line broke."""
    cut: Callable[[], None] | None = request.environ.get(CUT)
    if cut is not None:
        cut()
    return Response(status=502)


def _cut_off(request: Request, response: Response, most: int) -> Response:
    """Announce a whole answer, send a part of it, and break the connection; a byte is missing at least."""
    cut: Callable[[], None] | None = request.environ.get(CUT)
    if response.mimetype == EVENT_STREAM:
        return _cut_stream(response, most, cut)
    body = b"".join(response.iter_encoded())
    if cut is None or len(body) <= 1:
        return _dropped(request)

    def sent() -> Iterator[bytes]:
        yield body[: min(most, len(body) - 1)]
        cut()

    announced = [(name, value) for name, value in response.headers if name.lower() != "content-length"]
    return PlainResponse(sent(), response.status_code, [*announced, ("Content-Length", str(len(body)))])


def _cut_stream(response: Response, most: int, cut: Callable[[], None] | None) -> Response:
    """Let a stream that has no end of its own break after a part of it."""

    def sent() -> Iterator[bytes]:
        left = most
        for piece in response.iter_encoded():
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                break
        response.close()
        if cut is not None:
            cut()

    broken = PlainResponse(sent(), response.status_code, list(response.headers))
    broken.call_on_close(response.close)
    return broken


def _tokens(request: Request, body: str) -> list[str]:
    """Return the tokens that a request shows, in the places that the protocols have for them."""
    headers = request.headers
    scheme, _, bearer = headers.get("Authorization", "").strip().partition(" ")
    inside = SESSION_IN_BODY.search(body)
    found = (
        bearer.strip() if scheme.lower() in ("bearer", "oauth") else "",
        headers.get("X-SFDC-Session", "").strip(),
        inside[1] if inside else "",
    )
    return [token for token in found if token]
