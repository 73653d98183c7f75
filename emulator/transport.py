"""Requests of `requests` as calls of the WSGI application, without a socket between them."""

import io
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from http.client import IncompleteRead, RemoteDisconnected
from typing import Any, Final
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse
from urllib3.exceptions import ProtocolError

from .waiting import CUT

SALESFORCE: Final = re.compile(
    r"(?:.+\.)?(?:salesforce\.com|force\.com|salesforceliveagent\.com|salesforce-?scrt\.com)", re.IGNORECASE
)

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def call(app: WsgiApp, request: requests.PreparedRequest) -> Answer:
    """Answer a prepared request by a call of the application. Raises what `requests` raises for a connection that breaks."""
    started: list[Any] = []
    cuts: list[bool] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        started[:] = [int(status[:3]), headers]

    chunks = app({**environment(request), CUT: lambda: cuts.append(True)}, start_response)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    if cuts:
        raise broken(request, body, HTTPHeaderDict(started[1]).get("Content-Length", "0"))
    return Answer(started[0], started[1], body)


def broken(request: requests.PreparedRequest, body: bytes, announced: str) -> requests.RequestException:
    """Return what `requests` raises when a connection breaks before an answer, or in the middle of its body."""
    if not body:
        reason = RemoteDisconnected("Remote end closed connection without response")
        return requests.ConnectionError(ProtocolError("Connection aborted.", reason), request=request)
    missing = IncompleteRead(body, int(announced) - len(body))
    return requests.exceptions.ChunkedEncodingError(
        ProtocolError(f"Connection broken: {missing!r}", missing), request=request
    )


def environment(request: requests.PreparedRequest) -> dict[str, Any]:
    """Return a WSGI environment; the answer is asked for unzipped, as nothing is gained by zipping it."""
    parts = urlsplit(request.url or "")
    body = content(request.body)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method or "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path or "/").decode("latin-1"),
        "QUERY_STRING": parts.query,
        "REQUEST_URI": (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        "SERVER_NAME": parts.hostname or "localhost",
        "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": parts.netloc.rpartition("@")[2],
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        if key == "CONTENT_TYPE":
            environ[key] = text(value)
        elif key not in ("CONTENT_LENGTH", "ACCEPT_ENCODING", "TRANSFER_ENCODING"):
            environ[f"HTTP_{key}"] = text(value)
    return environ


def text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def content(body: Any) -> bytes:
    """Return the bytes of a prepared body: text, bytes, a file or an iterator of bytes."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    if hasattr(body, "read"):
        return content(body.read())
    return b"".join(content(part) for part in body)


class OrgAdapter(BaseAdapter):
    """A transport adapter of `requests` that answers by a call of the application."""

    def __init__(self, app: WsgiApp, hosts: Sequence[str] = (), passthrough: bool = False) -> None:
        super().__init__()
        self._app = app
        self._hosts = frozenset(hosts)
        self._network = HTTPAdapter()
        self._passthrough = passthrough

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        if not is_ours(request.url, self._hosts):
            if self._passthrough:
                return self._network.send(request, *args, **options)
            raise requests.ConnectionError(
                f"{request.url} is no Salesforce host; pass passthrough=True to let it through"
            )
        answer = call(self._app, request)
        raw = HTTPResponse(
            io.BytesIO(answer.body),
            HTTPHeaderDict(answer.headers),
            answer.status,
            preload_content=False,
            request_method=request.method,
        )
        response = self._network.build_response(request, raw)
        if not options.get("stream"):
            response.content  # noqa: B018  # read it, as the adapter of requests does
        return response

    def close(self) -> None:
        self._network.close()


def is_ours(url: str | None, hosts: frozenset[str]) -> bool:
    """Tell whether a URL's host is one that the org stands for."""
    host = urlsplit(url or "").hostname or ""
    return host in hosts or SALESFORCE.fullmatch(host) is not None
