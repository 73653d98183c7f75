"""The rep API of enhanced chat, below ``/_chatlift/messaging``: reps, work, sessions, supervisors, set-up; docs/messaging.md has its calls."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Request, Response

from ...errors import OrgError
from ...messaging.administration import Administration
from ...messaging.contents import LONGEST_MESSAGE
from ...messaging.refusals import RuleRefused, Unknown
from ...messaging.reps import RepConsole
from ...org.org import Org
from .. import guard, steering
from ..exchange import Settings, origin
from ..guard import ControlRefused
from ..openapi import document
from .described import DESCRIBED

PREFIX: Final = "/_chatlift/messaging"
TITLE: Final = "ChatLift rep API of enhanced chat"
ABOUT: Final = "Reps, bots, supervisors and the set-up of enhanced chat. The real console's protocol is not public; this one is ours."
Given = Mapping[str, Any]


class Desk:
    """What the calls are about: the reps' console, the set-up, and where clients reach this org."""

    def __init__(self, console: RepConsole, administration: Administration, origin: str) -> None:
        self.console = console
        self.administration = administration
        self.origin = origin


class RepsWire:
    """Answers everything below ``/_chatlift/messaging``."""

    def __init__(self, org: Org, settings: Settings) -> None:
        self._console = RepConsole(org)
        self._administration = Administration(org)
        self._settings = settings

    def answer(self, request: Request) -> Response:
        guard.check(request, self._settings)
        desk = Desk(self._console, self._administration, origin(request, self._settings))
        return steering.answer(CALLS, desk, request.path.removeprefix(PREFIX).strip("/"), request)

    def refuse(self, request: Request, error: OrgError) -> Response:
        if isinstance(error, RuleRefused):
            return steering.refuse(error, 409)
        return steering.refuse(error, 404 if isinstance(error, Unknown) or error.code == "NOT_FOUND" else 400)


# --- arguments ----------------------------------------------------------------------------------------------------------


def text(arguments: Given, name: str, default: str | None = None) -> str:
    """Return an argument that is text. Raises `ControlRefused` when it is missing or something else."""
    value = arguments.get(name, default)
    if not isinstance(value, str):
        raise ControlRefused(400, "INVALID_ARGUMENT", f"{name} is text" if name in arguments else f"{name} is missing")
    if len(value) > LONGEST_MESSAGE:
        raise ControlRefused(
            400, "INVALID_ARGUMENT", f"{name} has {len(value)} characters; {LONGEST_MESSAGE} are allowed"
        )
    return value


def optional(arguments: Given, name: str) -> str | None:
    return text(arguments, name) if arguments.get(name) is not None else None


def mapping(arguments: Given, name: str) -> Given:
    value = arguments.get(name)
    if not isinstance(value, Mapping):
        raise ControlRefused(400, "INVALID_ARGUMENT", f"{name} is an object")
    return value


def content(arguments: Given) -> Given | None:
    """Return the content of a message that is more than a text."""
    return mapping(arguments, "message") if arguments.get("message") is not None else None


def as_bot(arguments: Given) -> bool:
    """Tell whether a call is the bot's: ``as`` in the place of ``repId``. Raises `ControlRefused`."""
    name = optional(arguments, "as")
    if name not in (None, "Bot"):
        raise ControlRefused(400, "INVALID_ARGUMENT", f"as is Bot here, not {name!r}")
    if name is not None and arguments.get("repId") is not None:
        raise ControlRefused(400, "INVALID_ARGUMENT", "give either repId or as")
    return name is not None


def _say(desk: Desk, given: Given) -> Any:
    id_, words, whole = given["messagingSessionId"], optional(given, "text"), content(given)
    if as_bot(given):
        return desk.console.bot_says(id_, words, whole, desk.origin)
    return desk.console.say(id_, text(given, "repId"), words, whole, desk.origin)


def _type(desk: Desk, given: Given) -> Any:
    is_typing = given.get("typing", True)
    if not isinstance(is_typing, bool):
        raise ControlRefused(400, "INVALID_ARGUMENT", "typing is true or false")
    return desk.console.type(given["messagingSessionId"], text(given, "repId"), is_typing)


def _transfer(desk: Desk, given: Given) -> Any:
    rep_id = None if as_bot(given) else text(given, "repId")
    return desk.console.transfer(given["messagingSessionId"], rep_id, mapping(given, "to"))


def _by_rep(act: Callable[[RepConsole, str, str], Any]) -> steering.Call[Desk]:
    """Return the call of something that a rep does to a session, with nothing else to say."""
    return lambda desk, given: act(desk.console, given["messagingSessionId"], text(given, "repId"))


def _without(given: Given, name: str) -> Given:
    """Return what the body says: the word of the path is none of it."""
    return {key: value for key, value in given.items() if key != name}


CALLS: Final[steering.Calls[Desk]] = {
    "openapi": {"GET": lambda _, __: document(TITLE, ABOUT, PREFIX, DESCRIBED)},
    "reps/{userId}": {"GET": lambda desk, given: desk.console.rep(given["userId"])},
    "reps/{userId}/login": {
        "POST": lambda desk, given: desk.console.log_in(given["userId"], optional(given, "status"))
    },
    "reps/{userId}/logout": {"POST": lambda desk, given: desk.console.log_out(given["userId"])},
    "reps/{userId}/status": {
        "PUT": lambda desk, given: desk.console.set_status(given["userId"], text(given, "status"))
    },
    "reps/{userId}/capacity": {
        "GET": lambda desk, given: desk.administration.capacity(given["userId"]),
        "PUT": lambda desk, given: desk.administration.set_capacity(given["userId"], given.get("capacity")),
    },
    "reps/{userId}/sessions": {
        "POST": lambda desk, given: desk.console.start(
            given["userId"],
            optional(given, "conversationId"),
            optional(given, "messagingEndUserId"),
            optional(given, "text"),
            content(given),
            desk.origin,
        )
    },
    "work/{agentWorkId}/accept": {
        "POST": lambda desk, given: desk.console.accept(given["agentWorkId"], text(given, "repId"))
    },
    "work/{agentWorkId}/decline": {
        "POST": lambda desk, given: desk.console.decline(
            given["agentWorkId"], text(given, "repId"), text(given, "reason", "")
        )
    },
    "sessions/{messagingSessionId}/messages": {"POST": _say},
    "sessions/{messagingSessionId}/typing": {"POST": _type},
    "sessions/{messagingSessionId}/acknowledge": {
        "POST": lambda desk, given: desk.console.acknowledge(
            given["messagingSessionId"], text(given, "repId"), text(given, "messageId"), text(given, "kind", "Read")
        )
    },
    "sessions/{messagingSessionId}/inactive": {"POST": _by_rep(RepConsole.mark_inactive)},
    "sessions/{messagingSessionId}/pause": {"POST": _by_rep(RepConsole.pause)},
    "sessions/{messagingSessionId}/resume": {"POST": _by_rep(RepConsole.resume)},
    "sessions/{messagingSessionId}/transfer": {"POST": _transfer},
    "sessions/{messagingSessionId}/conference": {
        "POST": lambda desk, given: desk.console.invite(
            given["messagingSessionId"], text(given, "repId"), mapping(given, "to")
        )
    },
    "sessions/{messagingSessionId}/leave": {"POST": _by_rep(RepConsole.leave)},
    "sessions/{messagingSessionId}/end": {
        "POST": lambda desk, given: desk.console.end(
            given["messagingSessionId"], optional(given, "repId"), optional(given, "as")
        )
    },
    "sessions/{messagingSessionId}/close": {"POST": _by_rep(RepConsole.close)},
    "sessions/{messagingSessionId}/fail": {
        "POST": lambda desk, given: desk.console.fail(given["messagingSessionId"], text(given, "message", ""))
    },
    "sessions/{messagingSessionId}/flag": {
        "POST": lambda desk, given: desk.console.raise_flag(
            given["messagingSessionId"], text(given, "repId"), text(given, "message", "")
        ),
        "DELETE": lambda desk, given: desk.console.lower_flag(given["messagingSessionId"], text(given, "by")),
    },
    "sessions/{messagingSessionId}/whisper": {
        "POST": lambda desk, given: desk.console.whisper(
            given["messagingSessionId"], text(given, "supervisorId"), text(given, "text")
        )
    },
    "supervisor": {"GET": lambda desk, given: desk.console.supervisor()},
    "channels/{developerName}": {
        "GET": lambda desk, given: desk.administration.channel(given["developerName"]),
        "PUT": lambda desk, given: desk.administration.change_channel(
            given["developerName"], _without(given, "developerName")
        ),
    },
    "deployments/{name}": {
        "GET": lambda desk, given: desk.administration.deployment(given["name"]),
        "PUT": lambda desk, given: desk.administration.change_deployment(given["name"], _without(given, "name")),
    },
    "deployments/{name}/publish": {"POST": lambda desk, given: desk.administration.publish(given["name"])},
}
