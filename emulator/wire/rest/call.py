"""One REST call: what was asked, of which version, by whom; and what is answered."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote

from flask import Request

from ...errors import not_found
from ...org.caller import Caller

ROOT: Final = "/services/data"
DAILY_REQUESTS: Final = 15_000
"""The allowance of a Developer Edition org (Salesforce Developer Limits and Allocations, "API Request Limits")."""


@dataclass(frozen=True)
class Call:
    """A call of a resource.

    sent: the parts of the path behind the version, as they came; a slash at the end is no part.
    segments: the same, decoded.
    parameters: the query string, first value of each name; ``+`` is a space.
    raw: the body.
    origin: scheme and host of the URLs in the answer.
    used: how many calls were made since the server started, this one included.
    """

    request: Request
    method: str
    version: str
    sent: tuple[str, ...]
    segments: tuple[str, ...]
    caller: Caller
    raw: bytes
    origin: str
    used: int

    @property
    def base(self) -> str:
        return f"{ROOT}/v{self.version}"

    @cached_property
    def parameters(self) -> dict[str, str]:
        query = self.request.environ.get("QUERY_STRING", "")
        pairs = parse_qsl(query, keep_blank_values=True, errors="replace") if query else ()
        return dict(reversed(list(pairs)))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a resource answers: a status, a JSON value (None is an empty body), and headers of its own."""

    status: int = 200
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()


def path_of(request: Request) -> str:
    """Return the path as it was sent, percent escapes untouched, so that an escaped slash stays inside its segment."""
    sent: str = request.environ.get("REQUEST_URI", "")
    if sent.startswith("/"):
        return sent.partition("?")[0]
    if "://" in sent:  # the absolute form that a proxy sends
        return "/" + sent.partition("://")[2].partition("/")[2].partition("?")[0]
    return quote(request.path)


def segments_of(path: str) -> tuple[str, ...]:
    """Return the segments below ``/services/data``, not decoded. A doubled slash is NOT_FOUND (restforce#385)."""
    rest = path[len(ROOT) :].removeprefix("/").removesuffix("/")
    segments = tuple(rest.split("/")) if rest else ()
    if "" in segments:
        raise not_found()
    return segments


def decoded(segments: tuple[str, ...]) -> tuple[str, ...]:
    """Return segments with their percent escapes resolved."""
    return tuple(unquote(segment, errors="replace") if "%" in segment else segment for segment in segments)


def override(request: Request, query: str) -> str:
    """Return the method that is meant: a POST may carry another one as ``_HttpMethod`` (REST guide, "Update a Record")."""
    if request.method == "POST" and "_HttpMethod=" in query:
        for name, value in parse_qsl(query):
            if name == "_HttpMethod":
                return value.upper()
    return request.method
