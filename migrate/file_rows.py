"""The look at rows that may be files of chats: those that hang on a transcript, or on a record that a chat with transfers names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .cells import Value
from .errors import RecordError
from .extract.blocks import Block, read_block
from .extract.tables import Table
from .intake import FILE_OBJECTS, TRANSCRIPT, Look, Sheet, is_deleted, read_id
from .transform.attachments import FileRow, is_near
from .transform.moments import seconds
from .transform.reading import typed

LINK, ATTACHMENT, VERSION = FILE_OBJECTS
SHARED: Final = "shared"
"""The router of the records that chats with transfers name."""
DOCUMENTS: Final = "documents"
"""The router of the documents that hang on such records, part 0, and on transcripts, part 1."""

_KEPT = {
    VERSION: ("Title", "PathOnClient", "FileExtension", "Description", "ContentSize", "Checksum", "OwnerId", "CreatedDate", "CreatedById"),
    ATTACHMENT: ("Name", "Description", "BodyLength", "OwnerId", "CreatedDate", "CreatedById"),
}  # fmt: skip


def look_for_files(sheet: Sheet, block: Block) -> Look:
    """Tell which rows of a block may be files of chats. A row that cannot be read is none; it is kept for the restore."""
    table = sheet.tables[block.table]
    found = read_block(block, table)
    look = Look.of(block, table, found)
    for row in found.rows:
        if len(row.cells) != len(table.columns):
            continue
        record = row.record(table)
        if is_deleted(record):
            continue
        one = _link(sheet, record) if table.object == LINK else _file(sheet, table, record)
        if one is not None:
            look.files.append(one)
    return look


def _link(sheet: Sheet, record: Mapping[str, str]) -> FileRow | None:
    document, linked = (read_id(record.get(name, "")) for name in ("ContentDocumentId", "LinkedEntityId"))
    if document and linked and (sheet.routers[SHARED].parts(linked) or sheet.routers[TRANSCRIPT].parts(linked)):
        return FileRow(document, linked)
    return None


def _file(sheet: Sheet, table: Table, record: Mapping[str, str]) -> FileRow | None:
    is_version = table.object == VERSION
    id_ = read_id(record.get("Id", ""))
    place = read_id(record.get("FirstPublishLocationId" if is_version else "ParentId", "")) or ""
    document = (read_id(record.get("ContentDocumentId", "")) or "") if is_version else ""
    parts = sheet.routers[DOCUMENTS].parts(document) if document else []
    on_chat = bool(1 in parts or (place and sheet.routers[TRANSCRIPT].parts(place)))
    if not id_ or not (on_chat or parts or (place and sheet.routers[SHARED].parts(place))):
        return None
    try:
        values: dict[str, Value] = typed(
            table.object, {name: record[name] for name in _KEPT[table.object] if name in record}
        )
    except RecordError:
        return None
    created = values.get("CreatedDate")
    time = seconds(str(created)) if created else 0
    is_old = on_chat and record.get("IsLatest") in ("0", "false", "False", "FALSE")
    if is_old or not (on_chat or is_near(sheet.times, time)):
        return None
    return FileRow(id_, place, document, time, values)
