"""HTTP requests of this process as calls of the WSGI application, without a socket between them; those of `requests` among them."""

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

from .waiting import CUT, LATE

SALESFORCE: Final = re.compile(
    r"(?:.+\.)?(?:salesforce\.com|force\.com|salesforceliveagent\.com|salesforce-?scrt\.com)", re.IGNORECASE
)

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer.

    is_cut: the connection breaks after what is here of the body; is_late: the client gave up before it came.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    is_cut: bool = False
    is_late: bool = False

    @property
    def announced(self) -> int:
        """How many bytes the answer says that it has."""
        return int(HTTPHeaderDict(self.headers).get("Content-Length", "0"))


def answered(app: WsgiApp, environ: dict[str, Any], patience_seconds: float | None = None) -> Answer:
    """Return what the application answers, to a client that waits for so long when an answer is late on purpose; None is for ever."""
    started: list[Any] = []
    cuts: list[bool] = []
    lost: list[bool] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        started[:] = [int(status[:3]), headers]

    def late(seconds: float) -> float:
        if patience_seconds is None or seconds < patience_seconds:
            return seconds
        lost.append(True)
        return patience_seconds

    chunks = app({**environ, CUT: lambda: cuts.append(True), LATE: late}, start_response)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    return Answer(started[0], started[1], body, bool(cuts), bool(lost))


def environment(method: str, url: str, headers: Iterable[tuple[str, str | bytes]], body: bytes) -> dict[str, Any]:
    """Return a WSGI environment; the answer is asked for unzipped, as nothing is gained by zipping it."""
    parts = urlsplit(url)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
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
    for name, value in headers:
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


def is_ours(url: str | None, hosts: frozenset[str]) -> bool:
    """Tell whether a URL's host is one that the org stands for."""
    host = urlsplit(url or "").hostname or ""
    return host in hosts or SALESFORCE.fullmatch(host) is not None


# --- requests


def call(app: WsgiApp, request: requests.PreparedRequest, timeout: Any = None) -> Answer:
    """Answer a prepared request. Raises what `requests` raises for a connection that breaks and for an answer that is late."""
    read_seconds = patience(timeout)
    environ = environment(request.method or "GET", request.url or "", request.headers.items(), content(request.body))
    answer = answered(app, environ, read_seconds)
    if answer.is_late:
        raise requests.ReadTimeout(f"Read timed out. (read timeout={read_seconds})", request=request)
    if answer.is_cut:
        raise broken(request, answer)
    return answer


def patience(timeout: Any) -> float | None:
    """Return the seconds that a client waits for an answer, of a timeout as `requests` takes it: a number, two, or an object of urllib3."""
    read = timeout[1] if isinstance(timeout, tuple) else getattr(timeout, "read_timeout", timeout)
    return float(read) if isinstance(read, int | float) else None


def broken(request: requests.PreparedRequest, answer: Answer) -> requests.RequestException:
    """Return what `requests` raises when a connection breaks before an answer, or in the middle of its body."""
    if not answer.body:
        reason = RemoteDisconnected("Remote end closed connection without response")
        return requests.ConnectionError(ProtocolError("Connection aborted.", reason), request=request)
    missing = IncompleteRead(answer.body, answer.announced - len(answer.body))
    return requests.exceptions.ChunkedEncodingError(
        ProtocolError(f"Connection broken: {missing!r}", missing), request=request
    )


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
        answer = call(self._app, request, options.get("timeout"))
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
