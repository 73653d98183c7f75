"""Files of chats: the rows and bodies of a source that a chat's files may be, judged, and made into ContentVersion rows.

Looked at are ContentDocumentLink, ContentVersion and Attachment rows, after the chats and their events, and of these the rows alone
that hang on a record which a chat with a file transfer names, or on a transcript. Bodies are files of the source that are named after
their rows, as a Data Export has them (`ContentVersion/068…`, `Attachments/00P…`), or base64 in a cell, as Data Loader writes it. They
lie in the folder under the digest of their bytes: no name that a file has becomes a path.
"""

from __future__ import annotations

import binascii
from array import array
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import md5, sha256
from pathlib import PurePosixPath
from typing import Any

from ..schemas.ids import InvalidId, derive, normalize
from .bonds import Bonds
from .extract.source import Source
from .file_rows import LINK
from .intake import FILE_OBJECTS, read_id
from .layout import CARRIED
from .load.folder import FolderTarget
from .routing import Router, RouterDraft, number_of
from .transform.attachments import Candidate, FileRow, Sharer, Transfer, Verdict, ids_in, judge
from .transform.names import FILE_BASIS, FILE_ID, FILE_PATH, FILE_RECORD, TRANSCRIPT_ID
from .transform.structures import Filed, Row

_BODY_FOLDERS = frozenset({"contentversion", "attachments", "attachment"})
_DATA = {"ContentVersion": "VersionData", "Attachment": "Body"}
_DEFAULTS = {"SharingOption": "A", "SharingPrivacy": "N", "Origin": "C", "ContentLocation": "S"}
"""What the platform gives a file whose creator says nothing: sharing is open, as the record's is; uploaded; kept in Salesforce."""
_MOST_INLINE = 64 << 20
NOT_FOUND = "file: an event tells of one that was not found"
_NO_BODY = "file: its body is not in the source"
_OTHER_BODY = "file: its body is not the one that its row tells of"


@dataclass(slots=True)
class Filing:
    """The files of one run. pairs: records by document. rows: what may be a chat's file. sharers: chats with transfers."""

    source: Source
    bonds: Bonds
    pairs: dict[str, dict[str, None]] = field(default_factory=dict)
    rows: dict[str, list[FileRow]] = field(default_factory=dict)
    sharers: list[Sharer] = field(default_factory=list)
    times: array[int] = field(default_factory=lambda: array("q"))
    warnings: list[tuple[str, str]] = field(default_factory=list)

    def prepare(self) -> Router:
        """Learn from the events which chats had transfers; return the router of the records that these name."""
        self.sharers = [
            Sharer(
                row,
                id_,
                (*records, *(found for _, detail in transfers for found in ids_in(detail))),
                tuple(Transfer(time, detail.strip().casefold()) for time, detail in transfers),
            )
            for row, id_, records, transfers in self.bonds.sharers()
        ]
        self.times = array("q", sorted(one.time for sharer in self.sharers for one in sharer.transfers))
        draft = RouterDraft()
        draft.add(number_of(record) for sharer in self.sharers for record in sharer.records)
        return draft.router()

    def documents(self, transcripts: Router) -> Router:
        """Return the router of the documents that hang on such records; part 1 is that of those on a transcript."""
        draft = RouterDraft()
        draft.add(
            number_of(document, int(any(transcripts.parts(record) for record in records)))
            for document, records in self.pairs.items()
        )
        return draft.router()

    def forget(self, name: str) -> None:
        """Forget the rows of an object: they are looked at again."""
        if name == LINK:
            self.pairs.clear()
        self.rows.pop(name, None)

    def take(self, name: str, rows: Iterable[FileRow]) -> None:
        """Take what a block of an object showed."""
        for row in rows:
            if name == LINK:
                self.pairs.setdefault(row.id, {})[row.record] = None
            else:
                self.rows.setdefault(name, []).append(row)

    def judged(self, target: FolderTarget) -> tuple[dict[int, tuple[Filed, ...]], list[Row]]:
        """Return the files by the row of their chat, and those that are nobody's."""
        found = {row.id: (name, row) for name in FILE_OBJECTS for row in self.rows.get(name, ())}
        candidates = [
            Candidate(id_, row.time, _names(row.values), tuple({**self.pairs.get(row.document, {}), row.record: None}))
            for id_, (_, row) in found.items()
        ]
        on_chats = sorted({one for candidate in candidates for one in candidate.records if one[:3] == "570"})
        direct = {id_: Sharer(row, id_, ()) for id_, row in self.bonds.rows_of(on_chats)}
        verdicts = judge(self.sharers, direct, candidates)
        bodies = _Bodies(self.source, target, {id_: name for id_, (name, _) in found.items() if id_ in verdicts})
        by_chat: dict[int, list[Filed]] = {}
        nobodys: list[Row] = []
        for id_, (_, row) in found.items():
            verdict = verdicts.get(id_)
            if verdict is None:
                continue
            made = self._row(row, verdict, bodies)
            if verdict.row is None:
                self.warnings.append((f"file: {verdict.basis.removeprefix('ambiguous: ')}", id_))
                nobodys.append(made)
            else:
                by_chat.setdefault(verdict.row, []).append((made, verdict.time))
        self._miss(by_chat, verdicts.values())
        return {row: tuple(files) for row, files in by_chat.items()}, nobodys

    def _miss(self, by_chat: Mapping[int, list[Filed]], verdicts: Iterable[Verdict]) -> None:
        """Warn of transfers whose file was not found; those that are ambiguous have a warning of their own."""
        thought_of = {id_ for verdict in verdicts if verdict.row is None for id_ in verdict.chats}
        for sharer in self.sharers:
            came = sum(time is not None for _, time in by_chat.get(sharer.row, ()))
            if came < len(sharer.transfers) and sharer.id not in thought_of:
                self.warnings.append((NOT_FOUND, sharer.id))

    def _row(self, row: FileRow, verdict: Verdict, bodies: _Bodies) -> Row:
        """Return the ContentVersion that a file becomes. A session has it as its first location once it is known."""
        name = str(row.values.get("PathOnClient") or row.values.get("Name") or row.values.get("Title") or row.id)
        title = str(row.values.get("Title") or PurePosixPath(name).stem or row.id)
        size, checksum = row.values.get("ContentSize", row.values.get("BodyLength")), row.values.get("Checksum")
        body = bodies.of(row.id)
        if body is None:
            self.warnings.append((_NO_BODY, row.id))
        elif (isinstance(size, int) and size != body.size) or (checksum and checksum != body.checksum):
            self.warnings.append((_OTHER_BODY, row.id))
        return {
            "Id": derive("068", row.id),
            "ContentDocumentId": derive("069", row.document or row.id),
            "Title": title[:255],
            "PathOnClient": name[:500],
            "Description": row.values.get("Description"),
            "IsLatest": True,
            "IsDeleted": False,
            "ContentSize": body.size if body else size,
            "Checksum": body.checksum if body else checksum,
            "FirstPublishLocationId": None,
            **_DEFAULTS,
            **{key: row.values[key] for key in ("OwnerId", "CreatedDate", "CreatedById") if row.values.get(key)},
            FILE_ID: row.id,
            FILE_PATH: f"{CARRIED}/{body.digest}" if body else None,
            FILE_BASIS: verdict.basis,
            FILE_RECORD: verdict.record,
            TRANSCRIPT_ID: verdict.chats[0] if verdict.row is not None else None,
        }


def _names(values: Mapping[str, Any]) -> frozenset[str]:
    """Return the names by which an event may call a file."""
    title, extension = values.get("Title"), values.get("FileExtension")
    path = str(values.get("PathOnClient") or "").replace("\\", "/").rpartition("/")[2]
    found = (title, path, values.get("Name"), f"{title}.{extension}" if title and extension else None)
    return frozenset(str(name).strip().casefold() for name in found if name)


@dataclass(frozen=True, slots=True)
class _Body:
    """The bytes of a file: their number, MD5 and SHA-256."""

    size: int
    checksum: str
    digest: str


class _Bodies:
    """The bodies of files, by id."""

    def __init__(self, source: Source, target: FolderTarget, wanted: Mapping[str, str]) -> None:
        self._source = source
        self._members = {}
        for plain in source.others:
            path = PurePosixPath(plain.member.path)
            if path.parent.name.casefold() in _BODY_FOLDERS:
                try:
                    self._members[normalize(path.name.partition(".")[0])] = plain
                except InvalidId:
                    continue
        self._inline = dict(_inline(source, target, {id_: n for id_, n in wanted.items() if id_ not in self._members}))

    def of(self, id_: str) -> _Body | None:
        """Return the body of a file, None when the source has none."""
        plain = self._members.get(id_)
        if plain is None:
            return self._inline.get(id_)
        total, size = md5(usedforsecurity=False), 0
        for chunk in self._source.members.chunks(plain.member):
            total.update(chunk)
            size += len(chunk)
        return _Body(size, total.hexdigest(), plain.digest)


def _inline(source: Source, target: FolderTarget, wanted: Mapping[str, str]) -> Iterator[tuple[str, _Body]]:
    """Yield the bodies that stand in cells, and carry them."""
    for table in source.tables:
        column = _DATA.get(table.object, "")
        if column not in table.columns or "Id" not in table.columns or table.object not in wanted.values():
            continue
        id_at, data_at = table.columns.index("Id"), table.columns.index(column)
        for row in source.rows(table):
            if len(row.cells) != len(table.columns) or not 0 < len(row.cells[data_at]) <= _MOST_INLINE:
                continue
            id_ = read_id(row.cells[id_at])
            if id_ is None or id_ not in wanted:
                continue
            try:
                content = b64decode(row.cells[data_at], validate=True)
            except (binascii.Error, ValueError):
                continue
            digest = sha256(content).hexdigest()
            target.carry(digest, [content])
            yield id_, _Body(len(content), md5(content, usedforsecurity=False).hexdigest(), digest)
