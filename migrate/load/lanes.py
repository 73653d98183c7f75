"""What is loaded, lane by lane: where the rows come from, by which key they are found again, what is wanted of them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import md5
from pathlib import Path
from typing import Any

from ..folder import read_rows
from ..transform.names import AGENT_SESSION_ID, TRANSCRIPT_ID
from .target import Target
from .wanted import Row, Wanted, Wants

Key = tuple[Any, ...]
Rows = Callable[[], Iterator[Row]]
FILES = "ContentVersion"


@dataclass(slots=True)
class Item:
    """One record on its way: its id in the folder form, what is wanted, the key that finds it there, its legacy id."""

    id: str
    key: Key
    wanted: Wanted
    legacy: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A record of the target: its id, and for a file its document and checksum."""

    id: str
    document: str = ""
    checksum: str = ""


@dataclass(slots=True)
class Lane:
    """Rows of one sObject. `keys` are the target fields that tell one record from another, the first one is looked up.

    is_fixed: records that are there are left as they are. is_kept: the org lets no API call delete them.
    """

    object: str
    keys: tuple[str, ...]
    rows: Rows
    is_fixed: bool = False
    is_kept: bool = False
    batch: int = 200

    @property
    def name(self) -> str:
        """The name under which the journal keeps the rows."""
        return self.object

    def id_of(self, row: Row) -> str:
        """Return the id of a row in the folder form."""
        return str(row["Id"])

    def items(self, rows: Sequence[Row], wants: Wants) -> list[Item]:
        """Return what is wanted of rows."""
        return [
            Item(self.id_of(row), tuple(wanted.values.get(name) for name in self.keys), wanted, legacy_id(row))
            for row, wanted in zip(rows, wants.of(self.object, rows), strict=True)
        ]

    def find(self, items: Sequence[Item], target: Target) -> dict[str, Found]:
        """Return the records of the target that items have there already."""
        first = dict.fromkeys(str(item.key[0]) for item in items if item.key[0] is not None)
        records = target.select(["Id", *self.keys], self.object, self.keys[0], list(first))
        by_key = {tuple(_folded(record.get(name)) for name in self.keys): record["Id"] for record in records}
        found: dict[str, Found] = {}
        for item in items:
            id_ = by_key.get(tuple(_folded(value) for value in item.key))
            if id_ is not None:
                found[item.id] = Found(id_)
        return found


def _folded(value: Any) -> Any:
    """Return a key as the platform compares it: without regard to case, and to blanks around it."""
    return value.strip().casefold() if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class File:
    """A file to be: its id here, its name, the session it hangs on (empty for the migration's own) and its content."""

    id: str
    title: str
    path: str
    session: str
    content: bytes


@dataclass(slots=True)
class FileLane(Lane):
    """Files on sessions, found again by session and name; a changed one becomes a new version of its document."""

    object: str = FILES
    keys: tuple[str, ...] = ()
    rows: Rows = field(default=lambda: iter(()))
    kind: str = ""
    make: Callable[[Sequence[Row], Wants], list[File]] = field(default=lambda rows, wants: [])
    batch: int = 200

    @property
    def name(self) -> str:
        """The name under which the journal keeps the files of a kind."""
        return f"{FILES} {self.kind}"

    def id_of(self, row: Any) -> str:
        """Return the id of the file of a conversation, or of one that is made already."""
        return row.id if isinstance(row, File) else str(row["Id"])

    def items(self, rows: Sequence[Row], wants: Wants) -> list[Item]:
        """Make the files."""
        files = self.make(rows, wants)
        sessions = wants.journal.targets("MessagingSession", [file.session for file in files if file.session])
        made = []
        for file in files:
            session = sessions.get(file.session)
            waits = f"MessagingSession {file.session}" if file.session and session is None else ""
            values = {
                "Title": file.title,
                "PathOnClient": file.path,
                "VersionData": b64encode(file.content).decode(),
                "FirstPublishLocationId": session,
            }
            checksum = md5(file.content, usedforsecurity=False).hexdigest()
            made.append(Item(file.id, (session, file.path, checksum), Wanted(values, waits)))
        return made

    def find(self, items: Sequence[Item], target: Target) -> dict[str, Found]:
        """Return the latest version of each file that is there."""
        sessions = list(dict.fromkeys(item.key[0] for item in items if item.key[0]))
        fields = ["Id", "ContentDocumentId", "PathOnClient", "Checksum"]
        by_key: dict[Key, Found] = {}
        if sessions:
            links = target.select(
                ["LinkedEntityId", "ContentDocumentId"], "ContentDocumentLink", "LinkedEntityId", sessions
            )
            session_of = {link["ContentDocumentId"]: link["LinkedEntityId"] for link in links}
            versions = target.select(fields, FILES, "ContentDocumentId", list(session_of), " AND IsLatest = true")
            for version in versions:
                by_key[session_of[version["ContentDocumentId"]], version["PathOnClient"]] = _file(version)
        unlinked = [item.key[1] for item in items if not item.key[0]]
        if unlinked:
            for version in target.select(fields, FILES, "PathOnClient", unlinked, " AND IsLatest = true"):
                by_key[None, version["PathOnClient"]] = _file(version)
        return {item.id: by_key[item.key[:2]] for item in items if item.key[:2] in by_key}


def _file(version: Mapping[str, Any]) -> Found:
    return Found(version["Id"], version["ContentDocumentId"], str(version.get("Checksum") or ""))


def legacy_id(row: Row) -> str:
    """Return the id in the legacy org of what a row stands for, else its own."""
    known = (row.get(name) for name in (TRANSCRIPT_ID, AGENT_SESSION_ID, "Legacy_Visitor_Id__c", "Legacy_Button_Id__c"))
    return str(next((id_ for id_ in known if id_), row["Id"]))


def rows_of(folder: Path, kind: str) -> Rows:
    """Return a reader of a file of the folder form."""
    return lambda: read_rows(folder, kind)
