"""Requests of `httpx` as calls of the WSGI application: loaded only where httpx is.

`HttpxTransport` is what a client is given, `Patch` stands in for the network behind every client that has its own.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from functools import partial
from threading import Event
from typing import Any, Final

import anyio.to_thread
import httpx

from .transport import Answer, WsgiApp, answered, environment, is_ours
from .waiting import HUNG_UP

NETWORK: Final = "httpx."
"""What the module begins with where a transport's method is at home, unless another mock has taken its place."""


class HttpxTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport for `httpx.Client` and for `httpx.AsyncClient` that answers by a call of the application.

    Calls of an async client are made on threads, so that one that waits keeps no other waiting.
    """

    def __init__(self, app: WsgiApp, hosts: Sequence[str] = (), passthrough: bool = False) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._network = httpx.HTTPTransport() if passthrough else None
        self._async_network = httpx.AsyncHTTPTransport() if passthrough else None

    def stands_for(self, request: httpx.Request) -> bool:
        """Tell whether the org answers a request."""
        return is_ours(str(request.url), self._hosts)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not self.stands_for(request):
            if self._network is None:
                raise refusal(request)
            return self._network.handle_request(request)
        return _response(request, self._answered(request, request.read()))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self.stands_for(request):
            if self._async_network is None:
                raise refusal(request)
            return await self._async_network.handle_async_request(request)
        body = await request.aread()
        gone = Event()
        try:
            answer = await anyio.to_thread.run_sync(
                partial(self._answered, request, body, {HUNG_UP: gone.is_set}),
                abandon_on_cancel=True,
                limiter=anyio.CapacityLimiter(1),  # its own: long polls are many
            )
        except BaseException:
            gone.set()
            raise
        return _response(request, answer)

    def close(self) -> None:
        if self._network is not None:
            self._network.close()

    async def aclose(self) -> None:
        if self._async_network is not None:
            await self._async_network.aclose()

    def _answered(self, request: httpx.Request, body: bytes, more: dict[str, Any] | None = None) -> Answer:
        environ = environment(request.method, str(request.url), request.headers.items(), body)
        return answered(self._app, environ | (more or {}), request.extensions.get("timeout", {}).get("read"))


def refusal(request: httpx.Request) -> httpx.ConnectError:
    """Return what is raised for a host that the org does not stand for."""
    return httpx.ConnectError(
        f"{request.url} is no Salesforce host; pass passthrough=True to let it through", request=request
    )


def _response(request: httpx.Request, answer: Answer) -> httpx.Response:
    """Return an answer as httpx has it. Raises what httpx raises when a connection breaks before it or when it is late."""
    if answer.is_late:
        raise httpx.ReadTimeout("The read operation timed out", request=request)
    if answer.is_cut and not answer.body:
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
    stream = Broken(request, answer) if answer.is_cut else httpx.ByteStream(answer.body)
    return httpx.Response(answer.status, headers=answer.headers, stream=stream, request=request)


class Broken(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body whose connection breaks in its middle."""

    def __init__(self, request: httpx.Request, answer: Answer) -> None:
        self._body = answer.body
        self._error = httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body "
            f"(received {len(answer.body)} bytes, expected {answer.announced})",
            request=request,
        )

    def __iter__(self) -> Iterator[bytes]:
        yield self._body
        raise self._error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body
        raise self._error


class Patch:
    """Puts the org in the place of the network for every client of httpx, until it ends."""

    def __init__(self, app: WsgiApp, hosts: Sequence[str], passthrough: bool) -> None:
        self._ours = HttpxTransport(app, hosts)
        self._before = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request
        # What another mock answers goes on to be answered by it; the network itself is reached only when asked.
        self._lets_through = [passthrough or not before.__module__.startswith(NETWORK) for before in self._before]

    def start(self) -> None:
        """Patch httpx."""
        setattr(httpx.HTTPTransport, "handle_request", self._sync())  # noqa: B010  # mypy forbids assigning a method
        setattr(httpx.AsyncHTTPTransport, "handle_async_request", self._async())  # noqa: B010

    def end(self) -> None:
        """Put back what was there."""
        setattr(httpx.HTTPTransport, "handle_request", self._before[0])  # noqa: B010
        setattr(httpx.AsyncHTTPTransport, "handle_async_request", self._before[1])  # noqa: B010

    def _sync(self) -> Callable[[httpx.HTTPTransport, httpx.Request], httpx.Response]:
        ours, before, lets_through = self._ours, self._before[0], self._lets_through[0]

        def handle_request(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
            if ours.stands_for(request) or not lets_through:
                return ours.handle_request(request)
            return before(transport, request)

        return handle_request

    def _async(self) -> Callable[[httpx.AsyncHTTPTransport, httpx.Request], Awaitable[httpx.Response]]:
        ours, before, lets_through = self._ours, self._before[1], self._lets_through[1]

        async def handle_async_request(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
            if ours.stands_for(request) or not lets_through:
                return await ours.handle_async_request(request)
            return await before(transport, request)

        return handle_async_request
