"""The recorder: a WSGI application that hands each call on to a real org, and keeps what was asked and answered.

Calls go through as clients make them, with the clients' own credentials: it asks nothing by itself. On the wire the org's hosts
become the recorder's own, so that clients stay with it. What is kept has neither hosts nor secrets.
"""

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import IO, Any, Final
from urllib.parse import urlsplit

import urllib3
from werkzeug.wrappers import Request

from ..cassette.file import CassetteWriter
from ..cassette.form import Answered, Asked, Call, Event, Headers
from ..cassette.hosts import Origin, Replacement, replacing
from ..cassette.matching import query_of
from ..cassette.secrets import DROPPED_OF_REQUESTS, Scrubber
from ..waiting import KEY, Waiting
from .passing import Pieces, cut, fill, pieces_of, shut, stays, target_of, without_domain
from .reading import unpacked, writes
from .rewriting import Kept, flowing, frames, is_text, rewritten
from .upstream import Hosts, Unreachable, Upstream

LOG: Final = logging.getLogger(__name__)
OURS: Final = "/_chatlift"
EVENT_STREAM: Final = "text/event-stream"
PIECE: Final = 65_536
IN_MEMORY: Final = 1 << 20
"""Bytes of a request's body from which on it is put into a temporary file."""
WHOLE: Final = 8 << 20
"""Bytes up to which a body is read to its end before it is sent on; a longer one flows."""
MOST_BODY_BYTES: Final = 10 << 20
"""Of a body, what is kept unless somebody says otherwise."""
BROKEN: Final = (urllib3.exceptions.HTTPError, OSError, ValueError)
"""How an answer breaks off: on the way, or because the recorder ends."""
BODILESS: Final = frozenset({204, 304})
NOT_HANDED_ON: Final = DROPPED_OF_REQUESTS - {"content-encoding"}
"""Headers of requests that are between a client and the next machine only."""
NOT_PASSED_ON: Final = DROPPED_OF_REQUESTS | {
    "alt-svc", "expect-ct", "nel", "public-key-pins", "report-to", "strict-transport-security",
}  # fmt: skip
"""Headers of answers that would lead a client past the recorder, or bind it to another host than its own."""
StartResponse = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Options:
    """How it is recorded. most_body: bytes of a body that are kept."""

    read_only: bool = False
    most_body: int = MOST_BODY_BYTES


@dataclass(slots=True)
class Exchange:
    """One call on its way. body: the beginning of the request's, as the client sent it, unpacked."""

    number: int
    at: str
    begun: float
    asked: Asked
    missing: int
    to_wire: Replacement
    to_cassette: Replacement


class Recorder:
    """Hands calls on and keeps them. Safe to use from several threads. told: is told a line about each call."""

    def __init__(
        self,
        hosts: Hosts,
        upstream: Upstream,
        writer: CassetteWriter,
        scrubber: Scrubber,
        options: Options = Options(),
        told: Callable[[str], None] = LOG.info,
    ) -> None:
        self._hosts = hosts
        self._upstream = upstream
        self._writer = writer
        self._scrubber = scrubber
        self._options = options
        self._told = told
        self._lock = Lock()
        self._last = writer.first - 1
        self._live: set[urllib3.BaseHTTPResponse] = set()
        self.kept = 0
        """How many calls were written into the cassette."""

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        if request.path == OURS or request.path.startswith(f"{OURS}/"):
            return self._ours(request, start_response)
        waiting: Waiting | None = environ.get(KEY)
        if waiting is not None and not waiting.begin(self.stop):
            return self._refused(
                start_response, 503, "SERVER_UNAVAILABLE", "Too many clients are waiting; try again later"
            )
        try:
            pieces = self._passed(request, start_response)
        except BaseException:
            if waiting is not None:
                waiting.end()
            raise
        return Pieces(pieces, waiting.end if waiting is not None else None)

    def stop(self) -> None:
        """Let go of the org's answers that are still coming."""
        with self._lock:
            live = tuple(self._live)
        for response in live:
            shut(response)

    # --- one call ---------------------------------------------------------------------------------------------------------

    def _passed(self, request: Request, start_response: StartResponse) -> Iterator[bytes]:
        spool = SpooledTemporaryFile[bytes](max_size=IN_MEMORY)
        try:
            length = fill(spool, request.environ)
        except ValueError as error:  # a server says so when a chunk does not begin with its size
            spool.close()
            return self._refused(start_response, 400, "BAD_REQUEST", f"The body cannot be read: {error}")
        beginning = spool.read(max(WHOLE, self._options.most_body))
        origin = self._hosts.of(request.path)
        client = Origin(request.scheme, request.host.lower())
        exchange = self._begin(request, beginning, length, client)
        if self._options.read_only:
            why = writes(request.method, request.path, request.query_string.decode("latin-1"), exchange.asked.body)
            if why:
                spool.close()
                self._told(f"#{exchange.number} refused: --read-only, and {why}")
                return self._refused(
                    start_response, 403, "READ_ONLY", f"The recorder runs with --read-only, and {why}."
                )
        up = _nothing if stays(client, origin) else replacing({client: origin})
        body: bytes | IO[bytes] | None = beginning
        if length > len(beginning):
            spool.seek(0)
            body = spool
        elif is_text(request.content_type or "text/plain") and not request.headers.get("Content-Encoding"):
            body = rewritten(beginning, up)
        target = up(target_of(request))
        size = length if body is spool else len(beginning if body is None else body)  # type: ignore[arg-type]
        headers = [(key, up(value)) for key, value in request.headers if key.lower() not in NOT_HANDED_ON]
        headers.append(("Accept-Encoding", "gzip" if _takes_gzip(request) else "identity"))
        if size or request.method in ("POST", "PUT", "PATCH"):
            headers.append(("Content-Length", str(size)))
        else:
            body = None
        try:
            answer = self._upstream.send(request.method, f"{origin}{target}", headers, body)
        except Unreachable as error:
            self._told(f"#{exchange.number} {request.method} {self._scrubber.path(request.path)}: no answer; {error}")
            return self._refused(
                start_response, 502, "BAD_GATEWAY", f"The org behind the recorder did not answer: {error}"
            )
        finally:
            spool.close()
        with self._lock:
            self._live.add(answer)
        return self._answered(request, start_response, exchange, answer)

    def _begin(self, request: Request, beginning: bytes, length: int, client: Origin) -> Exchange:
        with self._lock:
            self._last += 1
            number = self._last
        named = self._hosts.named()
        is_known = stays(client, self._hosts.org)
        down = _nothing if is_known else replacing(dict.fromkeys(named, client))
        kept: dict[Origin, Origin | str] = {**named} if is_known else {client: "org", **named}
        most = self._options.most_body
        query = request.query_string.decode("latin-1")
        asked = Asked(
            request.method, target_of(request).partition("?")[0], query_of(query), tuple(request.headers.items()),
            unpacked(beginning, request.headers.get("Content-Encoding", ""), most),
        )  # fmt: skip
        now = datetime.now(UTC)
        at = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z"
        missing = max(0, length - most) if len(asked.body) >= most else 0
        return Exchange(number, at, time.perf_counter(), asked, missing, down, replacing(kept))

    def _answered(
        self, request: Request, start_response: StartResponse, exchange: Exchange, answer: urllib3.BaseHTTPResponse
    ) -> Iterator[bytes]:
        """Begin the client's answer, and return its body."""
        content_type = answer.headers.get("Content-Type", "")
        is_stream = content_type.lower().startswith(EVENT_STREAM)
        replace = exchange.to_wire if is_text(content_type) else _nothing
        received = pieces_of(answer, is_stream=is_stream)
        if is_stream:
            start_response(_status(answer), self._wire_headers(exchange, answer, None))
            return self._streamed(request, exchange, answer, frames(received), replace)
        kept, first, broke = Kept(self._options.most_body), bytearray(), ""
        try:
            for piece in received:
                first += piece
                if len(first) > WHOLE:
                    break
            else:
                received = iter(())
        except BROKEN as error:
            broke = type(error).__name__
        whole = bytes(first)
        if len(whole) > WHOLE:
            start_response(_status(answer), self._wire_headers(exchange, answer, None))
            return self._flowed(request, exchange, answer, chain([whole], received), kept, replace)
        kept.add(whole)
        sent = rewritten(whole, replace)
        if broke:
            self._over(answer)
            self._told(
                f"#{exchange.number} {request.method} {self._shown(exchange)}: the answer broke off; it is not kept"
            )
            start_response(_status(answer), self._wire_headers(exchange, answer, len(sent) + 1))
            return self._broken(request, sent)
        has_none = answer.status in BODILESS or request.method == "HEAD"
        start_response(_status(answer), self._wire_headers(exchange, answer, None if has_none else len(sent)))
        return self._finished(exchange, answer, kept, sent)

    def _finished(
        self, exchange: Exchange, answer: urllib3.BaseHTTPResponse, kept: Kept, sent: bytes
    ) -> Iterator[bytes]:
        try:
            self._switch(exchange, kept.content)
            self._keep(exchange, answer, kept)
        finally:
            self._over(answer)
        yield sent

    def _flowed(
        self,
        request: Request,
        exchange: Exchange,
        answer: urllib3.BaseHTTPResponse,
        received: Iterable[bytes],
        kept: Kept,
        replace: Replacement,
    ) -> Iterator[bytes]:
        def noted() -> Iterator[bytes]:
            for piece in received:
                kept.add(piece)
                yield piece

        try:
            yield from flowing(noted(), replace)
            self._keep(exchange, answer, kept)
        except BROKEN:
            self._told(
                f"#{exchange.number} {request.method} {self._shown(exchange)}: the answer broke off; it is not kept"
            )
            cut(request)
        except GeneratorExit:
            self._told(
                f"#{exchange.number} {request.method} {self._shown(exchange)}: the client went away; it is not kept"
            )
            raise
        finally:
            self._over(answer)

    def _streamed(
        self,
        request: Request,
        exchange: Exchange,
        answer: urllib3.BaseHTTPResponse,
        received: Iterator[bytes],
        replace: Replacement,
    ) -> Iterator[bytes]:
        """Send events on as they come; they are kept when the stream ends, by whoever ends it."""
        events: list[Event] = []
        room = self._options.most_body
        try:
            for frame in received:
                room -= len(frame)
                if room >= 0:
                    ms = round((time.perf_counter() - exchange.begun) * 1000, 1)
                    events.append(Event(self._last, ms, frame.decode(errors="replace")))
                yield rewritten(frame, replace)
        except BROKEN as error:
            LOG.debug("the stream broke off: %s", type(error).__name__)
        finally:
            self._over(answer)
            self._keep(exchange, answer, Kept(0), events)

    def _broken(self, request: Request, sent: bytes) -> Iterator[bytes]:
        yield sent
        cut(request)

    # --- what is kept -------------------------------------------------------------------------------------------------------

    def _keep(
        self, exchange: Exchange, answer: urllib3.BaseHTTPResponse, kept: Kept, events: list[Event] | None = None
    ) -> None:
        """Write the call into the cassette, without hosts and secrets."""
        scrubber, named = self._scrubber, exchange.to_cassette
        ms = round((time.perf_counter() - exchange.begun) * 1000, 1)
        given = exchange.asked
        path = scrubber.path(named(given.path))
        asked = Asked(
            given.method, path, scrubber.query(tuple(tuple(named(one) for one in pair) for pair in given.query)),
            scrubber.request_headers(_named(given.headers, named)),
            scrubber.body(_in(given.body, given.content_type, named), given.content_type, given.path),
        )  # fmt: skip
        content_type = answer.headers.get("Content-Type", "")
        body = scrubber.body(_in(kept.content, content_type, named), content_type, given.path)
        answered = Answered(
            answer.status, scrubber.answer_headers(_named(tuple(answer.headers.items()), named)), body,
            None if events is None else tuple(Event(one.after, one.ms, scrubber.text(named(one.text))) for one in events),
            kept.missing,
        )  # fmt: skip
        after = self._last
        self._writer.add(Call(exchange.number, exchange.at, ms, after, asked, answered, exchange.missing))
        with self._lock:
            self.kept += 1
        cut_short = ", too long to be kept whole" if kept.missing or exchange.missing else ""
        self._told(f"#{exchange.number} {given.method} {path} -> {answer.status}, {ms:.0f} ms{cut_short}")

    def _shown(self, exchange: Exchange) -> str:
        return self._scrubber.path(exchange.to_cassette(exchange.asked.path))

    def _switch(self, exchange: Exchange, body: bytes) -> None:
        """Follow chat to the host that it says it is at."""
        if not exchange.asked.path.startswith("/chat/") or b"SwitchServer" not in body:
            return
        try:
            messages = json.loads(body)["messages"]
            urls = [one["message"]["newUrl"] for one in messages if one["type"] == "SwitchServer"]
        except (ValueError, TypeError, KeyError):
            return
        for url in urls:
            if self._hosts.switch(str(url)):
                self._told(f"chat goes on at {urlsplit(str(url)).netloc}")

    def _wire_headers(
        self, exchange: Exchange, answer: urllib3.BaseHTTPResponse, length: int | None
    ) -> list[tuple[str, str]]:
        found = [
            (name, without_domain(value) if name.lower() == "set-cookie" else exchange.to_wire(value))
            for name, value in answer.headers.items()
            if name.lower() not in NOT_PASSED_ON
        ]
        return found if length is None else [*found, ("Content-Length", str(length))]

    def _over(self, answer: urllib3.BaseHTTPResponse) -> None:
        with self._lock:
            self._live.discard(answer)
        answer.close()

    # --- what is ours -------------------------------------------------------------------------------------------------------

    def _ours(self, request: Request, start_response: StartResponse) -> Iterator[bytes]:
        """Answer what must never reach a real org."""
        if request.path != f"{OURS}/health":
            return self._refused(
                start_response, 404, "NOT_FOUND", "A recorder has no control API; nothing of it goes to the org."
            )
        body = json.dumps({"status": "recording", "calls": self.kept}).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return iter((body,))

    @staticmethod
    def _refused(start_response: StartResponse, status: int, code: str, message: str) -> Iterator[bytes]:
        body = json.dumps([{"errorCode": code, "message": message}]).encode()
        start_response(
            f"{status} {code}", [("Content-Type", "application/json;charset=UTF-8"), ("Content-Length", str(len(body)))]
        )
        return iter((body,))


def _named(headers: Headers, named: Replacement) -> Headers:
    return tuple((name, named(value)) for name, value in headers)


def _in(body: bytes, content_type: str, named: Replacement) -> bytes:
    return rewritten(body, named) if is_text(content_type) else body


def _status(answer: urllib3.BaseHTTPResponse) -> str:
    return f"{answer.status} {answer.reason or 'Unknown'}"


def _takes_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("Accept-Encoding", "") and EVENT_STREAM not in request.headers.get(
        "Accept", ""
    )


def _nothing(text: str) -> str:
    return text
