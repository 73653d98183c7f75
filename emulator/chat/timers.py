"""What falls due by itself: push time-outs, silence, lost connections, long waits (R24, R33 to R35)."""

from collections.abc import Callable, Iterator
from functools import partial

from . import answers, endings
from .draft import Draft
from .setup import Desk
from .state import Chat, Request, Stage, State

Due = tuple[int, int, Callable[[Draft], None]]
"""When, the order among what falls due in the same second, and what then happens."""


def next_due(desk: Desk, state: State) -> int | None:
    """Return when something falls due next, in seconds since 1970; None when nothing will."""
    return min((due[0] for due in _due(Draft(desk, state, 0))), default=None)


def run_due(draft: Draft, until: int) -> Iterator[None]:
    """Let everything happen that is due up to a moment, each at its own time; yields after each."""
    while (due := min(_due(draft), key=lambda due: due[:2], default=None)) is not None and due[0] <= until:
        draft.now = max(draft.now, due[0])
        due[2](draft)
        yield


def _due(draft: Draft) -> Iterator[Due]:
    for request in draft.requests.values():
        if request.expires is not None:
            yield request.expires, draft.chats[request.chat_key].number, partial(_expire, request)
    for chat in draft.chats.values():
        if chat.stage is not Stage.ENDED:
            yield from _connection(draft, chat)
        if chat.stage is Stage.ENGAGED:
            yield from _silence(draft, chat)
            yield from _long_wait(draft, chat)


def _expire(request: Request, draft: Draft) -> None:
    answers.expire(draft, request)


def _connection(draft: Draft, chat: Chat) -> Iterator[Due]:
    if chat.is_polling:
        return
    deployment = draft.deployment(chat)
    warning = chat.connected_at + deployment.connection_warning
    timeout = chat.connected_at + deployment.connection_timeout
    if not chat.is_connection_warned and warning < timeout:
        yield warning, chat.number, partial(_warn_of_connection, chat.key)
    yield timeout, chat.number, partial(_lose, chat.key)


def _warn_of_connection(key: str, draft: Draft) -> None:
    draft.note(draft.put(draft.chats[key], is_connection_warned=True), "ConnectionWarning")


def _lose(key: str, draft: Draft) -> None:
    endings.lose(draft, draft.note(draft.chats[key], "ConnectionTimeout"))


def _silence(draft: Draft, chat: Chat) -> Iterator[Due]:
    button = draft.button(chat)
    if chat.idle_since is None or not button.idle_timeout:
        return
    timeout = chat.idle_since + button.idle_timeout
    if button.idle_warning and not chat.is_idle_warned and button.idle_warning < button.idle_timeout:
        yield chat.idle_since + button.idle_warning, chat.number, partial(_warn_of_silence, chat.key)
    yield timeout, chat.number, partial(_end_silence, chat.key)


def _warn_of_silence(key: str, draft: Draft) -> None:
    chat = draft.put(draft.chats[key], is_idle_warned=True)
    draft.note(chat, "ChasitorIdleTimeoutWarningTriggered")


def _end_silence(key: str, draft: Draft) -> None:
    chat = draft.chats[key]
    endings.finish(draft, chat, "ChasitorIdleTimeout", None, endings.SYSTEM, endings.COMPLETED, "clientIdleTimeout")


def _long_wait(draft: Draft, chat: Chat) -> Iterator[Due]:
    """An agent who came to a visitor who was waiting already has all his time."""
    if chat.unanswered_since is None or chat.is_critical:
        return
    for member in chat.talking:
        wait = draft.settings(member.agent_id).critical_wait
        if wait:
            since = max(chat.unanswered_since, member.joined)
            yield since + wait, chat.number, partial(_alert, chat.key, member.agent_id)


def _alert(key: str, agent_id: str, draft: Draft) -> None:
    draft.note(draft.put(draft.chats[key], is_critical=True), "AlertCriticalWaitChat", agent_id)
