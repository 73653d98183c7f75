"""Read what `--objects` names: descriptors and describes in JSON, SFDX source in XML, one file or a whole folder."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ...schemas.describes import documents_of
from ..errors import UsageError
from .sfdx import SOURCE_SUFFIX, source_documents

MOST_FILES: Final = 20_000
"""Files of a folder, all told, that are looked at."""
MOST_JSON_BYTES: Final = 64 * 1024 * 1024
MOST_XML_BYTES: Final = 8 * 1024 * 1024
DEEPEST: Final = 20
_NOT_LOOKED_INTO: Final = frozenset({"node_modules", "__pycache__"})


def read_objects(path: str) -> list[dict[str, Any]]:
    """Return the descriptor documents of a file or a folder. Raises `UsageError`.

    Of a folder: the JSON files in it, and the SFDX source (``objects``, ``globalValueSets``) anywhere below it.
    """
    place = Path(path)
    if not place.exists():
        raise UsageError(f"objects: there is no file or folder {path}")
    if place.is_file():
        files = [place]
    else:
        files = sorted(_files(place.resolve(), place.resolve(), 0, [0]))
        top = place.resolve()
        is_project = (top / "sfdx-project.json").exists()
        files = [
            file
            for file in files
            if file.name.endswith(SOURCE_SUFFIX) or (file.suffix == ".json" and file.parent == top and not is_project)
        ]
        if not files:
            raise UsageError(f"objects: the folder {path} holds no descriptor, no describe and no SFDX source")
    found: list[dict[str, Any]] = []
    sources: list[tuple[Path, bytes]] = []
    for file in files:
        if file.name.endswith(SOURCE_SUFFIX):
            sources.append((file, _read(file, MOST_XML_BYTES)))
        else:
            found += _json_documents(file)
    return [*found, *source_documents(sources)]


def _files(folder: Path, top: Path, depth: int, seen: list[int]) -> Iterator[Path]:
    """Yield the files below a folder that may hold schema. Raises `UsageError` for too many, and for a way out of it."""
    if depth > DEEPEST:
        raise UsageError(f"objects: {folder} lies more than {DEEPEST} folders deep")
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(f"objects: cannot read the folder {folder}: {error.strerror}") from None
    for entry in entries:
        if entry.name.startswith(".") or entry.name in _NOT_LOOKED_INTO:
            continue
        seen[0] += 1
        if seen[0] > MOST_FILES:
            raise UsageError(f"objects: {top} holds more than {MOST_FILES} files; name the folder with the objects")
        if entry.is_symlink() and (entry.is_dir() or not entry.resolve().is_relative_to(top)):
            raise UsageError(f"objects: {entry} is a symbolic link that is not followed; give what it leads to")
        if entry.is_dir():
            yield from _files(entry, top, depth + 1, seen)
        elif entry.is_file():
            yield entry


def _read(file: Path, most: int) -> bytes:
    try:
        with file.open("rb") as opened:
            raw = opened.read(most + 1)
    except OSError as error:
        raise UsageError(f"objects: cannot read {file}: {error.strerror}") from None
    if len(raw) > most:
        raise UsageError(f"objects: {file} is larger than {most} bytes")
    return raw


def _json_documents(file: Path) -> list[dict[str, Any]]:
    try:
        loaded = documents_of(json.loads(_read(file, MOST_JSON_BYTES)))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"objects: {file} is not JSON: {error}") from None
    if not all(isinstance(entry, dict) and isinstance(entry.get("name"), str) for entry in loaded):
        raise UsageError(f"objects: {file} holds no descriptor or describe of an object, nor a list of them")
    return loaded
