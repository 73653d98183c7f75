"""Samples: some chats, chosen by a seed, put beside what became of them, for somebody to look at.

What stands on the left is the row of the source where it is at hand, else the row that the structures give again. What stands on
the right is the conversation as the folder has it, or as it was read back from an org.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from .errors import UsageError
from .extract.tables import Spelling
from .folder import read_rows
from .layout import RESIDUE
from .load.bundles import Bundle
from .manifest import tables_of
from .plan import Plan
from .residue import restored_cells
from .transform.entries import BODY, EVENTS, WHISPERS
from .transform.inverse import transcript_values
from .transform.names import ROLE_BASIS, SOURCE_ROW, TRANSCRIPT_ID, naming_of

MOST = 200
_SHOWN = 20_000
"""So many characters of a body and of its messages stand in a report."""

_KINDS = {BODY: "heading", WHISPERS: "whisper", EVENTS: "event"}


@dataclass(frozen=True, slots=True)
class Sampling:
    """How many chats are looked at, and the seed that chooses them."""

    number: int = 0
    seed: int = 0

    def places(self, sessions: int) -> frozenset[int]:
        """Return the places of the chosen sessions, from 0."""
        if self.number > MOST:
            raise UsageError(f"a sample of {self.number} chats is more than a report can hold:", f"take {MOST} at most")
        chance = Random(self.seed)  # noqa: S311 - a choice that can be made again, no secret
        return frozenset(chance.sample(range(sessions), min(self.number, sessions)))


@dataclass(slots=True)
class Sample:
    """One chat. legacy: the cells of its row; origin says where they were read. conversation: what was made of it, in order.

    differences: columns in which the source and what the structures give again are not the same.
    """

    bundle: Bundle
    file: str
    row: int
    legacy: dict[str, str]
    origin: str
    conversation: list[dict[str, Any]]
    place: str = "folder"
    differences: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return what the report tells of it."""
        body = self.legacy.get("Body", "")
        return {
            "transcript": self.bundle.session[TRANSCRIPT_ID],
            "session": self.bundle.session["Id"],
            "file": self.file,
            "row": self.row,
            "startTime": self.bundle.session.get("StartTime"),
            "status": self.legacy.get("Status", ""),
            "legacyFrom": self.origin,
            "conversationFrom": self.place,
            "body": body[:_SHOWN],
            "bodyLength": len(body),
            "conversation": _shortened(self.conversation),
            "entries": len(self.conversation),
            "differences": self.differences,
        }


def _shortened(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    shown, room = [], _SHOWN
    for line in lines:
        if room <= 0:
            break
        text = str(line["text"])[:room]
        shown.append({**line, "text": text})
        room -= len(text) + 1
    return shown


class Rebuilt:
    """Rows of the source as the structures give them again, for a few conversations of a folder."""

    def __init__(self, folder: Path, manifest: Mapping[str, Any], plan: Plan, bundles: Sequence[Bundle]) -> None:
        numbers = {_number(bundle) for bundle in bundles}
        wanted = {bundle.session["MessagingEndUserId"] for bundle in bundles}
        end_users = read_rows(folder, "MessagingEndUser") if bundles else ()
        residues = read_rows(folder, RESIDUE) if bundles else ()
        self._end_users = {row["Id"]: row for row in end_users if row["Id"] in wanted}
        self._residues = {
            row["row"]: row for row in residues if row["object"] == "LiveChatTranscript" and row["row"] in numbers
        }
        self._naming = naming_of(plan)
        self._spellings = [
            Spelling.of(table) for table in tables_of(dict(manifest)) if table.object == "LiveChatTranscript"
        ]

    def place(self, bundle: Bundle) -> tuple[str, int]:
        """Return the file of a conversation's row in the source, and its number there."""
        table = self._spelling(_number(bundle)).table
        return table.member.name, _number(bundle) - table.first_row + 1

    def row(self, bundle: Bundle) -> dict[str, str]:
        """Return the row of the source that a conversation stands for, by column."""
        number = _number(bundle)
        residue = self._residues.get(number, {})
        end_user = self._end_users[bundle.session["MessagingEndUserId"]]
        structures = (bundle.session, end_user, bundle.metrics, bundle.entries, bundle.off_platform)
        values = transcript_values(*structures, residue.get("bodies", {}), None, self._naming)
        spelling = self._spelling(number)
        return dict(zip(spelling.table.columns, restored_cells(spelling, values, residue), strict=True))

    def _spelling(self, number: int) -> Spelling:
        return next(
            one for one in self._spellings if one.table.first_row <= number < one.table.first_row + one.table.rows
        )


def _number(bundle: Bundle) -> int:
    return int(bundle.session.get(SOURCE_ROW) or 0)


def samples_of(
    rebuilt: Rebuilt, bundles: Iterable[Bundle], source_rows: Mapping[int, Mapping[str, str]] | None = None
) -> list[Sample]:
    """Return the samples of a folder. source_rows: rows of the source by number, where the source is at hand."""
    samples = []
    for bundle in bundles:
        file, row = rebuilt.place(bundle)
        given = rebuilt.row(bundle)
        sample = Sample(bundle, file, row, given, "the structures, restored", conversation_of(bundle))
        if source_rows is not None:
            sample.legacy, sample.origin = dict(source_rows.get(_number(bundle), {})), "the source"
            sample.differences = _differences(sample, given)
        samples.append(sample)
    return samples


def read_back(samples: Iterable[Sample], rebuilt: Rebuilt, documents: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Put what an org holds in the place of the folder's conversations, and return what is not as it should be.

    documents: of sessions of the org, by transcript.
    """
    findings = []
    for sample in samples:
        transcript = sample.bundle.session[TRANSCRIPT_ID]
        document = documents.get(transcript)
        if document is None:
            findings.append(f"transcript {transcript}: the org has no session with a file of it")
            continue
        kept = ("session", "conversation", "metrics", "participants", "entries", "offPlatform")
        bundle = Bundle(*(document[name] for name in kept))
        sample.place, sample.conversation = "org", conversation_of(bundle)
        sample.differences = _differences(sample, rebuilt.row(bundle))
        if sample.differences:
            findings.append(f"transcript {transcript}: the org gives another {', '.join(sample.differences)}")
    return findings


def _differences(sample: Sample, given: Mapping[str, str]) -> list[str]:
    """Return the columns in which a row of the source and what the structures give again are not the same."""
    return [name for name in given if given[name] != sample.legacy.get(name)]


def conversation_of(bundle: Bundle) -> list[dict[str, Any]]:
    """Return what a conversation holds, in the order of the body; whispers and events stand where their time puts them."""
    lines = [((number, 0, 0), _entry_line(row)) for number, row in enumerate(bundle.entries, 1)]
    others = []
    for row in bundle.off_platform:
        if row["Source"] == BODY:
            lines.append(((row.get("AfterSeq") or 0, 1, row.get("Seq") or 0), _other_line(row)))
        elif row["Source"] in _KINDS:
            others.append(_other_line(row))
    told = [line for _, line in sorted(lines, key=lambda pair: pair[0])]
    for line in sorted(others, key=lambda other: other["time"] or ""):
        later = (place for place, one in enumerate(told) if (one["time"] or "") > (line["time"] or ""))
        told.insert(next(later, len(told)), line)
    return told


def _entry_line(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": "entry",
        "type": row["EntryType"],
        "time": row["EntryTime"],
        "role": row["ActorType"],
        "author": row["ActorName"],
        "text": row["Message"] or "",
        "ground": row[ROLE_BASIS],
    }


def _other_line(row: Mapping[str, Any]) -> dict[str, Any]:
    payload = row["Payload"]
    if row["Source"] == EVENTS:
        words = ": ".join(str(part) for part in (payload.get("type"), payload.get("detail")) if part)
    else:
        words = str(payload.get("text") or payload.get("label") or payload.get("notice") or "")
    return {
        "kind": _KINDS[row["Source"]],
        "type": row["EntryType"],
        "time": row["EntryTime"],
        "role": None,
        "author": payload.get("author"),
        "text": words,
        "ground": None,
    }
