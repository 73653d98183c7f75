"""The records that a chat leaves: the values of its LiveChatTranscript and of the events (R60, R66 to R71)."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from ..running.moments import moment
from .body import body, supervisor_body
from .browsers import browser_and_platform
from .setup import Desk
from .state import Chat, Message, Role, Stage, Visitor

WAITING, IN_PROGRESS, MISSED = "Waiting", "InProgress", "Missed"
LONGEST_DETAIL: Final = 255


def transcript_values(chat: Chat, desk: Desk) -> dict[str, Any]:
    """Return the fields of a chat's transcript by name, but the visitor's and the owner's ids and what the pre-chat form adds.

    Counts are of what people sent: greetings, notices, whispers and bots are not counted (R68, our reading).
    """
    button = desk.buttons.get(chat.button_id or "")
    messages = tuple(
        message
        for message in chat.messages
        if not message.is_automatic and not message.is_whisper and message.role is not Role.BOT
    )
    return {
        "ChatKey": chat.key,
        "LiveChatDeploymentId": chat.deployment_id,
        "LiveChatButtonId": chat.button_id,
        "SkillId": button.skills[0] if button and button.skills else None,
        "RequestTime": moment(chat.requested),
        "StartTime": moment(chat.started),
        "EndTime": moment(chat.ended),
        "Status": chat.status or (WAITING if chat.stage is Stage.WAITING else IN_PROGRESS),
        "EndedBy": chat.ended_by,
        **_durations(chat),
        **_counts(messages),
        **_origin(chat.visitor),
        "IsChatbotSession": chat.bot is not None,
        "Body": body(chat, desk),
        "SupervisorTranscriptBody": supervisor_body(chat, desk),
    }


def _durations(chat: Chat) -> dict[str, int | None]:
    """Return the seconds of R67: only an answered chat has a wait and a duration, only a missed one was abandoned."""
    was_missed = chat.status == MISSED and chat.ended is not None
    return {
        "WaitTime": _seconds(chat.requested, chat.started),
        "ChatDuration": _seconds(chat.started, chat.ended),
        "Abandoned": _seconds(chat.requested, chat.ended) if was_missed else None,
    }


def _seconds(start: int | None, end: int | None) -> int | None:
    """Return the seconds between two times, never less than none: the clock may have been set back."""
    return None if start is None or end is None else max(0, end - start)


def _counts(messages: tuple[Message, ...]) -> dict[str, int | None]:
    agent = response_times(messages, Role.AGENT)
    visitor = response_times(messages, Role.VISITOR)
    return {
        "OperatorMessageCount": sum(message.role is Role.AGENT for message in messages),
        "VisitorMessageCount": sum(message.role is Role.VISITOR for message in messages),
        "AverageResponseTimeOperator": sum(agent) // len(agent) if agent else None,
        "MaxResponseTimeOperator": max(agent, default=None),
        "AverageResponseTimeVisitor": sum(visitor) // len(visitor) if visitor else None,
        "MaxResponseTimeVisitor": max(visitor, default=None),
    }


def response_times(messages: Iterable[Message], of: Role) -> tuple[int, ...]:
    """Return the seconds from each first unanswered message of the other side to the next one of a side (R69)."""
    waits: list[int] = []
    since: int | None = None
    for message in messages:
        if message.role is of:
            if since is not None:
                waits.append(max(0, message.time - since))
            since = None
        elif since is None:
            since = message.time
    return tuple(waits)


def _origin(visitor: Visitor) -> dict[str, str | None]:
    browser, platform = browser_and_platform(visitor.user_agent)
    return {
        "IpAddress": visitor.ip_address,
        "UserAgent": visitor.user_agent,
        "Browser": browser,
        "Platform": platform,
        "BrowserLanguage": visitor.language,
        "ScreenResolution": visitor.screen_resolution,
        "ReferrerUri": visitor.referrer,
    }


def event_values(chat: Chat) -> Iterator[dict[str, Any]]:
    """Yield the fields of the chat's events in the order in which they happened, but the transcript's id (R60)."""
    for step in chat.happenings:
        detail = step.detail[:LONGEST_DETAIL] if step.detail else None
        yield {"Type": step.type, "Time": moment(step.time), "AgentId": step.agent_id, "Detail": detail}


def owner_of(chat: Chat) -> str | None:
    """Return the agent to whom the transcript belongs: the one who had the chat last (R48, R71); None when nobody had."""
    if chat.keeper_id is not None:
        return chat.keeper_id
    if chat.talking:
        return chat.talking[0].agent_id
    return chat.members[-1].agent_id if chat.members else None
