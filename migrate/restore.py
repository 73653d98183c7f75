"""The way back: the files of the source, rebuilt from the migrated structures.

The structures are read, the mapping is inverted, the residue is applied where it still fits, and each line is spelt as its
file was. Rows that were not migrated come from skipped.jsonl and rejected.jsonl. A structure that was edited shows in the
cell that it stands for, and there alone.

A source of several zips comes back as its files, under their names; where two parts hold the same name, each stands in a
folder named after its part. An org comes back as the CSV files that were read from it, one for each object.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol

from .dialect import Dialect
from .errors import TerminalError, UsageError
from .extract.tables import Spelling, Table
from .folder import held_together, read_manifest, read_rows
from .layout import CARRIED, OFF_PLATFORM, REJECTED, RESIDUE, RUN_DATABASE, SKIPPED, WORK
from .load.bundles import Bundle, bundles
from .manifest import name_of, tables_of
from .plan import from_mapping
from .residue import restored_line, spelt_line
from .staging import Staging
from .transform.agent_session import agent_session_values
from .transform.entries import CONTEXT, EVENTS
from .transform.inverse import CHILDREN, transcript_values, visitor_values
from .transform.names import AGENT_SESSION, SOURCE_ROW, TRANSCRIPT_ID, Naming, naming_of

_MARKS = {"utf-8": "\ufeff", "utf-16-le": "\ufeff", "utf-16-be": "\ufeff"}
_SESSION = "MessagingSessionId"
_BELONGINGS = {"MessagingSessionMetrics": _SESSION, "ConversationEntry": "ConversationId", OFF_PLATFORM: _SESSION}
"""What a restore needs besides a session, and the field that names the session or its conversation."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)

Progress = Callable[[str, int, int], None]


class Sink(Protocol):
    """Where restored files go."""

    def file(self, name: str, chunks: Iterator[bytes]) -> None:
        """Take one file."""


@dataclass(frozen=True, slots=True)
class RestoredFile:
    """A file that was rebuilt: its name in the source and in the result, the digest of its bytes and the source's."""

    source: str
    name: str
    digest: str
    expected: str

    @property
    def is_equal(self) -> bool:
        """Tell whether the bytes are those of the source."""
        return self.digest == self.expected


def restore_to(folder: Path, destination: Path, progress: Progress | None = None) -> list[RestoredFile]:
    """Rebuild the source of a migration as a zip (a name that ends in .zip) or as a folder. Nothing is overwritten."""
    manifest = read_manifest(folder)
    if destination.suffix.lower() == ".zip":
        if destination.exists():
            raise UsageError(f"{destination} exists:", "name a new file")
        draft = destination.with_name(destination.name + ".part")
        try:
            destination.parent.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                restored = restore(folder, manifest, _ZipSink(archive), progress)
            draft.replace(destination)
        except OSError as error:
            raise UsageError(f"{destination} cannot be written ({error.strerror}):", "name another file") from None
        finally:
            draft.unlink(missing_ok=True)
        return restored
    if destination.exists() and (not destination.is_dir() or any(destination.iterdir())):
        raise UsageError(
            f"{destination} exists and is not an empty folder:", "name a new folder, or a file that ends in .zip"
        )
    try:
        destination.mkdir(parents=True, exist_ok=True)
        return restore(folder, manifest, _FolderSink(destination), progress)
    except OSError as error:
        raise UsageError(f"{destination} cannot be written ({error.strerror}):", "name another folder") from None


def restore(folder: Path, manifest: dict[str, Any], sink: Sink, progress: Progress | None = None) -> list[RestoredFile]:
    """Rebuild the source's files into a sink."""
    with held_together(folder), Staging(folder / WORK / f"restore-{RUN_DATABASE}") as staging:
        tables = tables_of(manifest)
        names = _names(tables, manifest)
        done: list[RestoredFile] = []
        naming = naming_of(from_mapping(manifest["plan"], "manifest.json"))
        _Restoration(folder, tables, staging, progress, naming).lines()
        for table in tables:
            name = names[table.member.container, table.member.path]
            watch = _Watch(_encoded(table, staging))
            sink.file(name, iter(watch))
            done.append(RestoredFile(table.member.name, name, watch.digest, table.digest))
        for item in manifest["source"]["others"]:
            name = names[item["container"], item["path"]]
            if not _DIGEST.fullmatch(item["sha256"]):
                raise ValueError(f"{item['sha256']!r} is no digest")
            watch = _Watch(_chunks(folder / CARRIED / item["sha256"]))
            sink.file(name, iter(watch))
            source = name_of(item)
            done.append(RestoredFile(source, name, watch.digest, item["sha256"]))
    return done


def _names(tables: list[Table], manifest: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Return the name of each file in the result."""
    files = [(table.member.container, table.member.path) for table in tables]
    files += [(item["container"], item["path"]) for item in manifest["source"]["others"]]
    paths = [path for _, path in files]
    names: dict[tuple[str, str], str] = {}
    taken = set(paths)
    for container, path in files:
        _check_path(path)
        _check_path(container or "x")
        name = path
        if container and paths.count(path) > 1:
            name = f"{PurePosixPath(container).stem}/{path}"
            if name in taken:  # no file of a folder stands below the name of a zip in it
                name = f"{container}/{path}"
            taken.add(name)
        names[container, path] = name
    return names


def _check_path(path: str) -> None:
    parts = PurePosixPath(path).parts
    if not path or path.startswith("/") or ".." in parts or "\\" in path or "\0" in path:
        raise UsageError(
            f"the manifest names the path {path!r}, which leads out of the target:", "run the migration again"
        )


class _Restoration:
    """The lines of all rows, put into the work file under their numbers."""

    def __init__(
        self, folder: Path, tables: list[Table], staging: Staging, progress: Progress | None, naming: Naming
    ) -> None:
        self.folder = folder
        self.staging = staging
        self.progress = progress
        self.naming = naming
        self.with_residue: set[str] = set()
        self.spellings: dict[str, list[Spelling]] = {}
        for table in tables:
            self.spellings.setdefault(table.object, []).append(Spelling.of(table))
        self.files = {table.member.name: table for table in tables}

    def lines(self) -> None:
        """Restore all lines."""
        for row in read_rows(self.folder, RESIDUE):
            self.with_residue.add(row["object"])
            self.staging.add_children([("residue", f"{row['object']}/{row['row']}", 0, row)])
        try:
            self.all_lines(bundles(self.folder, _BELONGINGS))
        except TerminalError:  # somebody has put rows into another order: what belongs together is looked up instead
            self.staging.forget_lines()
            self.all_lines(self.gathered())

    def all_lines(self, found: Iterable[Bundle]) -> None:
        """Restore all lines, those of transcripts from whole conversations."""
        for kind in (SKIPPED, REJECTED):
            for row in read_rows(self.folder, kind):
                self.carried(row)
        for number, row in enumerate(read_rows(self.folder, "MessagingEndUser")):
            self.staging.add_record("MessagingEndUser", row["Id"], number, row)
            if row.get(SOURCE_ROW):
                self.line("LiveChatVisitor", row[SOURCE_ROW], visitor_values(row, self.naming))
        for number, bundle in enumerate(found, 1):
            self.transcript(bundle)
            if self.progress and number % 200 == 0:
                self.progress("restoring", number, 0)
        for row in read_rows(self.folder, AGENT_SESSION):
            if row.get(SOURCE_ROW):
                self.line("LiveAgentSession", row[SOURCE_ROW], agent_session_values(row, self.naming))

    def carried(self, row: dict[str, Any]) -> None:
        """Restore a row that was not migrated."""
        table = self.files[row["file"]]
        if "raw" in row:
            text = row["raw"]
        else:
            cells = [str(row["row"][name]) for name in table.columns]
            text = spelt_line(table.dialect, cells, row.get("line"))
        self.staging.add_line(table.object, row["rowNumber"], text)

    def gathered(self) -> Iterator[Bundle]:
        """Yield the sessions, each with the rows that name it, wherever they stand."""
        for kind, key in _BELONGINGS.items():
            self.staging.add_children(
                (kind, str(row[key]), number, row) for number, row in enumerate(read_rows(self.folder, kind))
            )
        for session in read_rows(self.folder, "MessagingSession"):
            held = {
                kind: [row for _, row in self.staging.children(kind, session["Id" if key == _SESSION else key])]
                for kind, key in _BELONGINGS.items()
            }
            id_ = session[TRANSCRIPT_ID]
            entries = [row for row in held["ConversationEntry"] if row.get(TRANSCRIPT_ID, id_) == id_]
            yield Bundle(session, {}, held["MessagingSessionMetrics"], [], entries, held[OFF_PLATFORM])

    def transcript(self, bundle: Bundle) -> None:
        """Restore the rows that a session and what belongs to it stand for."""
        session, off = bundle.session, bundle.off_platform
        number, id_ = session[SOURCE_ROW], session[TRANSCRIPT_ID]
        end_user = self.staging.record("MessagingEndUser", session["MessagingEndUserId"])
        if end_user is None:
            raise UsageError(
                f"MessagingSession {session['Id']} names a messaging user that is not there:",
                "undo the edit of the messaging users",
            )
        residue = self.residue("LiveChatTranscript", number)
        values = transcript_values(
            session, end_user, bundle.metrics, bundle.entries, off, residue.get("bodies", {}), None, self.naming
        )
        self.line("LiveChatTranscript", number, values, residue)
        for row in off:
            if row["Source"] in (EVENTS, CONTEXT) and row.get("SourceRow"):
                self.line(row["Source"], row["SourceRow"], CHILDREN[row["Source"]](row, id_))

    def residue(self, name: str, number: int) -> dict[str, Any]:
        """Return the residue of a row, empty when it has none."""
        if name not in self.with_residue:
            return {}
        for _, row in self.staging.children("residue", f"{name}/{number}"):
            return dict(row)
        return {}

    def line(self, name: str, number: int, values: dict[str, Any], residue: dict[str, Any] | None = None) -> None:
        """Put the line of a row into the work file."""
        spelling = next(
            s for s in self.spellings[name] if s.table.first_row <= number < s.table.first_row + s.table.rows
        )
        found = self.residue(name, number) if residue is None else residue
        self.staging.add_line(name, number, restored_line(spelling, values, found))


def _encoded(table: Table, staging: Staging) -> Iterator[bytes]:
    dialect: Dialect = table.dialect
    mark = _MARKS[dialect.encoding] if dialect.bom else ""
    held = mark + dialect.header
    for line in staging.lines(table.object, table.first_row, table.first_row + table.rows - 1):
        yield held.encode(dialect.encoding)
        held = line
    if not dialect.final_line_end:
        held = held.removesuffix(dialect.line_end)
    yield held.encode(dialect.encoding)


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                yield chunk
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}):", "run the migration again") from None


class _Watch:
    """Bytes on their way, with their digest."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._digest = sha256()

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._digest.update(chunk)
            yield chunk

    @property
    def digest(self) -> str:
        """Return the SHA-256 of what passed."""
        return self._digest.hexdigest()


class _ZipSink:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive

    def file(self, name: str, chunks: Iterator[bytes]) -> None:
        info = zipfile.ZipInfo(name, _ZIP_TIME)
        info.compress_type = zipfile.ZIP_DEFLATED
        with self.archive.open(info, "w", force_zip64=True) as stream:
            _pour(stream, chunks)


class _FolderSink:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, name: str, chunks: Iterator[bytes]) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            _pour(stream, chunks)


class Nowhere:
    """A sink that keeps nothing: the digests are what is wanted."""

    def file(self, name: str, chunks: Iterator[bytes]) -> None:
        """Read the file to its end."""
        for _ in chunks:
            pass


def _pour(stream: IO[bytes], chunks: Iterator[bytes]) -> None:
    for chunk in chunks:
        stream.write(chunk)
