"""What is counted of a chat: the month, status and button it stands under, and its messages against what its fields say.

The run counts so while it writes, and the verification again from the files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ..schemas.ids import InvalidId, normalize
from .cells import read_moment
from .transform.names import BODY_STYLE, BODY_TRUNCATED, ROLE_BASIS, TRANSCRIPT_ID
from .transform.roles import UNPARSED

UNREADABLE = "unreadable"
_LONGEST = 80  # characters of a status that are shown
_RAGGED = (UNREADABLE, UNREADABLE, UNREADABLE)

TOLD = ("OperatorMessageCount", "VisitorMessageCount")
"""The fields of LiveChatTranscript that count messages."""


class Traits:
    """Reads month, status and button from the cells of transcripts: a table's columns, compiled.

    The month is that of the time by which the session starts (`start_times` of the plan), in UTC.
    """

    def __init__(self, columns: Sequence[str], start_times: Sequence[str]) -> None:
        places = {name: place for place, name in enumerate(columns)}
        self._width = len(columns)
        self._times = [places[name] for name in start_times if name in places]
        self._status = places.get("Status", -1)
        self._button = places.get("LiveChatButtonId", -1)

    def of(self, cells: Sequence[str]) -> tuple[str, str, str]:
        """Return month, status and button; empty for what a row does not have."""
        if len(cells) != self._width:
            return _RAGGED
        time = ""
        for place in self._times:
            time = cells[place]
            if time:
                break
        status = cells[self._status] if self._status >= 0 else ""
        button = cells[self._button] if self._button >= 0 else ""
        return month(time), shown_status(status), _button(button) if button else ""


def traits_of_row(row: Mapping[str, Any], start_times: Sequence[str]) -> tuple[str, str, str]:
    """Return month, status and button of a row of skipped.jsonl or rejected.jsonl."""
    cells = row.get("row")
    if not isinstance(cells, Mapping):
        return _RAGGED
    return Traits(tuple(cells), start_times).of([str(cell) for cell in cells.values()])


def shown_status(status: str) -> str:
    """Return a status as chats are counted by it: of odd ones the first characters."""
    return status[:_LONGEST]


@lru_cache(maxsize=4096)
def month(time: str) -> str:
    """Return the month of a time, `2026-03`, in UTC; empty for none, `unreadable` for text that is no time."""
    if not time:
        return ""
    try:
        return read_moment(time)[:7]
    except ValueError:
        return UNREADABLE


@lru_cache(maxsize=4096)
def _button(cell: str) -> str:
    if len(cell) == 18 and cell.isascii() and cell.isalnum():
        return cell
    try:
        return normalize(cell)
    except InvalidId:
        return UNREADABLE


# --- messages ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines that a chat's body has, by who wrote them, and what its fields count; None where a field is empty.

    agents: how many agents wrote.
    """

    agent: int
    visitor: int
    bot: int
    agents: int
    told_agent: int | None
    told_visitor: int | None
    is_empty: bool
    is_truncated: bool
    is_loose: bool

    @classmethod
    def of(cls, session: Mapping[str, Any], entries: Sequence[Mapping[str, Any]], told: Sequence[Any]) -> Lines:
        """Return the lines of a session. told: what OperatorMessageCount and VisitorMessageCount say."""
        voices = Counter((entry["ActorType"], entry["ActorName"], entry[ROLE_BASIS]) for entry in entries)
        return cls.counted(session, voices, told)

    @classmethod
    def counted(
        cls, session: Mapping[str, Any], voices: Mapping[tuple[str, str | None, str], int], told: Sequence[Any]
    ) -> Lines:
        """Return the same from the number of entries of each ActorType, ActorName and ground of the role."""
        roles: Counter[str] = Counter()
        for (role, name, _), count in voices.items():
            if name is not None:
                roles[role] += count
        visitor, bot = roles["EndUser"], roles["Bot"]
        told_agent, told_visitor = (value if type(value) is int else None for value in told)
        agent = roles.total() - visitor - bot
        is_odd = told_agent is None or told_visitor is None or (agent, visitor) != (told_agent, told_visitor)
        return cls(
            agent,
            visitor,
            bot,
            _agents(voices) if is_odd else 0,
            told_agent,
            told_visitor,
            not session.get(BODY_STYLE),
            bool(session.get(BODY_TRUNCATED)),
            is_odd and any(ground == UNPARSED for _, _, ground in voices),
        )

    @property
    def is_compared(self) -> bool:
        """Tell whether the fields count messages at all."""
        return self.told_agent is not None and self.told_visitor is not None

    @property
    def difference(self) -> int:
        """Return how many more lines the body has than the fields count, fewer when negative."""
        return self.agent + self.visitor - (self.told_agent or 0) - (self.told_visitor or 0)

    def cause(self) -> str:
        """Return why lines and counts may differ, empty when they fit. A guess by what the chat shows."""
        more = self.difference
        if not self.is_compared or (more == 0 and self.agent == self.told_agent):
            return ""
        if more == 0:
            return "sum fits, sides differ: the role of an author may be wrong"
        if more < 0 and more + self.bot == 0:
            return "counts include the bot's lines"
        if more < 0:
            if self.is_empty:
                return "no body: its messages were not in the source"
            if self.is_truncated:
                return "body cut off at the field's length"
            if self.is_loose:
                return "body has text outside the known forms"
            return "body has fewer lines than were counted: edited, redacted, or messages that leave no line"
        if more == 1 and self.visitor == self.told_visitor:
            return "one line of the agent more than counted: it may be an automatic greeting"
        if self.agents > 1:
            return "several agents wrote: counts may be of one of them"
        if self.is_loose:
            return "body has text outside the known forms"
        return "body has more lines than were counted"


def _agents(voices: Iterable[tuple[str, str | None, str]]) -> int:
    return len({name for role, name, _ in voices if name is not None and role not in ("EndUser", "Bot")})


def deviation(session: Mapping[str, Any], file: str, row: int, lines: Lines, cause: str) -> list[Any]:
    """Return the line of a chat in the list of deviations; the columns stand in `lists.COLUMNS`."""
    counts = [lines.agent, lines.visitor, lines.bot, lines.told_agent, lines.told_visitor, lines.difference]
    return [session[TRANSCRIPT_ID], session["Id"], file, row, *counts, cause]


@dataclass(slots=True)
class Tally:
    """Messages found in the bodies of migrated chats against what their fields count, in sum over the chats compared.

    Not compared are chats with an empty count. causes: chats that differ, by likely cause.
    """

    chats: int = 0
    compared: int = 0
    agent: int = 0
    visitor: int = 0
    bot: int = 0
    told_agent: int = 0
    told_visitor: int = 0
    causes: Counter[str] = field(default_factory=Counter)

    def enter(self, lines: Lines) -> str:
        """Count a chat; return the likely cause when its lines and counts differ, else an empty text."""
        self.chats += 1
        if not lines.is_compared:
            return ""
        self.compared += 1
        self.agent += lines.agent
        self.visitor += lines.visitor
        self.bot += lines.bot
        self.told_agent += lines.told_agent or 0
        self.told_visitor += lines.told_visitor or 0
        cause = lines.cause()
        if cause:
            self.causes[cause] += 1
        return cause

    def add(self, other: Tally) -> None:
        """Take the counts of a part."""
        for name in ("chats", "compared", "agent", "visitor", "bot", "told_agent", "told_visitor"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.causes += other.causes

    def to_json(self) -> dict[str, Any]:
        """Return the counts."""
        return {
            "chats": self.chats,
            "compared": self.compared,
            "agentLines": self.agent,
            "visitorLines": self.visitor,
            "botLines": self.bot,
            "operatorMessageCount": self.told_agent,
            "visitorMessageCount": self.told_visitor,
            "differ": sum(self.causes.values()),
            "causes": dict(sorted(self.causes.items())),
        }
