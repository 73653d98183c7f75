"""A copy of a source with its personal data masked. What comes after it reads the copy, and never sees a raw value.

The copy has the files of the source under their names: a zip stays a zip, a folder a folder. Tables are written in their own
spelling; a row in which nothing was masked stays as it is to the character. Files that are no tables are left out, unless the
plan keeps them. The names that the plan wants replaced are learnt in a pass of their own, before anything is written.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Self

from .errors import UsageError
from .extract.members import Member, Members
from .extract.source import Source
from .extract.tables import Reading, Table
from .masking import RowMask

Progress = Callable[[str, int, int], None]


def copy_masked(source: Source, folder: Path, mask: RowMask, progress: Progress) -> tuple[Path, list[str]]:
    """Write a masked copy of a source into a folder and return its path and the files that were left out."""
    learn_names(source, mask, progress)
    keeps = mask.privacy.other_files == "keep"
    left_out = [] if keeps else [plain.member.name for plain in source.others]
    tables = {table.member: table for table in source.tables}
    with _Copy(source.members, folder) as copy:
        for member in source.members.members:
            if member in tables:
                copy.write(member, _rows(tables[member], source.members, mask, progress))
            elif keeps:
                copy.write(member, source.members.chunks(member))
    return copy.path, left_out


def learn_names(source: Source, mask: RowMask, progress: Progress) -> None:
    """Let the masks know the names of a source."""
    if not mask.learns:
        return
    for table in source.tables:
        for number, row in enumerate(Reading(table, source.members).rows(), 1):
            mask.learn(table.object, table.columns, row.cells)
            if number % 1000 == 0:
                progress(f"looking for names in {table.object}", number, 0)


def _rows(table: Table, members: Members, mask: RowMask, progress: Progress) -> Iterator[bytes]:
    dialect = table.dialect
    reading = Reading(table, members)
    held = ("\ufeff" if dialect.bom else "") + dialect.header
    for number, row in enumerate(reading.rows(), 1):
        yield held.encode(dialect.encoding)
        cells = mask.cells(table.object, table.columns, row.cells)
        held = row.raw if cells is None else dialect.write(cells)
        if number % 1000 == 0:
            progress(f"masking {table.object}", number, 0)
    yield (held if reading.final_line_end else held.removesuffix(dialect.line_end)).encode(dialect.encoding)


class _Copy:
    """The files of the copy: those of zips in zips of the same names."""

    def __init__(self, members: Members, folder: Path) -> None:
        root = members.root
        self.folder = folder
        self.path = folder / root.name if root.is_file() else folder
        self._names = dict.fromkeys(member.container for member in members.members if member.container)
        self._archives: dict[str, zipfile.ZipFile] = {}

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in self._names:
            draft = zipfile.ZipFile(self.folder / name, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
            self._archives[name] = draft
        return self

    def __exit__(self, *_: object) -> None:
        for archive in self._archives.values():
            archive.close()

    def write(self, member: Member, chunks: Iterator[bytes]) -> None:
        """Write one file."""
        try:
            with self._open(member) as stream:
                for chunk in chunks:
                    stream.write(chunk)
        except OSError as error:
            raise UsageError(f"{self.folder} cannot be written ({error.strerror}):", "name another target") from None

    def _open(self, member: Member) -> IO[bytes]:
        if not member.container:
            path = self.folder / member.path
            path.parent.mkdir(parents=True, exist_ok=True)
            return path.open("wb")
        return self._archives[member.container].open(member.path, "w", force_zip64=True)
