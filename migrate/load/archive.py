"""The migration's own files in an org: what hangs on no session, and a restore needs.

A zip of the manifest, the rows of channels, messaging users and agent log-ins, what was skipped and rejected, the residue and
the files that are no tables; in parts, because an upload has bounds. Equal content is equal bytes. Rows are JSON lines whatever
form the folder has.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import orjson

from ..folder import form_of, read_manifest, read_rows
from ..layout import (
    AGENT_WORK,
    ALWAYS_LINES,
    CARRIED,
    JSONL,
    MANIFEST,
    OBJECTS,
    REJECTED,
    RESIDUE,
    SKIPPED,
    file_name,
)
from ..transform.names import AGENT_SESSION, TRANSCRIPT_ID
from .bundles import is_session_based
from .carriers import differences
from .folder import document
from .lanes import File
from .wanted import Wants

RECORDS = "records.jsonl"
"""How the records of these rows differ from them: values that were written otherwise, and fields that were not."""
SESSIONS = "sessions.txt"
"""The transcripts that the migration has, one id a line: an org may hold sessions of chats that have left the source since."""
PREFIX = "chatlift-archive-"
_PART_BYTES = 4_000_000
_TIME = (1980, 1, 1, 0, 0, 0)
_BATCH = 200
_ROW_FILES = (
    "MessagingChannel", "MessagingEndUser", AGENT_SESSION, AGENT_WORK, "ContentVersion", SKIPPED, REJECTED, RESIDUE,
)  # fmt: skip
_WITH_RECORDS = ("MessagingEndUser", AGENT_SESSION)


def write_archive(folder: Path, path: Path, wants: Wants) -> None:
    """Write the archive of a folder."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        kinds = _ROW_FILES if is_session_based(folder) else (*_ROW_FILES, "Conversation", "ConversationParticipant")
        manifest = read_manifest(folder)
        is_of_lines = form_of(manifest) == JSONL
        with _member(archive, MANIFEST) as stream:
            stream.write(document({**manifest, "form": JSONL}))
        for name in (OBJECTS, *(file_name(kind) for kind in kinds if is_of_lines or kind in ALWAYS_LINES)):
            if (folder / name).is_file():
                with _member(archive, name) as stream, (folder / name).open("rb") as source:
                    _pour(source, stream)
        for kind in kinds if not is_of_lines else ():
            if kind not in ALWAYS_LINES:
                with _member(archive, file_name(kind)) as stream:
                    for row in read_rows(folder, kind):
                        stream.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        with _member(archive, RECORDS) as stream:
            for line in _records(folder, wants):
                stream.write(line)
        with _member(archive, SESSIONS) as stream:
            for session in read_rows(folder, "MessagingSession"):
                stream.write(f"{session[TRANSCRIPT_ID]}\n".encode())
        carried = folder / CARRIED
        for file in sorted(carried.iterdir()) if carried.is_dir() else ():
            with _member(archive, f"{CARRIED}/{file.name}") as stream, file.open("rb") as source:
                _pour(source, stream)


def _records(folder: Path, wants: Wants) -> Iterator[bytes]:
    for kind in _WITH_RECORDS:
        rows = read_rows(folder, kind)
        if not wants.is_loaded(kind):
            continue
        while some := list(islice(rows, _BATCH)):
            for row, wanted in zip(some, wants.of(kind, some), strict=True):
                line = {"object": kind, "id": row["Id"], **differences(row, wanted.values)}
                yield orjson.dumps(line, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def _member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    info = zipfile.ZipInfo(name, _TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    return archive.open(info, "w", force_zip64=True)


def _pour(source: IO[bytes], stream: IO[bytes]) -> None:
    while chunk := source.read(1 << 20):
        stream.write(chunk)


def parts(path: Path, migration: str) -> Iterator[File]:
    """Yield an archive as files of the org; `migration` tells the archives of several migrations apart."""
    total = max(1, -(-path.stat().st_size // _PART_BYTES))
    with path.open("rb") as stream:
        for number in range(1, total + 1):
            name = f"{PREFIX}{migration}-{number:05}-of-{total:05}.bin"
            yield File(
                name, f"ChatLift archive {migration}, part {number} of {total}", name, "", stream.read(_PART_BYTES)
            )
