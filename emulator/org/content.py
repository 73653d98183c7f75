"""Files: what the platform fills in when a ContentVersion or an Attachment is written.

A ContentVersion without a ContentDocumentId makes a new ContentDocument; with one it becomes its latest version. The document
is linked to its owner, and to the record in FirstPublishLocationId (Object reference, "ContentVersion", "ContentDocumentLink").
"""

import hashlib
from pathlib import PurePosixPath
from typing import Any, Final

from ...schemas.field import SObject
from ..errors import OrgError
from ..store import Reader, Store, Transaction
from ..store.layout import long_table, quoted
from .catalog import OrgCatalog
from .defaults import AUDIT_ON_CHANGE, AUDIT_ON_CREATE, defaults, stamps
from .ids import IdMaker

VERSION: Final = "ContentVersion"
DOCUMENT: Final = "ContentDocument"
LINK: Final = "ContentDocumentLink"
ATTACHMENT: Final = "Attachment"
KEPT: Final = frozenset({VERSION, ATTACHMENT})
PUBLIC: Final = "P"
PRIVATE: Final = "R"
"""PublishStatus of a file in its owner's private library, where one without a FirstPublishLocationId goes."""
SHARE_OF_OWNER: Final = "I"
SHARE_OF_RECORD: Final = "V"
FILE_TYPES: Final = {
    "doc": "WORD",
    "docx": "WORD_X",
    "htm": "HTML",
    "jpeg": "JPG",
    "ppt": "POWER_POINT",
    "pptx": "POWER_POINT_X",
    "txt": "TEXT",
    "xls": "EXCEL",
    "xlsx": "EXCEL_X",
}
"""FileType by extension where it is not the extension itself."""
PLAIN_TYPES: Final = frozenset(
    {"csv", "gif", "html", "jpg", "json", "mp3", "mp4", "pdf", "png", "rtf", "svg", "xml", "zip"}
)
UNKNOWN_TYPE: Final = "UNKNOWN"
_SHARED: Final = (
    "Title",
    "Description",
    "ContentSize",
    "FileType",
    "FileExtension",
    "ContentModifiedDate",
    "PublishStatus",
)
"""What a document shows of its latest version."""


class Content:
    """The records around a file. Everything happens in the transaction of the write that it belongs to."""

    def __init__(self, store: Store, catalog: OrgCatalog, ids: IdMaker) -> None:
        self._store = store
        self._catalog = catalog
        self._ids = ids

    def complete(self, transaction: Transaction, sobject: SObject, row: dict[str, Any], user_id: str, now: str) -> None:
        """Fill in a row that is about to be inserted, and write what goes with it."""
        if sobject.name == ATTACHMENT:
            row["BodyLength"] = len(row.get("Body") or b"")
        elif sobject.name == VERSION:
            self._complete_version(transaction, sobject, row, user_id, now)

    def changed(self, sobject: SObject, changes: dict[str, Any]) -> None:
        """Fill in what changes with the content of a row that is about to be updated."""
        if sobject.name == ATTACHMENT and "Body" in changes:
            changes["BodyLength"] = len(changes["Body"] or b"")
        elif sobject.name == VERSION and "VersionData" in changes:
            changes |= measures(changes["VersionData"])

    def _complete_version(
        self, transaction: Transaction, sobject: SObject, row: dict[str, Any], user_id: str, now: str
    ) -> None:
        path = PurePosixPath((row.get("PathOnClient") or "").replace("\\", "/"))
        if row.get("Title") is None:
            row["Title"] = path.stem or None
        if row["Title"] is None:
            raise OrgError("REQUIRED_FIELD_MISSING", "Required fields are missing: [Title]", ("Title",))
        extension = path.suffix[1:]
        location = row.get("FirstPublishLocationId")
        row |= measures(row.get("VersionData"))
        row |= {
            "FileExtension": extension or None,
            "FileType": file_type(extension),
            "IsLatest": True,
            "VersionNumber": "1",
            "PublishStatus": PUBLIC if location else PRIVATE,
            "ContentModifiedById": user_id,
            "ContentModifiedDate": row.get("ContentModifiedDate") or now,
        }
        if row.get("ContentDocumentId") is None:
            self._found_document(transaction, row, user_id, now)
        else:
            self._succeed(transaction, sobject, row, user_id, now)

    def _found_document(self, transaction: Transaction, row: dict[str, Any], user_id: str, now: str) -> None:
        document = self._catalog.current.get(DOCUMENT)
        self._store.ensure(document)
        made = defaults(document, user_id) | stamps(document, AUDIT_ON_CREATE, user_id, now)
        made |= {name: row.get(name) for name in _SHARED}
        made |= {
            "Id": self._ids.next_id(transaction, document.key_prefix or ""),
            "OwnerId": row["OwnerId"],
            "LatestPublishedVersionId": row["Id"],
        }
        transaction.insert(document, made)
        row["ContentDocumentId"] = made["Id"]
        self._link(transaction, made["Id"], row["OwnerId"], SHARE_OF_OWNER, now)
        location = row.get("FirstPublishLocationId")
        if location and location != row["OwnerId"]:
            self._link(transaction, made["Id"], location, SHARE_OF_RECORD, now)

    def _link(self, transaction: Transaction, document_id: str, entity_id: str, share: str, now: str) -> None:
        link = self._catalog.current.get(LINK)
        self._store.ensure(link)
        row = defaults(link, entity_id) | stamps(link, ("SystemModstamp",), "", now)
        row |= {
            "Id": self._ids.next_id(transaction, link.key_prefix or ""),
            "ContentDocumentId": document_id,
            "LinkedEntityId": entity_id,
            "ShareType": share,
            "Visibility": "AllUsers",
        }
        transaction.insert(link, row)

    def _succeed(self, transaction: Transaction, sobject: SObject, row: dict[str, Any], user_id: str, now: str) -> None:
        """Make a version the latest of its document."""
        place, table = transaction.placeholder, quoted(sobject.name)
        document_id = row["ContentDocumentId"]
        earlier = transaction.execute(
            f'SELECT "Id", "IsLatest", "PublishStatus" FROM {table} WHERE "ContentDocumentId" = {place}', [document_id]
        )
        for id_, is_latest, status in earlier:
            if is_latest:
                transaction.update(sobject, id_, {"IsLatest": False})
                row["PublishStatus"] = status
        row["VersionNumber"] = str(len(earlier) + 1)
        document = self._catalog.current.get(DOCUMENT)
        changes = {name: row.get(name) for name in _SHARED} | {"LatestPublishedVersionId": row["Id"]}
        transaction.update(document, document_id, changes | stamps(document, AUDIT_ON_CHANGE, user_id, now))


def measures(data: bytes | None) -> dict[str, Any]:
    """Return size and checksum of a content."""
    if data is None:
        return {"ContentSize": 0, "Checksum": None}
    return {"ContentSize": len(data), "Checksum": hashlib.md5(data, usedforsecurity=False).hexdigest()}


def file_type(extension: str) -> str:
    """Return the FileType of an extension; one that is not in our table is UNKNOWN."""
    lower = extension.lower()
    return FILE_TYPES.get(lower) or (lower.upper() if lower in PLAIN_TYPES else UNKNOWN_TYPE)


def read_content(rows: Reader, sobject: SObject, field: str, id18: str) -> bytes | None:
    """Return what a base64 field of a row holds."""
    found = rows.one(
        f"SELECT l.{quoted(field)} FROM {quoted(sobject.name)} r JOIN {quoted(long_table(sobject.name))} l"
        f' ON l."_row" = r."_row" WHERE r."Id" = {rows.placeholder}',
        [id18],
    )
    return None if found is None or found[0] is None else bytes(found[0])
