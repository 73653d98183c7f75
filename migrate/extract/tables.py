"""The tables of a source: which object a CSV file holds, how it is spelt, and its rows."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice
from pathlib import PurePosixPath

from ...schemas.catalog import shipped
from ...schemas.field import SObject
from .. import dialect as dialects
from .. import lines
from ..cells import Format, Value, detect, write_text
from ..dialect import Dialect
from ..errors import UsageError
from .cutting import SIZE, Cutter
from .members import LINES, Member, Members

CHAT_OBJECTS = (
    "LiveChatTranscript",
    "LiveChatTranscriptEvent",
    "LiveChatVisitor",
    "LiveAgentSession",
    "ConversationContextEntry",
)
NEEDED = frozenset({*CHAT_OBJECTS, "User", "LiveChatButton"})
"""sObjects whose rows are looked into: a file of theirs that cannot be read stops the migration."""

_SAMPLE = 50  # rows that show the dialect
_SUFFIX = re.compile(r"(?:[ _.-]?(?:part)?[ _.-]?\d+)+\Z", re.IGNORECASE)
_WINDOWS = re.compile(rb"[\x80-\x9f]")
_NOT_WINDOWS = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_MARKS = (
    ("utf-8", codecs.BOM_UTF8),
    ("utf-16-le", codecs.BOM_UTF16_LE),
    ("utf-16-be", codecs.BOM_UTF16_BE),
)
# Columns that tell an object whose file has a name of its own.
_TELLTALES = (
    ("LiveChatTranscriptEvent", {"livechattranscriptid", "type", "time"}),
    ("LiveChatTranscript", {"livechatvisitorid", "body"}),
    ("LiveChatTranscript", {"chatkey", "body"}),
    ("LiveAgentSession", {"logintime", "logouttime"}),
    ("ConversationContextEntry", {"customdetailcontextkey"}),
    ("LiveChatVisitor", {"sessionkey", "id"}),
)


@dataclass(frozen=True, slots=True)
class Table:
    """One CSV file. object is the sObject that it holds, or the file's stem when it is none.

    columns are the header's names, in the descriptor's spelling where it knows them; first_row is the number of the first
    row among all rows of the object; rows is their count, known once the file was read to its end. cuts are the places where
    the file's blocks begin, but for the first.
    """

    member: Member
    object: str
    columns: tuple[str, ...]
    dialect: Dialect
    formats: tuple[Format, ...]
    digest: str
    first_row: int = 1
    rows: int = 0
    cuts: tuple[int, ...] = ()

    def with_rows(self, first_row: int, rows: int, final_line_end: bool) -> Table:
        """Return the table with what reading it to the end showed."""
        return replace(
            self, first_row=first_row, rows=rows, dialect=replace(self.dialect, final_line_end=final_line_end)
        )


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the rows of a table are written: for each column its name, whether text stands for itself, and its function."""

    table: Table
    writers: tuple[tuple[str, bool, Callable[[Value], str]], ...]

    @classmethod
    def of(cls, table: Table) -> Spelling:
        """Return the spelling of a table."""
        writers = [spelt.writer() for spelt in table.formats]
        return cls(table, tuple((name, w is write_text, w) for name, w in zip(table.columns, writers, strict=True)))

    def cells(self, values: Mapping[str, Value]) -> list[str]:
        """Return the cells of a row with these canonical values; a value that is absent is an empty cell."""
        get = values.get
        return [
            "" if (value := get(name)) is None else value if is_text and value.__class__ is str else write(value)
            for name, is_text, write in self.writers
        ]


@dataclass(slots=True)
class SourceRow:
    """One row: its number among the rows of its object, its cells, its text in the file with a line end.

    An empty raw stands for the text that the file's dialect gives.
    """

    number: int
    cells: list[str]
    raw: str

    def record(self, table: Table) -> dict[str, str]:
        """Return the cells by column."""
        return dict(zip(table.columns, self.cells, strict=True))


@dataclass(slots=True)
class Reading:
    """A pass over a table; `final_line_end` and `count` are right once the rows are exhausted."""

    table: Table
    members: Members
    count: int = 0
    final_line_end: bool = True

    def rows(self) -> Iterator[SourceRow]:
        """Yield the rows in file order."""
        table = self.table
        line_end = table.dialect.line_end
        try:
            with open_text(self.members, table.member, table.dialect) as stream:
                found = records(stream, table)
                if not table.dialect.names:
                    next(found)
                for cells, raw in found:
                    if not raw.endswith(("\n", "\r")):
                        self.final_line_end = False
                        raw += line_end
                    yield SourceRow(table.first_row + self.count, cells, raw)
                    self.count += 1
        except UnicodeDecodeError:
            raise UsageError(f"{table.member.name} is not all text:", "export it again as UTF-8") from None


def records(stream: Iterable[str], table: Table) -> Iterator[tuple[list[str], str]]:
    """Yield the cells and the raw text of each row of a table, that of its header first where it is CSV."""
    if table.dialect.names:
        return lines.records(stream, table.dialect)
    return dialects.records(stream, table.dialect.delimiter, table.member.name, table.object in NEEDED)


def mark_of(encoding: str) -> bytes:
    """Return the byte order mark of an encoding."""
    return dict(_MARKS)[encoding]


def open_text(members: Members, member: Member, dialect: Dialect) -> io.TextIOWrapper:
    """Open a CSV file as text behind its byte order mark, line ends untouched."""
    stream = members.open(member)
    if dialect.bom:
        stream.read(len(mark_of(dialect.encoding)))
    return io.TextIOWrapper(io.BufferedReader(stream, 1 << 18), dialect.encoding, newline="")  # type: ignore[type-var]


def survey(members: Members, member: Member, block_size: int = SIZE) -> Table | str:
    """Return the table of a CSV file, or the digest of its bytes when it is none: it has no header, or it cannot be read as a
    table and holds none of the sObjects in `NEEDED`. UsageError for such a file of one of these. Reads the file once."""
    is_lines = member.path.lower().endswith(LINES)
    cutter = Cutter(block_size, is_quoted=not is_lines)
    digest, encoding, bom = _look_over(members, member, cutter)
    if is_lines:
        return _survey_lines(members, member, Dialect(encoding, bom), digest, tuple(cutter.cuts))
    try:
        header, first_rows, delimiter = _begin(members, member, Dialect(encoding, bom))
    except UsageError:
        named = object_of(member.path, ())
        if named is None or named.name not in NEEDED:
            return digest
        raise
    if header is None:
        return digest
    names, raw_header = header
    spelt = dialects.detect(raw_header, first_rows, encoding, bom, delimiter)
    sobject = object_of(member.path, names)
    columns = _columns(names, sobject)
    lower = [name.lower() for name in columns]
    double = next((name for name in columns if lower.count(name.lower()) > 1), None)
    if double is not None:
        if sobject is None or sobject.name not in NEEDED:
            return digest
        raise UsageError(f"{member.name} has the column {double!r} twice:", "export it again with each column once")
    formats = tuple(
        detect(sobject.field(name) if sobject else None, _samples(first_rows, place))
        for place, name in enumerate(columns)
    )
    name = sobject.name if sobject else PurePosixPath(member.path).stem
    cuts = () if encoding.startswith("utf-16") else tuple(cutter.cuts)
    return Table(member, name, columns, spelt, formats, digest, cuts=cuts)


def _survey_lines(members: Members, member: Member, plain: Dialect, digest: str, cuts: tuple[int, ...]) -> Table | str:
    """Return the table of a file of JSON lines, or its digest when it is none. Reads the file once more, for all its keys."""
    found = lines.Spellings()
    try:
        with open_text(members, member, plain) as stream:
            for line in stream:
                found.take(line)
                if not found.is_table:
                    return digest
    except UnicodeDecodeError:
        return digest
    if not found.literal:
        return digest
    names = tuple(found.literal)
    sobject = shipped().find(found.type) if found.type else None
    sobject = object_of(member.path, ()) or sobject or object_of(member.path, names)
    columns = _columns(names, sobject)
    if len({name.lower() for name in columns}) < len(columns):
        return digest
    first_rows = found.cells()
    formats = tuple(
        detect(sobject.field(name) if sobject else None, _samples(first_rows, place))
        for place, name in enumerate(columns)
    )
    name = sobject.name if sobject else PurePosixPath(member.path).stem
    cuts = () if plain.encoding.startswith("utf-16") else cuts
    return Table(member, name, columns, found.dialect(plain.encoding, plain.bom), formats, digest, cuts=cuts)


def _samples(rows: Sequence[tuple[list[str], str]], place: int) -> list[str]:
    return [cells[place] for cells, _ in rows if len(cells) > place and cells[place]]


def _look_over(members: Members, member: Member, cutter: Cutter) -> tuple[str, str, bool]:
    """Return digest, encoding and whether there is a byte order mark; text that is not UTF-8 is ISO-8859-1.

    Where it has bytes that are no letters there, it is windows-1252, for which browsers and spreadsheets take the name
    ISO-8859-1 too: https://encoding.spec.whatwg.org/#names-and-labels.
    """
    total = sha256()
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    is_utf8 = True
    has_quotes = has_gaps = False
    beginning = b""
    for chunk in members.chunks(member):
        total.update(chunk)
        cutter.take(chunk)
        if len(beginning) < 3:
            beginning += chunk[:3]
        if not has_gaps and not chunk.isascii():
            has_quotes = has_quotes or _WINDOWS.search(chunk) is not None
            has_gaps = _NOT_WINDOWS.search(chunk) is not None
        if is_utf8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
    if is_utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    for encoding, mark in _MARKS:
        if beginning.startswith(mark):
            return total.hexdigest(), encoding, True
    plain = "cp1252" if has_quotes and not has_gaps else "iso-8859-1"
    return total.hexdigest(), "utf-8" if is_utf8 else plain, False


def _begin(
    members: Members, member: Member, plain: Dialect
) -> tuple[tuple[list[str], str] | None, list[tuple[list[str], str]], str]:
    try:
        with open_text(members, member, plain) as stream:
            first = stream.readline(dialects.FIELD_LIMIT)
        delimiter = dialects.find_delimiter(first)
        with open_text(members, member, plain) as stream:
            records = dialects.records(stream, delimiter, member.name, is_strict=False)
            header = next(records, None)
            rows = list(islice(records, _SAMPLE))
    except UnicodeDecodeError:
        raise UsageError(f"{member.name} is not all text:", "export it again as UTF-8") from None
    return header, rows, delimiter


def object_of(path: str, columns: Sequence[str]) -> SObject | None:
    """Return the sObject that a file holds by its name, with or without a part number, else by its columns."""
    stem = PurePosixPath(path).stem
    catalog = shipped()
    found = catalog.find(stem) or catalog.find(_SUFFIX.sub("", stem))
    if found is not None:
        return found
    lower = {name.strip().lower() for name in columns}
    for name, needed in _TELLTALES:
        if needed <= lower:
            return catalog.find(name)
    return None


def _columns(names: Sequence[str], sobject: SObject | None) -> tuple[str, ...]:
    columns = []
    for name in names:
        known = sobject.field(name.strip()) if sobject else None
        columns.append(known.name if known else name)
    return tuple(columns)
