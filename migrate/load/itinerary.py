"""Which lanes a load has, in which order: parents before children. The target's describe decides what goes there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ..transform.names import AGENT_SESSION, AGENT_SESSION_ID, TRANSCRIPT_ID
from .archive import parts
from .attached import file_lanes
from .bundles import Bodies, bundles
from .carriers import ENTRY_ID, MESSAGE, document_files, entries_of_sessions, messages, page_files
from .history import NAME as HISTORY
from .history import history_lane
from .lanes import FILES, File, FileLane, Lane, Rows, rows_of
from .package import BODY_FIELD
from .wanted import Row, Wants

KEYS = {
    "MessagingEndUser": ("MessagingPlatformKey", "MessagingChannelId"),
    "MessagingSession": (TRANSCRIPT_ID,),
    "MessagingSessionMetrics": ("MessagingSessionId", "MessagingSessionMetricType"),
    AGENT_SESSION: (AGENT_SESSION_ID,),
    "ConversationEntry": ("ConversationId", "MessageIdentifier", "Seq"),
    MESSAGE: (ENTRY_ID,),
}
"""What tells a record from all others of its object, the field first that is looked up."""
_BESIDE_THE_FIELDS = {"AccountId": None, "ContactId": None, "LeadId": None, "Legacy_Visitor_Id__c": None}


def lanes(folder: Path, wants: Wants, carriers: Sequence[str], rows: Mapping[str, int], migration: str) -> list[Lane]:
    """Return the lanes for a folder; `rows` says how many rows each of its files has, `migration` names it in the org."""
    has_conversations = wants.is_loaded("Conversation")
    planned = [Lane("MessagingChannel", ("DeveloperName",), rows_of(folder, "MessagingChannel"), is_fixed=True)]
    if has_conversations:
        planned.append(Lane("Conversation", ("ConversationIdentifier",), rows_of(folder, "Conversation")))
    planned.append(_lane("MessagingEndUser", rows_of(folder, "MessagingEndUser")))
    sessions = partial(_with_bodies, folder) if "field" in carriers else rows_of(folder, "MessagingSession")
    planned.append(_lane("MessagingSession", sessions))
    if has_conversations and wants.is_loaded("ConversationParticipant"):
        keys = ("ConversationId", "ParticipantKey", "ParticipantRole", "ParticipantDisplayName")
        planned.append(Lane("ConversationParticipant", keys, rows_of(folder, "ConversationParticipant")))
    planned.append(_lane("MessagingSessionMetrics", rows_of(folder, "MessagingSessionMetrics"), is_kept=True))
    if rows.get(AGENT_SESSION):
        planned.append(_lane(AGENT_SESSION, rows_of(folder, AGENT_SESSION)))
    if has_conversations:
        planned.append(_lane("ConversationEntry", rows_of(folder, "ConversationEntry")))
    elif "entries" in carriers:
        planned.append(_lane("ConversationEntry", partial(entries_of_sessions, folder)))
    if "object" in carriers:
        planned.append(_lane(MESSAGE, partial(messages, folder)))
    if rows.get(FILES):
        planned += file_lanes(folder, wants)
    if "file" in carriers:
        planned.append(FileLane(rows=partial(_bundles, folder), kind="html", make=page_files))
        planned.append(FileLane(rows=partial(_bundles, folder), kind="json", make=partial(document_files, migration)))
    if HISTORY in carriers:
        planned.append(history_lane(folder, wants.plan))
    return planned


def archive_lane(archive: Path, migration: str) -> FileLane:
    """Return the lane of the migration's own files, which are made already."""
    return FileLane(rows=partial(_files, archive, migration), kind="archive", make=_made, batch=1)


def _files(archive: Path, migration: str) -> Iterator[Any]:
    yield from parts(archive, migration)


def _made(files: Sequence[Any], wants: Wants) -> list[File]:
    return list(files)


def _lane(name: str, rows: Rows, is_kept: bool = False) -> Lane:
    return Lane(name, KEYS[name], rows, is_kept=is_kept)


def _bundles(folder: Path) -> Iterator[Any]:
    yield from bundles(folder)


def _with_bodies(folder: Path) -> Iterator[Row]:
    """Yield sessions with their whole text."""
    bodies = Bodies(folder)
    for bundle in bundles(folder):
        yield bundle.session | {BODY_FIELD: bodies.of(bundle, {**_BESIDE_THE_FIELDS, **bundle.session}) or None}


def in_folder_only(planned: Sequence[Lane], rows: Mapping[str, int]) -> list[str]:
    """Return the structures of a folder that have rows and no lane."""
    loaded = {lane.object for lane in planned}
    return [kind for kind, count in rows.items() if count and kind not in loaded]
