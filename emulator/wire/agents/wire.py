"""The agent API of legacy chat, below ``/_chatlift/chat``: agents, requests, chats, supervisors; docs/chat.md has its calls."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Request, Response

from ...chat.console import LONGEST_MESSAGE, Console
from ...chat.refusals import RuleRefused, Unknown
from ...chat.visitors import VisitorDesk
from ...errors import OrgError
from ...org.org import Org
from .. import guard, steering
from ..exchange import Settings, origin
from ..guard import ControlRefused
from ..openapi import document
from ..uploads import read_upload
from .described import DESCRIBED

PREFIX: Final = "/_chatlift/chat"
TITLE: Final = "ChatLift agent API of legacy chat"
ABOUT: Final = "Agents and supervisors of legacy chat. The real console's protocol is not public; this one is ours."
UPLOADS: Final = "file"
"""The last segment of the call that takes a file instead of JSON."""


class Desk:
    """What the calls are about: the console, the visitors' sessions, and where clients reach this org."""

    def __init__(self, console: Console, visitors: VisitorDesk, upload_url: str) -> None:
        self.console = console
        self.visitors = visitors
        self.upload_url = upload_url


class AgentsWire:
    """Answers everything below ``/_chatlift/chat``."""

    def __init__(self, org: Org, settings: Settings) -> None:
        self._console = Console(org)
        self._visitors = VisitorDesk(org)
        self._settings = settings

    def answer(self, request: Request) -> Response:
        path = request.path.removeprefix(PREFIX).strip("/")
        if path.endswith(f"/{UPLOADS}") and request.method == "POST":
            guard.check(request, self._settings, content_type="multipart/form-data")
            return self._upload(path, request)
        guard.check(request, self._settings)
        desk = Desk(self._console, self._visitors, f"{origin(request, self._settings)}/chat/upload")
        return steering.answer(CALLS, desk, path, request)

    def _upload(self, path: str, request: Request) -> Response:
        chats, _, key = path.removesuffix(f"/{UPLOADS}").partition("/")
        if chats != "chats" or "/" in key:
            raise ControlRefused(404, "NOT_FOUND", f"there is no call {path!r}")
        token = request.args.get("fileToken")
        return steering.reply(self._console.upload(key, token, read_upload(request)))

    def refuse(self, request: Request, error: OrgError) -> Response:
        if isinstance(error, RuleRefused):
            return steering.refuse(error, 409)
        return steering.refuse(error, 404 if isinstance(error, Unknown) or error.code == "NOT_FOUND" else 400)


# --- arguments ----------------------------------------------------------------------------------------------------------


def text(arguments: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """Return an argument that is text. Raises `ControlRefused` when it is missing or something else."""
    value = arguments.get(name, default)
    if not isinstance(value, str):
        raise ControlRefused(400, "INVALID_ARGUMENT", f"{name} is text" if name in arguments else f"{name} is missing")
    if len(value) > LONGEST_MESSAGE:
        raise ControlRefused(
            400, "INVALID_ARGUMENT", f"{name} has {len(value)} characters; {LONGEST_MESSAGE} are allowed"
        )
    return value


def optional(arguments: Mapping[str, Any], name: str) -> str | None:
    return text(arguments, name) if arguments.get(name) is not None else None


def mapping(arguments: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = arguments.get(name)
    if not isinstance(value, Mapping):
        raise ControlRefused(400, "INVALID_ARGUMENT", f"{name} is an object")
    return value


def _attach(desk: Desk, given: Mapping[str, Any]) -> Any:
    create = mapping(given, "create") if given.get("create") is not None else None
    if create is not None and not isinstance(create.get("fields", {}), Mapping):
        raise ControlRefused(400, "INVALID_ARGUMENT", "create has an object and fields")
    return desk.console.attach(given["chatKey"], text(given, "agentId"), optional(given, "recordId"), create)


def _reconnect(desk: Desk, given: Mapping[str, Any]) -> Any:
    """Let the visitor's next calls get 503, as when the platform moves his session: for tests of clients."""
    desk.visitors.reroute(given["chatKey"])
    return {"reconnect": True}


def _bot_ends(desk: Desk, given: Mapping[str, Any]) -> Any:
    by_action = given.get("byAction", False)
    if not isinstance(by_action, bool):
        raise ControlRefused(400, "INVALID_ARGUMENT", "byAction is true or false")
    return desk.console.bot_ends(given["chatKey"], by_action)


def _type(desk: Desk, given: Mapping[str, Any]) -> Any:
    is_typing = given.get("typing", True)
    if not isinstance(is_typing, bool):
        raise ControlRefused(400, "INVALID_ARGUMENT", "typing is true or false")
    return desk.console.type(given["chatKey"], text(given, "agentId"), is_typing, optional(given, "text"))


CALLS: Final[steering.Calls[Desk]] = {
    "openapi": {"GET": lambda _, __: document(TITLE, ABOUT, PREFIX, DESCRIBED)},
    "agents/{userId}": {"GET": lambda desk, given: desk.console.agent(given["userId"])},
    "agents/{userId}/login": {
        "POST": lambda desk, given: desk.console.log_in(given["userId"], optional(given, "status"))
    },
    "agents/{userId}/logout": {"POST": lambda desk, given: desk.console.log_out(given["userId"])},
    "agents/{userId}/disconnect": {"POST": lambda desk, given: desk.console.disconnect(given["userId"])},
    "agents/{userId}/status": {
        "PUT": lambda desk, given: desk.console.set_status(given["userId"], text(given, "status"))
    },
    "agents/{userId}/quick-texts": {
        "GET": lambda desk, given: desk.console.quick_texts(given["userId"], text(given, "q", ""))
    },
    "agents/{userId}/articles": {
        "GET": lambda desk, given: desk.console.articles(given["userId"], text(given, "q", ""))
    },
    "agents/{userId}/records": {
        "GET": lambda desk, given: desk.console.records(given["userId"], text(given, "object"), text(given, "q", ""))
    },
    "requests/{requestId}/accept": {
        "POST": lambda desk, given: desk.console.accept(given["requestId"], text(given, "agentId"))
    },
    "requests/{requestId}/decline": {
        "POST": lambda desk, given: desk.console.decline(given["requestId"], text(given, "agentId"))
    },
    "chats/{chatKey}/messages": {
        "POST": lambda desk, given: desk.console.say(given["chatKey"], text(given, "agentId"), text(given, "text"))
    },
    "chats/{chatKey}/typing": {"POST": _type},
    "chats/{chatKey}/custom-event": {
        "POST": lambda desk, given: desk.console.signal(
            given["chatKey"], text(given, "agentId"), text(given, "type"), text(given, "data", "")
        )
    },
    "chats/{chatKey}/reconnect": {"POST": _reconnect},
    "chats/{chatKey}/quick-text": {
        "POST": lambda desk, given: desk.console.insert_quick_text(
            given["chatKey"], text(given, "agentId"), text(given, "quickTextId")
        )
    },
    "chats/{chatKey}/articles": {
        "POST": lambda desk, given: desk.console.send_article(
            given["chatKey"], text(given, "agentId"), text(given, "articleId")
        )
    },
    "chats/{chatKey}/transfer": {
        "POST": lambda desk, given: desk.console.transfer(
            given["chatKey"], text(given, "agentId"), mapping(given, "to"), text(given, "message", "")
        ),
        "DELETE": lambda desk, given: desk.console.cancel_transfer(given["chatKey"], text(given, "agentId")),
    },
    "chats/{chatKey}/conference": {
        "POST": lambda desk, given: desk.console.invite(
            given["chatKey"], text(given, "agentId"), mapping(given, "to"), text(given, "message", "")
        ),
        "DELETE": lambda desk, given: desk.console.cancel_invitation(given["chatKey"], text(given, "agentId")),
    },
    "chats/{chatKey}/leave": {"POST": lambda desk, given: desk.console.leave(given["chatKey"], text(given, "agentId"))},
    "chats/{chatKey}/flag": {
        "POST": lambda desk, given: desk.console.raise_flag(
            given["chatKey"], text(given, "agentId"), text(given, "message", "")
        ),
        "DELETE": lambda desk, given: desk.console.lower_flag(given["chatKey"], text(given, "by")),
    },
    "chats/{chatKey}/whisper": {
        "POST": lambda desk, given: desk.console.whisper(
            given["chatKey"], text(given, "supervisorId"), text(given, "text")
        )
    },
    "chats/{chatKey}/attach": {
        "POST": _attach,
        "DELETE": lambda desk, given: desk.console.detach(
            given["chatKey"], text(given, "agentId"), text(given, "recordId")
        ),
    },
    "chats/{chatKey}/file-request": {
        "POST": lambda desk, given: desk.console.request_file(
            given["chatKey"], text(given, "agentId"), text(given, "recordId"), desk.upload_url
        ),
        "DELETE": lambda desk, given: desk.console.cancel_file(given["chatKey"], optional(given, "agentId")),
    },
    "chats/{chatKey}/block": {
        "POST": lambda desk, given: desk.console.block(
            given["chatKey"], text(given, "agentId"), text(given, "comment", "")
        )
    },
    "chats/{chatKey}/end": {"POST": lambda desk, given: desk.console.end(given["chatKey"], text(given, "agentId"))},
    "chats/{chatKey}/close": {"POST": lambda desk, given: desk.console.close(given["chatKey"], text(given, "agentId"))},
    "bots/{buttonId}": {
        "PUT": lambda desk, given: desk.console.bot_opens(given["buttonId"], text(given, "name")),
        "DELETE": lambda desk, given: desk.console.bot_closes(given["buttonId"]),
    },
    "chats/{chatKey}/bot/messages": {
        "POST": lambda desk, given: desk.console.bot_says(given["chatKey"], text(given, "text"))
    },
    "chats/{chatKey}/bot/transfer": {
        "POST": lambda desk, given: desk.console.bot_transfers(given["chatKey"], optional(given, "buttonId"))
    },
    "chats/{chatKey}/bot/end": {"POST": _bot_ends},
    "supervisor": {"GET": lambda desk, given: desk.console.supervisor(optional(given, "supervisorId"))},
}
