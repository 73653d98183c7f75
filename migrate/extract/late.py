"""Chats that arrive in an org while it is read: rows of theirs that come with the children are not taken.

Transcripts are read first, their events and pre-chat details after them, so that each chat that was read has all of its own. A chat
that came in between is not there; its rows are left to the next run, and counted. That it came in between is asked of the org: a row
whose transcript the org does not have, or had all along, is taken, and the migration says what is wrong with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ..port import Org
from ..routing import RouterDraft, number_of
from .named import is_id

TRANSCRIPT = "LiveChatTranscript"
PARENT: Mapping[str, str] = {"LiveChatTranscriptEvent": "LiveChatTranscriptId", "ConversationContextEntry": "ParentId"}
"""Objects that belong to a transcript, with the field that names it."""

_IDS = 100
_HELD = 2000
_OVERLAP = timedelta(minutes=10)
"""A transaction may be seen after a later one: a transcript that is older than the newest that was read by more was there all along."""


class Arrivals:
    """The transcripts that were read, and how many rows of later ones were left out, by object."""

    def __init__(self) -> None:
        self.left_out: Counter[str] = Counter()
        self._draft = RouterDraft()
        self._router = self._draft.router()
        self._newest = ""

    def note(self, id_: str, created: object) -> None:
        """Note a transcript that was read."""
        self._draft.add((number_of(id_),))
        if isinstance(created, str):
            self._newest = max(self._newest, created[:19])

    def all_noted(self) -> None:
        """Say that all transcripts were noted."""
        self._draft.add(self._router.numbers)
        self._router = self._draft.router()

    def is_known(self, id_: object) -> bool:
        """Tell whether a transcript was read; what is no id is taken for one that was."""
        return not is_id(id_) or bool(self._router.parts(str(id_)))

    def on_time(self, org: Org, name: str, rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the rows of an object, but for those of transcripts that arrived meanwhile."""
        field = PARENT[name]
        held: dict[str, list[dict[str, Any]]] = {}
        count = 0
        for row in rows:
            if self.is_known(row.get(field)):
                yield row
                continue
            held.setdefault(str(row[field]), []).append(row)
            count += 1
            if len(held) >= _IDS or count >= _HELD:
                yield from self._decided(org, name, held)
                held, count = {}, 0
        yield from self._decided(org, name, held)

    def _decided(self, org: Org, name: str, held: Mapping[str, list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
        late = self.late(org, list(held))
        for parent, rows in held.items():
            if parent in late:
                self.left_out[name] += len(rows)
            else:
                yield from rows

    def late(self, org: Org, ids: list[str]) -> set[str]:
        """Return those transcripts that the org has and did not have when they were read."""
        if not ids:
            return set()
        named = ", ".join(f"'{id_}'" for id_ in ids)
        asked = f"SELECT Id, CreatedDate FROM {TRANSCRIPT} WHERE Id IN ({named})"
        since = _before(self._newest)
        return {
            str(row["Id"]) for row in org.query(asked, with_deleted=True) if str(row.get("CreatedDate") or "~") >= since
        }


def _before(moment: str) -> str:
    if not moment:
        return ""
    return f"{datetime.fromisoformat(moment) - _OVERLAP:%Y-%m-%dT%H:%M:%S}"
