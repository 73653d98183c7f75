"""A folder as a target: one file for each sObject, of JSON lines, CSV or Parquet.

Rows are kept as JSON lines while they come; files of another form are made of these at the end, when it is known which columns
there are. Files appear under their names when they are complete.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import orjson

from ...schemas.catalog import shipped
from ..errors import UsageError
from ..forms import parquet
from ..forms.columns import types_of
from ..forms.recast import Recast, recast
from ..layout import (
    ALWAYS_LINES,
    CARRIED,
    EMPTIES,
    FORMS,
    JSONL,
    LISTS,
    MANIFEST,
    OBJECTS,
    PARQUET,
    PARTS,
    PULLED,
    REPORT_HTML,
    REPORT_JSON,
    RUN_DATABASE,
    WORK,
    file_name,
    kinds_of,
    list_name,
)

Progress = Callable[[str, int, int], None]

_BUFFER = 1 << 18
_TOGETHER = 64
"""Rows that are written in one go. They must not be changed once they were added."""


_OF_ROWS = {form: frozenset(file_name(kind, form) for kind in kinds_of(form)) for form in FORMS}
_BESIDE = frozenset({WORK, CARRIED, MANIFEST, OBJECTS, REPORT_JSON, REPORT_HTML, *map(list_name, LISTS)})
_OURS = _BESIDE.union(*_OF_ROWS.values())


def prepare(target: Path, form: str = JSONL) -> None:
    """Make the folder ready: new, empty, or one of ours, whose former result is removed, of whatever form it is.

    UsageError for any other, for one that holds files of ours in a form that its result does not have, and for a form that
    cannot be had.
    """
    if form == PARQUET:
        parquet.check()
    if target.exists() and not target.is_dir():
        raise UsageError(f"the target {target} is not a folder:", "name a new or an empty folder")
    try:
        former = _manifest(target)
        if target.exists() and not _is_ours(target, former):
            raise UsageError(f"the target {target} is not empty and not ours:", "name a new or an empty folder")
        ours = _OURS if former is None else _of_result(target, former)
        work = target / WORK
        work.mkdir(parents=True, exist_ok=True)
        (target / MANIFEST).unlink(missing_ok=True)
        for path in (*work.glob("*.part"), *work.glob(f"*{RUN_DATABASE}*")):
            path.unlink()
        for folder in (work / PULLED, work / PARTS, target / CARRIED):
            if folder.is_dir():
                shutil.rmtree(folder)
        for name in sorted(ours - {WORK, CARRIED}):
            (target / name).unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"the target {target} cannot be written ({error.strerror}):", "name another folder") from None


def _manifest(target: Path) -> dict[str, Any] | None:
    try:
        manifest = orjson.loads((target / MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError, orjson.JSONDecodeError):
        return None
    return manifest if isinstance(manifest, dict) and manifest.get("tool") == "chatlift" else None


def _is_ours(target: Path, former: dict[str, Any] | None) -> bool:
    """Tell whether a folder holds nothing, the result of a migration, or what an interrupted one left."""
    names = {path.name for path in target.iterdir()}
    if not names or (names <= _OURS and (target / WORK).is_dir()) or (target / WORK / RUN_DATABASE).is_file():
        return True
    return former is not None


def _of_result(target: Path, former: dict[str, Any]) -> frozenset[str]:
    """Return the names of a result. UsageError where files stand beside it that would seem to be of a result, too."""
    ours = _BESIDE | _OF_ROWS.get(former.get("form", JSONL), frozenset())
    strange = sorted(name for name in _OURS - ours if (target / name).exists())
    if strange:
        raise UsageError(
            f"the target {target} holds {strange[0]}, which the migration there did not write:", "move it away"
        )
    return ours


class RowFile:
    """One JSON-lines file on its way, with count, size and digest."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.kind = kind
        self.path = folder / file_name(kind)
        self._draft = folder / WORK / f"{kind}.part"
        self._account: dict[str, Any] = {}
        self._stream: IO[bytes] = self._draft.open("wb", buffering=_BUFFER)
        self._digest = sha256()
        self._waiting: list[Any] = []
        self.rows = 0
        self.bytes = 0

    def write(self, rows: Iterable[Any]) -> None:
        """Append rows."""
        self._waiting += rows
        if len(self._waiting) >= _TOGETHER:
            self._flush()

    def append(self, text: bytes, rows: int) -> None:
        """Append lines that were made elsewhere."""
        self._flush()
        self._take(text, rows)

    def _flush(self) -> None:
        if self._waiting:
            text = b"".join([orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in self._waiting])
            self._take(text, len(self._waiting))
            self._waiting.clear()

    def _take(self, text: bytes, rows: int) -> None:
        self._stream.write(text)
        self._digest.update(text)
        self.rows += rows
        self.bytes += len(text)

    def close(self) -> None:
        """Give the file its name."""
        self._flush()
        self._stream.close()
        self._draft.replace(self.path)

    def close_as(self, made: Recast) -> None:
        """Give the rows the form that is wanted, and the file its name."""
        self._flush()
        self._stream.close()
        self._account = {**recast(self._draft, made), "asLines": self.bytes}
        self._draft.unlink()

    def discard(self) -> None:
        """Remove the draft."""
        self._stream.close()
        self._draft.unlink(missing_ok=True)

    def account(self) -> dict[str, Any]:
        """Return the file's line of the manifest."""
        told = {"name": self.path.name, "rows": self.rows, "bytes": self.bytes, "sha256": self._digest.hexdigest()}
        return told | self._account


class FolderTarget:
    """The files of a target folder while a migration writes them."""

    def __init__(self, folder: Path, form: str = JSONL) -> None:
        self.folder = folder
        self.folder_of_work = folder / WORK
        self.form = form
        self._files = {kind: RowFile(folder, kind) for kind in kinds_of(form)}

    def add(self, kind: str, rows: Iterable[Any]) -> None:
        """Append rows to the file of a kind."""
        self._files[kind].write(rows)

    def append(self, kind: str, text: bytes, rows: int) -> None:
        """Append lines of a kind that were made elsewhere."""
        self._files[kind].append(text, rows)

    def carry(self, digest: str, chunks: Iterable[bytes]) -> None:
        """Keep a file of the source that is no table."""
        folder = self.folder / CARRIED
        folder.mkdir(exist_ok=True)
        with (folder / digest).open("wb") as stream:
            for chunk in chunks:
                stream.write(chunk)

    def finish(self, objects: list[dict[str, Any]], progress: Progress) -> list[dict[str, Any]]:
        """Complete all files and return their lines of the manifest; objects are the documents of fields of ours."""
        if self.form != JSONL:
            self._recast(objects, progress)
        for kind, file in self._files.items():
            if self.form == JSONL or kind in ALWAYS_LINES:
                file.close()
        return [file.account() for file in self._files.values()]

    def _recast(self, objects: list[dict[str, Any]], progress: Progress) -> None:
        catalog = shipped().extended(objects)
        for kind, file in self._files.items():
            if kind not in ALWAYS_LINES:
                path = self.folder / file_name(kind, self.form)
                file.close_as(
                    Recast(kind, self.form, path, types_of(kind, catalog), self._files[EMPTIES].write, progress)
                )

    def discard(self) -> None:
        """Remove what is not complete."""
        for file in self._files.values():
            file.discard()


def document(value: Any) -> bytes:
    """Return a JSON document, keys sorted, so that equal content is equal bytes."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def write_document(path: Path, value: Any) -> None:
    """Write a JSON document."""
    path.write_bytes(document(value))
