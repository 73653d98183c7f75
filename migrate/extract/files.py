"""Files of chats in an org or a snapshot: their rows as CSV files and their bodies as a Data Export has them, `ContentVersion/068…`, `Attachments/00P…`.

Asked for are files on transcripts, and on the records that chats with file transfers name; of the latter those that came while an
event of such a chat tells of one. Whose they are is decided later, as for any export.
"""

from __future__ import annotations

import csv
import shutil
from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import md5
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from ..dialect import FIELD_LIMIT
from ..errors import TerminalError
from ..masking import RowMask
from ..port import Missing, Org, Refused
from ..transform.attachments import TRANSFERS, ids_in, is_near
from .named import is_id
from .writing import Progress, write_object

VERSION, ATTACHMENT, LINK = "ContentVersion", "Attachment", "ContentDocumentLink"
FOLDERS = {VERSION: "ContentVersion", ATTACHMENT: "Attachments"}
BODY = {VERSION: "VersionData", ATTACHMENT: "Body"}
_SIZE = {VERSION: "ContentSize", ATTACHMENT: "BodyLength"}
_FIELDS = {
    VERSION: (
        "Id", "ContentDocumentId", "IsLatest", "VersionNumber", "Title", "PathOnClient", "FileExtension", "Description", "ContentSize",
        "Checksum", "OwnerId", "CreatedDate", "CreatedById", "FirstPublishLocationId",
    ),
    ATTACHMENT: ("Id", "ParentId", "Name", "ContentType", "Description", "BodyLength", "OwnerId", "CreatedDate", "CreatedById"),
    LINK: ("Id", "ContentDocumentId", "LinkedEntityId", "ShareType", "Visibility"),
}  # fmt: skip
_RECORDS = ("CaseId", "ContactId", "LeadId", "AccountId")
_TRANSCRIPT, _EVENT = "LiveChatTranscript", "LiveChatTranscriptEvent"
_IDS = 200


class Keeper(Protocol):
    """Where files are kept."""

    def rows(self, name: str, fields: Sequence[str], field: str, ids: Sequence[str]) -> Iterable[dict[str, Any]]:
        """Return the rows of an object whose field has one of these ids, with those of the fields that there are."""

    def on_chats(self, name: str, fields: Sequence[str], field: str) -> Iterable[dict[str, Any]]:
        """Return the rows of an object that hang on transcripts."""

    def body(self, name: str, id_: str, place: Path, size: int) -> None:
        """Write the body of a file to a place, or nothing when it is not to be had, or longer than its row says."""


def pull_files(keeper: Keeper, folder: Path, progress: Progress, mask: RowMask | None = None) -> None:
    """Add the files of chats to a folder that an org was read into. Bodies that are there already are not read again."""
    times, records = _sharers(folder)
    on_chats = list(keeper.on_chats(LINK, _FIELDS[LINK], "LinkedEntityId"))
    links = {row["Id"]: row for row in (*on_chats, *_of_ids(keeper, LINK, "LinkedEntityId", records))}
    direct = {str(row["ContentDocumentId"]) for row in on_chats}
    documents = sorted({str(row["ContentDocumentId"]) for row in links.values()})
    versions = [
        row
        for row in _of_ids(keeper, VERSION, "ContentDocumentId", documents)
        if (row.get("IsLatest") if row["ContentDocumentId"] in direct else _fits(row, times))
    ]
    kept = {row["ContentDocumentId"] for row in versions}
    attachments = list(keeper.on_chats(ATTACHMENT, _FIELDS[ATTACHMENT], "ParentId"))
    attachments += [row for row in _of_ids(keeper, ATTACHMENT, "ParentId", records) if _fits(row, times)]
    found = {
        LINK: sorted((row for row in links.values() if row["ContentDocumentId"] in kept), key=_id),
        VERSION: sorted(versions, key=_id),
        ATTACHMENT: sorted({_id(row): row for row in attachments}.values(), key=_id),
    }
    for name, rows in found.items():
        path = folder / f"{name}.csv"
        path.unlink(missing_ok=True)
        if rows:
            fields = [field for field in _FIELDS[name] if any(field in row for row in rows)]
            write_object(folder, name, fields, rows, progress, mask)
    for name in FOLDERS:
        _bodies(keeper, folder, name, found[name], progress)


def _id(row: dict[str, Any]) -> str:
    return str(row["Id"])


def _fits(row: dict[str, Any], times: Sequence[int]) -> bool:
    created = row.get("CreatedDate")
    return isinstance(created, str) and is_near(times, _seconds(created))


def _seconds(moment: str) -> int:
    text = moment.replace("+0000", "+00:00").replace("Z", "+00:00")
    return int(datetime.fromisoformat(text).timestamp())


# --- which records ---------------------------------------------------------------------------------------------------


def _sharers(folder: Path) -> tuple[array[int], list[str]]:
    """Return when events of chats tell of files, in order, and the records that these chats name."""
    times: array[int] = array("q")
    chats: set[str] = set()
    records: set[str] = set()
    for row in _rows(folder, _EVENT):
        if row.get("Type") in TRANSFERS and row.get("Time"):
            times.append(_seconds(row["Time"]))
            records.update(ids_in(row.get("Detail", "")))
            chats.add(row.get("LiveChatTranscriptId", ""))
    if not chats:
        return times, []
    records |= {
        row[name]
        for row in _rows(folder, _TRANSCRIPT)
        if row.get("Id") in chats
        for name in _RECORDS
        if is_id(row.get(name))
    }
    return array("q", sorted(times)), sorted(records)


def _rows(folder: Path, name: str) -> Iterator[dict[str, str]]:
    path = folder / f"{name}.csv"
    if not path.exists():
        return
    if csv.field_size_limit() != FIELD_LIMIT:
        csv.field_size_limit(FIELD_LIMIT)
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


# --- rows --------------------------------------------------------------------------------------------------------------


def _of_ids(keeper: Keeper, name: str, field: str, ids: Iterable[str]) -> Iterator[dict[str, Any]]:
    waiting = (id_ for id_ in ids if is_id(id_))
    while some := list(islice(waiting, _IDS)):
        yield from keeper.rows(name, _FIELDS[name], field, some)


class OrgFiles:
    """The files of an org. `folder` is what it was read into."""

    def __init__(self, org: Org, folder: Path) -> None:
        self.org = org
        self.folder = folder
        self._fields: dict[str, list[str]] = {}

    def _known(self, name: str, fields: Sequence[str]) -> list[str]:
        if name not in self._fields:
            self._fields[name] = self.org.fields(name) or []
        return [field for field in fields if field in self._fields[name]]

    def rows(self, name: str, fields: Sequence[str], field: str, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield the rows of an object whose field has one of these ids."""
        if known := self._known(name, fields):
            named = ", ".join(f"'{id_}'" for id_ in ids)
            yield from self.org.query(f"SELECT {', '.join(known)} FROM {name} WHERE {field} IN ({named})")

    def on_chats(self, name: str, fields: Sequence[str], field: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of an object that hang on transcripts. An org that does not take one query for all is asked by ids."""
        known = self._known(name, fields)
        if not known:
            return
        chats = f"SELECT Id FROM {_TRANSCRIPT}"
        try:
            yield from self.org.query(f"SELECT {', '.join(known)} FROM {name} WHERE {field} IN ({chats})")
        except Refused:
            ids = (row["Id"] for row in _rows(self.folder, _TRANSCRIPT) if is_id(row.get("Id")))
            while some := list(islice(ids, _IDS)):
                yield from self.rows(name, fields, field, some)

    def body(self, name: str, id_: str, place: Path, size: int) -> None:
        """Download the body of a file."""
        try:
            self.org.download(f"{self.org.version_path}/sobjects/{name}/{id_}/{BODY[name]}", place, size)
        except (Refused, Missing):
            place.unlink(missing_ok=True)


# --- bodies -------------------------------------------------------------------------------------------------------------


def _bodies(keeper: Keeper, folder: Path, name: str, rows: Sequence[dict[str, Any]], progress: Progress) -> None:
    """Fetch the bodies of files. One that is not to be had is left out: the migration says so of its row."""
    place = folder / FOLDERS[name]
    wanted = {_id(row) for row in rows if is_id(row["Id"])}
    for path in place.iterdir() if place.is_dir() else ():
        if path.name not in wanted:
            path.unlink()
    for number, row in enumerate(rows, 1):
        progress(f"downloading {name}", number, len(rows))
        size, id_ = row.get(_SIZE[name]), row["Id"]
        path = place / str(id_)
        if id_ not in wanted or not isinstance(size, int) or _is_there(path, size, row.get("Checksum")):
            continue
        if shutil.disk_usage(folder).free < size + (64 << 20):
            raise TerminalError(
                f"{folder} has no room for files of the org:", 'make room, or set files = "leave" in the plan'
            )
        place.mkdir(exist_ok=True)
        keeper.body(name, str(id_), path, size)
    if place.is_dir() and not any(place.iterdir()):
        place.rmdir()


def _is_there(path: Path, size: int, checksum: object) -> bool:
    if not path.is_file() or path.stat().st_size != size or not checksum:
        return False
    total = md5(usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            total.update(chunk)
    return total.hexdigest() == checksum
