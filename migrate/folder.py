"""Reading a target folder of ours back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from .errors import UsageError
from .forms import commas, parquet
from .forms.columns import Column, Empties
from .layout import ALWAYS_LINES, EMPTIES, FORMS, JSONL, MANIFEST, PARQUET, file_name

_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)


@contextmanager
def held_together(folder: Path) -> Iterator[None]:
    """Turn what goes wrong when files of a folder were edited into forms that cannot be read into a UsageError."""
    try:
        yield
    except (
        *_UNREADABLE,
        StopIteration,
        sqlite3.ProgrammingError,
        sqlite3.InterfaceError,
        sqlite3.IntegrityError,
    ) as error:
        raise UsageError(
            f"the files of {folder} do not hold together ({error!r}):", "undo the edits, or run the migration again"
        ) from error


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest. UsageError when the folder is not a finished result of ours."""
    try:
        document = orjson.loads((folder / MANIFEST).read_bytes())
    except OSError:
        raise UsageError(f"{folder} holds no {MANIFEST}:", "name the target folder of a migration that ended") from None
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{folder / MANIFEST} is not JSON ({error}):", "run the migration again") from None
    if not isinstance(document, dict) or document.get("tool") != "chatlift" or document.get("format") != 1:
        raise UsageError(f"{folder / MANIFEST} is not one of this tool:", "name the target folder of a migration")
    return document


def form_of(manifest: dict[str, Any]) -> str:
    """Return the form of the files of structures: jsonl, csv or parquet. UsageError for another one."""
    form = manifest.get("form", JSONL)
    if form not in FORMS:
        raise UsageError(f"{MANIFEST} names the form {form!r}, which is unknown:", "run the migration again")
    return str(form)


def rows_by_kind(manifest: Mapping[str, Any]) -> dict[str, int]:
    """Return how many rows each file holds, by the kind of its rows."""
    return {Path(item["name"]).stem: int(item["rows"]) for item in manifest["files"]}


def _result(folder: Path) -> tuple[str, dict[str, tuple[Column, ...]]]:
    """Return the form of a folder's files and, where they are not JSON lines, their columns by the file's name."""
    if not (folder / MANIFEST).is_file():
        return JSONL, {}
    manifest = read_manifest(folder)
    form = form_of(manifest)
    if form == JSONL:
        return form, {}
    try:
        files = [item for item in manifest["files"] if "columns" in item]
        return form, {item["name"]: tuple(map(Column.from_json, item["columns"])) for item in files}
    except _UNREADABLE as error:
        raise UsageError(
            f"{folder / MANIFEST} is not one of this tool ({error!r}):", "run the migration again"
        ) from None


def read_rows(folder: Path, kind: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file, of whatever form it is. UsageError when it is missing or cannot be read."""
    form, columns = (JSONL, {}) if kind in ALWAYS_LINES else _result(folder)
    path = folder / file_name(kind, form)
    try:
        if form == JSONL:
            yield from _lines(path)
        else:
            read = parquet.read if form == PARQUET else commas.read
            known = columns.get(path.name, ())
            yield from read(path, known, Empties(known, _noted(folder, path.name)))
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}):", "run the migration again") from None


def _noted(folder: Path, name: str) -> dict[str, tuple[str, ...]]:
    """Return what is noted of the empty cells of a file."""
    same: dict[tuple[str, ...], tuple[str, ...]] = {}  # few sets of names stand for many rows
    found = {}
    for row in _lines(folder / file_name(EMPTIES)):
        if row["file"] == name:
            fields = tuple(row["fields"])
            found[row["id"]] = same.setdefault(fields, fields)
    return found


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise UsageError(
                    f"{path.name}, line {number} is not JSON ({error}):", "undo the edit of this line"
                ) from None
            if not isinstance(row, dict):
                raise UsageError(f"{path.name}, line {number} is not an object:", "undo the edit of this line")
            yield row
