"""Two APIs beside REST: ``/api/v1`` of the Interaction Service, and ``/platform/engagement/v1.0``, the Conversation Data API.

Interaction Service: github.com/salesforce-misc/interaction-service-apis (headers, bodies, ``{"code", "message"}`` of errors); its statuses but
202 are guesses. Conversation Data API: the guide's pages "Get Started" and "Rate Limits" name ``GET /conversation-entries`` and its 90 calls a
minute; address, parameters and pages are those of public clients, and that its errors have the same form is a guess.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from flask import Request, Response

from ...errors import Fault, OrgError
from ...messaging.history import UUID, InteractionRefused, history
from ...messaging.offplatform import OffPlatform, Part
from ...messaging.streams import entry_json
from ...messaging.taking_over import CONTEXTS, TakingOver
from ...org.caller import Caller
from ...org.org import Org
from ...org.pace import Pace
from ..exchange import Settings, body_of

SERVICE: Final = "/api/v1"
DATA: Final = "/platform/engagement/v1.0"
MOST_BYTES: Final = 1_048_576
CALLS_A_MINUTE: Final = 90
USUAL_LIMIT: Final = 25
MOST: Final = 1000
DIRECTIONS: Final = ("FromEnd", "FromStart")
NUMBER: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
NO_TOKEN: Final = (10004, "The supplied Authorization access token is not valid.")
BAD_HEADER: Final = (10016, "Enter a valid header.")
BAD_CONTEXT: Final = (10093, "Invalid authorization context type.")
BAD_START: Final = (10090, "The StartTime provided to fetch Conversation Entries is invalid.")
BAD_END: Final = (10091, "Invalid EndTime. Provide an EndTime that is after the StartTime.")
BAD_LIMIT: Final = (10092, "Invalid Limit. Provide a value within the allowed range and try again.")
BAD_PARAMETER: Final = (10089, "Invalid parameters passed to API.")
STATUSES: Final[Mapping[int, int]] = {10004: 401, 10005: 403, 10017: 404, 10018: 404}
"""Statuses of refusals by their numbers; any other is 400."""


class Denied(OrgError):
    """A refusal that has no number of its own: the status stands for it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(str(status), message)
        self.number = self.status = status


class InteractionWire:
    """Answers programs that bring history, or fetch entries."""

    def __init__(self, org: Org, settings: Settings) -> None:
        self._org = org

    def answer(self, request: Request) -> Response:
        base = DATA if request.path.startswith(DATA) else SERVICE
        path = request.path.removeprefix(base).strip("/")
        methods = CALLS[base].get(path) if request.path.startswith(base) else None
        if methods is None:
            raise Denied(404, "The requested resource does not exist.")
        call = methods.get(request.method)
        if call is None:
            raise Denied(405, f"{path} takes {', '.join(methods)}.")
        return call(self, request)

    def refuse(self, request: Request, error: OrgError) -> Response:
        if isinstance(error, Denied):
            return _reply({"code": error.number, "message": error.message}, error.status)
        if isinstance(error, InteractionRefused):
            return _reply({"code": error.number, "message": error.message}, STATUSES.get(error.number, 400))
        status = (
            (error.status or 500) if isinstance(error, Fault) else 500 if error.code == "UNKNOWN_EXCEPTION" else 400
        )
        return _reply({"code": status, "message": error.message}, status)

    def caller(self, request: Request) -> Caller:
        """Return the user whose access token a request carries."""
        scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
        session = self._org.session(token.strip()) if scheme.lower() == "bearer" else None
        if session is None:
            raise InteractionRefused(*NO_TOKEN)
        caller = Caller(session.user_id)
        if not self._org.rights.allows(caller, "ApiEnabled"):
            raise Denied(403, "The API is not enabled for this user.")
        return caller

    def add_history(self, request: Request) -> Response:
        """``POST conversationHistory``: entries that an end user and a bot exchanged elsewhere."""
        self.caller(request)
        self._check_headers(request)
        taking = TakingOver(self._org)
        found = history(_document(request), taking.now())
        context = next(one for one in CONTEXTS if one.lower() == request.headers["AuthorizationContextType"].lower())
        return _reply({"success": True, "messagingSessionId": taking.take(found, context)}, 202)

    def _check_headers(self, request: Request) -> None:
        """Refuse a call whose headers are not whole. AuthorizationContext names a connected app: which, is not looked at."""
        given = request.headers
        if not given.get("AuthorizationContext") or UUID.fullmatch(given.get("RequestId", "")) is None:
            raise InteractionRefused(*BAD_HEADER)
        if given.get("OrgId", "")[:15] != str(self._org.users.organization["Id"])[:15]:
            raise InteractionRefused(*BAD_HEADER)
        if given.get("AuthorizationContextType", "").lower() not in [one.lower() for one in CONTEXTS]:
            raise InteractionRefused(*BAD_CONTEXT)

    def entries(self, request: Request) -> Response:
        """``GET conversation-entries?conversationIdentifier=…``: entries of every kind, whole, the newest first unless asked otherwise."""
        caller, entries, given = self.caller(request), OffPlatform(self._org), request.args
        try:
            entries.check_access(caller)
        except OrgError as error:
            raise Denied(403, error.message) from None
        if not Pace(self._org.store, self._org.clock).spend(f"entries/{caller.user_id}", CALLS_A_MINUTE, minutes=1):
            raise Denied(429, f"The limit of {CALLS_A_MINUTE} requests per user and minute is exceeded.")
        identifier = given.get("conversationIdentifier", "")
        if not identifier:
            raise InteractionRefused(10018)
        start, end = _number(given, "startTimestamp", 0, BAD_START), _number(given, "endTimestamp", 10**15, BAD_END)
        if end < start:
            raise InteractionRefused(*BAD_END)
        limit, passed = (
            _number(given, "recordLimit", USUAL_LIMIT, BAD_LIMIT),
            _number(given, "pageToken", 0, BAD_PARAMETER),
        )
        direction = given.get("queryDirection", DIRECTIONS[0])
        if not 1 <= limit <= MOST:
            raise InteractionRefused(*BAD_LIMIT)
        if direction not in DIRECTIONS:
            raise InteractionRefused(*BAD_PARAMETER)
        try:
            found, has_more = entries.whole(identifier, Part(limit, start, end, direction == DIRECTIONS[0], passed))
        except OrgError:
            raise InteractionRefused(10018) from None
        body: dict[str, Any] = {"conversationEntries": [entry_json(one, payload_as_text=False) for one in found]}
        if has_more:
            body["nextPageToken"] = str(passed + limit)
        return _reply(body)


Answering = Callable[[InteractionWire, Request], Response]
CALLS: Final[Mapping[str, Mapping[str, Mapping[str, Answering]]]] = {
    SERVICE: {"conversationHistory": {"POST": InteractionWire.add_history}},
    DATA: {"conversation-entries": {"GET": InteractionWire.entries}},
}
"""The calls below each base."""


def _number(given: Mapping[str, str], name: str, usual: int, problem: tuple[int, str]) -> int:
    text = given.get(name)
    if text is None:
        return usual
    if NUMBER.fullmatch(text) is None:
        raise InteractionRefused(*problem)
    return int(text)


def _document(request: Request) -> Mapping[str, Any]:
    raw = body_of(request)  # to its end: a client that is cut off in the middle learns no reason
    if raw is None or len(raw) > MOST_BYTES:
        raise Denied(413, f"The body is larger than {MOST_BYTES} bytes.")
    try:
        loaded = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise InteractionRefused(10078) from None
    if not isinstance(loaded, dict):
        raise InteractionRefused(10078)
    return loaded


def _reply(body: Mapping[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, content_type="application/json")
