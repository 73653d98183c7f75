"""The Flask application: one address space for all protocols, one place where errors become answers."""

import logging
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from threading import Lock
from typing import Any, Final

from flask import Flask, Request, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from .errors import Fault, OrgError, not_found
from .org.org import Org
from .wire.exchange import Settings, Wire
from .wire.faults import befallen
from .wire.replayed import Replayed
from .wire.request_log import RequestLog

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Door:
    """A part of the address space and the protocol behind it, which is loaded when first somebody knocks."""

    prefix: str
    module: str
    name: str

    def covers(self, path: str) -> bool:
        return path.startswith(self.prefix) and path[len(self.prefix) :][:1] in ("", "/")


@dataclass(frozen=True, slots=True)
class JobsDoor(Door):
    """The jobs below each version of REST's address space: ``/services/data/vN.0/jobs``."""

    def covers(self, path: str) -> bool:
        return "/jobs" in path and JOBS.match(path) is not None


OURS: Final = "/_chatlift"
"""Below it nothing is the platform's: no faults, no log."""
SETTLED_SECONDS: Final = 30.0
"""How long a clock that ticks waits for bulk jobs."""
JOBS: Final = re.compile(r"/services/data/v[0-9.]+/jobs(?:/|\Z)")
BULK: Final = JobsDoor("/services/data", ".wire.bulk.v2", "Bulk2Wire")
DOORS: Final = (
    BULK,
    Door("/services/async", ".wire.bulk.v1", "Bulk1Wire"),
    Door("/services/data", ".wire.rest.wire", "RestWire"),
    Door("/services/oauth2", ".wire.oauth.wire", "OAuthWire"),
    Door("/services/Soap", ".wire.soap.wire", "SoapWire"),
    Door("/services/wsdl", ".wire.soap.wire", "SoapWire"),
    Door("/id", ".wire.oauth.wire", "OAuthWire"),
    Door("/.well-known/openid-configuration", ".wire.oauth.wire", "OAuthWire"),
    Door("/services/auth/idp/oidc/logout", ".wire.oauth.wire", "OAuthWire"),
    Door("/setup/connect", ".wire.oauth.wire", "OAuthWire"),
    Door("/chat", ".wire.livechat.wire", "LiveChatWire"),
    Door("/iamessage", ".wire.inapp.wire", "InAppWire"),
    Door("/eventrouter", ".wire.inapp.wire", "InAppWire"),
    Door("/api/v1", ".wire.interaction.wire", "InteractionWire"),
    Door("/platform/engagement", ".wire.interaction.wire", "InteractionWire"),
)
DESKS: Final = (
    Door("/_chatlift/chat", ".wire.agents.wire", "AgentsWire"),
    Door("/_chatlift/messaging", ".wire.reps.wire", "RepsWire"),
)
"""The agents' side of chat and the reps' of messaging: ours too, and those of these APIs that an org in a test's own process has."""
STEERING: Final = (
    *DESKS,
    Door("/_chatlift", ".wire.control.wire", "ControlWire"),
)
"""Our own APIs, which `--no-control` leaves out."""
ELSEWHERE: Final = DOORS[2]
"""Whatever no protocol knows is answered in REST's form."""


class Wires:
    """The protocols of one org, each made when it is first asked for."""

    def __init__(self, org: Org, settings: Settings) -> None:
        self._org = org
        self._settings = settings
        self._replayed = org.room(Replayed)
        self._replayed.settings = settings
        own = STEERING if settings.control else DESKS if settings.in_process else ()
        self._doors = (*DOORS, *own)
        self._made: dict[str, Wire] = {}
        self._log = org.room(RequestLog)
        self._lock = Lock()

    def door(self, path: str) -> Door | None:
        return next((door for door in self._doors if door.covers(path)), None)

    def behind(self, door: Door) -> Wire:
        wire = self._made.get(door.name)
        if wire is None:
            with self._lock:
                wire = self._made.get(door.name)
                if wire is None:
                    make: Callable[[Org, Settings], Wire] = getattr(import_module(door.module, __package__), door.name)
                    wire = self._made[door.name] = make(self._org, self._settings)
        return wire

    def answer(self, asked: Request) -> Response:
        """Return the answer to a request, or its refusal."""
        door = self.door(asked.path)
        if asked.path.startswith(OURS):
            return self._answered(door, asked)
        entry = self._log.begin(asked)
        response = self._befallen(door, asked) if self._org.faults.are_set else self._answered(door, asked)
        self._log.end(entry, asked, response)
        self._tick()
        return response

    def _tick(self) -> None:
        """Move a clock on that ticks with each request."""
        seconds = self._org.clock.tick_seconds
        if seconds:
            if self._org.has_jobs:  # what the request began ends at its time, and not at the next one's
                jobs(self._org).settle(SETTLED_SECONDS)
            with suppress(ValueError):  # the clock has come to its end
                self._org.clock.advance(seconds)
            self._org.catch_up()

    def _befallen(self, door: Door | None, asked: Request) -> Response:
        try:
            return befallen(self._org, asked, partial(self._answered, door, asked))
        except Exception as error:  # noqa: BLE001  # whatever it is, it has an answer
            return self._refused(asked, error)

    def _answered(self, door: Door | None, asked: Request) -> Response:
        try:
            replaying = self._replayed.answering
            if replaying is not None and not asked.path.startswith(OURS):
                recorded = replaying.answer(asked)
                if recorded is not None:
                    return recorded
            if door is None:
                LOG.info("nothing answers %s", asked.path)
                raise not_found()
            return self.behind(door).answer(asked)
        except Exception as error:  # noqa: BLE001  # whatever it is, it has an answer
            return self._refused(asked, error)

    def _refused(self, asked: Request, error: Exception) -> Response:
        known = as_org_error(error)
        response = self.refuse(asked, known)
        if isinstance(known, Fault) and known.status is not None:
            response.status_code = known.status
        return response

    def refuse(self, asked: Request, error: OrgError) -> Response:
        return self.behind(self.door(asked.path) or ELSEWHERE).refuse(asked, error)


class OrgApp(Flask):
    """Flask without a search for a route: every method and every path comes to the wires.

    werkzeug would redirect doubled slashes, answer unknown methods in HTML, and take a tenth of a call's time.
    """

    def __init__(self, wires: Wires) -> None:
        super().__init__(__name__, static_folder=None)
        self.extensions["chatlift"] = wires
        self._wires = wires

    def create_url_adapter(self, request: Request | None) -> None:
        return None

    def dispatch_request(self) -> Response:
        return self._wires.answer(current())


def create_app(org: Org, settings: Settings = Settings()) -> Flask:
    """Return the WSGI application of an org."""
    wires = Wires(org, settings)
    if org.has_jobs:  # what was left half done goes on
        wires.behind(BULK)
    org.wake_when(lambda org: org.has_chats, chat_runtime)
    org.wake_when(lambda org: org.has_messaging, messaging_runtime)
    if org.has_messaging:  # what has fallen due since the last server went away
        messaging_runtime(org).forget()
    app = OrgApp(wires)

    @app.errorhandler(Exception)
    def refuse(error: Exception) -> Response:
        return wires.refuse(current(), as_org_error(error))

    return app


def jobs(org: Org) -> Any:
    """Return the room of bulk jobs, which is loaded when there are any."""
    return org.room(import_module(".org.jobs.jobs", __package__).Jobs)


def chat_runtime(org: Org) -> Any:
    """Return the runtime of legacy Chat, which is loaded when there is something for it to do."""
    return org.room(import_module(".chat.runtime", __package__).ChatRuntime)


def messaging_runtime(org: Org) -> Any:
    """Return the runtime of enhanced chat, which is loaded when there is something for it to do."""
    return org.room(import_module(".messaging.runtime", __package__).MessagingRuntime)


def end_lost_chats(org: Org) -> None:
    """End the chats that ran when the last server of this org went away. A server does so once, before it answers anything."""
    if org.has_chats:
        chat_runtime(org).recover()


def current() -> Request:
    """Return the request itself: the proxy that Flask offers looks it up at every use."""
    return request._get_current_object()  # type: ignore[attr-defined, no-any-return]


def as_org_error(error: Exception) -> OrgError:
    """Return what the platform would say about an exception; one that nobody foresaw is logged under an id."""
    if isinstance(error, OrgError):
        return error
    if isinstance(error, RequestEntityTooLarge):
        return OrgError("JSON_PARSER_ERROR", "Maximum size of request reached.")
    if isinstance(error, HTTPException) and error.code is not None and error.code < 500:
        return not_found() if error.code == 404 else OrgError("BAD_REQUEST", error.description or error.name)
    number = secrets.randbelow(2_000_000_000)
    error_id = f"{number}-{secrets.randbelow(100_000)} ({number - 1_000_000_000})"
    LOG.error("error %s", error_id, exc_info=error)
    return OrgError(
        "UNKNOWN_EXCEPTION",
        f"An unexpected error occurred. Please include this ErrorId if you contact support: {error_id}",
    )
