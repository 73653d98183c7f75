"""Whole conversations, put together from the files of the folder form: a session with all that belongs to it.

The files name sessions in one order, so they are read side by side and nothing is held but one conversation. Where conversations
go on from session to session (`session_based = false` in the plan) an entry names its transcript, and conversations and
participants are no single session's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path
from typing import Any

from ..errors import TerminalError
from ..folder import read_manifest, read_rows
from ..layout import OFF_PLATFORM, RESIDUE
from ..transform.inverse import transcript_values
from ..transform.names import SOURCE_ROW, TRANSCRIPT_ID

Row = Mapping[str, Any]

_PARTS = {
    "MessagingSessionMetrics": "MessagingSessionId",
    "ConversationParticipant": "ConversationId",
    "ConversationEntry": "ConversationId",
    OFF_PLATFORM: "MessagingSessionId",
}
"""Files whose rows belong to a session, and the field that names it or its conversation."""
ALL = ("Conversation", *_PARTS)
"""Files that a conversation is put together from."""
_SHARED = frozenset({"Conversation", "ConversationParticipant"})
"""Files whose rows belong to several sessions where conversations go on."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """One session and what belongs to it, as rows of the folder form."""

    session: dict[str, Any]
    conversation: dict[str, Any]
    metrics: list[dict[str, Any]]
    participants: list[dict[str, Any]]
    entries: list[dict[str, Any]]
    off_platform: list[dict[str, Any]]

    def __getitem__(self, name: str) -> Any:
        """Return a field of the session: a bundle is a row of its lane."""
        return self.session[name]


def is_session_based(folder: Path) -> bool:
    """Tell whether each session of a folder has a conversation of its own."""
    return bool(read_manifest(folder)["plan"].get("session_based", True))


def bundles(folder: Path, kinds: Collection[str] = ALL) -> Iterator[Bundle]:
    """Yield the conversations of a folder in the order of their sessions. kinds: the files that are read besides; rows of others are missing.

    Raises TerminalError at the end when rows do not stand in the order of the sessions: then some of them were in no bundle.
    """
    alone = is_session_based(folder)
    parts = {
        kind: _Part(folder, kind, field)
        for kind, field in {**_PARTS, "Conversation": "Id"}.items()
        if kind in kinds and (alone or kind not in _SHARED)
    }
    for session in read_rows(folder, "MessagingSession"):
        taken = {kind: part.take(session) for kind, part in parts.items()}
        conversation = taken.get("Conversation") or [{}]
        yield Bundle(
            session,
            conversation[0],
            taken.get("MessagingSessionMetrics", []),
            taken.get("ConversationParticipant", []),
            taken.get("ConversationEntry", []),
            taken.get(OFF_PLATFORM, []),
        )
    for part in parts.values():
        part.finish()


class _Part:
    """Rows of a file by the session or conversation that they name, and by the transcript where they name one."""

    def __init__(self, folder: Path, kind: str, field: str) -> None:
        self._kind = kind
        self._by_session = field == "MessagingSessionId"
        self._groups = groupby(read_rows(folder, kind), key=lambda row: (row[field], row.get(TRANSCRIPT_ID)))
        self._next: tuple[tuple[str, str | None], list[dict[str, Any]]] | None = None
        self._advance()

    def _advance(self) -> None:
        following = next(self._groups, None)
        self._next = None if following is None else (following[0], list(following[1]))

    def take(self, session: Row) -> list[dict[str, Any]]:
        """Return the rows of a session; none when the next ones are another's."""
        if self._next is None:
            return []
        (id_, transcript), rows = self._next
        if id_ != session["Id" if self._by_session else "ConversationId"] or transcript not in (
            None,
            session[TRANSCRIPT_ID],
        ):
            return []
        self._advance()
        return rows

    def finish(self) -> None:
        """See to it that all rows were taken."""
        if self._next is not None:
            raise TerminalError(
                f"{self._kind} of {self._next[0][0]} does not stand in the order of the sessions:",
                "run the migration again",
            )


class Bodies:
    """The text of whole conversations, as legacy chat wrote it; sessions must be asked for in their order."""

    def __init__(self, folder: Path) -> None:
        residues = (
            row for row in read_rows(folder, RESIDUE) if row["object"] == "LiveChatTranscript" and row.get("bodies")
        )
        self._residues = chain(residues, [None])
        self._next = next(self._residues)

    def of(self, bundle: Bundle, end_user: Row) -> str:
        """Return the Body that a conversation stands for."""
        number = bundle.session.get(SOURCE_ROW) or 0
        while self._next is not None and self._next["row"] < number:
            self._next = next(self._residues)
        residue = self._next["bodies"] if self._next is not None and self._next["row"] == number else {}
        values = transcript_values(
            bundle.session, dict(end_user), bundle.metrics, bundle.entries, bundle.off_platform, residue
        )
        return str(values.get("Body") or "")
