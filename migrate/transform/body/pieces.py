"""The pieces that a transcript body is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from ...delta import Delta
from .style import Style


class Kind(StrEnum):
    """What a piece of a body is."""

    STARTED = "ChatStarted"
    ORIGIN = "ChatOrigin"
    AGENT = "Agent"
    TRANSFERRED = "ChatTransferred"
    NOTICE = "Notice"
    LINE = "Line"
    LOOSE = "Loose"  # text that belongs to no line and no paragraph of the known form


HEADERS = frozenset({Kind.STARTED, Kind.ORIGIN, Kind.AGENT, Kind.TRANSFERRED})


class Piece(NamedTuple):
    """One paragraph or line, decoded. A tuple, because a migration makes more of these than of anything else.

    text: the message of a line; the whole text of a paragraph, label included.
    name: the author of a line, the agent or the origin that a heading names; empty otherwise.
    offset: seconds from the start of the segment, for a line of the usual form.
    at, zone: for Chat Started the instant (seconds since 1970, UTC) and the zone's minutes east of it, None where the
        date could not be read; for a line of the bracketed form its own time, and the zone is unused.
    role: the word in brackets behind the author of a line of the bracketed form.
    """

    kind: Kind
    text: str
    name: str = ""
    offset: int | None = None
    at: int | None = None
    zone: int | None = None
    role: str = ""


@dataclass(frozen=True, slots=True)
class PieceResidue:
    """What a piece's rebuild lacks: mark-up and name before the text, the text's own spelling, what follows it."""

    before: Delta | None = None
    content: Delta | None = None
    after: Delta | None = None

    def to_json(self) -> dict[str, list[object]]:
        """Return the deltas by one-letter keys, the absent ones left out."""
        parts = {"b": self.before, "c": self.content, "a": self.after}
        return {key: delta.to_json() for key, delta in parts.items() if delta is not None}

    @classmethod
    def from_json(cls, value: dict[str, list[object]]) -> PieceResidue:
        """Return the residue written by `to_json`."""
        parts = {key: Delta.from_json(flat) for key, flat in value.items()}
        return cls(parts.get("b"), parts.get("c"), parts.get("a"))


@dataclass(frozen=True, slots=True)
class ParsedBody:
    """A body's pieces in file order, the style that they share, and the residue by piece index.

    lead is text before the first piece that says nothing (white space); truncated tells that the end was cut off. is_plain: the
    body has the usual form throughout, so that the rows made of its pieces give it again, whatever the texts are.
    """

    style: Style
    pieces: tuple[Piece, ...]
    residue: dict[int, PieceResidue] = field(default_factory=dict)
    lead: str = ""
    truncated: bool = False
    is_plain: bool = False
