"""What falls due by itself: offers nobody answers, silence, sessions left inactive."""

from collections.abc import Callable, Iterator
from functools import partial

from . import answers, conversation, endings
from .draft import Draft
from .setup import EMBEDDED, OUTBOUND_ENDS_SECONDS, Channel
from .state import Ender, Session, Status, Work

Due = tuple[int, int, Callable[[Draft], None]]
"""When, the order among what falls due in the same moment, and what then happens."""
TAKES_INACTIVITY = frozenset({EMBEDDED, "Custom"})
"""The types of channel with an inactivity time-out: embedded ones and those that are brought along (messaging_auto_end)."""


def next_due(draft: Draft) -> int | None:
    """Return when something falls due next, in milliseconds since 1970; None when nothing will."""
    return min((due[0] for due in _due(draft)), default=None)


def run_due(draft: Draft, until: int) -> Iterator[None]:
    """Let everything happen that is due up to a moment, each at its own time; yields after each."""
    while (due := min(_due(draft), key=lambda due: due[:2], default=None)) is not None and due[0] <= until:
        draft.now = max(draft.now, due[0])
        due[2](draft)
        yield


def _due(draft: Draft) -> Iterator[Due]:
    for work in draft.work.values():
        if work.expires is not None:
            yield work.expires, work.number, partial(_expire, work)
    for session in draft.sessions.values():
        if session.is_running:
            channel = draft.channel_of(session)
            moment = _ends(session, channel)
            if moment is not None:
                yield moment, session.number, partial(_end, session.id)
            if _may_become_inactive(session, channel):
                since, seconds = session.idle_since or 0, channel.inactivity_seconds or 0
                yield since + seconds * 1000, session.number, partial(_become_inactive, session.id)


def _ends(session: Session, channel: Channel) -> int | None:
    """Return when the system ends a session that nobody attends to."""
    if session.status is Status.INACTIVE and session.inactive_since is not None:
        return session.inactive_since + channel.inactive_ends_seconds * 1000
    if session.status is Status.NEW:
        return session.started + OUTBOUND_ENDS_SECONDS * 1000
    if session.bot is not None and session.bot_idle_since is not None:
        return session.bot_idle_since + channel.bot_ends_seconds * 1000
    return None


def _may_become_inactive(session: Session, channel: Channel) -> bool:
    """Tell whether silence makes a session inactive: of sessions with human reps alone (messaging_auto_end)."""
    return (
        session.status is Status.ACTIVE
        and session.bot is None
        and session.idle_since is not None
        and bool(channel.inactivity_seconds)
        and channel.type in TAKES_INACTIVITY
    )


def _expire(work: Work, draft: Draft) -> None:
    answers.expire(draft, work)


def _end(session_id: str, draft: Draft) -> None:
    endings.finish(draft, draft.sessions[session_id], Ender.SYSTEM)


def _become_inactive(session_id: str, draft: Draft) -> None:
    conversation.become_inactive(draft, draft.sessions[session_id])
