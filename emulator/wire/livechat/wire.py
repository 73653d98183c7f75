"""The Chat REST API: ``/chat/rest/{Prefix}/{Noun}``, and the servlet that takes a visitor's file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import unquote

import orjson
from flask import Request, Response

from ...chat import events, prechat
from ...chat.console import LONGEST_MESSAGE, Console
from ...chat.setup import EnforcedOn
from ...chat.visitors import VisitorDesk, VisitorSession
from ...errors import OrgError
from ...org.org import Org
from ..exchange import Settings, body_of, client_address, hung_up, origin, waiting
from ..uploads import read_upload
from .errors import NO_AFFINITY, NO_VERSION, LiveChatRefused, status_of
from .settings import settings_message

REST: Final = "/chat/rest"
UPLOAD: Final = "/chat/upload"
JSON: Final = "application/json;charset=UTF-8"
TEXT: Final = "text/plain;charset=UTF-8"
COOKIE: Final = "liveagent_vc"
"""Name of the cookie that holds the visitor's session key. A guess after what chat pages set."""
MOST_BODY_BYTES: Final = 1_048_576
LONGEST_NUMBER: Final = 9
"""Digits of a sequence number or of an acknowledgement."""
LONGEST_TYPE: Final = 2000
"""Characters of a custom event's type and of an address that a visitor looks at. A guess."""
MOST_NOUNS: Final = 100
"""Posts in one MultiNoun, or rules in one report. A guess: the guide names no bound."""
WARNINGS: Final = ("triggered", "cleared")
UPDATE: Final = ("1", "true")
MARGIN_SECONDS: Final = 1
"""By how much a poll is answered before the client's own time-out."""


@dataclass(frozen=True, slots=True)
class LiveChatCall:
    """One call: its noun, what the address and the headers say, and the JSON object in its body."""

    noun: str
    parameters: Mapping[str, str]
    body: Mapping[str, Any]
    request: Request
    address: str | None

    def header(self, name: str) -> str:
        return str(self.request.headers.get(f"X-LIVEAGENT-{name}", ""))


Noun = Callable[["LiveChatWire", LiveChatCall], Response]


class LiveChatWire:
    """Answers the visitor's side of legacy chat."""

    def __init__(self, org: Org, settings: Settings) -> None:
        self._settings = settings
        self._desk = VisitorDesk(org)
        self._console = Console(org)

    def answer(self, request: Request) -> Response:
        if request.path.rstrip("/") == UPLOAD:
            return self._upload(request)
        prefix, noun, rest = self._place(request.path.removeprefix(REST).strip("/"))
        methods = NOUNS.get(f"{prefix}/{noun}")
        if methods is None:
            raise LiveChatRefused(404, f"Unknown noun {prefix}/{noun}")
        act = methods.get(request.method)
        if act is None:
            raise LiveChatRefused(405, f"{prefix}/{noun} does not take {request.method}")
        if not request.headers.get("X-LIVEAGENT-API-VERSION", "").replace(".", "", 1).isdecimal():
            raise LiveChatRefused(400, NO_VERSION)
        body = _document(request) if request.method == "POST" else {}
        call = LiveChatCall(rest, request.args.to_dict(), body, request, client_address(request, self._settings))
        return act(self, call)

    def refuse(self, request: Request, error: OrgError) -> Response:
        return Response(error.message, status_of(error), content_type=TEXT)

    @staticmethod
    def _place(path: str) -> tuple[str, str, str]:
        prefix, _, below = path.partition("/")
        noun, _, rest = below.partition("/")
        return prefix, noun, unquote(rest)

    # --- System ---------------------------------------------------------------------------------------------------------

    def session_id(self, call: LiveChatCall) -> Response:
        session = self._desk.begin()
        return _json(
            {
                "key": session.key,
                "id": session.id,
                "clientPollTimeout": self._settings.poll_seconds,
                "affinityToken": session.affinity,
            }
        )

    def end_session(self, call: LiveChatCall) -> Response:
        self._desk.end(self._desk.find(call.noun or call.header("SESSION-KEY")))
        return _ok()

    def messages(self, call: LiveChatCall) -> Response:
        session = self._session(call)
        ack = call.parameters.get("ack", "-1")
        if len(ack) > LONGEST_NUMBER or not ack.removeprefix("-").isdecimal():
            raise LiveChatRefused(400, "ack is a number")
        with waiting(call.request, self._desk.stop_waiting):
            seconds = max(0, self._settings.poll_seconds - MARGIN_SECONDS)
            session, found = self._desk.fetch(session, int(ack), seconds, hung_up(call.request))
        if not found:
            return Response(status=204)
        messages = [{"type": mail.type, "message": mail.message} for mail in found]
        return _json({"messages": messages, "sequence": found[-1].number, "offset": session.offset})

    def reconnect(self, call: LiveChatCall) -> Response:
        session = self._desk.reconnect(self._desk.find(call.header("SESSION-KEY")))
        message = {"resetSequence": True, "affinityToken": session.affinity}
        return _wrapped("ReconnectSession", message)

    def resync(self, call: LiveChatCall) -> Response:
        """The form of versions before 37 (guide, "ResyncSession")."""
        try:
            session = self._desk.reconnect(self._desk.find(call.parameters.get("SessionId", "")))
        except OrgError:
            return _json({"isValid": False})
        return _json({"isValid": True, "key": session.key, "affinityToken": session.affinity})

    def many(self, call: LiveChatCall) -> Response:
        """Several posts in one, in order, under one sequence number (guide, "MultiNoun")."""
        nouns = call.body.get("nouns")
        if not isinstance(nouns, list) or len(nouns) > MOST_NOUNS:
            raise LiveChatRefused(400, f"nouns is a list of up to {MOST_NOUNS}")
        acts = []
        for noun in nouns:
            if not isinstance(noun, Mapping):
                raise LiveChatRefused(400, "a noun is an object")
            name = f"{noun.get('prefix')}/{noun.get('noun')}"
            post = POSTS.get(name)
            if post is None:
                raise LiveChatRefused(404, f"Unknown noun {name}")
            body = noun.get("object", noun.get("data", {}))
            if not isinstance(body, Mapping):
                raise LiveChatRefused(400, "the object of a noun is an object")
            acts.append((post, body))

        def act(session: VisitorSession) -> None:
            for post, body in acts:
                post(self, session, LiveChatCall("", call.parameters, body, call.request, call.address))

        self._desk.post(self._session(call), _sequence(call), act)
        return _ok()

    def _session(self, call: LiveChatCall) -> VisitorSession:
        """Return the session of a call. A client whose affinity token is an old one has to reconnect."""
        key, affinity = call.header("SESSION-KEY"), call.header("AFFINITY")
        if not affinity:
            self._desk.find(key)
            raise LiveChatRefused(400, NO_AFFINITY)
        return self._desk.admitted(key, affinity)

    # --- Chasitor -------------------------------------------------------------------------------------------------------

    def post(self, call: LiveChatCall, act: "Post") -> Response:
        """Let one post of the visitor happen."""
        session = self._session(call)
        self._desk.post(session, _sequence(call), lambda current: act(self, current, call))
        return _ok()

    def ask(self, session: VisitorSession, call: LiveChatCall) -> None:
        headers = {name: call.request.headers.get(name, "") for name in ("User-Agent", "Referer")}
        cookie = call.request.cookies.get(COOKIE, "")
        self._desk.ask(session, call.body, call.address, headers, cookie)

    def say(self, session: VisitorSession, call: LiveChatCall) -> None:
        text = _text(call.body, "text")
        if len(text) > LONGEST_MESSAGE:
            raise LiveChatRefused(400, f"text has {len(text)} characters; {LONGEST_MESSAGE} are allowed")
        self._desk.happens(events.VisitorWrites(session.id, text))

    def type(self, session: VisitorSession, call: LiveChatCall) -> None:
        self._desk.happens(events.VisitorTypes(session.id, is_typing=True))

    def stop_typing(self, session: VisitorSession, call: LiveChatCall) -> None:
        self._desk.happens(events.VisitorTypes(session.id, is_typing=False))

    def sneak_peek(self, session: VisitorSession, call: LiveChatCall) -> None:
        text = _text(call.body, "text")[:LONGEST_MESSAGE]
        self._desk.happens(events.VisitorTypes(session.id, is_typing=True, text=text))

    def signal(self, session: VisitorSession, call: LiveChatCall) -> None:
        type_, data = (_text(call.body, name) for name in ("type", "data"))
        self._desk.happens(events.VisitorSignals(session.id, type_[:LONGEST_TYPE], data[:LONGEST_MESSAGE]))

    def end_chat(self, session: VisitorSession, call: LiveChatCall) -> None:
        self._desk.happens(events.VisitorEnds(session.id))

    def warn_of_silence(self, session: VisitorSession, call: LiveChatCall) -> None:
        event = _text(call.body, "idleTimeoutWarningEvent")
        if event in WARNINGS:
            self._desk.happens(events.SilenceWarned(session.id, is_shown=event == WARNINGS[0]))

    def apply_rules(self, session: VisitorSession, call: LiveChatCall) -> None:
        self._desk.happens(events.RulesApplied(session.id, EnforcedOn.VISITOR, _rules(call.body)))

    def agent_applies_rules(self, call: LiveChatCall) -> Response:
        """The one call of the agent's side that the guide has; it names the chat and shows no session."""
        self._desk.agent_applied(_text(call.body, "chatId"), _rules(call.body))
        return _ok()

    def resync_state(self, session: VisitorSession, call: LiveChatCall) -> None:
        self._desk.resync(session)

    # --- Visitor --------------------------------------------------------------------------------------------------------

    def availability(self, call: LiveChatCall) -> Response:
        ids = tuple(filter(None, _ids(call.parameters.get("Availability.ids", ""))))
        with_wait = call.parameters.get("Availability.needEstimatedWaitTime") == "1"
        return _wrapped("Availability", {"results": self._desk.availability(ids, with_wait)})

    def settings(self, call: LiveChatCall) -> Response:
        ids = tuple(filter(None, _ids(call.parameters.get("Settings.buttonIds", ""))))
        with_wait = call.parameters.get("Settings.needEstimatedWaitTime") == "1"
        content_url = f"{origin(call.request, self._settings)}/chat"
        if call.parameters.get("Settings.updateBreadcrumb") in UPDATE:
            page = call.request.headers.get("Referer", "")[:LONGEST_TYPE]
            if page:
                self._desk.browse(_visitor_key(call), page)
        message = settings_message(self._desk, ids, with_wait, content_url)
        return _wrapped("Settings", message)

    def visitor_id(self, call: LiveChatCall) -> Response:
        """Tell a visitor's computer the key by which it is known again; also as a cookie (R59)."""
        key = self._desk.visitor_id(call.request.cookies.get(COOKIE))
        response = _wrapped("VisitorId", {"sessionId": key})
        response.set_cookie(COOKIE, key, httponly=True, samesite="Lax", path="/chat")
        return response

    def breadcrumb(self, call: LiveChatCall) -> Response:
        """Note the page that a visitor looks at, where his session is known, or his own key."""
        key, location = call.header("SESSION-KEY"), _text(call.body, "location")[:LONGEST_TYPE]
        if key:
            self._desk.happens(events.VisitorBrowses(self._desk.find(key).id, location))
        else:
            self._desk.browse(_visitor_key(call), location)
        return _ok()

    # --- files ----------------------------------------------------------------------------------------------------------

    def _upload(self, request: Request) -> Response:
        if request.method != "POST":
            raise LiveChatRefused(405, "send the file by POST")
        key, token = request.args.get("chatKey", ""), request.args.get("fileToken", "")
        return _json(self._console.upload(key, token, read_upload(request)))


Post = Callable[[LiveChatWire, VisitorSession, LiveChatCall], None]
POSTS: Final[Mapping[str, Post]] = {
    "Chasitor/ChasitorInit": LiveChatWire.ask,
    "Chasitor/ChasitorTyping": LiveChatWire.type,
    "Chasitor/ChasitorNotTyping": LiveChatWire.stop_typing,
    "Chasitor/ChasitorSneakPeek": LiveChatWire.sneak_peek,
    "Chasitor/ChatMessage": LiveChatWire.say,
    "Chasitor/CustomEvent": LiveChatWire.signal,
    "Chasitor/ChatEnd": LiveChatWire.end_chat,
    "Chasitor/ChasitorIdleTimeoutWarningEvent": LiveChatWire.warn_of_silence,
    "Chasitor/SensitiveDataRuleTriggered": LiveChatWire.apply_rules,
    "Chasitor/ChasitorResyncState": LiveChatWire.resync_state,
}
NOUNS: Final[Mapping[str, Mapping[str, Noun]]] = {
    "System/SessionId": {"GET": LiveChatWire.session_id, "DELETE": LiveChatWire.end_session},
    "System/Messages": {"GET": LiveChatWire.messages},
    "System/ReconnectSession": {"GET": LiveChatWire.reconnect},
    "System/ResyncSession": {"GET": LiveChatWire.resync},
    "System/MultiNoun": {"POST": LiveChatWire.many},
    **{name: {"POST": partial(LiveChatWire.post, act=act)} for name, act in POSTS.items()},
    "Visitor/Settings": {"GET": LiveChatWire.settings},
    "Visitor/Availability": {"GET": LiveChatWire.availability},
    "Visitor/Breadcrumb": {"POST": LiveChatWire.breadcrumb},
    "Visitor/VisitorId": {"GET": LiveChatWire.visitor_id},
    "Agent/SensitiveDataRuleTriggered": {"POST": LiveChatWire.agent_applies_rules},
}
"""Names are case-sensitive, as the guide says."""


def _sequence(call: LiveChatCall) -> int | None:
    text = call.header("SEQUENCE")
    if not text:
        return None
    if not text.isdecimal() or len(text) > LONGEST_NUMBER:
        raise LiveChatRefused(400, "X-LIVEAGENT-SEQUENCE is a number")
    return int(text)


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise LiveChatRefused(400, f"{name} is text" if name in body else f"{name} is missing")
    return value


def _visitor_key(call: LiveChatCall) -> str:
    """Return the key by which a visitor's computer is known: ``sid``, which the guide leaves out and pages send, or the cookie."""
    return call.parameters.get("sid") or call.request.cookies.get(COOKIE, "")


def _rules(body: Mapping[str, Any]) -> frozenset[str]:
    """Return the ids and names of a body's rules, ids in their long form."""
    rules = body.get("rules")
    if not isinstance(rules, list) or len(rules) > MOST_NOUNS or not all(isinstance(one, Mapping) for one in rules):
        raise LiveChatRefused(400, f"rules is a list of up to {MOST_NOUNS} objects")
    names = (one.get("name") for one in rules)
    ids = (prechat.record_id(one, "id") for one in rules)
    return frozenset(text for text in (*names, *ids) if isinstance(text, str) and text)


def _document(request: Request) -> Mapping[str, Any]:
    raw = body_of(request)  # read to its end: a client that is cut off in the middle learns no reason
    if raw is None or len(raw) > MOST_BODY_BYTES:
        raise LiveChatRefused(413, "The body is too large")
    if not raw.strip():
        return {}
    try:
        loaded = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise LiveChatRefused(400, f"The body is no JSON: {error}") from None
    if not isinstance(loaded, dict):
        raise LiveChatRefused(400, "The body is no JSON object")
    return loaded


def _ids(text: str) -> list[str]:
    return text.strip().removeprefix("[").removesuffix("]").split(",")


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), content_type=JSON)


def _wrapped(type_: str, message: Any) -> Response:
    return _json({"messages": [{"type": type_, "message": message}]})


def _ok() -> Response:
    return Response("OK", content_type=TEXT)
