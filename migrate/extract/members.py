"""The files of a source: members of Data Export zips, or files of a folder. They are opened for reading only.

Zips are taken for hostile: sizes are bounded, names may not lead out of the archive, nothing is ever unpacked by name.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Self

from ..errors import UsageError

MEMBER_LIMIT = 200_000
SIZE_LIMIT = 64 * 2**30
"""Bytes that one file may hold: a part of a Data Export has about 512 MB compressed."""
RATIO_LIMIT = 200
RATIO_FLOOR = 64 * 2**20
"""A member that unpacks to more than RATIO_LIMIT times its size is refused when it is larger than RATIO_FLOOR bytes."""

LINES = (".jsonl", ".ndjson")
TABLES = (".csv", *LINES)
"""Ends of the names of files that may be tables."""

_PART = re.compile(r"(.+?)_(\d{1,3})\.zip\Z", re.IGNORECASE)
"""A part of a Data Export. Four digits are a year."""
_NUMBER = re.compile(r"(\d+)")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """One file: the zip it is in (empty for a file of a folder), its path there, its size in bytes."""

    container: str
    path: str
    size: int

    @property
    def name(self) -> str:
        """Return the name that messages use."""
        return f"{self.container}/{self.path}" if self.container else self.path


class Members:
    """The files of a source in a fixed order."""

    def __init__(self, source: Path) -> None:
        self._archives: dict[str, zipfile.ZipFile] = {}
        self._stack = ExitStack()
        self.root = source
        self.kind = "folder" if source.is_dir() else "zip"
        try:
            self.members = self._find(source)
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _find(self, source: Path) -> tuple[Member, ...]:
        if source.is_dir():
            found = list(self._folder(source))
        elif source.name.lower().endswith(TABLES) and source.is_file():
            form = "CSV file" if source.suffix.lower() == ".csv" else "file of JSON lines"
            raise UsageError(f"{source} is a single {form}:", "give the folder that holds it")
        elif source.is_file():
            found = [member for part in _parts(source) for member in self._archive(part)]
        else:
            raise UsageError(
                f"there is no source {source}:",
                "give a Data Export zip, a folder of CSV files, a snapshot or an org URL",
            )
        if not found:
            raise UsageError(f"the source {source} is empty:", "give a Data Export zip or a folder of CSV files")
        if not any(member.path.lower().endswith(TABLES) for member in found):
            raise UsageError(
                f"the source {source} holds no CSV file and no JSON lines:",
                "give a Data Export zip or a folder of such files",
            )
        return tuple(sorted(found, key=lambda member: (_natural(member.container), _natural(member.path))))

    def _folder(self, folder: Path) -> Iterator[Member]:
        for name, parts in _numbered(folder.iterdir()).items():
            _refuse_gap(name, parts)
        for path in sorted(folder.rglob("*")):
            if path.is_symlink():
                raise UsageError(f"{path} is a symbolic link:", "put the file itself into the source folder")
            if not path.is_file():
                continue
            relative = path.relative_to(folder).as_posix()
            if not relative.isprintable() and _is_undecodable(relative):
                raise UsageError(f"the file name {relative!r} is not UTF-8:", "rename the file")
            if path.suffix.lower() == ".zip" and path.parent == folder:
                yield from self._archive(path)
            else:
                yield Member("", relative, path.stat().st_size)

    def _archive(self, path: Path) -> Iterator[Member]:
        try:
            archive = self._stack.enter_context(zipfile.ZipFile(path))
        except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
            raise UsageError(f"{path} is not a zip that can be read ({error}):", "download the export again") from None
        self._archives[path.name] = archive
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if len(infos) > MEMBER_LIMIT:
            raise UsageError(f"{path} holds {len(infos)} files:", f"at most {MEMBER_LIMIT} are read")
        seen: set[str] = set()
        for info in infos:
            _check(info, path)
            if info.filename in seen:
                raise UsageError(f"{path} holds {info.filename!r} twice:", "download the export again")
            seen.add(info.filename)
            yield Member(path.name, info.filename, info.file_size)
        _check_ratio(sum(i.file_size for i in infos), sum(i.compress_size for i in infos), str(path))

    def open(self, member: Member) -> IO[bytes]:
        """Open a file for reading."""
        if not member.container:
            return (self.root / member.path).open("rb")
        return self._archives[member.container].open(member.path)

    def chunks(self, member: Member) -> Iterator[bytes]:
        """Yield the bytes of a file. UsageError when it cannot be read or holds more than it declares."""
        taken = 0
        try:
            with self.open(member) as stream:
                while chunk := stream.read(_CHUNK):
                    taken += len(chunk)
                    if taken > member.size:
                        raise UsageError(f"{member.name} holds more than it declares:", "download the export again")
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError) as error:
            raise UsageError(f"{member.name} cannot be read ({error}):", "download the export again") from None


def _is_undecodable(name: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in name)


def _parts(path: Path) -> list[Path]:
    """Return the parts of an export, when the path is one of them, in order. UsageError when one is missing."""
    found = _PART.match(path.name)
    if found is None:
        return [path]
    parts = _numbered(path.parent.iterdir()).get(found[1], {})
    _refuse_gap(found[1], parts)
    if int(found[2]) != 1 and len(parts) > 1:
        raise UsageError(f"{path} is one part of an export:", f"name the first one, {parts[1]}")
    return [parts[number] for number in sorted(parts)] or [path]


def _numbered(paths: Iterable[Path]) -> dict[str, dict[int, Path]]:
    """Return zips whose names end in a number by what stands before it."""
    exports: dict[str, dict[int, Path]] = {}
    for path in paths:
        if (match := _PART.match(path.name)) and path.is_file():
            exports.setdefault(match[1], {})[int(match[2])] = path
    return exports


def _refuse_gap(name: str, parts: Mapping[int, Path]) -> None:
    """Raise UsageError when a part of an export is missing: nothing in the others would tell. A lone zip may be called as it likes."""
    if len(parts) == 1 and not name.upper().startswith("WE_"):
        return
    for number in range(1, max(parts)):
        if number not in parts:
            raise UsageError(
                f"part {number} of the export {name} is missing beside {', '.join(map(str, sorted(parts)))}:",
                "download all parts into one place",
            )


def _natural(text: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (0, part) for part in _NUMBER.split(text)]


def _check(info: zipfile.ZipInfo, path: Path) -> None:
    name = info.filename
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or "\\" in name or "\0" in name or re.match(r"[A-Za-z]:", name):
        raise UsageError(f"{path} holds the path {name!r}, which leads out of it:", "this is no Data Export")
    if PurePosixPath(name).as_posix() != name:
        raise UsageError(f"{path} holds the path {name!r}, which another may stand for too:", "this is no Data Export")
    if (info.external_attr >> 16) & 0o170000 == 0o120000:
        raise UsageError(f"{path} holds a symbolic link, {name!r}:", "this is no Data Export")
    if info.flag_bits & 1:
        raise UsageError(f"{path} is encrypted:", "unpack it first and give the folder")
    if info.file_size > SIZE_LIMIT:
        raise UsageError(f"{path}: {name!r} declares {info.file_size} bytes:", f"at most {SIZE_LIMIT} are read")
    _check_ratio(info.file_size, info.compress_size, f"{path}: {name!r}")


def _check_ratio(size: int, packed: int, name: str) -> None:
    if size > RATIO_FLOOR and size > RATIO_LIMIT * max(packed, 1):
        raise UsageError(
            f"{name} unpacks to {size // max(packed, 1)} times its size, as a zip bomb does:",
            "unpack it first if you trust it, and give the folder",
        )
