"""Answer requests from a cassette, in front of the protocols."""

import logging
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from io import BytesIO
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Final
from urllib.parse import quote

from flask import Request, Response

from ..cassette.form import Asked, Call
from ..cassette.hosts import Origin, filled, replacing
from ..cassette.matching import query_of
from ..cassette.player import Player, with_ids
from ..cassette.secrets import DROPPED_OF_ANSWERS
from ..errors import OrgError
from ..org.org import Org
from ..waiting import KEY
from .exchange import NEAR, REPLAYED, PlainResponse, Settings, body_of, hung_up, is_packed, origin, unpacked, waiting
from .scrubbing import scrubbed_path

LOG: Final = logging.getLogger(__name__)
MOST_BODY_BYTES: Final = 256 * 1024 * 1024
POLL: Final = "/System/Messages"
NOTHING_NEW: Final = 204
BODILESS: Final = frozenset({204, 304})
LOOK_SECONDS: Final = 0.5
"""How often it is looked whether a client that waits is still there."""
SIGN_OF_LIFE_SECONDS: Final = 10.0
PING: Final = b": \n\n"
"""A comment (HTML standard, "Server-sent events"): nobody takes it for an event, and whoever is gone is found out."""
MARGIN_SECONDS: Final = 1
TOO_LARGE: Final = "the recording of this call is not whole: its body was larger than what `chatlift record` keeps"


class NotRecorded(OrgError):
    """No recorded call answers a request that only the cassette may answer."""

    def __init__(self, cassette: str, near: list[str]) -> None:
        nearest = f" Nearest: {' | '.join(near)}" if near else ""
        super().__init__("NOT_FOUND", f"The cassette {Path(cassette).name} has no such call.{nearest}")


class Replaying:
    """A cassette in front of an org. stopped: set when the org closes. is_strict: whether what was not recorded is refused, at any address."""

    def __init__(self, player: Player, org: Org, settings: Settings, stopped: Event, *, is_strict: bool) -> None:
        self._player = player
        self._settings = settings
        self._is_strict = is_strict
        self._poll_seconds = max(0, settings.poll_seconds - MARGIN_SECONDS)
        self._stopped = stopped
        if not is_strict and not settings.strict_auth:
            for token in sorted(player.tokens()):
                org.sessions.adopt(token, org.users.administrator_id)

    def answer(self, request: Request) -> Response | None:
        """Return the recorded answer, or None when the org is to answer. Raises `NotRecorded`."""
        asked = self._asked(request)
        played = self._player.play(asked)
        if played is None:
            if not self._is_strict and not self._player.knows(asked):
                return None
            if asked.path.endswith(POLL) and self._player.knows(asked):  # behind the last one: there is nothing new
                self._hold(request)
                return Response(status=NOTHING_NEW)
            near = self._player.explain(asked)
            request.environ[NEAR] = near
            LOG.warning(
                "not in the cassette: %s %s; nearest: %s",
                asked.method,
                scrubbed_path(asked.path),
                " | ".join(near) or "none",
            )
            raise NotRecorded(self._player.cassette.name, near)
        call = played.call
        request.environ[REPLAYED] = call.number
        if call.answered.missing:
            raise OrgError("NOT_FOUND", f"#{call.number}: {TOO_LARGE}")
        if call.answered.events is not None:
            return self._stream(request, call, again=played.again)
        if asked.path.endswith(POLL) and not self._poll(request, call, again=played.again):
            return Response(status=NOTHING_NEW)
        return self._response(request, call)

    def _asked(self, request: Request) -> Asked:
        """Return a request as the cassette would have it, with placeholders for its own host."""
        environ = request.environ
        raw = body_of(request, MOST_BODY_BYTES) or b""
        self._put_back(request, raw)
        if is_packed(request):
            raw = _unpacked(raw)
        named = replacing({Origin.of(origin(request, self._settings)): "org"})
        with suppress(UnicodeDecodeError):
            raw = named(raw.decode()).encode()
        query = tuple(tuple(named(one) for one in pair) for pair in query_of(environ.get("QUERY_STRING", "")))
        headers = (("Content-Type", environ.get("CONTENT_TYPE", "")),)
        return Asked(request.method, quote(request.path), query, headers, raw)

    @staticmethod
    def _put_back(request: Request, raw: bytes) -> None:
        """Let the org read the body that was read."""
        request.environ |= {"wsgi.input": BytesIO(raw), "CONTENT_LENGTH": str(len(raw)), "wsgi.input_terminated": False}

    def _response(self, request: Request, call: Call) -> Response:
        body = self._filled(request, call.answered.body)
        kept = self._headers(request, call)
        if call.answered.status not in BODILESS and request.method != "HEAD":
            kept.append(("Content-Length", str(len(body))))
        return PlainResponse(body, call.answered.status, kept)

    def _headers(self, request: Request, call: Call) -> list[tuple[str, str]]:
        return [
            (name, self._text(request, value))
            for name, value in call.answered.headers
            if name.lower() not in DROPPED_OF_ANSWERS
        ]

    def _filled(self, request: Request, body: bytes) -> bytes:
        try:
            return self._text(request, body.decode()).encode()
        except UnicodeDecodeError:
            return body

    def _text(self, request: Request, text: str) -> str:
        return filled(with_ids(text, self._player.renamed), Origin.of(origin(request, self._settings)))

    # --- who waits ------------------------------------------------------------------------------------------------------

    def _poll(self, request: Request, call: Call, *, again: bool) -> bool:
        """Hold a visitor's poll as long as the org would: until his own calls were made that brought its answer about, which
        is given anyway in the end. After the last recorded poll there is nothing new; tell whether there is something.
        """
        if again and call.answered.status == NOTHING_NEW:
            self._hold(request)
            return False
        with waiting(request, self._stop):
            self._player.wait_for_others("/chat/", call.after, self._poll_seconds, call.number)
        return True

    def _hold(self, request: Request) -> None:
        with waiting(request, self._stop):
            self._rest(request, self._poll_seconds)

    def _rest(self, request: Request, seconds: float) -> None:
        """Wait until time is up, the client is gone, or the server stops."""
        is_gone = hung_up(request)
        until = monotonic() + seconds
        while (left := until - monotonic()) > 0 and not is_gone():
            if self._stopped.wait(min(left, LOOK_SECONDS)):
                return

    def _stream(self, request: Request, call: Call, *, again: bool) -> Response:
        """Send a recorded stream, each event when the client has made the calls before it, and then keep still.

        A stream that is opened again after the last recorded one has nothing to tell. In process it ends with its last event.
        """
        events = () if again else call.answered.events or ()
        is_live = KEY in request.environ
        is_gone = hung_up(request)

        def told() -> Iterator[bytes]:
            for event in events:
                if is_live:
                    self._player.wait_for_others("/iamessage/", event.after, self._settings.poll_seconds, call.number)
                yield self._text(request, event.text).encode()
            while is_live and not self._stopped.is_set() and not is_gone():
                self._rest(request, SIGN_OF_LIFE_SECONDS)
                yield PING

        kept = self._headers(request, call)
        with ExitStack() as waits:
            waits.enter_context(waiting(request, self._stop))
            response = PlainResponse(told(), call.answered.status, kept)
            response.call_on_close(waits.pop_all().close)
        return response

    def _stop(self) -> None:
        self._stopped.set()


def _unpacked(raw: bytes) -> bytes:
    """Return what a packed body holds; the body itself when it is none, or holds too much."""
    found = bytearray()
    try:
        for piece in unpacked([raw]):
            found += piece
            if len(found) > MOST_BODY_BYTES:
                return raw
    except zlib.error:
        return raw
    return bytes(found)
