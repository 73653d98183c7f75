"""The REST wire: from a request to a call, from an answer to a response."""

import gzip
from typing import Any, Final

import orjson
from flask import Request, Response

from ...errors import OrgError, not_found
from ...org.org import Org
from ..api_versions import NUMBERS
from ..exchange import ROWS, PlainResponse, Settings, origin
from . import errors, markup
from .body import read
from .call import Answer, Call, decoded, override, path_of, segments_of
from .dispatch import Dispatch, refusal
from .session import caller
from .versions import listing

JSON: Final = "application/json;charset=UTF-8"
PAGE: Final = "text/html;charset=iso-8859-1"
MAX_URI_BYTES: Final = 16_384
"""Above it the edge of the platform answers 414 in its own words (REST guide, "Status Codes and Error Responses")."""
URI_TOO_LONG: Final = "<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>"
HEADERS_TOO_LARGE: Final = "<h1>Bad Message 431</h1><pre>reason: Request Header Fields Too Large</pre>"
"""The same page for status 431; the status is documented, the words are a guess."""
VERSIONS: Final = ("versions",)
"""What stands for the path of the list of versions, which has none."""
GZIP_FROM_BYTES: Final = 8_192
BODILESS: Final = frozenset({204, 304})


class RestWire:
    """Answers everything below ``/services/data``."""

    def __init__(self, org: Org, settings: Settings) -> None:
        self._org = org
        self._settings = settings
        self._dispatch = Dispatch(org)

    def answer(self, request: Request) -> Response:
        path = path_of(request)
        query = request.environ.get("QUERY_STRING", "")
        if len(path) + len(query) >= MAX_URI_BYTES:
            return Response(URI_TOO_LONG, 414, content_type=PAGE)
        if len(path) + len(query) + header_bytes(request) > MAX_URI_BYTES:
            return Response(HEADERS_TOO_LARGE, 431, content_type=PAGE)
        segments = segments_of(path)
        if not segments:
            return self._versions(request)
        raw = read(request)
        # An unknown version is told only to callers with a good session, as every unknown resource is.
        version, below = NUMBERS.get(segments[0]), segments[1:]
        if path.endswith(markup.ENDINGS):
            below = markup.without_ending(below)
        who = caller(self._org, request, version or "0.0")
        limits = self._org.limits
        with limits.admitted() as usage:
            if version is None:
                answer = refusal(not_found())
            else:
                answer = self._dispatch.answer(
                    Call(
                        override(request.method, query),
                        version,
                        below,
                        decoded(below),
                        query,
                        request.environ,
                        who,
                        raw,
                        origin(request, self._settings),
                        self._dispatch.answer,
                    )
                )
        request.environ[ROWS] = None if answer.failed else rows_of(answer.body)
        if answer.calls > 1:
            usage = limits.count(answer.calls - 1)
        return render(request, answer, below, ("Sforce-Limit-Info", usage.info))

    def refuse(self, request: Request, error: OrgError) -> Response:
        if error.code != "REQUEST_LIMIT_EXCEEDED":
            return render(request, refusal(error))
        # Every answer to a good session has it (REST guide, "Limit Info Header"); other refusals come before the session is known.
        return render(request, refusal(error), (), ("Sforce-Limit-Info", self._org.limits.usage().info))

    def _versions(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            raise errors.MethodNotAllowed(request.method, "GET,HEAD")
        return render(request, Answer(200, listing()), VERSIONS)


def rows_of(body: Any) -> int | None:
    """Return how many records an answer holds or speaks of; None where it is about none."""
    if isinstance(body, dict):
        records = body.get("records", body.get("searchRecords"))
        if records is not None:
            return len(records)
        return 1 if "attributes" in body or "id" in body else None
    return len(body) if isinstance(body, list) else None


def render(request: Request, answer: Answer, segments: tuple[str, ...] = (), *more: tuple[str, str]) -> Response:
    """Return an answer as JSON or XML; JSON indented for ``X-PrettyPrint: 1``; as gzip when it is large and the client takes it."""
    headers = [*more, *answer.headers]
    if answer.status in BODILESS:
        return PlainResponse(status=answer.status, headers=headers)
    if answer.content is not None:
        body, content_type = answer.content, answer.content_type
    elif wants_xml(request, segments):
        body, content_type = markup.dump(answer.body, answer.status, segments), markup.XML
    else:
        body, content_type = dump(answer.body, request.environ.get("HTTP_X_PRETTYPRINT") == "1"), JSON
    headers.append(("Content-Type", content_type))
    if len(body) >= GZIP_FROM_BYTES and "gzip" in request.environ.get("HTTP_ACCEPT_ENCODING", "").lower():
        body = gzip.compress(body, compresslevel=1, mtime=0)
        headers += [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
    headers.append(("Content-Length", str(len(body))))
    return PlainResponse([body], answer.status, headers)


def header_bytes(request: Request) -> int:
    """Return how many bytes the headers of a request take, names and line ends included."""
    return sum(len(name) + len(value) - 1 for name, value in request.environ.items() if name.startswith("HTTP_"))


def wants_xml(request: Request, segments: tuple[str, ...]) -> bool:
    environ = request.environ
    path = environ.get("PATH_INFO", "")
    if "xml" not in environ.get("HTTP_ACCEPT", "") and not path.endswith(".xml"):
        return False
    return segments not in markup.JSON_ONLY and markup.is_wanted(environ.get("HTTP_ACCEPT", ""), path)


def dump(value: Any, pretty: bool) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 if pretty else None)
