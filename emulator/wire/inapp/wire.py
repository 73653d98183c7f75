"""The API of custom clients: ``/iamessage/api/v2``, its older form ``/iamessage/v1``, and the event stream ``/eventrouter/v1/sse``."""

import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

from flask import Request, Response

from ...errors import OrgError
from ...messaging import incoming
from ...messaging.attachments import Attachments
from ...messaging.endusers import EndUsers
from ...messaging.listening import Listening
from ...messaging.refusals import Unknown
from ...messaging.streams import entry_json
from ...messaging.tokens import BadRequest, Token, TokenRefused, Tokens
from ...org.org import Org
from ...waiting import KEY
from ..exchange import Settings, hung_up, origin, waiting
from . import arguments
from .bodies import document, file_parts, reply, taken, token_json
from .errors import InAppRefused, body_of, status_of
from .frames import EVENT_STREAM, frames
from .sharing import preflight, shared

V2: Final = "/iamessage/api/v2"
V1: Final = "/iamessage/v1"
STREAM: Final = "/eventrouter/v1/sse"
CONVERSATION: Final = "conversation"
MOST_ACKS: Final = 100
FILE_ID: Final = re.compile(r"[0-9A-Za-z-]{1,36}")
"""A client's UUID, or the id of the ContentVersion that a rep sent."""
TYPING: Final = {"TypingStartedIndicator": True, "TypingStoppedIndicator": False}
PRECONDITION: Final = "Conversation Precondition failed"
"""Recorded of v1: a conversation was begun while no event stream was open."""


@dataclass(frozen=True, slots=True)
class InAppCall:
    """One call, with the words of its path."""

    request: Request
    conversation_id: str = ""
    file_id: str = ""


Call = Callable[["InAppWire", InAppCall], Response]


class InAppWire:
    """Answers end users' clients."""

    def __init__(self, org: Org, settings: Settings) -> None:
        self._org = org
        self._settings = settings
        self._tokens = Tokens(org)
        self._end_users = EndUsers(org)

    @cached_property
    def _listening(self) -> Listening:
        return self._org.room(Listening)

    @cached_property
    def _attachments(self) -> Attachments:
        return Attachments(self._org, self._end_users)

    def answer(self, request: Request) -> Response:
        return shared(request, self._answer(request))

    def refuse(self, request: Request, error: OrgError) -> Response:
        status = status_of(error)
        is_stream = request.path.startswith(STREAM)
        body = body_of(error, request.path, with_message=not (is_stream and status == 401))
        return shared(request, reply(body, status))

    def _answer(self, request: Request) -> Response:
        call, name, methods = _found(request)
        if request.method == "OPTIONS":
            return preflight()
        act = methods.get(request.method)
        if act is None:
            raise InAppRefused(405, f"{name} does not take {request.method}, but {', '.join(sorted(methods))}")
        return act(self, call)

    def _who(self, call: InAppCall) -> Token:
        """Return whose token a call shows. Raises `TokenRefused`, and `BadRequest` for what can be no conversation's id."""
        scheme, _, text = call.request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            raise TokenRefused("Jwt is missing")
        who = self._tokens.check(text.strip())
        if call.conversation_id:
            incoming.uuid(call.conversation_id, "conversationId")
        return who

    # --- tokens ---------------------------------------------------------------------------------------------------------

    def anonymous(self, call: InAppCall) -> Response:
        body = document(call.request)
        return reply(token_json(self._tokens.anonymous(*arguments.client(body))))

    def authenticated(self, call: InAppCall) -> Response:
        body = document(call.request)
        if body.get("authorizationType", "JWT") != "JWT":
            raise BadRequest("authorizationType is JWT")
        own = origin(call.request, self._settings)
        issued = self._tokens.authenticated(*arguments.client(body), body.get("customerIdentityToken"), own)
        return reply(token_json(issued))

    def continued(self, call: InAppCall) -> Response:
        return reply(token_json(self._tokens.continued(self._who(call))))

    # --- conversations --------------------------------------------------------------------------------------------------

    def begin(self, call: InAppCall) -> Response:
        who, body = self._who(call), document(call.request)
        return self._begun(who, incoming.uuid(body.get("conversationId"), "conversationId"), body)

    def begin_v1(self, call: InAppCall) -> Response:
        """The older form: the id may be left out, and an event stream has to be open."""
        who, body = self._who(call), document(call.request)
        if KEY in call.request.environ and self._is_alone and not self._listening.is_listening(who.subject):
            raise InAppRefused(412, PRECONDITION)
        given = body.get("conversationId")
        return self._begun(who, str(uuid4()) if given is None else incoming.uuid(given, "conversationId"), body)

    @property
    def _is_alone(self) -> bool:
        """Tell whether all streams are this process's own, so that it knows which are open."""
        return self._org.store.dialect == "sqlite"

    def _begun(self, who: Token, id_: str, body: Mapping[str, Any]) -> Response:
        attributes = incoming.attributes(body.get("routingAttributes"))
        language = incoming.language(body.get("language"))
        self._end_users.begin(who, id_, attributes, language, body.get("esDeveloperName"))
        return reply({"conversationId": id_}, 201)

    def status(self, call: InAppCall) -> Response:
        return reply({"routingStatus": self._end_users.routing_status(self._who(call), call.conversation_id)})

    def listing(self, call: InAppCall) -> Response:
        who, given = self._who(call), call.request.args
        with_closed = given.get("inclClosedConvs", "false").lower()
        if with_closed not in ("true", "false"):
            raise BadRequest("inclClosedConvs is true or false")
        found = self._end_users.listing(who, with_closed == "true", arguments.limit(given))
        rows = [
            {
                "conversationId": one.id,
                "startTimestamp": one.started,
                "endTimestamp": one.ended or 0,
            }
            for one in found.conversations
        ]
        counts = {"openConversationsFound": found.open_found, "closedConversationsFound": found.closed_found}
        return reply({**counts, "conversations": rows})

    def entries(self, call: InAppCall) -> Response:
        who, page = self._who(call), arguments.page(call.request.args)
        found = self._end_users.entries(who, call.conversation_id, page)
        return reply({"conversationEntries": [entry_json(entry, payload_as_text=False) for entry in found]})

    # --- sending --------------------------------------------------------------------------------------------------------

    def send(self, call: InAppCall) -> Response:
        who, body = self._who(call), document(call.request)
        self._end_users.own(who, call.conversation_id)
        self._end_users.deployment_name(who, body.get("esDeveloperName"))
        return taken(self._end_users.send(who, call.conversation_id, incoming.letter(body)))

    def send_v1(self, call: InAppCall) -> Response:
        """The older form: the body is the message itself."""
        who, body = self._who(call), document(call.request)
        self._end_users.own(who, call.conversation_id)
        letter = incoming.beside(body, incoming.messages(body))
        return taken(self._end_users.send(who, call.conversation_id, letter))

    def send_file(self, call: InAppCall) -> Response:
        who = self._who(call)
        body, upload = file_parts(call.request)
        self._end_users.own(who, call.conversation_id)
        self._end_users.deployment_name(who, body.get("esDeveloperName"))
        message = body.get("message")
        if not isinstance(message, Mapping):
            raise BadRequest("message is required")
        given = message.get("fileId")
        file_id = str(uuid4()) if given is None else incoming.uuid(given, "fileId")
        url = f"{origin(call.request, self._settings)}{V2}/{CONVERSATION}/{call.conversation_id}/file/{file_id}"
        letter = incoming.beside(body, (arguments.said_with_file(message),))
        return taken(self._attachments.send(who, call.conversation_id, letter, file_id, upload, url))

    def file(self, call: InAppCall) -> Response:
        who = self._who(call)
        if FILE_ID.fullmatch(call.file_id) is None:
            raise Unknown(f"there is no file {call.file_id}")
        name, content_type, content = self._attachments.read(who, call.conversation_id, call.file_id)
        response = Response(content, content_type=content_type)
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    def sign(self, call: InAppCall) -> Response:
        who, body = self._who(call), document(call.request)
        kind = body.get("entryType")
        if not isinstance(kind, str) or kind not in TYPING:
            raise BadRequest(f"entryType is one of {', '.join(TYPING)}")
        id_ = incoming.uuid(body.get("id"), "id")
        return taken([self._end_users.type(who, call.conversation_id, id_, TYPING[kind])])

    def acknowledge(self, call: InAppCall) -> Response:
        who, body = self._who(call), document(call.request)
        given = body.get("acks")
        if not isinstance(given, list) or not 0 < len(given) <= MOST_ACKS:
            raise BadRequest(f"acks is a list of 1 to {MOST_ACKS}")
        return taken(
            self._end_users.acknowledge(
                who, call.conversation_id, tuple(arguments.acknowledgement(one) for one in given)
            )
        )

    # --- ending ---------------------------------------------------------------------------------------------------------

    def end_session(self, call: InAppCall) -> Response:
        who = self._who(call)
        self._end_users.own(who, call.conversation_id)
        self._end_users.deployment_name(who, call.request.args.get("esDeveloperName"))
        self._end_users.end_session(who, call.conversation_id)
        return Response(status=204)

    def close(self, call: InAppCall) -> Response:
        who = self._who(call)
        self._end_users.own(who, call.conversation_id)
        self._end_users.deployment_name(who, call.request.args.get("esDeveloperName"))
        self._end_users.close(who, call.conversation_id)
        return Response(status=204)

    # --- the event stream -----------------------------------------------------------------------------------------------

    def stream(self, call: InAppCall) -> Response:
        """Tell what happens as it happens; in a test's own process, what has happened."""
        who = self._who(call)
        org_id = call.request.headers.get("X-Org-Id", "")
        if not self._tokens.is_this_org(org_id):
            raise BadRequest("X-Org-Id is not the id of this org")
        after = self._listening.start_of(arguments.last_seen(call.request))
        if KEY not in call.request.environ:
            return _event_stream(Response(frames(self._listening.told(who, after))))
        with ExitStack() as waits:
            waits.enter_context(waiting(call.request, self._listening.close))
            pages = self._listening.stream(who, after, hung_up(call.request))
            response = _event_stream(Response(frames(pages)))
            response.call_on_close(pages.close)
            response.call_on_close(waits.pop_all().close)
        return response


def _event_stream(response: Response) -> Response:
    response.content_type = EVENT_STREAM
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Accel-Buffering"] = "no"
    return response


_OF_CONVERSATION: Final[Mapping[str, Mapping[str, Call]]] = {
    f"{CONVERSATION}/list": {"GET": InAppWire.listing},
    f"{CONVERSATION}/{{conversationId}}": {"GET": InAppWire.status, "DELETE": InAppWire.close},
    f"{CONVERSATION}/{{conversationId}}/entries": {"GET": InAppWire.entries},
    f"{CONVERSATION}/{{conversationId}}/file": {"POST": InAppWire.send_file},
    f"{CONVERSATION}/{{conversationId}}/file/{{fileId}}": {"GET": InAppWire.file},
    f"{CONVERSATION}/{{conversationId}}/entry": {"POST": InAppWire.sign},
    f"{CONVERSATION}/{{conversationId}}/acknowledge-entries": {"POST": InAppWire.acknowledge},
    f"{CONVERSATION}/{{conversationId}}/session": {"DELETE": InAppWire.end_session},
}
CALLS: Final[Mapping[str, Mapping[str, Mapping[str, Call]]]] = {
    V2: {
        "authorization/unauthenticated/access-token": {"POST": InAppWire.anonymous},
        "authorization/authenticated/access-token": {"POST": InAppWire.authenticated},
        "authorization/continuation-access-token": {"GET": InAppWire.continued},
        CONVERSATION: {"POST": InAppWire.begin},
        f"{CONVERSATION}/{{conversationId}}/message": {"POST": InAppWire.send},
        **_OF_CONVERSATION,
    },
    V1: {
        "authorization/unauthenticated/accessToken": {"POST": InAppWire.anonymous},
        "authorization/authenticated/accessToken": {"POST": InAppWire.authenticated},
        "authorization/continuationAccessToken": {"GET": InAppWire.continued},
        CONVERSATION: {"POST": InAppWire.begin_v1},
        f"{CONVERSATION}/{{conversationId}}/message": {"POST": InAppWire.send_v1},
        **_OF_CONVERSATION,
    },
    STREAM: {"": {"GET": InAppWire.stream}},
}
"""Where a protocol is -> path below it -> method -> call."""


def _found(request: Request) -> tuple[InAppCall, str, Mapping[str, Call]]:
    """Return a call with the words of its path, the path without them, and its methods. Raises `InAppRefused`."""
    for base, calls in CALLS.items():
        if request.path == base or request.path.startswith(base + "/"):
            path = request.path.removeprefix(base).strip("/")
            call, name = _words(request, path)
            if name in calls:
                return call, name or base, calls[name]
    raise InAppRefused(404, f"there is no resource {request.path}")


def _words(request: Request, path: str) -> tuple[InAppCall, str]:
    segments = path.split("/")
    if segments[0] != CONVERSATION or len(segments) < 2 or path == f"{CONVERSATION}/list":
        return InAppCall(request), path
    conversation_id, file_id = segments[1], ""
    segments[1] = "{conversationId}"
    if len(segments) == 4 and segments[2] == "file":
        file_id, segments[3] = segments[3], "{fileId}"
    return InAppCall(request, conversation_id, file_id), "/".join(segments)
