"""Files of chats on their way into an org: a file that the org has already is linked to the session, another one is uploaded.

An org that is source and target has the file on a case, say; so has a sandbox that was made of it. It is known by its id and its
checksum together, and gets a second link instead of a copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from ..folder import read_rows
from ..layout import CARRIED
from ..transform.names import FILE_ID, FILE_PATH
from .lanes import FILES, File, FileLane, Found, Item, Lane, Rows
from .target import Target
from .wanted import Row, Wanted, Wants

LINK = "ContentDocumentLink"
KIND = "attached"
_CARRIED = re.compile(rf"{CARRIED}/[0-9a-f]{{64}}\Z")
_TOGETHER = 200
_BATCH_BYTES = 20_000_000
_MOST_BYTES = 100_000_000
"""Larger files are left to Data Loader: a call holds a file whole. A choice of ours; chats took 5 MB."""


def file_lanes(folder: Path, wants: Wants) -> list[Lane]:
    """Return the lanes for the files of a folder."""
    largest = max((int(row.get("ContentSize") or 0) for row in read_rows(folder, FILES)), default=0)
    batch = max(1, min(50, _BATCH_BYTES // max(largest, 1)))
    return [
        LinkLane(rows=partial(_rows, folder, wants.target, True)),
        AttachedLane(
            rows=partial(_rows, folder, wants.target, False), kind=KIND, make=partial(_files, folder), batch=batch
        ),
    ]


def _rows(folder: Path, target: Target, is_there: bool) -> Iterator[Row]:
    """Yield the files of chats that the target has, with their documents, or those that it has not."""
    rows = (row for row in read_rows(folder, FILES) if row.get("FirstPublishLocationId") and row.get(FILE_PATH))
    while some := list(islice(rows, _TOGETHER)):
        ids = [str(row[FILE_ID]) for row in some if str(row.get(FILE_ID)).startswith("068")]
        asked = ["Id", "ContentDocumentId", "Checksum"]
        held = {row["Id"]: row for row in target.select(asked, FILES, "Id", ids)} if ids else {}
        for row in some:
            known = held.get(row[FILE_ID])
            is_same = known is not None and known["Checksum"] == row["Checksum"]
            if is_same == is_there:
                yield {**row, "document": known["ContentDocumentId"]} if known and is_same else row


def _files(folder: Path, rows: Sequence[Row], wants: Wants) -> list[File]:
    """Return files with their bytes. Those that are too large have none, and are not loaded."""
    files = []
    for row in rows:
        place, size = str(row[FILE_PATH]), int(row.get("ContentSize") or 0)
        content = (folder / place).read_bytes() if size <= _MOST_BYTES and _CARRIED.match(place) else b""
        name = str(row["PathOnClient"]).replace("\\", "/").rpartition("/")[2] or "file"
        files.append(File(str(row["Id"]), str(row["Title"]), name, str(row["FirstPublishLocationId"]), content))
    return files


@dataclass(slots=True)
class LinkLane(Lane):
    """Files that the target has already, linked to the sessions."""

    object: str = LINK
    keys: tuple[str, ...] = ("LinkedEntityId", "ContentDocumentId")
    rows: Rows = field(default=lambda: iter(()))
    is_fixed: bool = True

    def items(self, rows: Sequence[Row], wants: Wants) -> list[Item]:
        """Return the links that are wanted."""
        sessions = wants.journal.targets("MessagingSession", [str(row["FirstPublishLocationId"]) for row in rows])
        made = []
        for row in rows:
            ours = str(row["FirstPublishLocationId"])
            session = sessions.get(ours)
            values = {"LinkedEntityId": session, "ContentDocumentId": row["document"], "ShareType": "V"}
            waits = "" if session else f"MessagingSession {ours}"
            made.append(Item(self.id_of(row), (session, row["document"]), Wanted(values, waits), str(row[FILE_ID])))
        return made


@dataclass(slots=True)
class AttachedLane(FileLane):
    """Files that are uploaded, found again by session, name and content: several of a session may have one name."""

    def items(self, rows: Sequence[Row], wants: Wants) -> list[Item]:
        """Make the files; one that is too large waits for somebody."""
        sizes = {str(row["Id"]): int(row.get("ContentSize") or 0) for row in rows}
        made = FileLane.items(self, rows, wants)
        for item in made:
            if sizes[item.id] > _MOST_BYTES:
                item.wanted.waits_for = f"a file of {sizes[item.id]:,} bytes, which somebody has to load otherwise:"
        return made

    def find(self, items: Sequence[Item], target: Target) -> dict[str, Found]:
        """Return the files that are there."""
        sessions = list(dict.fromkeys(str(item.key[0]) for item in items if item.key[0]))
        if not sessions:
            return {}
        links = target.select(["LinkedEntityId", "ContentDocumentId"], LINK, "LinkedEntityId", sessions)
        of_document: dict[str, set[Any]] = {}
        for link in links:
            of_document.setdefault(link["ContentDocumentId"], set()).add(link["LinkedEntityId"])
        fields = ["Id", "ContentDocumentId", "PathOnClient", "Checksum"]
        versions = target.select(fields, FILES, "ContentDocumentId", list(of_document), " AND IsLatest = true")
        by_key = {
            (session, version["PathOnClient"], version["Checksum"]): Found(
                version["Id"], version["ContentDocumentId"], str(version.get("Checksum") or "")
            )
            for version in versions
            for session in of_document[version["ContentDocumentId"]]
        }
        return {item.id: by_key[item.key] for item in items if item.key in by_key}
