"""The HTTP server: the same application on an HTTPS and an HTTP port, on a fixed number of threads.

A connection that says nothing costs no thread, whether it is new or waits for its next request. A TLS handshake is done
by the worker that reads the first bytes, so that a slow client does not keep others out.

The HTTP port is also a proxy for clients whose host cannot be chosen, such as login.salesforce.com: what it leads to is always
the HTTPS port's application, whatever host was asked for, and it leads nowhere else.
"""

import gc
import logging
import os
import re
import selectors
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from cheroot.makefile import MakeFile
from cheroot.server import HTTPConnection, HTTPRequest
from cheroot.ssl import Adapter
from cheroot.wsgi import Gateway_10
from cheroot.wsgi import Server as CherootServer

from .errors import UsageError
from .tls import Certificate
from .waiting import CUT, HUNG_UP, KEY, MOST, Waiting

LOG: Final = logging.getLogger(__name__)
THREADS: Final = 10
"""Workers of each port: requests that are answered at the same time. More wait in the queue. Calls that wait have others."""
BACKLOG: Final = 256
IDLE_SECONDS: Final = 60
KEPT_CONNECTIONS: Final = 500
"""Connections of each port that may wait for their next request; beyond, a connection is closed after its answer."""
SHUTDOWN_SECONDS: Final = 3
MAX_HEADER_BYTES: Final = 64 * 1024
MAX_BODY_BYTES: Final = 256 * 1024 * 1024
"""What is read off a socket at most; the protocols' own bounds are tighter and answer in their own form."""
# What the system says of a host that cannot be resolved, or that is another machine's (getaddrinfo and bind; Linux, macOS).
COLLECT_AFTER: Final = 50_000
"""New containers after which the collector looks through the young ones; a page of a query alone makes thousands."""
NO_ADDRESS: Final = (
    "Name or service not known",
    "nodename nor servname",
    "Cannot assign requested",
    "Can't assign requested",
)
PLAIN_ON_TLS: Final = b"This port speaks HTTPS only.\n"
NOT_OURS: Final = "ChatLift stands in for Salesforce's hosts only; let the others past the proxy with NO_PROXY."

SLASHES: Final = re.compile(rb"^([A-Z]+) //+")

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def spare_the_collector() -> None:
    """Let the garbage collector of a serving process pass over what start-up made, and look less often at what calls make.

    Only for a process of our own: an org inside somebody's test must not change their collector.
    """
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 10, 10)


class LateHandshake(Adapter):
    """TLS that is only prepared when a connection comes in."""

    def __init__(self, certificate: Certificate) -> None:
        super().__init__(str(certificate.chain), str(certificate.key))
        self.context = certificate.server_context()

    def bind(self, sock: socket.socket) -> socket.socket:
        return sock

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        wrapped = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return wrapped, self.get_environ()

    def get_environ(self) -> dict[str, str]:
        return {"wsgi.url_scheme": "https", "HTTPS": "on"}

    def makefile(self, sock: socket.socket, mode: str = "r", bufsize: int = -1) -> Any:
        return MakeFile(sock, mode, bufsize)


class RequestLine:
    """Reads a request's first line, of whose path one slash stays at the beginning: ``//services`` is a path, no host.

    The Salesforce CLI ends the address of every instance with a slash, and so do many users of jsforce.
    """

    def __init__(self, rest: Any) -> None:
        self._rest = rest

    def readline(self) -> bytes:
        return SLASHES.sub(rb"\1 /", self._rest.readline(), count=1)


class RequestHead(HTTPRequest):
    """The first lines of a request."""

    def __init__(self, server: "PortServer", conn: "Connection") -> None:
        super().__init__(server, conn, proxy_mode=server.tunnel is not None)

    def read_request_line(self) -> bool:
        rest = self.rfile
        self.rfile = RequestLine(rest)
        try:
            return bool(super().read_request_line())  # type: ignore[no-untyped-call]
        except ValueError:  # an address that is no URL, such as http://[::1/
            self.simple_response("400 Bad Request", "Malformed Request-URI")
            return False
        finally:
            self.rfile = rest

    def respond(self) -> None:
        if self.method != b"CONNECT":
            super().respond()
            return
        tunnel: Tunnel = self.server.tunnel
        if tunnel.leads_to(self.authority.decode("ascii", "replace")):
            self.conn.enter(tunnel)
            self.close_connection = False
        else:
            self.simple_response("403 Forbidden", NOT_OURS)
            self.close_connection = True


class Connection(HTTPConnection):
    """A connection that shakes hands before its first request."""

    RequestHandlerClass = RequestHead
    is_greeted = False

    def communicate(self) -> bool:
        if not self.is_greeted:
            self.is_greeted = True
            if isinstance(self.socket, ssl.SSLSocket) and not self._shake_hands(self.socket):
                return False
        return bool(super().communicate())  # type: ignore[no-untyped-call]

    def enter(self, tunnel: "Tunnel") -> None:
        """Go on as a connection to the HTTPS port, on the same socket."""
        self.socket.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        adapter = tunnel.server.ssl_adapter
        self.socket, self.ssl_env = adapter.wrap(self.socket)
        self.rfile = adapter.makefile(self.socket, "rb", self.rbufsize)
        self.wfile = adapter.makefile(self.socket, "wb", self.wbufsize)
        self.server = tunnel.server
        self.is_greeted = False

    def _shake_hands(self, tls: ssl.SSLSocket) -> bool:
        try:
            tls.do_handshake()
        except ssl.SSLError as error:
            LOG.debug("TLS with %s failed: %s", self.remote_addr, error)
            if "HTTP_REQUEST" in str(error.reason):
                self._answer_plainly(tls)
            return False
        except OSError:
            return False
        return True

    @staticmethod
    def _answer_plainly(tls: ssl.SSLSocket) -> None:
        """Tell a client that speaks HTTP to the HTTPS port what is wrong, beneath the TLS that never began."""
        head = (
            b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        )
        try:
            with socket.socket(fileno=os.dup(tls.fileno())) as beneath:
                beneath.sendall(head % len(PLAIN_ON_TLS) + PLAIN_ON_TLS)
        except OSError as error:
            LOG.debug("the client is gone: %s", error)


class Gateway(Gateway_10):
    """Hands a request to the application, with a way to see whether its client is still there, and one to leave him alone."""

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]  # the stub has no answer
        environ: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]
        environ[HUNG_UP] = lambda: has_hung_up(self.req.conn.socket)
        environ[CUT] = lambda: cut(self.req.conn.socket)
        return environ


def has_hung_up(line: socket.socket) -> bool:
    """Tell whether a client that waits for its answer has closed the connection: who only waits sends nothing, not even an end."""
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(line, selectors.EVENT_READ)
            return bool(selector.select(0))
    except (OSError, ValueError):  # closed on our side, too
        return True


def cut(line: socket.socket) -> None:
    """Break a connection, without the end that TLS would have; what is written to it later goes nowhere."""
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError as error:
        LOG.debug("the client is gone: %s", error)


class Knock:
    """Stands among the waiting connections as one that has something to say, so that who waits for them looks up."""

    last_used: float | None = None

    def __init__(self) -> None:
        self.socket, other = socket.socketpair()
        other.close()
        self.rfile = self

    def has_data(self) -> bool:
        return False

    def close(self) -> None:
        self.socket.close()


class PortServer(CherootServer):
    """One port."""

    ConnectionClass = Connection
    tunnel: "Tunnel | None" = None

    def stop(self) -> None:
        """End serving at once: cheroot looks whether it shall only when a connection speaks, or after half a second."""
        if self.ready:
            connections = self._connections  # type: ignore[attr-defined]  # made by prepare()
            connections._stop_requested = True
            connections.put(Knock())
        super().stop()

    def process_conn(self, conn: Any) -> None:
        """Give a connection to a worker; a new one waits first until it says something."""
        if isinstance(conn, Knock):
            conn.close()
        elif conn.last_used is None:
            self._connections.put(conn)  # type: ignore[attr-defined]  # made by prepare()
        else:
            super().process_conn(conn)

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Log what cheroot has to say. A client that goes away in the middle of its answer is an everyday thing."""
        is_gone = msg.startswith("socket.error") or isinstance(sys.exc_info()[1], ssl.SSLError | ConnectionError)
        LOG.log(logging.DEBUG if is_gone else level, "%s", msg, exc_info=traceback)


@dataclass(frozen=True, slots=True)
class Tunnel:
    """What CONNECT leads to: the HTTPS port, under the hosts that its certificate is valid for."""

    server: PortServer
    certificate: Certificate

    def leads_to(self, authority: str) -> bool:
        return self.certificate.covers(authority.rpartition(":")[0].strip("[]"))


@dataclass(frozen=True, slots=True)
class Addresses:
    """The URLs under which a server answers."""

    https: str
    http: str


class Server:
    """Both ports of an org; it runs in threads of its own between `start` and `stop`."""

    def __init__(
        self, app: WsgiApp, certificate: Certificate, host: str = "127.0.0.1", port: int = 8443, http_port: int = 8080
    ) -> None:
        self._host = host
        self._waiting: list[Waiting] = []
        self._ports = {"--port": self._make(app, port), "--http-port": self._make(app, http_port)}
        self._ports["--port"].ssl_adapter = LateHandshake(certificate)
        self._ports["--http-port"].tunnel = Tunnel(self._ports["--port"], certificate)
        self._threads: list[threading.Thread] = []

    def _make(self, app: WsgiApp, port: int) -> PortServer:
        made = PortServer(
            (self._host, port),
            app,
            numthreads=THREADS,
            max=THREADS + MOST,
            request_queue_size=BACKLOG,
            timeout=IDLE_SECONDS,
            shutdown_timeout=SHUTDOWN_SECONDS,
            server_name="chatlift",
        )
        waiting = Waiting(made.requests)
        self._waiting.append(waiting)
        made.wsgi_app = _with_waiting(app, waiting)
        made.gateway = Gateway
        made.keep_alive_conn_limit = KEPT_CONNECTIONS
        made.max_request_header_size = MAX_HEADER_BYTES
        made.max_request_body_size = MAX_BODY_BYTES
        return made

    def start(self) -> Addresses:
        """Listen on both ports and answer from now on. Raises `UsageError` when a port cannot be had."""
        try:
            for option, server in self._ports.items():
                self._listen(option, server)
        except UsageError:
            self.stop()
            raise
        for server in self._ports.values():
            thread = threading.Thread(target=server.serve, name=f"chatlift-{server.bind_addr[1]}", daemon=True)
            thread.start()
            self._threads.append(thread)
        https, http = (server.bind_addr[1] for server in self._ports.values())
        shown = shown_host(self._host)
        return Addresses(f"https://{shown}:{https}", f"http://{shown}:{http}")

    def _listen(self, option: str, server: PortServer) -> None:
        port = server.bind_addr[1]
        try:
            server.prepare()
        except (OSError, OverflowError) as error:
            if any(words in str(error) for words in NO_ADDRESS):
                raise UsageError(
                    f"cannot listen on {self._host}: it is no address of this machine; choose another with --host"
                ) from None
            reason = "it is in use" if "Address already in use" in str(error) else str(error)
            raise UsageError(
                f"cannot listen on {self._host}:{port}: {reason}; choose another with {option} (0 picks a free one)"
            ) from None

    def stop(self) -> None:
        """Finish the requests that run, let go of those that wait, and close both ports."""
        for waiting in self._waiting:
            waiting.close()
        stopping = [threading.Thread(target=server.stop) for server in self._ports.values()]
        for thread in stopping:
            thread.start()
        for thread in (*stopping, *self._threads):
            thread.join(2 * SHUTDOWN_SECONDS)
        self._threads.clear()


def _with_waiting(app: WsgiApp, waiting: Waiting) -> WsgiApp:
    """Return an application that tells each call how to wait at this port."""

    def call(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ[KEY] = waiting
        return app(environ, start_response)

    return call


def shown_host(host: str) -> str:
    """Return the host that a client on this machine writes in a URL."""
    if host in ("0.0.0.0", ""):  # noqa: S104  # compared, not bound
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host else host
