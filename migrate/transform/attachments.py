"""Which files belong to which chat.

A visitor's file was kept on a record that the agent had attached to the chat (a case, a contact), because the transcript was
made after the chat only (Salesforce Help, "Transfer Files During a Chat"). What is left of it is an event of the chat that a file came,
at its time and at times with its name, and a file on a record that the transcript names. So a file belongs to a chat when it came
to such a record while an event tells of one, and nothing else fits. What fits several ways is nobody's, and said to be so.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ...schemas.ids import is_id, normalize
from ..cells import Value

TRANSFERS = frozenset({"FileTransferSuccess", "FileTransferToChasitor"})
"""Types of events that tell of a file which went over."""

SECONDS = 120
"""So many seconds may lie between the event and the file. A guess: both are written when the upload ends."""

DIRECT = "linked to the transcript"
BY_NAME = "name and time"
BY_TIME = "time"
SEVERAL_FILES = "ambiguous: several files fit"
SEVERAL_CHATS = "ambiguous: several chats fit"
_WORD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?(?![A-Za-z0-9])")
_STRENGTH = (BY_NAME, BY_TIME)


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row that may be a file of a chat: its id, the record that it names, its document, when it came, its values.

    Of a link between document and record: the document's id, and the record.
    """

    id: str
    record: str
    document: str = ""
    time: int = 0
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transfer:
    """An event that tells of a file: seconds since 1970, and the name that it gives, empty when it gives none."""

    time: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sharer:
    """A chat as far as files ask: its row, its id, the records that it names, its transfers in order."""

    row: int
    id: str
    records: tuple[str, ...]
    transfers: tuple[Transfer, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file: its id, when it came, the names that it goes by, the records that it hangs on."""

    id: str
    time: int
    names: frozenset[str]
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whose a file is: the chat's row, None when nobody's; the ground; the record that it hangs on; the transfer's time; all who were thought of."""

    row: int | None
    basis: str
    record: str
    time: int | None = None
    chats: tuple[str, ...] = ()


def ids_in(detail: str) -> list[str]:
    """Return the ids that the detail of an event holds: it may name the record that a file was sent to."""
    return [normalize(word) for word in _WORD.findall(detail) if is_id(word)]


def is_near(times: Sequence[int], time: int) -> bool:
    """Tell whether one of these times, which ascend, is near enough."""
    place = bisect_left(times, time - SECONDS)
    return place < len(times) and times[place] <= time + SECONDS


def judge(
    sharers: Iterable[Sharer], direct: Mapping[str, Sharer], candidates: Sequence[Candidate]
) -> dict[str, Verdict]:
    """Return whose the files are, by id. direct: the chats that files hang on themselves, by id."""
    verdicts: dict[str, Verdict] = {}
    by_record: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        chats = [(record, direct[record]) for record in candidate.records if record in direct]
        if chats:
            record, chat = chats[0]
            basis = DIRECT if len(chats) == 1 else SEVERAL_CHATS
            row = chat.row if len(chats) == 1 else None
            verdicts[candidate.id] = Verdict(row, basis, record, None, tuple(chat.id for _, chat in chats))
            continue
        for record in candidate.records:
            by_record.setdefault(record, []).append(candidate)
    claims: dict[str, list[tuple[Sharer, Verdict]]] = {}
    for sharer in sharers:
        for id_, verdict in _claims(sharer, by_record):
            claims.setdefault(id_, []).append((sharer, verdict))
    return verdicts | {id_: _settled(found) for id_, found in claims.items()}


def _claims(sharer: Sharer, by_record: Mapping[str, list[Candidate]]) -> Iterable[tuple[str, Verdict]]:
    """Yield the files that may be a chat's."""
    pool: dict[str, tuple[Candidate, str]] = {}
    times = [transfer.time for transfer in sharer.transfers]
    for record in dict.fromkeys(sharer.records):
        for candidate in by_record.get(record, ()):
            if is_near(times, candidate.time):
                pool.setdefault(candidate.id, (candidate, record))
    open_: list[Transfer] = []
    for transfer in sharer.transfers:
        named = [
            (candidate, record)
            for candidate, record in pool.values()
            if transfer.name and transfer.name in candidate.names and abs(candidate.time - transfer.time) <= SECONDS
        ]
        if len(named) == 1:
            candidate, record = named[0]
            del pool[candidate.id]
            yield candidate.id, Verdict(sharer.row, BY_NAME, record, transfer.time, (sharer.id,))
        else:
            open_.append(transfer)
    left_times = [transfer.time for transfer in open_]
    left = [(one, record) for one, record in pool.values() if is_near(left_times, one.time)]
    for candidate, record in left:
        nearest = min(left_times, key=lambda time, at=candidate.time: abs(time - at))  # type: ignore[misc]
        if len(left) <= len(open_):
            yield candidate.id, Verdict(sharer.row, BY_TIME, record, nearest, (sharer.id,))
        else:
            yield candidate.id, Verdict(None, SEVERAL_FILES, record, nearest, (sharer.id,))


def _settled(claims: Sequence[tuple[Sharer, Verdict]]) -> Verdict:
    """Return the verdict on a file that one chat claims, or several."""
    chats = tuple(sharer.id for sharer, _ in claims)
    for basis in _STRENGTH:
        sure = [verdict for _, verdict in claims if verdict.basis == basis]
        if len(sure) == 1:
            return sure[0]
        if sure:
            return Verdict(None, SEVERAL_CHATS, sure[0].record, None, chats)
    first = claims[0][1]
    return Verdict(None, SEVERAL_FILES if len(claims) == 1 else SEVERAL_CHATS, first.record, None, chats)
