"""The text of a transcript: headings, lines with their offset, notices (R72).

The platform does not document this text. Its form is that of samples in public repositories: centred paragraphs for headings,
``( 1m 5s ) Name: text<br>`` for lines, HTML entities in texts, offsets that start anew with each heading. What no sample shows
(names escaped as texts are, no notice of joins, leaves and ends) is our reading.
"""

import html
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .labels import ENGLISH, Labels, labels_of
from .setup import Desk
from .state import Chat, Happening, Message

LONGEST: Final = 131_072
"""Characters of LiveChatTranscript.Body and SupervisorTranscriptBody; what does not fit is left out (a guess)."""
SHORTEST: Final = 1_000
"""Characters that must be left for the beginning of a line to be kept that does not fit whole."""
END: Final = "<br>"
_CUT: Final = re.compile(r"[&<][^;>]{0,5}\Z")
"""The beginning of an entity or a line break, cut off from its end."""
_BOT_NOTICES: Final = {
    "TransferredToSbrSkill": "successfully transferred the chat to skill",
    "TransferredToQueue": "successfully transferred the chat to queue",
    "TransferredToButton": "successfully transferred the chat to button ButtonId {id}",
    "TransferredToSbrSkillFailed": "failed to transfer the chat to skill",
    "TransferToQueueFailed": "failed to transfer the chat to queue",
    "TransferToButtonFailed": "failed to transfer the chat to button ButtonId {id}",
}
"""What a transcript says of a bot's hand-over. Those to a skill and to a button were seen; those that name a queue, and the failure of
the one to a skill, are made after them."""


def body(chat: Chat, desk: Desk) -> str | None:
    """Return the whole text, or None for a chat that nobody answered."""
    return fitted(_pieces(chat, desk)) or None


def supervisor_body(chat: Chat, desk: Desk) -> str | None:
    """Return the whispers alone, in the form of the text itself: no sample of this field is public (R37)."""
    whispers = [message for message in chat.messages if message.is_whisper]
    if not whispers or chat.started is None:
        return None
    first = next((step.agent_id for step in chat.happenings if step.type == "Accept"), None)
    return fitted((_started(chat.started, first or "", desk), *(_line(message, chat.started) for message in whispers)))


def fitted(pieces: Iterable[str]) -> str:
    """Return as many pieces as the field holds, and the beginning of the first line that is too long; no mark is cut in two."""
    text = ""
    for piece in pieces:
        room = LONGEST - len(text)
        if len(piece) > room:
            if piece.endswith(END) and room > SHORTEST:
                text += _CUT.sub("", piece[: room - len(END)]) + END
            break
        text += piece
    return text


def _pieces(chat: Chat, desk: Desk) -> Iterator[str]:
    started, giver = chat.started or chat.requested, ""
    for step in _in_order(chat):
        if isinstance(step, Message):
            yield _line(step, started)
        elif step.type == "ChatbotEstablished":
            started, giver = step.time, chat.bot or ""
            yield _started(started, "", desk)
        elif step.type in ("Accept", "Transfer") and step.agent_id:
            started, taker, labels = step.time, desk.name_of(step.agent_id), labels_of(desk.language_of(step.agent_id))
            yield _started(started, step.agent_id, desk)
            if button := desk.buttons.get(chat.button_id or ""):
                yield centred(labels.origin.format(button=escaped(button.label)))
            if giver:
                yield centred(labels.transferred.format(giver=escaped(giver), taker=escaped(taker)))
            yield centred(labels.agent.format(name=escaped(taker)))
            giver = taker
        elif step.type == "FileTransferRequested" and step.agent_id:
            yield centred(f"Agent {escaped(desk.name_of(step.agent_id))} requested a file transfer")
        elif step.type == "FileTransferSuccess":
            yield centred("File transfer succeeded.")
        elif step.type in _BOT_NOTICES and step.agent_id is None:
            yield centred(f"Agent Chatbot {_BOT_NOTICES[step.type].format(id=escaped(step.detail or ''))}")


def _started(moment: int, agent_id: str, desk: Desk) -> str:
    """Return the first heading of whoever talks from then on; a bot's is English and in UTC, as in the public sample."""
    labels = labels_of(desk.language_of(agent_id))
    return centred(labels.started.format(date=heading_date(moment, desk.zone_of(agent_id), labels)))


def _in_order(chat: Chat) -> Iterator[Message | Happening]:
    """Yield what was said, whispers apart, and what happened, as it came."""
    place = 0
    for happening in chat.happenings:
        yield from _spoken(chat.messages[place : happening.messages_before])
        place = max(place, happening.messages_before)
        yield happening
    yield from _spoken(chat.messages[place:])


def _spoken(messages: tuple[Message, ...]) -> Iterator[Message]:
    return (message for message in messages if not message.is_whisper)


def _line(message: Message, started: int) -> str:
    text = escaped(message.text).replace("\r\n", "\n").replace("\n", END)
    return f"( {offset(max(0, message.time - started))} ) {escaped(message.name)}: {text}{END}"


def offset(seconds: int) -> str:
    """Return ``4s``, ``1m 10s``, ``1h 0m 3s``."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}h " if hours else "") + (f"{minutes}m " if hours or minutes else "") + f"{rest}s"


def escaped(text: str) -> str:
    """Return a text with the entities that the platform writes: ``&#39;`` for an apostrophe."""
    return html.escape(text).replace("&#x27;", "&#39;")


def centred(text: str) -> str:
    return f'<p align="center">{text}</p>'


def heading_date(moment: int, zone: str, labels: Labels = ENGLISH) -> str:
    """Return a moment as headings print it: ``Friday, February 13, 2026, 09:02:08 (+0100)``."""
    try:
        local = datetime.fromtimestamp(moment, ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        local = datetime.fromtimestamp(moment, UTC)
    weekday, month = labels.weekdays[local.weekday()], labels.months[local.month - 1]
    return f"{weekday}, {month} {local:%d, %Y, %H:%M:%S} ({local:%z})"
