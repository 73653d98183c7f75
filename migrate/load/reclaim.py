"""The way back from an org: the folder form, made of what the org holds, for a restore.

The archive and the JSON documents on the sessions bring the rows; the records bring what was changed since: a field that was
edited in the org, a metric, the text of a message record. A value that a record holds as it was written stays exactly as the
row has it, for the platform trims text and keeps whole seconds.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import IO, Any

import orjson

from ..errors import UsageError
from ..folder import read_rows
from ..layout import CARRIED, MANIFEST, OBJECTS, OFF_PLATFORM, ROW_FILES, WORK, file_name
from ..port import Org
from ..transform.names import AGENT_SESSION, AGENT_SESSION_ID, TRANSCRIPT_ID
from .archive import PREFIX, RECORDS, SESSIONS
from .carriers import ENTRY_ID, FORMAT, MESSAGE, OF_SESSION
from .lanes import FILES
from .target import Described, Target
from .wanted import Row, is_ours, plain

Progress = Callable[[str, int, int], None]

_KEY = re.compile("[0-9a-f]*")
_TOGETHER = 100
_PAGE = 2000
_DOCUMENT = "legacy-chat-{}.json"
_BODY_FILES = {
    "metrics": "MessagingSessionMetrics",
    "conversation": "Conversation",
    "participants": "ConversationParticipant",
    "entries": "ConversationEntry",
    "offPlatform": OFF_PLATFORM,
}
_MEMBERS = frozenset({MANIFEST, OBJECTS, RECORDS, SESSIONS, *(file_name(kind) for kind in ROW_FILES)})


def reclaim(org: Org, folder: Path, migration: str, progress: Progress) -> None:
    """Write the folder form of what an org holds. UsageError when it holds no archive, or several and `migration` is empty."""
    target = Target(org)
    (folder / WORK).mkdir(parents=True)
    migration, versions = _archive(target, migration)
    _unpack(target, folder, versions)
    records = {(row["object"], row["id"]): row for row in _lines(folder / RECORDS)}
    _overlay_file(target, folder, "MessagingEndUser", "Legacy_Visitor_Id__c", records)
    _overlay_file(target, folder, AGENT_SESSION, AGENT_SESSION_ID, records)
    (folder / RECORDS).unlink()
    has = _known(folder / SESSIONS)
    # Where conversations go on from session to session the archive has them, and the documents have none.
    streams = {kind: (folder / file_name(kind)).open("ab") for kind in ("MessagingSession", *_BODY_FILES.values())}
    try:
        for number, document in enumerate(_documents(target, migration), 1):
            progress("reading the org", number, 0)
            if not has(document["session"][TRANSCRIPT_ID]):
                continue
            _write(streams["MessagingSession"], [document["session"]])
            for name, kind in _BODY_FILES.items():
                rows = document[name]
                _write(streams[kind], [rows] if isinstance(rows, dict) and rows else rows)
    finally:
        for stream in streams.values():
            stream.close()
    _complete(folder)


def _known(path: Path) -> Callable[[str], bool]:
    """Return what tells whether a transcript is one of the migration; all are where its archive does not list them."""
    if not path.exists():
        return lambda id_: True
    with path.open("rb") as stream:
        marks = array("Q", sorted(_mark(line.strip()) for line in stream))
    path.unlink()

    def has(id_: str) -> bool:
        mark = _mark(id_.encode())
        place = bisect_left(marks, mark)
        return place < len(marks) and marks[place] == mark

    return has


def _mark(id_: bytes) -> int:
    return int.from_bytes(blake2b(id_, digest_size=8).digest())  # a million of them are 8 MB


def _archive(target: Target, migration: str) -> tuple[str, list[str]]:
    """Return whose archive there is, and the versions that hold its parts, in order."""
    if not _KEY.fullmatch(migration):
        raise UsageError(
            f"{migration!r} is no name of a migration:", "leave --migration out, and what there is is told"
        )
    pattern = f"{PREFIX}{migration}%"
    found = list(
        target.org.query(
            f"SELECT Id, PathOnClient, CreatedDate FROM {FILES} WHERE IsLatest = true AND PathOnClient LIKE '{pattern}' ORDER BY PathOnClient"
        )
    )
    names: dict[str, str] = {}
    for row in found:
        name = str(row["PathOnClient"]).removeprefix(PREFIX).partition("-")[0]
        names[name] = max(names.get(name, ""), str(row["CreatedDate"])[:16])
    if not found:
        raise UsageError(f"{target.org.url} holds no archive of a migration:", "name an org that was loaded")
    if len(names) > 1:
        loaded = ", ".join(f"{name} of {when}" for name, when in sorted(names.items()))
        raise UsageError(
            f"{target.org.url} holds the archives of several migrations ({loaded} UTC):", "name one with --migration"
        )
    totals = {str(row["PathOnClient"]).rpartition("-of-")[2].partition(".")[0] for row in found}
    if len(totals) > 1:  # a later load cut it otherwise, and did not know of the parts that were there
        raise UsageError(
            f"{target.org.url} holds the parts of several archives of one migration:",
            f"delete the older files {PREFIX}{next(iter(names))}-….bin",
        )
    total = int(totals.pop())
    if len(found) != total:
        raise UsageError(f"{target.org.url}: {total - len(found)} parts of the archive are missing:", "load once more")
    return next(iter(names)), [row["Id"] for row in found]


def _unpack(target: Target, folder: Path, versions: Iterable[str]) -> None:
    path = folder / WORK / "archive.zip"
    with path.open("wb") as stream:
        for version in versions:
            stream.write(target.content(version))
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                name = member.filename
                if name not in _MEMBERS and not (
                    name.startswith(f"{CARRIED}/") and name.removeprefix(f"{CARRIED}/").isalnum()
                ):
                    raise UsageError(f"the archive in the org holds {name!r}, which is not ours:", "load once more")
                place = folder / name
                place.parent.mkdir(exist_ok=True)
                with archive.open(member) as source, place.open("wb") as stream:
                    shutil.copyfileobj(source, stream)
    except zipfile.BadZipFile:
        raise UsageError("the archive in the org is damaged:", "load once more") from None
    finally:
        path.unlink()


# --- records over rows ---------------------------------------------------------------------------------------------------


def overlaid(row: Row, told: Described, record: Row, held: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with what was changed in its record since it was written."""
    result = dict(row)
    unwritten = set(held["unwritten"])
    for name, value in row.items():
        if name in unwritten or name not in told.columns or name not in record or is_ours(value):
            continue
        kind = told.columns[name].type
        if plain(kind, record[name]) != plain(kind, held["written"].get(name, value)):
            result[name] = _spelt(kind, record[name], value)
    return result


def _spelt(kind: str, value: Any, former: Any) -> Any:
    """Return a value of a record as rows spell it."""
    if kind == "datetime" and isinstance(value, str):
        return f"{value[:19]}.000Z"
    if isinstance(value, float) and (isinstance(former, int) or former is None) and value.is_integer():
        return int(value)
    return value


def _overlay_file(
    target: Target, folder: Path, kind: str, key: str, records: Mapping[tuple[str, str], Mapping[str, Any]]
) -> None:
    """Overlay the rows of a file; a messaging user is found by its platform key where it has no visitor."""
    told = target.described(kind)
    if told is None:
        return
    draft = folder / WORK / "overlaid.jsonl"
    rows = read_rows(folder, kind)
    fields = [name for name in told.columns if told.columns[name].is_createable]
    with draft.open("wb") as stream:
        while some := list(islice(rows, _TOGETHER)):
            held = _records_by(target, kind, key if kind == AGENT_SESSION else "MessagingPlatformKey", fields, some)
            for row in some:
                record = held.get(_identity(kind, row))
                known = records.get((kind, row["Id"]))
                _write(stream, [overlaid(row, told, record, known) if record is not None and known else row])
    draft.replace(folder / file_name(kind))


def _identity(kind: str, row: Row) -> Any:
    if kind == AGENT_SESSION:
        return row[AGENT_SESSION_ID]
    return row["MessagingPlatformKey"], row.get("Legacy_Visitor_Id__c")


def _records_by(target: Target, kind: str, key: str, fields: list[str], rows: list[dict[str, Any]]) -> dict[Any, Row]:
    keys = list(dict.fromkeys(str(row[key]) for row in rows if row.get(key)))
    ids = [record["Id"] for record in target.select(["Id"], kind, key, keys)]
    return {_identity(kind, record): record for record in target.values(kind, ids, ["Id", *fields]).values()}


# --- sessions ------------------------------------------------------------------------------------------------------------


def _documents(target: Target, migration: str) -> Iterator[dict[str, Any]]:
    """Yield the documents of all sessions of a migration, with what was changed in the records."""
    found = target.org.query(
        f"SELECT Id, {TRANSCRIPT_ID} FROM MessagingSession WHERE {TRANSCRIPT_ID} != null ORDER BY {TRANSCRIPT_ID}"
    )
    for name, document in _told(target, found):
        if document is None:
            raise UsageError(
                f"{name}, which a restore needs, is not in the org:", "load once more with the carrier `file`"
            )
        if document["migration"] == migration:
            yield document


def documents_of(target: Target, migration: str, transcripts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the documents of some transcripts' sessions, with what was changed in the records; those that are there."""
    sessions = target.select(["Id", TRANSCRIPT_ID], "MessagingSession", TRANSCRIPT_ID, transcripts)
    told = (document for _, document in _told(target, iter(sessions)) if document is not None)
    return {document["session"][TRANSCRIPT_ID]: document for document in told if document["migration"] == migration}


def _told(target: Target, sessions: Iterator[Row]) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Yield name and document of sessions, None where its file is not there."""
    told = target.needed("MessagingSession")
    fields = [name for name, column in told.columns.items() if column.is_createable]
    while some := list(islice(sessions, _TOGETHER)):
        ids = [row["Id"] for row in some]
        versions = _versions(target, ids)
        records = target.values("MessagingSession", ids, ["Id", *fields])
        metrics = _children(target, "MessagingSessionMetrics", "MessagingSessionId", ids)
        messages = _children(target, MESSAGE, OF_SESSION, ids) if target.described(MESSAGE) else {}
        for row in some:
            name = _DOCUMENT.format(row[TRANSCRIPT_ID])
            version = versions.get((row["Id"], name))
            if version is None:
                yield f"the file {name} of the session {row['Id']} of transcript {row[TRANSCRIPT_ID]}", None
                continue
            document = _read(target.content(version), name)
            document["session"] = overlaid(document["session"], told, records[row["Id"]], document["record"])
            _overlay_metrics(document["metrics"], metrics.get(row["Id"], []))
            _overlay_messages(document["entries"], messages.get(row["Id"], []))
            yield name, document


def _read(content: bytes, name: str) -> dict[str, Any]:
    try:
        document = orjson.loads(content)
        if document["tool"] == "chatlift" and document["format"] == FORMAT:
            return dict(document)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        pass
    raise UsageError(f"the file {name} in the org is not one of this tool:", "load once more")


def _versions(target: Target, sessions: list[str]) -> dict[tuple[str, str], str]:
    links = target.select(["LinkedEntityId", "ContentDocumentId"], "ContentDocumentLink", "LinkedEntityId", sessions)
    session_of = {link["ContentDocumentId"]: link["LinkedEntityId"] for link in links}
    fields = ["Id", "ContentDocumentId", "PathOnClient"]
    versions = target.select(fields, FILES, "ContentDocumentId", list(session_of), " AND IsLatest = true")
    return {(session_of[row["ContentDocumentId"]], row["PathOnClient"]): row["Id"] for row in versions}


def _children(target: Target, kind: str, parent: str, ids: list[str]) -> dict[str, list[Row]]:
    columns = target.needed(kind).columns
    fields = [name for name, column in columns.items() if column.is_createable]
    children: dict[str, list[Row]] = {}
    for row in target.select(["Id", *fields], kind, parent, ids):
        children.setdefault(row[parent], []).append(row)
    return children


def _overlay_metrics(rows: list[dict[str, Any]], records: list[Row]) -> None:
    values = {record["MessagingSessionMetricType"]: record["MessagingSessionMetricValue"] for record in records}
    for row in rows:
        kind = row["MessagingSessionMetricType"]
        if (
            kind in values
            and values[kind] is not None
            and float(values[kind]) != float(row["MessagingSessionMetricValue"])
        ):
            row["MessagingSessionMetricValue"] = int(values[kind])


def _overlay_messages(entries: list[dict[str, Any]], records: list[Row]) -> None:
    texts = {record[ENTRY_ID]: record["Text__c"] for record in records}
    for entry in entries:
        if entry["Id"] in texts and plain("textarea", texts[entry["Id"]]) != plain("textarea", entry["Message"]):
            entry["Message"] = texts[entry["Id"]] or ""


def _complete(folder: Path) -> None:
    """See to it that each file of rows is there: a restore reads them all."""
    for kind in ROW_FILES:
        (folder / file_name(kind)).touch()


def _write(stream: IO[bytes], rows: Iterable[Row]) -> None:
    for row in rows:
        stream.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as stream:
        for line in stream:
            yield orjson.loads(line)
