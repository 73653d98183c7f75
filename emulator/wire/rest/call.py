"""One REST call: what was asked, of which version, by whom; and what is answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote

from flask import Request

from ...errors import not_found
from ...org.caller import Caller

ROOT: Final = "/services/data"


@dataclass(frozen=True)
class Call:
    """A call of a resource: one that came over HTTP, or a part of a composite one.

    sent: the parts of the path behind the version, as they came; a slash at the end is no part.
    segments: the same, decoded.
    query: the query string, not decoded.
    environ: the request's headers under their WSGI names (``CONTENT_TYPE``, ``HTTP_SFORCE_QUERY_OPTIONS``).
    raw: the body.
    origin: scheme and host of the URLs in the answer.
    again: answers a further call by the same routes; a composite resource sends its parts through it.
    inside: the composite resource that this call is a part of, such as ``composite/batch``; empty for one that came alone.
    """

    method: str
    version: str
    sent: tuple[str, ...]
    segments: tuple[str, ...]
    query: str
    environ: Mapping[str, Any]
    caller: Caller
    raw: bytes
    origin: str
    again: "Callable[[Call], Answer]"
    inside: str = ""

    @property
    def base(self) -> str:
        return f"{ROOT}/v{self.version}"

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The query string, first value of each name; ``+`` is a space."""
        pairs = parse_qsl(self.query, keep_blank_values=True, errors="replace") if self.query else ()
        return dict(reversed(list(pairs)))

    def header(self, name: str) -> str:
        """Return a header by its usual name, ``Sforce-Query-Options``; empty text when it was not sent."""
        value: str = self.environ.get(header_key(name), "")
        return value


@dataclass(frozen=True, slots=True)
class Answer:
    """What a resource answers: a status, a JSON value (None is an empty body), and headers of its own.

    is_failure: part of what was asked failed although the status says otherwise; it undoes a composite that is all or none.
    calls: as how many calls it counts.
    content: bytes to be sent as they are in place of the body, of the type `content_type`.
    """

    status: int = 200
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    is_failure: bool = False
    calls: int = 1
    content: bytes | None = None
    content_type: str = ""

    @property
    def failed(self) -> bool:
        return self.status >= 400 or self.is_failure


def header_key(name: str) -> str:
    """Return the WSGI name of a header."""
    return "HTTP_" + name.upper().replace("-", "_")


def path_of(request: Request) -> str:
    """Return the path as it was sent, percent escapes untouched, so that an escaped slash stays inside its segment."""
    sent: str = request.environ.get("REQUEST_URI", "")
    if sent.startswith("/"):
        return "/" + sent.partition("?")[0].lstrip("/")
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


def override(method: str, query: str) -> str:
    """Return the method that is meant: a POST may carry another one as ``_HttpMethod`` (REST guide, "Update a Record")."""
    if method == "POST" and "_HttpMethod=" in query:
        for name, value in parse_qsl(query):
            if name == "_HttpMethod":
                return value.upper()
    return method
