"""Reading a target folder of ours back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from .errors import UsageError
from .layout import MANIFEST, file_name

_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)


@contextmanager
def held_together(folder: Path) -> Iterator[None]:
    """Turn what goes wrong when files of a folder were edited into forms that cannot be read into a UsageError."""
    try:
        yield
    except (*_UNREADABLE, StopIteration, sqlite3.ProgrammingError, sqlite3.InterfaceError) as error:
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


def read_rows(folder: Path, kind: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file. UsageError when it is missing or a line of it is not a JSON object."""
    path = folder / file_name(kind)
    try:
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
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}):", "run the migration again") from None
