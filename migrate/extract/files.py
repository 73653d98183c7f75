"""Files of chats in an org: their rows as CSV files and their bodies as a Data Export has them, `ContentVersion/068…`, `Attachments/00P…`.

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
from typing import Any

from ..dialect import FIELD_LIMIT
from ..errors import TerminalError
from ..masking import RowMask
from ..port import Missing, Org, Refused
from ..transform.attachments import TRANSFERS, is_near
from .named import is_id
from .writing import Progress, write_object

VERSION, ATTACHMENT, LINK = "ContentVersion", "Attachment", "ContentDocumentLink"
FOLDERS = {VERSION: "ContentVersion", ATTACHMENT: "Attachments"}
_BODY = {VERSION: "VersionData", ATTACHMENT: "Body"}
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


def pull_files(org: Org, folder: Path, progress: Progress, mask: RowMask | None = None) -> None:
    """Add the files of chats to a folder that an org was read into. Bodies that are there already are not read again."""
    times, records = _sharers(folder)
    on_chats = list(_on(org, LINK, "LinkedEntityId", None, folder))
    links = {row["Id"]: row for row in (*on_chats, *_on(org, LINK, "LinkedEntityId", records, folder))}
    direct = {str(row["ContentDocumentId"]) for row in on_chats}
    documents = sorted({str(row["ContentDocumentId"]) for row in links.values()})
    versions = [
        row
        for row in _of_ids(org, VERSION, "ContentDocumentId", documents)
        if (row.get("IsLatest") if row["ContentDocumentId"] in direct else _fits(row, times))
    ]
    kept = {row["ContentDocumentId"] for row in versions}
    attachments = list(_on(org, ATTACHMENT, "ParentId", None, folder))
    attachments += [row for row in _on(org, ATTACHMENT, "ParentId", records, folder) if _fits(row, times)]
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
        _bodies(org, folder, name, found[name], progress)


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
    for row in _rows(folder, _EVENT):
        if row.get("Type") in TRANSFERS and row.get("Time"):
            times.append(_seconds(row["Time"]))
            chats.add(row.get("LiveChatTranscriptId", ""))
    if not chats:
        return times, []
    records = {
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


def _on(org: Org, name: str, field: str, records: list[str] | None, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of an object that hang on records; None stands for the transcripts, which one query names.

    An org that does not take that query is asked for them by their ids.
    """
    if records is not None:
        yield from _of_ids(org, name, field, records)
        return
    asked = _fields(org, name)
    if not asked:
        return
    try:
        yield from org.query(f"SELECT {', '.join(asked)} FROM {name} WHERE {field} IN (SELECT Id FROM {_TRANSCRIPT})")
    except Refused:
        ids = (row["Id"] for row in _rows(folder, _TRANSCRIPT) if is_id(row.get("Id")))
        while some := list(islice(ids, _IDS)):
            yield from _of_ids(org, name, field, some)


def _of_ids(org: Org, name: str, field: str, ids: Iterable[str]) -> Iterator[dict[str, Any]]:
    fields = _fields(org, name)
    waiting = iter(ids)
    while fields and (some := [id_ for id_ in islice(waiting, _IDS) if is_id(id_)]):
        named = ", ".join(f"'{id_}'" for id_ in some)
        yield from org.query(f"SELECT {', '.join(fields)} FROM {name} WHERE {field} IN ({named})")


def _fields(org: Org, name: str) -> list[str]:
    known = org.fields(name) or []
    return [field for field in _FIELDS[name] if field in known]


# --- bodies -------------------------------------------------------------------------------------------------------------


def _bodies(org: Org, folder: Path, name: str, rows: Sequence[dict[str, Any]], progress: Progress) -> None:
    """Download the bodies of files. One that the org does not give is left out: the migration says so of its row."""
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
        try:
            org.download(f"{org.version_path}/sobjects/{name}/{id_}/{_BODY[name]}", path, size)
        except (Refused, Missing):
            path.unlink(missing_ok=True)
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
