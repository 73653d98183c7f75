"""Requests and answers on their way through the recorder: how they are read off one side and broken off on the other."""

import logging
from collections.abc import Callable, Iterator
from typing import IO, Any, Final
from urllib.parse import quote, urlsplit

import urllib3
from werkzeug.wrappers import Request

from ..cassette.hosts import Origin
from ..transport import SALESFORCE
from ..waiting import CUT

LOG: Final = logging.getLogger(__name__)
PIECE: Final = 65_536


class Pieces:
    """A body that tells when it is over."""

    def __init__(self, pieces: Iterator[bytes], over: Callable[[], None] | None) -> None:
        self._pieces = pieces
        self._over = over

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        over, self._over = self._over, None
        try:
            close = getattr(self._pieces, "close", None)
            if close is not None:
                close()
        finally:
            if over is not None:
                over()


def fill(spool: IO[bytes], environ: dict[str, Any]) -> int:
    """Read a request's body into a file and go back to its beginning; return its length. Raises ValueError."""
    stream, length = environ["wsgi.input"], environ.get("CONTENT_LENGTH") or ""
    left = None if environ.get("wsgi.input_terminated") else int(length) if length.isdecimal() else 0
    total = 0
    while left is None or left > 0:
        piece = stream.read(PIECE if left is None else min(PIECE, left))
        if not piece:
            break
        spool.write(piece)
        total += len(piece)
        left = None if left is None else left - len(piece)
    spool.seek(0)
    return total


def target_of(request: Request) -> str:
    """Return path and query as the client sent them, percent signs and all."""
    raw = str(request.environ.get("REQUEST_URI") or "")
    if raw.startswith("/"):
        return raw
    if "://" in raw:  # as a client writes it to a proxy
        parts = urlsplit(raw)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    query = request.query_string.decode("latin-1")
    return quote(request.path) + (f"?{query}" if query else "")


def stays(client: Origin, org: Origin) -> bool:
    """Tell whether a client came through our proxy under one of Salesforce's hosts: the org's own leads it here as well."""
    return all(SALESFORCE.fullmatch(one.host.partition(":")[0]) for one in (client, org))


def pieces_of(answer: urllib3.BaseHTTPResponse, *, is_stream: bool) -> Iterator[bytes]:
    """Yield a body as it comes, unpacked. Only what is sent in chunks comes in pieces of the sender's choice."""
    slow = is_stream and not getattr(answer, "chunked", False)
    return iter(answer.stream(1 if slow else PIECE, decode_content=True))


def shut(response: urllib3.BaseHTTPResponse) -> None:
    """Break an answer off for whoever waits for more of it."""
    try:
        down = getattr(response, "shutdown", None)
        down() if down is not None else response.close()
    except (OSError, ValueError, RuntimeError) as error:
        LOG.debug("the answer is over already: %s", error)


def cut(request: Request) -> None:
    """Break the connection to the client, as the org did."""
    broken: Callable[[], None] | None = request.environ.get(CUT)
    if broken is not None:
        broken()


def without_domain(cookie: str) -> str:
    """Return a Set-Cookie header for whatever host the client knows us by."""
    return ";".join(part for part in cookie.split(";") if not part.strip().lower().startswith("domain="))
