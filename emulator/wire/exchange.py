"""What all protocols share: the settings of the front door, and how a request's own address is read."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import IO, TYPE_CHECKING, Final, Protocol

from flask import Request, Response

from ..errors import OrgError
from ..waiting import HUNG_UP, KEY, POLL_SECONDS, Waiting

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.datastructures import Headers

MAX_BODY_BYTES: Final = 52_428_800
"""The platform's bound for one request: "Maximum size of request is 52428800 bytes" (SalesforceMobileSDK-iOS#3575)."""
CHUNK_BYTES: Final = 65_536
PACKINGS: Final = frozenset({"gzip", "x-gzip", "deflate"})
MOST_MEMBERS: Final = 10_000
_GZIP_OR_ZLIB: Final = 32 + zlib.MAX_WBITS
LONGEST_LENGTH: Final = 18
"""Digits of the longest Content-Length that is read as a number."""
ROWS: Final = "chatlift.rows"
"""Where the WSGI environment has how many records a call found or wrote, once it is answered."""
REPLAYED: Final = "chatlift.replayed"
"""Where it has the number of the recorded call that answered, and nothing when the org did."""
NEAR: Final = "chatlift.near"
"""Where it has the recorded calls that come nearest to one that was not recorded."""
LOOPBACK_NAMES: Final = frozenset({"localhost", "localhost.localdomain", "ip6-localhost"})


@dataclass(frozen=True, slots=True)
class Settings:
    """How the org is reached from outside.

    base_url: what stands before the path in every URL that the org gives out; None takes it from the request.
    trusted_proxies: networks whose X-Forwarded-* headers count; loopback always does.
    control_token: what callers of the control API must show when `control_guarded`.
    poll_seconds: after how many seconds a visitor's client gives a poll up. A second less, and the poll is answered.
    in_process: the callers are of this very process, under whatever host; they may steer the org's desk.
    """

    base_url: str | None = None
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    strict_auth: bool = False
    control: bool = True
    control_guarded: bool = False
    control_token: str = ""
    poll_seconds: int = POLL_SECONDS
    in_process: bool = False


class PlainResponse(Response):
    """A response whose headers are sent as they are: werkzeug would look them through again, and rewrite Location."""

    default_mimetype = None

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> "Headers":
        return self.headers


class Wire(Protocol):
    """One protocol: it answers a request, and it puts an error into its own form."""

    def answer(self, request: Request) -> Response: ...

    def refuse(self, request: Request, error: OrgError) -> Response: ...


def body_of(request: Request, most: int = MAX_BODY_BYTES) -> bytes | None:
    """Return the bytes of a request's body, or None when there are more than `most`.

    The stream is read for as many bytes as were announced: asked for the largest body, it would make room for that each time.
    """
    environ = request.environ
    if environ.get("wsgi.input_terminated"):
        return _chunks(environ["wsgi.input"], most)
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isdecimal():
        return b""
    if len(length) > LONGEST_LENGTH or int(length) > most:
        return None
    content: bytes = environ["wsgi.input"].read(int(length))
    return content


def _chunks(stream: IO[bytes], most: int) -> bytes | None:
    found = bytearray()
    try:
        while piece := stream.read(CHUNK_BYTES):
            found += piece
            if len(found) > most:
                return None
    except ValueError as error:  # a server says so when a chunk does not begin with its size
        raise OrgError("BAD_REQUEST", f"The body cannot be read: {error}") from error
    return bytes(found)


def is_packed(request: Request) -> bool:
    """Tell whether a body comes packed (REST guide, "Compression": ``gzip`` and ``deflate``)."""
    return request.environ.get("HTTP_CONTENT_ENCODING", "").strip().lower() in PACKINGS


def unpacked(packed: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what packed bytes hold, `CHUNK_BYTES` at a time: all members of gzip, one after the other (RFC 1952, 2.2).

    Raises `zlib.error` for what is not packed, is cut off, goes on behind its end, or has more than `MOST_MEMBERS` members.
    """
    inflater, members = zlib.decompressobj(wbits=_GZIP_OR_ZLIB), 1
    for piece in packed:
        for place in range(0, len(piece), CHUNK_BYTES):  # what is left of a piece is copied each time
            rest = piece[place : place + CHUNK_BYTES]
            while rest:
                if inflater.eof:
                    inflater, members = zlib.decompressobj(wbits=_GZIP_OR_ZLIB), members + 1
                    if members > MOST_MEMBERS:
                        raise zlib.error("too many members")
                yield inflater.decompress(rest, CHUNK_BYTES)
                rest = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    while not inflater.eof:
        kept = inflater.decompress(b"", CHUNK_BYTES)
        if not kept and not inflater.eof:
            raise zlib.error("the data is cut off")
        yield kept


class TooManyWaiting(OrgError):
    """As many calls wait as may."""

    def __init__(self) -> None:
        super().__init__("SERVER_UNAVAILABLE", "Too many clients are waiting; try again later")


@contextmanager
def waiting(request: Request, wake: Callable[[], None]) -> Iterator[None]:
    """Wait inside without keeping others out. `wake` ends such waits when the server stops. Raises `TooManyWaiting`."""
    server: Waiting | None = request.environ.get(KEY)
    if server is None:  # in process: the call waits in its own client's thread
        yield
        return
    if not server.begin(wake):
        raise TooManyWaiting
    try:
        yield
    finally:
        server.end()


def hung_up(request: Request) -> Callable[[], bool]:
    """Return what tells whether a request's client is gone. In process only a task of an asynchronous client can."""
    tell: Callable[[], bool] | None = request.environ.get(HUNG_UP)
    return tell or (lambda: False)


def origin(request: Request, settings: Settings) -> str:
    """Return scheme and host of the URLs in answers to a request, without a slash at the end."""
    if settings.base_url:
        return settings.base_url
    environ = request.environ
    scheme, host = request.scheme, environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "localhost")
    is_forwarded = "HTTP_X_FORWARDED_HOST" in environ or "HTTP_X_FORWARDED_PROTO" in environ
    if is_forwarded and is_trusted(environ.get("REMOTE_ADDR", ""), settings):
        scheme = first(environ.get("HTTP_X_FORWARDED_PROTO")) or scheme
        host = first(environ.get("HTTP_X_FORWARDED_HOST")) or host
    return f"{scheme}://{host}"


def client_address(request: Request, settings: Settings) -> str | None:
    """Return the address a request came from: the socket's, or what a trusted proxy says of its own client."""
    peer: str = request.environ.get("REMOTE_ADDR", "")
    forwarded = first(request.environ.get("HTTP_X_FORWARDED_FOR"))
    if forwarded and (not peer or is_trusted(peer, settings)):
        try:
            return str(ip_address(forwarded))
        except ValueError:
            return peer or None
    return peer or None


def first(header: str | None) -> str:
    """Return the first entry of a comma-separated header."""
    return (header or "").partition(",")[0].strip()


def is_trusted(address: str, settings: Settings) -> bool:
    """Tell whether what a peer says about the client before it counts: loopback and the trusted proxies."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return parsed.is_loopback or any(parsed in network for network in settings.trusted_proxies)


def host_name(authority: str) -> str:
    """Return the host of ``host:port``, in lower case and without brackets."""
    if authority.startswith("["):
        return authority[1:].partition("]")[0].lower()
    return authority.partition(":")[0].lower()


def is_loopback_name(host: str) -> bool:
    """Tell whether a host name always means this machine."""
    if host in LOOPBACK_NAMES or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
